import { readFileSync } from "node:fs";
import type { ISql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AdvisorCheck, CHECKS, NOT_OF_THE_SCHEMA } from "@/tests/support/advisor";
import { type OwnDatabase, ownDatabase } from "@/tests/support/database";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

async function offenders(sql: ISql, check: AdvisorCheck): Promise<string[]> {
  const rows = await sql.unsafe<{ name: string }[]>(check.finds);
  return rows.map((row) => row.name).sort();
}

class Undo extends Error {}

describe("the advisor's checks", () => {
  it.each(CHECKS)("$name: finds nothing but what is meant", async (check) => {
    expect(await offenders(db.sql, check)).toEqual([...(check.allows?.names ?? [])].sort());
  });

  it.each(CHECKS)("$name: names what offends", async (check) => {
    const before = await offenders(db.sql, check);
    let found: string[] = [];
    await db.sql
      .begin(async (transaction) => {
        await transaction.unsafe(check.offence.sql);
        found = await offenders(transaction, check);
        throw new Undo();
      })
      .catch((error: unknown) => {
        if (!(error instanceof Undo)) throw error;
      });
    expect(found.filter((name) => !before.includes(name))).toContain(check.offence.named);
    expect(await offenders(db.sql, check)).toEqual(before);
  });

  it("are each made here, or said not to be about a schema", () => {
    const names = [...CHECKS.map(({ name }) => name), ...Object.keys(NOT_OF_THE_SCHEMA)];
    expect(new Set(names).size).toBe(names.length);
    const config = readFileSync(new URL("../../../supabase/config.toml", import.meta.url), "utf8");
    expect(config).toMatch(/^enable_anonymous_sign_ins = false$/m);
  });
});
