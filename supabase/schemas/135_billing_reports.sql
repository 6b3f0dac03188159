-- Reports of billing: what a run issued and left out, VAT by the period supplied, the free months that are still owed, the
-- documents of a range of days for the accounts, and what a run would change. Nothing here writes.
--
-- Reading needs customers:view. What leaves as a file needs data:export, and comes in keyset pages: a document never
-- changes once issued, and its place in the order does not either, so that each one is in an export once.

create function private.report_days(p_from date, p_to date)
returns tstzrange
language plpgsql
stable
set search_path = ''
as $$
declare
  v_time_zone text := private.billing_time_zone();
begin
  if p_from is null or p_to is null or p_to < p_from then
    perform private.fail(400, 'invalid_request', 'to must not be before from');
  end if;
  return tstzrange(private.start_of_day(p_from, v_time_zone), private.start_of_day(p_to + 1, v_time_zone));
end;
$$;
comment on function private.report_days(date, date) is
  'From the beginning of the first day until the end of the last one, in the billing time zone. Raises invalid_request.';
revoke all on function private.report_days(date, date) from public, anon, authenticated, service_role;

create function private.report_limit(p_limit integer)
returns integer
language sql
immutable
parallel safe
set search_path = ''
as $$
  select least(greatest(coalesce(p_limit, 1000), 1), 1000)
$$;
comment on function private.report_limit(integer) is 'How many rows a page of an export has: at most 1000.';
revoke all on function private.report_limit(integer) from public, anon, authenticated, service_role;

create function private.half_up_share(p_amount numeric, p_part numeric, p_whole numeric)
returns numeric
language sql
immutable
parallel safe
set search_path = ''
as $$
  select case when p_whole = 0 then 0 else div(2 * p_amount * p_part + p_whole, 2 * p_whole) end
$$;
comment on function private.half_up_share(numeric, numeric, numeric) is
  'amount × part ÷ whole, half-up to the cent; nothing of nothing. None is negative.';
revoke all on function private.half_up_share(numeric, numeric, numeric) from public, anon, authenticated, service_role;

-- VAT.

create function private.vat_parts(p_from date, p_until date)
returns table (
  period_start date, currency text, vat_bps integer, document_id uuid, is_credit boolean, is_late boolean,
  total_cents bigint, vat_cents bigint
)
language sql
stable
rows 10000
set search_path = ''
as $$
  with invoices as materialized (
    select i.id, i.currency, date_trunc('month', i.period_start)::date as period_start, i.total_cents, i.vat_cents,
      r.vat_bps, r.total_cents as rate_total, r.vat_cents as rate_vat,
      sum(r.total_cents) over rates as total_until, sum(r.vat_cents) over rates as vat_until,
      i.issued_at >= private.start_of_day(i.period_end, z.time_zone) as is_late,
      private.start_of_day(i.period_end, z.time_zone) as ends_at
    from private.billing_time_zone() as z (time_zone)
    cross join public.customer_invoices as i
    cross join lateral (
      select coalesce((line ->> 'vat_bps')::integer, i.vat_bps) as vat_bps,
        sum((line ->> 'amount_cents')::bigint) as total_cents, sum((line ->> 'vat_cents')::bigint) as vat_cents
      from jsonb_array_elements(i.line_items) as line
      group by 1
    ) as r
    where i.period_start >= p_from and i.period_start < p_until
    window rates as (partition by i.id order by r.vat_bps)
  )
  select i.period_start, i.currency, i.vat_bps, i.id, false, i.is_late, i.rate_total::bigint, i.rate_vat::bigint
  from invoices as i
  union all
  -- A credit goes to the rates of its invoice in proportion, half-up to the cent. The parts add up to the credit.
  select i.period_start, i.currency, i.vat_bps, n.id, true, n.issued_at >= i.ends_at,
    (share.total_until - share.total_before)::bigint, (share.vat_until - share.vat_before)::bigint
  from invoices as i
  join public.credit_notes as n on n.invoice_id = i.id
  cross join lateral (
    select private.half_up_share(n.total_cents, i.total_until, i.total_cents) as total_until,
      private.half_up_share(n.total_cents, i.total_until - i.rate_total, i.total_cents) as total_before,
      private.half_up_share(n.vat_cents, i.vat_until, i.vat_cents) as vat_until,
      private.half_up_share(n.vat_cents, i.vat_until - i.rate_vat, i.vat_cents) as vat_before
  ) as share
$$;
comment on function private.vat_parts(date, date) is
  'What each invoice for a month from p_from until before p_until charges at each VAT rate, and what credit notes took back of it, in cents with VAT. is_late: issued after the end of the month supplied.';
revoke all on function private.vat_parts(date, date) from public, anon, authenticated, service_role;

create function private.vat_report(p_from date, p_to date)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with figures as (
    select p.period_start, p.currency, p.vat_bps, grouping(p.period_start) = 1 as is_total,
      jsonb_build_object(
        'invoices', count(distinct p.document_id) filter (where not p.is_credit),
        'invoiced_net_cents', coalesce(sum(p.total_cents - p.vat_cents) filter (where not p.is_credit), 0),
        'invoiced_vat_cents', coalesce(sum(p.vat_cents) filter (where not p.is_credit), 0),
        'invoiced_total_cents', coalesce(sum(p.total_cents) filter (where not p.is_credit), 0),
        'credit_notes', count(distinct p.document_id) filter (where p.is_credit),
        'credited_net_cents', coalesce(sum(p.total_cents - p.vat_cents) filter (where p.is_credit), 0),
        'credited_vat_cents', coalesce(sum(p.vat_cents) filter (where p.is_credit), 0),
        'credited_total_cents', coalesce(sum(p.total_cents) filter (where p.is_credit), 0),
        'net_cents', coalesce(sum((p.total_cents - p.vat_cents) * signs.sign), 0),
        'vat_cents', coalesce(sum(p.vat_cents * signs.sign), 0),
        'total_cents', coalesce(sum(p.total_cents * signs.sign), 0),
        'late_vat_cents', coalesce(sum(p.vat_cents * signs.sign) filter (where p.is_late), 0)) as amounts
    from private.vat_parts(date_trunc('month', p_from)::date, (date_trunc('month', p_to) + interval '1 month')::date) as p
    cross join lateral (select case when p.is_credit then -1 else 1 end as sign) as signs
    group by grouping sets ((p.period_start, p.currency, p.vat_bps), (p.currency))
  )
  select jsonb_build_object(
    'from', date_trunc('month', p_from)::date,
    'to', (date_trunc('month', p_to) + interval '1 month')::date - 1,
    'rows', coalesce(jsonb_agg(
      jsonb_build_object('period_start', f.period_start, 'currency', f.currency, 'vat_bps', f.vat_bps) || f.amounts
      order by f.period_start, f.currency, f.vat_bps) filter (where not f.is_total), '[]'),
    'totals', coalesce(jsonb_agg(
      jsonb_build_object('currency', f.currency) || f.amounts order by f.currency) filter (where f.is_total), '[]'))
  from figures as f
$$;
comment on function private.vat_report(date, date) is
  'VAT by the month supplied and the rate, for the months that hold p_from to p_to: what was invoiced, what credit notes took back, and what remains. Amounts in cents.';
revoke all on function private.vat_report(date, date) from public, anon, authenticated, service_role;

create function public.admin_get_vat_report(p_from date, p_to date, p_is_export boolean default false)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
begin
  perform private.require_permission('customers:view');
  if p_is_export then
    perform private.require_permission('data:export');
  end if;
  perform private.report_days(p_from, p_to);
  return private.vat_report(p_from, p_to);
end;
$$;
comment on function public.admin_get_vat_report(date, date, boolean) is
  'Admin with customers:view, for a file also data:export: VAT by the month supplied and the rate, credit notes set against the month of their invoice. Amounts in cents. Raises invalid_request.';
revoke all on function public.admin_get_vat_report(date, date, boolean) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_vat_report(date, date, boolean) to authenticated;

-- The free months that are still owed.

create function private.owed_rewards(p_as_of timestamptz)
returns table (
  reward_id uuid, customer_id uuid, source text, vat_treatment text, cap_cents bigint, created_at timestamptz,
  expires_at timestamptz, last_day date, price_cents bigint, value_cents bigint
)
language sql
stable
rows 1000
set search_path = ''
as $$
  select w.id, w.customer_id, w.source, w.vat_treatment, w.cap_cents, w.created_at, w.expires_at,
    private.local_date(w.expires_at - interval '1 second', z.time_zone), s.price_cents,
    case when s.price_cents is null then 0 else least(s.price_cents, w.cap_cents) end
  from private.billing_time_zone() as z (time_zone)
  cross join public.referral_rewards as w
  cross join lateral (
    select max(s.monthly_price_cents) as price_cents
    from public.customer_services as s
    where s.customer_id = w.customer_id and s.status in ('active', 'suspended')
  ) as s
  where w.status = 'pending' and w.expires_at > p_as_of
$$;
comment on function private.owed_rewards(timestamptz) is
  'Free months that can still be used at p_as_of, and what each is worth now: the price of the customer''s dearest service, up to its ceiling; nothing without a service. last_day is the last day on which it counts. Amounts in cents with VAT.';
revoke all on function private.owed_rewards(timestamptz) from public, anon, authenticated, service_role;

create function private.reward_history(p_as_of timestamptz)
returns table (month date, used bigint, used_cents bigint, expired bigint, revoked bigint)
language sql
stable
rows 12
set search_path = ''
as $$
  select m.month::date,
    count(*) filter (where w.status = 'applied'),
    coalesce(sum(w.amount_waived_cents), 0)::bigint,
    count(*) filter (where w.status = 'expired'),
    count(*) filter (where w.status = 'revoked')
  from private.billing_time_zone() as z (time_zone)
  cross join lateral (
    select date_trunc('month', private.local_date(p_as_of, z.time_zone)) as month
  ) as this
  cross join lateral generate_series(this.month - interval '11 months', this.month, interval '1 month') as m (month)
  left join (
    select w.status, w.amount_waived_cents, coalesce(w.applied_at, w.revoked_at, w.expires_at - interval '1 second') as ended_at
    from public.referral_rewards as w
    where w.status <> 'pending'
  ) as w
    on w.ended_at >= private.start_of_day(m.month::date, z.time_zone)
    and w.ended_at < private.start_of_day((m.month + interval '1 month')::date, z.time_zone)
  group by m.month
$$;
comment on function private.reward_history(timestamptz) is
  'What became of free months in each of the last twelve months of the billing time zone, the current one included: used, expired on their last day, revoked. Amounts in cents.';
revoke all on function private.reward_history(timestamptz) from public, anon, authenticated, service_role;

create function private.reward_liability(p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with owed as materialized (
    select o.* from private.owed_rewards(p_as_of) as o
  ), sums as (
    select count(*) as rewards, coalesce(sum(o.value_cents), 0)::bigint as value_cents,
      count(*) filter (where o.price_cents is null) as without_service,
      count(*) filter (where o.cap_cents < o.price_cents) as capped
    from owed as o
  ), history as materialized (
    select h.* from private.reward_history(p_as_of) as h
  ), breakage as (
    select sum(h.used)::bigint as used, sum(h.expired)::bigint as expired, sum(h.revoked)::bigint as revoked
    from history as h
  )
  select jsonb_build_object(
    'as_of', p_as_of, 'currency', (private.current_billing_settings()).currency,
    'rewards', s.rewards, 'value_cents', s.value_cents, 'without_service', s.without_service, 'capped', s.capped,
    'by_treatment', coalesce((
      select jsonb_agg(jsonb_build_object('treatment', t.vat_treatment, 'rewards', t.rewards, 'value_cents', t.value_cents)
        order by t.vat_treatment)
      from (
        select o.vat_treatment, count(*) as rewards, sum(o.value_cents) as value_cents from owed as o group by 1) as t), '[]'),
    'expiring', coalesce((
      select jsonb_agg(jsonb_build_object('month', e.month, 'rewards', e.rewards, 'value_cents', e.value_cents)
        order by e.month)
      from (
        select date_trunc('month', o.last_day)::date as month, count(*) as rewards, sum(o.value_cents) as value_cents
        from owed as o group by 1) as e), '[]'),
    'breakage', jsonb_build_object(
      'used', b.used, 'expired', b.expired, 'revoked', b.revoked,
      'rate_bps', case when b.used + b.expired > 0 then private.half_up_share(10000, b.expired, b.used + b.expired) end,
      'expected_unused_cents', case when b.used + b.expired > 0 then
        private.half_up_share(s.value_cents, b.expired, b.used + b.expired) end),
    'history', (
      select jsonb_agg(jsonb_build_object(
        'month', h.month, 'used', h.used, 'used_cents', h.used_cents, 'expired', h.expired, 'revoked', h.revoked)
        order by h.month)
      from history as h))
  from sums as s, breakage as b
$$;
comment on function private.reward_liability(timestamptz) is
  'What unused free months are worth at p_as_of, by the month in which they expire, and breakage: the share of those that ended in the last twelve months without being used, revoked ones left out. Amounts in cents with VAT, the rate in basis points.';
revoke all on function private.reward_liability(timestamptz) from public, anon, authenticated, service_role;

create function public.admin_get_reward_liability()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
begin
  perform private.require_permission('customers:view');
  return private.reward_liability(now());
end;
$$;
comment on function public.admin_get_reward_liability() is
  'Admin with customers:view: what unused free months are worth now, when they expire, and how many end unused. Amounts in cents.';
revoke all on function public.admin_get_reward_liability() from public, anon, authenticated, service_role;
grant execute on function public.admin_get_reward_liability() to authenticated;

create function public.admin_export_owed_rewards(
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 1000
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  v_limit integer := private.report_limit(p_limit);
  v_time_zone text := private.billing_time_zone();
  v_rows jsonb;
begin
  perform private.require_permission('data:export');
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.reward_id, 'expires_at', page.expires_at, 'customer_id', page.customer_id,
    'customer_name', (select c.full_name from public.customers as c where c.id = page.customer_id),
    'source', page.source, 'vat_treatment', page.vat_treatment,
    'granted_on', private.local_date(page.created_at, v_time_zone), 'last_day', page.last_day,
    'cap_cents', page.cap_cents, 'value_cents', page.value_cents) order by page.expires_at, page.reward_id), '[]')
  into v_rows
  from (
    select o.*
    from private.owed_rewards(now()) as o
    where p_cursor_at is null or (o.expires_at, o.reward_id) > (p_cursor_at, p_cursor_id)
    order by o.expires_at, o.reward_id
    limit v_limit + 1
  ) as page;
  return private.keyset_page('rows', v_rows, v_limit, 'expires_at')
    || jsonb_build_object('currency', (private.current_billing_settings()).currency);
end;
$$;
comment on function public.admin_export_owed_rewards(timestamptz, uuid, integer) is
  'Admin with data:export: the unused free months one by one with their value in cents, the first to expire first, keyset-paged.';
revoke all on function public.admin_export_owed_rewards(timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_export_owed_rewards(timestamptz, uuid, integer) to authenticated;

-- Documents of a range of days.

create function private.invoice_export_row(p_invoice public.customer_invoices, p_time_zone text)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_invoice.id, 'at', p_invoice.issued_at, 'invoice_number', p_invoice.invoice_number,
    'issued_on', private.local_date(p_invoice.issued_at, p_time_zone), 'due_on', p_invoice.due_on,
    'kind', case
      when private.is_completion(p_invoice.period_end, p_invoice.issued_at) then 'completion' else 'cycle'
    end,
    'period_start', p_invoice.period_start, 'last_day', p_invoice.period_end - 1,
    'customer_id', p_invoice.customer_id, 'service_id', p_invoice.service_id,
    'customer_name', p_invoice.buyer ->> 'name', 'customer_vat_number', p_invoice.buyer ->> 'vat_number',
    'description', p_invoice.line_items -> 0 ->> 'description', 'currency', p_invoice.currency,
    'vat_bps', (
      select jsonb_agg(distinct coalesce((line ->> 'vat_bps')::integer, p_invoice.vat_bps))
      from jsonb_array_elements(p_invoice.line_items) as line),
    'net_cents', p_invoice.subtotal_cents, 'vat_cents', p_invoice.vat_cents, 'total_cents', p_invoice.total_cents,
    'treatment', p_invoice.reward_treatment, 'waived_cents', p_invoice.amount_waived_cents,
    'due_cents', p_invoice.amount_due_cents)
$$;
comment on function private.invoice_export_row(public.customer_invoices, text) is
  'An invoice for the accounts, as it was issued. Days are in the time zone given, amounts in cents. kind: completion when its month was over.';
revoke all on function private.invoice_export_row(public.customer_invoices, text)
  from public, anon, authenticated, service_role;

create function public.admin_export_invoices(
  p_from date, p_to date, p_cursor_at timestamptz default null, p_cursor_id uuid default null,
  p_limit integer default 1000
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
set plan_cache_mode = force_custom_plan
as $$
declare
  v_limit integer := private.report_limit(p_limit);
  v_days tstzrange;
  v_time_zone text := private.billing_time_zone();
  v_number text;
  v_rows jsonb;
begin
  perform private.require_permission('data:export');
  v_days := private.report_days(p_from, p_to);
  select i.invoice_number into v_number from public.customer_invoices as i where i.id = p_cursor_id;
  select coalesce(jsonb_agg(
    private.invoice_export_row(page.i, v_time_zone) order by (page.i).issued_at, (page.i).invoice_number), '[]')
  into v_rows
  from (
    select i
    from public.customer_invoices as i
    where i.issued_at >= lower(v_days) and i.issued_at < upper(v_days)
      and (p_cursor_at is null or (i.issued_at, i.invoice_number) > (p_cursor_at, v_number))
    order by i.issued_at, i.invoice_number
    limit v_limit + 1
  ) as page;
  return private.keyset_page('rows', v_rows, v_limit, 'at');
end;
$$;
comment on function public.admin_export_invoices(date, date, timestamptz, uuid, integer) is
  'Admin with data:export: the invoices issued from the first to the last day, both included, in the billing time zone, in the order of their issue, keyset-paged. Amounts in cents. Raises invalid_request.';
revoke all on function public.admin_export_invoices(date, date, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_export_invoices(date, date, timestamptz, uuid, integer) to authenticated;

create function public.admin_export_credit_notes(
  p_from date, p_to date, p_cursor_at timestamptz default null, p_cursor_id uuid default null,
  p_limit integer default 1000
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  v_limit integer := private.report_limit(p_limit);
  v_days tstzrange;
  v_time_zone text := private.billing_time_zone();
  v_rows jsonb;
begin
  perform private.require_permission('data:export');
  v_days := private.report_days(p_from, p_to);
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.id, 'at', page.issued_at, 'credit_note_number', page.credit_note_number,
    'issued_on', private.local_date(page.issued_at, v_time_zone), 'invoice_number', i.invoice_number,
    'period_start', i.period_start, 'last_day', i.period_end - 1,
    'customer_id', page.customer_id, 'customer_name', page.buyer ->> 'name', 'reason', page.reason,
    'currency', page.currency, 'net_cents', page.subtotal_cents, 'vat_cents', page.vat_cents,
    'total_cents', page.total_cents) order by page.issued_at, page.id), '[]')
  into v_rows
  from (
    select n.*
    from public.credit_notes as n
    where n.issued_at >= lower(v_days) and n.issued_at < upper(v_days)
      and (p_cursor_at is null or (n.issued_at, n.id) > (p_cursor_at, p_cursor_id))
    order by n.issued_at, n.id
    limit v_limit + 1
  ) as page
  join public.customer_invoices as i on i.id = page.invoice_id;
  return private.keyset_page('rows', v_rows, v_limit, 'at');
end;
$$;
comment on function public.admin_export_credit_notes(date, date, timestamptz, uuid, integer) is
  'Admin with data:export: the credit notes issued from the first to the last day, both included, in the billing time zone, with the month supplied that each corrects, keyset-paged. Amounts in cents. Raises invalid_request.';
revoke all on function public.admin_export_credit_notes(date, date, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_export_credit_notes(date, date, timestamptz, uuid, integer) to authenticated;

create function private.payment_entries(p_days tstzrange, p_after_at timestamptz, p_after_id uuid, p_limit integer)
returns table (id uuid, at timestamptz, payment_id uuid, kind text, amount_cents bigint, reason text)
language sql
stable
set search_path = ''
as $$
  (
    select p.id, p.created_at, p.id, 'payment', p.amount_cents, null
    from public.invoice_payments as p
    where p.created_at >= lower(p_days) and p.created_at < upper(p_days)
      and (p_after_at is null or (p.created_at, p.id) > (p_after_at, p_after_id))
    order by p.created_at, p.id
    limit p_limit
  )
  union all
  (
    select x.id, x.created_at, x.payment_id, 'reversal', -p.amount_cents, x.reason
    from public.payment_reversals as x
    join public.invoice_payments as p on p.id = x.payment_id
    where x.created_at >= lower(p_days) and x.created_at < upper(p_days)
      and (p_after_at is null or (x.created_at, x.id) > (p_after_at, p_after_id))
    order by x.created_at, x.id
    limit p_limit
  )
  order by 2, 1
  limit p_limit
$$;
comment on function private.payment_entries(tstzrange, timestamptz, uuid, integer) is
  'Payments and their reversals by when they were recorded. A reversal takes the whole payment back: its amount in cents is below zero.';
revoke all on function private.payment_entries(tstzrange, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;

create function public.admin_export_payments(
  p_from date, p_to date, p_cursor_at timestamptz default null, p_cursor_id uuid default null,
  p_limit integer default 1000
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  v_limit integer := private.report_limit(p_limit);
  v_days tstzrange;
  v_time_zone text := private.billing_time_zone();
  v_rows jsonb;
begin
  perform private.require_permission('data:export');
  v_days := private.report_days(p_from, p_to);
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.id, 'at', page.at, 'kind', page.kind, 'payment_id', page.payment_id,
    'recorded_on', private.local_date(page.at, v_time_zone), 'paid_on', p.paid_on,
    'invoice_number', i.invoice_number, 'customer_id', p.customer_id, 'customer_name', i.buyer ->> 'name',
    'method', p.method, 'reference', p.reference, 'reason', page.reason, 'currency', i.currency,
    'amount_cents', page.amount_cents) order by page.at, page.id), '[]')
  into v_rows
  from private.payment_entries(v_days, p_cursor_at, p_cursor_id, v_limit + 1) as page
  join public.invoice_payments as p on p.id = page.payment_id
  join public.customer_invoices as i on i.id = p.invoice_id;
  return private.keyset_page('rows', v_rows, v_limit, 'at');
end;
$$;
comment on function public.admin_export_payments(date, date, timestamptz, uuid, integer) is
  'Admin with data:export: what was recorded as paid, and taken back, from the first to the last day, both included, in the billing time zone, keyset-paged. Amounts in cents. Raises invalid_request.';
revoke all on function public.admin_export_payments(date, date, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_export_payments(date, date, timestamptz, uuid, integer) to authenticated;

-- What a run issued and left out.

create function private.left_out_of_run(p_run public.billing_runs, p_after uuid, p_limit integer)
returns table (service_id uuid, customer_id uuid, customer_name text, package_name text, reason text)
language plpgsql
stable
rows 100
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_time_zone text := (private.billing_run_settings(p_run)).time_zone;
  v_starts_at timestamptz := private.start_of_day(p_run.period_start, v_time_zone);
  v_ends_at timestamptz := private.start_of_day(p_run.period_end, v_time_zone);
begin
  return query
  with errors as materialized (
    select (e.error ->> 'service_id')::uuid as service_id, (e.error ->> 'customer_id')::uuid as customer_id,
      e.error ->> 'message' as message
    from jsonb_array_elements(p_run.errors) as e (error)
  )
  select s.id, s.customer_id, c.full_name, p.name, coalesce(
    (
      select e.message from errors as e
      where e.service_id = s.id or (e.service_id is null and e.customer_id = s.customer_id)
      limit 1
    ),
    case
      when c.erased_at is not null then 'The customer was erased'
      when s.status = 'suspended' and v_ends_at > p_run.as_of then 'Suspended: charged when the month is over'
      when private.active_days(s, p_run.period_start, p_run.period_end, v_time_zone) = '{}' then 'No active day in the month'
      when s.activated_at > p_run.as_of then 'Activated after the run'
      else 'Not billed yet'
    end)
  from public.customer_services as s
  join public.customers as c on c.id = s.customer_id
  join public.service_packages as p on p.id = s.package_id
  where s.activated_at < v_ends_at and (s.ended_at is null or s.ended_at > v_starts_at) and not s.is_external
    and (p_after is null or s.id > p_after)
    and not exists (
      select 1 from public.customer_invoices as i where i.service_id = s.id and i.period_start = p_run.period_start)
  order by s.id
  limit p_limit;
end;
$$;
comment on function private.left_out_of_run(public.billing_runs, uuid, integer) is
  'Services that existed in the cycle of a run and have no invoice for it now, by id, and why: the error of the run, or what the service says.';
revoke all on function private.left_out_of_run(public.billing_runs, uuid, integer)
  from public, anon, authenticated, service_role;

create function private.run_totals(p_run_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'invoices', count(*),
    'first_number', (
      select i.invoice_number from public.customer_invoices as i where i.run_id = p_run_id
      order by length(i.invoice_number), i.invoice_number limit 1),
    'last_number', (
      select i.invoice_number from public.customer_invoices as i where i.run_id = p_run_id
      order by length(i.invoice_number) desc, i.invoice_number desc limit 1),
    'net_cents', coalesce(sum(i.subtotal_cents), 0), 'vat_cents', coalesce(sum(i.vat_cents), 0),
    'total_cents', coalesce(sum(i.total_cents), 0), 'due_cents', coalesce(sum(i.amount_due_cents), 0),
    'discount_months', count(*) filter (where i.reward_treatment = 'discount'),
    'discount_cents', coalesce(sum(i.amount_waived_cents) filter (where i.reward_treatment = 'discount'), 0),
    'consideration_months', count(*) filter (where i.reward_treatment = 'consideration'),
    'consideration_cents', coalesce(sum(i.amount_waived_cents) filter (where i.reward_treatment = 'consideration'), 0))
  from public.customer_invoices as i
  where i.run_id = p_run_id
$$;
comment on function private.run_totals(uuid) is
  'What a run issued: its first and last number, net, VAT, total, what is due, and the free months by how VAT treats them. Amounts in cents.';
revoke all on function private.run_totals(uuid) from public, anon, authenticated, service_role;

create function private.completions_beside(p_run public.billing_runs)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', r.id, 'period_start', r.period_start, 'period_end', r.period_end, 'status', r.status,
    'invoices', r.invoices, 'total_cents', r.total_cents) order by r.period_start, r.started_at), '[]')
  from private.billing_time_zone() as z (time_zone)
  join public.billing_runs as r
    on private.local_date(r.as_of, z.time_zone) = private.local_date(p_run.as_of, z.time_zone)
    and r.period_end <= p_run.period_start
  where r.as_of between p_run.as_of - interval '1 day' and p_run.as_of + interval '1 day'
$$;
comment on function private.completions_beside(public.billing_runs) is
  'The runs of the same day that completed months before the cycle of a run. Amounts in cents.';
revoke all on function private.completions_beside(public.billing_runs) from public, anon, authenticated, service_role;

create function public.admin_get_run_report(p_run_id uuid, p_is_export boolean default false)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  v_run public.billing_runs;
  v_left_out jsonb;
begin
  perform private.require_permission('customers:view');
  if p_is_export then
    perform private.require_permission('data:export');
  end if;
  select r.* into v_run from public.billing_runs as r where r.id = p_run_id;
  if v_run.id is null then
    perform private.fail(404, 'not_found', 'billing run');
  end if;
  select jsonb_build_object(
    'services', coalesce(sum(l.services), 0),
    'reasons', coalesce(jsonb_agg(jsonb_build_object('reason', l.reason, 'services', l.services)
      order by l.services desc, l.reason), '[]'))
  into v_left_out
  from (
    select l.reason, count(*) as services from private.left_out_of_run(v_run, null, null) as l group by l.reason
  ) as l;
  return private.run_totals(p_run_id) || jsonb_build_object(
    'currency', (private.billing_run_settings(v_run)).currency,
    'period_start', v_run.period_start, 'last_day', v_run.period_end - 1,
    'is_completion', private.is_completion(v_run.period_end, v_run.as_of),
    'completions', private.completions_beside(v_run),
    'left_out', v_left_out || jsonb_build_object('first', coalesce((
      select jsonb_agg(to_jsonb(l) order by l.service_id) from private.left_out_of_run(v_run, null, 25) as l), '[]')));
end;
$$;
comment on function public.admin_get_run_report(uuid, boolean) is
  'Admin with customers:view, for a file also data:export: what a run issued, the completions of earlier months beside it, and how many services have no invoice of its cycle and why. Amounts in cents. Raises not_found.';
revoke all on function public.admin_get_run_report(uuid, boolean) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_run_report(uuid, boolean) to authenticated;

create function public.admin_list_run_invoices(
  p_run_id uuid, p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25,
  p_backward boolean default false
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := private.page_size(p_limit);
  v_backward boolean := coalesce(p_backward, false);
  v_after text;
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  select i.invoice_number into v_after from public.customer_invoices as i where i.id = p_cursor_id;
  select coalesce(jsonb_agg(private.admin_invoice_document(page.i) order by (page.i).invoice_number), '[]') into v_rows
  from (
    (select i
    from public.customer_invoices as i
    where not v_backward and i.run_id = p_run_id and (v_after is null or i.invoice_number > v_after)
    order by i.invoice_number
    limit v_limit + 1)
    union all
    (select i
    from public.customer_invoices as i
    where v_backward and i.run_id = p_run_id and i.invoice_number < v_after
    order by i.invoice_number desc
    limit v_limit + 1)
  ) as page;
  return private.either_way_page('invoices', v_rows, v_limit, 'issued_at', v_backward, p_cursor_id is not null);
end;
$$;
comment on function public.admin_list_run_invoices(uuid, timestamptz, uuid, integer, boolean) is
  'Admin with customers:view: the invoices that a run issued, by number, keyset-paged either way.';
revoke all on function public.admin_list_run_invoices(uuid, timestamptz, uuid, integer, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_run_invoices(uuid, timestamptz, uuid, integer, boolean) to authenticated;

create function public.admin_export_run_invoices(
  p_run_id uuid, p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 1000
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  v_limit integer := private.report_limit(p_limit);
  v_time_zone text := private.billing_time_zone();
  v_after text;
  v_rows jsonb;
begin
  perform private.require_permission('data:export');
  select i.invoice_number into v_after from public.customer_invoices as i where i.id = p_cursor_id;
  select coalesce(jsonb_agg(private.invoice_export_row(page.i, v_time_zone) order by (page.i).invoice_number), '[]')
  into v_rows
  from (
    select i
    from public.customer_invoices as i
    where i.run_id = p_run_id and (p_cursor_at is null or i.invoice_number > v_after)
    order by i.invoice_number
    limit v_limit + 1
  ) as page;
  return private.keyset_page('rows', v_rows, v_limit, 'at');
end;
$$;
comment on function public.admin_export_run_invoices(uuid, timestamptz, uuid, integer) is
  'Admin with data:export: the invoices that a run issued, by number, keyset-paged. Amounts in cents.';
revoke all on function public.admin_export_run_invoices(uuid, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_export_run_invoices(uuid, timestamptz, uuid, integer) to authenticated;

create function public.admin_export_left_out(p_run_id uuid, p_after uuid default null, p_limit integer default 1000)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  v_run public.billing_runs;
begin
  perform private.require_permission('data:export');
  select r.* into v_run from public.billing_runs as r where r.id = p_run_id;
  if v_run.id is null then
    perform private.fail(404, 'not_found', 'billing run');
  end if;
  return coalesce((
    select jsonb_agg(to_jsonb(l) order by l.service_id)
    from private.left_out_of_run(v_run, p_after, private.report_limit(p_limit)) as l), '[]');
end;
$$;
comment on function public.admin_export_left_out(uuid, uuid, integer) is
  'Admin with data:export: the services after p_after that have no invoice of a run''s cycle, by id, and why. Raises not_found.';
revoke all on function public.admin_export_left_out(uuid, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.admin_export_left_out(uuid, uuid, integer) to authenticated;

-- What a run would change.

create function public.admin_get_preview_facts(p_service_ids uuid[], p_period_start date)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('billing:manage_invoices');
  return coalesce((
    select jsonb_agg(jsonb_build_object(
      'service_id', s.id, 'customer_name', c.full_name, 'package_name', p.name,
      'was_billed', exists (select 1 from public.customer_invoices as i where i.service_id = s.id),
      'credit_cents', coalesce((
        select a.credit_cents from public.account_credits as a where a.customer_id = s.customer_id), 0),
      'previous', (
        select jsonb_build_object(
          'price_cents', i.price_cents, 'charge_cents', i.amount_due_cents + i.amount_waived_cents,
          'total_cents', i.total_cents)
        from public.customer_invoices as i
        where i.service_id = s.id and i.period_start = (p_period_start - interval '1 month')::date)))
    from unnest(p_service_ids) as asked (id)
    join public.customer_services as s on s.id = asked.id
    join public.customers as c on c.id = s.customer_id
    join public.service_packages as p on p.id = s.package_id), '[]');
end;
$$;
comment on function public.admin_get_preview_facts(uuid[], date) is
  'Admin with billing:manage_invoices: names, the invoice of the month before p_period_start and the customer''s credit, for the lines of a preview. Amounts in cents.';
revoke all on function public.admin_get_preview_facts(uuid[], date) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_preview_facts(uuid[], date) to authenticated;

create function private.no_longer_billed(p_period_start date, p_as_of timestamptz)
returns table (service_id uuid, customer_id uuid, status text, previous_cents bigint)
language plpgsql
stable
rows 100
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_time_zone text := (private.billing_settings_on(p_period_start)).time_zone;
  v_previous date := (p_period_start - interval '1 month')::date;
  v_ends_at timestamptz := private.start_of_day((p_period_start + interval '1 month')::date, v_time_zone);
begin
  return query
  select s.id, s.customer_id, s.status, i.total_cents
  from public.customer_services as s
  join public.customer_invoices as i on i.service_id = s.id and i.period_start = v_previous
  where (s.status <> 'active' or s.revision > 0)
    and not private.is_chargeable(s, p_period_start, v_ends_at, v_time_zone, p_as_of)
    and not exists (
      select 1 from public.customer_invoices as n where n.service_id = s.id and n.period_start = p_period_start);
end;
$$;
comment on function private.no_longer_billed(date, timestamptz) is
  'Services that were invoiced for the month before the cycle, and that no run would invoice for it at p_as_of. Amounts in cents.';
revoke all on function private.no_longer_billed(date, timestamptz) from public, anon, authenticated, service_role;

create function public.admin_compare_cycle(p_period_start date)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  v_previous date := (p_period_start - interval '1 month')::date;
begin
  perform private.require_permission('billing:manage_invoices');
  return (
    select jsonb_build_object('previous', jsonb_build_object(
      'period_start', v_previous, 'invoices', count(*), 'total_cents', coalesce(sum(i.total_cents), 0)))
    from public.customer_invoices as i where i.period_start = v_previous
  ) || (
    select jsonb_build_object('issued', jsonb_build_object(
      'invoices', count(*), 'total_cents', coalesce(sum(i.total_cents), 0),
      'new_cents', coalesce(sum(i.total_cents) filter (where not exists (
        select 1 from public.customer_invoices as b
        where b.service_id = i.service_id and b.period_start = v_previous)), 0)))
    from public.customer_invoices as i where i.period_start = p_period_start
  ) || (
    with gone as materialized (
      select g.* from private.no_longer_billed(p_period_start, now()) as g
    )
    select jsonb_build_object('gone', jsonb_build_object(
      'services', count(*), 'total_cents', coalesce(sum(g.previous_cents), 0),
      'first', coalesce((
        select jsonb_agg(jsonb_build_object(
          'service_id', f.service_id, 'customer_id', f.customer_id, 'customer_name', c.full_name,
          'package_name', p.name, 'status', f.status, 'previous_cents', f.previous_cents)
          order by f.previous_cents desc, f.service_id)
        from (select * from gone order by gone.previous_cents desc, gone.service_id limit 50) as f
        join public.customer_services as s on s.id = f.service_id
        join public.customers as c on c.id = f.customer_id
        join public.service_packages as p on p.id = s.package_id), '[]')))
    from gone as g
  );
end;
$$;
comment on function public.admin_compare_cycle(date) is
  'Admin with billing:manage_invoices: what was invoiced for the month before a cycle, what is invoiced for the cycle by now (new_cents: services without an invoice the month before), and the services that will no longer be invoiced. Amounts in cents.';
revoke all on function public.admin_compare_cycle(date) from public, anon, authenticated, service_role;
grant execute on function public.admin_compare_cycle(date) to authenticated;
