-- Notifications: the mail outbox.

create table public.notifications (
  id uuid primary key default gen_random_uuid(),
  template text not null check (template in (
    'order_received', 'service_active',
    'referral_signup', 'referral_activated', 'referral_qualified', 'referral_news', 'referral_update',
    'reward_earned', 'reward_applied',
    'reward_granted', 'reward_revoked', 'reward_expiring', 'reward_expired',
    'referral_rejected', 'appeal_received', 'appeal_decided', 'credit_note_issued',
    'suspicious_activity', 'billing_run_failed', 'services_unbilled',
    'invariants_violated'
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
  reply_to text,
  last_error text,
  created_at timestamptz not null default now(),
  sent_at timestamptz
);
comment on table public.notifications is
  'The mail outbox. A row is queued in the transaction that owes the mail; its id is the idempotency key at the provider. failed = given up (dead letter); cancelled = owed to somebody whose details were erased.';
comment on column public.notifications.html is
  'The mail as it was written for its first attempt, with subject, text_body and reply_to. A later attempt sends the same: the provider refuses a key that comes with another content.';
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
  -- The row is kept, so that no job queues the mail again.
  if exists (select 1 from public.customers as c where c.id = new.customer_id and c.erased_at is not null) then
    new.status := 'cancelled';
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
  v_is_on boolean := private.switch_is_on('mail');
  v_rows jsonb;
begin
  with due as (
    select n.id
    from public.notifications as n
    where v_is_on
      and n.status in ('queued', 'sending')
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
    returning n.id, n.template, n.recipient, n.payload, n.attempts, n.created_at, n.first_attempt_at, n.lease_token,
      n.subject, n.html, n.text_body as text, n.reply_to
  )
  select coalesce(jsonb_agg(to_jsonb(c) order by c.created_at, c.id), '[]') into v_rows from claimed as c;
  return v_rows;
end;
$$;
comment on function public.claim_notifications(integer, integer, timestamptz) is
  'Server: leases due mails to one worker, none while mail is switched off. A lease that runs out makes the mail due again, under the same id.';
revoke all on function public.claim_notifications(integer, integer, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.claim_notifications(integer, integer, timestamptz) to service_role;

create function public.freeze_notification(
  p_id uuid, p_lease_token uuid, p_subject text, p_html text, p_text text, p_reply_to text
)
returns boolean
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  update public.notifications as n
  set subject = p_subject, html = p_html, text_body = p_text, reply_to = p_reply_to
  where n.id = p_id and n.status = 'sending' and n.lease_token = p_lease_token and n.html is null;
  return found;
end;
$$;
comment on function public.freeze_notification(uuid, uuid, text, text, text, text) is
  'Server: keeps a mail as it was written, before its first hand-over, for all attempts. Only the holder of the lease, and only once: false otherwise.';
revoke all on function public.freeze_notification(uuid, uuid, text, text, text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.freeze_notification(uuid, uuid, text, text, text, text) to service_role;

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

create function private.notification_document(p_mail public.notifications)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_mail.id, 'template', p_mail.template, 'recipient', p_mail.recipient, 'customer_id', p_mail.customer_id,
    'status', p_mail.status, 'attempts', p_mail.attempts, 'subject', p_mail.subject, 'last_error', p_mail.last_error,
    'created_at', p_mail.created_at, 'sent_at', p_mail.sent_at, 'next_attempt_at', p_mail.next_attempt_at)
$$;
comment on function private.notification_document(public.notifications) is 'A mail as a row of the mailbox.';
revoke all on function private.notification_document(public.notifications) from public, anon, authenticated, service_role;

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
  select coalesce(
    jsonb_agg(private.notification_document(page.n) order by (page.n).created_at desc, (page.n).id desc), '[]')
  into v_rows
  from (
    select n
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
  v_actor uuid;
  v_row public.notifications;
begin
  v_actor := private.require_permission('billing:manage_invoices');
  -- The mail starts over under the same id: a provider that delivered it within a day ignores the repeat.
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
exception when sqlstate 'PT403' then
  return private.refused_call('notification.retry', 'notification', p_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.retry_notification(uuid) is 'Admin with billing:manage_invoices: queues a given-up mail again.';
revoke all on function public.retry_notification(uuid) from public, anon, authenticated, service_role;
grant execute on function public.retry_notification(uuid) to authenticated;
