import { TZDate } from "@date-fns/tz";
import { format } from "date-fns";

/** `December 2026`, from the first day of a billed month (`YYYY-MM-DD`). */
export const monthName = (periodStart: string): string =>
  format(new TZDate(`${periodStart}T00:00:00Z`, "UTC"), "MMMM yyyy");
