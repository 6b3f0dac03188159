/** What `npm start` adds when no Supabase project is named: a database, an API and demo data. */
import postgres from "postgres";
import { z } from "zod";
import type { Env } from "@/lib/env";
import packageFile from "@/package.json";
import { LaunchError, messageOf } from "../process/fail";
import { beforeExit, type Log } from "../process/run-main";
import { seedOnce } from "../seed/seeding";
import { pruneBackups, superuser, takeBackup, writeJournal } from "../stack/backup";
import { prepareDataHome } from "../stack/data-home";
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
  ["reviewer@demo.test", "reviewer: judges suspicious referrals"],
  ["support@demo.test", "support: may look, may not change"],
];

/** Jobs that a single machine runs by itself. On a host, a scheduler calls the same addresses. */
const JOBS = [
  { name: "notify", everySeconds: 30 },
  { name: "qualify", everySeconds: 900 },
  { name: "expire", everySeconds: 900 },
  { name: "verify", everySeconds: 86_400 },
] as const;

/** An installation bills by itself as well. In a demo people start it, to see what happens. */
const BILLING = { name: "billing", everySeconds: 86_400 } as const;

/** What a night without the machine has left undone is done soon after the start. */
const FIRST_AFTER_SECONDS = 20;

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
    dbPassword: env.LOCAL_DB_PASSWORD,
    restarts: !env.SEED_DEMO,
    log,
  });
  beforeExit(stack.stop);
  if (env.SEED_DEMO) await seedOnce({ ...stack, log });
  return stack;
}

/** Calls the cron routes of the site until this process ends, the first time soon after the start. */
export function startSchedule(options: {
  siteUrl: string;
  cronSecret: string;
  bills: boolean;
  log: Log;
}): void {
  const stopping = new AbortController();
  const jobs = options.bills ? [...JOBS, BILLING] : JOBS;
  const timers = jobs.flatMap(({ name, everySeconds }) => {
    let running = false;
    const run = async () => {
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
    };
    return [setTimeout(run, FIRST_AFTER_SECONDS * 1000), setInterval(run, everySeconds * 1000)];
  });
  beforeExit(async () => {
    stopping.abort();
    for (const timer of timers) clearInterval(timer);
  });
}

const JOURNAL_EVERY_MS = 10_000;
const DAY_MS = 86_400_000;

/**
 * Keeps the journal of what left the database up to date beside it, and takes a backup each night
 * (02:00 UTC) when BACKUP_KEEP_DAYS says so.
 */
export function startKeeping(env: Env, stack: Stack, log: Log): void {
  const home = prepareDataHome(env.LOCAL_DATA_DIR, {
    lasting: true,
    password: env.LOCAL_DB_PASSWORD,
  });
  const sql = superuser(stack.dbUrl);
  let busy = false;
  const once = async (what: string, work: () => Promise<unknown>) => {
    if (busy) return;
    busy = true;
    try {
      await work();
    } catch (error) {
      log(`${what} failed: ${messageOf(error)}`);
    } finally {
      busy = false;
    }
  };
  const timers = [
    setInterval(
      () => once("The journal", () => writeJournal(sql, home.dataDir, new Date())),
      JOURNAL_EVERY_MS,
    ),
  ];
  if (env.BACKUP_KEEP_DAYS > 0) {
    let lastNight = Math.floor((Date.now() - 2 * 3_600_000) / DAY_MS);
    timers.push(
      setInterval(() => {
        const night = Math.floor((Date.now() - 2 * 3_600_000) / DAY_MS);
        if (night === lastNight || busy) return;
        lastNight = night;
        void once("The backup", async () => {
          const now = new Date();
          const release = packageFile.version;
          log(`Backup: ${await takeBackup({ home, sql, release, now })}`);
          pruneBackups(home.dataDir, env.BACKUP_KEEP_DAYS, now);
        });
      }, 60_000),
    );
  }
  beforeExit(async () => {
    for (const timer of timers) clearInterval(timer);
    await writeJournal(sql, home.dataDir, new Date()).catch(() => {});
    await sql.end({ timeout: 2 });
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
