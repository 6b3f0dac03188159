-- Review: holds and flags that wait for a person, and what a reviewer decides.

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

create function public.get_review_queue(
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 20
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 20), 1), 100);
  v_rows jsonb;
begin
  perform private.require_permission('referrals:review');
  select coalesce(jsonb_agg(
    private.admin_referral_document(page.r) || jsonb_build_object(
      'flagged_at', page.flagged_at,
      'score', page.score,
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
    ) order by page.flagged_at, (page.r).id), '[]')
  into v_rows
  from (
    select r, queue.flagged_at, queue.score
    from (
      select f.referral_id, min(f.created_at) as flagged_at, sum(f.weight) as score
      from public.referral_flags as f
      where f.status = 'open'
      group by f.referral_id
    ) as queue
    join public.customer_referrals as r on r.id = queue.referral_id
    where p_cursor_at is null or (queue.flagged_at, r.id) > (p_cursor_at, p_cursor_id)
    order by queue.flagged_at, r.id
    limit v_limit + 1
  ) as page;
  return private.keyset_page('queue', v_rows, v_limit, 'flagged_at')
    || jsonb_build_object('open', (select count(distinct f.referral_id) from public.referral_flags as f where f.status = 'open'));
end;
$$;
comment on function public.get_review_queue(timestamptz, uuid, integer) is
  'Admin with referrals:review: referrals with open flags, oldest first, with what matched what.';
revoke all on function public.get_review_queue(timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.get_review_queue(timestamptz, uuid, integer) to authenticated;
