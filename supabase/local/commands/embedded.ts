/** What `npm start` adds when no Supabase project is named: a database, an API and demo data. */
import postgres from "postgres";
import { z } from "zod";
import type { Env } from "@/lib/env";
import { LaunchError } from "../process/fail";
import { beforeExit, type Log } from "../process/run-main";
import { seedOnce } from "../seed/seeding";
import { lastingHolder } from "../stack/launch-lock";
import { type Stack, startStack } from "../stack/stack";

const PASSWORD = "referral-demo";
const ACCOUNTS: [email: string, who: string][] = [
  ["referrer@demo.test", "customer: one qualified friend of two, one active, one pending"],
  ["rewarded@demo.test", "customer: a pending reward, and one used on an invoice"],
  ["newcomer@demo.test", "customer: active service, no friends yet"],
  ["suspended@demo.test", "customer: suspended service"],
  ["admin@demo.test", "owner: may do everything"],
  ["billing@demo.test", "billing manager: orders, invoices, rewards"],
  ["support@demo.test", "support: may look, may not change"],
];

/** Jobs that a single machine runs by itself. On a host, a scheduler calls the same addresses. */
const JOBS = [
  { name: "notify", everySeconds: 30 },
  { name: "qualify", everySeconds: 900 },
  { name: "expire", everySeconds: 900 },
] as const;

/** @throws LaunchError when another launcher uses this data directory. */
export async function refuseSecondStart(dataDir: string): Promise<void> {
  const holder = await lastingHolder(dataDir);
  if (holder) {
    throw new LaunchError(`Already running at ${holder.address} (process ${holder.pid}).`);
  }
}

/** Starts the embedded stack and fills in the demo data once. It stops with this process. */
export async function startSeeded(env: Env, log: Log): Promise<Stack> {
  const stack = await startStack({
    dataDir: env.LOCAL_DATA_DIR,
    dbPort: env.LOCAL_DB_PORT,
    apiPort: env.LOCAL_API_PORT,
    siteUrl: env.SITE_URL,
    cronSecret: env.CRON_SECRET,
    confirmEmails: env.LOCAL_CONFIRM_EMAILS,
    allowNewer: env.ALLOW_NEWER_DATABASE,
    log,
  });
  beforeExit(stack.stop);
  await seedOnce({ ...stack, log });
  return stack;
}

/** Calls the cron routes of the site until this process ends. Billing is started by people. */
export function startSchedule(options: { siteUrl: string; cronSecret: string; log: Log }): void {
  const stopping = new AbortController();
  const timers = JOBS.map(({ name, everySeconds }) => {
    let running = false;
    return setInterval(async () => {
      if (running) return;
      running = true;
      try {
        const response = await fetch(`${options.siteUrl}/api/cron/${name}`, {
          method: "POST",
          headers: { authorization: `Bearer ${options.cronSecret}` },
          signal: stopping.signal,
        });
        if (!response.ok) options.log(`The ${name} job answered ${response.status}.`);
        await response.arrayBuffer();
      } catch (error) {
        if (!stopping.signal.aborted) options.log(`The ${name} job did not run: ${String(error)}`);
      } finally {
        running = false;
      }
    }, everySeconds * 1000);
  });
  beforeExit(async () => {
    stopping.abort();
    for (const timer of timers) clearInterval(timer);
  });
}

async function referralLink(stack: Stack, siteUrl: string): Promise<string | null> {
  const sql = postgres(stack.dbUrl, { max: 1, onnotice: () => {} });
  try {
    const rows = z
      .array(z.object({ referral_code: z.string() }))
      .parse(
        Array.from(
          await sql`select referral_code from public.customers where email = 'referrer@demo.test'`,
        ),
      );
    return rows[0] ? `${siteUrl}/?ref=${rows[0].referral_code}` : null;
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/** Prints the demo accounts and a referral link to try. */
export async function printDemo(stack: Stack, siteUrl: string, log: Log): Promise<void> {
  log(`  Demo accounts (password ${PASSWORD})`);
  const width = Math.max(...ACCOUNTS.map(([email]) => email.length));
  for (const [email, who] of ACCOUNTS) log(`    ${email.padEnd(width)}  ${who}`);
  const link = await referralLink(stack, siteUrl);
  if (link) log(`\n  A referral link to try in a private window\n    ${link}`);
  log("\n  Ctrl-C stops everything. The data is kept; `npm run db:reset` drops it.\n");
}
