-- Orders: visits, code look-up, placing, activation, cancellation and service status.
--
-- Lock order of every operation in this schema, always in this sequence, rows of one table by ascending id:
--   idempotency key → customers → programme terms (shared) → orders → customer_services → customer_referrals → referral_rewards
--   → customer_invoices → invoice_series → billing_runs.
-- Whoever changes a referral or a reward holds the row lock of its referrer in customers first. That lock is the mutex
-- which makes counting (monthly limit, two of two) and exactly-once (apply, revoke, expire) safe.

create function private.lock_customers(p_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  -- "no key update" does not wait for foreign-key checks of unrelated inserts.
  perform 1 from public.customers as c where c.id = any (p_ids) order by c.id for no key update;
end;
$$;
comment on function private.lock_customers(uuid[]) is 'Takes the per-customer locks in ascending id order.';

create function private.find_referrer(p_code text)
returns public.customers
language sql
stable
set search_path = ''
as $$
  select c
  from public.customers as c
  where c.referral_code_key = right(p_code, 8)
    and c.erased_at is null
    and (
      length(p_code) = 8
      or translate(split_part(c.referral_code, '-', 1), 'OIL', '011') = translate(split_part(p_code, '-', 1), 'OIL', '011')
    )
$$;
comment on function private.find_referrer(text) is
  'The owner of a normalised code (PREFIX-BODY or BODY), or null. Letters that are read as digits match in the prefix too.';

create function private.refuse_own_account(p_customer_id uuid, p_actor uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if exists (select 1 from public.customers as c where c.id = p_customer_id and c.auth_user_id = p_actor) then
    perform private.fail(403, 'own_account');
  end if;
end;
$$;
comment on function private.refuse_own_account(uuid, uuid) is 'Nobody acts as an admin on their own customer account.';

create function private.refuse_own_order(p_order_id uuid, p_actor uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if exists (
    select 1
    from public.customers as c
    where c.auth_user_id = p_actor
      and (
        c.id = (select o.customer_id from public.orders as o where o.id = p_order_id)
        or c.id in (select r.referrer_id from public.customer_referrals as r where r.order_id = p_order_id)
      )) then
    perform private.fail(403, 'own_account');
  end if;
end;
$$;
comment on function private.refuse_own_order(uuid, uuid) is
  'Nobody starts or stops as an admin what they ordered, or what pays them as the referrer. Raises own_account.';

create function private.hold_terms()
returns void
language sql
set search_path = ''
as $$
  select pg_advisory_xact_lock_shared(hashtextextended('referral_program', 0))
$$;
comment on function private.hold_terms() is
  'No new version of the terms takes effect until this transaction ends.';

create function private.referrer_is_eligible(p_customer_id uuid, p_as_of timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
      select 1 from public.customer_services as s
      where s.customer_id = p_customer_id and s.status = 'active'
    )
    and not private.has_overdue_invoice(p_customer_id, p_as_of)
$$;
comment on function private.referrer_is_eligible(uuid, timestamptz) is
  'A referrer needs an active service and no overdue invoice.';

create function private.referrals_in_month(p_referrer_id uuid, p_as_of timestamptz)
returns integer
language sql
stable
set search_path = ''
as $$
  select count(*)::integer
  from public.customer_referrals as r
  where r.referrer_id = p_referrer_id
    and r.referred_at >= date_trunc('month', p_as_of at time zone private.billing_time_zone()) at time zone private.billing_time_zone()
    and r.referred_at < (date_trunc('month', p_as_of at time zone private.billing_time_zone()) + interval '1 month') at time zone private.billing_time_zone()
$$;
comment on function private.referrals_in_month(uuid, timestamptz) is
  'Referrals recorded for a referrer in the calendar month of the billing time zone, whatever became of them.';

create function private.referrals_made(p_referrer_id uuid)
returns bigint
language sql
stable
set search_path = ''
as $$
  select count(*) from public.customer_referrals as r where r.referrer_id = p_referrer_id
$$;
comment on function private.referrals_made(uuid) is
  'All referrals of a referrer, ever. It only grows, so it tells whether an assessment saw the latest one.';

create function public.validate_referral_code(p_code text, p_as_of timestamptz default now())
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_referrer public.customers;
begin
  v_referrer := private.find_referrer(p_code);
  if v_referrer.id is null
    or (private.current_terms()).is_paused
    or not private.referrer_is_eligible(v_referrer.id, p_as_of) then
    return jsonb_build_object('valid', false);
  end if;
  return jsonb_build_object('valid', true, 'code', v_referrer.referral_code, 'referrer_first_name', v_referrer.first_name);
end;
$$;
comment on function public.validate_referral_code(text, timestamptz) is
  'Whether a normalised code can be used now, and whose it is by first name. The same answer for every reason of refusal.';

create function public.record_visit(
  p_code text, p_visitor_id uuid, p_landing_path text, p_ip_address inet, p_user_agent text,
  p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_referrer public.customers;
  v_terms public.referral_program := private.current_terms();
begin
  v_referrer := private.find_referrer(p_code);
  if v_referrer.id is null or v_terms.is_paused or not private.referrer_is_eligible(v_referrer.id, p_as_of) then
    return jsonb_build_object('valid', false);
  end if;
  insert into public.referral_visits
    (visitor_id, referrer_id, referral_code, landing_path, ip_address, user_agent, visited_at)
  values
    (p_visitor_id, v_referrer.id, v_referrer.referral_code, left(p_landing_path, 300), p_ip_address,
     left(p_user_agent, 1000), p_as_of);
  return jsonb_build_object(
    'valid', true, 'code', v_referrer.referral_code, 'referrer_first_name', v_referrer.first_name,
    'attribution_days', v_terms.attribution_days
  );
end;
$$;
comment on function public.record_visit(text, uuid, text, inet, text, timestamptz) is
  'Validates a link''s code and records the arrival if it is usable.';

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
          where r.referrer_id = v_referrer.id and r.referred_at > p_as_of - interval '24 hours' and r.referred_at <= p_as_of),
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

create function public.place_order(p_order jsonb, p_as_of timestamptz default now())
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_response jsonb;
  v_auth_user uuid := (p_order ->> 'auth_user_id')::uuid;
  v_code text := p_order ->> 'referral_code';
  v_assessment jsonb := p_order -> 'assessment';
  v_customer public.customers;
  v_is_new boolean;
  v_package public.service_packages;
  v_referrer public.customers;
  v_terms public.referral_program;
  v_order_id uuid := gen_random_uuid();
  v_referral_id uuid;
  v_reason text;
  v_friend text;
begin
  v_response := private.claim_idempotency_key('order', p_order ->> 'idempotency_key', p_order ->> 'request_hash');
  if v_response is not null then
    return v_response;
  end if;

  select p.* into v_package from public.service_packages as p where p.slug = p_order ->> 'package_slug' and p.is_active;
  if v_package.id is null then
    perform private.fail(404, 'not_found', 'package');
  end if;

  insert into public.customers
    (auth_user_id, email, first_name, last_name, phone, address, address_key, created_at)
  values
    (v_auth_user, p_order ->> 'email', p_order ->> 'first_name', p_order ->> 'last_name', p_order ->> 'phone',
     p_order -> 'address', p_order ->> 'address_key', p_as_of)
  on conflict (auth_user_id) do nothing
  returning * into v_customer;
  v_is_new := found;
  if not v_is_new then
    if coalesce((p_order ->> 'must_be_new')::boolean, false) then
      perform private.fail(409, 'email_taken');
    end if;
    select c.* into strict v_customer from public.customers as c where c.auth_user_id = v_auth_user;
  end if;

  if v_code is not null then
    v_referrer := private.find_referrer(v_code);
  end if;
  perform private.lock_customers(array[v_customer.id, v_referrer.id]);
  -- From here on the terms stay as they are: a pause holds, and the mail promises what is frozen.
  perform private.hold_terms();
  v_terms := private.current_terms();

  -- The assessment was made before this transaction; what two requests could race is decided again, under the lock.
  if v_code is null then
    v_reason := null;
  elsif v_referrer.id is null then
    v_reason := 'invalid_code';
  elsif v_terms.is_paused or not coalesce((p_order ->> 'referrals_enabled')::boolean, false) then
    v_reason := 'program_paused';
  elsif v_referrer.id = v_customer.id
    or v_referrer.email_normalised = v_customer.email_normalised
    or v_referrer.phone = (p_order ->> 'phone') then
    v_reason := 'self_referral';
  elsif not v_is_new
    or exists (
      select 1 from public.customers as c
      where c.email_normalised = v_customer.email_normalised and c.id <> v_customer.id)
    or exists (
      select 1 from public.customer_referrals as r
      where r.referred_email_normalised = v_customer.email_normalised) then
    v_reason := 'duplicate_referral';
  elsif not private.referrer_is_eligible(v_referrer.id, p_as_of) then
    v_reason := 'referrer_not_eligible';
  elsif private.referrals_in_month(v_referrer.id, p_as_of) >= v_terms.monthly_referral_limit then
    v_reason := 'rate_limited';
  elsif v_assessment ->> 'verdict' = 'blocked' then
    v_reason := v_assessment ->> 'reason';
  elsif (p_order ->> 'assessment_basis')::bigint is distinct from private.referrals_made(v_referrer.id) then
    -- Another friend came in between: the signals that compare friends have to be judged again.
    perform private.fail(409, 'assessment_stale');
  end if;

  insert into public.orders
    (id, customer_id, package_id, referral_code, installation_address, address_key, ip_address, user_agent, created_at)
  values
    (v_order_id, v_customer.id, v_package.id, v_code, p_order -> 'address', p_order ->> 'address_key',
     (p_order ->> 'ip_address')::inet, left(p_order ->> 'user_agent', 1000), p_as_of);
  insert into public.customer_services
    (customer_id, order_id, package_id, monthly_price_cents, created_at, updated_at)
  values
    (v_customer.id, v_order_id, v_package.id, v_package.monthly_price_cents, p_as_of, p_as_of);

  if v_code is not null and v_reason is null then
    insert into public.customer_referrals
      (referrer_id, referral_code, referred_customer_id, referred_email, order_id, program_version, activation_due_at,
       source, ip_address, user_agent, referred_at)
    values
      (v_referrer.id, v_referrer.referral_code, v_customer.id, v_customer.email, v_order_id, v_terms.version,
       private.local_plus(p_as_of, make_interval(days => v_terms.activation_window_days), private.billing_time_zone()),
       coalesce(p_order ->> 'source', 'typed'), (p_order ->> 'ip_address')::inet,
       left(p_order ->> 'user_agent', 1000), p_as_of)
    on conflict do nothing
    returning id into v_referral_id;
    if v_referral_id is null then
      v_reason := 'duplicate_referral';
    end if;
  end if;

  if v_referral_id is not null then
    insert into public.referral_flags (referral_id, signal, severity, weight, evidence, created_at)
    select v_referral_id, flag ->> 'signal', flag ->> 'severity', (flag ->> 'weight')::integer,
      coalesce(flag -> 'evidence', '{}'), p_as_of
    from jsonb_array_elements(coalesce(v_assessment -> 'flags', '[]')) as flag;

    v_friend := private.mask_name(v_customer.first_name, v_customer.last_name);
    perform private.enqueue_mail(
      'referral_signup', v_referrer.email, v_referrer.id,
      jsonb_build_object(
        'first_name', v_referrer.first_name, 'friend', v_friend,
        'qualifying_days', v_terms.qualifying_days, 'activation_window_days', v_terms.activation_window_days),
      'referral_signup:' || v_referral_id, p_as_of);
    if coalesce((v_assessment ->> 'alert')::boolean, false) then
      perform private.enqueue_mail(
        'suspicious_activity', p_order ->> 'alert_email', null,
        jsonb_build_object(
          'referrer_id', v_referrer.id, 'referral_id', v_referral_id,
          'signals', (select jsonb_agg(f ->> 'signal') from jsonb_array_elements(v_assessment -> 'flags') as f)),
        'suspicious_activity:' || v_referral_id, p_as_of);
    end if;
  elsif v_reason is not null then
    insert into public.referral_attempts (order_id, referrer_id, referral_code, reason, evidence, created_at)
    values (v_order_id, v_referrer.id, v_code, v_reason, coalesce(v_assessment -> 'evidence', '{}'), p_as_of);
  end if;

  update public.orders as o
  set referral_outcome = case when v_referral_id is not null then 'recorded' when v_code is null then 'none' else 'not_applied' end,
    referral_reason = v_reason
  where o.id = v_order_id;

  v_response := jsonb_build_object(
    'order_id', v_order_id,
    'customer_id', v_customer.id,
    'referral', case
      when v_referral_id is not null then jsonb_build_object('status', 'recorded')
      when v_code is null then jsonb_build_object('status', 'none')
      else jsonb_build_object('status', 'not_applied', 'reason', v_reason)
    end
  );
  perform private.store_idempotent_response('order', p_order ->> 'idempotency_key', v_response);
  return v_response;
end;
$$;
comment on function public.place_order(jsonb, timestamptz) is
  'Customer, order, service and referral in one transaction. Rules that requests could race are checked under the referrer''s lock; a refused code never stops the order.';

create function private.qualify_one(p_referral_id uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
  v_referrer public.customers;
  v_friend public.customers;
begin
  update public.customer_referrals as r
  set status = 'qualified', qualified_at = p_as_of
  where r.id = p_referral_id and r.status = 'active' and r.qualifies_at <= p_as_of
  returning * into v_referral;
  if not found then
    return;
  end if;
  select c.* into strict v_referrer from public.customers as c where c.id = v_referral.referrer_id;
  select c.* into strict v_friend from public.customers as c where c.id = v_referral.referred_customer_id;
  perform private.enqueue_mail(
    'referral_qualified', v_referrer.email, v_referrer.id,
    jsonb_build_object(
      'first_name', v_referrer.first_name,
      'friend', private.mask_name(v_friend.first_name, v_friend.last_name)),
    'referral_qualified:' || v_referral.id, p_as_of);
end;
$$;
comment on function private.qualify_one(uuid, timestamptz) is
  'Counts an active referral whose days are over, once. The caller holds the referrer''s lock.';

create function private.activate_order(p_order_id uuid, p_actor uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_order public.orders;
  v_service public.customer_services;
  v_referral public.customer_referrals;
  v_referrer public.customers;
  v_customer public.customers;
  v_days integer;
begin
  select o.* into v_order from public.orders as o where o.id = p_order_id;
  if v_order.id is null then
    perform private.fail(404, 'not_found', 'order');
  end if;
  perform private.refuse_own_order(p_order_id, p_actor);
  perform private.lock_customers(array(
    select v_order.customer_id
    union
    select r.referrer_id from public.customer_referrals as r where r.order_id = p_order_id));
  select o.* into strict v_order from public.orders as o where o.id = p_order_id for update;
  select s.* into strict v_service from public.customer_services as s where s.order_id = p_order_id for update;
  if v_order.status = 'active' then
    -- A repeated click or a retried request finds the work done.
    return private.service_document(v_service.id) || jsonb_build_object('already_active', true);
  end if;
  if v_order.status not in ('pending', 'installing') or v_service.status <> 'pending' then
    perform private.fail(409, 'order_not_activatable', v_order.status);
  end if;

  update public.orders as o set status = 'active', activated_at = p_as_of where o.id = p_order_id;
  update public.customer_services as s
  set status = 'active', activated_at = p_as_of, updated_at = p_as_of
  where s.id = v_service.id;

  select r.* into v_referral
  from public.customer_referrals as r
  where r.order_id = p_order_id and r.status = 'pending'
  for update;
  if v_referral.id is not null then
    if p_as_of >= v_referral.activation_due_at then
      update public.customer_referrals as r
      set status = 'expired', expired_at = p_as_of, status_reason = 'not_activated_in_time'
      where r.id = v_referral.id;
    else
      select p.qualifying_days into strict v_days
      from public.referral_program as p where p.version = v_referral.program_version;
      update public.customer_referrals as r
      set status = 'active', activated_at = p_as_of,
        qualifies_at = private.local_plus(p_as_of, make_interval(days => v_days), private.billing_time_zone())
      where r.id = v_referral.id
      returning * into v_referral;
      select c.* into strict v_referrer from public.customers as c where c.id = v_referral.referrer_id;
      select c.* into strict v_customer from public.customers as c where c.id = v_order.customer_id;
      perform private.enqueue_mail(
        'referral_activated', v_referrer.email, v_referrer.id,
        jsonb_build_object(
          'first_name', v_referrer.first_name,
          'friend', private.mask_name(v_customer.first_name, v_customer.last_name),
          'qualifies_at', v_referral.qualifies_at),
        'referral_activated:' || v_referral.id, p_as_of);
    end if;
  end if;

  perform private.write_audit(
    p_actor, 'order.activated', 'order', p_order_id::text, v_order.customer_id, null,
    jsonb_build_object('status', v_order.status), jsonb_build_object('status', 'active'), p_as_of);
  return private.service_document(v_service.id);
end;
$$;
comment on function private.activate_order(uuid, uuid, timestamptz) is
  'Order and service become active and the referral''s qualifying clock starts, once. Repeating it changes nothing.';

create function private.service_document(p_service_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', s.id, 'customer_id', s.customer_id, 'order_id', s.order_id, 'status', s.status,
    'package_name', p.name, 'monthly_price_cents', s.monthly_price_cents,
    'activated_at', s.activated_at, 'suspended_at', s.suspended_at, 'cancelled_at', s.cancelled_at
  )
  from public.customer_services as s
  join public.service_packages as p on p.id = s.package_id
  where s.id = p_service_id
$$;
comment on function private.service_document(uuid) is 'A service as the API shows it.';

create function private.stop_referral(p_order_id uuid, p_reason text, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  select r.* into v_referral
  from public.customer_referrals as r
  where r.order_id = p_order_id and r.status in ('pending', 'active')
  for update;
  if v_referral.id is null then
    return;
  end if;
  if v_referral.status = 'active' and v_referral.qualifies_at <= p_as_of then
    -- The days were complete before the stop; the job just had not run yet.
    perform private.qualify_one(v_referral.id, p_as_of);
    return;
  end if;
  update public.customer_referrals as r
  set status = 'cancelled', cancelled_at = p_as_of, status_reason = p_reason
  where r.id = v_referral.id;
end;
$$;
comment on function private.stop_referral(uuid, text, timestamptz) is
  'A referred service stopped: a referral that had not completed its days ends, with the reason. The caller holds the referrer''s lock.';

create function private.cancel_order(p_order_id uuid, p_actor uuid, p_reason text, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_order public.orders;
begin
  select o.* into v_order from public.orders as o where o.id = p_order_id;
  if v_order.id is null then
    perform private.fail(404, 'not_found', 'order');
  end if;
  perform private.refuse_own_order(p_order_id, p_actor);
  perform private.lock_customers(array(
    select v_order.customer_id
    union
    select r.referrer_id from public.customer_referrals as r where r.order_id = p_order_id));
  select o.* into strict v_order from public.orders as o where o.id = p_order_id for update;
  if v_order.status not in ('pending', 'installing') then
    perform private.fail(409, 'order_not_cancellable', v_order.status);
  end if;
  update public.orders as o
  set status = 'cancelled', cancelled_at = p_as_of, cancel_reason = v_reason
  where o.id = p_order_id;
  update public.customer_services as s
  set status = 'cancelled', cancelled_at = p_as_of, updated_at = p_as_of
  where s.order_id = p_order_id;
  perform private.stop_referral(p_order_id, 'order_cancelled', p_as_of);
  perform private.write_audit(
    p_actor, 'order.cancelled', 'order', p_order_id::text, v_order.customer_id, v_reason,
    jsonb_build_object('status', v_order.status), jsonb_build_object('status', 'cancelled'), p_as_of);
  return jsonb_build_object('id', p_order_id, 'status', 'cancelled', 'cancelled_at', p_as_of);
end;
$$;
comment on function private.cancel_order(uuid, uuid, text, timestamptz) is
  'Cancels an order that is not active yet, and with it its service and pending referral.';

create function private.set_service_status(
  p_service_id uuid, p_status text, p_reason text, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_service public.customer_services;
begin
  select s.* into v_service from public.customer_services as s where s.id = p_service_id;
  if v_service.id is null then
    perform private.fail(404, 'not_found', 'service');
  end if;
  perform private.refuse_own_account(v_service.customer_id, p_actor);
  perform private.refuse_own_order(v_service.order_id, p_actor);
  perform private.lock_customers(array(
    select v_service.customer_id
    union
    select r.referrer_id from public.customer_referrals as r where r.order_id = v_service.order_id));
  select s.* into strict v_service from public.customer_services as s where s.id = p_service_id for update;
  if not (
    (v_service.status = 'active' and p_status in ('suspended', 'cancelled'))
    or (v_service.status = 'suspended' and p_status in ('active', 'cancelled'))
  ) then
    perform private.fail(409, 'service_status_invalid', v_service.status || ' → ' || coalesce(p_status, ''));
  end if;
  update public.customer_services as s
  set status = p_status,
    suspended_at = case when p_status = 'suspended' then p_as_of when p_status = 'active' then null else s.suspended_at end,
    cancelled_at = case when p_status = 'cancelled' then p_as_of end,
    updated_at = p_as_of
  where s.id = p_service_id;
  if p_status in ('suspended', 'cancelled') then
    perform private.stop_referral(v_service.order_id, 'service_' || p_status, p_as_of);
  end if;
  perform private.write_audit(
    p_actor, 'service.status_changed', 'service', p_service_id::text, v_service.customer_id, v_reason,
    jsonb_build_object('status', v_service.status), jsonb_build_object('status', p_status), p_as_of);
  return private.service_document(p_service_id);
end;
$$;
comment on function private.set_service_status(uuid, text, text, uuid, timestamptz) is
  'Suspends, reactivates or cancels a service. A stop before the qualifying day ends the referral; reactivation does not revive it.';

create function public.activate_order(p_order_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
begin
  return private.activate_order(p_order_id, private.require_permission('orders:manage'), now());
end;
$$;
comment on function public.activate_order(uuid) is 'Admin with orders:manage: activates an order.';

create function public.cancel_order(p_order_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
begin
  return private.cancel_order(p_order_id, private.require_permission('orders:manage'), p_reason, now());
end;
$$;
comment on function public.cancel_order(uuid, text) is 'Admin with orders:manage: cancels an order that is not active.';

create function public.set_service_status(p_service_id uuid, p_status text, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
begin
  return private.set_service_status(p_service_id, p_status, p_reason, private.require_permission('orders:manage'), now());
end;
$$;
comment on function public.set_service_status(uuid, text, text) is
  'Admin with orders:manage: suspends, reactivates or cancels a service, with a reason.';
