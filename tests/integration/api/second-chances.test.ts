import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { referralStatusSchema } from "@/lib/referrals/schemas";
import {
  type Account,
  adminAccount,
  type CustomerAccount,
  call,
  customerAccount,
  dataOf,
  errorOf,
  newAccount,
  refusalOf,
} from "@/tests/support/api";
import { newPackage, newReferrer } from "@/tests/support/builders";
import { sharedDatabase } from "@/tests/support/database";
import { activateOrder, activeFriend, placeOrder } from "@/tests/support/orders";
import { findReferral, mailCount, one, referralOf } from "@/tests/support/rows";

const sql = sharedDatabase();
afterAll(() => sql.end());

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();
const dayIn = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
const reason = "Forgot it, told us by phone";

let admin: Account;
let referrer: CustomerAccount;
beforeAll(async () => {
  admin = await adminAccount(sql, "billing");
  referrer = await customerAccount(sql, { firstName: "Thandeka", lastName: "Zulu" });
});

/** Somebody with an account who ordered some days ago; without a code unless one is given. */
async function ordered(days: number, code: string | null = null) {
  const account = await newAccount();
  const { userId: authUserId, email } = account;
  const placed = await placeOrder(sql, daysAgo(days), { authUserId, email, code });
  return { ...account, orderId: placed.order_id, customerId: placed.customer_id };
}

const cancelOrder = (orderId: string) =>
  sql`select private.cancel_order(${orderId}, ${admin.userId}, 'changed their mind', now())`;
const setStatus = (serviceId: string, status: string, at: string) =>
  sql`select private.set_service_status(${serviceId}, ${status}, 'on request', ${admin.userId}, ${at})`;

const auditOf = async (action: string, entityId: string) =>
  one(
    await sql<{ actor_id: string; reason: string }[]>`
      select actor_id, reason from audit_log where action = ${action} and entity_id = ${entityId}`,
  );

/** The newest mail of a template to a customer, as it was queued. */
const lastMail = async (template: string, customerId: string) =>
  one(
    await sql<{ payload: Record<string, unknown> }[]>`
      select payload from notifications
      where template = ${template} and customer_id = ${customerId}
      order by created_at desc, id desc limit 1`,
  ).payload;

const explained = z.object({
  referrals: z.array(
    z.object({
      id: z.guid(),
      status: referralStatusSchema,
      explanation: z.strictObject({
        code: z.string(),
        text: z.string().regex(/^\p{Lu}.+\.$/u),
        on: z.iso.date().nullable(),
        remedy: z.string().nullable(),
      }),
    }),
  ),
});

/** What the referrer is told about a friend. */
async function explanationOf(account: Account, referralId: string) {
  const list = dataOf(
    await call("GET", "/api/customer/referrals?limit=100", { token: account.token }),
    explained,
  );
  return one(list.referrals.filter(({ id }) => id === referralId)).explanation;
}

describe("POST /api/admin/customers/[id]/referral", () => {
  const attach = (customerId: string, code: string, by = admin) =>
    call("POST", `/api/admin/customers/${customerId}/referral`, {
      token: by.token,
      json: { referral_code: code, reason },
    });
  const attached = z.strictObject({
    referral_id: z.guid(),
    status: referralStatusSchema,
    flags: z.array(z.object({ signal: z.string(), severity: z.enum(["flag", "hold"]) })),
  });

  test("attaches the code as of the day of the order, and tells both sides", async () => {
    const friend = await ordered(5);
    const message = `She sent me this: https://fibre.example/?ref=${referrer.customer.referral_code}, see you!`;
    const data = dataOf(await attach(friend.customerId, message), attached, 201);
    expect(data.status).toBe("pending");
    const referral = await referralOf(sql, friend.orderId);
    expect(referral).toMatchObject({ id: data.referral_id, source: "admin", status: "pending" });
    const day = Math.round((Date.now() - referral.referred_at.getTime()) / DAY_MS);
    const left = Math.round((referral.activation_due_at.getTime() - Date.now()) / DAY_MS);
    expect([day, left]).toEqual([5, 25]);
    expect(await auditOf("referral.attached", data.referral_id)).toEqual({
      actor_id: admin.userId,
      reason,
    });
    expect(await lastMail("referral_update", friend.customerId)).toMatchObject({
      kind: "attached",
      audience: "friend",
      inviter: "Thandeka",
    });
    expect(await lastMail("referral_update", referrer.customer.id)).toMatchObject({
      kind: "attached",
      audience: "referrer",
      friend: "Lerato M.",
      facts: { status: "pending" },
    });
    expect(await explanationOf(referrer, data.referral_id)).toMatchObject({ code: "ordered" });
  });

  test("counts the days from the activation, where the service is active already", async () => {
    const friend = await ordered(6);
    await activateOrder(sql, friend.orderId, daysAgo(4));
    const data = dataOf(
      await attach(friend.customerId, referrer.customer.referral_code),
      attached,
      201,
    );
    expect(data.status).toBe("active");
    const { qualifies_at } = await referralOf(sql, friend.orderId);
    const left = Math.round(((qualifies_at?.getTime() ?? 0) - Date.now()) / DAY_MS);
    expect(left).toBe(26);
    expect(await explanationOf(referrer, data.referral_id)).toMatchObject({ code: "days_running" });
  });

  test("refuses what an order would have been refused for, names the rule and writes nothing", async () => {
    const code = referrer.customer.referral_code;
    const friend = await ordered(2);
    const refusedWith = async (answer: ReturnType<typeof attach>) => refusalOf(await answer);
    expect(await refusedWith(attach(friend.customerId, "REF-ZZZZZZZZ"))).toBe(
      "409 referral_code_unknown",
    );
    expect(await refusedWith(attach(friend.customerId, "nonsense"))).toBe(
      "409 referral_code_unknown",
    );
    const own = one(
      await sql<{ referral_code: string }[]>`
        select referral_code from customers where id = ${friend.customerId}`,
    );
    expect(await refusedWith(attach(friend.customerId, own.referral_code))).toBe(
      "409 self_referral",
    );
    const stopped = await customerAccount(sql, { service: "none" });
    expect(await refusedWith(attach(friend.customerId, stopped.customer.referral_code))).toBe(
      "409 referrer_not_eligible",
    );
    expect(await findReferral(sql, friend.orderId)).toBeNull();
    expect(await mailCount(sql, "referral_update", friend.customerId)).toBe(0);

    const late = await ordered(31);
    expect(await refusedWith(attach(late.customerId, code))).toBe("409 activation_window_over");
    const gone = await ordered(3);
    await cancelOrder(gone.orderId);
    expect(await refusedWith(attach(gone.customerId, code))).toBe("409 order_not_referable");
    const taken = await ordered(3, (await newReferrer(sql)).referral_code);
    expect(await refusedWith(attach(taken.customerId, code))).toBe("409 duplicate_referral");
    expect(await refusedWith(attach(randomUUID(), code))).toBe("404 not_found");

    const full = await newReferrer(sql);
    for (let n = 0; n < 10; n += 1) await ordered(1.5, full.referral_code);
    const eleventh = await ordered(1.5);
    expect(await refusedWith(attach(eleventh.customerId, full.referral_code))).toBe(
      "409 referral_limit_reached",
    );
  });

  test("is not for the referrer's own admin account", async () => {
    const both = await customerAccount(sql);
    await sql`
      insert into admin_users (auth_user_id, email, name, role)
      values (${both.userId}, ${both.email}, 'Also a customer', 'owner')`;
    const friend = await ordered(2);
    const answer = await attach(friend.customerId, both.customer.referral_code, both);
    expect(refusalOf(answer)).toBe("403 own_account");
  });

  test("names the fields that are missing", async () => {
    const answer = await call("POST", `/api/admin/customers/${randomUUID()}/referral`, {
      token: admin.token,
      json: { referral_code: " ", reason: "" },
    });
    expect(errorOf(answer)).toMatchObject({ status: 400, code: "invalid_request" });
    expect(Object.keys(errorOf(answer).fields).sort()).toEqual(["reason", "referral_code"]);
  });
});

describe("POST /api/admin/referrals/[id]/reinstate", () => {
  const reinstate = (id: string) =>
    call("POST", `/api/admin/referrals/${id}/reinstate`, { token: admin.token, json: { reason } });
  const shown = z.object({ id: z.guid(), status: referralStatusSchema });

  test("gives an expired referral back, with days to become active, and tells both sides", async () => {
    const friend = await ordered(40, referrer.customer.referral_code);
    const { id } = await referralOf(sql, friend.orderId);
    await sql`select private.expire_referral(${id}, ${daysAgo(9)})`;
    expect(await explanationOf(referrer, id)).toMatchObject({ code: "not_active_in_time" });
    expect(dataOf(await reinstate(id), shown)).toEqual({ id, status: "pending" });
    const { activation_due_at } = await referralOf(sql, friend.orderId);
    expect(Math.round((activation_due_at.getTime() - Date.now()) / DAY_MS)).toBe(30);
    expect(await auditOf("referral.reinstated", id)).toEqual({ actor_id: admin.userId, reason });
    for (const [customer, audience] of [
      [referrer.customer.id, "referrer"],
      [friend.customerId, "friend"],
    ] as const) {
      expect(await lastMail("referral_update", customer)).toMatchObject({
        kind: "reinstated",
        audience,
      });
    }
    expect(await explanationOf(referrer, id)).toMatchObject({ code: "ordered" });
    expect(refusalOf(await reinstate(id))).toBe("409 referral_not_ended");
  });

  test("goes on with the days of service, without those of the suspension", async () => {
    const friend = await activeFriend(sql, referrer.customer, daysAgo(20));
    await setStatus(friend.service, "suspended", daysAgo(15));
    await setStatus(friend.service, "active", daysAgo(5));
    expect(await referralOf(sql, friend.order)).toMatchObject({
      status: "cancelled",
      status_reason: "suspended_too_long",
    });
    expect(dataOf(await reinstate(friend.referral), shown).status).toBe("active");
    const { qualifies_at } = await referralOf(sql, friend.order);
    // 10 days of service are over, the 10 of the suspension do not count.
    expect(Math.round(((qualifies_at?.getTime() ?? 0) - Date.now()) / DAY_MS)).toBe(20);
  });

  test("refuses a referral without a service to come, or whose friend has another one", async () => {
    const cancelled = await ordered(3, referrer.customer.referral_code);
    const { id } = await referralOf(sql, cancelled.orderId);
    await cancelOrder(cancelled.orderId);
    expect(refusalOf(await reinstate(id))).toBe("409 order_not_referable");

    const moved = await ordered(40, referrer.customer.referral_code);
    const { id: old } = await referralOf(sql, moved.orderId);
    await sql`select private.expire_referral(${old}, ${daysAgo(9)})`;
    const other = await newReferrer(sql);
    await placeOrder(sql, daysAgo(1), {
      authUserId: moved.userId,
      email: moved.email,
      code: other.referral_code,
    });
    expect(refusalOf(await reinstate(old))).toBe("409 duplicate_referral");
    expect(refusalOf(await reinstate(randomUUID()))).toBe("404 not_found");
  });

  test("is over when the window after the end is", async () => {
    const friend = await ordered(80, referrer.customer.referral_code);
    const { id } = await referralOf(sql, friend.orderId);
    await sql`select private.expire_referral(${id}, ${daysAgo(31)})`;
    expect(refusalOf(await reinstate(id))).toBe("409 activation_window_over");
  });
});

describe("POST /api/admin/referrals/[id]/extend", () => {
  const extend = (id: string, until: string) =>
    call("POST", `/api/admin/referrals/${id}/extend`, {
      token: admin.token,
      json: { until, reason },
    });

  test("gives a late installation until the end of a day, and tells both sides", async () => {
    const friend = await ordered(29, referrer.customer.referral_code);
    const { id } = await referralOf(sql, friend.orderId);
    const until = dayIn(40);
    dataOf(await extend(id, until), z.object({ id: z.literal(id) }));
    const { day } = one(
      await sql<{ day: string }[]>`
        select private.local_date(activation_due_at - interval '1 second', private.billing_time_zone())::text as day
        from customer_referrals where id = ${id}`,
    );
    expect(day).toBe(until);
    expect(await explanationOf(referrer, id)).toMatchObject({ code: "ordered", on: until });
    expect(await auditOf("referral.extended", id)).toEqual({ actor_id: admin.userId, reason });
    for (const customer of [referrer.customer.id, friend.customerId]) {
      expect(await lastMail("referral_update", customer)).toMatchObject({
        kind: "extended",
        until,
      });
    }
    // Two days after the first window, the activation counts.
    await activateOrder(sql, friend.orderId, new Date(Date.now() + 3 * DAY_MS).toISOString());
    expect((await referralOf(sql, friend.orderId)).status).toBe("active");
    expect(refusalOf(await extend(id, dayIn(60)))).toBe("409 referral_not_pending");
  });

  test("is for a later day within a year", async () => {
    const friend = await ordered(5, referrer.customer.referral_code);
    const { id } = await referralOf(sql, friend.orderId);
    for (const until of [dayIn(-1), dayIn(10), dayIn(400)]) {
      expect([until, refusalOf(await extend(id, until))]).toEqual([until, "400 invalid_request"]);
    }
    const field = errorOf(await extend(id, "tomorrow"));
    expect([field.code, Object.keys(field.fields)]).toEqual(["invalid_request", ["until"]]);
    expect(refusalOf(await extend(randomUUID(), dayIn(40)))).toBe("404 not_found");
  });
});

describe("a customer who forgot the code of their friend", () => {
  const claimed = z.object({ claim_id: z.guid(), status: z.string() });
  const claim = (by: Account, code: string) =>
    call("POST", "/api/customer/referral-claims", {
      token: by.token,
      json: { referral_code: code },
    });
  const answer = (by: Account, id: string, confirm: boolean) =>
    call("POST", `/api/customer/referral-claims/${id}`, { token: by.token, json: { confirm } });
  const decide = (id: string, decision: "accept" | "reject") =>
    call("POST", `/api/admin/referral-claims/${id}`, {
      token: admin.token,
      json: { decision, reason },
    });
  const dashboardOf = async (by: Account) =>
    dataOf(
      await call("GET", "/api/customer/referral-claims", { token: by.token }),
      z.object({
        can_claim: z.boolean(),
        own_claim: z.object({ status: z.string(), referral_code: z.string() }).nullable(),
        claims: z.array(z.object({ id: z.guid(), name: z.string() })),
      }),
    );

  test("says who invited them, the referrer confirms it, and an admin decides", async () => {
    const inviter = await customerAccount(sql, { firstName: "Nomsa" });
    const friend = await ordered(3);
    expect(await dashboardOf(friend)).toMatchObject({ can_claim: true, own_claim: null });
    const pasted = `Nomsa sent me https://fibre.example/r/${inviter.customer.referral_code.toLowerCase()} :)`;
    const { claim_id: id } = dataOf(await claim(friend, pasted), claimed);
    expect(await dashboardOf(friend)).toMatchObject({
      can_claim: false,
      own_claim: { status: "open", referral_code: inviter.customer.referral_code },
    });
    expect(await dashboardOf(inviter)).toMatchObject({ claims: [{ id, name: "Lerato M." }] });
    expect(await lastMail("referral_news", inviter.customer.id)).toMatchObject({
      items: [{ kind: "claim_made", friend: "Lerato M." }],
    });
    expect(refusalOf(await claim(friend, inviter.customer.referral_code))).toBe(
      "409 claim_not_possible",
    );

    expect(refusalOf(await answer(friend, id, true))).toBe("404 not_found");
    expect(refusalOf(await decide(id, "accept"))).toBe("409 claim_not_confirmed");
    dataOf(await answer(inviter, id, true), claimed);
    expect(refusalOf(await answer(inviter, id, false))).toBe("409 claim_answered");
    expect(await dashboardOf(inviter)).toMatchObject({ claims: [] });

    const listed = dataOf(
      await call("GET", "/api/admin/referral-claims?status=confirmed", { token: admin.token }),
      z.object({ claims: z.array(z.object({ id: z.guid() })) }),
    );
    expect(listed.claims.map((one) => one.id)).toContain(id);
    expect(dataOf(await decide(id, "accept"), claimed)).toMatchObject({ status: "accepted" });
    expect(await referralOf(sql, friend.orderId)).toMatchObject({
      source: "admin",
      status: "pending",
    });
    expect(await lastMail("referral_update", friend.customerId)).toMatchObject({
      kind: "attached",
    });
    expect(await auditOf("claim.accepted", id)).toEqual({ actor_id: admin.userId, reason });
    expect(refusalOf(await decide(id, "reject"))).toBe("409 claim_decided");
    expect(await dashboardOf(friend)).toMatchObject({ can_claim: false, own_claim: null });
  });

  test("is told once that it cannot be linked, whoever says so", async () => {
    const inviter = await customerAccount(sql);
    const friend = await ordered(3);
    const { claim_id: id } = dataOf(await claim(friend, inviter.customer.referral_code), claimed);
    dataOf(await answer(inviter, id, false), claimed);
    expect(await lastMail("referral_update", friend.customerId)).toMatchObject({
      kind: "claim_rejected",
      audience: "claimant",
    });
    expect(dataOf(await decide(id, "reject"), claimed)).toMatchObject({ status: "rejected" });
    expect(await mailCount(sql, "referral_update", friend.customerId)).toBe(1);
    expect(await findReferral(sql, friend.orderId)).toBeNull();
  });

  test("cannot name themselves or nobody, nor when the window is over or somebody referred them", async () => {
    const friend = await ordered(3);
    const own = one(
      await sql<{ referral_code: string }[]>`
        select referral_code from customers where id = ${friend.customerId}`,
    );
    for (const code of [own.referral_code, "REF-ZZZZZZZZ", "hello"]) {
      expect(refusalOf(await claim(friend, code))).toBe("409 referral_code_unknown");
    }
    const code = referrer.customer.referral_code;
    expect(refusalOf(await claim(await ordered(31), code))).toBe("409 claim_not_possible");
    const referred = await ordered(3, (await newReferrer(sql)).referral_code);
    expect(refusalOf(await claim(referred, code))).toBe("409 claim_not_possible");
  });

  test("can say it about the order that followed a cancelled one", async () => {
    const friend = await ordered(6, (await newReferrer(sql)).referral_code);
    await cancelOrder(friend.orderId);
    await placeOrder(sql, daysAgo(1), { authUserId: friend.userId, email: friend.email });
    const answered = dataOf(await claim(friend, referrer.customer.referral_code), claimed);
    expect(answered.status).toBe("open");
  });
});

describe("the package of an order that waits", () => {
  test("is changed instead of cancelling it: the referral stays, and the new price is charged", async () => {
    const friend = await ordered(2, referrer.customer.referral_code);
    const wanted = await newPackage(sql, { name: "Fibre 200", priceCents: 99_900 });
    const { id: service } = one(
      await sql<
        { id: string }[]
      >`select id from customer_services where order_id = ${friend.orderId}`,
    );
    const data = dataOf(
      await call("POST", `/api/admin/services/${service}/package`, {
        token: admin.token,
        json: { package_slug: wanted.slug, reason },
      }),
      z.object({ status: z.literal("pending"), monthly_price_cents: z.literal(99_900) }),
    );
    expect(data.status).toBe("pending");
    expect((await referralOf(sql, friend.orderId)).status).toBe("pending");
    await activateOrder(sql, friend.orderId);
    expect((await referralOf(sql, friend.orderId)).status).toBe("active");
    const row = one(
      await sql<{ price: string; name: string }[]>`
        select s.monthly_price_cents::text as price, p.name
        from customer_services as s join service_packages as p on p.id = s.package_id
        where s.id = ${service}`,
    );
    expect(row).toEqual({ price: "99900", name: "Fibre 200" });
  });
});

describe("why a friend has not counted yet", () => {
  test("is said for each friend, in the state that they are in", async () => {
    const mine = await customerAccount(sql);
    const { customer } = mine;
    const pending = await ordered(1, customer.referral_code);
    const running = await activeFriend(sql, customer, daysAgo(3));
    const paused = await activeFriend(sql, customer, daysAgo(10));
    await setStatus(paused.service, "suspended", daysAgo(2));
    const stopped = await activeFriend(sql, customer, daysAgo(10));
    await setStatus(stopped.service, "cancelled", daysAgo(1));
    const unpaid = await activeFriend(sql, customer, daysAgo(35), { hasPaid: false });
    const expected = [
      [(await referralOf(sql, pending.orderId)).id, "ordered"],
      [running.referral, "days_running"],
      [paused.referral, "suspended"],
      [stopped.referral, "service_cancelled"],
      [unpaid.referral, "invoice_to_come"],
    ] as const;
    for (const [id, code] of expected) {
      expect([id, (await explanationOf(mine, id)).code]).toEqual([id, code]);
    }
  });
});
