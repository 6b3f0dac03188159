/**
 * What `supabase db push` does: the migrations are applied in order by the project's own role, which is
 * no superuser and does not own the auth schema, and each is recorded. The project stands in for the
 * least friendly one: its defaults grant everything that is created to everybody.
 */
import { randomBytes } from "node:crypto";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Grant, readGrants } from "@/supabase/local/stack/grants";
import { migrate, readMigrations } from "@/supabase/local/stack/migrate";
import { MIGRATIONS } from "@/supabase/local/stack/stack";
import { testStack } from "@/tests/support/context";
import { type OwnDatabase, ownDatabase } from "@/tests/support/database";
import { one } from "@/tests/support/rows";

const name = `push_${randomBytes(6).toString("hex")}`;
/** The role as which the CLI connects to a project; there it is called postgres. */
const pusher = `${name}_owner`;
const authOwner = `${name}_auth`;
const API_ROLES = ["anon", "authenticated", "service_role"];

let admin: Sql;
let superuser: Sql;
let project: Sql;
let ours: OwnDatabase;

const connect = (changes: { username?: string; password?: string }) => {
  const url = new URL(testStack().dbUrl);
  url.pathname = `/${name}`;
  url.username = changes.username ?? url.username;
  url.password = changes.password ?? url.password;
  return postgres(url.href, { max: 1, onnotice: () => {} });
};

/** What a hosted project has before the first migration, as far as ours depend on it. */
const PLATFORM = `
  create schema auth authorization ${authOwner};
  create schema extensions;
  create extension pgcrypto with schema extensions;
  create extension "uuid-ossp" with schema extensions;
  grant usage on schema extensions, auth to ${pusher}, ${API_ROLES.join(", ")};
  grant all on schema public to ${pusher};
  grant usage on schema public to ${API_ROLES.join(", ")};
  set role ${authOwner};
  create table auth.users (
    id uuid primary key, email text, phone text, encrypted_password text, email_confirmed_at timestamptz,
    raw_app_meta_data jsonb, raw_user_meta_data jsonb, created_at timestamptz, updated_at timestamptz);
  create table auth.sessions (
    id uuid primary key, user_id uuid references auth.users (id) on delete cascade, aal text,
    created_at timestamptz, updated_at timestamptz, not_after timestamptz);
  create table auth.flow_state (id uuid primary key, user_id uuid);
  create table auth.audit_log_entries (id uuid primary key, payload json, created_at timestamptz);
  create function auth.jwt() returns jsonb language sql stable as $$
    select coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb $$;
  create function auth.uid() returns uuid language sql stable as $$ select (auth.jwt() ->> 'sub')::uuid $$;
  create function auth.role() returns text language sql stable as $$ select auth.jwt() ->> 'role' $$;
  grant all on all tables in schema auth to ${pusher};
  reset role;
  set role ${pusher};
  alter default privileges in schema public grant all on tables to ${API_ROLES.join(", ")};
  alter default privileges in schema public grant all on sequences to ${API_ROLES.join(", ")};
  alter default privileges in schema public grant all on functions to ${API_ROLES.join(", ")};
  reset role;`;

beforeAll(async () => {
  ours = await ownDatabase();
  admin = postgres(testStack().dbUrl, { max: 1, onnotice: () => {} });
  const password = randomBytes(12).toString("hex");
  await admin.unsafe(`
    create role ${pusher} login nosuperuser createrole bypassrls password '${password}';
    create role ${authOwner} nologin;
    grant ${API_ROLES.join(", ")} to ${pusher};`);
  await admin.unsafe(`create database ${name} template template0`);
  superuser = connect({});
  await superuser.unsafe(`grant all on database ${name} to ${pusher};${PLATFORM}`);
  project = connect({ username: pusher, password });
});
afterAll(async () => {
  await Promise.all([superuser?.end(), project?.end(), ours?.drop()]);
  await admin.unsafe(`drop database if exists ${name} with (force)`);
  await admin.unsafe(`drop role if exists ${pusher}; drop role if exists ${authOwner}`);
  await admin.end();
});

/** What API roles and everybody may do with what the migrations made. */
async function grantsOfApi(sql: Sql): Promise<string[]> {
  const concerns = (grant: Grant) =>
    [...API_ROLES, "public"].includes(grant.grantee) &&
    ["relation", "column", "function"].includes(grant.kind) &&
    / (public|private)\./.test(` ${grant.target}`);
  return (await readGrants(sql))
    .filter(concerns)
    .map((grant) => `${grant.target}: ${grant.privilege} to ${grant.grantee}`)
    .sort();
}

describe("an empty project", () => {
  it("takes every migration in order, from a role that is no superuser, once", async () => {
    const files = readMigrations(MIGRATIONS).map(({ file }) => file);
    expect(await migrate(project, MIGRATIONS)).toEqual(files);
    expect(await migrate(project, MIGRATIONS)).toEqual([]);
    const recorded = await project<{ version: string }[]>`
      select version from supabase_migrations.schema_migrations order by version`;
    expect(recorded.map(({ version }) => version)).toEqual(
      readMigrations(MIGRATIONS).map(({ version }) => version),
    );
  }, 120_000);

  it("has afterwards exactly our grants, though its defaults would grant everything", async () => {
    const granted = await grantsOfApi(project);
    expect(granted).toEqual(await grantsOfApi(ours.sql));
    expect(granted.length).toBeGreaterThan(100);
  });

  it("works: the server's functions run for the secret key, and for nobody without it", async () => {
    const health = await project.begin(async (sql) => {
      await sql`set local role service_role`;
      return one(await sql<{ it: { migration: string } }[]>`select check_health() as it`).it;
    });
    expect(health.migration).toBe(readMigrations(MIGRATIONS).at(-1)?.version);
    const verdict = await project.begin(async (sql) => {
      await sql`set local role service_role`;
      return one(await sql<{ it: unknown }[]>`select verify_invariants() as it`).it;
    });
    expect(verdict).toEqual({ violations: 0, details: [] });
    await expect(
      project.begin(async (sql) => {
        await sql`set local role anon`;
        await sql`select check_health()`;
      }),
    ).rejects.toMatchObject({ code: "42501" });
  });
});
