-- A reviewer's decision and the free months that become due with it are one transaction.

drop function public.review_referral(uuid, text, text);

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
  'Server, for an admin with referrals:review: clears or rejects a flagged referral, with a reason. Clearing also grants what the referrer has earned by it, unless p_grant is false. Raises forbidden, own_account, not_found, referral_not_reviewable, referral_already_rewarded.';
revoke all on function public.decide_review(uuid, uuid, text, text, boolean, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.decide_review(uuid, uuid, text, text, boolean, timestamptz) to service_role;
