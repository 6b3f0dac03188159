import { dayNumber } from "@/lib/dates";
import { assertAmount, type Cents, portion } from "@/lib/money";

/** The VAT rates of a cycle. Rates are in basis points: 1500 is 15 %. Prices include VAT. */
export interface VatRates {
  /** The rate at the beginning of the cycle. */
  vat_bps: number;
  /** Changes after its first day, by the local day (`YYYY-MM-DD`) from which each counts. */
  vat_changes?: readonly { effective_on: string; vat_bps: number }[] | undefined;
}

/** Days as day numbers, half-open, on which one VAT rate counts. */
interface RateRange {
  first: number;
  end: number;
  vat_bps: number;
}

/** The days from `first` until before `end`, by the VAT rate that counts on them. */
export function ratesWithin(rates: VatRates, first: number, end: number): RateRange[] {
  const ranges: RateRange[] = [];
  let { vat_bps } = rates;
  let next = first;
  for (const change of rates.vat_changes ?? []) {
    const day = Math.min(dayNumber(change.effective_on), end);
    if (day > next && change.vat_bps !== vat_bps) {
      ranges.push({ first: next, end: day, vat_bps });
      next = day;
    }
    if (day < end) vat_bps = change.vat_bps;
  }
  if (end > next) ranges.push({ first: next, end, vat_bps });
  return ranges;
}

/**
 * The VAT contained in an amount that includes it: total × bps ÷ (10000 + bps), half-up.
 * @throws RangeError for fractions of a cent, or a negative amount or rate.
 */
export function vatIncluded(totalCents: Cents, bps: number): Cents {
  assertAmount(totalCents);
  if (!Number.isInteger(bps) || bps < 0) throw new RangeError(`Not a rate: ${bps} basis points`);
  return portion(totalCents, bps, 10_000 + bps);
}
