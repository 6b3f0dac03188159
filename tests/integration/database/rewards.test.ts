import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ACTOR,
  newAdmin,
  newAuthUser,
  newCustomer,
  newReferrer,
  newTerms,
  type TestCustomer,
} from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { later, T0 } from "@/tests/support/moments";
import { activeFriend, placeOrder, qualify } from "@/tests/support/orders";
import { countOf, mailCount, one, referralOf } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

type Reward = {
  id: string;
  status: string;
  source: string;
  referrals_required: number | null;
  expires_at: Date;
};
const rewardsOf = async (customer: TestCustomer) =>
  Array.from(
    await db.sql<Reward[]>`
      select id, status, source, referrals_required, expires_at from referral_rewards
      where customer_id = ${customer.id} order by created_at, id`,
  );

const grant = async (
  customerId: string,
  asOf = T0,
  key: string | null = null,
  reason = "goodwill",
) =>
  one(
    await db.sql<{ answer: { reward_id: string; status: string; manually_granted: boolean } }[]>`
      select private.grant_reward(${customerId}, ${reason}, ${key}, ${ACTOR}, ${asOf}) as answer`,
  ).answer;
const revoke = (customerId: string, rewardId: string, reason = "granted by mistake") =>
  db.sql`select private.revoke_reward(${customerId}, ${rewardId}, ${reason}, ${ACTOR}, ${T0})`;
const review = (referralId: string, decision: string | null, grants = true, actor = ACTOR) =>
  db.sql`
    select private.review_referral(${referralId}, ${decision}, 'looked at it', ${grants}, ${actor},
      ${later(31)})`;
const expireDue = async (asOf: string) => {
  const total = { referrals_expired: 0, referrals_ended: 0, rewards_expired: 0, reminders: 0 };
  for (;;) {
    const { answer } = one(
      await db.sql<{ answer: typeof total & { more: boolean } }[]>`
        select public.expire_due(${asOf}, 50) as answer`,
    );
    total.referrals_expired += answer.referrals_expired;
    total.referrals_ended += answer.referrals_ended;
    total.rewards_expired += answer.rewards_expired;
    total.reminders += answer.reminders;
    if (!answer.more) return total;
  }
};

describe("counting friends", () => {
  it("happens when 30 uninterrupted days are over, not a moment earlier", async () => {
    const referrer = await newReferrer(db.sql);
    const friend = await activeFriend(db.sql, referrer, T0);
    await qualify(db.sql, new Date(Date.parse(later(30)) - 1).toISOString());
    expect((await referralOf(db.sql, friend.order)).status).toBe("active");
    await qualify(db.sql, later(30));
    const counted = await referralOf(db.sql, friend.order);
    expect(counted).toMatchObject({ status: "qualified", reward_id: null });
    await qualify(db.sql, later(31));
    expect(await referralOf(db.sql, friend.order)).toEqual(counted);
    expect(await mailCount(db.sql, "referral_qualified", referrer.id)).toBe(1);
    expect(await rewardsOf(referrer)).toEqual([]);
  });

  it("gives one free month per two friends; the odd one waits for the next", async () => {
    const referrer = await newReferrer(db.sql);
    for (let n = 0; n < 5; n += 1) await activeFriend(db.sql, referrer, T0);
    await qualify(db.sql, later(30));
    const rewards = await rewardsOf(referrer);
    expect(rewards).toHaveLength(2);
    for (const reward of rewards) {
      expect(reward).toMatchObject({ status: "pending", source: "earned", referrals_required: 2 });
      expect(reward.expires_at.toISOString()).toBe("2027-04-09T22:00:00.000Z");
    }
    const fed = await db.sql<{ n: number }[]>`
      select count(*)::integer as n from customer_referrals
      where referrer_id = ${referrer.id} group by reward_id order by 1`;
    expect(fed.map((row) => row.n)).toEqual([1, 2, 2]);
    expect(await mailCount(db.sql, "reward_earned", referrer.id)).toBe(2);
    await qualify(db.sql, later(40));
    expect(await rewardsOf(referrer)).toEqual(rewards);
  });

  it("goes on while granting is switched off, and grants once it is on again", async () => {
    const referrer = await newReferrer(db.sql);
    await activeFriend(db.sql, referrer, T0);
    await activeFriend(db.sql, referrer, T0);
    await qualify(db.sql, later(30), false);
    expect(await rewardsOf(referrer)).toEqual([]);
    await qualify(db.sql, later(31), true);
    expect(await rewardsOf(referrer)).toHaveLength(1);
  });

  it("pages through referrers and misses none", async () => {
    const referrers: TestCustomer[] = [];
    for (let n = 0; n < 5; n += 1) {
      const referrer = await newReferrer(db.sql);
      await activeFriend(db.sql, referrer, T0);
      referrers.push(referrer);
    }
    let after: string | null = null;
    let pages = 0;
    do {
      const { answer }: { answer: { next_after: string | null } } = one(
        await db.sql<{ answer: { next_after: string | null } }[]>`
          select public.qualify_referrals(${later(30)}, true, ${after}, 2) as answer`,
      );
      after = answer.next_after;
      pages += 1;
    } while (after !== null && pages < 100);
    expect(pages).toBeGreaterThan(2);
    const left = await countOf(db.sql`
      select count(*)::integer as n from customer_referrals
      where referrer_id = any (${referrers.map((r) => r.id)}) and status <> 'qualified'`);
    expect(left).toBe(0);
  });

  it("keeps the terms under which a friend was referred", async () => {
    const referrer = await newReferrer(db.sql);
    const before = [
      await activeFriend(db.sql, referrer, T0),
      await activeFriend(db.sql, referrer, T0),
    ];
    const changed = await newTerms(db.sql, { referrals_required: 3, qualifying_days: 60 });
    try {
      const after = await activeFriend(db.sql, referrer, T0);
      expect((await referralOf(db.sql, after.order)).program_version).toBe(changed);
      expect((await referralOf(db.sql, after.order)).qualifies_at?.toISOString()).toBe(later(60));
      await qualify(db.sql, later(30));
      const rewards = await rewardsOf(referrer);
      expect(rewards).toHaveLength(1);
      expect(rewards[0]?.referrals_required).toBe(2);
      for (const friend of before) {
        expect((await referralOf(db.sql, friend.order)).reward_id).toBe(rewards[0]?.id);
      }
      for (let n = 0; n < 2; n += 1) await activeFriend(db.sql, referrer, T0);
      await qualify(db.sql, later(60));
      expect((await rewardsOf(referrer)).map((r) => r.referrals_required)).toEqual([2, 3]);
    } finally {
      await newTerms(db.sql, { referrals_required: 2, qualifying_days: 30 });
    }
  });

  it("expires a reward on the last day of a shorter month", async () => {
    const referrer = await newReferrer(db.sql);
    await grant(referrer.id, "2028-02-29T10:00:00Z");
    const [reward] = await rewardsOf(referrer);
    expect(reward?.expires_at.toISOString()).toBe("2029-02-28T22:00:00.000Z");
  });
});

describe("a friend with an open hold", () => {
  const heldFriend = (referrer: TestCustomer) =>
    activeFriend(db.sql, referrer, T0, {
      flags: [{ signal: "same_address_as_referrer", severity: "hold", weight: 50 }],
    });

  it("counts but feeds no reward until it is cleared", async () => {
    const referrer = await newReferrer(db.sql);
    const held = await heldFriend(referrer);
    await activeFriend(db.sql, referrer, T0);
    await qualify(db.sql, later(30));
    expect((await referralOf(db.sql, held.order)).status).toBe("qualified");
    expect(await rewardsOf(referrer)).toEqual([]);
    await review(held.referral, "clear");
    expect(await rewardsOf(referrer)).toHaveLength(1);
    expect((await referralOf(db.sql, held.order)).reward_id).not.toBeNull();
  });

  it("is left to the job when the reviewer's call may not grant", async () => {
    const referrer = await newReferrer(db.sql);
    const held = await heldFriend(referrer);
    await activeFriend(db.sql, referrer, T0);
    await qualify(db.sql, later(30));
    await review(held.referral, "clear", false);
    expect(await rewardsOf(referrer)).toEqual([]);
    await qualify(db.sql, later(32));
    expect(await rewardsOf(referrer)).toHaveLength(1);
  });

  it("ends when it is rejected, and a third friend takes its place", async () => {
    const referrer = await newReferrer(db.sql);
    const held = await heldFriend(referrer);
    await activeFriend(db.sql, referrer, T0);
    await qualify(db.sql, later(30));
    await review(held.referral, "reject");
    expect(await referralOf(db.sql, held.order)).toMatchObject({
      status: "rejected",
      status_reason: "rejected_in_review",
    });
    await qualify(db.sql, later(32));
    expect(await rewardsOf(referrer)).toEqual([]);
    await activeFriend(db.sql, referrer, T0);
    await qualify(db.sql, later(33));
    expect(await rewardsOf(referrer)).toHaveLength(1);
    const audit = one(
      await db.sql<{ action: string; reason: string; actor_id: string; customer_id: string }[]>`
        select action, reason, actor_id, customer_id from audit_log
        where entity_type = 'referral' and entity_id = ${held.referral}`,
    );
    expect(audit).toEqual({
      action: "referral.rejected",
      reason: "looked at it",
      actor_id: ACTOR,
      customer_id: referrer.id,
    });
  });

  it("is held by severity only: a plain flag does not keep the reward back", async () => {
    const referrer = await newReferrer(db.sql);
    await activeFriend(db.sql, referrer, T0, {
      flags: [{ signal: "shared_ip", severity: "flag" }],
    });
    await activeFriend(db.sql, referrer, T0);
    await qualify(db.sql, later(30));
    expect(await rewardsOf(referrer)).toHaveLength(1);
  });

  it("cannot be decided twice, without a clear decision, or after it earned a reward", async () => {
    const referrer = await newReferrer(db.sql);
    const held = await heldFriend(referrer);
    for (const decision of ["approve", "", null]) {
      expect((await refusal(review(held.referral, decision))).code).toBe("PT400");
    }
    await review(held.referral, "clear");
    expect(await refusal(review(held.referral, "reject"))).toMatchObject({
      code: "PT409",
      message: "referral_not_reviewable",
    });
    const flagged = await activeFriend(db.sql, referrer, T0, {
      flags: [{ signal: "shared_ip", severity: "flag" }],
    });
    await qualify(db.sql, later(30));
    expect((await refusal(review(flagged.referral, "reject"))).message).toBe(
      "referral_already_rewarded",
    );
    expect((await refusal(review(randomUUID(), "clear"))).code).toBe("PT404");
  });

  it("is reviewed by nobody who is a party to it, and only with referrals:review", async () => {
    const admin = await newAdmin(db.sql, "reviewer");
    const referrer = await newReferrer(db.sql, { authUserId: admin });
    const held = await heldFriend(referrer);
    const call = (actor: string) =>
      db.sql`
        select public.decide_review(${actor}, ${held.referral}, 'clear', 'it is fine', true, now())`;
    expect(await refusal(call(admin))).toMatchObject({ code: "PT403", message: "own_account" });
    expect(await refusal(call(await newAdmin(db.sql, "support")))).toMatchObject({
      code: "PT403",
      message: "forbidden",
    });
    const former = await newAdmin(db.sql, "reviewer");
    await db.sql`update public.admin_users set is_active = false where auth_user_id = ${former}`;
    expect((await refusal(call(former))).message).toBe("forbidden");
    expect((await refusal(call(randomUUID()))).message).toBe("forbidden");
    const reviewer = await newAdmin(db.sql, "reviewer");
    await call(reviewer);
    const [entry] = await db.sql<{ actor_id: string }[]>`
      select actor_id from public.audit_log
      where entity_id = ${held.referral} and action = 'referral.cleared'`;
    expect(entry?.actor_id).toBe(reviewer);
  });
});

describe("granting by hand", () => {
  it("gives a month with audit row and mail, once per key", async () => {
    const customer = await newCustomer(db.sql);
    const key = randomUUID();
    const first = await grant(customer.id, T0, key);
    expect(first).toMatchObject({ status: "pending", manually_granted: true });
    expect(await grant(customer.id, later(1), key)).toEqual(first);
    expect(await rewardsOf(customer)).toHaveLength(1);
    expect(await mailCount(db.sql, "reward_granted", customer.id)).toBe(1);
    const audit = one(
      await db.sql<{ actor_id: string; reason: string; entity_id: string }[]>`
        select actor_id, reason, entity_id from audit_log
        where customer_id = ${customer.id} and action = 'reward.granted'`,
    );
    expect(audit).toEqual({ actor_id: ACTOR, reason: "goodwill", entity_id: first.reward_id });
    const reused = await refusal(grant(customer.id, T0, key, "another reason"));
    expect(reused).toMatchObject({ code: "PT409", message: "idempotency_key_reused" });
  });

  it("without a key gives one each time", async () => {
    const customer = await newCustomer(db.sql);
    await grant(customer.id);
    await grant(customer.id);
    expect(await rewardsOf(customer)).toHaveLength(2);
  });

  it("wants a reason of 3 to 500 characters after trimming", async () => {
    const customer = await newCustomer(db.sql);
    for (const reason of ["", "\t\n", " ab ", "x".repeat(501)]) {
      expect((await refusal(grant(customer.id, T0, null, reason))).message).toBe("invalid_request");
    }
    await grant(customer.id, T0, null, ` ${"x".repeat(500)}\n`);
    expect((await refusal(grant(randomUUID()))).code).toBe("PT404");
  });

  it("needs billing:manage_invoices, is never for oneself, and a demotion counts at once", async () => {
    const customer = await newCustomer(db.sql);
    const call = (userId: string | null, customerId = customer.id) =>
      asUser(
        db.sql,
        userId,
        (sql) => sql`select public.grant_reward(${customerId}, 'a good reason')`,
      );
    expect((await refusal(call(null))).code).toBe("42501");
    for (const role of ["support", "reviewer"] as const) {
      expect((await refusal(call(await newAdmin(db.sql, role)))).message).toBe("forbidden");
    }
    expect((await refusal(call(await newAuthUser(db.sql)))).message).toBe("forbidden");
    expect((await refusal(call(customer.auth_user_id))).message).toBe("forbidden");
    const billing = await newAdmin(db.sql, "billing");
    const own = await newCustomer(db.sql, { authUserId: billing });
    expect(await refusal(call(billing, own.id))).toMatchObject({
      code: "PT403",
      message: "own_account",
    });
    await call(billing);
    await db.sql`update admin_users set role = 'support' where auth_user_id = ${billing}`;
    expect((await refusal(call(billing))).message).toBe("forbidden");
    await db.sql`
      update admin_users set role = 'owner', is_active = false where auth_user_id = ${billing}`;
    expect((await refusal(call(billing))).message).toBe("forbidden");
    expect(await rewardsOf(customer)).toHaveLength(1);
  });
});

describe("revoking", () => {
  it("takes a pending month back with reason, audit row and mail, once", async () => {
    const customer = await newCustomer(db.sql);
    const { reward_id } = await grant(customer.id);
    await revoke(customer.id, reward_id, "  granted by mistake ");
    expect((await rewardsOf(customer))[0]?.status).toBe("revoked");
    expect(await refusal(revoke(customer.id, reward_id))).toMatchObject({
      code: "PT409",
      message: "reward_not_pending",
      detail: expect.stringContaining('"state": "revoked"'),
    });
    expect(await mailCount(db.sql, "reward_revoked", customer.id)).toBe(1);
    expect(
      await countOf(db.sql`
      select count(*)::integer as n from audit_log
      where entity_id = ${reward_id} and action = 'reward.revoked'
        and reason = 'granted by mistake'`),
    ).toBe(1);
  });

  it("does not find a reward under another customer", async () => {
    const [a, b] = [await newCustomer(db.sql), await newCustomer(db.sql)];
    const { reward_id } = await grant(a.id);
    expect((await refusal(revoke(b.id, reward_id))).code).toBe("PT404");
    expect((await rewardsOf(a))[0]?.status).toBe("pending");
  });

  it("needs billing:manage_invoices and is never for oneself", async () => {
    const billing = await newAdmin(db.sql, "billing");
    const own = await newCustomer(db.sql, { authUserId: billing });
    const { reward_id } = await grant(own.id);
    const call = (userId: string) =>
      asUser(
        db.sql,
        userId,
        (sql) => sql`select public.revoke_reward(${own.id}, ${reward_id}, 'a good reason')`,
      );
    expect((await refusal(call(await newAdmin(db.sql, "support")))).message).toBe("forbidden");
    expect((await refusal(call(billing))).message).toBe("own_account");
    await call(await newAdmin(db.sql, "owner"));
  });
});

describe("expiry", () => {
  it("expires a pending referral at the end of its window, not before", async () => {
    const referrer = await newReferrer(db.sql);
    const answer = await placeOrder(db.sql, T0, { code: referrer.referral_code });
    await expireDue(new Date(Date.parse(later(30)) - 1).toISOString());
    expect((await referralOf(db.sql, answer.order_id)).status).toBe("pending");
    await expireDue(later(30));
    expect(await referralOf(db.sql, answer.order_id)).toMatchObject({
      status: "expired",
      status_reason: "not_activated_in_time",
    });
  });

  it("reminds once, 30 days before a reward expires, then expires it once", async () => {
    const customer = await newCustomer(db.sql);
    await grant(customer.id, T0);
    const end = "2027-03-10T10:00:00Z";
    await expireDue(later(-31, end));
    expect(await mailCount(db.sql, "reward_expiring", customer.id)).toBe(0);
    for (const day of [-30, -30, -10, -1]) await expireDue(later(day, end));
    expect(await mailCount(db.sql, "reward_expiring", customer.id)).toBe(1);
    expect((await rewardsOf(customer))[0]?.status).toBe("pending");
    for (const day of [0, 0, 1]) await expireDue(later(day, end));
    expect((await rewardsOf(customer))[0]?.status).toBe("expired");
    expect(await mailCount(db.sql, "reward_expired", customer.id)).toBe(1);
  });

  it("handles more than one batch and then has nothing left to do", async () => {
    const referrer = await newReferrer(db.sql);
    const orders: string[] = [];
    for (let n = 0; n < 8; n += 1) {
      const at = `2026-0${5 + (n % 4)}-01T08:00:00Z`;
      orders.push((await placeOrder(db.sql, at, { code: referrer.referral_code })).order_id);
    }
    await expireDue("2026-12-31T00:00:00Z");
    expect(await expireDue("2026-12-31T00:00:00Z")).toEqual({
      referrals_expired: 0,
      referrals_ended: 0,
      rewards_expired: 0,
      reminders: 0,
    });
    for (const order of orders) {
      expect((await referralOf(db.sql, order)).status).toBe("expired");
    }
  });
});

describe("the programme's terms", () => {
  const update = (userId: string, terms: Record<string, unknown>, version: number) =>
    asUser(
      db.sql,
      userId,
      (sql) => sql`
        select public.update_program(${sql.json(terms as Record<string, string>)}, 'a test', ${version})`,
    );
  const current = async () =>
    one(
      await db.sql<{ version: number; monthly_referral_limit: number }[]>`
        select version, monthly_referral_limit from referral_program
        order by version desc limit 1`,
    );

  it("change by a new version with audit row, for program:manage alone, never over a newer one", async () => {
    const { version } = await current();
    const owner = await newAdmin(db.sql, "owner");
    const terms = { monthly_referral_limit: 10, code_prefix: "REF" };
    for (const role of ["support", "reviewer", "billing"] as const) {
      const failure = await refusal(update(await newAdmin(db.sql, role), terms, version));
      expect(failure.message).toBe("forbidden");
    }
    await update(owner, terms, version);
    expect((await current()).version).toBe(version + 1);
    expect((await refusal(update(owner, terms, version))).message).toBe("version_conflict");
    const audit = one(
      await db.sql<{ actor_id: string }[]>`
        select actor_id from audit_log
        where action = 'program.updated' and entity_id = ${String(version + 1)}`,
    );
    expect(audit.actor_id).toBe(owner);
  });

  it("out of range are refused, and may not choose their own version or author", async () => {
    const owner = await newAdmin(db.sql, "owner");
    const { version } = await current();
    for (const terms of [
      { referrals_required: 0 },
      { qualifying_days: 100_000 },
      { reward_cap_cents: -1 },
      { monthly_referral_limit: null },
      { code_prefix: "ref'; --" },
      { referrals_required: "many" },
      { reward_cap_cents: 1e30 },
    ]) {
      const failure = await refusal(update(owner, terms, version));
      expect([terms, failure.code]).toEqual([terms, "PT400"]);
    }
    await update(owner, { version: 999, created_by: ACTOR, reason: "" }, version);
    const row = one(
      await db.sql<{ version: number; created_by: string; reason: string }[]>`
        select version, created_by, reason from referral_program order by version desc limit 1`,
    );
    expect(row).toEqual({ version: version + 1, created_by: owner, reason: "a test" });
  });

  describe("from a later day", () => {
    type Terms = { version: number; state: string; is_paused: boolean; qualifying_days: number };
    const ask = async <T>(userId: string, text: string, args: (string | number | null)[]) =>
      asUser(db.sql, userId, async (sql) => one(await sql.unsafe<{ it: T }[]>(text, args)).it);
    const schedule = (userId: string, terms: object, version: number, days: number | null) =>
      ask<Terms>(
        userId,
        `select public.update_program($1::text::jsonb, 'a test', $2::integer,
           (now() at time zone 'Africa/Johannesburg')::date + $3::integer) as it`,
        [JSON.stringify(terms), version, days],
      );
    const program = (userId: string) =>
      ask<{ current: Terms; scheduled: Terms | null; versions: Terms[] }>(
        userId,
        "select public.get_program() as it",
        [],
      );
    const withdraw = (userId: string, version: number) =>
      ask(userId, "select public.withdraw_scheduled_terms($1::integer, 'no longer wanted') as it", [
        version,
      ]);
    /** As if the day had come. */
    const arrive = async (version: number) => {
      await db.sql`alter table referral_program disable trigger referral_program_append_only`;
      await db.sql`
        update referral_program
        set created_at = now() - interval '2 days', effective_at = now() - interval '1 hour'
        where version = ${version}`;
      await db.sql`alter table referral_program enable trigger referral_program_append_only`;
    };

    it("they count on that day, and a pause before it outlasts it", async () => {
      const owner = await newAdmin(db.sql, "owner");
      const before = (await program(owner)).current;
      const planned = await schedule(owner, { qualifying_days: 44 }, before.version, 5);
      expect(planned.state).toBe("scheduled");
      expect(await program(owner)).toMatchObject({
        current: { version: before.version, qualifying_days: before.qualifying_days },
        scheduled: { version: planned.version, qualifying_days: 44 },
      });
      const second = schedule(owner, { qualifying_days: 55 }, before.version, 9);
      expect((await refusal(second)).message).toBe("version_scheduled");
      const paused = await schedule(owner, { is_paused: true }, before.version, null);
      const now = await program(owner);
      expect(now.current).toMatchObject({ version: paused.version, is_paused: true });
      expect(now.scheduled).toMatchObject({
        version: paused.version + 1,
        qualifying_days: 44,
        is_paused: true,
      });
      expect(now.versions.find(({ version }) => version === planned.version)?.state).toBe(
        "replaced",
      );
      const { referral_code: code } = await newReferrer(db.sql);
      const ordered = await placeOrder(db.sql, new Date().toISOString(), { code });
      expect(ordered.referral).toEqual({ status: "not_applied", reason: "program_paused" });
      await arrive(paused.version + 1);
      expect((await program(owner)).current).toMatchObject({
        qualifying_days: 44,
        is_paused: true,
      });
      await schedule(owner, { is_paused: false, qualifying_days: 30 }, paused.version + 1, null);
    });

    it("a withdrawn version never counts, and one for today or yesterday is refused", async () => {
      const owner = await newAdmin(db.sql, "owner");
      const { current } = await program(owner);
      for (const days of [0, -1, 400]) {
        const failure = await refusal(schedule(owner, {}, current.version, days));
        expect([days, failure.code]).toEqual([days, "PT400"]);
      }
      const planned = await schedule(owner, { referrals_required: 9 }, current.version, 3);
      const billing = await newAdmin(db.sql, "billing");
      expect((await refusal(withdraw(billing, planned.version))).message).toBe("forbidden");
      await withdraw(owner, planned.version);
      expect((await refusal(withdraw(owner, planned.version))).message).toBe("version_conflict");
      await arrive(planned.version);
      expect((await program(owner)).current.version).toBe(current.version);
      const audit = await countOf(db.sql<{ n: number }[]>`
        select count(*)::integer as n from audit_log
        where action = 'program.withdrawn' and entity_id = ${String(planned.version)}
          and actor_id = ${owner}`);
      expect(audit).toBe(1);
    });

    it("the public list of versions knows only those that counted, each from its day", async () => {
      const owner = await newAdmin(db.sql, "owner");
      const { current } = await program(owner);
      const planned = await schedule(owner, { qualifying_days: 31 }, current.version, 3);
      const listed = async () =>
        one(
          await db.sql<{ it: { versions: { version: number }[]; current_version: number } }[]>`
            select public.get_terms_versions() as it`,
        ).it;
      expect((await listed()).versions.map(({ version }) => version)).not.toContain(
        planned.version,
      );
      await arrive(planned.version);
      const after = await listed();
      expect(after.current_version).toBe(planned.version);
      expect(after.versions[0]?.version).toBe(planned.version);
    });
  });
});
