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
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return (
    select (select auth.jwt()) ->> 'session_id' is null or exists (
      select 1
      from auth.sessions as s
      where s.id = ((select auth.jwt()) ->> 'session_id')::uuid
        and s.user_id = (select auth.uid())
        and (s.not_after is null or s.not_after > now())
    ));
end;
$$;
comment on function private.session_is_live() is
  'Whether the session that the caller''s token names still exists. A token outlives its session by up to an hour, and with asymmetric keys nobody asks the auth server. A token that names no session is not one of the auth server.';
revoke all on function private.session_is_live() from public, anon, authenticated, service_role;

create function public.has_permission(p_permission text)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return (
    select exists (
      select 1
      from public.admin_users as a
      join public.role_permissions as rp on rp.role = a.role
      where a.auth_user_id = (select auth.uid())
        and private.is_acting_admin(a)
        and rp.permission = p_permission
        and (select private.session_is_live())
    ) and private.session_obstacle() is null);
end;
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
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select a.name from public.admin_users as a where a.auth_user_id = p_auth_user_id);
end;
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
