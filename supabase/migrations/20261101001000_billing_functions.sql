-- Billing: what the run reads, and the one transaction that issues a batch.

create function private.customer_billing_facts(
  p_customer_ids uuid[], p_period_start date, p_ends_at timestamptz
)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'customer_id', c.id,
    'buyer', jsonb_build_object(
      'name', btrim(c.first_name || ' ' || c.last_name), 'email', c.email, 'address', coalesce(c.address, '{}')),
    'used_free_month', exists (
      select 1 from public.customer_invoices as i
      where i.customer_id = c.id and i.period_start = p_period_start and i.is_free_month),
    'rewards', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', w.id, 'expires_at', w.expires_at, 'created_at', w.created_at, 'cap_cents', w.cap_cents
      ) order by w.expires_at, w.created_at, w.id)
      from public.referral_rewards as w
      where w.customer_id = c.id and w.status = 'pending'), '[]'),
    'services', coalesce((
      select jsonb_agg(jsonb_build_object(
        'service_id', s.id, 'package_name', p.name, 'price_cents', s.monthly_price_cents,
        'activated_at', s.activated_at, 'status', s.status,
        'already_invoiced', exists (
          select 1 from public.customer_invoices as i
          where i.service_id = s.id and i.period_start = p_period_start)
      ) order by s.id)
      from public.customer_services as s
      join public.service_packages as p on p.id = s.package_id
      where s.customer_id = c.id and s.status = 'active' and s.activated_at < p_ends_at), '[]')
  ) order by c.id), '[]')
  from public.customers as c
  where c.id = any (p_customer_ids)
$$;
comment on function private.customer_billing_facts(uuid[], date, timestamptz) is
  'What the invoice rules need of each customer for the cycle that starts on p_period_start and ends before p_ends_at.';

create function private.unbilled_customers(
  p_period_start date, p_ends_at timestamptz, p_after uuid, p_limit integer
)
returns uuid[]
language sql
stable
set search_path = ''
as $$
  select array_agg(due.customer_id order by due.customer_id)
  from (
    select distinct s.customer_id
    from public.customer_services as s
    where s.status = 'active'
      and s.activated_at < p_ends_at
      and (p_after is null or s.customer_id > p_after)
      and not exists (
        select 1 from public.customer_invoices as i
        where i.service_id = s.id and i.period_start = p_period_start)
    order by s.customer_id
    limit p_limit
  ) as due
$$;
comment on function private.unbilled_customers(date, timestamptz, uuid, integer) is
  'The next customers, by id, with an active service that has no invoice for the cycle.';

create function private.count_billable_services(p_period_start date, p_ends_at timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object('services_total', count(*), 'skipped', count(i.id))
  from public.customer_services as s
  left join public.customer_invoices as i on i.service_id = s.id and i.period_start = p_period_start
  where s.status = 'active' and s.activated_at < p_ends_at
$$;
comment on function private.count_billable_services(date, timestamptz) is
  'Active services of a cycle, and how many of them have their invoice already (skipped).';

create function public.get_billing_settings()
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select to_jsonb(private.current_billing_settings()) - array['created_by', 'created_at']
$$;
comment on function public.get_billing_settings() is 'Server: the billing settings in force.';

create function public.start_billing_run(
  p_period_start date, p_period_end date, p_ends_at timestamptz, p_trigger text, p_rewards_enabled boolean,
  p_actor uuid default null, p_as_of timestamptz default now(), p_run_id uuid default gen_random_uuid(),
  p_alert_email text default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_counts jsonb := private.count_billable_services(p_period_start, p_ends_at);
  v_abandoned uuid;
begin
  if exists (select 1 from public.billing_runs as r where r.id = p_run_id) then
    -- The answer to the first call got lost.
    return jsonb_build_object('run_id', p_run_id) || v_counts;
  end if;
  -- A run that was killed cannot close itself. None that is alive takes this long.
  for v_abandoned in
    update public.billing_runs as r
    set status = 'failed', finished_at = now(),
      errors = '[{"customer_id": null, "message": "The run ended without being closed."}]'
    where r.status = 'running' and r.started_at < now() - interval '6 hours'
    returning r.id
  loop
    perform private.write_audit(
      null, 'billing_run.failed', 'billing_run', v_abandoned::text, null, null,
      jsonb_build_object('status', 'running'), jsonb_build_object('status', 'failed', 'errors', 1), p_as_of);
    perform private.enqueue_mail(
      'billing_run_failed', p_alert_email, null,
      (select jsonb_build_object('run_id', r.id, 'period_start', r.period_start, 'errors', 1, 'invoices', r.invoices)
       from public.billing_runs as r where r.id = v_abandoned),
      'billing_run_failed:' || v_abandoned, p_as_of);
  end loop;

  insert into public.billing_runs
    (id, period_start, period_end, as_of, trigger, rewards_enabled, started_by, services_total, skipped)
  values
    (p_run_id, p_period_start, p_period_end, p_as_of, p_trigger, p_rewards_enabled, p_actor,
     (v_counts ->> 'services_total')::bigint, (v_counts ->> 'skipped')::bigint);
  perform private.write_audit(
    p_actor, 'billing_run.started', 'billing_run', p_run_id::text, null, null, null,
    jsonb_build_object('period_start', p_period_start, 'trigger', p_trigger, 'rewards_enabled', p_rewards_enabled), p_as_of);
  return jsonb_build_object('run_id', p_run_id) || v_counts;
end;
$$;
comment on function public.start_billing_run(date, date, timestamptz, text, boolean, uuid, timestamptz, uuid, text) is
  'Server: opens a run for a cycle, once per run id, and closes runs that were left open by a crash. skipped counts the services that already have their invoice.';

create function public.claim_billing_batch(p_run_id uuid, p_ends_at timestamptz, p_limit integer default 200)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_run public.billing_runs;
  v_customers uuid[];
begin
  -- The run row serialises claims, so that workers take disjoint ranges. "No key update" does not
  -- wait for the foreign keys of invoices that are just being issued.
  select r.* into v_run from public.billing_runs as r where r.id = p_run_id for no key update;
  if v_run.id is null then
    perform private.fail(404, 'not_found', 'billing run');
  end if;
  v_customers := private.unbilled_customers(v_run.period_start, p_ends_at, v_run.cursor_customer_id, p_limit);
  if v_customers is null then
    return jsonb_build_object('customers', '[]'::jsonb);
  end if;
  update public.billing_runs as r
  set cursor_customer_id = v_customers[cardinality(v_customers)]
  where r.id = p_run_id;
  return jsonb_build_object('customers', private.customer_billing_facts(v_customers, v_run.period_start, p_ends_at));
end;
$$;
comment on function public.claim_billing_batch(uuid, timestamptz, integer) is
  'Server: the next range of customers of a run, with their facts. Empty when the range is used up.';

create function public.read_billing_batch(
  p_period_start date, p_ends_at timestamptz, p_after uuid default null, p_limit integer default 200
)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'customers',
    coalesce(
      private.customer_billing_facts(
        private.unbilled_customers(p_period_start, p_ends_at, p_after, p_limit), p_period_start, p_ends_at),
      '[]'))
    -- The first page brings the counts of the cycle, for a dry run.
    || case when p_after is null then private.count_billable_services(p_period_start, p_ends_at) else '{}' end
$$;
comment on function public.read_billing_batch(date, timestamptz, uuid, integer) is
  'Server: the facts of the next unbilled customers after p_after, without claiming them (dry run, final sweep).';

create function public.issue_invoices(
  p_run_id uuid, p_invoices jsonb, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_run public.billing_runs;
  v_settings public.billing_settings := private.current_billing_settings();
  v_issued_on date := private.local_date(p_as_of, v_settings.time_zone);
  v_year integer := extract(year from v_issued_on);
  v_valid jsonb;
  v_count bigint;
  v_last bigint;
  v_issued jsonb;
  v_free bigint;
  v_waived bigint;
  v_total bigint;
begin
  select r.* into v_run from public.billing_runs as r where r.id = p_run_id;
  if v_run.id is null or v_run.status <> 'running' then
    perform private.fail(404, 'not_found', 'running billing run');
  end if;
  perform private.lock_customers(array(
    select distinct (draft ->> 'customer_id')::uuid from jsonb_array_elements(p_invoices) as draft));
  -- A service that changes status between this check and the commit waits for the customer lock.
  -- One stale draft refuses all of its customer's: the free month belongs to the dearest of them.
  with checked as (
    select draft, coalesce(
      s.customer_id = (draft ->> 'customer_id')::uuid
      and s.status = 'active'
      and s.monthly_price_cents = (draft ->> 'price_cents')::bigint
      and s.activated_at = (draft ->> 'activated_at')::timestamptz
      and (draft ->> 'period_start')::date = v_run.period_start
      and not exists (
        select 1 from public.customer_invoices as i
        where i.service_id = s.id and i.period_start = v_run.period_start)
      and (
        (draft ->> 'referral_reward_id') is null
        or (
          v_run.rewards_enabled
          and w.status = 'pending'
          and w.customer_id = s.customer_id
          and w.expires_at > p_as_of
          and not exists (
            select 1 from public.customer_invoices as i
            where i.customer_id = s.customer_id and i.period_start = v_run.period_start and i.is_free_month)
        )
      ), false) as is_fresh
    from jsonb_array_elements(p_invoices) as draft
    left join public.customer_services as s on s.id = (draft ->> 'service_id')::uuid
    left join public.referral_rewards as w on w.id = (draft ->> 'referral_reward_id')::uuid
  ), judged as (
    select c.draft, bool_and(c.is_fresh) over (partition by c.draft ->> 'customer_id') as is_issued
    from checked as c
  )
  select coalesce(jsonb_agg(j.draft order by j.draft ->> 'customer_id', j.draft ->> 'service_id'), '[]') into v_valid
  from judged as j
  where j.is_issued;
  v_count := jsonb_array_length(v_valid);
  if v_count = 0 then
    return jsonb_build_object('issued', '[]'::jsonb, 'refused', jsonb_array_length(p_invoices),
      'free_months', 0, 'waived_cents', 0, 'total_cents', 0);
  end if;

  insert into public.invoice_series (series, year) values (v_settings.invoice_prefix, v_year)
  on conflict (series, year) do nothing;
  update public.invoice_series as n
  set last_number = n.last_number + v_count
  where n.series = v_settings.invoice_prefix and n.year = v_year
  returning n.last_number into v_last;

  with issued as (
    insert into public.customer_invoices
      (invoice_number, customer_id, service_id, run_id, period_start, period_end, currency, vat_bps, price_cents,
       line_items, subtotal_cents, vat_cents, total_cents, amount_due_cents, is_free_month, referral_reward_id,
       amount_waived_cents, seller, buyer, due_on, issued_at)
    select
      format('%s-%s-%s', v_settings.invoice_prefix, v_year,
        case when n.number < 1000000 then lpad(n.number::text, 6, '0') else n.number::text end),
      (draft ->> 'customer_id')::uuid, (draft ->> 'service_id')::uuid, p_run_id,
      v_run.period_start, v_run.period_end, v_settings.currency, (draft ->> 'vat_bps')::integer,
      (draft ->> 'price_cents')::bigint, draft -> 'line_items', (draft ->> 'subtotal_cents')::bigint,
      (draft ->> 'vat_cents')::bigint, (draft ->> 'total_cents')::bigint, (draft ->> 'amount_due_cents')::bigint,
      (draft ->> 'referral_reward_id') is not null, (draft ->> 'referral_reward_id')::uuid,
      (draft ->> 'amount_waived_cents')::bigint, v_settings.seller, draft -> 'buyer',
      v_issued_on + v_settings.payment_days, p_as_of
    from (
      select element as draft, v_last - v_count + ordinality as number
      from jsonb_array_elements(v_valid) with ordinality as d (element, ordinality)
    ) as n
    returning id, invoice_number, service_id, customer_id, is_free_month, referral_reward_id, amount_waived_cents,
      total_cents, period_start
  ), applied as (
    update public.referral_rewards as w
    set status = 'applied', applied_invoice_id = i.id, applied_at = p_as_of, amount_waived_cents = i.amount_waived_cents
    from issued as i
    where w.id = i.referral_reward_id
    returning w.id
  ), mailed as (
    insert into public.notifications (template, recipient, customer_id, payload, dedupe_key, created_at, next_attempt_at)
    select 'reward_applied', c.email, c.id,
      jsonb_build_object(
        'first_name', c.first_name, 'invoice_number', i.invoice_number,
        'amount_waived_cents', i.amount_waived_cents, 'amount_due_cents', i.total_cents,
        'period_start', i.period_start, 'currency', v_settings.currency),
      'reward_applied:' || i.referral_reward_id, p_as_of, least(p_as_of, now())
    from issued as i
    join public.customers as c on c.id = i.customer_id
    where i.is_free_month
    returning 1
  )
  select
    jsonb_agg(jsonb_build_object('service_id', i.service_id, 'invoice_id', i.id, 'invoice_number', i.invoice_number)
      order by i.invoice_number),
    count(*) filter (where i.is_free_month), coalesce(sum(i.amount_waived_cents), 0), coalesce(sum(i.total_cents), 0)
  into v_issued, v_free, v_waived, v_total
  from issued as i;

  update public.billing_runs as r
  set invoices = r.invoices + v_count, free_months = r.free_months + v_free,
    waived_cents = r.waived_cents + v_waived, total_cents = r.total_cents + v_total
  where r.id = p_run_id;
  return jsonb_build_object(
    'issued', v_issued, 'refused', jsonb_array_length(p_invoices) - v_count,
    'free_months', v_free, 'waived_cents', v_waived, 'total_cents', v_total);
end;
$$;
comment on function public.issue_invoices(uuid, jsonb, timestamptz) is
  'Server: issues a batch of computed invoices in one transaction: numbers, rewards, mails, run totals. Customers whose facts changed meanwhile are refused, with all their drafts, and counted.';

create function public.finish_billing_run(
  p_run_id uuid, p_errors jsonb, p_alert_email text default null, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_run public.billing_runs;
  v_status text := case when jsonb_array_length(p_errors) > 0 then 'failed' else 'completed' end;
begin
  update public.billing_runs as r
  set status = v_status, errors = p_errors, finished_at = now()
  where r.id = p_run_id and r.status = 'running'
  returning * into v_run;
  if not found then
    -- Closed before: a repeated call finds the work done.
    select r.* into v_run from public.billing_runs as r where r.id = p_run_id;
    if v_run.id is null then
      perform private.fail(404, 'not_found', 'billing run');
    end if;
    return to_jsonb(v_run);
  end if;
  perform private.write_audit(
    v_run.started_by, 'billing_run.' || v_status, 'billing_run', p_run_id::text, null, null,
    jsonb_build_object('status', 'running'),
    jsonb_build_object('status', v_status, 'invoices', v_run.invoices, 'free_months', v_run.free_months,
      'total_cents', v_run.total_cents, 'errors', jsonb_array_length(p_errors)), p_as_of);
  if v_status = 'failed' then
    perform private.enqueue_mail(
      'billing_run_failed', p_alert_email, null,
      jsonb_build_object('run_id', p_run_id, 'period_start', v_run.period_start,
        'errors', jsonb_array_length(p_errors), 'invoices', v_run.invoices),
      'billing_run_failed:' || p_run_id, p_as_of);
  end if;
  return to_jsonb(v_run);
end;
$$;
comment on function public.finish_billing_run(uuid, jsonb, text, timestamptz) is
  'Server: closes a run; any error makes it failed and mails the admins.';

create function public.record_invoice_payment(p_invoice_number text, p_amount_cents bigint, p_paid_at timestamptz)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_invoice public.customer_invoices;
begin
  select i.* into v_invoice from public.customer_invoices as i where i.invoice_number = p_invoice_number;
  if v_invoice.id is null then
    perform private.fail(404, 'not_found', 'invoice');
  end if;
  if p_amount_cents < v_invoice.amount_due_cents then
    perform private.fail(400, 'invalid_request', 'less than the amount due');
  end if;
  insert into public.invoice_payments (invoice_id, customer_id, amount_cents, paid_at)
  values (v_invoice.id, v_invoice.customer_id, p_amount_cents, p_paid_at)
  on conflict (invoice_id) do nothing;
  return jsonb_build_object('invoice_number', p_invoice_number, 'recorded', found);
end;
$$;
comment on function public.record_invoice_payment(text, bigint, timestamptz) is
  'Server: the payment system reports an invoice as settled in full. Repeating it changes nothing.';
