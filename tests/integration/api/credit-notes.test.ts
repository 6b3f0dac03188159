import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { CreditNoteService } from "@/lib/billing/credit-note-service";
import { InvoiceService } from "@/lib/billing/invoice-service";
import type { Role } from "@/lib/permissions";
import {
  type Account,
  adminAccounts,
  Browser,
  type CustomerAccount,
  call,
  customerAccount,
  dataOf,
  errorOf,
  refusalOf,
  tokenClient,
} from "@/tests/support/api";
import { newAdmin } from "@/tests/support/builders";
import { sharedDatabase } from "@/tests/support/database";
import { type BuiltInvoice, issuedInvoice } from "@/tests/support/invoices";
import { countOf, one, refusalsOf } from "@/tests/support/rows";

const sql = sharedDatabase();
afterAll(() => sql.end());

let admins: Record<Role, Account>;
const tokenOf = (role: Role): string => admins[role].token;
beforeAll(async () => {
  admins = await adminAccounts(sql);
});

const reason = "Two weeks without service";
const issued = z.strictObject({
  credit_note_number: z.string().regex(/^CRN-\d{4}-\d{6}$/),
  invoice_number: z.string(),
  total_cents: z.number().int(),
  vat_cents: z.number().int(),
  remaining_cents: z.number().int(),
  issued_at: z.iso.datetime({ offset: true }),
});

const path = (number: string) => `/api/admin/invoices/${number}/credit-notes`;
const credit = (
  number: string,
  json: unknown = { amount_cents: 10_000, reason },
  { token = tokenOf("billing"), headers = {} as Record<string, string> } = {},
) => call("POST", path(number), { token, json, headers });

async function invoiceOf(account: CustomerAccount, totalCents?: number): Promise<BuiltInvoice> {
  const service = one(
    await sql<{ id: string }[]>`
      select id from customer_services where customer_id = ${account.customer.id}`,
  );
  return issuedInvoice(sql, {
    customerId: account.customer.id,
    serviceId: service.id,
    totalCents,
  });
}

const invoiced = async (totalCents?: number) => invoiceOf(await customerAccount(sql), totalCents);

const notes = (invoice: BuiltInvoice) =>
  countOf(sql<{ n: number }[]>`
    select count(*)::integer as n from credit_notes where invoice_id = ${invoice.id}`);

const refusals = (account: Account) => refusalsOf(sql, account.userId, "credit_note.issue");

describe("crediting an invoice", () => {
  test("in part, then the rest, answers with numbers, VAT and what remains", async () => {
    const invoice = await invoiced();
    const part = dataOf(await credit(invoice.number), issued, 201);
    expect(part).toMatchObject({
      invoice_number: invoice.number,
      total_cents: 10_000,
      vat_cents: 1_304,
      remaining_cents: 69_900,
    });
    const rest = dataOf(await credit(invoice.number, { reason }), issued, 201);
    expect(rest).toMatchObject({ total_cents: 69_900, vat_cents: 9_118, remaining_cents: 0 });
    expect(rest.credit_note_number).not.toBe(part.credit_note_number);
  });

  test("queues one mail to the customer, with the balance after it", async () => {
    const account = await customerAccount(sql);
    const invoice = await invoiceOf(account);
    const { credit_note_number } = dataOf(await credit(invoice.number), issued, 201);
    const rows = await sql`
      select template, recipient, payload ->> 'credit_note_number' as number,
        (payload ->> 'total_cents')::integer as total_cents,
        (payload ->> 'balance_cents')::integer as balance_cents
      from notifications where customer_id = ${account.customer.id}`;
    expect([...rows]).toEqual([
      {
        template: "credit_note_issued",
        recipient: account.email,
        number: credit_note_number,
        total_cents: 10_000,
        balance_cents: 69_900,
      },
    ]);
  });

  test("under one key twice, even at once, makes one; another request under it is refused", async () => {
    const invoice = await invoiced();
    const headers = { "idempotency-key": randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => credit(invoice.number, undefined, { headers })),
    );
    const numbers = answers.map((answer) => dataOf(answer, issued, 201).credit_note_number);
    expect(new Set(numbers).size).toBe(1);
    expect(await notes(invoice)).toBe(1);
    for (const json of [{ amount_cents: 10_001, reason }, { reason }]) {
      const other = await credit(invoice.number, json, { headers });
      expect(refusalOf(other)).toBe("409 idempotency_key_reused");
    }
    expect(await notes(invoice)).toBe(1);
  });

  test("is refused above what is left, and where nothing is", async () => {
    const invoice = await invoiced();
    const free = await invoiced(0);
    const refused = await credit(invoice.number, { amount_cents: 79_901, reason });
    expect(refusalOf(refused)).toBe("409 credit_exceeds_invoice");
    dataOf(await credit(invoice.number, { reason }), issued, 201);
    for (const { number } of [invoice, free]) {
      expect(refusalOf(await credit(number, { reason }))).toBe("409 nothing_to_credit");
      expect(refusalOf(await credit(number))).toBe("409 nothing_to_credit");
    }
    expect(await notes(invoice)).toBe(1);
    expect(await notes(free)).toBe(0);
  });

  test.each([
    ["no reason", { amount_cents: 100 }, "reason"],
    ["a short reason", { amount_cents: 100, reason: " x " }, "reason"],
    ["nothing", { amount_cents: 0, reason }, "amount_cents"],
    ["a negative amount", { amount_cents: -100, reason }, "amount_cents"],
    ["half a cent", { amount_cents: 0.5, reason }, "amount_cents"],
    ["an amount beyond every number", { amount_cents: 1e300, reason }, "amount_cents"],
    ["an amount as text", { amount_cents: "100", reason }, "amount_cents"],
    ["no amount on purpose", { amount_cents: null, reason }, "amount_cents"],
    ["a misspelt amount, which must not credit everything", { amount: 100, reason }, "body"],
  ])("with %s is refused at the field", async (_what, json, field) => {
    const invoice = await invoiced();
    const error = errorOf(await credit(invoice.number, json));
    expect(error).toMatchObject({ status: 400, code: "invalid_request" });
    expect(Object.keys(error.fields)).toEqual([field]);
    expect(await notes(invoice)).toBe(0);
  });

  test("of no invoice, and of what is no number", async () => {
    expect(refusalOf(await credit("INV-2026-999999"))).toBe("404 not_found");
    for (const number of ["7", "inv-2026-000001", "INV-2026-00000%25", "INV-2026-1'--"]) {
      const error = errorOf(await credit(number));
      expect(error).toMatchObject({ status: 400, code: "invalid_request" });
      expect(Object.keys(error.fields)).toEqual(["number"]);
    }
    expect(refusalOf(await call("GET", path("INV-2026-000001")))).toBe("405 method_not_allowed");
  });
});

describe("who may credit", () => {
  test("billing and owner; others are refused before they learn anything, and admins audited", async () => {
    const account = await customerAccount(sql);
    const invoice = await invoiceOf(account);
    for (const role of ["billing", "owner"] as const) {
      dataOf(await credit(invoice.number, undefined, { token: tokenOf(role) }), issued, 201);
    }
    for (const role of ["support", "reviewer"] as const) {
      const before = await refusals(admins[role]);
      for (const [number, json] of [
        [invoice.number, { amount_cents: 100, reason }],
        [invoice.number, { amount: "x" }],
        ["INV-2026-999999", { reason }],
        ["7", {}],
      ] as const) {
        const answer = await credit(number, json, { token: tokenOf(role) });
        expect([role, number, refusalOf(answer)]).toEqual([role, number, "403 forbidden"]);
      }
      expect(await refusals(admins[role])).toBe(before + 4);
    }
    const own = await credit(invoice.number, undefined, { token: account.token });
    expect(refusalOf(own)).toBe("403 forbidden");
    const nobody = await call("POST", path(invoice.number), { json: { reason } });
    expect(refusalOf(nobody)).toBe("401 unauthenticated");
    expect(await notes(invoice)).toBe(2);
  });

  test("nobody on their own account, which is audited", async () => {
    const account = await customerAccount(sql);
    const invoice = await invoiceOf(account);
    await newAdmin(sql, "owner", { authUserId: account.userId });
    const answer = await credit(invoice.number, undefined, { token: account.token });
    expect(refusalOf(answer)).toBe("403 own_account");
    expect(await refusals(account)).toBe(1);
    expect(await notes(invoice)).toBe(0);
  });

  test("not from another site with an admin's cookies", async () => {
    const invoice = await invoiced();
    const browser = await new Browser().signIn(admins.billing.email);
    const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    const answer = await browser.post(path(invoice.number), { reason }, { headers });
    expect(refusalOf(answer)).toBe("403 cross_site");
    expect(await notes(invoice)).toBe(0);
  });
});

describe("reading through the services", () => {
  test("a customer gets their credit note and the invoice with it; another customer neither", async () => {
    const mine = await customerAccount(sql);
    const theirs = await customerAccount(sql);
    const invoice = await invoiceOf(mine);
    const { credit_note_number: number } = dataOf(await credit(invoice.number), issued, 201);
    const client = tokenClient(mine.token);
    const note = await new CreditNoteService({ client }).getCreditNote(number);
    expect(note).toMatchObject({
      credit_note_number: number,
      reason,
      total_cents: 10_000,
      vat_cents: 1_304,
      subtotal_cents: 8_696,
      invoice: { invoice_number: invoice.number },
    });
    const document = await new InvoiceService({ client }).getInvoice(invoice.number);
    expect(document).toMatchObject({
      total_cents: 79_900,
      credited_cents: 10_000,
      credit_notes: [{ credit_note_number: number, total_cents: 10_000 }],
    });
    const stranger = new CreditNoteService({ client: tokenClient(theirs.token) });
    for (const wanted of [number, "CRN-2026-999999"]) {
      await expect(stranger.getCreditNote(wanted)).rejects.toMatchObject({ code: "not_found" });
    }
  });

  test("the pages show it to its owner and to admins, and say the same to everybody else", async () => {
    const mine = await customerAccount(sql);
    const theirs = await customerAccount(sql);
    const invoice = await invoiceOf(mine);
    const { credit_note_number: number } = dataOf(await credit(invoice.number), issued, 201);
    const page = `/credit-notes/${number}`;
    for (const email of [mine.email, admins.support.email]) {
      const browser = await new Browser().signIn(email);
      const answer = await browser.get(page);
      expect(answer.status).toBe(200);
      for (const text of ["Credit note", number, invoice.number, reason, "4000000000"]) {
        expect([text, answer.text.includes(text)]).toEqual([text, true]);
      }
      const sheet = await browser.get(`/invoices/${invoice.number}`);
      expect(sheet.text.includes(number)).toBe(true);
      expect(sheet.text.includes("Credit this invoice")).toBe(false);
    }
    const billing = await new Browser().signIn(admins.billing.email);
    const sheet = await billing.get(`/invoices/${invoice.number}`);
    expect(sheet.text.includes("Credit this invoice")).toBe(true);
    const stranger = await new Browser().signIn(theirs.email);
    for (const wanted of [page, "/credit-notes/CRN-2026-999999", "/credit-notes/x%00"]) {
      const answer = await stranger.get(wanted);
      expect([wanted, answer.status]).toEqual([wanted, 404]);
      expect(answer.text.includes(reason)).toBe(false);
    }
    const signIn = await call("GET", page);
    expect(signIn.status).toBe(307);
    expect(signIn.headers.get("location")).toBe(`/sign-in?next=${encodeURIComponent(page)}`);
  });
});
