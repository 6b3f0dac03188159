import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Role } from "@/lib/permissions";
import {
  type Account,
  adminAccounts,
  type CustomerAccount,
  call,
  customerAccount,
  dataOf,
  errorOf,
  refusalOf,
} from "@/tests/support/api";
import { newAdmin } from "@/tests/support/builders";
import { sharedDatabase } from "@/tests/support/database";
import { type BuiltInvoice, creditInvoice, issuedInvoice } from "@/tests/support/invoices";
import { countOf, one, refusalsOf } from "@/tests/support/rows";

const sql = sharedDatabase();
afterAll(() => sql.end());

let admins: Record<Role, Account>;
beforeAll(async () => {
  admins = await adminAccounts(sql);
});

const receipt = z.strictObject({
  payment_id: z.guid(),
  invoice_number: z.string(),
  paid_cents: z.number().int(),
  outstanding_cents: z.number().int(),
  credit_cents: z.number().int(),
});
const imported = z.strictObject({
  accepted: z.number().int(),
  rejected: z.array(z.strictObject({ row: z.number().int(), reason: z.string() })),
});
const account = z.strictObject({
  balance_cents: z.number().int(),
  overdue_cents: z.number().int(),
  entries: z.array(
    z.strictObject({
      kind: z.enum(["invoice", "payment", "credit_note"]),
      number: z.string(),
      on: z.iso.date(),
      amount_cents: z.number().int(),
    }),
  ),
  next_cursor: z.string().nullable(),
  currency: z.literal("ZAR"),
});

const pathOf = (number: string) => `/api/admin/invoices/${number}/payments`;
const paid = { paid_on: "2026-11-20", reference: "EFT 100" };

const pay = (
  number: string,
  json: unknown,
  { token = admins.billing.token, key = "" }: { token?: string; key?: string } = {},
) =>
  call("POST", pathOf(number), {
    token,
    json,
    headers: key ? { "idempotency-key": key } : {},
  });
const sendFile = (
  text: string,
  { dryRun = "false", token = admins.billing.token, type = "text/csv" } = {},
) =>
  call("POST", `/api/admin/payments/import?dry_run=${dryRun}`, {
    token,
    raw: text,
    headers: { "content-type": type },
  });

/** A customer with an invoice of R799 for each of these months. */
async function owing(...months: string[]) {
  const person = await customerAccount(sql);
  const { id: serviceId } = one(
    await sql<{ id: string }[]>`
      select id from customer_services where customer_id = ${person.customer.id}`,
  );
  const invoices: BuiltInvoice[] = [];
  for (const month of months) {
    invoices.push(
      await issuedInvoice(sql, {
        customerId: person.customer.id,
        serviceId,
        month,
        issuedAt: `${month}-01T06:00:00Z`,
        dueOn: `${month}-15`,
      }),
    );
  }
  const [first, second] = invoices;
  if (!first) throw new Error("at least one month is needed");
  return { ...person, first, second: second ?? first, invoices };
}

const accountOf = async ({ token }: CustomerAccount, query = "") =>
  dataOf(await call("GET", `/api/customer/account${query}`, { token }), account);
const payments = (person: CustomerAccount) =>
  countOf(sql<{ n: number }[]>`
    select count(*)::integer as n from invoice_payments where customer_id = ${person.customer.id}`);

describe("recording a payment", () => {
  test("in parts, in full and beyond keeps every cent, and says what it did", async () => {
    const person = await owing("2026-09", "2026-10");
    const { first, second } = person;
    expect(
      dataOf(await pay(first.number, { ...paid, amount_cents: 30_000 }), receipt, 201),
    ).toEqual({
      payment_id: expect.any(String),
      invoice_number: first.number,
      paid_cents: 30_000,
      outstanding_cents: 49_900,
      credit_cents: 0,
    });
    expect(await accountOf(person)).toMatchObject({
      balance_cents: 129_800,
      overdue_cents: 129_800,
    });
    expect(
      dataOf(await pay(first.number, { ...paid, amount_cents: 49_900 }), receipt, 201),
    ).toMatchObject({ paid_cents: 79_900, outstanding_cents: 0, credit_cents: 0 });
    // The surplus settles the other invoice first; what is left then is the customer's credit.
    expect(
      dataOf(
        await pay(first.number, { ...paid, amount_cents: 100_000, method: "cash" }),
        receipt,
        201,
      ),
    ).toMatchObject({ paid_cents: 179_900, outstanding_cents: 0, credit_cents: 20_100 });
    expect(await accountOf(person)).toMatchObject({ balance_cents: -20_100, overdue_cents: 0 });
    await creditInvoice(sql, second.number, 900);
    expect(await accountOf(person)).toMatchObject({ balance_cents: -21_000 });
  });

  test("under one key happens once, even at once; another body under it is refused", async () => {
    const person = await owing("2026-10");
    const { first } = person;
    const key = randomUUID();
    const body = { ...paid, amount_cents: 10_000 };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => pay(first.number, body, { key })),
    );
    const ids = answers.map((answer) => dataOf(answer, receipt, 201).payment_id);
    expect(new Set(ids).size).toBe(1);
    for (const other of [
      { ...body, amount_cents: 10_001 },
      { ...body, paid_on: "2026-11-19" },
      { ...body, reference: "EFT 101" },
      { ...body, method: "card" },
    ]) {
      expect(refusalOf(await pay(first.number, other, { key }))).toBe("409 idempotency_key_reused");
    }
    expect(await payments(person)).toBe(1);
    // The key is one admin's own: a colleague's payment under it is another one.
    dataOf(await pay(first.number, body, { key, token: admins.owner.token }), receipt, 201);
    expect(await payments(person)).toBe(2);
    expect(await accountOf(person)).toMatchObject({ balance_cents: 59_900 });
  });

  test("is refused to everybody without the permission, and for one's own account", async () => {
    const person = await owing("2026-10");
    const body = { ...paid, amount_cents: 100 };
    for (const role of ["support", "reviewer"] as const) {
      const { token, userId } = admins[role];
      expect(refusalOf(await pay(person.first.number, body, { token }))).toBe("403 forbidden");
      expect(await refusalsOf(sql, userId, "payment.record")).toBe(1);
    }
    expect(refusalOf(await pay(person.first.number, body, { token: person.token }))).toBe(
      "403 forbidden",
    );
    expect(refusalOf(await call("POST", pathOf(person.first.number), { json: body }))).toBe(
      "401 unauthenticated",
    );
    await newAdmin(sql, "billing", { authUserId: person.userId, email: person.email });
    expect(refusalOf(await pay(person.first.number, body, { token: person.token }))).toBe(
      "403 own_account",
    );
    expect(await payments(person)).toBe(0);
  });

  test.each([
    ["no amount", { ...paid }, "amount_cents"],
    ["nothing", { ...paid, amount_cents: 0 }, "amount_cents"],
    ["half a cent", { ...paid, amount_cents: 0.5 }, "amount_cents"],
    ["an amount as text", { ...paid, amount_cents: "100" }, "amount_cents"],
    ["an amount beyond every invoice", { ...paid, amount_cents: 1e15 }, "amount_cents"],
    ["no day", { amount_cents: 100 }, "paid_on"],
    ["a day that does not exist", { amount_cents: 100, paid_on: "2026-02-30" }, "paid_on"],
    ["a barter", { ...paid, amount_cents: 100, method: "barter" }, "method"],
    ["two lines", { ...paid, amount_cents: 100, reference: "a\nb" }, "reference"],
    ["a line separator", { ...paid, amount_cents: 100, reference: "a\u2028=1+1" }, "reference"],
    ["a direction mark", { ...paid, amount_cents: 100, reference: "EFT \u202e1" }, "reference"],
    ["a long reference", { ...paid, amount_cents: 100, reference: "x".repeat(141) }, "reference"],
    ["a misspelt field", { ...paid, amount_cents: 100, refrence: "EFT" }, "body"],
  ])("of %s is refused at the field", async (_what, json, field) => {
    const person = await owing("2026-10");
    const error = errorOf(await pay(person.first.number, json));
    expect(error).toMatchObject({ status: 400, code: "invalid_request" });
    expect(Object.keys(error.fields)).toEqual([field]);
    expect(await payments(person)).toBe(0);
  });

  test("of a day that has not come, and for no invoice, is refused", async () => {
    const person = await owing("2026-10");
    const later = { amount_cents: 100, paid_on: "2199-01-01" };
    expect(refusalOf(await pay(person.first.number, later))).toBe("400 invalid_request");
    expect(refusalOf(await pay("INV-1999-999999", { ...paid, amount_cents: 100 }))).toBe(
      "404 not_found",
    );
    expect(await payments(person)).toBe(0);
  });
});

describe("taking a payment back", () => {
  const reverse = (id: string, { token = admins.billing.token, json = {} as unknown } = {}) =>
    call("POST", `/api/admin/payments/${id}/reverse`, { token, json });
  const why = { reason: "Returned by the bank" };

  test("needs a reason and the permission, happens once, and is audited", async () => {
    const person = await owing("2026-10");
    const body = { ...paid, amount_cents: 90_000 };
    const { payment_id: id } = dataOf(await pay(person.first.number, body), receipt, 201);
    expect(await accountOf(person)).toMatchObject({ balance_cents: -10_100 });
    expect(Object.keys(errorOf(await reverse(id)).fields)).toEqual(["reason"]);
    const { token } = admins.support;
    expect(refusalOf(await reverse(id, { token, json: why }))).toBe("403 forbidden");
    const answers = await Promise.all(Array.from({ length: 4 }, () => reverse(id, { json: why })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    expect(refusalOf(await reverse(id, { json: why }))).toBe("409 payment_already_reversed");
    expect(refusalOf(await reverse(randomUUID(), { json: why }))).toBe("404 not_found");
    const shown = await accountOf(person);
    expect(shown).toMatchObject({ balance_cents: 79_900 });
    expect(shown.entries.map(({ kind, amount_cents }) => [kind, amount_cents]).sort()).toEqual([
      ["invoice", 79_900],
      ["payment", -90_000],
      ["payment", 90_000],
    ]);
    const rows = await sql`
      select action, reason, actor_id from audit_log
      where customer_id = ${person.customer.id} and entity_id = ${id} order by id`;
    expect([...rows]).toEqual([
      { action: "payment.recorded", reason: null, actor_id: admins.billing.userId },
      { action: "payment.reversed", reason: why.reason, actor_id: admins.billing.userId },
    ]);
  });
});

describe("a bank file", () => {
  const header = "invoice_number,amount,paid_on,reference";

  test("is judged row by row; a dry run writes nothing; the same file twice is skipped and said", async () => {
    const person = await owing("2026-09", "2026-10");
    const { first, second } = person;
    const file = [
      header,
      `${first.number},799.00,2026-11-20,EFT 1`,
      `${first.number.toLowerCase()},R 100.50,2026-11-20,EFT 2`,
      `${first.number},799.00,2026-11-20,EFT 1`,
      "INV-1999-999999,10.00,2026-11-20,",
      `${second.number},"1,299",2026-11-20,unclear`,
      `${second.number},10.00,20/11/2026,`,
      `${second.number},10.00,2199-01-01,`,
      `${second.number},10.00,2026-11-20,EFT \u202e3`,
      "not a number,10.00,2026-11-20,",
      "",
    ].join("\r\n");
    const wrong = [
      { row: 4, reason: expect.stringMatching(/^Skipped: /) },
      { row: 5, reason: "There is no invoice with this number." },
      { row: 6, reason: expect.stringMatching(/amount is not clear/) },
      { row: 7, reason: expect.stringMatching(/not a date/) },
      { row: 8, reason: expect.stringMatching(/today or an earlier day/) },
      { row: 9, reason: expect.stringMatching(/cannot be used/) },
      { row: 10, reason: "This is not an invoice number." },
    ];
    const everything = () =>
      sql`
        select (select count(*) from invoice_payments) as payments,
          (select count(*) from invoice_settlements) as settled,
          (select count(*) from audit_log where actor_id = ${admins.billing.userId}) as audited`;
    const before = await everything();
    for (const dryRun of ["true", "1"]) {
      expect(dataOf(await sendFile(file, { dryRun }), imported)).toEqual({
        accepted: 2,
        rejected: wrong,
      });
    }
    expect(await everything()).toEqual(before);
    expect(dataOf(await sendFile(`\ufeff${file}`), imported)).toEqual({
      accepted: 2,
      rejected: wrong,
    });
    expect(await payments(person)).toBe(2);
    expect(await accountOf(person)).toMatchObject({ balance_cents: 159_800 - 79_900 - 10_050 });
    const again = dataOf(await sendFile(file), imported);
    expect(again.accepted).toBe(0);
    expect(again.rejected.filter(({ reason }) => reason.startsWith("Skipped: "))).toMatchObject([
      { row: 2 },
      { row: 3 },
      { row: 4 },
    ]);
    expect(await payments(person)).toBe(2);
  });

  test("sent twice at the same moment is recorded once", async () => {
    const person = await owing("2026-10");
    const file = `${header}\n${person.first.number},1.00,2026-11-20,EFT ${randomUUID()}\n`;
    const answers = await Promise.all([sendFile(file), sendFile(file), sendFile(file)]);
    const accepted = answers.map((answer) => dataOf(answer, imported).accepted);
    expect(accepted.sort()).toEqual([0, 0, 1]);
    expect(await payments(person)).toBe(1);
  });

  test("of other people is refused, and so is one that is no such file", async () => {
    const person = await owing("2026-10");
    const file = `${header}\n${person.first.number},1.00,2026-11-20,\n`;
    for (const role of ["support", "reviewer"] as const) {
      const { token } = admins[role];
      expect(refusalOf(await sendFile(file, { token }))).toBe("403 forbidden");
    }
    expect(refusalOf(await sendFile(file, { token: person.token }))).toBe("403 forbidden");
    expect(refusalOf(await sendFile("number,amount\n1,2\n"))).toBe("400 invalid_request");
    expect(refusalOf(await sendFile(file, { type: "application/json" }))).toBe(
      "415 unsupported_media_type",
    );
    expect(refusalOf(await sendFile(file, { dryRun: "maybe" }))).toBe("400 invalid_request");
    expect(refusalOf(await sendFile(`${file}${"x".repeat(1024 * 1024)}`))).toBe(
      "413 payload_too_large",
    );
    expect(await payments(person)).toBe(0);
  });
});

describe("the customer's account", () => {
  test("has the agreed shape, pages by a cursor, and its entries make the balance", async () => {
    const person = await owing("2026-07", "2026-08", "2026-09", "2026-10");
    const { first, second } = person;
    await pay(first.number, { ...paid, amount_cents: 79_900 });
    await pay(second.number, { ...paid, amount_cents: 500_000 });
    await creditInvoice(sql, second.number, 1_000);
    const entries: z.infer<typeof account>["entries"] = [];
    let query = "?limit=3";
    for (let pages = 0; ; pages += 1) {
      const page = await accountOf(person, query);
      expect(page.balance_cents).toBe(4 * 79_900 - 79_900 - 500_000 - 1_000);
      entries.push(...page.entries);
      if (page.next_cursor === null) {
        expect(pages).toBe(2);
        break;
      }
      query = `?limit=3&cursor=${encodeURIComponent(page.next_cursor)}`;
    }
    expect(entries).toHaveLength(7);
    expect(entries.map(({ on }) => on)).toEqual(
      entries.map(({ on }) => on).sort((a, b) => (a < b ? 1 : -1)),
    );
    const sum = entries.reduce(
      (total, { kind, amount_cents }) =>
        total + (kind === "invoice" ? amount_cents : -amount_cents),
      0,
    );
    expect(sum).toBe((await accountOf(person)).balance_cents);
    for (const wrong of ["?limit=0", "?limit=101", "?cursor=x"]) {
      const { token } = person;
      const answer = await call("GET", `/api/customer/account${wrong}`, { token });
      expect(refusalOf(answer)).toBe("400 invalid_request");
    }
  });

  test("is read by the admins, with the same sums, and by no other customer", async () => {
    const person = await owing("2026-10");
    const other = await owing("2026-10");
    const path = `/api/admin/customers/${person.customer.id}/account`;
    const { token } = admins.support;
    const shown = dataOf(await call("GET", path, { token }), z.looseObject({}));
    expect(shown).toMatchObject({ balance_cents: 79_900, overdue_cents: 79_900 });
    expect(refusalOf(await call("GET", path, { token: other.token }))).toBe("403 forbidden");
  });
});

describe("what invoices name of a customer", () => {
  const profile = {
    first_name: "Naledi",
    last_name: "Dube",
    address: { line1: "9 Kloof Street", city: "Cape Town", postal_code: "8005" },
    vat_number: "4123456789",
  };
  const shape = z.strictObject({
    first_name: z.string(),
    last_name: z.string(),
    email: z.string(),
    phone: z.string().nullable(),
    address: z.record(z.string(), z.string()),
    vat_number: z.string().nullable(),
    erasure_asked_at: z.null().optional(),
  });

  test("is changed by the customer, while issued documents stay", async () => {
    const person = await owing("2026-10");
    const { token } = person;
    await creditInvoice(sql, person.first.number, 100);
    const documents = () =>
      sql`
        select to_jsonb(i) as row from customer_invoices as i
        where i.customer_id = ${person.customer.id}
        union all
        select to_jsonb(n) from credit_notes as n where n.customer_id = ${person.customer.id}`;
    const before = await documents();
    expect(before).toHaveLength(2);
    const path = "/api/customer/profile";
    const body = {
      ...profile,
      first_name: "  Naledi   Zoë ",
      address: { ...profile.address, line2: "" },
    };
    expect(dataOf(await call("PUT", path, { token, json: body }), shape)).toEqual({
      ...profile,
      first_name: "Naledi Zoë",
      email: person.email,
      phone: person.customer.phone,
    });
    expect(dataOf(await call("GET", path, { token }), shape)).toMatchObject({ last_name: "Dube" });
    expect(await documents()).toEqual(before);
  });

  test("is changed by an admin who manages orders, with a reason", async () => {
    const person = await owing("2026-10");
    const path = `/api/admin/customers/${person.customer.id}/profile`;
    const json = { ...profile, reason: "Wrote to us on paper" };
    const { token } = admins.billing;
    for (const role of ["support", "reviewer"] as const) {
      expect(refusalOf(await call("PUT", path, { token: admins[role].token, json }))).toBe(
        "403 forbidden",
      );
    }
    const missing = errorOf(await call("PUT", path, { token, json: profile }));
    expect(Object.keys(missing.fields)).toEqual(["reason"]);
    expect(dataOf(await call("PUT", path, { token, json }), shape)).toMatchObject(profile);
    const read = await call("GET", path, { token: admins.support.token });
    expect(dataOf(read, shape)).toMatchObject(profile);
  });

  test.each([
    ["a sentence as a name", { first_name: "You won. Call us" }, "first_name"],
    ["a direction mark in a name", { last_name: "Du\u202ebe" }, "last_name"],
    ["no street", { address: { city: "Cape Town", postal_code: "8005" } }, "address.line1"],
    [
      "a line separator in a street",
      { address: { ...profile.address, line1: "1 Main\u2028=1+1" } },
      "address.line1",
    ],
    [
      "a control character in a city",
      { address: { ...profile.address, city: "Cape\u0000Town" } },
      "address.city",
    ],
    ["a VAT number in two lines", { vat_number: "1\n2" }, "vat_number"],
    ["an e-mail address, which is not changed here", { email: "a@example.test" }, "body"],
  ])("refuses %s beside its field, from customers and admins", async (_what, wrong, field) => {
    const person = await owing("2026-10");
    const mine = await call("PUT", "/api/customer/profile", {
      token: person.token,
      json: { ...profile, ...wrong },
    });
    const theirs = await call("PUT", `/api/admin/customers/${person.customer.id}/profile`, {
      token: admins.billing.token,
      json: { ...profile, ...wrong, reason: "Asked on the phone" },
    });
    for (const answer of [mine, theirs]) {
      const error = errorOf(answer);
      expect(error).toMatchObject({ status: 400, code: "invalid_request" });
      expect(Object.keys(error.fields)).toEqual([field]);
    }
  });
});
