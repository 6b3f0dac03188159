-- Changing the package of a service: which price counted on which day, and the one operation that writes it. And the
-- reminder of a reward that is about to expire, by the billing zone's calendar.

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

create trigger service_price_changes_append_only
  before update or delete on public.service_price_changes
  for each row execute function private.refuse_change();
create trigger service_price_changes_no_truncate
  before truncate on public.service_price_changes
  for each statement execute function private.refuse_change();

alter table public.service_price_changes enable row level security;
revoke all on table public.service_price_changes from public, anon, authenticated, service_role;
grant select on table public.service_price_changes to service_role;
-- Why and by whom a package was changed is for the audit log.
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
  -- Whoever waited for the lock brings an older clock. No change counts from before the one that it follows.
  return greatest(v_day, (
    select max(ch.effective_on) from public.service_price_changes as ch where ch.service_id = p_service_id));
end;
$$;
comment on function private.price_change_day(uuid, timestamptz) is
  'The local day from which a price that a service gets now would count: today, or the first day of the next cycle without an invoice.';
revoke all on function private.price_change_day(uuid, timestamptz) from public, anon, authenticated, service_role;

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
  select p.* into v_new from public.service_packages as p where p.slug = p_package_slug and p.is_active;
  if v_new.id is null then
    perform private.fail(404, 'not_found', 'package');
  end if;
  if v_service.status not in ('active', 'suspended') then
    perform private.fail(409, 'package_not_changeable', v_service.status);
  end if;
  if v_service.package_id = v_new.id and v_service.monthly_price_cents = v_new.monthly_price_cents then
    perform private.fail(409, 'package_unchanged', v_new.slug);
  end if;
  select p.* into strict v_old from public.service_packages as p where p.id = v_service.package_id;

  v_effective := private.price_change_day(p_service_id, p_as_of);
  -- The order of the changes is the order of the lock, whatever the clocks say.
  select greatest(p_as_of, max(ch.created_at) + interval '1 microsecond') into v_made
  from public.service_price_changes as ch
  where ch.service_id = p_service_id;

  insert into public.service_price_changes
    (service_id, effective_on, from_package_id, from_price_cents, to_package_id, to_price_cents, reason, actor_id,
     created_at)
  values
    (p_service_id, v_effective, v_old.id, v_service.monthly_price_cents, v_new.id, v_new.monthly_price_cents, v_reason,
     p_actor, v_made);
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
  'Moves an active or suspended service to a package on sale, at its current price. Takes effect today in the billing time zone, or from the first day of the next cycle without an invoice when this one has it.';
revoke all on function private.change_service_package(uuid, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.change_service_package(p_service_id uuid, p_package_slug text, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
begin
  return private.change_service_package(
    p_service_id, p_package_slug, p_reason, private.require_permission('orders:manage'), now());
end;
$$;
comment on function public.change_service_package(uuid, text, text) is
  'Admin with orders:manage: moves a service to another package. Raises not_found, own_account, package_not_changeable, package_unchanged.';
revoke all on function public.change_service_package(uuid, text, text) from public, anon, authenticated, service_role;
grant execute on function public.change_service_package(uuid, text, text) to authenticated;

create or replace function private.service_document(p_service_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', s.id, 'customer_id', s.customer_id, 'order_id', s.order_id, 'status', s.status,
    'package_name', p.name, 'monthly_price_cents', s.monthly_price_cents,
    'earlier_price', (
      select jsonb_build_object('until', ch.effective_on, 'price_cents', ch.from_price_cents)
      from public.service_price_changes as ch
      where ch.service_id = s.id and ch.effective_on > private.local_date(now(), private.billing_time_zone())
      order by ch.effective_on, ch.created_at
      limit 1),
    'activated_at', s.activated_at, 'suspended_at', s.suspended_at, 'cancelled_at', s.cancelled_at
  )
  from public.customer_services as s
  join public.service_packages as p on p.id = s.package_id
  where s.id = p_service_id
$$;
comment on function private.service_document(uuid) is
  'A service as the API shows it. earlier_price is what still counts on the days before until, where a change lies ahead.';

create or replace function private.invoice_preview_facts(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'customer_id', p_customer_id,
    'rewards', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', w.id, 'expires_at', w.expires_at, 'created_at', w.created_at, 'cap_cents', w.cap_cents
      ) order by w.expires_at, w.created_at, w.id)
      from public.referral_rewards as w
      where w.customer_id = p_customer_id and w.status = 'pending'), '[]'),
    'free_month_periods', coalesce((
      select jsonb_agg(i.period_start)
      from public.customer_invoices as i
      where i.customer_id = p_customer_id and i.is_free_month and i.period_start > now() - interval '100 days'), '[]'),
    'services', coalesce((
      select jsonb_agg(jsonb_build_object(
        'service_id', s.id, 'package_name', p.name, 'price_cents', s.monthly_price_cents,
        'activated_at', s.activated_at, 'status', s.status,
        'ended_at', case when s.status = 'cancelled' then least(s.suspended_at, s.cancelled_at) end,
        'earlier_prices', coalesce((
          select jsonb_agg(jsonb_build_object(
            'until', ch.effective_on, 'package_name', ch.package_name, 'price_cents', ch.price_cents
          ) order by ch.effective_on)
          from (
            -- Of several changes from one day on, the days before it had the price that the first of them replaced.
            select distinct on (ch.effective_on)
              ch.effective_on, q.name as package_name, ch.from_price_cents as price_cents
            from public.service_price_changes as ch
            join public.service_packages as q on q.id = ch.from_package_id
            where ch.service_id = s.id and ch.effective_on > cycle.period_start
            order by ch.effective_on, ch.created_at
          ) as ch), '[]'),
        'invoiced_periods', coalesce((
          select jsonb_agg(i.period_start)
          from public.customer_invoices as i
          where i.service_id = s.id and i.period_start > now() - interval '100 days'), '[]')
      ) order by s.id)
      from public.customer_services as s
      join public.service_packages as p on p.id = s.package_id
      where s.customer_id = p_customer_id
        and (
          s.status = 'active'
          or (s.status = 'cancelled' and s.activated_at is not null
            and private.local_date(least(s.suspended_at, s.cancelled_at), cycle.time_zone) > cycle.period_start)
        )), '[]')
  )
  from (
    select z.time_zone, date_trunc('month', private.local_date(now(), z.time_zone))::date as period_start
    from private.billing_time_zone() as z (time_zone)
  ) as cycle
$$;
comment on function private.invoice_preview_facts(uuid) is
  'What the invoice rules need to foretell the caller''s next invoice, for whichever cycle comes next: active services, and those that ended in the current cycle.';

create or replace function public.admin_list_orders(
  p_status text default null, p_q text default null,
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
  v_q text := nullif(btrim(coalesce(p_q, '')), '');
  v_found uuid[];
  v_rows jsonb;
begin
  perform private.require_permission('customers:view');
  if v_q is not null then
    v_found := array(select private.search_customers(v_q));
  end if;
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.id, 'status', page.status, 'created_at', page.created_at,
    'activated_at', page.activated_at, 'cancelled_at', page.cancelled_at, 'cancel_reason', page.cancel_reason,
    'referral_code', page.referral_code, 'referral_outcome', page.referral_outcome, 'referral_reason', page.referral_reason,
    'customer', (
      select jsonb_build_object('id', c.id, 'name', btrim(c.first_name || ' ' || c.last_name), 'email', c.email)
      from public.customers as c where c.id = page.customer_id),
    'package_name', (select p.name from public.service_packages as p where p.id = page.package_id),
    'referrer', (
      select jsonb_build_object('id', c.id, 'name', btrim(c.first_name || ' ' || c.last_name))
      from public.customer_referrals as r join public.customers as c on c.id = r.referrer_id
      where r.order_id = page.id limit 1),
    'service', (
      select private.service_document(s.id)
        || jsonb_build_object('price_change_on', case
          when s.status in ('active', 'suspended') then private.price_change_day(s.id, now()) end)
      from public.customer_services as s where s.order_id = page.id)
  ) order by page.created_at desc, page.id desc), '[]')
  into v_rows
  from (
    select o.*
    from public.orders as o
    where (p_status is null or o.status = p_status)
      and (v_q is null or o.customer_id = any (v_found))
      and (p_cursor_at is null or (o.created_at, o.id) < (p_cursor_at, p_cursor_id))
    order by o.created_at desc, o.id desc
    limit v_limit + 1
  ) as page;
  return private.keyset_page('orders', v_rows, v_limit, 'created_at');
end;
$$;
comment on function public.admin_list_orders(text, text, timestamptz, uuid, integer) is
  'Admin with customers:view: orders with their service, newest first. price_change_on is the day from which a package changed now would be charged.';

create or replace function public.expire_due(
  p_as_of timestamptz default now(), p_limit integer default 500, p_expire_rewards boolean default true
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_customers uuid[];
  v_referrals integer;
  v_rewards integer := 0;
  v_reminders integer := 0;
  -- Whole days of the billing zone, whatever the session's own zone makes of an interval.
  v_remind_until timestamptz := private.local_plus(p_as_of, interval '30 days', private.billing_time_zone());
  v_row record;
begin
  select array_agg(due.customer_id order by due.customer_id) into v_customers
  from (
    (select r.referrer_id as customer_id
     from public.customer_referrals as r
     where r.status = 'pending' and r.activation_due_at <= p_as_of
     order by r.activation_due_at limit p_limit)
    union
    (select w.customer_id
     from public.referral_rewards as w
     where p_expire_rewards and w.status = 'pending' and w.expires_at <= p_as_of
     order by w.expires_at limit p_limit)
    union
    (select w.customer_id
     from public.referral_rewards as w
     where w.status = 'pending' and w.expires_at > p_as_of and w.expires_at <= v_remind_until
       and not exists (select 1 from public.notifications as n where n.dedupe_key = 'reward_expiring:' || w.id)
     order by w.expires_at limit p_limit)
  ) as due;
  perform private.lock_customers(v_customers);

  update public.customer_referrals as r
  set status = 'expired', expired_at = p_as_of, status_reason = 'not_activated_in_time'
  where r.referrer_id = any (v_customers) and r.status = 'pending' and r.activation_due_at <= p_as_of;
  get diagnostics v_referrals = row_count;

  for v_row in
    update public.referral_rewards as w
    set status = 'expired', expired_at = p_as_of
    from public.customers as c
    where p_expire_rewards and w.customer_id = any (v_customers) and w.status = 'pending' and w.expires_at <= p_as_of and c.id = w.customer_id
    returning w.id, w.expires_at, c.id as customer_id, c.email, c.first_name
  loop
    v_rewards := v_rewards + 1;
    perform private.enqueue_mail(
      'reward_expired', v_row.email, v_row.customer_id,
      jsonb_build_object('first_name', v_row.first_name, 'expires_at', v_row.expires_at),
      'reward_expired:' || v_row.id, p_as_of);
  end loop;

  for v_row in
    select w.id, w.expires_at, c.id as customer_id, c.email, c.first_name
    from public.referral_rewards as w
    join public.customers as c on c.id = w.customer_id
    where w.customer_id = any (v_customers) and w.status = 'pending'
      and w.expires_at > p_as_of and w.expires_at <= v_remind_until
  loop
    if private.enqueue_mail(
      'reward_expiring', v_row.email, v_row.customer_id,
      jsonb_build_object('first_name', v_row.first_name, 'expires_at', v_row.expires_at),
      'reward_expiring:' || v_row.id, p_as_of) then
      v_reminders := v_reminders + 1;
    end if;
  end loop;

  return jsonb_build_object(
    'referrals_expired', v_referrals, 'rewards_expired', v_rewards, 'reminders', v_reminders,
    'more', cardinality(coalesce(v_customers, '{}')) > 0);
end;
$$;
comment on function public.expire_due(timestamptz, integer, boolean) is
  'Server: expires referrals past their window and rewards past their date, and queues the 30-day reminder, in one batch. p_expire_rewards false keeps rewards that cannot be used now.';
