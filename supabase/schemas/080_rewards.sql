-- Rewards: free months. Earning, granting, revoking and expiring them.

create table public.referral_rewards (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id),
  reward_type text not null default 'free_month' check (reward_type = 'free_month'),
  status text not null default 'pending' check (status in ('pending', 'applied', 'expired', 'revoked')),
  source text not null check (source in ('earned', 'manual')),
  referrals_required integer check (referrals_required > 0),
  cap_cents bigint check (cap_cents > 0),
  vat_treatment text not null default 'discount' check (vat_treatment in ('discount', 'consideration')),
  granted_by uuid,
  grant_reason text check (length(grant_reason) between 3 and 500),
  revoked_by uuid,
  revoked_at timestamptz,
  revoke_reason text check (length(revoke_reason) between 3 and 500),
  expires_at timestamptz not null,
  expired_at timestamptz,
  applied_invoice_id uuid unique,
  applied_at timestamptz,
  amount_waived_cents bigint check (amount_waived_cents >= 0),
  created_at timestamptz not null default now(),
  constraint referral_rewards_applied check (
    (status = 'applied')
    = (applied_invoice_id is not null and applied_at is not null and amount_waived_cents is not null)
    and (status = 'applied' or (applied_invoice_id is null and applied_at is null and amount_waived_cents is null))
  ),
  constraint referral_rewards_revoked check (
    (status = 'revoked') = (revoked_at is not null)
    and (revoked_at is null) = (revoke_reason is null)
  ),
  constraint referral_rewards_expired check ((status = 'expired') = (expired_at is not null)),
  constraint referral_rewards_source check (
    (source = 'earned' and referrals_required is not null)
    or (source = 'manual' and referrals_required is null and grant_reason is not null)
  )
);
comment on table public.referral_rewards is 'Free months. Applied and revoked are final; an applied one points to its invoice.';
comment on column public.referral_rewards.referrals_required is 'How many qualified referrals fed this earned reward, by the terms they were made under.';

comment on column public.referral_rewards.vat_treatment is 'How VAT treats this free month, by the terms when it was granted.';
comment on column public.referral_rewards.expires_at is
  'The first instant at which the reward is of no more use: the beginning of the local day after its last one.';

create function private.reward_expiry(p_as_of timestamptz, p_months integer)
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select private.start_of_day(
    private.local_date(private.local_plus(p_as_of, make_interval(months => p_months), z.time_zone), z.time_zone) + 1,
    z.time_zone)
  from private.billing_time_zone() as z (time_zone)
$$;
comment on function private.reward_expiry(timestamptz, integer) is
  'When a reward granted at p_as_of expires: at the end of the day p_months later, in the billing time zone.';
revoke all on function private.reward_expiry(timestamptz, integer) from public, anon, authenticated, service_role;

create function private.keep_whole_days()
returns trigger
language plpgsql
set search_path = ''
as $$
declare
  v_time_zone text := private.billing_time_zone();
  v_day date := private.local_date(new.expires_at, v_time_zone);
begin
  if new.expires_at <> private.start_of_day(v_day, v_time_zone) then
    new.expires_at := private.start_of_day(v_day + 1, v_time_zone);
  end if;
  return new;
end;
$$;
comment on function private.keep_whole_days() is
  'Trigger: a reward expires at the end of a day of the billing time zone, never within one.';
revoke all on function private.keep_whole_days() from public, anon, authenticated, service_role;

create trigger referral_rewards_whole_days
  before insert on public.referral_rewards
  for each row execute function private.keep_whole_days();

create index referral_rewards_customer on public.referral_rewards (customer_id, created_at desc);
create index referral_rewards_pending on public.referral_rewards (expires_at, customer_id) where status = 'pending';
create index referral_rewards_granted on public.referral_rewards (created_at) where source = 'manual';
create index referral_rewards_pending_customer on public.referral_rewards (customer_id, expires_at) where status = 'pending';

create function private.keep_final_rewards()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception using errcode = 'PT409', message = 'reward_not_pending',
    detail = 'an applied, expired or revoked reward is final';
end;
$$;
comment on function private.keep_final_rewards() is 'Trigger: only a pending reward changes.';
revoke all on function private.keep_final_rewards() from public, anon, authenticated, service_role;

create trigger referral_rewards_final
  before update on public.referral_rewards
  for each row
  when (old.status <> 'pending')
  execute function private.keep_final_rewards();
create trigger referral_rewards_kept
  before delete on public.referral_rewards
  for each row execute function private.refuse_change();

alter table public.referral_rewards enable row level security;
revoke all on table public.referral_rewards from public, anon, authenticated, service_role;
grant select on table public.referral_rewards to service_role;
grant select on table public.referral_rewards to authenticated;
create policy referral_rewards_select on public.referral_rewards
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create function private.grant_earned_rewards(p_referrer_id uuid, p_as_of timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_granted integer := 0;
  v_ids uuid[];
  v_terms public.referral_program;
  v_reward public.referral_rewards;
  v_referrer public.customers;
begin
  if not private.rewards_are_on() then
    return 0;
  end if;
  -- What is earned waits for the referrer's own overdue invoices. The job grants it once they are paid.
  if private.has_overdue_invoice(p_referrer_id, p_as_of) then
    return 0;
  end if;
  loop
    -- The terms of each friend say how many friends earn a reward. Sorted by that number, the first n friends whose
    -- terms all ask for n or fewer earn one: friends under stricter terms do not delay the others.
    with unused as (
      select r.id, r.program_version, p.referrals_required,
        row_number() over (order by p.referrals_required, r.qualified_at, r.referred_at, r.id) as n
      from public.customer_referrals as r
      join public.referral_program as p on p.version = r.program_version
      where r.referrer_id = p_referrer_id
        and r.status = 'qualified'
        and r.reward_id is null
        and not exists (
          select 1 from public.referral_flags as f
          where f.referral_id = r.id and f.status = 'open' and f.severity = 'hold')
        and not private.waits_for_verdict(r.order_id)
    ), complete as (
      select u.n from unused as u where u.referrals_required <= u.n order by u.n limit 1
    )
    select array_agg(u.id order by u.n), max(u.program_version)
    into v_ids, v_terms.version
    from unused as u
    where u.n <= (select c.n from complete as c);
    exit when v_ids is null;
    select p.* into strict v_terms from public.referral_program as p where p.version = v_terms.version;

    insert into public.referral_rewards
      (customer_id, source, referrals_required, cap_cents, vat_treatment, expires_at, created_at)
    values
      (p_referrer_id, 'earned', cardinality(v_ids), v_terms.reward_cap_cents, v_terms.reward_vat_treatment,
       private.reward_expiry(p_as_of, v_terms.reward_expiry_months), p_as_of)
    returning * into v_reward;
    update public.customer_referrals as r
    set reward_id = v_reward.id
    where r.id = any (v_ids);

    perform private.write_audit(
      null, 'reward.earned', 'reward', v_reward.id::text, p_referrer_id, null, null,
      jsonb_build_object('status', 'pending', 'source', 'earned', 'referral_ids', to_jsonb(v_ids)), p_as_of);

    select c.* into strict v_referrer from public.customers as c where c.id = p_referrer_id;
    perform private.enqueue_mail(
      'reward_earned', v_referrer.email, v_referrer.id,
      jsonb_build_object('first_name', v_referrer.first_name, 'expires_at', v_reward.expires_at),
      'reward_earned:' || v_reward.id, p_as_of);
    v_granted := v_granted + 1;
  end loop;
  return v_granted;
end;
$$;
comment on function private.grant_earned_rewards(uuid, timestamptz) is
  'Turns unused qualified referrals without an open hold into rewards; none while rewards are switched off, or the referrer has an overdue invoice. The caller holds the referrer''s lock.';
revoke all on function private.grant_earned_rewards(uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.grant_earned_rewards(p_referrer_id uuid, p_as_of timestamptz default now())
returns integer
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
as $$
begin
  perform private.lock_customers(array[p_referrer_id]);
  return private.grant_earned_rewards(p_referrer_id, p_as_of);
end;
$$;
comment on function public.grant_earned_rewards(uuid, timestamptz) is 'Server: grants what one referrer has earned. Returns how many rewards.';
revoke all on function public.grant_earned_rewards(uuid, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.grant_earned_rewards(uuid, timestamptz) to service_role;

create function private.grant_reward(
  p_customer_id uuid, p_reason text, p_key text, p_actor uuid, p_as_of timestamptz, p_confirm_recent boolean default true
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_scope text := 'grant:' || p_actor;
  v_response jsonb;
  v_customer public.customers;
  v_terms public.referral_program;
  v_reward public.referral_rewards;
begin
  v_response := private.claim_idempotency_key(
    v_scope, p_key,
    private.request_hash(jsonb_build_array(p_customer_id, v_reason)));
  if v_response is not null then
    return v_response;
  end if;
  if not private.rewards_are_on() then
    perform private.fail(409, 'program_paused');
  end if;
  select c.* into v_customer from public.customers as c where c.id = p_customer_id for no key update;
  if v_customer.id is null or v_customer.erased_at is not null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  perform private.refuse_own_account(p_customer_id, p_actor);
  perform private.limit_manual_grants(p_customer_id, p_confirm_recent, p_actor, p_as_of);
  perform private.hold_terms();
  v_terms := private.current_terms();
  insert into public.referral_rewards
    (customer_id, source, granted_by, grant_reason, cap_cents, vat_treatment, expires_at, created_at)
  values
    (p_customer_id, 'manual', p_actor, v_reason, v_terms.reward_cap_cents, v_terms.reward_vat_treatment,
     private.reward_expiry(p_as_of, v_terms.reward_expiry_months), p_as_of)
  returning * into v_reward;
  perform private.write_audit(
    p_actor, 'reward.granted', 'reward', v_reward.id::text, p_customer_id, v_reason, null,
    jsonb_build_object('status', 'pending', 'source', 'manual', 'expires_at', v_reward.expires_at), p_as_of);
  perform private.enqueue_mail(
    'reward_granted', v_customer.email, v_customer.id,
    jsonb_build_object('first_name', v_customer.first_name, 'reason', v_reason, 'expires_at', v_reward.expires_at),
    'reward_granted:' || v_reward.id, p_as_of);
  v_response := jsonb_build_object(
    'reward_id', v_reward.id, 'status', 'pending', 'manually_granted', true, 'expires_at', v_reward.expires_at,
    'waiting_before', (
      select count(*) from public.referral_rewards as w
      where w.customer_id = p_customer_id and w.status = 'pending' and w.expires_at > p_as_of
        and (w.expires_at, w.created_at, w.id) < (v_reward.expires_at, v_reward.created_at, v_reward.id)));
  perform private.store_idempotent_response(v_scope, p_key, v_response);
  return v_response;
end;
$$;
comment on function private.grant_reward(uuid, text, text, uuid, timestamptz, boolean) is
  'Grants a free month by hand, once per idempotency key, with audit row and mail. Raises not_found, own_account, grant_limit_reached, grant_recent unless confirmed.';
revoke all on function private.grant_reward(uuid, text, text, uuid, timestamptz, boolean)
  from public, anon, authenticated, service_role;

create function public.grant_reward(
  p_customer_id uuid, p_reason text, p_idempotency_key text default null, p_confirm_recent boolean default false
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.grant_reward(
    p_customer_id, p_reason, p_idempotency_key, private.require_permission('billing:manage_invoices'), now(),
    coalesce(p_confirm_recent, false));
exception when sqlstate 'PT403' then
  return private.refused_call('reward.grant', 'customer', p_customer_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.grant_reward(uuid, text, text, boolean) is
  'Admin with billing:manage_invoices: grants a free month with a reason. Raises own_account for themselves, grant_limit_reached, and grant_recent unless p_confirm_recent.';
revoke all on function public.grant_reward(uuid, text, text, boolean) from public, anon, authenticated, service_role;
grant execute on function public.grant_reward(uuid, text, text, boolean) to authenticated;

create function private.revoke_reward(
  p_customer_id uuid, p_reward_id uuid, p_reason text, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_customer public.customers;
  v_reward public.referral_rewards;
begin
  select c.* into v_customer from public.customers as c where c.id = p_customer_id for no key update;
  select w.* into v_reward
  from public.referral_rewards as w
  where w.id = p_reward_id and w.customer_id = p_customer_id
  for update;
  if v_customer.id is null or v_reward.id is null then
    perform private.fail(404, 'not_found', 'reward');
  end if;
  perform private.refuse_own_account(p_customer_id, p_actor);
  if v_reward.status <> 'pending' then
    perform private.fail_overtaken(
      'reward_not_pending', v_reward.status, v_reward.revoked_by,
      coalesce(v_reward.revoked_at, v_reward.applied_at, v_reward.expired_at));
  end if;
  update public.referral_rewards as w
  set status = 'revoked', revoked_by = p_actor, revoked_at = p_as_of, revoke_reason = v_reason
  where w.id = p_reward_id;
  perform private.write_audit(
    p_actor, 'reward.revoked', 'reward', p_reward_id::text, p_customer_id, v_reason,
    jsonb_build_object('status', 'pending'), jsonb_build_object('status', 'revoked'), p_as_of);
  perform private.enqueue_mail(
    'reward_revoked', v_customer.email, v_customer.id,
    jsonb_build_object('first_name', v_customer.first_name, 'reason', v_reason),
    'reward_revoked:' || p_reward_id, p_as_of);
  return jsonb_build_object('reward_id', p_reward_id, 'status', 'revoked', 'revoked_at', p_as_of);
end;
$$;
comment on function private.revoke_reward(uuid, uuid, text, uuid, timestamptz) is
  'Takes back a pending reward with a reason, audit row and mail. Raises reward_not_pending once it is applied, expired or revoked.';
revoke all on function private.revoke_reward(uuid, uuid, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.revoke_reward(p_customer_id uuid, p_reward_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.revoke_reward(
    p_customer_id, p_reward_id, p_reason, private.require_permission('billing:manage_invoices'), now());
exception when sqlstate 'PT403' then
  return private.refused_call('reward.revoke', 'customer', p_customer_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.revoke_reward(uuid, uuid, text) is
  'Admin with billing:manage_invoices: revokes a pending reward with a reason. Raises own_account for their own.';
revoke all on function public.revoke_reward(uuid, uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.revoke_reward(uuid, uuid, text) to authenticated;

create function private.extend_reward(
  p_reward_id uuid, p_until date, p_reason text, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_zone text := private.billing_time_zone();
  v_expires timestamptz := private.start_of_day(p_until + 1, v_zone);
  v_customer uuid;
  v_reward public.referral_rewards;
begin
  select w.customer_id into v_customer from public.referral_rewards as w where w.id = p_reward_id;
  if v_customer is null then
    perform private.fail(404, 'not_found', 'reward');
  end if;
  perform private.refuse_own_account(v_customer, p_actor);
  perform private.lock_customers(array[v_customer]);
  select w.* into strict v_reward from public.referral_rewards as w where w.id = p_reward_id for update;
  if v_reward.status <> 'pending' then
    perform private.fail_overtaken(
      'reward_not_pending', v_reward.status, v_reward.revoked_by,
      coalesce(v_reward.revoked_at, v_reward.applied_at, v_reward.expired_at));
  end if;
  if v_expires is null or v_expires <= v_reward.expires_at or v_expires <= p_as_of
    or v_expires > private.local_plus(p_as_of, interval '10 years', v_zone) then
    perform private.fail(400, 'invalid_request', 'until must be later than the present day, within ten years');
  end if;
  update public.referral_rewards as w set expires_at = v_expires where w.id = p_reward_id;
  perform private.write_audit(
    p_actor, 'reward.extended', 'reward', p_reward_id::text, v_customer, v_reason,
    jsonb_build_object('expires_at', v_reward.expires_at), jsonb_build_object('expires_at', v_expires), p_as_of);
  return jsonb_build_object('reward_id', p_reward_id, 'status', 'pending', 'expires_at', v_expires);
end;
$$;
comment on function private.extend_reward(uuid, date, text, uuid, timestamptz) is
  'Lets a pending free month be used until the end of a later day of the billing time zone, with a reason and audit row. Raises not_found, own_account, reward_not_pending, invalid_request.';
revoke all on function private.extend_reward(uuid, date, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.customers_with_expiries(
  p_as_of timestamptz, p_remind_until timestamptz, p_expire_rewards boolean, p_limit integer
)
returns uuid[]
language sql
stable
set search_path = ''
as $$
  select array_agg(due.customer_id order by due.customer_id)
  from (
    (select r.referrer_id as customer_id
     from public.customer_referrals as r
     where r.status = 'pending' and r.activation_due_at <= p_as_of
     order by r.activation_due_at limit p_limit)
    union
    (select r.referrer_id
     from public.customer_services as s
     join public.customer_referrals as r on r.order_id = s.order_id and r.status = 'active'
     where s.status = 'suspended' and p_as_of > private.grace_ends_at(s.suspended_at, r.program_version)
     order by s.suspended_at limit p_limit)
    union
    (select w.customer_id
     from public.referral_rewards as w
     where p_expire_rewards and w.status = 'pending' and w.expires_at <= p_as_of
     order by w.expires_at limit p_limit)
    union
    (select w.customer_id
     from public.referral_rewards as w
     where w.status = 'pending' and w.expires_at > p_as_of and w.expires_at <= p_remind_until
       and not exists (select 1 from public.notifications as n where n.dedupe_key = 'reward_expiring:' || w.id)
     order by w.expires_at limit p_limit)
  ) as due
$$;
comment on function private.customers_with_expiries(timestamptz, timestamptz, boolean, integer) is
  'Customers with a referral to end or a reward to expire by p_as_of, or a reward to remind of before p_remind_until. Null: none.';
revoke all on function private.customers_with_expiries(timestamptz, timestamptz, boolean, integer)
  from public, anon, authenticated, service_role;

create function private.expire_rewards(p_customer_ids uuid[], p_as_of timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_row record;
  v_expired integer := 0;
begin
  for v_row in
    update public.referral_rewards as w
    set status = 'expired', expired_at = p_as_of
    from public.customers as c
    where w.customer_id = any (p_customer_ids) and w.status = 'pending' and w.expires_at <= p_as_of and c.id = w.customer_id
    returning w.id, w.expires_at, c.id as customer_id, c.email, c.first_name
  loop
    v_expired := v_expired + 1;
    perform private.enqueue_mail(
      'reward_expired', v_row.email, v_row.customer_id,
      jsonb_build_object('first_name', v_row.first_name, 'expires_at', v_row.expires_at),
      'reward_expired:' || v_row.id, p_as_of);
  end loop;
  return v_expired;
end;
$$;
comment on function private.expire_rewards(uuid[], timestamptz) is
  'Expires pending rewards past their date and mails their owners. Returns how many. The caller holds the customers'' locks.';
revoke all on function private.expire_rewards(uuid[], timestamptz) from public, anon, authenticated, service_role;

create function private.remind_of_rewards(p_customer_ids uuid[], p_as_of timestamptz, p_until timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_row record;
  v_reminded integer := 0;
begin
  for v_row in
    select w.id, w.expires_at, c.id as customer_id, c.email, c.first_name
    from public.referral_rewards as w
    join public.customers as c on c.id = w.customer_id
    where w.customer_id = any (p_customer_ids) and w.status = 'pending'
      and w.expires_at > p_as_of and w.expires_at <= p_until
  loop
    if private.enqueue_mail(
      'reward_expiring', v_row.email, v_row.customer_id,
      jsonb_build_object('first_name', v_row.first_name, 'expires_at', v_row.expires_at),
      'reward_expiring:' || v_row.id, p_as_of) then
      v_reminded := v_reminded + 1;
    end if;
  end loop;
  return v_reminded;
end;
$$;
comment on function private.remind_of_rewards(uuid[], timestamptz, timestamptz) is
  'Mails a reminder of each pending reward that expires by p_until, once. Returns how many were new.';
revoke all on function private.remind_of_rewards(uuid[], timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

create function private.end_overdue_referrals(
  p_referrer_ids uuid[], p_as_of timestamptz, out expired integer, out cancelled integer
)
language plpgsql
set search_path = ''
as $$
declare
  v_referral uuid;
  v_order uuid;
begin
  expired := 0;
  cancelled := 0;
  for v_referral in
    select r.id from public.customer_referrals as r
    where r.referrer_id = any (p_referrer_ids) and r.status = 'pending' and r.activation_due_at <= p_as_of
    order by r.id
  loop
    perform private.expire_referral(v_referral, p_as_of);
    expired := expired + 1;
  end loop;
  for v_order in
    select r.order_id
    from public.customer_referrals as r
    join public.customer_services as s on s.order_id = r.order_id
    where r.referrer_id = any (p_referrer_ids) and r.status = 'active'
      and s.status = 'suspended' and p_as_of > private.grace_ends_at(s.suspended_at, r.program_version)
    order by r.id
  loop
    perform private.stop_referral(v_order, 'suspended_too_long', p_as_of);
    cancelled := cancelled + 1;
  end loop;
end;
$$;
comment on function private.end_overdue_referrals(uuid[], timestamptz) is
  'Expires referrals that were not active in time, and ends those whose service was suspended for longer than the grace. Returns how many of each. The caller holds the referrers'' locks.';
revoke all on function private.end_overdue_referrals(uuid[], timestamptz)
  from public, anon, authenticated, service_role;

create function public.expire_due(
  p_as_of timestamptz default now(), p_limit integer default 500, p_expire_rewards boolean default true
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
as $$
declare
  -- 30 calendar days of the billing time zone, not of the session's.
  v_remind_until timestamptz := private.local_plus(p_as_of, interval '30 days', private.billing_time_zone());
  -- A reward that cannot be used now does not expire.
  v_expires_rewards boolean := p_expire_rewards and private.rewards_are_on();
  v_customers uuid[] := private.customers_with_expiries(p_as_of, v_remind_until, v_expires_rewards, p_limit);
  v_ended record;
  v_rewards integer := 0;
  v_reminders integer;
  v_blanked integer := private.blank_kept_documents(p_as_of, p_limit);
begin
  perform private.lock_customers(v_customers);
  v_ended := private.end_overdue_referrals(v_customers, p_as_of);
  if v_expires_rewards then
    v_rewards := private.expire_rewards(v_customers, p_as_of);
  end if;
  v_reminders := private.remind_of_rewards(v_customers, p_as_of, v_remind_until);
  return jsonb_build_object(
    'referrals_expired', v_ended.expired, 'referrals_ended', v_ended.cancelled, 'rewards_expired', v_rewards, 'reminders', v_reminders,
    'more', cardinality(coalesce(v_customers, '{}')) > 0 or v_blanked > 0);
end;
$$;
comment on function public.expire_due(timestamptz, integer, boolean) is
  'Server: expires referrals past their window, ends those whose service was suspended for longer than the grace, expires rewards past their date, queues the 30-day reminder, and blanks documents of erased people past their retention, in one batch. p_expire_rewards false keeps rewards that cannot be used now.';
revoke all on function public.expire_due(timestamptz, integer, boolean) from public, anon, authenticated, service_role;
grant execute on function public.expire_due(timestamptz, integer, boolean) to service_role;

create function private.reward_balance(p_customer_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'pending_rewards', coalesce((
        select jsonb_agg(jsonb_build_object(
          'id', w.id, 'reward_type', w.reward_type, 'status', w.status, 'source', w.source,
          'created_at', w.created_at, 'expires_at', w.expires_at
        ) order by w.expires_at, w.created_at, w.id)
        from public.referral_rewards as w
        where w.customer_id = p_customer_id and w.status = 'pending'), '[]'),
      'applied_rewards', coalesce((
        select jsonb_agg(to_jsonb(used) order by used.applied_at desc, used.id)
        from (
          select w.id, w.applied_at, i.invoice_number, w.amount_waived_cents, i.period_start
          from public.referral_rewards as w
          join public.customer_invoices as i on i.id = w.applied_invoice_id
          where w.customer_id = p_customer_id and w.status = 'applied'
          order by w.applied_at desc
          limit 24
        ) as used), '[]'),
      'saved_cents', coalesce((
        select sum(w.amount_waived_cents)
        from public.referral_rewards as w
        where w.customer_id = p_customer_id and w.status = 'applied'), 0)
    ));
end;
$$;
comment on function private.reward_balance(uuid) is
  'Pending free months of a customer, the newest used ones, and what all used ones saved. Amounts in cents.';
revoke all on function private.reward_balance(uuid) from public, anon, authenticated, service_role;

create function private.admin_reward_document(p_reward public.referral_rewards)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'id', p_reward.id, 'reward_type', p_reward.reward_type, 'status', p_reward.status, 'source', p_reward.source,
      'created_at', p_reward.created_at, 'expires_at', p_reward.expires_at, 'expired_at', p_reward.expired_at,
      'granted_by', private.admin_name(p_reward.granted_by), 'grant_reason', p_reward.grant_reason,
      'revoked_by', private.admin_name(p_reward.revoked_by), 'revoked_at', p_reward.revoked_at,
      'revoke_reason', p_reward.revoke_reason,
      'applied_at', p_reward.applied_at, 'amount_waived_cents', p_reward.amount_waived_cents,
      'invoice_number', (
        select i.invoice_number from public.customer_invoices as i where i.id = p_reward.applied_invoice_id),
      'referrals', coalesce((
        select jsonb_agg(private.mask_name(c.first_name, c.last_name) order by r.qualified_at, r.id)
        from public.customer_referrals as r join public.customers as c on c.id = r.referred_customer_id
        where r.reward_id = p_reward.id), '[]')
    ));
end;
$$;
comment on function private.admin_reward_document(public.referral_rewards) is 'A reward with who, when, why and which invoice.';
revoke all on function private.admin_reward_document(public.referral_rewards)
  from public, anon, authenticated, service_role;
