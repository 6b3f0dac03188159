import type { ISql, Sql } from "postgres";
import { z } from "zod";

/**
 * One privilege somebody holds. Default privileges ("whatever is created later") are included,
 * and so is what is implied when nothing was ever granted or revoked.
 */
const grantSchema = z.object({
  kind: z.enum(["schema", "relation", "column", "function", "type", "default"]),
  /** Text for people, and half of the identity. */
  object: z.string(),
  /** How the object is named in GRANT and REVOKE. */
  target: z.string(),
  grantee: z.string(),
  privilege: z.string(),
  grantable: z.boolean(),
});
export type Grant = z.infer<typeof grantSchema>;

const ownSchemas = `n.nspname not in ('pg_catalog', 'information_schema')
  and n.nspname not like 'pg\\_toast%' and n.nspname not like 'pg\\_temp%'`;

const grantee = `case when acl.grantee = 0 then 'public' else quote_ident(g.rolname) end`;

const snapshotQuery = `
with acls as (
  select 'schema' as kind, 'schema ' || quote_ident(n.nspname) as object,
    'schema ' || quote_ident(n.nspname) as target,
    coalesce(n.nspacl, acldefault('n', n.nspowner)) as acl
  from pg_namespace n where ${ownSchemas}
  union all
  select 'relation',
    case c.relkind when 'S' then 'sequence ' else 'table ' end || c.oid::regclass::text,
    case c.relkind when 'S' then 'sequence ' else 'table ' end
      || format('%I.%I', n.nspname, c.relname),
    coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where ${ownSchemas} and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all
  select 'column', format('column %I.%I.%I', n.nspname, c.relname, a.attname),
    format('(%I) on table %I.%I', a.attname, n.nspname, c.relname), a.attacl
  from pg_attribute a join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  where ${ownSchemas} and a.attacl is not null and not a.attisdropped
  union all
  select 'function', 'function ' || p.oid::regprocedure::text,
    case p.prokind when 'p' then 'procedure ' else 'function ' end
      || format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
    coalesce(p.proacl, acldefault('f', p.proowner))
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${ownSchemas}
  union all
  select 'type', 'type ' || t.oid::regtype::text, format('type %I.%I', n.nspname, t.typname),
    t.typacl
  from pg_type t join pg_namespace n on n.oid = t.typnamespace
  where ${ownSchemas} and t.typacl is not null
  union all
  select 'default',
    format('default for %s of %s%s', kinds.name, pg_get_userbyid(d.defaclrole),
      coalesce(' in ' || quote_ident(n.nspname), '')),
    format('for role %I%s|%s', pg_get_userbyid(d.defaclrole),
      coalesce(format(' in schema %I', n.nspname), ''), kinds.name),
    d.defaclacl
  from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace
  join (values ('r', 'tables'), ('S', 'sequences'), ('f', 'functions'), ('T', 'types'),
    ('n', 'schemas')) as kinds (code, name) on kinds.code = d.defaclobjtype::text
)
select acls.kind, acls.object, acls.target, ${grantee} as grantee,
  lower(acl.privilege_type) as privilege, acl.is_grantable as grantable
from acls cross join lateral aclexplode(acls.acl) as acl
left join pg_roles g on g.oid = acl.grantee
order by 2, 4, 5`;

/** Everything that anyone may do in this database, in a stable order. */
export async function readGrants(sql: ISql): Promise<Grant[]> {
  return z.array(grantSchema).parse(Array.from(await sql.unsafe(snapshotQuery)));
}

function line(grant: Grant): string {
  const option = grant.grantable ? " with grant option" : "";
  return `${grant.object}: ${grant.privilege} to ${grant.grantee}${option}`;
}

/**
 * The same as sorted sentences, one per privilege ("table orders: select to anon"), so that two
 * databases, or two moments, can be compared.
 */
export async function snapshotGrants(sql: Sql): Promise<string[]> {
  return (await readGrants(sql)).map(line).sort();
}

function statement(verb: "grant" | "revoke", grant: Grant): string {
  const [toOrFrom, option] =
    verb === "grant" ? ["to", grant.grantable ? " with grant option" : ""] : ["from", ""];
  if (grant.kind === "default") {
    const [scope, objects] = grant.target.split("|");
    return (
      `alter default privileges ${scope} ${verb} ${grant.privilege} on ${objects} ` +
      `${toOrFrom} ${grant.grantee}${option}`
    );
  }
  const object = grant.kind === "column" ? grant.target : `on ${grant.target}`;
  return `${verb} ${grant.privilege} ${object} ${toOrFrom} ${grant.grantee}${option}`;
}

/**
 * Makes privileges exactly what they were, in one transaction.
 *
 * @throws Error when that cannot be done; nothing is changed then.
 */
async function restoreGrants(sql: Sql, wanted: Grant[]): Promise<void> {
  const wantedLines = new Set(wanted.map(line));
  await sql.begin(async (transaction) => {
    // Revoking on a table takes its column privileges along: these come back in the second round.
    for (let round = 0; round < 3; round += 1) {
      const present = await readGrants(transaction);
      const presentLines = new Set(present.map(line));
      const extra = present.filter((grant) => !wantedLines.has(line(grant)));
      const missing = wanted.filter((grant) => !presentLines.has(line(grant)));
      if (extra.length + missing.length === 0) return;
      for (const grant of extra) await transaction.unsafe(statement("revoke", grant));
      for (const grant of missing) await transaction.unsafe(statement("grant", grant));
    }
    throw new Error("the privileges that the migrations state could not be restored");
  });
}

const storedSchema = z.array(z.object({ grants: z.string() }));

/**
 * Runs an action that changes privileges, then restores them exactly. Meanwhile the database keeps
 * the privileges to restore: when this process is killed, the next call restores them first.
 */
export async function keepingGrants<T>(sql: Sql, action: () => Promise<T>): Promise<T> {
  await sql`create schema if not exists local_stack`;
  await sql`create table if not exists local_stack.grants_to_restore (grants text not null)`;
  const [left] = storedSchema.parse(
    Array.from(await sql`select grants from local_stack.grants_to_restore`),
  );
  if (left) await restoreGrants(sql, z.array(grantSchema).parse(JSON.parse(left.grants)));
  const wanted = await readGrants(sql);
  await sql.begin(async (transaction) => {
    await transaction`delete from local_stack.grants_to_restore`;
    await transaction`insert into local_stack.grants_to_restore values (${JSON.stringify(wanted)})`;
  });
  const result = await action();
  await restoreGrants(sql, wanted);
  await sql`drop schema local_stack cascade`;
  return result;
}
