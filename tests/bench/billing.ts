import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Sql } from "postgres";
import { z } from "zod";
import { beforeExit } from "@/supabase/local/process/run-main";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { violations } from "@/tests/support/rows";

export interface BillingSize {
  /** Active services to bill. */
  services: number;
  /** Customers among theirs who have a free month waiting. */
  rewards: number;
}

const AS_OF = "2026-12-15T06:00:00Z";
const WORKER = fileURLToPath(new URL("./billing-worker.ts", import.meta.url));
const REPETITIONS = 3;

/**
 * Of every thirteen services, eight belong to customers with only one, two to one with two, three
 * to one with three. A few began in the month that is billed. Sound by every invariant.
 */
async function fill(sql: Sql, { services, rewards }: BillingSize): Promise<void> {
  await sql.begin(async (transaction) => {
    await transaction.unsafe("set local session_replication_role = replica");
    await transaction.unsafe(`
      insert into public.service_packages (id, slug, name, monthly_price_cents)
      select md5('package' || n)::uuid, 'fibre-' || n, 'Fibre ' || n * 50 || '/' || n * 25, 39900 + n * 20000
      from generate_series(1, 3) as n;
      create temporary table billed on commit drop as
      select n, n / 13 * 10 + case when n % 13 < 10 then n % 13 when n % 13 < 12 then 0 else 1 end as customer,
        n % 3 + 1 as package
      from generate_series(0, ${services - 1}) as n;
      insert into public.customers (id, email, first_name, last_name, phone, address, referral_code, created_at)
      select md5('customer' || n)::uuid, 'customer' || n || '@example.test', 'First' || translate((n % 997)::text, '0123456789', 'abcdefghij'), 'Last' || translate((n % 9973)::text, '0123456789', 'abcdefghij'),
        '+2782' || lpad(n::text, 7, '0'),
        jsonb_build_object('line1', n || ' Loop Street', 'city', 'Cape Town', 'postal_code', '8001'),
        'REF-' || translate(upper(lpad(to_hex(n), 8, '0')), 'ILOU', '0000'), '2026-01-01T08:00:00Z'
      from (select distinct customer as n from billed) as c;
      insert into public.customer_services
        (id, customer_id, package_id, status, monthly_price_cents, activated_at, created_at)
      select md5('service' || n)::uuid, md5('customer' || customer)::uuid, md5('package' || package)::uuid, 'active',
        39900 + package * 20000,
        case when n % 25 = 0 then timestamptz '2026-12-01T08:00:00Z' + n % 14 * interval '1 day'
          else timestamptz '2026-02-01T08:00:00Z' + n % 200 * interval '1 day' end,
        -- Taken over from elsewhere this month: earlier months were billed there.
        '2026-12-01T08:00:00Z'
      from billed;
      insert into public.referral_rewards
        (id, customer_id, source, granted_by, grant_reason, expires_at, created_at)
      select md5('reward' || n)::uuid, md5('customer' || n)::uuid, 'manual', md5('admin')::uuid, 'Goodwill',
        '2027-11-01T08:00:00Z', '2026-11-01T08:00:00Z'
      from (
        select customer as n, row_number() over (order by customer) as place, count(*) over () as customers
        -- A part of a month takes no free month.
        from billed where n % 25 <> 0 group by customer
      ) as c
      -- Spread evenly.
      where place * ${rewards} / customers > (place - 1) * ${rewards} / customers;
      insert into public.audit_log (created_at, actor_id, action, entity_type, entity_id, customer_id, reason, after)
      select w.created_at, w.granted_by, 'reward.granted', 'reward', w.id::text, w.customer_id, w.grant_reason, '{}'
      from public.referral_rewards as w;
      insert into public.audit_unsealed (audit_id) select l.id from public.audit_log as l;
      insert into public.notifications (template, recipient, customer_id, dedupe_key, status, created_at)
      select 'reward_granted', 'c@example.test', w.customer_id, 'reward_granted:' || w.id, 'captured', w.created_at
      from public.referral_rewards as w;
    `);
  });
  await sql.unsafe("vacuum (analyze)");
}

const measuredSchema = z.object({
  seconds: z.number(),
  peak_rss_mb: z.number(),
  invoices: z.number(),
  free_months: z.number(),
  skipped: z.number(),
  errors: z.array(z.unknown()),
});
type Measured = z.infer<typeof measuredSchema>;

/** Bills the cycle by a worker process. It ends with this one. */
function bill(own: OwnStack, options: { workers: number; warmUp?: boolean }): Promise<Measured> {
  const given = { asOf: AS_OF, warmUp: false, ...options };
  const child = spawn(
    process.execPath,
    [
      // The young generation of the heap stays small, as it does for jobs.
      "--max-semi-space-size=16",
      ...["--import", "tsx", "--import", "./supabase/local/commands/runtime.mjs"],
      ...[WORKER, JSON.stringify(given)],
    ],
    {
      env: { ...process.env, LOCAL_DATA_DIR: own.dataDir, SUPABASE_URL: "" },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  beforeExit(async () => void child.kill("SIGKILL"));
  let out = "";
  child.stdout.on("data", (chunk) => (out += chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      try {
        if (code !== 0) throw new Error(`The worker ended with code ${code}.`);
        resolve(measuredSchema.parse(JSON.parse(out)));
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** Takes the mail of a new invoice out of the function that issues it, to see what it costs. */
async function issueWithoutMails(sql: Sql): Promise<void> {
  const [row] = await sql<{ definition: string }[]>`
    select pg_get_functiondef('public.issue_invoices(uuid, jsonb, timestamptz, uuid)'::regprocedure)
      as definition`;
  const definition = row?.definition ?? "";
  const without = definition.replace(/, mailed as \([\s\S]*?\n {2}\)(?=\n {2}select )/, "");
  if (without === definition || without.includes("invoice_issued")) {
    throw new Error("The mails were not found in issue_invoices.");
  }
  await sql.unsafe(without);
}

/** A fresh, filled stack for one measurement; sound before and after it. */
async function onFreshStack<T>(size: BillingSize, work: (own: OwnStack) => Promise<T>): Promise<T> {
  const own = await ownStack();
  beforeExit(() => own.stop());
  try {
    await fill(own.sql, size);
    const result = await work(own);
    const [found] = await violations(own.sql);
    if (found) throw new Error(`An invariant is broken: ${JSON.stringify(found)}`);
    return result;
  } finally {
    await own.stop();
  }
}

function expectComplete({ services, rewards }: BillingSize, run: Measured): Measured {
  const { invoices, free_months, errors } = run;
  if (invoices !== services || free_months !== rewards || errors.length > 0) {
    throw new Error(`The run is not complete: ${JSON.stringify({ ...run, errors: errors[0] })}`);
  }
  return run;
}

const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function repeated(work: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let n = 0; n < REPETITIONS; n += 1) values.push(await work());
  return median(values);
}

/** Seconds to write the invoices that are there once more, by one plain statement. */
async function measureFloor(sql: Sql): Promise<number> {
  await sql.unsafe(
    "create table public.floor_invoices (like public.customer_invoices including all)",
  );
  const seconds = await repeated(async () => {
    await sql.unsafe("truncate public.floor_invoices");
    const began = performance.now();
    await sql.unsafe("insert into public.floor_invoices select * from public.customer_invoices");
    return (performance.now() - began) / 1000;
  });
  await sql.unsafe("drop table public.floor_invoices");
  return seconds;
}

const rounded = (value: number, digits = 2) => Number(value.toFixed(digits));

/**
 * One billing run over many services through the real service, data API and database, compared
 * with the floor: one plain statement that writes the same invoices into a table with the same
 * indexes and checks, and with one that queues no mails about the invoices. Every run has a stack
 * of its own and starts cold, but for the small ones that say what a service costs when there are
 * few: those are warm, and the median of three.
 */
export async function benchBilling(size: BillingSize): Promise<object> {
  const one = await onFreshStack(size, async (own) => {
    const run = expectComplete(size, await bill(own, { workers: 1 }));
    const rerun = await bill(own, { workers: 1 });
    if (rerun.invoices !== 0 || rerun.skipped !== size.services) {
      throw new Error(`The second run was not idle: ${JSON.stringify(rerun)}`);
    }
    return { run, rerun, floor: await measureFloor(own.sql) };
  });
  const silent = await onFreshStack(size, async (own) => {
    await issueWithoutMails(own.sql);
    const run = expectComplete(size, await bill(own, { workers: 1 }));
    const [mail] =
      await own.sql`select from notifications where template = 'invoice_issued' limit 1`;
    if (mail) throw new Error("A mail was queued all the same.");
    return run;
  });
  const two = await onFreshStack(size, async (own) =>
    expectComplete(size, await bill(own, { workers: 2 })),
  );
  const small = {
    services: Math.ceil(size.services / 10),
    rewards: Math.ceil(size.rewards / 10),
  };
  const smallRuns: Measured[] = [];
  const smallSeconds = await repeated(() =>
    onFreshStack(small, async (own) => {
      const run = expectComplete(small, await bill(own, { workers: 1, warmUp: true }));
      smallRuns.push(run);
      return run.seconds;
    }),
  );

  const { run, rerun, floor } = one;
  const row = (services: number, seconds: number, peak: number | string = "") => ({
    services,
    seconds: rounded(seconds),
    "services/s": Math.round(services / seconds),
    "× floor": rounded((seconds / floor) * (size.services / services)),
    "peak MB": peak,
  });
  console.table({
    "one worker": row(size.services, run.seconds, run.peak_rss_mb),
    "without mails": row(size.services, silent.seconds, silent.peak_rss_mb),
    "two workers": row(size.services, two.seconds, two.peak_rss_mb),
    "plain insert": row(size.services, floor),
    "second run": row(size.services, rerun.seconds, rerun.peak_rss_mb),
    "a tenth": row(small.services, smallSeconds, Math.max(...smallRuns.map((r) => r.peak_rss_mb))),
  });
  return {
    ...size,
    seconds: rounded(run.seconds),
    seconds_without_mails: rounded(silent.seconds),
    mails_ratio: rounded(run.seconds / silent.seconds),
    seconds_two_workers: rounded(two.seconds),
    floor_seconds: rounded(floor),
    ratio: rounded(run.seconds / floor),
    ratio_two_workers: rounded(two.seconds / floor),
    peak_rss_mb: Math.max(run.peak_rss_mb, two.peak_rss_mb),
    rerun_seconds: rounded(rerun.seconds),
    per_service_ratio_100k_to_10k: rounded(
      run.seconds / size.services / (smallSeconds / small.services),
    ),
  };
}
