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

-- A whole action, or the range of those of one noun.
create index audit_log_action on public.audit_log (action text_pattern_ops, id desc);
create index audit_log_created on public.audit_log (created_at, id);

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
  delete from public.referral_assessments as a where a.is_judged and a.created_at < p_as_of - interval '90 days';
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
