import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { friendSchema, referralStatsSchema } from "@/lib/referrals/schemas";
import {
  adminAccount,
  Browser,
  type CustomerAccount,
  call,
  customerAccount,
  dataOf,
  errorOf,
  forgedToken,
  newAccount,
  refusalOf,
} from "@/tests/support/api";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { activeFriend, placeOrder } from "@/tests/support/orders";

const sql = sharedDatabase();
afterAll(() => sql.end());

const codeSchema = z.strictObject({
  referral_code: z.string().regex(/^[A-Z0-9]{2,8}-[0-9A-HJKMNP-TV-Z]{8}$/),
  referral_link: z.url(),
  referral_count: z.number().int(),
  referral_count_active: z.number().int(),
  reward_balance: z.number().int(),
  next_reward_progress: z.string().regex(/^\d+\/\d+ referrals$/),
});

const listSchema = z.strictObject({
  referrals: z.array(friendSchema),
  stats: referralStatsSchema,
  next_cursor: z.string().nullable(),
});

const balanceSchema = z.strictObject({
  available_rewards: z.number().int(),
  pending_rewards: z.array(
    z.object({
      id: z.guid(),
      reward_type: z.literal("free_month"),
      status: z.literal("pending"),
      created_at: z.iso.datetime({ offset: true }),
      expires_at: z.iso.datetime({ offset: true }),
    }),
  ),
  applied_rewards: z.array(z.unknown()),
  next_invoice: z
    .strictObject({
      period_start: z.iso.date(),
      period_end: z.iso.date(),
      charge_cents: z.number().int(),
      waived_cents: z.number().int(),
      amount_due_cents: z.number().int(),
      waived_as: z.string().nullable(),
    })
    .nullable(),
  next_free_month: z.iso.date().nullable(),
  currency: z.literal("ZAR"),
});

const ROUTES = [
  ["POST", "/api/customer/referrals"],
  ["GET", "/api/customer/referrals"],
  ["GET", "/api/customer/referral-balance"],
  ["GET", "/api/customer/dashboard"],
] as const;

describe("a customer's referral code", () => {
  test("comes with link and counts, and asking twice changes nothing", async () => {
    const { token, customer } = await customerAccount(sql);
    const first = dataOf(await call("POST", "/api/customer/referrals", { token }), codeSchema);
    expect(first).toEqual({
      referral_code: customer.referral_code,
      referral_link: `${testStack().siteUrl}/?ref=${customer.referral_code}`,
      referral_count: 0,
      referral_count_active: 0,
      reward_balance: 0,
      next_reward_progress: "0/2 referrals",
    });
    const second = dataOf(await call("POST", "/api/customer/referrals", { token }), codeSchema);
    expect(second).toEqual(first);
  });

  test("is the same by session cookie", async () => {
    const { email, customer } = await customerAccount(sql);
    const browser = await new Browser().signIn(email);
    const data = dataOf(await browser.post("/api/customer/referrals"), codeSchema);
    expect(data.referral_code).toBe(customer.referral_code);
  });

  test("counts friends, and shows how far the next free month is", async () => {
    const { token, customer } = await customerAccount(sql);
    const now = new Date().toISOString();
    await placeOrder(sql, now, { code: customer.referral_code });
    await activeFriend(sql, customer, now);
    const done = await activeFriend(sql, customer, now);
    await sql`
      update customer_referrals set status = 'qualified', qualified_at = now(),
        activated_at = now() - interval '31 days', qualifies_at = now() - interval '1 day',
        referred_at = now() - interval '32 days'
      where id = ${done.referral}`;
    const data = dataOf(await call("POST", "/api/customer/referrals", { token }), codeSchema);
    expect(data).toMatchObject({
      referral_count: 3,
      referral_count_active: 2,
      next_reward_progress: "1/2 referrals",
    });
  });
});

describe("a customer's friends", () => {
  let referrer: CustomerAccount;
  beforeAll(async () => {
    referrer = await customerAccount(sql);
    const day = (n: number) => new Date(Date.now() - n * 86_400_000).toISOString();
    await placeOrder(sql, day(5), { code: referrer.customer.referral_code, firstName: "Anele" });
    await placeOrder(sql, day(4), { code: referrer.customer.referral_code, firstName: "Bongani" });
    await activeFriend(sql, referrer.customer, day(3), { firstName: "Carmen" });
  });

  test("are listed newest first, masked, with the counts", async () => {
    const page = dataOf(
      await call("GET", "/api/customer/referrals", { token: referrer.token }),
      listSchema,
    );
    expect(page.referrals.map((friend) => friend.referred_name)).toEqual([
      "Carmen M.",
      "Bongani M.",
      "Anele M.",
    ]);
    expect(page.stats).toMatchObject({ total: 3, pending: 2, active: 1, qualified: 0 });
    expect(page.next_cursor).toBeNull();
    expect(page.referrals.every((f) => /^.•••@.•••\.[a-z]+$/u.test(f.referred_email))).toBe(true);
    const text = JSON.stringify(page);
    expect(text).not.toMatch(/Mokoena|ip_address|user_agent|phone|flag/);
  });

  test("are filtered by status", async () => {
    const page = dataOf(
      await call("GET", "/api/customer/referrals?status=active", { token: referrer.token }),
      listSchema,
    );
    expect(page.referrals.map((friend) => friend.status)).toEqual(["active"]);
    expect(page.referrals[0]?.qualifies_at).toMatch(/^\d{4}-/);
  });

  test("page by a cursor, each friend once", async () => {
    const names: string[] = [];
    let cursor = "";
    for (let pages = 0; pages < 5; pages += 1) {
      const page = dataOf(
        await call("GET", `/api/customer/referrals?limit=1${cursor}`, { token: referrer.token }),
        listSchema,
      );
      names.push(...page.referrals.map((friend) => friend.referred_name));
      if (!page.next_cursor) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(names).toEqual(["Carmen M.", "Bongani M.", "Anele M."]);
  });

  test.each([
    ["status=rejected", "status"],
    ["limit=0", "limit"],
    ["limit=101", "limit"],
    ["limit=1.5", "limit"],
    ["limit=ten", "limit"],
    ["cursor=nonsense", "cursor"],
    [`cursor=${Buffer.from('["2026-13-45T99:00:00Z","x"]').toString("base64url")}`, "cursor"],
    [
      `cursor=${Buffer.from('["2026-13-45T99:00:00Z","00000000-0000-4000-8000-000000000000"]').toString("base64url")}`,
      "cursor",
    ],
    ["status=%00", "status"],
  ])("refuse ?%s and name the field", async (query, field) => {
    const answer = await call("GET", `/api/customer/referrals?${query}`, {
      token: referrer.token,
    });
    const error = errorOf(answer);
    expect(error).toMatchObject({ status: 400, code: "invalid_request" });
    expect(Object.keys(error.fields)).toEqual([field]);
  });

  test("of somebody else stay unseen", async () => {
    const other = await customerAccount(sql);
    const page = dataOf(
      await call("GET", "/api/customer/referrals", { token: other.token }),
      listSchema,
    );
    expect(page).toMatchObject({ referrals: [], stats: { total: 0 } });
  });

  test("that a reviewer rejected show as cancelled, without a word of the review", async () => {
    const mine = await customerAccount(sql);
    const placed = await placeOrder(sql, new Date().toISOString(), {
      code: mine.customer.referral_code,
    });
    await sql`
      update customer_referrals set status = 'rejected', rejected_at = now(),
        status_reason = 'rejected_in_review'
      where order_id = ${placed.order_id}`;
    const answer = await call("GET", "/api/customer/referrals", { token: mine.token });
    const page = dataOf(answer, listSchema);
    expect(page.referrals[0]).toMatchObject({ status: "cancelled", status_reason: "not_eligible" });
    expect(page.stats).toMatchObject({ total: 1, cancelled: 1 });
    expect(answer.text).not.toMatch(/reject|review/);
  });
});

describe("a customer's balance", () => {
  test("shows the month that waits and the next invoice without it to pay", async () => {
    const { token, customer } = await customerAccount(sql, { priceCents: 79_900 });
    await sql`
      select private.grant_reward(${customer.id}, 'Goodwill', null,
        'aaaaaaaa-0000-4000-8000-000000000001', now())`;
    const balance = dataOf(
      await call("GET", "/api/customer/referral-balance", { token }),
      balanceSchema,
    );
    expect(balance.available_rewards).toBe(1);
    expect(balance.pending_rewards).toHaveLength(1);
    expect(balance.next_invoice).toMatchObject({
      charge_cents: 79_900,
      waived_cents: 79_900,
      amount_due_cents: 0,
    });
  });

  test("is empty, without an invoice to come, when there is no service", async () => {
    const { token } = await customerAccount(sql, { service: "none" });
    const balance = dataOf(
      await call("GET", "/api/customer/referral-balance", { token }),
      balanceSchema,
    );
    expect(balance).toEqual({
      available_rewards: 0,
      pending_rewards: [],
      applied_rewards: [],
      next_invoice: null,
      next_free_month: null,
      currency: "ZAR",
    });
  });

  test("does not count a month that has expired, although the job has not run yet", async () => {
    const { token, customer } = await customerAccount(sql);
    await sql`
      select private.grant_reward(${customer.id}, 'Goodwill', null,
        'aaaaaaaa-0000-4000-8000-000000000001', now() - interval '13 months')`;
    const balance = dataOf(
      await call("GET", "/api/customer/referral-balance", { token }),
      balanceSchema,
    );
    expect(balance).toMatchObject({
      available_rewards: 0,
      pending_rewards: [],
      next_invoice: { waived_cents: 0 },
    });
    const code = dataOf(await call("POST", "/api/customer/referrals", { token }), codeSchema);
    expect(code.reward_balance).toBe(0);
  });
});

test("the widget's refresh brings everything that the widget shows", async () => {
  const { token, customer } = await customerAccount(sql);
  const widget = dataOf(
    await call("GET", "/api/customer/dashboard", { token }),
    z.strictObject({
      enabled: z.literal(true),
      referral_code: z.literal(customer.referral_code),
      referral_link: z.string(),
      stats: referralStatsSchema,
      friends: z.array(friendSchema).length(0),
      pending_rewards: z.array(z.unknown()).length(0),
      applied_rewards: z.array(z.unknown()).length(0),
      saved_cents: z.literal(0),
      next_invoice: z.object({ amount_due_cents: z.literal(79_900) }),
      next_free_month: z.null(),
      progress: z.object({
        qualified: z.literal(0),
        required: z.literal(2),
        sentence: z.string().min(10),
      }),
      month: z.object({
        used: z.literal(0),
        limit: z.literal(10),
        next_month: z.iso.date(),
      }),
      referrals_required: z.literal(2),
      qualifying_days: z.literal(30),
      paid_invoices_required: z.literal(1),
      reward_expiry_months: z.literal(12),
      currency: z.literal("ZAR"),
      time_zone: z.literal("Africa/Johannesburg"),
      brand_name: z.string(),
      as_of: z.iso.datetime(),
    }),
  );
  expect(widget.progress.sentence).not.toContain("!");
});

test("a refresh of the widget brings nothing while nothing changed", async () => {
  const { token, customer } = await customerAccount(sql, { service: "active" });
  const refresh = (etag?: string) =>
    call("GET", "/api/customer/dashboard", {
      token,
      headers: etag === undefined ? {} : { "if-none-match": etag },
    });
  const first = await refresh();
  const etag = first.headers.get("etag") ?? "";
  expect([first.status, etag]).toEqual([200, expect.stringMatching(/^"[\w-]{27}"$/)]);
  const second = await refresh(etag);
  expect([second.status, second.text, second.headers.get("etag")]).toEqual([304, "", etag]);
  expect(second.headers.get("cache-control")).toBe("no-store");

  await sql`
    update customer_services set monthly_price_cents = monthly_price_cents + 100
    where customer_id = ${customer.id}`;
  const third = await refresh(etag);
  expect(third.status).toBe(200);
  expect(third.headers.get("etag")).not.toBe(etag);
});

describe.each(ROUTES)("%s %s", (method, path) => {
  test("answers 401 without a session", async () => {
    const answer = await call(method, path);
    expect(refusalOf(answer)).toBe("401 unauthenticated");
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test("answers 401 to every kind of false token", async () => {
    const { userId, token } = await newAccount();
    const claims = { sub: userId };
    const [header, payload] = token.split(".");
    const past = Math.floor(Date.now() / 1000) - 3600;
    const tokens = {
      "signed with another secret": forgedToken(claims, "x".repeat(48)),
      expired: forgedToken({ ...claims, iat: past - 60, exp: past }),
      "alg none": forgedToken(claims, null),
      "no signature": `${header}.${payload}.`,
      "of another project": forgedToken(
        { ...claims, iss: "https://other.supabase.co/auth/v1" },
        "other-project-secret-other-project-secret",
      ),
      garbage: "not-a-token",
    };
    for (const [kind, forged] of Object.entries(tokens)) {
      const answer = await call(method, path, { token: forged });
      expect([kind, refusalOf(answer)]).toEqual([kind, "401 unauthenticated"]);
    }
    const basic = await call(method, path, { headers: { authorization: "Basic YTpi" } });
    expect(refusalOf(basic)).toBe("401 unauthenticated");
  });

  test("answers 403 to an account that is no customer, admins included", async () => {
    const nobody = await newAccount();
    expect(refusalOf(await call(method, path, { token: nobody.token }))).toBe("403 forbidden");
    const admin = await adminAccount(sql, "owner");
    expect(refusalOf(await call(method, path, { token: admin.token }))).toBe("403 forbidden");
  });
});

test("an erased customer's token opens nothing", async () => {
  const { token, customer } = await customerAccount(sql);
  await sql`update customers set erased_at = now() where id = ${customer.id}`;
  expect(refusalOf(await call("GET", "/api/customer/dashboard", { token }))).toBe("403 forbidden");
});

test("a tampered session cookie is no session", async () => {
  const { email } = await customerAccount(sql);
  const browser = await new Browser().signIn(email);
  for (const name of browser.sessionCookies()) {
    browser.cookies.set(name, { value: "base64-eyJhY2Nlc3NfdG9rZW4iOiJ4In0", attributes: [] });
  }
  expect(refusalOf(await browser.get("/api/customer/dashboard"))).toBe("401 unauthenticated");
});

test("the code route knows no GET that creates, and no other method", async () => {
  const { token } = await customerAccount(sql);
  for (const method of ["PUT", "PATCH", "DELETE"]) {
    const answer = await call(method, "/api/customer/referrals", { token });
    expect(refusalOf(answer)).toBe("405 method_not_allowed");
    expect(answer.headers.get("allow")).toBe("GET, POST");
  }
  const answer = await call("POST", "/api/customer/referral-balance", { token });
  expect(refusalOf(answer)).toBe("405 method_not_allowed");
});
