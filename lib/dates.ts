import { TZDate } from "@date-fns/tz/date";
import { format } from "date-fns/format";
import { DAY_MS } from "./day-length";

export { DAY_MS };

const CALENDAR_DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/**
 * Days since 1970-01-01 of a calendar date `YYYY-MM-DD`; no time zone is involved.
 * @throws RangeError when the text is not an existing date.
 */
export function dayNumber(date: string): number {
  const match = CALENDAR_DATE.exec(date);
  const time = match ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  // Date.parse rolls 30 February over into March in some engines; the round trip refuses that.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date) {
    throw new RangeError(`Not a calendar date: ${date}`);
  }
  return time / DAY_MS;
}

const datesOfDays = new Map<number, string>();
const MAX_KNOWN_DATES = 1_000;

/** The calendar date `YYYY-MM-DD` of a day number as `dayNumber` counts. */
export function dateOfDayNumber(day: number): string {
  // A billing run names the same few days on every invoice.
  const known = datesOfDays.get(day);
  if (known !== undefined) return known;
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
  if (datesOfDays.size >= MAX_KNOWN_DATES) datesOfDays.clear();
  datesOfDays.set(day, date);
  return date;
}

function toInstant(value: string | Date): Date {
  const instant = new Date(value);
  if (Number.isNaN(instant.getTime())) throw new RangeError(`Not an instant: ${String(value)}`);
  return instant;
}

/**
 * Wall-clock view of an instant in an IANA zone.
 * @throws RangeError for an invalid instant or an unknown zone.
 */
function inZone(instant: Date, timeZone: string): TZDate {
  const zoned = new TZDate(toInstant(instant), timeZone);
  if (Number.isNaN(zoned.getFullYear())) throw new RangeError(`Unknown time zone: ${timeZone}`);
  return zoned;
}

/** A date that only carries a calendar day is shown as that day, in whatever zone. */
function forDisplay(value: string | Date, timeZone: string): TZDate {
  if (typeof value === "string" && CALENDAR_DATE.test(value)) {
    return new TZDate(dayNumber(value) * DAY_MS, "UTC");
  }
  return inZone(toInstant(value), timeZone);
}

/**
 * `14 Dec 2026`, in the given IANA zone. A plain `YYYY-MM-DD` is never shifted.
 * @throws RangeError when the value is no date or the zone is unknown.
 */
export function formatDate(isoOrDate: string | Date, timeZone: string): string {
  return format(forDisplay(isoOrDate, timeZone), "d MMM yyyy");
}

/**
 * `14 Dec 2026, 15:04`, in the given IANA zone.
 * @throws RangeError when the value is no date or the zone is unknown.
 */
export function formatDateTime(isoOrDate: string | Date, timeZone: string): string {
  return format(forDisplay(isoOrDate, timeZone), "d MMM yyyy, HH:mm");
}

/**
 * `1–31 Dec 2026`, `28 Nov – 3 Dec 2026`, `31 Dec 2026`: both days inclusive, `YYYY-MM-DD`.
 * @throws RangeError when a date does not exist or the last day comes before the first.
 */
export function formatDateRange(first: string, last: string): string {
  if (dayNumber(last) < dayNumber(first)) throw new RangeError("The range ends before it starts");
  const end = formatDate(last, "UTC");
  if (first === last) return end;
  const start = forDisplay(first, "UTC");
  if (first.slice(0, 7) === last.slice(0, 7)) return `${format(start, "d")}–${end}`;
  if (first.slice(0, 4) === last.slice(0, 4)) return `${format(start, "d MMM")} – ${end}`;
  return `${format(start, "d MMM yyyy")} – ${end}`;
}

const LOCAL_TIME_OF = new Map<string, Intl.DateTimeFormat>();

/** An instant (ISO 8601) as spreadsheets read it: `2026-12-14 09:05:00` in this time zone. */
export function localTime(iso: string, timeZone: string): string {
  let format = LOCAL_TIME_OF.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("sv-SE", {
      timeZone,
      dateStyle: "short",
      timeStyle: "medium",
    });
    LOCAL_TIME_OF.set(timeZone, format);
  }
  return format.format(new Date(iso));
}

/**
 * The calendar date `YYYY-MM-DD` of an instant in an IANA zone.
 * @throws RangeError for an invalid instant or an unknown zone.
 */
export function localDate(date: Date, timeZone: string): string {
  const zoned = inZone(date, timeZone);
  return dateOfDayNumber(Date.UTC(zoned.getFullYear(), zoned.getMonth(), zoned.getDate()) / DAY_MS);
}

/**
 * The last local day (`YYYY-MM-DD`) before an instant at which something ends: of what ends at the
 * beginning of 2 Dec, it is 1 Dec.
 * @throws RangeError for an invalid instant or an unknown zone.
 */
export function lastDayBefore(end: string | Date, timeZone: string): string {
  return localDate(new Date(toInstant(end).getTime() - 1), timeZone);
}

/**
 * Distance in calendar days of the zone: 0 today, 1 tomorrow, -1 yesterday.
 * @throws RangeError when the value is no date or the zone is unknown.
 */
export function relativeDayCount(isoOrDate: string | Date, now: Date, timeZone: string): number {
  const target =
    typeof isoOrDate === "string" && CALENDAR_DATE.test(isoOrDate)
      ? isoOrDate
      : localDate(toInstant(isoOrDate), timeZone);
  return dayNumber(target) - dayNumber(localDate(now, timeZone));
}
