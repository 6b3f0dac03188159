import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Clock, systemClock } from "@/lib/clock";
import type { OrderRequest } from "@/lib/orders/order-service";
import { createOrderSchema } from "@/lib/orders/schemas";
import { VisitService } from "@/lib/orders/visit-service";
import type { CallerClient, ServerClient } from "@/lib/supabase/clients";
import {
  type CustomerAccount,
  customerAccount,
  publicClient,
  secretClient,
} from "@/tests/support/api";
import { newAuthUser, newPackage } from "@/tests/support/builders";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { TERMS } from "@/tests/support/facts";
import { failureOf } from "@/tests/support/failure";
import { countingProxy } from "@/tests/support/faulty-proxy";
import { newEmail, orderBody } from "@/tests/support/people";
import { countOf, one } from "@/tests/support/rows";
import { orderServiceWith } from "@/tests/support/services";
import {
  authFailure,
  networkFailure,
  type StubAnswer,
  type StubRequest,
  sqlFailure,
  stubClient,
} from "@/tests/support/stub-client";

const sql = sharedDatabase();
afterAll(() => sql.end());

let slug: string;
let referrer: CustomerAccount;
beforeAll(async () => {
  slug = (await newPackage(sql)).slug;
  referrer = await customerAccount(sql);
});

const orders = (
  changes: { server?: ServerClient; caller?: CallerClient; enabled?: boolean; clock?: Clock } = {},
) =>
  orderServiceWith({
    server: changes.server ?? secretClient(),
    caller: changes.caller ?? publicClient(),
    clock: changes.clock ?? systemClock,
    rewardsEnabled: changes.enabled ?? true,
    alertEmail: "alerts@fibre.example",
  });

const request = (
  body: object = orderBody(slug),
  changes: Partial<OrderRequest> = {},
): OrderRequest => ({
  order: createOrderSchema.parse(body),
  idempotencyKey: randomUUID(),
  rememberedCode: null,
  visitorId: null,
  ipAddress: null,
  userAgent: null,
  ...changes,
});

const user = (changes: object = {}) => ({
  id: randomUUID(),
  aud: "authenticated",
  email: newEmail("stub"),
  app_metadata: {},
  identities: [{ id: "1" }],
  ...changes,
});

/** The answer to a sign-up that made an account: it carries what the sign-up sent along. */
const made = (of: object, answer: (user: object) => StubAnswer) => (sent: StubRequest) =>
  answer({ ...of, user_metadata: signUpSchema.parse(sent.body).data });

const signUpSchema = z.object({ data: z.record(z.string(), z.unknown()) });

const session = (of: object): StubAnswer => ({
  status: 200,
  body: {
    access_token: "a.b.c",
    refresh_token: "r",
    token_type: "bearer",
    expires_in: 3600,
    user: of,
  },
});

describe("OrderService", () => {
  test("takes two round trips to the database besides the sign-up", async () => {
    const proxy = await countingProxy(testStack().apiUrl);
    try {
      await orders({ server: secretClient(proxy.url) }).createOrder(
        request(orderBody(slug, { referral_code: referrer.customer.referral_code })),
      );
      expect(proxy.taken()).toEqual([
        "POST /rest/v1/rpc/prepare_order",
        "POST /rest/v1/rpc/place_order",
      ]);
    } finally {
      await proxy.stop();
    }
  });

  test("records no referral while the kill switch is on, and takes the order", async () => {
    const placed = await orders({ enabled: false }).createOrder(
      request(orderBody(slug, { referral_code: referrer.customer.referral_code })),
    );
    expect(placed.referral).toEqual({ status: "not_applied", reason: "program_paused" });
    const referrals = await countOf(sql<{ n: number }[]>`
      select count(*)::integer as n from customer_referrals where order_id = ${placed.order_id}`);
    expect(referrals).toBe(0);
  });

  test("takes an order of somebody who is signed in, once per key, whatever was typed as a code", async () => {
    const person = await customerAccount(sql);
    const asked = request(
      orderBody(slug, { referral_code: "my neighbour", account: { email: person.email } }),
      { rememberedCode: referrer.customer.referral_code },
    );
    const placed = await orders().createOwnOrder(asked, person.userId);
    expect(placed).toMatchObject({
      signed_in: true,
      customer_id: person.customer.id,
      referral: { status: "not_applied", reason: "invalid_code" },
    });
    expect(await orders().createOwnOrder(asked, person.userId)).toEqual(placed);
    const { code } = one(
      await sql<{ code: string }[]>`
        select referral_code as code from orders where id = ${placed.order_id}`,
    );
    expect(code).toBe("my neighbour");
  });

  test("flags an order placed within two minutes of the visit, and still records it", async () => {
    const visitorId = randomUUID();
    const code = referrer.customer.referral_code;
    const visit = await new VisitService({
      server: secretClient(),
      clock: systemClock,
      rewardsEnabled: true,
    }).recordVisit({
      code,
      visitorId,
      counts: true,
      userId: null,
      landingPath: "/",
      ipAddress: null,
      userAgent: null,
    });
    expect(visit).toMatchObject({ valid: true, code, attribution_days: 90 });
    const placed = await orders().createOrder(
      request(orderBody(slug), { rememberedCode: code, visitorId }),
    );
    expect(placed.referral).toEqual({ status: "recorded" });
    const flag = one(
      await sql`
        select f.severity from referral_flags as f
        join customer_referrals as r on r.id = f.referral_id
        where r.order_id = ${placed.order_id}`,
    );
    expect(flag.severity).toBe("flag");
  });

  test("never stores the password, not even hashed", async () => {
    const account = user();
    await newAuthUser(sql, account);
    const auth = stubClient(made(account, session)).caller;
    const first = request(
      orderBody(slug, { account: { email: account.email, password: "first secret" } }),
    );
    const second = {
      ...first,
      order: { ...first.order, account: { ...first.order.account, password: "second secret" } },
    };
    const placed = await orders({ caller: auth }).createOrder(first);
    // Were the password part of what is remembered, this would be another request.
    const again = orders({ caller: stubClient(session(account)).caller });
    expect((await again.createOrder(second)).order_id).toBe(placed.order_id);
    const row = one(await sql`select * from idempotency_keys where key = ${first.idempotencyKey}`);
    expect(JSON.stringify(row)).not.toContain("secret");
  });

  test("says that a package is not on sale before it makes an account", async () => {
    const auth = stubClient(networkFailure());
    const failure = await failureOf(
      orders({ caller: auth.caller }).createOrder(request(orderBody("gone"))),
    );
    expect(failure).toMatchObject({
      code: "invalid_request",
      fields: { package_slug: expect.any(String) },
    });
    expect(auth.requests).toEqual([]);
  });

  test("places the order of a project that confirms addresses first, without a session", async () => {
    const account = user();
    await newAuthUser(sql, account);
    const auth = stubClient(
      made(account, (of) => ({ status: 200, body: { ...of, confirmation_sent_at: "now" } })),
    );
    const placed = await orders({ caller: auth.caller }).createOrder(
      request(orderBody(slug, { account: { email: account.email } })),
    );
    expect(placed.signed_in).toBe(false);
    const row = one(await sql`select * from customers where id = ${placed.customer_id}`);
    expect(row).toMatchObject({ auth_user_id: null, pending_user_id: account.id });
  });

  test("ignores the made-up user that a hosted project returns for a taken address", async () => {
    const auth = stubClient(
      { status: 200, body: user({ identities: [] }) },
      authFailure(400, "invalid_credentials"),
    );
    const asked = request();
    const failure = await failureOf(orders({ caller: auth.caller }).createOrder(asked));
    expect(failure).toMatchObject({
      code: "email_taken",
      fields: { "account.email": expect.any(String) },
    });
    const customers = await countOf(sql<{ n: number }[]>`
      select count(*)::integer as n from customers where email = ${asked.order.account.email}`);
    expect(customers).toBe(0);
  });

  test("signs a returning customer in when the password is theirs, however sign-up was refused", async () => {
    for (const refusal of [
      authFailure(422, "user_already_exists"),
      authFailure(422, "email_exists"),
      { status: 200, body: user({ identities: [] }) },
    ]) {
      const account = user();
      await newAuthUser(sql, account);
      const auth = stubClient(refusal, session(account));
      const placed = await orders({ caller: auth.caller }).createOrder(
        request(orderBody(slug, { account: { email: account.email } })),
      );
      expect(placed.signed_in).toBe(true);
    }
  });

  test.each<[string, StubAnswer[], string]>([
    [
      "the sign-up and sign-in servers fail",
      [authFailure(500, "unexpected_failure")],
      "unavailable",
    ],
    ["nobody answers", [networkFailure()], "unavailable"],
    [
      "no new accounts are taken",
      [authFailure(422, "signup_disabled"), authFailure(400, "invalid_credentials")],
      "sign_up_closed",
    ],
    [
      "too many sign-ups were sent",
      [authFailure(429, "over_request_rate_limit"), authFailure(400, "invalid_credentials")],
      "rate_limited",
    ],
    [
      "sign-in fails after the address proved taken",
      [authFailure(422, "user_already_exists"), authFailure(503, "unexpected_failure")],
      "unavailable",
    ],
    [
      "the password is known to be weak",
      [{ status: 422, body: { code: 422, error_code: "weak_password", msg: "weak" } }],
      "invalid_request",
    ],
  ])("when %s, nothing is written", async (_what, answers, code) => {
    const asked = request();
    const auth = stubClient(...answers);
    const failure = await failureOf(orders({ caller: auth.caller }).createOrder(asked));
    expect(failure.code).toBe(code);
    const kept = await countOf(sql<{ n: number }[]>`
      select count(*)::integer as n from idempotency_keys where key = ${asked.idempotencyKey}`);
    expect(kept).toBe(0);
  });

  test("tries a deadlocked transaction again, and hides what it does not understand", async () => {
    const order_id = randomUUID();
    const prepared: StubAnswer = {
      status: 200,
      body: {
        replay: null,
        package: { id: randomUUID(), slug, name: "Fibre" },
        terms: {
          version: 1,
          ...TERMS,
        },
        fraud_settings: { version: 1, settings: {} },
        referrer_found: false,
        evidence: null,
      },
    };
    const placed: StubAnswer = {
      status: 200,
      body: {
        order_id,
        order_number: "7K2-M9Q",
        customer_id: randomUUID(),
        referral: { status: "none" },
      },
    };
    const auth = () => stubClient(made(user(), session)).caller;
    const deadlocked = stubClient(prepared, sqlFailure("40P01"), placed);
    const answer = await orders({ server: deadlocked.server, caller: auth() }).createOrder(
      request(),
    );
    expect(answer.order_id).toBe(order_id);
    const broken = stubClient(prepared, sqlFailure("23514", 'violates check "orders_secret"'));
    const failure = await failureOf(
      orders({ server: broken.server, caller: auth() }).createOrder(request()),
    );
    expect(failure.code).toBe("internal");
    expect(failure.message).not.toContain("orders_secret");
  });
});

describe("VisitService", () => {
  const visits = (server: ServerClient, rewardsEnabled = true) =>
    new VisitService({ server, clock: systemClock, rewardsEnabled });
  const arrival = (code: string) => ({
    code,
    visitorId: randomUUID(),
    counts: true,
    userId: null,
    landingPath: `/${"x".repeat(1_000)}`,
    ipAddress: "2001:db8::1",
    userAgent: "y".repeat(5_000),
  });

  test("records an arrival once per call, with its path and browser cut to size", async () => {
    const visit = arrival(referrer.customer.referral_code.toLowerCase());
    expect(await visits(secretClient()).recordVisit(visit)).toMatchObject({ valid: true });
    const row = one(await sql`select * from referral_visits where visitor_id = ${visit.visitorId}`);
    expect(row.landing_path).toHaveLength(300);
    expect(row.user_agent).toHaveLength(1000);
  });

  test("sends nothing for a malformed code, or while the kill switch is on", async () => {
    const stub = stubClient(networkFailure());
    expect(await visits(stub.server).recordVisit(arrival("not a code!"))).toEqual({ valid: false });
    const off = visits(stub.server, false);
    expect(await off.recordVisit(arrival(referrer.customer.referral_code))).toEqual({
      valid: false,
    });
    expect(stub.requests).toEqual([]);
  });

  test("records nothing for a code that cannot be used", async () => {
    const visit = arrival("REF-ZZZZZZZZ");
    expect(await visits(secretClient()).recordVisit(visit)).toEqual({ valid: false });
    const rows = await countOf(sql<{ n: number }[]>`
      select count(*)::integer as n from referral_visits where visitor_id = ${visit.visitorId}`);
    expect(rows).toBe(0);
  });
});
