-- The programme's figures: facts of each day of the billing time zone, and the overview that adds them up.
--
-- Whatever changes a fact names the day in private.touched_days, in the same transaction. A refresh writes the facts of
-- those days anew from the tables; the jobs call it, and so does the overview. A rebuild does it for every day. An order
-- keeps its day: what becomes of it later changes the facts of the day on which it was placed.

create table private.touched_days (day date not null);
comment on table private.touched_days is 'Days whose facts have to be written anew. A day can stand here many times.';
alter table private.touched_days enable row level security;
revoke all on table private.touched_days from public, anon, authenticated, service_role;

create table private.cohort_days (
  day date not null,
  channel text not null,
  package_id uuid not null references public.service_packages (id),
  orders integer not null,
  activated integer not null,
  paid integer not null,
  qualified integer not null,
  under_way integer not null,
  flagged integer not null,
  kept_3 integer not null,
  kept_6 integer not null,
  kept_12 integer not null,
  cost_cents bigint not null,
  unused integer not null,
  primary key (day, channel, package_id)
);
comment on table private.cohort_days is
  'What became of the orders of a day until now, by channel and by the package ordered. Referred orders, and under channel none the first orders of customers whom nobody referred. Amounts in cents.';
comment on column private.cohort_days.activated is 'The service became active, also when the customer has left since.';
comment on column private.cohort_days.paid is 'The customer has paid an invoice in full. A free month is not paid.';
comment on column private.cohort_days.under_way is 'Referrals that are pending or active: they can still qualify.';
comment on column private.cohort_days.kept_3 is
  'Customers with a service that was active before the day 3 months after the order and had not ended by then. Says something only once that day has passed.';
comment on column private.cohort_days.cost_cents is
  'What the earned free months took off invoices, divided among the friends who earned them. Free months given by hand are no part of it.';
comment on column private.cohort_days.unused is 'Qualified friends whose free month is not used yet, or not granted yet.';
create index cohort_days_package on private.cohort_days (package_id);
alter table private.cohort_days enable row level security;
revoke all on table private.cohort_days from public, anon, authenticated, service_role;

create table private.visit_days (
  day date not null,
  channel text not null,
  visits integer not null,
  primary key (day, channel)
);
comment on table private.visit_days is 'How often invitations were opened on a day, by channel.';
alter table private.visit_days enable row level security;
revoke all on table private.visit_days from public, anon, authenticated, service_role;

create table private.activity_days (
  day date primary key,
  friends_activated integer not null,
  friends_qualified integer not null,
  customers_started integer not null,
  customers_stopped integer not null,
  earned integer not null,
  given integer not null,
  earned_applied integer not null,
  given_applied integer not null,
  expired integer not null,
  revoked integer not null,
  earned_waived_cents bigint not null,
  given_waived_cents bigint not null
);
comment on table private.activity_days is
  'What happened on a day, whenever it was ordered. Days on which nothing happened have no row. Amounts in cents.';
comment on column private.activity_days.customers_started is
  'Customers with an active service at the end of the day and without one at the end of the day before. customers_stopped is the reverse; the sum of the differences is the number of active customers.';
comment on column private.activity_days.given is 'Free months granted by hand.';
alter table private.activity_days enable row level security;
revoke all on table private.activity_days from public, anon, authenticated, service_role;

create table private.step_days (
  day date not null,
  step text not null check (step in ('ordered', 'activated', 'qualified', 'used')),
  took_days integer not null,
  friends integer not null,
  primary key (day, step, took_days)
);
comment on table private.step_days is
  'How many calendar days the step took that was reached on a day: from the visit to the order, from there to the active service, from there to counting; and from the earned free month to its use.';
alter table private.step_days enable row level security;
revoke all on table private.step_days from public, anon, authenticated, service_role;

create table private.liability_days (
  day date primary key,
  as_of timestamptz not null,
  rewards integer not null,
  value_cents bigint not null,
  expiring jsonb not null
);
comment on table private.liability_days is
  'What unused free months were worth on a day, and by the month in which they expire. Amounts in cents with VAT.';
alter table private.liability_days enable row level security;
revoke all on table private.liability_days from public, anon, authenticated, service_role;

create index referral_rewards_created on public.referral_rewards (created_at);
create index referral_rewards_applied on public.referral_rewards (applied_at) where applied_at is not null;
create index referral_rewards_revoked on public.referral_rewards (revoked_at) where revoked_at is not null;
create index referral_rewards_expired on public.referral_rewards (expired_at) where expired_at is not null;
create index service_suspensions_suspended on public.service_suspensions (suspended_at);
create index service_suspensions_resumed on public.service_suspensions (resumed_at) where resumed_at is not null;

-- Which days a change touches.

create function private.touch_orders()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  insert into private.touched_days
  select distinct (n.created_at at time zone v_zone)::date from new_rows as n;
  return null;
end;
$$;
comment on function private.touch_orders() is 'Trigger: the days on which orders were placed.';
revoke all on function private.touch_orders() from public, anon, authenticated, service_role;

create function private.touch_visits()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  insert into private.touched_days
  select distinct (n.visited_at at time zone v_zone)::date from new_rows as n;
  return null;
end;
$$;
comment on function private.touch_visits() is 'Trigger: the days on which invitations were opened.';
revoke all on function private.touch_visits() from public, anon, authenticated, service_role;

create function private.touch_referrals()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  insert into private.touched_days
  select distinct (t.at at time zone v_zone)::date
  from new_rows as n
  cross join lateral (
    values (n.referred_at), (n.activated_at), (n.qualified_at)
    union all
    -- A referral that comes after the order takes the order out of those without a code.
    select o.created_at from public.orders as o where o.customer_id = n.referred_customer_id
  ) as t (at)
  where t.at is not null;
  if tg_op = 'UPDATE' then
    insert into private.touched_days
    select distinct (t.at at time zone v_zone)::date
    from old_rows as n cross join lateral (values (n.activated_at), (n.qualified_at)) as t (at)
    where t.at is not null;
  end if;
  return null;
end;
$$;
comment on function private.touch_referrals() is 'Trigger: the day of the order, and the days on which a friend became active or counted, before and after.';
revoke all on function private.touch_referrals() from public, anon, authenticated, service_role;

create function private.touch_customers_of_services(p_customer_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  insert into private.touched_days
  select distinct (t.at at time zone v_zone)::date
  from unnest(p_customer_ids) as c (id)
  cross join lateral (
    select o.created_at from public.orders as o where o.customer_id = c.id
    union all
    select r.referred_at from public.customer_referrals as r where r.referred_customer_id = c.id
  ) as t (at);
end;
$$;
comment on function private.touch_customers_of_services(uuid[]) is 'Names the days on which these customers ordered.';
revoke all on function private.touch_customers_of_services(uuid[]) from public, anon, authenticated, service_role;

create function private.touch_services()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
  v_customers uuid[];
begin
  if tg_op = 'INSERT' then
    insert into private.touched_days
    select distinct (t.at at time zone v_zone)::date
    from new_rows as n cross join lateral (values (n.activated_at), (n.ended_at)) as t (at)
    where t.at is not null;
    v_customers := array(select distinct n.customer_id from new_rows as n where n.activated_at is not null);
  else
    insert into private.touched_days
    select distinct (t.at at time zone v_zone)::date
    from new_rows as n
    join old_rows as o on o.id = n.id
    cross join lateral (values (n.activated_at), (n.ended_at), (o.activated_at), (o.ended_at)) as t (at)
    where t.at is not null
      and (n.activated_at is distinct from o.activated_at or n.ended_at is distinct from o.ended_at);
    v_customers := array(
      select distinct n.customer_id
      from new_rows as n join old_rows as o on o.id = n.id
      where n.activated_at is distinct from o.activated_at or n.ended_at is distinct from o.ended_at);
  end if;
  perform private.touch_customers_of_services(v_customers);
  return null;
end;
$$;
comment on function private.touch_services() is 'Trigger: the days on which services began and ended, and on which their customers ordered.';
revoke all on function private.touch_services() from public, anon, authenticated, service_role;

create function private.touch_suspensions()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  insert into private.touched_days
  select (t.at at time zone v_zone)::date
  from (values (new.suspended_at), (new.resumed_at), (old.suspended_at), (old.resumed_at)) as t (at)
  where t.at is not null;
  return null;
end;
$$;
comment on function private.touch_suspensions() is 'Trigger: the days on which a service was suspended and resumed, before and after.';
revoke all on function private.touch_suspensions() from public, anon, authenticated, service_role;

create function private.touch_rewards()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  insert into private.touched_days
  select distinct (t.at at time zone v_zone)::date
  from new_rows as n
  cross join lateral (
    values (n.created_at), (n.applied_at), (n.revoked_at), (n.expired_at)
    union all
    select r.referred_at from public.customer_referrals as r where r.reward_id = n.id
  ) as t (at)
  where t.at is not null;
  return null;
end;
$$;
comment on function private.touch_rewards() is
  'Trigger: the days on which free months were granted, used, revoked and expired, and on which the friends ordered who earned them.';
revoke all on function private.touch_rewards() from public, anon, authenticated, service_role;

create function private.touch_flags()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  insert into private.touched_days
  select distinct (r.referred_at at time zone v_zone)::date
  from new_rows as n join public.customer_referrals as r on r.id = n.referral_id;
  return null;
end;
$$;
comment on function private.touch_flags() is 'Trigger: the days of the referrals that were flagged.';
revoke all on function private.touch_flags() from public, anon, authenticated, service_role;

create function private.touch_settlements()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_customers uuid[];
begin
  if tg_op = 'INSERT' then
    v_customers := array(
      select distinct n.customer_id from new_rows as n
      where n.outstanding_cents = 0 and n.paid_cents + n.from_account_cents > 0);
  else
    -- One statement can pay an invoice that was paid in part before, and another one for which a row is
    -- inserted: whichever of the two triggers left it to the other, both would leave it.
    perform private.touch_customers_of_services(array(
      select distinct n.customer_id
      from new_rows as n join old_rows as o on o.invoice_id = n.invoice_id
      where (n.outstanding_cents = 0 and n.paid_cents + n.from_account_cents > 0)
        <> (o.outstanding_cents = 0 and o.paid_cents + o.from_account_cents > 0)));
    return null;
  end if;
  -- Of invoices that are paid at once, only the first one of a customer changes a fact.
  perform private.touch_customers_of_services(array(
    select c.id
    from unnest(v_customers) as c (id)
    where not exists (
      select 1 from public.invoice_settlements as s
      where s.customer_id = c.id and s.outstanding_cents = 0 and s.paid_cents + s.from_account_cents > 0
        and not exists (select 1 from new_rows as n where n.invoice_id = s.invoice_id))));
  return null;
end;
$$;
comment on function private.touch_settlements() is 'Trigger: the days on which customers ordered who paid their first invoice, or whose payment was taken back.';
revoke all on function private.touch_settlements() from public, anon, authenticated, service_role;

create trigger orders_touch_inserted after insert on public.orders
  referencing new table as new_rows for each statement execute function private.touch_orders();
create trigger referral_visits_touch_inserted after insert on public.referral_visits
  referencing new table as new_rows for each statement execute function private.touch_visits();
create trigger customer_referrals_touch_inserted after insert on public.customer_referrals
  referencing new table as new_rows for each statement execute function private.touch_referrals();
create trigger customer_referrals_touch_updated after update on public.customer_referrals
  referencing old table as old_rows new table as new_rows for each statement execute function private.touch_referrals();
create trigger customer_services_touch_inserted after insert on public.customer_services
  referencing new table as new_rows for each statement execute function private.touch_services();
create trigger customer_services_touch_updated after update on public.customer_services
  referencing old table as old_rows new table as new_rows for each statement execute function private.touch_services();
create trigger service_suspensions_touch after insert or update or delete on public.service_suspensions
  for each row execute function private.touch_suspensions();
create trigger referral_rewards_touch_inserted after insert on public.referral_rewards
  referencing new table as new_rows for each statement execute function private.touch_rewards();
create trigger referral_rewards_touch_updated after update on public.referral_rewards
  referencing new table as new_rows for each statement execute function private.touch_rewards();
create trigger referral_flags_touch_inserted after insert on public.referral_flags
  referencing new table as new_rows for each statement execute function private.touch_flags();
create trigger referral_flags_touch_updated after update on public.referral_flags
  referencing new table as new_rows for each statement execute function private.touch_flags();
create trigger invoice_settlements_touch_inserted after insert on public.invoice_settlements
  referencing new table as new_rows for each statement execute function private.touch_settlements();
create trigger invoice_settlements_touch_updated after update on public.invoice_settlements
  referencing old table as old_rows new table as new_rows for each statement execute function private.touch_settlements();

-- The facts of a range of days, from the tables.

create function private.write_cohort_days(p_first date, p_last date, p_zone text)
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_from timestamptz := p_first::timestamp at time zone p_zone;
  v_until timestamptz := (p_last + 1)::timestamp at time zone p_zone;
begin
  delete from private.cohort_days as d where d.day between p_first and p_last;
  insert into private.cohort_days
    (day, channel, package_id, orders, activated, paid, qualified, under_way, flagged, kept_3, kept_6, kept_12, cost_cents, unused)
  select p.day, p.channel, p.package_id, count(*),
    count(*) filter (where case when p.channel = 'none' then s.is_active else p.activated_at is not null end),
    count(*) filter (where exists (
      select 1 from public.invoice_settlements as i
      where i.customer_id = p.customer_id and i.outstanding_cents = 0 and i.paid_cents + i.from_account_cents > 0)),
    count(*) filter (where p.status = 'qualified'),
    count(*) filter (where p.status in ('pending', 'active')),
    count(*) filter (where exists (
      select 1 from public.referral_flags as f where f.referral_id = p.referral_id and f.status <> 'shadow')),
    count(*) filter (where s.kept_3), count(*) filter (where s.kept_6), count(*) filter (where s.kept_12),
    coalesce(sum(w.cost_cents), 0), count(*) filter (where p.status = 'qualified' and coalesce(w.is_unused, true))
  from (
    select (r.referred_at at time zone p_zone)::date as day, r.channel, o.package_id, r.id as referral_id,
      r.referred_customer_id as customer_id, r.order_id, r.status, r.activated_at, r.qualified_at, r.reward_id
    from public.customer_referrals as r join public.orders as o on o.id = r.order_id
    where r.referred_at >= v_from and r.referred_at < v_until
    union all
    select (o.created_at at time zone p_zone)::date, 'none', o.package_id, null, o.customer_id, o.id, null, null, null, null
    from public.orders as o
    where o.created_at >= v_from and o.created_at < v_until
      and not exists (select 1 from public.customer_referrals as r where r.referred_customer_id = o.customer_id)
      and not exists (
        select 1 from public.orders as e where e.customer_id = o.customer_id and (e.created_at, e.id) < (o.created_at, o.id))
  ) as p
  cross join lateral (
    select bool_or(s.order_id = p.order_id) as is_active,
      bool_or(s.activated_at < k.after_3 and (s.ended_at is null or s.ended_at >= k.after_3)) as kept_3,
      bool_or(s.activated_at < k.after_6 and (s.ended_at is null or s.ended_at >= k.after_6)) as kept_6,
      bool_or(s.activated_at < k.after_12 and (s.ended_at is null or s.ended_at >= k.after_12)) as kept_12
    from public.customer_services as s
    cross join (
      select (p.day + interval '3 months') at time zone p_zone as after_3,
        (p.day + interval '6 months') at time zone p_zone as after_6,
        (p.day + interval '12 months') at time zone p_zone as after_12
    ) as k
    where s.customer_id = p.customer_id and s.activated_at is not null
  ) as s
  left join lateral (
    -- The friends who earned a free month share what it took off, to the cent.
    select w.status = 'pending' as is_unused,
      coalesce(w.amount_waived_cents * f.place / f.friends - w.amount_waived_cents * (f.place - 1) / f.friends, 0) as cost_cents
    from public.referral_rewards as w
    cross join lateral (
      select count(*) as friends, count(*) filter (where (f.qualified_at, f.id) <= (p.qualified_at, p.referral_id)) as place
      from public.customer_referrals as f where f.reward_id = w.id
    ) as f
    where w.id = p.reward_id
  ) as w on true
  group by p.day, p.channel, p.package_id;
end;
$$;
comment on function private.write_cohort_days(date, date, text) is 'Writes private.cohort_days anew for these days.';
revoke all on function private.write_cohort_days(date, date, text) from public, anon, authenticated, service_role;

create function private.served_days(p_customer_id uuid, p_zone text)
returns datemultirange
language sql
stable
set search_path = ''
as $$
  select range_agg(v.days)
  from (
    select unnest(
      datemultirange(daterange(
        (s.activated_at at time zone p_zone)::date,
        case when s.ended_at is not null then
          greatest((s.activated_at at time zone p_zone)::date, (s.ended_at at time zone p_zone)::date) end))
      - coalesce((
        select range_agg(daterange(
          (p.suspended_at at time zone p_zone)::date, (p.resumed_at at time zone p_zone)::date))
        from public.service_suspensions as p where p.service_id = s.id), '{}')) as days
    from public.customer_services as s
    where s.customer_id = p_customer_id and s.activated_at is not null
  ) as v
$$;
comment on function private.served_days(uuid, text) is 'The local days at whose end a customer had an active service. Null when there is none.';
revoke all on function private.served_days(uuid, text) from public, anon, authenticated, service_role;

create function private.write_activity_days(p_first date, p_last date, p_zone text)
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_from timestamptz := p_first::timestamp at time zone p_zone;
  v_until timestamptz := (p_last + 1)::timestamp at time zone p_zone;
begin
  delete from private.activity_days as d where d.day between p_first and p_last;
  insert into private.activity_days
    (day, friends_activated, friends_qualified, customers_started, customers_stopped, earned, given, earned_applied,
     given_applied, expired, revoked, earned_waived_cents, given_waived_cents)
  select e.day, count(*) filter (where e.kind = 'activated'), count(*) filter (where e.kind = 'qualified'),
    count(*) filter (where e.kind = 'started'), count(*) filter (where e.kind = 'stopped'),
    count(*) filter (where e.kind = 'granted' and e.is_earned), count(*) filter (where e.kind = 'granted' and not e.is_earned),
    count(*) filter (where e.kind = 'applied' and e.is_earned), count(*) filter (where e.kind = 'applied' and not e.is_earned),
    count(*) filter (where e.kind = 'expired'), count(*) filter (where e.kind = 'revoked'),
    coalesce(sum(e.cents) filter (where e.is_earned), 0), coalesce(sum(e.cents) filter (where not e.is_earned), 0)
  from (
    select 'activated' as kind, (r.activated_at at time zone p_zone)::date as day, null::boolean as is_earned, null::bigint as cents
    from public.customer_referrals as r where r.activated_at >= v_from and r.activated_at < v_until
    union all
    select 'qualified', (r.qualified_at at time zone p_zone)::date, null, null
    from public.customer_referrals as r where r.qualified_at >= v_from and r.qualified_at < v_until
    union all
    select 'granted', (w.created_at at time zone p_zone)::date, w.source = 'earned', null
    from public.referral_rewards as w where w.created_at >= v_from and w.created_at < v_until
    union all
    select 'applied', (w.applied_at at time zone p_zone)::date, w.source = 'earned', w.amount_waived_cents
    from public.referral_rewards as w where w.applied_at >= v_from and w.applied_at < v_until
    union all
    select 'expired', (w.expired_at at time zone p_zone)::date, null, null
    from public.referral_rewards as w where w.expired_at >= v_from and w.expired_at < v_until
    union all
    select 'revoked', (w.revoked_at at time zone p_zone)::date, null, null
    from public.referral_rewards as w where w.revoked_at >= v_from and w.revoked_at < v_until
    union all
    select b.kind, b.day, null, null
    from (
      select s.customer_id from public.customer_services as s where s.activated_at >= v_from and s.activated_at < v_until
      union
      select s.customer_id from public.customer_services as s
      where s.ended_at >= v_from and s.ended_at < v_until and s.activated_at is not null
      union
      select s.customer_id
      from public.service_suspensions as p join public.customer_services as s on s.id = p.service_id
      where (p.suspended_at >= v_from and p.suspended_at < v_until) or (p.resumed_at >= v_from and p.resumed_at < v_until)
    ) as c
    cross join lateral unnest(private.served_days(c.customer_id, p_zone)) as days
    cross join lateral (values ('started', lower(days)), ('stopped', upper(days))) as b (kind, day)
    where b.day between p_first and p_last
  ) as e
  group by e.day;
end;
$$;
comment on function private.write_activity_days(date, date, text) is 'Writes private.activity_days anew for these days.';
revoke all on function private.write_activity_days(date, date, text) from public, anon, authenticated, service_role;

create function private.write_step_days(p_first date, p_last date, p_zone text)
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_from timestamptz := p_first::timestamp at time zone p_zone;
  v_until timestamptz := (p_last + 1)::timestamp at time zone p_zone;
begin
  delete from private.visit_days as d where d.day between p_first and p_last;
  insert into private.visit_days (day, channel, visits)
  select (v.visited_at at time zone p_zone)::date, coalesce(v.via, 'link'), count(*)
  from public.referral_visits as v
  where v.visited_at >= v_from and v.visited_at < v_until
  group by 1, 2;
  delete from private.step_days as d where d.day between p_first and p_last;
  insert into private.step_days (day, step, took_days, friends)
  select t.day, t.step, t.day - t.before, count(*)
  from (
    select 'ordered' as step, (r.referred_at at time zone p_zone)::date as day, (r.visited_at at time zone p_zone)::date as before
    from public.customer_referrals as r
    where r.referred_at >= v_from and r.referred_at < v_until and r.visited_at is not null
    union all
    select 'activated', (r.activated_at at time zone p_zone)::date, (r.referred_at at time zone p_zone)::date
    from public.customer_referrals as r where r.activated_at >= v_from and r.activated_at < v_until
    union all
    select 'qualified', (r.qualified_at at time zone p_zone)::date, (r.activated_at at time zone p_zone)::date
    from public.customer_referrals as r where r.qualified_at >= v_from and r.qualified_at < v_until
    union all
    select 'used', (w.applied_at at time zone p_zone)::date, (w.created_at at time zone p_zone)::date
    from public.referral_rewards as w
    where w.applied_at >= v_from and w.applied_at < v_until and w.source = 'earned'
  ) as t
  group by t.day, t.step, t.before;
end;
$$;
comment on function private.write_step_days(date, date, text) is 'Writes private.visit_days and private.step_days anew for these days.';
revoke all on function private.write_step_days(date, date, text) from public, anon, authenticated, service_role;

create function private.write_program_days(p_first date, p_last date)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
begin
  perform private.write_cohort_days(p_first, p_last, v_zone);
  perform private.write_activity_days(p_first, p_last, v_zone);
  perform private.write_step_days(p_first, p_last, v_zone);
end;
$$;
comment on function private.write_program_days(date, date) is 'Writes all facts of these days anew from the tables.';
revoke all on function private.write_program_days(date, date) from public, anon, authenticated, service_role;

create function private.liability_now(p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with months as (
    select date_trunc('month', o.last_day)::date as month, count(*) as rewards, sum(o.value_cents)::bigint as value_cents
    from private.owed_rewards(p_as_of) as o
    group by 1
  )
  select jsonb_build_object(
    'as_of', p_as_of, 'rewards', coalesce(sum(m.rewards), 0), 'value_cents', coalesce(sum(m.value_cents), 0),
    'expiring', coalesce(jsonb_agg(to_jsonb(m) order by m.month), '[]'))
  from months as m
$$;
comment on function private.liability_now(timestamptz) is
  'What unused free months are worth at p_as_of, and by the month in which they expire. Amounts in cents with VAT.';
revoke all on function private.liability_now(timestamptz) from public, anon, authenticated, service_role;

create function private.keep_liability(p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_now jsonb;
begin
  if exists (select 1 from private.liability_days as d where d.as_of > p_as_of - interval '1 hour') then
    return;
  end if;
  v_now := private.liability_now(p_as_of);
  insert into private.liability_days as d (day, as_of, rewards, value_cents, expiring)
  values (
    private.local_date(p_as_of, private.billing_time_zone()), p_as_of, (v_now ->> 'rewards')::integer,
    (v_now ->> 'value_cents')::bigint, v_now -> 'expiring')
  on conflict (day) do update
  set as_of = excluded.as_of, rewards = excluded.rewards, value_cents = excluded.value_cents, expiring = excluded.expiring;
end;
$$;
comment on function private.keep_liability(timestamptz) is 'Keeps what unused free months are worth, once an hour.';
revoke all on function private.keep_liability(timestamptz) from public, anon, authenticated, service_role;

create function private.refresh_program_days(p_first date, p_last date, p_budget interval)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_began timestamptz := clock_timestamp();
  v_days date[];
  v_run record;
  v_left date[] := '{}';
  v_written integer := 0;
begin
  with taken as (delete from private.touched_days as t returning t.day)
  select array_agg(distinct t.day) into v_days from taken as t;
  -- Neighbours are written together, at most 31 days at once. The days that are asked for come first.
  for v_run in
    select min(d.day) as first_day, max(d.day) as last_day, array_agg(d.day) as days
    from (
      select t.day, t.day - (row_number() over (order by t.day))::integer as island, (row_number() over (order by t.day) / 31) as part
      from unnest(v_days) as t (day)
    ) as d
    group by d.island, d.part
    order by max(d.day) >= p_first and min(d.day) <= p_last desc, max(d.day) desc
  loop
    if clock_timestamp() > v_began + p_budget then
      v_left := v_left || v_run.days;
    else
      perform private.write_program_days(v_run.first_day, v_run.last_day);
      v_written := v_written + cardinality(v_run.days);
    end if;
  end loop;
  insert into private.touched_days select t.day from unnest(v_left) as t (day);
  return v_written;
end;
$$;
comment on function private.refresh_program_days(date, date, interval) is
  'Writes the facts of the touched days anew, those between p_first and p_last first, until p_budget is used up; the others wait for the next time. The caller holds the lock private.program_days_lock. Returns how many were written.';
revoke all on function private.refresh_program_days(date, date, interval) from public, anon, authenticated, service_role;

create function private.program_days_lock()
returns bigint
language sql
immutable
parallel safe
set search_path = ''
as $$
  select 7301733::bigint
$$;
comment on function private.program_days_lock() is 'The advisory lock of whoever writes the facts of days.';
revoke all on function private.program_days_lock() from public, anon, authenticated, service_role;

create function public.refresh_program_days(p_as_of timestamptz default now())
returns integer
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '10min'
as $$
declare
  v_written integer;
begin
  if not pg_try_advisory_xact_lock(private.program_days_lock()) then
    return 0;
  end if;
  v_written := private.refresh_program_days('-infinity', 'infinity', interval '4 seconds');
  perform private.keep_liability(p_as_of);
  return v_written;
end;
$$;
comment on function public.refresh_program_days(timestamptz) is
  'Server: writes the facts of the days that changes touched anew, for a few seconds. Returns how many days were written; 0 when all are, or somebody else is at it.';
revoke all on function public.refresh_program_days(timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.refresh_program_days(timestamptz) to service_role;

create function public.rebuild_program_days()
returns void
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60min'
as $$
begin
  perform pg_advisory_xact_lock(private.program_days_lock());
  delete from private.touched_days;
  perform private.write_program_days('0001-01-01', '9999-12-31');
end;
$$;
comment on function public.rebuild_program_days() is
  'Server: writes the facts of all days anew from the tables: after a restore of parts, or a change of the billing time zone.';
revoke all on function public.rebuild_program_days() from public, anon, authenticated, service_role;
grant execute on function public.rebuild_program_days() to service_role;

-- The overview.

create function private.program_figures(p_first date, p_last date)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with cohort as (
    select coalesce(sum(d.orders), 0)::bigint as orders, coalesce(sum(d.activated), 0)::bigint as orders_active,
      coalesce(sum(d.paid), 0)::bigint as orders_paid, coalesce(sum(d.qualified), 0)::bigint as orders_qualified,
      coalesce(sum(d.under_way), 0)::bigint as orders_under_way, coalesce(sum(d.flagged), 0)::bigint as flagged,
      coalesce(sum(d.cost_cents), 0)::bigint as cohort_cost_cents, coalesce(sum(d.unused), 0)::bigint as cohort_unused
    from private.cohort_days as d
    where d.day between p_first and p_last and d.channel <> 'none'
  ), activity as (
    select coalesce(sum(d.friends_activated), 0)::bigint as active, coalesce(sum(d.friends_qualified), 0)::bigint as qualified,
      coalesce(sum(d.earned), 0)::bigint as rewards_earned, coalesce(sum(d.given), 0)::bigint as rewards_given,
      coalesce(sum(d.earned_applied + d.given_applied), 0)::bigint as rewards_applied,
      coalesce(sum(d.earned_waived_cents), 0)::bigint as earned_waived_cents,
      coalesce(sum(d.given_waived_cents), 0)::bigint as given_waived_cents
    from private.activity_days as d
    where d.day between p_first and p_last
  ), standing as (
    select coalesce(sum(d.customers_started - d.customers_stopped), 0)::bigint as active_customers,
      coalesce(sum(d.earned + d.given - d.earned_applied - d.given_applied - d.expired - d.revoked), 0)::bigint as rewards_pending
    from private.activity_days as d
    where d.day <= p_last
  )
  select to_jsonb(c) || to_jsonb(a) || to_jsonb(s) || jsonb_build_object(
    'visits', (select coalesce(sum(v.visits), 0) from private.visit_days as v where v.day between p_first and p_last),
    'rewards_granted', a.rewards_earned + a.rewards_given,
    'waived_cents', a.earned_waived_cents + a.given_waived_cents,
    'k_factor', case when s.active_customers > 0 then round(a.active::numeric / s.active_customers, 4) end,
    'cost_per_qualified_cents', case when c.orders_qualified > 0 then round(c.cohort_cost_cents::numeric / c.orders_qualified)::bigint end,
    'flag_bps', case when c.orders > 0 then round(c.flagged * 10000.0 / c.orders)::integer end)
  from cohort as c, activity as a, standing as s
$$;
comment on function private.program_figures(date, date) is
  'The programme''s figures for whole days, both included; amounts in cents. orders and what became of them are those of the referred orders of these days; active, qualified and rewards are what happened on these days.';
revoke all on function private.program_figures(date, date) from public, anon, authenticated, service_role;

create function private.program_bars(p_first date, p_last date)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with unit as (
    select case when p_last - p_first < 31 then 'day' else 'week' end as name
  ), bars as (
    select g.start::date as start, case when u.name = 'day' then 1 else 7 end as whole_days
    from unit as u
    cross join lateral generate_series(
      date_trunc(u.name, p_first::timestamp), p_last, case when u.name = 'day' then interval '1 day' else interval '1 week' end
    ) as g (start)
  )
  select jsonb_build_object('unit', (select u.name from unit as u), 'items', coalesce(jsonb_agg(jsonb_build_object(
    'start', b.start, 'days', least(b.start + b.whole_days - 1, p_last) - greatest(b.start, p_first) + 1,
    'whole_days', b.whole_days, 'orders', f.orders, 'qualified', f.qualified, 'under_way', f.under_way) order by b.start), '[]'))
  from bars as b
  cross join lateral (
    select coalesce(sum(d.orders), 0) as orders, coalesce(sum(d.qualified), 0) as qualified, coalesce(sum(d.under_way), 0) as under_way
    from private.cohort_days as d
    where d.day between greatest(b.start, p_first) and least(b.start + b.whole_days - 1, p_last) and d.channel <> 'none'
  ) as f
$$;
comment on function private.program_bars(date, date) is
  'The referred orders by day, or by week from Monday when there are more than 31 days, and how many of a bar''s days are in the period.';
revoke all on function private.program_bars(date, date) from public, anon, authenticated, service_role;

create function private.program_steps(p_first date, p_last date)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(m.step, jsonb_build_object('friends', m.friends, 'median_days', m.median_days)), '{}')
  from (
    select c.step, max(c.total) as friends, min(c.took_days) filter (where c.until_here * 2 >= c.total) as median_days
    from (
      select s.step, s.took_days,
        sum(s.friends) over (partition by s.step order by s.took_days) as until_here,
        sum(s.friends) over (partition by s.step) as total
      from (
        select d.step, d.took_days, sum(d.friends)::bigint as friends
        from private.step_days as d
        where d.day between p_first and p_last
        group by d.step, d.took_days
      ) as s
    ) as c
    group by c.step
  ) as m
$$;
comment on function private.program_steps(date, date) is
  'The median of the calendar days that each step took which was reached in these days: half of them took so many or fewer.';
revoke all on function private.program_steps(date, date) from public, anon, authenticated, service_role;

create function private.program_channels(p_first date, p_last date)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(c) order by c.orders desc, c.visits desc, c.channel), '[]')
  from (
    select f.channel, sum(f.visits)::bigint as visits, sum(f.orders)::bigint as orders, sum(f.activated)::bigint as activated,
      sum(f.qualified)::bigint as qualified, sum(f.under_way)::bigint as under_way
    from (
      select d.channel, 0 as visits, d.orders, d.activated, d.qualified, d.under_way
      from private.cohort_days as d where d.day between p_first and p_last and d.channel <> 'none'
      union all
      select v.channel, v.visits, 0, 0, 0, 0 from private.visit_days as v where v.day between p_first and p_last
    ) as f
    group by f.channel
  ) as c
$$;
comment on function private.program_channels(date, date) is 'Visits and referred orders of these days by the way on which the code came.';
revoke all on function private.program_channels(date, date) from public, anon, authenticated, service_role;

create function private.program_packages(p_first date, p_last date)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(f) order by f.orders desc, f.name), '[]')
  from (
    select p.id, p.name, sum(d.orders)::bigint as orders, sum(d.activated)::bigint as activated, sum(d.paid)::bigint as paid,
      sum(d.qualified)::bigint as qualified, sum(d.under_way)::bigint as under_way
    from private.cohort_days as d join public.service_packages as p on p.id = d.package_id
    where d.day between p_first and p_last and d.channel <> 'none'
    group by p.id
  ) as f
$$;
comment on function private.program_packages(date, date) is 'The referred orders of these days by the package ordered.';
revoke all on function private.program_packages(date, date) from public, anon, authenticated, service_role;

create function private.program_cohorts(p_last date, p_today date)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'month', m.month, 'is_referred', m.is_referred, 'days', m.days, 'orders', m.orders, 'activated', m.activated,
    'paid', m.paid, 'qualified', m.qualified, 'under_way', m.under_way,
    'kept', jsonb_build_array(
      jsonb_build_object('months', 3, 'of', m.of_3, 'kept', m.kept_3),
      jsonb_build_object('months', 6, 'of', m.of_6, 'kept', m.kept_6),
      jsonb_build_object('months', 12, 'of', m.of_12, 'kept', m.kept_12))) order by m.month desc, m.is_referred desc), '[]')
  from (
    select b.month, d.channel <> 'none' as is_referred, min(least(p_last, b.month_end) - b.month + 1) as days,
      sum(d.orders)::bigint as orders, sum(d.activated)::bigint as activated, sum(d.paid)::bigint as paid,
      sum(d.qualified)::bigint as qualified, sum(d.under_way)::bigint as under_way,
      coalesce(sum(d.activated) filter (where d.day + interval '3 months' <= p_today), 0)::bigint as of_3,
      coalesce(sum(d.kept_3) filter (where d.day + interval '3 months' <= p_today), 0)::bigint as kept_3,
      coalesce(sum(d.activated) filter (where d.day + interval '6 months' <= p_today), 0)::bigint as of_6,
      coalesce(sum(d.kept_6) filter (where d.day + interval '6 months' <= p_today), 0)::bigint as kept_6,
      coalesce(sum(d.activated) filter (where d.day + interval '12 months' <= p_today), 0)::bigint as of_12,
      coalesce(sum(d.kept_12) filter (where d.day + interval '12 months' <= p_today), 0)::bigint as kept_12
    from private.cohort_days as d
    cross join lateral (
      select date_trunc('month', d.day)::date as month,
        (date_trunc('month', d.day) + interval '1 month')::date - 1 as month_end
    ) as b
    where d.day >= date_trunc('month', p_last) - interval '17 months' and d.day <= p_last
    group by b.month, d.channel <> 'none'
  ) as m
$$;
comment on function private.program_cohorts(date, date) is
  'The orders of the 18 months until p_last by month, those of referred friends against those of customers without a code: how many became active, paid, qualified, and were still customers after 3, 6 and 12 months, among those activated for whom that day has come.';
revoke all on function private.program_cohorts(date, date) from public, anon, authenticated, service_role;

create function private.program_liability(p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_kept private.liability_days;
  v_pending integer;
begin
  select count(*) into v_pending
  from (select 1 from public.referral_rewards as w where w.status = 'pending' limit 2001) as first_ones;
  select d.* into v_kept from private.liability_days as d order by d.as_of desc limit 1;
  if v_pending <= 2000 or v_kept.day is null then
    return private.liability_now(p_as_of);
  end if;
  return to_jsonb(v_kept) - 'day';
end;
$$;
comment on function private.program_liability(timestamptz) is
  'What unused free months are worth: now while there are few, else as the job counted it within the last hour.';
revoke all on function private.program_liability(timestamptz) from public, anon, authenticated, service_role;

create function private.program_period(
  p_days integer, p_from date, p_to date, out first_day date, out last_day date, out today date
)
language plpgsql
stable
set search_path = ''
as $$
begin
  today := private.local_date(now(), private.billing_time_zone());
  last_day := coalesce(p_to, case when p_from = today then today else today - 1 end);
  first_day := coalesce(p_from, last_day - coalesce(p_days, 30) + 1);
  if last_day < first_day or last_day > today or last_day - first_day >= 3660 or first_day < '2000-01-01' then
    perform private.fail(400, 'invalid_request', 'days');
  end if;
end;
$$;
comment on function private.program_period(integer, date, date) is
  'The whole local days that are asked for, both included: those named, else the p_days until yesterday. Today is part of them only where it is named. Raises invalid_request for days that end before they begin, lie ahead, or are more than ten years.';
revoke all on function private.program_period(integer, date, date) from public, anon, authenticated, service_role;

create function public.get_program_metrics(
  p_days integer default 30, p_from date default null, p_to date default null, p_compare text default 'previous'
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
as $$
declare
  v_zone text := private.billing_time_zone();
  v_first date;
  v_last date;
  v_today date;
  v_back date;
  v_back_to date;
begin
  perform private.require_permission('customers:view');
  select p.* into v_first, v_last, v_today from private.program_period(p_days, p_from, p_to) as p;
  case p_compare
    when 'previous' then
      v_back := v_first - (v_last - v_first + 1);
      v_back_to := v_first - 1;
    when 'year' then
      v_back := (v_first - interval '1 year')::date;
      v_back_to := v_back + (v_last - v_first);
    when 'none' then
      v_back := null;
    else
      perform private.fail(400, 'invalid_request', 'compare');
  end case;
  if pg_try_advisory_xact_lock(private.program_days_lock()) then
    perform private.refresh_program_days(coalesce(v_back, v_first), v_last, interval '1 second');
  end if;
  return jsonb_build_object(
    'as_of', now(), 'time_zone', v_zone, 'currency', (private.current_billing_settings()).currency,
    'from', private.start_of_day(v_first, v_zone), 'to', private.start_of_day(v_last + 1, v_zone),
    'first_day', v_first, 'last_day', v_last, 'days', v_last - v_first + 1, 'includes_today', v_last = v_today,
    'is_current', not exists (select 1 from private.touched_days),
    'compare', p_compare, 'previous_first_day', v_back, 'previous_last_day', v_back_to,
    'qualifying_days', (private.current_terms()).qualifying_days,
    'current', private.program_figures(v_first, v_last),
    'previous', case when v_back is not null then private.program_figures(v_back, v_back_to) end,
    'bars', private.program_bars(v_first, v_last),
    'steps', private.program_steps(v_first, v_last),
    'channels', private.program_channels(v_first, v_last),
    'packages', private.program_packages(v_first, v_last),
    'cohorts', private.program_cohorts(v_last, v_today),
    'liability', private.program_liability(now()),
    'queues', jsonb_build_object(
      'review', (select count(distinct f.referral_id) from public.referral_flags as f where f.status = 'open'),
      'orders_pending', (select count(*) from public.orders as o where o.is_open and o.status = 'pending'),
      'orders_installing', (select count(*) from public.orders as o where o.is_open and o.status = 'installing'),
      'failed_mails', (select count(*) from public.notifications as n where n.status = 'failed'),
      'queued_mails', (select count(*) from public.notifications as n where n.status = 'queued')),
    'last_billing_run', (
      select to_jsonb(b) - array['cursor_customer_id', 'started_by']
      from public.billing_runs as b order by b.started_at desc, b.id desc limit 1)
  );
end;
$$;
comment on function public.get_program_metrics(integer, date, date, text) is
  'Admin with customers:view: the programme''s figures for whole days of the billing time zone, both included, against the same number of days before (previous), the same days a year before (year), or nothing (none). Amounts in cents. Raises invalid_request.';
revoke all on function public.get_program_metrics(integer, date, date, text)
  from public, anon, authenticated, service_role;
grant execute on function public.get_program_metrics(integer, date, date, text) to authenticated;

create function public.get_top_referrers(p_days integer default 30, p_from date default null, p_to date default null)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '60s'
set plan_cache_mode = force_custom_plan
-- The referrers of a year stay in memory; the figure is asked for by few.
set work_mem = '64MB'
as $$
declare
  v_zone text := private.billing_time_zone();
  v_first date;
  v_last date;
begin
  perform private.require_permission('customers:view');
  select p.first_day, p.last_day into v_first, v_last from private.program_period(p_days, p_from, p_to) as p;
  return (
    with made as (
      select r.referrer_id, count(*) as referrals, count(*) filter (where r.status = 'qualified') as qualified
      from public.customer_referrals as r
      where r.referred_at >= private.start_of_day(v_first, v_zone) and r.referred_at < private.start_of_day(v_last + 1, v_zone)
      group by r.referrer_id
    ), best as (
      select m.* from made as m order by m.qualified desc, m.referrals desc, m.referrer_id limit 10
    )
    select jsonb_build_object('referrers', (select count(*) from made), 'top', coalesce((
      select jsonb_agg(jsonb_build_object('id', c.id, 'name', c.full_name, 'referrals', b.referrals, 'qualified', b.qualified)
        order by b.qualified desc, b.referrals desc, b.referrer_id)
      from best as b join public.customers as c on c.id = b.referrer_id), '[]')));
end;
$$;
comment on function public.get_top_referrers(integer, date, date) is
  'Admin with customers:view: how many customers referred somebody on these days, both included, and the ten whose friends of these days count most. Raises invalid_request.';
revoke all on function public.get_top_referrers(integer, date, date) from public, anon, authenticated, service_role;
grant execute on function public.get_top_referrers(integer, date, date) to authenticated;
