import { randomUUID } from "node:crypto";
import { type BrowserContext, expect } from "@playwright/test";
import type { Sql } from "postgres";
import { z } from "zod";
import { activateOrder, type OrderAnswer, orderAnswer } from "@/tests/support/orders";
import { newAddress, orderBody } from "@/tests/support/people";
import { one } from "@/tests/support/rows";
import { SITE_URL } from "./stack";

/** The accounts that the demo data brings, and their common password. */
export const DEMO = {
  referrer: "referrer@demo.test",
  rewarded: "rewarded@demo.test",
  newcomer: "newcomer@demo.test",
  suspended: "suspended@demo.test",
  owner: "admin@demo.test",
  billing: "billing@demo.test",
  support: "support@demo.test",
} as const;
export const DEMO_PASSWORD = "referral-demo";

/** Somebody who orders. */
export interface Person {
  email: string;
  password: string;
  firstName: string;
  lastName: string;
  phone: string;
  line1: string;
  city: string;
  postalCode: string;
}

/** Somebody whose details match nobody else's. */
export function newPerson(given: Partial<Person> = {}): Person {
  const { email, password, first_name, last_name, phone, address } = orderBody("").account;
  return {
    email,
    password,
    firstName: first_name,
    lastName: last_name,
    phone,
    line1: address.line1,
    city: address.city,
    postalCode: address.postal_code,
    ...given,
  };
}

const created = z.object({ success: z.literal(true), data: orderAnswer });

/** Orders through the HTTP API, from a client address of the person's own unless one is given. */
export async function orderOnSite(
  person: Person,
  options: { code?: string; from?: string; userAgent?: string; packageSlug?: string } = {},
): Promise<OrderAnswer> {
  const response = await fetch(`${SITE_URL}/api/orders/create`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "idempotency-key": randomUUID(),
      "user-agent": options.userAgent ?? `Browser ${randomUUID()}`,
      "x-forwarded-for": options.from ?? newAddress(),
    },
    body: JSON.stringify(
      orderBody(options.packageSlug ?? "fibre-50", {
        account: {
          email: person.email,
          password: person.password,
          first_name: person.firstName,
          last_name: person.lastName,
          phone: person.phone,
          address: { line1: person.line1, city: person.city, postal_code: person.postalCode },
        },
        referral_code: options.code ?? null,
      }),
    ),
  });
  const text = await response.text();
  expect(response.status, text).toBe(201);
  return created.parse(JSON.parse(text)).data;
}

/** Somebody who ordered, and whose code works once the order is activated. */
export interface Customer extends Person {
  id: string;
  orderId: string;
  code: string;
  /** What friends open. */
  link: string;
}

/** A customer who ordered through the site and can sign in, with an active service unless told otherwise. */
export async function customerOnSite(
  sql: Sql,
  given: Partial<Person> = {},
  options: { from?: string; active?: boolean } = {},
): Promise<Customer> {
  const person = newPerson({ firstName: "Zanele", lastName: "Khoza", ...given });
  const { order_id, customer_id } = await orderOnSite(person, { from: options.from });
  if (options.active !== false) await activateOrder(sql, order_id);
  const { referral_code: code } = one(
    await sql<{ referral_code: string }[]>`
      select referral_code from public.customers where id = ${customer_id}`,
  );
  const link = `${SITE_URL}/?ref=${code}`;
  return { ...person, id: customer_id, orderId: order_id, code, link };
}

/** Signs the browser in without the form: the form has tests of its own. */
export async function signIn(
  context: BrowserContext,
  account: { email: string; password?: string },
): Promise<void> {
  const { email, password = DEMO_PASSWORD } = account;
  const response = await context.request.post("/api/auth/sign-in", { data: { email, password } });
  expect(response.status(), await response.text()).toBe(200);
}

/** What a customer id, e-mail and code belong to, for demo accounts. */
export async function demoCustomer(
  sql: Sql,
  email: string,
): Promise<{ id: string; code: string; phone: string; firstName: string }> {
  const row = one(
    await sql<{ id: string; referral_code: string; phone: string; first_name: string }[]>`
      select id, referral_code, phone, first_name from public.customers where email = ${email}`,
  );
  return { id: row.id, code: row.referral_code, phone: row.phone, firstName: row.first_name };
}
