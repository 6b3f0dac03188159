import { dayNumber, formatDate, localDate } from "@/lib/dates";
import type { OrderStatus } from "@/lib/invoicing/service";
import { inWords, plural } from "@/lib/words";
import type { ReferralStatus } from "./schemas";

export interface ProgressFriend {
  first_name: string;
  status: ReferralStatus;
  /** ISO 8601 instant at which an active friend counts; null before the service is active. */
  qualifies_at: string | null;
  order_status?: OrderStatus;
}

export interface ProgressFacts {
  friends: readonly ProgressFriend[];
  /** Qualified friends that have not fed a reward yet. */
  qualifiedUnused: number;
  /** Qualified friends per free month. */
  required: number;
  /** IANA zone in which dates are shown. */
  timeZone: string;
  now: Date;
  /** Days of the terms in force, for the wording. */
  qualifyingDays: number;
  /** Pending free months, ready for the next invoice. */
  rewardsWaiting?: number;
}

export interface Progress {
  /** What is missing for the next free month, and by when. */
  sentence: string;
  /** Friends that count towards the next free month, at most `required`. */
  qualified: number;
  required: number;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const friendsWord = (n: number): string => (n === 1 ? "friend" : "friends");

function listed(items: string[]): string {
  const last = items.at(-1) ?? "";
  return items.length > 1 ? `${items.slice(0, -1).join(", ")} and ${last}` : last;
}

const nameOf = (friend: Pick<ProgressFriend, "first_name">): string =>
  friend.first_name.trim() || "your friend";

const daysOf = (friends: readonly ProgressFriend[], days: number): string =>
  `${listed(friends.map((friend) => `${nameOf(friend)}'s`))} ${plural(days, "day")}`;

function waitingSentence(rewards: number): string {
  if (rewards <= 0) return "";
  return rewards === 1
    ? "A free month is waiting and comes off your next invoice."
    : `${capital(inWords(rewards))} free months are waiting; one comes off each invoice.`;
}

function pendingPart(friends: readonly ProgressFriend[], days: number): string {
  const pending = friends.filter((friend) => friend.status === "pending");
  if (pending.length === 0) return "";
  const isOne = pending.length === 1;
  const isInstalling = pending.every((friend) => friend.order_status === "installing");
  const verb = isOne ? "has" : "have";
  const stage = isInstalling ? `${isOne ? "is" : "are"} being installed` : `${verb} ordered`;
  const start = isOne ? "the service is" : "their services are";
  return `${capital(listed(pending.map(nameOf)))} ${stage}; the ${days} ${
    days === 1 ? "day starts" : "days start"
  } when ${start} active.`;
}

function missingSentence(facts: ProgressFacts, days: number): string {
  const { friends, qualifiedUnused, required, timeZone, now } = facts;
  const missing = required - qualifiedUnused;
  if (missing <= 0) {
    return `${capital(inWords(required))} ${friendsWord(required)} ${
      required === 1 ? "counts" : "count"
    }. Your free month is being confirmed.`;
  }

  const timed = friends
    .flatMap((friend) =>
      friend.status === "active" && friend.qualifies_at !== null
        ? [{ friend, at: Date.parse(friend.qualifies_at) }]
        : [],
    )
    .sort((a, b) => a.at - b.at)
    .slice(0, missing);
  const active = timed.map(({ friend }) => friend);
  const last = timed.at(-1);

  if (last === undefined) {
    const pending = pendingPart(friends, days);
    if (qualifiedUnused > 0) {
      const counted = `${capital(inWords(qualifiedUnused))} ${friendsWord(qualifiedUnused)} ${
        qualifiedUnused === 1 ? "counts" : "count"
      }.`;
      return pending === ""
        ? `${counted} ${capital(inWords(missing))} more, and you earn a free month.`
        : `${counted} ${capital(inWords(missing))} more to go: ${pending}`;
    }
    if (pending !== "") return pending;
    return `Share your link: when ${inWords(required)} ${friendsWord(required)} ${
      required === 1 ? "stays" : "stay"
    } ${plural(days, "day")}, you earn a free month.`;
  }

  const date = formatDate(new Date(last.at), timeZone);
  const isOver = last.at <= now.getTime();
  const further = missing - active.length;
  if (further <= 0) {
    return isOver
      ? `${capital(daysOf(active, days))} are complete. Your free month is being confirmed.`
      : `Your free month lands when ${daysOf(active, days)} end, on ${date}.`;
  }
  const more = `${capital(inWords(further))} more ${friendsWord(further)}, and`;
  if (isOver) return `${more} ${daysOf(active, days)} are complete.`;
  return `${more} ${daysOf(active, days)} end ${active.length === 1 ? "on" : "by"} ${date}.`;
}

/**
 * Says in one or two sentences where the next free month stands: what is waiting, what is
 * missing, and by when. A friend counts after the qualifying days without interruption; every
 * `required` of them earn one free month.
 */
export function describeProgress(facts: ProgressFacts): Progress {
  const days = facts.qualifyingDays;
  const waiting = waitingSentence(facts.rewardsWaiting ?? 0);
  const isUnderWay =
    facts.qualifiedUnused > 0 ||
    facts.friends.some(({ status }) => status === "pending" || status === "active");
  const missing = waiting === "" || isUnderWay ? missingSentence(facts, days) : "";
  return {
    sentence: [waiting, missing].filter(Boolean).join(" "),
    qualified: Math.max(0, Math.min(facts.qualifiedUnused, facts.required)),
    required: facts.required,
  };
}

/** A referral as its timeline needs it; all instants ISO 8601. */
export interface TimelineReferral {
  status: ReferralStatus;
  referred_at: string;
  activated_at: string | null;
  qualifies_at: string | null;
  qualified_at: string | null;
  expired_at: string | null;
  cancelled_at: string | null;
  rejected_at?: string | null;
  /** Until when the service may become active. */
  activation_due_at?: string | null;
  order_status?: OrderStatus;
}

export interface TimelineStep {
  key: "ordered" | "active" | "counting" | "counted";
  state: "done" | "current" | "todo" | "stopped";
  /** When it happened, or is expected; ISO 8601. */
  date: string | null;
  label: string;
  /** Why it stopped here, in general words; null unless the state is `stopped`. */
  reason: string | null;
}

const daysBetween = (from: string, to: Date, timeZone: string): number =>
  dayNumber(localDate(to, timeZone)) - dayNumber(localDate(new Date(from), timeZone));

function stoppedAt(referral: TimelineReferral): string | null {
  return referral.cancelled_at ?? referral.expired_at ?? referral.rejected_at ?? null;
}

function stopReason(referral: TimelineReferral, timeZone: string): string {
  if (referral.status === "rejected") return "This referral does not count after a review.";
  if (referral.status === "expired") {
    const due = referral.activation_due_at;
    return due
      ? `The service was not active by ${formatDate(due, timeZone)}.`
      : "The service was not active in time.";
  }
  const { activated_at, qualifies_at, cancelled_at } = referral;
  if (activated_at === null) return "The order was cancelled.";
  if (qualifies_at === null || cancelled_at === null) {
    return "The service was stopped before it counted.";
  }
  const lasted = Math.max(0, daysBetween(activated_at, new Date(cancelled_at), timeZone));
  const total = daysBetween(activated_at, new Date(qualifies_at), timeZone);
  return `The service was stopped after ${lasted} of ${total} days.`;
}

function countingLabel(referral: TimelineReferral, until: Date, timeZone: string): string {
  const { activated_at, qualifies_at } = referral;
  if (activated_at === null || qualifies_at === null) return "Days until it counts";
  const total = daysBetween(activated_at, new Date(qualifies_at), timeZone);
  if (until.getTime() >= Date.parse(qualifies_at)) return `${total} of ${total} days`;
  const day = daysBetween(activated_at, until, timeZone) + 1;
  return `Day ${Math.min(Math.max(day, 1), total)} of ${total}`;
}

/**
 * The way of one friend: ordered → active → counting → counted. Exactly one step is `current`
 * or `stopped` unless the friend counts; a stopped one carries its reason. Days are calendar
 * days of `timeZone`; the day of activation is day 1.
 */
export function friendTimeline(
  referral: TimelineReferral,
  now: Date,
  timeZone: string,
): TimelineStep[] {
  const { status, activated_at, qualifies_at, qualified_at } = referral;
  const isStopped = status === "expired" || status === "cancelled" || status === "rejected";
  const reached =
    status === "qualified" || qualified_at !== null ? 3 : activated_at === null ? 1 : 2;
  const stop = stoppedAt(referral);
  const until = isStopped && stop !== null ? new Date(stop) : now;

  const state = (index: number): TimelineStep["state"] => {
    if (index < reached || (status === "qualified" && index === reached)) return "done";
    if (index > reached) return "todo";
    return isStopped ? "stopped" : "current";
  };
  const step = (
    index: number,
    key: TimelineStep["key"],
    label: string,
    date: string | null,
  ): TimelineStep => {
    const current = state(index);
    const isStop = current === "stopped";
    return {
      key,
      state: current,
      date: isStop ? stop : date,
      label,
      reason: isStop ? stopReason(referral, timeZone) : null,
    };
  };

  const waiting =
    referral.order_status === "installing" ? "Being installed" : "Waiting for service";
  return [
    step(0, "ordered", "Ordered", referral.referred_at),
    step(1, "active", state(1) === "current" ? waiting : "Active", activated_at),
    step(2, "counting", countingLabel(referral, until, timeZone), isStopped ? null : qualifies_at),
    step(3, "counted", "Counted", isStopped ? null : (qualified_at ?? qualifies_at)),
  ];
}
