/**
 * `npm run db:migration -- NAME` writes the next migration from the difference between the
 * schemas and what the present migrations make. `--check` only compares the two.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../process/project";
import { runMain } from "../process/run-main";
import { MIGRATIONS, SCHEMAS, withDatabaseServer } from "../stack/stack";
import { schemaDifferences, writeMigration } from "./migration-writer";

const USAGE =
  "Use `npm run db:migration -- NAME`, NAME in lower-case words joined by underscores, " +
  "or `npm run db:migration -- --check`.";

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;

function reportLeft(left: string[]): number {
  for (const line of left) console.error(`  ${line}`);
  console.error(`The migrations and the schemas differ in ${count(left.length, "point")}.`);
  return 1;
}

/** The site compares this version with the one of its database. */
function writeSchemaVersion(version: string): void {
  const path = join(ROOT, "lib", "supabase", "schema-version.ts");
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace(/SCHEMA_VERSION = "\d+"/, `SCHEMA_VERSION = "${version}"`));
}

async function check(): Promise<number> {
  const left = await withDatabaseServer((server) =>
    schemaDifferences({ schemas: SCHEMAS, migrations: MIGRATIONS, server }),
  );
  if (left.length > 0) return reportLeft(left);
  console.log("The migrations and the schemas agree.");
  return 0;
}

async function write(name: string): Promise<number> {
  const { files, byHand, left } = await withDatabaseServer((server) =>
    writeMigration({ schemas: SCHEMAS, migrations: MIGRATIONS, server }, name, new Date()),
  );
  for (const file of files) console.log(`Wrote supabase/migrations/${file}`);
  const version = files.at(-1)?.split("_")[0];
  if (version) writeSchemaVersion(version);
  if (byHand.length > 0) {
    console.error(
      `It leaves ${count(byHand.length, "change")} to you, marked in it: write them, ` +
        "then run `npm run db:migration -- --check`.",
    );
    return 1;
  }
  if (left.length > 0) return reportLeft(left);
  console.log(
    files.length > 0
      ? "The migrations and the schemas agree."
      : "There is nothing to write: the migrations and the schemas agree.",
  );
  return 0;
}

await runMain(async () => {
  const [argument = "", ...others] = process.argv.slice(2);
  if (others.length === 0 && argument === "--check") return check();
  if (others.length === 0 && /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(argument)) return write(argument);
  console.error(USAGE);
  return 2;
}, "failure");
