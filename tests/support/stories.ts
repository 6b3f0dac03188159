/**
 * Random histories of a referrer and their friends on an injected clock, in pure code. The ledger is a
 * second writing of the rules that the database holds; what is shown comes from the product itself.
 * A test of the database compares the two ledgers.
 */
import { DAY_MS, localDate } from "@/lib/dates";
import { addLocalDays, nextPeriod, periodContaining } from "@/lib/invoicing/period";
import { textsIn } from "@/lib/language/catalogue";
import { explainFriend } from "@/lib/referrals/explain";
import { describeProgress, type Progress } from "@/lib/referrals/progress";
import type { FrozenTerms } from "@/lib/referrals/schemas";
import type { TimelineFriend } from "@/lib/referrals/timeline";
import { FROZEN_TERMS, friendFacts, TIME_ZONES } from "./facts";
import { Draws } from "./simulator/random";

const HOUR_MS = DAY_MS / 24;
/** Days from an invoice until it is due, as in a new installation. */
const PAYMENT_DAYS = 30;

/** What happens after a date was shown, and moves or ends what was shown. */
export const LATER_EVENTS = [
  "suspension",
  "long suspension",
  "cancellation",
  "late payment",
  "referrer overdue",
  "held for review",
  "another friend came first",
] as const;
type LaterEvent = (typeof LATER_EVENTS)[number];

/** A friend's history. Instants in milliseconds; null for what never happens. */
interface PlannedFriend {
  ordered: number;
  activated: number;
  /** When each invoice is issued and paid. */
  invoices: { issued: number; paid: number | null }[];
  suspensions: { from: number; until: number }[];
  cancelled: number | null;
  terms: FrozenTerms;
  /** While a signal is open, the friend counts and feeds nothing. */
  heldUntil: number | null;
}

export interface Story {
  seed: number;
  timeZone: string;
  friends: PlannedFriend[];
  /** When the referrer owes an overdue invoice. */
  overdue: { from: number; until: number } | null;
  /** The terms in force, by the instant from which they hold. */
  versions: { from: number; terms: FrozenTerms }[];
}

const START = Date.parse("2026-02-01T06:00:00Z");
/** Long enough for the slowest of the terms below. */
const STORY_DAYS = 330;

function randomTerms(draws: Draws): FrozenTerms {
  return {
    referrals_required: draws.between(1, 3),
    qualifying_days: draws.oneOf(10, 30, 30, 30, 45),
    paid_invoices_required: draws.oneOf(0, 1, 1, 1, 2),
    suspension_grace_days: draws.oneOf(0, 3, 7, 7),
  };
}

/** When the first three invoices are issued: a day after the activation, then at the start of each month. */
function billedAt(activated: number, timeZone: string): number[] {
  const first = addLocalDays(new Date(activated), 1, timeZone);
  let month = periodContaining(new Date(activated), timeZone);
  const issued = [first.getTime()];
  while (issued.length < 3) {
    month = nextPeriod(month, timeZone);
    issued.push(Math.max(month.startsAt.getTime() + HOUR_MS, first.getTime()));
  }
  return issued;
}

function plannedFriend(
  draws: Draws,
  versions: Story["versions"],
  calm: boolean,
  timeZone: string,
): PlannedFriend {
  const minute = 60_000;
  const ordered = START + draws.whole(120 * 24 * 60) * minute;
  const activated = ordered + draws.between(1, 25 * 24 * 60) * minute;
  const terms = versions.findLast(({ from }) => from <= ordered)?.terms ?? FROZEN_TERMS;
  const invoices = billedAt(activated, timeZone).map((issued) => {
    // A calm friend pays within a week, before the days are over.
    const late = !calm && draws.percent(25);
    const never = !calm && draws.percent(4);
    const paid = issued + (late ? draws.between(20, 70) : draws.between(1, 7)) * DAY_MS;
    return { issued, paid: never ? null : paid + draws.whole(DAY_MS / minute) * minute };
  });
  const suspensions = [];
  if (!calm && draws.percent(25)) {
    const from = activated + draws.between(1, 45) * DAY_MS + draws.whole(1_440) * minute;
    suspensions.push({ from, until: from + draws.between(1, 11 * 24) * HOUR_MS + 7 * minute });
  }
  const cancelled =
    !calm && draws.percent(10) ? activated + draws.between(2, 60) * DAY_MS + 3 * minute : null;
  return {
    ordered,
    activated,
    terms,
    invoices,
    suspensions: suspensions.filter(({ from }) => cancelled === null || from < cancelled),
    cancelled,
    heldUntil: !calm && draws.percent(5) ? activated + draws.between(20, 80) * DAY_MS : null,
  };
}

/** A random history. A calm one has no later events: everybody stays and pays in time. */
export function randomStory(seed: number, { calm = false } = {}): Story {
  const draws = new Draws(0x5709, seed);
  const timeZone = draws.oneOf(...TIME_ZONES);
  const versions = [{ from: 0, terms: draws.percent(60) ? FROZEN_TERMS : randomTerms(draws) }];
  if (draws.percent(30)) {
    versions.push({ from: START + draws.between(10, 110) * DAY_MS, terms: randomTerms(draws) });
  }
  const friends = Array.from({ length: draws.between(1, 6) }, () =>
    plannedFriend(draws, versions, calm, timeZone),
  );
  const from = START + draws.between(20, 160) * DAY_MS;
  const overdue =
    !calm && draws.percent(10) ? { from, until: from + draws.between(1, 30) * DAY_MS } : null;
  return { seed, timeZone, friends, overdue, versions };
}

/** A friend as the ledger has them. */
interface LedgerFriend {
  plan: PlannedFriend;
  status: TimelineFriend["status"];
  reason: string | null;
  qualifies: number | null;
  qualified: number | null;
  ended: number | null;
  suspendedSince: number | null;
  reward: number | null;
}

/** One free month that was earned. */
interface EarnedMonth {
  at: number;
  /** `YYYY-MM-DD` in the story's zone. */
  day: string;
  friends: number;
}

/** What was shown at a moment. */
interface Shown {
  at: number;
  months: number;
  progress: Progress;
}

export interface ToldStory {
  story: Story;
  months: EarnedMonth[];
  /** What the widget said after each event and each change that the job made. */
  shown: Shown[];
  friends: {
    plan: PlannedFriend;
    status: string;
    qualified: number | null;
    firstShown: string | null;
  }[];
}

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** Carries a story out: events in their order, the job at each full hour. */
class Teller {
  readonly friends: LedgerFriend[];
  readonly months: EarnedMonth[] = [];
  readonly shown: Shown[] = [];
  readonly firstShown = new Map<LedgerFriend, string>();

  constructor(readonly story: Story) {
    this.friends = story.friends.map((plan) => ({
      plan,
      status: "pending",
      reason: null,
      qualifies: null,
      qualified: null,
      ended: null,
      suspendedSince: null,
      reward: null,
    }));
  }

  isOverdue = (at: number): boolean =>
    this.story.overdue !== null && at >= this.story.overdue.from && at < this.story.overdue.until;

  paid = (friend: LedgerFriend, at: number): number =>
    friend.plan.invoices.filter(({ paid }) => paid !== null && paid <= at).length;

  private graceEnd(friend: LedgerFriend): number {
    const since = new Date(friend.suspendedSince ?? 0);
    const { suspension_grace_days: days } = friend.plan.terms;
    return addLocalDays(since, days, this.story.timeZone).getTime();
  }

  isReady(friend: LedgerFriend, at: number): boolean {
    const { qualifies, suspendedSince } = friend;
    if (friend.status !== "active" || qualifies === null || qualifies > at) return false;
    if (suspendedSince !== null && suspendedSince < qualifies) return false;
    return this.paid(friend, at) >= friend.plan.terms.paid_invoices_required;
  }

  private count(friend: LedgerFriend, at: number): void {
    friend.status = "qualified";
    friend.qualified = at;
  }

  private end(friend: LedgerFriend, at: number, reason: string): void {
    if (this.isReady(friend, at)) {
      this.count(friend, at);
      return;
    }
    friend.status = "cancelled";
    friend.ended = at;
    friend.reason = reason;
  }

  activate(friend: LedgerFriend, at: number): void {
    friend.status = "active";
    const { qualifying_days: days } = friend.plan.terms;
    friend.qualifies = addLocalDays(new Date(at), days, this.story.timeZone).getTime();
  }

  suspend(friend: LedgerFriend, at: number): void {
    if (friend.status !== "active") return;
    if (this.isReady(friend, at)) this.count(friend, at);
    friend.suspendedSince = at;
  }

  resume(friend: LedgerFriend, at: number): void {
    const since = friend.suspendedSince;
    if (since === null) return;
    if (friend.status === "active") {
      if (at > this.graceEnd(friend)) this.end(friend, at, "suspended_too_long");
      else if (friend.qualifies !== null && friend.qualifies > since)
        friend.qualifies += at - since;
    }
    friend.suspendedSince = null;
  }

  cancel(friend: LedgerFriend, at: number): void {
    if (friend.status === "active") this.end(friend, at, "service_cancelled");
  }

  pay(friend: LedgerFriend, at: number): void {
    if (this.isReady(friend, at)) this.count(friend, at);
  }

  /** What the hourly job does. Returns whether anything changed. */
  job(at: number): boolean {
    let changed = false;
    for (const friend of this.friends) {
      if (friend.status !== "active") continue;
      const isLate = friend.suspendedSince !== null && at > this.graceEnd(friend);
      if (this.isReady(friend, at)) this.count(friend, at);
      else if (isLate) this.end(friend, at, "suspended_too_long");
      else continue;
      changed = true;
    }
    while (this.grant(at)) changed = true;
    return changed;
  }

  private grant(at: number): boolean {
    if (this.isOverdue(at)) return false;
    const unused = this.friends
      .filter(({ status, reward, plan }) => {
        const isHeld = plan.heldUntil !== null && at < plan.heldUntil;
        return status === "qualified" && reward === null && !isHeld;
      })
      .sort(
        (a, b) =>
          a.plan.terms.referrals_required - b.plan.terms.referrals_required ||
          (a.qualified ?? 0) - (b.qualified ?? 0),
      );
    const last = unused.findIndex(({ plan }, n) => plan.terms.referrals_required <= n + 1);
    if (last === -1) return false;
    for (const friend of unused.slice(0, last + 1)) friend.reward = this.months.length;
    const day = localDate(new Date(at), this.story.timeZone);
    this.months.push({ at, day, friends: last + 1 });
    return true;
  }

  facts(friend: LedgerFriend, at: number): TimelineFriend {
    const { plan, status, suspendedSince } = friend;
    const isActive = status === "active";
    const open = plan.invoices.find(
      ({ issued, paid }) => issued <= at && (paid === null || paid > at),
    );
    return friendFacts({
      status,
      status_reason: friend.reason,
      referred_at: new Date(plan.ordered).toISOString(),
      activation_due_at: new Date(plan.ordered + 30 * DAY_MS).toISOString(),
      activated_at: at >= plan.activated ? iso(plan.activated) : null,
      qualifies_at: iso(friend.qualifies),
      qualified_at: iso(friend.qualified),
      cancelled_at: iso(friend.ended),
      reward_id: friend.reward === null ? null : String(friend.reward),
      order_status: at >= plan.activated ? "active" : "pending",
      terms: plan.terms,
      suspended_at: isActive ? iso(suspendedSince) : null,
      grace_ends_at: isActive && suspendedSince !== null ? iso(this.graceEnd(friend)) : null,
      paid_invoices: isActive ? this.paid(friend, at) : 0,
      unpaid_due_on:
        isActive && open
          ? localDate(new Date(open.issued + PAYMENT_DAYS * DAY_MS), this.story.timeZone)
          : null,
    });
  }

  /** Notes what the widget says now. */
  show(at: number): void {
    const { timeZone, versions } = this.story;
    const known = this.friends.filter(({ plan }) => plan.ordered <= at);
    const open = known.filter(
      ({ status, reward }) =>
        status === "pending" || status === "active" || (status === "qualified" && reward === null),
    );
    const now = new Date(at);
    this.shown.push({
      at,
      months: this.months.length,
      progress: describeProgress(
        {
          friends: open.map((friend) => this.facts(friend, at)),
          terms: versions.findLast(({ from }) => from <= at)?.terms ?? FROZEN_TERMS,
          timeZone,
          now,
          enabled: true,
          obstacle: this.isOverdue(at) ? "overdue" : null,
          rewards: { waiting: 0, comesOff: false, month: null, lastUntil: null },
        },
        textsIn("en", "explain"),
      ),
    });
    for (const friend of known) {
      if (friend.status !== "active" || this.firstShown.has(friend)) continue;
      const { on } = explainFriend(this.facts(friend, at), now, timeZone, textsIn("en", "explain"));
      if (on !== null) this.firstShown.set(friend, on);
    }
  }
}

interface Event {
  at: number;
  act: () => void;
}

/** Tells a story to its end. */
export function tellStory(story: Story): ToldStory {
  const teller = new Teller(story);
  const events: Event[] = [];
  const plan = (at: number, act: () => void = () => {}) => {
    events.push({ at, act });
    // The job sees what happened at the next full hour.
    const hour = Math.ceil(at / HOUR_MS) * HOUR_MS;
    events.push({ at: hour, act: () => teller.job(hour) });
  };
  for (const friend of teller.friends) {
    const { ordered, activated, invoices, suspensions, cancelled, heldUntil } = friend.plan;
    plan(ordered);
    plan(activated, () => teller.activate(friend, activated));
    for (const { issued, paid } of invoices) {
      plan(issued);
      if (paid !== null) plan(paid, () => teller.pay(friend, paid));
    }
    for (const { from, until } of suspensions) {
      plan(from, () => teller.suspend(friend, from));
      plan(until, () => teller.resume(friend, until));
    }
    if (cancelled !== null) plan(cancelled, () => teller.cancel(friend, cancelled));
    if (heldUntil !== null) plan(heldUntil);
  }
  if (story.overdue) {
    plan(story.overdue.from);
    plan(story.overdue.until);
  }
  const end = START + STORY_DAYS * DAY_MS;
  const sorted = events.sort((a, b) => a.at - b.at);
  runHours(teller, sorted, end);
  return {
    story,
    months: teller.months,
    shown: teller.shown,
    friends: teller.friends.map((friend) => ({
      plan: friend.plan,
      status: friend.status,
      qualified: friend.qualified,
      firstShown: teller.firstShown.get(friend) ?? null,
    })),
  };
}

/** The next full hour at which the job has something to do, or null. */
function nextJob(teller: Teller, after: number, story: Story): number | null {
  const due = teller.friends.flatMap((friend) => {
    if (friend.status !== "active") return [];
    const grace =
      friend.suspendedSince === null
        ? []
        : [
            addLocalDays(
              new Date(friend.suspendedSince),
              friend.plan.terms.suspension_grace_days,
              story.timeZone,
            ).getTime() + 1,
          ];
    return [...grace, ...(friend.qualifies === null ? [] : [friend.qualifies])];
  });
  const next = Math.min(
    ...due
      .filter((at) => at > after - HOUR_MS)
      .map((at) => Math.ceil(at / HOUR_MS) * HOUR_MS)
      .filter((at) => at > after),
  );
  return Number.isFinite(next) ? next : null;
}

function runHours(teller: Teller, events: Event[], end: number): void {
  let now = 0;
  let index = 0;
  for (;;) {
    const event = events[index];
    const job = nextJob(teller, now, teller.story);
    if (event && (job === null || event.at <= job)) {
      if (event.at > end) return;
      now = event.at;
      event.act();
      index += 1;
      if (now % HOUR_MS === 0) teller.job(now);
    } else if (job !== null && job <= end) {
      now = job;
      teller.job(now);
    } else return;
    teller.show(now);
  }
}

/** What happened between two moments that explains a date that moved. */
function eventsBetween(story: Story, from: number, until: number): LaterEvent[] {
  const found = new Set<LaterEvent>();
  const isIn = (at: number | null) => at !== null && at > from && at <= until;
  for (const friend of story.friends) {
    for (const pause of friend.suspensions) {
      if (pause.until <= from || pause.from > until) continue;
      const grace = friend.terms.suspension_grace_days * DAY_MS;
      found.add(pause.until - pause.from > grace ? "long suspension" : "suspension");
    }
    if (isIn(friend.cancelled)) found.add("cancellation");
    const due = friend.activated + friend.terms.qualifying_days * DAY_MS;
    const deciding = friend.invoices
      .flatMap(({ paid }) => (paid === null ? [] : [paid]))
      .sort((a, b) => a - b)[friend.terms.paid_invoices_required - 1];
    const isLate =
      friend.terms.paid_invoices_required > 0 && (deciding ?? Infinity) > due - HOUR_MS;
    if (isLate && friend.activated <= until) found.add("late payment");
    if (friend.heldUntil !== null && friend.heldUntil > from) found.add("held for review");
    if (isIn(friend.activated)) found.add("another friend came first");
  }
  if (story.overdue && story.overdue.from <= until && story.overdue.until > from) {
    found.add("referrer overdue");
  }
  return LATER_EVENTS.filter((event) => found.has(event));
}

export interface Verdict {
  /** Free months that were earned after a day had been shown. */
  months: number;
  /** The first day shown was the day on which it was earned. */
  asShown: number;
  /** Why not, by event; a month can have several. */
  reasons: Partial<Record<LaterEvent, number>>;
  /** Moved without a later event: must be none. */
  unexplained: string[];
}

/** Compares the first day that was shown for each free month with the day on which it was earned. */
export function judge({ story, months, shown }: ToldStory): Verdict {
  const verdict: Verdict = { months: 0, asShown: 0, reasons: {}, unexplained: [] };
  months.forEach((month, index) => {
    const first = shown.find((view) => view.months === index && view.progress.on !== null);
    if (!first) return;
    verdict.months += 1;
    if (first.progress.on === month.day) {
      verdict.asShown += 1;
      return;
    }
    const events = eventsBetween(story, first.at, month.at);
    for (const event of events) verdict.reasons[event] = (verdict.reasons[event] ?? 0) + 1;
    if (events.length === 0) {
      verdict.unexplained.push(
        `story ${story.seed}: ${first.progress.on} was shown on ${new Date(first.at).toISOString()}, earned on ${month.day}`,
      );
    }
  });
  return verdict;
}
