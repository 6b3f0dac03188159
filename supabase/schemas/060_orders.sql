-- Orders: placing, installing, activating and cancelling.
--
-- Every operation of this schema takes its locks in this order, rows of one table by ascending id:
--   bulk_jobs, bulk_job_items, idempotency key, customers, programme terms (shared), orders, customer_services, customer_referrals,
--   referral_rewards, customer_invoices, credit_notes, invoice_payments, invoice_settlements, account_credits,
--   invoice_series, billing_runs.
-- Whoever changes a referral or a reward, or issues or credits an invoice, holds the row lock of the customer it
-- concerns; for a referral that is the referrer. This lock is the mutex which makes counting (the monthly limit, two of
-- two) and everything that happens once (applying, revoking, expiring) safe.

create table public.orders (
  id uuid primary key default gen_random_uuid(),
  order_number text not null unique check (order_number ~ '^[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}$'),
  customer_id uuid not null references public.customers (id),
  package_id uuid not null references public.service_packages (id),
  status text not null default 'pending' check (status in ('pending', 'installing', 'active', 'cancelled')),
  is_open boolean not null generated always as (status in ('pending', 'installing')) stored,
  referral_code text check (length(referral_code) <= 64),
  referral_outcome text not null default 'none' check (referral_outcome in ('recorded', 'not_applied', 'none')),
  referral_reason text,
  installation_address jsonb not null default '{}' check (jsonb_typeof(installation_address) = 'object'),
  address_key text,
  address_near_keys text[] not null default '{}',
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
comment on column public.orders.order_number is 'What people say on the phone: 6 Crockford base32 characters, drawn at random.';
comment on column public.orders.is_open is 'Whether the order waits for its service: it can be activated and cancelled.';
comment on column public.orders.referral_reason is 'Why a given code was not applied, in the closed list of block reasons.';

create index orders_customer on public.orders (customer_id);
create index orders_package on public.orders (package_id);
create index orders_created on public.orders (created_at desc, id desc);
create index orders_status_created on public.orders (status, created_at desc, id desc);
create index orders_open on public.orders (created_at) where is_open;
create index orders_address_key on public.orders (address_key) where address_key is not null;
create index orders_address_near_keys on public.orders using gin (address_near_keys);
create index orders_ip on public.orders (ip_address, created_at) where ip_address is not null;

create function private.assign_order_number()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_number text;
begin
  if new.order_number is not null then
    return new;
  end if;
  -- If two sessions draw the same number at the same time, the unique index refuses one.
  loop
    v_number := private.order_number_of(left(private.random_code_body(), 6));
    exit when not exists (select 1 from public.orders as o where o.order_number = v_number);
  end loop;
  new.order_number := v_number;
  return new;
end;
$$;
comment on function private.assign_order_number() is 'Trigger: a new order gets a short, unique number.';
revoke all on function private.assign_order_number() from public, anon, authenticated, service_role;

create function private.keep_order_number()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception using errcode = 'PT409', message = 'immutable_row',
    detail = 'an order number is permanent';
end;
$$;
comment on function private.keep_order_number() is 'Trigger: an order number never changes.';
revoke all on function private.keep_order_number() from public, anon, authenticated, service_role;

create trigger orders_assign_number
  before insert on public.orders
  for each row execute function private.assign_order_number();
create trigger orders_keep_number
  before update of order_number on public.orders
  for each row
  when (old.order_number is distinct from new.order_number)
  execute function private.keep_order_number();

create function private.refuse_erased_customer()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- The order read its customer just before the erasure. The next try makes a new customer.
  if exists (select 1 from public.customers as c where c.id = new.customer_id and c.erased_at is not null) then
    perform private.fail(409, 'version_conflict', 'the customer was erased');
  end if;
  return new;
end;
$$;
comment on function private.refuse_erased_customer() is 'Trigger: refuses an order of a customer who was erased. Raises version_conflict.';
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

create function private.customer_of_order(
  p_order jsonb, p_as_of timestamptz, out customer public.customers, out is_new boolean
)
language plpgsql
set search_path = ''
as $$
declare
  v_auth_user uuid := (p_order ->> 'auth_user_id')::uuid;
  v_pending_user uuid := (p_order ->> 'pending_user_id')::uuid;
begin
  insert into public.customers
    (auth_user_id, pending_user_id, email, mailbox, first_name, last_name, phone, address, address_key,
     address_near_keys, created_at)
  values
    (v_auth_user, v_pending_user, p_order ->> 'email', p_order ->> 'mailbox', p_order ->> 'first_name',
     p_order ->> 'last_name', p_order ->> 'phone', p_order -> 'address', p_order ->> 'address_key',
     private.near_keys(p_order), p_as_of)
  on conflict do nothing
  returning * into customer;
  is_new := found;
  if not is_new then
    -- Nobody has proven that the address is theirs, so nobody adds to what waits for it.
    if v_pending_user is not null then
      perform private.fail(403, 'email_unconfirmed');
    end if;
    select c.* into strict customer from public.customers as c where c.auth_user_id = v_auth_user;
  end if;
end;
$$;
comment on function private.customer_of_order(jsonb, timestamptz) is
  'The customer of the account that orders; makes one if the account has none. A customer whose address is not confirmed waits for the account in pending_user_id, with one order: raises email_unconfirmed for another one.';
revoke all on function private.customer_of_order(jsonb, timestamptz) from public, anon, authenticated, service_role;

create function private.insert_order(
  p_order jsonb, p_customer_id uuid, p_package public.service_packages, p_as_of timestamptz
)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_order_id uuid := gen_random_uuid();
begin
  insert into public.orders
    (id, customer_id, package_id, referral_code, installation_address, address_key, address_near_keys, ip_address,
     user_agent, created_at)
  values
    (v_order_id, p_customer_id, p_package.id, p_order ->> 'referral_code', coalesce(p_order -> 'address', '{}'),
     p_order ->> 'address_key', private.near_keys(p_order), (p_order ->> 'ip_address')::inet,
     left(p_order ->> 'user_agent', 1000), p_as_of);
  insert into public.customer_services
    (customer_id, order_id, package_id, monthly_price_cents, is_external, created_at, updated_at)
  values
    (p_customer_id, v_order_id, p_package.id, p_package.monthly_price_cents, p_order ? 'external_id', p_as_of, p_as_of);
  return v_order_id;
end;
$$;
comment on function private.insert_order(jsonb, uuid, public.service_packages, timestamptz) is
  'Writes a pending order and its service at the price of the package. An order with an external_id has its service elsewhere. Returns the order''s id.';
revoke all on function private.insert_order(jsonb, uuid, public.service_packages, timestamptz)
  from public, anon, authenticated, service_role;

create function private.mail_orderer(p_template text, p_order_id uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.enqueue_mail(
    p_template, c.email, c.id,
    jsonb_build_object(
      'first_name', c.first_name, 'order_number', o.order_number, 'package_name', p.name,
      'monthly_price_cents', s.monthly_price_cents, 'currency', (private.current_billing_settings()).currency,
      'referral', o.referral_outcome,
      'inviter', (
        select i.first_name
        from public.customer_referrals as r join public.customers as i on i.id = r.referrer_id
        where r.order_id = o.id and r.status in ('pending', 'active', 'qualified'))),
    p_template || ':' || o.id, p_as_of)
  from public.orders as o
  join public.customers as c on c.id = o.customer_id
  join public.service_packages as p on p.id = o.package_id
  join public.customer_services as s on s.order_id = o.id
  where o.id = p_order_id and not s.is_external;
end;
$$;
comment on function private.mail_orderer(text, uuid, timestamptz) is
  'Queues order_received or service_active for the person who ordered with us, once per order. It names who invited them, if somebody did.';
revoke all on function private.mail_orderer(text, uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.place_order(p_order jsonb, p_as_of timestamptz default now())
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_code text := p_order ->> 'referral_code';
  v_response jsonb;
  v_package public.service_packages;
  v_placed record;
  v_customer public.customers;
  v_referrer public.customers;
  v_terms public.referral_program;
  v_order_id uuid;
  v_referral_id uuid;
  v_reason text;
begin
  v_response := private.claim_idempotency_key('order', p_order ->> 'idempotency_key', p_order ->> 'request_hash');
  if v_response is not null then
    return v_response;
  end if;
  v_package := private.package_on_sale(p_order ->> 'package_slug');
  if v_package.id is null then
    perform private.fail(404, 'not_found', 'package');
  end if;
  v_placed := private.customer_of_order(p_order, p_as_of);
  v_customer := v_placed.customer;
  v_referrer := private.find_referrer(v_code);
  perform private.lock_customers(array[v_customer.id, v_referrer.id]);
  -- No new version of the terms takes effect until the commit: a pause counts, and the mail states the frozen terms.
  perform private.hold_terms();
  v_terms := private.current_terms();

  if v_code is not null then
    v_reason := private.refusal_of(p_order, v_customer, v_referrer, v_terms, p_as_of);
  end if;
  v_order_id := private.insert_order(p_order, v_customer.id, v_package, p_as_of);
  if v_code is not null and v_reason is null then
    v_referral_id := private.record_referral(p_order, v_order_id, v_customer, v_referrer, v_terms, p_as_of);
    if v_referral_id is null then
      v_reason := 'duplicate_referral';
    end if;
  end if;
  perform private.keep_assessment(p_order, v_order_id, v_referrer.id, p_as_of);
  if v_reason is not null then
    perform private.record_attempt(p_order, v_order_id, v_referrer.id, v_reason, p_as_of);
    if v_referrer.id is not null and v_reason <> 'self_referral' then
      perform private.tell_referrer(v_referrer.id, jsonb_build_object('kind', 'refused_' || v_reason), p_as_of);
    end if;
  end if;
  update public.orders as o
  set referral_outcome = case when v_code is null then 'none' when v_reason is null then 'recorded' else 'not_applied' end,
    referral_reason = v_reason
  where o.id = v_order_id
  returning jsonb_build_object(
    'order_id', o.id, 'order_number', o.order_number, 'customer_id', o.customer_id,
    'referral', jsonb_strip_nulls(jsonb_build_object('status', o.referral_outcome, 'reason', o.referral_reason)))
  into v_response;
  perform private.mail_orderer('order_received', v_order_id, p_as_of);
  if p_order -> 'device' ->> 'hash' is not null then
    perform public.note_device(
      (p_order ->> 'auth_user_id')::uuid, p_order -> 'device' ->> 'hash', p_order -> 'device' ->> 'name');
  end if;
  perform private.store_idempotent_response('order', p_order ->> 'idempotency_key', v_response);
  return v_response;
end;
$$;
comment on function public.place_order(jsonb, timestamptz) is
  'Server: writes customer, order, service and referral in one transaction. Rules that requests could race are checked under the referrer''s lock. A refused code never stops the order.';
revoke all on function public.place_order(jsonb, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.place_order(jsonb, timestamptz) to service_role;

create function private.placed_order(p_order public.orders)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'order_id', p_order.id, 'order_number', p_order.order_number, 'status', p_order.status,
    'package_name', p.name, 'monthly_price_cents', s.monthly_price_cents,
    'currency', (private.current_billing_settings()).currency,
    'address', p_order.installation_address, 'phone', c.phone,
    'needs_confirmation', c.auth_user_id is null,
    'referral', jsonb_strip_nulls(
      jsonb_build_object('status', p_order.referral_outcome, 'reason', p_order.referral_reason)),
    'inviter', (
      select i.first_name
      from public.customer_referrals as r join public.customers as i on i.id = r.referrer_id
      where r.order_id = p_order.id and r.status in ('pending', 'active', 'qualified')),
    'can_claim', c.auth_user_id is not null and private.can_claim(c.id, now()),
    'own_claim', private.own_claim(c.id))
  from public.customers as c, public.service_packages as p, public.customer_services as s
  where c.id = p_order.customer_id and p.id = p_order.package_id and s.order_id = p_order.id
$$;
comment on function private.placed_order(public.orders) is
  'An order as its confirmation shows it. can_claim: its customer may say whose code was forgotten or mistyped.';
revoke all on function private.placed_order(public.orders) from public, anon, authenticated, service_role;

create function public.get_my_order(p_order_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
  v_order public.orders;
begin
  select o.* into v_order from public.orders as o where o.id = p_order_id and o.customer_id = v_customer;
  if v_order.id is null then
    perform private.fail(404, 'not_found', 'order');
  end if;
  return private.placed_order(v_order);
end;
$$;
comment on function public.get_my_order(uuid) is 'Customer: one of their orders, for its confirmation. Raises not_found for the order of anybody else.';
revoke all on function public.get_my_order(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_my_order(uuid) to authenticated;

create function public.get_placed_order(p_order_id uuid)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select private.placed_order(o) from public.orders as o
  join public.customers as c on c.id = o.customer_id
  -- Once the owner of the address has confirmed it, their session shows the order, and nothing else does.
  where o.id = p_order_id and c.erased_at is null and c.auth_user_id is null
$$;
comment on function public.get_placed_order(uuid) is
  'Server, for a browser that has just placed this order and has no session: the order for its confirmation. Null without it, and once the account is confirmed.';
revoke all on function public.get_placed_order(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_placed_order(uuid) to service_role;

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
  'Refuses an admin who acts on their own order, or on one for which they are the referrer. Raises own_account.';
revoke all on function private.refuse_own_order(uuid, uuid) from public, anon, authenticated, service_role;

create function private.lock_order(p_order_id uuid, p_actor uuid)
returns public.orders
language plpgsql
set search_path = ''
as $$
declare
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
  return v_order;
end;
$$;
comment on function private.lock_order(uuid, uuid) is
  'The order as it is now, with the locks of its customer and its referrer, for an admin to act on. Raises not_found, own_account.';
revoke all on function private.lock_order(uuid, uuid) from public, anon, authenticated, service_role;

create function private.start_installation(p_order_id uuid, p_actor uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_order public.orders := private.lock_order(p_order_id, p_actor);
begin
  if v_order.status = 'installing' then
    -- A repeated click or a retried request finds the work done.
    return jsonb_build_object('id', p_order_id, 'status', 'installing');
  end if;
  if v_order.status <> 'pending' then
    perform private.fail(409, 'order_not_installable', v_order.status);
  end if;
  update public.orders as o set status = 'installing' where o.id = p_order_id;
  perform private.write_audit(
    p_actor, 'order.installing', 'order', p_order_id::text, v_order.customer_id, null,
    jsonb_build_object('status', 'pending'), jsonb_build_object('status', 'installing'), p_as_of);
  return jsonb_build_object('id', p_order_id, 'status', 'installing');
end;
$$;
comment on function private.start_installation(uuid, uuid, timestamptz) is
  'A pending order is being installed from now on. Its service and its referral stay as they are. Repeating it changes nothing.';
revoke all on function private.start_installation(uuid, uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.start_installation(p_order_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.start_installation(p_order_id, private.require_permission('orders:manage'), now());
exception when sqlstate 'PT403' then
  return private.refused_call('order.install', 'order', p_order_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.start_installation(uuid) is
  'Admin with orders:manage: marks a pending order as being installed. Raises not_found, own_account, order_not_installable.';
revoke all on function public.start_installation(uuid) from public, anon, authenticated, service_role;
grant execute on function public.start_installation(uuid) to authenticated;

create function private.begin_service(p_order_id uuid, p_at timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.orders as o set status = 'active', activated_at = p_at where o.id = p_order_id;
  update public.customer_services as s
  set status = 'active', activated_at = p_at, updated_at = p_at
  where s.order_id = p_order_id;
  perform private.activate_referral(p_order_id, p_at);
end;
$$;
comment on function private.begin_service(uuid, timestamptz) is
  'An open order and its service are active from p_at, and the referral''s qualifying clock starts. The caller holds the locks.';
revoke all on function private.begin_service(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.end_order(p_order_id uuid, p_reason text, p_at timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.orders as o
  set status = 'cancelled', cancelled_at = p_at, cancel_reason = p_reason
  where o.id = p_order_id;
  update public.customer_services as s
  set status = 'cancelled', cancelled_at = p_at, updated_at = p_at
  where s.order_id = p_order_id;
  perform private.stop_referral(p_order_id, 'order_cancelled', p_at);
end;
$$;
comment on function private.end_order(uuid, text, timestamptz) is
  'An open order is cancelled at p_at, and with it its service and pending referral. The caller holds the locks.';
revoke all on function private.end_order(uuid, text, timestamptz) from public, anon, authenticated, service_role;

create function private.activate_order(p_order_id uuid, p_actor uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_order public.orders := private.lock_order(p_order_id, p_actor);
  v_service public.customer_services;
begin
  select s.* into strict v_service from public.customer_services as s where s.order_id = p_order_id for update;
  if v_order.status = 'active' then
    -- A repeated click or a retried request finds the work done.
    return private.service_document(v_service.id) || jsonb_build_object('already_active', true);
  end if;
  if not v_order.is_open or v_service.status <> 'pending' then
    perform private.fail(409, 'order_not_activatable', v_order.status);
  end if;
  perform private.begin_service(p_order_id, p_as_of);
  perform private.mail_orderer('service_active', p_order_id, p_as_of);
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
exception when sqlstate 'PT403' then
  return private.refused_call('order.activate', 'order', p_order_id::text, sqlstate, sqlerrm, null);
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
  v_order public.orders := private.lock_order(p_order_id, p_actor);
begin
  if not v_order.is_open then
    perform private.fail_changed(
      'order_not_cancellable', v_order.status, 'order', p_order_id::text, array['order.activated', 'order.cancelled']);
  end if;
  perform private.end_order(p_order_id, v_reason, p_as_of);
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
exception when sqlstate 'PT403' then
  return private.refused_call('order.cancel', 'order', p_order_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.cancel_order(uuid, text) is 'Admin with orders:manage: cancels an order that is not active.';
revoke all on function public.cancel_order(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.cancel_order(uuid, text) to authenticated;

create function private.admin_order_document(p_order public.orders)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'id', p_order.id, 'order_number', p_order.order_number, 'status', p_order.status, 'created_at', p_order.created_at,
      'activated_at', p_order.activated_at, 'cancelled_at', p_order.cancelled_at, 'cancel_reason', p_order.cancel_reason,
      'referral_code', p_order.referral_code, 'referral_outcome', p_order.referral_outcome,
      'referral_reason', p_order.referral_reason,
      'external_id', (select x.external_id from public.external_orders as x where x.order_id = p_order.id),
      'customer', (
        select jsonb_build_object('id', c.id, 'name', c.full_name, 'email', c.email)
        from public.customers as c where c.id = p_order.customer_id),
      'package_name', (select p.name from public.service_packages as p where p.id = p_order.package_id),
      'referrer', (
        select jsonb_build_object('id', c.id, 'name', c.full_name)
        from public.customer_referrals as r join public.customers as c on c.id = r.referrer_id
        where r.order_id = p_order.id limit 1),
      'service', (
        select private.service_document(s.id)
          || jsonb_build_object('price_change_on', case
            when s.status in ('active', 'suspended') then private.price_change_day(s.id, now()) end)
        from public.customer_services as s where s.order_id = p_order.id)));
end;
$$;
comment on function private.admin_order_document(public.orders) is
  'An order as admins see it, with its service. price_change_on is the day from which a package changed now would be charged.';
revoke all on function private.admin_order_document(public.orders) from public, anon, authenticated, service_role;

create function public.admin_list_orders(
  p_status text default null, p_q text default null,
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25,
  p_from date default null, p_to date default null, p_sort text default null, p_backward boolean default false,
  p_count boolean default false
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_q text := nullif(btrim(coalesce(p_q, '')), '');
  v_found text;
begin
  perform private.require_permission('customers:view');
  if v_q is not null then
    v_found := format('(t.customer_id = any (%L::uuid[]) or t.order_number = %L)',
      array(select private.search_customers(v_q)), private.order_number_of(v_q));
  end if;
  return private.list_page(
    'orders', 'public.orders as t',
    array[private.equals('status', p_status), v_found,
      private.on_days('created_at', p_from, p_to, private.billing_time_zone())],
    'private.admin_order_document(page.found)', array['-created_at'], p_sort,
    p_cursor_at, p_cursor_id, private.page_size(p_limit), p_backward, p_count);
end;
$$;
comment on function public.admin_list_orders(text, text, timestamptz, uuid, integer, date, date, text, boolean, boolean) is
  'Admin with customers:view: orders with their service, newest first, of the local days p_from to p_to, keyset-paged either way. Raises invalid_request.';
revoke all on function public.admin_list_orders(text, text, timestamptz, uuid, integer, date, date, text, boolean, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_orders(text, text, timestamptz, uuid, integer, date, date, text, boolean, boolean)
  to authenticated;
