import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  activateOrder,
  activeFriend,
  newCustomer,
  newPackage,
  newReferrer,
  type OwnDatabase,
  one,
  orderInput,
  ownDatabase,
  placeOrder,
  qualify,
  refusal,
  sendOrder,
} from "@/tests/support/database";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
  await db.sql.unsafe(`
    create function private.injected_failure() returns trigger language plpgsql as
      $$ begin raise exception 'injected failure'; end $$`);
});
afterAll(() => db.drop());

const T0 = "2026-03-10T10:00:00Z";
const later = (days: number) => new Date(Date.parse(T0) + days * 86_400_000).toISOString();
const ACTOR = "00000000-0000-4000-8000-0000000000aa";

/** Every row of every table, as text: two equal pictures mean that nothing was written. */
async function picture(): Promise<Record<string, string[]>> {
  const tables = await db.sql<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`;
  const seen: Record<string, string[]> = {};
  for (const { name } of tables) {
    const rows = await db.sql<{ row: string }[]>`
      select to_jsonb(t)::text as row from ${db.sql(name)} as t order by 1`;
    seen[name] = rows.map((row) => row.row);
  }
  return seen;
}

/** Makes every insert into a table fail while `work` runs. */
async function whileFailing(table: string, work: () => PromiseLike<unknown>): Promise<void> {
  await db.sql.unsafe(`
    create trigger injected_failure before insert on ${table}
    for each row execute function private.injected_failure()`);
  try {
    const before = await picture();
    const failure = await refusal(work());
    expect(failure.message).toBe("injected failure");
    expect(await picture()).toEqual(before);
  } finally {
    await db.sql.unsafe(`drop trigger injected_failure on ${table}`);
  }
}

describe("an operation whose bookkeeping fails leaves nothing behind", () => {
  it.each(["notifications", "referral_flags", "customer_referrals", "customer_services", "orders"])(
    "ordering, when %s cannot be written",
    async (table) => {
      const referrer = await newReferrer(db.sql);
      const input = await orderInput(db.sql, {
        code: referrer.referral_code,
        flags: [{ signal: "shared_ip", severity: "flag" }],
        alertEmail: "alert@example.test",
      });
      await whileFailing(table, () => sendOrder(db.sql, input, T0));
      expect((await sendOrder(db.sql, input, T0)).referral.status).toBe("recorded");
    },
  );

  it("ordering, when the refused attempt cannot be kept", async () => {
    const input = await orderInput(db.sql, { code: "REF-0000000Z" });
    await whileFailing("referral_attempts", () => sendOrder(db.sql, input, T0));
    expect((await sendOrder(db.sql, input, T0)).referral.reason).toBe("invalid_code");
  });

  it.each(["audit_log", "notifications"])(
    "activating, when %s cannot be written",
    async (table) => {
      const referrer = await newReferrer(db.sql);
      const answer = await placeOrder(db.sql, T0, { code: referrer.referral_code });
      await whileFailing(table, () => activateOrder(db.sql, answer.order_id, later(1)));
      await activateOrder(db.sql, answer.order_id, later(1));
    },
  );

  it("cancelling and suspending, when the audit row cannot be written", async () => {
    const referrer = await newReferrer(db.sql);
    const pending = await placeOrder(db.sql, T0, { code: referrer.referral_code });
    const cancel = () =>
      db.sql`select private.cancel_order(${pending.order_id}, ${ACTOR}, 'changed mind', ${T0})`;
    await whileFailing("audit_log", cancel);
    await cancel();
    const friend = await activeFriend(db.sql, referrer, T0);
    const suspend = () => db.sql`
      select private.set_service_status(${friend.service}, 'suspended', 'unpaid', ${ACTOR}, ${T0})`;
    await whileFailing("audit_log", suspend);
    await suspend();
  });

  it.each(["audit_log", "notifications", "referral_rewards"])(
    "granting and revoking, when %s cannot be written",
    async (table) => {
      const customer = await newCustomer(db.sql);
      const grant = () => db.sql<{ id: string }[]>`
      select private.grant_reward(${customer.id}, 'goodwill', 'key-1', ${ACTOR}, ${T0})
        ->> 'reward_id' as id`;
      await whileFailing(table, grant);
      const { id } = one(await grant());
      // The key belongs to this test's customer alone.
      await db.sql`delete from idempotency_keys`;
      if (table === "referral_rewards") return;
      const revoke = () => db.sql`
      select private.revoke_reward(${customer.id}, ${id}, 'by mistake', ${ACTOR}, ${T0})`;
      await whileFailing(table, revoke);
      await revoke();
    },
  );

  it.each(["notifications", "referral_rewards"])(
    "counting, when %s cannot be written",
    async (table) => {
      const referrer = await newReferrer(db.sql);
      await activeFriend(db.sql, referrer, T0);
      await activeFriend(db.sql, referrer, T0);
      await whileFailing(table, () => qualify(db.sql, later(30)));
      expect((await qualify(db.sql, later(30))).rewards_granted).toBe(1);
    },
  );

  it("reviewing, when the audit row cannot be written", async () => {
    const referrer = await newReferrer(db.sql);
    const friend = await activeFriend(db.sql, referrer, T0, {
      flags: [{ signal: "velocity", severity: "hold" }],
    });
    const review = () => db.sql`
      select private.review_referral(${friend.referral}, 'reject', 'a cheat', true, ${ACTOR}, ${T0})`;
    await whileFailing("audit_log", review);
    await review();
  });

  it("expiring, when the mail cannot be queued", async () => {
    const customer = await newCustomer(db.sql);
    await db.sql`select private.grant_reward(${customer.id}, 'goodwill', null, ${ACTOR}, ${T0})`;
    const expire = () => db.sql`select public.expire_due('2028-01-01T00:00:00Z')`;
    await whileFailing("notifications", expire);
    await expire();
  });

  it.each(["customer_invoices", "notifications", "invoice_series"])(
    "issuing invoices, when %s cannot be written: no number is used up",
    async (table) => {
      const customer = await newCustomer(db.sql);
      const sold = await newPackage(db.sql);
      const order = await placeOrder(db.sql, T0, {
        authUserId: customer.auth_user_id,
        email: customer.email,
        packageSlug: sold.slug,
      });
      const service = await activateOrder(db.sql, order.order_id, T0);
      const reward = one(
        await db.sql<{ id: string }[]>`
        select private.grant_reward(${customer.id}, 'goodwill', null, ${ACTOR}, ${T0})
          ->> 'reward_id' as id`,
      );
      const run = one(
        await db.sql<{ id: string }[]>`
        select public.start_billing_run('2026-04-01', '2026-05-01', '2026-04-30T22:00:00Z', 'job',
          true, null, '2026-04-01T08:00:00Z') ->> 'run_id' as id`,
      );
      const draft = {
        customer_id: customer.id,
        service_id: service,
        price_cents: 79_900,
        activated_at: T0,
        period_start: "2026-04-01",
        vat_bps: 1500,
        line_items: [
          { description: "Fibre", quantity: 1, amount_cents: 79_900 },
          { description: "Referral reward: free month", quantity: 1, amount_cents: -79_900 },
        ],
        subtotal_cents: 0,
        vat_cents: 0,
        total_cents: 0,
        amount_due_cents: 0,
        referral_reward_id: reward.id,
        amount_waived_cents: 79_900,
        buyer: { name: "Thandi Nkosi", address: {} },
      };
      const issue = () => db.sql`
      select public.issue_invoices(${run.id}, ${db.sql.json([draft])}, '2026-04-01T08:00:00Z')`;
      await whileFailing(table, issue);
      await issue();
      const { numbers, last } = one(
        await db.sql<{ numbers: number; last: number }[]>`
        select (select count(*)::integer from customer_invoices) as numbers,
          (select last_number::integer from invoice_series) as last`,
      );
      expect(numbers).toBe(last);
    },
  );
});
