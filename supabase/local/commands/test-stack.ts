import { rmSync } from "node:fs";
import { freePorts } from "../process/ports";
import { neutralEnvironment } from "../process/project";
import type { Log } from "../process/run-main";
import { seedOnce } from "../seed/seeding";
import { makeScratchDir } from "../stack/data-home";
import { type Stack, startStack } from "../stack/stack";
import { serveSite } from "./next-server";

/** What a test needs to reach a running system. Plain data: it travels between processes. */
export type TestStack = Pick<
  Stack,
  "dbUrl" | "apiUrl" | "publishableKey" | "secretKey" | "jwtSecret" | "cronSecret" | "stackFile"
> & {
  /** Address of the site. */
  siteUrl: string;
  /** LOCAL_DATA_DIR for commands such as `npm run job`. */
  dataDir: string;
};

export type RunningTestStack = { info: TestStack; stop(): Promise<void> };

/**
 * A whole system for tests, on free ports and files that are thrown away: database, API, and the
 * production build served. Mails are captured, and no limit of requests stands in the way.
 */
export async function startTestStack(options: {
  seeded: boolean;
  /** False: the production build is not served, and nothing answers at the site's address. */
  site?: boolean;
  /** PUBLIC_COPY_SECONDS of the site; 0 by default, because tests look at what they have just changed. */
  copySeconds?: number;
  log: Log;
}): Promise<RunningTestStack> {
  // Sign-ups are many in tests; the cost of a password hash is not what they are about.
  process.env.LITE_AUTH_BCRYPT_COST ??= "4";
  const dataDir = makeScratchDir("referral-test-");
  const stops: (() => Promise<void>)[] = [
    async () => rmSync(dataDir, { recursive: true, force: true }),
  ];
  const stop = async () => {
    for (const step of stops.splice(0).reverse()) await step().catch(() => {});
  };
  try {
    const [dbPort = 0, apiPort = 0, sitePort = 0] = await freePorts(3);
    const siteUrl = `http://localhost:${sitePort}`;
    const stack = await startStack({
      dataDir,
      dbPort,
      apiPort,
      siteUrl,
      ephemeral: true,
      log: options.log,
    });
    stops.push(stack.stop);
    if (options.seeded) await seedOnce({ ...stack, log: options.log });
    if (options.site !== false) {
      const site = await serveSite({
        mode: "start",
        host: "127.0.0.1",
        port: sitePort,
        log: options.log,
        env: {
          ...neutralEnvironment(),
          SITE_URL: siteUrl,
          SUPABASE_URL: stack.apiUrl,
          SUPABASE_PUBLISHABLE_KEY: stack.publishableKey,
          SUPABASE_SECRET_KEY: stack.secretKey,
          CRON_SECRET: stack.cronSecret,
          RATE_LIMIT_FACTOR: "1000",
          PUBLIC_COPY_SECONDS: String(options.copySeconds ?? 0),
          TRUSTED_PROXY_HOPS: "1",
          PSEUDO_LANGUAGE: "true",
          LOG_LEVEL: "error",
        },
      });
      stops.push(site.stop);
    }
    const { dbUrl, apiUrl, publishableKey, secretKey, jwtSecret, cronSecret, stackFile } = stack;
    const keys = { publishableKey, secretKey, jwtSecret, cronSecret };
    return { info: { dbUrl, apiUrl, ...keys, stackFile, siteUrl, dataDir }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
