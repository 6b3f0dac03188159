/** The schema of a release, with rows in it, is migrated to the next one. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeMigration } from "@/supabase/local/commands/migration-writer";
import { migrate, readMigrations } from "@/supabase/local/stack/migrate";
import { MIGRATIONS, SCHEMAS } from "@/supabase/local/stack/stack";
import { manyCustomers, newReferrer, pendingReward } from "@/tests/support/builders";
import { testStack } from "@/tests/support/context";
import { type OwnDatabase, ownDatabase } from "@/tests/support/database";
import { T0 } from "@/tests/support/moments";
import { activeFriend, placeOrder } from "@/tests/support/orders";

let folder: string;
let db: OwnDatabase;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "referral-forward-"));
  mkdirSync(join(folder, "migrations"));
  const [first] = readMigrations(MIGRATIONS);
  if (!first) throw new Error("there is no migration");
  cpSync(join(MIGRATIONS, first.file), join(folder, "migrations", first.file));
  db = await ownDatabase(join(folder, "migrations"));
});
afterAll(async () => {
  await db?.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** Every row of every table, as text, without the column that the next release adds. */
async function rows(): Promise<Record<string, string[]>> {
  const tables = await db.sql<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`;
  const seen: Record<string, string[]> = {};
  for (const { name } of tables) {
    const found = await db.sql<{ row: string }[]>`
      select (to_jsonb(t) - 'nickname')::text as row from ${db.sql(name)} as t order by 1`;
    seen[name] = found.map((line) => line.row);
  }
  return seen;
}

describe("the first release with data", () => {
  it("takes the migrations that exist and the next one, keeps each row, and verifies", async () => {
    const referrer = await newReferrer(db.sql);
    await activeFriend(db.sql, referrer, T0);
    await placeOrder(db.sql, T0, { code: referrer.referral_code });
    for (const id of await manyCustomers(db.sql, 3)) await pendingReward(db.sql, id);

    // What exists after the first release.
    for (const { file } of readMigrations(MIGRATIONS).slice(1)) {
      cpSync(join(MIGRATIONS, file), join(folder, "migrations", file));
    }
    await migrate(db.sql, join(folder, "migrations"));
    const before = await rows();

    // A next release, written as every migration is.
    cpSync(SCHEMAS, join(folder, "schemas"), { recursive: true });
    const customers = join(folder, "schemas", "040_customers.sql");
    const text = readFileSync(customers, "utf8");
    writeFileSync(
      customers,
      `${text}\nalter table public.customers add column nickname text not null default 'none';\n`,
    );
    const written = await writeMigration(
      {
        schemas: join(folder, "schemas"),
        migrations: join(folder, "migrations"),
        server: testStack(),
      },
      "nicknames",
      new Date(),
    );
    expect(written).toMatchObject({ byHand: [], left: [] });
    for (const file of written.files) {
      expect(readFileSync(join(folder, "migrations", file), "utf8")).toMatch(/^-- Undo: /m);
    }
    expect(await migrate(db.sql, join(folder, "migrations"))).toEqual(written.files);

    expect(await rows()).toEqual(before);
    const [verified] = await db.sql`select verify_invariants() as it`;
    expect(verified?.it).toEqual({ violations: 0, details: [] });
    const [named] =
      await db.sql`select count(*)::integer as n from customers where nickname = 'none'`;
    expect(named?.n).toBeGreaterThan(3);
  }, 120_000);
});
