/** What a finance team reads each month, against sums that are made another way. */
import type { ISql } from "postgres";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type InvoiceExportRow,
  invoiceExportPageSchema,
  leftOutSchema,
  liabilitySchema,
  owedRewardPageSchema,
  paymentExportPageSchema,
  runReportSchema,
  type VatReport,
  vatReportSchema,
} from "@/lib/billing/report-schemas";
import type { Cursor } from "@/lib/paging";
import { billingWorld } from "@/tests/support/billing";
import {
  ACTOR,
  activeService,
  manyCustomers,
  newAdmin,
  newCustomer,
  pendingReward,
} from "@/tests/support/builders";
import { asUser, refusal } from "@/tests/support/database";
import { creditInvoice, issuedInvoice } from "@/tests/support/invoices";
import { invoicesOf, one } from "@/tests/support/rows";

const own = billingWorld();
let billing: string;
let support: string;
beforeAll(async () => {
  billing = await newAdmin(own.sql, "billing");
  support = await newAdmin(own.sql, "support");
});

const asBilling = <T>(work: (transaction: ISql) => Promise<T>) => asUser(own.sql, billing, work);

/** What a query answers in its only column, `answer`. */
async function answerOf(query: PromiseLike<readonly { answer: unknown }[]>): Promise<unknown> {
  return one(await query).answer;
}

const vatOf = async (from: string, to: string): Promise<VatReport> =>
  vatReportSchema.parse(
    await answerOf(
      own.sql<{ answer: unknown }[]>`select private.vat_report(${from}, ${to}) as answer`,
    ),
  );

/** Pages of an export until the last one; `between` runs after each page. */
async function allRows<R>(
  read: (cursor: Cursor | null) => Promise<{ rows: R[]; next_cursor: Cursor | null }>,
  between: () => Promise<unknown> = async () => {},
): Promise<R[]> {
  const rows: R[] = [];
  let cursor: Cursor | null = null;
  do {
    const page: { rows: R[]; next_cursor: Cursor | null } = await read(cursor);
    rows.push(...page.rows);
    cursor = page.next_cursor;
    await between();
  } while (cursor);
  return rows;
}

const exportInvoices = (
  from: string,
  to: string,
  limit: number,
  between?: () => Promise<unknown>,
) =>
  allRows<InvoiceExportRow>(
    (cursor) =>
      asBilling(async (sql) =>
        invoiceExportPageSchema.parse(
          await answerOf(sql<{ answer: unknown }[]>`
            select public.admin_export_invoices(${from}, ${to}, ${cursor?.at ?? null},
              ${cursor?.id ?? null}, ${limit}) as answer`),
        ),
      ),
    between,
  );

async function newRate(effectiveOn: string, bps: number): Promise<void> {
  await own.sql`
    insert into public.billing_settings
      (version, effective_on, currency, vat_bps, time_zone, invoice_prefix, payment_days, brand_name,
       support_email, seller)
    select version + 1, ${effectiveOn}, currency, ${bps}, time_zone, invoice_prefix, payment_days,
      brand_name, support_email, seller
    from public.billing_settings order by version desc limit 1`;
}

describe("the VAT report", () => {
  it("equals the sum of the lines by month and rate, less credit notes, whenever they were issued", async () => {
    await newRate("2041-03-11", 1600);
    const { id } = await newCustomer(own.sql);
    const at = { activatedAt: "2041-02-01T08:00:00Z" };
    await activeService(own.sql, id, { ...at, priceCents: 99_937 });
    await activeService(own.sql, id, { ...at, priceCents: 31_001 });
    const free = await newCustomer(own.sql);
    await activeService(own.sql, free.id, { ...at, priceCents: 59_903 });
    const discount = await pendingReward(own.sql, free.id, {
      expiresAt: "2042-01-01T00:00:00Z",
      capCents: 20_011,
    });
    const consideration = await pendingReward(own.sql, free.id, {
      expiresAt: "2042-02-01T00:00:00Z",
    });
    await own.sql`
      update public.referral_rewards set vat_treatment = 'consideration' where id = ${consideration}`;
    await own.bill({ asOf: "2041-02-01T10:00:00Z" });
    await own.bill({ asOf: "2041-03-01T10:00:00Z" });
    // A line of March that is billed in April.
    await activeService(own.sql, id, { activatedAt: "2041-03-20T08:00:00Z", priceCents: 31_000 });
    await own.bill({ asOf: "2041-04-02T10:00:00Z" }, { period: "2041-03" });
    const invoices = await invoicesOf(own.sql);
    expect(
      invoices
        .map((i) => i.referral_reward_id)
        .filter(Boolean)
        .sort(),
    ).toEqual([discount, consideration].sort());
    const [first, second] = invoices
      .filter((i) => i.period_start === "2041-03-01" && i.customer_id === id)
      .sort((a, b) => b.total_cents - a.total_cents);
    for (const [invoice, cents, asOf] of [
      [first, 33_333, "2041-03-20T08:00:00Z"],
      [first, 101, "2041-05-20T08:00:00Z"],
      [second, 7, "2041-03-20T08:00:00Z"],
    ] as const) {
      await creditInvoice(own.sql, invoice?.invoice_number ?? "", cents, { asOf });
    }

    const report = await vatOf("2041-02-15", "2041-03-02");
    expect([report.from, report.to]).toEqual(["2041-02-01", "2041-03-31"]);
    // The same sums from the documents, in another way.
    type Line = { vat_bps: number; amount_cents: number; vat_cents: number };
    const expected = new Map<string, { vat: number; total: number }>();
    for (const invoice of invoices) {
      for (const line of invoice.line_items as unknown as Line[]) {
        const key = `${invoice.period_start} ${line.vat_bps}`;
        const sum = expected.get(key) ?? { vat: 0, total: 0 };
        sum.vat += line.vat_cents;
        sum.total += line.amount_cents;
        expected.set(key, sum);
      }
    }
    expect(
      report.rows.map((row) => [
        `${row.period_start} ${row.vat_bps}`,
        { vat: row.invoiced_vat_cents, total: row.invoiced_total_cents },
      ]),
    ).toEqual([...expected].sort(([a], [b]) => (a < b ? -1 : 1)));
    const notes = one(
      await own.sql<{ total: number; vat: number }[]>`
        select sum(total_cents)::int as total, sum(vat_cents)::int as vat from public.credit_notes`,
    );
    const total = one(report.totals);
    expect([total.credit_notes, total.credited_total_cents, total.credited_vat_cents]).toEqual([
      3,
      notes.total,
      notes.vat,
    ]);
    const march = report.rows.filter((row) => row.period_start === "2041-03-01");
    expect(march.map((row) => row.vat_bps)).toEqual([1500, 1600]);
    expect(march.reduce((sum, row) => sum + row.credited_total_cents, 0)).toBe(notes.total);
    // In proportion to what the invoice charged at each rate.
    expect(march.every((row) => row.credited_total_cents > 0)).toBe(true);
    for (const row of [...report.rows, total]) {
      expect(row.net_cents + row.vat_cents).toBe(row.total_cents);
      expect(row.vat_cents).toBe(row.invoiced_vat_cents - row.credited_vat_cents);
    }
    const sum = (pick: (row: VatReport["rows"][number]) => number) =>
      report.rows.reduce((all, row) => all + pick(row), 0);
    expect(total.vat_cents).toBe(sum((row) => row.vat_cents));
    expect(total.total_cents).toBe(
      invoices.reduce((all, invoice) => all + invoice.total_cents, 0) - notes.total,
    );
    // The line of March that came in April, less the credit of May.
    const late = invoices.find((invoice) => invoice.issued_at.startsWith("2041-04"));
    const lateCredit = one(
      await own.sql<{ vat: number }[]>`
        select vat_cents::int as vat from public.credit_notes where total_cents = 101`,
    );
    expect(total.late_vat_cents).toBe((late?.vat_cents ?? 0) - lateCredit.vat);
  });

  it("has nothing for a month without invoices, and refuses a range that ends before it begins", async () => {
    expect(await vatOf("2050-01-01", "2050-01-31")).toMatchObject({ rows: [], totals: [] });
    const asked = asBilling(
      (sql) => sql`select public.admin_get_vat_report('2041-03-01', '2041-02-01')`,
    );
    expect(await refusal(asked)).toMatchObject({ code: "PT400", message: "invalid_request" });
  });
});

describe("what free months are owed", () => {
  it("is each unused one at the price of the dearest service, up to its ceiling, by the month it ends in", async () => {
    const { id } = await newCustomer(own.sql);
    await activeService(own.sql, id, { priceCents: 40_000 });
    const suspended = await activeService(own.sql, id, { priceCents: 90_000, status: "suspended" });
    await activeService(own.sql, id, { priceCents: 200_000, status: "cancelled" });
    const none = await newCustomer(own.sql);
    // The last day is 31 March in the billing zone, although it is 1 April in UTC a moment later.
    const inMarch = await pendingReward(own.sql, id, { expiresAt: "2099-03-31T22:00:00Z" });
    const capped = await pendingReward(own.sql, id, {
      expiresAt: "2099-04-30T22:00:00Z",
      capCents: 25_000,
    });
    await pendingReward(own.sql, none.id, {
      expiresAt: "2099-04-10T22:00:00Z",
      capCents: 7_000,
    });
    // Over, although no job has noticed it.
    await pendingReward(own.sql, id, { expiresAt: "2026-11-01T22:00:00Z" });
    await own.sql`update public.referral_rewards set vat_treatment = 'consideration' where id = ${capped}`;
    const liability = liabilitySchema.parse(
      await answerOf(own.sql<{ answer: unknown }[]>`
        select private.reward_liability('2099-02-01T00:00:00Z') as answer`),
    );
    expect(liability).toMatchObject({
      rewards: 3,
      value_cents: 115_000,
      without_service: 1,
      capped: 1,
      by_treatment: [
        { treatment: "consideration", rewards: 1, value_cents: 25_000 },
        { treatment: "discount", rewards: 2, value_cents: 90_000 },
      ],
      expiring: [
        { month: "2099-03-01", rewards: 1, value_cents: 90_000 },
        { month: "2099-04-01", rewards: 2, value_cents: 25_000 },
      ],
      breakage: { used: 0, expired: 0, rate_bps: null, expected_unused_cents: null },
    });
    expect(liability.history).toHaveLength(12);
    const rows = await allRows((cursor) =>
      asBilling(async (sql) =>
        owedRewardPageSchema.parse(
          await answerOf(sql<{ answer: unknown }[]>`
            select public.admin_export_owed_rewards(${cursor?.at ?? null}, ${cursor?.id ?? null}, 1)
              as answer`),
        ),
      ),
    );
    expect(rows.map(({ last_day, value_cents }) => [last_day, value_cents])).toEqual([
      ["2099-03-31", 90_000],
      ["2099-04-10", 0],
      ["2099-04-30", 25_000],
    ]);
    expect(rows[0]?.id).toBe(inMarch);
    await own.sql`
      update public.customer_services set status = 'cancelled', cancelled_at = activated_at
      where id = ${suspended}`;
  });

  it("counts what ended unused against what was used, in the months in which that happened", async () => {
    const { id } = await newCustomer(own.sql);
    await activeService(own.sql, id, { priceCents: 50_000, activatedAt: "2044-01-01T08:00:00Z" });
    await pendingReward(own.sql, id, {
      createdAt: "2043-12-01T08:00:00Z",
      expiresAt: "2044-01-10T22:00:00Z",
    });
    await pendingReward(own.sql, id, {
      createdAt: "2043-12-01T08:00:00Z",
      expiresAt: "2044-01-31T22:00:00Z",
    });
    await pendingReward(own.sql, id, {
      createdAt: "2043-12-01T08:00:00Z",
      expiresAt: "2044-01-31T22:00:00Z",
    });
    await pendingReward(own.sql, id, {
      createdAt: "2043-12-01T08:00:00Z",
      expiresAt: "2046-01-31T22:00:00Z",
    });
    await own.bill({ asOf: "2044-01-02T10:00:00Z" });
    await own.sql`select public.expire_due('2044-02-01T10:00:00Z')`;
    const { breakage, history, value_cents } = liabilitySchema.parse(
      await answerOf(own.sql<{ answer: unknown }[]>`
        select private.reward_liability('2044-02-02T00:00:00Z') as answer`),
    );
    expect(breakage).toMatchObject({
      used: 1,
      expired: 2,
      rate_bps: 6667,
      expected_unused_cents: Math.round((value_cents * 2) / 3),
    });
    expect(history.at(-2)).toEqual({
      month: "2044-01-01",
      used: 1,
      used_cents: 50_000,
      expired: 2,
      revoked: 0,
    });
  });
});

describe("the export of documents", () => {
  it("has each invoice of the days once, by the days of the billing zone, while others are issued", async () => {
    const customers = await manyCustomers(own.sql, 25, { activatedAt: "2045-03-01T08:00:00Z" });
    // 31 March in the billing zone begins before it does in UTC.
    const issue = async (customerId: string, issuedAt: string) => {
      const service = await activeService(own.sql, customerId, {
        activatedAt: "2045-03-01T08:00:00Z",
      });
      return issuedInvoice(own.sql, { customerId, serviceId: service, month: "2045-03", issuedAt });
    };
    const first = customers[0] ?? "";
    const before = await issue(first, "2045-03-30T21:59:59Z");
    const inside = await Promise.all(
      customers.map((customer) => issue(customer, "2045-03-30T22:00:00Z")),
    );
    const last = await issue(first, "2045-03-31T21:59:59.999Z");
    const after = await issue(first, "2045-03-31T22:00:00Z");
    const later: string[] = [];
    const rows = await exportInvoices("2045-03-31", "2045-03-31", 4, async () => {
      const { number } = await issue(first, "2045-03-31T12:00:00Z");
      later.push(number);
    });
    const numbers = rows.map(({ invoice_number }) => invoice_number);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers).toEqual(expect.arrayContaining([...inside, last].map(({ number }) => number)));
    expect(numbers).not.toContain(before.number);
    expect(numbers).not.toContain(after.number);
    expect(
      numbers.every((n) => [...inside, last].some((i) => i.number === n) || later.includes(n)),
    ).toBe(true);
    expect(rows[0]).toMatchObject({ issued_on: "2045-03-31", kind: "cycle", vat_bps: [1500] });
  });

  it("has a payment and its reversal, which takes the whole of it back", async () => {
    const { id } = await newCustomer(own.sql);
    const service = await activeService(own.sql, id);
    const invoice = await issuedInvoice(own.sql, {
      customerId: id,
      serviceId: service,
      month: "2026-10",
      issuedAt: "2026-10-01T06:00:00Z",
    });
    await own.sql`
      select public.record_invoice_payment(${invoice.number}, 79900, '2046-05-30T22:00:00Z', 'EFT 1')`;
    const { payment } = one(
      await own.sql<{ payment: string }[]>`
        select id as payment from public.invoice_payments where invoice_id = ${invoice.id}`,
    );
    await own.sql`
      select private.reverse_payment(${payment}, 'Returned by the bank', ${ACTOR},
        '2046-06-02T08:00:00Z')`;
    const read = (from: string, to: string) =>
      allRows((cursor) =>
        asBilling(async (sql) =>
          paymentExportPageSchema.parse(
            await answerOf(sql<{ answer: unknown }[]>`
              select public.admin_export_payments(${from}, ${to}, ${cursor?.at ?? null},
                ${cursor?.id ?? null}, 1) as answer`),
          ),
        ),
      );
    expect(await read("2046-05-01", "2046-06-30")).toMatchObject([
      { kind: "payment", payment_id: payment, amount_cents: 79_900, recorded_on: "2046-05-31" },
      { kind: "reversal", payment_id: payment, amount_cents: -79_900, recorded_on: "2046-06-02" },
    ]);
    expect(await read("2046-05-31", "2046-05-31")).toHaveLength(1);
    expect(await read("2046-06-03", "2046-06-30")).toEqual([]);
  });

  it.each([
    ["admin_export_invoices('2026-01-01', '2026-01-31')"],
    ["admin_export_credit_notes('2026-01-01', '2026-01-31')"],
    ["admin_export_payments('2026-01-01', '2026-01-31')"],
    ["admin_export_owed_rewards()"],
    ["admin_export_run_invoices(gen_random_uuid())"],
    ["admin_export_left_out(gen_random_uuid())"],
    ["admin_get_vat_report('2026-01-01', '2026-01-31', true)"],
    ["admin_get_run_report(gen_random_uuid(), true)"],
  ])("is refused without data:export: %s", async (call) => {
    const asked = asUser(own.sql, support, (sql) => sql.unsafe(`select public.${call}`));
    expect(await refusal(asked)).toMatchObject({ code: "PT403", detail: "data:export" });
  });
});

describe("the report of a run", () => {
  it("says its numbers, sums, free months by treatment, and what it left out and why", async () => {
    const since = { activatedAt: "2047-01-01T08:00:00Z" };
    const { id } = await newCustomer(own.sql);
    await activeService(own.sql, id, { ...since, priceCents: 60_000 });
    await pendingReward(own.sql, id, { expiresAt: "2048-01-01T00:00:00Z" });
    const other = await newCustomer(own.sql);
    await activeService(own.sql, other.id, { ...since, priceCents: 40_000 });
    const credit = await pendingReward(own.sql, other.id, { expiresAt: "2048-01-01T00:00:00Z" });
    await own.sql`
      update public.referral_rewards set vat_treatment = 'consideration' where id = ${credit}`;
    const suspended = await activeService(own.sql, other.id, since);
    await own.sql`
      select private.set_service_status(${suspended}, 'suspended', 'For a test', ${ACTOR},
        '2047-01-02T08:00:00Z')`;
    const broken = await activeService(own.sql, id, { ...since, priceCents: "9007199254740993" });
    const run = await own.bill({ asOf: "2047-01-03T08:00:00Z" });
    const read = async (runId: string | null) =>
      runReportSchema.parse(
        await asUser(own.sql, support, (sql) =>
          answerOf(sql<{ answer: unknown }[]>`
            select public.admin_get_run_report(${runId}) as answer`),
        ),
      );
    const report = await read(run.run_id);
    const numbers = (await invoicesOf(own.sql))
      .filter(({ period_start }) => period_start === "2047-01-01")
      .map(({ invoice_number }) => invoice_number);
    // The customer with the broken service uses no free month: nobody knows which charge is the dearest.
    expect(report).toMatchObject({
      invoices: 2,
      first_number: numbers[0],
      last_number: numbers.at(-1),
      total_cents: 100_000,
      net_cents: 100_000 - report.vat_cents,
      due_cents: 60_000,
      discount_months: 0,
      consideration_months: 1,
      consideration_cents: 40_000,
      is_completion: false,
      left_out: { services: 2 },
    });
    const reasons = new Map(report.left_out.first.map((row) => [row.service_id, row.reason]));
    expect(reasons.get(suspended)).toBe("Suspended: charged when the month is over");
    expect(reasons.get(broken)).toMatch(/price_cents|number/i);
    const pages = await asBilling(async (sql) => {
      const rows = [];
      for (const after of [null, ...report.left_out.first.map((row) => row.service_id)]) {
        const answer = await answerOf(sql<{ answer: unknown }[]>`
          select public.admin_export_left_out(${run.run_id}, ${after}, 1) as answer`);
        rows.push(...leftOutSchema.array().parse(answer));
      }
      return rows;
    });
    expect(pages).toEqual(report.left_out.first);

    await own.sql`update public.customer_services set monthly_price_cents = 1000 where id = ${broken}`;
    const completion = await own.bill({ asOf: "2047-02-03T08:00:00Z" }, { period: "2047-01" });
    const cycle = await own.bill({ asOf: "2047-02-03T09:00:00Z" });
    expect(await read(completion.run_id)).toMatchObject({ is_completion: true, completions: [] });
    expect(await read(cycle.run_id)).toMatchObject({
      is_completion: false,
      discount_months: 1,
      completions: [{ id: completion.run_id, period_start: "2047-01-01" }],
    });
  });
});
