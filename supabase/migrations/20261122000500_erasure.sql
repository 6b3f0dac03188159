-- Erasure: a customer who asks for it is forgotten. What the law and the books need stays, by id alone.

alter table public.notifications drop constraint notifications_status_check;
alter table public.notifications add constraint notifications_status_check
  check (status in ('queued', 'sending', 'sent', 'captured', 'failed', 'cancelled'));
comment on table public.notifications is
  'The mail outbox. A row is queued in the transaction that owes the mail; its id is the idempotency key at the provider. failed = given up (dead letter); cancelled = owed to somebody whose details were erased.';

create function private.cancel_mail_to_erased()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- The row is kept: what is owed once is recorded once, and no job tries it again.
  if exists (select 1 from public.customers as c where c.id = new.customer_id and c.erased_at is not null) then
    new.status := 'cancelled';
    new.recipient := '';
    new.payload := '{}';
  end if;
  return new;
end;
$$;
comment on function private.cancel_mail_to_erased() is 'Trigger: a mail that is owed to an erased customer is never sent.';
revoke all on function private.cancel_mail_to_erased() from public, anon, authenticated, service_role;

create trigger notifications_to_erased
  before insert on public.notifications
  for each row
  when (new.customer_id is not null)
  execute function private.cancel_mail_to_erased();

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
  set auth_user_id = null, email = c_nobody, first_name = c_name, last_name = '', phone = null,
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
  perform private.forget_auth_user(v_customer.auth_user_id);

  perform private.write_audit(
    p_actor, 'customer.erased', 'customer', p_customer_id::text, p_customer_id, v_reason, null, null, p_as_of);
  return jsonb_build_object('customer_id', p_customer_id, 'erased_at', p_as_of);
end;
$$;
comment on function private.erase_customer(uuid, text, uuid, timestamptz) is
  'Forgets a person: their details are overwritten everywhere, their account is deleted, mails that wait are cancelled. Rows, codes, counts, invoices and the audit log stay by id. Raises customer_not_erasable while billing needs the details, unavailable while a mail to them is on its way. Repeating it changes nothing.';
revoke all on function private.erase_customer(uuid, text, uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.erase_customer(p_customer_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
begin
  return private.erase_customer(p_customer_id, p_reason, private.require_permission('admins:manage'), now());
end;
$$;
comment on function public.erase_customer(uuid, text) is
  'Admin with admins:manage: erases a customer who asked for it, with a reason. Not oneself.';
revoke all on function public.erase_customer(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.erase_customer(uuid, text) to authenticated;

create or replace function public.admin_get_customer_referrals(p_customer_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer public.customers;
begin
  perform private.require_permission('customers:view');
  select c.* into v_customer from public.customers as c where c.id = p_customer_id;
  if v_customer.id is null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  return jsonb_build_object(
    'customer', jsonb_build_object(
      'id', v_customer.id, 'name', btrim(v_customer.first_name || ' ' || v_customer.last_name),
      'email', v_customer.email, 'phone', v_customer.phone, 'referral_code', v_customer.referral_code,
      'created_at', v_customer.created_at, 'erased_at', v_customer.erased_at,
      'is_own_account', coalesce(v_customer.auth_user_id = (select auth.uid()), false),
      'services', coalesce((
        select jsonb_agg(private.service_document(s.id) order by s.created_at, s.id)
        from public.customer_services as s where s.customer_id = p_customer_id), '[]')),
    'referrals', coalesce((
      select jsonb_agg(private.admin_referral_document(recent.r) order by (recent.r).referred_at desc, (recent.r).id desc)
      from (
        select r from public.customer_referrals as r
        where r.referrer_id = p_customer_id order by r.referred_at desc, r.id desc limit 200
      ) as recent), '[]'),
    'rewards', coalesce((
      select jsonb_agg(private.admin_reward_document(recent.w) order by (recent.w).created_at desc, (recent.w).id desc)
      from (
        select w from public.referral_rewards as w
        where w.customer_id = p_customer_id order by w.created_at desc, w.id desc limit 200
      ) as recent), '[]'),
    'audit', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', recent.id, 'created_at', recent.created_at, 'actor_id', recent.actor_id,
        'actor_name', private.admin_name(recent.actor_id), 'action', recent.action,
        'entity_type', recent.entity_type, 'entity_id', recent.entity_id, 'reason', recent.reason,
        'before', recent.before, 'after', recent.after) order by recent.id desc)
      from (
        select l.* from public.audit_log as l where l.customer_id = p_customer_id order by l.id desc limit 200
      ) as recent), '[]'),
    'stats', (
      select jsonb_build_object(
        'total_referrals', count(*), 'active_referrals', count(*) filter (where r.status in ('active', 'qualified')))
      from public.customer_referrals as r where r.referrer_id = p_customer_id)
      || (
        select jsonb_build_object(
          'rewards_earned', count(*) filter (where w.source = 'earned'),
          'rewards_applied', count(*) filter (where w.status = 'applied'),
          'rewards_pending', count(*) filter (where w.status = 'pending'))
        from public.referral_rewards as w where w.customer_id = p_customer_id)
  );
end;
$$;
