import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toAppError } from "@/lib/supabase/rpc";
import {
  activeService,
  newAdmin,
  newAuthUser,
  newCustomer,
  newReferrer,
  type TestCustomer,
} from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { creditInvoice, issuedInvoice } from "@/tests/support/invoices";
import { activeFriend, orderInput, placeOrder, qualify, sendOrder } from "@/tests/support/orders";
import { newLetters } from "@/tests/support/people";
import { countOf, one, verify } from "@/tests/support/rows";

let db: OwnDatabase;
let sql: Sql;
let owner: string;
beforeAll(async () => {
  db = await ownDatabase();
  sql = db.sql;
  owner = await newAdmin(sql, "owner");
});
afterAll(() => db.drop());

const NOW = "2026-06-20T08:00:00Z";
const reason = "Asked for it on the phone";

const erase = (customerId: string, asOf = NOW) => sql<{ answer: Record<string, string> }[]>`
  select private.erase_customer(${customerId}, ${reason}, ${owner}, ${asOf}) as answer`;

const erasures = (customerId: string) =>
  countOf(sql<{ n: number }[]>`
    select count(*)::integer as n from audit_log
    where action = 'customer.erased' and entity_id = ${customerId} and reason = ${reason}
      and actor_id = ${owner} and customer_id = ${customerId}`);

const isErased = async (customerId: string) =>
  one(
    await sql<{ erased: boolean }[]>`
      select erased_at is not null as erased from customers where id = ${customerId}`,
  ).erased;

/** An invoice of a service for the month that starts on a day, with the customer as its buyer. */
async function invoice(customerId: string, serviceId: string, start: string): Promise<string> {
  const buyer = one(
    await sql<{ name: string; email: string }[]>`
      select first_name as name, email from customers where id = ${customerId}`,
  );
  const { number } = await issuedInvoice(sql, {
    customerId,
    serviceId,
    buyer,
    month: start.slice(0, 7),
    issuedAt: `${start}T06:00:00Z`,
    dueOn: `${start.slice(0, 7)}-15`,
  });
  return number;
}

const pay = (number: string) => sql`select public.record_invoice_payment(${number}, 79900, ${NOW})`;

/** A customer whose only service ended long ago, with one paid invoice. */
async function formerCustomer(): Promise<{ customer: TestCustomer; invoice: string }> {
  const customer = await newCustomer(sql);
  const service = await activeService(sql, customer.id, { activatedAt: "2026-02-01T08:00:00Z" });
  const number = await invoice(customer.id, service, "2026-03-01");
  await pay(number);
  await sql`
    select private.set_service_status(${service}, 'cancelled', 'moved away', null, '2026-03-20T08:00:00Z')`;
  return { customer, invoice: number };
}

describe("an erasure", () => {
  it("leaves the log of the auth server to the job, which deletes what it says of the person", async () => {
    const [gone, kept] = [await newCustomer(sql), await newCustomer(sql)];
    for (const { auth_user_id } of [gone, gone, kept]) {
      await sql`
        insert into auth.audit_log_entries (id, payload, created_at)
        values (gen_random_uuid(), ${sql.json({ action: "login", actor_id: auth_user_id })}, now())`;
    }
    const entries = (person: TestCustomer) =>
      countOf(sql<{ n: number }[]>`
        select count(*)::integer as n from auth.audit_log_entries
        where payload ->> 'actor_id' = ${person.auth_user_id}`);
    const forget = async () =>
      one(await sql<{ n: number }[]>`select public.forget_erased_accounts() as n`).n;
    await forget();
    await erase(gone.id);
    expect(await entries(gone)).toBe(2);
    expect(await forget()).toBe(1);
    expect([await entries(gone), await entries(kept)]).toEqual([0, 1]);
    expect(await forget()).toBe(0);
  });

  it("changes no count and no figure, breaks no invariant, and keeps every row", async () => {
    const referrer = await newReferrer(sql);
    const at = "2026-03-10T08:00:00Z";
    const friend = await activeFriend(sql, referrer, at, {
      flags: [{ signal: "shared_ip", severity: "flag", evidence: { ip_address: "198.51.100.7" } }],
    });
    await activeFriend(sql, referrer, at);
    await qualify(sql, "2026-04-15T08:00:00Z");
    const { referral_code: code, id } = one(
      await sql<TestCustomer[]>`select * from customers where id = ${friend.customer}`,
    );
    await placeOrder(sql, "2026-03-20T08:00:00Z", { code });
    await placeOrder(sql, "2026-03-20T08:00:00Z", { code, blocked: "self_referral" });
    const number = await invoice(id, friend.service, "2026-04-01");
    await pay(number);
    await sql`select private.issue_credit_note(${number}, 1000, 'was down', null, ${owner}, ${NOW})`;
    await sql`select private.set_service_status(${friend.service}, 'cancelled', 'moved', null, '2026-04-20T08:00:00Z')`;

    const state = async () => ({
      figures: one(
        await sql`
          select private.program_figures('2026-01-01Z', '2027-01-01Z') as figures,
            private.referral_stats(${referrer.id}) as of_referrer,
            private.referral_stats(${id}) as own`,
      ),
      rows: await sql`
        select c.relname, (xpath('/row/n/text()', query_to_xml(
          format('select count(*) as n from public.%I', c.relname), false, true, '')))[1]::text as n
        from pg_catalog.pg_class as c
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname not in ('audit_log', 'audit_unsealed')
        order by 1`,
      invoice: one(
        await sql`
          select to_jsonb(i) - 'buyer' as invoice, to_jsonb(n) - 'buyer' as note
          from customer_invoices as i join credit_notes as n on n.invoice_id = i.id
          where i.invoice_number = ${number}`,
      ),
      referral: one(
        await sql`
          select to_jsonb(r) - array['referred_email', 'referred_email_normalised', 'ip_address', 'user_agent'] as kept
          from customer_referrals as r where r.id = ${friend.referral}`,
      ),
    });
    const before = await state();
    await erase(id);
    await sql`select public.forget_erased_accounts()`;
    expect(await state()).toEqual(before);
    expect((await verify(sql)).details).toEqual([]);
    expect(await erasures(id)).toBe(1);
    const buyers = async () =>
      one(
        await sql<{ of_invoice: object; of_note: object }[]>`
          select i.buyer as of_invoice, n.buyer as of_note
          from customer_invoices as i join credit_notes as n on n.invoice_id = i.id
          where i.invoice_number = ${number}`,
      );
    // The law asks for the buyer until the retention period of five years is over.
    const kept = await buyers();
    expect(kept.of_invoice).toHaveProperty("name");
    expect(kept.of_note).toHaveProperty("name");
    await sql`select public.expire_due('2031-01-01T00:00:00Z')`;
    expect(await buyers()).toEqual(kept);
    await sql`select public.expire_due('2032-01-01T00:00:00Z')`;
    expect(await buyers()).toEqual({ of_invoice: { erased: true }, of_note: { erased: true } });
    const shown = await asUser(sql, referrer.auth_user_id, async (as) =>
      one(
        await as<{ friends: { referrals: { id: string; referred_name: string }[] } }[]>`
          select public.list_my_referrals() as friends`,
      ),
    );
    expect(shown.friends.referrals.find((row) => row.id === friend.referral)).toMatchObject({
      referred_name: "Former customer",
      referred_email: "•••",
      status: "qualified",
    });
  });

  it("leaves issued documents their buyer for five years, then the job blanks them, and hashes stay", async () => {
    const customer = await newCustomer(sql);
    const service = await activeService(sql, customer.id, { activatedAt: "2026-02-01T08:00:00Z" });
    const issue = (month: string, issuedAt: string) =>
      issuedInvoice(sql, {
        customerId: customer.id,
        serviceId: service,
        month,
        issuedAt,
        dueOn: `${month}-15`,
      });
    const older = await issue("2026-02", "2026-02-01T06:00:00Z");
    const newer = await issue("2026-03", "2026-03-01T06:00:00Z");
    await pay(newer.number);
    await creditInvoice(sql, older.number, null, { asOf: "2026-03-10T08:00:00Z" });
    await sql`
      select private.set_service_status(${service}, 'cancelled', 'moved away', null, '2026-03-20T08:00:00Z')`;
    const kept = one(
      await sql<{ kept: unknown }[]>`select private.documents_kept(${customer.id}) as kept`,
    );
    expect(kept).toEqual({ kept: { years: 5, until: "2031-03-10" } });

    const buyers = async () => {
      const rows = await sql<{ buyer: Record<string, unknown> }[]>`
        select i.buyer, i.issued_at from customer_invoices as i where i.customer_id = ${customer.id}
        union all
        select n.buyer, n.issued_at from credit_notes as n where n.customer_id = ${customer.id}
        order by 2`;
      return rows.map(({ buyer }) => (buyer.erased === true ? "blank" : buyer.name));
    };
    const hashes = () =>
      countOf(sql<{ n: number }[]>`
        select count(*)::integer as n from private.erased_identities
        where hash in (private.identity_hash('email', ${customer.email}),
          private.identity_hash('phone', ${customer.phone}))`);
    const name = "Thandi Nkosi";
    await erase(customer.id);
    expect(await buyers()).toEqual([name, name, name]);
    expect(await hashes()).toBe(2);
    const expire = (asOf: string) => sql`select public.expire_due(${asOf})`;
    // Five years to the instant of issue keep it; a moment later the period is over.
    await expire("2031-02-01T06:00:00Z");
    expect(await buyers()).toEqual([name, name, name]);
    await expire("2031-02-01T06:00:01Z");
    expect(await buyers()).toEqual(["blank", name, name]);
    await expire("2031-03-02T06:00:00Z");
    expect(await buyers()).toEqual(["blank", "blank", name]);
    await expire("2031-03-11T08:00:00Z");
    expect(await buyers()).toEqual(["blank", "blank", "blank"]);
    expect(await hashes()).toBe(2);
    const amounts = await sql`
      select total_cents::integer as cents from customer_invoices where customer_id = ${customer.id}`;
    expect(amounts.map(({ cents }) => cents)).toEqual([79_900, 79_900]);
    expect(await verify(sql)).toEqual({ violations: 0, details: [] });
  });

  it("is done once, however often and however many ask at once", async () => {
    const { customer } = await formerCustomer();
    const pool = db.pool(20);
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () =>
        one(
          await pool<{ answer: unknown }[]>`
            select private.erase_customer(${customer.id}, ${reason}, ${owner}, ${NOW}) as answer`,
        ),
      ),
    );
    answers.push(one(await erase(customer.id, "2026-07-01T08:00:00Z")));
    expect(new Set(answers.map(({ answer }) => JSON.stringify(answer))).size).toBe(1);
    expect(await erasures(customer.id)).toBe(1);
  });

  it("makes the code unusable: nobody is referred with it, nothing is granted", async () => {
    const { customer } = await formerCustomer();
    await erase(customer.id);
    const check = one(
      await sql`select public.validate_referral_code(${customer.referral_code}, ${NOW}) as answer`,
    );
    expect(check.answer).toEqual({ valid: false });
    const placed = await placeOrder(sql, NOW, { code: customer.referral_code });
    expect(placed.referral).toEqual({ status: "not_applied", reason: "invalid_code" });
    const granted = await refusal(
      sql`select private.grant_reward(${customer.id}, 'goodwill', null, ${owner}, ${NOW})`,
    );
    expect(granted.code).toBe("PT404");
  });

  it("deletes the account, unless it is also an admin's", async () => {
    const { customer } = await formerCustomer();
    await sql`
      insert into auth.sessions (id, user_id) values (gen_random_uuid(), ${customer.auth_user_id})`;
    await erase(customer.id);
    const left = (userId: string) =>
      countOf(sql<{ n: number }[]>`
        select ((select count(*) from auth.users where id = ${userId})
          + (select count(*) from auth.sessions where user_id = ${userId}))::integer as n`);
    expect(await left(customer.auth_user_id)).toBe(0);

    const both = await formerCustomer();
    await newAdmin(sql, "support", { authUserId: both.customer.auth_user_id });
    await erase(both.customer.id);
    expect(await left(both.customer.auth_user_id)).toBe(1);
    expect(
      one(await sql`select auth_user_id, phone from customers where id = ${both.customer.id}`),
    ).toEqual({ auth_user_id: null, phone: null });
  });
});

describe("a customer whose details are still needed, by", () => {
  /** A service since February that is billed and paid until the end of May. */
  const paidUntilJune = async (customerId: string) => {
    const service = await activeService(sql, customerId, { activatedAt: "2026-02-01T08:00:00Z" });
    for (const month of ["2026-02", "2026-03", "2026-04", "2026-05"]) {
      await pay(await invoice(customerId, service, `${month}-01`));
    }
    return service;
  };
  const open: [string, string, (customer: TestCustomer) => Promise<unknown>][] = [
    ["an active service", "service", (c) => activeService(sql, c.id)],
    ["a suspended service", "service", (c) => activeService(sql, c.id, { status: "suspended" })],
    [
      "an order under way",
      "order",
      (c) => placeOrder(sql, NOW, { authUserId: c.auth_user_id, email: c.email }),
    ],
    [
      "an unpaid invoice",
      "invoice",
      async (c) => {
        const service = await activeService(sql, c.id, { status: "cancelled" });
        await invoice(c.id, service, "2026-03-01");
      },
    ],
    [
      "an invoice that is credited in part",
      "invoice",
      async (c) => {
        const service = await activeService(sql, c.id, { status: "cancelled" });
        const number = await invoice(c.id, service, "2026-03-01");
        await sql`select private.issue_credit_note(${number}, 79899, 'most of it', null, ${owner}, ${NOW})`;
      },
    ],
    [
      "a service that ended in this cycle and has no invoice for it",
      "final invoice",
      async (c) => {
        const service = await paidUntilJune(c.id);
        // The second day has begun in the billing time zone; the first one is charged.
        await sql`select private.set_service_status(${service}, 'cancelled', 'moved', null, '2026-06-01T22:30:00Z')`;
      },
    ],
    [
      "a service that ended last month, of which no run has billed a day",
      "final invoice",
      async (c) => {
        const service = await activeService(sql, c.id, { activatedAt: "2026-05-01T08:00:00Z" });
        await sql`select private.set_service_status(${service}, 'cancelled', 'moved', null, '2026-05-20T08:00:00Z')`;
      },
    ],
  ];

  it.each(open)("has %s: nothing is erased", async (_what, detail, make) => {
    const customer = await newCustomer(sql);
    await make(customer);
    const row = () => sql`select * from customers where id = ${customer.id}`;
    const before = await row();
    expect(await refusal(erase(customer.id))).toEqual({
      code: "PT409",
      message: "customer_not_erasable",
      detail,
    });
    expect(await row()).toEqual(before);
    expect(await erasures(customer.id)).toBe(0);
  });

  const settled: [string, (customer: TestCustomer) => Promise<unknown>][] = [
    ["ordered nothing", async () => {}],
    [
      "cancelled the order",
      async (c) => {
        const placed = await placeOrder(sql, NOW, { authUserId: c.auth_user_id, email: c.email });
        await sql`select private.cancel_order(${placed.order_id}, null, 'changed their mind', ${NOW})`;
      },
    ],
    [
      "had everything credited",
      async (c) => {
        const service = await activeService(sql, c.id, { status: "cancelled" });
        const number = await invoice(c.id, service, "2026-03-01");
        await sql`select private.issue_credit_note(${number}, null, 'all of it', null, ${owner}, ${NOW})`;
      },
    ],
    [
      "left on the first day of this cycle: no day of it is charged",
      async (c) => {
        const service = await paidUntilJune(c.id);
        // The day has begun in the billing time zone, while it is still May in UTC.
        await sql`select private.set_service_status(${service}, 'cancelled', 'moved', null, '2026-05-31T22:30:00Z')`;
      },
    ],
    [
      "left in this cycle and paid its invoice",
      async (c) => {
        const service = await paidUntilJune(c.id);
        await pay(await invoice(c.id, service, "2026-06-01"));
        await sql`select private.set_service_status(${service}, 'cancelled', 'moved', null, '2026-06-10T08:00:00Z')`;
      },
    ],
  ];

  it.each(settled)("is not somebody who %s", async (_what, make) => {
    const customer = await newCustomer(sql);
    await make(customer);
    await erase(customer.id);
    expect(await isErased(customer.id)).toBe(true);
  });
});

describe("who may erase", () => {
  const attempt = (userId: string | null, customerId: string, text = reason) =>
    refusal(asUser(sql, userId, (as) => as`select public.erase_customer(${customerId}, ${text})`));

  it("is an owner, for another customer, with a reason", async () => {
    const { customer } = await formerCustomer();
    for (const role of ["support", "reviewer", "billing"] as const) {
      const admin = await newAdmin(sql, role);
      expect(await attempt(admin, customer.id)).toMatchObject({ code: "PT403" });
    }
    expect((await attempt(customer.auth_user_id, customer.id)).code).toBe("PT403");
    expect((await attempt(null, customer.id)).code).toBe("42501");
    expect((await attempt(owner, customer.id, " x ")).code).toBe("PT400");
    expect((await attempt(owner, "00000000-0000-4000-8000-000000000000")).code).toBe("PT404");
    const own = await newCustomer(sql);
    await newAdmin(sql, "owner", { authUserId: own.auth_user_id });
    expect(await attempt(own.auth_user_id, own.id)).toMatchObject({ message: "own_account" });
    expect([await isErased(customer.id), await isErased(own.id)]).toEqual([false, false]);
    await asUser(sql, owner, (as) => as`select public.erase_customer(${customer.id}, ${reason})`);
    expect(await isErased(customer.id)).toBe(true);
  });
});

describe("mails", () => {
  /** Somebody whose payments were confirmed long ago, in mails that are gone. */
  const withoutMails = async () => {
    const { customer } = await formerCustomer();
    await sql`delete from notifications where customer_id = ${customer.id}`;
    return customer;
  };
  const mailsOf = (customerId: string) => sql`
    select template, status, recipient, payload, html, text_body, subject from notifications
    where customer_id = ${customerId} order by created_at, template`;
  const nothing = { recipient: "", payload: {}, html: null, text_body: null, subject: null };

  it("that wait are cancelled, those that were sent are blanked, and none is queued later", async () => {
    const customer = await withoutMails();
    const grant = () =>
      sql`select private.grant_reward(${customer.id}, 'goodwill', null, ${owner}, ${NOW})`;
    await grant();
    await sql`
      update notifications
      set status = 'sent', sent_at = now(), subject = 'Thandi', html = '<p>Thandi</p>', text_body = 'Thandi'
      where customer_id = ${customer.id}`;
    await grant();
    await erase(customer.id);
    const mails = async () =>
      (await mailsOf(customer.id)).map((mail) => `${mail.template} ${mail.status}`).sort();
    expect(await mails()).toEqual(["reward_granted cancelled", "reward_granted sent"]);
    for (const mail of await mailsOf(customer.id)) expect(mail).toMatchObject(nothing);
    const later = async (asOf: string) => {
      for (let round = 0; round < 10; round += 1) {
        const { more } = one(
          await sql<{ more: boolean }[]>`
            select (public.expire_due(${asOf}) ->> 'more')::boolean as more`,
        );
        if (!more) return;
      }
      throw new Error("the job finds something to do for ever");
    };
    await later("2027-06-01T08:00:00Z");
    await later("2027-07-01T08:00:00Z");
    expect(await mails()).toEqual([
      "reward_expired cancelled",
      "reward_expired cancelled",
      "reward_expiring cancelled",
      "reward_expiring cancelled",
      "reward_granted cancelled",
      "reward_granted sent",
    ]);
    for (const mail of await mailsOf(customer.id)) expect(mail).toMatchObject(nothing);
    expect((await verify(sql)).details).toEqual([]);
  });

  it("that told a referrer about the friend no longer name the friend", async () => {
    const referrer = await newReferrer(sql);
    const placed = await placeOrder(sql, NOW, {
      code: referrer.referral_code,
      firstName: "Unforgettable",
    });
    await sql`update notifications set html = 'Unforgettable M.' where customer_id = ${referrer.id}`;
    await sql`select private.cancel_order(${placed.order_id}, null, 'changed their mind', ${NOW})`;
    await erase(placed.customer_id);
    expect(await mailsOf(referrer.id)).toEqual([
      {
        ...nothing,
        template: "referral_news",
        status: "queued",
        recipient: referrer.email,
        payload: expect.objectContaining({
          items: [expect.objectContaining({ friend: "Former customer" })],
        }),
      },
      {
        ...nothing,
        template: "referral_signup",
        status: "queued",
        recipient: referrer.email,
        payload: expect.objectContaining({ friend: "Former customer" }),
      },
    ]);
  });

  it("being sent are waited for; a worker that died delays nothing, and writes nothing later", async () => {
    const customer = await withoutMails();
    await sql`select private.grant_reward(${customer.id}, 'goodwill', null, ${owner}, ${NOW})`;
    const { id, lease_token: token } = one(
      await sql<{ id: string; lease_token: string }[]>`
        update notifications
        set status = 'sending', lease_token = gen_random_uuid(), lease_until = now() + interval '1 minute'
        where customer_id = ${customer.id} returning id, lease_token`,
    );
    expect((await refusal(erase(customer.id))).code).toBe("PT503");
    expect(await isErased(customer.id)).toBe(false);
    await sql`update notifications set lease_until = now() - interval '1 second' where id = ${id}`;
    await erase(customer.id);
    const late = [{ id, outcome: "sent", error: "Thandi" }];
    const { answer } = one(
      await sql<{ answer: { settled: object } }[]>`
        select public.settle_notifications(${token}, ${sql.json(late)}, 'a@example.test') as answer`,
    );
    expect(answer.settled).toEqual({});
    expect(await mailsOf(customer.id)).toMatchObject([{ status: "cancelled", ...nothing }]);
  });
});

describe("an order that races the erasure of its customer", () => {
  /** As soon as so many statements wait for each other. */
  async function waiting(n: number): Promise<void> {
    for (let found = 0; found < n; ) {
      found = (
        await sql`select 1 from pg_catalog.pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`
      ).length;
    }
  }

  async function race() {
    const { customer } = await formerCustomer();
    const firstName = `Untraceable${newLetters()}`;
    const { auth_user_id: authUserId, email } = customer;
    const input = await orderInput(sql, { authUserId, email, firstName });
    const place = () => refusal(db.pool(1)`select public.place_order(${sql.json(input)}, ${NOW})`);
    const check = async () => {
      const traces = await countOf(sql<{ n: number }[]>`
        select ((select count(*) from customers where first_name = ${firstName})
          + (select count(*) from orders where customer_id = ${customer.id}))::integer as n`);
      expect(traces).toBe(0);
      const fresh = { ...input, auth_user_id: await newAuthUser(sql, { email }) };
      expect((await sendOrder(sql, fresh, NOW)).customer_id).not.toBe(customer.id);
    };
    return { customer, place, check };
  }

  it("and finds the account deleted leaves no trace; the next order makes a new customer", async () => {
    const { customer, place, check } = await race();
    const { order } = await sql.begin(async (transaction) => {
      await transaction`
        select private.erase_customer(${customer.id}, ${reason}, ${owner}, ${NOW})`;
      const answer = place();
      await waiting(1);
      return { order: answer };
    });
    const answer = await order;
    expect(toAppError({ code: answer.code, message: answer.message }, 409).code).toBe(
      "version_conflict",
    );
    await check();
  });

  it("and had read the customer already leaves no trace; the next order makes a new customer", async () => {
    const { customer, place, check } = await race();
    const { order, erased } = await sql.begin(async (transaction) => {
      await transaction`
        select private.lock_customers(array[${customer.id}::uuid])`;
      const first = erase(customer.id);
      first.catch(() => {});
      await waiting(1);
      const second = place();
      await waiting(2);
      return { order: second, erased: Promise.resolve(first) };
    });
    await erased;
    expect(await order).toMatchObject({ code: "PT409", message: "version_conflict" });
    await check();
  });
});
