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
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select s from public.admin_settings as s order by s.version desc limit 1);
end;
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
language plpgsql
stable
set search_path = ''
as $$
begin
  return (auth.jwt() ->> 'session_id')::uuid;
end;
$$;
comment on function private.session_id() is 'The session of the caller''s token. Null outside of the data API.';
revoke all on function private.session_id() from public, anon, authenticated, service_role;

create function private.lacks_second_factor()
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return coalesce(auth.jwt() ->> 'aal', 'aal1') <> 'aal2'
    and coalesce((auth.jwt() -> 'app_metadata' ->> 'second_factor')::boolean, false);
end;
$$;
comment on function private.lacks_second_factor() is
  'Whether the caller''s account has a second factor that this session has not given yet. The server notes in app_metadata that an account has one.';
revoke all on function private.lacks_second_factor() from public, anon, authenticated, service_role;

create function private.session_obstacle()
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
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
    from private.current_admin_settings() as settings);
end;
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
