import { Money, type MoneyProps } from "@/components/ui/text";

/** From ten million on, an amount in large type is wider than half a phone. */
const WIDE_CENTS = 1_000_000_000;

/** The total of everybody's invoices, as a figure. */
export function BillingTotal({ cents, currency }: Omit<MoneyProps, "className">) {
  const isWide = Math.abs(cents) >= WIDE_CENTS;
  return <Money cents={cents} currency={currency} className={isWide ? "max-sm:text-sm" : ""} />;
}
