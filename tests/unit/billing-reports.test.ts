import Papa from "papaparse";
import { describe, expect, test } from "vitest";
import { monthName, percentOf } from "@/components/admin/billing/report-words";
import { PreviewLines } from "@/lib/billing/preview";
import {
  CREDIT_NOTES_CSV,
  INVOICES_CSV,
  LIABILITY_CSV,
  PAYMENTS_CSV,
  RUN_CSV,
  VAT_CSV,
} from "@/lib/billing/report-csv";
import type { InvoiceExportRow, PaymentExportRow, RunReport } from "@/lib/billing/report-schemas";
import type { InvoiceDraft } from "@/lib/invoicing/invoice";
import { periodFromMonth } from "@/lib/invoicing/period";
import { buildInvoices } from "@/lib/rewards/build-invoices";
import { billingSettings, customerFacts, id, reward, serviceFacts } from "@/tests/support/facts";

const parse = (text: string) => {
  const { data, errors } = Papa.parse<Record<string, string>>(text, {
    header: true,
    skipEmptyLines: true,
  });
  expect(errors).toEqual([]);
  return data;
};

const invoice = (changes: Partial<InvoiceExportRow> = {}): InvoiceExportRow => ({
  id: id(1),
  invoice_number: "INV-2026-000001",
  issued_on: "2026-11-01",
  due_on: "2026-12-01",
  kind: "cycle",
  period_start: "2026-11-01",
  last_day: "2026-11-30",
  customer_id: id(2),
  service_id: id(3),
  customer_name: "Thandi Nkosi",
  customer_vat_number: null,
  description: "Fibre 100/50 · 1–30 Nov 2026",
  currency: "ZAR",
  vat_bps: [1500],
  net_cents: 69_478,
  vat_cents: 10_422,
  total_cents: 79_900,
  treatment: null,
  waived_cents: 0,
  due_cents: 79_900,
  ...changes,
});

const EMPTY_RUN: RunReport = {
  period_start: "2026-11-01",
  last_day: "2026-11-30",
  currency: "ZAR",
  is_completion: false,
  invoices: 0,
  first_number: null,
  last_number: null,
  net_cents: 0,
  vat_cents: 0,
  total_cents: 0,
  due_cents: 0,
  discount_months: 0,
  discount_cents: 0,
  consideration_months: 0,
  consideration_cents: 0,
  completions: [],
  left_out: { services: 0, reasons: [], first: [] },
};

describe("a file for the accounts", () => {
  test("has each amount in cents and as a decimal number, and days as ISO dates", () => {
    const [row] = parse(INVOICES_CSV.csv([invoice()], { header: true }));
    expect(row).toMatchObject({
      issued_on: "2026-11-01",
      period_last_day: "2026-11-30",
      vat_percent: "15",
      net_cents: "69478",
      net: "694.78",
      total: "799.00",
      waived: "0.00",
    });
    const [straddling] = parse(
      INVOICES_CSV.csv([invoice({ vat_bps: [1500, 1550] })], { header: true }),
    );
    expect(straddling?.vat_percent).toBe("15 and 15.5");
  });

  test("runs nothing for a name, and keeps an amount below zero a number", () => {
    const names = ['=HYPERLINK("x")', "\u2028=1+1", "＝1+1", "-1"];
    const rows = parse(
      INVOICES_CSV.csv(
        names.map((customer_name) => invoice({ customer_name })),
        { header: true },
      ),
    );
    expect(rows.map(({ customer }) => customer)).toEqual(names.map((name) => `'${name}`));
    const reversal: PaymentExportRow = {
      id: id(1),
      kind: "reversal",
      payment_id: id(2),
      recorded_on: "2026-11-02",
      paid_on: "2026-11-01",
      invoice_number: "INV-2026-000001",
      customer_id: id(3),
      customer_name: null,
      method: "bank_transfer",
      reference: "@cmd",
      reason: "Returned",
      currency: "ZAR",
      amount_cents: -79_905,
    };
    expect(parse(PAYMENTS_CSV.csv([reversal], { header: true }))[0]).toMatchObject({
      amount_cents: "-79905",
      amount: "-799.05",
      reference: "'@cmd",
      customer: "",
    });
  });

  test.each([
    ["invoices", INVOICES_CSV],
    ["credit notes", CREDIT_NOTES_CSV],
    ["payments", PAYMENTS_CSV],
    ["VAT", VAT_CSV],
    ["free months", LIABILITY_CSV],
    ["a run", RUN_CSV],
  ])("of %s names and explains each column once, also when there is no row", (_name, kind) => {
    const names = kind.columns.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(kind.columns.every(({ meaning }) => meaning.length > 2)).toBe(true);
    expect(kind.csv([], { header: true })).toBe(`${names.join(",")}\r\n`);
    expect(kind.csv([], { header: false })).toBe("");
  });

  test("of credit notes names the invoice, the reason, and each amount twice", () => {
    const row = {
      id: id(1),
      credit_note_number: "CN-2026-000001",
      issued_on: "2026-11-12",
      invoice_number: "INV-2026-000001",
      period_start: "2026-11-01",
      last_day: "2026-11-30",
      customer_id: id(2),
      customer_name: null,
      reason: "No service on ten days",
      currency: "ZAR",
      net_cents: -23_160,
      vat_cents: -3_474,
      total_cents: -26_634,
    };
    expect(parse(CREDIT_NOTES_CSV.csv([row], { header: true }))).toEqual([
      {
        credit_note_number: "CN-2026-000001",
        issued_on: "2026-11-12",
        invoice_number: "INV-2026-000001",
        period_first_day: "2026-11-01",
        period_last_day: "2026-11-30",
        customer_id: id(2),
        customer: "",
        reason: "No service on ten days",
        currency: "ZAR",
        net_cents: "-23160",
        net: "-231.60",
        vat_cents: "-3474",
        vat: "-34.74",
        total_cents: "-26634",
        total: "-266.34",
      },
    ]);
  });

  test("of VAT has what was invoiced, what was credited, and what is left", () => {
    const row = {
      period_start: "2026-11-01",
      vat_bps: 1550,
      currency: "ZAR",
      invoices: 3,
      invoiced_net_cents: 200_000,
      invoiced_vat_cents: 31_000,
      invoiced_total_cents: 231_000,
      credit_notes: 1,
      credited_net_cents: 50_000,
      credited_vat_cents: 7_750,
      credited_total_cents: 57_750,
      net_cents: 150_000,
      vat_cents: 23_250,
      total_cents: 173_250,
      late_vat_cents: 0,
    };
    expect(parse(VAT_CSV.csv([row], { header: true }))[0]).toEqual({
      period: "2026-11-01",
      vat_percent: "15.5",
      currency: "ZAR",
      invoices: "3",
      invoiced_net_cents: "200000",
      invoiced_net: "2000.00",
      invoiced_vat_cents: "31000",
      invoiced_vat: "310.00",
      invoiced_total_cents: "231000",
      invoiced_total: "2310.00",
      credit_notes: "1",
      credited_net_cents: "50000",
      credited_net: "500.00",
      credited_vat_cents: "7750",
      credited_vat: "77.50",
      credited_total_cents: "57750",
      credited_total: "577.50",
      net_cents: "150000",
      net: "1500.00",
      vat_cents: "23250",
      vat: "232.50",
      total_cents: "173250",
      total: "1732.50",
      late_vat_cents: "0",
      late_vat: "0.00",
    });
  });

  test("of free months leaves the ceiling empty where there is none", () => {
    const owed = {
      id: id(1),
      customer_id: id(2),
      customer_name: "Thandi Nkosi",
      source: "earned" as const,
      vat_treatment: "discount" as const,
      granted_on: "2026-06-01",
      last_day: "2027-05-31",
      cap_cents: null,
      value_cents: 79_900,
      currency: "ZAR",
    };
    const rows = parse(
      LIABILITY_CSV.csv([owed, { ...owed, source: "manual", cap_cents: 50_000 }], { header: true }),
    );
    expect(rows[0]).toEqual({
      reward_id: id(1),
      customer_id: id(2),
      customer: "Thandi Nkosi",
      source: "earned",
      vat_treatment: "discount",
      granted_on: "2026-06-01",
      last_day: "2027-05-31",
      currency: "ZAR",
      cap_cents: "",
      cap: "",
      value_cents: "79900",
      value: "799.00",
    });
    expect(rows[1]).toMatchObject({ source: "manual", cap_cents: "50000", cap: "500.00" });
  });

  test("of a run says of a completion that it is one, and whose the free month was", () => {
    const report = {
      ...EMPTY_RUN,
      is_completion: true,
      consideration_cents: 5_000,
      first_number: null,
    };
    const rows = parse(
      RUN_CSV.csv(
        [
          { row: "run", report, link: "https://site.test/run" },
          {
            row: "invoice",
            invoice: invoice({ treatment: "consideration", waived_cents: 5_000 }),
            link: "https://site.test/invoice",
          },
        ],
        { header: true },
      ),
    );
    expect(rows[0]).toMatchObject({
      kind: "completion",
      number: "",
      customer: "",
      waived_consideration: "50.00",
    });
    expect(rows[1]).toMatchObject({
      kind: "cycle",
      number: "INV-2026-000001",
      last_number: "",
      customer: "Thandi Nkosi",
      waived_discount: "0.00",
      waived_consideration: "50.00",
      due: "799.00",
    });
  });

  test("of a run has its sums, its invoices by treatment, and what was left out and why", () => {
    const report: RunReport = {
      ...EMPTY_RUN,
      invoices: 2,
      first_number: "INV-2026-000001",
      last_number: "INV-2026-000002",
      net_cents: 1,
      vat_cents: 2,
      total_cents: 3,
      due_cents: 4,
      discount_months: 1,
      discount_cents: 79_900,
      left_out: { services: 1, reasons: [], first: [] },
    };
    const rows = parse(
      RUN_CSV.csv(
        [
          { row: "run", report, link: "https://site.test/run" },
          {
            row: "invoice",
            invoice: invoice({ treatment: "discount", waived_cents: 79_900, kind: "completion" }),
            link: "https://site.test/invoice",
          },
          {
            row: "left_out",
            report,
            leftOut: {
              service_id: id(4),
              customer_id: id(5),
              customer_name: "=cmd()",
              package_name: "Fibre 25",
              reason: "No active day in the month",
            },
            link: "https://site.test/customer",
          },
        ],
        { header: true },
      ),
    );
    expect(rows).toMatchObject([
      {
        row: "run",
        kind: "cycle",
        number: "INV-2026-000001",
        last_number: "INV-2026-000002",
        waived_discount: "799.00",
        waived_consideration: "0.00",
      },
      {
        row: "invoice",
        kind: "completion",
        waived_discount_cents: "79900",
        waived_consideration_cents: "0",
        link: "https://site.test/invoice",
      },
      {
        row: "left_out",
        customer: "'=cmd()",
        reason: "No active day in the month",
        total: "",
        period_first_day: "2026-11-01",
      },
    ]);
  });
});

describe("the lines of a preview", () => {
  const december = periodFromMonth("2026-12", "Africa/Johannesburg");
  const draftsOf = (
    changes: Parameters<typeof customerFacts>[0],
    month = december,
  ): InvoiceDraft[] =>
    buildInvoices(customerFacts(changes), month, billingSettings(), { rewardsEnabled: true });
  const fact = (
    n: number,
    changes: Partial<Parameters<PreviewLines["add"]>[1][number]> = {},
  ): Parameters<PreviewLines["add"]>[1][number] => ({
    service_id: id(n),
    customer_name: "Thandi Nkosi",
    package_name: "Fibre 100/50",
    was_billed: true,
    credit_cents: 0,
    previous: { price_cents: 79_900, charge_cents: 79_900, total_cents: 79_900 },
    ...changes,
  });
  const kindsOf = (lines: PreviewLines) =>
    Object.fromEntries(lines.groups.map((group) => [group.kind, group.lines]));

  test("say what is new, back, changed, a part, free, or as it was", () => {
    const lines = new PreviewLines("2026-12-01");
    const drafts = draftsOf({
      rewards: [reward(1)],
      services: [
        serviceFacts(11, { price_cents: 99_900 }),
        serviceFacts(12, { activated_at: "2026-12-10T10:00:00Z" }),
        serviceFacts(13),
        serviceFacts(14),
      ],
      asOf: new Date("2026-12-12T06:00:00Z"),
    });
    lines.add(drafts, [
      fact(11),
      fact(12, { was_billed: false, previous: null }),
      fact(13, { previous: null }),
      fact(14),
    ]);
    expect(kindsOf(lines)).toEqual({
      new: 1,
      back: 1,
      changed: 1,
      pro_rated: 1,
      free: 1,
      unchanged: 1,
    });
    const free = lines.groups.find(({ kind }) => kind === "free")?.first[0];
    expect(free).toMatchObject({
      kinds: ["changed", "free"],
      charge_cents: 99_900,
      waived_cents: 99_900,
      payable_cents: 0,
      previous_cents: 79_900,
    });
  });

  test("spend a customer's credit once, on completions first", () => {
    const lines = new PreviewLines("2026-12-01");
    const november = periodFromMonth("2026-11", "Africa/Johannesburg");
    const credit = { credit_cents: 100_000 };
    lines.add(draftsOf({ asOf: new Date("2026-12-02T06:00:00Z") }, november), [fact(11, credit)]);
    lines.add(draftsOf({}), [fact(11, credit)]);
    const used = lines.groups.find(({ kind }) => kind === "credit");
    expect(
      used?.first.map((line) => [line.period_start, line.credit_cents, line.payable_cents]),
    ).toEqual([
      ["2026-11-01", 79_900, 0],
      ["2026-12-01", 20_100, 59_800],
    ]);
    expect(lines.creditCents).toBe(100_000);
    expect(lines.completions).toEqual([
      { period_start: "2026-11-01", invoices: 1, free_months: 0, total_cents: 79_900 },
    ]);
  });

  test("keep a free month that a completion uses from the cycle, and leave out unknown services", () => {
    const lines = new PreviewLines("2026-12-01");
    const october = periodFromMonth("2026-10", "Africa/Johannesburg");
    const november = periodFromMonth("2026-11", "Africa/Johannesburg");
    const asOf = new Date("2026-12-02T06:00:00Z");
    // It would expire before the next whole month.
    const expiring = reward(1, { expires_at: "2026-12-20T00:00:00Z" });
    lines.add(draftsOf({ asOf, rewards: [expiring] }, november), [fact(11)]);
    lines.add(draftsOf({ asOf }, october), [fact(11)]);
    lines.add(draftsOf({ asOf }), [fact(99)]);
    expect([...lines.usedRewards]).toEqual([reward(1).id]);
    expect(lines.completions).toEqual([
      { period_start: "2026-10-01", invoices: 1, free_months: 0, total_cents: 79_900 },
      { period_start: "2026-11-01", invoices: 1, free_months: 1, total_cents: 0 },
    ]);
    expect(kindsOf(lines)).toEqual({ completion: 2, free: 1 });
    expect(
      lines.compare(
        {
          previous: { period_start: "2026-11-01", invoices: 1, total_cents: 79_900 },
          issued: { invoices: 0, total_cents: 0, new_cents: 0 },
          gone: { services: 0, total_cents: 0, first: [] },
        },
        { invoices: 1, total_cents: 79_900 },
      ),
    ).toMatchObject({ difference_cents: 0, gone_cents: 0, changed_cents: 0 });
  });

  test("name no more than fifty of a kind, and count all", () => {
    const lines = new PreviewLines("2026-12-01");
    for (let n = 0; n < 80; n += 1) lines.add(draftsOf({}), [fact(11)]);
    const [group] = lines.groups;
    expect([group?.lines, group?.first.length, group?.charge_cents]).toEqual([80, 50, 80 * 79_900]);
  });

  test("explain the whole difference to the month before", () => {
    const lines = new PreviewLines("2026-12-01");
    lines.add(draftsOf({}), [fact(11, { was_billed: false, previous: null })]);
    const comparison = lines.compare(
      {
        previous: { period_start: "2026-11-01", invoices: 4, total_cents: 300_000 },
        issued: { invoices: 2, total_cents: 150_000, new_cents: 50_000 },
        gone: { services: 1, total_cents: 40_000, first: [] },
      },
      { invoices: 1, total_cents: 79_900 },
    );
    expect(comparison).toMatchObject({
      invoices: 3,
      total_cents: 229_900,
      difference_cents: -70_100,
      new_cents: 129_900,
      gone_cents: -40_000,
      changed_cents: -160_000,
    });
  });
});

test("months and rates have names", () => {
  expect([monthName("2026-11-01"), percentOf(1500), percentOf(1250)]).toEqual([
    "Nov 2026",
    "15\u00a0%",
    "12.5\u00a0%",
  ]);
});
