-- Settings: versions of the programme terms and of the billing settings. A version is never edited; the newest is in force.

create table public.referral_program (
  version integer primary key check (version > 0),
  code_prefix text not null default 'REF' check (code_prefix ~ '^[A-Z0-9]{2,8}$'),
  referrals_required integer not null default 2 check (referrals_required between 1 and 50),
  qualifying_days integer not null default 30 check (qualifying_days between 1 and 365),
  paid_invoices_required integer not null default 1 check (paid_invoices_required between 0 and 12),
  suspension_grace_days integer not null default 7 check (suspension_grace_days between 0 and 365),
  activation_window_days integer not null default 30 check (activation_window_days between 1 and 365),
  reward_expiry_months integer not null default 12 check (reward_expiry_months between 1 and 120),
  monthly_referral_limit integer not null default 10 check (monthly_referral_limit between 1 and 10000),
  velocity_alert integer not null default 5 check (velocity_alert between 1 and 10000),
  reward_cap_cents bigint check (reward_cap_cents > 0),
  reward_vat_treatment text not null default 'discount' check (reward_vat_treatment in ('discount', 'consideration')),
  promotion text not null default 'customers' check (promotion in ('customers', 'everyone')),
  attribution_days integer not null default 90 check (attribution_days between 1 and 400),
  is_paused boolean not null default false,
  reason text not null check (length(btrim(reason)) between 3 and 500),
  created_by uuid,
  created_at timestamptz not null default now(),
  effective_at timestamptz check (effective_at > created_at)
);
comment on table public.referral_program is
  'Versions of the programme terms. The highest version that counts already is in force; a referral keeps the version it was made under.';
comment on column public.referral_program.effective_at is
  'From when a scheduled version counts, the beginning of a day in the billing time zone. Null: from when it was made.';
comment on column public.referral_program.reward_cap_cents is 'Ceiling of one free month in cents, VAT included; null = no ceiling.';
comment on column public.referral_program.paid_invoices_required is
  'How many of a friend''s invoices must be paid in full before the friend counts. A free or fully credited invoice counts as paid.';
comment on column public.referral_program.suspension_grace_days is
  'A suspension of a friend''s service stops the clock; one that is longer than this many days ends the referral.';
comment on column public.referral_program.reward_vat_treatment is
  'discount: a free month lowers the price, and VAT is computed on what remains. consideration: VAT stays due on the full price, and the free month is a credit against the total.';
comment on column public.referral_program.promotion is
  'customers: only customers read about the reward. everyone: public pages promote the programme too.';

create trigger referral_program_append_only
  before update or delete on public.referral_program
  for each row execute function private.refuse_change();
create trigger referral_program_no_truncate
  before truncate on public.referral_program
  for each statement execute function private.refuse_change();

alter table public.referral_program enable row level security;
revoke all on table public.referral_program from public, anon, authenticated, service_role;
grant select on table public.referral_program to service_role;
grant select on table public.referral_program to authenticated;
create policy referral_program_select on public.referral_program
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create table public.referral_program_withdrawals (
  version integer primary key references public.referral_program (version),
  reason text not null check (length(btrim(reason)) between 3 and 500),
  withdrawn_by uuid not null,
  withdrawn_at timestamptz not null default now()
);
comment on table public.referral_program_withdrawals is 'Scheduled versions of the terms that were withdrawn before they counted. They never count.';

create trigger referral_program_withdrawals_append_only
  before update or delete on public.referral_program_withdrawals
  for each row execute function private.refuse_change();
create trigger referral_program_withdrawals_no_truncate
  before truncate on public.referral_program_withdrawals
  for each statement execute function private.refuse_change();

alter table public.referral_program_withdrawals enable row level security;
revoke all on table public.referral_program_withdrawals from public, anon, authenticated, service_role;
grant select on table public.referral_program_withdrawals to service_role;
grant select on table public.referral_program_withdrawals to authenticated;
create policy referral_program_withdrawals_select on public.referral_program_withdrawals
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create function private.current_terms()
returns public.referral_program
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select p
    from public.referral_program as p
    where (p.effective_at is null or p.effective_at <= now())
      and not exists (select 1 from public.referral_program_withdrawals as x where x.version = p.version)
    order by p.version desc
    limit 1);
end;
$$;
comment on function private.current_terms() is 'The programme terms in force.';
revoke all on function private.current_terms() from public, anon, authenticated, service_role;

create function private.terms_at(p_at timestamptz)
returns public.referral_program
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select p
    from public.referral_program as p
    cross join lateral (select coalesce(p.effective_at, p.created_at) <= p_at as counts) as then_
    where not exists (select 1 from public.referral_program_withdrawals as x where x.version = p.version)
    order by then_.counts desc, case when then_.counts then p.version end desc, p.version
    limit 1);
end;
$$;
comment on function private.terms_at(timestamptz) is
  'The programme terms that were in force at an instant; the first ones for an instant before them.';
revoke all on function private.terms_at(timestamptz) from public, anon, authenticated, service_role;

create function private.scheduled_terms()
returns public.referral_program
language sql
stable
set search_path = ''
as $$
  select p
  from public.referral_program as p
  where p.effective_at > now()
    and p.version > (private.current_terms()).version
    and not exists (select 1 from public.referral_program_withdrawals as x where x.version = p.version)
  order by p.version desc
  limit 1
$$;
comment on function private.scheduled_terms() is
  'The version of the terms that counts later; null when none is scheduled. There is one at a time: a change before its day makes it anew.';
revoke all on function private.scheduled_terms() from public, anon, authenticated, service_role;

create function private.terms_state(p_terms public.referral_program)
returns text
language sql
stable
set search_path = ''
as $$
  select case
    when p_terms.version = (private.current_terms()).version then 'in_force'
    when p_terms.version = (private.scheduled_terms()).version then 'scheduled'
    when exists (select 1 from public.referral_program_withdrawals as x where x.version = p_terms.version) then 'withdrawn'
    -- A later version counted before its day.
    when p_terms.effective_at > now() or exists (
      select 1 from public.referral_program as n
      where n.version > p_terms.version and coalesce(n.effective_at, n.created_at) <= p_terms.effective_at
        and not exists (select 1 from public.referral_program_withdrawals as x where x.version = n.version)) then 'replaced'
    else 'past'
  end
$$;
comment on function private.terms_state(public.referral_program) is
  'in_force, scheduled, past; withdrawn and replaced versions never counted.';
revoke all on function private.terms_state(public.referral_program) from public, anon, authenticated, service_role;

create function private.published_terms(p_terms public.referral_program)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return to_jsonb(p_terms) - array['velocity_alert', 'reason', 'created_by', 'created_at', 'effective_at'];
end;
$$;
comment on function private.published_terms(public.referral_program) is
  'A version of the terms as everybody may read it: without the thresholds of the fraud rules.';
revoke all on function private.published_terms(public.referral_program) from public, anon, authenticated, service_role;

create function private.public_terms()
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.published_terms(private.current_terms())
    || case when private.rewards_are_on() then '{}' else '{"is_paused": true}' end::jsonb;
end;
$$;
comment on function private.public_terms() is 'The terms in force, for everybody. With rewards switched off the programme is paused.';
revoke all on function private.public_terms() from public, anon, authenticated, service_role;

create function public.get_terms_versions(p_version integer default null)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'terms', (
      select case when p.version = current.version then private.public_terms() else private.published_terms(p) end
      from public.referral_program as p
      where p.version = coalesce(p_version, current.version) and private.terms_state(p) in ('in_force', 'past')),
    'current_version', current.version,
    'versions', (
      select jsonb_agg(jsonb_build_object('version', v.version, 'in_force_from', v.created_at) order by v.version desc)
      from (
        select p.version, coalesce(p.effective_at, p.created_at) as created_at
        from public.referral_program as p
        where private.terms_state(p) in ('in_force', 'past')
        -- The one after the version asked for says until when that was in force.
        order by p.version = p_version desc, case when p.version > p_version then p.version end,
          p.version desc
        limit 50
      ) as v)
  )
  from private.current_terms() as current
$$;
comment on function public.get_terms_versions(integer) is
  'Server: one version of the terms as everybody may read it, null if there is none, the current one without p_version; and the newest 50 versions with the instant from which each was in force.';
revoke all on function public.get_terms_versions(integer) from public, anon, authenticated, service_role;
grant execute on function public.get_terms_versions(integer) to service_role;

create function private.hold_terms()
returns void
language sql
set search_path = ''
as $$
  select pg_advisory_xact_lock_shared(hashtextextended('referral_program', 0))
$$;
comment on function private.hold_terms() is
  'No new version of the terms takes effect until this transaction ends.';
revoke all on function private.hold_terms() from public, anon, authenticated, service_role;

create function private.terms_document(p_terms public.referral_program)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(p_terms) - 'created_by' || jsonb_build_object(
    'created_by_name', private.admin_name(p_terms.created_by), 'state', private.terms_state(p_terms))
$$;
comment on function private.terms_document(public.referral_program) is 'A version of the terms as admins see it.';
revoke all on function private.terms_document(public.referral_program) from public, anon, authenticated, service_role;

create function public.get_program()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_scheduled public.referral_program := private.scheduled_terms();
begin
  perform private.require_permission('program:manage');
  return jsonb_build_object(
    'current', private.terms_document(private.current_terms()),
    'scheduled', case when v_scheduled.version is not null then private.terms_document(v_scheduled) end,
    'versions', (
      select jsonb_agg(private.terms_document(recent.p) order by (recent.p).version desc)
      from (select p from public.referral_program as p order by p.version desc limit 50) as recent),
    'switches', private.switch_documents(),
    'brand_name', (private.current_billing_settings()).brand_name,
    'currency', (private.current_billing_settings()).currency
  );
end;
$$;
comment on function public.get_program() is
  'Admin with program:manage: the terms in force, those that are scheduled, and the newest 50 versions.';
revoke all on function public.get_program() from public, anon, authenticated, service_role;
grant execute on function public.get_program() to authenticated;

create function public.get_terms_effect()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('program:manage');
  return jsonb_build_object(
    'open', coalesce((
      select jsonb_agg(jsonb_build_object('version', o.version, 'pending', o.pending, 'active', o.active) order by o.version desc)
      from (
        select r.program_version as version, count(*) filter (where r.status = 'pending') as pending,
          count(*) filter (where r.status = 'active') as active
        from public.customer_referrals as r
        where r.status in ('pending', 'active')
        group by r.program_version
      ) as o), '[]'),
    'waiting_rewards', (select count(*) from public.referral_rewards as w where w.status = 'pending'),
    'recorded_30_days', (
      select count(*) from public.customer_referrals as r where r.referred_at > now() - interval '30 days'));
end;
$$;
comment on function public.get_terms_effect() is
  'Admin with program:manage: what new terms do not change: open referrals by the version that they keep, and waiting free months; and how many referrals were recorded in 30 days.';
revoke all on function public.get_terms_effect() from public, anon, authenticated, service_role;
grant execute on function public.get_terms_effect() to authenticated;

create function private.insert_terms(
  p_terms public.referral_program, p_before public.referral_program, p_reason text, p_author uuid, p_actor uuid,
  p_effective_at timestamptz
)
returns public.referral_program
language plpgsql
set search_path = ''
as $$
declare
  v_new public.referral_program := p_terms;
begin
  select max(p.version) + 1 into v_new.version from public.referral_program as p;
  v_new.reason := p_reason;
  v_new.created_by := p_author;
  v_new.created_at := now();
  v_new.effective_at := p_effective_at;
  insert into public.referral_program select v_new.* returning * into v_new;
  perform private.write_audit(
    p_actor, 'program.updated', 'program', v_new.version::text, null, p_reason,
    to_jsonb(p_before) - array['reason', 'created_by', 'created_at', 'effective_at'],
    jsonb_strip_nulls(jsonb_build_object('effective_at', p_effective_at))
      || to_jsonb(v_new) - array['reason', 'created_by', 'created_at', 'effective_at'], now());
  return v_new;
end;
$$;
comment on function private.insert_terms(public.referral_program, public.referral_program, text, uuid, uuid, timestamptz) is
  'Writes the next version of the terms, with its audit row. The caller holds the lock of the terms.';
revoke all on function private.insert_terms(public.referral_program, public.referral_program, text, uuid, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.carried_terms(
  p_scheduled public.referral_program, p_before public.referral_program, p_after public.referral_program
)
returns public.referral_program
language sql
stable
set search_path = ''
as $$
  select jsonb_populate_record(p_scheduled, coalesce((
    select jsonb_object_agg(changed.key, changed.value)
    from jsonb_each(to_jsonb(p_after) - array['version', 'reason', 'created_by', 'created_at', 'effective_at']) as changed
    where changed.value is distinct from to_jsonb(p_before) -> changed.key
      and to_jsonb(p_scheduled) -> changed.key is not distinct from to_jsonb(p_before) -> changed.key), '{}'))
$$;
comment on function private.carried_terms(public.referral_program, public.referral_program, public.referral_program) is
  'A scheduled version after a change that counts before it: what was changed stays changed, unless the schedule changes it itself. So a pause outlasts the day of the schedule.';
revoke all on function private.carried_terms(public.referral_program, public.referral_program, public.referral_program)
  from public, anon, authenticated, service_role;

create function private.start_of_schedule(p_day date)
returns timestamptz
language plpgsql
stable
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
  v_today date := private.local_date(now(), v_zone);
begin
  if p_day is null then
    return null;
  end if;
  if p_day <= v_today or p_day > v_today + 366 then
    perform private.fail(400, 'invalid_request', 'effective_on must be a later day, within a year');
  end if;
  return private.start_of_day(p_day, v_zone);
end;
$$;
comment on function private.start_of_schedule(date) is
  'The instant at which terms that are scheduled for a day begin to count. Null for no day. Raises invalid_request.';
revoke all on function private.start_of_schedule(date) from public, anon, authenticated, service_role;

create function public.update_program(
  p_terms jsonb, p_reason text, p_expected_version integer, p_effective_on date default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_old public.referral_program;
  v_new public.referral_program;
  v_later public.referral_program;
  v_effective timestamptz;
begin
  v_actor := private.require_permission('program:manage');
  v_reason := private.trimmed_reason(p_reason);
  v_effective := private.start_of_schedule(p_effective_on);
  perform private.require_recent_password();
  perform pg_advisory_xact_lock(hashtextextended('referral_program', 0));
  v_old := private.current_terms();
  v_later := private.scheduled_terms();
  if p_expected_version is distinct from v_old.version then
    perform private.fail_overtaken(
      'version_conflict', v_old.version::text, v_old.created_by, coalesce(v_old.effective_at, v_old.created_at));
  end if;
  if v_effective is not null and v_later.version is not null then
    perform private.fail_overtaken('version_scheduled', v_later.version::text, v_later.created_by, v_later.created_at);
  end if;
  v_new := private.insert_terms(
    jsonb_populate_record(v_old, p_terms - array['version', 'reason', 'created_by', 'created_at', 'effective_at']),
    v_old, v_reason, v_actor, v_actor, v_effective);
  if v_later.version is not null then
    perform private.insert_terms(
      private.carried_terms(v_later, v_old, v_new), v_new, v_later.reason, v_later.created_by, v_actor, v_later.effective_at);
  end if;
  return private.terms_document(v_new);
exception
  when check_violation or not_null_violation or invalid_text_representation or numeric_value_out_of_range then
    raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'terms out of range';
  when sqlstate 'PT403' then
    return private.refused_call('program.update', 'program', null, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.update_program(jsonb, text, integer, date) is
  'Admin with program:manage: makes a new version of the terms, which counts at once, or from the beginning of a later day. What counts at once is carried into a version that is scheduled. Raises password_needed, version_conflict if another version was made meanwhile, version_scheduled if one is scheduled already.';
revoke all on function public.update_program(jsonb, text, integer, date) from public, anon, authenticated, service_role;
grant execute on function public.update_program(jsonb, text, integer, date) to authenticated;

create function public.withdraw_scheduled_terms(p_version integer, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_scheduled public.referral_program;
begin
  v_actor := private.require_permission('program:manage');
  v_reason := private.trimmed_reason(p_reason);
  perform private.require_recent_password();
  perform pg_advisory_xact_lock(hashtextextended('referral_program', 0));
  v_scheduled := private.scheduled_terms();
  if v_scheduled.version is distinct from p_version then
    perform private.fail(409, 'version_conflict', p_version::text);
  end if;
  -- Versions that it replaced for the same time must not come back.
  insert into public.referral_program_withdrawals (version, reason, withdrawn_by, withdrawn_at)
  select p.version, v_reason, v_actor, now()
  from public.referral_program as p
  where p.effective_at > now()
    and not exists (select 1 from public.referral_program_withdrawals as x where x.version = p.version);
  perform private.write_audit(
    v_actor, 'program.withdrawn', 'program', p_version::text, null, v_reason,
    jsonb_build_object('effective_at', v_scheduled.effective_at), null, now());
  return jsonb_build_object('version', p_version, 'state', 'withdrawn');
exception when sqlstate 'PT403' then
  return private.refused_call('program.withdraw', 'program', p_version::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.withdraw_scheduled_terms(integer, text) is
  'Admin with program:manage: the scheduled version of the terms never counts. Raises password_needed, version_conflict when it is not the one that is scheduled, or counts already.';
revoke all on function public.withdraw_scheduled_terms(integer, text) from public, anon, authenticated, service_role;
grant execute on function public.withdraw_scheduled_terms(integer, text) to authenticated;

create table public.billing_settings (
  version integer primary key check (version > 0),
  currency text not null default 'ZAR' check (currency ~ '^[A-Z]{3}$'),
  vat_bps integer not null default 1500 check (vat_bps between 0 and 10000),
  time_zone text not null default 'Africa/Johannesburg',
  invoice_prefix text not null default 'INV' check (invoice_prefix ~ '^[A-Z0-9]{2,8}$'),
  payment_days integer not null default 30 check (payment_days between 0 and 120),
  brand_name text not null check (length(btrim(brand_name)) between 1 and 80),
  support_email text not null check (position('@' in support_email) > 1),
  seller jsonb not null check (seller ?& array['name', 'address', 'vat_number']),
  created_by uuid,
  created_at timestamptz not null default now(),
  credit_note_prefix text not null default 'CRN' check (credit_note_prefix ~ '^[A-Z0-9]{2,8}$'),
  payment_instructions text not null default '' check (length(payment_instructions) <= 1000),
  retention_years integer not null default 5 check (retention_years between 1 and 30),
  effective_on date not null check (effective_on between '2000-01-01' and '2999-12-31'),
  completion_months integer not null default 12 check (completion_months between 0 and 60),
  constraint billing_settings_prefixes_differ check (credit_note_prefix <> invoice_prefix)
);
comment on table public.billing_settings is
  'Versions of brand, seller and billing settings. On a day, the version with the latest effective_on until then is in force, the newest of these. Invoices snapshot what they need.';
comment on column public.billing_settings.effective_on is
  'First local day on which the version counts; the day of its entry when it is not given. What was supplied before keeps the earlier rate, seller, currency and time zone, whenever it is invoiced.';
comment on column public.billing_settings.completion_months is
  'How many earlier months a billing run completes, and how far back the list of unbilled months looks.';
comment on column public.billing_settings.vat_bps is 'VAT rate in basis points (1500 = 15 %), included in all prices.';
comment on column public.billing_settings.time_zone is 'The billing time zone: cycles and calendar rules follow its local calendar.';
comment on column public.billing_settings.seller is 'Legal seller for tax invoices: {name, address: [lines], vat_number, registration_number}.';
comment on column public.billing_settings.payment_instructions is
  'How to pay, line by line: the bank account, for example. The newest version is shown on every invoice that is not paid.';
comment on column public.billing_settings.retention_years is
  'How many years after its date an invoice or credit note keeps its buyer, when the customer was erased.';
comment on column public.billing_settings.credit_note_prefix is 'First part of credit note numbers: CRN-2026-000001.';

create function private.check_time_zone()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform now() at time zone new.time_zone;
  new.effective_on := coalesce(new.effective_on, private.local_date(now(), new.time_zone));
  return new;
exception when invalid_parameter_value then
  raise exception using errcode = 'PT400', message = 'invalid_request',
    detail = format('%s is not a time zone', new.time_zone);
end;
$$;
comment on function private.check_time_zone() is 'Trigger: a settings version names a time zone that exists, and counts from today when it names no day.';
revoke all on function private.check_time_zone() from public, anon, authenticated, service_role;

create function private.check_document_prefixes()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if exists (
    select 1 from public.billing_settings as s
    where s.credit_note_prefix = new.invoice_prefix or s.invoice_prefix = new.credit_note_prefix) then
    perform private.fail(400, 'invalid_request', 'invoices and credit notes never share a prefix');
  end if;
  return new;
end;
$$;
comment on function private.check_document_prefixes() is
  'Trigger: a prefix once used for invoices is never used for credit notes, nor the reverse, because both series would have gaps.';
revoke all on function private.check_document_prefixes() from public, anon, authenticated, service_role;

create trigger billing_settings_time_zone
  before insert on public.billing_settings
  for each row execute function private.check_time_zone();
create trigger billing_settings_append_only
  before update or delete on public.billing_settings
  for each row execute function private.refuse_change();
create trigger billing_settings_no_truncate
  before truncate on public.billing_settings
  for each statement execute function private.refuse_change();
create trigger billing_settings_prefixes
  before insert on public.billing_settings
  for each row execute function private.check_document_prefixes();

alter table public.billing_settings enable row level security;
revoke all on table public.billing_settings from public, anon, authenticated, service_role;
grant select on table public.billing_settings to service_role;
grant select on table public.billing_settings to authenticated;
create policy billing_settings_select on public.billing_settings
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create function private.current_billing_settings()
returns public.billing_settings
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select s
    from public.billing_settings as s
    where s.effective_on <= private.local_date(now(), s.time_zone)
    order by s.effective_on desc, s.version desc
    limit 1);
end;
$$;
comment on function private.current_billing_settings() is 'The billing settings in force.';
revoke all on function private.current_billing_settings() from public, anon, authenticated, service_role;

create function private.billing_settings_on(p_day date, p_known integer default null)
returns public.billing_settings
language sql
stable
set search_path = ''
as $$
  select s
  from public.billing_settings as s
  where s.version <= coalesce(p_known, s.version)
  -- Before the first version counted, the earliest one does.
  order by s.effective_on <= p_day desc, case when s.effective_on <= p_day then s.effective_on end desc,
    s.effective_on, s.version desc
  limit 1
$$;
comment on function private.billing_settings_on(date, integer) is
  'The billing settings in force on a local day, of the versions up to p_known. Null: of all versions.';
revoke all on function private.billing_settings_on(date, integer) from public, anon, authenticated, service_role;

create function private.cycle_settings(p_period_start date, p_known integer default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(private.billing_settings_on(p_period_start, p_known)) - array['created_by', 'created_at']
    || jsonb_build_object('vat_changes', coalesce((
      select jsonb_agg(jsonb_build_object('effective_on', ch.effective_on, 'vat_bps', ch.vat_bps) order by ch.effective_on)
      from (
        select distinct on (s.effective_on) s.effective_on, s.vat_bps
        from public.billing_settings as s
        where s.effective_on > p_period_start and s.version <= coalesce(p_known, s.version)
        order by s.effective_on, s.version desc
      ) as ch), '[]'))
$$;
comment on function private.cycle_settings(date, integer) is
  'The billing settings on the first day of a cycle, and the VAT rates that count from later days on, of the versions up to p_known.';
revoke all on function private.cycle_settings(date, integer) from public, anon, authenticated, service_role;

create function private.billing_time_zone()
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select s.time_zone
    from public.billing_settings as s
    where s.effective_on <= private.local_date(now(), s.time_zone)
    order by s.effective_on desc, s.version desc
    limit 1);
end;
$$;
comment on function private.billing_time_zone() is 'The billing time zone in force.';
revoke all on function private.billing_time_zone() from public, anon, authenticated, service_role;

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
revoke all on function public.get_billing_settings() from public, anon, authenticated, service_role;
grant execute on function public.get_billing_settings() to service_role;

create function public.get_cycle_settings(p_period_start date)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select private.cycle_settings(p_period_start)
$$;
comment on function public.get_cycle_settings(date) is
  'Server: the billing settings on the first day of a cycle, and the VAT rates that count from later days on.';
revoke all on function public.get_cycle_settings(date) from public, anon, authenticated, service_role;
grant execute on function public.get_cycle_settings(date) to service_role;

create function public.get_payment_instructions()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('billing:manage_invoices');
  return (
    select jsonb_build_object(
      'version', max(s.version),
      'payment_instructions', (private.current_billing_settings()).payment_instructions)
    from public.billing_settings as s);
end;
$$;
comment on function public.get_payment_instructions() is
  'Admin with billing:manage_invoices: how customers are told to pay, and the number of the newest version of the settings.';
revoke all on function public.get_payment_instructions() from public, anon, authenticated, service_role;
grant execute on function public.get_payment_instructions() to authenticated;

create function private.instruction_lines(p_text text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_text text := btrim(replace(replace(coalesce(p_text, ''), E'\r\n', E'\n'), E'\r', E'\n'), E' \n');
begin
  if length(v_text) > 1000 or exists (
    select 1 from unnest(string_to_array(v_text, E'\n')) as line where not private.is_plain_line(line)) then
    perform private.fail(400, 'invalid_request', 'payment_instructions');
  end if;
  return v_text;
end;
$$;
comment on function private.instruction_lines(text) is
  'Payment instructions as stored: lines of plain text, 1000 characters at most. Raises invalid_request.';
revoke all on function private.instruction_lines(text) from public, anon, authenticated, service_role;

create function public.update_payment_instructions(p_instructions text, p_reason text, p_expected_version integer)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_instructions text := private.instruction_lines(p_instructions);
  v_known integer;
  v_row public.billing_settings;
  v_next integer;
begin
  v_actor := private.require_permission('billing:manage_invoices');
  perform set_config('audit.reason', private.trimmed_reason(p_reason), true);
  -- Whoever changes the bank account changes where all customers pay to.
  perform private.require_recent_password();
  perform pg_advisory_xact_lock(hashtextextended('billing_settings', 0));
  select max(s.version) into v_known from public.billing_settings as s;
  if p_expected_version is distinct from v_known then
    perform private.fail(409, 'version_conflict');
  end if;
  v_next := v_known;
  -- A version that counts from a later day must not bring the earlier instructions back on that day.
  for v_row in
    select (private.current_billing_settings()).*
    union all
    select later.* from (
      select distinct on (s.effective_on) s.* from public.billing_settings as s
      where s.effective_on > private.local_date(now(), s.time_zone)
      order by s.effective_on, s.version desc) as later
  loop
    v_next := v_next + 1;
    v_row.version := v_next;
    v_row.payment_instructions := v_instructions;
    v_row.created_by := v_actor;
    v_row.created_at := now();
    v_row.effective_on := greatest(v_row.effective_on, private.local_date(now(), v_row.time_zone));
    insert into public.billing_settings select v_row.*;
  end loop;
  perform set_config('audit.reason', '', true);
  return public.get_payment_instructions();
exception when sqlstate 'PT403' then
  return private.refused_call('payment_instructions.update', 'billing_settings', null, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.update_payment_instructions(text, text, integer) is
  'Admin with billing:manage_invoices: makes a new version of the billing settings with other payment instructions, for now and for every later day that has a version. Raises password_needed, version_conflict, invalid_request.';
revoke all on function public.update_payment_instructions(text, text, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.update_payment_instructions(text, text, integer) to authenticated;

-- What a new installation starts with.
insert into public.referral_program (version, reason) values (1, 'Programme defaults');
insert into public.billing_settings (version, effective_on, brand_name, support_email, payment_instructions, seller)
values (
  1, '2000-01-01', 'Acme Fibre', 'support@acmefibre.example',
  E'Bank transfer to Acme Fibre (Pty) Ltd\nFirst National Bank, branch 250655\nAccount 6200 000 0000',
  '{"name": "Acme Fibre (Pty) Ltd", "address": ["14 Loop Street", "Cape Town City Centre", "Cape Town 8001"], "vat_number": "4000000000", "registration_number": "2019/000000/07"}'
);
