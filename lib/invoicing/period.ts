import { tzOffset } from "@date-fns/tz/tzOffset";
import { DAY_MS, dateOfDayNumber, dayNumber, localDate } from "@/lib/dates";

/**
 * A billing cycle: one calendar month of the billing time zone, half-open. `end` (`YYYY-MM-DD`)
 * and `endsAt` are the first day and instant that no longer belong to it.
 */
export interface BillingPeriod {
  start: string;
  end: string;
  startsAt: Date;
  endsAt: Date;
}

const MINUTE_MS = 60_000;

function offsetMs(instant: number, timeZone: string): number {
  const minutes = tzOffset(timeZone, new Date(instant));
  if (Number.isNaN(minutes)) throw new RangeError(`Not an instant, or no zone: ${timeZone}`);
  return minutes * MINUTE_MS;
}

/** The zone's wall clock, written as if it were UTC. */
function wallClock(instant: Date, timeZone: string): number {
  return instant.getTime() + offsetMs(instant.getTime(), timeZone);
}

/**
 * The instant of a wall clock. Where clocks go back, the later of the two; where they go forward
 * over it, as much later as they skipped. Postgres resolves `at time zone` the same way.
 */
function instantOf(wall: number, timeZone: string): Date {
  const before = offsetMs(wall - DAY_MS, timeZone);
  const after = offsetMs(wall + DAY_MS, timeZone);
  const isAfter = offsetMs(wall - after, timeZone) === after;
  return new Date(wall - (isAfter ? after : before));
}

const startOfDay = (date: string, timeZone: string): Date =>
  instantOf(dayNumber(date) * DAY_MS, timeZone);

/**
 * The cycle of a month `YYYY-MM`.
 * @throws RangeError when the month does not exist or the zone is unknown.
 */
export function periodFromMonth(month: string, timeZone: string): BillingPeriod {
  if (!/^\d{4}-\d{2}$/.test(month)) throw new RangeError(`Not a month: ${month}`);
  const start = `${month}-01`;
  // Day 32 of a month always lies in the next one.
  const end = `${dateOfDayNumber(dayNumber(start) + 31).slice(0, 7)}-01`;
  return { start, end, startsAt: startOfDay(start, timeZone), endsAt: startOfDay(end, timeZone) };
}

/** The cycle that an instant falls in, by the wall clock of the billing time zone. */
export function periodContaining(instant: Date, timeZone: string): BillingPeriod {
  return periodFromMonth(localDate(instant, timeZone).slice(0, 7), timeZone);
}

/** The cycle that begins where this one ends. */
export function nextPeriod(period: BillingPeriod, timeZone: string): BillingPeriod {
  return periodFromMonth(period.end.slice(0, 7), timeZone);
}

/** Calendar days of a cycle: 28 to 31. */
export function daysInPeriod(period: Pick<BillingPeriod, "start" | "end">): number {
  return dayNumber(period.end) - dayNumber(period.start);
}

/** The same wall-clock time some days later (or earlier), also across a change of summer time. */
export function addLocalDays(instant: Date, days: number, timeZone: string): Date {
  if (!Number.isInteger(days)) throw new RangeError(`Not a whole number of days: ${days}`);
  return instantOf(wallClock(instant, timeZone) + days * DAY_MS, timeZone);
}
