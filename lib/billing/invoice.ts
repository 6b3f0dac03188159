import { z } from "zod";
import { type BillingPeriod, daysInPeriod, localDate } from "@/lib/billing/period";
import type { BillingSettings } from "@/lib/billing/settings";
import { dateOfDayNumber, dayNumber, formatDateRange } from "@/lib/dates";
import { assertCents, type Cents, formatMoney, roundHalfUp } from "@/lib/money";
import { byId, shouldApply } from "@/lib/rewards/free-month-rules";

const cents = z.number().int().min(0);
const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), "Not an instant");

/** What the database knows about one customer in a cycle, before the invoices are made. */
export const customerBillingFactsSchema = z.object({
  customer_id: z.guid(),
  /** The customer already has a free month in this cycle. */
  used_free_month: z.boolean(),
  /** Pending rewards only. */
  rewards: z.array(
    z.object({
      id: z.guid(),
      expires_at: instant,
      created_at: instant,
      cap_cents: cents.min(1).nullable(),
    }),
  ),
  services: z.array(
    z.object({
      service_id: z.guid(),
      package_name: z.string(),
      /** Monthly price in cents including VAT, at billing time. */
      price_cents: cents,
      activated_at: instant.nullable(),
      status: z.enum(["pending", "active", "suspended", "cancelled"]),
      /** This service has its invoice of the cycle: it is neither issued again nor considered. */
      already_invoiced: z.boolean(),
    }),
  ),
});

export type CustomerBillingFacts = z.infer<typeof customerBillingFactsSchema> & {
  /** The instant at which the invoices are issued. */
  asOf: Date;
};

export interface InvoiceLine {
  kind: "service" | "reward";
  description: string;
  quantity: 1;
  /** All amounts include VAT; those of a reward line are negative. */
  unit_cents: Cents;
  amount_cents: Cents;
  /** First day charged (`YYYY-MM-DD`), and the day after the last one. */
  period_start: string;
  period_end: string;
  days: number;
  days_in_period: number;
  /** The VAT included in this line; the lines' VAT adds up to the invoice's. */
  vat_cents: Cents;
}

/** An invoice as computed, before Postgres numbers and issues it. Amounts in integer cents. */
export interface InvoiceDraft {
  service_id: string;
  customer_id: string;
  /** The activation that the charge was computed from, as the facts gave it. */
  activated_at: string;
  /** The whole cycle, half-open, also when the charge is pro-rated. */
  period_start: string;
  period_end: string;
  line_items: InvoiceLine[];
  /** After the reward, excluding VAT. */
  subtotal_cents: Cents;
  vat_cents: Cents;
  /** After the reward, including VAT. */
  total_cents: Cents;
  amount_due_cents: Cents;
  is_free_month: boolean;
  referral_reward_id: string | null;
  amount_waived_cents: Cents;
  vat_bps: number;
  /** Monthly price at billing time, and the charge of this cycle before the reward. */
  price_cents: Cents;
  charge_cents: Cents;
}

export interface ProRata {
  charge_cents: Cents;
  /** Days charged, the day of activation included. */
  days: number;
  days_in_period: number;
  is_partial: boolean;
}

/**
 * The charge of one service in one cycle: price × days ÷ days of the month, half-up to the cent.
 * `activatedOn` is the local date `YYYY-MM-DD` of the activation. Activated before the cycle: the
 * full price. Activated after it: null, there is nothing to charge.
 * @throws RangeError for fractions of a cent, a negative price, or a date that does not exist.
 */
export function calculateProRata(facts: {
  priceCents: Cents;
  activatedOn: string;
  period: Pick<BillingPeriod, "start" | "end">;
}): ProRata | null {
  assertAmount(facts.priceCents);
  const daysOfPeriod = daysInPeriod(facts.period);
  const untilEnd = dayNumber(facts.period.end) - dayNumber(facts.activatedOn);
  if (untilEnd <= 0) return null;
  const days = Math.min(untilEnd, daysOfPeriod);
  return {
    charge_cents: roundHalfUp(BigInt(facts.priceCents) * BigInt(days), BigInt(daysOfPeriod)),
    days,
    days_in_period: daysOfPeriod,
    is_partial: days < daysOfPeriod,
  };
}

/**
 * The VAT contained in an amount that includes it: total × bps ÷ (10000 + bps), half-up.
 * @throws RangeError for fractions of a cent, or a negative amount or rate.
 */
export function vatIncluded(totalCents: Cents, bps: number): Cents {
  assertAmount(totalCents);
  if (!Number.isInteger(bps) || bps < 0) throw new RangeError(`Not a rate: ${bps} basis points`);
  return roundHalfUp(BigInt(totalCents) * BigInt(bps), 10_000n + BigInt(bps));
}

function assertAmount(amount: Cents): void {
  assertCents(amount);
  if (amount < 0) throw new RangeError(`The amount is negative: ${amount}`);
}

interface Charge {
  service: CustomerBillingFacts["services"][number];
  service_id: string;
  activated_at: string;
  charge_cents: Cents;
  proRata: ProRata;
  firstDay: string;
}

function chargesOf(
  facts: CustomerBillingFacts,
  period: BillingPeriod,
  settings: Pick<BillingSettings, "time_zone">,
): Charge[] {
  return facts.services
    .flatMap((service) => {
      if (service.status !== "active" || service.already_invoiced) return [];
      const { service_id, activated_at } = service;
      if (activated_at === null) return [];
      const activatedOn = localDate(new Date(activated_at), settings.time_zone);
      const proRata = calculateProRata({ priceCents: service.price_cents, activatedOn, period });
      if (proRata === null) return [];
      const firstDay = dateOfDayNumber(dayNumber(period.end) - proRata.days);
      const { charge_cents } = proRata;
      return [{ service, service_id, activated_at, charge_cents, proRata, firstDay }];
    })
    .sort((a, b) => byId(a.service_id, b.service_id));
}

function daysNote(proRata: ProRata): string {
  return proRata.is_partial ? ` (${proRata.days} of ${proRata.days_in_period} days)` : "";
}

/**
 * The invoices of ONE customer for one cycle: one per active service that has none yet, in the
 * order of service ids. At most one reward is used, on the most expensive of their charges; a
 * dearer service that was invoiced before no longer counts. With `rewardsEnabled` false, invoices
 * are made and no reward is used. Pass all services and pending rewards of the customer.
 *
 * For every draft: the lines add up to total = subtotal + VAT, and 0 ≤ amount due ≤ charge.
 * @throws RangeError for fractions of a cent or negative prices.
 */
export function buildInvoices(
  facts: CustomerBillingFacts,
  period: BillingPeriod,
  settings: Pick<BillingSettings, "time_zone" | "vat_bps" | "currency">,
  options: { rewardsEnabled: boolean },
): InvoiceDraft[] {
  const charges = chargesOf(facts, period, settings);
  const decision = shouldApply({
    rewardsEnabled: options.rewardsEnabled,
    usedFreeMonth: facts.used_free_month,
    rewards: facts.rewards,
    charges,
    asOf: facts.asOf,
  });

  return charges.map((charge) => {
    const free = decision.apply && decision.service_id === charge.service_id ? decision : null;
    const waived = free?.amount_waived_cents ?? 0;
    const total = charge.charge_cents - waived;
    const vat = vatIncluded(total, settings.vat_bps);
    const chargeVat = vatIncluded(charge.charge_cents, settings.vat_bps);

    const line = (
      kind: InvoiceLine["kind"],
      description: string,
      amount: Cents,
      lineVat: Cents,
    ) => ({
      kind,
      description,
      quantity: 1 as const,
      unit_cents: amount,
      amount_cents: amount,
      period_start: charge.firstDay,
      period_end: period.end,
      days: charge.proRata.days,
      days_in_period: charge.proRata.days_in_period,
      vat_cents: lineVat,
    });

    const lastDay = dateOfDayNumber(dayNumber(period.end) - 1);
    const dates = formatDateRange(charge.firstDay, lastDay);
    const note = daysNote(charge.proRata);
    const lines = [
      line(
        "service",
        `${charge.service.package_name} · ${dates}${note}`,
        charge.charge_cents,
        chargeVat,
      ),
    ];
    if (free !== null) {
      const cap =
        waived < charge.charge_cents ? ` (up to ${formatMoney(waived, settings.currency)})` : "";
      // The rest of the VAT, so that rounding line by line cannot differ from the invoice.
      lines.push(
        line("reward", `Referral reward: free month${note}${cap}`, -waived, vat - chargeVat),
      );
    }

    return {
      service_id: charge.service_id,
      customer_id: facts.customer_id,
      activated_at: charge.activated_at,
      period_start: period.start,
      period_end: period.end,
      line_items: lines,
      subtotal_cents: total - vat,
      vat_cents: vat,
      total_cents: total,
      amount_due_cents: total,
      is_free_month: free !== null,
      referral_reward_id: free?.reward.id ?? null,
      amount_waived_cents: waived,
      vat_bps: settings.vat_bps,
      price_cents: charge.service.price_cents,
      charge_cents: charge.charge_cents,
    };
  });
}
