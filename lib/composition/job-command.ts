import { runCommand } from "@/lib/jobs/command";
import { describeDeployment } from "@/lib/jobs/deployment";
import { createServerClient } from "@/lib/supabase/clients";
import { jobsOf } from "./jobs";

const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** What a job uses of the process that it runs in. */
export interface JobProcess {
  stdout: { write(text: string, done: () => void): unknown };
  stderr: { isTTY?: boolean; write(text: string): unknown };
  on(event: string, listener: () => void): unknown;
  exit(code: number): unknown;
  /** Whether another process started this one and listens. */
  connected?: boolean;
  channel?: { unref(): void } | null;
}

/**
 * The periodic work, for schedulers and for people. The report goes to standard output, progress and
 * problems to standard error. A billing run that is interrupted ends after the batches in flight.
 *
 * @returns the exit code: of the signal when there was one, else of the job.
 */
export async function jobCommand(argv: readonly string[], host: JobProcess): Promise<number> {
  const stop = new AbortController();
  let interrupted: number | null = null;
  /** A billing run is closed in order; other jobs are short, and safe to cut off. */
  const closesInOrder = argv.includes("billing");
  const interrupt = (code: number) => {
    // Whoever asks a second time does not want to wait for the batch in flight.
    if (interrupted !== null || !closesInOrder) host.exit(code);
    interrupted = code;
    stop.abort();
  };
  for (const [name, code] of Object.entries(SIGNAL_CODES)) host.on(name, () => interrupt(code));
  if (host.connected) {
    host.on("disconnect", () => interrupt(1));
    host.channel?.unref();
  }
  const terminal = {
    // Resolves once the text is handed over, so that leaving afterwards cuts nothing off.
    out: (text: string) => new Promise<void>((resolve) => host.stdout.write(text, () => resolve())),
    error: host.stderr,
    about: () => describeDeployment(createServerClient()),
    signal: stop.signal,
  };
  const code = await runCommand(argv, terminal, (clock) => jobsOf(createServerClient(), clock));
  return interrupted ?? code;
}
