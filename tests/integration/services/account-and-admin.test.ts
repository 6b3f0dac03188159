import { randomUUID } from "node:crypto";
import Papa from "papaparse";
import { afterAll, describe, expect, test } from "vitest";
import { linkTypeSchema } from "@/lib/access/schemas";
import { readSession } from "@/lib/access/session-service";
import { SignInService } from "@/lib/access/sign-in-service";
import { LIST_EXPORTS, listNameSchema } from "@/lib/composition/list-exports";
import { getPublicSite } from "@/lib/composition/public-site";
import { callerServices, serverServices } from "@/lib/composition/services";
import { localDate } from "@/lib/dates";
import type { ListPage } from "@/lib/paging";
import type { AuthClient } from "@/lib/supabase/clients";
import { checkHealth } from "@/lib/supabase/maintenance";
import { SCHEMA_VERSION } from "@/lib/supabase/schema-version";
import {
  adminAccount,
  customerAccount,
  enterStackEnvironment,
  forgedToken,
  newAccount,
  publicClient,
  secretClient,
  tokenClient,
} from "@/tests/support/api";
import { activeService, newAdmin, newPackage } from "@/tests/support/builders";
import { asCaller } from "@/tests/support/clients";
import { sharedDatabase } from "@/tests/support/database";
import { failureOf } from "@/tests/support/failure";
import { placeOrder } from "@/tests/support/orders";
import { newEmail, PASSWORD } from "@/tests/support/people";
import { one, referralOf } from "@/tests/support/rows";
import {
  authFailure,
  networkFailure,
  type StubAnswer,
  sqlFailure,
  stubClient,
} from "@/tests/support/stub-client";

const sql = sharedDatabase();
const restore = enterStackEnvironment();
afterAll(async () => {
  restore();
  await sql.end();
});

const accountsOf = ({ auth }: { auth: AuthClient } = publicClient()) =>
  new SignInService({ auth, server: secretClient(), passwordCheck: publicClient().auth });

/** A service whose auth server takes any password, and gives these answers to what is changed. */
async function scriptedAccount({ update, logout }: { update: StubAnswer; logout?: StubAnswer }) {
  const user = { id: randomUUID(), aud: "authenticated", email: newEmail("u"), app_metadata: {} };
  const session = {
    status: 200,
    body: {
      access_token: forgedToken({ sub: user.id, session_id: randomUUID() }),
      refresh_token: "r",
      token_type: "bearer",
      expires_in: 3600,
      user,
    },
  };
  const stub = stubClient(({ method, path }) => {
    if (path.endsWith("/token")) return session;
    if (path.endsWith("/logout")) return logout ?? { status: 204, body: undefined };
    return method === "PUT" ? update : { status: 200, body: user };
  });
  await stub.caller.auth.signInWithPassword({ email: user.email, password: "x" });
  const { caller: check } = stubClient(session);
  const accounts = new SignInService({
    auth: stub.caller.auth,
    server: secretClient(),
    passwordCheck: check.auth,
  });
  return { accounts, user, requests: stub.requests };
}

describe("SignInService", () => {
  test("says who the caller is: customer, admin, both or neither", async () => {
    const of = (token: string) => readSession(tokenClient(token));
    const customer = await customerAccount(sql);
    expect(await of(customer.token)).toMatchObject({
      user_id: customer.userId,
      customer: { id: customer.customer.id },
      admin: null,
      time_zone: "Africa/Johannesburg",
    });
    await newAdmin(sql, "reviewer", { authUserId: customer.userId });
    expect((await of(customer.token)).admin).toMatchObject({
      role: "reviewer",
      permissions: ["customers:view", "referrals:review"],
    });
    const nobody = await newAccount();
    expect(await of(nobody.token)).toMatchObject({ customer: null, admin: null });
    expect((await failureOf(of("made-up"))).code).toBe("unauthenticated");
  });

  test("signs in with the right password, and tells nothing about a wrong one", async () => {
    const account = await newAccount();
    const session = await accountsOf().signIn(account.email, PASSWORD);
    expect(session.user_id).toBe(account.userId);
    const wrong = await failureOf(accountsOf().signIn(account.email, "wrong"));
    const unknown = await failureOf(accountsOf().signIn(newEmail(), "wrong"));
    expect([wrong.code, wrong.message]).toEqual([unknown.code, unknown.message]);
  });

  test("reports an auth server that fails as unavailable, never as a wrong password", async () => {
    for (const answer of [authFailure(500, "unexpected_failure"), networkFailure()]) {
      const accounts = accountsOf(stubClient(answer).caller);
      expect((await failureOf(accounts.signIn("a@example.test", "x"))).code).toBe("unavailable");
      expect((await failureOf(accounts.requestPasswordReset("a@example.test"))).code).toBe(
        "unavailable",
      );
    }
  });

  test("passes on that the auth server wants fewer requests, and says how long to wait", async () => {
    const busy = authFailure(429, "over_request_rate_limit");
    const expected = { code: "rate_limited", status: 429, retryAfter: 60 };
    const accounts = accountsOf(stubClient(busy).caller);
    expect(await failureOf(accounts.signIn("a@example.test", "x"))).toMatchObject(expected);
    expect(await failureOf(accounts.requestPasswordReset("a@example.test"))).toMatchObject(
      expected,
    );
  });

  // What a known address alone would be answered must not tell that it is known.
  test("answers a reset for an unknown address, or one mailed just now, like any other", async () => {
    for (const answer of [
      authFailure(429, "over_email_send_rate_limit"),
      authFailure(400, "user_not_found"),
      { status: 200, body: {} },
    ]) {
      const accounts = accountsOf(stubClient(answer).caller);
      await expect(accounts.requestPasswordReset("a@example.test")).resolves.toBeUndefined();
    }
  });

  test("changes a password, names the field when the server refuses it, and needs a session", async () => {
    const account = await newAccount();
    const client = publicClient();
    await client.auth.signInWithPassword({ email: account.email, password: PASSWORD });
    const failure = await failureOf(accountsOf(client).changePassword("a brand new password"));
    expect(failure.fields).toEqual({ current_password: "Enter the password that you have now." });
    await accountsOf(client).changePassword("a brand new password", PASSWORD);
    await accountsOf().signIn(account.email, "a brand new password");
    for (const [answer, code] of [
      [authFailure(422, "same_password"), "invalid_request"],
      [authFailure(503, "unexpected_failure"), "unavailable"],
      [authFailure(429, "over_request_rate_limit"), "rate_limited"],
    ] as const) {
      const { accounts } = await scriptedAccount({ update: answer });
      const failure = await failureOf(accounts.changePassword("another password", "x"));
      expect(failure.code).toBe(code);
    }
  });

  test("ends the other sessions with the old password, and keeps its own", async () => {
    const account = await newAccount();
    const [mine, other] = [publicClient(), publicClient()];
    for (const client of [mine, other]) {
      await client.auth.signInWithPassword({ email: account.email, password: PASSWORD });
    }
    await accountsOf(mine).changePassword("a brand new password", PASSWORD);
    expect((await other.auth.refreshSession()).error).not.toBeNull();
    expect((await mine.auth.refreshSession()).error).toBeNull();
  });

  test("has changed the password even when the other sessions cannot be ended", async () => {
    const { accounts, requests } = await scriptedAccount({
      update: { status: 200, body: { id: randomUUID(), aud: "authenticated", app_metadata: {} } },
      logout: authFailure(500, "unexpected_failure"),
    });
    await accounts.changePassword("another password", "x");
    expect(requests.at(-1)?.path).toBe("/auth/v1/logout");
  });

  test("signs out without a session, and refuses a link that is made up", async () => {
    const accounts = accountsOf();
    await expect(accounts.signOut()).resolves.toBeUndefined();
    for (const type of linkTypeSchema.options) {
      expect((await failureOf(accounts.openLink("made-up", type))).code).toBe("link_expired");
    }
  });
});

describe("the services of admins", () => {
  test("has the rights of its caller only", async () => {
    const customer = await customerAccount(sql);
    const support = await adminAccount(sql, "support");
    const asCustomer = callerServices(tokenClient(customer.token)).admin;
    const asSupport = callerServices(tokenClient(support.token)).admin;
    expect((await failureOf(asCustomer.customers.listCustomers({}))).code).toBe("forbidden");
    expect(
      (await failureOf(asSupport.customers.grantReward(customer.customer.id, { reason: "Reason" })))
        .code,
    ).toBe("forbidden");
    expect((await failureOf(asSupport.referrals.getReviewQueue({}))).code).toBe("forbidden");
    expect((await failureOf(asSupport.programme.getProgram())).code).toBe("forbidden");
    const asServer = callerServices(asCaller(secretClient())).admin;
    const server = await failureOf(
      asServer.customers.grantReward(customer.customer.id, { reason: "Reason" }),
    );
    expect(["unauthenticated", "forbidden"]).toContain(server.code);
  });

  test("grants, revokes, and finds both in the customer's document", async () => {
    const { customer } = await customerAccount(sql);
    const billing = await adminAccount(sql, "billing");
    const admin = callerServices(tokenClient(billing.token)).admin;
    const { reward_id } = await admin.customers.grantReward(
      customer.id,
      { reason: "Goodwill" },
      randomUUID(),
    );
    const revoked = await admin.customers.revokeReward(
      customer.id,
      reward_id,
      "Granted by mistake",
    );
    expect(revoked).toMatchObject({ reward_id, status: "revoked" });
    expect(
      (await failureOf(admin.customers.revokeReward(customer.id, reward_id, "Once more"))).code,
    ).toBe("reward_not_pending");
    const document = await admin.customers.getCustomerReferrals(customer.id);
    expect(document.rewards[0]).toMatchObject({
      id: reward_id,
      status: "revoked",
      revoke_reason: "Granted by mistake",
    });
    expect(document.audit.map((entry) => entry.action)).toEqual([
      "reward.revoked",
      "reward.granted",
    ]);
  });

  test("lists orders by status and person, and acts on them", async () => {
    const billing = await adminAccount(sql, "billing");
    const admin = callerServices(tokenClient(billing.token)).admin;
    const placed = await placeOrder(sql, new Date().toISOString());
    const { email } = one(
      await sql<{ email: string }[]>`
        select email from customers where id = ${placed.customer_id}`,
    );
    const page = await admin.orders.listOrders({ q: email, status: "pending", limit: 5 });
    expect(page.orders.map((order) => order.id)).toEqual([placed.order_id]);
    expect(page.orders[0]).toMatchObject({ referral_outcome: "none", referrer: null });
    const cancelled = await admin.orders.cancelOrder(placed.order_id, "Changed their mind");
    expect(cancelled.status).toBe("cancelled");
    expect((await admin.orders.listOrders({ q: email, status: "pending" })).orders).toEqual([]);
    expect(
      (await failureOf(admin.orders.setServiceStatus(randomUUID(), "active", "Why not"))).code,
    ).toBe("not_found");
  });

  test("shows the queue, decides once, and pages all referrals", async () => {
    const referrer = await customerAccount(sql);
    const placed = await placeOrder(sql, new Date().toISOString(), {
      code: referrer.customer.referral_code,
      flags: [{ signal: "shared_ip", severity: "flag", weight: 5 }],
    });
    const { id } = await referralOf(sql, placed.order_id);
    const reviewer = await adminAccount(sql, "reviewer");
    const admin = callerServices(tokenClient(reviewer.token)).admin;
    const queue = await admin.referrals.getReviewQueue({ limit: 100 });
    expect(queue.open).toBeGreaterThan(0);
    const { reviews } = serverServices(secretClient());
    const decide = () => reviews.decide(reviewer.userId, id, "clear", "A shared office");
    expect(await decide()).toEqual({
      referral_id: id,
      decision: "clear",
      status: "pending",
      rewards_granted: 0,
      undo_until: expect.any(String),
    });
    expect((await failureOf(decide())).code).toBe("referral_not_reviewable");
    const page = await admin.referrals.listReferrals({ q: referrer.email, flagged: false });
    expect(page.referrals.map((row) => row.id)).toEqual([id]);
  });

  test("shows the mailbox and one mail, and sends only what failed again", async () => {
    const { customer } = await customerAccount(sql);
    const { id } = one(
      await sql<{ id: string }[]>`
        insert into notifications (template, recipient, customer_id, status, dedupe_key, created_at)
        values ('reward_granted', ${customer.email}, ${customer.id}, 'captured', ${`t:${randomUUID()}`},
          now() + interval '1 minute')
        returning id`,
    );
    const billing = await adminAccount(sql, "billing");
    const admin = callerServices(tokenClient(billing.token)).admin;
    const page = await admin.mailbox.listNotifications({ status: "captured", limit: 100 });
    expect(page.notifications.some((row) => row.id === id)).toBe(true);
    expect(await admin.mailbox.getNotification(id)).toMatchObject({
      id,
      recipient: customer.email,
    });
    expect((await failureOf(admin.mailbox.getNotification(randomUUID()))).code).toBe("not_found");
    expect((await failureOf(admin.mailbox.retryNotification(id))).code).toBe(
      "notification_not_retryable",
    );
  });

  test("reads the settings of mails, and refuses a version that is not the newest", async () => {
    const owner = await adminAccount(sql, "owner");
    const { mailbox } = callerServices(tokenClient(owner.token)).admin;
    const { current, versions } = await mailbox.getSettings();
    expect(versions[0]?.version).toBe(current.version);
    const late = mailbox.updateSettings({ retention_days: 90 }, "Too late", current.version + 7);
    expect((await failureOf(late)).code).toBe("version_conflict");
    const saved = await mailbox.updateSettings({}, "Looked at again", current.version);
    expect(saved).toEqual({
      ...current,
      version: current.version + 1,
      reason: "Looked at again",
      created_at: expect.any(String),
    });
  });

  test("keeps which mails a customer wants, in their account", async () => {
    const { token } = await customerAccount(sql);
    const { mailChoices } = callerServices(tokenClient(token));
    expect(await mailChoices.get()).toEqual({ programme: true, invoices: true });
    const choice = { programme: false, invoices: true };
    expect(await mailChoices.choose(choice)).toEqual(choice);
    expect(await mailChoices.get()).toEqual(choice);
    const nobody = await newAccount();
    const { mailChoices: theirs } = callerServices(tokenClient(nobody.token));
    expect((await failureOf(theirs.get())).code).toBe("forbidden");
  });

  test("reads the programme, and refuses a version that is not the newest", async () => {
    const owner = await adminAccount(sql, "owner");
    const admin = callerServices(tokenClient(owner.token)).admin;
    const { current } = await admin.programme.getProgram();
    const { version, reason: _r, created_at: _c, created_by_name: _n, ...terms } = current;
    expect(
      (await failureOf(admin.programme.updateProgram(terms, "Too late", version + 7))).code,
    ).toBe("version_conflict");
    const updated = await failureOf(
      admin.programme.updateProgram({ ...terms, referrals_required: -1 }, "Out of range", version),
    );
    expect(["invalid_request", "version_conflict"]).toContain(updated.code);
  });

  test("says what an act would do, and what stands against it, without doing it", async () => {
    const { customer } = await customerAccount(sql);
    await activeService(sql, customer.id, { priceCents: 79_900 });
    const billing = await adminAccount(sql, "billing");
    const admin = callerServices(tokenClient(billing.token)).admin;
    const support = callerServices(tokenClient((await adminAccount(sql, "support")).token)).admin;
    const grant = { act: "grant" as const, customer_id: customer.id };
    const first = await admin.acts.preview(grant);
    expect(first).toMatchObject({
      refusal: null,
      needs_approval: false,
      waiting: [],
      recent: [],
      grants: { made: 0 },
      reward: { used_before: 0, place: { waived_cents: 79_900 } },
      currency: "ZAR",
    });
    const granted = await admin.customers.grantReward(customer.id, { reason: "An outage" });
    expect(granted.waiting_before).toBe(0);
    const second = await admin.acts.preview(grant);
    expect(second.reward?.used_before).toBe(1);
    expect(second.reward?.place?.period_start).not.toBe(first.reward?.place?.period_start);
    expect(second.recent).toMatchObject([{ action: "reward.granted", reason: "An outage" }]);
    const revoke = {
      act: "revoke" as const,
      customer_id: customer.id,
      reward_id: granted.reward_id,
    };
    expect((await admin.acts.preview(revoke)).reward?.place).toEqual(first.reward?.place);
    await admin.customers.revokeReward(customer.id, granted.reward_id, "A mistake");
    const late = await admin.acts.preview(revoke);
    expect(late).toMatchObject({ after: null, refusal: { code: "reward_not_pending" } });
    expect(late.refusal?.message).toMatch(/Admin billing was faster: \d/);
    const again = await failureOf(
      admin.customers.revokeReward(customer.id, granted.reward_id, "Once more"),
    );
    expect(again.message).toMatch(/Admin billing was faster: \d/);
    expect((await failureOf(support.acts.preview(grant))).code).toBe("forbidden");
    const nobody = { act: "grant" as const, customer_id: randomUUID() };
    expect((await failureOf(admin.acts.preview(nobody))).code).toBe("not_found");
  });

  test("plans a bulk job, tries it, does each row once, and stops another", async () => {
    const billing = await adminAccount(sql, "billing");
    const admin = callerServices(tokenClient(billing.token)).admin;
    const people = await Promise.all([0, 1, 2].map(() => customerAccount(sql)));
    const [one_, two, three] = people.map(({ customer }) => customer);
    const text = [
      "email",
      one_?.email,
      two?.referral_code.toLowerCase(),
      three?.id,
      one_?.id,
      "nobody@example.test",
    ].join("\n");
    const planned = await admin.bulk.plan({ act: "grant", text, reason: "An outage" });
    expect(planned).toMatchObject({
      status: "planned",
      is_mine: true,
      needs_approval: false,
      counts: { items: 5, pending: 3, refused: 2, untried: 3 },
    });
    expect((await failureOf(admin.bulk.run(planned.id))).code).toBe("bulk_not_running");
    const tried = await admin.bulk.tryRows(planned.id);
    expect(tried.counts).toMatchObject({ untried: 0, would_do: 3, would_refuse: 0, done: 0 });
    const looked = await admin.bulk.get(planned.id, { after: 3 });
    expect(looked.rows.map(({ number, input, result }) => [number, input, result])).toEqual([
      [4, one_?.id, "An earlier row names the same."],
      [5, expect.stringContaining("•••@"), "Nothing was found by this."],
    ]);
    expect((await admin.bulk.start(planned.id)).status).toBe("running");
    const [ran] = await Promise.all([admin.bulk.run(planned.id), admin.bulk.run(planned.id)]);
    expect(ran).toMatchObject({ counts: { refused: 2 } });
    expect(await admin.bulk.get(planned.id, { isExport: true })).toMatchObject({
      status: "done",
      counts: { done: 3, pending: 0 },
    });
    const months = await sql<{ n: number }[]>`
      select count(*)::integer as n from referral_rewards
      where customer_id in ${sql([one_?.id ?? "", two?.id ?? "", three?.id ?? ""])}`;
    expect(one(months).n).toBe(3);
    expect((await admin.bulk.list({})).jobs.map(({ id }) => id)).toContain(planned.id);
    const other = await admin.bulk.plan({
      act: "extend_reward",
      text: one_?.email ?? "",
      until: "2031-01-31",
      reason: "A late installation",
    });
    expect((await admin.bulk.stop(other.id, "Planned twice")).status).toBe("stopped");
    expect((await failureOf(admin.bulk.stop(other.id, "Once more"))).code).toBe("bulk_not_running");
    const nothing = { act: "cancel_order" as const, filter: { from: "2199-01-01" } };
    expect((await failureOf(admin.bulk.plan({ ...nothing, reason: "None" }))).code).toBe(
      "bulk_empty",
    );
  });

  test("says what waits for a second person, and what new terms leave as it is", async () => {
    const owner = await adminAccount(sql, "owner");
    const admin = callerServices(tokenClient(owner.token)).admin;
    const waiting = await admin.approvals.listWaiting();
    expect(waiting).toMatchObject({ approvals: [], currency: "ZAR" });
    expect((await admin.programme.getEffect()).waiting_rewards).toBeGreaterThanOrEqual(0);
    const gone = await failureOf(admin.programme.withdrawScheduled(2_000_000_000, "Not wanted"));
    expect(gone.code).toBe("version_conflict");
  });

  test("compares a period with the one before it", async () => {
    const support = await adminAccount(sql, "support");
    const admin = callerServices(tokenClient(support.token)).admin;
    const referrer = await customerAccount(sql);
    await placeOrder(sql, new Date(Date.now() - 60_000).toISOString(), {
      code: referrer.customer.referral_code,
    });
    const today = localDate(new Date(), "Africa/Johannesburg");
    const metrics = await admin.metrics.getMetrics({ from: today, to: today });
    expect(metrics.current.orders).toBeGreaterThan(0);
    const empty = await admin.metrics.getMetrics({ from: "2001-01-01", to: "2001-01-31" });
    expect(empty.current).toMatchObject({ orders: 0, waived_cents: 0 });
  });

  test("does not show what a broken database says", async () => {
    const broken = stubClient(sqlFailure("42P01", 'relation "secret_table" does not exist'));
    const failure = await failureOf(
      callerServices(broken.caller).admin.customers.listCustomers({}),
    );
    expect(failure.code).toBe("internal");
    expect(failure.message).not.toContain("secret_table");
  });
});

describe("the lists of the admin area", () => {
  const asOwner = async () => callerServices(tokenClient((await adminAccount(sql, "owner")).token));
  const FILTERS: Record<keyof typeof LIST_EXPORTS, Record<string, string>> = {
    customers: { q: "customer", sort: "full_name" },
    orders: { status: "active", from: "2001-01-01" },
    claims: { status: "open" },
    approvals: { status: "for_me" },
    bulk_jobs: { q: "moved", status: "stopped" },
    mailbox: { status: "captured" },
    addresses: { cause: "bounced" },
    invoices: { status: "due", cycle: "2026-11", customer: randomUUID(), run: randomUUID() },
    payments: { status: "kept", to: "2199-12-31" },
    runs: { kind: "completion", status: "completed", cycle: "2026-10" },
    unbilled: { cycle: "2001-01" },
    team: { q: "nobody", role: "support", access: "ended", sort: "-created_at" },
    api_keys: { q: "rk_", standing: "revoked", sort: "name" },
  };

  test.each(listNameSchema.options)(
    "%s leave as one table, with and without filters",
    async (name) => {
      const owner = await asOwner();
      const written = async (query: Record<string, string>) => {
        const parts: string[] = [];
        let rows = 0;
        for await (const page of LIST_EXPORTS[name](owner, query).pages("Africa/Johannesburg")) {
          parts.push(page.text);
          rows += page.rows;
        }
        const { data, errors, meta } = Papa.parse<Record<string, string>>(parts.join(""), {
          header: true,
          skipEmptyLines: true,
        });
        expect(errors.filter(({ code }) => code !== "UndetectableDelimiter")).toEqual([]);
        expect(data).toHaveLength(rows);
        expect(meta.fields?.length).toBeGreaterThan(3);
        return { rows, fields: meta.fields };
      };
      const all = await written({});
      const some = await written(FILTERS[name]);
      expect(some.fields).toEqual(all.fields);
      expect(some.rows).toBeLessThanOrEqual(all.rows);
      expect(LIST_EXPORTS[name](owner, FILTERS[name]).filter).toMatchObject(
        name === "runs" ? { kind: "completion", cycle: "2026-10-01" } : {},
      );
    },
  );

  test.each([
    ["orders", { status: "lost" }],
    ["customers", { from: "yesterday" }],
    ["invoices", { cycle: "2026-13" }],
    ["mailbox", { cause: "weather" }],
  ] as const)("%s are not exported for %j", async (name, query) => {
    const owner = await asOwner();
    expect(() => LIST_EXPORTS[name](owner, query)).toThrow(
      expect.objectContaining({ code: "invalid_request" }),
    );
  });

  test("leave for those alone who may export", async () => {
    const { lists } = callerServices(tokenClient((await adminAccount(sql, "support")).token)).admin;
    expect((await failureOf(lists.requireExport())).code).toBe("forbidden");
    await (await asOwner()).admin.lists.requireExport();
  });

  test("are read a page at a time in both directions, and counted", async () => {
    const owner = await asOwner();
    const { customer } = await customerAccount(sql);
    for (let count = 0; count < 3; count += 1) {
      await placeOrder(sql, new Date(Date.now() - 60_000 * (count + 1)).toISOString(), {
        code: customer.referral_code,
      });
    }
    const read = (page: ListPage) =>
      owner.admin.referrals.listReferrals({ referrerId: customer.id, limit: 2, ...page });
    const first = await read({ count: true });
    expect(first).toMatchObject({ total: 3, has_more_than_total: false, previous_cursor: null });
    const second = await read({ cursor: first.next_cursor ?? undefined });
    expect(second.referrals).toHaveLength(1);
    expect(second.total).toBeUndefined();
    const back = await read({ cursor: second.previous_cursor ?? undefined, backward: true });
    expect(back.referrals.map(({ id }) => id)).toEqual(first.referrals.map(({ id }) => id));
    const oldest = await read({ sort: "referred_at", limit: 100 });
    expect(oldest.referrals.map(({ id }) => id)).toEqual(
      [...first.referrals, ...second.referrals].map(({ id }) => id).toReversed(),
    );
    const section = await owner.admin.records.readSection(customer.id, "referrals", {
      count: true,
    });
    expect(section).toMatchObject({ total: 3, next_cursor: null });
    const { stats, rewards_total } = await owner.admin.customers.getHead(customer.id);
    expect([stats.total_referrals, rewards_total]).toEqual([3, 0]);
    expect((await failureOf(owner.admin.customers.getHead(randomUUID()))).code).toBe("not_found");
  });

  test("are kept as views by their owner, and say what waits", async () => {
    const { lists } = (await asOwner()).admin;
    const view = await lists.saveView({ list: "orders", name: "Mine", query: "status=pending" });
    expect(await lists.views("orders")).toEqual([view]);
    await lists.deleteView(view.id);
    expect((await failureOf(lists.deleteView(view.id))).code).toBe("not_found");
    expect((await lists.countWork()).orders).toBeGreaterThan(0);
  });
});

describe("what every visitor may see", () => {
  test("is brand, terms and the packages on sale", async () => {
    const sold = await newPackage(sql, { priceCents: 45_000 });
    const site = await getPublicSite();
    expect(site).toMatchObject({ currency: "ZAR", timeZone: "Africa/Johannesburg" });
    expect(site.terms.referrals_required).toBe(2);
    expect(site.packages).toContainEqual(
      expect.objectContaining({ slug: sold.slug, monthly_price_cents: 45_000 }),
    );
  });

  test("includes whether the database answers", async () => {
    expect(await checkHealth(secretClient())).toMatchObject({ migration: SCHEMA_VERSION });
    expect((await failureOf(checkHealth(stubClient(networkFailure()).server))).code).toBe(
      "unavailable",
    );
  });
});
