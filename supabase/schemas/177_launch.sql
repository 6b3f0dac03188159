-- Launch: what the first week and the first month shall bring, how far they are, and what customers say about a free month.

create table public.satisfaction_answers (
  reward_id uuid primary key references public.referral_rewards (id),
  customer_id uuid not null references public.customers (id),
  score smallint not null check (score between 1 and 5),
  created_at timestamptz not null default now()
);
comment on table public.satisfaction_answers is
  'How satisfied a customer was with a free month that was used, from 1 to 5. One answer for each free month.';

create index satisfaction_answers_customer on public.satisfaction_answers (customer_id);
create index satisfaction_answers_created on public.satisfaction_answers (created_at);

create trigger satisfaction_answers_append_only
  before update or delete on public.satisfaction_answers
  for each row execute function private.refuse_change();
create trigger satisfaction_answers_no_truncate
  before truncate on public.satisfaction_answers
  for each statement execute function private.refuse_change();

alter table public.satisfaction_answers enable row level security;
revoke all on table public.satisfaction_answers from public, anon, authenticated, service_role;
grant select on table public.satisfaction_answers to service_role;

create function private.survey_document(p_reward public.referral_rewards)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'invoice_number', i.invoice_number, 'period_start', i.period_start, 'applied_at', p_reward.applied_at,
    'score', (select a.score from public.satisfaction_answers as a where a.reward_id = p_reward.id))
  from public.customer_invoices as i where i.id = p_reward.applied_invoice_id
$$;
comment on function private.survey_document(public.referral_rewards) is
  'The question about a free month that was used: on which invoice, and the answer. score is null while there is none.';
revoke all on function private.survey_document(public.referral_rewards) from public, anon, authenticated, service_role;

create function private.open_survey(p_customer_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select private.survey_document(w)
    from public.referral_rewards as w
    where w.customer_id = p_customer_id and w.status = 'applied' and w.applied_at > now() - interval '60 days'
      and not exists (select 1 from public.satisfaction_answers as a where a.reward_id = w.id)
    order by w.applied_at desc, w.id desc
    limit 1);
end;
$$;
comment on function private.open_survey(uuid) is
  'The question about the newest free month that a customer used within 60 days and has not answered for. Null: nothing to ask.';
revoke all on function private.open_survey(uuid) from public, anon, authenticated, service_role;

create function private.used_reward(p_customer_id uuid, p_invoice_number text)
returns public.referral_rewards
language plpgsql
stable
set search_path = ''
as $$
declare
  v_reward public.referral_rewards;
begin
  select w.* into v_reward
  from public.customer_invoices as i
  join public.referral_rewards as w on w.applied_invoice_id = i.id
  where i.invoice_number = p_invoice_number and w.customer_id = p_customer_id;
  if v_reward.id is null then
    perform private.fail(404, 'not_found', 'free month');
  end if;
  return v_reward;
end;
$$;
comment on function private.used_reward(uuid, text) is
  'A customer''s free month on an invoice. Raises not_found, also for an invoice of somebody else.';
revoke all on function private.used_reward(uuid, text) from public, anon, authenticated, service_role;

create function public.get_my_survey(p_invoice_number text)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select private.survey_document(private.used_reward(private.require_customer(), p_invoice_number))
$$;
comment on function public.get_my_survey(text) is
  'Customer: the question about the free month on an invoice, and the answer. Raises not_found.';
revoke all on function public.get_my_survey(text) from public, anon, authenticated, service_role;
grant execute on function public.get_my_survey(text) to authenticated;

create function public.answer_survey(p_invoice_number text, p_score integer)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_reward public.referral_rewards := private.used_reward(private.require_customer(), p_invoice_number);
begin
  if p_score is null or p_score not between 1 and 5 then
    perform private.fail(400, 'invalid_request', 'score');
  end if;
  insert into public.satisfaction_answers (reward_id, customer_id, score)
  values (v_reward.id, v_reward.customer_id, p_score)
  on conflict (reward_id) do nothing;
  if not found and p_score <> (select a.score from public.satisfaction_answers as a where a.reward_id = v_reward.id) then
    perform private.fail(409, 'survey_answered');
  end if;
  return private.survey_document(v_reward);
end;
$$;
comment on function public.answer_survey(text, integer) is
  'Customer: says how satisfied they were with a free month, from 1 to 5. The first answer counts; the same one again changes nothing. Raises not_found, survey_answered.';
revoke all on function public.answer_survey(text, integer) from public, anon, authenticated, service_role;
grant execute on function public.answer_survey(text, integer) to authenticated;

create function private.are_launch_targets(p_targets jsonb)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select jsonb_typeof(p_targets) = 'object'
    and (select count(*) from jsonb_object_keys(p_targets)) = 2
    and not exists (
      select 1
      from unnest(array['week_1', 'month_1']) as w (stage)
      cross join (values
        ('codes', 0, 100000000), ('referrals', 0, 100000000), ('active', 0, 100000000), ('earned', 0, 100000000),
        ('applied', 0, 100000000), ('fraud_bps', 0, 10000), ('p95_ms', 1, 60000), ('satisfaction_hundredths', 100, 500)
      ) as m (measure, least_value, most_value)
      where coalesce(jsonb_typeof(p_targets -> w.stage -> m.measure), '') <> 'number'
        or (p_targets -> w.stage ->> m.measure) !~ '^\d{1,9}$'
        or (p_targets -> w.stage ->> m.measure)::integer not between m.least_value and m.most_value)
$$;
comment on function private.are_launch_targets(jsonb) is
  'Whether these are targets of both stages, week_1 and month_1: each measure a whole number within its range.';
revoke all on function private.are_launch_targets(jsonb) from public, anon, authenticated, service_role;

create table public.launch_plans (
  version integer primary key check (version > 0),
  launched_on date,
  targets jsonb not null check (private.are_launch_targets(targets)),
  reason text not null check (length(btrim(reason)) between 3 and 500),
  created_by uuid,
  created_at timestamptz not null default now()
);
comment on table public.launch_plans is
  'The day of the launch, null while it is open, and what week 1 and month 1 shall bring. The highest version is in force. Shares in basis points, marks in hundredths.';

create trigger launch_plans_append_only
  before update or delete on public.launch_plans
  for each row execute function private.refuse_change();
create trigger launch_plans_no_truncate
  before truncate on public.launch_plans
  for each statement execute function private.refuse_change();

alter table public.launch_plans enable row level security;
revoke all on table public.launch_plans from public, anon, authenticated, service_role;
grant select on table public.launch_plans to service_role;

insert into public.launch_plans (version, targets, reason) values (1, '{
  "week_1": {"codes": 100, "referrals": 40, "active": 10, "earned": 0, "applied": 0,
    "fraud_bps": 500, "p95_ms": 200, "satisfaction_hundredths": 400},
  "month_1": {"codes": 500, "referrals": 250, "active": 120, "earned": 20, "applied": 10,
    "fraud_bps": 500, "p95_ms": 200, "satisfaction_hundredths": 400}
}', 'Targets to begin with');

create function private.launch_figures(p_from date, p_to date, p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'codes', (
      select count(*) from (
        select v.referrer_id from public.referral_visits as v where v.visited_at >= b.start and v.visited_at < b.finish
        union
        select r.referrer_id from public.customer_referrals as r where r.referred_at >= b.start and r.referred_at < b.finish
      ) as used),
    'referrals', made.referrals,
    'active', (
      select count(*) from public.customer_referrals as r where r.activated_at >= b.start and r.activated_at < b.finish),
    'earned', (
      select count(*) from public.referral_rewards as w
      where w.source = 'earned' and w.created_at >= b.start and w.created_at < b.finish),
    'applied', (
      select count(*) from public.referral_rewards as w where w.applied_at >= b.start and w.applied_at < b.finish),
    'fraud_bps', case when made.referrals > 0 then round(made.flagged * 10000.0 / made.referrals)::integer end,
    'p95_ms', private.request_p95_ms(p_from, p_to),
    'satisfaction_hundredths', (
      select round(avg(a.score) * 100)::integer from public.satisfaction_answers as a
      where a.created_at >= b.start and a.created_at < b.finish))
  from (
    select private.start_of_day(p_from, z.zone) as start, least(p_as_of, private.start_of_day(p_to, z.zone)) as finish
    from private.billing_time_zone() as z (zone)
  ) as b
  cross join lateral (
    select count(*) as referrals, count(*) filter (where exists (
      select 1 from public.referral_flags as f where f.referral_id = r.id and f.status <> 'shadow')) as flagged
    from public.customer_referrals as r
    where r.referred_at >= b.start and r.referred_at < b.finish
  ) as made
$$;
comment on function private.launch_figures(date, date, timestamptz) is
  'What the half-open days have brought until p_as_of. codes: customers whose link was opened or whose code was used. fraud_bps: the share of referrals with a fraud flag. Null: nothing to measure yet.';
revoke all on function private.launch_figures(date, date, timestamptz) from public, anon, authenticated, service_role;

create function private.launch_measures(p_targets jsonb, p_figures jsonb, p_progress numeric)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_agg(jsonb_build_object(
    'measure', f.measure, 'bound', f.bound, 'target', f.target, 'value', f.value, 'expected', f.expected,
    'status', case
      when p_progress is null then 'not_begun'
      when f.value is null then 'no_data'
      when f.bound = 'at_most' and f.value <= f.target then case when p_progress >= 1 then 'reached' else 'on_track' end
      when f.bound = 'at_least' and f.value >= f.target then 'reached'
      when p_progress >= 1 then 'missed'
      when f.bound = 'at_least' and f.grows and f.value >= f.expected then 'on_track'
      else 'behind'
    end) order by f.place)
  from (
    select m.*, (p_targets ->> m.measure)::integer as target, (p_figures ->> m.measure)::bigint as value,
      case when m.grows then floor((p_targets ->> m.measure)::integer * p_progress)::integer
        else (p_targets ->> m.measure)::integer end as expected
    from (values
      (1, 'codes', 'at_least', true), (2, 'referrals', 'at_least', true), (3, 'active', 'at_least', true),
      (4, 'earned', 'at_least', true), (5, 'applied', 'at_least', true), (6, 'fraud_bps', 'at_most', false),
      (7, 'p95_ms', 'at_most', false), (8, 'satisfaction_hundredths', 'at_least', false)
    ) as m (place, measure, bound, grows)
  ) as f
$$;
comment on function private.launch_measures(jsonb, jsonb, numeric) is
  'Each measure of a stage: target, value, and whether it is on track. A count is expected to grow evenly over the stage; p_progress is the part that is over, from 0 to 1, null before the launch.';
revoke all on function private.launch_measures(jsonb, jsonb, numeric) from public, anon, authenticated, service_role;

create function private.launch_report(p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'as_of', p_as_of, 'version', p.version, 'launched_on', p.launched_on, 'targets', p.targets,
    'stages', jsonb_agg(jsonb_build_object(
      'stage', s.stage, 'first_day', p.launched_on, 'last_day', s.ends_on - 1,
      'is_over', coalesce(r.progress >= 1, false),
      'measures', private.launch_measures(
        p.targets -> s.stage,
        case when r.progress is null then '{}' else private.launch_figures(p.launched_on, s.ends_on, p_as_of) end,
        r.progress)) order by s.ends_on, s.stage desc))
  from (select l.* from public.launch_plans as l order by l.version desc limit 1) as p
  cross join private.billing_time_zone() as z (zone)
  cross join lateral (values
    ('week_1', p.launched_on + 7), ('month_1', (p.launched_on + interval '1 month')::date)
  ) as s (stage, ends_on)
  cross join lateral (
    select private.start_of_day(p.launched_on, z.zone) as start, private.start_of_day(s.ends_on, z.zone) as finish
  ) as b
  cross join lateral (
    select case when p_as_of >= b.start
      then least(1, extract(epoch from p_as_of - b.start) / extract(epoch from b.finish - b.start)) end as progress
  ) as r
  group by p.version, p.launched_on, p.targets
$$;
comment on function private.launch_report(timestamptz) is
  'The launch targets: target, value until p_as_of and status of each measure, for week 1 and month 1.';
revoke all on function private.launch_report(timestamptz) from public, anon, authenticated, service_role;

create function public.get_launch()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
begin
  perform private.require_permission('customers:view');
  return private.launch_report(now());
end;
$$;
comment on function public.get_launch() is 'Admin with customers:view: the launch targets, and how far they are.';
revoke all on function public.get_launch() from public, anon, authenticated, service_role;
grant execute on function public.get_launch() to authenticated;

create function public.report_launch(p_as_of timestamptz default now())
returns jsonb
language sql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
as $$
  select private.launch_report(p_as_of)
$$;
comment on function public.report_launch(timestamptz) is 'Server, for `npm run report -- launch`: the launch targets, and how far they are.';
revoke all on function public.report_launch(timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.report_launch(timestamptz) to service_role;

create function public.update_launch_plan(p_launched_on date, p_targets jsonb, p_reason text, p_expected_version integer)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_old public.launch_plans;
begin
  v_actor := private.require_permission('program:manage');
  v_reason := private.trimmed_reason(p_reason);
  perform pg_advisory_xact_lock(hashtextextended('launch_plans', 0));
  select l.* into strict v_old from public.launch_plans as l order by l.version desc limit 1;
  if p_expected_version is distinct from v_old.version then
    perform private.fail(409, 'version_conflict');
  end if;
  if not coalesce(private.are_launch_targets(p_targets), false) then
    perform private.fail(400, 'invalid_request', 'targets');
  end if;
  insert into public.launch_plans (version, launched_on, targets, reason, created_by)
  values (v_old.version + 1, p_launched_on, p_targets, v_reason, v_actor);
  perform private.write_audit(
    v_actor, 'launch.updated', 'launch', (v_old.version + 1)::text, null, v_reason,
    jsonb_build_object('launched_on', v_old.launched_on, 'targets', v_old.targets),
    jsonb_build_object('launched_on', p_launched_on, 'targets', p_targets), now());
  return private.launch_report(now());
exception when sqlstate 'PT403' then
  return private.refused_call('launch.update', 'launch', null, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.update_launch_plan(date, jsonb, text, integer) is
  'Admin with program:manage: sets the day of the launch and its targets. Raises version_conflict when somebody else was faster.';
revoke all on function public.update_launch_plan(date, jsonb, text, integer) from public, anon, authenticated, service_role;
grant execute on function public.update_launch_plan(date, jsonb, text, integer) to authenticated;
