-- Erasure: a customer who asks for it is forgotten. What the law and the books need stays, by id alone.

create function private.open_business(p_customer_id uuid, p_as_of timestamptz)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
  v_cycle date := date_trunc('month', private.local_date(p_as_of, v_zone))::date;
begin
  if exists (
    select 1 from public.customer_services as s
    where s.customer_id = p_customer_id and s.status in ('active', 'suspended')) then
    return 'service';
  end if;
  if exists (
    select 1 from public.orders as o
    where o.customer_id = p_customer_id and o.status in ('pending', 'installing')) then
    return 'order';
  end if;
  -- The days until the end of a service are charged in the cycle in which it ended.
  if exists (
    select 1
    from public.customer_services as s
    cross join lateral (
      select private.local_date(least(s.suspended_at, s.cancelled_at), v_zone) as day
    ) as ended
    where s.customer_id = p_customer_id
      and s.status = 'cancelled'
      and s.activated_at is not null
      and ended.day > greatest(v_cycle, private.local_date(s.activated_at, v_zone))
      and not exists (
        select 1 from public.customer_invoices as i
        where i.service_id = s.id and i.period_start = date_trunc('month', ended.day)::date)) then
    return 'final invoice';
  end if;
  if exists (
    select 1
    from public.customer_invoices as i
    where i.customer_id = p_customer_id
      and i.amount_due_cents > 0
      and not exists (select 1 from public.invoice_payments as p where p.invoice_id = i.id)
      and private.credited_cents(i.id) < i.amount_due_cents) then
    return 'invoice';
  end if;
  return null;
end;
$$;
comment on function private.open_business(uuid, timestamptz) is
  'Why billing still needs a customer''s details: a service, an order under way, a final invoice to come in this cycle (billing time zone), an invoice that is neither paid nor credited. Null when nothing is open.';
revoke all on function private.open_business(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.forget_auth_user(p_auth_user_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  -- Somebody who works here keeps the account they work with.
  if p_auth_user_id is null
    or exists (select 1 from public.admin_users as a where a.auth_user_id = p_auth_user_id) then
    return;
  end if;
  delete from auth.flow_state as f where f.user_id = p_auth_user_id;
  delete from auth.audit_log_entries as l where l.payload ->> 'actor_id' = p_auth_user_id::text;
  -- Identities, sessions and their refresh tokens go with it.
  delete from auth.users as u where u.id = p_auth_user_id;
end;
$$;
comment on function private.forget_auth_user(uuid) is
  'Deletes an account with its sessions, so that no token of it opens anything; never that of an admin.';
revoke all on function private.forget_auth_user(uuid) from public, anon, authenticated, service_role;

create function private.erase_customer(p_customer_id uuid, p_reason text, p_actor uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  -- No address and no name: it is shown as it is, and no mail can reach it.
  c_nobody constant text := 'erased-' || p_customer_id;
  c_name constant text := 'Former customer';
  c_code constant text := '^[A-Z0-9]{2,8}-[0-9A-HJKMNP-TV-Z]{8}$';
  v_reason text := private.trimmed_reason(p_reason);
  v_customer public.customers;
  v_open text;
  v_orders uuid[];
  v_referrals uuid[];
  v_told text[];
begin
  perform private.lock_customers(array(
    select p_customer_id
    union
    select r.referrer_id from public.customer_referrals as r where r.referred_customer_id = p_customer_id));
  select c.* into v_customer from public.customers as c where c.id = p_customer_id;
  if v_customer.id is null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  perform private.refuse_own_account(p_customer_id, p_actor);
  if v_customer.erased_at is not null then
    -- A repeated click or a retried request finds the work done.
    return jsonb_build_object('customer_id', p_customer_id, 'erased_at', v_customer.erased_at);
  end if;
  v_open := private.open_business(p_customer_id, p_as_of);
  if v_open is not null then
    perform private.fail(409, 'customer_not_erasable', v_open);
  end if;

  v_orders := array(select o.id from public.orders as o where o.customer_id = p_customer_id);
  v_referrals := array(
    select r.id from public.customer_referrals as r where r.referred_customer_id = p_customer_id);
  -- The mails that told a referrer of this friend by name.
  v_told := array(
    select kind || ':' || r
    from unnest(v_referrals) as r, unnest(array['referral_signup', 'referral_activated', 'referral_qualified']) as kind);
  perform 1
  from public.notifications as n
  where n.customer_id = p_customer_id or n.dedupe_key = any (v_told)
  order by n.id
  for update;
  -- Its sender would write the mail into the row once it has left.
  if exists (
    select 1 from public.notifications as n
    where (n.customer_id = p_customer_id or n.dedupe_key = any (v_told))
      and n.status = 'sending' and n.lease_until > now()) then
    perform private.fail(503, 'unavailable', 'a mail is being sent');
  end if;

  update public.customers as c
  set auth_user_id = null, pending_user_id = null, email = c_nobody, first_name = c_name, last_name = '', phone = null,
    address = null, address_key = null, erased_at = p_as_of
  where c.id = p_customer_id;
  update public.orders as o
  set installation_address = '{}', address_key = null, ip_address = null, user_agent = null,
    referral_code = case when o.referral_code ~ c_code then o.referral_code end
  where o.id = any (v_orders);
  -- Arrivals at a friend's link from the place that the person ordered from.
  update public.referral_visits as v
  set ip_address = null, user_agent = null
  from public.customer_referrals as r
  where r.id = any (v_referrals) and v.referrer_id = r.referrer_id and v.ip_address = r.ip_address;
  update public.customer_referrals as r
  set referred_email = c_nobody, ip_address = null, user_agent = null
  where r.id = any (v_referrals);
  update public.referral_flags as f
  set evidence = '{}'
  from public.customer_referrals as r
  where r.id = f.referral_id and (r.referrer_id = p_customer_id or r.id = any (v_referrals));
  update public.referral_attempts as a
  set evidence = '{}', referral_code = case when a.referral_code ~ c_code then a.referral_code else '' end
  where a.referrer_id = p_customer_id or a.order_id = any (v_orders);

  update public.notifications as n
  set recipient = '', payload = '{}', subject = null, html = null, text_body = null, last_error = null,
    lease_until = null, lease_token = null,
    status = case when n.status in ('queued', 'sending', 'failed') then 'cancelled' else n.status end
  where n.customer_id = p_customer_id;
  update public.notifications as n
  set payload = n.payload || jsonb_build_object('friend', c_name), subject = null, html = null, text_body = null
  where n.dedupe_key = any (v_told) and n.customer_id <> p_customer_id;
  -- The hash is of what was ordered, by whom. A late retry is refused rather than answered.
  update public.idempotency_keys as k
  set request_hash = 'erased'
  where k.scope = 'order' and k.response ->> 'customer_id' = p_customer_id::text;
  update public.customer_invoices as i
  set buyer = '{"erased": true}'
  where i.customer_id = p_customer_id and i.buyer <> '{"erased": true}';
  update public.credit_notes as n
  set buyer = '{"erased": true}'
  where n.customer_id = p_customer_id and n.buyer <> '{"erased": true}';
  perform private.forget_auth_user(coalesce(v_customer.auth_user_id, v_customer.pending_user_id));

  perform private.write_audit(
    p_actor, 'customer.erased', 'customer', p_customer_id::text, p_customer_id, v_reason, null, null, p_as_of);
  return jsonb_build_object('customer_id', p_customer_id, 'erased_at', p_as_of);
end;
$$;
comment on function private.erase_customer(uuid, text, uuid, timestamptz) is
  'Forgets a person: their details are overwritten everywhere, their account is deleted, mails that wait are cancelled. Rows, codes, counts, invoices and the audit log stay by id. Raises customer_not_erasable while billing needs the details, unavailable while a mail to them is on its way. Repeating it changes nothing.';
revoke all on function private.erase_customer(uuid, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.erase_customer(p_customer_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.erase_customer(p_customer_id, p_reason, private.require_permission('admins:manage'), now());
end;
$$;
comment on function public.erase_customer(uuid, text) is
  'Admin with admins:manage: erases a customer who asked for it, with a reason. Not oneself.';
revoke all on function public.erase_customer(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.erase_customer(uuid, text) to authenticated;
