-- Removes the referral programme: every table with its rows, every view, every function, and the record of its
-- migrations.
-- Accounts in auth.users stay; so does everything that is not the programme's. All or nothing: one statement.
--
-- This deletes customers, orders, invoices and the audit log for good. Take a backup first; tax law may ask for the
-- invoices. To stop the programme and keep the data, set ENABLE_REFERRAL_REWARDS=false instead.
--
--   psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --file supabase/rollback/remove_referral_rewards.sql

do $$
declare
  c_tables constant text[] := array[
    'account_credits',
    'account_sessions',
    'admin_settings',
    'admin_users',
    'approvals',
    'audit_chain',
    'audit_log',
    'audit_unsealed',
    'billing_run_steps',
    'billing_runs',
    'billing_settings',
    'credit_notes',
    'customer_invoices',
    'customer_referrals',
    'customer_services',
    'customers',
    'idempotency_keys',
    'invoice_payments',
    'invoice_series',
    'invoice_settlements',
    'notifications',
    'orders',
    'payment_reversals',
    'rate_limits',
    'referral_attempts',
    'referral_claims',
    'referral_flags',
    'referral_program',
    'referral_rewards',
    'referral_visits',
    'role_permissions',
    'service_packages',
    'service_price_changes',
    'service_suspensions',
    'switches'
  ];
  c_private_views constant text[] := array[
    'account_lines',
    'open_invoices',
    'unbilled_service_months',
    'violations',
    'violations_01_code',
    'violations_02_referred_person',
    'violations_03_reward_sources',
    'violations_04_reward_invoice',
    'violations_05_final_rewards',
    'violations_06_invoice_periods',
    'violations_07_numbers',
    'violations_08_sums',
    'violations_09_audit',
    'violations_09_audit_chain',
    'violations_10_mails',
    'violations_11_erasure',
    'violations_13_unbilled',
    'violations_14_accounts',
    'violations_15_approvals'
  ];
  c_public_functions constant text[] := array[
    'accept_team_invitation',
    'activate_order',
    'add_team_member',
    'admin_count_unbilled',
    'admin_get_account',
    'admin_get_billing_run',
    'admin_get_customer_referrals',
    'admin_get_notification',
    'admin_list_billing_runs',
    'admin_list_customers',
    'admin_list_invoices',
    'admin_list_notifications',
    'admin_list_orders',
    'admin_list_referrals',
    'admin_list_unbilled',
    'admin_name_billing_errors',
    'alert_unbilled',
    'cancel_order',
    'change_service_package',
    'claim_billing_batch',
    'claim_notifications',
    'consume_rate_limit',
    'decide_approval',
    'decide_review',
    'erase_customer',
    'expire_due',
    'find_auth_user',
    'finish_billing_run',
    'get_audit_facets',
    'get_billing_settings',
    'get_credit_note',
    'get_cycle_settings',
    'get_invoice',
    'get_my_account',
    'get_my_balance',
    'get_my_dashboard',
    'get_my_invitation',
    'get_my_referral_overview',
    'get_my_session',
    'get_program',
    'get_program_metrics',
    'get_public_site',
    'get_review_queue',
    'get_switches',
    'get_team',
    'get_unbilled_months',
    'grant_earned_rewards',
    'grant_reward',
    'has_permission',
    'issue_credit_note',
    'issue_invoices',
    'link_confirmed_customer',
    'list_approvals',
    'list_audit',
    'list_my_referrals',
    'months_to_complete',
    'note_session_proof',
    'place_order',
    'prepare_order',
    'prune_operational_rows',
    'qualify_referrals',
    'read_billing_batch',
    'record_admin_sign_in',
    'record_export',
    'record_invoice_payment',
    'record_payment',
    'record_refusal',
    'record_visit',
    'request_forced_run',
    'require_recent_password',
    'retry_notification',
    'reverse_payment',
    'revoke_reward',
    'seal_audit_log',
    'set_service_status',
    'set_switch',
    'settle_notification',
    'start_billing_run',
    'start_installation',
    'update_admin_settings',
    'update_program',
    'update_team_member',
    'use_link_proof',
    'validate_referral_code',
    'verify_invariants'
  ];
  c_private_functions constant text[] := array[
    'account_balance',
    'account_entries',
    'account_page',
    'account_summary',
    'activate_order',
    'activate_referral',
    'active_days',
    'address_history',
    'admin_invoice_document',
    'admin_name',
    'admin_referral_document',
    'admin_reward_document',
    'apply_free_months',
    'assign_order_number',
    'assign_referral_code',
    'billing_error_documents',
    'billing_run_document',
    'billing_run_is_interrupted',
    'billing_run_settings',
    'billing_settings_on',
    'billing_silence',
    'billing_time_zone',
    'blank_mails_and_documents',
    'blank_orders_and_referrals',
    'cancel_mail_to_erased',
    'cancel_order',
    'change_service_package',
    'check_document_prefixes',
    'check_time_zone',
    'checked_drafts',
    'claim_idempotency_key',
    'close_billing_run',
    'close_interrupted_runs',
    'count_billable_services',
    'credit_line',
    'credit_vat',
    'current_billing_settings',
    'current_customer_id',
    'current_terms',
    'customer_billing_facts',
    'customer_of_order',
    'customers_with_expiries',
    'cycle_settings',
    'dearest_invoiced_month',
    'document_numbers',
    'earlier_prices',
    'enqueue_mail',
    'erase_customer',
    'expire_rewards',
    'fail',
    'find_referrer',
    'find_unbilled',
    'first_month_completed',
    'first_month_due',
    'forget_auth_user',
    'fraud_window',
    'free_month_fits',
    'freeze_terms',
    'friend_document',
    'grant_earned_rewards',
    'grant_reward',
    'has_active_service',
    'has_open_month',
    'has_overdue_invoice',
    'hold_terms',
    'insert_credit_note',
    'insert_order',
    'invitation_document',
    'insert_payment',
    'invoice_filter',
    'invoice_is_paid',
    'invoice_preview_facts',
    'invoice_sources',
    'invoice_standing',
    'invoice_summary',
    'invoices_numbered_from',
    'is_chargeable',
    'is_person_name',
    'issue_credit_note',
    'joined_errors',
    'keep_final_rewards',
    'keep_invoice',
    'keep_order_number',
    'keep_referral_code',
    'keep_whole_days',
    'keyset_page',
    'line_items_total',
    'local_date',
    'local_plus',
    'lock_customers',
    'lock_mails',
    'lock_order',
    'mail_orderer',
    'mails_about',
    'mails_naming_inviter',
    'mask_email',
    'mask_name',
    'matching_referrals',
    'normalise_email',
    'note_billing_progress',
    'open_business',
    'open_or_join_run',
    'order_evidence',
    'order_number_of',
    'package_on_sale',
    'payment_fault',
    'payment_is_known',
    'payment_receipt',
    'payment_reference',
    'prefix_end',
    'price_change_day',
    'program_figures',
    'public_terms',
    'qualify_one',
    'raise_service_revision',
    'random_code_body',
    'record_payment',
    'record_referral',
    'record_suspension',
    'referral_obstacle',
    'referral_stats',
    'referrals_in_month',
    'referrals_made',
    'referred_evidence',
    'referrer_evidence',
    'referrer_is_eligible',
    'refusal_of',
    'refuse_change',
    'refuse_erased_customer',
    'refuse_other_cycle',
    'refuse_own_account',
    'refuse_own_order',
    'remind_of_rewards',
    'request_hash',
    'require_customer',
    'require_permission',
    'require_permission_of',
    'require_user',
    'reverse_payment',
    'review_referral',
    'revoke_reward',
    'reward_balance',
    'rewards_are_on',
    'reward_expiry',
    'search_customers',
    'service_document',
    'set_service_status',
    'set_switch',
    'settle_accounts',
    'settle_entries',
    'start_installation',
    'start_of_day',
    'stop_referral',
    'store_idempotent_response',
    'switch_documents',
    'switch_is_on',
    'suspensions_of',
    'trimmed_reason',
    'unbilled_customers',
    'usable_referrer',
    'use_account_credit',
    'usable_reward',
    'was_referred',
    'whole_month_cents',
    'write_audit'
  ];
  c_migrations constant text[] := array['20261130000000'];
  v_tables oid[];
  v_views oid[];
  v_functions oid[];
  v_function oid;
  v_foreign text;
begin
  select coalesce(array_agg(c.oid), '{}') into v_tables
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where n.nspname = 'public' and c.relkind = 'r' and c.relname = any (c_tables);

  select coalesce(array_agg(c.oid), '{}') into v_views
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where n.nspname = 'private' and c.relkind = 'v' and c.relname = any (c_private_views);

  select coalesce(array_agg(p.oid), '{}') into v_functions
  from pg_catalog.pg_proc as p
  join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
  where ((n.nspname = 'public' and p.proname = any (c_public_functions))
      or (n.nspname = 'private' and p.proname = any (c_private_functions)))
    and not exists (select 1 from pg_catalog.pg_depend as d where d.objid = p.oid and d.deptype = 'e');

  -- The functions go first, and take along what uses them. That must be ours alone.
  select string_agg(distinct used.by_table::regclass::text, ', ') into v_foreign
  from (
    select coalesce(o.polrelid, t.tgrelid, a.adrelid, k.conrelid, r.ev_class) as by_table
    from pg_catalog.pg_depend as d
    left join pg_catalog.pg_policy as o on d.classid = 'pg_catalog.pg_policy'::regclass and o.oid = d.objid
    left join pg_catalog.pg_trigger as t on d.classid = 'pg_catalog.pg_trigger'::regclass and t.oid = d.objid
    left join pg_catalog.pg_attrdef as a on d.classid = 'pg_catalog.pg_attrdef'::regclass and a.oid = d.objid
    left join pg_catalog.pg_constraint as k on d.classid = 'pg_catalog.pg_constraint'::regclass and k.oid = d.objid
    left join pg_catalog.pg_rewrite as r on d.classid = 'pg_catalog.pg_rewrite'::regclass and r.oid = d.objid
    where d.refclassid = 'pg_catalog.pg_proc'::regclass and d.refobjid = any (v_functions)
  ) as used
  where used.by_table is not null and used.by_table <> all (v_tables) and used.by_table <> all (v_views);
  if v_foreign is not null then
    raise exception 'the functions of the referral programme are still used by %', v_foreign;
  end if;

  -- Views and tables go without cascade: a view or a foreign key of somebody else stops everything here.
  if cardinality(v_views) > 0 then
    execute (
      select 'drop view ' || string_agg(v_view::regclass::text, ', ') from unnest(v_views) as v_view);
  end if;
  foreach v_function in array v_functions loop
    execute format('drop function %s cascade', v_function::regprocedure);
  end loop;
  if cardinality(v_tables) > 0 then
    execute (
      select 'drop table ' || string_agg(v_table::regclass::text, ', ') from unnest(v_tables) as v_table);
  end if;

  -- The schema goes when nothing else lives in it.
  if to_regnamespace('private') is not null
    and not exists (select 1 from pg_catalog.pg_class as c where c.relnamespace = to_regnamespace('private'))
    and not exists (select 1 from pg_catalog.pg_proc as p where p.pronamespace = to_regnamespace('private'))
    and not exists (select 1 from pg_catalog.pg_type as t where t.typnamespace = to_regnamespace('private')) then
    drop schema private;
  end if;

  if to_regclass('supabase_migrations.schema_migrations') is not null then
    delete from supabase_migrations.schema_migrations where version = any (c_migrations);
  end if;
end;
$$;
