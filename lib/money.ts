/** An amount in integer cents of the billing currency. May be negative on a reward line. */
export type Cents = number;

const NBSP = "\u00a0";

/**
 * Passes only whole, exactly representable cents.
 * @throws RangeError for fractions, NaN, infinities and amounts beyond 2^53.
 */
export function assertCents(cents: number): asserts cents is Cents {
  if (!Number.isSafeInteger(cents)) throw new RangeError(`Not a whole amount of cents: ${cents}`);
}

/**
 * Formats integer cents for people: `R 799.00`, `R 1 234.50`, `-R 799.00`. All spaces are
 * non-breaking. Currencies other than ZAR show their code: `USD 12.00`.
 * @throws RangeError when `cents` is not an integer.
 */
export function formatMoney(cents: Cents, currency = "ZAR"): string {
  assertCents(cents);
  const absolute = Math.abs(cents);
  const whole = Math.trunc(absolute / 100)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, NBSP);
  const fraction = (absolute % 100).toString().padStart(2, "0");
  const symbol = currency === "ZAR" ? "R" : currency;
  return `${cents < 0 ? "-" : ""}${symbol}${NBSP}${whole}.${fraction}`;
}

/**
 * Exact `numerator / denominator`, rounded to the nearest integer, halves up (towards positive
 * infinity). The one rounding rule of every amount in the product.
 * @throws RangeError when the denominator is not positive, or the result is not a safe integer.
 */
export function roundHalfUp(numerator: bigint, denominator: bigint): number {
  if (denominator <= 0n) throw new RangeError("The denominator must be positive");
  const twice = 2n * numerator + denominator;
  const divisor = 2n * denominator;
  const truncated = twice / divisor;
  const floored = twice < 0n && twice % divisor !== 0n ? truncated - 1n : truncated;
  const result = Number(floored);
  if (!Number.isSafeInteger(result)) throw new RangeError("The result is too large for cents");
  return result;
}

/** "1 299", "1,299.50", "1.299,50" and "1'299": groups of three after the first, one mark for all. */
const GROUPED = /^\d{1,3}(?:([,.'])\d{3})(?:\1\d{3})*(?:([.,])(\d{1,2}))?$/;
const PLAIN = /^(\d{1,9})(?:[.,](\d{1,2}))?$/;

/**
 * Reads an amount as people and banks write it, in cents: `799`, `799.5`, `R 1 299,50`, `1,299.00`.
 * Null for anything else, and for `1,299`, which may mean one rand or a thousand.
 */
export function parseAmount(text: string): Cents | null {
  const compact = text.replace(/^\s*(?:ZAR|R)(?=[\s\d])/i, "").replace(/\s/g, "");
  const grouped = GROUPED.exec(compact);
  if (grouped) {
    const [, mark, decimalMark, fraction] = grouped;
    const isAmbiguous = mark !== "'" && !decimalMark && compact.split(mark ?? "").length === 2;
    if (isAmbiguous || decimalMark === mark) return null;
    const whole = (decimalMark ? compact.slice(0, compact.lastIndexOf(decimalMark)) : compact)
      .split(mark ?? "")
      .join("");
    return whole.length > 9 ? null : Number(whole) * 100 + Number((fraction ?? "").padEnd(2, "0"));
  }
  const plain = PLAIN.exec(compact);
  if (!plain) return null;
  return Number(plain[1]) * 100 + Number((plain[2] ?? "").padEnd(2, "0"));
}

/** Exact amount × parts ÷ whole, half-up. All are whole and none is negative. */
export function portion(amount: Cents, parts: number, whole: number): Cents {
  const product = amount * parts;
  if (!Number.isSafeInteger(product)) {
    return roundHalfUp(BigInt(amount) * BigInt(parts), BigInt(whole));
  }
  // In whole numbers: a quotient of large ones could be rounded over the half.
  const rest = product % whole;
  return (product - rest) / whole + (2 * rest >= whole ? 1 : 0);
}

/** @throws RangeError for fractions of a cent, or a negative amount. */
export function assertAmount(amount: Cents): void {
  assertCents(amount);
  if (amount < 0) throw new RangeError(`The amount is negative: ${amount}`);
}
