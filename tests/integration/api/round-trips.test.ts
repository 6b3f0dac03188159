import { NextRequest } from "next/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as dashboard from "@/app/api/customer/dashboard/route";
import * as balance from "@/app/api/customer/referral-balance/route";
import * as referrals from "@/app/api/customer/referrals/route";
import * as validate from "@/app/api/referrals/validate/route";
import { type CustomerAccount, customerAccount, enterStackEnvironment } from "@/tests/support/api";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { type CountingProxy, countingProxy } from "@/tests/support/faulty-proxy";

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
      "POST /rest/v1/rpc/consume_rate_limit",
      "POST /rest/v1/rpc/get_my_invitation",
    ]);
  });
});
