/** `npm start` and `npm run dev`: serves the site, on the named project or on the embedded stack. */
import { getEnv } from "@/lib/env";
import { EMBEDDED_MODE_VARIABLE } from "@/lib/supabase/embedded-mode";
import { LaunchError } from "../process/fail";
import { requireFreePort } from "../process/ports";
import { beforeExit, isStopping, runMain } from "../process/run-main";
import { launchRefusals, launchWarnings } from "./launch-warnings";
import { buildIfStale, serveSite } from "./next-server";
import { checkProject } from "./project-check";

const log = (line: string) => console.log(line);

/** @throws LaunchError when the site itself says that it cannot serve. */
async function requireReady(siteUrl: string): Promise<void> {
  const answer = await fetch(`${siteUrl}/api/health`, { signal: AbortSignal.timeout(30_000) });
  const text = await answer.text();
  if (answer.ok) return;
  throw new LaunchError(
    `The site is up but cannot serve: /api/health answers ${answer.status}. The log says why; \`npm run doctor\` names what to mend. ${text.slice(0, 200)}`,
  );
}

await runMain(async () => {
  const mode = process.argv[2] === "dev" ? "dev" : "start";
  const env = getEnv();
  const siteUrlGiven = (process.env.SITE_URL ?? "").trim() !== "";
  for (const warning of launchWarnings(env, siteUrlGiven)) log(`Warning: ${warning}`);
  const refusals = launchRefusals(env, process.env);
  if (refusals.length > 0) throw new LaunchError(refusals.join("\nError: "));

  // Loaded on demand: its packages are not installed where the site runs on a named project.
  const embedded = env.embedded ? await import("./embedded") : null;
  await embedded?.refuseSecondStart(env.LOCAL_DATA_DIR);
  await requireFreePort(env.PORT, env.HOST, "the site", "PORT");
  const project = embedded ? null : await checkProject(env);
  const stack = (await embedded?.startSeeded(env, log)) ?? null;
  if (isStopping()) return 0;
  if (mode === "start") await buildIfStale(log);
  const site = await serveSite({
    mode,
    host: env.HOST,
    port: env.PORT,
    env: {
      ...process.env,
      HOST: env.HOST,
      SITE_URL: env.SITE_URL,
      ...(stack && {
        SUPABASE_URL: stack.apiUrl,
        SUPABASE_PUBLISHABLE_KEY: stack.publishableKey,
        SUPABASE_SECRET_KEY: stack.secretKey,
        CRON_SECRET: stack.cronSecret,
        [EMBEDDED_MODE_VARIABLE]: env.SEED_DEMO ? "demo" : "installation",
      }),
    },
    log,
  });
  beforeExit(site.stop);
  await requireReady(site.url);
  log(`\n  Ready at ${env.SITE_URL}\n`);
  if (embedded && stack) {
    embedded.startKeeping(env, stack, log);
    const { cronSecret } = stack;
    embedded.startSchedule({ siteUrl: site.url, cronSecret, bills: !env.SEED_DEMO, log });
    if (env.SEED_DEMO) await embedded.printDemo(stack, env.SITE_URL, log);
    else if (env.BACKUP_KEEP_DAYS === 0) {
      log(
        "  Warning: BACKUP_KEEP_DAYS is 0, so no backups are taken. `npm run backup` takes one.\n",
      );
    }
  } else {
    const rewards = env.ENABLE_REFERRAL_REWARDS && project?.switches.rewards ? "on" : "off";
    log(
      `  Supabase: ${env.SUPABASE_URL}, migration ${project?.migration}; rewards are ${rewards}\n`,
    );
  }

  const reason = await Promise.race([
    site.exited.then(({ code, signal }) => `The site ended (${signal ?? `code ${code}`}).`),
    ...(stack ? [stack.failed] : []),
  ]);
  if (isStopping()) return 0;
  throw new LaunchError(reason);
}, "success");
