import { formatDate, formatDateTime } from "@/lib/dates";
import { type DateWords, inMonths } from "@/lib/language/dates";
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
  /** The texts around it, for dates in their language; English without. */
  texts?: DateWords;
  className?: string;
};

/** A date, e.g. `14 Dec 2026`, in a `<time>` element. */
export function DateText({ value, timeZone, withTime = false, texts, className }: DateTextProps) {
  const date = withTime ? formatDateTime(value, timeZone) : formatDate(value, timeZone);
  return (
    <time dateTime={value} className={cn("whitespace-nowrap", className)}>
      {texts ? inMonths(texts, date) : date}
    </time>
  );
}

/** A number of an invoice or credit note, in one piece: it does not break at its hyphens. */
export function DocumentNumber({ children }: { children: string }) {
  return <span className="whitespace-nowrap">{children}</span>;
}

/** The placeholder that replaces the e-mail address of a customer whose details were erased. */
const ERASED = /^erased-[0-9a-f-]{36}$/;

/** The placeholder of somebody whose order was placed in another system, without an address. */
const UNKNOWN = /^external-[0-9a-f-]{36}$/;

export type EmailTextProps = { value: string; className?: string };

/** An e-mail address. In a narrow place it breaks before its @, and elsewhere only if it must. */
export function EmailText({ value, className }: EmailTextProps) {
  if (ERASED.test(value)) return <span className={className}>Personal details erased</span>;
  if (UNKNOWN.test(value)) return <span className={className}>No e-mail address known</span>;
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
