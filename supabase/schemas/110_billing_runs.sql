-- Billing runs: one run per cycle at a time, shared by several processes. A cycle is billed while it lasts, unless an
-- admin forces it with a reason. The row of a run shows its progress, its errors per service and its heartbeat.
--
-- Locks: claiming a range takes the advisory lock of the run first, and no row of customers. Issuing follows the order of
-- all operations and ends with a shared lock on the run; closing a run excludes it, and so waits for every batch under way.

create table public.billing_runs (
  id uuid primary key default gen_random_uuid(),
  period_start date not null,
  period_end date not null,
  as_of timestamptz not null,
  status text not null default 'running' check (status in ('running', 'completed', 'failed')),
  trigger text not null default 'job' check (trigger in ('job', 'cron', 'admin', 'seed')),
  rewards_enabled boolean not null default true,
  started_by uuid,
  services_total bigint not null default 0,
  invoices bigint not null default 0,
  free_months bigint not null default 0,
  waived_cents bigint not null default 0,
  total_cents bigint not null default 0,
  skipped bigint not null default 0,
  errors jsonb not null default '[]' check (jsonb_typeof(errors) = 'array'),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  force_reason text check (length(force_reason) between 3 and 500),
  heartbeat_at timestamptz not null default now(),
  settings_version integer references public.billing_settings (version),
  check (period_end > period_start),
  check ((status = 'running') = (finished_at is null))
);
comment on table public.billing_runs is 'One row per billing run: progress while it runs, totals afterwards. Amounts in cents.';
comment on column public.billing_runs.force_reason is
  'Why a cycle was billed before it began, or longer after its end than runs complete by themselves.';
comment on column public.billing_runs.heartbeat_at is
  'When somebody last worked on the run, by the clock of the database. See private.billing_silence().';
comment on column public.billing_runs.settings_version is
  'The newest version of the billing settings that the run knows: those in force on the days that it charges, of the versions up to this one. A version that is added meanwhile counts from the next run on.';
comment on column public.billing_runs.errors is
  'What could not be billed: [{customer_id, service_id, message}]. Without a service: the customer or the run as a whole.';

create index billing_runs_started on public.billing_runs (started_at desc, id desc);
create index billing_runs_period on public.billing_runs (period_start, started_at desc);
create index billing_runs_settings on public.billing_runs (settings_version);
create unique index billing_runs_one_at_a_time on public.billing_runs (period_start) where status = 'running';

alter table public.billing_runs enable row level security;
revoke all on table public.billing_runs from public, anon, authenticated, service_role;
grant select on table public.billing_runs to service_role;
grant select on table public.billing_runs to authenticated;
create policy billing_runs_select on public.billing_runs
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create table public.billing_run_steps (
  id bigint primary key generated always as identity,
  run_id uuid not null references public.billing_runs (id),
  process_id uuid not null,
  step text not null check (step in ('joined', 'claimed', 'issued', 'left')),
  last_customer_id uuid,
  invoices bigint not null default 0,
  free_months bigint not null default 0,
  waived_cents bigint not null default 0,
  total_cents bigint not null default 0,
  created_at timestamptz not null default now(),
  check ((step = 'claimed') = (last_customer_id is not null)),
  check (step = 'issued' or invoices = 0)
);
comment on table public.billing_run_steps is
  'What the processes of a billing run did, one row per transaction: the ranges of customers they claimed, what they issued. Amounts in cents.';
comment on column public.billing_run_steps.last_customer_id is 'The customer, by id, with whom a claimed range ends.';

create index billing_run_steps_run on public.billing_run_steps (run_id, id);
create unique index billing_run_steps_claimed on public.billing_run_steps (run_id, last_customer_id)
  where last_customer_id is not null;

alter table public.billing_run_steps enable row level security;
revoke all on table public.billing_run_steps from public, anon, authenticated, service_role;
grant select on table public.billing_run_steps to service_role;
revoke all on sequence public.billing_run_steps_id_seq from public, anon, authenticated, service_role;

create function private.billing_silence()
returns interval
language sql
immutable
parallel safe
set search_path = ''
as $$
  select interval '15 minutes'
$$;
comment on function private.billing_silence() is
  'How long nobody may work on a running billing run, or a process on its part, before it counts as interrupted.';
revoke all on function private.billing_silence() from public, anon, authenticated, service_role;

create function private.billing_run_is_interrupted(p_run public.billing_runs)
returns boolean
language sql
stable
set search_path = ''
as $$
  select p_run.status = 'running' and p_run.heartbeat_at < now() - private.billing_silence()
$$;
comment on function private.billing_run_is_interrupted(public.billing_runs) is
  'Whether a run that was never closed has stopped: nobody worked on it within private.billing_silence().';
revoke all on function private.billing_run_is_interrupted(public.billing_runs)
  from public, anon, authenticated, service_role;

create function private.billing_run_settings(p_run public.billing_runs)
returns public.billing_settings
language sql
stable
set search_path = ''
as $$
  select private.billing_settings_on(p_run.period_start, p_run.settings_version)
$$;
comment on function private.billing_run_settings(public.billing_runs) is
  'The settings in force on the first day of the cycle, of those that were known when the run was started.';
revoke all on function private.billing_run_settings(public.billing_runs) from public, anon, authenticated, service_role;

create function private.joined_errors(p_known jsonb, p_further jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select p_known || coalesce((
    select jsonb_agg(f.error order by f.position)
    from jsonb_array_elements(p_further) with ordinality as f (error, position)
    where not exists (
      select 1 from jsonb_array_elements(p_known) as k (error)
      where coalesce(k.error ->> 'service_id', k.error ->> 'customer_id', k.error ->> 'message')
        = coalesce(f.error ->> 'service_id', f.error ->> 'customer_id', f.error ->> 'message'))), '[]')
$$;
comment on function private.joined_errors(jsonb, jsonb) is
  'Errors of a billing run with those that are new among further ones: one per service.';
revoke all on function private.joined_errors(jsonb, jsonb) from public, anon, authenticated, service_role;

create function private.note_billing_progress(p_run_id uuid, p_not_since interval)
returns void
language sql
set search_path = ''
as $$
  update public.billing_runs as r
  set heartbeat_at = now(), invoices = done.invoices, free_months = done.free_months,
    waived_cents = done.waived_cents, total_cents = done.total_cents
  from (
    select coalesce(sum(p.invoices), 0) as invoices, coalesce(sum(p.free_months), 0) as free_months,
      coalesce(sum(p.waived_cents), 0) as waived_cents, coalesce(sum(p.total_cents), 0) as total_cents
    from public.billing_run_steps as p
    where p.run_id = p_run_id
  ) as done
  where r.id = p_run_id and r.status = 'running' and r.heartbeat_at <= now() - p_not_since
$$;
comment on function private.note_billing_progress(uuid, interval) is
  'Adds up in the run what its processes did, unless somebody has done so within p_not_since.';
revoke all on function private.note_billing_progress(uuid, interval) from public, anon, authenticated, service_role;

create function private.close_billing_run(p_run_id uuid, p_errors jsonb, p_alert_email text, p_as_of timestamptz)
returns public.billing_runs
language plpgsql
set search_path = ''
as $$
declare
  v_errors jsonb;
  v_run public.billing_runs;
begin
  perform private.note_billing_progress(p_run_id, interval '0');
  -- An error whose service got its invoice meanwhile is dropped.
  select coalesce(jsonb_agg(e.error order by e.position), '[]') into v_errors
  from public.billing_runs as r
  cross join jsonb_array_elements(private.joined_errors(r.errors, p_errors)) with ordinality as e (error, position)
  where r.id = p_run_id
    and not exists (
      select 1 from public.customer_invoices as i
      where i.service_id = (e.error ->> 'service_id')::uuid and i.period_start = r.period_start);
  update public.billing_runs as r
  set status = case when v_errors = '[]' then 'completed' else 'failed' end, errors = v_errors, finished_at = now()
  where r.id = p_run_id
  returning * into strict v_run;
  perform private.write_audit(
    v_run.started_by, 'billing_run.' || v_run.status, 'billing_run', v_run.id::text, null, null,
    jsonb_build_object('status', 'running'),
    jsonb_build_object('status', v_run.status, 'invoices', v_run.invoices, 'free_months', v_run.free_months,
      'total_cents', v_run.total_cents, 'errors', jsonb_array_length(v_errors)), p_as_of);
  if v_run.status = 'failed' then
    perform private.enqueue_mail(
      'billing_run_failed', p_alert_email, null,
      jsonb_build_object('run_id', v_run.id, 'period_start', v_run.period_start,
        'errors', jsonb_array_length(v_errors), 'invoices', v_run.invoices),
      'billing_run_failed:' || v_run.id, p_as_of);
  end if;
  return v_run;
end;
$$;
comment on function private.close_billing_run(uuid, jsonb, text, timestamptz) is
  'Closes a running run, whose row the caller has locked for update, so that no batch of it is under way: completed without errors, else failed, with a mail to the admins.';
revoke all on function private.close_billing_run(uuid, jsonb, text, timestamptz)
  from public, anon, authenticated, service_role;

create function private.first_month_completed(p_as_of timestamptz)
returns date
language sql
stable
set search_path = ''
as $$
  select (date_trunc('month', private.local_date(p_as_of, s.time_zone)) - make_interval(months => s.completion_months))::date
  from private.billing_settings_on(private.local_date(p_as_of, private.billing_time_zone())) as s
$$;
comment on function private.first_month_completed(timestamptz) is
  'The first day of the earliest month that billing runs complete at p_as_of.';
revoke all on function private.first_month_completed(timestamptz) from public, anon, authenticated, service_role;

create function private.refuse_other_cycle(p_period_start date, p_as_of timestamptz)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if private.local_date(p_as_of, private.billing_time_zone()) < p_period_start then
    perform private.fail(409, 'billing_cycle_future', p_period_start::text);
  end if;
  if p_period_start < private.first_month_completed(p_as_of) then
    perform private.fail(409, 'billing_cycle_closed', p_period_start::text);
  end if;
end;
$$;
comment on function private.refuse_other_cycle(date, timestamptz) is
  'A cycle is billed once it has begun, and as long as runs complete it. Raises billing_cycle_future, billing_cycle_closed.';
revoke all on function private.refuse_other_cycle(date, timestamptz) from public, anon, authenticated, service_role;

create function private.close_interrupted_runs(p_alert_email text, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_run public.billing_runs;
begin
  for v_run in
    select r.* from public.billing_runs as r
    where r.status = 'running' and private.billing_run_is_interrupted(r)
    order by r.id
    for update
  loop
    perform private.close_billing_run(
      v_run.id, '[{"customer_id": null, "service_id": null, "message": "The run ended without being closed."}]',
      p_alert_email, p_as_of);
  end loop;
end;
$$;
comment on function private.close_interrupted_runs(text, timestamptz) is
  'Closes interrupted runs as failed: a process that was killed cannot close its run.';
revoke all on function private.close_interrupted_runs(text, timestamptz) from public, anon, authenticated, service_role;

create function private.open_or_join_run(
  p_new public.billing_runs, p_ends_at timestamptz, out run public.billing_runs, out joined boolean
)
language plpgsql
set search_path = ''
as $$
declare
  v_counts jsonb;
begin
  loop
    -- Either this is a repeated call, or another process bills the cycle at this moment.
    select r.* into run
    from public.billing_runs as r
    where r.id = p_new.id or (r.status = 'running' and r.period_start = p_new.period_start)
    order by r.id = p_new.id desc
    limit 1
    for key share;
    if found then
      joined := run.id <> p_new.id;
      return;
    end if;
    v_counts := coalesce(v_counts, private.count_billable_services(p_new.period_start, p_ends_at, p_new.as_of));
    insert into public.billing_runs
      (id, period_start, period_end, as_of, trigger, rewards_enabled, started_by, services_total, skipped, force_reason,
       settings_version)
    values
      (p_new.id, p_new.period_start, p_new.period_end, p_new.as_of, p_new.trigger, p_new.rewards_enabled,
       p_new.started_by, (v_counts ->> 'services_total')::bigint, (v_counts ->> 'skipped')::bigint, p_new.force_reason,
       (select max(known.version) from public.billing_settings as known))
    on conflict (period_start) where status = 'running' do nothing
    returning * into run;
    if found then
      joined := false;
      perform private.write_audit(
        run.started_by, 'billing_run.started', 'billing_run', run.id::text, null, run.force_reason, null,
        jsonb_build_object(
          'period_start', run.period_start, 'trigger', run.trigger, 'rewards_enabled', run.rewards_enabled),
        run.as_of);
      return;
    end if;
  end loop;
end;
$$;
comment on function private.open_or_join_run(public.billing_runs, timestamptz) is
  'Opens the run, or finds the one that has its id or bills its cycle at this moment; one per cycle is open at a time.';
revoke all on function private.open_or_join_run(public.billing_runs, timestamptz)
  from public, anon, authenticated, service_role;

create function public.start_billing_run(
  p_period_start date, p_period_end date, p_ends_at timestamptz, p_trigger text, p_rewards_enabled boolean,
  p_actor uuid default null, p_as_of timestamptz default now(), p_run_id uuid default gen_random_uuid(),
  p_alert_email text default null, p_force_reason text default null, p_idempotency_key text default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
as $$
declare
  v_reason text := case when p_force_reason is not null then private.trimmed_reason(p_force_reason) end;
  -- A key belongs to the admin who used it.
  v_scope text := concat_ws(':', 'billing_run', p_actor);
  v_new public.billing_runs;
  v_opened record;
  v_run public.billing_runs;
  v_known jsonb;
  v_joined boolean := true;
begin
  if p_actor is not null then
    perform private.require_permission_of(p_actor, 'billing:manage_invoices');
  end if;
  v_known := private.claim_idempotency_key(
    v_scope, p_idempotency_key, private.request_hash(jsonb_build_array(p_period_start, v_reason)));
  if v_known is not null then
    select r.* into strict v_run from public.billing_runs as r where r.id = (v_known ->> 'run_id')::uuid;
  else
    if v_reason is null then
      perform private.refuse_other_cycle(p_period_start, p_as_of);
    elsif p_actor is not null then
      perform private.use_run_approval(p_period_start, p_actor, p_as_of);
    end if;
    perform private.close_interrupted_runs(p_alert_email, p_as_of);
    v_new.id := p_run_id;
    v_new.period_start := p_period_start;
    v_new.period_end := p_period_end;
    v_new.as_of := p_as_of;
    v_new.trigger := p_trigger;
    v_new.rewards_enabled := p_rewards_enabled and private.rewards_are_on();
    v_new.started_by := p_actor;
    v_new.force_reason := v_reason;
    v_opened := private.open_or_join_run(v_new, p_ends_at);
    v_run := v_opened.run;
    v_joined := v_opened.joined;
    -- A process that joins is not recorded. An admin who asked for the run, or a forced one, is.
    if v_joined and (p_actor is not null or v_reason is not null) then
      perform private.write_audit(
        p_actor, 'billing_run.joined', 'billing_run', v_run.id::text, null, v_reason, null,
        jsonb_build_object('period_start', p_period_start, 'trigger', p_trigger), p_as_of);
    end if;
    perform private.store_idempotent_response(v_scope, p_idempotency_key, jsonb_build_object('run_id', v_run.id));
  end if;
  if v_run.status = 'running' then
    insert into public.billing_run_steps (run_id, process_id, step) values (v_run.id, p_run_id, 'joined');
    perform private.note_billing_progress(v_run.id, interval '0');
    select r.* into strict v_run from public.billing_runs as r where r.id = v_run.id;
  end if;
  return jsonb_build_object(
    'run_id', v_run.id, 'status', v_run.status, 'joined', v_joined, 'as_of', v_run.as_of,
    'rewards_enabled', v_run.rewards_enabled, 'services_total', v_run.services_total, 'skipped', v_run.skipped,
    'invoices', v_run.invoices,
    'settings', private.cycle_settings(v_run.period_start, v_run.settings_version));
end;
$$;
comment on function public.start_billing_run(
  date, date, timestamptz, text, boolean, uuid, timestamptz, uuid, text, text, text
) is
  'Server: opens a run for a cycle, or joins the one that bills it at this moment; p_run_id names the process. Raises forbidden, billing_cycle_future, billing_cycle_closed (unless forced with a reason), approval_needed, idempotency_key_reused.';
revoke all on function public.start_billing_run(
  date, date, timestamptz, text, boolean, uuid, timestamptz, uuid, text, text, text
) from public, anon, authenticated, service_role;
grant execute on function public.start_billing_run(
  date, date, timestamptz, text, boolean, uuid, timestamptz, uuid, text, text, text
) to service_role;

-- Batches are read and checked by index, row by row: the functions are planned early in a run, when the tables that they
-- fill look empty. Invoices are counted per row for the same reason: a join could read all of them.
create function private.unbilled_customers(
  p_period_start date, p_ends_at timestamptz, p_as_of timestamptz, p_after uuid, p_limit integer
)
returns uuid[]
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
set enable_material = off
as $$
declare
  -- A condition on p_after that may be null would read from the first customer each time.
  v_after uuid := coalesce(p_after, '00000000-0000-0000-0000-000000000000');
  v_time_zone text := (private.billing_settings_on(p_period_start)).time_zone;
  -- A service that ended on the first day of the cycle has no day to charge in it.
  v_second_day timestamptz := private.start_of_day(p_period_start + 1, v_time_zone);
begin
  return (
    select array_agg(due.customer_id order by due.customer_id)
    from (
      (
        select distinct s.customer_id
        from public.customer_services as s
        where s.status = 'active' and not s.is_external and s.activated_at < p_ends_at and s.customer_id > v_after
          and not exists (
            select 1 from public.customer_invoices as i
            where i.service_id = s.id and i.period_start = p_period_start)
          and (s.revision = 0 or private.is_chargeable(s, p_period_start, p_ends_at, v_time_zone, p_as_of))
        order by s.customer_id
        limit p_limit
      )
      union
      (
        select distinct s.customer_id
        from public.customer_services as s
        where s.status = 'cancelled' and not s.is_external and s.activated_at is not null and s.customer_id > v_after
          and s.ended_at >= v_second_day
          -- The rule of private.is_chargeable, written out: each batch asks it of every service that ended.
          and s.activated_at < p_ends_at
          and (s.ended_at at time zone v_time_zone)::date
            > (s.activated_at at time zone v_time_zone)::date
          and (s.revision = 0 or private.is_chargeable(s, p_period_start, p_ends_at, v_time_zone, p_as_of))
          -- An erased customer gets no invoice. Customers with a running service are never erased.
          and not exists (select 1 from public.customers as c where c.id = s.customer_id and c.erased_at is not null)
          and not exists (
            select 1 from public.customer_invoices as i
            where i.service_id = s.id and i.period_start = p_period_start)
        order by s.customer_id
        limit p_limit
      )
      union
      (
        select distinct s.customer_id
        from public.customer_services as s
        where s.status = 'suspended' and not s.is_external and p_ends_at <= p_as_of and s.customer_id > v_after
          and not exists (
            select 1 from public.customer_invoices as i
            where i.service_id = s.id and i.period_start = p_period_start)
          and private.is_chargeable(s, p_period_start, p_ends_at, v_time_zone, p_as_of)
        order by s.customer_id
        limit p_limit
      )
      order by customer_id
      limit p_limit
    ) as due
  );
end;
$$;
comment on function private.unbilled_customers(date, timestamptz, timestamptz, uuid, integer) is
  'The next customers, by id, with a service to charge that has no invoice for the cycle. Null: none is left.';
revoke all on function private.unbilled_customers(date, timestamptz, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;

create function private.count_billable_services(p_period_start date, p_ends_at timestamptz, p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_time_zone text := (private.billing_settings_on(p_period_start)).time_zone;
begin
  return (
    select jsonb_build_object('services_total', count(*), 'skipped', count(i.id))
    from (
      select s.id
      from public.customer_services as s
      where s.status = 'active' and not s.is_external and s.activated_at < p_ends_at
        and (s.revision = 0 or private.is_chargeable(s, p_period_start, p_ends_at, v_time_zone, p_as_of))
      union all
      select s.id
      from public.customer_services as s
      where s.status = 'cancelled' and not s.is_external and s.activated_at is not null
        and s.ended_at >= private.start_of_day(p_period_start + 1, v_time_zone)
        and private.is_chargeable(s, p_period_start, p_ends_at, v_time_zone, p_as_of)
        and not exists (select 1 from public.customers as c where c.id = s.customer_id and c.erased_at is not null)
      union all
      select s.id
      from public.customer_services as s
      where s.status = 'suspended' and not s.is_external and private.is_chargeable(s, p_period_start, p_ends_at, v_time_zone, p_as_of)
    ) as due
    left join public.customer_invoices as i on i.service_id = due.id and i.period_start = p_period_start
  );
end;
$$;
comment on function private.count_billable_services(date, timestamptz, timestamptz) is
  'Services to charge in a cycle, and how many of them have their invoice already (skipped).';
revoke all on function private.count_billable_services(date, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

-- Returns json, which is built faster than jsonb and is only passed on.
create function private.customer_billing_facts(
  p_customer_ids uuid[], p_period_start date, p_ends_at timestamptz, p_as_of timestamptz
)
returns json
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
set enable_material = off
as $$
declare
  v_time_zone text := (private.billing_settings_on(p_period_start)).time_zone;
  v_is_over boolean := p_ends_at <= p_as_of;
  v_rewards_are_on boolean := private.rewards_are_on();
begin
  return (
    select coalesce(json_agg(
      -- What decides about a free month is asked only where there is one.
      case when w.pending is null
        then json_build_object(
          'customer_id', c.id, 'used_free_month', false, 'rewards', '[]'::json, 'services', coalesce(s.chargeable, '[]'))
        else json_build_object(
          'customer_id', c.id,
          'used_free_month', 0 < (
            select count(*) from public.customer_invoices as i
            where i.customer_id = c.id and i.period_start = p_period_start and i.is_free_month),
          'dearest_invoiced_cents', private.dearest_invoiced_month(c.id, p_period_start),
          'current_month_open', v_is_over and private.has_open_month(c.id, p_as_of),
          'rewards', w.pending, 'services', coalesce(s.chargeable, '[]'))
      end order by c.id), '[]')
    from unnest(p_customer_ids) as c (id)
    left join lateral (
      select json_agg(private.usable_reward(w) order by w.expires_at, w.created_at, w.id) as pending
      from public.referral_rewards as w
      where v_rewards_are_on and w.customer_id = c.id and w.status = 'pending'
    ) as w on true
    left join lateral (
      select json_agg(json_build_object(
        'service_id', s.id, 'package_name', p.name, 'price_cents', s.monthly_price_cents,
        'activated_at', s.activated_at, 'status', s.status,
        'ended_at', s.ended_at,
        'earlier_prices', case when s.revision > 0 then private.earlier_prices(s.id, p_period_start) else '[]' end,
        'suspensions', case when s.revision > 0 then private.suspensions_of(s.id) else '[]' end,
        'revision', s.revision,
        'already_invoiced', 0 < (
          select count(*) from public.customer_invoices as i
          where i.service_id = s.id and i.period_start = p_period_start)
      ) order by s.id) as chargeable
      from public.customer_services as s
      join public.service_packages as p on p.id = s.package_id
      where s.customer_id = c.id and not s.is_external and s.activated_at < p_ends_at
        and (s.status = 'active'
          or (s.status in ('cancelled', 'suspended')
            and private.is_chargeable(s, p_period_start, p_ends_at, v_time_zone, p_as_of)))
    ) as s on true
  );
end;
$$;
comment on function private.customer_billing_facts(uuid[], date, timestamptz, timestamptz) is
  'What the invoice rules need of each customer for the cycle that starts on p_period_start and ends before p_ends_at. revision tells, when the invoice is issued, whether prices and suspensions are still the same.';
revoke all on function private.customer_billing_facts(uuid[], date, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

create function public.claim_billing_batch(
  p_run_id uuid, p_ends_at timestamptz, p_limit integer default 200, p_process uuid default null,
  p_errors jsonb default '[]'
)
returns text
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
as $$
declare
  v_run public.billing_runs;
  v_customers uuid[];
begin
  -- One claim of a run at a time, so that ranges are disjoint.
  perform pg_advisory_xact_lock(hashtextextended('billing_run:' || p_run_id, 0));
  select r.* into v_run from public.billing_runs as r where r.id = p_run_id;
  if v_run.id is null then
    perform private.fail(404, 'not_found', 'billing run');
  end if;
  if v_run.status <> 'running' then
    perform private.fail(409, 'billing_run_closed', v_run.status);
  end if;
  if p_errors <> '[]' then
    update public.billing_runs as r set errors = private.joined_errors(r.errors, p_errors) where r.id = p_run_id;
  end if;
  v_customers := private.unbilled_customers(v_run.period_start, p_ends_at, v_run.as_of, (
    select p.last_customer_id from public.billing_run_steps as p
    where p.run_id = p_run_id and p.last_customer_id is not null
    order by p.last_customer_id desc
    limit 1), p_limit);
  if v_customers is not null then
    insert into public.billing_run_steps (run_id, process_id, step, last_customer_id)
    values (p_run_id, coalesce(p_process, p_run_id), 'claimed', v_customers[cardinality(v_customers)]);
  end if;
  perform private.note_billing_progress(p_run_id, interval '1 second');
  return json_build_object(
    'customers', private.customer_billing_facts(v_customers, v_run.period_start, p_ends_at, v_run.as_of))::text;
end;
$$;
comment on function public.claim_billing_batch(uuid, timestamptz, integer, uuid, jsonb) is
  'Server: the next range of customers of a run, with their facts, as text of JSON, and keeps the errors found so far. Empty when the range is used up. Raises billing_run_closed.';
revoke all on function public.claim_billing_batch(uuid, timestamptz, integer, uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.claim_billing_batch(uuid, timestamptz, integer, uuid, jsonb) to service_role;

create function public.read_billing_batch(
  p_period_start date, p_ends_at timestamptz, p_as_of timestamptz, p_after uuid default null, p_limit integer default 200
)
returns text
language sql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
  select json_build_object(
    'customers',
    private.customer_billing_facts(
      private.unbilled_customers(p_period_start, p_ends_at, p_as_of, p_after, p_limit), p_period_start, p_ends_at, p_as_of),
    -- The first page brings the counts of the cycle, for a dry run.
    'counts', case when p_after is null then private.count_billable_services(p_period_start, p_ends_at, p_as_of) end)::text
$$;
comment on function public.read_billing_batch(date, timestamptz, timestamptz, uuid, integer) is
  'Server: the facts of the next unbilled customers after p_after, as text of JSON, without claiming them (dry run, final sweep).';
revoke all on function public.read_billing_batch(date, timestamptz, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.read_billing_batch(date, timestamptz, timestamptz, uuid, integer) to service_role;

create function public.finish_billing_run(
  p_run_id uuid, p_errors jsonb, p_alert_email text default null, p_as_of timestamptz default now(),
  p_process uuid default null, p_is_complete boolean default true
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
as $$
declare
  v_run public.billing_runs;
begin
  -- Waits for batches that are being issued.
  select r.* into v_run from public.billing_runs as r where r.id = p_run_id for update;
  if v_run.id is null then
    perform private.fail(404, 'not_found', 'billing run');
  end if;
  if v_run.status <> 'running' then
    -- Closed already, by a call whose answer was lost or by another process.
    return to_jsonb(v_run);
  end if;
  if not p_is_complete then
    insert into public.billing_run_steps (run_id, process_id, step)
    values (p_run_id, coalesce(p_process, p_run_id), 'left');
    if exists (
      select 1
      from public.billing_run_steps as p
      where p.run_id = p_run_id
      group by p.process_id
      having max(p.created_at) > now() - private.billing_silence() and not bool_or(p.step = 'left'))
    then
      -- Other processes go on. Errors of this process alone, without a customer, are not errors of the run.
      update public.billing_runs as r
      set errors = private.joined_errors(r.errors, coalesce((
        select jsonb_agg(e.error) from jsonb_array_elements(p_errors) as e (error)
        where e.error ->> 'customer_id' is not null), '[]'))
      where r.id = p_run_id;
      perform private.note_billing_progress(p_run_id, interval '0');
      select r.* into strict v_run from public.billing_runs as r where r.id = p_run_id;
      return to_jsonb(v_run);
    end if;
  end if;
  return to_jsonb(private.close_billing_run(p_run_id, p_errors, p_alert_email, p_as_of));
end;
$$;
comment on function public.finish_billing_run(uuid, jsonb, text, timestamptz, uuid, boolean) is
  'Server: closes a run; an error whose service has no invoice by then makes it failed and mails the admins. A process that ends before the work is complete leaves the run to the others, and closes it when there are none.';
revoke all on function public.finish_billing_run(uuid, jsonb, text, timestamptz, uuid, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.finish_billing_run(uuid, jsonb, text, timestamptz, uuid, boolean) to service_role;

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
    'finished_at', p_run.finished_at, 'is_completion', private.is_completion(p_run.period_end, p_run.as_of))
$$;
comment on function private.billing_run_document(public.billing_runs) is
  'A billing run as admins see it; amounts in cents. done counts the services that have their invoice by now.';
revoke all on function private.billing_run_document(public.billing_runs) from public, anon, authenticated, service_role;

create function private.billing_error_documents(p_errors jsonb)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'customer_id', c.id, 'customer_name', c.full_name,
    'service_id', s.id, 'package_name', p.name, 'message', e.error ->> 'message') order by e.position), '[]')
  from jsonb_array_elements(p_errors) with ordinality as e (error, position)
  left join public.customers as c on c.id = (e.error ->> 'customer_id')::uuid
  left join public.customer_services as s on s.id = (e.error ->> 'service_id')::uuid
  left join public.service_packages as p on p.id = s.package_id
$$;
comment on function private.billing_error_documents(jsonb) is
  'Errors of a billing run with the names behind their ids. No customer: the run as a whole.';
revoke all on function private.billing_error_documents(jsonb) from public, anon, authenticated, service_role;

create function public.admin_list_billing_runs(
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25,
  p_status text default null, p_cycle date default null, p_sort text default null, p_backward boolean default false,
  p_count boolean default false, p_is_completion boolean default null
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('customers:view');
  return private.list_page(
    'runs', 'public.billing_runs as t',
    array[private.equals('status', p_status), private.equals('period_start', p_cycle::text),
      case when p_is_completion is not null then
        format('private.is_completion(t.period_end, t.as_of) = %L', p_is_completion) end],
    'private.billing_run_document(page.found)', array['-started_at'], p_sort,
    p_cursor_at, p_cursor_id, private.page_size(p_limit), p_backward, p_count)
    || jsonb_build_object('currency', (private.current_billing_settings()).currency);
end;
$$;
comment on function public.admin_list_billing_runs(timestamptz, uuid, integer, text, date, text, boolean, boolean, boolean) is
  'Admin with customers:view: billing runs, newest first, of one status, of the cycle that begins on p_cycle, only completions or none, keyset-paged either way. Raises invalid_request.';
revoke all on function public.admin_list_billing_runs(timestamptz, uuid, integer, text, date, text, boolean, boolean, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_billing_runs(timestamptz, uuid, integer, text, date, text, boolean, boolean, boolean)
  to authenticated;

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
revoke all on function public.admin_get_billing_run(uuid) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_billing_run(uuid) to authenticated;

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
      select jsonb_object_agg(c.id, c.full_name)
      from public.customers as c where c.id = any (p_customer_ids)), '{}'),
    'services', coalesce((
      select jsonb_object_agg(s.id, p.name)
      from public.customer_services as s join public.service_packages as p on p.id = s.package_id
      where s.id = any (p_service_ids)), '{}'));
end;
$$;
comment on function public.admin_name_billing_errors(uuid[], uuid[]) is
  'Admin with billing:manage_invoices: names of customers and of services'' packages by id, for the errors of a dry run.';
revoke all on function public.admin_name_billing_errors(uuid[], uuid[]) from public, anon, authenticated, service_role;
grant execute on function public.admin_name_billing_errors(uuid[], uuid[]) to authenticated;
