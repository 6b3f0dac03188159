-- Review: referrals with open signals wait for a person. A reviewer takes a case, clears or rejects it with a reason, and
-- can undo that for a minute. The referrer of a rejected friend can ask once that somebody else looks at it.

create table public.review_claims (
  referral_id uuid primary key references public.customer_referrals (id),
  reviewer uuid not null,
  claimed_at timestamptz not null default now(),
  expires_at timestamptz not null,
  check (expires_at > claimed_at)
);
comment on table public.review_claims is
  'Which reviewer looks at a case, until when. A claim that has run out counts no longer.';

alter table public.review_claims enable row level security;
revoke all on table public.review_claims from public, anon, authenticated, service_role;
grant select on table public.review_claims to service_role;
grant select on table public.review_claims to authenticated;
create policy review_claims_select on public.review_claims
  for select to authenticated
  using ((select public.has_permission('referrals:review')));

create table public.review_decisions (
  id uuid primary key default gen_random_uuid(),
  referral_id uuid not null references public.customer_referrals (id),
  decision text not null check (decision in ('clear', 'reject')),
  reason text not null,
  decided_by uuid,
  decided_at timestamptz not null,
  undo_until timestamptz not null,
  undone_at timestamptz,
  flag_ids uuid[] not null,
  reward_ids uuid[] not null default '{}',
  before jsonb not null
);
comment on table public.review_decisions is
  'What reviewers decided. Until undo_until the same reviewer can take it back; mails of the decision wait for that long.';
comment on column public.review_decisions.before is 'What the referral was: status, status_reason, expired_at, cancelled_at.';

create index review_decisions_referral on public.review_decisions (referral_id, decided_at desc);
create index review_decisions_decided on public.review_decisions (decided_at desc);

alter table public.review_decisions enable row level security;
revoke all on table public.review_decisions from public, anon, authenticated, service_role;
grant select on table public.review_decisions to service_role;
grant select on table public.review_decisions to authenticated;
create policy review_decisions_select on public.review_decisions
  for select to authenticated
  using ((select public.has_permission('referrals:review')));

create table public.review_appeals (
  id uuid primary key default gen_random_uuid(),
  referral_id uuid not null unique references public.customer_referrals (id),
  customer_id uuid not null references public.customers (id),
  reason text not null check (length(btrim(reason)) between 3 and 1000),
  status text not null default 'open' check (status in ('open', 'upheld', 'dismissed')),
  asked_at timestamptz not null,
  due_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  decision_reason text,
  check ((status = 'open') = (decided_at is null))
);
comment on table public.review_appeals is
  'A referrer asked that somebody else looks at a rejected friend: once per referral. upheld: the friend counts again.';

create index review_appeals_open on public.review_appeals (due_at) where status = 'open';
create index review_appeals_customer on public.review_appeals (customer_id);

alter table public.review_appeals enable row level security;
revoke all on table public.review_appeals from public, anon, authenticated, service_role;
grant select on table public.review_appeals to service_role;
grant select on table public.review_appeals to authenticated;
create policy review_appeals_select on public.review_appeals
  for select to authenticated
  using ((select public.has_permission('referrals:review')));

create function private.review_claim(p_referral_id uuid, p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'reviewer_id', c.reviewer, 'reviewer_name', private.admin_name(c.reviewer),
    'is_own', coalesce(c.reviewer = (select auth.uid()), false),
    'claimed_at', c.claimed_at, 'expires_at', c.expires_at)
  from public.review_claims as c
  where c.referral_id = p_referral_id and c.expires_at > p_as_of
$$;
comment on function private.review_claim(uuid, timestamptz) is 'Who looks at a case now, or null.';
revoke all on function private.review_claim(uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.claim_review(p_referral_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid := private.require_permission('referrals:review');
begin
  if not exists (
    select 1 from public.referral_flags as f where f.referral_id = p_referral_id and f.status = 'open')
    and not exists (
      select 1 from public.review_appeals as a where a.referral_id = p_referral_id and a.status = 'open') then
    perform private.fail(409, 'referral_not_reviewable');
  end if;
  insert into public.review_claims as c (referral_id, reviewer, claimed_at, expires_at)
  values (p_referral_id, v_actor, now(), now() + interval '10 minutes')
  on conflict (referral_id) do update
    set reviewer = excluded.reviewer, claimed_at = excluded.claimed_at, expires_at = excluded.expires_at
    where c.reviewer = excluded.reviewer or c.expires_at <= now();
  -- One case at a time: whoever goes on leaves the last one to colleagues.
  delete from public.review_claims as c where c.reviewer = v_actor and c.referral_id <> p_referral_id;
  return private.review_claim(p_referral_id, now());
end;
$$;
comment on function public.claim_review(uuid) is
  'Admin with referrals:review: takes a case for ten minutes, unless another reviewer has it, and leaves the one taken before. Returns who has it. Raises referral_not_reviewable.';
revoke all on function public.claim_review(uuid) from public, anon, authenticated, service_role;
grant execute on function public.claim_review(uuid) to authenticated;

create function private.refuse_claimed_by_other(p_referral_id uuid, p_actor uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_claim jsonb := private.review_claim(p_referral_id, p_as_of);
begin
  if v_claim is not null and (v_claim ->> 'reviewer_id')::uuid is distinct from p_actor then
    perform private.fail(409, 'review_claimed');
  end if;
end;
$$;
comment on function private.refuse_claimed_by_other(uuid, uuid, timestamptz) is
  'Raises review_claimed while another reviewer looks at the case.';
revoke all on function private.refuse_claimed_by_other(uuid, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.postpone_mails(p_keys text[], p_until timestamptz)
returns void
language sql
set search_path = ''
as $$
  update public.notifications as n
  set next_attempt_at = greatest(n.next_attempt_at, p_until)
  where n.dedupe_key = any (p_keys) and n.status = 'queued'
$$;
comment on function private.postpone_mails(text[], timestamptz) is 'Mails that were queued just now wait until then.';
revoke all on function private.postpone_mails(text[], timestamptz) from public, anon, authenticated, service_role;

create function private.reject_in_review(
  p_referral public.customer_referrals, p_decision_id uuid, p_undo_until timestamptz, p_as_of timestamptz
)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referrer public.customers;
  v_friend public.customers;
begin
  update public.customer_referrals as r
  set status = 'rejected', rejected_at = p_as_of, status_reason = 'rejected_in_review',
    expired_at = null, cancelled_at = null
  where r.id = p_referral.id;
  select c.* into strict v_referrer from public.customers as c where c.id = p_referral.referrer_id;
  select c.* into strict v_friend from public.customers as c where c.id = p_referral.referred_customer_id;
  perform private.enqueue_mail(
    'referral_rejected', v_referrer.email, v_referrer.id,
    jsonb_build_object(
      'first_name', v_referrer.first_name, 'friend', private.mask_name(v_friend.first_name, v_friend.last_name),
      'referral_id', p_referral.id,
      'ask_until', private.local_date(p_as_of + interval '30 days', private.billing_time_zone())),
    'referral_rejected:' || p_decision_id, p_as_of);
  perform private.postpone_mails(array['referral_rejected:' || p_decision_id], p_undo_until);
end;
$$;
comment on function private.reject_in_review(public.customer_referrals, uuid, timestamptz, timestamptz) is
  'Ends a referral by review, and mails the referrer once the decision can no longer be undone.';
revoke all on function private.reject_in_review(public.customer_referrals, uuid, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

create function private.grant_after_review(p_referrer_id uuid, p_undo_until timestamptz, p_as_of timestamptz)
returns uuid[]
language plpgsql
set search_path = ''
as $$
declare
  v_before uuid[] := array(select w.id from public.referral_rewards as w where w.customer_id = p_referrer_id);
  v_granted uuid[];
begin
  perform private.grant_earned_rewards(p_referrer_id, p_as_of);
  v_granted := array(
    select w.id from public.referral_rewards as w
    where w.customer_id = p_referrer_id and w.id <> all (v_before) order by w.id);
  perform private.postpone_mails(
    array(select 'reward_earned:' || granted from unnest(v_granted) as granted), p_undo_until);
  return v_granted;
end;
$$;
comment on function private.grant_after_review(uuid, timestamptz, timestamptz) is
  'Grants what became due with a decision; the mails wait until it can no longer be undone. Returns the ids of the rewards.';
revoke all on function private.grant_after_review(uuid, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

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
  v_status text;
  v_flags uuid[];
  v_decision uuid := gen_random_uuid();
  -- The mails of a job wait for the real clock.
  v_undo_until timestamptz := p_as_of + interval '60 seconds';
  v_rewards uuid[] := '{}';
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
  perform private.refuse_claimed_by_other(p_referral_id, p_actor, p_as_of);

  v_status := case p_decision when 'clear' then 'cleared' else 'rejected' end;
  with decided as (
    update public.referral_flags as f
    set status = v_status, decided_by = p_actor, decided_at = p_as_of, decision_reason = v_reason
    where f.referral_id = p_referral_id and f.status = 'open'
    returning f.id
  )
  select array_agg(d.id) into v_flags from decided as d;
  if v_flags is null then
    perform private.fail(409, 'referral_not_reviewable');
  end if;
  delete from public.review_claims as c where c.referral_id = p_referral_id;

  if p_decision = 'reject' then
    perform private.reject_in_review(v_referral, v_decision, v_undo_until, p_as_of);
  elsif p_grant then
    v_rewards := private.grant_after_review(v_referral.referrer_id, v_undo_until, p_as_of);
  end if;
  insert into public.review_decisions
    (id, referral_id, decision, reason, decided_by, decided_at, undo_until, flag_ids, reward_ids, before)
  values
    (v_decision, p_referral_id, p_decision, v_reason, p_actor, p_as_of, v_undo_until, v_flags, v_rewards,
     jsonb_build_object(
       'status', v_referral.status, 'status_reason', v_referral.status_reason,
       'expired_at', v_referral.expired_at, 'cancelled_at', v_referral.cancelled_at));
  perform private.write_audit(
    p_actor, 'referral.' || v_status, 'referral', p_referral_id::text, v_referral.referrer_id, v_reason,
    jsonb_strip_nulls(jsonb_build_object(
      'status', v_referral.status, 'open_flags', cardinality(v_flags),
      'expired_at', v_referral.expired_at, 'cancelled_at', v_referral.cancelled_at)),
    jsonb_build_object('status', case p_decision when 'reject' then 'rejected' else v_referral.status end, 'open_flags', 0),
    p_as_of);
  return jsonb_build_object(
    'referral_id', p_referral_id, 'referrer_id', v_referral.referrer_id, 'decision', p_decision,
    'status', case p_decision when 'reject' then 'rejected' else v_referral.status end,
    'rewards_granted', cardinality(v_rewards), 'undo_until', v_undo_until);
end;
$$;
comment on function private.review_referral(uuid, text, text, boolean, uuid, timestamptz) is
  'Closes a referral''s open flags. Clearing lifts a hold and may grant; rejecting ends the referral. One''s own referrals are off limits. Raises review_claimed, referral_not_reviewable, referral_already_rewarded.';
revoke all on function private.review_referral(uuid, text, text, boolean, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.decide_review(
  p_actor uuid, p_referral_id uuid, p_decision text, p_reason text, p_grant boolean,
  p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  perform private.require_permission_of(p_actor, 'referrals:review');
  return private.review_referral(
    p_referral_id, p_decision, p_reason, coalesce(p_grant, false), p_actor, p_as_of) - 'referrer_id';
end;
$$;
comment on function public.decide_review(uuid, uuid, text, text, boolean, timestamptz) is
  'Server, for an admin with referrals:review: clears or rejects a flagged referral, with a reason. Clearing also grants what the referrer has earned with it, unless p_grant is false.';
revoke all on function public.decide_review(uuid, uuid, text, text, boolean, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.decide_review(uuid, uuid, text, text, boolean, timestamptz) to service_role;

create function private.restore_referral(p_referral_id uuid, p_before jsonb, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_order public.orders;
begin
  update public.customer_referrals as r
  set status = p_before ->> 'status', status_reason = p_before ->> 'status_reason', rejected_at = null,
    expired_at = (p_before ->> 'expired_at')::timestamptz, cancelled_at = (p_before ->> 'cancelled_at')::timestamptz
  where r.id = p_referral_id and r.status = 'rejected';
  select o.* into strict v_order
  from public.customer_referrals as r join public.orders as o on o.id = r.order_id
  where r.id = p_referral_id;
  -- What happened to the service meanwhile counts now.
  if p_before ->> 'status' = 'pending' and v_order.status = 'active' then
    perform private.activate_referral(v_order.id, v_order.activated_at);
  elsif p_before ->> 'status' = 'pending' and v_order.status = 'cancelled' then
    perform private.stop_referral(v_order.id, 'order_cancelled', v_order.cancelled_at);
  elsif p_before ->> 'status' = 'active' then
    perform private.stop_referral(s.order_id, 'service_cancelled', s.cancelled_at)
    from public.customer_services as s where s.order_id = v_order.id and s.status = 'cancelled';
  end if;
exception when unique_violation then
  -- The friend was invited by somebody else meanwhile.
  perform private.fail(409, 'duplicate_referral');
end;
$$;
comment on function private.restore_referral(uuid, jsonb, timestamptz) is
  'Gives a rejected referral back what it was, and applies what happened to its service meanwhile. Raises duplicate_referral. The caller holds the referrer''s lock.';
revoke all on function private.restore_referral(uuid, jsonb, timestamptz) from public, anon, authenticated, service_role;

create function private.take_back_grant(p_reward_id uuid, p_actor uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_reward public.referral_rewards;
begin
  select w.* into strict v_reward from public.referral_rewards as w where w.id = p_reward_id for update;
  perform private.revoke_reward(
    v_reward.customer_id, p_reward_id, 'The review decision was undone at once.', p_actor, p_as_of);
  update public.customer_referrals as r set reward_id = null where r.reward_id = p_reward_id;
  -- The customer was told nothing yet, and is told nothing now.
  update public.notifications as n
  set status = 'cancelled', cancel_cause = 'undone'
  where n.dedupe_key in ('reward_earned:' || p_reward_id, 'reward_revoked:' || p_reward_id) and n.status = 'queued';
end;
$$;
comment on function private.take_back_grant(uuid, uuid, timestamptz) is
  'Undoes a grant that nobody was told of: the reward is revoked and its friends are free to earn again. Raises reward_not_pending.';
revoke all on function private.take_back_grant(uuid, uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.undo_review(p_actor uuid, p_referral_id uuid, p_as_of timestamptz default now())
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_referral public.customer_referrals;
  v_decision public.review_decisions;
begin
  perform private.require_permission_of(p_actor, 'referrals:review');
  select r.* into v_referral from public.customer_referrals as r where r.id = p_referral_id;
  if v_referral.id is null then
    perform private.fail(404, 'not_found', 'referral');
  end if;
  perform private.lock_customers(array[v_referral.referrer_id]);
  select d.* into v_decision
  from public.review_decisions as d
  where d.referral_id = p_referral_id and d.undone_at is null
  order by d.decided_at desc, d.id
  limit 1;
  if v_decision.id is null or v_decision.decided_by is distinct from p_actor or p_as_of >= v_decision.undo_until then
    perform private.fail(409, 'undo_too_late');
  end if;
  perform private.take_back_grant(reward, p_actor, p_as_of) from unnest(v_decision.reward_ids) as reward;
  if v_decision.decision = 'reject' then
    update public.notifications as n set status = 'cancelled', cancel_cause = 'undone'
    where n.dedupe_key = 'referral_rejected:' || v_decision.id and n.status = 'queued';
    perform private.restore_referral(p_referral_id, v_decision.before, p_as_of);
  end if;
  update public.referral_flags as f
  set status = 'open', decided_by = null, decided_at = null, decision_reason = null
  where f.id = any (v_decision.flag_ids);
  update public.review_decisions as d set undone_at = p_as_of where d.id = v_decision.id;
  perform private.write_audit(
    p_actor, 'referral.decision_undone', 'referral', p_referral_id::text, v_referral.referrer_id, null,
    jsonb_build_object('decision', v_decision.decision), jsonb_build_object('open_flags', cardinality(v_decision.flag_ids)),
    p_as_of);
  return jsonb_build_object('referral_id', p_referral_id, 'undone', v_decision.decision);
end;
$$;
comment on function public.undo_review(uuid, uuid, timestamptz) is
  'Server, for an admin with referrals:review: takes back the own decision within a minute. Rewards that it granted are taken back, its mails are not sent. Raises undo_too_late, reward_not_pending.';
revoke all on function public.undo_review(uuid, uuid, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.undo_review(uuid, uuid, timestamptz) to service_role;

create function public.get_review_conflict(p_referral_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('referrals:review');
  return jsonb_build_object(
    'claim', private.review_claim(p_referral_id, now()),
    'decision', (
      select jsonb_build_object(
        'decision', d.decision, 'decided_by_name', private.admin_name(d.decided_by), 'decided_at', d.decided_at)
      from public.review_decisions as d
      where d.referral_id = p_referral_id and d.undone_at is null
      order by d.decided_at desc limit 1),
    'appeal', private.appeal_document(p_referral_id),
    'time_zone', private.billing_time_zone());
end;
$$;
comment on function public.get_review_conflict(uuid) is
  'Admin with referrals:review: who looks at a case, and who decided it, and its appeal, when.';
revoke all on function public.get_review_conflict(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_review_conflict(uuid) to authenticated;

create function private.review_party(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', c.id, 'name', c.full_name, 'email', c.email, 'phone', c.phone,
    'address', coalesce(private.comparable_address(c.address), (
      select private.comparable_address(o.installation_address)
      from public.orders as o where o.customer_id = c.id order by o.created_at desc limit 1)),
    'customer_since', c.created_at, 'referral_code', c.referral_code,
    'networks', coalesce((
      select jsonb_agg(jsonb_build_object('ip_address', host(seen.ip_address), 'user_agent', seen.user_agent,
        'at', seen.created_at) order by seen.created_at desc)
      from (
        select o.ip_address, o.user_agent, o.created_at
        from public.orders as o
        where o.customer_id = c.id and o.ip_address is not null
        order by o.created_at desc
        limit 10
      ) as seen), '[]'))
  from public.customers as c
  where c.id = p_customer_id
$$;
comment on function private.review_party(uuid) is
  'A person as reviewers compare them: contact, address, and the networks and devices of their orders.';
revoke all on function private.review_party(uuid) from public, anon, authenticated, service_role;

create function private.matched_people(p_referral_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with named as (
    select f.signal, value::uuid as id
    from public.referral_flags as f
    cross join lateral jsonb_array_elements_text(
      coalesce(f.evidence -> 'referral_ids', '[]') || coalesce(f.evidence -> 'customer_ids', '[]')) as value
    where f.referral_id = p_referral_id
  ), people as (
    select coalesce(r.referred_customer_id, c.id) as customer_id, r.id as referral_id,
      array_agg(distinct n.signal order by n.signal) as signals
    from named as n
    left join public.customer_referrals as r on r.id = n.id
    left join public.customers as c on c.id = n.id
    where coalesce(r.id, c.id) is not null
    group by 1, 2
    limit 50
  )
  select coalesce(jsonb_agg(private.review_party(p.customer_id) || jsonb_build_object(
    'signals', to_jsonb(p.signals),
    'referral', (
      select jsonb_build_object(
        'id', r.id, 'status', r.status, 'referred_at', r.referred_at,
        'referrer', (select jsonb_build_object('id', a.id, 'name', a.full_name)
          from public.customers as a where a.id = r.referrer_id))
      from public.customer_referrals as r where r.id = p.referral_id))
    order by p.referral_id), '[]')
  from people as p
$$;
comment on function private.matched_people(uuid) is
  'Everybody whom the signals of a referral name, with the signals that name them, 50 at most.';
revoke all on function private.matched_people(uuid) from public, anon, authenticated, service_role;

create function private.review_timing(p_referral public.customer_referrals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('event', e.event, 'at', e.at) order by e.at, e.event), '[]')
  from (
    select 'referrer_joined' as event, a.created_at as at from public.customers as a where a.id = p_referral.referrer_id
    union all
    select 'visited', max(v.visited_at)
    from public.referral_visits as v
    where v.referrer_id = p_referral.referrer_id and v.ip_address = p_referral.ip_address
      and v.visited_at <= p_referral.referred_at
    union all
    select 'ordered', p_referral.referred_at
    union all
    select 'activated', p_referral.activated_at
    union all
    select 'qualified', p_referral.qualified_at
    union all
    select 'ended', coalesce(p_referral.expired_at, p_referral.cancelled_at, p_referral.rejected_at)
  ) as e (event, at)
  where e.at is not null
$$;
comment on function private.review_timing(public.customer_referrals) is 'What happened when, on one line.';
revoke all on function private.review_timing(public.customer_referrals) from public, anon, authenticated, service_role;

create function private.referrer_record(p_referrer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'referrals', (
      select coalesce(jsonb_object_agg(g.status, g.n), '{}')
      from (select r.status, count(*) as n from public.customer_referrals as r
        where r.referrer_id = p_referrer_id group by r.status) as g),
    'cleared', (
      select count(distinct f.referral_id) from public.customer_referrals as r
      join public.referral_flags as f on f.referral_id = r.id
      where r.referrer_id = p_referrer_id and f.status = 'cleared'),
    'rejected', (
      select count(distinct f.referral_id) from public.customer_referrals as r
      join public.referral_flags as f on f.referral_id = r.id
      where r.referrer_id = p_referrer_id and f.status = 'rejected'),
    'rewards', (
      select count(*) from public.referral_rewards as w
      where w.customer_id = p_referrer_id and w.source = 'earned' and w.status in ('pending', 'applied')),
    'attempts', private.refused_attempts(p_referrer_id))
$$;
comment on function private.referrer_record(uuid) is
  'What became of a referrer''s friends, what reviewers decided, and the newest refused uses of the code.';
revoke all on function private.referrer_record(uuid) from public, anon, authenticated, service_role;

create function private.attempt_document(p_attempt public.referral_attempts)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_attempt.id, 'at', p_attempt.created_at, 'reason', p_attempt.reason,
    'referral_code', p_attempt.referral_code, 'order_id', p_attempt.order_id,
    'customer', (
      select jsonb_build_object('id', c.id, 'name', c.full_name)
      from public.orders as o join public.customers as c on c.id = o.customer_id where o.id = p_attempt.order_id),
    'same_as', private.repeated_attempts(p_attempt))
$$;
comment on function private.attempt_document(public.referral_attempts) is 'A refused use of a code, and how many others are like it.';
revoke all on function private.attempt_document(public.referral_attempts) from public, anon, authenticated, service_role;

create function private.refused_attempts(p_customer_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(private.attempt_document(a.t) order by (a.t).created_at desc), '[]')
    from (
      select t from public.referral_attempts as t
      where t.referrer_id = p_customer_id
        or t.order_id in (select o.id from public.orders as o where o.customer_id = p_customer_id)
      order by t.created_at desc
      limit 20
    ) as a);
end;
$$;
comment on function private.refused_attempts(uuid) is
  'The newest 20 refused uses of a customer''s code, and of codes by that customer.';
revoke all on function private.refused_attempts(uuid) from public, anon, authenticated, service_role;

create function private.repeated_attempts(p_attempt public.referral_attempts)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'phone', (select count(*) - 1 from public.referral_attempts as a where a.phone_hash = p_attempt.phone_hash),
    'network', (select count(*) - 1 from public.referral_attempts as a where a.network_hash = p_attempt.network_hash))
  where p_attempt.phone_hash is not null
$$;
comment on function private.repeated_attempts(public.referral_attempts) is
  'How many other refused attempts came from the same phone and the same network, by their hashes.';
revoke all on function private.repeated_attempts(public.referral_attempts) from public, anon, authenticated, service_role;

create function private.ring_of(p_referral public.customer_referrals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with subjects as (
    select f.subject from public.referral_flags as f
    where f.referral_id = p_referral.id and f.subject is not null
  ), others as (
    select distinct r.id
    from public.referral_flags as f join public.customer_referrals as r on r.id = f.referral_id
    where f.status = 'open' and r.id <> p_referral.id and (
      r.referrer_id in (p_referral.referrer_id, p_referral.referred_customer_id)
      or r.referred_customer_id = p_referral.referrer_id
      or f.subject in (select s.subject from subjects as s))
    limit 20
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', r.id, 'referred_at', r.referred_at, 'status', r.status,
    'referrer', jsonb_build_object('id', a.id, 'name', a.full_name),
    'referred', jsonb_build_object('id', b.id, 'name', b.full_name)) order by r.referred_at desc), '[]')
  from others as o
  join public.customer_referrals as r on r.id = o.id
  join public.customers as a on a.id = r.referrer_id
  join public.customers as b on b.id = r.referred_customer_id
$$;
comment on function private.ring_of(public.customer_referrals) is
  'Other open cases of the same people, or about the same place, phone or network.';
revoke all on function private.ring_of(public.customer_referrals) from public, anon, authenticated, service_role;

create function private.appeal_document(p_referral_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', a.id, 'status', a.status, 'reason', a.reason, 'asked_at', a.asked_at, 'due_at', a.due_at,
    'decided_at', a.decided_at, 'decided_by_name', private.admin_name(a.decided_by), 'decision_reason', a.decision_reason)
  from public.review_appeals as a where a.referral_id = p_referral_id
$$;
comment on function private.appeal_document(uuid) is 'The appeal about a referral, or null.';
revoke all on function private.appeal_document(uuid) from public, anon, authenticated, service_role;

create function public.get_review_case(p_referral_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  perform private.require_permission('referrals:review');
  select r.* into v_referral from public.customer_referrals as r where r.id = p_referral_id;
  if v_referral.id is null then
    perform private.fail(404, 'not_found', 'referral');
  end if;
  return private.admin_referral_document(v_referral) || jsonb_build_object(
    'signals', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', f.id, 'signal', f.signal, 'severity', f.severity, 'weight', f.weight, 'evidence', f.evidence,
        'status', f.status, 'created_at', f.created_at) order by f.severity desc, f.weight desc, f.signal)
      from public.referral_flags as f where f.referral_id = p_referral_id), '[]'),
    'score', coalesce((
      select sum(f.weight) from public.referral_flags as f
      where f.referral_id = p_referral_id and f.status <> 'shadow'), 0),
    'referrer_party', private.review_party(v_referral.referrer_id),
    'referred_party', private.review_party(v_referral.referred_customer_id),
    'matched', private.matched_people(p_referral_id),
    'timing', private.review_timing(v_referral),
    'record', private.referrer_record(v_referral.referrer_id),
    'ring', private.ring_of(v_referral),
    'decisions', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', d.id, 'decision', d.decision, 'reason', d.reason, 'decided_at', d.decided_at, 'undone_at', d.undone_at,
        'undo_until', d.undo_until, 'is_own', coalesce(d.decided_by = (select auth.uid()), false),
        'decided_by_name', private.admin_name(d.decided_by)) order by d.decided_at desc)
      from public.review_decisions as d where d.referral_id = p_referral_id), '[]'),
    'appeal', private.appeal_document(p_referral_id),
    'claim', private.review_claim(p_referral_id, now()),
    'next_id', private.next_in_review(p_referral_id));
end;
$$;
comment on function public.get_review_case(uuid) is
  'Admin with referrals:review: everything that is known about one case, and the case that follows.';
revoke all on function public.get_review_case(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_review_case(uuid) to authenticated;

create view private.open_reviews with (security_invoker = true) as
  select f.referral_id, bool_or(f.severity = 'hold') as is_hold, sum(f.weight) as score, min(f.created_at) as flagged_at
  from public.referral_flags as f
  where f.status = 'open'
  group by f.referral_id;
comment on view private.open_reviews is 'The cases that wait: whether one holds, its score, and since when.';
revoke all on table private.open_reviews from public, anon, authenticated, service_role;

create function private.next_in_review(p_except uuid)
returns uuid
language sql
stable
set search_path = ''
as $$
  select q.referral_id
  from private.open_reviews as q
  where q.referral_id <> p_except
    and not exists (
      select 1 from public.review_claims as c
      where c.referral_id = q.referral_id and c.expires_at > now() and c.reviewer is distinct from (select auth.uid()))
  order by q.is_hold desc, q.score desc, q.flagged_at, q.referral_id
  limit 1
$$;
comment on function private.next_in_review(uuid) is 'The case to look at next: one that no other reviewer has.';
revoke all on function private.next_in_review(uuid) from public, anon, authenticated, service_role;

create function private.is_my_review(p_referral_id uuid)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
    select 1 from public.review_claims as c
    where c.referral_id = p_referral_id and c.reviewer = (select auth.uid()) and c.expires_at > now())
$$;
comment on function private.is_my_review(uuid) is 'Whether the caller has taken this case and still has it.';
revoke all on function private.is_my_review(uuid) from public, anon, authenticated, service_role;

create function public.get_review_queue(
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 20,
  p_backward boolean default false
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 20), 1), 100);
  v_backward boolean := coalesce(p_backward, false);
  v_after record;
  v_rows jsonb;
begin
  perform private.require_permission('referrals:review');
  -- The place of the last case on the page before. Its flags tell it, also when it was decided since.
  select private.is_my_review(p_cursor_id) as is_mine, bool_or(f.severity = 'hold') as is_hold, sum(f.weight) as score,
    min(f.created_at) as flagged_at
  into v_after
  from public.referral_flags as f
  where f.referral_id = p_cursor_id and f.status <> 'shadow';
  select coalesce(jsonb_agg(
    private.admin_referral_document(page.r) || jsonb_build_object(
      'flagged_at', page.flagged_at, 'score', page.score, 'is_hold', page.is_hold,
      'claim', private.review_claim((page.r).id, now()),
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
    ) order by page.is_mine desc, page.is_hold desc, page.score desc, page.flagged_at, (page.r).id), '[]')
  into v_rows
  from (
    select r, q.flagged_at, q.score, q.is_hold, q.is_mine
    from (
      -- The place of a case is below zero when the queue is read backward.
      select o.*, m.is_mine, case when v_backward then -1 else 1 end
        * row_number() over (order by m.is_mine desc, o.is_hold desc, o.score desc, o.flagged_at, o.referral_id) as place
      from private.open_reviews as o
      cross join lateral (select private.is_my_review(o.referral_id) as is_mine) as m
    ) as q
    join public.customer_referrals as r on r.id = q.referral_id
    where p_cursor_id is null
      or v_backward = ((not q.is_mine, not q.is_hold, -q.score, q.flagged_at, q.referral_id)
        < (not v_after.is_mine, not v_after.is_hold, -v_after.score, v_after.flagged_at, p_cursor_id))
      and q.referral_id <> p_cursor_id
    order by q.place
    limit v_limit + 1
  ) as page;
  return private.either_way_page('queue', v_rows, v_limit, 'flagged_at', v_backward, p_cursor_id is not null)
    || (select jsonb_build_object(
      'open', count(*), 'holds', count(*) filter (where q.is_hold), 'oldest_hold_at', min(q.flagged_at) filter (where q.is_hold))
      from private.open_reviews as q)
    || jsonb_build_object('appeals', private.open_appeals());
end;
$$;
comment on function public.get_review_queue(timestamptz, uuid, integer, boolean) is
  'Admin with referrals:review: referrals with open flags: the caller''s own case first, then those with a hold, by score and then by age; those for information after them, keyset-paged either way. And the appeals that wait.';
revoke all on function public.get_review_queue(timestamptz, uuid, integer, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.get_review_queue(timestamptz, uuid, integer, boolean) to authenticated;

create function private.open_appeals()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'referral_id', a.referral_id, 'asked_at', a.asked_at, 'due_at', a.due_at, 'is_overdue', a.due_at < now(),
    'referrer', jsonb_build_object('id', c.id, 'name', c.full_name)) order by a.due_at, a.id), '[]')
  from (select p.* from public.review_appeals as p where p.status = 'open' order by p.due_at, p.id limit 50) as a
  join public.customers as c on c.id = a.customer_id
$$;
comment on function private.open_appeals() is 'The appeals that wait, by their deadline, 50 at most.';
revoke all on function private.open_appeals() from public, anon, authenticated, service_role;

create function public.appeal_review(p_referral_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_customer public.customers;
  v_referral public.customer_referrals;
  v_appeal public.review_appeals;
begin
  select c.* into strict v_customer from public.customers as c where c.id = private.require_customer();
  select r.* into v_referral
  from public.customer_referrals as r where r.id = p_referral_id and r.referrer_id = v_customer.id;
  if v_referral.id is null then
    perform private.fail(404, 'not_found', 'referral');
  end if;
  if coalesce(length(btrim(p_reason)), 0) not between 3 and 1000 then
    perform private.fail(400, 'invalid_request', 'reason');
  end if;
  perform private.lock_customers(array[v_customer.id]);
  select r.* into strict v_referral from public.customer_referrals as r where r.id = p_referral_id;
  if v_referral.status <> 'rejected' or now() > v_referral.rejected_at + interval '30 days' then
    perform private.fail(409, 'appeal_not_possible');
  end if;
  insert into public.review_appeals (referral_id, customer_id, reason, asked_at, due_at)
  values (p_referral_id, v_customer.id, btrim(p_reason), now(), now() + interval '7 days')
  on conflict (referral_id) do nothing
  returning * into v_appeal;
  if v_appeal.id is null then
    perform private.fail(409, 'appeal_not_possible');
  end if;
  perform private.write_audit(
    (select auth.uid()), 'referral.appealed', 'referral', p_referral_id::text, v_customer.id, null, null,
    jsonb_build_object('due_at', v_appeal.due_at), now());
  perform private.enqueue_mail(
    'appeal_received', v_customer.email, v_customer.id,
    jsonb_build_object(
      'first_name', v_customer.first_name, 'friend', private.friend_name(v_referral.referred_customer_id),
      'due_on', private.local_date(v_appeal.due_at, private.billing_time_zone())),
    'appeal_received:' || v_appeal.id, now());
  return jsonb_build_object('status', 'open', 'due_at', v_appeal.due_at);
end;
$$;
comment on function public.appeal_review(uuid, text) is
  'Customer: asks once, with a reason, that somebody else looks at an own friend who was rejected, within 30 days. Raises appeal_not_possible.';
revoke all on function public.appeal_review(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.appeal_review(uuid, text) to authenticated;

create function private.friend_name(p_customer_id uuid)
returns text
language sql
stable
set search_path = ''
as $$
  select private.mask_name(c.first_name, c.last_name) from public.customers as c where c.id = p_customer_id
$$;
comment on function private.friend_name(uuid) is 'A friend''s name as a referrer may see it.';
revoke all on function private.friend_name(uuid) from public, anon, authenticated, service_role;

create function public.get_my_appeal(p_referral_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
  v_referral public.customer_referrals;
begin
  select r.* into v_referral
  from public.customer_referrals as r where r.id = p_referral_id and r.referrer_id = v_customer;
  if v_referral.id is null then
    perform private.fail(404, 'not_found', 'referral');
  end if;
  return jsonb_build_object(
    'friend', private.friend_name(v_referral.referred_customer_id),
    'can_ask', v_referral.status = 'rejected' and now() <= v_referral.rejected_at + interval '30 days'
      and not exists (select 1 from public.review_appeals as a where a.referral_id = p_referral_id),
    'time_zone', private.billing_time_zone(),
    'appeal', (
      select jsonb_build_object(
        'status', a.status, 'asked_at', a.asked_at, 'due_at', a.due_at, 'decided_at', a.decided_at)
      from public.review_appeals as a where a.referral_id = p_referral_id));
end;
$$;
comment on function public.get_my_appeal(uuid) is
  'Customer: whether they can ask about a friend who does not count, and what became of it.';
revoke all on function public.get_my_appeal(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_my_appeal(uuid) to authenticated;

create function public.decide_appeal(
  p_actor uuid, p_referral_id uuid, p_decision text, p_reason text, p_grant boolean,
  p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_referral public.customer_referrals;
  v_rejection public.review_decisions;
  v_appeal public.review_appeals;
  v_referrer public.customers;
begin
  perform private.require_permission_of(p_actor, 'referrals:review');
  if p_decision is null or p_decision not in ('uphold', 'dismiss') then
    perform private.fail(400, 'invalid_request', 'decision');
  end if;
  select r.* into v_referral from public.customer_referrals as r where r.id = p_referral_id;
  if v_referral.id is null then
    perform private.fail(404, 'not_found', 'referral');
  end if;
  perform private.lock_customers(array[v_referral.referrer_id]);
  perform private.refuse_own_account(v_referral.referrer_id, p_actor);
  perform private.refuse_own_account(v_referral.referred_customer_id, p_actor);
  select a.* into v_appeal from public.review_appeals as a where a.referral_id = p_referral_id for update;
  if v_appeal.id is null or v_appeal.status <> 'open' then
    perform private.fail(409, 'referral_not_reviewable');
  end if;
  select d.* into v_rejection
  from public.review_decisions as d
  where d.referral_id = p_referral_id and d.decision = 'reject' and d.undone_at is null
  order by d.decided_at desc limit 1;
  if v_rejection.decided_by = p_actor then
    perform private.fail(403, 'second_reviewer_needed');
  end if;
  perform private.refuse_claimed_by_other(p_referral_id, p_actor, p_as_of);
  delete from public.review_claims as c where c.referral_id = p_referral_id;

  update public.review_appeals as a
  set status = case p_decision when 'uphold' then 'upheld' else 'dismissed' end,
    decided_by = p_actor, decided_at = p_as_of, decision_reason = v_reason
  where a.id = v_appeal.id
  returning * into v_appeal;
  perform private.write_audit(
    p_actor, 'referral.appeal_' || v_appeal.status, 'referral', p_referral_id::text, v_referral.referrer_id, v_reason,
    jsonb_build_object('status', v_referral.status),
    jsonb_build_object('status', case p_decision when 'uphold' then v_rejection.before ->> 'status' else v_referral.status end),
    p_as_of);
  if p_decision = 'uphold' then
    perform private.restore_referral(p_referral_id, coalesce(v_rejection.before, '{"status": "pending"}'), p_as_of);
    update public.referral_flags as f
    set status = 'cleared', decided_by = p_actor, decided_at = p_as_of, decision_reason = v_reason
    where f.referral_id = p_referral_id and f.status = 'rejected';
    perform private.write_audit(
      p_actor, 'referral.cleared', 'referral', p_referral_id::text, v_referral.referrer_id, v_reason, null,
      jsonb_build_object('appeal', v_appeal.id), p_as_of);
    if coalesce(p_grant, false) then
      perform private.grant_earned_rewards(v_referral.referrer_id, p_as_of);
    end if;
  end if;
  select c.* into strict v_referrer from public.customers as c where c.id = v_referral.referrer_id;
  perform private.enqueue_mail(
    'appeal_decided', v_referrer.email, v_referrer.id,
    jsonb_build_object(
      'first_name', v_referrer.first_name, 'friend', private.friend_name(v_referral.referred_customer_id),
      'outcome', v_appeal.status),
    'appeal_decided:' || v_appeal.id, p_as_of);
  return jsonb_build_object('referral_id', p_referral_id, 'appeal', v_appeal.status);
end;
$$;
comment on function public.decide_appeal(uuid, uuid, text, text, boolean, timestamptz) is
  'Server, for an admin with referrals:review who did not reject the referral: upholds or dismisses an appeal. Upholding gives the referral back and clears its flags. Raises second_reviewer_needed.';
revoke all on function public.decide_appeal(uuid, uuid, text, text, boolean, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.decide_appeal(uuid, uuid, text, text, boolean, timestamptz) to service_role;

create function private.signal_precision(p_since timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(s) order by s.rejected desc, s.cleared desc, s.signal), '[]')
  from (
    select f.signal, bool_or(f.status = 'shadow') as is_shadow,
      count(*) filter (where last.decision = 'reject') as rejected,
      count(*) filter (where last.decision = 'clear') as cleared,
      count(*) filter (where last.decision is null) as undecided
    from public.referral_flags as f
    left join lateral (
      select d.decision from public.review_decisions as d
      where d.referral_id = f.referral_id and d.undone_at is null
      order by d.decided_at desc limit 1
    ) as last on true
    where f.created_at >= p_since
    group by f.signal
  ) as s
$$;
comment on function private.signal_precision(timestamptz) is
  'Per signal: on how many referrals it was raised since then, and what reviewers decided about those. Shadow signals too.';
revoke all on function private.signal_precision(timestamptz) from public, anon, authenticated, service_role;

create function private.recent_alerts(p_since timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'at', n.created_at, 'kind', coalesce(n.payload ->> 'kind', 'velocity'),
    'referrer', jsonb_build_object('id', c.id, 'name', c.full_name)) order by n.created_at desc), '[]')
  from (
    select m.* from public.notifications as m
    where m.template = 'suspicious_activity' and m.created_at >= p_since
    order by m.created_at desc
    limit 20
  ) as n
  join public.customers as c on c.id = (n.payload ->> 'referrer_id')::uuid
$$;
comment on function private.recent_alerts(timestamptz) is 'Alerts about referrers since then, newest first, 20 at most.';
revoke all on function private.recent_alerts(timestamptz) from public, anon, authenticated, service_role;

create function public.get_review_overview(p_as_of timestamptz default now())
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('referrals:review');
  return jsonb_build_object(
    'signals', private.signal_precision(p_as_of - interval '90 days'),
    'alerts', private.recent_alerts(p_as_of - interval '7 days'),
    'appeals', (select count(*) from public.review_appeals as a where a.status = 'open'),
    'next_appeal_due_at', (select min(a.due_at) from public.review_appeals as a where a.status = 'open'))
    || (select jsonb_build_object(
      'holds', count(*) filter (where q.is_hold), 'flags', count(*) filter (where not q.is_hold),
      'oldest_hold_at', min(q.flagged_at) filter (where q.is_hold),
      'oldest_flag_at', min(q.flagged_at) filter (where not q.is_hold))
      from private.open_reviews as q);
end;
$$;
comment on function public.get_review_overview(timestamptz) is
  'Admin with referrals:review: the age of each queue, each signal''s precision over 90 days, and the alerts of a week.';
revoke all on function public.get_review_overview(timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.get_review_overview(timestamptz) to authenticated;
