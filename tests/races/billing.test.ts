import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { billingBatchSchema, soundCustomersSchema } from "@/lib/billing/schemas";
import { periodFromMonth } from "@/lib/invoicing/period";
import { buildInvoices } from "@/lib/rewards/build-invoices";
import { billingAt } from "@/tests/support/billing";
import { activeService, manyCustomers, pendingReward } from "@/tests/support/builders";
import { billingSettings } from "@/tests/support/facts";
import { type JobProcess, startJob } from "@/tests/support/job-process";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { invoicesOf, violations } from "@/tests/support/rows";

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
      for (let month = 0; month < 12; month += 1) await pendingReward(own.sql, id);
    }
  }
});
afterAll(() => own?.stop());
afterEach(async () => expect(await violations(own.sql)).toEqual([]));

const SERVICES = CUSTOMERS + CUSTOMERS / 5;
const FREE = CUSTOMERS / 3;
const DEARER_AND_FREE = CUSTOMERS / 15;

const service = (asOf: string) => billingAt(asOf, { client: own.client });

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

interface RunRow {
  status: string;
  invoices: number;
  services_total: number;
  errors: unknown[];
}

/** The runs of a cycle, oldest first. */
async function runsOf(periodStart: string): Promise<RunRow[]> {
  const rows = await own.sql<{ run: RunRow }[]>`
    select to_jsonb(r) as run from public.billing_runs as r
    where period_start = ${periodStart} order by started_at`;
  return rows.map(({ run }) => run);
}

const env = () => ({ LOCAL_DATA_DIR: own.dataDir });
/** Flags that make a run of many batches of these few customers. */
const SMALL = ["--workers", "2", "--batch", "8"];

/** Polled rather than timed: the point is a state of the database. */
async function until(isReached: () => Promise<boolean>, job?: JobProcess): Promise<void> {
  while (!job || (job.child.exitCode === null && job.child.signalCode === null)) {
    if (await isReached()) return;
  }
}

const untilIssued = (cycle: string, point: number, job: JobProcess) =>
  until(async () => {
    const [row] = await own.sql<{ runs: number; issued: number }[]>`
      select (select count(*) from public.billing_runs where period_start = ${`${cycle}-01`})::int as runs,
        (select count(*) from public.customer_invoices
          where period_start = ${`${cycle}-01`})::int as issued`;
    return row !== undefined && row.runs > 0 && row.issued >= point - 1;
  }, job);

/** Locks all customers, so that whoever bills must wait. Returns what lets them go. */
async function holdingEverybody(): Promise<() => Promise<unknown>> {
  const holding = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const held = own.connect(1).begin(async (transaction) => {
    await transaction`select 1 from public.customers order by id for no key update`;
    holding.resolve();
    await released.promise;
  });
  await holding.promise;
  return () => {
    released.resolve();
    return held;
  };
}

const untilProcesses = (periodStart: string, count: number) =>
  until(async () => {
    const [row] = await own.sql<{ n: number }[]>`
      select count(distinct p.process_id)::int as n
      from public.billing_run_steps as p join public.billing_runs as r on r.id = p.run_id
      where r.period_start = ${periodStart} and p.step = 'claimed'`;
    return (row?.n ?? 0) >= count;
  });

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

  it("a second start of a cycle that is being billed joins that run, and both report its totals", async () => {
    const starts = await Promise.all([
      service("2026-12-01T06:00:00Z").startCycle({ workers: 4, batchSize: 7 }),
      service("2026-12-01T06:00:00.001Z").startCycle({ workers: 4, batchSize: 11 }),
    ]);
    expect(starts.map(({ joined }) => joined).sort()).toEqual([false, true]);
    const [first, second] = await Promise.all(starts.map((start) => start.work()));
    expect(second).toEqual(first);
    expect(first).toMatchObject({ invoices: SERVICES, free_months: FREE, errors: [] });
    await expectComplete("2026-12-01");
    expect(await numbersOf(2026)).toEqual(upTo(2 * SERVICES));
    expect(await runsOf("2026-12-01")).toMatchObject([{ status: "completed", invoices: SERVICES }]);
    const before = await invoicesOf(own.sql);
    const again = await service("2026-12-02T06:00:00Z").runCycle({ workers: 4 });
    expect(again).toMatchObject({ invoices: 0, skipped: SERVICES, errors: [] });
    expect(await invoicesOf(own.sql)).toEqual(before);
  });

  it("twenty starts at the same moment make one run", async () => {
    const starts = await Promise.all(
      Array.from({ length: 20 }, () =>
        service("2026-10-15T06:00:00Z").startCycle({ batchSize: 25, idempotencyKey: "october" }),
      ),
    );
    expect(new Set(starts.map(({ run_id }) => run_id)).size).toBe(1);
    expect(starts.filter(({ joined }) => !joined)).toHaveLength(1);
    const summaries = await Promise.all(starts.map((start) => start.work()));
    for (const summary of summaries) {
      expect(summary).toMatchObject({ invoices: SERVICES, free_months: FREE, errors: [] });
    }
    await expectComplete("2026-10-01");
    expect(await numbersOf(2026)).toEqual(upTo(3 * SERVICES));
  });
});

describe("billing that is interrupted", () => {
  it("leaves nothing of a batch whose connection dies before its commit, not even a number", async () => {
    const period = periodFromMonth("2027-01", "Africa/Johannesburg");
    const [run] = await own.sql<{ id: string; batch: unknown }[]>`
      select
        public.start_billing_run(
          ${period.start}, ${period.end}, ${period.endsAt.toISOString()}, 'job', true, null,
          '2027-01-01T06:00:00Z'
        ) ->> 'run_id' as id,
        public.read_billing_batch(${period.start}, ${period.endsAt.toISOString()}, '2027-01-01T06:00:00Z', null, 50) as batch`;
    const { customers } = billingBatchSchema.parse(run?.batch);
    const drafts = soundCustomersSchema
      .parse(customers)
      .flatMap((facts) =>
        buildInvoices(
          { ...facts, asOf: new Date("2027-01-01T06:00:00Z") },
          period,
          billingSettings(),
          { rewardsEnabled: true },
        ),
      );
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
      const cycle = `2027-0${3 + n}`;
      const job = startJob(env(), "billing", "--as-of", `${cycle}-01T06:00:00Z`, ...SMALL);
      await untilIssued(cycle, point, job);
      job.child.kill("SIGKILL");
      if ((await job.ended).signal === "SIGKILL") killedInTheMiddle += 1;
      const rerun = await service(`${cycle}-02T06:00:00Z`).runCycle({ workers: 2 });
      expect(rerun.errors).toEqual([]);
      await expectComplete(`${cycle}-01`);
      const runs = await runsOf(`${cycle}-01`);
      expect(runs.every(({ status }) => status === "completed")).toBe(true);
      expect(runs.reduce((sum, { invoices }) => sum + invoices, 0)).toBe(SERVICES);
    }
    expect(killedInTheMiddle).toBeGreaterThan(0);
    // January, February, which the first of the jobs completed, and these four.
    expect(await numbersOf(2027)).toEqual(upTo(6 * SERVICES));
  });

  it("goes on in the other processes when one of three is killed, as one run without a gap", async () => {
    // Nothing earlier is open, which each process would complete first.
    await service("2027-07-01T06:00:00Z").runCycle();
    const before = (await numbersOf(2027)).length;
    const start = () =>
      startJob(env(), "billing", "--as-of", "2027-08-01T06:00:00Z", "--json", ...SMALL);
    // Nothing can be issued before all of them have ranges in hand.
    const release = await holdingEverybody();
    const [victim, ...others] = [start(), start(), start()];
    await untilProcesses("2027-08-01", 3);
    victim?.child.kill("SIGKILL");
    await victim?.ended;
    await release();
    const ends = await Promise.all(others.map(({ ended }) => ended));
    for (const { code, out, error } of ends) {
      expect({ code, error }).toEqual({ code: 0, error: "" });
      expect(JSON.parse(out)).toMatchObject({ invoices: SERVICES, free_months: FREE });
    }
    await expectComplete("2027-08-01");
    expect(await runsOf("2027-08-01")).toMatchObject([
      { status: "completed", invoices: SERVICES, services_total: SERVICES },
    ]);
    expect(await numbersOf(2027)).toEqual(upTo(before + SERVICES));
    // Nobody's range was billed by the first pass of another: the ranges are disjoint.
    const [ranges] = await own.sql<{ processes: number; ranges: number; ends: number }[]>`
      select count(distinct process_id)::int as processes, count(*)::int as ranges,
        count(distinct last_customer_id)::int as ends
      from public.billing_run_steps
      where step = 'claimed' and run_id = (
        select id from public.billing_runs where period_start = '2027-08-01')`;
    expect(ranges?.processes).toBe(3);
    expect(ranges?.ends).toBe(ranges?.ranges);
  });

  it("a process that is told to stop leaves the run to the others", async () => {
    const asOf = "2027-09-01T06:00:00Z";
    const leaving = new AbortController();
    const leaver = await service(asOf).startCycle({
      batchSize: 5,
      signal: leaving.signal,
      onProgress: ({ services_done }) => {
        if (services_done >= 20) leaving.abort();
      },
    });
    const stayer = await service(asOf).startCycle({ batchSize: 5 });
    const [left, completed] = await Promise.all([leaver.work(), stayer.work()]);
    expect(left.run_id).toBe(completed.run_id);
    expect(left.errors).toMatchObject([
      { customer_id: null, message: expect.stringContaining("stopped") },
    ]);
    expect(completed).toMatchObject({ invoices: SERVICES, errors: [] });
    expect(await runsOf("2027-09-01")).toMatchObject([{ status: "completed", errors: [] }]);
    await expectComplete("2027-09-01");
  });

  it("a process that finds its run closed issues nothing more, and ends without an error", async () => {
    const asOf = "2027-10-01T06:00:00Z";
    const slow = await service(asOf).startCycle({ batchSize: 10 });
    await service(asOf).runCycle({ batchSize: 50 });
    const before = await invoicesOf(own.sql);
    expect(await slow.work()).toMatchObject({ invoices: SERVICES, errors: [] });
    expect(await invoicesOf(own.sql)).toEqual(before);
    await expectComplete("2027-10-01");
  });
});
