/**
 * `npm run job -- NAME [flags]`: the periodic work, for schedulers and for people. See USAGE.
 * The report goes to standard output, progress and problems to standard error.
 */
import { z } from "zod";
import { fixedClock, systemClock } from "@/lib/clock";
import { AppError } from "@/lib/errors";
import { type JobArguments, parseJobArguments, USAGE, UsageError } from "@/lib/jobs/arguments";
import { progressLine } from "@/lib/jobs/progress-line";
import {
  type JobContext,
  runBillingJob,
  runExpireJob,
  runNotifyJob,
  runQualifyJob,
  runVerifyJob,
} from "@/lib/jobs/run-job";
import { type JobReport, reportBilling, reportCounts, reportVerification } from "@/lib/jobs/summary";
import { createServiceClient } from "@/lib/supabase/clients";

const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Resolves once the text is handed over, so that leaving afterwards cuts nothing off. */
function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => stream.write(text, () => resolve()));
}

async function run(job: JobArguments, signal: AbortSignal): Promise<JobReport> {
  const clock = job.asOf === null ? systemClock : fixedClock(job.asOf);
  const context: JobContext = { client: createServiceClient(), clock };
  switch (job.name) {
    case "billing": {
      const progress = progressLine(process.stderr);
      const { period, dryRun, workers } = job;
      const onProgress = progress.show;
      return reportBilling(
        await runBillingJob(context, { period, dryRun, workers, onProgress, signal }).finally(
          progress.clear,
        ),
      );
    }
    case "qualify":
      return reportCounts(await runQualifyJob(context));
    case "expire":
      return reportCounts(await runExpireJob(context));
    case "notify":
      return reportCounts(await runNotifyJob(context, { maxBatches: Number.POSITIVE_INFINITY }));
    case "verify":
      return reportVerification(await runVerifyJob(context));
  }
}

/** The reason for the operator: the sentence for people, and what is underneath. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error instanceof AppError ? error.cause : undefined;
  const detail = z.object({ message: z.string().min(1) }).safeParse(cause);
  return detail.success ? `${error.message}\n  ${detail.data.message}` : error.message;
}

async function main(argv: readonly string[]): Promise<number> {
  let job: JobArguments | null;
  try {
    job = parseJobArguments(argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await write(process.stderr, `${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (job === null) {
    await write(process.stdout, USAGE);
    return 0;
  }

  const stop = new AbortController();
  let interrupted: number | null = null;
  const interrupt = (code: number) => {
    // The second time nobody wants to wait for the batch in flight any more.
    if (interrupted !== null || job.name !== "billing") process.exit(code);
    interrupted = code;
    stop.abort();
  };
  for (const [name, code] of Object.entries(SIGNAL_CODES)) process.on(name, () => interrupt(code));
  if (process.connected) {
    process.on("disconnect", () => interrupt(1));
    process.channel?.unref();
  }

  const report = await run(job, stop.signal);
  const text = job.json ? [JSON.stringify(report.counts)] : report.lines;
  await write(process.stdout, `${text.join("\n")}\n`);
  return interrupted ?? (report.ok ? 0 : 1);
}

let code = 1;
try {
  code = await main(process.argv.slice(2));
} catch (error) {
  await write(process.stderr, `Error: ${explain(error)}\n`);
}
// Idle connections would keep the process waiting.
process.exit(code);
