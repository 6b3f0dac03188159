import { randomUUID } from "node:crypto";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { externalFriend, newApiKey } from "@/tests/support/api-keys";
import {
  newAdmin,
  newCustomer,
  newPackage,
  newReferrer,
  type TestCustomer,
} from "@/tests/support/builders";
import { invoiceDraft } from "@/tests/support/invoices";
import { activateOrder, activeFriend, placeOrder } from "@/tests/support/orders";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { one } from "@/tests/support/rows";

const ROLES = [
  "anon",
  "customerA",
  "customerB",
  "support",
  "reviewer",
  "billing",
  "owner",
  "service",
] as const;
type Role = (typeof ROLES)[number];

/**
 * What a role gets to see of two marked rows of a table: "" none of them, "a", "b" or both "ab";
 * "denied" when the table may not be asked at all.
 */
type Sight = "denied" | "" | "a" | "b" | "ab";
type Expectation = Record<Role, Sight>;

const OWN: Expectation = {
  anon: "denied",
  customerA: "a",
  customerB: "b",
  support: "ab",
  reviewer: "ab",
  billing: "ab",
  owner: "ab",
  service: "ab",
};
const STAFF: Expectation = { ...OWN, customerA: "", customerB: "" };
/** Evidence about people: for those who review it. */
const REVIEWERS: Expectation = { ...STAFF, support: "" };
const SERVER: Expectation = {
  anon: "denied",
  customerA: "denied",
  customerB: "denied",
  support: "denied",
  reviewer: "denied",
  billing: "denied",
  owner: "denied",
  service: "ab",
};
/** The rules for admins: for those who make them. */
const OWNERS: Expectation = { ...STAFF, support: "", reviewer: "", billing: "" };
const EXPECTED: Record<string, Expectation> = {
  admin_users: {
    anon: "denied",
    customerA: "",
    customerB: "",
    support: "a",
    reviewer: "",
    billing: "b",
    owner: "ab",
    service: "ab",
  },
  account_devices: SERVER,
  account_sessions: SERVER,
  admin_settings: OWNERS,
  api_keys: OWNERS,
  approvals: { ...STAFF, support: "", reviewer: "" },
  audit_chain: SERVER,
  account_credits: SERVER,
  audit_log: STAFF,
  audit_unsealed: SERVER,
  billing_run_steps: SERVER,
  billing_runs: STAFF,
  billing_settings: STAFF,
  bulk_job_items: { ...STAFF, support: "", reviewer: "" },
  bulk_jobs: { ...STAFF, support: "", reviewer: "" },
  coverage_areas: SERVER,
  coverage_waits: SERVER,
  credit_notes: OWN,
  customer_invoices: OWN,
  customer_referrals: OWN,
  customer_services: OWN,
  customers: OWN,
  erased_accounts: SERVER,
  erasure_requests: OWN,
  external_events: SERVER,
  external_orders: SERVER,
  fraud_settings: SERVER,
  idempotency_keys: SERVER,
  invoice_payments: OWN,
  invoice_series: SERVER,
  invoice_settlements: SERVER,
  job_states: SERVER,
  launch_plans: SERVER,
  mail_choices: STAFF,
  mail_events: STAFF,
  mail_gate: SERVER,
  mail_settings: STAFF,
  mail_suppressions: STAFF,
  notification_tries: STAFF,
  notifications: STAFF,
  orders: OWN,
  payment_reversals: SERVER,
  rate_limits: SERVER,
  referral_assessments: SERVER,
  referral_attempts: REVIEWERS,
  referral_claims: STAFF,
  referral_flags: REVIEWERS,
  referral_program: STAFF,
  referral_program_withdrawals: STAFF,
  referral_rewards: OWN,
  referral_visits: STAFF,
  request_durations: SERVER,
  review_appeals: REVIEWERS,
  review_claims: REVIEWERS,
  review_decisions: REVIEWERS,
  restores: STAFF,
  role_permissions: STAFF,
  satisfaction_answers: SERVER,
  series_gaps: STAFF,
  // a is on sale, b is not.
  service_packages: {
    anon: "a",
    customerA: "a",
    customerB: "a",
    support: "a",
    reviewer: "a",
    billing: "a",
    owner: "a",
    service: "ab",
  },
  service_price_changes: OWN,
  service_suspensions: OWN,
  /** Views of lists: each for the admin who keeps it. */
  saved_views: {
    anon: "denied",
    customerA: "",
    customerB: "",
    support: "a",
    reviewer: "",
    billing: "b",
    owner: "",
    service: "ab",
  },
  switches: STAFF,
  verifications: SERVER,
};

/** What may be written through the data API at all. */
const WRITABLE: Record<string, Partial<Record<Role, ("insert" | "update" | "delete")[]>>> = {
  service_packages: { service: ["insert", "update"] },
};

/** Columns of a referral that its referrer may read; the rest says who the friend is. */
const REFERRAL_COLUMNS = [
  "id",
  "referrer_id",
  "referral_code",
  "program_version",
  "status",
  "source",
  "referred_at",
  "activation_due_at",
  "activated_at",
  "qualifies_at",
  "qualified_at",
  "expired_at",
  "cancelled_at",
  "reward_id",
];

/** Columns of a price change that a session may read: not the reason, nor who gave it. */
const PRICE_CHANGE_COLUMNS = [
  "id",
  "service_id",
  "effective_on",
  "from_package_id",
  "from_price_cents",
  "to_package_id",
  "to_price_cents",
  "created_at",
];

/** Columns of a credit note that a session may read: not which colleague issued it. */
const CREDIT_NOTE_COLUMNS = [
  "id",
  "credit_note_number",
  "invoice_id",
  "customer_id",
  "currency",
  "vat_bps",
  "line_items",
  "subtotal_cents",
  "vat_cents",
  "total_cents",
  "reason",
  "seller",
  "buyer",
  "issued_at",
];

/** Columns of a payment that a session may read: not which colleague recorded it. */
const PAYMENT_COLUMNS = [
  "id",
  "invoice_id",
  "customer_id",
  "amount_cents",
  "paid_on",
  "method",
  "reference",
  "created_at",
];

/** Columns of a mail that the team may read: not its text, which has its customer's own link. */
const NOTIFICATION_COLUMNS = [
  "id",
  "template",
  "recipient",
  "customer_id",
  "payload",
  "status",
  "dedupe_key",
  "attempts",
  "next_attempt_at",
  "first_attempt_at",
  "lease_until",
  "provider_message_id",
  "subject",
  "reply_to",
  "last_error",
  "created_at",
  "sent_at",
  "number",
  "provider_key",
  "may_have_arrived",
  "gate_openings",
  "failure_cause",
  "cancel_cause",
  "merged_into",
  "delivery_state",
  "delivery_at",
];

/** What a session names when it asks for all that it may read of a table; else everything. */
const READABLE_COLUMNS: Record<string, string[]> = {
  credit_notes: CREDIT_NOTE_COLUMNS,
  customer_referrals: REFERRAL_COLUMNS,
  invoice_payments: PAYMENT_COLUMNS,
  notifications: NOTIFICATION_COLUMNS,
  service_price_changes: PRICE_CHANGE_COLUMNS,
};

type Match = Record<string, string | number | boolean>;
type Marked = { a: Match; b: Match };
type Friend = Awaited<ReturnType<typeof activeFriend>>;

let own: OwnStack;
let sql: Sql;
const clients = new Map<Role, SupabaseClient>();
const marked: Record<string, Marked> = {};
let a: TestCustomer;
let b: TestCustomer;
let tokenOfA: string;
let friendOfA: Friend;
let friendOfB: Friend;

function as(role: Role): SupabaseClient {
  const client = clients.get(role);
  if (!client) throw new Error(`no client for ${role}`);
  return client;
}

const stateless = { autoRefreshToken: false, persistSession: false } as const;

/** A real session of the auth server, and a client that uses it. */
async function signUp(): Promise<{ userId: string; token: string; client: SupabaseClient }> {
  const { apiUrl, publishableKey } = own.stack;
  const client = createClient(apiUrl, publishableKey, { auth: stateless });
  const { data, error } = await client.auth.signUp({
    email: `matrix-${randomUUID()}@example.test`,
    password: randomUUID(),
  });
  if (error || !data.user || !data.session) throw error ?? new Error("no session");
  const headers = { Authorization: `Bearer ${data.session.access_token}` };
  return {
    userId: data.user.id,
    token: data.session.access_token,
    client: createClient(apiUrl, publishableKey, { auth: stateless, global: { headers } }),
  };
}

async function rewardOf(customerId: string): Promise<string> {
  return one(
    await sql<{ id: string }[]>`
      select private.grant_reward(${customerId}, 'goodwill', null,
        '00000000-0000-4000-8000-0000000000aa', now()) ->> 'reward_id' as id`,
  ).id;
}

const iso = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

/** A customer with one row of their own in every table that has rows of customers. */
async function live(customer: TestCustomer) {
  const order = await placeOrder(sql, iso(-50), {
    authUserId: customer.auth_user_id,
    email: customer.email,
    phone: customer.phone,
  });
  const service = await activateOrder(sql, order.order_id, iso(-50));
  const flags = [{ signal: "shared_ip", severity: "flag" as const }];
  const friend = await activeFriend(sql, customer, iso(-40), { flags });
  const refused = await placeOrder(sql, iso(-39), {
    code: customer.referral_code,
    blocked: "self_referral",
  });
  const visitor = randomUUID();
  await sql`
    select public.record_visit(${customer.referral_code}, ${visitor}, '/', '198.51.100.7',
      'Test browser', ${iso(-41)})`;
  const reward = await rewardOf(customer.id);
  const { activated_at } = one(
    await sql<{ activated_at: Date }[]>`
      select activated_at from customer_services where id = ${service}`,
  );
  const run = one(
    await sql<{ id: string }[]>`
      select public.start_billing_run('2020-01-01', '2020-02-01', now() + interval '1 day', 'job',
        true, p_force_reason => 'An old cycle') ->> 'run_id' as id`,
  ).id;
  const draft = invoiceDraft({
    customerId: customer.id,
    serviceId: service,
    activatedAt: activated_at.toISOString(),
    month: "2020-01",
  });
  await sql`select public.issue_invoices(${run}, ${sql.json([draft])})`;
  await sql`select public.finish_billing_run(${run}, '[]')`;
  const invoice = one(
    await sql<{ id: string; invoice_number: string }[]>`
      select id, invoice_number from customer_invoices where service_id = ${service}`,
  );
  await sql`select public.record_invoice_payment(${invoice.invoice_number}, 79900, now())`;
  const payment = one(
    await sql<{ id: string }[]>`select id from invoice_payments where invoice_id = ${invoice.id}`,
  ).id;
  await sql`select public.record_invoice_payment(${invoice.invoice_number}, 100, now(), 'returned')`;
  await sql`
    select private.reverse_payment(id, 'the bank returned it', null, now())
    from invoice_payments where invoice_id = ${invoice.id} and reference = 'returned'`;
  const creditNote = one(
    await sql<{ number: string }[]>`
      select private.issue_credit_note(${invoice.invoice_number}, 1000, 'a day without service', null,
        '00000000-0000-4000-8000-0000000000aa', now()) ->> 'credit_note_number' as number`,
  ).number;
  const audit = one(
    await sql<{ id: string }[]>`
      select id from audit_log where action = 'reward.granted' and entity_id = ${reward}`,
  ).id;
  await sql`select public.seal_audit_log()`;
  const approval = one(
    await sql<{ id: string }[]>`
      insert into approvals (kind, intent, customer_id, reason, requested_by, expires_at)
      values ('credit_note', ${sql.json({ invoice_number: randomUUID() })}, ${customer.id},
        'a large sum', ${customer.auth_user_id}, now() + interval '1 day')
      returning id`,
  ).id;
  const bulkJob = one(
    await sql<{ id: string }[]>`
      insert into bulk_jobs (act, source, reason, created_by)
      values ('grant', '{"kind": "list"}', 'an outage', ${customer.auth_user_id}) returning id`,
  ).id;
  await sql`
    insert into bulk_job_items (job_id, number, input, target, customer_id)
    values (${bulkJob}, 1, 'row', ${sql.json({ customer_id: customer.id })}, ${customer.id})`;
  const { slug } = await newPackage(sql);
  await sql`
    select private.change_service_package(${service}, ${slug}, 'wants another one', null, now())`;
  const apiKey = await newApiKey(sql);
  const elsewhere = await externalFriend(
    sql,
    apiKey.secret,
    customer.referral_code,
    [{ type: "activated", at: iso(-44) }],
    iso(-46),
  );
  const priceChange = one(
    await sql<{ id: string }[]>`
      select id from service_price_changes where service_id = ${service}`,
  ).id;
  // Suspended and active again, so that there is a suspension and all else stays as it was.
  await sql`select private.set_service_status(${service}, 'suspended', 'not paid', null, now())`;
  await sql`select private.set_service_status(${service}, 'active', 'paid', null, now())`;
  const suspension = one(
    await sql<{ id: string }[]>`
      select id from service_suspensions where service_id = ${service}`,
  ).id;
  const key = randomUUID();
  await sql`select private.claim_idempotency_key('test', ${key}, 'hash')`;
  const bucket = `test-${randomUUID()}`;
  await sql`select public.consume_rate_limit(${bucket}, 'somebody', 1, 60)`;
  const erasedAccount = randomUUID();
  await sql`insert into erased_accounts (auth_user_id) values (${erasedAccount})`;
  const attempt = one(
    await sql<{ id: string }[]>`
      select id from referral_attempts where order_id = ${refused.order_id}`,
  ).id;
  const stranger = await placeOrder(sql, iso(-38));
  const claim = one(
    await sql<{ id: string }[]>`
      insert into referral_claims (customer_id, referrer_id, referral_code)
      values (${stranger.customer_id}, ${customer.id}, ${customer.referral_code}) returning id`,
  ).id;
  const flag = one(
    await sql<{ id: string }[]>`
      select id from referral_flags where referral_id = ${friend.referral}`,
  ).id;
  await sql`
    insert into referral_assessments (order_id, referrer_id, settings_version, evidence)
    values (${friend.order}, ${customer.id}, 1, '{"ordered_at": "2026-01-01T00:00:00Z"}')`;
  await sql`
    insert into review_appeals (referral_id, customer_id, reason, asked_at, due_at)
    values (${friend.referral}, ${customer.id}, 'They live elsewhere', now(), now() + interval '7 days')`;
  await sql`
    insert into review_claims (referral_id, reviewer, expires_at)
    values (${friend.referral}, ${randomUUID()}, now() + interval '10 minutes')`;
  const mailKey = randomUUID();
  await sql`
    insert into review_decisions
      (referral_id, decision, reason, decided_at, undo_until, flag_ids, before)
    values (${friend.referral}, 'clear', 'Two homes', now(), now() + interval '1 minute', '{}', '{}')`;
  await sql`
    insert into notification_tries (notification_id, provider_key)
    select n.id, ${mailKey} from notifications as n where n.dedupe_key = ${`reward_granted:${reward}`}`;
  await sql`
    insert into mail_events (id, kind, provider_message_id, notification_id, occurred_at)
    select ${`report-${mailKey}`}, 'delivered', ${mailKey}, n.id, now()
    from notifications as n where n.dedupe_key = ${`reward_granted:${reward}`}`;
  await sql`
    insert into mail_choices (customer_id, kind, is_wanted, source)
    values (${customer.id}, 'programme', false, 'link')`;
  await sql`
    insert into mail_suppressions (address, cause) values (${`${mailKey}@example.test`}, 'bounced')`;
  return {
    friend,
    rows: {
      api_keys: { id: apiKey.id },
      approvals: { id: approval },
      audit_chain: { audit_id: audit },
      account_credits: { customer_id: customer.id },
      audit_log: { id: audit },
      billing_run_steps: { run_id: run },
      billing_runs: { id: run },
      bulk_job_items: { job_id: bulkJob },
      bulk_jobs: { id: bulkJob },
      credit_notes: { credit_note_number: creditNote },
      customer_invoices: { id: invoice.id },
      customer_referrals: { id: friend.referral },
      customer_services: { id: service },
      customers: { id: customer.id },
      erased_accounts: { auth_user_id: erasedAccount },
      external_events: { order_id: elsewhere.order },
      external_orders: { order_id: elsewhere.order },
      idempotency_keys: { scope: "test", key },
      invoice_payments: { id: payment },
      invoice_settlements: { invoice_id: invoice.id },
      mail_choices: { customer_id: customer.id },
      mail_events: { id: `report-${mailKey}` },
      mail_suppressions: { address: `${mailKey}@example.test` },
      notification_tries: { provider_key: mailKey },
      notifications: { dedupe_key: `reward_granted:${reward}` },
      orders: { id: order.order_id },
      payment_reversals: { customer_id: customer.id },
      rate_limits: { bucket },
      referral_assessments: { order_id: friend.order },
      referral_attempts: { id: attempt },
      referral_claims: { id: claim },
      referral_flags: { id: flag },
      referral_rewards: { id: reward },
      referral_visits: { visitor_id: visitor },
      review_appeals: { referral_id: friend.referral },
      review_claims: { referral_id: friend.referral },
      review_decisions: { referral_id: friend.referral },
      service_price_changes: { id: priceChange },
      service_suspensions: { id: suspension },
    } satisfies Record<string, Match>,
  };
}

beforeAll(async () => {
  // Rows are compared before and after: nobody else may work on them meanwhile.
  own = await ownStack();
  sql = own.sql;
  const { apiUrl, publishableKey, secretKey } = own.stack;
  clients.set("anon", createClient(apiUrl, publishableKey, { auth: stateless }));
  clients.set("service", createClient(apiUrl, secretKey, { auth: stateless }));
  const [userA, userB, support, reviewer, billing, owner] = await Promise.all([
    signUp(),
    signUp(),
    signUp(),
    signUp(),
    signUp(),
    signUp(),
  ]);
  tokenOfA = userA.token;
  clients.set("customerA", userA.client);
  clients.set("customerB", userB.client);
  for (const [role, user] of [
    ["support", support],
    ["reviewer", reviewer],
    ["billing", billing],
    ["owner", owner],
  ] as const) {
    clients.set(role, user.client);
    await newAdmin(sql, role, { authUserId: user.userId });
  }
  a = await newReferrer(sql, { authUserId: userA.userId });
  b = await newReferrer(sql, { authUserId: userB.userId });
  const ofA = await live(a);
  const ofB = await live(b);
  friendOfA = ofA.friend;
  friendOfB = ofB.friend;
  for (const [table, row] of Object.entries(ofA.rows)) {
    const twin = Object.entries(ofB.rows).find(([name]) => name === table);
    if (twin) marked[table] = { a: row, b: twin[1] };
  }
  const onSale = await newPackage(sql);
  const withdrawn = await newPackage(sql);
  await sql`update service_packages set is_active = false where id = ${withdrawn.id}`;
  marked.service_packages = { a: { id: onSale.id }, b: { id: withdrawn.id } };
  marked.admin_users = {
    a: { auth_user_id: support.userId },
    b: { auth_user_id: billing.userId },
  };
  marked.role_permissions = {
    a: { role: "owner", permission: "admins:manage" },
    b: { role: "support", permission: "customers:view" },
  };
  await sql`
    insert into account_sessions (session_id, auth_user_id)
    values (gen_random_uuid(), ${support.userId}), (gen_random_uuid(), ${billing.userId})`;
  for (const { userId } of [support, billing]) {
    await sql`insert into account_devices (auth_user_id, device_hash) values (${userId}, ${"0".repeat(64)})`;
  }
  marked.account_devices = {
    a: { auth_user_id: support.userId },
    b: { auth_user_id: billing.userId },
  };
  marked.account_sessions = {
    a: { auth_user_id: support.userId },
    b: { auth_user_id: billing.userId },
  };
  await sql`
    insert into saved_views (owner_id, list, name, query)
    values (${support.userId}, 'orders', 'Marked', ''), (${billing.userId}, 'orders', 'Marked', '')`;
  marked.saved_views = { a: { owner_id: support.userId }, b: { owner_id: billing.userId } };
  const [waiting, other] = await sql<{ id: string }[]>`
    insert into audit_log (action, entity_type)
    values ('test.waits', 'test'), ('test.waits', 'test') returning id`;
  marked.audit_unsealed = { a: { audit_id: waiting?.id ?? "" }, b: { audit_id: other?.id ?? "" } };
  marked.admin_settings = { a: { version: 1 }, b: { version: 1 } };
  marked.mail_settings = { a: { version: 1 }, b: { version: 1 } };
  marked.mail_gate = { a: { id: true }, b: { id: true } };
  marked.referral_program = { a: { version: 1 }, b: { version: 1 } };
  await sql`
    insert into referral_program (version, reason, effective_at)
    values (900001, 'Marked', now() + interval '300 days')`;
  await sql`
    insert into referral_program_withdrawals (version, reason, withdrawn_by)
    values (900001, 'Marked', ${support.userId})`;
  marked.referral_program_withdrawals = { a: { version: 900_001 }, b: { version: 900_001 } };
  marked.fraud_settings = { a: { version: 1 }, b: { version: 1 } };
  const restores = await sql<{ id: string }[]>`
    insert into restores (backup_taken_at, restored_at, lost, released_at)
    values (now(), now(), '{}', now()), (now(), now(), '{}', now()) returning id`;
  marked.restores = { a: { id: restores[0]?.id ?? "" }, b: { id: restores[1]?.id ?? "" } };
  await sql`
    insert into series_gaps (series, year, first_number, last_number, reason)
    values ('GAP', 2026, 1, 1, 'Marked'), ('GAP', 2026, 2, 2, 'Marked')`;
  const gap = (first_number: number) => ({ series: "GAP", year: 2026, first_number });
  marked.series_gaps = { a: gap(1), b: gap(2) };
  const changes = await sql<{ id: string }[]>`
    insert into switches (name, is_on, reason)
    values ('rewards', true, 'Marked'), ('mail', true, 'Marked') returning id`;
  marked.switches = { a: { id: String(changes[0]?.id) }, b: { id: String(changes[1]?.id) } };
  const used = await sql<{ id: string; customer_id: string }[]>`
    select id, customer_id from referral_rewards where customer_id in (${a.id}, ${b.id}) order by id limit 2`;
  for (const reward of used) {
    await sql`insert into satisfaction_answers (reward_id, customer_id, score) values (${reward.id}, ${reward.customer_id}, 5)`;
  }
  marked.satisfaction_answers = {
    a: { reward_id: used[0]?.id ?? "" },
    b: { reward_id: used[1]?.id ?? "" },
  };
  await sql`
    insert into coverage_areas (suburb, city, postal_code, is_covered)
    values ('Marked A', 'Cape Town', '8001', true), ('Marked B', 'Cape Town', '8001', false)`;
  marked.coverage_areas = { a: { suburb: "Marked A" }, b: { suburb: "Marked B" } };
  await sql`
    insert into coverage_waits (email, first_name, suburb, postal_code)
    values ('wait-a@example.test', 'A', 'Marked B', '8001'), ('wait-b@example.test', 'B', 'Marked B', '8001')`;
  await sql`
    insert into erasure_requests (customer_id) values (${a.id}), (${b.id})`;
  marked.erasure_requests = { a: { customer_id: a.id }, b: { customer_id: b.id } };
  marked.coverage_waits = {
    a: { email: "wait-a@example.test" },
    b: { email: "wait-b@example.test" },
  };
  marked.job_states = { a: { job: "notify" }, b: { job: "verify" } };
  marked.launch_plans = { a: { version: 1 }, b: { version: 1 } };
  await sql`select record_request_durations('{"50": 1, "100": 1}')`;
  marked.request_durations = { a: { up_to_ms: 50 }, b: { up_to_ms: 100 } };
  await sql`insert into verifications (violations) values (0), (0)`;
  const [first, second] = await sql<{ id: string }[]>`select id from verifications order by id`;
  marked.verifications = { a: { id: String(first?.id) }, b: { id: String(second?.id) } };
  marked.billing_settings = { a: { version: 1 }, b: { version: 1 } };
  const series = one(
    await sql<{ year: number }[]>`
      select year from invoice_series order by year limit 1`,
  );
  marked.invoice_series = { a: { year: series.year }, b: { year: series.year } };
});
afterAll(() => own.stop());

async function tables(): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select c.relname as name from pg_catalog.pg_class as c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
    order by 1`;
  return rows.map((row) => row.name);
}

function rowsOf(table: string): Marked {
  const found = marked[table];
  if (!found) throw new Error(`the test marks no rows of ${table}`);
  return found;
}

/** Refused for want of rights, and for no other reason. */
function expectRefused(what: string, answer: { status: number; error: { code?: string } | null }) {
  expect([what, answer.error?.code, [401, 403].includes(answer.status)]).toEqual([
    what,
    "42501",
    true,
  ]);
}

describe("reading tables through the data API", () => {
  it("has an expectation for every table that exists", async () => {
    expect(Object.keys(EXPECTED).sort()).toEqual(await tables());
    expect(Object.keys(marked).sort()).toEqual(await tables());
  });

  describe.each(ROLES)("as %s", (role) => {
    it.each(Object.keys(EXPECTED))("%s", async (table) => {
      const { a: rowA, b: rowB } = rowsOf(table);
      const columns = (role !== "service" && READABLE_COLUMNS[table]?.join()) || "*";
      const expected = EXPECTED[table]?.[role];
      const answers = await Promise.all(
        [rowA, rowB].map((row) => as(role).from(table).select(columns).match(row)),
      );
      if (expected === "denied") {
        for (const answer of answers) expectRefused(`${role} ${table}`, answer);
        return;
      }
      const seen = answers.map((answer, n) => {
        expect(answer.error).toBeNull();
        return (answer.data ?? []).length > 0 ? "ab".charAt(n) : "";
      });
      expect([table, seen.join("")]).toEqual([table, expected]);
    });
  });

  it("shows a customer their own rows only, even without a filter, counted or not", async () => {
    const ofA: [string, string, string][] = [
      ["customers", "id", a.id],
      ["orders", "customer_id", a.id],
      ["customer_services", "customer_id", a.id],
      ["customer_referrals", "referrer_id", a.id],
      ["referral_rewards", "customer_id", a.id],
      ["customer_invoices", "customer_id", a.id],
      ["invoice_payments", "customer_id", a.id],
      ["credit_notes", "customer_id", a.id],
    ];
    for (const [table, column, id] of ofA) {
      const all = await as("customerA").from(table).select(column, { count: "exact" });
      expect(all.error).toBeNull();
      const ids = new Set((all.data ?? []).map((row) => Object.values(row)[0]));
      expect([table, [...ids]]).toEqual([table, [id]]);
      expect([table, all.count]).toEqual([table, all.data?.length]);
      const head = await as("customerA")
        .from(table)
        .select(column, { count: "exact", head: true })
        .neq(column, id);
      expect([table, head.count]).toEqual([table, 0]);
      for (const filter of [`${column}.eq.${b.id}`, `${column}.neq.${id}`]) {
        const or = await as("customerA")
          .from(table)
          .select(column)
          .or(`${filter},and(${column}.not.is.null,${filter})`);
        expect([table, filter, or.data]).toEqual([table, filter, []]);
      }
      const not = await as("customerA").from(table).select(column).not(column, "eq", id);
      expect([table, not.data]).toEqual([table, []]);
    }
  });
});

describe("a customer who asks in every other way that the data API knows", () => {
  /** Plain HTTP: what a client library would not send is sent as well. */
  async function get(path: string, headers: Record<string, string> = {}) {
    const answer = await fetch(`${own.stack.apiUrl}/rest/v1/${path}`, {
      headers: {
        apikey: own.stack.publishableKey,
        authorization: `Bearer ${tokenOfA}`,
        ...headers,
      },
    });
    return {
      ok: answer.ok,
      text: await answer.text(),
      count: answer.headers.get("content-range")?.split("/")[1],
    };
  }

  /** What stands in B's rows and in nobody else's: ids, addresses, numbers, names. */
  async function secretsOfB(): Promise<string[]> {
    const rows = await sql<{ secret: string }[]>`
      select unnest(array[c.id::text, c.auth_user_id::text, c.email, c.phone, c.referral_code, o.id::text,
        s.id::text, i.id::text, i.invoice_number, w.id::text]) as secret
      from customers as c
      join orders as o on o.customer_id = c.id
      join customer_services as s on s.customer_id = c.id
      left join customer_invoices as i on i.customer_id = c.id
      left join referral_rewards as w on w.customer_id = c.id
      where c.id in (${b.id}, ${friendOfB.customer})`;
    return [...new Set(rows.map((row) => row.secret).filter((secret) => secret !== null))];
  }

  const readable = () =>
    Object.keys(EXPECTED).filter((name) => EXPECTED[name]?.customerA !== "denied");
  const columnsOf = (table: string) => READABLE_COLUMNS[table]?.join() ?? "*";

  it("learns nothing of somebody else's rows as CSV, as one object, by ranges or in other schemas", async () => {
    const secrets = await secretsOfB();
    expect(secrets.length).toBeGreaterThan(10);
    const ways: Record<string, string>[] = [
      { accept: "text/csv" },
      { accept: "application/vnd.pgrst.object+json" },
      { accept: "application/vnd.pgrst.plan+json" },
      { accept: "application/octet-stream" },
      { range: "0-1000", "range-unit": "items", prefer: "count=exact" },
      { prefer: "count=estimated" },
      { "accept-profile": "private" },
      { "accept-profile": "auth" },
    ];
    for (const table of Object.keys(EXPECTED)) {
      const path = `${table}?select=${columnsOf(table)}`;
      const answers = await Promise.all(ways.map((headers) => get(path, headers)));
      const leaked = answers.map(({ text }) => secrets.filter((secret) => text.includes(secret)));
      expect([table, leaked.flat()]).toEqual([table, []]);
    }
    for (const name of ["users", "sessions", "identities", "refresh_tokens"]) {
      expect([name, (await get(name, { "accept-profile": "auth" })).ok]).toEqual([name, false]);
    }
  });

  it("counts, sums and orders only what they may read", async () => {
    const owner = own.sql;
    for (const table of readable()) {
      const [column = "id"] = columnsOf(table) === "*" ? ["*"] : columnsOf(table).split(",");
      const listed = JSON.parse((await get(`${table}?select=${columnsOf(table)}`)).text);
      const counted = await get(`${table}?select=${column}`, { prefer: "count=exact" });
      expect([table, Number(counted.count)]).toEqual([table, listed.length]);
      // An aggregate is refused, or is one of the rows that can be read anyway.
      for (const select of ["count()", "n:count()", `${column === "*" ? "id" : column}.max()`]) {
        const answer = await get(`${table}?select=${select}`);
        if (!answer.ok) continue;
        const [row = {}] = JSON.parse(answer.text);
        const numbers = Object.values(row).filter((value) => typeof value === "number");
        expect([table, select, numbers.every((n) => Number(n) <= listed.length)]).toEqual([
          table,
          select,
          true,
        ]);
      }
      const columns = await owner<{ name: string }[]>`
        select attname as name from pg_catalog.pg_attribute
        where attrelid = ${`public.${table}`}::regclass and attnum > 0 and not attisdropped`;
      const queries = columns.flatMap(({ name }) => {
        const may = READABLE_COLUMNS[table]?.includes(name) ?? true;
        return [`order=${name}.desc`, `${name}=not.is.null`].map((query) => ({ query, may }));
      });
      await Promise.all(
        queries.map(async ({ query, may }) => {
          const answer = await get(`${table}?select=${column}&${query}`, { prefer: "count=exact" });
          expect([table, query, answer.ok]).toEqual([table, query, may]);
          if (may) expect(Number(answer.count)).toBeLessThanOrEqual(listed.length);
          else expect(answer.count ?? "*").toBe("*");
        }),
      );
    }
  });

  it("embeds along every foreign key, and filters and orders by it, in vain", async () => {
    const secrets = await secretsOfB();
    const keys = await sql<{ name: string; child: string; parent: string }[]>`
      select conname as name, conrelid::regclass::text as child, confrelid::regclass::text as parent
      from pg_catalog.pg_constraint
      where contype = 'f' and connamespace = 'public'::regnamespace
        and confrelid::regclass::text not like 'auth.%'
      order by 1`;
    expect(keys.length).toBeGreaterThan(20);
    for (const { name, child, parent } of keys) {
      for (const [from, to] of [
        [child, parent],
        [parent, child],
      ] as const) {
        const queries = [
          `select=*,${to}!${name}(*)`,
          `select=${columnsOf(from)},${to}!${name}(${columnsOf(to)})`,
          `select=${columnsOf(from)},x:${to}!${name}!inner(${columnsOf(to)})&order=x(id)`,
          `select=${columnsOf(from)},...${to}!${name}(${columnsOf(to)})`,
          `select=id,${to}!${name}!inner(id)&${to}.id=eq.${b.id}`,
          `select=id,${to}!${name}(count)`,
        ];
        const answers = await Promise.all(queries.map((query) => get(`${from}?${query}`)));
        for (const [n, { ok, text }] of answers.entries()) {
          const leaked = ok ? secrets.filter((secret) => text.includes(secret)) : [];
          expect([from, queries[n], leaked]).toEqual([from, queries[n], []]);
        }
      }
    }
  });

  it("cannot find out by a filter whether somebody is a customer", async () => {
    for (const query of [
      `customers?select=id&email=eq.${b.email}`,
      `customers?select=id&phone=eq.${encodeURIComponent(b.phone)}`,
      `customers?select=id&referral_code=ilike.${b.referral_code.slice(0, 8)}*`,
      `customers?select=id&or=(email.eq.${b.email},id.eq.${b.id})`,
      `customers?select=id&id=in.(${b.id})&limit=1`,
      `orders?select=id,customers!inner(id)&customers.email=eq.${b.email}`,
      `customer_referrals?select=id,customers!customer_referrals_referrer_id_fkey!inner(id)&customers.id=eq.${b.id}`,
    ]) {
      const { ok, text, count } = await get(query, { prefer: "count=exact" });
      expect([query, ok ? JSON.parse(text) : [], Number(count ?? 0) || 0]).toEqual([query, [], 0]);
    }
  });

  it("calls functions with somebody else's ids, and gets and changes nothing", async () => {
    const before = await sql`
      select to_jsonb(w) as row from referral_rewards as w union all
      select to_jsonb(o) from orders as o union all select to_jsonb(s) from customer_services as s`;
    const ids = {
      order: marked.orders?.b.id,
      service: marked.customer_services?.b.id,
      reward: marked.referral_rewards?.b.id,
      mail: one(
        await sql<{ id: string }[]>`
        select id from notifications where customer_id = ${b.id} limit 1`,
      ).id,
    };
    const reason = { p_reason: "because I can" };
    const attempts: [string, Record<string, unknown>][] = [
      ["admin_get_customer_referrals", { p_customer_id: b.id }],
      ["admin_get_notification", { p_id: ids.mail }],
      ["retry_notification", { p_id: ids.mail }],
      ["activate_order", { p_order_id: ids.order }],
      ["start_installation", { p_order_id: ids.order }],
      ["cancel_order", { p_order_id: ids.order, ...reason }],
      ["set_service_status", { p_service_id: ids.service, p_status: "cancelled", ...reason }],
      ["grant_reward", { p_customer_id: a.id, ...reason }],
      ["revoke_reward", { p_customer_id: b.id, p_reward_id: ids.reward, ...reason }],
      ["erase_customer", { p_customer_id: b.id, ...reason }],
      [
        "decide_review",
        {
          ...{ p_actor: randomUUID(), p_referral_id: friendOfB.referral, ...reason },
          ...{ p_decision: "clear", p_grant: true },
        },
      ],
      ["grant_earned_rewards", { p_referrer_id: a.id }],
    ];
    for (const [name, args] of attempts) {
      const { status, data } = await as("customerA").rpc(name, args);
      expect([name, status, data]).toEqual([name, 403, null]);
    }
    const after = await sql`
      select to_jsonb(w) as row from referral_rewards as w union all
      select to_jsonb(o) from orders as o union all select to_jsonb(s) from customer_services as s`;
    expect(after).toEqual(before);
  });
});

describe("the text of a mail", () => {
  it.each(["support", "reviewer", "billing", "owner"] as const)(
    "cannot be read by %s as it lies, with the link by which its customer chooses",
    async (role) => {
      for (const column of ["html", "text_body", "unsubscribe_url", "lease_token"]) {
        const mails = () => as(role).from("notifications");
        for (const attempt of [
          mails().select(column),
          mails().select("id").not(column, "is", null),
          // A column that is no text has no likeness.
          ...(column === "lease_token" ? [] : [mails().select("id").like(column, "%token=a%")]),
          mails().select("id").order(column),
        ]) {
          const { status, data } = await attempt;
          expect([column, status, data]).toEqual([column, 403, null]);
        }
      }
      expect((await as(role).from("notifications").select("*")).status).toBe(403);
    },
  );
});

describe("who a referred friend is", () => {
  it("stays hidden: those columns cannot be read, filtered, ordered or counted by", async () => {
    const rows = await sql<{ name: string }[]>`
      select attname as name from pg_catalog.pg_attribute
      where attrelid = 'public.customer_referrals'::regclass and attnum > 0 and not attisdropped`;
    const hidden = rows.map((row) => row.name).filter((name) => !REFERRAL_COLUMNS.includes(name));
    expect(hidden).toEqual(
      expect.arrayContaining([
        "referred_email",
        "referred_email_normalised",
        "referred_customer_id",
        "order_id",
        "ip_address",
        "user_agent",
      ]),
    );
    const friends = () => as("customerA").from("customer_referrals");
    for (const column of hidden) {
      const attempts = {
        select: friends().select(column),
        alias: friends().select(`id, x:${column}`),
        filter: friends().select("id").not(column, "is", null),
        or: friends().select("id").or(`${column}.is.null,${column}.not.is.null`),
        order: friends().select("id").order(column),
        count: friends().select("id", { count: "exact", head: true }).not(column, "is", null),
      };
      for (const [name, attempt] of Object.entries(attempts)) {
        const answer = await attempt;
        expect([column, name, answer.status >= 400, answer.data ?? null, answer.count]).toEqual([
          column,
          name,
          true,
          null,
          null,
        ]);
      }
    }
    expect((await friends().select("*")).status).toBeGreaterThanOrEqual(400);
  });

  it("stays hidden behind embedded tables, in both directions", async () => {
    const secrets = await sql<{ secret: string }[]>`
      select unnest(array[c.id::text, c.email, c.phone, o.id::text]) as secret
      from customers as c join orders as o on o.customer_id = c.id
      where c.id in (${friendOfA.customer}, ${friendOfB.customer}, ${b.id})`;
    const embeds: [string, string][] = [
      ["customer_referrals", "id, customers!customer_referrals_referred_customer_id_fkey(*)"],
      ["customer_referrals", "id, referred:referred_customer_id(*)"],
      ["customer_referrals", "id, orders(*)"],
      ["customer_referrals", "id, orders(id, customer_id, ip_address)"],
      ["customer_referrals", "id, customers!customer_referrals_referrer_id_fkey(id, orders(*))"],
      ["customers", "id, customer_referrals!customer_referrals_referrer_id_fkey(*)"],
      ["customers", "id, customer_referrals!customer_referrals_referrer_id_fkey(referred_email)"],
      ["customers", "id, customer_referrals!customer_referrals_referred_customer_id_fkey(*)"],
      ["orders", "id, customer_referrals(*)"],
      ["referral_rewards", "id, customer_referrals(id, referred_email)"],
      ["referral_rewards", "id, customer_referrals(*)"],
      ["referral_flags", "*, customer_referrals(*)"],
      ["service_packages", "id, orders(*), customer_services(*)"],
      ["billing_runs", "id, customer_invoices(*)"],
      ["customer_invoices", "id, customers(*), customer_services(*), referral_rewards(*)"],
      ["credit_notes", "id, customers(*), customer_invoices(*)"],
    ];
    for (const [table, columns] of embeds) {
      const answer = await as("customerA").from(table).select(columns);
      const text = JSON.stringify(answer.data ?? null);
      for (const { secret } of secrets) {
        expect([table, columns, text.includes(secret)]).toEqual([table, columns, false]);
      }
    }
    const mine = await as("customerA").from("customers").select("id, orders(id)");
    expect(JSON.stringify(mine.data)).toContain(a.id);
  });

  it("is given by the functions as first name, initial and masked address, nothing more", async () => {
    const secrets = await sql<{ secret: string }[]>`
      select unnest(array[c.id::text, c.email, c.phone, o.id::text, host(o.ip_address)]) as secret
      from customers as c join orders as o on o.customer_id = c.id
      where c.id = ${friendOfA.customer}`;
    for (const name of ["get_my_dashboard", "list_my_referrals", "get_my_referral_overview"]) {
      const { data, error } = await as("customerA").rpc(name);
      expect(error).toBeNull();
      const text = JSON.stringify(data);
      for (const { secret } of secrets) {
        expect([name, secret, text.includes(secret)]).toEqual([name, secret, false]);
      }
    }
    const { data } = await as("customerA").rpc("list_my_referrals");
    expect(data.referrals[0]).toMatchObject({
      referred_name: "Lerato M.",
      referred_email: "f•••@e•••.test",
    });
  });
});

describe("writing tables through the data API", () => {
  async function snapshot(table: string): Promise<unknown[]> {
    const { a: rowA, b: rowB } = rowsOf(table);
    const rows: unknown[] = [];
    for (const match of [rowA, rowB]) {
      const condition = Object.entries(match)
        .map(([column, value]) => `t.${column}::text = '${value}'`)
        .join(" and ");
      rows.push(
        ...(await sql.unsafe(
          `select to_jsonb(t) as row from public.${table} as t where ${condition} order by 1`,
        )),
      );
    }
    return rows;
  }

  /** A row that the table's constraints would take, if only one were allowed to write it. */
  async function newRow(table: string): Promise<Record<string, unknown>> {
    const columns = await sql<{ name: string; type: string; free: boolean }[]>`
      select a.attname as name, format_type(a.atttypid, null) as type,
        a.attgenerated = '' and a.attidentity = '' as free
      from pg_catalog.pg_attribute as a
      where a.attrelid = ${`public.${table}`}::regclass and a.attnum > 0 and not a.attisdropped`;
    const [first] = await snapshot(table);
    const source = (first as { row: Record<string, unknown> }).row;
    return Object.fromEntries(
      columns
        .filter((column) => column.free && !["referral_code"].includes(column.name))
        .map((column) => [column.name, column.name === "id" ? randomUUID() : source[column.name]]),
    );
  }

  const UPDATES: Record<string, Record<string, unknown>> = {
    account_credits: { credit_cents: 1_000_000 },
    account_devices: { last_seen_at: "2099-01-01T00:00:00Z" },
    account_sessions: { password_checked_at: "2099-01-01T00:00:00Z" },
    admin_settings: { monthly_grants_per_admin: 9_999 },
    admin_users: { role: "owner" },
    api_keys: { revoked_at: "2026-01-01T00:00:00Z" },
    approvals: { status: "approved" },
    audit_chain: { hash: "0".repeat(64) },
    audit_log: { reason: "changed" },
    audit_unsealed: { audit_id: 1 },
    billing_run_steps: { invoices: 0 },
    billing_runs: { status: "failed" },
    billing_settings: { vat_bps: 0 },
    bulk_job_items: { status: "done" },
    bulk_jobs: { started_at: "2026-01-01T00:00:00Z" },
    credit_notes: { total_cents: 1 },
    customer_invoices: { amount_due_cents: 0 },
    customer_referrals: { status: "qualified" },
    customer_services: { status: "active", monthly_price_cents: 0 },
    customers: { referral_code: "REF-00000000", email: "changed@example.test" },
    erased_accounts: { erased_at: "2026-01-01T00:00:00Z" },
    coverage_areas: { is_covered: true },
    coverage_waits: { first_name: "changed" },
    erasure_requests: { asked_at: "2026-01-01T00:00:00Z" },
    external_events: { type: "cancelled" },
    external_orders: { request_hash: "changed" },
    fraud_settings: { reason: "changed" },
    idempotency_keys: { response: {} },
    invoice_payments: { amount_cents: 1_000_000 },
    invoice_series: { last_number: 0 },
    invoice_settlements: { outstanding_cents: 0 },
    job_states: { runs: 0 },
    launch_plans: { reason: "changed" },
    mail_choices: { is_wanted: true },
    mail_events: { kind: "bounced" },
    mail_gate: { throttles: 9 },
    mail_settings: { reason: "changed" },
    mail_suppressions: { cause: "complained" },
    notification_tries: { outcome: "sent" },
    notifications: { status: "queued" },
    orders: { status: "active", activated_at: "2026-01-01T00:00:00Z" },
    payment_reversals: { reason: "changed" },
    rate_limits: { hits: 0 },
    referral_assessments: { evidence: { changed: true } },
    referral_attempts: { reason: "invalid_code" },
    referral_claims: { status: "confirmed" },
    referral_flags: { status: "cleared", decided_at: "2026-01-01T00:00:00Z" },
    referral_program: { referrals_required: 1 },
    referral_program_withdrawals: { reason: "changed" },
    referral_rewards: { status: "pending", expires_at: "2099-01-01T00:00:00Z" },
    referral_visits: { landing_path: "/changed" },
    request_durations: { hits: 0 },
    satisfaction_answers: { score: 1 },
    verifications: { violations: 0 },
    review_appeals: { reason: "changed" },
    review_claims: { expires_at: "2099-01-01T00:00:00Z" },
    review_decisions: { reason: "changed" },
    role_permissions: { permission: "admins:manage" },
    service_packages: { monthly_price_cents: 1 },
    service_price_changes: { from_price_cents: 1 },
    service_suspensions: { suspended_at: "2026-01-01T00:00:00Z" },
    saved_views: { query: "changed=1" },
    switches: { is_on: false },
    restores: { released_at: "2026-01-01T00:00:00Z" },
    series_gaps: { last_number: 9 },
  };

  describe.each(ROLES)("as %s", (role) => {
    it.each(Object.keys(EXPECTED))("%s", async (table) => {
      const before = await snapshot(table);
      expect(before.length).toBeGreaterThan(0);
      const { a: rowA, b: rowB } = rowsOf(table);
      const changes = UPDATES[table];
      if (!changes) throw new Error(`the test changes nothing of ${table}`);
      const allowed = WRITABLE[table]?.[role] ?? [];
      const body = await newRow(table);
      const attempts = [
        ["insert", () => as(role).from(table).insert(body)],
        ["insert", () => as(role).from(table).upsert(body)],
        ["update", () => as(role).from(table).update(changes).match(rowA)],
        ["update", () => as(role).from(table).update(changes).match(rowB)],
        ["delete", () => as(role).from(table).delete().match(rowA)],
        ["delete", () => as(role).from(table).delete().match(rowB)],
      ] as const;
      for (const [operation, attempt] of attempts) {
        if (allowed.includes(operation as "insert")) continue;
        expectRefused(`${role} ${operation} ${table}`, await attempt());
      }
      expect(await snapshot(table)).toEqual(before);
    });
  });

  it("the server may keep the list of packages, and nothing else", async () => {
    const slug = `matrix-${randomUUID()}`;
    const packages = as("service").from("service_packages");
    const inserted = await packages.insert({ slug, name: "Test", monthly_price_cents: 100 });
    expect(inserted.error).toBeNull();
    const updated = await packages.update({ is_active: false }).eq("slug", slug);
    expect(updated.error).toBeNull();
    const row = one(
      await sql<{ is_active: boolean }[]>`
        select is_active from service_packages where slug = ${slug}`,
    );
    expect(row.is_active).toBe(false);
  });
});

describe("calling functions through the data API", () => {
  /** Of a customer's session: what is answered. Everything else must be refused. */
  const CUSTOMER = [
    "choose_my_mails",
    "export_my_data",
    "get_credit_note",
    "get_invoice",
    "get_my_account",
    "get_my_balance",
    "get_my_dashboard",
    "get_my_invitation",
    "get_my_mail_choices",
    "get_my_profile",
    "get_my_referral_overview",
    "get_my_session",
    "has_permission",
    "list_my_referrals",
  ];
  /**
   * Of what customers do with something of their own: what they are told of an id or a code that is
   * nobody's, or somebody else's.
   */
  const NOT_THEIRS: Record<string, { status: number; message: RegExp }> = {
    answer_claim: { status: 404, message: /^not_found$/ },
    answer_survey: { status: 404, message: /^not_found$/ },
    appeal_review: { status: 404, message: /^not_found$/ },
    claim_referral: { status: 409, message: /^(claim_not_possible|referral_code_unknown)$/ },
    get_my_appeal: { status: 404, message: /^not_found$/ },
    get_my_order: { status: 404, message: /^not_found$/ },
    get_my_survey: { status: 404, message: /^not_found$/ },
    // Their own, and without a name it cannot be saved.
    update_my_profile: { status: 400, message: /^invalid_request$/ },
  };
  /** Of anybody without a session: nothing. */
  const ANYBODY: string[] = [];

  const dummies: Record<string, unknown> = {
    uuid: "00000000-0000-4000-8000-000000000000",
    "uuid[]": [],
    "text[]": [],
    text: "nothing",
    integer: 1,
    bigint: 1,
    boolean: true,
    jsonb: {},
    date: "2026-01-01",
    inet: "198.51.100.7",
    "timestamp with time zone": "2026-01-01T00:00:00Z",
  };

  async function functions(schema: "public" | "private") {
    const rows = await sql<{ name: string; args: string[]; types: string[] }[]>`
      select p.proname as name, coalesce(p.proargnames, '{}') as args,
        array(select format_type(t, null) from unnest(p.proargtypes) as t) as types
      from pg_catalog.pg_proc as p
      where p.pronamespace = ${schema}::regnamespace and p.prorettype <> 'trigger'::regtype
        and not exists (select 1 from pg_catalog.pg_depend as d
          where d.objid = p.oid and d.deptype = 'e')
      order by 1`;
    return rows.map((row) => ({
      name: row.name,
      args: Object.fromEntries(
        row.types.map((type, n) => {
          if (schema === "public" && !(type in dummies))
            throw new Error(`no value of type ${type}`);
          return [row.args[n] ?? `p${n}`, dummies[type]];
        }),
      ),
    }));
  }

  it("without a session, every one is refused", async () => {
    const all = await functions("public");
    expect(all.length).toBeGreaterThan(40);
    for (const { name, args } of all) {
      const answer = await as("anon").rpc(name, args);
      if (ANYBODY.includes(name)) expect(answer.error).toBeNull();
      else expectRefused(`anon ${name}`, answer);
    }
  });

  it("with a customer's session, everything that is not the customer's own is refused", async () => {
    const answered: string[] = [];
    for (const { name, args } of await functions("public")) {
      const answer = await as("customerA").rpc(name, args);
      const { error, status } = answer;
      if (CUSTOMER.includes(name)) {
        answered.push(name);
        // Nobody's invoice or credit note has that number.
        if (/^get_(invoice|credit_note)$/.test(name)) expect(status).toBe(404);
        else expect([name, error]).toEqual([name, null]);
        continue;
      }
      const own = NOT_THEIRS[name];
      if (own) {
        answered.push(name);
        expect([name, status]).toEqual([name, own.status]);
        expect(error?.message).toMatch(own.message);
        continue;
      }
      expect([name, status, ["42501", "PT403"].includes(error?.code ?? "")]).toEqual([
        name,
        403,
        true,
      ]);
    }
    expect(answered.sort()).toEqual([...CUSTOMER, ...Object.keys(NOT_THEIRS)].sort());
    const permission = await as("customerA").rpc("has_permission", {
      p_permission: "customers:view",
    });
    expect(permission.data).toBe(false);
  });

  it("with a customer's session, what is another customer's is answered like what is nobody's", async () => {
    const claim = rowsOf("referral_claims").a.id;
    const calls: [string, Record<string, unknown>][] = [
      ["answer_claim", { p_claim_id: claim, p_confirm: true }],
      ["appeal_review", { p_referral_id: friendOfA.referral, p_reason: "They live elsewhere" }],
      ["get_my_appeal", { p_referral_id: friendOfA.referral }],
    ];
    for (const [name, args] of calls) {
      const { status, error } = await as("customerB").rpc(name, args);
      expect([name, status, error?.message]).toEqual([name, 404, "not_found"]);
    }
  });

  it("the private ones cannot be called by anybody", async () => {
    for (const { name, args } of await functions("private")) {
      for (const role of ["anon", "customerA", "owner", "service"] as const) {
        const direct = await as(role).schema("private").rpc(name, args);
        expect([role, name, direct.status >= 400]).toEqual([role, name, true]);
      }
    }
  });

  it("a customer reads their own invoice by number, nobody else's; support reads both", async () => {
    const number = async (match: Match | undefined) =>
      one(
        await sql<{ n: string }[]>`
          select invoice_number as n from customer_invoices where id = ${String(match?.id)}`,
      ).n;
    const [ofA, ofB] = [
      await number(marked.customer_invoices?.a),
      await number(marked.customer_invoices?.b),
    ];
    const get = (role: Role, n: string) => as(role).rpc("get_invoice", { p_invoice_number: n });
    expect((await get("customerA", ofA)).data).toMatchObject({ invoice_number: ofA });
    expect((await get("customerA", ofB)).status).toBe(404);
    expect((await get("support", ofB)).data).toMatchObject({ invoice_number: ofB });
  });

  it("support may view and do nothing; billing may act on orders and rewards, not on the terms", async () => {
    const customer = await newCustomer(sql);
    const grant = (role: Role) =>
      as(role).rpc("grant_reward", { p_customer_id: customer.id, p_reason: "a good reason" });
    expect((await as("support").rpc("admin_list_customers")).error).toBeNull();
    for (const role of ["anon", "customerA", "support"] as const) {
      expect([401, 403]).toContain((await grant(role)).status);
    }
    expect(
      (
        await as("service").rpc("grant_reward", {
          p_customer_id: customer.id,
          p_reason: "a good reason",
        })
      ).error?.code,
    ).toBe("42501");
    const granted = await grant("billing");
    expect(granted.data).toMatchObject({ status: "pending", manually_granted: true });
    for (const role of ["support", "billing"] as const) {
      expect((await as(role).rpc("get_program")).status).toBe(403);
    }
    expect((await as("owner").rpc("get_program")).error).toBeNull();
  });

  it("a demotion takes effect at once, with the same token", async () => {
    const { userId, client } = await signUp();
    await newAdmin(sql, "owner", { authUserId: userId });
    expect((await client.rpc("get_program")).error).toBeNull();
    await sql`update admin_users set role = 'support' where auth_user_id = ${userId}`;
    expect((await client.rpc("get_program")).status).toBe(403);
    expect((await client.from("audit_log").select("id").limit(1)).data).toHaveLength(1);
    await sql`update admin_users set is_active = false where auth_user_id = ${userId}`;
    expect((await client.from("audit_log").select("id").limit(1)).data).toEqual([]);
  });
});
