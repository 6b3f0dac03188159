import "server-only";
import { z } from "zod";
import { type Clock, fixedClock, systemClock } from "@/lib/clock";
import { AppError, type ErrorCode } from "@/lib/errors";
import { type JobArguments, parseJobArguments, USAGE, UsageError } from "@/lib/jobs/arguments";
import type { Jobs } from "@/lib/jobs/jobs";
import { progressLine } from "@/lib/jobs/progress-line";
import {
  type JobReport,
  reportBilling,
  reportCounts,
  reportVerification,
} from "@/lib/jobs/summary";
import { log } from "@/lib/log";

export interface Terminal {
  /** The report: what scripts read. */
  out(text: string): Promise<void>;
  /** Progress, usage and problems. */
  error: { isTTY?: boolean; write(text: string): unknown };
  /** Says in one line which database and which switches a job works with. */
  about?: () => Promise<string>;
  /** Asks a billing run to end after the batches in flight. */
  signal?: AbortSignal;
}

const OUTSIDE_OF_CYCLE: ReadonlySet<ErrorCode> = new Set([
  "billing_cycle_future",
  "billing_cycle_closed",
]);

/** Makes the jobs that work as of a clock. */
export type JobsAsOf = (clock: Clock) => Jobs;

async function run(job: JobArguments, terminal: Terminal, jobsAsOf: JobsAsOf): Promise<JobReport> {
  const jobs = jobsAsOf(job.asOf === null ? systemClock : fixedClock(job.asOf));
  switch (job.name) {
    case "billing": {
      const { period, dryRun, workers, batchSize, forceReason, idempotencyKey } = job;
      const { signal } = terminal;
      const progress = progressLine(terminal.error);
      const options = {
        ...{ period, dryRun, workers, batchSize, forceReason, idempotencyKey, signal },
        onProgress: progress.show,
      };
      return reportBilling(await jobs.billing(options).finally(progress.clear));
    }
    case "qualify":
      return reportCounts(await jobs.qualify());
    case "expire":
      return reportCounts(await jobs.expire());
    case "notify":
      return reportCounts(await jobs.notify({ budgetMs: Number.POSITIVE_INFINITY }));
    case "verify":
      return reportVerification(await jobs.verify());
  }
}

const causeSchema = z.object({ message: z.string().min(1), details: z.string().nullish() });

/** The reason for the operator: the sentence for people, and what is underneath. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AppError && OUTSIDE_OF_CYCLE.has(error.code)) {
    return `${error.message}\n  Give it with --force --reason "…", or see with --dry-run what would be billed.`;
  }
  const cause = error instanceof AppError ? error.cause : undefined;
  const detail = causeSchema.safeParse(cause);
  if (!detail.success) return error.message;
  const { message, details } = detail.data;
  // Of a request that failed the client tells why in its details.
  const origin = /^Caused by: .+$/m.exec(details ?? "")?.[0];
  return [error.message, message, ...(origin ? [origin] : [])].join("\n  ");
}

/** Runs one job as the command line says. Returns the exit code; never throws. */
export async function runCommand(
  argv: readonly string[],
  terminal: Terminal,
  jobsAsOf: JobsAsOf,
): Promise<number> {
  try {
    const job = parseJobArguments(argv);
    if (job === null) {
      await terminal.out(USAGE);
      return 0;
    }
    if (terminal.about) terminal.error.write(`${await terminal.about()}\n`);
    const report = await run(job, terminal, jobsAsOf);
    if (!terminal.error.isTTY) {
      const counts = Object.entries(report.counts).filter(([, value]) => typeof value === "number");
      log().info({ job: job.name, ok: report.ok, ...Object.fromEntries(counts) }, "job");
    }
    const lines = job.json ? [JSON.stringify(report.counts)] : report.lines;
    await terminal.out(`${lines.join("\n")}\n`);
    return report.ok ? 0 : 1;
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.error.write(`${error.message}\n\n${USAGE}`);
      return 2;
    }
    terminal.error.write(`Error: ${explain(error)}\n`);
    return 1;
  }
}
