import { TZDate } from "@date-fns/tz";
import { format } from "date-fns";

/** `1 day`, `30 days`. */
export const inDays = (days: number): string => (days === 1 ? "1 day" : `${days} days`);

/** `1 error`, `2 errors`. */
export const counted = (count: number, one: string, many: string): string =>
  `${count} ${count === 1 ? one : many}`;

/** `December 2026`, from the first day of a billed month (`YYYY-MM-DD`). */
export const monthName = (periodStart: string): string =>
  format(new TZDate(`${periodStart}T00:00:00Z`, "UTC"), "MMMM yyyy");
