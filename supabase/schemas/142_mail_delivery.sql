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
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object('cause', a.cause, 'since', a.created_at)
    from public.customers as c
    join public.mail_suppressions as a on a.address = lower(c.email) and a.lifted_at is null
    where c.id = p_customer_id);
end;
$$;
comment on function private.mail_problem(uuid) is
  'Why a customer''s present address gets no mails: {cause, since}. Null when it does.';
revoke all on function private.mail_problem(uuid) from public, anon, authenticated, service_role;

create function private.suppression_document(p_suppression public.mail_suppressions)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_suppression.id, 'address', p_suppression.address, 'cause', p_suppression.cause,
    'created_at', p_suppression.created_at, 'notification_id', p_suppression.notification_id,
    'customer_id', (select n.customer_id from public.notifications as n where n.id = p_suppression.notification_id))
$$;
comment on function private.suppression_document(public.mail_suppressions) is 'An address that gets no mails, as admins see it.';
revoke all on function private.suppression_document(public.mail_suppressions) from public, anon, authenticated, service_role;

create function public.admin_list_mail_suppressions(
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25,
  p_q text default null, p_cause text default null, p_sort text default null, p_backward boolean default false
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('customers:view');
  return private.list_page(
    'suppressions', 'public.mail_suppressions as t',
    array['t.lifted_at is null', private.equals('cause', p_cause), private.equals('address', lower(btrim(p_q)))],
    'private.suppression_document(page.found)', array['-created_at'], p_sort,
    p_cursor_at, p_cursor_id, private.page_size(p_limit), p_backward, true);
end;
$$;
comment on function public.admin_list_mail_suppressions(timestamptz, uuid, integer, text, text, text, boolean) is
  'Admin with customers:view: the addresses that get no mails, newest first, and how many there are; p_q is a whole address. Raises invalid_request.';
revoke all on function public.admin_list_mail_suppressions(timestamptz, uuid, integer, text, text, text, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_mail_suppressions(timestamptz, uuid, integer, text, text, text, boolean)
  to authenticated;

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
