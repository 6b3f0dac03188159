import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { af } from "@/lib/language/messages/af";
import { zu } from "@/lib/language/messages/zu";
import {
  type Account,
  adminAccount,
  type CallOptions,
  call,
  customerAccount,
  errorOf,
  refusalOf,
} from "@/tests/support/api";
import { addressOf, apiRoutes } from "@/tests/support/api-routes";
import { newPackage } from "@/tests/support/builders";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { newAddress, orderBody } from "@/tests/support/people";
import { countOf } from "@/tests/support/rows";

const sql = sharedDatabase();
afterAll(() => sql.end());

let billing: Account;
let customerId: string;
let slug: string;
beforeAll(async () => {
  billing = await adminAccount(sql, "billing");
  customerId = (await customerAccount(sql)).customer.id;
  slug = (await newPackage(sql)).slug;
});

const asJson = { "content-type": "application/json" };

/** Every route that reads a body, with an account that may call it. */
const bodyRoutes = (): [string, string, string | undefined][] => [
  ["POST", "/api/orders/create", undefined],
  ["POST", "/api/auth/sign-in", undefined],
  ["POST", "/api/auth/password-reset", undefined],
  ["POST", "/api/referrals/visit", undefined],
  ["POST", `/api/admin/customers/${customerId}/referrals/grant`, billing.token],
  ["POST", `/api/admin/customers/${customerId}/referrals/revoke`, billing.token],
  ["POST", `/api/admin/services/${randomUUID()}/status`, billing.token],
  ["POST", `/api/admin/services/${randomUUID()}/package`, billing.token],
  ["POST", `/api/admin/orders/${randomUUID()}/cancel`, billing.token],
  ["POST", `/api/admin/review/${randomUUID()}`, billing.token],
];

const each = async (options: CallOptions, expected: string) => {
  for (const [method, path, token] of bodyRoutes()) {
    const answer = await call(method, path, { token, ...options });
    expect([path, refusalOf(answer)]).toEqual([path, expected]);
  }
};

describe("a body that is not what it should be is refused by every route", () => {
  test("another content type", async () => {
    await each(
      { raw: "reason=x", headers: { "content-type": "application/x-www-form-urlencoded" } },
      "415 unsupported_media_type",
    );
    await each(
      { raw: JSON.stringify({ reason: "Goodwill" }), headers: { "content-type": "text/plain" } },
      "415 unsupported_media_type",
    );
  });

  test("more than 64 KiB, whether announced or not", async () => {
    const huge = JSON.stringify({ reason: "x".repeat(70_000) });
    await each({ raw: huge, headers: asJson }, "413 payload_too_large");
  });

  test("broken JSON, nothing at all, or a bare value", async () => {
    for (const raw of ["{", "", "undefined", '{"a":1}{"b":2}', "null", '"text"', "[]", "7"]) {
      await each({ raw, headers: asJson }, "400 invalid_request");
    }
  });

  test("bytes that are not UTF-8", async () => {
    const raw = new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]);
    await each({ raw, headers: asJson }, "400 invalid_request");
  });

  test("deep nesting", async () => {
    const deep = `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`;
    await each({ raw: deep, headers: asJson }, "400 invalid_request");
  });

  test("NUL, and half of a surrogate pair, in a value or a name", async () => {
    for (const raw of [
      '{"reason":"a\\u0000b"}',
      '{"reason":"a\\ud800b"}',
      '{"\\u0000":1}',
      '{"a":["\\udfff"]}',
    ]) {
      await each({ raw, headers: asJson }, "400 invalid_request");
    }
  });

  test("wrong types", async () => {
    await each(
      {
        json: { email: {}, code: 7, reason: ["x"], decision: 1, account: "x", package_slug: null },
      },
      "400 invalid_request",
    );
  });
});

/** Whether a sentence is one of the catalogue of Afrikaans, whatever its numbers and names. */
const AFRIKAANS = [...Object.values(af.errors), ...Object.values(af.sentences)].map((sentence) => {
  const parts = sentence
    .split(/\{\w+\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".+")}$`);
});
const isAfrikaans = (said: string) => AFRIKAANS.some((sentence) => sentence.test(said));

/** Requests that no form check takes: nothing at all, other types, and places that do not exist. */
function wrongRequests([, pattern, route]: ReturnType<typeof apiRoutes>[number]) {
  const wrongParams = Object.fromEntries(
    Object.keys(route.params ?? {}).map((name) => [name, "x"]),
  );
  const names = Object.keys(route.body ?? {});
  const types = [[], 7, "", "x".repeat(2_000), {}, true];
  const bodies = types.map((type) => Object.fromEntries(names.map((name) => [name, type])));
  const query = { limit: "x", cursor: "!", from: "x", q: "x".repeat(300), format: "x" };
  const address = addressOf(pattern, route.params, route.query);
  return [
    { path: addressOf(pattern, wrongParams, query), json: route.body },
    { path: addressOf(pattern, route.params, { limit: "-1" }), json: route.body },
    ...(route.body
      ? [{}, ...bodies].map((json) => ({ path: address, json }))
      : [{ path: addressOf(pattern, route.params), json: undefined }]),
  ];
}

test("people read in their language what is wrong; the team and programs read English", async () => {
  const customer = await customerAccount(sql);
  const tokens = { customer: customer.token, admin: billing.token };
  let refusals = 0;
  for (const entry of apiRoutes()) {
    const [method, pattern, { access }] = entry;
    // The servers of mail providers send this one, not people.
    const isSentByServers = method === "POST" && pattern === "/api/mail/unsubscribe";
    const forPeople = ["public", "browser", "customer"].includes(access) && !isSentByServers;
    for (const { path, json } of wrongRequests(entry)) {
      const answer = await call(method, path, {
        json,
        token: access === "customer" || access === "admin" ? tokens[access] : undefined,
        headers: { "accept-language": "af-ZA,af;q=0.9", "x-forwarded-for": newAddress() },
      });
      if (answer.status < 400) continue;
      refusals += 1;
      const { message, fields } = errorOf(answer);
      for (const said of [message, ...Object.values(fields)]) {
        expect.soft(isAfrikaans(said), `${method} ${path} ${said}`).toBe(forPeople);
      }
    }
  }
  expect(refusals).toBeGreaterThan(300);
});

test("a chosen language is stronger than the browser's", async () => {
  const answer = await call("POST", "/api/auth/sign-in", {
    json: {},
    headers: { "accept-language": "zu", cookie: "a=1; language=af; b=2" },
  });
  expect(errorOf(answer).message).toBe(af.errors.invalid_request);
  const unknown = await call("POST", "/api/auth/sign-in", {
    json: {},
    headers: { "accept-language": "zu", cookie: "language=xx" },
  });
  expect(errorOf(unknown).message).toBe(zu.errors.invalid_request);
});

test("fields that nobody asked for are ignored: they cannot set what they name", async () => {
  const body = orderBody(slug, {
    status: "active",
    customer_id: customerId,
    account: { role: "owner", referral_code: "REF-00000000", is_admin: true, id: customerId },
  });
  const answer = await call("POST", "/api/orders/create", {
    json: body,
    headers: { "idempotency-key": randomUUID() },
  });
  expect(answer.status).toBe(201);
  const [customer] = await sql`select * from customers where email = ${body.account.email}`;
  expect(customer?.id).not.toBe(customerId);
  expect(customer?.referral_code).not.toBe("REF-00000000");
  const admins = await countOf(sql<{ n: number }[]>`
    select count(*)::integer as n from admin_users where email = ${body.account.email}`);
  expect(admins).toBe(0);
});

test("__proto__ and constructor are only names", async () => {
  const raw = '{"__proto__":{"reason":"polluted"},"constructor":{"prototype":{"reason":"x"}}}';
  const error = errorOf(
    await call("POST", `/api/admin/customers/${customerId}/referrals/grant`, {
      token: billing.token,
      raw,
      headers: asJson,
    }),
  );
  expect(error).toMatchObject({ status: 400, fields: { reason: "Give a reason." } });
});

test("what is refused for its form leaves nothing behind", async () => {
  const rewards = await countOf(sql<{ n: number }[]>`
    select count(*)::integer as n from referral_rewards where customer_id = ${customerId}`);
  expect(rewards).toBe(0);
});

test("an address with broken percent-encoding is refused, whatever it leads to", async () => {
  for (const path of ["/r/%E0%A4%A", "/invoices/%E0%A4%A", "/api/admin/orders/%E0%A4%A/activate"]) {
    const answer = await fetch(`${testStack().siteUrl}${path}`, { redirect: "manual" });
    expect([path, answer.status]).toEqual([path, 400]);
    expect(await answer.json()).toMatchObject({ error: { code: "invalid_request" } });
  }
});
