import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { type BrowserContext, expect } from "@playwright/test";
import type { Sql } from "postgres";
import { z } from "zod";
import { activate, one } from "./database";
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

/** The password of everybody whom a test makes. */
export const PASSWORD = "seven quiet rivers";

const unique = () => `${Date.now().toString(36)}${randomBytes(3).toString("hex")}`;
const digits = (n: number) => Array.from({ length: n }, () => randomInt(10)).join("");

/** A client address that nobody else has, of the range that is kept for documentation. */
export function newAddress(): string {
  const part = () => randomBytes(2).toString("hex");
  return `2001:db8:${part()}:${part()}::${part()}`;
}

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
  const tag = unique();
  return {
    email: `e2e-${tag}@example.com`,
    password: PASSWORD,
    firstName: "Lerato",
    lastName: "Mokoena",
    phone: `+2771${digits(7)}`,
    line1: `${randomInt(1, 9000)} Test ${tag} Street`,
    city: "Cape Town",
    postalCode: "8001",
    ...given,
  };
}

const orderAnswer = z.object({
  success: z.literal(true),
  data: z.object({
    order_id: z.string(),
    customer_id: z.string(),
    referral: z.object({
      status: z.enum(["recorded", "not_applied", "none"]),
      reason: z.string().optional(),
    }),
  }),
});
export type PlacedOrder = z.infer<typeof orderAnswer>["data"];

/** Orders through the HTTP API, from a client address of the person's own unless one is given. */
export async function placeOrder(
  person: Person,
  options: { code?: string; from?: string; userAgent?: string; packageSlug?: string } = {},
): Promise<PlacedOrder> {
  const response = await fetch(`${SITE_URL}/api/orders/create`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "idempotency-key": randomUUID(),
      "user-agent": options.userAgent ?? `Browser ${randomUUID()}`,
      "x-forwarded-for": options.from ?? newAddress(),
    },
    body: JSON.stringify({
      package_slug: options.packageSlug ?? "fibre-50",
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
  });
  const text = await response.text();
  expect(response.status, text).toBe(201);
  return orderAnswer.parse(JSON.parse(text)).data;
}

/** A customer with an active service, whose code works and who can sign in. */
export interface Customer extends Person {
  id: string;
  orderId: string;
  code: string;
  /** What friends open. */
  link: string;
}

export async function newCustomer(
  sql: Sql,
  given: Partial<Person> = {},
  options: { from?: string; active?: boolean } = {},
): Promise<Customer> {
  const person = newPerson({ firstName: "Zanele", lastName: "Khoza", ...given });
  const { order_id, customer_id } = await placeOrder(person, { from: options.from });
  if (options.active !== false) await activate(sql, order_id);
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
