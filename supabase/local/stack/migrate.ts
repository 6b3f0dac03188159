import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import postgres, { type Sql } from "postgres";
import { z } from "zod";
import { LaunchError, messageOf } from "../process/fail";

export type Migration = { version: string; name: string; file: string; text: string };

/** The migrations of a folder in the order in which they apply. */
export function readMigrations(folder: string): Migration[] {
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch (error) {
    throw new LaunchError(`The migrations in ${folder} cannot be read: ${messageOf(error)}`);
  }
  return files.sort().flatMap((file) => {
    const match = /^(\d+)_(.*)\.sql$/.exec(file);
    if (!match?.[1] || match[2] === undefined) return [];
    const text = readFileSync(join(folder, file), "utf8");
    return [{ version: match[1], name: match[2], file, text }];
  });
}

const tokens =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$[A-Za-z_]*\$)[\s\S]*?\1|\bbegin\s+atomic\b[\s\S]*?\bend\b(?=\s*;)|;/gi;

/** Splits SQL at the semicolons that end statements: not those in text, bodies or comments. */
function splitStatements(text: string): string[] {
  const statements: string[] = [];
  let start = 0;
  for (const match of text.matchAll(tokens)) {
    if (match[0] !== ";") continue;
    statements.push(text.slice(start, match.index).trim());
    start = match.index + 1;
  }
  statements.push(text.slice(start).trim());
  return statements.filter((part) => part.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, "").trim() !== "");
}

function placeOf(text: string, position: string | undefined): string {
  const offset = Number(position);
  if (!Number.isInteger(offset) || offset < 1) return "";
  const before = Array.from(text)
    .slice(0, offset - 1)
    .join("")
    .split("\n");
  return `:${before.length}:${(before.at(-1) ?? "").length + 1}`;
}

/** Tables in which the Supabase CLI, too, records what was applied and seeded. */
export async function prepareHistory(sql: Sql): Promise<void> {
  await sql.unsafe(`
    create schema if not exists supabase_migrations;
    create table if not exists supabase_migrations.schema_migrations (version text primary key);
    alter table supabase_migrations.schema_migrations
      add column if not exists statements text[], add column if not exists name text;
    create table if not exists supabase_migrations.seed_files (
      path text primary key, hash text not null
    );`);
}

/**
 * Applies what is not yet applied, each file in one transaction, and records it as
 * `supabase db push` does. Returns the files applied.
 */
export async function migrate(sql: Sql, folder: string): Promise<string[]> {
  const migrations = readMigrations(folder);
  await prepareHistory(sql);
  const applied = new Set(
    z
      .array(z.object({ version: z.string() }))
      .parse(Array.from(await sql`select version from supabase_migrations.schema_migrations`))
      .map((row) => row.version),
  );
  const done: string[] = [];
  for (const migration of migrations) {
    if (applied.has(migration.version)) continue;
    try {
      await sql.begin(async (transaction) => {
        await transaction.unsafe(migration.text);
        await transaction`
          insert into supabase_migrations.schema_migrations (version, name, statements)
          values (${migration.version}, ${migration.name}, ${splitStatements(migration.text)})`;
      });
    } catch (error) {
      if (!(error instanceof postgres.PostgresError)) throw error;
      const place = placeOf(migration.text, error.position);
      const more = [error.detail, error.hint, error.where?.split("\n")[0]].filter(Boolean);
      throw new LaunchError(
        `${basename(folder)}/${migration.file}${place}: ${error.message} (${error.code})` +
          (more.length > 0 ? `. ${more.join(". ")}` : ""),
      );
    }
    done.push(migration.file);
  }
  return done;
}
