import { DAY_MS, dayNumber, localDate } from "@/lib/dates";
import type { OrderStatus } from "@/lib/invoicing/service";
import { dateIn } from "@/lib/language/dates";
import type { Texts } from "@/lib/language/translator";
import type { Explanation } from "./explanation";
import type { FriendStatus, FrozenTerms } from "./schemas";

/** How often the job counts friends and grants free months: each full hour. */
const JOB_MS = DAY_MS / 24;

/** A friend, as far as their way to counting needs it. All instants ISO 8601. */
export interface FriendFacts {
  referred_name: string;
  status: FriendStatus;
  status_reason: string | null;
  activation_due_at: string;
  activated_at: string | null;
  /** When the days of service are over, if no suspension comes; while suspended, as before it. */
  qualifies_at: string | null;
  qualified_at: string | null;
  expired_at: string | null;
  cancelled_at: string | null;
  reward_id: string | null;
  order_status: OrderStatus;
  /** The terms of the day on which the friend ordered. */
  terms: FrozenTerms;
  /** Since when the service is suspended; null while it is not. */
  suspended_at: string | null;
  /** Until when the suspension only stops the clock; null without one. */
  grace_ends_at: string | null;
  /** Invoices of an active friend with nothing outstanding. */
  paid_invoices: number;
  /** Due date (`YYYY-MM-DD`) of the first invoice that is not paid; null when there is none. */
  unpaid_due_on: string | null;
}

type Words = Texts<"explain">;

/** A friend as sentences name them. */
export const friendName = (friend: Pick<FriendFacts, "referred_name">, t: Words): string =>
  friend.referred_name.trim().split(" ")[0] || t("yourFriend");

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The invoice that a friend is counted for: "first invoice", "second invoice", "4th invoice". */
const invoiceName = (index: number, t: Words): string => t("invoice", { number: index + 1 });

/**
 * Where an active friend stands: `running` while the days of service run, `suspended` while they
 * stand still, `unpaid` or `to_come` when only an invoice is missing, else `ready`.
 */
export type Stage = "running" | "suspended" | "unpaid" | "to_come" | "ready";

/** The stage of an active friend at `now`. A suspension stops the clock at the moment it began. */
export function stageOf(friend: FriendFacts, now: Date): Stage {
  const over =
    friend.qualifies_at === null ? Number.POSITIVE_INFINITY : Date.parse(friend.qualifies_at);
  const clock = friend.suspended_at === null ? now.getTime() : Date.parse(friend.suspended_at);
  if (over > Math.min(clock, now.getTime())) {
    return friend.suspended_at === null ? "running" : "suspended";
  }
  if (hasPaid(friend)) return "ready";
  return friend.unpaid_due_on === null ? "to_come" : "unpaid";
}

/** Whether enough invoices are paid, by the terms of the friend. */
export const hasPaid = (friend: FriendFacts): boolean =>
  friend.paid_invoices >= friend.terms.paid_invoices_required;

/** The calendar month of an instant, as a number that grows by one each month. */
function monthNumber(instant: string, timeZone: string): number {
  const [year, month] = localDate(new Date(instant), timeZone).split("-").map(Number);
  return (year ?? 0) * 12 + (month ?? 0);
}

/**
 * Whether the day on which a running friend counts can be known: each invoice that is missing comes
 * before the days are over, or has been sent. One comes for each calendar month of service.
 */
export function isForeseeable(friend: FriendFacts, timeZone: string): boolean {
  const { activated_at: from, qualifies_at: until, terms } = friend;
  const missing = terms.paid_invoices_required - friend.paid_invoices;
  if (missing <= 0) return true;
  if (missing === 1 && (friend.paid_invoices === 0 || friend.unpaid_due_on !== null)) return true;
  if (from === null || until === null) return false;
  const months = monthNumber(until, timeZone) - monthNumber(from, timeZone) + 1;
  return terms.paid_invoices_required <= months;
}

/**
 * The day on which a friend counts whose conditions are complete at `instant`: that of the next
 * full hour, because the job runs each hour. `YYYY-MM-DD` in the billing time zone.
 */
export function countingDay(instant: string, timeZone: string): string {
  const at = Math.ceil(Date.parse(instant) / JOB_MS) * JOB_MS;
  return localDate(new Date(at), timeZone);
}

/** The last day before an instant: a day that ends at midnight is that day, not the next. */
const lastDayBefore = (instant: string, timeZone: string): string =>
  localDate(new Date(Date.parse(instant) - 1), timeZone);

const shownIn =
  (t: Words) =>
  (day: string): string =>
    dateIn(t, day, "UTC");

function pendingFriend(friend: FriendFacts, timeZone: string, t: Words): Explanation {
  const isInstalling = friend.order_status === "installing";
  const due = lastDayBefore(friend.activation_due_at, timeZone);
  return {
    code: isInstalling ? "being_installed" : "ordered",
    text: t(isInstalling ? "beingInstalled" : "ordered", {
      Name: capital(friendName(friend, t)),
      days: friend.terms.qualifying_days,
    }),
    on: due,
    remedy: t("orderedRemedy", { date: shownIn(t)(due) }),
  };
}

/** The sentence about a friend whose days run and whose counting day is known. */
function runningText(friend: FriendFacts, date: string, t: Words): string {
  const Name = capital(friendName(friend, t));
  if (hasPaid(friend)) return t("running", { Name, date });
  const { paid_invoices_required: required } = friend.terms;
  return friend.paid_invoices + 1 === required
    ? t("runningInvoice", { Name, date, invoice: invoiceName(friend.paid_invoices, t) })
    : t("runningInvoices", { Name, date, words: t.inWords(required) });
}

function activeFriend(friend: FriendFacts, now: Date, timeZone: string, t: Words): Explanation {
  const shown = shownIn(t);
  const Name = capital(friendName(friend, t));
  const day = countingDay(friend.qualifies_at ?? now.toISOString(), timeZone);
  const invoice = invoiceName(friend.paid_invoices, t);
  const grace = friend.grace_ends_at && lastDayBefore(friend.grace_ends_at, timeZone);
  const days = friend.terms.qualifying_days;
  switch (stageOf(friend, now)) {
    case "suspended":
      return {
        code: "suspended",
        text: t("suspended", { Name }),
        on: grace,
        remedy: grace && t("suspendedRemedy", { date: shown(grace) }),
      };
    case "unpaid":
      return {
        code: "invoice_unpaid",
        text: t("unpaid", { Name, invoice, date: shown(friend.unpaid_due_on ?? day) }),
        on: friend.unpaid_due_on,
        remedy: grace
          ? t("countsWhenPaidBy", { Name, date: shown(grace) })
          : t("countsWhenPaid", { Name }),
      };
    case "to_come":
      return {
        code: "invoice_to_come",
        text: t("toCome", { Name, days, invoice }),
        on: null,
        remedy: t("countsWhenPaid", { Name }),
      };
    case "ready":
      return {
        code: "counting_soon",
        text: t("ready", { Name }),
        on: localDate(now, timeZone),
        remedy: null,
      };
    default:
      if (!isForeseeable(friend, timeZone)) {
        return {
          code: "days_running",
          text: t("daysEnd", { Name, days, date: shown(day) }),
          on: null,
          remedy: t("daysEndRemedy", {
            Name,
            words: t.inWords(friend.terms.paid_invoices_required),
          }),
        };
      }
      return {
        code: "days_running",
        text: runningText(friend, shown(day), t),
        on: day,
        remedy:
          hasPaid(friend) || friend.unpaid_due_on === null
            ? null
            : t("invoiceDue", { invoice, date: shown(friend.unpaid_due_on) }),
      };
  }
}

function endedFriend(friend: FriendFacts, timeZone: string, t: Words): Explanation {
  const name = friendName(friend, t);
  const ended = friend.expired_at ?? friend.cancelled_at;
  const on = ended === null ? null : localDate(new Date(ended), timeZone);
  if (friend.status === "expired") {
    const date = shownIn(t)(lastDayBefore(friend.activation_due_at, timeZone));
    return {
      code: "not_active_in_time",
      text: t("notActive", { date }),
      on,
      remedy: t("notActiveRemedy", { name }),
    };
  }
  if (friend.activated_at === null && friend.status_reason !== "not_eligible") {
    const remedy = t("cancelledRemedy", { name });
    return { code: "order_cancelled", text: t("cancelled"), on, remedy };
  }
  switch (friend.status_reason) {
    case "suspended_too_long":
      return {
        code: "suspended_too_long",
        text: t("suspendedTooLong", { days: friend.terms.suspension_grace_days, name }),
        on,
        remedy: t("suspendedTooLongRemedy"),
      };
    case "not_eligible":
      return { code: "not_eligible", text: t("notEligible"), on, remedy: null };
    default:
      return { code: "service_cancelled", text: t("ended", { name }), on, remedy: null };
  }
}

/**
 * The one answer to "why not yet?": the deciding fact about a friend at `now`, the day, and what
 * would help. It follows the terms frozen onto the referral and says nothing about reviews.
 *
 * @param t words it in the language of whoever reads it.
 */
export function explainFriend(
  friend: FriendFacts,
  now: Date,
  timeZone: string,
  t: Words,
): Explanation {
  switch (friend.status) {
    case "pending":
      return pendingFriend(friend, timeZone, t);
    case "active":
      return activeFriend(friend, now, timeZone, t);
    case "qualified": {
      const on = friend.qualified_at && localDate(new Date(friend.qualified_at), timeZone);
      const Name = capital(friendName(friend, t));
      return friend.reward_id === null
        ? { code: "counted", text: t("counted", { Name }), on, remedy: null }
        : { code: "rewarded", text: t("rewarded", { Name }), on, remedy: null };
    }
    default:
      return endedFriend(friend, timeZone, t);
  }
}

/** A reply that an agent can send to the referrer: the fact, then what would help. */
export const replyText = ({ text, remedy }: Explanation): string =>
  remedy === null ? text : `${text} ${remedy}`;

/** Which of its days a friend is on, by the frozen terms; the day of activation is day 1. */
export function dayOf(
  friend: FriendFacts,
  at: Date,
  timeZone: string,
): { day: number; of: number } {
  const of = friend.terms.qualifying_days;
  if (friend.qualifies_at === null) return { day: 0, of };
  const stopped = friend.suspended_at === null ? at.getTime() : Date.parse(friend.suspended_at);
  const clock = new Date(Math.min(at.getTime(), stopped));
  const left =
    dayNumber(localDate(new Date(friend.qualifies_at), timeZone)) -
    dayNumber(localDate(clock, timeZone));
  return { day: Math.min(Math.max(of - left + 1, 1), of), of };
}
