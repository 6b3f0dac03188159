import { randomUUID } from "node:crypto";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ACTOR,
  newAdmin,
  newAuthUser,
  newCustomer,
  newReferrer,
  type TestCustomer,
} from "@/tests/support/builders";
import { type OwnDatabase, ownDatabase, sessionClaims } from "@/tests/support/database";
import { later, T0 } from "@/tests/support/moments";
import {
  activateOrder,
  activeFriend,
  orderInput,
  placeOrder,
  qualify,
  sendOrder,
} from "@/tests/support/orders";
import { countOf, mailCount, one, verify } from "@/tests/support/rows";

const ACTORS = 20;

let db: OwnDatabase;
let pool: Sql;
beforeAll(async () => {
  db = await ownDatabase();
  pool = db.pool(24);
  // Every connection is open before the first race, so that all actors start together.
  await Promise.all(Array.from({ length: 24 }, () => pool`select pg_sleep(0.05)`));
});
afterAll(() => db.drop());

const actors = <T>(n: number, act: (actor: number) => PromiseLike<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: n }, (_, actor) => act(actor)));

/** What came of each call: its value, or the code with which the database refused it. */
async function outcome<T>(work: PromiseLike<T>): Promise<{ value: T } | { code: string }> {
  try {
    return { value: await work };
  } catch (error) {
    if (error instanceof postgres.PostgresError) return { code: error.code };
    throw error;
  }
}

const countReferrals = (referrer: TestCustomer) =>
  countOf(db.sql<{ n: number }[]>`
    select count(*)::integer as n from customer_referrals where referrer_id = ${referrer.id}`);

describe("activations of one order that race", () => {
  it.each([2, ACTORS, ACTORS])("%i at once start one clock and send one mail", async (n) => {
    for (let round = 0; round < 3; round += 1) {
      const referrer = await newReferrer(db.sql);
      const { order_id } = await placeOrder(db.sql, T0, { code: referrer.referral_code });
      const services = await actors(n, (actor) =>
        activateOrder(pool, order_id, new Date(Date.parse(T0) + actor * 1000).toISOString()),
      );
      expect(new Set(services).size).toBe(1);
      const row = one(
        await db.sql<{ same: boolean; status: string; audited: number }[]>`
          select s.activated_at = o.activated_at and r.activated_at = o.activated_at
              and r.qualifies_at = o.activated_at + interval '30 days' as same,
            r.status,
            (select count(*)::integer from audit_log as l
              where l.entity_id = o.id::text and l.action = 'order.activated') as audited
          from orders as o join customer_services as s on s.order_id = o.id
          join customer_referrals as r on r.order_id = o.id where o.id = ${order_id}`,
      );
      expect(row).toEqual({ same: true, status: "active", audited: 1 });
      expect(await mailCount(db.sql, "referral_activated", referrer.id)).toBe(1);
    }
  });

  it("against a cancellation: exactly one of them happens", async () => {
    for (let round = 0; round < 10; round += 1) {
      const referrer = await newReferrer(db.sql);
      const { order_id } = await placeOrder(db.sql, T0, { code: referrer.referral_code });
      const outcomes = await Promise.all([
        ...Array.from({ length: 10 }, () => outcome(activateOrder(pool, order_id, T0))),
        ...Array.from({ length: 10 }, () =>
          outcome(pool`select private.cancel_order(${order_id}, ${ACTOR}, 'changed mind', ${T0})`),
        ),
      ]);
      const activated = outcomes.slice(0, 10).filter((o) => "value" in o).length;
      const cancelled = outcomes.slice(10).filter((o) => "value" in o).length;
      expect([10, 0]).toContain(activated);
      expect(cancelled).toBe(activated === 10 ? 0 : 1);
      expect(outcomes.flatMap((o) => ("code" in o && o.code !== "PT409" ? [o.code] : []))).toEqual(
        [],
      );
      const row = one(
        await db.sql<{ order: string; service: string; referral: string }[]>`
          select o.status as order, s.status as service, r.status as referral
          from orders as o join customer_services as s on s.order_id = o.id
          join customer_referrals as r on r.order_id = o.id where o.id = ${order_id}`,
      );
      const status = activated === 10 ? "active" : "cancelled";
      expect(row).toEqual({ order: status, service: status, referral: status });
    }
  });
});

describe("one friend who orders through two codes at once", () => {
  it("is one referral, and every order goes through, whichever address they use", async () => {
    for (let round = 0; round < 6; round += 1) {
      const referrers = [await newReferrer(db.sql), await newReferrer(db.sql)];
      const name = `friend-${randomUUID()}`;
      const inputs = [];
      for (let n = 0; n < ACTORS; n += 1) {
        const email = `${name.toUpperCase()}+${n}@example.test`;
        const code = referrers[n % 2]?.referral_code ?? null;
        inputs.push(await orderInput(db.sql, { code, email }));
      }
      const answers = await Promise.all(inputs.map((input) => sendOrder(pool, input, T0)));
      const recorded = answers.filter((a) => a.referral.status === "recorded");
      expect(recorded).toHaveLength(1);
      const reasons = answers.map((a) => a.referral.reason).filter((r) => r !== undefined);
      expect(new Set(reasons)).toEqual(new Set(["duplicate_referral"]));
      expect(new Set(answers.map((a) => a.order_id)).size).toBe(ACTORS);
      const counts = await Promise.all(referrers.map(countReferrals));
      expect(counts.reduce((sum, n) => sum + n, 0)).toBe(1);
    }
  });

  it("with one account is one customer with one referral", async () => {
    for (let round = 0; round < 6; round += 1) {
      const referrers = [await newReferrer(db.sql), await newReferrer(db.sql)];
      const email = `friend-${randomUUID()}@example.test`;
      const authUserId = await newAuthUser(db.sql, { email });
      const inputs = [];
      for (let n = 0; n < ACTORS; n += 1) {
        const code = referrers[n % 2]?.referral_code ?? null;
        inputs.push(await orderInput(db.sql, { code, email, authUserId }));
      }
      const answers = await Promise.all(inputs.map((input) => sendOrder(pool, input, T0)));
      expect(answers.filter((a) => a.referral.status === "recorded")).toHaveLength(1);
      expect(new Set(answers.map((a) => a.customer_id)).size).toBe(1);
      expect(new Set(answers.map((a) => a.order_id)).size).toBe(ACTORS);
    }
  });

  it("with one key is one order and one answer", async () => {
    const referrer = await newReferrer(db.sql);
    const input = await orderInput(db.sql, { code: referrer.referral_code });
    const answers = await actors(ACTORS, () => sendOrder(pool, input, T0));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await countReferrals(referrer)).toBe(1);
    expect(await mailCount(db.sql, "referral_signup", referrer.id)).toBe(1);
  });
});

describe("the monthly limit under many orders at once", () => {
  it.each([12, ACTORS])("%i friends race at 8 of 10: exactly 2 more are recorded", async (n) => {
    for (let round = 0; round < 3; round += 1) {
      const referrer = await newReferrer(db.sql);
      for (let k = 0; k < 8; k += 1) {
        await placeOrder(db.sql, T0, { code: referrer.referral_code });
      }
      const inputs = await actors(n, () => orderInput(db.sql, { code: referrer.referral_code }));
      const answers = await Promise.all(inputs.map((input) => sendOrder(pool, input, T0)));
      expect(answers.filter((a) => a.referral.status === "recorded")).toHaveLength(2);
      expect(answers.filter((a) => a.referral.reason === "rate_limited")).toHaveLength(n - 2);
      expect(await countReferrals(referrer)).toBe(10);
      expect(await mailCount(db.sql, "referral_signup", referrer.id)).toBe(10);
    }
  });

  it("of referrers who order with each other's codes: no deadlock", async () => {
    for (let round = 0; round < 5; round += 1) {
      const circle = [await newReferrer(db.sql), await newReferrer(db.sql)];
      const inputs = [];
      for (let n = 0; n < ACTORS; n += 1) {
        const [from, to] = [circle[n % 2], circle[(n + 1) % 2]];
        inputs.push(
          await orderInput(db.sql, {
            code: from?.referral_code ?? null,
            authUserId: to?.auth_user_id,
            email: to?.email,
            phone: to?.phone,
          }),
        );
      }
      const answers = await Promise.all(inputs.map((input) => outcome(sendOrder(pool, input, T0))));
      expect(answers.filter((answer) => "code" in answer)).toEqual([]);
      for (const referrer of circle) expect(await countReferrals(referrer)).toBe(0);
    }
  });
});

describe("counting by several workers at once", () => {
  it("counts each friend once and grants one month per pair", async () => {
    const referrers: TestCustomer[] = [];
    for (let n = 0; n < 30; n += 1) {
      const referrer = await newReferrer(db.sql);
      for (let k = 0; k < 1 + (n % 5); k += 1) await activeFriend(pool, referrer, T0);
      referrers.push(referrer);
    }
    const counted = () =>
      countOf(db.sql<{ n: number }[]>`
        select count(*)::integer as n from customer_referrals where status = 'qualified'`);
    const before = await counted();
    const answers = [
      ...(await actors(ACTORS, () => qualify(pool, later(30)))),
      await qualify(pool, later(30)),
    ];
    const total = answers.reduce((sum, answer) => sum + answer.qualified, 0);
    expect(total).toBe((await counted()) - before);
    for (const [n, referrer] of referrers.entries()) {
      const row = one(
        await db.sql<{ rewards: number; fed: number; mails: number }[]>`
          select
            (select count(*)::integer from referral_rewards where customer_id = ${referrer.id}) as rewards,
            (select count(*)::integer from customer_referrals
              where referrer_id = ${referrer.id} and reward_id is not null) as fed,
            (select count(*)::integer from notifications
              where customer_id = ${referrer.id} and template = 'referral_qualified') as mails`,
      );
      const friends = 1 + (n % 5);
      const pairs = Math.floor(friends / 2);
      expect(row).toEqual({ rewards: pairs, fed: pairs * 2, mails: friends });
    }
  });

  it("and friends who leave at the same moment: each is counted or cancelled, never both", async () => {
    const referrer = await newReferrer(db.sql);
    const friends: Awaited<ReturnType<typeof activeFriend>>[] = [];
    for (let n = 0; n < 10; n += 1) friends.push(await activeFriend(db.sql, referrer, T0));
    await Promise.all([
      ...Array.from({ length: 10 }, () => qualify(pool, later(30))),
      ...friends.map(
        (friend) => pool`
          select private.set_service_status(${friend.service}, 'cancelled', 'moving house',
            ${ACTOR}, ${later(29.9)})`,
      ),
    ]);
    const rows = await db.sql<{ ok: boolean }[]>`
      select (status = 'qualified' and qualified_at is not null and cancelled_at is null)
        or (status = 'cancelled' and qualified_at is null and reward_id is null) as ok
      from customer_referrals where referrer_id = ${referrer.id}`;
    expect(rows.every((row) => row.ok)).toBe(true);
    expect(rows).toHaveLength(10);
  });

  it("and reviewers who clear holds at the same moment: one month per pair", async () => {
    for (let round = 0; round < 4; round += 1) {
      const referrer = await newReferrer(db.sql);
      const friends: Awaited<ReturnType<typeof activeFriend>>[] = [];
      for (let n = 0; n < 8; n += 1) {
        friends.push(
          await activeFriend(db.sql, referrer, T0, {
            flags: [{ signal: "velocity", severity: "hold" }],
          }),
        );
      }
      await qualify(db.sql, later(30));
      await Promise.all([
        ...friends.map(
          (friend) => pool`
            select private.review_referral(${friend.referral}, 'clear', 'is fine', true, ${ACTOR},
              ${later(31)})`,
        ),
        ...Array.from({ length: 12 }, () => qualify(pool, later(31))),
      ]);
      await qualify(db.sql, later(31));
      expect(
        await countOf(db.sql<{ n: number }[]>`
        select count(*)::integer as n from referral_rewards
        where customer_id = ${referrer.id}`),
      ).toBe(4);
    }
  });
});

describe("granting by hand, clicked many times", () => {
  const grant = (customer: TestCustomer, key: string, reason = "goodwill") =>
    pool<{ answer: { reward_id: string } }[]>`
      select private.grant_reward(${customer.id}, ${reason}, ${key}, ${ACTOR}, ${T0}) as answer`;

  it("with one key gives one month and the same answer every time", async () => {
    for (let round = 0; round < 5; round += 1) {
      const customer = await newCustomer(db.sql);
      const key = randomUUID();
      const answers = await actors(ACTORS, () => grant(customer, key));
      expect(new Set(answers.map((rows) => JSON.stringify(one(rows).answer))).size).toBe(1);
      expect(
        await countOf(db.sql<{ n: number }[]>`
        select count(*)::integer as n from referral_rewards
        where customer_id = ${customer.id}`),
      ).toBe(1);
      expect(await mailCount(db.sql, "reward_granted", customer.id)).toBe(1);
    }
  });

  it("with one key for two requests serves the first and refuses the other", async () => {
    const customer = await newCustomer(db.sql);
    const key = randomUUID();
    const outcomes = await actors(ACTORS, (n) =>
      outcome(grant(customer, key, n % 2 === 0 ? "goodwill" : "an apology")),
    );
    const served = outcomes.filter((o) => "value" in o).length;
    expect(served).toBe(ACTORS / 2);
    expect(outcomes.filter((o) => "code" in o && o.code !== "PT409")).toEqual([]);
    expect(
      await countOf(db.sql<{ n: number }[]>`
      select count(*)::integer as n from referral_rewards
      where customer_id = ${customer.id}`),
    ).toBe(1);
  });

  it("while it is revoked many times: revoked once, and the rest is refused", async () => {
    const customer = await newCustomer(db.sql);
    const { reward_id } = one(await grant(customer, randomUUID())).answer;
    const outcomes = await actors(ACTORS, () =>
      outcome(
        pool`select private.revoke_reward(${customer.id}, ${reward_id}, 'by mistake', ${ACTOR}, ${T0})`,
      ),
    );
    expect(outcomes.filter((o) => "value" in o)).toHaveLength(1);
    expect(outcomes.filter((o) => "code" in o && o.code === "PT409")).toHaveLength(ACTORS - 1);
    expect(await mailCount(db.sql, "reward_revoked", customer.id)).toBe(1);
  });

  it("while it expires: revoked or expired, one of the two", async () => {
    for (let round = 0; round < 5; round += 1) {
      const customer = await newCustomer(db.sql);
      const { reward_id } = one(await grant(customer, randomUUID())).answer;
      const outcomes = await Promise.all([
        ...Array.from({ length: 10 }, () =>
          outcome(
            pool`select private.revoke_reward(${customer.id}, ${reward_id}, 'by mistake', ${ACTOR}, ${T0})`,
          ),
        ),
        ...Array.from({ length: 10 }, () =>
          outcome(pool`select public.expire_due('2027-03-10T10:00:00Z')`),
        ),
      ]);
      const revoked = outcomes.slice(0, 10).filter((o) => "value" in o).length;
      expect(outcomes.slice(10).filter((o) => "code" in o)).toEqual([]);
      const row = one(
        await db.sql<{ status: string; mails: number }[]>`
          select status, (select count(*)::integer from notifications
            where dedupe_key in ('reward_expired:' || w.id, 'reward_revoked:' || w.id)) as mails
          from referral_rewards as w where w.id = ${reward_id}`,
      );
      expect([0, 1]).toContain(revoked);
      expect(row).toEqual({ status: revoked === 1 ? "revoked" : "expired", mails: 1 });
    }
  });
});

describe("counters and settings under many requests at once", () => {
  it("counts every hit of a request limit, and allows exactly the limit", async () => {
    const subject = randomUUID();
    const answers = await actors(
      300,
      () => pool<{ allowed: boolean }[]>`
        select (public.consume_rate_limit('validate', ${subject}, 100, 60, ${T0}) ->> 'allowed')::boolean
          as allowed`,
    );
    expect(answers.filter((rows) => one(rows).allowed)).toHaveLength(100);
    const row = one(
      await db.sql<{ hits: number }[]>`
        select hits from rate_limits
        where subject_hash = encode(sha256(convert_to('validate:' || ${subject}, 'UTF8')), 'hex')`,
    );
    expect(row.hits).toBe(300);
  });

  it("makes one new version of the terms when many admins save at once", async () => {
    const owner = await newAdmin(db.sql, "owner");
    const { version } = one(
      await db.sql<{ version: number }[]>`select max(version) as version from referral_program`,
    );
    const outcomes = await actors(ACTORS, () =>
      outcome(
        pool.begin(async (sql) => {
          const claims = JSON.stringify(await sessionClaims(sql, owner));
          await sql`select set_config('request.jwt.claims', ${claims}, true)`;
          await sql`
            select public.update_program('{"velocity_alert": 6}', 'a busy day', ${version})`;
        }),
      ),
    );
    expect(outcomes.filter((o) => "value" in o)).toHaveLength(1);
    expect(outcomes.filter((o) => "code" in o && o.code !== "PT409")).toEqual([]);
  });

  it("leases each mail to one of many workers", async () => {
    await db.sql`update notifications set status = 'captured' where status = 'queued'`;
    const keys = Array.from({ length: 100 }, () => randomUUID());
    await db.sql`
      insert into notifications (template, recipient, dedupe_key, next_attempt_at)
      select 'reward_expired', k || '@example.test', k, ${T0}
      from unnest(${keys}::text[]) as k`;
    const claimed = await actors(ACTORS, async () => {
      const rows = await pool<{ claim: { mails: { id: string }[] } }[]>`
        select public.claim_notifications(10, 120, false, 8, ${T0}) as claim`;
      return one(rows).claim.mails.map((mail) => mail.id);
    });
    const ids = claimed.flat();
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(100);
    // Nothing caused these mails, which is a violation of its own.
    await db.sql`delete from notifications where id = any (${ids})`;
  });
});

describe("all operations at once", () => {
  it("ends without a deadlock and with every invariant kept", async () => {
    const referrers: TestCustomer[] = [];
    for (let n = 0; n < 5; n += 1) referrers.push(await newReferrer(db.sql));
    const friends: Awaited<ReturnType<typeof activeFriend>>[] = [];
    for (const referrer of referrers) {
      for (let n = 0; n < 6; n += 1) {
        friends.push(
          await activeFriend(pool, referrer, T0, {
            flags: n % 3 === 0 ? [{ signal: "velocity", severity: "hold" }] : [],
          }),
        );
      }
    }
    const pendings = await Promise.all(
      referrers.flatMap((referrer) =>
        Array.from({ length: 4 }, () =>
          placeOrder(db.sql, later(1), { code: referrer.referral_code }),
        ),
      ),
    );
    const work: (() => PromiseLike<unknown>)[] = [
      ...friends.map(
        (friend, n) => () =>
          n % 4 === 0
            ? pool`select private.set_service_status(${friend.service}, 'suspended', 'unpaid',
              ${ACTOR}, ${later(20 + n)})`
            : pool`select private.review_referral(${friend.referral},
              ${n % 2 === 0 ? "clear" : "reject"}, 'looked at it', true, ${ACTOR}, ${later(31)})`,
      ),
      ...pendings.map(
        (order, n) => () =>
          n % 2 === 0
            ? activateOrder(pool, order.order_id, later(2))
            : pool`select private.cancel_order(${order.order_id}, ${ACTOR}, 'changed mind', ${later(2)})`,
      ),
      ...referrers.flatMap((referrer) => [
        () => pool`select private.grant_reward(${referrer.id}, 'goodwill', null, ${ACTOR}, ${T0})`,
        () => placeOrder(pool, later(2), { code: referrer.referral_code }),
      ]),
      ...Array.from({ length: 6 }, () => () => qualify(pool, later(30))),
      ...Array.from({ length: 4 }, () => () => pool`select public.expire_due(${later(31)})`),
    ];
    // A fixed shuffle: neighbours of different kinds meet.
    const shuffled = work
      .map((run, n) => ({ run, key: (n * 7919) % 104_729 }))
      .sort((a, b) => a.key - b.key);
    const outcomes = await Promise.all(shuffled.map(({ run }) => outcome(run())));
    const codes = outcomes.flatMap((o) => ("code" in o ? [o.code] : []));
    expect(codes.filter((code) => !code.startsWith("PT4"))).toEqual([]);
    expect((await verify(db.sql)).details).toEqual([]);
  });
});

it("whatever raced above, no invariant is broken in the end", async () => {
  expect(await verify(db.sql)).toEqual({ violations: 0, details: [] });
});
