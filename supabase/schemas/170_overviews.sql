-- Overviews: what a page shows from several nouns, each in one read.

create function private.typical_installation_days()
returns integer
language sql
stable
set search_path = ''
as $$
  select case when count(*) >= 20 then
    greatest(1, ceil(percentile_disc(0.8) within group (
      order by extract(epoch from newest.activated_at - newest.ordered_at) / 86400)))::integer end
  from (
    select s.activated_at, o.created_at as ordered_at
    from public.customer_services as s
    join public.orders as o on o.id = s.order_id
    where s.activated_at is not null and not s.is_external
    order by s.activated_at desc
    limit 100
  ) as newest
$$;
comment on function private.typical_installation_days() is
  'Within how many days of the order eight of ten services were active, among the 100 activated last; null with fewer than 20.';
revoke all on function private.typical_installation_days() from public, anon, authenticated, service_role;

create function public.get_public_site()
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'brand_name', s.brand_name, 'support_email', s.support_email, 'currency', s.currency, 'time_zone', s.time_zone,
    'terms', private.public_terms(),
    'installation_days', private.typical_installation_days(),
    'packages', coalesce((
      select jsonb_agg(jsonb_build_object(
        'slug', p.slug, 'name', p.name, 'description', p.description, 'monthly_price_cents', p.monthly_price_cents,
        'download_mbps', p.download_mbps, 'upload_mbps', p.upload_mbps
      ) order by p.sort_order, p.monthly_price_cents, p.slug)
      from public.service_packages as p where p.is_active), '[]')
  )
  from private.current_billing_settings() as s
$$;
comment on function public.get_public_site() is 'Server: what the public pages show.';
revoke all on function public.get_public_site() from public, anon, authenticated, service_role;
grant execute on function public.get_public_site() to service_role;

create function public.get_my_session()
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_user uuid := private.require_user();
  v_is_admin boolean := exists (
    select 1 from public.admin_users as a where a.auth_user_id = v_user and private.is_acting_admin(a));
  v_obstacle text := case when v_is_admin then private.session_obstacle() end;
begin
  if v_obstacle = 'session_ended' then
    perform private.fail(401, 'unauthenticated', v_obstacle);
  end if;
  if v_is_admin then
    perform private.note_session_use();
  end if;
  return jsonb_build_object(
    'user_id', v_user,
    'customer', (
      select jsonb_build_object('id', c.id, 'first_name', c.first_name, 'last_name', c.last_name, 'email', c.email)
      from public.customers as c where c.auth_user_id = v_user and c.erased_at is null),
    'admin', (
      select jsonb_build_object(
        'id', a.id, 'name', a.name, 'email', a.email, 'role', a.role,
        'permissions', coalesce((
          select jsonb_agg(rp.permission order by rp.permission)
          from public.role_permissions as rp where rp.role = a.role and v_obstacle is null), '[]'))
      from public.admin_users as a where a.auth_user_id = v_user and private.is_acting_admin(a)),
    'needs_second_factor', private.lacks_second_factor() or coalesce(v_obstacle = 'second_factor_needed', false),
    'switches', public.get_switches(),
    'is_paused', (private.current_terms()).is_paused or not private.rewards_are_on(),
    'brand_name', (private.current_billing_settings()).brand_name,
    'time_zone', private.billing_time_zone()
  );
end;
$$;
comment on function public.get_my_session() is 'Caller: who they are here, as customer and as admin. Counts as use of an admin''s session. Raises unauthenticated when an admin''s session has ended.';
revoke all on function public.get_my_session() from public, anon, authenticated, service_role;
grant execute on function public.get_my_session() to authenticated;

create function private.dashboard_document(p_customer_id uuid, p_as_of timestamptz)
returns json
language plpgsql
stable
set search_path = ''
as $$
declare
  v_balance jsonb := private.reward_balance(p_customer_id);
begin
  -- As text: a document of many parts is not parsed and written again for each part it goes into.
  return json_build_object(
    'customer', (
      select jsonb_build_object(
        'id', c.id, 'first_name', c.first_name, 'last_name', c.last_name, 'email', c.email, 'referral_code', c.referral_code)
      from public.customers as c where c.id = p_customer_id),
    'services', coalesce((
      select jsonb_agg(private.service_document(s.id) order by s.created_at, s.id)
      from public.customer_services as s where s.customer_id = p_customer_id), '[]'),
    'invoices', coalesce((
      select jsonb_agg(private.invoice_summary(recent.i) order by (recent.i).issued_at desc, (recent.i).invoice_number desc)
      from (
        select i
        from public.customer_invoices as i
        where i.customer_id = p_customer_id
        order by i.issued_at desc, i.id desc
        limit 6
      ) as recent), '[]'),
    'account', private.account_summary(p_customer_id, p_as_of),
    'mail_problem', private.mail_problem(p_customer_id),
    'referral_obstacle', private.referral_obstacle(p_customer_id, p_as_of),
    'referrals_this_month', private.referrals_in_month(p_customer_id, p_as_of),
    'open_friends', private.open_friends(p_customer_id, p_as_of),
    'claims', private.claims_to_answer(p_customer_id),
    'can_claim', private.can_claim(p_customer_id, p_as_of),
    'survey', private.open_survey(p_customer_id),
    'own_claim', private.own_claim(p_customer_id),
    'stats', private.referral_stats(p_customer_id),
    'friends', coalesce((
      select json_agg(f.document order by f.referred_at desc, f.id desc)
      from (
        select r.id from public.customer_referrals as r
        where r.referrer_id = p_customer_id
        order by r.referred_at desc, r.id desc
        limit 20
      ) as recent
      join private.friends as f on f.id = recent.id), '[]'),
    'facts', private.invoice_preview_facts(p_customer_id, p_as_of),
    'settings', to_jsonb(private.current_billing_settings()) - array['created_by', 'created_at'],
    'terms', private.public_terms(),
    'pending_rewards', v_balance -> 'pending_rewards',
    'applied_rewards', v_balance -> 'applied_rewards',
    'saved_cents', v_balance -> 'saved_cents');
end;
$$;
comment on function private.dashboard_document(uuid, timestamptz) is
  'Everything that a customer''s dashboard shows at p_as_of.';
revoke all on function private.dashboard_document(uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.get_my_dashboard()
returns json
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return private.dashboard_document(private.require_customer(), now());
end;
$$;
comment on function public.get_my_dashboard() is 'Customer: everything the dashboard shows, in one read.';
revoke all on function public.get_my_dashboard() from public, anon, authenticated, service_role;
grant execute on function public.get_my_dashboard() to authenticated;

create function public.get_work_counts()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_reviews boolean := public.has_permission('referrals:review');
  v_orders boolean := public.has_permission('orders:manage');
  v_approves boolean := v_orders or public.has_permission('billing:manage_invoices');
begin
  perform private.require_permission('customers:view');
  return jsonb_build_object(
    'review', case when v_reviews then (select count(*) from private.open_reviews) else 0 end,
    'approvals', case when v_approves then (
      select count(*) from public.approvals as ap where ap.status = 'pending' and private.approval_waits_for_me(ap)) else 0 end,
    'claims', case when v_orders then (
      select count(*) from public.referral_claims as m where m.status = 'confirmed') else 0 end,
    'orders', case when v_orders then (select count(*) from public.orders as o where o.status = 'pending') else 0 end,
    'mailbox', (select count(*) from public.notifications as n where n.status = 'failed'));
end;
$$;
comment on function public.get_work_counts() is
  'Admin with customers:view: how much waits in each list that the caller works on. Each is the number of rows of the list that its link opens; 0 for what the role may not do.';
revoke all on function public.get_work_counts() from public, anon, authenticated, service_role;
grant execute on function public.get_work_counts() to authenticated;
