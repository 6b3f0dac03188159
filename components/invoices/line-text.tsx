import { Fragment } from "react";

/**
 * A line of an invoice, e.g. `Fibre 50/50 · 10–31 Jul 2026 (22 of 31 days)`. In a narrow place it
 * breaks before the dates or before the brackets, and elsewhere only if it must.
 */
export function LineText({ value }: { value: string }) {
  return value.split(/(?<= ·) | (?=\()/).map((part, index) => (
    <Fragment key={part}>
      {index > 0 ? " " : null}
      <span className="inline-block text-balance">{part}</span>
    </Fragment>
  ));
}
