import { AppError } from "@/lib/errors";
import {
  type BillingPeriod,
  nextPeriod,
  periodContaining,
  periodFromMonth,
} from "@/lib/invoicing/period";

/** Where a cycle stands at an instant: only the open one is billed without giving a reason. */
export type CycleState = "future" | "open" | "closed";

function cycleState(period: BillingPeriod, now: Date): CycleState {
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

/**
 * How far from the clock's own cycle a cycle may be billed, with a reason too. Guards against a
 * mistyped year: invoices cannot be withdrawn, and older months were billed elsewhere. Months that
 * runs complete can always be billed.
 */
const MONTHS_AHEAD = 12;
const MONTHS_BACK = 12;

/**
 * The cycle that a run was asked for: that of a month `YYYY-MM`, else the current one. A dry run may
 * look at any.
 * @throws AppError `invalid_request`, `billing_period_invalid`
 */
export function choosePeriod(
  { period: month, dryRun }: { period?: string; dryRun?: boolean },
  now: Date,
  settings: { time_zone: string; completion_months: number },
): BillingPeriod {
  const { time_zone: timeZone } = settings;
  const monthsBack = Math.max(MONTHS_BACK, settings.completion_months);
  const current = periodContaining(now, timeZone);
  if (month === undefined) return current;
  let period: BillingPeriod;
  try {
    period = periodFromMonth(month, timeZone);
  } catch (cause) {
    const message = "Use a month like 2026-12.";
    throw new AppError("invalid_request", { message, fields: { period: message }, cause });
  }
  const ahead = monthIndex(period) - monthIndex(current);
  if (!dryRun && ahead > MONTHS_AHEAD) {
    throw new AppError("billing_period_invalid", {
      message: `${month} is more than ${MONTHS_AHEAD} months ahead and cannot be billed yet.`,
    });
  }
  if (!dryRun && -ahead > monthsBack) {
    throw new AppError("billing_period_invalid", {
      message: `${month} is more than ${monthsBack} months ago and cannot be billed any more.`,
    });
  }
  return period;
}

function monthIndex({ start }: Pick<BillingPeriod, "start">): number {
  return Number(start.slice(0, 4)) * 12 + Number(start.slice(5, 7));
}
