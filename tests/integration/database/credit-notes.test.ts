import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { creditVat } from "@/lib/invoicing/credit-note";
import {
  ACTOR,
  activeService,
  newAdmin,
  newCustomer,
  type TestCustomer,
} from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { type BuiltInvoice, creditInvoice, issuedInvoice } from "@/tests/support/invoices";
import { one, verify } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

type Invoiced = BuiltInvoice & { customer: TestCustomer; serviceId: string };

/** A customer with one invoice. */
async function invoiced(
  given: Omit<Parameters<typeof issuedInvoice>[1], "customerId" | "serviceId"> = {},
): Promise<Invoiced> {
  const customer = await newCustomer(db.sql);
  const serviceId = await activeService(db.sql, customer.id);
  const invoice = await issuedInvoice(db.sql, { customerId: customer.id, serviceId, ...given });
  return { ...invoice, customer, serviceId };
}

type NoteRow = {
  id: string;
  credit_note_number: string;
  line_items: { amount_cents: number; vat_cents: number; description: string }[];
  subtotal_cents: number;
  vat_cents: number;
  total_cents: number;
  seller: unknown;
  buyer: unknown;
  issued_by: string;
  reason: string;
};

async function notesOf(invoiceId: string): Promise<NoteRow[]> {
  const rows = await db.sql<{ note: NoteRow }[]>`
    select to_jsonb(n) as note from credit_notes as n where n.invoice_id = ${invoiceId}
    order by n.credit_note_number`;
  return rows.map(({ note }) => note);
}

const sum = (numbers: number[]) => numbers.reduce((total, n) => total + n, 0);

describe("crediting an invoice", () => {
  it("takes all of it back, with its VAT, in a numbered document that names what it corrects", async () => {
    const invoice = await invoiced();
    const answer = await creditInvoice(db.sql, invoice.number, null, { reason: "  Never used \n" });
    expect(answer).toEqual({
      credit_note_number: expect.stringMatching(/^CRN-2026-\d{6}$/),
      invoice_number: invoice.number,
      total_cents: 79_900,
      vat_cents: 10_422,
      remaining_cents: 0,
      issued_at: expect.stringContaining("2026-11-20T08:00:00"),
    });
    const note = one(await notesOf(invoice.id));
    expect(note).toMatchObject({
      credit_note_number: answer.credit_note_number,
      reason: "Never used",
      issued_by: ACTOR,
      total_cents: 79_900,
      vat_cents: 10_422,
      subtotal_cents: 69_478,
      buyer: { name: "Thandi Nkosi" },
      seller: { name: "Acme Fibre (Pty) Ltd", vat_number: "4000000000" },
      line_items: [{ amount_cents: 79_900, vat_cents: 10_422 }],
    });
    expect(note.line_items[0]?.description).toContain(`${invoice.number}: Fibre 100/50`);
    const audit = one(await db.sql`select * from audit_log where entity_id = ${note.id}`);
    expect(audit).toMatchObject({
      action: "credit_note.issued",
      entity_type: "credit_note",
      actor_id: ACTOR,
      customer_id: invoice.customer.id,
      reason: "Never used",
      after: {
        credit_note_number: answer.credit_note_number,
        invoice_number: invoice.number,
        total_cents: 79_900,
        vat_cents: 10_422,
        credited_cents: 79_900,
      },
    });
    const untouched = one(
      await db.sql`
      select total_cents, amount_due_cents from customer_invoices where id = ${invoice.id}`,
    );
    expect(untouched).toEqual({ total_cents: "79900", amount_due_cents: "79900" });
  });

  it("in parts, however they are cut, never exceeds amount or VAT and ends at exactly both", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 500_000 }),
        fc.constantFrom(0, 1, 1400, 1500, 1550, 10_000),
        fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: 6 }),
        async (totalCents, vatBps, cuts) => {
          const invoice = await invoiced({ totalCents, vatBps });
          let credited = 0;
          for (const cut of [...cuts, null]) {
            const left = invoice.totalCents - credited;
            if (left === 0) break;
            const amount = cut === null ? null : Math.min(cut, left);
            const answer = await creditInvoice(db.sql, invoice.number, amount);
            expect(answer.vat_cents).toBe(
              creditVat(
                { total_cents: totalCents, vat_cents: invoice.vatCents },
                credited,
                amount ?? left,
              ),
            );
            credited += answer.total_cents;
            expect(answer.remaining_cents).toBe(invoice.totalCents - credited);
            const notes = await notesOf(invoice.id);
            expect(sum(notes.map((note) => note.total_cents))).toBe(credited);
            expect(sum(notes.map((note) => note.vat_cents))).toBeLessThanOrEqual(invoice.vatCents);
          }
          const notes = await notesOf(invoice.id);
          expect(sum(notes.map((note) => note.total_cents))).toBe(invoice.totalCents);
          expect(sum(notes.map((note) => note.vat_cents))).toBe(invoice.vatCents);
        },
      ),
      { numRuns: 25 },
    );
    expect(await verify(db.sql)).toEqual({ violations: 0, details: [] });
  });

  it("is refused above what is left, where nothing is left, and without an amount or reason", async () => {
    const invoice = await invoiced();
    await creditInvoice(db.sql, invoice.number, 70_000);
    const free = await invoiced({ totalCents: 0 });
    const credit = (amount: number | null, reason?: string) =>
      refusal(creditInvoice(db.sql, invoice.number, amount, { reason }));
    expect(await credit(9_901)).toMatchObject({ code: "PT409", message: "credit_exceeds_invoice" });
    expect(await credit(0)).toMatchObject({ code: "PT400", message: "invalid_request" });
    expect(await credit(-1)).toMatchObject({ code: "PT400", message: "invalid_request" });
    expect(await credit(100, " x ")).toMatchObject({ code: "PT400", message: "invalid_request" });
    expect(await credit(100, "x".repeat(501))).toMatchObject({ message: "invalid_request" });
    expect(await refusal(creditInvoice(db.sql, "INV-2026-999999", 1))).toMatchObject({
      code: "PT404",
      message: "not_found",
    });
    await creditInvoice(db.sql, invoice.number, 9_900);
    for (const [number, amount] of [
      [invoice.number, 1],
      [invoice.number, null],
      [free.number, 1],
      [free.number, null],
    ] as const) {
      expect(await refusal(creditInvoice(db.sql, number, amount))).toMatchObject({
        code: "PT409",
        message: "nothing_to_credit",
      });
    }
    expect((await notesOf(invoice.id)).map((note) => note.total_cents)).toEqual([70_000, 9_900]);
    expect(await notesOf(free.id)).toEqual([]);
  });

  it("does not give a used free month back", async () => {
    const invoice = await invoiced({ totalCents: 30_000 });
    const reward = one(
      await db.sql<{ id: string }[]>`
        insert into referral_rewards (customer_id, source, grant_reason, status, expires_at,
          applied_invoice_id, applied_at, amount_waived_cents)
        values (${invoice.customer.id}, 'manual', 'test', 'applied', '2027-01-01', ${invoice.id},
          now(), 49900)
        returning id`,
    );
    await creditInvoice(db.sql, invoice.number, null);
    const row = one(await db.sql`select status from referral_rewards where id = ${reward.id}`);
    expect(row.status).toBe("applied");
    await db.sql`alter table referral_rewards disable trigger user`;
    await db.sql`delete from referral_rewards where id = ${reward.id}`;
    await db.sql`alter table referral_rewards enable trigger user`;
  });

  it("is numbered by the year of the billing time zone, from one", async () => {
    const [before, after] = [await invoiced(), await invoiced()];
    const last = await creditInvoice(db.sql, before.number, 100, {
      asOf: "2029-12-31T21:59:59Z",
    });
    const first = await creditInvoice(db.sql, after.number, 100, { asOf: "2029-12-31T22:00:00Z" });
    expect([last.credit_note_number, first.credit_note_number]).toEqual([
      "CRN-2029-000001",
      "CRN-2030-000001",
    ]);
  });
});

describe("credits at the same time", () => {
  it("of one invoice never add up to more than it: of 20 tenths, 10 are issued", async () => {
    const invoice = await invoiced({ totalCents: 79_990 });
    const pool = db.pool(20);
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => creditInvoice(pool, invoice.number, 7_999)),
    );
    const issued = results.flatMap((result) =>
      result.status === "fulfilled" ? [result.value] : [],
    );
    expect(issued).toHaveLength(10);
    for (const result of results) {
      if (result.status === "rejected") {
        expect(result.reason).toMatchObject({ message: "nothing_to_credit" });
      }
    }
    const notes = await notesOf(invoice.id);
    expect(sum(notes.map((note) => note.total_cents))).toBe(79_990);
    expect(sum(notes.map((note) => note.vat_cents))).toBe(invoice.vatCents);
    expect(new Set(issued.map((credit) => credit.remaining_cents)).size).toBe(10);
    expect(await verify(db.sql)).toEqual({ violations: 0, details: [] });
  });

  it("of 20 invoices get 20 numbers in a row", async () => {
    const invoices = [];
    for (let n = 0; n < 20; n += 1) invoices.push(await invoiced());
    const pool = db.pool(20);
    const numbers = await Promise.all(
      invoices.map(async ({ number }) => {
        const { credit_note_number } = await creditInvoice(pool, number, null);
        return Number(credit_note_number.split("-")[2]);
      }),
    );
    const first = Math.min(...numbers);
    expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, n) => first + n));
    expect(await verify(db.sql)).toEqual({ violations: 0, details: [] });
  });

  it("under one key are one credit note with one answer; another request under it is refused", async () => {
    const invoice = await invoiced();
    const pool = db.pool(20);
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => creditInvoice(pool, invoice.number, 1_000, { key })),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await notesOf(invoice.id)).toHaveLength(1);
    for (const [amount, reason] of [
      [1_001, undefined],
      [null, undefined],
      [1_000, "Another reason"],
    ] as const) {
      const failure = await refusal(creditInvoice(db.sql, invoice.number, amount, { key, reason }));
      expect(failure).toMatchObject({ code: "PT409", message: "idempotency_key_reused" });
    }
    // A key belongs to the admin who used it.
    await creditInvoice(db.sql, invoice.number, 1_000, { key, actor: randomUUID() });
    expect(await notesOf(invoice.id)).toHaveLength(2);
  });
});

describe("an issued credit note", () => {
  it("is never changed, deleted or truncated, by its owner neither; its buyer can be erased", async () => {
    const invoice = await invoiced();
    await creditInvoice(db.sql, invoice.number, 100);
    const before = await notesOf(invoice.id);
    for (const statement of [
      "update credit_notes set total_cents = 1",
      `update credit_notes set buyer = '{"name": "Other"}'`,
      `update credit_notes set buyer = '{"erased": true}', reason = 'changed'`,
      "delete from credit_notes",
      "truncate credit_notes",
    ]) {
      const failure = await refusal(db.sql.unsafe(statement));
      expect([statement, failure.code, failure.message]).toEqual([
        statement,
        "PT409",
        "immutable_row",
      ]);
    }
    expect(await notesOf(invoice.id)).toEqual(before);
    await db.sql`
      update credit_notes set buyer = '{"erased": true}' where invoice_id = ${invoice.id}`;
    expect(one(await notesOf(invoice.id)).buyer).toEqual({ erased: true });
  });

  it("names the buyer as the invoice does, also once that is erased", async () => {
    const invoice = await invoiced();
    await db.sql`
      update customer_invoices set buyer = '{"erased": true}' where id = ${invoice.id}`;
    await creditInvoice(db.sql, invoice.number, 100);
    expect(one(await notesOf(invoice.id)).buyer).toEqual({ erased: true });
  });

  it("settles what it takes back: a credited invoice is not overdue, and less is due on it", async () => {
    const invoice = await invoiced({ dueOn: "2026-11-15" });
    const overdue = async () =>
      one(
        await db.sql<{ overdue: boolean }[]>`
          select private.has_overdue_invoice(${invoice.customer.id}, '2026-12-01') as overdue`,
      ).overdue;
    const pay = (cents: number) => db.sql`
      select public.record_invoice_payment(${invoice.number}, ${cents}, '2026-12-02')`;
    expect(await overdue()).toBe(true);
    await creditInvoice(db.sql, invoice.number, 79_899);
    expect(await overdue()).toBe(true);
    expect(await refusal(pay(0))).toMatchObject({ message: "invalid_request" });
    await pay(1);
    expect(await overdue()).toBe(false);

    const other = await invoiced({ dueOn: "2026-11-15" });
    await creditInvoice(db.sql, other.number, null);
    const row = one(
      await db.sql`
      select private.has_overdue_invoice(${other.customer.id}, '2026-12-01') as overdue`,
    );
    expect(row.overdue).toBe(false);
  });
});

describe("who may credit, and who sees it", () => {
  const asIssuer = (userId: string | null, invoiceNumber: string) =>
    asUser(
      db.sql,
      userId,
      (sql) => sql`
        select public.issue_credit_note(${invoiceNumber}, 100, 'A day without service') as answer`,
    );

  it("admins who manage invoices may, but never on their own account", async () => {
    const invoice = await invoiced();
    for (const role of ["billing", "owner"] as const) {
      await asIssuer(await newAdmin(db.sql, role), invoice.number);
    }
    for (const role of ["support", "reviewer"] as const) {
      const failure = await refusal(asIssuer(await newAdmin(db.sql, role), invoice.number));
      expect([role, failure.code, failure.message]).toEqual([role, "PT403", "forbidden"]);
    }
    const customer = await refusal(asIssuer(invoice.customer.auth_user_id, invoice.number));
    expect(customer.message).toBe("forbidden");
    expect((await refusal(asIssuer(null, invoice.number))).code).toBe("42501");
    await newAdmin(db.sql, "owner", { authUserId: invoice.customer.auth_user_id });
    const own = await refusal(asIssuer(invoice.customer.auth_user_id, invoice.number));
    expect(own).toMatchObject({ code: "PT403", message: "own_account" });
    expect(await notesOf(invoice.id)).toHaveLength(2);
  });

  it("customers read their own, admins all; for others it does not exist", async () => {
    const [mine, theirs] = [await invoiced(), await invoiced()];
    const { credit_note_number: number } = await creditInvoice(db.sql, mine.number, 10_000);
    const support = await newAdmin(db.sql, "support");
    const read = (userId: string, wanted: string) =>
      asUser(db.sql, userId, async (sql) =>
        one(
          await sql<{ note: Record<string, unknown> }[]>`
            select public.get_credit_note(${wanted}) as note`,
        ),
      );
    for (const reader of [mine.customer.auth_user_id, support]) {
      const { note } = await read(reader, number);
      expect(note).toMatchObject({
        credit_note_number: number,
        total_cents: 10_000,
        reason: "A week without service",
        invoice: {
          invoice_number: mine.number,
          period_start: "2026-11-01",
          period_end: "2026-12-01",
          total_cents: 79_900,
        },
      });
      expect(Object.keys(note)).not.toContain("issued_by");
    }
    const other = await refusal(read(theirs.customer.auth_user_id, number));
    const missing = await refusal(read(theirs.customer.auth_user_id, "CRN-2026-999999"));
    expect(other).toMatchObject({ code: "PT404", message: "not_found" });
    expect(missing).toEqual(other);
  });

  it("an invoice tells what was credited on it, and since when its service is not delivered", async () => {
    const invoice = await invoiced();
    const read = () =>
      asUser(db.sql, invoice.customer.auth_user_id, async (sql) => {
        const row = one(
          await sql<{ invoice: Record<string, unknown> }[]>`
            select public.get_invoice(${invoice.number}) as invoice`,
        );
        return row.invoice;
      });
    expect(await read()).toMatchObject({
      credited_cents: 0,
      credit_notes: [],
      service_ended_on: null,
    });
    const first = await creditInvoice(db.sql, invoice.number, 10_000);
    const second = await creditInvoice(db.sql, invoice.number, 20_000, {
      asOf: "2026-11-21T08:00:00Z",
    });
    await db.sql`
      update customer_services set status = 'cancelled', suspended_at = '2026-11-19T22:30:00Z',
        cancelled_at = '2026-11-25T08:00:00Z'
      where id = ${invoice.serviceId}`;
    expect(await read()).toMatchObject({
      credited_cents: 30_000,
      credit_notes: [
        { credit_note_number: first.credit_note_number, total_cents: 10_000 },
        { credit_note_number: second.credit_note_number, total_cents: 20_000 },
      ],
      service_ended_on: "2026-11-20",
    });
    const dashboard = await asUser(db.sql, invoice.customer.auth_user_id, async (sql) =>
      one(
        await sql<{ invoices: unknown }[]>`
          select public.get_my_dashboard() -> 'invoices' as invoices`,
      ),
    );
    expect(dashboard.invoices).toMatchObject([{ credited_cents: 30_000 }]);
  });
});

describe("the prefixes of the numbers", () => {
  const settings = (invoicePrefix: string, creditPrefix: string) => db.sql`
    insert into billing_settings
      (version, invoice_prefix, credit_note_prefix, brand_name, support_email, seller)
    select version + 1, ${invoicePrefix}, ${creditPrefix}, brand_name, support_email, seller
    from billing_settings order by version desc limit 1`;

  it("never serve both kinds of documents, in whatever version of the settings", async () => {
    for (const [invoice, credit] of [
      ["CRN", "NEW"],
      ["NEW", "INV"],
      ["CRN", "INV"],
    ] as const) {
      expect(await refusal(settings(invoice, credit))).toMatchObject({
        code: "PT400",
        message: "invalid_request",
      });
    }
    expect((await refusal(settings("NEW", "NEW"))).code).toBe("23514");
    expect((await refusal(settings("INV", "no-dash"))).code).toBe("23514");
    const invoice = await invoiced();
    await settings("INV", "KRN");
    const { credit_note_number } = await creditInvoice(db.sql, invoice.number, 100);
    expect(credit_note_number).toBe("KRN-2026-000001");
    await settings("INV", "CRN");
    expect(await verify(db.sql)).toEqual({ violations: 0, details: [] });
  });
});
