import { randomUUID } from "node:crypto";
import Papa from "papaparse";
import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  billingRunDetailsSchema,
  billingRunPageSchema,
  invoicePageSchema,
} from "@/lib/billing/billing-admin-schemas";
import { ROLES, type Role } from "@/lib/permissions";
import { type RunningTestStack, startTestStack } from "@/supabase/local/commands/test-stack";
import {
  type Account,
  adminAccount,
  adminAccounts,
  Browser,
  type CallOptions,
  call,
  customerAccount,
  dataOf,
  errorOf,
  refusalOf,
} from "@/tests/support/api";
import { activeService, newCustomer } from "@/tests/support/builders";
import { useStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { eventually } from "@/tests/support/eventually";
import { countOf, one, refusalsOf } from "@/tests/support/rows";

// A run is about everybody, so nobody else may be in this database.
let running: RunningTestStack;
let sql: Sql;
let admins: Record<Role, Account>;
const tokenOf = (role: Role): string => admins[role].token;
beforeAll(async () => {
  running = await startTestStack({ seeded: false, log: () => {} });
  useStack(running.info);
  sql = sharedDatabase();
  admins = await adminAccounts(sql);
});
afterAll(async () => {
  await sql?.end();
  await running?.stop();
});

const RUNS = "/api/admin/billing/runs";
const reason = "Left out by the old system";

let cycles = 0;

/**
 * A month that is over with one service in it, and no other test's. Twelve months back is as far as
 * a run may go. The service ends before the next month begins.
 */
async function ownCycle(cents: number | string = 79_900) {
  cycles += 1;
  const { month } = one(
    await sql<{ month: string }[]>`
      select to_char(
        now() at time zone 'Africa/Johannesburg' - make_interval(months => ${cycles}), 'YYYY-MM'
      ) as month`,
  );
  const customer = await newCustomer(sql, { firstName: "Refilwe" });
  const serviceId = await activeService(sql, customer.id, {
    priceCents: cents,
    activatedAt: `${month}-10T10:00:00Z`,
  });
  await sql`
    update customer_services set status = 'cancelled', cancelled_at = ${`${month}-21T10:00:00Z`}
    where id = ${serviceId}`;
  return { month, customer, serviceId };
}

const started = z.strictObject({
  run_id: z.guid(),
  period_start: z.string(),
  period_end: z.string(),
  joined: z.boolean(),
});

const start = (json: object, { key, ...options }: CallOptions & { key?: string } = {}) =>
  call("POST", RUNS, {
    token: tokenOf("billing"),
    json,
    headers: key ? { "idempotency-key": key } : {},
    ...options,
  });

const read = async (id: string, role: Role = "support") =>
  dataOf(await call("GET", `${RUNS}/${id}`, { token: tokenOf(role) }), billingRunDetailsSchema);

const closed = (id: string) =>
  eventually(async () => {
    const run = await read(id);
    return run.status === "running" ? undefined : run;
  });

const runsOf = (month: string) =>
  countOf(sql<{ n: number }[]>`
    select count(*)::integer as n from billing_runs where period_start = ${`${month}-01`}`);

const invoicesOf = (serviceId: string) =>
  sql<{ invoice_number: string; total_cents: string; run_id: string }[]>`
    select invoice_number, total_cents, run_id from customer_invoices
    where service_id = ${serviceId}`;

const preview = z.object({
  month: z.string(),
  period_start: z.string(),
  period_end: z.string(),
  state: z.enum(["future", "open", "closed"]),
  currency: z.string(),
  services_total: z.number(),
  skipped: z.number(),
  invoices: z.number(),
  free_months: z.number(),
  waived_cents: z.number(),
  total_cents: z.number(),
  errors: z.array(
    z.object({
      customer_id: z.guid().nullable(),
      customer_name: z.string().nullable(),
      service_id: z.guid().nullable(),
      package_name: z.string().nullable(),
      message: z.string().min(1),
    }),
  ),
});
const previewOf = async (month: string) =>
  dataOf(
    await call("GET", `/api/admin/billing/preview?period=${month}`, { token: tokenOf("billing") }),
    preview,
  );

describe("starting a billing run", () => {
  test("answers at once, and the run goes on to its end with who and why", async () => {
    const { month, serviceId } = await ownCycle();
    const answer = await start({ period: month, force_reason: reason });
    const { run_id, ...rest } = dataOf(answer, started, 202);
    expect(rest).toMatchObject({ period_start: `${month}-01`, joined: false });
    const run = await closed(run_id);
    expect(run).toMatchObject({
      status: "completed",
      trigger: "admin",
      started_by: "Admin billing",
      force_reason: reason,
      services_total: 1,
      done: 1,
      invoices: 1,
      skipped: 0,
      errors: [],
    });
    const [issued] = await invoicesOf(serviceId);
    expect(issued).toMatchObject({ run_id });
    expect(run.total_cents).toBe(Number(issued?.total_cents));
    const audit = one(
      await sql`
        select actor_id, reason from audit_log
        where entity_id = ${run_id} and action = 'billing_run.started'`,
    );
    expect(audit).toEqual({ actor_id: admins.billing.userId, reason });
  });

  test("again, finds what has its invoice and issues nothing", async () => {
    const { month, serviceId } = await ownCycle();
    const body = { period: month, force_reason: reason };
    const first = await closed(dataOf(await start(body), started, 202).run_id);
    const second = await closed(dataOf(await start(body), started, 202).run_id);
    expect(second.id).not.toBe(first.id);
    expect(second).toMatchObject({ status: "completed", invoices: 0, skipped: 1, done: 1 });
    expect(await invoicesOf(serviceId)).toHaveLength(1);
  });

  test("five times at once under one key opens one run, and so does repeating it later", async () => {
    const { month, serviceId } = await ownCycle();
    const body = { period: month, force_reason: reason };
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 5 }, () => start(body, { key })));
    const ids = new Set(answers.map((answer) => dataOf(answer, started, 202).run_id));
    expect(ids.size).toBe(1);
    const [id = ""] = ids;
    await closed(id);
    expect(dataOf(await start(body, { key }), started, 202)).toMatchObject({ run_id: id });
    expect(await runsOf(month)).toBe(1);
    expect(await invoicesOf(serviceId)).toHaveLength(1);
    const other = await start({ ...body, force_reason: "Something else" }, { key });
    expect(refusalOf(other)).toBe("409 idempotency_key_reused");
  });

  test("of a cycle that has not begun is refused without a reason, of one too far away always", async () => {
    const monthFromNow = (months: number) => {
      const day = new Date();
      day.setUTCMonth(day.getUTCMonth() + months, 5);
      return day.toISOString().slice(0, 7);
    };
    const old = monthFromNow(-14);
    expect(refusalOf(await start({ period: old }))).toBe("409 billing_period_invalid");
    const future = monthFromNow(2);
    expect(refusalOf(await start({ period: future }))).toBe("409 billing_cycle_future");
    expect(refusalOf(await start({ period: "2199-01", force_reason: reason }))).toBe(
      "409 billing_period_invalid",
    );
    expect(refusalOf(await start({ period: "2020-01", force_reason: reason }))).toBe(
      "409 billing_period_invalid",
    );
    expect([await runsOf(old), await runsOf(future), await runsOf("2020-01")]).toEqual([0, 0, 0]);
  });

  test.each([
    [{ period: "2026-13" }, "period"],
    [{ period: "2026" }, "period"],
    [{ period: 202_601 }, "period"],
    [{ period: "1975-05", force_reason: " x " }, "force_reason"],
    [{ period: "1975-05", force_reason: "x".repeat(501) }, "force_reason"],
  ])("with %j is refused, beside the field", async (body, field) => {
    const error = errorOf(await start(body));
    expect(error).toMatchObject({ status: 400, code: "invalid_request" });
    expect(Object.keys(error.fields)).toEqual([field]);
  });

  test("under a key that cannot be one is refused", async () => {
    const answer = await start({ period: "1975-05", force_reason: reason }, { key: "a b" });
    expect(refusalOf(answer)).toBe("400 invalid_request");
    expect(await runsOf("1975-05")).toBe(0);
  });

  test("is for who may manage invoices, at that moment; each refusal is audited", async () => {
    const { month } = await ownCycle();
    const body = { period: month, force_reason: reason };
    for (const role of ["support", "reviewer"] as const) {
      expect(refusalOf(await start(body, { token: tokenOf(role) }))).toBe("403 forbidden");
      expect(await refusalsOf(sql, admins[role].userId, "billing_run.start")).toBe(1);
    }
    const customer = await customerAccount(sql, { service: "none" });
    expect(refusalOf(await start(body, { token: customer.token }))).toBe("403 forbidden");
    expect(refusalOf(await start(body, { token: undefined }))).toBe("401 unauthenticated");

    const admin = await adminAccount(sql, "billing");
    const browser = await new Browser().signIn(admin.email);
    await sql`update admin_users set role = 'support' where auth_user_id = ${admin.userId}`;
    expect(refusalOf(await browser.post(RUNS, body))).toBe("403 forbidden");
    expect(
      refusalOf(
        await new Browser().post(RUNS, body, { headers: { origin: "https://evil.example" } }),
      ),
    ).toBe("403 cross_site");
    expect(await runsOf(month)).toBe(0);
  });

  test("one service that cannot be billed is named, and the run counts as failed", async () => {
    const { month, customer, serviceId } = await ownCycle("9007199254740995");
    const run = await closed(
      dataOf(await start({ period: month, force_reason: reason }), started, 202).run_id,
    );
    expect(run).toMatchObject({ status: "failed", invoices: 0, error_count: 1 });
    expect(run.errors).toMatchObject([
      { customer_id: customer.id, customer_name: "Refilwe Nkosi", service_id: serviceId },
    ]);
    expect(run.errors[0]?.package_name).toBeTruthy();
  });
});

describe("the preview of a cycle", () => {
  test("is what the run then issues, and leaves no trace", async () => {
    const { month, serviceId } = await ownCycle(123_457);
    const expected = await previewOf(month);
    expect(expected).toMatchObject({
      month,
      period_start: `${month}-01`,
      state: "closed",
      currency: "ZAR",
      services_total: 1,
      skipped: 0,
      invoices: 1,
      errors: [],
    });
    expect([await runsOf(month), (await invoicesOf(serviceId)).length]).toEqual([0, 0]);
    const run = await closed(
      dataOf(await start({ period: month, force_reason: reason }), started, 202).run_id,
    );
    expect(run).toMatchObject({
      invoices: expected.invoices,
      total_cents: expected.total_cents,
      free_months: expected.free_months,
      waived_cents: expected.waived_cents,
    });
    expect(await previewOf(month)).toMatchObject({ skipped: 1, invoices: 0, total_cents: 0 });
  });

  test("names each invoice with what is worth a look, and the months that a run completes first", async () => {
    const { month, serviceId } = await ownCycle(123_457);
    const lines = z.object({
      lines: z.array(
        z.object({
          kind: z.string(),
          lines: z.number(),
          first: z.array(
            z.object({ service_id: z.guid(), customer_name: z.string(), period_start: z.string() }),
          ),
        }),
      ),
      completions: z.array(z.object({ period_start: z.string(), invoices: z.number() })),
      comparison: z.object({
        difference_cents: z.number(),
        new_cents: z.number(),
        gone_cents: z.number(),
        changed_cents: z.number(),
      }),
    });
    const previewed = async (period: string) =>
      dataOf(
        await call("GET", `/api/admin/billing/preview?period=${period}`, {
          token: tokenOf("billing"),
        }),
        lines,
      );
    const own = await previewed(month);
    const kinds = own.lines.filter(({ first }) => first.some((l) => l.service_id === serviceId));
    expect(kinds.map(({ kind }) => kind)).toEqual(["new", "pro_rated"]);
    expect(kinds[0]?.first).toContainEqual({
      service_id: serviceId,
      customer_name: "Refilwe Nkosi",
      period_start: `${month}-01`,
    });
    const { comparison } = own;
    expect(comparison.new_cents + comparison.gone_cents + comparison.changed_cents).toBe(
      comparison.difference_cents,
    );
    expect(own.completions.map(({ period_start }) => period_start)).not.toContain(`${month}-01`);
  });

  test("names who would be left out, and why", async () => {
    const { month, customer, serviceId } = await ownCycle("9007199254740995");
    const { invoices, errors } = await previewOf(month);
    expect(invoices).toBe(0);
    expect(errors).toMatchObject([
      { customer_id: customer.id, customer_name: "Refilwe Nkosi", service_id: serviceId },
    ]);
    expect(await runsOf(month)).toBe(0);
  });

  test("without a month is of the cycle that is under way", async () => {
    const answer = await call("GET", "/api/admin/billing/preview", { token: tokenOf("owner") });
    expect(dataOf(answer, preview).state).toBe("open");
  });

  test("is for who may manage invoices", async () => {
    for (const role of ROLES) {
      const token = tokenOf(role);
      const answer = await call("GET", "/api/admin/billing/preview?period=1969-12", { token });
      const expected = role === "billing" || role === "owner" ? 200 : 403;
      expect([role, answer.status]).toEqual([role, expected]);
    }
  });

  test.each(["2026-13", "2026", "x"])("of %s is refused", async (month) => {
    const answer = await call("GET", `/api/admin/billing/preview?period=${month}`, {
      token: tokenOf("billing"),
    });
    expect(errorOf(answer)).toMatchObject({ status: 400, code: "invalid_request" });
    expect(Object.keys(errorOf(answer).fields)).toEqual(["period"]);
  });
});

describe("what a run issued", () => {
  test("leaves as a file: its sums, each invoice with its link, and what was left out and why", async () => {
    const { month, customer, serviceId } = await ownCycle(123_400);
    await sql`update customers set first_name = '-Cmd' where id = ${customer.id}`;
    const broken = await activeService(sql, customer.id, {
      priceCents: "9007199254740995",
      activatedAt: `${month}-10T10:00:00Z`,
    });
    await sql`
      update customer_services set status = 'cancelled', cancelled_at = ${`${month}-21T10:00:00Z`}
      where id = ${broken}`;
    const run = await closed(
      dataOf(await start({ period: month, force_reason: reason }), started, 202).run_id,
    );
    const path = `${RUNS}/${run.id}?format=csv`;
    expect(refusalOf(await call("GET", path, { token: tokenOf("support") }))).toBe("403 forbidden");
    const answer = await call("GET", path, { token: tokenOf("billing") });
    const { data } = Papa.parse<Record<string, string>>(answer.text.replace(/^\ufeff/, ""), {
      header: true,
      skipEmptyLines: true,
    });
    const [issued] = await invoicesOf(serviceId);
    const number = issued?.invoice_number ?? "";
    expect(data.map(({ row }) => row)).toEqual(["run", "invoice", "left_out"]);
    expect(data[0]).toMatchObject({
      kind: "completion",
      number,
      last_number: number,
      invoices: "1",
      total_cents: issued?.total_cents,
      waived_discount_cents: "0",
    });
    expect(data[1]).toMatchObject({ kind: "completion", number, customer_id: customer.id });
    expect(data[1]?.link).toMatch(new RegExp(`/invoices/${number}$`));
    expect(data[2]).toMatchObject({ service_id: broken, customer: "'-Cmd Nkosi" });
    expect(data[2]?.reason).toMatch(/price_cents|number/i);
  });
});

describe("reading runs and invoices", () => {
  test("a run that does not exist is not found, and a wrong id is told so", async () => {
    const token = tokenOf("support");
    expect(refusalOf(await call("GET", `${RUNS}/${randomUUID()}`, { token }))).toBe(
      "404 not_found",
    );
    expect(refusalOf(await call("GET", `${RUNS}/one`, { token }))).toBe("400 invalid_request");
  });

  test("runs are paged, each shown once", async () => {
    const mine = new Set<string>();
    const { month } = await ownCycle();
    for (let index = 0; index < 3; index += 1) {
      const body = { period: month, force_reason: reason };
      mine.add((await closed(dataOf(await start(body), started, 202).run_id)).id);
    }
    const page = billingRunPageSchema.extend({ next_cursor: z.string().nullable() });
    const seen: string[] = [];
    let cursor: string | null = "";
    do {
      const path: string = `${RUNS}?limit=2&cursor=${encodeURIComponent(cursor)}`;
      const { runs, next_cursor } = dataOf(
        await call("GET", path, { token: tokenOf("reviewer") }),
        page,
      );
      seen.push(...runs.map((run) => run.id));
      cursor = next_cursor;
    } while (cursor);
    expect(new Set(seen).size).toBe(seen.length);
    expect([...mine].filter((id) => !seen.includes(id))).toEqual([]);
    const wrong = await call("GET", `${RUNS}?cursor=made-up`, { token: tokenOf("support") });
    expect(refusalOf(wrong)).toBe("400 invalid_request");
  });

  test("invoices are found by number, customer and filter", async () => {
    const { month, customer, serviceId } = await ownCycle();
    await closed(dataOf(await start({ period: month, force_reason: reason }), started, 202).run_id);
    const [issued] = await invoicesOf(serviceId);
    const number = issued?.invoice_number ?? "";
    const page = invoicePageSchema.extend({ next_cursor: z.string().nullable() });
    const find = async (query: Record<string, string>) =>
      dataOf(
        await call("GET", `/api/admin/invoices?${new URLSearchParams(query)}`, {
          token: tokenOf("support"),
        }),
        page,
      ).invoices.map((row) => row.invoice_number);
    expect(await find({ q: number })).toEqual([number]);
    expect(await find({ q: customer.email })).toEqual([number]);
    expect(await find({ q: customer.email, status: "pro_rated" })).toEqual([number]);
    expect(await find({ q: customer.email, status: "credited" })).toEqual([]);
    expect(await find({ q: "%" })).toEqual([]);
    const wrong = await call("GET", "/api/admin/invoices?status=lost", {
      token: tokenOf("support"),
    });
    expect(Object.keys(errorOf(wrong).fields)).toEqual(["status"]);
  });
});
