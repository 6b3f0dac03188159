import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newAdmin, newReferrer } from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { activeFriend, placeOrder, qualify } from "@/tests/support/orders";
import { countOf, one, referralOf } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

const T0 = "2026-06-01T08:00:00Z";
const at = (seconds: number) => new Date(Date.parse(T0) + seconds * 1000).toISOString();
const HOLD = [{ signal: "known_phone", severity: "hold" as const, weight: 50 }];

async function heldFriend() {
  const referrer = await newReferrer(db.sql);
  const order = await placeOrder(db.sql, T0, { code: referrer.referral_code, flags: HOLD });
  const referral = await referralOf(db.sql, order.order_id);
  return { referrer, order: order.order_id, referral: referral.id };
}

const decide = (actor: string, referral: string, decision: string, when = at(60)) =>
  db.sql`select public.decide_review(${actor}, ${referral}, ${decision}, 'Looked at it', true, ${when})`;
const undo = (actor: string, referral: string, when: string) =>
  db.sql`select public.undo_review(${actor}, ${referral}, ${when})`;
const statusOf = async (referral: string) =>
  one(
    await db.sql<
      { status: string }[]
    >`select status from customer_referrals where id = ${referral}`,
  ).status;
const mailOf = async (template: string, customer: string) =>
  one(
    await db.sql<{ status: string; waits: boolean }[]>`
      select status, next_attempt_at > created_at as waits from notifications
      where template = ${template} and customer_id = ${customer}`,
  );

describe("a decision", () => {
  it("can be taken back within a minute by the same reviewer, as if it had not been made", async () => {
    const reviewer = await newAdmin(db.sql, "reviewer");
    const { referrer, referral } = await heldFriend();
    await decide(reviewer, referral, "reject");
    expect(await statusOf(referral)).toBe("rejected");
    expect(await mailOf("referral_rejected", referrer.id)).toMatchObject({
      status: "queued",
      waits: true,
    });
    await undo(reviewer, referral, at(119));
    expect(await statusOf(referral)).toBe("pending");
    expect((await mailOf("referral_rejected", referrer.id)).status).toBe("cancelled");
    expect(
      await countOf(db.sql`
        select count(*)::integer as n from referral_flags where referral_id = ${referral} and status = 'open'`),
    ).toBe(1);
  });

  it("cannot be taken back after a minute, nor by somebody else", async () => {
    const [reviewer, other] = [
      await newAdmin(db.sql, "reviewer"),
      await newAdmin(db.sql, "reviewer"),
    ];
    const { referral } = await heldFriend();
    await decide(reviewer, referral, "clear");
    expect(await refusal(undo(other, referral, at(61)))).toMatchObject({
      message: "undo_too_late",
    });
    expect(await refusal(undo(reviewer, referral, at(120)))).toMatchObject({
      message: "undo_too_late",
    });
  });

  it("is refused while a colleague looks at the case, and possible once the claim has run out", async () => {
    const [reviewer, other] = [
      await newAdmin(db.sql, "reviewer"),
      await newAdmin(db.sql, "reviewer"),
    ];
    const { referral } = await heldFriend();
    await asUser(db.sql, other, (sql) => sql`select public.claim_review(${referral})`);
    const soon = new Date(Date.now() + 60_000).toISOString();
    const later = new Date(Date.now() + 11 * 60_000).toISOString();
    expect(await refusal(decide(reviewer, referral, "clear", soon))).toMatchObject({
      message: "review_claimed",
    });
    await decide(reviewer, referral, "clear", later);
    expect(await refusal(decide(other, referral, "clear", later))).toMatchObject({
      message: "referral_not_reviewable",
    });
  });
});

describe("time", () => {
  it("approves nothing: a held friend who qualified feeds no reward, however long nobody decides", async () => {
    const referrer = await newReferrer(db.sql);
    const held = await activeFriend(db.sql, referrer, T0, { flags: HOLD });
    await activeFriend(db.sql, referrer, T0);
    const rewards = () =>
      countOf(db.sql`
        select count(*)::integer as n from referral_rewards where customer_id = ${referrer.id}`);
    const day = (n: number) => at(n * 86_400);
    await qualify(db.sql, day(31));
    expect(await statusOf(held.referral)).toBe("qualified");
    for (const n of [60, 200, 800]) {
      await qualify(db.sql, day(n));
      await db.sql`select public.expire_due(p_as_of => ${day(n)})`;
      await db.sql`select public.prune_operational_rows(${day(n)})`;
      await db.sql`select private.grant_earned_rewards(${referrer.id}, ${day(n)})`;
      expect(await rewards()).toBe(0);
    }
    expect(
      await countOf(db.sql`
        select count(*)::integer as n from referral_flags
        where referral_id = ${held.referral} and status = 'open'`),
    ).toBe(1);
    const reviewer = await newAdmin(db.sql, "reviewer");
    await decide(reviewer, held.referral, "clear", day(801));
    expect(await rewards()).toBe(1);
  });
});

describe("the queues", () => {
  it("tell their age; an appeal past its day is named overdue, and stays open", async () => {
    const [first, reader] = [
      await newAdmin(db.sql, "reviewer"),
      await newAdmin(db.sql, "reviewer"),
    ];
    const { referrer, referral } = await heldFriend();
    await decide(first, referral, "reject", new Date().toISOString());
    await asUser(
      db.sql,
      referrer.auth_user_id,
      (sql) => sql`select public.appeal_review(${referral}, 'They live next door')`,
    );
    await db.sql`
      update review_appeals set asked_at = now() - interval '9 days', due_at = now() - interval '2 days'
      where referral_id = ${referral}`;
    const { queue, overview } = one(
      await asUser(
        db.sql,
        reader,
        (sql) =>
          sql<
            {
              queue: { appeals: { referral_id: string; is_overdue: boolean; due_at: string }[] };
              overview: { appeals: number; next_appeal_due_at: string; oldest_hold_at: string };
            }[]
          >`select public.get_review_queue() as queue, public.get_review_overview() as overview`,
      ),
    );
    const appeal = queue.appeals.find((one) => one.referral_id === referral);
    expect(appeal?.is_overdue).toBe(true);
    expect(overview.next_appeal_due_at).toBe(appeal?.due_at);
    expect(overview.appeals).toBeGreaterThan(0);
    expect(await statusOf(referral)).toBe("rejected");
  });
});

describe("an appeal", () => {
  it("is decided by somebody else, once, and gives the referral back", async () => {
    const [first, second] = [
      await newAdmin(db.sql, "reviewer"),
      await newAdmin(db.sql, "reviewer"),
    ];
    const { referrer, referral } = await heldFriend();
    await decide(first, referral, "reject", new Date().toISOString());
    const ask = () =>
      asUser(
        db.sql,
        referrer.auth_user_id,
        (sql) => sql`select public.appeal_review(${referral}, 'They live next door')`,
      );
    await ask();
    expect(await refusal(ask())).toMatchObject({ message: "appeal_not_possible" });
    const answer = (actor: string) =>
      db.sql`select public.decide_appeal(${actor}, ${referral}, 'uphold', 'Two homes', true, now())`;
    expect(await refusal(answer(first))).toMatchObject({ message: "second_reviewer_needed" });
    await answer(second);
    expect(await statusOf(referral)).toBe("pending");
    expect((await mailOf("appeal_received", referrer.id)).status).toBe("queued");
    expect((await mailOf("appeal_decided", referrer.id)).status).toBe("queued");
    const { violations } = one(
      await db.sql<{ violations: unknown[] }[]>`
        select coalesce(jsonb_agg(to_jsonb(v)), '[]') as violations from private.violations as v
        where v.invariant in (9, 10) and v.rule like '%review%'`,
    );
    expect(violations).toEqual([]);
  });
});

describe("a case", () => {
  it("shows both people, what was decided, and what follows", async () => {
    const reviewer = await newAdmin(db.sql, "reviewer");
    const { referrer, referral } = await heldFriend();
    await heldFriend();
    const read = async () =>
      one(
        await asUser(
          db.sql,
          reviewer,
          (sql) =>
            sql<
              { item: Record<string, never> }[]
            >`select public.get_review_case(${referral}) as item`,
        ),
      ).item as unknown as {
        referrer_party: { id: string };
        decisions: unknown[];
        next_id: string;
      };
    expect((await read()).referrer_party.id).toBe(referrer.id);
    expect((await read()).next_id).not.toBe(referral);
    await decide(reviewer, referral, "clear");
    expect((await read()).decisions).toHaveLength(1);
  });

  it("with a hold comes before one for information, the higher score first", async () => {
    const reviewer = await newAdmin(db.sql, "reviewer");
    const queue = one(
      await asUser(
        db.sql,
        reviewer,
        (sql) =>
          sql<{ queue: { queue: { is_hold: boolean; score: number }[] } }[]>`
            select public.get_review_queue(null, null, 100) as queue`,
      ),
    ).queue.queue;
    expect(queue.length).toBeGreaterThan(0);
    const order = queue.map(({ is_hold, score }) => (is_hold ? 1000 : 0) + score);
    expect(order).toEqual([...order].sort((a, b) => b - a));
  });
});

describe("alerts and refused codes", () => {
  it("alert once per referrer and day, and keep hashes of who tried", async () => {
    const referrer = await newReferrer(db.sql);
    const given = {
      code: referrer.referral_code,
      blocked: "self_referral",
      alertEmail: "alerts@example.test",
    };
    for (let n = 0; n < 7; n += 1) await placeOrder(db.sql, at(n), given);
    expect(
      await countOf(db.sql`
        select count(*)::integer as n from notifications
        where dedupe_key like ${`refused_attempts:${referrer.id}:%`}`),
    ).toBe(1);
    expect(
      await countOf(db.sql`
        select count(*)::integer as n from referral_attempts
        where referrer_id = ${referrer.id} and phone_hash is not null and network_hash is not null`),
    ).toBe(7);
    await db.sql`select public.prune_operational_rows(${"2027-07-01T00:00:00Z"})`;
    expect(
      await countOf(db.sql`
        select count(*)::integer as n from referral_attempts where referrer_id = ${referrer.id}`),
    ).toBe(0);
  });
});
