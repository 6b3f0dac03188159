-- Nothing waits forever: every function that writes gives up on a lock after three seconds.
--
-- The wait is bounded here rather than by role, so that every way to call a function behaves alike: a session of the
-- data API switches its role without taking on that role's settings. Whoever gave up is rolled back with 55P03, tried
-- again within bounds by the caller, and told 503 when that did not help either. A migration that replaces one of these
-- functions states the setting again.

do $$
declare
  c_writers constant text[] := array[
    'activate_order', 'cancel_order', 'change_service_package', 'claim_billing_batch', 'claim_notifications',
    'consume_rate_limit', 'erase_customer', 'expire_due', 'finish_billing_run', 'grant_earned_rewards',
    'grant_reward', 'issue_credit_note', 'issue_invoices', 'place_order', 'prune_operational_rows',
    'qualify_referrals', 'record_invoice_payment', 'record_refusal', 'record_visit', 'retry_notification',
    'review_referral', 'revoke_reward', 'set_service_status', 'settle_notification', 'start_billing_run',
    'update_program'
  ];
  v_name text;
  v_function regprocedure;
begin
  foreach v_name in array c_writers loop
    -- By name: the arguments of a function may have changed since it was made.
    for v_function in
      select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace and p.proname = v_name and p.prosecdef
    loop
      execute format('alter function %s set lock_timeout = %L', v_function, '3s');
    end loop;
    if v_function is null then
      raise exception 'there is no function public.%', v_name;
    end if;
    v_function := null;
  end loop;
end;
$$;
