import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newAdmin, newCustomer, newReferrer, newTerms } from "@/tests/support/builders";
import { type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { later, T0 } from "@/tests/support/moments";
import { activeFriend, orderInput, placeOrder, qualify, sendOrder } from "@/tests/support/orders";
import { countOf, mailCount, one, verify } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

const rewardCount = (customerId: string) =>
  countOf(db.sql<{ n: number }[]>`
    select count(*)::integer as n from referral_rewards where customer_id = ${customerId}`);

/** What is wrong with rewards; the terms of these tests are made without an admin. */
const rewardRules = async () =>
  (await verify(db.sql)).details.filter(({ rule }) => rule.includes("reward"));

describe("an assessment that did not count the latest friend", () => {
  it("is refused, and nothing of the order is written", async () => {
    const referrer = await newReferrer(db.sql);
    const input = await orderInput(db.sql, { code: referrer.referral_code });
    await placeOrder(db.sql, T0, { code: referrer.referral_code });
    const place = (basis: number | null) =>
      db.sql`select public.place_order(${db.sql.json({ ...input, assessment_basis: basis })}, ${T0})`;
    for (const basis of [0, 2, null]) {
      expect(await refusal(place(basis))).toMatchObject({
        code: "PT409",
        message: "assessment_stale",
      });
    }
    const written = await countOf(db.sql<{ n: number }[]>`
      select count(*)::integer as n from customers where email = ${input.email}`);
    expect(written).toBe(0);
    expect((await sendOrder(db.sql, input, T0)).referral).toEqual({ status: "recorded" });
  });
});

describe("an address that nobody has confirmed yet", () => {
  it("takes one order, which belongs to its account once the address is confirmed", async () => {
    const account = randomUUID();
    await db.sql`insert into auth.users (id, email) values (${account}, ${`${account}@example.test`})`;
    const input = async () => {
      const { auth_user_id: _, ...facts } = await orderInput(db.sql, { authUserId: account });
      return { ...facts, pending_user_id: account };
    };
    const placed = one(
      await db.sql<{ order: { customer_id: string } }[]>`
        select public.place_order(${db.sql.json(await input())}, ${T0}) as "order"`,
    ).order;
    const second = db.sql.json(await input());
    expect(await refusal(db.sql`select public.place_order(${second}, ${T0})`)).toMatchObject({
      code: "PT403",
      message: "email_unconfirmed",
    });

    const link = async () =>
      one(await db.sql`select public.link_confirmed_customer(${account}) as linked`).linked;
    const owner = async () =>
      one(await db.sql`select auth_user_id from customers where id = ${placed.customer_id}`)
        .auth_user_id;
    expect([await link(), await owner()]).toEqual([false, null]);
    await db.sql`update auth.users set email_confirmed_at = now() where id = ${account}`;
    expect([await link(), await owner()]).toEqual([true, account]);
    expect(await link()).toBe(false);
  });
});

describe("an admin who is also the referrer", () => {
  it("cannot activate, cancel or suspend a friend's order that earns their reward", async () => {
    const admin = await newAdmin(db.sql, "billing");
    const referrer = await newReferrer(db.sql);
    await db.sql`update customers set auth_user_id = ${admin} where id = ${referrer.id}`;
    const waiting = await placeOrder(db.sql, T0, { code: referrer.referral_code });
    const friend = await activeFriend(db.sql, referrer, T0);
    const refused = { code: "PT403", message: "own_account" };
    expect(
      await refusal(db.sql`select private.activate_order(${waiting.order_id}, ${admin}, ${T0})`),
    ).toMatchObject(refused);
    expect(
      await refusal(
        db.sql`select private.cancel_order(${waiting.order_id}, ${admin}, 'no reason', ${T0})`,
      ),
    ).toMatchObject(refused);
    expect(
      await refusal(
        db.sql`
          select private.set_service_status(${friend.service}, 'suspended', 'no reason', ${admin}, ${T0})`,
      ),
    ).toMatchObject(refused);
  });
});

describe("terms that change while an order waits", () => {
  it("are those recorded with the referral, and a pause applies", async () => {
    const referrer = await newReferrer(db.sql);
    const input = await orderInput(db.sql, { code: referrer.referral_code });
    const pool = db.pool(2);
    const holder = await pool.reserve();
    await holder`begin`;
    await holder`select 1 from customers where id = ${referrer.id} for no key update`;
    const order = sendOrder(db.sql, input, T0);
    // The order waits for the referrer's row; meanwhile the programme is paused.
    for (;;) {
      const waiting = await countOf(pool<{ n: number }[]>`
        select count(*)::integer as n from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()`);
      if (waiting > 0) break;
    }
    await newTerms(pool, { is_paused: true });
    await holder`commit`;
    holder.release();
    expect((await order).referral).toEqual({ status: "not_applied", reason: "program_paused" });
    await newTerms(db.sql, { is_paused: false });
  });
});

describe("friends who were promised different numbers", () => {
  it("never delay each other: the lower number counts at once", async () => {
    const referrer = await newReferrer(db.sql);
    await newTerms(db.sql, { referrals_required: 5 });
    await activeFriend(db.sql, referrer, T0);
    await newTerms(db.sql, { referrals_required: 2 });
    for (let n = 0; n < 2; n += 1) await activeFriend(db.sql, referrer, later(1));
    await qualify(db.sql, later(32));
    expect(await rewardCount(referrer.id)).toBe(1);
    const left = await db.sql<{ referrals_required: number }[]>`
      select p.referrals_required
      from customer_referrals as r join referral_program as p on p.version = r.program_version
      where r.referrer_id = ${referrer.id} and r.reward_id is null`;
    expect(left.map((row) => row.referrals_required)).toEqual([5]);
    expect((await rewardRules()).length).toBe(0);
  });

  it("earn a reward that records how many friends it took", async () => {
    const referrer = await newReferrer(db.sql);
    await newTerms(db.sql, { referrals_required: 3 });
    for (let n = 0; n < 2; n += 1) await activeFriend(db.sql, referrer, T0);
    await newTerms(db.sql, { referrals_required: 2 });
    await activeFriend(db.sql, referrer, later(1));
    await qualify(db.sql, later(32));
    const rewards = await db.sql<{ referrals_required: number }[]>`
      select referrals_required from referral_rewards where customer_id = ${referrer.id}`;
    expect(rewards.map((row) => row.referrals_required)).toEqual([3]);
    expect((await rewardRules()).length).toBe(0);
  });
});

describe("an earned reward", () => {
  it("has an audit row that names the friends who fed it", async () => {
    const referrer = await newReferrer(db.sql);
    await activeFriend(db.sql, referrer, T0);
    await activeFriend(db.sql, referrer, T0);
    await qualify(db.sql, later(32));
    const { after, fed } = one(
      await db.sql<{ after: { referral_ids: string[] }; fed: string[] }[]>`
        select l.after, array(select r.id from customer_referrals as r where r.reward_id = w.id) as fed
        from referral_rewards as w
        join audit_log as l on l.entity_id = w.id::text and l.action = 'reward.earned'
        where w.customer_id = ${referrer.id}`,
    );
    expect(after.referral_ids.toSorted()).toEqual(fed.toSorted());
  });
});

describe("rewards while the kill switch is on", () => {
  it("do not expire unused; they do once it is off", async () => {
    const referrer = await newReferrer(db.sql);
    await db.sql`
      select private.grant_reward(${referrer.id}, 'goodwill', null, ${randomUUID()}, ${T0})`;
    const far = later(400);
    await db.sql`select public.expire_due(${far}, 500, false)`;
    expect(await mailCount(db.sql, "reward_expired", referrer.id)).toBe(0);
    await db.sql`select public.expire_due(${far}, 500, true)`;
    expect(await mailCount(db.sql, "reward_expired", referrer.id)).toBe(1);
  });
});

describe("the audit log", () => {
  it("records refused attempts of admins only, with text of limited length", async () => {
    const admin = await newAdmin(db.sql, "support");
    const { auth_user_id: customer } = await newCustomer(db.sql);
    for (const who of [admin, customer]) {
      await db.sql`
        select public.record_refusal(${who}, 'order.activate', 'order', ${"x".repeat(5000)}, ${T0})`;
    }
    const rows = await db.sql<{ actor_id: string; length: number }[]>`
      select actor_id, length(entity_id) as length from audit_log where action = 'access.refused'`;
    expect(Array.from(rows)).toEqual([{ actor_id: admin, length: 64 }]);
  });
});
