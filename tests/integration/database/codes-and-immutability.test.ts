import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newCustomer, newReferrer, newTerms } from "@/tests/support/builders";
import { type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { invoiceDraft, startedRun } from "@/tests/support/invoices";
import { activateOrder, placeOrder } from "@/tests/support/orders";
import { nextNumber } from "@/tests/support/people";
import { one, type Queries } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

const CODE = /^[A-Z0-9]{2,8}-[0-9A-HJKMNP-TV-Z]{8}$/;

describe("a referral code", () => {
  it("is given to every customer, unique under 20 connections with 500 inserts each", async () => {
    const before = one(await db.sql<{ n: number }[]>`select count(*)::integer as n from customers`);
    const pool = db.pool(20);
    const insert = (n: number) =>
      pool`
        insert into customers (email, first_name, last_name)
        select 'load-' || ${n}::integer || '-' || i || '@example.test', 'Load', 'Test'
        from generate_series(1, 500) as i`;
    await Promise.all(Array.from({ length: 20 }, (_, n) => insert(n)));
    const rows = await db.sql<{ referral_code: string }[]>`select referral_code from customers`;
    expect(rows).toHaveLength(before.n + 10_000);
    expect(rows.filter((row) => !CODE.test(row.referral_code))).toEqual([]);
    expect(new Set(rows.map((row) => row.referral_code.slice(-8))).size).toBe(rows.length);
    // Every letter of the alphabet at every place: no position is biased or constant.
    for (let place = 0; place < 8; place += 1) {
      const letters = new Set(rows.map((row) => row.referral_code.slice(-8)[place]));
      expect(letters.size).toBe(32);
    }
  });

  it("is drawn again when it is taken, and never shared when two sessions draw it at once", async () => {
    // A source that mostly repeats itself, as no real one would in a lifetime.
    await db.sql.unsafe(`
      alter function private.random_code_body() rename to random_code_body_kept;
      create function private.random_code_body() returns text language sql set search_path = '' as $$
        select case when random() < 0.8 then '0000000' || floor(random() * 4)::integer
          else private.random_code_body_kept() end
      $$`);
    try {
      const insert = (sql: Queries, n: number) => sql`
        insert into customers (email, first_name, last_name)
        values (${`same-${n}@example.test`}, 'Same', 'Draw')`;
      for (let n = 0; n < 10; n += 1) await insert(db.sql, n);
      const pool = db.pool(20);
      const outcomes = await Promise.all(
        Array.from({ length: 60 }, (_, n) =>
          insert(pool, 100 + n).then(
            () => "inserted",
            (error: { code?: string }) => error.code,
          ),
        ),
      );
      const inserted = outcomes.filter((outcome) => outcome === "inserted").length;
      expect(outcomes.filter((o) => o !== "inserted" && o !== "23505")).toEqual([]);
      const rows = await db.sql<{ referral_code_key: string }[]>`
        select referral_code_key from customers where first_name = 'Same'`;
      expect(rows).toHaveLength(10 + inserted);
      expect(new Set(rows.map((row) => row.referral_code_key)).size).toBe(rows.length);
    } finally {
      await db.sql.unsafe(`
        drop function private.random_code_body();
        alter function private.random_code_body_kept() rename to random_code_body`);
    }
  });

  it("does not run out of locks when many customers are loaded in one transaction", async () => {
    const loaded = await db.sql`
      insert into customers (email, first_name, last_name)
      select 'bulk-' || i || '@example.test', 'Bulk', 'Load' from generate_series(1, 25000) as i`;
    expect(loaded.count).toBe(25_000);
  });

  it("is permanent: no update changes it, whoever asks", async () => {
    const customer = await newCustomer(db.sql);
    const failure = await refusal(
      db.sql`update customers set referral_code = 'REF-00000000' where id = ${customer.id}`,
    );
    expect(failure).toMatchObject({ code: "PT409", message: "immutable_row" });
    await db.sql`update customers set first_name = 'Renamed' where id = ${customer.id}`;
    const row = one(
      await db.sql<{ referral_code: string }[]>`
        select referral_code from customers where id = ${customer.id}`,
    );
    expect(row.referral_code).toBe(customer.referral_code);
  });

  it("carries the prefix in force; older codes keep theirs and are still found", async () => {
    const old = await newReferrer(db.sql);
    const prefix = `ZZ${nextNumber()}`;
    await newTerms(db.sql, { code_prefix: prefix });
    const fresh = await newReferrer(db.sql);
    expect(old.referral_code).toMatch(/^REF-/);
    expect(fresh.referral_code).toBe(`${prefix}-${fresh.referral_code.slice(-8)}`);
    for (const customer of [old, fresh]) {
      for (const code of [customer.referral_code, customer.referral_code.slice(-8)]) {
        const { answer } = one(
          await db.sql<{ answer: { valid: boolean; code: string } }[]>`
            select public.validate_referral_code(${code}) as answer`,
        );
        expect(answer).toMatchObject({ valid: true, code: customer.referral_code });
      }
    }
    const { answer } = one(
      await db.sql<{ answer: unknown }[]>`
        select public.validate_referral_code(${`ABC-${old.referral_code.slice(-8)}`}) as answer`,
    );
    expect(answer).toEqual({ valid: false });
  });
});

describe("what is written once", () => {
  it.each([
    ["audit_log", "set reason = 'changed'"],
    ["referral_program", "set referrals_required = 1"],
    ["billing_settings", "set vat_bps = 0"],
    ["customer_invoices", "set amount_due_cents = 0"],
  ])(
    "stays in %s: update, delete and truncate are refused to the owner too",
    async (table, set) => {
      await somethingInvoiced();
      const before = await db.sql.unsafe(`select to_jsonb(t) as row from ${table} as t order by 1`);
      expect(before.length).toBeGreaterThan(0);
      for (const statement of [
        `update ${table} ${set}`,
        `delete from ${table}`,
        `truncate ${table} cascade`,
      ]) {
        const failure = await refusal(db.sql.unsafe(statement));
        expect([statement, failure.code, failure.message]).toEqual([
          statement,
          "PT409",
          "immutable_row",
        ]);
      }
      const after = await db.sql.unsafe(`select to_jsonb(t) as row from ${table} as t order by 1`);
      expect(after).toEqual(before);
    },
  );

  it("lets an invoice's buyer be erased, and nothing with it", async () => {
    const invoice = await somethingInvoiced();
    const failure = await refusal(db.sql`
      update customer_invoices set buyer = '{"erased": true}', amount_due_cents = 1
      where id = ${invoice}`);
    expect(failure.message).toBe("immutable_row");
    const other = await refusal(
      db.sql`update customer_invoices set buyer = '{"name": "Other"}' where id = ${invoice}`,
    );
    expect(other.message).toBe("immutable_row");
    await db.sql`update customer_invoices set buyer = '{"erased": true}' where id = ${invoice}`;
    const row = one(
      await db.sql<{ buyer: unknown }[]>`
        select buyer from customer_invoices where id = ${invoice}`,
    );
    expect(row.buyer).toEqual({ erased: true });
  });

  it("keeps applied, expired and revoked rewards as they are", async () => {
    const customer = await newReferrer(db.sql);
    const insert = (status: string, more: string) =>
      db.sql.unsafe<{ id: string }[]>(`
        insert into referral_rewards (customer_id, source, grant_reason, status, expires_at${more ? `, ${more.split("=")[0]}` : ""})
        values ('${customer.id}', 'manual', 'test', '${status}', '2027-01-01'${more ? `, ${more.split("=")[1]}` : ""})
        returning id`);
    const expired = one(await insert("expired", "expired_at=now()"));
    const revoked = one(await insert("revoked", "revoked_at, revoke_reason=now(), 'a reason'"));
    for (const { id } of [expired, revoked]) {
      const failure = await refusal(
        db.sql`update referral_rewards set status = 'pending', expired_at = null,
          revoked_at = null, revoke_reason = null where id = ${id}`,
      );
      expect(failure).toMatchObject({ code: "PT409", message: "reward_not_pending" });
      const kept = await refusal(db.sql`delete from referral_rewards where id = ${id}`);
      expect(kept.message).toBe("immutable_row");
    }
    const pending = one(await insert("pending", ""));
    const kept = await refusal(db.sql`delete from referral_rewards where id = ${pending.id}`);
    expect(kept.message).toBe("immutable_row");
  });

  it("refuses a settings version whose time zone does not exist", async () => {
    const failure = await refusal(db.sql`
      insert into billing_settings (version, brand_name, support_email, seller, time_zone)
      select version + 1000, brand_name, support_email, seller, 'Mars/Olympus'
      from billing_settings order by version desc limit 1`);
    expect(failure).toMatchObject({ code: "PT400", message: "invalid_request" });
  });
});

/** One more invoice, issued as a billing run does. Returns its id. */
async function somethingInvoiced(): Promise<string> {
  const sql = db.sql;
  const activatedAt = "2026-03-01T08:00:00Z";
  const asOf = "2026-04-01T08:00:00Z";
  const { order_id, customer_id: customerId } = await placeOrder(sql, activatedAt);
  const service = await activateOrder(sql, order_id, activatedAt);
  const run = await startedRun(sql, "2026-04", asOf);
  const draft = invoiceDraft({ customerId, serviceId: service, activatedAt, month: "2026-04" });
  await sql`select public.issue_invoices(${run}, ${sql.json([draft])}, ${asOf})`;
  return one(
    await sql<{ id: string }[]>`select id from customer_invoices where service_id = ${service}`,
  ).id;
}
