/** Cents as a plain amount for a text box: 79900 is "799", 79950 is "799.50". */
export function amountText(cents: number | null): string {
  if (cents === null) return "";
  const rest = cents % 100;
  return `${Math.trunc(cents / 100)}${rest === 0 ? "" : `.${String(rest).padStart(2, "0")}`}`;
}

/** "799", "799.5", "1 299,50" as cents; null for anything else. */
export function parseAmount(text: string): number | null {
  const match = /^(\d{1,9})(?:[.,](\d{1,2}))?$/.exec(text.replace(/[\s\u00a0]/g, ""));
  if (!match) return null;
  return Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
}
