-- API keys: with one, another system of the provider calls /api/v1.

create table public.api_keys (
  id uuid primary key default gen_random_uuid(),
  name text not null check (length(btrim(name)) between 1 and 80 and private.is_plain_line(name)),
  prefix text not null unique check (prefix ~ '^rk_[0-9a-f]{8}$'),
  scopes text[] not null check (
    cardinality(scopes) > 0 and scopes <@ array['referrals:write', 'referrals:read']),
  created_by uuid not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz,
  revoked_by uuid,
  revoke_reason text check (length(revoke_reason) between 3 and 500),
  check (num_nonnulls(revoked_at, revoked_by, revoke_reason) in (0, 3))
);
comment on table public.api_keys is
  'Keys of other systems of the provider. A key is never deleted: what was recorded with it names it.';
comment on column public.api_keys.prefix is 'The beginning of the key, by which people tell keys apart. The rest is a secret that nothing stores.';
comment on column public.api_keys.last_used_at is 'The hour in which the key was last used.';

create trigger api_keys_kept
  before delete on public.api_keys
  for each row execute function private.refuse_change();

alter table public.api_keys enable row level security;
revoke all on table public.api_keys from public, anon, authenticated, service_role;
grant select on table public.api_keys to service_role;
grant select on table public.api_keys to authenticated;
create policy api_keys_select on public.api_keys
  for select to authenticated
  using ((select public.has_permission('admins:manage')));

create table private.api_key_secrets (
  api_key_id uuid primary key references public.api_keys (id),
  hash text not null unique check (hash ~ '^[0-9a-f]{64}$')
);
comment on table private.api_key_secrets is
  'The SHA-256 of each API key, in hexadecimal digits. A key has 256 random bits, so its hash cannot be guessed back. Not in the data API.';
alter table private.api_key_secrets enable row level security;
revoke all on table private.api_key_secrets from public, anon, authenticated, service_role;

create function private.api_key_document(p_key public.api_keys)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(p_key) - array['created_by', 'revoked_by'] || jsonb_build_object(
    'created_by_name', private.admin_name(p_key.created_by), 'revoked_by_name', private.admin_name(p_key.revoked_by),
    'standing', case
      when p_key.revoked_at is not null then 'revoked'
      when p_key.expires_at <= now() then 'expired'
      else 'active' end)
$$;
comment on function private.api_key_document(public.api_keys) is 'An API key as owners see it.';
revoke all on function private.api_key_document(public.api_keys) from public, anon, authenticated, service_role;

create function public.list_api_keys(
  p_q text default null, p_standing text default null,
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25,
  p_sort text default null, p_backward boolean default false, p_count boolean default false
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_standing text := case p_standing
    when 'active' then 't.revoked_at is null and (t.expires_at is null or t.expires_at > now())'
    when 'expired' then 't.revoked_at is null and t.expires_at <= now()'
    when 'revoked' then 't.revoked_at is not null' end;
begin
  perform private.require_permission('admins:manage');
  if p_standing is not null and v_standing is null then
    perform private.fail(400, 'invalid_request', 'standing');
  end if;
  return private.list_page(
    'api_keys', 'public.api_keys as t', array[private.holds_text(array['name', 'prefix'], p_q), v_standing],
    'private.api_key_document(page.found)', array['-created_at', 'name'], p_sort,
    p_cursor_at, p_cursor_id, private.page_size(p_limit), p_backward, p_count);
end;
$$;
comment on function public.list_api_keys(text, text, timestamptz, uuid, integer, text, boolean, boolean) is
  'Admin with admins:manage: one page of the API keys, newest first. p_standing is active, expired or revoked. Raises invalid_request.';
revoke all on function public.list_api_keys(text, text, timestamptz, uuid, integer, text, boolean, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.list_api_keys(text, text, timestamptz, uuid, integer, text, boolean, boolean)
  to authenticated;

create function public.create_api_key(p_name text, p_scopes text[], p_expires_at timestamptz default null)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_prefix text := 'rk_' || encode(extensions.gen_random_bytes(4), 'hex');
  v_secret text := v_prefix || '_' || encode(extensions.gen_random_bytes(32), 'hex');
  v_key public.api_keys;
begin
  v_actor := private.require_permission('admins:manage');
  perform private.require_recent_password();
  if p_expires_at <= now() then
    perform private.fail(400, 'invalid_request', 'expires_at');
  end if;
  insert into public.api_keys (name, prefix, scopes, created_by, expires_at)
  values (btrim(p_name), v_prefix, array(select distinct s from unnest(p_scopes) as s order by s), v_actor, p_expires_at)
  returning * into v_key;
  insert into private.api_key_secrets (api_key_id, hash)
  values (v_key.id, encode(sha256(convert_to(v_secret, 'UTF8')), 'hex'));
  return private.api_key_document(v_key) || jsonb_build_object('secret', v_secret);
exception
  when check_violation or not_null_violation then
    raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'name or scopes';
  when sqlstate 'PT403' then
    return private.refused_call('api_key.create', 'api_key', null, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.create_api_key(text, text[], timestamptz) is
  'Admin with admins:manage: makes an API key. The answer alone holds its secret. A trigger writes the audit row. Raises password_needed, invalid_request.';
revoke all on function public.create_api_key(text, text[], timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.create_api_key(text, text[], timestamptz) to authenticated;

create function public.revoke_api_key(p_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_key public.api_keys;
begin
  v_actor := private.require_permission('admins:manage');
  v_reason := private.trimmed_reason(p_reason);
  perform private.require_recent_password();
  select k.* into v_key from public.api_keys as k where k.id = p_id for no key update;
  if v_key.id is null then
    perform private.fail(404, 'not_found', 'API key');
  end if;
  if v_key.revoked_at is not null then
    perform private.fail(409, 'api_key_revoked');
  end if;
  perform set_config('audit.reason', v_reason, true);
  update public.api_keys as k set revoked_at = now(), revoked_by = v_actor, revoke_reason = v_reason
  where k.id = p_id
  returning * into v_key;
  perform set_config('audit.reason', '', true);
  return private.api_key_document(v_key);
exception when sqlstate 'PT403' then
  return private.refused_call('api_key.revoke', 'api_key', p_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.revoke_api_key(uuid, text) is
  'Admin with admins:manage: ends an API key, at once and for good. A trigger writes the audit row. Raises password_needed, not_found, api_key_revoked.';
revoke all on function public.revoke_api_key(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.revoke_api_key(uuid, text) to authenticated;

create function private.count_api_call(p_key_id uuid, p_as_of timestamptz)
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  -- One counter would make the calls of a key wait for each other until each commits.
  c_counters constant integer := 16;
  v_minute timestamptz := date_trunc('minute', p_as_of);
begin
  insert into public.rate_limits as l (bucket, subject_hash, window_start, hits)
  values ('api_key', p_key_id || ':' || pg_backend_pid() % c_counters, v_minute, 1)
  on conflict (bucket, subject_hash, window_start) do update set hits = least(l.hits + 1, 1000000000);
  return (
    select sum(l.hits)
    from public.rate_limits as l
    where l.bucket = 'api_key' and l.window_start = v_minute
      and l.subject_hash = any (array(select p_key_id || ':' || n from generate_series(0, c_counters - 1) as n)));
end;
$$;
comment on function private.count_api_call(uuid, timestamptz) is
  'Counts a call with an API key, and returns how many there were in this minute. Calls that are under way at this moment may be missing from the sum.';
revoke all on function private.count_api_call(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.note_api_call(p_key public.api_keys, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if p_key.last_used_at >= date_trunc('hour', p_as_of) then
    return;
  end if;
  -- Calls do not wait for each other to note the same hour.
  update public.api_keys as k set last_used_at = date_trunc('hour', p_as_of)
  where k.id in (select u.id from public.api_keys as u where u.id = p_key.id for no key update skip locked);
end;
$$;
comment on function private.note_api_call(public.api_keys, timestamptz) is 'Notes the hour in which an API key is used.';
revoke all on function private.note_api_call(public.api_keys, timestamptz) from public, anon, authenticated, service_role;

create function private.api_refusal(p_code text, p_field text default null)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object('refusal', jsonb_strip_nulls(jsonb_build_object('code', p_code, 'field', p_field)))
$$;
comment on function private.api_refusal(text, text) is
  'The answer to a call with an API key that is refused: a code of lib/errors.ts, and the field that it is about. It is no exception, so that the call still counts.';
revoke all on function private.api_refusal(text, text) from public, anon, authenticated, service_role;

create function private.enter_api(
  p_key_hash text, p_scope text, p_limit integer, p_as_of timestamptz, out api_key public.api_keys, out refusal jsonb
)
language plpgsql
set search_path = ''
as $$
begin
  select k.* into api_key
  from private.api_key_secrets as s join public.api_keys as k on k.id = s.api_key_id
  where s.hash = p_key_hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > p_as_of);
  if api_key.id is null then
    refusal := private.api_refusal('unauthenticated');
    return;
  end if;
  if private.count_api_call(api_key.id, p_as_of) > p_limit then
    refusal := jsonb_build_object('refusal', jsonb_build_object(
      'code', 'rate_limited',
      'retry_after', ceil(extract(epoch from date_trunc('minute', p_as_of) + interval '1 minute' - p_as_of))::integer));
    return;
  end if;
  perform private.note_api_call(api_key, p_as_of);
  if not p_scope = any (api_key.scopes) then
    refusal := private.api_refusal('forbidden');
  end if;
end;
$$;
comment on function private.enter_api(text, text, integer, timestamptz) is
  'The API key with this SHA-256, or why the call is refused: unauthenticated for a key that is unknown, revoked or expired; rate_limited beyond p_limit calls in a minute; forbidden without the scope.';
revoke all on function private.enter_api(text, text, integer, timestamptz) from public, anon, authenticated, service_role;

create function public.check_api_key(
  p_key_hash text, p_scope text, p_limit integer, p_as_of timestamptz default clock_timestamp()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return coalesce((private.enter_api(p_key_hash, p_scope, p_limit, p_as_of)).refusal, '{}');
end;
$$;
comment on function public.check_api_key(text, text, integer, timestamptz) is
  'Server, for a call with an API key whose form is wrong: whether the key may make it. Counts the call.';
revoke all on function public.check_api_key(text, text, integer, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.check_api_key(text, text, integer, timestamptz) to service_role;
