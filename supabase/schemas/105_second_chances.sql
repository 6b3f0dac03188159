-- Second chances: a forgotten code, a late installation, a referral that ended too early. An admin decides each with a
-- reason, and both sides are told. A customer can claim a forgotten code, and the referrer confirms it.

create table public.referral_claims (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id),
  referrer_id uuid not null references public.customers (id),
  referral_code text not null check (length(referral_code) <= 64),
  status text not null default 'open' check (status in ('open', 'confirmed', 'declined', 'accepted', 'rejected')),
  created_at timestamptz not null default now(),
  answered_at timestamptz,
  decided_by uuid,
  decided_at timestamptz,
  decision_reason text check (length(decision_reason) between 3 and 500),
  referral_id uuid references public.customer_referrals (id),
  check (customer_id <> referrer_id),
  check ((status in ('accepted', 'rejected')) = (decided_at is not null)),
  check ((status = 'accepted') = (referral_id is not null))
);
comment on table public.referral_claims is
  'Customers who say that somebody invited them and that the code was forgotten. The referrer confirms, an admin decides.';

create unique index referral_claims_one_undecided on public.referral_claims (customer_id)
  where status in ('open', 'confirmed');
create index referral_claims_customer on public.referral_claims (customer_id, created_at desc);
create index referral_claims_referrer on public.referral_claims (referrer_id, created_at desc);
create index referral_claims_referral on public.referral_claims (referral_id) where referral_id is not null;
create index referral_claims_listed on public.referral_claims (created_at desc, id desc);

alter table public.referral_claims enable row level security;
revoke all on table public.referral_claims from public, anon, authenticated, service_role;
grant select on table public.referral_claims to service_role;
grant select on table public.referral_claims to authenticated;
create policy referral_claims_select on public.referral_claims
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create function private.first_order(p_customer_id uuid)
returns public.orders
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select o
    from public.orders as o
    where o.customer_id = p_customer_id and o.status <> 'cancelled'
    order by o.created_at, o.id
    limit 1);
end;
$$;
comment on function private.first_order(uuid) is
  'The first order of a customer that was not cancelled: the one by which a forgotten code is judged.';
revoke all on function private.first_order(uuid) from public, anon, authenticated, service_role;

create function private.claim_window_ends_at(p_order public.orders)
returns timestamptz
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.local_plus(
    p_order.created_at,
    make_interval(days => (private.terms_at(p_order.created_at)).activation_window_days),
    private.billing_time_zone());
end;
$$;
comment on function private.claim_window_ends_at(public.orders) is
  'Until when a forgotten code can be attached to an order: the activation window of the terms in force when it was placed.';
revoke all on function private.claim_window_ends_at(public.orders) from public, anon, authenticated, service_role;

create function private.order_as_placed(p_order public.orders, p_code text, p_windows jsonb)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'order_id', p_order.id, 'email', c.email, 'mailbox', c.mailbox, 'phone', coalesce(c.former_phones[1], c.phone),
    'address', p_order.installation_address, 'address_key', p_order.address_key,
    'address_near_keys', to_jsonb(p_order.address_near_keys),
    'ip_address', host(p_order.ip_address), 'user_agent', p_order.user_agent, 'referral_code', p_code,
    'windows', p_windows)
  from public.customers as c
  where c.id = p_order.customer_id
$$;
comment on function private.order_as_placed(public.orders, text, jsonb) is
  'An order as the fraud rules read it, as if it had been placed with the code.';
revoke all on function private.order_as_placed(public.orders, text, jsonb)
  from public, anon, authenticated, service_role;

create function private.evidence_then(
  p_order public.orders, p_code text, p_windows jsonb, p_referrer public.customers
)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select evidence
    || jsonb_build_object(
      'referrer', evidence -> 'referrer'
        || jsonb_build_object('has_active_service', private.was_served(p_referrer.id, p_order.created_at)),
      'counts', evidence -> 'counts'
        || jsonb_build_object('last_24h', (
          select count(*) from public.customer_referrals as r
          where r.referrer_id = p_referrer.id and r.referred_at <= p_order.created_at
            and r.referred_at > p_order.created_at - private.fraud_window(placed, 'velocity'))))
  from private.order_as_placed(p_order, p_code, p_windows) as placed,
    private.order_evidence(placed, p_referrer, p_order.created_at) as evidence
$$;
comment on function private.evidence_then(public.orders, text, jsonb, public.customers) is
  'What the fraud rules need to judge an order that was placed without the code, as of the moment when it was placed.';
revoke all on function private.evidence_then(public.orders, text, jsonb, public.customers)
  from public, anon, authenticated, service_role;

create function public.prepare_attachment(
  p_actor uuid, p_customer_id uuid, p_code text, p_windows jsonb, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_order public.orders := private.first_order(p_customer_id);
  v_referrer public.customers := private.find_referrer(p_code);
begin
  perform private.require_permission_of(p_actor, 'orders:manage');
  return jsonb_build_object(
    'terms', to_jsonb(private.terms_at(coalesce(v_order.created_at, p_as_of))) - array['reason', 'created_by', 'created_at'],
    'fraud_settings', to_jsonb(private.current_fraud_settings()),
    'evidence', case when v_order.id is not null and v_referrer.id is not null then
      private.evidence_then(v_order, p_code, p_windows, v_referrer) end);
end;
$$;
comment on function public.prepare_attachment(uuid, uuid, text, jsonb, timestamptz) is
  'Server, for an admin with orders:manage: what the fraud rules need to judge a forgotten code, as of the customer''s first order.';
revoke all on function public.prepare_attachment(uuid, uuid, text, jsonb, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.prepare_attachment(uuid, uuid, text, jsonb, timestamptz) to service_role;

create function private.refuse_late_code(
  p_order public.orders, p_customer public.customers, p_referrer public.customers, p_terms public.referral_program
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if private.is_same_person(p_customer, p_referrer) then
    perform private.fail(409, 'self_referral');
  end if;
  if private.is_known_person(p_customer.email_normalised, p_customer.mailbox, p_order.created_at, p_order.id)
    or private.is_referred(p_customer.email_normalised, p_customer.mailbox) then
    perform private.fail(409, 'duplicate_referral');
  end if;
  if not private.was_served(p_referrer.id, p_order.created_at)
    or private.has_overdue_invoice(p_referrer.id, p_order.created_at) then
    perform private.fail(409, 'referrer_not_eligible');
  end if;
  if private.referrals_in_month(p_referrer.id, p_order.created_at) >= p_terms.monthly_referral_limit then
    perform private.fail(409, 'referral_limit_reached');
  end if;
end;
$$;
comment on function private.refuse_late_code(
  public.orders, public.customers, public.customers, public.referral_program
) is
  'The checks of an order with a code, as of the moment when it was placed. Raises self_referral, duplicate_referral, referrer_not_eligible, referral_limit_reached. The caller holds the locks of both.';
revoke all on function private.refuse_late_code(
  public.orders, public.customers, public.customers, public.referral_program
) from public, anon, authenticated, service_role;

create function private.is_same_person(p_customer public.customers, p_other public.customers)
returns boolean
language sql
stable
set search_path = ''
as $$
  select p_customer.id = p_other.id
    or p_customer.email_normalised = p_other.email_normalised
    or coalesce(p_customer.mailbox = p_other.mailbox, false)
    or private.phones_of(p_customer) && private.phones_of(p_other)
$$;
comment on function private.is_same_person(public.customers, public.customers) is
  'Whether two customers are one person: same normalised e-mail or mailbox, or a phone number that both have or had.';
revoke all on function private.is_same_person(public.customers, public.customers)
  from public, anon, authenticated, service_role;

create function private.tell_both(
  p_kind text, p_referral public.customer_referrals, p_until date, p_as_of timestamptz
)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referrer public.customers;
  v_friend public.customers;
  v_event text := p_referral.id || ':' || p_kind || ':' || extract(epoch from p_as_of)::bigint;
begin
  select c.* into strict v_referrer from public.customers as c where c.id = p_referral.referrer_id;
  select c.* into strict v_friend from public.customers as c where c.id = p_referral.referred_customer_id;
  perform private.enqueue_mail(
    'referral_update', v_referrer.email, v_referrer.id,
    jsonb_strip_nulls(jsonb_build_object(
      'first_name', v_referrer.first_name, 'kind', p_kind, 'audience', 'referrer', 'referral_id', p_referral.id,
      'friend', private.mask_name(v_friend.first_name, v_friend.last_name), 'until', p_until))
      || private.friend_facts(p_referral, p_as_of),
    'referral_update:' || v_event || ':referrer', p_as_of);
  -- Whoever has their service elsewhere hears from the system that they ordered with.
  if private.is_external_order(p_referral.order_id) then
    return;
  end if;
  perform private.enqueue_mail(
    'referral_update', v_friend.email, v_friend.id,
    jsonb_strip_nulls(jsonb_build_object(
      'first_name', v_friend.first_name, 'kind', p_kind, 'audience', 'friend', 'referral_id', p_referral.id,
      'inviter', v_referrer.first_name, 'until', p_until)),
    'referral_update:' || v_event || ':friend', p_as_of);
end;
$$;
comment on function private.tell_both(text, public.customer_referrals, date, timestamptz) is
  'Mails the referrer and the friend that an admin attached, reinstated or extended a referral; a friend whose service is elsewhere is not mailed. p_until is a day of the billing time zone.';
revoke all on function private.tell_both(text, public.customer_referrals, date, timestamptz)
  from public, anon, authenticated, service_role;

create function private.start_days(p_referral_id uuid, p_order public.orders, p_as_of timestamptz)
returns public.customer_referrals
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
  v_terms public.referral_program;
begin
  select p.* into strict v_terms
  from public.customer_referrals as r join public.referral_program as p on p.version = r.program_version
  where r.id = p_referral_id;
  update public.customer_referrals as r
  set status = 'active', activated_at = p_order.activated_at,
    qualifies_at = private.local_plus(
      p_order.activated_at, make_interval(days => v_terms.qualifying_days), private.billing_time_zone())
      + private.suspended_time(p_order.id)
  where r.id = p_referral_id
  returning * into strict v_referral;
  perform private.mail_activation(v_referral, p_as_of);
  return v_referral;
end;
$$;
comment on function private.start_days(uuid, public.orders, timestamptz) is
  'Counts the days of a referral whose service is active already, from its activation and without its suspensions.';
revoke all on function private.start_days(uuid, public.orders, timestamptz)
  from public, anon, authenticated, service_role;

create function private.insert_late_referral(
  p_order public.orders, p_customer public.customers, p_referrer public.customers, p_terms public.referral_program
)
returns public.customer_referrals
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  insert into public.customer_referrals
    (referrer_id, referral_code, referred_customer_id, referred_email, referred_mailbox, order_id, program_version,
     activation_due_at, source, ip_address, user_agent, referred_at)
  values
    (p_referrer.id, p_referrer.referral_code, p_customer.id, p_customer.email, p_customer.mailbox, p_order.id,
     p_terms.version,
     private.claim_window_ends_at(p_order), 'admin', p_order.ip_address, p_order.user_agent, p_order.created_at)
  on conflict do nothing
  returning * into v_referral;
  if v_referral.id is null then
    perform private.fail(409, 'duplicate_referral');
  end if;
  update public.orders as o
  set referral_outcome = 'recorded', referral_reason = null
  where o.id = p_order.id;
  return v_referral;
end;
$$;
comment on function private.insert_late_referral(
  public.orders, public.customers, public.customers, public.referral_program
) is
  'Records the referral of a code that was forgotten, by the terms and on the day of the order. Raises duplicate_referral.';
revoke all on function private.insert_late_referral(
  public.orders, public.customers, public.customers, public.referral_program
) from public, anon, authenticated, service_role;

create function private.attach_referral(
  p_customer_id uuid, p_code text, p_reason text, p_assessment jsonb, p_basis bigint, p_alert_email text,
  p_actor uuid, p_as_of timestamptz
)
returns public.customer_referrals
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_customer public.customers;
  v_referrer public.customers := private.find_referrer(p_code);
  v_order public.orders;
  v_terms public.referral_program;
  v_referral public.customer_referrals;
begin
  if v_referrer.id is null then
    perform private.fail(409, 'referral_code_unknown');
  end if;
  perform private.refuse_own_account(p_customer_id, p_actor);
  perform private.refuse_own_account(v_referrer.id, p_actor);
  perform private.lock_customers(array[p_customer_id, v_referrer.id]);
  select c.* into v_customer from public.customers as c where c.id = p_customer_id and c.erased_at is null;
  if v_customer.id is null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  v_order := private.first_order(p_customer_id);
  if v_order.id is null or not exists (
    select 1 from public.customer_services as s where s.order_id = v_order.id and s.status in ('pending', 'active')) then
    perform private.fail(409, 'order_not_referable');
  end if;
  if p_as_of >= private.claim_window_ends_at(v_order) then
    perform private.fail(409, 'activation_window_over');
  end if;
  v_terms := private.terms_at(v_order.created_at);
  if v_terms.is_paused or not private.rewards_are_on() then
    perform private.fail(409, 'program_paused');
  end if;
  perform private.refuse_late_code(v_order, v_customer, v_referrer, v_terms);
  if p_basis is distinct from private.referrals_made(v_referrer.id) then
    perform private.fail(409, 'assessment_stale');
  end if;

  v_referral := private.insert_late_referral(v_order, v_customer, v_referrer, v_terms);
  perform private.record_signals(v_referral.id, v_referrer.id, p_assessment, p_alert_email, p_as_of);
  if v_order.status = 'active' then
    v_referral := private.start_days(v_referral.id, v_order, p_as_of);
  end if;
  perform private.write_audit(
    p_actor, 'referral.attached', 'referral', v_referral.id::text, p_customer_id, v_reason, null,
    jsonb_build_object('status', v_referral.status, 'referrer_id', v_referrer.id), p_as_of);
  perform private.tell_both('attached', v_referral, null, p_as_of);
  return v_referral;
end;
$$;
comment on function private.attach_referral(uuid, text, text, jsonb, bigint, text, uuid, timestamptz) is
  'Attaches a forgotten code to a customer''s first order, through the same checks, judged as of that order. Raises not_found, own_account, referral_code_unknown, order_not_referable, activation_window_over, program_paused, assessment_stale and the rules of private.refuse_late_code.';
revoke all on function private.attach_referral(uuid, text, text, jsonb, bigint, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.attached_document(p_referral public.customer_referrals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'referral_id', p_referral.id, 'status', p_referral.status,
    'flags', coalesce((
      select jsonb_agg(jsonb_build_object('signal', f.signal, 'severity', f.severity) order by f.weight desc, f.signal)
      from public.referral_flags as f where f.referral_id = p_referral.id and f.status <> 'shadow'), '[]'))
$$;
comment on function private.attached_document(public.customer_referrals) is 'A referral that was attached, with its signals.';
revoke all on function private.attached_document(public.customer_referrals)
  from public, anon, authenticated, service_role;

create function public.attach_referral(
  p_actor uuid, p_customer_id uuid, p_code text, p_reason text, p_assessment jsonb, p_basis bigint,
  p_alert_email text, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  perform private.require_permission_of(p_actor, 'orders:manage');
  return private.attached_document(private.attach_referral(
    p_customer_id, p_code, p_reason, p_assessment, p_basis, p_alert_email, p_actor, p_as_of));
end;
$$;
comment on function public.attach_referral(uuid, uuid, text, text, jsonb, bigint, text, timestamptz) is
  'Server, for an admin with orders:manage: attaches a forgotten code, with the assessment of the fraud rules.';
revoke all on function public.attach_referral(uuid, uuid, text, text, jsonb, bigint, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.attach_referral(uuid, uuid, text, text, jsonb, bigint, text, timestamptz) to service_role;

create function private.lock_referral(p_referral_id uuid, p_actor uuid)
returns public.customer_referrals
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  select r.* into v_referral from public.customer_referrals as r where r.id = p_referral_id;
  if v_referral.id is null then
    perform private.fail(404, 'not_found', 'referral');
  end if;
  perform private.refuse_own_account(v_referral.referrer_id, p_actor);
  perform private.refuse_own_account(v_referral.referred_customer_id, p_actor);
  perform private.lock_customers(array[v_referral.referrer_id, v_referral.referred_customer_id]);
  select r.* into strict v_referral from public.customer_referrals as r where r.id = p_referral_id for update;
  return v_referral;
end;
$$;
comment on function private.lock_referral(uuid, uuid) is
  'The referral as it is now, with the locks of both sides, for an admin to act on. Raises not_found, own_account.';
revoke all on function private.lock_referral(uuid, uuid) from public, anon, authenticated, service_role;

create function private.reinstate_referral(p_referral_id uuid, p_reason text, p_actor uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_old public.customer_referrals := private.lock_referral(p_referral_id, p_actor);
  v_zone text := private.billing_time_zone();
  v_order public.orders;
  v_customer public.customers;
  v_referrer public.customers;
  v_terms public.referral_program;
  v_window interval;
  v_referral public.customer_referrals;
begin
  if v_old.status not in ('expired', 'cancelled') then
    perform private.fail(409, 'referral_not_ended', v_old.status);
  end if;
  select o.* into strict v_order from public.orders as o where o.id = v_old.order_id;
  if v_order.status = 'cancelled' or not exists (
    select 1 from public.customer_services as s where s.order_id = v_order.id and s.status in ('pending', 'active')) then
    perform private.fail(409, 'order_not_referable');
  end if;
  select p.* into strict v_terms from public.referral_program as p where p.version = v_old.program_version;
  v_window := make_interval(days => v_terms.activation_window_days);
  if p_as_of >= private.local_plus(coalesce(v_old.expired_at, v_old.cancelled_at), v_window, v_zone) then
    perform private.fail(409, 'activation_window_over');
  end if;
  select c.* into strict v_customer from public.customers as c where c.id = v_old.referred_customer_id;
  select c.* into strict v_referrer from public.customers as c where c.id = v_old.referrer_id;
  perform private.refuse_late_code(v_order, v_customer, v_referrer, v_terms);

  update public.customer_referrals as r
  set status = 'pending', status_reason = null, expired_at = null, cancelled_at = null,
    activated_at = null, qualifies_at = null,
    activation_due_at = greatest(r.activation_due_at, private.local_plus(p_as_of, v_window, v_zone))
  where r.id = p_referral_id
  returning * into v_referral;
  if v_order.status = 'active' then
    v_referral := private.start_days(p_referral_id, v_order, p_as_of);
  end if;
  perform private.write_audit(
    p_actor, 'referral.reinstated', 'referral', p_referral_id::text, v_old.referrer_id, v_reason,
    jsonb_strip_nulls(jsonb_build_object(
      'status', v_old.status, 'status_reason', v_old.status_reason,
      'expired_at', v_old.expired_at, 'cancelled_at', v_old.cancelled_at)),
    jsonb_build_object('status', v_referral.status), p_as_of);
  perform private.tell_both('reinstated', v_referral, null, p_as_of);
  return private.admin_referral_document(v_referral);
end;
$$;
comment on function private.reinstate_referral(uuid, text, uuid, timestamptz) is
  'Gives an expired or cancelled referral back, within the activation window after its end. Its service must be active or still to come. Raises not_found, own_account, referral_not_ended, order_not_referable, activation_window_over and the rules of private.refuse_late_code.';
revoke all on function private.reinstate_referral(uuid, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.reinstate_referral(p_referral_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.reinstate_referral(p_referral_id, p_reason, private.require_permission('orders:manage'), now());
end;
$$;
comment on function public.reinstate_referral(uuid, text) is
  'Admin with orders:manage: gives an ended referral back, with a reason.';
revoke all on function public.reinstate_referral(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.reinstate_referral(uuid, text) to authenticated;

create function private.extend_referral(
  p_referral_id uuid, p_until date, p_reason text, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_zone text := private.billing_time_zone();
  v_old public.customer_referrals := private.lock_referral(p_referral_id, p_actor);
  v_due timestamptz := private.start_of_day(p_until + 1, v_zone);
  v_referral public.customer_referrals;
begin
  if v_old.status <> 'pending' then
    perform private.fail_overtaken(
      'referral_not_pending', v_old.status, null,
      coalesce(v_old.cancelled_at, v_old.expired_at, v_old.qualified_at, v_old.activated_at));
  end if;
  if v_due is null or v_due <= v_old.activation_due_at or v_due <= p_as_of
    or v_due > private.local_plus(p_as_of, interval '366 days', v_zone) then
    perform private.fail(400, 'invalid_request', 'until must be later than the present day, within a year');
  end if;
  update public.customer_referrals as r set activation_due_at = v_due where r.id = p_referral_id returning * into v_referral;
  perform private.write_audit(
    p_actor, 'referral.extended', 'referral', p_referral_id::text, v_old.referrer_id, v_reason,
    jsonb_build_object('activation_due_at', v_old.activation_due_at),
    jsonb_build_object('activation_due_at', v_due), p_as_of);
  perform private.tell_both('extended', v_referral, p_until, p_as_of);
  return private.admin_referral_document(v_referral);
end;
$$;
comment on function private.extend_referral(uuid, date, text, uuid, timestamptz) is
  'Gives a pending referral until the end of a later day of the billing time zone to become active. Raises not_found, own_account, referral_not_pending, invalid_request.';
revoke all on function private.extend_referral(uuid, date, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.extend_referral(p_referral_id uuid, p_until date, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.extend_referral(
    p_referral_id, p_until, p_reason, private.require_permission('orders:manage'), now());
end;
$$;
comment on function public.extend_referral(uuid, date, text) is
  'Admin with orders:manage: gives a pending referral more days to become active, with a reason.';
revoke all on function public.extend_referral(uuid, date, text) from public, anon, authenticated, service_role;
grant execute on function public.extend_referral(uuid, date, text) to authenticated;

create function private.can_claim(p_customer_id uuid, p_as_of timestamptz)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select o.id is not null
      and p_as_of < private.claim_window_ends_at(o)
      -- What an order brought that was cancelled before service does not stand in the way.
      and not exists (
        select 1 from public.customer_referrals as r
        where r.referred_customer_id = p_customer_id
          and (r.order_id = o.id or r.status in ('pending', 'active', 'qualified')))
      and not exists (
        select 1 from public.referral_claims as m
        where m.customer_id = p_customer_id
          and (m.created_at >= o.created_at or m.status in ('open', 'confirmed')))
    from private.first_order(p_customer_id) as o);
end;
$$;
comment on function private.can_claim(uuid, timestamptz) is
  'Whether a customer can say that the code of their order was forgotten: once, within the activation window, where nobody referred them.';
revoke all on function private.can_claim(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.claim_referral(p_customer_id uuid, p_code text, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_referrer public.customers := private.find_referrer(p_code);
  v_id uuid;
begin
  perform private.lock_customers(array[p_customer_id, v_referrer.id]);
  if not private.can_claim(p_customer_id, p_as_of) then
    perform private.fail(409, 'claim_not_possible');
  end if;
  -- The same answer for a code that nobody has and for one's own.
  if v_referrer.id is null or v_referrer.id = p_customer_id then
    perform private.fail(409, 'referral_code_unknown');
  end if;
  insert into public.referral_claims (customer_id, referrer_id, referral_code, created_at)
  values (p_customer_id, v_referrer.id, v_referrer.referral_code, p_as_of)
  returning id into v_id;
  perform private.tell_referrer(
    v_referrer.id,
    jsonb_build_object('kind', 'claim_made', 'claim_id', v_id, 'friend', (
      select private.mask_name(c.first_name, c.last_name) from public.customers as c where c.id = p_customer_id)),
    p_as_of);
  return jsonb_build_object('claim_id', v_id, 'status', 'open');
end;
$$;
comment on function private.claim_referral(uuid, text, timestamptz) is
  'A customer says who invited them, once, within the activation window. Raises claim_not_possible, referral_code_unknown.';
revoke all on function private.claim_referral(uuid, text, timestamptz)
  from public, anon, authenticated, service_role;

create function public.claim_referral(p_code text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.claim_referral(private.require_customer(), p_code, now());
end;
$$;
comment on function public.claim_referral(text) is
  'Customer: says who invited them when the code was forgotten. Once, within the activation window. Raises claim_not_possible, referral_code_unknown.';
revoke all on function public.claim_referral(text) from public, anon, authenticated, service_role;
grant execute on function public.claim_referral(text) to authenticated;

create function private.mail_claim_refused(p_claim_id uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_customer public.customers;
begin
  select c.* into strict v_customer
  from public.referral_claims as m join public.customers as c on c.id = m.customer_id
  where m.id = p_claim_id;
  if v_customer.erased_at is not null then
    return;
  end if;
  perform private.enqueue_mail(
    'referral_update', v_customer.email, v_customer.id,
    jsonb_build_object('first_name', v_customer.first_name, 'kind', 'claim_rejected', 'audience', 'claimant'),
    'referral_update:' || p_claim_id || ':claim_rejected', p_as_of);
end;
$$;
comment on function private.mail_claim_refused(uuid, timestamptz) is
  'Tells a customer that their order is not linked to the person whom they named, once. It does not say who decided.';
revoke all on function private.mail_claim_refused(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.answer_claim(p_referrer_id uuid, p_claim_id uuid, p_confirm boolean, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_status text := case when p_confirm then 'confirmed' else 'declined' end;
begin
  perform 1 from public.referral_claims as m where m.id = p_claim_id and m.referrer_id = p_referrer_id;
  if not found or p_confirm is null then
    perform private.fail(404, 'not_found', 'claim');
  end if;
  update public.referral_claims as m
  set status = v_status, answered_at = p_as_of
  where m.id = p_claim_id and m.status = 'open';
  if not found then
    perform private.fail(409, 'claim_answered');
  end if;
  if not p_confirm then
    perform private.mail_claim_refused(p_claim_id, p_as_of);
  end if;
  return jsonb_build_object('claim_id', p_claim_id, 'status', v_status);
end;
$$;
comment on function private.answer_claim(uuid, uuid, boolean, timestamptz) is
  'A referrer confirms or declines that they invited somebody. Raises not_found, claim_answered.';
revoke all on function private.answer_claim(uuid, uuid, boolean, timestamptz)
  from public, anon, authenticated, service_role;

create function public.answer_claim(p_claim_id uuid, p_confirm boolean)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.answer_claim(private.require_customer(), p_claim_id, p_confirm, now());
end;
$$;
comment on function public.answer_claim(uuid, boolean) is
  'Customer: confirms or declines that they invited somebody, who is told of the latter. Raises not_found, claim_answered.';
revoke all on function public.answer_claim(uuid, boolean) from public, anon, authenticated, service_role;
grant execute on function public.answer_claim(uuid, boolean) to authenticated;

create function private.claims_to_answer(p_referrer_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', m.id, 'name', private.mask_name(c.first_name, c.last_name), 'created_at', m.created_at) order by m.created_at), '[]')
    from (
      select * from public.referral_claims as o
      where o.referrer_id = p_referrer_id and o.status = 'open' order by o.created_at limit 10
    ) as m
    join public.customers as c on c.id = m.customer_id);
end;
$$;
comment on function private.claims_to_answer(uuid) is
  'People who say that this customer invited them, and whom the customer has not confirmed or declined yet.';
revoke all on function private.claims_to_answer(uuid) from public, anon, authenticated, service_role;

create function private.own_claim(p_customer_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object('status', m.status, 'referral_code', m.referral_code, 'created_at', m.created_at)
    from public.referral_claims as m
    where m.customer_id = p_customer_id and m.status in ('open', 'confirmed'));
end;
$$;
comment on function private.own_claim(uuid) is 'What a customer said about a forgotten code that is not decided yet, or null.';
revoke all on function private.own_claim(uuid) from public, anon, authenticated, service_role;

create function private.claim_document(p_claim public.referral_claims)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_claim.id, 'status', p_claim.status, 'referral_code', p_claim.referral_code, 'created_at', p_claim.created_at,
    'answered_at', p_claim.answered_at, 'decided_at', p_claim.decided_at,
    'decided_by', private.admin_name(p_claim.decided_by),
    'decision_reason', p_claim.decision_reason, 'referral_id', p_claim.referral_id,
    'customer', (
      select jsonb_build_object('id', c.id, 'name', c.full_name, 'email', c.email)
      from public.customers as c where c.id = p_claim.customer_id),
    'referrer', (
      select jsonb_build_object('id', c.id, 'name', c.full_name, 'email', c.email)
      from public.customers as c where c.id = p_claim.referrer_id))
$$;
comment on function private.claim_document(public.referral_claims) is 'A claim of a forgotten code as admins see it.';
revoke all on function private.claim_document(public.referral_claims) from public, anon, authenticated, service_role;

create function public.admin_list_claims(
  p_status text default null, p_cursor_at timestamptz default null, p_cursor_id uuid default null,
  p_limit integer default 25, p_q text default null, p_from date default null, p_to date default null,
  p_sort text default null, p_backward boolean default false, p_count boolean default false
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
    v_found := format('(t.customer_id = any (%1$L::uuid[]) or t.referrer_id = any (%1$L::uuid[]))',
      array(select private.search_customers(v_q)));
  end if;
  return private.list_page(
    'claims', 'public.referral_claims as t',
    array[private.equals('status', p_status), v_found,
      private.on_days('created_at', p_from, p_to, private.billing_time_zone())],
    'private.claim_document(page.found)', array['-created_at'], p_sort,
    p_cursor_at, p_cursor_id, private.page_size(p_limit), p_backward, p_count);
end;
$$;
comment on function public.admin_list_claims(
  text, timestamptz, uuid, integer, text, date, date, text, boolean, boolean) is
  'Admin with customers:view: claims of forgotten codes, newest first, of the local days p_from to p_to, searched by either side, keyset-paged either way. Raises invalid_request.';
revoke all on function public.admin_list_claims(text, timestamptz, uuid, integer, text, date, date, text, boolean, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_claims(text, timestamptz, uuid, integer, text, date, date, text, boolean, boolean)
  to authenticated;

create function public.get_claim(p_actor uuid, p_claim_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_claim public.referral_claims;
begin
  perform private.require_permission_of(p_actor, 'orders:manage');
  select m.* into v_claim from public.referral_claims as m where m.id = p_claim_id;
  if v_claim.id is null then
    perform private.fail(404, 'not_found', 'claim');
  end if;
  return jsonb_build_object('customer_id', v_claim.customer_id, 'referral_code', v_claim.referral_code);
end;
$$;
comment on function public.get_claim(uuid, uuid) is
  'Server, for an admin with orders:manage: whose claim it is, and the code.';
revoke all on function public.get_claim(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_claim(uuid, uuid) to service_role;

create function public.decide_claim(
  p_actor uuid, p_claim_id uuid, p_accept boolean, p_reason text, p_assessment jsonb, p_basis bigint,
  p_alert_email text, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_status text := case when p_accept then 'accepted' else 'rejected' end;
  v_claim public.referral_claims;
  v_referral public.customer_referrals;
begin
  perform private.require_permission_of(p_actor, 'orders:manage');
  select m.* into v_claim from public.referral_claims as m where m.id = p_claim_id;
  if v_claim.id is null then
    perform private.fail(404, 'not_found', 'claim');
  end if;
  perform private.refuse_own_account(v_claim.customer_id, p_actor);
  perform private.refuse_own_account(v_claim.referrer_id, p_actor);
  perform private.lock_customers(array[v_claim.customer_id, v_claim.referrer_id]);
  select m.* into strict v_claim from public.referral_claims as m where m.id = p_claim_id for update;
  if v_claim.status in ('accepted', 'rejected') then
    perform private.fail(409, 'claim_decided');
  end if;
  if p_accept then
    if v_claim.status <> 'confirmed' then
      perform private.fail(409, 'claim_not_confirmed');
    end if;
    v_referral := private.attach_referral(
      v_claim.customer_id, v_claim.referral_code, v_reason, p_assessment, p_basis, p_alert_email, p_actor, p_as_of);
  else
    perform private.mail_claim_refused(p_claim_id, p_as_of);
  end if;
  update public.referral_claims as m
  set status = v_status, decided_by = p_actor, decided_at = p_as_of, decision_reason = v_reason,
    referral_id = v_referral.id
  where m.id = p_claim_id;
  perform private.write_audit(
    p_actor, 'claim.' || v_status, 'claim', p_claim_id::text, v_claim.customer_id, v_reason,
    jsonb_build_object('status', v_claim.status), jsonb_build_object('status', v_status), p_as_of);
  return jsonb_strip_nulls(jsonb_build_object('claim_id', p_claim_id, 'status', v_status, 'referral_id', v_referral.id));
end;
$$;
comment on function public.decide_claim(uuid, uuid, boolean, text, jsonb, bigint, text, timestamptz) is
  'Server, for an admin with orders:manage: accepts a claim that the referrer confirmed, which attaches the code, or rejects a claim. Raises claim_decided, claim_not_confirmed and what attaching raises.';
revoke all on function public.decide_claim(uuid, uuid, boolean, text, jsonb, bigint, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.decide_claim(uuid, uuid, boolean, text, jsonb, bigint, text, timestamptz) to service_role;
