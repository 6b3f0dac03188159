import { formatDate } from "@/lib/dates";

/** A month by its first day `YYYY-MM-DD`: "Nov 2026". */
export const monthName = (firstDay: string): string =>
  formatDate(firstDay, "UTC").replace(/^\d+ /, "");

/** A rate in basis points: "15 %", "12.5 %". */
export const percentOf = (bps: number): string => `${bps / 100}\u00a0%`;

/** How VAT treats a free month, in words. */
export const TREATMENTS = {
  discount: "Discount on the price",
  consideration: "Credit against the total",
} as const;
