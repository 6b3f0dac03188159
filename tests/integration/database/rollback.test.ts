import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { snapshotGrants } from "@/supabase/local/stack/grants";
import { migrate } from "@/supabase/local/stack/migrate";
import { MIGRATIONS } from "@/supabase/local/stack/stack";
import { newReferrer } from "@/tests/support/builders";
import { type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { activeFriend, qualify } from "@/tests/support/orders";
import { one, verify } from "@/tests/support/rows";

const script = readFileSync(
  new URL("../../../supabase/rollback/remove_referral_rewards.sql", import.meta.url),
  "utf8",
);
const noMigrations = mkdtempSync(join(tmpdir(), "no-migrations-"));

let bare: OwnDatabase;
beforeAll(async () => {
  bare = await ownDatabase(noMigrations);
});
afterAll(async () => {
  await bare.drop();
  rmSync(noMigrations, { recursive: true });
});

/** Every object of the database but those of PostgreSQL itself, by name. */
async function objects(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select distinct format('%s %s', o.type, o.identity) as name
    from (
      select 'pg_class'::regclass::oid as class, c.oid as object, c.relnamespace as schema from pg_class as c
      union all select 'pg_proc'::regclass::oid, p.oid, p.pronamespace from pg_proc as p
      union all select 'pg_type'::regclass::oid, t.oid, t.typnamespace from pg_type as t
      union all select 'pg_constraint'::regclass::oid, k.oid, k.connamespace from pg_constraint as k
      union all select 'pg_namespace'::regclass::oid, n.oid, n.oid from pg_namespace as n
      union all select 'pg_trigger'::regclass::oid, t.oid, c.relnamespace
        from pg_trigger as t join pg_class as c on c.oid = t.tgrelid where not t.tgisinternal
      union all select 'pg_policy'::regclass::oid, p.oid, c.relnamespace
        from pg_policy as p join pg_class as c on c.oid = p.polrelid
    ) as found
    join pg_namespace as n on n.oid = found.schema
    cross join lateral pg_identify_object(found.class, found.object, 0) as o
    where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
      and n.nspname not like 'pg\\_temp%' and n.nspname not like 'pg\\_toast%'
    order by 1`;
  return rows.map((row) => row.name);
}

async function inUse(): Promise<OwnDatabase> {
  const db = await ownDatabase();
  const referrer = await newReferrer(db.sql);
  await activeFriend(db.sql, referrer, "2026-03-10T10:00:00Z");
  await activeFriend(db.sql, referrer, "2026-03-10T10:00:00Z");
  await qualify(db.sql, "2026-04-10T10:00:00Z");
  return db;
}

describe("removing the programme", () => {
  it("leaves a database as it was before the first migration, and can be migrated again", async () => {
    const db = await inUse();
    try {
      const full = await objects(db.sql);
      expect(full.length).toBeGreaterThan((await objects(bare.sql)).length + 200);
      await db.sql.unsafe(script);
      expect(await objects(db.sql)).toEqual(await objects(bare.sql));
      expect(await snapshotGrants(db.sql)).toEqual(await snapshotGrants(bare.sql));
      const { migrations, users } = one(
        await db.sql<{ migrations: number; users: number }[]>`
          select (select count(*)::integer from supabase_migrations.schema_migrations) as migrations,
            (select count(*)::integer from auth.users) as users`,
      );
      expect(migrations).toBe(0);
      expect(users).toBe(3);

      await db.sql.unsafe(script);
      expect(await objects(db.sql)).toEqual(await objects(bare.sql));

      await migrate(db.sql, MIGRATIONS);
      expect(await objects(db.sql)).toEqual(full);
      const referrer = await newReferrer(db.sql);
      await activeFriend(db.sql, referrer, "2026-03-10T10:00:00Z");
      expect((await verify(db.sql)).details).toEqual([]);
    } finally {
      await db.drop();
    }
  });

  it("leaves what belongs to others, in the same schemas too", async () => {
    const db = await inUse();
    try {
      await db.sql.unsafe(`
        create table public.tickets (id integer primary key);
        create function private.others() returns integer language sql as 'select 1';
        insert into supabase_migrations.schema_migrations (version) values ('20990101000000')`);
      await db.sql.unsafe(script);
      const left = await objects(db.sql);
      const before = await objects(bare.sql);
      expect(left.filter((name) => !before.includes(name) && !/tickets/.test(name))).toEqual([
        "function private.others()",
        "schema private",
      ]);
      expect(left).toContain("table public.tickets");
      const rows = await db.sql`select version from supabase_migrations.schema_migrations`;
      expect(Array.from(rows)).toEqual([{ version: "20990101000000" }]);
    } finally {
      await db.drop();
    }
  });

  it.each([
    ["a foreign key", "create table public.tickets (customer_id uuid references public.customers)"],
    ["a view", "create view public.codes as select referral_code from public.customers"],
    [
      "a policy",
      `create table public.tickets (id integer);
       create policy staff on public.tickets using (public.has_permission('customers:view'))`,
    ],
  ])("stops, with everything in place, while %s of others relies on it", async (_what, ddl) => {
    const db = await inUse();
    try {
      await db.sql.unsafe(ddl);
      const before = await objects(db.sql);
      await refusal(db.sql.unsafe(script));
      expect(await objects(db.sql)).toEqual(before);
      expect((await verify(db.sql)).violations).toBe(0);
    } finally {
      await db.drop();
    }
  });
});
