import type { Approval } from "@/lib/admin/approval-schemas";
import type { BulkAct } from "@/lib/admin/bulk-schemas";
import { BULK_ACT_WORDS } from "@/lib/admin/bulk-words";
import { formatDateRange } from "@/lib/dates";
import { formatMoney } from "@/lib/money";

const TITLES: Readonly<Record<Approval["kind"], string>> = {
  billing_run: "A billing run before its month begins",
  package_change: "A change of package with a large difference in price",
  credit_note: "A large credit note",
  bulk_job: "A bulk job with many rows",
};

export const approvalTitle = ({ kind }: Approval): string => TITLES[kind];

/** What will be done, in facts. `currency` is ISO 4217. */
export function approvalFacts(
  { kind, intent, amount_cents }: Approval,
  currency: string,
): { label: string; value: string }[] {
  const amount = amount_cents === null ? "" : formatMoney(amount_cents, currency);
  switch (kind) {
    case "billing_run": {
      const first = String(intent.period_start);
      const [year = 0, month = 0] = first.split("-").map(Number);
      const last = new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
      return [{ label: "Month", value: formatDateRange(first, last) }];
    }
    case "package_change":
      return [
        { label: "New package", value: String(intent.package_slug) },
        { label: "Difference a month", value: amount },
      ];
    case "credit_note":
      return [
        { label: "Invoice", value: String(intent.invoice_number) },
        { label: "Amount", value: amount },
      ];
    case "bulk_job":
      return [
        { label: "What", value: BULK_ACT_WORDS[intent.act as BulkAct].title },
        { label: "Rows", value: String(intent.rows) },
      ];
  }
}

/** For whom a request waits, by name. */
export function waitsFor({ waits_for, may_decide }: Approval): string {
  if (may_decide) return "It waits for you, or another colleague who did not ask for it.";
  if (waits_for.length === 0) return "Nobody in the team may decide it. An owner can invite one.";
  const shown = waits_for.slice(0, 3);
  const rest = waits_for.length - shown.length;
  const names = rest > 0 ? [...shown, `${rest} more`] : shown;
  const [last, ...before] = names.toReversed();
  return `It waits for ${before.length > 0 ? `${before.toReversed().join(", ")} or ` : ""}${last}.`;
}
