import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ACTOR,
  activeService,
  newAdmin,
  newAuthUser,
  newCustomer,
  newPackage,
  newReferrer,
  newTerms,
  type TestCustomer,
} from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { issuedInvoice } from "@/tests/support/invoices";
import { later, T0 } from "@/tests/support/moments";
import {
  activateOrder,
  activeFriend,
  type OrderChanges,
  orderInput,
  placeOrder,
  qualify,
  sendOrder,
} from "@/tests/support/orders";
import { newEmail } from "@/tests/support/people";
import { countOf, mailCount, one, referralOf } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

const cancelOrder = (orderId: string, asOf: string, reason = "changed their mind") =>
  db.sql`select private.cancel_order(${orderId}, ${ACTOR}, ${reason}, ${asOf})`;
const setStatus = (serviceId: string, status: string, asOf: string, reason = "on request") =>
  db.sql`select private.set_service_status(${serviceId}, ${status}, ${reason}, ${ACTOR}, ${asOf})`;

describe("placing an order", () => {
  it("records customer, order, service, referral and the referrer's mail together", async () => {
    const referrer = await newReferrer(db.sql);
    const answer = await placeOrder(db.sql, T0, { code: referrer.referral_code });
    expect(answer.referral).toEqual({ status: "recorded" });
    const referral = await referralOf(db.sql, answer.order_id);
    expect(referral).toMatchObject({ status: "pending", reward_id: null, program_version: 1 });
    expect(referral.referred_at.toISOString()).toBe(new Date(T0).toISOString());
    expect(referral.activation_due_at.toISOString()).toBe(later(30));
    const order = one(
      await db.sql<{ status: string; outcome: string; code: string; service: string }[]>`
        select o.status, o.referral_outcome as outcome, o.referral_code as code,
          (select s.status from customer_services as s where s.order_id = o.id) as service
        from orders as o where o.id = ${answer.order_id}`,
    );
    expect(order).toEqual({
      status: "pending",
      outcome: "recorded",
      code: referrer.referral_code,
      service: "pending",
    });
    expect(await mailCount(db.sql, "referral_signup", referrer.id)).toBe(1);
  });

  it("accepts the code's body alone, and a prefix with letters read as digits", async () => {
    const referrer = await newReferrer(db.sql);
    const body = referrer.referral_code.slice(-8);
    const answer = await placeOrder(db.sql, T0, { code: body });
    expect(answer.referral.status).toBe("recorded");
    const row = one(
      await db.sql<{ referral_code: string }[]>`
        select referral_code from customer_referrals where order_id = ${answer.order_id}`,
    );
    expect(row.referral_code).toBe(referrer.referral_code);
  });

  it("goes through without a referral when no code is given", async () => {
    const answer = await placeOrder(db.sql, T0);
    expect(answer.referral).toEqual({ status: "none" });
    const attempts = await countOf(db.sql`
      select count(*)::integer as n from referral_attempts where order_id = ${answer.order_id}`);
    expect(attempts).toBe(0);
  });

  describe("never fails because of a code, and keeps the reason why it was not applied", () => {
    const cases: [string, (referrer: TestCustomer) => Promise<OrderChanges>][] = [
      ["invalid_code", async () => ({ code: "REF-0000000Z" })],
      ["program_paused", async (r) => ({ code: r.referral_code, enabled: false })],
      ["self_referral", async (r) => ({ code: r.referral_code, phone: r.phone })],
      [
        "self_referral",
        async (r) => ({ code: r.referral_code, email: r.email.replace("@", "+alias@") }),
      ],
      [
        "duplicate_referral",
        async (r) => {
          const known = await newCustomer(db.sql);
          return { code: r.referral_code, email: known.email.replace("@", "+new@").toUpperCase() };
        },
      ],
      [
        "duplicate_referral",
        async (r) => {
          const email = `twice-${randomUUID()}@example.test`;
          await placeOrder(db.sql, T0, { code: r.referral_code, email });
          return { code: r.referral_code, email: email.replace("@", "+2@") };
        },
      ],
      ["referrer_not_eligible", async () => ({ code: (await newCustomer(db.sql)).referral_code })],
      [
        "referrer_not_eligible",
        async (r) => {
          await db.sql`
            update customer_services set status = 'suspended' where customer_id = ${r.id}`;
          return { code: r.referral_code };
        },
      ],
      [
        "rate_limited",
        async (r) => {
          for (let n = 0; n < 10; n += 1) {
            const counted = await placeOrder(db.sql, T0, { code: r.referral_code });
            expect(counted.referral.status).toBe("recorded");
          }
          return { code: r.referral_code };
        },
      ],
      ["self_referral", async (r) => ({ code: r.referral_code, blocked: "self_referral" })],
    ];
    it.each(cases)("%s", async (reason, prepare) => {
      const referrer = await newReferrer(db.sql);
      const given = await prepare(referrer);
      const answer = await placeOrder(db.sql, T0, given);
      expect(answer.referral).toEqual({ status: "not_applied", reason });
      const row = one(
        await db.sql<{ outcome: string; why: string; attempt: string; service: string }[]>`
          select o.referral_outcome as outcome, o.referral_reason as why, a.reason as attempt,
            s.status as service
          from orders as o join referral_attempts as a on a.order_id = o.id
          join customer_services as s on s.order_id = o.id
          where o.id = ${answer.order_id}`,
      );
      expect(row).toEqual({
        outcome: "not_applied",
        why: reason,
        attempt: reason,
        service: "pending",
      });
      const referrals = await countOf(db.sql`
        select count(*)::integer as n from customer_referrals where order_id = ${answer.order_id}`);
      expect(referrals).toBe(0);
    });
  });

  it("refuses the code of a customer with an overdue invoice until it is paid", async () => {
    const referrer = await newReferrer(db.sql);
    const serviceId = await activeService(db.sql, referrer.id);
    const { number } = await issuedInvoice(db.sql, {
      customerId: referrer.id,
      serviceId,
      month: "2026-01",
      dueOn: "2026-03-09",
    });
    const refused = await placeOrder(db.sql, T0, { code: referrer.referral_code });
    expect(refused.referral.reason).toBe("referrer_not_eligible");
    await db.sql`select public.record_invoice_payment(${number}, 79900, ${T0})`;
    const accepted = await placeOrder(db.sql, T0, { code: referrer.referral_code });
    expect(accepted.referral.status).toBe("recorded");
  });

  it("of an existing customer makes an order, and no second customer or referral", async () => {
    const referrer = await newReferrer(db.sql);
    const customer = await newCustomer(db.sql);
    const answer = await placeOrder(db.sql, T0, {
      code: referrer.referral_code,
      authUserId: customer.auth_user_id,
      email: customer.email,
      phone: customer.phone,
    });
    expect(answer.customer_id).toBe(customer.id);
    expect(answer.referral.reason).toBe("duplicate_referral");
    expect(
      await countOf(db.sql`
      select count(*)::integer as n from customers where email = ${customer.email}`),
    ).toBe(1);
  });

  it("answers a repeated key with the first answer, and refuses it for another order", async () => {
    const referrer = await newReferrer(db.sql);
    const input = await orderInput(db.sql, { code: referrer.referral_code });
    const first = await sendOrder(db.sql, input, T0);
    const again = await sendOrder(db.sql, input, later(1));
    expect(again).toEqual(first);
    expect(
      await countOf(db.sql`
      select count(*)::integer as n from orders where customer_id = ${first.customer_id}`),
    ).toBe(1);
    const reused = await refusal(sendOrder(db.sql, { ...input, request_hash: "other" }, T0));
    expect(reused).toMatchObject({ code: "PT409", message: "idempotency_key_reused" });
    expect(
      await countOf(db.sql`
      select count(*)::integer as n from orders where customer_id = ${first.customer_id}`),
    ).toBe(1);
  });

  it("refuses a package that is not on sale, and leaves nothing behind, the key included", async () => {
    const sold = await newPackage(db.sql);
    await db.sql`update service_packages set is_active = false where id = ${sold.id}`;
    const input = await orderInput(db.sql, { packageSlug: sold.slug });
    const failure = await refusal(sendOrder(db.sql, input, T0));
    expect(failure).toMatchObject({ code: "PT404", message: "not_found" });
    expect(
      await countOf(db.sql`
      select count(*)::integer as n from customers where email = ${input.email}`),
    ).toBe(0);
    await db.sql`update service_packages set is_active = true where id = ${sold.id}`;
    expect((await sendOrder(db.sql, input, T0)).referral.status).toBe("none");
  });

  it("stores the signals it is given and alerts the admins once", async () => {
    const referrer = await newReferrer(db.sql);
    const alertEmail = `alert-${randomUUID()}@example.test`;
    const answer = await placeOrder(db.sql, T0, {
      code: referrer.referral_code,
      alertEmail,
      flags: [
        { signal: "velocity", severity: "hold", weight: 40, evidence: { last_24h: "6" } },
        { signal: "disposable_email", severity: "flag", weight: 20 },
      ],
    });
    const flags = await db.sql`
      select f.signal, f.severity, f.weight, f.status from referral_flags as f
      join customer_referrals as r on r.id = f.referral_id
      where r.order_id = ${answer.order_id} order by 1`;
    expect(Array.from(flags)).toEqual([
      { signal: "disposable_email", severity: "flag", weight: 20, status: "open" },
      { signal: "velocity", severity: "hold", weight: 40, status: "open" },
    ]);
    expect(
      await countOf(db.sql`
      select count(*)::integer as n from notifications
      where template = 'suspicious_activity' and recipient = ${alertEmail}`),
    ).toBe(1);
  });

  it("records nothing while the programme is paused by its terms", async () => {
    const referrer = await newReferrer(db.sql);
    await newTerms(db.sql, { is_paused: true });
    try {
      const answer = await placeOrder(db.sql, T0, { code: referrer.referral_code });
      expect(answer.referral).toEqual({ status: "not_applied", reason: "program_paused" });
    } finally {
      await newTerms(db.sql, { is_paused: false });
    }
  });
});

describe("activation", () => {
  it("starts the qualifying clock once and mails once, however often it is repeated", async () => {
    const referrer = await newReferrer(db.sql);
    const answer = await placeOrder(db.sql, T0, { code: referrer.referral_code });
    await activateOrder(db.sql, answer.order_id, later(3));
    const first = await referralOf(db.sql, answer.order_id);
    expect(first.status).toBe("active");
    expect(first.activated_at?.toISOString()).toBe(later(3));
    expect(first.qualifies_at?.toISOString()).toBe(later(33));
    await activateOrder(db.sql, answer.order_id, later(9));
    expect(await referralOf(db.sql, answer.order_id)).toEqual(first);
    expect(await mailCount(db.sql, "referral_activated", referrer.id)).toBe(1);
    expect(
      await countOf(db.sql`
      select count(*)::integer as n from audit_log
      where entity_id = ${answer.order_id} and action = 'order.activated'`),
    ).toBe(1);
  });

  it("keeps the local time of day over a summer-time change of the billing zone", async () => {
    const referrer = await newReferrer(db.sql);
    const friend = await activeFriend(db.sql, referrer, "2026-03-01T04:30:00Z");
    const { due } = one(
      await db.sql<{ due: Date }[]>`
        select private.local_plus('2026-03-01T04:30:00Z', interval '30 days', 'America/New_York')
          as due`,
    );
    expect(due.toISOString()).toBe("2026-03-31T03:30:00.000Z");
    const referral = await referralOf(db.sql, friend.order);
    expect(referral.qualifies_at?.toISOString()).toBe("2026-03-31T04:30:00.000Z");
  });

  it("after the window does not revive the referral: it expires, the order still activates", async () => {
    const referrer = await newReferrer(db.sql);
    const late = await placeOrder(db.sql, T0, { code: referrer.referral_code });
    await activateOrder(db.sql, late.order_id, later(30));
    expect(await referralOf(db.sql, late.order_id)).toMatchObject({
      status: "expired",
      status_reason: "not_activated_in_time",
      qualifies_at: null,
    });
    const inTime = await placeOrder(db.sql, T0, { code: referrer.referral_code });
    await activateOrder(db.sql, inTime.order_id, new Date(Date.parse(later(30)) - 1).toISOString());
    expect((await referralOf(db.sql, inTime.order_id)).status).toBe("active");
    expect(await mailCount(db.sql, "referral_activated", referrer.id)).toBe(1);
  });

  it("refuses a cancelled order and one that does not exist", async () => {
    const answer = await placeOrder(db.sql, T0);
    await cancelOrder(answer.order_id, T0);
    expect(await refusal(activateOrder(db.sql, answer.order_id, T0))).toMatchObject({
      code: "PT409",
      message: "order_not_activatable",
    });
    expect((await refusal(activateOrder(db.sql, randomUUID(), T0))).code).toBe("PT404");
  });

  it("needs orders:manage, and records who did it", async () => {
    const answer = await placeOrder(db.sql, new Date().toISOString());
    const activate = (userId: string | null) =>
      asUser(db.sql, userId, (sql) => sql`select public.activate_order(${answer.order_id})`);
    expect((await refusal(activate(null))).code).toBe("42501");
    const customer = await newAuthUser(db.sql);
    for (const caller of [customer, await newAdmin(db.sql, "support")]) {
      expect(await refusal(activate(caller))).toMatchObject({
        code: "PT403",
        message: "forbidden",
      });
    }
    const billing = await newAdmin(db.sql, "billing");
    await activate(billing);
    const row = one(
      await db.sql<{ actor_id: string }[]>`
        select actor_id from audit_log where entity_id = ${answer.order_id}`,
    );
    expect(row.actor_id).toBe(billing);
  });
});

describe("a referred service that stops", () => {
  it("cancelled on day 29: the friend does not count, and the row says why", async () => {
    const referrer = await newReferrer(db.sql);
    const friend = await activeFriend(db.sql, referrer, T0);
    await setStatus(friend.service, "cancelled", later(29));
    expect(await referralOf(db.sql, friend.order)).toMatchObject({
      status: "cancelled",
      status_reason: "service_cancelled",
      qualified_at: null,
    });
    await qualify(db.sql, later(60));
    expect((await referralOf(db.sql, friend.order)).status).toBe("cancelled");
  });

  it("for two days counts two days later", async () => {
    const referrer = await newReferrer(db.sql);
    const friend = await activeFriend(db.sql, referrer, T0);
    await setStatus(friend.service, "suspended", later(12));
    await setStatus(friend.service, "active", later(14));
    expect((await referralOf(db.sql, friend.order)).qualifies_at?.toISOString()).toBe(later(32));
    await qualify(db.sql, later(31.9));
    expect((await referralOf(db.sql, friend.order)).status).toBe("active");
    await qualify(db.sql, later(32));
    expect((await referralOf(db.sql, friend.order)).status).toBe("qualified");
  });

  it("stands still while it is suspended, and ends the referral beyond the grace alone", async () => {
    const referrer = await newReferrer(db.sql);
    const friend = await activeFriend(db.sql, referrer, T0);
    const other = await activeFriend(db.sql, referrer, T0);
    for (const { service } of [friend, other]) await setStatus(service, "suspended", later(25));
    await qualify(db.sql, later(31));
    await db.sql`select public.expire_due(${later(32)})`;
    expect((await referralOf(db.sql, friend.order)).status).toBe("active");
    await db.sql`select public.expire_due(${later(32.001)})`;
    const ended = { status: "cancelled", status_reason: "suspended_too_long" };
    expect(await referralOf(db.sql, friend.order)).toMatchObject(ended);
    await setStatus(friend.service, "active", later(33));
    await qualify(db.sql, later(60));
    expect(await referralOf(db.sql, friend.order)).toMatchObject(ended);
    expect(await mailCount(db.sql, "referral_news", referrer.id)).toBe(1);
  });

  it("is ended by its reactivation, where that comes after the grace and before the job", async () => {
    const friend = await activeFriend(db.sql, await newReferrer(db.sql), T0);
    await setStatus(friend.service, "suspended", later(10));
    await setStatus(friend.service, "active", later(17.001));
    expect(await referralOf(db.sql, friend.order)).toMatchObject({
      status: "cancelled",
      status_reason: "suspended_too_long",
    });
  });

  it("after day 30 counts, though the job had not run yet", async () => {
    const referrer = await newReferrer(db.sql);
    const onTime = await activeFriend(db.sql, referrer, T0);
    const tooEarly = await activeFriend(db.sql, referrer, T0);
    await setStatus(onTime.service, "cancelled", later(30));
    await setStatus(
      tooEarly.service,
      "cancelled",
      new Date(Date.parse(later(30)) - 1).toISOString(),
    );
    expect((await referralOf(db.sql, onTime.order)).status).toBe("qualified");
    expect((await referralOf(db.sql, tooEarly.order)).status).toBe("cancelled");
    expect(await mailCount(db.sql, "referral_qualified", referrer.id)).toBe(1);
  });

  it("moves only along the allowed steps", async () => {
    const friend = await activeFriend(db.sql, await newReferrer(db.sql), T0);
    for (const status of ["active", "pending", "installing", ""]) {
      const failure = await refusal(setStatus(friend.service, status, later(1)));
      expect(failure).toMatchObject({ code: "PT409", message: "service_status_invalid" });
    }
    await setStatus(friend.service, "cancelled", later(1));
    for (const status of ["active", "suspended", "cancelled"]) {
      expect((await refusal(setStatus(friend.service, status, later(2)))).code).toBe("PT409");
    }
  });
});

describe("starting an installation", () => {
  const start = (orderId: string, asOf: string) =>
    db.sql`select private.start_installation(${orderId}, ${ACTOR}, ${asOf})`;

  it("leaves service and referral waiting, once, with an audit row", async () => {
    const referrer = await newReferrer(db.sql);
    const answer = await placeOrder(db.sql, T0, { code: referrer.referral_code });
    await start(answer.order_id, later(1));
    await start(answer.order_id, later(2));
    const row = one(
      await db.sql<{ status: string; service: string; audits: number }[]>`
        select o.status,
          (select s.status from customer_services as s where s.order_id = o.id) as service,
          (select count(*)::integer from audit_log as l
            where l.entity_id = o.id::text and l.action = 'order.installing') as audits
        from orders as o where o.id = ${answer.order_id}`,
    );
    expect(row).toEqual({ status: "installing", service: "pending", audits: 1 });
    expect((await referralOf(db.sql, answer.order_id)).status).toBe("pending");
  });

  it("is followed by activation, cancellation or expiry as a pending order is", async () => {
    const referrer = await newReferrer(db.sql);
    const placed = [];
    for (let n = 0; n < 3; n += 1) {
      const answer = await placeOrder(db.sql, T0, { code: referrer.referral_code });
      await start(answer.order_id, later(1));
      placed.push(answer.order_id);
    }
    const [activated = "", cancelled = "", late = ""] = placed;
    await activateOrder(db.sql, activated, later(2));
    expect((await referralOf(db.sql, activated)).status).toBe("active");
    await cancelOrder(cancelled, later(2));
    expect((await referralOf(db.sql, cancelled)).status).toBe("cancelled");
    await db.sql`select public.expire_due(${later(31)})`;
    expect((await referralOf(db.sql, late)).status).toBe("expired");
  });

  it("is refused once the order is active or cancelled, and for somebody's own order", async () => {
    const active = await placeOrder(db.sql, T0);
    await activateOrder(db.sql, active.order_id, T0);
    const cancelled = await placeOrder(db.sql, T0);
    await cancelOrder(cancelled.order_id, T0);
    for (const { order_id } of [active, cancelled]) {
      expect(await refusal(start(order_id, later(1)))).toMatchObject({
        code: "PT409",
        message: "order_not_installable",
      });
    }
    expect((await refusal(start(randomUUID(), T0))).code).toBe("PT404");
    const own = await orderInput(db.sql);
    const placed = await sendOrder(db.sql, own, T0);
    expect(
      await refusal(
        db.sql`select private.start_installation(${placed.order_id}, ${own.auth_user_id}, ${T0})`,
      ),
    ).toMatchObject({ code: "PT403", message: "own_account" });
  });
});

describe("cancelling an order", () => {
  it("ends its service and its pending referral, with reason and audit row", async () => {
    const referrer = await newReferrer(db.sql);
    const answer = await placeOrder(db.sql, T0, { code: referrer.referral_code });
    await cancelOrder(answer.order_id, later(1), "  moved abroad \n");
    expect(await referralOf(db.sql, answer.order_id)).toMatchObject({
      status: "cancelled",
      status_reason: "order_cancelled",
    });
    const row = one(
      await db.sql<{ status: string; cancel_reason: string; service: string; audited: string }[]>`
        select o.status, o.cancel_reason,
          (select s.status from customer_services as s where s.order_id = o.id) as service,
          (select l.reason from audit_log as l
            where l.entity_id = o.id::text and l.action = 'order.cancelled') as audited
        from orders as o where o.id = ${answer.order_id}`,
    );
    expect(row).toEqual({
      status: "cancelled",
      cancel_reason: "moved abroad",
      service: "cancelled",
      audited: "moved abroad",
    });
    expect((await refusal(cancelOrder(answer.order_id, later(2)))).message).toBe(
      "order_not_cancellable",
    );
  });

  it("is refused once the order is active", async () => {
    const answer = await placeOrder(db.sql, T0);
    await activateOrder(db.sql, answer.order_id, T0);
    expect((await refusal(cancelOrder(answer.order_id, T0))).message).toBe("order_not_cancellable");
  });

  it("wants a reason of 3 to 500 characters after trimming", async () => {
    const answer = await placeOrder(db.sql, T0);
    for (const reason of ["", "  ", " ab ", "x".repeat(501)]) {
      const failure = await refusal(cancelOrder(answer.order_id, T0, reason));
      expect(failure).toMatchObject({ code: "PT400", message: "invalid_request" });
    }
    await cancelOrder(answer.order_id, T0, ` ${"x".repeat(500)} `);
  });
});

describe("evidence for the fraud rules", () => {
  const evidenceOf = async (given: OrderChanges, asOf: string) => {
    const input = await orderInput(db.sql, given);
    const row = one(
      await db.sql<{ answer: { evidence: Record<string, Record<string, unknown>> } }[]>`
        select public.prepare_order(${db.sql.json(input)}, ${asOf}) as answer`,
    );
    return row.answer.evidence;
  };

  it("describes both sides, and counts by month and by day", async () => {
    const referrer = await newReferrer(db.sql);
    await placeOrder(db.sql, T0, { code: referrer.referral_code });
    await placeOrder(db.sql, later(2), { code: referrer.referral_code });
    const evidence = await evidenceOf({ code: referrer.referral_code }, later(2.5));
    expect(evidence.counts).toEqual({ this_month: 2, last_24h: 1, total: 2 });
    expect(evidence.referrer).toMatchObject({
      customer_id: referrer.id,
      has_active_service: true,
      overdue_invoices: 0,
    });
    expect(evidence.referred).toMatchObject({ is_customer: false, was_referred: false });
  });

  it("writes an IPv6 address in one notation, however the client's was written", async () => {
    const referrer = await newReferrer(db.sql);
    const input = await orderInput(db.sql, { code: referrer.referral_code });
    const row = one(
      await db.sql<{ ip: string }[]>`
        select public.prepare_order(
          ${db.sql.json({ ...input, ip_address: "2001:0DB8:0:0:0:0:0:1" })}, ${T0}
        ) #>> '{evidence,referred,ip_address}' as ip`,
    );
    expect(row.ip).toBe("2001:db8::1");
  });

  it("refuses to gather it without the windows of the fraud rules", async () => {
    const referrer = await newReferrer(db.sql);
    const input = await orderInput(db.sql, { code: referrer.referral_code });
    for (const name of Object.keys(input.windows)) {
      const incomplete = { ...input, windows: { ...input.windows, [name]: null } };
      expect(
        await refusal(db.sql`select public.prepare_order(${db.sql.json(incomplete)}, ${T0})`),
      ).toMatchObject({ code: "PT400", message: "invalid_request", detail: `windows.${name}` });
    }
  });

  it("finds an earlier referral of the same person, address and connection", async () => {
    const referrer = await newReferrer(db.sql);
    const input = await orderInput(db.sql, { code: referrer.referral_code });
    await sendOrder(db.sql, input, T0);
    const row = one(
      await db.sql<{ answer: { evidence: { referred: { was_referred: boolean } } } }[]>`
        select public.prepare_order(${db.sql.json({ ...input, idempotency_key: randomUUID() })},
          ${later(0.001)}) as answer`,
    );
    expect(row.answer.evidence.referred.was_referred).toBe(true);
    // Another person with the same phone, address and connection.
    const others = one(
      await db.sql<{ answer: { evidence: { matches: Record<string, string[]> } } }[]>`
        select public.prepare_order(
          ${db.sql.json({ ...input, idempotency_key: randomUUID(), email: newEmail("other") })},
          ${later(0.001)}) as answer`,
    );
    const { matches } = others.answer.evidence;
    expect(matches.same_address_referral_ids).toHaveLength(1);
    expect(matches.same_phone_referral_ids).toHaveLength(1);
    expect(matches.same_ip_referral_ids).toHaveLength(1);
    expect(matches.same_device_referral_ids?.length).toBeGreaterThan(0);
  });
});
