-- Orders: placing, activating and cancelling.

create table public.orders (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id),
  package_id uuid not null references public.service_packages (id),
  status text not null default 'pending' check (status in ('pending', 'installing', 'active', 'cancelled')),
  referral_code text check (length(referral_code) <= 64),
  referral_outcome text not null default 'none' check (referral_outcome in ('recorded', 'not_applied', 'none')),
  referral_reason text,
  installation_address jsonb not null default '{}' check (jsonb_typeof(installation_address) = 'object'),
  address_key text,
  ip_address inet,
  user_agent text check (length(user_agent) <= 1000),
  activated_at timestamptz,
  cancelled_at timestamptz,
  cancel_reason text,
  created_at timestamptz not null default now(),
  check ((status = 'active') = (activated_at is not null and cancelled_at is null)),
  check ((status = 'cancelled') = (cancelled_at is not null))
);
comment on table public.orders is 'Orders as placed; referral_code is what the order was placed with, fixed from then on.';
comment on column public.orders.referral_reason is 'Why a given code was not applied, in the closed list of block reasons.';

create index orders_customer on public.orders (customer_id);
create index orders_package on public.orders (package_id);
create index orders_created on public.orders (created_at desc, id desc);
create index orders_status_created on public.orders (status, created_at desc, id desc);
create index orders_address_key on public.orders (address_key) where address_key is not null;
create index orders_ip on public.orders (ip_address, created_at) where ip_address is not null;

create function private.refuse_erased_customer()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- An order that found its customer just before the erasure; the next try makes a new customer.
  if exists (select 1 from public.customers as c where c.id = new.customer_id and c.erased_at is not null) then
    perform private.fail(409, 'version_conflict', 'the customer was erased');
  end if;
  return new;
end;
$$;
comment on function private.refuse_erased_customer() is 'Trigger: nobody orders as a customer who was erased. Raises version_conflict.';
revoke all on function private.refuse_erased_customer() from public, anon, authenticated, service_role;

create trigger orders_of_erased
  before insert on public.orders
  for each row execute function private.refuse_erased_customer();

alter table public.orders enable row level security;
revoke all on table public.orders from public, anon, authenticated, service_role;
grant select on table public.orders to service_role;
grant select on table public.orders to authenticated;
create policy orders_select on public.orders
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create function public.place_order(p_order jsonb, p_as_of timestamptz default now())
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_response jsonb;
  v_auth_user uuid := (p_order ->> 'auth_user_id')::uuid;
  v_pending_user uuid := (p_order ->> 'pending_user_id')::uuid;
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
    (auth_user_id, pending_user_id, email, first_name, last_name, phone, address, address_key, created_at)
  values
    (v_auth_user, v_pending_user, p_order ->> 'email', p_order ->> 'first_name', p_order ->> 'last_name', p_order ->> 'phone',
     p_order -> 'address', p_order ->> 'address_key', p_as_of)
  on conflict do nothing
  returning * into v_customer;
  v_is_new := found;
  if not v_is_new then
    -- Nobody has proven yet that the address is theirs, so nobody adds to what waits for it.
    if v_pending_user is not null then
      perform private.fail(409, 'email_unconfirmed');
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
revoke all on function public.place_order(jsonb, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.place_order(jsonb, timestamptz) to service_role;

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
revoke all on function private.refuse_own_order(uuid, uuid) from public, anon, authenticated, service_role;

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
revoke all on function private.activate_order(uuid, uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.activate_order(p_order_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.activate_order(p_order_id, private.require_permission('orders:manage'), now());
end;
$$;
comment on function public.activate_order(uuid) is 'Admin with orders:manage: activates an order.';
revoke all on function public.activate_order(uuid) from public, anon, authenticated, service_role;
grant execute on function public.activate_order(uuid) to authenticated;

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
revoke all on function private.cancel_order(uuid, uuid, text, timestamptz)
  from public, anon, authenticated, service_role;

create function public.cancel_order(p_order_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.cancel_order(p_order_id, private.require_permission('orders:manage'), p_reason, now());
end;
$$;
comment on function public.cancel_order(uuid, text) is 'Admin with orders:manage: cancels an order that is not active.';
revoke all on function public.cancel_order(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.cancel_order(uuid, text) to authenticated;

create function public.admin_list_orders(
  p_status text default null, p_q text default null,
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 25), 1), 100);
  v_q text := nullif(btrim(coalesce(p_q, '')), '');
  v_found uuid[];
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  if v_q is not null then
    v_found := array(select private.search_customers(v_q));
  end if;
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.id, 'status', page.status, 'created_at', page.created_at,
    'activated_at', page.activated_at, 'cancelled_at', page.cancelled_at, 'cancel_reason', page.cancel_reason,
    'referral_code', page.referral_code, 'referral_outcome', page.referral_outcome, 'referral_reason', page.referral_reason,
    'customer', (
      select jsonb_build_object('id', c.id, 'name', btrim(c.first_name || ' ' || c.last_name), 'email', c.email)
      from public.customers as c where c.id = page.customer_id),
    'package_name', (select p.name from public.service_packages as p where p.id = page.package_id),
    'referrer', (
      select jsonb_build_object('id', c.id, 'name', btrim(c.first_name || ' ' || c.last_name))
      from public.customer_referrals as r join public.customers as c on c.id = r.referrer_id
      where r.order_id = page.id limit 1),
    'service', (
      select private.service_document(s.id)
        || jsonb_build_object('price_change_on', case
          when s.status in ('active', 'suspended') then private.price_change_day(s.id, now()) end)
      from public.customer_services as s where s.order_id = page.id)
  ) order by page.created_at desc, page.id desc), '[]')
  into v_rows
  from (
    select o.*
    from public.orders as o
    where (p_status is null or o.status = p_status)
      and (v_q is null or o.customer_id = any (v_found))
      and (p_cursor_at is null or (o.created_at, o.id) < (p_cursor_at, p_cursor_id))
    order by o.created_at desc, o.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('orders', v_rows, v_limit, 'created_at');
end;
$$;
comment on function public.admin_list_orders(text, text, timestamptz, uuid, integer) is
  'Admin with customers:view: orders with their service, newest first. price_change_on is the day from which a package changed now would be charged.';
revoke all on function public.admin_list_orders(text, text, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_orders(text, text, timestamptz, uuid, integer) to authenticated;
