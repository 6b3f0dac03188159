-- What is due and not billed: each month in which a service was active without an invoice and without a stated reason.

create function private.first_month_due(p_as_of timestamptz)
returns date
language sql
stable
set search_path = ''
as $$
  select greatest(private.first_month_completed(p_as_of), coalesce(
    -- A cycle that was billed before it began says nothing about the months until then.
    (select min(r.period_start) from public.billing_runs as r where r.period_start <= private.local_date(r.as_of, private.billing_time_zone())),
    (select date_trunc('month', private.local_date(min(s.created_at), private.billing_time_zone()))::date
     from public.customer_services as s
     where s.activated_at is not null and not s.is_external)))
$$;
comment on function private.first_month_due(timestamptz) is
  'The first day of the earliest month that is due here at p_as_of: as far back as runs complete, and not before the first month that was billed here or, before the first run, in which a service was recorded. Null: nothing is due.';
revoke all on function private.first_month_due(timestamptz) from public, anon, authenticated, service_role;

create function private.find_unbilled(
  p_as_of timestamptz, p_before date default null, p_customer_id uuid default null
)
returns table (
  service_id uuid, customer_id uuid, period_start date, first_day date, last_day date, error text
)
language plpgsql
stable
rows 100
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_time_zone text := private.billing_time_zone();
  v_today date := private.local_date(p_as_of, v_time_zone);
  v_month date := date_trunc('month', v_today)::date;
  -- The last month that is looked at.
  v_last date := least(v_month, (p_before - interval '1 month')::date);
  v_first date := private.first_month_due(p_as_of);
  -- Months are counted as year * 12 + month.
  v_first_no integer := date_part('year', v_first) * 12 + date_part('month', v_first);
  v_last_no integer := date_part('year', v_last) * 12 + date_part('month', v_last);
begin
  if v_first > v_last then
    return;
  end if;
  return query
  with services as (
    select s.id,
      greatest(v_first_no, (date_part('year', l.began) * 12 + date_part('month', l.began))::integer) as first_no,
      least(v_last_no, (date_part('year', l.ended - 1) * 12 + date_part('month', l.ended - 1))::integer) as last_no
    from public.customer_services as s
    cross join lateral (
      -- private.local_date, written out: it would be called twice for each service.
      select (s.activated_at at time zone v_time_zone)::date as began, (s.ended_at at time zone v_time_zone)::date as ended
    ) as l
    where s.activated_at is not null and not s.is_external
      and (p_customer_id is null or s.customer_id = p_customer_id)
  ), billed as (
    select i.service_id as id, count(*) as months
    from public.customer_invoices as i
    where i.period_start >= v_first and i.period_start <= v_last
      and (p_customer_id is null or i.customer_id = p_customer_id)
    group by i.service_id
  ), suspected as materialized (
    -- Who has fewer invoices than months. Few have: only their months are looked at one by one.
    select s.id, s.first_no, s.last_no
    from services as s
    left join billed as b on b.id = s.id
    where s.last_no >= s.first_no and coalesce(b.months, 0) < s.last_no - s.first_no + 1
  ), looked_at as (
    select s as service, s.id, x.first_no, x.last_no,
      (s.activated_at at time zone v_time_zone)::date as began, (s.ended_at at time zone v_time_zone)::date as ended
    from suspected as x
    join public.customer_services as s on s.id = x.id
  )
  select s.id, (s.service).customer_id, m.period_start, d.days[1], d.days[cardinality(d.days)], e.message
  from looked_at as s
  cross join lateral generate_series(s.first_no, s.last_no) as g (no)
  cross join lateral (
    select make_date((g.no - 1) / 12, (g.no - 1) % 12 + 1, 1) as period_start
  ) as f
  cross join lateral (
    select f.period_start, (f.period_start + interval '1 month')::date as period_end
  ) as m
  cross join lateral (
    select case
      -- Never suspended: the first and the last day are enough.
      when (s.service).revision = 0 and greatest(m.period_start, s.began) < least(m.period_end, s.ended) then
        array[greatest(m.period_start, s.began), least(m.period_end, s.ended) - 1]
      when (s.service).revision = 0 then '{}'
      else private.active_days(s.service, m.period_start, m.period_end, v_time_zone)
    end as days
  ) as d
  left join lateral (
    select r.error ->> 'message' as message
    from (
      select x.errors from public.billing_runs as x
      where x.period_start = m.period_start and x.status <> 'running'
      order by x.started_at desc
      limit 1
    ) as last_run
    cross join jsonb_array_elements(last_run.errors) as r (error)
    where r.error ->> 'service_id' = s.id::text
      or (r.error ->> 'service_id' is null and r.error ->> 'customer_id' = (s.service).customer_id::text)
    limit 1
  ) as e on true
  where cardinality(d.days) > 0
    and not exists (
      select 1 from public.customer_invoices as i where i.service_id = s.id and i.period_start = m.period_start)
    -- The daily run has had two nights to bill it.
    and d.days[1] <= v_today - 2
    -- A service that is suspended now is billed when the month is over: it may be reactivated until then.
    and not ((s.service).status = 'suspended' and m.period_start = v_month)
    -- Free of charge.
    and not (
      (s.service).monthly_price_cents = 0
      and not exists (
        select 1 from public.service_price_changes as ch
        where ch.service_id = s.id and ch.effective_on > m.period_start and ch.from_price_cents > 0))
    and not exists (
      select 1 from public.customers as c where c.id = (s.service).customer_id and c.erased_at is not null);
end;
$$;
comment on function private.find_unbilled(timestamptz, date, uuid) is
  'Months, those before p_before when it is given, in which a service was active at p_as_of, with the first and the last day, that have no invoice and no stated reason for it: suspended, free of charge, erased. error is what the last run of the month said about it. A month counts from the third day on that is due. With p_customer_id, of that customer alone.';
revoke all on function private.find_unbilled(timestamptz, date, uuid) from public, anon, authenticated, service_role;

create view private.unbilled_service_months with (security_invoker = true) as
  select u.* from private.find_unbilled(now()) as u;
comment on view private.unbilled_service_months is
  'What is unbilled now, by service and month. See private.find_unbilled.';
revoke all on table private.unbilled_service_months from public, anon, authenticated, service_role;

create function public.get_unbilled_months(p_as_of timestamptz default now())
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'period_start', m.period_start, 'services', m.services, 'errors', m.errors) order by m.period_start), '[]')
  from (
    select u.period_start, count(*) as services, count(u.error) as errors
    from private.find_unbilled(p_as_of) as u
    group by u.period_start
  ) as m
$$;
comment on function public.get_unbilled_months(timestamptz) is
  'Server: how many services are unbilled in each month, and of how many a run said why.';
revoke all on function public.get_unbilled_months(timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.get_unbilled_months(timestamptz) to service_role;

create function public.months_to_complete(p_as_of timestamptz default now())
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select coalesce(jsonb_agg(m.period_start order by m.period_start), '[]')
  from (
    select distinct u.period_start
    -- Two days later, so that what a month that has just ended left open is found on its first day.
    from private.find_unbilled(
      p_as_of + interval '2 days',
      date_trunc('month', private.local_date(p_as_of, private.billing_time_zone()))::date) as u
  ) as m
$$;
comment on function public.months_to_complete(timestamptz) is
  'Server: the first days of the months over at p_as_of in which something is unbilled, the oldest first.';
revoke all on function public.months_to_complete(timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.months_to_complete(timestamptz) to service_role;

create function public.alert_unbilled(p_alert_email text, p_as_of timestamptz default now())
returns boolean
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_months jsonb := public.get_unbilled_months(p_as_of);
  v_services bigint;
begin
  select coalesce(sum((m.month ->> 'services')::bigint), 0) into v_services
  from jsonb_array_elements(v_months) as m (month);
  perform private.note_unbilled(v_services);
  if v_services = 0 then
    return false;
  end if;
  return private.enqueue_mail(
    'services_unbilled', p_alert_email, null,
    jsonb_build_object('services', v_services, 'months', v_months),
    'services_unbilled:' || private.local_date(p_as_of, private.billing_time_zone()), p_as_of);
end;
$$;
comment on function public.alert_unbilled(text, timestamptz) is
  'Server: mails the admins what is unbilled, once a day until nothing is. Returns whether a mail was queued.';
revoke all on function public.alert_unbilled(text, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.alert_unbilled(text, timestamptz) to service_role;

create function public.admin_list_unbilled(
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25,
  p_cycle date default null, p_backward boolean default false
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
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.service_id, 'at', page.at,
    'service_id', page.service_id, 'customer_id', page.customer_id, 'customer_name', c.full_name,
    'package_name', p.name, 'period_start', page.period_start, 'from', page.first_day, 'to', page.last_day,
    'reason', coalesce(page.error, 'Not billed yet')) order by page.at, page.service_id), '[]')
  into v_rows
  from (
    -- The place of a row counts its month and its service, below zero when the list is read backward.
    select u.*
    from (
      select m.*, m.period_start::timestamp at time zone 'UTC' as at,
        row_number() over (order by m.period_start, m.service_id) * case when v_backward then -1 else 1 end as place
      from private.unbilled_service_months as m
      where p_cycle is null or m.period_start = p_cycle
    ) as u
    where p_cursor_at is null
      or case when v_backward then (u.at, u.service_id) < (p_cursor_at, p_cursor_id)
        else (u.at, u.service_id) > (p_cursor_at, p_cursor_id) end
    order by u.place
    limit v_limit + 1
  ) as page
  join public.customers as c on c.id = page.customer_id
  join public.customer_services as s on s.id = page.service_id
  join public.service_packages as p on p.id = s.package_id;
  return private.either_way_page('items', v_rows, v_limit, 'at', v_backward, p_cursor_id is not null);
end;
$$;
comment on function public.admin_list_unbilled(timestamptz, uuid, integer, date, boolean) is
  'Admin with customers:view: what is unbilled, of all months or of the one that begins on p_cycle, the oldest month first, keyset-paged either way. from and to are the first and the last active day, both included.';
revoke all on function public.admin_list_unbilled(timestamptz, uuid, integer, date, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_unbilled(timestamptz, uuid, integer, date, boolean) to authenticated;

create function public.admin_count_unbilled()
returns integer
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('customers:view');
  return (select count(*) from private.unbilled_service_months);
end;
$$;
comment on function public.admin_count_unbilled() is 'Admin with customers:view: how many service-months are unbilled.';
revoke all on function public.admin_count_unbilled() from public, anon, authenticated, service_role;
grant execute on function public.admin_count_unbilled() to authenticated;
