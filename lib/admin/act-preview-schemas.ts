import { z } from "zod";
import { billingSettingsSchema } from "@/lib/programme/billing-settings";
import type { FreeMonthPlace } from "@/lib/rewards/next-invoice";
import { type NextInvoice, previewFactsSchema } from "@/lib/rewards/schemas";
import { type Approval, approvalSchema } from "./approval-schemas";

/** Acts whose effect can be seen before they are done, and what each one names. */

const id = z.guid("This is not a valid id.");
const day = z.iso.date({ error: "Use a day like 2026-12-14." });

export const actSchema = z.discriminatedUnion("act", [
  z.object({ act: z.literal("grant"), customer_id: id }),
  z.object({ act: z.literal("revoke"), customer_id: id, reward_id: id }),
  z.object({ act: z.literal("extend_reward"), reward_id: id, until: day }),
  z.object({
    act: z.literal("credit"),
    invoice_number: z.string().min(1).max(60),
    /** In cents, VAT included; null for all that is left. */
    amount_cents: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).nullable(),
  }),
  z.object({
    act: z.literal("change_package"),
    service_id: id,
    package_slug: z.string().min(1).max(80),
  }),
  z.object({
    act: z.literal("set_status"),
    service_id: id,
    status: z.enum(["active", "suspended", "cancelled"]),
  }),
  z.object({ act: z.literal("cancel_order"), order_id: id }),
  z.object({ act: z.literal("extend_referral"), referral_id: id, until: day }),
]);
export type Act = z.infer<typeof actSchema>;

const outlookSchema = z.object({
  facts: previewFactsSchema,
  balance_cents: z.number().int(),
});

const recentActSchema = z.object({
  action: z.string(),
  /** The admin; null for somebody who has left the team. */
  by: z.string().nullable(),
  at: z.string(),
  reason: z.string().nullable(),
  amount_cents: z.number().int().nullable(),
  status: z.string().nullable(),
});

/** What the database says of an act that it tried and took back. */
export const triedActSchema = z.object({
  act: z.string(),
  before: outlookSchema,
  /** Null when a rule stands against the act. */
  after: outlookSchema.nullable(),
  answer: z.record(z.string(), z.unknown()).nullable(),
  refusal: z.object({ code: z.string(), detail: z.string().nullable() }).nullable(),
  needs_approval: z.boolean(),
  waiting: z.array(approvalSchema),
  recent: z.array(recentActSchema),
  grants: z.object({ made: z.number().int(), limit: z.number().int() }).nullable(),
  settings: billingSettingsSchema,
});

/** What customers will be charged and owe: amounts in cents including VAT. */
export interface Outlook {
  /** Null: nothing is going to be charged. */
  next_invoice: NextInvoice | null;
  /** What the customer owes; below zero it is their credit. */
  balance_cents: number;
}

/** The effect of an act before it is done. Times ISO 8601, amounts in cents including VAT. */
export interface ActPreview {
  act: Act["act"];
  /** The rule that stands against it; null when it can be done. */
  refusal: { code: string; message: string } | null;
  needs_approval: boolean;
  /** Requests about the same customer that wait for a second person. */
  waiting: Approval[];
  /** Acts of the same kind for the same customer within 90 days, the latest first. */
  recent: z.infer<typeof recentActSchema>[];
  /** How many free months the caller granted this month, and how many one may. */
  grants: { made: number; limit: number } | null;
  before: Outlook;
  after: Outlook | null;
  /** The free month that is granted, revoked or extended. */
  reward: { place: FreeMonthPlace | null; used_before: number } | null;
  /** What the act would answer. */
  answer: Record<string, unknown> | null;
  currency: string;
  time_zone: string;
}
