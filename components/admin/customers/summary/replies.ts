import type { CustomerRecord } from "@/lib/admin/customer-record-schemas";
import { formatDateRange, lastDayBefore } from "@/lib/dates";
import { formatMoney } from "@/lib/money";
import { countOf } from "@/lib/words";

type MonthFacts = Pick<
  CustomerRecord,
  "rewards" | "next_invoice" | "currency" | "stats" | "referrals"
>;

/** The days of a cycle, the last one included: `1–31 Dec 2026`. */
export const cycleText = (cycle: { period_start: string; period_end: string }): string =>
  formatDateRange(cycle.period_start, lastDayBefore(`${cycle.period_end}T00:00:00Z`, "UTC"));

/** What an agent can answer to "when does my free month land?": the fact, then what would help. */
export function monthReply({
  rewards,
  next_invoice: next,
  currency,
  stats,
  referrals,
}: MonthFacts): string {
  const waiting = rewards.filter(({ status }) => status === "pending");
  const first = waiting.find(({ explanation }) => explanation !== null)?.explanation;
  if (first) {
    const count =
      waiting.length === 1
        ? "You have one free month."
        : `You have ${countOf(waiting.length, "free month")}.`;
    const invoice =
      first.code === "next_invoice" && next
        ? `That invoice is for ${cycleText(next)}: ${formatMoney(next.waived_cents, currency)} comes off, and ${formatMoney(next.amount_due_cents, currency)} is left to pay.`
        : null;
    const rest = waiting.length > 1 ? "One comes off each month; the others follow." : null;
    return [count, first.text, invoice, first.remedy, rest].filter(Boolean).join(" ");
  }
  const used = rewards.find(({ status }) => status === "applied");
  const under = referrals.filter(({ status }) => status === "pending" || status === "active");
  const past =
    used?.invoice_number && used.amount_waived_cents !== null
      ? `Your last free month came off invoice ${used.invoice_number}: ${formatMoney(used.amount_waived_cents, currency)}.`
      : null;
  const next_one =
    under.length > 0
      ? `${countOf(under.length, "friend")} of yours can still count towards the next one.`
      : stats.total_referrals === 0
        ? "Nobody has ordered with your code yet."
        : "No friend of yours is under way at the moment.";
  return ["No free month is waiting.", past, next_one].filter(Boolean).join(" ");
}
