import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OwnDatabase, ownDatabase } from "@/tests/support/database";
import { FAR_TIME_ZONES } from "@/tests/support/facts";
import { one } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

const MINUTE = 60_000;
const DAY = 86_400_000;

// The model: the wall clock as the language's own calendar of the zone shows it.

const clocks = new Map<string, Intl.DateTimeFormat>();
/** What the clock on the wall shows, as if it were UTC. */
function wallClock(at: number, timeZone: string): number {
  let clock = clocks.get(timeZone);
  if (!clock) {
    clock = new Intl.DateTimeFormat("sv-SE", {
      timeZone,
      dateStyle: "short",
      timeStyle: "medium",
    });
    clocks.set(timeZone, clock);
  }
  return Date.parse(`${clock.format(at).replace(" ", "T")}Z`) + (at % 1000);
}

/**
 * When the wall clock shows that: of two such moments the later; where it never does because
 * clocks were put forward, as long after as if they had not been.
 */
function momentOf(wall: number, timeZone: string): number {
  const offsetAround = (near: number) => wallClock(near, timeZone) - near;
  const before = offsetAround(wall - 2 * DAY);
  const after = offsetAround(wall + 2 * DAY);
  const later = wall - after;
  return wallClock(later, timeZone) === wall ? later : wall - before;
}

function plusDays(at: number, days: number, timeZone: string): number {
  return momentOf(wallClock(at, timeZone) + days * DAY, timeZone);
}

function plusMonths(at: number, months: number, timeZone: string): number {
  const wall = new Date(wallClock(at, timeZone));
  const first = Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth() + months, 1);
  const length = new Date(
    Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth() + months + 1, 0),
  ).getUTCDate();
  const day = Math.min(wall.getUTCDate(), length);
  return momentOf(first + (day - 1) * DAY + (wall.getTime() % DAY), timeZone);
}

/** The end of the day on the wall: the first moment of the next one. */
function endOfDay(at: number, timeZone: string): number {
  const wall = wallClock(at, timeZone);
  return momentOf(wall - (wall % DAY) + DAY, timeZone);
}

const iso = (at: number) => new Date(at).toISOString();
const START = Date.UTC(2024, 0, 1);
const DAYS = (Date.UTC(2033, 0, 1) - START) / DAY;

/** Every day of nine years, each at another minute, in the zones by turns; leap days and ends of months in all. */
function moments(): { at: number; zone: string }[] {
  return Array.from({ length: DAYS }, (_, n) => n).flatMap((n) => {
    const at = START + n * DAY + ((n * 787) % 1440) * MINUTE;
    const date = iso(at).slice(5, 10);
    const isSpecial = date === "02-29" || date === "02-28" || iso(at + DAY).slice(8, 10) === "01";
    const turn = FAR_TIME_ZONES[n % FAR_TIME_ZONES.length] ?? "UTC";
    return (isSpecial ? FAR_TIME_ZONES : [turn]).map((zone) => ({ at, zone }));
  });
}

describe("calendar arithmetic", () => {
  it("in the database is that of the wall clock, from every day of nine years in every zone", async () => {
    const rows = moments().flatMap(({ at, zone }) => [
      { at: iso(at), zone, plus: "12 months", expected: iso(plusMonths(at, 12, zone)) },
      { at: iso(at), zone, plus: "1 month", expected: iso(plusMonths(at, 1, zone)) },
      { at: iso(at), zone, plus: "30 days", expected: iso(plusDays(at, 30, zone)) },
    ]);
    expect(rows.length).toBeGreaterThan(12_000);
    const wrong = await db.sql`
      select r.* from jsonb_to_recordset(${db.sql.json(rows)}) as r
        (at timestamptz, zone text, plus interval, expected timestamptz)
      where private.local_plus(r.at, r.plus, r.zone) is distinct from r.expected
      order by r.at limit 10`;
    expect(Array.from(wrong)).toEqual([]);
  });

  it("ends a year that began on 29 February with 28 February", () => {
    const at = Date.parse("2028-02-29T21:30:00Z");
    expect(iso(plusMonths(at, 12, "Africa/Johannesburg"))).toBe("2029-02-28T21:30:00.000Z");
  });
});

describe("a free month", () => {
  async function billingZone(zone: string): Promise<void> {
    await db.sql`
      insert into billing_settings
      select (jsonb_populate_record(s, jsonb_build_object(
        'version', s.version + 1, 'time_zone', ${zone}::text, 'created_at', now()))).*
      from billing_settings as s order by s.version desc limit 1`;
  }

  /** One reward for each of these moments, as granting makes it. */
  async function grantAt(ats: readonly number[]) {
    const people = await db.sql<{ id: string }[]>`
      insert into customers (email, first_name, last_name)
      select 'e-' || gen_random_uuid() || '@example.test', 'Thandi', 'Nkosi'
      from generate_series(1, ${ats.length})
      returning id`;
    const grants = people.map(({ id }, n) => ({ customer: id, at: iso(ats[n] ?? 0) }));
    const ids = await db.sql<{ id: string }[]>`
      select private.grant_reward(g.customer, 'goodwill', null, null, g.at) ->> 'reward_id' as id
      from jsonb_to_recordset(${db.sql.json(grants)}) as g (customer uuid, at timestamptz)`;
    return db.sql<{ id: string; granted: Date; expires: Date }[]>`
      select id, created_at as granted, expires_at as expires from referral_rewards
      where id = any (${ids.map(({ id }) => id)})`;
  }

  it.each(["Africa/Johannesburg", "America/New_York", "Australia/Lord_Howe"])(
    "lasts until the end of the day twelve months later, and is reminded of 30 days before, by the calendar of %s",
    async (zone) => {
      await billingZone(zone);
      // The night in which New York puts its clocks forward lies within the 30 days.
      const asOf = momentOf(Date.parse("2029-03-05T06:30:00Z"), zone);
      const year = momentOf(Date.parse("2028-02-29T06:30:00Z"), zone);
      const around = (at: number) => [-MINUTE, 0, MINUTE].map((ms) => at + ms);
      const granted = [
        ...Array.from({ length: 80 }, (_, n) => asOf - 372 * DAY + n * DAY + n * 17 * MINUTE),
        ...around(year),
        ...around(plusMonths(asOf, -12, zone)),
        ...[-60, -30, 0, 30, 60].map(
          (minutes) => plusMonths(plusDays(asOf, 30, zone), -12, zone) + minutes * MINUTE,
        ),
      ];
      const rewards = await grantAt(granted);
      expect(rewards).toHaveLength(granted.length);
      for (const reward of rewards) {
        const expected = endOfDay(plusMonths(reward.granted.getTime(), 12, zone), zone);
        expect([reward.granted, iso(reward.expires.getTime())]).toEqual([
          reward.granted,
          iso(expected),
        ]);
      }
      // Whatever zone the session has.
      const session = db.pool(1);
      await session`select set_config('TimeZone', 'America/New_York', false)`;
      for (let more = true; more; ) {
        ({ more } = one(
          await session<{ more: boolean }[]>`
            select (public.expire_due(${iso(asOf)}) ->> 'more')::boolean as more`,
        ));
      }
      const ids = rewards.map(({ id }) => id);
      const after = await db.sql<{ id: string; expired: boolean; reminded: boolean }[]>`
        select w.id, w.status = 'expired' as expired,
          exists (select 1 from notifications as n
            where n.dedupe_key = 'reward_expiring:' || w.id) as reminded
        from referral_rewards as w where w.id = any (${ids})`;
      const soon = plusDays(asOf, 30, zone);
      const model = rewards.map(({ id, expires }) => ({
        id,
        expired: expires.getTime() <= asOf,
        reminded: expires.getTime() > asOf && expires.getTime() <= soon,
      }));
      const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
      expect([...after].sort(byId)).toEqual(model.sort(byId));
      const kinds = new Set(model.map(({ expired, reminded }) => `${expired} ${reminded}`));
      expect([...kinds].sort()).toEqual(["false false", "false true", "true false"]);
    },
  );
});
