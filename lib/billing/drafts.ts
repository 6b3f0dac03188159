import type { InvoiceDraft } from "@/lib/invoicing/invoice";
import type { BillingPeriod } from "@/lib/invoicing/period";
import { serviceFactsSchema } from "@/lib/invoicing/service";
import type { CycleSettings } from "@/lib/programme/billing-settings";
import { buildInvoices, type CustomerBillingFacts } from "@/lib/rewards/build-invoices";
import { describe } from "./run-errors";
import {
  type BillingError,
  soundCustomersSchema,
  type UncheckedCustomer,
  uncheckedServicesSchema,
} from "./schemas";

/** What all invoices of a run have in common. */
export interface DraftTerms {
  period: BillingPeriod;
  /** Those of the cycle. */
  settings: CycleSettings;
  /** The instant at which the invoices are issued. */
  asOf: Date;
  /** False: invoices are made and no reward is used. */
  rewardsEnabled: boolean;
}

export interface Drafts {
  /** In the order of customers and services. */
  drafts: InvoiceDraft[];
  /** What could not be billed, and why. */
  failures: BillingError[];
}

/**
 * Makes the invoices of customers from their facts. A service whose facts break a rule is left out
 * and named in `failures`; all others get their invoice. Pure: reads and writes nothing.
 *
 * @param hasFailed whether a customer or a service failed before: they are left out without a
 *   further failure.
 */
export function draftInvoices(
  customers: readonly UncheckedCustomer[],
  terms: DraftTerms,
  hasFailed: (id: string) => boolean,
): Drafts {
  const sound = soundCustomersSchema.safeParse(customers);
  const failedBefore = (facts: Omit<CustomerBillingFacts, "asOf">) =>
    hasFailed(facts.customer_id) || facts.services.some((service) => hasFailed(service.service_id));
  if (sound.success && !sound.data.some(failedBefore)) {
    try {
      const drafts = sound.data.flatMap((facts) => build({ ...facts, asOf: terms.asOf }, terms));
      return { drafts, failures: [] };
    } catch {
      // One of them breaks a rule. Which one is found below.
    }
  }
  const each = customers.map((customer) => draftCarefully(customer, terms, hasFailed));
  return {
    drafts: each.flatMap(({ drafts }) => drafts),
    failures: each.flatMap(({ failures }) => failures),
  };
}

const build = (facts: CustomerBillingFacts, { period, settings, rewardsEnabled }: DraftTerms) =>
  buildInvoices(facts, period, settings, { rewardsEnabled });

/**
 * The invoices of one customer, each service tried alone first. When one fails, no free month is
 * used: nobody knows which charge would have been the most expensive.
 */
function draftCarefully(
  unchecked: UncheckedCustomer,
  terms: DraftTerms,
  hasFailed: (id: string) => boolean,
): Drafts {
  const { asOf } = terms;
  const { customer_id } = unchecked;
  const failures: BillingError[] = [];
  if (hasFailed(customer_id)) return { drafts: [], failures };
  try {
    const customer = uncheckedServicesSchema.parse(unchecked);
    const services = customer.services.flatMap((service) => {
      const { service_id } = service;
      if (hasFailed(service_id)) return [];
      try {
        const facts = serviceFactsSchema.parse(service);
        build({ ...customer, services: [facts], rewards: [], asOf }, terms);
        return [facts];
      } catch (error) {
        failures.push({ customer_id, service_id, message: describe(error) });
        return [];
      }
    });
    const isWhole = services.length === customer.services.length;
    const rewards = isWhole ? customer.rewards : [];
    return { drafts: build({ ...customer, services, rewards, asOf }, terms), failures };
  } catch (error) {
    failures.push({ customer_id, service_id: null, message: describe(error) });
    return { drafts: [], failures };
  }
}
