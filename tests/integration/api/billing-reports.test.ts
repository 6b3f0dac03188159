/** Reports and files for the accounts, as they come over HTTP. */
import Papa from "papaparse";
import { beforeAll, describe, expect, test } from "vitest";
import { liabilitySchema, vatReportSchema } from "@/lib/billing/report-schemas";
import { CSV_BOM } from "@/lib/csv";
import { ROLES, type Role } from "@/lib/permissions";
import { type Account, adminAccounts, call, dataOf, errorOf, refusalOf } from "@/tests/support/api";
import { activeService, newCustomer, pendingReward } from "@/tests/support/builders";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { creditInvoice, issuedInvoice } from "@/tests/support/invoices";
import { countOf } from "@/tests/support/rows";

const sql = sharedDatabase();
let admins: Record<Role, Account>;
beforeAll(async () => {
  admins = await adminAccounts(sql);
});

/** Nobody else's days. */
const DAYS = "from=2038-03-01&to=2038-03-31";
const EVIL = '=HYPERLINK("https://evil.example","x")';

/** The bytes of a file, as a browser saves them. */
async function download(path: string, role: Role = "billing") {
  const answer = await call("GET", path, { token: admins[role].token });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([
    200,
    "text/csv; charset=utf-8",
  ]);
  // The text of an answer has lost its mark.
  const response = await fetch(`${testStack().siteUrl}${path}`, {
    headers: { authorization: `Bearer ${admins[role].token}` },
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  expect(text.startsWith(CSV_BOM)).toBe(true);
  const { data, errors } = Papa.parse<Record<string, string>>(text.slice(1), {
    header: true,
    skipEmptyLines: true,
  });
  expect(errors).toEqual([]);
  return { data, headers: answer.headers };
}

async function aYear() {
  const customer = await newCustomer(sql);
  const serviceId = await activeService(sql, customer.id);
  const invoice = await issuedInvoice(sql, {
    customerId: customer.id,
    serviceId,
    month: "2038-03",
    issuedAt: "2038-03-01T06:00:00Z",
    dueOn: "2038-03-31",
    buyer: { name: EVIL },
  });
  await creditInvoice(sql, invoice.number, 10_000, {
    reason: "@SUM(A1:A9) was charged",
    asOf: "2038-03-20T08:00:00Z",
  });
  await sql`
    select public.record_invoice_payment(${invoice.number}, 5000, '2038-03-10T08:00:00Z', '+27 paid')`;
  return invoice;
}

describe("the files for the accounts", () => {
  test("begin with a byte order mark, hold each document once, and run nothing", async () => {
    const invoice = await aYear();
    const mine = (row: Record<string, string>) => row.invoice_number === invoice.number;
    const invoices = (await download(`/api/admin/exports/invoices?${DAYS}`)).data.filter(mine);
    expect(invoices).toMatchObject([
      {
        issued_on: "2038-03-01",
        period_first_day: "2038-03-01",
        period_last_day: "2038-03-31",
        customer: `'${EVIL}`,
        vat_percent: "15",
        total_cents: "79900",
        total: "799.00",
      },
    ]);
    const notes = (await download(`/api/admin/exports/credit-notes?${DAYS}`)).data.filter(mine);
    expect(notes).toMatchObject([
      { issued_on: "2038-03-20", total: "100.00", reason: "'@SUM(A1:A9) was charged" },
    ]);
    const payments = (await download(`/api/admin/exports/payments?${DAYS}`, "owner")).data;
    expect(payments.filter(mine)).toMatchObject([
      { kind: "payment", recorded_on: "2038-03-10", amount: "50.00", reference: "'+27 paid" },
    ]);
  });

  test("are for who may export, and each one is audited with its days and its number of rows", async () => {
    for (const name of ["invoices", "credit-notes", "payments"]) {
      for (const role of ROLES) {
        const path = `/api/admin/exports/${name}?from=2039-01-01&to=2039-01-01`;
        const answer = await call("GET", path, { token: admins[role].token });
        const may = role === "billing" || role === "owner";
        expect([name, role, answer.status]).toEqual([name, role, may ? 200 : 403]);
        const audited = await countOf(sql<{ n: number }[]>`
          select count(*)::int as n from audit_log
          where actor_id = ${admins[role].userId} and action = 'export.completed'
            and entity_id = ${name} and after -> 'filter' ->> 'from' = '2039-01-01'`);
        expect([name, role, audited]).toEqual([name, role, may ? 1 : 0]);
      }
    }
  });

  test.each([
    ["from=2026-12-31&to=2026-12-01", "to"],
    ["from=2026-02-30&to=2026-12-01", "from"],
    ["to=2026-12-01", "from"],
    ["from=2026-12-01&to=soon", "to"],
  ])("are refused for %s, beside the field", async (query, field) => {
    for (const path of ["/api/admin/exports/invoices", "/api/admin/billing/reports/vat"]) {
      const answer = await call("GET", `${path}?${query}`, { token: admins.owner.token });
      expect(errorOf(answer)).toMatchObject({ status: 400, code: "invalid_request" });
      expect(Object.keys(errorOf(answer).fields)).toEqual([field]);
    }
  });
});

describe("the reports", () => {
  test("are read by everybody on the team; the files are for who may export", async () => {
    const invoice = await aYear();
    const vat = dataOf(
      await call("GET", `/api/admin/billing/reports/vat?${DAYS}`, { token: admins.support.token }),
      vatReportSchema,
    );
    expect(vat).toMatchObject({
      from: "2038-03-01",
      to: "2038-03-31",
      rows: [{ period_start: "2038-03-01", vat_bps: 1500 }],
    });
    expect(vat.rows[0]?.invoiced_total_cents).toBeGreaterThanOrEqual(invoice.totalCents);
    const customer = await newCustomer(sql, { firstName: "-cmd" });
    await activeService(sql, customer.id);
    const reward = await pendingReward(sql, customer.id);
    const liability = dataOf(
      await call("GET", "/api/admin/billing/reports/liability", { token: admins.support.token }),
      liabilitySchema,
    );
    expect(liability.rewards).toBeGreaterThanOrEqual(1);

    for (const path of [
      `/api/admin/billing/reports/vat?${DAYS}&format=csv`,
      "/api/admin/billing/reports/liability?format=csv",
    ]) {
      const refused = await call("GET", path, { token: admins.support.token });
      expect(refusalOf(refused)).toBe("403 forbidden");
    }
    const vatFile = await download(`/api/admin/billing/reports/vat?${DAYS}&format=csv`);
    expect(vatFile.data).toMatchObject([{ period: "2038-03-01", vat_percent: "15" }]);
    const owed = await download("/api/admin/billing/reports/liability?format=csv");
    expect(owed.data.find((row) => row.reward_id === reward)).toMatchObject({
      customer: "'-cmd Nkosi",
      value: "799.00",
      source: "manual",
    });
  });

  test("of a run that does not exist are not found", async () => {
    const path = "/api/admin/billing/runs/00000000-0000-4000-8000-000000000000?format=csv";
    expect(refusalOf(await call("GET", path, { token: admins.billing.token }))).toBe(
      "404 not_found",
    );
    expect(refusalOf(await call("GET", path, { token: admins.support.token }))).toBe(
      "403 forbidden",
    );
  });
});

test("the answer says what it is", async () => {
  const answer = await call("GET", "/api/admin/exports/invoices?from=2039-01-01&to=2039-01-01", {
    token: admins.owner.token,
  });
  expect(answer.headers.get("content-disposition")).toBe('attachment; filename="invoices.csv"');
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.text).toContain("invoice_number,issued_on");
});
