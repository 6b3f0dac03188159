/** Everything due is billed or named: earlier months, suspensions, free months and rates of theirs. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixedClock } from "@/lib/clock";
import { jobsOf } from "@/lib/composition/jobs";
import { billingWorld } from "@/tests/support/billing";
import { ACTOR, activeService, newCustomer, pendingReward } from "@/tests/support/builders";
import { enterEnvironment } from "@/tests/support/environment";
import { invoicesOf, violations } from "@/tests/support/rows";

const own = billingWorld();
let restore: () => void;
beforeAll(() => {
  restore = enterEnvironment({
    LOCAL_DATA_DIR: own.dataDir,
    SUPABASE_URL: "",
    LOG_LEVEL: "silent",
    ALERT_EMAIL: "billing@acme.test",
  });
});
afterAll(() => restore());

const jobs = (asOf: string) => jobsOf(own.client, fixedClock(asOf));
const billAt = (asOf: string) => jobs(asOf).billing();

/** Each test has a year of its own. The first run there is of the month of `since`. */
async function customerSince(since: string, ...prices: number[]) {
  const { id } = await newCustomer(own.sql);
  const services: string[] = [];
  for (const priceCents of prices) {
    services.push(await activeService(own.sql, id, { priceCents, activatedAt: since }));
  }
  return { id, services };
}

const setStatus = (service: string, status: string, at: string) => own.sql`
  select private.set_service_status(${service}, ${status}, 'For a test', ${ACTOR}, ${at})`;

const linesOf = async (customerId: string) =>
  (await invoicesOf(own.sql, customerId))
    .sort((a, b) => (a.period_start < b.period_start ? -1 : 1))
    .map((invoice) =>
      invoice.line_items.map(({ description }) => description.replaceAll("\u00a0", " ")),
    );

const unbilled = (asOf: string) => own.sql<
  { service_id: string; period_start: string; first_day: string; last_day: string; error: string }[]
>`
  select service_id, period_start::text, first_day::text, last_day::text, error
  from private.find_unbilled(${asOf}) order by period_start, service_id`;

describe("a month without any run", () => {
  it("is billed by the next run of any kind, and its free month waits for the month under way", async () => {
    const { id } = await customerSince("2030-01-01T08:00:00Z", 31_000);
    await billAt("2030-01-05T04:00:00Z");
    const reward = await pendingReward(own.sql, id, { expiresAt: "2031-01-01T00:00:00Z" });
    expect(await unbilled("2030-03-03T04:00:00Z")).toMatchObject([
      { period_start: "2030-02-01", first_day: "2030-02-01", last_day: "2030-02-28", error: null },
      { period_start: "2030-03-01" },
    ]);
    expect(await billAt("2030-03-03T04:00:00Z")).toMatchObject({
      period_start: "2030-03-01",
      invoices: 1,
      free_months: 1,
      completed: 1,
      unbilled: 0,
    });
    expect(
      (await invoicesOf(own.sql, id)).map((i) => [i.period_start, i.referral_reward_id]),
    ).toEqual([
      ["2030-01-01", null],
      ["2030-02-01", null],
      ["2030-03-01", reward],
    ]);
    expect(await unbilled("2030-03-03T04:00:00Z")).toEqual([]);
  });

  it("is billed too when the call has a key for its own cycle", async () => {
    await customerSince("2040-01-01T08:00:00Z", 31_000);
    await billAt("2040-01-05T04:00:00Z");
    const march = { idempotencyKey: "the cycle of March" };
    expect(await own.billing({ asOf: "2040-03-03T04:00:00Z" }).billAll(march)).toMatchObject({
      period_start: "2040-03-01",
      invoices: 1,
      completed: 1,
      errors: [],
    });
  });

  it("is counted by a dry run, which writes nothing", async () => {
    await customerSince("2030-06-01T08:00:00Z", 31_000);
    await billAt("2030-06-05T04:00:00Z");
    const dry = await jobs("2030-08-02T04:00:00Z").billing({ dryRun: true });
    expect(dry).toMatchObject({ invoices: 1, completed: 1, run_id: null });
    expect(await unbilled("2030-08-05T04:00:00Z")).toHaveLength(2);
  });
});

describe("a part of a month", () => {
  it("never takes the free month of the dearest whole month that is invoiced already", async () => {
    const { id } = await customerSince("2031-01-01T08:00:00Z", 129_900);
    await billAt("2031-01-01T10:00:00Z");
    const reward = await pendingReward(own.sql, id, { expiresAt: "2032-01-01T00:00:00Z" });
    await activeService(own.sql, id, { priceCents: 59_900, activatedAt: "2031-01-29T08:00:00Z" });
    expect(await billAt("2031-01-29T10:00:00Z")).toMatchObject({ invoices: 1, free_months: 0 });
    await billAt("2031-02-01T10:00:00Z");
    const free = (await invoicesOf(own.sql, id)).filter((invoice) => invoice.is_free_month);
    expect(free).toMatchObject([
      { period_start: "2031-02-01", amount_waived_cents: 129_900, referral_reward_id: reward },
    ]);
  });

  it("takes it when it would expire before the next whole month", async () => {
    const { id } = await customerSince("2031-06-01T08:00:00Z", 129_900);
    await billAt("2031-06-01T10:00:00Z");
    await pendingReward(own.sql, id, { expiresAt: "2031-06-30T22:00:00Z" });
    await activeService(own.sql, id, { priceCents: 30_000, activatedAt: "2031-06-29T08:00:00Z" });
    expect(await billAt("2031-06-30T20:00:00Z")).toMatchObject({
      invoices: 1,
      free_months: 1,
      waived_cents: 2_000,
    });
  });

  it("is refused by the database when the choice is stale", async () => {
    const { id, services } = await customerSince("2031-09-01T08:00:00Z", 129_900, 59_900);
    const reward = await pendingReward(own.sql, id, { expiresAt: "2032-09-01T00:00:00Z" });
    const cycle = await own.billing({ asOf: "2031-09-02T10:00:00Z" }).startCycle();
    const issue = async (service = "", price = 0, rewardId: string | null = null) => {
      const days = {
        quantity: 1,
        days: 30,
        vat_cents: 0,
        vat_bps: 1500,
        period_start: "2031-09-01",
      };
      const lines = [{ ...days, kind: "service", description: "Fibre", amount_cents: price }];
      if (rewardId) {
        lines.push({ ...days, kind: "reward", description: "Free", amount_cents: -price });
      }
      const total = rewardId ? 0 : price;
      const vat = Math.round((total * 15) / 115);
      for (const line of lines) if (!rewardId) line.vat_cents = vat;
      const draft = {
        customer_id: id,
        service_id: service,
        period_start: "2031-09-01",
        price_cents: price,
        activated_at: "2031-09-01T08:00:00Z",
        vat_bps: 1500,
        line_items: lines,
        subtotal_cents: total - vat,
        vat_cents: vat,
        total_cents: total,
        amount_due_cents: total,
        referral_reward_id: rewardId,
        amount_waived_cents: rewardId ? price : 0,
        reward_treatment: rewardId ? "discount" : null,
        reward_description: rewardId ? "Free" : null,
      };
      const [row] = await own.sql<{ issued: number }[]>`
        select (public.issue_invoices(${cycle.run_id}, ${own.sql.json([draft])},
          '2031-09-02T10:00:00Z') ->> 'issued')::int as issued`;
      return row?.issued;
    };
    expect(await issue(services[0], 129_900)).toBe(1);
    expect(await issue(services[1], 59_900, reward)).toBe(0);
    expect(await issue(services[1], 59_900)).toBe(1);
    await cycle.work();
  });
});

describe("a suspension", () => {
  it("is charged by the day: days before and after it, and the line says which were not", async () => {
    const { id, services } = await customerSince("2032-01-01T08:00:00Z", 30_000);
    await billAt("2032-03-02T04:00:00Z");
    await setStatus(services[0] ?? "", "suspended", "2032-03-10T08:00:00Z");
    await billAt("2032-04-02T04:00:00Z");
    await setStatus(services[0] ?? "", "active", "2032-06-29T08:00:00Z");
    expect(await billAt("2032-06-29T10:00:00Z")).toMatchObject({ invoices: 1, unbilled: 0 });
    expect((await linesOf(id)).slice(-2)).toEqual([
      // March was invoiced as a whole before; nothing is refunded for it.
      ["Fibre 100/50 · 1–31 Mar 2032"],
      ["Fibre 100/50 · 29–30 Jun 2032 (2 of 30 days: suspended 1–28 Jun)"],
    ]);
  });

  it("that goes on is charged once its month is over, for the days before", async () => {
    const { id, services } = await customerSince("2033-01-01T08:00:00Z", 31_000);
    await billAt("2033-01-02T04:00:00Z");
    await activeService(own.sql, id, { priceCents: 10_000, activatedAt: "2033-03-01T08:00:00Z" });
    await setStatus(services[0] ?? "", "suspended", "2033-03-05T08:00:00Z");
    expect(await billAt("2033-03-06T04:00:00Z")).toMatchObject({ invoices: 1 });
    expect(await billAt("2033-04-01T04:00:00Z")).toMatchObject({ completed: 1, unbilled: 0 });
    expect(await linesOf(id)).toContainEqual([
      "Fibre 100/50 · 1–4 Mar 2033 (4 of 31 days: suspended 5–31 Mar)",
    ]);
    await setStatus(services[0] ?? "", "cancelled", "2033-04-02T08:00:00Z");
    expect(await billAt("2033-05-03T04:00:00Z")).toMatchObject({ unbilled: 0 });
  });

  it("that began after the facts were read refuses the draft, and the run bills what is left", async () => {
    const { id, services } = await customerSince("2034-01-01T08:00:00Z", 31_000);
    let done = false;
    const billing = own.billing({ asOf: "2034-01-10T04:00:00Z" });
    const summary = await billing.runCycle({
      onProgress: () => {
        if (done) return;
        done = true;
      },
    });
    expect(summary.invoices).toBe(1);
    const [before] = await own.sql<{ revision: number }[]>`
      select revision from public.customer_services where id = ${services[0] ?? ""}`;
    await setStatus(services[0] ?? "", "suspended", "2034-01-11T08:00:00Z");
    await setStatus(services[0] ?? "", "active", "2034-01-11T09:00:00Z");
    const [after] = await own.sql<{ revision: number }[]>`
      select revision from public.customer_services where id = ${services[0] ?? ""}`;
    expect([before?.revision, after?.revision]).toEqual([0, 2]);
    expect(await linesOf(id)).toHaveLength(1);
  });
});

describe("a line that was suspended over the run", () => {
  it("is named once it is back, with its days, until they are billed", async () => {
    const { services } = await customerSince("2039-01-01T08:00:00Z", 31_000);
    await billAt("2039-01-05T04:00:00Z");
    await setStatus(services[0] ?? "", "suspended", "2039-01-20T08:00:00Z");
    expect(await billAt("2039-02-01T10:00:00Z")).toMatchObject({ invoices: 0, unbilled: 0 });
    await setStatus(services[0] ?? "", "active", "2039-02-10T08:00:00Z");
    // The daily run has two nights to bill it.
    expect(await unbilled("2039-02-11T10:00:00Z")).toEqual([]);
    expect(await unbilled("2039-02-12T10:00:00Z")).toEqual([
      {
        service_id: services[0],
        period_start: "2039-02-01",
        first_day: "2039-02-10",
        last_day: "2039-02-28",
        error: null,
      },
    ]);
    expect(await billAt("2039-02-12T11:00:00Z")).toMatchObject({ invoices: 1, unbilled: 0 });
    expect(await unbilled("2039-02-12T12:00:00Z")).toEqual([]);
  });
});

describe("what nobody could bill", () => {
  it("is listed with its error, mailed once a day, and gone when it is billed", async () => {
    const { id } = await customerSince("2035-01-01T08:00:00Z", 31_000);
    await billAt("2035-01-02T04:00:00Z");
    const broken = await activeService(own.sql, id, {
      priceCents: "9007199254740993" as unknown as number,
      activatedAt: "2035-01-20T08:00:00Z",
    });
    const failed = await billAt("2035-02-03T04:00:00Z");
    expect(failed.errors.map(({ service_id }) => service_id)).toContain(broken);
    expect(failed).toMatchObject({ invoices: 1 });
    const list = await unbilled("2035-02-03T04:00:00Z");
    expect(list.map(({ period_start, first_day }) => [period_start, first_day])).toEqual([
      ["2035-01-01", "2035-01-20"],
      ["2035-02-01", "2035-02-01"],
    ]);
    const mails = () => own.sql<{ dedupe_key: string; recipient: string; payload: object }[]>`
      select dedupe_key, recipient, payload from public.notifications
      where template = 'services_unbilled' and dedupe_key like '%:2035%' order by dedupe_key`;
    await jobs("2035-02-03T05:00:00Z").expire();
    await jobs("2035-02-03T23:00:00Z").expire();
    expect(await mails()).toHaveLength(2);
    await jobs("2035-02-03T06:00:00Z").expire();
    expect(await mails()).toMatchObject([
      { recipient: "billing@acme.test", payload: { services: 2 } },
      {},
    ]);
    await own.sql`update public.customer_services set monthly_price_cents = 31000 where id = ${broken}`;
    expect(await billAt("2035-02-05T04:00:00Z")).toMatchObject({ completed: 1, unbilled: 0 });
    await jobs("2035-02-06T05:00:00Z").expire();
    expect(await mails()).toHaveLength(2);
  });
});

describe("the rate of the period", () => {
  it("counts whenever the invoice is issued, and a period that straddles a change has both", async () => {
    await own.sql`
      insert into public.billing_settings
        (version, effective_on, currency, vat_bps, time_zone, invoice_prefix, payment_days, brand_name,
         support_email, seller)
      select version + 1, '2036-03-16', currency, 1600, time_zone, invoice_prefix, payment_days, brand_name,
        support_email, jsonb_set(seller, '{name}', '"Acme Fibre Two"')
      from public.billing_settings order by version desc limit 1`;
    const { id } = await customerSince("2036-02-01T08:00:00Z", 31_000);
    await own.billing({ asOf: "2036-02-20T04:00:00Z" }).runCycle({ dryRun: true });
    await activeService(own.sql, id, { priceCents: 31_000, activatedAt: "2036-02-29T08:00:00Z" });
    await own.billing({ asOf: "2036-01-20T04:00:00Z" }).runCycle();
    await billAt("2036-04-02T04:00:00Z");
    const invoices = (await invoicesOf(own.sql, id)).map(({ period_start, ...invoice }) => ({
      period_start,
      vat_bps: (invoice as unknown as { vat_bps: number }).vat_bps,
      seller: invoice.seller.name,
      total: invoice.total_cents,
      lines: invoice.line_items.map((line) => (line as unknown as { vat_bps: number }).vat_bps),
    }));
    const kinds = [...new Set(invoices.map((invoice) => JSON.stringify(invoice)))]
      .map((text) => JSON.parse(text) as (typeof invoices)[number])
      .sort((a, b) => (a.period_start < b.period_start ? -1 : 1));
    const old = { vat_bps: 1500, seller: "Acme Fibre (Pty) Ltd" };
    expect(kinds).toMatchObject([
      { period_start: "2036-02-01", ...old, lines: [1500] },
      { period_start: "2036-02-01", ...old, lines: [1500] },
      { period_start: "2036-03-01", ...old, total: 31_000, lines: [1500, 1600] },
      { period_start: "2036-04-01", vat_bps: 1600, seller: "Acme Fibre Two", lines: [1600] },
    ]);
    expect(await violations(own.sql)).toEqual([]);
  });
});

describe("a free month that is consideration", () => {
  it("is a credit: VAT stays due on the full price, and a credit note takes back what was paid", async () => {
    const { id } = await customerSince("2037-01-01T08:00:00Z", 79_900);
    const reward = await pendingReward(own.sql, id, {
      expiresAt: "2038-01-01T00:00:00Z",
      capCents: 50_000,
    });
    await own.sql`
      update public.referral_rewards set vat_treatment = 'consideration' where id = ${reward}`;
    await own.billing({ asOf: "2037-01-02T04:00:00Z" }).runCycle();
    const [invoice] = await invoicesOf(own.sql, id);
    expect(invoice).toMatchObject({
      total_cents: 79_900,
      amount_due_cents: 29_900,
      amount_waived_cents: 50_000,
      is_free_month: true,
      line_items: [{ kind: "service", amount_cents: 79_900 }],
    });
    const credit = own.sql`
      select private.issue_credit_note(${invoice?.invoice_number ?? ""}, ${30_000}, 'Too much', null,
        ${ACTOR}, '2037-01-03T04:00:00Z')`;
    await expect(credit).rejects.toMatchObject({ message: "credit_exceeds_invoice" });
  });
});
