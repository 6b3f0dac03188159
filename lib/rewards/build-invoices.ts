import { z } from "zod";
import { chargesOf } from "@/lib/invoicing/charge";
import { draftInvoice, type InvoiceDraft, type InvoiceSettings } from "@/lib/invoicing/invoice";
import type { BillingPeriod } from "@/lib/invoicing/period";
import { serviceFactsSchema } from "@/lib/invoicing/service";
import { shouldApplyFreeMonth } from "./free-month-rules";
import { availableRewardSchema } from "./schemas";

/** What the database knows about one customer in a cycle, before the invoices are made. */
export const customerBillingFactsSchema = z.object({
  customer_id: z.guid(),
  /** The customer already has a free month in this cycle. */
  used_free_month: z.boolean(),
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
 * has none yet and had a day in the cycle. An active service is charged until the end of the
 * cycle, a cancelled one until before the day on which it ended, at the price of each day: a line
 * per price. At most one reward is used, on the most expensive charge of an active service;
 * a service that has its invoice already is not considered. With `rewardsEnabled` false, invoices
 * are made and no reward is used. Pass all services and pending rewards of the customer.
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
  const charges = chargesOf(facts.services, period, settings.time_zone);
  const decision = shouldApplyFreeMonth({
    rewardsEnabled: options.rewardsEnabled,
    usedFreeMonth: facts.used_free_month,
    rewards: facts.rewards,
    charges,
    asOf: facts.asOf,
  });
  return charges.map((charge) => {
    const freeMonth =
      decision.apply && decision.service_id === charge.service_id
        ? { reward_id: decision.reward.id, waived_cents: decision.amount_waived_cents }
        : null;
    return draftInvoice(facts.customer_id, charge, freeMonth, period, settings);
  });
}
