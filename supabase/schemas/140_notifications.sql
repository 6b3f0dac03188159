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
    when p_template in (
      'suspicious_activity', 'invariants_violated', 'role_changed', 'erasure_requested', 'erasure_asked', 'password_changed',
      'email_changed', 'new_device') then 1
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
  mails_per_minute integer default 276 check (mails_per_minute between 1 and 100000),
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

create function public.get_mail_settings()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('program:manage');
  return jsonb_build_object(
    'current', to_jsonb(private.current_mail_settings()) - 'created_by',
    'versions', (
      select jsonb_agg((to_jsonb(recent) - 'created_by')
        || jsonb_build_object('created_by_name', private.admin_name(recent.created_by)) order by recent.version desc)
      from (select s.* from public.mail_settings as s order by s.version desc limit 50) as recent));
end;
$$;
comment on function public.get_mail_settings() is
  'Admin with program:manage: how mails are sent and kept, and the newest 50 versions.';
revoke all on function public.get_mail_settings() from public, anon, authenticated, service_role;
grant execute on function public.get_mail_settings() to authenticated;

create function public.update_mail_settings(p_settings jsonb, p_reason text, p_expected_version integer)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_old public.mail_settings;
  v_new public.mail_settings;
begin
  v_actor := private.require_permission('program:manage');
  v_reason := private.trimmed_reason(p_reason);
  -- A shorter time of keeping deletes the texts of mails.
  perform private.require_recent_password();
  perform pg_advisory_xact_lock(hashtextextended('mail_settings', 0));
  v_old := private.current_mail_settings();
  if p_expected_version is distinct from v_old.version then
    perform private.fail(409, 'version_conflict');
  end if;
  v_new := jsonb_populate_record(v_old, p_settings - array['version', 'reason', 'created_by', 'created_at']);
  v_new.version := v_old.version + 1;
  v_new.reason := v_reason;
  v_new.created_by := v_actor;
  v_new.created_at := now();
  insert into public.mail_settings select v_new.* returning * into v_new;
  return to_jsonb(v_new) - 'created_by';
exception
  when check_violation or not_null_violation or invalid_text_representation or numeric_value_out_of_range then
    raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'settings out of range';
  when sqlstate 'PT403' then
    return private.refused_call('mail_settings.update', 'mail_settings', null, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.update_mail_settings(jsonb, text, integer) is
  'Admin with program:manage: makes a new version of how mails are sent and kept. What is left out stays as it is. Raises password_needed, version_conflict, invalid_request.';
revoke all on function public.update_mail_settings(jsonb, text, integer) from public, anon, authenticated, service_role;
grant execute on function public.update_mail_settings(jsonb, text, integer) to authenticated;

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
  template text not null,
  lane smallint generated always as (private.mail_lane(template)) stored check (lane is not null),
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
comment on column public.notifications.lane is
  'Of the template; kept beside it, because each change of a row is sorted by it.';
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

create index notifications_due on public.notifications (lane, next_attempt_at, number)
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
create index notifications_template_created on public.notifications (template, created_at desc, id desc);
create index notifications_customer on public.notifications (customer_id, created_at desc) where customer_id is not null;
create index notifications_team on public.notifications (template, created_at desc) where customer_id is null;

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
-- Not html, text_body and unsubscribe_url: they hold the link by which a customer chooses their mails.
-- admin_get_notification shows a mail without it.
grant select (
  id, template, recipient, customer_id, payload, status, dedupe_key, attempts, next_attempt_at, first_attempt_at,
  lease_until, provider_message_id, subject, reply_to, last_error, created_at, sent_at, number, provider_key,
  may_have_arrived, gate_openings, failure_cause, cancel_cause, merged_into, delivery_state, delivery_at
) on table public.notifications to authenticated;
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
  if private.is_served_elsewhere(p_referrer_id) then
    return;
  end if;
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
        or (m.lane = p_mail.lane and m.number < p_mail.number
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
      where n.lane = v_lane and n.status in ('queued', 'sending') and n.next_attempt_at <= greatest(p_now, p_as_of)
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
    and n.html is null and n.lane > 1;
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
      case when n.lane > 2 then private.mail_token(n.customer_id) end as choice_token,
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
  p_template text default null, p_cause text default null, p_q text default null, p_from date default null, p_to date default null,
  p_sort text default null, p_backward boolean default false, p_count boolean default false, p_customer_id uuid default null
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_q text := nullif(btrim(coalesce(p_q, '')), '');
  v_found text;
begin
  perform private.require_permission('customers:view');
  if v_q is not null then
    v_found := format('(t.customer_id = any (%L::uuid[]) or t.recipient in (%L, %L))',
      array(select private.search_customers(v_q)), v_q, lower(v_q));
  end if;
  return private.list_page(
    'notifications', 'public.notifications as t',
    array[private.equals('status', p_status), private.equals('template', p_template),
      private.equals('failure_cause', p_cause), private.equals('customer_id', p_customer_id::text), v_found,
      private.on_days('created_at', p_from, p_to, private.billing_time_zone())],
    'private.notification_document(page.found)', array['-created_at'], p_sort,
    p_cursor_at, p_cursor_id, private.page_size(p_limit), p_backward, p_count);
end;
$$;
comment on function public.admin_list_notifications(
  text, timestamptz, uuid, integer, text, text, text, date, date, text, boolean, boolean, uuid) is
  'Admin with customers:view: the mailbox, newest first, of all or of one customer, keyset-paged either way. p_q names a customer as their search does, or a whole address; p_from and p_to are local days, both included. Raises invalid_request.';
revoke all on function public.admin_list_notifications(
  text, timestamptz, uuid, integer, text, text, text, date, date, text, boolean, boolean, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_notifications(
  text, timestamptz, uuid, integer, text, text, text, date, date, text, boolean, boolean, uuid)
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
      'html', private.without_mail_token(v_row.html), 'text_body', private.without_mail_token(v_row.text_body),
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
