import { execFile } from "node:child_process";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { SITE_URL, STACK_FILE } from "./stack";

const run = promisify(execFile);
const count = z.number().int().min(0);

const SUMMARIES = {
  billing: z.object({
    invoices: count,
    free_months: count,
    waived_cents: count,
    total_cents: count,
    skipped: count,
  }),
  qualify: z.object({ qualified: count, rewards_granted: count }),
  expire: z.object({
    referrals_expired: count,
    referrals_ended: count,
    rewards_expired: count,
    reminders: count,
  }),
  notify: z.object({ sent: count, captured: count, retried: count, failed: count }),
  verify: z.object({ violations: count }),
} as const;

type Job = keyof typeof SUMMARIES;

/**
 * Runs a job as an operator does, by the command line, and returns its counts.
 * @throws Error with what it printed when it fails.
 */
export async function runJob<J extends Job>(
  name: J,
  asOf?: Date,
): Promise<z.infer<(typeof SUMMARIES)[J]>> {
  const flags = asOf ? ["--as-of", asOf.toISOString()] : [];
  const { stdout } = await run(
    process.execPath,
    ["supabase/local/commands/bootstrap.mjs", "job", name, ...flags, "--json"],
    { env: { ...process.env, LOCAL_DATA_DIR: resolve(dirname(STACK_FILE)), SITE_URL } },
  );
  const last = stdout.trim().split("\n").at(-1) ?? "";
  return SUMMARIES[name].parse(JSON.parse(last)) as z.infer<(typeof SUMMARIES)[J]>;
}
