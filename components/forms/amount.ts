/** Cents as a plain amount for a text box: 79900 is "799", 79950 is "799.50". */
export function amountText(cents: number | null): string {
  if (cents === null) return "";
  const rest = cents % 100;
  return `${Math.trunc(cents / 100)}${rest === 0 ? "" : `.${String(rest).padStart(2, "0")}`}`;
}
