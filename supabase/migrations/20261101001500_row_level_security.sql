-- Row level security and the complete list of grants. The data API is public: what is not granted here is refused.

do $$
declare
  v_table text;
begin
  for v_table in
    select c.relname from pg_catalog.pg_class as c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
  loop
    execute format('alter table public.%I enable row level security', v_table);
    execute format('revoke all on table public.%I from public, anon, authenticated, service_role', v_table);
    -- The server's secret key reads; it writes through functions like everybody else.
    execute format('grant select on table public.%I to service_role', v_table);
  end loop;
end;
$$;

revoke all on all sequences in schema public from public, anon, authenticated, service_role;
grant insert, update on table public.service_packages to service_role;

-- Functions: none is executable unless listed below.
do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid::regprocedure from pg_catalog.pg_proc as p
    where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
      and not exists (select 1 from pg_catalog.pg_depend as d where d.objid = p.oid and d.deptype = 'e')
  loop
    execute format('revoke all on function %s from public, anon, authenticated, service_role', v_function);
  end loop;
end;
$$;

-- Used by policies, on the caller's own behalf.
grant execute on function private.current_customer_id() to authenticated;
grant execute on function public.has_permission(text) to authenticated;

-- Customers: always about the caller.
grant execute on function public.get_my_session() to authenticated;
grant execute on function public.get_my_referral_overview() to authenticated;
grant execute on function public.list_my_referrals(text, integer, timestamptz, uuid) to authenticated;
grant execute on function public.get_my_balance() to authenticated;
grant execute on function public.get_my_dashboard() to authenticated;
grant execute on function public.get_invoice(text) to authenticated;

-- Admins: intent only; actor and permission are checked inside.
grant execute on function public.activate_order(uuid) to authenticated;
grant execute on function public.cancel_order(uuid, text) to authenticated;
grant execute on function public.set_service_status(uuid, text, text) to authenticated;
grant execute on function public.grant_reward(uuid, text, text) to authenticated;
grant execute on function public.revoke_reward(uuid, uuid, text) to authenticated;
grant execute on function public.review_referral(uuid, text, text) to authenticated;
grant execute on function public.admin_list_customers(text, timestamptz, uuid, integer) to authenticated;
grant execute on function public.admin_get_customer_referrals(uuid) to authenticated;
grant execute on function public.admin_list_referrals(text, boolean, text, timestamptz, uuid, integer) to authenticated;
grant execute on function public.get_review_queue(timestamptz, uuid, integer) to authenticated;
grant execute on function public.admin_list_orders(text, text, timestamptz, uuid, integer) to authenticated;
grant execute on function public.admin_list_notifications(text, timestamptz, uuid, integer) to authenticated;
grant execute on function public.admin_get_notification(uuid) to authenticated;
grant execute on function public.retry_notification(uuid) to authenticated;
grant execute on function public.get_program() to authenticated;
grant execute on function public.update_program(jsonb, text, integer) to authenticated;
grant execute on function public.get_program_metrics(timestamptz, timestamptz) to authenticated;

-- Server only: these take computed amounts, verdicts, actors or a clock.
grant execute on function public.validate_referral_code(text, timestamptz) to service_role;
grant execute on function public.record_visit(text, uuid, text, inet, text, timestamptz) to service_role;
grant execute on function public.prepare_order(jsonb, timestamptz) to service_role;
grant execute on function public.place_order(jsonb, timestamptz) to service_role;
grant execute on function public.grant_earned_rewards(uuid, timestamptz) to service_role;
grant execute on function public.qualify_referrals(timestamptz, boolean, uuid, integer) to service_role;
grant execute on function public.expire_due(timestamptz, integer, boolean) to service_role;
grant execute on function public.get_billing_settings() to service_role;
grant execute on function public.start_billing_run(date, date, timestamptz, text, boolean, uuid, timestamptz, uuid, text) to service_role;
grant execute on function public.claim_billing_batch(uuid, timestamptz, integer) to service_role;
grant execute on function public.read_billing_batch(date, timestamptz, uuid, integer) to service_role;
grant execute on function public.issue_invoices(uuid, jsonb, timestamptz) to service_role;
grant execute on function public.finish_billing_run(uuid, jsonb, text, timestamptz) to service_role;
grant execute on function public.record_invoice_payment(text, bigint, timestamptz) to service_role;
grant execute on function public.claim_notifications(integer, integer, timestamptz) to service_role;
grant execute on function public.settle_notification(uuid, uuid, text, jsonb, timestamptz) to service_role;
grant execute on function public.consume_rate_limit(text, text, integer, integer, timestamptz) to service_role;
grant execute on function public.prune_operational_rows(timestamptz) to service_role;
grant execute on function public.record_refusal(uuid, text, text, text, timestamptz) to service_role;
grant execute on function public.get_public_site() to service_role;
grant execute on function public.verify_invariants() to service_role;

-- Reading tables through the data API: own rows for customers, all rows for admins who may view customers.
grant select on table public.customers, public.orders, public.customer_services, public.referral_rewards,
  public.customer_invoices, public.invoice_payments, public.service_packages, public.admin_users,
  public.role_permissions, public.referral_flags, public.referral_attempts, public.referral_visits,
  public.billing_runs, public.audit_log, public.notifications, public.referral_program, public.billing_settings
  to authenticated;
grant select on table public.service_packages to anon;
-- A referrer sees their referrals, but not the friend's address, IP address, device or account.
grant select (
  id, referrer_id, referral_code, program_version, status, source, referred_at, activation_due_at, activated_at,
  qualifies_at, qualified_at, expired_at, cancelled_at, reward_id
) on table public.customer_referrals to authenticated;

create policy customers_select on public.customers
  for select to authenticated
  using (id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));
create policy orders_select on public.orders
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));
create policy customer_services_select on public.customer_services
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));
create policy customer_referrals_select on public.customer_referrals
  for select to authenticated
  using (referrer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));
create policy referral_rewards_select on public.referral_rewards
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));
create policy customer_invoices_select on public.customer_invoices
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));
create policy invoice_payments_select on public.invoice_payments
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));
create policy service_packages_select on public.service_packages
  for select to anon, authenticated
  using (is_active);
create policy admin_users_select on public.admin_users
  for select to authenticated
  using (auth_user_id = (select auth.uid()) or (select public.has_permission('admins:manage')));
create policy role_permissions_select on public.role_permissions
  for select to authenticated
  using ((select public.has_permission('customers:view')));
create policy referral_flags_select on public.referral_flags
  for select to authenticated
  using ((select public.has_permission('referrals:review')));
create policy referral_attempts_select on public.referral_attempts
  for select to authenticated
  using ((select public.has_permission('referrals:review')));
create policy referral_visits_select on public.referral_visits
  for select to authenticated
  using ((select public.has_permission('customers:view')));
create policy billing_runs_select on public.billing_runs
  for select to authenticated
  using ((select public.has_permission('customers:view')));
create policy audit_log_select on public.audit_log
  for select to authenticated
  using ((select public.has_permission('customers:view')));
create policy notifications_select on public.notifications
  for select to authenticated
  using ((select public.has_permission('customers:view')));
create policy referral_program_select on public.referral_program
  for select to authenticated
  using ((select public.has_permission('customers:view')));
create policy billing_settings_select on public.billing_settings
  for select to authenticated
  using ((select public.has_permission('customers:view')));
