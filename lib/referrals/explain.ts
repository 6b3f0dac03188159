import { DAY_MS, dayNumber, formatDate, localDate } from "@/lib/dates";
import type { OrderStatus } from "@/lib/invoicing/service";
import { countOf, inWords } from "@/lib/words";
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

export const friendName = (friend: Pick<FriendFacts, "referred_name">): string =>
  friend.referred_name.trim().split(" ")[0] || "your friend";

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const ORDINALS = ["first", "second", "third"];

/** The invoice that a friend is counted for: "first invoice", "second invoice", "4th invoice". */
const invoiceName = (index: number): string => `${ORDINALS[index] ?? `${index + 1}th`} invoice`;

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

/** The invoices that are still to be paid: "the second invoice is", "the first two invoices are". */
function missingInvoices(friend: FriendFacts): string {
  const { paid_invoices_required: required } = friend.terms;
  return friend.paid_invoices + 1 === required
    ? `the ${invoiceName(friend.paid_invoices)} is`
    : `the first ${inWords(required)} invoices are`;
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

const shown = (day: string): string => formatDate(day, "UTC");

function pendingFriend(friend: FriendFacts, timeZone: string): Explanation {
  const isInstalling = friend.order_status === "installing";
  const due = lastDayBefore(friend.activation_due_at, timeZone);
  const days = friend.terms.qualifying_days;
  return {
    code: isInstalling ? "being_installed" : "ordered",
    text: `${capital(friendName(friend))} ${isInstalling ? "is being installed" : "has ordered"}; the ${days} ${
      days === 1 ? "day starts" : "days start"
    } when the service is active.`,
    on: due,
    remedy: `The service must be active by ${shown(due)}. If the installation takes longer, our support can give it more time.`,
  };
}

function activeFriend(friend: FriendFacts, now: Date, timeZone: string): Explanation {
  const name = friendName(friend);
  const day = countingDay(friend.qualifies_at ?? now.toISOString(), timeZone);
  const invoice = invoiceName(friend.paid_invoices);
  const grace = friend.grace_ends_at && lastDayBefore(friend.grace_ends_at, timeZone);
  const counts = `${capital(name)} counts as soon as it is paid.`;
  switch (stageOf(friend, now)) {
    case "suspended":
      return {
        code: "suspended",
        text: `${capital(name)}'s service is paused, so the days stand still.`,
        on: grace,
        remedy:
          grace && `They go on when the service is active again, by ${shown(grace)} at the latest.`,
      };
    case "unpaid":
      return {
        code: "invoice_unpaid",
        text: `${capital(name)}'s ${invoice}, due ${shown(friend.unpaid_due_on ?? day)}, is not paid yet.`,
        on: friend.unpaid_due_on,
        remedy: grace ? `${counts} The service must be active again by ${shown(grace)}.` : counts,
      };
    case "to_come":
      return {
        code: "invoice_to_come",
        text: `${capital(name)}'s ${countOf(friend.terms.qualifying_days, "day")} are over. The ${invoice} has not been sent yet.`,
        on: null,
        remedy: counts,
      };
    case "ready":
      return {
        code: "counting_soon",
        text: `Everything is complete. ${capital(name)} counts within the hour.`,
        on: localDate(now, timeZone),
        remedy: null,
      };
    default:
      if (!isForeseeable(friend, timeZone)) {
        return {
          code: "days_running",
          text: `${capital(name)}'s ${countOf(friend.terms.qualifying_days, "day")} end on ${shown(day)}.`,
          on: null,
          remedy: `${capital(name)} counts once ${inWords(friend.terms.paid_invoices_required)} invoices are paid as well.`,
        };
      }
      return {
        code: "days_running",
        text: `${capital(name)} counts on ${shown(day)}, if the service stays active${
          hasPaid(friend) ? "" : ` and ${missingInvoices(friend)} paid by then`
        }.`,
        on: day,
        remedy:
          hasPaid(friend) || friend.unpaid_due_on === null
            ? null
            : `The ${invoice} is due on ${shown(friend.unpaid_due_on)}.`,
      };
  }
}

function endedFriend(friend: FriendFacts, timeZone: string): Explanation {
  const name = friendName(friend);
  const ended = friend.expired_at ?? friend.cancelled_at;
  const on = ended === null ? null : localDate(new Date(ended), timeZone);
  if (friend.status === "expired") {
    return {
      code: "not_active_in_time",
      text: `The service was not active by ${shown(lastDayBefore(friend.activation_due_at, timeZone))}.`,
      on,
      remedy: `If ${name} still waits for the installation, our support can give the referral back.`,
    };
  }
  if (friend.activated_at === null && friend.status_reason !== "not_eligible") {
    return {
      code: "order_cancelled",
      text: "The order was cancelled before the service was active.",
      on,
      remedy: `If ${name} orders again with your code, it counts.`,
    };
  }
  switch (friend.status_reason) {
    case "suspended_too_long":
      return {
        code: "suspended_too_long",
        text: `The service was paused for longer than ${countOf(friend.terms.suspension_grace_days, "day")} before ${name} counted.`,
        on,
        remedy: "Once the service is active again, our support can look at it.",
      };
    case "not_eligible":
      return {
        code: "not_eligible",
        text: "This referral does not meet the terms, so it does not count.",
        on,
        remedy: null,
      };
    default:
      return {
        code: "service_cancelled",
        text: `The service ended before ${name} counted.`,
        on,
        remedy: null,
      };
  }
}

/**
 * The one answer to "why not yet?": the deciding fact about a friend at `now`, the day, and what
 * would help. It follows the terms frozen onto the referral and says nothing about reviews.
 */
export function explainFriend(friend: FriendFacts, now: Date, timeZone: string): Explanation {
  switch (friend.status) {
    case "pending":
      return pendingFriend(friend, timeZone);
    case "active":
      return activeFriend(friend, now, timeZone);
    case "qualified": {
      const on = friend.qualified_at && localDate(new Date(friend.qualified_at), timeZone);
      const name = capital(friendName(friend));
      return friend.reward_id === null
        ? {
            code: "counted",
            text: `${name} counts towards your next free month.`,
            on,
            remedy: null,
          }
        : { code: "rewarded", text: `${name} counted towards a free month.`, on, remedy: null };
    }
    default:
      return endedFriend(friend, timeZone);
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
