import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Sql } from "postgres";
import { z } from "zod";
import { explainDisk, LaunchError, messageOf } from "../process/fail";
import type { DataHome } from "./data-home";
import { prepareHistory, readMigrations } from "./migrate";

/**
 * How a database stands to the migrations of this code. A version that has no file is of an
 * earlier schema when it sorts before the newest file, and of a later one when it sorts after.
 */
export type DatabaseAge =
  | { kind: "current" }
  | { kind: "earlier"; version: string }
  | { kind: "later"; version: string };

/** Compares the versions that were applied to a database with the files of a folder. */
export async function readDatabaseAge(sql: Sql, folder: string): Promise<DatabaseAge> {
  const versions = readMigrations(folder).map((migration) => migration.version);
  await prepareHistory(sql);
  const unknown = z
    .array(z.object({ version: z.string() }))
    .parse(Array.from(await sql`select version from supabase_migrations.schema_migrations`))
    .map((row) => row.version)
    .filter((version) => !versions.includes(version))
    .sort();
  const version = unknown.at(-1);
  if (version === undefined) return { kind: "current" };
  return { kind: version > (versions.at(-1) ?? "") ? "later" : "earlier", version };
}

/**
 * Renames the database files and the captured mails of a data directory, so that the next start
 * makes new ones. The server must not run. Returns where the database is now.
 *
 * @param now gives the new name its date and time, in UTC to the second.
 * @throws LaunchError when the files cannot be renamed.
 */
export function moveDatabaseAside(home: DataHome, now: Date): string {
  const stamp = now.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  const aside = `${home.clusterDir}-before-${stamp}`;
  const mails = join(home.dataDir, "auth-mails");
  try {
    renameSync(home.clusterDir, aside);
    if (existsSync(mails)) renameSync(mails, `${mails}-before-${stamp}`);
  } catch (error) {
    throw new LaunchError(
      explainDisk(messageOf(error), home.clusterDir) ??
        `The earlier database could not be moved aside: ${messageOf(error)}. ` +
          "`npm run db:reset` removes it.",
    );
  }
  return aside;
}
