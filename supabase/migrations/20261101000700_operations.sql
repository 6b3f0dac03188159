-- Operational tables: audit log, mail outbox, idempotency keys and request limits.

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
    check (status in ('queued', 'sending', 'sent', 'captured', 'failed')),
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
  'The mail outbox. A row is queued in the transaction that owes the mail; its id is the idempotency key at the provider. failed = given up (dead letter).';
comment on column public.notifications.lease_until is 'Until then the row belongs to the worker that claimed it.';
create index notifications_due on public.notifications (next_attempt_at, id) where status in ('queued', 'sending');
create index notifications_created on public.notifications (created_at desc, id desc);
create index notifications_status_created on public.notifications (status, created_at desc, id desc);
create index notifications_customer on public.notifications (customer_id, created_at desc) where customer_id is not null;

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

create function private.store_idempotent_response(p_scope text, p_key text, p_response jsonb)
returns void
language sql
set search_path = ''
as $$
  update public.idempotency_keys set response = p_response where scope = p_scope and key = p_key
$$;
comment on function private.store_idempotent_response(text, text, jsonb) is 'Keeps the answer of a keyed request.';

create table public.rate_limits (
  bucket text not null,
  subject_hash text not null,
  window_start timestamptz not null,
  hits integer not null default 0,
  primary key (bucket, subject_hash, window_start)
);
comment on table public.rate_limits is 'Fixed-window request counters, shared by all app instances. Subjects are stored hashed.';
create index rate_limits_window on public.rate_limits (window_start);
