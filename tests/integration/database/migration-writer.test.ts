import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, describe, expect, it, vi } from "vitest";
import { schemaDifferences, writeMigration } from "@/supabase/local/commands/migration-writer";
import { MIGRATIONS, SCHEMAS, withDatabaseServer } from "@/supabase/local/stack/stack";
import { testStack } from "@/tests/support/context";

const scratch = mkdtempSync(join(tmpdir(), "migration-writer-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const NOW = new Date("2027-02-03T04:05:06Z");
let folders = 0;

type Folders = { schemas: string; migrations: string };

/** Folders of one's own: a schema file, and either its baseline or copies of other folders. */
function sources(schema: string, given: { baseline: boolean } | { copied: Folders }) {
  folders += 1;
  const root = join(scratch, String(folders));
  const own = { schemas: join(root, "schemas"), migrations: join(root, "migrations") };
  for (const folder of Object.values(own)) mkdirSync(folder, { recursive: true });
  if ("copied" in given) {
    cpSync(given.copied.schemas, own.schemas, { recursive: true });
    cpSync(given.copied.migrations, own.migrations, { recursive: true });
  } else if (given.baseline) {
    writeFileSync(join(own.migrations, "20270203040506_baseline.sql"), schema);
  }
  const file = join(own.schemas, "990_own.sql");
  writeFileSync(file, schema);
  return {
    ...own,
    server: testStack(),
    edit: (from: string, to: string) => {
      const text = readFileSync(file, "utf8");
      expect(text).toContain(from);
      writeFileSync(file, text.replace(from, to));
    },
    append: (text: string) => appendFileSync(file, text),
    read: (migration = "") => readFileSync(join(own.migrations, migration), "utf8"),
  };
}

const NOTES = `
create type public.note_kind as enum ('call', 'letter');
create table public.notes (
  id integer generated always as identity primary key,
  kind public.note_kind not null default 'call',
  body text not null
);
comment on table public.notes is 'Notes.';
create table public.note_words (word text primary key);
insert into public.note_words values ('first');
`;

// Each builds several databases.
vi.setConfig({ testTimeout: 120_000 });

describe("the first migration", () => {
  it("is the text of the schema files, each under its name", async () => {
    const own = sources("create table public.b (id integer primary key);\n", { baseline: false });
    writeFileSync(join(own.schemas, "010_first.sql"), "create schema first;\n");
    const written = await writeMigration(own, "baseline", NOW);
    expect(written).toEqual({ files: ["20270203040506_baseline.sql"], byHand: [], left: [] });
    expect(own.read("20270203040506_baseline.sql")).toBe(
      "-- The whole schema. Made from supabase/schemas: read and edit it there.\n\n" +
        "-- schemas/010_first.sql\ncreate schema first;\n\n" +
        "-- schemas/990_own.sql\ncreate table public.b (id integer primary key);\n",
    );
  });
});

describe("the next migration", () => {
  it("makes the database that the changed schemas make, on every project", async () => {
    const own = sources(
      `
      create or replace function private.refuse_change() returns trigger language plpgsql
        set search_path = '' as $$ begin raise exception 'refused;  twice'; end $$;
      drop function public.get_my_balance();
      drop function public.get_billing_settings();
      create function public.get_billing_settings() returns text language sql stable
        set search_path = '' as $$ select 'of another type' $$;
      revoke all on function public.get_billing_settings() from public;
      grant execute on function public.get_billing_settings() to service_role;
      alter table public.orders add column remark text check (char_length(remark) <= 100);
      comment on column public.orders.remark is 'What the customer''s order said.';
      comment on table public.orders is 'Changed; twice.';
      create index orders_remark_idx on public.orders (remark) where remark is not null;
      create policy orders_remark on public.orders for select to anon using (remark = 'open');
      alter policy role_permissions_select on public.role_permissions using (true);
      grant select on public.orders to anon;
      revoke select (reason) on public.credit_notes from authenticated;
      create view private.remarks with (security_invoker = true) as
        select id, remark from public.orders;
      comment on view private.remarks is 'Remarks.';
      create table public.order_notes (
        id bigint generated always as identity primary key,
        order_id uuid not null references public.orders (id) on delete cascade,
        body text not null default ''
      );
      comment on table public.order_notes is 'Notes on orders.';
      alter table public.order_notes enable row level security;
      revoke all on public.order_notes from anon, authenticated, service_role;
      revoke all on sequence public.order_notes_id_seq from anon, authenticated, service_role;
      grant select (id, body) on public.order_notes to authenticated;
      create trigger order_notes_fixed before update on public.order_notes
        for each row execute function private.refuse_change();
      create function public.count_order_notes(p_order_id uuid) returns bigint language sql stable
        security definer set search_path = '' set lock_timeout = '3s'
        return (select count(*) from public.order_notes as n where n.order_id = p_order_id);
      revoke all on function public.count_order_notes(uuid) from public, anon, authenticated, service_role;
      grant execute on function public.count_order_notes(uuid) to service_role;
      comment on function public.count_order_notes(uuid) is 'Server: how many notes an order has.';
      `,
      { copied: { schemas: SCHEMAS, migrations: MIGRATIONS } },
    );
    const written = await writeMigration(own, "order_notes", NOW);
    expect(written).toEqual({ files: ["20270203040506_order_notes.sql"], byHand: [], left: [] });

    // An older project opens every new object to the API's roles. The migrations close it.
    writeFileSync(
      join(own.migrations, "20000101000000_older_project.sql"),
      ["tables", "sequences", "functions"]
        .map(
          (kind) => `alter default privileges in schema public grant all on ${kind}
          to anon, authenticated, service_role;`,
        )
        .join("\n"),
    );
    const left = await schemaDifferences(own);
    expect(left.filter((line) => !line.startsWith("default for "))).toEqual([]);
    expect(left.length).toBeGreaterThan(0);
  });

  it("follows the last one, whatever the clock says", async () => {
    const own = sources(NOTES, { baseline: true });
    own.append("create index notes_body_idx on public.notes (body);\n");
    const { files } = await writeMigration(own, "index", new Date("2026-01-01T00:00:00Z"));
    expect(files).toEqual(["20270203040507_index.sql"]);
    expect(await writeMigration(own, "again", NOW)).toEqual({ files: [], byHand: [], left: [] });
  });

  it("adds a label to a type in a transaction of its own", async () => {
    const own = sources(NOTES, { baseline: true });
    own.edit("'call', 'letter'", "'call', 'visit', 'letter'");
    own.edit("default 'call'", "default 'visit'");
    expect(await writeMigration(own, "visits", NOW)).toEqual({
      files: ["20270203040507_visits.sql", "20270203040508_visits_part_2.sql"],
      byHand: [],
      left: [],
    });
  });

  it("tells what it could not make agree", async () => {
    const own = sources(NOTES, { baseline: true });
    own.append(
      "create operator public.=== (leftarg = text, rightarg = text, function = texteq);\n",
    );
    expect(await writeMigration(own, "operator", NOW)).toEqual({
      files: [],
      byHand: [],
      left: ["operator public.===(pg_catalog.text,pg_catalog.text): only in the schemas"],
    });
  });
});

describe("changes that may lose data, or fail on a table that has rows", () => {
  it.each([
    ["a dropped column", "  body text not null\n", "  more text\n", 'drop column "body"'],
    ["a renamed column", "  body text not null\n", "  text text not null\n", 'add column "text"'],
    ["another type", "body text not null", "body varchar(9) not null", "character varying(9)"],
    [
      "a column that must be filled in",
      "body text not null",
      "body text not null,\n  more text not null",
      'add column "more"',
    ],
    [
      "a dropped table",
      "create table public.note_words (word text primary key);\ninsert into public.note_words values ('first');",
      "",
      'drop table "public"."note_words"',
    ],
    ["a new row", "('first')", "('first'), ('second')", 'row {"word": "second"}'],
    ["a dropped label", "'call', 'letter'", "'call'", 'using "kind"::text'],
  ])("leave %s to a person, and cannot be applied before", async (_what, from, to, told) => {
    const own = sources(NOTES, { baseline: true });
    own.edit(from, to);
    const { files, byHand, left } = await writeMigration(own, "by_hand", NOW);
    expect(files).toEqual(["20270203040507_by_hand.sql"]);
    expect(byHand.join("\n")).toContain(told);
    expect(left).toEqual([]);
    const text = own.read(files[0]);
    expect(text.replaceAll("--   ", "")).toContain(byHand[0]);
    expect(text.replaceAll(/^--.*$/gm, "")).not.toContain(told);
    await expect(schemaDifferences(own)).rejects.toThrow("are not written yet");
  });

  it("agree once a person has written them", async () => {
    const own = sources(NOTES, { baseline: true });
    own.edit("  body text not null\n", "  message text not null\n");
    const { files } = await writeMigration(own, "rename", NOW);
    writeFileSync(
      join(own.migrations, files[0] ?? ""),
      "alter table public.notes rename column body to message;\n",
    );
    expect(await schemaDifferences(own)).toEqual([]);
  });
});

describe("a project whose schemas", () => {
  it("are missing is refused, and nothing is dropped", async () => {
    const own = sources(NOTES, { baseline: true });
    rmSync(join(own.schemas, "990_own.sql"));
    await expect(writeMigration(own, "empty", NOW)).rejects.toThrow("There is no schema file in");
  });

  it("cannot be loaded is told the file and the place", async () => {
    const own = sources("create table public.a (id integer);\ncreate tabel public.b ();\n", {
      baseline: false,
    });
    await expect(writeMigration(own, "broken", NOW)).rejects.toThrow(
      /^schemas\/990_own\.sql:2:8: syntax error/,
    );
  });
});

it("throws away the databases it made", async () => {
  // On a server of its own: other tests make such databases at the same time.
  const left = await withDatabaseServer(async (server) => {
    await schemaDifferences({ ...sources(NOTES, { baseline: true }), server });
    const sql = postgres(server.dbUrl, { max: 1 });
    const rows = await sql<{ name: string }[]>`
      select datname as name from pg_database where not datistemplate`;
    await sql.end();
    return rows.map((row) => row.name);
  });
  expect(left).toEqual(["postgres"]);
});
