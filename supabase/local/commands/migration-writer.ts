import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { LaunchError } from "../process/fail";
import { type Catalogue, differences, readCatalogue } from "../stack/catalogue";
import { type Migration, readMigrations } from "../stack/migrate";
import { createMigratedDatabase } from "../stack/stack";
import { readSchemaDifference, type SchemaDifference } from "./schema-difference";

/** The folders that are compared, and the server on which throw-away databases are made. */
export type SchemaSources = {
  /** Folder of the schema as it is meant to be: files `NNN_noun.sql`, loaded in this order. */
  schemas: string;
  /** Folder of the migrations. */
  migrations: string;
  server: Parameters<typeof createMigratedDatabase>[0];
};

export type WrittenMigration = {
  /** Names of the files written, in the order in which they apply. Empty: nothing differs. */
  files: string[];
  /** Statements and rows that the first file leaves to a person. */
  byHand: string[];
  /** What still differs once the new files are applied. Unknown, hence empty, while `byHand` is not. */
  left: string[];
};

function readSchemas(folder: string): Migration[] {
  const files = readMigrations(folder);
  if (files.length === 0) throw new LaunchError(`There is no schema file in ${folder}.`);
  return files;
}

/** Makes a database from each folder, and drops them when the work is done. */
async function withDatabases<T>(
  { server }: SchemaSources,
  folders: string[],
  work: (urls: string[]) => Promise<T>,
): Promise<T> {
  const names = folders.map(() => `build_${randomBytes(6).toString("hex")}`);
  try {
    const urls: string[] = [];
    for (const [index, name] of names.entries()) {
      urls.push(await createMigratedDatabase(server, name, folders[index]));
    }
    return await work(urls);
  } finally {
    const admin = postgres(server.dbUrl, { max: 1, onnotice: () => {} });
    for (const name of names) {
      await admin.unsafe(`drop database if exists ${name} with (force)`);
    }
    await admin.end();
  }
}

async function catalogueOf(url: string): Promise<Catalogue> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await readCatalogue(sql, { rows: true });
  } finally {
    await sql.end();
  }
}

async function compare(fromMigrations: string, fromSchemas: string): Promise<string[]> {
  return differences(
    { name: "the migrations", catalogue: await catalogueOf(fromMigrations) },
    { name: "the schemas", catalogue: await catalogueOf(fromSchemas) },
  );
}

/**
 * What differs between a database made from the migrations and one made from the schemas, one
 * line per difference.
 *
 * @throws LaunchError when a file of either folder cannot be applied.
 */
export async function schemaDifferences(sources: SchemaSources): Promise<string[]> {
  readSchemas(sources.schemas);
  return withDatabases(sources, [sources.migrations, sources.schemas], ([made = "", meant = ""]) =>
    compare(made, meant),
  );
}

/** The text of the first migration: the schema files one after the other. */
export function baselineOf(schemas: Migration[]): string {
  const header = [
    "-- The schema before the first release, made from the files of supabase/schemas.",
    "-- Read and change those; `npm run db:migration -- NAME` writes the next migration.",
  ].join("\n");
  const files = schemas.map(({ file, text }) => `-- schemas/${file}\n${text.trimEnd()}\n`);
  return [`${header}\n`, ...files].join("\n");
}

function textOf(statements: string[]): string {
  return statements.map((statement) => `${statement};\n`).join("\n");
}

/** A block that cannot be applied until a person has replaced it. */
function blockOf(byHand: string[]): string {
  const lines = byHand.flatMap((change) => change.split("\n").map((line) => `--   ${line}`));
  return [
    "-- To be written by hand. These changes may lose data, or fail on a table that has rows.",
    "-- Write statements that keep the data (rename, convert, fill in), then delete this block.",
    ...lines,
    "do $$ begin raise exception 'the changes listed here are not written yet'; end $$;\n",
  ].join("\n");
}

function filesOf({ parts, byHand }: SchemaDifference, header: string): string[] {
  const texts = parts.map((part, index) => {
    const body = ["set local check_function_bodies = off", ...part];
    return index === 0 ? [header, textOf(body)] : [textOf(body)];
  });
  if (byHand.length > 0) {
    const [first = [header]] = texts;
    first.splice(1, 0, blockOf(byHand));
    texts[0] = first;
  }
  return texts.map((text) => text.join("\n"));
}

/** YYYYMMDDHHMMSS in UTC, as the Supabase CLI numbers migrations. */
function versionAt(time: number): string {
  return new Date(time).toISOString().replace(/\D/g, "").slice(0, 14);
}

function timeOf(version: string): number {
  const iso = version.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, "$1-$2-$3T$4:$5:$6Z");
  return Date.parse(iso);
}

/** Writes files under versions that follow every present one, a second apart. */
function writeFiles(folder: string, name: string, texts: string[], now: Date): string[] {
  const last = readMigrations(folder).at(-1);
  const afterLast = last ? timeOf(last.version) + 1_000 : 0;
  const first = Math.max(now.getTime(), Number.isNaN(afterLast) ? 0 : afterLast);
  return texts.map((text, index) => {
    const part = index === 0 ? "" : `_part_${index + 1}`;
    const file = `${versionAt(first + index * 1_000)}_${name}${part}.sql`;
    writeFileSync(join(folder, file), text, { flag: "wx" });
    return file;
  });
}

/**
 * Writes the migration that makes the present migrations agree with the schemas. Without any
 * migration it writes the baseline, which is the text of the schemas.
 *
 * @param name lower-case words joined by underscores: the end of the file's name.
 * @throws LaunchError when a file of either folder cannot be applied.
 */
export async function writeMigration(
  sources: SchemaSources,
  name: string,
  now: Date,
): Promise<WrittenMigration> {
  const schemas = readSchemas(sources.schemas);
  mkdirSync(sources.migrations, { recursive: true });
  if (readMigrations(sources.migrations).length === 0) {
    const files = writeFiles(sources.migrations, name, [baselineOf(schemas)], now);
    return { files, byHand: [], left: await schemaDifferences(sources) };
  }
  const folders = [sources.migrations, sources.schemas];
  return withDatabases(sources, folders, async ([made = "", meant = ""]) => {
    const difference = await readSchemaDifference(made, meant);
    const before = await compare(made, meant);
    const rows = before.filter((line) => /, row \{/.test(line));
    const byHand = [...difference.byHand, ...rows];
    const header = `-- ${name.replaceAll("_", " ")}\n`;
    const texts = filesOf({ parts: difference.parts, byHand }, header);
    if (texts.length === 0) return { files: [], byHand: [], left: before };
    const files = writeFiles(sources.migrations, name, texts, now);
    if (byHand.length > 0) return { files, byHand, left: [] };
    const left = await withDatabases(sources, [sources.migrations], ([again = ""]) =>
      compare(again, meant),
    );
    return { files, byHand: [], left };
  });
}
