import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { LaunchError } from "../process/fail";
import { type Catalogue, differences, readCatalogue } from "../stack/catalogue";
import { type Migration, readMigrations } from "../stack/migrate";
import { createMigratedDatabase, type DatabaseServer } from "../stack/stack";
import { readSchemaDifference, type Statement } from "./schema-difference";

/** The folders that are compared, and the server on which throw-away databases are made. */
export type SchemaSources = {
  /** Folder of the schema as it is meant to be: files `NNN_noun.sql`, loaded in this order. */
  schemas: string;
  /** Folder of the migrations. */
  migrations: string;
  server: DatabaseServer;
};

export type WrittenMigration = {
  /** Names of the files written, in the order in which they apply. Empty: nothing differs. */
  files: string[];
  /** Statements and rows that the files leave to a person. */
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
    // One after the other: the first database of a server also makes the server's roles.
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
  const [made, meant] = await Promise.all([catalogueOf(fromMigrations), catalogueOf(fromSchemas)]);
  return differences(
    { name: "the migrations", catalogue: made },
    { name: "the schemas", catalogue: meant },
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
function baselineOf(schemas: Migration[]): string {
  const header = "-- The whole schema. Made from supabase/schemas: read and edit it there.\n";
  return [header, ...schemas.map(({ file, text }) => `-- schemas/${file}\n${text}`)].join("\n");
}

function comment(text: string): string {
  return text.replaceAll(/^/gm, "--   ");
}

/** Refuses to be applied until a person has done what the file leaves to them. */
function refusal(count: number, rows: string[]): string {
  return [
    `-- To be written by hand: ${count} change${count === 1 ? "" : "s"} that may lose data, or fail on a table that has rows.`,
    '-- Each is marked "By hand" below, in its place; rows that differ are listed here. Write statements that keep the',
    "-- data (rename, convert, fill in), then delete these lines.",
    ...rows.map(comment),
    "do $$ begin raise exception 'the changes to be made by hand are not written yet'; end $$;",
  ].join("\n");
}

/** Each migration says how it is undone. The writer cannot know more than this. */
const UNDO =
  "-- Undo: restore the backup that was taken before it, or write the opposite change as the next migration.";

function textOf(blocks: string[]): string {
  return blocks.map((block) => `${block}\n`).join("\n");
}

/** The texts of the files, one for each transaction. */
function textsOf(title: string, parts: Statement[][], rows: string[]): string[] {
  const count = parts.flat().filter((statement) => statement.byHand).length + rows.length;
  const blocks = parts.map((part) => [
    "set local check_function_bodies = off;",
    ...part.map(({ sql, byHand }) => (byHand ? `-- By hand:\n${comment(sql)}` : sql)),
  ]);
  if (count > 0) blocks[0] = [refusal(count, rows), ...(blocks[0] ?? [])];
  return blocks.map((block) => textOf([`${title}\n${UNDO}`, ...block]));
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
  return readMigrations(sources.migrations).length === 0
    ? writeBaseline(sources, schemas, name, now)
    : writeDifference(sources, name, now);
}

/** What differs between a database made from the migrations now and one that is there already. */
function compareAgain(sources: SchemaSources, meant: string): Promise<string[]> {
  return withDatabases(sources, [sources.migrations], ([made = ""]) => compare(made, meant));
}

function writeBaseline(
  sources: SchemaSources,
  schemas: Migration[],
  name: string,
  now: Date,
): Promise<WrittenMigration> {
  return withDatabases(sources, [sources.schemas], async ([meant = ""]) => {
    const files = writeFiles(sources.migrations, name, [baselineOf(schemas)], now);
    return { files, byHand: [], left: await compareAgain(sources, meant) };
  });
}

function writeDifference(
  sources: SchemaSources,
  name: string,
  now: Date,
): Promise<WrittenMigration> {
  const folders = [sources.migrations, sources.schemas];
  return withDatabases(sources, folders, async ([made = "", meant = ""]) => {
    const parts = await readSchemaDifference(made, meant);
    const before = await compare(made, meant);
    const rows = before.filter((line) => /, row \{/.test(line));
    const texts = textsOf(`-- ${name.replaceAll("_", " ")}`, parts, rows);
    if (texts.length === 0) return { files: [], byHand: [], left: before };
    const files = writeFiles(sources.migrations, name, texts, now);
    const statements = parts.flat().filter((statement) => statement.byHand);
    const byHand = [...statements.map((statement) => statement.sql), ...rows];
    const left = byHand.length > 0 ? [] : await compareAgain(sources, meant);
    return { files, byHand, left };
  });
}
