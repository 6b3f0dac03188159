-- Services: what a customer is supplied with and charged for, its status, and changes of its package.

create table public.customer_services (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id),
  order_id uuid unique references public.orders (id),
  package_id uuid not null references public.service_packages (id),
  status text not null default 'pending' check (status in ('pending', 'active', 'suspended', 'cancelled')),
  monthly_price_cents bigint not null check (monthly_price_cents >= 0),
  activated_at timestamptz,
  suspended_at timestamptz,
  cancelled_at timestamptz,
  ended_at timestamptz generated always as (
    case when status = 'cancelled' then least(suspended_at, cancelled_at) end) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  revision integer not null default 0,
  is_external boolean not null default false,
  check (status <> 'active' or activated_at is not null),
  check (not is_external or monthly_price_cents = 0)
);
comment on table public.customer_services is 'One service per order. monthly_price_cents is the current price, VAT included.';
comment on column public.customer_services.ended_at is
  'When a cancelled service was last supplied: when it was suspended, if it was not reactivated after that, else when it was cancelled. Null while it is not cancelled.';

comment on column public.customer_services.revision is
  'Rises with each price change and each suspension that is recorded. 0: there are none. An invoice is issued only from facts of the present revision.';

comment on column public.customer_services.is_external is
  'Another system delivers and bills it, and reports what becomes of it. Billing leaves it out, and it does not make its customer a referrer.';

create index customer_services_customer on public.customer_services (customer_id, status);
create index customer_services_package on public.customer_services (package_id);
create index customer_services_suspended on public.customer_services (suspended_at) where status = 'suspended';
create index customer_services_billable on public.customer_services (customer_id, activated_at)
  where status = 'active';
create index customer_services_suspended_customer on public.customer_services (customer_id) where status = 'suspended';
create index customer_services_activated on public.customer_services (activated_at desc) where activated_at is not null;
-- The billing run looks up the services that ended in its cycle.
create index customer_services_ended on public.customer_services (ended_at)
  where ended_at is not null and activated_at is not null;

alter table public.customer_services enable row level security;
revoke all on table public.customer_services from public, anon, authenticated, service_role;
grant select on table public.customer_services to service_role;
grant select on table public.customer_services to authenticated;
create policy customer_services_select on public.customer_services
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create table public.service_suspensions (
  id uuid primary key default gen_random_uuid(),
  service_id uuid not null references public.customer_services (id),
  suspended_at timestamptz not null,
  resumed_at timestamptz,
  created_at timestamptz not null default now(),
  check (resumed_at >= suspended_at)
);
comment on table public.service_suspensions is
  'When each service was suspended and when it was active again. Written by a trigger, whoever changes the status. Half-open: the day of the suspension is not charged, the day of the reactivation is.';
comment on column public.service_suspensions.resumed_at is
  'Null while the service is suspended, and for good when it was cancelled while suspended.';
create index service_suspensions_service on public.service_suspensions (service_id, suspended_at);
create unique index service_suspensions_one_open on public.service_suspensions (service_id) where resumed_at is null;

alter table public.service_suspensions enable row level security;
revoke all on table public.service_suspensions from public, anon, authenticated, service_role;
grant select on table public.service_suspensions to service_role;
grant select on table public.service_suspensions to authenticated;
create policy service_suspensions_select on public.service_suspensions
  for select to authenticated
  using (
    exists (
      select 1 from public.customer_services as s
      where s.id = service_id and s.customer_id = (select private.current_customer_id()))
    or (select public.has_permission('customers:view')));

create function private.record_suspension()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if new.status = 'suspended' then
    insert into public.service_suspensions (service_id, suspended_at)
    values (new.id, coalesce(new.suspended_at, new.updated_at));
  elsif new.status = 'active' then
    update public.service_suspensions as p
    set resumed_at = greatest(p.suspended_at, new.updated_at)
    where p.service_id = new.id and p.resumed_at is null;
  end if;
  return null;
end;
$$;
comment on function private.record_suspension() is
  'Trigger: keeps the history of suspensions. A service that is cancelled while suspended stays suspended.';
revoke all on function private.record_suspension() from public, anon, authenticated, service_role;

create trigger customer_services_record_suspension
  after update of status on public.customer_services
  for each row
  when (old.status is distinct from new.status)
  execute function private.record_suspension();
create trigger customer_services_record_first_suspension
  after insert on public.customer_services
  for each row
  when (new.status = 'suspended')
  execute function private.record_suspension();

create function private.was_served(p_customer_id uuid, p_at timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
    select 1
    from public.customer_services as s
    where s.customer_id = p_customer_id and not s.is_external
      and s.activated_at <= p_at and (s.ended_at is null or s.ended_at > p_at)
      and not exists (
        select 1 from public.service_suspensions as p
        where p.service_id = s.id and p.suspended_at <= p_at and (p.resumed_at is null or p.resumed_at > p_at)))
$$;
comment on function private.was_served(uuid, timestamptz) is 'Whether the customer had an active service of ours at an instant.';
revoke all on function private.was_served(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.suspended_time(p_order_id uuid)
returns interval
language sql
stable
set search_path = ''
as $$
  select coalesce(sum(p.resumed_at - p.suspended_at), interval '0')
  from public.customer_services as s join public.service_suspensions as p on p.service_id = s.id
  where s.order_id = p_order_id
$$;
comment on function private.suspended_time(uuid) is
  'How long the service of an order was suspended in all. A suspension that goes on is not included.';
revoke all on function private.suspended_time(uuid) from public, anon, authenticated, service_role;

create function private.raise_service_revision()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.customer_services as s set revision = s.revision + 1 where s.id = coalesce(new.service_id, old.service_id);
  return null;
end;
$$;
comment on function private.raise_service_revision() is
  'Trigger: a price change or a suspension raises the revision of its service.';
revoke all on function private.raise_service_revision() from public, anon, authenticated, service_role;

create trigger service_suspensions_revision
  after insert or update or delete on public.service_suspensions
  for each row execute function private.raise_service_revision();

create function private.suspensions_of(p_service_id uuid)
returns json
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select coalesce(json_agg(json_build_object(
      'suspended_at', p.suspended_at, 'resumed_at', p.resumed_at) order by p.suspended_at), '[]')
    from public.service_suspensions as p
    where p.service_id = p_service_id);
end;
$$;
comment on function private.suspensions_of(uuid) is 'All suspensions of a service, as the invoice rules take them.';
revoke all on function private.suspensions_of(uuid) from public, anon, authenticated, service_role;

create function private.active_days(p_service public.customer_services, p_from date, p_until date, p_time_zone text)
returns date[]
language plpgsql
stable
set search_path = ''
as $$
declare
  v_first date := greatest(p_from, private.local_date(p_service.activated_at, p_time_zone));
  v_until date := least(p_until, private.local_date(p_service.ended_at, p_time_zone));
begin
  if v_first is null or v_first >= v_until then
    return '{}';
  end if;
  return coalesce((
    select array_agg(d.day::date order by d.day)
    from generate_series(v_first, v_until - 1, interval '1 day') as d (day)
    where p_service.revision = 0 or not exists (
      select 1 from public.service_suspensions as p
      where p.service_id = p_service.id
        and d.day >= private.local_date(p.suspended_at, p_time_zone)
        and (p.resumed_at is null or d.day < private.local_date(p.resumed_at, p_time_zone)))), '{}');
end;
$$;
comment on function private.active_days(public.customer_services, date, date, text) is
  'The local days from p_from until before p_until on which a service was active: from the day of its activation, until before the day of its end, without the days of its suspensions. The same rule as chargesOf in lib/invoicing/charge.ts.';
revoke all on function private.active_days(public.customer_services, date, date, text)
  from public, anon, authenticated, service_role;

create function private.is_chargeable(
  p_service public.customer_services, p_period_start date, p_ends_at timestamptz, p_time_zone text, p_as_of timestamptz
)
returns boolean
language sql
stable
set search_path = ''
as $$
  select p_service.activated_at < p_ends_at
    and case p_service.status
      when 'active' then
        p_service.revision = 0
        or private.active_days(p_service, p_period_start, private.local_date(p_ends_at, p_time_zone), p_time_zone) <> '{}'
      when 'cancelled' then
        private.local_date(p_service.ended_at, p_time_zone)
          > greatest(p_period_start, private.local_date(p_service.activated_at, p_time_zone))
        and (
          p_service.revision = 0
          or private.active_days(p_service, p_period_start, private.local_date(p_ends_at, p_time_zone), p_time_zone) <> '{}')
      -- It may be reactivated before the cycle is over: then one invoice charges all its days.
      when 'suspended' then
        p_ends_at <= p_as_of
        and private.active_days(p_service, p_period_start, private.local_date(p_ends_at, p_time_zone), p_time_zone) <> '{}'
      else false
    end
$$;
comment on function private.is_chargeable(public.customer_services, date, timestamptz, text, timestamptz) is
  'Whether a service has a day to charge in the cycle: the day of activation counts, the day of the end and suspended days do not. A service that is suspended at p_as_of is charged once the cycle is over.';
revoke all on function private.is_chargeable(public.customer_services, date, timestamptz, text, timestamptz)
  from public, anon, authenticated, service_role;

create function private.service_document(p_service_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'id', s.id, 'customer_id', s.customer_id, 'order_id', s.order_id, 'status', s.status,
      'package_name', p.name, 'monthly_price_cents', s.monthly_price_cents,
      'earlier_price', (
        select jsonb_build_object('until', ch.effective_on, 'price_cents', ch.from_price_cents)
        from public.service_price_changes as ch
        where ch.service_id = s.id and ch.effective_on > private.local_date(now(), private.billing_time_zone())
        order by ch.effective_on, ch.created_at
        limit 1),
      'activated_at', s.activated_at, 'suspended_at', s.suspended_at, 'cancelled_at', s.cancelled_at,
      'is_external', s.is_external
    )
    from public.customer_services as s
    join public.service_packages as p on p.id = s.package_id
    where s.id = p_service_id);
end;
$$;
comment on function private.service_document(uuid) is
  'A service as the API shows it. If a price change lies ahead, earlier_price counts on the days before its until.';
revoke all on function private.service_document(uuid) from public, anon, authenticated, service_role;

create function private.move_service(p_service public.customer_services, p_status text, p_at timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if not (
    (p_service.status = 'active' and p_status in ('suspended', 'cancelled'))
    or (p_service.status = 'suspended' and p_status in ('active', 'cancelled'))
  ) then
    perform private.fail_changed(
      'service_status_invalid', p_service.status || ' → ' || coalesce(p_status, ''), 'service', p_service.id::text,
      array['service.status_changed']);
  end if;
  update public.customer_services as s
  set status = p_status,
    suspended_at = case when p_status = 'suspended' then p_at when p_status = 'active' then null else s.suspended_at end,
    cancelled_at = case when p_status = 'cancelled' then p_at end,
    updated_at = p_at
  where s.id = p_service.id;
  case p_status
    when 'suspended' then perform private.count_if_ready(p_service.order_id, p_at);
    when 'active' then perform private.resume_referral(p_service.order_id, p_service.suspended_at, p_at);
    else perform private.stop_referral(p_service.order_id, 'service_cancelled', p_at);
  end case;
end;
$$;
comment on function private.move_service(public.customer_services, text, timestamptz) is
  'A service that was active is suspended, resumed or cancelled at p_at, with what follows for its referral. Raises service_status_invalid. The caller holds the locks of the customer, the referrer and the service.';
revoke all on function private.move_service(public.customer_services, text, timestamptz)
  from public, anon, authenticated, service_role;

create function private.set_service_status(
  p_service_id uuid, p_status text, p_reason text, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_service public.customer_services;
begin
  select s.* into v_service from public.customer_services as s where s.id = p_service_id;
  if v_service.id is null then
    perform private.fail(404, 'not_found', 'service');
  end if;
  perform private.refuse_own_account(v_service.customer_id, p_actor);
  perform private.refuse_own_order(v_service.order_id, p_actor);
  perform private.lock_customers(array(
    select v_service.customer_id
    union
    select r.referrer_id from public.customer_referrals as r where r.order_id = v_service.order_id));
  select s.* into strict v_service from public.customer_services as s where s.id = p_service_id for update;
  perform private.move_service(v_service, p_status, p_as_of);
  if p_status in ('suspended', 'active') then
    perform private.mail_service_status(
      v_service, case p_status when 'suspended' then 'service_suspended' else 'service_reactivated' end, p_as_of);
  end if;
  perform private.write_audit(
    p_actor, 'service.status_changed', 'service', p_service_id::text, v_service.customer_id, v_reason,
    jsonb_build_object('status', v_service.status), jsonb_build_object('status', p_status), p_as_of);
  return private.service_document(p_service_id);
end;
$$;
comment on function private.set_service_status(uuid, text, text, uuid, timestamptz) is
  'Suspends, reactivates or cancels a service. A suspension stops the qualifying clock of the referral; reactivation within the grace starts it again; a cancellation ends a referral that had not counted.';
revoke all on function private.set_service_status(uuid, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.set_service_status(p_service_id uuid, p_status text, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.set_service_status(p_service_id, p_status, p_reason, private.require_permission('orders:manage'), now());
exception when sqlstate 'PT403' then
  return private.refused_call('service.set_status', 'service', p_service_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.set_service_status(uuid, text, text) is
  'Admin with orders:manage: suspends, reactivates or cancels a service, with a reason.';
revoke all on function public.set_service_status(uuid, text, text) from public, anon, authenticated, service_role;
grant execute on function public.set_service_status(uuid, text, text) to authenticated;

create table public.service_price_changes (
  id uuid primary key default gen_random_uuid(),
  service_id uuid not null references public.customer_services (id),
  effective_on date not null,
  from_package_id uuid not null references public.service_packages (id),
  from_price_cents bigint not null check (from_price_cents >= 0),
  to_package_id uuid not null references public.service_packages (id),
  to_price_cents bigint not null check (to_price_cents >= 0),
  reason text not null check (length(reason) between 3 and 500),
  actor_id uuid,
  created_at timestamptz not null default now(),
  check (from_package_id <> to_package_id or from_price_cents <> to_price_cents),
  unique (service_id, created_at)
);
comment on table public.service_price_changes is
  'Changes of a service''s package or price, in cents with VAT, append-only. The price of a local day is from_price_cents of the earliest change with a later effective_on, else the service''s current price.';
comment on column public.service_price_changes.effective_on is
  'First day, in the billing time zone, that is charged at the new price. A later change of the service never has an earlier day.';

create index service_price_changes_effective on public.service_price_changes (service_id, effective_on);
create index service_price_changes_from_package on public.service_price_changes (from_package_id);
create index service_price_changes_to_package on public.service_price_changes (to_package_id);

create trigger service_price_changes_revision
  after insert on public.service_price_changes
  for each row execute function private.raise_service_revision();
create trigger service_price_changes_append_only
  before update or delete on public.service_price_changes
  for each row execute function private.refuse_change();
create trigger service_price_changes_no_truncate
  before truncate on public.service_price_changes
  for each statement execute function private.refuse_change();

alter table public.service_price_changes enable row level security;
revoke all on table public.service_price_changes from public, anon, authenticated, service_role;
grant select on table public.service_price_changes to service_role;
-- Not the reason and the actor: those are for the audit log.
grant select (
  id, service_id, effective_on, from_package_id, from_price_cents, to_package_id, to_price_cents, created_at
) on table public.service_price_changes to authenticated;
create policy service_price_changes_select on public.service_price_changes
  for select to authenticated
  using (
    exists (
      select 1 from public.customer_services as s
      where s.id = service_id and s.customer_id = (select private.current_customer_id()))
    or (select public.has_permission('customers:view')));

create function private.earlier_prices(p_service_id uuid, p_period_start date)
returns json
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select coalesce(json_agg(json_build_object(
      'until', ch.effective_on, 'package_name', ch.package_name, 'price_cents', ch.price_cents
    ) order by ch.effective_on), '[]')
    from (
      -- If several changes take effect on one day, the days before it had the price that the first of them replaced.
      select distinct on (ch.effective_on) ch.effective_on, p.name as package_name, ch.from_price_cents as price_cents
      from public.service_price_changes as ch
      join public.service_packages as p on p.id = ch.from_package_id
      where ch.service_id = p_service_id and ch.effective_on > p_period_start
      order by ch.effective_on, ch.created_at
    ) as ch);
end;
$$;
comment on function private.earlier_prices(uuid, date) is
  'Prices of a service that changed after the cycle began: each counted on the days before until. Cents, VAT included.';
revoke all on function private.earlier_prices(uuid, date) from public, anon, authenticated, service_role;

create function private.price_change_day(p_service_id uuid, p_as_of timestamptz)
returns date
language plpgsql
stable
set search_path = ''
as $$
declare
  v_today date := private.local_date(p_as_of, private.billing_time_zone());
  v_cycle date := date_trunc('month', v_today)::date;
  v_day date := v_today;
begin
  -- An invoice never changes. Where this cycle has its invoice, a new price waits for the first cycle that has none.
  while exists (
    select 1 from public.customer_invoices as i where i.service_id = p_service_id and i.period_start = v_cycle)
  loop
    v_cycle := (v_cycle + interval '1 month')::date;
    v_day := v_cycle;
  end loop;
  -- A caller that waited for the lock brings an older clock. A change never takes effect before the one that it follows.
  return greatest(v_day, (
    select max(ch.effective_on) from public.service_price_changes as ch where ch.service_id = p_service_id));
end;
$$;
comment on function private.price_change_day(uuid, timestamptz) is
  'The local day from which a price that a service gets now would count: today, or the first day of the next cycle without an invoice.';
revoke all on function private.price_change_day(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.change_ordered_package(
  p_service public.customer_services, p_old public.service_packages, p_new public.service_packages, p_reason text,
  p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  update public.orders as o set package_id = p_new.id where o.id = p_service.order_id;
  update public.customer_services as s
  set package_id = p_new.id, monthly_price_cents = p_new.monthly_price_cents, updated_at = p_as_of
  where s.id = p_service.id;
  perform private.write_audit(
    p_actor, 'order.package_changed', 'order', p_service.order_id::text, p_service.customer_id, p_reason,
    jsonb_build_object('package', p_old.name, 'monthly_price_cents', p_service.monthly_price_cents),
    jsonb_build_object('package', p_new.name, 'monthly_price_cents', p_new.monthly_price_cents), p_as_of);
  return private.service_document(p_service.id)
    || jsonb_build_object('effective_on', private.local_date(p_as_of, private.billing_time_zone()));
end;
$$;
comment on function private.change_ordered_package(
  public.customer_services, public.service_packages, public.service_packages, text, uuid, timestamptz
) is
  'Changes the package of an order whose service is not active yet. Nothing was charged, so the order and its referral stay as they are. The caller holds the customer''s lock.';
revoke all on function private.change_ordered_package(
  public.customer_services, public.service_packages, public.service_packages, text, uuid, timestamptz
) from public, anon, authenticated, service_role;

create function private.change_service_package(
  p_service_id uuid, p_package_slug text, p_reason text, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_service public.customer_services;
  v_old public.service_packages;
  v_new public.service_packages;
  v_effective date;
  v_made timestamptz;
  v_change uuid;
begin
  select s.* into v_service from public.customer_services as s where s.id = p_service_id;
  if v_service.id is null then
    perform private.fail(404, 'not_found', 'service');
  end if;
  perform private.refuse_own_account(v_service.customer_id, p_actor);
  perform private.refuse_own_order(v_service.order_id, p_actor);
  -- Issuing an invoice takes the same lock: the cycle is either invoiced at the old price, or not at all yet.
  perform private.lock_customers(array[v_service.customer_id]);
  select s.* into strict v_service from public.customer_services as s where s.id = p_service_id for update;
  v_new := private.package_on_sale(p_package_slug);
  if v_new.id is null then
    perform private.fail(404, 'not_found', 'package');
  end if;
  if v_service.status = 'cancelled' or v_service.is_external then
    perform private.fail(409, 'package_not_changeable', v_service.status);
  end if;
  if v_service.package_id = v_new.id and v_service.monthly_price_cents = v_new.monthly_price_cents then
    perform private.fail_changed(
      'package_unchanged', v_new.slug, 'service', p_service_id::text, array['service.package_changed']);
  end if;
  select p.* into strict v_old from public.service_packages as p where p.id = v_service.package_id;
  if v_service.status = 'pending' then
    return private.change_ordered_package(v_service, v_old, v_new, v_reason, p_actor, p_as_of);
  end if;

  v_effective := private.price_change_day(p_service_id, p_as_of);
  -- Changes are ordered as they got the lock, even if the clocks of the callers differ.
  select greatest(p_as_of, max(ch.created_at) + interval '1 microsecond') into v_made
  from public.service_price_changes as ch
  where ch.service_id = p_service_id;

  insert into public.service_price_changes
    (service_id, effective_on, from_package_id, from_price_cents, to_package_id, to_price_cents, reason, actor_id,
     created_at)
  values
    (p_service_id, v_effective, v_old.id, v_service.monthly_price_cents, v_new.id, v_new.monthly_price_cents, v_reason,
     p_actor, v_made)
  returning id into v_change;
  perform private.mail_package_change(v_change, p_as_of);
  update public.customer_services as s
  set package_id = v_new.id, monthly_price_cents = v_new.monthly_price_cents, updated_at = p_as_of
  where s.id = p_service_id;
  perform private.write_audit(
    p_actor, 'service.package_changed', 'service', p_service_id::text, v_service.customer_id, v_reason,
    jsonb_build_object('package', v_old.name, 'monthly_price_cents', v_service.monthly_price_cents),
    jsonb_build_object(
      'package', v_new.name, 'monthly_price_cents', v_new.monthly_price_cents, 'effective_on', v_effective),
    p_as_of);
  return private.service_document(p_service_id) || jsonb_build_object('effective_on', v_effective);
end;
$$;
comment on function private.change_service_package(uuid, text, text, uuid, timestamptz) is
  'Moves a service to a package on sale, at its current price. Takes effect today in the billing time zone, or from the first day of the next cycle without an invoice when this one has it. A service that is not active yet begins with the new package.';
revoke all on function private.change_service_package(uuid, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.price_change_to_approve(p_service_id uuid, p_package_slug text)
returns bigint
language sql
stable
set search_path = ''
as $$
  select asked.cents
  from (
    select abs(p.monthly_price_cents - s.monthly_price_cents) as cents
    from public.customer_services as s, private.package_on_sale(p_package_slug) as p
    where s.id = p_service_id and s.status in ('active', 'suspended')
  ) as asked
  where asked.cents > (private.current_admin_settings()).approval_price_cents
$$;
comment on function private.price_change_to_approve(uuid, text) is
  'The change of the monthly price in cents with VAT, when it is beyond the limit for one person; null else.';
revoke all on function private.price_change_to_approve(uuid, text) from public, anon, authenticated, service_role;

create function public.change_service_package(p_service_id uuid, p_package_slug text, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_customer uuid;
  v_difference bigint;
begin
  v_actor := private.require_permission('orders:manage');
  v_reason := private.trimmed_reason(p_reason);
  v_difference := private.price_change_to_approve(p_service_id, p_package_slug);
  if v_difference is not null then
    select s.customer_id into v_customer from public.customer_services as s where s.id = p_service_id;
    perform private.refuse_own_account(v_customer, v_actor);
    return private.request_approval(
      'package_change', jsonb_build_object('service_id', p_service_id, 'package_slug', p_package_slug),
      v_customer, v_difference, v_reason, v_actor);
  end if;
  return private.change_service_package(p_service_id, p_package_slug, v_reason, v_actor, now());
exception when sqlstate 'PT403' then
  return private.refused_call('service.change_package', 'service', p_service_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.change_service_package(uuid, text, text) is
  'Admin with orders:manage: moves a service to another package; a change of the price beyond the limit for one person becomes a request for a second one. Raises not_found, own_account, package_not_changeable, package_unchanged.';
revoke all on function public.change_service_package(uuid, text, text) from public, anon, authenticated, service_role;
grant execute on function public.change_service_package(uuid, text, text) to authenticated;
