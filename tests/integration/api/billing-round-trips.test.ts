import { randomUUID } from "node:crypto";
import { NextRequest } from "next/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as run from "@/app/api/admin/billing/runs/[id]/route";
import * as runs from "@/app/api/admin/billing/runs/route";
import * as invoices from "@/app/api/admin/invoices/route";
import { type Account, adminAccount, enterStackEnvironment } from "@/tests/support/api";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { type CountingProxy, countingProxy } from "@/tests/support/faulty-proxy";

const sql = sharedDatabase();
let proxy: CountingProxy;
let restore: () => void;
let admin: Account;

beforeAll(async () => {
  proxy = await countingProxy(testStack().apiUrl);
  restore = enterStackEnvironment({ SUPABASE_URL: proxy.url });
  admin = await adminAccount(sql, "support");
});
afterAll(async () => {
  restore();
  await proxy.stop();
  await sql.end();
});

test.each([
  ["/api/admin/billing/runs", runs.GET, {}],
  [`/api/admin/billing/runs/${randomUUID()}`, run.GET, { id: randomUUID() }],
  ["/api/admin/invoices", invoices.GET, {}],
  ["/api/admin/invoices?q=Thandi&status=overdue", invoices.GET, {}],
])("%s takes one round trip besides the session check", async (path, handler, params) => {
  const request = new NextRequest(`http://site.test${path}`, {
    headers: { authorization: `Bearer ${admin.token}` },
  });
  const response = await handler(request, { params: Promise.resolve(params) });
  expect([200, 404]).toContain(response.status);
  const taken = proxy.taken();
  expect(taken.filter((line) => line.includes("/rest/v1/"))).toHaveLength(1);
  expect(taken.filter((line) => line.includes("/auth/v1/")).length).toBeLessThanOrEqual(1);
});
