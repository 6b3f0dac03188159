import { formatDate, formatDateRange, formatDateTime, relativeDayCount } from "@/lib/dates";
import type { Formats } from "./formats";

/** Dates in the language of texts. They are apart because few pages of a browser need them. */
export type DateWords = Pick<Formats, "word">;

const MONTH = /[A-Z][a-z]{2}/g;
const ENGLISH_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/**
 * A date of `lib/dates` with the months of the language. Days stand before months in each of ours, and
 * the catalogue has the months because servers and browsers do not know the same ones.
 */
export function inMonths({ word }: DateWords, date: string): string {
  const months = word("months").split(" ");
  return date.replace(MONTH, (month) => months[ENGLISH_MONTHS.indexOf(month)] ?? month);
}

/** `14 Dec 2026`, in the given IANA zone. A plain `YYYY-MM-DD` is never shifted. */
export const dateIn = (texts: DateWords, value: string | Date, timeZone: string): string =>
  inMonths(texts, formatDate(value, timeZone));

/** `14 Dec 2026, 15:04`, in the given IANA zone. */
export const dateTimeIn = (texts: DateWords, value: string | Date, timeZone: string): string =>
  inMonths(texts, formatDateTime(value, timeZone));

/** `1–31 Dec 2026`: both days inclusive, `YYYY-MM-DD`. */
export const dateRangeIn = (texts: DateWords, first: string, last: string): string =>
  inMonths(texts, formatDateRange(first, last));

/** `today`, `in 5 days`, `3 days ago`: the distance in calendar days of the zone. */
export function relativeDaysIn(
  { word }: DateWords,
  value: string | Date,
  now: Date,
  timeZone: string,
): string {
  const days = relativeDayCount(value, now, timeZone);
  if (days === 0) return word("today");
  if (days === 1) return word("tomorrow");
  if (days === -1) return word("yesterday");
  return days > 0 ? word("inDays", { days }) : word("daysAgo", { days: -days });
}
