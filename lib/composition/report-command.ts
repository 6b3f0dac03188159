import { parseArgs } from "node:util";
import { z } from "zod";
import { readLaunchReport } from "@/lib/admin/launch-service";
import { systemClock } from "@/lib/clock";
import { describeDeployment } from "@/lib/jobs/deployment";
import { launchLines } from "@/lib/jobs/launch-lines";
import { createServerClient } from "@/lib/supabase/clients";
import { type CommandOutput, isWrongUsage, UsageError } from "./command-line";

const USAGE = `Usage: npm run report -- launch [flags]

  launch   target, today and status of each measure of week 1 and month 1

  --as-of ISO   the instant until which is counted; a plain date is its start in UTC
  --json        one line of JSON instead of a table
  --help        show this
`;

const instant = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()])
  .transform((text) => new Date(text));

function read(argv: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      "as-of": { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  if (positionals.length !== 1 || positionals[0] !== "launch") throw new UsageError();
  const asOf = instant.optional().safeParse(values["as-of"]);
  if (!asOf.success) throw new UsageError();
  return { asOf: asOf.data ?? systemClock(), json: values.json };
}

async function run(argv: readonly string[], { stdout, stderr }: CommandOutput): Promise<number> {
  const asked = read(argv);
  if (!asked) {
    stdout.write(USAGE);
    return 0;
  }
  const server = createServerClient();
  stderr.write(`${await describeDeployment(server)}\n`);
  const report = await readLaunchReport(server, asked.asOf);
  stdout.write(asked.json ? `${JSON.stringify(report)}\n` : `${launchLines(report).join("\n")}\n`);
  const statuses = report.stages.flatMap(({ measures }) => measures.map(({ status }) => status));
  return statuses.some((status) => status === "behind" || status === "missed") ? 1 : 0;
}

/**
 * The launch targets, and how far they are. Returns the exit code: 0 when nothing is behind or
 * missed, 1 when something is or the report failed, 2 on wrong usage.
 */
export async function reportCommand(
  argv: readonly string[],
  output: CommandOutput,
): Promise<number> {
  try {
    return await run(argv, output);
  } catch (error) {
    const isUsage = isWrongUsage(error);
    output.stderr.write(
      isUsage ? USAGE : `Error: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return isUsage ? 2 : 1;
  }
}
