-- The schema before the first release, made from the files of supabase/schemas.
-- Read and change those; `npm run db:migration -- NAME` writes the next migration.

-- schemas/010_foundations.sql
-- Foundations: the private schema, how a broken rule is raised, and the helpers that every other file uses.
-- Undo: run supabase/rollback/remove_referral_rewards.sql. It deletes all data.
--
-- The files of this folder load in the order of their names and hold the final state of everything once. A function
-- may call one of a later file: bodies are checked when all files are loaded (tests/integration/database/schemas).
--
-- Every function states its own search path, and every function that writes and is called from outside gives up on a
-- lock after three seconds. The wait is bounded in the function rather than in a role: a session of the data API
-- switches its role without taking on that role's settings. The transaction that gave up is rolled back with 55P03. The
-- caller tries again within bounds, and answers 503 if that does not help.
set check_function_bodies = off;

create extension if not exists pg_trgm with schema extensions;
create extension if not exists unaccent with schema extensions;

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
  'Raises a broken rule: SQLSTATE PT and the HTTP status, the error code of lib/errors.ts as the message.';
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
  'Trigger: rows of an append-only table are never changed or deleted, not even by the owner.';
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
  -- Trimmed after normalisation, because NFKC turns the Unicode spaces into plain ones.
  from (
    select lower(btrim(normalize(p_email, nfkc), E' \t\n\v\f\r' || U&'\1680\2028\2029\FEFF')) as e
  ) as folded
$$;
comment on function private.normalise_email(text) is
  'The address by which a person is compared: lower case, no plus-tag, Gmail without dots. The same rule as normaliseEmail in lib/identity/email.ts; a test compares the two.';
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
  'One page of a list that was read with one row too many: the rows, and the cursor of the next page or null.';
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
comment on function private.prefix_end(text) is 'Upper bound of a range that holds all texts with this prefix.';
revoke all on function private.prefix_end(text) from public, anon, authenticated, service_role;

create function private.is_person_name(p_name text)
returns boolean
language sql
immutable
parallel safe
set search_path = ''
as $$
  select length(p_name) <= 80
    -- A character that is no space, punctuation mark, sign or joiner: a letter of some script.
    and p_name ~ U&'[^\0001-\0040\005B-\0060\007B-\00A9\00AB-\00B4\00B6-\00B9\00BB-\00BF\00D7\00F7\2000-\206F\3000-\3004\3008-\3020\30FB\3164\115F\1160\FFA0\FE00-\FE0F\FF00-\FF20]'
    -- Control characters, separators of lines, marks that change the direction, invisible letters.
    and p_name !~ U&'[\0001-\001F\007F-\009F\00AD\061C\200B\200E\200F\2028-\202E\2060-\2069\3164\115F\1160\FFA0\FEFF\FFFC\FFFD]'
    -- Digits: Latin, wide, Arabic, Persian, Devanagari.
    and p_name !~ U&'[0-9\FF10-\FF19\0660-\0669\06F0-\06F9\0966-\096F]'
    -- What addresses, markup and sentences need, also in its wide forms.
    and p_name !~ U&'[]\005B\\\\!"#$%&()*+,/:;<=>?@^_{|}~\3001\3002\FF01-\FF06\FF08-\FF0C\FF0E\FF0F\FF1A-\FF20]'
    -- A domain: a full stop before two letters.
    and p_name !~ '[.][A-Za-z][A-Za-z]'
$$;
comment on function private.is_person_name(text) is
  'Whether a text can be a first or last name: a visible letter, and no digits, addresses, markup or direction marks. It refuses less than lib/identity/names.ts, which every entrance asks first; a test compares the two.';
revoke all on function private.is_person_name(text) from public, anon, authenticated, service_role;

create function private.is_plain_line(p_text text)
returns boolean
language sql
immutable
parallel safe
set search_path = ''
as $$
  select p_text !~ U&'[\0001-\001F\007F-\009F\061C\200E\200F\2028-\202E\2066-\2069]'
$$;
comment on function private.is_plain_line(text) is
  'Whether a text is one line that can be shown safely: no control characters, no separators of lines, no marks that change the direction. The same rule as hasUnshowableCharacter in lib/identity/names.ts; a test compares the two.';
revoke all on function private.is_plain_line(text) from public, anon, authenticated, service_role;

create function private.folded(p_text text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select lower(extensions.unaccent('extensions.unaccent'::regdictionary, normalize(p_text, nfkc)))
$$;
comment on function private.folded(text) is
  'A text as searches compare it: small letters without accents. The rules of unaccent come with PostgreSQL and do not change.';
revoke all on function private.folded(text) from public, anon, authenticated, service_role;

create function private.order_number_of(p_text text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select case when length(compact) = 6 then left(compact, 3) || '-' || right(compact, 3) end
  from (select translate(upper(regexp_replace(p_text, '[^A-Za-z0-9]', '', 'g')), 'OIL', '011') as compact) as read
$$;
comment on function private.order_number_of(text) is
  'An order number as people say or type it, in the form in which it is stored; null when it has not 6 letters and digits.';
revoke all on function private.order_number_of(text) from public, anon, authenticated, service_role;

-- schemas/020_access.sql
-- Access: who the admins are, what a role may do, and the checks that policies and functions use.

create table public.role_permissions (
  role text not null check (role in ('support', 'reviewer', 'billing', 'owner')),
  permission text not null check (permission in (
    'customers:view', 'referrals:review', 'orders:manage',
    'billing:manage_invoices', 'program:manage', 'admins:manage', 'data:export', 'audit:view'
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
  ('billing', 'data:export'),
  ('billing', 'audit:view'),
  ('owner', 'customers:view'),
  ('owner', 'referrals:review'),
  ('owner', 'orders:manage'),
  ('owner', 'billing:manage_invoices'),
  ('owner', 'program:manage'),
  ('owner', 'admins:manage'),
  ('owner', 'data:export'),
  ('owner', 'audit:view');

create table public.admin_users (
  id uuid primary key default gen_random_uuid(),
  auth_user_id uuid not null unique references auth.users (id) on delete cascade,
  email text not null check (position('@' in email) > 1),
  name text not null check (length(btrim(name)) between 1 and 120),
  role text not null check (role in ('support', 'reviewer', 'billing', 'owner')),
  is_active boolean not null default true,
  accepted_at timestamptz default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.admin_users is 'Staff accounts. Each check reads the role and is_active, so that a change takes effect at once.';
comment on column public.admin_users.accepted_at is
  'When the person opened the link of their invitation, which proves that the address is theirs. Null gives no right yet.';

create function private.is_acting_admin(p_admin public.admin_users)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select p_admin.is_active and p_admin.accepted_at is not null
$$;
comment on function private.is_acting_admin(public.admin_users) is 'Whether a staff account has rights now: it is active, and its invitation was accepted.';
revoke all on function private.is_acting_admin(public.admin_users) from public, anon, authenticated, service_role;

create function private.session_is_live()
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select (select auth.jwt()) ->> 'session_id' is null or exists (
    select 1
    from auth.sessions as s
    where s.id = ((select auth.jwt()) ->> 'session_id')::uuid
      and s.user_id = (select auth.uid())
      and (s.not_after is null or s.not_after > now())
  )
$$;
comment on function private.session_is_live() is
  'Whether the session that the caller''s token names still exists. A token outlives its session by up to an hour, and with asymmetric keys nobody asks the auth server. A token that names no session is not one of the auth server.';
revoke all on function private.session_is_live() from public, anon, authenticated, service_role;

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
      and private.is_acting_admin(a)
      and rp.permission = p_permission
      and (select private.session_is_live())
  ) and private.session_obstacle() is null
$$;
comment on function public.has_permission(text) is
  'Whether the caller is an active admin whose role carries the permission, in a session that has not ended, is within its limits and has the second factor where one is needed.';
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
  if v_user is null or not private.session_is_live() then
    perform private.fail(401, 'unauthenticated');
  end if;
  return v_user;
end;
$$;
comment on function private.require_user() is 'The caller''s auth user id. Raises unauthenticated, also when the session has ended.';
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
    perform private.refuse_session(v_user);
    perform private.fail(403, 'forbidden', p_permission);
  end if;
  return v_user;
end;
$$;
comment on function private.require_permission(text) is
  'The caller''s auth user id, if they are an active admin with the permission. Raises unauthenticated, second_factor_needed, forbidden.';
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
    where a.auth_user_id = p_actor and private.is_acting_admin(a) and rp.permission = p_permission)
  then
    perform private.fail(403, 'forbidden', p_permission);
  end if;
end;
$$;
comment on function private.require_permission_of(uuid, text) is
  'For work that the server does on behalf of an admin: checks the permission that the admin has at this moment. Raises forbidden.';
revoke all on function private.require_permission_of(uuid, text) from public, anon, authenticated, service_role;

create function private.customer_marks(p_customer_id uuid)
returns setof text
language plpgsql
stable
set search_path = ''
as $$
begin
  return query
    select mark
    from public.customers as c
    cross join lateral (values
      ('email:' || c.email_normalised), ('email:' || c.mailbox), ('phone:' || c.phone),
      ('address:' || nullif(c.address_key, ''))) as own (mark)
    where c.id = p_customer_id and mark is not null
    union
    select 'address:' || o.address_key
    from public.orders as o
    where o.customer_id = p_customer_id and o.status <> 'cancelled' and o.address_key <> '';
end;
$$;
comment on function private.customer_marks(uuid) is
  'What tells that two customers are one person: e-mail address, mailbox, phone, and the places of the account and its orders.';
revoke all on function private.customer_marks(uuid) from public, anon, authenticated, service_role;

create function private.person_marks(p_auth_user_id uuid)
returns text[]
language sql
stable
set search_path = ''
as $$
  with addresses as (
    select private.normalise_email(a.email) as email from public.admin_users as a where a.auth_user_id = p_auth_user_id
    union
    select private.normalise_email(u.email) from auth.users as u where u.id = p_auth_user_id and u.email is not null
  ),
  accounts as (
    select c.* from public.customers as c where c.auth_user_id = p_auth_user_id and c.erased_at is null
    union
    select c.* from public.customers as c
    where c.email_normalised in (select email from addresses) and c.erased_at is null
    union
    select c.* from public.customers as c
    where c.mailbox in (select email from addresses) and c.erased_at is null
  )
  select array(
    select 'user:' || p_auth_user_id
    union select 'email:' || email from addresses
    union select private.customer_marks(a.id) from accounts as a)
$$;
comment on function private.person_marks(uuid) is
  'What tells that two accounts are one person: the login, the normalised e-mail addresses, and the marks of the customer accounts under them.';
revoke all on function private.person_marks(uuid) from public, anon, authenticated, service_role;

create function private.is_one_person(p_one uuid, p_other uuid)
returns boolean
language sql
stable
set search_path = ''
as $$
  select p_one = p_other or private.person_marks(p_one) && private.person_marks(p_other)
$$;
comment on function private.is_one_person(uuid, uuid) is 'Whether two logins share a mark of a person (private.person_marks).';
revoke all on function private.is_one_person(uuid, uuid) from public, anon, authenticated, service_role;

create function private.refuse_own_account(p_customer_id uuid, p_actor uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if p_actor is not null and exists (
    select 1 from public.customers as c
    where c.id = p_customer_id
      and (c.auth_user_id = p_actor
        or private.person_marks(p_actor) && array(select private.customer_marks(c.id)))) then
    perform private.fail(403, 'own_account');
  end if;
end;
$$;
comment on function private.refuse_own_account(uuid, uuid) is
  'Refuses an admin who acts on their own customer account, also under another login: the same normalised e-mail, phone or address. Raises own_account.';
revoke all on function private.refuse_own_account(uuid, uuid) from public, anon, authenticated, service_role;

create function private.admin_name(p_auth_user_id uuid)
returns text
language sql
stable
set search_path = ''
as $$
  select a.name from public.admin_users as a where a.auth_user_id = p_auth_user_id
$$;
comment on function private.admin_name(uuid) is 'The name of an actor. Null for the system and for former admins.';
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

-- schemas/022_account_sessions.sql
-- Sessions of admins: their limits, the second factor, and the password that dangerous acts ask for once more.

create table public.admin_settings (
  version integer primary key check (version > 0),
  monthly_grants_per_admin integer not null default 20 check (monthly_grants_per_admin between 1 and 10000),
  approval_credit_cents bigint not null default 200000 check (approval_credit_cents >= 0),
  approval_price_cents bigint not null default 100000 check (approval_price_cents >= 0),
  approval_bulk_items integer not null default 25 check (approval_bulk_items between 0 and 1000),
  approval_hours integer not null default 72 check (approval_hours between 1 and 720),
  session_idle_minutes integer not null default 60 check (session_idle_minutes between 5 and 1440),
  session_hours integer not null default 12 check (session_hours between 1 and 168),
  second_factor_required boolean not null default false,
  reason text not null check (length(btrim(reason)) between 3 and 500),
  created_by uuid,
  created_at timestamptz not null default now()
);
comment on table public.admin_settings is
  'Versions of what one admin may do alone, and of the rules of their sessions. The highest version is in force.';
comment on column public.admin_settings.monthly_grants_per_admin is
  'How many free months one person may grant by hand in a calendar month of the billing time zone.';
comment on column public.admin_settings.approval_credit_cents is
  'A credit note above this many cents with VAT needs a second person.';
comment on column public.admin_settings.approval_price_cents is
  'A change of a service''s monthly price by more than this many cents with VAT needs a second person.';
comment on column public.admin_settings.approval_bulk_items is 'A bulk job with more rows than this needs a second person.';
comment on column public.admin_settings.approval_hours is 'Hours after which a request that nobody decided expires.';
comment on column public.admin_settings.session_idle_minutes is 'Minutes without use after which a session gives an admin no rights.';
comment on column public.admin_settings.session_hours is 'Hours after sign-in after which a session gives an admin no rights.';

create trigger admin_settings_append_only
  before update or delete on public.admin_settings
  for each row execute function private.refuse_change();
create trigger admin_settings_no_truncate
  before truncate on public.admin_settings
  for each statement execute function private.refuse_change();

alter table public.admin_settings enable row level security;
revoke all on table public.admin_settings from public, anon, authenticated, service_role;
grant select on table public.admin_settings to service_role;
grant select on table public.admin_settings to authenticated;
create policy admin_settings_select on public.admin_settings
  for select to authenticated
  using ((select public.has_permission('admins:manage')));

insert into public.admin_settings (version, reason) values (1, 'Defaults');

create function private.current_admin_settings()
returns public.admin_settings
language sql
stable
set search_path = ''
as $$
  select s from public.admin_settings as s order by s.version desc limit 1
$$;
comment on function private.current_admin_settings() is 'The rules for admins in force.';
revoke all on function private.current_admin_settings() from public, anon, authenticated, service_role;

create table public.account_sessions (
  session_id uuid primary key,
  auth_user_id uuid not null references auth.users (id) on delete cascade,
  last_seen_at timestamptz not null default now(),
  password_checked_at timestamptz,
  link_opened_at timestamptz
);
comment on table public.account_sessions is
  'What is known of sessions beyond the auth server, by the session_id of their tokens.';
comment on column public.account_sessions.last_seen_at is 'When an admin last used it.';
comment on column public.account_sessions.password_checked_at is 'When the password was given once more in it.';
comment on column public.account_sessions.link_opened_at is
  'When it began with a link that was mailed to the address of the account. It may choose a new password without the present one, once and within an hour.';

create index account_sessions_user on public.account_sessions (auth_user_id);
create index account_sessions_seen on public.account_sessions (last_seen_at);

alter table public.account_sessions enable row level security;
revoke all on table public.account_sessions from public, anon, authenticated, service_role;
grant select on table public.account_sessions to service_role;

create function private.session_id()
returns uuid
language sql
stable
set search_path = ''
as $$
  select (auth.jwt() ->> 'session_id')::uuid
$$;
comment on function private.session_id() is 'The session of the caller''s token. Null outside of the data API.';
revoke all on function private.session_id() from public, anon, authenticated, service_role;

create function private.lacks_second_factor()
returns boolean
language sql
stable
set search_path = ''
as $$
  select coalesce(auth.jwt() ->> 'aal', 'aal1') <> 'aal2'
    and coalesce((auth.jwt() -> 'app_metadata' ->> 'second_factor')::boolean, false)
$$;
comment on function private.lacks_second_factor() is
  'Whether the caller''s account has a second factor that this session has not given yet. The server notes in app_metadata that an account has one.';
revoke all on function private.lacks_second_factor() from public, anon, authenticated, service_role;

create function private.session_obstacle()
returns text
language sql
stable
set search_path = ''
as $$
  select case
    when private.lacks_second_factor() then 'second_factor_needed'
    when private.session_id() is null then null
    when not exists (
      select 1
      from auth.sessions as s
      left join public.account_sessions as own on own.session_id = s.id
      where s.id = private.session_id()
        and now() < s.created_at + make_interval(hours => settings.session_hours)
        -- A renewed token is no use: a tab that was left open renews it, too.
        and now() < greatest(s.created_at, own.last_seen_at)
          + make_interval(mins => settings.session_idle_minutes)) then 'session_ended'
    when settings.second_factor_required and coalesce(auth.jwt() ->> 'aal', 'aal1') <> 'aal2' then 'second_factor_needed'
  end
  from private.current_admin_settings() as settings
$$;
comment on function private.session_obstacle() is
  'Why the caller''s session gives an admin no rights: session_ended when it was revoked, is too old or was not used for too long; second_factor_needed. Null: nothing stands against it.';
revoke all on function private.session_obstacle() from public, anon, authenticated, service_role;

create function private.refuse_session(p_user uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
declare
  v_obstacle text := private.session_obstacle();
begin
  if v_obstacle is null
    or not exists (select 1 from public.admin_users as a where a.auth_user_id = p_user and private.is_acting_admin(a)) then
    return;
  end if;
  if v_obstacle = 'second_factor_needed' then
    perform private.fail(403, 'second_factor_needed');
  end if;
  perform private.fail(401, 'unauthenticated', 'session_ended');
end;
$$;
comment on function private.refuse_session(uuid) is
  'Tells an admin what is wrong with their session. Raises unauthenticated, second_factor_needed.';
revoke all on function private.refuse_session(uuid) from public, anon, authenticated, service_role;

create function private.note_session_use()
returns void
language plpgsql
set search_path = ''
as $$
begin
  if private.session_id() is null or private.session_obstacle() = 'session_ended' then
    return;
  end if;
  insert into public.account_sessions as own (session_id, auth_user_id)
  values (private.session_id(), (select auth.uid()))
  -- Once a minute is exact enough for limits of minutes.
  on conflict (session_id) do update set last_seen_at = now()
  where own.last_seen_at < now() - interval '1 minute';
end;
$$;
comment on function private.note_session_use() is 'Notes that an admin uses their session now.';
revoke all on function private.note_session_use() from public, anon, authenticated, service_role;

create function private.require_recent_password()
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if not exists (
    select 1
    from auth.sessions as s
    left join public.account_sessions as own on own.session_id = s.id
    where s.id = private.session_id()
      and greatest(s.created_at, own.password_checked_at) > now() - interval '10 minutes') then
    perform private.fail(403, 'password_needed');
  end if;
end;
$$;
comment on function private.require_recent_password() is
  'For dangerous acts: the caller signed in, or gave the password once more in this session, within 10 minutes. Raises password_needed.';
revoke all on function private.require_recent_password() from public, anon, authenticated, service_role;

create function public.require_recent_password(p_permission text)
returns void
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission(p_permission);
  perform private.require_recent_password();
end;
$$;
comment on function public.require_recent_password(text) is
  'Caller: has the permission, and gave the password within 10 minutes. For dangerous acts that the server carries out. Raises unauthenticated, forbidden, password_needed.';
revoke all on function public.require_recent_password(text) from public, anon, authenticated, service_role;
grant execute on function public.require_recent_password(text) to authenticated;

create function public.note_session_proof(p_session_id uuid, p_auth_user_id uuid, p_proof text)
returns void
language sql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
  -- A proof does not revive a session that was not used for too long.
  insert into public.account_sessions as own (session_id, auth_user_id, last_seen_at, password_checked_at, link_opened_at)
  select s.id, s.user_id, s.created_at,
    case when p_proof = 'password' then now() end, case when p_proof = 'link' then now() end
  from auth.sessions as s
  where s.id = p_session_id and s.user_id = p_auth_user_id
  on conflict (session_id) do update set
    password_checked_at = coalesce(excluded.password_checked_at, own.password_checked_at),
    link_opened_at = coalesce(excluded.link_opened_at, own.link_opened_at)
$$;
comment on function public.note_session_proof(uuid, uuid, text) is
  'Server: in this session its owner gave the password just now, or opened a mailed link; p_proof is password or link.';
revoke all on function public.note_session_proof(uuid, uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.note_session_proof(uuid, uuid, text) to service_role;

create function public.has_link_proof(p_session_id uuid, p_auth_user_id uuid)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select exists (
    select from public.account_sessions as own
    where own.session_id = p_session_id and own.auth_user_id = p_auth_user_id
      and own.link_opened_at > now() - interval '1 hour')
$$;
comment on function public.has_link_proof(uuid, uuid) is
  'Server: whether this session began with a mailed link within an hour and chose no password since.';
revoke all on function public.has_link_proof(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.has_link_proof(uuid, uuid) to service_role;

create function public.end_link_proof(p_session_id uuid, p_auth_user_id uuid)
returns void
language sql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
  update public.account_sessions as own set link_opened_at = null
  where own.session_id = p_session_id and own.auth_user_id = p_auth_user_id
$$;
comment on function public.end_link_proof(uuid, uuid) is
  'Server: a password was chosen in this session, so the mailed link proves nothing any more.';
revoke all on function public.end_link_proof(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.end_link_proof(uuid, uuid) to service_role;

-- schemas/030_settings.sql
-- Settings: versions of the programme terms and of the billing settings. A version is never edited; the newest is in force.

create table public.referral_program (
  version integer primary key check (version > 0),
  code_prefix text not null default 'REF' check (code_prefix ~ '^[A-Z0-9]{2,8}$'),
  referrals_required integer not null default 2 check (referrals_required between 1 and 50),
  qualifying_days integer not null default 30 check (qualifying_days between 1 and 365),
  paid_invoices_required integer not null default 1 check (paid_invoices_required between 0 and 12),
  suspension_grace_days integer not null default 7 check (suspension_grace_days between 0 and 365),
  activation_window_days integer not null default 30 check (activation_window_days between 1 and 365),
  reward_expiry_months integer not null default 12 check (reward_expiry_months between 1 and 120),
  monthly_referral_limit integer not null default 10 check (monthly_referral_limit between 1 and 10000),
  velocity_alert integer not null default 5 check (velocity_alert between 1 and 10000),
  reward_cap_cents bigint check (reward_cap_cents > 0),
  reward_vat_treatment text not null default 'discount' check (reward_vat_treatment in ('discount', 'consideration')),
  promotion text not null default 'customers' check (promotion in ('customers', 'everyone')),
  attribution_days integer not null default 90 check (attribution_days between 1 and 400),
  is_paused boolean not null default false,
  reason text not null check (length(btrim(reason)) between 3 and 500),
  created_by uuid,
  created_at timestamptz not null default now(),
  effective_at timestamptz check (effective_at > created_at)
);
comment on table public.referral_program is
  'Versions of the programme terms. The highest version that counts already is in force; a referral keeps the version it was made under.';
comment on column public.referral_program.effective_at is
  'From when a scheduled version counts, the beginning of a day in the billing time zone. Null: from when it was made.';
comment on column public.referral_program.reward_cap_cents is 'Ceiling of one free month in cents, VAT included; null = no ceiling.';
comment on column public.referral_program.paid_invoices_required is
  'How many of a friend''s invoices must be paid in full before the friend counts. A free or fully credited invoice counts as paid.';
comment on column public.referral_program.suspension_grace_days is
  'A suspension of a friend''s service stops the clock; one that is longer than this many days ends the referral.';
comment on column public.referral_program.reward_vat_treatment is
  'discount: a free month lowers the price, and VAT is computed on what remains. consideration: VAT stays due on the full price, and the free month is a credit against the total.';
comment on column public.referral_program.promotion is
  'customers: only customers read about the reward. everyone: public pages promote the programme too.';

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

create table public.referral_program_withdrawals (
  version integer primary key references public.referral_program (version),
  reason text not null check (length(btrim(reason)) between 3 and 500),
  withdrawn_by uuid not null,
  withdrawn_at timestamptz not null default now()
);
comment on table public.referral_program_withdrawals is 'Scheduled versions of the terms that were withdrawn before they counted. They never count.';

create trigger referral_program_withdrawals_append_only
  before update or delete on public.referral_program_withdrawals
  for each row execute function private.refuse_change();
create trigger referral_program_withdrawals_no_truncate
  before truncate on public.referral_program_withdrawals
  for each statement execute function private.refuse_change();

alter table public.referral_program_withdrawals enable row level security;
revoke all on table public.referral_program_withdrawals from public, anon, authenticated, service_role;
grant select on table public.referral_program_withdrawals to service_role;
grant select on table public.referral_program_withdrawals to authenticated;
create policy referral_program_withdrawals_select on public.referral_program_withdrawals
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create function private.current_terms()
returns public.referral_program
language sql
stable
set search_path = ''
as $$
  select p
  from public.referral_program as p
  where (p.effective_at is null or p.effective_at <= now())
    and not exists (select 1 from public.referral_program_withdrawals as x where x.version = p.version)
  order by p.version desc
  limit 1
$$;
comment on function private.current_terms() is 'The programme terms in force.';
revoke all on function private.current_terms() from public, anon, authenticated, service_role;

create function private.terms_at(p_at timestamptz)
returns public.referral_program
language sql
stable
set search_path = ''
as $$
  select p
  from public.referral_program as p
  cross join lateral (select coalesce(p.effective_at, p.created_at) <= p_at as counts) as then_
  where not exists (select 1 from public.referral_program_withdrawals as x where x.version = p.version)
  order by then_.counts desc, case when then_.counts then p.version end desc, p.version
  limit 1
$$;
comment on function private.terms_at(timestamptz) is
  'The programme terms that were in force at an instant; the first ones for an instant before them.';
revoke all on function private.terms_at(timestamptz) from public, anon, authenticated, service_role;

create function private.scheduled_terms()
returns public.referral_program
language sql
stable
set search_path = ''
as $$
  select p
  from public.referral_program as p
  where p.effective_at > now()
    and p.version > (private.current_terms()).version
    and not exists (select 1 from public.referral_program_withdrawals as x where x.version = p.version)
  order by p.version desc
  limit 1
$$;
comment on function private.scheduled_terms() is
  'The version of the terms that counts later; null when none is scheduled. There is one at a time: a change before its day makes it anew.';
revoke all on function private.scheduled_terms() from public, anon, authenticated, service_role;

create function private.terms_state(p_terms public.referral_program)
returns text
language sql
stable
set search_path = ''
as $$
  select case
    when p_terms.version = (private.current_terms()).version then 'in_force'
    when p_terms.version = (private.scheduled_terms()).version then 'scheduled'
    when exists (select 1 from public.referral_program_withdrawals as x where x.version = p_terms.version) then 'withdrawn'
    -- A later version counted before its day.
    when p_terms.effective_at > now() or exists (
      select 1 from public.referral_program as n
      where n.version > p_terms.version and coalesce(n.effective_at, n.created_at) <= p_terms.effective_at
        and not exists (select 1 from public.referral_program_withdrawals as x where x.version = n.version)) then 'replaced'
    else 'past'
  end
$$;
comment on function private.terms_state(public.referral_program) is
  'in_force, scheduled, past; withdrawn and replaced versions never counted.';
revoke all on function private.terms_state(public.referral_program) from public, anon, authenticated, service_role;

create function private.published_terms(p_terms public.referral_program)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(p_terms) - array['velocity_alert', 'reason', 'created_by', 'created_at', 'effective_at']
$$;
comment on function private.published_terms(public.referral_program) is
  'A version of the terms as everybody may read it: without the thresholds of the fraud rules.';
revoke all on function private.published_terms(public.referral_program) from public, anon, authenticated, service_role;

create function private.public_terms()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.published_terms(private.current_terms())
    || case when private.rewards_are_on() then '{}' else '{"is_paused": true}' end::jsonb
$$;
comment on function private.public_terms() is 'The terms in force, for everybody. With rewards switched off the programme is paused.';
revoke all on function private.public_terms() from public, anon, authenticated, service_role;

create function public.get_terms_versions(p_version integer default null)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'terms', (
      select case when p.version = current.version then private.public_terms() else private.published_terms(p) end
      from public.referral_program as p
      where p.version = coalesce(p_version, current.version) and private.terms_state(p) in ('in_force', 'past')),
    'current_version', current.version,
    'versions', (
      select jsonb_agg(jsonb_build_object('version', v.version, 'in_force_from', v.created_at) order by v.version desc)
      from (
        select p.version, coalesce(p.effective_at, p.created_at) as created_at
        from public.referral_program as p
        where private.terms_state(p) in ('in_force', 'past')
        -- The one after the version asked for says until when that was in force.
        order by p.version = p_version desc, case when p.version > p_version then p.version end,
          p.version desc
        limit 50
      ) as v)
  )
  from private.current_terms() as current
$$;
comment on function public.get_terms_versions(integer) is
  'Server: one version of the terms as everybody may read it, null if there is none, the current one without p_version; and the newest 50 versions with the instant from which each was in force.';
revoke all on function public.get_terms_versions(integer) from public, anon, authenticated, service_role;
grant execute on function public.get_terms_versions(integer) to service_role;

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

create function private.terms_document(p_terms public.referral_program)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(p_terms) - 'created_by' || jsonb_build_object(
    'created_by_name', private.admin_name(p_terms.created_by), 'state', private.terms_state(p_terms))
$$;
comment on function private.terms_document(public.referral_program) is 'A version of the terms as admins see it.';
revoke all on function private.terms_document(public.referral_program) from public, anon, authenticated, service_role;

create function public.get_program()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_scheduled public.referral_program := private.scheduled_terms();
begin
  perform private.require_permission('program:manage');
  return jsonb_build_object(
    'current', private.terms_document(private.current_terms()),
    'scheduled', case when v_scheduled.version is not null then private.terms_document(v_scheduled) end,
    'versions', (
      select jsonb_agg(private.terms_document(recent.p) order by (recent.p).version desc)
      from (select p from public.referral_program as p order by p.version desc limit 50) as recent),
    'switches', private.switch_documents(),
    'brand_name', (private.current_billing_settings()).brand_name,
    'currency', (private.current_billing_settings()).currency
  );
end;
$$;
comment on function public.get_program() is
  'Admin with program:manage: the terms in force, those that are scheduled, and the newest 50 versions.';
revoke all on function public.get_program() from public, anon, authenticated, service_role;
grant execute on function public.get_program() to authenticated;

create function public.get_terms_effect()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('program:manage');
  return jsonb_build_object(
    'open', coalesce((
      select jsonb_agg(jsonb_build_object('version', o.version, 'pending', o.pending, 'active', o.active) order by o.version desc)
      from (
        select r.program_version as version, count(*) filter (where r.status = 'pending') as pending,
          count(*) filter (where r.status = 'active') as active
        from public.customer_referrals as r
        where r.status in ('pending', 'active')
        group by r.program_version
      ) as o), '[]'),
    'waiting_rewards', (select count(*) from public.referral_rewards as w where w.status = 'pending'),
    'recorded_30_days', (
      select count(*) from public.customer_referrals as r where r.referred_at > now() - interval '30 days'));
end;
$$;
comment on function public.get_terms_effect() is
  'Admin with program:manage: what new terms do not change: open referrals by the version that they keep, and waiting free months; and how many referrals were recorded in 30 days.';
revoke all on function public.get_terms_effect() from public, anon, authenticated, service_role;
grant execute on function public.get_terms_effect() to authenticated;

create function private.insert_terms(
  p_terms public.referral_program, p_before public.referral_program, p_reason text, p_author uuid, p_actor uuid,
  p_effective_at timestamptz
)
returns public.referral_program
language plpgsql
set search_path = ''
as $$
declare
  v_new public.referral_program := p_terms;
begin
  select max(p.version) + 1 into v_new.version from public.referral_program as p;
  v_new.reason := p_reason;
  v_new.created_by := p_author;
  v_new.created_at := now();
  v_new.effective_at := p_effective_at;
  insert into public.referral_program select v_new.* returning * into v_new;
  perform private.write_audit(
    p_actor, 'program.updated', 'program', v_new.version::text, null, p_reason,
    to_jsonb(p_before) - array['reason', 'created_by', 'created_at', 'effective_at'],
    jsonb_strip_nulls(jsonb_build_object('effective_at', p_effective_at))
      || to_jsonb(v_new) - array['reason', 'created_by', 'created_at', 'effective_at'], now());
  return v_new;
end;
$$;
comment on function private.insert_terms(public.referral_program, public.referral_program, text, uuid, uuid, timestamptz) is
  'Writes the next version of the terms, with its audit row. The caller holds the lock of the terms.';
revoke all on function private.insert_terms(public.referral_program, public.referral_program, text, uuid, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.carried_terms(
  p_scheduled public.referral_program, p_before public.referral_program, p_after public.referral_program
)
returns public.referral_program
language sql
stable
set search_path = ''
as $$
  select jsonb_populate_record(p_scheduled, coalesce((
    select jsonb_object_agg(changed.key, changed.value)
    from jsonb_each(to_jsonb(p_after) - array['version', 'reason', 'created_by', 'created_at', 'effective_at']) as changed
    where changed.value is distinct from to_jsonb(p_before) -> changed.key
      and to_jsonb(p_scheduled) -> changed.key is not distinct from to_jsonb(p_before) -> changed.key), '{}'))
$$;
comment on function private.carried_terms(public.referral_program, public.referral_program, public.referral_program) is
  'A scheduled version after a change that counts before it: what was changed stays changed, unless the schedule changes it itself. So a pause outlasts the day of the schedule.';
revoke all on function private.carried_terms(public.referral_program, public.referral_program, public.referral_program)
  from public, anon, authenticated, service_role;

create function private.start_of_schedule(p_day date)
returns timestamptz
language plpgsql
stable
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
  v_today date := private.local_date(now(), v_zone);
begin
  if p_day is null then
    return null;
  end if;
  if p_day <= v_today or p_day > v_today + 366 then
    perform private.fail(400, 'invalid_request', 'effective_on must be a later day, within a year');
  end if;
  return private.start_of_day(p_day, v_zone);
end;
$$;
comment on function private.start_of_schedule(date) is
  'The instant at which terms that are scheduled for a day begin to count. Null for no day. Raises invalid_request.';
revoke all on function private.start_of_schedule(date) from public, anon, authenticated, service_role;

create function public.update_program(
  p_terms jsonb, p_reason text, p_expected_version integer, p_effective_on date default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_old public.referral_program;
  v_new public.referral_program;
  v_later public.referral_program;
  v_effective timestamptz;
begin
  v_actor := private.require_permission('program:manage');
  v_reason := private.trimmed_reason(p_reason);
  v_effective := private.start_of_schedule(p_effective_on);
  perform private.require_recent_password();
  perform pg_advisory_xact_lock(hashtextextended('referral_program', 0));
  v_old := private.current_terms();
  v_later := private.scheduled_terms();
  if p_expected_version is distinct from v_old.version then
    perform private.fail_overtaken(
      'version_conflict', v_old.version::text, v_old.created_by, coalesce(v_old.effective_at, v_old.created_at));
  end if;
  if v_effective is not null and v_later.version is not null then
    perform private.fail_overtaken('version_scheduled', v_later.version::text, v_later.created_by, v_later.created_at);
  end if;
  v_new := private.insert_terms(
    jsonb_populate_record(v_old, p_terms - array['version', 'reason', 'created_by', 'created_at', 'effective_at']),
    v_old, v_reason, v_actor, v_actor, v_effective);
  if v_later.version is not null then
    perform private.insert_terms(
      private.carried_terms(v_later, v_old, v_new), v_new, v_later.reason, v_later.created_by, v_actor, v_later.effective_at);
  end if;
  return private.terms_document(v_new);
exception
  when check_violation or not_null_violation or invalid_text_representation or numeric_value_out_of_range then
    raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'terms out of range';
  when sqlstate 'PT403' then
    return private.refused_call('program.update', 'program', null, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.update_program(jsonb, text, integer, date) is
  'Admin with program:manage: makes a new version of the terms, which counts at once, or from the beginning of a later day. What counts at once is carried into a version that is scheduled. Raises password_needed, version_conflict if another version was made meanwhile, version_scheduled if one is scheduled already.';
revoke all on function public.update_program(jsonb, text, integer, date) from public, anon, authenticated, service_role;
grant execute on function public.update_program(jsonb, text, integer, date) to authenticated;

create function public.withdraw_scheduled_terms(p_version integer, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_scheduled public.referral_program;
begin
  v_actor := private.require_permission('program:manage');
  v_reason := private.trimmed_reason(p_reason);
  perform private.require_recent_password();
  perform pg_advisory_xact_lock(hashtextextended('referral_program', 0));
  v_scheduled := private.scheduled_terms();
  if v_scheduled.version is distinct from p_version then
    perform private.fail(409, 'version_conflict', p_version::text);
  end if;
  -- Versions that it replaced for the same time must not come back.
  insert into public.referral_program_withdrawals (version, reason, withdrawn_by, withdrawn_at)
  select p.version, v_reason, v_actor, now()
  from public.referral_program as p
  where p.effective_at > now()
    and not exists (select 1 from public.referral_program_withdrawals as x where x.version = p.version);
  perform private.write_audit(
    v_actor, 'program.withdrawn', 'program', p_version::text, null, v_reason,
    jsonb_build_object('effective_at', v_scheduled.effective_at), null, now());
  return jsonb_build_object('version', p_version, 'state', 'withdrawn');
exception when sqlstate 'PT403' then
  return private.refused_call('program.withdraw', 'program', p_version::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.withdraw_scheduled_terms(integer, text) is
  'Admin with program:manage: the scheduled version of the terms never counts. Raises password_needed, version_conflict when it is not the one that is scheduled, or counts already.';
revoke all on function public.withdraw_scheduled_terms(integer, text) from public, anon, authenticated, service_role;
grant execute on function public.withdraw_scheduled_terms(integer, text) to authenticated;

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
  payment_instructions text not null default '' check (length(payment_instructions) <= 1000),
  retention_years integer not null default 5 check (retention_years between 1 and 30),
  effective_on date not null check (effective_on between '2000-01-01' and '2999-12-31'),
  completion_months integer not null default 12 check (completion_months between 0 and 60),
  constraint billing_settings_prefixes_differ check (credit_note_prefix <> invoice_prefix)
);
comment on table public.billing_settings is
  'Versions of brand, seller and billing settings. On a day, the version with the latest effective_on until then is in force, the newest of these. Invoices snapshot what they need.';
comment on column public.billing_settings.effective_on is
  'First local day on which the version counts; the day of its entry when it is not given. What was supplied before keeps the earlier rate, seller, currency and time zone, whenever it is invoiced.';
comment on column public.billing_settings.completion_months is
  'How many earlier months a billing run completes, and how far back the list of unbilled months looks.';
comment on column public.billing_settings.vat_bps is 'VAT rate in basis points (1500 = 15 %), included in all prices.';
comment on column public.billing_settings.time_zone is 'The billing time zone: cycles and calendar rules follow its local calendar.';
comment on column public.billing_settings.seller is 'Legal seller for tax invoices: {name, address: [lines], vat_number, registration_number}.';
comment on column public.billing_settings.payment_instructions is
  'How to pay, line by line: the bank account, for example. The newest version is shown on every invoice that is not paid.';
comment on column public.billing_settings.retention_years is
  'How many years after its date an invoice or credit note keeps its buyer, when the customer was erased.';
comment on column public.billing_settings.credit_note_prefix is 'First part of credit note numbers: CRN-2026-000001.';

create function private.check_time_zone()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform now() at time zone new.time_zone;
  new.effective_on := coalesce(new.effective_on, private.local_date(now(), new.time_zone));
  return new;
exception when invalid_parameter_value then
  raise exception using errcode = 'PT400', message = 'invalid_request',
    detail = format('%s is not a time zone', new.time_zone);
end;
$$;
comment on function private.check_time_zone() is 'Trigger: a settings version names a time zone that exists, and counts from today when it names no day.';
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
  'Trigger: a prefix once used for invoices is never used for credit notes, nor the reverse, because both series would have gaps.';
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
  select s
  from public.billing_settings as s
  where s.effective_on <= private.local_date(now(), s.time_zone)
  order by s.effective_on desc, s.version desc
  limit 1
$$;
comment on function private.current_billing_settings() is 'The billing settings in force.';
revoke all on function private.current_billing_settings() from public, anon, authenticated, service_role;

create function private.billing_settings_on(p_day date, p_known integer default null)
returns public.billing_settings
language sql
stable
set search_path = ''
as $$
  select s
  from public.billing_settings as s
  where s.version <= coalesce(p_known, s.version)
  -- Before the first version counted, the earliest one does.
  order by s.effective_on <= p_day desc, case when s.effective_on <= p_day then s.effective_on end desc,
    s.effective_on, s.version desc
  limit 1
$$;
comment on function private.billing_settings_on(date, integer) is
  'The billing settings in force on a local day, of the versions up to p_known. Null: of all versions.';
revoke all on function private.billing_settings_on(date, integer) from public, anon, authenticated, service_role;

create function private.cycle_settings(p_period_start date, p_known integer default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(private.billing_settings_on(p_period_start, p_known)) - array['created_by', 'created_at']
    || jsonb_build_object('vat_changes', coalesce((
      select jsonb_agg(jsonb_build_object('effective_on', ch.effective_on, 'vat_bps', ch.vat_bps) order by ch.effective_on)
      from (
        select distinct on (s.effective_on) s.effective_on, s.vat_bps
        from public.billing_settings as s
        where s.effective_on > p_period_start and s.version <= coalesce(p_known, s.version)
        order by s.effective_on, s.version desc
      ) as ch), '[]'))
$$;
comment on function private.cycle_settings(date, integer) is
  'The billing settings on the first day of a cycle, and the VAT rates that count from later days on, of the versions up to p_known.';
revoke all on function private.cycle_settings(date, integer) from public, anon, authenticated, service_role;

create function private.billing_time_zone()
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select s.time_zone
    from public.billing_settings as s
    where s.effective_on <= private.local_date(now(), s.time_zone)
    order by s.effective_on desc, s.version desc
    limit 1);
end;
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

create function public.get_cycle_settings(p_period_start date)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select private.cycle_settings(p_period_start)
$$;
comment on function public.get_cycle_settings(date) is
  'Server: the billing settings on the first day of a cycle, and the VAT rates that count from later days on.';
revoke all on function public.get_cycle_settings(date) from public, anon, authenticated, service_role;
grant execute on function public.get_cycle_settings(date) to service_role;

create function public.get_payment_instructions()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('billing:manage_invoices');
  return (
    select jsonb_build_object(
      'version', max(s.version),
      'payment_instructions', (private.current_billing_settings()).payment_instructions)
    from public.billing_settings as s);
end;
$$;
comment on function public.get_payment_instructions() is
  'Admin with billing:manage_invoices: how customers are told to pay, and the number of the newest version of the settings.';
revoke all on function public.get_payment_instructions() from public, anon, authenticated, service_role;
grant execute on function public.get_payment_instructions() to authenticated;

create function private.instruction_lines(p_text text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_text text := btrim(replace(replace(coalesce(p_text, ''), E'\r\n', E'\n'), E'\r', E'\n'), E' \n');
begin
  if length(v_text) > 1000 or exists (
    select 1 from unnest(string_to_array(v_text, E'\n')) as line where not private.is_plain_line(line)) then
    perform private.fail(400, 'invalid_request', 'payment_instructions');
  end if;
  return v_text;
end;
$$;
comment on function private.instruction_lines(text) is
  'Payment instructions as stored: lines of plain text, 1000 characters at most. Raises invalid_request.';
revoke all on function private.instruction_lines(text) from public, anon, authenticated, service_role;

create function public.update_payment_instructions(p_instructions text, p_reason text, p_expected_version integer)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_instructions text := private.instruction_lines(p_instructions);
  v_known integer;
  v_row public.billing_settings;
  v_next integer;
begin
  v_actor := private.require_permission('billing:manage_invoices');
  perform set_config('audit.reason', private.trimmed_reason(p_reason), true);
  -- Whoever changes the bank account changes where all customers pay to.
  perform private.require_recent_password();
  perform pg_advisory_xact_lock(hashtextextended('billing_settings', 0));
  select max(s.version) into v_known from public.billing_settings as s;
  if p_expected_version is distinct from v_known then
    perform private.fail(409, 'version_conflict');
  end if;
  v_next := v_known;
  -- A version that counts from a later day must not bring the earlier instructions back on that day.
  for v_row in
    select (private.current_billing_settings()).*
    union all
    select later.* from (
      select distinct on (s.effective_on) s.* from public.billing_settings as s
      where s.effective_on > private.local_date(now(), s.time_zone)
      order by s.effective_on, s.version desc) as later
  loop
    v_next := v_next + 1;
    v_row.version := v_next;
    v_row.payment_instructions := v_instructions;
    v_row.created_by := v_actor;
    v_row.created_at := now();
    v_row.effective_on := greatest(v_row.effective_on, private.local_date(now(), v_row.time_zone));
    insert into public.billing_settings select v_row.*;
  end loop;
  perform set_config('audit.reason', '', true);
  return public.get_payment_instructions();
exception when sqlstate 'PT403' then
  return private.refused_call('payment_instructions.update', 'billing_settings', null, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.update_payment_instructions(text, text, integer) is
  'Admin with billing:manage_invoices: makes a new version of the billing settings with other payment instructions, for now and for every later day that has a version. Raises password_needed, version_conflict, invalid_request.';
revoke all on function public.update_payment_instructions(text, text, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.update_payment_instructions(text, text, integer) to authenticated;

-- What a new installation starts with.
insert into public.referral_program (version, reason) values (1, 'Programme defaults');
insert into public.billing_settings (version, effective_on, brand_name, support_email, payment_instructions, seller)
values (
  1, '2000-01-01', 'Acme Fibre', 'support@acmefibre.example',
  E'Bank transfer to Acme Fibre (Pty) Ltd\nFirst National Bank, branch 250655\nAccount 6200 000 0000',
  '{"name": "Acme Fibre (Pty) Ltd", "address": ["14 Loop Street", "Cape Town City Centre", "Cape Town 8001"], "vat_number": "4000000000", "registration_number": "2019/000000/07"}'
);

-- schemas/035_switches.sql
-- Switches: what the team can stop for the whole installation. A change is a new row; the newest row of a name is in force.

create table public.switches (
  id bigint generated always as identity primary key,
  name text not null check (name in ('rewards', 'mail')),
  is_on boolean not null,
  reason text not null check (length(btrim(reason)) between 3 and 500),
  created_by uuid,
  created_at timestamptz not null default now()
);
comment on table public.switches is
  'States of the switches, each with its reason. rewards off: no referral is recorded, and no free month is granted, used or expired. mail off: the outbox is held, and no mail leaves. The newest row of a name is in force.';

create index switches_name on public.switches (name, id desc);

create trigger switches_append_only
  before update or delete on public.switches
  for each row execute function private.refuse_change();
create trigger switches_no_truncate
  before truncate on public.switches
  for each statement execute function private.refuse_change();

alter table public.switches enable row level security;
revoke all on table public.switches from public, anon, authenticated, service_role;
revoke all on sequence public.switches_id_seq from public, anon, authenticated, service_role;
grant select on table public.switches to service_role;
grant select on table public.switches to authenticated;
create policy switches_select on public.switches
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create function private.switch_is_on(p_name text)
returns boolean
language sql
stable
set search_path = ''
as $$
  select coalesce((select s.is_on from public.switches as s where s.name = p_name order by s.id desc limit 1), true)
$$;
comment on function private.switch_is_on(text) is 'Whether a switch is on. One that was never set is on.';
revoke all on function private.switch_is_on(text) from public, anon, authenticated, service_role;

create function private.rewards_are_on()
returns boolean
language sql
stable
set search_path = ''
as $$
  select private.switch_is_on('rewards')
$$;
comment on function private.rewards_are_on() is
  'Whether referrals are recorded and free months granted and used. Every function that does so asks here, whatever its caller says.';
revoke all on function private.rewards_are_on() from public, anon, authenticated, service_role;

create function private.switch_documents()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_agg(jsonb_build_object(
    'name', n.name, 'is_on', private.switch_is_on(n.name), 'id', s.id, 'reason', s.reason,
    'changed_at', s.created_at, 'changed_by_name', private.admin_name(s.created_by)) order by n.name desc)
  from (values ('rewards'), ('mail')) as n (name)
  left join lateral (
    select w.* from public.switches as w where w.name = n.name order by w.id desc limit 1
  ) as s on true
$$;
comment on function private.switch_documents() is
  'Each switch: whether it is on, and who changed it last, when and why. id is null while it was never changed.';
revoke all on function private.switch_documents() from public, anon, authenticated, service_role;

create function public.get_switches()
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object('rewards', private.switch_is_on('rewards'), 'mail', private.switch_is_on('mail'))
$$;
comment on function public.get_switches() is 'Server: whether each switch is on.';
revoke all on function public.get_switches() from public, anon, authenticated, service_role;
grant execute on function public.get_switches() to service_role;

create function private.set_switch(p_name text, p_is_on boolean, p_reason text, p_actor uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_was boolean := private.switch_is_on(p_name);
begin
  insert into public.switches (name, is_on, reason, created_by, created_at)
  values (p_name, p_is_on, private.trimmed_reason(p_reason), p_actor, p_as_of);
  perform private.write_audit(
    p_actor, 'switch.changed', 'switch', p_name, null, private.trimmed_reason(p_reason),
    jsonb_build_object('is_on', v_was), jsonb_build_object('is_on', p_is_on), p_as_of);
  if p_name = 'mail' and p_is_on then
    perform private.release_restores(p_actor, p_as_of);
  end if;
end;
$$;
comment on function private.set_switch(text, boolean, text, uuid, timestamptz) is
  'Sets a switch, with its audit row. Transactions that have begun may still see the state before.';
revoke all on function private.set_switch(text, boolean, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.set_switch(p_name text, p_is_on boolean, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid := private.require_permission('program:manage');
begin
  if p_name is null or p_name not in ('rewards', 'mail') then
    perform private.fail(404, 'not_found', 'switch');
  end if;
  if p_is_on is null then
    perform private.fail(400, 'invalid_request', 'is_on');
  end if;
  -- Two admins who press the same button change it once.
  perform pg_advisory_xact_lock(hashtextextended('switch:' || p_name, 0));
  if private.switch_is_on(p_name) <> p_is_on then
    perform private.set_switch(p_name, p_is_on, p_reason, v_actor, now());
  end if;
  return jsonb_build_object('name', p_name, 'is_on', p_is_on);
end;
$$;
comment on function public.set_switch(text, boolean, text) is
  'Admin with program:manage: switches rewards or mails on or off, with a reason. Finding it done changes nothing.';
revoke all on function public.set_switch(text, boolean, text) from public, anon, authenticated, service_role;
grant execute on function public.set_switch(text, boolean, text) to authenticated;

-- schemas/040_customers.sql
-- Customers: the table, the referral code that each keeps for life, the locks, and the search.

create table public.customers (
  id uuid primary key default gen_random_uuid(),
  auth_user_id uuid unique references auth.users (id) on delete set null,
  pending_user_id uuid unique references auth.users (id) on delete set null,
  email text not null check (length(email) between 3 and 320),
  email_normalised text generated always as (private.normalise_email(email)) stored,
  first_name text not null check (private.is_person_name(first_name)),
  -- Empty once the customer was erased.
  last_name text not null check (last_name = '' or private.is_person_name(last_name)),
  full_name text not null generated always as (btrim(first_name || ' ' || last_name)) stored,
  phone text check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  address jsonb check (jsonb_typeof(address) = 'object'),
  vat_number text check (length(btrim(vat_number)) between 1 and 40 and private.is_plain_line(vat_number)),
  address_key text,
  address_near_keys text[] not null default '{}',
  mailbox text,
  referral_code text not null unique
    check (referral_code ~ '^[A-Z0-9]{2,8}-[0-9A-HJKMNP-TV-Z]{8}$'),
  referral_code_key text generated always as (right(referral_code, 8)) stored unique,
  search_text text not null generated always as (
    private.folded(first_name || ' ' || last_name || ' ' || email)
    || ' ' || coalesce(substr(phone, 2), '') || ' ' || lower(referral_code)) stored,
  erased_at timestamptz,
  created_at timestamptz not null default now(),
  check (auth_user_id is null or pending_user_id is null)
);
comment on table public.customers is 'Customers. Each has one referral code for life.';
comment on column public.customers.auth_user_id is 'The account that may read and act as this customer.';
comment on column public.customers.pending_user_id is
  'The account that becomes theirs once its e-mail address is confirmed. Until then it gives no right.';
comment on column public.customers.email_normalised is 'The address by which the fraud rules compare people.';
comment on column public.customers.phone is 'E.164.';
comment on column public.customers.address is 'The billing address. An order has the address of its service.';
comment on column public.customers.vat_number is 'The customer''s own VAT number, for their tax invoices. Null for private persons.';
comment on column public.customers.address_key is
  'The place at which they first ordered, by lib/identity/address.ts. The server writes it; two equal keys are one place. A new billing address leaves it.';
comment on column public.customers.address_near_keys is
  'Coarse keys by which places that can be nearly the same are found, by lib/identity/address.ts.';
comment on column public.customers.mailbox is
  'The mailbox behind the e-mail address, where a provider delivers several addresses to one (lib/identity/mailbox.ts).';
comment on column public.customers.search_text is
  'Name, e-mail, digits of the phone and code, folded: what private.customer_condition looks into.';
comment on column public.customers.referral_code_key is 'The 8 Crockford base32 characters, by which a code is looked up.';

create index customers_email_normalised on public.customers (email_normalised);
create index customers_phone on public.customers (phone) where phone is not null;
create index customers_address_key on public.customers (address_key) where address_key is not null;
create index customers_mailbox on public.customers (mailbox) where mailbox is not null;
create index customers_created on public.customers (created_at desc, id desc);
create index customers_email_prefix on public.customers (lower(email) text_pattern_ops);
create index customers_name_prefix on public.customers (lower(full_name) text_pattern_ops);
create index customers_last_name_prefix on public.customers (lower(last_name) text_pattern_ops);
create index customers_search on public.customers using gin (search_text extensions.gin_trgm_ops);
-- How common a part of a name is decides how the search goes.
alter table public.customers alter column search_text set statistics 1000;

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
  -- If two sessions draw the same body at the same time (1 in 2^40), the unique index refuses one. A lock per code would
  -- be held until commit, and would exhaust the lock table when one transaction loads many customers.
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
  select c.id
  from public.customers as c
  where c.auth_user_id = (select auth.uid()) and c.erased_at is null and (select private.session_is_live())
    and not private.lacks_second_factor()
$$;
comment on function private.current_customer_id() is
  'The customer behind the caller''s session, or null. Null too when the session has ended, or lacks the second factor of its account.';
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
    if private.lacks_second_factor() then
      perform private.fail(403, 'second_factor_needed');
    end if;
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

create function private.literal_pattern(p_text text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select '%' || replace(replace(replace(p_text, '\', '\\'), '%', '\%'), '_', '\_') || '%'
$$;
comment on function private.literal_pattern(text) is 'A pattern for LIKE that finds this text anywhere, every character literally.';
revoke all on function private.literal_pattern(text) from public, anon, authenticated, service_role;

create function private.word_condition(p_word text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select case
    -- Too short for the index: the beginning of a word, among those that the other words find.
    when length(p_word) < 3 then format($f$(' ' || c.search_text) like %L$f$, private.literal_pattern(' ' || p_word))
    -- In codes, O is read as 0 and I and L as 1.
    when p_word ~ '[0-9]' and p_word ~ '[oil]' then format(
      '(c.search_text like %L or c.search_text like %L)',
      private.literal_pattern(p_word), private.literal_pattern(translate(p_word, 'oil', '011')))
    else format('c.search_text like %L', private.literal_pattern(p_word))
  end
$$;
comment on function private.word_condition(text) is 'The condition on a customer c that a folded word of a search makes.';
revoke all on function private.word_condition(text) from public, anon, authenticated, service_role;

create function private.prefix_condition(p_q text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select string_agg(format(
    '(%1$s operator(pg_catalog.~>=~) %2$L and %1$s operator(pg_catalog.~<~) %3$L)',
    column_text, lower(p_q), private.prefix_end(lower(p_q))), ' or ')
  from unnest(array['lower(c.email)', 'lower(c.full_name)', 'lower(c.last_name)']) as column_text
$$;
comment on function private.prefix_condition(text) is
  'The condition on a customer c whose e-mail, name or last name starts with a text of one or two characters.';
revoke all on function private.prefix_condition(text) from public, anon, authenticated, service_role;

create function private.customer_condition(p_q text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_digits text := ltrim(regexp_replace(p_q, '[^0-9]', '', 'g'), '0');
  v_code text := translate(upper(regexp_replace(p_q, '[^A-Za-z0-9]', '', 'g')), 'OIL', '011');
  v_words text[] := array(
    select distinct w.word from regexp_split_to_table(private.folded(p_q), '\s+') as w (word) where w.word <> '' limit 6);
  v_condition text;
begin
  -- A phone number as people write it, or its last digits.
  if p_q ~ '^[-+0-9 ()/.]+$' and length(v_digits) >= 3 then
    return format('c.search_text like %L', private.literal_pattern(v_digits));
  end if;
  if not exists (select 1 from unnest(v_words) as w (word) where length(w.word) >= 3) then
    return '(' || private.prefix_condition(btrim(p_q)) || ')';
  end if;
  select string_agg(private.word_condition(w.word), ' and ' order by length(w.word) desc) into v_condition
  from unnest(v_words) as w (word);
  if length(v_code) between 8 and 16 and p_q !~ '[@]' then
    v_condition := format('((%s) or c.referral_code_key = %L)', v_condition, right(v_code, 8));
  end if;
  return '(' || v_condition || ')';
end;
$$;
comment on function private.customer_condition(text) is
  'The condition, as SQL text with quoted literals, on the customers c that a search finds: each word of it is a part of their name, e-mail, phone or code, in any order, without accents; or it is a phone number or the last digits of one, or a code. Every character is literal.';
revoke all on function private.customer_condition(text) from public, anon, authenticated, service_role;

create function private.search_customers(p_q text)
returns setof uuid
language plpgsql
stable
set search_path = ''
as $$
begin
  return query execute
    'select c.id from public.customers as c where ' || private.customer_condition(p_q);
end;
$$;
comment on function private.search_customers(text) is
  'The customers that a search finds, all of them: lists and exports of other things filter by them.';
revoke all on function private.search_customers(text) from public, anon, authenticated, service_role;

create function private.customer_list_document(p_customer public.customers)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_customer.id, 'name', p_customer.full_name, 'email', p_customer.email, 'phone', p_customer.phone,
    'referral_code', p_customer.referral_code, 'created_at', p_customer.created_at,
    'service_status', (
      select s.status from public.customer_services as s
      where s.customer_id = p_customer.id
      order by case s.status when 'active' then 1 when 'suspended' then 2 when 'pending' then 3 else 4 end
      limit 1),
    'referrals', (select count(*) from public.customer_referrals as r where r.referrer_id = p_customer.id),
    'pending_rewards', (
      select count(*) from public.referral_rewards as w where w.customer_id = p_customer.id and w.status = 'pending'))
$$;
comment on function private.customer_list_document(public.customers) is 'A customer as lists show them.';
revoke all on function private.customer_list_document(public.customers) from public, anon, authenticated, service_role;

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
  v_condition text := 'true';
  v_ordered uuid;
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  if v_q is not null then
    v_condition := private.customer_condition(v_q);
    select o.customer_id into v_ordered from public.orders as o where o.order_number = private.order_number_of(v_q);
    if v_ordered is not null then
      v_condition := format('(%s or c.id = %L)', v_condition, v_ordered);
    end if;
  end if;
  execute format($q$
    select coalesce(jsonb_agg(
      private.customer_list_document(page.c) order by (page.c).created_at desc, (page.c).id desc), '[]')
    from (
      select c from public.customers as c
      where %s and ($1 is null or (c.created_at, c.id) < ($1, $2))
      order by c.created_at desc, c.id desc
      limit $3
    ) as page $q$, v_condition)
  into v_rows using p_cursor_at, p_cursor_id, v_limit + 1;
  return private.keyset_page('customers', v_rows, v_limit, 'created_at');
end;
$$;
comment on function public.admin_list_customers(text, timestamptz, uuid, integer) is 'Admin with customers:view: customers, newest first, searched and keyset-paged.';
revoke all on function public.admin_list_customers(text, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_customers(text, timestamptz, uuid, integer) to authenticated;

create function private.customer_header(p_customer public.customers)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_customer.id, 'name', p_customer.full_name, 'email', p_customer.email, 'phone', p_customer.phone,
    'referral_code', p_customer.referral_code, 'created_at', p_customer.created_at, 'erased_at', p_customer.erased_at,
    'erasure_asked_at', (select q.asked_at from public.erasure_requests as q where q.customer_id = p_customer.id),
    'documents_kept', private.documents_kept(p_customer.id),
    'is_own_account', coalesce(p_customer.auth_user_id = (select auth.uid()), false),
    'referred_by', (
      select jsonb_build_object('id', c.id, 'name', c.full_name)
      from public.customer_referrals as r join public.customers as c on c.id = r.referrer_id
      where r.referred_customer_id = p_customer.id and r.status in ('pending', 'active', 'qualified')),
    'can_attach', exists (
        select 1 from private.first_order(p_customer.id) as o
        where o.id is not null and now() < private.claim_window_ends_at(o))
      and not private.is_referred(p_customer.email_normalised, p_customer.mailbox),
    'services', coalesce((
      select jsonb_agg(private.service_document(s.id) order by s.created_at, s.id)
      from public.customer_services as s where s.customer_id = p_customer.id), '[]'))
$$;
comment on function private.customer_header(public.customers) is
  'What the head of a customer''s pages shows. is_own_account: the caller is this customer, and may change nothing there.';
revoke all on function private.customer_header(public.customers) from public, anon, authenticated, service_role;

create function private.admin_referral_stats(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select (
    select jsonb_build_object(
      'total_referrals', count(*), 'active_referrals', count(*) filter (where r.status in ('active', 'qualified')))
    from public.customer_referrals as r where r.referrer_id = p_customer_id)
  || (
    select jsonb_build_object(
      'rewards_earned', count(*) filter (where w.source = 'earned'),
      'rewards_applied', count(*) filter (where w.status = 'applied'),
      'rewards_pending', count(*) filter (where w.status = 'pending'))
    from public.referral_rewards as w where w.customer_id = p_customer_id)
$$;
comment on function private.admin_referral_stats(uuid) is 'A customer''s friends and free months, counted.';
revoke all on function private.admin_referral_stats(uuid) from public, anon, authenticated, service_role;

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
    'time_zone', private.billing_time_zone(),
    'customer', private.customer_header(v_customer),
    'attempts', private.refused_attempts(p_customer_id),
    'referrals', coalesce((
      select jsonb_agg(
        private.explainable_referral(recent.r) order by (recent.r).referred_at desc, (recent.r).id desc)
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
        'before', recent.before, 'after', recent.after)
        || private.profile_change_values(recent.entity_type, recent.entity_id) order by recent.id desc)
      from (
        select l.* from public.audit_log as l where l.customer_id = p_customer_id order by l.id desc limit 200
      ) as recent), '[]'),
    'stats', private.admin_referral_stats(p_customer_id)
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

-- schemas/045_buyers.sql
-- Buyers: what an invoice says about who is billed, and where the service is.

create function private.buyer_document(p_customer public.customers, p_order_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'name', p_customer.full_name, 'email', p_customer.email, 'address', coalesce(p_customer.address, '{}'),
    'vat_number', p_customer.vat_number,
    'site', (
      select o.installation_address from public.orders as o
      where o.id = p_order_id and o.installation_address <> '{}'
        and o.installation_address <> coalesce(p_customer.address, '{}'))))
$$;
comment on function private.buyer_document(public.customers, uuid) is
  'The buyer as an invoice keeps it: name, address and VAT number of the account, and the address of the service where that is another one.';
revoke all on function private.buyer_document(public.customers, uuid) from public, anon, authenticated, service_role;

-- What customers and admins change of it. Issued documents keep the buyer that they were issued to.
create table private.profile_changes (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id),
  before jsonb not null,
  after jsonb not null,
  created_at timestamptz not null
);
comment on table private.profile_changes is
  'What a change of a customer''s name, address or VAT number replaced, and by what. The audit log, which nothing can be deleted from, refers to it by id; an erasure deletes it.';
create index profile_changes_customer on private.profile_changes (customer_id);
alter table private.profile_changes enable row level security;
revoke all on table private.profile_changes from public, anon, authenticated, service_role;

create function private.profile_change_values(p_entity_type text, p_entity_id text)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select case when p_entity_type = 'profile' then coalesce((
    select jsonb_build_object('before', ch.before, 'after', ch.after)
    from private.profile_changes as ch where ch.id::text = p_entity_id), '{}') else '{}' end
$$;
comment on function private.profile_change_values(text, text) is
  'Before and after of an audit row about a profile. Empty for other rows, and once the customer was erased.';
revoke all on function private.profile_change_values(text, text) from public, anon, authenticated, service_role;

create function private.profile_line(p_values jsonb, p_field text, p_longest integer, p_is_required boolean)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_text text := nullif(btrim(coalesce(p_values ->> p_field, '')), '');
begin
  if (v_text is null and p_is_required) or length(v_text) > p_longest or not private.is_plain_line(v_text)
    or jsonb_typeof(p_values -> p_field) not in ('string', 'null') then
    perform private.fail(400, 'invalid_request', p_field);
  end if;
  return v_text;
end;
$$;
comment on function private.profile_line(jsonb, text, integer, boolean) is
  'One line of what a person entered, trimmed; null when it is empty. Raises invalid_request when it is missing, too long, no text, or cannot be shown safely.';
revoke all on function private.profile_line(jsonb, text, integer, boolean)
  from public, anon, authenticated, service_role;

create function private.entered_address(p_address jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'line1', private.profile_line(p_address, 'line1', 120, true),
    'line2', private.profile_line(p_address, 'line2', 120, false),
    'suburb', private.profile_line(p_address, 'suburb', 80, false),
    'city', private.profile_line(p_address, 'city', 80, true),
    'postal_code', private.profile_line(p_address, 'postal_code', 12, true)))
$$;
comment on function private.entered_address(jsonb) is
  'An address as it is stored, by the rules of addressSchema in lib/identity/schemas.ts. Raises invalid_request.';
revoke all on function private.entered_address(jsonb) from public, anon, authenticated, service_role;

create function private.profile_document(p_customer public.customers)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'first_name', p_customer.first_name, 'last_name', p_customer.last_name,
    'address', p_customer.address, 'vat_number', p_customer.vat_number)
$$;
comment on function private.profile_document(public.customers) is
  'What invoices name of a customer and the customer may change.';
revoke all on function private.profile_document(public.customers) from public, anon, authenticated, service_role;

create function private.change_profile(
  p_customer_id uuid, p_profile jsonb, p_action text, p_reason text, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_address jsonb := private.entered_address(coalesce(p_profile -> 'address', '{}'));
  v_customer public.customers;
  v_before jsonb;
  v_after jsonb;
  v_id uuid := gen_random_uuid();
begin
  perform private.lock_customers(array[p_customer_id]);
  select c.* into v_customer from public.customers as c where c.id = p_customer_id and c.erased_at is null;
  if v_customer.id is null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  v_before := private.profile_document(v_customer);
  v_customer.first_name := private.profile_line(p_profile, 'first_name', 80, true);
  v_customer.last_name := private.profile_line(p_profile, 'last_name', 80, true);
  v_customer.address := v_address;
  v_customer.vat_number := private.profile_line(p_profile, 'vat_number', 40, false);
  v_after := private.profile_document(v_customer);
  if v_after = v_before then
    return v_after;
  end if;
  update public.customers as c
  set first_name = v_customer.first_name, last_name = v_customer.last_name, address = v_customer.address,
    vat_number = v_customer.vat_number
  where c.id = p_customer_id;
  insert into private.profile_changes (id, customer_id, before, after, created_at)
  select v_id, p_customer_id, jsonb_object_agg(b.key, b.value), jsonb_object_agg(b.key, v_after -> b.key), p_as_of
  from jsonb_each(v_before) as b
  where b.value is distinct from v_after -> b.key;
  perform private.write_audit(
    p_actor, p_action, 'profile', v_id::text, p_customer_id, p_reason, null, null, p_as_of);
  return v_after;
exception when check_violation then
  raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'name';
end;
$$;
comment on function private.change_profile(uuid, jsonb, text, text, uuid, timestamptz) is
  'Changes name, billing address and VAT number of a customer, with an audit row; without a difference it writes nothing. Issued documents and the places of services stay as they are. Raises not_found, invalid_request.';
revoke all on function private.change_profile(uuid, jsonb, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.get_my_profile()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return (
    select private.profile_document(c) || jsonb_build_object(
      'email', c.email, 'phone', c.phone,
      'erasure_asked_at', (select q.asked_at from public.erasure_requests as q where q.customer_id = c.id))
    from public.customers as c where c.id = private.require_customer());
end;
$$;
comment on function public.get_my_profile() is
  'Customer: own name, billing address, VAT number, e-mail address and phone, and when they asked for erasure.';
revoke all on function public.get_my_profile() from public, anon, authenticated, service_role;
grant execute on function public.get_my_profile() to authenticated;

create function public.update_my_profile(p_profile jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  -- Each change writes a row of the audit log, from which nothing can be deleted.
  c_limit constant integer := 20;
  v_customer uuid := private.require_customer();
begin
  if not (public.consume_rate_limit('profile', v_customer::text, c_limit, 3600) ->> 'allowed')::boolean then
    perform private.fail(429, 'rate_limited');
  end if;
  return private.change_profile(
    v_customer, p_profile, 'profile.changed_by_customer', null, (select auth.uid()), now())
    || (
      select jsonb_build_object('email', c.email, 'phone', c.phone) from public.customers as c where c.id = v_customer);
end;
$$;
comment on function public.update_my_profile(jsonb) is
  'Customer: changes own name, billing address and VAT number, for the invoices to come. Raises invalid_request, rate_limited.';
revoke all on function public.update_my_profile(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.update_my_profile(jsonb) to authenticated;

create function public.admin_get_profile(p_customer_id uuid)
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
  return private.profile_document(v_customer)
    || jsonb_build_object('email', v_customer.email, 'phone', v_customer.phone);
end;
$$;
comment on function public.admin_get_profile(uuid) is
  'Admin with customers:view: name, billing address and VAT number of a customer. Raises not_found.';
revoke all on function public.admin_get_profile(uuid) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_profile(uuid) to authenticated;

create function public.update_customer_profile(p_customer_id uuid, p_profile jsonb, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
begin
  v_actor := private.require_permission('orders:manage');
  perform private.refuse_own_account(p_customer_id, v_actor);
  return private.change_profile(
    p_customer_id, p_profile, 'profile.changed', private.trimmed_reason(p_reason), v_actor, now())
    || (
      select jsonb_build_object('email', c.email, 'phone', c.phone) from public.customers as c where c.id = p_customer_id);
exception when sqlstate 'PT403' then
  return private.refused_call('profile.change', 'customer', p_customer_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.update_customer_profile(uuid, jsonb, text) is
  'Admin with orders:manage: changes a customer''s name, billing address and VAT number, with a reason. Raises not_found, own_account, invalid_request.';
revoke all on function public.update_customer_profile(uuid, jsonb, text) from public, anon, authenticated, service_role;
grant execute on function public.update_customer_profile(uuid, jsonb, text) to authenticated;

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

create function private.package_on_sale(p_slug text)
returns public.service_packages
language sql
stable
set search_path = ''
as $$
  select p from public.service_packages as p where p.slug = p_slug and p.is_active
$$;
comment on function private.package_on_sale(text) is 'The package on sale by that name, or null.';
revoke all on function private.package_on_sale(text) from public, anon, authenticated, service_role;

-- schemas/055_coverage.sql
-- Coverage: the provider's own list of suburbs and postal codes, and the people who wait for an area to open.

create table public.coverage_areas (
  id uuid primary key default gen_random_uuid(),
  suburb text not null check (length(btrim(suburb)) between 1 and 80),
  city text not null check (length(btrim(city)) between 1 and 80),
  postal_code text not null check (postal_code ~ '^[0-9]{4}$'),
  is_covered boolean not null,
  suburb_key text not null generated always as (lower(suburb)) stored,
  city_key text not null generated always as (lower(city)) stored,
  unique (postal_code, suburb_key, city_key)
);
comment on table public.coverage_areas is
  'The suburbs that the provider knows, and whether homes there can be connected. Replaced as a whole by an import. Empty: coverage is not checked.';

create index coverage_areas_suburb on public.coverage_areas (suburb_key text_pattern_ops);

alter table public.coverage_areas enable row level security;
revoke all on table public.coverage_areas from public, anon, authenticated, service_role;
grant select on table public.coverage_areas to service_role;

create table public.coverage_waits (
  id uuid primary key default gen_random_uuid(),
  email text not null check (length(email) between 3 and 320),
  first_name text not null check (length(btrim(first_name)) between 1 and 80),
  suburb text not null default '' check (length(suburb) <= 80),
  postal_code text not null check (postal_code ~ '^[0-9]{4}$'),
  package_slug text check (length(package_slug) <= 80),
  referral_code text check (length(referral_code) <= 64),
  referrer_id uuid references public.customers (id),
  created_at timestamptz not null default now(),
  unique (email, postal_code)
);
comment on table public.coverage_waits is
  'People who want a mail when their area opens, with the invitation they came with. A row is deleted once its mails are queued.';

create index coverage_waits_referrer on public.coverage_waits (referrer_id) where referrer_id is not null;
create index coverage_waits_created on public.coverage_waits (created_at);

alter table public.coverage_waits enable row level security;
revoke all on table public.coverage_waits from public, anon, authenticated, service_role;
grant select on table public.coverage_waits to service_role;

create function private.coverage_of(p_suburb text, p_postal_code text)
returns text
language sql
stable
set search_path = ''
as $$
  select case
    when not exists (select 1 from public.coverage_areas) then 'unlisted'
    when count(*) = 0 then 'uncovered'
    when bool_or(a.suburb_key = lower(p_suburb)) then
      case when bool_or(a.is_covered) filter (where a.suburb_key = lower(p_suburb)) then 'covered' else 'uncovered' end
    when bool_and(a.is_covered) then 'covered'
    when bool_or(a.is_covered) then 'suburb_needed'
    else 'uncovered'
  end
  from public.coverage_areas as a
  where a.postal_code = p_postal_code
$$;
comment on function private.coverage_of(text, text) is
  'Whether homes of a suburb and postal code can be connected: covered; uncovered; suburb_needed when only some suburbs of the code can, and none of them was named; unlisted while there is no list.';
revoke all on function private.coverage_of(text, text) from public, anon, authenticated, service_role;

create function public.check_coverage(p_suburb text, p_postal_code text)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'coverage', private.coverage_of(btrim(p_suburb), p_postal_code),
    'suburbs', coalesce((
      select jsonb_agg(distinct a.suburb) from public.coverage_areas as a where a.postal_code = p_postal_code), '[]'))
$$;
comment on function public.check_coverage(text, text) is
  'Server: whether homes of a suburb and postal code can be connected, and which suburbs the code has.';
revoke all on function public.check_coverage(text, text) from public, anon, authenticated, service_role;
grant execute on function public.check_coverage(text, text) to service_role;

create function public.find_coverage_areas(p_q text, p_limit integer default 8)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'suburb', found.suburb, 'city', found.city, 'postal_code', found.postal_code)
    order by found.suburb_key, found.city_key, found.postal_code), '[]')
  from (
    select a.suburb, a.city, a.postal_code, a.suburb_key, a.city_key
    from public.coverage_areas as a
    -- Ranges instead of LIKE: %, _ and \ are ordinary characters, and the search uses an index.
    where (a.suburb_key operator(pg_catalog.~>=~) lower(btrim(p_q))
        and a.suburb_key operator(pg_catalog.~<~) private.prefix_end(lower(btrim(p_q))))
      or (p_q ~ '^[0-9]{4}$' and a.postal_code = p_q)
    order by a.suburb_key, a.city_key, a.postal_code
    limit least(greatest(p_limit, 1), 20)
  ) as found
$$;
comment on function public.find_coverage_areas(text, integer) is
  'Server: listed suburbs whose name starts with the text, or which have it as their postal code, by name.';
revoke all on function public.find_coverage_areas(text, integer) from public, anon, authenticated, service_role;
grant execute on function public.find_coverage_areas(text, integer) to service_role;

create function private.lock_coverage()
returns void
language sql
set search_path = ''
as $$
  select pg_advisory_xact_lock(hashtextextended('coverage', 0))
$$;
comment on function private.lock_coverage() is
  'The list is replaced, and people begin to wait, one after the other: nobody waits for an area that has just opened.';
revoke all on function private.lock_coverage() from public, anon, authenticated, service_role;

create function public.wait_for_coverage(p_wait jsonb, p_as_of timestamptz default now())
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  c_most_areas constant integer := 5;
  -- Only what the provider wrote gets into a mail: anybody can enter anybody's address here.
  v_suburb text := coalesce((
    select a.suburb from public.coverage_areas as a
    where a.postal_code = p_wait ->> 'postal_code' and a.suburb_key = lower(btrim(p_wait ->> 'suburb'))
    limit 1), '');
  v_coverage text;
  v_referrer public.customers := private.find_referrer(p_wait ->> 'referral_code');
begin
  perform private.lock_coverage();
  v_coverage := private.coverage_of(v_suburb, p_wait ->> 'postal_code');
  if v_coverage <> 'uncovered' then
    return jsonb_build_object('waiting', false, 'coverage', v_coverage);
  end if;
  -- Nobody proves the address here, so the first invitation stays, and one person has few places.
  insert into public.coverage_waits as w
    (email, first_name, suburb, postal_code, package_slug, referral_code, referrer_id, created_at)
  select lower(p_wait ->> 'email'), p_wait ->> 'first_name', v_suburb, p_wait ->> 'postal_code', p_wait ->> 'package_slug',
    v_referrer.referral_code, v_referrer.id, p_as_of
  where (
    select count(*) from public.coverage_waits as o
    where o.email = lower(p_wait ->> 'email') and o.postal_code <> p_wait ->> 'postal_code') < c_most_areas
  on conflict (email, postal_code) do update
  set suburb = excluded.suburb, package_slug = coalesce(excluded.package_slug, w.package_slug),
    referral_code = coalesce(w.referral_code, excluded.referral_code),
    referrer_id = coalesce(w.referrer_id, excluded.referrer_id), created_at = excluded.created_at;
  return jsonb_build_object('waiting', true, 'coverage', v_coverage);
end;
$$;
comment on function public.wait_for_coverage(jsonb, timestamptz) is
  'Server: keeps who wants a mail when an area opens, once per address and postal code and for five codes at most, with the first invitation. The suburb is kept when it is listed. waiting is false when the area can be connected already.';
revoke all on function public.wait_for_coverage(jsonb, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.wait_for_coverage(jsonb, timestamptz) to service_role;

create function private.tell_waiting(p_as_of timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_wait public.coverage_waits;
  v_referrer public.customers;
  v_told integer := 0;
  v_people text[] := '{}';
  v_referrers uuid[] := '{}';
begin
  for v_wait in
    delete from public.coverage_waits as w
    where private.coverage_of(w.suburb, w.postal_code) = 'covered'
    returning w.*
  loop
    v_told := v_told + 1;
    -- One mail each, however many of their places have opened.
    if v_wait.email = any (v_people) then
      continue;
    end if;
    v_people := v_people || v_wait.email;
    perform private.enqueue_mail(
      'coverage_opened', v_wait.email, null,
      jsonb_build_object(
        'first_name', v_wait.first_name, 'suburb', v_wait.suburb, 'postal_code', v_wait.postal_code,
        'package_slug', v_wait.package_slug, 'referral_code', v_wait.referral_code),
      'coverage_opened:' || v_wait.id, p_as_of);
    select c.* into v_referrer
    from public.customers as c where c.id = v_wait.referrer_id and c.erased_at is null;
    if found and v_referrer.id <> all (v_referrers) then
      v_referrers := v_referrers || v_referrer.id;
      perform private.enqueue_mail(
        'friend_coverage_opened', v_referrer.email, v_referrer.id,
        jsonb_build_object('first_name', v_referrer.first_name),
        'friend_coverage_opened:' || v_wait.id, p_as_of);
    end if;
  end loop;
  return v_told;
end;
$$;
comment on function private.tell_waiting(timestamptz) is
  'Queues the mails to everybody whose area is covered now, and to who invited them, and forgets that they waited. The mail to the referrer names nobody. Returns how many waited.';
revoke all on function private.tell_waiting(timestamptz) from public, anon, authenticated, service_role;

create function public.import_coverage(
  p_areas jsonb, p_dry_run boolean default false, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_before integer;
  v_after integer;
  v_covered integer;
  v_told integer;
  v_summary jsonb;
begin
  perform private.lock_coverage();
  select count(*) into v_before from public.coverage_areas;
  begin
    delete from public.coverage_areas where true;
    insert into public.coverage_areas (suburb, city, postal_code, is_covered)
    -- A line that comes twice counts once, covered if one of them says so.
    select min(btrim(a.suburb)), min(btrim(a.city)), a.postal_code, bool_or(a.is_covered)
    from jsonb_to_recordset(p_areas) as a (suburb text, city text, postal_code text, is_covered boolean)
    group by a.postal_code, lower(btrim(a.suburb)), lower(btrim(a.city));
    get diagnostics v_after = row_count;
    select count(*) into v_covered from public.coverage_areas as a where a.is_covered;
    v_told := private.tell_waiting(p_as_of);
    v_summary := jsonb_build_object('before', v_before, 'areas', v_after, 'covered', v_covered, 'told', v_told);
    if p_dry_run then
      raise exception using errcode = 'PT000', message = 'dry run';
    end if;
  exception
    when sqlstate 'PT000' then
      null;
  end;
  if not p_dry_run then
    perform private.write_audit(
      null, 'coverage.imported', 'coverage', 'list', null, null, null, v_summary, p_as_of);
  end if;
  return v_summary;
exception
  when check_violation or not_null_violation then
    raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'suburb, city, postal code or is_covered';
end;
$$;
comment on function public.import_coverage(jsonb, boolean, timestamptz) is
  'Server: replaces the list of suburbs, and tells everybody whose area has opened. A dry run does the same and takes it back. Counts what it did. Raises invalid_request.';
revoke all on function public.import_coverage(jsonb, boolean, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.import_coverage(jsonb, boolean, timestamptz) to service_role;

-- schemas/060_orders.sql
-- Orders: placing, installing, activating and cancelling.
--
-- Every operation of this schema takes its locks in this order, rows of one table by ascending id:
--   bulk_jobs, bulk_job_items, idempotency key, customers, programme terms (shared), orders, customer_services, customer_referrals,
--   referral_rewards, customer_invoices, credit_notes, invoice_payments, invoice_settlements, account_credits,
--   invoice_series, billing_runs.
-- Whoever changes a referral or a reward, or issues or credits an invoice, holds the row lock of the customer it
-- concerns; for a referral that is the referrer. This lock is the mutex which makes counting (the monthly limit, two of
-- two) and everything that happens once (applying, revoking, expiring) safe.

create table public.orders (
  id uuid primary key default gen_random_uuid(),
  order_number text not null unique check (order_number ~ '^[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}$'),
  customer_id uuid not null references public.customers (id),
  package_id uuid not null references public.service_packages (id),
  status text not null default 'pending' check (status in ('pending', 'installing', 'active', 'cancelled')),
  is_open boolean not null generated always as (status in ('pending', 'installing')) stored,
  referral_code text check (length(referral_code) <= 64),
  referral_outcome text not null default 'none' check (referral_outcome in ('recorded', 'not_applied', 'none')),
  referral_reason text,
  installation_address jsonb not null default '{}' check (jsonb_typeof(installation_address) = 'object'),
  address_key text,
  address_near_keys text[] not null default '{}',
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
comment on column public.orders.order_number is 'What people say on the phone: 6 Crockford base32 characters, drawn at random.';
comment on column public.orders.is_open is 'Whether the order waits for its service: it can be activated and cancelled.';
comment on column public.orders.referral_reason is 'Why a given code was not applied, in the closed list of block reasons.';

create index orders_customer on public.orders (customer_id);
create index orders_package on public.orders (package_id);
create index orders_created on public.orders (created_at desc, id desc);
create index orders_status_created on public.orders (status, created_at desc, id desc);
create index orders_open on public.orders (created_at) where is_open;
create index orders_address_key on public.orders (address_key) where address_key is not null;
create index orders_address_near_keys on public.orders using gin (address_near_keys);
create index orders_ip on public.orders (ip_address, created_at) where ip_address is not null;

create function private.assign_order_number()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_number text;
begin
  if new.order_number is not null then
    return new;
  end if;
  -- If two sessions draw the same number at the same time, the unique index refuses one.
  loop
    v_number := private.order_number_of(left(private.random_code_body(), 6));
    exit when not exists (select 1 from public.orders as o where o.order_number = v_number);
  end loop;
  new.order_number := v_number;
  return new;
end;
$$;
comment on function private.assign_order_number() is 'Trigger: a new order gets a short, unique number.';
revoke all on function private.assign_order_number() from public, anon, authenticated, service_role;

create function private.keep_order_number()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception using errcode = 'PT409', message = 'immutable_row',
    detail = 'an order number is permanent';
end;
$$;
comment on function private.keep_order_number() is 'Trigger: an order number never changes.';
revoke all on function private.keep_order_number() from public, anon, authenticated, service_role;

create trigger orders_assign_number
  before insert on public.orders
  for each row execute function private.assign_order_number();
create trigger orders_keep_number
  before update of order_number on public.orders
  for each row
  when (old.order_number is distinct from new.order_number)
  execute function private.keep_order_number();

create function private.refuse_erased_customer()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- The order read its customer just before the erasure. The next try makes a new customer.
  if exists (select 1 from public.customers as c where c.id = new.customer_id and c.erased_at is not null) then
    perform private.fail(409, 'version_conflict', 'the customer was erased');
  end if;
  return new;
end;
$$;
comment on function private.refuse_erased_customer() is 'Trigger: refuses an order of a customer who was erased. Raises version_conflict.';
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

create function private.customer_of_order(
  p_order jsonb, p_as_of timestamptz, out customer public.customers, out is_new boolean
)
language plpgsql
set search_path = ''
as $$
declare
  v_auth_user uuid := (p_order ->> 'auth_user_id')::uuid;
  v_pending_user uuid := (p_order ->> 'pending_user_id')::uuid;
begin
  insert into public.customers
    (auth_user_id, pending_user_id, email, mailbox, first_name, last_name, phone, address, address_key,
     address_near_keys, created_at)
  values
    (v_auth_user, v_pending_user, p_order ->> 'email', p_order ->> 'mailbox', p_order ->> 'first_name',
     p_order ->> 'last_name', p_order ->> 'phone', p_order -> 'address', p_order ->> 'address_key',
     private.near_keys(p_order), p_as_of)
  on conflict do nothing
  returning * into customer;
  is_new := found;
  if not is_new then
    -- Nobody has proven that the address is theirs, so nobody adds to what waits for it.
    if v_pending_user is not null then
      perform private.fail(403, 'email_unconfirmed');
    end if;
    select c.* into strict customer from public.customers as c where c.auth_user_id = v_auth_user;
  end if;
end;
$$;
comment on function private.customer_of_order(jsonb, timestamptz) is
  'The customer of the account that orders; makes one if the account has none. A customer whose address is not confirmed waits for the account in pending_user_id, with one order: raises email_unconfirmed for another one.';
revoke all on function private.customer_of_order(jsonb, timestamptz) from public, anon, authenticated, service_role;

create function private.insert_order(
  p_order jsonb, p_customer_id uuid, p_package public.service_packages, p_as_of timestamptz
)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_order_id uuid := gen_random_uuid();
begin
  insert into public.orders
    (id, customer_id, package_id, referral_code, installation_address, address_key, address_near_keys, ip_address,
     user_agent, created_at)
  values
    (v_order_id, p_customer_id, p_package.id, p_order ->> 'referral_code', p_order -> 'address',
     p_order ->> 'address_key', private.near_keys(p_order), (p_order ->> 'ip_address')::inet,
     left(p_order ->> 'user_agent', 1000), p_as_of);
  insert into public.customer_services
    (customer_id, order_id, package_id, monthly_price_cents, created_at, updated_at)
  values
    (p_customer_id, v_order_id, p_package.id, p_package.monthly_price_cents, p_as_of, p_as_of);
  return v_order_id;
end;
$$;
comment on function private.insert_order(jsonb, uuid, public.service_packages, timestamptz) is
  'Writes a pending order and its service at the price of the package. Returns the order''s id.';
revoke all on function private.insert_order(jsonb, uuid, public.service_packages, timestamptz)
  from public, anon, authenticated, service_role;

create function private.mail_orderer(p_template text, p_order_id uuid, p_as_of timestamptz)
returns void
language sql
set search_path = ''
as $$
  select private.enqueue_mail(
    p_template, c.email, c.id,
    jsonb_build_object(
      'first_name', c.first_name, 'order_number', o.order_number, 'package_name', p.name,
      'monthly_price_cents', s.monthly_price_cents, 'currency', (private.current_billing_settings()).currency,
      'referral', o.referral_outcome,
      'inviter', (
        select i.first_name
        from public.customer_referrals as r join public.customers as i on i.id = r.referrer_id
        where r.order_id = o.id and r.status in ('pending', 'active', 'qualified'))),
    p_template || ':' || o.id, p_as_of)
  from public.orders as o
  join public.customers as c on c.id = o.customer_id
  join public.service_packages as p on p.id = o.package_id
  join public.customer_services as s on s.order_id = o.id
  where o.id = p_order_id
$$;
comment on function private.mail_orderer(text, uuid, timestamptz) is
  'Queues order_received or service_active for the person who ordered, once per order. It names who invited them, if somebody did.';
revoke all on function private.mail_orderer(text, uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.place_order(p_order jsonb, p_as_of timestamptz default now())
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_code text := p_order ->> 'referral_code';
  v_response jsonb;
  v_package public.service_packages;
  v_placed record;
  v_customer public.customers;
  v_referrer public.customers;
  v_terms public.referral_program;
  v_order_id uuid;
  v_referral_id uuid;
  v_reason text;
begin
  v_response := private.claim_idempotency_key('order', p_order ->> 'idempotency_key', p_order ->> 'request_hash');
  if v_response is not null then
    return v_response;
  end if;
  v_package := private.package_on_sale(p_order ->> 'package_slug');
  if v_package.id is null then
    perform private.fail(404, 'not_found', 'package');
  end if;
  v_placed := private.customer_of_order(p_order, p_as_of);
  v_customer := v_placed.customer;
  v_referrer := private.find_referrer(v_code);
  perform private.lock_customers(array[v_customer.id, v_referrer.id]);
  -- No new version of the terms takes effect until the commit: a pause counts, and the mail states the frozen terms.
  perform private.hold_terms();
  v_terms := private.current_terms();

  if v_code is not null then
    v_reason := private.refusal_of(p_order, v_customer, v_referrer, v_terms, p_as_of);
  end if;
  v_order_id := private.insert_order(p_order, v_customer.id, v_package, p_as_of);
  if v_code is not null and v_reason is null then
    v_referral_id := private.record_referral(p_order, v_order_id, v_customer, v_referrer, v_terms, p_as_of);
    if v_referral_id is null then
      v_reason := 'duplicate_referral';
    end if;
  end if;
  perform private.keep_assessment(p_order, v_order_id, v_referrer.id, p_as_of);
  if v_reason is not null then
    perform private.record_attempt(p_order, v_order_id, v_referrer.id, v_reason, p_as_of);
    if v_referrer.id is not null and v_reason <> 'self_referral' then
      perform private.tell_referrer(v_referrer.id, jsonb_build_object('kind', 'refused_' || v_reason), p_as_of);
    end if;
  end if;
  update public.orders as o
  set referral_outcome = case when v_code is null then 'none' when v_reason is null then 'recorded' else 'not_applied' end,
    referral_reason = v_reason
  where o.id = v_order_id
  returning jsonb_build_object(
    'order_id', o.id, 'order_number', o.order_number, 'customer_id', o.customer_id,
    'referral', jsonb_strip_nulls(jsonb_build_object('status', o.referral_outcome, 'reason', o.referral_reason)))
  into v_response;
  perform private.mail_orderer('order_received', v_order_id, p_as_of);
  perform private.store_idempotent_response('order', p_order ->> 'idempotency_key', v_response);
  return v_response;
end;
$$;
comment on function public.place_order(jsonb, timestamptz) is
  'Server: writes customer, order, service and referral in one transaction. Rules that requests could race are checked under the referrer''s lock. A refused code never stops the order.';
revoke all on function public.place_order(jsonb, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.place_order(jsonb, timestamptz) to service_role;

create function private.placed_order(p_order public.orders)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'order_id', p_order.id, 'order_number', p_order.order_number, 'status', p_order.status,
    'package_name', p.name, 'monthly_price_cents', s.monthly_price_cents,
    'currency', (private.current_billing_settings()).currency,
    'address', p_order.installation_address, 'phone', c.phone,
    'needs_confirmation', c.auth_user_id is null,
    'referral', jsonb_strip_nulls(
      jsonb_build_object('status', p_order.referral_outcome, 'reason', p_order.referral_reason)),
    'inviter', (
      select i.first_name
      from public.customer_referrals as r join public.customers as i on i.id = r.referrer_id
      where r.order_id = p_order.id and r.status in ('pending', 'active', 'qualified')),
    'can_claim', c.auth_user_id is not null and private.can_claim(c.id, now()),
    'own_claim', private.own_claim(c.id))
  from public.customers as c, public.service_packages as p, public.customer_services as s
  where c.id = p_order.customer_id and p.id = p_order.package_id and s.order_id = p_order.id
$$;
comment on function private.placed_order(public.orders) is
  'An order as its confirmation shows it. can_claim: its customer may say whose code was forgotten or mistyped.';
revoke all on function private.placed_order(public.orders) from public, anon, authenticated, service_role;

create function public.get_my_order(p_order_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
  v_order public.orders;
begin
  select o.* into v_order from public.orders as o where o.id = p_order_id and o.customer_id = v_customer;
  if v_order.id is null then
    perform private.fail(404, 'not_found', 'order');
  end if;
  return private.placed_order(v_order);
end;
$$;
comment on function public.get_my_order(uuid) is 'Customer: one of their orders, for its confirmation. Raises not_found for the order of anybody else.';
revoke all on function public.get_my_order(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_my_order(uuid) to authenticated;

create function public.get_placed_order(p_order_id uuid)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select private.placed_order(o) from public.orders as o
  join public.customers as c on c.id = o.customer_id
  -- Once the owner of the address has confirmed it, their session shows the order, and nothing else does.
  where o.id = p_order_id and c.erased_at is null and c.auth_user_id is null
$$;
comment on function public.get_placed_order(uuid) is
  'Server, for a browser that has just placed this order and has no session: the order for its confirmation. Null without it, and once the account is confirmed.';
revoke all on function public.get_placed_order(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_placed_order(uuid) to service_role;

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
  'Refuses an admin who acts on their own order, or on one for which they are the referrer. Raises own_account.';
revoke all on function private.refuse_own_order(uuid, uuid) from public, anon, authenticated, service_role;

create function private.lock_order(p_order_id uuid, p_actor uuid)
returns public.orders
language plpgsql
set search_path = ''
as $$
declare
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
  return v_order;
end;
$$;
comment on function private.lock_order(uuid, uuid) is
  'The order as it is now, with the locks of its customer and its referrer, for an admin to act on. Raises not_found, own_account.';
revoke all on function private.lock_order(uuid, uuid) from public, anon, authenticated, service_role;

create function private.start_installation(p_order_id uuid, p_actor uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_order public.orders := private.lock_order(p_order_id, p_actor);
begin
  if v_order.status = 'installing' then
    -- A repeated click or a retried request finds the work done.
    return jsonb_build_object('id', p_order_id, 'status', 'installing');
  end if;
  if v_order.status <> 'pending' then
    perform private.fail(409, 'order_not_installable', v_order.status);
  end if;
  update public.orders as o set status = 'installing' where o.id = p_order_id;
  perform private.write_audit(
    p_actor, 'order.installing', 'order', p_order_id::text, v_order.customer_id, null,
    jsonb_build_object('status', 'pending'), jsonb_build_object('status', 'installing'), p_as_of);
  return jsonb_build_object('id', p_order_id, 'status', 'installing');
end;
$$;
comment on function private.start_installation(uuid, uuid, timestamptz) is
  'A pending order is being installed from now on. Its service and its referral stay as they are. Repeating it changes nothing.';
revoke all on function private.start_installation(uuid, uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.start_installation(p_order_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.start_installation(p_order_id, private.require_permission('orders:manage'), now());
exception when sqlstate 'PT403' then
  return private.refused_call('order.install', 'order', p_order_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.start_installation(uuid) is
  'Admin with orders:manage: marks a pending order as being installed. Raises not_found, own_account, order_not_installable.';
revoke all on function public.start_installation(uuid) from public, anon, authenticated, service_role;
grant execute on function public.start_installation(uuid) to authenticated;

create function private.activate_order(p_order_id uuid, p_actor uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_order public.orders := private.lock_order(p_order_id, p_actor);
  v_service public.customer_services;
begin
  select s.* into strict v_service from public.customer_services as s where s.order_id = p_order_id for update;
  if v_order.status = 'active' then
    -- A repeated click or a retried request finds the work done.
    return private.service_document(v_service.id) || jsonb_build_object('already_active', true);
  end if;
  if not v_order.is_open or v_service.status <> 'pending' then
    perform private.fail(409, 'order_not_activatable', v_order.status);
  end if;
  update public.orders as o set status = 'active', activated_at = p_as_of where o.id = p_order_id;
  update public.customer_services as s
  set status = 'active', activated_at = p_as_of, updated_at = p_as_of
  where s.id = v_service.id;
  perform private.activate_referral(p_order_id, p_as_of);
  perform private.mail_orderer('service_active', p_order_id, p_as_of);
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
exception when sqlstate 'PT403' then
  return private.refused_call('order.activate', 'order', p_order_id::text, sqlstate, sqlerrm, null);
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
  v_order public.orders := private.lock_order(p_order_id, p_actor);
begin
  if not v_order.is_open then
    perform private.fail_changed(
      'order_not_cancellable', v_order.status, 'order', p_order_id::text, array['order.activated', 'order.cancelled']);
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
exception when sqlstate 'PT403' then
  return private.refused_call('order.cancel', 'order', p_order_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.cancel_order(uuid, text) is 'Admin with orders:manage: cancels an order that is not active.';
revoke all on function public.cancel_order(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.cancel_order(uuid, text) to authenticated;

create function private.admin_order_document(p_order public.orders)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_order.id, 'order_number', p_order.order_number, 'status', p_order.status, 'created_at', p_order.created_at,
    'activated_at', p_order.activated_at, 'cancelled_at', p_order.cancelled_at, 'cancel_reason', p_order.cancel_reason,
    'referral_code', p_order.referral_code, 'referral_outcome', p_order.referral_outcome,
    'referral_reason', p_order.referral_reason,
    'customer', (
      select jsonb_build_object('id', c.id, 'name', c.full_name, 'email', c.email)
      from public.customers as c where c.id = p_order.customer_id),
    'package_name', (select p.name from public.service_packages as p where p.id = p_order.package_id),
    'referrer', (
      select jsonb_build_object('id', c.id, 'name', c.full_name)
      from public.customer_referrals as r join public.customers as c on c.id = r.referrer_id
      where r.order_id = p_order.id limit 1),
    'service', (
      select private.service_document(s.id)
        || jsonb_build_object('price_change_on', case
          when s.status in ('active', 'suspended') then private.price_change_day(s.id, now()) end)
      from public.customer_services as s where s.order_id = p_order.id))
$$;
comment on function private.admin_order_document(public.orders) is
  'An order as admins see it, with its service. price_change_on is the day from which a package changed now would be charged.';
revoke all on function private.admin_order_document(public.orders) from public, anon, authenticated, service_role;

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
  select coalesce(
    jsonb_agg(private.admin_order_document(page.o) order by (page.o).created_at desc, (page.o).id desc), '[]')
  into v_rows
  from (
    select o
    from public.orders as o
    where (p_status is null or o.status = p_status)
      and (v_q is null or o.customer_id = any (v_found) or o.order_number = private.order_number_of(v_q))
      and (p_cursor_at is null or (o.created_at, o.id) < (p_cursor_at, p_cursor_id))
    order by o.created_at desc, o.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('orders', v_rows, v_limit, 'created_at');
end;
$$;
comment on function public.admin_list_orders(text, text, timestamptz, uuid, integer) is
  'Admin with customers:view: orders with their service, newest first.';
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
  ended_at timestamptz generated always as (
    case when status = 'cancelled' then least(suspended_at, cancelled_at) end) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  revision integer not null default 0,
  check (status <> 'active' or activated_at is not null)
);
comment on table public.customer_services is 'One service per order. monthly_price_cents is the current price, VAT included.';
comment on column public.customer_services.ended_at is
  'When a cancelled service was last supplied: when it was suspended, if it was not reactivated after that, else when it was cancelled. Null while it is not cancelled.';

comment on column public.customer_services.revision is
  'Rises with each price change and each suspension that is recorded. 0: there are none. An invoice is issued only from facts of the present revision.';

create index customer_services_customer on public.customer_services (customer_id, status);
create index customer_services_package on public.customer_services (package_id);
create index customer_services_suspended on public.customer_services (suspended_at) where status = 'suspended';
create index customer_services_billable on public.customer_services (customer_id, activated_at)
  where status = 'active';
create index customer_services_suspended_customer on public.customer_services (customer_id) where status = 'suspended';
create index customer_services_activated on public.customer_services (activated_at desc) where activated_at is not null;
-- The billing run looks up the services that ended in its cycle.
create index customer_services_ended on public.customer_services (ended_at)
  where ended_at is not null and activated_at is not null;

alter table public.customer_services enable row level security;
revoke all on table public.customer_services from public, anon, authenticated, service_role;
grant select on table public.customer_services to service_role;
grant select on table public.customer_services to authenticated;
create policy customer_services_select on public.customer_services
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create table public.service_suspensions (
  id uuid primary key default gen_random_uuid(),
  service_id uuid not null references public.customer_services (id),
  suspended_at timestamptz not null,
  resumed_at timestamptz,
  created_at timestamptz not null default now(),
  check (resumed_at >= suspended_at)
);
comment on table public.service_suspensions is
  'When each service was suspended and when it was active again. Written by a trigger, whoever changes the status. Half-open: the day of the suspension is not charged, the day of the reactivation is.';
comment on column public.service_suspensions.resumed_at is
  'Null while the service is suspended, and for good when it was cancelled while suspended.';
create index service_suspensions_service on public.service_suspensions (service_id, suspended_at);
create unique index service_suspensions_one_open on public.service_suspensions (service_id) where resumed_at is null;

alter table public.service_suspensions enable row level security;
revoke all on table public.service_suspensions from public, anon, authenticated, service_role;
grant select on table public.service_suspensions to service_role;
grant select on table public.service_suspensions to authenticated;
create policy service_suspensions_select on public.service_suspensions
  for select to authenticated
  using (
    exists (
      select 1 from public.customer_services as s
      where s.id = service_id and s.customer_id = (select private.current_customer_id()))
    or (select public.has_permission('customers:view')));

create function private.record_suspension()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if new.status = 'suspended' then
    insert into public.service_suspensions (service_id, suspended_at)
    values (new.id, coalesce(new.suspended_at, new.updated_at));
  elsif new.status = 'active' then
    update public.service_suspensions as p
    set resumed_at = greatest(p.suspended_at, new.updated_at)
    where p.service_id = new.id and p.resumed_at is null;
  end if;
  return null;
end;
$$;
comment on function private.record_suspension() is
  'Trigger: keeps the history of suspensions. A service that is cancelled while suspended stays suspended.';
revoke all on function private.record_suspension() from public, anon, authenticated, service_role;

create trigger customer_services_record_suspension
  after update of status on public.customer_services
  for each row
  when (old.status is distinct from new.status)
  execute function private.record_suspension();
create trigger customer_services_record_first_suspension
  after insert on public.customer_services
  for each row
  when (new.status = 'suspended')
  execute function private.record_suspension();

create function private.was_served(p_customer_id uuid, p_at timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
    select 1
    from public.customer_services as s
    where s.customer_id = p_customer_id and s.activated_at <= p_at and (s.ended_at is null or s.ended_at > p_at)
      and not exists (
        select 1 from public.service_suspensions as p
        where p.service_id = s.id and p.suspended_at <= p_at and (p.resumed_at is null or p.resumed_at > p_at)))
$$;
comment on function private.was_served(uuid, timestamptz) is 'Whether the customer had an active service at an instant.';
revoke all on function private.was_served(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.suspended_time(p_order_id uuid)
returns interval
language sql
stable
set search_path = ''
as $$
  select coalesce(sum(p.resumed_at - p.suspended_at), interval '0')
  from public.customer_services as s join public.service_suspensions as p on p.service_id = s.id
  where s.order_id = p_order_id
$$;
comment on function private.suspended_time(uuid) is
  'How long the service of an order was suspended in all. A suspension that goes on is not included.';
revoke all on function private.suspended_time(uuid) from public, anon, authenticated, service_role;

create function private.raise_service_revision()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.customer_services as s set revision = s.revision + 1 where s.id = coalesce(new.service_id, old.service_id);
  return null;
end;
$$;
comment on function private.raise_service_revision() is
  'Trigger: a price change or a suspension raises the revision of its service.';
revoke all on function private.raise_service_revision() from public, anon, authenticated, service_role;

create trigger service_suspensions_revision
  after insert or update or delete on public.service_suspensions
  for each row execute function private.raise_service_revision();

create function private.suspensions_of(p_service_id uuid)
returns json
language sql
stable
set search_path = ''
as $$
  select coalesce(json_agg(json_build_object(
    'suspended_at', p.suspended_at, 'resumed_at', p.resumed_at) order by p.suspended_at), '[]')
  from public.service_suspensions as p
  where p.service_id = p_service_id
$$;
comment on function private.suspensions_of(uuid) is 'All suspensions of a service, as the invoice rules take them.';
revoke all on function private.suspensions_of(uuid) from public, anon, authenticated, service_role;

create function private.active_days(p_service public.customer_services, p_from date, p_until date, p_time_zone text)
returns date[]
language plpgsql
stable
set search_path = ''
as $$
declare
  v_first date := greatest(p_from, private.local_date(p_service.activated_at, p_time_zone));
  v_until date := least(p_until, private.local_date(p_service.ended_at, p_time_zone));
begin
  if v_first is null or v_first >= v_until then
    return '{}';
  end if;
  return coalesce((
    select array_agg(d.day::date order by d.day)
    from generate_series(v_first, v_until - 1, interval '1 day') as d (day)
    where p_service.revision = 0 or not exists (
      select 1 from public.service_suspensions as p
      where p.service_id = p_service.id
        and d.day >= private.local_date(p.suspended_at, p_time_zone)
        and (p.resumed_at is null or d.day < private.local_date(p.resumed_at, p_time_zone)))), '{}');
end;
$$;
comment on function private.active_days(public.customer_services, date, date, text) is
  'The local days from p_from until before p_until on which a service was active: from the day of its activation, until before the day of its end, without the days of its suspensions. The same rule as chargesOf in lib/invoicing/charge.ts.';
revoke all on function private.active_days(public.customer_services, date, date, text)
  from public, anon, authenticated, service_role;

create function private.is_chargeable(
  p_service public.customer_services, p_period_start date, p_ends_at timestamptz, p_time_zone text, p_as_of timestamptz
)
returns boolean
language sql
stable
set search_path = ''
as $$
  select p_service.activated_at < p_ends_at
    and case p_service.status
      when 'active' then
        p_service.revision = 0
        or private.active_days(p_service, p_period_start, private.local_date(p_ends_at, p_time_zone), p_time_zone) <> '{}'
      when 'cancelled' then
        private.local_date(p_service.ended_at, p_time_zone)
          > greatest(p_period_start, private.local_date(p_service.activated_at, p_time_zone))
        and (
          p_service.revision = 0
          or private.active_days(p_service, p_period_start, private.local_date(p_ends_at, p_time_zone), p_time_zone) <> '{}')
      -- It may be reactivated before the cycle is over: then one invoice charges all its days.
      when 'suspended' then
        p_ends_at <= p_as_of
        and private.active_days(p_service, p_period_start, private.local_date(p_ends_at, p_time_zone), p_time_zone) <> '{}'
      else false
    end
$$;
comment on function private.is_chargeable(public.customer_services, date, timestamptz, text, timestamptz) is
  'Whether a service has a day to charge in the cycle: the day of activation counts, the day of the end and suspended days do not. A service that is suspended at p_as_of is charged once the cycle is over.';
revoke all on function private.is_chargeable(public.customer_services, date, timestamptz, text, timestamptz)
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
  'A service as the API shows it. If a price change lies ahead, earlier_price counts on the days before its until.';
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
    perform private.fail_changed(
      'service_status_invalid', v_service.status || ' → ' || coalesce(p_status, ''), 'service', p_service_id::text,
      array['service.status_changed']);
  end if;
  update public.customer_services as s
  set status = p_status,
    suspended_at = case when p_status = 'suspended' then p_as_of when p_status = 'active' then null else s.suspended_at end,
    cancelled_at = case when p_status = 'cancelled' then p_as_of end,
    updated_at = p_as_of
  where s.id = p_service_id;
  case p_status
    when 'suspended' then perform private.count_if_ready(v_service.order_id, p_as_of);
    when 'active' then perform private.resume_referral(v_service.order_id, v_service.suspended_at, p_as_of);
    else perform private.stop_referral(v_service.order_id, 'service_cancelled', p_as_of);
  end case;
  if p_status in ('suspended', 'active') then
    perform private.mail_service_status(
      v_service, case p_status when 'suspended' then 'service_suspended' else 'service_reactivated' end, p_as_of);
  end if;
  perform private.write_audit(
    p_actor, 'service.status_changed', 'service', p_service_id::text, v_service.customer_id, v_reason,
    jsonb_build_object('status', v_service.status), jsonb_build_object('status', p_status), p_as_of);
  return private.service_document(p_service_id);
end;
$$;
comment on function private.set_service_status(uuid, text, text, uuid, timestamptz) is
  'Suspends, reactivates or cancels a service. A suspension stops the qualifying clock of the referral; reactivation within the grace starts it again; a cancellation ends a referral that had not counted.';
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
exception when sqlstate 'PT403' then
  return private.refused_call('service.set_status', 'service', p_service_id::text, sqlstate, sqlerrm, null);
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

create trigger service_price_changes_revision
  after insert on public.service_price_changes
  for each row execute function private.raise_service_revision();
create trigger service_price_changes_append_only
  before update or delete on public.service_price_changes
  for each row execute function private.refuse_change();
create trigger service_price_changes_no_truncate
  before truncate on public.service_price_changes
  for each statement execute function private.refuse_change();

alter table public.service_price_changes enable row level security;
revoke all on table public.service_price_changes from public, anon, authenticated, service_role;
grant select on table public.service_price_changes to service_role;
-- Not the reason and the actor: those are for the audit log.
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
    -- If several changes take effect on one day, the days before it had the price that the first of them replaced.
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
  -- A caller that waited for the lock brings an older clock. A change never takes effect before the one that it follows.
  return greatest(v_day, (
    select max(ch.effective_on) from public.service_price_changes as ch where ch.service_id = p_service_id));
end;
$$;
comment on function private.price_change_day(uuid, timestamptz) is
  'The local day from which a price that a service gets now would count: today, or the first day of the next cycle without an invoice.';
revoke all on function private.price_change_day(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.change_ordered_package(
  p_service public.customer_services, p_old public.service_packages, p_new public.service_packages, p_reason text,
  p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  update public.orders as o set package_id = p_new.id where o.id = p_service.order_id;
  update public.customer_services as s
  set package_id = p_new.id, monthly_price_cents = p_new.monthly_price_cents, updated_at = p_as_of
  where s.id = p_service.id;
  perform private.write_audit(
    p_actor, 'order.package_changed', 'order', p_service.order_id::text, p_service.customer_id, p_reason,
    jsonb_build_object('package', p_old.name, 'monthly_price_cents', p_service.monthly_price_cents),
    jsonb_build_object('package', p_new.name, 'monthly_price_cents', p_new.monthly_price_cents), p_as_of);
  return private.service_document(p_service.id)
    || jsonb_build_object('effective_on', private.local_date(p_as_of, private.billing_time_zone()));
end;
$$;
comment on function private.change_ordered_package(
  public.customer_services, public.service_packages, public.service_packages, text, uuid, timestamptz
) is
  'Changes the package of an order whose service is not active yet. Nothing was charged, so the order and its referral stay as they are. The caller holds the customer''s lock.';
revoke all on function private.change_ordered_package(
  public.customer_services, public.service_packages, public.service_packages, text, uuid, timestamptz
) from public, anon, authenticated, service_role;

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
  v_change uuid;
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
  v_new := private.package_on_sale(p_package_slug);
  if v_new.id is null then
    perform private.fail(404, 'not_found', 'package');
  end if;
  if v_service.status = 'cancelled' then
    perform private.fail(409, 'package_not_changeable', v_service.status);
  end if;
  if v_service.package_id = v_new.id and v_service.monthly_price_cents = v_new.monthly_price_cents then
    perform private.fail_changed(
      'package_unchanged', v_new.slug, 'service', p_service_id::text, array['service.package_changed']);
  end if;
  select p.* into strict v_old from public.service_packages as p where p.id = v_service.package_id;
  if v_service.status = 'pending' then
    return private.change_ordered_package(v_service, v_old, v_new, v_reason, p_actor, p_as_of);
  end if;

  v_effective := private.price_change_day(p_service_id, p_as_of);
  -- Changes are ordered as they got the lock, even if the clocks of the callers differ.
  select greatest(p_as_of, max(ch.created_at) + interval '1 microsecond') into v_made
  from public.service_price_changes as ch
  where ch.service_id = p_service_id;

  insert into public.service_price_changes
    (service_id, effective_on, from_package_id, from_price_cents, to_package_id, to_price_cents, reason, actor_id,
     created_at)
  values
    (p_service_id, v_effective, v_old.id, v_service.monthly_price_cents, v_new.id, v_new.monthly_price_cents, v_reason,
     p_actor, v_made)
  returning id into v_change;
  perform private.mail_package_change(v_change, p_as_of);
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
  'Moves a service to a package on sale, at its current price. Takes effect today in the billing time zone, or from the first day of the next cycle without an invoice when this one has it. A service that is not active yet begins with the new package.';
revoke all on function private.change_service_package(uuid, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.price_change_to_approve(p_service_id uuid, p_package_slug text)
returns bigint
language sql
stable
set search_path = ''
as $$
  select asked.cents
  from (
    select abs(p.monthly_price_cents - s.monthly_price_cents) as cents
    from public.customer_services as s, private.package_on_sale(p_package_slug) as p
    where s.id = p_service_id and s.status in ('active', 'suspended')
  ) as asked
  where asked.cents > (private.current_admin_settings()).approval_price_cents
$$;
comment on function private.price_change_to_approve(uuid, text) is
  'The change of the monthly price in cents with VAT, when it is beyond the limit for one person; null else.';
revoke all on function private.price_change_to_approve(uuid, text) from public, anon, authenticated, service_role;

create function public.change_service_package(p_service_id uuid, p_package_slug text, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_customer uuid;
  v_difference bigint;
begin
  v_actor := private.require_permission('orders:manage');
  v_reason := private.trimmed_reason(p_reason);
  v_difference := private.price_change_to_approve(p_service_id, p_package_slug);
  if v_difference is not null then
    select s.customer_id into v_customer from public.customer_services as s where s.id = p_service_id;
    perform private.refuse_own_account(v_customer, v_actor);
    return private.request_approval(
      'package_change', jsonb_build_object('service_id', p_service_id, 'package_slug', p_package_slug),
      v_customer, v_difference, v_reason, v_actor);
  end if;
  return private.change_service_package(p_service_id, p_package_slug, v_reason, v_actor, now());
exception when sqlstate 'PT403' then
  return private.refused_call('service.change_package', 'service', p_service_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.change_service_package(uuid, text, text) is
  'Admin with orders:manage: moves a service to another package; a change of the price beyond the limit for one person becomes a request for a second one. Raises not_found, own_account, package_not_changeable, package_unchanged.';
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
  vat_treatment text not null default 'discount' check (vat_treatment in ('discount', 'consideration')),
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

comment on column public.referral_rewards.vat_treatment is 'How VAT treats this free month, by the terms when it was granted.';
comment on column public.referral_rewards.expires_at is
  'The first instant at which the reward is of no more use: the beginning of the local day after its last one.';

create function private.reward_expiry(p_as_of timestamptz, p_months integer)
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select private.start_of_day(
    private.local_date(private.local_plus(p_as_of, make_interval(months => p_months), z.time_zone), z.time_zone) + 1,
    z.time_zone)
  from private.billing_time_zone() as z (time_zone)
$$;
comment on function private.reward_expiry(timestamptz, integer) is
  'When a reward granted at p_as_of expires: at the end of the day p_months later, in the billing time zone.';
revoke all on function private.reward_expiry(timestamptz, integer) from public, anon, authenticated, service_role;

create function private.keep_whole_days()
returns trigger
language plpgsql
set search_path = ''
as $$
declare
  v_time_zone text := private.billing_time_zone();
  v_day date := private.local_date(new.expires_at, v_time_zone);
begin
  if new.expires_at <> private.start_of_day(v_day, v_time_zone) then
    new.expires_at := private.start_of_day(v_day + 1, v_time_zone);
  end if;
  return new;
end;
$$;
comment on function private.keep_whole_days() is
  'Trigger: a reward expires at the end of a day of the billing time zone, never within one.';
revoke all on function private.keep_whole_days() from public, anon, authenticated, service_role;

create trigger referral_rewards_whole_days
  before insert on public.referral_rewards
  for each row execute function private.keep_whole_days();

create index referral_rewards_customer on public.referral_rewards (customer_id, created_at desc);
create index referral_rewards_pending on public.referral_rewards (expires_at, customer_id) where status = 'pending';
create index referral_rewards_granted on public.referral_rewards (created_at) where source = 'manual';
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
  if not private.rewards_are_on() then
    return 0;
  end if;
  -- What is earned waits for the referrer's own overdue invoices. The job grants it once they are paid.
  if private.has_overdue_invoice(p_referrer_id, p_as_of) then
    return 0;
  end if;
  loop
    -- The terms of each friend say how many friends earn a reward. Sorted by that number, the first n friends whose
    -- terms all ask for n or fewer earn one: friends under stricter terms do not delay the others.
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
      (customer_id, source, referrals_required, cap_cents, vat_treatment, expires_at, created_at)
    values
      (p_referrer_id, 'earned', cardinality(v_ids), v_terms.reward_cap_cents, v_terms.reward_vat_treatment,
       private.reward_expiry(p_as_of, v_terms.reward_expiry_months), p_as_of)
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
  'Turns unused qualified referrals without an open hold into rewards; none while rewards are switched off, or the referrer has an overdue invoice. The caller holds the referrer''s lock.';
revoke all on function private.grant_earned_rewards(uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.grant_earned_rewards(p_referrer_id uuid, p_as_of timestamptz default now())
returns integer
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
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
  p_customer_id uuid, p_reason text, p_key text, p_actor uuid, p_as_of timestamptz, p_confirm_recent boolean default true
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
    private.request_hash(jsonb_build_array(p_customer_id, v_reason)));
  if v_response is not null then
    return v_response;
  end if;
  if not private.rewards_are_on() then
    perform private.fail(409, 'program_paused');
  end if;
  select c.* into v_customer from public.customers as c where c.id = p_customer_id for no key update;
  if v_customer.id is null or v_customer.erased_at is not null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  perform private.refuse_own_account(p_customer_id, p_actor);
  perform private.limit_manual_grants(p_customer_id, p_confirm_recent, p_actor, p_as_of);
  perform private.hold_terms();
  v_terms := private.current_terms();
  insert into public.referral_rewards
    (customer_id, source, granted_by, grant_reason, cap_cents, vat_treatment, expires_at, created_at)
  values
    (p_customer_id, 'manual', p_actor, v_reason, v_terms.reward_cap_cents, v_terms.reward_vat_treatment,
     private.reward_expiry(p_as_of, v_terms.reward_expiry_months), p_as_of)
  returning * into v_reward;
  perform private.write_audit(
    p_actor, 'reward.granted', 'reward', v_reward.id::text, p_customer_id, v_reason, null,
    jsonb_build_object('status', 'pending', 'source', 'manual', 'expires_at', v_reward.expires_at), p_as_of);
  perform private.enqueue_mail(
    'reward_granted', v_customer.email, v_customer.id,
    jsonb_build_object('first_name', v_customer.first_name, 'reason', v_reason, 'expires_at', v_reward.expires_at),
    'reward_granted:' || v_reward.id, p_as_of);
  v_response := jsonb_build_object(
    'reward_id', v_reward.id, 'status', 'pending', 'manually_granted', true, 'expires_at', v_reward.expires_at,
    'waiting_before', (
      select count(*) from public.referral_rewards as w
      where w.customer_id = p_customer_id and w.status = 'pending' and w.expires_at > p_as_of
        and (w.expires_at, w.created_at, w.id) < (v_reward.expires_at, v_reward.created_at, v_reward.id)));
  perform private.store_idempotent_response(v_scope, p_key, v_response);
  return v_response;
end;
$$;
comment on function private.grant_reward(uuid, text, text, uuid, timestamptz, boolean) is
  'Grants a free month by hand, once per idempotency key, with audit row and mail. Raises not_found, own_account, grant_limit_reached, grant_recent unless confirmed.';
revoke all on function private.grant_reward(uuid, text, text, uuid, timestamptz, boolean)
  from public, anon, authenticated, service_role;

create function public.grant_reward(
  p_customer_id uuid, p_reason text, p_idempotency_key text default null, p_confirm_recent boolean default false
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.grant_reward(
    p_customer_id, p_reason, p_idempotency_key, private.require_permission('billing:manage_invoices'), now(),
    coalesce(p_confirm_recent, false));
exception when sqlstate 'PT403' then
  return private.refused_call('reward.grant', 'customer', p_customer_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.grant_reward(uuid, text, text, boolean) is
  'Admin with billing:manage_invoices: grants a free month with a reason. Raises own_account for themselves, grant_limit_reached, and grant_recent unless p_confirm_recent.';
revoke all on function public.grant_reward(uuid, text, text, boolean) from public, anon, authenticated, service_role;
grant execute on function public.grant_reward(uuid, text, text, boolean) to authenticated;

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
    perform private.fail_overtaken(
      'reward_not_pending', v_reward.status, v_reward.revoked_by,
      coalesce(v_reward.revoked_at, v_reward.applied_at, v_reward.expired_at));
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
exception when sqlstate 'PT403' then
  return private.refused_call('reward.revoke', 'customer', p_customer_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.revoke_reward(uuid, uuid, text) is
  'Admin with billing:manage_invoices: revokes a pending reward with a reason. Raises own_account for their own.';
revoke all on function public.revoke_reward(uuid, uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.revoke_reward(uuid, uuid, text) to authenticated;

create function private.extend_reward(
  p_reward_id uuid, p_until date, p_reason text, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_zone text := private.billing_time_zone();
  v_expires timestamptz := private.start_of_day(p_until + 1, v_zone);
  v_customer uuid;
  v_reward public.referral_rewards;
begin
  select w.customer_id into v_customer from public.referral_rewards as w where w.id = p_reward_id;
  if v_customer is null then
    perform private.fail(404, 'not_found', 'reward');
  end if;
  perform private.refuse_own_account(v_customer, p_actor);
  perform private.lock_customers(array[v_customer]);
  select w.* into strict v_reward from public.referral_rewards as w where w.id = p_reward_id for update;
  if v_reward.status <> 'pending' then
    perform private.fail_overtaken(
      'reward_not_pending', v_reward.status, v_reward.revoked_by,
      coalesce(v_reward.revoked_at, v_reward.applied_at, v_reward.expired_at));
  end if;
  if v_expires is null or v_expires <= v_reward.expires_at or v_expires <= p_as_of
    or v_expires > private.local_plus(p_as_of, interval '10 years', v_zone) then
    perform private.fail(400, 'invalid_request', 'until must be later than the present day, within ten years');
  end if;
  update public.referral_rewards as w set expires_at = v_expires where w.id = p_reward_id;
  perform private.write_audit(
    p_actor, 'reward.extended', 'reward', p_reward_id::text, v_customer, v_reason,
    jsonb_build_object('expires_at', v_reward.expires_at), jsonb_build_object('expires_at', v_expires), p_as_of);
  return jsonb_build_object('reward_id', p_reward_id, 'status', 'pending', 'expires_at', v_expires);
end;
$$;
comment on function private.extend_reward(uuid, date, text, uuid, timestamptz) is
  'Lets a pending free month be used until the end of a later day of the billing time zone, with a reason and audit row. Raises not_found, own_account, reward_not_pending, invalid_request.';
revoke all on function private.extend_reward(uuid, date, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.customers_with_expiries(
  p_as_of timestamptz, p_remind_until timestamptz, p_expire_rewards boolean, p_limit integer
)
returns uuid[]
language sql
stable
set search_path = ''
as $$
  select array_agg(due.customer_id order by due.customer_id)
  from (
    (select r.referrer_id as customer_id
     from public.customer_referrals as r
     where r.status = 'pending' and r.activation_due_at <= p_as_of
     order by r.activation_due_at limit p_limit)
    union
    (select r.referrer_id
     from public.customer_services as s
     join public.customer_referrals as r on r.order_id = s.order_id and r.status = 'active'
     where s.status = 'suspended' and p_as_of > private.grace_ends_at(s.suspended_at, r.program_version)
     order by s.suspended_at limit p_limit)
    union
    (select w.customer_id
     from public.referral_rewards as w
     where p_expire_rewards and w.status = 'pending' and w.expires_at <= p_as_of
     order by w.expires_at limit p_limit)
    union
    (select w.customer_id
     from public.referral_rewards as w
     where w.status = 'pending' and w.expires_at > p_as_of and w.expires_at <= p_remind_until
       and not exists (select 1 from public.notifications as n where n.dedupe_key = 'reward_expiring:' || w.id)
     order by w.expires_at limit p_limit)
  ) as due
$$;
comment on function private.customers_with_expiries(timestamptz, timestamptz, boolean, integer) is
  'Customers with a referral to end or a reward to expire by p_as_of, or a reward to remind of before p_remind_until. Null: none.';
revoke all on function private.customers_with_expiries(timestamptz, timestamptz, boolean, integer)
  from public, anon, authenticated, service_role;

create function private.expire_rewards(p_customer_ids uuid[], p_as_of timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_row record;
  v_expired integer := 0;
begin
  for v_row in
    update public.referral_rewards as w
    set status = 'expired', expired_at = p_as_of
    from public.customers as c
    where w.customer_id = any (p_customer_ids) and w.status = 'pending' and w.expires_at <= p_as_of and c.id = w.customer_id
    returning w.id, w.expires_at, c.id as customer_id, c.email, c.first_name
  loop
    v_expired := v_expired + 1;
    perform private.enqueue_mail(
      'reward_expired', v_row.email, v_row.customer_id,
      jsonb_build_object('first_name', v_row.first_name, 'expires_at', v_row.expires_at),
      'reward_expired:' || v_row.id, p_as_of);
  end loop;
  return v_expired;
end;
$$;
comment on function private.expire_rewards(uuid[], timestamptz) is
  'Expires pending rewards past their date and mails their owners. Returns how many. The caller holds the customers'' locks.';
revoke all on function private.expire_rewards(uuid[], timestamptz) from public, anon, authenticated, service_role;

create function private.remind_of_rewards(p_customer_ids uuid[], p_as_of timestamptz, p_until timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_row record;
  v_reminded integer := 0;
begin
  for v_row in
    select w.id, w.expires_at, c.id as customer_id, c.email, c.first_name
    from public.referral_rewards as w
    join public.customers as c on c.id = w.customer_id
    where w.customer_id = any (p_customer_ids) and w.status = 'pending'
      and w.expires_at > p_as_of and w.expires_at <= p_until
  loop
    if private.enqueue_mail(
      'reward_expiring', v_row.email, v_row.customer_id,
      jsonb_build_object('first_name', v_row.first_name, 'expires_at', v_row.expires_at),
      'reward_expiring:' || v_row.id, p_as_of) then
      v_reminded := v_reminded + 1;
    end if;
  end loop;
  return v_reminded;
end;
$$;
comment on function private.remind_of_rewards(uuid[], timestamptz, timestamptz) is
  'Mails a reminder of each pending reward that expires by p_until, once. Returns how many were new.';
revoke all on function private.remind_of_rewards(uuid[], timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

create function private.end_overdue_referrals(
  p_referrer_ids uuid[], p_as_of timestamptz, out expired integer, out cancelled integer
)
language plpgsql
set search_path = ''
as $$
declare
  v_referral uuid;
  v_order uuid;
begin
  expired := 0;
  cancelled := 0;
  for v_referral in
    select r.id from public.customer_referrals as r
    where r.referrer_id = any (p_referrer_ids) and r.status = 'pending' and r.activation_due_at <= p_as_of
    order by r.id
  loop
    perform private.expire_referral(v_referral, p_as_of);
    expired := expired + 1;
  end loop;
  for v_order in
    select r.order_id
    from public.customer_referrals as r
    join public.customer_services as s on s.order_id = r.order_id
    where r.referrer_id = any (p_referrer_ids) and r.status = 'active'
      and s.status = 'suspended' and p_as_of > private.grace_ends_at(s.suspended_at, r.program_version)
    order by r.id
  loop
    perform private.stop_referral(v_order, 'suspended_too_long', p_as_of);
    cancelled := cancelled + 1;
  end loop;
end;
$$;
comment on function private.end_overdue_referrals(uuid[], timestamptz) is
  'Expires referrals that were not active in time, and ends those whose service was suspended for longer than the grace. Returns how many of each. The caller holds the referrers'' locks.';
revoke all on function private.end_overdue_referrals(uuid[], timestamptz)
  from public, anon, authenticated, service_role;

create function public.expire_due(
  p_as_of timestamptz default now(), p_limit integer default 500, p_expire_rewards boolean default true
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
as $$
declare
  -- 30 calendar days of the billing time zone, not of the session's.
  v_remind_until timestamptz := private.local_plus(p_as_of, interval '30 days', private.billing_time_zone());
  -- A reward that cannot be used now does not expire.
  v_expires_rewards boolean := p_expire_rewards and private.rewards_are_on();
  v_customers uuid[] := private.customers_with_expiries(p_as_of, v_remind_until, v_expires_rewards, p_limit);
  v_ended record;
  v_rewards integer := 0;
  v_reminders integer;
  v_blanked integer := private.blank_kept_documents(p_as_of, p_limit);
begin
  perform private.lock_customers(v_customers);
  v_ended := private.end_overdue_referrals(v_customers, p_as_of);
  if v_expires_rewards then
    v_rewards := private.expire_rewards(v_customers, p_as_of);
  end if;
  v_reminders := private.remind_of_rewards(v_customers, p_as_of, v_remind_until);
  return jsonb_build_object(
    'referrals_expired', v_ended.expired, 'referrals_ended', v_ended.cancelled, 'rewards_expired', v_rewards, 'reminders', v_reminders,
    'more', cardinality(coalesce(v_customers, '{}')) > 0 or v_blanked > 0);
end;
$$;
comment on function public.expire_due(timestamptz, integer, boolean) is
  'Server: expires referrals past their window, ends those whose service was suspended for longer than the grace, expires rewards past their date, queues the 30-day reminder, and blanks documents of erased people past their retention, in one batch. p_expire_rewards false keeps rewards that cannot be used now.';
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
      ) as used), '[]'),
    'saved_cents', coalesce((
      select sum(w.amount_waived_cents)
      from public.referral_rewards as w
      where w.customer_id = p_customer_id and w.status = 'applied'), 0)
  )
$$;
comment on function private.reward_balance(uuid) is
  'Pending free months of a customer, the newest used ones, and what all used ones saved. Amounts in cents.';
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
  via text check (via in ('whatsapp', 'email', 'sms', 'share', 'qr')),
  ip_address inet,
  user_agent text check (length(user_agent) <= 1000),
  visited_at timestamptz not null default now()
);
comment on table public.referral_visits is 'Arrivals through a valid referral link.';
comment on column public.referral_visits.via is 'How the link was sent, as it says itself; null for a plain one.';

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
  referred_mailbox text,
  order_id uuid not null references public.orders (id),
  program_version integer not null references public.referral_program (version),
  status text not null default 'pending'
    check (status in ('pending', 'active', 'qualified', 'expired', 'cancelled', 'rejected')),
  status_reason text,
  source text not null default 'typed' check (source in ('link', 'typed', 'admin')),
  via text check (via in ('whatsapp', 'email', 'sms', 'share', 'qr')),
  channel text not null generated always as (case source when 'link' then coalesce(via, 'link') else source end) stored,
  visited_at timestamptz,
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
comment on column public.customer_referrals.referred_mailbox is
  'The mailbox behind the friend''s address: one person under two aliases of a provider is one friend.';
comment on column public.customer_referrals.via is 'How the link of the last visit before the order was sent; null for a plain one and without a visit.';
comment on column public.customer_referrals.channel is 'How the code reached the order: the way the link was sent, link, typed, or admin.';
comment on column public.customer_referrals.visited_at is 'The last visit of the browser that ordered, through a link of the referrer.';
comment on column public.customer_referrals.activation_due_at is 'A pending referral whose service is not active by then expires.';
comment on column public.customer_referrals.qualifies_at is 'When the friend counts, if the service stays active until then.';
comment on column public.customer_referrals.reward_id is 'The earned reward that this qualified referral fed; at most one.';

create unique index customer_referrals_one_live_per_email
  on public.customer_referrals (referred_email_normalised)
  where status in ('pending', 'active', 'qualified');
create unique index customer_referrals_one_live_per_mailbox
  on public.customer_referrals (referred_mailbox)
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
  mailbox_hash text,
  phone_hash text,
  network_hash text,
  created_at timestamptz not null default now()
);
comment on table public.referral_attempts is
  'Orders that came with a code which was not applied, and why. Kept for 12 months; the hashes show repeats.';
comment on column public.referral_attempts.network_hash is 'Of the IP address; of an IPv6 address, of its first 64 bits.';

create index referral_attempts_order on public.referral_attempts (order_id);
create index referral_attempts_referrer on public.referral_attempts (referrer_id, created_at desc);
create index referral_attempts_created on public.referral_attempts (created_at);
create index referral_attempts_phone on public.referral_attempts (phone_hash) where phone_hash is not null;
create index referral_attempts_network on public.referral_attempts (network_hash) where network_hash is not null;

alter table public.referral_attempts enable row level security;
revoke all on table public.referral_attempts from public, anon, authenticated, service_role;
grant select on table public.referral_attempts to service_role;
grant select on table public.referral_attempts to authenticated;
create policy referral_attempts_select on public.referral_attempts
  for select to authenticated
  using ((select public.has_permission('referrals:review')));

create function private.network_of(p_ip inet)
returns text
language sql
immutable
strict
set search_path = ''
as $$
  select case family(p_ip) when 6 then network(set_masklen(p_ip, 64))::text else host(p_ip) end
$$;
comment on function private.network_of(inet) is
  'The network of one connection: the IPv4 address, or the first 64 bits of an IPv6 address.';
revoke all on function private.network_of(inet) from public, anon, authenticated, service_role;

create function private.record_attempt(
  p_order jsonb, p_order_id uuid, p_referrer_id uuid, p_reason text, p_as_of timestamptz
)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_alert integer := coalesce((p_order ->> 'refused_attempts_alert')::integer, 5);
  v_attempts integer;
begin
  perform private.draw_identity_key();
  insert into public.referral_attempts
    (order_id, referrer_id, referral_code, reason, evidence, mailbox_hash, phone_hash, network_hash, created_at)
  values
    (p_order_id, p_referrer_id, p_order ->> 'referral_code', p_reason,
     coalesce(p_order #> '{assessment,evidence}', '{}'),
     private.identity_hash('email', coalesce(p_order ->> 'mailbox', private.normalise_email(p_order ->> 'email'))),
     private.identity_hash('phone', p_order ->> 'phone'),
     private.identity_hash('network', private.network_of((p_order ->> 'ip_address')::inet)), p_as_of);
  if p_referrer_id is null then
    return;
  end if;
  select count(*) into v_attempts
  from public.referral_attempts as a
  where a.referrer_id = p_referrer_id and a.created_at > p_as_of - interval '24 hours';
  if v_attempts >= v_alert then
    perform private.enqueue_mail(
      'suspicious_activity', p_order ->> 'alert_email', null,
      jsonb_build_object(
        'kind', 'refused_attempts', 'referrer_id', p_referrer_id, 'attempts', v_attempts, 'signals', '[]'::jsonb),
      'refused_attempts:' || p_referrer_id || ':' || private.local_date(p_as_of, private.billing_time_zone()), p_as_of);
  end if;
end;
$$;
comment on function private.record_attempt(jsonb, uuid, uuid, text, timestamptz) is
  'Keeps a refused use of a code, and alerts the admins, once per referrer and day, when one code is refused often within 24 hours.';
revoke all on function private.record_attempt(jsonb, uuid, uuid, text, timestamptz)
  from public, anon, authenticated, service_role;

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

create function private.has_active_service(p_customer_id uuid)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select exists (
      select 1 from public.customer_services as s where s.customer_id = p_customer_id and s.status = 'active'));
end;
$$;
comment on function private.has_active_service(uuid) is 'Whether the customer has a service that is active now.';
revoke all on function private.has_active_service(uuid) from public, anon, authenticated, service_role;

create function private.referral_obstacle(p_customer_id uuid, p_as_of timestamptz)
returns text
language sql
stable
set search_path = ''
as $$
  select case
    when not private.has_active_service(p_customer_id) then 'inactive'
    when private.has_overdue_invoice(p_customer_id, p_as_of) then 'overdue'
  end
$$;
comment on function private.referral_obstacle(uuid, timestamptz) is
  'Why a customer''s code cannot be used now: inactive without an active service, overdue with an overdue invoice; else null.';
revoke all on function private.referral_obstacle(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.referrer_is_eligible(p_customer_id uuid, p_as_of timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $$
  select private.referral_obstacle(p_customer_id, p_as_of) is null
$$;
comment on function private.referrer_is_eligible(uuid, timestamptz) is
  'A referrer needs an active service and no overdue invoice.';
revoke all on function private.referrer_is_eligible(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.usable_referrer(p_code text, p_as_of timestamptz)
returns public.customers
language sql
stable
set search_path = ''
as $$
  select r
  from private.find_referrer(p_code) as r
  cross join private.current_terms() as t
  where not t.is_paused
    and private.rewards_are_on()
    and private.referrer_is_eligible(r.id, p_as_of)
    and private.referrals_in_month(r.id, p_as_of) < t.monthly_referral_limit
$$;
comment on function private.usable_referrer(text, timestamptz) is
  'Whose code can be used now: the programme is not paused, its owner may refer, and the month is not full. Null otherwise.';
revoke all on function private.usable_referrer(text, timestamptz) from public, anon, authenticated, service_role;

create function private.is_referred(p_email_normalised text, p_mailbox text)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select exists (
      select 1 from public.customer_referrals as r
      where r.referred_email_normalised = p_email_normalised and r.status in ('pending', 'active', 'qualified'))
    or exists (
      select 1 from public.customer_referrals as r
      where r.referred_mailbox = p_mailbox and r.status in ('pending', 'active', 'qualified')));
end;
$$;
comment on function private.is_referred(text, text) is
  'Whether a person, by normalised address or mailbox, is the friend of a live referral by anyone.';
revoke all on function private.is_referred(text, text) from public, anon, authenticated, service_role;

create function private.is_known_person(
  p_email_normalised text, p_mailbox text, p_as_of timestamptz, p_except_order uuid default null
)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    with people as (
      select c.id, c.created_at,
        exists (
          select 1 from auth.users as u where u.id = c.auth_user_id and u.email_confirmed_at is not null) as is_confirmed
      from public.customers as c
      where c.email_normalised = p_email_normalised or c.mailbox = p_mailbox
    )
    select exists (
      select 1 from people as p
      where exists (
          select 1 from public.customer_services as s
          where s.customer_id = p.id and s.activated_at is not null and s.order_id is distinct from p_except_order)
        or (p.is_confirmed and (
          exists (
            select 1 from public.orders as o
            where o.customer_id = p.id and o.is_open and o.id is distinct from p_except_order
              -- An order whose referral ran out before any service leaves the person free, too.
              and not exists (
                select 1 from public.customer_referrals as r where r.order_id = o.id and r.status = 'expired'))
          -- An account whose orders all ended before any service leaves the person free.
          or (p.created_at < p_as_of and not exists (
            select 1 from public.orders as o where o.customer_id = p.id))))));
end;
$$;
comment on function private.is_known_person(text, text, timestamptz, uuid) is
  'Whether a person, by normalised address or mailbox, is a customer already: they have or had a service, or hold a confirmed account that waits for one or was there before p_as_of. An unconfirmed account of a stranger says nothing about them.';
revoke all on function private.is_known_person(text, text, timestamptz, uuid)
  from public, anon, authenticated, service_role;

create function private.referrals_in_month(p_referrer_id uuid, p_as_of timestamptz)
returns integer
language plpgsql
stable
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
  v_month timestamp := date_trunc('month', p_as_of at time zone v_zone);
begin
  return (
    select count(*)
    from public.customer_referrals as r
    where r.referrer_id = p_referrer_id
      and r.status in ('pending', 'active', 'qualified')
      and r.referred_at >= v_month at time zone v_zone
      and r.referred_at < (v_month + interval '1 month') at time zone v_zone);
end;
$$;
comment on function private.referrals_in_month(uuid, timestamptz) is
  'Live referrals that were recorded for a referrer in the calendar month of the billing time zone. One that ended gives its place back.';
revoke all on function private.referrals_in_month(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.referrals_made(p_referrer_id uuid)
returns bigint
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select count(*) from public.customer_referrals as r where r.referrer_id = p_referrer_id);
end;
$$;
comment on function private.referrals_made(uuid) is
  'All referrals that a referrer ever made. The number only grows: it shows whether an assessment included the latest one.';
revoke all on function private.referrals_made(uuid) from public, anon, authenticated, service_role;

create function public.validate_referral_code(p_code text, p_as_of timestamptz default now())
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_referrer public.customers := private.usable_referrer(p_code, p_as_of);
begin
  if v_referrer.id is null then
    return jsonb_build_object('valid', false);
  end if;
  return jsonb_build_object('valid', true, 'code', v_referrer.referral_code, 'referrer_first_name', v_referrer.first_name);
end;
$$;
comment on function public.validate_referral_code(text, timestamptz) is
  'Whether a normalised code can be used now, and whose it is by first name. The same answer for every reason of refusal.';
revoke all on function public.validate_referral_code(text, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.validate_referral_code(text, timestamptz) to service_role;

create function private.invitation_document(p_referrer public.customers)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'valid', true, 'code', p_referrer.referral_code, 'referrer_first_name', p_referrer.first_name,
    'attribution_days', (private.current_terms()).attribution_days)
$$;
comment on function private.invitation_document(public.customers) is 'An invitation that can be used, as the site remembers it.';
revoke all on function private.invitation_document(public.customers) from public, anon, authenticated, service_role;

create function public.record_visit(
  p_code text, p_visitor_id uuid, p_landing_path text, p_ip_address inet, p_user_agent text,
  p_as_of timestamptz default now(), p_auth_user_id uuid default null, p_counts boolean default true,
  p_via text default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_referrer public.customers := private.usable_referrer(p_code, p_as_of);
begin
  if v_referrer.id is null then
    return jsonb_build_object('valid', false);
  end if;
  if v_referrer.auth_user_id = p_auth_user_id then
    return jsonb_build_object('valid', false, 'is_own', true);
  end if;
  if not p_counts then
    return private.invitation_document(v_referrer);
  end if;
  insert into public.referral_visits
    (visitor_id, referrer_id, referral_code, landing_path, via, ip_address, user_agent, visited_at)
  values
    (p_visitor_id, v_referrer.id, v_referrer.referral_code, left(p_landing_path, 300), p_via, p_ip_address,
     left(p_user_agent, 1000), p_as_of);
  return private.invitation_document(v_referrer);
end;
$$;
comment on function public.record_visit(text, uuid, text, inet, text, timestamptz, uuid, boolean, text) is
  'Validates a link''s code, and records the arrival if the code is usable and the arrival counts. Those of the code''s owner never do.';
revoke all on function public.record_visit(text, uuid, text, inet, text, timestamptz, uuid, boolean, text)
  from public, anon, authenticated, service_role;
grant execute on function public.record_visit(text, uuid, text, inet, text, timestamptz, uuid, boolean, text) to service_role;

create function public.get_my_invitation(p_code text)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.current_customer_id();
begin
  return jsonb_build_object('standing', case
    when v_customer is null then 'prospect'
    when v_customer = (private.find_referrer(p_code)).id then 'own_code'
    when exists (
      select 1
      from public.customer_services as s
      where s.customer_id = v_customer and (s.activated_at is not null or s.status = 'pending')) then 'customer'
    else 'prospect' end);
end;
$$;
comment on function public.get_my_invitation(text) is
  'Caller: what an invitation with this normalised code is to them. own_code: it is theirs; customer: they have or had a service, or wait for one; prospect: it may apply to them.';
revoke all on function public.get_my_invitation(text) from public, anon, authenticated, service_role;
grant execute on function public.get_my_invitation(text) to authenticated;

create function private.refusal_of(
  p_order jsonb, p_customer public.customers, p_referrer public.customers, p_terms public.referral_program,
  p_as_of timestamptz
)
returns text
language plpgsql
set search_path = ''
as $$
begin
  if p_referrer.id is null then
    return 'invalid_code';
  end if;
  if p_terms.is_paused or not private.rewards_are_on()
    or not coalesce((p_order ->> 'referrals_enabled')::boolean, false) then
    return 'program_paused';
  end if;
  if p_referrer.id = p_customer.id
    or p_referrer.email_normalised = p_customer.email_normalised
    or p_referrer.mailbox = p_order ->> 'mailbox'
    or p_referrer.phone = p_order ->> 'phone' then
    return 'self_referral';
  end if;
  if private.is_known_person(p_customer.email_normalised, p_order ->> 'mailbox', p_as_of)
    or private.is_referred(p_customer.email_normalised, p_order ->> 'mailbox') then
    return 'duplicate_referral';
  end if;
  if not private.referrer_is_eligible(p_referrer.id, p_as_of) then
    return 'referrer_not_eligible';
  end if;
  if private.referrals_in_month(p_referrer.id, p_as_of) >= p_terms.monthly_referral_limit then
    return 'rate_limited';
  end if;
  if p_order #>> '{assessment,verdict}' = 'blocked' then
    return p_order #>> '{assessment,reason}';
  end if;
  if (p_order ->> 'assessment_basis')::bigint is distinct from private.referrals_made(p_referrer.id) then
    -- The referrer got another referral meanwhile: the signals that compare referrals have to be judged again.
    perform private.fail(409, 'assessment_stale');
  end if;
  return null;
end;
$$;
comment on function private.refusal_of(
  jsonb, public.customers, public.customers, public.referral_program, timestamptz
) is
  'Why an order''s code is not applied, or null. The assessment was made before the transaction: what two requests could race is decided again here, under the referrer''s lock. Raises assessment_stale.';
revoke all on function private.refusal_of(
  jsonb, public.customers, public.customers, public.referral_program, timestamptz
) from public, anon, authenticated, service_role;

create function private.record_signals(
  p_referral_id uuid, p_referrer_id uuid, p_assessment jsonb, p_alert_email text, p_as_of timestamptz
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  insert into public.referral_flags (referral_id, signal, severity, weight, evidence, subject, status, created_at)
  select p_referral_id, flag ->> 'signal', flag ->> 'severity', (flag ->> 'weight')::integer,
    coalesce(flag -> 'evidence', '{}'), left(flag ->> 'subject', 500),
    case when coalesce((flag ->> 'shadow')::boolean, false) then 'shadow' else 'open' end, p_as_of
  from jsonb_array_elements(coalesce(p_assessment -> 'flags', '[]')) as flag;
  if coalesce((p_assessment ->> 'alert')::boolean, false) then
    perform private.enqueue_mail(
      'suspicious_activity', p_alert_email, null,
      jsonb_build_object(
        'referrer_id', p_referrer_id, 'referral_id', p_referral_id,
        'signals', (select jsonb_agg(f ->> 'signal') from jsonb_array_elements(p_assessment -> 'flags') as f)),
      -- One mail per referrer and day: the list of reviews shows the others.
      'suspicious_activity:' || p_referrer_id || ':' || private.local_date(p_as_of, private.billing_time_zone()),
      p_as_of);
  end if;
end;
$$;
comment on function private.record_signals(uuid, uuid, jsonb, text, timestamptz) is
  'Stores the signals that an assessment found on a referral, open for review or as shadows, and alerts the admins where it says so, once per referrer and day.';
revoke all on function private.record_signals(uuid, uuid, jsonb, text, timestamptz)
  from public, anon, authenticated, service_role;

create function private.record_referral(
  p_order jsonb, p_order_id uuid, p_customer public.customers, p_referrer public.customers,
  p_terms public.referral_program, p_as_of timestamptz
)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
  v_visit public.referral_visits;
begin
  select v.* into v_visit
  from public.referral_visits as v
  where v.visitor_id = (p_order ->> 'visitor_id')::uuid and v.referrer_id = p_referrer.id and v.visited_at <= p_as_of
  order by v.visited_at desc
  limit 1;
  insert into public.customer_referrals
    (referrer_id, referral_code, referred_customer_id, referred_email, referred_mailbox, order_id, program_version,
     activation_due_at, source, via, visited_at, ip_address, user_agent, referred_at)
  values
    (p_referrer.id, p_referrer.referral_code, p_customer.id, p_customer.email, p_order ->> 'mailbox', p_order_id,
     p_terms.version,
     private.local_plus(p_as_of, make_interval(days => p_terms.activation_window_days), private.billing_time_zone()),
     coalesce(p_order ->> 'source', 'typed'), v_visit.via, v_visit.visited_at, (p_order ->> 'ip_address')::inet,
     left(p_order ->> 'user_agent', 1000), p_as_of)
  on conflict do nothing
  returning * into v_referral;
  if v_referral.id is null then
    return null;
  end if;
  perform private.record_signals(
    v_referral.id, p_referrer.id, p_order -> 'assessment', p_order ->> 'alert_email', p_as_of);
  perform private.enqueue_mail(
    'referral_signup', p_referrer.email, p_referrer.id,
    jsonb_build_object(
      'first_name', p_referrer.first_name, 'friend', private.mask_name(p_customer.first_name, p_customer.last_name),
      'qualifying_days', p_terms.qualifying_days, 'activation_window_days', p_terms.activation_window_days,
      'paid_invoices_required', p_terms.paid_invoices_required)
      || private.friend_facts(v_referral, p_as_of),
    'referral_signup:' || v_referral.id, p_as_of);
  return v_referral.id;
end;
$$;
comment on function private.record_referral(
  jsonb, uuid, public.customers, public.customers, public.referral_program, timestamptz
) is
  'Records a friend with the signals of the assessment, and mails the referrer. Returns null where the person is referred already. The caller holds the referrer''s lock.';
revoke all on function private.record_referral(
  jsonb, uuid, public.customers, public.customers, public.referral_program, timestamptz
) from public, anon, authenticated, service_role;

create function private.activate_referral(p_order_id uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
  v_terms public.referral_program;
begin
  select r.* into v_referral
  from public.customer_referrals as r
  where r.order_id = p_order_id and r.status = 'pending'
  for update;
  if v_referral.id is null then
    return;
  end if;
  if p_as_of >= v_referral.activation_due_at then
    perform private.expire_referral(v_referral.id, p_as_of);
    return;
  end if;
  select p.* into strict v_terms from public.referral_program as p where p.version = v_referral.program_version;
  update public.customer_referrals as r
  set status = 'active', activated_at = p_as_of,
    qualifies_at = private.local_plus(
      p_as_of, make_interval(days => v_terms.qualifying_days), private.billing_time_zone())
  where r.id = v_referral.id
  returning * into v_referral;
  perform private.mail_activation(v_referral, p_as_of);
end;
$$;
comment on function private.activate_referral(uuid, timestamptz) is
  'The service of a pending referral became active: its qualifying days begin, or it expires when that came too late. The caller holds the referrer''s lock.';
revoke all on function private.activate_referral(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.mail_activation(p_referral public.customer_referrals, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referrer public.customers;
  v_friend public.customers;
begin
  select c.* into strict v_referrer from public.customers as c where c.id = p_referral.referrer_id;
  select c.* into strict v_friend from public.customers as c where c.id = p_referral.referred_customer_id;
  perform private.enqueue_mail(
    'referral_activated', v_referrer.email, v_referrer.id,
    jsonb_build_object(
      'first_name', v_referrer.first_name,
      'friend', private.mask_name(v_friend.first_name, v_friend.last_name))
      || private.friend_facts(p_referral, p_as_of),
    'referral_activated:' || p_referral.id, p_as_of);
end;
$$;
comment on function private.mail_activation(public.customer_referrals, timestamptz) is
  'Tells the referrer that a friend''s service is active, and when the friend counts.';
revoke all on function private.mail_activation(public.customer_referrals, timestamptz)
  from public, anon, authenticated, service_role;

create function private.tell_of_end(p_referral public.customer_referrals, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.tell_referrer(
    p_referral.referrer_id,
    jsonb_build_object(
      'kind', p_referral.status_reason,
      'referral_id', p_referral.id,
      'friend', (
        select private.mask_name(c.first_name, c.last_name)
        from public.customers as c where c.id = p_referral.referred_customer_id))
      || private.friend_facts(p_referral, p_as_of),
    p_as_of);
end;
$$;
comment on function private.tell_of_end(public.customer_referrals, timestamptz) is
  'Tells the referrer that a referral ended, without the friend''s circumstances.';
revoke all on function private.tell_of_end(public.customer_referrals, timestamptz)
  from public, anon, authenticated, service_role;

create function private.expire_referral(p_referral_id uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  update public.customer_referrals as r
  set status = 'expired', expired_at = p_as_of, status_reason = 'not_activated_in_time'
  where r.id = p_referral_id
  returning * into strict v_referral;
  perform private.tell_of_end(v_referral, p_as_of);
end;
$$;
comment on function private.expire_referral(uuid, timestamptz) is
  'Ends a pending referral whose service was not active in time. The caller holds the referrer''s lock.';
revoke all on function private.expire_referral(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.end_referral(p_referral_id uuid, p_reason text, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  update public.customer_referrals as r
  set status = 'cancelled', cancelled_at = p_as_of, status_reason = p_reason
  where r.id = p_referral_id
  returning * into strict v_referral;
  perform private.tell_of_end(v_referral, p_as_of);
end;
$$;
comment on function private.end_referral(uuid, text, timestamptz) is
  'Ends a live referral that had not counted, with the reason. The caller holds the referrer''s lock.';
revoke all on function private.end_referral(uuid, text, timestamptz) from public, anon, authenticated, service_role;

create function private.grace_ends_at(p_suspended_at timestamptz, p_program_version integer)
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select private.local_plus(
    p_suspended_at, make_interval(days => p.suspension_grace_days), private.billing_time_zone())
  from public.referral_program as p
  where p.version = p_program_version
$$;
comment on function private.grace_ends_at(timestamptz, integer) is
  'Until when a suspension only stops the clock, by the terms of the referral. One that lasts longer ends it.';
revoke all on function private.grace_ends_at(timestamptz, integer) from public, anon, authenticated, service_role;

create function private.is_ready_to_count(p_referral public.customer_referrals, p_as_of timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $$
  select p_referral.status = 'active'
    and p_referral.qualifies_at <= p_as_of
    -- The clock stands still while the service is suspended. On reactivation the day moves.
    and not exists (
      select 1 from public.customer_services as s
      where s.order_id = p_referral.order_id and s.suspended_at < p_referral.qualifies_at)
    and (p.paid_invoices_required = 0
      or private.paid_invoices(p_referral.referred_customer_id, p_as_of) >= p.paid_invoices_required)
  from public.referral_program as p
  where p.version = p_referral.program_version
$$;
comment on function private.is_ready_to_count(public.customer_referrals, timestamptz) is
  'Whether a friend''s days of service are over and enough of their invoices are paid, by the terms of the referral.';
revoke all on function private.is_ready_to_count(public.customer_referrals, timestamptz)
  from public, anon, authenticated, service_role;

create function private.count_if_ready(p_order_id uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.qualify_one(r.id, p_as_of)
  from public.customer_referrals as r
  where r.order_id = p_order_id and r.status = 'active' and private.is_ready_to_count(r, p_as_of);
end;
$$;
comment on function private.count_if_ready(uuid, timestamptz) is
  'Counts the friend of an order who had completed everything before the job ran. The caller holds the referrer''s lock.';
revoke all on function private.count_if_ready(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.resume_referral(p_order_id uuid, p_suspended_at timestamptz, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  select r.* into v_referral
  from public.customer_referrals as r
  where r.order_id = p_order_id and r.status = 'active'
  for update;
  if v_referral.id is null then
    return;
  end if;
  if p_as_of > private.grace_ends_at(p_suspended_at, v_referral.program_version) then
    perform private.end_referral(v_referral.id, 'suspended_too_long', p_as_of);
  elsif v_referral.qualifies_at > p_suspended_at then
    update public.customer_referrals as r
    set qualifies_at = r.qualifies_at + greatest(p_as_of - p_suspended_at, interval '0')
    where r.id = v_referral.id;
  end if;
end;
$$;
comment on function private.resume_referral(uuid, timestamptz, timestamptz) is
  'A suspended service of a friend is active again: the qualifying day moves by the length of the suspension. One that was longer than the grace ends the referral. The caller holds the referrer''s lock.';
revoke all on function private.resume_referral(uuid, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

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
  if private.is_ready_to_count(v_referral, p_as_of) then
    -- Everything was complete before the stop. The job had not run yet.
    perform private.qualify_one(v_referral.id, p_as_of);
  else
    perform private.end_referral(v_referral.id, p_reason, p_as_of);
  end if;
end;
$$;
comment on function private.stop_referral(uuid, text, timestamptz) is
  'A referred order or service stopped: a referral that had not counted ends, with the reason. The caller holds the referrer''s lock.';
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
  where r.id = p_referral_id
  returning * into strict v_referral;
  select c.* into strict v_referrer from public.customers as c where c.id = v_referral.referrer_id;
  select c.* into strict v_friend from public.customers as c where c.id = v_referral.referred_customer_id;
  perform private.enqueue_mail(
    'referral_qualified', v_referrer.email, v_referrer.id,
    jsonb_build_object(
      'first_name', v_referrer.first_name,
      'friend', private.mask_name(v_friend.first_name, v_friend.last_name),
      'paid_invoices_required', (
        select p.paid_invoices_required from public.referral_program as p where p.version = v_referral.program_version)),
    'referral_qualified:' || v_referral.id, p_as_of);
end;
$$;
comment on function private.qualify_one(uuid, timestamptz) is
  'Counts an active referral that is ready. The caller holds the referrer''s lock and has checked private.is_ready_to_count.';
revoke all on function private.qualify_one(uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.qualify_referrals(
  p_as_of timestamptz default now(), p_grant boolean default true, p_after uuid default null, p_limit integer default 200
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
as $$
declare
  v_asked uuid[];
  v_referrers uuid[];
  v_referrer uuid;
  v_referral uuid;
  v_grants boolean := p_grant and private.rewards_are_on();
  v_qualified integer := 0;
  v_granted integer := 0;
begin
  -- A bounded number is looked at per call, however many of them wait for an invoice to be paid.
  select array_agg(candidates.referrer_id order by candidates.referrer_id) into v_asked
  from (
    select r.referrer_id
    from public.customer_referrals as r
    where r.status = 'active' and r.qualifies_at <= p_as_of and (p_after is null or r.referrer_id > p_after)
    union
    -- Friends that were counted while granting was switched off, or whose hold was lifted since.
    select r.referrer_id
    from public.customer_referrals as r
    where v_grants and r.status = 'qualified' and r.reward_id is null
      and (p_after is null or r.referrer_id > p_after)
    order by referrer_id
    limit p_limit
  ) as candidates;

  select array_agg(asked.referrer_id order by asked.referrer_id) into v_referrers
  from unnest(v_asked) as asked (referrer_id)
  where exists (
    select from public.customer_referrals as r
    where r.referrer_id = asked.referrer_id and (
      (r.status = 'active' and r.qualifies_at <= p_as_of and private.is_ready_to_count(r, p_as_of))
      or (v_grants and r.status = 'qualified' and r.reward_id is null)));

  perform private.lock_customers(v_referrers);
  foreach v_referrer in array coalesce(v_referrers, '{}') loop
    for v_referral in
      select r.id
      from public.customer_referrals as r
      join public.customer_services as s on s.order_id = r.order_id
      where r.referrer_id = v_referrer and r.status = 'active' and r.qualifies_at <= p_as_of
        and s.status in ('active', 'suspended') and private.is_ready_to_count(r, p_as_of)
      order by r.qualifies_at, r.id
    loop
      perform private.qualify_one(v_referral, p_as_of);
      v_qualified := v_qualified + 1;
    end loop;
    if v_grants then
      v_granted := v_granted + private.grant_earned_rewards(v_referrer, p_as_of);
    end if;
  end loop;

  return jsonb_build_object(
    'qualified', v_qualified, 'rewards_granted', v_granted,
    'next_after', case when cardinality(v_asked) = p_limit then v_asked[p_limit] end);
end;
$$;
comment on function public.qualify_referrals(timestamptz, boolean, uuid, integer) is
  'Server: counts friends whose days are over and whose invoices are paid, and grants rewards, for those of the p_limit next referrers after p_after whose friends are ready. p_grant false counts without granting.';
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
    'reward_id', p_referral.reward_id,
    'order_status', (select o.status from public.orders as o where o.id = p_referral.order_id),
    'terms_version', p_referral.program_version,
    'terms', jsonb_build_object(
      'referrals_required', t.referrals_required, 'qualifying_days', t.qualifying_days,
      'paid_invoices_required', t.paid_invoices_required, 'suspension_grace_days', t.suspension_grace_days),
    'suspended_at', case when p_referral.status = 'active' then s.suspended_at end,
    'grace_ends_at', case when p_referral.status = 'active' and s.suspended_at is not null then
      private.grace_ends_at(s.suspended_at, p_referral.program_version) end,
    'paid_invoices', case p_referral.status
      when 'active' then private.paid_invoices(p_referral.referred_customer_id, now())
      else 0 end,
    'unpaid_due_on', case when p_referral.status = 'active' then (
      select min(i.due_on) from private.open_invoices as i where i.customer_id = p_referral.referred_customer_id) end
  )
  from public.customers as c
  join public.referral_program as t on t.version = p_referral.program_version
  left join public.customer_services as s on s.order_id = p_referral.order_id
  where c.id = p_referral.referred_customer_id
$$;
comment on function private.friend_document(public.customer_referrals) is
  'A friend as the referrer may see them: first name, initial, masked address, dates, the terms frozen onto the referral, and what it waits for.';
revoke all on function private.friend_document(public.customer_referrals)
  from public, anon, authenticated, service_role;

create function private.friend_facts(p_referral public.customer_referrals, p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'facts', private.friend_document(p_referral) - array['id', 'referred_name', 'referred_email', 'terms_version'],
    'as_of', p_as_of)
$$;
comment on function private.friend_facts(public.customer_referrals, timestamptz) is
  'What a mail needs to say where a friend stands at p_as_of, in the words of the dashboard. The name is a field of its own in the mail.';
revoke all on function private.friend_facts(public.customer_referrals, timestamptz)
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

create function private.open_friends(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(private.friend_document(open.r) order by (open.r).referred_at, (open.r).id), '[]')
  from (
    select r
    from public.customer_referrals as r
    where r.referrer_id = p_customer_id
      and (r.status in ('pending', 'active') or (r.status = 'qualified' and r.reward_id is null))
    order by r.referred_at, r.id
    limit 200
  ) as open
$$;
comment on function private.open_friends(uuid) is
  'The friends who can still feed a free month: under way, or counted and unused. The oldest 200.';
revoke all on function private.open_friends(uuid) from public, anon, authenticated, service_role;

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
    'open_friends', private.open_friends(v_customer),
    'terms', private.public_terms(),
    'time_zone', private.billing_time_zone()
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
    || jsonb_build_object(
      'stats', private.referral_stats(v_customer), 'time_zone', private.billing_time_zone());
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
      'id', a.id, 'name', a.full_name, 'email', a.email, 'referral_code', a.referral_code),
    'referred', jsonb_build_object(
      'id', b.id, 'name', b.full_name, 'email', b.email),
    'order_id', p_referral.order_id, 'status', p_referral.status, 'status_reason', p_referral.status_reason,
    'source', p_referral.source, 'referral_code', p_referral.referral_code, 'program_version', p_referral.program_version,
    'referred_at', p_referral.referred_at, 'activated_at', p_referral.activated_at,
    'qualifies_at', p_referral.qualifies_at, 'qualified_at', p_referral.qualified_at,
    'activation_due_at', p_referral.activation_due_at,
    'expired_at', p_referral.expired_at, 'cancelled_at', p_referral.cancelled_at, 'rejected_at', p_referral.rejected_at,
    'reward_id', p_referral.reward_id,
    'flags', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', f.id, 'signal', f.signal, 'severity', f.severity, 'weight', f.weight, 'status', f.status
      ) order by f.severity desc, f.weight desc, f.signal)
      from public.referral_flags as f where f.referral_id = p_referral.id and f.status <> 'shadow'), '[]')
  )
  from public.customers as a, public.customers as b
  where a.id = p_referral.referrer_id and b.id = p_referral.referred_customer_id
$$;
comment on function private.admin_referral_document(public.customer_referrals) is 'A referral with both parties and its flags, as admins see it.';
revoke all on function private.admin_referral_document(public.customer_referrals)
  from public, anon, authenticated, service_role;

create function private.explainable_referral(p_referral public.customer_referrals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.admin_referral_document(p_referral) || jsonb_build_object('facts', private.friend_document(p_referral))
$$;
comment on function private.explainable_referral(public.customer_referrals) is
  'A referral as admins see it, and the facts from which the answer to "why not yet?" follows.';
revoke all on function private.explainable_referral(public.customer_referrals) from public, anon, authenticated, service_role;

create function public.admin_list_referrals(
  p_status text default null, p_flagged boolean default null, p_q text default null,
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25,
  p_with_facts boolean default false, p_from date default null, p_to date default null
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
  v_zone text := private.billing_time_zone();
  v_from timestamptz := private.start_of_day(p_from, v_zone);
  v_until timestamptz := private.start_of_day(p_to + 1, v_zone);
  v_found uuid[];
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  if v_q is not null then
    v_found := array(select private.search_customers(v_q));
  end if;
  select coalesce(jsonb_agg(
    case when p_with_facts then private.explainable_referral(page.r) else private.admin_referral_document(page.r) end
    order by (page.r).referred_at desc, (page.r).id desc), '[]')
  into v_rows
  from (
    select r
    from public.customer_referrals as r
    where (p_status is null or r.status = p_status)
      and (p_flagged is null or p_flagged = exists (
        select 1 from public.referral_flags as f where f.referral_id = r.id and f.status = 'open'))
      and (v_q is null or r.referrer_id = any (v_found) or r.referred_customer_id = any (v_found))
      and (v_from is null or r.referred_at >= v_from) and (v_until is null or r.referred_at < v_until)
      and (p_cursor_at is null or (r.referred_at, r.id) < (p_cursor_at, p_cursor_id))
    order by r.referred_at desc, r.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('referrals', v_rows, v_limit, 'referred_at')
    || jsonb_build_object('time_zone', private.billing_time_zone());
end;
$$;
comment on function public.admin_list_referrals(text, boolean, text, timestamptz, uuid, integer, boolean, date, date) is
  'Admin with customers:view: all referrals, newest first, filtered by status, open flags and the local days p_from to p_to of the order, searched and keyset-paged; with the facts that say why each has not counted yet, or without.';
revoke all on function public.admin_list_referrals(text, boolean, text, timestamptz, uuid, integer, boolean, date, date)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_referrals(text, boolean, text, timestamptz, uuid, integer, boolean, date, date) to authenticated;

-- schemas/100_fraud.sql
-- Fraud: the evidence that the rules judge, and the flags that they raise. The review is in 107_review.sql.

create table public.referral_flags (
  id uuid primary key default gen_random_uuid(),
  referral_id uuid not null references public.customer_referrals (id),
  signal text not null check (signal in (
    'same_address_as_referrer', 'same_address_as_referral', 'same_phone_as_referral', 'known_phone', 'known_address',
    'referral_ring', 'returned_after_erasure', 'address_recently_served', 'velocity', 'email_sequence', 'phone_sequence',
    'near_address_as_referrer', 'near_address_as_referral', 'similar_email', 'shared_domain', 'steady_pace',
    'disposable_email', 'shared_ip', 'same_device', 'fast_order'
  )),
  severity text not null check (severity in ('flag', 'hold')),
  weight integer not null default 0 check (weight between 0 and 100),
  evidence jsonb not null default '{}' check (jsonb_typeof(evidence) = 'object'),
  subject text check (length(subject) <= 500),
  status text not null default 'open' check (status in ('open', 'cleared', 'rejected', 'shadow')),
  decided_by uuid,
  decided_at timestamptz,
  decision_reason text,
  created_at timestamptz not null default now(),
  unique (referral_id, signal),
  check ((status in ('open', 'shadow')) = (decided_at is null))
);
comment on table public.referral_flags is
  'Fraud signals on a referral. An open hold keeps the referral from feeding a reward until it is reviewed. A shadow flag is recorded only.';
comment on column public.referral_flags.subject is
  'What matched (a place, a phone, a network). Once a reviewer cleared it for a referrer, it is not flagged again for the same referrer.';

create index referral_flags_open on public.referral_flags (created_at, referral_id) where status = 'open';
create index referral_flags_decided on public.referral_flags (decided_at) where decided_at is not null;

alter table public.referral_flags enable row level security;
revoke all on table public.referral_flags from public, anon, authenticated, service_role;
grant select on table public.referral_flags to service_role;
grant select on table public.referral_flags to authenticated;
create policy referral_flags_select on public.referral_flags
  for select to authenticated
  using ((select public.has_permission('referrals:review')));

create table public.fraud_settings (
  version integer primary key check (version > 0),
  settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
  reason text not null check (length(btrim(reason)) between 3 and 500),
  created_by uuid,
  created_at timestamptz not null default now()
);
comment on table public.fraud_settings is
  'Versions of the fraud settings: what differs from the defaults of lib/fraud/fraud-settings.ts. The highest version is in force.';

create trigger fraud_settings_append_only
  before update or delete on public.fraud_settings
  for each row execute function private.refuse_change();
create trigger fraud_settings_no_truncate
  before truncate on public.fraud_settings
  for each statement execute function private.refuse_change();

alter table public.fraud_settings enable row level security;
revoke all on table public.fraud_settings from public, anon, authenticated, service_role;
grant select on table public.fraud_settings to service_role;

insert into public.fraud_settings (version, reason) values (1, 'Defaults of the fraud rules');

create function private.current_fraud_settings()
returns public.fraud_settings
language sql
stable
set search_path = ''
as $$
  select s from public.fraud_settings as s order by s.version desc limit 1
$$;
comment on function private.current_fraud_settings() is 'The fraud settings in force.';
revoke all on function private.current_fraud_settings() from public, anon, authenticated, service_role;

create table public.referral_assessments (
  order_id uuid primary key references public.orders (id),
  referrer_id uuid not null references public.customers (id),
  settings_version integer not null references public.fraud_settings (version),
  evidence jsonb not null check (jsonb_typeof(evidence) = 'object'),
  created_at timestamptz not null default now()
);
comment on table public.referral_assessments is
  'The evidence from which the verdict on an order''s code was made. Kept for 90 days, to see what other settings would have decided.';

create index referral_assessments_referrer on public.referral_assessments (referrer_id);
create index referral_assessments_settings on public.referral_assessments (settings_version);
create index referral_assessments_created on public.referral_assessments (created_at);

alter table public.referral_assessments enable row level security;
revoke all on table public.referral_assessments from public, anon, authenticated, service_role;
grant select on table public.referral_assessments to service_role;

create function private.keep_assessment(p_order jsonb, p_order_id uuid, p_referrer_id uuid, p_as_of timestamptz)
returns void
language sql
set search_path = ''
as $$
  insert into public.referral_assessments (order_id, referrer_id, settings_version, evidence, created_at)
  select p_order_id, p_referrer_id, (judged ->> 'settings_version')::integer, judged -> 'evidence', p_as_of
  from (select p_order -> 'judged' as judged) as given
  where jsonb_typeof(judged -> 'evidence') = 'object' and p_referrer_id is not null
$$;
comment on function private.keep_assessment(jsonb, uuid, uuid, timestamptz) is
  'Keeps the evidence of an order that was judged.';
revoke all on function private.keep_assessment(jsonb, uuid, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.fraud_window(p_order jsonb, p_name text)
returns interval
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_window interval := (p_order #>> array['windows', p_name])::interval;
begin
  if v_window is null then
    perform private.fail(400, 'invalid_request', 'windows.' || p_name);
  end if;
  return v_window;
end;
$$;
comment on function private.fraud_window(jsonb, text) is
  'How far back a fraud rule looks, as the server states it with the order (lib/fraud/fraud-signals.ts). Raises invalid_request where it is missing.';
revoke all on function private.fraud_window(jsonb, text) from public, anon, authenticated, service_role;

create function private.near_keys(p_order jsonb)
returns text[]
language sql
immutable
set search_path = ''
as $$
  select array(select jsonb_array_elements_text(coalesce(p_order -> 'address_near_keys', '[]')))
$$;
comment on function private.near_keys(jsonb) is 'The coarse keys of an order''s address, as the server computed them.';
revoke all on function private.near_keys(jsonb) from public, anon, authenticated, service_role;

create function private.comparable_address(p_address jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select case when p_address ? 'line1' and p_address ? 'postal_code' then p_address end
$$;
comment on function private.comparable_address(jsonb) is 'An address that the rules can compare; null for one that was erased or is incomplete.';
revoke all on function private.comparable_address(jsonb) from public, anon, authenticated, service_role;

-- These are plpgsql, and the functions that call them ask for generic plans, so that a connection keeps their plans: to
-- make a plan anew for each order takes ten times as long as to read.
create function private.place_of(p_customer public.customers)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.comparable_address(coalesce((
    select o.installation_address from public.orders as o
    where o.customer_id = p_customer.id and o.address_key = p_customer.address_key
    order by o.created_at, o.id
    limit 1), p_customer.address));
end;
$$;
comment on function private.place_of(public.customers) is
  'The address of the place that address_key names: where they first ordered. Their billing address may have changed since, which no rule is evaded by. Null when it cannot be compared.';
revoke all on function private.place_of(public.customers) from public, anon, authenticated, service_role;

create function private.referrer_evidence(p_referrer public.customers, p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'customer_id', p_referrer.id,
      'email_normalised', p_referrer.email_normalised,
      'phone', p_referrer.phone,
      'address', private.place_of(p_referrer),
      'address_key', p_referrer.address_key,
      'has_active_service', private.has_active_service(p_referrer.id),
      'has_stopped_service', exists (
        select 1 from public.customer_services as s
        where s.customer_id = p_referrer.id and s.status in ('suspended', 'cancelled')),
      'overdue_invoices', private.has_overdue_invoice(p_referrer.id, p_as_of)::integer,
      'ip_addresses', coalesce((
        select jsonb_agg(distinct host(o.ip_address))
        from public.orders as o
        where o.customer_id = p_referrer.id and o.ip_address is not null), '[]')));
end;
$$;
comment on function private.referrer_evidence(public.customers, timestamptz) is
  'What the fraud rules need of a referrer: identity, whether they may refer, and where their orders came from.';
revoke all on function private.referrer_evidence(public.customers, timestamptz)
  from public, anon, authenticated, service_role;

create function private.referred_evidence(p_order jsonb, p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'email', p_order ->> 'email',
      'email_normalised', e.normalised,
      'phone', p_order ->> 'phone',
      'address', private.comparable_address(p_order -> 'address'),
      'address_key', p_order ->> 'address_key',
      'is_customer', private.is_known_person(
        e.normalised, p_order ->> 'mailbox', p_as_of, (p_order ->> 'order_id')::uuid),
      'was_referred', private.is_referred(e.normalised, p_order ->> 'mailbox'),
      -- host() writes an IPv6 address in one way, so that two spellings of it compare as equal.
      'ip_address', host((p_order ->> 'ip_address')::inet),
      'user_agent', p_order ->> 'user_agent')
    from private.normalise_email(p_order ->> 'email') as e (normalised));
end;
$$;
comment on function private.referred_evidence(jsonb, timestamptz) is 'What the fraud rules need of the person who orders.';
revoke all on function private.referred_evidence(jsonb, timestamptz) from public, anon, authenticated, service_role;

create function private.matching_referrals(p_order jsonb, p_referrer_id uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'same_address_referral_ids', coalesce((
        select jsonb_agg(r.id)
        from public.customer_referrals as r join public.orders as o on o.id = r.order_id
        where r.referrer_id = p_referrer_id and o.address_key = nullif(p_order ->> 'address_key', '')
          and r.referred_email_normalised <> person.normalised
          and coalesce(r.referred_mailbox <> person.mailbox, true)), '[]'),
      'same_phone_referral_ids', coalesce((
        select jsonb_agg(r.id)
        from public.customer_referrals as r join public.customers as c on c.id = r.referred_customer_id
        where r.referrer_id = p_referrer_id and c.phone = p_order ->> 'phone'
          and r.referred_email_normalised <> person.normalised
          and coalesce(r.referred_mailbox <> person.mailbox, true)), '[]'),
      'same_ip_referral_ids', coalesce((
        select jsonb_agg(r.id)
        from public.customer_referrals as r
        where r.referrer_id = p_referrer_id and r.ip_address = (p_order ->> 'ip_address')::inet
          and r.referred_at > p_as_of - private.fraud_window(p_order, 'shared_ip')
          and r.referred_email_normalised <> person.normalised
          and coalesce(r.referred_mailbox <> person.mailbox, true)), '[]'),
      'same_device_referral_ids', coalesce((
        select jsonb_agg(near.id)
        from (
          select r.id
          from public.customer_referrals as r
          where r.user_agent = p_order ->> 'user_agent'
            -- A device changes its IPv6 address within its first 64 bits.
            and r.ip_address >= network(set_masklen(device.ip, device.bits))
            and r.ip_address <= set_masklen(broadcast(set_masklen(device.ip, device.bits)), device.full_bits)
            and r.referred_at > p_as_of - private.fraud_window(p_order, 'same_device')
            and r.referred_email_normalised <> person.normalised
          and coalesce(r.referred_mailbox <> person.mailbox, true)
          order by r.referred_at desc
          limit 20
        ) as near), '[]'))
    from (select private.normalise_email(p_order ->> 'email') as normalised, p_order ->> 'mailbox' as mailbox
        -- Computed once, not for every row.
        offset 0) as person
    cross join lateral (
      select ip, case family(ip) when 6 then 64 else 32 end as bits, case family(ip) when 6 then 128 else 32 end as full_bits
      from (select (p_order ->> 'ip_address')::inet as ip) as given
    ) as device);
end;
$$;
comment on function private.matching_referrals(jsonb, uuid, timestamptz) is
  'Referrals of other people that match an order: of the same referrer by address, phone and connection; of anyone by device.';
revoke all on function private.matching_referrals(jsonb, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.friends_evidence(p_order jsonb, p_referrer_id uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'referral_id', f.id, 'email', f.referred_email, 'phone', c.phone,
      'address', private.comparable_address(o.installation_address),
      'ip_address', host(f.ip_address), 'referred_at', f.referred_at) order by f.referred_at desc, f.id), '[]')
    from (
      select r.id, r.referred_email, r.referred_customer_id, r.order_id, r.ip_address, r.referred_at
      from public.customer_referrals as r
      cross join (
        select private.normalise_email(p_order ->> 'email') as normalised, p_order ->> 'mailbox' as mailbox
        -- Computed once, not for every row.
        offset 0) as person
      where r.referrer_id = p_referrer_id
        and r.referred_at > p_as_of - private.fraud_window(p_order, 'gathered')
        and r.referred_email_normalised <> person.normalised
          and coalesce(r.referred_mailbox <> person.mailbox, true)
      order by r.referred_at desc, r.id
      limit 200
    ) as f
    join public.customers as c on c.id = f.referred_customer_id
    join public.orders as o on o.id = f.order_id);
end;
$$;
comment on function private.friends_evidence(jsonb, uuid, timestamptz) is
  'Other friends of the referrer within the window, newest first, 200 at most.';
revoke all on function private.friends_evidence(jsonb, uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.elsewhere_evidence(p_order jsonb, p_referrer_id uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    with person as (
      select e.normalised as email_normalised, p_order ->> 'mailbox' as mailbox
      from private.normalise_email(p_order ->> 'email') as e (normalised)
    ), same_phone as (
      select c.id
      from public.customers as c, person as p
      where c.phone = nullif(p_order ->> 'phone', '') and c.id <> p_referrer_id
        and c.email_normalised is distinct from p.email_normalised
        and not coalesce(c.mailbox = p.mailbox, false)
      order by c.created_at desc
      limit 50
    ), near as materialized (
      select o.id, o.installation_address, o.address_key, o.created_at
      from public.orders as o
      where o.address_near_keys && private.near_keys(p_order)
      -- Where one house number of a code has very many orders, the same key comes first.
      order by (o.address_key = p_order ->> 'address_key') desc, o.created_at desc
      limit 300
    )
    select jsonb_build_object(
      'phone_customer_ids', coalesce((
        select jsonb_agg(s.id) from same_phone as s
        where not exists (select 1 from public.customer_referrals as r where r.referred_customer_id = s.id)), '[]'),
      'phone_referral_ids', coalesce((
        select jsonb_agg(r.id)
        from same_phone as s join public.customer_referrals as r on r.referred_customer_id = s.id
        where r.referrer_id <> p_referrer_id), '[]'),
      'addresses', coalesce((
        select jsonb_agg(jsonb_build_object(
          'referral_id', r.id, 'referred_at', r.referred_at,
          'address', private.comparable_address(n.installation_address)))
        from near as n join public.customer_referrals as r on r.order_id = n.id, person as p
        where r.referrer_id <> p_referrer_id
          and r.referred_at > p_as_of - private.fraud_window(p_order, 'gathered')
          and r.referred_email_normalised <> p.email_normalised and coalesce(r.referred_mailbox <> p.mailbox, true)), '[]'),
      'served', coalesce((
        select jsonb_agg(jsonb_build_object(
          'address', private.comparable_address(n.installation_address),
          'served_until', coalesce(s.cancelled_at, p_as_of)))
        from near as n join public.customer_services as s on s.order_id = n.id
        where s.activated_at < p_as_of and n.id is distinct from (p_order ->> 'order_id')::uuid
          and coalesce(s.cancelled_at, p_as_of) > p_as_of - private.fraud_window(p_order, 'gathered')), '[]')));
end;
$$;
comment on function private.elsewhere_evidence(jsonb, uuid, timestamptz) is
  'Persons beyond the referrer: customers and friends of other referrers with the same phone, and places with a coarse key of the order''s address that were referred or served within the window.';
revoke all on function private.elsewhere_evidence(jsonb, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.chain_evidence(p_referrer_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    with recursive above (customer_id, steps, seen) as (
      select p_referrer_id, 0, array[p_referrer_id]
      union all
      select r.referrer_id, a.steps + 1, a.seen || r.referrer_id
      from above as a
      join public.customer_referrals as r
        on r.referred_customer_id = a.customer_id and r.status in ('pending', 'active', 'qualified')
      where a.steps < 5 and r.referrer_id <> all (a.seen)
    )
    select coalesce(jsonb_agg(jsonb_build_object(
      'customer_id', c.id, 'email_normalised', c.email_normalised, 'phone', c.phone,
      'address', private.place_of(c)) order by a.steps), '[]')
    from above as a join public.customers as c on c.id = a.customer_id
    where a.steps > 0 and c.erased_at is null);
end;
$$;
comment on function private.chain_evidence(uuid) is
  'Who referred the referrer, who referred that person, and so on, nearest first, five at most.';
revoke all on function private.chain_evidence(uuid) from public, anon, authenticated, service_role;

create function private.returned_evidence(p_order jsonb)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(distinct e.kind), '[]')
    from (
      values ('email', private.normalise_email(p_order ->> 'email')), ('email', p_order ->> 'mailbox'),
        ('phone', p_order ->> 'phone'), ('address', nullif(p_order ->> 'address_key', ''))
    ) as given (kind, value)
    join private.erased_identities as e
      on e.kind = given.kind and e.hash = private.identity_hash(given.kind, given.value));
end;
$$;
comment on function private.returned_evidence(jsonb) is
  'What of the person is known, as a keyed hash, from a customer whose data was erased.';
revoke all on function private.returned_evidence(jsonb) from public, anon, authenticated, service_role;

create function private.cleared_evidence(p_referrer_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(distinct jsonb_build_object('signal', f.signal, 'subject', f.subject)), '[]')
    from public.customer_referrals as r
    join public.referral_flags as f on f.referral_id = r.id
    where r.referrer_id = p_referrer_id and f.status = 'cleared' and f.subject is not null);
end;
$$;
comment on function private.cleared_evidence(uuid) is
  'What reviewers looked at and cleared for a referrer: the same signal about the same subject is not raised again.';
revoke all on function private.cleared_evidence(uuid) from public, anon, authenticated, service_role;

create function private.order_evidence(p_order jsonb, p_referrer public.customers, p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return (
    select jsonb_build_object(
      'referrer', private.referrer_evidence(p_referrer, p_as_of),
      'referred', private.referred_evidence(p_order, p_as_of),
      'counts', jsonb_build_object(
        'this_month', private.referrals_in_month(p_referrer.id, p_as_of),
        -- No upper bound: when friends order at the same time, one that was recorded first may have a later clock than the
        -- one that is judged now.
        'last_24h', (
          select count(*) from public.customer_referrals as r
          where r.referrer_id = p_referrer.id and r.referred_at > p_as_of - private.fraud_window(p_order, 'velocity')),
        'total', private.referrals_made(p_referrer.id)),
      'matches', private.matching_referrals(p_order, p_referrer.id, p_as_of),
      'friends', private.friends_evidence(p_order, p_referrer.id, p_as_of),
      'elsewhere', private.elsewhere_evidence(p_order, p_referrer.id, p_as_of),
      'returned', private.returned_evidence(p_order),
      'chain', private.chain_evidence(p_referrer.id),
      'cleared', private.cleared_evidence(p_referrer.id),
      'visit', jsonb_build_object('visited_at', (
        select max(v.visited_at)
        from public.referral_visits as v
        where v.visitor_id = (p_order ->> 'visitor_id')::uuid and v.referrer_id = p_referrer.id)),
      'ordered_at', p_as_of));
end;
$$;
comment on function private.order_evidence(jsonb, public.customers, timestamptz) is
  'Everything that the fraud rules need to judge an order with a referrer''s code.';
revoke all on function private.order_evidence(jsonb, public.customers, timestamptz)
  from public, anon, authenticated, service_role;

create function public.prepare_order(p_order jsonb, p_as_of timestamptz default now())
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_key public.idempotency_keys;
  v_package public.service_packages := private.package_on_sale(p_order ->> 'package_slug');
  v_referrer public.customers := private.find_referrer(p_order ->> 'referral_code');
begin
  select k.* into v_key
  from public.idempotency_keys as k
  where k.scope = 'order' and k.key = p_order ->> 'idempotency_key';
  return jsonb_build_object(
    'replay', case when v_key.key is not null then jsonb_build_object(
      'request_hash', v_key.request_hash, 'response', v_key.response) end,
    'package', case when v_package.id is not null then jsonb_build_object(
      'id', v_package.id, 'slug', v_package.slug, 'name', v_package.name) end,
    'terms', to_jsonb(private.current_terms()) - array['reason', 'created_by', 'created_at'],
    'fraud_settings', to_jsonb(private.current_fraud_settings()),
    'referrer_found', v_referrer.id is not null,
    'evidence', case when v_referrer.id is not null then private.order_evidence(p_order, v_referrer, p_as_of) end
  );
end;
$$;
comment on function public.prepare_order(jsonb, timestamptz) is
  'Server: everything that the fraud rules need to judge an order''s code, the package and an earlier answer to the same key, in one read.';
revoke all on function public.prepare_order(jsonb, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.prepare_order(jsonb, timestamptz) to service_role;


create function public.save_fraud_settings(
  p_actor uuid, p_settings jsonb, p_reason text, p_expected_version integer, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_old public.fraud_settings;
begin
  perform private.require_permission_of(p_actor, 'program:manage');
  perform pg_advisory_xact_lock(hashtextextended('fraud_settings', 0));
  v_old := private.current_fraud_settings();
  if p_expected_version is distinct from v_old.version then
    perform private.fail(409, 'version_conflict');
  end if;
  insert into public.fraud_settings (version, settings, reason, created_by, created_at)
  values (v_old.version + 1, p_settings, v_reason, p_actor, p_as_of);
  perform private.write_audit(
    p_actor, 'fraud_settings.updated', 'fraud_settings', (v_old.version + 1)::text, null, v_reason,
    v_old.settings, p_settings, p_as_of);
  return to_jsonb(private.current_fraud_settings());
end;
$$;
comment on function public.save_fraud_settings(uuid, jsonb, text, integer, timestamptz) is
  'Server, for an admin with program:manage: makes a new version of the fraud settings, which the server has checked. Raises version_conflict if another version was made meanwhile.';
revoke all on function public.save_fraud_settings(uuid, jsonb, text, integer, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.save_fraud_settings(uuid, jsonb, text, integer, timestamptz) to service_role;

create function public.get_fraud_settings(p_actor uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission_of(p_actor, 'program:manage');
  return jsonb_build_object(
    'current', to_jsonb(private.current_fraud_settings()),
    'versions', (
      select jsonb_agg(jsonb_build_object(
        'version', s.version, 'reason', s.reason, 'created_at', s.created_at,
        'created_by_name', private.admin_name(s.created_by)) order by s.version desc)
      from (select v.* from public.fraud_settings as v order by v.version desc limit 20) as s));
end;
$$;
comment on function public.get_fraud_settings(uuid) is
  'Server, for an admin with program:manage: the fraud settings in force and the newest versions.';
revoke all on function public.get_fraud_settings(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_fraud_settings(uuid) to service_role;

create function public.list_assessments(
  p_actor uuid, p_since timestamptz, p_after uuid default null, p_limit integer default 500
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission_of(p_actor, 'program:manage');
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'order_id', a.order_id, 'evidence', a.evidence,
      'terms', to_jsonb(t) - array['reason', 'created_by', 'created_at'],
      'decision', (
        select d.decision from public.review_decisions as d
        where d.referral_id = r.id and d.undone_at is null order by d.decided_at desc limit 1),
      'is_recorded', r.id is not null, 'monthly_price_cents', s.monthly_price_cents,
      'referrals_required', t.referrals_required) order by a.order_id), '[]')
    from (
      select x.* from public.referral_assessments as x
      where x.created_at >= p_since and (p_after is null or x.order_id > p_after)
      order by x.order_id
      limit least(greatest(p_limit, 1), 1000)
    ) as a
    left join public.customer_referrals as r on r.order_id = a.order_id
    join public.referral_program as t on t.version = coalesce(r.program_version, (private.current_terms()).version)
    join public.customer_services as s on s.order_id = a.order_id);
end;
$$;
comment on function public.list_assessments(uuid, timestamptz, uuid, integer) is
  'Server, for an admin with program:manage: stored evidence with what became of each referral, by order id. Prices in cents.';
revoke all on function public.list_assessments(uuid, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.list_assessments(uuid, timestamptz, uuid, integer) to service_role;

-- schemas/105_second_chances.sql
-- Second chances: a forgotten code, a late installation, a referral that ended too early. An admin decides each with a
-- reason, and both sides are told. A customer can claim a forgotten code, and the referrer confirms it.

create table public.referral_claims (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id),
  referrer_id uuid not null references public.customers (id),
  referral_code text not null check (length(referral_code) <= 64),
  status text not null default 'open' check (status in ('open', 'confirmed', 'declined', 'accepted', 'rejected')),
  created_at timestamptz not null default now(),
  answered_at timestamptz,
  decided_by uuid,
  decided_at timestamptz,
  decision_reason text check (length(decision_reason) between 3 and 500),
  referral_id uuid references public.customer_referrals (id),
  check (customer_id <> referrer_id),
  check ((status in ('accepted', 'rejected')) = (decided_at is not null)),
  check ((status = 'accepted') = (referral_id is not null))
);
comment on table public.referral_claims is
  'Customers who say that somebody invited them and that the code was forgotten. The referrer confirms, an admin decides.';

create unique index referral_claims_one_undecided on public.referral_claims (customer_id)
  where status in ('open', 'confirmed');
create index referral_claims_customer on public.referral_claims (customer_id, created_at desc);
create index referral_claims_referrer on public.referral_claims (referrer_id, created_at desc);
create index referral_claims_referral on public.referral_claims (referral_id) where referral_id is not null;
create index referral_claims_listed on public.referral_claims (created_at desc, id desc);

alter table public.referral_claims enable row level security;
revoke all on table public.referral_claims from public, anon, authenticated, service_role;
grant select on table public.referral_claims to service_role;
grant select on table public.referral_claims to authenticated;
create policy referral_claims_select on public.referral_claims
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create function private.first_order(p_customer_id uuid)
returns public.orders
language sql
stable
set search_path = ''
as $$
  select o
  from public.orders as o
  where o.customer_id = p_customer_id and o.status <> 'cancelled'
  order by o.created_at, o.id
  limit 1
$$;
comment on function private.first_order(uuid) is
  'The first order of a customer that was not cancelled: the one by which a forgotten code is judged.';
revoke all on function private.first_order(uuid) from public, anon, authenticated, service_role;

create function private.claim_window_ends_at(p_order public.orders)
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select private.local_plus(
    p_order.created_at,
    make_interval(days => (private.terms_at(p_order.created_at)).activation_window_days),
    private.billing_time_zone())
$$;
comment on function private.claim_window_ends_at(public.orders) is
  'Until when a forgotten code can be attached to an order: the activation window of the terms in force when it was placed.';
revoke all on function private.claim_window_ends_at(public.orders) from public, anon, authenticated, service_role;

create function private.order_as_placed(p_order public.orders, p_code text, p_windows jsonb)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'order_id', p_order.id, 'email', c.email, 'mailbox', c.mailbox, 'phone', c.phone,
    'address', p_order.installation_address, 'address_key', p_order.address_key,
    'address_near_keys', to_jsonb(p_order.address_near_keys),
    'ip_address', host(p_order.ip_address), 'user_agent', p_order.user_agent, 'referral_code', p_code,
    'windows', p_windows)
  from public.customers as c
  where c.id = p_order.customer_id
$$;
comment on function private.order_as_placed(public.orders, text, jsonb) is
  'An order as the fraud rules read it, as if it had been placed with the code.';
revoke all on function private.order_as_placed(public.orders, text, jsonb)
  from public, anon, authenticated, service_role;

create function private.evidence_then(
  p_order public.orders, p_code text, p_windows jsonb, p_referrer public.customers
)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select evidence
    || jsonb_build_object(
      'referrer', evidence -> 'referrer'
        || jsonb_build_object('has_active_service', private.was_served(p_referrer.id, p_order.created_at)),
      'counts', evidence -> 'counts'
        || jsonb_build_object('last_24h', (
          select count(*) from public.customer_referrals as r
          where r.referrer_id = p_referrer.id and r.referred_at <= p_order.created_at
            and r.referred_at > p_order.created_at - private.fraud_window(placed, 'velocity'))))
  from private.order_as_placed(p_order, p_code, p_windows) as placed,
    private.order_evidence(placed, p_referrer, p_order.created_at) as evidence
$$;
comment on function private.evidence_then(public.orders, text, jsonb, public.customers) is
  'What the fraud rules need to judge an order that was placed without the code, as of the moment when it was placed.';
revoke all on function private.evidence_then(public.orders, text, jsonb, public.customers)
  from public, anon, authenticated, service_role;

create function public.prepare_attachment(
  p_actor uuid, p_customer_id uuid, p_code text, p_windows jsonb, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_order public.orders := private.first_order(p_customer_id);
  v_referrer public.customers := private.find_referrer(p_code);
begin
  perform private.require_permission_of(p_actor, 'orders:manage');
  return jsonb_build_object(
    'terms', to_jsonb(private.terms_at(coalesce(v_order.created_at, p_as_of))) - array['reason', 'created_by', 'created_at'],
    'fraud_settings', to_jsonb(private.current_fraud_settings()),
    'evidence', case when v_order.id is not null and v_referrer.id is not null then
      private.evidence_then(v_order, p_code, p_windows, v_referrer) end);
end;
$$;
comment on function public.prepare_attachment(uuid, uuid, text, jsonb, timestamptz) is
  'Server, for an admin with orders:manage: what the fraud rules need to judge a forgotten code, as of the customer''s first order.';
revoke all on function public.prepare_attachment(uuid, uuid, text, jsonb, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.prepare_attachment(uuid, uuid, text, jsonb, timestamptz) to service_role;

create function private.refuse_late_code(
  p_order public.orders, p_customer public.customers, p_referrer public.customers, p_terms public.referral_program
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if private.is_same_person(p_customer, p_referrer) then
    perform private.fail(409, 'self_referral');
  end if;
  if private.is_known_person(p_customer.email_normalised, p_customer.mailbox, p_order.created_at, p_order.id)
    or private.is_referred(p_customer.email_normalised, p_customer.mailbox) then
    perform private.fail(409, 'duplicate_referral');
  end if;
  if not private.was_served(p_referrer.id, p_order.created_at)
    or private.has_overdue_invoice(p_referrer.id, p_order.created_at) then
    perform private.fail(409, 'referrer_not_eligible');
  end if;
  if private.referrals_in_month(p_referrer.id, p_order.created_at) >= p_terms.monthly_referral_limit then
    perform private.fail(409, 'referral_limit_reached');
  end if;
end;
$$;
comment on function private.refuse_late_code(
  public.orders, public.customers, public.customers, public.referral_program
) is
  'The checks of an order with a code, as of the moment when it was placed. Raises self_referral, duplicate_referral, referrer_not_eligible, referral_limit_reached. The caller holds the locks of both.';
revoke all on function private.refuse_late_code(
  public.orders, public.customers, public.customers, public.referral_program
) from public, anon, authenticated, service_role;

create function private.is_same_person(p_customer public.customers, p_other public.customers)
returns boolean
language sql
stable
set search_path = ''
as $$
  select p_customer.id = p_other.id
    or p_customer.email_normalised = p_other.email_normalised
    or coalesce(p_customer.mailbox = p_other.mailbox, false)
    or coalesce(p_customer.phone = p_other.phone, false)
$$;
comment on function private.is_same_person(public.customers, public.customers) is
  'Whether two customers are one person: same normalised e-mail, mailbox or phone.';
revoke all on function private.is_same_person(public.customers, public.customers)
  from public, anon, authenticated, service_role;

create function private.tell_both(
  p_kind text, p_referral public.customer_referrals, p_until date, p_as_of timestamptz
)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referrer public.customers;
  v_friend public.customers;
  v_event text := p_referral.id || ':' || p_kind || ':' || extract(epoch from p_as_of)::bigint;
begin
  select c.* into strict v_referrer from public.customers as c where c.id = p_referral.referrer_id;
  select c.* into strict v_friend from public.customers as c where c.id = p_referral.referred_customer_id;
  perform private.enqueue_mail(
    'referral_update', v_referrer.email, v_referrer.id,
    jsonb_strip_nulls(jsonb_build_object(
      'first_name', v_referrer.first_name, 'kind', p_kind, 'audience', 'referrer', 'referral_id', p_referral.id,
      'friend', private.mask_name(v_friend.first_name, v_friend.last_name), 'until', p_until))
      || private.friend_facts(p_referral, p_as_of),
    'referral_update:' || v_event || ':referrer', p_as_of);
  perform private.enqueue_mail(
    'referral_update', v_friend.email, v_friend.id,
    jsonb_strip_nulls(jsonb_build_object(
      'first_name', v_friend.first_name, 'kind', p_kind, 'audience', 'friend', 'referral_id', p_referral.id,
      'inviter', v_referrer.first_name, 'until', p_until)),
    'referral_update:' || v_event || ':friend', p_as_of);
end;
$$;
comment on function private.tell_both(text, public.customer_referrals, date, timestamptz) is
  'Mails the referrer and the friend that an admin attached, reinstated or extended a referral. p_until is a day of the billing time zone.';
revoke all on function private.tell_both(text, public.customer_referrals, date, timestamptz)
  from public, anon, authenticated, service_role;

create function private.start_days(p_referral_id uuid, p_order public.orders, p_as_of timestamptz)
returns public.customer_referrals
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
  v_terms public.referral_program;
begin
  select p.* into strict v_terms
  from public.customer_referrals as r join public.referral_program as p on p.version = r.program_version
  where r.id = p_referral_id;
  update public.customer_referrals as r
  set status = 'active', activated_at = p_order.activated_at,
    qualifies_at = private.local_plus(
      p_order.activated_at, make_interval(days => v_terms.qualifying_days), private.billing_time_zone())
      + private.suspended_time(p_order.id)
  where r.id = p_referral_id
  returning * into strict v_referral;
  perform private.mail_activation(v_referral, p_as_of);
  return v_referral;
end;
$$;
comment on function private.start_days(uuid, public.orders, timestamptz) is
  'Counts the days of a referral whose service is active already, from its activation and without its suspensions.';
revoke all on function private.start_days(uuid, public.orders, timestamptz)
  from public, anon, authenticated, service_role;

create function private.insert_late_referral(
  p_order public.orders, p_customer public.customers, p_referrer public.customers, p_terms public.referral_program
)
returns public.customer_referrals
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  insert into public.customer_referrals
    (referrer_id, referral_code, referred_customer_id, referred_email, referred_mailbox, order_id, program_version,
     activation_due_at, source, ip_address, user_agent, referred_at)
  values
    (p_referrer.id, p_referrer.referral_code, p_customer.id, p_customer.email, p_customer.mailbox, p_order.id,
     p_terms.version,
     private.claim_window_ends_at(p_order), 'admin', p_order.ip_address, p_order.user_agent, p_order.created_at)
  on conflict do nothing
  returning * into v_referral;
  if v_referral.id is null then
    perform private.fail(409, 'duplicate_referral');
  end if;
  update public.orders as o
  set referral_outcome = 'recorded', referral_reason = null
  where o.id = p_order.id;
  return v_referral;
end;
$$;
comment on function private.insert_late_referral(
  public.orders, public.customers, public.customers, public.referral_program
) is
  'Records the referral of a code that was forgotten, by the terms and on the day of the order. Raises duplicate_referral.';
revoke all on function private.insert_late_referral(
  public.orders, public.customers, public.customers, public.referral_program
) from public, anon, authenticated, service_role;

create function private.attach_referral(
  p_customer_id uuid, p_code text, p_reason text, p_assessment jsonb, p_basis bigint, p_alert_email text,
  p_actor uuid, p_as_of timestamptz
)
returns public.customer_referrals
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_customer public.customers;
  v_referrer public.customers := private.find_referrer(p_code);
  v_order public.orders;
  v_terms public.referral_program;
  v_referral public.customer_referrals;
begin
  if v_referrer.id is null then
    perform private.fail(409, 'referral_code_unknown');
  end if;
  perform private.refuse_own_account(p_customer_id, p_actor);
  perform private.refuse_own_account(v_referrer.id, p_actor);
  perform private.lock_customers(array[p_customer_id, v_referrer.id]);
  select c.* into v_customer from public.customers as c where c.id = p_customer_id and c.erased_at is null;
  if v_customer.id is null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  v_order := private.first_order(p_customer_id);
  if v_order.id is null or not exists (
    select 1 from public.customer_services as s where s.order_id = v_order.id and s.status in ('pending', 'active')) then
    perform private.fail(409, 'order_not_referable');
  end if;
  if p_as_of >= private.claim_window_ends_at(v_order) then
    perform private.fail(409, 'activation_window_over');
  end if;
  v_terms := private.terms_at(v_order.created_at);
  if v_terms.is_paused or not private.rewards_are_on() then
    perform private.fail(409, 'program_paused');
  end if;
  perform private.refuse_late_code(v_order, v_customer, v_referrer, v_terms);
  if p_basis is distinct from private.referrals_made(v_referrer.id) then
    perform private.fail(409, 'assessment_stale');
  end if;

  v_referral := private.insert_late_referral(v_order, v_customer, v_referrer, v_terms);
  perform private.record_signals(v_referral.id, v_referrer.id, p_assessment, p_alert_email, p_as_of);
  if v_order.status = 'active' then
    v_referral := private.start_days(v_referral.id, v_order, p_as_of);
  end if;
  perform private.write_audit(
    p_actor, 'referral.attached', 'referral', v_referral.id::text, p_customer_id, v_reason, null,
    jsonb_build_object('status', v_referral.status, 'referrer_id', v_referrer.id), p_as_of);
  perform private.tell_both('attached', v_referral, null, p_as_of);
  return v_referral;
end;
$$;
comment on function private.attach_referral(uuid, text, text, jsonb, bigint, text, uuid, timestamptz) is
  'Attaches a forgotten code to a customer''s first order, through the same checks, judged as of that order. Raises not_found, own_account, referral_code_unknown, order_not_referable, activation_window_over, program_paused, assessment_stale and the rules of private.refuse_late_code.';
revoke all on function private.attach_referral(uuid, text, text, jsonb, bigint, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.attached_document(p_referral public.customer_referrals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'referral_id', p_referral.id, 'status', p_referral.status,
    'flags', coalesce((
      select jsonb_agg(jsonb_build_object('signal', f.signal, 'severity', f.severity) order by f.weight desc, f.signal)
      from public.referral_flags as f where f.referral_id = p_referral.id and f.status <> 'shadow'), '[]'))
$$;
comment on function private.attached_document(public.customer_referrals) is 'A referral that was attached, with its signals.';
revoke all on function private.attached_document(public.customer_referrals)
  from public, anon, authenticated, service_role;

create function public.attach_referral(
  p_actor uuid, p_customer_id uuid, p_code text, p_reason text, p_assessment jsonb, p_basis bigint,
  p_alert_email text, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  perform private.require_permission_of(p_actor, 'orders:manage');
  return private.attached_document(private.attach_referral(
    p_customer_id, p_code, p_reason, p_assessment, p_basis, p_alert_email, p_actor, p_as_of));
end;
$$;
comment on function public.attach_referral(uuid, uuid, text, text, jsonb, bigint, text, timestamptz) is
  'Server, for an admin with orders:manage: attaches a forgotten code, with the assessment of the fraud rules.';
revoke all on function public.attach_referral(uuid, uuid, text, text, jsonb, bigint, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.attach_referral(uuid, uuid, text, text, jsonb, bigint, text, timestamptz) to service_role;

create function private.lock_referral(p_referral_id uuid, p_actor uuid)
returns public.customer_referrals
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  select r.* into v_referral from public.customer_referrals as r where r.id = p_referral_id;
  if v_referral.id is null then
    perform private.fail(404, 'not_found', 'referral');
  end if;
  perform private.refuse_own_account(v_referral.referrer_id, p_actor);
  perform private.refuse_own_account(v_referral.referred_customer_id, p_actor);
  perform private.lock_customers(array[v_referral.referrer_id, v_referral.referred_customer_id]);
  select r.* into strict v_referral from public.customer_referrals as r where r.id = p_referral_id for update;
  return v_referral;
end;
$$;
comment on function private.lock_referral(uuid, uuid) is
  'The referral as it is now, with the locks of both sides, for an admin to act on. Raises not_found, own_account.';
revoke all on function private.lock_referral(uuid, uuid) from public, anon, authenticated, service_role;

create function private.reinstate_referral(p_referral_id uuid, p_reason text, p_actor uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_old public.customer_referrals := private.lock_referral(p_referral_id, p_actor);
  v_zone text := private.billing_time_zone();
  v_order public.orders;
  v_customer public.customers;
  v_referrer public.customers;
  v_terms public.referral_program;
  v_window interval;
  v_referral public.customer_referrals;
begin
  if v_old.status not in ('expired', 'cancelled') then
    perform private.fail(409, 'referral_not_ended', v_old.status);
  end if;
  select o.* into strict v_order from public.orders as o where o.id = v_old.order_id;
  if v_order.status = 'cancelled' or not exists (
    select 1 from public.customer_services as s where s.order_id = v_order.id and s.status in ('pending', 'active')) then
    perform private.fail(409, 'order_not_referable');
  end if;
  select p.* into strict v_terms from public.referral_program as p where p.version = v_old.program_version;
  v_window := make_interval(days => v_terms.activation_window_days);
  if p_as_of >= private.local_plus(coalesce(v_old.expired_at, v_old.cancelled_at), v_window, v_zone) then
    perform private.fail(409, 'activation_window_over');
  end if;
  select c.* into strict v_customer from public.customers as c where c.id = v_old.referred_customer_id;
  select c.* into strict v_referrer from public.customers as c where c.id = v_old.referrer_id;
  perform private.refuse_late_code(v_order, v_customer, v_referrer, v_terms);

  update public.customer_referrals as r
  set status = 'pending', status_reason = null, expired_at = null, cancelled_at = null,
    activated_at = null, qualifies_at = null,
    activation_due_at = greatest(r.activation_due_at, private.local_plus(p_as_of, v_window, v_zone))
  where r.id = p_referral_id
  returning * into v_referral;
  if v_order.status = 'active' then
    v_referral := private.start_days(p_referral_id, v_order, p_as_of);
  end if;
  perform private.write_audit(
    p_actor, 'referral.reinstated', 'referral', p_referral_id::text, v_old.referrer_id, v_reason,
    jsonb_strip_nulls(jsonb_build_object(
      'status', v_old.status, 'status_reason', v_old.status_reason,
      'expired_at', v_old.expired_at, 'cancelled_at', v_old.cancelled_at)),
    jsonb_build_object('status', v_referral.status), p_as_of);
  perform private.tell_both('reinstated', v_referral, null, p_as_of);
  return private.admin_referral_document(v_referral);
end;
$$;
comment on function private.reinstate_referral(uuid, text, uuid, timestamptz) is
  'Gives an expired or cancelled referral back, within the activation window after its end. Its service must be active or still to come. Raises not_found, own_account, referral_not_ended, order_not_referable, activation_window_over and the rules of private.refuse_late_code.';
revoke all on function private.reinstate_referral(uuid, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.reinstate_referral(p_referral_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.reinstate_referral(p_referral_id, p_reason, private.require_permission('orders:manage'), now());
end;
$$;
comment on function public.reinstate_referral(uuid, text) is
  'Admin with orders:manage: gives an ended referral back, with a reason.';
revoke all on function public.reinstate_referral(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.reinstate_referral(uuid, text) to authenticated;

create function private.extend_referral(
  p_referral_id uuid, p_until date, p_reason text, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_zone text := private.billing_time_zone();
  v_old public.customer_referrals := private.lock_referral(p_referral_id, p_actor);
  v_due timestamptz := private.start_of_day(p_until + 1, v_zone);
  v_referral public.customer_referrals;
begin
  if v_old.status <> 'pending' then
    perform private.fail_overtaken(
      'referral_not_pending', v_old.status, null,
      coalesce(v_old.cancelled_at, v_old.expired_at, v_old.qualified_at, v_old.activated_at));
  end if;
  if v_due is null or v_due <= v_old.activation_due_at or v_due <= p_as_of
    or v_due > private.local_plus(p_as_of, interval '366 days', v_zone) then
    perform private.fail(400, 'invalid_request', 'until must be later than the present day, within a year');
  end if;
  update public.customer_referrals as r set activation_due_at = v_due where r.id = p_referral_id returning * into v_referral;
  perform private.write_audit(
    p_actor, 'referral.extended', 'referral', p_referral_id::text, v_old.referrer_id, v_reason,
    jsonb_build_object('activation_due_at', v_old.activation_due_at),
    jsonb_build_object('activation_due_at', v_due), p_as_of);
  perform private.tell_both('extended', v_referral, p_until, p_as_of);
  return private.admin_referral_document(v_referral);
end;
$$;
comment on function private.extend_referral(uuid, date, text, uuid, timestamptz) is
  'Gives a pending referral until the end of a later day of the billing time zone to become active. Raises not_found, own_account, referral_not_pending, invalid_request.';
revoke all on function private.extend_referral(uuid, date, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.extend_referral(p_referral_id uuid, p_until date, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.extend_referral(
    p_referral_id, p_until, p_reason, private.require_permission('orders:manage'), now());
end;
$$;
comment on function public.extend_referral(uuid, date, text) is
  'Admin with orders:manage: gives a pending referral more days to become active, with a reason.';
revoke all on function public.extend_referral(uuid, date, text) from public, anon, authenticated, service_role;
grant execute on function public.extend_referral(uuid, date, text) to authenticated;

create function private.can_claim(p_customer_id uuid, p_as_of timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $$
  select o.id is not null
    and p_as_of < private.claim_window_ends_at(o)
    -- What an order brought that was cancelled before service does not stand in the way.
    and not exists (
      select 1 from public.customer_referrals as r
      where r.referred_customer_id = p_customer_id
        and (r.order_id = o.id or r.status in ('pending', 'active', 'qualified')))
    and not exists (
      select 1 from public.referral_claims as m
      where m.customer_id = p_customer_id
        and (m.created_at >= o.created_at or m.status in ('open', 'confirmed')))
  from private.first_order(p_customer_id) as o
$$;
comment on function private.can_claim(uuid, timestamptz) is
  'Whether a customer can say that the code of their order was forgotten: once, within the activation window, where nobody referred them.';
revoke all on function private.can_claim(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.claim_referral(p_customer_id uuid, p_code text, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_referrer public.customers := private.find_referrer(p_code);
  v_id uuid;
begin
  perform private.lock_customers(array[p_customer_id, v_referrer.id]);
  if not private.can_claim(p_customer_id, p_as_of) then
    perform private.fail(409, 'claim_not_possible');
  end if;
  -- The same answer for a code that nobody has and for one's own.
  if v_referrer.id is null or v_referrer.id = p_customer_id then
    perform private.fail(409, 'referral_code_unknown');
  end if;
  insert into public.referral_claims (customer_id, referrer_id, referral_code, created_at)
  values (p_customer_id, v_referrer.id, v_referrer.referral_code, p_as_of)
  returning id into v_id;
  perform private.tell_referrer(
    v_referrer.id,
    jsonb_build_object('kind', 'claim_made', 'claim_id', v_id, 'friend', (
      select private.mask_name(c.first_name, c.last_name) from public.customers as c where c.id = p_customer_id)),
    p_as_of);
  return jsonb_build_object('claim_id', v_id, 'status', 'open');
end;
$$;
comment on function private.claim_referral(uuid, text, timestamptz) is
  'A customer says who invited them, once, within the activation window. Raises claim_not_possible, referral_code_unknown.';
revoke all on function private.claim_referral(uuid, text, timestamptz)
  from public, anon, authenticated, service_role;

create function public.claim_referral(p_code text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.claim_referral(private.require_customer(), p_code, now());
end;
$$;
comment on function public.claim_referral(text) is
  'Customer: says who invited them when the code was forgotten. Once, within the activation window. Raises claim_not_possible, referral_code_unknown.';
revoke all on function public.claim_referral(text) from public, anon, authenticated, service_role;
grant execute on function public.claim_referral(text) to authenticated;

create function private.mail_claim_refused(p_claim_id uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_customer public.customers;
begin
  select c.* into strict v_customer
  from public.referral_claims as m join public.customers as c on c.id = m.customer_id
  where m.id = p_claim_id;
  if v_customer.erased_at is not null then
    return;
  end if;
  perform private.enqueue_mail(
    'referral_update', v_customer.email, v_customer.id,
    jsonb_build_object('first_name', v_customer.first_name, 'kind', 'claim_rejected', 'audience', 'claimant'),
    'referral_update:' || p_claim_id || ':claim_rejected', p_as_of);
end;
$$;
comment on function private.mail_claim_refused(uuid, timestamptz) is
  'Tells a customer that their order is not linked to the person whom they named, once. It does not say who decided.';
revoke all on function private.mail_claim_refused(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.answer_claim(p_referrer_id uuid, p_claim_id uuid, p_confirm boolean, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_status text := case when p_confirm then 'confirmed' else 'declined' end;
begin
  perform 1 from public.referral_claims as m where m.id = p_claim_id and m.referrer_id = p_referrer_id;
  if not found or p_confirm is null then
    perform private.fail(404, 'not_found', 'claim');
  end if;
  update public.referral_claims as m
  set status = v_status, answered_at = p_as_of
  where m.id = p_claim_id and m.status = 'open';
  if not found then
    perform private.fail(409, 'claim_answered');
  end if;
  if not p_confirm then
    perform private.mail_claim_refused(p_claim_id, p_as_of);
  end if;
  return jsonb_build_object('claim_id', p_claim_id, 'status', v_status);
end;
$$;
comment on function private.answer_claim(uuid, uuid, boolean, timestamptz) is
  'A referrer confirms or declines that they invited somebody. Raises not_found, claim_answered.';
revoke all on function private.answer_claim(uuid, uuid, boolean, timestamptz)
  from public, anon, authenticated, service_role;

create function public.answer_claim(p_claim_id uuid, p_confirm boolean)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.answer_claim(private.require_customer(), p_claim_id, p_confirm, now());
end;
$$;
comment on function public.answer_claim(uuid, boolean) is
  'Customer: confirms or declines that they invited somebody, who is told of the latter. Raises not_found, claim_answered.';
revoke all on function public.answer_claim(uuid, boolean) from public, anon, authenticated, service_role;
grant execute on function public.answer_claim(uuid, boolean) to authenticated;

create function private.claims_to_answer(p_referrer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', m.id, 'name', private.mask_name(c.first_name, c.last_name), 'created_at', m.created_at) order by m.created_at), '[]')
  from (
    select * from public.referral_claims as o
    where o.referrer_id = p_referrer_id and o.status = 'open' order by o.created_at limit 10
  ) as m
  join public.customers as c on c.id = m.customer_id
$$;
comment on function private.claims_to_answer(uuid) is
  'People who say that this customer invited them, and whom the customer has not confirmed or declined yet.';
revoke all on function private.claims_to_answer(uuid) from public, anon, authenticated, service_role;

create function private.own_claim(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object('status', m.status, 'referral_code', m.referral_code, 'created_at', m.created_at)
  from public.referral_claims as m
  where m.customer_id = p_customer_id and m.status in ('open', 'confirmed')
$$;
comment on function private.own_claim(uuid) is 'What a customer said about a forgotten code that is not decided yet, or null.';
revoke all on function private.own_claim(uuid) from public, anon, authenticated, service_role;

create function public.admin_list_claims(
  p_status text default null, p_cursor_at timestamptz default null, p_cursor_id uuid default null,
  p_limit integer default 25
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
    'id', page.id, 'status', page.status, 'referral_code', page.referral_code, 'created_at', page.created_at,
    'answered_at', page.answered_at, 'decided_at', page.decided_at, 'decided_by', private.admin_name(page.decided_by),
    'decision_reason', page.decision_reason, 'referral_id', page.referral_id,
    'customer', (
      select jsonb_build_object('id', c.id, 'name', c.full_name, 'email', c.email)
      from public.customers as c where c.id = page.customer_id),
    'referrer', (
      select jsonb_build_object('id', c.id, 'name', c.full_name, 'email', c.email)
      from public.customers as c where c.id = page.referrer_id)
  ) order by page.created_at desc, page.id desc), '[]')
  into v_rows
  from (
    select m.*
    from public.referral_claims as m
    where (p_status is null or m.status = p_status)
      and (p_cursor_at is null or (m.created_at, m.id) < (p_cursor_at, p_cursor_id))
    order by m.created_at desc, m.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('claims', v_rows, v_limit, 'created_at');
end;
$$;
comment on function public.admin_list_claims(text, timestamptz, uuid, integer) is
  'Admin with customers:view: claims of forgotten codes, newest first, by keyset.';
revoke all on function public.admin_list_claims(text, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_claims(text, timestamptz, uuid, integer) to authenticated;

create function public.get_claim(p_actor uuid, p_claim_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_claim public.referral_claims;
begin
  perform private.require_permission_of(p_actor, 'orders:manage');
  select m.* into v_claim from public.referral_claims as m where m.id = p_claim_id;
  if v_claim.id is null then
    perform private.fail(404, 'not_found', 'claim');
  end if;
  return jsonb_build_object('customer_id', v_claim.customer_id, 'referral_code', v_claim.referral_code);
end;
$$;
comment on function public.get_claim(uuid, uuid) is
  'Server, for an admin with orders:manage: whose claim it is, and the code.';
revoke all on function public.get_claim(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_claim(uuid, uuid) to service_role;

create function public.decide_claim(
  p_actor uuid, p_claim_id uuid, p_accept boolean, p_reason text, p_assessment jsonb, p_basis bigint,
  p_alert_email text, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_status text := case when p_accept then 'accepted' else 'rejected' end;
  v_claim public.referral_claims;
  v_referral public.customer_referrals;
begin
  perform private.require_permission_of(p_actor, 'orders:manage');
  select m.* into v_claim from public.referral_claims as m where m.id = p_claim_id;
  if v_claim.id is null then
    perform private.fail(404, 'not_found', 'claim');
  end if;
  perform private.refuse_own_account(v_claim.customer_id, p_actor);
  perform private.refuse_own_account(v_claim.referrer_id, p_actor);
  perform private.lock_customers(array[v_claim.customer_id, v_claim.referrer_id]);
  select m.* into strict v_claim from public.referral_claims as m where m.id = p_claim_id for update;
  if v_claim.status in ('accepted', 'rejected') then
    perform private.fail(409, 'claim_decided');
  end if;
  if p_accept then
    if v_claim.status <> 'confirmed' then
      perform private.fail(409, 'claim_not_confirmed');
    end if;
    v_referral := private.attach_referral(
      v_claim.customer_id, v_claim.referral_code, v_reason, p_assessment, p_basis, p_alert_email, p_actor, p_as_of);
  else
    perform private.mail_claim_refused(p_claim_id, p_as_of);
  end if;
  update public.referral_claims as m
  set status = v_status, decided_by = p_actor, decided_at = p_as_of, decision_reason = v_reason,
    referral_id = v_referral.id
  where m.id = p_claim_id;
  perform private.write_audit(
    p_actor, 'claim.' || v_status, 'claim', p_claim_id::text, v_claim.customer_id, v_reason,
    jsonb_build_object('status', v_claim.status), jsonb_build_object('status', v_status), p_as_of);
  return jsonb_strip_nulls(jsonb_build_object('claim_id', p_claim_id, 'status', v_status, 'referral_id', v_referral.id));
end;
$$;
comment on function public.decide_claim(uuid, uuid, boolean, text, jsonb, bigint, text, timestamptz) is
  'Server, for an admin with orders:manage: accepts a claim that the referrer confirmed, which attaches the code, or rejects a claim. Raises claim_decided, claim_not_confirmed and what attaching raises.';
revoke all on function public.decide_claim(uuid, uuid, boolean, text, jsonb, bigint, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.decide_claim(uuid, uuid, boolean, text, jsonb, bigint, text, timestamptz) to service_role;

-- schemas/107_review.sql
-- Review: referrals with open signals wait for a person. A reviewer takes a case, clears or rejects it with a reason, and
-- can undo that for a minute. The referrer of a rejected friend can ask once that somebody else looks at it.

create table public.review_claims (
  referral_id uuid primary key references public.customer_referrals (id),
  reviewer uuid not null,
  claimed_at timestamptz not null default now(),
  expires_at timestamptz not null,
  check (expires_at > claimed_at)
);
comment on table public.review_claims is
  'Which reviewer looks at a case, until when. A claim that has run out counts no longer.';

alter table public.review_claims enable row level security;
revoke all on table public.review_claims from public, anon, authenticated, service_role;
grant select on table public.review_claims to service_role;
grant select on table public.review_claims to authenticated;
create policy review_claims_select on public.review_claims
  for select to authenticated
  using ((select public.has_permission('referrals:review')));

create table public.review_decisions (
  id uuid primary key default gen_random_uuid(),
  referral_id uuid not null references public.customer_referrals (id),
  decision text not null check (decision in ('clear', 'reject')),
  reason text not null,
  decided_by uuid,
  decided_at timestamptz not null,
  undo_until timestamptz not null,
  undone_at timestamptz,
  flag_ids uuid[] not null,
  reward_ids uuid[] not null default '{}',
  before jsonb not null
);
comment on table public.review_decisions is
  'What reviewers decided. Until undo_until the same reviewer can take it back; mails of the decision wait for that long.';
comment on column public.review_decisions.before is 'What the referral was: status, status_reason, expired_at, cancelled_at.';

create index review_decisions_referral on public.review_decisions (referral_id, decided_at desc);
create index review_decisions_decided on public.review_decisions (decided_at desc);

alter table public.review_decisions enable row level security;
revoke all on table public.review_decisions from public, anon, authenticated, service_role;
grant select on table public.review_decisions to service_role;
grant select on table public.review_decisions to authenticated;
create policy review_decisions_select on public.review_decisions
  for select to authenticated
  using ((select public.has_permission('referrals:review')));

create table public.review_appeals (
  id uuid primary key default gen_random_uuid(),
  referral_id uuid not null unique references public.customer_referrals (id),
  customer_id uuid not null references public.customers (id),
  reason text not null check (length(btrim(reason)) between 3 and 1000),
  status text not null default 'open' check (status in ('open', 'upheld', 'dismissed')),
  asked_at timestamptz not null,
  due_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  decision_reason text,
  check ((status = 'open') = (decided_at is null))
);
comment on table public.review_appeals is
  'A referrer asked that somebody else looks at a rejected friend: once per referral. upheld: the friend counts again.';

create index review_appeals_open on public.review_appeals (due_at) where status = 'open';
create index review_appeals_customer on public.review_appeals (customer_id);

alter table public.review_appeals enable row level security;
revoke all on table public.review_appeals from public, anon, authenticated, service_role;
grant select on table public.review_appeals to service_role;
grant select on table public.review_appeals to authenticated;
create policy review_appeals_select on public.review_appeals
  for select to authenticated
  using ((select public.has_permission('referrals:review')));

create function private.review_claim(p_referral_id uuid, p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'reviewer_id', c.reviewer, 'reviewer_name', private.admin_name(c.reviewer),
    'is_own', coalesce(c.reviewer = (select auth.uid()), false),
    'claimed_at', c.claimed_at, 'expires_at', c.expires_at)
  from public.review_claims as c
  where c.referral_id = p_referral_id and c.expires_at > p_as_of
$$;
comment on function private.review_claim(uuid, timestamptz) is 'Who looks at a case now, or null.';
revoke all on function private.review_claim(uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.claim_review(p_referral_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid := private.require_permission('referrals:review');
begin
  if not exists (
    select 1 from public.referral_flags as f where f.referral_id = p_referral_id and f.status = 'open')
    and not exists (
      select 1 from public.review_appeals as a where a.referral_id = p_referral_id and a.status = 'open') then
    perform private.fail(409, 'referral_not_reviewable');
  end if;
  insert into public.review_claims as c (referral_id, reviewer, claimed_at, expires_at)
  values (p_referral_id, v_actor, now(), now() + interval '10 minutes')
  on conflict (referral_id) do update
    set reviewer = excluded.reviewer, claimed_at = excluded.claimed_at, expires_at = excluded.expires_at
    where c.reviewer = excluded.reviewer or c.expires_at <= now();
  -- One case at a time: whoever goes on leaves the last one to colleagues.
  delete from public.review_claims as c where c.reviewer = v_actor and c.referral_id <> p_referral_id;
  return private.review_claim(p_referral_id, now());
end;
$$;
comment on function public.claim_review(uuid) is
  'Admin with referrals:review: takes a case for ten minutes, unless another reviewer has it, and leaves the one taken before. Returns who has it. Raises referral_not_reviewable.';
revoke all on function public.claim_review(uuid) from public, anon, authenticated, service_role;
grant execute on function public.claim_review(uuid) to authenticated;

create function private.refuse_claimed_by_other(p_referral_id uuid, p_actor uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_claim jsonb := private.review_claim(p_referral_id, p_as_of);
begin
  if v_claim is not null and (v_claim ->> 'reviewer_id')::uuid is distinct from p_actor then
    perform private.fail(409, 'review_claimed');
  end if;
end;
$$;
comment on function private.refuse_claimed_by_other(uuid, uuid, timestamptz) is
  'Raises review_claimed while another reviewer looks at the case.';
revoke all on function private.refuse_claimed_by_other(uuid, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.postpone_mails(p_keys text[], p_until timestamptz)
returns void
language sql
set search_path = ''
as $$
  update public.notifications as n
  set next_attempt_at = greatest(n.next_attempt_at, p_until)
  where n.dedupe_key = any (p_keys) and n.status = 'queued'
$$;
comment on function private.postpone_mails(text[], timestamptz) is 'Mails that were queued just now wait until then.';
revoke all on function private.postpone_mails(text[], timestamptz) from public, anon, authenticated, service_role;

create function private.reject_in_review(
  p_referral public.customer_referrals, p_decision_id uuid, p_undo_until timestamptz, p_as_of timestamptz
)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referrer public.customers;
  v_friend public.customers;
begin
  update public.customer_referrals as r
  set status = 'rejected', rejected_at = p_as_of, status_reason = 'rejected_in_review',
    expired_at = null, cancelled_at = null
  where r.id = p_referral.id;
  select c.* into strict v_referrer from public.customers as c where c.id = p_referral.referrer_id;
  select c.* into strict v_friend from public.customers as c where c.id = p_referral.referred_customer_id;
  perform private.enqueue_mail(
    'referral_rejected', v_referrer.email, v_referrer.id,
    jsonb_build_object(
      'first_name', v_referrer.first_name, 'friend', private.mask_name(v_friend.first_name, v_friend.last_name),
      'referral_id', p_referral.id,
      'ask_until', private.local_date(p_as_of + interval '30 days', private.billing_time_zone())),
    'referral_rejected:' || p_decision_id, p_as_of);
  perform private.postpone_mails(array['referral_rejected:' || p_decision_id], p_undo_until);
end;
$$;
comment on function private.reject_in_review(public.customer_referrals, uuid, timestamptz, timestamptz) is
  'Ends a referral by review, and mails the referrer once the decision can no longer be undone.';
revoke all on function private.reject_in_review(public.customer_referrals, uuid, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

create function private.grant_after_review(p_referrer_id uuid, p_undo_until timestamptz, p_as_of timestamptz)
returns uuid[]
language plpgsql
set search_path = ''
as $$
declare
  v_before uuid[] := array(select w.id from public.referral_rewards as w where w.customer_id = p_referrer_id);
  v_granted uuid[];
begin
  perform private.grant_earned_rewards(p_referrer_id, p_as_of);
  v_granted := array(
    select w.id from public.referral_rewards as w
    where w.customer_id = p_referrer_id and w.id <> all (v_before) order by w.id);
  perform private.postpone_mails(
    array(select 'reward_earned:' || granted from unnest(v_granted) as granted), p_undo_until);
  return v_granted;
end;
$$;
comment on function private.grant_after_review(uuid, timestamptz, timestamptz) is
  'Grants what became due with a decision; the mails wait until it can no longer be undone. Returns the ids of the rewards.';
revoke all on function private.grant_after_review(uuid, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

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
  v_status text;
  v_flags uuid[];
  v_decision uuid := gen_random_uuid();
  -- The mails of a job wait for the real clock.
  v_undo_until timestamptz := p_as_of + interval '60 seconds';
  v_rewards uuid[] := '{}';
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
  perform private.refuse_claimed_by_other(p_referral_id, p_actor, p_as_of);

  v_status := case p_decision when 'clear' then 'cleared' else 'rejected' end;
  with decided as (
    update public.referral_flags as f
    set status = v_status, decided_by = p_actor, decided_at = p_as_of, decision_reason = v_reason
    where f.referral_id = p_referral_id and f.status = 'open'
    returning f.id
  )
  select array_agg(d.id) into v_flags from decided as d;
  if v_flags is null then
    perform private.fail(409, 'referral_not_reviewable');
  end if;
  delete from public.review_claims as c where c.referral_id = p_referral_id;

  if p_decision = 'reject' then
    perform private.reject_in_review(v_referral, v_decision, v_undo_until, p_as_of);
  elsif p_grant then
    v_rewards := private.grant_after_review(v_referral.referrer_id, v_undo_until, p_as_of);
  end if;
  insert into public.review_decisions
    (id, referral_id, decision, reason, decided_by, decided_at, undo_until, flag_ids, reward_ids, before)
  values
    (v_decision, p_referral_id, p_decision, v_reason, p_actor, p_as_of, v_undo_until, v_flags, v_rewards,
     jsonb_build_object(
       'status', v_referral.status, 'status_reason', v_referral.status_reason,
       'expired_at', v_referral.expired_at, 'cancelled_at', v_referral.cancelled_at));
  perform private.write_audit(
    p_actor, 'referral.' || v_status, 'referral', p_referral_id::text, v_referral.referrer_id, v_reason,
    jsonb_strip_nulls(jsonb_build_object(
      'status', v_referral.status, 'open_flags', cardinality(v_flags),
      'expired_at', v_referral.expired_at, 'cancelled_at', v_referral.cancelled_at)),
    jsonb_build_object('status', case p_decision when 'reject' then 'rejected' else v_referral.status end, 'open_flags', 0),
    p_as_of);
  return jsonb_build_object(
    'referral_id', p_referral_id, 'referrer_id', v_referral.referrer_id, 'decision', p_decision,
    'status', case p_decision when 'reject' then 'rejected' else v_referral.status end,
    'rewards_granted', cardinality(v_rewards), 'undo_until', v_undo_until);
end;
$$;
comment on function private.review_referral(uuid, text, text, boolean, uuid, timestamptz) is
  'Closes a referral''s open flags. Clearing lifts a hold and may grant; rejecting ends the referral. One''s own referrals are off limits. Raises review_claimed, referral_not_reviewable, referral_already_rewarded.';
revoke all on function private.review_referral(uuid, text, text, boolean, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.decide_review(
  p_actor uuid, p_referral_id uuid, p_decision text, p_reason text, p_grant boolean,
  p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  perform private.require_permission_of(p_actor, 'referrals:review');
  return private.review_referral(
    p_referral_id, p_decision, p_reason, coalesce(p_grant, false), p_actor, p_as_of) - 'referrer_id';
end;
$$;
comment on function public.decide_review(uuid, uuid, text, text, boolean, timestamptz) is
  'Server, for an admin with referrals:review: clears or rejects a flagged referral, with a reason. Clearing also grants what the referrer has earned with it, unless p_grant is false.';
revoke all on function public.decide_review(uuid, uuid, text, text, boolean, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.decide_review(uuid, uuid, text, text, boolean, timestamptz) to service_role;

create function private.restore_referral(p_referral_id uuid, p_before jsonb, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_order public.orders;
begin
  update public.customer_referrals as r
  set status = p_before ->> 'status', status_reason = p_before ->> 'status_reason', rejected_at = null,
    expired_at = (p_before ->> 'expired_at')::timestamptz, cancelled_at = (p_before ->> 'cancelled_at')::timestamptz
  where r.id = p_referral_id and r.status = 'rejected';
  select o.* into strict v_order
  from public.customer_referrals as r join public.orders as o on o.id = r.order_id
  where r.id = p_referral_id;
  -- What happened to the service meanwhile counts now.
  if p_before ->> 'status' = 'pending' and v_order.status = 'active' then
    perform private.activate_referral(v_order.id, v_order.activated_at);
  elsif p_before ->> 'status' = 'pending' and v_order.status = 'cancelled' then
    perform private.stop_referral(v_order.id, 'order_cancelled', v_order.cancelled_at);
  elsif p_before ->> 'status' = 'active' then
    perform private.stop_referral(s.order_id, 'service_cancelled', s.cancelled_at)
    from public.customer_services as s where s.order_id = v_order.id and s.status = 'cancelled';
  end if;
exception when unique_violation then
  -- The friend was invited by somebody else meanwhile.
  perform private.fail(409, 'duplicate_referral');
end;
$$;
comment on function private.restore_referral(uuid, jsonb, timestamptz) is
  'Gives a rejected referral back what it was, and applies what happened to its service meanwhile. Raises duplicate_referral. The caller holds the referrer''s lock.';
revoke all on function private.restore_referral(uuid, jsonb, timestamptz) from public, anon, authenticated, service_role;

create function private.take_back_grant(p_reward_id uuid, p_actor uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_reward public.referral_rewards;
begin
  select w.* into strict v_reward from public.referral_rewards as w where w.id = p_reward_id for update;
  perform private.revoke_reward(
    v_reward.customer_id, p_reward_id, 'The review decision was undone at once.', p_actor, p_as_of);
  update public.customer_referrals as r set reward_id = null where r.reward_id = p_reward_id;
  -- The customer was told nothing yet, and is told nothing now.
  update public.notifications as n
  set status = 'cancelled', cancel_cause = 'undone'
  where n.dedupe_key in ('reward_earned:' || p_reward_id, 'reward_revoked:' || p_reward_id) and n.status = 'queued';
end;
$$;
comment on function private.take_back_grant(uuid, uuid, timestamptz) is
  'Undoes a grant that nobody was told of: the reward is revoked and its friends are free to earn again. Raises reward_not_pending.';
revoke all on function private.take_back_grant(uuid, uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.undo_review(p_actor uuid, p_referral_id uuid, p_as_of timestamptz default now())
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_referral public.customer_referrals;
  v_decision public.review_decisions;
begin
  perform private.require_permission_of(p_actor, 'referrals:review');
  select r.* into v_referral from public.customer_referrals as r where r.id = p_referral_id;
  if v_referral.id is null then
    perform private.fail(404, 'not_found', 'referral');
  end if;
  perform private.lock_customers(array[v_referral.referrer_id]);
  select d.* into v_decision
  from public.review_decisions as d
  where d.referral_id = p_referral_id and d.undone_at is null
  order by d.decided_at desc, d.id
  limit 1;
  if v_decision.id is null or v_decision.decided_by is distinct from p_actor or p_as_of >= v_decision.undo_until then
    perform private.fail(409, 'undo_too_late');
  end if;
  perform private.take_back_grant(reward, p_actor, p_as_of) from unnest(v_decision.reward_ids) as reward;
  if v_decision.decision = 'reject' then
    update public.notifications as n set status = 'cancelled', cancel_cause = 'undone'
    where n.dedupe_key = 'referral_rejected:' || v_decision.id and n.status = 'queued';
    perform private.restore_referral(p_referral_id, v_decision.before, p_as_of);
  end if;
  update public.referral_flags as f
  set status = 'open', decided_by = null, decided_at = null, decision_reason = null
  where f.id = any (v_decision.flag_ids);
  update public.review_decisions as d set undone_at = p_as_of where d.id = v_decision.id;
  perform private.write_audit(
    p_actor, 'referral.decision_undone', 'referral', p_referral_id::text, v_referral.referrer_id, null,
    jsonb_build_object('decision', v_decision.decision), jsonb_build_object('open_flags', cardinality(v_decision.flag_ids)),
    p_as_of);
  return jsonb_build_object('referral_id', p_referral_id, 'undone', v_decision.decision);
end;
$$;
comment on function public.undo_review(uuid, uuid, timestamptz) is
  'Server, for an admin with referrals:review: takes back the own decision within a minute. Rewards that it granted are taken back, its mails are not sent. Raises undo_too_late, reward_not_pending.';
revoke all on function public.undo_review(uuid, uuid, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.undo_review(uuid, uuid, timestamptz) to service_role;

create function public.get_review_conflict(p_referral_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('referrals:review');
  return jsonb_build_object(
    'claim', private.review_claim(p_referral_id, now()),
    'decision', (
      select jsonb_build_object(
        'decision', d.decision, 'decided_by_name', private.admin_name(d.decided_by), 'decided_at', d.decided_at)
      from public.review_decisions as d
      where d.referral_id = p_referral_id and d.undone_at is null
      order by d.decided_at desc limit 1),
    'appeal', private.appeal_document(p_referral_id),
    'time_zone', private.billing_time_zone());
end;
$$;
comment on function public.get_review_conflict(uuid) is
  'Admin with referrals:review: who looks at a case, and who decided it, and its appeal, when.';
revoke all on function public.get_review_conflict(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_review_conflict(uuid) to authenticated;

create function private.review_party(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', c.id, 'name', c.full_name, 'email', c.email, 'phone', c.phone,
    'address', coalesce(private.comparable_address(c.address), (
      select private.comparable_address(o.installation_address)
      from public.orders as o where o.customer_id = c.id order by o.created_at desc limit 1)),
    'customer_since', c.created_at, 'referral_code', c.referral_code,
    'networks', coalesce((
      select jsonb_agg(jsonb_build_object('ip_address', host(seen.ip_address), 'user_agent', seen.user_agent,
        'at', seen.created_at) order by seen.created_at desc)
      from (
        select o.ip_address, o.user_agent, o.created_at
        from public.orders as o
        where o.customer_id = c.id and o.ip_address is not null
        order by o.created_at desc
        limit 10
      ) as seen), '[]'))
  from public.customers as c
  where c.id = p_customer_id
$$;
comment on function private.review_party(uuid) is
  'A person as reviewers compare them: contact, address, and the networks and devices of their orders.';
revoke all on function private.review_party(uuid) from public, anon, authenticated, service_role;

create function private.matched_people(p_referral_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with named as (
    select f.signal, value::uuid as id
    from public.referral_flags as f
    cross join lateral jsonb_array_elements_text(
      coalesce(f.evidence -> 'referral_ids', '[]') || coalesce(f.evidence -> 'customer_ids', '[]')) as value
    where f.referral_id = p_referral_id
  ), people as (
    select coalesce(r.referred_customer_id, c.id) as customer_id, r.id as referral_id,
      array_agg(distinct n.signal order by n.signal) as signals
    from named as n
    left join public.customer_referrals as r on r.id = n.id
    left join public.customers as c on c.id = n.id
    where coalesce(r.id, c.id) is not null
    group by 1, 2
    limit 50
  )
  select coalesce(jsonb_agg(private.review_party(p.customer_id) || jsonb_build_object(
    'signals', to_jsonb(p.signals),
    'referral', (
      select jsonb_build_object(
        'id', r.id, 'status', r.status, 'referred_at', r.referred_at,
        'referrer', (select jsonb_build_object('id', a.id, 'name', a.full_name)
          from public.customers as a where a.id = r.referrer_id))
      from public.customer_referrals as r where r.id = p.referral_id))
    order by p.referral_id), '[]')
  from people as p
$$;
comment on function private.matched_people(uuid) is
  'Everybody whom the signals of a referral name, with the signals that name them, 50 at most.';
revoke all on function private.matched_people(uuid) from public, anon, authenticated, service_role;

create function private.review_timing(p_referral public.customer_referrals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('event', e.event, 'at', e.at) order by e.at, e.event), '[]')
  from (
    select 'referrer_joined' as event, a.created_at as at from public.customers as a where a.id = p_referral.referrer_id
    union all
    select 'visited', max(v.visited_at)
    from public.referral_visits as v
    where v.referrer_id = p_referral.referrer_id and v.ip_address = p_referral.ip_address
      and v.visited_at <= p_referral.referred_at
    union all
    select 'ordered', p_referral.referred_at
    union all
    select 'activated', p_referral.activated_at
    union all
    select 'qualified', p_referral.qualified_at
    union all
    select 'ended', coalesce(p_referral.expired_at, p_referral.cancelled_at, p_referral.rejected_at)
  ) as e (event, at)
  where e.at is not null
$$;
comment on function private.review_timing(public.customer_referrals) is 'What happened when, on one line.';
revoke all on function private.review_timing(public.customer_referrals) from public, anon, authenticated, service_role;

create function private.referrer_record(p_referrer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'referrals', (
      select coalesce(jsonb_object_agg(g.status, g.n), '{}')
      from (select r.status, count(*) as n from public.customer_referrals as r
        where r.referrer_id = p_referrer_id group by r.status) as g),
    'cleared', (
      select count(distinct f.referral_id) from public.customer_referrals as r
      join public.referral_flags as f on f.referral_id = r.id
      where r.referrer_id = p_referrer_id and f.status = 'cleared'),
    'rejected', (
      select count(distinct f.referral_id) from public.customer_referrals as r
      join public.referral_flags as f on f.referral_id = r.id
      where r.referrer_id = p_referrer_id and f.status = 'rejected'),
    'rewards', (
      select count(*) from public.referral_rewards as w
      where w.customer_id = p_referrer_id and w.source = 'earned' and w.status in ('pending', 'applied')),
    'attempts', private.refused_attempts(p_referrer_id))
$$;
comment on function private.referrer_record(uuid) is
  'What became of a referrer''s friends, what reviewers decided, and the newest refused uses of the code.';
revoke all on function private.referrer_record(uuid) from public, anon, authenticated, service_role;

create function private.attempt_document(p_attempt public.referral_attempts)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_attempt.id, 'at', p_attempt.created_at, 'reason', p_attempt.reason,
    'referral_code', p_attempt.referral_code, 'order_id', p_attempt.order_id,
    'customer', (
      select jsonb_build_object('id', c.id, 'name', c.full_name)
      from public.orders as o join public.customers as c on c.id = o.customer_id where o.id = p_attempt.order_id),
    'same_as', private.repeated_attempts(p_attempt))
$$;
comment on function private.attempt_document(public.referral_attempts) is 'A refused use of a code, and how many others are like it.';
revoke all on function private.attempt_document(public.referral_attempts) from public, anon, authenticated, service_role;

create function private.refused_attempts(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(private.attempt_document(a.t) order by (a.t).created_at desc), '[]')
  from (
    select t from public.referral_attempts as t
    where t.referrer_id = p_customer_id
      or t.order_id in (select o.id from public.orders as o where o.customer_id = p_customer_id)
    order by t.created_at desc
    limit 20
  ) as a
$$;
comment on function private.refused_attempts(uuid) is
  'The newest 20 refused uses of a customer''s code, and of codes by that customer.';
revoke all on function private.refused_attempts(uuid) from public, anon, authenticated, service_role;

create function private.repeated_attempts(p_attempt public.referral_attempts)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'phone', (select count(*) - 1 from public.referral_attempts as a where a.phone_hash = p_attempt.phone_hash),
    'network', (select count(*) - 1 from public.referral_attempts as a where a.network_hash = p_attempt.network_hash))
  where p_attempt.phone_hash is not null
$$;
comment on function private.repeated_attempts(public.referral_attempts) is
  'How many other refused attempts came from the same phone and the same network, by their hashes.';
revoke all on function private.repeated_attempts(public.referral_attempts) from public, anon, authenticated, service_role;

create function private.ring_of(p_referral public.customer_referrals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with subjects as (
    select f.subject from public.referral_flags as f
    where f.referral_id = p_referral.id and f.subject is not null
  ), others as (
    select distinct r.id
    from public.referral_flags as f join public.customer_referrals as r on r.id = f.referral_id
    where f.status = 'open' and r.id <> p_referral.id and (
      r.referrer_id in (p_referral.referrer_id, p_referral.referred_customer_id)
      or r.referred_customer_id = p_referral.referrer_id
      or f.subject in (select s.subject from subjects as s))
    limit 20
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', r.id, 'referred_at', r.referred_at, 'status', r.status,
    'referrer', jsonb_build_object('id', a.id, 'name', a.full_name),
    'referred', jsonb_build_object('id', b.id, 'name', b.full_name)) order by r.referred_at desc), '[]')
  from others as o
  join public.customer_referrals as r on r.id = o.id
  join public.customers as a on a.id = r.referrer_id
  join public.customers as b on b.id = r.referred_customer_id
$$;
comment on function private.ring_of(public.customer_referrals) is
  'Other open cases of the same people, or about the same place, phone or network.';
revoke all on function private.ring_of(public.customer_referrals) from public, anon, authenticated, service_role;

create function private.appeal_document(p_referral_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', a.id, 'status', a.status, 'reason', a.reason, 'asked_at', a.asked_at, 'due_at', a.due_at,
    'decided_at', a.decided_at, 'decided_by_name', private.admin_name(a.decided_by), 'decision_reason', a.decision_reason)
  from public.review_appeals as a where a.referral_id = p_referral_id
$$;
comment on function private.appeal_document(uuid) is 'The appeal about a referral, or null.';
revoke all on function private.appeal_document(uuid) from public, anon, authenticated, service_role;

create function public.get_review_case(p_referral_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  perform private.require_permission('referrals:review');
  select r.* into v_referral from public.customer_referrals as r where r.id = p_referral_id;
  if v_referral.id is null then
    perform private.fail(404, 'not_found', 'referral');
  end if;
  return private.admin_referral_document(v_referral) || jsonb_build_object(
    'signals', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', f.id, 'signal', f.signal, 'severity', f.severity, 'weight', f.weight, 'evidence', f.evidence,
        'status', f.status, 'created_at', f.created_at) order by f.severity desc, f.weight desc, f.signal)
      from public.referral_flags as f where f.referral_id = p_referral_id), '[]'),
    'score', coalesce((
      select sum(f.weight) from public.referral_flags as f
      where f.referral_id = p_referral_id and f.status <> 'shadow'), 0),
    'referrer_party', private.review_party(v_referral.referrer_id),
    'referred_party', private.review_party(v_referral.referred_customer_id),
    'matched', private.matched_people(p_referral_id),
    'timing', private.review_timing(v_referral),
    'record', private.referrer_record(v_referral.referrer_id),
    'ring', private.ring_of(v_referral),
    'decisions', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', d.id, 'decision', d.decision, 'reason', d.reason, 'decided_at', d.decided_at, 'undone_at', d.undone_at,
        'undo_until', d.undo_until, 'is_own', coalesce(d.decided_by = (select auth.uid()), false),
        'decided_by_name', private.admin_name(d.decided_by)) order by d.decided_at desc)
      from public.review_decisions as d where d.referral_id = p_referral_id), '[]'),
    'appeal', private.appeal_document(p_referral_id),
    'claim', private.review_claim(p_referral_id, now()),
    'next_id', private.next_in_review(p_referral_id));
end;
$$;
comment on function public.get_review_case(uuid) is
  'Admin with referrals:review: everything that is known about one case, and the case that follows.';
revoke all on function public.get_review_case(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_review_case(uuid) to authenticated;

create view private.open_reviews with (security_invoker = true) as
  select f.referral_id, bool_or(f.severity = 'hold') as is_hold, sum(f.weight) as score, min(f.created_at) as flagged_at
  from public.referral_flags as f
  where f.status = 'open'
  group by f.referral_id;
comment on view private.open_reviews is 'The cases that wait: whether one holds, its score, and since when.';
revoke all on table private.open_reviews from public, anon, authenticated, service_role;

create function private.next_in_review(p_except uuid)
returns uuid
language sql
stable
set search_path = ''
as $$
  select q.referral_id
  from private.open_reviews as q
  where q.referral_id <> p_except
    and not exists (
      select 1 from public.review_claims as c
      where c.referral_id = q.referral_id and c.expires_at > now() and c.reviewer is distinct from (select auth.uid()))
  order by q.is_hold desc, q.score desc, q.flagged_at, q.referral_id
  limit 1
$$;
comment on function private.next_in_review(uuid) is 'The case to look at next: one that no other reviewer has.';
revoke all on function private.next_in_review(uuid) from public, anon, authenticated, service_role;

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
  v_after record;
  v_rows jsonb;
begin
  perform private.require_permission('referrals:review');
  -- The place of the last case on the page before. Its flags tell it, also when it was decided since.
  select bool_or(f.severity = 'hold') as is_hold, sum(f.weight) as score, min(f.created_at) as flagged_at
  into v_after
  from public.referral_flags as f
  where f.referral_id = p_cursor_id and f.status <> 'shadow';
  select coalesce(jsonb_agg(
    private.admin_referral_document(page.r) || jsonb_build_object(
      'flagged_at', page.flagged_at, 'score', page.score, 'is_hold', page.is_hold,
      'claim', private.review_claim((page.r).id, now()),
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
    ) order by page.is_hold desc, page.score desc, page.flagged_at, (page.r).id), '[]')
  into v_rows
  from (
    select r, q.flagged_at, q.score, q.is_hold
    from private.open_reviews as q
    join public.customer_referrals as r on r.id = q.referral_id
    where p_cursor_id is null
      or (not q.is_hold, -q.score, q.flagged_at, q.referral_id)
        > (not v_after.is_hold, -v_after.score, v_after.flagged_at, p_cursor_id)
    order by q.is_hold desc, q.score desc, q.flagged_at, q.referral_id
    limit v_limit + 1
  ) as page;
  return private.keyset_page('queue', v_rows, v_limit, 'flagged_at')
    || (select jsonb_build_object(
      'open', count(*), 'holds', count(*) filter (where q.is_hold), 'oldest_hold_at', min(q.flagged_at) filter (where q.is_hold))
      from private.open_reviews as q)
    || jsonb_build_object('appeals', private.open_appeals());
end;
$$;
comment on function public.get_review_queue(timestamptz, uuid, integer) is
  'Admin with referrals:review: referrals with open flags: those with a hold first, by score and then by age; those for information after them. And the appeals that wait.';
revoke all on function public.get_review_queue(timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.get_review_queue(timestamptz, uuid, integer) to authenticated;

create function private.open_appeals()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'referral_id', a.referral_id, 'asked_at', a.asked_at, 'due_at', a.due_at, 'is_overdue', a.due_at < now(),
    'referrer', jsonb_build_object('id', c.id, 'name', c.full_name)) order by a.due_at, a.id), '[]')
  from (select p.* from public.review_appeals as p where p.status = 'open' order by p.due_at, p.id limit 50) as a
  join public.customers as c on c.id = a.customer_id
$$;
comment on function private.open_appeals() is 'The appeals that wait, by their deadline, 50 at most.';
revoke all on function private.open_appeals() from public, anon, authenticated, service_role;

create function public.appeal_review(p_referral_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_customer public.customers;
  v_referral public.customer_referrals;
  v_appeal public.review_appeals;
begin
  select c.* into strict v_customer from public.customers as c where c.id = private.require_customer();
  select r.* into v_referral
  from public.customer_referrals as r where r.id = p_referral_id and r.referrer_id = v_customer.id;
  if v_referral.id is null then
    perform private.fail(404, 'not_found', 'referral');
  end if;
  if coalesce(length(btrim(p_reason)), 0) not between 3 and 1000 then
    perform private.fail(400, 'invalid_request', 'reason');
  end if;
  perform private.lock_customers(array[v_customer.id]);
  select r.* into strict v_referral from public.customer_referrals as r where r.id = p_referral_id;
  if v_referral.status <> 'rejected' or now() > v_referral.rejected_at + interval '30 days' then
    perform private.fail(409, 'appeal_not_possible');
  end if;
  insert into public.review_appeals (referral_id, customer_id, reason, asked_at, due_at)
  values (p_referral_id, v_customer.id, btrim(p_reason), now(), now() + interval '7 days')
  on conflict (referral_id) do nothing
  returning * into v_appeal;
  if v_appeal.id is null then
    perform private.fail(409, 'appeal_not_possible');
  end if;
  perform private.write_audit(
    (select auth.uid()), 'referral.appealed', 'referral', p_referral_id::text, v_customer.id, null, null,
    jsonb_build_object('due_at', v_appeal.due_at), now());
  perform private.enqueue_mail(
    'appeal_received', v_customer.email, v_customer.id,
    jsonb_build_object(
      'first_name', v_customer.first_name, 'friend', private.friend_name(v_referral.referred_customer_id),
      'due_on', private.local_date(v_appeal.due_at, private.billing_time_zone())),
    'appeal_received:' || v_appeal.id, now());
  return jsonb_build_object('status', 'open', 'due_at', v_appeal.due_at);
end;
$$;
comment on function public.appeal_review(uuid, text) is
  'Customer: asks once, with a reason, that somebody else looks at an own friend who was rejected, within 30 days. Raises appeal_not_possible.';
revoke all on function public.appeal_review(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.appeal_review(uuid, text) to authenticated;

create function private.friend_name(p_customer_id uuid)
returns text
language sql
stable
set search_path = ''
as $$
  select private.mask_name(c.first_name, c.last_name) from public.customers as c where c.id = p_customer_id
$$;
comment on function private.friend_name(uuid) is 'A friend''s name as a referrer may see it.';
revoke all on function private.friend_name(uuid) from public, anon, authenticated, service_role;

create function public.get_my_appeal(p_referral_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
  v_referral public.customer_referrals;
begin
  select r.* into v_referral
  from public.customer_referrals as r where r.id = p_referral_id and r.referrer_id = v_customer;
  if v_referral.id is null then
    perform private.fail(404, 'not_found', 'referral');
  end if;
  return jsonb_build_object(
    'friend', private.friend_name(v_referral.referred_customer_id),
    'can_ask', v_referral.status = 'rejected' and now() <= v_referral.rejected_at + interval '30 days'
      and not exists (select 1 from public.review_appeals as a where a.referral_id = p_referral_id),
    'time_zone', private.billing_time_zone(),
    'appeal', (
      select jsonb_build_object(
        'status', a.status, 'asked_at', a.asked_at, 'due_at', a.due_at, 'decided_at', a.decided_at)
      from public.review_appeals as a where a.referral_id = p_referral_id));
end;
$$;
comment on function public.get_my_appeal(uuid) is
  'Customer: whether they can ask about a friend who does not count, and what became of it.';
revoke all on function public.get_my_appeal(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_my_appeal(uuid) to authenticated;

create function public.decide_appeal(
  p_actor uuid, p_referral_id uuid, p_decision text, p_reason text, p_grant boolean,
  p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_referral public.customer_referrals;
  v_rejection public.review_decisions;
  v_appeal public.review_appeals;
  v_referrer public.customers;
begin
  perform private.require_permission_of(p_actor, 'referrals:review');
  if p_decision is null or p_decision not in ('uphold', 'dismiss') then
    perform private.fail(400, 'invalid_request', 'decision');
  end if;
  select r.* into v_referral from public.customer_referrals as r where r.id = p_referral_id;
  if v_referral.id is null then
    perform private.fail(404, 'not_found', 'referral');
  end if;
  perform private.lock_customers(array[v_referral.referrer_id]);
  perform private.refuse_own_account(v_referral.referrer_id, p_actor);
  perform private.refuse_own_account(v_referral.referred_customer_id, p_actor);
  select a.* into v_appeal from public.review_appeals as a where a.referral_id = p_referral_id for update;
  if v_appeal.id is null or v_appeal.status <> 'open' then
    perform private.fail(409, 'referral_not_reviewable');
  end if;
  select d.* into v_rejection
  from public.review_decisions as d
  where d.referral_id = p_referral_id and d.decision = 'reject' and d.undone_at is null
  order by d.decided_at desc limit 1;
  if v_rejection.decided_by = p_actor then
    perform private.fail(403, 'second_reviewer_needed');
  end if;
  perform private.refuse_claimed_by_other(p_referral_id, p_actor, p_as_of);
  delete from public.review_claims as c where c.referral_id = p_referral_id;

  update public.review_appeals as a
  set status = case p_decision when 'uphold' then 'upheld' else 'dismissed' end,
    decided_by = p_actor, decided_at = p_as_of, decision_reason = v_reason
  where a.id = v_appeal.id
  returning * into v_appeal;
  perform private.write_audit(
    p_actor, 'referral.appeal_' || v_appeal.status, 'referral', p_referral_id::text, v_referral.referrer_id, v_reason,
    jsonb_build_object('status', v_referral.status),
    jsonb_build_object('status', case p_decision when 'uphold' then v_rejection.before ->> 'status' else v_referral.status end),
    p_as_of);
  if p_decision = 'uphold' then
    perform private.restore_referral(p_referral_id, coalesce(v_rejection.before, '{"status": "pending"}'), p_as_of);
    update public.referral_flags as f
    set status = 'cleared', decided_by = p_actor, decided_at = p_as_of, decision_reason = v_reason
    where f.referral_id = p_referral_id and f.status = 'rejected';
    perform private.write_audit(
      p_actor, 'referral.cleared', 'referral', p_referral_id::text, v_referral.referrer_id, v_reason, null,
      jsonb_build_object('appeal', v_appeal.id), p_as_of);
    if coalesce(p_grant, false) then
      perform private.grant_earned_rewards(v_referral.referrer_id, p_as_of);
    end if;
  end if;
  select c.* into strict v_referrer from public.customers as c where c.id = v_referral.referrer_id;
  perform private.enqueue_mail(
    'appeal_decided', v_referrer.email, v_referrer.id,
    jsonb_build_object(
      'first_name', v_referrer.first_name, 'friend', private.friend_name(v_referral.referred_customer_id),
      'outcome', v_appeal.status),
    'appeal_decided:' || v_appeal.id, p_as_of);
  return jsonb_build_object('referral_id', p_referral_id, 'appeal', v_appeal.status);
end;
$$;
comment on function public.decide_appeal(uuid, uuid, text, text, boolean, timestamptz) is
  'Server, for an admin with referrals:review who did not reject the referral: upholds or dismisses an appeal. Upholding gives the referral back and clears its flags. Raises second_reviewer_needed.';
revoke all on function public.decide_appeal(uuid, uuid, text, text, boolean, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.decide_appeal(uuid, uuid, text, text, boolean, timestamptz) to service_role;

create function private.signal_precision(p_since timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(s) order by s.rejected desc, s.cleared desc, s.signal), '[]')
  from (
    select f.signal, bool_or(f.status = 'shadow') as is_shadow,
      count(*) filter (where last.decision = 'reject') as rejected,
      count(*) filter (where last.decision = 'clear') as cleared,
      count(*) filter (where last.decision is null) as undecided
    from public.referral_flags as f
    left join lateral (
      select d.decision from public.review_decisions as d
      where d.referral_id = f.referral_id and d.undone_at is null
      order by d.decided_at desc limit 1
    ) as last on true
    where f.created_at >= p_since
    group by f.signal
  ) as s
$$;
comment on function private.signal_precision(timestamptz) is
  'Per signal: on how many referrals it was raised since then, and what reviewers decided about those. Shadow signals too.';
revoke all on function private.signal_precision(timestamptz) from public, anon, authenticated, service_role;

create function private.recent_alerts(p_since timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'at', n.created_at, 'kind', coalesce(n.payload ->> 'kind', 'velocity'),
    'referrer', jsonb_build_object('id', c.id, 'name', c.full_name)) order by n.created_at desc), '[]')
  from (
    select m.* from public.notifications as m
    where m.template = 'suspicious_activity' and m.created_at >= p_since
    order by m.created_at desc
    limit 20
  ) as n
  join public.customers as c on c.id = (n.payload ->> 'referrer_id')::uuid
$$;
comment on function private.recent_alerts(timestamptz) is 'Alerts about referrers since then, newest first, 20 at most.';
revoke all on function private.recent_alerts(timestamptz) from public, anon, authenticated, service_role;

create function public.get_review_overview(p_as_of timestamptz default now())
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('referrals:review');
  return jsonb_build_object(
    'signals', private.signal_precision(p_as_of - interval '90 days'),
    'alerts', private.recent_alerts(p_as_of - interval '7 days'),
    'appeals', (select count(*) from public.review_appeals as a where a.status = 'open'),
    'next_appeal_due_at', (select min(a.due_at) from public.review_appeals as a where a.status = 'open'))
    || (select jsonb_build_object(
      'holds', count(*) filter (where q.is_hold), 'flags', count(*) filter (where not q.is_hold),
      'oldest_hold_at', min(q.flagged_at) filter (where q.is_hold),
      'oldest_flag_at', min(q.flagged_at) filter (where not q.is_hold))
      from private.open_reviews as q);
end;
$$;
comment on function public.get_review_overview(timestamptz) is
  'Admin with referrals:review: the age of each queue, each signal''s precision over 90 days, and the alerts of a week.';
revoke all on function public.get_review_overview(timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.get_review_overview(timestamptz) to authenticated;

-- schemas/110_billing_runs.sql
-- Billing runs: one run per cycle at a time, shared by several processes. A cycle is billed while it lasts, unless an
-- admin forces it with a reason. The row of a run shows its progress, its errors per service and its heartbeat.
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
comment on column public.billing_runs.force_reason is
  'Why a cycle was billed before it began, or longer after its end than runs complete by themselves.';
comment on column public.billing_runs.heartbeat_at is
  'When somebody last worked on the run, by the clock of the database. See private.billing_silence().';
comment on column public.billing_runs.settings_version is
  'The newest version of the billing settings that the run knows: those in force on the days that it charges, of the versions up to this one. A version that is added meanwhile counts from the next run on.';
comment on column public.billing_runs.errors is
  'What could not be billed: [{customer_id, service_id, message}]. Without a service: the customer or the run as a whole.';

create index billing_runs_started on public.billing_runs (started_at desc, id desc);
create index billing_runs_period on public.billing_runs (period_start, started_at desc);
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

create function private.billing_silence()
returns interval
language sql
immutable
parallel safe
set search_path = ''
as $$
  select interval '15 minutes'
$$;
comment on function private.billing_silence() is
  'How long nobody may work on a running billing run, or a process on its part, before it counts as interrupted.';
revoke all on function private.billing_silence() from public, anon, authenticated, service_role;

create function private.billing_run_is_interrupted(p_run public.billing_runs)
returns boolean
language sql
stable
set search_path = ''
as $$
  select p_run.status = 'running' and p_run.heartbeat_at < now() - private.billing_silence()
$$;
comment on function private.billing_run_is_interrupted(public.billing_runs) is
  'Whether a run that was never closed has stopped: nobody worked on it within private.billing_silence().';
revoke all on function private.billing_run_is_interrupted(public.billing_runs)
  from public, anon, authenticated, service_role;

create function private.billing_run_settings(p_run public.billing_runs)
returns public.billing_settings
language sql
stable
set search_path = ''
as $$
  select private.billing_settings_on(p_run.period_start, p_run.settings_version)
$$;
comment on function private.billing_run_settings(public.billing_runs) is
  'The settings in force on the first day of the cycle, of those that were known when the run was started.';
revoke all on function private.billing_run_settings(public.billing_runs) from public, anon, authenticated, service_role;

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
  -- An error whose service got its invoice meanwhile is dropped.
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

create function private.first_month_completed(p_as_of timestamptz)
returns date
language sql
stable
set search_path = ''
as $$
  select (date_trunc('month', private.local_date(p_as_of, s.time_zone)) - make_interval(months => s.completion_months))::date
  from private.billing_settings_on(private.local_date(p_as_of, private.billing_time_zone())) as s
$$;
comment on function private.first_month_completed(timestamptz) is
  'The first day of the earliest month that billing runs complete at p_as_of.';
revoke all on function private.first_month_completed(timestamptz) from public, anon, authenticated, service_role;

create function private.refuse_other_cycle(p_period_start date, p_as_of timestamptz)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if private.local_date(p_as_of, private.billing_time_zone()) < p_period_start then
    perform private.fail(409, 'billing_cycle_future', p_period_start::text);
  end if;
  if p_period_start < private.first_month_completed(p_as_of) then
    perform private.fail(409, 'billing_cycle_closed', p_period_start::text);
  end if;
end;
$$;
comment on function private.refuse_other_cycle(date, timestamptz) is
  'A cycle is billed once it has begun, and as long as runs complete it. Raises billing_cycle_future, billing_cycle_closed.';
revoke all on function private.refuse_other_cycle(date, timestamptz) from public, anon, authenticated, service_role;

create function private.close_interrupted_runs(p_alert_email text, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_run public.billing_runs;
begin
  for v_run in
    select r.* from public.billing_runs as r
    where r.status = 'running' and private.billing_run_is_interrupted(r)
    order by r.id
    for update
  loop
    perform private.close_billing_run(
      v_run.id, '[{"customer_id": null, "service_id": null, "message": "The run ended without being closed."}]',
      p_alert_email, p_as_of);
  end loop;
end;
$$;
comment on function private.close_interrupted_runs(text, timestamptz) is
  'Closes interrupted runs as failed: a process that was killed cannot close its run.';
revoke all on function private.close_interrupted_runs(text, timestamptz) from public, anon, authenticated, service_role;

create function private.open_or_join_run(
  p_new public.billing_runs, p_ends_at timestamptz, out run public.billing_runs, out joined boolean
)
language plpgsql
set search_path = ''
as $$
declare
  v_counts jsonb;
begin
  loop
    -- Either this is a repeated call, or another process bills the cycle at this moment.
    select r.* into run
    from public.billing_runs as r
    where r.id = p_new.id or (r.status = 'running' and r.period_start = p_new.period_start)
    order by r.id = p_new.id desc
    limit 1
    for key share;
    if found then
      joined := run.id <> p_new.id;
      return;
    end if;
    v_counts := coalesce(v_counts, private.count_billable_services(p_new.period_start, p_ends_at, p_new.as_of));
    insert into public.billing_runs
      (id, period_start, period_end, as_of, trigger, rewards_enabled, started_by, services_total, skipped, force_reason,
       settings_version)
    values
      (p_new.id, p_new.period_start, p_new.period_end, p_new.as_of, p_new.trigger, p_new.rewards_enabled,
       p_new.started_by, (v_counts ->> 'services_total')::bigint, (v_counts ->> 'skipped')::bigint, p_new.force_reason,
       (select max(known.version) from public.billing_settings as known))
    on conflict (period_start) where status = 'running' do nothing
    returning * into run;
    if found then
      joined := false;
      perform private.write_audit(
        run.started_by, 'billing_run.started', 'billing_run', run.id::text, null, run.force_reason, null,
        jsonb_build_object(
          'period_start', run.period_start, 'trigger', run.trigger, 'rewards_enabled', run.rewards_enabled),
        run.as_of);
      return;
    end if;
  end loop;
end;
$$;
comment on function private.open_or_join_run(public.billing_runs, timestamptz) is
  'Opens the run, or finds the one that has its id or bills its cycle at this moment; one per cycle is open at a time.';
revoke all on function private.open_or_join_run(public.billing_runs, timestamptz)
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
set statement_timeout = '60s'
as $$
declare
  v_reason text := case when p_force_reason is not null then private.trimmed_reason(p_force_reason) end;
  -- A key belongs to the admin who used it.
  v_scope text := concat_ws(':', 'billing_run', p_actor);
  v_new public.billing_runs;
  v_opened record;
  v_run public.billing_runs;
  v_known jsonb;
  v_joined boolean := true;
begin
  if p_actor is not null then
    perform private.require_permission_of(p_actor, 'billing:manage_invoices');
  end if;
  v_known := private.claim_idempotency_key(
    v_scope, p_idempotency_key, private.request_hash(jsonb_build_array(p_period_start, v_reason)));
  if v_known is not null then
    select r.* into strict v_run from public.billing_runs as r where r.id = (v_known ->> 'run_id')::uuid;
  else
    if v_reason is null then
      perform private.refuse_other_cycle(p_period_start, p_as_of);
    elsif p_actor is not null then
      perform private.use_run_approval(p_period_start, p_actor, p_as_of);
    end if;
    perform private.close_interrupted_runs(p_alert_email, p_as_of);
    v_new.id := p_run_id;
    v_new.period_start := p_period_start;
    v_new.period_end := p_period_end;
    v_new.as_of := p_as_of;
    v_new.trigger := p_trigger;
    v_new.rewards_enabled := p_rewards_enabled and private.rewards_are_on();
    v_new.started_by := p_actor;
    v_new.force_reason := v_reason;
    v_opened := private.open_or_join_run(v_new, p_ends_at);
    v_run := v_opened.run;
    v_joined := v_opened.joined;
    -- A process that joins is not recorded. An admin who asked for the run, or a forced one, is.
    if v_joined and (p_actor is not null or v_reason is not null) then
      perform private.write_audit(
        p_actor, 'billing_run.joined', 'billing_run', v_run.id::text, null, v_reason, null,
        jsonb_build_object('period_start', p_period_start, 'trigger', p_trigger), p_as_of);
    end if;
    perform private.store_idempotent_response(v_scope, p_idempotency_key, jsonb_build_object('run_id', v_run.id));
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
    'settings', private.cycle_settings(v_run.period_start, v_run.settings_version));
end;
$$;
comment on function public.start_billing_run(
  date, date, timestamptz, text, boolean, uuid, timestamptz, uuid, text, text, text
) is
  'Server: opens a run for a cycle, or joins the one that bills it at this moment; p_run_id names the process. Raises forbidden, billing_cycle_future, billing_cycle_closed (unless forced with a reason), approval_needed, idempotency_key_reused.';
revoke all on function public.start_billing_run(
  date, date, timestamptz, text, boolean, uuid, timestamptz, uuid, text, text, text
) from public, anon, authenticated, service_role;
grant execute on function public.start_billing_run(
  date, date, timestamptz, text, boolean, uuid, timestamptz, uuid, text, text, text
) to service_role;

-- Batches are read and checked by index, row by row: the functions are planned early in a run, when the tables that they
-- fill look empty. Invoices are counted per row for the same reason: a join could read all of them.
create function private.unbilled_customers(
  p_period_start date, p_ends_at timestamptz, p_as_of timestamptz, p_after uuid, p_limit integer
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
  v_time_zone text := (private.billing_settings_on(p_period_start)).time_zone;
  -- A service that ended on the first day of the cycle has no day to charge in it.
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
          and (s.revision = 0 or private.is_chargeable(s, p_period_start, p_ends_at, v_time_zone, p_as_of))
        order by s.customer_id
        limit p_limit
      )
      union
      (
        select distinct s.customer_id
        from public.customer_services as s
        where s.status = 'cancelled' and s.activated_at is not null and s.customer_id > v_after
          and s.ended_at >= v_second_day
          -- The rule of private.is_chargeable, written out: each batch asks it of every service that ended.
          and s.activated_at < p_ends_at
          and (s.ended_at at time zone v_time_zone)::date
            > (s.activated_at at time zone v_time_zone)::date
          and (s.revision = 0 or private.is_chargeable(s, p_period_start, p_ends_at, v_time_zone, p_as_of))
          -- An erased customer gets no invoice. Customers with a running service are never erased.
          and not exists (select 1 from public.customers as c where c.id = s.customer_id and c.erased_at is not null)
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
        where s.status = 'suspended' and p_ends_at <= p_as_of and s.customer_id > v_after
          and not exists (
            select 1 from public.customer_invoices as i
            where i.service_id = s.id and i.period_start = p_period_start)
          and private.is_chargeable(s, p_period_start, p_ends_at, v_time_zone, p_as_of)
        order by s.customer_id
        limit p_limit
      )
      order by customer_id
      limit p_limit
    ) as due
  );
end;
$$;
comment on function private.unbilled_customers(date, timestamptz, timestamptz, uuid, integer) is
  'The next customers, by id, with a service to charge that has no invoice for the cycle. Null: none is left.';
revoke all on function private.unbilled_customers(date, timestamptz, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;

create function private.count_billable_services(p_period_start date, p_ends_at timestamptz, p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_time_zone text := (private.billing_settings_on(p_period_start)).time_zone;
begin
  return (
    select jsonb_build_object('services_total', count(*), 'skipped', count(i.id))
    from (
      select s.id
      from public.customer_services as s
      where s.status = 'active' and s.activated_at < p_ends_at
        and (s.revision = 0 or private.is_chargeable(s, p_period_start, p_ends_at, v_time_zone, p_as_of))
      union all
      select s.id
      from public.customer_services as s
      where s.status = 'cancelled' and s.activated_at is not null
        and s.ended_at >= private.start_of_day(p_period_start + 1, v_time_zone)
        and private.is_chargeable(s, p_period_start, p_ends_at, v_time_zone, p_as_of)
        and not exists (select 1 from public.customers as c where c.id = s.customer_id and c.erased_at is not null)
      union all
      select s.id
      from public.customer_services as s
      where s.status = 'suspended' and private.is_chargeable(s, p_period_start, p_ends_at, v_time_zone, p_as_of)
    ) as due
    left join public.customer_invoices as i on i.service_id = due.id and i.period_start = p_period_start
  );
end;
$$;
comment on function private.count_billable_services(date, timestamptz, timestamptz) is
  'Services to charge in a cycle, and how many of them have their invoice already (skipped).';
revoke all on function private.count_billable_services(date, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

-- Returns json, which is built faster than jsonb and is only passed on.
create function private.customer_billing_facts(
  p_customer_ids uuid[], p_period_start date, p_ends_at timestamptz, p_as_of timestamptz
)
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
  v_time_zone text := (private.billing_settings_on(p_period_start)).time_zone;
  v_is_over boolean := p_ends_at <= p_as_of;
  v_rewards_are_on boolean := private.rewards_are_on();
begin
  return (
    select coalesce(json_agg(
      -- What decides about a free month is asked only where there is one.
      case when w.pending is null
        then json_build_object(
          'customer_id', c.id, 'used_free_month', false, 'rewards', '[]'::json, 'services', coalesce(s.chargeable, '[]'))
        else json_build_object(
          'customer_id', c.id,
          'used_free_month', 0 < (
            select count(*) from public.customer_invoices as i
            where i.customer_id = c.id and i.period_start = p_period_start and i.is_free_month),
          'dearest_invoiced_cents', private.dearest_invoiced_month(c.id, p_period_start),
          'current_month_open', v_is_over and private.has_open_month(c.id, p_as_of),
          'rewards', w.pending, 'services', coalesce(s.chargeable, '[]'))
      end order by c.id), '[]')
    from unnest(p_customer_ids) as c (id)
    left join lateral (
      select json_agg(private.usable_reward(w) order by w.expires_at, w.created_at, w.id) as pending
      from public.referral_rewards as w
      where v_rewards_are_on and w.customer_id = c.id and w.status = 'pending'
    ) as w on true
    left join lateral (
      select json_agg(json_build_object(
        'service_id', s.id, 'package_name', p.name, 'price_cents', s.monthly_price_cents,
        'activated_at', s.activated_at, 'status', s.status,
        'ended_at', s.ended_at,
        'earlier_prices', case when s.revision > 0 then private.earlier_prices(s.id, p_period_start) else '[]' end,
        'suspensions', case when s.revision > 0 then private.suspensions_of(s.id) else '[]' end,
        'revision', s.revision,
        'already_invoiced', 0 < (
          select count(*) from public.customer_invoices as i
          where i.service_id = s.id and i.period_start = p_period_start)
      ) order by s.id) as chargeable
      from public.customer_services as s
      join public.service_packages as p on p.id = s.package_id
      where s.customer_id = c.id and s.activated_at < p_ends_at
        and (s.status = 'active'
          or (s.status in ('cancelled', 'suspended')
            and private.is_chargeable(s, p_period_start, p_ends_at, v_time_zone, p_as_of)))
    ) as s on true
  );
end;
$$;
comment on function private.customer_billing_facts(uuid[], date, timestamptz, timestamptz) is
  'What the invoice rules need of each customer for the cycle that starts on p_period_start and ends before p_ends_at. revision tells, when the invoice is issued, whether prices and suspensions are still the same.';
revoke all on function private.customer_billing_facts(uuid[], date, timestamptz, timestamptz)
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
set statement_timeout = '60s'
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
  v_customers := private.unbilled_customers(v_run.period_start, p_ends_at, v_run.as_of, (
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
    'customers', private.customer_billing_facts(v_customers, v_run.period_start, p_ends_at, v_run.as_of))::text;
end;
$$;
comment on function public.claim_billing_batch(uuid, timestamptz, integer, uuid, jsonb) is
  'Server: the next range of customers of a run, with their facts, as text of JSON, and keeps the errors found so far. Empty when the range is used up. Raises billing_run_closed.';
revoke all on function public.claim_billing_batch(uuid, timestamptz, integer, uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.claim_billing_batch(uuid, timestamptz, integer, uuid, jsonb) to service_role;

create function public.read_billing_batch(
  p_period_start date, p_ends_at timestamptz, p_as_of timestamptz, p_after uuid default null, p_limit integer default 200
)
returns text
language sql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
  select json_build_object(
    'customers',
    private.customer_billing_facts(
      private.unbilled_customers(p_period_start, p_ends_at, p_as_of, p_after, p_limit), p_period_start, p_ends_at, p_as_of),
    -- The first page brings the counts of the cycle, for a dry run.
    'counts', case when p_after is null then private.count_billable_services(p_period_start, p_ends_at, p_as_of) end)::text
$$;
comment on function public.read_billing_batch(date, timestamptz, timestamptz, uuid, integer) is
  'Server: the facts of the next unbilled customers after p_after, as text of JSON, without claiming them (dry run, final sweep).';
revoke all on function public.read_billing_batch(date, timestamptz, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.read_billing_batch(date, timestamptz, timestamptz, uuid, integer) to service_role;

create function public.finish_billing_run(
  p_run_id uuid, p_errors jsonb, p_alert_email text default null, p_as_of timestamptz default now(),
  p_process uuid default null, p_is_complete boolean default true
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
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
    -- Closed already, by a call whose answer was lost or by another process.
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
      having max(p.created_at) > now() - private.billing_silence() and not bool_or(p.step = 'left'))
    then
      -- Other processes go on. Errors of this process alone, without a customer, are not errors of the run.
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
  'Server: closes a run; an error whose service has no invoice by then makes it failed and mails the admins. A process that ends before the work is complete leaves the run to the others, and closes it when there are none.';
revoke all on function public.finish_billing_run(uuid, jsonb, text, timestamptz, uuid, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.finish_billing_run(uuid, jsonb, text, timestamptz, uuid, boolean) to service_role;

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
    'customer_id', c.id, 'customer_name', c.full_name,
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
      select jsonb_object_agg(c.id, c.full_name)
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

create table public.series_gaps (
  series text not null,
  year integer not null,
  first_number bigint not null check (first_number > 0),
  last_number bigint not null,
  reason text not null,
  created_at timestamptz not null default now(),
  primary key (series, year, first_number),
  check (last_number >= first_number)
);
comment on table public.series_gaps is
  'Numbers that this database never gives, because a document that was lost in a restore may have them.';

alter table public.series_gaps enable row level security;
revoke all on table public.series_gaps from public, anon, authenticated, service_role;
grant select on table public.series_gaps to service_role;
grant select on table public.series_gaps to authenticated;
create policy series_gaps_select on public.series_gaps
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create function private.skipped_numbers(p_series text, p_year text)
returns bigint
language sql
stable
set search_path = ''
as $$
  select coalesce(sum(g.last_number - g.first_number + 1), 0)::bigint
  from public.series_gaps as g where g.series = p_series and g.year::text = p_year
$$;
comment on function private.skipped_numbers(text, text) is 'How many numbers of a series are known to be missing.';
revoke all on function private.skipped_numbers(text, text) from public, anon, authenticated, service_role;

create function private.document_numbers(p_series text, p_year integer, p_first bigint, p_last bigint)
returns text[]
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select array_agg(
    p_series || '-' || p_year || '-' || lpad(n::text, greatest(6, length(n::text)), '0') order by n)
  from generate_series(p_first, p_last) as n
$$;
comment on function private.document_numbers(text, integer, bigint, bigint) is
  'Numbers as printed on invoices and credit notes, from the first to the last: INV-2026-000001, with more digits from the millionth on.';
revoke all on function private.document_numbers(text, integer, bigint, bigint)
  from public, anon, authenticated, service_role;

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

create function private.whole_month_cents(p_line_items jsonb, p_days integer)
returns bigint
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select case when sum((line ->> 'days')::integer) = p_days then sum((line ->> 'amount_cents')::bigint) end
  from jsonb_array_elements(p_line_items) as line
  where line ->> 'kind' = 'service'
$$;
comment on function private.whole_month_cents(jsonb, integer) is
  'What the lines charge for all p_days days of their month, in cents with VAT, before a free month. Null when they leave out a day.';
revoke all on function private.whole_month_cents(jsonb, integer) from public, anon, authenticated, service_role;

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
  reward_treatment text check (reward_treatment in ('discount', 'consideration')),
  reward_description text,
  seller jsonb not null,
  buyer jsonb not null,
  due_on date not null,
  issued_at timestamptz not null default now(),
  constraint customer_invoices_period check (period_end > period_start),
  constraint customer_invoices_totals check (
    total_cents = subtotal_cents + vat_cents
    and total_cents = private.line_items_total(line_items)
    -- A discount is a line of the invoice. A credit lowers what is due, and leaves total and VAT as they are.
    and amount_due_cents = total_cents - case reward_treatment when 'consideration' then amount_waived_cents else 0 end
    and amount_due_cents >= 0
  ),
  constraint customer_invoices_free_month check (
    is_free_month = (referral_reward_id is not null)
    and is_free_month = (reward_treatment is not null)
    and is_free_month = (reward_description is not null)
    and (is_free_month or amount_waived_cents = 0)
  ),
  constraint customer_invoices_one_per_service_and_period unique (service_id, period_start)
);
comment on table public.customer_invoices is
  'Tax invoices. Amounts in cents, VAT included unless named subtotal. period_end is exclusive. Never changed once issued.';
comment on column public.customer_invoices.vat_bps is
  'The VAT rate of the first day that the invoice charges. Each line has the rate of its own days.';
comment on column public.customer_invoices.reward_treatment is
  'How VAT treats the free month: discount is a line of the invoice, consideration a credit against its total.';
comment on column public.customer_invoices.reward_description is 'What the free month is called on the invoice.';
comment on column public.customer_invoices.price_cents is 'The monthly price that was charged, at billing time.';
comment on column public.customer_invoices.buyer is 'Snapshot of the buyer for the tax invoice; the only part that an erasure may blank.';

create unique index customer_invoices_one_free_month_per_cycle
  on public.customer_invoices (customer_id, period_start) where is_free_month;
create index customer_invoices_customer on public.customer_invoices (customer_id, issued_at desc, id desc);
create index customer_invoices_run on public.customer_invoices (run_id, invoice_number) where run_id is not null;
-- Months follow each other on disk: blocks of other months are skipped.
create index customer_invoices_month on public.customer_invoices using brin (period_start) with (autosummarize = on);
create index customer_invoices_due on public.customer_invoices (customer_id, due_on) where amount_due_cents > 0;
-- The order of the admin's list: newest first, by number within one run.
create index customer_invoices_issued on public.customer_invoices (issued_at desc, invoice_number desc);
create index customer_invoices_free_months on public.customer_invoices (issued_at desc, invoice_number desc) where is_free_month;
create index customer_invoices_pro_rated on public.customer_invoices (issued_at desc, invoice_number desc)
  where amount_due_cents + amount_waived_cents <> price_cents;
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

create function private.usable_reward(p_reward public.referral_rewards)
returns json
language sql
immutable
set search_path = ''
as $$
  select json_build_object(
    'id', p_reward.id, 'expires_at', p_reward.expires_at, 'created_at', p_reward.created_at,
    'cap_cents', p_reward.cap_cents, 'source', p_reward.source, 'vat_treatment', p_reward.vat_treatment)
$$;
comment on function private.usable_reward(public.referral_rewards) is 'A pending reward, as the invoice rules take it.';
revoke all on function private.usable_reward(public.referral_rewards) from public, anon, authenticated, service_role;

create function private.dearest_invoiced_month(p_customer_id uuid, p_period_start date)
returns bigint
language sql
stable
set search_path = ''
as $$
  select coalesce(max(private.whole_month_cents(i.line_items, i.period_end - i.period_start)), 0)::bigint
  from public.customer_invoices as i
  where i.customer_id = p_customer_id and i.period_start = p_period_start
$$;
comment on function private.dearest_invoiced_month(uuid, date) is
  'The most expensive whole month that a customer is invoiced for in a cycle, in cents with VAT before a free month; 0 for none.';
revoke all on function private.dearest_invoiced_month(uuid, date) from public, anon, authenticated, service_role;

create function private.has_open_month(p_customer_id uuid, p_as_of timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
    select 1
    from public.customer_services as s
    where s.customer_id = p_customer_id and s.status = 'active' and s.monthly_price_cents > 0
      and cardinality(private.active_days(s, cycle.starts_on, cycle.ends_on, cycle.time_zone)) = cycle.ends_on - cycle.starts_on
      and not exists (
        select 1 from public.customer_invoices as i where i.service_id = s.id and i.period_start = cycle.starts_on))
  from (
    select z.time_zone, m.starts_on, (m.starts_on + interval '1 month')::date as ends_on
    from private.billing_time_zone() as z (time_zone)
    cross join lateral (select date_trunc('month', private.local_date(p_as_of, z.time_zone))::date as starts_on) as m
  ) as cycle
$$;
comment on function private.has_open_month(uuid, timestamptz) is
  'Whether a whole month of the cycle under way at p_as_of waits for its invoice.';
revoke all on function private.has_open_month(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.free_month_fits(
  p_run public.billing_runs, p_reward public.referral_rewards, p_line_items jsonb, p_dearest_draft_cents bigint,
  p_as_of timestamptz, p_time_zone text
)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
  v_ends_at timestamptz := private.start_of_day(p_run.period_end, p_time_zone);
  v_is_over boolean := v_ends_at <= p_as_of;
  v_month bigint := private.whole_month_cents(p_line_items, p_run.period_end - p_run.period_start);
begin
  if not v_is_over
    and v_month >= greatest(p_dearest_draft_cents, private.dearest_invoiced_month(p_reward.customer_id, p_run.period_start))
  then
    return true;
  end if;
  if v_is_over then
    v_ends_at := case
      when private.has_open_month(p_reward.customer_id, p_as_of) then p_as_of
      else private.start_of_day(
        (date_trunc('month', private.local_date(p_as_of, p_time_zone)) + interval '1 month')::date, p_time_zone)
    end;
  end if;
  return p_reward.expires_at <= v_ends_at;
end;
$$;
comment on function private.free_month_fits(
  public.billing_runs, public.referral_rewards, jsonb, bigint, timestamptz, text
) is
  'Whether a reward goes to this draft: it is the most expensive whole month of the cycle, among the drafts (p_dearest_draft_cents) and what is invoiced, or the reward would expire before the next whole month. The same rule as shouldApplyFreeMonth in lib/rewards/free-month-rules.ts.';
revoke all on function private.free_month_fits(
  public.billing_runs, public.referral_rewards, jsonb, bigint, timestamptz, text
) from public, anon, authenticated, service_role;

create type private.invoice_draft as (
  customer_id uuid, service_id uuid, period_start date, price_cents bigint, activated_at timestamptz, ended_at timestamptz,
  revision integer, vat_bps integer, line_items jsonb, subtotal_cents bigint, vat_cents bigint, total_cents bigint,
  amount_due_cents bigint, referral_reward_id uuid, amount_waived_cents bigint, reward_treatment text,
  reward_description text
);
comment on type private.invoice_draft is
  'An invoice as computed by the application, with the facts that it was computed from. Amounts in cents.';

create function private.checked_drafts(
  p_run public.billing_runs, p_drafts private.invoice_draft[], p_as_of timestamptz
)
returns table (
  customer_id uuid, service_id uuid, price_cents bigint, vat_bps integer, line_items jsonb, subtotal_cents bigint,
  vat_cents bigint, total_cents bigint, amount_due_cents bigint, referral_reward_id uuid, amount_waived_cents bigint,
  reward_treatment text, reward_description text, buyer jsonb, is_fresh boolean
)
language plpgsql
rows 100
set search_path = ''
as $$
declare
  v_rewards_are_on boolean := p_run.rewards_enabled and private.rewards_are_on();
  v_days integer := p_run.period_end - p_run.period_start;
  v_time_zone text := (private.billing_run_settings(p_run)).time_zone;
  v_is_over boolean := private.start_of_day(p_run.period_end, v_time_zone) <= p_as_of;
begin
  return query
  with drafts as materialized (
    select d.* from unnest(p_drafts) as d
  ), dearest as materialized (
    -- One document by customer: it is searched faster than rows are.
    select jsonb_object_agg(m.customer_id, m.cents) as cents
    from (
      select o.customer_id, max(private.whole_month_cents(o.line_items, v_days)) as cents
      from drafts as o
      -- An array, because a join would compare each draft with each.
      where o.customer_id = any (array(select r.customer_id from drafts as r where r.referral_reward_id is not null))
      group by o.customer_id
    ) as m
  )
  select d.customer_id, d.service_id, d.price_cents, d.vat_bps, d.line_items, d.subtotal_cents, d.vat_cents,
    d.total_cents, d.amount_due_cents, d.referral_reward_id, d.amount_waived_cents, d.reward_treatment,
    d.reward_description,
    private.buyer_document(c, s.order_id),
    coalesce(
      s.customer_id = d.customer_id
      and (s.status in ('active', 'cancelled') or (s.status = 'suspended' and v_is_over))
      and c.erased_at is null
      and s.ended_at is not distinct from d.ended_at
      and s.monthly_price_cents = d.price_cents
      and s.activated_at = d.activated_at
      and s.revision = coalesce(d.revision, 0)
      and d.period_start = p_run.period_start
      and 0 = (
        select count(*) from public.customer_invoices as i
        where i.service_id = d.service_id and i.period_start = p_run.period_start)
      and (
        d.referral_reward_id is null
        or (
          v_rewards_are_on
          and w.status = 'pending'
          and w.customer_id = d.customer_id
          and w.vat_treatment = d.reward_treatment
          and w.expires_at > p_as_of
          and 0 = (
            select count(*) from public.customer_invoices as i
            where i.customer_id = d.customer_id and i.period_start = p_run.period_start and i.is_free_month)
          and private.free_month_fits(
            p_run, w, d.line_items, (o.cents ->> d.customer_id::text)::bigint, p_as_of, v_time_zone)
        )
      ), false)
  from drafts as d
  cross join dearest as o
  left join public.customer_services as s on s.id = d.service_id
  left join public.customers as c on c.id = s.customer_id
  left join public.referral_rewards as w on w.id = d.referral_reward_id;
end;
$$;
comment on function private.checked_drafts(public.billing_runs, private.invoice_draft[], timestamptz) is
  'Drafts of invoices with their buyers, and whether the facts that they were computed from are still the same. Amounts in cents. The caller holds the customers'' locks.';
revoke all on function private.checked_drafts(public.billing_runs, private.invoice_draft[], timestamptz)
  from public, anon, authenticated, service_role;

create function private.apply_free_months(p_invoice_ids uuid[], p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.referral_rewards as w
  set status = 'applied', applied_invoice_id = i.id, applied_at = p_as_of, amount_waived_cents = i.amount_waived_cents
  from public.customer_invoices as i
  where i.id = any (p_invoice_ids) and w.id = i.referral_reward_id;
  insert into public.notifications (template, recipient, customer_id, payload, dedupe_key, created_at, next_attempt_at)
  select 'reward_applied', c.email, c.id,
    jsonb_build_object(
      'first_name', c.first_name, 'invoice_number', i.invoice_number,
      'amount_waived_cents', i.amount_waived_cents, 'amount_due_cents', i.amount_due_cents,
      'source', w.source, 'treatment', i.reward_treatment,
      'period_start', i.period_start, 'currency', i.currency),
    'reward_applied:' || i.referral_reward_id, p_as_of, least(p_as_of, now())
  from public.customer_invoices as i
  join public.customers as c on c.id = i.customer_id
  join public.referral_rewards as w on w.id = i.referral_reward_id
  where i.id = any (p_invoice_ids);
end;
$$;
comment on function private.apply_free_months(uuid[], timestamptz) is
  'Marks the rewards on these new invoices as applied, and mails their owners.';
revoke all on function private.apply_free_months(uuid[], timestamptz) from public, anon, authenticated, service_role;

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
set statement_timeout = '60s'
as $$
declare
  v_run public.billing_runs;
  -- Of the cycle: the seller and the currency. Of the day of issue: the number and when payment is due.
  v_settings public.billing_settings;
  v_issuing public.billing_settings;
  v_issued_on date;
  v_seller_changes boolean;
  v_drafts private.invoice_draft[];
  v_stale uuid[];
  v_count bigint;
  v_free_months uuid[];
  v_waived bigint;
  v_total bigint;
begin
  -- The drafts may come as a JSON string that holds JSON: what passes it on then does not parse it.
  if jsonb_typeof(p_invoices) = 'string' then
    p_invoices := (p_invoices #>> '{}')::jsonb;
  end if;
  select r.* into v_run from public.billing_runs as r where r.id = p_run_id;
  if v_run.id is null then
    perform private.fail(404, 'not_found', 'billing run');
  end if;
  v_settings := private.billing_run_settings(v_run);
  v_issuing := private.billing_settings_on(private.local_date(p_as_of, v_settings.time_zone), v_run.settings_version);
  v_issued_on := private.local_date(p_as_of, v_issuing.time_zone);
  v_seller_changes := exists (
    select 1 from public.billing_settings as b
    where b.effective_on > v_run.period_start and b.effective_on < v_run.period_end and b.version <= v_run.settings_version);
  v_drafts := array(select d from jsonb_populate_recordset(null::private.invoice_draft, p_invoices) as d);
  perform private.lock_customers(array(select distinct d.customer_id from unnest(v_drafts) as d));
  -- A change of a service between this check and the commit waits for the customer's lock. One stale draft refuses all
  -- drafts of its customer, because the free month belongs to the dearest of them.
  with checked as materialized (
    select c.* from private.checked_drafts(v_run, v_drafts, p_as_of) as c
  ), stale as materialized (
    select array_agg(distinct c.customer_id) as customers from checked as c where not c.is_fresh
  ), numbered as materialized (
    select c.*, gen_random_uuid() as id, row_number() over (order by c.customer_id, c.service_id) as place
    from checked as c, stale as s
    where s.customers is null or c.customer_id <> all (s.customers)
  ), series as (
    insert into public.invoice_series as n (series, year, last_number)
    select v_issuing.invoice_prefix, extract(year from v_issued_on)::integer, max(d.place) from numbered as d having count(*) > 0
    on conflict (series, year) do update set last_number = n.last_number + excluded.last_number
    returning private.document_numbers(
      n.series, n.year, n.last_number - (select max(d.place) from numbered as d) + 1, n.last_number) as numbers
  ), issued as (
    insert into public.customer_invoices
      (id, invoice_number, customer_id, service_id, run_id, period_start, period_end, currency, vat_bps, price_cents,
       line_items, subtotal_cents, vat_cents, total_cents, amount_due_cents, is_free_month, referral_reward_id,
       amount_waived_cents, reward_treatment, reward_description, seller, buyer, due_on, issued_at)
    select
      d.id, n.numbers[d.place], d.customer_id, d.service_id, p_run_id, v_run.period_start, v_run.period_end,
      v_settings.currency, d.vat_bps, d.price_cents, d.line_items, d.subtotal_cents, d.vat_cents, d.total_cents,
      d.amount_due_cents, d.referral_reward_id is not null, d.referral_reward_id, coalesce(d.amount_waived_cents, 0),
      d.reward_treatment, d.reward_description,
      case when v_seller_changes
        then (private.billing_settings_on((d.line_items -> 0 ->> 'period_start')::date, v_run.settings_version)).seller
        else v_settings.seller
      end,
      d.buyer, v_issued_on + v_issuing.payment_days, p_as_of
    from numbered as d, series as n
    order by d.place
    returning id, customer_id, referral_reward_id, amount_waived_cents, total_cents
  ), mailed as (
    -- One mail per customer, with ids alone: its facts are read when it leaves.
    insert into public.notifications (template, recipient, customer_id, payload, dedupe_key, created_at, next_attempt_at)
    select 'invoice_issued', c.email, m.customer_id, jsonb_build_object('ids', m.ids), 'invoice_issued:' || m.first,
      p_as_of, least(p_as_of, now())
    from (
      select i.customer_id, jsonb_agg(i.id) as ids, min(i.id::text) as first from issued as i group by i.customer_id
    ) as m
    join public.customers as c on c.id = m.customer_id
  )
  select coalesce((select s.customers from stale as s), '{}'), count(*),
    coalesce(array_agg(i.id) filter (where i.referral_reward_id is not null), '{}'),
    coalesce(sum(i.amount_waived_cents), 0), coalesce(sum(i.total_cents), 0)
  into v_stale, v_count, v_free_months, v_waived, v_total
  from issued as i;
  if cardinality(v_free_months) > 0 then
    perform private.apply_free_months(v_free_months, p_as_of);
  end if;

  -- Closing the run waits for this lock. If the run was closed already, the batch is rolled back and its totals stay.
  perform 1 from public.billing_runs as r where r.id = p_run_id and r.status = 'running' for key share;
  if not found then
    perform private.fail(409, 'billing_run_closed');
  end if;
  insert into public.billing_run_steps
    (run_id, process_id, step, invoices, free_months, waived_cents, total_cents)
  values
    (p_run_id, coalesce(p_process, p_run_id), 'issued', v_count, cardinality(v_free_months), v_waived, v_total);
  perform private.note_billing_progress(p_run_id, interval '1 second');
  return jsonb_build_object(
    'issued', v_count, 'refused_customers', to_jsonb(v_stale), 'free_months', cardinality(v_free_months),
    'waived_cents', v_waived, 'total_cents', v_total,
    'run_invoices', (select sum(p.invoices) from public.billing_run_steps as p where p.run_id = p_run_id));
end;
$$;
comment on function public.issue_invoices(uuid, jsonb, timestamptz, uuid) is
  'Server: issues a batch of computed invoices in one transaction: numbers, rewards, mails, run totals. Customers whose facts changed meanwhile are refused, with all their drafts, and named. Raises billing_run_closed.';
revoke all on function public.issue_invoices(uuid, jsonb, timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.issue_invoices(uuid, jsonb, timestamptz, uuid) to service_role;

create function private.has_overdue_invoice(p_customer_id uuid, p_as_of timestamptz)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
  v_today date := private.local_date(p_as_of, private.billing_time_zone());
begin
  return exists (
    select 1 from private.open_invoices as i where i.customer_id = p_customer_id and i.due_on < v_today);
end;
$$;
comment on function private.has_overdue_invoice(uuid, timestamptz) is
  'Whether the customer has an open invoice past its due date in the billing time zone.';
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
  -- The same answer for an invoice of somebody else and for one that does not exist.
  if v_invoice.id is null
    or not (
      coalesce(v_invoice.customer_id = private.current_customer_id(), false)
      or public.has_permission('customers:view')
    ) then
    perform private.fail(404, 'not_found', 'invoice');
  end if;
  return to_jsonb(v_invoice) - array['run_id']
    || private.invoice_standing(v_invoice)
    || jsonb_build_object(
      'payment_instructions', (private.current_billing_settings()).payment_instructions,
      'payments', coalesce((
        select jsonb_agg(jsonb_build_object(
          'id', p.id, 'paid_on', p.paid_on, 'amount_cents', p.amount_cents, 'method', p.method, 'reference', p.reference
        ) order by p.paid_on, p.created_at, p.id)
        from public.invoice_payments as p
        where p.invoice_id = v_invoice.id
          and not exists (select 1 from public.payment_reversals as x where x.payment_id = p.id)), '[]'),
      'credit_notes', coalesce((
        select jsonb_agg(jsonb_build_object(
          'credit_note_number', n.credit_note_number, 'issued_at', n.issued_at, 'total_cents', n.total_cents
        ) order by n.issued_at, n.credit_note_number)
        from public.credit_notes as n where n.invoice_id = v_invoice.id), '[]'),
      'service_ended_on', (
        select private.local_date(s.ended_at, private.billing_time_zone())
        from public.customer_services as s
        where s.id = v_invoice.service_id and s.status = 'cancelled'));
end;
$$;
comment on function public.get_invoice(text) is
  'Customer or admin with customers:view: one tax invoice by its number, with what was credited. service_ended_on is the first day, in the billing time zone, on which a cancelled service was no longer delivered.';
revoke all on function public.get_invoice(text) from public, anon, authenticated, service_role;
grant execute on function public.get_invoice(text) to authenticated;

create function private.invoice_preview_facts(p_customer_id uuid, p_as_of timestamptz default now())
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'customer_id', p_customer_id,
    'rewards', coalesce((
      select jsonb_agg(private.usable_reward(w) order by w.expires_at, w.created_at, w.id)
      from public.referral_rewards as w
      where w.customer_id = p_customer_id and w.status = 'pending' and private.rewards_are_on()), '[]'),
    'invoiced_months', coalesce((
      select jsonb_agg(jsonb_build_object('period_start', m.period_start, 'charge_cents', m.cents))
      from (
        select i.period_start, max(private.whole_month_cents(i.line_items, i.period_end - i.period_start)) as cents
        from public.customer_invoices as i
        where i.customer_id = p_customer_id and i.period_start > p_as_of - interval '100 days'
        group by i.period_start
      ) as m
      where m.cents is not null), '[]'),
    'free_month_periods', coalesce((
      select jsonb_agg(i.period_start)
      from public.customer_invoices as i
      where i.customer_id = p_customer_id and i.is_free_month and i.period_start > p_as_of - interval '100 days'), '[]'),
    'services', coalesce((
      select jsonb_agg(jsonb_build_object(
        'service_id', s.id, 'package_name', p.name, 'price_cents', s.monthly_price_cents,
        'activated_at', s.activated_at, 'status', s.status,
        'ended_at', s.ended_at,
        'earlier_prices', private.earlier_prices(s.id, cycle.period_start),
        'suspensions', private.suspensions_of(s.id),
        'invoiced_periods', coalesce((
          select jsonb_agg(i.period_start)
          from public.customer_invoices as i
          where i.service_id = s.id and i.period_start > p_as_of - interval '100 days'), '[]')
      ) order by s.id)
      from public.customer_services as s
      join public.service_packages as p on p.id = s.package_id
      where s.customer_id = p_customer_id
        and (
          s.status in ('active', 'suspended')
          or (s.status = 'cancelled' and private.local_date(s.ended_at, cycle.time_zone)
            > greatest(cycle.period_start, private.local_date(s.activated_at, cycle.time_zone)))
        )), '[]')
  )
  from (
    select z.time_zone, date_trunc('month', private.local_date(p_as_of, z.time_zone))::date as period_start
    from private.billing_time_zone() as z (time_zone)
  ) as cycle
$$;
comment on function private.invoice_preview_facts(uuid, timestamptz) is
  'What the invoice rules need to preview the next invoice of a customer: active and suspended services, and those that ended in the cycle of p_as_of.';
revoke all on function private.invoice_preview_facts(uuid, timestamptz) from public, anon, authenticated, service_role;

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

create function private.admin_invoice_document(p_invoice public.customer_invoices)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_invoice.id, 'invoice_number', p_invoice.invoice_number, 'issued_at', p_invoice.issued_at,
    'due_on', p_invoice.due_on, 'period_start', p_invoice.period_start, 'period_end', p_invoice.period_end,
    'currency', p_invoice.currency,
    'customer', (
      select jsonb_build_object('id', c.id, 'name', c.full_name, 'email', c.email)
      from public.customers as c where c.id = p_invoice.customer_id),
    'description', p_invoice.line_items -> 0 ->> 'description',
    'total_cents', p_invoice.total_cents, 'amount_due_cents', p_invoice.amount_due_cents,
    'amount_waived_cents', p_invoice.amount_waived_cents, 'is_free_month', p_invoice.is_free_month,
    'is_pro_rated', p_invoice.amount_due_cents + p_invoice.amount_waived_cents <> p_invoice.price_cents)
    || private.invoice_standing(p_invoice)
$$;
comment on function private.admin_invoice_document(public.customer_invoices) is
  'An invoice as admins see it in a list; amounts in cents.';
revoke all on function private.admin_invoice_document(public.customer_invoices)
  from public, anon, authenticated, service_role;

create function private.invoice_filter(p_status text)
returns text
language sql
immutable
set search_path = ''
as $$
  select case coalesce(p_status, 'all')
    when 'all' then 'true'
    -- Payment is due 120 days after the issue at the latest: older invoices need not be looked at.
    when 'due' then 'i.due_on >= $7 and i.issued_at >= $7 - 122'
    when 'overdue' then 'i.due_on < $7'
    when 'free_month' then 'i.is_free_month'
    when 'pro_rated' then 'i.amount_due_cents + i.amount_waived_cents <> i.price_cents'
    when 'credited' then 'exists (select 1 from public.credit_notes as n where n.invoice_id = i.id)'
  end
$$;
comment on function private.invoice_filter(text) is
  'A fixed condition on an invoice i, where $7 is today in the billing time zone. Null for a status that does not exist.';
revoke all on function private.invoice_filter(text) from public, anon, authenticated, service_role;

create function private.invoices_numbered_from(p_from text, p_limit integer)
returns bigint
language sql
stable
set search_path = ''
as $$
  select count(*)
  from (
    select from public.customer_invoices as n
    where n.invoice_number operator(pg_catalog.~>=~) p_from
      and n.invoice_number operator(pg_catalog.~<~) private.prefix_end(p_from)
    limit p_limit
  ) as matching
$$;
comment on function private.invoices_numbered_from(text, integer) is
  'How many invoice numbers begin with a text, counted up to p_limit.';
revoke all on function private.invoices_numbered_from(text, integer) from public, anon, authenticated, service_role;

create function private.invoice_sources(p_status text, p_from text, p_customers uuid[])
returns text[]
language plpgsql
stable
set search_path = ''
as $$
declare
  c_few constant integer := 20000;
  -- A few rows are read as a whole and sorted. Without "offset 0" the planner would walk down from the newest invoice,
  -- which means through all of them if the rows are old.
  c_whole constant text := 'offset 0';
  v_table text := case when p_status in ('due', 'overdue') then 'private.open_invoices' else 'public.customer_invoices' end;
begin
  if p_from is not null then
    return array[
      format('(select n.* from %s as n
        where n.invoice_number operator(pg_catalog.~>=~) $1 and n.invoice_number operator(pg_catalog.~<~) $2 %s)',
        v_table, case when private.invoices_numbered_from(p_from, c_few + 1) <= c_few then c_whole end),
      format('(select n.* from %s as n where n.customer_id = any ($3) %s)',
        v_table, case when cardinality(p_customers) <= c_few / 20 then c_whole end)];
  end if;
  if p_status = 'credited' then
    return array[
      format('(select n.* from %s as n where n.id in (select c.invoice_id from public.credit_notes as c) %s)',
        v_table, case when (select count(*) from public.credit_notes) <= c_few then c_whole end)];
  end if;
  return array[v_table];
end;
$$;
comment on function private.invoice_sources(text, text, uuid[]) is
  'Where the invoices of a list are read from: fixed texts, each a table or a query in brackets. $1 and $2 bound the numbers that begin with p_from, $3 are customers.';
revoke all on function private.invoice_sources(text, text, uuid[]) from public, anon, authenticated, service_role;

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
  v_limit integer := least(greatest(coalesce(p_limit, 25), 1), 100);
  v_q text := nullif(btrim(coalesce(p_q, '')), '');
  v_from text := upper(v_q);
  v_customers uuid[];
  v_filter text := private.invoice_filter(p_status);
  v_found text;
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  if v_filter is null then
    perform private.fail(400, 'invalid_request', 'status');
  end if;
  if v_q is not null then
    v_customers := array(select private.search_customers(v_q));
  end if;
  -- Made of fixed texts; all values are parameters. Built per call, so that it is planned for its values.
  select string_agg(format($branch$
    (select i.id, i.issued_at, i.invoice_number
     from %s as i
     where %s and ($4 is null or (i.issued_at, i.invoice_number) < ($4, $5))
     order by i.issued_at desc, i.invoice_number desc
     limit $6)$branch$, source, v_filter), ' union ') into v_found
  from unnest(private.invoice_sources(p_status, v_from, v_customers)) as source;

  execute format($query$
    select coalesce(
      jsonb_agg(private.admin_invoice_document(i) order by i.issued_at desc, i.invoice_number desc), '[]')
    from (
      select found.id from (%s) as found order by found.issued_at desc, found.invoice_number desc limit $6
    ) as page
    join public.customer_invoices as i on i.id = page.id
    $query$, v_found)
  into v_rows
  using v_from, private.prefix_end(v_from), v_customers, p_cursor_at,
    (select i.invoice_number from public.customer_invoices as i where i.id = p_cursor_id), v_limit + 1,
    private.local_date(now(), private.billing_time_zone());
  return private.keyset_page('invoices', v_rows, v_limit, 'issued_at');
end;
$$;
comment on function public.admin_list_invoices(text, text, timestamptz, uuid, integer) is
  'Admin with customers:view: all invoices, newest first, keyset-paged. Searched by the start of the number, or by customer; p_status is all, due, overdue, free_month, pro_rated or credited. Raises invalid_request.';
revoke all on function public.admin_list_invoices(text, text, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_invoices(text, text, timestamptz, uuid, integer) to authenticated;

-- schemas/125_unbilled.sql
-- What is due and not billed: each month in which a service was active without an invoice and without a stated reason.

create function private.first_month_due(p_as_of timestamptz)
returns date
language sql
stable
set search_path = ''
as $$
  select greatest(private.first_month_completed(p_as_of), coalesce(
    -- A cycle that was billed before it began says nothing about the months until then.
    (select min(r.period_start) from public.billing_runs as r where r.period_start <= private.local_date(r.as_of, private.billing_time_zone())),
    (select date_trunc('month', private.local_date(min(s.created_at), private.billing_time_zone()))::date
     from public.customer_services as s
     where s.activated_at is not null)))
$$;
comment on function private.first_month_due(timestamptz) is
  'The first day of the earliest month that is due here at p_as_of: as far back as runs complete, and not before the first month that was billed here or, before the first run, in which a service was recorded. Null: nothing is due.';
revoke all on function private.first_month_due(timestamptz) from public, anon, authenticated, service_role;

create function private.find_unbilled(
  p_as_of timestamptz, p_before date default null, p_customer_id uuid default null
)
returns table (
  service_id uuid, customer_id uuid, period_start date, first_day date, last_day date, error text
)
language plpgsql
stable
rows 100
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_time_zone text := private.billing_time_zone();
  v_today date := private.local_date(p_as_of, v_time_zone);
  v_month date := date_trunc('month', v_today)::date;
  -- The last month that is looked at.
  v_last date := least(v_month, (p_before - interval '1 month')::date);
  v_first date := private.first_month_due(p_as_of);
  -- Months are counted as year * 12 + month.
  v_first_no integer := date_part('year', v_first) * 12 + date_part('month', v_first);
  v_last_no integer := date_part('year', v_last) * 12 + date_part('month', v_last);
begin
  if v_first > v_last then
    return;
  end if;
  return query
  with services as (
    select s.id,
      greatest(v_first_no, (date_part('year', l.began) * 12 + date_part('month', l.began))::integer) as first_no,
      least(v_last_no, (date_part('year', l.ended - 1) * 12 + date_part('month', l.ended - 1))::integer) as last_no
    from public.customer_services as s
    cross join lateral (
      -- private.local_date, written out: it would be called twice for each service.
      select (s.activated_at at time zone v_time_zone)::date as began, (s.ended_at at time zone v_time_zone)::date as ended
    ) as l
    where s.activated_at is not null
      and (p_customer_id is null or s.customer_id = p_customer_id)
  ), billed as (
    select i.service_id as id, count(*) as months
    from public.customer_invoices as i
    where i.period_start >= v_first and i.period_start <= v_last
      and (p_customer_id is null or i.customer_id = p_customer_id)
    group by i.service_id
  ), suspected as materialized (
    -- Who has fewer invoices than months. Few have: only their months are looked at one by one.
    select s.id, s.first_no, s.last_no
    from services as s
    left join billed as b on b.id = s.id
    where s.last_no >= s.first_no and coalesce(b.months, 0) < s.last_no - s.first_no + 1
  ), looked_at as (
    select s as service, s.id, x.first_no, x.last_no,
      (s.activated_at at time zone v_time_zone)::date as began, (s.ended_at at time zone v_time_zone)::date as ended
    from suspected as x
    join public.customer_services as s on s.id = x.id
  )
  select s.id, (s.service).customer_id, m.period_start, d.days[1], d.days[cardinality(d.days)], e.message
  from looked_at as s
  cross join lateral generate_series(s.first_no, s.last_no) as g (no)
  cross join lateral (
    select make_date((g.no - 1) / 12, (g.no - 1) % 12 + 1, 1) as period_start
  ) as f
  cross join lateral (
    select f.period_start, (f.period_start + interval '1 month')::date as period_end
  ) as m
  cross join lateral (
    select case
      -- Never suspended: the first and the last day are enough.
      when (s.service).revision = 0 and greatest(m.period_start, s.began) < least(m.period_end, s.ended) then
        array[greatest(m.period_start, s.began), least(m.period_end, s.ended) - 1]
      when (s.service).revision = 0 then '{}'
      else private.active_days(s.service, m.period_start, m.period_end, v_time_zone)
    end as days
  ) as d
  left join lateral (
    select r.error ->> 'message' as message
    from (
      select x.errors from public.billing_runs as x
      where x.period_start = m.period_start and x.status <> 'running'
      order by x.started_at desc
      limit 1
    ) as last_run
    cross join jsonb_array_elements(last_run.errors) as r (error)
    where r.error ->> 'service_id' = s.id::text
      or (r.error ->> 'service_id' is null and r.error ->> 'customer_id' = (s.service).customer_id::text)
    limit 1
  ) as e on true
  where cardinality(d.days) > 0
    and not exists (
      select 1 from public.customer_invoices as i where i.service_id = s.id and i.period_start = m.period_start)
    -- The daily run has had two nights to bill it.
    and d.days[1] <= v_today - 2
    -- A service that is suspended now is billed when the month is over: it may be reactivated until then.
    and not ((s.service).status = 'suspended' and m.period_start = v_month)
    -- Free of charge.
    and not (
      (s.service).monthly_price_cents = 0
      and not exists (
        select 1 from public.service_price_changes as ch
        where ch.service_id = s.id and ch.effective_on > m.period_start and ch.from_price_cents > 0))
    and not exists (
      select 1 from public.customers as c where c.id = (s.service).customer_id and c.erased_at is not null);
end;
$$;
comment on function private.find_unbilled(timestamptz, date, uuid) is
  'Months, those before p_before when it is given, in which a service was active at p_as_of, with the first and the last day, that have no invoice and no stated reason for it: suspended, free of charge, erased. error is what the last run of the month said about it. A month counts from the third day on that is due. With p_customer_id, of that customer alone.';
revoke all on function private.find_unbilled(timestamptz, date, uuid) from public, anon, authenticated, service_role;

create view private.unbilled_service_months with (security_invoker = true) as
  select u.* from private.find_unbilled(now()) as u;
comment on view private.unbilled_service_months is
  'What is unbilled now, by service and month. See private.find_unbilled.';
revoke all on table private.unbilled_service_months from public, anon, authenticated, service_role;

create function public.get_unbilled_months(p_as_of timestamptz default now())
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'period_start', m.period_start, 'services', m.services, 'errors', m.errors) order by m.period_start), '[]')
  from (
    select u.period_start, count(*) as services, count(u.error) as errors
    from private.find_unbilled(p_as_of) as u
    group by u.period_start
  ) as m
$$;
comment on function public.get_unbilled_months(timestamptz) is
  'Server: how many services are unbilled in each month, and of how many a run said why.';
revoke all on function public.get_unbilled_months(timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.get_unbilled_months(timestamptz) to service_role;

create function public.months_to_complete(p_as_of timestamptz default now())
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select coalesce(jsonb_agg(m.period_start order by m.period_start), '[]')
  from (
    select distinct u.period_start
    -- Two days later, so that what a month that has just ended left open is found on its first day.
    from private.find_unbilled(
      p_as_of + interval '2 days',
      date_trunc('month', private.local_date(p_as_of, private.billing_time_zone()))::date) as u
  ) as m
$$;
comment on function public.months_to_complete(timestamptz) is
  'Server: the first days of the months over at p_as_of in which something is unbilled, the oldest first.';
revoke all on function public.months_to_complete(timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.months_to_complete(timestamptz) to service_role;

create function public.alert_unbilled(p_alert_email text, p_as_of timestamptz default now())
returns boolean
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_months jsonb := public.get_unbilled_months(p_as_of);
  v_services bigint;
begin
  select coalesce(sum((m.month ->> 'services')::bigint), 0) into v_services
  from jsonb_array_elements(v_months) as m (month);
  perform private.note_unbilled(v_services);
  if v_services = 0 then
    return false;
  end if;
  return private.enqueue_mail(
    'services_unbilled', p_alert_email, null,
    jsonb_build_object('services', v_services, 'months', v_months),
    'services_unbilled:' || private.local_date(p_as_of, private.billing_time_zone()), p_as_of);
end;
$$;
comment on function public.alert_unbilled(text, timestamptz) is
  'Server: mails the admins what is unbilled, once a day until nothing is. Returns whether a mail was queued.';
revoke all on function public.alert_unbilled(text, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.alert_unbilled(text, timestamptz) to service_role;

create function public.admin_list_unbilled(
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
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.service_id, 'at', page.at,
    'service_id', page.service_id, 'customer_id', page.customer_id, 'customer_name', c.full_name,
    'package_name', p.name, 'period_start', page.period_start, 'from', page.first_day, 'to', page.last_day,
    'reason', coalesce(page.error, 'Not billed yet')) order by page.at, page.service_id), '[]')
  into v_rows
  from (
    select u.*, u.period_start::timestamp at time zone 'UTC' as at
    from private.unbilled_service_months as u
    where p_cursor_at is null or (u.period_start::timestamp at time zone 'UTC', u.service_id) > (p_cursor_at, p_cursor_id)
    order by u.period_start, u.service_id
    limit v_limit + 1
  ) as page
  join public.customers as c on c.id = page.customer_id
  join public.customer_services as s on s.id = page.service_id
  join public.service_packages as p on p.id = s.package_id;
  return private.keyset_page('items', v_rows, v_limit, 'at');
end;
$$;
comment on function public.admin_list_unbilled(timestamptz, uuid, integer) is
  'Admin with customers:view: what is unbilled, the oldest month first, keyset-paged. from and to are the first and the last active day, both included.';
revoke all on function public.admin_list_unbilled(timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_unbilled(timestamptz, uuid, integer) to authenticated;

create function public.admin_count_unbilled()
returns integer
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('customers:view');
  return (select count(*) from private.unbilled_service_months);
end;
$$;
comment on function public.admin_count_unbilled() is 'Admin with customers:view: how many service-months are unbilled.';
revoke all on function public.admin_count_unbilled() from public, anon, authenticated, service_role;
grant execute on function public.admin_count_unbilled() to authenticated;

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
-- The order of the export.
create index credit_notes_issued on public.credit_notes (issued_at, id);
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
-- Not issued_by: that is for the audit log.
grant select (
  id, credit_note_number, invoice_id, customer_id, currency, vat_bps, line_items, subtotal_cents, vat_cents, total_cents,
  reason, seller, buyer, issued_at
) on table public.credit_notes to authenticated;
create policy credit_notes_select on public.credit_notes
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create function private.credit_vat(
  p_invoice public.customer_invoices, p_credited_cents bigint, p_credited_vat_cents bigint, p_total_cents bigint
)
returns bigint
language sql
immutable
set search_path = ''
as $$
  -- The invoice's VAT in proportion to all that is credited by now, half-up to the cent, less what earlier credits had
  -- of it: the last cent of the invoice brings the last cent of its VAT.
  select div(
    2 * p_invoice.vat_cents::numeric * (p_credited_cents + p_total_cents) + p_invoice.total_cents,
    2 * p_invoice.total_cents::numeric)::bigint - p_credited_vat_cents
$$;
comment on function private.credit_vat(public.customer_invoices, bigint, bigint, bigint) is
  'VAT in cents of a credit of p_total_cents, after what was credited before. The same rule as creditVat in lib/invoicing/credit-note.ts.';
revoke all on function private.credit_vat(public.customer_invoices, bigint, bigint, bigint)
  from public, anon, authenticated, service_role;

create function private.credit_line(p_invoice public.customer_invoices, p_total_cents bigint, p_vat_cents bigint)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_array(jsonb_build_object(
    'kind', 'credit',
    'description', 'Credit on ' || p_invoice.invoice_number || coalesce(': ' || (
      select string_agg(line ->> 'description', '; ' order by n)
      from jsonb_array_elements(p_invoice.line_items) with ordinality as l (line, n)
      where line ->> 'kind' = 'service'), ''),
    'quantity', 1, 'unit_cents', p_total_cents, 'amount_cents', p_total_cents, 'vat_cents', p_vat_cents))
$$;
comment on function private.credit_line(public.customer_invoices, bigint, bigint) is
  'The one line of a credit note: what it credits. Amounts in cents, VAT included.';
revoke all on function private.credit_line(public.customer_invoices, bigint, bigint)
  from public, anon, authenticated, service_role;

create function private.insert_credit_note(
  p_invoice public.customer_invoices, p_total_cents bigint, p_vat_cents bigint, p_reason text, p_actor uuid,
  p_as_of timestamptz
)
returns public.credit_notes
language plpgsql
set search_path = ''
as $$
declare
  v_settings public.billing_settings := private.current_billing_settings();
  v_year integer := extract(year from private.local_date(p_as_of, v_settings.time_zone));
  v_number bigint;
  v_note public.credit_notes;
begin
  insert into public.invoice_series as n (series, year, last_number)
  values (v_settings.credit_note_prefix, v_year, 1)
  on conflict (series, year) do update set last_number = n.last_number + 1
  returning n.last_number into v_number;
  insert into public.credit_notes
    (credit_note_number, invoice_id, customer_id, currency, vat_bps, line_items, subtotal_cents, vat_cents, total_cents,
     reason, issued_by, seller, buyer, issued_at)
  values
    ((private.document_numbers(v_settings.credit_note_prefix, v_year, v_number, v_number))[1], p_invoice.id,
     p_invoice.customer_id, p_invoice.currency, p_invoice.vat_bps, private.credit_line(p_invoice, p_total_cents, p_vat_cents),
     p_total_cents - p_vat_cents, p_vat_cents, p_total_cents, p_reason, p_actor, v_settings.seller, p_invoice.buyer,
     p_as_of)
  returning * into v_note;
  return v_note;
end;
$$;
comment on function private.insert_credit_note(public.customer_invoices, bigint, bigint, text, uuid, timestamptz) is
  'Writes a credit note under the next number of its series. The caller holds the customer''s lock.';
revoke all on function private.insert_credit_note(public.customer_invoices, bigint, bigint, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.mail_credit_note(p_note public.credit_notes, p_invoice_number text, p_as_of timestamptz)
returns void
language sql
set search_path = ''
as $$
  select private.enqueue_mail(
    'credit_note_issued', c.email, c.id,
    jsonb_build_object(
      'first_name', c.first_name, 'credit_note_number', p_note.credit_note_number, 'invoice_number', p_invoice_number,
      'total_cents', p_note.total_cents, 'reason', p_note.reason, 'currency', p_note.currency,
      'balance_cents', private.account_balance(c.id)),
    'credit_note_issued:' || p_note.id, p_as_of)
  from public.customers as c
  where c.id = p_note.customer_id and c.erased_at is null
$$;
comment on function private.mail_credit_note(public.credit_notes, text, timestamptz) is
  'Tells the customer of a credit note, with the balance after it.';
revoke all on function private.mail_credit_note(public.credit_notes, text, timestamptz)
  from public, anon, authenticated, service_role;

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
  v_response jsonb;
  v_invoice public.customer_invoices;
  v_credited bigint;
  v_credited_vat bigint;
  v_left bigint;
  v_total bigint;
  v_vat bigint;
  v_last record;
  v_note public.credit_notes;
begin
  if p_amount_cents < 1 then
    perform private.fail(400, 'invalid_request', 'amount_cents must be 1 or more');
  end if;
  v_response := private.claim_idempotency_key(
    v_scope, p_key, private.request_hash(jsonb_build_array(p_invoice_number, p_amount_cents, v_reason)));
  if v_response is not null then
    return v_response;
  end if;
  select i.* into v_invoice from public.customer_invoices as i where i.invoice_number = p_invoice_number;
  if v_invoice.id is null then
    perform private.fail(404, 'not_found', 'invoice');
  end if;
  perform private.refuse_own_account(v_invoice.customer_id, p_actor);
  -- Other credits of this invoice and an erasure of its buyer wait for this lock. The invoice is read again after it.
  perform private.lock_customers(array[v_invoice.customer_id]);
  select i.* into strict v_invoice from public.customer_invoices as i where i.id = v_invoice.id;
  select coalesce(sum(n.total_cents), 0), coalesce(sum(n.vat_cents), 0) into v_credited, v_credited_vat
  from public.credit_notes as n
  where n.invoice_id = v_invoice.id;
  select n.issued_by, n.issued_at into v_last
  from public.credit_notes as n
  where n.invoice_id = v_invoice.id
  order by n.issued_at desc, n.id desc
  limit 1;
  -- A free month that was used is not paid out: only what the invoice asks to be paid can be credited.
  v_left := v_invoice.amount_due_cents - v_credited;
  if v_left <= 0 then
    perform private.fail_overtaken('nothing_to_credit', 'credited', v_last.issued_by, v_last.issued_at);
  end if;
  v_total := coalesce(p_amount_cents, v_left);
  if v_total > v_left then
    perform private.fail_overtaken('credit_exceeds_invoice', v_left::text, v_last.issued_by, v_last.issued_at);
  end if;
  v_vat := private.credit_vat(v_invoice, v_credited, v_credited_vat, v_total);
  v_note := private.insert_credit_note(v_invoice, v_total, v_vat, v_reason, p_actor, p_as_of);
  perform private.write_audit(
    p_actor, 'credit_note.issued', 'credit_note', v_note.id::text, v_invoice.customer_id, v_reason,
    jsonb_build_object('credited_cents', v_credited),
    jsonb_build_object(
      'credit_note_number', v_note.credit_note_number, 'invoice_number', v_invoice.invoice_number,
      'total_cents', v_total, 'vat_cents', v_vat, 'credited_cents', v_credited + v_total), p_as_of);
  perform private.mail_credit_note(v_note, v_invoice.invoice_number, p_as_of);
  v_response := jsonb_build_object(
    'credit_note_number', v_note.credit_note_number, 'invoice_number', v_invoice.invoice_number,
    'total_cents', v_total, 'vat_cents', v_vat, 'remaining_cents', v_left - v_total, 'issued_at', v_note.issued_at);
  perform private.store_idempotent_response(v_scope, p_key, v_response);
  return v_response;
end;
$$;
comment on function private.issue_credit_note(text, bigint, text, text, uuid, timestamptz) is
  'Credits a part of an invoice, or with a null amount all that is left of it, once per idempotency key, with audit row. A free month that the invoice used stays used.';
revoke all on function private.issue_credit_note(text, bigint, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.credit_to_approve(p_invoice_number text, p_amount_cents bigint)
returns bigint
language sql
stable
set search_path = ''
as $$
  select asked.cents
  from (
    select coalesce(p_amount_cents, i.total_cents - credited.cents) as cents, i.total_cents - credited.cents as remaining
    from public.customer_invoices as i
    cross join lateral (
      select coalesce(sum(n.total_cents), 0)::bigint as cents from public.credit_notes as n where n.invoice_id = i.id
    ) as credited
    where i.invoice_number = p_invoice_number
  ) as asked
  where asked.cents between 1 and asked.remaining
    and asked.cents > (private.current_admin_settings()).approval_credit_cents
$$;
comment on function private.credit_to_approve(text, bigint) is
  'The credit in cents with VAT, when it is beyond the limit for one person; null else. p_amount_cents null: all that is left.';
revoke all on function private.credit_to_approve(text, bigint) from public, anon, authenticated, service_role;

create function public.issue_credit_note(
  p_invoice_number text, p_amount_cents bigint, p_reason text, p_idempotency_key text default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_customer uuid;
  v_credit bigint;
begin
  v_actor := private.require_permission('billing:manage_invoices');
  v_reason := private.trimmed_reason(p_reason);
  v_credit := private.credit_to_approve(p_invoice_number, p_amount_cents);
  -- What this key was answered before stays the answer.
  if v_credit is not null and not exists (
    select 1 from public.idempotency_keys as k where k.scope = 'credit_note:' || v_actor and k.key = p_idempotency_key) then
    select i.customer_id into v_customer from public.customer_invoices as i where i.invoice_number = p_invoice_number;
    perform private.refuse_own_account(v_customer, v_actor);
    return private.request_approval(
      'credit_note', jsonb_build_object('invoice_number', p_invoice_number, 'amount_cents', v_credit),
      v_customer, v_credit, v_reason, v_actor);
  end if;
  return private.issue_credit_note(p_invoice_number, p_amount_cents, v_reason, p_idempotency_key, v_actor, now());
exception when sqlstate 'PT403' then
  return private.refused_call('credit_note.issue', 'invoice', p_invoice_number, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.issue_credit_note(text, bigint, text, text) is
  'Admin with billing:manage_invoices: credits an amount in cents with VAT, or null for all that is left; a sum beyond the limit for one person becomes a request for a second one. Raises not_found, own_account, nothing_to_credit, credit_exceeds_invoice.';
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
  -- The same answer for a credit note of somebody else and for one that does not exist.
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

-- schemas/132_payments.sql
-- Payments and accounts: what was paid, how it is set against invoices, and what each customer owes.
--
-- The rule of the account. A payment and a credit note settle their own invoice first. What they bring beyond it is the
-- customer's, and is set against the customer's open invoices, the oldest first. What is left then is the customer's
-- credit, and lowers the next invoice. The result depends on the entries alone, never on the order in which they were
-- recorded. private.account_lines states the rule. invoice_settlements and account_credits keep its result for the
-- queries that cannot compute it each time; triggers write them in the transaction of the entry.

create table public.invoice_payments (
  id uuid primary key default gen_random_uuid(),
  invoice_id uuid not null references public.customer_invoices (id),
  customer_id uuid not null references public.customers (id),
  amount_cents bigint not null check (amount_cents between 1 and 100000000000),
  paid_on date not null,
  method text not null default 'bank_transfer'
    check (method in ('bank_transfer', 'debit_order', 'card', 'cash', 'other')),
  reference text check (length(reference) between 1 and 140),
  recorded_by uuid,
  created_at timestamptz not null default now()
);
comment on table public.invoice_payments is
  'Payments received, each for the invoice that it names: a part of it, all of it, or more. Never changed: payment_reversals takes a mistaken one back.';
comment on column public.invoice_payments.paid_on is 'The day of the payment in the billing time zone.';
comment on column public.invoice_payments.recorded_by is 'The admin who recorded it. Null for the payment system.';

create index invoice_payments_invoice on public.invoice_payments (invoice_id);
create index invoice_payments_customer on public.invoice_payments (customer_id, paid_on desc);
-- The order of the export.
create index invoice_payments_created on public.invoice_payments (created_at, id);

create table public.payment_reversals (
  id uuid primary key default gen_random_uuid(),
  payment_id uuid not null unique references public.invoice_payments (id),
  customer_id uuid not null references public.customers (id),
  reason text not null check (length(btrim(reason)) between 3 and 500),
  reversed_by uuid,
  created_at timestamptz not null default now()
);
comment on table public.payment_reversals is
  'Takes a payment back that was recorded by mistake or returned by the bank: the whole of it, with a reason.';

create index payment_reversals_customer on public.payment_reversals (customer_id);
create index payment_reversals_created on public.payment_reversals (created_at, id);

create trigger invoice_payments_append_only
  before update or delete on public.invoice_payments
  for each row execute function private.refuse_change();
create trigger invoice_payments_no_truncate
  before truncate on public.invoice_payments
  for each statement execute function private.refuse_change();
create trigger payment_reversals_append_only
  before update or delete on public.payment_reversals
  for each row execute function private.refuse_change();
create trigger payment_reversals_no_truncate
  before truncate on public.payment_reversals
  for each statement execute function private.refuse_change();

alter table public.invoice_payments enable row level security;
revoke all on table public.invoice_payments from public, anon, authenticated, service_role;
grant select on table public.invoice_payments to service_role;
-- Not recorded_by: that is for the audit log.
grant select (id, invoice_id, customer_id, amount_cents, paid_on, method, reference, created_at)
  on table public.invoice_payments to authenticated;
create policy invoice_payments_select on public.invoice_payments
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

alter table public.payment_reversals enable row level security;
revoke all on table public.payment_reversals from public, anon, authenticated, service_role;
grant select on table public.payment_reversals to service_role;

create table public.invoice_settlements (
  invoice_id uuid primary key references public.customer_invoices (id),
  customer_id uuid not null references public.customers (id),
  credited_cents bigint not null check (credited_cents >= 0),
  paid_cents bigint not null check (paid_cents >= 0),
  from_account_cents bigint not null check (from_account_cents >= 0),
  outstanding_cents bigint not null check (outstanding_cents >= 0)
);
comment on table public.invoice_settlements is
  'How invoices stand that something was credited to, paid for or taken from the account. An invoice without a row is outstanding in full. Amounts in cents.';
comment on column public.invoice_settlements.paid_cents is 'Payments that name this invoice, less reversed ones.';
comment on column public.invoice_settlements.from_account_cents is 'What other payments and credits of the customer left over for it.';

create index invoice_settlements_customer on public.invoice_settlements (customer_id);
create index invoice_settlements_from_account on public.invoice_settlements (customer_id) where from_account_cents > 0;

alter table public.invoice_settlements enable row level security;
revoke all on table public.invoice_settlements from public, anon, authenticated, service_role;
grant select on table public.invoice_settlements to service_role;

create table public.account_credits (
  customer_id uuid primary key references public.customers (id),
  credit_cents bigint not null check (credit_cents > 0)
);
comment on table public.account_credits is
  'Customers who paid or were credited more than all their invoices ask for, and how much more, in cents.';

alter table public.account_credits enable row level security;
revoke all on table public.account_credits from public, anon, authenticated, service_role;
grant select on table public.account_credits to service_role;

create view private.account_lines with (security_invoker = true) as
  select l.customer_id, l.invoice_id, l.credited_cents, l.paid_cents, l.surplus_cents,
    least(l.open_cents, greatest(l.pool_cents - l.open_before_cents, 0)) as from_account_cents,
    l.open_cents - least(l.open_cents, greatest(l.pool_cents - l.open_before_cents, 0)) as outstanding_cents
  from (
    select e.*,
      (sum(e.surplus_cents) over (partition by e.customer_id))::bigint as pool_cents,
      (sum(e.open_cents) over (
        partition by e.customer_id order by e.issued_at, e.period_start, e.invoice_id
        rows between unbounded preceding and current row))::bigint - e.open_cents as open_before_cents
    from (
      select i.customer_id, i.id as invoice_id, i.issued_at, i.period_start,
        n.cents as credited_cents, p.cents as paid_cents,
        greatest(i.amount_due_cents - n.cents - p.cents, 0) as open_cents,
        greatest(n.cents + p.cents - i.amount_due_cents, 0) as surplus_cents
      from public.customer_invoices as i
      cross join lateral (
        select coalesce(sum(n.total_cents), 0)::bigint as cents
        from public.credit_notes as n where n.invoice_id = i.id) as n
      cross join lateral (
        select coalesce(sum(p.amount_cents), 0)::bigint as cents
        from public.invoice_payments as p
        where p.invoice_id = i.id
          and not exists (select 1 from public.payment_reversals as x where x.payment_id = p.id)) as p
    ) as e
  ) as l;
comment on view private.account_lines is
  'The rule of the account, for each invoice: what was credited, what was paid for it, what the rest of the account adds, and what is outstanding. Amounts in cents.';
revoke all on table private.account_lines from public, anon, authenticated, service_role;

create function private.settle_accounts(p_customer_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.lock_customers(p_customer_ids);
  insert into public.invoice_settlements as s
    (invoice_id, customer_id, credited_cents, paid_cents, from_account_cents, outstanding_cents)
  select l.invoice_id, l.customer_id, l.credited_cents, l.paid_cents, l.from_account_cents, l.outstanding_cents
  from private.account_lines as l
  where l.customer_id = any (p_customer_ids)
    and (
      l.credited_cents + l.paid_cents + l.from_account_cents > 0
      or exists (select 1 from public.invoice_settlements as k where k.invoice_id = l.invoice_id))
  on conflict (invoice_id) do update
  set credited_cents = excluded.credited_cents, paid_cents = excluded.paid_cents,
    from_account_cents = excluded.from_account_cents, outstanding_cents = excluded.outstanding_cents
  where (s.credited_cents, s.paid_cents, s.from_account_cents, s.outstanding_cents)
    is distinct from
    (excluded.credited_cents, excluded.paid_cents, excluded.from_account_cents, excluded.outstanding_cents);

  with credits as materialized (
    select l.customer_id, sum(l.surplus_cents - l.from_account_cents)::bigint as cents
    from private.account_lines as l
    where l.customer_id = any (p_customer_ids)
    group by l.customer_id
  ), used as (
    delete from public.account_credits as a using credits as c
    where a.customer_id = c.customer_id and c.cents = 0
  )
  insert into public.account_credits as a (customer_id, credit_cents)
  select c.customer_id, c.cents from credits as c where c.cents > 0
  on conflict (customer_id) do update set credit_cents = excluded.credit_cents
  where a.credit_cents <> excluded.credit_cents;
end;
$$;
comment on function private.settle_accounts(uuid[]) is
  'Writes what the rule of the account gives for these customers. Takes their locks.';
revoke all on function private.settle_accounts(uuid[]) from public, anon, authenticated, service_role;

create function private.settle_entry()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.settle_accounts(array[new.customer_id]);
  return null;
end;
$$;
comment on function private.settle_entry() is
  'Trigger: a payment, a reversal or a credit note settles the account that it belongs to. By its name it comes before the triggers that look at what is paid.';
revoke all on function private.settle_entry() from public, anon, authenticated, service_role;

create trigger invoice_payments_account
  after insert on public.invoice_payments
  for each row execute function private.settle_entry();
create trigger payment_reversals_account
  after insert on public.payment_reversals
  for each row execute function private.settle_entry();
create trigger credit_notes_account
  after insert on public.credit_notes
  for each row execute function private.settle_entry();

create function private.use_account_credit()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_customers uuid[] := array(
    select a.customer_id from public.account_credits as a
    where a.customer_id in (select e.customer_id from entries as e)
    union
    -- The invoice of an earlier month can come before one that the credit was set against.
    select s.customer_id
    from entries as e
    join public.invoice_settlements as s on s.customer_id = e.customer_id and s.from_account_cents > 0
    join public.customer_invoices as i on i.id = s.invoice_id
    where (i.issued_at, i.period_start, i.id) > (e.issued_at, e.period_start, e.id));
begin
  if cardinality(v_customers) > 0 then
    perform private.settle_accounts(v_customers);
  end if;
  return null;
end;
$$;
comment on function private.use_account_credit() is
  'Trigger: a customer''s credit lowers what is payable on their new invoice, and what others paid too much is set against invoices by their dates, whenever they were issued.';
revoke all on function private.use_account_credit() from public, anon, authenticated, service_role;

create trigger customer_invoices_use_credit
  after insert on public.customer_invoices
  referencing new table as entries
  for each statement execute function private.use_account_credit();

create view private.open_invoices with (security_invoker = true) as
  select i.*, coalesce((
      select s.outstanding_cents from public.invoice_settlements as s where s.invoice_id = i.id
    ), i.amount_due_cents) as outstanding_cents
  from public.customer_invoices as i
  where i.amount_due_cents > 0
    and not exists (
      select 1 from public.invoice_settlements as s where s.invoice_id = i.id and s.outstanding_cents = 0);
comment on view private.open_invoices is
  'Invoices of which something is outstanding: not settled by payments, credit notes and the customer''s credit together.';
revoke all on table private.open_invoices from public, anon, authenticated, service_role;

create function private.invoice_is_paid(p_invoice_id uuid)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (select 1 from public.customer_invoices as i where i.id = p_invoice_id)
    and not exists (select 1 from private.open_invoices as i where i.id = p_invoice_id)
$$;
comment on function private.invoice_is_paid(uuid) is
  'Whether nothing is outstanding on an invoice. A free invoice and one that was credited in full count as paid.';
revoke all on function private.invoice_is_paid(uuid) from public, anon, authenticated, service_role;

create function private.invoice_standing(p_invoice public.customer_invoices)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'paid_cents', coalesce(max(s.paid_cents), 0),
    'credited_cents', coalesce(max(s.credited_cents), 0),
    'from_account_cents', coalesce(max(s.from_account_cents), 0),
    'outstanding_cents', coalesce(max(s.outstanding_cents), p_invoice.amount_due_cents),
    'is_paid', coalesce(max(s.outstanding_cents), p_invoice.amount_due_cents) = 0)
  from public.invoice_settlements as s
  where s.invoice_id = p_invoice.id
$$;
comment on function private.invoice_standing(public.customer_invoices) is
  'What of an invoice was paid, credited, taken from the customer''s account, and is outstanding, in cents.';
revoke all on function private.invoice_standing(public.customer_invoices) from public, anon, authenticated, service_role;

create function private.account_balance(p_customer_id uuid)
returns bigint
language sql
stable
set search_path = ''
as $$
  select (
    (select coalesce(sum(i.amount_due_cents), 0) from public.customer_invoices as i where i.customer_id = p_customer_id)
    - (select coalesce(sum(n.total_cents), 0) from public.credit_notes as n where n.customer_id = p_customer_id)
    - (
      select coalesce(sum(p.amount_cents), 0) from public.invoice_payments as p
      where p.customer_id = p_customer_id
        and not exists (select 1 from public.payment_reversals as x where x.payment_id = p.id))
  )::bigint
$$;
comment on function private.account_balance(uuid) is
  'What a customer owes, in cents: invoices less credit notes less payments. Below zero it is the customer''s credit.';
revoke all on function private.account_balance(uuid) from public, anon, authenticated, service_role;

create function private.payment_reference(p_reference text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_reference text := nullif(btrim(coalesce(p_reference, '')), '');
begin
  if length(v_reference) > 140 or not private.is_plain_line(v_reference) then
    perform private.fail(400, 'invalid_request', 'reference must be one line of at most 140 characters');
  end if;
  return v_reference;
end;
$$;
comment on function private.payment_reference(text) is 'A payment''s reference as stored: trimmed, null when empty. Raises invalid_request.';
revoke all on function private.payment_reference(text) from public, anon, authenticated, service_role;

create function private.payment_fault(p_amount_cents bigint, p_paid_on date, p_as_of timestamptz)
returns text
language sql
stable
set search_path = ''
as $$
  select case
    when p_amount_cents is null or p_amount_cents not between 1 and 100000000000
      then 'amount_cents must be between 1 and 100000000000'
    when p_paid_on is null or p_paid_on > private.local_date(p_as_of, private.billing_time_zone())
      then 'paid_on must be today or an earlier day'
    when p_paid_on < '2000-01-01' then 'paid_on must be a day since 2000'
  end
$$;
comment on function private.payment_fault(bigint, date, timestamptz) is
  'What is wrong with a payment''s amount in cents or its day, or null. Days are in the billing time zone.';
revoke all on function private.payment_fault(bigint, date, timestamptz) from public, anon, authenticated, service_role;

create function private.payment_receipt(p_payment_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'payment_id', p.id, 'invoice_number', i.invoice_number,
    'paid_cents', s.paid_cents, 'outstanding_cents', s.outstanding_cents,
    'credit_cents', coalesce((select a.credit_cents from public.account_credits as a where a.customer_id = p.customer_id), 0))
  from public.invoice_payments as p
  join public.customer_invoices as i on i.id = p.invoice_id
  join public.invoice_settlements as s on s.invoice_id = p.invoice_id
  where p.id = p_payment_id
$$;
comment on function private.payment_receipt(uuid) is
  'What a recorded payment did: paid for its invoice so far, still outstanding, and the customer''s credit, in cents.';
revoke all on function private.payment_receipt(uuid) from public, anon, authenticated, service_role;

create function private.insert_payment(
  p_invoice public.customer_invoices, p_amount_cents bigint, p_paid_on date, p_method text, p_reference text,
  p_actor uuid, p_as_of timestamptz
)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_id uuid;
begin
  insert into public.invoice_payments
    (invoice_id, customer_id, amount_cents, paid_on, method, reference, recorded_by, created_at)
  values
    (p_invoice.id, p_invoice.customer_id, p_amount_cents, p_paid_on, p_method, p_reference, p_actor, p_as_of)
  returning id into v_id;
  perform private.mail_payment(v_id, p_invoice.customer_id, p_as_of);
  -- What the payment system reports is its own record.
  if p_actor is not null then
    perform private.write_audit(
      p_actor, 'payment.recorded', 'payment', v_id::text, p_invoice.customer_id, null, null,
      jsonb_build_object(
        'invoice_number', p_invoice.invoice_number, 'amount_cents', p_amount_cents, 'paid_on', p_paid_on,
        'method', p_method),
      p_as_of);
  end if;
  return v_id;
end;
$$;
comment on function private.insert_payment(public.customer_invoices, bigint, date, text, text, uuid, timestamptz) is
  'Writes a payment, with an audit row if an admin recorded it. The caller holds the customer''s lock.';
revoke all on function private.insert_payment(public.customer_invoices, bigint, date, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.record_payment(
  p_invoice_number text, p_amount_cents bigint, p_paid_on date, p_method text, p_reference text, p_key text,
  p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_scope text := 'payment:' || p_actor;
  v_method text := coalesce(p_method, 'bank_transfer');
  v_reference text := private.payment_reference(p_reference);
  v_fault text := private.payment_fault(p_amount_cents, p_paid_on, p_as_of);
  v_response jsonb;
  v_invoice public.customer_invoices;
  v_payment uuid;
begin
  if v_fault is not null then
    perform private.fail(400, 'invalid_request', v_fault);
  end if;
  v_response := private.claim_idempotency_key(
    v_scope, p_key,
    private.request_hash(jsonb_build_array(p_invoice_number, p_amount_cents, p_paid_on, v_method, v_reference)));
  if v_response is not null then
    return v_response;
  end if;
  select i.* into v_invoice from public.customer_invoices as i where i.invoice_number = p_invoice_number;
  if v_invoice.id is null then
    perform private.fail(404, 'not_found', 'invoice');
  end if;
  perform private.refuse_own_account(v_invoice.customer_id, p_actor);
  perform private.lock_customers(array[v_invoice.customer_id]);
  -- Two statements: the receipt is read after the payment was written.
  v_payment := private.insert_payment(v_invoice, p_amount_cents, p_paid_on, v_method, v_reference, p_actor, p_as_of);
  v_response := private.payment_receipt(v_payment);
  perform private.store_idempotent_response(v_scope, p_key, v_response);
  return v_response;
exception when check_violation then
  raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'method';
end;
$$;
comment on function private.record_payment(text, bigint, date, text, text, text, uuid, timestamptz) is
  'Records a payment for an invoice, once per idempotency key, with audit row: a part, all, or more than is outstanding.';
revoke all on function private.record_payment(text, bigint, date, text, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.record_payment(
  p_invoice_number text, p_amount_cents bigint, p_paid_on date, p_method text default null,
  p_reference text default null, p_idempotency_key text default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.record_payment(
    p_invoice_number, p_amount_cents, p_paid_on, p_method, p_reference, p_idempotency_key,
    private.require_permission('billing:manage_invoices'), now());
end;
$$;
comment on function public.record_payment(text, bigint, date, text, text, text) is
  'Admin with billing:manage_invoices: records a payment in cents on a day of the billing time zone. Raises not_found, own_account, invalid_request.';
revoke all on function public.record_payment(text, bigint, date, text, text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.record_payment(text, bigint, date, text, text, text) to authenticated;

create function private.payment_is_known(p_invoice_id uuid, p_amount_cents bigint, p_paid_on date, p_reference text)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
    select 1 from public.invoice_payments as p
    where p.invoice_id = p_invoice_id and p.amount_cents = p_amount_cents and p.paid_on = p_paid_on
      and p.reference is not distinct from p_reference
      and not exists (select 1 from public.payment_reversals as x where x.payment_id = p.id))
$$;
comment on function private.payment_is_known(uuid, bigint, date, text) is
  'Whether a payment of this amount in cents, day and reference was recorded for the invoice and not reversed: a statement that is read twice brings it again.';
revoke all on function private.payment_is_known(uuid, bigint, date, text) from public, anon, authenticated, service_role;

create function public.record_invoice_payment(
  p_invoice_number text, p_amount_cents bigint, p_paid_at timestamptz, p_reference text default null,
  p_method text default 'debit_order'
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_paid_on date := private.local_date(p_paid_at, private.billing_time_zone());
  v_reference text := private.payment_reference(p_reference);
  v_fault text := private.payment_fault(p_amount_cents, v_paid_on, p_paid_at);
  v_invoice public.customer_invoices;
begin
  if v_fault is not null then
    perform private.fail(400, 'invalid_request', v_fault);
  end if;
  select i.* into v_invoice from public.customer_invoices as i where i.invoice_number = p_invoice_number;
  if v_invoice.id is null then
    perform private.fail(404, 'not_found', 'invoice');
  end if;
  perform private.lock_customers(array[v_invoice.customer_id]);
  if private.payment_is_known(v_invoice.id, p_amount_cents, v_paid_on, v_reference) then
    return jsonb_build_object('invoice_number', p_invoice_number, 'recorded', false);
  end if;
  perform private.insert_payment(v_invoice, p_amount_cents, v_paid_on, p_method, v_reference, null, p_paid_at);
  return jsonb_build_object('invoice_number', p_invoice_number, 'recorded', true);
exception when check_violation then
  raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'method';
end;
$$;
comment on function public.record_invoice_payment(text, bigint, timestamptz, text, text) is
  'Server: the payment system reports a payment in cents. The same invoice, day, amount and reference again changes nothing. Raises not_found, invalid_request.';
revoke all on function public.record_invoice_payment(text, bigint, timestamptz, text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.record_invoice_payment(text, bigint, timestamptz, text, text) to service_role;

create function private.reverse_payment(p_payment_id uuid, p_reason text, p_actor uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_payment public.invoice_payments;
begin
  select p.* into v_payment from public.invoice_payments as p where p.id = p_payment_id;
  if v_payment.id is null then
    perform private.fail(404, 'not_found', 'payment');
  end if;
  perform private.refuse_own_account(v_payment.customer_id, p_actor);
  perform private.lock_customers(array[v_payment.customer_id]);
  insert into public.payment_reversals (payment_id, customer_id, reason, reversed_by, created_at)
  values (p_payment_id, v_payment.customer_id, v_reason, p_actor, p_as_of)
  on conflict (payment_id) do nothing;
  if not found then
    perform private.fail(409, 'payment_already_reversed');
  end if;
  perform private.write_audit(
    p_actor, 'payment.reversed', 'payment', p_payment_id::text, v_payment.customer_id, v_reason,
    jsonb_build_object('amount_cents', v_payment.amount_cents, 'paid_on', v_payment.paid_on), null, p_as_of);
  return private.payment_receipt(p_payment_id);
end;
$$;
comment on function private.reverse_payment(uuid, text, uuid, timestamptz) is
  'Takes a payment back, with a reason and audit row. Raises payment_already_reversed.';
revoke all on function private.reverse_payment(uuid, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.reverse_payment(p_payment_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.reverse_payment(
    p_payment_id, p_reason, private.require_permission('billing:manage_invoices'), now());
end;
$$;
comment on function public.reverse_payment(uuid, text) is
  'Admin with billing:manage_invoices: takes back a payment that was recorded by mistake or returned. Raises not_found, own_account, payment_already_reversed.';
revoke all on function public.reverse_payment(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.reverse_payment(uuid, text) to authenticated;

create function private.account_entries(p_customer_id uuid)
returns table (
  id uuid, kind text, number text, at timestamptz, entered_on date, amount_cents bigint, effect_cents bigint, details jsonb
)
language sql
stable
rows 50
set search_path = ''
as $$
  with zone as (select private.billing_time_zone() as name)
  select i.id, 'invoice', i.invoice_number, i.issued_at, private.local_date(i.issued_at, zone.name),
    i.amount_due_cents, i.amount_due_cents,
    jsonb_build_object(
      'invoice_number', i.invoice_number, 'due_on', i.due_on, 'period_start', i.period_start, 'period_end', i.period_end,
      'is_free_month', i.is_free_month)
      || private.invoice_standing(i)
  from public.customer_invoices as i, zone
  where i.customer_id = p_customer_id
  union all
  select n.id, 'credit_note', n.credit_note_number, n.issued_at, private.local_date(n.issued_at, zone.name),
    n.total_cents, -n.total_cents, jsonb_build_object('invoice_number', i.invoice_number, 'reason', n.reason)
  from public.credit_notes as n
  join public.customer_invoices as i on i.id = n.invoice_id, zone
  where n.customer_id = p_customer_id
  union all
  -- A payment comes after what was issued on its day.
  select p.id, 'payment', i.invoice_number, private.start_of_day(p.paid_on + 1, zone.name) - interval '1 second',
    p.paid_on, p.amount_cents, -p.amount_cents,
    jsonb_build_object(
      'invoice_number', i.invoice_number, 'method', p.method, 'reference', p.reference,
      'is_reversed', exists (select 1 from public.payment_reversals as x where x.payment_id = p.id))
  from public.invoice_payments as p
  join public.customer_invoices as i on i.id = p.invoice_id, zone
  where p.customer_id = p_customer_id
  union all
  select x.id, 'payment', i.invoice_number, x.created_at, private.local_date(x.created_at, zone.name),
    -p.amount_cents, p.amount_cents,
    jsonb_build_object(
      'invoice_number', i.invoice_number, 'method', p.method, 'reference', p.reference, 'reverses_payment_id', p.id,
      'reason', x.reason)
  from public.payment_reversals as x
  join public.invoice_payments as p on p.id = x.payment_id
  join public.customer_invoices as i on i.id = p.invoice_id, zone
  where x.customer_id = p_customer_id
$$;
comment on function private.account_entries(uuid) is
  'Everything that moved a customer''s balance. amount_cents is what the document says; for a payment taken back it is below zero. effect_cents is what the entry adds to the balance. Days are in the billing time zone.';
revoke all on function private.account_entries(uuid) from public, anon, authenticated, service_role;

create function private.account_summary(p_customer_id uuid, p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'balance_cents', private.account_balance(p_customer_id),
    'overdue_cents', coalesce(sum(i.outstanding_cents) filter (where i.due_on < today.date), 0),
    'credit_cents', coalesce((select a.credit_cents from public.account_credits as a where a.customer_id = p_customer_id), 0),
    'open_invoices', coalesce(jsonb_agg(jsonb_build_object(
      'invoice_number', i.invoice_number, 'due_on', i.due_on, 'outstanding_cents', i.outstanding_cents,
      'is_overdue', i.due_on < today.date) order by i.due_on, i.invoice_number) filter (where i.id is not null), '[]'),
    'currency', max(s.currency), 'payment_instructions', max(s.payment_instructions))
  from private.current_billing_settings() as s
  cross join lateral (select private.local_date(p_as_of, s.time_zone) as date) as today
  left join private.open_invoices as i on i.customer_id = p_customer_id
$$;
comment on function private.account_summary(uuid, timestamptz) is
  'What a customer owes, what of it is overdue on this day of the billing time zone, their credit, the invoices to pay, and how. Amounts in cents.';
revoke all on function private.account_summary(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.account_page(
  p_customer_id uuid, p_cursor_at timestamptz, p_cursor_id uuid, p_limit integer
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 25), 1), 100);
  v_rows jsonb;
begin
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.id, 'kind', page.kind, 'number', page.number, 'at', page.at, 'on', page.entered_on,
    'amount_cents', page.amount_cents, 'balance_cents', page.balance_cents) || page.details
    order by page.at desc, page.id desc), '[]')
  into v_rows
  from (
    select e.*
    from (
      select e.*,
        sum(e.effect_cents) over (order by e.at, e.id rows between unbounded preceding and current row)::bigint as balance_cents
      from private.account_entries(p_customer_id) as e
    ) as e
    where p_cursor_at is null or (e.at, e.id) < (p_cursor_at, p_cursor_id)
    order by e.at desc, e.id desc
    limit v_limit + 1
  ) as page;
  return private.account_summary(p_customer_id, now()) || private.keyset_page('entries', v_rows, v_limit, 'at');
end;
$$;
comment on function private.account_page(uuid, timestamptz, uuid, integer) is
  'A customer''s account: the summary and one page of entries, newest first, each with the balance after it.';
revoke all on function private.account_page(uuid, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;

create function public.get_my_account(
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return private.account_page(private.require_customer(), p_cursor_at, p_cursor_id, p_limit);
end;
$$;
comment on function public.get_my_account(timestamptz, uuid, integer) is
  'Customer: own balance and the invoices, payments and credit notes behind it, newest first, keyset-paged. Amounts in cents.';
revoke all on function public.get_my_account(timestamptz, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.get_my_account(timestamptz, uuid, integer) to authenticated;

create function public.admin_get_account(
  p_customer_id uuid, p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('customers:view');
  if not exists (select 1 from public.customers as c where c.id = p_customer_id) then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  return private.account_page(p_customer_id, p_cursor_at, p_cursor_id, p_limit);
end;
$$;
comment on function public.admin_get_account(uuid, timestamptz, uuid, integer) is
  'Admin with customers:view: a customer''s balance and the entries behind it. Raises not_found.';
revoke all on function public.admin_get_account(uuid, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_get_account(uuid, timestamptz, uuid, integer) to authenticated;

create function private.invoice_summary(p_invoice public.customer_invoices)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'invoice_number', p_invoice.invoice_number, 'period_start', p_invoice.period_start,
    'period_end', p_invoice.period_end, 'issued_at', p_invoice.issued_at, 'due_on', p_invoice.due_on,
    'total_cents', p_invoice.total_cents, 'amount_due_cents', p_invoice.amount_due_cents,
    'is_free_month', p_invoice.is_free_month, 'amount_waived_cents', p_invoice.amount_waived_cents,
    'currency', p_invoice.currency)
    || private.invoice_standing(p_invoice)
$$;
comment on function private.invoice_summary(public.customer_invoices) is
  'An invoice as its customer sees it in a list, and how it stands. Amounts in cents.';
revoke all on function private.invoice_summary(public.customer_invoices) from public, anon, authenticated, service_role;

create function private.judged_payments(p_rows jsonb, p_actor uuid, p_as_of timestamptz)
returns table (line integer, invoice public.customer_invoices, amount_cents bigint, paid_on date, reference text, fault text)
language sql
stable
set search_path = ''
as $$
  select r.row, i, r.amount_cents, r.paid_on, r.reference,
    case
      when i.id is null then 'unknown_invoice'
      when private.payment_fault(r.amount_cents, r.paid_on, p_as_of) is not null then
        private.payment_fault(r.amount_cents, r.paid_on, p_as_of)
      when c.auth_user_id = p_actor then 'own_account'
      when private.payment_is_known(i.id, r.amount_cents, r.paid_on, r.reference)
        or row_number() over (partition by i.id, r.amount_cents, r.paid_on, r.reference order by r.row) > 1
        then 'repeated'
    end
  from jsonb_to_recordset(p_rows)
    as r (row integer, invoice_number text, amount_cents bigint, paid_on date, reference text)
  left join public.customer_invoices as i on i.invoice_number = r.invoice_number
  left join public.customers as c on c.id = i.customer_id
$$;
comment on function private.judged_payments(jsonb, uuid, timestamptz) is
  'The rows of a bank file with their invoices, and why a row is not recorded, or null. A row that was recorded before, or stands in the file before, is repeated.';
revoke all on function private.judged_payments(jsonb, uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.import_payments(p_rows jsonb, p_dry_run boolean)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
as $$
declare
  v_actor uuid := private.require_permission('billing:manage_invoices');
  v_now timestamptz := now();
  v_rejected jsonb;
  v_accepted integer;
begin
  if jsonb_array_length(p_rows) > 5000 then
    perform private.fail(400, 'invalid_request', 'at most 5000 rows');
  end if;
  if not p_dry_run then
    perform private.lock_customers(array(
      select i.customer_id from public.customer_invoices as i
      where i.invoice_number in (
        select r.invoice_number from jsonb_to_recordset(p_rows) as r (invoice_number text))));
  end if;
  with judged as materialized (
    select * from private.judged_payments(p_rows, v_actor, v_now)
  ), recorded as materialized (
    select private.insert_payment(
      j.invoice, j.amount_cents, j.paid_on, 'bank_transfer', j.reference, v_actor, v_now) as id
    from judged as j
    where j.fault is null and not p_dry_run
  )
  select coalesce(jsonb_agg(jsonb_build_object('row', j.line, 'reason', j.fault) order by j.line)
      filter (where j.fault is not null), '[]'),
    count(*) filter (where j.fault is null) + 0 * (select count(*) from recorded)
  into v_rejected, v_accepted
  from judged as j;
  return jsonb_build_object('accepted', v_accepted, 'rejected', v_rejected);
end;
$$;
comment on function public.import_payments(jsonb, boolean) is
  'Admin with billing:manage_invoices: records the rows of a bank file {row, invoice_number, amount_cents, paid_on, reference}, or with p_dry_run only judges them. Good rows are recorded although others are rejected; a repeated row is rejected as such.';
revoke all on function public.import_payments(jsonb, boolean) from public, anon, authenticated, service_role;
grant execute on function public.import_payments(jsonb, boolean) to authenticated;

-- schemas/135_billing_reports.sql
-- Reports of billing: what a run issued and left out, VAT by the period supplied, the free months that are still owed, the
-- documents of a range of days for the accounts, and what a run would change. Nothing here writes.
--
-- Reading needs customers:view. What leaves as a file needs data:export, and comes in keyset pages: a document never
-- changes once issued, and its place in the order does not either, so that each one is in an export once.

create function private.report_days(p_from date, p_to date)
returns tstzrange
language plpgsql
stable
set search_path = ''
as $$
declare
  v_time_zone text := private.billing_time_zone();
begin
  if p_from is null or p_to is null or p_to < p_from then
    perform private.fail(400, 'invalid_request', 'to must not be before from');
  end if;
  return tstzrange(private.start_of_day(p_from, v_time_zone), private.start_of_day(p_to + 1, v_time_zone));
end;
$$;
comment on function private.report_days(date, date) is
  'From the beginning of the first day until the end of the last one, in the billing time zone. Raises invalid_request.';
revoke all on function private.report_days(date, date) from public, anon, authenticated, service_role;

create function private.report_limit(p_limit integer)
returns integer
language sql
immutable
parallel safe
set search_path = ''
as $$
  select least(greatest(coalesce(p_limit, 1000), 1), 1000)
$$;
comment on function private.report_limit(integer) is 'How many rows a page of an export has: at most 1000.';
revoke all on function private.report_limit(integer) from public, anon, authenticated, service_role;

create function private.half_up_share(p_amount numeric, p_part numeric, p_whole numeric)
returns numeric
language sql
immutable
parallel safe
set search_path = ''
as $$
  select case when p_whole = 0 then 0 else div(2 * p_amount * p_part + p_whole, 2 * p_whole) end
$$;
comment on function private.half_up_share(numeric, numeric, numeric) is
  'amount × part ÷ whole, half-up to the cent; nothing of nothing. None is negative.';
revoke all on function private.half_up_share(numeric, numeric, numeric) from public, anon, authenticated, service_role;

-- VAT.

create function private.vat_parts(p_from date, p_until date)
returns table (
  period_start date, currency text, vat_bps integer, document_id uuid, is_credit boolean, is_late boolean,
  total_cents bigint, vat_cents bigint
)
language sql
stable
rows 10000
set search_path = ''
as $$
  with invoices as materialized (
    select i.id, i.currency, date_trunc('month', i.period_start)::date as period_start, i.total_cents, i.vat_cents,
      r.vat_bps, r.total_cents as rate_total, r.vat_cents as rate_vat,
      sum(r.total_cents) over rates as total_until, sum(r.vat_cents) over rates as vat_until,
      i.issued_at >= private.start_of_day(i.period_end, z.time_zone) as is_late,
      private.start_of_day(i.period_end, z.time_zone) as ends_at
    from private.billing_time_zone() as z (time_zone)
    cross join public.customer_invoices as i
    cross join lateral (
      select coalesce((line ->> 'vat_bps')::integer, i.vat_bps) as vat_bps,
        sum((line ->> 'amount_cents')::bigint) as total_cents, sum((line ->> 'vat_cents')::bigint) as vat_cents
      from jsonb_array_elements(i.line_items) as line
      group by 1
    ) as r
    where i.period_start >= p_from and i.period_start < p_until
    window rates as (partition by i.id order by r.vat_bps)
  )
  select i.period_start, i.currency, i.vat_bps, i.id, false, i.is_late, i.rate_total::bigint, i.rate_vat::bigint
  from invoices as i
  union all
  -- A credit goes to the rates of its invoice in proportion, half-up to the cent. The parts add up to the credit.
  select i.period_start, i.currency, i.vat_bps, n.id, true, n.issued_at >= i.ends_at,
    (share.total_until - share.total_before)::bigint, (share.vat_until - share.vat_before)::bigint
  from invoices as i
  join public.credit_notes as n on n.invoice_id = i.id
  cross join lateral (
    select private.half_up_share(n.total_cents, i.total_until, i.total_cents) as total_until,
      private.half_up_share(n.total_cents, i.total_until - i.rate_total, i.total_cents) as total_before,
      private.half_up_share(n.vat_cents, i.vat_until, i.vat_cents) as vat_until,
      private.half_up_share(n.vat_cents, i.vat_until - i.rate_vat, i.vat_cents) as vat_before
  ) as share
$$;
comment on function private.vat_parts(date, date) is
  'What each invoice for a month from p_from until before p_until charges at each VAT rate, and what credit notes took back of it, in cents with VAT. is_late: issued after the end of the month supplied.';
revoke all on function private.vat_parts(date, date) from public, anon, authenticated, service_role;

create function private.vat_report(p_from date, p_to date)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with figures as (
    select p.period_start, p.currency, p.vat_bps, grouping(p.period_start) = 1 as is_total,
      jsonb_build_object(
        'invoices', count(distinct p.document_id) filter (where not p.is_credit),
        'invoiced_net_cents', coalesce(sum(p.total_cents - p.vat_cents) filter (where not p.is_credit), 0),
        'invoiced_vat_cents', coalesce(sum(p.vat_cents) filter (where not p.is_credit), 0),
        'invoiced_total_cents', coalesce(sum(p.total_cents) filter (where not p.is_credit), 0),
        'credit_notes', count(distinct p.document_id) filter (where p.is_credit),
        'credited_net_cents', coalesce(sum(p.total_cents - p.vat_cents) filter (where p.is_credit), 0),
        'credited_vat_cents', coalesce(sum(p.vat_cents) filter (where p.is_credit), 0),
        'credited_total_cents', coalesce(sum(p.total_cents) filter (where p.is_credit), 0),
        'net_cents', coalesce(sum((p.total_cents - p.vat_cents) * signs.sign), 0),
        'vat_cents', coalesce(sum(p.vat_cents * signs.sign), 0),
        'total_cents', coalesce(sum(p.total_cents * signs.sign), 0),
        'late_vat_cents', coalesce(sum(p.vat_cents * signs.sign) filter (where p.is_late), 0)) as amounts
    from private.vat_parts(date_trunc('month', p_from)::date, (date_trunc('month', p_to) + interval '1 month')::date) as p
    cross join lateral (select case when p.is_credit then -1 else 1 end as sign) as signs
    group by grouping sets ((p.period_start, p.currency, p.vat_bps), (p.currency))
  )
  select jsonb_build_object(
    'from', date_trunc('month', p_from)::date,
    'to', (date_trunc('month', p_to) + interval '1 month')::date - 1,
    'rows', coalesce(jsonb_agg(
      jsonb_build_object('period_start', f.period_start, 'currency', f.currency, 'vat_bps', f.vat_bps) || f.amounts
      order by f.period_start, f.currency, f.vat_bps) filter (where not f.is_total), '[]'),
    'totals', coalesce(jsonb_agg(
      jsonb_build_object('currency', f.currency) || f.amounts order by f.currency) filter (where f.is_total), '[]'))
  from figures as f
$$;
comment on function private.vat_report(date, date) is
  'VAT by the month supplied and the rate, for the months that hold p_from to p_to: what was invoiced, what credit notes took back, and what remains. Amounts in cents.';
revoke all on function private.vat_report(date, date) from public, anon, authenticated, service_role;

create function public.admin_get_vat_report(p_from date, p_to date, p_is_export boolean default false)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
begin
  perform private.require_permission('customers:view');
  if p_is_export then
    perform private.require_permission('data:export');
  end if;
  perform private.report_days(p_from, p_to);
  return private.vat_report(p_from, p_to);
end;
$$;
comment on function public.admin_get_vat_report(date, date, boolean) is
  'Admin with customers:view, for a file also data:export: VAT by the month supplied and the rate, credit notes set against the month of their invoice. Amounts in cents. Raises invalid_request.';
revoke all on function public.admin_get_vat_report(date, date, boolean) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_vat_report(date, date, boolean) to authenticated;

-- The free months that are still owed.

create function private.owed_rewards(p_as_of timestamptz)
returns table (
  reward_id uuid, customer_id uuid, source text, vat_treatment text, cap_cents bigint, created_at timestamptz,
  expires_at timestamptz, last_day date, price_cents bigint, value_cents bigint
)
language sql
stable
rows 1000
set search_path = ''
as $$
  select w.id, w.customer_id, w.source, w.vat_treatment, w.cap_cents, w.created_at, w.expires_at,
    private.local_date(w.expires_at - interval '1 second', z.time_zone), s.price_cents,
    case when s.price_cents is null then 0 else least(s.price_cents, w.cap_cents) end
  from private.billing_time_zone() as z (time_zone)
  cross join public.referral_rewards as w
  cross join lateral (
    select max(s.monthly_price_cents) as price_cents
    from public.customer_services as s
    where s.customer_id = w.customer_id and s.status in ('active', 'suspended')
  ) as s
  where w.status = 'pending' and w.expires_at > p_as_of
$$;
comment on function private.owed_rewards(timestamptz) is
  'Free months that can still be used at p_as_of, and what each is worth now: the price of the customer''s dearest service, up to its ceiling; nothing without a service. last_day is the last day on which it counts. Amounts in cents with VAT.';
revoke all on function private.owed_rewards(timestamptz) from public, anon, authenticated, service_role;

create function private.reward_history(p_as_of timestamptz)
returns table (month date, used bigint, used_cents bigint, expired bigint, revoked bigint)
language sql
stable
rows 12
set search_path = ''
as $$
  select m.month::date,
    count(*) filter (where w.status = 'applied'),
    coalesce(sum(w.amount_waived_cents), 0)::bigint,
    count(*) filter (where w.status = 'expired'),
    count(*) filter (where w.status = 'revoked')
  from private.billing_time_zone() as z (time_zone)
  cross join lateral (
    select date_trunc('month', private.local_date(p_as_of, z.time_zone)) as month
  ) as this
  cross join lateral generate_series(this.month - interval '11 months', this.month, interval '1 month') as m (month)
  left join (
    select w.status, w.amount_waived_cents, coalesce(w.applied_at, w.revoked_at, w.expires_at - interval '1 second') as ended_at
    from public.referral_rewards as w
    where w.status <> 'pending'
  ) as w
    on w.ended_at >= private.start_of_day(m.month::date, z.time_zone)
    and w.ended_at < private.start_of_day((m.month + interval '1 month')::date, z.time_zone)
  group by m.month
$$;
comment on function private.reward_history(timestamptz) is
  'What became of free months in each of the last twelve months of the billing time zone, the current one included: used, expired on their last day, revoked. Amounts in cents.';
revoke all on function private.reward_history(timestamptz) from public, anon, authenticated, service_role;

create function private.reward_liability(p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with owed as materialized (
    select o.* from private.owed_rewards(p_as_of) as o
  ), sums as (
    select count(*) as rewards, coalesce(sum(o.value_cents), 0)::bigint as value_cents,
      count(*) filter (where o.price_cents is null) as without_service,
      count(*) filter (where o.cap_cents < o.price_cents) as capped
    from owed as o
  ), history as materialized (
    select h.* from private.reward_history(p_as_of) as h
  ), breakage as (
    select sum(h.used)::bigint as used, sum(h.expired)::bigint as expired, sum(h.revoked)::bigint as revoked
    from history as h
  )
  select jsonb_build_object(
    'as_of', p_as_of, 'currency', (private.current_billing_settings()).currency,
    'rewards', s.rewards, 'value_cents', s.value_cents, 'without_service', s.without_service, 'capped', s.capped,
    'by_treatment', coalesce((
      select jsonb_agg(jsonb_build_object('treatment', t.vat_treatment, 'rewards', t.rewards, 'value_cents', t.value_cents)
        order by t.vat_treatment)
      from (
        select o.vat_treatment, count(*) as rewards, sum(o.value_cents) as value_cents from owed as o group by 1) as t), '[]'),
    'expiring', coalesce((
      select jsonb_agg(jsonb_build_object('month', e.month, 'rewards', e.rewards, 'value_cents', e.value_cents)
        order by e.month)
      from (
        select date_trunc('month', o.last_day)::date as month, count(*) as rewards, sum(o.value_cents) as value_cents
        from owed as o group by 1) as e), '[]'),
    'breakage', jsonb_build_object(
      'used', b.used, 'expired', b.expired, 'revoked', b.revoked,
      'rate_bps', case when b.used + b.expired > 0 then private.half_up_share(10000, b.expired, b.used + b.expired) end,
      'expected_unused_cents', case when b.used + b.expired > 0 then
        private.half_up_share(s.value_cents, b.expired, b.used + b.expired) end),
    'history', (
      select jsonb_agg(jsonb_build_object(
        'month', h.month, 'used', h.used, 'used_cents', h.used_cents, 'expired', h.expired, 'revoked', h.revoked)
        order by h.month)
      from history as h))
  from sums as s, breakage as b
$$;
comment on function private.reward_liability(timestamptz) is
  'What unused free months are worth at p_as_of, by the month in which they expire, and breakage: the share of those that ended in the last twelve months without being used, revoked ones left out. Amounts in cents with VAT, the rate in basis points.';
revoke all on function private.reward_liability(timestamptz) from public, anon, authenticated, service_role;

create function public.admin_get_reward_liability()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
begin
  perform private.require_permission('customers:view');
  return private.reward_liability(now());
end;
$$;
comment on function public.admin_get_reward_liability() is
  'Admin with customers:view: what unused free months are worth now, when they expire, and how many end unused. Amounts in cents.';
revoke all on function public.admin_get_reward_liability() from public, anon, authenticated, service_role;
grant execute on function public.admin_get_reward_liability() to authenticated;

create function public.admin_export_owed_rewards(
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 1000
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  v_limit integer := private.report_limit(p_limit);
  v_time_zone text := private.billing_time_zone();
  v_rows jsonb;
begin
  perform private.require_permission('data:export');
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.reward_id, 'expires_at', page.expires_at, 'customer_id', page.customer_id,
    'customer_name', (select c.full_name from public.customers as c where c.id = page.customer_id),
    'source', page.source, 'vat_treatment', page.vat_treatment,
    'granted_on', private.local_date(page.created_at, v_time_zone), 'last_day', page.last_day,
    'cap_cents', page.cap_cents, 'value_cents', page.value_cents) order by page.expires_at, page.reward_id), '[]')
  into v_rows
  from (
    select o.*
    from private.owed_rewards(now()) as o
    where p_cursor_at is null or (o.expires_at, o.reward_id) > (p_cursor_at, p_cursor_id)
    order by o.expires_at, o.reward_id
    limit v_limit + 1
  ) as page;
  return private.keyset_page('rows', v_rows, v_limit, 'expires_at')
    || jsonb_build_object('currency', (private.current_billing_settings()).currency);
end;
$$;
comment on function public.admin_export_owed_rewards(timestamptz, uuid, integer) is
  'Admin with data:export: the unused free months one by one with their value in cents, the first to expire first, keyset-paged.';
revoke all on function public.admin_export_owed_rewards(timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_export_owed_rewards(timestamptz, uuid, integer) to authenticated;

-- Documents of a range of days.

create function private.invoice_export_row(p_invoice public.customer_invoices, p_time_zone text)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_invoice.id, 'at', p_invoice.issued_at, 'invoice_number', p_invoice.invoice_number,
    'issued_on', private.local_date(p_invoice.issued_at, p_time_zone), 'due_on', p_invoice.due_on,
    'kind', case
      when p_invoice.period_end <= private.local_date(p_invoice.issued_at, p_time_zone) then 'completion' else 'cycle'
    end,
    'period_start', p_invoice.period_start, 'last_day', p_invoice.period_end - 1,
    'customer_id', p_invoice.customer_id, 'service_id', p_invoice.service_id,
    'customer_name', p_invoice.buyer ->> 'name', 'customer_vat_number', p_invoice.buyer ->> 'vat_number',
    'description', p_invoice.line_items -> 0 ->> 'description', 'currency', p_invoice.currency,
    'vat_bps', (
      select jsonb_agg(distinct coalesce((line ->> 'vat_bps')::integer, p_invoice.vat_bps))
      from jsonb_array_elements(p_invoice.line_items) as line),
    'net_cents', p_invoice.subtotal_cents, 'vat_cents', p_invoice.vat_cents, 'total_cents', p_invoice.total_cents,
    'treatment', p_invoice.reward_treatment, 'waived_cents', p_invoice.amount_waived_cents,
    'due_cents', p_invoice.amount_due_cents)
$$;
comment on function private.invoice_export_row(public.customer_invoices, text) is
  'An invoice for the accounts, as it was issued. Days are in the time zone given, amounts in cents. kind: completion when its month was over.';
revoke all on function private.invoice_export_row(public.customer_invoices, text)
  from public, anon, authenticated, service_role;

create function public.admin_export_invoices(
  p_from date, p_to date, p_cursor_at timestamptz default null, p_cursor_id uuid default null,
  p_limit integer default 1000
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
set plan_cache_mode = force_custom_plan
as $$
declare
  v_limit integer := private.report_limit(p_limit);
  v_days tstzrange;
  v_time_zone text := private.billing_time_zone();
  v_number text;
  v_rows jsonb;
begin
  perform private.require_permission('data:export');
  v_days := private.report_days(p_from, p_to);
  select i.invoice_number into v_number from public.customer_invoices as i where i.id = p_cursor_id;
  select coalesce(jsonb_agg(
    private.invoice_export_row(page.i, v_time_zone) order by (page.i).issued_at, (page.i).invoice_number), '[]')
  into v_rows
  from (
    select i
    from public.customer_invoices as i
    where i.issued_at >= lower(v_days) and i.issued_at < upper(v_days)
      and (p_cursor_at is null or (i.issued_at, i.invoice_number) > (p_cursor_at, v_number))
    order by i.issued_at, i.invoice_number
    limit v_limit + 1
  ) as page;
  return private.keyset_page('rows', v_rows, v_limit, 'at');
end;
$$;
comment on function public.admin_export_invoices(date, date, timestamptz, uuid, integer) is
  'Admin with data:export: the invoices issued from the first to the last day, both included, in the billing time zone, in the order of their issue, keyset-paged. Amounts in cents. Raises invalid_request.';
revoke all on function public.admin_export_invoices(date, date, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_export_invoices(date, date, timestamptz, uuid, integer) to authenticated;

create function public.admin_export_credit_notes(
  p_from date, p_to date, p_cursor_at timestamptz default null, p_cursor_id uuid default null,
  p_limit integer default 1000
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  v_limit integer := private.report_limit(p_limit);
  v_days tstzrange;
  v_time_zone text := private.billing_time_zone();
  v_rows jsonb;
begin
  perform private.require_permission('data:export');
  v_days := private.report_days(p_from, p_to);
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.id, 'at', page.issued_at, 'credit_note_number', page.credit_note_number,
    'issued_on', private.local_date(page.issued_at, v_time_zone), 'invoice_number', i.invoice_number,
    'period_start', i.period_start, 'last_day', i.period_end - 1,
    'customer_id', page.customer_id, 'customer_name', page.buyer ->> 'name', 'reason', page.reason,
    'currency', page.currency, 'net_cents', page.subtotal_cents, 'vat_cents', page.vat_cents,
    'total_cents', page.total_cents) order by page.issued_at, page.id), '[]')
  into v_rows
  from (
    select n.*
    from public.credit_notes as n
    where n.issued_at >= lower(v_days) and n.issued_at < upper(v_days)
      and (p_cursor_at is null or (n.issued_at, n.id) > (p_cursor_at, p_cursor_id))
    order by n.issued_at, n.id
    limit v_limit + 1
  ) as page
  join public.customer_invoices as i on i.id = page.invoice_id;
  return private.keyset_page('rows', v_rows, v_limit, 'at');
end;
$$;
comment on function public.admin_export_credit_notes(date, date, timestamptz, uuid, integer) is
  'Admin with data:export: the credit notes issued from the first to the last day, both included, in the billing time zone, with the month supplied that each corrects, keyset-paged. Amounts in cents. Raises invalid_request.';
revoke all on function public.admin_export_credit_notes(date, date, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_export_credit_notes(date, date, timestamptz, uuid, integer) to authenticated;

create function private.payment_entries(p_days tstzrange, p_after_at timestamptz, p_after_id uuid, p_limit integer)
returns table (id uuid, at timestamptz, payment_id uuid, kind text, amount_cents bigint, reason text)
language sql
stable
set search_path = ''
as $$
  (
    select p.id, p.created_at, p.id, 'payment', p.amount_cents, null
    from public.invoice_payments as p
    where p.created_at >= lower(p_days) and p.created_at < upper(p_days)
      and (p_after_at is null or (p.created_at, p.id) > (p_after_at, p_after_id))
    order by p.created_at, p.id
    limit p_limit
  )
  union all
  (
    select x.id, x.created_at, x.payment_id, 'reversal', -p.amount_cents, x.reason
    from public.payment_reversals as x
    join public.invoice_payments as p on p.id = x.payment_id
    where x.created_at >= lower(p_days) and x.created_at < upper(p_days)
      and (p_after_at is null or (x.created_at, x.id) > (p_after_at, p_after_id))
    order by x.created_at, x.id
    limit p_limit
  )
  order by 2, 1
  limit p_limit
$$;
comment on function private.payment_entries(tstzrange, timestamptz, uuid, integer) is
  'Payments and their reversals by when they were recorded. A reversal takes the whole payment back: its amount in cents is below zero.';
revoke all on function private.payment_entries(tstzrange, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;

create function public.admin_export_payments(
  p_from date, p_to date, p_cursor_at timestamptz default null, p_cursor_id uuid default null,
  p_limit integer default 1000
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  v_limit integer := private.report_limit(p_limit);
  v_days tstzrange;
  v_time_zone text := private.billing_time_zone();
  v_rows jsonb;
begin
  perform private.require_permission('data:export');
  v_days := private.report_days(p_from, p_to);
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.id, 'at', page.at, 'kind', page.kind, 'payment_id', page.payment_id,
    'recorded_on', private.local_date(page.at, v_time_zone), 'paid_on', p.paid_on,
    'invoice_number', i.invoice_number, 'customer_id', p.customer_id, 'customer_name', i.buyer ->> 'name',
    'method', p.method, 'reference', p.reference, 'reason', page.reason, 'currency', i.currency,
    'amount_cents', page.amount_cents) order by page.at, page.id), '[]')
  into v_rows
  from private.payment_entries(v_days, p_cursor_at, p_cursor_id, v_limit + 1) as page
  join public.invoice_payments as p on p.id = page.payment_id
  join public.customer_invoices as i on i.id = p.invoice_id;
  return private.keyset_page('rows', v_rows, v_limit, 'at');
end;
$$;
comment on function public.admin_export_payments(date, date, timestamptz, uuid, integer) is
  'Admin with data:export: what was recorded as paid, and taken back, from the first to the last day, both included, in the billing time zone, keyset-paged. Amounts in cents. Raises invalid_request.';
revoke all on function public.admin_export_payments(date, date, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_export_payments(date, date, timestamptz, uuid, integer) to authenticated;

-- What a run issued and left out.

create function private.left_out_of_run(p_run public.billing_runs, p_after uuid, p_limit integer)
returns table (service_id uuid, customer_id uuid, customer_name text, package_name text, reason text)
language plpgsql
stable
rows 100
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_time_zone text := (private.billing_run_settings(p_run)).time_zone;
  v_starts_at timestamptz := private.start_of_day(p_run.period_start, v_time_zone);
  v_ends_at timestamptz := private.start_of_day(p_run.period_end, v_time_zone);
begin
  return query
  with errors as materialized (
    select (e.error ->> 'service_id')::uuid as service_id, (e.error ->> 'customer_id')::uuid as customer_id,
      e.error ->> 'message' as message
    from jsonb_array_elements(p_run.errors) as e (error)
  )
  select s.id, s.customer_id, c.full_name, p.name, coalesce(
    (
      select e.message from errors as e
      where e.service_id = s.id or (e.service_id is null and e.customer_id = s.customer_id)
      limit 1
    ),
    case
      when c.erased_at is not null then 'The customer was erased'
      when s.status = 'suspended' and v_ends_at > p_run.as_of then 'Suspended: charged when the month is over'
      when private.active_days(s, p_run.period_start, p_run.period_end, v_time_zone) = '{}' then 'No active day in the month'
      when s.activated_at > p_run.as_of then 'Activated after the run'
      else 'Not billed yet'
    end)
  from public.customer_services as s
  join public.customers as c on c.id = s.customer_id
  join public.service_packages as p on p.id = s.package_id
  where s.activated_at < v_ends_at and (s.ended_at is null or s.ended_at > v_starts_at)
    and (p_after is null or s.id > p_after)
    and not exists (
      select 1 from public.customer_invoices as i where i.service_id = s.id and i.period_start = p_run.period_start)
  order by s.id
  limit p_limit;
end;
$$;
comment on function private.left_out_of_run(public.billing_runs, uuid, integer) is
  'Services that existed in the cycle of a run and have no invoice for it now, by id, and why: the error of the run, or what the service says.';
revoke all on function private.left_out_of_run(public.billing_runs, uuid, integer)
  from public, anon, authenticated, service_role;

create function private.run_totals(p_run_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'invoices', count(*),
    'first_number', (
      select i.invoice_number from public.customer_invoices as i where i.run_id = p_run_id
      order by length(i.invoice_number), i.invoice_number limit 1),
    'last_number', (
      select i.invoice_number from public.customer_invoices as i where i.run_id = p_run_id
      order by length(i.invoice_number) desc, i.invoice_number desc limit 1),
    'net_cents', coalesce(sum(i.subtotal_cents), 0), 'vat_cents', coalesce(sum(i.vat_cents), 0),
    'total_cents', coalesce(sum(i.total_cents), 0), 'due_cents', coalesce(sum(i.amount_due_cents), 0),
    'discount_months', count(*) filter (where i.reward_treatment = 'discount'),
    'discount_cents', coalesce(sum(i.amount_waived_cents) filter (where i.reward_treatment = 'discount'), 0),
    'consideration_months', count(*) filter (where i.reward_treatment = 'consideration'),
    'consideration_cents', coalesce(sum(i.amount_waived_cents) filter (where i.reward_treatment = 'consideration'), 0))
  from public.customer_invoices as i
  where i.run_id = p_run_id
$$;
comment on function private.run_totals(uuid) is
  'What a run issued: its first and last number, net, VAT, total, what is due, and the free months by how VAT treats them. Amounts in cents.';
revoke all on function private.run_totals(uuid) from public, anon, authenticated, service_role;

create function private.completions_beside(p_run public.billing_runs)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', r.id, 'period_start', r.period_start, 'period_end', r.period_end, 'status', r.status,
    'invoices', r.invoices, 'total_cents', r.total_cents) order by r.period_start, r.started_at), '[]')
  from private.billing_time_zone() as z (time_zone)
  join public.billing_runs as r
    on private.local_date(r.as_of, z.time_zone) = private.local_date(p_run.as_of, z.time_zone)
    and r.period_end <= p_run.period_start
  where r.as_of between p_run.as_of - interval '1 day' and p_run.as_of + interval '1 day'
$$;
comment on function private.completions_beside(public.billing_runs) is
  'The runs of the same day that completed months before the cycle of a run. Amounts in cents.';
revoke all on function private.completions_beside(public.billing_runs) from public, anon, authenticated, service_role;

create function public.admin_get_run_report(p_run_id uuid, p_is_export boolean default false)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  v_run public.billing_runs;
  v_left_out jsonb;
begin
  perform private.require_permission('customers:view');
  if p_is_export then
    perform private.require_permission('data:export');
  end if;
  select r.* into v_run from public.billing_runs as r where r.id = p_run_id;
  if v_run.id is null then
    perform private.fail(404, 'not_found', 'billing run');
  end if;
  select jsonb_build_object(
    'services', coalesce(sum(l.services), 0),
    'reasons', coalesce(jsonb_agg(jsonb_build_object('reason', l.reason, 'services', l.services)
      order by l.services desc, l.reason), '[]'))
  into v_left_out
  from (
    select l.reason, count(*) as services from private.left_out_of_run(v_run, null, null) as l group by l.reason
  ) as l;
  return private.run_totals(p_run_id) || jsonb_build_object(
    'currency', (private.billing_run_settings(v_run)).currency,
    'period_start', v_run.period_start, 'last_day', v_run.period_end - 1,
    'is_completion', v_run.period_end <= private.local_date(v_run.as_of, private.billing_time_zone()),
    'completions', private.completions_beside(v_run),
    'left_out', v_left_out || jsonb_build_object('first', coalesce((
      select jsonb_agg(to_jsonb(l) order by l.service_id) from private.left_out_of_run(v_run, null, 25) as l), '[]')));
end;
$$;
comment on function public.admin_get_run_report(uuid, boolean) is
  'Admin with customers:view, for a file also data:export: what a run issued, the completions of earlier months beside it, and how many services have no invoice of its cycle and why. Amounts in cents. Raises not_found.';
revoke all on function public.admin_get_run_report(uuid, boolean) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_run_report(uuid, boolean) to authenticated;

create function public.admin_list_run_invoices(
  p_run_id uuid, p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 25), 1), 100);
  v_after text;
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  select i.invoice_number into v_after from public.customer_invoices as i where i.id = p_cursor_id;
  select coalesce(jsonb_agg(private.admin_invoice_document(page.i) order by (page.i).invoice_number), '[]') into v_rows
  from (
    select i
    from public.customer_invoices as i
    where i.run_id = p_run_id and (p_cursor_at is null or i.invoice_number > v_after)
    order by i.invoice_number
    limit v_limit + 1
  ) as page;
  return private.keyset_page('invoices', v_rows, v_limit, 'issued_at');
end;
$$;
comment on function public.admin_list_run_invoices(uuid, timestamptz, uuid, integer) is
  'Admin with customers:view: the invoices that a run issued, by number, keyset-paged.';
revoke all on function public.admin_list_run_invoices(uuid, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_run_invoices(uuid, timestamptz, uuid, integer) to authenticated;

create function public.admin_export_run_invoices(
  p_run_id uuid, p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 1000
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  v_limit integer := private.report_limit(p_limit);
  v_time_zone text := private.billing_time_zone();
  v_after text;
  v_rows jsonb;
begin
  perform private.require_permission('data:export');
  select i.invoice_number into v_after from public.customer_invoices as i where i.id = p_cursor_id;
  select coalesce(jsonb_agg(private.invoice_export_row(page.i, v_time_zone) order by (page.i).invoice_number), '[]')
  into v_rows
  from (
    select i
    from public.customer_invoices as i
    where i.run_id = p_run_id and (p_cursor_at is null or i.invoice_number > v_after)
    order by i.invoice_number
    limit v_limit + 1
  ) as page;
  return private.keyset_page('rows', v_rows, v_limit, 'at');
end;
$$;
comment on function public.admin_export_run_invoices(uuid, timestamptz, uuid, integer) is
  'Admin with data:export: the invoices that a run issued, by number, keyset-paged. Amounts in cents.';
revoke all on function public.admin_export_run_invoices(uuid, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_export_run_invoices(uuid, timestamptz, uuid, integer) to authenticated;

create function public.admin_export_left_out(p_run_id uuid, p_after uuid default null, p_limit integer default 1000)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  v_run public.billing_runs;
begin
  perform private.require_permission('data:export');
  select r.* into v_run from public.billing_runs as r where r.id = p_run_id;
  if v_run.id is null then
    perform private.fail(404, 'not_found', 'billing run');
  end if;
  return coalesce((
    select jsonb_agg(to_jsonb(l) order by l.service_id)
    from private.left_out_of_run(v_run, p_after, private.report_limit(p_limit)) as l), '[]');
end;
$$;
comment on function public.admin_export_left_out(uuid, uuid, integer) is
  'Admin with data:export: the services after p_after that have no invoice of a run''s cycle, by id, and why. Raises not_found.';
revoke all on function public.admin_export_left_out(uuid, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.admin_export_left_out(uuid, uuid, integer) to authenticated;

-- What a run would change.

create function public.admin_get_preview_facts(p_service_ids uuid[], p_period_start date)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('billing:manage_invoices');
  return coalesce((
    select jsonb_agg(jsonb_build_object(
      'service_id', s.id, 'customer_name', c.full_name, 'package_name', p.name,
      'was_billed', exists (select 1 from public.customer_invoices as i where i.service_id = s.id),
      'credit_cents', coalesce((
        select a.credit_cents from public.account_credits as a where a.customer_id = s.customer_id), 0),
      'previous', (
        select jsonb_build_object(
          'price_cents', i.price_cents, 'charge_cents', i.amount_due_cents + i.amount_waived_cents,
          'total_cents', i.total_cents)
        from public.customer_invoices as i
        where i.service_id = s.id and i.period_start = (p_period_start - interval '1 month')::date)))
    from unnest(p_service_ids) as asked (id)
    join public.customer_services as s on s.id = asked.id
    join public.customers as c on c.id = s.customer_id
    join public.service_packages as p on p.id = s.package_id), '[]');
end;
$$;
comment on function public.admin_get_preview_facts(uuid[], date) is
  'Admin with billing:manage_invoices: names, the invoice of the month before p_period_start and the customer''s credit, for the lines of a preview. Amounts in cents.';
revoke all on function public.admin_get_preview_facts(uuid[], date) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_preview_facts(uuid[], date) to authenticated;

create function private.no_longer_billed(p_period_start date, p_as_of timestamptz)
returns table (service_id uuid, customer_id uuid, status text, previous_cents bigint)
language plpgsql
stable
rows 100
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_time_zone text := (private.billing_settings_on(p_period_start)).time_zone;
  v_previous date := (p_period_start - interval '1 month')::date;
  v_ends_at timestamptz := private.start_of_day((p_period_start + interval '1 month')::date, v_time_zone);
begin
  return query
  select s.id, s.customer_id, s.status, i.total_cents
  from public.customer_services as s
  join public.customer_invoices as i on i.service_id = s.id and i.period_start = v_previous
  where (s.status <> 'active' or s.revision > 0)
    and not private.is_chargeable(s, p_period_start, v_ends_at, v_time_zone, p_as_of)
    and not exists (
      select 1 from public.customer_invoices as n where n.service_id = s.id and n.period_start = p_period_start);
end;
$$;
comment on function private.no_longer_billed(date, timestamptz) is
  'Services that were invoiced for the month before the cycle, and that no run would invoice for it at p_as_of. Amounts in cents.';
revoke all on function private.no_longer_billed(date, timestamptz) from public, anon, authenticated, service_role;

create function public.admin_compare_cycle(p_period_start date)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  v_previous date := (p_period_start - interval '1 month')::date;
begin
  perform private.require_permission('billing:manage_invoices');
  return (
    select jsonb_build_object('previous', jsonb_build_object(
      'period_start', v_previous, 'invoices', count(*), 'total_cents', coalesce(sum(i.total_cents), 0)))
    from public.customer_invoices as i where i.period_start = v_previous
  ) || (
    select jsonb_build_object('issued', jsonb_build_object(
      'invoices', count(*), 'total_cents', coalesce(sum(i.total_cents), 0),
      'new_cents', coalesce(sum(i.total_cents) filter (where not exists (
        select 1 from public.customer_invoices as b
        where b.service_id = i.service_id and b.period_start = v_previous)), 0)))
    from public.customer_invoices as i where i.period_start = p_period_start
  ) || (
    with gone as materialized (
      select g.* from private.no_longer_billed(p_period_start, now()) as g
    )
    select jsonb_build_object('gone', jsonb_build_object(
      'services', count(*), 'total_cents', coalesce(sum(g.previous_cents), 0),
      'first', coalesce((
        select jsonb_agg(jsonb_build_object(
          'service_id', f.service_id, 'customer_id', f.customer_id, 'customer_name', c.full_name,
          'package_name', p.name, 'status', f.status, 'previous_cents', f.previous_cents)
          order by f.previous_cents desc, f.service_id)
        from (select * from gone order by gone.previous_cents desc, gone.service_id limit 50) as f
        join public.customer_services as s on s.id = f.service_id
        join public.customers as c on c.id = f.customer_id
        join public.service_packages as p on p.id = s.package_id), '[]')))
    from gone as g
  );
end;
$$;
comment on function public.admin_compare_cycle(date) is
  'Admin with billing:manage_invoices: what was invoiced for the month before a cycle, what is invoiced for the cycle by now (new_cents: services without an invoice the month before), and the services that will no longer be invoiced. Amounts in cents.';
revoke all on function public.admin_compare_cycle(date) from public, anon, authenticated, service_role;
grant execute on function public.admin_compare_cycle(date) to authenticated;

-- schemas/137_counting.sql
-- Counting: which invoices of a friend are paid, and what a payment sets free.

create function private.paid_invoices(p_customer_id uuid, p_as_of timestamptz)
returns integer
language sql
stable
set search_path = ''
as $$
  select count(*)::integer
  from public.customer_invoices as i
  where i.customer_id = p_customer_id and i.issued_at <= p_as_of and private.invoice_is_paid(i.id)
$$;
comment on function private.paid_invoices(uuid, timestamptz) is
  'How many invoices of a customer have nothing outstanding: paid in full, credited in full, or free.';
revoke all on function private.paid_invoices(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.count_friends_who_paid(p_customer_ids uuid[], p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  for v_referral in
    select r.*
    from public.customer_referrals as r
    where r.referred_customer_id = any (p_customer_ids) and r.status = 'active' and r.qualifies_at <= p_as_of
    order by r.id
  loop
    -- A payment never waits for a referrer, and cannot deadlock with one. The hourly job counts what is left.
    perform 1 from public.customers as c where c.id = v_referral.referrer_id for no key update skip locked;
    if found then
      perform private.count_if_ready(v_referral.order_id, p_as_of);
    end if;
  end loop;
end;
$$;
comment on function private.count_friends_who_paid(uuid[], timestamptz) is
  'Counts the friends who only waited for a payment, where their referrer''s lock is free.';
revoke all on function private.count_friends_who_paid(uuid[], timestamptz) from public, anon, authenticated, service_role;

create function private.count_after_payment()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.count_friends_who_paid(
    array(select distinct e.customer_id from entries as e), (select max(e.created_at) from entries as e));
  return null;
end;
$$;
comment on function private.count_after_payment() is
  'Trigger: a payment counts the friend who waited for it. What the friend earns is granted by the job.';
revoke all on function private.count_after_payment() from public, anon, authenticated, service_role;

create function private.count_after_credit_note()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.count_friends_who_paid(
    array(select distinct e.customer_id from entries as e), (select max(e.issued_at) from entries as e));
  return null;
end;
$$;
comment on function private.count_after_credit_note() is
  'Trigger: a credit note that leaves nothing to pay counts the friend who waited for it.';
revoke all on function private.count_after_credit_note() from public, anon, authenticated, service_role;

-- Triggers of one event run in the order of their names: these come after those that settle the account.
create trigger invoice_payments_then_count_friends
  after insert on public.invoice_payments
  referencing new table as entries
  for each statement execute function private.count_after_payment();
create trigger credit_notes_then_count_friends
  after insert on public.credit_notes
  referencing new table as entries
  for each statement execute function private.count_after_credit_note();

-- schemas/140_notifications.sql
-- Notifications: the mail outbox, and the gate in front of the mail provider.
--
-- Leases, tries, pauses and the provider's memory of keys follow the clock of the database. The clock of a job decides
-- only which mails that were never tried are due.

create function private.mail_lane(p_template text)
returns smallint
language sql
immutable
set search_path = ''
as $$
  select case
    -- Security.
    when p_template in ('suspicious_activity', 'invariants_violated', 'role_changed', 'erasure_requested') then 1
    -- What somebody waits for.
    when p_template in ('order_received', 'service_active', 'coverage_opened', 'service_suspended', 'service_reactivated', 'service_package_changed',
      'mail_outage') then 2
    -- Billing.
    when p_template in ('invoice_issued', 'payment_received', 'invoice_overdue', 'credit_note_issued', 'billing_run_failed',
      'services_unbilled') then 3
    -- The programme.
    when p_template in (
      'referral_signup', 'referral_activated', 'referral_qualified', 'referral_news', 'referral_update',
      'reward_earned', 'reward_applied', 'reward_granted', 'reward_revoked', 'reward_expiring', 'reward_expired',
      'referral_rejected', 'appeal_received', 'appeal_decided', 'programme_digest', 'friend_coverage_opened') then 4
  end::smallint
$$;
comment on function private.mail_lane(text) is
  'The known templates and their lanes: 1 security, 2 transactional, 3 billing, 4 programme. A mail of a lower number leaves first. Null for an unknown template.';
revoke all on function private.mail_lane(text) from public, anon, authenticated, service_role;

create table public.mail_settings (
  version integer primary key check (version > 0),
  mails_per_minute integer default 276 check (mails_per_minute > 0),
  retention_days integer not null default 400 check (retention_days between 30 and 3650),
  soft_bounce_limit integer not null default 3 check (soft_bounce_limit between 1 and 100),
  soft_bounce_days integer not null default 14 check (soft_bounce_days between 1 and 365),
  programme_mails_per_day integer not null default 5 check (programme_mails_per_day between 1 and 100),
  quiet_from smallint not null default 20 check (quiet_from between 0 and 23),
  quiet_until smallint not null default 7 check (quiet_until between 0 and 23),
  reason text not null check (length(btrim(reason)) between 3 and 500),
  created_by uuid,
  created_at timestamptz not null default now()
);
comment on table public.mail_settings is
  'Versions of how mails are sent and kept. A version is never edited; the highest one is in force.';
comment on column public.mail_settings.mails_per_minute is
  'The pace of all workers together; null = no limit. The provider takes 5 a second from a team: the default, 4.6, stays below, because requests arrive a little early or late.';
comment on column public.mail_settings.retention_days is
  'How many days the text of a mail and the record of its tries are kept after the mail was finished.';
comment on column public.mail_settings.soft_bounce_limit is
  'So many mails that bounced for a passing reason within soft_bounce_days suppress their address.';
comment on column public.mail_settings.quiet_from is
  'Mails of the programme wait from this hour of the billing time zone until quiet_until. The same hour twice: they never wait.';
comment on column public.mail_settings.programme_mails_per_day is
  'So many mails of the programme a customer gets in 24 hours. What comes on top waits, and leaves in one mail.';

create trigger mail_settings_append_only
  before update or delete on public.mail_settings
  for each row execute function private.refuse_change();
create trigger mail_settings_no_truncate
  before truncate on public.mail_settings
  for each statement execute function private.refuse_change();

alter table public.mail_settings enable row level security;
revoke all on table public.mail_settings from public, anon, authenticated, service_role;
grant select on table public.mail_settings to service_role;
grant select on table public.mail_settings to authenticated;
create policy mail_settings_select on public.mail_settings
  for select to authenticated
  using ((select public.has_permission('customers:view')));

insert into public.mail_settings (version, reason) values (1, 'Mail defaults');

create function private.current_mail_settings()
returns public.mail_settings
language sql
stable
set search_path = ''
as $$
  select s from public.mail_settings as s order by s.version desc limit 1
$$;
comment on function private.current_mail_settings() is 'The mail settings in force.';
revoke all on function private.current_mail_settings() from public, anon, authenticated, service_role;

create table public.mail_gate (
  id boolean primary key default true check (id),
  next_slot_at timestamptz not null default now(),
  paused_until timestamptz,
  throttles integer not null default 0 check (throttles >= 0),
  opened_at timestamptz,
  cause text check (cause in ('refused', 'limit', 'server', 'network', 'answer')),
  error text,
  failed_probes integer not null default 0 check (failed_probes >= 0),
  next_probe_at timestamptz,
  probe_token uuid,
  check ((opened_at is null) = (next_probe_at is null)),
  check ((opened_at is null) = (cause is null))
);
comment on table public.mail_gate is
  'One row that all workers share: the pace, the pause that the provider asked for, and the circuit. While the circuit is open, one mail a minute probes the provider and no try is spent.';
comment on column public.mail_gate.next_slot_at is 'When the next mail may be claimed at the pace of the settings.';
comment on column public.mail_gate.throttles is 'How often in succession the provider asked to slow down.';
comment on column public.mail_gate.opened_at is 'Since when the provider as a whole fails; null while it works.';
comment on column public.mail_gate.cause is
  'refused: key or sender is refused; limit: a quota is used up; server: the provider reports an error; network: no answer; answer: one that cannot be understood.';
comment on column public.mail_gate.probe_token is 'The lease of the last probe. Only its outcome closes the circuit.';

alter table public.mail_gate enable row level security;
revoke all on table public.mail_gate from public, anon, authenticated, service_role;
grant select on table public.mail_gate to service_role;

insert into public.mail_gate default values;

create table public.notifications (
  id uuid primary key default gen_random_uuid(),
  template text not null check (private.mail_lane(template) is not null),
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
  reply_to text,
  last_error text,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  number bigint not null generated by default as identity,
  provider_key uuid,
  may_have_arrived boolean not null default false,
  gate_openings integer not null default 0 check (gate_openings >= 0),
  failure_cause text check (failure_cause in ('refused', 'unwritten', 'unclear', 'interrupted')),
  cancel_cause text check (cancel_cause in ('erased', 'undone', 'restored', 'suppressed', 'settled', 'merged', 'programme_paused', 'reward_gone', 'referral_ended',
    'opted_out')),
  unsubscribe_url text,
  merged_into uuid references public.notifications (id) on delete set null,
  delivery_state text check (delivery_state in ('delayed', 'delivered', 'failed', 'soft_bounced', 'bounced', 'complained')),
  delivery_at timestamptz,
  constraint notifications_cause_of_failure check (failure_cause is null or status = 'failed'),
  constraint notifications_cause_of_cancellation check ((cancel_cause is null) = (status <> 'cancelled')),
  constraint notifications_time_of_delivery check ((delivery_state is null) = (delivery_at is null))
);
comment on table public.notifications is
  'The mail outbox. A row is queued in the transaction that owes the mail. failed = given up (dead letter), waits for a person; cancelled = not sent, because it is no longer true or nobody can get it.';
comment on column public.notifications.attempts is
  'Tries that were spent: the mail itself was refused, or its worker ended. A failure of the provider as a whole spends none.';
comment on column public.notifications.first_attempt_at is
  'The first try under the present key, by the clock of the database. Null before the first try.';
comment on column public.notifications.number is 'The order of events: mails of one recipient and lane leave in it.';
comment on column public.notifications.provider_key is
  'The idempotency key at the provider, where it is not the id: a mail that no try can have delivered gets a new one before the provider forgets the old.';
comment on column public.notifications.may_have_arrived is
  'A try under the present key ended without an outcome that is known.';
comment on column public.notifications.gate_openings is 'How often the failure of this mail opened the circuit.';
comment on column public.notifications.failure_cause is
  'refused: the provider refused this mail each time; unwritten: its text could not be made; unclear: an earlier try may have delivered it and the provider has forgotten the key; interrupted: its worker ended each time.';
comment on column public.notifications.cancel_cause is
  'erased: its person was erased; undone: what it told was taken back before it left; restored: it left before the database was restored; suppressed: its address takes no mails; settled: nothing is left to pay; merged: it left as a part of merged_into; programme_paused, reward_gone, referral_ended: what it promises no longer holds; opted_out: its person does not want such mails.';
comment on column public.notifications.delivery_state is
  'What the provider reported after it took the mail. It never goes back: delayed, delivered, failed, soft_bounced, bounced, complained.';
comment on column public.notifications.unsubscribe_url is
  'Where one click ends such mails: the address in the header of this mail, stored with its text.';
comment on column public.notifications.html is
  'The mail as it was written for its first attempt, with subject, text_body and reply_to. A later attempt sends the same: the provider refuses a key that comes with another content.';
comment on column public.notifications.lease_until is 'Until then the row belongs to the worker that claimed it.';

create index notifications_due on public.notifications (private.mail_lane(template), next_attempt_at, number)
  where status in ('queued', 'sending');
create index notifications_waiting on public.notifications (next_attempt_at) where status in ('queued', 'sending');
create index notifications_recipient_order on public.notifications (recipient, number)
  where status in ('queued', 'sending');
create index notifications_tried on public.notifications (next_attempt_at)
  where status in ('queued', 'sending') and first_attempt_at is not null;
create index notifications_recipient on public.notifications (recipient, created_at desc);
create index notifications_kept_text on public.notifications (created_at) where html is not null;
create index notifications_provider_message on public.notifications (provider_message_id)
  where provider_message_id is not null;
create index notifications_merged on public.notifications (merged_into) where merged_into is not null;
create index notifications_created on public.notifications (created_at desc, id desc);
create index notifications_status_created on public.notifications (status, created_at desc, id desc);
create index notifications_customer on public.notifications (customer_id, created_at desc) where customer_id is not null;

create function private.cancel_mail_to_erased()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- The row is kept, so that no job queues the mail again.
  if exists (select 1 from public.customers as c where c.id = new.customer_id and c.erased_at is not null) then
    new.status := 'cancelled';
    new.cancel_cause := 'erased';
    new.recipient := '';
    new.payload := '{}';
  end if;
  return new;
end;
$$;
comment on function private.cancel_mail_to_erased() is 'Trigger: a mail to an erased customer is stored as cancelled, without its content.';
revoke all on function private.cancel_mail_to_erased() from public, anon, authenticated, service_role;

create trigger notifications_to_erased
  before insert on public.notifications
  for each row
  -- Invoices are issued by the thousand, to customers whose lock is held.
  when (new.customer_id is not null and new.template <> 'invoice_issued')
  execute function private.cancel_mail_to_erased();

alter table public.notifications enable row level security;
revoke all on table public.notifications from public, anon, authenticated, service_role;
revoke all on sequence public.notifications_number_seq from public, anon, authenticated, service_role;
grant select on table public.notifications to service_role;
grant select on table public.notifications to authenticated;
create policy notifications_select on public.notifications
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create table public.notification_tries (
  id bigint primary key generated always as identity,
  notification_id uuid not null references public.notifications (id) on delete cascade,
  provider_key uuid not null,
  started_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  outcome text check (outcome in ('sent', 'captured', 'mail_refused', 'provider_failed', 'unknown', 'slowed')),
  http_status integer,
  error text,
  check ((ended_at is null) = (outcome is null))
);
comment on table public.notification_tries is
  'Each hand-over of a mail to the provider, by the clock of the database. Kept as long as the text of the mail.';
comment on column public.notification_tries.outcome is
  'Null while it is under way. mail_refused: for the mail itself; provider_failed: certainly not delivered, through no fault of the mail; unknown: it may have been delivered; slowed: the provider asked to slow down.';

create index notification_tries_notification on public.notification_tries (notification_id, id);
create index notification_tries_started on public.notification_tries (started_at);

alter table public.notification_tries enable row level security;
revoke all on table public.notification_tries from public, anon, authenticated, service_role;
revoke all on sequence public.notification_tries_id_seq from public, anon, authenticated, service_role;
grant select on table public.notification_tries to service_role;
grant select on table public.notification_tries to authenticated;
create policy notification_tries_select on public.notification_tries
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
    -- A job that runs with a clock in the future sends its mails now.
    (p_template, p_recipient, p_customer_id, p_payload, p_dedupe_key, p_as_of, least(p_as_of, now()))
  on conflict (dedupe_key) do nothing;
  return found;
end;
$$;
comment on function private.enqueue_mail(text, text, uuid, jsonb, text, timestamptz) is
  'Queues a mail in the caller''s transaction, once per dedupe key. Returns whether it was new.';
revoke all on function private.enqueue_mail(text, text, uuid, jsonb, text, timestamptz)
  from public, anon, authenticated, service_role;

create function private.tell_referrer(p_referrer_id uuid, p_item jsonb, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  -- A digest of an hour holds this many items at most; the mail says that there is more.
  c_items constant integer := 50;
  v_hour timestamptz := date_trunc('hour', p_as_of);
  v_key text := 'referral_news:' || p_referrer_id || ':' || extract(epoch from v_hour)::bigint;
  v_referrer public.customers;
  v_sequel integer;
begin
  update public.notifications as n
  set payload = jsonb_set(n.payload, '{items}', (n.payload -> 'items') || p_item)
  where n.customer_id = p_referrer_id and n.template = 'referral_news' and n.status = 'queued' and n.attempts = 0
    and split_part(n.dedupe_key, ':', 3) = split_part(v_key, ':', 3)
    and jsonb_array_length(n.payload -> 'items') < c_items;
  if found then
    return;
  end if;
  select count(*) into v_sequel
  from public.notifications as n
  where n.customer_id = p_referrer_id and n.template = 'referral_news'
    and split_part(n.dedupe_key, ':', 3) = split_part(v_key, ':', 3);
  if v_sequel > 0 and p_item ->> 'kind' like 'refused\_%' then
    -- Refused codes can be many. What was told of them in this hour is enough.
    return;
  end if;
  select c.* into strict v_referrer from public.customers as c where c.id = p_referrer_id;
  perform private.enqueue_mail(
    'referral_news', v_referrer.email, v_referrer.id,
    jsonb_build_object('first_name', v_referrer.first_name, 'items', jsonb_build_array(p_item)),
    v_key || case when v_sequel > 0 then ':' || v_sequel else '' end, p_as_of);
  -- It waits until the hour is over, so that what happens in the same hour comes in one mail.
  update public.notifications as n
  set next_attempt_at = n.next_attempt_at + (v_hour + interval '1 hour' - p_as_of)
  where n.dedupe_key = v_key and n.status = 'queued' and v_sequel = 0;
end;
$$;
comment on function private.tell_referrer(uuid, jsonb, timestamptz) is
  'Adds a piece of news to the one mail that a referrer gets per hour. An item has a kind; for a friend the masked name; for a referral that ended its id and facts. The caller holds the referrer''s lock.';
revoke all on function private.tell_referrer(uuid, jsonb, timestamptz) from public, anon, authenticated, service_role;

create function private.mail_is_due(p_mail public.notifications, p_now timestamptz, p_as_of timestamptz)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select p_mail.next_attempt_at <= case when p_mail.first_attempt_at is null then p_as_of else p_now end
    and (p_mail.status = 'queued' or p_mail.lease_until <= p_now)
$$;
comment on function private.mail_is_due(public.notifications, timestamptz, timestamptz) is
  'Whether a waiting mail may be claimed. The clock of the job counts for a mail that was never tried, that of the database for all others.';
revoke all on function private.mail_is_due(public.notifications, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

create function private.mail_must_wait(p_mail public.notifications, p_now timestamptz, p_as_of timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
    select 1
    from public.notifications as m
    where m.recipient = p_mail.recipient and m.status in ('queued', 'sending') and m.id <> p_mail.id
      and ((m.status = 'sending' and m.lease_until > p_now)
        or (private.mail_lane(m.template) = private.mail_lane(p_mail.template) and m.number < p_mail.number
          -- A mail that is planned for later, or that waits for a fault of its own, holds no other back.
          and (private.mail_is_due(m, p_now, p_as_of) or (m.first_attempt_at is not null and m.attempts = 0)))))
$$;
comment on function private.mail_must_wait(public.notifications, timestamptz, timestamptz) is
  'Whether another mail to the same recipient is on its way, or an earlier one of the same lane comes first.';
revoke all on function private.mail_must_wait(public.notifications, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

create function private.due_mails(p_limit integer, p_now timestamptz, p_as_of timestamptz)
returns uuid[]
language plpgsql
set search_path = ''
as $$
declare
  v_ids uuid[] := '{}';
  v_recipients text[] := '{}';
  v_mail record;
begin
  for v_lane in 1..4 loop
    for v_mail in
      select n.id, n.recipient
      from public.notifications as n
      where private.mail_lane(n.template) = v_lane and n.status in ('queued', 'sending') and n.next_attempt_at <= greatest(p_now, p_as_of)
        and private.mail_is_due(n, p_now, p_as_of)
        and n.recipient <> all (v_recipients)
        and not private.mail_must_wait(n, p_now, p_as_of)
      order by n.next_attempt_at, n.number
      limit p_limit - cardinality(v_ids)
      for update skip locked
    loop
      v_ids := v_ids || v_mail.id;
      v_recipients := v_recipients || v_mail.recipient;
    end loop;
    exit when cardinality(v_ids) >= p_limit;
  end loop;
  return v_ids;
end;
$$;
comment on function private.due_mails(integer, timestamptz, timestamptz) is
  'Locks the mails that leave next: by lane, within a recipient in the order of events, one per recipient.';
revoke all on function private.due_mails(integer, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

create function private.probing_mail(p_failed_probes integer, p_now timestamptz, p_as_of timestamptz)
returns uuid[]
language plpgsql
set search_path = ''
as $$
declare
  v_id uuid;
begin
  -- A mail whose try failed probes again, so that an outage leaves few mails of which nobody knows whether they
  -- arrived. After 1, 2, 4, 8 … failed probes another mail does: one mail alone may be what the provider cannot take.
  if p_failed_probes = 0 or p_failed_probes & (p_failed_probes - 1) <> 0 then
    select n.id into v_id
    from public.notifications as n
    where n.status in ('queued', 'sending') and n.first_attempt_at is not null and n.next_attempt_at <= p_now
      and private.mail_is_due(n, p_now, p_as_of)
      and not private.mail_must_wait(n, p_now, p_as_of)
    order by n.next_attempt_at, n.number
    limit 1
    for update skip locked;
  else
    select n.id into v_id
    from unnest(private.due_mails(10, p_now, p_as_of)) as due (id)
    join public.notifications as n on n.id = due.id
    where n.first_attempt_at is null
    limit 1;
  end if;
  return case when v_id is null then private.due_mails(1, p_now, p_as_of) else array[v_id] end;
end;
$$;
comment on function private.probing_mail(integer, timestamptz, timestamptz) is
  'Locks the mail that asks the provider whether it works again. None when no mail is due.';
revoke all on function private.probing_mail(integer, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

create function private.cancel_idle_mails(p_ids uuid[])
returns uuid[]
language plpgsql
set search_path = ''
as $$
declare
  v_cancelled uuid[];
begin
  -- The address that the customer has now. A security mail keeps the one that it was written for.
  update public.notifications as n
  set recipient = c.email
  from public.customers as c
  where n.id = any (p_ids) and c.id = n.customer_id and n.recipient <> c.email and c.erased_at is null
    and n.html is null and private.mail_lane(n.template) > 1;
  with idle as (
    select n.id, private.idle_cause(n) as cause
    from public.notifications as n where n.id = any (p_ids) and n.status <> 'failed'
  ), cancelled as (
    update public.notifications as n
    set status = 'cancelled', cancel_cause = i.cause, lease_until = null, lease_token = null
    from idle as i
    where n.id = i.id and i.cause is not null
    returning n.id
  )
  select coalesce(array_agg(c.id), '{}') into v_cancelled from cancelled as c;
  return v_cancelled;
end;
$$;
comment on function private.cancel_idle_mails(uuid[]) is
  'Of mails that are about to be tried: cancels those that nobody can get and those that are no longer true, and addresses the others to where their customers get mails now. Returns the cancelled.';
revoke all on function private.cancel_idle_mails(uuid[]) from public, anon, authenticated, service_role;

create function private.give_up_mails(p_ids uuid[], p_max_tries integer, p_now timestamptz)
returns uuid[]
language plpgsql
set search_path = ''
as $$
declare
  -- The provider remembers a key for 24 hours.
  c_memory constant interval := interval '23 hours';
  v_given_up uuid[];
begin
  -- The worker ended without an outcome. A mail that was never written was not handed over.
  update public.notification_tries as t
  set ended_at = p_now, outcome = 'unknown', error = 'The worker ended before it reported.'
  where t.notification_id = any (p_ids) and t.outcome is null;
  update public.notifications as n
  set may_have_arrived = n.may_have_arrived or n.html is not null
  where n.id = any (p_ids) and n.status = 'sending';
  with given_up as (
    update public.notifications as n
    set status = 'failed', lease_until = null, lease_token = null,
      failure_cause = case when n.first_attempt_at <= p_now - c_memory and n.may_have_arrived then 'unclear'
        else 'interrupted' end,
      last_error = case when n.first_attempt_at <= p_now - c_memory and n.may_have_arrived
        then concat_ws(' ', 'An earlier try may have delivered it, and the provider no longer knows its key.',
          'Last: ' || n.last_error)
        else 'The worker ended each time that it sent this mail.' end
    where n.id = any (p_ids)
      and ((n.first_attempt_at <= p_now - c_memory and n.may_have_arrived) or n.attempts >= p_max_tries)
    returning n.id
  )
  select coalesce(array_agg(g.id), '{}') into v_given_up from given_up as g;
  -- No try can have delivered these: under a new key nobody gets them twice.
  update public.notifications as n
  set provider_key = gen_random_uuid(), first_attempt_at = p_now
  where n.id = any (p_ids) and n.status <> 'failed' and n.first_attempt_at <= p_now - c_memory;
  return v_given_up;
end;
$$;
comment on function private.give_up_mails(uuid[], integer, timestamptz) is
  'Of mails that are about to be tried: gives up those that could reach a person twice and those whose worker ended each time, and renews the key of those that the provider is about to forget. Returns the given up.';
revoke all on function private.give_up_mails(uuid[], integer, timestamptz)
  from public, anon, authenticated, service_role;

create function public.claim_notifications(
  p_limit integer default 20, p_lease_seconds integer default 120, p_to_provider boolean default true,
  p_max_tries integer default 8, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  -- At a slow pace a claim takes no more than leaves within this time: a security mail waits behind no more.
  c_batch constant interval := interval '250 milliseconds';
  -- A mail is claimed this long before its slot: at least the time to write it, at most so much that no slot is lost
  -- when a worker comes late.
  c_least_lead constant interval := interval '250 milliseconds';
  c_most_lead constant interval := interval '450 milliseconds';
  c_nothing constant jsonb := '{"mails": [], "given_up": 0, "wait_ms": null, "hold_ms": 0, "interval_ms": 0}';
  v_token uuid := gen_random_uuid();
  v_now timestamptz;
  v_gate public.mail_gate;
  v_rate numeric;
  v_slot timestamptz;
  v_until timestamptz;
  v_ids uuid[];
  v_cancelled uuid[] := '{}';
  v_given_up uuid[];
  v_mails jsonb;
begin
  if not private.switch_is_on('mail') then
    return c_nothing || '{"state": "held"}';
  end if;
  -- One claim at a time: this lock also keeps two workers from taking two mails of one recipient.
  select g.* into strict v_gate from public.mail_gate as g for update;
  v_now := clock_timestamp();
  if p_to_provider then
    v_rate := (private.current_mail_settings()).mails_per_minute / 60.0;
    v_until := case when v_gate.opened_at is not null then v_gate.next_probe_at
      else greatest(v_gate.paused_until, case when v_rate is not null then v_gate.next_slot_at - c_most_lead end) end;
    if v_until > v_now then
      return c_nothing || jsonb_build_object(
        'state', case when v_gate.opened_at is not null then 'open'
          when v_gate.paused_until > v_now then 'paused' else 'paced' end,
        'wait_ms', ceil(extract(epoch from v_until - v_now) * 1000));
    end if;
  end if;
  if p_to_provider and v_gate.opened_at is not null then
    v_ids := private.probing_mail(v_gate.failed_probes, v_now, p_as_of);
  else
    v_ids := private.due_mails(
      case when v_rate is null then p_limit
        else least(p_limit, greatest(floor(v_rate * extract(epoch from c_batch)), 1)::integer) end,
      v_now, p_as_of);
  end if;
  v_given_up := private.give_up_mails(v_ids, p_max_tries, v_now);
  if p_to_provider then
    -- What is kept here is kept as it was queued. When it is released, it comes by here.
    v_cancelled := private.cancel_idle_mails(v_ids);
    v_cancelled := v_cancelled || private.gather_mails(v_ids, v_now);
  end if;
  with claimed as (
    update public.notifications as n
    set status = 'sending', attempts = n.attempts + 1, lease_token = v_token,
      first_attempt_at = coalesce(n.first_attempt_at, v_now),
      lease_until = v_now + make_interval(secs => p_lease_seconds)
    where n.id = any (v_ids) and n.id <> all (v_given_up || v_cancelled) and n.status <> 'cancelled'
    returning n.id, coalesce(n.provider_key, n.id) as key, private.template_of(n) as template, n.recipient,
      case when n.html is null then private.mail_payload(n) else n.payload end as payload, n.attempts, n.number,
      n.subject, n.html, n.text_body as text, n.reply_to, n.unsubscribe_url,
      case when private.mail_lane(n.template) > 2 then private.mail_token(n.customer_id) end as choice_token,
      private.is_optional(n.template) as is_optional
  ), tried as (
    insert into public.notification_tries (notification_id, provider_key, started_at)
    select c.id, c.key, v_now from claimed as c
  )
  select coalesce(jsonb_agg(to_jsonb(c) - 'number' order by private.mail_lane(c.template), c.number), '[]')
  into v_mails from claimed as c;
  v_slot := case when v_rate is null or not p_to_provider then v_now else greatest(v_gate.next_slot_at, v_now + c_least_lead) end;
  if p_to_provider and jsonb_array_length(v_mails) > 0 then
    update public.mail_gate as g
    set next_slot_at = case when v_rate is null then g.next_slot_at
        else v_slot + make_interval(secs => jsonb_array_length(v_mails) / v_rate) end,
      next_probe_at = case when g.opened_at is not null then v_now + interval '1 minute' end,
      probe_token = case when g.opened_at is not null then v_token end;
  end if;
  return jsonb_build_object(
    'state', case when cardinality(v_ids) > 0 then 'claimed' else 'empty' end,
    'lease_token', v_token, 'mails', v_mails, 'given_up', cardinality(v_given_up), 'wait_ms', null,
    'hold_ms', round(extract(epoch from v_slot - v_now) * 1000),
    'interval_ms', case when v_rate is null or not p_to_provider then 0 else round(1000 / v_rate) end);
end;
$$;
comment on function public.claim_notifications(integer, integer, boolean, integer, timestamptz) is
  'Server: leases due mails to one worker: {state, lease_token, mails, given_up, wait_ms, hold_ms, interval_ms}. The first is handed over after hold_ms, each other one interval_ms after the one before. None while mail is switched off (held), and, to the provider, while it is paused (paused), out of turn (paced) or while the circuit is open and no probe is due (open). A lease that runs out makes the mail due again, under the same key.';
revoke all on function public.claim_notifications(integer, integer, boolean, integer, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.claim_notifications(integer, integer, boolean, integer, timestamptz) to service_role;

create function public.freeze_notifications(p_lease_token uuid, p_mails jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_kept jsonb;
begin
  perform 1
  from public.notifications as n
  where n.lease_token = p_lease_token and n.id in (
    select m.id from jsonb_to_recordset(p_mails) as m (id uuid))
  order by n.id
  for update;
  update public.notifications as n
  set subject = m.subject, html = m.html, text_body = m.text, reply_to = m.reply_to, unsubscribe_url = m.unsubscribe_url
  from jsonb_to_recordset(p_mails) as m (id uuid, subject text, html text, text text, reply_to text, unsubscribe_url text)
  where n.id = m.id and n.status = 'sending' and n.lease_token = p_lease_token and n.html is null;
  select coalesce(jsonb_agg(n.id), '[]') into v_kept
  from public.notifications as n
  join jsonb_to_recordset(p_mails) as m (id uuid, subject text, html text, text text, reply_to text)
    on n.id = m.id and n.subject = m.subject and n.html = m.html and n.text_body = m.text and n.reply_to = m.reply_to
  where n.status = 'sending' and n.lease_token = p_lease_token;
  return v_kept;
end;
$$;
comment on function public.freeze_notifications(uuid, jsonb) is
  'Server: keeps mails as they were written, before their first hand-over, for all tries: [{id, subject, html, text, reply_to, unsubscribe_url}]. Returns the ids that are kept like this, only those of this lease. The call may be repeated.';
revoke all on function public.freeze_notifications(uuid, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.freeze_notifications(uuid, jsonb) to service_role;

create function private.settle_mail(p_mail public.notifications, p_result jsonb, p_max_tries integer, p_opens_gate boolean)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_outcome text := p_result ->> 'outcome';
  v_error text := p_result ->> 'error';
  v_is_own_fault boolean;
  v_spent integer := p_mail.attempts;
  v_status text := 'queued';
  v_cause text;
  v_next timestamptz := p_mail.next_attempt_at;
  v_first timestamptz := p_mail.first_attempt_at;
begin
  -- Others get through and this mail opens the circuit again and again: then the fault is its own.
  v_is_own_fault := v_outcome = 'mail_refused'
    or (v_outcome in ('provider_failed', 'unknown') and p_opens_gate and p_mail.gate_openings >= 3);
  if v_outcome in ('sent', 'captured') then
    v_status := v_outcome;
    v_error := null;
  elsif v_outcome = 'failed' then
    v_status := 'failed';
    v_cause := p_result ->> 'cause';
  elsif v_is_own_fault and v_spent >= p_max_tries then
    v_status := 'failed';
    v_cause := case when p_mail.may_have_arrived or v_outcome = 'unknown' then 'unclear' else 'refused' end;
  elsif v_is_own_fault then
    v_next := v_now + make_interval(secs => (p_result ->> 'retry_in_seconds')::numeric::double precision);
  else
    v_spent := v_spent - 1;
    v_next := case
      when p_opens_gate then v_now + make_interval(mins => least(2 ^ p_mail.gate_openings, 60)::integer)
      when v_outcome = 'busy' then v_now + interval '30 seconds'
      when v_outcome in ('provider_failed', 'unknown') then v_now
      else v_next end;
  end if;
  if v_outcome = 'released' then
    delete from public.notification_tries as t where t.notification_id = p_mail.id and t.outcome is null;
    v_error := p_mail.last_error;
    if not exists (select 1 from public.notification_tries as t where t.notification_id = p_mail.id) then
      v_first := null;
    end if;
  elsif v_outcome = 'failed' and v_cause = 'unwritten' then
    delete from public.notification_tries as t where t.notification_id = p_mail.id and t.outcome is null;
  else
    update public.notification_tries as t
    set ended_at = v_now, http_status = (p_result ->> 'http_status')::integer, error = v_error,
      outcome = case v_outcome when 'busy' then 'unknown' when 'failed' then 'unknown' else v_outcome end
    where t.notification_id = p_mail.id and t.outcome is null;
  end if;
  update public.notifications as n
  set status = v_status, attempts = v_spent, next_attempt_at = v_next, first_attempt_at = v_first, last_error = v_error,
    failure_cause = v_cause,
    provider_message_id = coalesce(p_result ->> 'provider_message_id', n.provider_message_id),
    sent_at = case when v_outcome in ('sent', 'captured') then v_now end,
    may_have_arrived = n.may_have_arrived or v_outcome in ('unknown', 'busy')
      or (v_outcome = 'failed' and v_cause = 'unclear'),
    gate_openings = n.gate_openings + case when p_opens_gate then 1 else 0 end,
    lease_until = null, lease_token = null
  where n.id = p_mail.id;
  if p_result ->> 'provider_message_id' is not null then
    perform private.apply_early_events(p_result ->> 'provider_message_id');
  end if;
  return v_status;
end;
$$;
comment on function private.settle_mail(public.notifications, jsonb, integer, boolean) is
  'Keeps the outcome of one try and decides what becomes of the mail. Returns its status. A fault of the mail itself spends a try; everything else spends none.';
revoke all on function private.settle_mail(public.notifications, jsonb, integer, boolean)
  from public, anon, authenticated, service_role;

create function private.slow_down(p_seconds numeric)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_gate public.mail_gate;
  v_pause interval;
begin
  select g.* into strict v_gate from public.mail_gate as g for update;
  -- Requests that were on their way when the pause began ask once more for the same.
  if v_gate.paused_until > v_now or v_gate.opened_at is not null then
    return false;
  end if;
  v_pause := make_interval(secs => least(coalesce(p_seconds, 2 ^ v_gate.throttles), 3600)::double precision);
  if v_pause <= interval '1 minute' and v_gate.throttles < 4 then
    update public.mail_gate set paused_until = v_now + v_pause, throttles = throttles + 1;
    return false;
  end if;
  update public.mail_gate
  set opened_at = v_now, cause = 'limit', error = 'The provider keeps asking to slow down.', failed_probes = 0,
    next_probe_at = v_now + greatest(v_pause, interval '1 minute'), paused_until = null, throttles = 0, probe_token = null;
  return true;
end;
$$;
comment on function private.slow_down(numeric) is
  'All workers pause for so many seconds; without a number 1, 2, 4 … A pause above a minute, or a fifth one in succession, opens the circuit. Returns whether it did.';
revoke all on function private.slow_down(numeric) from public, anon, authenticated, service_role;

create function private.close_gate(p_gate public.mail_gate, p_alert_email text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.mail_gate
  set opened_at = null, cause = null, error = null, failed_probes = 0, next_probe_at = null, probe_token = null,
    paused_until = null, throttles = 0;
  -- An outage that the first probe ended was shown; it is not worth a mail.
  if p_gate.failed_probes > 0 then
    perform private.enqueue_mail(
      'mail_outage', p_alert_email, null,
      jsonb_build_object(
        'opened_at', p_gate.opened_at, 'closed_at', now(), 'cause', p_gate.cause,
        'waiting', (select count(*) from public.notifications as n where n.status in ('queued', 'sending'))),
      'mail_outage:' || extract(epoch from p_gate.opened_at), now());
  end if;
end;
$$;
comment on function private.close_gate(public.mail_gate, text) is
  'The provider works again. Tells the admins by mail how long it did not.';
revoke all on function private.close_gate(public.mail_gate, text) from public, anon, authenticated, service_role;

create function public.settle_notifications(
  p_lease_token uuid, p_results jsonb, p_alert_email text, p_max_tries integer default 8
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_result jsonb;
  v_mail public.notifications;
  v_gate public.mail_gate;
  v_fault jsonb;
  v_slowed jsonb;
  v_answered boolean := false;
  v_opened boolean := false;
  v_closed boolean := false;
  v_settled jsonb := '{}';
begin
  if exists (
    select 1 from jsonb_array_elements(p_results) as r
    where coalesce(r ->> 'outcome', '') not in (
      'sent', 'captured', 'mail_refused', 'provider_failed', 'unknown', 'slowed', 'busy', 'released', 'failed')) then
    perform private.fail(400, 'invalid_request', 'outcome');
  end if;
  -- The mails before the gate; a claim takes the gate first and waits for no mail.
  perform 1
  from public.notifications as n
  where n.lease_token = p_lease_token and n.id in (
    select (r ->> 'id')::uuid from jsonb_array_elements(p_results) as r)
  order by n.id
  for update;
  select r into v_fault
  from jsonb_array_elements(p_results) as r where r ->> 'outcome' in ('provider_failed', 'unknown') limit 1;
  select r into v_slowed from jsonb_array_elements(p_results) as r where r ->> 'outcome' = 'slowed' limit 1;
  if v_fault is not null or v_slowed is not null then
    select g.* into strict v_gate from public.mail_gate as g for update;
  else
    select g.* into strict v_gate from public.mail_gate as g;
  end if;
  v_opened := v_fault is not null and v_gate.opened_at is null;
  for v_result in select r from jsonb_array_elements(p_results) as r loop
    select n.* into v_mail
    from public.notifications as n
    where n.id = (v_result ->> 'id')::uuid and n.status = 'sending' and n.lease_token = p_lease_token;
    continue when v_mail.id is null;
    v_answered := v_answered or v_result ->> 'outcome' in ('sent', 'mail_refused', 'busy');
    v_settled := v_settled || jsonb_build_object(v_mail.id, private.settle_mail(
      v_mail, v_result, p_max_tries, v_opened and v_result ->> 'id' = v_fault ->> 'id'));
  end loop;
  if v_settled = '{}' then
    -- The lease was lost: what this worker saw is told by whoever has the mail now.
    return jsonb_build_object('settled', v_settled, 'opened', false, 'closed', false);
  end if;
  if v_opened then
    update public.mail_gate
    set opened_at = v_now, cause = v_fault ->> 'cause', error = v_fault ->> 'error', failed_probes = 0,
      next_probe_at = v_now + private.probe_pause(v_fault), paused_until = null, throttles = 0, probe_token = null;
  elsif v_gate.opened_at is not null and v_gate.probe_token = p_lease_token and coalesce(v_fault, v_slowed) is not null then
    update public.mail_gate as g
    set failed_probes = g.failed_probes + 1, probe_token = null,
      cause = coalesce(v_fault ->> 'cause', 'limit'), error = coalesce(v_fault, v_slowed) ->> 'error',
      next_probe_at = v_now + private.probe_pause(coalesce(v_fault, v_slowed));
  elsif v_gate.opened_at is not null and v_gate.probe_token = p_lease_token and v_answered then
    v_closed := true;
    perform private.close_gate(v_gate, p_alert_email);
  elsif v_slowed is not null then
    v_opened := private.slow_down((v_slowed ->> 'retry_after_seconds')::numeric);
  elsif v_answered and v_gate.throttles > 0 then
    update public.mail_gate set throttles = 0;
  end if;
  return jsonb_build_object('settled', v_settled, 'opened', v_opened, 'closed', v_closed);
end;
$$;
comment on function public.settle_notifications(uuid, jsonb, text, integer) is
  'Server: the outcomes of tries, accepted only from the holder of the lease: [{id, outcome, http_status, error, cause, provider_message_id, retry_in_seconds, retry_after_seconds}]. Returns {settled: {id: status}, opened, closed}: whether this opened or closed the circuit.';
revoke all on function public.settle_notifications(uuid, jsonb, text, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.settle_notifications(uuid, jsonb, text, integer) to service_role;

create function private.probe_pause(p_fault jsonb)
returns interval
language sql
immutable
set search_path = ''
as $$
  select make_interval(secs => least(greatest((p_fault ->> 'retry_after_seconds')::numeric, 60), 3600)::double precision)
$$;
comment on function private.probe_pause(jsonb) is
  'How long a failed provider is left alone: a minute, or what it asked for, an hour at most.';
revoke all on function private.probe_pause(jsonb) from public, anon, authenticated, service_role;

create function private.notification_document(p_mail public.notifications)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_mail.id, 'template', p_mail.template, 'recipient', p_mail.recipient, 'customer_id', p_mail.customer_id,
    'status', p_mail.status, 'attempts', p_mail.attempts, 'subject', p_mail.subject, 'last_error', p_mail.last_error,
    'failure_cause', p_mail.failure_cause,
    'cancel_cause', p_mail.cancel_cause, 'delivery_state', p_mail.delivery_state, 'delivery_at', p_mail.delivery_at, 'created_at', p_mail.created_at, 'sent_at', p_mail.sent_at, 'next_attempt_at', p_mail.next_attempt_at)
$$;
comment on function private.notification_document(public.notifications) is 'A mail as a row of the mailbox.';
revoke all on function private.notification_document(public.notifications) from public, anon, authenticated, service_role;

create function public.admin_list_notifications(
  p_status text default null, p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25,
  p_template text default null, p_cause text default null, p_q text default null, p_from date default null, p_to date default null
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
  v_zone text := private.billing_time_zone();
  v_from timestamptz := p_from::timestamp at time zone v_zone;
  v_to timestamptz := (p_to + 1)::timestamp at time zone v_zone;
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  select coalesce(
    jsonb_agg(private.notification_document(page.n) order by (page.n).created_at desc, (page.n).id desc), '[]')
  into v_rows
  from (
    select n
    from public.notifications as n
    where (p_status is null or n.status = p_status)
      and (p_template is null or n.template = p_template)
      and (p_cause is null or n.failure_cause = p_cause)
      and (v_from is null or n.created_at >= v_from)
      and (v_to is null or n.created_at < v_to)
      and (v_q is null or n.id in (
        select m.id from public.notifications as m
        where m.customer_id in (select private.search_customers(v_q))
        union all
        select m.id from public.notifications as m where m.recipient in (v_q, lower(v_q))))
      and (p_cursor_at is null or (n.created_at, n.id) < (p_cursor_at, p_cursor_id))
    order by n.created_at desc, n.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('notifications', v_rows, v_limit, 'created_at');
end;
$$;
comment on function public.admin_list_notifications(text, timestamptz, uuid, integer, text, text, text, date, date) is
  'Admin with customers:view: the mailbox, newest first. p_q names a customer as their search does, or a whole address; p_from and p_to are local days, both included.';
revoke all on function public.admin_list_notifications(text, timestamptz, uuid, integer, text, text, text, date, date)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_notifications(text, timestamptz, uuid, integer, text, text, text, date, date)
  to authenticated;

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
  -- The link in the mail is the customer's own: whoever reads the mail here must not choose for them.
  return to_jsonb(v_row) - array['lease_token', 'lease_until', 'unsubscribe_url']
    || jsonb_build_object(
      'html', regexp_replace(v_row.html, '(token=)[0-9a-f]{72}', '\1', 'g'),
      'text_body', regexp_replace(v_row.text_body, '(token=)[0-9a-f]{72}', '\1', 'g'),
      'provider_key', coalesce(v_row.provider_key, v_row.id),
      'retention_days', (private.current_mail_settings()).retention_days,
      'tries', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'started_at', t.started_at, 'ended_at', t.ended_at, 'outcome', t.outcome, 'http_status', t.http_status,
          'error', t.error, 'provider_key', t.provider_key) order by t.id desc), '[]')
        from (
          select k.* from public.notification_tries as k where k.notification_id = p_id order by k.id desc limit 50
        ) as t),
      'tries_total', (select count(*) from public.notification_tries as t where t.notification_id = p_id),
      'events', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'kind', e.kind, 'occurred_at', e.occurred_at, 'detail', e.detail) order by e.occurred_at desc, e.id), '[]')
        from (
          select v.* from public.mail_events as v where v.notification_id = p_id
          order by v.occurred_at desc, v.id limit 50
        ) as e),
      'suppression', (
        select jsonb_build_object('id', a.id, 'cause', a.cause, 'created_at', a.created_at)
        from public.mail_suppressions as a where a.address = lower(v_row.recipient) and a.lifted_at is null));
end;
$$;
comment on function public.admin_get_notification(uuid) is
  'Admin with customers:view: one mail, rendered if it was sent or captured, with its newest 50 tries, what the provider reported, and whether its address takes no mails.';
revoke all on function public.admin_get_notification(uuid) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_notification(uuid) to authenticated;

create function public.count_failed_notifications()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('customers:view');
  return (
    select jsonb_build_object('total', coalesce(sum(f.mails), 0), 'by_cause', coalesce(jsonb_object_agg(f.cause, f.mails), '{}'))
    from (
      select coalesce(n.failure_cause, 'refused') as cause, count(*) as mails
      from public.notifications as n where n.status = 'failed' group by 1
    ) as f);
end;
$$;
comment on function public.count_failed_notifications() is
  'Admin with customers:view: how many mails were given up and wait for a person, by cause.';
revoke all on function public.count_failed_notifications() from public, anon, authenticated, service_role;
grant execute on function public.count_failed_notifications() to authenticated;

create function private.queue_again(p_ids uuid[])
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  v_count bigint;
begin
  -- Under the key of its last try, a mail that the provider delivered within a day is not delivered again. A key that
  -- the provider has forgotten, or knows with other words, is of no use.
  update public.notifications as n
  set status = 'queued', attempts = 0, gate_openings = 0, next_attempt_at = now(), last_error = null,
    failure_cause = null,
    provider_key = case when n.failure_cause = 'unclear' or n.first_attempt_at < now() - interval '23 hours'
      then gen_random_uuid() else n.provider_key end,
    may_have_arrived = n.may_have_arrived
      and not (n.failure_cause = 'unclear' or n.first_attempt_at < now() - interval '23 hours'),
    first_attempt_at = case when n.failure_cause = 'unclear' or n.first_attempt_at < now() - interval '23 hours'
      then null else n.first_attempt_at end
  where n.id = any (p_ids) and n.status = 'failed';
  get diagnostics v_count = row_count;
  return v_count;
end;
$$;
comment on function private.queue_again(uuid[]) is 'Given-up mails start over. Returns how many there were.';
revoke all on function private.queue_again(uuid[]) from public, anon, authenticated, service_role;

create function public.retry_notification(p_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
begin
  v_actor := private.require_permission('billing:manage_invoices');
  if private.queue_again(array[p_id]) = 0 then
    perform private.fail(409, 'notification_not_retryable');
  end if;
  perform private.write_audit(
    v_actor, 'notification.retried', 'notification', p_id::text,
    (select n.customer_id from public.notifications as n where n.id = p_id), null,
    jsonb_build_object('status', 'failed'), jsonb_build_object('status', 'queued'), now());
  return jsonb_build_object('id', p_id, 'status', 'queued');
exception when sqlstate 'PT403' then
  return private.refused_call('notification.retry', 'notification', p_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.retry_notification(uuid) is 'Admin with billing:manage_invoices: queues a given-up mail again.';
revoke all on function public.retry_notification(uuid) from public, anon, authenticated, service_role;
grant execute on function public.retry_notification(uuid) to authenticated;

create function public.resend_failed_notifications(p_cause text, p_reason text, p_dry_run boolean)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  -- So many at a time; the answer says how many are left.
  c_limit constant integer := 5000;
  v_actor uuid;
  v_reason text;
  v_ids uuid[];
  v_total bigint;
  v_templates jsonb;
begin
  v_actor := private.require_permission('billing:manage_invoices');
  if not p_dry_run then
    v_reason := private.trimmed_reason(p_reason);
  end if;
  if coalesce(p_cause, '') not in ('refused', 'unwritten', 'unclear', 'interrupted') then
    perform private.fail(400, 'invalid_request', 'cause');
  end if;
  select count(*) into v_total
  from public.notifications as n where n.status = 'failed' and coalesce(n.failure_cause, 'refused') = p_cause;
  select coalesce(array_agg(f.id), '{}') into v_ids
  from (
    select n.id from public.notifications as n
    where n.status = 'failed' and coalesce(n.failure_cause, 'refused') = p_cause
    order by n.created_at, n.id
    limit c_limit
    for update
  ) as f;
  select coalesce(jsonb_object_agg(t.template, t.mails), '{}') into v_templates
  from (
    select n.template, count(*) as mails from public.notifications as n where n.id = any (v_ids) group by n.template
  ) as t;
  if not p_dry_run and cardinality(v_ids) > 0 then
    perform private.queue_again(v_ids);
    perform private.write_audit(
      v_actor, 'notification.resent', 'notification', p_cause, null, v_reason,
      jsonb_build_object('status', 'failed', 'mails', cardinality(v_ids)),
      jsonb_build_object('status', 'queued', 'templates', v_templates), now());
  end if;
  return jsonb_build_object(
    'cause', p_cause, 'mails', cardinality(v_ids), 'left', v_total - cardinality(v_ids), 'templates', v_templates,
    'dry_run', p_dry_run);
exception when sqlstate 'PT403' then
  return private.refused_call('notification.resend', 'notification', p_cause, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.resend_failed_notifications(text, text, boolean) is
  'Admin with billing:manage_invoices: queues the mails again that were given up for a cause, the oldest 5000 at a time: {cause, mails, left, templates, dry_run}. A dry run changes nothing and needs no reason.';
revoke all on function public.resend_failed_notifications(text, text, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.resend_failed_notifications(text, text, boolean) to authenticated;

create function public.prune_mails(p_limit integer default 5000)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_before timestamptz := now() - make_interval(days => (private.current_mail_settings()).retention_days);
  v_texts integer;
  v_tries integer;
  v_events integer;
begin
  with old as (
    select n.id from public.notifications as n
    where n.html is not null and n.created_at < v_before and n.status in ('sent', 'captured', 'cancelled')
      and coalesce(n.sent_at, n.created_at) < v_before
    limit p_limit
    for update skip locked
  )
  update public.notifications as n
  set html = null, text_body = null, reply_to = null, unsubscribe_url = null
  from old where n.id = old.id;
  get diagnostics v_texts = row_count;
  delete from public.notification_tries as t
  where t.id in (
    select k.id from public.notification_tries as k
    join public.notifications as n on n.id = k.notification_id
    where k.started_at < v_before and n.status in ('sent', 'captured', 'cancelled')
    limit p_limit);
  get diagnostics v_tries = row_count;
  delete from public.mail_events as e
  where e.id in (select v.id from public.mail_events as v where v.received_at < v_before limit p_limit);
  get diagnostics v_events = row_count;
  return jsonb_build_object('texts', v_texts, 'tries', v_tries, 'more', greatest(v_texts, v_tries, v_events) >= p_limit);
end;
$$;
comment on function public.prune_mails(integer) is
  'Server: deletes the texts and tries of finished mails, and reports of the provider, that are older than the settings keep them, so many at a time, by the clock of the database. The row and its subject stay.';
revoke all on function public.prune_mails(integer) from public, anon, authenticated, service_role;
grant execute on function public.prune_mails(integer) to service_role;

-- schemas/141_mail_rules.sql
-- What a mail says when it leaves: facts are read then, and what is no longer true is not sent.

create table public.mail_choices (
  id bigint primary key generated always as identity,
  customer_id uuid not null references public.customers (id),
  kind text not null check (kind in ('programme', 'invoices')),
  is_wanted boolean not null,
  source text not null check (source in ('one_click', 'link', 'profile')),
  chosen_at timestamptz not null default clock_timestamp()
);
comment on table public.mail_choices is
  'Which mails customers want, append-only: the newest row of a kind counts, and without one they are wanted. An invoice is issued all the same.';
comment on column public.mail_choices.source is
  'one_click: the button of a mail reader; link: the page that a mail leads to; profile: their account.';

create index mail_choices_customer on public.mail_choices (customer_id, kind, id desc);

create trigger mail_choices_append_only
  before update or delete on public.mail_choices
  for each row execute function private.refuse_change();
create trigger mail_choices_no_truncate
  before truncate on public.mail_choices
  for each statement execute function private.refuse_change();

alter table public.mail_choices enable row level security;
revoke all on table public.mail_choices from public, anon, authenticated, service_role;
revoke all on sequence public.mail_choices_id_seq from public, anon, authenticated, service_role;
grant select on table public.mail_choices to service_role;
grant select on table public.mail_choices to authenticated;
create policy mail_choices_select on public.mail_choices
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create table private.mail_keys (
  id boolean primary key default true check (id),
  key bytea not null default decode(
    replace(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
);
comment on table private.mail_keys is 'The key that signs the links in mails to the page of choices.';
alter table private.mail_keys enable row level security;
revoke all on table private.mail_keys from public, anon, authenticated, service_role;

-- Drawn by its first use, so that no two installations share one.
create function private.mail_token(p_customer_id uuid)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_key bytea := (select k.key from private.mail_keys as k);
begin
  if v_key is null then
    insert into private.mail_keys default values on conflict do nothing;
    select k.key into strict v_key from private.mail_keys as k;
  end if;
  return replace(p_customer_id::text, '-', '')
    || left(encode(extensions.hmac('mail choices ' || p_customer_id, encode(v_key, 'hex'), 'sha256'), 'hex'), 40);
end;
$$;
comment on function private.mail_token(uuid) is 'What a link in a mail proves its customer with. It opens the choice of mails and nothing else.';
revoke all on function private.mail_token(uuid) from public, anon, authenticated, service_role;

create function private.customer_of_mail_token(p_token text)
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_id uuid;
begin
  if p_token !~ '^[0-9a-f]{72}$' then
    return null;
  end if;
  v_id := left(p_token, 32)::uuid;
  if private.mail_token(v_id) <> p_token then
    return null;
  end if;
  return (select c.id from public.customers as c where c.id = v_id and c.erased_at is null);
end;
$$;
comment on function private.customer_of_mail_token(text) is 'Whose link it is; null for a link that was not signed here.';
revoke all on function private.customer_of_mail_token(text) from public, anon, authenticated, service_role;

create function private.is_optional(p_template text)
returns boolean
language sql
immutable
set search_path = ''
as $$
  -- An answer to what somebody asked is not news.
  select private.mail_lane(p_template) = 4 and p_template not in ('appeal_received', 'appeal_decided')
$$;
comment on function private.is_optional(text) is 'Whether a mail is news of the programme, which a customer may opt out of and which keeps quiet hours.';
revoke all on function private.is_optional(text) from public, anon, authenticated, service_role;

create function private.wants_mails(p_customer_id uuid, p_kind text)
returns boolean
language sql
stable
set search_path = ''
as $$
  select coalesce((
    select c.is_wanted from public.mail_choices as c
    where c.customer_id = p_customer_id and c.kind = p_kind
    order by c.id desc limit 1), true)
$$;
comment on function private.wants_mails(uuid, text) is 'Whether a customer wants mails of a kind.';
revoke all on function private.wants_mails(uuid, text) from public, anon, authenticated, service_role;

create function public.get_mail_choices(p_token text)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_id uuid := private.customer_of_mail_token(p_token);
begin
  if v_id is null then
    perform private.fail(404, 'not_found', 'link');
  end if;
  return jsonb_build_object(
    'programme', private.wants_mails(v_id, 'programme'), 'invoices', private.wants_mails(v_id, 'invoices'));
end;
$$;
comment on function public.get_mail_choices(text) is
  'Server: which mails the customer wants whose signed link this is: {programme, invoices}. Raises not_found.';
revoke all on function public.get_mail_choices(text) from public, anon, authenticated, service_role;
grant execute on function public.get_mail_choices(text) to service_role;

create function public.choose_mails(p_token text, p_choices jsonb, p_source text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_id uuid := private.customer_of_mail_token(p_token);
begin
  if v_id is null then
    perform private.fail(404, 'not_found', 'link');
  end if;
  if p_source not in ('one_click', 'link') then
    perform private.fail(400, 'invalid_request', 'source');
  end if;
  perform private.lock_customers(array[v_id]);
  insert into public.mail_choices (customer_id, kind, is_wanted, source)
  select v_id, k.kind, (p_choices ->> k.kind)::boolean, p_source
  from unnest(array['programme', 'invoices']) as k (kind)
  where (p_choices ->> k.kind)::boolean <> private.wants_mails(v_id, k.kind);
  return public.get_mail_choices(p_token);
end;
$$;
comment on function public.choose_mails(text, jsonb, text) is
  'Server: keeps which mails the customer wants whose signed link this is, with source and time: {programme, invoices}, each optional. What stays as it is adds no row. Raises not_found.';
revoke all on function public.choose_mails(text, jsonb, text) from public, anon, authenticated, service_role;
grant execute on function public.choose_mails(text, jsonb, text) to service_role;

create function private.quiet_until(p_now timestamptz)
returns timestamptz
language plpgsql
stable
set search_path = ''
as $$
declare
  v_settings public.mail_settings := private.current_mail_settings();
  v_zone text := private.billing_time_zone();
  v_local timestamp := p_now at time zone v_zone;
  v_hour integer := extract(hour from v_local);
  v_is_quiet boolean;
begin
  v_is_quiet := case
    when v_settings.quiet_from <= v_settings.quiet_until
      then v_hour >= v_settings.quiet_from and v_hour < v_settings.quiet_until
    else v_hour >= v_settings.quiet_from or v_hour < v_settings.quiet_until
  end;
  if not v_is_quiet then
    return null;
  end if;
  return (date_trunc('day', v_local) + make_interval(hours => v_settings.quiet_until,
    days => case when v_hour >= v_settings.quiet_until then 1 else 0 end)) at time zone v_zone;
end;
$$;
comment on function private.quiet_until(timestamptz) is 'When the quiet hours end that hold now, by the billing time zone; null outside of them.';
revoke all on function private.quiet_until(timestamptz) from public, anon, authenticated, service_role;

create function private.mail_cause_id(p_mail public.notifications)
returns uuid
language sql
immutable
set search_path = ''
as $$
  select case
    when split_part(p_mail.dedupe_key, ':', 2) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
      then split_part(p_mail.dedupe_key, ':', 2)::uuid
  end
$$;
comment on function private.mail_cause_id(public.notifications) is 'The id of what a mail is about, from its dedupe key; or null.';
revoke all on function private.mail_cause_id(public.notifications) from public, anon, authenticated, service_role;

create function private.mail_ids(p_mail public.notifications)
returns uuid[]
language sql
stable
set search_path = ''
as $$
  select array(
    select i.id::uuid
    from (
      select p_mail.payload
      union all
      select m.payload from public.notifications as m where m.merged_into = p_mail.id and m.template = p_mail.template
    ) as one
    cross join jsonb_array_elements_text(one.payload -> 'ids') as i (id))
$$;
comment on function private.mail_ids(public.notifications) is 'The invoices or payments that a mail is about, with those of mails that leave as a part of it.';
revoke all on function private.mail_ids(public.notifications) from public, anon, authenticated, service_role;

create function private.is_mail_true(p_mail public.notifications)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_id uuid := private.mail_cause_id(p_mail);
begin
  case p_mail.template
    when 'service_suspended', 'service_reactivated' then
      return (
        select 'undone' from public.customer_services as s
        where s.id = v_id
          and s.status <> case p_mail.template when 'service_suspended' then 'suspended' else 'active' end);
    when 'payment_received' then
      return (
        select 'undone' where not exists (
          select 1 from unnest(private.mail_ids(p_mail)) as p (id)
          where not exists (select 1 from public.payment_reversals as x where x.payment_id = p.id)));
    when 'invoice_overdue' then
      return (
        select 'settled' where not exists (
          select 1 from private.open_invoices as i where i.id = any (private.mail_ids(p_mail))));
    when 'referral_signup', 'referral_activated' then
      return (
        select case
          when r.status in ('expired', 'cancelled', 'rejected') then 'referral_ended'
          when (private.public_terms() ->> 'is_paused')::boolean then 'programme_paused'
        end
        from public.customer_referrals as r where r.id = v_id);
    when 'reward_earned', 'reward_granted' then
      return (
        select 'reward_gone' from public.referral_rewards as w where w.id = v_id and w.status in ('revoked', 'expired'));
    when 'reward_expiring' then
      return (select 'reward_gone' from public.referral_rewards as w where w.id = v_id and w.status <> 'pending');
    else
      return null;
  end case;
end;
$$;
comment on function private.is_mail_true(public.notifications) is
  'Why a mail is no longer true, as a cause of cancellation; null while it is.';
revoke all on function private.is_mail_true(public.notifications) from public, anon, authenticated, service_role;

create function private.idle_cause(p_mail public.notifications)
returns text
language sql
stable
set search_path = ''
as $$
  select case
    -- Alerts go to the team. One of them who dislikes one must not silence all.
    when (p_mail.customer_id is not null or p_mail.template = 'coverage_opened')
      and private.is_suppressed(p_mail.recipient) then 'suppressed'
    when private.is_optional(p_mail.template) and not private.wants_mails(p_mail.customer_id, 'programme') then 'opted_out'
    when p_mail.template = 'invoice_issued' and not private.wants_mails(p_mail.customer_id, 'invoices') then 'opted_out'
    -- An earlier try may have delivered it: then it is repeated as it was.
    when p_mail.html is null then private.is_mail_true(p_mail)
  end
$$;
comment on function private.idle_cause(public.notifications) is
  'Why a mail that is about to be tried is not sent, as a cause of cancellation; null when it is.';
revoke all on function private.idle_cause(public.notifications) from public, anon, authenticated, service_role;

create function private.charge_facts(p_invoice public.customer_invoices)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'price_cents', p_invoice.price_cents, 'amount_due_cents', p_invoice.amount_due_cents,
    'waived_cents', p_invoice.amount_waived_cents,
    'days', coalesce(sum((l ->> 'days')::integer) filter (where (l ->> 'period_start')::date >= p_invoice.period_start), 0),
    'days_in_period', p_invoice.period_end - p_invoice.period_start,
    'was_suspended', coalesce(bool_or(l ? 'suspended'), false),
    'completes_earlier', coalesce(bool_or((l ->> 'period_start')::date < p_invoice.period_start), false))
  from jsonb_array_elements(p_invoice.line_items) as l
  where l ->> 'kind' = 'service'
$$;
comment on function private.charge_facts(public.customer_invoices) is
  'What an invoice charged, to say why the next one differs. Amounts in cents, VAT included.';
revoke all on function private.charge_facts(public.customer_invoices) from public, anon, authenticated, service_role;

create function private.mail_invoices(p_ids uuid[])
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'invoice_number', i.invoice_number, 'period_start', i.period_start, 'due_on', i.due_on, 'currency', i.currency,
    'package_name', p.name, 'charge', private.charge_facts(i),
    'before', (
      select private.charge_facts(b)
      from public.customer_invoices as b
      where b.service_id = i.service_id and b.period_start < i.period_start
      order by b.period_start desc limit 1),
    'outstanding_cents', coalesce(
      (select s.outstanding_cents from public.invoice_settlements as s where s.invoice_id = i.id), i.amount_due_cents))
    order by i.period_start, i.invoice_number), '[]')
  from public.customer_invoices as i
  join public.customer_services as v on v.id = i.service_id
  join public.service_packages as p on p.id = v.package_id
  where i.id = any (p_ids)
$$;
comment on function private.mail_invoices(uuid[]) is
  'Invoices as their mails name them, each with what it charged and what the one before it charged. Amounts in cents.';
revoke all on function private.mail_invoices(uuid[]) from public, anon, authenticated, service_role;

create function private.mail_payments(p_ids uuid[])
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'invoice_number', i.invoice_number, 'amount_cents', p.amount_cents, 'paid_on', p.paid_on) order by p.created_at, p.id), '[]')
  from public.invoice_payments as p
  join public.customer_invoices as i on i.id = p.invoice_id
  where p.id = any (p_ids) and not exists (select 1 from public.payment_reversals as x where x.payment_id = p.id)
$$;
comment on function private.mail_payments(uuid[]) is 'Payments as their mail names them, without those that were taken back.';
revoke all on function private.mail_payments(uuid[]) from public, anon, authenticated, service_role;

create function private.is_gathered(p_template text)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select p_template in (
    'referral_signup', 'referral_activated', 'referral_qualified', 'reward_earned', 'reward_applied', 'reward_expiring',
    'reward_expired')
$$;
comment on function private.is_gathered(text) is
  'Whether mails of this kind leave in one mail with others of their kind. The others need an answer, or give a reason.';
revoke all on function private.is_gathered(text) from public, anon, authenticated, service_role;

create function private.may_leave_at(p_mail public.notifications, p_now timestamptz)
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select greatest(
    -- Friends who order within an hour are one piece of news.
    max(n.sent_at) filter (where n.template = p_mail.template and n.sent_at > p_now - interval '1 hour') + interval '1 hour',
    case when count(*) >= (private.current_mail_settings()).programme_mails_per_day
      then min(n.sent_at) + interval '24 hours' end)
  from public.notifications as n
  where n.customer_id = p_mail.customer_id and n.status in ('sent', 'captured') and private.is_gathered(n.template)
    and n.sent_at > p_now - interval '24 hours' and n.created_at > p_now - interval '30 days'
$$;
comment on function private.may_leave_at(public.notifications, timestamptz) is
  'Until when a mail of the programme waits for others, because its customer got one of its kind within the hour, or as many as a day may bring. Null: it may leave.';
revoke all on function private.may_leave_at(public.notifications, timestamptz)
  from public, anon, authenticated, service_role;

create function private.gather_mails(p_ids uuid[], p_now timestamptz)
returns uuid[]
language plpgsql
set search_path = ''
as $$
declare
  v_mail public.notifications;
  v_at timestamptz;
  v_waiting uuid[] := '{}';
begin
  for v_mail in
    select n.* from public.notifications as n
    where n.id = any (p_ids) and n.status = 'queued' and n.html is null and n.customer_id is not null
      and (private.is_optional(n.template) or n.template in ('invoice_issued', 'invoice_overdue', 'payment_received'))
    order by n.number
  loop
    -- An earlier one of them may have taken this one along.
    continue when not exists (
      select 1 from public.notifications as n where n.id = v_mail.id and n.status = 'queued');
    if private.is_optional(v_mail.template) then
      v_at := greatest(
        private.quiet_until(p_now),
        case when private.is_gathered(v_mail.template) then private.may_leave_at(v_mail, p_now) end);
      if v_at > p_now then
        update public.notifications as n set next_attempt_at = v_at where n.id = v_mail.id;
        v_waiting := v_waiting || v_mail.id;
        continue;
      end if;
      continue when not private.is_gathered(v_mail.template);
    end if;
    update public.notifications as n
    set status = 'cancelled', cancel_cause = coalesce(private.idle_cause(n), 'merged'),
      merged_into = case when private.idle_cause(n) is null then v_mail.id end
    where n.customer_id = v_mail.customer_id and n.id <> v_mail.id and n.status = 'queued' and n.html is null
      and n.next_attempt_at <= p_now
      and case when private.is_gathered(v_mail.template) then private.is_gathered(n.template)
        else n.template = v_mail.template end;
  end loop;
  return v_waiting;
end;
$$;
comment on function private.gather_mails(uuid[], timestamptz) is
  'Of mails that are about to be tried: takes others of the same customer along that are due, so that they leave as one. Returns those that wait for more.';
revoke all on function private.gather_mails(uuid[], timestamptz) from public, anon, authenticated, service_role;

create function private.template_of(p_mail public.notifications)
returns text
language sql
stable
set search_path = ''
as $$
  select case
    when private.is_gathered(p_mail.template)
      and exists (select 1 from public.notifications as m where m.merged_into = p_mail.id) then 'programme_digest'
    else p_mail.template
  end
$$;
comment on function private.template_of(public.notifications) is 'How a mail is written: a digest when others leave as a part of it.';
revoke all on function private.template_of(public.notifications) from public, anon, authenticated, service_role;

create function private.mail_payload(p_mail public.notifications)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_ids uuid[];
  v_settings public.billing_settings;
begin
  if private.template_of(p_mail) = 'programme_digest' then
    return jsonb_build_object(
      'first_name', coalesce(p_mail.payload ->> 'first_name', ''),
      'items', (
        select jsonb_agg(jsonb_build_object('template', m.template, 'payload', m.payload) order by m.number)
        from (
          select p_mail.template, p_mail.payload, p_mail.number
          union all
          select m.template, m.payload, m.number from public.notifications as m where m.merged_into = p_mail.id
        ) as m));
  end if;
  if p_mail.template not in ('invoice_issued', 'invoice_overdue', 'payment_received') then
    return p_mail.payload;
  end if;
  v_ids := private.mail_ids(p_mail);
  v_settings := private.current_billing_settings();
  return jsonb_build_object(
      'first_name', coalesce((select c.first_name from public.customers as c where c.id = p_mail.customer_id), ''),
      'currency', v_settings.currency)
    || case p_mail.template
      when 'payment_received' then jsonb_build_object(
        'payments', private.mail_payments(v_ids), 'balance_cents', private.account_balance(p_mail.customer_id))
      else jsonb_build_object(
        'invoices', private.mail_invoices(v_ids), 'payment_instructions', v_settings.payment_instructions)
    end;
end;
$$;
comment on function private.mail_payload(public.notifications) is
  'What a mail says, as its template takes it. Mails about invoices and payments are queued with ids alone; their facts are those of the moment at which they leave.';
revoke all on function private.mail_payload(public.notifications) from public, anon, authenticated, service_role;

create function private.mail_payment(p_payment_id uuid, p_customer_id uuid, p_as_of timestamptz)
returns void
language sql
set search_path = ''
as $$
  select private.enqueue_mail(
    'payment_received', c.email, c.id, jsonb_build_object('ids', jsonb_build_array(p_payment_id)),
    'payment_received:' || p_payment_id, p_as_of)
  from public.customers as c where c.id = p_customer_id and c.erased_at is null
$$;
comment on function private.mail_payment(uuid, uuid, timestamptz) is 'Tells the customer that a payment arrived.';
revoke all on function private.mail_payment(uuid, uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.mail_service_status(p_service public.customer_services, p_template text, p_as_of timestamptz)
returns void
language sql
set search_path = ''
as $$
  select private.enqueue_mail(
    p_template, c.email, c.id,
    jsonb_build_object(
      'first_name', c.first_name, 'package_name', p.name,
      'on', private.local_date(p_as_of, private.billing_time_zone()),
      'is_overdue', private.has_overdue_invoice(c.id, p_as_of)),
    p_template || ':' || p_service.id || ':' || extract(epoch from p_as_of), p_as_of)
  from public.customers as c
  join public.service_packages as p on p.id = p_service.package_id
  where c.id = p_service.customer_id and c.erased_at is null
$$;
comment on function private.mail_service_status(public.customer_services, text, timestamptz) is
  'Tells the customer that their service was suspended or works again.';
revoke all on function private.mail_service_status(public.customer_services, text, timestamptz)
  from public, anon, authenticated, service_role;

create function private.mail_package_change(p_change_id uuid, p_as_of timestamptz)
returns void
language sql
set search_path = ''
as $$
  select private.enqueue_mail(
    'service_package_changed', c.email, c.id,
    jsonb_build_object(
      'first_name', c.first_name, 'from_package', f.name, 'from_price_cents', ch.from_price_cents,
      'to_package', t.name, 'to_price_cents', ch.to_price_cents, 'effective_on', ch.effective_on,
      'currency', (private.current_billing_settings()).currency),
    'service_package_changed:' || ch.id, p_as_of)
  from public.service_price_changes as ch
  join public.customer_services as s on s.id = ch.service_id
  join public.customers as c on c.id = s.customer_id and c.erased_at is null
  join public.service_packages as f on f.id = ch.from_package_id
  join public.service_packages as t on t.id = ch.to_package_id
  where ch.id = p_change_id
$$;
comment on function private.mail_package_change(uuid, timestamptz) is
  'Tells the customer which package and price they have from when on.';
revoke all on function private.mail_package_change(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.mail_role_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform private.enqueue_mail(
    'role_changed', new.email, null,
    jsonb_build_object('name', new.name, 'from_role', old.role, 'to_role', new.role, 'is_active', new.is_active),
    'role_changed:' || new.id || ':' || extract(epoch from clock_timestamp()), now());
  return null;
end;
$$;
comment on function private.mail_role_change() is
  'Trigger: tells a member of the team that their role changed, or that their rights were taken away or given back.';
revoke all on function private.mail_role_change() from public, anon, authenticated, service_role;

create trigger admin_users_role_mail
  after update of role, is_active on public.admin_users
  for each row
  when ((old.role, old.is_active) is distinct from (new.role, new.is_active))
  execute function private.mail_role_change();

create function public.remind_overdue_invoices(p_as_of timestamptz default now(), p_limit integer default 1000)
returns integer
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  -- What was due longer ago was spoken of already, or belongs to a time before these reminders.
  c_days constant integer := 30;
  v_today date := private.local_date(p_as_of, private.billing_time_zone());
  v_count integer;
begin
  with late as (
    select i.customer_id, array_agg(i.id order by i.due_on, i.id) as ids
    from private.open_invoices as i
    where i.due_on < v_today and i.due_on >= v_today - c_days
      -- Nobody has longer than 120 days to pay. By the index on issued_at.
      and i.issued_at >= p_as_of - make_interval(days => c_days + 122)
      and not exists (
        select 1 from public.notifications as n
        where n.template = 'invoice_overdue' and n.customer_id = i.customer_id
          and n.payload -> 'ids' ? i.id::text)
    group by i.customer_id
    limit p_limit
  )
  insert into public.notifications (template, recipient, customer_id, payload, dedupe_key, created_at, next_attempt_at)
  select 'invoice_overdue', c.email, c.id, jsonb_build_object('ids', to_jsonb(l.ids)), 'invoice_overdue:' || l.ids[1],
    p_as_of, least(p_as_of, now())
  from late as l
  join public.customers as c on c.id = l.customer_id and c.erased_at is null
  on conflict (dedupe_key) do nothing;
  get diagnostics v_count = row_count;
  return v_count;
end;
$$;
comment on function public.remind_overdue_invoices(timestamptz, integer) is
  'Server: queues one reminder per customer for invoices that are past their due date on this day of the billing time zone, each invoice once. Returns how many.';
revoke all on function public.remind_overdue_invoices(timestamptz, integer) from public, anon, authenticated, service_role;
grant execute on function public.remind_overdue_invoices(timestamptz, integer) to service_role;

-- schemas/142_mail_delivery.sql
-- What the mail provider reports about mails that it took, and the addresses that get none.

create table public.mail_events (
  id text primary key check (length(id) between 1 and 200),
  kind text not null check (kind in ('sent', 'delayed', 'delivered', 'failed', 'soft_bounced', 'bounced', 'complained')),
  provider_message_id text not null check (length(provider_message_id) between 1 and 200),
  notification_id uuid references public.notifications (id) on delete cascade,
  occurred_at timestamptz not null,
  received_at timestamptz not null default clock_timestamp(),
  detail text check (length(detail) <= 500)
);
comment on table public.mail_events is
  'Reports of the mail provider, by their own id. One about a mail that is not known has no notification; it changes nothing.';
comment on column public.mail_events.occurred_at is 'By the clock of the provider.';
comment on column public.mail_events.detail is 'What the server of the recipient said. Emptied when the person is erased.';

create index mail_events_message on public.mail_events (provider_message_id);
create index mail_events_notification on public.mail_events (notification_id, occurred_at desc)
  where notification_id is not null;
create index mail_events_received on public.mail_events (received_at);

alter table public.mail_events enable row level security;
revoke all on table public.mail_events from public, anon, authenticated, service_role;
grant select on table public.mail_events to service_role;
grant select on table public.mail_events to authenticated;
create policy mail_events_select on public.mail_events
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create table public.mail_suppressions (
  id uuid primary key default gen_random_uuid(),
  address text not null check (address = lower(address) and address <> ''),
  cause text not null check (cause in ('bounced', 'soft_bounces', 'complained')),
  notification_id uuid references public.notifications (id) on delete set null,
  created_at timestamptz not null default now(),
  lifted_at timestamptz,
  lifted_by uuid,
  lift_reason text check (length(btrim(lift_reason)) between 3 and 500),
  check ((lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lift_reason is null))
);
comment on table public.mail_suppressions is
  'Addresses that get no mail until a person lifts it. Deleted when the person is erased.';
comment on column public.mail_suppressions.cause is
  'bounced: the address does not exist; soft_bounces: mails bounced again and again; complained: a mail was reported as spam.';

create unique index mail_suppressions_address on public.mail_suppressions (address) where lifted_at is null;
create index mail_suppressions_lifted on public.mail_suppressions (address, lifted_at) where lifted_at is not null;
create index mail_suppressions_notification on public.mail_suppressions (notification_id) where notification_id is not null;
create index mail_suppressions_created on public.mail_suppressions (created_at desc, id desc) where lifted_at is null;

alter table public.mail_suppressions enable row level security;
revoke all on table public.mail_suppressions from public, anon, authenticated, service_role;
grant select on table public.mail_suppressions to service_role;
grant select on table public.mail_suppressions to authenticated;
create policy mail_suppressions_select on public.mail_suppressions
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create function private.is_suppressed(p_recipient text)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
    select 1 from public.mail_suppressions as a where a.address = lower(p_recipient) and a.lifted_at is null)
$$;
comment on function private.is_suppressed(text) is 'Whether an address gets no mails.';
revoke all on function private.is_suppressed(text) from public, anon, authenticated, service_role;

create function private.delivery_rank(p_state text)
returns smallint
language sql
immutable
set search_path = ''
as $$
  select coalesce(
    array_position(array['delayed', 'delivered', 'failed', 'soft_bounced', 'bounced', 'complained'], p_state), 0)::smallint
$$;
comment on function private.delivery_rank(text) is
  'Reports come in any order. A state gives way only to one of a higher number; 0 for none.';
revoke all on function private.delivery_rank(text) from public, anon, authenticated, service_role;

create function private.has_many_soft_bounces(p_recipient text, p_now timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $$
  select count(distinct n.id) >= s.soft_bounce_limit
  from private.current_mail_settings() as s
  cross join public.notifications as n
  join public.mail_events as e on e.notification_id = n.id and e.kind = 'soft_bounced'
  where n.recipient = p_recipient
    and e.received_at > greatest(
      p_now - make_interval(days => s.soft_bounce_days),
      (select max(a.lifted_at) from public.mail_suppressions as a where a.address = lower(p_recipient)))
  group by s.soft_bounce_limit
$$;
comment on function private.has_many_soft_bounces(text, timestamptz) is
  'Whether so many mails to an address bounced for a passing reason as the settings allow at most, since its last lifting. Null without any.';
revoke all on function private.has_many_soft_bounces(text, timestamptz) from public, anon, authenticated, service_role;

create function private.suppress_address(p_mail public.notifications, p_cause text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_id uuid;
begin
  if p_mail.recipient = '' then
    -- Its person was erased.
    return;
  end if;
  insert into public.mail_suppressions (address, cause, notification_id)
  values (lower(p_mail.recipient), p_cause, p_mail.id)
  on conflict (address) where lifted_at is null do nothing
  returning id into v_id;
  if v_id is not null then
    perform private.write_audit(
      null, 'mail_address.suppressed', 'mail_address', v_id::text, p_mail.customer_id, null, null,
      jsonb_build_object('cause', p_cause), now());
  end if;
end;
$$;
comment on function private.suppress_address(public.notifications, text) is
  'The address of this mail gets no further mails. The audit names the customer and no address.';
revoke all on function private.suppress_address(public.notifications, text) from public, anon, authenticated, service_role;

create function private.apply_mail_event(p_event public.mail_events, p_mail public.notifications)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.mail_events as e set notification_id = p_mail.id where e.id = p_event.id;
  update public.notifications as n
  set delivery_state = p_event.kind, delivery_at = p_event.occurred_at
  where n.id = p_mail.id and private.delivery_rank(p_event.kind) > private.delivery_rank(n.delivery_state);
  if p_event.kind in ('bounced', 'complained') then
    perform private.suppress_address(p_mail, p_event.kind);
  elsif p_event.kind = 'soft_bounced' and private.has_many_soft_bounces(p_mail.recipient, clock_timestamp()) then
    perform private.suppress_address(p_mail, 'soft_bounces');
  end if;
end;
$$;
comment on function private.apply_mail_event(public.mail_events, public.notifications) is
  'What a report says of the mail and of its address.';
revoke all on function private.apply_mail_event(public.mail_events, public.notifications)
  from public, anon, authenticated, service_role;

create function private.hold_message(p_provider_message_id text)
returns void
language sql
set search_path = ''
as $$
  select pg_advisory_xact_lock(hashtextextended('mail message ' || p_provider_message_id, 0))
$$;
comment on function private.hold_message(text) is
  'A report and the outcome of its hand-over may arrive at the same time: this keeps them from missing each other.';
revoke all on function private.hold_message(text) from public, anon, authenticated, service_role;

create function private.apply_early_events(p_provider_message_id text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_event public.mail_events;
  v_mail public.notifications;
begin
  perform private.hold_message(p_provider_message_id);
  for v_event in
    select e.* from public.mail_events as e
    where e.provider_message_id = p_provider_message_id and e.notification_id is null
    order by e.occurred_at, e.id
  loop
    select n.* into v_mail
    from public.notifications as n where n.provider_message_id = p_provider_message_id
    order by n.number limit 1;
    perform private.apply_mail_event(v_event, v_mail);
  end loop;
end;
$$;
comment on function private.apply_early_events(text) is
  'Reports that arrived before the outcome of their hand-over was kept.';
revoke all on function private.apply_early_events(text) from public, anon, authenticated, service_role;

create function public.record_mail_event(
  p_id text, p_kind text, p_provider_message_id text, p_occurred_at timestamptz, p_detail text
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_event public.mail_events;
  v_mail public.notifications;
begin
  perform private.hold_message(p_provider_message_id);
  insert into public.mail_events (id, kind, provider_message_id, occurred_at, detail)
  values (p_id, p_kind, p_provider_message_id, p_occurred_at, nullif(p_detail, ''))
  on conflict (id) do nothing
  returning * into v_event;
  if v_event.id is null then
    return jsonb_build_object('is_new', false, 'is_known', null);
  end if;
  select n.* into v_mail
  from public.notifications as n where n.provider_message_id = p_provider_message_id
  order by n.number limit 1
  for update;
  if v_mail.id is not null then
    perform private.apply_mail_event(v_event, v_mail);
  end if;
  return jsonb_build_object('is_new', true, 'is_known', v_mail.id is not null);
end;
$$;
comment on function public.record_mail_event(text, text, text, timestamptz, text) is
  'Server: keeps a report of the mail provider once per id: {is_new, is_known}. A permanent bounce or a complaint suppresses the address, and so do as many soft bounces as the settings name.';
revoke all on function public.record_mail_event(text, text, text, timestamptz, text)
  from public, anon, authenticated, service_role;
grant execute on function public.record_mail_event(text, text, text, timestamptz, text) to service_role;

create function private.mail_problem(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object('cause', a.cause, 'since', a.created_at)
  from public.customers as c
  join public.mail_suppressions as a on a.address = lower(c.email) and a.lifted_at is null
  where c.id = p_customer_id
$$;
comment on function private.mail_problem(uuid) is
  'Why a customer''s present address gets no mails: {cause, since}. Null when it does.';
revoke all on function private.mail_problem(uuid) from public, anon, authenticated, service_role;

create function public.admin_list_mail_suppressions(
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
  select coalesce(jsonb_agg(
    jsonb_build_object(
      'id', page.id, 'address', page.address, 'cause', page.cause, 'created_at', page.created_at,
      'customer_id', page.customer_id, 'notification_id', page.notification_id)
    order by page.created_at desc, page.id desc), '[]')
  into v_rows
  from (
    select a.*, (select n.customer_id from public.notifications as n where n.id = a.notification_id) as customer_id
    from public.mail_suppressions as a
    where a.lifted_at is null
      and (p_cursor_at is null or (a.created_at, a.id) < (p_cursor_at, p_cursor_id))
    order by a.created_at desc, a.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('suppressions', v_rows, v_limit, 'created_at')
    || jsonb_build_object('total', (select count(*) from public.mail_suppressions as a where a.lifted_at is null));
end;
$$;
comment on function public.admin_list_mail_suppressions(timestamptz, uuid, integer) is
  'Admin with customers:view: the addresses that get no mails, newest first, and how many there are.';
revoke all on function public.admin_list_mail_suppressions(timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_mail_suppressions(timestamptz, uuid, integer) to authenticated;

create function public.lift_mail_suppression(p_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_row public.mail_suppressions;
begin
  v_actor := private.require_permission('billing:manage_invoices');
  v_reason := private.trimmed_reason(p_reason);
  update public.mail_suppressions as a
  set lifted_at = clock_timestamp(), lifted_by = v_actor, lift_reason = v_reason
  where a.id = p_id and a.lifted_at is null
  returning * into v_row;
  if v_row.id is null then
    perform private.fail(404, 'not_found', 'suppressed address');
  end if;
  perform private.write_audit(
    v_actor, 'mail_address.lifted', 'mail_address', p_id::text,
    (select n.customer_id from public.notifications as n where n.id = v_row.notification_id), v_reason,
    jsonb_build_object('cause', v_row.cause), null, now());
  return jsonb_build_object('id', p_id, 'lifted_at', v_row.lifted_at);
exception when sqlstate 'PT403' then
  return private.refused_call('mail_address.lift', 'mail_address', p_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.lift_mail_suppression(uuid, text) is
  'Admin with billing:manage_invoices: an address gets mails again, for a reason. Soft bounces count anew. Raises not_found.';
revoke all on function public.lift_mail_suppression(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.lift_mail_suppression(uuid, text) to authenticated;

create function public.release_captured_notifications(p_from date, p_reason text, p_dry_run boolean)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  -- So many at a time; the answer says how many are left.
  c_limit constant integer := 5000;
  v_actor uuid;
  v_reason text;
  v_since timestamptz;
  v_ids uuid[];
  v_total bigint;
  v_templates jsonb;
begin
  v_actor := private.require_permission('billing:manage_invoices');
  if not p_dry_run then
    v_reason := private.trimmed_reason(p_reason);
  end if;
  if p_from is null then
    perform private.fail(400, 'invalid_request', 'from');
  end if;
  v_since := private.start_of_day(p_from, private.billing_time_zone());
  select count(*) into v_total
  from public.notifications as n where n.status = 'captured' and n.recipient <> '' and n.created_at >= v_since;
  select coalesce(array_agg(c.id), '{}') into v_ids
  from (
    select n.id from public.notifications as n
    where n.status = 'captured' and n.recipient <> '' and n.created_at >= v_since
    order by n.created_at, n.id
    limit c_limit
    for update
  ) as c;
  select coalesce(jsonb_object_agg(t.template, t.mails), '{}') into v_templates
  from (
    select n.template, count(*) as mails from public.notifications as n where n.id = any (v_ids) group by n.template
  ) as t;
  if not p_dry_run and cardinality(v_ids) > 0 then
    -- It is written anew when it leaves: addresses, choices and facts are those of that moment.
    update public.notifications as n
    set status = 'queued', attempts = 0, gate_openings = 0, next_attempt_at = now(), first_attempt_at = null,
      sent_at = null, subject = null, html = null, text_body = null, reply_to = null, unsubscribe_url = null
    where n.id = any (v_ids);
    perform private.write_audit(
      v_actor, 'notification.released', 'notification', to_char(p_from, 'YYYY-MM-DD'), null, v_reason,
      jsonb_build_object('status', 'captured', 'mails', cardinality(v_ids)),
      jsonb_build_object('status', 'queued', 'templates', v_templates), now());
  end if;
  return jsonb_build_object(
    'from', p_from, 'mails', cardinality(v_ids), 'left', v_total - cardinality(v_ids), 'templates', v_templates,
    'dry_run', p_dry_run);
exception when sqlstate 'PT403' then
  return private.refused_call('notification.release', 'notification', p_from::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.release_captured_notifications(date, text, boolean) is
  'Admin with billing:manage_invoices: queues mails that were only captured since a local day, the oldest 5000 at a time: {from, mails, left, templates, dry_run}. What is no longer true is cancelled when it would leave. A dry run changes nothing and needs no reason.';
revoke all on function public.release_captured_notifications(date, text, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.release_captured_notifications(date, text, boolean) to authenticated;

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
  'Who did what, when and why. Append-only. actor_id is an auth user, null for the system. Holds no personal data of customers beyond ids and reasons.';

create index audit_log_customer on public.audit_log (customer_id, id desc) where customer_id is not null;
create index audit_log_entity on public.audit_log (entity_type, entity_id);
create index audit_log_actor on public.audit_log (actor_id, id desc) where actor_id is not null;

create index audit_log_created on public.audit_log (created_at);

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
  using (
    (select public.has_permission('audit:view'))
    or (customer_id is not null and (select public.has_permission('customers:view'))));

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
  -- If another transaction holds the same key, this insert waits until that one ends.
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
  'Null if the key is new; it belongs to this transaction then. Otherwise the answer that was given before. Raises idempotency_key_reused for another request.';
revoke all on function private.claim_idempotency_key(text, text, text) from public, anon, authenticated, service_role;

create function private.request_hash(p_request jsonb)
returns text
language sql
immutable
parallel safe
set search_path = ''
as $$
  select encode(sha256(convert_to(p_request::text, 'UTF8')), 'hex')
$$;
comment on function private.request_hash(jsonb) is 'A hash of what was asked under an idempotency key.';
revoke all on function private.request_hash(jsonb) from public, anon, authenticated, service_role;

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

create function public.consume_rate_limits(p_limits jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_limit record;
  v_verdict jsonb := '{"allowed": true, "retry_after": 0}';
begin
  for v_limit in
    select l.value ->> 'bucket' as bucket, l.value ->> 'subject' as subject,
      (l.value ->> 'limit')::integer as most, (l.value ->> 'window_seconds')::integer as window_seconds
    from jsonb_array_elements(p_limits) with ordinality as l (value, n)
    order by l.n
  loop
    v_verdict := public.consume_rate_limit(v_limit.bucket, v_limit.subject, v_limit.most, v_limit.window_seconds);
    exit when not (v_verdict ->> 'allowed')::boolean;
  end loop;
  return v_verdict;
end;
$$;
comment on function public.consume_rate_limits(jsonb) is
  'Server: counts one request in each of [{bucket, subject, limit, window_seconds}] in turn, up to the first that refuses it; answers what the last one said.';
revoke all on function public.consume_rate_limits(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.consume_rate_limits(jsonb) to service_role;

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
  v_attempts integer;
  v_assessments integer;
begin
  delete from public.rate_limits as l where l.window_start < p_as_of - interval '1 day';
  get diagnostics v_limits = row_count;
  delete from public.idempotency_keys as k where k.created_at < p_as_of - interval '30 days';
  get diagnostics v_keys = row_count;
  delete from public.account_sessions as s where s.last_seen_at < p_as_of - interval '30 days';
  delete from public.referral_attempts as a where a.created_at < p_as_of - interval '12 months';
  get diagnostics v_attempts = row_count;
  delete from public.referral_assessments as a where a.created_at < p_as_of - interval '90 days';
  get diagnostics v_assessments = row_count;
  delete from public.coverage_waits as w where w.created_at < p_as_of - interval '24 months';
  delete from public.verifications as v where v.verified_at < p_as_of - interval '13 months';
  delete from public.request_durations as d where d.day < (p_as_of - interval '13 months')::date;
  return jsonb_build_object(
    'rate_limits', v_limits, 'idempotency_keys', v_keys, 'attempts', v_attempts, 'assessments', v_assessments);
end;
$$;
comment on function public.prune_operational_rows(timestamptz) is
  'Server: forgets request counters after a day, idempotency keys and sessions of admins after 30 days, the evidence of verdicts after 90 days, refused uses of codes after 12 months, people who wait for an area after 24 months, and results of checks and durations of requests after 13 months.';
revoke all on function public.prune_operational_rows(timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.prune_operational_rows(timestamptz) to service_role;

create function public.check_health()
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_migration text;
begin
  -- Counting the request is a write: it fails when the database is full or read-only.
  perform public.consume_rate_limit('health', 'probe', 1, 60, clock_timestamp());
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    execute 'select max(m.version) from supabase_migrations.schema_migrations as m' into v_migration;
  end if;
  return jsonb_build_object(
    'migration', v_migration,
    'switches', public.get_switches(),
    'mail_outage_since', (select g.opened_at from public.mail_gate as g),
    'database_bytes', pg_database_size(current_database()));
end;
$$;
comment on function public.check_health() is
  'Server: proves that the database can be written, and returns the newest migration that was applied, the switches and the size in bytes.';
revoke all on function public.check_health() from public, anon, authenticated, service_role;
grant execute on function public.check_health() to service_role;

create function private.keep_an_owner()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' and new.role = 'owner' and private.is_acting_admin(new) then
    return new;
  end if;
  -- Two owners who leave at once wait for each other here.
  perform private.lock_team();
  if private.is_last_owner(old) then
    perform private.fail(409, 'last_owner');
  end if;
  return coalesce(new, old);
end;
$$;
comment on function private.keep_an_owner() is
  'Trigger: the last active owner is neither removed nor given another role. Raises last_owner.';
revoke all on function private.keep_an_owner() from public, anon, authenticated, service_role;

create trigger admin_users_keep_an_owner
  before update or delete on public.admin_users
  for each row execute function private.keep_an_owner();

create function public.save_team_member(p_auth_user_id uuid, p_email text, p_name text, p_role text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_before public.admin_users;
  v_after public.admin_users;
begin
  select a.* into v_before from public.admin_users as a where a.auth_user_id = p_auth_user_id for update;
  insert into public.admin_users as a (auth_user_id, email, name, role)
  values (p_auth_user_id, lower(btrim(p_email)), btrim(p_name), p_role)
  on conflict (auth_user_id) do update
    set email = excluded.email, role = excluded.role, is_active = true,
      accepted_at = coalesce(a.accepted_at, excluded.accepted_at), updated_at = now()
  returning a.* into v_after;
  return jsonb_build_object('id', v_after.id, 'is_new', v_before.id is null);
end;
$$;
comment on function public.save_team_member(uuid, text, text, text) is
  'Server, for the command line: gives an account a role in the team, or another one. A trigger writes the audit row. Raises last_owner.';
revoke all on function public.save_team_member(uuid, text, text, text) from public, anon, authenticated, service_role;
grant execute on function public.save_team_member(uuid, text, text, text) to service_role;

create function public.remove_team_member(p_email text)
returns boolean
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_member public.admin_users;
begin
  update public.admin_users as a
  set is_active = false, updated_at = now()
  where lower(a.email) = lower(btrim(p_email)) and a.is_active
  returning a.* into v_member;
  if v_member.id is null then
    return false;
  end if;
  return true;
end;
$$;
comment on function public.remove_team_member(text) is
  'Server, for the command line: takes a person out of the team at once. A trigger writes the audit row. The row stays, for the names in the audit log. False when no active member has the address. Raises last_owner.';
revoke all on function public.remove_team_member(text) from public, anon, authenticated, service_role;
grant execute on function public.remove_team_member(text) to service_role;

create function public.get_deployment_state()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_migrations text[] := '{}';
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    execute 'select coalesce(array_agg(m.version order by m.version), ''{}'') from supabase_migrations.schema_migrations as m'
    into v_migrations;
  end if;
  return jsonb_build_object(
    'now', clock_timestamp(),
    'migrations', to_jsonb(v_migrations),
    'owners', (select count(*) from public.admin_users as a where a.role = 'owner' and a.is_active),
    'mail_due_since', (
      select min(n.next_attempt_at) from public.notifications as n where n.status = 'queued'),
    'expiry_due_since', (
      select min(r.activation_due_at) from public.customer_referrals as r where r.status = 'pending'),
    'last_billing_run_at', (select max(b.started_at) from public.billing_runs as b));
end;
$$;
comment on function public.get_deployment_state() is
  'Server, for `npm run doctor`: the clock, the migrations that were applied, active owners, and since when work of the jobs has been due (times in the future are work to come).';
revoke all on function public.get_deployment_state() from public, anon, authenticated, service_role;
grant execute on function public.get_deployment_state() to service_role;

-- schemas/152_audit.sql
-- The audit log beyond its table: its chain of hashes, what is refused or exported, sign-ins of admins, changes behind the
-- functions, and reading it.

create table public.audit_chain (
  position bigint primary key check (position > 0),
  audit_id bigint not null unique references public.audit_log (id),
  hash text not null check (hash ~ '^[0-9a-f]{64}$')
);
comment on table public.audit_chain is
  'Seals of the audit log. Each holds the SHA-256 of the seal before it and of its own row, so a row cannot change unnoticed.';

create trigger audit_chain_append_only
  before update or delete on public.audit_chain
  for each row execute function private.refuse_change();
create trigger audit_chain_no_truncate
  before truncate on public.audit_chain
  for each statement execute function private.refuse_change();

create table public.audit_unsealed (
  audit_id bigint primary key references public.audit_log (id)
);
comment on table public.audit_unsealed is 'Audit rows that wait for their seal. A job seals them in order, so that no business transaction waits for another one.';

alter table public.audit_chain enable row level security;
revoke all on table public.audit_chain from public, anon, authenticated, service_role;
grant select on table public.audit_chain to service_role;
alter table public.audit_unsealed enable row level security;
revoke all on table public.audit_unsealed from public, anon, authenticated, service_role;
grant select on table public.audit_unsealed to service_role;

create function private.queue_for_seal()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  insert into public.audit_unsealed (audit_id) values (new.id);
  return null;
end;
$$;
comment on function private.queue_for_seal() is 'Trigger: a new audit row waits for its seal.';
revoke all on function private.queue_for_seal() from public, anon, authenticated, service_role;

create trigger audit_log_seal
  after insert on public.audit_log
  for each row execute function private.queue_for_seal();

create function private.audit_hash(p_previous text, p_row public.audit_log)
returns text
language sql
immutable
set search_path = ''
as $$
  -- The time as a number: its text depends on the session's time zone.
  select encode(sha256(convert_to(coalesce(p_previous, '') || jsonb_build_array(
    p_row.id, extract(epoch from p_row.created_at), p_row.actor_id, p_row.action, p_row.entity_type, p_row.entity_id,
    p_row.customer_id, p_row.reason, p_row.before, p_row.after)::text, 'UTF8')), 'hex')
$$;
comment on function private.audit_hash(text, public.audit_log) is
  'The hash of an audit row and of the seal before it, in hexadecimal digits. Null: there is none before it.';
revoke all on function private.audit_hash(text, public.audit_log) from public, anon, authenticated, service_role;

create function public.seal_audit_log(p_limit integer default 5000)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_position bigint;
  v_hash text;
  v_row public.audit_log;
  v_sealed integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('audit_chain', 0));
  select s.position, s.hash into v_position, v_hash from public.audit_chain as s order by s.position desc limit 1;
  for v_row in
    select l.*
    from public.audit_unsealed as waiting join public.audit_log as l on l.id = waiting.audit_id
    order by l.id
    limit p_limit
  loop
    v_position := coalesce(v_position, 0) + 1;
    v_hash := private.audit_hash(v_hash, v_row);
    insert into public.audit_chain (position, audit_id, hash) values (v_position, v_row.id, v_hash);
    delete from public.audit_unsealed as waiting where waiting.audit_id = v_row.id;
    v_sealed := v_sealed + 1;
  end loop;
  return jsonb_build_object('sealed', v_sealed, 'more', v_sealed = p_limit);
end;
$$;
comment on function public.seal_audit_log(integer) is
  'Server: seals the audit rows that wait, in the order of their ids, at most p_limit of them.';
revoke all on function public.seal_audit_log(integer) from public, anon, authenticated, service_role;
grant execute on function public.seal_audit_log(integer) to service_role;

create function public.record_refusal(
  p_actor uuid, p_action text, p_entity_type text, p_entity_id text, p_as_of timestamptz default now()
)
returns void
language sql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
  -- The log is never pruned. Only people who are or were admins get a row, so that others cannot fill it.
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

create function private.refused_call(
  p_action text, p_entity_type text, p_entity_id text, p_state text, p_code text, p_detail text
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  -- As many as the app records: 30 in 10 minutes per person.
  c_limit constant integer := 30;
  v_user uuid := (select auth.uid());
begin
  -- Outside of the data API nobody reads the status, so the error is raised again.
  if coalesce(current_setting('request.method', true), '') = '' then
    raise exception using errcode = p_state, message = p_code, detail = coalesce(p_detail, '');
  end if;
  if (public.consume_rate_limit('refused', v_user::text, c_limit, 600) ->> 'allowed')::boolean then
    perform public.record_refusal(v_user, p_action, p_entity_type, p_entity_id);
  end if;
  perform set_config('response.status', '403', true);
  return jsonb_build_object('code', p_state, 'message', p_code, 'details', p_detail, 'hint', 'recorded');
end;
$$;
comment on function private.refused_call(text, text, text, text, text, text) is
  'The answer of a function of the data API that refused its caller: an error with status 403. The transaction commits, with the attempt in the audit log and nothing else.';
revoke all on function private.refused_call(text, text, text, text, text, text)
  from public, anon, authenticated, service_role;

create function public.record_export(
  p_actor uuid, p_subject text, p_stage text, p_filter jsonb, p_rows bigint default null, p_as_of timestamptz default now()
)
returns void
language sql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
  select private.write_audit(
    p_actor, 'export.' || p_stage, 'export', left(p_subject, 40), null, null, null,
    jsonb_strip_nulls(jsonb_build_object('filter', p_filter, 'rows', p_rows)), p_as_of)
$$;
comment on function public.record_export(uuid, text, text, jsonb, bigint, timestamptz) is
  'Server: an admin exports data: started before the first row leaves, completed or cut_short with the number of rows that left.';
revoke all on function public.record_export(uuid, text, text, jsonb, bigint, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.record_export(uuid, text, text, jsonb, bigint, timestamptz) to service_role;

create function public.record_admin_sign_in(p_email text, p_outcome text, p_network text, p_as_of timestamptz default now())
returns void
language sql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
  select private.write_audit(
    a.auth_user_id, 'sign_in.' || p_outcome, 'admin', a.id::text, null, null, null,
    jsonb_strip_nulls(jsonb_build_object('network', left(p_network, 64))), p_as_of)
  from public.admin_users as a
  join auth.users as u on u.id = a.auth_user_id
  where lower(u.email) = lower(btrim(p_email))
$$;
comment on function public.record_admin_sign_in(text, text, text, timestamptz) is
  'Server: somebody signed in as an admin, or failed to, from a network. Does nothing for other accounts.';
revoke all on function public.record_admin_sign_in(text, text, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.record_admin_sign_in(text, text, text, timestamptz) to service_role;

create function private.audit_change()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_noun text := tg_argv[0];
  v_old jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  v_new jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  v_reason text := nullif(current_setting('audit.reason', true), '');
begin
  if v_old - 'updated_at' is not distinct from v_new - 'updated_at' then
    return null;
  end if;
  perform private.write_audit(
    coalesce((select auth.uid()), (v_new ->> 'created_by')::uuid),
    v_noun || case tg_op when 'INSERT' then '.added' when 'UPDATE' then '.changed' else '.removed' end,
    v_noun, coalesce(v_new ->> 'id', v_old ->> 'id', v_new ->> 'version'), null, coalesce(v_reason, v_new ->> 'reason'),
    v_old - array['created_at', 'updated_at', 'auth_user_id'], v_new - array['created_at', 'updated_at', 'auth_user_id'],
    now());
  return null;
end;
$$;
comment on function private.audit_change() is
  'Trigger: a change of a table that the secret key or the owner may write gets its audit row, whoever makes it. The argument names the thing. audit.reason carries the reason where a function has one.';
revoke all on function private.audit_change() from public, anon, authenticated, service_role;

create trigger service_packages_audit
  after insert or update or delete on public.service_packages
  for each row execute function private.audit_change('package');
create trigger admin_users_audit
  after insert or update or delete on public.admin_users
  for each row execute function private.audit_change('admin');
create trigger admin_settings_audit
  after insert on public.admin_settings
  for each row when (new.version > 1) execute function private.audit_change('admin_settings');
create trigger billing_settings_audit
  after insert on public.billing_settings
  for each row when (new.version > 1) execute function private.audit_change('billing_settings');
create trigger role_permissions_audit
  after insert or update or delete on public.role_permissions
  for each row execute function private.audit_change('role');

create function private.audit_document(p_entry public.audit_log)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(p_entry) || jsonb_build_object(
    'actor_name', private.admin_name(p_entry.actor_id),
    'customer_name', (
      select btrim(c.first_name || ' ' || c.last_name) from public.customers as c where c.id = p_entry.customer_id),
    'hash', (select s.hash from public.audit_chain as s where s.audit_id = p_entry.id))
    || private.profile_change_values(p_entry.entity_type, p_entry.entity_id)
$$;
comment on function private.audit_document(public.audit_log) is 'An audit row with the names of who did it and to whom, and its seal.';
revoke all on function private.audit_document(public.audit_log) from public, anon, authenticated, service_role;

create function private.audit_actors(p_actor text)
returns uuid[]
language sql
stable
set search_path = ''
as $$
  select array(
    select a.auth_user_id from public.admin_users as a
    where p_actor in (a.id::text, a.auth_user_id::text) or lower(a.email) = lower(p_actor)
      or lower(a.name) = lower(p_actor))
$$;
comment on function private.audit_actors(text) is 'The logins of the staff account with this id, e-mail address or name.';
revoke all on function private.audit_actors(text) from public, anon, authenticated, service_role;

create function private.moment_of(p_text text, p_days integer)
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select case
    when p_text ~ '^\d{4}-\d{2}-\d{2}$' then private.start_of_day(p_text::date + p_days, private.billing_time_zone())
    else p_text::timestamptz
  end
$$;
comment on function private.moment_of(text, integer) is
  'An instant, or where a local day of the billing time zone begins, so many days later. Null stays null.';
revoke all on function private.moment_of(text, integer) from public, anon, authenticated, service_role;

create function public.list_audit(
  p_q text default null, p_actor text default null, p_action text default null, p_from text default null,
  p_to text default null, p_before_id bigint default null, p_limit integer default 50
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(p_limit, 1), 1000);
  v_from timestamptz;
  v_until timestamptz;
  v_actors uuid[];
  v_customers uuid[];
  v_rows jsonb;
begin
  perform private.require_permission('audit:view');
  v_from := private.moment_of(p_from, 0);
  v_until := private.moment_of(p_to, 1);
  v_actors := private.audit_actors(p_actor);
  v_customers := case when p_q is not null then array(select private.search_customers(p_q)) end;
  select coalesce(jsonb_agg(private.audit_document(page.l) order by (page.l).id desc), '[]') into v_rows
  from (
    select l
    from public.audit_log as l
    where (p_before_id is null or l.id < p_before_id)
      and (v_from is null or l.created_at >= v_from)
      and (v_until is null or l.created_at < v_until)
      and (p_action is null or l.action = p_action or split_part(l.action, '.', 1) = p_action)
      and (p_actor is null or l.actor_id = any (v_actors) or (p_actor = 'system' and l.actor_id is null))
      and (p_q is null or l.customer_id = any (v_customers) or lower(l.entity_id) = lower(p_q)
        or position(lower(p_q) in lower(l.reason)) > 0)
    order by l.id desc
    limit v_limit + 1
  ) as page;
  return jsonb_build_object(
    'entries', case when jsonb_array_length(v_rows) > v_limit then v_rows - v_limit else v_rows end,
    'next_before_id', case when jsonb_array_length(v_rows) > v_limit then v_rows -> (v_limit - 1) -> 'id' end);
exception when invalid_datetime_format or datetime_field_overflow then
  raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'from or to';
end;
$$;
comment on function public.list_audit(text, text, text, text, text, bigint, integer) is
  'Admin with audit:view: the audit log, newest first. The text is literal: a customer, an id or a part of a reason; the actor an id, e-mail address, name or "system"; the action a whole one or its noun. From and to are days of the billing time zone, both included, or instants, half-open. Raises forbidden, invalid_request.';
revoke all on function public.list_audit(text, text, text, text, text, bigint, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.list_audit(text, text, text, text, text, bigint, integer) to authenticated;

create function public.get_audit_facets()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('audit:view');
  return jsonb_build_object(
    'actors', (
      select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name) order by a.name, a.id), '[]')
      from public.admin_users as a),
    'seal', (
      select jsonb_build_object('position', s.position, 'hash', s.hash)
      from public.audit_chain as s order by s.position desc limit 1));
end;
$$;
comment on function public.get_audit_facets() is
  'Admin with audit:view: whom the log can be filtered by, and its newest seal. A seal that was noted elsewhere proves later that nothing before it was changed.';
revoke all on function public.get_audit_facets() from public, anon, authenticated, service_role;
grant execute on function public.get_audit_facets() to authenticated;

-- schemas/154_team.sql
-- The team: who the admins are, and the rules for them.

create function private.team_member_document(p_admin public.admin_users)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_admin.id, 'name', p_admin.name, 'email', p_admin.email, 'role', p_admin.role,
    'is_active', p_admin.is_active, 'accepted_at', p_admin.accepted_at, 'created_at', p_admin.created_at,
    'is_me', coalesce(p_admin.auth_user_id = (select auth.uid()), false),
    'last_seen_at', (
      select max(s.last_seen_at) from public.account_sessions as s where s.auth_user_id = p_admin.auth_user_id),
    'has_second_factor', coalesce((
      select (u.raw_app_meta_data ->> 'second_factor')::boolean from auth.users as u where u.id = p_admin.auth_user_id), false))
$$;
comment on function private.team_member_document(public.admin_users) is 'A staff account as owners see it.';
revoke all on function private.team_member_document(public.admin_users) from public, anon, authenticated, service_role;

create function public.get_team()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('admins:manage');
  return jsonb_build_object(
    'members', (
      select coalesce(jsonb_agg(private.team_member_document(a) order by a.is_active desc, a.name, a.id), '[]')
      from public.admin_users as a),
    'settings', to_jsonb(private.current_admin_settings()) - array['created_by'],
    'currency', (private.current_billing_settings()).currency);
end;
$$;
comment on function public.get_team() is 'Admin with admins:manage: the team, and the rules for admins in force.';
revoke all on function public.get_team() from public, anon, authenticated, service_role;
grant execute on function public.get_team() to authenticated;

create function private.lock_team()
returns void
language sql
set search_path = ''
as $$
  select pg_advisory_xact_lock(hashtextextended('team', 0))
$$;
comment on function private.lock_team() is 'Changes of the team happen one after the other, so that two of them cannot leave it without an owner.';
revoke all on function private.lock_team() from public, anon, authenticated, service_role;

create function private.is_last_owner(p_admin public.admin_users)
returns boolean
language sql
stable
set search_path = ''
as $$
  select p_admin.role = 'owner' and private.is_acting_admin(p_admin) and not exists (
    select 1 from public.admin_users as a
    where a.id <> p_admin.id and a.role = 'owner' and private.is_acting_admin(a))
$$;
comment on function private.is_last_owner(public.admin_users) is 'Whether the team has no other owner with rights.';
revoke all on function private.is_last_owner(public.admin_users) from public, anon, authenticated, service_role;

create function public.add_team_member(p_email text, p_name text, p_role text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_email text := lower(btrim(p_email));
  v_user uuid;
  v_admin public.admin_users;
begin
  perform private.require_permission('admins:manage');
  perform private.require_recent_password();
  perform private.lock_team();
  select u.id into v_user from auth.users as u where lower(u.email) = v_email;
  if v_user is null then
    perform private.fail(404, 'not_found', 'account');
  end if;
  select a.* into v_admin from public.admin_users as a where a.auth_user_id = v_user;
  if v_admin.id is not null and (v_admin.accepted_at is not null or v_admin.role <> p_role or not v_admin.is_active) then
    perform private.fail(409, 'already_member');
  end if;
  if v_admin.id is null then
    insert into public.admin_users (auth_user_id, email, name, role, accepted_at)
    values (v_user, v_email, btrim(p_name), p_role, null)
    returning * into v_admin;
  end if;
  return private.team_member_document(v_admin);
exception
  when check_violation then
    raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'name, e-mail address or role';
  when sqlstate 'PT403' then
    return private.refused_call('team.add', 'team', null, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.add_team_member(text, text, text) is
  'Admin with admins:manage: gives the account with this address a role, which counts once its owner accepts by the link in a mail. Repeating an invitation that waits changes nothing. Raises password_needed, not_found, already_member.';
revoke all on function public.add_team_member(text, text, text) from public, anon, authenticated, service_role;
grant execute on function public.add_team_member(text, text, text) to authenticated;

create function public.accept_team_invitation(p_auth_user_id uuid, p_session_id uuid, p_as_of timestamptz default now())
returns boolean
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  update public.admin_users as a set accepted_at = p_as_of, updated_at = p_as_of
  where a.auth_user_id = p_auth_user_id and a.accepted_at is null;
  if not found then
    return false;
  end if;
  -- Somebody else may have made the account with this address before, and know its password or be signed in.
  delete from auth.sessions as s where s.user_id = p_auth_user_id and s.id is distinct from p_session_id;
  update auth.users as u
  set encrypted_password = extensions.crypt(gen_random_uuid()::text || gen_random_uuid(), extensions.gen_salt('bf')),
    raw_app_meta_data = coalesce(u.raw_app_meta_data, '{}') || '{"password_unset": true}'
  where u.id = p_auth_user_id;
  return true;
end;
$$;
comment on function public.accept_team_invitation(uuid, uuid, timestamptz) is
  'Server: the owner of this account opened a link that was mailed to its address, and is in this session. Ends every other session and the password, in the same transaction. True when an invitation waited for that.';
revoke all on function public.accept_team_invitation(uuid, uuid, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.accept_team_invitation(uuid, uuid, timestamptz) to service_role;

create function public.update_team_member(p_id uuid, p_role text, p_is_active boolean, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_admin public.admin_users;
begin
  v_actor := private.require_permission('admins:manage');
  v_reason := private.trimmed_reason(p_reason);
  perform private.require_recent_password();
  perform private.lock_team();
  select a.* into v_admin from public.admin_users as a where a.id = p_id for update;
  if v_admin.id is null then
    perform private.fail(404, 'not_found', 'team member');
  end if;
  if private.is_last_owner(v_admin) and not (p_role = 'owner' and p_is_active) then
    perform private.fail(409, 'last_owner');
  end if;
  if private.is_one_person(v_admin.auth_user_id, v_actor) then
    perform private.fail(409, 'own_account');
  end if;
  perform set_config('audit.reason', v_reason, true);
  update public.admin_users as a set role = p_role, is_active = p_is_active, updated_at = now()
  where a.id = p_id
  returning * into v_admin;
  perform set_config('audit.reason', '', true);
  return private.team_member_document(v_admin);
exception
  when check_violation or not_null_violation then
    raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'role or is_active';
  when sqlstate 'PT403' then
    return private.refused_call('team.update', 'admin', p_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.update_team_member(uuid, text, boolean, text) is
  'Admin with admins:manage: changes the role of a colleague, or takes their rights away, with a reason and at once. Raises password_needed, not_found, last_owner, own_account.';
revoke all on function public.update_team_member(uuid, text, boolean, text) from public, anon, authenticated, service_role;
grant execute on function public.update_team_member(uuid, text, boolean, text) to authenticated;

create function public.update_admin_settings(p_settings jsonb, p_reason text, p_expected_version integer)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_old public.admin_settings;
  v_new public.admin_settings;
begin
  v_actor := private.require_permission('admins:manage');
  v_reason := private.trimmed_reason(p_reason);
  perform private.require_recent_password();
  perform pg_advisory_xact_lock(hashtextextended('admin_settings', 0));
  v_old := private.current_admin_settings();
  if p_expected_version is distinct from v_old.version then
    perform private.fail(409, 'version_conflict');
  end if;
  v_new := jsonb_populate_record(v_old, p_settings - array['version', 'reason', 'created_by', 'created_at']);
  -- Whoever demands a second factor has given one in this session: so nobody locks everybody out.
  if v_new.second_factor_required and not v_old.second_factor_required
    and coalesce(auth.jwt() ->> 'aal', 'aal1') <> 'aal2' then
    perform private.fail(409, 'second_factor_not_set_up');
  end if;
  v_new.version := v_old.version + 1;
  v_new.reason := v_reason;
  v_new.created_by := v_actor;
  v_new.created_at := now();
  insert into public.admin_settings select v_new.* returning * into v_new;
  return to_jsonb(v_new) - array['created_by'];
exception
  when check_violation or not_null_violation or invalid_text_representation or numeric_value_out_of_range then
    raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'settings out of range';
  when sqlstate 'PT403' then
    return private.refused_call('admin_settings.update', 'admin_settings', null, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.update_admin_settings(jsonb, text, integer) is
  'Admin with admins:manage: makes a new version of the rules for admins. Raises password_needed, version_conflict, second_factor_not_set_up.';
revoke all on function public.update_admin_settings(jsonb, text, integer) from public, anon, authenticated, service_role;
grant execute on function public.update_admin_settings(jsonb, text, integer) to authenticated;

-- schemas/155_restores.sql
-- Restores: what a backup does not know of, and what keeps it from happening twice.

create table public.restores (
  id uuid primary key default gen_random_uuid(),
  backup_taken_at timestamptz not null,
  restored_at timestamptz not null,
  lost jsonb not null check (jsonb_typeof(lost) = 'object'),
  released_at timestamptz,
  released_by uuid
);
comment on table public.restores is
  'Each return to a backup. Until a person releases it, no mail leaves, and verify names it.';
comment on column public.restores.lost is
  'What happened after the backup, as far as it is known: invoices, payments and mails. Recipients are hashed.';

alter table public.restores enable row level security;
revoke all on table public.restores from public, anon, authenticated, service_role;
grant select on table public.restores to service_role;
grant select on table public.restores to authenticated;
create policy restores_select on public.restores
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create function private.recipient_hash(p_recipient text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select encode(sha256(convert_to(lower(p_recipient), 'UTF8')), 'hex')
$$;
comment on function private.recipient_hash(text) is 'A recipient, comparable and not readable.';
revoke all on function private.recipient_hash(text) from public, anon, authenticated, service_role;

create function private.issued_since(p_since timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'at', clock_timestamp(),
    'series', coalesce((
      select jsonb_agg(jsonb_build_object('series', s.series, 'year', s.year, 'last_number', s.last_number)
        order by s.series, s.year)
      from public.invoice_series as s), '[]'),
    'invoices', coalesce((
      select jsonb_agg(jsonb_build_object(
        'number', i.invoice_number, 'customer_id', i.customer_id, 'total_cents', i.total_cents,
        'issued_at', i.issued_at) order by i.invoice_number)
      from public.customer_invoices as i where i.issued_at > p_since), '[]'),
    'payments', coalesce((
      select jsonb_agg(to_jsonb(p) - array['recorded_by'] || jsonb_build_object('invoice_number', i.invoice_number)
        order by i.invoice_number)
      from public.invoice_payments as p
      join public.customer_invoices as i on i.id = p.invoice_id
      where p.created_at > p_since), '[]'),
    'mails', coalesce((
      select jsonb_agg(jsonb_build_object(
        'template', n.template, 'recipient_hash', private.recipient_hash(n.recipient),
        'dedupe_key', n.dedupe_key, 'sent_at', n.sent_at) order by n.sent_at)
      from public.notifications as n where n.status = 'sent' and n.sent_at > p_since), '[]'))
$$;
comment on function private.issued_since(timestamptz) is
  'What left this database after an instant and must not leave again: numbers, invoices, payments and sent mails.';
revoke all on function private.issued_since(timestamptz) from public, anon, authenticated, service_role;

create function private.note_restore(
  p_backup_taken_at timestamptz, p_issued jsonb, p_floor jsonb, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := format('Restored from the backup of %s', to_char(p_backup_taken_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'));
  v_floor record;
  v_last bigint;
  v_gaps jsonb := '[]';
  v_mails jsonb;
  v_invoices jsonb;
  v_payments jsonb;
begin
  perform private.set_switch('mail', false, v_reason, null, p_as_of);
  for v_floor in
    select f.series, f.year, max(f.last_number) as last_number
    from (
      select * from jsonb_to_recordset(coalesce(p_issued -> 'series', '[]'))
        as i (series text, year integer, last_number bigint)
      union all
      select * from jsonb_to_recordset(p_floor) as g (series text, year integer, last_number bigint)
    ) as f
    group by f.series, f.year
    order by f.series, f.year
  loop
    select coalesce(max(s.last_number), 0) into v_last
    from public.invoice_series as s where s.series = v_floor.series and s.year = v_floor.year;
    if v_floor.last_number > v_last then
      insert into public.series_gaps (series, year, first_number, last_number, reason, created_at)
      values (v_floor.series, v_floor.year, v_last + 1, v_floor.last_number, v_reason, p_as_of);
      insert into public.invoice_series (series, year, last_number)
      values (v_floor.series, v_floor.year, v_floor.last_number)
      on conflict (series, year) do update set last_number = excluded.last_number;
      v_gaps := v_gaps || jsonb_build_object(
        'series', v_floor.series, 'year', v_floor.year, 'first', v_last + 1, 'last', v_floor.last_number);
    end if;
  end loop;
  -- A mail that the backup still has in its outbox, and that was sent since.
  update public.notifications as n
  set status = 'sent', sent_at = m.sent_at, lease_until = null, lease_token = null, failure_cause = null
  from jsonb_to_recordset(coalesce(p_issued -> 'mails', '[]')) as m (dedupe_key text, sent_at timestamptz)
  where n.dedupe_key = m.dedupe_key and n.status in ('queued', 'sending', 'failed');
  -- A mail that the backup knows nothing of.
  select coalesce(jsonb_agg(m), '[]') into v_mails
  from jsonb_array_elements(coalesce(p_issued -> 'mails', '[]')) as m
  where not exists (select 1 from public.notifications as n where n.dedupe_key = m ->> 'dedupe_key');
  -- Jobs may work as of another day, so what the backup has is found by number and id, not by time.
  select coalesce(jsonb_agg(i), '[]') into v_invoices
  from jsonb_array_elements(coalesce(p_issued -> 'invoices', '[]')) as i
  where not exists (select 1 from public.customer_invoices as c where c.invoice_number = i ->> 'number');
  select coalesce(jsonb_agg(q), '[]') into v_payments
  from jsonb_array_elements(coalesce(p_issued -> 'payments', '[]')) as q
  where not exists (select 1 from public.invoice_payments as p where p.id::text = q ->> 'id');
  insert into public.restores (backup_taken_at, restored_at, lost)
  values (
    p_backup_taken_at, p_as_of,
    jsonb_build_object(
      'numbers', v_gaps, 'invoices', v_invoices, 'payments', v_payments, 'mails', v_mails));
  return jsonb_build_object(
    'numbers', v_gaps, 'invoices', jsonb_array_length(v_invoices),
    'payments', jsonb_array_length(v_payments), 'mails', jsonb_array_length(v_mails));
end;
$$;
comment on function private.note_restore(timestamptz, jsonb, jsonb, timestamptz) is
  'Makes a restored database safe to serve: mails are held, series go on after the last number that is known, and what was lost is listed. p_floor: [{series, year, last_number}], for numbers that are known from elsewhere.';
revoke all on function private.note_restore(timestamptz, jsonb, jsonb, timestamptz)
  from public, anon, authenticated, service_role;

create function private.release_restores(p_actor uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  -- What was sent before the restore is not sent again when it was queued again since: one for one.
  with lost as (
    select m.template, m.recipient_hash,
      row_number() over (partition by m.template, m.recipient_hash order by m.sent_at) as place
    from public.restores as r
    cross join jsonb_to_recordset(r.lost -> 'mails') as m (template text, recipient_hash text, sent_at timestamptz)
    where r.released_at is null
  ), waiting as (
    select n.id, n.template, private.recipient_hash(n.recipient) as recipient_hash,
      row_number() over (
        partition by n.template, private.recipient_hash(n.recipient) order by n.created_at, n.id) as place
    from public.notifications as n
    where n.status = 'queued'
  )
  update public.notifications as n
  set status = 'cancelled', cancel_cause = 'restored', last_error = 'Sent before the database was restored.'
  from waiting as w
  join lost as l on l.template = w.template and l.recipient_hash = w.recipient_hash and l.place = w.place
  where n.id = w.id;
  update public.restores as r set released_at = p_as_of, released_by = p_actor where r.released_at is null;
end;
$$;
comment on function private.release_restores(uuid, timestamptz) is
  'A person has reconciled what a restore lost. Mails that were sent before it, and queued again since, are cancelled.';
revoke all on function private.release_restores(uuid, timestamptz) from public, anon, authenticated, service_role;

-- schemas/156_approvals.sql
-- Approvals: what one admin may not do alone. A request keeps what was asked for; a second person decides; it is carried
-- out once.

create table public.approvals (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('billing_run', 'package_change', 'credit_note', 'bulk_job')),
  intent jsonb not null,
  customer_id uuid references public.customers (id),
  amount_cents bigint,
  reason text not null check (length(reason) between 3 and 500),
  requested_by uuid not null,
  requested_at timestamptz not null default now(),
  expires_at timestamptz not null,
  status text not null default 'pending' check (status in ('pending', 'approved', 'declined', 'withdrawn')),
  decided_by uuid,
  decided_at timestamptz,
  decision_reason text check (length(decision_reason) between 3 and 500),
  carried_out_at timestamptz,
  result jsonb,
  check ((status = 'pending') = (decided_at is null)),
  check ((decided_at is null) = (decided_by is null)),
  check (carried_out_at is null or status = 'approved')
);
comment on table public.approvals is
  'Requests for acts that need a second person. intent holds the arguments of the act. A pending request after expires_at has expired. amount_cents: with VAT.';

create unique index approvals_waiting on public.approvals (kind, intent) where status = 'pending';
create index approvals_requested on public.approvals (requested_at desc, id desc);
create index approvals_customer on public.approvals (customer_id) where customer_id is not null;

create function private.keep_approval()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- All that still happens to a decided request is that it is carried out.
  if old.status = 'pending'
    or (old.status = 'approved' and old.carried_out_at is null and to_jsonb(old) - array['carried_out_at', 'result']
      = to_jsonb(new) - array['carried_out_at', 'result']) then
    return new;
  end if;
  raise exception using errcode = 'PT409', message = 'approval_closed', detail = old.status;
end;
$$;
comment on function private.keep_approval() is 'Trigger: a decided request changes no more.';
revoke all on function private.keep_approval() from public, anon, authenticated, service_role;

create trigger approvals_final
  before update on public.approvals
  for each row execute function private.keep_approval();
create trigger approvals_kept
  before delete on public.approvals
  for each row execute function private.refuse_change();

alter table public.approvals enable row level security;
revoke all on table public.approvals from public, anon, authenticated, service_role;
grant select on table public.approvals to service_role;
grant select on table public.approvals to authenticated;
create policy approvals_select on public.approvals
  for select to authenticated
  using ((select public.has_permission('orders:manage')) or (select public.has_permission('billing:manage_invoices')));

create function private.approval_permission(p_kind text)
returns text
language sql
immutable
set search_path = ''
as $$
  -- The roles that have one of the two have both. A bulk job asks for the permission of its act besides.
  select case when p_kind in ('package_change', 'bulk_job') then 'orders:manage' else 'billing:manage_invoices' end
$$;
comment on function private.approval_permission(text) is 'The permission that an act needs, and with it the request and its approval.';
revoke all on function private.approval_permission(text) from public, anon, authenticated, service_role;

create function private.approval_status(p_approval public.approvals)
returns text
language sql
stable
set search_path = ''
as $$
  select case
    when p_approval.status = 'pending' and p_approval.expires_at <= now() then 'expired'
    else p_approval.status
  end
$$;
comment on function private.approval_status(public.approvals) is 'The status of a request at this moment; expired when nobody decided it in time.';
revoke all on function private.approval_status(public.approvals) from public, anon, authenticated, service_role;

create function private.possible_approvers(p_approval public.approvals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(a.name order by a.name, a.id), '[]')
  from public.admin_users as a
  join public.role_permissions as rp
    on rp.role = a.role and rp.permission = private.approval_permission(p_approval.kind)
  where private.is_acting_admin(a) and not private.is_one_person(a.auth_user_id, p_approval.requested_by)
$$;
comment on function private.possible_approvers(public.approvals) is 'The names of those who may decide a request, besides the person who asked.';
revoke all on function private.possible_approvers(public.approvals) from public, anon, authenticated, service_role;

create function private.approval_document(p_approval public.approvals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(p_approval) - 'decided_by' || jsonb_build_object(
    'status', private.approval_status(p_approval),
    'requested_by_name', private.admin_name(p_approval.requested_by),
    'decided_by_name', private.admin_name(p_approval.decided_by),
    'waits_for', case when private.approval_status(p_approval) = 'pending' then private.possible_approvers(p_approval) else '[]' end,
    'is_mine', private.is_one_person(p_approval.requested_by, (select auth.uid())),
    'may_decide', public.has_permission(private.approval_permission(p_approval.kind))
      and not private.is_one_person(p_approval.requested_by, (select auth.uid())),
    'customer_name', (
      select btrim(c.first_name || ' ' || c.last_name) from public.customers as c where c.id = p_approval.customer_id))
$$;
comment on function private.approval_document(public.approvals) is 'A request as admins see it, and whether the caller may decide it.';
revoke all on function private.approval_document(public.approvals) from public, anon, authenticated, service_role;

create function private.request_approval(
  p_kind text, p_intent jsonb, p_customer_id uuid, p_amount_cents bigint, p_reason text, p_actor uuid
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_approval public.approvals;
begin
  -- A request that nobody decided in time gives way to the next one for the same act.
  update public.approvals as ap
  set status = 'withdrawn', decided_by = ap.requested_by, decided_at = now(), decision_reason = 'Nobody decided in time'
  where ap.kind = p_kind and ap.intent = p_intent and ap.status = 'pending' and ap.expires_at <= now();
  insert into public.approvals (kind, intent, customer_id, amount_cents, reason, requested_by, expires_at)
  values (
    p_kind, p_intent, p_customer_id, p_amount_cents, p_reason, p_actor,
    now() + make_interval(hours => (private.current_admin_settings()).approval_hours))
  on conflict (kind, intent) where status = 'pending' do nothing
  returning * into v_approval;
  if v_approval.id is null then
    select ap.* into strict v_approval
    from public.approvals as ap
    where ap.kind = p_kind and ap.intent = p_intent and ap.status = 'pending';
  else
    perform private.write_audit(
      p_actor, 'approval.requested', 'approval', v_approval.id::text, p_customer_id, p_reason, null,
      jsonb_build_object('kind', p_kind, 'intent', p_intent, 'amount_cents', p_amount_cents), now());
  end if;
  return jsonb_build_object(
    'approval_id', v_approval.id, 'status', 'pending_approval', 'expires_at', v_approval.expires_at);
end;
$$;
comment on function private.request_approval(text, jsonb, uuid, bigint, text, uuid) is
  'Asks for a second person, once per act; asking again finds the request that waits.';
revoke all on function private.request_approval(text, jsonb, uuid, bigint, text, uuid)
  from public, anon, authenticated, service_role;

create function public.request_forced_run(p_period_start date, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  perform private.require_permission('billing:manage_invoices');
  perform private.require_permission('admins:manage');
  perform private.require_recent_password();
  return private.request_approval(
    'billing_run', jsonb_build_object('period_start', p_period_start), null, null, private.trimmed_reason(p_reason),
    private.require_user());
exception when sqlstate 'PT403' then
  return private.refused_call('billing_run.force', 'billing_run', null, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.request_forced_run(date, text) is
  'Owner: asks a second person for the billing run of a cycle that has not begun. Raises forbidden, password_needed.';
revoke all on function public.request_forced_run(date, text) from public, anon, authenticated, service_role;
grant execute on function public.request_forced_run(date, text) to authenticated;

create function private.use_run_approval(p_period_start date, p_actor uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if private.local_date(p_as_of, private.billing_time_zone()) >= p_period_start then
    return;
  end if;
  update public.approvals as ap
  set carried_out_at = now(), result = jsonb_build_object('period_start', p_period_start)
  where ap.id = (
    select waiting.id from public.approvals as waiting
    where waiting.kind = 'billing_run' and waiting.intent = jsonb_build_object('period_start', p_period_start)
      and waiting.requested_by = p_actor and waiting.status = 'approved' and waiting.carried_out_at is null
    order by waiting.decided_at limit 1 for update);
  if not found then
    perform private.fail(409, 'approval_needed', p_period_start::text);
  end if;
end;
$$;
comment on function private.use_run_approval(date, uuid, timestamptz) is
  'An admin forces a run of a cycle that has not begun only with the approval of a second person; each approval opens one run. Raises approval_needed.';
revoke all on function private.use_run_approval(date, uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.carry_out(p_approval public.approvals)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  -- The asker must still be allowed to do it.
  perform private.require_permission_of(p_approval.requested_by, private.approval_permission(p_approval.kind));
  return case p_approval.kind
    when 'package_change' then private.change_service_package(
      (p_approval.intent ->> 'service_id')::uuid, p_approval.intent ->> 'package_slug', p_approval.reason,
      p_approval.requested_by, now())
    when 'credit_note' then private.issue_credit_note(
      p_approval.intent ->> 'invoice_number', (p_approval.intent ->> 'amount_cents')::bigint, p_approval.reason,
      null, p_approval.requested_by, now())
    when 'bulk_job' then private.begin_bulk_job((p_approval.intent ->> 'job_id')::uuid, p_approval.requested_by)
  end;
end;
$$;
comment on function private.carry_out(public.approvals) is
  'Does what a request asked for, in the name of the asker. A billing run takes longer than a transaction: the server opens it, and the run uses up the approval. Raises what the act raises.';
revoke all on function private.carry_out(public.approvals) from public, anon, authenticated, service_role;

create function public.decide_approval(p_id uuid, p_decision text, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_approval public.approvals;
  v_result jsonb;
begin
  v_actor := private.require_user();
  v_reason := private.trimmed_reason(p_reason);
  select ap.* into v_approval from public.approvals as ap where ap.id = p_id for update;
  if v_approval.id is null then
    if not public.has_permission('orders:manage') then
      perform private.require_permission('billing:manage_invoices');
    end if;
    perform private.fail(404, 'not_found', 'approval');
  end if;
  perform private.require_permission(private.approval_permission(v_approval.kind));
  if p_decision is null or p_decision not in ('approve', 'decline', 'withdraw') then
    perform private.fail(400, 'invalid_request', 'decision');
  end if;
  if (p_decision = 'withdraw') <> private.is_one_person(v_approval.requested_by, v_actor) then
    perform private.fail(403, 'own_request');
  end if;
  if private.approval_status(v_approval) <> 'pending' then
    -- A press that is repeated finds its own answer.
    if v_approval.status = 'approved' and p_decision = 'approve' and v_approval.decided_by = v_actor then
      return private.approval_document(v_approval);
    end if;
    perform private.fail_overtaken(
      'approval_closed', private.approval_status(v_approval), v_approval.decided_by,
      coalesce(v_approval.decided_at, v_approval.expires_at));
  end if;
  if p_decision = 'approve' then
    perform private.require_recent_password();
    if v_approval.kind = 'bulk_job' then
      perform private.refuse_own_bulk((v_approval.intent ->> 'job_id')::uuid, v_actor);
    end if;
    if v_approval.customer_id is not null then
      perform private.refuse_own_account(v_approval.customer_id, v_actor);
    end if;
  end if;
  update public.approvals as ap
  set status = case p_decision when 'approve' then 'approved' when 'decline' then 'declined' else 'withdrawn' end,
    decided_by = v_actor, decided_at = now(), decision_reason = v_reason
  where ap.id = p_id
  returning * into v_approval;
  perform private.write_audit(
    v_actor, 'approval.' || v_approval.status, 'approval', p_id::text, v_approval.customer_id, v_reason, null,
    jsonb_build_object('kind', v_approval.kind, 'intent', v_approval.intent), now());
  if v_approval.status = 'approved' and v_approval.kind <> 'billing_run' then
    v_result := private.carry_out(v_approval);
    update public.approvals as ap set carried_out_at = now(), result = v_result where ap.id = p_id returning * into v_approval;
  end if;
  return private.approval_document(v_approval);
exception when sqlstate 'PT403' then
  return private.refused_call('approval.decide', 'approval', p_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.decide_approval(uuid, text, text) is
  'Admin with the permission of the act: approves, declines, or withdraws an own request, with a reason. What is approved is carried out in the same transaction, except for a billing run, which the server opens. Raises own_request, own_account, password_needed, approval_closed, and what the act raises.';
revoke all on function public.decide_approval(uuid, text, text) from public, anon, authenticated, service_role;
grant execute on function public.decide_approval(uuid, text, text) to authenticated;

create function public.list_approvals(
  p_status text default null, p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(p_limit, 1), 100);
  v_rows jsonb;
begin
  if not public.has_permission('orders:manage') then
    perform private.require_permission('billing:manage_invoices');
  end if;
  select coalesce(
    jsonb_agg(private.approval_document(page.ap) order by (page.ap).requested_at desc, (page.ap).id desc), '[]') into v_rows
  from (
    select ap
    from public.approvals as ap
    where (p_status is null or private.approval_status(ap) = p_status)
      and (p_cursor_at is null or (ap.requested_at, ap.id) < (p_cursor_at, p_cursor_id))
    order by ap.requested_at desc, ap.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('approvals', v_rows, v_limit, 'requested_at')
    || jsonb_build_object('currency', (private.current_billing_settings()).currency);
end;
$$;
comment on function public.list_approvals(text, timestamptz, uuid, integer) is
  'Admin with orders:manage or billing:manage_invoices: requests for a second person, newest first.';
revoke all on function public.list_approvals(text, timestamptz, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.list_approvals(text, timestamptz, uuid, integer) to authenticated;

create function private.manual_grants_of(p_actor uuid, p_as_of timestamptz)
returns integer
language sql
stable
set search_path = ''
as $$
  select coalesce(sum(month.grants), 0)::integer
  from (
    select w.granted_by, count(*) as grants
    from public.referral_rewards as w, private.billing_time_zone() as z (time_zone)
    where w.source = 'manual'
      and w.created_at >= private.start_of_day(
        date_trunc('month', private.local_date(p_as_of, z.time_zone)::timestamp)::date, z.time_zone)
    group by w.granted_by
  ) as month
  where private.is_one_person(month.granted_by, p_actor)
$$;
comment on function private.manual_grants_of(uuid, timestamptz) is
  'How many free months a person granted by hand, under whatever login, in the month of p_as_of in the billing time zone.';
revoke all on function private.manual_grants_of(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.limit_manual_grants(p_customer_id uuid, p_confirm_recent boolean, p_actor uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_limit integer := (private.current_admin_settings()).monthly_grants_per_admin;
  v_recent public.referral_rewards;
begin
  -- Two grants of one person at once are counted one after the other.
  perform pg_advisory_xact_lock(hashtextextended('manual_grants', 0));
  if exists (select 1 from public.admin_users as a where a.auth_user_id = p_actor)
    and private.manual_grants_of(p_actor, p_as_of) >= v_limit then
    perform private.fail(409, 'grant_limit_reached', v_limit::text);
  end if;
  if p_confirm_recent then
    return;
  end if;
  select w.* into v_recent
  from public.referral_rewards as w
  where w.customer_id = p_customer_id and w.source = 'manual'
    and (w.created_at > p_as_of - interval '24 hours' or w.status = 'pending')
  order by w.created_at desc
  limit 1;
  if v_recent.id is not null then
    perform private.fail(409, 'grant_recent', jsonb_build_object(
      'granted_by', coalesce(private.admin_name(v_recent.granted_by), 'A former colleague'),
      'granted_at', v_recent.created_at, 'status', v_recent.status)::text);
  end if;
end;
$$;
comment on function private.limit_manual_grants(uuid, boolean, uuid, timestamptz) is
  'What an admin may grant by hand: so many a month per person, under whatever login, and to a customer who got one within 24 hours or has one waiting only when confirmed. Raises grant_limit_reached, and grant_recent with who and when as JSON. The caller holds the customer''s lock.';
revoke all on function private.limit_manual_grants(uuid, boolean, uuid, timestamptz)
  from public, anon, authenticated, service_role;

-- schemas/157_acts.sql
-- Acts of admins by their names, for those who do them one by one and in bulk: the permission of each, what stands in its
-- way, its effect before it is done, and who was faster.

create function private.act_permission(p_act text)
returns text
language sql
immutable
set search_path = ''
as $$
  select case
    when p_act in ('grant', 'revoke', 'extend_reward', 'credit') then 'billing:manage_invoices'
    when p_act in ('change_package', 'set_status', 'cancel_order', 'extend_referral') then 'orders:manage'
  end
$$;
comment on function private.act_permission(text) is 'The permission that an act needs. Null: there is no such act.';
revoke all on function private.act_permission(text) from public, anon, authenticated, service_role;

create function private.act_customer(p_act text, p_intent jsonb)
returns uuid
language sql
stable
set search_path = ''
as $$
  select case
    when p_act in ('grant', 'revoke') then (
      select c.id from public.customers as c where c.id = (p_intent ->> 'customer_id')::uuid)
    when p_act = 'extend_reward' then (
      select w.customer_id from public.referral_rewards as w where w.id = (p_intent ->> 'reward_id')::uuid)
    when p_act = 'credit' then (
      select i.customer_id from public.customer_invoices as i where i.invoice_number = p_intent ->> 'invoice_number')
    when p_act in ('change_package', 'set_status') then (
      select s.customer_id from public.customer_services as s where s.id = (p_intent ->> 'service_id')::uuid)
    when p_act = 'cancel_order' then (
      select o.customer_id from public.orders as o where o.id = (p_intent ->> 'order_id')::uuid)
    when p_act = 'extend_referral' then (
      select r.referrer_id from public.customer_referrals as r where r.id = (p_intent ->> 'referral_id')::uuid)
  end
$$;
comment on function private.act_customer(text, jsonb) is 'The customer whom an act concerns. Null: what it names does not exist.';
revoke all on function private.act_customer(text, jsonb) from public, anon, authenticated, service_role;

create function private.do_act(p_act text, p_intent jsonb, p_reason text, p_actor uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  case p_act
    when 'grant' then
      return private.grant_reward(
        (p_intent ->> 'customer_id')::uuid, p_reason, null, p_actor, p_as_of,
        coalesce((p_intent ->> 'confirm_recent')::boolean, false));
    when 'revoke' then
      return private.revoke_reward(
        (p_intent ->> 'customer_id')::uuid, (p_intent ->> 'reward_id')::uuid, p_reason, p_actor, p_as_of);
    when 'extend_reward' then
      return private.extend_reward(
        (p_intent ->> 'reward_id')::uuid, (p_intent ->> 'until')::date, p_reason, p_actor, p_as_of);
    when 'credit' then
      return private.issue_credit_note(
        p_intent ->> 'invoice_number', (p_intent ->> 'amount_cents')::bigint, p_reason, null, p_actor, p_as_of);
    when 'change_package' then
      return private.change_service_package(
        (p_intent ->> 'service_id')::uuid, p_intent ->> 'package_slug', p_reason, p_actor, p_as_of);
    when 'set_status' then
      return private.set_service_status(
        (p_intent ->> 'service_id')::uuid, p_intent ->> 'status', p_reason, p_actor, p_as_of);
    when 'cancel_order' then
      return private.cancel_order((p_intent ->> 'order_id')::uuid, p_actor, p_reason, p_as_of);
    when 'extend_referral' then
      return private.extend_referral(
        (p_intent ->> 'referral_id')::uuid, (p_intent ->> 'until')::date, p_reason, p_actor, p_as_of);
  end case;
end;
$$;
comment on function private.do_act(text, jsonb, text, uuid, timestamptz) is
  'Does one act of an admin by its name and arguments. The caller has checked the permission. Raises what the act raises.';
revoke all on function private.do_act(text, jsonb, text, uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.customer_outlook(p_customer_id uuid, p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'facts', private.invoice_preview_facts(p_customer_id, p_as_of),
    'balance_cents', private.account_balance(p_customer_id))
$$;
comment on function private.customer_outlook(uuid, timestamptz) is
  'What an act may change for a customer: the facts of the invoices to come, and the balance in cents.';
revoke all on function private.customer_outlook(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.try_act(
  p_act text, p_intent jsonb, p_reason text, p_actor uuid, p_as_of timestamptz, p_keep boolean,
  out answer jsonb, out code text, out detail text, out outlook jsonb
)
language plpgsql
set search_path = ''
as $$
declare
  v_state text;
begin
  begin
    answer := private.do_act(p_act, p_intent, p_reason, p_actor, p_as_of);
    if not p_keep then
      outlook := private.customer_outlook(private.act_customer(p_act, p_intent), p_as_of);
      -- Takes back what the act wrote and the locks that it took. What was read stays in the variables.
      raise exception using errcode = 'PT299', message = 'tried';
    end if;
  exception
    -- Not PT000: a condition that ends in 000 catches its whole class.
    when sqlstate 'PT299' then null;
    when others then
      get stacked diagnostics v_state = returned_sqlstate, code = message_text, detail = pg_exception_detail;
      -- A rule of the act is an answer. All else is a failure of the call.
      if v_state !~ '^PT4' then
        raise;
      end if;
      answer := null;
      outlook := null;
  end;
end;
$$;
comment on function private.try_act(text, jsonb, text, uuid, timestamptz, boolean) is
  'Does an act, and with p_keep false takes it back again: the real path without the commit. answer and the outlook after it, or the code and detail of the rule that stands against it.';
revoke all on function private.try_act(text, jsonb, text, uuid, timestamptz, boolean)
  from public, anon, authenticated, service_role;

create function private.recent_acts(p_act text, p_intent jsonb, p_customer_id uuid, p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'action', l.action, 'by', private.admin_name(l.actor_id), 'at', l.created_at, 'reason', l.reason,
    'amount_cents', l.after -> 'total_cents', 'status', l.after ->> 'status') order by l.id desc), '[]')
  from (
    select newest.*
    from public.audit_log as newest
    where newest.customer_id = p_customer_id and newest.created_at > p_as_of - interval '90 days'
      and newest.actor_id is not null
      and case p_act
        when 'credit' then newest.action = 'credit_note.issued'
          and newest.after ->> 'invoice_number' = p_intent ->> 'invoice_number'
        when 'change_package' then newest.action = 'service.package_changed'
          and newest.entity_id = p_intent ->> 'service_id'
        when 'set_status' then newest.action = 'service.status_changed'
          and newest.entity_id = p_intent ->> 'service_id'
        else newest.action in ('reward.granted', 'reward.revoked')
      end
    order by newest.id desc
    limit 3
  ) as l
$$;
comment on function private.recent_acts(text, jsonb, uuid, timestamptz) is
  'The latest three acts of admins of the same kind for the same customer within 90 days: who, when, why, and the amount in cents.';
revoke all on function private.recent_acts(text, jsonb, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.waiting_approvals(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(private.approval_document(ap) order by ap.requested_at), '[]')
  from public.approvals as ap
  where ap.customer_id = p_customer_id and ap.status = 'pending' and ap.expires_at > now()
$$;
comment on function private.waiting_approvals(uuid) is 'Requests about a customer that wait for a second person, the oldest first.';
revoke all on function private.waiting_approvals(uuid) from public, anon, authenticated, service_role;

create function private.approval_cents(p_act text, p_intent jsonb)
returns bigint
language sql
stable
set search_path = ''
as $$
  select case p_act
    when 'credit' then private.credit_to_approve(p_intent ->> 'invoice_number', (p_intent ->> 'amount_cents')::bigint)
    when 'change_package' then private.price_change_to_approve((p_intent ->> 'service_id')::uuid, p_intent ->> 'package_slug')
  end
$$;
comment on function private.approval_cents(text, jsonb) is
  'The amount in cents for which an act needs a second person. Null: one person may do it.';
revoke all on function private.approval_cents(text, jsonb) from public, anon, authenticated, service_role;

create function public.preview_act(p_act text, p_intent jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_customer uuid;
  v_before jsonb;
  v_tried record;
begin
  v_actor := private.require_permission(coalesce(private.act_permission(p_act), 'orders:manage'));
  if private.act_permission(p_act) is null then
    perform private.fail(400, 'invalid_request', 'act');
  end if;
  v_customer := private.act_customer(p_act, p_intent);
  if v_customer is null then
    perform private.fail(404, 'not_found', p_act);
  end if;
  v_before := private.customer_outlook(v_customer, now());
  v_tried := private.try_act(p_act, p_intent, 'Preview', v_actor, now(), false);
  return jsonb_build_object(
    'act', p_act, 'before', v_before, 'after', v_tried.outlook, 'answer', v_tried.answer,
    'refusal', case when v_tried.code is not null then jsonb_build_object('code', v_tried.code, 'detail', v_tried.detail) end,
    'needs_approval', private.approval_cents(p_act, p_intent) is not null,
    'waiting', private.waiting_approvals(v_customer),
    'recent', private.recent_acts(p_act, p_intent, v_customer, now()),
    'grants', case when p_act = 'grant' then jsonb_build_object(
      'made', private.manual_grants_of(v_actor, now()),
      'limit', (private.current_admin_settings()).monthly_grants_per_admin) end,
    'settings', to_jsonb(private.current_billing_settings()) - array['created_by', 'created_at']);
exception
  when invalid_text_representation or datetime_field_overflow or numeric_value_out_of_range then
    raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'intent';
  when sqlstate 'PT403' then
    return private.refused_call('act.preview', 'act', p_act, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.preview_act(text, jsonb) is
  'Admin with the permission of the act: what it would change for the customer, by doing it and taking it back; what stands against it, whether it needs a second person, what waits already, and who did the same lately. Changes nothing. Raises not_found, invalid_request.';
revoke all on function public.preview_act(text, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.preview_act(text, jsonb) to authenticated;

create function private.fail_overtaken(p_code text, p_state text, p_by uuid, p_at timestamptz)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if p_at is null then
    perform private.fail(409, p_code, p_state);
  end if;
  perform private.fail(409, p_code, jsonb_build_object(
    'state', p_state, 'by', private.admin_name(p_by), 'at', p_at, 'time_zone', private.billing_time_zone())::text);
end;
$$;
comment on function private.fail_overtaken(text, text, uuid, timestamptz) is
  'Raises a conflict with the state that was found, and who was faster and when. p_by null: the system; p_at null: nobody knows.';
revoke all on function private.fail_overtaken(text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.fail_changed(p_code text, p_state text, p_entity_type text, p_entity_id text, p_actions text[])
returns void
language plpgsql
stable
set search_path = ''
as $$
declare
  v_last record;
begin
  select l.actor_id, l.created_at into v_last
  from public.audit_log as l
  where l.entity_type = p_entity_type and l.entity_id = p_entity_id and l.action = any (p_actions)
  order by l.id desc
  limit 1;
  perform private.fail_overtaken(p_code, p_state, v_last.actor_id, v_last.created_at);
end;
$$;
comment on function private.fail_changed(text, text, text, text, text[]) is
  'Raises a conflict with who did the latest of these actions to the entity, and when.';
revoke all on function private.fail_changed(text, text, text, text, text[])
  from public, anon, authenticated, service_role;

create function public.list_waiting_approvals(p_customer_id uuid default null)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  if not public.has_permission('orders:manage') then
    perform private.require_permission('billing:manage_invoices');
  end if;
  return jsonb_build_object(
    'approvals', case when p_customer_id is null then '[]' else private.waiting_approvals(p_customer_id) end,
    'for_me', (
      select count(*)
      from public.approvals as ap
      where ap.status = 'pending' and ap.expires_at > now()
        and public.has_permission(private.approval_permission(ap.kind))
        and not private.is_one_person(ap.requested_by, (select auth.uid()))),
    'currency', (private.current_billing_settings()).currency);
end;
$$;
comment on function public.list_waiting_approvals(uuid) is
  'Admin with orders:manage or billing:manage_invoices: the requests about a customer that wait, and how many wait for the caller in all.';
revoke all on function public.list_waiting_approvals(uuid) from public, anon, authenticated, service_role;
grant execute on function public.list_waiting_approvals(uuid) to authenticated;

-- schemas/158_own_data.sql
-- What customers may do with their own data: take it along, and ask for its erasure.

create table public.erasure_requests (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null unique references public.customers (id),
  asked_at timestamptz not null default now()
);
comment on table public.erasure_requests is
  'Customers who asked that their details are erased, until somebody has done it. An owner carries it out once nothing is open.';

create index erasure_requests_asked on public.erasure_requests (asked_at);

alter table public.erasure_requests enable row level security;
revoke all on table public.erasure_requests from public, anon, authenticated, service_role;
grant select on table public.erasure_requests to service_role;
grant select on table public.erasure_requests to authenticated;
create policy erasure_requests_select on public.erasure_requests
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create function private.own_data(p_customer public.customers)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'customer', jsonb_build_object(
      'email', p_customer.email, 'first_name', p_customer.first_name, 'last_name', p_customer.last_name,
      'phone', p_customer.phone, 'address', p_customer.address, 'vat_number', p_customer.vat_number,
      'referral_code', p_customer.referral_code, 'created_at', p_customer.created_at),
    'orders', coalesce((
      select jsonb_agg(jsonb_build_object(
        'order_number', o.order_number, 'status', o.status, 'package', p.name, 'address', o.installation_address,
        'referral_code', o.referral_code, 'referral_outcome', o.referral_outcome, 'ip_address', host(o.ip_address),
        'browser', o.user_agent, 'created_at', o.created_at, 'activated_at', o.activated_at,
        'cancelled_at', o.cancelled_at) order by o.created_at, o.id)
      from public.orders as o join public.service_packages as p on p.id = o.package_id
      where o.customer_id = p_customer.id), '[]'),
    'services', coalesce((
      select jsonb_agg(private.service_document(s.id) order by s.created_at, s.id)
      from public.customer_services as s where s.customer_id = p_customer.id), '[]'),
    'invoices', coalesce((
      select jsonb_agg(jsonb_build_object(
        'invoice_number', i.invoice_number, 'issued_at', i.issued_at, 'period_start', i.period_start,
        'period_end', i.period_end, 'line_items', i.line_items, 'subtotal_cents', i.subtotal_cents,
        'vat_cents', i.vat_cents, 'total_cents', i.total_cents, 'amount_due_cents', i.amount_due_cents,
        'buyer', i.buyer) order by i.issued_at, i.id)
      from public.customer_invoices as i where i.customer_id = p_customer.id), '[]'),
    'credit_notes', coalesce((
      select jsonb_agg(jsonb_build_object(
        'credit_note_number', n.credit_note_number, 'issued_at', n.issued_at, 'total_cents', n.total_cents,
        'reason', n.reason) order by n.issued_at, n.id)
      from public.credit_notes as n where n.customer_id = p_customer.id), '[]'),
    'payments', coalesce((
      select jsonb_agg(jsonb_build_object(
        'amount_cents', m.amount_cents, 'paid_on', m.paid_on, 'method', m.method, 'reference', m.reference)
        order by m.paid_on, m.id)
      from public.invoice_payments as m where m.customer_id = p_customer.id), '[]'),
    -- Of friends no more than the dashboard shows: they are people of their own.
    'friends', coalesce((
      select jsonb_agg(jsonb_build_object(
        'name', private.mask_name(f.first_name, f.last_name), 'status', r.status, 'referred_at', r.referred_at,
        'activated_at', r.activated_at, 'qualified_at', r.qualified_at) order by r.referred_at, r.id)
      from public.customer_referrals as r join public.customers as f on f.id = r.referred_customer_id
      where r.referrer_id = p_customer.id and r.status <> 'rejected'), '[]'),
    'invited_by', (
      select i.first_name
      from public.customer_referrals as r join public.customers as i on i.id = r.referrer_id
      where r.referred_customer_id = p_customer.id and r.status in ('pending', 'active', 'qualified')),
    'free_months', coalesce((
      select jsonb_agg(jsonb_build_object(
        'status', w.status, 'source', w.source, 'created_at', w.created_at, 'expires_at', w.expires_at,
        'applied_at', w.applied_at, 'amount_waived_cents', w.amount_waived_cents) order by w.created_at, w.id)
      from public.referral_rewards as w where w.customer_id = p_customer.id), '[]'),
    'mails', coalesce((
      select jsonb_agg(jsonb_build_object(
        'kind', n.template, 'subject', n.subject, 'text', n.text_body, 'created_at', n.created_at, 'sent_at', n.sent_at)
        order by n.number)
      from public.notifications as n where n.customer_id = p_customer.id), '[]'))
$$;
comment on function private.own_data(public.customers) is
  'Everything that is kept of a customer and about them, for them to take along. Of friends only what their dashboard shows.';
revoke all on function private.own_data(public.customers) from public, anon, authenticated, service_role;

create function public.export_my_data()
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  c_limit constant integer := 10;
  v_customer uuid := private.require_customer();
begin
  if not (public.consume_rate_limit('own_data', v_customer::text, c_limit, 3600) ->> 'allowed')::boolean then
    perform private.fail(429, 'rate_limited');
  end if;
  return (select private.own_data(c) from public.customers as c where c.id = v_customer);
end;
$$;
comment on function public.export_my_data() is 'Customer: everything that is kept of them, as one document. Raises rate_limited.';
revoke all on function public.export_my_data() from public, anon, authenticated, service_role;
grant execute on function public.export_my_data() to authenticated;

create function public.ask_for_erasure(p_auth_user_id uuid, p_alert_email text, p_as_of timestamptz default now())
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_customer public.customers;
  v_request public.erasure_requests;
begin
  select c.* into v_customer
  from public.customers as c where c.auth_user_id = p_auth_user_id and c.erased_at is null;
  if v_customer.id is null then
    perform private.fail(403, 'forbidden', 'customer');
  end if;
  insert into public.erasure_requests (customer_id, asked_at) values (v_customer.id, p_as_of)
  on conflict (customer_id) do nothing
  returning * into v_request;
  if v_request.id is null then
    select q.* into strict v_request from public.erasure_requests as q where q.customer_id = v_customer.id;
    return jsonb_build_object('asked_at', v_request.asked_at);
  end if;
  perform private.write_audit(
    p_auth_user_id, 'customer.asked_erasure', 'customer', v_customer.id::text, v_customer.id, null, null, null, p_as_of);
  perform private.enqueue_mail(
    'erasure_requested', p_alert_email, null, jsonb_build_object('customer_id', v_customer.id),
    'erasure_requested:' || v_request.id, p_as_of);
  return jsonb_build_object('asked_at', v_request.asked_at);
end;
$$;
comment on function public.ask_for_erasure(uuid, text, timestamptz) is
  'Server, for the customer of this account: notes that they ask for erasure, once, and tells the admins. Erases nothing: an owner does, once no invoice and service is open. Raises forbidden.';
revoke all on function public.ask_for_erasure(uuid, text, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.ask_for_erasure(uuid, text, timestamptz) to service_role;

-- schemas/159_bulk.sql
-- Bulk jobs: one act for many customers, orders or free months. A job is a row with its items. Each item is tried before,
-- and done later in a transaction of its own, exactly once, by whoever continues the job.

create table public.bulk_jobs (
  id uuid primary key default gen_random_uuid(),
  act text not null check (act in ('grant', 'revoke', 'cancel_order', 'extend_referral', 'extend_reward')),
  until date,
  confirm_recent boolean not null default false,
  source jsonb not null,
  reason text not null check (length(reason) between 3 and 500),
  created_by uuid not null,
  created_at timestamptz not null default now(),
  approval_id uuid references public.approvals (id),
  started_at timestamptz,
  stopped_by uuid,
  stopped_at timestamptz,
  stop_reason text check (length(stop_reason) between 3 and 500),
  check ((act in ('extend_referral', 'extend_reward')) = (until is not null)),
  check ((stopped_at is null) = (stop_reason is null) and (stopped_at is null) = (stopped_by is null))
);
comment on table public.bulk_jobs is
  'One act for many, with one reason, in the name of created_by. Planned until started_at; nothing is done before. A stopped one goes on no more.';
comment on column public.bulk_jobs.until is 'For more time: the last day, in the billing time zone.';
comment on column public.bulk_jobs.source is 'Where the items came from: {kind: list}, or {kind: filter} with the filter.';
comment on column public.bulk_jobs.confirm_recent is
  'Whether a free month is granted also to customers who got one within 24 hours or have one waiting.';

create index bulk_jobs_created on public.bulk_jobs (created_at desc, id desc);
create index bulk_jobs_approval on public.bulk_jobs (approval_id) where approval_id is not null;

create table public.bulk_job_items (
  job_id uuid not null references public.bulk_jobs (id),
  number integer not null check (number > 0),
  input text not null check (length(input) <= 120),
  target jsonb,
  customer_id uuid references public.customers (id),
  dry_run jsonb,
  status text not null default 'pending' check (status in ('pending', 'done', 'refused')),
  code text,
  detail text,
  answer jsonb,
  decided_at timestamptz,
  primary key (job_id, number),
  check ((status = 'pending') = (decided_at is null)),
  check ((status = 'refused') = (code is not null)),
  check ((status = 'done') = (answer is not null)),
  check (target is not null or status = 'refused')
);
comment on table public.bulk_job_items is
  'The rows of a bulk job. One that names nothing, or what an earlier row names, is refused at once. A decided row changes no more.';
comment on column public.bulk_job_items.input is 'What the row of the file names; of an e-mail address only its mask.';
comment on column public.bulk_job_items.target is 'The arguments of the act. Null: the row names nothing.';
comment on column public.bulk_job_items.dry_run is 'What would have happened: {code, detail}, code null when the act was possible. Null: not tried yet.';

create unique index bulk_job_items_target on public.bulk_job_items (job_id, target) where status <> 'refused';
create index bulk_job_items_pending on public.bulk_job_items (job_id, number) where status = 'pending';
create index bulk_job_items_customer on public.bulk_job_items (customer_id) where customer_id is not null;

create function private.keep_bulk_job()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if to_jsonb(old) - array['approval_id', 'started_at', 'stopped_by', 'stopped_at', 'stop_reason']
      <> to_jsonb(new) - array['approval_id', 'started_at', 'stopped_by', 'stopped_at', 'stop_reason']
    or (old.started_at is not null and old.started_at is distinct from new.started_at)
    or old.stopped_at is not null then
    raise exception using errcode = 'PT409', message = 'immutable_row', detail = 'a bulk job keeps what it asks for';
  end if;
  return new;
end;
$$;
comment on function private.keep_bulk_job() is 'Trigger: of a bulk job only its progress changes, and of a stopped one nothing.';
revoke all on function private.keep_bulk_job() from public, anon, authenticated, service_role;

create function private.keep_bulk_item()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if old.status <> 'pending'
    or to_jsonb(old) - array['dry_run', 'status', 'code', 'detail', 'answer', 'decided_at']
      <> to_jsonb(new) - array['dry_run', 'status', 'code', 'detail', 'answer', 'decided_at'] then
    raise exception using errcode = 'PT409', message = 'immutable_row', detail = 'a decided row of a bulk job is final';
  end if;
  return new;
end;
$$;
comment on function private.keep_bulk_item() is 'Trigger: a row of a bulk job is decided once.';
revoke all on function private.keep_bulk_item() from public, anon, authenticated, service_role;

create trigger bulk_jobs_kept before update on public.bulk_jobs
  for each row execute function private.keep_bulk_job();
create trigger bulk_jobs_not_deleted before delete on public.bulk_jobs
  for each row execute function private.refuse_change();
create trigger bulk_job_items_kept before update on public.bulk_job_items
  for each row execute function private.keep_bulk_item();
create trigger bulk_job_items_not_deleted before delete on public.bulk_job_items
  for each row execute function private.refuse_change();

alter table public.bulk_jobs enable row level security;
revoke all on table public.bulk_jobs from public, anon, authenticated, service_role;
grant select on table public.bulk_jobs to service_role;
grant select on table public.bulk_jobs to authenticated;
create policy bulk_jobs_select on public.bulk_jobs
  for select to authenticated
  using ((select public.has_permission('orders:manage')) or (select public.has_permission('billing:manage_invoices')));

alter table public.bulk_job_items enable row level security;
revoke all on table public.bulk_job_items from public, anon, authenticated, service_role;
grant select on table public.bulk_job_items to service_role;
grant select on table public.bulk_job_items to authenticated;
create policy bulk_job_items_select on public.bulk_job_items
  for select to authenticated
  using ((select public.has_permission('orders:manage')) or (select public.has_permission('billing:manage_invoices')));

create function private.uuid_of(p_text text)
returns uuid
language sql
immutable
set search_path = ''
as $$
  select case
    when p_text ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then p_text::uuid end
$$;
comment on function private.uuid_of(text) is 'A text as an id; null when it is none.';
revoke all on function private.uuid_of(text) from public, anon, authenticated, service_role;

create function private.customers_named(p_text text)
returns uuid[]
language sql
stable
set search_path = ''
as $$
  select coalesce(array_agg(c.id order by c.id), '{}')
  from (
    select c.id from public.customers as c where c.id = private.uuid_of(p_text) and c.erased_at is null
    union
    select c.id from public.customers as c
    where position('@' in p_text) > 1 and lower(c.email) = lower(p_text) and c.erased_at is null
    union
    select f.id from private.find_referrer(p_text) as f
    where p_text ~ '^([A-Z0-9]{2,8}-)?[0-9A-HJKMNP-TV-Z]{8}$' and f.id is not null
  ) as c
$$;
comment on function private.customers_named(text) is 'Customers by their id, e-mail address or normalised referral code.';
revoke all on function private.customers_named(text) from public, anon, authenticated, service_role;

create function private.bulk_candidates(p_act text, p_text text)
returns setof jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_id uuid := private.uuid_of(p_text);
  v_customers uuid[] := private.customers_named(p_text);
begin
  case p_act
    when 'grant' then
      return query select jsonb_build_object('customer_id', c) from unnest(v_customers) as c;
    when 'revoke', 'extend_reward' then
      return query
        select jsonb_build_object('customer_id', w.customer_id, 'reward_id', w.id)
        from public.referral_rewards as w
        where w.id = v_id or (w.customer_id = any (v_customers) and w.status = 'pending');
    when 'cancel_order' then
      return query
        select jsonb_build_object('order_id', o.id)
        from public.orders as o
        where o.id = v_id or o.order_number = private.order_number_of(p_text)
          or (o.customer_id = any (v_customers) and o.is_open);
    when 'extend_referral' then
      return query
        select jsonb_build_object('referral_id', r.id)
        from public.customer_referrals as r
        where r.id = v_id or (r.referred_customer_id = any (v_customers) and r.status = 'pending');
  end case;
end;
$$;
comment on function private.bulk_candidates(text, text) is
  'What a row of a bulk file can mean: the thing by its own id or number, or the one that waits of the customer named.';
revoke all on function private.bulk_candidates(text, text) from public, anon, authenticated, service_role;

create function private.bulk_filtered(p_act text, p_filter jsonb, p_limit integer)
returns setof text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
  v_from timestamptz := coalesce(private.start_of_day((p_filter ->> 'from')::date, v_zone), '-infinity');
  v_until timestamptz := coalesce(private.start_of_day((p_filter ->> 'to')::date + 1, v_zone), 'infinity');
  v_package text := p_filter ->> 'package';
begin
  case p_act
    when 'grant' then
      return query
        select distinct s.customer_id::text
        from public.customer_services as s join public.service_packages as p on p.id = s.package_id
        where s.status = 'active' and s.activated_at >= v_from and s.activated_at < v_until
          and (v_package is null or p.slug = v_package)
        limit p_limit;
    when 'revoke' then
      return query
        select w.id::text from public.referral_rewards as w
        where w.status = 'pending' and w.source = 'manual' and w.created_at >= v_from and w.created_at < v_until
        order by w.created_at limit p_limit;
    when 'extend_reward' then
      return query
        select w.id::text from public.referral_rewards as w
        where w.status = 'pending' and w.expires_at > v_from and w.expires_at <= v_until
        order by w.expires_at limit p_limit;
    when 'cancel_order' then
      return query
        select o.id::text
        from public.orders as o join public.service_packages as p on p.id = o.package_id
        where o.is_open and o.created_at >= v_from and o.created_at < v_until
          and (v_package is null or p.slug = v_package)
        order by o.created_at limit p_limit;
    when 'extend_referral' then
      return query
        select r.id::text from public.customer_referrals as r
        where r.status = 'pending' and r.activation_due_at > v_from and r.activation_due_at <= v_until
        order by r.activation_due_at limit p_limit;
  end case;
end;
$$;
comment on function private.bulk_filtered(text, jsonb, integer) is
  'Ids by a filter {from, to, package}, days of the billing time zone, both included. grant: customers with an active service, by activation and package; revoke: waiting free months granted by hand, by grant; extend_reward: waiting free months, by their last day; cancel_order: open orders, by order and package; extend_referral: pending referrals, by their last day.';
revoke all on function private.bulk_filtered(text, jsonb, integer) from public, anon, authenticated, service_role;

create function private.shown_input(p_text text)
returns text
language sql
immutable
set search_path = ''
as $$
  select left(case when position('@' in p_text) > 0 then private.mask_email(p_text) else p_text end, 120)
$$;
comment on function private.shown_input(text) is 'A row of a bulk file as it is kept: without e-mail addresses, at most 120 characters.';
revoke all on function private.shown_input(text) from public, anon, authenticated, service_role;

create function private.insert_bulk_items(p_job public.bulk_jobs, p_lines text[])
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_line text;
  v_number integer := 0;
  v_found jsonb[];
  v_target jsonb;
  v_code text;
  v_seen jsonb := '{}';
begin
  foreach v_line in array p_lines loop
    v_number := v_number + 1;
    v_found := array(select private.bulk_candidates(p_job.act, v_line) limit 2);
    v_target := v_found[1];
    v_code := case
      when v_target is null then 'not_found'
      when cardinality(v_found) > 1 then 'target_ambiguous'
      when v_seen ? (v_target::text) then 'target_repeated'
    end;
    if v_target is not null then
      v_seen := v_seen || jsonb_build_object(v_target::text, true);
    end if;
    if v_target is not null and p_job.until is not null then
      v_target := v_target || jsonb_build_object('until', p_job.until);
    end if;
    if v_target is not null and p_job.confirm_recent then
      v_target := v_target || '{"confirm_recent": true}';
    end if;
    insert into public.bulk_job_items (job_id, number, input, target, customer_id, status, code, decided_at)
    values (
      p_job.id, v_number, private.shown_input(v_line), case when v_code is null then v_target end,
      case when v_code is null then private.act_customer(p_job.act, v_target) end,
      case when v_code is null then 'pending' else 'refused' end, v_code, case when v_code is not null then now() end);
  end loop;
end;
$$;
comment on function private.insert_bulk_items(public.bulk_jobs, text[]) is
  'The rows of a new bulk job in the order of the file. One that names nothing, several things, or what an earlier row names is refused at once.';
revoke all on function private.insert_bulk_items(public.bulk_jobs, text[]) from public, anon, authenticated, service_role;

create function private.bulk_status(p_job public.bulk_jobs)
returns text
language sql
stable
set search_path = ''
as $$
  select case
    when p_job.stopped_at is not null then 'stopped'
    when p_job.started_at is null then case
      when exists (
        select 1 from public.approvals as ap where ap.id = p_job.approval_id and private.approval_status(ap) = 'pending')
      then 'waiting' else 'planned' end
    when exists (select 1 from public.bulk_job_items as i where i.job_id = p_job.id and i.status = 'pending') then 'running'
    else 'done'
  end
$$;
comment on function private.bulk_status(public.bulk_jobs) is
  'planned, waiting for a second person, running while a row is not decided, done, or stopped.';
revoke all on function private.bulk_status(public.bulk_jobs) from public, anon, authenticated, service_role;

create function private.bulk_job_document(p_job public.bulk_jobs)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(p_job) - array['created_by', 'stopped_by'] || jsonb_build_object(
    'status', private.bulk_status(p_job),
    'created_by_name', private.admin_name(p_job.created_by),
    'stopped_by_name', private.admin_name(p_job.stopped_by),
    'is_mine', p_job.created_by = (select auth.uid()),
    'needs_approval', counts.possible > (private.current_admin_settings()).approval_bulk_items,
    'approval', (select private.approval_document(ap) from public.approvals as ap where ap.id = p_job.approval_id),
    'counts', to_jsonb(counts) - 'possible')
  from (
    select count(*) as items,
      count(*) filter (where i.status = 'pending') as pending,
      count(*) filter (where i.status = 'done') as done,
      count(*) filter (where i.status = 'refused') as refused,
      count(*) filter (where i.status = 'pending' and i.dry_run is null) as untried,
      count(*) filter (where i.dry_run is not null and i.dry_run ->> 'code' is null) as would_do,
      count(*) filter (where i.dry_run ->> 'code' is not null) as would_refuse,
      count(*) filter (where i.target is not null) as possible
    from public.bulk_job_items as i
    where i.job_id = p_job.id
  ) as counts
$$;
comment on function private.bulk_job_document(public.bulk_jobs) is 'A bulk job as admins see it, with its counts.';
revoke all on function private.bulk_job_document(public.bulk_jobs) from public, anon, authenticated, service_role;

create function public.plan_bulk_job(
  p_act text, p_lines text[], p_filter jsonb, p_until date, p_confirm_recent boolean, p_reason text
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  c_most_rows constant integer := 1000;
  v_actor uuid;
  v_lines text[];
  v_job public.bulk_jobs;
begin
  v_actor := private.require_permission(coalesce(private.act_permission(p_act), 'orders:manage'));
  if p_act is null or p_act not in ('grant', 'revoke', 'cancel_order', 'extend_referral', 'extend_reward') then
    perform private.fail(400, 'invalid_request', 'act');
  end if;
  v_lines := case
    when p_lines is not null then p_lines
    else array(select private.bulk_filtered(p_act, coalesce(p_filter, '{}'), c_most_rows + 1)) end;
  if cardinality(v_lines) = 0 then
    perform private.fail(409, 'bulk_empty');
  end if;
  if cardinality(v_lines) > c_most_rows then
    perform private.fail(409, 'bulk_too_large', c_most_rows::text);
  end if;
  if (p_act in ('extend_referral', 'extend_reward')) <> (p_until is not null) then
    perform private.fail(400, 'invalid_request', 'until');
  end if;
  insert into public.bulk_jobs (act, until, confirm_recent, source, reason, created_by)
  values (
    p_act, p_until, p_act = 'grant' and coalesce(p_confirm_recent, false),
    case when p_lines is not null then '{"kind": "list"}' else jsonb_build_object('kind', 'filter') || coalesce(p_filter, '{}') end,
    private.trimmed_reason(p_reason), v_actor)
  returning * into v_job;
  perform private.insert_bulk_items(v_job, v_lines);
  perform private.write_audit(
    v_actor, 'bulk.planned', 'bulk_job', v_job.id::text, null, v_job.reason, null,
    jsonb_build_object('act', v_job.act, 'rows', cardinality(v_lines)), now());
  return private.bulk_job_document(v_job);
exception
  when invalid_text_representation or invalid_datetime_format or datetime_field_overflow then
    raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'filter';
  when sqlstate 'PT403' then
    return private.refused_call('bulk.plan', 'bulk_job', null, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.plan_bulk_job(text, text[], jsonb, date, boolean, text) is
  'Admin with the permission of the act: a bulk job from the rows of a file, or without them from a filter. Nothing is done. Raises bulk_empty, bulk_too_large above 1000 rows, invalid_request.';
revoke all on function public.plan_bulk_job(text, text[], jsonb, date, boolean, text)
  from public, anon, authenticated, service_role;
grant execute on function public.plan_bulk_job(text, text[], jsonb, date, boolean, text) to authenticated;

create function private.bulk_job_for(p_id uuid, p_is_change boolean)
returns public.bulk_jobs
language plpgsql
set search_path = ''
as $$
declare
  v_job public.bulk_jobs;
begin
  if p_is_change then
    select j.* into v_job from public.bulk_jobs as j where j.id = p_id for update;
  else
    -- Whoever stops the job waits until no row is under way.
    select j.* into v_job from public.bulk_jobs as j where j.id = p_id for share;
  end if;
  if v_job.id is null then
    if not public.has_permission('orders:manage') then
      perform private.require_permission('billing:manage_invoices');
    end if;
    perform private.fail(404, 'not_found', 'bulk job');
  end if;
  perform private.require_permission(private.act_permission(v_job.act));
  return v_job;
end;
$$;
comment on function private.bulk_job_for(uuid, boolean) is
  'A bulk job for a caller who has the permission of its act, locked: alone for a change of the job, shared for its rows. Raises not_found, forbidden.';
revoke all on function private.bulk_job_for(uuid, boolean) from public, anon, authenticated, service_role;

create function public.try_bulk_items(p_id uuid, p_limit integer default 25)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_job public.bulk_jobs;
  v_item public.bulk_job_items;
  v_tried record;
  v_limit integer := (private.current_admin_settings()).monthly_grants_per_admin;
  v_made integer;
begin
  perform private.require_user();
  v_job := private.bulk_job_for(p_id, false);
  if v_job.started_at is null and v_job.stopped_at is null then
    -- Each row is tried by itself, so the grants that the rows before it would make are added here.
    v_made := private.manual_grants_of(v_job.created_by, now()) + (
      select count(*) from public.bulk_job_items as i where i.job_id = p_id and i.dry_run is not null and i.dry_run ->> 'code' is null);
    for v_item in
      select i.* from public.bulk_job_items as i
      where i.job_id = p_id and i.status = 'pending' and i.dry_run is null
      order by i.number
      limit least(greatest(p_limit, 1), 100)
      for update skip locked
    loop
      v_tried := private.try_act(v_job.act, v_item.target, v_job.reason, v_job.created_by, now(), false);
      if v_job.act = 'grant' and v_tried.code is null then
        if v_made >= v_limit then
          v_tried.code := 'grant_limit_reached';
          v_tried.detail := v_limit::text;
        end if;
        v_made := v_made + 1;
      end if;
      update public.bulk_job_items as i
      set dry_run = jsonb_build_object('code', v_tried.code, 'detail', v_tried.detail)
      where i.job_id = p_id and i.number = v_item.number;
    end loop;
  end if;
  return private.bulk_job_document(v_job);
exception when sqlstate 'PT403' then
  return private.refused_call('bulk.try', 'bulk_job', p_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.try_bulk_items(uuid, integer) is
  'Admin with the permission of the act: tries the next rows of a planned job and takes them back, and keeps what would have happened.';
revoke all on function public.try_bulk_items(uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.try_bulk_items(uuid, integer) to authenticated;

create function private.refuse_own_bulk(p_id uuid, p_actor uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if exists (
    with own as materialized (select private.person_marks(p_actor) as marks)
    select 1
    from public.bulk_job_items as i
    join public.customers as c on c.id = i.customer_id
    cross join own
    where i.job_id = p_id and (c.auth_user_id = p_actor or own.marks && array(select private.customer_marks(c.id)))) then
    perform private.fail(403, 'own_account');
  end if;
end;
$$;
comment on function private.refuse_own_bulk(uuid, uuid) is
  'Refuses an admin who approves a bulk job with their own customer account in it. Raises own_account.';
revoke all on function private.refuse_own_bulk(uuid, uuid) from public, anon, authenticated, service_role;

create function private.begin_bulk_job(p_id uuid, p_actor uuid)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_job public.bulk_jobs;
begin
  update public.bulk_jobs as j set started_at = now()
  where j.id = p_id and j.started_at is null and j.stopped_at is null
  returning * into v_job;
  if v_job.id is null then
    perform private.fail(409, 'bulk_not_running');
  end if;
  perform private.write_audit(
    p_actor, 'bulk.started', 'bulk_job', p_id::text, null, v_job.reason, null, jsonb_build_object('act', v_job.act), now());
  return jsonb_build_object('job_id', p_id, 'started_at', v_job.started_at);
end;
$$;
comment on function private.begin_bulk_job(uuid, uuid) is
  'From now on the rows of a job are done. Raises bulk_not_running when it was stopped or has begun.';
revoke all on function private.begin_bulk_job(uuid, uuid) from public, anon, authenticated, service_role;

create function public.start_bulk_job(p_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_job public.bulk_jobs;
  v_rows integer;
  v_approval uuid;
begin
  v_job := private.bulk_job_for(p_id, true);
  v_actor := private.require_user();
  if v_job.created_by <> v_actor then
    perform private.fail(403, 'forbidden', 'the person who planned it starts it');
  end if;
  if v_job.started_at is null and v_job.stopped_at is null then
    perform private.require_recent_password();
    select count(*) into v_rows from public.bulk_job_items as i where i.job_id = p_id and i.target is not null;
    -- What was asked for once stays a matter for two, whatever the limit is by now.
    if v_rows > (private.current_admin_settings()).approval_bulk_items or v_job.approval_id is not null then
      v_approval := (private.request_approval(
        'bulk_job', jsonb_build_object('job_id', p_id, 'act', v_job.act, 'rows', v_rows), null, null, v_job.reason, v_actor)
        ->> 'approval_id')::uuid;
      update public.bulk_jobs as j set approval_id = v_approval where j.id = p_id;
    else
      perform private.begin_bulk_job(p_id, v_actor);
    end if;
  end if;
  select j.* into strict v_job from public.bulk_jobs as j where j.id = p_id;
  return private.bulk_job_document(v_job);
exception when sqlstate 'PT403' then
  return private.refused_call('bulk.start', 'bulk_job', p_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.start_bulk_job(uuid) is
  'The admin who planned it: starts a job, or above the number of rows for one person asks for a second one. Starting it again changes nothing. Raises password_needed.';
revoke all on function public.start_bulk_job(uuid) from public, anon, authenticated, service_role;
grant execute on function public.start_bulk_job(uuid) to authenticated;

create function public.run_bulk_item(p_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_job public.bulk_jobs;
  v_item public.bulk_job_items;
  v_tried record;
begin
  perform private.require_user();
  v_job := private.bulk_job_for(p_id, false);
  if v_job.started_at is null or v_job.stopped_at is not null then
    perform private.fail(409, 'bulk_not_running');
  end if;
  if not exists (
    select 1
    from public.admin_users as a
    join public.role_permissions as rp on rp.role = a.role and rp.permission = private.act_permission(v_job.act)
    where a.auth_user_id = v_job.created_by and private.is_acting_admin(a)) then
    perform private.fail(409, 'bulk_asker_left');
  end if;
  -- Of two people who continue the job, each takes another row.
  select i.* into v_item
  from public.bulk_job_items as i
  where i.job_id = p_id and i.status = 'pending'
  order by i.number
  limit 1
  for update skip locked;
  if v_item.number is null then
    return '{"number": null, "code": null}';
  end if;
  v_tried := private.try_act(v_job.act, v_item.target, v_job.reason, v_job.created_by, now(), true);
  update public.bulk_job_items as i
  set status = case when v_tried.code is null then 'done' else 'refused' end,
    code = v_tried.code, detail = v_tried.detail, answer = v_tried.answer, decided_at = now()
  where i.job_id = p_id and i.number = v_item.number;
  perform private.write_audit(
    v_job.created_by, case when v_tried.code is null then 'bulk.row_done' else 'bulk.row_refused' end, 'bulk_job', p_id::text,
    v_item.customer_id, v_job.reason, null,
    jsonb_strip_nulls(jsonb_build_object(
      'act', v_job.act, 'row', v_item.number, 'code', v_tried.code, 'pressed_by', nullif((select auth.uid()), v_job.created_by))),
    now());
  return jsonb_build_object('number', v_item.number, 'code', v_tried.code);
exception when sqlstate 'PT403' then
  return private.refused_call('bulk.run', 'bulk_job', p_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.run_bulk_item(uuid) is
  'Admin with the permission of the act: does the next row of a started job in the name of the person who planned it, in this transaction. number is null when no row waits that nobody else is at. Raises bulk_not_running, bulk_asker_left.';
revoke all on function public.run_bulk_item(uuid) from public, anon, authenticated, service_role;
grant execute on function public.run_bulk_item(uuid) to authenticated;

create function public.stop_bulk_job(p_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_job public.bulk_jobs;
begin
  -- In the order in which a decision takes its locks: first the request, then the job.
  perform 1
  from public.approvals as ap
  where ap.id = (select j.approval_id from public.bulk_jobs as j where j.id = p_id)
  for update;
  v_job := private.bulk_job_for(p_id, true);
  v_actor := private.require_user();
  v_reason := private.trimmed_reason(p_reason);
  if private.bulk_status(v_job) in ('done', 'stopped') then
    perform private.fail_overtaken('bulk_not_running', private.bulk_status(v_job), v_job.stopped_by, v_job.stopped_at);
  end if;
  -- Nobody has to decide what is not wanted any more.
  update public.approvals as ap
  set status = 'withdrawn', decided_by = ap.requested_by, decided_at = now(), decision_reason = v_reason
  where ap.id = v_job.approval_id and ap.status = 'pending';
  update public.bulk_jobs as j set stopped_by = v_actor, stopped_at = now(), stop_reason = v_reason
  where j.id = p_id
  returning * into v_job;
  perform private.write_audit(
    v_actor, 'bulk.stopped', 'bulk_job', p_id::text, null, v_reason, null, jsonb_build_object('act', v_job.act), now());
  return private.bulk_job_document(v_job);
exception when sqlstate 'PT403' then
  return private.refused_call('bulk.stop', 'bulk_job', p_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.stop_bulk_job(uuid, text) is
  'Admin with the permission of the act: no further row of the job is done; what was done stays. Raises bulk_not_running.';
revoke all on function public.stop_bulk_job(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.stop_bulk_job(uuid, text) to authenticated;

create function public.get_bulk_job(
  p_id uuid, p_after integer default 0, p_limit integer default 50, p_is_export boolean default false
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_job public.bulk_jobs;
begin
  if not public.has_permission('orders:manage') then
    perform private.require_permission('billing:manage_invoices');
  end if;
  if p_is_export then
    perform private.require_permission('data:export');
  end if;
  select j.* into v_job from public.bulk_jobs as j where j.id = p_id;
  if v_job.id is null then
    perform private.fail(404, 'not_found', 'bulk job');
  end if;
  return private.bulk_job_document(v_job) || jsonb_build_object(
    'rows', coalesce((
      select jsonb_agg(to_jsonb(page) - 'job_id' || jsonb_build_object('customer_name', (
        select c.full_name from public.customers as c where c.id = page.customer_id)) order by page.number)
      from (
        select i.* from public.bulk_job_items as i
        where i.job_id = p_id and i.number > coalesce(p_after, 0)
        order by i.number
        limit least(greatest(coalesce(p_limit, 50), 1), 1000)
      ) as page), '[]'));
end;
$$;
comment on function public.get_bulk_job(uuid, integer, integer, boolean) is
  'Admin with orders:manage or billing:manage_invoices: a bulk job, its counts, and its rows after a number. As a file it needs data:export.';
revoke all on function public.get_bulk_job(uuid, integer, integer, boolean) from public, anon, authenticated, service_role;
grant execute on function public.get_bulk_job(uuid, integer, integer, boolean) to authenticated;

create function public.list_bulk_jobs(
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(p_limit, 1), 100);
  v_rows jsonb;
begin
  if not public.has_permission('orders:manage') then
    perform private.require_permission('billing:manage_invoices');
  end if;
  select coalesce(
    jsonb_agg(private.bulk_job_document(page.j) order by (page.j).created_at desc, (page.j).id desc), '[]') into v_rows
  from (
    select j
    from public.bulk_jobs as j
    where p_cursor_at is null or (j.created_at, j.id) < (p_cursor_at, p_cursor_id)
    order by j.created_at desc, j.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('jobs', v_rows, v_limit, 'created_at')
    || jsonb_build_object('approval_rows', (private.current_admin_settings()).approval_bulk_items);
end;
$$;
comment on function public.list_bulk_jobs(timestamptz, uuid, integer) is
  'Admin with orders:manage or billing:manage_invoices: bulk jobs, newest first, and above how many rows one needs a second person.';
revoke all on function public.list_bulk_jobs(timestamptz, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.list_bulk_jobs(timestamptz, uuid, integer) to authenticated;

-- schemas/160_erasure.sql
-- Erasure: the details of a customer who asks for it are removed. Rows that the law and the books need stay, by id.

create table private.identity_keys (
  id boolean primary key default true check (id),
  key bytea not null default decode(
    replace(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
);
comment on table private.identity_keys is
  'The key of the hashes of identities, drawn with the first hash that is kept. Without it a hash cannot be guessed from a phone number.';
alter table private.identity_keys enable row level security;
revoke all on table private.identity_keys from public, anon, authenticated, service_role;

create table private.erased_identities (
  kind text not null check (kind in ('email', 'phone', 'address')),
  hash text not null,
  erased_at timestamptz not null,
  primary key (kind, hash)
);
comment on table private.erased_identities is
  'Keyed hashes of what identified customers who were erased. They tell the fraud rules that somebody comes back, and nothing else.';
alter table private.erased_identities enable row level security;
revoke all on table private.erased_identities from public, anon, authenticated, service_role;

create function private.identity_hash(p_kind text, p_value text)
returns text
language sql
stable
strict
set search_path = ''
as $$
  select encode(sha256(k.key || sha256(k.key || convert_to(p_kind || ':' || p_value, 'UTF8'))), 'hex')
  from private.identity_keys as k
$$;
comment on function private.identity_hash(text, text) is
  'A keyed hash of a mailbox, a phone, an address key or a network. Null for null, and before the key is drawn.';
revoke all on function private.identity_hash(text, text) from public, anon, authenticated, service_role;

create function private.draw_identity_key()
returns void
language sql
set search_path = ''
as $$
  insert into private.identity_keys default values on conflict (id) do nothing
$$;
comment on function private.draw_identity_key() is 'Draws the key of identity hashes, once per database.';
revoke all on function private.draw_identity_key() from public, anon, authenticated, service_role;

create function private.remember_identity(p_customer public.customers, p_as_of timestamptz)
returns void
language sql
set search_path = ''
as $$
  insert into private.erased_identities (kind, hash, erased_at)
  select distinct known.kind, private.identity_hash(known.kind, known.value), p_as_of
  from (
    values ('email', p_customer.email_normalised), ('email', p_customer.mailbox), ('phone', p_customer.phone),
      ('address', p_customer.address_key)
    union all
    select 'address', o.address_key from public.orders as o where o.customer_id = p_customer.id
  ) as known (kind, value)
  where nullif(known.value, '') is not null
  on conflict (kind, hash) do nothing
$$;
comment on function private.remember_identity(public.customers, timestamptz) is
  'Keeps the keyed hashes of a customer who is about to be erased.';
revoke all on function private.remember_identity(public.customers, timestamptz)
  from public, anon, authenticated, service_role;

create function private.forget_assessments(p_customer public.customers, p_referral_ids uuid[])
returns void
language sql
set search_path = ''
as $$
  delete from public.referral_assessments as a
  where a.referrer_id = p_customer.id
    or a.order_id in (select o.id from public.orders as o where o.customer_id = p_customer.id)
    or exists (
      select 1
      from unnest(
        array[p_customer.id::text, p_customer.email, p_customer.email_normalised, p_customer.phone,
          p_customer.address ->> 'line1'] || p_referral_ids::text[]) as mark
      where nullif(mark, '') is not null and position(mark in a.evidence::text) > 0)
$$;
comment on function private.forget_assessments(public.customers, uuid[]) is
  'Deletes stored evidence that names a person, as referrer, as friend or as a match. The rows of 90 days are read whole.';
revoke all on function private.forget_assessments(public.customers, uuid[])
  from public, anon, authenticated, service_role;

create function private.open_business(p_customer_id uuid, p_as_of timestamptz)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  if exists (
    select 1 from public.customer_services as s
    where s.customer_id = p_customer_id and s.status in ('active', 'suspended')) then
    return 'service';
  end if;
  if exists (
    select 1 from public.orders as o
    where o.customer_id = p_customer_id and o.is_open) then
    return 'order';
  end if;
  -- The days until the end of a service, and months that no run has billed yet.
  if exists (
    select 1 from private.find_unbilled(p_as_of + interval '2 days', p_customer_id => p_customer_id)) then
    return 'final invoice';
  end if;
  if exists (
    select 1 from private.open_invoices as i where i.customer_id = p_customer_id) then
    return 'invoice';
  end if;
  return null;
end;
$$;
comment on function private.open_business(uuid, timestamptz) is
  'Why billing still needs a customer''s details: a service, an order under way, days of service that are not invoiced yet, an invoice that is neither paid nor credited. Null when nothing is open.';
revoke all on function private.open_business(uuid, timestamptz) from public, anon, authenticated, service_role;

create table public.erased_accounts (
  auth_user_id uuid primary key,
  erased_at timestamptz not null default now()
);
comment on table public.erased_accounts is
  'Deleted accounts whose entries in the log of the auth server are still to be deleted.';

alter table public.erased_accounts enable row level security;
revoke all on table public.erased_accounts from public, anon, authenticated, service_role;
grant select on table public.erased_accounts to service_role;

create function private.forget_auth_user(p_auth_user_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  -- An admin keeps the account they work with.
  if p_auth_user_id is null
    or exists (select 1 from public.admin_users as a where a.auth_user_id = p_auth_user_id) then
    return;
  end if;
  delete from auth.flow_state as f where f.user_id = p_auth_user_id;
  -- That log has no index by person, so it is not searched while somebody waits.
  insert into public.erased_accounts (auth_user_id) values (p_auth_user_id) on conflict do nothing;
  -- Deletes identities, sessions and refresh tokens as well, by cascade.
  delete from auth.users as u where u.id = p_auth_user_id;
end;
$$;
comment on function private.forget_auth_user(uuid) is
  'Deletes an account with its sessions, so that its tokens stop working. Never deletes that of an admin. forget_erased_accounts deletes what the log of the auth server says of it.';
revoke all on function private.forget_auth_user(uuid) from public, anon, authenticated, service_role;

create function public.forget_erased_accounts(p_limit integer default 1000)
returns integer
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '120s'
as $$
declare
  v_accounts uuid[];
begin
  v_accounts := array(
    select a.auth_user_id from public.erased_accounts as a
    order by a.erased_at, a.auth_user_id
    limit p_limit
    for update skip locked);
  if cardinality(v_accounts) = 0 then
    return 0;
  end if;
  -- One pass over the log for all of them.
  delete from auth.audit_log_entries as l where l.payload ->> 'actor_id' = any (v_accounts::text[]);
  delete from public.erased_accounts as a where a.auth_user_id = any (v_accounts);
  return cardinality(v_accounts);
end;
$$;
comment on function public.forget_erased_accounts(integer) is
  'Server: deletes the entries of erased accounts from the log of the auth server, for up to that many accounts at once. Returns how many. Reads the whole log, so the expire job calls it, and only while accounts wait.';
revoke all on function public.forget_erased_accounts(integer) from public, anon, authenticated, service_role;
grant execute on function public.forget_erased_accounts(integer) to service_role;

create function private.mails_about(p_referral_ids uuid[], p_claim_ids uuid[])
returns text[]
language sql
stable
set search_path = ''
as $$
  select coalesce(array_agg(told.dedupe_key), '{}')
  from (
    select kind || ':' || referral as dedupe_key
    from unnest(p_referral_ids) as referral,
      unnest(array['referral_signup', 'referral_activated', 'referral_qualified']) as kind
    union
    select n.dedupe_key
    from public.customer_referrals as r
    join public.notifications as n on n.customer_id = r.referrer_id
    where r.id = any (p_referral_ids) and (
      (n.template = 'referral_news'
        and n.payload @> jsonb_build_object('items', jsonb_build_array(jsonb_build_object('referral_id', r.id))))
      or (n.template = 'referral_update' and n.payload ->> 'referral_id' = r.id::text))
    union
    select n.dedupe_key
    from public.referral_claims as m
    join public.notifications as n on n.customer_id = m.referrer_id
    where m.id = any (p_claim_ids) and n.template = 'referral_news'
      and n.payload @> jsonb_build_object('items', jsonb_build_array(jsonb_build_object('claim_id', m.id)))
  ) as told
$$;
comment on function private.mails_about(uuid[], uuid[]) is
  'Dedupe keys of the mails that told a referrer by name of these friends, and of these claims.';
revoke all on function private.mails_about(uuid[], uuid[]) from public, anon, authenticated, service_role;

create function private.mails_naming_inviter(p_customer_id uuid)
returns text[]
language sql
stable
set search_path = ''
as $$
  select coalesce(array_agg(kind || ':' || r.order_id), '{}')
  from public.customer_referrals as r, unnest(array['order_received', 'service_active']) as kind
  where r.referrer_id = p_customer_id
$$;
comment on function private.mails_naming_inviter(uuid) is
  'Dedupe keys of the mails that told friends by whose invitation they ordered.';
revoke all on function private.mails_naming_inviter(uuid) from public, anon, authenticated, service_role;

create function private.lock_mails(p_customer_id uuid, p_email text, p_about text[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform 1
  from public.notifications as n
  where n.customer_id = p_customer_id or n.dedupe_key = any (p_about)
    or (n.template = 'coverage_opened' and n.recipient = lower(p_email))
    or n.id in (select m.merged_into from public.notifications as m where m.dedupe_key = any (p_about))
  order by n.id
  for update;
  -- The sender of a mail writes its text into the row after sending.
  if exists (
    select 1 from public.notifications as n
    where (n.customer_id = p_customer_id or n.dedupe_key = any (p_about)
        or (n.template = 'coverage_opened' and n.recipient = lower(p_email))
        or n.id in (select m.merged_into from public.notifications as m where m.dedupe_key = any (p_about)))
      and n.status = 'sending' and n.lease_until > now()) then
    perform private.fail(503, 'unavailable', 'a mail is being sent');
  end if;
end;
$$;
comment on function private.lock_mails(uuid, text, text[]) is
  'Locks the mails to a customer, to their address while they waited for their area, and those with the given keys. Raises unavailable while one of them is being sent.';
revoke all on function private.lock_mails(uuid, text, text[]) from public, anon, authenticated, service_role;

create function private.blank_orders_and_referrals(p_customer_id uuid, p_referral_ids uuid[], p_nobody text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  c_code constant text := '^[A-Z0-9]{2,8}-[0-9A-HJKMNP-TV-Z]{8}$';
  v_orders uuid[] := array(select o.id from public.orders as o where o.customer_id = p_customer_id);
begin
  update public.orders as o
  set installation_address = '{}', address_key = null, address_near_keys = '{}', ip_address = null, user_agent = null,
    referral_code = case when o.referral_code ~ c_code then o.referral_code end
  where o.id = any (v_orders);
  -- Visits to the referrer's link from the IP address that the person ordered from.
  update public.referral_visits as v
  set ip_address = null, user_agent = null
  from public.customer_referrals as r
  where r.id = any (p_referral_ids) and v.referrer_id = r.referrer_id and v.ip_address = r.ip_address;
  update public.customer_referrals as r
  set referred_email = p_nobody, referred_mailbox = null, ip_address = null, user_agent = null
  where r.id = any (p_referral_ids);
  update public.referral_flags as f
  set evidence = '{}', subject = null
  from public.customer_referrals as r
  where r.id = f.referral_id and (r.referrer_id = p_customer_id or r.id = any (p_referral_ids));
  update public.referral_attempts as a
  set evidence = '{}', mailbox_hash = null, phone_hash = null, network_hash = null,
    referral_code = case when a.referral_code ~ c_code then a.referral_code else '' end
  where a.referrer_id = p_customer_id or a.order_id = any (v_orders);
end;
$$;
comment on function private.blank_orders_and_referrals(uuid, uuid[], text) is
  'Overwrites a person''s details in their orders, in the referrals of which they are the friend, and in what was gathered to judge them.';
revoke all on function private.blank_orders_and_referrals(uuid, uuid[], text)
  from public, anon, authenticated, service_role;

create function private.without_name(p_items jsonb, p_ids uuid[], p_name text)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    case when coalesce(item ->> 'referral_id', item ->> 'claim_id')::uuid = any (p_ids)
      then item || jsonb_build_object('friend', p_name) else item end
    order by position), '[]')
  from jsonb_array_elements(p_items) with ordinality as news (item, position)
$$;
comment on function private.without_name(jsonb, uuid[], text) is
  'The items of a digest, with another name for the friend of these referrals or claims.';
revoke all on function private.without_name(jsonb, uuid[], text) from public, anon, authenticated, service_role;

create function private.retention_start(p_as_of timestamptz)
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select private.local_plus(p_as_of, -make_interval(years => s.retention_years), s.time_zone)
  from private.current_billing_settings() as s
$$;
comment on function private.retention_start(timestamptz) is
  'Invoices and credit notes issued before this instant need not keep their buyer any more.';
revoke all on function private.retention_start(timestamptz) from public, anon, authenticated, service_role;

create function private.documents_kept(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'years', s.retention_years,
    'until', (
      select private.local_date(
        private.local_plus(max(d.issued_at), make_interval(years => s.retention_years), s.time_zone), s.time_zone)
      from (
        select i.issued_at from public.customer_invoices as i where i.customer_id = p_customer_id
        union all
        select n.issued_at from public.credit_notes as n where n.customer_id = p_customer_id) as d))
  from private.current_billing_settings() as s
$$;
comment on function private.documents_kept(uuid) is
  'For how many years an erased customer stays the buyer on issued documents, and the day on which the last of them is blanked; null without documents.';
revoke all on function private.documents_kept(uuid) from public, anon, authenticated, service_role;

create function private.blank_kept_documents(p_as_of timestamptz, p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_customers uuid[] := array(
    select c.id from public.customers as c
    where c.erased_at is not null and (
      exists (
        select 1 from public.customer_invoices as i
        where i.customer_id = c.id and i.buyer <> '{"erased": true}' and i.issued_at < private.retention_start(p_as_of))
      or exists (
        select 1 from public.credit_notes as n
        where n.customer_id = c.id and n.buyer <> '{"erased": true}' and n.issued_at < private.retention_start(p_as_of)))
    order by c.id
    limit p_limit);
begin
  perform private.lock_customers(v_customers);
  update public.customer_invoices as i set buyer = '{"erased": true}'
  where i.customer_id = any (v_customers) and i.buyer <> '{"erased": true}'
    and i.issued_at < private.retention_start(p_as_of);
  update public.credit_notes as n set buyer = '{"erased": true}'
  where n.customer_id = any (v_customers) and n.buyer <> '{"erased": true}'
    and n.issued_at < private.retention_start(p_as_of);
  return cardinality(v_customers);
end;
$$;
comment on function private.blank_kept_documents(timestamptz, integer) is
  'Blanks the buyer on documents of erased customers whose retention period is over. Returns how many customers it concerned.';
revoke all on function private.blank_kept_documents(timestamptz, integer)
  from public, anon, authenticated, service_role;

create function private.blank_mails(
  p_customer_id uuid, p_ids uuid[], p_about text[], p_name text
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  delete from public.mail_suppressions as a
  where a.address in (
    select lower(n.recipient) from public.notifications as n where n.customer_id = p_customer_id and n.recipient <> '');
  update public.mail_events as e
  set detail = null
  from public.notifications as n
  where n.id = e.notification_id and n.customer_id = p_customer_id and e.detail is not null;
  update public.notifications as n
  set recipient = '', payload = '{}', subject = null, html = null, text_body = null, reply_to = null, last_error = null,
    unsubscribe_url = null, lease_until = null, lease_token = null, failure_cause = null,
    cancel_cause = case when n.status in ('queued', 'sending', 'failed') then 'erased' else n.cancel_cause end,
    status = case when n.status in ('queued', 'sending', 'failed') then 'cancelled' else n.status end
  where n.customer_id = p_customer_id;
  -- What the provider said of a mail may repeat its address.
  update public.notification_tries as t
  set error = null
  from public.notifications as n
  where n.id = t.notification_id and n.customer_id = p_customer_id and t.error is not null;
  update public.notifications as n
  set payload = case when n.template = 'referral_news'
      then jsonb_set(n.payload, '{items}', private.without_name(n.payload -> 'items', p_ids, p_name))
      else n.payload || jsonb_build_object(case when n.payload ? 'inviter' then 'inviter' else 'friend' end, p_name) end,
    subject = null, html = null, text_body = null, reply_to = null
  where n.dedupe_key = any (p_about) and n.customer_id <> p_customer_id;
  -- A digest names the friends of the mails that left with it.
  update public.notifications as n
  set subject = null, html = null, text_body = null, reply_to = null
  where n.id in (select m.merged_into from public.notifications as m where m.dedupe_key = any (p_about));
  -- The hash was made from the person's details. A late repeat of the order is refused.
  update public.idempotency_keys as k
  set request_hash = 'erased'
  where k.scope = 'order' and k.response ->> 'customer_id' = p_customer_id::text;
end;
$$;
comment on function private.blank_mails(uuid, uuid[], text[], text) is
  'Empties the mails to a person, cancels those that wait, and takes their name out of mails to others.';
revoke all on function private.blank_mails(uuid, uuid[], text[], text)
  from public, anon, authenticated, service_role;

create function private.forget_waiting(p_customer public.customers)
returns void
language plpgsql
set search_path = ''
as $$
begin
  delete from public.coverage_waits as w where w.email = lower(p_customer.email);
  update public.coverage_waits as w set referrer_id = null, referral_code = null
  where w.referrer_id = p_customer.id;
  update public.notifications as n
  set recipient = '', payload = '{}', subject = null, html = null, text_body = null, reply_to = null, last_error = null,
    unsubscribe_url = null, lease_until = null, lease_token = null, failure_cause = null,
    cancel_cause = case when n.status in ('queued', 'sending', 'failed') then 'erased' else n.cancel_cause end,
    status = case when n.status in ('queued', 'sending', 'failed') then 'cancelled' else n.status end
  where n.template = 'coverage_opened' and n.recipient = lower(p_customer.email);
end;
$$;
comment on function private.forget_waiting(public.customers) is
  'Forgets that a person waited for their area to open, and whose invitation others wait with, if it was theirs.';
revoke all on function private.forget_waiting(public.customers) from public, anon, authenticated, service_role;

create function private.erase_customer(p_customer_id uuid, p_reason text, p_actor uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  -- Not an e-mail address: no mail can be sent to it.
  c_nobody constant text := 'erased-' || p_customer_id;
  c_name constant text := 'Former customer';
  v_reason text := private.trimmed_reason(p_reason);
  v_customer public.customers;
  v_open text;
  v_referrals uuid[];
  v_claims uuid[];
  v_about text[];
begin
  perform private.lock_customers(array(
    select p_customer_id
    union
    select r.referrer_id from public.customer_referrals as r where r.referred_customer_id = p_customer_id
    union
    select m.referrer_id from public.referral_claims as m where m.customer_id = p_customer_id));
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
  v_referrals := array(
    select r.id from public.customer_referrals as r where r.referred_customer_id = p_customer_id);
  v_claims := array(select m.id from public.referral_claims as m where m.customer_id = p_customer_id);
  v_about := private.mails_about(v_referrals, v_claims) || private.mails_naming_inviter(p_customer_id);
  perform private.lock_mails(p_customer_id, v_customer.email, v_about);

  perform private.draw_identity_key();
  perform private.remember_identity(v_customer, p_as_of);
  perform private.forget_assessments(v_customer, v_referrals);
  perform private.forget_waiting(v_customer);
  update public.customers as c
  set auth_user_id = null, pending_user_id = null, vat_number = null, email = c_nobody, first_name = c_name, last_name = '',
    phone = null,
    address = null, address_key = null, address_near_keys = '{}', mailbox = null, erased_at = p_as_of
  where c.id = p_customer_id;
  delete from private.profile_changes as ch where ch.customer_id = p_customer_id;
  delete from public.erasure_requests as q where q.customer_id = p_customer_id;
  perform private.blank_orders_and_referrals(p_customer_id, v_referrals, c_nobody);
  perform private.blank_mails(p_customer_id, v_referrals || v_claims, v_about, c_name);
  perform private.blank_kept_documents(p_as_of, 100);
  perform private.forget_auth_user(coalesce(v_customer.auth_user_id, v_customer.pending_user_id));
  perform private.write_audit(
    p_actor, 'customer.erased', 'customer', p_customer_id::text, p_customer_id, v_reason, null, null, p_as_of);
  return jsonb_build_object('customer_id', p_customer_id, 'erased_at', p_as_of);
end;
$$;
comment on function private.erase_customer(uuid, text, uuid, timestamptz) is
  'Erases a person: overwrites their details everywhere, deletes their account and cancels mails that wait. Rows, codes, counts and the audit log stay by id. Invoices and credit notes keep their buyer until the retention period is over. Keyed hashes stay for the fraud rules. Raises customer_not_erasable while billing needs the details, unavailable while a mail to them is on its way. Repeating it changes nothing.';
revoke all on function private.erase_customer(uuid, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.erase_customer(p_customer_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
as $$
declare
  v_actor uuid;
begin
  v_actor := private.require_permission('admins:manage');
  perform private.require_recent_password();
  return private.erase_customer(p_customer_id, p_reason, v_actor, now());
exception when sqlstate 'PT403' then
  return private.refused_call('customer.erase', 'customer', p_customer_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.erase_customer(uuid, text) is
  'Admin with admins:manage: erases a customer who asked for it, with a reason. Raises password_needed, own_account for themselves.';
revoke all on function public.erase_customer(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.erase_customer(uuid, text) to authenticated;

-- schemas/170_overviews.sql
-- Overviews: what a page shows from several nouns, each in one read.

create function private.typical_installation_days()
returns integer
language sql
stable
set search_path = ''
as $$
  select case when count(*) >= 20 then
    greatest(1, ceil(percentile_disc(0.8) within group (
      order by extract(epoch from newest.activated_at - newest.ordered_at) / 86400)))::integer end
  from (
    select s.activated_at, o.created_at as ordered_at
    from public.customer_services as s
    join public.orders as o on o.id = s.order_id
    where s.activated_at is not null
    order by s.activated_at desc
    limit 100
  ) as newest
$$;
comment on function private.typical_installation_days() is
  'Within how many days of the order eight of ten services were active, among the 100 activated last; null with fewer than 20.';
revoke all on function private.typical_installation_days() from public, anon, authenticated, service_role;

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
    'installation_days', private.typical_installation_days(),
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
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_user uuid := private.require_user();
  v_is_admin boolean := exists (
    select 1 from public.admin_users as a where a.auth_user_id = v_user and private.is_acting_admin(a));
  v_obstacle text := case when v_is_admin then private.session_obstacle() end;
begin
  if v_obstacle = 'session_ended' then
    perform private.fail(401, 'unauthenticated', v_obstacle);
  end if;
  if v_is_admin then
    perform private.note_session_use();
  end if;
  return jsonb_build_object(
    'user_id', v_user,
    'customer', (
      select jsonb_build_object('id', c.id, 'first_name', c.first_name, 'last_name', c.last_name, 'email', c.email)
      from public.customers as c where c.auth_user_id = v_user and c.erased_at is null),
    'admin', (
      select jsonb_build_object(
        'id', a.id, 'name', a.name, 'email', a.email, 'role', a.role,
        'permissions', coalesce((
          select jsonb_agg(rp.permission order by rp.permission)
          from public.role_permissions as rp where rp.role = a.role and v_obstacle is null), '[]'))
      from public.admin_users as a where a.auth_user_id = v_user and private.is_acting_admin(a)),
    'needs_second_factor', private.lacks_second_factor() or coalesce(v_obstacle = 'second_factor_needed', false),
    'switches', public.get_switches(),
    'is_paused', (private.current_terms()).is_paused or not private.rewards_are_on(),
    'brand_name', (private.current_billing_settings()).brand_name,
    'time_zone', private.billing_time_zone()
  );
end;
$$;
comment on function public.get_my_session() is 'Caller: who they are here, as customer and as admin. Counts as use of an admin''s session. Raises unauthenticated when an admin''s session has ended.';
revoke all on function public.get_my_session() from public, anon, authenticated, service_role;
grant execute on function public.get_my_session() to authenticated;

create function private.dashboard_document(p_customer_id uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_build_object(
    'customer', (
      select jsonb_build_object(
        'id', c.id, 'first_name', c.first_name, 'last_name', c.last_name, 'email', c.email, 'referral_code', c.referral_code)
      from public.customers as c where c.id = p_customer_id),
    'services', coalesce((
      select jsonb_agg(private.service_document(s.id) order by s.created_at, s.id)
      from public.customer_services as s where s.customer_id = p_customer_id), '[]'),
    'invoices', coalesce((
      select jsonb_agg(private.invoice_summary(recent.i) order by (recent.i).issued_at desc, (recent.i).invoice_number desc)
      from (
        select i
        from public.customer_invoices as i
        where i.customer_id = p_customer_id
        order by i.issued_at desc, i.id desc
        limit 6
      ) as recent), '[]'),
    'account', private.account_summary(p_customer_id, p_as_of),
    'mail_problem', private.mail_problem(p_customer_id),
    'referral_obstacle', private.referral_obstacle(p_customer_id, p_as_of),
    'referrals_this_month', private.referrals_in_month(p_customer_id, p_as_of),
    'open_friends', private.open_friends(p_customer_id),
    'claims', private.claims_to_answer(p_customer_id),
    'can_claim', private.can_claim(p_customer_id, p_as_of),
    'survey', private.open_survey(p_customer_id),
    'own_claim', private.own_claim(p_customer_id),
    'stats', private.referral_stats(p_customer_id),
    'friends', coalesce((
      select jsonb_agg(private.friend_document(recent.r) order by (recent.r).referred_at desc, (recent.r).id desc)
      from (
        select r from public.customer_referrals as r
        where r.referrer_id = p_customer_id
        order by r.referred_at desc, r.id desc
        limit 20
      ) as recent), '[]'),
    'facts', private.invoice_preview_facts(p_customer_id, p_as_of),
    'settings', to_jsonb(private.current_billing_settings()) - array['created_by', 'created_at'],
    'terms', private.public_terms()
  ) || private.reward_balance(p_customer_id);
end;
$$;
comment on function private.dashboard_document(uuid, timestamptz) is
  'Everything that a customer''s dashboard shows at p_as_of.';
revoke all on function private.dashboard_document(uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.get_my_dashboard()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return private.dashboard_document(private.require_customer(), now());
end;
$$;
comment on function public.get_my_dashboard() is 'Customer: everything the dashboard shows, in one read.';
revoke all on function public.get_my_dashboard() from public, anon, authenticated, service_role;
grant execute on function public.get_my_dashboard() to authenticated;

-- schemas/172_customer_records.sql
-- Everything that the team knows about one customer: the answer to a call.

create function private.customer_record_rows(
  p_customer_id uuid, p_section text, p_cursor_at timestamptz, p_cursor_id uuid, p_limit integer
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_rows jsonb;
begin
  case p_section
    when 'orders' then
      select jsonb_agg(private.admin_order_document(page.o) order by (page.o).created_at desc, (page.o).id desc) into v_rows
      from (
        select o from public.orders as o
        where o.customer_id = p_customer_id
          and (p_cursor_at is null or (o.created_at, o.id) < (p_cursor_at, p_cursor_id))
        order by o.created_at desc, o.id desc limit p_limit
      ) as page;
    when 'services' then
      select jsonb_agg(private.service_document(page.id) || jsonb_build_object('created_at', page.created_at)
        order by page.created_at desc, page.id desc) into v_rows
      from (
        select s.id, s.created_at from public.customer_services as s
        where s.customer_id = p_customer_id
          and (p_cursor_at is null or (s.created_at, s.id) < (p_cursor_at, p_cursor_id))
        order by s.created_at desc, s.id desc limit p_limit
      ) as page;
    when 'invoices' then
      select jsonb_agg(private.admin_invoice_document(page.i) order by (page.i).issued_at desc, (page.i).id desc) into v_rows
      from (
        select i from public.customer_invoices as i
        where i.customer_id = p_customer_id
          and (p_cursor_at is null or (i.issued_at, i.id) < (p_cursor_at, p_cursor_id))
        order by i.issued_at desc, i.id desc limit p_limit
      ) as page;
    when 'rewards' then
      select jsonb_agg(private.admin_reward_document(page.w) order by (page.w).created_at desc, (page.w).id desc) into v_rows
      from (
        select w from public.referral_rewards as w
        where w.customer_id = p_customer_id
          and (p_cursor_at is null or (w.created_at, w.id) < (p_cursor_at, p_cursor_id))
        order by w.created_at desc, w.id desc limit p_limit
      ) as page;
    when 'referrals' then
      select jsonb_agg(private.explainable_referral(page.r) order by (page.r).referred_at desc, (page.r).id desc) into v_rows
      from (
        select r from public.customer_referrals as r
        where r.referrer_id = p_customer_id
          and (p_cursor_at is null or (r.referred_at, r.id) < (p_cursor_at, p_cursor_id))
        order by r.referred_at desc, r.id desc limit p_limit
      ) as page;
    when 'refused_codes' then
      select jsonb_agg(private.attempt_document(page.a) order by (page.a).created_at desc, (page.a).id desc) into v_rows
      from (
        select a from public.referral_attempts as a
        where (a.referrer_id = p_customer_id
            or a.order_id in (select o.id from public.orders as o where o.customer_id = p_customer_id))
          and (p_cursor_at is null or (a.created_at, a.id) < (p_cursor_at, p_cursor_id))
        order by a.created_at desc, a.id desc limit p_limit
      ) as page;
    when 'notifications' then
      select jsonb_agg(private.notification_document(page.n) order by (page.n).created_at desc, (page.n).id desc) into v_rows
      from (
        select n from public.notifications as n
        where n.customer_id = p_customer_id
          and (p_cursor_at is null or (n.created_at, n.id) < (p_cursor_at, p_cursor_id))
        order by n.created_at desc, n.id desc limit p_limit
      ) as page;
    when 'audit' then
      -- A cursor names a row by an id of one kind, so the number of the entry stands in it as such an id.
      select jsonb_agg(private.audit_document(page.l) order by (page.l).id desc) into v_rows
      from (
        select l from public.audit_log as l
        where l.customer_id = p_customer_id
          and (p_cursor_id is null or l.id < private.audit_number(p_cursor_id))
        order by l.id desc limit p_limit
      ) as page;
  end case;
  return coalesce(v_rows, '[]');
end;
$$;
comment on function private.customer_record_rows(uuid, text, timestamptz, uuid, integer) is
  'Rows of one section of a customer''s record, newest first, after the cursor.';
revoke all on function private.customer_record_rows(uuid, text, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;

create function private.customer_record_page(
  p_customer_id uuid, p_section text, p_cursor_at timestamptz default null, p_cursor_id uuid default null,
  p_limit integer default 10
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 10), 1), 100);
  v_rows jsonb := private.customer_record_rows(p_customer_id, p_section, p_cursor_at, p_cursor_id, v_limit + 1);
  v_last jsonb := v_rows -> (v_limit - 1);
begin
  if jsonb_array_length(v_rows) <= v_limit then
    return jsonb_build_object('rows', v_rows, 'next_cursor', null);
  end if;
  return jsonb_build_object('rows', v_rows - v_limit, 'next_cursor', jsonb_build_object(
    'at', coalesce(v_last -> 'created_at', v_last -> 'issued_at', v_last -> 'referred_at', v_last -> 'at'),
    'id', case when p_section = 'audit' then to_jsonb(private.audit_cursor((v_last ->> 'id')::bigint)) else v_last -> 'id' end));
end;
$$;
comment on function private.customer_record_page(uuid, text, timestamptz, uuid, integer) is
  'One page of a section of a customer''s record, and the cursor of the next page or null.';
revoke all on function private.customer_record_page(uuid, text, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;

create function private.audit_cursor(p_id bigint)
returns uuid
language sql
immutable
parallel safe
set search_path = ''
as $$
  select lpad(to_hex(p_id), 32, '0')::uuid
$$;
comment on function private.audit_cursor(bigint) is 'The number of an audit row as the id in a cursor.';
revoke all on function private.audit_cursor(bigint) from public, anon, authenticated, service_role;

create function private.audit_number(p_cursor uuid)
returns bigint
language sql
immutable
parallel safe
set search_path = ''
as $$
  select ('x' || right(replace(p_cursor::text, '-', ''), 16))::bit(64)::bigint
$$;
comment on function private.audit_number(uuid) is 'The number of the audit row that private.audit_cursor wrote as an id.';
revoke all on function private.audit_number(uuid) from public, anon, authenticated, service_role;

create function private.referral_of_customer(p_customer_id uuid)
returns public.customer_referrals
language sql
stable
set search_path = ''
as $$
  select r
  from public.customer_referrals as r
  where r.referred_customer_id = p_customer_id
  order by r.status in ('pending', 'active', 'qualified') desc, r.referred_at desc, r.id desc
  limit 1
$$;
comment on function private.referral_of_customer(uuid) is
  'How a customer was referred: the live referral, else the latest one that ended. All null when they never were.';
revoke all on function private.referral_of_customer(uuid) from public, anon, authenticated, service_role;

create function public.admin_get_customer(p_customer_id uuid, p_limit integer default 10)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer public.customers;
  v_referral public.customer_referrals;
begin
  perform private.require_permission('customers:view');
  select c.* into v_customer from public.customers as c where c.id = p_customer_id;
  if v_customer.id is null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  v_referral := private.referral_of_customer(p_customer_id);
  return jsonb_build_object(
    'customer', private.customer_header(v_customer),
    'referred_by', case when v_referral.id is not null then private.explainable_referral(v_referral) end,
    'account', private.account_summary(p_customer_id, now()),
    'facts', private.invoice_preview_facts(p_customer_id),
    'settings', to_jsonb(private.current_billing_settings()) - array['created_by', 'created_at'],
    'pending_rewards', private.reward_balance(p_customer_id) -> 'pending_rewards',
    'stats', private.admin_referral_stats(p_customer_id),
    'sections', (
      select jsonb_object_agg(section, private.customer_record_page(p_customer_id, section, p_limit => p_limit))
      from unnest(array[
        'orders', 'services', 'invoices', 'rewards', 'referrals', 'refused_codes', 'notifications', 'audit'
      ]) as section));
end;
$$;
comment on function public.admin_get_customer(uuid, integer) is
  'Admin with customers:view: one customer with the first page of everything that support needs. Amounts in cents. Raises not_found.';
revoke all on function public.admin_get_customer(uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_customer(uuid, integer) to authenticated;

create function public.admin_list_customer_record(
  p_customer_id uuid, p_section text, p_cursor_at timestamptz default null, p_cursor_id uuid default null,
  p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('customers:view');
  if not exists (select 1 from public.customers as c where c.id = p_customer_id) then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  return private.customer_record_page(p_customer_id, p_section, p_cursor_at, p_cursor_id, p_limit)
    || jsonb_build_object('time_zone', private.billing_time_zone());
end;
$$;
comment on function public.admin_list_customer_record(uuid, text, timestamptz, uuid, integer) is
  'Admin with customers:view: a further page of one section of a customer''s record. Raises not_found.';
revoke all on function public.admin_list_customer_record(uuid, text, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_customer_record(uuid, text, timestamptz, uuid, integer) to authenticated;

-- schemas/173_programme_figures.sql
-- The programme's figures: facts of each day of the billing time zone, and the overview that adds them up.
--
-- Whatever changes a fact names the day in private.touched_days, in the same transaction. A refresh writes the facts of
-- those days anew from the tables; the jobs call it, and so does the overview. A rebuild does it for every day. An order
-- keeps its day: what becomes of it later changes the facts of the day on which it was placed.

create table private.touched_days (day date not null);
comment on table private.touched_days is 'Days whose facts have to be written anew. A day can stand here many times.';
alter table private.touched_days enable row level security;
revoke all on table private.touched_days from public, anon, authenticated, service_role;

create table private.cohort_days (
  day date not null,
  channel text not null,
  package_id uuid not null references public.service_packages (id),
  orders integer not null,
  activated integer not null,
  paid integer not null,
  qualified integer not null,
  under_way integer not null,
  flagged integer not null,
  kept_3 integer not null,
  kept_6 integer not null,
  kept_12 integer not null,
  cost_cents bigint not null,
  unused integer not null,
  primary key (day, channel, package_id)
);
comment on table private.cohort_days is
  'What became of the orders of a day until now, by channel and by the package ordered. Referred orders, and under channel none the first orders of customers whom nobody referred. Amounts in cents.';
comment on column private.cohort_days.activated is 'The service became active, also when the customer has left since.';
comment on column private.cohort_days.paid is 'The customer has paid an invoice in full. A free month is not paid.';
comment on column private.cohort_days.under_way is 'Referrals that are pending or active: they can still qualify.';
comment on column private.cohort_days.kept_3 is
  'Customers with a service that was active before the day 3 months after the order and had not ended by then. Says something only once that day has passed.';
comment on column private.cohort_days.cost_cents is
  'What the earned free months took off invoices, divided among the friends who earned them. Free months given by hand are no part of it.';
comment on column private.cohort_days.unused is 'Qualified friends whose free month is not used yet, or not granted yet.';
create index cohort_days_package on private.cohort_days (package_id);
alter table private.cohort_days enable row level security;
revoke all on table private.cohort_days from public, anon, authenticated, service_role;

create table private.visit_days (
  day date not null,
  channel text not null,
  visits integer not null,
  primary key (day, channel)
);
comment on table private.visit_days is 'How often invitations were opened on a day, by channel.';
alter table private.visit_days enable row level security;
revoke all on table private.visit_days from public, anon, authenticated, service_role;

create table private.activity_days (
  day date primary key,
  friends_activated integer not null,
  friends_qualified integer not null,
  customers_started integer not null,
  customers_stopped integer not null,
  earned integer not null,
  given integer not null,
  earned_applied integer not null,
  given_applied integer not null,
  expired integer not null,
  revoked integer not null,
  earned_waived_cents bigint not null,
  given_waived_cents bigint not null
);
comment on table private.activity_days is
  'What happened on a day, whenever it was ordered. Days on which nothing happened have no row. Amounts in cents.';
comment on column private.activity_days.customers_started is
  'Customers with an active service at the end of the day and without one at the end of the day before. customers_stopped is the reverse; the sum of the differences is the number of active customers.';
comment on column private.activity_days.given is 'Free months granted by hand.';
alter table private.activity_days enable row level security;
revoke all on table private.activity_days from public, anon, authenticated, service_role;

create table private.step_days (
  day date not null,
  step text not null check (step in ('ordered', 'activated', 'qualified', 'used')),
  took_days integer not null,
  friends integer not null,
  primary key (day, step, took_days)
);
comment on table private.step_days is
  'How many calendar days the step took that was reached on a day: from the visit to the order, from there to the active service, from there to counting; and from the earned free month to its use.';
alter table private.step_days enable row level security;
revoke all on table private.step_days from public, anon, authenticated, service_role;

create table private.liability_days (
  day date primary key,
  as_of timestamptz not null,
  rewards integer not null,
  value_cents bigint not null,
  expiring jsonb not null
);
comment on table private.liability_days is
  'What unused free months were worth on a day, and by the month in which they expire. Amounts in cents with VAT.';
alter table private.liability_days enable row level security;
revoke all on table private.liability_days from public, anon, authenticated, service_role;

create index referral_rewards_created on public.referral_rewards (created_at);
create index referral_rewards_applied on public.referral_rewards (applied_at) where applied_at is not null;
create index referral_rewards_revoked on public.referral_rewards (revoked_at) where revoked_at is not null;
create index referral_rewards_expired on public.referral_rewards (expired_at) where expired_at is not null;
create index service_suspensions_suspended on public.service_suspensions (suspended_at);
create index service_suspensions_resumed on public.service_suspensions (resumed_at) where resumed_at is not null;

-- Which days a change touches.

create function private.touch_orders()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  insert into private.touched_days
  select distinct (n.created_at at time zone v_zone)::date from new_rows as n;
  return null;
end;
$$;
comment on function private.touch_orders() is 'Trigger: the days on which orders were placed.';
revoke all on function private.touch_orders() from public, anon, authenticated, service_role;

create function private.touch_visits()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  insert into private.touched_days
  select distinct (n.visited_at at time zone v_zone)::date from new_rows as n;
  return null;
end;
$$;
comment on function private.touch_visits() is 'Trigger: the days on which invitations were opened.';
revoke all on function private.touch_visits() from public, anon, authenticated, service_role;

create function private.touch_referrals()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  insert into private.touched_days
  select distinct (t.at at time zone v_zone)::date
  from new_rows as n
  cross join lateral (
    values (n.referred_at), (n.activated_at), (n.qualified_at)
    union all
    -- A referral that comes after the order takes the order out of those without a code.
    select o.created_at from public.orders as o where o.customer_id = n.referred_customer_id
  ) as t (at)
  where t.at is not null;
  if tg_op = 'UPDATE' then
    insert into private.touched_days
    select distinct (t.at at time zone v_zone)::date
    from old_rows as n cross join lateral (values (n.activated_at), (n.qualified_at)) as t (at)
    where t.at is not null;
  end if;
  return null;
end;
$$;
comment on function private.touch_referrals() is 'Trigger: the day of the order, and the days on which a friend became active or counted, before and after.';
revoke all on function private.touch_referrals() from public, anon, authenticated, service_role;

create function private.touch_customers_of_services(p_customer_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  insert into private.touched_days
  select distinct (t.at at time zone v_zone)::date
  from unnest(p_customer_ids) as c (id)
  cross join lateral (
    select o.created_at from public.orders as o where o.customer_id = c.id
    union all
    select r.referred_at from public.customer_referrals as r where r.referred_customer_id = c.id
  ) as t (at);
end;
$$;
comment on function private.touch_customers_of_services(uuid[]) is 'Names the days on which these customers ordered.';
revoke all on function private.touch_customers_of_services(uuid[]) from public, anon, authenticated, service_role;

create function private.touch_services()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
  v_customers uuid[];
begin
  if tg_op = 'INSERT' then
    insert into private.touched_days
    select distinct (t.at at time zone v_zone)::date
    from new_rows as n cross join lateral (values (n.activated_at), (n.ended_at)) as t (at)
    where t.at is not null;
    v_customers := array(select distinct n.customer_id from new_rows as n where n.activated_at is not null);
  else
    insert into private.touched_days
    select distinct (t.at at time zone v_zone)::date
    from new_rows as n
    join old_rows as o on o.id = n.id
    cross join lateral (values (n.activated_at), (n.ended_at), (o.activated_at), (o.ended_at)) as t (at)
    where t.at is not null
      and (n.activated_at is distinct from o.activated_at or n.ended_at is distinct from o.ended_at);
    v_customers := array(
      select distinct n.customer_id
      from new_rows as n join old_rows as o on o.id = n.id
      where n.activated_at is distinct from o.activated_at or n.ended_at is distinct from o.ended_at);
  end if;
  perform private.touch_customers_of_services(v_customers);
  return null;
end;
$$;
comment on function private.touch_services() is 'Trigger: the days on which services began and ended, and on which their customers ordered.';
revoke all on function private.touch_services() from public, anon, authenticated, service_role;

create function private.touch_suspensions()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  insert into private.touched_days
  select (t.at at time zone v_zone)::date
  from (values (new.suspended_at), (new.resumed_at), (old.suspended_at), (old.resumed_at)) as t (at)
  where t.at is not null;
  return null;
end;
$$;
comment on function private.touch_suspensions() is 'Trigger: the days on which a service was suspended and resumed, before and after.';
revoke all on function private.touch_suspensions() from public, anon, authenticated, service_role;

create function private.touch_rewards()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  insert into private.touched_days
  select distinct (t.at at time zone v_zone)::date
  from new_rows as n
  cross join lateral (
    values (n.created_at), (n.applied_at), (n.revoked_at), (n.expired_at)
    union all
    select r.referred_at from public.customer_referrals as r where r.reward_id = n.id
  ) as t (at)
  where t.at is not null;
  return null;
end;
$$;
comment on function private.touch_rewards() is
  'Trigger: the days on which free months were granted, used, revoked and expired, and on which the friends ordered who earned them.';
revoke all on function private.touch_rewards() from public, anon, authenticated, service_role;

create function private.touch_flags()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  insert into private.touched_days
  select distinct (r.referred_at at time zone v_zone)::date
  from new_rows as n join public.customer_referrals as r on r.id = n.referral_id;
  return null;
end;
$$;
comment on function private.touch_flags() is 'Trigger: the days of the referrals that were flagged.';
revoke all on function private.touch_flags() from public, anon, authenticated, service_role;

create function private.touch_settlements()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_customers uuid[];
begin
  if tg_op = 'INSERT' then
    v_customers := array(
      select distinct n.customer_id from new_rows as n
      where n.outstanding_cents = 0 and n.paid_cents + n.from_account_cents > 0);
  else
    v_customers := array(
      select distinct n.customer_id
      from new_rows as n join old_rows as o on o.invoice_id = n.invoice_id
      where (n.outstanding_cents = 0 and n.paid_cents + n.from_account_cents > 0)
        <> (o.outstanding_cents = 0 and o.paid_cents + o.from_account_cents > 0));
  end if;
  -- Only the first paid invoice of a customer changes a fact, or the last one that is taken back.
  perform private.touch_customers_of_services(array(
    select c.id
    from unnest(v_customers) as c (id)
    where not exists (
      select 1 from public.invoice_settlements as s
      where s.customer_id = c.id and s.outstanding_cents = 0 and s.paid_cents + s.from_account_cents > 0
        and not exists (select 1 from new_rows as n where n.invoice_id = s.invoice_id))));
  return null;
end;
$$;
comment on function private.touch_settlements() is 'Trigger: the days on which customers ordered who paid their first invoice, or whose payment was taken back.';
revoke all on function private.touch_settlements() from public, anon, authenticated, service_role;

create trigger orders_touch_inserted after insert on public.orders
  referencing new table as new_rows for each statement execute function private.touch_orders();
create trigger referral_visits_touch_inserted after insert on public.referral_visits
  referencing new table as new_rows for each statement execute function private.touch_visits();
create trigger customer_referrals_touch_inserted after insert on public.customer_referrals
  referencing new table as new_rows for each statement execute function private.touch_referrals();
create trigger customer_referrals_touch_updated after update on public.customer_referrals
  referencing old table as old_rows new table as new_rows for each statement execute function private.touch_referrals();
create trigger customer_services_touch_inserted after insert on public.customer_services
  referencing new table as new_rows for each statement execute function private.touch_services();
create trigger customer_services_touch_updated after update on public.customer_services
  referencing old table as old_rows new table as new_rows for each statement execute function private.touch_services();
create trigger service_suspensions_touch after insert or update or delete on public.service_suspensions
  for each row execute function private.touch_suspensions();
create trigger referral_rewards_touch_inserted after insert on public.referral_rewards
  referencing new table as new_rows for each statement execute function private.touch_rewards();
create trigger referral_rewards_touch_updated after update on public.referral_rewards
  referencing new table as new_rows for each statement execute function private.touch_rewards();
create trigger referral_flags_touch_inserted after insert on public.referral_flags
  referencing new table as new_rows for each statement execute function private.touch_flags();
create trigger referral_flags_touch_updated after update on public.referral_flags
  referencing new table as new_rows for each statement execute function private.touch_flags();
create trigger invoice_settlements_touch_inserted after insert on public.invoice_settlements
  referencing new table as new_rows for each statement execute function private.touch_settlements();
create trigger invoice_settlements_touch_updated after update on public.invoice_settlements
  referencing old table as old_rows new table as new_rows for each statement execute function private.touch_settlements();

-- The facts of a range of days, from the tables.

create function private.write_cohort_days(p_first date, p_last date, p_zone text)
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_from timestamptz := p_first::timestamp at time zone p_zone;
  v_until timestamptz := (p_last + 1)::timestamp at time zone p_zone;
begin
  delete from private.cohort_days as d where d.day between p_first and p_last;
  insert into private.cohort_days
    (day, channel, package_id, orders, activated, paid, qualified, under_way, flagged, kept_3, kept_6, kept_12, cost_cents, unused)
  select p.day, p.channel, p.package_id, count(*),
    count(*) filter (where case when p.channel = 'none' then s.is_active else p.activated_at is not null end),
    count(*) filter (where exists (
      select 1 from public.invoice_settlements as i
      where i.customer_id = p.customer_id and i.outstanding_cents = 0 and i.paid_cents + i.from_account_cents > 0)),
    count(*) filter (where p.status = 'qualified'),
    count(*) filter (where p.status in ('pending', 'active')),
    count(*) filter (where exists (
      select 1 from public.referral_flags as f where f.referral_id = p.referral_id and f.status <> 'shadow')),
    count(*) filter (where s.kept_3), count(*) filter (where s.kept_6), count(*) filter (where s.kept_12),
    coalesce(sum(w.cost_cents), 0), count(*) filter (where p.status = 'qualified' and coalesce(w.is_unused, true))
  from (
    select (r.referred_at at time zone p_zone)::date as day, r.channel, o.package_id, r.id as referral_id,
      r.referred_customer_id as customer_id, r.order_id, r.status, r.activated_at, r.qualified_at, r.reward_id
    from public.customer_referrals as r join public.orders as o on o.id = r.order_id
    where r.referred_at >= v_from and r.referred_at < v_until
    union all
    select (o.created_at at time zone p_zone)::date, 'none', o.package_id, null, o.customer_id, o.id, null, null, null, null
    from public.orders as o
    where o.created_at >= v_from and o.created_at < v_until
      and not exists (select 1 from public.customer_referrals as r where r.referred_customer_id = o.customer_id)
      and not exists (
        select 1 from public.orders as e where e.customer_id = o.customer_id and (e.created_at, e.id) < (o.created_at, o.id))
  ) as p
  cross join lateral (
    select bool_or(s.order_id = p.order_id) as is_active,
      bool_or(s.activated_at < k.after_3 and (s.ended_at is null or s.ended_at >= k.after_3)) as kept_3,
      bool_or(s.activated_at < k.after_6 and (s.ended_at is null or s.ended_at >= k.after_6)) as kept_6,
      bool_or(s.activated_at < k.after_12 and (s.ended_at is null or s.ended_at >= k.after_12)) as kept_12
    from public.customer_services as s
    cross join (
      select (p.day + interval '3 months') at time zone p_zone as after_3,
        (p.day + interval '6 months') at time zone p_zone as after_6,
        (p.day + interval '12 months') at time zone p_zone as after_12
    ) as k
    where s.customer_id = p.customer_id and s.activated_at is not null
  ) as s
  left join lateral (
    -- The friends who earned a free month share what it took off, to the cent.
    select w.status = 'pending' as is_unused,
      coalesce(w.amount_waived_cents * f.place / f.friends - w.amount_waived_cents * (f.place - 1) / f.friends, 0) as cost_cents
    from public.referral_rewards as w
    cross join lateral (
      select count(*) as friends, count(*) filter (where (f.qualified_at, f.id) <= (p.qualified_at, p.referral_id)) as place
      from public.customer_referrals as f where f.reward_id = w.id
    ) as f
    where w.id = p.reward_id
  ) as w on true
  group by p.day, p.channel, p.package_id;
end;
$$;
comment on function private.write_cohort_days(date, date, text) is 'Writes private.cohort_days anew for these days.';
revoke all on function private.write_cohort_days(date, date, text) from public, anon, authenticated, service_role;

create function private.served_days(p_customer_id uuid, p_zone text)
returns datemultirange
language sql
stable
set search_path = ''
as $$
  select range_agg(v.days)
  from (
    select unnest(
      datemultirange(daterange(
        (s.activated_at at time zone p_zone)::date,
        case when s.ended_at is not null then
          greatest((s.activated_at at time zone p_zone)::date, (s.ended_at at time zone p_zone)::date) end))
      - coalesce((
        select range_agg(daterange(
          (p.suspended_at at time zone p_zone)::date, (p.resumed_at at time zone p_zone)::date))
        from public.service_suspensions as p where p.service_id = s.id), '{}')) as days
    from public.customer_services as s
    where s.customer_id = p_customer_id and s.activated_at is not null
  ) as v
$$;
comment on function private.served_days(uuid, text) is 'The local days at whose end a customer had an active service. Null when there is none.';
revoke all on function private.served_days(uuid, text) from public, anon, authenticated, service_role;

create function private.write_activity_days(p_first date, p_last date, p_zone text)
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_from timestamptz := p_first::timestamp at time zone p_zone;
  v_until timestamptz := (p_last + 1)::timestamp at time zone p_zone;
begin
  delete from private.activity_days as d where d.day between p_first and p_last;
  insert into private.activity_days
    (day, friends_activated, friends_qualified, customers_started, customers_stopped, earned, given, earned_applied,
     given_applied, expired, revoked, earned_waived_cents, given_waived_cents)
  select e.day, count(*) filter (where e.kind = 'activated'), count(*) filter (where e.kind = 'qualified'),
    count(*) filter (where e.kind = 'started'), count(*) filter (where e.kind = 'stopped'),
    count(*) filter (where e.kind = 'granted' and e.is_earned), count(*) filter (where e.kind = 'granted' and not e.is_earned),
    count(*) filter (where e.kind = 'applied' and e.is_earned), count(*) filter (where e.kind = 'applied' and not e.is_earned),
    count(*) filter (where e.kind = 'expired'), count(*) filter (where e.kind = 'revoked'),
    coalesce(sum(e.cents) filter (where e.is_earned), 0), coalesce(sum(e.cents) filter (where not e.is_earned), 0)
  from (
    select 'activated' as kind, (r.activated_at at time zone p_zone)::date as day, null::boolean as is_earned, null::bigint as cents
    from public.customer_referrals as r where r.activated_at >= v_from and r.activated_at < v_until
    union all
    select 'qualified', (r.qualified_at at time zone p_zone)::date, null, null
    from public.customer_referrals as r where r.qualified_at >= v_from and r.qualified_at < v_until
    union all
    select 'granted', (w.created_at at time zone p_zone)::date, w.source = 'earned', null
    from public.referral_rewards as w where w.created_at >= v_from and w.created_at < v_until
    union all
    select 'applied', (w.applied_at at time zone p_zone)::date, w.source = 'earned', w.amount_waived_cents
    from public.referral_rewards as w where w.applied_at >= v_from and w.applied_at < v_until
    union all
    select 'expired', (w.expired_at at time zone p_zone)::date, null, null
    from public.referral_rewards as w where w.expired_at >= v_from and w.expired_at < v_until
    union all
    select 'revoked', (w.revoked_at at time zone p_zone)::date, null, null
    from public.referral_rewards as w where w.revoked_at >= v_from and w.revoked_at < v_until
    union all
    select b.kind, b.day, null, null
    from (
      select s.customer_id from public.customer_services as s where s.activated_at >= v_from and s.activated_at < v_until
      union
      select s.customer_id from public.customer_services as s
      where s.ended_at >= v_from and s.ended_at < v_until and s.activated_at is not null
      union
      select s.customer_id
      from public.service_suspensions as p join public.customer_services as s on s.id = p.service_id
      where (p.suspended_at >= v_from and p.suspended_at < v_until) or (p.resumed_at >= v_from and p.resumed_at < v_until)
    ) as c
    cross join lateral unnest(private.served_days(c.customer_id, p_zone)) as days
    cross join lateral (values ('started', lower(days)), ('stopped', upper(days))) as b (kind, day)
    where b.day between p_first and p_last
  ) as e
  group by e.day;
end;
$$;
comment on function private.write_activity_days(date, date, text) is 'Writes private.activity_days anew for these days.';
revoke all on function private.write_activity_days(date, date, text) from public, anon, authenticated, service_role;

create function private.write_step_days(p_first date, p_last date, p_zone text)
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_from timestamptz := p_first::timestamp at time zone p_zone;
  v_until timestamptz := (p_last + 1)::timestamp at time zone p_zone;
begin
  delete from private.visit_days as d where d.day between p_first and p_last;
  insert into private.visit_days (day, channel, visits)
  select (v.visited_at at time zone p_zone)::date, coalesce(v.via, 'link'), count(*)
  from public.referral_visits as v
  where v.visited_at >= v_from and v.visited_at < v_until
  group by 1, 2;
  delete from private.step_days as d where d.day between p_first and p_last;
  insert into private.step_days (day, step, took_days, friends)
  select t.day, t.step, t.day - t.before, count(*)
  from (
    select 'ordered' as step, (r.referred_at at time zone p_zone)::date as day, (r.visited_at at time zone p_zone)::date as before
    from public.customer_referrals as r
    where r.referred_at >= v_from and r.referred_at < v_until and r.visited_at is not null
    union all
    select 'activated', (r.activated_at at time zone p_zone)::date, (r.referred_at at time zone p_zone)::date
    from public.customer_referrals as r where r.activated_at >= v_from and r.activated_at < v_until
    union all
    select 'qualified', (r.qualified_at at time zone p_zone)::date, (r.activated_at at time zone p_zone)::date
    from public.customer_referrals as r where r.qualified_at >= v_from and r.qualified_at < v_until
    union all
    select 'used', (w.applied_at at time zone p_zone)::date, (w.created_at at time zone p_zone)::date
    from public.referral_rewards as w
    where w.applied_at >= v_from and w.applied_at < v_until and w.source = 'earned'
  ) as t
  group by t.day, t.step, t.before;
end;
$$;
comment on function private.write_step_days(date, date, text) is 'Writes private.visit_days and private.step_days anew for these days.';
revoke all on function private.write_step_days(date, date, text) from public, anon, authenticated, service_role;

create function private.write_program_days(p_first date, p_last date)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  perform private.write_cohort_days(p_first, p_last, v_zone);
  perform private.write_activity_days(p_first, p_last, v_zone);
  perform private.write_step_days(p_first, p_last, v_zone);
end;
$$;
comment on function private.write_program_days(date, date) is 'Writes all facts of these days anew from the tables.';
revoke all on function private.write_program_days(date, date) from public, anon, authenticated, service_role;

create function private.liability_now(p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with months as (
    select date_trunc('month', o.last_day)::date as month, count(*) as rewards, sum(o.value_cents)::bigint as value_cents
    from private.owed_rewards(p_as_of) as o
    group by 1
  )
  select jsonb_build_object(
    'as_of', p_as_of, 'rewards', coalesce(sum(m.rewards), 0), 'value_cents', coalesce(sum(m.value_cents), 0),
    'expiring', coalesce(jsonb_agg(to_jsonb(m) order by m.month), '[]'))
  from months as m
$$;
comment on function private.liability_now(timestamptz) is
  'What unused free months are worth at p_as_of, and by the month in which they expire. Amounts in cents with VAT.';
revoke all on function private.liability_now(timestamptz) from public, anon, authenticated, service_role;

create function private.keep_liability(p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_now jsonb;
begin
  if exists (select 1 from private.liability_days as d where d.as_of > p_as_of - interval '1 hour') then
    return;
  end if;
  v_now := private.liability_now(p_as_of);
  insert into private.liability_days as d (day, as_of, rewards, value_cents, expiring)
  values (
    private.local_date(p_as_of, private.billing_time_zone()), p_as_of, (v_now ->> 'rewards')::integer,
    (v_now ->> 'value_cents')::bigint, v_now -> 'expiring')
  on conflict (day) do update
  set as_of = excluded.as_of, rewards = excluded.rewards, value_cents = excluded.value_cents, expiring = excluded.expiring;
end;
$$;
comment on function private.keep_liability(timestamptz) is 'Keeps what unused free months are worth, once an hour.';
revoke all on function private.keep_liability(timestamptz) from public, anon, authenticated, service_role;

create function private.refresh_program_days(p_first date, p_last date, p_budget interval)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_began timestamptz := clock_timestamp();
  v_days date[];
  v_run record;
  v_left date[] := '{}';
  v_written integer := 0;
begin
  with taken as (delete from private.touched_days as t returning t.day)
  select array_agg(distinct t.day) into v_days from taken as t;
  -- Neighbours are written together, at most 31 days at once. The days that are asked for come first.
  for v_run in
    select min(d.day) as first_day, max(d.day) as last_day, array_agg(d.day) as days
    from (
      select t.day, t.day - (row_number() over (order by t.day))::integer as island, (row_number() over (order by t.day) / 31) as part
      from unnest(v_days) as t (day)
    ) as d
    group by d.island, d.part
    order by max(d.day) >= p_first and min(d.day) <= p_last desc, max(d.day) desc
  loop
    if clock_timestamp() > v_began + p_budget then
      v_left := v_left || v_run.days;
    else
      perform private.write_program_days(v_run.first_day, v_run.last_day);
      v_written := v_written + cardinality(v_run.days);
    end if;
  end loop;
  insert into private.touched_days select t.day from unnest(v_left) as t (day);
  return v_written;
end;
$$;
comment on function private.refresh_program_days(date, date, interval) is
  'Writes the facts of the touched days anew, those between p_first and p_last first, until p_budget is used up; the others wait for the next time. The caller holds the lock private.program_days_lock. Returns how many were written.';
revoke all on function private.refresh_program_days(date, date, interval) from public, anon, authenticated, service_role;

create function private.program_days_lock()
returns bigint
language sql
immutable
parallel safe
set search_path = ''
as $$
  select 7301733::bigint
$$;
comment on function private.program_days_lock() is 'The advisory lock of whoever writes the facts of days.';
revoke all on function private.program_days_lock() from public, anon, authenticated, service_role;

create function public.refresh_program_days(p_as_of timestamptz default now())
returns integer
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '10min'
as $$
declare
  v_written integer;
begin
  if not pg_try_advisory_xact_lock(private.program_days_lock()) then
    return 0;
  end if;
  v_written := private.refresh_program_days('-infinity', 'infinity', interval '4 seconds');
  perform private.keep_liability(p_as_of);
  return v_written;
end;
$$;
comment on function public.refresh_program_days(timestamptz) is
  'Server: writes the facts of the days that changes touched anew, for a few seconds. Returns how many days were written; 0 when all are, or somebody else is at it.';
revoke all on function public.refresh_program_days(timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.refresh_program_days(timestamptz) to service_role;

create function public.rebuild_program_days()
returns void
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60min'
as $$
begin
  perform pg_advisory_xact_lock(private.program_days_lock());
  delete from private.touched_days;
  perform private.write_program_days('0001-01-01', '9999-12-31');
end;
$$;
comment on function public.rebuild_program_days() is
  'Server: writes the facts of all days anew from the tables: after a restore of parts, or a change of the billing time zone.';
revoke all on function public.rebuild_program_days() from public, anon, authenticated, service_role;
grant execute on function public.rebuild_program_days() to service_role;

-- The overview.

create function private.program_figures(p_first date, p_last date)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with cohort as (
    select coalesce(sum(d.orders), 0)::bigint as orders, coalesce(sum(d.activated), 0)::bigint as orders_active,
      coalesce(sum(d.paid), 0)::bigint as orders_paid, coalesce(sum(d.qualified), 0)::bigint as orders_qualified,
      coalesce(sum(d.under_way), 0)::bigint as orders_under_way, coalesce(sum(d.flagged), 0)::bigint as flagged,
      coalesce(sum(d.cost_cents), 0)::bigint as cohort_cost_cents, coalesce(sum(d.unused), 0)::bigint as cohort_unused
    from private.cohort_days as d
    where d.day between p_first and p_last and d.channel <> 'none'
  ), activity as (
    select coalesce(sum(d.friends_activated), 0)::bigint as active, coalesce(sum(d.friends_qualified), 0)::bigint as qualified,
      coalesce(sum(d.earned), 0)::bigint as rewards_earned, coalesce(sum(d.given), 0)::bigint as rewards_given,
      coalesce(sum(d.earned_applied + d.given_applied), 0)::bigint as rewards_applied,
      coalesce(sum(d.earned_waived_cents), 0)::bigint as earned_waived_cents,
      coalesce(sum(d.given_waived_cents), 0)::bigint as given_waived_cents
    from private.activity_days as d
    where d.day between p_first and p_last
  ), standing as (
    select coalesce(sum(d.customers_started - d.customers_stopped), 0)::bigint as active_customers,
      coalesce(sum(d.earned + d.given - d.earned_applied - d.given_applied - d.expired - d.revoked), 0)::bigint as rewards_pending
    from private.activity_days as d
    where d.day <= p_last
  )
  select to_jsonb(c) || to_jsonb(a) || to_jsonb(s) || jsonb_build_object(
    'visits', (select coalesce(sum(v.visits), 0) from private.visit_days as v where v.day between p_first and p_last),
    'rewards_granted', a.rewards_earned + a.rewards_given,
    'waived_cents', a.earned_waived_cents + a.given_waived_cents,
    'k_factor', case when s.active_customers > 0 then round(a.active::numeric / s.active_customers, 4) end,
    'cost_per_qualified_cents', case when c.orders_qualified > 0 then round(c.cohort_cost_cents::numeric / c.orders_qualified)::bigint end,
    'flag_bps', case when c.orders > 0 then round(c.flagged * 10000.0 / c.orders)::integer end)
  from cohort as c, activity as a, standing as s
$$;
comment on function private.program_figures(date, date) is
  'The programme''s figures for whole days, both included; amounts in cents. orders and what became of them are those of the referred orders of these days; active, qualified and rewards are what happened on these days.';
revoke all on function private.program_figures(date, date) from public, anon, authenticated, service_role;

create function private.program_bars(p_first date, p_last date)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with unit as (
    select case when p_last - p_first < 31 then 'day' else 'week' end as name
  ), bars as (
    select g.start::date as start, case when u.name = 'day' then 1 else 7 end as whole_days
    from unit as u
    cross join lateral generate_series(
      date_trunc(u.name, p_first::timestamp), p_last, case when u.name = 'day' then interval '1 day' else interval '1 week' end
    ) as g (start)
  )
  select jsonb_build_object('unit', (select u.name from unit as u), 'items', coalesce(jsonb_agg(jsonb_build_object(
    'start', b.start, 'days', least(b.start + b.whole_days - 1, p_last) - greatest(b.start, p_first) + 1,
    'whole_days', b.whole_days, 'orders', f.orders, 'qualified', f.qualified, 'under_way', f.under_way) order by b.start), '[]'))
  from bars as b
  cross join lateral (
    select coalesce(sum(d.orders), 0) as orders, coalesce(sum(d.qualified), 0) as qualified, coalesce(sum(d.under_way), 0) as under_way
    from private.cohort_days as d
    where d.day between greatest(b.start, p_first) and least(b.start + b.whole_days - 1, p_last) and d.channel <> 'none'
  ) as f
$$;
comment on function private.program_bars(date, date) is
  'The referred orders by day, or by week from Monday when there are more than 31 days, and how many of a bar''s days are in the period.';
revoke all on function private.program_bars(date, date) from public, anon, authenticated, service_role;

create function private.program_steps(p_first date, p_last date)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(m.step, jsonb_build_object('friends', m.friends, 'median_days', m.median_days)), '{}')
  from (
    select c.step, max(c.total) as friends, min(c.took_days) filter (where c.until_here * 2 >= c.total) as median_days
    from (
      select s.step, s.took_days,
        sum(s.friends) over (partition by s.step order by s.took_days) as until_here,
        sum(s.friends) over (partition by s.step) as total
      from (
        select d.step, d.took_days, sum(d.friends)::bigint as friends
        from private.step_days as d
        where d.day between p_first and p_last
        group by d.step, d.took_days
      ) as s
    ) as c
    group by c.step
  ) as m
$$;
comment on function private.program_steps(date, date) is
  'The median of the calendar days that each step took which was reached in these days: half of them took so many or fewer.';
revoke all on function private.program_steps(date, date) from public, anon, authenticated, service_role;

create function private.program_channels(p_first date, p_last date)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(c) order by c.orders desc, c.visits desc, c.channel), '[]')
  from (
    select f.channel, sum(f.visits)::bigint as visits, sum(f.orders)::bigint as orders, sum(f.activated)::bigint as activated,
      sum(f.qualified)::bigint as qualified, sum(f.under_way)::bigint as under_way
    from (
      select d.channel, 0 as visits, d.orders, d.activated, d.qualified, d.under_way
      from private.cohort_days as d where d.day between p_first and p_last and d.channel <> 'none'
      union all
      select v.channel, v.visits, 0, 0, 0, 0 from private.visit_days as v where v.day between p_first and p_last
    ) as f
    group by f.channel
  ) as c
$$;
comment on function private.program_channels(date, date) is 'Visits and referred orders of these days by the way on which the code came.';
revoke all on function private.program_channels(date, date) from public, anon, authenticated, service_role;

create function private.program_packages(p_first date, p_last date)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(f) order by f.orders desc, f.name), '[]')
  from (
    select p.id, p.name, sum(d.orders)::bigint as orders, sum(d.activated)::bigint as activated, sum(d.paid)::bigint as paid,
      sum(d.qualified)::bigint as qualified, sum(d.under_way)::bigint as under_way
    from private.cohort_days as d join public.service_packages as p on p.id = d.package_id
    where d.day between p_first and p_last and d.channel <> 'none'
    group by p.id
  ) as f
$$;
comment on function private.program_packages(date, date) is 'The referred orders of these days by the package ordered.';
revoke all on function private.program_packages(date, date) from public, anon, authenticated, service_role;

create function private.program_cohorts(p_last date, p_today date)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'month', m.month, 'is_referred', m.is_referred, 'days', m.days, 'orders', m.orders, 'activated', m.activated,
    'paid', m.paid, 'qualified', m.qualified, 'under_way', m.under_way,
    'kept', jsonb_build_array(
      jsonb_build_object('months', 3, 'of', m.of_3, 'kept', m.kept_3),
      jsonb_build_object('months', 6, 'of', m.of_6, 'kept', m.kept_6),
      jsonb_build_object('months', 12, 'of', m.of_12, 'kept', m.kept_12))) order by m.month desc, m.is_referred desc), '[]')
  from (
    select b.month, d.channel <> 'none' as is_referred, min(least(p_last, b.month_end) - b.month + 1) as days,
      sum(d.orders)::bigint as orders, sum(d.activated)::bigint as activated, sum(d.paid)::bigint as paid,
      sum(d.qualified)::bigint as qualified, sum(d.under_way)::bigint as under_way,
      coalesce(sum(d.activated) filter (where d.day + interval '3 months' <= p_today), 0)::bigint as of_3,
      coalesce(sum(d.kept_3) filter (where d.day + interval '3 months' <= p_today), 0)::bigint as kept_3,
      coalesce(sum(d.activated) filter (where d.day + interval '6 months' <= p_today), 0)::bigint as of_6,
      coalesce(sum(d.kept_6) filter (where d.day + interval '6 months' <= p_today), 0)::bigint as kept_6,
      coalesce(sum(d.activated) filter (where d.day + interval '12 months' <= p_today), 0)::bigint as of_12,
      coalesce(sum(d.kept_12) filter (where d.day + interval '12 months' <= p_today), 0)::bigint as kept_12
    from private.cohort_days as d
    cross join lateral (
      select date_trunc('month', d.day)::date as month,
        (date_trunc('month', d.day) + interval '1 month')::date - 1 as month_end
    ) as b
    where d.day >= date_trunc('month', p_last) - interval '17 months' and d.day <= p_last
    group by b.month, d.channel <> 'none'
  ) as m
$$;
comment on function private.program_cohorts(date, date) is
  'The orders of the 18 months until p_last by month, those of referred friends against those of customers without a code: how many became active, paid, qualified, and were still customers after 3, 6 and 12 months, among those activated for whom that day has come.';
revoke all on function private.program_cohorts(date, date) from public, anon, authenticated, service_role;

create function private.program_liability(p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_kept private.liability_days;
  v_pending integer;
begin
  select count(*) into v_pending
  from (select 1 from public.referral_rewards as w where w.status = 'pending' limit 2001) as first_ones;
  select d.* into v_kept from private.liability_days as d order by d.as_of desc limit 1;
  if v_pending <= 2000 or v_kept.day is null then
    return private.liability_now(p_as_of);
  end if;
  return to_jsonb(v_kept) - 'day';
end;
$$;
comment on function private.program_liability(timestamptz) is
  'What unused free months are worth: now while there are few, else as the job counted it within the last hour.';
revoke all on function private.program_liability(timestamptz) from public, anon, authenticated, service_role;

create function private.program_period(
  p_days integer, p_from date, p_to date, out first_day date, out last_day date, out today date
)
language plpgsql
stable
set search_path = ''
as $$
begin
  today := private.local_date(now(), private.billing_time_zone());
  last_day := coalesce(p_to, case when p_from = today then today else today - 1 end);
  first_day := coalesce(p_from, last_day - coalesce(p_days, 30) + 1);
  if last_day < first_day or last_day > today or last_day - first_day >= 3660 or first_day < '2000-01-01' then
    perform private.fail(400, 'invalid_request', 'days');
  end if;
end;
$$;
comment on function private.program_period(integer, date, date) is
  'The whole local days that are asked for, both included: those named, else the p_days until yesterday. Today is part of them only where it is named. Raises invalid_request for days that end before they begin, lie ahead, or are more than ten years.';
revoke all on function private.program_period(integer, date, date) from public, anon, authenticated, service_role;

create function public.get_program_metrics(
  p_days integer default 30, p_from date default null, p_to date default null, p_compare text default 'previous'
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
as $$
declare
  v_zone text := private.billing_time_zone();
  v_first date;
  v_last date;
  v_today date;
  v_back date;
  v_back_to date;
begin
  perform private.require_permission('customers:view');
  select p.* into v_first, v_last, v_today from private.program_period(p_days, p_from, p_to) as p;
  case p_compare
    when 'previous' then
      v_back := v_first - (v_last - v_first + 1);
      v_back_to := v_first - 1;
    when 'year' then
      v_back := (v_first - interval '1 year')::date;
      v_back_to := v_back + (v_last - v_first);
    when 'none' then
      v_back := null;
    else
      perform private.fail(400, 'invalid_request', 'compare');
  end case;
  if pg_try_advisory_xact_lock(private.program_days_lock()) then
    perform private.refresh_program_days(coalesce(v_back, v_first), v_last, interval '1 second');
  end if;
  return jsonb_build_object(
    'as_of', now(), 'time_zone', v_zone, 'currency', (private.current_billing_settings()).currency,
    'from', private.start_of_day(v_first, v_zone), 'to', private.start_of_day(v_last + 1, v_zone),
    'first_day', v_first, 'last_day', v_last, 'days', v_last - v_first + 1, 'includes_today', v_last = v_today,
    'is_current', not exists (select 1 from private.touched_days),
    'compare', p_compare, 'previous_first_day', v_back, 'previous_last_day', v_back_to,
    'qualifying_days', (private.current_terms()).qualifying_days,
    'current', private.program_figures(v_first, v_last),
    'previous', case when v_back is not null then private.program_figures(v_back, v_back_to) end,
    'bars', private.program_bars(v_first, v_last),
    'steps', private.program_steps(v_first, v_last),
    'channels', private.program_channels(v_first, v_last),
    'packages', private.program_packages(v_first, v_last),
    'cohorts', private.program_cohorts(v_last, v_today),
    'liability', private.program_liability(now()),
    'queues', jsonb_build_object(
      'review', (select count(distinct f.referral_id) from public.referral_flags as f where f.status = 'open'),
      'orders_pending', (select count(*) from public.orders as o where o.is_open and o.status = 'pending'),
      'orders_installing', (select count(*) from public.orders as o where o.is_open and o.status = 'installing'),
      'failed_mails', (select count(*) from public.notifications as n where n.status = 'failed'),
      'queued_mails', (select count(*) from public.notifications as n where n.status = 'queued')),
    'last_billing_run', (
      select to_jsonb(b) - array['cursor_customer_id', 'started_by']
      from public.billing_runs as b order by b.started_at desc, b.id desc limit 1)
  );
end;
$$;
comment on function public.get_program_metrics(integer, date, date, text) is
  'Admin with customers:view: the programme''s figures for whole days of the billing time zone, both included, against the same number of days before (previous), the same days a year before (year), or nothing (none). Amounts in cents. Raises invalid_request.';
revoke all on function public.get_program_metrics(integer, date, date, text)
  from public, anon, authenticated, service_role;
grant execute on function public.get_program_metrics(integer, date, date, text) to authenticated;

create function public.get_top_referrers(p_days integer default 30, p_from date default null, p_to date default null)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
set plan_cache_mode = force_custom_plan
as $$
declare
  v_zone text := private.billing_time_zone();
  v_first date;
  v_last date;
begin
  perform private.require_permission('customers:view');
  select p.first_day, p.last_day into v_first, v_last from private.program_period(p_days, p_from, p_to) as p;
  return (
    with made as (
      select r.referrer_id, count(*) as referrals, count(*) filter (where r.status = 'qualified') as qualified
      from public.customer_referrals as r
      where r.referred_at >= private.start_of_day(v_first, v_zone) and r.referred_at < private.start_of_day(v_last + 1, v_zone)
      group by r.referrer_id
    ), best as (
      select m.* from made as m order by m.qualified desc, m.referrals desc, m.referrer_id limit 10
    )
    select jsonb_build_object('referrers', (select count(*) from made), 'top', coalesce((
      select jsonb_agg(jsonb_build_object('id', c.id, 'name', c.full_name, 'referrals', b.referrals, 'qualified', b.qualified)
        order by b.qualified desc, b.referrals desc, b.referrer_id)
      from best as b join public.customers as c on c.id = b.referrer_id), '[]')));
end;
$$;
comment on function public.get_top_referrers(integer, date, date) is
  'Admin with customers:view: how many customers referred somebody on these days, both included, and the ten whose friends of these days count most. Raises invalid_request.';
revoke all on function public.get_top_referrers(integer, date, date) from public, anon, authenticated, service_role;
grant execute on function public.get_top_referrers(integer, date, date) to authenticated;

-- schemas/174_search.sql
-- Find anything: customers, orders and documents for the admin's search field.

create function private.find_customers(p_q text, p_limit integer)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_found jsonb;
begin
  -- Among many the best few are chosen from the first hundred: the person goes on typing.
  execute format($q$
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', b.id, 'name', b.full_name, 'email', b.email, 'phone', b.phone, 'referral_code', b.referral_code)
      order by b.place, b.created_at desc, b.id), '[]')
    from (
      select c.*, case
        when private.folded(c.full_name) = $1 or lower(c.email) = $1 then 1
        when starts_with(private.folded(c.full_name), $1) then 2
        when starts_with(private.folded(c.last_name), $1) then 3
        else 4 end as place
      from (select c.* from public.customers as c where %s limit 100) as c
      order by place, c.created_at desc, c.id
      limit $2
    ) as b $q$, private.customer_condition(p_q))
  into v_found using private.folded(p_q), p_limit;
  return v_found;
end;
$$;
comment on function private.find_customers(text, integer) is 'The customers that a search finds, those first whose name starts with it.';
revoke all on function private.find_customers(text, integer) from public, anon, authenticated, service_role;

create function private.find_orders(p_q text)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'order_number', o.order_number, 'status', o.status, 'customer_id', c.id, 'customer_name', c.full_name)), '[]')
  from public.orders as o join public.customers as c on c.id = o.customer_id
  where o.order_number = private.order_number_of(p_q)
$$;
comment on function private.find_orders(text) is 'The order with this number, as people say or type it.';
revoke all on function private.find_orders(text) from public, anon, authenticated, service_role;

create function private.numbers_meant(p_q text)
returns text[]
language sql
stable
set search_path = ''
as $$
  -- All of it, or only the digits at its end: the number in each series and year.
  select case
    when btrim(p_q) ~ '^[0-9]{1,9}$' then array(
      select s.series || '-' || s.year || '-' || lpad(btrim(p_q), 6, '0') from public.invoice_series as s)
    when btrim(p_q) ~* '^[a-z]{1,10}[- ]?[0-9]{4}[- ]?[0-9]{1,9}$' then array(
      select upper(m.part[1]) || '-' || m.part[2] || '-' || lpad(m.part[3], 6, '0')
      from regexp_matches(btrim(p_q), '^([A-Za-z]{1,10})[- ]?([0-9]{4})[- ]?([0-9]{1,9})$') as m (part))
    else '{}'
  end
$$;
comment on function private.numbers_meant(text) is 'The numbers of invoices and credit notes that a text can mean.';
revoke all on function private.numbers_meant(text) from public, anon, authenticated, service_role;

create function private.find_documents(p_q text, p_limit integer)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(f) order by f.issued_at desc, f.number), '[]')
  from (
    select d.kind, d.number, d.issued_at, c.id as customer_id, c.full_name as customer_name
    from (
      select 'invoice' as kind, i.invoice_number as number, i.issued_at, i.customer_id
      from public.customer_invoices as i where i.invoice_number = any (private.numbers_meant(p_q))
      union all
      select 'credit_note', n.credit_note_number, n.issued_at, n.customer_id
      from public.credit_notes as n where n.credit_note_number = any (private.numbers_meant(p_q))
    ) as d
    join public.customers as c on c.id = d.customer_id
    order by d.issued_at desc, d.number
    limit p_limit
  ) as f
$$;
comment on function private.find_documents(text, integer) is 'The invoices and credit notes whose number a text can mean, newest first.';
revoke all on function private.find_documents(text, integer) from public, anon, authenticated, service_role;

create function public.admin_search(p_q text, p_limit integer default 8)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 8), 1), 20);
  v_q text := btrim(coalesce(p_q, ''));
begin
  perform private.require_permission('customers:view');
  if length(v_q) not between 1 and 120 then
    perform private.fail(400, 'invalid_request', 'q');
  end if;
  return jsonb_build_object(
    'customers', private.find_customers(v_q, v_limit),
    'orders', private.find_orders(v_q),
    'documents', private.find_documents(v_q, v_limit));
end;
$$;
comment on function public.admin_search(text, integer) is
  'Admin with customers:view: customers by parts of name, e-mail, phone or code in any order and without accents, the order with a number, and documents by number. Raises invalid_request.';
revoke all on function public.admin_search(text, integer) from public, anon, authenticated, service_role;
grant execute on function public.admin_search(text, integer) to authenticated;

-- schemas/175_monitoring.sql
-- Monitoring: what the jobs did last, what the check of the invariants found, and how long requests took. From these come
-- the metrics and the list of what needs a person.

create table public.job_states (
  job text primary key check (job in ('billing', 'qualify', 'expire', 'notify', 'verify')),
  late_after interval not null check (late_after > interval '0'),
  last_run_at timestamptz,
  last_success_at timestamptz,
  last_duration_ms bigint check (last_duration_ms >= 0),
  runs bigint not null default 0,
  failures bigint not null default 0,
  unbilled bigint not null default 0 check (unbilled >= 0)
);
comment on table public.job_states is
  'One row per job: its last run, by the clock of the database, and how often it ran and failed. A job is late when its last success is older than late_after.';
comment on column public.job_states.unbilled is
  'How many months of services the job found unbilled. See private.unbilled_now().';

alter table public.job_states enable row level security;
revoke all on table public.job_states from public, anon, authenticated, service_role;
grant select on table public.job_states to service_role;

insert into public.job_states (job, late_after) values
  ('notify', '15 minutes'), ('qualify', '3 hours'), ('expire', '3 hours'), ('billing', '36 hours'), ('verify', '36 hours');

create function public.record_job_run(p_job text, p_ok boolean, p_duration_ms bigint)
returns void
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  update public.job_states as j
  set last_run_at = now(), last_duration_ms = p_duration_ms,
    last_success_at = case when p_ok then now() else j.last_success_at end,
    runs = j.runs + 1, failures = j.failures + case when p_ok then 0 else 1 end
  where j.job = p_job;
  if not found then
    perform private.fail(404, 'not_found', 'job');
  end if;
end;
$$;
comment on function public.record_job_run(text, boolean, bigint) is
  'Server: a job has ended now, with success or not, after so many milliseconds. Raises not_found.';
revoke all on function public.record_job_run(text, boolean, bigint) from public, anon, authenticated, service_role;
grant execute on function public.record_job_run(text, boolean, bigint) to service_role;

create table public.verifications (
  id bigint primary key generated always as identity,
  verified_at timestamptz not null default now(),
  violations integer not null check (violations >= 0),
  by_invariant jsonb not null default '{}' check (jsonb_typeof(by_invariant) = 'object')
);
comment on table public.verifications is
  'What each run of the verify job found: how many violations, and how many of each invariant. Kept for 13 months.';

create index verifications_verified on public.verifications (verified_at);

alter table public.verifications enable row level security;
revoke all on table public.verifications from public, anon, authenticated, service_role;
revoke all on sequence public.verifications_id_seq from public, anon, authenticated, service_role;
grant select on table public.verifications to service_role;

create function public.record_verification(
  p_violations integer, p_by_invariant jsonb, p_rules jsonb, p_alert_email text, p_as_of timestamptz default now()
)
returns void
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  insert into public.verifications (violations, by_invariant) values (p_violations, p_by_invariant);
  if p_violations > 0 then
    perform private.enqueue_mail(
      'invariants_violated', p_alert_email, null,
      jsonb_build_object('violations', p_violations, 'rules', p_rules),
      'invariants_violated:' || private.local_date(p_as_of, private.billing_time_zone()), p_as_of);
  end if;
end;
$$;
comment on function public.record_verification(integer, jsonb, jsonb, text, timestamptz) is
  'Server: keeps what a check of all invariants found, and mails the admins once a day which rules are broken: [{invariant, rule, count}].';
revoke all on function public.record_verification(integer, jsonb, jsonb, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.record_verification(integer, jsonb, jsonb, text, timestamptz) to service_role;

create table public.request_durations (
  day date not null,
  up_to_ms integer not null check (up_to_ms > 0),
  hits bigint not null check (hits >= 0),
  primary key (day, up_to_ms)
);
comment on table public.request_durations is
  'How many requests of all processes were answered on a day of the billing zone within so many milliseconds, and not within the next smaller bound. The last bound, 60000, holds the slower ones too. Kept for 13 months.';

alter table public.request_durations enable row level security;
revoke all on table public.request_durations from public, anon, authenticated, service_role;
grant select on table public.request_durations to service_role;

create function public.record_request_durations(p_hits jsonb)
returns void
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  -- In the order of the key, so that two processes do not wait for each other.
  insert into public.request_durations as d (day, up_to_ms, hits)
  select private.local_date(now(), private.billing_time_zone()), h.up_to_ms::integer, h.hits::bigint
  from jsonb_each_text(p_hits) as h (up_to_ms, hits)
  where h.hits::bigint > 0
  order by h.up_to_ms::integer
  on conflict (day, up_to_ms) do update set hits = d.hits + excluded.hits;
end;
$$;
comment on function public.record_request_durations(jsonb) is
  'Server: adds what one process has answered since it last did so: {"50": 12, "100": 3}, requests by upper bound in milliseconds.';
revoke all on function public.record_request_durations(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.record_request_durations(jsonb) to service_role;

create function private.request_p95_ms(p_from date, p_to date)
returns integer
language sql
stable
set search_path = ''
as $$
  with hits as (
    select d.up_to_ms, sum(d.hits) as hits
    from public.request_durations as d
    where d.day >= p_from and d.day < p_to
    group by d.up_to_ms
  ), summed as (
    select h.up_to_ms, h.hits, sum(h.hits) over (order by h.up_to_ms) as until_here, sum(h.hits) over () as total,
      coalesce(lag(h.up_to_ms) over (order by h.up_to_ms), 0) as above_ms
    from hits as h
  )
  -- Within a bound the requests count as spread evenly.
  select ceil(s.above_ms + (s.up_to_ms - s.above_ms) * (s.total * 0.95 - (s.until_here - s.hits)) / s.hits)::integer
  from summed as s
  where s.until_here >= s.total * 0.95
  order by s.up_to_ms
  limit 1
$$;
comment on function private.request_p95_ms(date, date) is
  'The milliseconds within which 95 of 100 requests of the half-open days were answered, at most. Null without requests.';
revoke all on function private.request_p95_ms(date, date) from public, anon, authenticated, service_role;

create function private.unbilled_now()
returns bigint
language plpgsql
stable
set search_path = ''
as $$
begin
  -- Counting reads all services. It is done only after the hourly job has found some.
  if not exists (select 1 from public.job_states as j where j.unbilled > 0) then
    return 0;
  end if;
  return (select count(*) from private.unbilled_service_months);
end;
$$;
comment on function private.unbilled_now() is
  'How many months of services are unbilled. What becomes unbilled shows within the hour, what is billed shows at once.';
revoke all on function private.unbilled_now() from public, anon, authenticated, service_role;

create function private.note_unbilled(p_count bigint)
returns void
language sql
set search_path = ''
as $$
  update public.job_states set unbilled = p_count where job = 'expire' and unbilled <> p_count
$$;
comment on function private.note_unbilled(bigint) is 'Keeps how many months of services a job found unbilled.';
revoke all on function private.note_unbilled(bigint) from public, anon, authenticated, service_role;

create function private.late_mails(out mails bigint, out since timestamptz)
language sql
stable
set search_path = ''
as $$
  select count(*), min(n.next_attempt_at)
  from public.notifications as n
  where n.status in ('queued', 'sending') and n.next_attempt_at < now() - interval '15 minutes'
$$;
comment on function private.late_mails() is 'Mails that have been due for more than 15 minutes.';
revoke all on function private.late_mails() from public, anon, authenticated, service_role;

create function private.attention_items()
returns table (kind text, permission text, count bigint, since timestamptz, job text, cause text)
language sql
stable
set search_path = ''
as $$
  select 'violations', 'audit:view', v.violations::bigint, v.verified_at, null::text, null::text
  from (select * from public.verifications as l order by l.id desc limit 1) as v
  where v.violations > 0
  union all
  select 'restore_open', 'customers:view', count(*), min(r.restored_at), null, null
  from public.restores as r where r.released_at is null having count(*) > 0
  union all
  select case s.name when 'mail' then 'mail_held' else 'rewards_off' end, 'customers:view', null, w.created_at, null, null
  from (values ('mail'), ('rewards')) as s (name)
  left join lateral (
    select x.created_at from public.switches as x where x.name = s.name order by x.id desc limit 1
  ) as w on true
  where not private.switch_is_on(s.name)
  union all
  select 'programme_paused', 'customers:view', null, coalesce(t.effective_at, t.created_at), null, null
  from private.current_terms() as t where t.is_paused
  union all
  select 'unbilled', 'customers:view', u.count, null, null, null
  from private.unbilled_now() as u (count) where u.count > 0
  union all
  select 'run_interrupted', 'customers:view', null, b.heartbeat_at, null, null
  from public.billing_runs as b where b.status = 'running' and private.billing_run_is_interrupted(b)
  union all
  select 'mail_outage', 'customers:view', (
      select count(*) from public.notifications as n where n.status in ('queued', 'sending')),
    g.opened_at, null, g.cause
  from public.mail_gate as g where g.opened_at is not null
  union all
  select 'mails_failed', 'customers:view', count(*), min(n.created_at), null, null
  from public.notifications as n
  where n.status = 'failed' having count(*) > 0
  union all
  select 'mails_late', 'customers:view', l.mails, l.since, null, null
  from private.late_mails() as l where l.mails > 0 and private.switch_is_on('mail')
    and not exists (select 1 from public.mail_gate as g where g.opened_at is not null)
  union all
  select 'job_late', 'audit:view', null, j.last_success_at, j.job, null
  from public.job_states as j
  where j.last_run_at is not null and coalesce(j.last_success_at, '-infinity') < now() - j.late_after
$$;
comment on function private.attention_items() is
  'What needs a person, the most urgent first, and the permission of those whom it concerns. A job that never ran is not late here; the alert StaleJob names it.';
revoke all on function private.attention_items() from public, anon, authenticated, service_role;

create function public.get_attention()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('customers:view');
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'kind', i.kind, 'count', i.count, 'since', i.since, 'job', i.job, 'cause', i.cause,
      'reason', case i.kind
        when 'programme_paused' then (private.current_terms()).reason
        when 'rewards_off' then (
          select x.reason from public.switches as x where x.name = 'rewards' order by x.id desc limit 1)
      end) order by i.place), '[]')
    from (select a.*, row_number() over () as place from private.attention_items() as a) as i
    where public.has_permission(i.permission));
end;
$$;
comment on function public.get_attention() is
  'Admin with customers:view: what needs a person now, as far as it concerns the caller.';
revoke all on function public.get_attention() from public, anon, authenticated, service_role;
grant execute on function public.get_attention() to authenticated;

create function private.referral_metrics()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'referrals', (
      select jsonb_object_agg(s.status, coalesce(r.count, 0))
      from unnest(array['pending', 'active', 'qualified', 'expired', 'cancelled', 'rejected']) as s (status)
      left join (select c.status, count(*) from public.customer_referrals as c group by c.status) as r
        on r.status = s.status),
    'rewards', (
      select jsonb_object_agg(s.status, coalesce(r.count, 0))
      from unnest(array['pending', 'applied', 'expired', 'revoked']) as s (status)
      left join (select w.status, count(*) from public.referral_rewards as w group by w.status) as r
        on r.status = s.status),
    'refused_24h', coalesce((
      select jsonb_object_agg(a.reason, a.count)
      from (
        select t.reason, count(*) from public.referral_attempts as t
        where t.created_at > now() - interval '24 hours' group by t.reason
      ) as a), '{}'),
    'referrals_24h', recent.referrals, 'flagged_24h', recent.flagged,
    'flags_open', (
      select jsonb_build_object(
        'flag', count(*) filter (where f.severity = 'flag'), 'hold', count(*) filter (where f.severity = 'hold'))
      from public.referral_flags as f where f.status = 'open'))
  from (
    select count(*) as referrals, count(*) filter (where exists (
      select 1 from public.referral_flags as f where f.referral_id = r.id and f.status <> 'shadow')) as flagged
    from public.customer_referrals as r
    where r.referred_at > now() - interval '24 hours'
  ) as recent
$$;
comment on function private.referral_metrics() is
  'How many referrals and rewards there are by status, and what the last 24 hours brought.';
revoke all on function private.referral_metrics() from public, anon, authenticated, service_role;

create function public.get_operational_metrics()
returns jsonb
language sql
stable
security definer
set search_path = ''
set statement_timeout = '10s'
as $$
  select private.referral_metrics() || jsonb_build_object(
    'mails', jsonb_build_object(
      'queued', (select count(*) from public.notifications as n where n.status in ('queued', 'sending')),
      'failed', (
        select count(*) from public.notifications as n where n.status = 'failed'),
      'outage_seconds', (
        select coalesce(extract(epoch from now() - g.opened_at), 0) from public.mail_gate as g),
      'oldest_due_seconds', coalesce((
        select extract(epoch from greatest(now() - min(n.next_attempt_at), interval '0'))
        from public.notifications as n where n.status in ('queued', 'sending')), 0)),
    'jobs', (
      select jsonb_agg(jsonb_build_object(
        'job', j.job, 'late_after_seconds', extract(epoch from j.late_after),
        'last_run', coalesce(extract(epoch from j.last_run_at), 0),
        'last_success', coalesce(extract(epoch from j.last_success_at), 0),
        'last_duration_ms', coalesce(j.last_duration_ms, 0), 'runs', j.runs, 'failures', j.failures) order by j.job)
      from public.job_states as j),
    'unbilled', private.unbilled_now(),
    'billing', jsonb_build_object(
      'errors', coalesce((
        select jsonb_array_length(b.errors) from public.billing_runs as b
        where b.status <> 'running' order by b.started_at desc, b.id desc limit 1), 0),
      'interrupted', (
        select count(*) from public.billing_runs as b
        where b.status = 'running' and private.billing_run_is_interrupted(b))),
    'verification', coalesce((
      select jsonb_build_object(
        'at', extract(epoch from v.verified_at), 'violations', v.violations, 'by_invariant', v.by_invariant)
      from public.verifications as v order by v.id desc limit 1),
      jsonb_build_object('at', 0, 'violations', 0, 'by_invariant', '{}'::jsonb)),
    'switches', public.get_switches() || jsonb_build_object('paused', (private.current_terms()).is_paused))
$$;
comment on function public.get_operational_metrics() is
  'Server: what monitoring reads and what must agree between all processes. Instants are seconds since 1970; one of 0 never was.';
revoke all on function public.get_operational_metrics() from public, anon, authenticated, service_role;
grant execute on function public.get_operational_metrics() to service_role;

-- schemas/177_launch.sql
-- Launch: what the first week and the first month shall bring, how far they are, and what customers say about a free month.

create table public.satisfaction_answers (
  reward_id uuid primary key references public.referral_rewards (id),
  customer_id uuid not null references public.customers (id),
  score smallint not null check (score between 1 and 5),
  created_at timestamptz not null default now()
);
comment on table public.satisfaction_answers is
  'How satisfied a customer was with a free month that was used, from 1 to 5. One answer for each free month.';

create index satisfaction_answers_customer on public.satisfaction_answers (customer_id);
create index satisfaction_answers_created on public.satisfaction_answers (created_at);

create trigger satisfaction_answers_append_only
  before update or delete on public.satisfaction_answers
  for each row execute function private.refuse_change();
create trigger satisfaction_answers_no_truncate
  before truncate on public.satisfaction_answers
  for each statement execute function private.refuse_change();

alter table public.satisfaction_answers enable row level security;
revoke all on table public.satisfaction_answers from public, anon, authenticated, service_role;
grant select on table public.satisfaction_answers to service_role;

create function private.survey_document(p_reward public.referral_rewards)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'invoice_number', i.invoice_number, 'period_start', i.period_start, 'applied_at', p_reward.applied_at,
    'score', (select a.score from public.satisfaction_answers as a where a.reward_id = p_reward.id))
  from public.customer_invoices as i where i.id = p_reward.applied_invoice_id
$$;
comment on function private.survey_document(public.referral_rewards) is
  'The question about a free month that was used: on which invoice, and the answer. score is null while there is none.';
revoke all on function private.survey_document(public.referral_rewards) from public, anon, authenticated, service_role;

create function private.open_survey(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.survey_document(w)
  from public.referral_rewards as w
  where w.customer_id = p_customer_id and w.status = 'applied' and w.applied_at > now() - interval '60 days'
    and not exists (select 1 from public.satisfaction_answers as a where a.reward_id = w.id)
  order by w.applied_at desc, w.id desc
  limit 1
$$;
comment on function private.open_survey(uuid) is
  'The question about the newest free month that a customer used within 60 days and has not answered for. Null: nothing to ask.';
revoke all on function private.open_survey(uuid) from public, anon, authenticated, service_role;

create function private.used_reward(p_customer_id uuid, p_invoice_number text)
returns public.referral_rewards
language plpgsql
stable
set search_path = ''
as $$
declare
  v_reward public.referral_rewards;
begin
  select w.* into v_reward
  from public.customer_invoices as i
  join public.referral_rewards as w on w.applied_invoice_id = i.id
  where i.invoice_number = p_invoice_number and w.customer_id = p_customer_id;
  if v_reward.id is null then
    perform private.fail(404, 'not_found', 'free month');
  end if;
  return v_reward;
end;
$$;
comment on function private.used_reward(uuid, text) is
  'A customer''s free month on an invoice. Raises not_found, also for an invoice of somebody else.';
revoke all on function private.used_reward(uuid, text) from public, anon, authenticated, service_role;

create function public.get_my_survey(p_invoice_number text)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select private.survey_document(private.used_reward(private.require_customer(), p_invoice_number))
$$;
comment on function public.get_my_survey(text) is
  'Customer: the question about the free month on an invoice, and the answer. Raises not_found.';
revoke all on function public.get_my_survey(text) from public, anon, authenticated, service_role;
grant execute on function public.get_my_survey(text) to authenticated;

create function public.answer_survey(p_invoice_number text, p_score integer)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_reward public.referral_rewards := private.used_reward(private.require_customer(), p_invoice_number);
begin
  if p_score is null or p_score not between 1 and 5 then
    perform private.fail(400, 'invalid_request', 'score');
  end if;
  insert into public.satisfaction_answers (reward_id, customer_id, score)
  values (v_reward.id, v_reward.customer_id, p_score)
  on conflict (reward_id) do nothing;
  if not found and p_score <> (select a.score from public.satisfaction_answers as a where a.reward_id = v_reward.id) then
    perform private.fail(409, 'survey_answered');
  end if;
  return private.survey_document(v_reward);
end;
$$;
comment on function public.answer_survey(text, integer) is
  'Customer: says how satisfied they were with a free month, from 1 to 5. The first answer counts; the same one again changes nothing. Raises not_found, survey_answered.';
revoke all on function public.answer_survey(text, integer) from public, anon, authenticated, service_role;
grant execute on function public.answer_survey(text, integer) to authenticated;

create function private.are_launch_targets(p_targets jsonb)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select jsonb_typeof(p_targets) = 'object'
    and (select count(*) from jsonb_object_keys(p_targets)) = 2
    and not exists (
      select 1
      from unnest(array['week_1', 'month_1']) as w (stage)
      cross join (values
        ('codes', 0, 100000000), ('referrals', 0, 100000000), ('active', 0, 100000000), ('earned', 0, 100000000),
        ('applied', 0, 100000000), ('fraud_bps', 0, 10000), ('p95_ms', 1, 60000), ('satisfaction_hundredths', 100, 500)
      ) as m (measure, least_value, most_value)
      where coalesce(jsonb_typeof(p_targets -> w.stage -> m.measure), '') <> 'number'
        or (p_targets -> w.stage ->> m.measure) !~ '^\d{1,9}$'
        or (p_targets -> w.stage ->> m.measure)::integer not between m.least_value and m.most_value)
$$;
comment on function private.are_launch_targets(jsonb) is
  'Whether these are targets of both stages, week_1 and month_1: each measure a whole number within its range.';
revoke all on function private.are_launch_targets(jsonb) from public, anon, authenticated, service_role;

create table public.launch_plans (
  version integer primary key check (version > 0),
  launched_on date,
  targets jsonb not null check (private.are_launch_targets(targets)),
  reason text not null check (length(btrim(reason)) between 3 and 500),
  created_by uuid,
  created_at timestamptz not null default now()
);
comment on table public.launch_plans is
  'The day of the launch, null while it is open, and what week 1 and month 1 shall bring. The highest version is in force. Shares in basis points, marks in hundredths.';

create trigger launch_plans_append_only
  before update or delete on public.launch_plans
  for each row execute function private.refuse_change();
create trigger launch_plans_no_truncate
  before truncate on public.launch_plans
  for each statement execute function private.refuse_change();

alter table public.launch_plans enable row level security;
revoke all on table public.launch_plans from public, anon, authenticated, service_role;
grant select on table public.launch_plans to service_role;

insert into public.launch_plans (version, targets, reason) values (1, '{
  "week_1": {"codes": 100, "referrals": 40, "active": 10, "earned": 0, "applied": 0,
    "fraud_bps": 500, "p95_ms": 200, "satisfaction_hundredths": 400},
  "month_1": {"codes": 500, "referrals": 250, "active": 120, "earned": 20, "applied": 10,
    "fraud_bps": 500, "p95_ms": 200, "satisfaction_hundredths": 400}
}', 'Targets to begin with');

create function private.launch_figures(p_from date, p_to date, p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'codes', (
      select count(*) from (
        select v.referrer_id from public.referral_visits as v where v.visited_at >= b.start and v.visited_at < b.finish
        union
        select r.referrer_id from public.customer_referrals as r where r.referred_at >= b.start and r.referred_at < b.finish
      ) as used),
    'referrals', made.referrals,
    'active', (
      select count(*) from public.customer_referrals as r where r.activated_at >= b.start and r.activated_at < b.finish),
    'earned', (
      select count(*) from public.referral_rewards as w
      where w.source = 'earned' and w.created_at >= b.start and w.created_at < b.finish),
    'applied', (
      select count(*) from public.referral_rewards as w where w.applied_at >= b.start and w.applied_at < b.finish),
    'fraud_bps', case when made.referrals > 0 then round(made.flagged * 10000.0 / made.referrals)::integer end,
    'p95_ms', private.request_p95_ms(p_from, p_to),
    'satisfaction_hundredths', (
      select round(avg(a.score) * 100)::integer from public.satisfaction_answers as a
      where a.created_at >= b.start and a.created_at < b.finish))
  from (
    select private.start_of_day(p_from, z.zone) as start, least(p_as_of, private.start_of_day(p_to, z.zone)) as finish
    from private.billing_time_zone() as z (zone)
  ) as b
  cross join lateral (
    select count(*) as referrals, count(*) filter (where exists (
      select 1 from public.referral_flags as f where f.referral_id = r.id and f.status <> 'shadow')) as flagged
    from public.customer_referrals as r
    where r.referred_at >= b.start and r.referred_at < b.finish
  ) as made
$$;
comment on function private.launch_figures(date, date, timestamptz) is
  'What the half-open days have brought until p_as_of. codes: customers whose link was opened or whose code was used. fraud_bps: the share of referrals with a fraud flag. Null: nothing to measure yet.';
revoke all on function private.launch_figures(date, date, timestamptz) from public, anon, authenticated, service_role;

create function private.launch_measures(p_targets jsonb, p_figures jsonb, p_progress numeric)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_agg(jsonb_build_object(
    'measure', f.measure, 'bound', f.bound, 'target', f.target, 'value', f.value, 'expected', f.expected,
    'status', case
      when p_progress is null then 'not_begun'
      when f.value is null then 'no_data'
      when f.bound = 'at_most' and f.value <= f.target then case when p_progress >= 1 then 'reached' else 'on_track' end
      when f.bound = 'at_least' and f.value >= f.target then 'reached'
      when p_progress >= 1 then 'missed'
      when f.bound = 'at_least' and f.grows and f.value >= f.expected then 'on_track'
      else 'behind'
    end) order by f.place)
  from (
    select m.*, (p_targets ->> m.measure)::integer as target, (p_figures ->> m.measure)::bigint as value,
      case when m.grows then floor((p_targets ->> m.measure)::integer * p_progress)::integer
        else (p_targets ->> m.measure)::integer end as expected
    from (values
      (1, 'codes', 'at_least', true), (2, 'referrals', 'at_least', true), (3, 'active', 'at_least', true),
      (4, 'earned', 'at_least', true), (5, 'applied', 'at_least', true), (6, 'fraud_bps', 'at_most', false),
      (7, 'p95_ms', 'at_most', false), (8, 'satisfaction_hundredths', 'at_least', false)
    ) as m (place, measure, bound, grows)
  ) as f
$$;
comment on function private.launch_measures(jsonb, jsonb, numeric) is
  'Each measure of a stage: target, value, and whether it is on track. A count is expected to grow evenly over the stage; p_progress is the part that is over, from 0 to 1, null before the launch.';
revoke all on function private.launch_measures(jsonb, jsonb, numeric) from public, anon, authenticated, service_role;

create function private.launch_report(p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'as_of', p_as_of, 'version', p.version, 'launched_on', p.launched_on, 'targets', p.targets,
    'stages', jsonb_agg(jsonb_build_object(
      'stage', s.stage, 'first_day', p.launched_on, 'last_day', s.ends_on - 1,
      'is_over', coalesce(r.progress >= 1, false),
      'measures', private.launch_measures(
        p.targets -> s.stage,
        case when r.progress is null then '{}' else private.launch_figures(p.launched_on, s.ends_on, p_as_of) end,
        r.progress)) order by s.ends_on, s.stage desc))
  from (select l.* from public.launch_plans as l order by l.version desc limit 1) as p
  cross join private.billing_time_zone() as z (zone)
  cross join lateral (values
    ('week_1', p.launched_on + 7), ('month_1', (p.launched_on + interval '1 month')::date)
  ) as s (stage, ends_on)
  cross join lateral (
    select private.start_of_day(p.launched_on, z.zone) as start, private.start_of_day(s.ends_on, z.zone) as finish
  ) as b
  cross join lateral (
    select case when p_as_of >= b.start
      then least(1, extract(epoch from p_as_of - b.start) / extract(epoch from b.finish - b.start)) end as progress
  ) as r
  group by p.version, p.launched_on, p.targets
$$;
comment on function private.launch_report(timestamptz) is
  'The launch targets: target, value until p_as_of and status of each measure, for week 1 and month 1.';
revoke all on function private.launch_report(timestamptz) from public, anon, authenticated, service_role;

create function public.get_launch()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
begin
  perform private.require_permission('customers:view');
  return private.launch_report(now());
end;
$$;
comment on function public.get_launch() is 'Admin with customers:view: the launch targets, and how far they are.';
revoke all on function public.get_launch() from public, anon, authenticated, service_role;
grant execute on function public.get_launch() to authenticated;

create function public.report_launch(p_as_of timestamptz default now())
returns jsonb
language sql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
  select private.launch_report(p_as_of)
$$;
comment on function public.report_launch(timestamptz) is 'Server, for `npm run report -- launch`: the launch targets, and how far they are.';
revoke all on function public.report_launch(timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.report_launch(timestamptz) to service_role;

create function public.update_launch_plan(p_launched_on date, p_targets jsonb, p_reason text, p_expected_version integer)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_old public.launch_plans;
begin
  v_actor := private.require_permission('program:manage');
  v_reason := private.trimmed_reason(p_reason);
  perform pg_advisory_xact_lock(hashtextextended('launch_plans', 0));
  select l.* into strict v_old from public.launch_plans as l order by l.version desc limit 1;
  if p_expected_version is distinct from v_old.version then
    perform private.fail(409, 'version_conflict');
  end if;
  if not coalesce(private.are_launch_targets(p_targets), false) then
    perform private.fail(400, 'invalid_request', 'targets');
  end if;
  insert into public.launch_plans (version, launched_on, targets, reason, created_by)
  values (v_old.version + 1, p_launched_on, p_targets, v_reason, v_actor);
  perform private.write_audit(
    v_actor, 'launch.updated', 'launch', (v_old.version + 1)::text, null, v_reason,
    jsonb_build_object('launched_on', v_old.launched_on, 'targets', v_old.targets),
    jsonb_build_object('launched_on', p_launched_on, 'targets', p_targets), now());
  return private.launch_report(now());
exception when sqlstate 'PT403' then
  return private.refused_call('launch.update', 'launch', null, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.update_launch_plan(date, jsonb, text, integer) is
  'Admin with program:manage: sets the day of the launch and its targets. Raises version_conflict when somebody else was faster.';
revoke all on function public.update_launch_plan(date, jsonb, text, integer) from public, anon, authenticated, service_role;
grant execute on function public.update_launch_plan(date, jsonb, text, integer) to authenticated;

-- schemas/180_invariants.sql
-- Invariants, checked on a live database: one view each, with the rows that break it. They do not rely on the
-- constraints that should make a violation impossible. A new invariant is a new view, and a line in private.violations.
-- A view that reads rows of all customers names private.slice_first() and private.slice_last(), and is then checked in slices.

create function private.slice_first()
returns uuid
language sql
stable
set search_path = ''
as $$
  select coalesce(nullif(current_setting('verify.first', true), ''), '00000000-0000-0000-0000-000000000000')::uuid
$$;
comment on function private.slice_first() is 'The first id of the customers that are checked now; of all, unless public.verify_invariants checks a slice.';
revoke all on function private.slice_first() from public, anon, authenticated, service_role;

create function private.slice_last()
returns uuid
language sql
stable
set search_path = ''
as $$
  select coalesce(nullif(current_setting('verify.last', true), ''), 'ffffffff-ffff-ffff-ffff-ffffffffffff')::uuid
$$;
comment on function private.slice_last() is 'The last id of the customers that are checked now.';
revoke all on function private.slice_last() from public, anon, authenticated, service_role;

create function private.slice_first_seal()
returns bigint
language sql
stable
set search_path = ''
as $$
  select coalesce(nullif(current_setting('verify.first_seal', true), '')::bigint, 1)
$$;
comment on function private.slice_first_seal() is 'The position of the first seal of the audit log that is checked now.';
revoke all on function private.slice_first_seal() from public, anon, authenticated, service_role;

create function private.slice_last_seal()
returns bigint
language sql
stable
set search_path = ''
as $$
  select coalesce(nullif(current_setting('verify.last_seal', true), '')::bigint, 9223372036854775807)
$$;
comment on function private.slice_last_seal() is 'The position of the last seal of the audit log that is checked now.';
revoke all on function private.slice_last_seal() from public, anon, authenticated, service_role;

create view private.violations_01_code with (security_invoker = true) as
  select 1 as invariant, 'customer without a valid referral code' as rule, c.id::text as entity
  from public.customers as c
  where c.referral_code is null or c.referral_code !~ '^[A-Z0-9]{2,8}-[0-9A-HJKMNP-TV-Z]{8}$'
  union all
  select 1, 'referral code shared by customers', string_agg(c.id::text, ',')
  from public.customers as c group by right(c.referral_code, 8) having count(*) > 1;
comment on view private.violations_01_code is 'Each customer has a valid referral code of their own.';
revoke all on table private.violations_01_code from public, anon, authenticated, service_role;

create view private.violations_02_referred_person with (security_invoker = true) as
  select 2 as invariant, 'person referred more than once at a time' as rule, string_agg(r.id::text, ',') as entity
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
    or (c.erased_at is null and private.normalise_email(c.email) = private.normalise_email(r.referred_email));
comment on view private.violations_02_referred_person is 'A person is the referred party of one live referral; nobody refers themselves.';
revoke all on table private.violations_02_referred_person from public, anon, authenticated, service_role;

create function private.invoices_unpaid_later(p_referral public.customer_referrals)
returns integer
language sql
stable
set search_path = ''
as $$
  select count(*)::integer
  from private.open_invoices as i
  where i.customer_id = p_referral.referred_customer_id and i.issued_at <= p_referral.qualified_at
    and exists (
      select 1
      from public.payment_reversals as x
      join public.invoice_payments as p on p.id = x.payment_id
      where x.customer_id = i.customer_id
        and p.created_at <= p_referral.qualified_at and x.created_at >= p_referral.qualified_at)
$$;
comment on function private.invoices_unpaid_later(public.customer_referrals) is
  'Invoices that a friend may have paid when they counted, and that are open since a payment from before was reversed. A reversal takes nothing back.';
revoke all on function private.invoices_unpaid_later(public.customer_referrals)
  from public, anon, authenticated, service_role;

create view private.violations_03_reward_sources with (security_invoker = true) as
  select 3 as invariant, 'earned reward not fed by exactly its number of qualified referrals' as rule, w.id::text as entity
  from public.referral_rewards as w
  left join public.customer_referrals as r on r.reward_id = w.id
  where w.source = 'earned' and w.customer_id between (select private.slice_first()) and (select private.slice_last())
    -- A grant that was taken back with its review decision feeds nothing any more.
    and not exists (
      select 1 from public.review_decisions as d where w.id = any (d.reward_ids) and d.undone_at is not null)
  group by w.id, w.referrals_required
  having count(r.id) filter (where r.status = 'qualified') <> w.referrals_required or count(r.id) <> w.referrals_required
  union all
  select 3, 'manual reward fed by referrals', w.id::text
  from public.referral_rewards as w
  where w.source = 'manual' and w.customer_id between (select private.slice_first()) and (select private.slice_last())
    and exists (select 1 from public.customer_referrals as r where r.reward_id = w.id)
  union all
  select 3, 'referral feeds a reward of somebody else', r.id::text
  from public.customer_referrals as r join public.referral_rewards as w on w.id = r.reward_id
  where w.customer_id <> r.referrer_id
    and w.customer_id between (select private.slice_first()) and (select private.slice_last())
  union all
  select 3, 'referral counted before its days were over', r.id::text
  from public.customer_referrals as r
  where r.qualified_at < r.qualifies_at
    and r.referrer_id between (select private.slice_first()) and (select private.slice_last())
  union all
  select 3, 'referral counted without its paid invoices', r.id::text
  from public.customer_referrals as r
  join public.referral_program as p on p.version = r.program_version
  where r.qualified_at is not null and p.paid_invoices_required > 0
    and r.referrer_id between (select private.slice_first()) and (select private.slice_last())
    and private.paid_invoices(r.referred_customer_id, 'infinity') + private.invoices_unpaid_later(r) < p.paid_invoices_required;
comment on view private.violations_03_reward_sources is 'An earned reward is fed by exactly its number of qualified referrals of its owner; a manual one by none.';
revoke all on table private.violations_03_reward_sources from public, anon, authenticated, service_role;

create view private.violations_04_reward_invoice with (security_invoker = true) as
  select 4 as invariant, 'applied reward and its invoice do not point at each other' as rule, w.id::text as entity
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
  where w.status = 'applied' and not (i.is_free_month and w.amount_waived_cents > 0);
comment on view private.violations_04_reward_invoice is 'A reward is on one invoice, an invoice has one reward, a customer one free month per cycle.';
revoke all on table private.violations_04_reward_invoice from public, anon, authenticated, service_role;

create view private.violations_05_final_rewards with (security_invoker = true) as
  select 5 as invariant, 'revoked, expired or pending reward on an invoice' as rule, w.id::text as entity
  from public.referral_rewards as w join public.customer_invoices as i on i.referral_reward_id = w.id
  where w.status <> 'applied'
  union all
  select 5, 'reward applied after its date', w.id::text
  from public.referral_rewards as w where w.applied_at >= w.expires_at;
comment on view private.violations_05_final_rewards is 'A reward that is revoked, expired or past its date is on no invoice.';
revoke all on table private.violations_05_final_rewards from public, anon, authenticated, service_role;

create view private.violations_06_invoice_periods with (security_invoker = true) as
  select 6 as invariant, 'several invoices for a service and period' as rule, i.service_id::text || ' ' || i.period_start as entity
  from public.customer_invoices as i group by i.service_id, i.period_start having count(*) > 1;
comment on view private.violations_06_invoice_periods is 'A service has one invoice per period.';
revoke all on table private.violations_06_invoice_periods from public, anon, authenticated, service_role;

create view private.violations_07_numbers with (security_invoker = true) as
  select 7 as invariant, 'invoice number given twice' as rule, i.invoice_number as entity
  from public.customer_invoices as i group by i.invoice_number having count(*) > 1
  union all
  select 7, 'invoice numbers have a gap', series.name || ' ' || series.year
  from (
    select split_part(i.invoice_number, '-', 1) as name, split_part(i.invoice_number, '-', 2) as year,
      min(split_part(i.invoice_number, '-', 3)::bigint) as low, max(split_part(i.invoice_number, '-', 3)::bigint) as high,
      count(*) as n
    from public.customer_invoices as i group by 1, 2
  ) as series
  where series.low < 1 or series.high <> series.n + (
    select coalesce(sum(g.last_number - g.first_number + 1), 0) from public.series_gaps as g
    where g.series = series.name and g.year::text = series.year and g.last_number <= series.high)
  union all
  select 7, 'invoice series does not end at its last invoice', s.series || ' ' || s.year
  from public.invoice_series as s
  where s.series not in (select b.credit_note_prefix from public.billing_settings as b)
    and s.last_number <> private.skipped_numbers(s.series, s.year::text) + (
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
  where series.low < 1 or series.high <> series.n + (
    select coalesce(sum(g.last_number - g.first_number + 1), 0) from public.series_gaps as g
    where g.series = series.name and g.year::text = series.year and g.last_number <= series.high)
  union all
  select 7, 'credit note series does not end at its last credit note', s.series || ' ' || s.year
  from public.invoice_series as s
  where s.series in (select b.credit_note_prefix from public.billing_settings as b)
    and s.last_number <> private.skipped_numbers(s.series, s.year::text) + (
      select count(*) from public.credit_notes as n
      where n.credit_note_number like s.series || '-' || s.year || '-%');
comment on view private.violations_07_numbers is 'Numbers of invoices and of credit notes are unique and have no gap.';
revoke all on table private.violations_07_numbers from public, anon, authenticated, service_role;

create view private.violations_08_sums with (security_invoker = true) as
  select 8 as invariant, 'invoice does not add up' as rule, i.id::text as entity
  from public.customer_invoices as i
  where i.customer_id between (select private.slice_first()) and (select private.slice_last())
    and (i.total_cents <> i.subtotal_cents + i.vat_cents
      or i.total_cents <> private.line_items_total(i.line_items)
      or i.amount_due_cents < 0
      or i.amount_due_cents <> i.total_cents - case i.reward_treatment when 'consideration' then i.amount_waived_cents else 0 end)
  union all
  select 8, 'VAT of an invoice is not that of its lines', i.id::text
  from public.customer_invoices as i
  cross join lateral (
    select sum((line ->> 'vat_cents')::bigint) as vat_cents from jsonb_array_elements(i.line_items) as line
  ) as lines
  where i.run_id is not null and lines.vat_cents is distinct from i.vat_cents
    and i.customer_id between (select private.slice_first()) and (select private.slice_last())
  union all
  select 8, 'invoice line without the VAT rate of its days', i.id::text
  from public.customer_invoices as i
  join public.billing_runs as r on r.id = i.run_id
  cross join jsonb_array_elements(i.line_items) as line
  where line ->> 'kind' = 'service'
    and i.customer_id between (select private.slice_first()) and (select private.slice_last())
    and (line ->> 'vat_bps')::integer is distinct from
      (private.billing_settings_on((line ->> 'period_start')::date, r.settings_version)).vat_bps
  union all
  select 8, 'credit note does not add up', n.id::text
  from public.credit_notes as n
  where n.customer_id between (select private.slice_first()) and (select private.slice_last())
    and (n.total_cents <> n.subtotal_cents + n.vat_cents
      or n.total_cents <> private.line_items_total(n.line_items)
      or n.total_cents <= 0 or n.subtotal_cents < 0 or n.vat_cents < 0)
  union all
  select 8, 'credit note does not fit its invoice', n.id::text
  from public.credit_notes as n
  left join public.customer_invoices as i on i.id = n.invoice_id
  where n.customer_id between (select private.slice_first()) and (select private.slice_last())
    and (i.id is null or i.customer_id <> n.customer_id or i.currency <> n.currency or i.vat_bps <> n.vat_bps)
  union all
  select 8, 'credits exceed their invoice or leave VAT over', i.id::text
  from public.credit_notes as n
  join public.customer_invoices as i on i.id = n.invoice_id
  where i.customer_id between (select private.slice_first()) and (select private.slice_last())
  group by i.id, i.total_cents, i.amount_due_cents, i.vat_cents
  having sum(n.total_cents) > i.amount_due_cents or sum(n.vat_cents) > i.vat_cents
    or (sum(n.total_cents) = i.total_cents and sum(n.vat_cents) <> i.vat_cents);
comment on view private.violations_08_sums is 'Invoices and credit notes add up, and credits stay within their invoice.';
revoke all on table private.violations_08_sums from public, anon, authenticated, service_role;

create view private.violations_09_audit with (security_invoker = true) as
  select 9 as invariant, 'manual reward without its audit row' as rule, w.id::text as entity
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
  where f.status in ('cleared', 'rejected') and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'referral' and l.entity_id = f.referral_id::text and l.action = 'referral.' || f.status)
  union all
  select 9, 'undone review decision without its audit row', d.id::text
  from public.review_decisions as d
  where d.undone_at is not null and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'referral' and l.entity_id = d.referral_id::text and l.action = 'referral.decision_undone')
  union all
  select 9, 'decided appeal without its audit row', a.id::text
  from public.review_appeals as a
  where a.status <> 'open' and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'referral' and l.entity_id = a.referral_id::text
      and l.action = 'referral.appeal_' || a.status)
  union all
  select 9, 'fraud settings without their audit row', s.version::text
  from public.fraud_settings as s
  where s.version > 1 and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'fraud_settings' and l.entity_id = s.version::text and l.action = 'fraud_settings.updated')
  union all
  select 9, 'terms version without its audit row', p.version::text
  from public.referral_program as p
  where p.version > 1 and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'program' and l.entity_id = p.version::text and l.action = 'program.updated')
  union all
  select 9, 'changed switch without its audit row', s.id::text
  from public.switches as s
  where not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'switch' and l.entity_id = s.name and l.action = 'switch.changed'
      and l.created_at = s.created_at)
  union all
  select 9, 'active order without its audit row', o.id::text
  from public.orders as o
  where o.status = 'active' and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'order' and l.entity_id = o.id::text and l.action = 'order.activated')
  union all
  select 9, 'order being installed without its audit row', o.id::text
  from public.orders as o
  where o.status = 'installing' and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'order' and l.entity_id = o.id::text and l.action = 'order.installing')
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
  select 9, 'payment recorded by an admin without its audit row', p.id::text
  from public.invoice_payments as p
  where p.recorded_by is not null and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'payment' and l.entity_id = p.id::text and l.action = 'payment.recorded')
  union all
  select 9, 'reversed payment without its audit row', x.payment_id::text
  from public.payment_reversals as x
  where not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'payment' and l.entity_id = x.payment_id::text and l.action = 'payment.reversed')
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
    where l.entity_type = 'billing_run' and l.entity_id = b.id::text and l.action = 'billing_run.started');
comment on view private.violations_09_audit is 'Every act of an admin, every earned reward and every billing run has its audit row.';
revoke all on table private.violations_09_audit from public, anon, authenticated, service_role;

create view private.violations_10_mails with (security_invoker = true) as
  select 10 as invariant, 'mail owed but not queued: ' || owed.dedupe_key as rule, owed.dedupe_key as entity
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
    -- The digest of the hour in which it ended.
    select coalesce((
        select n.dedupe_key
        from public.notifications as n
        where n.customer_id = r.referrer_id and n.template = 'referral_news'
          and n.payload @> jsonb_build_object('items', jsonb_build_array(jsonb_build_object('referral_id', r.id)))
        limit 1), 'referral_news:' || r.id),
      r.referrer_id
    from public.customer_referrals as r where r.status in ('expired', 'cancelled')
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
    union all
    select 'credit_note_issued:' || n.id, n.customer_id from public.credit_notes as n
    where exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'credit_note' and l.entity_id = n.id::text and l.action = 'credit_note.issued')
    union all
    select 'referral_rejected:' || d.id, r.referrer_id
    from public.review_decisions as d join public.customer_referrals as r on r.id = d.referral_id
    where d.decision = 'reject'
    union all
    select 'appeal_received:' || a.id, a.customer_id from public.review_appeals as a
    union all
    select 'appeal_decided:' || a.id, a.customer_id from public.review_appeals as a where a.status <> 'open'
  ) as owed
  join public.customers as c on c.id = owed.customer_id and c.erased_at is null
  where owed.customer_id between (select private.slice_first()) and (select private.slice_last())
    and not exists (select 1 from public.notifications as n where n.dedupe_key = owed.dedupe_key);
comment on view private.violations_10_mails is 'A change that owes a mail has one.';
revoke all on table private.violations_10_mails from public, anon, authenticated, service_role;

create view private.violations_10_queue with (security_invoker = true) as
  select 10 as invariant, 'mail queued more than once' as rule, n.dedupe_key as entity
  from public.notifications as n group by n.dedupe_key having count(*) > 1
  union all
  -- A mail without its cause was queued outside the transaction that owed it.
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
  end;
comment on view private.violations_10_queue is 'A mail is queued once, and has its cause.';
revoke all on table private.violations_10_queue from public, anon, authenticated, service_role;

create view private.violations_11_erasure with (security_invoker = true) as
  select 11 as invariant, 'erased customer with personal details left' as rule, c.id::text as entity
  from public.customers as c
  where c.erased_at is not null
    and (c.auth_user_id is not null or c.email <> 'erased-' || c.id or num_nonnulls(c.phone, c.address) > 0
      or exists (
        select 1 from public.customer_invoices as i
        where i.customer_id = c.id and i.buyer <> '{"erased": true}'
          and i.issued_at < private.retention_start(now() - interval '2 days'))
      or exists (
        select 1 from public.credit_notes as n
        where n.customer_id = c.id and n.buyer <> '{"erased": true}'
          and n.issued_at < private.retention_start(now() - interval '2 days')));
comment on view private.violations_11_erasure is
  'Nothing personal is left of an erased customer, but the buyer of documents that the law asks to be kept.';
revoke all on table private.violations_11_erasure from public, anon, authenticated, service_role;

create view private.violations_15_restore with (security_invoker = true) as
  select 15 as invariant, format(
      'restore of %s is not reconciled: compare %s invoices, %s payments and %s mails that the backup does not know (public.restores), then switch mails on',
      to_char(r.restored_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), jsonb_array_length(r.lost -> 'invoices'),
      jsonb_array_length(r.lost -> 'payments'), jsonb_array_length(r.lost -> 'mails')) as rule,
    r.id::text as entity
  from public.restores as r
  where r.released_at is null;
comment on view private.violations_15_restore is 'Every return to a backup was reconciled by a person.';
revoke all on table private.violations_15_restore from public, anon, authenticated, service_role;

create view private.violations_09_audit_chain with (security_invoker = true) as
  with links as (
    select s.position, s.audit_id, s.hash, p.position as previous_position, p.hash as previous
    from public.audit_chain as s
    left join public.audit_chain as p on p.position = s.position - 1
    where s.position between (select private.slice_first_seal()) and (select private.slice_last_seal())
  )
  select 9 as invariant, 'audit row changed after it was sealed' as rule, s.audit_id::text as entity
  from links as s join public.audit_log as l on l.id = s.audit_id
  where s.hash <> private.audit_hash(s.previous, l)
  union all
  select 9, 'seal of the audit log is missing', (s.position - 1)::text
  from links as s where s.position > 1 and s.previous_position is null;
comment on view private.violations_09_audit_chain is 'The seals of the audit log follow one another and fit their rows.';
revoke all on table private.violations_09_audit_chain from public, anon, authenticated, service_role;

create view private.violations_09_audit_seals with (security_invoker = true) as
  select 9 as invariant, 'sealed audit row is gone' as rule, s.audit_id::text as entity
  from public.audit_chain as s
  where not exists (select 1 from public.audit_log as l where l.id = s.audit_id)
  union all
  select 9, 'audit row without a seal that does not wait for one', l.id::text
  from public.audit_log as l
  where not exists (select 1 from public.audit_chain as s where s.audit_id = l.id)
    and not exists (select 1 from public.audit_unsealed as waiting where waiting.audit_id = l.id);
comment on view private.violations_09_audit_seals is 'A seal has its audit row, and an audit row has its seal or waits for it.';
revoke all on table private.violations_09_audit_seals from public, anon, authenticated, service_role;

create view private.violations_16_approvals with (security_invoker = true) as
  select 16 as invariant, 'request decided by the person who asked' as rule, ap.id::text as entity
  from public.approvals as ap
  where ap.status in ('approved', 'declined') and ap.decided_by = ap.requested_by
  union all
  select 16, 'approved act that was not carried out', ap.id::text
  from public.approvals as ap
  where ap.status = 'approved' and ap.kind <> 'billing_run' and ap.carried_out_at is null
  union all
  select 16, 'decided request without its audit row', ap.id::text
  from public.approvals as ap
  where ap.status in ('approved', 'declined') and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'approval' and l.entity_id = ap.id::text and l.action = 'approval.' || ap.status);
comment on view private.violations_16_approvals is
  'What needs a second person was decided by one, carried out, and is in the audit log.';
revoke all on table private.violations_16_approvals from public, anon, authenticated, service_role;

create view private.violations_17_bulk with (security_invoker = true) as
  select 17 as invariant, 'row of a bulk job that was done before the job began' as rule, i.job_id || ':' || i.number as entity
  from public.bulk_job_items as i join public.bulk_jobs as j on j.id = i.job_id
  where i.status = 'done' and (j.started_at is null or i.decided_at < j.started_at)
  union all
  select 17, 'row of a bulk job without its audit row', i.job_id || ':' || i.number
  from public.bulk_job_items as i
  where i.status <> 'pending' and i.target is not null and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'bulk_job' and l.entity_id = i.job_id::text and l.after ->> 'row' = i.number::text
      and l.action = 'bulk.row_' || i.status)
  union all
  select 17, 'free month that two rows of bulk jobs granted', i.answer ->> 'reward_id'
  from public.bulk_job_items as i join public.bulk_jobs as j on j.id = i.job_id
  where j.act = 'grant' and i.status = 'done'
  group by i.answer ->> 'reward_id' having count(*) > 1
  union all
  select 17, 'bulk job that began without the approval it asked for', j.id::text
  from public.bulk_jobs as j join public.approvals as ap on ap.id = j.approval_id
  where j.started_at is not null and ap.status <> 'approved';
comment on view private.violations_17_bulk is
  'A row of a bulk job is done once, after the job began, and is in the audit log.';
revoke all on table private.violations_17_bulk from public, anon, authenticated, service_role;

create view private.violations_13_unbilled with (security_invoker = true) as
  -- Looked up once, whatever the planner thinks of the rest.
  with named as materialized (
    select u.service_id, u.period_start from private.unbilled_service_months as u
  )
  -- Days are compared one by one with what the lines say they charge, not as private.find_unbilled does it.
  select 13 as invariant, 'invoice leaves out days of service' as rule, i.id::text as entity
  from public.customer_invoices as i
  join public.billing_runs as r on r.id = i.run_id
  join public.customer_services as s on s.id = i.service_id
  cross join lateral (
    select coalesce(sum((line ->> 'days')::integer), 0) as days
    from jsonb_array_elements(i.line_items) as line
    where line ->> 'kind' = 'service'
  ) as charged
  where i.customer_id between (select private.slice_first()) and (select private.slice_last())
    and charged.days < i.period_end - i.period_start
    and charged.days < cardinality(private.active_days(
      s, i.period_start, i.period_end, (private.billing_settings_on(i.period_start, r.settings_version)).time_zone))
  union all
  select 13, 'month of service neither billed nor named', s.id || ' ' || m.month::date
  from (
    select private.first_month_due(now()) as first_month, z.time_zone,
      date_trunc('month', private.local_date(now(), z.time_zone))::date as this_month
    from private.billing_time_zone() as z (time_zone)
  ) as due
  cross join lateral generate_series(due.first_month, due.this_month - 1, interval '1 month') as m (month)
  join public.customer_services as s
    on s.activated_at < private.start_of_day((m.month + interval '1 month')::date, due.time_zone)
    and (s.ended_at is null or s.ended_at >= private.start_of_day(m.month::date + 1, due.time_zone))
    and s.monthly_price_cents > 0
  left join public.customer_invoices as i on i.service_id = s.id and i.period_start = m.month::date
  where i.id is null and s.customer_id between (select private.slice_first()) and (select private.slice_last())
    and not exists (select 1 from public.customers as c where c.id = s.customer_id and c.erased_at is not null)
    and not exists (
      select 1 from named as n where n.service_id = s.id and n.period_start = m.month::date)
    and exists (
      select 1
      from generate_series(m.month, m.month + interval '1 month' - interval '1 day', interval '1 day') as d (day)
      where d.day >= private.local_date(s.activated_at, due.time_zone)
        and (s.ended_at is null or d.day < private.local_date(s.ended_at, due.time_zone))
        -- The last two days of a month that has just ended still wait for the daily run.
        and d.day <= private.local_date(now(), due.time_zone) - 2
        and not exists (
          select 1 from public.service_suspensions as p
          where p.service_id = s.id and d.day >= private.local_date(p.suspended_at, due.time_zone)
            and (p.resumed_at is null or d.day < private.local_date(p.resumed_at, due.time_zone))));
comment on view private.violations_13_unbilled is
  'Each day on which a service was active is on an invoice, or its month is in the list of what is unbilled.';
revoke all on table private.violations_13_unbilled from public, anon, authenticated, service_role;

create view private.violations_14_accounts with (security_invoker = true) as
  select 14 as invariant, 'invoice does not stand as the rule of the account says' as rule,
    coalesce(l.invoice_id, s.invoice_id)::text as entity
  from (
    select l.* from private.account_lines as l
    where l.customer_id between (select private.slice_first()) and (select private.slice_last())
  ) as l
  full join (
    select s.* from public.invoice_settlements as s
    where s.customer_id between (select private.slice_first()) and (select private.slice_last())
  ) as s on s.invoice_id = l.invoice_id
  where (s.invoice_id is not null or l.credited_cents + l.paid_cents + l.from_account_cents > 0)
    and (l.customer_id, l.credited_cents, l.paid_cents, l.from_account_cents, l.outstanding_cents)
      is distinct from (s.customer_id, s.credited_cents, s.paid_cents, s.from_account_cents, s.outstanding_cents)
  union all
  select 14, 'credit is not what the customer paid beyond their invoices', coalesce(l.customer_id, a.customer_id)::text
  from (
    select l.customer_id, sum(l.surplus_cents - l.from_account_cents)::bigint as cents
    from private.account_lines as l
    where l.customer_id between (select private.slice_first()) and (select private.slice_last())
    group by l.customer_id
    having sum(l.surplus_cents - l.from_account_cents) <> 0
  ) as l
  full join (
    select a.* from public.account_credits as a
    where a.customer_id between (select private.slice_first()) and (select private.slice_last())
  ) as a on a.customer_id = l.customer_id
  where l.cents is distinct from a.credit_cents
  union all
  -- The sums of the three kinds of entries against what stands open, less the credit.
  select 14, 'account does not add up', c.id::text
  from public.customers as c
  left join (
    select m.customer_id, sum(m.cents) as cents
    from (
      select i.customer_id, i.amount_due_cents as cents from public.customer_invoices as i
      union all
      select n.customer_id, -n.total_cents from public.credit_notes as n
      union all
      select p.customer_id, -p.amount_cents from public.invoice_payments as p
      union all
      select p.customer_id, p.amount_cents
      from public.payment_reversals as x join public.invoice_payments as p on p.id = x.payment_id
    ) as m
    where m.customer_id between (select private.slice_first()) and (select private.slice_last())
    group by m.customer_id
  ) as entries on entries.customer_id = c.id
  left join (
    select i.customer_id, sum(coalesce(s.outstanding_cents, i.amount_due_cents)) as cents
    from public.customer_invoices as i
    left join public.invoice_settlements as s on s.invoice_id = i.id
    where i.customer_id between (select private.slice_first()) and (select private.slice_last())
    group by i.customer_id
  ) as outstanding on outstanding.customer_id = c.id
  left join public.account_credits as a on a.customer_id = c.id
  where c.id between (select private.slice_first()) and (select private.slice_last())
    and coalesce(entries.cents, 0) <> coalesce(outstanding.cents, 0) - coalesce(a.credit_cents, 0)
  union all
  select 14, 'customer owes while they have credit', a.customer_id::text
  from public.account_credits as a
  where a.customer_id between (select private.slice_first()) and (select private.slice_last())
    and exists (select 1 from private.open_invoices as i where i.customer_id = a.customer_id)
  union all
  select 14, 'payment of another customer than its invoice', p.id::text
  from public.invoice_payments as p
  left join public.customer_invoices as i on i.id = p.invoice_id
  where i.customer_id is distinct from p.customer_id
    and p.customer_id between (select private.slice_first()) and (select private.slice_last())
  union all
  select 14, 'reversal of another customer than its payment', x.id::text
  from public.payment_reversals as x
  left join public.invoice_payments as p on p.id = x.payment_id
  where p.customer_id is distinct from x.customer_id
    and x.customer_id between (select private.slice_first()) and (select private.slice_last());
comment on view private.violations_14_accounts is
  'An account adds up: invoices less payments less credit notes is the balance, and what is paid beyond an invoice is set against the others.';
revoke all on table private.violations_14_accounts from public, anon, authenticated, service_role;

create view private.violations with (security_invoker = true) as
  select * from private.violations_01_code
  union all select * from private.violations_02_referred_person
  union all select * from private.violations_03_reward_sources
  union all select * from private.violations_04_reward_invoice
  union all select * from private.violations_05_final_rewards
  union all select * from private.violations_06_invoice_periods
  union all select * from private.violations_07_numbers
  union all select * from private.violations_08_sums
  union all select * from private.violations_09_audit
  union all select * from private.violations_09_audit_chain
  union all select * from private.violations_09_audit_seals
  union all select * from private.violations_10_mails
  union all select * from private.violations_10_queue
  union all select * from private.violations_11_erasure
  union all select * from private.violations_13_unbilled
  union all select * from private.violations_14_accounts
  union all select * from private.violations_15_restore
  union all select * from private.violations_16_approvals
  union all select * from private.violations_17_bulk;
comment on view private.violations is 'Every broken invariant: its number, the rule, and the row that breaks it.';
revoke all on table private.violations from public, anon, authenticated, service_role;

create function private.enter_slice(p_slice integer, p_slices integer)
returns void
language plpgsql
set search_path = ''
as $$
declare
  c_ids constant bigint := 4294967296;
  v_seals bigint := coalesce((select max(s.position) from public.audit_chain as s), 0);
begin
  -- Ids are random, so equal ranges of their first 32 bits hold about as many rows.
  perform set_config('verify.first', rpad(lpad(to_hex(c_ids * p_slice / p_slices), 8, '0'), 32, '0'), true);
  perform set_config('verify.last', rpad(lpad(to_hex(c_ids * (p_slice + 1) / p_slices - 1), 8, '0'), 32, 'f'), true);
  perform set_config('verify.first_seal', (v_seals * p_slice / p_slices + 1)::text, true);
  perform set_config('verify.last_seal', case
    when p_slice + 1 = p_slices then '' else (v_seals * (p_slice + 1) / p_slices)::text end, true);
end;
$$;
comment on function private.enter_slice(integer, integer) is
  'Restricts the views of violations to one of so many slices, counted from 0, until the transaction ends.';
revoke all on function private.enter_slice(integer, integer) from public, anon, authenticated, service_role;

create function public.list_invariant_checks()
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  with sizes as (
    -- So many rows of a slice take about a second.
    select greatest(1, ceil((select i.reltuples from pg_catalog.pg_class as i
        where i.oid = 'public.customer_invoices'::regclass) / 50000)::integer) as customers,
      greatest(1, ceil((select max(s.position) from public.audit_chain as s) / 50000.0)::integer) as seals
  )
  select jsonb_agg(jsonb_build_object(
    'check', substr(v.relname, length('violations_') + 1),
    'slices', case
      when d.definition like '%slice_first_seal()%' then sizes.seals
      when d.definition like '%slice_first()%' then sizes.customers
      else 1
    end) order by v.relname)
  from sizes
  cross join pg_catalog.pg_class as v
  cross join lateral pg_get_viewdef(v.oid) as d (definition)
  where v.relnamespace = 'private'::regnamespace and v.relkind = 'v' and v.relname ~ '^violations_\d\d_'
$$;
comment on function public.list_invariant_checks() is
  'Server: what public.verify_invariants can check by itself, and in how many slices of customers, so that no call takes long.';
revoke all on function public.list_invariant_checks() from public, anon, authenticated, service_role;
grant execute on function public.list_invariant_checks() to service_role;

create function public.verify_invariants(p_check text default null, p_slice integer default 0, p_slices integer default 1)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
as $$
declare
  c_most_details constant integer := 1000;
  v_view text;
  v_part jsonb;
  v_violations bigint := 0;
  v_details jsonb := '[]';
begin
  if p_slices not between 1 and 100000 or p_slice not between 0 and p_slices - 1 then
    perform private.fail(400, 'invalid_request', 'slice');
  end if;
  if p_check is not null
    and (p_check !~ '^\d\d_[a-z_]+$' or to_regclass('private.violations_' || p_check) is null) then
    perform private.fail(404, 'not_found', 'check');
  end if;
  perform private.enter_slice(p_slice, p_slices);
  for v_view in
    select v.relname from pg_catalog.pg_class as v
    where v.relnamespace = 'private'::regnamespace and v.relkind = 'v' and v.relname ~ '^violations_\d\d_'
      and v.relname = coalesce('violations_' || p_check, v.relname)
    order by v.relname
  loop
    -- One by one, each planned for the tables as they are now.
    execute format($sql$
      with violations as materialized (select v.invariant, v.rule, v.entity from private.%I as v)
      select jsonb_build_object(
        'violations', (select count(*) from violations),
        'details', coalesce((
          select jsonb_agg(to_jsonb(v))
          from (select * from violations order by invariant, rule, entity limit $1) as v), '[]'))
    $sql$, v_view) using c_most_details - jsonb_array_length(v_details) into v_part;
    v_violations := v_violations + (v_part ->> 'violations')::bigint;
    v_details := v_details || (v_part -> 'details');
  end loop;
  return jsonb_build_object('violations', v_violations, 'details', v_details);
end;
$$;
comment on function public.verify_invariants(text, integer, integer) is
  'Server: every broken invariant with the rows that break it, or those of one check and one slice of it (public.list_invariant_checks). Does not rely on the constraints that should make this impossible. Raises invalid_request, not_found.';
revoke all on function public.verify_invariants(text, integer, integer) from public, anon, authenticated, service_role;
grant execute on function public.verify_invariants(text, integer, integer) to service_role;

reset check_function_bodies;
