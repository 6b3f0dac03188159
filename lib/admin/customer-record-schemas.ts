import { z } from "zod";
import { invoiceRowSchema } from "@/lib/billing/billing-admin-schemas";
import { accountSummarySchema } from "@/lib/invoicing/account";
import { serviceSchema } from "@/lib/invoicing/service";
import { listFields } from "@/lib/paging";
import { billingSettingsSchema } from "@/lib/programme/billing-settings";
import type { RewardExplanation } from "@/lib/rewards/explain-reward";
import { type NextInvoice, pendingRewardSchema, previewFactsSchema } from "@/lib/rewards/schemas";
import {
  type AdminReward,
  adminRewardSchema,
  auditEntrySchema,
  customerHeaderSchema,
  referralStatsSchema,
} from "./customer-schemas";
import { notificationRowSchema } from "./mailbox-schemas";
import { orderRowSchema } from "./order-schemas";
import { type ExplainedReferral, explainableReferralSchema } from "./referral-schemas";
import { attemptSchema } from "./review-schemas";

/** One customer's record, on the wire. Times ISO 8601, money in integer cents. */

/** The lists of a record, each with the row that the database gives. */
const rowSchemas = {
  orders: orderRowSchema,
  services: serviceSchema,
  invoices: invoiceRowSchema,
  rewards: adminRewardSchema,
  referrals: explainableReferralSchema,
  refused_codes: attemptSchema,
  notifications: notificationRowSchema,
  audit: auditEntrySchema,
};
export const recordSectionSchema = z.enum(
  Object.keys(rowSchemas) as [RecordSection, ...RecordSection[]],
);
export type RecordSection = keyof typeof rowSchemas;

const pageOf = <Row extends z.ZodType>(row: Row) => z.object({ rows: z.array(row), ...listFields });

export const recordPageSchemas = {
  orders: pageOf(rowSchemas.orders),
  services: pageOf(rowSchemas.services),
  invoices: pageOf(rowSchemas.invoices),
  rewards: pageOf(rowSchemas.rewards),
  referrals: pageOf(rowSchemas.referrals),
  refused_codes: pageOf(rowSchemas.refused_codes),
  notifications: pageOf(rowSchemas.notifications),
  audit: pageOf(rowSchemas.audit),
};

/** A page of one list of a record. */
export type RecordPage<Section extends RecordSection> = z.infer<
  (typeof recordPageSchemas)[Section]
>;

export const customerDocumentSchema = z.object({
  customer: customerHeaderSchema,
  referred_by: explainableReferralSchema.nullable(),
  account: accountSummarySchema,
  facts: previewFactsSchema,
  settings: billingSettingsSchema,
  pending_rewards: z.array(pendingRewardSchema),
  stats: referralStatsSchema,
  sections: z.object(recordPageSchemas),
});
type Rows = { [Section in RecordSection]: z.infer<(typeof rowSchemas)[Section]>[] };

/** A free month; one that waits says where it is and why. */
type RecordReward = AdminReward & { explanation: RewardExplanation | null };

/** Everything that support needs for a call: the first page of each list, and where each goes on. */
export interface CustomerRecord extends Omit<Rows, "referrals" | "rewards"> {
  customer: z.infer<typeof customerHeaderSchema>;
  /** How the customer was referred, and whether it counted or why not; null when they never were. */
  referred_by: ExplainedReferral | null;
  referrals: ExplainedReferral[];
  rewards: RecordReward[];
  balance_cents: number;
  overdue_cents: number;
  credit_cents: number;
  next_invoice: NextInvoice | null;
  stats: z.infer<typeof referralStatsSchema>;
  currency: string;
  time_zone: string;
  /** Opaque; `GET …/record/[section]?cursor=` reads on. Null after the last page. */
  next_cursors: Record<RecordSection, string | null>;
}
