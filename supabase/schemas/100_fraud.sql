-- Fraud: the evidence that the rules judge, the flags they raise, and the review.

create table public.referral_flags (
  id uuid primary key default gen_random_uuid(),
  referral_id uuid not null references public.customer_referrals (id),
  signal text not null check (signal in (
    'same_address_as_referrer', 'same_address_as_referral', 'same_phone_as_referral',
    'address_recently_served', 'velocity', 'disposable_email', 'shared_ip', 'same_device', 'fast_order', 'manual'
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

create function public.prepare_order(p_order jsonb, p_as_of timestamptz default now())
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_key public.idempotency_keys;
  v_package public.service_packages;
  v_terms public.referral_program := private.current_terms();
  v_code text := p_order ->> 'referral_code';
  v_email text := private.normalise_email(p_order ->> 'email');
  v_ip inet := (p_order ->> 'ip_address')::inet;
  v_referrer public.customers;
  v_evidence jsonb;
begin
  select k.* into v_key
  from public.idempotency_keys as k
  where k.scope = 'order' and k.key = p_order ->> 'idempotency_key';

  select p.* into v_package
  from public.service_packages as p
  where p.slug = p_order ->> 'package_slug' and p.is_active;

  if v_code is not null then
    v_referrer := private.find_referrer(v_code);
  end if;
  if v_referrer.id is not null then
    v_evidence := jsonb_build_object(
      'referrer', jsonb_build_object(
        'customer_id', v_referrer.id,
        'email_normalised', v_referrer.email_normalised,
        'phone', v_referrer.phone,
        'address_key', v_referrer.address_key,
        'has_active_service', exists (
          select 1 from public.customer_services as s where s.customer_id = v_referrer.id and s.status = 'active'),
        'has_stopped_service', exists (
          select 1 from public.customer_services as s
          where s.customer_id = v_referrer.id and s.status in ('suspended', 'cancelled')),
        'overdue_invoices', case when private.has_overdue_invoice(v_referrer.id, p_as_of) then 1 else 0 end,
        'ip_addresses', coalesce((
          select jsonb_agg(distinct host(o.ip_address))
          from public.orders as o
          where o.customer_id = v_referrer.id and o.ip_address is not null), '[]')
      ),
      'referred', jsonb_build_object(
        'email', p_order ->> 'email',
        'email_normalised', v_email,
        'phone', p_order ->> 'phone',
        'address_key', p_order ->> 'address_key',
        'is_customer', exists (select 1 from public.customers as c where c.email_normalised = v_email),
        'was_referred', exists (
          select 1 from public.customer_referrals as r where r.referred_email_normalised = v_email),
        -- In one notation, so that two spellings of an IPv6 address compare as the same.
        'ip_address', host(v_ip),
        'user_agent', p_order ->> 'user_agent'
      ),
      'counts', jsonb_build_object(
        'this_month', private.referrals_in_month(v_referrer.id, p_as_of),
        'last_24h', (
          select count(*) from public.customer_referrals as r
          where r.referrer_id = v_referrer.id and r.referred_at > p_as_of - interval '24 hours'),
        'total', private.referrals_made(v_referrer.id)
      ),
      'matches', jsonb_build_object(
        'same_address_referral_ids', coalesce((
          select jsonb_agg(r.id)
          from public.customer_referrals as r join public.orders as o on o.id = r.order_id
          where r.referrer_id = v_referrer.id and o.address_key = p_order ->> 'address_key'), '[]'),
        'same_phone_referral_ids', coalesce((
          select jsonb_agg(r.id)
          from public.customer_referrals as r join public.customers as c on c.id = r.referred_customer_id
          where r.referrer_id = v_referrer.id and c.phone = p_order ->> 'phone'), '[]'),
        'same_ip_referral_ids', coalesce((
          select jsonb_agg(r.id)
          from public.customer_referrals as r
          where r.referrer_id = v_referrer.id and r.ip_address = v_ip
            and r.referred_at > p_as_of - interval '30 days'), '[]'),
        'same_device_referral_ids', coalesce((
          select jsonb_agg(near.id)
          from (
            select r.id
            from public.customer_referrals as r
            where r.ip_address = v_ip and r.user_agent = p_order ->> 'user_agent'
              and r.referred_at > p_as_of - interval '10 minutes'
            order by r.referred_at desc
            limit 20
          ) as near), '[]'),
        'address_served_recently', exists (
          select 1
          from public.orders as o join public.customer_services as s on s.order_id = o.id
          where o.address_key = p_order ->> 'address_key'
            and s.activated_at is not null
            and (s.cancelled_at is null or s.cancelled_at > p_as_of - interval '90 days')),
        'address_served_until', (
          select max(coalesce(s.cancelled_at, p_as_of))
          from public.orders as o join public.customer_services as s on s.order_id = o.id
          where o.address_key = p_order ->> 'address_key' and s.activated_at is not null)
      ),
      'visit', jsonb_build_object('visited_at', (
        select max(v.visited_at)
        from public.referral_visits as v
        where v.visitor_id = (p_order ->> 'visitor_id')::uuid and v.referrer_id = v_referrer.id)),
      'ordered_at', p_as_of
    );
  end if;

  return jsonb_build_object(
    'replay', case when v_key.key is null then null else jsonb_build_object(
      'request_hash', v_key.request_hash, 'response', v_key.response) end,
    'package', case when v_package.id is null then null else jsonb_build_object(
      'id', v_package.id, 'slug', v_package.slug, 'name', v_package.name) end,
    'terms', to_jsonb(v_terms) - array['reason', 'created_by', 'created_at'],
    'referrer_found', v_referrer.id is not null,
    'evidence', v_evidence
  );
end;
$$;
comment on function public.prepare_order(jsonb, timestamptz) is
  'Everything that the fraud rules need to judge an order''s code, the package and an earlier answer to the same key, in one read.';
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

create function public.review_referral(p_referral_id uuid, p_decision text, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  -- Granting is left to the qualify job: this caller could not be trusted with the kill switch.
  return private.review_referral(
    p_referral_id, p_decision, p_reason, false, private.require_permission('referrals:review'), now());
end;
$$;
comment on function public.review_referral(uuid, text, text) is
  'Admin with referrals:review: clears or rejects a flagged referral, with a reason.';
revoke all on function public.review_referral(uuid, text, text) from public, anon, authenticated, service_role;
grant execute on function public.review_referral(uuid, text, text) to authenticated;

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
