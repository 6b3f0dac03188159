import { z } from "zod";
import { chargesOf } from "@/lib/invoicing/charge";
import { draftInvoice, type InvoiceDraft, type InvoiceSettings } from "@/lib/invoicing/invoice";
import { type BillingPeriod, periodContaining } from "@/lib/invoicing/period";
import { serviceFactsSchema } from "@/lib/invoicing/service";
import { shouldApplyFreeMonth } from "./free-month-rules";
import { availableRewardSchema } from "./schemas";

/** What the database knows about one customer in a cycle, before the invoices are made. */
export const customerBillingFactsSchema = z.object({
  customer_id: z.guid(),
  /** The customer already has a free month in this cycle. */
  used_free_month: z.boolean(),
  /** The dearest whole month of this cycle that is invoiced already, in cents; 0 for none. */
  dearest_invoiced_cents: z.number().int().min(0).default(0),
  /**
   * Only asked of an earlier cycle: whether a whole month of the cycle under way waits for its
   * invoice, so that it can take the free month.
   */
  current_month_open: z.boolean().default(false),
  /** Pending rewards only. */
  rewards: z.array(availableRewardSchema),
  services: z.array(serviceFactsSchema),
});

export type CustomerBillingFacts = z.infer<typeof customerBillingFactsSchema> & {
  /** The instant at which the invoices are issued. */
  asOf: Date;
};

/**
 * The invoices of ONE customer for one cycle, in the order of service ids: one per service that
 * has none yet and was active on a day of the cycle, as `chargesOf` charges it: a line per price
 * and VAT rate. At most one reward is used, by the rule of `shouldApplyFreeMonth`. With
 * `rewardsEnabled` false, invoices are made and no reward is used. Pass all services and pending
 * rewards of the customer, and the settings of the cycle.
 *
 * For every draft: the lines add up to total = subtotal + VAT, and 0 ≤ amount due ≤ charge.
 * @throws RangeError for fractions of a cent, negative prices, or sums beyond 2^53.
 */
export function buildInvoices(
  facts: CustomerBillingFacts,
  period: BillingPeriod,
  settings: InvoiceSettings,
  options: { rewardsEnabled: boolean },
): InvoiceDraft[] {
  const { asOf } = facts;
  const charges = chargesOf(facts.services, period, settings, asOf);
  const isCompletion = asOf >= period.endsAt;
  const decision = shouldApplyFreeMonth({
    rewardsEnabled: options.rewardsEnabled,
    usedFreeMonth: facts.used_free_month,
    rewards: facts.rewards,
    charges,
    dearestInvoicedCents: facts.dearest_invoiced_cents,
    asOf,
    isCompletion,
    nextWholeMonthAt: () => {
      if (!isCompletion) return period.endsAt;
      return facts.current_month_open ? asOf : periodContaining(asOf, settings.time_zone).endsAt;
    },
  });
  return charges.map((charge) => {
    const freeMonth =
      decision.apply && decision.service_id === charge.service_id
        ? {
            reward_id: decision.reward.id,
            source: decision.reward.source,
            treatment: decision.reward.vat_treatment,
            waived_cents: decision.amount_waived_cents,
          }
        : null;
    return draftInvoice(facts.customer_id, charge, freeMonth, period, settings);
  });
}
