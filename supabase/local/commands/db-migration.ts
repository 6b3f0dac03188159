/**
 * `npm run db:migration -- NAME` writes the next migration from the difference between the
 * schemas and what the present migrations make. `--check` only compares the two.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../process/ports";
import { ROOT } from "../process/project";
import { runMain } from "../process/run-main";
import { makeScratchDir } from "../stack/data-home";
import { MIGRATIONS, startStack } from "../stack/stack";
import { type SchemaSources, schemaDifferences, writeMigration } from "./migration-writer";

const USAGE =
  "Use `npm run db:migration -- NAME`, NAME in lower-case words joined by underscores, " +
  "or `npm run db:migration -- --check`.";

const SCHEMAS = join(ROOT, "supabase", "schemas");

/** Runs something with a database server that is thrown away. */
async function withServer<T>(work: (server: SchemaSources["server"]) => Promise<T>): Promise<T> {
  const dataDir = makeScratchDir("referral-migration-");
  const noMigrations = mkdtempSync(join(tmpdir(), "no-migrations-"));
  try {
    const [dbPort = 0, apiPort = 0] = await freePorts(2);
    const options = { dataDir, dbPort, apiPort, ephemeral: true, log: () => {} };
    const stack = await startStack({ ...options, migrations: noMigrations });
    try {
      return await work(stack);
    } finally {
      await stack.stop();
    }
  } finally {
    for (const folder of [dataDir, noMigrations]) rmSync(folder, { recursive: true, force: true });
  }
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;

function reportLeft(left: string[]): number {
  for (const line of left) console.error(`  ${line}`);
  console.error(`The migrations and the schemas differ in ${count(left.length, "point")}.`);
  return 1;
}

async function check(): Promise<number> {
  const left = await withServer((server) =>
    schemaDifferences({ schemas: SCHEMAS, migrations: MIGRATIONS, server }),
  );
  if (left.length > 0) return reportLeft(left);
  console.log("The migrations and the schemas agree.");
  return 0;
}

async function write(name: string): Promise<number> {
  const { files, byHand, left } = await withServer((server) =>
    writeMigration({ schemas: SCHEMAS, migrations: MIGRATIONS, server }, name, new Date()),
  );
  for (const file of files) console.log(`Wrote supabase/migrations/${file}`);
  if (byHand.length > 0) {
    console.error(
      `It leaves ${count(byHand.length, "change")} to you, listed at its top: write them, ` +
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
