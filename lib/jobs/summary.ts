import type { BillingReport } from "@/lib/billing/schemas";
import { dateOfDayNumber, dayNumber, formatDateRange } from "@/lib/dates";
import { type Cents, formatMoney } from "@/lib/money";

/** What a job did: for people, for `--json`, and whether that counts as success. */
export interface JobReport {
  lines: string[];
  counts: object;
  ok: boolean;
}

const LABELS: Record<string, string> = {
  qualified: "Friends who qualified",
  rewards_granted: "Free months granted",
  referrals_expired: "Referrals expired",
  referrals_ended: "Referrals ended",
  rewards_expired: "Free months expired",
  reminders: "Reminders queued",
  sent: "Mails sent",
  captured: "Mails captured",
  retried: "Mails to be tried again",
  failed: "Mails given up",
};

const row = (label: string, value: number | string) => `${label.padEnd(28)} ${value}`;

/** The report of a job that only counts. */
export function reportCounts(counts: object): JobReport {
  const lines = Object.entries(counts).map(([key, value]) => row(LABELS[key] ?? key, value));
  return { lines, counts, ok: true };
}

/** The report of a billing run: it failed if one service could not be billed. */
export function reportBilling(summary: BillingReport): JobReport {
  const { period_start, period_end, currency, errors } = summary;
  const lastDay = dateOfDayNumber(dayNumber(period_end) - 1);
  const money = (cents: Cents) => formatMoney(cents, currency).replaceAll("\u00a0", " ");
  const lines = [
    row(summary.run_id ? "Billed" : "Would bill", formatDateRange(period_start, lastDay)),
    row("Invoices", summary.invoices),
    row("Free months", summary.free_months),
    row("Waived", money(summary.waived_cents)),
    row("Total due", money(summary.total_cents)),
    row("Invoiced before", summary.skipped),
    row("For earlier months", summary.completed),
    row("Still unbilled", summary.unbilled),
    ...errors.map(({ customer_id, service_id, message }) => {
      const about = service_id ? `Service ${service_id}` : `Customer ${customer_id}`;
      return row(customer_id ? about : "Run", message);
    }),
  ];
  return { lines, counts: summary, ok: errors.length === 0 };
}

/** The report of a check of the invariants: any violation is a failure. */
export function reportVerification(found: {
  violations: number;
  details: { invariant: number; rule: string; entity: string }[];
}): JobReport {
  const { violations, details } = found;
  const lines = details.map((v) => `Invariant ${v.invariant}: ${v.rule} (${v.entity})`);
  const more = violations - details.length;
  if (more > 0) lines.push(`… and ${more} more`);
  lines.push(violations === 0 ? "No violations" : `${violations} violations`);
  return { lines, counts: found, ok: violations === 0 };
}
