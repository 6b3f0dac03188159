import fc from "fast-check";
import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { paymentEffect } from "@/lib/invoicing/account";
import { activeService, newAdmin, newCustomer } from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { type BuiltInvoice, creditInvoice, issuedInvoice } from "@/tests/support/invoices";
import { one, verify } from "@/tests/support/rows";

let db: OwnDatabase;
let sql: Sql;
let billing: string;
beforeAll(async () => {
  db = await ownDatabase();
  sql = db.sql;
  billing = await newAdmin(sql, "billing");
});
afterAll(() => db.drop());

interface Receipt {
  payment_id: string;
  invoice_number: string;
  paid_cents: number;
  outstanding_cents: number;
  credit_cents: number;
}

/** Records a payment as an admin. Amounts in cents, days `YYYY-MM-DD`. */
async function pay(
  number: string,
  cents: number,
  given: { on?: string; reference?: string; key?: string; method?: string } = {},
): Promise<Receipt> {
  const { answer } = one(
    await sql<{ answer: Receipt }[]>`
      select private.record_payment(${number}, ${cents}, ${given.on ?? "2026-11-10"},
        ${given.method ?? null}, ${given.reference ?? null}, ${given.key ?? null}, ${billing},
        '2026-11-20T08:00:00Z') as answer`,
  );
  return answer;
}

async function reverse(paymentId: string): Promise<Receipt> {
  const { answer } = one(
    await sql<{ answer: Receipt }[]>`
      select private.reverse_payment(${paymentId}, 'recorded twice', ${billing},
        '2026-11-21T08:00:00Z') as answer`,
  );
  return answer;
}

/** A customer with an invoice of R799 for each month, the oldest first. */
async function customerWith(...months: string[]) {
  const customer = await newCustomer(sql);
  const serviceId = await activeService(sql, customer.id);
  const invoices: BuiltInvoice[] = [];
  for (const month of months) {
    invoices.push(await nextInvoice(customer.id, serviceId, month));
  }
  return { customer, serviceId, invoices };
}

const nextInvoice = (customerId: string, serviceId: string, month: string, totalCents?: number) =>
  issuedInvoice(sql, {
    customerId,
    serviceId,
    month,
    ...(totalCents === undefined ? {} : { totalCents }),
    issuedAt: `${month}-01T06:00:00Z`,
    dueOn: `${month}-28`,
  });

async function standing(customerId: string) {
  const rows = await sql<
    { number: string; paid: number; from_account: number; outstanding: number }[]
  >`
    select i.invoice_number as number, (s ->> 'paid_cents')::integer as paid,
      (s ->> 'from_account_cents')::integer as from_account,
      (s ->> 'outstanding_cents')::integer as outstanding
    from customer_invoices as i, private.invoice_standing(i) as s
    where i.customer_id = ${customerId}
    order by i.issued_at, i.period_start, i.id`;
  const { balance, credit } = one(
    await sql<{ balance: number; credit: number }[]>`
      select private.account_balance(${customerId})::integer as balance,
        coalesce((select credit_cents from account_credits where customer_id = ${customerId}), 0)::integer
          as credit`,
  );
  return { rows, balance, credit, outstanding: rows.map((row) => row.outstanding) };
}

const isPaid = async (id: string) =>
  one(await sql<{ paid: boolean }[]>`select private.invoice_is_paid(${id}) as paid`).paid;

describe("a payment", () => {
  it("in parts leaves the rest outstanding until the last part", async () => {
    const {
      invoices: [invoice],
    } = await customerWith("2026-10");
    if (!invoice) throw new Error("one invoice was made");
    expect(await pay(invoice.number, 30_000)).toMatchObject({
      invoice_number: invoice.number,
      paid_cents: 30_000,
      outstanding_cents: 49_900,
      credit_cents: 0,
    });
    expect(await isPaid(invoice.id)).toBe(false);
    expect(await pay(invoice.number, 49_900)).toMatchObject({
      paid_cents: 79_900,
      outstanding_cents: 0,
      credit_cents: 0,
    });
    expect(await isPaid(invoice.id)).toBe(true);
  });

  it("beyond its invoice is set against the oldest open one, and the rest lowers the next invoice", async () => {
    const { customer, serviceId, invoices } = await customerWith("2026-08", "2026-09", "2026-10");
    const newest = invoices[2];
    if (!newest) throw new Error("three invoices were made");
    expect(await pay(newest.number, 200_000)).toMatchObject({
      paid_cents: 200_000,
      outstanding_cents: 0,
      credit_cents: 0,
    });
    expect((await standing(customer.id)).outstanding).toEqual([0, 39_700, 0]);
    await pay(newest.number, 50_000);
    expect(await standing(customer.id)).toMatchObject({
      outstanding: [0, 0, 0],
      balance: -10_300,
      credit: 10_300,
    });
    const next = await nextInvoice(customer.id, serviceId, "2026-11");
    expect(await standing(customer.id)).toMatchObject({
      outstanding: [0, 0, 0, 69_600],
      balance: 69_600,
      credit: 0,
    });
    expect(await isPaid(next.id)).toBe(false);
  });

  it("goes to an older invoice that is recorded after a newer one took the credit", async () => {
    const { customer, serviceId, invoices } = await customerWith("2026-08");
    await pay(invoices[0]?.number ?? "", 129_900);
    await nextInvoice(customer.id, serviceId, "2026-10");
    expect((await standing(customer.id)).outstanding).toEqual([0, 29_900]);
    // As by a run that was started earlier and ends later.
    await nextInvoice(customer.id, serviceId, "2026-09");
    expect((await standing(customer.id)).outstanding).toEqual([0, 29_900, 79_900]);
  });

  it("stays the customer's when a credit note takes a paid invoice back", async () => {
    const { customer, serviceId, invoices } = await customerWith("2026-10");
    const [invoice] = invoices;
    if (!invoice) throw new Error("one invoice was made");
    await pay(invoice.number, 79_900);
    await creditInvoice(sql, invoice.number, 20_000);
    expect(await standing(customer.id)).toMatchObject({ balance: -20_000, credit: 20_000 });
    await nextInvoice(customer.id, serviceId, "2026-11");
    expect((await standing(customer.id)).outstanding).toEqual([0, 59_900]);
  });

  it("that is taken back leaves the account as if it had never been recorded", async () => {
    const { customer, invoices } = await customerWith("2026-09", "2026-10");
    const [oldest] = invoices;
    if (!oldest) throw new Error("two invoices were made");
    await pay(oldest.number, 10_000);
    const before = await standing(customer.id);
    const { payment_id } = await pay(oldest.number, 150_000);
    expect((await standing(customer.id)).outstanding).toEqual([0, 0]);
    expect(await reverse(payment_id)).toMatchObject({
      paid_cents: 10_000,
      outstanding_cents: 69_900,
    });
    expect(await standing(customer.id)).toEqual(before);
    expect(await refusal(reverse(payment_id))).toMatchObject({
      code: "PT409",
      message: "payment_already_reversed",
    });
  });

  it("is recorded once per key, and a key is good for one request", async () => {
    const {
      customer,
      invoices: [invoice],
    } = await customerWith("2026-10");
    if (!invoice) throw new Error("one invoice was made");
    const first = await pay(invoice.number, 10_000, { key: "once" });
    expect(await pay(invoice.number, 10_000, { key: "once" })).toEqual(first);
    expect(await standing(customer.id)).toMatchObject({ balance: 69_900 });
    expect(await refusal(pay(invoice.number, 10_001, { key: "once" }))).toMatchObject({
      message: "idempotency_key_reused",
    });
    // Without a key, two equal payments are two payments.
    await pay(invoice.number, 10_000);
    await pay(invoice.number, 10_000);
    expect(await standing(customer.id)).toMatchObject({ balance: 49_900 });
  });

  it("that the payment system reports again changes nothing", async () => {
    const {
      customer,
      invoices: [invoice],
    } = await customerWith("2026-10");
    if (!invoice) throw new Error("one invoice was made");
    const report = async (cents: number, reference: string | null) =>
      one(
        await sql<{ recorded: boolean }[]>`
          select (public.record_invoice_payment(${invoice.number}, ${cents}, '2026-11-10T09:00:00Z',
            ${reference}) ->> 'recorded')::boolean as recorded`,
      ).recorded;
    expect(await report(30_000, null)).toBe(true);
    expect(await report(30_000, null)).toBe(false);
    expect(await report(30_000, "second debit")).toBe(true);
    expect(await report(19_900, null)).toBe(true);
    expect(await standing(customer.id)).toMatchObject({ balance: 0, credit: 0 });
  });

  it.each([
    ["nothing", 0, "2026-11-10"],
    ["less than nothing", -1, "2026-11-10"],
    ["more than any invoice", 100_000_000_001, "2026-11-10"],
    ["tomorrow", 100, "2026-11-21"],
    ["a day of another century", 100, "1999-12-31"],
  ])("of %s is refused", async (_name, cents, on) => {
    const {
      customer,
      invoices: [invoice],
    } = await customerWith("2026-10");
    if (!invoice) throw new Error("one invoice was made");
    expect(await refusal(pay(invoice.number, cents, { on }))).toMatchObject({
      code: "PT400",
      message: "invalid_request",
    });
    expect(await standing(customer.id)).toMatchObject({ balance: 79_900 });
  });

  it("needs an invoice that exists, a known method and a reference of one line", async () => {
    const {
      invoices: [invoice],
    } = await customerWith("2026-10");
    if (!invoice) throw new Error("one invoice was made");
    expect(await refusal(pay("INV-2026-999999", 100))).toMatchObject({ message: "not_found" });
    for (const given of [
      { method: "barter" },
      { reference: "two\nlines" },
      { reference: "x".repeat(141) },
    ]) {
      expect(await refusal(pay(invoice.number, 100, given))).toMatchObject({
        message: "invalid_request",
      });
    }
  });

  it("is never changed or deleted", async () => {
    const {
      invoices: [invoice],
    } = await customerWith("2026-10");
    if (!invoice) throw new Error("one invoice was made");
    const { payment_id } = await pay(invoice.number, 100);
    for (const change of [
      sql`update invoice_payments set amount_cents = 1 where id = ${payment_id}`,
      sql`delete from invoice_payments where id = ${payment_id}`,
      sql`truncate invoice_payments cascade`,
    ]) {
      expect(await refusal(change)).toMatchObject({ message: "immutable_row" });
    }
  });
});

describe("who may record a payment", () => {
  const asAdmin = (userId: string, number: string) =>
    asUser(db.sql, userId, (as) => as`select public.record_payment(${number}, 100, '2026-11-10')`);

  it("an admin with billing:manage_invoices, for other people's accounts, with an audit row", async () => {
    const {
      customer,
      invoices: [invoice],
    } = await customerWith("2026-10");
    if (!invoice) throw new Error("one invoice was made");
    const support = await newAdmin(sql, "support");
    expect(await refusal(asAdmin(support, invoice.number))).toMatchObject({ message: "forbidden" });
    const own = await newAdmin(sql, "billing", { authUserId: customer.auth_user_id });
    expect(await refusal(asAdmin(own, invoice.number))).toMatchObject({ message: "own_account" });
    await asAdmin(billing, invoice.number);
    const row = one(
      await sql`
        select l.actor_id, l.action, l.after ->> 'amount_cents' as cents
        from audit_log as l where l.customer_id = ${customer.id} and l.entity_type = 'payment'`,
    );
    expect(row).toEqual({ actor_id: billing, action: "payment.recorded", cents: "100" });
  });
});

describe("what is overdue", () => {
  it("counts what is outstanding, not whether there was a payment", async () => {
    const { customer, invoices } = await customerWith("2026-08", "2026-10");
    const [older] = invoices;
    if (!older) throw new Error("two invoices were made");
    const account = async (on: string) =>
      one(
        await sql<
          { summary: { balance_cents: number; overdue_cents: number }; overdue: boolean }[]
        >`
          select private.account_summary(${customer.id}, ${on}) as summary,
            private.has_overdue_invoice(${customer.id}, ${on}) as overdue`,
      );
    expect(await account("2026-10-15T08:00:00Z")).toMatchObject({
      summary: { balance_cents: 159_800, overdue_cents: 79_900 },
      overdue: true,
    });
    await pay(older.number, 79_899);
    expect(await account("2026-10-15T08:00:00Z")).toMatchObject({
      summary: { balance_cents: 79_901, overdue_cents: 1 },
      overdue: true,
    });
    await creditInvoice(sql, older.number, 1);
    expect(await account("2026-10-15T08:00:00Z")).toMatchObject({
      summary: { balance_cents: 79_900, overdue_cents: 0 },
      overdue: false,
    });
  });
});

describe("an account, whatever happens to it and in whatever order", () => {
  const cents = fc.integer({ min: 1, max: 200_000 });
  const invoice = fc.nat({ max: 3 });
  const entry = fc.oneof(
    fc.record({ kind: fc.constant("payment" as const), invoice, cents }),
    fc.record({ kind: fc.constant("credit" as const), invoice, cents }),
    fc.record({ kind: fc.constant("reversal" as const), invoice, cents }),
  );
  type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never;
  const MONTHS = ["2026-07", "2026-08", "2026-09", "2026-10"];

  /** The rule in its plainest words, one cent sum at a time. */
  function expected(totals: number[], entries: { invoice: number; effect: number }[]) {
    const left = totals.map(
      (total, n) =>
        total -
        entries.filter((one) => one.invoice === n).reduce((sum, { effect }) => sum + effect, 0),
    );
    let surplus = 0;
    for (const amount of left) surplus += Math.max(0, -amount);
    const outstanding = left.map((amount) => {
      const open = Math.max(0, amount);
      const used = Math.min(open, surplus);
      surplus -= used;
      return open - used;
    });
    return { outstanding, credit: surplus, balance: left.reduce((sum, amount) => sum + amount, 0) };
  }

  async function apply(entries: Entry[], totals: number[], late: number) {
    const customer = await newCustomer(sql);
    const serviceId = await activeService(sql, customer.id);
    const invoices: BuiltInvoice[] = [];
    const issue = async (n: number) => {
      invoices.push(await nextInvoice(customer.id, serviceId, MONTHS[n] ?? "", totals[n]));
    };
    // The last invoices are issued after the entries of the others.
    for (let n = 0; n < late; n += 1) await issue(n);
    const credited = totals.map(() => 0);
    const done: { invoice: number; effect: number }[] = [];
    const act = async (one: Entry) => {
      const target = invoices[one.invoice];
      if (!target) return;
      if (one.kind === "credit") {
        const room = (totals[one.invoice] ?? 0) - (credited[one.invoice] ?? 0);
        const amount = Math.min(one.cents, room);
        if (amount < 1) return;
        await creditInvoice(sql, target.number, amount);
        credited[one.invoice] = (credited[one.invoice] ?? 0) + amount;
        done.push({ invoice: one.invoice, effect: amount });
        return;
      }
      const { payment_id } = await pay(target.number, one.cents);
      if (one.kind === "reversal") await reverse(payment_id);
      else done.push({ invoice: one.invoice, effect: one.cents });
    };
    for (const one of entries.filter((one) => one.invoice < late)) await act(one);
    for (let n = late; n < totals.length; n += 1) await issue(n);
    for (const one of entries.filter((one) => one.invoice >= late)) await act(one);
    const { outstanding, credit, balance } = await standing(customer.id);
    expect({ outstanding, credit, balance }).toEqual(expected(totals, done));
    return { outstanding, credit, balance };
  }

  it("stands as the rule says, to the cent, and the same for every order of entries", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 150_000 }), { minLength: 4, maxLength: 4 }),
        fc.array(entry, { maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        async (totals, entries, late) => {
          // Credits are cut to what is left: their order matters, so all have the same room.
          const small = entries.map((one) =>
            one.kind === "credit" ? { ...one, cents: 1 + (one.cents % 100) } : one,
          );
          const roomy = totals.map((total) => total + 1_000);
          const there = await apply(small, roomy, 4);
          const back = await apply([...small].reverse(), roomy, late);
          expect(back).toEqual(there);
        },
      ),
      { numRuns: 25 },
    );
    expect(await verify(sql)).toEqual({ violations: 0, details: [] });
  });
});

describe("an account over years", () => {
  const YEARS = 9;
  const month = fc
    .tuple(fc.integer({ min: 2024, max: 2023 + YEARS }), fc.integer({ min: 1, max: 12 }))
    .map(([year, of]) => `${year}-${String(of).padStart(2, "0")}`);
  const cents = fc.integer({ min: 1, max: 150_000 });
  const which = fc.nat({ max: 30 });
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("invoice" as const), month, cents }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("payment" as const), which, cents }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("credit" as const), which, cents }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("reversal" as const), which }) },
  );
  /** A day in the middle of the years: some invoices are past it, some are due later. */
  const TODAY = "2028-06-15T08:00:00Z";

  interface Model {
    id: string;
    number: string;
    dueOn: string;
    issuedAt: string;
    total: number;
    credited: number;
    paid: number;
  }

  /** The oldest invoice first takes what the others have too much. */
  function expected(invoices: Model[]) {
    const ordered = [...invoices].sort((a, b) => (a.issuedAt < b.issuedAt ? -1 : 1));
    const left = ordered.map((one) => one.total - one.credited - one.paid);
    let pool = left.reduce((sum, amount) => sum + Math.max(0, -amount), 0);
    let overdue = 0;
    let owed = 0;
    ordered.forEach((one, n) => {
      const open = Math.max(0, left[n] ?? 0);
      const used = Math.min(open, pool);
      pool -= used;
      owed += open - used;
      if (one.dueOn < TODAY.slice(0, 10)) overdue += open - used;
    });
    return {
      balance_cents: left.reduce((sum, amount) => sum + amount, 0),
      overdue_cents: overdue,
      credit_cents: pool,
      owed_cents: owed,
    };
  }

  it("adds up after each step, equals the sum of its entries, and knows what is overdue", async () => {
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 14 }),
      async (steps) => {
        const customer = await newCustomer(sql);
        const serviceId = await activeService(sql, customer.id, {
          activatedAt: "2023-12-01T08:00:00Z",
        });
        const invoices: Model[] = [];
        const payments: { id: string; invoice: Model; cents: number }[] = [];
        for (const next of steps) {
          if (next.kind === "invoice") {
            const issuedAt = `${next.month}-01T06:00:00Z`;
            if (invoices.some((known) => known.issuedAt === issuedAt)) continue;
            const built = await nextInvoice(customer.id, serviceId, next.month, next.cents);
            invoices.push({
              ...built,
              issuedAt,
              dueOn: `${next.month}-28`,
              total: next.cents,
              credited: 0,
              paid: 0,
            });
          } else if (next.kind === "reversal") {
            const payment = payments.splice(next.which % Math.max(payments.length, 1), 1)[0];
            if (!payment) continue;
            await reverse(payment.id);
            payment.invoice.paid -= payment.cents;
          } else {
            const target = invoices[next.which % Math.max(invoices.length, 1)];
            if (!target) continue;
            if (next.kind === "payment") {
              const before = expected(invoices);
              const receipt = await pay(target.number, next.cents, { on: "2024-01-10" });
              target.paid += next.cents;
              payments.push({ id: receipt.payment_id, invoice: target, cents: next.cents });
              // What the dialog promises is what happens.
              const rows = (await standing(customer.id)).rows;
              const own = rows.find(({ number }) => number === target.number);
              const outstanding = receipt.outstanding_cents;
              expect(own?.outstanding).toBe(outstanding);
              const credit = receipt.credit_cents - before.credit_cents;
              expect(before.owed_cents - expected(invoices).owed_cents + credit).toBe(next.cents);
            } else {
              const room = Math.min(next.cents, target.total - target.credited);
              if (room < 1) continue;
              await creditInvoice(sql, target.number, room);
              target.credited += room;
            }
          }
          const { summary, entries } = one(
            await sql<{ summary: Record<string, unknown>; entries: string }[]>`
              select private.account_summary(${customer.id}, ${TODAY}) as summary,
                (select coalesce(sum(e.effect_cents), 0)::text
                  from private.account_entries(${customer.id}) as e) as entries`,
          );
          const { owed_cents: owed, ...sums } = expected(invoices);
          expect(summary).toMatchObject(sums);
          expect(Number(entries)).toBe(sums.balance_cents);
          const { outstanding } = await standing(customer.id);
          expect(outstanding.reduce((sum, amount) => sum + amount, 0)).toBe(owed);
        }
      },
    );
    await fc.assert(property, { numRuns: 20 });
    expect(await verify(sql)).toEqual({ violations: 0, details: [] });
  });

  it("and a payment does what paymentEffect says before it is recorded", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(cents, { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(fc.nat({ max: 3 }), cents), { maxLength: 3 }),
        fc.nat({ max: 3 }),
        cents,
        async (totals, earlier, at, amount) => {
          const customer = await newCustomer(sql);
          const serviceId = await activeService(sql, customer.id, {
            activatedAt: "2023-12-01T08:00:00Z",
          });
          const invoices: BuiltInvoice[] = [];
          for (const [n, total] of totals.entries()) {
            invoices.push(await nextInvoice(customer.id, serviceId, `2026-0${n + 1}`, total));
          }
          const pick = (n: number) => {
            const invoice = invoices[n % invoices.length];
            if (!invoice) throw new Error("an invoice was made");
            return invoice;
          };
          for (const [n, paid] of earlier) await pay(pick(n).number, paid);
          const before = await standing(customer.id);
          const target = pick(at);
          const of = (rows: typeof before.rows) =>
            rows.find(({ number }) => number === target.number)?.outstanding ?? 0;
          const own = of(before.rows);
          const all = before.outstanding.reduce((sum, open) => sum + open, 0);
          const effect = paymentEffect(amount, own, all - own);
          await pay(target.number, amount);
          const after = await standing(customer.id);
          expect(of(after.rows)).toBe(effect.outstanding_cents);
          expect(after.credit - before.credit).toBe(effect.credit_cents);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe("the customer's account", () => {
  it("lists what moved the balance, newest first, in pages, each with the balance after it", async () => {
    const { customer, invoices } = await customerWith("2026-09", "2026-10");
    const [older, newer] = invoices;
    if (!older || !newer) throw new Error("two invoices were made");
    await pay(older.number, 79_900, { on: "2026-09-15", reference: "Salary" });
    const { payment_id } = await pay(newer.number, 500, { on: "2026-10-15" });
    await reverse(payment_id);
    await creditInvoice(sql, newer.number, 900, { asOf: "2026-11-22T08:00:00Z" });

    interface AccountPage {
      balance_cents: number;
      entries: {
        kind: string;
        number: string;
        on: string;
        amount_cents: number;
        balance_cents: number;
      }[];
      next_cursor: { at: string; id: string } | null;
    }
    const page = async (cursor: AccountPage["next_cursor"]) =>
      one(
        await asUser(
          db.sql,
          customer.auth_user_id,
          (as) => as<{ account: AccountPage }[]>`
            select public.get_my_account(${cursor?.at ?? null}, ${cursor?.id ?? null}, 4) as account`,
        ),
      ).account;
    const first = await page(null);
    const second = await page(first.next_cursor);
    expect(second.next_cursor).toBeNull();
    expect(first.balance_cents).toBe(79_000);
    expect(
      [...first.entries, ...second.entries].map(({ kind, on, amount_cents, balance_cents }) => [
        kind,
        on,
        amount_cents,
        balance_cents,
      ]),
    ).toEqual([
      ["credit_note", "2026-11-22", 900, 79_000],
      ["payment", "2026-11-21", -500, 79_900],
      ["payment", "2026-10-15", 500, 79_400],
      ["invoice", "2026-10-01", 79_900, 79_900],
      ["payment", "2026-09-15", 79_900, 0],
      ["invoice", "2026-09-01", 79_900, 79_900],
    ]);
  });

  it("is nobody else's", async () => {
    const { customer } = await customerWith("2026-10");
    const other = await newCustomer(sql);
    const admin = (userId: string) =>
      asUser(
        db.sql,
        userId,
        (as) => as`select public.admin_get_account(${customer.id}) as account`,
      );
    expect(await refusal(admin(other.auth_user_id))).toMatchObject({ message: "forbidden" });
    expect(one(await admin(billing)).account).toMatchObject({ balance_cents: 79_900 });
  });
});
