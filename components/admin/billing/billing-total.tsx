import { Money, type MoneyProps } from "@/components/ui/text";

/** From this amount on, the large type is wider than half the screen of a phone. */
const WIDE_CENTS = 1_000_000_000;

/** The total of many invoices as a figure, in smaller type on phones when it is long. */
export function BillingTotal({ cents, currency }: Omit<MoneyProps, "className">) {
  const isWide = Math.abs(cents) >= WIDE_CENTS;
  return <Money cents={cents} currency={currency} className={isWide ? "max-sm:text-sm" : ""} />;
}
