/*
 * The database dies without a word in the middle of traffic and of a billing run, and stays away
 * for thirty seconds of real time. One outage, looked at from every side.
 */

import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import type { Site } from "@/supabase/local/commands/next-server";
import { type Answer, Browser, call, dataOf, forgedToken, refusalOf } from "@/tests/support/api";
import {
  manyCustomers,
  newAdmin,
  newPackage,
  newReferrer,
  type TestCustomer,
} from "@/tests/support/builders";
import { eventually } from "@/tests/support/eventually";
import { type Fate, type FaultyProxy, faultyProxy } from "@/tests/support/faulty-proxy";
import { startJob } from "@/tests/support/job-process";
import { newAddress, orderBody } from "@/tests/support/people";
import { one, violations } from "@/tests/support/rows";
import { ownSite, ROOMY } from "@/tests/support/site";
import { type StackProcess, stackProcess } from "@/tests/support/stack-process";

const AWAY_MS = 30_000;
const CUSTOMERS = 450;

let own: StackProcess;
let site: Site;
let proxy: FaultyProxy;
let slug: string;
let referrer: TestCustomer;
let admin: string;
const browser = new Browser();

beforeAll(async () => {
  own = await stackProcess();
  proxy = await faultyProxy(own.stack.apiUrl);
  site = await ownSite(own.stack, ROOMY);
  slug = (await newPackage(own.sql)).slug;
  referrer = await newReferrer(own.sql);
  const owner = await newAdmin(own.sql, "owner");
  await own.sql`
    insert into admin_settings (version, monthly_grants_per_admin, reason)
    select max(version) + 1, 10000, 'Many grants of one admin' from admin_settings`;
  admin = forgedToken({ sub: owner }, own.stack.jwtSecret);
  await manyCustomers(own.sql, CUSTOMERS);
  // The order signs its customer in: this browser sees pages from here on.
  const first = await browser.post("/api/orders/create", orderBody(slug), {
    site: site.url,
    headers: { ...fromSite(), "idempotency-key": randomUUID() },
  });
  dataOf(first, z.object({ order_id: z.guid() }), 201);
});
afterAll(async () => {
  await site?.stop();
  await proxy?.stop();
  await own?.stop();
});

const fromSite = () => ({ origin: site.url, "x-forwarded-for": newAddress() });
const page = () => browser.get("/dashboard", { site: site.url, headers: fromSite() });
const health = () => call("GET", "/api/health", { site: site.url });

const order = (body: object, key: string) =>
  call("POST", "/api/orders/create", {
    site: site.url,
    json: body,
    headers: { "x-forwarded-for": newAddress(), "idempotency-key": key },
  });
const grant = (key: string) =>
  call("POST", `/api/admin/customers/${referrer.id}/referrals/grant`, {
    site: site.url,
    token: admin,
    json: { reason: "Goodwill", confirm_recent: true },
    headers: { "idempotency-key": key },
  });

interface Traffic {
  /** How often each status was given. */
  statuses: Map<number, number>;
  /** What was promised with status 201: ids by key. */
  promised: Map<string, string>;
  /** Lets everybody finish what they are at, repeated until it went through. */
  end(): Promise<void>;
}

/** People who order, an admin who grants: each repeats a request under its key until it works. */
function traffic(
  id: "order_id" | "reward_id",
  actors: number,
  request: () => (key: string) => Promise<Answer>,
): Traffic {
  const statuses = new Map<number, number>();
  const promised = new Map<string, string>();
  let going = true;
  const actor = async () => {
    while (going) {
      const key = randomUUID();
      const send = request();
      for (;;) {
        const answer = await send(key);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        if (answer.status === 201) {
          promised.set(key, String(dataOf(answer, z.looseObject({}), 201)[id]));
          break;
        }
        expect(refusalOf(answer)).toBe("503 unavailable");
        expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
        await delay(200);
      }
      await delay(50);
    }
  };
  const working = Promise.all(Array.from({ length: actors }, actor));
  // Told by `end`.
  working.catch(() => {});
  return {
    statuses,
    promised,
    async end() {
      going = false;
      await working;
    },
  };
}

it("an outage of the database is reported, leaves nothing half written, and ends without help", {
  timeout: 180_000,
}, async () => {
  const orders = traffic("order_id", 4, () => {
    const body = orderBody(slug, { referral_code: referrer.referral_code });
    return (key) => order(body, key);
  });
  const grants = traffic("reward_id", 2, () => grant);
  await eventually(async () =>
    orders.promised.size > 5 && grants.promised.size > 5 ? true : undefined,
  );

  // The run is in the middle of its batches when the database dies, with a call on its way.
  const crashed = Promise.withResolvers<void>();
  proxy.decide(async ({ n }): Promise<Fate> => {
    if (n === 5) crashed.resolve(own.crashDatabase());
    if (n >= 5) await crashed.promise;
    return "answered";
  });
  const job = startJob(
    {
      SUPABASE_URL: proxy.url,
      SUPABASE_PUBLISHABLE_KEY: own.stack.publishableKey,
      SUPABASE_SECRET_KEY: own.stack.secretKey,
    },
    ...["billing", "--as-of", "2026-12-01T06:00:00Z", "--workers", "2", "--json"],
  );
  await crashed.promise;
  const away = performance.now();
  const before = { orders: orders.promised.size, grants: grants.promised.size };

  expect(refusalOf(await health())).toBe("503 unavailable");
  const shown = await page();
  expect(shown.status).toBe(500);
  expect(shown.headers.get("content-type")).toContain("text/html");
  expect(shown.text).not.toMatch(/ECONNREFUSED|PGRST|postgres:|at async|Internal Server Error/);
  const asked = performance.now();
  expect(refusalOf(await order(orderBody(slug), randomUUID()))).toBe("503 unavailable");
  expect(performance.now() - asked).toBeLessThan(15_000);
  await delay(AWAY_MS - (performance.now() - away));
  expect(refusalOf(await health())).toBe("503 unavailable");
  expect(job.child.exitCode).toBeNull();

  await own.startDatabase();
  await eventually(async () => ((await health()).status === 200 ? true : undefined), 20_000);
  await eventually(async () =>
    orders.promised.size > before.orders + 5 && grants.promised.size > before.grants + 5
      ? true
      : undefined,
  );
  await Promise.all([orders.end(), grants.end()]);
  expect((await page()).text).toContain("Hello, Lerato");

  // Everything that was promised is there, once; nothing else is, but for keys nobody waited for.
  for (const { statuses } of [orders, grants]) {
    expect([...statuses.keys()].sort()).toEqual([201, 503]);
  }
  for (const { promised, scope, id } of [
    { promised: orders.promised, scope: "order", id: "order_id" },
    { promised: grants.promised, scope: "grant:%", id: "reward_id" },
  ]) {
    const kept = await own.sql<{ key: string; id: string }[]>`
      select key, response ->> ${id} as id from idempotency_keys
      where scope like ${scope} and key = any (${[...promised.keys()]})`;
    expect(new Map(kept.map((row) => [row.key, row.id]))).toEqual(promised);
    expect(new Set(promised.values()).size).toBe(promised.size);
  }
  const counts = one(
    await own.sql<Record<string, number>[]>`
      select
        (select count(*)::int from orders) as orders,
        (select count(*)::int from idempotency_keys where scope = 'order') as order_keys,
        (select count(*)::int from customer_services where order_id is not null) as services,
        (select count(*)::int from referral_rewards) as rewards,
        (select count(*)::int from idempotency_keys where scope like 'grant:%') as grant_keys`,
  );
  expect(counts).toMatchObject({
    orders: counts.order_keys,
    services: counts.orders,
    rewards: counts.grant_keys,
  });

  // The job waited, and finished its work.
  const { code, out, error } = await job.ended;
  expect({ code, error }).toEqual({ code: 0, error: "" });
  const summary = z
    .object({ invoices: z.number(), skipped: z.number() })
    .parse(JSON.parse(out.trim().split("\n").at(-1) ?? ""));
  expect(summary.invoices + summary.skipped).toBe(CUSTOMERS + 1);
  const invoices = await own.sql`
    select from customer_invoices where period_start = '2026-12-01'`;
  expect(invoices).toHaveLength(CUSTOMERS + 1);
  expect(await violations(own.sql)).toEqual([]);
});
