-- Referrals: who may refer, a friend from the visit to the day on which they count, and what a referrer sees of it.

create table public.referral_visits (
  id uuid primary key default gen_random_uuid(),
  visitor_id uuid not null,
  referrer_id uuid not null references public.customers (id),
  referral_code text not null,
  landing_path text not null default '/' check (length(landing_path) <= 300),
  via text check (via in ('whatsapp', 'email', 'sms', 'share', 'qr')),
  ip_address inet,
  user_agent text check (length(user_agent) <= 1000),
  visited_at timestamptz not null default now()
);
comment on table public.referral_visits is 'Arrivals through a valid referral link.';
comment on column public.referral_visits.via is 'How the link was sent, as it says itself; null for a plain one.';

create index referral_visits_referrer on public.referral_visits (referrer_id, visited_at desc);
create index referral_visits_visited on public.referral_visits (visited_at);
create index referral_visits_visitor on public.referral_visits (visitor_id, visited_at desc);

alter table public.referral_visits enable row level security;
revoke all on table public.referral_visits from public, anon, authenticated, service_role;
grant select on table public.referral_visits to service_role;
grant select on table public.referral_visits to authenticated;
create policy referral_visits_select on public.referral_visits
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create table public.customer_referrals (
  id uuid primary key default gen_random_uuid(),
  referrer_id uuid not null references public.customers (id),
  referral_code text not null,
  referred_customer_id uuid not null references public.customers (id),
  referred_email text not null,
  referred_email_normalised text generated always as (private.normalise_email(referred_email)) stored,
  referred_mailbox text,
  order_id uuid not null references public.orders (id),
  program_version integer not null references public.referral_program (version),
  status text not null default 'pending'
    check (status in ('pending', 'active', 'qualified', 'expired', 'cancelled', 'rejected')),
  status_reason text,
  source text not null default 'typed' check (source in ('link', 'typed', 'admin')),
  via text check (via in ('whatsapp', 'email', 'sms', 'share', 'qr')),
  channel text not null generated always as (case source when 'link' then coalesce(via, 'link') else source end) stored,
  visited_at timestamptz,
  ip_address inet,
  user_agent text check (length(user_agent) <= 1000),
  referred_at timestamptz not null default now(),
  activation_due_at timestamptz not null,
  activated_at timestamptz,
  qualifies_at timestamptz,
  qualified_at timestamptz,
  expired_at timestamptz,
  cancelled_at timestamptz,
  rejected_at timestamptz,
  reward_id uuid references public.referral_rewards (id),
  constraint customer_referrals_not_self check (referrer_id <> referred_customer_id),
  constraint customer_referrals_active check (
    status not in ('active', 'qualified') or (activated_at is not null and qualifies_at is not null)
  ),
  constraint customer_referrals_qualified check ((status = 'qualified') = (qualified_at is not null and rejected_at is null)),
  constraint customer_referrals_expired check ((status = 'expired') = (expired_at is not null)),
  constraint customer_referrals_cancelled check ((status = 'cancelled') = (cancelled_at is not null)),
  constraint customer_referrals_rejected check ((status = 'rejected') = (rejected_at is not null)),
  constraint customer_referrals_reward check (reward_id is null or status = 'qualified')
);
comment on table public.customer_referrals is
  'One friend, referred by one customer, through one order. Terms are frozen by program_version.';
comment on column public.customer_referrals.referred_mailbox is
  'The mailbox behind the friend''s address: one person under two aliases of a provider is one friend.';
comment on column public.customer_referrals.via is 'How the link of the last visit before the order was sent; null for a plain one and without a visit.';
comment on column public.customer_referrals.channel is 'How the code reached the order: the way the link was sent, link, typed, or admin.';
comment on column public.customer_referrals.visited_at is 'The last visit of the browser that ordered, through a link of the referrer.';
comment on column public.customer_referrals.activation_due_at is 'A pending referral whose service is not active by then expires.';
comment on column public.customer_referrals.qualifies_at is 'When the friend counts, if the service stays active until then.';
comment on column public.customer_referrals.reward_id is 'The earned reward that this qualified referral fed; at most one.';

create unique index customer_referrals_one_live_per_email
  on public.customer_referrals (referred_email_normalised)
  where status in ('pending', 'active', 'qualified');
create unique index customer_referrals_one_live_per_mailbox
  on public.customer_referrals (referred_mailbox)
  where status in ('pending', 'active', 'qualified');
create unique index customer_referrals_one_live_per_customer
  on public.customer_referrals (referred_customer_id)
  where status in ('pending', 'active', 'qualified');
create unique index customer_referrals_one_live_per_order
  on public.customer_referrals (order_id)
  where status in ('pending', 'active', 'qualified');
create index customer_referrals_referrer on public.customer_referrals (referrer_id, referred_at desc, id desc)
  include (status, reward_id);
create index customer_referrals_open on public.customer_referrals (referrer_id, status, qualifies_at, referred_at, id)
  where status in ('pending', 'active');
create index customer_referrals_referred_customer on public.customer_referrals (referred_customer_id);
create index customer_referrals_referred_email on public.customer_referrals (referred_email_normalised);
create index customer_referrals_order on public.customer_referrals (order_id);
create index customer_referrals_program on public.customer_referrals (program_version);
create index customer_referrals_reward on public.customer_referrals (reward_id) where reward_id is not null;
create index customer_referrals_due on public.customer_referrals (qualifies_at, referrer_id) where status = 'active';
create index customer_referrals_expiring on public.customer_referrals (activation_due_at) where status = 'pending';
create index customer_referrals_unrewarded on public.customer_referrals (referrer_id, qualified_at) include (id)
  where status = 'qualified' and reward_id is null;
create index customer_referrals_listed on public.customer_referrals (referred_at desc, id desc) include (referrer_id, status);
create index customer_referrals_status_listed on public.customer_referrals (status, referred_at desc, id desc);
create index customer_referrals_activated on public.customer_referrals (activated_at) where activated_at is not null;
create index customer_referrals_qualified_at on public.customer_referrals (qualified_at) where qualified_at is not null;
create index customer_referrals_device on public.customer_referrals (ip_address, referred_at) where ip_address is not null;

create function private.freeze_terms()
returns trigger
language plpgsql
set search_path = ''
as $$
declare
  v_terms public.referral_program := private.current_terms();
begin
  new.program_version := coalesce(new.program_version, v_terms.version);
  new.activation_due_at := coalesce(
    new.activation_due_at,
    private.local_plus(new.referred_at, make_interval(days => v_terms.activation_window_days), private.billing_time_zone())
  );
  return new;
end;
$$;
comment on function private.freeze_terms() is
  'Trigger: a new referral keeps the terms in force, so that a later version never changes what was promised.';
revoke all on function private.freeze_terms() from public, anon, authenticated, service_role;

create trigger customer_referrals_freeze_terms
  before insert on public.customer_referrals
  for each row execute function private.freeze_terms();

create table private.referral_tallies (
  referrer_id uuid primary key references public.customers (id),
  pending integer not null check (pending >= 0),
  active integer not null check (active >= 0),
  qualified integer not null check (qualified >= 0),
  expired integer not null check (expired >= 0),
  cancelled integer not null check (cancelled >= 0),
  rejected integer not null check (rejected >= 0),
  unused integer not null check (unused >= 0)
);
comment on table private.referral_tallies is
  'How many friends of a referrer stand where, so that no page counts thousands. Triggers keep it; verify compares it with the friends.';
comment on column private.referral_tallies.unused is 'Qualified friends who have fed no reward.';
alter table private.referral_tallies enable row level security;
revoke all on table private.referral_tallies from public, anon, authenticated, service_role;

create view private.counted_referrals with (security_invoker = true) as
  select r.referrer_id,
    (count(*) filter (where r.status = 'pending'))::integer as pending,
    (count(*) filter (where r.status = 'active'))::integer as active,
    (count(*) filter (where r.status = 'qualified'))::integer as qualified,
    (count(*) filter (where r.status = 'expired'))::integer as expired,
    (count(*) filter (where r.status = 'cancelled'))::integer as cancelled,
    (count(*) filter (where r.status = 'rejected'))::integer as rejected,
    (count(*) filter (where r.status = 'qualified' and r.reward_id is null))::integer as unused
  from public.customer_referrals as r
  group by r.referrer_id;
comment on view private.counted_referrals is 'What private.referral_tallies must hold, counted from the friends themselves.';
revoke all on table private.counted_referrals from public, anon, authenticated, service_role;

create function private.tally_referral()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if tg_op <> 'INSERT' then
    update private.referral_tallies as t
    set pending = t.pending - (old.status = 'pending')::integer,
      active = t.active - (old.status = 'active')::integer,
      qualified = t.qualified - (old.status = 'qualified')::integer,
      expired = t.expired - (old.status = 'expired')::integer,
      cancelled = t.cancelled - (old.status = 'cancelled')::integer,
      rejected = t.rejected - (old.status = 'rejected')::integer,
      unused = t.unused - (old.status = 'qualified' and old.reward_id is null)::integer
    where t.referrer_id = old.referrer_id;
  end if;
  if tg_op <> 'DELETE' then
    insert into private.referral_tallies as t
      (referrer_id, pending, active, qualified, expired, cancelled, rejected, unused)
    values
      (new.referrer_id, (new.status = 'pending')::integer, (new.status = 'active')::integer,
       (new.status = 'qualified')::integer, (new.status = 'expired')::integer, (new.status = 'cancelled')::integer,
       (new.status = 'rejected')::integer, (new.status = 'qualified' and new.reward_id is null)::integer)
    on conflict (referrer_id) do update
    set pending = t.pending + excluded.pending, active = t.active + excluded.active,
      qualified = t.qualified + excluded.qualified, expired = t.expired + excluded.expired,
      cancelled = t.cancelled + excluded.cancelled, rejected = t.rejected + excluded.rejected,
      unused = t.unused + excluded.unused;
  end if;
  return null;
end;
$$;
comment on function private.tally_referral() is
  'Trigger: takes a friend out of the tally of where they stood and counts them where they stand. Whoever changes a referral holds the referrer''s lock, so nobody waits here.';
revoke all on function private.tally_referral() from public, anon, authenticated, service_role;

create trigger customer_referrals_tally
  after insert or delete on public.customer_referrals
  for each row execute function private.tally_referral();
create trigger customer_referrals_tally_change
  after update on public.customer_referrals
  for each row
  when ((old.referrer_id, old.status, old.reward_id) is distinct from (new.referrer_id, new.status, new.reward_id))
  execute function private.tally_referral();

alter table public.customer_referrals enable row level security;
revoke all on table public.customer_referrals from public, anon, authenticated, service_role;
grant select on table public.customer_referrals to service_role;
-- A referrer sees their referrals, but not the friend's address, IP address, device or account.
grant select (
  id, referrer_id, referral_code, program_version, status, source, referred_at, activation_due_at, activated_at,
  qualifies_at, qualified_at, expired_at, cancelled_at, reward_id
) on table public.customer_referrals to authenticated;
create policy customer_referrals_select on public.customer_referrals
  for select to authenticated
  using (referrer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create table public.referral_attempts (
  id uuid primary key default gen_random_uuid(),
  order_id uuid not null references public.orders (id),
  referrer_id uuid references public.customers (id),
  referral_code text not null,
  reason text not null check (reason in (
    'invalid_code', 'program_paused', 'self_referral', 'duplicate_referral', 'referrer_not_eligible', 'rate_limited'
  )),
  evidence jsonb not null default '{}',
  mailbox_hash text,
  phone_hash text,
  network_hash text,
  created_at timestamptz not null default now()
);
comment on table public.referral_attempts is
  'Orders that came with a code which was not applied, and why. Kept for 12 months; the hashes show repeats.';
comment on column public.referral_attempts.network_hash is 'Of the IP address; of an IPv6 address, of its first 64 bits.';

create index referral_attempts_order on public.referral_attempts (order_id);
create index referral_attempts_referrer on public.referral_attempts (referrer_id, created_at desc);
create index referral_attempts_created on public.referral_attempts (created_at);
create index referral_attempts_phone on public.referral_attempts (phone_hash) where phone_hash is not null;
create index referral_attempts_network on public.referral_attempts (network_hash) where network_hash is not null;

alter table public.referral_attempts enable row level security;
revoke all on table public.referral_attempts from public, anon, authenticated, service_role;
grant select on table public.referral_attempts to service_role;
grant select on table public.referral_attempts to authenticated;
create policy referral_attempts_select on public.referral_attempts
  for select to authenticated
  using ((select public.has_permission('referrals:review')));

create function private.network_of(p_ip inet)
returns text
language sql
immutable
strict
set search_path = ''
as $$
  select case family(p_ip) when 6 then network(set_masklen(p_ip, 64))::text else host(p_ip) end
$$;
comment on function private.network_of(inet) is
  'The network of one connection: the IPv4 address, or the first 64 bits of an IPv6 address.';
revoke all on function private.network_of(inet) from public, anon, authenticated, service_role;

create function private.record_attempt(
  p_order jsonb, p_order_id uuid, p_referrer_id uuid, p_reason text, p_as_of timestamptz
)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_alert integer := coalesce((p_order ->> 'refused_attempts_alert')::integer, 5);
  v_attempts integer;
begin
  perform private.draw_identity_key();
  insert into public.referral_attempts
    (order_id, referrer_id, referral_code, reason, evidence, mailbox_hash, phone_hash, network_hash, created_at)
  values
    (p_order_id, p_referrer_id, p_order ->> 'referral_code', p_reason,
     coalesce(p_order #> '{assessment,evidence}', '{}'),
     private.identity_hash('email', coalesce(p_order ->> 'mailbox', private.normalise_email(p_order ->> 'email'))),
     private.identity_hash('phone', p_order ->> 'phone'),
     private.identity_hash('network', private.network_of((p_order ->> 'ip_address')::inet)), p_as_of);
  if p_referrer_id is null then
    return;
  end if;
  select count(*) into v_attempts
  from public.referral_attempts as a
  where a.referrer_id = p_referrer_id and a.created_at > p_as_of - interval '24 hours';
  if v_attempts >= v_alert then
    perform private.enqueue_mail(
      'suspicious_activity', p_order ->> 'alert_email', null,
      jsonb_build_object(
        'kind', 'refused_attempts', 'referrer_id', p_referrer_id, 'attempts', v_attempts, 'signals', '[]'::jsonb),
      'refused_attempts:' || p_referrer_id || ':' || private.local_date(p_as_of, private.billing_time_zone()), p_as_of);
  end if;
end;
$$;
comment on function private.record_attempt(jsonb, uuid, uuid, text, timestamptz) is
  'Keeps a refused use of a code, and alerts the admins, once per referrer and day, when one code is refused often within 24 hours.';
revoke all on function private.record_attempt(jsonb, uuid, uuid, text, timestamptz)
  from public, anon, authenticated, service_role;

create function private.find_referrer(p_code text)
returns public.customers
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select c
    from public.customers as c
    where c.referral_code_key = right(p_code, 8)
      and c.erased_at is null
      and (
        length(p_code) = 8
        or translate(split_part(c.referral_code, '-', 1), 'OIL', '011') = translate(split_part(p_code, '-', 1), 'OIL', '011')
      ));
end;
$$;
comment on function private.find_referrer(text) is
  'The owner of a normalised code (PREFIX-BODY or BODY), or null. Letters that are read as digits match in the prefix too.';
revoke all on function private.find_referrer(text) from public, anon, authenticated, service_role;

create function private.has_active_service(p_customer_id uuid)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select exists (
      select 1 from public.customer_services as s
      where s.customer_id = p_customer_id and s.status = 'active' and not s.is_external));
end;
$$;
comment on function private.has_active_service(uuid) is 'Whether the customer has a service of ours that is active now.';
revoke all on function private.has_active_service(uuid) from public, anon, authenticated, service_role;

create function private.referral_obstacle(p_customer_id uuid, p_as_of timestamptz)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return case
    when not private.has_active_service(p_customer_id) then 'inactive'
    when private.has_overdue_invoice(p_customer_id, p_as_of) then 'overdue'
  end;
end;
$$;
comment on function private.referral_obstacle(uuid, timestamptz) is
  'Why a customer''s code cannot be used now: inactive without an active service, overdue with an overdue invoice; else null.';
revoke all on function private.referral_obstacle(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.referrer_is_eligible(p_customer_id uuid, p_as_of timestamptz)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.referral_obstacle(p_customer_id, p_as_of) is null;
end;
$$;
comment on function private.referrer_is_eligible(uuid, timestamptz) is
  'A referrer needs an active service and no overdue invoice.';
revoke all on function private.referrer_is_eligible(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.usable_referrer(p_code text, p_as_of timestamptz)
returns public.customers
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select r
    from private.find_referrer(p_code) as r
    cross join private.current_terms() as t
    where not t.is_paused
      and private.rewards_are_on()
      and private.referrer_is_eligible(r.id, p_as_of)
      and private.referrals_in_month(r.id, p_as_of) < t.monthly_referral_limit);
end;
$$;
comment on function private.usable_referrer(text, timestamptz) is
  'Whose code can be used now: the programme is not paused, its owner may refer, and the month is not full. Null otherwise.';
revoke all on function private.usable_referrer(text, timestamptz) from public, anon, authenticated, service_role;

create function private.is_referred(p_email_normalised text, p_mailbox text)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select exists (
      select 1 from public.customer_referrals as r
      where r.referred_email_normalised = p_email_normalised and r.status in ('pending', 'active', 'qualified'))
    or exists (
      select 1 from public.customer_referrals as r
      where r.referred_mailbox = p_mailbox and r.status in ('pending', 'active', 'qualified')));
end;
$$;
comment on function private.is_referred(text, text) is
  'Whether a person, by normalised address or mailbox, is the friend of a live referral by anyone.';
revoke all on function private.is_referred(text, text) from public, anon, authenticated, service_role;

create function private.is_known_person(
  p_email_normalised text, p_mailbox text, p_as_of timestamptz, p_except_order uuid default null
)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    with people as (
      select c.id, c.created_at,
        exists (
          select 1 from auth.users as u where u.id = c.auth_user_id and u.email_confirmed_at is not null) as is_confirmed
      from public.customers as c
      where c.email_normalised = p_email_normalised or c.mailbox = p_mailbox
    )
    select exists (
      select 1 from people as p
      where exists (
          select 1 from public.customer_services as s
          where s.customer_id = p.id and s.activated_at is not null and s.order_id is distinct from p_except_order)
        or (p.is_confirmed and (
          exists (
            select 1 from public.orders as o
            where o.customer_id = p.id and o.is_open and o.id is distinct from p_except_order
              -- An order whose referral ran out before any service leaves the person free, too.
              and not exists (
                select 1 from public.customer_referrals as r where r.order_id = o.id and r.status = 'expired'))
          -- An account whose orders all ended before any service leaves the person free.
          or (p.created_at < p_as_of and not exists (
            select 1 from public.orders as o where o.customer_id = p.id))))));
end;
$$;
comment on function private.is_known_person(text, text, timestamptz, uuid) is
  'Whether a person, by normalised address or mailbox, is a customer already: they have or had a service, or hold a confirmed account that waits for one or was there before p_as_of. An unconfirmed account of a stranger says nothing about them.';
revoke all on function private.is_known_person(text, text, timestamptz, uuid)
  from public, anon, authenticated, service_role;

create function private.referrals_in_month(p_referrer_id uuid, p_as_of timestamptz)
returns integer
language plpgsql
stable
set search_path = ''
as $$
declare
  v_zone text := private.billing_time_zone();
  v_month timestamp := date_trunc('month', p_as_of at time zone v_zone);
begin
  return (
    select count(*)
    from public.customer_referrals as r
    where r.referrer_id = p_referrer_id
      and r.status in ('pending', 'active', 'qualified')
      and r.referred_at >= v_month at time zone v_zone
      and r.referred_at < (v_month + interval '1 month') at time zone v_zone);
end;
$$;
comment on function private.referrals_in_month(uuid, timestamptz) is
  'Live referrals that were recorded for a referrer in the calendar month of the billing time zone. One that ended gives its place back.';
revoke all on function private.referrals_in_month(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.referrals_made(p_referrer_id uuid)
returns bigint
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select count(*) from public.customer_referrals as r where r.referrer_id = p_referrer_id);
end;
$$;
comment on function private.referrals_made(uuid) is
  'All referrals that a referrer ever made. The number only grows: it shows whether an assessment included the latest one.';
revoke all on function private.referrals_made(uuid) from public, anon, authenticated, service_role;

create function public.validate_referral_code(p_code text, p_as_of timestamptz default now())
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_referrer public.customers := private.usable_referrer(p_code, p_as_of);
begin
  if v_referrer.id is null then
    return jsonb_build_object('valid', false);
  end if;
  return jsonb_build_object('valid', true, 'code', v_referrer.referral_code, 'referrer_first_name', v_referrer.first_name);
end;
$$;
comment on function public.validate_referral_code(text, timestamptz) is
  'Whether a normalised code can be used now, and whose it is by first name. The same answer for every reason of refusal.';
revoke all on function public.validate_referral_code(text, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.validate_referral_code(text, timestamptz) to service_role;

create function private.invitation_document(p_referrer public.customers)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'valid', true, 'code', p_referrer.referral_code, 'referrer_first_name', p_referrer.first_name,
    'attribution_days', (private.current_terms()).attribution_days)
$$;
comment on function private.invitation_document(public.customers) is 'An invitation that can be used, as the site remembers it.';
revoke all on function private.invitation_document(public.customers) from public, anon, authenticated, service_role;

create function public.record_visit(
  p_code text, p_visitor_id uuid, p_landing_path text, p_ip_address inet, p_user_agent text,
  p_as_of timestamptz default now(), p_auth_user_id uuid default null, p_counts boolean default true,
  p_via text default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_referrer public.customers := private.usable_referrer(p_code, p_as_of);
begin
  if v_referrer.id is null then
    return jsonb_build_object('valid', false);
  end if;
  if v_referrer.auth_user_id = p_auth_user_id then
    return jsonb_build_object('valid', false, 'is_own', true);
  end if;
  if not p_counts then
    return private.invitation_document(v_referrer);
  end if;
  insert into public.referral_visits
    (visitor_id, referrer_id, referral_code, landing_path, via, ip_address, user_agent, visited_at)
  values
    (p_visitor_id, v_referrer.id, v_referrer.referral_code, left(p_landing_path, 300), p_via, p_ip_address,
     left(p_user_agent, 1000), p_as_of);
  return private.invitation_document(v_referrer);
end;
$$;
comment on function public.record_visit(text, uuid, text, inet, text, timestamptz, uuid, boolean, text) is
  'Validates a link''s code, and records the arrival if the code is usable and the arrival counts. Those of the code''s owner never do.';
revoke all on function public.record_visit(text, uuid, text, inet, text, timestamptz, uuid, boolean, text)
  from public, anon, authenticated, service_role;
grant execute on function public.record_visit(text, uuid, text, inet, text, timestamptz, uuid, boolean, text) to service_role;

create function public.get_my_invitation(p_code text)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.current_customer_id();
begin
  return jsonb_build_object('standing', case
    when v_customer is null then 'prospect'
    when v_customer = (private.find_referrer(p_code)).id then 'own_code'
    when exists (
      select 1
      from public.customer_services as s
      where s.customer_id = v_customer and (s.activated_at is not null or s.status = 'pending')) then 'customer'
    else 'prospect' end);
end;
$$;
comment on function public.get_my_invitation(text) is
  'Caller: what an invitation with this normalised code is to them. own_code: it is theirs; customer: they have or had a service, or wait for one; prospect: it may apply to them.';
revoke all on function public.get_my_invitation(text) from public, anon, authenticated, service_role;
grant execute on function public.get_my_invitation(text) to authenticated;

create function private.rule_against(
  p_order jsonb, p_customer public.customers, p_referrer public.customers, p_terms public.referral_program,
  p_as_of timestamptz
)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  if p_referrer.id is null then
    return 'invalid_code';
  end if;
  if p_terms.is_paused or not private.rewards_are_on()
    or not coalesce((p_order ->> 'referrals_enabled')::boolean, false) then
    return 'program_paused';
  end if;
  if p_referrer.id = p_customer.id
    or p_referrer.email_normalised = p_customer.email_normalised
    or p_referrer.mailbox = p_order ->> 'mailbox'
    or p_order ->> 'phone' = any (private.phones_of(p_referrer)) then
    return 'self_referral';
  end if;
  if private.is_known_person(p_customer.email_normalised, p_order ->> 'mailbox', p_as_of)
    or private.is_referred(p_customer.email_normalised, p_order ->> 'mailbox') then
    return 'duplicate_referral';
  end if;
  if not private.referrer_is_eligible(p_referrer.id, p_as_of) then
    return 'referrer_not_eligible';
  end if;
  if private.referrals_in_month(p_referrer.id, p_as_of) >= p_terms.monthly_referral_limit then
    return 'rate_limited';
  end if;
  return null;
end;
$$;
comment on function private.rule_against(
  jsonb, public.customers, public.customers, public.referral_program, timestamptz
) is
  'The rule that stands against the code of an order, or null. The caller holds the referrer''s lock, so that no two orders race.';
revoke all on function private.rule_against(
  jsonb, public.customers, public.customers, public.referral_program, timestamptz
) from public, anon, authenticated, service_role;

create function private.refusal_of(
  p_order jsonb, p_customer public.customers, p_referrer public.customers, p_terms public.referral_program,
  p_as_of timestamptz
)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.rule_against(p_order, p_customer, p_referrer, p_terms, p_as_of);
begin
  if v_reason is not null then
    return v_reason;
  end if;
  if p_order #>> '{assessment,verdict}' = 'blocked' then
    return p_order #>> '{assessment,reason}';
  end if;
  if (p_order ->> 'assessment_basis')::bigint is distinct from private.referrals_made(p_referrer.id) then
    -- The referrer got another referral meanwhile: the signals that compare referrals have to be judged again.
    perform private.fail(409, 'assessment_stale');
  end if;
  return null;
end;
$$;
comment on function private.refusal_of(
  jsonb, public.customers, public.customers, public.referral_program, timestamptz
) is
  'Why an order''s code is not applied, or null. The assessment was made before the transaction: what two requests could race is decided again here, under the referrer''s lock. Raises assessment_stale.';
revoke all on function private.refusal_of(
  jsonb, public.customers, public.customers, public.referral_program, timestamptz
) from public, anon, authenticated, service_role;

create function private.record_signals(
  p_referral_id uuid, p_referrer_id uuid, p_assessment jsonb, p_alert_email text, p_as_of timestamptz
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  insert into public.referral_flags (referral_id, signal, severity, weight, evidence, subject, status, created_at)
  select p_referral_id, flag ->> 'signal', flag ->> 'severity', (flag ->> 'weight')::integer,
    coalesce(flag -> 'evidence', '{}'), left(flag ->> 'subject', 500),
    case when coalesce((flag ->> 'shadow')::boolean, false) then 'shadow' else 'open' end, p_as_of
  from jsonb_array_elements(coalesce(p_assessment -> 'flags', '[]')) as flag;
  if coalesce((p_assessment ->> 'alert')::boolean, false) then
    perform private.enqueue_mail(
      'suspicious_activity', p_alert_email, null,
      jsonb_build_object(
        'referrer_id', p_referrer_id, 'referral_id', p_referral_id,
        'signals', (select jsonb_agg(f ->> 'signal') from jsonb_array_elements(p_assessment -> 'flags') as f)),
      -- One mail per referrer and day: the list of reviews shows the others.
      'suspicious_activity:' || p_referrer_id || ':' || private.local_date(p_as_of, private.billing_time_zone()),
      p_as_of);
  end if;
end;
$$;
comment on function private.record_signals(uuid, uuid, jsonb, text, timestamptz) is
  'Stores the signals that an assessment found on a referral, open for review or as shadows, and alerts the admins where it says so, once per referrer and day.';
revoke all on function private.record_signals(uuid, uuid, jsonb, text, timestamptz)
  from public, anon, authenticated, service_role;

create function private.record_referral(
  p_order jsonb, p_order_id uuid, p_customer public.customers, p_referrer public.customers,
  p_terms public.referral_program, p_as_of timestamptz
)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
  v_visit public.referral_visits;
begin
  select v.* into v_visit
  from public.referral_visits as v
  where v.visitor_id = (p_order ->> 'visitor_id')::uuid and v.referrer_id = p_referrer.id and v.visited_at <= p_as_of
  order by v.visited_at desc
  limit 1;
  insert into public.customer_referrals
    (referrer_id, referral_code, referred_customer_id, referred_email, referred_mailbox, order_id, program_version,
     activation_due_at, source, via, visited_at, ip_address, user_agent, referred_at)
  values
    (p_referrer.id, p_referrer.referral_code, p_customer.id, p_customer.email, p_order ->> 'mailbox', p_order_id,
     p_terms.version,
     private.local_plus(p_as_of, make_interval(days => p_terms.activation_window_days), private.billing_time_zone()),
     coalesce(p_order ->> 'source', 'typed'), v_visit.via, v_visit.visited_at, (p_order ->> 'ip_address')::inet,
     left(p_order ->> 'user_agent', 1000), p_as_of)
  on conflict do nothing
  returning * into v_referral;
  if v_referral.id is null then
    return null;
  end if;
  perform private.record_signals(
    v_referral.id, p_referrer.id, p_order -> 'assessment', p_order ->> 'alert_email', p_as_of);
  perform private.enqueue_mail(
    'referral_signup', p_referrer.email, p_referrer.id,
    jsonb_build_object(
      'first_name', p_referrer.first_name, 'friend', private.mask_name(p_customer.first_name, p_customer.last_name),
      'qualifying_days', p_terms.qualifying_days, 'activation_window_days', p_terms.activation_window_days,
      'paid_invoices_required', p_terms.paid_invoices_required)
      || private.friend_facts(v_referral, p_as_of),
    'referral_signup:' || v_referral.id, p_as_of);
  return v_referral.id;
end;
$$;
comment on function private.record_referral(
  jsonb, uuid, public.customers, public.customers, public.referral_program, timestamptz
) is
  'Records a friend with the signals of the assessment, and mails the referrer. Returns null where the person is referred already. The caller holds the referrer''s lock.';
revoke all on function private.record_referral(
  jsonb, uuid, public.customers, public.customers, public.referral_program, timestamptz
) from public, anon, authenticated, service_role;

create function private.activate_referral(p_order_id uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
  v_terms public.referral_program;
begin
  select r.* into v_referral
  from public.customer_referrals as r
  where r.order_id = p_order_id and r.status = 'pending'
  for update;
  if v_referral.id is null then
    return;
  end if;
  if p_as_of >= v_referral.activation_due_at then
    perform private.expire_referral(v_referral.id, p_as_of);
    return;
  end if;
  select p.* into strict v_terms from public.referral_program as p where p.version = v_referral.program_version;
  update public.customer_referrals as r
  set status = 'active', activated_at = p_as_of,
    qualifies_at = private.local_plus(
      p_as_of, make_interval(days => v_terms.qualifying_days), private.billing_time_zone())
  where r.id = v_referral.id
  returning * into v_referral;
  perform private.mail_activation(v_referral, p_as_of);
end;
$$;
comment on function private.activate_referral(uuid, timestamptz) is
  'The service of a pending referral became active: its qualifying days begin, or it expires when that came too late. The caller holds the referrer''s lock.';
revoke all on function private.activate_referral(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.mail_activation(p_referral public.customer_referrals, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referrer public.customers;
  v_friend public.customers;
begin
  select c.* into strict v_referrer from public.customers as c where c.id = p_referral.referrer_id;
  select c.* into strict v_friend from public.customers as c where c.id = p_referral.referred_customer_id;
  perform private.enqueue_mail(
    'referral_activated', v_referrer.email, v_referrer.id,
    jsonb_build_object(
      'first_name', v_referrer.first_name,
      'friend', private.mask_name(v_friend.first_name, v_friend.last_name))
      || private.friend_facts(p_referral, p_as_of),
    'referral_activated:' || p_referral.id, p_as_of);
end;
$$;
comment on function private.mail_activation(public.customer_referrals, timestamptz) is
  'Tells the referrer that a friend''s service is active, and when the friend counts.';
revoke all on function private.mail_activation(public.customer_referrals, timestamptz)
  from public, anon, authenticated, service_role;

create function private.tell_of_end(p_referral public.customer_referrals, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.tell_referrer(
    p_referral.referrer_id,
    jsonb_build_object(
      'kind', p_referral.status_reason,
      'referral_id', p_referral.id,
      'friend', (
        select private.mask_name(c.first_name, c.last_name)
        from public.customers as c where c.id = p_referral.referred_customer_id))
      || private.friend_facts(p_referral, p_as_of),
    p_as_of);
end;
$$;
comment on function private.tell_of_end(public.customer_referrals, timestamptz) is
  'Tells the referrer that a referral ended, without the friend''s circumstances.';
revoke all on function private.tell_of_end(public.customer_referrals, timestamptz)
  from public, anon, authenticated, service_role;

create function private.expire_referral(p_referral_id uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  update public.customer_referrals as r
  set status = 'expired', expired_at = p_as_of, status_reason = 'not_activated_in_time'
  where r.id = p_referral_id
  returning * into strict v_referral;
  perform private.tell_of_end(v_referral, p_as_of);
end;
$$;
comment on function private.expire_referral(uuid, timestamptz) is
  'Ends a pending referral whose service was not active in time. The caller holds the referrer''s lock.';
revoke all on function private.expire_referral(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.end_referral(p_referral_id uuid, p_reason text, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  update public.customer_referrals as r
  set status = 'cancelled', cancelled_at = p_as_of, status_reason = p_reason
  where r.id = p_referral_id
  returning * into strict v_referral;
  perform private.tell_of_end(v_referral, p_as_of);
end;
$$;
comment on function private.end_referral(uuid, text, timestamptz) is
  'Ends a live referral that had not counted, with the reason. The caller holds the referrer''s lock.';
revoke all on function private.end_referral(uuid, text, timestamptz) from public, anon, authenticated, service_role;

create function private.grace_ends_at(p_suspended_at timestamptz, p_program_version integer)
returns timestamptz
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select private.local_plus(
      p_suspended_at, make_interval(days => p.suspension_grace_days), private.billing_time_zone())
    from public.referral_program as p
    where p.version = p_program_version);
end;
$$;
comment on function private.grace_ends_at(timestamptz, integer) is
  'Until when a suspension only stops the clock, by the terms of the referral. One that lasts longer ends it.';
revoke all on function private.grace_ends_at(timestamptz, integer) from public, anon, authenticated, service_role;

create function private.is_ready_to_count(p_referral public.customer_referrals, p_as_of timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $$
  select p_referral.status = 'active'
    and p_referral.qualifies_at <= p_as_of
    -- The clock stands still while the service is suspended. On reactivation the day moves.
    and not exists (
      select 1 from public.customer_services as s
      where s.order_id = p_referral.order_id and s.suspended_at < p_referral.qualifies_at)
    and (p.paid_invoices_required = 0
      or private.paid_invoices(p_referral.referred_customer_id, p_as_of) >= p.paid_invoices_required)
  from public.referral_program as p
  where p.version = p_referral.program_version
$$;
comment on function private.is_ready_to_count(public.customer_referrals, timestamptz) is
  'Whether a friend''s days of service are over and enough of their invoices are paid, by the terms of the referral.';
revoke all on function private.is_ready_to_count(public.customer_referrals, timestamptz)
  from public, anon, authenticated, service_role;

create function private.count_if_ready(p_order_id uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.qualify_one(r.id, p_as_of)
  from public.customer_referrals as r
  where r.order_id = p_order_id and r.status = 'active' and private.is_ready_to_count(r, p_as_of);
end;
$$;
comment on function private.count_if_ready(uuid, timestamptz) is
  'Counts the friend of an order who had completed everything before the job ran. The caller holds the referrer''s lock.';
revoke all on function private.count_if_ready(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.resume_referral(p_order_id uuid, p_suspended_at timestamptz, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  select r.* into v_referral
  from public.customer_referrals as r
  where r.order_id = p_order_id and r.status = 'active'
  for update;
  if v_referral.id is null then
    return;
  end if;
  if p_as_of > private.grace_ends_at(p_suspended_at, v_referral.program_version) then
    perform private.end_referral(v_referral.id, 'suspended_too_long', p_as_of);
  elsif v_referral.qualifies_at > p_suspended_at then
    update public.customer_referrals as r
    set qualifies_at = r.qualifies_at + greatest(p_as_of - p_suspended_at, interval '0')
    where r.id = v_referral.id;
  end if;
end;
$$;
comment on function private.resume_referral(uuid, timestamptz, timestamptz) is
  'A suspended service of a friend is active again: the qualifying day moves by the length of the suspension. One that was longer than the grace ends the referral. The caller holds the referrer''s lock.';
revoke all on function private.resume_referral(uuid, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

create function private.stop_referral(p_order_id uuid, p_reason text, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  select r.* into v_referral
  from public.customer_referrals as r
  where r.order_id = p_order_id and r.status in ('pending', 'active')
  for update;
  if v_referral.id is null then
    return;
  end if;
  if private.is_ready_to_count(v_referral, p_as_of) then
    -- Everything was complete before the stop. The job had not run yet.
    perform private.qualify_one(v_referral.id, p_as_of);
  else
    perform private.end_referral(v_referral.id, p_reason, p_as_of);
  end if;
end;
$$;
comment on function private.stop_referral(uuid, text, timestamptz) is
  'A referred order or service stopped: a referral that had not counted ends, with the reason. The caller holds the referrer''s lock.';
revoke all on function private.stop_referral(uuid, text, timestamptz) from public, anon, authenticated, service_role;

create function private.qualify_one(p_referral_id uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
  v_referrer public.customers;
  v_friend public.customers;
begin
  update public.customer_referrals as r
  set status = 'qualified', qualified_at = p_as_of
  where r.id = p_referral_id
  returning * into strict v_referral;
  select c.* into strict v_referrer from public.customers as c where c.id = v_referral.referrer_id;
  select c.* into strict v_friend from public.customers as c where c.id = v_referral.referred_customer_id;
  perform private.enqueue_mail(
    'referral_qualified', v_referrer.email, v_referrer.id,
    jsonb_build_object(
      'first_name', v_referrer.first_name,
      'friend', private.mask_name(v_friend.first_name, v_friend.last_name),
      'paid_invoices_required', (
        select p.paid_invoices_required from public.referral_program as p where p.version = v_referral.program_version)),
    'referral_qualified:' || v_referral.id, p_as_of);
end;
$$;
comment on function private.qualify_one(uuid, timestamptz) is
  'Counts an active referral that is ready. The caller holds the referrer''s lock and has checked private.is_ready_to_count.';
revoke all on function private.qualify_one(uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.qualify_referrals(
  p_as_of timestamptz default now(), p_grant boolean default true, p_after uuid default null, p_limit integer default 200
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
as $$
declare
  v_asked uuid[];
  v_referrers uuid[];
  v_referrer uuid;
  v_referral uuid;
  v_grants boolean := p_grant and private.rewards_are_on();
  v_qualified integer := 0;
  v_granted integer := 0;
begin
  -- A bounded number is looked at per call, however many of them wait for an invoice to be paid.
  select array_agg(candidates.referrer_id order by candidates.referrer_id) into v_asked
  from (
    select r.referrer_id
    from public.customer_referrals as r
    where r.status = 'active' and r.qualifies_at <= p_as_of and (p_after is null or r.referrer_id > p_after)
    union
    -- Friends that were counted while granting was switched off, or whose hold was lifted since.
    select r.referrer_id
    from public.customer_referrals as r
    where v_grants and r.status = 'qualified' and r.reward_id is null
      and (p_after is null or r.referrer_id > p_after)
    order by referrer_id
    limit p_limit
  ) as candidates;

  select array_agg(asked.referrer_id order by asked.referrer_id) into v_referrers
  from unnest(v_asked) as asked (referrer_id)
  where exists (
    select from public.customer_referrals as r
    where r.referrer_id = asked.referrer_id and (
      (r.status = 'active' and r.qualifies_at <= p_as_of and private.is_ready_to_count(r, p_as_of))
      or (v_grants and r.status = 'qualified' and r.reward_id is null)));

  perform private.lock_customers(v_referrers);
  foreach v_referrer in array coalesce(v_referrers, '{}') loop
    for v_referral in
      select r.id
      from public.customer_referrals as r
      join public.customer_services as s on s.order_id = r.order_id
      where r.referrer_id = v_referrer and r.status = 'active' and r.qualifies_at <= p_as_of
        and s.status in ('active', 'suspended') and private.is_ready_to_count(r, p_as_of)
      order by r.qualifies_at, r.id
    loop
      perform private.qualify_one(v_referral, p_as_of);
      v_qualified := v_qualified + 1;
    end loop;
    if v_grants then
      v_granted := v_granted + private.grant_earned_rewards(v_referrer, p_as_of);
    end if;
  end loop;

  return jsonb_build_object(
    'qualified', v_qualified, 'rewards_granted', v_granted,
    'next_after', case when cardinality(v_asked) = p_limit then v_asked[p_limit] end);
end;
$$;
comment on function public.qualify_referrals(timestamptz, boolean, uuid, integer) is
  'Server: counts friends whose days are over and whose invoices are paid, and grants rewards, for those of the p_limit next referrers after p_after whose friends are ready. p_grant false counts without granting.';
revoke all on function public.qualify_referrals(timestamptz, boolean, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.qualify_referrals(timestamptz, boolean, uuid, integer) to service_role;

create function private.friend_facts(p_referral public.customer_referrals, p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'facts', private.friend_document(p_referral) - array['id', 'referred_name', 'referred_email', 'terms_version'],
    'as_of', p_as_of)
$$;
comment on function private.friend_facts(public.customer_referrals, timestamptz) is
  'What a mail needs to say where a friend stands at p_as_of, in the words of the dashboard. The name is a field of its own in the mail.';
revoke all on function private.friend_facts(public.customer_referrals, timestamptz)
  from public, anon, authenticated, service_role;

create function private.tally_of(p_referrer_id uuid)
returns private.referral_tallies
language plpgsql
stable
set search_path = ''
as $$
begin
  return coalesce(
    (select t from private.referral_tallies as t where t.referrer_id = p_referrer_id),
    row (p_referrer_id, 0, 0, 0, 0, 0, 0, 0)::private.referral_tallies);
end;
$$;
comment on function private.tally_of(uuid) is 'How many friends of a referrer stand where; zeros for whoever has none.';
revoke all on function private.tally_of(uuid) from public, anon, authenticated, service_role;

create function private.referral_stats(p_customer_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  t private.referral_tallies := private.tally_of(p_customer_id);
begin
  return jsonb_build_object(
    'total', t.pending + t.active + t.qualified + t.expired + t.cancelled + t.rejected,
    'pending', t.pending, 'active', t.active, 'qualified', t.qualified, 'expired', t.expired,
    'cancelled', t.cancelled + t.rejected, 'qualified_unused', t.unused);
end;
$$;
comment on function private.referral_stats(uuid) is
  'How many friends stand where. A rejected friend counts as cancelled here; a customer is not told of reviews.';
revoke all on function private.referral_stats(uuid) from public, anon, authenticated, service_role;

create function private.open_friends(p_customer_id uuid, p_as_of timestamptz)
returns json
language plpgsql
stable
set search_path = ''
as $$
declare
  -- A free month takes at most as many friends as any terms ask for. Ten more, since some may be suspended, or may not
  -- have paid, and then others come before them.
  v_most integer := 10 + (select max(p.referrals_required) from public.referral_program as p);
begin
  return (
    select coalesce(json_agg(f.document order by f.referred_at, f.id), '[]')
    from (
      (select r.id from public.customer_referrals as r
       where r.referrer_id = p_customer_id and r.status = 'qualified' and r.reward_id is null
       order by r.qualified_at limit v_most)
      union all
      (select r.id from public.customer_referrals as r
       where r.referrer_id = p_customer_id and r.status = 'active' and r.qualifies_at <= p_as_of
       order by r.qualifies_at, r.referred_at, r.id limit v_most)
      union all
      (select r.id from public.customer_referrals as r
       where r.referrer_id = p_customer_id and r.status = 'active' and r.qualifies_at > p_as_of
       order by r.qualifies_at, r.referred_at, r.id limit v_most)
      union all
      (select r.id from public.customer_referrals as r
       where r.referrer_id = p_customer_id and r.status = 'pending'
       order by r.qualifies_at, r.referred_at, r.id limit v_most)
    ) as open
    join private.friends as f on f.id = open.id);
end;
$$;
comment on function private.open_friends(uuid, timestamptz) is
  'The friends who can feed the next free month: of those who are counted and unused, whose days are over, whose days run, and who wait for their service, the first as many as a free month can take, and ten more.';
revoke all on function private.open_friends(uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.get_my_referral_overview()
returns json
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
begin
  return json_build_object(
    'referral_code', (select c.referral_code from public.customers as c where c.id = v_customer),
    'stats', private.referral_stats(v_customer),
    'reward_balance', (
      select count(*) from public.referral_rewards as w
      where w.customer_id = v_customer and w.status = 'pending' and w.expires_at > now()),
    'open_friends', private.open_friends(v_customer, now()),
    'terms', private.public_terms(),
    'time_zone', private.billing_time_zone()
  );
end;
$$;
comment on function public.get_my_referral_overview() is 'Customer: own code, counts and the terms in force.';
revoke all on function public.get_my_referral_overview() from public, anon, authenticated, service_role;
grant execute on function public.get_my_referral_overview() to authenticated;

create function public.list_my_referrals(
  p_status text default null, p_limit integer default 20, p_cursor_at timestamptz default null, p_cursor_id uuid default null
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
  v_limit integer := least(greatest(coalesce(p_limit, 20), 1), 100);
  v_rows jsonb;
begin
  -- The page is found by the index alone, then its rows are read.
  select coalesce(jsonb_agg(f.document order by f.referred_at desc, f.id desc), '[]')
  into v_rows
  from (
    select r.id
    from public.customer_referrals as r
    where r.referrer_id = v_customer
      and (p_status is null or r.status = p_status or (p_status = 'cancelled' and r.status = 'rejected'))
      and (p_cursor_at is null or (r.referred_at, r.id) < (p_cursor_at, p_cursor_id))
    order by r.referred_at desc, r.id desc
    limit v_limit + 1
  ) as page
  join private.friends as f on f.id = page.id;
  return private.keyset_page('referrals', v_rows, v_limit, 'referred_at')
    || jsonb_build_object(
      'stats', private.referral_stats(v_customer), 'time_zone', private.billing_time_zone());
end;
$$;
comment on function public.list_my_referrals(text, integer, timestamptz, uuid) is
  'Customer: own friends, newest first, by keyset.';
revoke all on function public.list_my_referrals(text, integer, timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.list_my_referrals(text, integer, timestamptz, uuid) to authenticated;

create function public.admin_list_referrals(
  p_status text default null, p_flagged boolean default null, p_q text default null,
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25,
  p_with_facts boolean default false, p_from date default null, p_to date default null,
  p_sort text default null, p_backward boolean default false, p_count boolean default false,
  p_referrer_id uuid default null
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_q text := nullif(btrim(coalesce(p_q, '')), '');
  v_zone text := private.billing_time_zone();
  v_found text;
  v_flagged text;
begin
  perform private.require_permission('customers:view');
  if v_q is not null then
    v_found := format(
      case when p_referrer_id is null then '(t.referrer_id = any (%1$L::uuid[]) or t.referred_customer_id = any (%1$L::uuid[]))'
        else 't.referred_customer_id = any (%1$L::uuid[])' end,
      array(select private.search_customers(v_q)));
  end if;
  if p_flagged is not null then
    v_flagged := case when not p_flagged then 'not ' else '' end
      || $condition$exists (
        select 1 from public.referral_flags as f where f.referral_id = t.id and f.status = 'open')$condition$;
  end if;
  return private.list_page(
    'referrals', 'public.customer_referrals as t',
    array[private.equals('status', p_status), private.equals('referrer_id', p_referrer_id::text), v_flagged, v_found,
      private.on_days('referred_at', p_from, p_to, v_zone)],
    case when p_with_facts then 'private.explainable_referral(page.found)' else 'private.admin_referral_document(page.found)' end,
    array['-referred_at'], p_sort, p_cursor_at, p_cursor_id, private.page_size(p_limit), p_backward, p_count)
    || jsonb_build_object('time_zone', v_zone);
end;
$$;
comment on function public.admin_list_referrals(
  text, boolean, text, timestamptz, uuid, integer, boolean, date, date, text, boolean, boolean, uuid) is
  'Admin with customers:view: referrals of all or of one referrer, newest first, filtered by status, open flags and the local days p_from to p_to of the order, searched and keyset-paged either way; with the facts that say why each has not counted yet, or without. Raises invalid_request.';
revoke all on function public.admin_list_referrals(
  text, boolean, text, timestamptz, uuid, integer, boolean, date, date, text, boolean, boolean, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_referrals(
  text, boolean, text, timestamptz, uuid, integer, boolean, date, date, text, boolean, boolean, uuid) to authenticated;
