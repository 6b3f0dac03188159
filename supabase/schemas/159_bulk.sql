-- Bulk jobs: one act for many customers, orders or free months. A job is a row with its items. Each item is tried before,
-- and done later in a transaction of its own, exactly once, by whoever continues the job.

create table public.bulk_jobs (
  id uuid primary key default gen_random_uuid(),
  act text not null check (act in ('grant', 'revoke', 'cancel_order', 'extend_referral', 'extend_reward')),
  until date,
  confirm_recent boolean not null default false,
  source jsonb not null,
  reason text not null check (length(reason) between 3 and 500),
  created_by uuid not null,
  created_at timestamptz not null default now(),
  approval_id uuid references public.approvals (id),
  started_at timestamptz,
  stopped_by uuid,
  stopped_at timestamptz,
  stop_reason text check (length(stop_reason) between 3 and 500),
  check ((act in ('extend_referral', 'extend_reward')) = (until is not null)),
  check ((stopped_at is null) = (stop_reason is null) and (stopped_at is null) = (stopped_by is null))
);
comment on table public.bulk_jobs is
  'One act for many, with one reason, in the name of created_by. Planned until started_at; nothing is done before. A stopped one goes on no more.';
comment on column public.bulk_jobs.until is 'For more time: the last day, in the billing time zone.';
comment on column public.bulk_jobs.source is 'Where the items came from: {kind: list}, or {kind: filter} with the filter.';
comment on column public.bulk_jobs.confirm_recent is
  'Whether a free month is granted also to customers who got one within 24 hours or have one waiting.';

create index bulk_jobs_created on public.bulk_jobs (created_at desc, id desc);
create index bulk_jobs_approval on public.bulk_jobs (approval_id) where approval_id is not null;

create table public.bulk_job_items (
  job_id uuid not null references public.bulk_jobs (id),
  number integer not null check (number > 0),
  input text not null check (length(input) <= 120),
  target jsonb,
  customer_id uuid references public.customers (id),
  dry_run jsonb,
  status text not null default 'pending' check (status in ('pending', 'done', 'refused')),
  code text,
  detail text,
  answer jsonb,
  decided_at timestamptz,
  primary key (job_id, number),
  check ((status = 'pending') = (decided_at is null)),
  check ((status = 'refused') = (code is not null)),
  check ((status = 'done') = (answer is not null)),
  check (target is not null or status = 'refused')
);
comment on table public.bulk_job_items is
  'The rows of a bulk job. One that names nothing, or what an earlier row names, is refused at once. A decided row changes no more.';
comment on column public.bulk_job_items.input is 'What the row of the file names; of an e-mail address only its mask.';
comment on column public.bulk_job_items.target is 'The arguments of the act. Null: the row names nothing.';
comment on column public.bulk_job_items.dry_run is 'What would have happened: {code, detail}, code null when the act was possible. Null: not tried yet.';

create unique index bulk_job_items_target on public.bulk_job_items (job_id, target) where status <> 'refused';
create index bulk_job_items_pending on public.bulk_job_items (job_id, number) where status = 'pending';
create index bulk_job_items_customer on public.bulk_job_items (customer_id) where customer_id is not null;

create function private.keep_bulk_job()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if to_jsonb(old) - array['approval_id', 'started_at', 'stopped_by', 'stopped_at', 'stop_reason']
      <> to_jsonb(new) - array['approval_id', 'started_at', 'stopped_by', 'stopped_at', 'stop_reason']
    or (old.started_at is not null and old.started_at is distinct from new.started_at)
    or old.stopped_at is not null then
    raise exception using errcode = 'PT409', message = 'immutable_row', detail = 'a bulk job keeps what it asks for';
  end if;
  return new;
end;
$$;
comment on function private.keep_bulk_job() is 'Trigger: of a bulk job only its progress changes, and of a stopped one nothing.';
revoke all on function private.keep_bulk_job() from public, anon, authenticated, service_role;

create function private.keep_bulk_item()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if old.status <> 'pending'
    or to_jsonb(old) - array['dry_run', 'status', 'code', 'detail', 'answer', 'decided_at']
      <> to_jsonb(new) - array['dry_run', 'status', 'code', 'detail', 'answer', 'decided_at'] then
    raise exception using errcode = 'PT409', message = 'immutable_row', detail = 'a decided row of a bulk job is final';
  end if;
  return new;
end;
$$;
comment on function private.keep_bulk_item() is 'Trigger: a row of a bulk job is decided once.';
revoke all on function private.keep_bulk_item() from public, anon, authenticated, service_role;

create trigger bulk_jobs_kept before update on public.bulk_jobs
  for each row execute function private.keep_bulk_job();
create trigger bulk_jobs_not_deleted before delete on public.bulk_jobs
  for each row execute function private.refuse_change();
create trigger bulk_job_items_kept before update on public.bulk_job_items
  for each row execute function private.keep_bulk_item();
create trigger bulk_job_items_not_deleted before delete on public.bulk_job_items
  for each row execute function private.refuse_change();

alter table public.bulk_jobs enable row level security;
revoke all on table public.bulk_jobs from public, anon, authenticated, service_role;
grant select on table public.bulk_jobs to service_role;
grant select on table public.bulk_jobs to authenticated;
create policy bulk_jobs_select on public.bulk_jobs
  for select to authenticated
  using ((select public.has_permission('orders:manage')) or (select public.has_permission('billing:manage_invoices')));

alter table public.bulk_job_items enable row level security;
revoke all on table public.bulk_job_items from public, anon, authenticated, service_role;
grant select on table public.bulk_job_items to service_role;
grant select on table public.bulk_job_items to authenticated;
create policy bulk_job_items_select on public.bulk_job_items
  for select to authenticated
  using ((select public.has_permission('orders:manage')) or (select public.has_permission('billing:manage_invoices')));

create function private.uuid_of(p_text text)
returns uuid
language sql
immutable
set search_path = ''
as $$
  select case
    when p_text ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then p_text::uuid end
$$;
comment on function private.uuid_of(text) is 'A text as an id; null when it is none.';
revoke all on function private.uuid_of(text) from public, anon, authenticated, service_role;

create function private.customers_named(p_text text)
returns uuid[]
language sql
stable
set search_path = ''
as $$
  select coalesce(array_agg(c.id order by c.id), '{}')
  from (
    select c.id from public.customers as c where c.id = private.uuid_of(p_text) and c.erased_at is null
    union
    select c.id from public.customers as c
    where position('@' in p_text) > 1 and lower(c.email) = lower(p_text) and c.erased_at is null
    union
    select f.id from private.find_referrer(p_text) as f
    where p_text ~ '^([A-Z0-9]{2,8}-)?[0-9A-HJKMNP-TV-Z]{8}$' and f.id is not null
  ) as c
$$;
comment on function private.customers_named(text) is 'Customers by their id, e-mail address or normalised referral code.';
revoke all on function private.customers_named(text) from public, anon, authenticated, service_role;

create function private.bulk_candidates(p_act text, p_text text)
returns setof jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_id uuid := private.uuid_of(p_text);
  v_customers uuid[] := private.customers_named(p_text);
begin
  case p_act
    when 'grant' then
      return query select jsonb_build_object('customer_id', c) from unnest(v_customers) as c;
    when 'revoke', 'extend_reward' then
      return query
        select jsonb_build_object('customer_id', w.customer_id, 'reward_id', w.id)
        from public.referral_rewards as w
        where w.id = v_id or (w.customer_id = any (v_customers) and w.status = 'pending');
    when 'cancel_order' then
      return query
        select jsonb_build_object('order_id', o.id)
        from public.orders as o
        where o.id = v_id or o.order_number = private.order_number_of(p_text)
          or (o.customer_id = any (v_customers) and o.is_open);
    when 'extend_referral' then
      return query
        select jsonb_build_object('referral_id', r.id)
        from public.customer_referrals as r
        where r.id = v_id or (r.referred_customer_id = any (v_customers) and r.status = 'pending');
  end case;
end;
$$;
comment on function private.bulk_candidates(text, text) is
  'What a row of a bulk file can mean: the thing by its own id or number, or the one that waits of the customer named.';
revoke all on function private.bulk_candidates(text, text) from public, anon, authenticated, service_role;

create function private.bulk_filtered(p_act text, p_filter jsonb, p_limit integer)
returns setof text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
  v_from timestamptz := coalesce(private.start_of_day((p_filter ->> 'from')::date, v_zone), '-infinity');
  v_until timestamptz := coalesce(private.start_of_day((p_filter ->> 'to')::date + 1, v_zone), 'infinity');
  v_package text := p_filter ->> 'package';
begin
  case p_act
    when 'grant' then
      return query
        select distinct s.customer_id::text
        from public.customer_services as s join public.service_packages as p on p.id = s.package_id
        where s.status = 'active' and s.activated_at >= v_from and s.activated_at < v_until
          and (v_package is null or p.slug = v_package)
        limit p_limit;
    when 'revoke' then
      return query
        select w.id::text from public.referral_rewards as w
        where w.status = 'pending' and w.source = 'manual' and w.created_at >= v_from and w.created_at < v_until
        order by w.created_at limit p_limit;
    when 'extend_reward' then
      return query
        select w.id::text from public.referral_rewards as w
        where w.status = 'pending' and w.expires_at > v_from and w.expires_at <= v_until
        order by w.expires_at limit p_limit;
    when 'cancel_order' then
      return query
        select o.id::text
        from public.orders as o join public.service_packages as p on p.id = o.package_id
        where o.is_open and o.created_at >= v_from and o.created_at < v_until
          and (v_package is null or p.slug = v_package)
        order by o.created_at limit p_limit;
    when 'extend_referral' then
      return query
        select r.id::text from public.customer_referrals as r
        where r.status = 'pending' and r.activation_due_at > v_from and r.activation_due_at <= v_until
        order by r.activation_due_at limit p_limit;
  end case;
end;
$$;
comment on function private.bulk_filtered(text, jsonb, integer) is
  'Ids by a filter {from, to, package}, days of the billing time zone, both included. grant: customers with an active service, by activation and package; revoke: waiting free months granted by hand, by grant; extend_reward: waiting free months, by their last day; cancel_order: open orders, by order and package; extend_referral: pending referrals, by their last day.';
revoke all on function private.bulk_filtered(text, jsonb, integer) from public, anon, authenticated, service_role;

create function private.shown_input(p_text text)
returns text
language sql
immutable
set search_path = ''
as $$
  select left(case when position('@' in p_text) > 0 then private.mask_email(p_text) else p_text end, 120)
$$;
comment on function private.shown_input(text) is 'A row of a bulk file as it is kept: without e-mail addresses, at most 120 characters.';
revoke all on function private.shown_input(text) from public, anon, authenticated, service_role;

create function private.insert_bulk_items(p_job public.bulk_jobs, p_lines text[])
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_line text;
  v_number integer := 0;
  v_found jsonb[];
  v_target jsonb;
  v_code text;
  v_seen jsonb := '{}';
begin
  foreach v_line in array p_lines loop
    v_number := v_number + 1;
    v_found := array(select private.bulk_candidates(p_job.act, v_line) limit 2);
    v_target := v_found[1];
    v_code := case
      when v_target is null then 'not_found'
      when cardinality(v_found) > 1 then 'target_ambiguous'
      when v_seen ? (v_target::text) then 'target_repeated'
    end;
    if v_target is not null then
      v_seen := v_seen || jsonb_build_object(v_target::text, true);
    end if;
    if v_target is not null and p_job.until is not null then
      v_target := v_target || jsonb_build_object('until', p_job.until);
    end if;
    if v_target is not null and p_job.confirm_recent then
      v_target := v_target || '{"confirm_recent": true}';
    end if;
    insert into public.bulk_job_items (job_id, number, input, target, customer_id, status, code, decided_at)
    values (
      p_job.id, v_number, private.shown_input(v_line), case when v_code is null then v_target end,
      case when v_code is null then private.act_customer(p_job.act, v_target) end,
      case when v_code is null then 'pending' else 'refused' end, v_code, case when v_code is not null then now() end);
  end loop;
end;
$$;
comment on function private.insert_bulk_items(public.bulk_jobs, text[]) is
  'The rows of a new bulk job in the order of the file. One that names nothing, several things, or what an earlier row names is refused at once.';
revoke all on function private.insert_bulk_items(public.bulk_jobs, text[]) from public, anon, authenticated, service_role;

create function private.bulk_status(p_job public.bulk_jobs)
returns text
language sql
stable
set search_path = ''
as $$
  select case
    when p_job.stopped_at is not null then 'stopped'
    when p_job.started_at is null then case
      when exists (
        select 1 from public.approvals as ap where ap.id = p_job.approval_id and private.approval_status(ap) = 'pending')
      then 'waiting' else 'planned' end
    when exists (select 1 from public.bulk_job_items as i where i.job_id = p_job.id and i.status = 'pending') then 'running'
    else 'done'
  end
$$;
comment on function private.bulk_status(public.bulk_jobs) is
  'planned, waiting for a second person, running while a row is not decided, done, or stopped.';
revoke all on function private.bulk_status(public.bulk_jobs) from public, anon, authenticated, service_role;

create function private.bulk_job_document(p_job public.bulk_jobs)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(p_job) - array['created_by', 'stopped_by'] || jsonb_build_object(
    'status', private.bulk_status(p_job),
    'created_by_name', private.admin_name(p_job.created_by),
    'stopped_by_name', private.admin_name(p_job.stopped_by),
    'is_mine', p_job.created_by = (select auth.uid()),
    'needs_approval', counts.possible > (private.current_admin_settings()).approval_bulk_items,
    'approval', (select private.approval_document(ap) from public.approvals as ap where ap.id = p_job.approval_id),
    'counts', to_jsonb(counts) - 'possible')
  from (
    select count(*) as items,
      count(*) filter (where i.status = 'pending') as pending,
      count(*) filter (where i.status = 'done') as done,
      count(*) filter (where i.status = 'refused') as refused,
      count(*) filter (where i.status = 'pending' and i.dry_run is null) as untried,
      count(*) filter (where i.dry_run is not null and i.dry_run ->> 'code' is null) as would_do,
      count(*) filter (where i.dry_run ->> 'code' is not null) as would_refuse,
      count(*) filter (where i.target is not null) as possible
    from public.bulk_job_items as i
    where i.job_id = p_job.id
  ) as counts
$$;
comment on function private.bulk_job_document(public.bulk_jobs) is 'A bulk job as admins see it, with its counts.';
revoke all on function private.bulk_job_document(public.bulk_jobs) from public, anon, authenticated, service_role;

create function public.plan_bulk_job(
  p_act text, p_lines text[], p_filter jsonb, p_until date, p_confirm_recent boolean, p_reason text
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  c_most_rows constant integer := 1000;
  v_actor uuid;
  v_lines text[];
  v_job public.bulk_jobs;
begin
  v_actor := private.require_permission(coalesce(private.act_permission(p_act), 'orders:manage'));
  if p_act is null or p_act not in ('grant', 'revoke', 'cancel_order', 'extend_referral', 'extend_reward') then
    perform private.fail(400, 'invalid_request', 'act');
  end if;
  v_lines := case
    when p_lines is not null then p_lines
    else array(select private.bulk_filtered(p_act, coalesce(p_filter, '{}'), c_most_rows + 1)) end;
  if cardinality(v_lines) = 0 then
    perform private.fail(409, 'bulk_empty');
  end if;
  if cardinality(v_lines) > c_most_rows then
    perform private.fail(409, 'bulk_too_large', c_most_rows::text);
  end if;
  if (p_act in ('extend_referral', 'extend_reward')) <> (p_until is not null) then
    perform private.fail(400, 'invalid_request', 'until');
  end if;
  insert into public.bulk_jobs (act, until, confirm_recent, source, reason, created_by)
  values (
    p_act, p_until, p_act = 'grant' and coalesce(p_confirm_recent, false),
    case when p_lines is not null then '{"kind": "list"}' else jsonb_build_object('kind', 'filter') || coalesce(p_filter, '{}') end,
    private.trimmed_reason(p_reason), v_actor)
  returning * into v_job;
  perform private.insert_bulk_items(v_job, v_lines);
  perform private.write_audit(
    v_actor, 'bulk.planned', 'bulk_job', v_job.id::text, null, v_job.reason, null,
    jsonb_build_object('act', v_job.act, 'rows', cardinality(v_lines)), now());
  return private.bulk_job_document(v_job);
exception
  when invalid_text_representation or invalid_datetime_format or datetime_field_overflow then
    raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'filter';
  when sqlstate 'PT403' then
    return private.refused_call('bulk.plan', 'bulk_job', null, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.plan_bulk_job(text, text[], jsonb, date, boolean, text) is
  'Admin with the permission of the act: a bulk job from the rows of a file, or without them from a filter. Nothing is done. Raises bulk_empty, bulk_too_large above 1000 rows, invalid_request.';
revoke all on function public.plan_bulk_job(text, text[], jsonb, date, boolean, text)
  from public, anon, authenticated, service_role;
grant execute on function public.plan_bulk_job(text, text[], jsonb, date, boolean, text) to authenticated;

create function private.require_bulk_permission(p_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_act text := (select j.act from public.bulk_jobs as j where j.id = p_id);
begin
  if v_act is not null then
    perform private.require_permission(private.act_permission(v_act));
    return;
  end if;
  if not public.has_permission('orders:manage') then
    perform private.require_permission('billing:manage_invoices');
  end if;
  perform private.fail(404, 'not_found', 'bulk job');
end;
$$;
comment on function private.require_bulk_permission(uuid) is
  'The permission of the act of a bulk job, asked for before any lock, so that nobody without it can hold up the job. Raises not_found, forbidden.';
revoke all on function private.require_bulk_permission(uuid) from public, anon, authenticated, service_role;

create function private.bulk_job_for(p_id uuid, p_is_change boolean)
returns public.bulk_jobs
language plpgsql
set search_path = ''
as $$
declare
  v_job public.bulk_jobs;
begin
  perform private.require_bulk_permission(p_id);
  if p_is_change then
    select j.* into strict v_job from public.bulk_jobs as j where j.id = p_id for update;
  else
    -- Whoever stops the job waits until no row is under way.
    select j.* into strict v_job from public.bulk_jobs as j where j.id = p_id for share;
  end if;
  return v_job;
end;
$$;
comment on function private.bulk_job_for(uuid, boolean) is
  'A bulk job for a caller who has the permission of its act, locked: alone for a change of the job, shared for its rows. Raises not_found, forbidden.';
revoke all on function private.bulk_job_for(uuid, boolean) from public, anon, authenticated, service_role;

create function public.try_bulk_items(p_id uuid, p_limit integer default 25)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_job public.bulk_jobs;
  v_item public.bulk_job_items;
  v_tried record;
  v_limit integer := (private.current_admin_settings()).monthly_grants_per_admin;
  v_made integer;
begin
  perform private.require_user();
  v_job := private.bulk_job_for(p_id, false);
  if v_job.started_at is null and v_job.stopped_at is null then
    -- Each row is tried by itself, so the grants that the rows before it would make are added here.
    v_made := private.manual_grants_of(v_job.created_by, now()) + (
      select count(*) from public.bulk_job_items as i where i.job_id = p_id and i.dry_run is not null and i.dry_run ->> 'code' is null);
    for v_item in
      select i.* from public.bulk_job_items as i
      where i.job_id = p_id and i.status = 'pending' and i.dry_run is null
      order by i.number
      limit least(greatest(p_limit, 1), 100)
      for update skip locked
    loop
      v_tried := private.try_act(v_job.act, v_item.target, v_job.reason, v_job.created_by, now(), false);
      if v_job.act = 'grant' and v_tried.code is null then
        if v_made >= v_limit then
          v_tried.code := 'grant_limit_reached';
          v_tried.detail := v_limit::text;
        end if;
        v_made := v_made + 1;
      end if;
      update public.bulk_job_items as i
      set dry_run = jsonb_build_object('code', v_tried.code, 'detail', v_tried.detail)
      where i.job_id = p_id and i.number = v_item.number;
    end loop;
  end if;
  return private.bulk_job_document(v_job);
exception when sqlstate 'PT403' then
  return private.refused_call('bulk.try', 'bulk_job', p_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.try_bulk_items(uuid, integer) is
  'Admin with the permission of the act: tries the next rows of a planned job and takes them back, and keeps what would have happened.';
revoke all on function public.try_bulk_items(uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.try_bulk_items(uuid, integer) to authenticated;

create function private.refuse_own_bulk(p_id uuid, p_actor uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if exists (
    with own as materialized (select private.person_marks(p_actor) as marks)
    select 1
    from public.bulk_job_items as i
    join public.customers as c on c.id = i.customer_id
    cross join own
    where i.job_id = p_id and (c.auth_user_id = p_actor or own.marks && array(select private.customer_marks(c.id)))) then
    perform private.fail(403, 'own_account');
  end if;
end;
$$;
comment on function private.refuse_own_bulk(uuid, uuid) is
  'Refuses an admin who approves a bulk job with their own customer account in it. Raises own_account.';
revoke all on function private.refuse_own_bulk(uuid, uuid) from public, anon, authenticated, service_role;

create function private.begin_bulk_job(p_id uuid, p_actor uuid)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_job public.bulk_jobs;
begin
  update public.bulk_jobs as j set started_at = now()
  where j.id = p_id and j.started_at is null and j.stopped_at is null
  returning * into v_job;
  if v_job.id is null then
    perform private.fail(409, 'bulk_not_running');
  end if;
  perform private.write_audit(
    p_actor, 'bulk.started', 'bulk_job', p_id::text, null, v_job.reason, null, jsonb_build_object('act', v_job.act), now());
  return jsonb_build_object('job_id', p_id, 'started_at', v_job.started_at);
end;
$$;
comment on function private.begin_bulk_job(uuid, uuid) is
  'From now on the rows of a job are done. Raises bulk_not_running when it was stopped or has begun.';
revoke all on function private.begin_bulk_job(uuid, uuid) from public, anon, authenticated, service_role;

create function public.start_bulk_job(p_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_job public.bulk_jobs;
  v_rows integer;
  v_approval uuid;
begin
  v_job := private.bulk_job_for(p_id, true);
  v_actor := private.require_user();
  if v_job.created_by <> v_actor then
    perform private.fail(403, 'forbidden', 'the person who planned it starts it');
  end if;
  if v_job.started_at is null and v_job.stopped_at is null then
    perform private.require_recent_password();
    select count(*) into v_rows from public.bulk_job_items as i where i.job_id = p_id and i.target is not null;
    -- What was asked for once stays a matter for two, whatever the limit is by now.
    if v_rows > (private.current_admin_settings()).approval_bulk_items or v_job.approval_id is not null then
      v_approval := (private.request_approval(
        'bulk_job', jsonb_build_object('job_id', p_id, 'act', v_job.act, 'rows', v_rows), null, null, v_job.reason, v_actor)
        ->> 'approval_id')::uuid;
      update public.bulk_jobs as j set approval_id = v_approval where j.id = p_id;
    else
      perform private.begin_bulk_job(p_id, v_actor);
    end if;
  end if;
  select j.* into strict v_job from public.bulk_jobs as j where j.id = p_id;
  return private.bulk_job_document(v_job);
exception when sqlstate 'PT403' then
  return private.refused_call('bulk.start', 'bulk_job', p_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.start_bulk_job(uuid) is
  'The admin who planned it: starts a job, or above the number of rows for one person asks for a second one. Starting it again changes nothing. Raises password_needed.';
revoke all on function public.start_bulk_job(uuid) from public, anon, authenticated, service_role;
grant execute on function public.start_bulk_job(uuid) to authenticated;

create function public.run_bulk_item(p_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_job public.bulk_jobs;
  v_item public.bulk_job_items;
  v_tried record;
begin
  perform private.require_user();
  v_job := private.bulk_job_for(p_id, false);
  if v_job.started_at is null or v_job.stopped_at is not null then
    perform private.fail(409, 'bulk_not_running');
  end if;
  if not exists (
    select 1
    from public.admin_users as a
    join public.role_permissions as rp on rp.role = a.role and rp.permission = private.act_permission(v_job.act)
    where a.auth_user_id = v_job.created_by and private.is_acting_admin(a)) then
    perform private.fail(409, 'bulk_asker_left');
  end if;
  -- Of two people who continue the job, each takes another row.
  select i.* into v_item
  from public.bulk_job_items as i
  where i.job_id = p_id and i.status = 'pending'
  order by i.number
  limit 1
  for update skip locked;
  if v_item.number is null then
    return '{"number": null, "code": null}';
  end if;
  v_tried := private.try_act(v_job.act, v_item.target, v_job.reason, v_job.created_by, now(), true);
  update public.bulk_job_items as i
  set status = case when v_tried.code is null then 'done' else 'refused' end,
    code = v_tried.code, detail = v_tried.detail, answer = v_tried.answer, decided_at = now()
  where i.job_id = p_id and i.number = v_item.number;
  perform private.write_audit(
    v_job.created_by, case when v_tried.code is null then 'bulk.row_done' else 'bulk.row_refused' end, 'bulk_job', p_id::text,
    v_item.customer_id, v_job.reason, null,
    jsonb_strip_nulls(jsonb_build_object(
      'act', v_job.act, 'row', v_item.number, 'code', v_tried.code, 'pressed_by', nullif((select auth.uid()), v_job.created_by))),
    now());
  return jsonb_build_object('number', v_item.number, 'code', v_tried.code);
exception when sqlstate 'PT403' then
  return private.refused_call('bulk.run', 'bulk_job', p_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.run_bulk_item(uuid) is
  'Admin with the permission of the act: does the next row of a started job in the name of the person who planned it, in this transaction. number is null when no row waits that nobody else is at. Raises bulk_not_running, bulk_asker_left.';
revoke all on function public.run_bulk_item(uuid) from public, anon, authenticated, service_role;
grant execute on function public.run_bulk_item(uuid) to authenticated;

create function public.stop_bulk_job(p_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_job public.bulk_jobs;
begin
  perform private.require_bulk_permission(p_id);
  -- In the order in which a decision takes its locks: first the request, then the job.
  perform 1
  from public.approvals as ap
  where ap.id = (select j.approval_id from public.bulk_jobs as j where j.id = p_id)
  for update;
  v_job := private.bulk_job_for(p_id, true);
  v_actor := private.require_user();
  v_reason := private.trimmed_reason(p_reason);
  if private.bulk_status(v_job) in ('done', 'stopped') then
    perform private.fail_overtaken('bulk_not_running', private.bulk_status(v_job), v_job.stopped_by, v_job.stopped_at);
  end if;
  -- Nobody has to decide what is not wanted any more.
  update public.approvals as ap
  set status = 'withdrawn', decided_by = ap.requested_by, decided_at = now(), decision_reason = v_reason
  where ap.id = v_job.approval_id and ap.status = 'pending';
  update public.bulk_jobs as j set stopped_by = v_actor, stopped_at = now(), stop_reason = v_reason
  where j.id = p_id
  returning * into v_job;
  perform private.write_audit(
    v_actor, 'bulk.stopped', 'bulk_job', p_id::text, null, v_reason, null, jsonb_build_object('act', v_job.act), now());
  return private.bulk_job_document(v_job);
exception when sqlstate 'PT403' then
  return private.refused_call('bulk.stop', 'bulk_job', p_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.stop_bulk_job(uuid, text) is
  'Admin with the permission of the act: no further row of the job is done; what was done stays. Raises bulk_not_running.';
revoke all on function public.stop_bulk_job(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.stop_bulk_job(uuid, text) to authenticated;

create function public.get_bulk_job(
  p_id uuid, p_after integer default 0, p_limit integer default 50, p_is_export boolean default false
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_job public.bulk_jobs;
begin
  if not public.has_permission('orders:manage') then
    perform private.require_permission('billing:manage_invoices');
  end if;
  if p_is_export then
    perform private.require_permission('data:export');
  end if;
  select j.* into v_job from public.bulk_jobs as j where j.id = p_id;
  if v_job.id is null then
    perform private.fail(404, 'not_found', 'bulk job');
  end if;
  return private.bulk_job_document(v_job) || jsonb_build_object(
    'rows', coalesce((
      select jsonb_agg(to_jsonb(page) - 'job_id' || jsonb_build_object('customer_name', (
        select c.full_name from public.customers as c where c.id = page.customer_id)) order by page.number)
      from (
        select i.* from public.bulk_job_items as i
        where i.job_id = p_id and i.number > coalesce(p_after, 0)
        order by i.number
        limit least(greatest(coalesce(p_limit, 50), 1), 1000)
      ) as page), '[]'));
end;
$$;
comment on function public.get_bulk_job(uuid, integer, integer, boolean) is
  'Admin with orders:manage or billing:manage_invoices: a bulk job, its counts, and its rows after a number. As a file it needs data:export.';
revoke all on function public.get_bulk_job(uuid, integer, integer, boolean) from public, anon, authenticated, service_role;
grant execute on function public.get_bulk_job(uuid, integer, integer, boolean) to authenticated;

create function public.list_bulk_jobs(
  p_q text default null, p_status text default null,
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25,
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
  if p_status not in ('planned', 'waiting', 'running', 'done', 'stopped') then
    perform private.fail(400, 'invalid_request', 'status');
  end if;
  return private.list_page(
    'jobs', 'public.bulk_jobs as t',
    array[
      private.holds_text(array['reason'], p_q),
      case when p_status is not null then format('private.bulk_status(t) = %L', p_status) end],
    'private.bulk_job_document(page.found)', array['-created_at'], p_sort,
    p_cursor_at, p_cursor_id, private.page_size(p_limit), p_backward, p_count)
    || jsonb_build_object('approval_rows', (private.current_admin_settings()).approval_bulk_items);
end;
$$;
comment on function public.list_bulk_jobs(text, text, timestamptz, uuid, integer, text, boolean, boolean) is
  'Admin with orders:manage or billing:manage_invoices: bulk jobs, newest first, keyset-paged either way, and above how many rows one needs a second person. p_q is a part of the reason. Raises invalid_request.';
revoke all on function public.list_bulk_jobs(text, text, timestamptz, uuid, integer, text, boolean, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.list_bulk_jobs(text, text, timestamptz, uuid, integer, text, boolean, boolean)
  to authenticated;
