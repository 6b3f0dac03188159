import { spawn } from "node:child_process";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CompliantBillingService } from "@/lib/billing/compliant-billing-service";
import { buildInvoices } from "@/lib/billing/invoice";
import { periodFromMonth } from "@/lib/billing/period";
import { billableCustomerSchema, billingBatchSchema } from "@/lib/billing/schemas";
import { fixedClock } from "@/lib/clock";
import { invoicesOf, manyCustomers, violations } from "@/tests/support/billing";
import { activeService, pendingReward } from "@/tests/support/builders";
import { billingSettings } from "@/tests/support/facts";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";

let own: OwnStack;
let people: string[] = [];

const CUSTOMERS = 240;
/** Every fifth customer has a dearer second service, every third a free month. */
beforeAll(async () => {
  own = await ownStack();
  people = await manyCustomers(own.sql, CUSTOMERS);
  for (const [n, id] of people.entries()) {
    if (n % 5 === 0) await activeService(own.sql, id, { priceCents: 99_900 });
    if (n % 3 === 0) {
      // Enough free months for every cycle that is billed here.
      for (let month = 0; month < 8; month += 1) await pendingReward(own.sql, id);
    }
  }
});
afterAll(() => own?.stop());
afterEach(async () => expect(await violations(own.sql)).toEqual([]));

const SERVICES = CUSTOMERS + CUSTOMERS / 5;
const FREE = CUSTOMERS / 3;
const DEARER_AND_FREE = CUSTOMERS / 15;

const service = (asOf: string) =>
  new CompliantBillingService({
    client: own.client,
    clock: fixedClock(asOf),
    rewardsEnabled: true,
  });

/** All of the cycle is billed: each service once, each free month on the dearest charge. */
async function expectComplete(period: string) {
  const [row] = await own.sql<Record<string, number>[]>`
    select count(*)::int as invoices, count(distinct service_id)::int as services,
      count(*) filter (where is_free_month)::int as free_months,
      count(*) filter (where is_free_month and price_cents = 99900)::int as dear_free_months,
      count(*) filter (
        where is_free_month and price_cents < 99900 and customer_id in (
          select customer_id from public.customer_services where monthly_price_cents = 99900)
      )::int as misplaced
    from public.customer_invoices where period_start = ${period}`;
  expect(row).toEqual({
    invoices: SERVICES,
    services: SERVICES,
    free_months: FREE,
    dear_free_months: DEARER_AND_FREE,
    misplaced: 0,
  });
}

/** Numbers of the year 2026 or later without a gap, over everything issued so far. */
async function numbersOf(year: number): Promise<number[]> {
  const invoices = await invoicesOf(own.sql);
  return invoices
    .filter(({ invoice_number }) => invoice_number.startsWith(`INV-${year}-`))
    .map(({ invoice_number }) => Number(invoice_number.slice(-6)));
}
const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);

describe("billing by many at once", () => {
  it("four workers of one run issue what one would, without a gap", async () => {
    const rehearsed = await service("2026-11-01T06:00:00Z").runCycle({ dryRun: true });
    const issued = await service("2026-11-01T06:00:00Z").runCycle({ workers: 4, batchSize: 7 });
    expect({ ...issued, run_id: null }).toEqual(rehearsed);
    await expectComplete("2026-11-01");
    expect(await numbersOf(2026)).toEqual(upTo(SERVICES));
  });

  it("two runs with four workers each share the work", async () => {
    const runs = await Promise.all([
      service("2026-12-01T06:00:00Z").runCycle({ workers: 4, batchSize: 7 }),
      service("2026-12-01T06:00:00.001Z").runCycle({ workers: 4, batchSize: 11 }),
    ]);
    expect(runs.flatMap(({ errors }) => errors)).toEqual([]);
    expect(runs.reduce((sum, { invoices }) => sum + invoices, 0)).toBe(SERVICES);
    expect(runs.reduce((sum, { free_months }) => sum + free_months, 0)).toBe(FREE);
    await expectComplete("2026-12-01");
    expect(await numbersOf(2026)).toEqual(upTo(2 * SERVICES));
    const before = await invoicesOf(own.sql);
    const again = await service("2026-12-02T06:00:00Z").runCycle({ workers: 4 });
    expect(again).toMatchObject({ invoices: 0, skipped: SERVICES, errors: [] });
    expect(await invoicesOf(own.sql)).toEqual(before);
  });
});

describe("billing that is interrupted", () => {
  it("leaves nothing of a batch whose connection dies before its commit, not even a number", async () => {
    const period = periodFromMonth("2027-01", "Africa/Johannesburg");
    const [run] = await own.sql<{ id: string; batch: unknown }[]>`
      select
        public.start_billing_run(
          ${period.start}, ${period.end}, ${period.endsAt.toISOString()}, 'job', true
        ) ->> 'run_id' as id,
        public.read_billing_batch(${period.start}, ${period.endsAt.toISOString()}, null, 50) as batch`;
    const drafts = billingBatchSchema.parse(run?.batch).customers.flatMap((customer) => {
      const { buyer, ...facts } = billableCustomerSchema.parse(customer);
      return buildInvoices(
        { ...facts, asOf: new Date("2027-01-01T06:00:00Z") },
        period,
        billingSettings(),
        { rewardsEnabled: true },
      ).map((draft) => ({ ...draft, buyer }));
    });
    expect(drafts.length).toBeGreaterThan(50);
    const victim = own.connect(1);
    await expect(
      victim.unsafe(`
        begin;
        select public.issue_invoices(
          '${run?.id}', $json$${JSON.stringify(drafts)}$json$, '2027-01-01T06:00:00Z');
        select pg_terminate_backend(pg_backend_pid());
        commit`),
    ).rejects.toThrow();
    expect(await numbersOf(2027)).toEqual([]);
    const summary = await service("2027-01-01T06:00:00Z").runCycle({ workers: 4 });
    expect(summary).toMatchObject({ invoices: SERVICES, free_months: FREE, errors: [] });
    await expectComplete("2027-01-01");
    expect(await numbersOf(2027)).toEqual(upTo(SERVICES));
  });

  it("is completed by a second run after kill -9 at any point", async () => {
    // One point per cycle: right at the start, in the middle, near the end.
    const points = [1, 60, 150, 250];
    let killedInTheMiddle = 0;
    for (const [n, point] of points.entries()) {
      const period = `2027-0${3 + n}`;
      const job = spawn(
        process.execPath,
        [
          "--import",
          "tsx",
          "--import",
          "./supabase/local/runtime.mjs",
          "lib/jobs/cli.ts",
          "billing",
          "--as-of",
          `${period}-01T06:00:00Z`,
          "--workers",
          "2",
        ],
        {
          env: { ...process.env, LOCAL_DATA_DIR: own.dataDir, SUPABASE_URL: "" },
          stdio: "ignore",
        },
      );
      const ended = new Promise<NodeJS.Signals | null>((resolve) =>
        job.once("exit", (_, signal) => resolve(signal)),
      );
      const issued = async () => {
        const [row] = await own.sql<{ n: number }[]>`
          select count(*)::int as n from public.customer_invoices
          where period_start = ${`${period}-01`}`;
        return row?.n ?? 0;
      };
      const [before] = await own.sql<{ n: number }[]>`
        select count(*)::int as n from public.billing_runs`;
      // Polled rather than timed: the point is a state of the database.
      while (job.exitCode === null && job.signalCode === null) {
        const [runs] = await own.sql<{ n: number }[]>`
          select count(*)::int as n from public.billing_runs`;
        if ((runs?.n ?? 0) > (before?.n ?? 0) && (await issued()) >= point - 1) break;
      }
      job.kill("SIGKILL");
      if ((await ended) === "SIGKILL") killedInTheMiddle += 1;
      const left = SERVICES - (await issued());
      const rerun = await service(`${period}-02T06:00:00Z`).runCycle({ workers: 2 });
      expect(rerun).toMatchObject({ invoices: left, errors: [] });
      await expectComplete(`${period}-01`);
    }
    expect(killedInTheMiddle).toBeGreaterThan(0);
    expect(await numbersOf(2027)).toEqual(upTo(5 * SERVICES));
  });
});
