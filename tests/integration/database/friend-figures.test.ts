import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { textsIn } from "@/lib/language/catalogue";
import { describeProgress } from "@/lib/referrals/progress";
import { type FrozenTerms, friendSchema } from "@/lib/referrals/schemas";
import { newPackage, newReferrer, newTerms } from "@/tests/support/builders";
import { type OwnDatabase, ownDatabase } from "@/tests/support/database";
import { FROZEN_TERMS } from "@/tests/support/facts";
import { one, verify } from "@/tests/support/rows";

/*
 * Pages count friends by a tally and read no more of them than a free month can take, and some more. For
 * random groups of friends both say what all friends say.
 */

let db: OwnDatabase;
let apiKey: string;
let slug: string;
beforeAll(async () => {
  db = await ownDatabase();
  slug = (await newPackage(db.sql)).slug;
  apiKey = one(
    await db.sql<{ id: string }[]>`
      insert into api_keys (name, prefix, scopes, created_by)
      values ('Other system', 'rk_00000001', array['referrals:write'], gen_random_uuid())
      returning id`,
  ).id;
});
afterAll(() => db.drop());

const NOW = new Date("2026-06-15T10:00:00Z");

/**
 * How many friends of each kind a group has at most. Ten who are suspended or have not paid are read
 * beyond what a free month takes, so the three groups of a history have fewer.
 */
const MOST = {
  qualified: 4,
  ready: 2,
  unpaid: 3,
  running: 30,
  suspended: 3,
  pending: 20,
  expired: 5,
  cancelled: 5,
  rejected: 3,
} as const;
type Kind = keyof typeof MOST;

interface PlannedFriend {
  kind: Kind;
  /** Hours between the order and now, and between the end of the days and now. */
  ordered: number;
  days: number;
}

const friends = fc
  .record(
    Object.fromEntries(
      // Who counts already makes a group complete, and who else is read does not matter: mostly there is nobody.
      Object.entries(MOST).map(([kind, max]) => [
        kind,
        kind === "qualified" || kind === "ready"
          ? fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max }))
          : fc.integer({ min: 0, max }),
      ]),
    ) as Record<Kind, fc.Arbitrary<number>>,
  )
  .chain((counts) =>
    fc.tuple(
      ...Object.entries(counts).flatMap(([kind, count]) =>
        Array.from({ length: count }, () =>
          fc.record({
            kind: fc.constant(kind as Kind),
            ordered: fc.integer({ min: 24 * 60, max: 24 * 100 }),
            days: fc.integer({ min: 1, max: 24 * 30 }),
          }),
        ),
      ),
    ),
  );

/** One to three groups, each under terms of its own. */
const history = fc.array(
  fc.record({
    referrals_required: fc.integer({ min: 1, max: 4 }),
    paid_invoices_required: fc.integer({ min: 0, max: 1 }),
    friends,
  }),
  { minLength: 1, maxLength: 3 },
);

/** Adds friends, as they stand at `NOW`, under the terms in force. */
async function addFriends(referrerId: string, code: string, planned: readonly PlannedFriend[]) {
  await db.sql`
    with given as (
      select g.*, gen_random_uuid() as customer, gen_random_uuid() as the_order,
        ${NOW}::timestamptz - make_interval(hours => g.ordered) as ordered_at,
        case when g.kind in ('running', 'suspended', 'pending') then 1 else -1 end
          * make_interval(hours => g.days) + ${NOW} as over_at
      from jsonb_to_recordset(${db.sql.json(planned as never)}) as g (kind text, ordered integer, days integer)
    ), people as (
      insert into customers (id, email, first_name, last_name)
      select g.customer, g.customer || '@friends.test', 'Lerato', 'Mokoena' from given as g
    ), ordered as (
      insert into orders (id, customer_id, package_id, status, activated_at, cancelled_at, cancel_reason)
      select g.the_order, g.customer, p.id,
        case g.kind when 'pending' then 'pending' when 'cancelled' then 'cancelled' else 'active' end,
        case when g.kind not in ('pending', 'cancelled') then g.ordered_at end,
        case when g.kind = 'cancelled' then ${NOW}::timestamptz end,
        case when g.kind = 'cancelled' then 'No longer wanted' end
      from given as g, service_packages as p where p.slug = ${slug}
    ), served as (
      insert into customer_services
        (customer_id, order_id, package_id, status, monthly_price_cents, activated_at, suspended_at)
      select g.customer, g.the_order, p.id, case g.kind when 'suspended' then 'suspended' else 'active' end, 79900,
        g.ordered_at, case when g.kind = 'suspended' then ${NOW}::timestamptz - interval '1 hour' end
      from given as g, service_packages as p
      where p.slug = ${slug} and g.kind not in ('pending', 'cancelled')
    ), paid as (
      insert into external_events (order_id, customer_id, type, at, api_key_id, received_at)
      select g.the_order, g.customer, 'invoice_paid', g.ordered_at, ${apiKey}, g.ordered_at
      from given as g where g.kind in ('qualified', 'ready', 'running')
    )
    insert into customer_referrals
      (referrer_id, referral_code, referred_customer_id, referred_email, order_id, program_version, status,
       referred_at, activation_due_at, activated_at, qualifies_at, qualified_at, expired_at, cancelled_at,
       rejected_at)
    select ${referrerId}, ${code}, g.customer, g.customer || '@friends.test', g.the_order, 1,
      case when g.kind in ('ready', 'unpaid', 'running', 'suspended') then 'active' else g.kind end,
      g.ordered_at, g.ordered_at,
      case when g.kind not in ('pending', 'expired', 'cancelled') then g.ordered_at end,
      case when g.kind not in ('pending', 'expired', 'cancelled') then g.over_at end,
      case when g.kind = 'qualified' then g.over_at end,
      case when g.kind = 'expired' then ${NOW}::timestamptz end,
      case when g.kind = 'cancelled' then ${NOW}::timestamptz end,
      case when g.kind = 'rejected' then ${NOW}::timestamptz end
    from given as g`;
}

const seenSchema = z.object({
  read: z.array(friendSchema),
  all: z.array(friendSchema),
  stats: z.record(z.string(), z.number()),
  counted: z.record(z.string(), z.number()),
});

/** What pages read of a referrer's friends, and what there is. */
async function seenOf(referrerId: string) {
  const row = one(
    await db.sql`
      select private.open_friends(${referrerId}, ${NOW}) as read,
        coalesce((
          select jsonb_agg(f.document order by f.referred_at, f.id)
          from customer_referrals as r join private.friends as f on f.id = r.id
          where r.referrer_id = ${referrerId}
            and (r.status in ('active', 'pending') or (r.status = 'qualified' and r.reward_id is null))), '[]') as all,
        private.referral_stats(${referrerId}) as stats,
        (select jsonb_build_object(
          'total', count(*), 'pending', count(*) filter (where status = 'pending'),
          'active', count(*) filter (where status = 'active'),
          'qualified', count(*) filter (where status = 'qualified'),
          'expired', count(*) filter (where status = 'expired'),
          'cancelled', count(*) filter (where status in ('cancelled', 'rejected')),
          'qualified_unused', count(*) filter (where status = 'qualified' and reward_id is null))
         from customer_referrals where referrer_id = ${referrerId}) as counted`,
  );
  return seenSchema.parse(row);
}

const progressOf = (read: z.infer<typeof friendSchema>[], terms: FrozenTerms) =>
  describeProgress(
    {
      friends: read,
      terms,
      timeZone: "Africa/Johannesburg",
      now: NOW,
      enabled: true,
      obstacle: null,
      rewards: { waiting: 0, comesOff: false, month: null, lastUntil: null },
    },
    textsIn("en", "explain"),
  );

it("what is read of many friends says what all of them say, and the tally counts them", {
  timeout: 240_000,
}, async () => {
  let fewer = 0;
  await fc.assert(
    fc.asyncProperty(history, async (groups) => {
      const referrer = await newReferrer(db.sql);
      for (const { friends: planned, ...terms } of groups) {
        await newTerms(db.sql, terms);
        await addFriends(referrer.id, referrer.referral_code, planned);
      }
      const [last] = groups.slice(-1);
      const terms = { ...FROZEN_TERMS, ...last, friends: undefined };
      const { read, all, stats, counted } = await seenOf(referrer.id);
      expect(stats).toEqual(counted);
      expect(progressOf(read, terms)).toEqual(progressOf(all, terms));
      if (read.length < all.length) fewer += 1;
    }),
    { numRuns: 60, seed: 20_261_201, endOnFailure: true },
  );
  // Otherwise nothing was left out, and nothing is proven.
  expect(fewer).toBeGreaterThan(15);
  const { details } = await verify(db.sql);
  expect(details.filter(({ invariant }) => invariant === 19)).toEqual([]);
});

it("a friend who moves, and one who goes, are taken out of the tally", async () => {
  const [moved, other] = [await newReferrer(db.sql), await newReferrer(db.sql)];
  await addFriends(moved.id, moved.referral_code, [
    { kind: "running", ordered: 24 * 60, days: 48 },
    { kind: "pending", ordered: 24 * 61, days: 48 },
  ]);
  await db.sql`
    update customer_referrals set status = 'qualified', qualified_at = ${NOW}
    where referrer_id = ${moved.id} and status = 'active'`;
  const after = await seenOf(moved.id);
  expect(after.stats).toEqual(after.counted);
  await db.sql`update customer_referrals set referrer_id = ${other.id} where referrer_id = ${moved.id}`;
  for (const { id } of [moved, other]) {
    const { stats, counted } = await seenOf(id);
    expect(stats).toEqual(counted);
  }
  const { details } = await verify(db.sql);
  expect(details.filter(({ invariant }) => invariant === 19)).toEqual([]);
});
