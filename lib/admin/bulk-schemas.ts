import { z } from "zod";
import { listFields } from "@/lib/paging";
import { approvalSchema } from "./approval-schemas";
import { reasonSchema } from "./reason";

/** Bulk jobs on the wire: one act for many. Times ISO 8601, days `YYYY-MM-DD` of the billing time zone. */

export const BULK_ACTS = [
  "grant",
  "revoke",
  "cancel_order",
  "extend_referral",
  "extend_reward",
] as const;
export type BulkAct = (typeof BULK_ACTS)[number];

export const BULK_STATUSES = ["planned", "waiting", "running", "done", "stopped"] as const;
export type BulkStatus = (typeof BULK_STATUSES)[number];

const day = z.iso
  .date({ error: "Use a day like 2026-12-14." })
  .refine((value) => /^(19|20|21)/.test(value), "Use a year from 1900 to 2199.");

/** Which things an act takes when no file names them. What is left out does not restrict. */
const bulkFilterSchema = z.strictObject({
  from: day.optional(),
  to: day.optional(),
  package: z
    .string()
    .regex(/^[a-z0-9-]{1,80}$/, "This package does not exist.")
    .optional(),
});

/** What a bulk job asks for: the rows of a file, or without them what a filter finds. */
export const bulkPlanSchema = z
  .object({
    act: z.enum(BULK_ACTS, { error: "Choose what to do." }),
    /** A CSV file, or one id, code or e-mail address on each line. */
    text: z.string().optional(),
    filter: bulkFilterSchema.optional(),
    /** For more time: the last day. */
    until: day.optional(),
    /** Grants also to customers who got a month within 24 hours or have one waiting. */
    confirm_recent: z.boolean().optional(),
    reason: reasonSchema,
  })
  .refine(({ text, filter }) => (text === undefined) !== (filter === undefined), {
    path: ["text"],
    error: "Send the rows of a file, or a filter.",
  })
  .refine(
    ({ act, until }) =>
      (act === "extend_referral" || act === "extend_reward") === (until !== undefined),
    { path: ["until"], error: "Choose the last day of the time that is given." },
  );
export type BulkPlan = z.infer<typeof bulkPlanSchema>;

const count = z.number().int().min(0);

export const bulkJobSchema = z.object({
  id: z.guid(),
  act: z.enum(BULK_ACTS),
  until: z.string().nullable(),
  confirm_recent: z.boolean(),
  source: z.looseObject({ kind: z.enum(["list", "filter"]) }),
  reason: z.string(),
  created_at: z.string(),
  created_by_name: z.string().nullable(),
  approval_id: z.guid().nullable(),
  approval: approvalSchema.nullable(),
  started_at: z.string().nullable(),
  stopped_at: z.string().nullable(),
  stopped_by_name: z.string().nullable(),
  stop_reason: z.string().nullable(),
  status: z.enum(BULK_STATUSES),
  is_mine: z.boolean(),
  /** It has more rows than one person may do. */
  needs_approval: z.boolean(),
  counts: z.object({
    items: count,
    pending: count,
    done: count,
    refused: count,
    /** Not tried yet. */
    untried: count,
    would_do: count,
    would_refuse: count,
  }),
});
export type BulkJob = z.infer<typeof bulkJobSchema>;

const storedRowSchema = z.object({
  number: z.number().int(),
  input: z.string(),
  customer_id: z.guid().nullable(),
  customer_name: z.string().nullable(),
  dry_run: z.object({ code: z.string().nullable(), detail: z.string().nullable() }).nullable(),
  status: z.enum(["pending", "done", "refused"]),
  code: z.string().nullable(),
  detail: z.string().nullable(),
  decided_at: z.string().nullable(),
});
export type StoredBulkRow = z.infer<typeof storedRowSchema>;

export const bulkJobWithRowsSchema = bulkJobSchema.extend({ rows: z.array(storedRowSchema) });

/** A row with what became of it, or would become of it, in words. */
export type BulkRow = StoredBulkRow & { result: string };
export type BulkJobWithRows = BulkJob & { rows: BulkRow[] };

export const bulkPageSchema = z.object({
  jobs: z.array(bulkJobSchema),
  ...listFields,
  /** A job with more rows needs a second person. */
  approval_rows: count,
});

/** The row that was done, null when none waits; and the rule that stood against it. */
export const bulkStepSchema = z.object({
  number: z.number().int().nullable(),
  code: z.string().nullable(),
});
