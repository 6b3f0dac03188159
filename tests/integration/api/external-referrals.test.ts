/** Orders of another system: recorded with an API key, and followed by what it reports. */
import { randomUUID } from "node:crypto";
import { NextRequest } from "next/server";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import * as revoke from "@/app/api/admin/team/api-keys/[id]/revoke/route";
import * as keys from "@/app/api/admin/team/api-keys/route";
import * as ownReferrals from "@/app/api/customer/referrals/route";
import * as events from "@/app/api/v1/referrals/[external_id]/events/route";
import * as standing from "@/app/api/v1/referrals/[external_id]/route";
import * as referrals from "@/app/api/v1/referrals/route";
import { apiKeySchema, newApiKeySchema } from "@/lib/access/api-key-schemas";
import { fixedClock, systemClock } from "@/lib/clock";
import { jobsOf } from "@/lib/composition/jobs";
import { AppError } from "@/lib/errors";
import { VerdictService } from "@/lib/fraud/verdict-service";
import type { RouteHandler } from "@/lib/http/endpoint";
import {
  type ExternalEvent,
  eventAnswerSchema,
  externalReferralSchema,
  externalStandingSchema,
  recordedReferralSchema,
} from "@/lib/orders/external-referral-schemas";
import { ExternalReferralService } from "@/lib/orders/external-referral-service";
import {
  type Account,
  type Answer,
  adminAccount,
  type CustomerAccount,
  customerAccount,
  dataOf,
  enterStackEnvironment,
  errorOf,
  refusalOf,
  secretClient,
} from "@/tests/support/api";
import { newApiKey, type TestApiKey } from "@/tests/support/api-keys";
import { newPackage, newReferrer } from "@/tests/support/builders";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { enterEnvironment } from "@/tests/support/environment";
import { type CountingProxy, countingProxy } from "@/tests/support/faulty-proxy";
import { qualify } from "@/tests/support/orders";
import { newEmail, newPhone } from "@/tests/support/people";
import { countOf, mailCount, one } from "@/tests/support/rows";

/** What the framework would run once the answer is sent. */
const later = vi.hoisted(() => ({ work: [] as (() => Promise<void>)[] }));
vi.mock("next/server", async (original) => ({
  ...(await original<typeof import("next/server")>()),
  after: (work: () => Promise<void>) => {
    later.work.push(work);
  },
}));

const DAY_MS = 86_400_000;
const sql = sharedDatabase();
let restore: () => void;
let owner: Account;
let customer: CustomerAccount;
let key: TestApiKey;
let proxy: CountingProxy;

beforeAll(async () => {
  proxy = await countingProxy(testStack().apiUrl);
  restore = enterStackEnvironment({ SUPABASE_URL: proxy.url });
  owner = await adminAccount(sql, "owner");
  customer = await customerAccount(sql);
  key = await newApiKey(sql);
});
afterEach(() => {
  later.work = [];
});
afterAll(async () => {
  restore();
  await proxy.stop();
  await sql.end();
});

const ago = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();

async function send(
  handler: RouteHandler,
  method: string,
  given: {
    token?: string;
    json?: unknown;
    raw?: string;
    type?: string;
    params?: Record<string, string>;
  },
): Promise<Answer> {
  const { token, json, raw, type = "application/json", params = {} } = given;
  const request = new NextRequest("http://site.test/api", {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(method === "GET" ? {} : { "content-type": type }),
    },
    body: method === "GET" ? undefined : (raw ?? JSON.stringify(json)),
  });
  const response = await handler(request, { params: Promise.resolve(params) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

const post = (json: unknown, token = key.secret) => send(referrals.POST, "POST", { json, token });

const report = (external_id: string, type: string, at: string, token = key.secret) =>
  send(events.POST, "POST", { json: { type, at }, token, params: { external_id } });

const friend = (changes: Record<string, unknown> = {}) => ({
  referral_code: customer.customer.referral_code,
  external_id: `ORD-${randomUUID()}`,
  email: newEmail("elsewhere"),
  phone: newPhone(),
  name: "Lerato Mokoena",
  ...changes,
});

const record = async (order: object) => dataOf(await post(order), recordedReferralSchema, 201);

const event = async (id: string, type: string, at: string) =>
  dataOf(await report(id, type, at), eventAnswerSchema);

const orderOf = async (externalId: string) =>
  one(
    await sql<
      { order_id: string; customer_id: string; email: string; first_name: string; phone: string }[]
    >`
      select o.id as order_id, c.id as customer_id, c.email, c.first_name, c.phone
      from external_orders as x
      join orders as o on o.id = x.order_id join customers as c on c.id = o.customer_id
      where x.external_id = ${externalId}`,
  );

/** A friend of a new referrer who ordered 60 days ago, by the clock of that day. */
async function oldFriend(reported: [type: ExternalEvent["type"], daysAgo: number][]) {
  const referrer = await newReferrer(sql);
  const order = friend({ referral_code: referrer.referral_code, ordered_at: ago(60) });
  const answer = await record(order);
  const caller = await callerOf(key);
  for (const [type, daysAgo] of reported) {
    await at(daysAgo).report(caller, order.external_id, { type, at: ago(daysAgo) });
  }
  return { referrer, id: order.external_id, referral: answer.referral_id ?? "" };
}

async function callerOf({ id }: TestApiKey) {
  const { hash } = one(
    await sql<
      { hash: string }[]
    >`select hash from private.api_key_secrets where api_key_id = ${id}`,
  );
  return { keyHash: hash, limit: 1_000_000 };
}

/** The service as of some days ago. */
const at = (daysAgo: number, changes: { rewardsEnabled?: boolean } = {}) =>
  new ExternalReferralService({
    client: secretClient(),
    clock: fixedClock(ago(daysAgo)),
    rewardsEnabled: true,
    alertEmail: "alerts@example.test",
    ...changes,
  });

const statusOf = async (id: string) =>
  dataOf(
    await send(standing.GET, "GET", { token: key.secret, params: { external_id: id } }),
    externalStandingSchema,
  );

describe("an order of another system", () => {
  test("makes a friend whom the referrer sees, with a mail to the referrer and none to the friend", async () => {
    const order = friend({
      email: " Lerato.Elsewhere@Example.TEST ",
      address: { line1: "12 Long Street", city: "Cape Town", postal_code: "8001" },
    });
    const answer = await record(order);
    expect(answer).toEqual({ referral_id: expect.any(String), status: "recorded" });
    const { customer_id, email } = await orderOf(order.external_id);
    expect(email).toBe("lerato.elsewhere@example.test");
    const seen = await send(ownReferrals.GET, "GET", { token: customer.token });
    expect(seen.text).toContain('"referred_name":"Lerato M."');
    expect(await mailCount(sql, "referral_signup", customer.customer.id)).toBeGreaterThan(0);
    expect(
      await countOf(
        sql`select count(*)::integer as n from notifications where customer_id = ${customer_id}`,
      ),
    ).toBe(0);
    expect(await statusOf(order.external_id)).toMatchObject({
      referral_id: answer.referral_id,
      status: "pending",
      service_status: "pending",
      paid_invoices: 0,
    });
  });

  test("needs no more than its id and a code", async () => {
    const { customer: other, token } = await customerAccount(sql);
    const order = { external_id: `ORD-${randomUUID()}`, referral_code: other.referral_code };
    await record({ ...order, email: null, phone: null, name: null, address: null });
    expect(await orderOf(order.external_id)).toMatchObject({ first_name: "Friend", phone: null });
    const seen = await send(ownReferrals.GET, "GET", { token });
    expect(seen.text).toContain('"referred_email":"•••"');
  });

  test("gets the same answer again, and another order of the same id is refused", async () => {
    const order = friend();
    const first = await post(order);
    const again = await post(order);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.text).toBe(first.text);
    const other = await post({ ...order, phone: newPhone() });
    expect(refusalOf(other)).toBe("409 external_id_reused");
    expect(
      await countOf(sql`
        select count(*)::integer as n from external_orders where external_id = ${order.external_id}`),
    ).toBe(1);
  });

  test("takes one round trip, and so do an event and a question", async () => {
    const order = friend();
    proxy.taken();
    await record(order);
    expect(proxy.taken()).toEqual(["POST /rest/v1/rpc/record_external_referral"]);
    await event(order.external_id, "activated", new Date().toISOString());
    expect(proxy.taken()).toEqual(["POST /rest/v1/rpc/apply_external_event"]);
    await statusOf(order.external_id);
    expect(proxy.taken()).toEqual(["POST /rest/v1/rpc/get_external_referral"]);
  });

  test("may have been placed earlier, as far back as a link is remembered", async () => {
    const referrer = await newReferrer(sql);
    const referral_code = referrer.referral_code;
    const order = friend({ referral_code, ordered_at: ago(80) });
    await record(order);
    const { days } = one(
      await sql<{ days: number }[]>`
        select round(extract(epoch from now() - r.referred_at) / 86400)::integer as days
        from customer_referrals as r where r.referrer_id = ${referrer.id}`,
    );
    expect(days).toBe(80);
    for (const ordered_at of [ago(91), ago(-1), "2026-02-30T00:00:00Z", "yesterday"]) {
      const refused = errorOf(await post(friend({ referral_code, ordered_at })));
      expect([ordered_at, refused.status, Object.keys(refused.fields)]).toEqual([
        ordered_at,
        400,
        ["ordered_at"],
      ]);
    }
  });
});

describe("a code that cannot be applied", () => {
  const refused = async (order: { external_id: string }, reason: string) => {
    expect(await record(order)).toEqual({ referral_id: null, status: "not_applied", reason });
    const { order_id } = await orderOf(order.external_id);
    const attempts = await sql<{ reason: string }[]>`
      select reason from referral_attempts where order_id = ${order_id}`;
    expect(attempts.map((attempt) => attempt.reason)).toEqual([reason]);
    expect(await statusOf(order.external_id)).toMatchObject({ status: "not_applied", reason });
  };

  test("because nobody has it", async () => {
    await refused(friend({ referral_code: "REF-ZZZZZZZZ" }), "invalid_code");
    await refused(friend({ referral_code: "no code at all 🎉" }), "invalid_code");
  });

  test("because it is the friend's own", async () => {
    const { email, phone } = customer.customer;
    await refused(friend({ email: email.replace("@", "+other@") }), "self_referral");
    await refused(friend({ phone }), "self_referral");
  });

  test("because the friend is a customer, or was referred already", async () => {
    const known = await newReferrer(sql);
    await refused(friend({ email: known.email }), "duplicate_referral");
    const order = friend();
    await record(order);
    await refused(friend({ email: order.email }), "duplicate_referral");
  });

  test("because its owner may not refer: without a service of ours, or with one elsewhere alone", async () => {
    const stopped = await customerAccount(sql, { service: "suspended" });
    const { referral_code } = stopped.customer;
    await refused(friend({ referral_code }), "referrer_not_eligible");
    const order = friend();
    await record(order);
    await event(order.external_id, "activated", new Date().toISOString());
    const { customer_id } = await orderOf(order.external_id);
    const elsewhere = one(
      await sql<{ code: string }[]>`
        select referral_code as code from customers where id = ${customer_id}`,
    );
    await refused(friend({ referral_code: elsewhere.code }), "referrer_not_eligible");
  });

  test("because the month is full", async () => {
    const { referral_code } = await newReferrer(sql);
    for (let n = 0; n < 10; n += 1) await record(friend({ referral_code }));
    await refused(friend({ referral_code }), "rate_limited");
  });

  test("because the programme is switched off", async () => {
    const order = externalReferralSchema.parse(friend());
    const off = at(0, { rewardsEnabled: false });
    const { isNew, answer } = await off.record(await callerOf(key), order);
    expect([isNew, answer.reason]).toEqual([true, "program_paused"]);
  });
});

describe("a key", () => {
  const tries: [string, () => Promise<string>, string][] = [
    ["that nobody made", async () => "rk_00000000_nothing", "401 unauthenticated"],
    [
      "that was revoked",
      async () => (await newApiKey(sql, { isRevoked: true })).secret,
      "401 unauthenticated",
    ],
    [
      "that has expired",
      async () => (await newApiKey(sql, { expiresAt: ago(1) })).secret,
      "401 unauthenticated",
    ],
    [
      "without the scope",
      async () => (await newApiKey(sql, { scopes: ["referrals:read"] })).secret,
      "403 forbidden",
    ],
  ];
  test.each(tries)("%s opens nothing, whatever is sent", async (_name, make, expected) => {
    const secret = await make();
    const order = friend();
    expect(refusalOf(await post(order, secret))).toBe(expected);
    expect(refusalOf(await post({ external_id: "!" }, secret))).toBe(expected);
    expect(refusalOf(await report("ORD-1", "activated", ago(0), secret))).toBe(expected);
    expect(
      await sql`select from external_orders where external_id = ${order.external_id}`,
    ).toHaveLength(0);
  });

  test("is asked for", async () => {
    for (const given of [{}, { token: "x".repeat(600) }]) {
      const answer = await send(referrals.POST, "POST", { json: friend(), ...given });
      expect(refusalOf(answer)).toBe("401 unauthenticated");
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    }
  });

  test("that may only write asks in vain where a friend stands", async () => {
    const { secret } = await newApiKey(sql, { scopes: ["referrals:write"] });
    const params = { external_id: "ORD-1" };
    expect(refusalOf(await send(standing.GET, "GET", { token: secret, params }))).toBe(
      "403 forbidden",
    );
  });

  test("says which field is wrong, and what is too large or no JSON", async () => {
    const wrong = errorOf(
      await post({ external_id: "a b", email: "x", phone: "12", name: "R2D2", address: {} }),
    );
    expect([wrong.status, wrong.code]).toEqual([400, "invalid_request"]);
    expect(Object.keys(wrong.fields).sort()).toEqual([
      "address.city",
      "address.line1",
      "address.postal_code",
      "email",
      "external_id",
      "name",
      "phone",
      "referral_code",
    ]);
    const token = key.secret;
    const statuses = await Promise.all(
      [
        { raw: "{", token },
        { raw: `{"x":"${"x".repeat(70_000)}"}`, token },
        { raw: "a,b", type: "text/csv", token },
      ].map(async (given) => (await send(referrals.POST, "POST", given)).status),
    );
    expect(statuses).toEqual([400, 413, 415]);
    expect(errorOf(await report("ORD-1", "exploded", "never")).fields).toEqual({
      type: expect.any(String),
      at: expect.any(String),
    });
  });

  test("is counted: calls beyond its limit wait for the next minute", async () => {
    const { secret } = await newApiKey(sql);
    // Two calls a minute.
    const undo = enterEnvironment({ RATE_LIMIT_FACTOR: String(2 / 1200) });
    try {
      // Within one minute of the clock, or the next one if it ends meanwhile.
      const answers: Answer[] = [];
      for (let n = 0; n < 6; n += 1) answers.push(await post({ external_id: "!" }, secret));
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused.length).toBeGreaterThanOrEqual(2);
      for (const { headers } of refused) {
        expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
        expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(60);
      }
    } finally {
      undo();
    }
  });

  test("notes the hour of its use", async () => {
    const { id, secret } = await newApiKey(sql);
    await post({ external_id: "!" }, secret);
    const { last_used_at } = one(
      await sql<{ last_used_at: Date }[]>`select last_used_at from api_keys where id = ${id}`,
    );
    expect(last_used_at.getTime() % 3_600_000).toBe(0);
  });
});

describe("what happens to the friend's service", () => {
  test("counts the friend after 30 active days and a paid invoice", async () => {
    const { id, referrer, referral } = await oldFriend([["activated", 58]]);
    expect(await statusOf(id)).toMatchObject({ status: "active", service_status: "active" });
    await qualify(sql, ago(0));
    // The days are over; the invoice is not paid yet.
    expect(await statusOf(id)).toMatchObject({ status: "active", paid_invoices: 0 });
    const { document } = one(
      await sql<{ document: { paid_invoices: number; order_status: string } }[]>`
        select private.friend_document(r) as document from customer_referrals as r where r.id = ${referral}`,
    );
    expect(document).toMatchObject({ paid_invoices: 0, order_status: "active" });
    const paid = await event(id, "invoice_paid", ago(1));
    expect(paid).toMatchObject({ applied: true, status: "qualified", paid_invoices: 1 });
    expect(await mailCount(sql, "referral_qualified", referrer.id)).toBe(1);
  });

  test("counts a friend who paid before, by the job, once the days are over", async () => {
    const { id } = await oldFriend([
      ["activated", 58],
      ["invoice_paid", 50],
    ]);
    expect(await statusOf(id)).toMatchObject({ status: "active", paid_invoices: 1 });
    await jobsOf(secretClient(), systemClock).qualify();
    expect(await statusOf(id)).toMatchObject({ status: "qualified" });
  });

  test("does not count an invoice that is reported twice as two", async () => {
    const { id } = await oldFriend([["activated", 58]]);
    const on = ago(30);
    expect(await event(id, "invoice_paid", on)).toMatchObject({ applied: true, paid_invoices: 1 });
    expect(await event(id, "invoice_paid", on)).toMatchObject({ applied: false, paid_invoices: 1 });
  });

  test("a suspension within the grace moves the day, a longer one ends the referral", async () => {
    const within = await oldFriend([
      ["activated", 58],
      ["suspended", 50],
      ["resumed", 46],
    ]);
    const { activated_at, qualifies_at } = await statusOf(within.id);
    const days = (Date.parse(qualifies_at ?? "") - Date.parse(activated_at ?? "")) / DAY_MS;
    expect(days).toBeCloseTo(34, 1);
    const beyond = await oldFriend([
      ["activated", 58],
      ["suspended", 50],
      ["resumed", 40],
    ]);
    expect(await statusOf(beyond.id)).toMatchObject({
      status: "cancelled",
      reason: "suspended_too_long",
      service_status: "active",
    });
  });

  test("a cancellation ends what has not counted, before and after the activation", async () => {
    const before = await oldFriend([["cancelled", 55]]);
    expect(await statusOf(before.id)).toMatchObject({
      status: "cancelled",
      reason: "order_cancelled",
      service_status: "cancelled",
    });
    const after = await oldFriend([
      ["activated", 58],
      ["cancelled", 55],
    ]);
    expect(await statusOf(after.id)).toMatchObject({
      status: "cancelled",
      reason: "service_cancelled",
    });
  });

  test("an event that is repeated is harmless, and one out of order says how the service stands", async () => {
    const { id } = await oldFriend([
      ["activated", 58],
      ["suspended", 50],
      ["resumed", 46],
    ]);
    const { at: suspendedAt } = one(
      await sql<{ at: Date }[]>`
        select e.at from external_events as e join external_orders as x on x.order_id = e.order_id
        where x.external_id = ${id} and e.type = 'suspended'`,
    );
    const repeated = await event(id, "suspended", suspendedAt.toISOString());
    expect(repeated).toMatchObject({ applied: false, service_status: "active" });
    expect(await event(id, "activated", ago(1))).toMatchObject({ applied: false });
    const early = errorOf(await report(id, "suspended", ago(48)));
    expect([early.status, early.code]).toEqual([409, "event_out_of_order"]);
    expect(early.message).toContain("active");
    const fresh = friend();
    await record(fresh);
    for (const type of ["suspended", "resumed"]) {
      const answer = await report(fresh.external_id, type, new Date().toISOString());
      expect(refusalOf(answer)).toBe("409 event_out_of_order");
    }
    await event(fresh.external_id, "cancelled", new Date().toISOString());
    const late = await report(fresh.external_id, "activated", new Date().toISOString());
    expect(refusalOf(late)).toBe("409 event_out_of_order");
  });

  test("an event of nobody is not found, and one of another time is refused", async () => {
    expect(refusalOf(await report("ORD-nobody", "activated", ago(0)))).toBe("404 not_found");
    const params = { external_id: "ORD-nobody" };
    const asked = await send(standing.GET, "GET", { token: key.secret, params });
    expect(refusalOf(asked)).toBe("404 not_found");
    const order = friend();
    await record(order);
    for (const when of [ago(-1), ago(1)]) {
      const { status, fields } = errorOf(await report(order.external_id, "activated", when));
      expect([when, status, Object.keys(fields)]).toEqual([when, 400, ["at"]]);
    }
  });

  test("has its audit row at the time of the report, with the key and the time of the event", async () => {
    const { id } = await oldFriend([["activated", 58]]);
    await event(id, "cancelled", ago(2));
    const { order_id, customer_id } = await orderOf(id);
    const rows = await sql<{ action: string; reason: string; after: { at: string } }[]>`
      select action, reason, after from audit_log where customer_id = ${customer_id} order by id`;
    expect(rows.map(({ action }) => action)).toEqual(["order.activated", "service.status_changed"]);
    expect(rows[1]?.reason).toContain("Order desk");
    const { is_now } = one(
      await sql<{ is_now: boolean }[]>`
        select bool_or(created_at > now() - interval '1 minute') as is_now from audit_log
        where customer_id = ${customer_id} and action = 'service.status_changed'`,
    );
    expect([order_id.length, is_now]).toEqual([36, true]);
  });
});

describe("what is billed and mailed of it", () => {
  test("nothing: no month of it is due, and no invariant is broken", async () => {
    const { id } = await oldFriend([["activated", 58]]);
    const { order_id, customer_id } = await orderOf(id);
    const due = await sql`
      select from private.find_unbilled(now(), p_customer_id => ${customer_id})`;
    expect(due).toHaveLength(0);
    const { facts } = one(
      await sql<{ facts: { services: unknown[] } }[]>`
        select private.invoice_preview_facts(${customer_id}) as facts`,
    );
    expect(facts.services).toEqual([]);
    const { slug } = await newPackage(sql);
    await expect(
      sql`select private.change_service_package(s.id, ${slug}, 'another one', null, now())
        from customer_services as s where s.order_id = ${order_id}`,
    ).rejects.toThrow("package_not_changeable");
    expect(await sql`select rule, entity from private.violations_17_external`).toEqual([]);
  });

  test("an erased friend leaves the answer, and nothing of what was sent", async () => {
    const order = friend();
    const answer = await record(order);
    await event(order.external_id, "cancelled", new Date().toISOString());
    const { customer_id } = await orderOf(order.external_id);
    // Erasure waits for a mail to the person that is on its way.
    await vi.waitFor(
      () =>
        sql`select private.erase_customer(${customer_id}, 'asked for it', ${owner.userId}, now())`,
      10_000,
    );
    const { request_hash } = one(
      await sql<{ request_hash: string | null }[]>`
        select request_hash from external_orders where external_id = ${order.external_id}`,
    );
    expect(request_hash).toBeNull();
    expect(dataOf(await post(order), recordedReferralSchema)).toEqual(answer);
  });
});

describe("the fraud rules", () => {
  const flagsOf = async (referral: string | null) =>
    (
      await sql<{ signal: string; severity: string }[]>`
        select signal, severity from referral_flags where referral_id = ${referral} order by signal`
    ).map(({ signal, severity }) => `${signal} ${severity}`);

  test("judge a recorded friend soon after the answer, once", async () => {
    const address = {
      line1: `${newPhone().slice(-4)} Kloof Road`,
      city: "Cape Town",
      postal_code: "8005",
    };
    const one_ = friend({ address });
    const other = friend({ address });
    await record(one_);
    const { referral_id } = await record(other);
    expect(await flagsOf(referral_id)).toEqual([]);
    await Promise.all(later.work.map((work) => work()));
    expect(await flagsOf(referral_id)).toContain("same_address_as_referral hold");
    const before = await flagsOf(referral_id);
    const verdicts = new VerdictService({
      client: secretClient(),
      clock: fixedClock(ago(0)),
      alertEmail: "alerts@example.test",
    });
    await verdicts.judgeDue();
    expect(await flagsOf(referral_id)).toEqual(before);
  });

  test("let no friend feed a reward before they have judged", async () => {
    const referrer = await newReferrer(sql);
    const friends = [];
    for (let n = 0; n < 2; n += 1) {
      const order = friend({ referral_code: referrer.referral_code, ordered_at: ago(60) });
      await record(order);
      friends.push(order.external_id);
    }
    const caller = await callerOf(key);
    for (const id of friends) {
      await at(58).report(caller, id, { type: "activated", at: ago(58) });
      await event(id, "invoice_paid", ago(1));
    }
    const grant = async () =>
      one(
        await sql<{ n: number }[]>`
          select private.grant_earned_rewards(${referrer.id}, now()) as n`,
      ).n;
    // Others judge what waits, too: in this transaction they are made to wait.
    const granted = await sql.begin(async (own) => {
      await own`
        update referral_assessments set is_judged = false where referrer_id = ${referrer.id}`;
      return one(
        await own<{ n: number }[]>`
          select private.grant_earned_rewards(${referrer.id}, now()) as n`,
      ).n;
    });
    expect(granted).toBe(0);
    await sql`
      update referral_assessments set is_judged = true where referrer_id = ${referrer.id}`;
    expect(await grant()).toBe(1);
  });

  test("hold what the transaction let pass and they would have blocked", async () => {
    const referrer = await newReferrer(sql);
    const { referral_id } = await record(friend({ referral_code: referrer.referral_code }));
    await sql`
      update referral_assessments
      set is_judged = false,
        evidence = jsonb_set(evidence, '{referred,phone}', to_jsonb(${referrer.phone}::text))
          || jsonb_build_object('referrer', evidence -> 'referrer' || jsonb_build_object('phone', ${referrer.phone}::text))
      where referrer_id = ${referrer.id}`;
    await Promise.all(later.work.map((work) => work()));
    expect(await flagsOf(referral_id)).toContain("similar_email hold");
  });

  test("wait for the job when the database is away", async () => {
    await record(friend());
    const undo = enterEnvironment({ SUPABASE_URL: "http://127.0.0.1:9" });
    try {
      await expect(Promise.all(later.work.map((work) => work()))).resolves.toBeDefined();
    } finally {
      undo();
    }
  });
});

describe("keys in the admin area", () => {
  const token = () => owner.token;
  const create = (json: object, as = token()) => send(keys.POST, "POST", { json, token: as });

  test("are made with a secret that is shown once, used, and revoked with a reason", async () => {
    const made = dataOf(
      await create({ name: " Order desk ", scopes: ["referrals:write", "referrals:write"] }),
      newApiKeySchema,
      201,
    );
    expect(made).toMatchObject({
      name: "Order desk",
      scopes: ["referrals:write"],
      standing: "active",
    });
    expect(made.secret.startsWith(`${made.prefix}_`)).toBe(true);
    expect((await post(friend(), made.secret)).status).toBe(201);

    const list = await send(keys.GET, "GET", { token: token() });
    const { api_keys } = dataOf(list, z.object({ api_keys: z.array(apiKeySchema) }));
    expect(api_keys.find(({ id }) => id === made.id)?.last_used_at).not.toBeNull();
    expect(list.text).not.toContain(made.secret);

    const params = { id: made.id };
    const ended = await send(revoke.POST, "POST", {
      json: { reason: "The system was replaced" },
      token: token(),
      params,
    });
    expect(dataOf(ended, apiKeySchema)).toMatchObject({
      standing: "revoked",
      revoke_reason: "The system was replaced",
    });
    expect(refusalOf(await post(friend(), made.secret))).toBe("401 unauthenticated");
    const again = await send(revoke.POST, "POST", {
      json: { reason: "Once more" },
      token: token(),
      params,
    });
    expect(refusalOf(again)).toBe("409 api_key_revoked");

    const audit = await sql<{ line: string; has_secret: boolean }[]>`
      select action || ' ' || coalesce(reason, '') as line,
        (coalesce(before, '{}') || after)::text like ${`%${made.secret.slice(-20)}%`} as has_secret
      from audit_log where entity_type = 'api_key' and entity_id = ${made.id} order by id`;
    expect(Array.from(audit, ({ line }) => line)).toEqual([
      "api_key.added ",
      "api_key.changed The system was replaced",
    ]);
    expect(audit.some(({ has_secret }) => has_secret)).toBe(false);
  });

  test("need a name, a scope and an end that lies ahead", async () => {
    expect(errorOf(await create({ name: "", scopes: [] })).fields).toEqual({
      name: expect.any(String),
      scopes: expect.any(String),
    });
    const scopes = ["referrals:read"];
    expect(refusalOf(await create({ name: "x", scopes, expires_at: ago(1) }))).toBe(
      "400 invalid_request",
    );
    const lasting = await create({ name: "x", scopes, expires_at: ago(-30) });
    expect(dataOf(lasting, newApiKeySchema, 201).expires_at).not.toBeNull();
    const nobody = await send(revoke.POST, "POST", {
      json: { reason: "Lost it" },
      token: token(),
      params: { id: randomUUID() },
    });
    expect(refusalOf(nobody)).toBe("404 not_found");
  });

  test("are for owners, and for those whose password is fresh", async () => {
    const billing = await adminAccount(sql, "billing");
    expect(refusalOf(await create({ name: "x", scopes: ["referrals:read"] }, billing.token))).toBe(
      "403 forbidden",
    );
    const other = await adminAccount(sql, "owner");
    await sql`
      update auth.sessions set created_at = now() - interval '11 minutes'
      where user_id = ${other.userId}`;
    expect(refusalOf(await create({ name: "x", scopes: ["referrals:read"] }, other.token))).toBe(
      "403 password_needed",
    );
  });

  test("cannot be deleted, and their hashes are in no API", async () => {
    const { id } = await newApiKey(sql);
    await expect(sql`delete from api_keys where id = ${id}`).rejects.toThrow("immutable_row");
    const { error } = await secretClient()
      .schema("private" as never)
      .from("api_key_secrets" as never)
      .select("*");
    expect(error).not.toBeNull();
  });
});

test("a refusal that no call knows stays a defect", async () => {
  const broken = new ExternalReferralService({
    client: {
      rpc: async () => ({ data: { refusal: { code: "made_up" } }, error: null, status: 200 }),
    } as never,
    clock: fixedClock(ago(0)),
    rewardsEnabled: true,
    alertEmail: "",
  });
  const caller = { keyHash: "x", limit: 1 };
  await expect(broken.standing(caller, "ORD-1")).rejects.toBeInstanceOf(AppError);
});
