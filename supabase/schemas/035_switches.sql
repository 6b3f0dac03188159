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
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select coalesce((select s.is_on from public.switches as s where s.name = p_name order by s.id desc limit 1), true));
end;
$$;
comment on function private.switch_is_on(text) is 'Whether a switch is on. One that was never set is on.';
revoke all on function private.switch_is_on(text) from public, anon, authenticated, service_role;

create function private.rewards_are_on()
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.switch_is_on('rewards');
end;
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
