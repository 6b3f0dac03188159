-- A reviewer's decision and the free months that become due with it are one transaction. The dashboard is told why a
-- code cannot be used now, by the rule that decides it, and a friend's order says whether it is being installed.

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
  'Server, for an admin with referrals:review: clears or rejects a flagged referral, with a reason. Clearing also grants what the referrer has earned with it, unless p_grant is false.';
revoke all on function public.decide_review(uuid, uuid, text, text, boolean, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.decide_review(uuid, uuid, text, text, boolean, timestamptz) to service_role;

create function private.referral_obstacle(p_customer_id uuid, p_as_of timestamptz)
returns text
language sql
stable
set search_path = ''
as $$
  select case
    when not exists (
      select 1 from public.customer_services as s where s.customer_id = p_customer_id and s.status = 'active')
      then 'inactive'
    when private.has_overdue_invoice(p_customer_id, p_as_of) then 'overdue'
  end
$$;
comment on function private.referral_obstacle(uuid, timestamptz) is
  'Why a customer''s code cannot be used now: inactive without an active service, overdue with an overdue invoice; else null.';
revoke all on function private.referral_obstacle(uuid, timestamptz) from public, anon, authenticated, service_role;

create or replace function private.referrer_is_eligible(p_customer_id uuid, p_as_of timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $$
  select private.referral_obstacle(p_customer_id, p_as_of) is null
$$;

create or replace function private.friend_document(p_referral public.customer_referrals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_referral.id,
    'referred_name', private.mask_name(c.first_name, c.last_name),
    'referred_email', private.mask_email(p_referral.referred_email),
    -- A customer is not told of reviews: a rejected friend shows as cancelled.
    'status', case when p_referral.status = 'rejected' then 'cancelled' else p_referral.status end,
    'status_reason', case when p_referral.status_reason = 'rejected_in_review' then 'not_eligible' else p_referral.status_reason end,
    'referred_at', p_referral.referred_at,
    'activation_due_at', p_referral.activation_due_at,
    'activated_at', p_referral.activated_at,
    'qualifies_at', p_referral.qualifies_at,
    'qualified_at', p_referral.qualified_at,
    'expired_at', p_referral.expired_at,
    'cancelled_at', coalesce(p_referral.cancelled_at, p_referral.rejected_at),
    'reward_id', p_referral.reward_id,
    'order_status', (select o.status from public.orders as o where o.id = p_referral.order_id)
  )
  from public.customers as c
  where c.id = p_referral.referred_customer_id
$$;

create or replace function public.get_my_dashboard()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
begin
  return jsonb_build_object(
    'customer', (
      select jsonb_build_object(
        'id', c.id, 'first_name', c.first_name, 'last_name', c.last_name, 'email', c.email, 'referral_code', c.referral_code)
      from public.customers as c where c.id = v_customer),
    'services', coalesce((
      select jsonb_agg(private.service_document(s.id) order by s.created_at, s.id)
      from public.customer_services as s where s.customer_id = v_customer), '[]'),
    'invoices', coalesce((
      select jsonb_agg(to_jsonb(recent) order by recent.issued_at desc, recent.invoice_number desc)
      from (
        select i.invoice_number, i.period_start, i.period_end, i.issued_at, i.due_on, i.total_cents, i.amount_due_cents,
          i.is_free_month, i.amount_waived_cents, i.currency, private.credited_cents(i.id) as credited_cents,
          exists (select 1 from public.invoice_payments as p where p.invoice_id = i.id) as is_paid
        from public.customer_invoices as i
        where i.customer_id = v_customer
        order by i.issued_at desc, i.id desc
        limit 6
      ) as recent), '[]'),
    'referral_obstacle', private.referral_obstacle(v_customer, now()),
    'stats', private.referral_stats(v_customer),
    'friends', coalesce((
      select jsonb_agg(private.friend_document(recent.r) order by (recent.r).referred_at desc, (recent.r).id desc)
      from (
        select r from public.customer_referrals as r
        where r.referrer_id = v_customer
        order by r.referred_at desc, r.id desc
        limit 20
      ) as recent), '[]'),
    'facts', private.invoice_preview_facts(v_customer),
    'settings', to_jsonb(private.current_billing_settings()) - array['created_by', 'created_at'],
    'terms', private.public_terms()
  ) || private.reward_balance(v_customer);
end;
$$;
