-- Approvals: what one admin may not do alone. A request keeps what was asked for; a second person decides; it is carried
-- out once.

create table public.approvals (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('billing_run', 'package_change', 'credit_note', 'bulk_job')),
  intent jsonb not null,
  customer_id uuid references public.customers (id),
  amount_cents bigint,
  reason text not null check (length(reason) between 3 and 500),
  requested_by uuid not null,
  requested_at timestamptz not null default now(),
  expires_at timestamptz not null,
  status text not null default 'pending' check (status in ('pending', 'approved', 'declined', 'withdrawn')),
  decided_by uuid,
  decided_at timestamptz,
  decision_reason text check (length(decision_reason) between 3 and 500),
  carried_out_at timestamptz,
  result jsonb,
  check ((status = 'pending') = (decided_at is null)),
  check ((decided_at is null) = (decided_by is null)),
  check (carried_out_at is null or status = 'approved')
);
comment on table public.approvals is
  'Requests for acts that need a second person. intent holds the arguments of the act. A pending request after expires_at has expired. amount_cents: with VAT.';

create unique index approvals_waiting on public.approvals (kind, intent) where status = 'pending';
create index approvals_requested on public.approvals (requested_at desc, id desc);
create index approvals_customer on public.approvals (customer_id) where customer_id is not null;

create function private.keep_approval()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- All that still happens to a decided request is that it is carried out.
  if old.status = 'pending'
    or (old.status = 'approved' and old.carried_out_at is null and to_jsonb(old) - array['carried_out_at', 'result']
      = to_jsonb(new) - array['carried_out_at', 'result']) then
    return new;
  end if;
  raise exception using errcode = 'PT409', message = 'approval_closed', detail = old.status;
end;
$$;
comment on function private.keep_approval() is 'Trigger: a decided request changes no more.';
revoke all on function private.keep_approval() from public, anon, authenticated, service_role;

create trigger approvals_final
  before update on public.approvals
  for each row execute function private.keep_approval();
create trigger approvals_kept
  before delete on public.approvals
  for each row execute function private.refuse_change();

alter table public.approvals enable row level security;
revoke all on table public.approvals from public, anon, authenticated, service_role;
grant select on table public.approvals to service_role;
grant select on table public.approvals to authenticated;
create policy approvals_select on public.approvals
  for select to authenticated
  using ((select public.has_permission('orders:manage')) or (select public.has_permission('billing:manage_invoices')));

create function private.approval_permission(p_kind text)
returns text
language sql
immutable
set search_path = ''
as $$
  -- The roles that have one of the two have both. A bulk job asks for the permission of its act besides.
  select case when p_kind in ('package_change', 'bulk_job') then 'orders:manage' else 'billing:manage_invoices' end
$$;
comment on function private.approval_permission(text) is 'The permission that an act needs, and with it the request and its approval.';
revoke all on function private.approval_permission(text) from public, anon, authenticated, service_role;

create function private.approval_status(p_approval public.approvals)
returns text
language sql
stable
set search_path = ''
as $$
  select case
    when p_approval.status = 'pending' and p_approval.expires_at <= now() then 'expired'
    else p_approval.status
  end
$$;
comment on function private.approval_status(public.approvals) is 'The status of a request at this moment; expired when nobody decided it in time.';
revoke all on function private.approval_status(public.approvals) from public, anon, authenticated, service_role;

create function private.possible_approvers(p_approval public.approvals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(a.name order by a.name, a.id), '[]')
  from public.admin_users as a
  join public.role_permissions as rp
    on rp.role = a.role and rp.permission = private.approval_permission(p_approval.kind)
  where private.is_acting_admin(a) and not private.is_one_person(a.auth_user_id, p_approval.requested_by)
$$;
comment on function private.possible_approvers(public.approvals) is 'The names of those who may decide a request, besides the person who asked.';
revoke all on function private.possible_approvers(public.approvals) from public, anon, authenticated, service_role;

create function private.approval_waits_for_me(p_approval public.approvals)
returns boolean
language sql
stable
set search_path = ''
as $$
  select p_approval.status = 'pending' and private.approval_status(p_approval) = 'pending'
    and public.has_permission(private.approval_permission(p_approval.kind))
    and not private.is_one_person(p_approval.requested_by, (select auth.uid()))
$$;
comment on function private.approval_waits_for_me(public.approvals) is
  'Whether a request is undecided and the caller may decide it: they have the permission and did not ask for it.';
revoke all on function private.approval_waits_for_me(public.approvals) from public, anon, authenticated, service_role;

create function private.approval_document(p_approval public.approvals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(p_approval) - 'decided_by' || jsonb_build_object(
    'status', private.approval_status(p_approval),
    'requested_by_name', private.admin_name(p_approval.requested_by),
    'decided_by_name', private.admin_name(p_approval.decided_by),
    'waits_for', case when private.approval_status(p_approval) = 'pending' then private.possible_approvers(p_approval) else '[]' end,
    'is_mine', private.is_one_person(p_approval.requested_by, (select auth.uid())),
    'may_decide', public.has_permission(private.approval_permission(p_approval.kind))
      and not private.is_one_person(p_approval.requested_by, (select auth.uid())),
    'customer_name', (
      select btrim(c.first_name || ' ' || c.last_name) from public.customers as c where c.id = p_approval.customer_id))
$$;
comment on function private.approval_document(public.approvals) is 'A request as admins see it, and whether the caller may decide it.';
revoke all on function private.approval_document(public.approvals) from public, anon, authenticated, service_role;

create function private.request_approval(
  p_kind text, p_intent jsonb, p_customer_id uuid, p_amount_cents bigint, p_reason text, p_actor uuid
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_approval public.approvals;
begin
  -- A request that nobody decided in time gives way to the next one for the same act.
  update public.approvals as ap
  set status = 'withdrawn', decided_by = ap.requested_by, decided_at = now(), decision_reason = 'Nobody decided in time'
  where ap.kind = p_kind and ap.intent = p_intent and ap.status = 'pending' and ap.expires_at <= now();
  insert into public.approvals (kind, intent, customer_id, amount_cents, reason, requested_by, expires_at)
  values (
    p_kind, p_intent, p_customer_id, p_amount_cents, p_reason, p_actor,
    now() + make_interval(hours => (private.current_admin_settings()).approval_hours))
  on conflict (kind, intent) where status = 'pending' do nothing
  returning * into v_approval;
  if v_approval.id is null then
    select ap.* into strict v_approval
    from public.approvals as ap
    where ap.kind = p_kind and ap.intent = p_intent and ap.status = 'pending';
  else
    perform private.write_audit(
      p_actor, 'approval.requested', 'approval', v_approval.id::text, p_customer_id, p_reason, null,
      jsonb_build_object('kind', p_kind, 'intent', p_intent, 'amount_cents', p_amount_cents), now());
  end if;
  return jsonb_build_object(
    'approval_id', v_approval.id, 'status', 'pending_approval', 'expires_at', v_approval.expires_at);
end;
$$;
comment on function private.request_approval(text, jsonb, uuid, bigint, text, uuid) is
  'Asks for a second person, once per act; asking again finds the request that waits.';
revoke all on function private.request_approval(text, jsonb, uuid, bigint, text, uuid)
  from public, anon, authenticated, service_role;

create function public.request_forced_run(p_period_start date, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  perform private.require_permission('billing:manage_invoices');
  perform private.require_permission('admins:manage');
  perform private.require_recent_password();
  return private.request_approval(
    'billing_run', jsonb_build_object('period_start', p_period_start), null, null, private.trimmed_reason(p_reason),
    private.require_user());
exception when sqlstate 'PT403' then
  return private.refused_call('billing_run.force', 'billing_run', null, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.request_forced_run(date, text) is
  'Owner: asks a second person for the billing run of a cycle that has not begun. Raises forbidden, password_needed.';
revoke all on function public.request_forced_run(date, text) from public, anon, authenticated, service_role;
grant execute on function public.request_forced_run(date, text) to authenticated;

create function private.use_run_approval(p_period_start date, p_actor uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if private.local_date(p_as_of, private.billing_time_zone()) >= p_period_start then
    return;
  end if;
  update public.approvals as ap
  set carried_out_at = now(), result = jsonb_build_object('period_start', p_period_start)
  where ap.id = (
    select waiting.id from public.approvals as waiting
    where waiting.kind = 'billing_run' and waiting.intent = jsonb_build_object('period_start', p_period_start)
      and waiting.requested_by = p_actor and waiting.status = 'approved' and waiting.carried_out_at is null
    order by waiting.decided_at limit 1 for update);
  if not found then
    perform private.fail(409, 'approval_needed', p_period_start::text);
  end if;
end;
$$;
comment on function private.use_run_approval(date, uuid, timestamptz) is
  'An admin forces a run of a cycle that has not begun only with the approval of a second person; each approval opens one run. Raises approval_needed.';
revoke all on function private.use_run_approval(date, uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.carry_out(p_approval public.approvals)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  -- The asker must still be allowed to do it.
  perform private.require_permission_of(p_approval.requested_by, private.approval_permission(p_approval.kind));
  return case p_approval.kind
    when 'package_change' then private.change_service_package(
      (p_approval.intent ->> 'service_id')::uuid, p_approval.intent ->> 'package_slug', p_approval.reason,
      p_approval.requested_by, now())
    when 'credit_note' then private.issue_credit_note(
      p_approval.intent ->> 'invoice_number', (p_approval.intent ->> 'amount_cents')::bigint, p_approval.reason,
      null, p_approval.requested_by, now())
    when 'bulk_job' then private.begin_bulk_job((p_approval.intent ->> 'job_id')::uuid, p_approval.requested_by)
  end;
end;
$$;
comment on function private.carry_out(public.approvals) is
  'Does what a request asked for, in the name of the asker. A billing run takes longer than a transaction: the server opens it, and the run uses up the approval. Raises what the act raises.';
revoke all on function private.carry_out(public.approvals) from public, anon, authenticated, service_role;

create function public.decide_approval(p_id uuid, p_decision text, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_approval public.approvals;
  v_result jsonb;
begin
  v_actor := private.require_user();
  v_reason := private.trimmed_reason(p_reason);
  select ap.* into v_approval from public.approvals as ap where ap.id = p_id for update;
  if v_approval.id is null then
    if not public.has_permission('orders:manage') then
      perform private.require_permission('billing:manage_invoices');
    end if;
    perform private.fail(404, 'not_found', 'approval');
  end if;
  perform private.require_permission(private.approval_permission(v_approval.kind));
  if p_decision is null or p_decision not in ('approve', 'decline', 'withdraw') then
    perform private.fail(400, 'invalid_request', 'decision');
  end if;
  if (p_decision = 'withdraw') <> private.is_one_person(v_approval.requested_by, v_actor) then
    perform private.fail(403, 'own_request');
  end if;
  if private.approval_status(v_approval) <> 'pending' then
    -- A press that is repeated finds its own answer.
    if v_approval.status = 'approved' and p_decision = 'approve' and v_approval.decided_by = v_actor then
      return private.approval_document(v_approval);
    end if;
    perform private.fail_overtaken(
      'approval_closed', private.approval_status(v_approval), v_approval.decided_by,
      coalesce(v_approval.decided_at, v_approval.expires_at));
  end if;
  if p_decision = 'approve' then
    perform private.require_recent_password();
    if v_approval.kind = 'bulk_job' then
      perform private.refuse_own_bulk((v_approval.intent ->> 'job_id')::uuid, v_actor);
    end if;
    if v_approval.customer_id is not null then
      perform private.refuse_own_account(v_approval.customer_id, v_actor);
    end if;
  end if;
  update public.approvals as ap
  set status = case p_decision when 'approve' then 'approved' when 'decline' then 'declined' else 'withdrawn' end,
    decided_by = v_actor, decided_at = now(), decision_reason = v_reason
  where ap.id = p_id
  returning * into v_approval;
  perform private.write_audit(
    v_actor, 'approval.' || v_approval.status, 'approval', p_id::text, v_approval.customer_id, v_reason, null,
    jsonb_build_object('kind', v_approval.kind, 'intent', v_approval.intent), now());
  if v_approval.status = 'approved' and v_approval.kind <> 'billing_run' then
    v_result := private.carry_out(v_approval);
    update public.approvals as ap set carried_out_at = now(), result = v_result where ap.id = p_id returning * into v_approval;
  end if;
  return private.approval_document(v_approval);
exception when sqlstate 'PT403' then
  return private.refused_call('approval.decide', 'approval', p_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.decide_approval(uuid, text, text) is
  'Admin with the permission of the act: approves, declines, or withdraws an own request, with a reason. What is approved is carried out in the same transaction, except for a billing run, which the server opens. Raises own_request, own_account, password_needed, approval_closed, and what the act raises.';
revoke all on function public.decide_approval(uuid, text, text) from public, anon, authenticated, service_role;
grant execute on function public.decide_approval(uuid, text, text) to authenticated;

create function public.list_approvals(
  p_status text default null, p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25,
  p_sort text default null, p_backward boolean default false, p_count boolean default false
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  if not public.has_permission('orders:manage') then
    perform private.require_permission('billing:manage_invoices');
  end if;
  return private.list_page(
    'approvals', 'public.approvals as t',
    array[case
      when p_status = 'for_me' then 'private.approval_waits_for_me(t)'
      when p_status is not null then format('private.approval_status(t) = %L', p_status) end],
    'private.approval_document(page.found)', array['-requested_at'], p_sort,
    p_cursor_at, p_cursor_id, private.page_size(p_limit), p_backward, p_count)
    || jsonb_build_object('currency', (private.current_billing_settings()).currency);
end;
$$;
comment on function public.list_approvals(text, timestamptz, uuid, integer, text, boolean, boolean) is
  'Admin with orders:manage or billing:manage_invoices: requests for a second person, newest first, keyset-paged either way; p_status is one of a request, or for_me: those that the caller may decide. Raises invalid_request.';
revoke all on function public.list_approvals(text, timestamptz, uuid, integer, text, boolean, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.list_approvals(text, timestamptz, uuid, integer, text, boolean, boolean) to authenticated;

create function private.manual_grants_of(p_actor uuid, p_as_of timestamptz)
returns integer
language sql
stable
set search_path = ''
as $$
  select coalesce(sum(month.grants), 0)::integer
  from (
    select w.granted_by, count(*) as grants
    from public.referral_rewards as w, private.billing_time_zone() as z (time_zone)
    where w.source = 'manual'
      and w.created_at >= private.start_of_day(
        date_trunc('month', private.local_date(p_as_of, z.time_zone)::timestamp)::date, z.time_zone)
    group by w.granted_by
  ) as month
  where private.is_one_person(month.granted_by, p_actor)
$$;
comment on function private.manual_grants_of(uuid, timestamptz) is
  'How many free months a person granted by hand, under whatever login, in the month of p_as_of in the billing time zone.';
revoke all on function private.manual_grants_of(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.limit_manual_grants(p_customer_id uuid, p_confirm_recent boolean, p_actor uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_limit integer := (private.current_admin_settings()).monthly_grants_per_admin;
  v_recent public.referral_rewards;
begin
  -- Two grants of one person at once are counted one after the other.
  perform pg_advisory_xact_lock(hashtextextended('manual_grants', 0));
  if exists (select 1 from public.admin_users as a where a.auth_user_id = p_actor)
    and private.manual_grants_of(p_actor, p_as_of) >= v_limit then
    perform private.fail(409, 'grant_limit_reached', v_limit::text);
  end if;
  if p_confirm_recent then
    return;
  end if;
  select w.* into v_recent
  from public.referral_rewards as w
  where w.customer_id = p_customer_id and w.source = 'manual'
    and (w.created_at > p_as_of - interval '24 hours' or w.status = 'pending')
  order by w.created_at desc
  limit 1;
  if v_recent.id is not null then
    perform private.fail(409, 'grant_recent', jsonb_build_object(
      'granted_by', coalesce(private.admin_name(v_recent.granted_by), 'A former colleague'),
      'granted_at', v_recent.created_at, 'status', v_recent.status)::text);
  end if;
end;
$$;
comment on function private.limit_manual_grants(uuid, boolean, uuid, timestamptz) is
  'What an admin may grant by hand: so many a month per person, under whatever login, and to a customer who got one within 24 hours or has one waiting only when confirmed. Raises grant_limit_reached, and grant_recent with who and when as JSON. The caller holds the customer''s lock.';
revoke all on function private.limit_manual_grants(uuid, boolean, uuid, timestamptz)
  from public, anon, authenticated, service_role;
