import { localDate } from "@/lib/dates";
import type { Texts } from "@/lib/language/translator";
import { dayOf, type FriendFacts, hasPaid, stageOf } from "./explain";

export type TimelineFriend = FriendFacts & { referred_at: string };

type Words = Texts<"friends">;

export interface TimelineStep {
  key: "ordered" | "active" | "counting" | "paid" | "counted";
  state: "done" | "current" | "todo" | "stopped";
  /** When it happened or is expected: an ISO 8601 instant, or a day `YYYY-MM-DD`. */
  date: string | null;
  label: string;
}

function countingLabel(friend: TimelineFriend, until: Date, timeZone: string, t: Words): string {
  if (friend.qualifies_at === null) return t("timeline.daysUntil");
  const { day, of } = dayOf(friend, until, timeZone);
  if (friend.suspended_at === null && until.getTime() >= Date.parse(friend.qualifies_at)) {
    return t("timeline.daysOver", { of });
  }
  const isPaused =
    friend.status === "active" &&
    friend.suspended_at !== null &&
    stageOf(friend, until) === "suspended";
  return t(isPaused ? "timeline.paused" : "timeline.day", { day: String(day), of: String(of) });
}

function paidLabel({ terms, paid_invoices, status }: TimelineFriend, t: Words): string {
  const required = terms.paid_invoices_required;
  if (required === 1) return t("timeline.invoicePaid");
  const paid = status === "qualified" ? required : Math.min(paid_invoices, required);
  return t("timeline.invoicesPaid", { paid: String(paid), required: String(required) });
}

/** How far a friend came: the first step that is not done, as an index of the steps. */
function reachedStep(friend: TimelineFriend, now: Date): TimelineStep["key"] | null {
  if (friend.status === "qualified") return null;
  if (friend.qualified_at !== null) return "counted";
  if (friend.activated_at === null) return "active";
  if (friend.status !== "active") return "counting";
  const stage = stageOf(friend, now);
  if (stage === "running" || stage === "suspended") return "counting";
  return stage === "ready" ? "counted" : "paid";
}

/**
 * The way of one friend: ordered → active → day 17 of 30 → first invoice paid → counted, by the
 * terms of that friend; without the invoice step where no invoice is required. Exactly one step is
 * `current` or `stopped` unless the friend counts. Days are calendar days of `timeZone`; the day
 * of activation is day 1.
 */
export function friendTimeline(
  friend: TimelineFriend,
  now: Date,
  timeZone: string,
  t: Words,
): TimelineStep[] {
  const isStopped = friend.status === "expired" || friend.status === "cancelled";
  const stop = friend.cancelled_at ?? friend.expired_at;
  const until = isStopped && stop !== null ? new Date(stop) : now;
  const reached = reachedStep(friend, now);

  const keys: TimelineStep["key"][] = [
    "ordered",
    "active",
    "counting",
    ...(friend.terms.paid_invoices_required > 0 ? ["paid" as const] : []),
    "counted",
  ];
  const open = reached === null ? keys.length : keys.indexOf(reached);
  const stateOf = (key: TimelineStep["key"], index: number): TimelineStep["state"] => {
    if (index < open) return "done";
    if (index === open) return isStopped ? "stopped" : "current";
    // The invoice may be paid before the days are over.
    return key === "paid" && friend.status === "active" && hasPaid(friend) ? "done" : "todo";
  };
  const labels: Record<TimelineStep["key"], () => string> = {
    ordered: () => t("timeline.ordered"),
    active: () =>
      reached !== "active" || isStopped
        ? t("timeline.active")
        : friend.order_status === "installing"
          ? t("timeline.beingInstalled")
          : t("timeline.waitingForService"),
    counting: () => countingLabel(friend, until, timeZone, t),
    paid: () => paidLabel(friend, t),
    counted: () => t("timeline.counted"),
  };
  const dates: Record<TimelineStep["key"], string | null> = {
    ordered: friend.referred_at,
    active: friend.activated_at,
    counting: isStopped ? null : friend.qualifies_at,
    paid: friend.status === "active" && !hasPaid(friend) ? friend.unpaid_due_on : null,
    counted: isStopped ? null : friend.qualified_at,
  };
  return keys.map((key, index) => {
    const state = stateOf(key, index);
    return {
      key,
      state,
      date: state === "stopped" && stop !== null ? localDate(new Date(stop), timeZone) : dates[key],
      label: labels[key](),
    };
  });
}
