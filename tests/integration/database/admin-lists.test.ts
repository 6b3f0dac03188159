import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { newAdmin, newCustomer, newReferrer } from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { issuedInvoice, startedRun } from "@/tests/support/invoices";
import { activeFriend, placeOrder } from "@/tests/support/orders";

let db: OwnDatabase;
let owner: string;
let colleague: string;
let referrerId: string;

const AT = "2026-11-10T08:00:00Z";

type Args = Record<string, string | number | boolean | null>;

/** Calls a function as an admin, with named arguments. */
async function ask(call: string, args: Args, user = owner): Promise<unknown> {
  return asUser(db.sql, user, async (transaction) => {
    // As text: the driver would cut an instant to milliseconds.
    const named = Object.keys(args).map(
      (name, index) =>
        `${name} => $${index + 1}${name === "p_cursor_at" ? "::text::timestamptz" : ""}`,
    );
    const [row] = await transaction.unsafe<{ answer: unknown }[]>(
      `select public.${call}(${named.join(", ")}) as answer`,
      Object.values(args),
    );
    return row?.answer;
  });
}

const cursorSchema = z.object({ at: z.string(), id: z.string() }).nullable();

/** One page of a list: the ids of its rows, and the places around it. */
async function pageOf(call: string, rows: string, args: Args) {
  const answer = z
    .looseObject({
      next_cursor: cursorSchema,
      previous_cursor: cursorSchema,
      total: z.number().optional(),
      has_more_than_total: z.boolean().optional(),
    })
    .parse(await ask(call, args));
  const listed = z
    .array(
      z.looseObject({
        id: z.union([z.string(), z.number()]),
        at: z.string().optional(),
        period_start: z.string().optional(),
      }),
    )
    .parse(answer[rows]);
  return { ...answer, ids: listed.map((row) => `${row.id}${row.period_start ?? ""}`) };
}

const after = (cursor: z.infer<typeof cursorSchema>): Args =>
  cursor ? { p_cursor_at: cursor.at, p_cursor_id: cursor.id } : {};

/** Reads a list to its end and back to its beginning, two rows at a time. */
async function walk(call: string, rows: string, args: Args = {}) {
  const forward: string[] = [];
  let page = await pageOf(call, rows, { ...args, p_limit: 2 });
  expect(page.previous_cursor).toBeNull();
  forward.push(...page.ids);
  while (page.next_cursor) {
    page = await pageOf(call, rows, { ...args, p_limit: 2, ...after(page.next_cursor) });
    expect(page.previous_cursor).not.toBeNull();
    forward.push(...page.ids);
  }
  const backward = [...page.ids];
  while (page.previous_cursor) {
    page = await pageOf(call, rows, {
      ...args,
      p_limit: 2,
      p_backward: true,
      ...after(page.previous_cursor),
    });
    expect(page.next_cursor).not.toBeNull();
    backward.unshift(...page.ids);
  }
  return { forward, backward };
}

beforeAll(async () => {
  db = await ownDatabase();
  const { sql } = db;
  owner = await newAdmin(sql, "owner");
  colleague = await newAdmin(sql, "billing");
  const referrer = await newReferrer(sql, { firstName: "Aviwe", lastName: "Zulu" });
  referrerId = referrer.id;
  // Rows of one instant are told apart by their ids.
  for (const name of ["Ayanda", "Bongi", "Ayanda"]) {
    await newCustomer(sql, { firstName: name, createdAt: "2026-03-01T08:00:00Z" });
  }
  for (let count = 0; count < 5; count += 1) {
    const friend = await activeFriend(sql, referrer, AT);
    await sql`
      insert into referral_claims (customer_id, referrer_id, referral_code, status)
      values (${friend.customer}, ${referrer.id}, ${referrer.referral_code}, 'confirmed')`;
    await issuedInvoice(sql, {
      customerId: friend.customer,
      serviceId: friend.service,
      month: "2026-10",
      issuedAt: AT,
    });
    await sql`
      insert into referral_flags (referral_id, signal, severity, weight, status)
      values (${friend.referral}, 'shared_ip', 'hold', ${count + 1}, 'open')
      on conflict do nothing`;
    await sql`
      insert into mail_suppressions (address, cause) values (${`gone${count}@list.test`}, 'bounced')`;
    await sql`
      insert into approvals (kind, intent, reason, requested_by, expires_at)
      values ('credit_note', ${sql.json({ invoice_number: `INV-${count}` })}, 'A mistake of ours',
        ${count < 2 ? owner : colleague}, now() + interval '1 day')`;
    await sql`
      insert into referral_rewards
        (customer_id, reward_type, status, source, granted_by, grant_reason, expires_at)
      values (${referrer.id}, 'free_month', 'pending', 'manual', ${randomUUID()}, 'A test',
        now() + interval '1 year')`;
    await sql`
      insert into audit_log (actor_id, action, entity_type, entity_id, customer_id)
      values (${owner}, 'reward.granted', 'reward', ${randomUUID()}, ${referrer.id})`;
  }
  await listedTeam();
  await plannedJobs();
  await placeOrder(sql, AT, { code: "NOBODY-XXXXXXXX" });
  for (const month of ["2026-09", "2026-10", "2026-11"]) await startedRun(sql, month, AT);
});
afterAll(() => db.drop());

/** Colleagues of each kind and API keys of each kind, five of the first. */
async function listedTeam(): Promise<void> {
  for (let count = 0; count < 7; count += 1) {
    const userId = await newAdmin(db.sql, "support");
    await db.sql`
      update admin_users set name = ${`Person É${count % 3}`}, is_active = ${count < 6},
        accepted_at = ${count < 5 ? null : AT}
      where auth_user_id = ${userId}`;
    await db.sql`
      insert into api_keys (name, prefix, scopes, created_by, expires_at, revoked_at, revoked_by, revoke_reason)
      values (${`Key ${count % 3}`}, ${`rk_0000000${count}`}, array['referrals:read'], ${owner},
        ${count === 5 ? "2020-01-01T00:00:00Z" : null}, ${count === 6 ? AT : null},
        ${count === 6 ? owner : null}, ${count === 6 ? "Leaked" : null})`;
  }
}

/** Bulk jobs of each state but that of one that waits for a second person: two of each, five planned. */
async function plannedJobs(): Promise<void> {
  const states = ["planned", "planned", "planned", "planned", "planned", "running", "running"];
  for (const [n, state] of [...states, "done", "done", "stopped", "stopped"].entries()) {
    const hasStarted = state !== "planned";
    await db.sql`
      with job as (
        insert into bulk_jobs (
          act, source, reason, created_by, created_at, started_at, stopped_by, stopped_at, stop_reason)
        values (
          'grant', ${db.sql.json({ kind: "list" })}, ${`Months for street ${n}`}, ${owner}, ${AT},
          ${hasStarted ? AT : null}, ${state === "stopped" ? owner : null},
          ${state === "stopped" ? AT : null}, ${state === "stopped" ? "Not needed" : null})
        returning id)
      insert into bulk_job_items (job_id, number, input, target, status, code, decided_at)
      select id, 1, 'somebody', '{}', ${state === "done" ? "refused" : "pending"},
        ${state === "done" ? "not_found" : null}, ${state === "done" ? AT : null}
      from job`;
  }
}

describe("an admin's list", () => {
  const lists: [string, string, Args?][] = [
    ["admin_list_customers", "customers"],
    ["admin_list_customers", "customers", { p_sort: "created_at" }],
    ["admin_list_customers", "customers", { p_sort: "full_name" }],
    ["admin_list_customers", "customers", { p_sort: "-full_name" }],
    ["admin_list_customers", "customers", { p_q: "Ayanda" }],
    ["admin_list_orders", "orders"],
    ["admin_list_orders", "orders", { p_sort: "created_at", p_status: "active" }],
    ["admin_list_referrals", "referrals"],
    ["admin_list_referrals", "referrals", { p_sort: "referred_at", p_flagged: true }],
    ["admin_list_claims", "claims"],
    ["admin_list_notifications", "notifications"],
    ["admin_list_notifications", "notifications", { p_sort: "created_at" }],
    ["admin_list_mail_suppressions", "suppressions"],
    ["list_approvals", "approvals"],
    ["list_approvals", "approvals", { p_status: "for_me", p_sort: "requested_at" }],
    ["list_bulk_jobs", "jobs"],
    ["list_bulk_jobs", "jobs", { p_sort: "created_at", p_q: "MONTHS", p_status: "planned" }],
    ["admin_list_billing_runs", "runs"],
    ["admin_list_billing_runs", "runs", { p_sort: "started_at" }],
    ["admin_list_invoices", "invoices"],
    ["admin_list_invoices", "invoices", { p_sort: "issued_at" }],
    ["admin_list_invoices", "invoices", { p_q: "INV-" }],
    ["admin_list_payments", "payments"],
    ["admin_list_payments", "payments", { p_sort: "created_at" }],
    ["get_review_queue", "queue"],
    ["admin_list_unbilled", "items"],
    ["get_team", "members"],
    ["get_team", "members", { p_sort: "-created_at" }],
    ["get_team", "members", { p_q: "PERSON é", p_role: "support", p_access: "invited" }],
    ["list_api_keys", "api_keys"],
    ["list_api_keys", "api_keys", { p_sort: "name", p_standing: "active" }],
  ];
  it.each(lists)(
    "%s (%s, %j) shows each row once, to its end and back",
    async (call, rows, args = {}) => {
      const { forward, backward } = await walk(call, rows, args);
      expect(forward.length).toBeGreaterThan(1);
      expect(new Set(forward).size).toBe(forward.length);
      expect(backward).toEqual(forward);
      const counts = !["get_review_queue", "admin_list_unbilled"].includes(call);
      const whole = await pageOf(call, rows, {
        ...args,
        p_limit: 1000,
        ...(counts && call !== "admin_list_mail_suppressions" ? { p_count: true } : {}),
      });
      expect(whole.ids).toEqual(forward);
      if (counts) {
        expect(whole).toMatchObject({ total: forward.length, has_more_than_total: false });
      }
    },
  );

  it.each([
    "orders",
    "services",
    "invoices",
    "rewards",
    "referrals",
    "refused_codes",
    "notifications",
    "audit",
  ])("the %s of one customer are read to their end and back", async (section) => {
    const args = { p_customer_id: referrerId, p_section: section };
    const { forward, backward } = await walk("admin_list_customer_record", "rows", args);
    expect(backward).toEqual(forward);
    const whole = await pageOf("admin_list_customer_record", "rows", {
      ...args,
      p_limit: 1000,
      p_count: true,
    });
    expect(whole.ids).toEqual(forward);
    expect(whole.total).toBe(forward.length);
    if (["rewards", "referrals", "audit"].includes(section)) {
      expect(forward.length).toBeGreaterThanOrEqual(5);
    }
  });

  it("the account of a customer and the invoices of a run are read back too", async () => {
    const [row] = await db.sql<{ customer_id: string }[]>`
      select customer_id from customer_invoices group by customer_id order by count(*) desc limit 1`;
    const args = { p_customer_id: row?.customer_id ?? "" };
    const { forward, backward } = await walk("admin_get_account", "entries", args);
    expect(forward.length).toBeGreaterThan(2);
    expect(backward).toEqual(forward);

    const [run] = await db.sql<{ id: string }[]>`select id from billing_runs limit 1`;
    const of = { p_run_id: run?.id ?? "" };
    expect(await walk("admin_list_run_invoices", "invoices", of)).toEqual({
      forward: [],
      backward: [],
    });
  });

  it("is sorted by the names of people, not by when they came", async () => {
    const names = async (sort: string) => {
      const page = z
        .looseObject({ customers: z.array(z.looseObject({ name: z.string() })) })
        .parse(await ask("admin_list_customers", { p_sort: sort, p_limit: 1000 }));
      return page.customers.map(({ name }) => name);
    };
    const ascending = await names("full_name");
    expect(ascending).toEqual([...ascending].sort((a, b) => a.localeCompare(b, "en")));
    expect(await names("-full_name")).toEqual(ascending.toReversed());
  });

  it.each([
    ["admin_list_orders", { p_sort: "customer_id" }],
    ["admin_list_customers", { p_sort: "id; drop table customers" }],
    ["admin_list_invoices", { p_sort: "total_cents" }],
    ["admin_list_payments", { p_status: "lost" }],
    ["list_audit", { p_sort: "reason" }],
  ] satisfies [string, Args][])("%s refuses %j", async (call, args) => {
    expect(await refusal(ask(call, args))).toMatchObject({
      code: "PT400",
      message: "invalid_request",
    });
  });

  it("takes every character of a search literally", async () => {
    for (const q of ["%", "_%", "'; drop table customers; --", "\\", "$1", "%1$s", "Ayanda%"]) {
      for (const [call, rows] of [
        ["admin_list_customers", "customers"],
        ["admin_list_orders", "orders"],
        ["admin_list_referrals", "referrals"],
        ["admin_list_claims", "claims"],
        ["admin_list_notifications", "notifications"],
        ["admin_list_payments", "payments"],
      ] as const) {
        expect([q, call, (await pageOf(call, rows, { p_q: q, p_count: true })).ids]).toEqual([
          q,
          call,
          [],
        ]);
      }
    }
  });

  it("of the friends of one customer finds friends alone", async () => {
    const args = { p_referrer_id: referrerId, p_limit: 100 };
    const all = await pageOf("admin_list_referrals", "referrals", args);
    expect(all.ids).toHaveLength(5);
    expect(
      (await pageOf("admin_list_referrals", "referrals", { ...args, p_q: "Aviwe Zulu" })).ids,
    ).toEqual([]);
  });

  it("is limited to the local days that are asked for", async () => {
    const [row] = await db.sql<{ id: string }[]>`
      insert into orders (customer_id, package_id, installation_address, created_at)
      select customer_id, package_id, installation_address, '2026-12-24T22:30:00Z'
      from orders limit 1 returning id`;
    // Half past ten at night in UTC is the next day in Johannesburg.
    const on = (day: string) =>
      pageOf("admin_list_orders", "orders", { p_from: day, p_to: day, p_count: true });
    expect((await on("2026-12-25")).ids).toEqual([row?.id]);
    expect((await on("2026-12-24")).ids).toEqual([]);
    await db.sql`delete from orders where id = ${row?.id ?? ""}`;
  });

  it("counts up to 10,000 rows and says that there are more", async () => {
    await db.sql`
      insert into notifications (template, recipient, dedupe_key)
      select 'reward_expired', 'many@list.test', 'many' || n
      from generate_series(1, 10001) as n`;
    const many = { p_q: "many@list.test", p_count: true };
    expect(await pageOf("admin_list_notifications", "notifications", many)).toMatchObject({
      total: 10_000,
      has_more_than_total: true,
    });
    await db.sql`delete from notifications where recipient = 'many@list.test'`;
  });
});

describe("the lists of owners", () => {
  const total = async (call: string, rows: string, args: Args) =>
    (await pageOf(call, rows, { ...args, p_count: true })).total;

  it("tell apart who works, who is invited and who left, and find parts of names and addresses", async () => {
    const members = (args: Args) => total("get_team", "members", args);
    expect(await members({ p_q: "person e" })).toBe(7);
    expect(await members({ p_q: "person e", p_access: "invited" })).toBe(5);
    expect(await members({ p_q: "person e", p_access: "active" })).toBe(1);
    expect(await members({ p_q: "person e", p_access: "ended" })).toBe(1);
    expect(await members({ p_q: "%" })).toBe(0);
    await expect(members({ p_access: "gone" })).rejects.toThrow("invalid_request");
    await expect(members({ p_sort: "email" })).rejects.toThrow("invalid_request");
  });

  it("tell apart keys in use, expired and revoked", async () => {
    const keys = (args: Args) => total("list_api_keys", "api_keys", args);
    expect(await keys({})).toBe(7);
    expect(await keys({ p_standing: "active" })).toBe(5);
    expect(await keys({ p_standing: "expired" })).toBe(1);
    expect(await keys({ p_standing: "revoked", p_q: "rk_00000006" })).toBe(1);
    await expect(keys({ p_standing: "lost" })).rejects.toThrow("invalid_request");
  });
});

describe("the bulk jobs", () => {
  it("are filtered by their state and by a part of their reason", async () => {
    const jobs = async (args: Args) =>
      (await pageOf("list_bulk_jobs", "jobs", { ...args, p_count: true })).total;
    expect(await jobs({})).toBe(11);
    const states = { planned: 5, waiting: 0, running: 2, done: 2, stopped: 2 };
    for (const [status, count] of Object.entries(states)) {
      expect([status, await jobs({ p_status: status })]).toEqual([status, count]);
    }
    expect(await jobs({ p_q: "street 1" })).toBe(2);
    expect(await jobs({ p_q: "street 1", p_status: "planned" })).toBe(1);
    expect(await jobs({ p_q: "%" })).toBe(0);
    await expect(jobs({ p_status: "lost" })).rejects.toThrow("invalid_request");
    await expect(jobs({ p_sort: "reason" })).rejects.toThrow("invalid_request");
  });
});

describe("the invoices of billing", () => {
  it("are filtered by cycle, customer, day of issue and what a completion is", async () => {
    const invoices = (args: Args) =>
      pageOf("admin_list_invoices", "invoices", { p_limit: 1000, p_count: true, ...args });
    const [one] = await db.sql<{ customer_id: string }[]>`
      select customer_id from customer_invoices where period_start = '2026-10-01' limit 1`;
    const october = await invoices({ p_cycle: "2026-10-01" });
    expect(october.ids).toHaveLength(5);
    // Issued in November for October: completions, and those of November are none.
    expect((await invoices({ p_status: "completion" })).ids).toEqual(october.ids);
    expect(
      (await invoices({ p_cycle: "2026-10-01", p_customer_id: one?.customer_id ?? "" })).ids,
    ).toHaveLength(1);
    expect((await invoices({ p_from: "2026-11-11" })).ids).toEqual([]);
    expect((await invoices({ p_from: "2026-11-10", p_to: "2026-11-10" })).total).toBe(10);
    expect((await invoices({ p_run_id: randomUUID() })).total).toBe(0);
  });

  it("payments are told apart by what was taken back", async () => {
    const payments = async (status: string | null) =>
      (await pageOf("admin_list_payments", "payments", { p_status: status, p_limit: 100 })).ids;
    const [first, ...rest] = await payments(null);
    await db.sql`
      insert into payment_reversals (payment_id, customer_id, reason)
      select id, customer_id, 'Returned by the bank' from invoice_payments where id = ${first ?? ""}`;
    expect(await payments("reversed")).toEqual([first]);
    expect(await payments("kept")).toEqual(rest);
  });

  it("runs are told apart by cycle, and completions from the others", async () => {
    const runs = (args: Args) => pageOf("admin_list_billing_runs", "runs", args);
    expect((await runs({ p_cycle: "2026-10-01" })).ids).toHaveLength(1);
    expect((await runs({ p_is_completion: true })).ids).toHaveLength(2);
    expect((await runs({ p_is_completion: false })).ids).toHaveLength(1);
  });
});

describe("the audit log", () => {
  const entries = async (args: Args) =>
    z
      .looseObject({
        entries: z.array(z.looseObject({ id: z.number(), action: z.string() })),
        next_before_id: z.number().nullable(),
        previous_after_id: z.number().nullable(),
        total: z.number().optional(),
      })
      .parse(await ask("list_audit", args));

  it.each([
    [null, null],
    ["created_at", null],
    [null, "2001-01-01"],
    ["created_at", "2001-01-01"],
  ])("is read to its end and back (%s, since %s)", async (sort, from) => {
    const args = { p_sort: sort, p_from: from, p_action: "reward", p_limit: 2 };
    const forward: number[] = [];
    let page = await entries(args);
    forward.push(...page.entries.map(({ id }) => id));
    while (page.next_before_id !== null) {
      page = await entries({ ...args, p_before_id: page.next_before_id });
      forward.push(...page.entries.map(({ id }) => id));
    }
    expect(forward.length).toBeGreaterThanOrEqual(5);
    expect(forward).toEqual(forward.toSorted((a, b) => (sort === "created_at" ? a - b : b - a)));
    const backward = page.entries.map(({ id }) => id);
    while (page.previous_after_id !== null) {
      page = await entries({ ...args, p_before_id: page.previous_after_id, p_backward: true });
      backward.unshift(...page.entries.map(({ id }) => id));
    }
    expect(backward).toEqual(forward);
    expect((await entries({ ...args, p_count: true })).total).toBe(forward.length);
  });

  it("a noun finds all its actions and no others", async () => {
    await db.sql`
      insert into audit_log (actor_id, action, entity_type, entity_id)
      values (${owner}, 'rewards_other.made', 'x', 'x'), (${owner}, 'reward.revoked', 'reward', 'x')`;
    const { entries: found } = await entries({ p_action: "reward", p_limit: 100 });
    expect(new Set(found.map(({ action }) => action))).toEqual(
      new Set(["reward.granted", "reward.revoked"]),
    );
    const { entries: exact } = await entries({ p_action: "reward.revoked", p_limit: 100 });
    expect(exact).toHaveLength(1);
  });
});

describe("what waits", () => {
  it("is what the lists behind the counts show", async () => {
    const counts = z.record(z.string(), z.number()).parse(await ask("get_work_counts", {}));
    const total = async (call: string, rows: string, args: Args) =>
      (await pageOf(call, rows, { ...args, p_count: true })).total;
    expect(counts).toEqual({
      review: (await pageOf("get_review_queue", "queue", { p_limit: 100 })).ids.length,
      approvals: await total("list_approvals", "approvals", { p_status: "for_me" }),
      claims: await total("admin_list_claims", "claims", { p_status: "confirmed" }),
      orders: await total("admin_list_orders", "orders", { p_status: "pending" }),
      mailbox: await total("admin_list_notifications", "notifications", { p_status: "failed" }),
    });
    expect(counts).toMatchObject({ approvals: 3, claims: 5, orders: 1 });
  });

  it("is nothing for a role that may not do it", async () => {
    const support = await newAdmin(db.sql, "support");
    expect(await ask("get_work_counts", {}, support)).toMatchObject({
      review: 0,
      approvals: 0,
      claims: 0,
      orders: 0,
    });
  });

  it("one's own case comes first in the review queue", async () => {
    const queue = await pageOf("get_review_queue", "queue", { p_limit: 100 });
    const last = queue.ids.at(-1) ?? "";
    await ask("claim_review", { p_referral_id: last });
    const [first, ...rest] = (await walk("get_review_queue", "queue")).forward;
    expect(first).toBe(last);
    expect(rest).toEqual(queue.ids.slice(0, -1));
    // For a colleague the order stays.
    const theirs = z
      .looseObject({ queue: z.array(z.looseObject({ id: z.string() })) })
      .parse(await ask("get_review_queue", { p_limit: 100 }, colleague));
    expect(theirs.queue.map(({ id }) => id)).toEqual(queue.ids);
  });
});

describe("a saved view", () => {
  const views = async (user = owner) =>
    z
      .array(z.looseObject({ id: z.string(), name: z.string(), query: z.string() }))
      .parse(await ask("list_saved_views", { p_list: "orders" }, user));
  const save = (name: string, query = "status=pending", user = owner) =>
    ask("save_view", { p_list: "orders", p_name: name, p_query: query }, user);

  it("is kept for its owner alone, and replaced under its name", async () => {
    await save("Mine");
    await save(" Mine ", "status=active&size=50");
    expect(await views()).toMatchObject([{ name: "Mine", query: "status=active&size=50" }]);
    expect(await views(colleague)).toEqual([]);
    const [mine] = await views();
    const rows = await asUser(db.sql, colleague, (sql) => sql`select id from saved_views`);
    expect(rows).toHaveLength(0);
    const foreign = ask("delete_view", { p_id: mine?.id ?? "" }, colleague);
    expect(await refusal(foreign)).toMatchObject({ code: "PT404" });
    await ask("delete_view", { p_id: mine?.id ?? "" });
    expect(await views()).toEqual([]);
  });

  it.each([
    ["a list that there is none of", { p_list: "secrets", p_name: "X", p_query: "" }],
    ["no name", { p_list: "orders", p_name: "  ", p_query: "" }],
    ["a name that turns the text", { p_list: "orders", p_name: "X\u202eY", p_query: "" }],
    ["an address of another place", { p_list: "orders", p_name: "X", p_query: "//evil.test" }],
  ] satisfies [string, Args][])("refuses %s", async (_, args) => {
    expect(await refusal(ask("save_view", args))).toMatchObject({
      code: "PT400",
      message: "invalid_request",
    });
  });

  it("is one of thirty at most of a list", async () => {
    for (let count = 0; count < 30; count += 1) await save(`View ${count}`);
    expect(await refusal(save("One too many"))).toMatchObject({
      code: "PT409",
      message: "too_many_views",
    });
    await save("View 7", "q=again");
    expect((await views()).length).toBe(30);
  });

  it("needs an admin", async () => {
    const customer = await newCustomer(db.sql);
    expect(await refusal(save("X", "", customer.auth_user_id))).toMatchObject({ code: "PT403" });
  });
});
