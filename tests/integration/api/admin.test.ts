import { randomUUID } from "node:crypto";
import Papa from "papaparse";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { customerPageSchema, customerReferralsSchema } from "@/lib/admin/customer-schemas";
import { METRICS_TABLES } from "@/lib/admin/metrics-csv";
import { metricsSchema, topReferrersSchema } from "@/lib/admin/metrics-schemas";
import { programSchema } from "@/lib/admin/programme-schemas";
import { adminReferralPageSchema, adminReferralSchema } from "@/lib/admin/referral-schemas";
import { reviewQueueSchema } from "@/lib/admin/review-schemas";
import { serviceSchema } from "@/lib/invoicing/service";
import type { Role } from "@/lib/permissions";
import {
  type Account,
  adminAccounts,
  Browser,
  call,
  customerAccount,
  dataOf,
  errorOf,
  refusalOf,
} from "@/tests/support/api";
import { newAdmin, newPackage } from "@/tests/support/builders";
import { sharedDatabase } from "@/tests/support/database";
import { eventually } from "@/tests/support/eventually";
import { activeFriend, placeOrder } from "@/tests/support/orders";
import { newEmail, newLetters, orderBody } from "@/tests/support/people";
import { countOf, one, referralOf, refusalsOf } from "@/tests/support/rows";

const sql = sharedDatabase();
afterAll(() => sql.end());

let admins: Record<Role, Account>;
const tokenOf = (role: Role): string => admins[role].token;
beforeAll(async () => {
  admins = await adminAccounts(sql);
});

const now = () => new Date().toISOString();
const reason = "Goodwill after an outage";

const grant = (customerId: string, token: string, headers: Record<string, string> = {}) =>
  call("POST", `/api/admin/customers/${customerId}/referrals/grant`, {
    token,
    json: { reason },
    headers,
  });

const rewardsOf = (customerId: string) =>
  sql<{ id: string; status: string }[]>`
    select id, status from referral_rewards where customer_id = ${customerId}`;

describe("who may call which admin route", () => {
  test("a malformed request tells somebody without the permission nothing about the form", async () => {
    const customer = await customerAccount(sql);
    for (const json of [{}, { reason: "x" }, { reason: 7 }]) {
      const answer = await call(
        "POST",
        `/api/admin/customers/${customer.customer.id}/referrals/grant`,
        { token: tokenOf("support"), json },
      );
      expect(refusalOf(answer)).toBe("403 forbidden");
    }
  });

  test("a cross-site POST with an admin's cookies changes nothing", async () => {
    const { customer } = await customerAccount(sql);
    const browser = await new Browser().signIn(admins.billing.email);
    const path = `/api/admin/customers/${customer.id}/referrals/grant`;
    const foreign: Record<string, string>[] = [
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
      { origin: "https://evil.example" },
      { "sec-fetch-site": "same-site" },
      { origin: "null" },
      { origin: "not a url" },
    ];
    for (const headers of foreign) {
      expect(refusalOf(await browser.post(path, { reason }, { headers }))).toBe("403 cross_site");
    }
    expect(refusalOf(await browser.get(`${path}?reason=Goodwill`))).toBe("405 method_not_allowed");
    expect(await rewardsOf(customer.id)).toEqual([]);
  });
});

describe("nobody acts on their own customer account", () => {
  test("and each attempt is audited", async () => {
    const me = await customerAccount(sql);
    await newAdmin(sql, "owner", { authUserId: me.userId });
    const { id: rewardId } = one(
      await sql<{ id: string }[]>`
        select private.grant_reward(${me.customer.id}, 'Goodwill', null,
          'aaaaaaaa-0000-4000-8000-000000000001', now()) ->> 'reward_id' as id`,
    );
    const placed = await placeOrder(sql, now());
    await sql`update orders set customer_id = ${me.customer.id} where id = ${placed.order_id}`;
    await sql`
      update customer_services set customer_id = ${me.customer.id}
      where order_id = ${placed.order_id}`;
    const friend = await placeOrder(sql, now(), { code: me.customer.referral_code });
    const referral = await referralOf(sql, friend.order_id);
    await sql`
      insert into referral_flags (referral_id, signal, severity, weight)
      values (${referral.id}, 'shared_ip', 'hold', 10)`;
    const { id: serviceId } = one(
      await sql<{ id: string }[]>`
        select id from customer_services
        where customer_id = ${me.customer.id} and status = 'active'`,
    );
    const attempts: [string, object, string][] = [
      [`/api/admin/customers/${me.customer.id}/referrals/grant`, { reason }, "reward.grant"],
      [
        `/api/admin/customers/${me.customer.id}/referrals/revoke`,
        { reason, reward_id: rewardId },
        "reward.revoke",
      ],
      [`/api/admin/orders/${placed.order_id}/activate`, {}, "order.activate"],
      [`/api/admin/orders/${placed.order_id}/cancel`, { reason }, "order.cancel"],
      [
        `/api/admin/services/${serviceId}/status`,
        { status: "suspended", reason },
        "service.set_status",
      ],
      [
        `/api/admin/services/${serviceId}/package`,
        { package_slug: (await newPackage(sql)).slug, reason },
        "service.change_package",
      ],
      [`/api/admin/review/${referral.id}`, { decision: "clear", reason }, "referral.review"],
    ];
    for (const [path, json, action] of attempts) {
      const answer = await call("POST", path, { token: me.token, json });
      expect([action, refusalOf(answer)]).toEqual([action, "403 own_account"]);
      expect([action, await refusalsOf(sql, me.userId, action)]).toEqual([action, 1]);
    }
    expect(await rewardsOf(me.customer.id)).toEqual([{ id: rewardId, status: "pending" }]);
  });
});

describe("granting a free month", () => {
  const granted = z.strictObject({
    reward_id: z.guid(),
    status: z.literal("pending"),
    manually_granted: z.literal(true),
  });

  test("makes a pending reward, with who and why, an audit row and a mail", async () => {
    const { customer } = await customerAccount(sql);
    const answer = await grant(customer.id, tokenOf("billing"));
    const { reward_id } = dataOf(answer, granted, 201);
    const reward = one(await sql`select * from referral_rewards where id = ${reward_id}`);
    expect(reward).toMatchObject({
      customer_id: customer.id,
      status: "pending",
      source: "manual",
      granted_by: admins.billing.userId,
      grant_reason: reason,
    });
    const audit = one(await sql`select * from audit_log where entity_id = ${reward_id}`);
    expect(audit).toMatchObject({
      action: "reward.granted",
      actor_id: admins.billing.userId,
      customer_id: customer.id,
      reason,
    });
    const mail = await eventually(async () => {
      const [row] = await sql`
        select * from notifications
        where customer_id = ${customer.id} and template = 'reward_granted' and status = 'captured'`;
      return row;
    });
    expect(mail.text_body).toContain(reason);
  });

  test("under one key twice, even at once, makes one; another request under it is refused", async () => {
    const { customer } = await customerAccount(sql);
    const headers = { "idempotency-key": randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => grant(customer.id, tokenOf("billing"), headers)),
    );
    const ids = answers.map((answer) => dataOf(answer, granted, 201).reward_id);
    expect(new Set(ids).size).toBe(1);
    expect(await rewardsOf(customer.id)).toHaveLength(1);
    const other = await call("POST", `/api/admin/customers/${customer.id}/referrals/grant`, {
      token: tokenOf("billing"),
      json: { reason: "Something else" },
      headers,
    });
    expect(refusalOf(other)).toBe("409 idempotency_key_reused");
    // A key belongs to the admin who used it.
    expect(refusalOf(await grant(customer.id, tokenOf("owner"), headers))).toBe("409 grant_recent");
    const confirmed = await call("POST", `/api/admin/customers/${customer.id}/referrals/grant`, {
      token: tokenOf("owner"),
      json: { reason, confirm_recent: true },
      headers,
    });
    dataOf(confirmed, granted, 201);
    expect(await rewardsOf(customer.id)).toHaveLength(2);
  });

  test.each([
    ["no reason", {}, "reason"],
    ["two letters", { reason: " ab " }, "reason"],
    ["501 letters", { reason: "x".repeat(501) }, "reason"],
    ["a list", { reason: ["because"] }, "reason"],
  ])("with %s is refused at the field", async (_what, json, field) => {
    const { customer } = await customerAccount(sql);
    const error = errorOf(
      await call("POST", `/api/admin/customers/${customer.id}/referrals/grant`, {
        token: tokenOf("billing"),
        json,
      }),
    );
    expect(error).toMatchObject({ status: 400, code: "invalid_request" });
    expect(Object.keys(error.fields)).toEqual([field]);
    expect(await rewardsOf(customer.id)).toEqual([]);
  });

  test("keeps a reason of any script and markup as it is", async () => {
    const { customer } = await customerAccount(sql);
    const odd = '<b>ké</b> — "5 % off"; Ngiyabonga 🎁';
    const answer = await call("POST", `/api/admin/customers/${customer.id}/referrals/grant`, {
      token: tokenOf("billing"),
      json: { reason: `  ${odd}\n` },
    });
    const { reward_id } = dataOf(answer, granted, 201);
    const row = one(await sql`select grant_reason from referral_rewards where id = ${reward_id}`);
    expect(row.grant_reason).toBe(odd);
  });

  test("for nobody, and under an id that is none", async () => {
    expect(refusalOf(await grant(randomUUID(), tokenOf("billing")))).toBe("404 not_found");
    const error = errorOf(await grant("7", tokenOf("billing")));
    expect(error).toMatchObject({ status: 400, fields: { id: "This is not a valid id." } });
  });
});

describe("revoking a free month", () => {
  const revoke = (customerId: string, json: object) =>
    call("POST", `/api/admin/customers/${customerId}/referrals/revoke`, {
      token: tokenOf("billing"),
      json,
    });
  const rewardFor = async (customerId: string) =>
    dataOf(await grant(customerId, tokenOf("billing")), z.object({ reward_id: z.guid() }), 201)
      .reward_id;

  test("is possible once, with reason, audit row and mail", async () => {
    const { customer } = await customerAccount(sql);
    const reward_id = await rewardFor(customer.id);
    const data = dataOf(await revoke(customer.id, { reward_id, reason }), z.unknown());
    expect(data).toEqual({ reward_id, status: "revoked", revoked_at: expect.any(String) });
    expect(refusalOf(await revoke(customer.id, { reward_id, reason }))).toBe(
      "409 reward_not_pending",
    );
    const audits = await sql`
      select action from audit_log where entity_id = ${reward_id} order by id`;
    expect(audits.map((row) => row.action)).toEqual(["reward.granted", "reward.revoked"]);
    await eventually(async () => {
      const [row] = await sql`
        select id from notifications
        where customer_id = ${customer.id} and template = 'reward_revoked'
          and status = 'captured'`;
      return row;
    });
  });

  test("of another customer, or one that does not exist, is not found", async () => {
    const { customer } = await customerAccount(sql);
    const other = await customerAccount(sql);
    const reward_id = await rewardFor(customer.id);
    for (const [id, reward] of [
      [other.customer.id, reward_id],
      [customer.id, randomUUID()],
    ] as const) {
      expect(refusalOf(await revoke(id, { reward_id: reward, reason }))).toBe("404 not_found");
    }
    expect(await rewardsOf(customer.id)).toEqual([{ id: reward_id, status: "pending" }]);
  });

  test("names both fields when both are wrong", async () => {
    const { customer } = await customerAccount(sql);
    const error = errorOf(await revoke(customer.id, { reward_id: "x", reason: "" }));
    expect(Object.keys(error.fields).sort()).toEqual(["reason", "reward_id"]);
  });
});

describe("orders and services", () => {
  const act = (path: string, json?: object) =>
    call("POST", path, { token: tokenOf("billing"), json });

  test("activating starts service and qualifying days, once, however often it is asked", async () => {
    const referrer = await customerAccount(sql);
    const placed = await placeOrder(sql, now(), { code: referrer.customer.referral_code });
    const path = `/api/admin/orders/${placed.order_id}/activate`;
    const answers = await Promise.all([act(path), act(path), act(path)]);
    for (const answer of answers) {
      expect(dataOf(answer, serviceSchema)).toMatchObject({
        order_id: placed.order_id,
        status: "active",
      });
    }
    const referral = await referralOf(sql, placed.order_id);
    expect(referral.status).toBe("active");
    const days = (Number(referral.qualifies_at) - Number(referral.activated_at)) / 86_400_000;
    expect(days).toBe(30);
    const audits = await countOf(sql<{ n: number }[]>`
      select count(*)::integer as n from audit_log
      where entity_id = ${placed.order_id} and action = 'order.activated'`);
    expect(audits).toBe(1);
    expect(refusalOf(await act(`/api/admin/orders/${placed.order_id}/cancel`, { reason }))).toBe(
      "409 order_not_cancellable",
    );
  });

  test("a cancelled order cannot be activated, and its friend no longer counts", async () => {
    const referrer = await customerAccount(sql);
    const placed = await placeOrder(sql, now(), { code: referrer.customer.referral_code });
    const data = dataOf(
      await act(`/api/admin/orders/${placed.order_id}/cancel`, { reason }),
      z.unknown(),
    );
    expect(data).toMatchObject({ id: placed.order_id, status: "cancelled" });
    expect(refusalOf(await act(`/api/admin/orders/${placed.order_id}/activate`))).toBe(
      "409 order_not_activatable",
    );
    expect((await referralOf(sql, placed.order_id)).status).toBe("cancelled");
  });

  test("a service is suspended, reactivated and cancelled; only its end ends the qualifying days", async () => {
    const referrer = await customerAccount(sql);
    const friend = await activeFriend(sql, referrer.customer, now());
    const path = `/api/admin/services/${friend.service}/status`;
    for (const [status, referral] of [
      ["suspended", "active"],
      ["active", "active"],
      ["cancelled", "cancelled"],
    ]) {
      const service = dataOf(await act(path, { status, reason }), serviceSchema);
      expect(service.status).toBe(status);
      expect((await referralOf(sql, friend.order)).status).toBe(referral);
    }
    expect(refusalOf(await act(path, { status: "active", reason }))).toBe(
      "409 service_status_invalid",
    );
    const error = errorOf(await act(path, { status: "pending", reason }));
    expect(error).toMatchObject({ status: 400, fields: { status: expect.any(String) } });
    const audits = await sql`
      select reason from audit_log where entity_id = ${friend.service} order by id`;
    expect(audits.map((row) => row.reason)).toEqual([reason, reason, reason]);
  });

  test("that do not exist are not found", async () => {
    expect(refusalOf(await act(`/api/admin/orders/${randomUUID()}/activate`))).toBe(
      "404 not_found",
    );
    expect(
      refusalOf(
        await act(`/api/admin/services/${randomUUID()}/status`, { status: "active", reason }),
      ),
    ).toBe("404 not_found");
  });
});

describe("customers", () => {
  const list = async (query: string) =>
    dataOf(
      await call("GET", `/api/admin/customers?${query}`, { token: tokenOf("support") }),
      customerPageSchema.extend({ next_cursor: z.string().nullable() }),
    );

  test("are found by name, e-mail, code and phone", async () => {
    const { customer, email } = await customerAccount(sql, {
      firstName: "Zanele",
      lastName: `Quux${newLetters()}`,
    });
    const { last_name } = one(await sql`select last_name from customers where id = ${customer.id}`);
    for (const q of [
      last_name,
      `Zanele ${last_name}`,
      String(last_name).toUpperCase(),
      email,
      customer.referral_code,
      customer.referral_code.slice(-8).toLowerCase(),
      customer.phone,
      `0${customer.phone.slice(3)}`,
    ]) {
      const page = await list(`q=${encodeURIComponent(q)}`);
      expect([q, page.customers.map((row) => row.id)]).toEqual([q, [customer.id]]);
    }
  });

  test.each([["%"], ["_"], ["%%%"], ["a%"], ["\\"], [",().:*"], ["'"], ['"'], ["*"]])(
    "are searched for %s as it is written",
    async (q) => {
      const page = await list(`q=${encodeURIComponent(q)}&limit=100`);
      for (const row of page.customers) {
        expect(`${row.name} ${row.email}`.toLowerCase()).toContain(q.toLowerCase());
      }
    },
  );

  test("whose names hold such characters are found by them", async () => {
    const tag = newLetters();
    const firstName = `O'Brien-${tag} St.`;
    const { customer } = await customerAccount(sql, { firstName, lastName: "X" });
    const page = await list(`q=${encodeURIComponent(firstName)}`);
    expect(page.customers.map((row) => row.id)).toEqual([customer.id]);
  });

  test("page by a cursor without a gap or a repetition", async () => {
    const tag = `Pager${newLetters()}`;
    for (let n = 0; n < 5; n += 1) await customerAccount(sql, { lastName: tag, service: "none" });
    const seen: string[] = [];
    let cursor = "";
    for (let pages = 0; pages < 10; pages += 1) {
      const page = await list(`q=${tag}&limit=2${cursor}`);
      seen.push(...page.customers.map((row) => row.id));
      if (!page.next_cursor) break;
      cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
    }
    expect(seen).toHaveLength(5);
    expect(new Set(seen).size).toBe(5);
  });

  test("are shown one by one with referrals, rewards, figures and trail", async () => {
    const referrer = await customerAccount(sql);
    await activeFriend(sql, referrer.customer, now());
    await grant(referrer.customer.id, tokenOf("billing"));
    const data = dataOf(
      await call("GET", `/api/admin/customers/${referrer.customer.id}/referrals`, {
        token: tokenOf("support"),
      }),
      customerReferralsSchema.omit({ time_zone: true }).extend({
        referrals: z.array(
          adminReferralSchema.extend({
            explanation: z.object({ code: z.literal("days_running"), text: z.string() }),
            reply: z.string().min(1),
          }),
        ),
      }),
    );
    expect(data.customer).toMatchObject({
      id: referrer.customer.id,
      name: "Thandi Nkosi",
      email: referrer.email,
      referral_code: referrer.customer.referral_code,
    });
    expect(data.stats).toMatchObject({
      total_referrals: 1,
      active_referrals: 1,
      rewards_earned: 0,
      rewards_applied: 0,
    });
    expect(data.referrals).toHaveLength(1);
    expect(data.rewards[0]).toMatchObject({
      status: "pending",
      granted_by: "Admin billing",
      grant_reason: reason,
    });
    expect(data.audit[0]).toMatchObject({ action: "reward.granted", actor_name: "Admin billing" });
    expect(
      refusalOf(
        await call("GET", `/api/admin/customers/${randomUUID()}/referrals`, {
          token: tokenOf("support"),
        }),
      ),
    ).toBe("404 not_found");
  });

  test.each([["limit=0"], ["limit=101"], ["cursor=%%"], [`q=${"x".repeat(121)}`], ["q=%00"]])(
    "refuse ?%s",
    async (query) => {
      const answer = await call("GET", `/api/admin/customers?${query}`, {
        token: tokenOf("support"),
      });
      expect(refusalOf(answer)).toBe("400 invalid_request");
    },
  );
});

describe("all referrals", () => {
  const path = (query: string) => `/api/admin/referrals?${query}`;
  const pageSchema = adminReferralPageSchema.extend({ next_cursor: z.string().nullable() });

  test("are filtered by status, flag and person, and paged", async () => {
    const tag = `Filter${newLetters()}`;
    const referrer = await customerAccount(sql, { lastName: tag });
    const code = referrer.customer.referral_code;
    await placeOrder(sql, now(), { code });
    await placeOrder(sql, now(), {
      code,
      flags: [{ signal: "shared_ip", severity: "flag", weight: 10 }],
    });
    await activeFriend(sql, referrer.customer, now());
    const list = async (query: string) =>
      dataOf(
        await call("GET", path(`q=${tag}&${query}`), { token: tokenOf("support") }),
        pageSchema,
      );
    expect((await list("")).referrals).toHaveLength(3);
    expect((await list("status=pending")).referrals).toHaveLength(2);
    expect((await list("flagged=true")).referrals).toHaveLength(1);
    expect((await list("flagged=false")).referrals).toHaveLength(2);
    const first = await list("limit=2");
    const second = await list(`limit=2&cursor=${first.next_cursor}`);
    const ids = [...first.referrals, ...second.referrals].map((row) => row.id);
    expect(new Set(ids).size).toBe(3);
    expect(second.next_cursor).toBeNull();
    for (const query of ["status=unknown", "flagged=maybe", "format=xml"]) {
      const answer = await call("GET", path(query), { token: tokenOf("support") });
      expect(refusalOf(answer)).toBe("400 invalid_request");
    }
  });

  test("as CSV run nothing in a spreadsheet, and survive quotes and line ends", async () => {
    const tag = `Csv${newLetters()}`;
    const slug = (await newPackage(sql)).slug;
    const referrer = await customerAccount(sql, { lastName: tag });
    // What else a formula starts with is refused in names; tests/unit/referral-export has it all.
    const names = ["-Anna", "‘t Hooft", "O'Brien", "Plain"];
    for (const first_name of names) {
      const answer = await call("POST", "/api/orders/create", {
        json: orderBody(slug, {
          referral_code: referrer.customer.referral_code,
          account: { first_name, last_name: "Z", email: newEmail("csv") },
        }),
        headers: { "idempotency-key": randomUUID() },
      });
      expect(answer.status).toBe(201);
    }
    const answer = await call("GET", path(`format=csv&q=${tag}`), { token: tokenOf("support") });
    expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="referrals.csv"');
    const { data, errors } = Papa.parse<Record<string, string>>(answer.text, {
      header: true,
      skipEmptyLines: true,
    });
    expect(errors).toEqual([]);
    expect(data).toHaveLength(names.length);
    const friends = data.map((row) => row.friend ?? "").sort();
    expect(friends).toEqual(["'-Anna Z", "‘t Hooft Z", "O'Brien Z", "Plain Z"].sort());
    for (const cell of data.flatMap((row) => Object.values(row))) {
      expect(cell).not.toMatch(/^[=+\-@\t\r]/);
    }
  });

  test("as CSV stream page after page, each referral once", async () => {
    const tag = `Bulk${newLetters()}`;
    const referrer = await customerAccount(sql, { lastName: tag });
    const total = 2_300;
    // Rows in bulk: what is tested is the export, not how they came about.
    await sql`
      with accounts as (
        insert into auth.users (id, email)
        select gen_random_uuid(), lower(${tag}) || n || '@bulk.test'
        from generate_series(1, ${total}::integer) as n
        returning id, email
      ), people as (
        insert into customers (auth_user_id, email, first_name, last_name)
        select id, email, 'Bulk', 'Row' from accounts
        returning id, email
      ), placed as (
        insert into orders (customer_id, package_id)
        select id, (select id from service_packages limit 1) from people
        returning id, customer_id
      )
      insert into customer_referrals
        (referrer_id, referral_code, referred_customer_id, referred_email, order_id, source,
         referred_at)
      select ${referrer.customer.id}, ${referrer.customer.referral_code}, p.id, p.email, o.id,
        'link', now() - interval '1 minute' * (row_number() over () / 7)
      from people as p join placed as o on o.customer_id = p.id`;
    const answer = await call("GET", path(`format=csv&q=${tag}`), { token: tokenOf("support") });
    const { data } = Papa.parse<Record<string, string>>(answer.text, {
      header: true,
      skipEmptyLines: true,
    });
    expect(data).toHaveLength(total);
    expect(new Set(data.map((row) => row.referral_id)).size).toBe(total);
  });
});

describe("the review queue", () => {
  const queueSchema = reviewQueueSchema.extend({ next_cursor: z.string().nullable() });
  const queued = async (referralId: string) => {
    for (let cursor = ""; ; ) {
      const page = dataOf(
        await call("GET", `/api/admin/review?limit=100${cursor}`, { token: tokenOf("reviewer") }),
        queueSchema,
      );
      const item = page.queue.find((row) => row.id === referralId);
      if (item || !page.next_cursor) return item;
      cursor = `&cursor=${page.next_cursor}`;
    }
  };
  const decide = (referralId: string, json: object) =>
    call("POST", `/api/admin/review/${referralId}`, { token: tokenOf("reviewer"), json });
  const flagged = async (code: string) => {
    const placed = await placeOrder(sql, now(), {
      code,
      flags: [
        {
          signal: "same_address_as_referrer",
          severity: "hold",
          weight: 40,
          evidence: { address_key: "k" },
        },
      ],
    });
    return { order: placed.order_id, referral: (await referralOf(sql, placed.order_id)).id };
  };

  test("shows the evidence, and a rejection ends the referral, once", async () => {
    const referrer = await customerAccount(sql);
    const { order, referral } = await flagged(referrer.customer.referral_code);
    const item = await queued(referral);
    expect(item?.open_flags[0]).toMatchObject({
      signal: "same_address_as_referrer",
      severity: "hold",
      evidence: { address_key: "k" },
    });
    const data = dataOf(await decide(referral, { decision: "reject", reason }), z.unknown());
    expect(data).toEqual({
      referral_id: referral,
      decision: "reject",
      status: "rejected",
      rewards_granted: 0,
      undo_until: expect.any(String),
    });
    expect((await referralOf(sql, order)).status).toBe("rejected");
    expect(await queued(referral)).toBeUndefined();
    expect(refusalOf(await decide(referral, { decision: "clear", reason }))).toBe(
      "409 referral_not_reviewable",
    );
  });

  test("grants at once what a cleared friend completes", async () => {
    const referrer = await customerAccount(sql);
    const { referral } = await flagged(referrer.customer.referral_code);
    const second = await placeOrder(sql, now(), { code: referrer.customer.referral_code });
    await sql`
      update customer_referrals set status = 'qualified', qualified_at = now(),
        activated_at = now() - interval '31 days', qualifies_at = now() - interval '1 day',
        referred_at = now() - interval '32 days'
      where id = ${referral} or order_id = ${second.order_id}`;
    const data = dataOf(await decide(referral, { decision: "clear", reason }), z.unknown());
    expect(data).toMatchObject({ decision: "clear", status: "qualified", rewards_granted: 1 });
    expect(await rewardsOf(referrer.customer.id)).toHaveLength(1);
    const balance = await call("GET", "/api/customer/referral-balance", { token: referrer.token });
    expect(dataOf(balance, z.object({ available_rewards: z.number() }))).toEqual({
      available_rewards: 1,
    });
  });

  test("refuses another decision than its two, and what has no flag", async () => {
    const referrer = await customerAccount(sql);
    const { referral } = await flagged(referrer.customer.referral_code);
    const error = errorOf(await decide(referral, { decision: "maybe", reason: "" }));
    expect(Object.keys(error.fields).sort()).toEqual(["decision", "reason"]);
    expect(refusalOf(await decide(randomUUID(), { decision: "clear", reason }))).toBe(
      "404 not_found",
    );
    const plain = await placeOrder(sql, now(), { code: referrer.customer.referral_code });
    const { id } = await referralOf(sql, plain.order_id);
    expect(refusalOf(await decide(id, { decision: "clear", reason }))).toBe(
      "409 referral_not_reviewable",
    );
  });
});

describe("the programme", () => {
  const read = async () =>
    dataOf(await call("GET", "/api/admin/program", { token: tokenOf("owner") }), programSchema);
  const put = (json: object) =>
    call("PUT", "/api/admin/program", { token: tokenOf("owner"), json });

  test("is changed by a new version; of two at once one wins, the other is told", async () => {
    const { current } = await read();
    const { reason: _reason, created_at: _at, created_by_name: _by, version, ...terms } = current;
    const change = { ...terms, reason: "Yearly review", expected_version: version };
    const answers = await Promise.all([put(change), put(change)]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409]);
    const lost = answers.find((answer) => answer.status === 409);
    if (!lost) throw new Error("nobody lost");
    expect(refusalOf(lost)).toBe("409 version_conflict");
    const after = await read();
    expect(after.current).toMatchObject({
      ...terms,
      version: version + 1,
      reason: "Yearly review",
    });
    expect(after.versions[0]).toMatchObject({
      version: version + 1,
      created_by_name: "Admin owner",
    });
    const audits = await countOf(sql<{ n: number }[]>`
      select count(*)::integer as n from audit_log
      where action = 'program.updated' and entity_id = ${String(version + 1)}`);
    expect(audits).toBe(1);
  });

  test("refuses terms out of range, field by field", async () => {
    const { current } = await read();
    const error = errorOf(
      await put({
        ...current,
        reason: "Wrong",
        expected_version: current.version,
        code_prefix: "r!",
        referrals_required: 0,
        qualifying_days: 1.5,
        reward_cap_cents: -1,
        is_paused: "yes",
      }),
    );
    expect(error).toMatchObject({ status: 400, code: "invalid_request" });
    expect(Object.keys(error.fields).sort()).toEqual([
      "code_prefix",
      "is_paused",
      "qualifying_days",
      "referrals_required",
      "reward_cap_cents",
    ]);
    expect((await read()).current.version).toBe(current.version);
  });
});

test("the figures cover the period asked for", async () => {
  const metrics = dataOf(
    await call("GET", "/api/admin/metrics?days=7", { token: tokenOf("support") }),
    metricsSchema.extend({ referrers: z.number(), top_referrers: topReferrersSchema.shape.top }),
  );
  expect(metrics.days).toBe(7);
  expect(Date.parse(metrics.to) - Date.parse(metrics.from)).toBe(7 * 86_400_000);
  for (const days of ["0", "731", "x", "1.5"]) {
    const answer = await call("GET", `/api/admin/metrics?days=${days}`, {
      token: tokenOf("support"),
    });
    expect(refusalOf(answer)).toBe("400 invalid_request");
  }
});

test("the figures of named days are compared as asked, and leave as files", async () => {
  const days = "from=2026-01-01&to=2026-01-31&compare=year";
  const metrics = dataOf(
    await call("GET", `/api/admin/metrics?${days}`, { token: tokenOf("support") }),
    metricsSchema,
  );
  expect(metrics).toMatchObject({
    first_day: "2026-01-01",
    last_day: "2026-01-31",
    previous_first_day: "2025-01-01",
    previous_last_day: "2025-01-31",
  });
  for (const table of METRICS_TABLES) {
    const file = await call("GET", `/api/admin/metrics?${days}&format=csv&table=${table}`, {
      token: tokenOf("support"),
    });
    expect(file.status).toBe(200);
    expect(file.headers.get("content-disposition")).toContain(`programme-${table}-2026-01-01`);
    expect(file.text.startsWith("\ufeff")).toBe(true);
  }
  for (const wrong of [
    "from=2026-02-01&to=2026-01-01",
    "from=2026-02-30",
    "from=2999-01-01",
    "days=7&compare=weather",
    "format=csv",
    "format=csv&table=people",
  ]) {
    const answer = await call("GET", `/api/admin/metrics?${wrong}`, { token: tokenOf("support") });
    expect([wrong, refusalOf(answer)]).toEqual([wrong, "400 invalid_request"]);
  }
});

test("a mail that was given up can be sent again, others cannot", async () => {
  const { customer } = await customerAccount(sql);
  const { id } = one(
    await sql<{ id: string }[]>`
      insert into notifications (template, recipient, customer_id, payload, status, dedupe_key)
      values ('reward_granted', ${customer.email}, ${customer.id}, ${sql.json({
        first_name: "Thandi",
        reason,
        expires_at: now(),
      })}, 'failed', ${`test:${randomUUID()}`})
      returning id`,
  );
  const retry = () =>
    call("POST", `/api/admin/notifications/${id}/retry`, { token: tokenOf("billing") });
  expect(dataOf(await retry(), z.unknown())).toEqual({ id, status: "queued" });
  await eventually(async () => {
    const [row] = await sql`select id from notifications where id = ${id} and status = 'captured'`;
    return row;
  });
  expect(refusalOf(await retry())).toBe("409 notification_not_retryable");
});

test("mails that were given up are sent again by cause, after a dry run", async () => {
  const { customer } = await customerAccount(sql);
  const { id } = one(
    await sql<{ id: string }[]>`
      insert into notifications
        (template, recipient, customer_id, payload, status, failure_cause, dedupe_key)
      values ('reward_granted', ${customer.email}, ${customer.id}, ${sql.json({
        first_name: "Thandi",
        reason,
        expires_at: now(),
      })}, 'failed', 'interrupted', ${`test:${randomUUID()}`})
      returning id`,
  );
  const resend = (json: object, role: Parameters<typeof tokenOf>[0] = "billing") =>
    call("POST", "/api/admin/notifications/resend", { token: tokenOf(role), json });
  expect(refusalOf(await resend({ cause: "interrupted", dry_run: false }))).toBe(
    "400 invalid_request",
  );
  const wish = { cause: "interrupted", dry_run: true };
  expect(refusalOf(await resend(wish, "support"))).toBe("403 forbidden");
  const found = { cause: "interrupted", mails: 1, left: 0, templates: { reward_granted: 1 } };
  expect(dataOf(await resend(wish), z.unknown())).toEqual({ ...found, dry_run: true });
  expect(dataOf(await resend({ ...wish, dry_run: false, reason }), z.unknown())).toEqual({
    ...found,
    dry_run: false,
  });
  await eventually(async () => {
    const [row] = await sql`select id from notifications where id = ${id} and status = 'captured'`;
    return row;
  });
});

test("methods that a route does not have are answered in the API's own shape", async () => {
  for (const [method, path, allow] of [
    ["DELETE", "/api/admin/customers", "GET"],
    ["GET", `/api/admin/orders/${randomUUID()}/activate`, "POST"],
    ["POST", "/api/admin/program", "GET, PUT"],
    ["PATCH", "/api/admin/metrics", "GET"],
  ] as const) {
    const answer = await call(method, path, { token: tokenOf("owner") });
    expect(refusalOf(answer)).toBe("405 method_not_allowed");
    expect(answer.headers.get("allow")).toBe(allow);
  }
});
