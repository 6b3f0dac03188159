-- What admins see of billing: the runs with their progress, and the search of all invoices.

-- Newest first, and by number within one run, through any number of invoices.
create index customer_invoices_issued on public.customer_invoices (issued_at desc, invoice_number desc);
create index customer_invoices_free_months on public.customer_invoices (issued_at desc, invoice_number desc) where is_free_month;
create index customer_invoices_pro_rated on public.customer_invoices (issued_at desc, invoice_number desc)
  where total_cents + amount_waived_cents <> price_cents;
create index customer_invoices_number_prefix on public.customer_invoices (invoice_number text_pattern_ops);

create function private.billing_run_is_interrupted(p_run public.billing_runs)
returns boolean
language sql
stable
set search_path = ''
as $$
  select p_run.status = 'running' and p_run.heartbeat_at < now() - interval '15 minutes'
$$;
comment on function private.billing_run_is_interrupted(public.billing_runs) is
  'Whether a run that was never closed has stopped: nobody worked on it for 15 minutes.';

create function private.billing_run_document(p_run public.billing_runs)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_run.id, 'period_start', p_run.period_start, 'period_end', p_run.period_end,
    'status', p_run.status, 'is_interrupted', private.billing_run_is_interrupted(p_run),
    'trigger', p_run.trigger, 'started_by', private.admin_name(p_run.started_by),
    'rewards_enabled', p_run.rewards_enabled, 'force_reason', p_run.force_reason,
    'services_total', p_run.services_total, 'skipped', p_run.skipped, 'done', p_run.skipped + p_run.invoices,
    'invoices', p_run.invoices, 'free_months', p_run.free_months, 'waived_cents', p_run.waived_cents,
    'total_cents', p_run.total_cents, 'error_count', jsonb_array_length(p_run.errors),
    'as_of', p_run.as_of, 'started_at', p_run.started_at, 'heartbeat_at', p_run.heartbeat_at,
    'finished_at', p_run.finished_at)
$$;
comment on function private.billing_run_document(public.billing_runs) is
  'A billing run as admins see it; amounts in cents. done counts the services that have their invoice by now.';

create function private.billing_error_documents(p_errors jsonb)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'customer_id', c.id, 'customer_name', btrim(c.first_name || ' ' || c.last_name),
    'service_id', s.id, 'package_name', p.name, 'message', e.error ->> 'message') order by e.position), '[]')
  from jsonb_array_elements(p_errors) with ordinality as e (error, position)
  left join public.customers as c on c.id = (e.error ->> 'customer_id')::uuid
  left join public.customer_services as s on s.id = (e.error ->> 'service_id')::uuid
  left join public.service_packages as p on p.id = s.package_id
$$;
comment on function private.billing_error_documents(jsonb) is
  'Errors of a billing run with the names behind their ids. No customer: the run as a whole.';

create function public.admin_list_billing_runs(
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
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  select coalesce(jsonb_agg(private.billing_run_document(page.r) order by (page.r).started_at desc, (page.r).id desc), '[]')
  into v_rows
  from (
    select r
    from public.billing_runs as r
    where p_cursor_at is null or (r.started_at, r.id) < (p_cursor_at, p_cursor_id)
    order by r.started_at desc, r.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('runs', v_rows, v_limit, 'started_at')
    || jsonb_build_object('currency', (private.current_billing_settings()).currency);
end;
$$;
comment on function public.admin_list_billing_runs(timestamptz, uuid, integer) is
  'Admin with customers:view: billing runs, newest first, keyset-paged.';

create function public.admin_get_billing_run(p_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_run public.billing_runs;
begin
  perform private.require_permission('customers:view');
  select r.* into v_run from public.billing_runs as r where r.id = p_id;
  if v_run.id is null then
    perform private.fail(404, 'not_found', 'billing run');
  end if;
  return private.billing_run_document(v_run) || jsonb_build_object(
    'errors', private.billing_error_documents(v_run.errors),
    'currency', (private.current_billing_settings()).currency,
    'observed_at', now());
end;
$$;
comment on function public.admin_get_billing_run(uuid) is
  'Admin with customers:view: one billing run with its progress at observed_at and its errors by name. Raises not_found.';

create function public.admin_name_billing_errors(p_customer_ids uuid[], p_service_ids uuid[])
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('billing:manage_invoices');
  return jsonb_build_object(
    'customers', coalesce((
      select jsonb_object_agg(c.id, btrim(c.first_name || ' ' || c.last_name))
      from public.customers as c where c.id = any (p_customer_ids)), '{}'),
    'services', coalesce((
      select jsonb_object_agg(s.id, p.name)
      from public.customer_services as s join public.service_packages as p on p.id = s.package_id
      where s.id = any (p_service_ids)), '{}'));
end;
$$;
comment on function public.admin_name_billing_errors(uuid[], uuid[]) is
  'Admin with billing:manage_invoices: names of customers and of services'' packages by id, for the errors of a dry run.';

create function public.admin_list_invoices(
  p_q text default null, p_status text default null,
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  c_open constant text := $filter$i.amount_due_cents > 0
    and not exists (select 1 from public.invoice_payments as p where p.invoice_id = i.id)
    and not exists (
      select 1
      from (select n.invoice_id, sum(n.total_cents) as cents from public.credit_notes as n group by n.invoice_id) as credit
      where credit.invoice_id = i.id and credit.cents >= i.amount_due_cents)$filter$;
  c_few constant integer := 20000;
  v_limit integer := least(greatest(coalesce(p_limit, 25), 1), 100);
  v_q text := nullif(btrim(coalesce(p_q, '')), '');
  v_today date := private.local_date(now(), private.billing_time_zone());
  v_cursor_number text := (select i.invoice_number from public.customer_invoices as i where i.id = p_cursor_id);
  v_from text;
  v_few_numbers boolean;
  v_found uuid[];
  v_filter text;
  v_branch text;
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  v_filter := case coalesce(p_status, 'all')
    when 'all' then 'true'
    -- Payment is due 120 days after the issue at the latest: older invoices need not be looked at.
    when 'due' then c_open || ' and i.due_on >= $7 and i.issued_at >= $7 - 122'
    when 'overdue' then c_open || ' and i.due_on < $7'
    when 'free_month' then 'i.is_free_month'
    when 'pro_rated' then 'i.total_cents + i.amount_waived_cents <> i.price_cents'
    when 'credited' then 'exists (select 1 from public.credit_notes as n where n.invoice_id = i.id)'
  end;
  if v_filter is null then
    perform private.fail(400, 'invalid_request', 'status');
  end if;

  -- Fixed texts only; what was asked for travels as parameters. Built per call, so that each is planned for its values.
  v_branch := format($branch$
    (select i.id, i.issued_at, i.invoice_number
     from %%s as i
     where %s and ($4 is null or (i.issued_at, i.invoice_number) < ($4, $5))
     order by i.issued_at desc, i.invoice_number desc
     limit $6)$branch$, v_filter);
  -- A handful is read as a whole and sorted. The planner would rather walk down from the newest invoice, which for old
  -- ones means through all of them. "offset 0" keeps it from that.
  if v_q is null and p_status = 'credited' then
    v_branch := format(v_branch, format($credited$(
      select n.* from public.customer_invoices as n where n.id in (select c.invoice_id from public.credit_notes as c)
      %s)$credited$, case when (select count(*) from public.credit_notes) <= c_few then 'offset 0' end));
  elsif v_q is null then
    v_branch := format(v_branch, 'public.customer_invoices');
  else
    v_from := upper(v_q);
    v_found := array(select private.search_customers(v_q));
    v_few_numbers := (
      select count(*) from (
        select from public.customer_invoices as n
        where n.invoice_number operator(pg_catalog.~>=~) v_from
          and n.invoice_number operator(pg_catalog.~<~) private.prefix_end(v_from)
        limit c_few + 1) as matching) <= c_few;
    v_branch :=
      format(v_branch, format($numbers$(
        select n.* from public.customer_invoices as n
        where n.invoice_number operator(pg_catalog.~>=~) $1 and n.invoice_number operator(pg_catalog.~<~) $2
        %s)$numbers$, case when v_few_numbers then 'offset 0' end))
      || ' union ' ||
      format(v_branch, format($customers$(
        select n.* from public.customer_invoices as n where n.customer_id = any ($3)
        %s)$customers$, case when cardinality(v_found) <= c_few / 20 then 'offset 0' end));
  end if;

  execute format($query$
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', i.id, 'invoice_number', i.invoice_number, 'issued_at', i.issued_at, 'due_on', i.due_on,
      'period_start', i.period_start, 'period_end', i.period_end, 'currency', i.currency,
      'customer', (
        select jsonb_build_object('id', c.id, 'name', btrim(c.first_name || ' ' || c.last_name), 'email', c.email)
        from public.customers as c where c.id = i.customer_id),
      'description', i.line_items -> 0 ->> 'description',
      'total_cents', i.total_cents, 'amount_due_cents', i.amount_due_cents,
      'amount_waived_cents', i.amount_waived_cents, 'is_free_month', i.is_free_month,
      'is_pro_rated', i.total_cents + i.amount_waived_cents <> i.price_cents,
      'is_paid', exists (select 1 from public.invoice_payments as p where p.invoice_id = i.id),
      'credited_cents', private.credited_cents(i.id)
    ) order by i.issued_at desc, i.invoice_number desc), '[]')
    from (
      select found.id from (%s) as found order by found.issued_at desc, found.invoice_number desc limit $6
    ) as page
    join public.customer_invoices as i on i.id = page.id
    $query$, v_branch)
  into v_rows
  using v_from, private.prefix_end(v_from), v_found, p_cursor_at, v_cursor_number, v_limit + 1, v_today;
  return private.keyset_page('invoices', v_rows, v_limit, 'issued_at');
end;
$$;
comment on function public.admin_list_invoices(text, text, timestamptz, uuid, integer) is
  'Admin with customers:view: all invoices, newest first, keyset-paged. Searched by the start of the number, or by customer; p_status is all, due, overdue, free_month, pro_rated or credited. Raises invalid_request.';

revoke all on function private.billing_run_is_interrupted(public.billing_runs) from public, anon, authenticated, service_role;
revoke all on function private.billing_run_document(public.billing_runs) from public, anon, authenticated, service_role;
revoke all on function private.billing_error_documents(jsonb) from public, anon, authenticated, service_role;
revoke all on function public.admin_list_billing_runs(timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
revoke all on function public.admin_get_billing_run(uuid) from public, anon, authenticated, service_role;
revoke all on function public.admin_name_billing_errors(uuid[], uuid[]) from public, anon, authenticated, service_role;
revoke all on function public.admin_list_invoices(text, text, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;

grant execute on function public.admin_list_billing_runs(timestamptz, uuid, integer) to authenticated;
grant execute on function public.admin_get_billing_run(uuid) to authenticated;
grant execute on function public.admin_name_billing_errors(uuid[], uuid[]) to authenticated;
grant execute on function public.admin_list_invoices(text, text, timestamptz, uuid, integer) to authenticated;
