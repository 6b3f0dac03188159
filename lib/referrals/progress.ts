import { formatDate } from "@/lib/dates";
import { countOf, inWords, listed } from "@/lib/words";
import {
  countingDay,
  type FriendFacts,
  friendName,
  hasPaid,
  isForeseeable,
  stageOf,
} from "./explain";
import type { FrozenTerms, ReferralObstacle } from "./schemas";

export interface ProgressFacts {
  /** Friends under way, and counted ones that no free month has used yet. */
  friends: readonly FriendFacts[];
  /** The terms in force: they hold for friends who are still to come. */
  terms: FrozenTerms;
  /** IANA zone in which dates are shown. */
  timeZone: string;
  now: Date;
  /** False: the programme is paused, or the kill switch is on. */
  enabled: boolean;
  /** Why the referrer's own account stands in the way; null when it does not. */
  obstacle: ReferralObstacle | null;
  /**
   * Pending free months; `comesOff` says whether the next invoice uses one, `month` is the first day
   * (`YYYY-MM-DD`) of the month that the first one makes free, null where none does.
   */
  rewards: { waiting: number; comesOff: boolean; month: string | null; lastUntil: string | null };
}

export interface Progress {
  /** What is missing for the next free month, and by when. */
  sentence: string;
  /** Friends that count towards the next free month, at most `required`. */
  qualified: number;
  required: number;
  /** The day on which the next free month is earned, `YYYY-MM-DD`; null where nobody can know. */
  on: string | null;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const friendsWord = (n: number): string => (n === 1 ? "friend" : "friends");
const friendsCount = (n: number): string =>
  `${capital(inWords(n))} ${friendsWord(n)} ${n === 1 ? "counts" : "count"}`;

type GroupFacts = Pick<ProgressFacts, "friends" | "terms" | "now" | "timeZone">;

/** Somebody who feeds the next free month; `friend` is null for one who is still to come. */
interface Member {
  friend: FriendFacts | null;
  required: number;
}

/** The moment for which something is said, and the zone of its days. */
type Zoned = Pick<ProgressFacts, "now" | "timeZone">;

/** Rank of a friend's way: counted ones first, then by the day on which they count, then the rest. */
function expectedAt(friend: FriendFacts, { now, timeZone }: Zoned): number {
  if (friend.status === "qualified") return Number.NEGATIVE_INFINITY;
  if (friend.status !== "active" || friend.qualifies_at === null) return Number.POSITIVE_INFINITY;
  const stage = stageOf(friend, now);
  if (stage === "ready") return now.getTime();
  return stage === "running" && isForeseeable(friend, timeZone)
    ? Date.parse(friend.qualifies_at)
    : Number.MAX_SAFE_INTEGER;
}

/**
 * The friends who will feed the next free month, by the rule of the ledger: sorted by how many
 * friends their terms ask for, the first n whose terms all ask for n or fewer. Friends join in
 * the order in which they count; then come those who are still to be invited.
 */
function nextGroup({ friends, terms, ...at }: GroupFacts): Member[] {
  const arriving = [...friends].sort((a, b) => {
    const [first, second] = [expectedAt(a, at), expectedAt(b, at)];
    return first === second ? 0 : first - second;
  });
  const members: Member[] = [];
  const join = (member: Member): Member[] | null => {
    // Insertion keeps those with equal terms in the order of their arrival.
    const place = members.findIndex(({ required }) => required > member.required);
    members.splice(place === -1 ? members.length : place, 0, member);
    const last = members.findIndex(({ required }, index) => required <= index + 1);
    return last === -1 ? null : members.slice(0, last + 1);
  };
  // What is complete already is complete with counted friends alone, so they join first.
  for (const friend of arriving) {
    const group = join({ friend, required: friend.terms.referrals_required });
    if (group) return group;
  }
  for (;;) {
    const group = join({ friend: null, required: terms.referrals_required });
    if (group) return group;
  }
}

const daysOf = (friends: readonly FriendFacts[]): string => {
  const days = friends.map(({ terms }) => terms.qualifying_days);
  const names = friends.map((friend) => `${friendName(friend)}'s`);
  const [first] = days;
  return first !== undefined && days.every((count) => count === first)
    ? `${listed(names)} ${countOf(first, "day")}`
    : listed(names.map((name, index) => `${name} ${countOf(days[index] ?? 0, "day")}`));
};

function waitingSentence({ rewards, obstacle, enabled }: ProgressFacts): string {
  const { waiting, comesOff, month, lastUntil } = rewards;
  if (waiting <= 0) return "";
  const isOne = waiting === 1;
  const have = isOne
    ? "A free month is waiting"
    : `${capital(inWords(waiting))} free months are waiting`;
  if (comesOff) {
    return isOne
      ? `${have} and comes off your next invoice.`
      : `${have}; one comes off each invoice.`;
  }
  const until = lastUntil === null ? "" : `, and ${isOne ? "is" : "are"} yours until ${lastUntil}`;
  if (month !== null) {
    return `${have}. ${isOne ? "It comes" : "One comes"} off your next whole month, the one from ${formatDate(month, "UTC")}.`;
  }
  if (obstacle === "inactive") {
    return `${have}. ${isOne ? "It comes" : "They come"} off once your service is active${until}.`;
  }
  if (!enabled) {
    return `${have}. ${isOne ? "It comes" : "They come"} off when the programme continues${until}.`;
  }
  if (isOne) return `${have}. It comes off your next whole month${until}.`;
  const all = lastUntil === null ? "" : `; they are yours until ${lastUntil}`;
  return `${have}. One comes off your next whole month${all}.`;
}

function pendingPart(friends: readonly FriendFacts[]): string {
  const [first] = friends;
  if (!first) return "";
  const isOne = friends.length === 1;
  const isInstalling = friends.every((friend) => friend.order_status === "installing");
  const verb = isOne ? "has" : "have";
  const stage = isInstalling ? `${isOne ? "is" : "are"} being installed` : `${verb} ordered`;
  const start = isOne ? "the service is" : "their services are";
  const { qualifying_days: days } = first.terms;
  return `${capital(listed(friends.map(friendName)))} ${stage}; the ${days} ${
    days === 1 ? "day starts" : "days start"
  } when ${start} active.`;
}

/** What friends wait for whose days do not run: a payment, or the end of a suspension. */
function standingPart(friends: readonly FriendFacts[], { now, timeZone }: Zoned): string {
  return listed(
    friends.map((friend) =>
      stageOf(friend, now) === "suspended"
        ? `${friendName(friend)}'s paused days go on and end`
        : isForeseeable(friend, timeZone)
          ? `${friendName(friend)}'s invoice is paid`
          : `${friendName(friend)}'s ${inWords(friend.terms.paid_invoices_required)} invoices are paid`,
    ),
  );
}

/** The sentence for a free month that nobody is on the way to. */
function invitation({ terms, enabled, obstacle }: ProgressFacts): string {
  if (!enabled) return "New friends can join when the programme continues.";
  if (obstacle === "inactive") return "Friends can use your code once your own service is active.";
  if (obstacle === "overdue") return "Friends can use your code once your overdue invoice is paid.";
  const { referrals_required: required, qualifying_days: days } = terms;
  const paid =
    terms.paid_invoices_required === 0
      ? ""
      : ` and ${required === 1 ? "pays" : "pay"} ${
          terms.paid_invoices_required === 1
            ? "the first invoice"
            : `the first ${inWords(terms.paid_invoices_required)} invoices`
        }`;
  return `Share your link: when ${inWords(required)} ${friendsWord(required)} ${
    required === 1 ? "stays" : "stay"
  } ${countOf(days, "day")}${paid}, you earn a free month.`;
}

/** Why a complete free month is not there yet. */
function confirming({ enabled, obstacle }: ProgressFacts): string {
  if (!enabled) return "Your free month comes when the programme continues.";
  if (obstacle === "overdue") return "Your free month comes once your overdue invoice is paid.";
  return "Your free month is being confirmed.";
}

/**
 * How far the next free month is: counted friends of the group that feeds it, and its size. Each
 * friend counts by the terms of the day on which they ordered.
 */
export function nextFreeMonth(facts: GroupFacts): {
  qualified: number;
  required: number;
} {
  const members = nextGroup(facts);
  return { qualified: sortGroup(members, facts).counted, required: members.length };
}

interface Group {
  counted: number;
  dated: FriendFacts[];
  standing: FriendFacts[];
  pending: FriendFacts[];
  /** Friends still to come. */
  further: number;
}

/** Whether the day on which an active friend counts is known. */
function isDated(friend: FriendFacts, { now, timeZone }: Zoned): boolean {
  const stage = stageOf(friend, now);
  return stage === "ready" || (stage === "running" && isForeseeable(friend, timeZone));
}

function sortGroup(members: readonly Member[], at: Zoned): Group {
  const group: Group = { counted: 0, dated: [], standing: [], pending: [], further: 0 };
  for (const { friend } of members) {
    if (friend === null) group.further += 1;
    else if (friend.status === "qualified") group.counted += 1;
    else if (friend.status !== "active") group.pending.push(friend);
    else if (isDated(friend, at)) group.dated.push(friend);
    else group.standing.push(friend);
  }
  group.dated.sort((a, b) => expectedAt(a, at) - expectedAt(b, at));
  return group;
}

/** The day on which the last of these friends counts, `YYYY-MM-DD`; null for nobody. */
function lastDay(dated: readonly FriendFacts[], { now, timeZone }: ProgressFacts): string | null {
  const days = dated.map((friend) =>
    countingDay(
      stageOf(friend, now) === "ready" ? now.toISOString() : (friend.qualifies_at ?? ""),
      timeZone,
    ),
  );
  return days.sort().at(-1) ?? null;
}

/** "if Lerato's first invoice is paid by then", for those whose days run and who have not paid. */
function paymentCondition(dated: readonly FriendFacts[]): string {
  const unpaid = dated.filter((friend) => !hasPaid(friend));
  if (unpaid.length === 0) return "";
  const isOne = unpaid.length === 1 && unpaid[0]?.terms.paid_invoices_required === 1;
  return isOne ? ", if the first invoice is paid by then" : ", if the invoices are paid by then";
}

function missingSentence(facts: ProgressFacts, group: Group): string {
  const { counted, dated, standing, pending } = group;
  const { now } = facts;
  const isReady = dated.every((friend) => stageOf(friend, now) === "ready");
  const last = lastDay(dated, facts);
  const date = last === null ? "" : formatDate(last, "UTC");
  const further = pending.length + group.further;

  if (further === 0 && standing.length === 0) {
    if (dated.length === 0) return `${friendsCount(counted)}. ${confirming(facts)}`;
    return isReady
      ? `${capital(daysOf(dated))} are complete. ${confirming(facts)}`
      : `Your free month lands when ${daysOf(dated)} end, on ${date}${paymentCondition(dated)}.${heldUp(facts)}`;
  }
  if (further === 0) {
    const running = dated.length === 0 || isReady ? "" : `${daysOf(dated)} end, on ${date}, and `;
    return `Your free month lands when ${running}${standingPart(standing, facts)}.${heldUp(facts)}`;
  }
  if (dated.length === 0 && standing.length === 0) {
    const waiting = pendingPart(pending);
    if (counted > 0) {
      const more = capital(inWords(further));
      return waiting === ""
        ? `${friendsCount(counted)}. ${more} more, and you earn a free month.`
        : `${friendsCount(counted)}. ${more} more to go: ${waiting}`;
    }
    return waiting === "" ? invitation(facts) : waiting;
  }
  const more = `${capital(inWords(further))} more ${friendsWord(further)}, and`;
  if (dated.length === 0)
    return `${more} you earn a free month when ${standingPart(standing, facts)}.`;
  if (isReady) return `${more} ${daysOf(dated)} are complete.`;
  return `${more} ${daysOf(dated)} end ${dated.length === 1 ? "on" : "by"} ${date}.`;
}

/** What stands in the way of a free month that is on its way. */
function heldUp({ enabled, obstacle }: ProgressFacts): string {
  if (!enabled) return " It is granted when the programme continues.";
  return obstacle === "overdue" ? " It is granted once your overdue invoice is paid." : "";
}

/**
 * Says in one or two sentences where the next free month stands: what is waiting, what is
 * missing, and by when. Each friend counts by the terms of the day on which they ordered. No
 * sentence promises what the referrer's own account or a paused programme holds up.
 */
export function describeProgress(facts: ProgressFacts): Progress {
  const members = nextGroup(facts);
  const group = sortGroup(members, facts);
  const waiting = waitingSentence(facts);
  const isUnderWay = facts.friends.length > 0;
  const missing = waiting === "" || isUnderWay ? missingSentence(facts, group) : "";
  const isKnown = group.standing.length === 0 && group.pending.length === 0 && group.further === 0;
  return {
    sentence: [waiting, missing].filter(Boolean).join(" "),
    qualified: group.counted,
    required: members.length,
    on: isKnown ? lastDay(group.dated, facts) : null,
  };
}
