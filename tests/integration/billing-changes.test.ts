import { describe, expect, it } from "vitest";
import type { RunCycleOptions } from "@/lib/billing/compliant-billing-service";
import { previewNextInvoice } from "@/lib/rewards/next-invoice";
import { previewFactsSchema } from "@/lib/rewards/schemas";
import type { ServerClient } from "@/lib/supabase/clients";
import { billingWorld, intercepted } from "@/tests/support/billing";
import {
  ACTOR,
  activeService,
  newCustomer,
  newPackage,
  pendingReward,
} from "@/tests/support/builders";
import { eventually } from "@/tests/support/eventually";
import { billingSettings } from "@/tests/support/facts";
import { invoicesOf } from "@/tests/support/rows";

const own = billingWorld();

const NOVEMBER_1 = "2026-11-01T06:00:00Z";
const NOVEMBER_25 = "2026-11-25T06:00:00Z";
const DECEMBER_1 = "2026-12-01T06:00:00Z";

const bill = (asOf: string, options: RunCycleOptions = {}) => own.bill({ asOf }, options);

async function customerWith(priceCents: number, activatedAt = "2026-06-15T10:00:00Z") {
  const { id } = await newCustomer(own.sql);
  const service = await activeService(own.sql, id, {
    priceCents,
    activatedAt,
    packageName: `Fibre at ${priceCents / 100}`,
  });
  return { id, service };
}

/** Moves a service to a package of that price. Returns the first day that is charged at it. */
async function changePrice(service: string, priceCents: number, at: string): Promise<string> {
  const { slug } = await newPackage(own.sql, { name: `Fibre at ${priceCents / 100}`, priceCents });
  const [row] = await own.sql<{ day: string }[]>`
    select private.change_service_package(${service}, ${slug}, 'on request', ${ACTOR}, ${at})
      ->> 'effective_on' as day`;
  return row?.day ?? "";
}

const setStatus = (service: string, status: string, at: string) => own.sql`
  select private.set_service_status(${service}, ${status}, 'on request', ${ACTOR}, ${at})`;

/** Each line of each invoice of a customer, in the order of issue: what it says, and cents. */
async function linesOf(customer: string): Promise<[string, number][]> {
  return (await invoicesOf(own.sql, customer)).flatMap((invoice) =>
    invoice.line_items.map((line): [string, number] => [
      line.description.replaceAll("\u00a0", " "),
      line.amount_cents,
    ]),
  );
}

describe("a service that starts within the cycle", () => {
  it("is charged from the day of its activation on, then for whole months", async () => {
    const { id } = await customerWith(79_900, "2026-11-11T22:15:00Z");
    await bill(NOVEMBER_25);
    await bill(DECEMBER_1);
    expect(await linesOf(id)).toEqual([
      ["Fibre at 799 · 12–30 Nov 2026 (19 of 30 days)", 50_603],
      ["Fibre at 799 · 1–31 Dec 2026", 79_900],
    ]);
    expect((await invoicesOf(own.sql, id))[0]).toMatchObject({
      subtotal_cents: 44_003,
      vat_cents: 6_600,
      total_cents: 50_603,
      amount_due_cents: 50_603,
    });
  });
});

describe("a change of the package", () => {
  it("before the cycle is invoiced: each day at its price, from the next cycle on the new one", async () => {
    const { id, service } = await customerWith(79_900);
    expect(await changePrice(service, 99_900, "2026-11-10T09:00:00Z")).toBe("2026-11-10");
    await bill(NOVEMBER_25);
    await bill(DECEMBER_1);
    expect(await linesOf(id)).toEqual([
      ["Fibre at 799 · 1–9 Nov 2026 (9 of 30 days at R 799.00 a month)", 23_970],
      ["Fibre at 999 · 10–30 Nov 2026 (21 of 30 days at R 999.00 a month)", 69_930],
      ["Fibre at 999 · 1–31 Dec 2026", 99_900],
    ]);
    expect((await invoicesOf(own.sql, id))[0]).toMatchObject({
      subtotal_cents: 81_652,
      vat_cents: 12_248,
      total_cents: 93_900,
    });
  });

  it("after the cycle is invoiced: that invoice stays, the new price counts from the next", async () => {
    const { id, service } = await customerWith(79_900);
    await bill(NOVEMBER_1);
    const before = await invoicesOf(own.sql, id);
    expect(await changePrice(service, 99_900, "2026-11-10T09:00:00Z")).toBe("2026-12-01");
    expect(await bill(NOVEMBER_25)).toMatchObject({ invoices: 0, skipped: 1 });
    expect(await invoicesOf(own.sql, id)).toEqual(before);
    await bill(DECEMBER_1);
    expect(await linesOf(id)).toEqual([
      ["Fibre at 799 · 1–30 Nov 2026", 79_900],
      ["Fibre at 999 · 1–31 Dec 2026", 99_900],
    ]);
  });

  it("to a cheaper one, and back in the next month", async () => {
    const { id, service } = await customerWith(99_900);
    await changePrice(service, 49_900, "2026-11-16T09:00:00Z");
    await bill(NOVEMBER_25);
    await changePrice(service, 99_900, "2026-12-20T09:00:00Z");
    await bill("2026-12-21T09:00:00Z");
    expect(await linesOf(id)).toEqual([
      ["Fibre at 999 · 1–15 Nov 2026 (15 of 30 days at R 999.00 a month)", 49_950],
      ["Fibre at 499 · 16–30 Nov 2026 (15 of 30 days at R 499.00 a month)", 24_950],
      // 49 900 × 19 ÷ 31 and 99 900 × 12 ÷ 31
      ["Fibre at 499 · 1–19 Dec 2026 (19 of 31 days at R 499.00 a month)", 30_584],
      ["Fibre at 999 · 20–31 Dec 2026 (12 of 31 days at R 999.00 a month)", 38_671],
    ]);
  });

  it("twice, the second time once the cycle was invoiced: an invoice that comes late knows both", async () => {
    const { id, service } = await customerWith(79_900);
    await bill(DECEMBER_1);
    expect(await changePrice(service, 99_900, "2026-12-10T09:00:00Z")).toBe("2027-01-01");
    expect(await changePrice(service, 49_900, "2026-12-20T09:00:00Z")).toBe("2027-01-01");
    expect(await changePrice(service, 60_000, "2027-01-05T09:00:00Z")).toBe("2027-01-05");
    await bill("2027-01-06T09:00:00Z");
    expect(await linesOf(id)).toEqual([
      ["Fibre at 799 · 1–31 Dec 2026", 79_900],
      ["Fibre at 499 · 1–4 Jan 2027 (4 of 31 days at R 499.00 a month)", 6_439],
      ["Fibre at 600 · 5–31 Jan 2027 (27 of 31 days at R 600.00 a month)", 52_258],
    ]);
  });

  it("does not reach back: a month that is billed late is charged at the price that it had", async () => {
    const { id, service } = await customerWith(79_900);
    await changePrice(service, 99_900, "2026-11-10T09:00:00Z");
    await bill(NOVEMBER_25, { period: "2026-10", forceReason: "October was forgotten" });
    expect(await linesOf(id)).toEqual([["Fibre at 799 · 1–31 Oct 2026", 79_900]]);
  });

  it("and a capped free month: the cap counts once, for all of the charge", async () => {
    const { id, service } = await customerWith(79_900);
    await pendingReward(own.sql, id, { capCents: 50_000 });
    await changePrice(service, 99_900, "2026-11-10T09:00:00Z");
    await bill(NOVEMBER_25);
    expect(await linesOf(id)).toEqual([
      ["Fibre at 799 · 1–9 Nov 2026 (9 of 30 days at R 799.00 a month)", 23_970],
      ["Fibre at 999 · 10–30 Nov 2026 (21 of 30 days at R 999.00 a month)", 69_930],
      ["Goodwill: free month (up to R 500.00)", -50_000],
    ]);
    expect((await invoicesOf(own.sql, id))[0]).toMatchObject({
      subtotal_cents: 38_174,
      vat_cents: 5_726,
      total_cents: 43_900,
      amount_due_cents: 43_900,
      amount_waived_cents: 50_000,
      is_free_month: true,
    });
  });

  it("and an uncapped one: nothing is due", async () => {
    const { id, service } = await customerWith(79_900);
    await pendingReward(own.sql, id);
    await changePrice(service, 99_900, "2026-11-10T09:00:00Z");
    await bill(NOVEMBER_25);
    expect((await invoicesOf(own.sql, id))[0]).toMatchObject({
      vat_cents: 0,
      total_cents: 0,
      amount_due_cents: 0,
      amount_waived_cents: 93_900,
    });
  });
});

describe("a service that is cancelled", () => {
  it("before the cycle is invoiced pays for the days until its end, once", async () => {
    const { id, service } = await customerWith(79_900);
    await setStatus(service, "cancelled", "2026-11-15T09:00:00Z");
    await bill(NOVEMBER_25);
    expect(await bill(NOVEMBER_25)).toMatchObject({ invoices: 0 });
    await bill(DECEMBER_1);
    expect(await linesOf(id)).toEqual([["Fibre at 799 · 1–14 Nov 2026 (14 of 30 days)", 37_287]]);
  });

  it("after the cycle is invoiced has nothing more to pay", async () => {
    const { id, service } = await customerWith(79_900);
    await bill(NOVEMBER_1);
    await setStatus(service, "cancelled", "2026-11-15T09:00:00Z");
    await bill(NOVEMBER_25);
    await bill(DECEMBER_1);
    expect(await linesOf(id)).toEqual([["Fibre at 799 · 1–30 Nov 2026", 79_900]]);
  });

  it("on the day on which it started pays nothing", async () => {
    const { id, service } = await customerWith(79_900, "2026-11-09T08:00:00Z");
    await setStatus(service, "cancelled", "2026-11-09T20:00:00Z");
    expect(await bill(NOVEMBER_25)).toMatchObject({ invoices: 0, errors: [] });
    expect(await linesOf(id)).toEqual([]);
  });

  it("after a suspension does not pay for the days of that", async () => {
    const stoppedNow = await customerWith(79_900);
    await setStatus(stoppedNow.service, "suspended", "2026-11-08T09:00:00Z");
    await setStatus(stoppedNow.service, "cancelled", "2026-11-20T09:00:00Z");
    const stoppedBefore = await customerWith(79_900);
    await setStatus(stoppedBefore.service, "suspended", "2026-10-20T09:00:00Z");
    await setStatus(stoppedBefore.service, "cancelled", "2026-11-05T09:00:00Z");
    const back = await customerWith(79_900);
    await setStatus(back.service, "suspended", "2026-11-03T09:00:00Z");
    await setStatus(back.service, "active", "2026-11-05T09:00:00Z");
    await setStatus(back.service, "cancelled", "2026-11-15T09:00:00Z");
    await bill(NOVEMBER_25);
    expect(await linesOf(stoppedNow.id)).toEqual([
      ["Fibre at 799 · 1–7 Nov 2026 (7 of 30 days)", 18_643],
    ]);
    expect(await linesOf(stoppedBefore.id)).toEqual([]);
    expect(await linesOf(back.id)).toEqual([
      ["Fibre at 799 · 1–14 Nov 2026 (12 of 30 days: suspended 3–4 Nov)", 31_960],
    ]);
  });

  it("pays each day at its price after a change of the package", async () => {
    const { id, service } = await customerWith(49_900);
    await changePrice(service, 79_900, "2026-11-10T09:00:00Z");
    await setStatus(service, "cancelled", "2026-11-15T09:00:00Z");
    await bill(NOVEMBER_25);
    expect(await linesOf(id)).toEqual([
      ["Fibre at 499 · 1–9 Nov 2026 (9 of 30 days at R 499.00 a month)", 14_970],
      ["Fibre at 799 · 10–14 Nov 2026 (5 of 30 days at R 799.00 a month)", 13_317],
    ]);
  });

  it("uses up no free month: that waits for a service that goes on", async () => {
    const { id, service } = await customerWith(99_900);
    const reward = await pendingReward(own.sql, id);
    await setStatus(service, "cancelled", "2026-11-29T09:00:00Z");
    const next = await activeService(own.sql, id, {
      priceCents: 30_000,
      packageName: "Fibre at 300",
    });
    await setStatus(next, "suspended", "2026-11-20T09:00:00Z");
    await bill("2026-11-30T06:00:00Z");
    await setStatus(next, "active", "2026-12-01T05:00:00Z");
    await bill(DECEMBER_1);
    expect(await linesOf(id)).toEqual([
      ["Fibre at 999 · 1–28 Nov 2026 (28 of 30 days)", 93_240],
      ["Fibre at 300 · 1–31 Dec 2026", 30_000],
      ["Goodwill: free month", -30_000],
    ]);
    const [row] = await own.sql`select status from public.referral_rewards where id = ${reward}`;
    expect(row).toEqual({ status: "applied" });
  });
});

describe("what the customer was shown", () => {
  /** An instant of the current cycle, by the calendar of the billing zone. */
  const inThisCycle = async (plus: string) => {
    const [row] = await own.sql.unsafe<{ at: Date }[]>(`
      select (date_trunc('month', now() at time zone z) + interval '${plus}') at time zone z as at
      from private.billing_time_zone() as z`);
    if (!row) throw new Error("no instant");
    return row.at.toISOString();
  };

  it("is what is charged, to the cent: after changes, ends and a free month", async () => {
    const { id, service } = await customerWith(79_900);
    await changePrice(service, 99_900, await inThisCycle("9 days 9 hours"));
    await changePrice(service, 123_457, await inThisCycle("9 days 12 hours"));
    await changePrice(service, 101_003, await inThisCycle("20 days"));
    const ended = await activeService(own.sql, id, { priceCents: 65_537 });
    await changePrice(ended, 77_777, await inThisCycle("4 days"));
    await setStatus(ended, "cancelled", await inThisCycle("12 days"));
    const endedBefore = await activeService(own.sql, id, { priceCents: 31_337 });
    await setStatus(endedBefore, "suspended", await inThisCycle("-5 days"));
    await setStatus(endedBefore, "cancelled", await inThisCycle("5 days"));
    const young = await activeService(own.sql, id, {
      priceCents: 54_321,
      activatedAt: await inThisCycle("2 days"),
    });
    await pendingReward(own.sql, id, {
      expiresAt: await inThisCycle("400 days"),
      capCents: 70_000,
    });

    const now = new Date();
    const shown = async () => {
      const [row] = await own.sql<{ facts: unknown }[]>`
        select private.invoice_preview_facts(${id}) as facts`;
      const facts = previewFactsSchema.parse(row?.facts);
      return previewNextInvoice(facts, billingSettings(), true, now);
    };
    const preview = await shown();
    await bill(now.toISOString());
    const invoices = await invoicesOf(own.sql, id);
    expect(invoices.map((invoice) => invoice.service_id).sort()).toEqual(
      [service, ended, young].sort(),
    );
    const total = (key: "amount_waived_cents" | "amount_due_cents") =>
      invoices.reduce((sum, invoice) => sum + invoice[key], 0);
    expect(preview).toMatchObject({
      period_start: invoices[0]?.period_start,
      charge_cents: total("amount_due_cents") + total("amount_waived_cents"),
      waived_cents: total("amount_waived_cents"),
      amount_due_cents: total("amount_due_cents"),
    });
    expect(preview?.waived_cents).toBe(70_000);
    // Then the next cycle, at the price that counts from there on.
    await changePrice(young, 60_000, now.toISOString());
    expect(await shown()).toMatchObject({
      period_start: preview?.period_end,
      charge_cents: 101_003 + 60_000,
      waived_cents: 0,
    });
  });
});

describe("a change while the run is at work", () => {
  const at = "2027-01-11T09:00:00Z";
  const billWith = (client: ServerClient, options: RunCycleOptions = {}) =>
    own.bill({ client, asOf: at }, options);

  it("between reading and issuing is on the invoice, be it of the price or of the name alone", async () => {
    const dearer = await customerWith(31_000);
    const renamed = await customerWith(31_000);
    const { slug } = await newPackage(own.sql, { name: "Fibre renewed", priceCents: 31_000 });
    let issued = 0;
    const client = intercepted(own.client, async (name, call) => {
      if (name === "issue_invoices") {
        issued += 1;
        if (issued === 1) {
          await changePrice(dearer.service, 62_000, at);
          await own.sql`
            select private.change_service_package(
              ${renamed.service}, ${slug}, 'on request', ${ACTOR}, ${at})`;
        }
      }
      return call();
    });
    expect(await billWith(client)).toMatchObject({ invoices: 2, errors: [] });
    expect(issued).toBeGreaterThan(1);
    expect(await linesOf(dearer.id)).toEqual([
      ["Fibre at 310 · 1–10 Jan 2027 (10 of 31 days at R 310.00 a month)", 10_000],
      ["Fibre at 620 · 11–31 Jan 2027 (21 of 31 days at R 620.00 a month)", 42_000],
    ]);
    expect(await linesOf(renamed.id)).toEqual([
      ["Fibre at 310 · 1–10 Jan 2027 (10 of 31 days at R 310.00 a month)", 10_000],
      ["Fibre renewed · 11–31 Jan 2027 (21 of 31 days at R 310.00 a month)", 21_000],
    ]);
  });

  it("that is not committed yet is waited for", async () => {
    const { id, service } = await customerWith(31_000);
    const { slug } = await newPackage(own.sql, { name: "Fibre at 620", priceCents: 62_000 });
    const work = await own.connect(1).begin(async (transaction) => {
      await transaction`
        select private.change_service_package(${service}, ${slug}, 'slowly', ${ACTOR}, ${at})`;
      const running = billWith(own.client);
      await eventually(async () => {
        const [blocked] = await own.sql`
          select pid from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`;
        return blocked;
      });
      // In an object: a transaction would wait for a promise.
      return { running };
    });
    expect(await work.running).toMatchObject({ invoices: 1, errors: [] });
    expect((await linesOf(id)).map(([, cents]) => cents)).toEqual([10_000, 42_000]);
  });

  it("meets either an invoice at the old price and waits, or none and counts at once", async () => {
    const customers = await Promise.all(Array.from({ length: 60 }, () => customerWith(31_000)));
    const { slug } = await newPackage(own.sql, { name: "Fibre at 620", priceCents: 62_000 });
    const pool = own.connect(6);
    const change = async ({ service }: { service: string }) => {
      const [row] = await pool<{ day: string }[]>`
        select private.change_service_package(${service}, ${slug}, 'race', ${ACTOR}, ${at})
          ->> 'effective_on' as day`;
      return row?.day ?? "";
    };
    let changes: Promise<string[]> | null = null;
    const client = intercepted(own.client, (name, call) => {
      if (name === "issue_invoices") changes ??= Promise.all(customers.map(change));
      return call();
    });
    const summary = await billWith(client, { workers: 2, batchSize: 4 });
    expect(summary).toMatchObject({ invoices: 60, errors: [] });
    const days = (await changes) ?? [];
    const outcomes = await Promise.all(
      customers.map(async ({ id }, n) => `${days[n]}: ${(await linesOf(id)).map(([, c]) => c)}`),
    );
    for (const outcome of outcomes) {
      expect(["2027-01-11: 10000,42000", "2027-02-01: 31000"]).toContain(outcome);
    }
    expect(await bill(at)).toMatchObject({ invoices: 0, skipped: 60 });
  });
});
