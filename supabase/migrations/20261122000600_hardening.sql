-- Nothing waits forever: every function that writes gives up on a lock after three seconds.
--
-- The wait is bounded here rather than by role, so that every way to call a function behaves alike: a session of the
-- data API switches its role without taking on that role's settings. Whoever gave up is rolled back with 55P03, tried
-- again within bounds by the caller, and told 503 when that did not help either. A migration that replaces one of these
-- functions states the setting again.

do $$
declare
  c_writers constant text[] := array[
    'activate_order', 'cancel_order', 'change_service_package', 'claim_billing_batch', 'claim_notifications',
    'consume_rate_limit', 'erase_customer', 'expire_due', 'finish_billing_run', 'grant_earned_rewards',
    'grant_reward', 'issue_credit_note', 'issue_invoices', 'place_order', 'prune_operational_rows',
    'qualify_referrals', 'record_invoice_payment', 'record_refusal', 'record_visit', 'retry_notification',
    'review_referral', 'revoke_reward', 'set_service_status', 'settle_notification', 'start_billing_run',
    'update_program'
  ];
  v_name text;
  v_function regprocedure;
begin
  foreach v_name in array c_writers loop
    -- By name: the arguments of a function may have changed since it was made.
    for v_function in
      select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace and p.proname = v_name and p.prosecdef
    loop
      execute format('alter function %s set lock_timeout = %L', v_function, '3s');
    end loop;
    if v_function is null then
      raise exception 'there is no function public.%', v_name;
    end if;
    v_function := null;
  end loop;
end;
$$;

-- Friends who order in the same moment count each other, whatever their clocks say: one who was faster may bring a later
-- clock than the one who is judged now.
create or replace function public.prepare_order(p_order jsonb, p_as_of timestamptz default now())
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
