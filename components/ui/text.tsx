import { Fragment } from "react";
import { formatDate, formatDateTime } from "@/lib/dates";
import { formatMoney } from "@/lib/money";
import { cn } from "./cn";

export type MoneyProps = { cents: number; currency?: string; className?: string };

/** An amount in integer cents, e.g. `R 799.00`. */
export function Money({ cents, currency = "ZAR", className }: MoneyProps) {
  return (
    <span className={cn("whitespace-nowrap tabular-nums", className)}>
      {formatMoney(cents, currency)}
    </span>
  );
}

export type DateTextProps = {
  /** ISO 8601 instant (or `YYYY-MM-DD`). */
  value: string;
  /** IANA zone in which the date is read: the billing time zone. */
  timeZone: string;
  withTime?: boolean;
  className?: string;
};

/** A date, e.g. `14 Dec 2026`, in a `<time>` element. */
export function DateText({ value, timeZone, withTime = false, className }: DateTextProps) {
  return (
    <time dateTime={value} className={cn("whitespace-nowrap", className)}>
      {withTime ? formatDateTime(value, timeZone) : formatDate(value, timeZone)}
    </time>
  );
}

/** What stands in place of the e-mail address of a customer whose details were erased. */
const ERASED = /^erased-[0-9a-f-]{36}$/;

export type EmailTextProps = { value: string; className?: string };

/** An e-mail address that breaks before its @ where it has no room, and elsewhere only if it must. */
export function EmailText({ value, className }: EmailTextProps) {
  if (ERASED.test(value)) return <span className={className}>Personal details erased</span>;
  const at = value.lastIndexOf("@");
  if (at <= 0) return <span className={cn("wrap-anywhere", className)}>{value}</span>;
  return (
    <span className={cn("md:wrap-break-word", className)}>
      {value.slice(0, at)}
      <wbr />
      {value.slice(at)}
    </span>
  );
}

export type LineTextProps = { value: string };

/**
 * A line of an invoice, e.g. `Fibre 50/50 · 10–31 Jul 2026 (22 of 31 days)`. Where it has no room it
 * breaks before the dates and before the brackets, and elsewhere only if it must.
 */
export function LineText({ value }: LineTextProps) {
  return value.split(/(?<= ·) | (?=\()/).map((part, index) => (
    <Fragment key={part}>
      {index > 0 ? " " : null}
      <span className="inline-block text-balance">{part}</span>
    </Fragment>
  ));
}
