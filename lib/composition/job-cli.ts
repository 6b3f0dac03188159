/**
 * `npm run job -- NAME [flags]`: the periodic work, for schedulers and for people. See USAGE.
 * The report goes to standard output, progress and problems to standard error.
 */
import { runCommand } from "@/lib/jobs/command";
import { describeDeployment } from "@/lib/jobs/deployment";
import { createServerClient } from "@/lib/supabase/clients";
import { jobsOf } from "./jobs";

const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const stop = new AbortController();
let interrupted: number | null = null;

/** A billing run is closed in order; other jobs are short, and safe to cut off. */
const closesInOrder = process.argv.includes("billing");

function interrupt(code: number): void {
  // Whoever asks a second time does not want to wait for the batch in flight.
  if (interrupted !== null || !closesInOrder) process.exit(code);
  interrupted = code;
  stop.abort();
}

for (const [name, code] of Object.entries(SIGNAL_CODES)) process.on(name, () => interrupt(code));
if (process.connected) {
  process.on("disconnect", () => interrupt(1));
  process.channel?.unref();
}

const terminal = {
  // Resolves once the text is handed over, so that leaving afterwards cuts nothing off.
  out: (text: string) =>
    new Promise<void>((resolve) => process.stdout.write(text, () => resolve())),
  error: process.stderr,
  about: () => describeDeployment(createServerClient()),
  signal: stop.signal,
};
const code = await runCommand(process.argv.slice(2), terminal, (clock) =>
  jobsOf(createServerClient(), clock),
);
// Idle connections would keep the process waiting.
process.exit(interrupted ?? code);
