/** `npm start` and `npm run dev`: the embedded stack unless a project is named, and the site. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { z } from "zod";
import { type Env, getEnv } from "@/lib/env";
import { LaunchError } from "../process/fail";
import { requireFreePort } from "../process/ports";
import { ROOT } from "../process/project";
import { beforeExit, isStopping, runMain } from "../process/run-main";
import { seedOnce } from "../seed/seeding";
import { lastingHolder } from "../stack/launch-lock";
import { type Stack, startStack } from "../stack/stack";
import { launchWarnings } from "./launch-warnings";
import { buildIfStale, serveSite } from "./next-server";
import { startSchedule } from "./schedule";

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

const log = (line: string) => console.log(line);

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

async function startEmbedded(env: Env): Promise<Stack> {
  const stack = await startStack({
    dataDir: env.LOCAL_DATA_DIR,
    dbPort: env.LOCAL_DB_PORT,
    apiPort: env.LOCAL_API_PORT,
    siteUrl: env.SITE_URL,
    cronSecret: env.CRON_SECRET,
    confirmEmails: env.LOCAL_CONFIRM_EMAILS,
    log,
  });
  beforeExit(stack.stop);
  await seedOnce({ ...stack, log });
  return stack;
}

function siteEnvironment(env: Env, stack: Stack | null): NodeJS.Dict<string> {
  return {
    ...process.env,
    HOST: env.HOST,
    SITE_URL: env.SITE_URL,
    ...(stack
      ? {
          SUPABASE_URL: stack.apiUrl,
          SUPABASE_PUBLISHABLE_KEY: stack.publishableKey,
          SUPABASE_SECRET_KEY: stack.secretKey,
          CRON_SECRET: stack.cronSecret,
        }
      : {}),
  };
}

async function printWelcome(env: Env, stack: Stack | null): Promise<void> {
  log(`\n  Ready at ${env.SITE_URL}\n`);
  if (!stack) {
    log(`  Supabase: ${env.SUPABASE_URL}\n`);
    return;
  }
  log(`  Demo accounts (password ${PASSWORD})`);
  const width = Math.max(...ACCOUNTS.map(([email]) => email.length));
  for (const [email, who] of ACCOUNTS) log(`    ${email.padEnd(width)}  ${who}`);
  const link = await referralLink(stack, env.SITE_URL);
  if (link) log(`\n  A referral link to try in a private window\n    ${link}`);
  log("\n  Ctrl-C stops everything. The data is kept; `npm run db:reset` drops it.\n");
}

await runMain(async () => {
  const mode = process.argv[2] === "dev" ? "dev" : "start";
  const dotenv = join(ROOT, ".env");
  if (existsSync(dotenv)) process.loadEnvFile(dotenv);
  const env = getEnv();
  const siteUrlGiven = (process.env.SITE_URL ?? "").trim() !== "";
  for (const warning of launchWarnings(env, siteUrlGiven)) log(`Warning: ${warning}`);

  const holder = env.embedded ? await lastingHolder(env.LOCAL_DATA_DIR) : null;
  if (holder) {
    throw new LaunchError(`Already running at ${holder.address} (process ${holder.pid}).`);
  }
  await requireFreePort(env.PORT, env.HOST, "the site", "PORT");
  const stack = env.embedded ? await startEmbedded(env) : null;
  if (isStopping()) return 0;
  if (mode === "start") await buildIfStale(log);
  const site = await serveSite({
    mode,
    host: env.HOST,
    port: env.PORT,
    env: siteEnvironment(env, stack),
    log,
  });
  beforeExit(site.stop);
  if (stack) beforeExit(startSchedule({ siteUrl: site.url, cronSecret: stack.cronSecret, log }));
  await printWelcome(env, stack);

  const reason = await Promise.race([
    site.exited.then(({ code, signal }) => `The site ended (${signal ?? `code ${code}`}).`),
    ...(stack ? [stack.failed] : []),
  ]);
  if (isStopping()) return 0;
  throw new LaunchError(reason);
}, "success");
