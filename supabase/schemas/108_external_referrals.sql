-- Friends whose orders and services live in another system of the provider. Each is a customer without an account, with an
-- order and a service that is marked as external: every rule about referrals reads them as it reads our own. The other
-- system reports what becomes of the service. Billing leaves it out, and no mail goes to the friend.

create table public.external_orders (
  external_id text primary key check (external_id ~ '^[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}$'),
  order_id uuid not null unique references public.orders (id),
  api_key_id uuid not null references public.api_keys (id),
  request_hash text,
  answer jsonb not null check (jsonb_typeof(answer) = 'object'),
  recorded_at timestamptz not null
);
comment on table public.external_orders is
  'Orders of another system, by its own id. Kept for good, so that an id that is sent again never makes a second friend.';
comment on column public.external_orders.request_hash is
  'A keyed hash of what was sent. Null once the friend was erased.';
comment on column public.external_orders.answer is 'What the call was answered. The same call gets the same answer.';

create index external_orders_api_key on public.external_orders (api_key_id);

alter table public.external_orders enable row level security;
revoke all on table public.external_orders from public, anon, authenticated, service_role;
grant select on table public.external_orders to service_role;

create table public.external_events (
  id uuid primary key default gen_random_uuid(),
  order_id uuid not null references public.orders (id),
  customer_id uuid not null references public.customers (id),
  type text not null check (type in ('activated', 'suspended', 'resumed', 'cancelled', 'invoice_paid')),
  at timestamptz not null,
  api_key_id uuid not null references public.api_keys (id),
  received_at timestamptz not null,
  unique (order_id, type, at)
);
comment on table public.external_events is
  'What another system reported of a friend''s service, and had an effect. at is when it happened there.';

create index external_events_paid on public.external_events (customer_id, at) where type = 'invoice_paid';
create index external_events_customer on public.external_events (customer_id);
create index external_events_api_key on public.external_events (api_key_id);

create trigger external_events_append_only
  before update or delete on public.external_events
  for each row execute function private.refuse_change();
create trigger external_events_no_truncate
  before truncate on public.external_events
  for each statement execute function private.refuse_change();

alter table public.external_events enable row level security;
revoke all on table public.external_events from public, anon, authenticated, service_role;
grant select on table public.external_events to service_role;

create function private.is_external_order(p_order_id uuid)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (select 1 from public.external_orders as x where x.order_id = p_order_id)
$$;
comment on function private.is_external_order(uuid) is 'Whether an order was placed in another system.';
revoke all on function private.is_external_order(uuid) from public, anon, authenticated, service_role;

create function private.is_served_elsewhere(p_customer_id uuid)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
      select 1 from public.customer_services as s where s.customer_id = p_customer_id and s.is_external)
    and not exists (
      select 1 from public.customer_services as s where s.customer_id = p_customer_id and not s.is_external)
$$;
comment on function private.is_served_elsewhere(uuid) is
  'Whether all services of a customer are in another system, which writes to them itself.';
revoke all on function private.is_served_elsewhere(uuid) from public, anon, authenticated, service_role;

create function private.waits_for_verdict(p_order_id uuid)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
    select 1 from public.referral_assessments as a where a.order_id = p_order_id and not a.is_judged)
$$;
comment on function private.waits_for_verdict(uuid) is
  'Whether the fraud rules still have to judge the referral of an order. Until then it feeds no reward.';
revoke all on function private.waits_for_verdict(uuid) from public, anon, authenticated, service_role;

create function private.time_refusal(p_at timestamptz, p_earliest timestamptz, p_field text, p_as_of timestamptz)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  -- The clocks of two systems differ by minutes at most.
  select case when p_at > p_as_of + interval '5 minutes' or p_at < p_earliest - interval '5 minutes'
    then private.api_refusal('invalid_request', p_field) end
$$;
comment on function private.time_refusal(timestamptz, timestamptz, text, timestamptz) is
  'The refusal of an instant that lies in the future or before p_earliest, by more than five minutes; else null.';
revoke all on function private.time_refusal(timestamptz, timestamptz, text, timestamptz)
  from public, anon, authenticated, service_role;

create function private.external_package()
returns public.service_packages
language sql
stable
set search_path = ''
as $$
  select p from public.service_packages as p where p.slug = 'external'
$$;
comment on function private.external_package() is 'The package of services that are delivered elsewhere. It is never on sale.';
revoke all on function private.external_package() from public, anon, authenticated, service_role;

create function private.place_external_order(
  p_order jsonb, p_api_key_id uuid, p_request_hash text, p_at timestamptz, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  -- An address that is no e-mail address: nothing is mailed to it, and it is equal to no other.
  v_order jsonb := jsonb_build_object('email', 'external-' || gen_random_uuid()) || p_order
    || jsonb_strip_nulls(jsonb_build_object(
      'refused_attempts_alert', (private.current_fraud_settings()).settings #> '{thresholds,refused_attempts_alert}'));
  v_customer public.customers := (private.customer_of_order(v_order, p_at)).customer;
  v_referrer public.customers := private.find_referrer(p_order ->> 'referral_code');
  v_terms public.referral_program;
  v_reason text;
  v_evidence jsonb;
  v_order_id uuid;
  v_referral_id uuid;
  v_answer jsonb;
begin
  perform private.lock_customers(array[v_customer.id, v_referrer.id]);
  perform private.hold_terms();
  v_terms := private.current_terms();
  v_reason := private.rule_against(v_order, v_customer, v_referrer, v_terms, p_at);
  if v_reason is null then
    -- Gathered under the referrer's lock, so no other friend can come in between. The rules judge it after the answer.
    v_evidence := private.order_evidence(v_order, v_referrer, p_at);
  end if;
  v_order_id := private.insert_order(v_order, v_customer.id, private.external_package(), p_at);
  if v_reason is null then
    v_referral_id := private.record_referral(v_order, v_order_id, v_customer, v_referrer, v_terms, p_at);
    v_reason := case when v_referral_id is null then 'duplicate_referral' end;
  end if;
  if v_referral_id is not null then
    insert into public.referral_assessments (order_id, referrer_id, settings_version, evidence, is_judged, created_at)
    values (v_order_id, v_referrer.id, (private.current_fraud_settings()).version, v_evidence, false, p_as_of);
  else
    perform private.record_attempt(v_order, v_order_id, v_referrer.id, v_reason, p_as_of);
    if v_referrer.id is not null and v_reason <> 'self_referral' then
      perform private.tell_referrer(v_referrer.id, jsonb_build_object('kind', 'refused_' || v_reason), p_as_of);
    end if;
  end if;
  update public.orders as o
  set referral_outcome = case when v_reason is null then 'recorded' else 'not_applied' end, referral_reason = v_reason
  where o.id = v_order_id;
  v_answer := jsonb_build_object(
    'referral_id', v_referral_id, 'status', case when v_reason is null then 'recorded' else 'not_applied' end)
    || jsonb_strip_nulls(jsonb_build_object('reason', v_reason));
  insert into public.external_orders (external_id, order_id, api_key_id, request_hash, answer, recorded_at)
  values (p_order ->> 'external_id', v_order_id, p_api_key_id, p_request_hash, v_answer, p_as_of);
  return v_answer;
end;
$$;
comment on function private.place_external_order(jsonb, uuid, text, timestamptz, timestamptz) is
  'Writes customer, order, service and referral of an order that was placed elsewhere at p_at, by the rules of an order of ours. A rule that stands against the code is kept as a refused attempt. Returns the answer.';
revoke all on function private.place_external_order(jsonb, uuid, text, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

create function public.record_external_referral(
  p_key_hash text, p_limit integer, p_order jsonb, p_as_of timestamptz default clock_timestamp()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set plan_cache_mode = force_generic_plan
as $$
declare
  v_entry record;
  v_known public.external_orders;
  v_hash text;
  v_at timestamptz := coalesce((p_order ->> 'ordered_at')::timestamptz, p_as_of);
  v_refusal jsonb;
begin
  v_entry := private.enter_api(p_key_hash, 'referrals:write', p_limit, p_as_of);
  if v_entry.refusal is not null then
    return v_entry.refusal;
  end if;
  perform private.draw_identity_key();
  v_hash := private.identity_hash('external_order', p_order ->> 'request_hash');
  -- The same id twice at once: the second waits for the first, and gets its answer.
  perform pg_advisory_xact_lock(hashtextextended('external_order:' || (p_order ->> 'external_id'), 0));
  select x.* into v_known from public.external_orders as x where x.external_id = p_order ->> 'external_id';
  if v_known.request_hash <> v_hash then
    return private.api_refusal('external_id_reused');
  end if;
  if v_known.external_id is not null then
    return jsonb_build_object('is_new', false, 'answer', v_known.answer);
  end if;
  v_refusal := private.time_refusal(
    v_at, p_as_of - make_interval(days => (private.current_terms()).attribution_days), 'ordered_at', p_as_of);
  if v_refusal is not null then
    return v_refusal;
  end if;
  return jsonb_build_object('is_new', true, 'answer', private.place_external_order(
    p_order, (v_entry.api_key).id, v_hash, least(v_at, p_as_of), p_as_of));
end;
$$;
comment on function public.record_external_referral(text, integer, jsonb, timestamptz) is
  'Server, for a call with an API key of the scope referrals:write: records an order that was placed elsewhere with a code. The server has checked and normalised p_order; the key is given by its SHA-256. The same external_id and request_hash get the same answer. Refuses with external_id_reused, invalid_request for ordered_at, and what private.enter_api refuses.';
revoke all on function public.record_external_referral(text, integer, jsonb, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.record_external_referral(text, integer, jsonb, timestamptz) to service_role;

create function private.external_referral_document(p_order public.external_orders)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'external_id', p_order.external_id,
    'referral_id', r.id,
    'status', coalesce(r.status, o.referral_outcome),
    'reason', coalesce(r.status_reason, o.referral_reason),
    'service_status', s.status,
    'activated_at', s.activated_at,
    'qualifies_at', r.qualifies_at,
    'qualified_at', r.qualified_at,
    'paid_invoices', (
      select count(*) from public.external_events as e where e.order_id = o.id and e.type = 'invoice_paid'))
  from public.orders as o
  join public.customer_services as s on s.order_id = o.id
  left join public.customer_referrals as r on r.order_id = o.id
  where o.id = p_order.order_id
  order by r.referred_at desc, r.id
  limit 1
$$;
comment on function private.external_referral_document(public.external_orders) is
  'Where a friend whose service is elsewhere stands: the referral''s status (not_applied without one), and the service''s.';
revoke all on function private.external_referral_document(public.external_orders)
  from public, anon, authenticated, service_role;

create function public.get_external_referral(
  p_key_hash text, p_limit integer, p_external_id text, p_as_of timestamptz default clock_timestamp()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_refusal jsonb := (private.enter_api(p_key_hash, 'referrals:read', p_limit, p_as_of)).refusal;
  v_order public.external_orders;
begin
  if v_refusal is not null then
    return v_refusal;
  end if;
  select x.* into v_order from public.external_orders as x where x.external_id = p_external_id;
  if v_order.external_id is null then
    return private.api_refusal('not_found');
  end if;
  return jsonb_build_object('answer', private.external_referral_document(v_order));
end;
$$;
comment on function public.get_external_referral(text, integer, text, timestamptz) is
  'Server, for a call with an API key of the scope referrals:read: where a friend whose service is elsewhere stands. Refuses with not_found and what private.enter_api refuses.';
revoke all on function public.get_external_referral(text, integer, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.get_external_referral(text, integer, text, timestamptz) to service_role;

create function private.event_step(p_type text, p_status text)
returns text
language sql
immutable
set search_path = ''
as $$
  select case p_type
    when 'invoice_paid' then 'note'
    when 'activated' then case p_status when 'pending' then 'begin' when 'active' then 'none' end
    when 'suspended' then case p_status when 'active' then 'move' when 'suspended' then 'none' end
    when 'resumed' then case p_status when 'suspended' then 'move' when 'active' then 'none' end
    when 'cancelled' then case p_status when 'pending' then 'end' when 'cancelled' then 'none' else 'move' end
  end
$$;
comment on function private.event_step(text, text) is
  'What an event does to a service of this status: begin, move, end it, note a payment, or none where the service is in that state already. Null: the event does not follow from the status.';
revoke all on function private.event_step(text, text) from public, anon, authenticated, service_role;

create function private.carry_out_event(
  p_service public.customer_services, p_type text, p_step text, p_at timestamptz, p_key public.api_keys,
  p_as_of timestamptz
)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_status text := case p_type when 'activated' then 'active' when 'resumed' then 'active' else p_type end;
  v_is_order boolean := p_step in ('begin', 'end');
begin
  case p_step
    when 'begin' then perform private.begin_service(p_service.order_id, p_at);
    when 'end' then perform private.end_order(p_service.order_id, 'Cancelled in the other system', p_at);
    when 'move' then perform private.move_service(p_service, v_status, p_at);
    else
      -- What the friend earns is granted by the job, as after a payment to us.
      perform private.count_if_ready(p_service.order_id, p_as_of);
      return;
  end case;
  perform private.write_audit(
    null,
    case p_step when 'begin' then 'order.activated' when 'end' then 'order.cancelled' else 'service.status_changed' end,
    case when v_is_order then 'order' else 'service' end,
    (case when v_is_order then p_service.order_id else p_service.id end)::text,
    p_service.customer_id, 'Reported with the API key ' || p_key.name,
    jsonb_build_object('status', p_service.status),
    jsonb_build_object('status', v_status, 'at', p_at, 'api_key', p_key.prefix), p_as_of);
end;
$$;
comment on function private.carry_out_event(
  public.customer_services, text, text, timestamptz, public.api_keys, timestamptz
) is
  'Changes order, service and referral as an event asks, as of the instant at which it happened. The audit row has the instant at which it was reported. The caller holds the locks.';
revoke all on function private.carry_out_event(
  public.customer_services, text, text, timestamptz, public.api_keys, timestamptz
) from public, anon, authenticated, service_role;

create function public.apply_external_event(
  p_key_hash text, p_limit integer, p_external_id text, p_type text, p_at timestamptz,
  p_as_of timestamptz default clock_timestamp()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_entry record;
  v_external public.external_orders;
  v_order public.orders;
  v_service public.customer_services;
  v_step text;
  v_refusal jsonb;
  v_is_known boolean;
begin
  v_entry := private.enter_api(p_key_hash, 'referrals:write', p_limit, p_as_of);
  if v_entry.refusal is not null then
    return v_entry.refusal;
  end if;
  select x.* into v_external from public.external_orders as x where x.external_id = p_external_id;
  if v_external.external_id is null then
    return private.api_refusal('not_found');
  end if;
  v_order := private.lock_order(v_external.order_id, null);
  select s.* into strict v_service from public.customer_services as s where s.order_id = v_order.id for update;
  v_refusal := private.time_refusal(p_at, v_order.created_at, 'at', p_as_of);
  if v_refusal is not null then
    return v_refusal;
  end if;
  v_step := private.event_step(p_type, v_service.status);
  v_is_known := exists (
    select 1 from public.external_events as e where e.order_id = v_order.id and e.type = p_type and e.at = p_at);
  if v_is_known then
    v_step := 'none';
  elsif v_step is null or (v_step = 'move' and p_at < v_service.updated_at) then
    return private.api_refusal('event_out_of_order', v_service.status);
  end if;
  if v_step <> 'none' then
    insert into public.external_events (order_id, customer_id, type, at, api_key_id, received_at)
    values (v_order.id, v_order.customer_id, p_type, p_at, (v_entry.api_key).id, p_as_of);
    perform private.carry_out_event(
      v_service, p_type, v_step, greatest(least(p_at, p_as_of), v_service.updated_at), v_entry.api_key, p_as_of);
  end if;
  return jsonb_build_object(
    'answer', private.external_referral_document(v_external) || jsonb_build_object('applied', v_step <> 'none'));
end;
$$;
comment on function public.apply_external_event(text, integer, text, text, timestamptz, timestamptz) is
  'Server, for a call with an API key of the scope referrals:write: what became of a friend''s service elsewhere at p_at. applied is false for an event that was reported before, and for one that asks for the state in which the service is. Refuses with not_found, invalid_request for at, event_out_of_order (its field is the service''s status), and what private.enter_api refuses.';
revoke all on function public.apply_external_event(text, integer, text, text, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.apply_external_event(text, integer, text, text, timestamptz, timestamptz) to service_role;

create function public.list_unjudged_referrals(p_limit integer default 100)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'fraud_settings', to_jsonb(private.current_fraud_settings()),
    'referrals', coalesce(jsonb_agg(jsonb_build_object(
      'order_id', a.order_id, 'evidence', a.evidence,
      'terms', to_jsonb(t) - array['reason', 'created_by', 'created_at'])), '[]'))
  from (
    select x.order_id, x.evidence, r.program_version
    from public.referral_assessments as x
    join public.customer_referrals as r on r.order_id = x.order_id
    where not x.is_judged
    order by x.order_id
    limit least(greatest(p_limit, 1), 500)
  ) as a
  join public.referral_program as t on t.version = a.program_version
$$;
comment on function public.list_unjudged_referrals(integer) is
  'Server: evidence that the fraud rules still have to judge, with the terms of each referral and the fraud settings in force.';
revoke all on function public.list_unjudged_referrals(integer) from public, anon, authenticated, service_role;
grant execute on function public.list_unjudged_referrals(integer) to service_role;

create function public.save_referral_verdicts(
  p_verdicts jsonb, p_settings_version integer, p_alert_email text, p_as_of timestamptz default now()
)
returns integer
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_verdict record;
  v_referral public.customer_referrals;
  v_saved integer := 0;
begin
  for v_verdict in
    select (v ->> 'order_id')::uuid as order_id, v as assessment from jsonb_array_elements(p_verdicts) as v order by 1
  loop
    update public.referral_assessments as a
    set is_judged = true, settings_version = p_settings_version
    where a.order_id = v_verdict.order_id and not a.is_judged;
    -- Another server may have judged it meanwhile, or its evidence was erased.
    continue when not found;
    select r.* into strict v_referral
    from public.customer_referrals as r where r.order_id = v_verdict.order_id order by r.referred_at, r.id limit 1;
    perform private.record_signals(v_referral.id, v_referral.referrer_id, v_verdict.assessment, p_alert_email, p_as_of);
    v_saved := v_saved + 1;
  end loop;
  return v_saved;
end;
$$;
comment on function public.save_referral_verdicts(jsonb, integer, text, timestamptz) is
  'Server: stores the signals of [{order_id, flags, alert}] that the fraud rules found with these settings, each referral once, and alerts the admins where it says so. Returns how many were new.';
revoke all on function public.save_referral_verdicts(jsonb, integer, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.save_referral_verdicts(jsonb, integer, text, timestamptz) to service_role;
