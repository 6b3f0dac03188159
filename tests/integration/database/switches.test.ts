import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  activeService,
  newAdmin,
  newCustomer,
  newReferrer,
  pendingReward,
} from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { invoiceDraft, startedRun } from "@/tests/support/invoices";
import { later, T0 } from "@/tests/support/moments";
import { activeFriend, placeOrder, qualify } from "@/tests/support/orders";
import { one } from "@/tests/support/rows";

let db: OwnDatabase;
let owner: string;
let billing: string;

beforeAll(async () => {
  db = await ownDatabase();
  owner = await newAdmin(db.sql, "owner");
  billing = await newAdmin(db.sql, "billing");
});
afterAll(() => db.drop());

const set = (name: string, isOn: boolean, user = owner) =>
  asUser(db.sql, user, (sql) => sql`select public.set_switch(${name}, ${isOn}, 'A good reason')`);

beforeEach(async () => {
  await set("rewards", true);
  await set("mail", true);
});

describe("a switch", () => {
  it("is changed by an owner alone, once, with a reason and an audit row", async () => {
    expect(await refusal(set("rewards", false, billing))).toMatchObject({ message: "forbidden" });
    expect(await refusal(set("lights", false))).toMatchObject({ message: "not_found" });
    const count = async () =>
      one(
        await db.sql<{ changes: number; audited: number }[]>`
          select (select count(*) from switches)::integer as changes,
            (select count(*) from audit_log where action = 'switch.changed')::integer as audited`,
      );
    const before = await count();
    await Promise.all([set("rewards", false), set("rewards", false)]);
    expect(await count()).toEqual({ changes: before.changes + 1, audited: before.audited + 1 });
    const row = one(
      await db.sql`
        select actor_id, reason, before, after from audit_log
        where action = 'switch.changed' order by id desc limit 1`,
    );
    expect(row).toEqual({
      actor_id: owner,
      reason: "A good reason",
      before: { is_on: true },
      after: { is_on: false },
    });
    for (const statement of ["update switches set is_on = true", "delete from switches"]) {
      expect((await refusal(db.sql.unsafe(statement))).message).toBe("immutable_row");
    }
  });
});

describe("with rewards switched off in the database, whatever the caller says", () => {
  it("no referral is recorded, and no code is valid", async () => {
    const referrer = await newReferrer(db.sql);
    await set("rewards", false);
    const order = await placeOrder(db.sql, T0, { code: referrer.referral_code });
    expect(order.referral).toMatchObject({ status: "not_applied", reason: "program_paused" });
    const [answer] = await db.sql`select validate_referral_code(${referrer.referral_code}) as it`;
    expect(answer?.it).toEqual({ valid: false });
  });

  it("nobody earns a free month, and friends are counted", async () => {
    const referrer = await newReferrer(db.sql);
    await activeFriend(db.sql, referrer, T0);
    await activeFriend(db.sql, referrer, T0);
    await set("rewards", false);
    expect(await qualify(db.sql, later(40))).toMatchObject({ rewards_granted: 0 });
    const [granted] = await db.sql`select grant_earned_rewards(${referrer.id}) as n`;
    expect(granted?.n).toBe(0);
    await set("rewards", true);
    expect(await qualify(db.sql, later(40))).toMatchObject({ rewards_granted: 1 });
  });

  it("an admin who calls the data API cannot grant", async () => {
    const customer = await newCustomer(db.sql);
    await set("rewards", false);
    const grant = () =>
      asUser(
        db.sql,
        billing,
        (sql) => sql`select public.grant_reward(${customer.id}, 'A good reason')`,
      );
    expect(await refusal(grant())).toMatchObject({ code: "PT409", message: "program_paused" });
    await set("rewards", true);
    await grant();
  });

  it("no free month is offered to a bill, and a draft that uses one is refused", async () => {
    const customer = await newCustomer(db.sql);
    const activatedAt = "2026-02-01T08:00:00Z";
    const serviceId = await activeService(db.sql, customer.id, { activatedAt });
    const reward = await pendingReward(db.sql, customer.id);
    const run = await startedRun(db.sql, "2026-04", "2026-04-01T08:00:00Z");
    await set("rewards", false);
    const [facts] = await db.sql<{ it: { rewards: unknown[] }[] }[]>`
      select private.customer_billing_facts(array[${customer.id}]::uuid[], '2026-04-01', '2026-04-30T22:00:00Z',
        '2026-04-01T08:00:00Z') as it`;
    expect(facts?.it[0]?.rewards).toEqual([]);
    const draft = invoiceDraft({
      customerId: customer.id,
      serviceId,
      activatedAt,
      month: "2026-04",
      rewardId: reward,
    });
    const [issued] = await db.sql`select issue_invoices(
      ${run}, ${db.sql.json([draft] as never)}, '2026-04-01T08:00:00Z') as it`;
    expect(issued?.it).toMatchObject({ issued: 0, refused_customers: [customer.id] });
  });

  it("no reward expires before it could be used", async () => {
    const customer = await newCustomer(db.sql);
    await pendingReward(db.sql, customer.id, { expiresAt: "2026-12-20T00:00:00Z" });
    await set("rewards", false);
    const expire = async () => {
      const [row] = await db.sql`select expire_due('2026-12-21T00:00:00Z') as it`;
      return row?.it.rewards_expired;
    };
    expect(await expire()).toBe(0);
    await set("rewards", true);
    expect(await expire()).toBe(1);
  });

  it("customers read that the programme is paused", async () => {
    await set("rewards", false);
    const [site] = await db.sql`select get_public_site() -> 'terms' -> 'is_paused' as it`;
    expect(site?.it).toBe(true);
  });
});

describe("with mail switched off", () => {
  it("the outbox is held and loses nothing", async () => {
    await db.sql`
      select private.enqueue_mail('reward_expired', 'a@example.test', null, '{}', 'held', now())`;
    await set("mail", false);
    const claim = async () => {
      const [row] = await db.sql<{ it: { mails: unknown[] } }[]>`
        select claim_notifications(500, 120, false) as it`;
      return row?.it.mails.length ?? 0;
    };
    expect(await claim()).toBe(0);
    await set("mail", true);
    expect(await claim()).toBeGreaterThan(0);
  });
});
