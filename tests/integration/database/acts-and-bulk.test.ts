/** Acts of admins before they are done, and one act for many. */
import { randomUUID } from "node:crypto";
import type { ISql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newAdmin, newCustomer, newPackage, newReferrer } from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { issuedInvoice } from "@/tests/support/invoices";
import { placeOrder } from "@/tests/support/orders";
import { countOf, one } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

type Json = Record<string, unknown>;
const reason = "An outage in the whole suburb";

const call = <T = Json>(
  user: string,
  work: (sql: ISql) => PromiseLike<readonly { answer: T }[]>,
): Promise<T> => asUser(db.sql, user, async (sql) => one(await work(sql)).answer);

const codeOf = async (work: PromiseLike<unknown>) => {
  const { code, message } = await refusal(work);
  return `${code} ${message}`;
};

interface Preview {
  refusal: { code: string; detail: string } | null;
  needs_approval: boolean;
  answer: Json | null;
  after: { balance_cents: number } | null;
  waiting: { waits_for: string[]; is_mine: boolean; may_decide: boolean }[];
  recent: Json[];
}

const preview = (user: string, act: string, intent: Json) =>
  call<Preview>(
    user,
    (sql) => sql`select public.preview_act(${act}, ${sql.json(intent as never)}) as answer`,
  );

/** Everything that an act could leave behind. */
const traces = async () =>
  one(
    await db.sql<Json[]>`
      select (select count(*) from audit_log)::text as audit,
        (select count(*) from notifications)::text as mails,
        (select count(*) from referral_rewards)::text as rewards,
        (select count(*) from credit_notes)::text as credits,
        (select count(*) from service_price_changes)::text as prices,
        (select string_agg(status, ',' order by id) from customer_services) as services,
        (select string_agg(n::text, ',' order by n.series, n.year) from invoice_series as n) as numbers`,
  );

async function billed() {
  const customer = await newReferrer(db.sql);
  const { id: serviceId } = one(
    await db.sql<{ id: string }[]>`
      select id from customer_services where customer_id = ${customer.id}`,
  );
  const invoice = await issuedInvoice(db.sql, { customerId: customer.id, serviceId });
  return { customer, serviceId, invoice };
}

describe("the effect of an act before it is done", () => {
  it("comes from the act itself, and leaves nothing behind", async () => {
    const admin = await newAdmin(db.sql, "billing");
    const { customer, serviceId, invoice } = await billed();
    const { slug } = await newPackage(db.sql, { priceCents: 99_900 });
    const before = await traces();
    const credit = await preview(admin, "credit", {
      invoice_number: invoice.number,
      amount_cents: 10_000,
    });
    expect(credit).toMatchObject({
      refusal: null,
      answer: { total_cents: 10_000, vat_cents: 1_304, remaining_cents: 69_900 },
      after: { balance_cents: 69_900 },
    });
    expect(
      await preview(admin, "change_package", { service_id: serviceId, package_slug: slug }),
    ).toMatchObject({ refusal: null, answer: { monthly_price_cents: 99_900 } });
    for (const status of ["suspended", "cancelled"]) {
      expect(await preview(admin, "set_status", { service_id: serviceId, status })).toMatchObject({
        refusal: null,
        answer: { status },
      });
    }
    expect(await preview(admin, "grant", { customer_id: customer.id })).toMatchObject({
      refusal: null,
      answer: { status: "pending", waiting_before: 0 },
    });
    expect(await traces()).toEqual(before);
  });

  it("names the rule that stands against it, and who was faster", async () => {
    const admin = await newAdmin(db.sql, "owner");
    const { customer, serviceId, invoice } = await billed();
    await call(
      admin,
      (sql) => sql`select public.issue_credit_note(${invoice.number}, null, ${reason}) as answer`,
    );
    const credited = await preview(admin, "credit", {
      invoice_number: invoice.number,
      amount_cents: null,
    });
    expect(credited.refusal?.code).toBe("nothing_to_credit");
    expect(JSON.parse(credited.refusal?.detail ?? "")).toMatchObject({ by: "Admin owner" });
    expect(credited.recent).toMatchObject([{ action: "credit_note.issued", reason }]);
    const active = await preview(admin, "set_status", { service_id: serviceId, status: "active" });
    expect(active.refusal).toMatchObject({ code: "service_status_invalid" });
    const mine = await newCustomer(db.sql, { authUserId: admin });
    expect((await preview(admin, "grant", { customer_id: mine.id })).refusal?.code).toBe(
      "own_account",
    );
    const id = { customer_id: customer.id };
    expect(await codeOf(preview(await newAdmin(db.sql, "support"), "grant", id))).toBe(
      "PT403 forbidden",
    );
    expect(await codeOf(preview(admin, "grant", { customer_id: randomUUID() }))).toBe(
      "PT404 not_found",
    );
    expect(await codeOf(preview(admin, "grant", { customer_id: "nobody" }))).toBe(
      "PT400 invalid_request",
    );
    expect(await codeOf(preview(admin, "forgive", id))).toBe("PT400 invalid_request");
  });

  it("says that a second person is needed, and shows to both what waits", async () => {
    const [asker, other] = [await newAdmin(db.sql, "billing"), await newAdmin(db.sql, "owner")];
    const { customer, serviceId } = await billed();
    const { slug } = await newPackage(db.sql, { priceCents: 999_900 });
    const intent = { service_id: serviceId, package_slug: slug };
    expect(await preview(asker, "change_package", intent)).toMatchObject({
      needs_approval: true,
      waiting: [],
    });
    await call(
      asker,
      (sql) =>
        sql`select public.change_service_package(${serviceId}, ${slug}, ${reason}) as answer`,
    );
    const waiting = (user: string) =>
      call<{ approvals: Preview["waiting"]; for_me: number }>(
        user,
        (sql) => sql`select public.list_waiting_approvals(${customer.id}) as answer`,
      );
    const own = await waiting(asker);
    expect(own).toMatchObject({ approvals: [{ is_mine: true, may_decide: false }], for_me: 0 });
    expect(own.approvals[0]?.waits_for).toContain("Admin owner");
    expect(await waiting(other)).toMatchObject({
      approvals: [{ is_mine: false, may_decide: true }],
      for_me: 1,
    });
    expect((await preview(other, "change_package", intent)).waiting).toHaveLength(1);
    expect(await codeOf(waiting(await newAdmin(db.sql, "reviewer")))).toBe("PT403 forbidden");
  });
});

interface Job {
  id: string;
  status: string;
  needs_approval: boolean;
  approval_id: string | null;
  counts: Record<string, number>;
  rows: { number: number; status: string; code: string | null; dry_run: Json | null }[];
}

interface PlanGiven {
  act?: string;
  lines?: string[] | null;
  filter?: Json;
  until?: string | null;
  confirm?: boolean;
}

const plan = (user: string, given: PlanGiven) =>
  call<Job>(
    user,
    (sql) => sql`select public.plan_bulk_job(
      ${given.act ?? "grant"}, ${given.lines ?? null}, ${sql.json((given.filter ?? {}) as never)},
      ${given.until ?? null}, ${given.confirm ?? false}, ${reason}) as answer`,
  );
const tryRows = (user: string, id: string) =>
  call<Job>(user, (sql) => sql`select public.try_bulk_items(${id}, 100) as answer`);
const start = (user: string, id: string) =>
  call<Job>(user, (sql) => sql`select public.start_bulk_job(${id}) as answer`);
const step = (user: string, id: string) =>
  call<{ number: number | null; code: string | null }>(
    user,
    (sql) => sql`select public.run_bulk_item(${id}) as answer`,
  );
const stop = (user: string, id: string) =>
  call<Job>(user, (sql) => sql`select public.stop_bulk_job(${id}, 'not wanted') as answer`);
const look = (user: string, id: string) =>
  call<Job>(user, (sql) => sql`select public.get_bulk_job(${id}) as answer`);
const runAll = async (user: string, id: string) => {
  for (;;) if ((await step(user, id)).number === null) return look(user, id);
};
const decide = (user: string, id: string | null, decision: string) =>
  call(user, (sql) => sql`select public.decide_approval(${id}, ${decision}, ${reason}) as answer`);
const customers = (n: number) => Promise.all(Array.from({ length: n }, () => newReferrer(db.sql)));
const grantsTo = (ids: string[]) =>
  countOf(db.sql<{ n: number }[]>`
    select count(*)::integer as n from referral_rewards where customer_id in ${db.sql(ids)}`);

describe("one act for many", () => {
  it("reads ids, codes and addresses, keeps no address, and refuses what is unclear at once", async () => {
    const admin = await newAdmin(db.sql, "billing");
    const [a, b] = await customers(2);
    if (!a || !b) throw new Error("no customers");
    const job = await plan(admin, {
      lines: [a.id, a.email, b.referral_code, "nobody@example.test", "X"],
    });
    const { rows, counts } = await look(admin, job.id);
    expect(rows.map(({ status, code }) => [status, code])).toEqual([
      ["pending", null],
      ["refused", "target_repeated"],
      ["pending", null],
      ["refused", "not_found"],
      ["refused", "not_found"],
    ]);
    expect(counts).toMatchObject({ items: 5, pending: 2, untried: 2 });
    expect(JSON.stringify(rows)).not.toContain("nobody@");
    for (const [given, code] of [
      [{ lines: [] }, "PT409 bulk_empty"],
      [{ lines: Array.from({ length: 1001 }, () => "X") }, "PT409 bulk_too_large"],
      [{ act: "extend_reward", lines: ["X"] }, "PT400 invalid_request"],
      [{ act: "forgive", lines: ["X"] }, "PT400 invalid_request"],
      [{ filter: { from: "soon" } }, "PT400 invalid_request"],
    ] as const) {
      expect([given, await codeOf(plan(admin, given as PlanGiven))]).toEqual([given, code]);
    }
    expect(await codeOf(plan(await newAdmin(db.sql, "support"), { lines: [a.id] }))).toBe(
      "PT403 forbidden",
    );
  });

  it("is tried without a trace, and respects the months that one person may grant", async () => {
    const admin = await newAdmin(db.sql, "billing");
    const people = await customers(4);
    await db.sql`
      insert into admin_settings (version, monthly_grants_per_admin, reason)
      select max(version) + 1, 3, 'a test' from admin_settings`;
    const job = await plan(admin, { lines: people.map(({ id }) => id) });
    const before = await traces();
    const tried = await tryRows(admin, job.id);
    expect(await traces()).toEqual(before);
    expect(tried.counts).toMatchObject({ untried: 0, would_do: 3, would_refuse: 1, done: 0 });
    await start(admin, job.id);
    const done = await runAll(admin, job.id);
    expect(done.status).toBe("done");
    expect(done.rows.map(({ status, code }) => code ?? status)).toEqual([
      "done",
      "done",
      "done",
      "grant_limit_reached",
    ]);
    expect(await grantsTo(people.map(({ id }) => id))).toBe(3);
    await db.sql`
      insert into admin_settings (version, reason)
      select max(version) + 1, 'a test' from admin_settings`;
  });

  it("nobody without the right of the act waits for a job, or holds it up", async () => {
    const [asker, support] = [await newAdmin(db.sql, "billing"), await newAdmin(db.sql, "support")];
    const job = await plan(asker, { lines: (await customers(1)).map(({ id }) => id) });
    await db.sql.begin(async (holder) => {
      await holder`select 1 from bulk_jobs where id = ${job.id} for update`;
      // Who waited for the lock would get 55P03 after three seconds.
      for (const act of [start, step, stop]) {
        expect(await codeOf(act(support, job.id))).toBe("PT403 forbidden");
      }
    });
    expect((await stop(asker, job.id)).status).toBe("stopped");
  });

  it("two who continue the same job do each row once, and each row is in the audit log", async () => {
    const [asker, other] = [await newAdmin(db.sql, "billing"), await newAdmin(db.sql, "owner")];
    const people = await customers(12);
    const job = await plan(asker, { lines: people.map(({ id }) => id) });
    expect(await codeOf(step(asker, job.id))).toBe("PT409 bulk_not_running");
    expect(await codeOf(start(other, job.id))).toBe("PT403 forbidden");
    expect((await start(asker, job.id)).status).toBe("running");
    expect((await start(asker, job.id)).status).toBe("running");
    await Promise.all([asker, other, asker, other].map((user) => runAll(user, job.id)));
    expect((await look(asker, job.id)).counts).toMatchObject({ done: 12, pending: 0 });
    expect(await grantsTo(people.map(({ id }) => id))).toBe(12);
    const audited = await countOf(db.sql<{ n: number }[]>`
      select count(*)::integer as n from audit_log
      where action = 'bulk.row_done' and entity_id = ${job.id} and actor_id = ${asker}
        and reason = ${reason}`);
    expect(audited).toBe(12);
    const granted = await countOf(db.sql<{ n: number }[]>`
      select count(*)::integer as n from referral_rewards
      where granted_by = ${asker} and customer_id in ${db.sql(people.map(({ id }) => id))}`);
    expect(granted).toBe(12);
    await expect(
      db.sql`update bulk_job_items set code = null where job_id = ${job.id}`,
    ).rejects.toThrow("immutable_row");
    await expect(db.sql`delete from bulk_jobs where id = ${job.id}`).rejects.toThrow(
      "immutable_row",
    );
  });

  it("says of a free month that was revoked meanwhile who was faster, and goes on", async () => {
    const [admin, other] = [await newAdmin(db.sql, "billing"), await newAdmin(db.sql, "owner")];
    const people = await customers(2);
    const rewards = await Promise.all(
      people.map(({ id }) =>
        call<{ reward_id: string }>(
          admin,
          (sql) => sql`select public.grant_reward(${id}, ${reason}) as answer`,
        ),
      ),
    );
    const job = await plan(admin, { act: "revoke", lines: people.map(({ email }) => email) });
    expect((await tryRows(admin, job.id)).counts).toMatchObject({ would_do: 2 });
    await start(admin, job.id);
    await call(
      other,
      (sql) =>
        sql`select public.revoke_reward(${people[0]?.id ?? ""}, ${rewards[0]?.reward_id ?? ""}, ${reason}) as answer`,
    );
    const { rows, status } = await runAll(admin, job.id);
    expect(status).toBe("done");
    expect(rows.map((row) => row.code ?? row.status)).toEqual(["reward_not_pending", "done"]);
    expect(JSON.stringify(rows[0])).toContain("Admin owner");
  });

  it("a stopped job, and one whose asker left, go on no more", async () => {
    const [asker, other] = [await newAdmin(db.sql, "billing"), await newAdmin(db.sql, "owner")];
    const people = await customers(3);
    const lines = people.map(({ id }) => id);
    const job = await plan(asker, { lines });
    await start(asker, job.id);
    await step(asker, job.id);
    expect((await stop(other, job.id)).status).toBe("stopped");
    expect(await codeOf(step(asker, job.id))).toBe("PT409 bulk_not_running");
    expect(await codeOf(stop(other, job.id))).toBe("PT409 bulk_not_running");
    expect(await grantsTo(lines)).toBe(1);
    const second = await plan(asker, { lines, confirm: true });
    await start(asker, second.id);
    await db.sql`update admin_users set is_active = false where auth_user_id = ${asker}`;
    expect(await codeOf(step(other, second.id))).toBe("PT409 bulk_asker_left");
    expect(await grantsTo(lines)).toBe(1);
  });

  it("above the number of rows for one person, waits for a second one, who is not in it", async () => {
    const [asker, other] = [await newAdmin(db.sql, "billing"), await newAdmin(db.sql, "owner")];
    const mine = await newReferrer(db.sql, { authUserId: other });
    const people = await customers(25);
    const many = async (lines: string[]) => {
      const job = await plan(asker, { lines, confirm: true });
      expect(job.needs_approval).toBe(true);
      const asked = await start(asker, job.id);
      expect(asked.status).toBe("waiting");
      expect(await codeOf(step(asker, job.id))).toBe("PT409 bulk_not_running");
      return asked;
    };
    const lines = people.map(({ id }) => id);
    const withOwn = await many([...lines, mine.id]);
    expect(await codeOf(decide(asker, withOwn.approval_id, "approve"))).toBe("PT403 own_request");
    expect(await codeOf(decide(other, withOwn.approval_id, "approve"))).toBe("PT403 own_account");
    await decide(other, withOwn.approval_id, "decline");
    expect((await look(asker, withOwn.id)).status).toBe("planned");
    const stranger = await newReferrer(db.sql);
    const job = await many([...lines, stranger.id]);
    await decide(other, job.approval_id, "approve");
    expect((await look(asker, job.id)).status).toBe("running");
    await step(asker, job.id);
    await stop(asker, job.id);
  });

  it("cancels orders and gives more time, found by what they are or by a filter", async () => {
    const admin = await newAdmin(db.sql, "owner");
    const referrer = await newReferrer(db.sql);
    const now = new Date().toISOString();
    const orders = [
      await placeOrder(db.sql, now, { code: referrer.referral_code }),
      await placeOrder(db.sql, now),
    ];
    const { id: referral } = one(
      await db.sql<{ id: string }[]>`
        select id from customer_referrals where referrer_id = ${referrer.id}`,
    );
    const until = one(
      await db.sql<{ day: string }[]>`select ((now() at time zone 'UTC')::date + 200)::text as day`,
    ).day;
    const longer = await plan(admin, { act: "extend_referral", lines: [referral], until });
    await start(admin, longer.id);
    expect((await runAll(admin, longer.id)).counts).toMatchObject({ done: 1 });
    const again = await plan(admin, { act: "extend_referral", lines: [referral], until });
    await start(admin, again.id);
    expect((await runAll(admin, again.id)).rows[0]?.code).toBe("invalid_request");
    const found = await plan(admin, { act: "extend_referral", filter: { from: until }, until });
    expect(found.counts.items).toBeGreaterThanOrEqual(1);

    const cancel = await plan(admin, {
      act: "cancel_order",
      lines: orders.map(({ order_number }) => order_number.toLowerCase()),
    });
    await start(admin, cancel.id);
    expect((await runAll(admin, cancel.id)).counts).toMatchObject({ done: 2 });

    const { reward_id } = await call<{ reward_id: string }>(
      admin,
      (sql) => sql`select public.grant_reward(${referrer.id}, ${reason}) as answer`,
    );
    const later = await plan(admin, {
      act: "extend_reward",
      lines: [reward_id],
      until: "2031-01-31",
    });
    await start(admin, later.id);
    expect((await runAll(admin, later.id)).counts).toMatchObject({ done: 1 });
    const { expires } = one(
      await db.sql<{ expires: string }[]>`
        select (expires_at at time zone 'Africa/Johannesburg')::text as expires
        from referral_rewards where id = ${reward_id}`,
    );
    expect(expires).toBe("2031-02-01 00:00:00");
    for (const act of ["revoke", "cancel_order", "extend_reward"]) {
      const filter = { from: "2000-01-01", to: "2100-01-01" };
      const answer = await plan(admin, {
        act,
        filter,
        until: act === "extend_reward" ? "2031-06-30" : null,
      }).catch((error: Error) => error.message);
      expect(typeof answer === "string" ? answer : answer.status).toMatch(/planned|bulk_empty/);
    }
    const grants = await plan(admin, { filter: { from: "2000-01-01", package: "no-such" } }).catch(
      (error: Error) => error.message,
    );
    expect(grants).toBe("bulk_empty");
  });

  it("leaves no invariant broken", async () => {
    const { violations } = await one(
      await db.sql<{ it: { violations: number; details: Json[] } }[]>`
        select public.verify_invariants('18_bulk') as it`,
    ).it;
    expect(violations).toBe(0);
  });
});
