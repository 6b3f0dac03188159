-- The whole schema. Made from supabase/schemas: read and edit it there.

-- schemas/010_foundations.sql
-- Foundations: the private schema, how a broken rule is raised, and the helpers that every other file uses.
--
-- The files of this folder load in the order of their names and hold the final state of everything once. A function
-- may call one of a later file: bodies are checked when all files are loaded (tests/integration/database/schemas).
--
-- Every function states its own search path, and every function that writes and is called from outside gives up on a
-- lock after three seconds. The wait is bounded in the function rather than in a role: a session of the data API
-- switches its role without taking on that role's settings. Whoever gave up is rolled back with 55P03, tried again by
-- the caller within bounds, and answered 503 when that did not help either.
set check_function_bodies = off;

create schema if not exists private;
comment on schema private is
  'Implementation of the referral programme. Not exposed by the data API; only what policies need is executable by API roles.';
revoke all on schema private from public, anon, authenticated, service_role;
grant usage on schema private to authenticated, service_role;

create function private.fail(p_status integer, p_code text, p_detail text default null)
returns void
language plpgsql
set search_path = ''
as $$
begin
  raise exception using
    errcode = 'PT' || p_status,
    message = p_code,
    detail = coalesce(p_detail, '');
end;
$$;
comment on function private.fail(integer, text, text) is
  'Raises a business error: the HTTP status travels as SQLSTATE PTxyz, the closed error code as message.';
revoke all on function private.fail(integer, text, text) from public, anon, authenticated, service_role;

create function private.refuse_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception using
    errcode = 'PT409',
    message = 'immutable_row',
    detail = format('%s rows are never changed or deleted', tg_table_name);
end;
$$;
comment on function private.refuse_change() is
  'Trigger: the table is append-only, whoever asks.';
revoke all on function private.refuse_change() from public, anon, authenticated, service_role;

create function private.trimmed_reason(p_reason text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_reason text := btrim(coalesce(p_reason, ''), E' \t\r\n');
begin
  if length(v_reason) < 3 or length(v_reason) > 500 then
    perform private.fail(400, 'invalid_request', 'reason must have 3 to 500 characters');
  end if;
  return v_reason;
end;
$$;
comment on function private.trimmed_reason(text) is
  'A reason as stored: trimmed, 3 to 500 characters. Raises invalid_request.';
revoke all on function private.trimmed_reason(text) from public, anon, authenticated, service_role;

create function private.normalise_email(p_email text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select case
    when position('@' in e) = 0 then e
    when split_part(e, '@', 2) in ('gmail.com', 'googlemail.com')
      then replace(split_part(split_part(e, '@', 1), '+', 1), '.', '') || '@gmail.com'
    else split_part(split_part(e, '@', 1), '+', 1) || '@' || split_part(e, '@', 2)
  end
  -- Trimmed after folding: NFKC turns the many Unicode spaces into plain ones.
  from (
    select lower(btrim(normalize(p_email, nfkc), E' \t\n\v\f\r' || U&'\1680\2028\2029\FEFF')) as e
  ) as folded
$$;
comment on function private.normalise_email(text) is
  'The identity behind an address: lower case, no plus-tag, Gmail without dots. Twin of normaliseEmail in lib/identity/email.ts.';
revoke all on function private.normalise_email(text) from public, anon, authenticated, service_role;

create function private.mask_email(p_email text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select case
    when position('@' in p_email) < 2 then '•••'
    else left(p_email, 1) || '•••@' || left(split_part(p_email, '@', 2), 1) || '•••'
      || coalesce(substring(split_part(p_email, '@', 2) from '\..*$'), '')
  end
$$;
comment on function private.mask_email(text) is
  'What a referrer may see of a friend''s address: l•••@e•••.com.';
revoke all on function private.mask_email(text) from public, anon, authenticated, service_role;

create function private.mask_name(p_first_name text, p_last_name text)
returns text
language sql
immutable
parallel safe
set search_path = ''
as $$
  select btrim(
    coalesce(p_first_name, '')
    || case when coalesce(p_last_name, '') = '' then '' else ' ' || left(p_last_name, 1) || '.' end
  )
$$;
comment on function private.mask_name(text, text) is
  'What a referrer may see of a friend''s name: first name and an initial.';
revoke all on function private.mask_name(text, text) from public, anon, authenticated, service_role;

create function private.local_date(p_at timestamptz, p_time_zone text)
returns date
language sql
stable
strict
parallel safe
set search_path = ''
as $$
  select (p_at at time zone p_time_zone)::date
$$;
comment on function private.local_date(timestamptz, text) is
  'The calendar day of an instant in a time zone, whatever the session''s own zone is.';
revoke all on function private.local_date(timestamptz, text) from public, anon, authenticated, service_role;

create function private.local_plus(p_at timestamptz, p_interval interval, p_time_zone text)
returns timestamptz
language sql
stable
strict
parallel safe
set search_path = ''
as $$
  select ((p_at at time zone p_time_zone) + p_interval) at time zone p_time_zone
$$;
comment on function private.local_plus(timestamptz, interval, text) is
  'Calendar arithmetic in a time zone: whole days and months keep the local time of day; 29 Feb + 12 months is 28 Feb.';
revoke all on function private.local_plus(timestamptz, interval, text) from public, anon, authenticated, service_role;

create function private.start_of_day(p_date date, p_time_zone text)
returns timestamptz
language sql
stable
strict
parallel safe
set search_path = ''
as $$
  select p_date::timestamp at time zone p_time_zone
$$;
comment on function private.start_of_day(date, text) is 'The instant at which a calendar day begins in a time zone.';
revoke all on function private.start_of_day(date, text) from public, anon, authenticated, service_role;

create function private.keyset_page(p_name text, p_rows jsonb, p_limit integer, p_time_key text)
returns jsonb
language sql
immutable
parallel safe
set search_path = ''
as $$
  select case
    when jsonb_array_length(p_rows) > p_limit then jsonb_build_object(
      p_name, p_rows - p_limit,
      'next_cursor', jsonb_build_object(
        'at', p_rows -> (p_limit - 1) -> p_time_key, 'id', p_rows -> (p_limit - 1) -> 'id'))
    else jsonb_build_object(p_name, p_rows, 'next_cursor', null)
  end
$$;
comment on function private.keyset_page(text, jsonb, integer, text) is
  'One page of a list that was read with one row too many: the rows, and where the next page starts or null.';
revoke all on function private.keyset_page(text, jsonb, integer, text) from public, anon, authenticated, service_role;

create function private.prefix_end(p_prefix text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select p_prefix || U&'\+10FFFF'
$$;
comment on function private.prefix_end(text) is 'Upper bound of a prefix search: every character of the input is literal.';
revoke all on function private.prefix_end(text) from public, anon, authenticated, service_role;

-- schemas/020_access.sql
-- Access: who the admins are, what a role may do, and the checks that policies and functions use.

create table public.role_permissions (
  role text not null check (role in ('support', 'reviewer', 'billing', 'owner')),
  permission text not null check (permission in (
    'customers:view', 'referrals:review', 'orders:manage',
    'billing:manage_invoices', 'program:manage', 'admins:manage'
  )),
  primary key (role, permission)
);
comment on table public.role_permissions is 'What each admin role may do.';

insert into public.role_permissions (role, permission) values
  ('support', 'customers:view'),
  ('reviewer', 'customers:view'),
  ('reviewer', 'referrals:review'),
  ('billing', 'customers:view'),
  ('billing', 'referrals:review'),
  ('billing', 'orders:manage'),
  ('billing', 'billing:manage_invoices'),
  ('owner', 'customers:view'),
  ('owner', 'referrals:review'),
  ('owner', 'orders:manage'),
  ('owner', 'billing:manage_invoices'),
  ('owner', 'program:manage'),
  ('owner', 'admins:manage');

create table public.admin_users (
  id uuid primary key default gen_random_uuid(),
  auth_user_id uuid not null unique references auth.users (id) on delete cascade,
  email text not null check (position('@' in email) > 1),
  name text not null check (length(btrim(name)) between 1 and 120),
  role text not null check (role in ('support', 'reviewer', 'billing', 'owner')),
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.admin_users is 'Staff accounts. Role and activity are read at each check, so that a demotion takes effect at once.';

create function public.has_permission(p_permission text)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select exists (
    select 1
    from public.admin_users as a
    join public.role_permissions as rp on rp.role = a.role
    where a.auth_user_id = (select auth.uid())
      and a.is_active
      and rp.permission = p_permission
  )
$$;
comment on function public.has_permission(text) is 'Whether the caller is an active admin whose role carries the permission.';
revoke all on function public.has_permission(text) from public, anon, authenticated, service_role;
grant execute on function public.has_permission(text) to authenticated;

alter table public.role_permissions enable row level security;
revoke all on table public.role_permissions from public, anon, authenticated, service_role;
grant select on table public.role_permissions to service_role;
grant select on table public.role_permissions to authenticated;
create policy role_permissions_select on public.role_permissions
  for select to authenticated
  using ((select public.has_permission('customers:view')));

alter table public.admin_users enable row level security;
revoke all on table public.admin_users from public, anon, authenticated, service_role;
grant select on table public.admin_users to service_role;
grant select on table public.admin_users to authenticated;
create policy admin_users_select on public.admin_users
  for select to authenticated
  using (auth_user_id = (select auth.uid()) or (select public.has_permission('admins:manage')));

create function private.require_user()
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_user uuid := (select auth.uid());
begin
  if v_user is null then
    perform private.fail(401, 'unauthenticated');
  end if;
  return v_user;
end;
$$;
comment on function private.require_user() is 'The caller''s auth user id. Raises unauthenticated.';
revoke all on function private.require_user() from public, anon, authenticated, service_role;

create function private.require_permission(p_permission text)
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_user uuid := private.require_user();
begin
  if not public.has_permission(p_permission) then
    perform private.fail(403, 'forbidden', p_permission);
  end if;
  return v_user;
end;
$$;
comment on function private.require_permission(text) is 'The caller''s auth user id, if an admin with the permission. Raises unauthenticated or forbidden.';
revoke all on function private.require_permission(text) from public, anon, authenticated, service_role;

create function private.require_permission_of(p_actor uuid, p_permission text)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if not exists (
    select 1
    from public.admin_users as a
    join public.role_permissions as rp on rp.role = a.role
    where a.auth_user_id = p_actor and a.is_active and rp.permission = p_permission)
  then
    perform private.fail(403, 'forbidden', p_permission);
  end if;
end;
$$;
comment on function private.require_permission_of(uuid, text) is
  'For work that the server does on behalf of an admin: raises forbidden unless they may, at this moment.';
revoke all on function private.require_permission_of(uuid, text) from public, anon, authenticated, service_role;

create function private.refuse_own_account(p_customer_id uuid, p_actor uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if exists (select 1 from public.customers as c where c.id = p_customer_id and c.auth_user_id = p_actor) then
    perform private.fail(403, 'own_account');
  end if;
end;
$$;
comment on function private.refuse_own_account(uuid, uuid) is 'Nobody acts as an admin on their own customer account.';
revoke all on function private.refuse_own_account(uuid, uuid) from public, anon, authenticated, service_role;

create function private.admin_name(p_auth_user_id uuid)
returns text
language sql
stable
set search_path = ''
as $$
  select a.name from public.admin_users as a where a.auth_user_id = p_auth_user_id
$$;
comment on function private.admin_name(uuid) is 'The name behind an actor id, or null for the system and former admins.';
revoke all on function private.admin_name(uuid) from public, anon, authenticated, service_role;

create function public.find_auth_user(p_email text)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object('id', u.id, 'is_confirmed', u.email_confirmed_at is not null)
  from auth.users as u
  where u.email = lower(btrim(p_email)) and u.deleted_at is null and not coalesce(u.is_sso_user, false)
$$;
comment on function public.find_auth_user(text) is
  'The account with this e-mail address, and whether it is confirmed; null when there is none. For the server alone: it tells who has an account.';
revoke all on function public.find_auth_user(text) from public, anon, authenticated, service_role;
grant execute on function public.find_auth_user(text) to service_role;

-- schemas/030_settings.sql
-- Settings: versions of the programme terms and of the billing settings. A version is never edited; the newest is in force.

create table public.referral_program (
  version integer primary key check (version > 0),
  code_prefix text not null default 'REF' check (code_prefix ~ '^[A-Z0-9]{2,8}$'),
  referrals_required integer not null default 2 check (referrals_required between 1 and 50),
  qualifying_days integer not null default 30 check (qualifying_days between 1 and 365),
  activation_window_days integer not null default 30 check (activation_window_days between 1 and 365),
  reward_expiry_months integer not null default 12 check (reward_expiry_months between 1 and 120),
  monthly_referral_limit integer not null default 10 check (monthly_referral_limit between 1 and 10000),
  velocity_alert integer not null default 5 check (velocity_alert between 1 and 10000),
  reward_cap_cents bigint check (reward_cap_cents > 0),
  attribution_days integer not null default 90 check (attribution_days between 1 and 400),
  is_paused boolean not null default false,
  reason text not null check (length(btrim(reason)) between 3 and 500),
  created_by uuid,
  created_at timestamptz not null default now()
);
comment on table public.referral_program is
  'Versions of the programme terms. The highest version is in force; a referral keeps the version it was made under.';
comment on column public.referral_program.reward_cap_cents is 'Ceiling of one free month in cents, VAT included; null = no ceiling.';

create trigger referral_program_append_only
  before update or delete on public.referral_program
  for each row execute function private.refuse_change();
create trigger referral_program_no_truncate
  before truncate on public.referral_program
  for each statement execute function private.refuse_change();

alter table public.referral_program enable row level security;
revoke all on table public.referral_program from public, anon, authenticated, service_role;
grant select on table public.referral_program to service_role;
grant select on table public.referral_program to authenticated;
create policy referral_program_select on public.referral_program
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create function private.current_terms()
returns public.referral_program
language sql
stable
set search_path = ''
as $$
  select p from public.referral_program as p order by p.version desc limit 1
$$;
comment on function private.current_terms() is 'The programme terms in force.';
revoke all on function private.current_terms() from public, anon, authenticated, service_role;

create function private.public_terms()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(private.current_terms()) - array['velocity_alert', 'reason', 'created_by', 'created_at']
$$;
comment on function private.public_terms() is 'The terms in force as everybody may know them: without the thresholds of fraud rules.';
revoke all on function private.public_terms() from public, anon, authenticated, service_role;

create function private.hold_terms()
returns void
language sql
set search_path = ''
as $$
  select pg_advisory_xact_lock_shared(hashtextextended('referral_program', 0))
$$;
comment on function private.hold_terms() is
  'No new version of the terms takes effect until this transaction ends.';
revoke all on function private.hold_terms() from public, anon, authenticated, service_role;

create function public.get_program()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('program:manage');
  return jsonb_build_object(
    'current', to_jsonb(private.current_terms()) - array['created_by'],
    'versions', (
      select jsonb_agg((to_jsonb(recent) - 'created_by')
        || jsonb_build_object('created_by_name', private.admin_name(recent.created_by)) order by recent.version desc)
      from (select p.* from public.referral_program as p order by p.version desc limit 50) as recent),
    'brand_name', (private.current_billing_settings()).brand_name,
    'currency', (private.current_billing_settings()).currency
  );
end;
$$;
comment on function public.get_program() is 'Admin with program:manage: the terms in force and the newest 50 versions.';
revoke all on function public.get_program() from public, anon, authenticated, service_role;
grant execute on function public.get_program() to authenticated;

create function public.update_program(p_terms jsonb, p_reason text, p_expected_version integer)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid := private.require_permission('program:manage');
  v_reason text := private.trimmed_reason(p_reason);
  v_old public.referral_program;
  v_new public.referral_program;
begin
  perform pg_advisory_xact_lock(hashtextextended('referral_program', 0));
  v_old := private.current_terms();
  if p_expected_version is distinct from v_old.version then
    perform private.fail(409, 'version_conflict');
  end if;
  v_new := jsonb_populate_record(v_old, p_terms - array['version', 'reason', 'created_by', 'created_at']);
  insert into public.referral_program
    (version, code_prefix, referrals_required, qualifying_days, activation_window_days, reward_expiry_months,
     monthly_referral_limit, velocity_alert, reward_cap_cents, attribution_days, is_paused, reason, created_by)
  values
    (v_old.version + 1, v_new.code_prefix, v_new.referrals_required, v_new.qualifying_days, v_new.activation_window_days,
     v_new.reward_expiry_months, v_new.monthly_referral_limit, v_new.velocity_alert, v_new.reward_cap_cents,
     v_new.attribution_days, v_new.is_paused, v_reason, v_actor)
  returning * into v_new;
  perform private.write_audit(
    v_actor, 'program.updated', 'program', v_new.version::text, null, v_reason,
    to_jsonb(v_old) - array['reason', 'created_by', 'created_at'],
    to_jsonb(v_new) - array['reason', 'created_by', 'created_at'], now());
  return to_jsonb(v_new) - array['created_by'];
exception when check_violation or not_null_violation or invalid_text_representation or numeric_value_out_of_range then
  raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'terms out of range';
end;
$$;
comment on function public.update_program(jsonb, text, integer) is
  'Admin with program:manage: makes a new version of the terms. Raises version_conflict when somebody else was faster.';
revoke all on function public.update_program(jsonb, text, integer) from public, anon, authenticated, service_role;
grant execute on function public.update_program(jsonb, text, integer) to authenticated;

create table public.billing_settings (
  version integer primary key check (version > 0),
  currency text not null default 'ZAR' check (currency ~ '^[A-Z]{3}$'),
  vat_bps integer not null default 1500 check (vat_bps between 0 and 10000),
  time_zone text not null default 'Africa/Johannesburg',
  invoice_prefix text not null default 'INV' check (invoice_prefix ~ '^[A-Z0-9]{2,8}$'),
  payment_days integer not null default 30 check (payment_days between 0 and 120),
  brand_name text not null check (length(btrim(brand_name)) between 1 and 80),
  support_email text not null check (position('@' in support_email) > 1),
  seller jsonb not null check (seller ?& array['name', 'address', 'vat_number']),
  created_by uuid,
  created_at timestamptz not null default now(),
  credit_note_prefix text not null default 'CRN' check (credit_note_prefix ~ '^[A-Z0-9]{2,8}$'),
  constraint billing_settings_prefixes_differ check (credit_note_prefix <> invoice_prefix)
);
comment on table public.billing_settings is
  'Versions of brand, seller and billing settings. The highest version is in force; invoices snapshot what they need.';
comment on column public.billing_settings.vat_bps is 'VAT rate in basis points (1500 = 15 %), included in all prices.';
comment on column public.billing_settings.time_zone is 'The billing time zone: cycles and calendar rules follow its local calendar.';
comment on column public.billing_settings.seller is 'Legal seller for tax invoices: {name, address: [lines], vat_number, registration_number}.';
comment on column public.billing_settings.credit_note_prefix is 'First part of credit note numbers: CRN-2026-000001.';

create function private.check_time_zone()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform now() at time zone new.time_zone;
  return new;
exception when invalid_parameter_value then
  raise exception using errcode = 'PT400', message = 'invalid_request',
    detail = format('%s is not a time zone', new.time_zone);
end;
$$;
comment on function private.check_time_zone() is 'Trigger: a settings version names a time zone that exists.';
revoke all on function private.check_time_zone() from public, anon, authenticated, service_role;

create function private.check_document_prefixes()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if exists (
    select 1 from public.billing_settings as s
    where s.credit_note_prefix = new.invoice_prefix or s.invoice_prefix = new.credit_note_prefix) then
    perform private.fail(400, 'invalid_request', 'invoices and credit notes never share a prefix');
  end if;
  return new;
end;
$$;
comment on function private.check_document_prefixes() is
  'Trigger: a prefix that numbered invoices never numbers credit notes, and the other way round; both series would have gaps.';
revoke all on function private.check_document_prefixes() from public, anon, authenticated, service_role;

create trigger billing_settings_time_zone
  before insert on public.billing_settings
  for each row execute function private.check_time_zone();
create trigger billing_settings_append_only
  before update or delete on public.billing_settings
  for each row execute function private.refuse_change();
create trigger billing_settings_no_truncate
  before truncate on public.billing_settings
  for each statement execute function private.refuse_change();
create trigger billing_settings_prefixes
  before insert on public.billing_settings
  for each row execute function private.check_document_prefixes();

alter table public.billing_settings enable row level security;
revoke all on table public.billing_settings from public, anon, authenticated, service_role;
grant select on table public.billing_settings to service_role;
grant select on table public.billing_settings to authenticated;
create policy billing_settings_select on public.billing_settings
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create function private.current_billing_settings()
returns public.billing_settings
language sql
stable
set search_path = ''
as $$
  select s from public.billing_settings as s order by s.version desc limit 1
$$;
comment on function private.current_billing_settings() is 'The billing settings in force.';
revoke all on function private.current_billing_settings() from public, anon, authenticated, service_role;

create function private.billing_time_zone()
returns text
language sql
stable
set search_path = ''
as $$
  select s.time_zone from public.billing_settings as s order by s.version desc limit 1
$$;
comment on function private.billing_time_zone() is 'The billing time zone in force.';
revoke all on function private.billing_time_zone() from public, anon, authenticated, service_role;

create function public.get_billing_settings()
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select to_jsonb(private.current_billing_settings()) - array['created_by', 'created_at']
$$;
comment on function public.get_billing_settings() is 'Server: the billing settings in force.';
revoke all on function public.get_billing_settings() from public, anon, authenticated, service_role;
grant execute on function public.get_billing_settings() to service_role;

-- What a new installation starts with.
insert into public.referral_program (version, reason) values (1, 'Programme defaults');
insert into public.billing_settings (version, brand_name, support_email, seller)
values (
  1, 'Acme Fibre', 'support@acmefibre.example',
  '{"name": "Acme Fibre (Pty) Ltd", "address": ["14 Loop Street", "Cape Town City Centre", "Cape Town 8001"], "vat_number": "4000000000", "registration_number": "2019/000000/07"}'
);

-- schemas/040_customers.sql
-- Customers: the table, the referral code that each keeps for life, the locks, and the search.

create table public.customers (
  id uuid primary key default gen_random_uuid(),
  auth_user_id uuid unique references auth.users (id) on delete set null,
  pending_user_id uuid unique references auth.users (id) on delete set null,
  email text not null check (length(email) between 3 and 320),
  email_normalised text generated always as (private.normalise_email(email)) stored,
  first_name text not null check (length(first_name) between 1 and 80),
  last_name text not null check (length(last_name) <= 80),
  phone text check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  address jsonb check (jsonb_typeof(address) = 'object'),
  address_key text,
  referral_code text not null unique
    check (referral_code ~ '^[A-Z0-9]{2,8}-[0-9A-HJKMNP-TV-Z]{8}$'),
  referral_code_key text generated always as (right(referral_code, 8)) stored unique,
  erased_at timestamptz,
  created_at timestamptz not null default now(),
  check (auth_user_id is null or pending_user_id is null)
);
comment on table public.customers is 'Customers. Each has one referral code for life.';
comment on column public.customers.auth_user_id is 'The account that may read and act as this customer.';
comment on column public.customers.pending_user_id is
  'The account that becomes theirs once its e-mail address is confirmed. Until then it gives no right.';
comment on column public.customers.email_normalised is 'The identity behind the address; fraud rules compare this.';
comment on column public.customers.phone is 'E.164.';
comment on column public.customers.referral_code_key is 'The 8 Crockford base32 characters, by which a code is looked up.';

create index customers_email_normalised on public.customers (email_normalised);
create index customers_phone on public.customers (phone) where phone is not null;
create index customers_address_key on public.customers (address_key) where address_key is not null;
create index customers_created on public.customers (created_at desc, id desc);
create index customers_email_prefix on public.customers (lower(email) text_pattern_ops);
create index customers_name_prefix on public.customers (lower(first_name || ' ' || last_name) text_pattern_ops);
create index customers_last_name_prefix on public.customers (lower(last_name) text_pattern_ops);

create function private.random_code_body()
returns text
language plpgsql
volatile
set search_path = ''
as $$
declare
  c_alphabet constant text := '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  -- The first 6 bytes of a version-4 UUID are all from the server's cryptographic source.
  v_bytes bytea := uuid_send(gen_random_uuid());
  v_bits bigint := 0;
  v_body text := '';
begin
  for i in 0..4 loop
    v_bits := (v_bits << 8) | get_byte(v_bytes, i);
  end loop;
  for i in 0..7 loop
    v_body := v_body || substr(c_alphabet, ((v_bits >> (35 - 5 * i)) & 31)::integer + 1, 1);
  end loop;
  return v_body;
end;
$$;
comment on function private.random_code_body() is '8 characters of Crockford base32: 40 bits from a cryptographic source.';
revoke all on function private.random_code_body() from public, anon, authenticated, service_role;

create function private.assign_referral_code()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_body text;
begin
  if new.referral_code is not null then
    return new;
  end if;
  -- Two sessions that draw the same body in the same instant (1 in 2^40) meet at the unique index. A lock per code
  -- would be held until commit, and exhaust the lock table when many customers are loaded in one transaction.
  loop
    v_body := private.random_code_body();
    exit when not exists (select 1 from public.customers as c where c.referral_code_key = v_body);
  end loop;
  new.referral_code := (private.current_terms()).code_prefix || '-' || v_body;
  return new;
end;
$$;
comment on function private.assign_referral_code() is 'Trigger: a new customer gets a permanent, unique referral code.';
revoke all on function private.assign_referral_code() from public, anon, authenticated, service_role;

create function private.keep_referral_code()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception using errcode = 'PT409', message = 'immutable_row',
    detail = 'a referral code is permanent';
end;
$$;
comment on function private.keep_referral_code() is 'Trigger: a referral code never changes.';
revoke all on function private.keep_referral_code() from public, anon, authenticated, service_role;

create trigger customers_assign_referral_code
  before insert on public.customers
  for each row execute function private.assign_referral_code();
create trigger customers_keep_referral_code
  before update of referral_code on public.customers
  for each row
  when (old.referral_code is distinct from new.referral_code)
  execute function private.keep_referral_code();

create function private.current_customer_id()
returns uuid
language sql
stable
security definer
set search_path = ''
as $$
  select c.id from public.customers as c where c.auth_user_id = (select auth.uid()) and c.erased_at is null
$$;
comment on function private.current_customer_id() is 'The customer behind the caller''s session, or null.';
revoke all on function private.current_customer_id() from public, anon, authenticated, service_role;
grant execute on function private.current_customer_id() to authenticated;

alter table public.customers enable row level security;
revoke all on table public.customers from public, anon, authenticated, service_role;
grant select on table public.customers to service_role;
grant select on table public.customers to authenticated;
create policy customers_select on public.customers
  for select to authenticated
  using (id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create function private.require_customer()
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_customer uuid;
begin
  perform private.require_user();
  v_customer := private.current_customer_id();
  if v_customer is null then
    perform private.fail(403, 'forbidden', 'customer');
  end if;
  return v_customer;
end;
$$;
comment on function private.require_customer() is 'The caller''s customer id. Raises unauthenticated, or forbidden for a session without a customer.';
revoke all on function private.require_customer() from public, anon, authenticated, service_role;

create function private.lock_customers(p_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  -- "no key update" does not wait for foreign-key checks of unrelated inserts.
  perform 1 from public.customers as c where c.id = any (p_ids) order by c.id for no key update;
end;
$$;
comment on function private.lock_customers(uuid[]) is 'Takes the per-customer locks in ascending id order.';
revoke all on function private.lock_customers(uuid[]) from public, anon, authenticated, service_role;

create function private.search_customers(p_q text)
returns setof uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_q text := lower(btrim(p_q));
  v_code text := translate(upper(regexp_replace(p_q, '[^A-Za-z0-9]', '', 'g')), 'OIL', '011');
  v_phone text := regexp_replace(p_q, '[^0-9+]', '', 'g');
begin
  -- Ranges instead of LIKE: %, _ and \ have no meaning, and the indexes serve every search.
  return query
    select c.id from public.customers as c
    where lower(c.email) operator(pg_catalog.~>=~) v_q and lower(c.email) operator(pg_catalog.~<~) private.prefix_end(v_q)
    union
    select c.id from public.customers as c
    where lower(c.first_name || ' ' || c.last_name) operator(pg_catalog.~>=~) v_q
      and lower(c.first_name || ' ' || c.last_name) operator(pg_catalog.~<~) private.prefix_end(v_q)
    union
    select c.id from public.customers as c
    where lower(c.last_name) operator(pg_catalog.~>=~) v_q and lower(c.last_name) operator(pg_catalog.~<~) private.prefix_end(v_q)
    union
    select c.id from public.customers as c
    where length(v_code) >= 8 and c.referral_code_key = right(v_code, 8)
    union
    select c.id from public.customers as c
    where length(v_phone) >= 6
      and c.phone in (v_phone, '+' || ltrim(v_phone, '+0'), '+27' || ltrim(v_phone, '0'));
end;
$$;
comment on function private.search_customers(text) is
  'Customers whose e-mail, name or last name starts with the text, or whose code or phone it is. The text is literal.';
revoke all on function private.search_customers(text) from public, anon, authenticated, service_role;

create function public.admin_list_customers(
  p_q text default null, p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 25), 1), 100);
  v_q text := nullif(btrim(coalesce(p_q, '')), '');
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.id, 'name', btrim(page.first_name || ' ' || page.last_name), 'email', page.email, 'phone', page.phone,
    'referral_code', page.referral_code, 'created_at', page.created_at,
    'service_status', (
      select s.status from public.customer_services as s
      where s.customer_id = page.id
      order by case s.status when 'active' then 1 when 'suspended' then 2 when 'pending' then 3 else 4 end
      limit 1),
    'referrals', (select count(*) from public.customer_referrals as r where r.referrer_id = page.id),
    'pending_rewards', (
      select count(*) from public.referral_rewards as w where w.customer_id = page.id and w.status = 'pending')
  ) order by page.created_at desc, page.id desc), '[]')
  into v_rows
  from (
    select c.*
    from public.customers as c
    where (v_q is null or c.id in (select private.search_customers(v_q)))
      and (p_cursor_at is null or (c.created_at, c.id) < (p_cursor_at, p_cursor_id))
    order by c.created_at desc, c.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('customers', v_rows, v_limit, 'created_at');
end;
$$;
comment on function public.admin_list_customers(text, timestamptz, uuid, integer) is 'Admin with customers:view: customers, newest first, searched and keyset-paged.';
revoke all on function public.admin_list_customers(text, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_customers(text, timestamptz, uuid, integer) to authenticated;

create function public.admin_get_customer_referrals(p_customer_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer public.customers;
begin
  perform private.require_permission('customers:view');
  select c.* into v_customer from public.customers as c where c.id = p_customer_id;
  if v_customer.id is null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  return jsonb_build_object(
    'customer', jsonb_build_object(
      'id', v_customer.id, 'name', btrim(v_customer.first_name || ' ' || v_customer.last_name),
      'email', v_customer.email, 'phone', v_customer.phone, 'referral_code', v_customer.referral_code,
      'created_at', v_customer.created_at, 'erased_at', v_customer.erased_at,
      'is_own_account', coalesce(v_customer.auth_user_id = (select auth.uid()), false),
      'services', coalesce((
        select jsonb_agg(private.service_document(s.id) order by s.created_at, s.id)
        from public.customer_services as s where s.customer_id = p_customer_id), '[]')),
    'referrals', coalesce((
      select jsonb_agg(private.admin_referral_document(recent.r) order by (recent.r).referred_at desc, (recent.r).id desc)
      from (
        select r from public.customer_referrals as r
        where r.referrer_id = p_customer_id order by r.referred_at desc, r.id desc limit 200
      ) as recent), '[]'),
    'rewards', coalesce((
      select jsonb_agg(private.admin_reward_document(recent.w) order by (recent.w).created_at desc, (recent.w).id desc)
      from (
        select w from public.referral_rewards as w
        where w.customer_id = p_customer_id order by w.created_at desc, w.id desc limit 200
      ) as recent), '[]'),
    'audit', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', recent.id, 'created_at', recent.created_at, 'actor_id', recent.actor_id,
        'actor_name', private.admin_name(recent.actor_id), 'action', recent.action,
        'entity_type', recent.entity_type, 'entity_id', recent.entity_id, 'reason', recent.reason,
        'before', recent.before, 'after', recent.after) order by recent.id desc)
      from (
        select l.* from public.audit_log as l where l.customer_id = p_customer_id order by l.id desc limit 200
      ) as recent), '[]'),
    'stats', (
      select jsonb_build_object(
        'total_referrals', count(*), 'active_referrals', count(*) filter (where r.status in ('active', 'qualified')))
      from public.customer_referrals as r where r.referrer_id = p_customer_id)
      || (
        select jsonb_build_object(
          'rewards_earned', count(*) filter (where w.source = 'earned'),
          'rewards_applied', count(*) filter (where w.status = 'applied'),
          'rewards_pending', count(*) filter (where w.status = 'pending'))
        from public.referral_rewards as w where w.customer_id = p_customer_id)
  );
end;
$$;
comment on function public.admin_get_customer_referrals(uuid) is
  'Admin with customers:view: one customer with referrals, rewards and audit trail (the newest 200 of each).';
revoke all on function public.admin_get_customer_referrals(uuid) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_customer_referrals(uuid) to authenticated;

create function public.link_confirmed_customer(p_auth_user_id uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  update public.customers as c
  set auth_user_id = p_auth_user_id, pending_user_id = null
  where c.pending_user_id = p_auth_user_id
    and exists (select 1 from auth.users as u where u.id = p_auth_user_id and u.email_confirmed_at is not null);
  return found;
end;
$$;
comment on function public.link_confirmed_customer(uuid) is
  'Gives the customer who waited for this account to it, if its e-mail address is confirmed. True when there was one; repeating it changes nothing.';
revoke all on function public.link_confirmed_customer(uuid) from public, anon, authenticated, service_role;
grant execute on function public.link_confirmed_customer(uuid) to service_role;

-- schemas/050_packages.sql
-- Packages: what is on sale.

create table public.service_packages (
  id uuid primary key default gen_random_uuid(),
  slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  name text not null check (length(btrim(name)) between 1 and 80),
  description text not null default '',
  monthly_price_cents bigint not null check (monthly_price_cents >= 0),
  download_mbps integer not null default 0 check (download_mbps >= 0),
  upload_mbps integer not null default 0 check (upload_mbps >= 0),
  is_active boolean not null default true,
  sort_order integer not null default 0,
  created_at timestamptz not null default now()
);
comment on table public.service_packages is 'What is on sale. Prices in cents, VAT included, per calendar month.';

alter table public.service_packages enable row level security;
revoke all on table public.service_packages from public, anon, authenticated, service_role;
grant select, insert, update on table public.service_packages to service_role;
grant select on table public.service_packages to anon, authenticated;
create policy service_packages_select on public.service_packages
  for select to anon, authenticated
  using (is_active);

-- schemas/060_orders.sql
-- Orders: placing, activating and cancelling.

create table public.orders (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id),
  package_id uuid not null references public.service_packages (id),
  status text not null default 'pending' check (status in ('pending', 'installing', 'active', 'cancelled')),
  referral_code text check (length(referral_code) <= 64),
  referral_outcome text not null default 'none' check (referral_outcome in ('recorded', 'not_applied', 'none')),
  referral_reason text,
  installation_address jsonb not null default '{}' check (jsonb_typeof(installation_address) = 'object'),
  address_key text,
  ip_address inet,
  user_agent text check (length(user_agent) <= 1000),
  activated_at timestamptz,
  cancelled_at timestamptz,
  cancel_reason text,
  created_at timestamptz not null default now(),
  check ((status = 'active') = (activated_at is not null and cancelled_at is null)),
  check ((status = 'cancelled') = (cancelled_at is not null))
);
comment on table public.orders is 'Orders as placed; referral_code is what the order was placed with, fixed from then on.';
comment on column public.orders.referral_reason is 'Why a given code was not applied, in the closed list of block reasons.';

create index orders_customer on public.orders (customer_id);
create index orders_package on public.orders (package_id);
create index orders_created on public.orders (created_at desc, id desc);
create index orders_status_created on public.orders (status, created_at desc, id desc);
create index orders_address_key on public.orders (address_key) where address_key is not null;
create index orders_ip on public.orders (ip_address, created_at) where ip_address is not null;

create function private.refuse_erased_customer()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- An order that found its customer just before the erasure; the next try makes a new customer.
  if exists (select 1 from public.customers as c where c.id = new.customer_id and c.erased_at is not null) then
    perform private.fail(409, 'version_conflict', 'the customer was erased');
  end if;
  return new;
end;
$$;
comment on function private.refuse_erased_customer() is 'Trigger: nobody orders as a customer who was erased. Raises version_conflict.';
revoke all on function private.refuse_erased_customer() from public, anon, authenticated, service_role;

create trigger orders_of_erased
  before insert on public.orders
  for each row execute function private.refuse_erased_customer();

alter table public.orders enable row level security;
revoke all on table public.orders from public, anon, authenticated, service_role;
grant select on table public.orders to service_role;
grant select on table public.orders to authenticated;
create policy orders_select on public.orders
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create function public.place_order(p_order jsonb, p_as_of timestamptz default now())
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_response jsonb;
  v_auth_user uuid := (p_order ->> 'auth_user_id')::uuid;
  v_pending_user uuid := (p_order ->> 'pending_user_id')::uuid;
  v_code text := p_order ->> 'referral_code';
  v_assessment jsonb := p_order -> 'assessment';
  v_customer public.customers;
  v_is_new boolean;
  v_package public.service_packages;
  v_referrer public.customers;
  v_terms public.referral_program;
  v_order_id uuid := gen_random_uuid();
  v_referral_id uuid;
  v_reason text;
  v_friend text;
begin
  v_response := private.claim_idempotency_key('order', p_order ->> 'idempotency_key', p_order ->> 'request_hash');
  if v_response is not null then
    return v_response;
  end if;

  select p.* into v_package from public.service_packages as p where p.slug = p_order ->> 'package_slug' and p.is_active;
  if v_package.id is null then
    perform private.fail(404, 'not_found', 'package');
  end if;

  insert into public.customers
    (auth_user_id, pending_user_id, email, first_name, last_name, phone, address, address_key, created_at)
  values
    (v_auth_user, v_pending_user, p_order ->> 'email', p_order ->> 'first_name', p_order ->> 'last_name', p_order ->> 'phone',
     p_order -> 'address', p_order ->> 'address_key', p_as_of)
  on conflict do nothing
  returning * into v_customer;
  v_is_new := found;
  if not v_is_new then
    -- Nobody has proven yet that the address is theirs, so nobody adds to what waits for it.
    if v_pending_user is not null then
      perform private.fail(409, 'email_unconfirmed');
    end if;
    select c.* into strict v_customer from public.customers as c where c.auth_user_id = v_auth_user;
  end if;

  if v_code is not null then
    v_referrer := private.find_referrer(v_code);
  end if;
  perform private.lock_customers(array[v_customer.id, v_referrer.id]);
  -- From here on the terms stay as they are: a pause holds, and the mail promises what is frozen.
  perform private.hold_terms();
  v_terms := private.current_terms();

  -- The assessment was made before this transaction; what two requests could race is decided again, under the lock.
  if v_code is null then
    v_reason := null;
  elsif v_referrer.id is null then
    v_reason := 'invalid_code';
  elsif v_terms.is_paused or not coalesce((p_order ->> 'referrals_enabled')::boolean, false) then
    v_reason := 'program_paused';
  elsif v_referrer.id = v_customer.id
    or v_referrer.email_normalised = v_customer.email_normalised
    or v_referrer.phone = (p_order ->> 'phone') then
    v_reason := 'self_referral';
  elsif not v_is_new
    or exists (
      select 1 from public.customers as c
      where c.email_normalised = v_customer.email_normalised and c.id <> v_customer.id)
    or exists (
      select 1 from public.customer_referrals as r
      where r.referred_email_normalised = v_customer.email_normalised) then
    v_reason := 'duplicate_referral';
  elsif not private.referrer_is_eligible(v_referrer.id, p_as_of) then
    v_reason := 'referrer_not_eligible';
  elsif private.referrals_in_month(v_referrer.id, p_as_of) >= v_terms.monthly_referral_limit then
    v_reason := 'rate_limited';
  elsif v_assessment ->> 'verdict' = 'blocked' then
    v_reason := v_assessment ->> 'reason';
  elsif (p_order ->> 'assessment_basis')::bigint is distinct from private.referrals_made(v_referrer.id) then
    -- Another friend came in between: the signals that compare friends have to be judged again.
    perform private.fail(409, 'assessment_stale');
  end if;

  insert into public.orders
    (id, customer_id, package_id, referral_code, installation_address, address_key, ip_address, user_agent, created_at)
  values
    (v_order_id, v_customer.id, v_package.id, v_code, p_order -> 'address', p_order ->> 'address_key',
     (p_order ->> 'ip_address')::inet, left(p_order ->> 'user_agent', 1000), p_as_of);
  insert into public.customer_services
    (customer_id, order_id, package_id, monthly_price_cents, created_at, updated_at)
  values
    (v_customer.id, v_order_id, v_package.id, v_package.monthly_price_cents, p_as_of, p_as_of);

  if v_code is not null and v_reason is null then
    insert into public.customer_referrals
      (referrer_id, referral_code, referred_customer_id, referred_email, order_id, program_version, activation_due_at,
       source, ip_address, user_agent, referred_at)
    values
      (v_referrer.id, v_referrer.referral_code, v_customer.id, v_customer.email, v_order_id, v_terms.version,
       private.local_plus(p_as_of, make_interval(days => v_terms.activation_window_days), private.billing_time_zone()),
       coalesce(p_order ->> 'source', 'typed'), (p_order ->> 'ip_address')::inet,
       left(p_order ->> 'user_agent', 1000), p_as_of)
    on conflict do nothing
    returning id into v_referral_id;
    if v_referral_id is null then
      v_reason := 'duplicate_referral';
    end if;
  end if;

  if v_referral_id is not null then
    insert into public.referral_flags (referral_id, signal, severity, weight, evidence, created_at)
    select v_referral_id, flag ->> 'signal', flag ->> 'severity', (flag ->> 'weight')::integer,
      coalesce(flag -> 'evidence', '{}'), p_as_of
    from jsonb_array_elements(coalesce(v_assessment -> 'flags', '[]')) as flag;

    v_friend := private.mask_name(v_customer.first_name, v_customer.last_name);
    perform private.enqueue_mail(
      'referral_signup', v_referrer.email, v_referrer.id,
      jsonb_build_object(
        'first_name', v_referrer.first_name, 'friend', v_friend,
        'qualifying_days', v_terms.qualifying_days, 'activation_window_days', v_terms.activation_window_days),
      'referral_signup:' || v_referral_id, p_as_of);
    if coalesce((v_assessment ->> 'alert')::boolean, false) then
      perform private.enqueue_mail(
        'suspicious_activity', p_order ->> 'alert_email', null,
        jsonb_build_object(
          'referrer_id', v_referrer.id, 'referral_id', v_referral_id,
          'signals', (select jsonb_agg(f ->> 'signal') from jsonb_array_elements(v_assessment -> 'flags') as f)),
        'suspicious_activity:' || v_referral_id, p_as_of);
    end if;
  elsif v_reason is not null then
    insert into public.referral_attempts (order_id, referrer_id, referral_code, reason, evidence, created_at)
    values (v_order_id, v_referrer.id, v_code, v_reason, coalesce(v_assessment -> 'evidence', '{}'), p_as_of);
  end if;

  update public.orders as o
  set referral_outcome = case when v_referral_id is not null then 'recorded' when v_code is null then 'none' else 'not_applied' end,
    referral_reason = v_reason
  where o.id = v_order_id;

  v_response := jsonb_build_object(
    'order_id', v_order_id,
    'customer_id', v_customer.id,
    'referral', case
      when v_referral_id is not null then jsonb_build_object('status', 'recorded')
      when v_code is null then jsonb_build_object('status', 'none')
      else jsonb_build_object('status', 'not_applied', 'reason', v_reason)
    end
  );
  perform private.store_idempotent_response('order', p_order ->> 'idempotency_key', v_response);
  return v_response;
end;
$$;
comment on function public.place_order(jsonb, timestamptz) is
  'Customer, order, service and referral in one transaction. Rules that requests could race are checked under the referrer''s lock; a refused code never stops the order.';
revoke all on function public.place_order(jsonb, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.place_order(jsonb, timestamptz) to service_role;

create function private.refuse_own_order(p_order_id uuid, p_actor uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if exists (
    select 1
    from public.customers as c
    where c.auth_user_id = p_actor
      and (
        c.id = (select o.customer_id from public.orders as o where o.id = p_order_id)
        or c.id in (select r.referrer_id from public.customer_referrals as r where r.order_id = p_order_id)
      )) then
    perform private.fail(403, 'own_account');
  end if;
end;
$$;
comment on function private.refuse_own_order(uuid, uuid) is
  'Nobody starts or stops as an admin what they ordered, or what pays them as the referrer. Raises own_account.';
revoke all on function private.refuse_own_order(uuid, uuid) from public, anon, authenticated, service_role;

create function private.activate_order(p_order_id uuid, p_actor uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_order public.orders;
  v_service public.customer_services;
  v_referral public.customer_referrals;
  v_referrer public.customers;
  v_customer public.customers;
  v_days integer;
begin
  select o.* into v_order from public.orders as o where o.id = p_order_id;
  if v_order.id is null then
    perform private.fail(404, 'not_found', 'order');
  end if;
  perform private.refuse_own_order(p_order_id, p_actor);
  perform private.lock_customers(array(
    select v_order.customer_id
    union
    select r.referrer_id from public.customer_referrals as r where r.order_id = p_order_id));
  select o.* into strict v_order from public.orders as o where o.id = p_order_id for update;
  select s.* into strict v_service from public.customer_services as s where s.order_id = p_order_id for update;
  if v_order.status = 'active' then
    -- A repeated click or a retried request finds the work done.
    return private.service_document(v_service.id) || jsonb_build_object('already_active', true);
  end if;
  if v_order.status not in ('pending', 'installing') or v_service.status <> 'pending' then
    perform private.fail(409, 'order_not_activatable', v_order.status);
  end if;

  update public.orders as o set status = 'active', activated_at = p_as_of where o.id = p_order_id;
  update public.customer_services as s
  set status = 'active', activated_at = p_as_of, updated_at = p_as_of
  where s.id = v_service.id;

  select r.* into v_referral
  from public.customer_referrals as r
  where r.order_id = p_order_id and r.status = 'pending'
  for update;
  if v_referral.id is not null then
    if p_as_of >= v_referral.activation_due_at then
      update public.customer_referrals as r
      set status = 'expired', expired_at = p_as_of, status_reason = 'not_activated_in_time'
      where r.id = v_referral.id;
    else
      select p.qualifying_days into strict v_days
      from public.referral_program as p where p.version = v_referral.program_version;
      update public.customer_referrals as r
      set status = 'active', activated_at = p_as_of,
        qualifies_at = private.local_plus(p_as_of, make_interval(days => v_days), private.billing_time_zone())
      where r.id = v_referral.id
      returning * into v_referral;
      select c.* into strict v_referrer from public.customers as c where c.id = v_referral.referrer_id;
      select c.* into strict v_customer from public.customers as c where c.id = v_order.customer_id;
      perform private.enqueue_mail(
        'referral_activated', v_referrer.email, v_referrer.id,
        jsonb_build_object(
          'first_name', v_referrer.first_name,
          'friend', private.mask_name(v_customer.first_name, v_customer.last_name),
          'qualifies_at', v_referral.qualifies_at),
        'referral_activated:' || v_referral.id, p_as_of);
    end if;
  end if;

  perform private.write_audit(
    p_actor, 'order.activated', 'order', p_order_id::text, v_order.customer_id, null,
    jsonb_build_object('status', v_order.status), jsonb_build_object('status', 'active'), p_as_of);
  return private.service_document(v_service.id);
end;
$$;
comment on function private.activate_order(uuid, uuid, timestamptz) is
  'Order and service become active and the referral''s qualifying clock starts, once. Repeating it changes nothing.';
revoke all on function private.activate_order(uuid, uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.activate_order(p_order_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.activate_order(p_order_id, private.require_permission('orders:manage'), now());
end;
$$;
comment on function public.activate_order(uuid) is 'Admin with orders:manage: activates an order.';
revoke all on function public.activate_order(uuid) from public, anon, authenticated, service_role;
grant execute on function public.activate_order(uuid) to authenticated;

create function private.cancel_order(p_order_id uuid, p_actor uuid, p_reason text, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_order public.orders;
begin
  select o.* into v_order from public.orders as o where o.id = p_order_id;
  if v_order.id is null then
    perform private.fail(404, 'not_found', 'order');
  end if;
  perform private.refuse_own_order(p_order_id, p_actor);
  perform private.lock_customers(array(
    select v_order.customer_id
    union
    select r.referrer_id from public.customer_referrals as r where r.order_id = p_order_id));
  select o.* into strict v_order from public.orders as o where o.id = p_order_id for update;
  if v_order.status not in ('pending', 'installing') then
    perform private.fail(409, 'order_not_cancellable', v_order.status);
  end if;
  update public.orders as o
  set status = 'cancelled', cancelled_at = p_as_of, cancel_reason = v_reason
  where o.id = p_order_id;
  update public.customer_services as s
  set status = 'cancelled', cancelled_at = p_as_of, updated_at = p_as_of
  where s.order_id = p_order_id;
  perform private.stop_referral(p_order_id, 'order_cancelled', p_as_of);
  perform private.write_audit(
    p_actor, 'order.cancelled', 'order', p_order_id::text, v_order.customer_id, v_reason,
    jsonb_build_object('status', v_order.status), jsonb_build_object('status', 'cancelled'), p_as_of);
  return jsonb_build_object('id', p_order_id, 'status', 'cancelled', 'cancelled_at', p_as_of);
end;
$$;
comment on function private.cancel_order(uuid, uuid, text, timestamptz) is
  'Cancels an order that is not active yet, and with it its service and pending referral.';
revoke all on function private.cancel_order(uuid, uuid, text, timestamptz)
  from public, anon, authenticated, service_role;

create function public.cancel_order(p_order_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.cancel_order(p_order_id, private.require_permission('orders:manage'), p_reason, now());
end;
$$;
comment on function public.cancel_order(uuid, text) is 'Admin with orders:manage: cancels an order that is not active.';
revoke all on function public.cancel_order(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.cancel_order(uuid, text) to authenticated;

create function public.admin_list_orders(
  p_status text default null, p_q text default null,
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 25), 1), 100);
  v_q text := nullif(btrim(coalesce(p_q, '')), '');
  v_found uuid[];
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  if v_q is not null then
    v_found := array(select private.search_customers(v_q));
  end if;
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.id, 'status', page.status, 'created_at', page.created_at,
    'activated_at', page.activated_at, 'cancelled_at', page.cancelled_at, 'cancel_reason', page.cancel_reason,
    'referral_code', page.referral_code, 'referral_outcome', page.referral_outcome, 'referral_reason', page.referral_reason,
    'customer', (
      select jsonb_build_object('id', c.id, 'name', btrim(c.first_name || ' ' || c.last_name), 'email', c.email)
      from public.customers as c where c.id = page.customer_id),
    'package_name', (select p.name from public.service_packages as p where p.id = page.package_id),
    'referrer', (
      select jsonb_build_object('id', c.id, 'name', btrim(c.first_name || ' ' || c.last_name))
      from public.customer_referrals as r join public.customers as c on c.id = r.referrer_id
      where r.order_id = page.id limit 1),
    'service', (
      select private.service_document(s.id)
        || jsonb_build_object('price_change_on', case
          when s.status in ('active', 'suspended') then private.price_change_day(s.id, now()) end)
      from public.customer_services as s where s.order_id = page.id)
  ) order by page.created_at desc, page.id desc), '[]')
  into v_rows
  from (
    select o.*
    from public.orders as o
    where (p_status is null or o.status = p_status)
      and (v_q is null or o.customer_id = any (v_found))
      and (p_cursor_at is null or (o.created_at, o.id) < (p_cursor_at, p_cursor_id))
    order by o.created_at desc, o.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('orders', v_rows, v_limit, 'created_at');
end;
$$;
comment on function public.admin_list_orders(text, text, timestamptz, uuid, integer) is
  'Admin with customers:view: orders with their service, newest first. price_change_on is the day from which a package changed now would be charged.';
revoke all on function public.admin_list_orders(text, text, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_orders(text, text, timestamptz, uuid, integer) to authenticated;

-- schemas/070_services.sql
-- Services: what a customer is supplied with and charged for, its status, and changes of its package.

create table public.customer_services (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id),
  order_id uuid unique references public.orders (id),
  package_id uuid not null references public.service_packages (id),
  status text not null default 'pending' check (status in ('pending', 'active', 'suspended', 'cancelled')),
  monthly_price_cents bigint not null check (monthly_price_cents >= 0),
  activated_at timestamptz,
  suspended_at timestamptz,
  cancelled_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (status <> 'active' or activated_at is not null)
);
comment on table public.customer_services is 'One service per order. monthly_price_cents is the current price, VAT included.';

create index customer_services_customer on public.customer_services (customer_id, status);
create index customer_services_package on public.customer_services (package_id);
create index customer_services_billable on public.customer_services (customer_id, activated_at)
  where status = 'active';
-- Who ended in a cycle is charged for its last days.
create index customer_services_ended on public.customer_services (least(suspended_at, cancelled_at))
  where status = 'cancelled' and activated_at is not null;

alter table public.customer_services enable row level security;
revoke all on table public.customer_services from public, anon, authenticated, service_role;
grant select on table public.customer_services to service_role;
grant select on table public.customer_services to authenticated;
create policy customer_services_select on public.customer_services
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create function private.is_chargeable(
  p_service public.customer_services, p_period_start date, p_ends_at timestamptz, p_time_zone text
)
returns boolean
language sql
stable
set search_path = ''
as $$
  select case p_service.status
    when 'active' then p_service.activated_at < p_ends_at
    when 'cancelled' then
      p_service.activated_at < p_ends_at
      and private.local_date(least(p_service.suspended_at, p_service.cancelled_at), p_time_zone)
        > greatest(p_period_start, private.local_date(p_service.activated_at, p_time_zone))
    else false
  end
$$;
comment on function private.is_chargeable(public.customer_services, date, timestamptz, text) is
  'Whether a service has a day to charge in the cycle: the day of activation counts, the day of the end does not. A suspended service is not charged.';
revoke all on function private.is_chargeable(public.customer_services, date, timestamptz, text)
  from public, anon, authenticated, service_role;

create function private.service_document(p_service_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', s.id, 'customer_id', s.customer_id, 'order_id', s.order_id, 'status', s.status,
    'package_name', p.name, 'monthly_price_cents', s.monthly_price_cents,
    'earlier_price', (
      select jsonb_build_object('until', ch.effective_on, 'price_cents', ch.from_price_cents)
      from public.service_price_changes as ch
      where ch.service_id = s.id and ch.effective_on > private.local_date(now(), private.billing_time_zone())
      order by ch.effective_on, ch.created_at
      limit 1),
    'activated_at', s.activated_at, 'suspended_at', s.suspended_at, 'cancelled_at', s.cancelled_at
  )
  from public.customer_services as s
  join public.service_packages as p on p.id = s.package_id
  where s.id = p_service_id
$$;
comment on function private.service_document(uuid) is
  'A service as the API shows it. earlier_price is what still counts on the days before until, where a change lies ahead.';
revoke all on function private.service_document(uuid) from public, anon, authenticated, service_role;

create function private.set_service_status(
  p_service_id uuid, p_status text, p_reason text, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_service public.customer_services;
begin
  select s.* into v_service from public.customer_services as s where s.id = p_service_id;
  if v_service.id is null then
    perform private.fail(404, 'not_found', 'service');
  end if;
  perform private.refuse_own_account(v_service.customer_id, p_actor);
  perform private.refuse_own_order(v_service.order_id, p_actor);
  perform private.lock_customers(array(
    select v_service.customer_id
    union
    select r.referrer_id from public.customer_referrals as r where r.order_id = v_service.order_id));
  select s.* into strict v_service from public.customer_services as s where s.id = p_service_id for update;
  if not (
    (v_service.status = 'active' and p_status in ('suspended', 'cancelled'))
    or (v_service.status = 'suspended' and p_status in ('active', 'cancelled'))
  ) then
    perform private.fail(409, 'service_status_invalid', v_service.status || ' → ' || coalesce(p_status, ''));
  end if;
  update public.customer_services as s
  set status = p_status,
    suspended_at = case when p_status = 'suspended' then p_as_of when p_status = 'active' then null else s.suspended_at end,
    cancelled_at = case when p_status = 'cancelled' then p_as_of end,
    updated_at = p_as_of
  where s.id = p_service_id;
  if p_status in ('suspended', 'cancelled') then
    perform private.stop_referral(v_service.order_id, 'service_' || p_status, p_as_of);
  end if;
  perform private.write_audit(
    p_actor, 'service.status_changed', 'service', p_service_id::text, v_service.customer_id, v_reason,
    jsonb_build_object('status', v_service.status), jsonb_build_object('status', p_status), p_as_of);
  return private.service_document(p_service_id);
end;
$$;
comment on function private.set_service_status(uuid, text, text, uuid, timestamptz) is
  'Suspends, reactivates or cancels a service. A stop before the qualifying day ends the referral; reactivation does not revive it.';
revoke all on function private.set_service_status(uuid, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.set_service_status(p_service_id uuid, p_status text, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.set_service_status(p_service_id, p_status, p_reason, private.require_permission('orders:manage'), now());
end;
$$;
comment on function public.set_service_status(uuid, text, text) is
  'Admin with orders:manage: suspends, reactivates or cancels a service, with a reason.';
revoke all on function public.set_service_status(uuid, text, text) from public, anon, authenticated, service_role;
grant execute on function public.set_service_status(uuid, text, text) to authenticated;

create table public.service_price_changes (
  id uuid primary key default gen_random_uuid(),
  service_id uuid not null references public.customer_services (id),
  effective_on date not null,
  from_package_id uuid not null references public.service_packages (id),
  from_price_cents bigint not null check (from_price_cents >= 0),
  to_package_id uuid not null references public.service_packages (id),
  to_price_cents bigint not null check (to_price_cents >= 0),
  reason text not null check (length(reason) between 3 and 500),
  actor_id uuid,
  created_at timestamptz not null default now(),
  check (from_package_id <> to_package_id or from_price_cents <> to_price_cents),
  unique (service_id, created_at)
);
comment on table public.service_price_changes is
  'Changes of a service''s package or price, in cents with VAT, append-only. The price of a local day is from_price_cents of the earliest change with a later effective_on, else the service''s current price.';
comment on column public.service_price_changes.effective_on is
  'First day, in the billing time zone, that is charged at the new price. A later change of the service never has an earlier day.';

create index service_price_changes_effective on public.service_price_changes (service_id, effective_on);
create index service_price_changes_from_package on public.service_price_changes (from_package_id);
create index service_price_changes_to_package on public.service_price_changes (to_package_id);

create trigger service_price_changes_append_only
  before update or delete on public.service_price_changes
  for each row execute function private.refuse_change();
create trigger service_price_changes_no_truncate
  before truncate on public.service_price_changes
  for each statement execute function private.refuse_change();

alter table public.service_price_changes enable row level security;
revoke all on table public.service_price_changes from public, anon, authenticated, service_role;
grant select on table public.service_price_changes to service_role;
-- Why and by whom a package was changed is for the audit log.
grant select (
  id, service_id, effective_on, from_package_id, from_price_cents, to_package_id, to_price_cents, created_at
) on table public.service_price_changes to authenticated;
create policy service_price_changes_select on public.service_price_changes
  for select to authenticated
  using (
    exists (
      select 1 from public.customer_services as s
      where s.id = service_id and s.customer_id = (select private.current_customer_id()))
    or (select public.has_permission('customers:view')));

create function private.earlier_prices(p_service_id uuid, p_period_start date)
returns json
language sql
stable
set search_path = ''
as $$
  select coalesce(json_agg(json_build_object(
    'until', ch.effective_on, 'package_name', ch.package_name, 'price_cents', ch.price_cents
  ) order by ch.effective_on), '[]')
  from (
    -- Of several changes from one day on, the days before it had the price that the first of them replaced.
    select distinct on (ch.effective_on) ch.effective_on, p.name as package_name, ch.from_price_cents as price_cents
    from public.service_price_changes as ch
    join public.service_packages as p on p.id = ch.from_package_id
    where ch.service_id = p_service_id and ch.effective_on > p_period_start
    order by ch.effective_on, ch.created_at
  ) as ch
$$;
comment on function private.earlier_prices(uuid, date) is
  'Prices of a service that changed after the cycle began: each counted on the days before until. Cents, VAT included.';
revoke all on function private.earlier_prices(uuid, date) from public, anon, authenticated, service_role;

create function private.price_change_day(p_service_id uuid, p_as_of timestamptz)
returns date
language plpgsql
stable
set search_path = ''
as $$
declare
  v_today date := private.local_date(p_as_of, private.billing_time_zone());
  v_cycle date := date_trunc('month', v_today)::date;
  v_day date := v_today;
begin
  -- An invoice never changes. Where this cycle has its invoice, a new price waits for the first cycle that has none.
  while exists (
    select 1 from public.customer_invoices as i where i.service_id = p_service_id and i.period_start = v_cycle)
  loop
    v_cycle := (v_cycle + interval '1 month')::date;
    v_day := v_cycle;
  end loop;
  -- Whoever waited for the lock brings an older clock. No change counts from before the one that it follows.
  return greatest(v_day, (
    select max(ch.effective_on) from public.service_price_changes as ch where ch.service_id = p_service_id));
end;
$$;
comment on function private.price_change_day(uuid, timestamptz) is
  'The local day from which a price that a service gets now would count: today, or the first day of the next cycle without an invoice.';
revoke all on function private.price_change_day(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.change_service_package(
  p_service_id uuid, p_package_slug text, p_reason text, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_service public.customer_services;
  v_old public.service_packages;
  v_new public.service_packages;
  v_effective date;
  v_made timestamptz;
begin
  select s.* into v_service from public.customer_services as s where s.id = p_service_id;
  if v_service.id is null then
    perform private.fail(404, 'not_found', 'service');
  end if;
  perform private.refuse_own_account(v_service.customer_id, p_actor);
  perform private.refuse_own_order(v_service.order_id, p_actor);
  -- Issuing an invoice takes the same lock: the cycle is either invoiced at the old price, or not at all yet.
  perform private.lock_customers(array[v_service.customer_id]);
  select s.* into strict v_service from public.customer_services as s where s.id = p_service_id for update;
  select p.* into v_new from public.service_packages as p where p.slug = p_package_slug and p.is_active;
  if v_new.id is null then
    perform private.fail(404, 'not_found', 'package');
  end if;
  if v_service.status not in ('active', 'suspended') then
    perform private.fail(409, 'package_not_changeable', v_service.status);
  end if;
  if v_service.package_id = v_new.id and v_service.monthly_price_cents = v_new.monthly_price_cents then
    perform private.fail(409, 'package_unchanged', v_new.slug);
  end if;
  select p.* into strict v_old from public.service_packages as p where p.id = v_service.package_id;

  v_effective := private.price_change_day(p_service_id, p_as_of);
  -- The order of the changes is the order of the lock, whatever the clocks say.
  select greatest(p_as_of, max(ch.created_at) + interval '1 microsecond') into v_made
  from public.service_price_changes as ch
  where ch.service_id = p_service_id;

  insert into public.service_price_changes
    (service_id, effective_on, from_package_id, from_price_cents, to_package_id, to_price_cents, reason, actor_id,
     created_at)
  values
    (p_service_id, v_effective, v_old.id, v_service.monthly_price_cents, v_new.id, v_new.monthly_price_cents, v_reason,
     p_actor, v_made);
  update public.customer_services as s
  set package_id = v_new.id, monthly_price_cents = v_new.monthly_price_cents, updated_at = p_as_of
  where s.id = p_service_id;
  perform private.write_audit(
    p_actor, 'service.package_changed', 'service', p_service_id::text, v_service.customer_id, v_reason,
    jsonb_build_object('package', v_old.name, 'monthly_price_cents', v_service.monthly_price_cents),
    jsonb_build_object(
      'package', v_new.name, 'monthly_price_cents', v_new.monthly_price_cents, 'effective_on', v_effective),
    p_as_of);
  return private.service_document(p_service_id) || jsonb_build_object('effective_on', v_effective);
end;
$$;
comment on function private.change_service_package(uuid, text, text, uuid, timestamptz) is
  'Moves an active or suspended service to a package on sale, at its current price. Takes effect today in the billing time zone, or from the first day of the next cycle without an invoice when this one has it.';
revoke all on function private.change_service_package(uuid, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.change_service_package(p_service_id uuid, p_package_slug text, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.change_service_package(
    p_service_id, p_package_slug, p_reason, private.require_permission('orders:manage'), now());
end;
$$;
comment on function public.change_service_package(uuid, text, text) is
  'Admin with orders:manage: moves a service to another package. Raises not_found, own_account, package_not_changeable, package_unchanged.';
revoke all on function public.change_service_package(uuid, text, text) from public, anon, authenticated, service_role;
grant execute on function public.change_service_package(uuid, text, text) to authenticated;

-- schemas/080_rewards.sql
-- Rewards: free months. Earning, granting, revoking and expiring them.

create table public.referral_rewards (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id),
  reward_type text not null default 'free_month' check (reward_type = 'free_month'),
  status text not null default 'pending' check (status in ('pending', 'applied', 'expired', 'revoked')),
  source text not null check (source in ('earned', 'manual')),
  referrals_required integer check (referrals_required > 0),
  cap_cents bigint check (cap_cents > 0),
  granted_by uuid,
  grant_reason text check (length(grant_reason) between 3 and 500),
  revoked_by uuid,
  revoked_at timestamptz,
  revoke_reason text check (length(revoke_reason) between 3 and 500),
  expires_at timestamptz not null,
  expired_at timestamptz,
  applied_invoice_id uuid unique,
  applied_at timestamptz,
  amount_waived_cents bigint check (amount_waived_cents >= 0),
  created_at timestamptz not null default now(),
  constraint referral_rewards_applied check (
    (status = 'applied')
    = (applied_invoice_id is not null and applied_at is not null and amount_waived_cents is not null)
    and (status = 'applied' or (applied_invoice_id is null and applied_at is null and amount_waived_cents is null))
  ),
  constraint referral_rewards_revoked check (
    (status = 'revoked') = (revoked_at is not null)
    and (revoked_at is null) = (revoke_reason is null)
  ),
  constraint referral_rewards_expired check ((status = 'expired') = (expired_at is not null)),
  constraint referral_rewards_source check (
    (source = 'earned' and referrals_required is not null)
    or (source = 'manual' and referrals_required is null and grant_reason is not null)
  )
);
comment on table public.referral_rewards is 'Free months. Applied and revoked are final; an applied one points to its invoice.';
comment on column public.referral_rewards.referrals_required is 'How many qualified referrals fed this earned reward, by the terms they were made under.';

create index referral_rewards_customer on public.referral_rewards (customer_id, created_at desc);
create index referral_rewards_pending on public.referral_rewards (expires_at, customer_id) where status = 'pending';
create index referral_rewards_pending_customer on public.referral_rewards (customer_id, expires_at) where status = 'pending';

create function private.keep_final_rewards()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception using errcode = 'PT409', message = 'reward_not_pending',
    detail = 'an applied, expired or revoked reward is final';
end;
$$;
comment on function private.keep_final_rewards() is 'Trigger: only a pending reward changes.';
revoke all on function private.keep_final_rewards() from public, anon, authenticated, service_role;

create trigger referral_rewards_final
  before update on public.referral_rewards
  for each row
  when (old.status <> 'pending')
  execute function private.keep_final_rewards();
create trigger referral_rewards_kept
  before delete on public.referral_rewards
  for each row execute function private.refuse_change();

alter table public.referral_rewards enable row level security;
revoke all on table public.referral_rewards from public, anon, authenticated, service_role;
grant select on table public.referral_rewards to service_role;
grant select on table public.referral_rewards to authenticated;
create policy referral_rewards_select on public.referral_rewards
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create function private.grant_earned_rewards(p_referrer_id uuid, p_as_of timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_granted integer := 0;
  v_ids uuid[];
  v_terms public.referral_program;
  v_reward public.referral_rewards;
  v_referrer public.customers;
begin
  loop
    -- Each friend was promised to be one of so many. In the order of that number, the first n friends
    -- who were all promised n or fewer earn a reward: a stricter promise never delays a kinder one.
    with unused as (
      select r.id, r.program_version, p.referrals_required,
        row_number() over (order by p.referrals_required, r.qualified_at, r.referred_at, r.id) as n
      from public.customer_referrals as r
      join public.referral_program as p on p.version = r.program_version
      where r.referrer_id = p_referrer_id
        and r.status = 'qualified'
        and r.reward_id is null
        and not exists (
          select 1 from public.referral_flags as f
          where f.referral_id = r.id and f.status = 'open' and f.severity = 'hold')
    ), complete as (
      select u.n from unused as u where u.referrals_required <= u.n order by u.n limit 1
    )
    select array_agg(u.id order by u.n), max(u.program_version)
    into v_ids, v_terms.version
    from unused as u
    where u.n <= (select c.n from complete as c);
    exit when v_ids is null;
    select p.* into strict v_terms from public.referral_program as p where p.version = v_terms.version;

    insert into public.referral_rewards
      (customer_id, source, referrals_required, cap_cents, expires_at, created_at)
    values
      (p_referrer_id, 'earned', cardinality(v_ids), v_terms.reward_cap_cents,
       private.local_plus(p_as_of, make_interval(months => v_terms.reward_expiry_months), private.billing_time_zone()),
       p_as_of)
    returning * into v_reward;
    update public.customer_referrals as r
    set reward_id = v_reward.id
    where r.id = any (v_ids);

    perform private.write_audit(
      null, 'reward.earned', 'reward', v_reward.id::text, p_referrer_id, null, null,
      jsonb_build_object('status', 'pending', 'source', 'earned', 'referral_ids', to_jsonb(v_ids)), p_as_of);

    select c.* into strict v_referrer from public.customers as c where c.id = p_referrer_id;
    perform private.enqueue_mail(
      'reward_earned', v_referrer.email, v_referrer.id,
      jsonb_build_object('first_name', v_referrer.first_name, 'expires_at', v_reward.expires_at),
      'reward_earned:' || v_reward.id, p_as_of);
    v_granted := v_granted + 1;
  end loop;
  return v_granted;
end;
$$;
comment on function private.grant_earned_rewards(uuid, timestamptz) is
  'Turns unused qualified referrals without an open hold into rewards. The caller holds the referrer''s lock.';
revoke all on function private.grant_earned_rewards(uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.grant_earned_rewards(p_referrer_id uuid, p_as_of timestamptz default now())
returns integer
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  perform private.lock_customers(array[p_referrer_id]);
  return private.grant_earned_rewards(p_referrer_id, p_as_of);
end;
$$;
comment on function public.grant_earned_rewards(uuid, timestamptz) is 'Server: grants what one referrer has earned. Returns how many rewards.';
revoke all on function public.grant_earned_rewards(uuid, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.grant_earned_rewards(uuid, timestamptz) to service_role;

create function private.grant_reward(
  p_customer_id uuid, p_reason text, p_key text, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_scope text := 'grant:' || p_actor;
  v_response jsonb;
  v_customer public.customers;
  v_terms public.referral_program;
  v_reward public.referral_rewards;
begin
  v_response := private.claim_idempotency_key(
    v_scope, p_key,
    encode(sha256(convert_to(jsonb_build_array(p_customer_id, v_reason)::text, 'UTF8')), 'hex'));
  if v_response is not null then
    return v_response;
  end if;
  select c.* into v_customer from public.customers as c where c.id = p_customer_id for no key update;
  if v_customer.id is null or v_customer.erased_at is not null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  perform private.refuse_own_account(p_customer_id, p_actor);
  perform private.hold_terms();
  v_terms := private.current_terms();
  insert into public.referral_rewards
    (customer_id, source, granted_by, grant_reason, cap_cents, expires_at, created_at)
  values
    (p_customer_id, 'manual', p_actor, v_reason, v_terms.reward_cap_cents,
     private.local_plus(p_as_of, make_interval(months => v_terms.reward_expiry_months), private.billing_time_zone()), p_as_of)
  returning * into v_reward;
  perform private.write_audit(
    p_actor, 'reward.granted', 'reward', v_reward.id::text, p_customer_id, v_reason, null,
    jsonb_build_object('status', 'pending', 'source', 'manual', 'expires_at', v_reward.expires_at), p_as_of);
  perform private.enqueue_mail(
    'reward_granted', v_customer.email, v_customer.id,
    jsonb_build_object('first_name', v_customer.first_name, 'reason', v_reason, 'expires_at', v_reward.expires_at),
    'reward_granted:' || v_reward.id, p_as_of);
  v_response := jsonb_build_object('reward_id', v_reward.id, 'status', 'pending', 'manually_granted', true);
  if p_key is not null then
    perform private.store_idempotent_response(v_scope, p_key, v_response);
  end if;
  return v_response;
end;
$$;
comment on function private.grant_reward(uuid, text, text, uuid, timestamptz) is
  'Grants a free month by hand, once per idempotency key, with audit row and mail.';
revoke all on function private.grant_reward(uuid, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.grant_reward(p_customer_id uuid, p_reason text, p_idempotency_key text default null)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.grant_reward(
    p_customer_id, p_reason, p_idempotency_key, private.require_permission('billing:manage_invoices'), now());
end;
$$;
comment on function public.grant_reward(uuid, text, text) is
  'Admin with billing:manage_invoices: grants a free month with a reason. Not to oneself.';
revoke all on function public.grant_reward(uuid, text, text) from public, anon, authenticated, service_role;
grant execute on function public.grant_reward(uuid, text, text) to authenticated;

create function private.revoke_reward(
  p_customer_id uuid, p_reward_id uuid, p_reason text, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_customer public.customers;
  v_reward public.referral_rewards;
begin
  select c.* into v_customer from public.customers as c where c.id = p_customer_id for no key update;
  select w.* into v_reward
  from public.referral_rewards as w
  where w.id = p_reward_id and w.customer_id = p_customer_id
  for update;
  if v_customer.id is null or v_reward.id is null then
    perform private.fail(404, 'not_found', 'reward');
  end if;
  perform private.refuse_own_account(p_customer_id, p_actor);
  if v_reward.status <> 'pending' then
    perform private.fail(409, 'reward_not_pending', v_reward.status);
  end if;
  update public.referral_rewards as w
  set status = 'revoked', revoked_by = p_actor, revoked_at = p_as_of, revoke_reason = v_reason
  where w.id = p_reward_id;
  perform private.write_audit(
    p_actor, 'reward.revoked', 'reward', p_reward_id::text, p_customer_id, v_reason,
    jsonb_build_object('status', 'pending'), jsonb_build_object('status', 'revoked'), p_as_of);
  perform private.enqueue_mail(
    'reward_revoked', v_customer.email, v_customer.id,
    jsonb_build_object('first_name', v_customer.first_name, 'reason', v_reason),
    'reward_revoked:' || p_reward_id, p_as_of);
  return jsonb_build_object('reward_id', p_reward_id, 'status', 'revoked', 'revoked_at', p_as_of);
end;
$$;
comment on function private.revoke_reward(uuid, uuid, text, uuid, timestamptz) is
  'Takes back a pending reward with a reason, audit row and mail. Raises reward_not_pending once it is applied, expired or revoked.';
revoke all on function private.revoke_reward(uuid, uuid, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.revoke_reward(p_customer_id uuid, p_reward_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.revoke_reward(
    p_customer_id, p_reward_id, p_reason, private.require_permission('billing:manage_invoices'), now());
end;
$$;
comment on function public.revoke_reward(uuid, uuid, text) is
  'Admin with billing:manage_invoices: revokes a pending reward with a reason. Not one''s own.';
revoke all on function public.revoke_reward(uuid, uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.revoke_reward(uuid, uuid, text) to authenticated;

create function public.expire_due(
  p_as_of timestamptz default now(), p_limit integer default 500, p_expire_rewards boolean default true
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_customers uuid[];
  v_referrals integer;
  v_rewards integer := 0;
  v_reminders integer := 0;
  -- Whole days of the billing zone, whatever the session's own zone makes of an interval.
  v_remind_until timestamptz := private.local_plus(p_as_of, interval '30 days', private.billing_time_zone());
  v_row record;
begin
  select array_agg(due.customer_id order by due.customer_id) into v_customers
  from (
    (select r.referrer_id as customer_id
     from public.customer_referrals as r
     where r.status = 'pending' and r.activation_due_at <= p_as_of
     order by r.activation_due_at limit p_limit)
    union
    (select w.customer_id
     from public.referral_rewards as w
     where p_expire_rewards and w.status = 'pending' and w.expires_at <= p_as_of
     order by w.expires_at limit p_limit)
    union
    (select w.customer_id
     from public.referral_rewards as w
     where w.status = 'pending' and w.expires_at > p_as_of and w.expires_at <= v_remind_until
       and not exists (select 1 from public.notifications as n where n.dedupe_key = 'reward_expiring:' || w.id)
     order by w.expires_at limit p_limit)
  ) as due;
  perform private.lock_customers(v_customers);

  update public.customer_referrals as r
  set status = 'expired', expired_at = p_as_of, status_reason = 'not_activated_in_time'
  where r.referrer_id = any (v_customers) and r.status = 'pending' and r.activation_due_at <= p_as_of;
  get diagnostics v_referrals = row_count;

  for v_row in
    update public.referral_rewards as w
    set status = 'expired', expired_at = p_as_of
    from public.customers as c
    where p_expire_rewards and w.customer_id = any (v_customers) and w.status = 'pending' and w.expires_at <= p_as_of and c.id = w.customer_id
    returning w.id, w.expires_at, c.id as customer_id, c.email, c.first_name
  loop
    v_rewards := v_rewards + 1;
    perform private.enqueue_mail(
      'reward_expired', v_row.email, v_row.customer_id,
      jsonb_build_object('first_name', v_row.first_name, 'expires_at', v_row.expires_at),
      'reward_expired:' || v_row.id, p_as_of);
  end loop;

  for v_row in
    select w.id, w.expires_at, c.id as customer_id, c.email, c.first_name
    from public.referral_rewards as w
    join public.customers as c on c.id = w.customer_id
    where w.customer_id = any (v_customers) and w.status = 'pending'
      and w.expires_at > p_as_of and w.expires_at <= v_remind_until
  loop
    if private.enqueue_mail(
      'reward_expiring', v_row.email, v_row.customer_id,
      jsonb_build_object('first_name', v_row.first_name, 'expires_at', v_row.expires_at),
      'reward_expiring:' || v_row.id, p_as_of) then
      v_reminders := v_reminders + 1;
    end if;
  end loop;

  return jsonb_build_object(
    'referrals_expired', v_referrals, 'rewards_expired', v_rewards, 'reminders', v_reminders,
    'more', cardinality(coalesce(v_customers, '{}')) > 0);
end;
$$;
comment on function public.expire_due(timestamptz, integer, boolean) is
  'Server: expires referrals past their window and rewards past their date, and queues the 30-day reminder, in one batch. p_expire_rewards false keeps rewards that cannot be used now.';
revoke all on function public.expire_due(timestamptz, integer, boolean) from public, anon, authenticated, service_role;
grant execute on function public.expire_due(timestamptz, integer, boolean) to service_role;

create function private.reward_balance(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'pending_rewards', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', w.id, 'reward_type', w.reward_type, 'status', w.status, 'source', w.source,
        'created_at', w.created_at, 'expires_at', w.expires_at
      ) order by w.expires_at, w.created_at, w.id)
      from public.referral_rewards as w
      where w.customer_id = p_customer_id and w.status = 'pending'), '[]'),
    'applied_rewards', coalesce((
      select jsonb_agg(to_jsonb(used) order by used.applied_at desc, used.id)
      from (
        select w.id, w.applied_at, i.invoice_number, w.amount_waived_cents, i.period_start
        from public.referral_rewards as w
        join public.customer_invoices as i on i.id = w.applied_invoice_id
        where w.customer_id = p_customer_id and w.status = 'applied'
        order by w.applied_at desc
        limit 24
      ) as used), '[]')
  )
$$;
comment on function private.reward_balance(uuid) is 'Pending and used free months of a customer. Amounts in cents.';
revoke all on function private.reward_balance(uuid) from public, anon, authenticated, service_role;

create function private.admin_reward_document(p_reward public.referral_rewards)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_reward.id, 'reward_type', p_reward.reward_type, 'status', p_reward.status, 'source', p_reward.source,
    'created_at', p_reward.created_at, 'expires_at', p_reward.expires_at, 'expired_at', p_reward.expired_at,
    'granted_by', private.admin_name(p_reward.granted_by), 'grant_reason', p_reward.grant_reason,
    'revoked_by', private.admin_name(p_reward.revoked_by), 'revoked_at', p_reward.revoked_at,
    'revoke_reason', p_reward.revoke_reason,
    'applied_at', p_reward.applied_at, 'amount_waived_cents', p_reward.amount_waived_cents,
    'invoice_number', (
      select i.invoice_number from public.customer_invoices as i where i.id = p_reward.applied_invoice_id),
    'referrals', coalesce((
      select jsonb_agg(private.mask_name(c.first_name, c.last_name) order by r.qualified_at, r.id)
      from public.customer_referrals as r join public.customers as c on c.id = r.referred_customer_id
      where r.reward_id = p_reward.id), '[]')
  )
$$;
comment on function private.admin_reward_document(public.referral_rewards) is 'A reward with who, when, why and which invoice.';
revoke all on function private.admin_reward_document(public.referral_rewards)
  from public, anon, authenticated, service_role;

-- schemas/090_referrals.sql
-- Referrals: who may refer, a friend from the visit to the day on which they count, and what a referrer sees of it.

create table public.referral_visits (
  id uuid primary key default gen_random_uuid(),
  visitor_id uuid not null,
  referrer_id uuid not null references public.customers (id),
  referral_code text not null,
  landing_path text not null default '/' check (length(landing_path) <= 300),
  ip_address inet,
  user_agent text check (length(user_agent) <= 1000),
  visited_at timestamptz not null default now()
);
comment on table public.referral_visits is 'Arrivals through a valid referral link.';

create index referral_visits_referrer on public.referral_visits (referrer_id, visited_at desc);
create index referral_visits_visited on public.referral_visits (visited_at);
create index referral_visits_visitor on public.referral_visits (visitor_id, visited_at desc);

alter table public.referral_visits enable row level security;
revoke all on table public.referral_visits from public, anon, authenticated, service_role;
grant select on table public.referral_visits to service_role;
grant select on table public.referral_visits to authenticated;
create policy referral_visits_select on public.referral_visits
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create table public.customer_referrals (
  id uuid primary key default gen_random_uuid(),
  referrer_id uuid not null references public.customers (id),
  referral_code text not null,
  referred_customer_id uuid not null references public.customers (id),
  referred_email text not null,
  referred_email_normalised text generated always as (private.normalise_email(referred_email)) stored,
  order_id uuid not null references public.orders (id),
  program_version integer not null references public.referral_program (version),
  status text not null default 'pending'
    check (status in ('pending', 'active', 'qualified', 'expired', 'cancelled', 'rejected')),
  status_reason text,
  source text not null default 'typed' check (source in ('link', 'typed', 'admin')),
  ip_address inet,
  user_agent text check (length(user_agent) <= 1000),
  referred_at timestamptz not null default now(),
  activation_due_at timestamptz not null,
  activated_at timestamptz,
  qualifies_at timestamptz,
  qualified_at timestamptz,
  expired_at timestamptz,
  cancelled_at timestamptz,
  rejected_at timestamptz,
  reward_id uuid references public.referral_rewards (id),
  constraint customer_referrals_not_self check (referrer_id <> referred_customer_id),
  constraint customer_referrals_active check (
    status not in ('active', 'qualified') or (activated_at is not null and qualifies_at is not null)
  ),
  constraint customer_referrals_qualified check ((status = 'qualified') = (qualified_at is not null and rejected_at is null)),
  constraint customer_referrals_expired check ((status = 'expired') = (expired_at is not null)),
  constraint customer_referrals_cancelled check ((status = 'cancelled') = (cancelled_at is not null)),
  constraint customer_referrals_rejected check ((status = 'rejected') = (rejected_at is not null)),
  constraint customer_referrals_reward check (reward_id is null or status = 'qualified')
);
comment on table public.customer_referrals is
  'One friend, referred by one customer, through one order. Terms are frozen by program_version.';
comment on column public.customer_referrals.activation_due_at is 'A pending referral whose service is not active by then expires.';
comment on column public.customer_referrals.qualifies_at is 'When the friend counts, if the service stays active until then.';
comment on column public.customer_referrals.reward_id is 'The earned reward that this qualified referral fed; at most one.';

create unique index customer_referrals_one_live_per_email
  on public.customer_referrals (referred_email_normalised)
  where status in ('pending', 'active', 'qualified');
create unique index customer_referrals_one_live_per_customer
  on public.customer_referrals (referred_customer_id)
  where status in ('pending', 'active', 'qualified');
create unique index customer_referrals_one_live_per_order
  on public.customer_referrals (order_id)
  where status in ('pending', 'active', 'qualified');
create index customer_referrals_referrer on public.customer_referrals (referrer_id, referred_at desc, id desc);
create index customer_referrals_referred_customer on public.customer_referrals (referred_customer_id);
create index customer_referrals_referred_email on public.customer_referrals (referred_email_normalised);
create index customer_referrals_order on public.customer_referrals (order_id);
create index customer_referrals_program on public.customer_referrals (program_version);
create index customer_referrals_reward on public.customer_referrals (reward_id) where reward_id is not null;
create index customer_referrals_due on public.customer_referrals (qualifies_at, referrer_id) where status = 'active';
create index customer_referrals_expiring on public.customer_referrals (activation_due_at) where status = 'pending';
create index customer_referrals_unrewarded on public.customer_referrals (referrer_id, qualified_at)
  where status = 'qualified' and reward_id is null;
create index customer_referrals_listed on public.customer_referrals (referred_at desc, id desc);
create index customer_referrals_status_listed on public.customer_referrals (status, referred_at desc, id desc);
create index customer_referrals_activated on public.customer_referrals (activated_at) where activated_at is not null;
create index customer_referrals_qualified_at on public.customer_referrals (qualified_at) where qualified_at is not null;
create index customer_referrals_device on public.customer_referrals (ip_address, referred_at) where ip_address is not null;

create function private.freeze_terms()
returns trigger
language plpgsql
set search_path = ''
as $$
declare
  v_terms public.referral_program := private.current_terms();
begin
  new.program_version := coalesce(new.program_version, v_terms.version);
  new.activation_due_at := coalesce(
    new.activation_due_at,
    private.local_plus(new.referred_at, make_interval(days => v_terms.activation_window_days), private.billing_time_zone())
  );
  return new;
end;
$$;
comment on function private.freeze_terms() is
  'Trigger: a new referral keeps the terms in force, so that a later version never changes what was promised.';
revoke all on function private.freeze_terms() from public, anon, authenticated, service_role;

create trigger customer_referrals_freeze_terms
  before insert on public.customer_referrals
  for each row execute function private.freeze_terms();

alter table public.customer_referrals enable row level security;
revoke all on table public.customer_referrals from public, anon, authenticated, service_role;
grant select on table public.customer_referrals to service_role;
-- A referrer sees their referrals, but not the friend's address, IP address, device or account.
grant select (
  id, referrer_id, referral_code, program_version, status, source, referred_at, activation_due_at, activated_at,
  qualifies_at, qualified_at, expired_at, cancelled_at, reward_id
) on table public.customer_referrals to authenticated;
create policy customer_referrals_select on public.customer_referrals
  for select to authenticated
  using (referrer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create table public.referral_attempts (
  id uuid primary key default gen_random_uuid(),
  order_id uuid not null references public.orders (id),
  referrer_id uuid references public.customers (id),
  referral_code text not null,
  reason text not null check (reason in (
    'invalid_code', 'program_paused', 'self_referral', 'duplicate_referral', 'referrer_not_eligible', 'rate_limited'
  )),
  evidence jsonb not null default '{}',
  created_at timestamptz not null default now()
);
comment on table public.referral_attempts is 'Orders that came with a code which was not applied, and why.';

create index referral_attempts_order on public.referral_attempts (order_id);
create index referral_attempts_referrer on public.referral_attempts (referrer_id, created_at desc);
create index referral_attempts_created on public.referral_attempts (created_at);

alter table public.referral_attempts enable row level security;
revoke all on table public.referral_attempts from public, anon, authenticated, service_role;
grant select on table public.referral_attempts to service_role;
grant select on table public.referral_attempts to authenticated;
create policy referral_attempts_select on public.referral_attempts
  for select to authenticated
  using ((select public.has_permission('referrals:review')));

create function private.find_referrer(p_code text)
returns public.customers
language sql
stable
set search_path = ''
as $$
  select c
  from public.customers as c
  where c.referral_code_key = right(p_code, 8)
    and c.erased_at is null
    and (
      length(p_code) = 8
      or translate(split_part(c.referral_code, '-', 1), 'OIL', '011') = translate(split_part(p_code, '-', 1), 'OIL', '011')
    )
$$;
comment on function private.find_referrer(text) is
  'The owner of a normalised code (PREFIX-BODY or BODY), or null. Letters that are read as digits match in the prefix too.';
revoke all on function private.find_referrer(text) from public, anon, authenticated, service_role;

create function private.referrer_is_eligible(p_customer_id uuid, p_as_of timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
      select 1 from public.customer_services as s
      where s.customer_id = p_customer_id and s.status = 'active'
    )
    and not private.has_overdue_invoice(p_customer_id, p_as_of)
$$;
comment on function private.referrer_is_eligible(uuid, timestamptz) is
  'A referrer needs an active service and no overdue invoice.';
revoke all on function private.referrer_is_eligible(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.referrals_in_month(p_referrer_id uuid, p_as_of timestamptz)
returns integer
language sql
stable
set search_path = ''
as $$
  select count(*)::integer
  from public.customer_referrals as r
  where r.referrer_id = p_referrer_id
    and r.referred_at >= date_trunc('month', p_as_of at time zone private.billing_time_zone()) at time zone private.billing_time_zone()
    and r.referred_at < (date_trunc('month', p_as_of at time zone private.billing_time_zone()) + interval '1 month') at time zone private.billing_time_zone()
$$;
comment on function private.referrals_in_month(uuid, timestamptz) is
  'Referrals recorded for a referrer in the calendar month of the billing time zone, whatever became of them.';
revoke all on function private.referrals_in_month(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.referrals_made(p_referrer_id uuid)
returns bigint
language sql
stable
set search_path = ''
as $$
  select count(*) from public.customer_referrals as r where r.referrer_id = p_referrer_id
$$;
comment on function private.referrals_made(uuid) is
  'All referrals of a referrer, ever. It only grows, so it tells whether an assessment saw the latest one.';
revoke all on function private.referrals_made(uuid) from public, anon, authenticated, service_role;

create function public.validate_referral_code(p_code text, p_as_of timestamptz default now())
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_referrer public.customers;
begin
  v_referrer := private.find_referrer(p_code);
  if v_referrer.id is null
    or (private.current_terms()).is_paused
    or not private.referrer_is_eligible(v_referrer.id, p_as_of) then
    return jsonb_build_object('valid', false);
  end if;
  return jsonb_build_object('valid', true, 'code', v_referrer.referral_code, 'referrer_first_name', v_referrer.first_name);
end;
$$;
comment on function public.validate_referral_code(text, timestamptz) is
  'Whether a normalised code can be used now, and whose it is by first name. The same answer for every reason of refusal.';
revoke all on function public.validate_referral_code(text, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.validate_referral_code(text, timestamptz) to service_role;

create function public.record_visit(
  p_code text, p_visitor_id uuid, p_landing_path text, p_ip_address inet, p_user_agent text,
  p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_referrer public.customers;
  v_terms public.referral_program := private.current_terms();
begin
  v_referrer := private.find_referrer(p_code);
  if v_referrer.id is null or v_terms.is_paused or not private.referrer_is_eligible(v_referrer.id, p_as_of) then
    return jsonb_build_object('valid', false);
  end if;
  insert into public.referral_visits
    (visitor_id, referrer_id, referral_code, landing_path, ip_address, user_agent, visited_at)
  values
    (p_visitor_id, v_referrer.id, v_referrer.referral_code, left(p_landing_path, 300), p_ip_address,
     left(p_user_agent, 1000), p_as_of);
  return jsonb_build_object(
    'valid', true, 'code', v_referrer.referral_code, 'referrer_first_name', v_referrer.first_name,
    'attribution_days', v_terms.attribution_days
  );
end;
$$;
comment on function public.record_visit(text, uuid, text, inet, text, timestamptz) is
  'Validates a link''s code and records the arrival if it is usable.';
revoke all on function public.record_visit(text, uuid, text, inet, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.record_visit(text, uuid, text, inet, text, timestamptz) to service_role;

create function private.stop_referral(p_order_id uuid, p_reason text, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  select r.* into v_referral
  from public.customer_referrals as r
  where r.order_id = p_order_id and r.status in ('pending', 'active')
  for update;
  if v_referral.id is null then
    return;
  end if;
  if v_referral.status = 'active' and v_referral.qualifies_at <= p_as_of then
    -- The days were complete before the stop; the job just had not run yet.
    perform private.qualify_one(v_referral.id, p_as_of);
    return;
  end if;
  update public.customer_referrals as r
  set status = 'cancelled', cancelled_at = p_as_of, status_reason = p_reason
  where r.id = v_referral.id;
end;
$$;
comment on function private.stop_referral(uuid, text, timestamptz) is
  'A referred service stopped: a referral that had not completed its days ends, with the reason. The caller holds the referrer''s lock.';
revoke all on function private.stop_referral(uuid, text, timestamptz) from public, anon, authenticated, service_role;

create function private.qualify_one(p_referral_id uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
  v_referrer public.customers;
  v_friend public.customers;
begin
  update public.customer_referrals as r
  set status = 'qualified', qualified_at = p_as_of
  where r.id = p_referral_id and r.status = 'active' and r.qualifies_at <= p_as_of
  returning * into v_referral;
  if not found then
    return;
  end if;
  select c.* into strict v_referrer from public.customers as c where c.id = v_referral.referrer_id;
  select c.* into strict v_friend from public.customers as c where c.id = v_referral.referred_customer_id;
  perform private.enqueue_mail(
    'referral_qualified', v_referrer.email, v_referrer.id,
    jsonb_build_object(
      'first_name', v_referrer.first_name,
      'friend', private.mask_name(v_friend.first_name, v_friend.last_name)),
    'referral_qualified:' || v_referral.id, p_as_of);
end;
$$;
comment on function private.qualify_one(uuid, timestamptz) is
  'Counts an active referral whose days are over, once. The caller holds the referrer''s lock.';
revoke all on function private.qualify_one(uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.qualify_referrals(
  p_as_of timestamptz default now(), p_grant boolean default true, p_after uuid default null, p_limit integer default 200
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_referrers uuid[];
  v_referrer uuid;
  v_referral uuid;
  v_qualified integer := 0;
  v_granted integer := 0;
begin
  select array_agg(due.referrer_id order by due.referrer_id) into v_referrers
  from (
    select candidates.referrer_id
    from (
      select r.referrer_id
      from public.customer_referrals as r
      where r.status = 'active' and r.qualifies_at <= p_as_of
      union
      -- Friends that were counted while granting was switched off, or whose hold was lifted since.
      select r.referrer_id
      from public.customer_referrals as r
      where p_grant and r.status = 'qualified' and r.reward_id is null
    ) as candidates
    where p_after is null or candidates.referrer_id > p_after
    order by candidates.referrer_id
    limit p_limit
  ) as due;

  perform private.lock_customers(v_referrers);
  foreach v_referrer in array coalesce(v_referrers, '{}') loop
    for v_referral in
      select r.id
      from public.customer_referrals as r
      join public.customer_services as s on s.order_id = r.order_id
      where r.referrer_id = v_referrer and r.status = 'active' and r.qualifies_at <= p_as_of and s.status = 'active'
      order by r.qualifies_at, r.id
    loop
      perform private.qualify_one(v_referral, p_as_of);
      v_qualified := v_qualified + 1;
    end loop;
    if p_grant then
      v_granted := v_granted + private.grant_earned_rewards(v_referrer, p_as_of);
    end if;
  end loop;

  return jsonb_build_object(
    'qualified', v_qualified, 'rewards_granted', v_granted,
    'next_after', case when cardinality(v_referrers) = p_limit then v_referrers[p_limit] end);
end;
$$;
comment on function public.qualify_referrals(timestamptz, boolean, uuid, integer) is
  'Server: counts friends whose days are over and grants rewards, for up to p_limit referrers after p_after. p_grant false counts without granting.';
revoke all on function public.qualify_referrals(timestamptz, boolean, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.qualify_referrals(timestamptz, boolean, uuid, integer) to service_role;

create function private.friend_document(p_referral public.customer_referrals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_referral.id,
    'referred_name', private.mask_name(c.first_name, c.last_name),
    'referred_email', private.mask_email(p_referral.referred_email),
    -- A customer is not told of reviews: a rejected friend shows as cancelled.
    'status', case when p_referral.status = 'rejected' then 'cancelled' else p_referral.status end,
    'status_reason', case when p_referral.status_reason = 'rejected_in_review' then 'not_eligible' else p_referral.status_reason end,
    'referred_at', p_referral.referred_at,
    'activation_due_at', p_referral.activation_due_at,
    'activated_at', p_referral.activated_at,
    'qualifies_at', p_referral.qualifies_at,
    'qualified_at', p_referral.qualified_at,
    'expired_at', p_referral.expired_at,
    'cancelled_at', coalesce(p_referral.cancelled_at, p_referral.rejected_at),
    'reward_id', p_referral.reward_id
  )
  from public.customers as c
  where c.id = p_referral.referred_customer_id
$$;
comment on function private.friend_document(public.customer_referrals) is
  'A friend as the referrer may see them: first name, initial, masked address, dates.';
revoke all on function private.friend_document(public.customer_referrals)
  from public, anon, authenticated, service_role;

create function private.referral_stats(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'total', count(*),
    'pending', count(*) filter (where r.status = 'pending'),
    'active', count(*) filter (where r.status = 'active'),
    'qualified', count(*) filter (where r.status = 'qualified'),
    'expired', count(*) filter (where r.status = 'expired'),
    'cancelled', count(*) filter (where r.status in ('cancelled', 'rejected')),
    'qualified_unused', count(*) filter (where r.status = 'qualified' and r.reward_id is null)
  )
  from public.customer_referrals as r
  where r.referrer_id = p_customer_id
$$;
comment on function private.referral_stats(uuid) is
  'How many friends stand where. A rejected friend counts as cancelled here; a customer is not told of reviews.';
revoke all on function private.referral_stats(uuid) from public, anon, authenticated, service_role;

create function public.get_my_referral_overview()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
begin
  return jsonb_build_object(
    'referral_code', (select c.referral_code from public.customers as c where c.id = v_customer),
    'stats', private.referral_stats(v_customer),
    'reward_balance', (
      select count(*) from public.referral_rewards as w
      where w.customer_id = v_customer and w.status = 'pending' and w.expires_at > now()),
    'terms', private.public_terms()
  );
end;
$$;
comment on function public.get_my_referral_overview() is 'Customer: own code, counts and the terms in force.';
revoke all on function public.get_my_referral_overview() from public, anon, authenticated, service_role;
grant execute on function public.get_my_referral_overview() to authenticated;

create function public.list_my_referrals(
  p_status text default null, p_limit integer default 20, p_cursor_at timestamptz default null, p_cursor_id uuid default null
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
  v_limit integer := least(greatest(coalesce(p_limit, 20), 1), 100);
  v_rows jsonb;
begin
  select jsonb_agg(private.friend_document(page.r) order by (page.r).referred_at desc, (page.r).id desc)
  into v_rows
  from (
    select r
    from public.customer_referrals as r
    where r.referrer_id = v_customer
      and (p_status is null or r.status = p_status or (p_status = 'cancelled' and r.status = 'rejected'))
      and (p_cursor_at is null or (r.referred_at, r.id) < (p_cursor_at, p_cursor_id))
    order by r.referred_at desc, r.id desc
    limit v_limit + 1
  ) as page;
  v_rows := coalesce(v_rows, '[]');
  return private.keyset_page('referrals', v_rows, v_limit, 'referred_at')
    || jsonb_build_object('stats', private.referral_stats(v_customer));
end;
$$;
comment on function public.list_my_referrals(text, integer, timestamptz, uuid) is
  'Customer: own friends, newest first, by keyset.';
revoke all on function public.list_my_referrals(text, integer, timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.list_my_referrals(text, integer, timestamptz, uuid) to authenticated;

create function private.admin_referral_document(p_referral public.customer_referrals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_referral.id,
    'referrer', jsonb_build_object(
      'id', a.id, 'name', btrim(a.first_name || ' ' || a.last_name), 'email', a.email, 'referral_code', a.referral_code),
    'referred', jsonb_build_object(
      'id', b.id, 'name', btrim(b.first_name || ' ' || b.last_name), 'email', b.email),
    'order_id', p_referral.order_id, 'status', p_referral.status, 'status_reason', p_referral.status_reason,
    'source', p_referral.source, 'referral_code', p_referral.referral_code, 'program_version', p_referral.program_version,
    'referred_at', p_referral.referred_at, 'activated_at', p_referral.activated_at,
    'qualifies_at', p_referral.qualifies_at, 'qualified_at', p_referral.qualified_at,
    'expired_at', p_referral.expired_at, 'cancelled_at', p_referral.cancelled_at, 'rejected_at', p_referral.rejected_at,
    'reward_id', p_referral.reward_id,
    'flags', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', f.id, 'signal', f.signal, 'severity', f.severity, 'weight', f.weight, 'status', f.status
      ) order by f.severity desc, f.weight desc, f.signal)
      from public.referral_flags as f where f.referral_id = p_referral.id), '[]')
  )
  from public.customers as a, public.customers as b
  where a.id = p_referral.referrer_id and b.id = p_referral.referred_customer_id
$$;
comment on function private.admin_referral_document(public.customer_referrals) is 'A referral with both parties and its flags, as admins see it.';
revoke all on function private.admin_referral_document(public.customer_referrals)
  from public, anon, authenticated, service_role;

create function public.admin_list_referrals(
  p_status text default null, p_flagged boolean default null, p_q text default null,
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 25), 1), 1000);
  v_q text := nullif(btrim(coalesce(p_q, '')), '');
  v_found uuid[];
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  if v_q is not null then
    v_found := array(select private.search_customers(v_q));
  end if;
  select coalesce(jsonb_agg(private.admin_referral_document(page.r) order by (page.r).referred_at desc, (page.r).id desc), '[]')
  into v_rows
  from (
    select r
    from public.customer_referrals as r
    where (p_status is null or r.status = p_status)
      and (p_flagged is null or p_flagged = exists (
        select 1 from public.referral_flags as f where f.referral_id = r.id and f.status = 'open'))
      and (v_q is null or r.referrer_id = any (v_found) or r.referred_customer_id = any (v_found))
      and (p_cursor_at is null or (r.referred_at, r.id) < (p_cursor_at, p_cursor_id))
    order by r.referred_at desc, r.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('referrals', v_rows, v_limit, 'referred_at');
end;
$$;
comment on function public.admin_list_referrals(text, boolean, text, timestamptz, uuid, integer) is
  'Admin with customers:view: all referrals, newest first, filtered, searched and keyset-paged.';
revoke all on function public.admin_list_referrals(text, boolean, text, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_referrals(text, boolean, text, timestamptz, uuid, integer) to authenticated;

-- schemas/100_fraud.sql
-- Fraud: the evidence that the rules judge, the flags they raise, and the review.

create table public.referral_flags (
  id uuid primary key default gen_random_uuid(),
  referral_id uuid not null references public.customer_referrals (id),
  signal text not null check (signal in (
    'same_address_as_referrer', 'same_address_as_referral', 'same_phone_as_referral',
    'address_recently_served', 'velocity', 'disposable_email', 'shared_ip', 'same_device', 'fast_order', 'manual'
  )),
  severity text not null check (severity in ('flag', 'hold')),
  weight integer not null default 0 check (weight between 0 and 100),
  evidence jsonb not null default '{}' check (jsonb_typeof(evidence) = 'object'),
  status text not null default 'open' check (status in ('open', 'cleared', 'rejected')),
  decided_by uuid,
  decided_at timestamptz,
  decision_reason text,
  created_at timestamptz not null default now(),
  unique (referral_id, signal),
  check ((status = 'open') = (decided_at is null))
);
comment on table public.referral_flags is 'Fraud signals on a referral. An open hold keeps the referral from feeding a reward until it is reviewed.';

create index referral_flags_open on public.referral_flags (created_at, referral_id) where status = 'open';

alter table public.referral_flags enable row level security;
revoke all on table public.referral_flags from public, anon, authenticated, service_role;
grant select on table public.referral_flags to service_role;
grant select on table public.referral_flags to authenticated;
create policy referral_flags_select on public.referral_flags
  for select to authenticated
  using ((select public.has_permission('referrals:review')));

create function public.prepare_order(p_order jsonb, p_as_of timestamptz default now())
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_key public.idempotency_keys;
  v_package public.service_packages;
  v_terms public.referral_program := private.current_terms();
  v_code text := p_order ->> 'referral_code';
  v_email text := private.normalise_email(p_order ->> 'email');
  v_ip inet := (p_order ->> 'ip_address')::inet;
  v_referrer public.customers;
  v_evidence jsonb;
begin
  select k.* into v_key
  from public.idempotency_keys as k
  where k.scope = 'order' and k.key = p_order ->> 'idempotency_key';

  select p.* into v_package
  from public.service_packages as p
  where p.slug = p_order ->> 'package_slug' and p.is_active;

  if v_code is not null then
    v_referrer := private.find_referrer(v_code);
  end if;
  if v_referrer.id is not null then
    v_evidence := jsonb_build_object(
      'referrer', jsonb_build_object(
        'customer_id', v_referrer.id,
        'email_normalised', v_referrer.email_normalised,
        'phone', v_referrer.phone,
        'address_key', v_referrer.address_key,
        'has_active_service', exists (
          select 1 from public.customer_services as s where s.customer_id = v_referrer.id and s.status = 'active'),
        'has_stopped_service', exists (
          select 1 from public.customer_services as s
          where s.customer_id = v_referrer.id and s.status in ('suspended', 'cancelled')),
        'overdue_invoices', case when private.has_overdue_invoice(v_referrer.id, p_as_of) then 1 else 0 end,
        'ip_addresses', coalesce((
          select jsonb_agg(distinct host(o.ip_address))
          from public.orders as o
          where o.customer_id = v_referrer.id and o.ip_address is not null), '[]')
      ),
      'referred', jsonb_build_object(
        'email', p_order ->> 'email',
        'email_normalised', v_email,
        'phone', p_order ->> 'phone',
        'address_key', p_order ->> 'address_key',
        'is_customer', exists (select 1 from public.customers as c where c.email_normalised = v_email),
        'was_referred', exists (
          select 1 from public.customer_referrals as r where r.referred_email_normalised = v_email),
        -- In one notation, so that two spellings of an IPv6 address compare as the same.
        'ip_address', host(v_ip),
        'user_agent', p_order ->> 'user_agent'
      ),
      'counts', jsonb_build_object(
        'this_month', private.referrals_in_month(v_referrer.id, p_as_of),
        'last_24h', (
          select count(*) from public.customer_referrals as r
          where r.referrer_id = v_referrer.id and r.referred_at > p_as_of - interval '24 hours'),
        'total', private.referrals_made(v_referrer.id)
      ),
      'matches', jsonb_build_object(
        'same_address_referral_ids', coalesce((
          select jsonb_agg(r.id)
          from public.customer_referrals as r join public.orders as o on o.id = r.order_id
          where r.referrer_id = v_referrer.id and o.address_key = p_order ->> 'address_key'), '[]'),
        'same_phone_referral_ids', coalesce((
          select jsonb_agg(r.id)
          from public.customer_referrals as r join public.customers as c on c.id = r.referred_customer_id
          where r.referrer_id = v_referrer.id and c.phone = p_order ->> 'phone'), '[]'),
        'same_ip_referral_ids', coalesce((
          select jsonb_agg(r.id)
          from public.customer_referrals as r
          where r.referrer_id = v_referrer.id and r.ip_address = v_ip
            and r.referred_at > p_as_of - interval '30 days'), '[]'),
        'same_device_referral_ids', coalesce((
          select jsonb_agg(near.id)
          from (
            select r.id
            from public.customer_referrals as r
            where r.ip_address = v_ip and r.user_agent = p_order ->> 'user_agent'
              and r.referred_at > p_as_of - interval '10 minutes'
            order by r.referred_at desc
            limit 20
          ) as near), '[]'),
        'address_served_recently', exists (
          select 1
          from public.orders as o join public.customer_services as s on s.order_id = o.id
          where o.address_key = p_order ->> 'address_key'
            and s.activated_at is not null
            and (s.cancelled_at is null or s.cancelled_at > p_as_of - interval '90 days')),
        'address_served_until', (
          select max(coalesce(s.cancelled_at, p_as_of))
          from public.orders as o join public.customer_services as s on s.order_id = o.id
          where o.address_key = p_order ->> 'address_key' and s.activated_at is not null)
      ),
      'visit', jsonb_build_object('visited_at', (
        select max(v.visited_at)
        from public.referral_visits as v
        where v.visitor_id = (p_order ->> 'visitor_id')::uuid and v.referrer_id = v_referrer.id)),
      'ordered_at', p_as_of
    );
  end if;

  return jsonb_build_object(
    'replay', case when v_key.key is null then null else jsonb_build_object(
      'request_hash', v_key.request_hash, 'response', v_key.response) end,
    'package', case when v_package.id is null then null else jsonb_build_object(
      'id', v_package.id, 'slug', v_package.slug, 'name', v_package.name) end,
    'terms', to_jsonb(v_terms) - array['reason', 'created_by', 'created_at'],
    'referrer_found', v_referrer.id is not null,
    'evidence', v_evidence
  );
end;
$$;
comment on function public.prepare_order(jsonb, timestamptz) is
  'Everything that the fraud rules need to judge an order''s code, the package and an earlier answer to the same key, in one read.';
revoke all on function public.prepare_order(jsonb, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.prepare_order(jsonb, timestamptz) to service_role;

create function private.review_referral(
  p_referral_id uuid, p_decision text, p_reason text, p_grant boolean, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_referral public.customer_referrals;
  v_flag_status text;
  v_flags integer;
  v_granted integer := 0;
begin
  if p_decision is null or p_decision not in ('clear', 'reject') then
    perform private.fail(400, 'invalid_request', 'decision');
  end if;
  select r.* into v_referral from public.customer_referrals as r where r.id = p_referral_id;
  if v_referral.id is null then
    perform private.fail(404, 'not_found', 'referral');
  end if;
  perform private.lock_customers(array[v_referral.referrer_id]);
  select r.* into strict v_referral from public.customer_referrals as r where r.id = p_referral_id for update;
  perform private.refuse_own_account(v_referral.referrer_id, p_actor);
  perform private.refuse_own_account(v_referral.referred_customer_id, p_actor);
  if p_decision = 'reject' and v_referral.reward_id is not null then
    perform private.fail(409, 'referral_already_rewarded');
  end if;

  v_flag_status := case p_decision when 'clear' then 'cleared' else 'rejected' end;
  update public.referral_flags as f
  set status = v_flag_status, decided_by = p_actor, decided_at = p_as_of, decision_reason = v_reason
  where f.referral_id = p_referral_id and f.status = 'open';
  get diagnostics v_flags = row_count;
  if v_flags = 0 then
    perform private.fail(409, 'referral_not_reviewable');
  end if;

  if p_decision = 'reject' then
    update public.customer_referrals as r
    set status = 'rejected', rejected_at = p_as_of, status_reason = 'rejected_in_review',
      expired_at = null, cancelled_at = null
    where r.id = p_referral_id;
  elsif p_grant then
    v_granted := private.grant_earned_rewards(v_referral.referrer_id, p_as_of);
  end if;
  perform private.write_audit(
    p_actor, 'referral.' || v_flag_status, 'referral', p_referral_id::text, v_referral.referrer_id, v_reason,
    jsonb_strip_nulls(jsonb_build_object(
      'status', v_referral.status, 'open_flags', v_flags,
      'expired_at', v_referral.expired_at, 'cancelled_at', v_referral.cancelled_at)),
    jsonb_build_object('status', case p_decision when 'reject' then 'rejected' else v_referral.status end, 'open_flags', 0),
    p_as_of);
  return jsonb_build_object(
    'referral_id', p_referral_id, 'referrer_id', v_referral.referrer_id, 'decision', p_decision,
    'status', case p_decision when 'reject' then 'rejected' else v_referral.status end,
    'rewards_granted', v_granted);
end;
$$;
comment on function private.review_referral(uuid, text, text, boolean, uuid, timestamptz) is
  'Closes a referral''s open flags. Clearing lifts a hold and may grant; rejecting ends the referral. One''s own referrals are off limits.';
revoke all on function private.review_referral(uuid, text, text, boolean, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.review_referral(p_referral_id uuid, p_decision text, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  -- Granting is left to the qualify job: this caller could not be trusted with the kill switch.
  return private.review_referral(
    p_referral_id, p_decision, p_reason, false, private.require_permission('referrals:review'), now());
end;
$$;
comment on function public.review_referral(uuid, text, text) is
  'Admin with referrals:review: clears or rejects a flagged referral, with a reason.';
revoke all on function public.review_referral(uuid, text, text) from public, anon, authenticated, service_role;
grant execute on function public.review_referral(uuid, text, text) to authenticated;

create function public.get_review_queue(
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 20
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 20), 1), 100);
  v_rows jsonb;
begin
  perform private.require_permission('referrals:review');
  select coalesce(jsonb_agg(
    private.admin_referral_document(page.r) || jsonb_build_object(
      'flagged_at', page.flagged_at,
      'score', page.score,
      'open_flags', (
        select jsonb_agg(jsonb_build_object(
          'id', f.id, 'signal', f.signal, 'severity', f.severity, 'weight', f.weight, 'evidence', f.evidence,
          'created_at', f.created_at) order by f.severity desc, f.weight desc, f.signal)
        from public.referral_flags as f where f.referral_id = (page.r).id and f.status = 'open'),
      'referrer_details', (
        select jsonb_build_object('phone', c.phone, 'address', c.address, 'customer_since', c.created_at)
        from public.customers as c where c.id = (page.r).referrer_id),
      'referred_details', (
        select jsonb_build_object(
          'phone', c.phone, 'address', o.installation_address, 'customer_since', c.created_at,
          'ip_address', host((page.r).ip_address), 'user_agent', (page.r).user_agent)
        from public.customers as c join public.orders as o on o.id = (page.r).order_id
        where c.id = (page.r).referred_customer_id)
    ) order by page.flagged_at, (page.r).id), '[]')
  into v_rows
  from (
    select r, queue.flagged_at, queue.score
    from (
      select f.referral_id, min(f.created_at) as flagged_at, sum(f.weight) as score
      from public.referral_flags as f
      where f.status = 'open'
      group by f.referral_id
    ) as queue
    join public.customer_referrals as r on r.id = queue.referral_id
    where p_cursor_at is null or (queue.flagged_at, r.id) > (p_cursor_at, p_cursor_id)
    order by queue.flagged_at, r.id
    limit v_limit + 1
  ) as page;
  return private.keyset_page('queue', v_rows, v_limit, 'flagged_at')
    || jsonb_build_object('open', (select count(distinct f.referral_id) from public.referral_flags as f where f.status = 'open'));
end;
$$;
comment on function public.get_review_queue(timestamptz, uuid, integer) is
  'Admin with referrals:review: referrals with open flags, oldest first, with what matched what.';
revoke all on function public.get_review_queue(timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.get_review_queue(timestamptz, uuid, integer) to authenticated;

-- schemas/110_billing_runs.sql
-- Billing runs: one run per cycle at a time, shared by several processes, refused outside its cycle unless forced, with
-- its progress, its errors per service and a sign of life in its row.
--
-- Locks: claiming a range takes the advisory lock of the run first, and no row of customers. Issuing follows the order of
-- all operations and ends with a shared lock on the run; closing a run excludes it, and so waits for every batch under way.

create table public.billing_runs (
  id uuid primary key default gen_random_uuid(),
  period_start date not null,
  period_end date not null,
  as_of timestamptz not null,
  status text not null default 'running' check (status in ('running', 'completed', 'failed')),
  trigger text not null default 'job' check (trigger in ('job', 'cron', 'admin', 'seed')),
  rewards_enabled boolean not null default true,
  started_by uuid,
  services_total bigint not null default 0,
  invoices bigint not null default 0,
  free_months bigint not null default 0,
  waived_cents bigint not null default 0,
  total_cents bigint not null default 0,
  skipped bigint not null default 0,
  errors jsonb not null default '[]' check (jsonb_typeof(errors) = 'array'),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  force_reason text check (length(force_reason) between 3 and 500),
  heartbeat_at timestamptz not null default now(),
  settings_version integer references public.billing_settings (version),
  check (period_end > period_start),
  check ((status = 'running') = (finished_at is null))
);
comment on table public.billing_runs is 'One row per billing run: progress while it runs, totals afterwards. Amounts in cents.';
comment on column public.billing_runs.force_reason is 'Why a cycle was billed before it began or after it was over.';
comment on column public.billing_runs.heartbeat_at is
  'When somebody last worked on the run, by the clock of the database. Silent for 15 minutes: it was interrupted.';
comment on column public.billing_runs.settings_version is
  'The billing settings that were in force when the run began. All its invoices are made with them, whoever joins it.';
comment on column public.billing_runs.errors is
  'What could not be billed: [{customer_id, service_id, message}]. Without a service: the customer or the run as a whole.';

create index billing_runs_started on public.billing_runs (started_at desc, id desc);
create index billing_runs_settings on public.billing_runs (settings_version);
create unique index billing_runs_one_at_a_time on public.billing_runs (period_start) where status = 'running';

alter table public.billing_runs enable row level security;
revoke all on table public.billing_runs from public, anon, authenticated, service_role;
grant select on table public.billing_runs to service_role;
grant select on table public.billing_runs to authenticated;
create policy billing_runs_select on public.billing_runs
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create table public.billing_run_steps (
  id bigint primary key generated always as identity,
  run_id uuid not null references public.billing_runs (id),
  process_id uuid not null,
  step text not null check (step in ('joined', 'claimed', 'issued', 'left')),
  last_customer_id uuid,
  invoices bigint not null default 0,
  free_months bigint not null default 0,
  waived_cents bigint not null default 0,
  total_cents bigint not null default 0,
  created_at timestamptz not null default now(),
  check ((step = 'claimed') = (last_customer_id is not null)),
  check (step = 'issued' or invoices = 0)
);
comment on table public.billing_run_steps is
  'What the processes of a billing run did, one row per transaction: the ranges of customers they claimed, what they issued. Amounts in cents.';
comment on column public.billing_run_steps.last_customer_id is 'The customer, by id, with whom a claimed range ends.';

create index billing_run_steps_run on public.billing_run_steps (run_id, id);
create unique index billing_run_steps_claimed on public.billing_run_steps (run_id, last_customer_id)
  where last_customer_id is not null;

alter table public.billing_run_steps enable row level security;
revoke all on table public.billing_run_steps from public, anon, authenticated, service_role;
grant select on table public.billing_run_steps to service_role;
revoke all on sequence public.billing_run_steps_id_seq from public, anon, authenticated, service_role;

create function private.billing_run_settings(p_run_id uuid)
returns public.billing_settings
language sql
stable
set search_path = ''
as $$
  select s
  from public.billing_settings as s
  where s.version = coalesce(
    (select r.settings_version from public.billing_runs as r where r.id = p_run_id),
    (select max(newest.version) from public.billing_settings as newest))
$$;
comment on function private.billing_run_settings(uuid) is
  'The settings that a run was started with: a version that is added meanwhile counts from the next run on.';
revoke all on function private.billing_run_settings(uuid) from public, anon, authenticated, service_role;

create function private.joined_errors(p_known jsonb, p_further jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select p_known || coalesce((
    select jsonb_agg(f.error order by f.position)
    from jsonb_array_elements(p_further) with ordinality as f (error, position)
    where not exists (
      select 1 from jsonb_array_elements(p_known) as k (error)
      where coalesce(k.error ->> 'service_id', k.error ->> 'customer_id', k.error ->> 'message')
        = coalesce(f.error ->> 'service_id', f.error ->> 'customer_id', f.error ->> 'message'))), '[]')
$$;
comment on function private.joined_errors(jsonb, jsonb) is
  'Errors of a billing run with those that are new among further ones: one per service.';
revoke all on function private.joined_errors(jsonb, jsonb) from public, anon, authenticated, service_role;

create function private.note_billing_progress(p_run_id uuid, p_not_since interval)
returns void
language sql
set search_path = ''
as $$
  update public.billing_runs as r
  set heartbeat_at = now(), invoices = done.invoices, free_months = done.free_months,
    waived_cents = done.waived_cents, total_cents = done.total_cents
  from (
    select coalesce(sum(p.invoices), 0) as invoices, coalesce(sum(p.free_months), 0) as free_months,
      coalesce(sum(p.waived_cents), 0) as waived_cents, coalesce(sum(p.total_cents), 0) as total_cents
    from public.billing_run_steps as p
    where p.run_id = p_run_id
  ) as done
  where r.id = p_run_id and r.status = 'running' and r.heartbeat_at <= now() - p_not_since
$$;
comment on function private.note_billing_progress(uuid, interval) is
  'Adds up in the run what its processes did, unless somebody has done so within p_not_since.';
revoke all on function private.note_billing_progress(uuid, interval) from public, anon, authenticated, service_role;

create function private.close_billing_run(p_run_id uuid, p_errors jsonb, p_alert_email text, p_as_of timestamptz)
returns public.billing_runs
language plpgsql
set search_path = ''
as $$
declare
  v_errors jsonb;
  v_run public.billing_runs;
begin
  perform private.note_billing_progress(p_run_id, interval '0');
  -- What was cured meanwhile is no error any more.
  select coalesce(jsonb_agg(e.error order by e.position), '[]') into v_errors
  from public.billing_runs as r
  cross join jsonb_array_elements(private.joined_errors(r.errors, p_errors)) with ordinality as e (error, position)
  where r.id = p_run_id
    and not exists (
      select 1 from public.customer_invoices as i
      where i.service_id = (e.error ->> 'service_id')::uuid and i.period_start = r.period_start);
  update public.billing_runs as r
  set status = case when v_errors = '[]' then 'completed' else 'failed' end, errors = v_errors, finished_at = now()
  where r.id = p_run_id
  returning * into strict v_run;
  perform private.write_audit(
    v_run.started_by, 'billing_run.' || v_run.status, 'billing_run', v_run.id::text, null, null,
    jsonb_build_object('status', 'running'),
    jsonb_build_object('status', v_run.status, 'invoices', v_run.invoices, 'free_months', v_run.free_months,
      'total_cents', v_run.total_cents, 'errors', jsonb_array_length(v_errors)), p_as_of);
  if v_run.status = 'failed' then
    perform private.enqueue_mail(
      'billing_run_failed', p_alert_email, null,
      jsonb_build_object('run_id', v_run.id, 'period_start', v_run.period_start,
        'errors', jsonb_array_length(v_errors), 'invoices', v_run.invoices),
      'billing_run_failed:' || v_run.id, p_as_of);
  end if;
  return v_run;
end;
$$;
comment on function private.close_billing_run(uuid, jsonb, text, timestamptz) is
  'Closes a running run, whose row the caller has locked for update, so that no batch of it is under way: completed without errors, else failed, with a mail to the admins.';
revoke all on function private.close_billing_run(uuid, jsonb, text, timestamptz)
  from public, anon, authenticated, service_role;

create function public.start_billing_run(
  p_period_start date, p_period_end date, p_ends_at timestamptz, p_trigger text, p_rewards_enabled boolean,
  p_actor uuid default null, p_as_of timestamptz default now(), p_run_id uuid default gen_random_uuid(),
  p_alert_email text default null, p_force_reason text default null, p_idempotency_key text default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_reason text := case when p_force_reason is not null then private.trimmed_reason(p_force_reason) end;
  -- The key of one admin is none of another's.
  v_scope text := concat_ws(':', 'billing_run', p_actor);
  v_today date := private.local_date(p_as_of, private.billing_time_zone());
  v_counts jsonb;
  v_run public.billing_runs;
  v_known jsonb;
  v_joined boolean := false;
begin
  if p_actor is not null then
    perform private.require_permission_of(p_actor, 'billing:manage_invoices');
  end if;
  v_known := private.claim_idempotency_key(
    v_scope, p_idempotency_key,
    encode(sha256(convert_to(format('%s %s', p_period_start, v_reason), 'UTF8')), 'hex'));
  if v_known is not null then
    v_joined := true;
    select r.* into strict v_run from public.billing_runs as r where r.id = (v_known ->> 'run_id')::uuid;
  else
    if v_reason is null and v_today < p_period_start then
      perform private.fail(409, 'billing_cycle_future', p_period_start::text);
    end if;
    if v_reason is null and v_today >= p_period_end then
      perform private.fail(409, 'billing_cycle_closed', p_period_start::text);
    end if;
    -- A run that was killed cannot close itself.
    for v_run in
      select r.* from public.billing_runs as r
      where r.status = 'running' and r.heartbeat_at < now() - interval '15 minutes'
      order by r.id
      for update
    loop
      perform private.close_billing_run(
        v_run.id, '[{"customer_id": null, "service_id": null, "message": "The run ended without being closed."}]',
        p_alert_email, p_as_of);
    end loop;

    loop
      -- The answer to the first call got lost, or somebody bills the cycle at this moment.
      select r.* into v_run
      from public.billing_runs as r
      where r.id = p_run_id or (r.status = 'running' and r.period_start = p_period_start)
      order by r.id = p_run_id desc
      limit 1
      for key share;
      if found then
        v_joined := v_run.id <> p_run_id;
        exit;
      end if;
      v_counts := coalesce(v_counts, private.count_billable_services(p_period_start, p_ends_at));
      insert into public.billing_runs
        (id, period_start, period_end, as_of, trigger, rewards_enabled, started_by, services_total, skipped, force_reason,
         settings_version)
      values
        (p_run_id, p_period_start, p_period_end, p_as_of, p_trigger, p_rewards_enabled, p_actor,
         (v_counts ->> 'services_total')::bigint, (v_counts ->> 'skipped')::bigint, v_reason,
         (private.current_billing_settings()).version)
      on conflict (period_start) where status = 'running' do nothing
      returning * into v_run;
      if found then
        perform private.write_audit(
          p_actor, 'billing_run.started', 'billing_run', p_run_id::text, null, v_reason, null,
          jsonb_build_object('period_start', p_period_start, 'trigger', p_trigger, 'rewards_enabled', p_rewards_enabled),
          p_as_of);
        exit;
      end if;
    end loop;
    -- A process that helps out is no news; somebody who asked for the run, or forced it, is.
    if v_joined and (p_actor is not null or v_reason is not null) then
      perform private.write_audit(
        p_actor, 'billing_run.joined', 'billing_run', v_run.id::text, null, v_reason, null,
        jsonb_build_object('period_start', p_period_start, 'trigger', p_trigger), p_as_of);
    end if;
    if p_idempotency_key is not null then
      perform private.store_idempotent_response(
        v_scope, p_idempotency_key, jsonb_build_object('run_id', v_run.id));
    end if;
  end if;
  if v_run.status = 'running' then
    insert into public.billing_run_steps (run_id, process_id, step) values (v_run.id, p_run_id, 'joined');
    perform private.note_billing_progress(v_run.id, interval '0');
    select r.* into strict v_run from public.billing_runs as r where r.id = v_run.id;
  end if;
  return jsonb_build_object(
    'run_id', v_run.id, 'status', v_run.status, 'joined', v_joined, 'as_of', v_run.as_of,
    'rewards_enabled', v_run.rewards_enabled, 'services_total', v_run.services_total, 'skipped', v_run.skipped,
    'invoices', v_run.invoices,
    'settings', to_jsonb(private.billing_run_settings(v_run.id)) - array['created_by', 'created_at']);
end;
$$;
comment on function public.start_billing_run(
  date, date, timestamptz, text, boolean, uuid, timestamptz, uuid, text, text, text
) is
  'Server: opens a run for a cycle, or joins the one that bills it at this moment; p_run_id names the process. Raises forbidden, billing_cycle_future, billing_cycle_closed (unless forced with a reason), idempotency_key_reused.';
revoke all on function public.start_billing_run(
  date, date, timestamptz, text, boolean, uuid, timestamptz, uuid, text, text, text
) from public, anon, authenticated, service_role;
grant execute on function public.start_billing_run(
  date, date, timestamptz, text, boolean, uuid, timestamptz, uuid, text, text, text
) to service_role;

-- Batches are read and checked by index, row by row: the plan of a function is made early in a run, when the tables
-- that it fills look empty. For the same reason invoices are counted per row below; a join could read all of them.
create function private.unbilled_customers(
  p_period_start date, p_ends_at timestamptz, p_after uuid, p_limit integer
)
returns uuid[]
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
set enable_material = off
as $$
declare
  -- A condition on p_after that may be null would read from the first customer each time.
  v_after uuid := coalesce(p_after, '00000000-0000-0000-0000-000000000000');
  v_time_zone text := private.billing_time_zone();
  -- Who ended on the first day of the cycle has no day in it.
  v_second_day timestamptz := private.start_of_day(p_period_start + 1, v_time_zone);
begin
  return (
    select array_agg(due.customer_id order by due.customer_id)
    from (
      (
        select distinct s.customer_id
        from public.customer_services as s
        where s.status = 'active' and s.activated_at < p_ends_at and s.customer_id > v_after
          and not exists (
            select 1 from public.customer_invoices as i
            where i.service_id = s.id and i.period_start = p_period_start)
        order by s.customer_id
        limit p_limit
      )
      union
      (
        select distinct s.customer_id
        from public.customer_services as s
        where s.status = 'cancelled' and s.activated_at is not null and s.customer_id > v_after
          and least(s.suspended_at, s.cancelled_at) >= v_second_day
          -- As private.is_chargeable, written out: this is asked of everybody who ended, in each batch.
          and s.activated_at < p_ends_at
          and (least(s.suspended_at, s.cancelled_at) at time zone v_time_zone)::date
            > (s.activated_at at time zone v_time_zone)::date
          -- Nobody is left to send it to. While a service runs, nobody is erased.
          and not exists (select 1 from public.customers as c where c.id = s.customer_id and c.erased_at is not null)
          and not exists (
            select 1 from public.customer_invoices as i
            where i.service_id = s.id and i.period_start = p_period_start)
        order by s.customer_id
        limit p_limit
      )
      order by customer_id
      limit p_limit
    ) as due
  );
end;
$$;
comment on function private.unbilled_customers(date, timestamptz, uuid, integer) is
  'The next customers, by id, with a service to charge that has no invoice for the cycle. Null: none is left.';
revoke all on function private.unbilled_customers(date, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;

create function private.count_billable_services(p_period_start date, p_ends_at timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_time_zone text := private.billing_time_zone();
begin
  return (
    select jsonb_build_object('services_total', count(*), 'skipped', count(i.id))
    from (
      select s.id
      from public.customer_services as s
      where s.status = 'active' and s.activated_at < p_ends_at
      union all
      select s.id
      from public.customer_services as s
      where s.status = 'cancelled' and s.activated_at is not null
        and least(s.suspended_at, s.cancelled_at) >= private.start_of_day(p_period_start + 1, v_time_zone)
        and private.is_chargeable(s, p_period_start, p_ends_at, v_time_zone)
        and not exists (select 1 from public.customers as c where c.id = s.customer_id and c.erased_at is not null)
    ) as due
    left join public.customer_invoices as i on i.service_id = due.id and i.period_start = p_period_start
  );
end;
$$;
comment on function private.count_billable_services(date, timestamptz) is
  'Services to charge in a cycle, and how many of them have their invoice already (skipped).';
revoke all on function private.count_billable_services(date, timestamptz)
  from public, anon, authenticated, service_role;

-- Text that is only passed on is built faster as json than as jsonb.
create function private.customer_billing_facts(p_customer_ids uuid[], p_period_start date, p_ends_at timestamptz)
returns json
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
set enable_material = off
as $$
declare
  v_time_zone text := private.billing_time_zone();
begin
  return (
    select coalesce(json_agg(json_build_object(
      'customer_id', c.id,
      'used_free_month', 0 < (
        select count(*) from public.customer_invoices as i
        where i.customer_id = c.id and i.period_start = p_period_start and i.is_free_month),
      'rewards', coalesce(w.pending, '[]'),
      'services', coalesce(s.chargeable, '[]')
    ) order by c.id), '[]')
    from unnest(p_customer_ids) as c (id)
    left join lateral (
      select json_agg(json_build_object(
        'id', w.id, 'expires_at', w.expires_at, 'created_at', w.created_at, 'cap_cents', w.cap_cents
      ) order by w.expires_at, w.created_at, w.id) as pending
      from public.referral_rewards as w
      where w.customer_id = c.id and w.status = 'pending'
    ) as w on true
    left join lateral (
      select json_agg(json_build_object(
        'service_id', s.id, 'package_name', p.name, 'price_cents', s.monthly_price_cents,
        'activated_at', s.activated_at, 'status', s.status,
        'ended_at', case when s.status = 'cancelled' then least(s.suspended_at, s.cancelled_at) end,
        'earlier_prices', case when ch.n > 0 then private.earlier_prices(s.id, p_period_start) else '[]' end,
        'price_changes', ch.n,
        'already_invoiced', 0 < (
          select count(*) from public.customer_invoices as i
          where i.service_id = s.id and i.period_start = p_period_start)
      ) order by s.id) as chargeable
      from public.customer_services as s
      join public.service_packages as p on p.id = s.package_id
      cross join lateral (
        select count(*) as n from public.service_price_changes as ch
        where ch.service_id = s.id and ch.effective_on > p_period_start
      ) as ch
      where s.customer_id = c.id and s.activated_at < p_ends_at
        and (s.status = 'active'
          or (s.status = 'cancelled' and private.is_chargeable(s, p_period_start, p_ends_at, v_time_zone)))
    ) as s on true
  );
end;
$$;
comment on function private.customer_billing_facts(uuid[], date, timestamptz) is
  'What the invoice rules need of each customer for the cycle that starts on p_period_start and ends before p_ends_at. price_changes tells, when the invoice is issued, whether the prices are still the same.';
revoke all on function private.customer_billing_facts(uuid[], date, timestamptz)
  from public, anon, authenticated, service_role;

create function public.claim_billing_batch(
  p_run_id uuid, p_ends_at timestamptz, p_limit integer default 200, p_process uuid default null,
  p_errors jsonb default '[]'
)
returns text
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_run public.billing_runs;
  v_customers uuid[];
begin
  -- One claim of a run at a time, so that ranges are disjoint.
  perform pg_advisory_xact_lock(hashtextextended('billing_run:' || p_run_id, 0));
  select r.* into v_run from public.billing_runs as r where r.id = p_run_id;
  if v_run.id is null then
    perform private.fail(404, 'not_found', 'billing run');
  end if;
  if v_run.status <> 'running' then
    perform private.fail(409, 'billing_run_closed', v_run.status);
  end if;
  if p_errors <> '[]' then
    update public.billing_runs as r set errors = private.joined_errors(r.errors, p_errors) where r.id = p_run_id;
  end if;
  v_customers := private.unbilled_customers(v_run.period_start, p_ends_at, (
    select p.last_customer_id from public.billing_run_steps as p
    where p.run_id = p_run_id and p.last_customer_id is not null
    order by p.last_customer_id desc
    limit 1), p_limit);
  if v_customers is not null then
    insert into public.billing_run_steps (run_id, process_id, step, last_customer_id)
    values (p_run_id, coalesce(p_process, p_run_id), 'claimed', v_customers[cardinality(v_customers)]);
  end if;
  perform private.note_billing_progress(p_run_id, interval '1 second');
  return json_build_object(
    'customers', private.customer_billing_facts(v_customers, v_run.period_start, p_ends_at))::text;
end;
$$;
comment on function public.claim_billing_batch(uuid, timestamptz, integer, uuid, jsonb) is
  'Server: the next range of customers of a run, with their facts, as text of JSON, and keeps the errors found so far. Empty when the range is used up. Raises billing_run_closed.';
revoke all on function public.claim_billing_batch(uuid, timestamptz, integer, uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.claim_billing_batch(uuid, timestamptz, integer, uuid, jsonb) to service_role;

create function public.read_billing_batch(
  p_period_start date, p_ends_at timestamptz, p_after uuid default null, p_limit integer default 200
)
returns text
language sql
stable
security definer
set search_path = ''
as $$
  select json_build_object(
    'customers',
    private.customer_billing_facts(
      private.unbilled_customers(p_period_start, p_ends_at, p_after, p_limit), p_period_start, p_ends_at),
    -- The first page brings the counts of the cycle, for a dry run.
    'counts', case when p_after is null then private.count_billable_services(p_period_start, p_ends_at) end)::text
$$;
comment on function public.read_billing_batch(date, timestamptz, uuid, integer) is
  'Server: the facts of the next unbilled customers after p_after, as text of JSON, without claiming them (dry run, final sweep).';
revoke all on function public.read_billing_batch(date, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.read_billing_batch(date, timestamptz, uuid, integer) to service_role;

create function public.finish_billing_run(
  p_run_id uuid, p_errors jsonb, p_alert_email text default null, p_as_of timestamptz default now(),
  p_process uuid default null, p_is_complete boolean default true
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_run public.billing_runs;
begin
  -- Waits for batches that are being issued.
  select r.* into v_run from public.billing_runs as r where r.id = p_run_id for update;
  if v_run.id is null then
    perform private.fail(404, 'not_found', 'billing run');
  end if;
  if v_run.status <> 'running' then
    -- Closed before, by a lost call or by another process: the work is done.
    return to_jsonb(v_run);
  end if;
  if not p_is_complete then
    insert into public.billing_run_steps (run_id, process_id, step)
    values (p_run_id, coalesce(p_process, p_run_id), 'left');
    if exists (
      select 1
      from public.billing_run_steps as p
      where p.run_id = p_run_id
      group by p.process_id
      having max(p.created_at) > now() - interval '15 minutes' and not bool_or(p.step = 'left'))
    then
      -- The others go on. What is wrong with this process alone is no error of the run.
      update public.billing_runs as r
      set errors = private.joined_errors(r.errors, coalesce((
        select jsonb_agg(e.error) from jsonb_array_elements(p_errors) as e (error)
        where e.error ->> 'customer_id' is not null), '[]'))
      where r.id = p_run_id;
      perform private.note_billing_progress(p_run_id, interval '0');
      select r.* into strict v_run from public.billing_runs as r where r.id = p_run_id;
      return to_jsonb(v_run);
    end if;
  end if;
  return to_jsonb(private.close_billing_run(p_run_id, p_errors, p_alert_email, p_as_of));
end;
$$;
comment on function public.finish_billing_run(uuid, jsonb, text, timestamptz, uuid, boolean) is
  'Server: closes a run; any error that is not cured makes it failed and mails the admins. A process that ends before the work is complete leaves the run to the others, and closes it when there are none.';
revoke all on function public.finish_billing_run(uuid, jsonb, text, timestamptz, uuid, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.finish_billing_run(uuid, jsonb, text, timestamptz, uuid, boolean) to service_role;

create function private.billing_run_is_interrupted(p_run public.billing_runs)
returns boolean
language sql
stable
set search_path = ''
as $$
  select p_run.status = 'running' and p_run.heartbeat_at < now() - interval '15 minutes'
$$;
comment on function private.billing_run_is_interrupted(public.billing_runs) is
  'Whether a run that was never closed has stopped: nobody worked on it for 15 minutes.';
revoke all on function private.billing_run_is_interrupted(public.billing_runs)
  from public, anon, authenticated, service_role;

create function private.billing_run_document(p_run public.billing_runs)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_run.id, 'period_start', p_run.period_start, 'period_end', p_run.period_end,
    'status', p_run.status, 'is_interrupted', private.billing_run_is_interrupted(p_run),
    'trigger', p_run.trigger, 'started_by', private.admin_name(p_run.started_by),
    'rewards_enabled', p_run.rewards_enabled, 'force_reason', p_run.force_reason,
    'services_total', p_run.services_total, 'skipped', p_run.skipped, 'done', p_run.skipped + p_run.invoices,
    'invoices', p_run.invoices, 'free_months', p_run.free_months, 'waived_cents', p_run.waived_cents,
    'total_cents', p_run.total_cents, 'error_count', jsonb_array_length(p_run.errors),
    'as_of', p_run.as_of, 'started_at', p_run.started_at, 'heartbeat_at', p_run.heartbeat_at,
    'finished_at', p_run.finished_at)
$$;
comment on function private.billing_run_document(public.billing_runs) is
  'A billing run as admins see it; amounts in cents. done counts the services that have their invoice by now.';
revoke all on function private.billing_run_document(public.billing_runs) from public, anon, authenticated, service_role;

create function private.billing_error_documents(p_errors jsonb)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'customer_id', c.id, 'customer_name', btrim(c.first_name || ' ' || c.last_name),
    'service_id', s.id, 'package_name', p.name, 'message', e.error ->> 'message') order by e.position), '[]')
  from jsonb_array_elements(p_errors) with ordinality as e (error, position)
  left join public.customers as c on c.id = (e.error ->> 'customer_id')::uuid
  left join public.customer_services as s on s.id = (e.error ->> 'service_id')::uuid
  left join public.service_packages as p on p.id = s.package_id
$$;
comment on function private.billing_error_documents(jsonb) is
  'Errors of a billing run with the names behind their ids. No customer: the run as a whole.';
revoke all on function private.billing_error_documents(jsonb) from public, anon, authenticated, service_role;

create function public.admin_list_billing_runs(
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 25), 1), 100);
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  select coalesce(jsonb_agg(private.billing_run_document(page.r) order by (page.r).started_at desc, (page.r).id desc), '[]')
  into v_rows
  from (
    select r
    from public.billing_runs as r
    where p_cursor_at is null or (r.started_at, r.id) < (p_cursor_at, p_cursor_id)
    order by r.started_at desc, r.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('runs', v_rows, v_limit, 'started_at')
    || jsonb_build_object('currency', (private.current_billing_settings()).currency);
end;
$$;
comment on function public.admin_list_billing_runs(timestamptz, uuid, integer) is
  'Admin with customers:view: billing runs, newest first, keyset-paged.';
revoke all on function public.admin_list_billing_runs(timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_billing_runs(timestamptz, uuid, integer) to authenticated;

create function public.admin_get_billing_run(p_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_run public.billing_runs;
begin
  perform private.require_permission('customers:view');
  select r.* into v_run from public.billing_runs as r where r.id = p_id;
  if v_run.id is null then
    perform private.fail(404, 'not_found', 'billing run');
  end if;
  return private.billing_run_document(v_run) || jsonb_build_object(
    'errors', private.billing_error_documents(v_run.errors),
    'currency', (private.current_billing_settings()).currency,
    'observed_at', now());
end;
$$;
comment on function public.admin_get_billing_run(uuid) is
  'Admin with customers:view: one billing run with its progress at observed_at and its errors by name. Raises not_found.';
revoke all on function public.admin_get_billing_run(uuid) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_billing_run(uuid) to authenticated;

create function public.admin_name_billing_errors(p_customer_ids uuid[], p_service_ids uuid[])
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('billing:manage_invoices');
  return jsonb_build_object(
    'customers', coalesce((
      select jsonb_object_agg(c.id, btrim(c.first_name || ' ' || c.last_name))
      from public.customers as c where c.id = any (p_customer_ids)), '{}'),
    'services', coalesce((
      select jsonb_object_agg(s.id, p.name)
      from public.customer_services as s join public.service_packages as p on p.id = s.package_id
      where s.id = any (p_service_ids)), '{}'));
end;
$$;
comment on function public.admin_name_billing_errors(uuid[], uuid[]) is
  'Admin with billing:manage_invoices: names of customers and of services'' packages by id, for the errors of a dry run.';
revoke all on function public.admin_name_billing_errors(uuid[], uuid[]) from public, anon, authenticated, service_role;
grant execute on function public.admin_name_billing_errors(uuid[], uuid[]) to authenticated;

-- schemas/120_invoices.sql
-- Invoices: never changed once issued, numbered without gaps, one per service and period.

create table public.invoice_series (
  series text not null,
  year integer not null,
  last_number bigint not null default 0 check (last_number >= 0),
  primary key (series, year)
);
comment on table public.invoice_series is
  'The last number given per series and year. Advanced in the transaction that issues, so that numbers have no gaps.';

alter table public.invoice_series enable row level security;
revoke all on table public.invoice_series from public, anon, authenticated, service_role;
grant select on table public.invoice_series to service_role;

create function private.line_items_total(p_line_items jsonb)
returns bigint
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select coalesce(sum((line ->> 'amount_cents')::bigint), 0)::bigint
  from jsonb_array_elements(p_line_items) as line
$$;
comment on function private.line_items_total(jsonb) is 'Sum of the lines'' amounts in cents, VAT included.';
revoke all on function private.line_items_total(jsonb) from public, anon, authenticated, service_role;

create table public.customer_invoices (
  id uuid primary key default gen_random_uuid(),
  invoice_number text not null unique,
  customer_id uuid not null references public.customers (id),
  service_id uuid not null references public.customer_services (id),
  run_id uuid references public.billing_runs (id),
  period_start date not null,
  period_end date not null,
  currency text not null default 'ZAR',
  vat_bps integer not null check (vat_bps between 0 and 10000),
  price_cents bigint not null check (price_cents >= 0),
  line_items jsonb not null check (jsonb_typeof(line_items) = 'array' and jsonb_array_length(line_items) > 0),
  subtotal_cents bigint not null,
  vat_cents bigint not null check (vat_cents >= 0),
  total_cents bigint not null check (total_cents >= 0),
  amount_due_cents bigint not null,
  is_free_month boolean not null default false,
  referral_reward_id uuid unique references public.referral_rewards (id),
  amount_waived_cents bigint not null default 0 check (amount_waived_cents >= 0),
  seller jsonb not null,
  buyer jsonb not null,
  due_on date not null,
  issued_at timestamptz not null default now(),
  constraint customer_invoices_period check (period_end > period_start),
  constraint customer_invoices_totals check (
    total_cents = subtotal_cents + vat_cents
    and total_cents = private.line_items_total(line_items)
    and amount_due_cents between 0 and total_cents + amount_waived_cents
  ),
  constraint customer_invoices_free_month check (
    is_free_month = (referral_reward_id is not null)
    and (is_free_month or amount_waived_cents = 0)
  ),
  constraint customer_invoices_one_per_service_and_period unique (service_id, period_start)
);
comment on table public.customer_invoices is
  'Tax invoices. Amounts in cents, VAT included unless named subtotal. period_end is exclusive. Never changed once issued.';
comment on column public.customer_invoices.price_cents is 'The monthly price that was charged, at billing time.';
comment on column public.customer_invoices.buyer is 'Snapshot of the buyer for the tax invoice; the only part that an erasure may blank.';

create unique index customer_invoices_one_free_month_per_cycle
  on public.customer_invoices (customer_id, period_start) where is_free_month;
create index customer_invoices_customer on public.customer_invoices (customer_id, issued_at desc, id desc);
create index customer_invoices_run on public.customer_invoices (run_id) where run_id is not null;
create index customer_invoices_due on public.customer_invoices (customer_id, due_on) where amount_due_cents > 0;
-- What admins see of billing: the runs with their progress, and the search of all invoices.

-- Newest first, and by number within one run, through any number of invoices.
create index customer_invoices_issued on public.customer_invoices (issued_at desc, invoice_number desc);
create index customer_invoices_free_months on public.customer_invoices (issued_at desc, invoice_number desc) where is_free_month;
create index customer_invoices_pro_rated on public.customer_invoices (issued_at desc, invoice_number desc)
  where total_cents + amount_waived_cents <> price_cents;
create index customer_invoices_number_prefix on public.customer_invoices (invoice_number text_pattern_ops);

alter table public.referral_rewards
  add constraint referral_rewards_applied_invoice_fkey
  foreign key (applied_invoice_id) references public.customer_invoices (id);

create function private.keep_invoice()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- Erasing a customer blanks the buyer snapshot and nothing else.
  if tg_op = 'UPDATE'
    and new.buyer is distinct from old.buyer
    and new.buyer = '{"erased": true}'::jsonb
    and to_jsonb(new) - 'buyer' = to_jsonb(old) - 'buyer' then
    return new;
  end if;
  raise exception using errcode = 'PT409', message = 'immutable_row',
    detail = format('%s rows are never changed once issued; corrections are credit notes', tg_table_name);
end;
$$;
comment on function private.keep_invoice() is
  'Trigger: an issued invoice or credit note is immutable but for erasing its buyer.';
revoke all on function private.keep_invoice() from public, anon, authenticated, service_role;

create trigger customer_invoices_immutable
  before update or delete on public.customer_invoices
  for each row execute function private.keep_invoice();
create trigger customer_invoices_no_truncate
  before truncate on public.customer_invoices
  for each statement execute function private.refuse_change();

alter table public.customer_invoices enable row level security;
revoke all on table public.customer_invoices from public, anon, authenticated, service_role;
grant select on table public.customer_invoices to service_role;
grant select on table public.customer_invoices to authenticated;
create policy customer_invoices_select on public.customer_invoices
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create table public.invoice_payments (
  invoice_id uuid primary key references public.customer_invoices (id),
  customer_id uuid not null references public.customers (id),
  amount_cents bigint not null check (amount_cents >= 0),
  paid_at timestamptz not null,
  created_at timestamptz not null default now()
);
comment on table public.invoice_payments is
  'Settled invoices, as the payment system reports them. An invoice with an amount due, past its due date and not here is overdue.';

create index invoice_payments_customer on public.invoice_payments (customer_id);

alter table public.invoice_payments enable row level security;
revoke all on table public.invoice_payments from public, anon, authenticated, service_role;
grant select on table public.invoice_payments to service_role;
grant select on table public.invoice_payments to authenticated;
create policy invoice_payments_select on public.invoice_payments
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create function public.issue_invoices(
  p_run_id uuid, p_invoices jsonb, p_as_of timestamptz default now(), p_process uuid default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
set enable_material = off
as $$
declare
  v_run public.billing_runs;
  v_settings public.billing_settings := private.billing_run_settings(p_run_id);
  v_issued_on date := private.local_date(p_as_of, v_settings.time_zone);
  v_year integer := extract(year from v_issued_on);
  v_number_start text := format('%s-%s-', v_settings.invoice_prefix, v_year);
  v_stale uuid[];
  v_count bigint;
  v_free bigint;
  v_waived bigint;
  v_total bigint;
begin
  -- Text of JSON in JSON: what passes it on on the way need not take it apart.
  if jsonb_typeof(p_invoices) = 'string' then
    p_invoices := (p_invoices #>> '{}')::jsonb;
  end if;
  select r.* into v_run from public.billing_runs as r where r.id = p_run_id;
  if v_run.id is null then
    perform private.fail(404, 'not_found', 'billing run');
  end if;
  perform private.lock_customers(array(
    select distinct d.customer_id from jsonb_to_recordset(p_invoices) as d (customer_id uuid)));
  -- A service that changes between this check and the commit waits for the customer lock. One stale draft refuses all
  -- of its customer's: the free month belongs to the dearest of them.
  with draft as materialized (
    select d.*
    from jsonb_to_recordset(p_invoices) as d (
      customer_id uuid, service_id uuid, period_start date, price_cents bigint, activated_at timestamptz,
      ended_at timestamptz, price_changes integer, vat_bps integer, line_items jsonb, subtotal_cents bigint,
      vat_cents bigint, total_cents bigint, amount_due_cents bigint, referral_reward_id uuid,
      amount_waived_cents bigint)
  ), checked as materialized (
    select d.*, c.first_name, c.last_name, c.email, c.address, coalesce(
      s.customer_id = d.customer_id
      and s.status in ('active', 'cancelled')
      and c.erased_at is null
      and (case when s.status = 'cancelled' then least(s.suspended_at, s.cancelled_at) end) is not distinct from d.ended_at
      and s.monthly_price_cents = d.price_cents
      and s.activated_at = d.activated_at
      and d.period_start = v_run.period_start
      and coalesce(d.price_changes, 0) = (
        select count(*) from public.service_price_changes as ch
        where ch.service_id = d.service_id and ch.effective_on > v_run.period_start)
      and 0 = (
        select count(*) from public.customer_invoices as i
        where i.service_id = d.service_id and i.period_start = v_run.period_start)
      and (
        d.referral_reward_id is null
        or (
          v_run.rewards_enabled
          and w.status = 'pending'
          and w.customer_id = d.customer_id
          and w.expires_at > p_as_of
          and 0 = (
            select count(*) from public.customer_invoices as i
            where i.customer_id = d.customer_id and i.period_start = v_run.period_start and i.is_free_month)
        )
      ), false) as is_fresh
    from draft as d
    left join public.customer_services as s on s.id = d.service_id
    left join public.customers as c on c.id = s.customer_id
    left join public.referral_rewards as w on w.id = d.referral_reward_id
  ), stale as materialized (
    select array_agg(distinct c.customer_id) as customers from checked as c where not c.is_fresh
  ), numbered as materialized (
    select c.*, gen_random_uuid() as id, row_number() over (order by c.customer_id, c.service_id) as place
    from checked as c, stale as s
    where s.customers is null or c.customer_id <> all (s.customers)
  ), series as (
    insert into public.invoice_series as n (series, year, last_number)
    select v_settings.invoice_prefix, v_year, max(d.place) from numbered as d having count(*) > 0
    on conflict (series, year) do update set last_number = n.last_number + excluded.last_number
    returning n.last_number - (select max(d.place) from numbered as d) as given_before
  ), issued as (
    insert into public.customer_invoices
      (id, invoice_number, customer_id, service_id, run_id, period_start, period_end, currency, vat_bps, price_cents,
       line_items, subtotal_cents, vat_cents, total_cents, amount_due_cents, is_free_month, referral_reward_id,
       amount_waived_cents, seller, buyer, due_on, issued_at)
    select
      d.id, v_number_start || lpad((n.given_before + d.place)::text,
        greatest(6, length((n.given_before + d.place)::text)), '0'),
      d.customer_id, d.service_id, p_run_id, v_run.period_start, v_run.period_end, v_settings.currency, d.vat_bps,
      d.price_cents, d.line_items, d.subtotal_cents, d.vat_cents, d.total_cents, d.amount_due_cents,
      d.referral_reward_id is not null, d.referral_reward_id, coalesce(d.amount_waived_cents, 0), v_settings.seller,
      jsonb_build_object(
        'name', btrim(d.first_name || ' ' || d.last_name), 'email', d.email, 'address', coalesce(d.address, '{}')),
      v_issued_on + v_settings.payment_days, p_as_of
    from numbered as d, series as n
    order by d.place
    returning id, invoice_number, customer_id, referral_reward_id, amount_waived_cents, total_cents
  ), applied as (
    update public.referral_rewards as w
    set status = 'applied', applied_invoice_id = i.id, applied_at = p_as_of, amount_waived_cents = i.amount_waived_cents
    from issued as i
    where w.id = i.referral_reward_id
  ), mailed as (
    insert into public.notifications (template, recipient, customer_id, payload, dedupe_key, created_at, next_attempt_at)
    select 'reward_applied', c.email, c.id,
      jsonb_build_object(
        'first_name', c.first_name, 'invoice_number', i.invoice_number,
        'amount_waived_cents', i.amount_waived_cents, 'amount_due_cents', i.total_cents,
        'period_start', v_run.period_start, 'currency', v_settings.currency),
      'reward_applied:' || i.referral_reward_id, p_as_of, least(p_as_of, now())
    from issued as i
    join public.customers as c on c.id = i.customer_id
    where i.referral_reward_id is not null
  )
  select coalesce((select s.customers from stale as s), '{}'), count(*), count(i.referral_reward_id),
    coalesce(sum(i.amount_waived_cents), 0), coalesce(sum(i.total_cents), 0)
  into v_stale, v_count, v_free, v_waived, v_total
  from issued as i;

  -- Whoever closes the run waits for this lock. A run that was closed keeps its totals: nothing of the batch happens.
  perform 1 from public.billing_runs as r where r.id = p_run_id and r.status = 'running' for key share;
  if not found then
    perform private.fail(409, 'billing_run_closed');
  end if;
  insert into public.billing_run_steps
    (run_id, process_id, step, invoices, free_months, waived_cents, total_cents)
  values (p_run_id, coalesce(p_process, p_run_id), 'issued', v_count, v_free, v_waived, v_total);
  perform private.note_billing_progress(p_run_id, interval '1 second');
  return jsonb_build_object(
    'issued', v_count, 'refused_customers', to_jsonb(v_stale), 'free_months', v_free, 'waived_cents', v_waived,
    'total_cents', v_total,
    'run_invoices', (select sum(p.invoices) from public.billing_run_steps as p where p.run_id = p_run_id));
end;
$$;
comment on function public.issue_invoices(uuid, jsonb, timestamptz, uuid) is
  'Server: issues a batch of computed invoices in one transaction: numbers, rewards, mails, run totals. Customers whose facts changed meanwhile are refused, with all their drafts, and named. Raises billing_run_closed.';
revoke all on function public.issue_invoices(uuid, jsonb, timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.issue_invoices(uuid, jsonb, timestamptz, uuid) to service_role;

create function public.record_invoice_payment(
  p_invoice_number text, p_amount_cents bigint, p_paid_at timestamptz
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_invoice public.customer_invoices;
begin
  select i.* into v_invoice from public.customer_invoices as i where i.invoice_number = p_invoice_number;
  if v_invoice.id is null then
    perform private.fail(404, 'not_found', 'invoice');
  end if;
  if p_amount_cents < v_invoice.amount_due_cents - private.credited_cents(v_invoice.id) then
    perform private.fail(400, 'invalid_request', 'less than the amount due');
  end if;
  insert into public.invoice_payments (invoice_id, customer_id, amount_cents, paid_at)
  values (v_invoice.id, v_invoice.customer_id, p_amount_cents, p_paid_at)
  on conflict (invoice_id) do nothing;
  return jsonb_build_object('invoice_number', p_invoice_number, 'recorded', found);
end;
$$;
comment on function public.record_invoice_payment(text, bigint, timestamptz) is
  'Server: the payment system reports an invoice as settled, with what was due after its credit notes. Repeating it changes nothing.';
revoke all on function public.record_invoice_payment(text, bigint, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.record_invoice_payment(text, bigint, timestamptz) to service_role;

create function private.has_overdue_invoice(p_customer_id uuid, p_as_of timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
    select 1
    from public.customer_invoices as i
    where i.customer_id = p_customer_id
      and i.amount_due_cents > 0
      and i.due_on < private.local_date(p_as_of, private.billing_time_zone())
      and not exists (select 1 from public.invoice_payments as p where p.invoice_id = i.id)
      and private.credited_cents(i.id) < i.amount_due_cents
  )
$$;
comment on function private.has_overdue_invoice(uuid, timestamptz) is
  'Whether the customer has an invoice past its due date in the billing time zone that is neither paid nor credited in full.';
revoke all on function private.has_overdue_invoice(uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.get_invoice(p_invoice_number text)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_user uuid := private.require_user();
  v_invoice public.customer_invoices;
begin
  select i.* into v_invoice from public.customer_invoices as i where i.invoice_number = p_invoice_number;
  -- Somebody else's invoice and one that does not exist are answered alike.
  if v_invoice.id is null
    or not (
      coalesce(v_invoice.customer_id = private.current_customer_id(), false)
      or public.has_permission('customers:view')
    ) then
    perform private.fail(404, 'not_found', 'invoice');
  end if;
  return to_jsonb(v_invoice) - array['run_id']
    || jsonb_build_object(
      'is_paid', exists (select 1 from public.invoice_payments as p where p.invoice_id = v_invoice.id),
      'credited_cents', private.credited_cents(v_invoice.id),
      'credit_notes', coalesce((
        select jsonb_agg(jsonb_build_object(
          'credit_note_number', n.credit_note_number, 'issued_at', n.issued_at, 'total_cents', n.total_cents
        ) order by n.issued_at, n.credit_note_number)
        from public.credit_notes as n where n.invoice_id = v_invoice.id), '[]'),
      'service_ended_on', (
        select private.local_date(least(s.suspended_at, s.cancelled_at), private.billing_time_zone())
        from public.customer_services as s
        where s.id = v_invoice.service_id and s.status = 'cancelled'));
end;
$$;
comment on function public.get_invoice(text) is
  'Customer or admin with customers:view: one tax invoice by its number, with what was credited. service_ended_on is the first day, in the billing time zone, on which a cancelled service was no longer delivered.';
revoke all on function public.get_invoice(text) from public, anon, authenticated, service_role;
grant execute on function public.get_invoice(text) to authenticated;

create function private.invoice_preview_facts(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'customer_id', p_customer_id,
    'rewards', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', w.id, 'expires_at', w.expires_at, 'created_at', w.created_at, 'cap_cents', w.cap_cents
      ) order by w.expires_at, w.created_at, w.id)
      from public.referral_rewards as w
      where w.customer_id = p_customer_id and w.status = 'pending'), '[]'),
    'free_month_periods', coalesce((
      select jsonb_agg(i.period_start)
      from public.customer_invoices as i
      where i.customer_id = p_customer_id and i.is_free_month and i.period_start > now() - interval '100 days'), '[]'),
    'services', coalesce((
      select jsonb_agg(jsonb_build_object(
        'service_id', s.id, 'package_name', p.name, 'price_cents', s.monthly_price_cents,
        'activated_at', s.activated_at, 'status', s.status,
        'ended_at', case when s.status = 'cancelled' then least(s.suspended_at, s.cancelled_at) end,
        'earlier_prices', coalesce((
          select jsonb_agg(jsonb_build_object(
            'until', ch.effective_on, 'package_name', ch.package_name, 'price_cents', ch.price_cents
          ) order by ch.effective_on)
          from (
            -- Of several changes from one day on, the days before it had the price that the first of them replaced.
            select distinct on (ch.effective_on)
              ch.effective_on, q.name as package_name, ch.from_price_cents as price_cents
            from public.service_price_changes as ch
            join public.service_packages as q on q.id = ch.from_package_id
            where ch.service_id = s.id and ch.effective_on > cycle.period_start
            order by ch.effective_on, ch.created_at
          ) as ch), '[]'),
        'invoiced_periods', coalesce((
          select jsonb_agg(i.period_start)
          from public.customer_invoices as i
          where i.service_id = s.id and i.period_start > now() - interval '100 days'), '[]')
      ) order by s.id)
      from public.customer_services as s
      join public.service_packages as p on p.id = s.package_id
      where s.customer_id = p_customer_id
        and (
          s.status = 'active'
          or (s.status = 'cancelled' and s.activated_at is not null
            and private.local_date(least(s.suspended_at, s.cancelled_at), cycle.time_zone) > cycle.period_start)
        )), '[]')
  )
  from (
    select z.time_zone, date_trunc('month', private.local_date(now(), z.time_zone))::date as period_start
    from private.billing_time_zone() as z (time_zone)
  ) as cycle
$$;
comment on function private.invoice_preview_facts(uuid) is
  'What the invoice rules need to foretell the caller''s next invoice, for whichever cycle comes next: active services, and those that ended in the current cycle.';
revoke all on function private.invoice_preview_facts(uuid) from public, anon, authenticated, service_role;

create function public.get_my_balance()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
begin
  return private.reward_balance(v_customer) || jsonb_build_object(
    'facts', private.invoice_preview_facts(v_customer),
    'settings', to_jsonb(private.current_billing_settings()) - array['created_by', 'created_at']);
end;
$$;
comment on function public.get_my_balance() is 'Customer: own free months, and the facts for the next-invoice preview.';
revoke all on function public.get_my_balance() from public, anon, authenticated, service_role;
grant execute on function public.get_my_balance() to authenticated;

create function public.admin_list_invoices(
  p_q text default null, p_status text default null,
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  c_open constant text := $filter$i.amount_due_cents > 0
    and not exists (select 1 from public.invoice_payments as p where p.invoice_id = i.id)
    and not exists (
      select 1
      from (select n.invoice_id, sum(n.total_cents) as cents from public.credit_notes as n group by n.invoice_id) as credit
      where credit.invoice_id = i.id and credit.cents >= i.amount_due_cents)$filter$;
  c_few constant integer := 20000;
  v_limit integer := least(greatest(coalesce(p_limit, 25), 1), 100);
  v_q text := nullif(btrim(coalesce(p_q, '')), '');
  v_today date := private.local_date(now(), private.billing_time_zone());
  v_cursor_number text := (select i.invoice_number from public.customer_invoices as i where i.id = p_cursor_id);
  v_from text;
  v_few_numbers boolean;
  v_found uuid[];
  v_filter text;
  v_branch text;
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  v_filter := case coalesce(p_status, 'all')
    when 'all' then 'true'
    -- Payment is due 120 days after the issue at the latest: older invoices need not be looked at.
    when 'due' then c_open || ' and i.due_on >= $7 and i.issued_at >= $7 - 122'
    when 'overdue' then c_open || ' and i.due_on < $7'
    when 'free_month' then 'i.is_free_month'
    when 'pro_rated' then 'i.total_cents + i.amount_waived_cents <> i.price_cents'
    when 'credited' then 'exists (select 1 from public.credit_notes as n where n.invoice_id = i.id)'
  end;
  if v_filter is null then
    perform private.fail(400, 'invalid_request', 'status');
  end if;

  -- Fixed texts only; what was asked for travels as parameters. Built per call, so that each is planned for its values.
  v_branch := format($branch$
    (select i.id, i.issued_at, i.invoice_number
     from %%s as i
     where %s and ($4 is null or (i.issued_at, i.invoice_number) < ($4, $5))
     order by i.issued_at desc, i.invoice_number desc
     limit $6)$branch$, v_filter);
  -- A handful is read as a whole and sorted. The planner would rather walk down from the newest invoice, which for old
  -- ones means through all of them. "offset 0" keeps it from that.
  if v_q is null and p_status = 'credited' then
    v_branch := format(v_branch, format($credited$(
      select n.* from public.customer_invoices as n where n.id in (select c.invoice_id from public.credit_notes as c)
      %s)$credited$, case when (select count(*) from public.credit_notes) <= c_few then 'offset 0' end));
  elsif v_q is null then
    v_branch := format(v_branch, 'public.customer_invoices');
  else
    v_from := upper(v_q);
    v_found := array(select private.search_customers(v_q));
    v_few_numbers := (
      select count(*) from (
        select from public.customer_invoices as n
        where n.invoice_number operator(pg_catalog.~>=~) v_from
          and n.invoice_number operator(pg_catalog.~<~) private.prefix_end(v_from)
        limit c_few + 1) as matching) <= c_few;
    v_branch :=
      format(v_branch, format($numbers$(
        select n.* from public.customer_invoices as n
        where n.invoice_number operator(pg_catalog.~>=~) $1 and n.invoice_number operator(pg_catalog.~<~) $2
        %s)$numbers$, case when v_few_numbers then 'offset 0' end))
      || ' union ' ||
      format(v_branch, format($customers$(
        select n.* from public.customer_invoices as n where n.customer_id = any ($3)
        %s)$customers$, case when cardinality(v_found) <= c_few / 20 then 'offset 0' end));
  end if;

  execute format($query$
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', i.id, 'invoice_number', i.invoice_number, 'issued_at', i.issued_at, 'due_on', i.due_on,
      'period_start', i.period_start, 'period_end', i.period_end, 'currency', i.currency,
      'customer', (
        select jsonb_build_object('id', c.id, 'name', btrim(c.first_name || ' ' || c.last_name), 'email', c.email)
        from public.customers as c where c.id = i.customer_id),
      'description', i.line_items -> 0 ->> 'description',
      'total_cents', i.total_cents, 'amount_due_cents', i.amount_due_cents,
      'amount_waived_cents', i.amount_waived_cents, 'is_free_month', i.is_free_month,
      'is_pro_rated', i.total_cents + i.amount_waived_cents <> i.price_cents,
      'is_paid', exists (select 1 from public.invoice_payments as p where p.invoice_id = i.id),
      'credited_cents', private.credited_cents(i.id)
    ) order by i.issued_at desc, i.invoice_number desc), '[]')
    from (
      select found.id from (%s) as found order by found.issued_at desc, found.invoice_number desc limit $6
    ) as page
    join public.customer_invoices as i on i.id = page.id
    $query$, v_branch)
  into v_rows
  using v_from, private.prefix_end(v_from), v_found, p_cursor_at, v_cursor_number, v_limit + 1, v_today;
  return private.keyset_page('invoices', v_rows, v_limit, 'issued_at');
end;
$$;
comment on function public.admin_list_invoices(text, text, timestamptz, uuid, integer) is
  'Admin with customers:view: all invoices, newest first, keyset-paged. Searched by the start of the number, or by customer; p_status is all, due, overdue, free_month, pro_rated or credited. Raises invalid_request.';
revoke all on function public.admin_list_invoices(text, text, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_invoices(text, text, timestamptz, uuid, integer) to authenticated;

-- schemas/130_credit_notes.sql
-- Credit notes: what corrects an issued invoice. A gapless series of their own, never above their invoice, never changed.

create table public.credit_notes (
  id uuid primary key default gen_random_uuid(),
  credit_note_number text not null unique,
  invoice_id uuid not null references public.customer_invoices (id),
  customer_id uuid not null references public.customers (id),
  currency text not null,
  vat_bps integer not null check (vat_bps between 0 and 10000),
  line_items jsonb not null check (jsonb_typeof(line_items) = 'array' and jsonb_array_length(line_items) > 0),
  subtotal_cents bigint not null check (subtotal_cents >= 0),
  vat_cents bigint not null check (vat_cents >= 0),
  total_cents bigint not null check (total_cents > 0),
  reason text not null check (length(btrim(reason)) between 3 and 500),
  issued_by uuid not null,
  seller jsonb not null,
  buyer jsonb not null,
  issued_at timestamptz not null default now(),
  constraint credit_notes_totals check (
    total_cents = subtotal_cents + vat_cents and total_cents = private.line_items_total(line_items))
);
comment on table public.credit_notes is
  'Credit notes: each takes a part or all of one invoice back. Amounts in cents, VAT included unless named subtotal. Never changed once issued.';
comment on column public.credit_notes.buyer is 'Snapshot of the buyer as the invoice names it; the only part that an erasure may blank.';

create index credit_notes_invoice on public.credit_notes (invoice_id);
create index credit_notes_customer on public.credit_notes (customer_id, issued_at desc, id desc);

create trigger credit_notes_immutable
  before update or delete on public.credit_notes
  for each row execute function private.keep_invoice();
create trigger credit_notes_no_truncate
  before truncate on public.credit_notes
  for each statement execute function private.refuse_change();

alter table public.credit_notes enable row level security;
revoke all on table public.credit_notes from public, anon, authenticated, service_role;
grant select on table public.credit_notes to service_role;
-- Which colleague issued it is for the audit log.
grant select (
  id, credit_note_number, invoice_id, customer_id, currency, vat_bps, line_items, subtotal_cents, vat_cents, total_cents,
  reason, seller, buyer, issued_at
) on table public.credit_notes to authenticated;
create policy credit_notes_select on public.credit_notes
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create function private.credited_cents(p_invoice_id uuid)
returns bigint
language sql
stable
set search_path = ''
as $$
  select coalesce(sum(n.total_cents), 0)::bigint from public.credit_notes as n where n.invoice_id = p_invoice_id
$$;
comment on function private.credited_cents(uuid) is 'How much of an invoice was credited so far, in cents with VAT.';
revoke all on function private.credited_cents(uuid) from public, anon, authenticated, service_role;

create function private.issue_credit_note(
  p_invoice_number text, p_amount_cents bigint, p_reason text, p_key text, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_scope text := 'credit_note:' || p_actor;
  v_settings public.billing_settings := private.current_billing_settings();
  v_year integer := extract(year from private.local_date(p_as_of, v_settings.time_zone));
  v_response jsonb;
  v_invoice public.customer_invoices;
  v_credited bigint;
  v_credited_vat bigint;
  v_left bigint;
  v_total bigint;
  v_vat bigint;
  v_line text;
  v_number bigint;
  v_note public.credit_notes;
begin
  if p_amount_cents < 1 then
    perform private.fail(400, 'invalid_request', 'amount_cents must be 1 or more');
  end if;
  v_response := private.claim_idempotency_key(
    v_scope, p_key,
    encode(sha256(convert_to(jsonb_build_array(p_invoice_number, p_amount_cents, v_reason)::text, 'UTF8')), 'hex'));
  if v_response is not null then
    return v_response;
  end if;
  select i.* into v_invoice from public.customer_invoices as i where i.invoice_number = p_invoice_number;
  if v_invoice.id is null then
    perform private.fail(404, 'not_found', 'invoice');
  end if;
  perform private.refuse_own_account(v_invoice.customer_id, p_actor);
  -- Everybody who credits this invoice, and whoever erases its buyer, waits here. What they did is read after it.
  perform private.lock_customers(array[v_invoice.customer_id]);
  select i.* into strict v_invoice from public.customer_invoices as i where i.id = v_invoice.id;
  select coalesce(sum(n.total_cents), 0), coalesce(sum(n.vat_cents), 0) into v_credited, v_credited_vat
  from public.credit_notes as n
  where n.invoice_id = v_invoice.id;
  v_left := v_invoice.total_cents - v_credited;
  if v_left <= 0 then
    perform private.fail(409, 'nothing_to_credit');
  end if;
  v_total := coalesce(p_amount_cents, v_left);
  if v_total > v_left then
    perform private.fail(409, 'credit_exceeds_invoice', v_left::text);
  end if;
  -- The invoice's VAT in proportion to all that is credited by now, half-up to the cent, less what earlier credits had
  -- of it: the last cent of the invoice brings the last cent of its VAT. creditVat in lib/billing/credit-note.ts is its
  -- twin.
  v_vat := div(
    2 * v_invoice.vat_cents::numeric * (v_credited + v_total) + v_invoice.total_cents,
    2 * v_invoice.total_cents::numeric)::bigint - v_credited_vat;
  select string_agg(line ->> 'description', '; ' order by n) into v_line
  from jsonb_array_elements(v_invoice.line_items) with ordinality as l (line, n)
  where line ->> 'kind' = 'service';
  v_line := 'Credit on ' || v_invoice.invoice_number || coalesce(': ' || v_line, '');

  insert into public.invoice_series as n (series, year, last_number)
  values (v_settings.credit_note_prefix, v_year, 1)
  on conflict (series, year) do update set last_number = n.last_number + 1
  returning n.last_number into v_number;
  insert into public.credit_notes
    (credit_note_number, invoice_id, customer_id, currency, vat_bps, line_items, subtotal_cents, vat_cents, total_cents,
     reason, issued_by, seller, buyer, issued_at)
  values (
    format('%s-%s-%s', v_settings.credit_note_prefix, v_year,
      case when v_number < 1000000 then lpad(v_number::text, 6, '0') else v_number::text end),
    v_invoice.id, v_invoice.customer_id, v_invoice.currency, v_invoice.vat_bps,
    jsonb_build_array(jsonb_build_object(
      'kind', 'credit', 'description', v_line, 'quantity', 1,
      'unit_cents', v_total, 'amount_cents', v_total, 'vat_cents', v_vat)),
    v_total - v_vat, v_vat, v_total, v_reason, p_actor, v_settings.seller, v_invoice.buyer, p_as_of)
  returning * into v_note;
  perform private.write_audit(
    p_actor, 'credit_note.issued', 'credit_note', v_note.id::text, v_invoice.customer_id, v_reason,
    jsonb_build_object('credited_cents', v_credited),
    jsonb_build_object(
      'credit_note_number', v_note.credit_note_number, 'invoice_number', v_invoice.invoice_number,
      'total_cents', v_total, 'vat_cents', v_vat, 'credited_cents', v_credited + v_total), p_as_of);
  v_response := jsonb_build_object(
    'credit_note_number', v_note.credit_note_number, 'invoice_number', v_invoice.invoice_number,
    'total_cents', v_total, 'vat_cents', v_vat, 'remaining_cents', v_left - v_total, 'issued_at', v_note.issued_at);
  if p_key is not null then
    perform private.store_idempotent_response(v_scope, p_key, v_response);
  end if;
  return v_response;
end;
$$;
comment on function private.issue_credit_note(text, bigint, text, text, uuid, timestamptz) is
  'Credits a part of an invoice, or with a null amount all that is left of it, once per idempotency key, with audit row. A free month that the invoice used stays used.';
revoke all on function private.issue_credit_note(text, bigint, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.issue_credit_note(
  p_invoice_number text, p_amount_cents bigint, p_reason text, p_idempotency_key text default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.issue_credit_note(
    p_invoice_number, p_amount_cents, p_reason, p_idempotency_key,
    private.require_permission('billing:manage_invoices'), now());
end;
$$;
comment on function public.issue_credit_note(text, bigint, text, text) is
  'Admin with billing:manage_invoices: credits an amount in cents with VAT, or null for all that is left. Raises not_found, own_account, nothing_to_credit, credit_exceeds_invoice.';
revoke all on function public.issue_credit_note(text, bigint, text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.issue_credit_note(text, bigint, text, text) to authenticated;

create function public.get_credit_note(p_number text)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_user uuid := private.require_user();
  v_note public.credit_notes;
begin
  select n.* into v_note from public.credit_notes as n where n.credit_note_number = p_number;
  -- Somebody else's credit note and one that does not exist are answered alike.
  if v_note.id is null
    or not (
      coalesce(v_note.customer_id = private.current_customer_id(), false)
      or public.has_permission('customers:view')
    ) then
    perform private.fail(404, 'not_found', 'credit note');
  end if;
  return to_jsonb(v_note) - array['issued_by', 'invoice_id']
    || (
      select jsonb_build_object('invoice', jsonb_build_object(
        'invoice_number', i.invoice_number, 'issued_at', i.issued_at,
        'period_start', i.period_start, 'period_end', i.period_end, 'total_cents', i.total_cents))
      from public.customer_invoices as i where i.id = v_note.invoice_id);
end;
$$;
comment on function public.get_credit_note(text) is
  'Customer or admin with customers:view: one credit note by its number, with the invoice that it corrects.';
revoke all on function public.get_credit_note(text) from public, anon, authenticated, service_role;
grant execute on function public.get_credit_note(text) to authenticated;

-- schemas/140_notifications.sql
-- Notifications: the mail outbox.

create table public.notifications (
  id uuid primary key default gen_random_uuid(),
  template text not null check (template in (
    'referral_signup', 'referral_activated', 'referral_qualified', 'reward_earned', 'reward_applied',
    'reward_granted', 'reward_revoked', 'reward_expiring', 'reward_expired',
    'suspicious_activity', 'billing_run_failed'
  )),
  recipient text not null,
  customer_id uuid references public.customers (id),
  payload jsonb not null default '{}' check (jsonb_typeof(payload) = 'object'),
  status text not null default 'queued'
    check (status in ('queued', 'sending', 'sent', 'captured', 'failed', 'cancelled')),
  dedupe_key text not null unique,
  attempts integer not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz not null default now(),
  first_attempt_at timestamptz,
  lease_until timestamptz,
  lease_token uuid,
  provider_message_id text,
  subject text,
  html text,
  text_body text,
  last_error text,
  created_at timestamptz not null default now(),
  sent_at timestamptz
);
comment on table public.notifications is
  'The mail outbox. A row is queued in the transaction that owes the mail; its id is the idempotency key at the provider. failed = given up (dead letter); cancelled = owed to somebody whose details were erased.';
comment on column public.notifications.lease_until is 'Until then the row belongs to the worker that claimed it.';

create index notifications_due on public.notifications (next_attempt_at, id) where status in ('queued', 'sending');
create index notifications_created on public.notifications (created_at desc, id desc);
create index notifications_status_created on public.notifications (status, created_at desc, id desc);
create index notifications_customer on public.notifications (customer_id, created_at desc) where customer_id is not null;

create function private.cancel_mail_to_erased()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- The row is kept: what is owed once is recorded once, and no job tries it again.
  if exists (select 1 from public.customers as c where c.id = new.customer_id and c.erased_at is not null) then
    new.status := 'cancelled';
    new.recipient := '';
    new.payload := '{}';
  end if;
  return new;
end;
$$;
comment on function private.cancel_mail_to_erased() is 'Trigger: a mail that is owed to an erased customer is never sent.';
revoke all on function private.cancel_mail_to_erased() from public, anon, authenticated, service_role;

create trigger notifications_to_erased
  before insert on public.notifications
  for each row
  when (new.customer_id is not null)
  execute function private.cancel_mail_to_erased();

alter table public.notifications enable row level security;
revoke all on table public.notifications from public, anon, authenticated, service_role;
grant select on table public.notifications to service_role;
grant select on table public.notifications to authenticated;
create policy notifications_select on public.notifications
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create function private.enqueue_mail(
  p_template text, p_recipient text, p_customer_id uuid, p_payload jsonb, p_dedupe_key text, p_as_of timestamptz
)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if p_recipient is null or p_recipient = '' then
    return false;
  end if;
  insert into public.notifications
    (template, recipient, customer_id, payload, dedupe_key, created_at, next_attempt_at)
  values
    -- A job that runs with a future clock still owes its mails now.
    (p_template, p_recipient, p_customer_id, p_payload, p_dedupe_key, p_as_of, least(p_as_of, now()))
  on conflict (dedupe_key) do nothing;
  return found;
end;
$$;
comment on function private.enqueue_mail(text, text, uuid, jsonb, text, timestamptz) is
  'Queues a mail in the caller''s transaction, once per dedupe key. Returns whether it was new.';
revoke all on function private.enqueue_mail(text, text, uuid, jsonb, text, timestamptz)
  from public, anon, authenticated, service_role;

create function public.claim_notifications(
  p_limit integer default 20, p_lease_seconds integer default 120, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_token uuid := gen_random_uuid();
  v_rows jsonb;
begin
  with due as (
    select n.id
    from public.notifications as n
    where n.status in ('queued', 'sending')
      and n.next_attempt_at <= p_as_of
      and (n.status = 'queued' or n.lease_until <= p_as_of)
    order by n.next_attempt_at, n.id
    limit p_limit
    for update skip locked
  ), claimed as (
    update public.notifications as n
    set status = 'sending', attempts = n.attempts + 1, lease_token = v_token,
      first_attempt_at = coalesce(n.first_attempt_at, p_as_of),
      lease_until = p_as_of + make_interval(secs => p_lease_seconds)
    from due
    where n.id = due.id
    returning n.id, n.template, n.recipient, n.payload, n.attempts, n.created_at, n.first_attempt_at, n.lease_token
  )
  select coalesce(jsonb_agg(to_jsonb(c) order by c.created_at, c.id), '[]') into v_rows from claimed as c;
  return v_rows;
end;
$$;
comment on function public.claim_notifications(integer, integer, timestamptz) is
  'Server: leases due mails to one worker. A lease that runs out makes the mail due again, under the same id.';
revoke all on function public.claim_notifications(integer, integer, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.claim_notifications(integer, integer, timestamptz) to service_role;

create function public.settle_notification(
  p_id uuid, p_lease_token uuid, p_outcome text, p_details jsonb, p_as_of timestamptz default now()
)
returns boolean
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  if p_outcome not in ('sent', 'captured', 'retry', 'failed') then
    perform private.fail(400, 'invalid_request', 'outcome');
  end if;
  update public.notifications as n
  set status = case p_outcome when 'retry' then 'queued' else p_outcome end,
    next_attempt_at = coalesce((p_details ->> 'next_attempt_at')::timestamptz, n.next_attempt_at),
    provider_message_id = coalesce(p_details ->> 'provider_message_id', n.provider_message_id),
    subject = coalesce(p_details ->> 'subject', n.subject),
    html = coalesce(p_details ->> 'html', n.html),
    text_body = coalesce(p_details ->> 'text', n.text_body),
    last_error = p_details ->> 'error',
    sent_at = case when p_outcome in ('sent', 'captured') then p_as_of end,
    lease_until = null,
    lease_token = null
  where n.id = p_id and n.status = 'sending' and n.lease_token = p_lease_token;
  return found;
end;
$$;
comment on function public.settle_notification(uuid, uuid, text, jsonb, timestamptz) is
  'Server: the outcome of one attempt, accepted only from the holder of the lease.';
revoke all on function public.settle_notification(uuid, uuid, text, jsonb, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.settle_notification(uuid, uuid, text, jsonb, timestamptz) to service_role;

create function public.admin_list_notifications(
  p_status text default null, p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 25), 1), 100);
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.id, 'template', page.template, 'recipient', page.recipient, 'customer_id', page.customer_id,
    'status', page.status, 'attempts', page.attempts, 'subject', page.subject, 'last_error', page.last_error,
    'created_at', page.created_at, 'sent_at', page.sent_at, 'next_attempt_at', page.next_attempt_at
  ) order by page.created_at desc, page.id desc), '[]')
  into v_rows
  from (
    select n.*
    from public.notifications as n
    where (p_status is null or n.status = p_status)
      and (p_cursor_at is null or (n.created_at, n.id) < (p_cursor_at, p_cursor_id))
    order by n.created_at desc, n.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('notifications', v_rows, v_limit, 'created_at');
end;
$$;
comment on function public.admin_list_notifications(text, timestamptz, uuid, integer) is 'Admin with customers:view: the mailbox, newest first.';
revoke all on function public.admin_list_notifications(text, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_notifications(text, timestamptz, uuid, integer) to authenticated;

create function public.admin_get_notification(p_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_row public.notifications;
begin
  perform private.require_permission('customers:view');
  select n.* into v_row from public.notifications as n where n.id = p_id;
  if v_row.id is null then
    perform private.fail(404, 'not_found', 'notification');
  end if;
  return to_jsonb(v_row) - array['lease_token', 'lease_until'];
end;
$$;
comment on function public.admin_get_notification(uuid) is 'Admin with customers:view: one mail, rendered if it was sent or captured.';
revoke all on function public.admin_get_notification(uuid) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_notification(uuid) to authenticated;

create function public.retry_notification(p_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid := private.require_permission('billing:manage_invoices');
  v_row public.notifications;
begin
  -- A given-up mail starts over, still under its id: a provider that delivered it within the day refuses the repeat.
  update public.notifications as n
  set status = 'queued', attempts = 0, first_attempt_at = null, next_attempt_at = now(), last_error = null
  where n.id = p_id and n.status = 'failed'
  returning * into v_row;
  if v_row.id is null then
    perform private.fail(409, 'notification_not_retryable');
  end if;
  perform private.write_audit(
    v_actor, 'notification.retried', 'notification', p_id::text, v_row.customer_id, null,
    jsonb_build_object('status', 'failed'), jsonb_build_object('status', 'queued'), now());
  return jsonb_build_object('id', p_id, 'status', 'queued');
end;
$$;
comment on function public.retry_notification(uuid) is 'Admin with billing:manage_invoices: queues a given-up mail again.';
revoke all on function public.retry_notification(uuid) from public, anon, authenticated, service_role;
grant execute on function public.retry_notification(uuid) to authenticated;

-- schemas/150_operations.sql
-- Operations: the audit log, idempotency keys and request limits.

create table public.audit_log (
  id bigint primary key generated always as identity,
  created_at timestamptz not null default now(),
  actor_id uuid,
  action text not null check (action ~ '^[a-z_]+\.[a-z_]+$'),
  entity_type text not null,
  entity_id text,
  customer_id uuid,
  reason text,
  before jsonb,
  after jsonb
);
comment on table public.audit_log is
  'Who did what, when and why. Append-only. actor_id is an auth user, null for the system. Holds no personal data beyond ids and reasons.';

create index audit_log_customer on public.audit_log (customer_id, id desc) where customer_id is not null;
create index audit_log_entity on public.audit_log (entity_type, entity_id);
create index audit_log_actor on public.audit_log (actor_id, id desc) where actor_id is not null;

create trigger audit_log_append_only
  before update or delete on public.audit_log
  for each row execute function private.refuse_change();
create trigger audit_log_no_truncate
  before truncate on public.audit_log
  for each statement execute function private.refuse_change();

alter table public.audit_log enable row level security;
revoke all on table public.audit_log from public, anon, authenticated, service_role;
grant select on table public.audit_log to service_role;
grant select on table public.audit_log to authenticated;
revoke all on sequence public.audit_log_id_seq from public, anon, authenticated, service_role;
create policy audit_log_select on public.audit_log
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create function private.write_audit(
  p_actor uuid, p_action text, p_entity_type text, p_entity_id text, p_customer_id uuid,
  p_reason text, p_before jsonb, p_after jsonb, p_as_of timestamptz
)
returns void
language sql
set search_path = ''
as $$
  insert into public.audit_log
    (created_at, actor_id, action, entity_type, entity_id, customer_id, reason, before, after)
  values
    (p_as_of, p_actor, p_action, p_entity_type, p_entity_id, p_customer_id, p_reason, p_before, p_after)
$$;
comment on function private.write_audit(uuid, text, text, text, uuid, text, jsonb, jsonb, timestamptz) is
  'Adds an audit row in the caller''s transaction.';
revoke all on function private.write_audit(uuid, text, text, text, uuid, text, jsonb, jsonb, timestamptz)
  from public, anon, authenticated, service_role;

create function public.record_refusal(
  p_actor uuid, p_action text, p_entity_type text, p_entity_id text, p_as_of timestamptz default now()
)
returns void
language sql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
  -- The log cannot be pruned: only people who are or were admins get a line in it.
  select private.write_audit(
    p_actor, 'access.refused', left(p_entity_type, 40), left(p_entity_id, 64), null, left(p_action, 80), null, null, p_as_of)
  from public.admin_users as a
  where a.auth_user_id = p_actor
$$;
comment on function public.record_refusal(uuid, text, text, text, timestamptz) is
  'Server: keeps an admin''s refused attempt in the audit log, after the refused transaction rolled back.';
revoke all on function public.record_refusal(uuid, text, text, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.record_refusal(uuid, text, text, text, timestamptz) to service_role;

create table public.idempotency_keys (
  scope text not null,
  key text not null check (length(key) between 1 and 200),
  request_hash text not null,
  response jsonb,
  created_at timestamptz not null default now(),
  primary key (scope, key)
);
comment on table public.idempotency_keys is
  'Remembers what a request with a key was answered, and a hash of what it asked. Written in the transaction of the operation.';

create index idempotency_keys_created on public.idempotency_keys (created_at);

alter table public.idempotency_keys enable row level security;
revoke all on table public.idempotency_keys from public, anon, authenticated, service_role;
grant select on table public.idempotency_keys to service_role;

create function private.claim_idempotency_key(p_scope text, p_key text, p_request_hash text)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_row public.idempotency_keys;
begin
  if p_key is null then
    return null;
  end if;
  -- A concurrent holder of the same key makes this insert wait until it commits or rolls back.
  insert into public.idempotency_keys (scope, key, request_hash)
  values (p_scope, p_key, p_request_hash)
  on conflict (scope, key) do nothing;
  if found then
    return null;
  end if;
  select k.* into strict v_row
  from public.idempotency_keys as k
  where k.scope = p_scope and k.key = p_key;
  if v_row.request_hash <> p_request_hash then
    perform private.fail(409, 'idempotency_key_reused');
  end if;
  return v_row.response;
end;
$$;
comment on function private.claim_idempotency_key(text, text, text) is
  'Null: the key is new and now ours. Otherwise the answer that was given before. Raises idempotency_key_reused for another request.';
revoke all on function private.claim_idempotency_key(text, text, text) from public, anon, authenticated, service_role;

create function private.store_idempotent_response(p_scope text, p_key text, p_response jsonb)
returns void
language sql
set search_path = ''
as $$
  update public.idempotency_keys set response = p_response where scope = p_scope and key = p_key
$$;
comment on function private.store_idempotent_response(text, text, jsonb) is 'Keeps the answer of a keyed request.';
revoke all on function private.store_idempotent_response(text, text, jsonb)
  from public, anon, authenticated, service_role;

create table public.rate_limits (
  bucket text not null,
  subject_hash text not null,
  window_start timestamptz not null,
  hits integer not null default 0,
  primary key (bucket, subject_hash, window_start)
);
comment on table public.rate_limits is 'Fixed-window request counters, shared by all app instances. Subjects are stored hashed.';

create index rate_limits_window on public.rate_limits (window_start);

alter table public.rate_limits enable row level security;
revoke all on table public.rate_limits from public, anon, authenticated, service_role;
grant select on table public.rate_limits to service_role;

create function public.consume_rate_limit(
  p_bucket text, p_subject text, p_limit integer, p_window_seconds integer, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_start timestamptz := to_timestamp(floor(extract(epoch from p_as_of) / p_window_seconds) * p_window_seconds);
  v_hits integer;
begin
  insert into public.rate_limits as l (bucket, subject_hash, window_start, hits)
  values (p_bucket, encode(sha256(convert_to(p_bucket || ':' || p_subject, 'UTF8')), 'hex'), v_start, 1)
  on conflict (bucket, subject_hash, window_start) do update set hits = least(l.hits + 1, 1000000000)
  returning l.hits into v_hits;
  return jsonb_build_object(
    'allowed', v_hits <= p_limit,
    'retry_after', greatest(1, ceil(extract(epoch from v_start + make_interval(secs => p_window_seconds) - p_as_of)))::integer);
end;
$$;
comment on function public.consume_rate_limit(text, text, integer, integer, timestamptz) is
  'Server: counts one request of a subject in the current window. Its own transaction, so that a refused request still counts.';
revoke all on function public.consume_rate_limit(text, text, integer, integer, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.consume_rate_limit(text, text, integer, integer, timestamptz) to service_role;

create function public.prune_operational_rows(p_as_of timestamptz default now())
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_limits integer;
  v_keys integer;
begin
  delete from public.rate_limits as l where l.window_start < p_as_of - interval '1 day';
  get diagnostics v_limits = row_count;
  delete from public.idempotency_keys as k where k.created_at < p_as_of - interval '30 days';
  get diagnostics v_keys = row_count;
  return jsonb_build_object('rate_limits', v_limits, 'idempotency_keys', v_keys);
end;
$$;
comment on function public.prune_operational_rows(timestamptz) is
  'Server: forgets request counters after a day and idempotency keys after 30 days.';
revoke all on function public.prune_operational_rows(timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.prune_operational_rows(timestamptz) to service_role;

-- schemas/160_erasure.sql
-- Erasure: a customer who asks for it is forgotten. What the law and the books need stays, by id alone.

create function private.open_business(p_customer_id uuid, p_as_of timestamptz)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
  v_cycle date := date_trunc('month', private.local_date(p_as_of, v_zone))::date;
begin
  if exists (
    select 1 from public.customer_services as s
    where s.customer_id = p_customer_id and s.status in ('active', 'suspended')) then
    return 'service';
  end if;
  if exists (
    select 1 from public.orders as o
    where o.customer_id = p_customer_id and o.status in ('pending', 'installing')) then
    return 'order';
  end if;
  -- The days until the end of a service are charged in the cycle in which it ended.
  if exists (
    select 1
    from public.customer_services as s
    cross join lateral (
      select private.local_date(least(s.suspended_at, s.cancelled_at), v_zone) as day
    ) as ended
    where s.customer_id = p_customer_id
      and s.status = 'cancelled'
      and s.activated_at is not null
      and ended.day > greatest(v_cycle, private.local_date(s.activated_at, v_zone))
      and not exists (
        select 1 from public.customer_invoices as i
        where i.service_id = s.id and i.period_start = date_trunc('month', ended.day)::date)) then
    return 'final invoice';
  end if;
  if exists (
    select 1
    from public.customer_invoices as i
    where i.customer_id = p_customer_id
      and i.amount_due_cents > 0
      and not exists (select 1 from public.invoice_payments as p where p.invoice_id = i.id)
      and private.credited_cents(i.id) < i.amount_due_cents) then
    return 'invoice';
  end if;
  return null;
end;
$$;
comment on function private.open_business(uuid, timestamptz) is
  'Why billing still needs a customer''s details: a service, an order under way, a final invoice to come in this cycle (billing time zone), an invoice that is neither paid nor credited. Null when nothing is open.';
revoke all on function private.open_business(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.forget_auth_user(p_auth_user_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  -- Somebody who works here keeps the account they work with.
  if p_auth_user_id is null
    or exists (select 1 from public.admin_users as a where a.auth_user_id = p_auth_user_id) then
    return;
  end if;
  delete from auth.flow_state as f where f.user_id = p_auth_user_id;
  delete from auth.audit_log_entries as l where l.payload ->> 'actor_id' = p_auth_user_id::text;
  -- Identities, sessions and their refresh tokens go with it.
  delete from auth.users as u where u.id = p_auth_user_id;
end;
$$;
comment on function private.forget_auth_user(uuid) is
  'Deletes an account with its sessions, so that no token of it opens anything; never that of an admin.';
revoke all on function private.forget_auth_user(uuid) from public, anon, authenticated, service_role;

create function private.erase_customer(p_customer_id uuid, p_reason text, p_actor uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  -- No address and no name: it is shown as it is, and no mail can reach it.
  c_nobody constant text := 'erased-' || p_customer_id;
  c_name constant text := 'Former customer';
  c_code constant text := '^[A-Z0-9]{2,8}-[0-9A-HJKMNP-TV-Z]{8}$';
  v_reason text := private.trimmed_reason(p_reason);
  v_customer public.customers;
  v_open text;
  v_orders uuid[];
  v_referrals uuid[];
  v_told text[];
begin
  perform private.lock_customers(array(
    select p_customer_id
    union
    select r.referrer_id from public.customer_referrals as r where r.referred_customer_id = p_customer_id));
  select c.* into v_customer from public.customers as c where c.id = p_customer_id;
  if v_customer.id is null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  perform private.refuse_own_account(p_customer_id, p_actor);
  if v_customer.erased_at is not null then
    -- A repeated click or a retried request finds the work done.
    return jsonb_build_object('customer_id', p_customer_id, 'erased_at', v_customer.erased_at);
  end if;
  v_open := private.open_business(p_customer_id, p_as_of);
  if v_open is not null then
    perform private.fail(409, 'customer_not_erasable', v_open);
  end if;

  v_orders := array(select o.id from public.orders as o where o.customer_id = p_customer_id);
  v_referrals := array(
    select r.id from public.customer_referrals as r where r.referred_customer_id = p_customer_id);
  -- The mails that told a referrer of this friend by name.
  v_told := array(
    select kind || ':' || r
    from unnest(v_referrals) as r, unnest(array['referral_signup', 'referral_activated', 'referral_qualified']) as kind);
  perform 1
  from public.notifications as n
  where n.customer_id = p_customer_id or n.dedupe_key = any (v_told)
  order by n.id
  for update;
  -- Its sender would write the mail into the row once it has left.
  if exists (
    select 1 from public.notifications as n
    where (n.customer_id = p_customer_id or n.dedupe_key = any (v_told))
      and n.status = 'sending' and n.lease_until > now()) then
    perform private.fail(503, 'unavailable', 'a mail is being sent');
  end if;

  update public.customers as c
  set auth_user_id = null, pending_user_id = null, email = c_nobody, first_name = c_name, last_name = '', phone = null,
    address = null, address_key = null, erased_at = p_as_of
  where c.id = p_customer_id;
  update public.orders as o
  set installation_address = '{}', address_key = null, ip_address = null, user_agent = null,
    referral_code = case when o.referral_code ~ c_code then o.referral_code end
  where o.id = any (v_orders);
  -- Arrivals at a friend's link from the place that the person ordered from.
  update public.referral_visits as v
  set ip_address = null, user_agent = null
  from public.customer_referrals as r
  where r.id = any (v_referrals) and v.referrer_id = r.referrer_id and v.ip_address = r.ip_address;
  update public.customer_referrals as r
  set referred_email = c_nobody, ip_address = null, user_agent = null
  where r.id = any (v_referrals);
  update public.referral_flags as f
  set evidence = '{}'
  from public.customer_referrals as r
  where r.id = f.referral_id and (r.referrer_id = p_customer_id or r.id = any (v_referrals));
  update public.referral_attempts as a
  set evidence = '{}', referral_code = case when a.referral_code ~ c_code then a.referral_code else '' end
  where a.referrer_id = p_customer_id or a.order_id = any (v_orders);

  update public.notifications as n
  set recipient = '', payload = '{}', subject = null, html = null, text_body = null, last_error = null,
    lease_until = null, lease_token = null,
    status = case when n.status in ('queued', 'sending', 'failed') then 'cancelled' else n.status end
  where n.customer_id = p_customer_id;
  update public.notifications as n
  set payload = n.payload || jsonb_build_object('friend', c_name), subject = null, html = null, text_body = null
  where n.dedupe_key = any (v_told) and n.customer_id <> p_customer_id;
  -- The hash is of what was ordered, by whom. A late retry is refused rather than answered.
  update public.idempotency_keys as k
  set request_hash = 'erased'
  where k.scope = 'order' and k.response ->> 'customer_id' = p_customer_id::text;
  update public.customer_invoices as i
  set buyer = '{"erased": true}'
  where i.customer_id = p_customer_id and i.buyer <> '{"erased": true}';
  update public.credit_notes as n
  set buyer = '{"erased": true}'
  where n.customer_id = p_customer_id and n.buyer <> '{"erased": true}';
  perform private.forget_auth_user(coalesce(v_customer.auth_user_id, v_customer.pending_user_id));

  perform private.write_audit(
    p_actor, 'customer.erased', 'customer', p_customer_id::text, p_customer_id, v_reason, null, null, p_as_of);
  return jsonb_build_object('customer_id', p_customer_id, 'erased_at', p_as_of);
end;
$$;
comment on function private.erase_customer(uuid, text, uuid, timestamptz) is
  'Forgets a person: their details are overwritten everywhere, their account is deleted, mails that wait are cancelled. Rows, codes, counts, invoices and the audit log stay by id. Raises customer_not_erasable while billing needs the details, unavailable while a mail to them is on its way. Repeating it changes nothing.';
revoke all on function private.erase_customer(uuid, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.erase_customer(p_customer_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.erase_customer(p_customer_id, p_reason, private.require_permission('admins:manage'), now());
end;
$$;
comment on function public.erase_customer(uuid, text) is
  'Admin with admins:manage: erases a customer who asked for it, with a reason. Not oneself.';
revoke all on function public.erase_customer(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.erase_customer(uuid, text) to authenticated;

-- schemas/170_overviews.sql
-- Overviews: what a page shows from several nouns, each in one read.

create function public.get_public_site()
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'brand_name', s.brand_name, 'support_email', s.support_email, 'currency', s.currency, 'time_zone', s.time_zone,
    'terms', private.public_terms(),
    'packages', coalesce((
      select jsonb_agg(jsonb_build_object(
        'slug', p.slug, 'name', p.name, 'description', p.description, 'monthly_price_cents', p.monthly_price_cents,
        'download_mbps', p.download_mbps, 'upload_mbps', p.upload_mbps
      ) order by p.sort_order, p.monthly_price_cents, p.slug)
      from public.service_packages as p where p.is_active), '[]')
  )
  from private.current_billing_settings() as s
$$;
comment on function public.get_public_site() is 'Server: what the public pages show.';
revoke all on function public.get_public_site() from public, anon, authenticated, service_role;
grant execute on function public.get_public_site() to service_role;

create function public.get_my_session()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_user uuid := private.require_user();
begin
  return jsonb_build_object(
    'user_id', v_user,
    'customer', (
      select jsonb_build_object('id', c.id, 'first_name', c.first_name, 'last_name', c.last_name, 'email', c.email)
      from public.customers as c where c.auth_user_id = v_user and c.erased_at is null),
    'admin', (
      select jsonb_build_object(
        'id', a.id, 'name', a.name, 'email', a.email, 'role', a.role,
        'permissions', (
          select jsonb_agg(rp.permission order by rp.permission)
          from public.role_permissions as rp where rp.role = a.role))
      from public.admin_users as a where a.auth_user_id = v_user and a.is_active),
    'brand_name', (private.current_billing_settings()).brand_name,
    'time_zone', private.billing_time_zone()
  );
end;
$$;
comment on function public.get_my_session() is 'Caller: who they are here, as customer and as admin.';
revoke all on function public.get_my_session() from public, anon, authenticated, service_role;
grant execute on function public.get_my_session() to authenticated;

create function public.get_my_dashboard()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
begin
  return jsonb_build_object(
    'customer', (
      select jsonb_build_object(
        'id', c.id, 'first_name', c.first_name, 'last_name', c.last_name, 'email', c.email, 'referral_code', c.referral_code)
      from public.customers as c where c.id = v_customer),
    'services', coalesce((
      select jsonb_agg(private.service_document(s.id) order by s.created_at, s.id)
      from public.customer_services as s where s.customer_id = v_customer), '[]'),
    'invoices', coalesce((
      select jsonb_agg(to_jsonb(recent) order by recent.issued_at desc, recent.invoice_number desc)
      from (
        select i.invoice_number, i.period_start, i.period_end, i.issued_at, i.due_on, i.total_cents, i.amount_due_cents,
          i.is_free_month, i.amount_waived_cents, i.currency, private.credited_cents(i.id) as credited_cents,
          exists (select 1 from public.invoice_payments as p where p.invoice_id = i.id) as is_paid
        from public.customer_invoices as i
        where i.customer_id = v_customer
        order by i.issued_at desc, i.id desc
        limit 6
      ) as recent), '[]'),
    'has_overdue_invoice', private.has_overdue_invoice(v_customer, now()),
    'stats', private.referral_stats(v_customer),
    'friends', coalesce((
      select jsonb_agg(private.friend_document(recent.r) order by (recent.r).referred_at desc, (recent.r).id desc)
      from (
        select r from public.customer_referrals as r
        where r.referrer_id = v_customer
        order by r.referred_at desc, r.id desc
        limit 20
      ) as recent), '[]'),
    'facts', private.invoice_preview_facts(v_customer),
    'settings', to_jsonb(private.current_billing_settings()) - array['created_by', 'created_at'],
    'terms', private.public_terms()
  ) || private.reward_balance(v_customer);
end;
$$;
comment on function public.get_my_dashboard() is 'Customer: everything the dashboard shows, in one read.';
revoke all on function public.get_my_dashboard() from public, anon, authenticated, service_role;
grant execute on function public.get_my_dashboard() to authenticated;

create function private.program_figures(p_from timestamptz, p_to timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'visits', (select count(*) from public.referral_visits as v where v.visited_at >= p_from and v.visited_at < p_to),
    'orders', made.orders, 'referrers', made.referrers, 'flagged', made.flagged,
    'orders_active', made.active, 'orders_qualified', made.qualified,
    'active', (
      select count(*) from public.customer_referrals as r where r.activated_at >= p_from and r.activated_at < p_to),
    'qualified', (
      select count(*) from public.customer_referrals as r where r.qualified_at >= p_from and r.qualified_at < p_to),
    'rewards_granted', w.granted, 'rewards_pending', w.pending, 'rewards_applied', w.applied,
    'waived_cents', w.waived_cents
  )
  from (
    select count(*) as orders,
      count(*) filter (where r.activated_at is not null) as active,
      count(*) filter (where r.status = 'qualified') as qualified,
      count(distinct r.referrer_id) as referrers,
      count(*) filter (where exists (select 1 from public.referral_flags as f where f.referral_id = r.id)) as flagged
    from public.customer_referrals as r
    where r.referred_at >= p_from and r.referred_at < p_to
  ) as made, (
    select count(*) filter (where w.created_at >= p_from and w.created_at < p_to) as granted,
      count(*) filter (
        where w.created_at < p_to
          and coalesce(w.applied_at, w.revoked_at, w.expired_at, 'infinity') >= p_to) as pending,
      count(*) filter (where w.applied_at >= p_from and w.applied_at < p_to) as applied,
      coalesce(sum(w.amount_waived_cents) filter (where w.applied_at >= p_from and w.applied_at < p_to), 0) as waived_cents
    from public.referral_rewards as w
  ) as w
$$;
comment on function private.program_figures(timestamptz, timestamptz) is 'The programme''s figures for a half-open period; amounts in cents. orders_active and orders_qualified say what became of the orders of the period.';
revoke all on function private.program_figures(timestamptz, timestamptz) from public, anon, authenticated, service_role;

create function public.get_program_metrics(p_from timestamptz, p_to timestamptz)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  perform private.require_permission('customers:view');
  return jsonb_build_object(
    'from', p_from, 'to', p_to,
    'current', private.program_figures(p_from, p_to),
    'previous', private.program_figures(p_from - (p_to - p_from), p_from),
    'weekly', coalesce((
      select jsonb_agg(jsonb_build_object('week_start', w.week, 'referrals', w.referrals, 'qualified', w.qualified) order by w.week)
      from (
        select date_trunc('week', r.referred_at at time zone v_zone)::date as week,
          count(*) as referrals, count(*) filter (where r.status = 'qualified') as qualified
        from public.customer_referrals as r
        where r.referred_at >= p_from and r.referred_at < p_to
        group by 1
      ) as w), '[]'),
    'top_referrers', coalesce((
      select jsonb_agg(to_jsonb(t) order by t.qualified desc, t.referrals desc, t.id)
      from (
        select c.id, btrim(c.first_name || ' ' || c.last_name) as name, count(*) as referrals,
          count(*) filter (where r.status = 'qualified') as qualified
        from public.customer_referrals as r join public.customers as c on c.id = r.referrer_id
        where r.referred_at >= p_from and r.referred_at < p_to
        group by c.id
        order by 4 desc, 3 desc, c.id
        limit 10
      ) as t), '[]'),
    'queues', jsonb_build_object(
      'review', (select count(distinct f.referral_id) from public.referral_flags as f where f.status = 'open'),
      'orders', (select count(*) from public.orders as o where o.status in ('pending', 'installing')),
      'failed_mails', (select count(*) from public.notifications as n where n.status = 'failed'),
      'queued_mails', (select count(*) from public.notifications as n where n.status in ('queued', 'sending'))),
    'last_billing_run', (
      select to_jsonb(b) - array['cursor_customer_id', 'started_by']
      from public.billing_runs as b order by b.started_at desc, b.id desc limit 1)
  );
end;
$$;
comment on function public.get_program_metrics(timestamptz, timestamptz) is
  'Admin with customers:view: the programme''s figures for a period, against the one before it.';
revoke all on function public.get_program_metrics(timestamptz, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.get_program_metrics(timestamptz, timestamptz) to authenticated;

-- schemas/180_invariants.sql
-- Invariants, checked on a live database.

create function public.verify_invariants()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_verdict jsonb;
begin
  -- PL/pgSQL keeps the plan for the session. Planning this takes longer than running it on a small database.
  with violations as (
    select 1 as invariant, 'customer without a valid referral code' as rule, c.id::text as entity
    from public.customers as c
    where c.referral_code is null or c.referral_code !~ '^[A-Z0-9]{2,8}-[0-9A-HJKMNP-TV-Z]{8}$'
    union all
    select 1, 'referral code shared by customers', string_agg(c.id::text, ',')
    from public.customers as c group by right(c.referral_code, 8) having count(*) > 1
    union all
    select 2, 'person referred more than once at a time', string_agg(r.id::text, ',')
    from public.customer_referrals as r where r.status in ('pending', 'active', 'qualified')
    group by private.normalise_email(r.referred_email) having count(*) > 1
    union all
    select 2, 'customer referred more than once at a time', string_agg(r.id::text, ',')
    from public.customer_referrals as r where r.status in ('pending', 'active', 'qualified')
    group by r.referred_customer_id having count(*) > 1
    union all
    select 2, 'self-referral', r.id::text
    from public.customer_referrals as r
    join public.customers as c on c.id = r.referrer_id
    where r.referrer_id = r.referred_customer_id
      or (c.erased_at is null and private.normalise_email(c.email) = private.normalise_email(r.referred_email))
    union all
    select 3, 'earned reward not fed by exactly its number of qualified referrals', w.id::text
    from public.referral_rewards as w
    left join public.customer_referrals as r on r.reward_id = w.id
    where w.source = 'earned'
    group by w.id, w.referrals_required
    having count(r.id) filter (where r.status = 'qualified') <> w.referrals_required or count(r.id) <> w.referrals_required
    union all
    select 3, 'manual reward fed by referrals', w.id::text
    from public.referral_rewards as w
    where w.source = 'manual' and exists (select 1 from public.customer_referrals as r where r.reward_id = w.id)
    union all
    select 3, 'referral feeds a reward of somebody else', r.id::text
    from public.customer_referrals as r join public.referral_rewards as w on w.id = r.reward_id
    where w.customer_id <> r.referrer_id
    union all
    select 3, 'referral counted before its days were over', r.id::text
    from public.customer_referrals as r where r.qualified_at < r.qualifies_at
    union all
    select 4, 'applied reward and its invoice do not point at each other', w.id::text
    from public.referral_rewards as w
    left join public.customer_invoices as i on i.id = w.applied_invoice_id
    where (w.status = 'applied') <> (w.applied_invoice_id is not null)
      or (w.status = 'applied' and (
        i.id is null or i.referral_reward_id is distinct from w.id or i.customer_id <> w.customer_id
        or i.amount_waived_cents is distinct from w.amount_waived_cents))
    union all
    select 4, 'invoice carries a reward that does not name it', i.id::text
    from public.customer_invoices as i
    left join public.referral_rewards as w on w.id = i.referral_reward_id
    where i.referral_reward_id is not null and (w.id is null or w.applied_invoice_id is distinct from i.id)
    union all
    select 4, 'reward on several invoices', i.referral_reward_id::text
    from public.customer_invoices as i where i.referral_reward_id is not null
    group by i.referral_reward_id having count(*) > 1
    union all
    select 4, 'several free months in one cycle', i.customer_id::text || ' ' || i.period_start
    from public.customer_invoices as i where i.is_free_month
    group by i.customer_id, i.period_start having count(*) > 1
    union all
    select 4, 'applied reward that took nothing off', w.id::text
    from public.referral_rewards as w
    join public.customer_invoices as i on i.id = w.applied_invoice_id
    where w.status = 'applied' and not (i.is_free_month and w.amount_waived_cents > 0)
    union all
    select 5, 'revoked, expired or pending reward on an invoice', w.id::text
    from public.referral_rewards as w join public.customer_invoices as i on i.referral_reward_id = w.id
    where w.status <> 'applied'
    union all
    select 5, 'reward applied after its date', w.id::text
    from public.referral_rewards as w where w.applied_at >= w.expires_at
    union all
    select 6, 'several invoices for a service and period', i.service_id::text || ' ' || i.period_start
    from public.customer_invoices as i group by i.service_id, i.period_start having count(*) > 1
    union all
    select 7, 'invoice number given twice', i.invoice_number
    from public.customer_invoices as i group by i.invoice_number having count(*) > 1
    union all
    select 7, 'invoice numbers have a gap', series.name || ' ' || series.year
    from (
      select split_part(i.invoice_number, '-', 1) as name, split_part(i.invoice_number, '-', 2) as year,
        min(split_part(i.invoice_number, '-', 3)::bigint) as low, max(split_part(i.invoice_number, '-', 3)::bigint) as high,
        count(*) as n
      from public.customer_invoices as i group by 1, 2
    ) as series
    where series.low <> 1 or series.high <> series.n
    union all
    select 7, 'invoice series does not end at its last invoice', s.series || ' ' || s.year
    from public.invoice_series as s
    where s.series not in (select b.credit_note_prefix from public.billing_settings as b)
      and s.last_number <> (
        select count(*) from public.customer_invoices as i
        where i.invoice_number like s.series || '-' || s.year || '-%')
    union all
    select 7, 'credit note number given twice', n.credit_note_number
    from public.credit_notes as n group by n.credit_note_number having count(*) > 1
    union all
    select 7, 'credit note numbers have a gap', series.name || ' ' || series.year
    from (
      select split_part(n.credit_note_number, '-', 1) as name, split_part(n.credit_note_number, '-', 2) as year,
        min(split_part(n.credit_note_number, '-', 3)::bigint) as low,
        max(split_part(n.credit_note_number, '-', 3)::bigint) as high, count(*) as n
      from public.credit_notes as n group by 1, 2
    ) as series
    where series.low <> 1 or series.high <> series.n
    union all
    select 7, 'credit note series does not end at its last credit note', s.series || ' ' || s.year
    from public.invoice_series as s
    where s.series in (select b.credit_note_prefix from public.billing_settings as b)
      and s.last_number <> (
        select count(*) from public.credit_notes as n
        where n.credit_note_number like s.series || '-' || s.year || '-%')
    union all
    select 8, 'invoice does not add up', i.id::text
    from public.customer_invoices as i
    where i.total_cents <> i.subtotal_cents + i.vat_cents
      or i.total_cents <> private.line_items_total(i.line_items)
      or i.amount_due_cents < 0
      or i.amount_due_cents > i.total_cents + i.amount_waived_cents
    union all
    select 8, 'credit note does not add up', n.id::text
    from public.credit_notes as n
    where n.total_cents <> n.subtotal_cents + n.vat_cents
      or n.total_cents <> private.line_items_total(n.line_items)
      or n.total_cents <= 0 or n.subtotal_cents < 0 or n.vat_cents < 0
    union all
    select 8, 'credit note does not fit its invoice', n.id::text
    from public.credit_notes as n
    left join public.customer_invoices as i on i.id = n.invoice_id
    where i.id is null or i.customer_id <> n.customer_id or i.currency <> n.currency or i.vat_bps <> n.vat_bps
    union all
    select 8, 'credits exceed their invoice or leave VAT over', i.id::text
    from public.credit_notes as n
    join public.customer_invoices as i on i.id = n.invoice_id
    group by i.id, i.total_cents, i.vat_cents
    having sum(n.total_cents) > i.total_cents or sum(n.vat_cents) > i.vat_cents
      or (sum(n.total_cents) = i.total_cents and sum(n.vat_cents) <> i.vat_cents)
    union all
    select 9, 'manual reward without its audit row', w.id::text
    from public.referral_rewards as w
    where w.source = 'manual' and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'reward' and l.entity_id = w.id::text and l.action = 'reward.granted')
    union all
    select 9, 'earned reward without its audit row', w.id::text
    from public.referral_rewards as w
    where w.source = 'earned' and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'reward' and l.entity_id = w.id::text and l.action = 'reward.earned')
    union all
    select 9, 'revoked reward without its audit row', w.id::text
    from public.referral_rewards as w
    where w.status = 'revoked' and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'reward' and l.entity_id = w.id::text and l.action = 'reward.revoked')
    union all
    select 9, 'review decision without its audit row', f.id::text
    from public.referral_flags as f
    where f.status <> 'open' and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'referral' and l.entity_id = f.referral_id::text and l.action = 'referral.' || f.status)
    union all
    select 9, 'terms version without its audit row', p.version::text
    from public.referral_program as p
    where p.version > 1 and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'program' and l.entity_id = p.version::text and l.action = 'program.updated')
    union all
    select 9, 'active order without its audit row', o.id::text
    from public.orders as o
    where o.status = 'active' and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'order' and l.entity_id = o.id::text and l.action = 'order.activated')
    union all
    select 9, 'cancelled order without its audit row', o.id::text
    from public.orders as o
    where o.status = 'cancelled' and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'order' and l.entity_id = o.id::text and l.action = 'order.cancelled')
    union all
    select 9, 'stopped service without its audit row', s.id::text
    from public.customer_services as s
    where s.order_id is not null and s.status in ('suspended', 'cancelled')
      and not exists (
        select 1 from public.audit_log as l
        where l.entity_type = 'service' and l.entity_id = s.id::text and l.action = 'service.status_changed'
          and l.after ->> 'status' = s.status)
      and not exists (
        select 1 from public.audit_log as l
        where l.entity_type = 'order' and l.entity_id = s.order_id::text and l.action = 'order.cancelled')
    union all
    select 9, 'package change without its audit row', ch.service_id::text
    from public.service_price_changes as ch
    group by ch.service_id
    having count(*) > (
      select count(*) from public.audit_log as l
      where l.entity_type = 'service' and l.entity_id = ch.service_id::text and l.action = 'service.package_changed')
    union all
    select 9, 'credit note without its audit row', n.id::text
    from public.credit_notes as n
    where not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'credit_note' and l.entity_id = n.id::text and l.action = 'credit_note.issued')
    union all
    select 9, 'erased customer without its audit row', c.id::text
    from public.customers as c
    where c.erased_at is not null and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'customer' and l.entity_id = c.id::text and l.action = 'customer.erased')
    union all
    select 9, 'finished billing run without its audit row', b.id::text
    from public.billing_runs as b
    where b.status <> 'running' and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'billing_run' and l.entity_id = b.id::text and l.action = 'billing_run.' || b.status)
    union all
    select 9, 'billing run without its audit row', b.id::text
    from public.billing_runs as b
    where not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'billing_run' and l.entity_id = b.id::text and l.action = 'billing_run.started')
    union all
    select 10, 'mail owed but not queued: ' || owed.dedupe_key, owed.dedupe_key
    from (
      select 'referral_signup:' || r.id as dedupe_key, r.referrer_id as customer_id
      from public.customer_referrals as r where r.source <> 'admin'
      union all
      select 'referral_activated:' || r.id, r.referrer_id
      from public.customer_referrals as r where r.activated_at is not null
      union all
      select 'referral_qualified:' || r.id, r.referrer_id
      from public.customer_referrals as r where r.qualified_at is not null
      union all
      select 'reward_earned:' || w.id, w.customer_id from public.referral_rewards as w where w.source = 'earned'
      union all
      select 'reward_granted:' || w.id, w.customer_id from public.referral_rewards as w where w.source = 'manual'
      union all
      select 'reward_applied:' || w.id, w.customer_id from public.referral_rewards as w where w.status = 'applied'
      union all
      select 'reward_revoked:' || w.id, w.customer_id from public.referral_rewards as w where w.status = 'revoked'
      union all
      select 'reward_expired:' || w.id, w.customer_id from public.referral_rewards as w where w.status = 'expired'
    ) as owed
    join public.customers as c on c.id = owed.customer_id and c.erased_at is null
    where not exists (select 1 from public.notifications as n where n.dedupe_key = owed.dedupe_key)
    union all
    select 10, 'mail queued more than once', n.dedupe_key
    from public.notifications as n group by n.dedupe_key having count(*) > 1
    union all
    -- Only a mail that left a transaction which was rolled back has no cause.
    select 10, 'mail queued without its cause', n.dedupe_key
    from public.notifications as n
    cross join lateral (select split_part(n.dedupe_key, ':', 2) as id) as cause
    left join public.customer_referrals as r on r.id::text = cause.id
    left join public.referral_rewards as w on w.id::text = cause.id
    where not case n.template
      when 'referral_signup' then r.id is not null
      when 'referral_activated' then r.activated_at is not null
      when 'referral_qualified' then r.qualified_at is not null
      when 'reward_earned' then coalesce(w.source = 'earned', false)
      when 'reward_granted' then coalesce(w.source = 'manual', false)
      when 'reward_applied' then coalesce(w.status = 'applied', false)
      when 'reward_revoked' then coalesce(w.status = 'revoked', false)
      when 'reward_expired' then coalesce(w.status = 'expired', false)
      when 'reward_expiring' then w.id is not null
      else true
    end
    union all
    select 11, 'erased customer with personal details left', c.id::text
    from public.customers as c
    where c.erased_at is not null
      and (c.auth_user_id is not null or c.email <> 'erased-' || c.id or num_nonnulls(c.phone, c.address) > 0
        or exists (
          select 1 from public.customer_invoices as i
          where i.customer_id = c.id and i.buyer <> '{"erased": true}')
        or exists (
          select 1 from public.credit_notes as n
          where n.customer_id = c.id and n.buyer <> '{"erased": true}'))
  )
  select jsonb_build_object(
    'violations', (select count(*) from violations),
    'details', coalesce((
      select jsonb_agg(to_jsonb(v)) from (select * from violations order by invariant, rule, entity limit 1000) as v), '[]')
  ) into v_verdict;
  return v_verdict;
end;
$$;
comment on function public.verify_invariants() is
  'Server: every broken invariant with the rows that break it. Does not rely on the constraints that should make this impossible.';
revoke all on function public.verify_invariants() from public, anon, authenticated, service_role;
grant execute on function public.verify_invariants() to service_role;

reset check_function_bodies;
