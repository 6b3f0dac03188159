import { DAY_MS, dateOfDayNumber, dayNumber, formatDateRange, localDate } from "@/lib/dates";
import { type BillingPeriod, daysInPeriod } from "./period";

/** What every invoice of a cycle needs of it, worked out once. */
export interface Calendar {
  /** Day numbers, half-open. */
  start: number;
  end: number;
  days: number;
  /** Ranges of days in words, by first day and day after the last: few, as all lie in the cycle. */
  ranges: Map<number, string>;
}

const calendars = new WeakMap<Pick<BillingPeriod, "start" | "end">, Calendar>();

/** The calendar of a cycle, worked out on first use. */
export function calendarOf(period: Pick<BillingPeriod, "start" | "end">): Calendar {
  const known = calendars.get(period);
  if (known) return known;
  const start = dayNumber(period.start);
  const end = dayNumber(period.end);
  const made = { start, end, days: daysInPeriod(period), ranges: new Map<number, string>() };
  calendars.set(period, made);
  return made;
}

/** Days of the cycle in words, like `1–15 Dec 2026`; day numbers, half-open. */
export function rangeInWords(calendar: Calendar, first: number, end: number): string {
  const key = (first - calendar.start) * 32 + (end - calendar.start);
  const known = calendar.ranges.get(key);
  if (known !== undefined) return known;
  const words = formatDateRange(dateOfDayNumber(first), dateOfDayNumber(end - 1));
  calendar.ranges.set(key, words);
  return words;
}

/** The local day of an instant; one outside of the cycle counts as its first day or its end. */
export function dayOf(
  at: string,
  period: BillingPeriod,
  calendar: Calendar,
  timeZone: string,
): number {
  const time = Date.parse(at);
  // Most services are older than the cycle: far from its borders no zone needs to be asked.
  if (time < period.startsAt.getTime() - DAY_MS) return calendar.start;
  if (time > period.endsAt.getTime() + DAY_MS) return calendar.end;
  const day = dayNumber(localDate(new Date(time), timeZone));
  return Math.min(Math.max(day, calendar.start), calendar.end);
}
