import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACTOR, newAdmin, newCustomer, newReferrer, newTerms } from "@/tests/support/builders";
import { type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { issuedInvoice } from "@/tests/support/invoices";
import { later, T0 } from "@/tests/support/moments";
import { activateOrder, activeFriend, placeOrder, qualify } from "@/tests/support/orders";
import { countOf, mailCount, one, referralOf, verify } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

const rewardCount = (customerId: string) =>
  countOf(db.sql<{ n: number }[]>`
    select count(*)::integer as n from referral_rewards where customer_id = ${customerId}`);
const setStatus = (serviceId: string, status: string, asOf: string) =>
  db.sql`select private.set_service_status(${serviceId}, ${status}, 'on request', ${ACTOR}, ${asOf})`;
const cancelOrder = (orderId: string, asOf: string) =>
  db.sql`select private.cancel_order(${orderId}, ${ACTOR}, 'changed their mind', ${asOf})`;
const status = async (orderId: string) => (await referralOf(db.sql, orderId)).status;

/** The first invoice of a friend, not paid. */
const invoice = (friend: { customer: string; service: string }) =>
  issuedInvoice(db.sql, {
    customerId: friend.customer,
    serviceId: friend.service,
    month: "2026-03",
    dueOn: "2026-04-01",
    issuedAt: later(1),
  });
const pay = ({ number, totalCents }: { number: string; totalCents: number }, at: string) =>
  db.sql`select public.record_invoice_payment(${number}, ${totalCents}, ${at})`;

/** What is wrong with what counted; the terms of these tests are made without an admin. */
const rewardRules = async () =>
  (await verify(db.sql)).details.filter(({ invariant }) => invariant === 3);

describe("a friend who does not pay", () => {
  it("earns nobody a free month, however long the service is active", async () => {
    const referrer = await newReferrer(db.sql);
    const friends = [];
    for (let n = 0; n < 2; n += 1) {
      const friend = await activeFriend(db.sql, referrer, T0, { hasPaid: false });
      friends.push({ ...friend, invoice: await invoice(friend) });
    }
    await qualify(db.sql, later(31));
    await qualify(db.sql, later(300));
    for (const { order } of friends) expect(await status(order)).toBe("active");
    expect(await rewardCount(referrer.id)).toBe(0);

    // The payment counts the friend at once; the job of the hour grants.
    for (const { order, invoice: bill } of friends) {
      await pay(bill, later(301));
      expect(await status(order)).toBe("qualified");
    }
    await qualify(db.sql, later(301.02));
    expect(await rewardCount(referrer.id)).toBe(1);
    expect(await rewardRules()).toEqual([]);
  });

  it("whose debit bounces on day 12 and is paid on day 14 counts two days later", async () => {
    const referrer = await newReferrer(db.sql);
    const friend = await activeFriend(db.sql, referrer, T0, { hasPaid: false });
    const bill = await invoice(friend);
    await setStatus(friend.service, "suspended", later(12));
    await pay(bill, later(14));
    await setStatus(friend.service, "active", later(14));
    await qualify(db.sql, later(31.99));
    expect(await status(friend.order)).toBe("active");
    await qualify(db.sql, later(32));
    expect(await status(friend.order)).toBe("qualified");
    expect(await mailCount(db.sql, "referral_news", referrer.id)).toBe(0);
  });

  it("is no violation where the payment was taken back after counting, and is one before", async () => {
    const referrer = await newReferrer(db.sql);
    const reverse = (number: string, at: string) => db.sql`
      select private.reverse_payment(p.id, 'returned by the bank', ${ACTOR}, ${at})
      from invoice_payments as p join customer_invoices as i on i.id = p.invoice_id
      where i.invoice_number = ${number}`;
    const counted = await activeFriend(db.sql, referrer, T0, { hasPaid: false });
    const bill = await invoice(counted);
    await pay(bill, later(5));
    await qualify(db.sql, later(30));
    expect(await status(counted.order)).toBe("qualified");
    await reverse(bill.number, later(40));
    expect(await rewardRules()).toEqual([]);

    const early = await activeFriend(db.sql, referrer, T0, { hasPaid: false });
    const second = await invoice(early);
    await pay(second, later(5));
    await reverse(second.number, later(6));
    await qualify(db.sql, later(30));
    expect(await status(early.order)).toBe("active");
    await db.sql`
      update customer_referrals set status = 'qualified', qualified_at = ${later(30)}
      where id = ${early.referral}`;
    expect(await rewardRules()).toEqual([
      { invariant: 3, rule: "referral counted without its paid invoices", entity: early.referral },
    ]);
    await db.sql`
      update customer_referrals set status = 'active', qualified_at = null where id = ${early.referral}`;
  });
});

describe("the friends who can feed the next free month", () => {
  it("are found however many others have not paid, and their numbers are those of the friends", async () => {
    const referrer = await newReferrer(db.sql);
    // In three months, since the number of friends in one is limited.
    const days = [...Array(6).fill(-50), ...Array(6).fill(-20), ...Array(5).fill(0)];
    for (const at of days.map((day) => later(day))) {
      await activeFriend(db.sql, referrer, at, { hasPaid: false });
    }
    const counted = await activeFriend(db.sql, referrer, later(1));
    const running = await activeFriend(db.sql, referrer, later(20));
    const ordered = await placeOrder(db.sql, later(21), { code: referrer.referral_code });
    await qualify(db.sql, later(32));

    const { friends, stats } = one(
      await db.sql<{ friends: { id: string; status: string }[]; stats: object }[]>`
        select private.open_friends(${referrer.id}, ${later(32)}) as friends,
          private.referral_stats(${referrer.id}) as stats`,
    );
    const { id: pending } = await referralOf(db.sql, ordered.order_id);
    const found = friends.map(({ id }) => id);
    expect(found.length).toBeLessThan(20);
    expect(found).toEqual(expect.arrayContaining([counted.referral, running.referral, pending]));
    expect(stats).toEqual({
      total: 20,
      pending: 1,
      active: 18,
      qualified: 1,
      expired: 0,
      cancelled: 0,
      qualified_unused: 1,
    });
    const { details } = await verify(db.sql);
    expect(details.filter(({ invariant }) => invariant === 19)).toEqual([]);
  });
});

describe("terms that change while friends are under way", () => {
  it("leave each friend with the terms of their order: days, invoices and number of friends", async () => {
    const referrer = await newReferrer(db.sql);
    await newTerms(db.sql, { qualifying_days: 30, referrals_required: 2 });
    const first = await activeFriend(db.sql, referrer, T0);
    await newTerms(db.sql, {
      qualifying_days: 60,
      referrals_required: 3,
      paid_invoices_required: 3,
    });
    const second = await placeOrder(db.sql, T0, { code: referrer.referral_code });
    await activateOrder(db.sql, second.order_id, T0);
    const document = async (orderId: string) =>
      one(
        await db.sql<{ terms: object }[]>`
          select private.friend_document(r) -> 'terms' as terms
          from customer_referrals as r where r.order_id = ${orderId}`,
      ).terms;
    expect(await document(first.order)).toMatchObject({
      qualifying_days: 30,
      referrals_required: 2,
      paid_invoices_required: 1,
    });
    expect(await document(second.order_id)).toMatchObject({
      qualifying_days: 60,
      referrals_required: 3,
      paid_invoices_required: 3,
    });
    await qualify(db.sql, later(30));
    expect([await status(first.order), await status(second.order_id)]).toEqual([
      "qualified",
      "active",
    ]);
    await newTerms(db.sql, {
      qualifying_days: 30,
      referrals_required: 2,
      paid_invoices_required: 1,
    });
  });
});

describe("an order that was cancelled before service", () => {
  it("frees the friend, who counts when they order again with the code", async () => {
    const referrer = await newReferrer(db.sql);
    const friend = await newCustomer(db.sql, { createdAt: later(-1) });
    const again = { authUserId: friend.auth_user_id, email: friend.email, phone: friend.phone };
    const order = (at: string) =>
      placeOrder(db.sql, at, { ...again, code: referrer.referral_code });
    // The account has no order yet: somebody who is a customer already by their confirmed account.
    const wrong = await placeOrder(db.sql, later(-0.5), again);
    await cancelOrder(wrong.order_id, T0);
    const right = await order(later(1));
    expect(right.referral).toEqual({ status: "recorded" });
    await cancelOrder(right.order_id, later(2));
    const third = await order(later(3));
    expect(third.referral).toEqual({ status: "recorded" });
    await activateOrder(db.sql, third.order_id, later(4));
    expect([await status(right.order_id), await status(third.order_id)]).toEqual([
      "cancelled",
      "active",
    ]);
  });

  it("gives its place in the month back: ten junk orders shut nobody out", async () => {
    const referrer = await newReferrer(db.sql);
    const order = (at: string) => placeOrder(db.sql, at, { code: referrer.referral_code });
    const junk = [];
    for (let n = 0; n < 10; n += 1) junk.push(await order(T0));
    const shut = await order(later(1));
    expect(shut.referral).toEqual({ status: "not_applied", reason: "rate_limited" });
    const valid = async () =>
      one(
        await db.sql<{ answer: { valid: boolean } }[]>`
          select public.validate_referral_code(${referrer.referral_code}, ${later(1)}) as answer`,
      ).answer.valid;
    expect(await valid()).toBe(false);
    for (const { order_id } of junk) await cancelOrder(order_id, later(1));
    expect(await valid()).toBe(true);
    expect((await order(later(2))).referral).toEqual({ status: "recorded" });

    // The real friend who was shut out gets the code attached, as of the day of their order.
    const admin = await newAdmin(db.sql, "billing");
    const basis = await countOf(db.sql<{ n: number }[]>`
      select private.referrals_made(${referrer.id})::integer as n`);
    await db.sql`
      select public.attach_referral(${admin}, ${shut.customer_id}, ${referrer.referral_code},
        'The month was full of junk', ${db.sql.json({ verdict: "allowed", flags: [], alert: false })},
        ${basis}, null, ${later(3)})`;
    expect(await referralOf(db.sql, shut.order_id)).toMatchObject({
      status: "pending",
      source: "admin",
    });
  });
});

describe("a code that was forgotten while the programme was paused", () => {
  it("is not attached", async () => {
    const admin = await newAdmin(db.sql, "billing");
    const referrer = await newReferrer(db.sql);
    await newTerms(db.sql, { is_paused: true });
    const now = new Date().toISOString();
    const placed = await placeOrder(db.sql, now);
    await newTerms(db.sql, { is_paused: false });
    const attached = db.sql`
      select public.attach_referral(${admin}, ${placed.customer_id}, ${referrer.referral_code},
        'Forgot the code', ${db.sql.json({ verdict: "allowed", flags: [] })}, 0, null, ${now})`;
    expect(await refusal(attached)).toMatchObject({ code: "PT409", message: "program_paused" });
  });
});
