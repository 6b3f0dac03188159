import type { Approval } from "@/lib/admin/approval-schemas";
import { formatDateRange } from "@/lib/dates";
import { formatMoney } from "@/lib/money";

const TITLES: Readonly<Record<Approval["kind"], string>> = {
  billing_run: "A billing run before its month begins",
  package_change: "A change of package with a large difference in price",
  credit_note: "A large credit note",
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
  }
}
