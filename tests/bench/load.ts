import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import postgres, { type Sql } from "postgres";
import { z } from "zod";
import { REFERRAL_COOKIE, serialiseReferralCookie } from "@/lib/referrals/referral-cookie";
import { buildIfStale } from "@/supabase/local/commands/next-server";
import { startTestStack } from "@/supabase/local/commands/test-stack";
import { ROOT, startNode } from "@/supabase/local/process/project";
import { beforeExit } from "@/supabase/local/process/run-main";
import { newApiKey } from "@/tests/support/api-keys";
import { activeService, newPackage } from "@/tests/support/builders";
import { newAddress, orderBody } from "@/tests/support/people";
import { type Measured, measuredSchema, type Task } from "./load-figures";

interface Size {
  /** Orders that begin at once. */
  orders: number;
  /** Connections that read at once. */
  connections: number;
  /** Of reading, per page. */
  seconds: number;
  /** Friends that another system records. */
  referrals: number;
}

const WORKER = fileURLToPath(new URL("./load-worker.ts", import.meta.url));
/** Figures of the last run on this machine. */
const RECORD = join(ROOT, ".local", "bench-load.json");
/** A figure this much worse than the last one is named. */
const WORSE = 1.25;
/** What the hosted auth server spends on a password. */
const HOSTED_COST = "10";
const REFERRERS = 25;
/** Friends that a customer has in the lists that are read. */
const FRIENDS = 4;
/** Connections of the other system that records friends. */
const RECORDING_CONNECTIONS = 50;
/** Friends that are recorded for one referrer: as many as raise no alert. */
const RECORDED_EACH = 5;

interface Customer {
  code: string;
  cookie: string;
}

async function placeOrder(
  siteUrl: string,
  slug: string,
  code: string | null,
): Promise<{ cookie: string; customerId: string }> {
  const response = await fetch(`${siteUrl}/api/orders/create`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      origin: siteUrl,
      "idempotency-key": randomUUID(),
      "x-forwarded-for": newAddress(),
    },
    body: JSON.stringify(orderBody(slug, { referral_code: code })),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`no order: ${response.status} ${text}`);
  const { data } = z.object({ data: z.object({ customer_id: z.guid() }) }).parse(JSON.parse(text));
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  return { cookie, customerId: data.customer_id };
}

/** Customers with an active service, made as the site makes them, and a few friends each. */
async function makeReferrers(sql: Sql, siteUrl: string, slug: string): Promise<Customer[]> {
  const customers: Customer[] = [];
  for (let n = 0; n < REFERRERS; n += 1) {
    const { cookie, customerId } = await placeOrder(siteUrl, slug, null);
    await activeService(sql, customerId);
    const [row] = await sql<{ referral_code: string }[]>`
      select referral_code from public.customers where id = ${customerId}`;
    customers.push({ code: row?.referral_code ?? "", cookie });
  }
  const [first] = customers;
  for (let n = 0; first && n < FRIENDS; n += 1) await placeOrder(siteUrl, slug, first.code);
  return customers;
}

/** Codes of customers who may refer, without accounts. */
async function makeCodes(sql: Sql, count: number, packageId: string): Promise<string[]> {
  const rows = await sql<{ code: string }[]>`
    with people as (
      insert into public.customers (email, first_name, last_name)
      select 'referrer-' || n || '@customers.test', 'Thandi', 'Nkosi' from generate_series(1, ${count}) as n
      returning id, referral_code
    ), served as (
      insert into public.customer_services
        (customer_id, package_id, status, monthly_price_cents, activated_at)
      select id, ${packageId}, 'active', 79900, now() - interval '40 days' from people
    )
    select referral_code as code from people`;
  await sql`analyze`;
  return rows.map(({ code }) => code);
}

/** Friends that were recorded and are not in the database. */
async function lostOf(sql: Sql, recorded: number): Promise<number> {
  const [row] = await sql<{ n: number }[]>`
    select count(*)::integer as n
    from public.external_orders as x join public.customer_referrals as r on r.order_id = x.order_id`;
  return recorded - (row?.n ?? 0);
}

/** Hashes per second of the same cost, in the database, by one process per core. */
async function nativeHashes(dbUrl: string): Promise<number> {
  const cores = cpus().length;
  const sql = postgres(dbUrl, { max: cores, onnotice: () => {} });
  const hash = () =>
    sql`select extensions.crypt('password', extensions.gen_salt('bf', ${Number(HOSTED_COST)}))`;
  try {
    await Promise.all(Array.from({ length: cores }, hash));
    const each = 20;
    const began = performance.now();
    await Promise.all(
      Array.from({ length: cores }, async () => {
        for (let n = 0; n < each; n += 1) await hash();
      }),
    );
    return Math.round(((cores * each) / (performance.now() - began)) * 10_000) / 10;
  } finally {
    await sql.end();
  }
}

/** Runs the worker to its end. */
async function measure(task: Task): Promise<Measured> {
  const worker = await startNode(WORKER, [JSON.stringify(task)], {
    capture: true,
    typescript: true,
  });
  let out = "";
  worker.stdout?.on("data", (chunk) => (out += chunk));
  worker.stderr?.pipe(process.stderr);
  const { code } = await worker.exited;
  if (code !== 0) throw new Error(`The worker ended with code ${code}.`);
  return measuredSchema.parse(JSON.parse(out));
}

const recordSchema = z.object({ size: z.unknown(), rates: z.record(z.string(), z.number()) });

/** Requests per second of each kind: what is compared with the last run. */
const ratesOf = ({
  reads,
  withCode,
  withoutCode,
  recording,
}: Measured): Record<string, number> => ({
  ...Object.fromEntries(Object.entries(reads).map(([name, { per_second }]) => [name, per_second])),
  orders_with_code: withCode.orders.per_second,
  orders_without_code: withoutCode.orders.per_second,
  recorded_referrals: recording.per_second,
});

/** What another customer waited for while the orders were under way. */
const meanwhile = ({ withCode, withoutCode }: Measured) =>
  Object.fromEntries(
    Object.entries({ "orders with code": withCode, "orders without code": withoutCode }).flatMap(
      ([crowd, { meanwhile }]) =>
        Object.entries(meanwhile).map(([page, timing]) => [`${page}, during ${crowd}`, timing]),
    ),
  );

function compareWithLast(size: Size, rates: Record<string, number>): void {
  let last: z.infer<typeof recordSchema> | null = null;
  try {
    last = recordSchema.parse(JSON.parse(readFileSync(RECORD, "utf8")));
  } catch {
    // The first run on this machine.
  }
  if (last && JSON.stringify(last.size) === JSON.stringify(size)) {
    for (const [name, before] of Object.entries(last.rates)) {
      const now = rates[name];
      if (now !== undefined && now * WORSE < before) {
        console.warn(`Warning: ${name}: ${now}/s, and ${before}/s in the last run on this machine`);
      }
    }
  }
  mkdirSync(join(ROOT, ".local"), { recursive: true });
  writeFileSync(RECORD, `${JSON.stringify({ size, rates })}\n`);
}

/**
 * Requests to the production build over HTTP, with the limits lifted and passwords hashed at the
 * hosted cost: pages and routes that are read over many connections, then a crowd that orders at
 * once while one customer goes on reading, then another system that records friends. The load comes from a process on the same machine.
 */
export async function benchLoad(size: Size): Promise<object> {
  process.env.LITE_AUTH_BCRYPT_COST = HOSTED_COST;
  await buildIfStale((line) => console.error(line));
  const running = await startTestStack({ seeded: true, copySeconds: 2, log: () => {} });
  beforeExit(running.stop);
  const { dbUrl, siteUrl } = running.info;
  const sql = postgres(dbUrl, { max: 1, onnotice: () => {} });
  try {
    const { slug, id: packageId } = await newPackage(sql);
    const referrers = await makeReferrers(sql, siteUrl, slug);
    const [reader] = referrers;
    if (!reader) throw new Error("no customers");
    const { cookie, code } = reader;
    const invitation = `${REFERRAL_COOKIE}=${serialiseReferralCookie({ code, firstName: "Lerato" })}`;
    const hashes_per_second = await nativeHashes(dbUrl);
    const codes = await makeCodes(sql, Math.ceil(size.referrals / RECORDED_EACH), packageId);
    const measured = await measure({
      ...size,
      siteUrl,
      packageSlug: slug,
      codes: referrers.slice(1).map((referrer) => referrer.code),
      reads: [
        { name: "static_file", path: "/icon.svg" },
        { name: "health", path: "/api/health" },
        { name: "validate", path: `/api/referrals/validate?code=${code}` },
        { name: "referrals", path: "/api/customer/referrals", cookie },
        { name: "landing", path: "/" },
        { name: "landing_of_friends", path: "/", cookie: invitation },
        { name: "dashboard", path: "/dashboard", cookie },
      ],
      recording: {
        apiKey: (await newApiKey(sql)).secret,
        codes,
        referrals: size.referrals,
        connections: RECORDING_CONNECTIONS,
      },
      probes: [
        { name: "referrals", path: "/api/customer/referrals", cookie },
        { name: "dashboard", path: "/dashboard", cookie },
      ],
    });
    console.table(measured.reads);
    console.table({
      "orders, with code": measured.withCode.orders,
      "orders, without code": measured.withoutCode.orders,
    });
    console.table(meanwhile(measured));
    const recording = {
      ...measured.recording,
      lost: await lostOf(sql, measured.recording.recorded),
    };
    console.table({ "referrals of another system": recording });
    const rates = ratesOf(measured);
    compareWithLast(size, rates);
    return {
      bench: "load",
      ...size,
      cores: cpus().length,
      hashes_per_second,
      ...measured,
      recording,
    };
  } finally {
    await sql.end();
    await running.stop();
  }
}
