import { randomUUID } from "node:crypto";
import { NextRequest } from "next/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as dashboard from "@/app/api/customer/dashboard/route";
import * as balance from "@/app/api/customer/referral-balance/route";
import * as referrals from "@/app/api/customer/referrals/route";
import * as validate from "@/app/api/referrals/validate/route";
import {
  Browser,
  type CustomerAccount,
  customerAccount,
  enterStackEnvironment,
} from "@/tests/support/api";
import { newPackage } from "@/tests/support/builders";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { type CountingProxy, countingProxy } from "@/tests/support/faulty-proxy";
import { newAddress, orderBody } from "@/tests/support/people";
import { ownSite, ROOMY } from "@/tests/support/site";

const sql = sharedDatabase();
let proxy: CountingProxy;
let restore: () => void;
let customer: CustomerAccount;

beforeAll(async () => {
  proxy = await countingProxy(testStack().apiUrl);
  restore = enterStackEnvironment({ SUPABASE_URL: proxy.url, TRUSTED_PROXY_HOPS: "1" });
  customer = await customerAccount(sql);
});
afterAll(async () => {
  restore();
  await proxy.stop();
  await sql.end();
});

const ask = async (
  handler: typeof referrals.GET,
  method: string,
  path: string,
): Promise<{ status: number; data: string[]; session: string[] }> => {
  const request = new NextRequest(`http://site.test${path}`, {
    method,
    headers: { authorization: `Bearer ${customer.token}` },
  });
  const response = await handler(request, { params: Promise.resolve({}) });
  const taken = proxy.taken();
  return {
    status: response.status,
    data: taken.filter((line) => line.includes("/rest/v1/")),
    session: taken.filter((line) => line.includes("/auth/v1/")),
  };
};

describe("a request of the customer API", () => {
  test.each([
    ["POST", "/api/customer/referrals", referrals.POST],
    ["GET", "/api/customer/referrals?limit=100", referrals.GET],
    ["GET", "/api/customer/referral-balance", balance.GET],
    ["GET", "/api/customer/dashboard", dashboard.GET],
  ])("%s %s takes one round trip besides the session check", async (method, path, handler) => {
    const { status, data, session } = await ask(handler, method, path);
    expect(status).toBe(200);
    expect(data).toHaveLength(1);
    expect(session.length).toBeLessThanOrEqual(1);
  });

  test("checking a code takes two: the limit, and what the code is to a customer", async () => {
    const code = customer.customer.referral_code;
    const { status, data } = await ask(validate.GET, "GET", `/api/referrals/validate?code=${code}`);
    expect(status).toBe(200);
    expect(data).toEqual([
      "POST /rest/v1/rpc/consume_rate_limits",
      "POST /rest/v1/rpc/get_my_invitation",
    ]);
  });
});

/** Mails are delivered after the answer. */
const ofDelivery = /_notifications$|get_billing_settings$/;

test("an order takes four round trips and the sign-up, whether it has a code or not", async () => {
  const site = await ownSite({ ...testStack(), apiUrl: proxy.url }, ROOMY);
  try {
    const { slug } = await newPackage(sql);
    const path = "/api/orders/create";
    for (const referral_code of [null, customer.customer.referral_code]) {
      proxy.taken();
      const answer = await new Browser({ "x-forwarded-for": newAddress() }, site.url).post(
        path,
        orderBody(slug, { referral_code }),
        { headers: { "idempotency-key": randomUUID() } },
      );
      expect(answer.status).toBe(201);
      expect(proxy.taken().filter((line) => !ofDelivery.test(line))).toEqual([
        "POST /rest/v1/rpc/consume_rate_limits",
        "POST /rest/v1/rpc/consume_rate_limits",
        "POST /rest/v1/rpc/prepare_order",
        "POST /auth/v1/signup",
        "POST /rest/v1/rpc/place_order",
      ]);
    }
  } finally {
    await site.stop();
  }
});
