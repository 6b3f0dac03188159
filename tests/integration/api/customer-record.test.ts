import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type Account,
  adminAccounts,
  call,
  customerAccount,
  dataOf,
  refusalOf,
} from "@/tests/support/api";
import { sharedDatabase } from "@/tests/support/database";
import { activeFriend, placeOrder } from "@/tests/support/orders";
import { referralOf } from "@/tests/support/rows";

const sql = sharedDatabase();
let admins: Awaited<ReturnType<typeof adminAccounts>>;
beforeAll(async () => {
  admins = await adminAccounts(sql);
});
afterAll(() => sql.end());

const now = () => new Date().toISOString();
const list = z.array(z.looseObject({ id: z.union([z.guid(), z.number()]) }));
const sections = [
  "orders",
  "services",
  "invoices",
  "rewards",
  "referrals",
  "refused_codes",
  "notifications",
  "audit",
] as const;
const recordSchema = z.looseObject({
  customer: z.looseObject({ id: z.guid(), name: z.string(), email: z.string() }),
  referred_by: z
    .looseObject({
      status: z.string(),
      referrer: z.looseObject({ id: z.guid(), name: z.string() }),
      explanation: z.looseObject({ code: z.string(), text: z.string() }),
      reply: z.string(),
    })
    .nullable(),
  ...Object.fromEntries(sections.map((section) => [section, list])),
  balance_cents: z.number().int(),
  next_invoice: z.looseObject({ amount_due_cents: z.number().int() }).nullable(),
  next_cursors: z.record(z.enum(sections), z.string().nullable()),
});

const read = async (id: string, account: Account = admins.support) =>
  dataOf(
    await call("GET", `/api/admin/customers/${id}`, { token: account.token }),
    recordSchema,
  ) as z.infer<typeof recordSchema> & Record<(typeof sections)[number], z.infer<typeof list>>;

describe("a customer's record", () => {
  test("says who referred them and whether it counted, and what comes next", async () => {
    const referrer = await customerAccount(sql);
    const friend = await activeFriend(sql, referrer.customer, now());
    const { id } = await referralOf(sql, friend.order);
    const record = await read(friend.customer);
    expect(record.referred_by).toMatchObject({
      id,
      status: "active",
      referrer: { id: referrer.customer.id },
      explanation: { code: "days_running" },
    });
    expect(record.referred_by?.reply).toMatch(/ counts on \d+ \w+ \d{4}, if the service stays /);
    expect(record.orders).toMatchObject([{ id: friend.order, status: "active" }]);
    expect(record.services).toMatchObject([{ id: friend.service, status: "active" }]);
    expect(record.notifications.length).toBeGreaterThan(0);
    expect(record.balance_cents).toBe(0);
    expect(record.next_invoice?.amount_due_cents).toBeGreaterThan(0);
    expect((await read(referrer.customer.id)).referrals).toMatchObject([
      { id, explanation: { code: "days_running" } },
    ]);
  });

  test("says of a free month that waits where it is and why", async () => {
    const { customer } = await customerAccount(sql);
    await sql`
      select private.grant_reward(${customer.id}, 'Goodwill', null, ${admins.billing.userId}, now())`;
    const record = await read(customer.id);
    expect(record.rewards).toMatchObject([
      { status: "pending", source: "manual", explanation: { code: "next_invoice" } },
    ]);
    expect(record.next_invoice).toMatchObject({ amount_due_cents: 0 });
    expect(record.audit.length).toBeGreaterThan(0);
  });

  test("shows refused uses of a code on both sides", async () => {
    const referrer = await customerAccount(sql);
    const placed = await placeOrder(sql, now(), {
      code: referrer.customer.referral_code,
      blocked: "self_referral",
    });
    for (const id of [referrer.customer.id, placed.customer_id]) {
      expect((await read(id)).refused_codes).toMatchObject([
        { reason: "self_referral", order_id: placed.order_id },
      ]);
    }
  });

  test("goes on, page by page, with each row once", async () => {
    const referrer = await customerAccount(sql);
    const placed = new Set<string>();
    for (let n = 0; n < 12; n += 1) {
      // Six a month: no month is full.
      const at = new Date(Date.parse(now()) - Math.floor(n / 6) * 31 * 86_400_000).toISOString();
      const { order_id } = await placeOrder(sql, at, { code: referrer.customer.referral_code });
      placed.add((await referralOf(sql, order_id)).id);
    }
    for (let n = 0; n < 23; n += 1) {
      await sql`
        select private.write_audit(${admins.owner.userId}, 'customer.noted', 'customer',
          ${referrer.customer.id}, ${referrer.customer.id}, ${`Note ${n}`}, null, null, now())`;
    }
    const record = await read(referrer.customer.id);
    for (const section of ["referrals", "audit"] as const) {
      const found = record[section].map(({ id }) => String(id));
      expect(found).toHaveLength(10);
      for (let cursor = record.next_cursors[section]; cursor; ) {
        const page = dataOf(
          await call(
            "GET",
            `/api/admin/customers/${referrer.customer.id}/record/${section}?limit=7&cursor=${cursor}`,
            { token: admins.support.token },
          ),
          z.looseObject({ [section]: list, next_cursor: z.string().nullable() }),
        );
        found.push(...(page[section] as z.infer<typeof list>).map(({ id }) => String(id)));
        cursor = page.next_cursor as string | null;
      }
      const expected =
        section === "referrals"
          ? [...placed]
          : (
              await sql<{ id: string }[]>`
                select id::text from audit_log where customer_id = ${referrer.customer.id}`
            ).map(({ id }) => id);
      expect(found.sort()).toEqual(expected.sort());
    }
  });

  test("is nobody's who is unknown, and no section is made up", async () => {
    const token = admins.support.token;
    expect(refusalOf(await call("GET", `/api/admin/customers/${randomUUID()}`, { token }))).toBe(
      "404 not_found",
    );
    const { customer } = await customerAccount(sql);
    const made = `/api/admin/customers/${customer.id}/record/secrets`;
    expect((await call("GET", made, { token })).status).toBeGreaterThanOrEqual(400);
  });
});
