import {
  dateOfDayNumber,
  dayNumber,
  formatDate,
  formatDateRange,
  formatDateTime,
} from "@/lib/dates";
import { formatMoney } from "@/lib/money";
import type { NextInvoice } from "@/lib/rewards/schemas";
import { countOf } from "@/lib/words";
import type { ActPreview } from "./act-preview-schemas";

/** One sentence about the effect of an act, and how urgent it is. */
export interface EffectLine {
  tone: "effect" | "warning" | "blocked";
  text: string;
  /** What a person wrote. */
  quote?: string;
}

const RECENT_VERBS: Readonly<Record<string, string>> = {
  "reward.granted": "granted a free month",
  "reward.revoked": "revoked a free month",
  "credit_note.issued": "credited this invoice",
  "service.package_changed": "changed the package",
  "service.status_changed": "changed the status",
};

const APPROVAL_WORDS: Readonly<Record<string, string>> = {
  billing_run: "a billing run",
  package_change: "a change of package",
  credit_note: "a credit note",
  bulk_job: "a bulk job",
};

const cycle = ({ period_start, period_end }: { period_start: string; period_end: string }) =>
  formatDateRange(period_start, dateOfDayNumber(dayNumber(period_end) - 1));

const effect = (text: string): EffectLine => ({ tone: "effect", text });
const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
const cents = (value: unknown): number | null => (typeof value === "number" ? value : null);

/** The free month that is granted, revoked or given more time: its invoice, value and place in the queue. */
function rewardLines(preview: ActPreview): EffectLine[] {
  const { act, reward, currency } = preview;
  if (!reward) return [];
  const { place, used_before: before } = reward;
  if (act === "revoke") {
    return [
      effect(
        place
          ? `It would have taken ${formatMoney(place.waived_cents, currency)} off the invoice of ${cycle(place)}.`
          : "It would have come off no invoice of the next twelve months.",
      ),
    ];
  }
  return [
    effect(
      place
        ? `It takes ${formatMoney(place.waived_cents, currency)} off the invoice of ${cycle(place)}.`
        : "No invoice of the next twelve months can take it: it waits for a whole month of an active service.",
    ),
    effect(
      before === 0
        ? "No other free month is used before it."
        : `${countOf(before, "other free month is", "other free months are")} used before it, one on each invoice.`,
    ),
  ];
}

/** What the next invoice becomes. */
function invoiceLine(
  before: NextInvoice | null,
  after: NextInvoice | null,
  currency: string,
): EffectLine | null {
  if (before === null && after === null) return null;
  if (after === null) return effect("No further invoice follows.");
  const due = formatMoney(after.amount_due_cents, currency);
  if (before === null) return effect(`The next invoice, of ${cycle(after)}, is ${due}.`);
  const was = formatMoney(before.amount_due_cents, currency);
  if (before.period_start !== after.period_start) {
    return effect(
      `The next invoice is the one of ${cycle(after)}, ${due}; before it was the one of ${cycle(before)}, ${was}.`,
    );
  }
  return effect(
    was === due
      ? `The next invoice, of ${cycle(after)}, stays ${due}.`
      : `The next invoice, of ${cycle(after)}, changes from ${was} to ${due}.`,
  );
}

const balanceWords = (balance: number, currency: string) =>
  balance < 0
    ? `${formatMoney(-balance, currency)} in credit`
    : `${formatMoney(balance, currency)} owed`;

function answerLines({ act, answer, currency, before, after }: ActPreview): EffectLine[] {
  if (act === "credit") {
    const [total, vat, left] = [
      answer?.total_cents,
      answer?.vat_cents,
      answer?.remaining_cents,
    ].map(cents);
    if (total == null || vat == null || left == null || after === null) return [];
    return [
      effect(
        `${formatMoney(total, currency)} is taken back, ${formatMoney(vat, currency)} of it VAT. ${formatMoney(left, currency)} can still be credited after it.`,
      ),
      effect(
        `The account goes from ${balanceWords(before.balance_cents, currency)} to ${balanceWords(after.balance_cents, currency)}.`,
      ),
    ];
  }
  if (act === "change_package") {
    const day = text(answer?.effective_on);
    return day ? [effect(`Package and price take effect on ${formatDate(day, "UTC")}.`)] : [];
  }
  return [];
}

function recentLines({ recent, time_zone }: ActPreview): EffectLine[] {
  return recent.map(({ action, by, at, reason }) => ({
    tone: action === "reward.granted" || action === "credit_note.issued" ? "warning" : "effect",
    text: `${by ?? "A former colleague"} ${RECENT_VERBS[action] ?? "changed this"} on ${formatDateTime(at, time_zone)}.`,
    ...(reason ? { quote: reason } : {}),
  }));
}

function waitingLines({ waiting, time_zone }: ActPreview): EffectLine[] {
  return waiting.map(({ is_mine, requested_by_name, requested_at, kind, reason }) => ({
    tone: "warning",
    text: `${is_mine ? "You" : (requested_by_name ?? "A former colleague")} asked for ${APPROVAL_WORDS[kind] ?? "an act"} on ${formatDateTime(requested_at, time_zone)}. It waits for a second person.`,
    quote: reason,
  }));
}

/** The effect of an act in sentences, in the order in which a person has to know them. */
export function effectLines(preview: ActPreview): EffectLine[] {
  const { refusal, needs_approval, grants, before, after, currency } = preview;
  const past = [...waitingLines(preview), ...recentLines(preview)];
  if (refusal) return [{ tone: "blocked", text: refusal.message }, ...past];
  const invoice = after && invoiceLine(before.next_invoice, after.next_invoice, currency);
  return [
    ...(needs_approval
      ? [
          {
            tone: "warning" as const,
            text: "A second person has to approve this. Nothing is done before.",
          },
        ]
      : []),
    ...rewardLines(preview),
    ...answerLines(preview),
    ...(invoice ? [invoice] : []),
    ...past,
    ...(grants
      ? [
          effect(
            `You granted ${grants.made} of the ${grants.limit} free months that one person may this month.`,
          ),
        ]
      : []),
  ];
}
