import { parseArgs } from "node:util";
import { z } from "zod";

const JOBS = ["billing", "qualify", "expire", "notify", "verify"] as const;
type JobName = (typeof JOBS)[number];

export const USAGE = `Usage: npm run job -- NAME [flags]

  billing   issue the invoices of a cycle
              --period YYYY-MM   the cycle; by default the one that contains --as-of
              --dry-run          compute everything, write nothing
              --workers N        batches at once, 1 to 16 (default 2)
              --batch N          customers per transaction, 1 to 5000 (default 750)
              --force            a cycle that has not begun or is over, with
              --reason "…"       why: 3 to 500 characters, kept with the run
              --key K            the same key and cycle: the same run, never a second one
  qualify   count friends whose qualifying days are over, grant free months
  expire    expire referrals and rewards past their dates, queue reminders
  notify    send the mails that are due
  verify    check every invariant on the live database

Flags of all jobs:
  --as-of ISO   the clock of this run, like 2026-12-24T09:00:00Z; a plain date is its start in UTC
  --json        end with one line of JSON that holds the counts
  --help        show this

Exit code: 0 success, 1 failure, 2 wrong usage.
`;

export interface JobArguments {
  name: JobName;
  /** The instant to work as of; null for now. */
  asOf: Date | null;
  json: boolean;
  period: string | undefined;
  dryRun: boolean;
  workers: number;
  batchSize: number | undefined;
  /** Why a cycle is billed that has not begun or is over. */
  forceReason: string | undefined;
  idempotencyKey: string | undefined;
}

const BILLING_FLAGS = ["period", "dry-run", "workers", "batch", "force", "reason", "key"] as const;

/** The command line cannot be understood; the message says what is wrong with it. */
export class UsageError extends Error {
  override name = "UsageError";
}

const instant = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()])
  .transform((text) => new Date(text));

const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/);
const workers = z
  .string()
  .regex(/^\d{1,2}$/)
  .transform(Number)
  .pipe(z.number().min(1).max(16));

const batch = z
  .string()
  .regex(/^\d{1,4}$/)
  .transform(Number)
  .pipe(z.number().min(1).max(5_000));
const reason = z.string().trim().min(3).max(500);
const key = z.string().min(1).max(200);

function flag<T>(schema: z.ZodType<T>, value: string | undefined, message: string): T | undefined {
  if (value === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new UsageError(message);
  return parsed.data;
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        "as-of": { type: "string" },
        json: { type: "boolean", default: false },
        period: { type: "string" },
        "dry-run": { type: "boolean" },
        workers: { type: "string" },
        batch: { type: "string" },
        force: { type: "boolean" },
        reason: { type: "string" },
        key: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "The flags are not understood.");
  }
}

/**
 * Reads a job's command line; null when help was asked for.
 * @throws UsageError for an unknown job or flag, a flag of another job, or a wrong value.
 */
export function parseJobArguments(argv: readonly string[]): JobArguments | null {
  const { values, positionals } = read(argv);
  if (values.help) return null;
  const [given, extra] = positionals;
  if (given === undefined) throw new UsageError("Name the job to run.");
  const name = JOBS.find((job) => job === given);
  if (name === undefined) throw new UsageError(`There is no job "${given}".`);
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many.`);
  if (name !== "billing") {
    for (const own of BILLING_FLAGS) {
      if (values[own] !== undefined) throw new UsageError(`--${own} belongs to billing only.`);
    }
  }
  if ((values.force ?? false) !== (values.reason !== undefined)) {
    throw new UsageError("--force and --reason belong together.");
  }
  return {
    name,
    asOf:
      flag(
        instant,
        values["as-of"],
        "--as-of takes an instant with its zone, like 2026-12-24T09:00:00Z, or a date.",
      ) ?? null,
    json: values.json,
    period: flag(month, values.period, "--period takes a month, like 2026-12."),
    dryRun: values["dry-run"] ?? false,
    workers: flag(workers, values.workers, "--workers takes a number from 1 to 16.") ?? 2,
    batchSize: flag(batch, values.batch, "--batch takes a number from 1 to 5000."),
    forceReason: flag(reason, values.reason, "--reason takes 3 to 500 characters."),
    idempotencyKey: flag(key, values.key, "--key takes 1 to 200 characters."),
  };
}
