import { z } from "zod";
import { listFields } from "@/lib/paging";

export const APPROVAL_STATUSES = [
  "pending",
  "approved",
  "declined",
  "withdrawn",
  "expired",
] as const;

export const approvalDecisionSchema = z.enum(["approve", "decline", "withdraw"], {
  error: "Use approve, decline or withdraw.",
});
export type ApprovalDecision = z.infer<typeof approvalDecisionSchema>;

/** A request for a second person. `amount_cents` with VAT; instants are ISO 8601, UTC. */
export const approvalSchema = z.object({
  id: z.guid(),
  kind: z.enum(["billing_run", "package_change", "credit_note", "bulk_job"]),
  intent: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  customer_id: z.guid().nullable(),
  customer_name: z.string().nullable(),
  amount_cents: z.number().int().nullable(),
  reason: z.string(),
  requested_by: z.guid(),
  requested_by_name: z.string().nullable(),
  requested_at: z.string(),
  expires_at: z.string(),
  status: z.enum(APPROVAL_STATUSES),
  decided_by_name: z.string().nullable(),
  decided_at: z.string().nullable(),
  decision_reason: z.string().nullable(),
  carried_out_at: z.string().nullable(),
  /** Names of those who may decide it while it waits. */
  waits_for: z.array(z.string()),
  is_mine: z.boolean(),
  may_decide: z.boolean(),
});
export type Approval = z.infer<typeof approvalSchema>;

/** The requests about a customer that wait, and how many wait for the caller in all. */
export const waitingApprovalsSchema = z.object({
  approvals: z.array(approvalSchema),
  for_me: z.number().int().min(0),
  /** ISO 4217. */
  currency: z.string(),
});
export type WaitingApprovals = z.infer<typeof waitingApprovalsSchema>;

export const approvalPageSchema = z.object({
  approvals: z.array(approvalSchema),
  ...listFields,
  /** ISO 4217. */
  currency: z.string(),
});
