/*
 * The checks that Supabase's database advisor makes, under its names, as far as they are about the
 * schema and not about the data or the server. Written for this schema: some are stricter.
 */

export interface AdvisorCheck {
  /** The advisor's name; ours for what it does not know. */
  name: string;
  /** Selects what offends, as `name`. */
  finds: string;
  /** What is meant to be so, with the reason. */
  allows?: { names: readonly string[]; because: string };
  /** Statements that offend, and what the check must then name. */
  offence: { sql: string; named: string };
}

const ours = `in ('public'::regnamespace, 'private'::regnamespace)`;
const notOfAnExtension = (oid: string) =>
  `not exists (select from pg_depend as d where d.objid = ${oid} and d.deptype = 'e')`;
const mayRead = (oid: string) => `(
  has_any_column_privilege('anon', ${oid}, 'select') or has_any_column_privilege('authenticated', ${oid}, 'select'))`;
const policyText = `coalesce(pg_get_expr(p.polqual, p.polrelid), '') || ' ' || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')`;
const policyName = `p.polrelid::regclass || '.' || p.polname`;
const whoAsks = `((public|private|auth)\\.)?(uid|jwt|role|email|has_permission|current_customer_id|current_setting)\\(`;

export const CHECKS: readonly AdvisorCheck[] = [
  {
    name: "unindexed_foreign_keys",
    finds: `select k.conrelid::regclass || '.' || k.conname as name
      from pg_constraint as k
      where k.contype = 'f' and k.connamespace ${ours} and not exists (
        select from pg_index as i
        where i.indrelid = k.conrelid and i.indisvalid
          and (i.indkey::smallint[])[0:cardinality(k.conkey) - 1] @> k.conkey
          -- A partial index serves when it leaves out nothing but rows without the key.
          and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) = format('(%s IS NOT NULL)', (
            select a.attname from pg_attribute as a where a.attrelid = k.conrelid and a.attnum = k.conkey[1]))))`,
    offence: {
      sql: "alter table public.orders add column sold_by uuid references public.customers (id)",
      named: "orders.orders_sold_by_fkey",
    },
  },
  {
    name: "auth_users_exposed",
    finds: `select distinct c.oid::regclass::text as name
      from pg_class as c
      join pg_rewrite as r on r.ev_class = c.oid
      join pg_depend as d on d.objid = r.oid and d.refobjid = 'auth.users'::regclass
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('v', 'm') and ${mayRead("c.oid")}`,
    offence: {
      sql: `create view public.people with (security_invoker) as select id, email from auth.users;
        grant select on public.people to authenticated`,
      named: "people",
    },
  },
  {
    name: "auth_rls_initplan",
    finds: `select ${policyName} as name
      from pg_policy as p
      where regexp_count(${policyText}, '${whoAsks}')
        <> regexp_count(${policyText}, '\\( ?SELECT ${whoAsks}')`,
    offence: {
      sql: `create policy per_row on public.invoice_series for select to authenticated
        using (public.has_permission('customers:view'))`,
      named: "invoice_series.per_row",
    },
  },
  {
    name: "no_primary_key",
    finds: `select c.oid::regclass::text as name
      from pg_class as c
      where c.relnamespace ${ours} and c.relkind in ('r', 'p')
        and not exists (select from pg_index as i where i.indrelid = c.oid and i.indisprimary)`,
    allows: {
      names: ["private.touched_days"],
      because:
        "it is appended to and emptied; a key would make those who append wait for each other",
    },
    offence: { sql: "create table public.notes (body text)", named: "notes" },
  },
  {
    name: "multiple_permissive_policies",
    finds: `select format('%s: %s for %s', p.polrelid::regclass, role, command) as name
      from pg_policy as p,
        unnest(case when p.polroles = '{0}' then array['anon', 'authenticated'] else array(
          select r.rolname::text from pg_roles as r where r.oid = any (p.polroles)) end) as role,
        unnest(case p.polcmd when '*' then array['r', 'a', 'w', 'd'] else array[p.polcmd::text] end) as command
      where p.polpermissive
      group by p.polrelid, role, command having count(*) > 1`,
    offence: {
      sql: "create policy another on public.orders for all to authenticated using (false)",
      named: "orders: authenticated for r",
    },
  },
  {
    name: "policy_exists_rls_disabled",
    finds: `select ${policyName} as name
      from pg_policy as p join pg_class as c on c.oid = p.polrelid
      where c.relnamespace ${ours} and not c.relrowsecurity`,
    offence: {
      sql: "alter table public.orders disable row level security",
      named: "orders.orders_select",
    },
  },
  {
    name: "rls_enabled_no_policy",
    finds: `select c.oid::regclass::text as name
      from pg_class as c
      where c.relnamespace ${ours} and c.relkind in ('r', 'p') and c.relrowsecurity
        and not exists (select from pg_policy as p where p.polrelid = c.oid)`,
    allows: {
      names: [
        "account_credits",
        "account_devices",
        "account_sessions",
        "audit_chain",
        "audit_unsealed",
        "billing_run_steps",
        "erased_accounts",
        "external_events",
        "external_orders",
        "coverage_areas",
        "coverage_waits",
        "fraud_settings",
        "idempotency_keys",
        "invoice_series",
        "invoice_settlements",
        "job_states",
        "launch_plans",
        "mail_gate",
        "payment_reversals",
        "private.activity_days",
        "private.api_key_secrets",
        "private.cohort_days",
        "private.erased_identities",
        "private.identity_keys",
        "private.liability_days",
        "private.mail_keys",
        "private.profile_changes",
        "private.referral_tallies",
        "private.step_days",
        "private.touched_days",
        "private.visit_days",
        "rate_limits",
        "referral_assessments",
        "request_durations",
        "satisfaction_answers",
        "verifications",
      ],
      because: "only functions and the server's key read them; no session may read them at all",
    },
    offence: {
      sql: `create table public.notes (id integer primary key);
        alter table public.notes enable row level security`,
      named: "notes",
    },
  },
  {
    name: "duplicate_index",
    finds: `select string_agg(i.indexrelid::regclass::text, ', ' order by i.indexrelid::regclass::text) as name
      from pg_index as i join pg_class as c on c.oid = i.indrelid
      where c.relnamespace ${ours}
      group by i.indrelid, i.indkey::text, i.indclass::text, i.indoption::text,
        coalesce(pg_get_expr(i.indpred, i.indrelid), ''), coalesce(pg_get_expr(i.indexprs, i.indrelid), '')
      having count(*) > 1`,
    offence: {
      sql: "create index orders_again on public.orders (customer_id)",
      named: "orders_again, orders_customer",
    },
  },
  {
    name: "security_definer_view",
    finds: `select c.oid::regclass::text as name
      from pg_class as c
      where c.relnamespace ${ours} and c.relkind = 'v'
        and not coalesce(c.reloptions && array['security_invoker=true', 'security_invoker=on'], false)`,
    offence: {
      sql: "create view public.codes as select referral_code from public.customers",
      named: "codes",
    },
  },
  {
    name: "function_search_path_mutable",
    finds: `select p.oid::regprocedure::text as name
      from pg_proc as p
      where p.pronamespace ${ours} and ${notOfAnExtension("p.oid")}
        and not coalesce('search_path=""' = any (p.proconfig), false)`,
    offence: {
      sql: "create function private.loose() returns integer language sql as 'select 1'",
      named: "private.loose()",
    },
  },
  {
    name: "rls_disabled_in_public",
    finds: `select c.oid::regclass::text as name
      from pg_class as c
      where c.relnamespace ${ours} and c.relkind in ('r', 'p') and not c.relrowsecurity`,
    offence: { sql: "create table public.notes (id integer primary key)", named: "notes" },
  },
  {
    name: "extension_in_public",
    finds: `select e.extname::text as name from pg_extension as e where e.extnamespace ${ours}`,
    offence: { sql: "alter extension pgcrypto set schema public", named: "pgcrypto" },
  },
  {
    name: "rls_references_user_metadata",
    finds: `select ${policyName} as name from pg_policy as p where ${policyText} ~ 'user_metadata'`,
    offence: {
      sql: `create policy by_claim on public.invoice_series for select to authenticated
        using ((select auth.jwt() -> 'user_metadata' ->> 'role') = 'owner')`,
      named: "invoice_series.by_claim",
    },
  },
  {
    name: "materialized_view_in_api",
    finds: `select c.oid::regclass::text as name
      from pg_class as c
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'm' and ${mayRead("c.oid")}`,
    offence: {
      sql: `create materialized view public.totals as select count(*) from public.orders;
        grant select on public.totals to authenticated`,
      named: "totals",
    },
  },
  {
    name: "foreign_table_in_api",
    finds: `select c.oid::regclass::text as name
      from pg_class as c
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'f' and ${mayRead("c.oid")}`,
    offence: {
      sql: `create foreign data wrapper elsewhere;
        create server far foreign data wrapper elsewhere;
        create foreign table public.far_orders (id uuid) server far;
        grant select on public.far_orders to authenticated`,
      named: "far_orders",
    },
  },
  {
    name: "unsupported_reg_types",
    finds: `select c.oid::regclass || '.' || a.attname as name
      from pg_attribute as a join pg_class as c on c.oid = a.attrelid
      where c.relnamespace ${ours} and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
        and a.atttypid::regtype::text in (
          'regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regoper', 'regoperator', 'regproc', 'regprocedure')`,
    offence: {
      sql: "alter table public.orders add column handler regproc",
      named: "orders.handler",
    },
  },
  {
    name: "fkey_to_auth_unique",
    finds: `select k.conrelid::regclass || '.' || k.conname as name
      from pg_constraint as k
      join pg_class as c on c.oid = k.confrelid and c.relnamespace = 'auth'::regnamespace
      join pg_index as i on i.indexrelid = k.conindid
      where k.contype = 'f' and not i.indisprimary`,
    offence: {
      sql: `alter table auth.users add constraint one_email unique (email);
        alter table public.admin_users add constraint by_email foreign key (email) references auth.users (email)`,
      named: "admin_users.by_email",
    },
  },
  {
    name: "sensitive_columns_exposed",
    finds: `select c.oid::regclass || '.' || a.attname as name
      from pg_attribute as a join pg_class as c on c.oid = a.attrelid
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0
        and a.attname ~ '(password|passwd|secret|token|api_key|private_key|card_number|cvv|ssn)'
        and (not c.relrowsecurity or has_column_privilege('anon', c.oid, a.attnum, 'select'))
        and (has_column_privilege('anon', c.oid, a.attnum, 'select')
          or has_column_privilege('authenticated', c.oid, a.attnum, 'select'))`,
    offence: {
      sql: `alter table public.service_packages add column partner_secret text;
        grant select (partner_secret) on public.service_packages to anon`,
      named: "service_packages.partner_secret",
    },
  },
  {
    name: "rls_policy_always_true",
    finds: `select ${policyName} as name
      from pg_policy as p
      where p.polpermissive and p.polcmd <> 'r'
        and (pg_get_expr(p.polqual, p.polrelid) = 'true' or pg_get_expr(p.polwithcheck, p.polrelid) = 'true')`,
    offence: {
      sql: `create policy anybody on public.referral_visits for insert to authenticated with check (true)`,
      named: "referral_visits.anybody",
    },
  },
  {
    name: "rls_policy_null_auth_disjunct",
    finds: `select ${policyName} as name
      from pg_policy as p
      where ${policyText} ~ '(uid|jwt|current_customer_id)\\(\\)[^()]*\\) IS NULL'`,
    offence: {
      sql: `create policy strangers on public.invoice_series for select to authenticated
        using ((select auth.uid()) is null or false)`,
      named: "invoice_series.strangers",
    },
  },
  {
    name: "invalid_index",
    finds: `select i.indexrelid::regclass::text as name
      from pg_index as i join pg_class as c on c.oid = i.indrelid
      where c.relnamespace ${ours} and not (i.indisvalid and i.indisready)`,
    offence: {
      sql: "update pg_index set indisvalid = false where indexrelid = 'public.orders_customer'::regclass",
      named: "orders_customer",
    },
  },
  {
    name: "anon_security_definer_function_executable",
    finds: `select p.oid::regprocedure::text as name
      from pg_proc as p
      where p.pronamespace ${ours} and ${notOfAnExtension("p.oid")}
        and has_function_privilege('anon', p.oid, 'execute')`,
    offence: {
      sql: `create function public.leak() returns bigint language sql security definer set search_path = ''
        as 'select count(*) from public.customers'`,
      named: "leak()",
    },
  },
  {
    name: "authenticated_security_definer_function_executable",
    finds: `select p.oid::regprocedure::text as name
      from pg_proc as p
      where p.pronamespace = 'public'::regnamespace and p.prosecdef
        and has_function_privilege('authenticated', p.oid, 'execute')
        and p.prosrc !~ 'private\\.require_(permission|customer|user)\\('`,
    allows: {
      names: ["get_my_invitation(text)", "has_permission(text)"],
      because: "they answer about the caller alone",
    },
    offence: {
      sql: `create function public.leak() returns bigint language sql security definer set search_path = ''
          as 'select count(*) from public.customers';
        revoke all on function public.leak() from public, anon;
        grant execute on function public.leak() to authenticated`,
      named: "leak()",
    },
  },
  {
    name: "unbounded_lock_wait",
    finds: `select p.oid::regprocedure::text as name
      from pg_proc as p
      where p.pronamespace = 'public'::regnamespace and p.prosecdef and p.provolatile = 'v'
        and ${notOfAnExtension("p.oid")}
        and not coalesce('lock_timeout=3s' = any (p.proconfig), false)`,
    offence: {
      sql: "alter function public.place_order(jsonb, timestamptz) reset lock_timeout",
      named: "place_order(jsonb,timestamp with time zone)",
    },
  },
];

/** What the advisor checks besides, and why there is nothing to test here. */
export const NOT_OF_THE_SCHEMA: Readonly<Record<string, string>> = {
  unused_index: "a statistic of a database in use",
  table_bloat: "a statistic of a database in use",
  autovacuum_disabled: "a setting of the server",
  unused_replication_slot: "a state of the server",
  extension_versions_outdated: "a state of the server; the project pins no version",
  auth_allow_anonymous_sign_ins: "a setting of the project: config.toml switches them off",
  insecure_queue_exposed_in_api: "no queues of pgmq: the outbox is a table like the others",
  public_bucket_allows_listing: "no storage",
  pg_graphql_anon_table_exposed: "no GraphQL; anon may read the packages on sale alone",
  pg_graphql_authenticated_table_exposed:
    "no GraphQL; what sessions may read is what policies show",
};
