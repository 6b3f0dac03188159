import { describe, expect, it } from "vitest";
import { billingWorld, intercepted } from "@/tests/support/billing";
import {
  activeService,
  manyCustomers,
  newAdmin,
  newCustomer,
  pendingReward,
} from "@/tests/support/builders";
import { startJob } from "@/tests/support/job-process";
import { invoicesOf, rowCounts } from "@/tests/support/rows";

const own = billingWorld();
const { bill } = own;

const DECEMBER_1 = "2026-12-01T06:00:00Z";
const JANUARY_1 = "2027-01-01T06:00:00Z";

async function runRow(id: string | null) {
  const [row] = await own.sql<{ run: Record<string, unknown> }[]>`
    select to_jsonb(r) as run from public.billing_runs as r where id = ${id}`;
  if (!row) throw new Error("no such run");
  return row.run;
}

async function auditOf(runId: string | null) {
  return own.sql<{ action: string; actor_id: string | null; reason: string | null }[]>`
    select action, actor_id, reason from public.audit_log
    where entity_type = 'billing_run' and entity_id = ${runId} order by id`;
}

/** A staff account that may bill. Returns the auth user. */
const billingManager = () => newAdmin(own.sql, "billing");

describe("a cycle that is not the current one", () => {
  it("is refused by the database before it begins and once it is over too long, and nothing is written", async () => {
    await manyCustomers(own.sql, 2);
    let before = await rowCounts(own.sql);
    const december = { period: "2026-12" };
    // By the wall clock of the billing time zone, two hours ahead of UTC.
    await expect(bill({ asOf: "2026-11-30T21:59:59.999Z" }, december)).rejects.toMatchObject({
      code: "billing_cycle_future",
      status: 409,
    });
    const settings = (completionMonths: number) => own.sql`
      insert into public.billing_settings
        (version, currency, vat_bps, time_zone, invoice_prefix, payment_days, brand_name,
         support_email, seller, completion_months)
      select version + 1, currency, vat_bps, time_zone, invoice_prefix, payment_days, brand_name,
        support_email, seller, ${completionMonths}
      from public.billing_settings order by version desc limit 1`;
    expect(await rowCounts(own.sql)).toEqual(before);
    await settings(0);
    before = await rowCounts(own.sql);
    await expect(bill({ asOf: "2026-12-31T22:00:00Z" }, december)).rejects.toMatchObject({
      code: "billing_cycle_closed",
      status: 409,
    });
    expect(await rowCounts(own.sql)).toEqual(before);
    await settings(12);
    expect(await bill({ asOf: "2027-01-15T22:00:00Z" }, december)).toMatchObject({ invoices: 2 });
  });

  it("can be the cycle of a dry run at any time", async () => {
    await manyCustomers(own.sql, 2);
    for (const asOf of ["2026-06-01T06:00:00Z", "2027-06-01T06:00:00Z"]) {
      const rehearsed = await bill({ asOf }, { period: "2026-12", dryRun: true });
      expect(rehearsed).toMatchObject({ run_id: null, invoices: 2, errors: [] });
    }
  });

  it("is billed for a reason, which stays with the run and in the audit log", async () => {
    await manyCustomers(own.sql, 1);
    const summary = await bill(
      { asOf: JANUARY_1 },
      { period: "2026-12", forceReason: "  Installed in the last days of the month " },
    );
    const reason = "Installed in the last days of the month";
    expect(summary).toMatchObject({ invoices: 1, period_start: "2026-12-01" });
    expect(await runRow(summary.run_id)).toMatchObject({ force_reason: reason });
    expect(await auditOf(summary.run_id)).toEqual([
      { action: "billing_run.started", actor_id: null, reason },
      { action: "billing_run.completed", actor_id: null, reason: null },
    ]);
    const ahead = await bill(
      { asOf: JANUARY_1 },
      { period: "2027-02", forceReason: "The office is closed in February" },
    );
    expect(ahead).toMatchObject({ invoices: 1, period_start: "2027-02-01" });
    for (const forceReason of ["no", "   ", "x".repeat(501)]) {
      await expect(
        bill({ asOf: JANUARY_1 }, { period: "2026-12", forceReason }),
      ).rejects.toMatchObject({ code: "invalid_request" });
    }
    await expect(
      bill({ asOf: JANUARY_1 }, { period: "2028-02", forceReason: "Far too early" }),
    ).rejects.toMatchObject({ code: "billing_period_invalid" });
  });

  it("is billed no later than 12 months after it, whatever the reason", async () => {
    await manyCustomers(own.sql, 1, { activatedAt: "2025-02-01T08:00:00Z" });
    const forceReason = "Left out by the old system";
    const before = await rowCounts(own.sql);
    for (const period of ["2025-11", "2020-01", "0001-01"]) {
      await expect(bill({}, { period, forceReason })).rejects.toMatchObject({
        code: "billing_period_invalid",
        message: expect.stringContaining("12 months ago"),
      });
    }
    expect(await rowCounts(own.sql)).toEqual(before);
    expect(await bill({}, { period: "2025-12", forceReason })).toMatchObject({ invoices: 1 });
    expect(await bill({}, { period: "2025-11", dryRun: true })).toMatchObject({ invoices: 1 });
  });
});

describe("an admin who asks for a run", () => {
  it("must be allowed to bill at that moment", async () => {
    await manyCustomers(own.sql, 1);
    const startedBy = await billingManager();
    const refused = async () => {
      const before = await rowCounts(own.sql);
      await expect(bill({}, { startedBy, trigger: "admin" })).rejects.toMatchObject({
        code: "forbidden",
      });
      expect(await rowCounts(own.sql)).toEqual(before);
    };
    await own.sql`
      update public.admin_users set role = 'support' where auth_user_id = ${startedBy}`;
    await refused();
    await own.sql`update public.admin_users set role = 'billing', is_active = false
      where auth_user_id = ${startedBy}`;
    await refused();
    await own.sql`
      update public.admin_users set is_active = true where auth_user_id = ${startedBy}`;
    const { run_id } = await bill({}, { startedBy, trigger: "admin" });
    expect(await runRow(run_id)).toMatchObject({ started_by: startedBy, trigger: "admin" });
  });

  it("is named in the audit log when the run is under way already, which is then shared", async () => {
    await manyCustomers(own.sql, 5);
    const startedBy = await billingManager();
    const first = await own.billing().startCycle();
    const second = await own.billing().startCycle({ startedBy, trigger: "admin" });
    expect(second).toMatchObject({ run_id: first.run_id, joined: true });
    expect(first.joined).toBe(false);
    expect((await auditOf(first.run_id)).slice(1)).toEqual([
      { action: "billing_run.joined", actor_id: startedBy, reason: null },
    ]);
    expect(await second.work()).toMatchObject({ invoices: 5 });
    expect(await first.work()).toMatchObject({ invoices: 5, errors: [] });
  });
});

describe("the key of a run", () => {
  it("gives the same run for the same request, also when it is over, and no other", async () => {
    await manyCustomers(own.sql, 3);
    const idempotencyKey = `key-${crypto.randomUUID()}`;
    const first = await bill({}, { idempotencyKey });
    expect(first).toMatchObject({ invoices: 3 });
    const before = await rowCounts(own.sql);
    expect(await bill({ asOf: "2026-12-09T06:00:00Z" }, { idempotencyKey })).toEqual(first);
    // The month is over by now: still the same answer.
    const late = { period: "2026-12", idempotencyKey };
    expect(await bill({ asOf: JANUARY_1 }, late)).toEqual(first);
    await expect(bill({ asOf: JANUARY_1 }, { idempotencyKey })).rejects.toMatchObject({
      code: "idempotency_key_reused",
    });
    await expect(bill({}, { idempotencyKey, forceReason: "Another one" })).rejects.toMatchObject({
      code: "idempotency_key_reused",
    });
    expect(await rowCounts(own.sql)).toEqual(before);
  });

  it("is not used up by a request that was refused", async () => {
    await manyCustomers(own.sql, 1);
    const idempotencyKey = `key-${crypto.randomUUID()}`;
    await expect(bill({}, { period: "2027-01", idempotencyKey })).rejects.toMatchObject({
      code: "billing_cycle_future",
    });
    expect(await bill({}, { idempotencyKey })).toMatchObject({ invoices: 1 });
  });
});

describe("one service that cannot be billed", () => {
  it("stops no other of the same customer, whose free month is kept for it", async () => {
    const { id } = await newCustomer(own.sql);
    const good = [
      await activeService(own.sql, id, { priceCents: 49_900 }),
      await activeService(own.sql, id, { priceCents: 99_900 }),
    ];
    const bad = await activeService(own.sql, id, { priceCents: "9007199254740993" });
    const reward = await pendingReward(own.sql, id);
    const summary = await bill();
    expect(summary).toMatchObject({
      invoices: 2,
      free_months: 0,
      errors: [{ customer_id: id, service_id: bad, message: expect.stringContaining("price") }],
    });
    expect((await invoicesOf(own.sql, id)).map(({ service_id }) => service_id).sort()).toEqual(
      [...good].sort(),
    );
    // Once it is mended, the month waits: the dearest service of the cycle has its invoice.
    await own.sql`update public.customer_services set monthly_price_cents = 59900 where id = ${bad}`;
    expect(await bill()).toMatchObject({ invoices: 1, free_months: 0, errors: [] });
    expect(await bill({ asOf: "2027-01-02T06:00:00Z" })).toMatchObject({ free_months: 1 });
    expect(
      (await invoicesOf(own.sql, id)).find(({ is_free_month }) => is_free_month),
    ).toMatchObject({ service_id: good[1], referral_reward_id: reward });
  });

  it("because the database refuses it is reported alone, also among its customer's other services", async () => {
    const people = await manyCustomers(own.sql, 7);
    const id = people[3] ?? "";
    const bad = await activeService(own.sql, id, { priceCents: 59_900 });
    const fine = await activeService(own.sql, id, { priceCents: 69_900 });
    await own.sql.unsafe(`
      create function private.break_one() returns trigger language plpgsql as $$
      begin
        if new.service_id = '${bad}' then raise exception 'this one is broken'; end if;
        return new;
      end $$;
      create trigger break_one before insert on public.customer_invoices
        for each row execute function private.break_one()`);
    try {
      expect(await bill({}, { workers: 2 })).toMatchObject({
        invoices: 8,
        errors: [
          { customer_id: id, service_id: bad, message: expect.stringContaining("is broken") },
        ],
      });
    } finally {
      await own.sql.unsafe(
        "drop trigger break_one on public.customer_invoices; drop function private.break_one()",
      );
    }
    const issued = (await invoicesOf(own.sql, id)).map(({ service_id }) => service_id);
    expect(issued).toContain(fine);
    expect(issued).not.toContain(bad);
  });

  it("is reported while the run goes on, and no longer once it was billed before the end", async () => {
    const { id } = await newCustomer(own.sql, { id: "00000000-0000-4000-8000-000000000001" });
    const bad = await activeService(own.sql, id, { priceCents: "9007199254740993" });
    await manyCustomers(own.sql, 4);
    let onRecord: unknown = null;
    const client = intercepted(own.client, async (name, call) => {
      if (name === "finish_billing_run") {
        const [row] = await own.sql<{ errors: unknown }[]>`
          select errors from public.billing_runs where status = 'running'`;
        onRecord = row?.errors;
        // Somebody else mends and bills it in this moment.
        await own.sql`
          update public.customer_services set monthly_price_cents = 10000 where id = ${bad}`;
        await own
          .billing()
          .startCycle()
          .then(({ work }) => work());
      }
      return call();
    });
    const summary = await bill({ client }, { batchSize: 2 });
    expect(onRecord).toMatchObject([{ customer_id: id, service_id: bad }]);
    expect(summary).toMatchObject({ invoices: 5, errors: [] });
    expect(await runRow(summary.run_id)).toMatchObject({ status: "completed", errors: [] });
  });
});

describe("the record of a run", () => {
  it("shows its progress in the database, and that a process works on it", async () => {
    await manyCustomers(own.sql, 6);
    const seen: { invoices: number }[] = [];
    const client = intercepted(own.client, async (name, call) => {
      if (name === "claim_billing_batch") {
        // As if more than a second had passed since the last sign of life.
        await own.sql`update public.billing_runs
          set heartbeat_at = heartbeat_at - interval '10 minutes' where status = 'running'`;
        const answer = await call();
        const [row] = await own.sql<{ row: { invoices: number } }[]>`
          select jsonb_build_object('services_total', services_total, 'invoices', invoices,
            'is_alive', heartbeat_at > now() - interval '1 minute') as row
          from public.billing_runs where status = 'running'`;
        if (row) seen.push(row.row);
        return answer;
      }
      return call();
    });
    await bill({ client }, { batchSize: 2 });
    expect(seen[0]).toEqual({ services_total: 6, invoices: 0, is_alive: true });
    // The last range is asked for once the first batch is through, at the latest.
    const last = seen.at(-1);
    expect(last).toMatchObject({ services_total: 6, is_alive: true });
    expect(last?.invoices).toBeGreaterThanOrEqual(2);
  });
});

describe("a run that was closed", () => {
  it("takes no further batch, so that its totals stay true", async () => {
    await manyCustomers(own.sql, 4);
    let isClosed = false;
    const client = intercepted(own.client, async (name, call) => {
      if (name === "issue_invoices" && !isClosed) {
        isClosed = true;
        await own.sql`
          select public.finish_billing_run(id, '[]', null, ${DECEMBER_1})
          from public.billing_runs where status = 'running'`;
      }
      return call();
    });
    const summary = await bill({ client });
    expect(summary).toMatchObject({ invoices: 0, errors: [] });
    const [issued] = await own.sql<{ n: number }[]>`
      select count(*)::int as n from public.customer_invoices where run_id = ${summary.run_id}`;
    expect(issued?.n).toBe(0);
    expect(await bill()).toMatchObject({ invoices: 4, errors: [] });
  });
});

describe("a service that ended", () => {
  async function ended(
    activatedAt: string,
    stops: { suspended?: string; cancelled: string },
  ): Promise<string> {
    const { id } = await newCustomer(own.sql);
    const service = await activeService(own.sql, id, { activatedAt, status: "cancelled" });
    await own.sql`
      update public.customer_services
      set suspended_at = ${stops.suspended ?? null}, cancelled_at = ${stops.cancelled}
      where id = ${service}`;
    return service;
  }
  const FEBRUARY = "2026-02-01T08:00:00Z";

  it("in the cycle is counted, previewed and billed for its days; others are not read", async () => {
    // 10 December 00:30 local: nine days of December.
    const late = await ended(FEBRUARY, { cancelled: "2026-12-09T22:30:00Z" });
    // Not delivered since the suspension on the 3rd: two days.
    const suspended = await ended(FEBRUARY, {
      suspended: "2026-12-03T08:00:00Z",
      cancelled: "2026-12-20T08:00:00Z",
    });
    // Without a day to charge: on the first day, before the cycle, on the day of its activation.
    await ended(FEBRUARY, { cancelled: "2026-12-01T20:00:00Z" });
    await ended(FEBRUARY, { suspended: "2026-11-20T08:00:00Z", cancelled: "2026-12-20T08:00:00Z" });
    await ended("2026-12-05T06:00:00Z", { cancelled: "2026-12-05T20:00:00Z" });
    const asOf = "2026-12-21T06:00:00Z";
    const rehearsed = await bill({ asOf }, { dryRun: true });
    const { run_id, ...issued } = await bill({ asOf });
    expect(issued).toMatchObject({ invoices: 2, errors: [] });
    expect({ ...issued, run_id: null }).toEqual(rehearsed);
    expect(await runRow(run_id)).toMatchObject({ services_total: 2 });
    const days = await own.sql<{ service_id: string; days: number }[]>`
      select service_id, (line_items -> 0 ->> 'days')::int as days
      from public.customer_invoices where run_id = ${run_id}`;
    expect(Object.fromEntries(days.map((row) => [row.service_id, row.days]))).toEqual({
      [late]: 9,
      [suspended]: 2,
    });
    expect(await bill({ asOf })).toMatchObject({ invoices: 0, skipped: 2 });
    await own.sql`update public.customer_services set cancelled_at = activated_at
      where id in (${late}, ${suspended})`;
  });

  it("while it was being billed is billed again by what is true at that moment", async () => {
    const { id } = await newCustomer(own.sql);
    const service = await activeService(own.sql, id, { priceCents: 31_000 });
    let acted = false;
    const client = intercepted(own.client, async (name, call) => {
      if (name === "issue_invoices" && !acted) {
        acted = true;
        await own.sql`update public.customer_services
          set status = 'cancelled', cancelled_at = '2026-12-11T08:00:00Z' where id = ${service}`;
      }
      return call();
    });
    const summary = await bill({ client, asOf: "2026-12-12T06:00:00Z" });
    expect(summary).toMatchObject({ invoices: 1, total_cents: 10_000, errors: [] });
    await own.sql`update public.customer_services set cancelled_at = activated_at
      where id = ${service}`;
  });
});

describe("the kill switch", () => {
  it("bills as usual, uses no reward, and later runs do not make up for it", async () => {
    const people = await manyCustomers(own.sql, 4);
    for (const id of people.slice(0, 3)) await pendingReward(own.sql, id);
    const rewards = () =>
      own.sql`select to_jsonb(w) as reward from public.referral_rewards as w order by w.id`;
    const before = await rewards();
    const job = async (asOf: string, enabled: string) => {
      const env = {
        LOCAL_DATA_DIR: own.dataDir,
        ENABLE_REFERRAL_REWARDS: enabled,
      };
      const { code, out, error } = await startJob(env, "billing", "--as-of", asOf, "--json").ended;
      expect({ code, error }).toEqual({ code: 0, error: "" });
      return JSON.parse(out) as Record<string, unknown>;
    };

    expect(await job(DECEMBER_1, "false")).toMatchObject({
      invoices: 4,
      free_months: 0,
      waived_cents: 0,
      total_cents: 4 * 79_900,
    });
    expect(await rewards()).toEqual(before);
    const invoices = await invoicesOf(own.sql);

    // Switched on again within the cycle: what was issued stays as it is.
    expect(await job("2026-12-02T06:00:00Z", "true")).toMatchObject({ invoices: 0, skipped: 4 });
    expect(await rewards()).toEqual(before);
    expect(await invoicesOf(own.sql)).toEqual(invoices);
    expect(await job(JANUARY_1, "true")).toMatchObject({ invoices: 4, free_months: 3 });
  });

  it("in either process applies when two share a run", async () => {
    const people = await manyCustomers(own.sql, 2);
    for (const id of people) await pendingReward(own.sql, id);
    const on = await own.billing().startCycle();
    const off = await own.billing({ rewardsEnabled: false }).startCycle();
    expect(await off.work()).toMatchObject({ invoices: 2, free_months: 0 });
    expect(await on.work()).toMatchObject({ invoices: 2, free_months: 0 });
    const started = await own.billing({ rewardsEnabled: false, asOf: JANUARY_1 }).startCycle();
    await own.billing({ asOf: JANUARY_1 }).runCycle();
    expect(await started.work()).toMatchObject({ invoices: 2, free_months: 0 });
  });
});
