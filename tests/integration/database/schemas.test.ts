import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OwnDatabase, ownDatabase } from "@/tests/support/database";

const folder = fileURLToPath(new URL("../../../supabase/schemas", import.meta.url));
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".sql"))
  .sort()
  .map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

/** What statements that begin with a pattern name, over all schema files. */
function defined(pattern: RegExp): string[] {
  return files.flatMap(({ text }) => Array.from(text.matchAll(pattern), (match) => match[1] ?? ""));
}

function repeated(names: string[]): string[] {
  return names.filter((name, place) => names.indexOf(name) !== place);
}

describe("the schema files", () => {
  it("define each function, table, view, index, trigger, policy and comment once", () => {
    const functions = defined(/^create (?:or replace )?function ([\w.]+)\(/gm);
    expect(functions.length).toBeGreaterThan(100);
    expect(repeated(functions)).toEqual([]);
    for (const pattern of [
      /^create (?:or replace )?(?:table|view) ([\w.]+)/gm,
      /^create (?:unique )?index (\w+)/gm,
      /^create trigger (\w+)/gm,
      /^create policy (\w+)/gm,
      /^comment on ((?:function|table|view|column) [\w.]+)/gm,
      /^revoke all on ((?:function|table) [\w.]+)/gm,
    ]) {
      const names = defined(pattern);
      expect(names.length).toBeGreaterThan(0);
      expect(repeated(names)).toEqual([]);
    }
  });

  it("define every function of the database, and replace none", async () => {
    const rows = await db.sql<{ name: string }[]>`
      select format('%s.%s', p.pronamespace::regnamespace, p.proname) as name
      from pg_catalog.pg_proc as p
      where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
        and not exists (select 1 from pg_catalog.pg_depend as d
          where d.objid = p.oid and d.deptype = 'e')`;
    expect(defined(/^create function ([\w.]+)\(/gm).sort()).toEqual(
      rows.map((row) => row.name).sort(),
    );
    expect(defined(/(create or replace|alter function)/g)).toEqual([]);
  });

  it("hold bodies that PostgreSQL accepts once everything is there", async () => {
    const definitions = await db.sql<{ name: string; text: string }[]>`
      select p.oid::regprocedure::text as name, pg_get_functiondef(p.oid) as text
      from pg_catalog.pg_proc as p
      where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
        and not exists (select 1 from pg_catalog.pg_depend as d
          where d.objid = p.oid and d.deptype = 'e')`;
    const refused: string[] = [];
    for (const { name, text } of definitions) {
      await db.sql.unsafe(text).catch((error: Error) => refused.push(`${name}: ${error.message}`));
    }
    expect(refused).toEqual([]);
  });
});
