import { randomUUID } from "node:crypto";
import type { ISql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  newAdmin,
  newAuthUser,
  newCustomer,
  newPackage,
  newReferrer,
} from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { issuedInvoice } from "@/tests/support/invoices";
import { placeOrder } from "@/tests/support/orders";
import { newEmail, newPhone } from "@/tests/support/people";
import { countOf, one } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

type Json = Record<string, unknown>;
const reason = "Agreed by telephone";

const call = (user: string, work: (sql: ISql) => PromiseLike<readonly { answer: Json }[]>) =>
  asUser(db.sql, user, async (sql) => one(await work(sql)).answer);

const grant = (admin: string, customer: string, confirm = false) =>
  call(
    admin,
    (sql) => sql`select public.grant_reward(${customer}, ${reason}, null, ${confirm}) as answer`,
  );

const codeOf = async (work: PromiseLike<unknown>) => {
  const { code, message } = await refusal(work);
  return `${code} ${message}`;
};

async function largeInvoice() {
  const customer = await newReferrer(db.sql);
  const { id: serviceId } = one(
    await db.sql<{ id: string }[]>`
      select id from customer_services where customer_id = ${customer.id}`,
  );
  const invoice = await issuedInvoice(db.sql, {
    customerId: customer.id,
    serviceId,
    totalCents: 900_000,
  });
  return { customer, serviceId, invoice };
}

describe("one's own account is that of the person, not of the login", () => {
  it.each([
    ["the same mailbox under another spelling", { mail: true }],
    ["the same phone", { phone: true }],
    ["the same address", { address: true }],
    ["the same mailbox behind a provider's alias", { mailbox: true }],
    ["the place of an order", { order: true }],
  ])("%s", async (_name, same) => {
    const phone = newPhone();
    const email = `first.last${randomUUID().slice(0, 8)}@gmail.com`;
    const key = randomUUID();
    const admin = await newAdmin(db.sql, "owner", { email });
    const mine = await newCustomer(db.sql, { authUserId: admin, email, phone });
    await db.sql`update customers set address_key = ${key} where id = ${mine.id}`;
    const alias = await newCustomer(db.sql, {
      ...("mail" in same
        ? { email: email.replace("@", "+2@").replace("first.last", "firstlast") }
        : {}),
      ...("phone" in same ? { phone } : {}),
    });
    if ("address" in same) {
      await db.sql`update customers set address_key = ${key} where id = ${alias.id}`;
    }
    if ("mailbox" in same) {
      await db.sql`update customers set mailbox = ${key} where id in (${mine.id}, ${alias.id})`;
    }
    if ("order" in same) {
      const { order_id } = await placeOrder(db.sql, new Date().toISOString());
      await db.sql`
        update orders set customer_id = ${alias.id}, address_key = ${key} where id = ${order_id}`;
    }
    expect(await codeOf(grant(admin, alias.id))).toBe("PT403 own_account");
    const stranger = await newCustomer(db.sql);
    expect(await grant(admin, stranger.id)).toMatchObject({ status: "pending" });
  });
});

describe("free months by hand", () => {
  it("a second admin is warned within a day, and grants after confirming", async () => {
    const [first, second] = [await newAdmin(db.sql, "billing"), await newAdmin(db.sql, "owner")];
    const customer = await newCustomer(db.sql);
    await grant(first, customer.id);
    const warned = await refusal(grant(second, customer.id));
    expect(`${warned.code} ${warned.message}`).toBe("PT409 grant_recent");
    expect(JSON.parse(warned.detail)).toMatchObject({
      granted_by: "Admin billing",
      status: "pending",
    });
    expect(await grant(second, customer.id, true)).toMatchObject({ status: "pending" });
  });

  it("a month that waits warns after a day, too", async () => {
    const admin = await newAdmin(db.sql, "billing");
    const customer = await newCustomer(db.sql);
    const { reward_id } = await grant(admin, customer.id);
    await db.sql`
      update referral_rewards set created_at = now() - interval '20 days'
      where id = ${String(reward_id)}`;
    expect(await codeOf(grant(admin, customer.id))).toBe("PT409 grant_recent");
  });

  it("the limit of a month holds per person, under whatever login, for grants at once, too", async () => {
    const admin = await newAdmin(db.sql, "owner", { email: "a.b.c@gmail.com" });
    const alias = await newAdmin(db.sql, "billing", { email: "abc+office@gmail.com" });
    await call(
      admin,
      (sql) =>
        sql`select public.update_admin_settings('{"monthly_grants_per_admin": 5}', ${reason},
        (select max(version) from admin_settings)) as answer`,
    );
    const customers = await Promise.all(Array.from({ length: 12 }, () => newCustomer(db.sql)));
    const outcomes = await Promise.allSettled(
      customers.map(({ id }, n) => grant(n % 2 === 0 ? admin : alias, id)),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    const refusals = outcomes.flatMap((o) =>
      o.status === "rejected" ? [(o.reason as Error).message] : [],
    );
    expect(new Set(refusals)).toEqual(new Set(["grant_limit_reached"]));
  });
});

describe("what needs a second person", () => {
  const credit = (admin: string, number: string, cents: number | null = null) =>
    call(
      admin,
      (sql) => sql`select public.issue_credit_note(${number}, ${cents}, ${reason}) as answer`,
    );
  const decide = (admin: string, id: unknown, decision: string) =>
    call(
      admin,
      (sql) => sql`select public.decide_approval(${String(id)}, ${decision}, ${reason}) as answer`,
    );
  const notesOf = (invoice: string) =>
    countOf(db.sql<{ n: number }[]>`
      select count(*)::integer as n from credit_notes where invoice_id = ${invoice}`);

  it("a large credit note is issued once, when somebody else approves it, by twenty at once", async () => {
    const asker = await newAdmin(db.sql, "billing");
    const others = await Promise.all(Array.from({ length: 20 }, () => newAdmin(db.sql, "billing")));
    const { invoice } = await largeInvoice();
    const { approval_id, status } = await credit(asker, invoice.number);
    expect(status).toBe("pending_approval");
    expect(await credit(asker, invoice.number)).toMatchObject({ approval_id });
    expect(await notesOf(invoice.id)).toBe(0);
    expect(await codeOf(decide(asker, approval_id, "approve"))).toBe("PT403 own_request");
    const outcomes = await Promise.allSettled(
      others.map((other) => decide(other, approval_id, "approve")),
    );
    expect(outcomes.filter(({ status: s }) => s === "fulfilled")).toHaveLength(1);
    expect(await notesOf(invoice.id)).toBe(1);
    expect(await credit(asker, (await largeInvoice()).invoice.number, 1_000)).toMatchObject({
      total_cents: 1_000,
    });
  });

  it("the asker cannot approve it under another login", async () => {
    const asker = await newAdmin(db.sql, "billing", { email: "some.body@gmail.com" });
    const alias = await newAdmin(db.sql, "owner", { email: "somebody+x@googlemail.com" });
    const { invoice } = await largeInvoice();
    const { approval_id } = await credit(asker, invoice.number);
    expect(await codeOf(decide(alias, approval_id, "approve"))).toBe("PT403 own_request");
    expect(await decide(alias, approval_id, "withdraw")).toMatchObject({ status: "withdrawn" });
  });

  it("a request expires, a declined one is not carried out, and neither comes back", async () => {
    const [asker, other] = [await newAdmin(db.sql, "billing"), await newAdmin(db.sql, "billing")];
    const { invoice } = await largeInvoice();
    const first = await credit(asker, invoice.number);
    await db.sql`
      update approvals set expires_at = now() - interval '1 second'
      where id = ${String(first.approval_id)}`;
    expect(await codeOf(decide(other, first.approval_id, "approve"))).toBe("PT409 approval_closed");
    const second = await credit(asker, invoice.number);
    expect(second.approval_id).not.toBe(first.approval_id);
    await decide(other, second.approval_id, "decline");
    expect(await codeOf(decide(other, second.approval_id, "approve"))).toBe(
      "PT409 approval_closed",
    );
    expect(await notesOf(invoice.id)).toBe(0);
  });

  it("a large change of price waits, and the asker must still be allowed to make it", async () => {
    const [asker, other] = [await newAdmin(db.sql, "billing"), await newAdmin(db.sql, "owner")];
    const { serviceId } = await largeInvoice();
    const { slug } = await newPackage(db.sql, { priceCents: 500_000 });
    const { approval_id } = await call(
      asker,
      (sql) =>
        sql`select public.change_service_package(${serviceId}, ${slug}, ${reason}) as answer`,
    );
    await db.sql`update admin_users set is_active = false where auth_user_id = ${asker}`;
    expect(await codeOf(decide(other, approval_id, "approve"))).toBe("PT403 forbidden");
    await db.sql`update admin_users set is_active = true where auth_user_id = ${asker}`;
    expect(await decide(other, approval_id, "approve")).toMatchObject({ status: "approved" });
    const { price } = one(
      await db.sql<{ price: string }[]>`
        select monthly_price_cents as price from customer_services where id = ${serviceId}`,
    );
    expect(Number(price)).toBe(500_000);
  });

  it("a run ahead of its month needs an owner, and an approval that opens one run", async () => {
    const [owner, billing] = [await newAdmin(db.sql, "owner"), await newAdmin(db.sql, "billing")];
    const start = (actor: string) => db.sql`
      select public.start_billing_run('2199-01-01', '2199-02-01', '2199-02-01', 'admin', true,
        ${actor}, p_force_reason => ${reason})`;
    const ask = (admin: string) =>
      call(
        admin,
        (sql) => sql`select public.request_forced_run('2199-01-01', ${reason}) as answer`,
      );
    expect(await codeOf(start(owner))).toBe("PT409 approval_needed");
    expect(await codeOf(ask(billing))).toBe("PT403 forbidden");
    const { approval_id } = await ask(owner);
    await decide(billing, approval_id, "approve");
    expect(await codeOf(start(billing))).toBe("PT409 approval_needed");
    await start(owner);
    expect(await codeOf(start(owner))).toBe("PT409 approval_needed");
  });
});

describe("the team", () => {
  const update = (owner: string, id: string, role: string, active = true) =>
    call(
      owner,
      (sql) =>
        sql`select public.update_team_member(${id}, ${role}, ${active}, ${reason}) as answer`,
    );
  const memberId = async (user: string) =>
    one(await db.sql<{ id: string }[]>`select id from admin_users where auth_user_id = ${user}`).id;

  const withoutOwners = () =>
    db.sql.begin(async (sql) => {
      await sql`set local session_replication_role = 'replica'`;
      await sql`update admin_users set is_active = false where role = 'owner'`;
    });

  it("keeps an owner when two owners take each other's rights at once", async () => {
    await withoutOwners();
    const [a, b] = [await newAdmin(db.sql, "owner"), await newAdmin(db.sql, "owner")];
    const outcomes = await Promise.allSettled([
      memberId(b).then((id) => update(a, id, "support")),
      memberId(a).then((id) => update(b, id, "owner", false)),
    ]);
    expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(1);
    expect(
      await countOf(db.sql<{ n: number }[]>`
        select count(*)::integer as n from admin_users where role = 'owner' and is_active`),
    ).toBeGreaterThan(0);
  });

  it("refuses the last owner's and one's own demotion as conflicts, and audits a change", async () => {
    await withoutOwners();
    const owner = await newAdmin(db.sql, "owner");
    expect(await codeOf(update(owner, await memberId(owner), "billing"))).toBe("PT409 last_owner");
    const other = await newAdmin(db.sql, "owner");
    expect(await codeOf(update(owner, await memberId(owner), "billing"))).toBe("PT409 own_account");
    await update(owner, await memberId(other), "support");
    const row = one(
      await db.sql<{ reason: string; actor: string; after: Json }[]>`
        select reason, actor_id as actor, after from audit_log
        where action = 'admin.changed' and entity_id = ${await memberId(other)}`,
    );
    expect(row).toMatchObject({ reason, actor: owner, after: { role: "support" } });
  });

  it("gives no rights before the invitation is accepted, and ends what others know then", async () => {
    const owner = await newAdmin(db.sql, "owner");
    const email = newEmail("invited");
    const user = await newAuthUser(db.sql, { email });
    await db.sql`
      insert into auth.sessions (id, user_id, created_at) values (${randomUUID()}, ${user}, now())`;
    await call(
      owner,
      (sql) => sql`select public.add_team_member(${email}, 'New One', 'owner') as answer`,
    );
    const may = async () =>
      asUser(db.sql, user, async (sql) =>
        one(await sql<{ may: boolean }[]>`select public.has_permission('admins:manage') as may`),
      );
    expect(await may()).toEqual({ may: false });
    const mine = randomUUID();
    await db.sql`insert into auth.sessions (id, user_id, created_at) values (${mine}, ${user}, now())`;
    await db.sql`select public.accept_team_invitation(${user}, ${mine})`;
    const left = await db.sql<
      { id: string }[]
    >`select id from auth.sessions where user_id = ${user}`;
    expect(left.map(({ id }) => id)).toEqual([mine]);
    expect(await may()).toEqual({ may: true });
  });
});

describe("sessions of admins", () => {
  const asSession = (user: string, claims: Json, work: (sql: ISql) => Promise<unknown>) =>
    db.sql.begin(async (sql) => {
      const all = JSON.stringify({ sub: user, role: "authenticated", ...claims });
      await sql`select set_config('request.jwt.claims', ${all}, true)`;
      return work(sql);
    });
  const session = async (user: string, age: string) => {
    const id = randomUUID();
    await db.sql`
      insert into auth.sessions (id, user_id, created_at)
      values (${id}, ${user}, now() - ${age}::interval)`;
    return id;
  };
  const may = (user: string, claims: Json) =>
    asSession(
      user,
      claims,
      async (sql) =>
        one(await sql<{ may: boolean }[]>`select public.has_permission('customers:view') as may`)
          .may,
    );

  it("end when they are old, unused for an hour, or revoked", async () => {
    const admin = await newAdmin(db.sql, "owner");
    const fresh = await session(admin, "1 minute");
    expect(await may(admin, { session_id: fresh })).toBe(true);
    const idle = await session(admin, "61 minutes");
    expect(await may(admin, { session_id: idle })).toBe(false);
    await db.sql`
      insert into account_sessions (session_id, auth_user_id, last_seen_at)
      values (${idle}, ${admin}, now() - interval '5 minutes')`;
    expect(await may(admin, { session_id: idle })).toBe(true);
    const old = await session(admin, "13 hours");
    await db.sql`insert into account_sessions (session_id, auth_user_id) values (${old}, ${admin})`;
    expect(await may(admin, { session_id: old })).toBe(false);
    await db.sql`delete from auth.sessions where id = ${fresh}`;
    expect(await may(admin, { session_id: fresh })).toBe(false);
  });

  it("give nothing without the second factor of the account", async () => {
    const admin = await newAdmin(db.sql, "owner");
    const session_id = await session(admin, "1 minute");
    const app_metadata = { second_factor: true };
    expect(await may(admin, { session_id, app_metadata, aal: "aal1" })).toBe(false);
    expect(await may(admin, { session_id, app_metadata, aal: "aal2" })).toBe(true);
    const customer = await newCustomer(db.sql);
    const own = (aal: string) =>
      asSession(customer.auth_user_id, { app_metadata, aal }, async (sql) =>
        one(await sql`select private.current_customer_id() as id`),
      );
    expect(await own("aal1")).toEqual({ id: null });
    expect(await own("aal2")).toEqual({ id: customer.id });
  });

  it("must have the password within ten minutes for a dangerous act", async () => {
    const admin = await newAdmin(db.sql, "owner");
    const session_id = await session(admin, "11 minutes");
    const save = () =>
      asSession(admin, { session_id }, async (sql) => {
        await sql`
          select public.update_program('{}', ${reason}, (select max(version) from referral_program))`;
      });
    expect(await codeOf(save())).toBe("PT403 password_needed");
    await db.sql`select public.note_session_proof(${session_id}, ${admin}, 'password')`;
    await save();
  });

  it("a second factor is required by somebody who has given one, and by nobody else", async () => {
    const admin = await newAdmin(db.sql, "owner");
    const session_id = await session(admin, "1 minute");
    const demand = (aal: string) =>
      asSession(admin, { session_id, aal }, async (sql) => {
        await sql`
          select public.update_admin_settings('{"second_factor_required": true}', ${reason},
            (select max(version) from admin_settings))`;
        expect(await sql`select public.has_permission('admins:manage') as may`).toEqual([
          { may: true },
        ]);
        const low = JSON.stringify({ sub: admin, session_id, aal: "aal1" });
        await sql`select set_config('request.jwt.claims', ${low}, true)`;
        expect(await sql`select public.has_permission('admins:manage') as may`).toEqual([
          { may: false },
        ]);
        throw new Error("undone");
      });
    expect(await codeOf(demand("aal1"))).toBe("PT409 second_factor_not_set_up");
    await expect(demand("aal2")).rejects.toThrow("undone");
  });
});

describe("the audit log", () => {
  const violations = async () =>
    (
      await db.sql<{ rule: string; entity: string }[]>`
        select rule, entity from private.violations_09_audit_chain
        union all
        select rule, entity from private.violations_09_audit_seals`
    ).map((row) => ({ ...row }));
  const behindTheTriggers = (work: (sql: ISql) => Promise<unknown>) =>
    db.sql.begin(async (sql) => {
      await sql`set local session_replication_role = 'replica'`;
      await work(sql);
    });

  it("notices a row that was changed or taken away behind the triggers' back", async () => {
    const ids = await db.sql<{ id: string }[]>`
      insert into audit_log (action, entity_type, reason)
      values ('test.one', 'test', 'first'), ('test.two', 'test', 'second'),
        ('test.three', 'test', 'third')
      returning id`;
    const [first, second, third] = ids.map(({ id }) => id);
    await db.sql`select public.seal_audit_log()`;
    expect(await violations()).toEqual([]);
    await behindTheTriggers(
      (sql) => sql`update audit_log set reason = 'another' where id = ${first ?? ""}`,
    );
    expect(await violations()).toEqual([
      { rule: "audit row changed after it was sealed", entity: first },
    ]);
    await behindTheTriggers(
      (sql) => sql`update audit_log set reason = 'first' where id = ${first ?? ""}`,
    );
    // Whoever also makes the seal anew breaks the next one.
    await behindTheTriggers(async (sql) => {
      await sql`update audit_log set reason = 'forged' where id = ${second ?? ""}`;
      await sql`
        update audit_chain as s set hash = private.audit_hash(
          (select p.hash from audit_chain as p where p.position = s.position - 1), l)
        from audit_log as l where l.id = s.audit_id and s.audit_id = ${second ?? ""}`;
    });
    expect(await violations()).toEqual([
      { rule: "audit row changed after it was sealed", entity: third },
    ]);
    await behindTheTriggers((sql) => sql`delete from audit_log where id = ${third ?? ""}`);
    expect((await violations()).map(({ rule }) => rule)).toEqual(["sealed audit row is gone"]);
  });

  it("seals each row once when many seal and many write at once", async () => {
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        n % 4 === 0
          ? db.sql`select public.seal_audit_log(7)`
          : db.sql`insert into audit_log (action, entity_type) values ('test.many', 'test')`,
      ),
    );
    await db.sql`select public.seal_audit_log()`;
    const { waiting, sealed } = one(
      await db.sql<{ waiting: number; sealed: number }[]>`
        select (select count(*)::integer from audit_unsealed) as waiting,
          (select count(*)::integer from audit_chain as s
           join audit_log as l on l.id = s.audit_id where l.action = 'test.many') as sealed`,
    );
    expect({ waiting, sealed }).toEqual({ waiting: 0, sealed: 30 });
  });

  it("has a row for packages, settings and team that nobody's function changed", async () => {
    const { id } = await newPackage(db.sql);
    await db.sql`update service_packages set monthly_price_cents = 12345 where id = ${id}`;
    const actions = await db.sql<{ action: string; before: Json; after: Json }[]>`
      select action, before, after from audit_log where entity_id = ${id} order by id`;
    expect(actions.map(({ action }) => action)).toEqual(["package.added", "package.changed"]);
    expect(actions[1]).toMatchObject({
      before: { monthly_price_cents: 79_900 },
      after: { monthly_price_cents: 12_345 },
    });
  });

  it("is read by billing and owners, with literal filters and pages", async () => {
    const [billing, support] = [
      await newAdmin(db.sql, "billing"),
      await newAdmin(db.sql, "support"),
    ];
    const word = randomUUID();
    await db.sql`
      insert into audit_log (action, entity_type, reason, actor_id)
      select 'test.page', 'test', ${word} || ' 100%_', ${billing} from generate_series(1, 5)`;
    const read = (user: string, q: string, before: number | null = null) =>
      call(
        user,
        (sql) =>
          sql`select public.list_audit(p_q => ${q}, p_actor => ${billing}, p_action => 'test',
            p_from => '2020-01-01', p_to => '2199-12-31', p_before_id => ${before}, p_limit => 3)
            as answer`,
      );
    expect(await codeOf(read(support, word))).toBe("PT403 forbidden");
    const first = await read(billing, `${word} 100%_`);
    expect(first.entries).toHaveLength(3);
    const rest = await read(billing, word, Number(first.next_before_id));
    expect(rest.entries).toHaveLength(2);
    expect(rest.next_before_id).toBeNull();
    expect((await read(billing, `${word}_100`)).entries).toEqual([]);
  });
});
