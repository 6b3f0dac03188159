import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ACTOR,
  activeService,
  newAdmin,
  newCustomer,
  newPackage,
  newReferrer,
  pendingReward,
} from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { invoiceDraft, issuedInvoice, startedRun } from "@/tests/support/invoices";
import { later, T0 } from "@/tests/support/moments";
import {
  activateOrder,
  activeFriend,
  orderInput,
  placeOrder,
  qualify,
  sendOrder,
} from "@/tests/support/orders";
import { one } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
  await db.sql.unsafe(`
    create function private.injected_failure() returns trigger language plpgsql as
      $$ begin raise exception 'injected failure'; end $$`);
});
afterAll(() => db.drop());

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
  it.each([
    "notifications",
    "referral_flags",
    "customer_referrals",
    "customer_services",
    "orders",
    "customers",
    "idempotency_keys",
  ])("ordering, when %s cannot be written", async (table) => {
    const referrer = await newReferrer(db.sql);
    const input = await orderInput(db.sql, {
      code: referrer.referral_code,
      flags: [{ signal: "shared_ip", severity: "flag" }],
      alertEmail: "alert@example.test",
    });
    await whileFailing(table, () => sendOrder(db.sql, input, T0));
    expect((await sendOrder(db.sql, input, T0)).referral.status).toBe("recorded");
  });

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

  it("installing, cancelling and suspending, when the audit row cannot be written", async () => {
    const referrer = await newReferrer(db.sql);
    const pending = await placeOrder(db.sql, T0, { code: referrer.referral_code });
    const install = () =>
      db.sql`select private.start_installation(${pending.order_id}, ${ACTOR}, ${T0})`;
    await whileFailing("audit_log", install);
    await install();
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

  it("suspending after the qualifying days, when the mail that the friend counts cannot be queued", async () => {
    const referrer = await newReferrer(db.sql);
    const friend = await activeFriend(db.sql, referrer, T0);
    const suspend = () => db.sql`
      select private.set_service_status(${friend.service}, 'suspended', 'unpaid', ${ACTOR}, ${later(31)})`;
    await whileFailing("notifications", suspend);
    await suspend();
  });

  it.each(["audit_log", "notifications", "referral_rewards", "idempotency_keys"])(
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
      if (table === "referral_rewards" || table === "idempotency_keys") return;
      const revoke = () => db.sql`
      select private.revoke_reward(${customer.id}, ${id}, 'by mistake', ${ACTOR}, ${T0})`;
      await whileFailing(table, revoke);
      await revoke();
    },
  );

  it.each(["notifications", "referral_rewards", "audit_log"])(
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

  it.each(["notifications", "referral_rewards", "audit_log"])(
    "clearing a hold that completes a reward, when %s cannot be written",
    async (table) => {
      const referrer = await newReferrer(db.sql);
      await activeFriend(db.sql, referrer, T0);
      const held = await activeFriend(db.sql, referrer, T0, {
        flags: [{ signal: "velocity", severity: "hold" }],
      });
      await qualify(db.sql, later(30));
      const review = () => db.sql<{ granted: number }[]>`
        select (private.review_referral(${held.referral}, 'clear', 'is fine', true, ${ACTOR}, ${later(31)})
          ->> 'rewards_granted')::integer as granted`;
      await whileFailing(table, review);
      expect(one(await review()).granted).toBe(1);
    },
  );

  // A reward past its date and a referral past its window; or a reward whose reminder is due.
  it.each(["2028-01-01T00:00:00Z", "2027-02-20T10:00:00Z"])(
    "expiring and reminding as of %s, when the mail cannot be queued",
    async (asOf) => {
      const customer = await newReferrer(db.sql);
      await db.sql`select private.grant_reward(${customer.id}, 'goodwill', null, ${ACTOR}, ${T0})`;
      await placeOrder(db.sql, T0, { code: customer.referral_code });
      const expire = () => db.sql`select public.expire_due(${asOf})`;
      await whileFailing("notifications", expire);
      await expire();
    },
  );

  it.each(["referral_program", "audit_log"])(
    "changing the terms, when %s cannot be written",
    async (table) => {
      const owner = await newAdmin(db.sql, "owner");
      const { version } = one(
        await db.sql<{ version: number }[]>`
          select max(version)::integer as version from referral_program`,
      );
      const change = () =>
        asUser(
          db.sql,
          owner,
          (sql) =>
            sql`select public.update_program('{"velocity_alert": 6}', 'a busy day', ${version})`,
        );
      await whileFailing(table, change);
      await change();
    },
  );

  it("queueing a given-up mail again, when the audit row cannot be written", async () => {
    const billing = await newAdmin(db.sql, "billing");
    const { id } = one(
      await db.sql<{ id: string }[]>`
        insert into notifications (template, recipient, dedupe_key, status)
        values ('reward_expired', 'x@example.test', gen_random_uuid(), 'failed') returning id`,
    );
    const retry = () =>
      asUser(db.sql, billing, (sql) => sql`select public.retry_notification(${id})`);
    await whileFailing("audit_log", retry);
    await retry();
  });

  it("changing a package, when the change or its audit row cannot be written", async () => {
    const customer = await newReferrer(db.sql);
    const { slug } = await newPackage(db.sql, { priceCents: 99_900 });
    const change = () => db.sql`
      select private.change_service_package(s.id, ${slug}, 'wants more', ${ACTOR}, ${later(1)})
      from customer_services as s where s.customer_id = ${customer.id}`;
    await whileFailing("service_price_changes", change);
    await whileFailing("audit_log", change);
    await change();
  });

  it("erasing a customer, when the audit row cannot be written", async () => {
    const customer = await newCustomer(db.sql);
    const erase = () => db.sql`
      select private.erase_customer(${customer.id}, 'asked for it', ${ACTOR}, ${later(1)})`;
    await whileFailing("audit_log", erase);
    await erase();
  });

  it("starting and failing a billing run, when its bookkeeping cannot be written", async () => {
    const start = () => startedRun(db.sql, "2026-08", "2026-08-01T08:00:00Z");
    await whileFailing("billing_runs", start);
    await whileFailing("audit_log", start);
    const id = await start();
    const finish = () => db.sql`
      select public.finish_billing_run(
        ${id}, '[{"customer_id": null, "service_id": null, "message": "broken"}]', 'alerts@example.test',
        '2026-08-01T08:00:00Z')`;
    await whileFailing("audit_log", finish);
    await whileFailing("notifications", finish);
    await finish();
  });

  it("keeping a refused attempt, when the audit row cannot be written", async () => {
    const support = await newAdmin(db.sql, "support");
    const refused = () =>
      db.sql`select public.record_refusal(${support}, 'reward.grant', 'customer', '', ${T0})`;
    await whileFailing("audit_log", refused);
    await refused();
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
      const rewardId = await pendingReward(db.sql, customer.id, { createdAt: T0 });
      const asOf = "2026-04-01T08:00:00Z";
      const run = await startedRun(db.sql, "2026-04", asOf);
      const draft = invoiceDraft({
        customerId: customer.id,
        serviceId: service,
        activatedAt: T0,
        month: "2026-04",
        rewardId,
      });
      const issue = () => db.sql`
      select public.issue_invoices(${run}, ${db.sql.json([draft])}, ${asOf})`;
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

  it("crediting and paying an invoice, when a part of it cannot be written: no number is used up", async () => {
    const { id: customerId } = await newCustomer(db.sql);
    const serviceId = await activeService(db.sql, customerId);
    const { number } = await issuedInvoice(db.sql, { customerId, serviceId, month: "2026-05" });
    const credit = () => db.sql<{ number: string }[]>`
      select private.issue_credit_note(${number}, 10000, 'outage', 'key-2', ${ACTOR}, ${later(60)})
        ->> 'credit_note_number' as number`;
    for (const table of ["credit_notes", "invoice_series", "audit_log", "idempotency_keys"]) {
      await whileFailing(table, credit);
    }
    expect(one(await credit()).number).toMatch(/-000001$/);
    const pay = () => db.sql`select public.record_invoice_payment(${number}, 79900, ${later(61)})`;
    await whileFailing("invoice_payments", pay);
    await pay();
  });
});
