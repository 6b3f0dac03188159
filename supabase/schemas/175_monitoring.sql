-- Monitoring: what the jobs did last, what the check of the invariants found, and how long requests took. From these come
-- the metrics and the list of what needs a person.

create table public.job_states (
  job text primary key check (job in ('billing', 'qualify', 'expire', 'notify', 'verify')),
  late_after interval not null check (late_after > interval '0'),
  last_run_at timestamptz,
  last_success_at timestamptz,
  last_duration_ms bigint check (last_duration_ms >= 0),
  runs bigint not null default 0,
  failures bigint not null default 0,
  unbilled bigint not null default 0 check (unbilled >= 0)
);
comment on table public.job_states is
  'One row per job: its last run, by the clock of the database, and how often it ran and failed. A job is late when its last success is older than late_after.';
comment on column public.job_states.unbilled is
  'How many months of services the job found unbilled. See private.unbilled_now().';

alter table public.job_states enable row level security;
revoke all on table public.job_states from public, anon, authenticated, service_role;
grant select on table public.job_states to service_role;

insert into public.job_states (job, late_after) values
  ('notify', '15 minutes'), ('qualify', '3 hours'), ('expire', '3 hours'), ('billing', '36 hours'), ('verify', '36 hours');

create function public.record_job_run(p_job text, p_ok boolean, p_duration_ms bigint)
returns void
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  update public.job_states as j
  set last_run_at = now(), last_duration_ms = p_duration_ms,
    last_success_at = case when p_ok then now() else j.last_success_at end,
    runs = j.runs + 1, failures = j.failures + case when p_ok then 0 else 1 end
  where j.job = p_job;
  if not found then
    perform private.fail(404, 'not_found', 'job');
  end if;
end;
$$;
comment on function public.record_job_run(text, boolean, bigint) is
  'Server: a job has ended now, with success or not, after so many milliseconds. Raises not_found.';
revoke all on function public.record_job_run(text, boolean, bigint) from public, anon, authenticated, service_role;
grant execute on function public.record_job_run(text, boolean, bigint) to service_role;

create table public.verifications (
  id bigint primary key generated always as identity,
  verified_at timestamptz not null default now(),
  violations integer not null check (violations >= 0),
  by_invariant jsonb not null default '{}' check (jsonb_typeof(by_invariant) = 'object')
);
comment on table public.verifications is
  'What each run of the verify job found: how many violations, and how many of each invariant. Kept for 13 months.';

create index verifications_verified on public.verifications (verified_at);

alter table public.verifications enable row level security;
revoke all on table public.verifications from public, anon, authenticated, service_role;
revoke all on sequence public.verifications_id_seq from public, anon, authenticated, service_role;
grant select on table public.verifications to service_role;

create function public.record_verification(
  p_violations integer, p_by_invariant jsonb, p_rules jsonb, p_alert_email text, p_as_of timestamptz default now()
)
returns void
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  insert into public.verifications (violations, by_invariant) values (p_violations, p_by_invariant);
  if p_violations > 0 then
    perform private.enqueue_mail(
      'invariants_violated', p_alert_email, null,
      jsonb_build_object('violations', p_violations, 'rules', p_rules),
      'invariants_violated:' || private.local_date(p_as_of, private.billing_time_zone()), p_as_of);
  end if;
end;
$$;
comment on function public.record_verification(integer, jsonb, jsonb, text, timestamptz) is
  'Server: keeps what a check of all invariants found, and mails the admins once a day which rules are broken: [{invariant, rule, count}].';
revoke all on function public.record_verification(integer, jsonb, jsonb, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.record_verification(integer, jsonb, jsonb, text, timestamptz) to service_role;

create table public.request_durations (
  day date not null,
  up_to_ms integer not null check (up_to_ms > 0),
  hits bigint not null check (hits >= 0),
  primary key (day, up_to_ms)
);
comment on table public.request_durations is
  'How many requests of all processes were answered on a day of the billing zone within so many milliseconds, and not within the next smaller bound. The last bound, 60000, holds the slower ones too. Kept for 13 months.';

alter table public.request_durations enable row level security;
revoke all on table public.request_durations from public, anon, authenticated, service_role;
grant select on table public.request_durations to service_role;

create function public.record_request_durations(p_hits jsonb)
returns void
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  -- In the order of the key, so that two processes do not wait for each other.
  insert into public.request_durations as d (day, up_to_ms, hits)
  select private.local_date(now(), private.billing_time_zone()), h.up_to_ms::integer, h.hits::bigint
  from jsonb_each_text(p_hits) as h (up_to_ms, hits)
  where h.hits::bigint > 0
  order by h.up_to_ms::integer
  on conflict (day, up_to_ms) do update set hits = d.hits + excluded.hits;
end;
$$;
comment on function public.record_request_durations(jsonb) is
  'Server: adds what one process has answered since it last did so: {"50": 12, "100": 3}, requests by upper bound in milliseconds.';
revoke all on function public.record_request_durations(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.record_request_durations(jsonb) to service_role;

create function private.request_p95_ms(p_from date, p_to date)
returns integer
language sql
stable
set search_path = ''
as $$
  with hits as (
    select d.up_to_ms, sum(d.hits) as hits
    from public.request_durations as d
    where d.day >= p_from and d.day < p_to
    group by d.up_to_ms
  ), summed as (
    select h.up_to_ms, h.hits, sum(h.hits) over (order by h.up_to_ms) as until_here, sum(h.hits) over () as total,
      coalesce(lag(h.up_to_ms) over (order by h.up_to_ms), 0) as above_ms
    from hits as h
  )
  -- Within a bound the requests count as spread evenly.
  select ceil(s.above_ms + (s.up_to_ms - s.above_ms) * (s.total * 0.95 - (s.until_here - s.hits)) / s.hits)::integer
  from summed as s
  where s.until_here >= s.total * 0.95
  order by s.up_to_ms
  limit 1
$$;
comment on function private.request_p95_ms(date, date) is
  'The milliseconds within which 95 of 100 requests of the half-open days were answered, at most. Null without requests.';
revoke all on function private.request_p95_ms(date, date) from public, anon, authenticated, service_role;

create function private.unbilled_now()
returns bigint
language plpgsql
stable
set search_path = ''
as $$
begin
  -- Counting reads all services. It is done only after the hourly job has found some.
  if not exists (select 1 from public.job_states as j where j.unbilled > 0) then
    return 0;
  end if;
  return (select count(*) from private.unbilled_service_months);
end;
$$;
comment on function private.unbilled_now() is
  'How many months of services are unbilled. What becomes unbilled shows within the hour, what is billed shows at once.';
revoke all on function private.unbilled_now() from public, anon, authenticated, service_role;

create function private.note_unbilled(p_count bigint)
returns void
language sql
set search_path = ''
as $$
  update public.job_states set unbilled = p_count where job = 'expire' and unbilled <> p_count
$$;
comment on function private.note_unbilled(bigint) is 'Keeps how many months of services a job found unbilled.';
revoke all on function private.note_unbilled(bigint) from public, anon, authenticated, service_role;

create function private.late_mails(out mails bigint, out since timestamptz)
language sql
stable
set search_path = ''
as $$
  select count(*), min(n.next_attempt_at)
  from public.notifications as n
  where n.status in ('queued', 'sending') and n.next_attempt_at < now() - interval '15 minutes'
$$;
comment on function private.late_mails() is 'Mails that have been due for more than 15 minutes.';
revoke all on function private.late_mails() from public, anon, authenticated, service_role;

create function private.attention_items()
returns table (kind text, permission text, count bigint, since timestamptz, job text, cause text)
language sql
stable
set search_path = ''
as $$
  select 'violations', 'audit:view', v.violations::bigint, v.verified_at, null::text, null::text
  from (select * from public.verifications as l order by l.id desc limit 1) as v
  where v.violations > 0
  union all
  select 'restore_open', 'customers:view', count(*), min(r.restored_at), null, null
  from public.restores as r where r.released_at is null having count(*) > 0
  union all
  select case s.name when 'mail' then 'mail_held' else 'rewards_off' end, 'customers:view', null, w.created_at, null, null
  from (values ('mail'), ('rewards')) as s (name)
  left join lateral (
    select x.created_at from public.switches as x where x.name = s.name order by x.id desc limit 1
  ) as w on true
  where not private.switch_is_on(s.name)
  union all
  select 'programme_paused', 'customers:view', null, coalesce(t.effective_at, t.created_at), null, null
  from private.current_terms() as t where t.is_paused
  union all
  select 'unbilled', 'customers:view', u.count, null, null, null
  from private.unbilled_now() as u (count) where u.count > 0
  union all
  select 'run_interrupted', 'customers:view', null, b.heartbeat_at, null, null
  from public.billing_runs as b where b.status = 'running' and private.billing_run_is_interrupted(b)
  union all
  select 'mail_outage', 'customers:view', (
      select count(*) from public.notifications as n where n.status in ('queued', 'sending')),
    g.opened_at, null, g.cause
  from public.mail_gate as g where g.opened_at is not null
  union all
  select 'mails_failed', 'customers:view', count(*), min(n.created_at), null, null
  from public.notifications as n
  where n.status = 'failed' having count(*) > 0
  union all
  select 'mails_late', 'customers:view', l.mails, l.since, null, null
  from private.late_mails() as l where l.mails > 0 and private.switch_is_on('mail')
    and not exists (select 1 from public.mail_gate as g where g.opened_at is not null)
  union all
  select 'job_late', 'audit:view', null, j.last_success_at, j.job, null
  from public.job_states as j
  where j.last_run_at is not null and coalesce(j.last_success_at, '-infinity') < now() - j.late_after
$$;
comment on function private.attention_items() is
  'What needs a person, the most urgent first, and the permission of those whom it concerns. A job that never ran is not late here; the alert StaleJob names it.';
revoke all on function private.attention_items() from public, anon, authenticated, service_role;

create function public.get_attention()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('customers:view');
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'kind', i.kind, 'count', i.count, 'since', i.since, 'job', i.job, 'cause', i.cause,
      'reason', case i.kind
        when 'programme_paused' then (private.current_terms()).reason
        when 'rewards_off' then (
          select x.reason from public.switches as x where x.name = 'rewards' order by x.id desc limit 1)
      end) order by i.place), '[]')
    from (select a.*, row_number() over () as place from private.attention_items() as a) as i
    where public.has_permission(i.permission));
end;
$$;
comment on function public.get_attention() is
  'Admin with customers:view: what needs a person now, as far as it concerns the caller.';
revoke all on function public.get_attention() from public, anon, authenticated, service_role;
grant execute on function public.get_attention() to authenticated;

create function private.referral_metrics()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'referrals', (
      select jsonb_object_agg(s.status, coalesce(r.count, 0))
      from unnest(array['pending', 'active', 'qualified', 'expired', 'cancelled', 'rejected']) as s (status)
      left join (select c.status, count(*) from public.customer_referrals as c group by c.status) as r
        on r.status = s.status),
    'rewards', (
      select jsonb_object_agg(s.status, coalesce(r.count, 0))
      from unnest(array['pending', 'applied', 'expired', 'revoked']) as s (status)
      left join (select w.status, count(*) from public.referral_rewards as w group by w.status) as r
        on r.status = s.status),
    'refused_24h', coalesce((
      select jsonb_object_agg(a.reason, a.count)
      from (
        select t.reason, count(*) from public.referral_attempts as t
        where t.created_at > now() - interval '24 hours' group by t.reason
      ) as a), '{}'),
    'referrals_24h', recent.referrals, 'flagged_24h', recent.flagged,
    'flags_open', (
      select jsonb_build_object(
        'flag', count(*) filter (where f.severity = 'flag'), 'hold', count(*) filter (where f.severity = 'hold'))
      from public.referral_flags as f where f.status = 'open'))
  from (
    select count(*) as referrals, count(*) filter (where exists (
      select 1 from public.referral_flags as f where f.referral_id = r.id and f.status <> 'shadow')) as flagged
    from public.customer_referrals as r
    where r.referred_at > now() - interval '24 hours'
  ) as recent
$$;
comment on function private.referral_metrics() is
  'How many referrals and rewards there are by status, and what the last 24 hours brought.';
revoke all on function private.referral_metrics() from public, anon, authenticated, service_role;

create function public.get_operational_metrics()
returns jsonb
language sql
stable
security definer
set search_path = ''
set statement_timeout = '10s'
as $$
  select private.referral_metrics() || jsonb_build_object(
    'mails', jsonb_build_object(
      'queued', (select count(*) from public.notifications as n where n.status in ('queued', 'sending')),
      'failed', (
        select count(*) from public.notifications as n where n.status = 'failed'),
      'outage_seconds', (
        select coalesce(extract(epoch from now() - g.opened_at), 0) from public.mail_gate as g),
      'oldest_due_seconds', coalesce((
        select extract(epoch from greatest(now() - min(n.next_attempt_at), interval '0'))
        from public.notifications as n where n.status in ('queued', 'sending')), 0)),
    'jobs', (
      select jsonb_agg(jsonb_build_object(
        'job', j.job, 'late_after_seconds', extract(epoch from j.late_after),
        'last_run', coalesce(extract(epoch from j.last_run_at), 0),
        'last_success', coalesce(extract(epoch from j.last_success_at), 0),
        'last_duration_ms', coalesce(j.last_duration_ms, 0), 'runs', j.runs, 'failures', j.failures) order by j.job)
      from public.job_states as j),
    'unbilled', private.unbilled_now(),
    'billing', jsonb_build_object(
      'errors', coalesce((
        select jsonb_array_length(b.errors) from public.billing_runs as b
        where b.status <> 'running' order by b.started_at desc, b.id desc limit 1), 0),
      'interrupted', (
        select count(*) from public.billing_runs as b
        where b.status = 'running' and private.billing_run_is_interrupted(b))),
    'verification', coalesce((
      select jsonb_build_object(
        'at', extract(epoch from v.verified_at), 'violations', v.violations, 'by_invariant', v.by_invariant)
      from public.verifications as v order by v.id desc limit 1),
      jsonb_build_object('at', 0, 'violations', 0, 'by_invariant', '{}'::jsonb)),
    'switches', public.get_switches() || jsonb_build_object('paused', (private.current_terms()).is_paused))
$$;
comment on function public.get_operational_metrics() is
  'Server: what monitoring reads and what must agree between all processes. Instants are seconds since 1970; one of 0 never was.';
revoke all on function public.get_operational_metrics() from public, anon, authenticated, service_role;
grant execute on function public.get_operational_metrics() to service_role;
