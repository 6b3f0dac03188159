import { type BillingPeriod, nextPeriod, periodContaining, periodFromMonth } from "./period";

/** Where a cycle stands at an instant: only the open one is billed without giving a reason. */
export type CycleState = "future" | "open" | "closed";

export function cycleState(period: BillingPeriod, now: Date): CycleState {
  if (now < period.startsAt) return "future";
  return now < period.endsAt ? "open" : "closed";
}

/** A cycle as it is chosen and named: days `YYYY-MM-DD`, the end exclusive. */
export interface Cycle {
  /** `YYYY-MM`. */
  month: string;
  period_start: string;
  period_end: string;
  state: CycleState;
}

function cycleOf(period: BillingPeriod, now: Date): Cycle {
  return {
    month: period.start.slice(0, 7),
    period_start: period.start,
    period_end: period.end,
    state: cycleState(period, now),
  };
}

/**
 * The cycle of a month `YYYY-MM` in the billing time zone.
 * @throws RangeError when the month does not exist.
 */
export function cycleOfMonth(month: string, now: Date, timeZone: string): Cycle {
  return cycleOf(periodFromMonth(month, timeZone), now);
}

/** The cycle before the current one, the current one and the next one, in this order. */
export function cyclesAround(now: Date, timeZone: string): Cycle[] {
  const current = periodContaining(now, timeZone);
  const before = periodContaining(new Date(current.startsAt.getTime() - 1), timeZone);
  return [before, current, nextPeriod(current, timeZone)].map((period) => cycleOf(period, now));
}
