import { dateIn } from "@/lib/language/dates";
import type { Texts } from "@/lib/language/translator";
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
   * (`YYYY-MM-DD`) of the month that the first one makes free, null where none does; `lastUntil` is the last day (`YYYY-MM-DD`) of the last one.
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
type Words = Texts<"explain">;

const friendsCount = (counted: number, t: Words): string =>
  t("missing.counted", { counted, Words: capital(t.inWords(counted)) });

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

/** "Lerato's and Sipho's 30 days". */
const daysOf = (friends: readonly FriendFacts[], t: Words): string => {
  const days = friends.map(({ terms }) => terms.qualifying_days);
  const names = friends.map((friend) => t("missing.possessive", { name: friendName(friend, t) }));
  const [first] = days;
  return first !== undefined && days.every((count) => count === first)
    ? t("missing.days", { names: t.list(names), days: first })
    : t.list(
        names.map((name, index) => t("missing.days", { names: name, days: days[index] ?? 0 })),
      );
};

function waitingSentence({ rewards, obstacle, enabled }: ProgressFacts, t: Words): string {
  const { waiting, comesOff, month, lastUntil } = rewards;
  if (waiting <= 0) return "";
  const many = { waiting, Words: capital(t.inWords(waiting)) };
  if (comesOff) return t("waiting.nextInvoice", many);
  if (month !== null) return t("waiting.month", { ...many, date: dateIn(t, month, "UTC") });
  const until = {
    known: lastUntil === null ? "no" : "yes",
    until: lastUntil === null ? "" : dateIn(t, lastUntil, "UTC"),
  };
  if (obstacle === "inactive") return t("waiting.inactive", { ...many, ...until });
  return t(enabled ? "waiting.wholeMonth" : "waiting.paused", { ...many, ...until });
}

function pendingPart(friends: readonly FriendFacts[], t: Words): string {
  const [first] = friends;
  if (!first) return "";
  const isInstalling = friends.every((friend) => friend.order_status === "installing");
  return t(isInstalling ? "missing.installing" : "missing.ordered", {
    friends: friends.length,
    Names: capital(t.list(friends.map((friend) => friendName(friend, t)))),
    days: first.terms.qualifying_days,
  });
}

/** What friends wait for whose days do not run: a payment, or the end of a suspension. */
function standingPart(friends: readonly FriendFacts[], { now, timeZone }: Zoned, t: Words): string {
  return t.list(
    friends.map((friend) => {
      const name = friendName(friend, t);
      if (stageOf(friend, now) === "suspended") return t("missing.pausedDays", { name });
      if (isForeseeable(friend, timeZone)) return t("missing.invoicePaid", { name });
      const words = t.inWords(friend.terms.paid_invoices_required);
      return t("missing.invoicesPaid", { name, words });
    }),
  );
}

/** The sentence for a free month that nobody is on the way to. */
function invitation({ terms, enabled, obstacle }: ProgressFacts, t: Words): string {
  if (!enabled) return t("invite.paused");
  if (obstacle !== null) return t(`obstacle.${obstacle}`);
  const { referrals_required: friends, paid_invoices_required: invoices } = terms;
  return t("invite.share", {
    friends,
    words: t.inWords(friends),
    days: terms.qualifying_days,
    invoices,
    invoiceWords: t.inWords(invoices),
  });
}

/** Why a complete free month is not there yet. */
function confirming({ enabled, obstacle }: ProgressFacts, t: Words): string {
  if (!enabled) return t("confirming.paused");
  return t(obstacle === "overdue" ? "confirming.overdue" : "confirming.open");
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

/** Whose invoices are to be paid by then, of those whose days run: nobody's, one, or several. */
function unpaidOf(dated: readonly FriendFacts[]): "none" | "one" | "several" {
  const unpaid = dated.filter((friend) => !hasPaid(friend));
  if (unpaid.length === 0) return "none";
  const isOne = unpaid.length === 1 && unpaid[0]?.terms.paid_invoices_required === 1;
  return isOne ? "one" : "several";
}

/** The sentences for a group in which nobody is still to come. */
function completeGroup(facts: ProgressFacts, group: Group, t: Words): string[] {
  const { counted, dated, standing } = group;
  const isReady = dated.every((friend) => stageOf(friend, facts.now) === "ready");
  const last = lastDay(dated, facts);
  const date = last === null ? "" : dateIn(t, last, "UTC");
  const days = daysOf(dated, t);
  if (standing.length > 0) {
    const waitsFor = standingPart(standing, facts, t);
    const lands =
      dated.length === 0 || isReady
        ? t("missing.landsWhen", { standing: waitsFor })
        : t("missing.landsBoth", { days, date, standing: waitsFor });
    return [lands, heldUp(facts, t)];
  }
  if (dated.length === 0) return [friendsCount(counted, t), confirming(facts, t)];
  if (isReady) return [t("missing.complete", { Days: capital(days) }), confirming(facts, t)];
  return [t("missing.lands", { days, date, unpaid: unpaidOf(dated) }), heldUp(facts, t)];
}

function missingSentences(facts: ProgressFacts, group: Group, t: Words): string[] {
  const { counted, dated, standing, pending } = group;
  const further = pending.length + group.further;
  if (further === 0) return completeGroup(facts, group, t);
  const more = { further, Words: capital(t.inWords(further)) };
  if (dated.length === 0 && standing.length === 0) {
    const waiting = pendingPart(pending, t);
    if (counted === 0) return [waiting === "" ? invitation(facts, t) : waiting];
    return [
      friendsCount(counted, t),
      waiting === ""
        ? t("missing.more", more)
        : t("missing.moreToGo", { ...more, sentence: waiting }),
    ];
  }
  if (dated.length === 0) {
    return [t("missing.furtherWhen", { ...more, standing: standingPart(standing, facts, t) })];
  }
  const days = daysOf(dated, t);
  if (dated.every((friend) => stageOf(friend, facts.now) === "ready")) {
    return [t("missing.furtherComplete", { ...more, days })];
  }
  const last = lastDay(dated, facts);
  const date = last === null ? "" : dateIn(t, last, "UTC");
  const by = dated.length === 1 ? "missing.furtherOn" : "missing.furtherBy";
  return [t(by, { ...more, days, date })];
}

/** What stands in the way of a free month that is on its way. */
function heldUp({ enabled, obstacle }: ProgressFacts, t: Words): string {
  if (!enabled) return t("heldUp.paused");
  return obstacle === "overdue" ? t("heldUp.overdue") : "";
}

/**
 * Says in one or two sentences where the next free month stands: what is waiting, what is
 * missing, and by when. Each friend counts by the terms of the day on which they ordered. No
 * sentence promises what the referrer's own account or a paused programme holds up.
 */
export function describeProgress(facts: ProgressFacts, t: Words): Progress {
  const members = nextGroup(facts);
  const group = sortGroup(members, facts);
  const waiting = waitingSentence(facts, t);
  const isUnderWay = facts.friends.length > 0;
  const missing = waiting === "" || isUnderWay ? missingSentences(facts, group, t) : [];
  const isKnown = group.standing.length === 0 && group.pending.length === 0 && group.further === 0;
  return {
    sentence: [waiting, ...missing].filter(Boolean).join(" "),
    qualified: group.counted,
    required: members.length,
    on: isKnown ? lastDay(group.dated, facts) : null,
  };
}
