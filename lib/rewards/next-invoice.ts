import type { InvoiceDraft, InvoiceSettings } from "@/lib/invoicing/invoice";
import { type BillingPeriod, nextPeriod, periodContaining } from "@/lib/invoicing/period";
import { buildInvoices } from "./build-invoices";
import type { NextInvoice, PreviewFacts } from "./schemas";

/** Cycles can be billed up to a year ahead, so the next one to bill lies within that. */
const CYCLES_AHEAD = 13;

/**
 * The customer's next invoice as the billing run would issue it. It is of the current cycle while a
 * service that is charged in it has no invoice there, also when that is the last charge of a service
 * that ended. The active days of a suspended service are charged when the cycle is over. Else it is of
 * the first later cycle that charges anything. A later cycle is computed as of its first instant, so that
 * a reward that expires before then is not promised. Sums over the services; cents including VAT.
 * Null when nothing is going to be charged.
 */
export function previewNextInvoice(
  facts: PreviewFacts,
  settings: InvoiceSettings,
  rewardsEnabled: boolean,
  now: Date,
): NextInvoice | null {
  const suspended = facts.services.filter(({ status }) => status === "suspended");
  let period = periodContaining(now, settings.time_zone);
  for (let ahead = 0; ahead <= CYCLES_AHEAD; ahead += 1) {
    const invoice =
      previewCycle(facts, period, settings, rewardsEnabled, now) ??
      // What is suspended now is charged at the end of the cycle, for the days until then.
      previewCycle(
        { ...facts, services: suspended },
        period,
        settings,
        rewardsEnabled,
        period.endsAt,
      );
    if (invoice) return invoice;
    period = nextPeriod(period, settings.time_zone);
  }
  return null;
}

/**
 * The first cycle (`YYYY-MM-DD`, its first day) whose invoice a waiting free month lowers, as the
 * billing runs would issue them. Null: none does, or it expires before.
 */
export function previewFreeMonth(
  facts: PreviewFacts,
  settings: InvoiceSettings,
  rewardsEnabled: boolean,
  now: Date,
): string | null {
  if (facts.rewards.length === 0) return null;
  let period = periodContaining(now, settings.time_zone);
  for (let ahead = 0; ahead <= CYCLES_AHEAD; ahead += 1) {
    const drafts = draftCycle(facts, period, settings, rewardsEnabled, now);
    if (drafts.some((draft) => draft.is_free_month)) return period.start;
    period = nextPeriod(period, settings.time_zone);
  }
  return null;
}

/** The invoice that a free month lowers: its cycle, from day until before day, and by how many cents. */
export interface FreeMonthPlace {
  period_start: string;
  period_end: string;
  waived_cents: number;
}

/**
 * Where each waiting free month lands, by its id, as the billing runs would use them one after the
 * other. One that is missing lands on no invoice of the year to come, or expires before.
 */
export function placeFreeMonths(
  facts: PreviewFacts,
  settings: InvoiceSettings,
  rewardsEnabled: boolean,
  now: Date,
): Map<string, FreeMonthPlace> {
  const places = new Map<string, FreeMonthPlace>();
  let period = periodContaining(now, settings.time_zone);
  for (let ahead = 0; ahead <= CYCLES_AHEAD; ahead += 1) {
    const rewards = facts.rewards.filter(({ id }) => !places.has(id));
    if (rewards.length === 0) break;
    for (const draft of draftCycle({ ...facts, rewards }, period, settings, rewardsEnabled, now)) {
      if (draft.referral_reward_id === null) continue;
      places.set(draft.referral_reward_id, {
        period_start: period.start,
        period_end: period.end,
        waived_cents: draft.amount_waived_cents,
      });
    }
    period = nextPeriod(period, settings.time_zone);
  }
  return places;
}

function draftCycle(
  facts: PreviewFacts,
  period: BillingPeriod,
  settings: InvoiceSettings,
  rewardsEnabled: boolean,
  now: Date,
): InvoiceDraft[] {
  const invoiced = facts.invoiced_months.find(({ period_start }) => period_start === period.start);
  return buildInvoices(
    {
      customer_id: facts.customer_id,
      used_free_month: facts.free_month_periods.includes(period.start),
      dearest_invoiced_cents: invoiced?.charge_cents ?? 0,
      current_month_open: false,
      rewards: facts.rewards,
      services: facts.services.map(({ invoiced_periods, ...service }) => ({
        ...service,
        already_invoiced: invoiced_periods.includes(period.start),
      })),
      asOf: now < period.startsAt ? period.startsAt : now,
    },
    period,
    settings,
    { rewardsEnabled },
  );
}

function previewCycle(
  facts: PreviewFacts,
  period: BillingPeriod,
  settings: InvoiceSettings,
  rewardsEnabled: boolean,
  now: Date,
): NextInvoice | null {
  const drafts = draftCycle(facts, period, settings, rewardsEnabled, now);
  if (drafts.length === 0) return null;
  const sum = (amount: (draft: (typeof drafts)[number]) => number) =>
    drafts.reduce((total, draft) => total + amount(draft), 0);
  return {
    period_start: period.start,
    period_end: period.end,
    charge_cents: sum((draft) => draft.charge_cents),
    waived_cents: sum((draft) => draft.amount_waived_cents),
    waived_as: drafts.find((draft) => draft.is_free_month)?.reward_description ?? null,
    amount_due_cents: sum((draft) => draft.amount_due_cents),
  };
}
