-- Mail delivery and request limits.

create function public.claim_notifications(
  p_limit integer default 20, p_lease_seconds integer default 120, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_token uuid := gen_random_uuid();
  v_rows jsonb;
begin
  with due as (
    select n.id
    from public.notifications as n
    where n.status in ('queued', 'sending')
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
    returning n.id, n.template, n.recipient, n.payload, n.attempts, n.created_at, n.first_attempt_at, n.lease_token
  )
  select coalesce(jsonb_agg(to_jsonb(c) order by c.created_at, c.id), '[]') into v_rows from claimed as c;
  return v_rows;
end;
$$;
comment on function public.claim_notifications(integer, integer, timestamptz) is
  'Server: leases due mails to one worker. A lease that runs out makes the mail due again, under the same id.';

create function public.settle_notification(
  p_id uuid, p_lease_token uuid, p_outcome text, p_details jsonb, p_as_of timestamptz default now()
)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
  if p_outcome not in ('sent', 'captured', 'retry', 'failed') then
    perform private.fail(400, 'invalid_request', 'outcome');
  end if;
  update public.notifications as n
  set status = case p_outcome when 'retry' then 'queued' else p_outcome end,
    next_attempt_at = coalesce((p_details ->> 'next_attempt_at')::timestamptz, n.next_attempt_at),
    provider_message_id = coalesce(p_details ->> 'provider_message_id', n.provider_message_id),
    subject = coalesce(p_details ->> 'subject', n.subject),
    html = coalesce(p_details ->> 'html', n.html),
    text_body = coalesce(p_details ->> 'text', n.text_body),
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

create function public.consume_rate_limit(
  p_bucket text, p_subject text, p_limit integer, p_window_seconds integer, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
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

create function public.prune_operational_rows(p_as_of timestamptz default now())
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_limits integer;
  v_keys integer;
begin
  delete from public.rate_limits as l where l.window_start < p_as_of - interval '1 day';
  get diagnostics v_limits = row_count;
  delete from public.idempotency_keys as k where k.created_at < p_as_of - interval '30 days';
  get diagnostics v_keys = row_count;
  return jsonb_build_object('rate_limits', v_limits, 'idempotency_keys', v_keys);
end;
$$;
comment on function public.prune_operational_rows(timestamptz) is
  'Server: forgets request counters after a day and idempotency keys after 30 days.';

create function public.record_refusal(
  p_actor uuid, p_action text, p_entity_type text, p_entity_id text, p_as_of timestamptz default now()
)
returns void
language sql
security definer
set search_path = ''
as $$
  -- The log cannot be pruned: only people who are or were admins get a line in it.
  select private.write_audit(
    p_actor, 'access.refused', left(p_entity_type, 40), left(p_entity_id, 64), null, left(p_action, 80), null, null, p_as_of)
  from public.admin_users as a
  where a.auth_user_id = p_actor
$$;
comment on function public.record_refusal(uuid, text, text, text, timestamptz) is
  'Server: keeps an admin''s refused attempt in the audit log, after the refused transaction rolled back.';
