-- Friends as pages show them. A list reads the documents of its rows in one plan, from a view.

create view private.friends with (security_invoker = true) as
  select r.id, r.referred_at, jsonb_build_object(
    'id', r.id,
    'referred_name', private.mask_name(c.first_name, c.last_name),
    'referred_email', private.mask_email(r.referred_email),
    -- A customer is not told of reviews: a rejected friend shows as cancelled.
    'status', case when r.status = 'rejected' then 'cancelled' else r.status end,
    'status_reason', case when r.status_reason = 'rejected_in_review' then 'not_eligible' else r.status_reason end,
    'referred_at', r.referred_at,
    'activation_due_at', r.activation_due_at,
    'activated_at', r.activated_at,
    'qualifies_at', r.qualifies_at,
    'qualified_at', r.qualified_at,
    'expired_at', r.expired_at,
    'cancelled_at', coalesce(r.cancelled_at, r.rejected_at),
    'reward_id', r.reward_id,
    'order_status', o.status,
    'terms_version', r.program_version,
    'terms', jsonb_build_object(
      'referrals_required', t.referrals_required, 'qualifying_days', t.qualifying_days,
      'paid_invoices_required', t.paid_invoices_required, 'suspension_grace_days', t.suspension_grace_days),
    'suspended_at', case when r.status = 'active' then s.suspended_at end,
    'grace_ends_at', case when r.status = 'active' and s.suspended_at is not null then
      private.grace_ends_at(s.suspended_at, r.program_version) end,
    'paid_invoices', case r.status
      when 'active' then (
        select count(*) from private.settled_invoices as i
        where i.customer_id = r.referred_customer_id and i.at <= now())
      else 0 end,
    'unpaid_due_on', case when r.status = 'active' then (
      select min(i.due_on) from private.open_invoices as i where i.customer_id = r.referred_customer_id) end
  ) as document
  from public.customer_referrals as r
  join public.customers as c on c.id = r.referred_customer_id
  join public.referral_program as t on t.version = r.program_version
  join public.orders as o on o.id = r.order_id
  left join public.customer_services as s on s.order_id = r.order_id;
comment on view private.friends is
  'A friend as the referrer may see them: first name, initial, masked address, dates, the terms frozen onto the referral, and what it waits for.';
revoke all on table private.friends from public, anon, authenticated, service_role;

create view private.admin_referrals with (security_invoker = true) as
  select r.id, r.referred_at, jsonb_build_object(
    'id', r.id,
    'referrer', jsonb_build_object(
      'id', a.id, 'name', a.full_name, 'email', a.email, 'referral_code', a.referral_code),
    'referred', jsonb_build_object(
      'id', b.id, 'name', b.full_name, 'email', b.email),
    'order_id', r.order_id, 'status', r.status, 'status_reason', r.status_reason,
    'source', r.source, 'referral_code', r.referral_code, 'program_version', r.program_version,
    'referred_at', r.referred_at, 'activated_at', r.activated_at,
    'qualifies_at', r.qualifies_at, 'qualified_at', r.qualified_at,
    'activation_due_at', r.activation_due_at,
    'expired_at', r.expired_at, 'cancelled_at', r.cancelled_at, 'rejected_at', r.rejected_at,
    'reward_id', r.reward_id,
    'flags', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', f.id, 'signal', f.signal, 'severity', f.severity, 'weight', f.weight, 'status', f.status
      ) order by f.severity desc, f.weight desc, f.signal)
      from public.referral_flags as f where f.referral_id = r.id and f.status <> 'shadow'), '[]')
  ) as document
  from public.customer_referrals as r
  join public.customers as a on a.id = r.referrer_id
  join public.customers as b on b.id = r.referred_customer_id;
comment on view private.admin_referrals is 'A referral with both parties and its flags, as admins see it.';
revoke all on table private.admin_referrals from public, anon, authenticated, service_role;

create view private.explained_referrals with (security_invoker = true) as
  select a.id, a.referred_at,
    -- Asked for each row: with all tables in one join, the planner no longer looks for the best order.
    a.document || jsonb_build_object('facts', (select f.document from private.friends as f where f.id = a.id)) as document
  from private.admin_referrals as a;
comment on view private.explained_referrals is
  'A referral as admins see it, and the facts from which the answer to "why not yet?" follows.';
revoke all on table private.explained_referrals from public, anon, authenticated, service_role;

create function private.friend_document(p_referral public.customer_referrals)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (select f.document from private.friends as f where f.id = p_referral.id);
end;
$$;
comment on function private.friend_document(public.customer_referrals) is 'One friend of private.friends.';
revoke all on function private.friend_document(public.customer_referrals)
  from public, anon, authenticated, service_role;

create function private.admin_referral_document(p_referral public.customer_referrals)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (select a.document from private.admin_referrals as a where a.id = p_referral.id);
end;
$$;
comment on function private.admin_referral_document(public.customer_referrals) is 'One referral of private.admin_referrals.';
revoke all on function private.admin_referral_document(public.customer_referrals)
  from public, anon, authenticated, service_role;

create function private.explainable_referral(p_referral public.customer_referrals)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (select e.document from private.explained_referrals as e where e.id = p_referral.id);
end;
$$;
comment on function private.explainable_referral(public.customer_referrals) is 'One referral of private.explained_referrals.';
revoke all on function private.explainable_referral(public.customer_referrals)
  from public, anon, authenticated, service_role;
