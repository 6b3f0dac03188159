-- Fraud: the evidence that the rules judge, the flags they raise, and the review.

create table public.referral_flags (
  id uuid primary key default gen_random_uuid(),
  referral_id uuid not null references public.customer_referrals (id),
  signal text not null check (signal in (
    'same_address_as_referrer', 'same_address_as_referral', 'same_phone_as_referral',
    'address_recently_served', 'velocity', 'disposable_email', 'shared_ip', 'same_device', 'fast_order'
  )),
  severity text not null check (severity in ('flag', 'hold')),
  weight integer not null default 0 check (weight between 0 and 100),
  evidence jsonb not null default '{}' check (jsonb_typeof(evidence) = 'object'),
  status text not null default 'open' check (status in ('open', 'cleared', 'rejected')),
  decided_by uuid,
  decided_at timestamptz,
  decision_reason text,
  created_at timestamptz not null default now(),
  unique (referral_id, signal),
  check ((status = 'open') = (decided_at is null))
);
comment on table public.referral_flags is 'Fraud signals on a referral. An open hold keeps the referral from feeding a reward until it is reviewed.';

create index referral_flags_open on public.referral_flags (created_at, referral_id) where status = 'open';

alter table public.referral_flags enable row level security;
revoke all on table public.referral_flags from public, anon, authenticated, service_role;
grant select on table public.referral_flags to service_role;
grant select on table public.referral_flags to authenticated;
create policy referral_flags_select on public.referral_flags
  for select to authenticated
  using ((select public.has_permission('referrals:review')));

create function private.fraud_window(p_order jsonb, p_name text)
returns interval
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_window interval := (p_order #>> array['windows', p_name])::interval;
begin
  if v_window is null then
    perform private.fail(400, 'invalid_request', 'windows.' || p_name);
  end if;
  return v_window;
end;
$$;
comment on function private.fraud_window(jsonb, text) is
  'How far back a fraud rule looks, as the server states it with the order (lib/fraud/fraud-signals.ts). Raises invalid_request where it is missing.';
revoke all on function private.fraud_window(jsonb, text) from public, anon, authenticated, service_role;

create function private.referrer_evidence(p_referrer public.customers, p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'customer_id', p_referrer.id,
    'email_normalised', p_referrer.email_normalised,
    'phone', p_referrer.phone,
    'address_key', p_referrer.address_key,
    'has_active_service', private.has_active_service(p_referrer.id),
    'has_stopped_service', exists (
      select 1 from public.customer_services as s
      where s.customer_id = p_referrer.id and s.status in ('suspended', 'cancelled')),
    'overdue_invoices', private.has_overdue_invoice(p_referrer.id, p_as_of)::integer,
    'ip_addresses', coalesce((
      select jsonb_agg(distinct host(o.ip_address))
      from public.orders as o
      where o.customer_id = p_referrer.id and o.ip_address is not null), '[]'))
$$;
comment on function private.referrer_evidence(public.customers, timestamptz) is
  'What the fraud rules need of a referrer: identity, whether they may refer, and where their orders came from.';
revoke all on function private.referrer_evidence(public.customers, timestamptz)
  from public, anon, authenticated, service_role;

create function private.referred_evidence(p_order jsonb)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'email', p_order ->> 'email',
    'email_normalised', e.normalised,
    'phone', p_order ->> 'phone',
    'address_key', p_order ->> 'address_key',
    'is_customer', exists (select 1 from public.customers as c where c.email_normalised = e.normalised),
    'was_referred', private.was_referred(e.normalised),
    -- host() writes an IPv6 address in one way, so that two spellings of it compare as equal.
    'ip_address', host((p_order ->> 'ip_address')::inet),
    'user_agent', p_order ->> 'user_agent')
  from private.normalise_email(p_order ->> 'email') as e (normalised)
$$;
comment on function private.referred_evidence(jsonb) is 'What the fraud rules need of the person who orders.';
revoke all on function private.referred_evidence(jsonb) from public, anon, authenticated, service_role;

create function private.matching_referrals(p_order jsonb, p_referrer_id uuid, p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'same_address_referral_ids', coalesce((
      select jsonb_agg(r.id)
      from public.customer_referrals as r join public.orders as o on o.id = r.order_id
      where r.referrer_id = p_referrer_id and o.address_key = p_order ->> 'address_key'), '[]'),
    'same_phone_referral_ids', coalesce((
      select jsonb_agg(r.id)
      from public.customer_referrals as r join public.customers as c on c.id = r.referred_customer_id
      where r.referrer_id = p_referrer_id and c.phone = p_order ->> 'phone'), '[]'),
    'same_ip_referral_ids', coalesce((
      select jsonb_agg(r.id)
      from public.customer_referrals as r
      where r.referrer_id = p_referrer_id and r.ip_address = (p_order ->> 'ip_address')::inet
        and r.referred_at > p_as_of - private.fraud_window(p_order, 'shared_ip')), '[]'),
    'same_device_referral_ids', coalesce((
      select jsonb_agg(near.id)
      from (
        select r.id
        from public.customer_referrals as r
        where r.ip_address = (p_order ->> 'ip_address')::inet and r.user_agent = p_order ->> 'user_agent'
          and r.referred_at > p_as_of - private.fraud_window(p_order, 'same_device')
        order by r.referred_at desc
        limit 20
      ) as near), '[]'))
$$;
comment on function private.matching_referrals(jsonb, uuid, timestamptz) is
  'Earlier referrals that match an order: of the same referrer by address, phone and connection; of anyone by device.';
revoke all on function private.matching_referrals(jsonb, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.address_history(p_address_key text, p_since timestamptz, p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'address_served_recently', coalesce(bool_or(s.cancelled_at is null or s.cancelled_at > p_since), false),
    'address_served_until', max(coalesce(s.cancelled_at, p_as_of)))
  from public.orders as o join public.customer_services as s on s.order_id = o.id
  where o.address_key = p_address_key and s.activated_at is not null
$$;
comment on function private.address_history(text, timestamptz, timestamptz) is
  'Until when an address had our service (p_as_of where it still has), and whether that was after p_since.';
revoke all on function private.address_history(text, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

create function private.order_evidence(p_order jsonb, p_referrer public.customers, p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'referrer', private.referrer_evidence(p_referrer, p_as_of),
    'referred', private.referred_evidence(p_order),
    'counts', jsonb_build_object(
      'this_month', private.referrals_in_month(p_referrer.id, p_as_of),
      -- No upper bound: when friends order at the same time, one that was recorded first may have a later clock than the
      -- one that is judged now.
      'last_24h', (
        select count(*) from public.customer_referrals as r
        where r.referrer_id = p_referrer.id and r.referred_at > p_as_of - private.fraud_window(p_order, 'velocity')),
      'total', private.referrals_made(p_referrer.id)),
    'matches',
      private.matching_referrals(p_order, p_referrer.id, p_as_of)
      || private.address_history(
        p_order ->> 'address_key', p_as_of - private.fraud_window(p_order, 'address_reuse'), p_as_of),
    'visit', jsonb_build_object('visited_at', (
      select max(v.visited_at)
      from public.referral_visits as v
      where v.visitor_id = (p_order ->> 'visitor_id')::uuid and v.referrer_id = p_referrer.id)),
    'ordered_at', p_as_of)
$$;
comment on function private.order_evidence(jsonb, public.customers, timestamptz) is
  'Everything that the fraud rules need to judge an order with a referrer''s code.';
revoke all on function private.order_evidence(jsonb, public.customers, timestamptz)
  from public, anon, authenticated, service_role;

create function public.prepare_order(p_order jsonb, p_as_of timestamptz default now())
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_key public.idempotency_keys;
  v_package public.service_packages := private.package_on_sale(p_order ->> 'package_slug');
  v_referrer public.customers := private.find_referrer(p_order ->> 'referral_code');
begin
  select k.* into v_key
  from public.idempotency_keys as k
  where k.scope = 'order' and k.key = p_order ->> 'idempotency_key';
  return jsonb_build_object(
    'replay', case when v_key.key is not null then jsonb_build_object(
      'request_hash', v_key.request_hash, 'response', v_key.response) end,
    'package', case when v_package.id is not null then jsonb_build_object(
      'id', v_package.id, 'slug', v_package.slug, 'name', v_package.name) end,
    'terms', to_jsonb(private.current_terms()) - array['reason', 'created_by', 'created_at'],
    'referrer_found', v_referrer.id is not null,
    'evidence', case when v_referrer.id is not null then private.order_evidence(p_order, v_referrer, p_as_of) end
  );
end;
$$;
comment on function public.prepare_order(jsonb, timestamptz) is
  'Server: everything that the fraud rules need to judge an order''s code, the package and an earlier answer to the same key, in one read.';
revoke all on function public.prepare_order(jsonb, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.prepare_order(jsonb, timestamptz) to service_role;

create function private.review_referral(
  p_referral_id uuid, p_decision text, p_reason text, p_grant boolean, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_referral public.customer_referrals;
  v_flag_status text;
  v_flags integer;
  v_granted integer := 0;
begin
  if p_decision is null or p_decision not in ('clear', 'reject') then
    perform private.fail(400, 'invalid_request', 'decision');
  end if;
  select r.* into v_referral from public.customer_referrals as r where r.id = p_referral_id;
  if v_referral.id is null then
    perform private.fail(404, 'not_found', 'referral');
  end if;
  perform private.lock_customers(array[v_referral.referrer_id]);
  select r.* into strict v_referral from public.customer_referrals as r where r.id = p_referral_id for update;
  perform private.refuse_own_account(v_referral.referrer_id, p_actor);
  perform private.refuse_own_account(v_referral.referred_customer_id, p_actor);
  if p_decision = 'reject' and v_referral.reward_id is not null then
    perform private.fail(409, 'referral_already_rewarded');
  end if;

  v_flag_status := case p_decision when 'clear' then 'cleared' else 'rejected' end;
  update public.referral_flags as f
  set status = v_flag_status, decided_by = p_actor, decided_at = p_as_of, decision_reason = v_reason
  where f.referral_id = p_referral_id and f.status = 'open';
  get diagnostics v_flags = row_count;
  if v_flags = 0 then
    perform private.fail(409, 'referral_not_reviewable');
  end if;

  if p_decision = 'reject' then
    update public.customer_referrals as r
    set status = 'rejected', rejected_at = p_as_of, status_reason = 'rejected_in_review',
      expired_at = null, cancelled_at = null
    where r.id = p_referral_id;
  elsif p_grant then
    v_granted := private.grant_earned_rewards(v_referral.referrer_id, p_as_of);
  end if;
  perform private.write_audit(
    p_actor, 'referral.' || v_flag_status, 'referral', p_referral_id::text, v_referral.referrer_id, v_reason,
    jsonb_strip_nulls(jsonb_build_object(
      'status', v_referral.status, 'open_flags', v_flags,
      'expired_at', v_referral.expired_at, 'cancelled_at', v_referral.cancelled_at)),
    jsonb_build_object('status', case p_decision when 'reject' then 'rejected' else v_referral.status end, 'open_flags', 0),
    p_as_of);
  return jsonb_build_object(
    'referral_id', p_referral_id, 'referrer_id', v_referral.referrer_id, 'decision', p_decision,
    'status', case p_decision when 'reject' then 'rejected' else v_referral.status end,
    'rewards_granted', v_granted);
end;
$$;
comment on function private.review_referral(uuid, text, text, boolean, uuid, timestamptz) is
  'Closes a referral''s open flags. Clearing lifts a hold and may grant; rejecting ends the referral. One''s own referrals are off limits.';
revoke all on function private.review_referral(uuid, text, text, boolean, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.decide_review(
  p_actor uuid, p_referral_id uuid, p_decision text, p_reason text, p_grant boolean,
  p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  perform private.require_permission_of(p_actor, 'referrals:review');
  return private.review_referral(
    p_referral_id, p_decision, p_reason, coalesce(p_grant, false), p_actor, p_as_of) - 'referrer_id';
end;
$$;
comment on function public.decide_review(uuid, uuid, text, text, boolean, timestamptz) is
  'Server, for an admin with referrals:review: clears or rejects a flagged referral, with a reason. Clearing also grants what the referrer has earned with it, unless p_grant is false.';
revoke all on function public.decide_review(uuid, uuid, text, text, boolean, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.decide_review(uuid, uuid, text, text, boolean, timestamptz) to service_role;

create function public.get_review_queue(
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 20
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 20), 1), 100);
  v_rows jsonb;
begin
  perform private.require_permission('referrals:review');
  select coalesce(jsonb_agg(
    private.admin_referral_document(page.r) || jsonb_build_object(
      'flagged_at', page.flagged_at,
      'score', page.score,
      'open_flags', (
        select jsonb_agg(jsonb_build_object(
          'id', f.id, 'signal', f.signal, 'severity', f.severity, 'weight', f.weight, 'evidence', f.evidence,
          'created_at', f.created_at) order by f.severity desc, f.weight desc, f.signal)
        from public.referral_flags as f where f.referral_id = (page.r).id and f.status = 'open'),
      'referrer_details', (
        select jsonb_build_object('phone', c.phone, 'address', c.address, 'customer_since', c.created_at)
        from public.customers as c where c.id = (page.r).referrer_id),
      'referred_details', (
        select jsonb_build_object(
          'phone', c.phone, 'address', o.installation_address, 'customer_since', c.created_at,
          'ip_address', host((page.r).ip_address), 'user_agent', (page.r).user_agent)
        from public.customers as c join public.orders as o on o.id = (page.r).order_id
        where c.id = (page.r).referred_customer_id)
    ) order by page.flagged_at, (page.r).id), '[]')
  into v_rows
  from (
    select r, queue.flagged_at, queue.score
    from (
      select f.referral_id, min(f.created_at) as flagged_at, sum(f.weight) as score
      from public.referral_flags as f
      where f.status = 'open'
      group by f.referral_id
    ) as queue
    join public.customer_referrals as r on r.id = queue.referral_id
    where p_cursor_at is null or (queue.flagged_at, r.id) > (p_cursor_at, p_cursor_id)
    order by queue.flagged_at, r.id
    limit v_limit + 1
  ) as page;
  return private.keyset_page('queue', v_rows, v_limit, 'flagged_at')
    || jsonb_build_object('open', (select count(distinct f.referral_id) from public.referral_flags as f where f.status = 'open'));
end;
$$;
comment on function public.get_review_queue(timestamptz, uuid, integer) is
  'Admin with referrals:review: referrals with open flags, oldest first, with what matched what.';
revoke all on function public.get_review_queue(timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.get_review_queue(timestamptz, uuid, integer) to authenticated;
