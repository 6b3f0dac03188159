import { localDate } from "@/lib/dates";
import { periodContaining } from "@/lib/invoicing/period";
import type { ReferralState, State } from "./state";

/*
 * What must hold between two states, whatever happened in between. The invariants of a single
 * state are checked by the product's own verification; most of this needs a second look.
 */

const REFERRAL_STEPS: Record<ReferralState["status"], readonly ReferralState["status"][]> = {
  pending: ["active", "expired", "cancelled", "rejected"],
  active: ["qualified", "cancelled", "rejected"],
  qualified: ["rejected"],
  expired: ["rejected"],
  cancelled: ["rejected"],
  rejected: [],
};

const STEPS = {
  order: {
    pending: ["installing", "active", "cancelled"],
    installing: ["active", "cancelled"],
    active: [],
    cancelled: [],
  },
  service: {
    pending: ["active", "suspended", "cancelled"],
    active: ["suspended", "cancelled"],
    suspended: ["active", "cancelled"],
    cancelled: [],
  },
  reward: { pending: ["applied", "expired", "revoked"], applied: [], expired: [], revoked: [] },
} as const;

const byId = <T extends { id: string }>(rows: readonly T[]) =>
  new Map(rows.map((row) => [row.id, row]));

/** Pairs each row with what became of it; names the rows that vanished. */
function* followed<T extends { id: string }>(
  what: string,
  before: readonly T[],
  after: readonly T[],
  broken: string[],
): Generator<[T, T]> {
  const found = byId(after);
  for (const row of before) {
    const now = found.get(row.id);
    if (now) yield [row, now];
    else broken.push(`${what} ${row.id} vanished`);
  }
}

/** Everything that is wrong with the way from one state to the next. */
export function brokenHistory(before: State, after: State): string[] {
  const broken: string[] = [];
  const step = (what: string, id: string, from: string, to: string, allowed: readonly string[]) => {
    if (from !== to && !allowed.includes(to)) broken.push(`${what} ${id} went ${from} → ${to}`);
  };
  for (const [old, now] of followed("order", before.orders, after.orders, broken)) {
    step("order", old.id, old.status, now.status, STEPS.order[old.status]);
  }
  for (const [old, now] of followed("service", before.services, after.services, broken)) {
    step("service", old.id, old.status, now.status, STEPS.service[old.status]);
  }
  for (const [old, now] of followed("referral", before.referrals, after.referrals, broken)) {
    step("referral", old.id, old.status, now.status, REFERRAL_STEPS[old.status]);
    if (old.reward !== null && now.reward !== old.reward) {
      broken.push(`referral ${old.id} fed ${old.reward} and now feeds ${now.reward}`);
    }
  }
  for (const [old, now] of followed("reward", before.rewards, after.rewards, broken)) {
    step("reward", old.id, old.status, now.status, STEPS.reward[old.status]);
  }
  const erasedNow = new Set(after.customers.flatMap(({ id, erased }) => (erased ? [id] : [])));
  for (const [old, now] of followed("invoice", before.invoices, after.invoices, broken)) {
    // An erasure blanks the buyer.
    if (old.version !== now.version && !erasedNow.has(now.customer)) {
      broken.push(`invoice ${old.number} was changed`);
    }
  }
  for (const [old, now] of followed("customer", before.customers, after.customers, broken)) {
    if (old.code !== now.code) broken.push(`customer ${old.id} got another code`);
  }
  const forgotten = new Set(before.customers.flatMap(({ id, erased }) => (erased ? [id] : [])));
  const known = byId(before.invoices);
  for (const { id, number, customer } of after.invoices) {
    if (!known.has(id) && forgotten.has(customer)) {
      broken.push(`invoice ${number} is for a customer who was erased`);
    }
  }
  if (after.audits < before.audits) broken.push("rows of the audit log vanished");
  return broken;
}

/** What is wrong with a single state, past what the product's own verification looks at. */
export function brokenFacts({ referrals, rewards }: State): string[] {
  const broken: string[] = [];
  for (const { id, qualifiesAt, qualifiedAt } of referrals) {
    if (qualifiedAt !== null && (qualifiesAt === null || qualifiedAt < qualifiesAt)) {
      broken.push(`referral ${id} was counted before its days were over`);
    }
  }
  for (const { id, expiresAt, appliedAt } of rewards) {
    if (appliedAt !== null && appliedAt >= expiresAt) {
      broken.push(`reward ${id} was used after its date`);
    }
  }
  return broken;
}

/** Referrers who were given more friends in a month than the terms allow, while these stood still. */
export function beyondLimit(before: State, after: State, timeZone: string): string[] {
  if (before.terms !== after.terms) return [];
  const known = new Set(before.referrals.map(({ id }) => id));
  const added = after.referrals.filter(({ id }) => !known.has(id));
  return added.flatMap(({ id, referrer, at }) => {
    const { startsAt, endsAt } = periodContaining(new Date(at), timeZone);
    const made = after.referrals.filter((row) => {
      return row.referrer === referrer && row.at >= startsAt.getTime() && row.at < endsAt.getTime();
    });
    const limit = after.monthlyLimit;
    return made.length > limit ? [`referral ${id} is number ${made.length} of ${limit}`] : [];
  });
}

/**
 * Rewards that a referrer is still owed: friends in the order of what they were promised, the
 * first n who were all promised n or fewer make one.
 */
function rewardsOwed(referrals: readonly ReferralState[]): number {
  const unused = referrals
    .filter(({ status, reward, openHolds }) => {
      return status === "qualified" && reward === null && openHolds === 0;
    })
    .map(({ required }) => required)
    .sort((a, b) => a - b);
  let owed = 0;
  for (;;) {
    const complete = unused.findIndex((required, n) => required <= n + 1);
    if (complete < 0) return owed;
    unused.splice(0, complete + 1);
    owed += 1;
  }
}

/** What the jobs should have dealt with by `now`, had all of them just run and nobody else. */
export function leftUndone(state: State, now: Date, timeZone: string): string[] {
  const undone: string[] = [];
  const serviceOf = new Map(state.services.map((service) => [service.order, service]));
  for (const [referrer, referrals] of Map.groupBy(state.referrals, (row) => row.referrer)) {
    const owed = rewardsOwed(referrals);
    if (owed > 0) undone.push(`customer ${referrer} is owed ${owed} free months`);
  }
  const isPast = (instant: number | null) => instant !== null && instant <= now.getTime();
  for (const { id, order, status, dueAt, qualifiesAt } of state.referrals) {
    if (status === "pending" && isPast(dueAt)) undone.push(`referral ${id} has not expired`);
    const isServed = serviceOf.get(order)?.status === "active";
    if (status === "active" && isPast(qualifiesAt) && isServed) {
      undone.push(`referral ${id} has not been counted`);
    }
  }
  for (const { id, status, expiresAt } of state.rewards) {
    if (status === "pending" && isPast(expiresAt)) undone.push(`reward ${id} has not expired`);
  }
  undone.push(...unbilledMonths(state, now, timeZone));
  return undone;
}

const DAY = 86_400_000;

/** Local days from the first until before the end. */
function daysBetween(first: string, end: string): string[] {
  const days: string[] = [];
  for (let day = Date.parse(first); day < Date.parse(end); day += DAY) {
    days.push(new Date(day).toISOString().slice(0, 10));
  }
  return days;
}

/** Months with an active day and no invoice, by counting days, not as the product does. */
function unbilledMonths(state: State, now: Date, timeZone: string): string[] {
  const current = periodContaining(now, timeZone);
  const billed = new Set(state.invoices.map(({ service, period }) => `${service} ${period}`));
  const dayOf = (instant: number) => localDate(new Date(instant), timeZone);
  const found: string[] = [];
  const first = state.firstCycle ?? current.start;
  // Twelve months back, as the settings say by default.
  const earliest = `${Number(current.start.slice(0, 4)) - 1}${current.start.slice(4)}`;
  const days = daysBetween(first > earliest ? first : earliest, current.end);
  for (const { id, status, price, activatedAt, endedAt, stops } of state.services) {
    if (activatedAt === null || price === 0) continue;
    const from = dayOf(activatedAt);
    const until = endedAt === null ? "9999" : dayOf(endedAt);
    const ranges = stops.map((stop) => ({
      from: dayOf(stop.from),
      until: stop.until === null ? "9999" : dayOf(stop.until),
    }));
    const active = days.filter(
      (day) =>
        day >= from && day < until && !ranges.some((stop) => day >= stop.from && day < stop.until),
    );
    for (const month of new Set(active.map((day) => `${day.slice(0, 7)}-01`))) {
      // It may be reactivated until the month is over.
      if (status === "suspended" && month === current.start) continue;
      if (!billed.has(`${id} ${month}`)) found.push(`service ${id} has no invoice for ${month}`);
    }
  }
  return found;
}
