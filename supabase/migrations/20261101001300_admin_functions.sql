-- What admins read and the programme settings they change. Each function checks its permission itself.

create function private.prefix_end(p_prefix text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select p_prefix || U&'\+10FFFF'
$$;
comment on function private.prefix_end(text) is 'Upper bound of a prefix search: every character of the input is literal.';

create function private.search_customers(p_q text)
returns setof uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_q text := lower(btrim(p_q));
  v_code text := translate(upper(regexp_replace(p_q, '[^A-Za-z0-9]', '', 'g')), 'OIL', '011');
  v_phone text := regexp_replace(p_q, '[^0-9+]', '', 'g');
begin
  -- Ranges instead of LIKE: %, _ and \ have no meaning, and the indexes serve every search.
  return query
    select c.id from public.customers as c
    where lower(c.email) operator(pg_catalog.~>=~) v_q and lower(c.email) operator(pg_catalog.~<~) private.prefix_end(v_q)
    union
    select c.id from public.customers as c
    where lower(c.first_name || ' ' || c.last_name) operator(pg_catalog.~>=~) v_q
      and lower(c.first_name || ' ' || c.last_name) operator(pg_catalog.~<~) private.prefix_end(v_q)
    union
    select c.id from public.customers as c
    where lower(c.last_name) operator(pg_catalog.~>=~) v_q and lower(c.last_name) operator(pg_catalog.~<~) private.prefix_end(v_q)
    union
    select c.id from public.customers as c
    where length(v_code) >= 8 and c.referral_code_key = right(v_code, 8)
    union
    select c.id from public.customers as c
    where length(v_phone) >= 6
      and c.phone in (v_phone, '+' || ltrim(v_phone, '+0'), '+27' || ltrim(v_phone, '0'));
end;
$$;
comment on function private.search_customers(text) is
  'Customers whose e-mail, name or last name starts with the text, or whose code or phone it is. The text is literal.';

create function public.admin_list_customers(
  p_q text default null, p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 25), 1), 100);
  v_q text := nullif(btrim(coalesce(p_q, '')), '');
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.id, 'name', btrim(page.first_name || ' ' || page.last_name), 'email', page.email, 'phone', page.phone,
    'referral_code', page.referral_code, 'created_at', page.created_at,
    'service_status', (
      select s.status from public.customer_services as s
      where s.customer_id = page.id
      order by case s.status when 'active' then 1 when 'suspended' then 2 when 'pending' then 3 else 4 end
      limit 1),
    'referrals', (select count(*) from public.customer_referrals as r where r.referrer_id = page.id),
    'pending_rewards', (
      select count(*) from public.referral_rewards as w where w.customer_id = page.id and w.status = 'pending')
  ) order by page.created_at desc, page.id desc), '[]')
  into v_rows
  from (
    select c.*
    from public.customers as c
    where (v_q is null or c.id in (select private.search_customers(v_q)))
      and (p_cursor_at is null or (c.created_at, c.id) < (p_cursor_at, p_cursor_id))
    order by c.created_at desc, c.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('customers', v_rows, v_limit, 'created_at');
end;
$$;
comment on function public.admin_list_customers(text, timestamptz, uuid, integer) is 'Admin with customers:view: customers, newest first, searched and keyset-paged.';

create function private.admin_name(p_auth_user_id uuid)
returns text
language sql
stable
set search_path = ''
as $$
  select a.name from public.admin_users as a where a.auth_user_id = p_auth_user_id
$$;
comment on function private.admin_name(uuid) is 'The name behind an actor id, or null for the system and former admins.';

create function private.admin_referral_document(p_referral public.customer_referrals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_referral.id,
    'referrer', jsonb_build_object(
      'id', a.id, 'name', btrim(a.first_name || ' ' || a.last_name), 'email', a.email, 'referral_code', a.referral_code),
    'referred', jsonb_build_object(
      'id', b.id, 'name', btrim(b.first_name || ' ' || b.last_name), 'email', b.email),
    'order_id', p_referral.order_id, 'status', p_referral.status, 'status_reason', p_referral.status_reason,
    'source', p_referral.source, 'referral_code', p_referral.referral_code, 'program_version', p_referral.program_version,
    'referred_at', p_referral.referred_at, 'activated_at', p_referral.activated_at,
    'qualifies_at', p_referral.qualifies_at, 'qualified_at', p_referral.qualified_at,
    'expired_at', p_referral.expired_at, 'cancelled_at', p_referral.cancelled_at, 'rejected_at', p_referral.rejected_at,
    'reward_id', p_referral.reward_id,
    'flags', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', f.id, 'signal', f.signal, 'severity', f.severity, 'weight', f.weight, 'status', f.status
      ) order by f.severity desc, f.weight desc, f.signal)
      from public.referral_flags as f where f.referral_id = p_referral.id), '[]')
  )
  from public.customers as a, public.customers as b
  where a.id = p_referral.referrer_id and b.id = p_referral.referred_customer_id
$$;
comment on function private.admin_referral_document(public.customer_referrals) is 'A referral with both parties and its flags, as admins see it.';

create function private.admin_reward_document(p_reward public.referral_rewards)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_reward.id, 'reward_type', p_reward.reward_type, 'status', p_reward.status, 'source', p_reward.source,
    'created_at', p_reward.created_at, 'expires_at', p_reward.expires_at, 'expired_at', p_reward.expired_at,
    'granted_by', private.admin_name(p_reward.granted_by), 'grant_reason', p_reward.grant_reason,
    'revoked_by', private.admin_name(p_reward.revoked_by), 'revoked_at', p_reward.revoked_at,
    'revoke_reason', p_reward.revoke_reason,
    'applied_at', p_reward.applied_at, 'amount_waived_cents', p_reward.amount_waived_cents,
    'invoice_number', (
      select i.invoice_number from public.customer_invoices as i where i.id = p_reward.applied_invoice_id),
    'referrals', coalesce((
      select jsonb_agg(private.mask_name(c.first_name, c.last_name) order by r.qualified_at, r.id)
      from public.customer_referrals as r join public.customers as c on c.id = r.referred_customer_id
      where r.reward_id = p_reward.id), '[]')
  )
$$;
comment on function private.admin_reward_document(public.referral_rewards) is 'A reward with who, when, why and which invoice.';

create function public.admin_get_customer_referrals(p_customer_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer public.customers;
begin
  perform private.require_permission('customers:view');
  select c.* into v_customer from public.customers as c where c.id = p_customer_id;
  if v_customer.id is null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  return jsonb_build_object(
    'customer', jsonb_build_object(
      'id', v_customer.id, 'name', btrim(v_customer.first_name || ' ' || v_customer.last_name),
      'email', v_customer.email, 'phone', v_customer.phone, 'referral_code', v_customer.referral_code,
      'created_at', v_customer.created_at,
      'is_own_account', coalesce(v_customer.auth_user_id = (select auth.uid()), false),
      'services', coalesce((
        select jsonb_agg(private.service_document(s.id) order by s.created_at, s.id)
        from public.customer_services as s where s.customer_id = p_customer_id), '[]')),
    'referrals', coalesce((
      select jsonb_agg(private.admin_referral_document(recent.r) order by (recent.r).referred_at desc, (recent.r).id desc)
      from (
        select r from public.customer_referrals as r
        where r.referrer_id = p_customer_id order by r.referred_at desc, r.id desc limit 200
      ) as recent), '[]'),
    'rewards', coalesce((
      select jsonb_agg(private.admin_reward_document(recent.w) order by (recent.w).created_at desc, (recent.w).id desc)
      from (
        select w from public.referral_rewards as w
        where w.customer_id = p_customer_id order by w.created_at desc, w.id desc limit 200
      ) as recent), '[]'),
    'audit', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', recent.id, 'created_at', recent.created_at, 'actor_id', recent.actor_id,
        'actor_name', private.admin_name(recent.actor_id), 'action', recent.action,
        'entity_type', recent.entity_type, 'entity_id', recent.entity_id, 'reason', recent.reason,
        'before', recent.before, 'after', recent.after) order by recent.id desc)
      from (
        select l.* from public.audit_log as l where l.customer_id = p_customer_id order by l.id desc limit 200
      ) as recent), '[]'),
    'stats', (
      select jsonb_build_object(
        'total_referrals', count(*), 'active_referrals', count(*) filter (where r.status in ('active', 'qualified')))
      from public.customer_referrals as r where r.referrer_id = p_customer_id)
      || (
        select jsonb_build_object(
          'rewards_earned', count(*) filter (where w.source = 'earned'),
          'rewards_applied', count(*) filter (where w.status = 'applied'),
          'rewards_pending', count(*) filter (where w.status = 'pending'))
        from public.referral_rewards as w where w.customer_id = p_customer_id)
  );
end;
$$;
comment on function public.admin_get_customer_referrals(uuid) is
  'Admin with customers:view: one customer with referrals, rewards and audit trail (the newest 200 of each).';

create function public.admin_list_referrals(
  p_status text default null, p_flagged boolean default null, p_q text default null,
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 25), 1), 1000);
  v_q text := nullif(btrim(coalesce(p_q, '')), '');
  v_found uuid[];
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  if v_q is not null then
    v_found := array(select private.search_customers(v_q));
  end if;
  select coalesce(jsonb_agg(private.admin_referral_document(page.r) order by (page.r).referred_at desc, (page.r).id desc), '[]')
  into v_rows
  from (
    select r
    from public.customer_referrals as r
    where (p_status is null or r.status = p_status)
      and (p_flagged is null or p_flagged = exists (
        select 1 from public.referral_flags as f where f.referral_id = r.id and f.status = 'open'))
      and (v_q is null or r.referrer_id = any (v_found) or r.referred_customer_id = any (v_found))
      and (p_cursor_at is null or (r.referred_at, r.id) < (p_cursor_at, p_cursor_id))
    order by r.referred_at desc, r.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('referrals', v_rows, v_limit, 'referred_at');
end;
$$;
comment on function public.admin_list_referrals(text, boolean, text, timestamptz, uuid, integer) is
  'Admin with customers:view: all referrals, newest first, filtered, searched and keyset-paged.';

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

create function public.admin_list_orders(
  p_status text default null, p_q text default null,
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 25), 1), 100);
  v_q text := nullif(btrim(coalesce(p_q, '')), '');
  v_found uuid[];
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  if v_q is not null then
    v_found := array(select private.search_customers(v_q));
  end if;
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.id, 'status', page.status, 'created_at', page.created_at,
    'activated_at', page.activated_at, 'cancelled_at', page.cancelled_at, 'cancel_reason', page.cancel_reason,
    'referral_code', page.referral_code, 'referral_outcome', page.referral_outcome, 'referral_reason', page.referral_reason,
    'customer', (
      select jsonb_build_object('id', c.id, 'name', btrim(c.first_name || ' ' || c.last_name), 'email', c.email)
      from public.customers as c where c.id = page.customer_id),
    'package_name', (select p.name from public.service_packages as p where p.id = page.package_id),
    'referrer', (
      select jsonb_build_object('id', c.id, 'name', btrim(c.first_name || ' ' || c.last_name))
      from public.customer_referrals as r join public.customers as c on c.id = r.referrer_id
      where r.order_id = page.id limit 1),
    'service', (select private.service_document(s.id) from public.customer_services as s where s.order_id = page.id)
  ) order by page.created_at desc, page.id desc), '[]')
  into v_rows
  from (
    select o.*
    from public.orders as o
    where (p_status is null or o.status = p_status)
      and (v_q is null or o.customer_id = any (v_found))
      and (p_cursor_at is null or (o.created_at, o.id) < (p_cursor_at, p_cursor_id))
    order by o.created_at desc, o.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('orders', v_rows, v_limit, 'created_at');
end;
$$;
comment on function public.admin_list_orders(text, text, timestamptz, uuid, integer) is
  'Admin with customers:view: orders with their service, newest first.';

create function public.admin_list_notifications(
  p_status text default null, p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 25), 1), 100);
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.id, 'template', page.template, 'recipient', page.recipient, 'customer_id', page.customer_id,
    'status', page.status, 'attempts', page.attempts, 'subject', page.subject, 'last_error', page.last_error,
    'created_at', page.created_at, 'sent_at', page.sent_at, 'next_attempt_at', page.next_attempt_at
  ) order by page.created_at desc, page.id desc), '[]')
  into v_rows
  from (
    select n.*
    from public.notifications as n
    where (p_status is null or n.status = p_status)
      and (p_cursor_at is null or (n.created_at, n.id) < (p_cursor_at, p_cursor_id))
    order by n.created_at desc, n.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('notifications', v_rows, v_limit, 'created_at');
end;
$$;
comment on function public.admin_list_notifications(text, timestamptz, uuid, integer) is 'Admin with customers:view: the mailbox, newest first.';

create function public.admin_get_notification(p_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_row public.notifications;
begin
  perform private.require_permission('customers:view');
  select n.* into v_row from public.notifications as n where n.id = p_id;
  if v_row.id is null then
    perform private.fail(404, 'not_found', 'notification');
  end if;
  return to_jsonb(v_row) - array['lease_token', 'lease_until'];
end;
$$;
comment on function public.admin_get_notification(uuid) is 'Admin with customers:view: one mail, rendered if it was sent or captured.';

create function public.retry_notification(p_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_actor uuid := private.require_permission('billing:manage_invoices');
  v_row public.notifications;
begin
  -- A given-up mail starts over, still under its id: a provider that delivered it within the day refuses the repeat.
  update public.notifications as n
  set status = 'queued', attempts = 0, first_attempt_at = null, next_attempt_at = now(), last_error = null
  where n.id = p_id and n.status = 'failed'
  returning * into v_row;
  if v_row.id is null then
    perform private.fail(409, 'notification_not_retryable');
  end if;
  perform private.write_audit(
    v_actor, 'notification.retried', 'notification', p_id::text, v_row.customer_id, null,
    jsonb_build_object('status', 'failed'), jsonb_build_object('status', 'queued'), now());
  return jsonb_build_object('id', p_id, 'status', 'queued');
end;
$$;
comment on function public.retry_notification(uuid) is 'Admin with billing:manage_invoices: queues a given-up mail again.';

create function public.get_program()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('program:manage');
  return jsonb_build_object(
    'current', to_jsonb(private.current_terms()) - array['created_by'],
    'versions', (
      select jsonb_agg((to_jsonb(recent) - 'created_by')
        || jsonb_build_object('created_by_name', private.admin_name(recent.created_by)) order by recent.version desc)
      from (select p.* from public.referral_program as p order by p.version desc limit 50) as recent),
    'brand_name', (private.current_billing_settings()).brand_name,
    'currency', (private.current_billing_settings()).currency
  );
end;
$$;
comment on function public.get_program() is 'Admin with program:manage: the terms in force and the newest 50 versions.';

create function public.update_program(p_terms jsonb, p_reason text, p_expected_version integer)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_actor uuid := private.require_permission('program:manage');
  v_reason text := private.trimmed_reason(p_reason);
  v_old public.referral_program;
  v_new public.referral_program;
begin
  perform pg_advisory_xact_lock(hashtextextended('referral_program', 0));
  v_old := private.current_terms();
  if p_expected_version is distinct from v_old.version then
    perform private.fail(409, 'version_conflict');
  end if;
  v_new := jsonb_populate_record(v_old, p_terms - array['version', 'reason', 'created_by', 'created_at']);
  insert into public.referral_program
    (version, code_prefix, referrals_required, qualifying_days, activation_window_days, reward_expiry_months,
     monthly_referral_limit, velocity_alert, reward_cap_cents, attribution_days, is_paused, reason, created_by)
  values
    (v_old.version + 1, v_new.code_prefix, v_new.referrals_required, v_new.qualifying_days, v_new.activation_window_days,
     v_new.reward_expiry_months, v_new.monthly_referral_limit, v_new.velocity_alert, v_new.reward_cap_cents,
     v_new.attribution_days, v_new.is_paused, v_reason, v_actor)
  returning * into v_new;
  perform private.write_audit(
    v_actor, 'program.updated', 'program', v_new.version::text, null, v_reason,
    to_jsonb(v_old) - array['reason', 'created_by', 'created_at'],
    to_jsonb(v_new) - array['reason', 'created_by', 'created_at'], now());
  return to_jsonb(v_new) - array['created_by'];
exception when check_violation or not_null_violation or invalid_text_representation or numeric_value_out_of_range then
  raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'terms out of range';
end;
$$;
comment on function public.update_program(jsonb, text, integer) is
  'Admin with program:manage: makes a new version of the terms. Raises version_conflict when somebody else was faster.';

create function public.get_program_metrics(p_from timestamptz, p_to timestamptz)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  perform private.require_permission('customers:view');
  return jsonb_build_object(
    'from', p_from, 'to', p_to,
    'current', private.program_figures(p_from, p_to),
    'previous', private.program_figures(p_from - (p_to - p_from), p_from),
    'weekly', coalesce((
      select jsonb_agg(jsonb_build_object('week_start', w.week, 'referrals', w.referrals, 'qualified', w.qualified) order by w.week)
      from (
        select date_trunc('week', r.referred_at at time zone v_zone)::date as week,
          count(*) as referrals, count(*) filter (where r.status = 'qualified') as qualified
        from public.customer_referrals as r
        where r.referred_at >= p_from and r.referred_at < p_to
        group by 1
      ) as w), '[]'),
    'top_referrers', coalesce((
      select jsonb_agg(to_jsonb(t) order by t.qualified desc, t.referrals desc, t.id)
      from (
        select c.id, btrim(c.first_name || ' ' || c.last_name) as name, count(*) as referrals,
          count(*) filter (where r.status = 'qualified') as qualified
        from public.customer_referrals as r join public.customers as c on c.id = r.referrer_id
        where r.referred_at >= p_from and r.referred_at < p_to
        group by c.id
        order by 4 desc, 3 desc, c.id
        limit 10
      ) as t), '[]'),
    'queues', jsonb_build_object(
      'review', (select count(distinct f.referral_id) from public.referral_flags as f where f.status = 'open'),
      'orders', (select count(*) from public.orders as o where o.status in ('pending', 'installing')),
      'failed_mails', (select count(*) from public.notifications as n where n.status = 'failed'),
      'queued_mails', (select count(*) from public.notifications as n where n.status in ('queued', 'sending'))),
    'last_billing_run', (
      select to_jsonb(b) - array['cursor_customer_id', 'started_by']
      from public.billing_runs as b order by b.started_at desc, b.id desc limit 1)
  );
end;
$$;
comment on function public.get_program_metrics(timestamptz, timestamptz) is
  'Admin with customers:view: the programme''s figures for a period, against the one before it.';

create function private.program_figures(p_from timestamptz, p_to timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'visits', (select count(*) from public.referral_visits as v where v.visited_at >= p_from and v.visited_at < p_to),
    'orders', made.orders, 'referrers', made.referrers, 'flagged', made.flagged,
    'orders_active', made.active, 'orders_qualified', made.qualified,
    'active', (
      select count(*) from public.customer_referrals as r where r.activated_at >= p_from and r.activated_at < p_to),
    'qualified', (
      select count(*) from public.customer_referrals as r where r.qualified_at >= p_from and r.qualified_at < p_to),
    'rewards_granted', w.granted, 'rewards_pending', w.pending, 'rewards_applied', w.applied,
    'waived_cents', w.waived_cents
  )
  from (
    select count(*) as orders,
      count(*) filter (where r.activated_at is not null) as active,
      count(*) filter (where r.status = 'qualified') as qualified,
      count(distinct r.referrer_id) as referrers,
      count(*) filter (where exists (select 1 from public.referral_flags as f where f.referral_id = r.id)) as flagged
    from public.customer_referrals as r
    where r.referred_at >= p_from and r.referred_at < p_to
  ) as made, (
    select count(*) filter (where w.created_at >= p_from and w.created_at < p_to) as granted,
      count(*) filter (
        where w.created_at < p_to
          and coalesce(w.applied_at, w.revoked_at, w.expired_at, 'infinity') >= p_to) as pending,
      count(*) filter (where w.applied_at >= p_from and w.applied_at < p_to) as applied,
      coalesce(sum(w.amount_waived_cents) filter (where w.applied_at >= p_from and w.applied_at < p_to), 0) as waived_cents
    from public.referral_rewards as w
  ) as w
$$;
comment on function private.program_figures(timestamptz, timestamptz) is 'The programme''s figures for a half-open period; amounts in cents. orders_active and orders_qualified say what became of the orders of the period.';
