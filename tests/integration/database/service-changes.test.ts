import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { previewFactsSchema } from "@/lib/rewards/schemas";
import {
  ACTOR,
  activeService,
  newAdmin,
  newCustomer,
  newPackage,
  newReferrer,
} from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { issuedInvoice } from "@/tests/support/invoices";
import { activateOrder, activeFriend, placeOrder } from "@/tests/support/orders";
import { one, verify } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(async () => {
  expect((await verify(db.sql)).details).toEqual([]);
  await db.drop();
});

/** 10 November in Johannesburg, though still the 9th in UTC. */
const NOVEMBER_10 = "2026-11-09T22:00:00Z";

const answerSchema = z.object({
  id: z.string(),
  status: z.string(),
  package_name: z.string(),
  monthly_price_cents: z.number(),
  effective_on: z.string(),
});

type Change = {
  effective_on: string;
  from_price_cents: number;
  to_price_cents: number;
  reason: string;
  actor_id: string | null;
  created_at: string;
};

async function changePackage(service: string, slug: string, at = NOVEMBER_10, reason = "upgrade") {
  const row = one(
    await db.sql<{ answer: unknown }[]>`
      select private.change_service_package(${service}, ${slug}, ${reason}, ${ACTOR}, ${at}) as answer`,
  );
  return answerSchema.parse(row.answer);
}

async function changesOf(service: string): Promise<Change[]> {
  const rows = await db.sql<{ change: Change }[]>`
    select to_jsonb(ch) as change from service_price_changes as ch
    where service_id = ${service} order by created_at`;
  return rows.map(({ change }) => change);
}

async function serviceOf(id: string) {
  return one(
    await db.sql<{ package_id: string; price: number; updated_at: Date }[]>`
      select package_id, monthly_price_cents::integer as price, updated_at
      from customer_services where id = ${id}`,
  );
}

/** The service has its invoice of the cycle that starts on that day. */
async function invoiced(service: string, periodStart: string): Promise<void> {
  const { customer_id } = one(
    await db.sql<{ customer_id: string }[]>`
      select customer_id from customer_services where id = ${service}`,
  );
  const month = periodStart.slice(0, 7);
  await issuedInvoice(db.sql, { customerId: customer_id, serviceId: service, month });
}

async function serviceAt(priceCents = 79_900): Promise<string> {
  const customer = await newCustomer(db.sql);
  return activeService(db.sql, customer.id, { priceCents });
}

describe("changing the package of a service", () => {
  it("gives it the package at its price, keeps what it had, and says who and why", async () => {
    const service = await serviceAt(79_900);
    const before = await serviceOf(service);
    const { id, slug } = await newPackage(db.sql, { name: "Fibre 200/100", priceCents: 99_900 });
    const answer = await changePackage(service, slug, NOVEMBER_10, "  needs more speed \n");

    expect(answer).toEqual({
      id: service,
      status: "active",
      package_name: "Fibre 200/100",
      monthly_price_cents: 99_900,
      effective_on: "2026-11-10",
    });
    expect(await serviceOf(service)).toMatchObject({
      package_id: id,
      price: 99_900,
      updated_at: new Date(NOVEMBER_10),
    });
    expect(await changesOf(service)).toMatchObject([
      {
        effective_on: "2026-11-10",
        from_package_id: before.package_id,
        from_price_cents: 79_900,
        to_package_id: id,
        to_price_cents: 99_900,
        reason: "needs more speed",
        actor_id: ACTOR,
      },
    ]);
    const audit = one(
      await db.sql`
        select actor_id, customer_id, reason, before, after from audit_log
        where action = 'service.package_changed' and entity_id = ${service}`,
    );
    expect(audit).toMatchObject({
      actor_id: ACTOR,
      reason: "needs more speed",
      before: { package: "Fibre 100/50", monthly_price_cents: 79_900 },
      after: {
        package: "Fibre 200/100",
        monthly_price_cents: 99_900,
        effective_on: "2026-11-10",
      },
    });
    expect(audit.customer_id).toEqual(expect.any(String));
  });

  it.each([
    ["the last second of a month", "2026-11-30T21:59:59Z", "2026-11-30"],
    ["the first second of a month", "2026-11-30T22:00:00Z", "2026-12-01"],
  ])("counts from the day of the billing zone, at %s", async (_when, at, day) => {
    const { slug } = await newPackage(db.sql, { priceCents: 99_900 });
    expect((await changePackage(await serviceAt(), slug, at)).effective_on).toBe(day);
  });

  it("waits for the next cycle once this one is invoiced, and for the first that is not", async () => {
    const { slug } = await newPackage(db.sql, { priceCents: 99_900 });
    const once = await serviceAt();
    await invoiced(once, "2026-10-01");
    await invoiced(once, "2026-11-01");
    expect((await changePackage(once, slug)).effective_on).toBe("2026-12-01");

    const ahead = await serviceAt();
    await invoiced(ahead, "2026-11-01");
    await invoiced(ahead, "2026-12-01");
    expect((await changePackage(ahead, slug)).effective_on).toBe("2027-01-01");

    const earlier = await serviceAt();
    await invoiced(earlier, "2026-10-01");
    expect((await changePackage(earlier, slug)).effective_on).toBe("2026-11-10");
  });

  it("is told beforehand to whoever is about to do it", async () => {
    const order = await placeOrder(db.sql, "2026-06-01T08:00:00Z");
    const service = await activateOrder(db.sql, order.order_id, "2026-06-02T08:00:00Z");
    const support = await newAdmin(db.sql, "support");
    const { today, next } = one(
      await db.sql<{ today: string; next: string }[]>`
        select d.today::text, (date_trunc('month', d.today) + interval '1 month')::date::text as next
        from (select private.local_date(now(), private.billing_time_zone()) as today) as d`,
    );
    const rowOf = async () => {
      const [row] = await asUser(
        db.sql,
        support,
        (tx) => tx<{ service: Record<string, unknown> }[]>`
          select o -> 'service' as service
          from jsonb_array_elements(public.admin_list_orders() -> 'orders') as o
          where o ->> 'id' = ${order.order_id}`,
      );
      return row?.service;
    };
    expect(await rowOf()).toMatchObject({ id: service, price_change_on: today });
    await invoiced(service, `${today.slice(0, 7)}-01`);
    expect(await rowOf()).toMatchObject({ price_change_on: next, earlier_price: null });

    const { slug } = await newPackage(db.sql, { priceCents: 99_900 });
    const at = new Date().toISOString();
    expect((await changePackage(service, slug, at)).effective_on).toBe(next);
    expect(await rowOf()).toMatchObject({
      monthly_price_cents: 99_900,
      price_change_on: next,
      earlier_price: { until: next, price_cents: 79_900 },
    });
    await db.sql`select private.set_service_status(${service}, 'cancelled', 'moving', ${ACTOR}, now())`;
    expect(await rowOf()).toMatchObject({ price_change_on: null });
  });

  it("also takes the new price of the package that the service has", async () => {
    const service = await serviceAt(79_900);
    const { package_id } = await serviceOf(service);
    const { slug } = one(
      await db.sql<{ slug: string }[]>`
        update service_packages set monthly_price_cents = 82_900 where id = ${package_id} returning slug`,
    );
    expect((await changePackage(service, slug)).monthly_price_cents).toBe(82_900);
    expect(await refusal(changePackage(service, slug))).toMatchObject({
      code: "PT409",
      message: "package_unchanged",
    });
    expect(await changesOf(service)).toHaveLength(1);
  });

  it("is for services that have not ended, and packages on sale", async () => {
    const { slug } = await newPackage(db.sql, { priceCents: 99_900 });
    const withdrawn = await newPackage(db.sql);
    await db.sql`update service_packages set is_active = false where id = ${withdrawn.id}`;
    const customer = await newCustomer(db.sql);
    const suspended = await activeService(db.sql, customer.id, { status: "suspended" });
    expect(await changePackage(suspended, slug)).toMatchObject({ status: "suspended" });

    const cancelled = await activeService(db.sql, customer.id, { status: "cancelled" });
    const pending = one(
      await db.sql<{ id: string }[]>`
        select id from customer_services
        where order_id = ${(await placeOrder(db.sql, NOVEMBER_10)).order_id}`,
    ).id;
    // Nothing was charged yet: the order takes the package, and there is no change of a price.
    expect(await changePackage(pending, slug)).toMatchObject({
      status: "pending",
      monthly_price_cents: 99_900,
    });
    expect(await changesOf(pending)).toEqual([]);
    expect(
      one(
        await db.sql<{ slug: string }[]>`
          select p.slug from orders as o
          join service_packages as p on p.id = o.package_id
          join customer_services as s on s.order_id = o.id where s.id = ${pending}`,
      ).slug,
    ).toBe(slug);
    const active = await serviceAt();
    for (const [service, wanted, code, message] of [
      [cancelled, slug, "PT409", "package_not_changeable"],
      [active, withdrawn.slug, "PT404", "not_found"],
      [active, "no-such-package", "PT404", "not_found"],
      [randomUUID(), slug, "PT404", "not_found"],
    ] as const) {
      expect(await refusal(changePackage(service, wanted))).toMatchObject({ code, message });
      expect(await changesOf(service)).toEqual([]);
    }
    for (const reason of ["", " x ", "y".repeat(501)]) {
      expect((await refusal(changePackage(active, slug, NOVEMBER_10, reason))).code).toBe("PT400");
    }
  });

  it("is for those who may manage orders, and for nobody on their own account", async () => {
    const { slug } = await newPackage(db.sql, { priceCents: 99_900 });
    const referrer = await newReferrer(db.sql);
    const friend = await activeFriend(db.sql, referrer, "2026-11-01T08:00:00Z");
    const as = (user: string | null, service: string) =>
      asUser(
        db.sql,
        user,
        (tx) => tx`select public.change_service_package(${service}, ${slug}, 'upgrade')`,
      );
    for (const role of ["support", "reviewer"] as const) {
      expect(await refusal(as(await newAdmin(db.sql, role), friend.service))).toMatchObject({
        code: "PT403",
        message: "forbidden",
      });
    }
    expect((await refusal(as(referrer.auth_user_id, friend.service))).message).toBe("forbidden");
    expect((await refusal(as(null, friend.service))).code).toBe("42501");

    const own = await newCustomer(db.sql, { authUserId: await newAdmin(db.sql, "billing") });
    const ownService = await activeService(db.sql, own.id);
    expect((await refusal(as(own.auth_user_id, ownService))).message).toBe("own_account");
    await newAdmin(db.sql, "billing", { authUserId: referrer.auth_user_id });
    expect((await refusal(as(referrer.auth_user_id, friend.service))).message).toBe("own_account");
    expect(await changesOf(friend.service)).toEqual([]);

    const billing = await newAdmin(db.sql, "billing");
    await as(billing, friend.service);
    expect(await changesOf(friend.service)).toMatchObject([{ actor_id: billing }]);
  });

  it("is one after the other, whoever's clock is ahead: each starts where the last one ended", async () => {
    const service = await serviceAt(10_000);
    const packages = await Promise.all(
      Array.from({ length: 20 }, (_, n) => newPackage(db.sql, { priceCents: 20_000 + n })),
    );
    const pool = db.pool(20);
    await Promise.all(
      packages.map(({ slug }, n) => {
        const at = new Date(Date.parse(NOVEMBER_10) + ((n * 7) % 20) * 3_600_000).toISOString();
        return pool`select private.change_service_package(${service}, ${slug}, 'race', ${ACTOR}, ${at})`;
      }),
    );
    const changes = await changesOf(service);
    expect(changes).toHaveLength(20);
    let price = 10_000;
    let day = "";
    let at = "";
    for (const change of changes) {
      expect(change.from_price_cents).toBe(price);
      expect(change.effective_on >= day).toBe(true);
      expect(change.created_at > at).toBe(true);
      ({ to_price_cents: price, effective_on: day, created_at: at } = change);
    }
    expect((await serviceOf(service)).price).toBe(price);
  });

  it("stays on record: a change is neither altered nor deleted", async () => {
    const service = await serviceAt();
    await changePackage(service, (await newPackage(db.sql, { priceCents: 1 })).slug);
    for (const attempt of [
      db.sql`update service_price_changes set from_price_cents = 5 where service_id = ${service}`,
      db.sql`delete from service_price_changes where service_id = ${service}`,
      db.sql`truncate service_price_changes`,
    ]) {
      expect((await refusal(attempt)).message).toBe("immutable_row");
    }
  });
});

describe("what the preview of the next invoice knows", () => {
  const factsOf = async (customer: string) =>
    previewFactsSchema.parse(
      one(
        await db.sql<{ facts: unknown }[]>`
          select private.invoice_preview_facts(${customer}) as facts`,
      ).facts,
    );
  const instant = async (expression: string) =>
    one(
      await db.sql.unsafe<{ at: Date }[]>(`
        select (${expression}) at time zone private.billing_time_zone() as at
        from (select date_trunc('month', now() at time zone private.billing_time_zone()) as month) as m`),
    ).at.toISOString();

  it("are the prices of this cycle's days, of several from one day on the first that was replaced", async () => {
    const customer = await newCustomer(db.sql);
    const service = await activeService(db.sql, customer.id, { priceCents: 10_000 });
    const change = async (priceCents: number, expression: string) => {
      const { slug } = await newPackage(db.sql, { name: `At ${priceCents}`, priceCents });
      return changePackage(service, slug, await instant(expression));
    };
    await change(20_000, "m.month - interval '1 day'");
    await change(30_000, "m.month");
    const first = await change(40_000, "m.month + interval '9 days 8 hours'");
    await change(50_000, "m.month + interval '9 days 9 hours'");
    const last = await change(60_000, "m.month + interval '20 days'");
    expect((await factsOf(customer.id)).services).toMatchObject([
      {
        price_cents: 60_000,
        package_name: "At 60000",
        ended_at: null,
        earlier_prices: [
          { until: first.effective_on, package_name: "At 30000", price_cents: 30_000 },
          { until: last.effective_on, package_name: "At 50000", price_cents: 50_000 },
        ],
      },
    ]);
  });

  it("are services that run, and those that ended in this cycle, with the end of what was delivered", async () => {
    const customer = await newCustomer(db.sql);
    const beforeMidnight = await instant("m.month - interval '1 second'");
    const firstDay = await instant("m.month + interval '23 hours'");
    const secondDay = await instant("m.month + interval '1 day'");
    const later = await instant("m.month + interval '3 days'");
    const service = (suspended: string | null, cancelled: string | null) =>
      activeService(db.sql, customer.id).then(async (id) => {
        const status = cancelled ? "cancelled" : suspended ? "suspended" : "active";
        await db.sql`
          update customer_services
          set status = ${status}, suspended_at = ${suspended}, cancelled_at = ${cancelled}
          where id = ${id}`;
        return id;
      });
    const active = await service(null, null);
    const ended = await service(null, later);
    const stoppedBefore = await service(secondDay, later);
    // Nothing of this cycle was delivered.
    await service(null, beforeMidnight);
    await service(null, firstDay);
    await service(beforeMidnight, later);
    // Its days until the suspension are charged when the cycle is over.
    const suspended = await service(later, null);

    const { services } = await factsOf(customer.id);
    const iso = (at: string | null) => at && new Date(at).toISOString();
    expect(services.map((s) => [s.service_id, s.status, iso(s.ended_at)]).sort()).toEqual(
      [
        [active, "active", null],
        [ended, "cancelled", later],
        [stoppedBefore, "cancelled", secondDay],
        [suspended, "suspended", null],
      ].sort(),
    );
  });
});
