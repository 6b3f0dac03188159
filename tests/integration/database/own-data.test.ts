import { afterAll, beforeAll, expect, it } from "vitest";
import { newAdmin, newCustomer, newReferrer } from "@/tests/support/builders";
import { type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { activeFriend, placeOrder } from "@/tests/support/orders";
import { one } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

const NOW = "2026-03-01T08:00:00Z";

const ask = async (authUserId: string) =>
  one(
    await db.sql<{ asked: { asked_at: string } }[]>`
      select public.ask_for_erasure(${authUserId}, 'alerts@example.test', ${NOW}) as asked`,
  ).asked;

it("what a customer takes along is all of theirs, and of friends what the dashboard shows", async () => {
  const referrer = await newReferrer(db.sql);
  await activeFriend(db.sql, referrer, "2026-02-10T08:00:00Z");
  const order = await placeOrder(db.sql, NOW, {
    authUserId: referrer.auth_user_id,
    email: referrer.email,
    phone: referrer.phone,
  });
  const { data } = one(
    await db.sql<{ data: Record<string, unknown> }[]>`
      select private.own_data(c) as data from public.customers as c where c.id = ${referrer.id}`,
  );
  expect(data).toMatchObject({
    customer: { email: referrer.email, phone: referrer.phone },
    orders: [{ order_number: order.order_number }],
    friends: [{ name: "Lerato M.", status: "active" }],
  });
  const friends = await db.sql<{ email: string; phone: string }[]>`
    select f.email, f.phone
    from public.customer_referrals as r join public.customers as f on f.id = r.referred_customer_id
    where r.referrer_id = ${referrer.id}`;
  const text = JSON.stringify(data);
  for (const friend of friends) {
    expect(text).not.toContain(friend.email);
    expect(text).not.toContain(friend.phone);
    expect(text).not.toContain("Mokoena");
  }
});

it("a customer asks for erasure once, and they and the admins are told once; the erasure forgets the request", async () => {
  const customer = await newCustomer(db.sql);
  const first = await ask(customer.auth_user_id);
  expect(await ask(customer.auth_user_id)).toEqual(first);
  const mails = await db.sql`
    select template, recipient, payload from public.notifications
    where template like 'erasure\\_%' order by number`;
  expect(Array.from(mails)).toEqual([
    {
      template: "erasure_requested",
      recipient: "alerts@example.test",
      payload: { customer_id: customer.id },
    },
    {
      template: "erasure_asked",
      recipient: customer.email,
      payload: { first_name: "Thandi", at: expect.stringContaining(NOW.slice(0, 19)) },
    },
  ]);
  const audit = await db.sql`
    select actor_id from public.audit_log
    where action = 'customer.asked_erasure' and customer_id = ${customer.id}`;
  expect(Array.from(audit)).toEqual([{ actor_id: customer.auth_user_id }]);

  const owner = await newAdmin(db.sql, "owner");
  await db.sql`select private.erase_customer(${customer.id}, 'They asked for it', ${owner}, now())`;
  expect(await db.sql`select 1 from public.erasure_requests`).toHaveLength(0);
  expect(await refusal(ask(customer.auth_user_id))).toMatchObject({ code: "PT403" });
});
