/** What the billing schedule, called every day, makes sure of. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixedClock } from "@/lib/clock";
import { jobsOf } from "@/lib/composition/jobs";
import { billingWorld, intercepted } from "@/tests/support/billing";
import { activeService, manyCustomers, newAdmin, newCustomer } from "@/tests/support/builders";
import { enterEnvironment } from "@/tests/support/environment";
import { invoicesOf, rowCounts } from "@/tests/support/rows";

const own = billingWorld();
let restore: () => void;
beforeAll(() => {
  restore = enterEnvironment({
    LOCAL_DATA_DIR: own.dataDir,
    SUPABASE_URL: "",
    LOG_LEVEL: "silent",
  });
});
afterAll(() => restore());

/** Each test has months of its own, far from those of the others. */
const scheduled = (asOf: string, client = own.client) =>
  jobsOf(client, fixedClock(asOf)).billing({ trigger: "cron" });

const runsOf = (periodStart: string) => own.sql<
  { id: string; status: string; trigger: string; force_reason: string | null; invoices: number }[]
>`
  select id, status, trigger, force_reason, invoices::int from public.billing_runs
  where period_start = ${periodStart} order by started_at`;

/** The months and amounts that a customer was billed for. */
const billed = async (customerId: string) =>
  (await invoicesOf(own.sql, customerId)).map(({ period_start, total_cents }) => [
    period_start,
    total_cents,
  ]);

async function activated(at: string, priceCents: number | string = 31_000) {
  const { id } = await newCustomer(own.sql);
  const service = await activeService(own.sql, id, { priceCents, activatedAt: at });
  return { id, service };
}

describe("the first run of a month", () => {
  it("invoices a service activated on the last evening of the month before for that one day", async () => {
    const early = await activated("2026-12-10T08:00:00Z");
    expect(await scheduled("2026-12-31T04:00:00Z")).toMatchObject({ invoices: 1, errors: [] });
    // 23:30 of the 31st by the wall clock of the billing time zone.
    const late = await activated("2026-12-31T21:30:00Z");
    expect(await scheduled("2027-01-01T04:00:00Z")).toMatchObject({
      period_start: "2027-01-01",
      invoices: 2,
      skipped: 0,
      errors: [],
    });
    expect(await billed(late.id)).toEqual([
      ["2026-12-01", 1_000],
      ["2027-01-01", 31_000],
    ]);
    expect(await billed(early.id)).toEqual([
      ["2026-12-01", 22_000],
      ["2027-01-01", 31_000],
    ]);
    expect(await runsOf("2026-12-01")).toMatchObject([
      { status: "completed", trigger: "cron", force_reason: null, invoices: 1 },
      { status: "completed", trigger: "cron", force_reason: null, invoices: 1 },
    ]);
    // Once it is done, nothing more is written about that month.
    await scheduled("2027-01-02T04:00:00Z");
    expect(await runsOf("2026-12-01")).toHaveLength(2);
  });

  it("charges the last days of services that ended before it", async () => {
    await manyCustomers(own.sql, 1, { activatedAt: "2027-03-01T08:00:00Z" });
    await scheduled("2027-03-31T04:00:00Z");
    const { id, service } = await activated("2027-03-31T12:00:00Z");
    await own.sql`
      update public.customer_services set status = 'cancelled', cancelled_at = '2027-04-01T02:00:00Z'
      where id = ${service}`;
    expect(await scheduled("2027-04-01T04:00:00Z")).toMatchObject({ errors: [] });
    expect(await billed(id)).toEqual([["2027-03-01", 1_000]]);
  });

  it("bills a month that had no run, from the first day of the service on", async () => {
    const { id } = await activated("2027-06-10T08:00:00Z", 30_000);
    expect(await scheduled("2027-07-01T04:00:00Z")).toMatchObject({ invoices: 1, completed: 1 });
    expect(await billed(id)).toEqual([
      ["2027-06-01", 21_000],
      ["2027-07-01", 30_000],
    ]);
    expect(await runsOf("2027-06-01")).toHaveLength(1);
  });

  it("makes no run for a month that has nothing left to bill", async () => {
    await activated("2027-09-10T08:00:00Z");
    await scheduled("2027-09-30T04:00:00Z");
    await scheduled("2027-10-01T04:00:00Z");
    expect(await runsOf("2027-09-01")).toHaveLength(1);
    expect(await runsOf("2027-10-01")).toHaveLength(1);
  });

  it("does not charge a month in which a service was suspended until its end", async () => {
    const { id, service } = await activated("2027-11-10T08:00:00Z", 30_000);
    await own.sql`
      update public.customer_services
      set status = 'suspended', suspended_at = '2027-11-20T08:00:00Z', updated_at = '2027-11-20T08:00:00Z'
      where id = ${service}`;
    await activated("2027-12-05T08:00:00Z");
    await scheduled("2027-12-31T04:00:00Z");
    await own.sql`
      update public.customer_services
      set status = 'active', suspended_at = null, updated_at = '2028-01-01T03:00:00Z'
      where id = ${service}`;
    const late = await activated("2027-12-31T12:00:00Z");
    await scheduled("2028-01-01T04:00:00Z");
    expect(await billed(id)).toEqual([
      ["2027-11-01", 10_000],
      ["2028-01-01", 30_000],
    ]);
    expect(await billed(late.id)).toHaveLength(2);
  });
});

describe("what goes wrong with the month that has ended", () => {
  it("is named beside the month under way, which is billed all the same", async () => {
    await activated("2028-02-10T08:00:00Z");
    await scheduled("2028-02-29T04:00:00Z");
    const broken = await activated("2028-02-29T12:00:00Z", "9007199254740993");
    const sound = await activated("2028-02-29T12:00:00Z", 29_000);
    const summary = await scheduled("2028-03-01T04:00:00Z");
    expect(summary).toMatchObject({ period_start: "2028-03-01", invoices: 2 });
    expect(summary.errors).toMatchObject([
      { service_id: broken.service, message: expect.stringMatching(/^2028-02: .*price/) },
      { service_id: broken.service, message: expect.not.stringContaining("2028-02") },
    ]);
    expect(await billed(sound.id)).toEqual([
      ["2028-02-01", 1_000],
      ["2028-03-01", 29_000],
    ]);
    // Still named when nothing else is left of the month, and no further run is made for it.
    const runs = (await runsOf("2028-02-01")).length;
    expect((await scheduled("2028-03-02T04:00:00Z")).errors).toMatchObject([
      { message: expect.stringMatching(/^2028-02: /) },
      { service_id: broken.service },
    ]);
    expect(await runsOf("2028-02-01")).toHaveLength(runs);
  });

  it("does not stop the month under way when it fails as a whole", async () => {
    await activated("2028-05-10T08:00:00Z");
    await scheduled("2028-05-31T04:00:00Z");
    const { id } = await activated("2028-05-31T12:00:00Z");
    let isBroken = false;
    const client = intercepted(own.client, async (name, call) => {
      if (isBroken || name !== "read_billing_batch") return call();
      isBroken = true;
      return { data: null, error: { message: "it broke", code: "XX000" }, status: 500 };
    });
    const summary = await scheduled("2028-06-01T04:00:00Z", client);
    expect(summary.errors[0]).toEqual({
      customer_id: null,
      service_id: null,
      message: "2028-05 could not be completed: it broke",
    });
    expect(await billed(id)).toEqual([["2028-06-01", 31_000]]);
    // The next day makes up for it.
    await scheduled("2028-06-02T04:00:00Z");
    expect(await billed(id)).toEqual([
      ["2028-06-01", 31_000],
      ["2028-05-01", 1_000],
    ]);
  });
});

describe("a run that was cut", () => {
  const cut = (asOf: string) => own.billing({ asOf }).startCycle();

  it("a moment ago is joined and completed", async () => {
    await manyCustomers(own.sql, 3, { activatedAt: "2028-08-01T08:00:00Z" });
    const { run_id } = await cut("2028-08-02T04:00:00Z");
    expect(await scheduled("2028-08-02T05:00:00Z")).toMatchObject({
      run_id,
      invoices: 3,
      errors: [],
    });
    expect(await runsOf("2028-08-01")).toMatchObject([{ id: run_id, status: "completed" }]);
  });

  it("and is silent for long is closed as failed, and the cycle is billed to its end", async () => {
    await manyCustomers(own.sql, 3, { activatedAt: "2028-10-01T08:00:00Z" });
    const { run_id } = await cut("2028-10-02T04:00:00Z");
    await own.sql`
      update public.billing_runs set heartbeat_at = now() - interval '16 minutes'
      where id = ${run_id}`;
    const summary = await scheduled("2028-10-03T04:00:00Z");
    expect(summary).toMatchObject({ invoices: 3, errors: [] });
    expect(await runsOf("2028-10-01")).toMatchObject([
      { id: run_id, status: "failed", invoices: 0 },
      { id: summary.run_id, status: "completed", invoices: 3 },
    ]);
  });
});

describe("settings that change while a run is open", () => {
  it("count from the next run on: one run never carries two rates of VAT", async () => {
    await manyCustomers(own.sql, 2, { activatedAt: "2028-12-01T08:00:00Z" });
    const open = await own.billing({ asOf: "2028-12-02T04:00:00Z" }).startCycle();
    await own.sql`
      insert into public.billing_settings
        (version, currency, vat_bps, time_zone, invoice_prefix, payment_days, brand_name,
         support_email, seller)
      select version + 1, currency, 1600, time_zone, invoice_prefix, payment_days, brand_name,
        support_email, seller
      from public.billing_settings order by version desc limit 1`;
    const rates = (runId: string | null) => own.sql<{ vat_bps: number; n: number }[]>`
      select vat_bps, count(*)::int as n from public.customer_invoices
      where run_id = ${runId} group by vat_bps`;
    expect(await scheduled("2028-12-03T04:00:00Z")).toMatchObject({ run_id: open.run_id });
    expect(await rates(open.run_id)).toEqual([{ vat_bps: 1500, n: 2 }]);
    const next = await scheduled("2029-01-01T04:00:00Z");
    expect(await rates(next.run_id)).toEqual([{ vat_bps: 1600, n: 2 }]);
  });
});

describe("the key of an admin's run", () => {
  it("gives another admin no second run, and the audit log names both", async () => {
    await manyCustomers(own.sql, 1, { activatedAt: "2029-03-01T08:00:00Z" });
    const first = await newAdmin(own.sql, "billing");
    const second = await newAdmin(own.sql, "billing");
    const idempotencyKey = randomUUID();
    const start = (startedBy: string) =>
      own
        .billing({ asOf: "2029-03-02T04:00:00Z" })
        .startCycle({ startedBy, trigger: "admin", idempotencyKey });
    const opened = await start(first);
    expect(await start(second)).toMatchObject({ run_id: opened.run_id, joined: true });
    // Repeated, it is the same request, and leaves no further trace.
    await start(second);
    expect(
      await own.sql`
        select action, actor_id from public.audit_log
        where entity_type = 'billing_run' and entity_id = ${opened.run_id} order by id`,
    ).toEqual([
      { action: "billing_run.started", actor_id: first },
      { action: "billing_run.joined", actor_id: second },
    ]);
    await opened.work();
  });
});

describe("an idle call", () => {
  it("of a month in which everything is billed writes one run and its two audit rows", async () => {
    await manyCustomers(own.sql, 1, { activatedAt: "2029-05-01T08:00:00Z" });
    await scheduled("2029-05-02T04:00:00Z");
    const rows = await rowCounts(own.sql);
    await scheduled("2029-05-03T04:00:00Z");
    const after = await rowCounts(own.sql);
    expect([
      after.billing_runs === (rows.billing_runs ?? 0) + 1,
      after.audit_log === (rows.audit_log ?? 0) + 2,
    ]).toEqual([true, true]);
    expect(Object.keys(after).filter((table) => after[table] !== rows[table])).toEqual([
      "audit_log",
      // What waits to be sealed, until the next run of a job that seals.
      "audit_unsealed",
      "billing_run_steps",
      "billing_runs",
    ]);
  });
});
