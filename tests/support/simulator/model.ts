import { DAY_MS, localDate } from "@/lib/dates";
import { addLocalDays, periodContaining, periodFromMonth } from "@/lib/invoicing/period";
import type { InvoiceState, ReferralState, State } from "./state";

/*
 * What must hold between two states, whatever happened in between. The invariants of a single
 * state are checked by the product's own verification; most of this needs a second look.
 */

const REFERRAL_STEPS: Record<ReferralState["status"], readonly ReferralState["status"][]> = {
  pending: ["active", "expired", "cancelled", "rejected"],
  active: ["qualified", "cancelled", "rejected"],
  qualified: ["rejected"],
  // An admin may give them back. Then everything may follow within a round.
  expired: ["rejected", "pending", "active", "qualified", "cancelled"],
  cancelled: ["rejected", "pending", "active", "qualified", "expired"],
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
    const hadEnded = old.status === "expired" || old.status === "cancelled";
    const isBack = hadEnded && now.status !== old.status && now.status !== "rejected";
    if (isBack && now.reinstatements === old.reinstatements) {
      broken.push(`referral ${old.id} came back from ${old.status} by itself`);
    }
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
  for (const [old, now] of followed("payment", before.payments, after.payments, broken)) {
    if (old.cents !== now.cents || old.invoice !== now.invoice) {
      broken.push(`payment ${old.id} was changed`);
    }
    if (old.reversed && !now.reversed) broken.push(`payment ${old.id} is no longer reversed`);
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

/** How many invoices of a customer have nothing outstanding: what a friend must have. */
function paidInvoices({ invoices }: State, customer: string, now = Number.POSITIVE_INFINITY) {
  return invoices.filter((row) => {
    return row.customer === customer && row.issuedAt <= now && row.outstanding === 0;
  }).length;
}

/** Whether a friend has to be counted: their days of service are over and their invoices are paid. */
export function isReady(state: State, referral: ReferralState, now: number): boolean {
  const { status, qualifiesAt, order, referred, paidRequired } = referral;
  if (status !== "active" || qualifiesAt === null || qualifiesAt > now) return false;
  const stops = state.services.find((service) => service.order === order)?.stops ?? [];
  // A suspension that began before the day stops the clock until it ends.
  if (stops.some(({ from, until }) => until === null && from < qualifiesAt)) return false;
  return paidInvoices(state, referred, now) >= paidRequired;
}

function overdueInvoices({ invoices }: State, customer: string, today: string): InvoiceState[] {
  return invoices.filter((row) => {
    return row.customer === customer && row.outstanding > 0 && row.dueOn < today;
  });
}

/** The day on which a friend counts: the promised days of service, without its suspensions. */
function promisedDay(state: State, referral: ReferralState, timeZone: string): number | null {
  const { activatedAt, qualifyingDays, order } = referral;
  if (activatedAt === null) return null;
  let day = addLocalDays(new Date(activatedAt), qualifyingDays, timeZone).getTime();
  for (const { from, until } of state.services.find((row) => row.order === order)?.stops ?? []) {
    if (until !== null && from < day) day += until - from;
  }
  return day;
}

/** What is wrong with a single state, past what the product's own verification looks at. */
export function brokenFacts(state: State, now: Date, timeZone: string): string[] {
  const broken: string[] = [];
  for (const referral of state.referrals) {
    const { id, status, qualifiesAt, qualifiedAt, reinstatements, source } = referral;
    if (qualifiedAt !== null && (qualifiesAt === null || qualifiedAt < qualifiesAt)) {
      broken.push(`referral ${id} was counted before its days were over`);
    }
    const counts = status === "active" || status === "qualified";
    const isPlain = reinstatements === 0 && source !== "admin";
    const promised = promisedDay(state, referral, timeZone);
    if (counts && isPlain && promised !== qualifiesAt) {
      broken.push(`referral ${id} counts at ${qualifiesAt} instead of ${promised}`);
    }
  }
  for (const { id, expiresAt, appliedAt } of state.rewards) {
    if (appliedAt !== null && appliedAt >= expiresAt) {
      broken.push(`reward ${id} was used after its date`);
    }
  }
  return [...broken, ...brokenAccounts(state), ...brokenList(state, now, timeZone)];
}

/**
 * Accounts that do not stand as their entries say. Payments and credit notes settle their own
 * invoice first; what they bring beyond it goes to the oldest open ones, and then is credit.
 */
function brokenAccounts(state: State): string[] {
  const broken: string[] = [];
  const own = new Map<string, number>();
  const entries = [...state.payments.filter(({ reversed }) => !reversed), ...state.creditNotes];
  for (const { invoice, cents } of entries) own.set(invoice, (own.get(invoice) ?? 0) + cents);
  const byCustomer = Map.groupBy(state.invoices, ({ customer }) => customer);
  for (const { id, credit } of state.customers) {
    const invoices = (byCustomer.get(id) ?? []).toSorted(
      (a, b) =>
        a.issuedAt - b.issuedAt ||
        (a.period < b.period ? -1 : a.period > b.period ? 1 : a.id < b.id ? -1 : 1),
    );
    let pool = 0;
    for (const row of invoices) pool += Math.max((own.get(row.id) ?? 0) - row.due, 0);
    for (const row of invoices) {
      const open = Math.max(row.due - (own.get(row.id) ?? 0), 0);
      const taken = Math.min(open, pool);
      pool -= taken;
      if (row.outstanding !== open - taken) {
        broken.push(`${row.number} has ${row.outstanding} outstanding instead of ${open - taken}`);
      }
    }
    if (credit !== pool) broken.push(`customer ${id} has a credit of ${credit} instead of ${pool}`);
  }
  return broken;
}

/** Differences between the product's list of unbilled months and the model's own count of days. */
function brokenList(state: State, now: Date, timeZone: string): string[] {
  const today = localDate(now, timeZone);
  // A month counts once two nights have passed in which a run could have billed it.
  const earlier = new Date(Date.parse(today) - 2 * DAY_MS).toISOString().slice(0, 10);
  const priced = new Set(state.services.flatMap(({ id, price }) => (price > 0 ? [id] : [])));
  const erased = new Set(state.customers.flatMap((row) => (row.erased ? [row.id] : [])));
  const mine = new Set(
    unbilledMonths(state, now, timeZone)
      .filter(({ firstDay, customer }) => firstDay <= earlier && !erased.has(customer))
      .map(({ service, month }) => `${service} ${month}`),
  );
  const listed = new Set(
    state.unbilled.filter((row) => priced.has(row.slice(0, row.indexOf(" ")))),
  );
  return [
    ...[...mine].filter((row) => !listed.has(row)).map((row) => `unbilled and not named: ${row}`),
    ...[...listed].filter((row) => !mine.has(row)).map((row) => `named, but not unbilled: ${row}`),
  ];
}

const isLive = ({ status }: ReferralState) =>
  status === "pending" || status === "active" || status === "qualified";

/** Referrers who were given more friends in a month than the terms of the last one allow. */
export function beyondLimit(before: State, after: State, timeZone: string): string[] {
  const known = byId(before.referrals);
  const monthOf = ({ referrer, at }: ReferralState) =>
    `${referrer} ${localDate(new Date(at), timeZone).slice(0, 7)}`;
  const live = Map.groupBy(after.referrals.filter(isLive), monthOf);
  const added = after.referrals.filter((row) => {
    const old = known.get(row.id);
    return isLive(row) && (!old || !isLive(old));
  });
  return [...Map.groupBy(added, monthOf)].flatMap(([month, rows]) => {
    const limit = Math.max(...rows.map(({ monthlyLimit }) => monthlyLimit));
    const made = live.get(month)?.length ?? 0;
    return made > limit ? [`referrer and month ${month} have ${made} friends of ${limit}`] : [];
  });
}

/** Friends who were counted since `before` without having paid what their referral asks for. */
export function wrongCounts(before: State, after: State, touched: ReadonlySet<string>): string[] {
  const counted = new Set(
    before.referrals.flatMap(({ id, qualifiedAt }) => (qualifiedAt === null ? [] : [id])),
  );
  return after.referrals.flatMap(({ id, referred, qualifiedAt, paidRequired }) => {
    if (qualifiedAt === null || counted.has(id) || touched.has(referred)) return [];
    const paid = paidInvoices(after, referred);
    return paid < paidRequired
      ? [`referral ${id} was counted with ${paid} paid invoices of ${paidRequired}`]
      : [];
  });
}

/** Free months that were granted against the rules: too many by one admin, or to who is overdue. */
export function wrongGrants(
  before: State,
  after: State,
  { now, timeZone, touched }: { now: Date; timeZone: string; touched: ReadonlySet<string> },
): string[] {
  const known = byId(before.rewards);
  const broken: string[] = [];
  const today = localDate(now, timeZone);
  const monthOf = ({ createdAt }: { createdAt: number }) =>
    localDate(new Date(createdAt), timeZone).slice(0, 7);
  for (const reward of after.rewards.filter(({ id }) => !known.has(id))) {
    const { id, source, customer, grantedBy } = reward;
    if (source === "manual") {
      const granted = after.rewards.filter((row) => {
        return row.grantedBy === grantedBy && monthOf(row) === monthOf(reward);
      }).length;
      if (granted > after.grantLimit) broken.push(`${grantedBy} granted ${granted} in a month`);
    } else if (!touched.has(customer)) {
      const still = overdueInvoices(after, customer, today);
      const overdue = overdueInvoices(before, customer, today).some((old) =>
        still.some((row) => row.id === old.id && row.outstanding === old.outstanding),
      );
      if (overdue) broken.push(`reward ${id} was earned by customer ${customer}, who is overdue`);
    }
  }
  return broken;
}

/**
 * Free months that were used on the wrong invoice: on anything but the dearest whole month of the
 * cycle, although they would not have expired before the next whole month. Or for another amount.
 */
export function wrongFreeMonths(before: State, after: State, timeZone: string): string[] {
  const known = new Set(before.invoices.map(({ id }) => id));
  const rewards = byId(after.rewards);
  const broken: string[] = [];
  for (const invoice of after.invoices) {
    const reward = invoice.reward === null ? undefined : rewards.get(invoice.reward);
    if (known.has(invoice.id) || !reward) continue;
    const { number, period, customer, issuedAt, month, due, waived } = invoice;
    const full = Math.min(due + waived, reward.cap ?? Number.POSITIVE_INFINITY);
    if (waived !== full) broken.push(`${number} waives ${waived} instead of ${full}`);
    const endsAt = periodFromMonth(period.slice(0, 7), timeZone).endsAt.getTime();
    const isOver = endsAt <= issuedAt;
    const dearest = Math.max(
      ...after.invoices
        .filter((row) => {
          return row.customer === customer && row.period === period && row.issuedAt <= issuedAt;
        })
        .map((row) => row.month ?? 0),
    );
    if (!isOver && month !== null && month >= dearest) continue;
    const nextAt = isOver
      ? periodContaining(new Date(issuedAt), timeZone).endsAt.getTime()
      : endsAt;
    if (reward.expiresAt > nextAt) {
      broken.push(`${number} used reward ${reward.id}, which could wait for a whole month`);
    }
  }
  return broken;
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
  const at = now.getTime();
  const today = localDate(now, timeZone);
  const serviceOf = new Map(state.services.map((service) => [service.order, service]));
  for (const [referrer, referrals] of Map.groupBy(state.referrals, (row) => row.referrer)) {
    const owed = rewardsOwed(referrals);
    // What is earned waits for the referrer's own overdue invoices.
    if (owed > 0 && overdueInvoices(state, referrer, today).length === 0) {
      undone.push(`customer ${referrer} is owed ${owed} free months`);
    }
  }
  for (const referral of state.referrals) {
    const { id, order, status, dueAt, graceDays } = referral;
    if (status === "pending" && dueAt <= at) undone.push(`referral ${id} has not expired`);
    if (isReady(state, referral, at)) undone.push(`referral ${id} has not been counted`);
    const stop = serviceOf.get(order)?.stops.find(({ until }) => until === null);
    if (status === "active" && stop) {
      const graceEnds = addLocalDays(new Date(stop.from), graceDays, timeZone).getTime();
      if (graceEnds < at) undone.push(`referral ${id} has outlived its suspension`);
    }
  }
  for (const { id, status, expiresAt } of state.rewards) {
    if (status === "pending" && expiresAt <= at) undone.push(`reward ${id} has not expired`);
  }
  for (const { service, month } of unbilledMonths(state, now, timeZone)) {
    undone.push(`service ${service} has no invoice for ${month}`);
  }
  return undone;
}

const monthAfter = (month: string): string =>
  `${new Date(Date.parse(month) + 32 * DAY_MS).toISOString().slice(0, 7)}-01`;

/** First days of the months from one to the other, both included. */
function monthsBetween(first: string, last: string): string[] {
  const months: string[] = [];
  for (let month = first; month <= last; month = monthAfter(month)) months.push(month);
  return months;
}

/** The days of the month that begins on a day. */
function daysOf(month: string): string[] {
  const length = (Date.parse(monthAfter(month)) - Date.parse(month)) / DAY_MS;
  return Array.from({ length }, (_, n) => {
    return new Date(Date.parse(month) + n * DAY_MS).toISOString().slice(0, 10);
  });
}

interface UnbilledMonth {
  service: string;
  customer: string;
  /** First day of the month, and the first day of it on which the service was active. */
  month: string;
  firstDay: string;
}

/** Months with an active day and no invoice, by counting days, not as the product does. */
function unbilledMonths(state: State, now: Date, timeZone: string): UnbilledMonth[] {
  const current = periodContaining(now, timeZone);
  const billed = new Set(state.invoices.map(({ service, period }) => `${service} ${period}`));
  const dayOf = (instant: number) => localDate(new Date(instant), timeZone);
  const known = state.services.flatMap((row) => (row.activatedAt === null ? [] : [row.createdAt]));
  if (known.length === 0) return [];
  const begun = `${dayOf(Math.min(...known)).slice(0, 7)}-01`;
  const first = state.firstCycle ?? begun;
  // Twelve months back, as the settings say by default.
  const earliest = `${Number(current.start.slice(0, 4)) - 1}${current.start.slice(4)}`;
  const months = monthsBetween(first > earliest ? first : earliest, current.start);
  return state.services.flatMap((service) => {
    const { id, customer, status, price, activatedAt, endedAt } = service;
    if (activatedAt === null || price === 0) return [];
    const from = dayOf(activatedAt);
    const until = endedAt === null ? "9999" : dayOf(endedAt);
    const stops = service.stops.map((stop) => ({
      from: dayOf(stop.from),
      until: stop.until === null ? "9999" : dayOf(stop.until),
    }));
    return months.flatMap((month) => {
      // It may be reactivated until the month is over.
      const mayGoOn = status === "suspended" && month === current.start;
      if (mayGoOn || month >= until || billed.has(`${id} ${month}`)) return [];
      const firstDay = daysOf(month).find(
        (day) =>
          day >= from && day < until && !stops.some((stop) => day >= stop.from && day < stop.until),
      );
      return firstDay === undefined ? [] : [{ service: id, customer, month, firstDay }];
    });
  });
}
