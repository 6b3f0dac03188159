-- Rewards: counting friends, granting, revoking, reviewing and expiring.

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
  loop
    -- Each friend was promised to be one of so many. In the order of that number, the first n friends
    -- who were all promised n or fewer earn a reward: a stricter promise never delays a kinder one.
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
      (customer_id, source, referrals_required, cap_cents, expires_at, created_at)
    values
      (p_referrer_id, 'earned', cardinality(v_ids), v_terms.reward_cap_cents,
       private.local_plus(p_as_of, make_interval(months => v_terms.reward_expiry_months), private.billing_time_zone()),
       p_as_of)
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
  'Turns unused qualified referrals without an open hold into rewards. The caller holds the referrer''s lock.';

create function public.grant_earned_rewards(p_referrer_id uuid, p_as_of timestamptz default now())
returns integer
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.lock_customers(array[p_referrer_id]);
  return private.grant_earned_rewards(p_referrer_id, p_as_of);
end;
$$;
comment on function public.grant_earned_rewards(uuid, timestamptz) is 'Server: grants what one referrer has earned. Returns how many rewards.';

create function public.qualify_referrals(
  p_as_of timestamptz default now(), p_grant boolean default true, p_after uuid default null, p_limit integer default 200
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_referrers uuid[];
  v_referrer uuid;
  v_referral uuid;
  v_qualified integer := 0;
  v_granted integer := 0;
begin
  select array_agg(due.referrer_id order by due.referrer_id) into v_referrers
  from (
    select candidates.referrer_id
    from (
      select r.referrer_id
      from public.customer_referrals as r
      where r.status = 'active' and r.qualifies_at <= p_as_of
      union
      -- Friends that were counted while granting was switched off, or whose hold was lifted since.
      select r.referrer_id
      from public.customer_referrals as r
      where p_grant and r.status = 'qualified' and r.reward_id is null
    ) as candidates
    where p_after is null or candidates.referrer_id > p_after
    order by candidates.referrer_id
    limit p_limit
  ) as due;

  perform private.lock_customers(v_referrers);
  foreach v_referrer in array coalesce(v_referrers, '{}') loop
    for v_referral in
      select r.id
      from public.customer_referrals as r
      join public.customer_services as s on s.order_id = r.order_id
      where r.referrer_id = v_referrer and r.status = 'active' and r.qualifies_at <= p_as_of and s.status = 'active'
      order by r.qualifies_at, r.id
    loop
      perform private.qualify_one(v_referral, p_as_of);
      v_qualified := v_qualified + 1;
    end loop;
    if p_grant then
      v_granted := v_granted + private.grant_earned_rewards(v_referrer, p_as_of);
    end if;
  end loop;

  return jsonb_build_object(
    'qualified', v_qualified, 'rewards_granted', v_granted,
    'next_after', case when cardinality(v_referrers) = p_limit then v_referrers[p_limit] end);
end;
$$;
comment on function public.qualify_referrals(timestamptz, boolean, uuid, integer) is
  'Server: counts friends whose days are over and grants rewards, for up to p_limit referrers after p_after. p_grant false counts without granting.';

create function private.grant_reward(
  p_customer_id uuid, p_reason text, p_key text, p_actor uuid, p_as_of timestamptz
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
    encode(sha256(convert_to(jsonb_build_array(p_customer_id, v_reason)::text, 'UTF8')), 'hex'));
  if v_response is not null then
    return v_response;
  end if;
  select c.* into v_customer from public.customers as c where c.id = p_customer_id for no key update;
  if v_customer.id is null or v_customer.erased_at is not null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  perform private.refuse_own_account(p_customer_id, p_actor);
  perform private.hold_terms();
  v_terms := private.current_terms();
  insert into public.referral_rewards
    (customer_id, source, granted_by, grant_reason, cap_cents, expires_at, created_at)
  values
    (p_customer_id, 'manual', p_actor, v_reason, v_terms.reward_cap_cents,
     private.local_plus(p_as_of, make_interval(months => v_terms.reward_expiry_months), private.billing_time_zone()), p_as_of)
  returning * into v_reward;
  perform private.write_audit(
    p_actor, 'reward.granted', 'reward', v_reward.id::text, p_customer_id, v_reason, null,
    jsonb_build_object('status', 'pending', 'source', 'manual', 'expires_at', v_reward.expires_at), p_as_of);
  perform private.enqueue_mail(
    'reward_granted', v_customer.email, v_customer.id,
    jsonb_build_object('first_name', v_customer.first_name, 'reason', v_reason, 'expires_at', v_reward.expires_at),
    'reward_granted:' || v_reward.id, p_as_of);
  v_response := jsonb_build_object('reward_id', v_reward.id, 'status', 'pending', 'manually_granted', true);
  if p_key is not null then
    perform private.store_idempotent_response(v_scope, p_key, v_response);
  end if;
  return v_response;
end;
$$;
comment on function private.grant_reward(uuid, text, text, uuid, timestamptz) is
  'Grants a free month by hand, once per idempotency key, with audit row and mail.';

create function public.grant_reward(p_customer_id uuid, p_reason text, p_idempotency_key text default null)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
begin
  return private.grant_reward(
    p_customer_id, p_reason, p_idempotency_key, private.require_permission('billing:manage_invoices'), now());
end;
$$;
comment on function public.grant_reward(uuid, text, text) is
  'Admin with billing:manage_invoices: grants a free month with a reason. Not to oneself.';

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
    perform private.fail(409, 'reward_not_pending', v_reward.status);
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

create function public.revoke_reward(p_customer_id uuid, p_reward_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
begin
  return private.revoke_reward(
    p_customer_id, p_reward_id, p_reason, private.require_permission('billing:manage_invoices'), now());
end;
$$;
comment on function public.revoke_reward(uuid, uuid, text) is
  'Admin with billing:manage_invoices: revokes a pending reward with a reason. Not one''s own.';

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

create function public.review_referral(p_referral_id uuid, p_decision text, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- Granting is left to the qualify job: this caller could not be trusted with the kill switch.
  return private.review_referral(
    p_referral_id, p_decision, p_reason, false, private.require_permission('referrals:review'), now());
end;
$$;
comment on function public.review_referral(uuid, text, text) is
  'Admin with referrals:review: clears or rejects a flagged referral, with a reason.';

create function public.expire_due(
  p_as_of timestamptz default now(), p_limit integer default 500, p_expire_rewards boolean default true
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_customers uuid[];
  v_referrals integer;
  v_rewards integer := 0;
  v_reminders integer := 0;
  v_row record;
begin
  select array_agg(due.customer_id order by due.customer_id) into v_customers
  from (
    (select r.referrer_id as customer_id
     from public.customer_referrals as r
     where r.status = 'pending' and r.activation_due_at <= p_as_of
     order by r.activation_due_at limit p_limit)
    union
    (select w.customer_id
     from public.referral_rewards as w
     where p_expire_rewards and w.status = 'pending' and w.expires_at <= p_as_of
     order by w.expires_at limit p_limit)
    union
    (select w.customer_id
     from public.referral_rewards as w
     where w.status = 'pending' and w.expires_at > p_as_of and w.expires_at <= p_as_of + interval '30 days'
       and not exists (select 1 from public.notifications as n where n.dedupe_key = 'reward_expiring:' || w.id)
     order by w.expires_at limit p_limit)
  ) as due;
  perform private.lock_customers(v_customers);

  update public.customer_referrals as r
  set status = 'expired', expired_at = p_as_of, status_reason = 'not_activated_in_time'
  where r.referrer_id = any (v_customers) and r.status = 'pending' and r.activation_due_at <= p_as_of;
  get diagnostics v_referrals = row_count;

  for v_row in
    update public.referral_rewards as w
    set status = 'expired', expired_at = p_as_of
    from public.customers as c
    where p_expire_rewards and w.customer_id = any (v_customers) and w.status = 'pending' and w.expires_at <= p_as_of and c.id = w.customer_id
    returning w.id, w.expires_at, c.id as customer_id, c.email, c.first_name
  loop
    v_rewards := v_rewards + 1;
    perform private.enqueue_mail(
      'reward_expired', v_row.email, v_row.customer_id,
      jsonb_build_object('first_name', v_row.first_name, 'expires_at', v_row.expires_at),
      'reward_expired:' || v_row.id, p_as_of);
  end loop;

  for v_row in
    select w.id, w.expires_at, c.id as customer_id, c.email, c.first_name
    from public.referral_rewards as w
    join public.customers as c on c.id = w.customer_id
    where w.customer_id = any (v_customers) and w.status = 'pending'
      and w.expires_at > p_as_of and w.expires_at <= p_as_of + interval '30 days'
  loop
    if private.enqueue_mail(
      'reward_expiring', v_row.email, v_row.customer_id,
      jsonb_build_object('first_name', v_row.first_name, 'expires_at', v_row.expires_at),
      'reward_expiring:' || v_row.id, p_as_of) then
      v_reminders := v_reminders + 1;
    end if;
  end loop;

  return jsonb_build_object(
    'referrals_expired', v_referrals, 'rewards_expired', v_rewards, 'reminders', v_reminders,
    'more', cardinality(coalesce(v_customers, '{}')) > 0);
end;
$$;
comment on function public.expire_due(timestamptz, integer, boolean) is
  'Server: expires referrals past their window and rewards past their date, and queues the 30-day reminder, in one batch. p_expire_rewards false keeps rewards that cannot be used now.';
