import { describe, expect, it } from "vitest";
import { previewNextInvoice } from "@/lib/rewards/next-invoice";
import { previewFactsSchema } from "@/lib/rewards/schemas";
import { billingWorld, intercepted, UNREACHABLE } from "@/tests/support/billing";
import {
  ACTOR,
  activeService,
  manyCustomers,
  newCustomer,
  pendingReward,
} from "@/tests/support/builders";
import { billingSettings } from "@/tests/support/facts";
import { invoicesOf, rowCounts } from "@/tests/support/rows";

const own = billingWorld();
const { bill } = own;

const DECEMBER_1 = "2026-12-01T06:00:00Z";
const JANUARY_1 = "2027-01-01T06:00:00Z";

async function customerWith(...priceCents: number[]) {
  const customer = await newCustomer(own.sql);
  const services: string[] = [];
  for (const price of priceCents) {
    services.push(await activeService(own.sql, customer.id, { priceCents: price }));
  }
  return { ...customer, services };
}

async function rewardRow(id: string) {
  const [row] = await own.sql<
    { status: string; applied_invoice_id: string | null; amount_waived_cents: string | null }[]
  >`select status, applied_invoice_id, amount_waived_cents from public.referral_rewards where id = ${id}`;
  if (!row) throw new Error("no such reward");
  return row;
}

async function runRow(id: string | null) {
  const [row] = await own.sql<{ run: Record<string, unknown> }[]>`
    select to_jsonb(r) as run from public.billing_runs as r where id = ${id}`;
  if (!row) throw new Error("no such run");
  return row.run;
}

describe("a billing run", () => {
  it("issues one complete tax invoice per active service", async () => {
    const customer = await newCustomer(own.sql, { firstName: "Sipho", lastName: "Nkosi" });
    await activeService(own.sql, customer.id, { priceCents: 79_900 });
    await activeService(own.sql, customer.id, { status: "suspended" });
    await activeService(own.sql, customer.id, { status: "cancelled" });
    const summary = await bill({ asOf: DECEMBER_1 });

    expect(summary).toMatchObject({
      period_start: "2026-12-01",
      period_end: "2027-01-01",
      currency: "ZAR",
      invoices: 1,
      free_months: 0,
      waived_cents: 0,
      total_cents: 79_900,
      skipped: 0,
      errors: [],
    });
    const [invoice, ...others] = await invoicesOf(own.sql, customer.id);
    expect(others).toEqual([]);
    expect(invoice).toMatchObject({
      period_start: "2026-12-01",
      subtotal_cents: 69_478,
      vat_cents: 10_422,
      total_cents: 79_900,
      amount_due_cents: 79_900,
      is_free_month: false,
      buyer: { name: "Sipho Nkosi", email: customer.email, address: { city: "Cape Town" } },
      seller: { name: "Acme Fibre (Pty) Ltd", vat_number: "4000000000" },
      due_on: "2026-12-31",
    });
    expect(invoice?.line_items).toMatchObject([
      { description: "Fibre 100/50 · 1–31 Dec 2026", amount_cents: 79_900 },
    ]);
    expect(await runRow(summary.run_id)).toMatchObject({
      status: "completed",
      invoices: 1,
      services_total: 1,
      trigger: "job",
    });
    const audit = await own.sql<{ action: string }[]>`
      select action from public.audit_log where entity_id = ${summary.run_id} order by id`;
    expect(audit.map(({ action }) => action)).toEqual([
      "billing_run.started",
      "billing_run.completed",
    ]);
  });

  it("changes nothing when it is repeated", async () => {
    const { id } = await customerWith(79_900, 49_900);
    await pendingReward(own.sql, id);
    await bill();
    const before = await invoicesOf(own.sql);
    const { run_id, ...again } = await bill({}, { workers: 3 });
    expect(again).toEqual({
      period_start: "2026-12-01",
      period_end: "2027-01-01",
      currency: "ZAR",
      invoices: 0,
      free_months: 0,
      waived_cents: 0,
      total_cents: 0,
      skipped: 2,
      errors: [],
    });
    expect(await invoicesOf(own.sql)).toEqual(before);
    expect(await runRow(run_id)).toMatchObject({ status: "completed", skipped: 2 });
  });

  it("bills the cycle of the clock, by the calendar of the billing time zone", async () => {
    const periodAt = async (asOf: string) => (await bill({ asOf }, { dryRun: true })).period_start;
    expect(await periodAt("2026-12-31T21:59:59.999Z")).toBe("2026-12-01");
    expect(await periodAt("2026-12-31T22:00:00Z")).toBe("2027-01-01");
  });

  it("refuses a period that is no month or far ahead, and leaves no trace of it", async () => {
    const before = await rowCounts(own.sql);
    for (const period of ["2026-13", "2026-1", "December", "2026-12-01", ""]) {
      await expect(bill({}, { period })).rejects.toMatchObject({
        code: "invalid_request",
        fields: { period: "Use a month like 2026-12." },
      });
    }
    await expect(bill({}, { period: "2028-01" })).rejects.toMatchObject({
      code: "billing_period_invalid",
    });
    await expect(bill({}, { workers: 0 })).rejects.toMatchObject({ code: "invalid_request" });
    expect(await rowCounts(own.sql)).toEqual(before);
    expect((await bill({}, { period: "2027-12", dryRun: true })).period_start).toBe("2027-12-01");
  });

  it("charges only the days since activation, by the local date", async () => {
    const customer = await newCustomer(own.sql);
    // 22:30 UTC is half past midnight of the 12th in Johannesburg: 20 of 31 days.
    await activeService(own.sql, customer.id, {
      priceCents: 31_000,
      activatedAt: "2026-12-11T22:30:00Z",
    });
    // Half past midnight of the first of January: nothing to bill in December.
    await activeService(own.sql, customer.id, { activatedAt: "2026-12-31T22:30:00Z" });
    // It would expire before the next whole month, or else it would wait for that.
    await pendingReward(own.sql, customer.id, { expiresAt: "2026-12-31T22:00:00Z" });
    await bill({ asOf: "2026-12-31T12:00:00Z" });
    const [invoice, ...others] = await invoicesOf(own.sql, customer.id);
    expect(others).toEqual([]);
    expect(invoice).toMatchObject({ amount_waived_cents: 20_000, total_cents: 0 });
    expect(invoice?.line_items.map(({ description }) => description)).toEqual([
      "Fibre 100/50 · 12–31 Dec 2026 (20 of 31 days)",
      "Goodwill: free month (20 of 31 days)",
    ]);
  });

  it("tells how far it is", async () => {
    await manyCustomers(own.sql, 5);
    const seen: number[] = [];
    await bill({}, { batchSize: 2, onProgress: (p) => seen.push(p.services_done) });
    // Two batches are on their way at a time, and either may be told first.
    expect(seen).toHaveLength(4);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect([seen[0], seen.at(-1)]).toEqual([0, 5]);
    expect(seen[1]).toBeGreaterThanOrEqual(2);
  });

  it("closes a run that was silent for a quarter of an hour, and not one that may be alive", async () => {
    const open = async (period: string, minutes: number) => {
      const [row] = await own.sql<{ id: string }[]>`
        insert into public.billing_runs (period_start, period_end, as_of, started_at, heartbeat_at)
        values (${period}, (${period}::date + interval '1 month')::date, now(), now() - interval '6 hours',
          now() - make_interval(mins => ${minutes}))
        returning id`;
      const id = row?.id ?? "";
      await own.sql`
        select private.write_audit(
          null, 'billing_run.started', 'billing_run', ${id}, null, null, null, null, now())`;
      return id;
    };
    const [crashed, alive] = [await open("2026-10-01", 16), await open("2026-11-01", 14)];
    await bill();
    expect(await runRow(crashed)).toMatchObject({
      status: "failed",
      errors: [
        { customer_id: null, service_id: null, message: "The run ended without being closed." },
      ],
    });
    expect(await runRow(alive)).toMatchObject({ status: "running" });
    await own.sql`
      select public.finish_billing_run(${alive}, '[]', null, ${DECEMBER_1})`;
  });
});

describe("a free month", () => {
  it("goes to the dearest charge, is mailed once and is used once", async () => {
    const { id, services, email } = await customerWith(49_900, 99_900, 79_900);
    const reward = await pendingReward(own.sql, id);
    const summary = await bill();
    expect(summary).toMatchObject({ invoices: 3, free_months: 1, waived_cents: 99_900 });

    const free = (await invoicesOf(own.sql, id)).filter((invoice) => invoice.is_free_month);
    expect(free).toMatchObject([
      {
        service_id: services[1],
        referral_reward_id: reward,
        amount_waived_cents: 99_900,
        total_cents: 0,
        vat_cents: 0,
        amount_due_cents: 0,
      },
    ]);
    expect(free[0]?.line_items[1]).toMatchObject({
      description: "Goodwill: free month",
      amount_cents: -99_900,
    });
    expect(await rewardRow(reward)).toEqual({
      status: "applied",
      applied_invoice_id: free[0]?.id,
      amount_waived_cents: "99900",
    });
    const mails = await own.sql<{ recipient: string }[]>`
      select recipient from public.notifications where dedupe_key = ${`reward_applied:${reward}`}`;
    expect(mails).toEqual([{ recipient: email }]);

    expect(await bill({ asOf: JANUARY_1 })).toMatchObject({ invoices: 3, free_months: 0 });
  });

  it("is one per customer and cycle: a second one waits for the next cycle", async () => {
    const { id } = await customerWith(79_900, 79_900);
    const later = await pendingReward(own.sql, id, { expiresAt: "2027-08-01T00:00:00Z" });
    const sooner = await pendingReward(own.sql, id, { expiresAt: "2027-07-01T00:00:00Z" });
    expect(await bill()).toMatchObject({ invoices: 2, free_months: 1 });
    expect((await rewardRow(sooner)).status).toBe("applied");
    // Another service in the same cycle: the month is used up all the same.
    await activeService(own.sql, id, { priceCents: 99_900 });
    expect(await bill()).toMatchObject({ invoices: 1, free_months: 0 });
    expect((await rewardRow(later)).status).toBe("pending");
    expect(await bill({ asOf: JANUARY_1 })).toMatchObject({ invoices: 3, free_months: 1 });
    expect((await rewardRow(later)).status).toBe("applied");
  });

  it("takes off no more than the cap it was granted with", async () => {
    const { id } = await customerWith(79_900);
    await pendingReward(own.sql, id, { capCents: 50_000 });
    await bill();
    expect(await invoicesOf(own.sql, id)).toMatchObject([
      { is_free_month: true, amount_waived_cents: 50_000, total_cents: 29_900, vat_cents: 3_900 },
    ]);
  });

  it("that has expired is never used, also before the expiry job has run", async () => {
    const { id } = await customerWith(79_900);
    const reward = await pendingReward(own.sql, id, { expiresAt: DECEMBER_1 });
    expect(await bill({ asOf: DECEMBER_1 })).toMatchObject({ invoices: 1, free_months: 0 });
    expect((await rewardRow(reward)).status).toBe("pending");
    // The database insists, whatever it is told.
    const run = await own.sql<{ id: string }[]>`
      select public.start_billing_run(
        '2027-01-01', '2027-02-01', '2027-01-31T22:00:00Z', 'job', true, null, ${JANUARY_1}
      ) ->> 'run_id' as id`;
    const [{ draft } = { draft: null }] = await own.sql<{ draft: unknown }[]>`
      select jsonb_agg(to_jsonb(i) || jsonb_build_object(
        'period_start', '2027-01-01', 'referral_reward_id', ${reward}::uuid,
        'activated_at', s.activated_at)) as draft
      from public.customer_invoices as i join public.customer_services as s on s.id = i.service_id
      where i.customer_id = ${id}`;
    const [issued] = await own.sql<{ answer: unknown }[]>`
      select public.issue_invoices(
        ${run[0]?.id ?? ""}, ${own.sql.json(draft as never)}, ${JANUARY_1}) as answer`;
    expect(issued?.answer).toMatchObject({ issued: 0, refused_customers: [id] });
    await own.sql`select public.finish_billing_run(${run[0]?.id ?? ""}, '[]', null, ${JANUARY_1})`;
  });

  it("is not used while the kill switch is on, and invoicing goes on", async () => {
    const { id } = await customerWith(79_900);
    const reward = await pendingReward(own.sql, id);
    const summary = await bill({ rewardsEnabled: false });
    expect(summary).toMatchObject({ invoices: 1, free_months: 0, total_cents: 79_900 });
    expect(await runRow(summary.run_id)).toMatchObject({ rewards_enabled: false });
    expect((await rewardRow(reward)).status).toBe("pending");
    expect(await bill({ asOf: JANUARY_1 })).toMatchObject({ invoices: 1, free_months: 1 });
  });
});

describe("a dry run", () => {
  it("computes what the run then issues, and writes nothing", async () => {
    await manyCustomers(own.sql, 5);
    const { id } = await customerWith(99_900, 49_900);
    await pendingReward(own.sql, id);
    const billed = await customerWith(59_900);
    // One of them has the invoice already.
    const others = await own.sql<{ id: string }[]>`
      update public.customer_services set status = 'suspended'
      where status = 'active' and customer_id <> ${billed.id} returning id`;
    await bill();
    await own.sql`update public.customer_services set status = 'active'
      where id in ${own.sql(others.map((service) => service.id))}`;

    const before = await rowCounts(own.sql);
    const { run_id, ...rehearsed } = await bill({}, { dryRun: true, batchSize: 2 });
    expect(run_id).toBeNull();
    expect(rehearsed).toMatchObject({ invoices: 7, free_months: 1, skipped: 1 });
    expect(await rowCounts(own.sql)).toEqual(before);
    const { run_id: _, ...issued } = await bill({}, { batchSize: 2 });
    expect(issued).toEqual(rehearsed);
  });
});

describe("the preview of the next invoice", () => {
  it("is what the run then issues, cycle after cycle", async () => {
    // Far ahead of the machine's clock, by which the preview forgets invoices of long ago.
    const granted = "2034-12-15T08:00:00Z";
    const people: string[] = [];
    for (const prices of [[79_900], [49_900, 99_900], [33_333, 33_333, 10_001]]) {
      const customer = await newCustomer(own.sql);
      people.push(customer.id);
      for (const priceCents of prices) {
        await activeService(own.sql, customer.id, {
          priceCents,
          activatedAt: `2035-01-${10 + prices.length}T08:00:00Z`,
        });
      }
      for (const _ of prices) await pendingReward(own.sql, customer.id, { createdAt: granted });
    }
    for (const asOf of ["2035-01-31T06:00:00Z", "2035-02-01T06:00:00Z", "2035-03-01T06:00:00Z"]) {
      const previews = [];
      for (const id of people) {
        const [row] = await own.sql<{ facts: unknown }[]>`
          select private.invoice_preview_facts(${id}) as facts`;
        const facts = previewFactsSchema.parse(row?.facts);
        previews.push(previewNextInvoice(facts, billingSettings(), true, new Date(asOf)));
      }
      const { run_id } = await bill({ asOf });
      const issued = await own.sql<{ issued: unknown }[]>`
        select jsonb_build_object(
          'period_start', period_start, 'period_end', period_end,
          'charge_cents', sum(amount_due_cents + amount_waived_cents),
          'waived_cents', sum(amount_waived_cents),
          'waived_as', max(reward_description),
          'amount_due_cents', sum(amount_due_cents)) as issued
        from public.customer_invoices where run_id = ${run_id}
        group by customer_id, period_start, period_end
        order by array_position(${people}::uuid[], customer_id)`;
      expect(issued.map((row) => row.issued)).toEqual(previews);
    }
  });
});

describe("a customer who cannot be billed", () => {
  it("because of broken facts is named and stops nobody else", async () => {
    const good = await manyCustomers(own.sql, 3);
    const bad = await newCustomer(own.sql);
    const service = await activeService(own.sql, bad.id, { priceCents: "9007199254740993" });

    const rehearsed = await bill({}, { dryRun: true });
    expect(rehearsed).toMatchObject({ invoices: 3, errors: [{ customer_id: bad.id }] });
    const summary = await bill({ alertEmail: "alerts@acme.test" });
    expect(summary).toMatchObject({ invoices: 3, errors: [{ customer_id: bad.id }] });
    expect(summary.errors[0]?.message).toMatch(/^price_cents: /);
    expect(await runRow(summary.run_id)).toMatchObject({
      status: "failed",
      errors: [{ customer_id: bad.id }],
    });
    const mails = await own.sql<{ recipient: string; payload: unknown }[]>`
      select recipient, payload from public.notifications
      where dedupe_key = ${`billing_run_failed:${summary.run_id}`}`;
    expect(mails).toMatchObject([{ recipient: "alerts@acme.test", payload: { errors: 1 } }]);

    await own.sql`update public.customer_services set monthly_price_cents = 100 where id = ${service}`;
    expect(await bill()).toMatchObject({ invoices: 1, skipped: good.length, errors: [] });
  });

  it("because the database refuses is found in the batch and stops nobody else", async () => {
    const ids = await manyCustomers(own.sql, 9);
    const bad = ids[5] ?? "";
    await own.sql.unsafe(`
      create function private.break_one() returns trigger language plpgsql as $$
      begin
        if new.customer_id = '${bad}' then raise exception 'this one is broken'; end if;
        return new;
      end $$;
      create trigger break_one before insert on public.customer_invoices
        for each row execute function private.break_one()`);
    try {
      const warned: object[] = [];
      const log = { warn: (details: object) => warned.push(details) };
      const summary = await bill({ log }, { workers: 2, batchSize: 100 });
      expect(summary).toMatchObject({
        invoices: 8,
        errors: [{ customer_id: bad, message: expect.stringContaining("this one is broken") }],
      });
      expect(warned).toMatchObject([{ customerId: bad }]);
    } finally {
      await own.sql.unsafe(
        "drop trigger break_one on public.customer_invoices; drop function private.break_one()",
      );
    }
    expect(await bill()).toMatchObject({ invoices: 1, skipped: 8, errors: [] });
  });

  it("keeps a list of errors of limited length when all are broken", async () => {
    await manyCustomers(own.sql, 1_050);
    await own.sql`update public.customer_services set monthly_price_cents = 9007199254740993
      where status = 'active'`;
    // Two batches hold just as many as are kept.
    const summary = await bill({}, { batchSize: 500 });
    expect(summary.invoices).toBe(0);
    expect(summary.errors.at(-1)).toEqual({
      customer_id: null,
      service_id: null,
      message: "The run stopped itself after 1000 services failed.",
    });
    expect(summary.errors.length).toBeLessThanOrEqual(1_501);
  });

  it("delays nobody after them, however many there are; errors beyond the list are counted", async () => {
    const people = await manyCustomers(own.sql, 2_250);
    await own.sql`update public.customer_services set monthly_price_cents = 9007199254740993
      where status = 'active' and customer_id = any(${people.slice(0, 1_100)}::uuid[])`;
    const summary = await bill({}, { workers: 2 });
    expect(summary.invoices).toBe(1_150);
    expect(summary.errors).toHaveLength(1_001);
    expect(summary.errors.at(-1)).toEqual({
      customer_id: null,
      service_id: null,
      message: "… and 100 more, named in the server's log.",
    });
    const rehearsed = await bill({}, { dryRun: true });
    expect(rehearsed.errors).toEqual(summary.errors);
  });
});

describe("facts that change between reading and issuing", () => {
  /** Acts once, just before the first invoices are issued. */
  function once(act: () => Promise<unknown>) {
    let acted = false;
    return intercepted(own.client, async (name, call) => {
      if (name === "issue_invoices" && !acted) {
        acted = true;
        await act();
      }
      return call();
    });
  }

  it("a revoked reward: the invoice is made again, without it", async () => {
    const { id } = await customerWith(49_900, 79_900);
    const reward = await pendingReward(own.sql, id);
    const client = once(
      () => own.sql`select private.revoke_reward(${id}, ${reward}, 'Mistake', ${ACTOR}, now())`,
    );
    expect(await bill({ client })).toMatchObject({ invoices: 2, free_months: 0, errors: [] });
    expect((await rewardRow(reward)).status).toBe("revoked");
  });

  it("one price: the free month still goes to the dearest charge", async () => {
    const { id, services } = await customerWith(49_900, 79_900);
    await pendingReward(own.sql, id);
    const client = once(
      () => own.sql`update public.customer_services set monthly_price_cents = 10000
        where id = ${services[1] ?? ""}`,
    );
    expect(await bill({ client })).toMatchObject({ invoices: 2, free_months: 1, errors: [] });
    expect(await invoicesOf(own.sql, id)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ service_id: services[0], is_free_month: true }),
        expect.objectContaining({ service_id: services[1], total_cents: 10_000 }),
      ]),
    );
  });

  it("a cancelled service: it is not billed", async () => {
    const { services } = await customerWith(49_900);
    const client = once(
      () => own.sql`update public.customer_services set status = 'cancelled', cancelled_at = now()
        where id = ${services[0] ?? ""}`,
    );
    expect(await bill({ client })).toMatchObject({ invoices: 0, errors: [] });
  });

  it("a new service: it is billed by the same run", async () => {
    const { id } = await customerWith(49_900);
    const client = once(() => activeService(own.sql, id, { priceCents: 59_900 }));
    expect(await bill({ client })).toMatchObject({ invoices: 2, total_cents: 109_800 });
  });

  it("a customer whose facts change at every attempt is reported in the end", async () => {
    const { id } = await customerWith(49_900);
    const client = intercepted(own.client, async (name, call) => {
      if (name === "issue_invoices") {
        await own.sql`update public.customer_services
          set monthly_price_cents = monthly_price_cents + 1 where customer_id = ${id}`;
      }
      return call();
    });
    expect(await bill({ client })).toMatchObject({
      invoices: 0,
      errors: [{ customer_id: id, message: expect.stringContaining("kept changing") }],
    });
  });
});

describe("a connection that fails", () => {
  it("before the work is done: the call is repeated", async () => {
    await manyCustomers(own.sql, 3);
    const failed = new Set<string>();
    const client = intercepted(own.client, async (name, call) => {
      if (failed.has(name)) return call();
      failed.add(name);
      return UNREACHABLE;
    });
    expect(await bill({ client })).toMatchObject({ invoices: 3, errors: [] });
    expect(failed).toContain("finish_billing_run");
  });

  it("after the work is done: nobody is billed twice, and the totals are right", async () => {
    await manyCustomers(own.sql, 6);
    const lost = new Set<string>();
    const client = intercepted(own.client, async (name, call) => {
      const answer = await call();
      if (lost.has(name) || name === "start_billing_run") return answer;
      lost.add(name);
      return UNREACHABLE;
    });
    const summary = await bill({ client }, { batchSize: 2 });
    expect(summary).toMatchObject({ invoices: 6, total_cents: 6 * 79_900, errors: [] });
    expect(lost).toContain("issue_invoices");
    expect(lost).toContain("claim_billing_batch");
  });

  it("because the key is wrong ends the run at once with that error", async () => {
    const before = await rowCounts(own.sql);
    await customerWith(100);
    const client = intercepted(own.client, async (name, call) =>
      name === "claim_billing_batch"
        ? { data: null, error: { code: "42501", message: "permission denied" }, status: 403 }
        : call(),
    );
    await expect(bill({ client }, { workers: 3 })).rejects.toMatchObject({ code: "forbidden" });
    const runs = await own.sql<{ status: string; errors: unknown }[]>`
      select status, errors from public.billing_runs order by started_at desc limit 1`;
    expect(runs).toMatchObject([{ status: "failed", errors: [{ customer_id: null }] }]);
    expect((await rowCounts(own.sql)).customer_invoices).toBe(before.customer_invoices);
  });
});

describe("a run that is told to stop", () => {
  it("ends after the batch in flight, and the next one completes it", async () => {
    await manyCustomers(own.sql, 6);
    const stop = new AbortController();
    const onProgress = ({ services_done }: { services_done: number }) => {
      if (services_done >= 2) stop.abort();
    };
    const first = await bill({}, { batchSize: 2, signal: stop.signal, onProgress });
    expect(first).toMatchObject({
      errors: [{ customer_id: null, message: expect.stringContaining("stopped") }],
    });
    const { invoices } = first;
    expect([2, 4]).toContain(invoices);
    expect(await runRow(first.run_id)).toMatchObject({ status: "failed", invoices });
    expect(await bill()).toMatchObject({ invoices: 6 - invoices, skipped: invoices, errors: [] });
    const rehearsed = await bill(
      { asOf: JANUARY_1 },
      { dryRun: true, signal: AbortSignal.abort() },
    );
    expect(rehearsed.errors).toMatchObject([{ customer_id: null }]);
  });
});
