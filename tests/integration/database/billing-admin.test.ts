import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import {
  billingErrorNamesSchema,
  billingRunDetailsSchema,
  billingRunPageSchema,
  invoicePageSchema,
} from "@/lib/billing/billing-admin-schemas";
import { activeService, newAdmin, newCustomer } from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { one } from "@/tests/support/rows";

let db: OwnDatabase;
let support: string;
let billing: string;
beforeAll(async () => {
  db = await ownDatabase();
  support = await newAdmin(db.sql, "support");
  billing = await newAdmin(db.sql, "billing");
});
afterAll(() => db.drop());

type Cursor = { at: string; id: string } | null;

/** What a function answers an admin, or whoever is given. */
async function ask<S extends z.ZodType>(
  call: "admin_get_billing_run" | "admin_list_billing_runs" | "admin_list_invoices",
  args: Record<string, string | number | null>,
  schema: S,
  user = support,
): Promise<z.infer<S>> {
  const answer = await asUser(db.sql, user, async (transaction) => {
    const named = Object.keys(args).map((name, index) => `${name} => $${index + 1}`);
    const [row] = await transaction.unsafe<{ answer: unknown }[]>(
      `select public.${call}(${named.join(", ")}) as answer`,
      Object.values(args),
    );
    return row?.answer;
  });
  return schema.parse(answer);
}

const listInvoices = (args: { q?: string; status?: string; cursor?: Cursor; limit?: number }) =>
  ask(
    "admin_list_invoices",
    {
      p_q: args.q ?? null,
      p_status: args.status ?? null,
      p_cursor_at: args.cursor?.at ?? null,
      p_cursor_id: args.cursor?.id ?? null,
      p_limit: args.limit ?? 100,
    },
    invoicePageSchema,
  );

const numbersOf = async (args: Parameters<typeof listInvoices>[0]) =>
  (await listInvoices(args)).invoices.map((invoice) => invoice.invoice_number);

let made = 0;
/** An issued invoice of a new service, with everything that the list tells apart. Amounts in cents. */
async function invoice(given: {
  customerId?: string;
  number?: string;
  priceCents?: number;
  chargeCents?: number;
  free?: boolean;
  issuedAt?: string;
  dueInDays?: number;
  paid?: boolean;
  creditedCents?: number;
}): Promise<string> {
  made += 1;
  const customerId = given.customerId ?? (await newCustomer(db.sql)).id;
  const serviceId = await activeService(db.sql, customerId);
  const price = given.priceCents ?? 79_900;
  const charge = given.chargeCents ?? price;
  const number = given.number ?? `TST-2026-${String(made).padStart(6, "0")}`;
  const reward = given.free ? randomUUID() : null;
  if (reward) {
    await db.sql`
      insert into referral_rewards
        (id, customer_id, reward_type, status, source, granted_by, grant_reason, expires_at)
      values (${reward}, ${customerId}, 'free_month', 'pending', 'manual', ${randomUUID()},
        'A test', now() + interval '1 year')`;
  }
  const total = reward ? 0 : charge;
  const lines = [
    { kind: "service", description: "Fibre 100/50", amount_cents: charge },
    ...(reward ? [{ kind: "reward", description: "Free month", amount_cents: -charge }] : []),
  ];
  const { id } = one(
    await db.sql<{ id: string }[]>`
      insert into customer_invoices
        (invoice_number, customer_id, service_id, period_start, period_end, vat_bps, price_cents,
         line_items, subtotal_cents, vat_cents, total_cents, amount_due_cents, is_free_month,
         referral_reward_id, reward_treatment, reward_description, amount_waived_cents, seller, buyer, due_on, issued_at)
      values (${number}, ${customerId}, ${serviceId}, '2026-10-01', '2026-11-01', 1500, ${price},
        ${db.sql.json(lines)}, ${total}, 0, ${total}, ${total}, ${reward !== null}, ${reward},
        ${reward && "discount"}, ${reward && "Free month"}, ${reward ? charge : 0}, '{}', '{}',
        private.local_date(now(), private.billing_time_zone()) + ${given.dueInDays ?? 5}::integer,
        ${given.issuedAt ?? "2026-10-01T00:00:00Z"})
      returning id`,
  );
  if (given.paid) {
    await db.sql`
      insert into invoice_payments (invoice_id, customer_id, amount_cents, paid_on)
      values (${id}, ${customerId}, ${total}, current_date)`;
  }
  if (given.creditedCents) {
    await db.sql`
      insert into credit_notes
        (credit_note_number, invoice_id, customer_id, currency, vat_bps, line_items,
         subtotal_cents, vat_cents, total_cents, reason, issued_by, seller, buyer)
      values (${`CRN-2026-${made}`}, ${id}, ${customerId}, 'ZAR', 1500,
        ${db.sql.json([{ amount_cents: given.creditedCents }])}, ${given.creditedCents}, 0,
        ${given.creditedCents}, 'A test', ${randomUUID()}, '{}', '{}')`;
  }
  return number;
}

describe("the filters of the invoice list", () => {
  const recently = () => new Date(Date.now() - 86_400_000).toISOString();
  const numbers: Record<string, string> = {};
  let customerId: string;

  beforeAll(async () => {
    customerId = (await newCustomer(db.sql, { email: "filters@example.test" })).id;
    const shared = { customerId, issuedAt: recently() };
    numbers.due = await invoice(shared);
    numbers.dueToday = await invoice({ ...shared, dueInDays: 0 });
    numbers.overdue = await invoice({ ...shared, dueInDays: -1 });
    numbers.paidLate = await invoice({ ...shared, dueInDays: -40, paid: true });
    numbers.paid = await invoice({ ...shared, paid: true });
    numbers.free = await invoice({ ...shared, free: true });
    numbers.partly = await invoice({ ...shared, chargeCents: 40_000, paid: true });
    numbers.partlyFree = await invoice({
      customerId: (await newCustomer(db.sql, { email: "filters2@example.test" })).id,
      issuedAt: shared.issuedAt,
      chargeCents: 40_000,
      free: true,
    });
    numbers.credited = await invoice({ ...shared, dueInDays: -9, creditedCents: 79_900 });
    numbers.creditedPartly = await invoice({ ...shared, dueInDays: -9, creditedCents: 79_899 });
  });

  it.each([
    ["due", ["due", "dueToday"]],
    ["overdue", ["overdue", "creditedPartly"]],
    ["free_month", ["free", "partlyFree"]],
    ["pro_rated", ["partly", "partlyFree"]],
    ["credited", ["credited", "creditedPartly"]],
  ])("%s: exactly %j", async (status, expected) => {
    const names = (list: string[]) =>
      list.map((number) => Object.keys(numbers).find((name) => numbers[name] === number)).sort();
    expect(names(await numbersOf({ status }))).toEqual([...expected].sort());
    // Together with a search the filter stays.
    const searched = names(await numbersOf({ status, q: "filters@example.test" }));
    expect(searched).toEqual(expected.filter((name) => name !== "partlyFree").sort());
    expect(names(await numbersOf({ status, q: "TST-" }))).toEqual([...expected].sort());
  });

  it("an unknown one is refused", async () => {
    expect(await refusal(listInvoices({ status: "everything" }))).toMatchObject({
      code: "PT400",
      message: "invalid_request",
    });
  });

  it("an invoice says what was waived, credited and paid", async () => {
    const { invoices } = await listInvoices({ q: "filters", limit: 100 });
    const of = (name: string) => invoices.find((row) => row.invoice_number === numbers[name]);
    expect(of("free")).toMatchObject({
      is_free_month: true,
      is_pro_rated: false,
      amount_due_cents: 0,
      amount_waived_cents: 79_900,
      customer: { id: customerId, email: "filters@example.test" },
    });
    expect(of("partlyFree")).toMatchObject({ is_free_month: true, is_pro_rated: true });
    expect(of("creditedPartly")).toMatchObject({ credited_cents: 79_899, is_paid: false });
    expect(of("paidLate")).toMatchObject({ credited_cents: 0, is_paid: true });
  });
});

describe("searching invoices", () => {
  it("finds a number, the beginning of one, in any case, and nothing in the middle", async () => {
    const first = await invoice({ number: "ABC-2031-000041" });
    const second = await invoice({ number: "ABC-2031-000042" });
    expect(await numbersOf({ q: first })).toEqual([first]);
    expect(await numbersOf({ q: "abc-2031-00004" })).toEqual([second, first]);
    expect(await numbersOf({ q: "  ABC-2031  " })).toEqual([second, first]);
    expect(await numbersOf({ q: "2031-000041" })).toEqual([]);
  });

  it("finds what a customer was sent, by e-mail, name, code and phone", async () => {
    const { id, email, phone, referral_code } = await newCustomer(db.sql, {
      firstName: "Zodwa",
      email: "zodwa.search@example.test",
    });
    const number = await invoice({ customerId: id });
    for (const q of [email, email.slice(0, 8), "zodwa n", "ZODWA", referral_code, phone]) {
      expect([q, await numbersOf({ q })]).toEqual([q, [number]]);
    }
  });

  it("names an invoice once that is found by its number and by its customer", async () => {
    const { id } = await newCustomer(db.sql, { firstName: "QQQ-" });
    const number = await invoice({ customerId: id, number: "QQQ-2030-000001" });
    expect(await numbersOf({ q: "qqq-2030-" })).toEqual([number]);
  });

  it.each(["%", "_", "TST-2026-00000_", "T%", "\\", "a,b().:*", "'; drop table customers; --"])(
    "takes %s literally",
    async (q) => {
      expect(await numbersOf({ q })).toEqual([]);
    },
  );
});

describe("paging through invoices", () => {
  async function walk(args: { q?: string; status?: string }, limit: number): Promise<string[]> {
    const seen: string[] = [];
    let cursor: Cursor = null;
    do {
      const page: z.infer<typeof invoicePageSchema> = await listInvoices({
        ...args,
        cursor,
        limit,
      });
      expect(page.invoices.length).toBeLessThanOrEqual(limit);
      seen.push(...page.invoices.map((row) => row.invoice_number));
      cursor = page.next_cursor;
    } while (cursor);
    return seen;
  }

  it("shows each once, newest first and by number within a run, however long the pages", async () => {
    const { id } = await newCustomer(db.sql, { email: "paging@example.test" });
    const expected: string[] = [];
    for (const [day, count] of [
      ["2026-09-01", 4],
      ["2026-10-01", 3],
    ] as const) {
      for (let index = 0; index < count; index += 1) {
        expected.unshift(
          await invoice({
            customerId: id,
            number: `PGE-2026-${String(expected.length).padStart(6, "0")}`,
            issuedAt: `${day}T00:00:00.123456Z`,
          }),
        );
      }
    }
    for (const limit of [1, 2, 3, 7, 100]) {
      expect(await walk({ q: "PGE-" }, limit)).toEqual(expected);
      expect(await walk({ q: "paging@example.test" }, limit)).toEqual(expected);
    }
    const everything = await walk({}, 3);
    expect(new Set(everything).size).toBe(everything.length);
    expect(everything.filter((number) => number.startsWith("PGE-"))).toEqual(expected);
  });

  it("goes on at its place when newer invoices arrive meanwhile", async () => {
    const { id } = await newCustomer(db.sql, { email: "arriving@example.test" });
    const old = await invoice({ customerId: id, issuedAt: "2026-08-01T00:00:00Z" });
    const newer = await invoice({ customerId: id, issuedAt: "2026-08-02T00:00:00Z" });
    const q = "arriving@example.test";
    const first = await listInvoices({ q, limit: 1 });
    expect(first.invoices.map((row) => row.invoice_number)).toEqual([newer]);
    await invoice({ customerId: id, issuedAt: "2026-08-03T00:00:00Z" });
    expect(await numbersOf({ q, cursor: first.next_cursor, limit: 1 })).toEqual([old]);
  });
});

describe("a billing run, as admins see it", () => {
  /** A run as it stands somewhere on its way, or after it. */
  async function run(changes: Record<string, string | number | boolean | null | object> = {}) {
    const row = one(
      await db.sql<{ id: string }[]>`
        insert into billing_runs
        select (jsonb_populate_record(null::billing_runs, ${db.sql.json({
          id: randomUUID(),
          period_start: "2019-01-01",
          period_end: "2019-02-01",
          as_of: "2026-01-31T00:00:00Z",
          status: "completed",
          trigger: "admin",
          rewards_enabled: true,
          services_total: 10,
          invoices: 4,
          free_months: 1,
          waived_cents: 79_900,
          total_cents: 300_000,
          skipped: 3,
          errors: [],
          processes: {},
          started_at: "2026-01-31T00:00:00Z",
          finished_at: "2026-01-31T00:01:00Z",
          heartbeat_at: "2026-01-31T00:01:00Z",
          ...changes,
        })})).*
        returning id`,
    );
    return row.id;
  }
  const get = (id: string) => ask("admin_get_billing_run", { p_id: id }, billingRunDetailsSchema);
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

  it("shows its progress, who started it, and the reason when the cycle was closed", async () => {
    const id = await run({ started_by: billing, force_reason: "Asked for by the auditor" });
    expect(await get(id)).toMatchObject({
      status: "completed",
      is_interrupted: false,
      started_by: "Admin billing",
      force_reason: "Asked for by the auditor",
      services_total: 10,
      skipped: 3,
      done: 7,
      invoices: 4,
      waived_cents: 79_900,
      error_count: 0,
      errors: [],
      currency: "ZAR",
    });
  });

  it.each([
    ["running", 14, false],
    ["running", 16, true],
    ["completed", 16, false],
    ["failed", 16, false],
  ])("%s and silent for %i minutes is interrupted: %s", async (status, minutes, expected) => {
    const id = await run({
      status,
      finished_at: status === "running" ? null : minutesAgo(minutes),
      heartbeat_at: minutesAgo(minutes),
    });
    expect((await get(id)).is_interrupted).toBe(expected);
    // A cycle has one running run at a time.
    await db.sql`
      update billing_runs set status = 'failed', finished_at = now()
      where id = ${id} and status = 'running'`;
  });

  it("names the customer and the package of each error, and keeps the run's own ones", async () => {
    const { id: customerId } = await newCustomer(db.sql, { firstName: "Kagiso" });
    const serviceId = await activeService(db.sql, customerId);
    const { name } = one(
      await db.sql<{ name: string }[]>`
        select p.name from customer_services as s join service_packages as p on p.id = s.package_id
        where s.id = ${serviceId}`,
    );
    const id = await run({
      status: "failed",
      errors: [
        { customer_id: null, message: "The run was stopped" },
        { customer_id: customerId, service_id: serviceId, message: "The price is not usable" },
        { customer_id: customerId, service_id: null, message: "Changed too often" },
      ],
    });
    const found = await get(id);
    expect(found.error_count).toBe(3);
    expect(found.errors).toEqual([
      {
        customer_id: null,
        customer_name: null,
        service_id: null,
        package_name: null,
        message: "The run was stopped",
      },
      {
        customer_id: customerId,
        customer_name: "Kagiso Nkosi",
        service_id: serviceId,
        package_name: name,
        message: "The price is not usable",
      },
      {
        customer_id: customerId,
        customer_name: "Kagiso Nkosi",
        service_id: null,
        package_name: null,
        message: "Changed too often",
      },
    ]);
    const names = await asUser(db.sql, billing, async (transaction) =>
      billingErrorNamesSchema.parse(
        one(
          await transaction<{ names: unknown }[]>`
            select admin_name_billing_errors(
              ${[customerId, randomUUID()]}::uuid[], ${[serviceId]}::uuid[]) as names`,
        ).names,
      ),
    );
    expect(names).toEqual({
      customers: { [customerId]: "Kagiso Nkosi" },
      services: { [serviceId]: name },
    });
  });

  it("is listed once, newest first, on pages of any length", async () => {
    const ids = new Set<string>();
    for (let index = 0; index < 4; index += 1) ids.add(await run());
    for (const limit of [1, 3, 100]) {
      const seen: string[] = [];
      let cursor: Cursor = null;
      do {
        const page: z.infer<typeof billingRunPageSchema> = await ask(
          "admin_list_billing_runs",
          { p_cursor_at: cursor?.at ?? null, p_cursor_id: cursor?.id ?? null, p_limit: limit },
          billingRunPageSchema,
        );
        seen.push(...page.runs.map((row) => row.id));
        cursor = page.next_cursor;
      } while (cursor);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((id) => ids.has(id))).toHaveLength(4);
    }
  });

  it("is not found under another id", async () => {
    expect(await refusal(get(randomUUID()))).toMatchObject({ code: "PT404" });
  });
});

describe("who may read it", () => {
  it.each([
    "select admin_list_billing_runs()",
    `select admin_get_billing_run('${randomUUID()}')`,
    "select admin_list_invoices()",
    "select admin_name_billing_errors('{}', '{}')",
  ])("%s: not a customer", async (query) => {
    const { auth_user_id } = await newCustomer(db.sql);
    const asked = (user: string | null) =>
      refusal(asUser(db.sql, user, (transaction) => transaction.unsafe(query)));
    expect(await asked(auth_user_id)).toMatchObject({ code: "PT403", message: "forbidden" });
    expect((await asked(null)).code).toBe("42501");
  });

  it("names for a dry run: only who may manage invoices", async () => {
    const names = (user: string) =>
      asUser(
        db.sql,
        user,
        (transaction) => transaction`select admin_name_billing_errors('{}', '{}')`,
      );
    expect(await refusal(names(support))).toMatchObject({ code: "PT403" });
    expect(await names(billing)).toHaveLength(1);
  });
});
