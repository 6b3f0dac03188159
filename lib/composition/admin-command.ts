import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { TeamService } from "@/lib/access/team-service";
import { EnvironmentError } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { emailSchema } from "@/lib/identity/schemas";
import { readCoverageFile } from "@/lib/orders/coverage-file";
import { ROLES, roleSchema } from "@/lib/permissions";
import { createServerClient } from "@/lib/supabase/clients";
import { getSupabaseConnection } from "@/lib/supabase/stack-file";
import { countOf } from "@/lib/words";
import { type CommandOutput, isWrongUsage, UsageError } from "./command-line";
import { coverageService } from "./services";

const USAGE = `Usage: npm run admin -- COMMAND

  add EMAIL --role ROLE   gives somebody a role: ${ROLES.join(", ")}
  list                    everybody in the team
  remove EMAIL            takes somebody out of the team at once
  coverage FILE           replaces the list of suburbs that can be connected, and mails everybody
                          who waits for one that opens; --dry-run only counts.
                          FILE is CSV: suburb,city,postal_code,covered

Somebody without an account gets an invitation by mail. The last active owner stays.
`;

type Say = (line: string) => void;

function emailOf(text: string | undefined): string {
  const email = emailSchema.safeParse(text);
  if (!email.success) throw new UsageError();
  return email.data;
}

async function importCoverage(file: string, dryRun: boolean, say: Say): Promise<void> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new AppError("not_found", { message: `The file ${file} cannot be read.`, cause });
  }
  const { before, areas, covered, told } = await coverageService(createServerClient()).replaceList(
    readCoverageFile(text),
    { dryRun },
  );
  say(`${countOf(areas, "suburb")}, ${covered} of them covered; there were ${before} before.`);
  say(`${countOf(told, "person", "people")} waited for a suburb that is open now.`);
  if (dryRun) say("Nothing was changed.");
}

async function run(argv: readonly string[], say: Say): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { role: { type: "string" }, "dry-run": { type: "boolean" } },
  });
  const [command, address, extra] = positionals;
  if (extra !== undefined) throw new UsageError();
  if (command === "coverage" && address !== undefined && values.role === undefined) {
    say(`Project: ${getSupabaseConnection().url}`);
    await importCoverage(address, values["dry-run"] ?? false, say);
    return;
  }
  if (values["dry-run"]) throw new UsageError();
  const role = roleSchema.safeParse(values.role);
  if ((command === "add") !== role.success) throw new UsageError();
  if (command === "list" && address !== undefined) throw new UsageError();
  const email = command === "list" ? "" : emailOf(address);
  if (command !== "add" && command !== "list" && command !== "remove") throw new UsageError();

  say(`Project: ${getSupabaseConnection().url}`);
  const team = new TeamService({ server: createServerClient() });
  if (command === "list") {
    const members = await team.list();
    const width = Math.max(0, ...members.map((member) => member.email.length));
    for (const member of members) {
      const state = member.is_active ? "" : "  (removed)";
      say(`${member.email.padEnd(width)}  ${member.role}${state}`);
    }
    if (members.length === 0) say("Nobody is in the team yet.");
    return;
  }
  if (command === "remove") {
    if (!(await team.remove(email))) {
      throw new AppError("not_found", { message: `Nobody in the team has the address ${email}.` });
    }
    say(`${email} is no longer in the team.`);
    return;
  }
  const added = role.success ? await team.add(email, role.data) : null;
  say(
    added === "invited"
      ? `${email} is ${role.data} once they have opened the link in the mail and chosen a password.`
      : `${email} is ${role.data} from now on.`,
  );
}

/**
 * The team from the terminal, for the first owner of a deployment above all, and the list of
 * suburbs. Returns the exit code: 1 for a refusal, 2 for wrong usage.
 *
 * @throws whatever is neither a refusal nor a wrong environment.
 */
export async function adminCommand(
  argv: readonly string[],
  { stdout, stderr }: CommandOutput,
): Promise<number> {
  try {
    await run(argv, (line) => stdout.write(`${line}\n`));
    return 0;
  } catch (error) {
    if (isWrongUsage(error)) {
      stderr.write(USAGE);
      return 2;
    }
    if (!(error instanceof AppError) && !(error instanceof EnvironmentError)) throw error;
    stderr.write(`Error: ${error.message}\n`);
    return 1;
  }
}
