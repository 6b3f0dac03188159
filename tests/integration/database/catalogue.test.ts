import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { schemaDifferences } from "@/supabase/local/commands/migration-writer";
import { differences, readCatalogue } from "@/supabase/local/stack/catalogue";
import { MIGRATIONS, SCHEMAS } from "@/supabase/local/stack/stack";
import { testStack } from "@/tests/support/context";
import { type OwnDatabase, ownDatabase } from "@/tests/support/database";

describe("the schemas and the migrations", () => {
  it("make the same database, down to comments, grants and the rows it begins with", async () => {
    const sources = { schemas: SCHEMAS, migrations: MIGRATIONS, server: testStack() };
    expect(await schemaDifferences(sources)).toEqual([]);
  });
});

/** One change of a database, and what the comparison says about it. */
const changes: [what: string, statement: string, ...told: (string | RegExp)[]][] = [
  [
    "a comment on a table",
    "comment on table public.orders is 'Changed'",
    /^table public\.orders, comment: ".*" in the first, "Changed" in the second$/,
  ],
  [
    "a comment on a column",
    "comment on column public.orders.created_at is 'Changed'",
    /^table public\.orders, comment on column created_at: /,
  ],
  [
    "a comment on a function",
    "comment on function private.normalise_email(text) is null",
    "function private.normalise_email(text), comment: only in the first",
  ],
  [
    "a comment on a schema",
    "comment on schema private is 'Changed'",
    /^schema private, comment: ".*" in the first, "Changed" in the second$/,
  ],
  [
    "a comment on a policy",
    "comment on policy role_permissions_select on public.role_permissions is 'New'",
    "comment on policy role_permissions_select on public.role_permissions: only in the second",
  ],
  [
    "a grant on a table",
    "grant select on public.orders to anon",
    "table public.orders, grant select to anon: only in the second",
  ],
  [
    "a grant option",
    "grant select on public.orders to service_role with grant option",
    'table public.orders, grant select to service_role: "yes" in the first, "with grant option" in the second',
  ],
  [
    "a grant on one column",
    "revoke select (reason) on public.credit_notes from authenticated",
    "table public.credit_notes, grant select (reason) to authenticated: only in the first",
  ],
  [
    "a grant on a function",
    "grant execute on function private.normalise_email(text) to public",
    "function private.normalise_email(text), grant execute to public: only in the second",
  ],
  [
    "a grant on a schema",
    "revoke usage on schema private from service_role",
    "schema private, grant usage to service_role: only in the first",
  ],
  [
    "a grant on a sequence",
    "grant usage on sequence public.audit_log_id_seq to service_role",
    "sequence public.audit_log_id_seq, grant usage to service_role: only in the second",
  ],
  [
    "default privileges",
    "alter default privileges in schema private grant execute on functions to anon",
    "default for functions of postgres in private: only in the second",
  ],
  [
    "the body of a function",
    `create or replace function private.refuse_change() returns trigger language plpgsql
      set search_path = '' as $$ begin return null; end $$`,
    /^function private\.refuse_change\(\), body: from line 1 on /,
  ],
  [
    "the volatility of a function",
    "alter function public.has_permission(text) volatile",
    'function public.has_permission(text), volatility: "stable" in the first, "volatile" in the second',
  ],
  [
    "whose rights a function runs with",
    "alter function public.has_permission(text) security invoker",
    'function public.has_permission(text), security: "definer" in the first, "invoker" in the second',
  ],
  [
    "a setting of a function",
    "alter function public.expire_due reset lock_timeout",
    /^function public\.expire_due\(.*\), setting lock_timeout: only in the first$/,
  ],
  [
    "the owner of a function",
    "alter function private.current_customer_id() owner to service_role",
    'function private.current_customer_id(), owner: "postgres" in the first, "service_role" in the second',
    "function private.current_customer_id(), grant execute to postgres: only in the first",
    "function private.current_customer_id(), grant execute to service_role: only in the second",
  ],
  [
    "a new function",
    "create function private.surplus(p_a integer) returns integer language sql as 'select 1'",
    "function private.surplus(integer): only in the second",
  ],
  [
    "a new column",
    "alter table public.orders add column surplus integer",
    "table public.orders, column surplus: only in the second",
  ],
  [
    "the type of a column",
    "alter table public.notifications alter column attempts type bigint",
    'table public.notifications, column attempts: "integer not null default 0" in the first, "bigint not null default 0" in the second',
  ],
  [
    "the default of a column",
    "alter table public.audit_log alter column created_at drop default",
    /^table public\.audit_log, column created_at: ".* default now\(\)" in the first, /,
  ],
  [
    "whether a column may be empty",
    "alter table public.customers alter column last_name drop not null",
    'table public.customers, column last_name: "text not null" in the first, "text" in the second',
  ],
  [
    "a constraint",
    `alter table public.role_permissions drop constraint role_permissions_role_check,
      add constraint role_permissions_role_check check (role <> '')`,
    /^table public\.role_permissions, constraint role_permissions_role_check: ".*" in the first, /,
  ],
  [
    "a new index",
    "create index surplus on public.customers (last_name)",
    "table public.customers, index surplus: only in the second",
  ],
  [
    "a disabled trigger",
    "alter table public.audit_log disable trigger user",
    /^table public\.audit_log, trigger \w+: ".*" in the first, ".*\(enabled: D\)" in the second$/,
  ],
  [
    "the condition of a policy",
    "alter policy role_permissions_select on public.role_permissions using (true)",
    /^table public\.role_permissions, policy role_permissions_select: ".*has_permission.*" in the first, ".*using \(true\)" in the second$/,
  ],
  [
    "row level security",
    "alter table public.rate_limits disable row level security",
    'table public.rate_limits, row level security: "on" in the first, "off" in the second',
  ],
  [
    "a new view",
    "create view private.surplus as select 1 as one",
    "view private.surplus: only in the second",
  ],
  [
    "a new type",
    "create type private.surplus_kind as enum ('a')",
    "type private.surplus_kind: only in the second",
  ],
  [
    "a row that the schema inserts",
    "delete from public.role_permissions where role = 'support'",
    'table public.role_permissions, row {"role": "support", "permission": "customers:view"}: only in the first',
    // A trigger writes it down.
    /^table public\.audit_log, row .*"action": "role\.removed".*: only in the second$/,
  ],
  [
    "a setting of the database",
    "do $$ begin execute format('alter database %I set work_mem = ''8MB''', current_database()); end $$",
    "setting work_mem: only in the second",
  ],
  [
    "an extension",
    "create extension citext with schema extensions",
    "extension citext: only in the second",
  ],
];

describe("the comparison of two databases", () => {
  let first: OwnDatabase;
  let second: OwnDatabase;
  let told: string[];
  beforeAll(async () => {
    first = await ownDatabase();
    second = await ownDatabase();
    for (const [, statement] of changes) await second.sql.unsafe(statement);
    const [a, b] = await Promise.all([
      readCatalogue(first.sql, { rows: true }),
      readCatalogue(second.sql, { rows: true }),
    ]);
    told = differences({ name: "the first", catalogue: a }, { name: "the second", catalogue: b });
  });
  afterAll(async () => {
    await first.drop();
    await second.drop();
  });

  it.each(changes)("names %s", (_what, _statement, ...expected) => {
    for (const line of expected) {
      expect(told).toContainEqual(typeof line === "string" ? line : expect.stringMatching(line));
    }
  });

  it("names nothing that did not change", () => {
    const expected = changes.flatMap(([, , ...lines]) => lines);
    const unexpected = told.filter(
      (line) => !expected.some((one) => (typeof one === "string" ? one === line : one.test(line))),
    );
    expect(unexpected).toEqual([]);
  });
});
