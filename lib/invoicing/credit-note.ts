import { dayNumber } from "@/lib/dates";
import { assertCents, type Cents, roundHalfUp } from "@/lib/money";

function assertPart(part: Cents, whole: Cents, what: string): void {
  assertCents(part);
  assertCents(whole);
  if (part < 0 || part > whole)
    throw new RangeError(`${what} is not within 0 and ${whole}: ${part}`);
}

/**
 * The VAT in a credit of `amountCents` (VAT included) on an invoice of which `creditedCents` were
 * credited before: the invoice's VAT in proportion to all credits so far, half-up to the cent,
 * less what the earlier credits had of it. Credits that make up the whole invoice so carry exactly
 * its VAT, in whatever parts, and never more. Integer cents.
 * @throws RangeError for fractions of a cent, or when credits and VAT do not fit the invoice.
 */
export function creditVat(
  invoice: { total_cents: Cents; vat_cents: Cents },
  creditedCents: Cents,
  amountCents: Cents,
): Cents {
  const { total_cents: total, vat_cents: vat } = invoice;
  assertPart(vat, total, "The VAT");
  assertPart(creditedCents, total, "What was credited");
  assertPart(amountCents, total - creditedCents, "The credit");
  if (total === 0) return 0;
  const vatUntil = (credited: Cents) => roundHalfUp(BigInt(vat) * BigInt(credited), BigInt(total));
  return vatUntil(creditedCents + amountCents) - vatUntil(creditedCents);
}

/** What the suggestion reads of an invoice line; amounts include VAT, the period is half-open. */
export interface CreditableLine {
  kind: "service" | "reward";
  amount_cents: Cents;
  period_start?: string | undefined;
  period_end?: string | undefined;
  /** Days of it that were not charged because of a suspension. */
  suspended?: readonly { period_start: string; period_end: string }[] | undefined;
}

/**
 * What was paid for days after a service ended: per service line the charge less that of the days
 * until `endedOn` (`YYYY-MM-DD`, the first day that was not delivered), half-up to the cent, and of
 * that the share that the customer paid after a reward. Cents including VAT, at most the total of
 * the lines; 0 when the service ended after them, when they were free, or name no days.
 * @throws RangeError for fractions of a cent or a date that does not exist.
 */
export function unusedDaysCredit(
  lines: readonly CreditableLine[],
  endedOn: string,
  /** What a free month paid as a credit against the total. */
  creditCents: Cents = 0,
): Cents {
  const end = dayNumber(endedOn);
  let charged = 0;
  let paid = -creditCents;
  let unused = 0;
  for (const { kind, amount_cents, period_start, period_end, suspended = [] } of lines) {
    assertCents(amount_cents);
    paid += amount_cents;
    if (kind !== "service") continue;
    charged += amount_cents;
    if (period_start === undefined || period_end === undefined) continue;
    const daysUntil = (day: number) =>
      Math.max(day - dayNumber(period_start), 0) -
      suspended.reduce((sum, range) => {
        const first = Math.max(dayNumber(range.period_start), dayNumber(period_start));
        return sum + Math.max(Math.min(dayNumber(range.period_end), day) - first, 0);
      }, 0);
    const days = daysUntil(dayNumber(period_end));
    const used = daysUntil(Math.min(end, dayNumber(period_end)));
    unused += amount_cents - roundHalfUp(BigInt(amount_cents) * BigInt(used), BigInt(days));
  }
  return charged > 0 ? roundHalfUp(BigInt(unused) * BigInt(paid), BigInt(charged)) : 0;
}
