import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Metrics, metricsSchema, topReferrersSchema } from "@/lib/admin/metrics-schemas";
import { dateOfDayNumber, dayNumber, localDate } from "@/lib/dates";
import { newAdmin } from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { issuedInvoice } from "@/tests/support/invoices";
import { one } from "@/tests/support/rows";
import { staleFacts } from "@/tests/support/simulator/facts";

/*
 * A world of 30 customers, told as a list. The figures are computed here from the list, by other
 * means than the database uses, and compared with what the overview shows.
 */

const ZONE = "Africa/Johannesburg";

/** One customer; all days are counted back from today. */
interface Person {
  ordered: number;
  activated?: number;
  ended?: number;
  /** From and until; no until while it lasts. */
  suspended?: [from: number, until?: number];
  pack?: "big";
  paid?: boolean;
  /** Position of the customer who referred them. */
  by?: number;
  via?: "whatsapp" | "qr";
  source?: "link" | "typed" | "admin";
  /** Days of the visit before the order. */
  visited?: number;
  status?: "pending" | "active" | "qualified" | "expired" | "cancelled" | "rejected";
  qualified?: number;
  flag?: "open" | "cleared" | "shadow";
}

const PEOPLE: Person[] = [
  // 0–9: came without a code.
  { ordered: 500, activated: 495, paid: true },
  { ordered: 480, activated: 470, paid: true },
  { ordered: 410, activated: 400, paid: true, ended: 100 },
  { ordered: 400, activated: 395, paid: true, suspended: [50, 40] },
  { ordered: 300, activated: 290, paid: true, pack: "big" },
  { ordered: 200, activated: 195, suspended: [20] },
  { ordered: 120, activated: 118, paid: true, ended: 90 },
  { ordered: 45, activated: 40, paid: true },
  { ordered: 12, activated: 10 },
  { ordered: 3 },
  // 10–29: referred.
  {
    ordered: 395,
    activated: 390,
    paid: true,
    by: 0,
    visited: 395,
    via: "whatsapp",
    status: "qualified",
    qualified: 360,
  },
  {
    ordered: 390,
    activated: 380,
    paid: true,
    by: 0,
    source: "typed",
    status: "qualified",
    qualified: 350,
    ended: 200,
  },
  {
    ordered: 150,
    activated: 140,
    paid: true,
    by: 1,
    visited: 155,
    status: "qualified",
    qualified: 110,
    pack: "big",
  },
  {
    ordered: 100,
    activated: 95,
    paid: true,
    by: 1,
    visited: 100,
    via: "qr",
    status: "qualified",
    qualified: 65,
  },
  {
    ordered: 58,
    activated: 50,
    paid: true,
    by: 1,
    source: "admin",
    status: "qualified",
    qualified: 20,
  },
  { ordered: 55, activated: 52, by: 3, source: "typed", status: "cancelled", ended: 45 },
  { ordered: 50, by: 3, source: "typed", status: "expired" },
  {
    ordered: 44,
    activated: 43,
    paid: true,
    by: 3,
    visited: 46,
    via: "whatsapp",
    status: "qualified",
    qualified: 13,
    flag: "cleared",
  },
  {
    ordered: 40,
    activated: 39,
    paid: true,
    by: 4,
    visited: 41,
    via: "whatsapp",
    status: "qualified",
    qualified: 9,
  },
  { ordered: 31, activated: 30, by: 4, visited: 31, status: "active", flag: "shadow" },
  { ordered: 30, activated: 29, paid: true, by: 4, visited: 30, via: "whatsapp", status: "active" },
  {
    ordered: 29,
    activated: 20,
    paid: true,
    by: 0,
    visited: 33,
    via: "whatsapp",
    status: "active",
    flag: "open",
  },
  { ordered: 25, activated: 24, by: 0, source: "typed", status: "rejected", flag: "open" },
  { ordered: 20, activated: 15, by: 7, visited: 20, status: "active", pack: "big" },
  { ordered: 18, by: 7, source: "typed", status: "cancelled" },
  { ordered: 10, by: 7, visited: 10, via: "qr", status: "pending", flag: "cleared" },
  { ordered: 8, activated: 1, by: 1, visited: 9, via: "whatsapp", status: "active" },
  { ordered: 5, by: 1, source: "typed", status: "pending" },
  { ordered: 1, by: 0, visited: 1, status: "pending" },
  { ordered: 0, by: 0, visited: 0, via: "whatsapp", status: "pending" },
];

/** Visits of people who did not order. */
const STRAYS = [
  { day: 2, via: "whatsapp", of: 0 },
  { day: 2, via: null, of: 0 },
  { day: 29, via: "qr", of: 1 },
  { day: 31, via: null, of: 1 },
  { day: 70, via: "whatsapp", of: 3 },
] as const;

interface Reward {
  owner: number;
  source: "earned" | "manual";
  created: number;
  /** The friends who earned it, in the order in which they counted. */
  fed?: number[];
  applied?: [day: number, cents: number];
  revoked?: number;
  expired?: number;
  expires: number;
}

const REWARDS: Reward[] = [
  { owner: 0, source: "earned", created: 350, fed: [10, 11], applied: [330, 79_901], expires: -15 },
  { owner: 1, source: "earned", created: 65, fed: [12, 13], applied: [28, 79_900], expires: -300 },
  { owner: 4, source: "earned", created: 9, fed: [17, 18], expires: -356 },
  { owner: 3, source: "manual", created: 27, applied: [26, 45_000], expires: -340 },
  { owner: 3, source: "manual", created: 25, revoked: 24, expires: -340 },
  { owner: 2, source: "manual", created: 380, expired: 15, expires: 15 },
  { owner: 5, source: "manual", created: 40, expires: -40 },
];

const PRICE = { small: 79_900, big: 120_000 };

let db: OwnDatabase;
let support: string;
let today = "";

/** The calendar day so many days ago. */
const day = (ago: number) => dateOfDayNumber(dayNumber(today) - ago);
/** Half an hour after local midnight, when it is still the day before in UTC. */
const instant = (ago: number | undefined) =>
  ago === undefined ? null : `${day(ago + 1)}T22:30:00Z`;
const ids = PEOPLE.map(() => ({
  customer: randomUUID(),
  order: randomUUID(),
  service: randomUUID(),
  referral: randomUUID(),
}));
const idOf = (position: number) => {
  const found = ids[position];
  if (!found) throw new Error(`nobody at ${position}`);
  return found;
};

async function tell(): Promise<void> {
  const { sql } = db;
  const packages = { small: randomUUID(), big: randomUUID() };
  for (const [slug, id] of Object.entries(packages)) {
    await sql`
      insert into public.service_packages (id, slug, name, monthly_price_cents)
      values (${id}, ${slug}, ${slug}, ${PRICE[slug as keyof typeof PRICE]})`;
  }
  await sql.begin(async (tx) => {
    // Invoices are left out: what is paid and used says so by itself.
    await tx`set local session_replication_role = replica`;
    for (const [position, person] of PEOPLE.entries()) {
      const { customer, order, service, referral } = idOf(position);
      const pack = packages[person.pack ?? "small"];
      await tx`
        insert into public.customers (id, email, first_name, last_name, referral_code, created_at)
        values (${customer}, ${`p${position}@world.test`}, 'Thandi', 'Nkosi',
          ${`REF-0000000${"0123456789ABCDEFGHJKMNPQRSTVWX".charAt(position)}`}, ${instant(person.ordered)})`;
      await tx`
        insert into public.orders (id, order_number, customer_id, package_id, status, activated_at, created_at)
        values (${order}, ${`000-0${String(position).padStart(2, "0")}`}, ${customer}, ${pack},
          ${person.activated === undefined ? "pending" : "active"}, ${instant(person.activated)}, ${instant(person.ordered)})`;
      const { suspended, ended } = person;
      const isSuspended = suspended !== undefined && suspended[1] === undefined;
      const status =
        person.activated === undefined ? "pending" : isSuspended ? "suspended" : "active";
      await tx`
        insert into public.customer_services
          (id, customer_id, order_id, package_id, status, monthly_price_cents, activated_at, suspended_at, cancelled_at, created_at)
        values (${service}, ${customer}, ${order}, ${pack}, ${ended === undefined ? status : "cancelled"},
          ${PRICE[person.pack ?? "small"]}, ${instant(person.activated)},
          ${isSuspended ? instant(suspended[0]) : null}, ${instant(ended)}, ${instant(person.ordered)})`;
      if (suspended) {
        await tx`
          insert into public.service_suspensions (service_id, suspended_at, resumed_at)
          values (${service}, ${instant(suspended[0])}, ${instant(suspended[1])})`;
      }
      if (person.paid) {
        await tx`
          insert into public.invoice_settlements
            (invoice_id, customer_id, credited_cents, paid_cents, from_account_cents, outstanding_cents)
          values (${randomUUID()}, ${customer}, 0, 79900, 0, 0)`;
      }
      if (person.by === undefined) continue;
      const over = (name: Person["status"]) =>
        person.status === name ? instant(Math.max(0, person.ordered - 2)) : null;
      await tx`
        insert into public.customer_referrals
          (id, referrer_id, referral_code, referred_customer_id, referred_email, order_id, program_version, status,
           source, via, visited_at, referred_at, activation_due_at, activated_at, qualifies_at, qualified_at, expired_at,
           cancelled_at, rejected_at)
        values (${referral}, ${idOf(person.by).customer}, 'REF-00000000', ${customer}, ${`p${position}@world.test`},
          ${order}, 1, ${person.status ?? "pending"}, ${person.source ?? "link"}, ${person.via ?? null},
          ${instant(person.visited)}, ${instant(person.ordered)}, ${instant(person.ordered - 90)},
          ${instant(person.activated)}, ${person.activated === undefined ? null : instant(person.activated - 30)},
          ${instant(person.qualified)}, ${over("expired")}, ${over("cancelled")}, ${over("rejected")})`;
      if (person.visited !== undefined) {
        await tx`
          insert into public.referral_visits (visitor_id, referrer_id, referral_code, via, visited_at)
          values (${randomUUID()}, ${idOf(person.by).customer}, 'REF-00000000', ${person.via ?? null},
            ${instant(person.visited)})`;
      }
      if (person.flag) {
        await tx`
          insert into public.referral_flags (referral_id, signal, severity, weight, status, decided_at)
          values (${referral}, 'shared_ip', 'flag', 5, ${person.flag},
            ${person.flag === "cleared" ? instant(person.ordered) : null})`;
      }
    }
    for (const { day: ago, via, of } of STRAYS) {
      await tx`
        insert into public.referral_visits (visitor_id, referrer_id, referral_code, via, visited_at)
        values (${randomUUID()}, ${idOf(of).customer}, 'REF-00000000', ${via}, ${instant(ago)})`;
    }
    for (const reward of REWARDS) {
      const id = randomUUID();
      const { applied, source } = reward;
      const status = applied
        ? "applied"
        : reward.revoked !== undefined
          ? "revoked"
          : reward.expired !== undefined
            ? "expired"
            : "pending";
      await tx`
        insert into public.referral_rewards
          (id, customer_id, status, source, referrals_required, grant_reason, expires_at, created_at, applied_at,
           applied_invoice_id, amount_waived_cents, revoked_at, revoke_reason, expired_at)
        values (${id}, ${idOf(reward.owner).customer}, ${status}, ${source}, ${source === "earned" ? 2 : null},
          ${source === "manual" ? "Goodwill" : null}, ${`${day(reward.expires - 1)}T00:00:00+02:00`}, ${instant(reward.created)},
          ${instant(applied?.[0])}, ${applied ? randomUUID() : null}, ${applied?.[1] ?? null},
          ${instant(reward.revoked)}, ${reward.revoked === undefined ? null : "Not earned"}, ${instant(reward.expired)})`;
      for (const friend of reward.fed ?? []) {
        await tx`update public.customer_referrals set reward_id = ${id} where id = ${idOf(friend).referral}`;
      }
    }
  });
}

beforeAll(async () => {
  db = await ownDatabase();
  support = await newAdmin(db.sql, "support");
  today = localDate(new Date(), ZONE);
  await tell();
  await db.sql`select public.rebuild_program_days()`;
});
afterAll(() => db.drop());

const read = (args: { days?: number; from?: string; to?: string; compare?: string } = {}) =>
  asUser(db.sql, support, async (sql) => {
    const { data } = one(
      await sql<{ data: unknown }[]>`
        select public.get_program_metrics(${args.days ?? 30}, ${args.from ?? null}, ${args.to ?? null},
          ${args.compare ?? "previous"}) as data`,
    );
    return metricsSchema.parse(data);
  });

// The same figures from the list.

const within = (ago: number | undefined, first: number, last: number) =>
  ago !== undefined && ago <= first && ago >= last;
const friends = PEOPLE.filter((person) => person.by !== undefined);
const counted = (people: Person[], test: (person: Person) => unknown) => people.filter(test).length;

/** Whether somebody had an active service at the end of a day. */
const served = ({ activated, ended, suspended }: Person, ago: number) =>
  activated !== undefined &&
  activated >= ago &&
  (ended === undefined || ended < ago) &&
  !(suspended && suspended[0] >= ago && (suspended[1] === undefined || suspended[1] < ago));

function expected(first: number, last: number) {
  const orders = friends.filter(({ ordered }) => within(ordered, first, last));
  const granted = (source: Reward["source"]) =>
    REWARDS.filter((reward) => reward.source === source && within(reward.created, first, last))
      .length;
  const applied = REWARDS.filter(({ applied: use }) => within(use?.[0], first, last));
  const waived = (source: Reward["source"]) =>
    applied
      .filter((one) => one.source === source)
      .reduce((sum, one) => sum + (one.applied?.[1] ?? 0), 0);
  // The first of two friends carries the smaller half of an odd amount.
  const costs = REWARDS.flatMap(({ fed = [], applied: use }) =>
    fed.map((friend, place) => ({
      friend,
      unused: use === undefined,
      cents: use ? (place === 0 ? Math.floor(use[1] / 2) : Math.ceil(use[1] / 2)) : 0,
    })),
  );
  const qualified = orders.filter(({ status }) => status === "qualified");
  const costOf = (person: Person) => costs.find(({ friend }) => PEOPLE[friend] === person);
  const cost = qualified.reduce((sum, person) => sum + (costOf(person)?.cents ?? 0), 0);
  const active = counted(friends, ({ activated }) => within(activated, first, last));
  const activeCustomers = counted(PEOPLE, (person) => served(person, last));
  const flagged = counted(orders, ({ flag }) => flag === "open" || flag === "cleared");
  const visits =
    counted(friends, ({ visited }) => within(visited, first, last)) +
    STRAYS.filter((stray) => within(stray.day, first, last)).length;
  return {
    visits,
    orders: orders.length,
    orders_active: counted(orders, ({ activated }) => activated !== undefined),
    orders_paid: counted(orders, ({ paid }) => paid),
    orders_qualified: qualified.length,
    orders_under_way: counted(orders, ({ status }) => status === "pending" || status === "active"),
    flagged,
    flag_bps: orders.length === 0 ? null : Math.round((flagged * 10_000) / orders.length),
    active,
    qualified: counted(friends, (person) => within(person.qualified, first, last)),
    rewards_earned: granted("earned"),
    rewards_given: granted("manual"),
    rewards_granted: granted("earned") + granted("manual"),
    rewards_applied: applied.length,
    earned_waived_cents: waived("earned"),
    given_waived_cents: waived("manual"),
    waived_cents: waived("earned") + waived("manual"),
    rewards_pending: REWARDS.filter(
      ({ created, applied: use, revoked, expired }) =>
        created >= last &&
        [use?.[0], revoked, expired].every((end) => end === undefined || end < last),
    ).length,
    active_customers: activeCustomers,
    k_factor: Math.round((active / activeCustomers) * 10_000) / 10_000,
    cohort_cost_cents: cost,
    cohort_unused: qualified.filter((person) => costOf(person)?.unused ?? true).length,
    cost_per_qualified_cents: qualified.length === 0 ? null : Math.round(cost / qualified.length),
  };
}

const median = (numbers: number[]) =>
  [...numbers].sort((a, b) => a - b).at(Math.ceil(numbers.length / 2) - 1);

/** The same day so many months later; the last one of a shorter month. */
function monthsLater(date: string, months: number): string {
  const [year = 0, month = 0, dayOfMonth = 0] = date.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(dayOfMonth, last)))
    .toISOString()
    .slice(0, 10);
}

function keptAfter(people: Person[], months: number) {
  const due = people.filter(
    ({ ordered, activated }) =>
      activated !== undefined && monthsLater(day(ordered), months) <= today,
  );
  const kept = due.filter(({ ordered, activated = 0, ended }) => {
    const then = monthsLater(day(ordered), months);
    return day(activated) < then && (ended === undefined || day(ended) >= then);
  });
  return { months, of: due.length, kept: kept.length };
}

function expectedCohorts(last: number): Metrics["cohorts"] {
  const firstMonth = monthsLater(`${day(last).slice(0, 7)}-01`, -17);
  const groups = new Map<string, Person[]>();
  for (const person of PEOPLE) {
    const month = `${day(person.ordered).slice(0, 7)}-01`;
    if (month < firstMonth || person.ordered < last) continue;
    const key = `${month} ${person.by !== undefined}`;
    groups.set(key, [...(groups.get(key) ?? []), person]);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? 1 : -1))
    .map(([key, people]) => {
      const [month = "", isReferred] = key.split(" ");
      const monthEnd = dateOfDayNumber(dayNumber(monthsLater(month, 1)) - 1);
      const lastDay = monthEnd < day(last) ? monthEnd : day(last);
      return {
        month,
        is_referred: isReferred === "true",
        days: dayNumber(lastDay) - dayNumber(month) + 1,
        orders: people.length,
        activated: counted(people, ({ activated }) => activated !== undefined),
        paid: counted(people, ({ paid }) => paid),
        qualified: counted(people, ({ status }) => status === "qualified"),
        under_way: counted(people, ({ status }) => status === "pending" || status === "active"),
        kept: [3, 6, 12].map((months) => keptAfter(people, months)),
      };
    });
}

const channelOf = ({ source = "link", via }: Person) =>
  source === "link" ? (via ?? "link") : source;

describe("the figures of a hand-made world of 30 customers", () => {
  it.each([
    [7, "previous"],
    [30, "previous"],
    [90, "previous"],
    [365, "year"],
    [1, "none"],
  ] as const)("are those counted from the list, for %i days against %s", async (days, compare) => {
    const metrics = await read({ days, compare });
    expect(metrics).toMatchObject({
      days,
      first_day: day(days),
      last_day: day(1),
      is_current: true,
    });
    expect(Date.parse(metrics.to) - Date.parse(metrics.from)).toBe(days * 86_400_000);
    expect(metrics.current).toEqual(expected(days, 1));
    if (compare === "none") expect(metrics.previous).toBeNull();
    else {
      const first = dayNumber(today) - dayNumber(metrics.previous_first_day ?? "");
      expect(first).toBe(
        compare === "previous"
          ? 2 * days
          : dayNumber(today) - dayNumber(monthsLater(day(days), -12)),
      );
      expect(metrics.previous).toEqual(expected(first, first - days + 1));
    }
  });

  it("include today only where it is named", async () => {
    const metrics = await read({ from: day(0), to: day(0) });
    expect(metrics).toMatchObject({ includes_today: true, days: 1 });
    expect(metrics.current).toEqual(expected(0, 0));
    expect((await read({ days: 1 })).current.orders).toBe(1);
  });

  it("have bars that say how many of their days are in the period", async () => {
    const { bars } = await read({ days: 90 });
    expect(bars.unit).toBe("week");
    expect(bars.items.reduce((sum, bar) => sum + bar.days, 0)).toBe(90);
    for (const bar of bars.items) {
      expect(new Date(bar.start).getUTCDay()).toBe(1);
      const inBar = friends.filter(
        ({ ordered }) =>
          within(ordered, 90, 1) &&
          dayNumber(day(ordered)) - dayNumber(bar.start) >= 0 &&
          dayNumber(day(ordered)) - dayNumber(bar.start) < 7,
      );
      expect([bar.orders, bar.qualified]).toEqual([
        inBar.length,
        counted(inBar, ({ status }) => status === "qualified"),
      ]);
    }
    const daily = (await read({ days: 7 })).bars;
    expect([daily.unit, daily.items.map(({ start }) => start)]).toEqual([
      "day",
      [7, 6, 5, 4, 3, 2, 1].map(day),
    ]);
  });

  it("have the medians of the steps, by channel and by package", async () => {
    const { steps, channels, packages } = await read({ days: 90 });
    const took = (of: (person: Person) => [number | undefined, number | undefined]) => {
      const all = friends.flatMap((person) => {
        const [end, start] = of(person);
        return end !== undefined && start !== undefined && within(end, 90, 1) ? [start - end] : [];
      });
      return { friends: all.length, median_days: median(all) };
    };
    expect(steps).toEqual({
      ordered: took(({ ordered, visited }) => [ordered, visited]),
      activated: took(({ ordered, activated }) => [activated, ordered]),
      qualified: took(({ qualified, activated }) => [qualified, activated]),
      used: { friends: 1, median_days: 65 - 28 },
    });
    const orders = friends.filter(({ ordered }) => within(ordered, 90, 1));
    expect(channels.map(({ channel }) => channel).sort()).toEqual([
      "admin",
      "link",
      "qr",
      "typed",
      "whatsapp",
    ]);
    for (const { channel, visits, ...row } of channels) {
      const here = orders.filter((person) => channelOf(person) === channel);
      expect(row).toEqual({
        orders: here.length,
        activated: counted(here, ({ activated }) => activated !== undefined),
        qualified: counted(here, ({ status }) => status === "qualified"),
        under_way: counted(here, ({ status }) => status === "pending" || status === "active"),
      });
      const isLink = channel !== "typed" && channel !== "admin";
      expect(visits).toBe(
        isLink
          ? counted(
              friends,
              ({ visited, via }) => within(visited, 90, 1) && (via ?? "link") === channel,
            ) +
              STRAYS.filter(
                (stray) => within(stray.day, 90, 1) && (stray.via ?? "link") === channel,
              ).length
          : 0,
      );
    }
    for (const { name, orders: placed } of packages) {
      expect(placed).toBe(counted(orders, ({ pack }) => (pack ?? "small") === name));
    }
  });

  it("compare the months of orders with customers who came without a code", async () => {
    expect((await read({ days: 30 })).cohorts).toEqual(expectedCohorts(1));
  });

  it("say what unused free months are worth, and when they expire", async () => {
    const { liability } = await read();
    // The owners pay for a big and, suspended, for a small package.
    expect(liability).toMatchObject({ rewards: 2, value_cents: PRICE.big + PRICE.small });
    expect(liability.expiring).toEqual([
      { month: `${day(-40).slice(0, 7)}-01`, rewards: 1, value_cents: PRICE.small },
      { month: `${day(-356).slice(0, 7)}-01`, rewards: 1, value_cents: PRICE.big },
    ]);
  });

  it("name the referrers whose friends count most", async () => {
    const { referrers, top } = await asUser(db.sql, support, async (sql) => {
      const { data } = one(
        await sql<{ data: unknown }[]>`select public.get_top_referrers(60) as data`,
      );
      return topReferrersSchema.parse(data);
    });
    const made = friends.filter(({ ordered }) => within(ordered, 60, 1));
    expect(referrers).toBe(new Set(made.map(({ by }) => by)).size);
    const rows = top.map(({ id, referrals, qualified }) => ({
      by: ids.findIndex(({ customer }) => customer === id),
      referrals,
      qualified,
    }));
    for (const { by, referrals, qualified } of rows) {
      const own = made.filter((person) => person.by === by);
      expect([referrals, qualified]).toEqual([
        own.length,
        counted(own, ({ status }) => status === "qualified"),
      ]);
    }
    expect(rows.map(({ qualified }) => qualified)).toEqual(
      rows.map(({ qualified }) => qualified).sort((a, b) => b - a),
    );
  });

  it("follow a change at once", async () => {
    const before = await read({ days: 30 });
    await db.sql`
      insert into public.referral_visits (visitor_id, referrer_id, referral_code, via, visited_at)
      values (${randomUUID()}, ${idOf(0).customer}, 'REF-00000000', 'qr', ${instant(4)})`;
    const after = await read({ days: 30 });
    expect(after.current.visits).toBe(before.current.visits + 1);
  });
});

describe("days that are no period", () => {
  it.each([
    ["ahead", -1, -1],
    ["backwards", 3, 5],
  ])("are refused: %s", async (_, from, to) => {
    const failure = await refusal(read({ from: day(from), to: day(to) }));
    expect(failure).toMatchObject({ code: "PT400", message: "invalid_request" });
  });

  it("are refused with another comparison than the known ones", async () => {
    expect(await refusal(read({ compare: "weather" }))).toMatchObject({ code: "PT400" });
  });
});

describe("facts that are refreshed", () => {
  it("know a first payment that completes one invoice and pays another with what is left", async () => {
    const { customerId, serviceId } = one(
      await db.sql<{ customerId: string; serviceId: string }[]>`
        select s.customer_id as "customerId", s.id as "serviceId"
        from public.customer_services as s
        where s.activated_at is not null and s.order_id is not null and not exists (
          select 1 from public.invoice_settlements as i where i.customer_id = s.customer_id)
        order by s.id
        limit 1`,
    );
    const [first, second] = [
      await issuedInvoice(db.sql, { customerId, serviceId, month: "2026-09" }),
      await issuedInvoice(db.sql, { customerId, serviceId, month: "2026-10" }),
    ];
    const pay = (cents: number) =>
      db.sql`select public.record_invoice_payment(${first.number}, ${cents}, now(), 'EFT')`;
    await pay(10_000);
    expect(await staleFacts(db.sql)).toEqual([]);
    await pay(first.totalCents - 10_000 + second.totalCents);
    expect(await staleFacts(db.sql)).toEqual([]);
  });
});
