import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { customerReferralsSchema } from "@/lib/admin/customer-schemas";
import {
  adminAccount,
  BROWSER,
  Browser,
  call,
  customerAccount,
  dataOf,
  refusalOf,
} from "@/tests/support/api";
import { newPackage } from "@/tests/support/builders";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { eventually } from "@/tests/support/eventually";
import {
  newAddress,
  newEmail,
  newLetters,
  newPhone,
  orderBody,
  PASSWORD,
} from "@/tests/support/people";
import { countOf, one } from "@/tests/support/rows";

const sql = sharedDatabase();
afterAll(() => sql.end());

const reason = "Asked for it in writing";
const ordered = z.object({ customer_id: z.guid(), order_id: z.guid(), referral: z.unknown() });

/** Tables, of this project and of the auth server, with a row in which one of the texts stands. */
async function tablesWith(texts: string[]): Promise<string[]> {
  const tables = await sql<{ name: string }[]>`
    select c.oid::regclass::text as name from pg_catalog.pg_class as c
    where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace, 'auth'::regnamespace)
      and c.relkind in ('r', 'p', 'm')
    order by 1`;
  const found: string[] = [];
  for (const { name } of tables) {
    const n = await countOf(
      sql.unsafe<{ n: number }[]>(
        `select count(*)::integer as n from ${name} as t
         where exists (select 1 from unnest($1::text[]) as x where strpos(lower(to_jsonb(t)::text), lower(x)) > 0)`,
        [texts],
      ),
    );
    if (n > 0) found.push(name);
  }
  return found;
}

/** Somebody who came by a link, ordered, was invoiced and left; with everything that says who. */
async function person() {
  const tag = newLetters();
  const referrer = await customerAccount(sql);
  const account = {
    email: newEmail(`Forget.${tag}`),
    first_name: `Zodwa${tag}`,
    last_name: `Quill${tag}`,
    phone: newPhone(),
    address: { line1: `7 Oblivion Street ${tag}`, city: "Cape Town", postal_code: "8001" },
  };
  const address = newAddress();
  const agent = `${BROWSER} Forgettable/${tag}`;
  const body = orderBody((await newPackage(sql)).slug, { account });
  const browser = new Browser({ "x-forwarded-for": address, "user-agent": agent });
  await browser.get(`/?ref=${referrer.customer.referral_code}`);
  const { customer_id: id, order_id: orderId } = dataOf(
    await browser.post("/api/orders/create", body, {
      headers: { "idempotency-key": randomUUID() },
    }),
    ordered,
    201,
  );
  const { referral } = one(
    await sql<{ referral: string }[]>`
      select id as referral from customer_referrals where order_id = ${orderId}`,
  );
  const service = one(
    await sql<{ id: string }[]>`
      select private.activate_order(${orderId}, null, '2026-01-05T08:00:00Z') ->> 'id' as id`,
  ).id;
  await sql`
    insert into referral_flags (referral_id, signal, severity, evidence)
    values (${referral}, 'same_phone_as_referral', 'hold', ${sql.json({ phone: account.phone })})`;
  const code = one(
    await sql<{ referral_code: string }[]>`select referral_code from customers where id = ${id}`,
  ).referral_code;
  // Their own code, refused for the same phone.
  const own = await call("POST", "/api/orders/create", {
    json: orderBody(body.package_slug, {
      referral_code: code,
      account: { phone: account.phone, email: newEmail("twin") },
    }),
    headers: { "idempotency-key": randomUUID() },
  });
  const twin = dataOf(own, ordered, 201);
  await sql`update customers set phone = ${newPhone()} where id = ${twin.customer_id}`;
  await sql`
    select private.grant_reward(${id}, 'Goodwill', null, ${referrer.userId}, now())`;
  await sql`
    insert into customer_invoices
      (invoice_number, customer_id, service_id, period_start, period_end, vat_bps, price_cents,
       line_items, subtotal_cents, vat_cents, total_cents, amount_due_cents, seller, buyer, due_on)
    select ${`Z${tag.slice(-6).toUpperCase()}-2026-000001`}, id, ${service}, '2026-01-01', '2026-02-01', 1500, 100,
      '[{"kind": "service", "description": "Fibre", "amount_cents": 0}]', 0, 0, 0, 0, '{}',
      jsonb_build_object('name', first_name || ' ' || last_name, 'email', email, 'address', address), '2026-02-01'
    from customers where id = ${id}`;
  await sql`
    select private.set_service_status(${service}, 'cancelled', 'moved away', null, '2026-01-20T08:00:00Z')`;
  await eventually(async () => {
    await call("POST", "/api/cron/notify", {
      headers: { authorization: `Bearer ${testStack().cronSecret}` },
    });
    const [open] = await sql`
      select 1 from notifications
      where status in ('queued', 'sending') and customer_id in (${id}, ${referrer.customer.id})`;
    return open ? undefined : true;
  });
  const { address_key: key } = one(
    await sql<{ address_key: string }[]>`select address_key from customers where id = ${id}`,
  );
  const traces = [
    account.email,
    account.first_name,
    account.last_name,
    account.phone,
    account.address.line1,
    key,
    address.toLowerCase(),
    agent,
  ];
  return { id, code, account, body, browser, referrer, traces };
}

describe("a customer who asks to be forgotten", () => {
  test("is in no table any more, and has no access any more", async () => {
    const owner = await adminAccount(sql, "owner");
    const { id, code, account, body, browser, referrer, traces } = await person();
    // The search finds something wherever there is something to forget.
    expect(await tablesWith(traces)).toEqual(
      expect.arrayContaining([
        "auth.identities",
        "auth.users",
        "customer_invoices",
        "customer_referrals",
        "customers",
        "notifications",
        "orders",
        "referral_flags",
        "referral_visits",
      ]),
    );
    expect((await browser.get("/api/customer/dashboard")).status).toBe(200);
    const path = `/api/admin/customers/${id}/erase`;
    const first = await call("POST", path, { token: owner.token, json: { reason } });
    const data = dataOf(first, z.object({ customer_id: z.literal(id), erased_at: z.string() }));
    expect(
      dataOf(await call("POST", path, { token: owner.token, json: { reason } }), z.unknown()),
    ).toEqual(data);
    // The auth server's log is emptied in steps by a job; the law keeps the buyer on an invoice.
    await sql`select public.forget_erased_accounts()`;
    expect(await tablesWith(traces)).toEqual(["customer_invoices"]);

    expect(refusalOf(await browser.get("/api/customer/dashboard"))).toBe("401 unauthenticated");
    const signIn = await new Browser().post("/api/auth/sign-in", {
      email: account.email,
      password: PASSWORD,
    });
    expect(refusalOf(signIn)).toBe("401 unauthenticated");
    const validated = await call("GET", `/api/referrals/validate?code=${code}`);
    expect(validated.text).toBe('{"success":true,"data":{"valid":false}}');

    const seen = dataOf(
      await call("GET", `/api/admin/customers/${id}/referrals`, { token: owner.token }),
      customerReferralsSchema.omit({ time_zone: true }),
    );
    expect(seen.customer).toMatchObject({
      name: "Former customer",
      phone: null,
      referral_code: code,
      erased_at: data.erased_at,
    });
    expect(seen.audit[0]).toMatchObject({ action: "customer.erased", reason });
    const friends = dataOf(
      await call("GET", "/api/customer/referrals", { token: referrer.token }),
      z.object({
        referrals: z.array(z.object({ referred_name: z.string(), referred_email: z.string() })),
      }),
    );
    expect(friends.referrals).toEqual([
      { referred_name: "Former customer", referred_email: "•••" },
    ]);

    // The same person, as somebody new.
    const again = dataOf(
      await call("POST", "/api/orders/create", {
        json: body,
        headers: { "idempotency-key": randomUUID() },
      }),
      ordered,
      201,
    );
    expect(again.customer_id).not.toBe(id);
    expect((await new Browser().signIn(account.email)).sessionCookies()).not.toEqual([]);
  });

  test("is erased by an owner only, and not while a service is active", async () => {
    const { customer } = await customerAccount(sql);
    const path = `/api/admin/customers/${customer.id}/erase`;
    for (const role of ["support", "reviewer", "billing"] as const) {
      const admin = await adminAccount(sql, role);
      const answer = await call("POST", path, { token: admin.token, json: { reason } });
      expect(refusalOf(answer)).toBe("403 forbidden");
    }
    const owner = await adminAccount(sql, "owner");
    expect(refusalOf(await call("POST", path, { token: owner.token, json: { reason } }))).toBe(
      "409 customer_not_erasable",
    );
    expect(refusalOf(await call("POST", path, { token: owner.token, json: {} }))).toBe(
      "400 invalid_request",
    );
    const missing = `/api/admin/customers/${randomUUID()}/erase`;
    expect(refusalOf(await call("POST", missing, { token: owner.token, json: { reason } }))).toBe(
      "404 not_found",
    );
  });
});
