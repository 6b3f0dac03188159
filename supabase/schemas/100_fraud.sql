-- Fraud: the evidence that the rules judge, and the flags that they raise. The review is in 107_review.sql.

create table public.referral_flags (
  id uuid primary key default gen_random_uuid(),
  referral_id uuid not null references public.customer_referrals (id),
  signal text not null check (signal in (
    'same_address_as_referrer', 'same_address_as_referral', 'same_phone_as_referral', 'known_phone', 'known_address',
    'referral_ring', 'returned_after_erasure', 'address_recently_served', 'velocity', 'email_sequence', 'phone_sequence',
    'near_address_as_referrer', 'near_address_as_referral', 'similar_email', 'shared_domain', 'steady_pace',
    'disposable_email', 'shared_ip', 'same_device', 'fast_order'
  )),
  severity text not null check (severity in ('flag', 'hold')),
  weight integer not null default 0 check (weight between 0 and 100),
  evidence jsonb not null default '{}' check (jsonb_typeof(evidence) = 'object'),
  subject text check (length(subject) <= 500),
  status text not null default 'open' check (status in ('open', 'cleared', 'rejected', 'shadow')),
  decided_by uuid,
  decided_at timestamptz,
  decision_reason text,
  created_at timestamptz not null default now(),
  unique (referral_id, signal),
  check ((status in ('open', 'shadow')) = (decided_at is null))
);
comment on table public.referral_flags is
  'Fraud signals on a referral. An open hold keeps the referral from feeding a reward until it is reviewed. A shadow flag is recorded only.';
comment on column public.referral_flags.subject is
  'What matched (a place, a phone, a network). Once a reviewer cleared it for a referrer, it is not flagged again for the same referrer.';

create index referral_flags_open on public.referral_flags (created_at, referral_id) where status = 'open';
create index referral_flags_decided on public.referral_flags (decided_at) where decided_at is not null;

alter table public.referral_flags enable row level security;
revoke all on table public.referral_flags from public, anon, authenticated, service_role;
grant select on table public.referral_flags to service_role;
grant select on table public.referral_flags to authenticated;
create policy referral_flags_select on public.referral_flags
  for select to authenticated
  using ((select public.has_permission('referrals:review')));

create table public.fraud_settings (
  version integer primary key check (version > 0),
  settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
  reason text not null check (length(btrim(reason)) between 3 and 500),
  created_by uuid,
  created_at timestamptz not null default now()
);
comment on table public.fraud_settings is
  'Versions of the fraud settings: what differs from the defaults of lib/fraud/fraud-settings.ts. The highest version is in force.';

create trigger fraud_settings_append_only
  before update or delete on public.fraud_settings
  for each row execute function private.refuse_change();
create trigger fraud_settings_no_truncate
  before truncate on public.fraud_settings
  for each statement execute function private.refuse_change();

alter table public.fraud_settings enable row level security;
revoke all on table public.fraud_settings from public, anon, authenticated, service_role;
grant select on table public.fraud_settings to service_role;

insert into public.fraud_settings (version, reason) values (1, 'Defaults of the fraud rules');

create function private.current_fraud_settings()
returns public.fraud_settings
language sql
stable
set search_path = ''
as $$
  select s from public.fraud_settings as s order by s.version desc limit 1
$$;
comment on function private.current_fraud_settings() is 'The fraud settings in force.';
revoke all on function private.current_fraud_settings() from public, anon, authenticated, service_role;

create table public.referral_assessments (
  order_id uuid primary key references public.orders (id),
  referrer_id uuid not null references public.customers (id),
  settings_version integer not null references public.fraud_settings (version),
  evidence jsonb not null check (jsonb_typeof(evidence) = 'object'),
  is_judged boolean not null default true,
  created_at timestamptz not null default now()
);
comment on table public.referral_assessments is
  'The evidence from which the verdict on an order''s code was made. Kept for 90 days, to see what other settings would have decided.';
comment on column public.referral_assessments.is_judged is
  'False while the fraud rules still have to judge it: the referral feeds no reward until then.';

create index referral_assessments_referrer on public.referral_assessments (referrer_id);
create index referral_assessments_settings on public.referral_assessments (settings_version);
create index referral_assessments_unjudged on public.referral_assessments (order_id) where not is_judged;
create index referral_assessments_created on public.referral_assessments (created_at);

alter table public.referral_assessments enable row level security;
revoke all on table public.referral_assessments from public, anon, authenticated, service_role;
grant select on table public.referral_assessments to service_role;

create function private.keep_assessment(p_order jsonb, p_order_id uuid, p_referrer_id uuid, p_as_of timestamptz)
returns void
language sql
set search_path = ''
as $$
  insert into public.referral_assessments (order_id, referrer_id, settings_version, evidence, created_at)
  select p_order_id, p_referrer_id, (judged ->> 'settings_version')::integer, judged -> 'evidence', p_as_of
  from (select p_order -> 'judged' as judged) as given
  where jsonb_typeof(judged -> 'evidence') = 'object' and p_referrer_id is not null
$$;
comment on function private.keep_assessment(jsonb, uuid, uuid, timestamptz) is
  'Keeps the evidence of an order that was judged.';
revoke all on function private.keep_assessment(jsonb, uuid, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.fraud_window(p_order jsonb, p_name text)
returns interval
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_window interval := (p_order #>> array['windows', p_name])::interval;
begin
  if v_window is null then
    perform private.fail(400, 'invalid_request', 'windows.' || p_name);
  end if;
  return v_window;
end;
$$;
comment on function private.fraud_window(jsonb, text) is
  'How far back a fraud rule looks, as the server states it with the order (lib/fraud/fraud-signals.ts). Raises invalid_request where it is missing.';
revoke all on function private.fraud_window(jsonb, text) from public, anon, authenticated, service_role;

create function private.near_keys(p_order jsonb)
returns text[]
language sql
immutable
set search_path = ''
as $$
  select array(select jsonb_array_elements_text(coalesce(p_order -> 'address_near_keys', '[]')))
$$;
comment on function private.near_keys(jsonb) is 'The coarse keys of an order''s address, as the server computed them.';
revoke all on function private.near_keys(jsonb) from public, anon, authenticated, service_role;

create function private.comparable_address(p_address jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select case when p_address ? 'line1' and p_address ? 'postal_code' then p_address end
$$;
comment on function private.comparable_address(jsonb) is 'An address that the rules can compare; null for one that was erased or is incomplete.';
revoke all on function private.comparable_address(jsonb) from public, anon, authenticated, service_role;

-- These are plpgsql, and the functions that call them ask for generic plans, so that a connection keeps their plans: to
-- make a plan anew for each order takes ten times as long as to read.
create function private.place_of(p_customer public.customers)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.comparable_address(coalesce((
    select o.installation_address from public.orders as o
    where o.customer_id = p_customer.id and o.address_key = p_customer.address_key
    order by o.created_at, o.id
    limit 1), p_customer.address));
end;
$$;
comment on function private.place_of(public.customers) is
  'The address of the place that address_key names: where they first ordered. Their billing address may have changed since, which no rule is evaded by. Null when it cannot be compared.';
revoke all on function private.place_of(public.customers) from public, anon, authenticated, service_role;

create function private.referrer_evidence(p_referrer public.customers, p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'customer_id', p_referrer.id,
      'email_normalised', p_referrer.email_normalised,
      'phone', p_referrer.phone,
      'former_phones', to_jsonb(p_referrer.former_phones),
      'address', private.place_of(p_referrer),
      'address_key', p_referrer.address_key,
      'has_active_service', private.has_active_service(p_referrer.id),
      'has_stopped_service', exists (
        select 1 from public.customer_services as s
        where s.customer_id = p_referrer.id and s.status in ('suspended', 'cancelled')),
      'overdue_invoices', private.has_overdue_invoice(p_referrer.id, p_as_of)::integer,
      'ip_addresses', coalesce((
        select jsonb_agg(distinct host(o.ip_address))
        from public.orders as o
        where o.customer_id = p_referrer.id and o.ip_address is not null), '[]')));
end;
$$;
comment on function private.referrer_evidence(public.customers, timestamptz) is
  'What the fraud rules need of a referrer: identity, whether they may refer, and where their orders came from.';
revoke all on function private.referrer_evidence(public.customers, timestamptz)
  from public, anon, authenticated, service_role;

create function private.referred_evidence(p_order jsonb, p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'email', p_order ->> 'email',
      'email_normalised', e.normalised,
      'phone', p_order ->> 'phone',
      'address', private.comparable_address(p_order -> 'address'),
      'address_key', p_order ->> 'address_key',
      'is_customer', private.is_known_person(
        e.normalised, p_order ->> 'mailbox', p_as_of, (p_order ->> 'order_id')::uuid),
      'was_referred', private.is_referred(e.normalised, p_order ->> 'mailbox'),
      -- host() writes an IPv6 address in one way, so that two spellings of it compare as equal.
      'ip_address', host((p_order ->> 'ip_address')::inet),
      'user_agent', p_order ->> 'user_agent')
    from private.normalise_email(p_order ->> 'email') as e (normalised));
end;
$$;
comment on function private.referred_evidence(jsonb, timestamptz) is 'What the fraud rules need of the person who orders.';
revoke all on function private.referred_evidence(jsonb, timestamptz) from public, anon, authenticated, service_role;

create function private.matching_referrals(p_order jsonb, p_referrer_id uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'same_address_referral_ids', coalesce((
        select jsonb_agg(r.id)
        from public.customer_referrals as r join public.orders as o on o.id = r.order_id
        where r.referrer_id = p_referrer_id and o.address_key = nullif(p_order ->> 'address_key', '')
          and r.referred_email_normalised <> person.normalised
          and coalesce(r.referred_mailbox <> person.mailbox, true)), '[]'),
      'same_phone_referral_ids', coalesce((
        select jsonb_agg(r.id)
        from public.customer_referrals as r join public.customers as c on c.id = r.referred_customer_id
        where r.referrer_id = p_referrer_id
          and (c.phone = p_order ->> 'phone' or p_order ->> 'phone' = any (c.former_phones))
          and r.referred_email_normalised <> person.normalised
          and coalesce(r.referred_mailbox <> person.mailbox, true)), '[]'),
      'same_ip_referral_ids', coalesce((
        select jsonb_agg(r.id)
        from public.customer_referrals as r
        where r.referrer_id = p_referrer_id and r.ip_address = (p_order ->> 'ip_address')::inet
          and r.referred_at > p_as_of - private.fraud_window(p_order, 'shared_ip')
          and r.referred_email_normalised <> person.normalised
          and coalesce(r.referred_mailbox <> person.mailbox, true)), '[]'),
      'same_device_referral_ids', coalesce((
        select jsonb_agg(near.id)
        from (
          select r.id
          from public.customer_referrals as r
          where r.user_agent = p_order ->> 'user_agent'
            -- A device changes its IPv6 address within its first 64 bits.
            and r.ip_address >= network(set_masklen(device.ip, device.bits))
            and r.ip_address <= set_masklen(broadcast(set_masklen(device.ip, device.bits)), device.full_bits)
            and r.referred_at > p_as_of - private.fraud_window(p_order, 'same_device')
            and r.referred_email_normalised <> person.normalised
          and coalesce(r.referred_mailbox <> person.mailbox, true)
          order by r.referred_at desc
          limit 20
        ) as near), '[]'))
    from (select private.normalise_email(p_order ->> 'email') as normalised, p_order ->> 'mailbox' as mailbox
        -- Computed once, not for every row.
        offset 0) as person
    cross join lateral (
      select ip, case family(ip) when 6 then 64 else 32 end as bits, case family(ip) when 6 then 128 else 32 end as full_bits
      from (select (p_order ->> 'ip_address')::inet as ip) as given
    ) as device);
end;
$$;
comment on function private.matching_referrals(jsonb, uuid, timestamptz) is
  'Referrals of other people that match an order: of the same referrer by address, phone and connection; of anyone by device.';
revoke all on function private.matching_referrals(jsonb, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.friends_evidence(p_order jsonb, p_referrer_id uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'referral_id', f.id, 'email', f.referred_email, 'phone', coalesce(c.former_phones[1], c.phone),
      'address', private.comparable_address(o.installation_address),
      'ip_address', host(f.ip_address), 'referred_at', f.referred_at) order by f.referred_at desc, f.id), '[]')
    from (
      select r.id, r.referred_email, r.referred_customer_id, r.order_id, r.ip_address, r.referred_at
      from public.customer_referrals as r
      cross join (
        select private.normalise_email(p_order ->> 'email') as normalised, p_order ->> 'mailbox' as mailbox
        -- Computed once, not for every row.
        offset 0) as person
      where r.referrer_id = p_referrer_id
        and r.referred_at > p_as_of - private.fraud_window(p_order, 'gathered')
        and r.referred_email_normalised <> person.normalised
          and coalesce(r.referred_mailbox <> person.mailbox, true)
      order by r.referred_at desc, r.id
      limit 200
    ) as f
    join public.customers as c on c.id = f.referred_customer_id
    join public.orders as o on o.id = f.order_id);
end;
$$;
comment on function private.friends_evidence(jsonb, uuid, timestamptz) is
  'Other friends of the referrer within the window, newest first, 200 at most.';
revoke all on function private.friends_evidence(jsonb, uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.elsewhere_evidence(p_order jsonb, p_referrer_id uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    with person as (
      select e.normalised as email_normalised, p_order ->> 'mailbox' as mailbox
      from private.normalise_email(p_order ->> 'email') as e (normalised)
    ), same_phone as (
      select c.id
      from public.customers as c, person as p
      where (c.phone = nullif(p_order ->> 'phone', '')
          -- The second condition lets the index of former numbers answer.
          or (c.former_phones @> array[nullif(p_order ->> 'phone', '')] and c.former_phones <> '{}'))
        and c.id <> p_referrer_id
        and c.email_normalised is distinct from p.email_normalised
        and not coalesce(c.mailbox = p.mailbox, false)
      order by c.created_at desc
      limit 50
    ), near as materialized (
      select o.id, o.installation_address, o.address_key, o.created_at
      from public.orders as o
      where o.address_near_keys && private.near_keys(p_order)
      -- Where one house number of a code has very many orders, the same key comes first.
      order by (o.address_key = p_order ->> 'address_key') desc, o.created_at desc
      limit 300
    )
    select jsonb_build_object(
      'phone_customer_ids', coalesce((
        select jsonb_agg(s.id) from same_phone as s
        where not exists (select 1 from public.customer_referrals as r where r.referred_customer_id = s.id)), '[]'),
      'phone_referral_ids', coalesce((
        select jsonb_agg(r.id)
        from same_phone as s join public.customer_referrals as r on r.referred_customer_id = s.id
        where r.referrer_id <> p_referrer_id), '[]'),
      'addresses', coalesce((
        select jsonb_agg(jsonb_build_object(
          'referral_id', r.id, 'referred_at', r.referred_at,
          'address', private.comparable_address(n.installation_address)))
        from near as n join public.customer_referrals as r on r.order_id = n.id, person as p
        where r.referrer_id <> p_referrer_id
          and r.referred_at > p_as_of - private.fraud_window(p_order, 'gathered')
          and r.referred_email_normalised <> p.email_normalised and coalesce(r.referred_mailbox <> p.mailbox, true)), '[]'),
      'served', coalesce((
        select jsonb_agg(jsonb_build_object(
          'address', private.comparable_address(n.installation_address),
          'served_until', coalesce(s.cancelled_at, p_as_of)))
        from near as n join public.customer_services as s on s.order_id = n.id
        where s.activated_at < p_as_of and n.id is distinct from (p_order ->> 'order_id')::uuid
          and coalesce(s.cancelled_at, p_as_of) > p_as_of - private.fraud_window(p_order, 'gathered')), '[]')));
end;
$$;
comment on function private.elsewhere_evidence(jsonb, uuid, timestamptz) is
  'Persons beyond the referrer: customers and friends of other referrers with the same phone, and places with a coarse key of the order''s address that were referred or served within the window.';
revoke all on function private.elsewhere_evidence(jsonb, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.chain_evidence(p_referrer_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    with recursive above (customer_id, steps, seen) as (
      select p_referrer_id, 0, array[p_referrer_id]
      union all
      select r.referrer_id, a.steps + 1, a.seen || r.referrer_id
      from above as a
      join public.customer_referrals as r
        on r.referred_customer_id = a.customer_id and r.status in ('pending', 'active', 'qualified')
      where a.steps < 5 and r.referrer_id <> all (a.seen)
    )
    select coalesce(jsonb_agg(jsonb_build_object(
      'customer_id', c.id, 'email_normalised', c.email_normalised, 'phone', c.phone,
      'former_phones', to_jsonb(c.former_phones), 'address', private.place_of(c)) order by a.steps), '[]')
    from above as a join public.customers as c on c.id = a.customer_id
    where a.steps > 0 and c.erased_at is null);
end;
$$;
comment on function private.chain_evidence(uuid) is
  'Who referred the referrer, who referred that person, and so on, nearest first, five at most.';
revoke all on function private.chain_evidence(uuid) from public, anon, authenticated, service_role;

create function private.returned_evidence(p_order jsonb)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(distinct e.kind), '[]')
    from (
      values ('email', private.normalise_email(p_order ->> 'email')), ('email', p_order ->> 'mailbox'),
        ('phone', p_order ->> 'phone'), ('address', nullif(p_order ->> 'address_key', ''))
    ) as given (kind, value)
    join private.erased_identities as e
      on e.kind = given.kind and e.hash = private.identity_hash(given.kind, given.value));
end;
$$;
comment on function private.returned_evidence(jsonb) is
  'What of the person is known, as a keyed hash, from a customer whose data was erased.';
revoke all on function private.returned_evidence(jsonb) from public, anon, authenticated, service_role;

create function private.cleared_evidence(p_referrer_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(distinct jsonb_build_object('signal', f.signal, 'subject', f.subject)), '[]')
    from public.customer_referrals as r
    join public.referral_flags as f on f.referral_id = r.id
    where r.referrer_id = p_referrer_id and f.status = 'cleared' and f.subject is not null);
end;
$$;
comment on function private.cleared_evidence(uuid) is
  'What reviewers looked at and cleared for a referrer: the same signal about the same subject is not raised again.';
revoke all on function private.cleared_evidence(uuid) from public, anon, authenticated, service_role;

create function private.order_evidence(p_order jsonb, p_referrer public.customers, p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return (
    select jsonb_build_object(
      'referrer', private.referrer_evidence(p_referrer, p_as_of),
      'referred', private.referred_evidence(p_order, p_as_of),
      'counts', jsonb_build_object(
        'this_month', private.referrals_in_month(p_referrer.id, p_as_of),
        -- No upper bound: when friends order at the same time, one that was recorded first may have a later clock than the
        -- one that is judged now.
        'last_24h', (
          select count(*) from public.customer_referrals as r
          where r.referrer_id = p_referrer.id and r.referred_at > p_as_of - private.fraud_window(p_order, 'velocity')),
        'total', private.referrals_made(p_referrer.id)),
      'matches', private.matching_referrals(p_order, p_referrer.id, p_as_of),
      'friends', private.friends_evidence(p_order, p_referrer.id, p_as_of),
      'elsewhere', private.elsewhere_evidence(p_order, p_referrer.id, p_as_of),
      'returned', private.returned_evidence(p_order),
      'chain', private.chain_evidence(p_referrer.id),
      'cleared', private.cleared_evidence(p_referrer.id),
      'visit', jsonb_build_object('visited_at', (
        select max(v.visited_at)
        from public.referral_visits as v
        where v.visitor_id = (p_order ->> 'visitor_id')::uuid and v.referrer_id = p_referrer.id)),
      'ordered_at', p_as_of));
end;
$$;
comment on function private.order_evidence(jsonb, public.customers, timestamptz) is
  'Everything that the fraud rules need to judge an order with a referrer''s code.';
revoke all on function private.order_evidence(jsonb, public.customers, timestamptz)
  from public, anon, authenticated, service_role;

create function public.prepare_order(p_order jsonb, p_as_of timestamptz default now())
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_key public.idempotency_keys;
  v_package public.service_packages := private.package_on_sale(p_order ->> 'package_slug');
  v_referrer public.customers := private.find_referrer(p_order ->> 'referral_code');
begin
  select k.* into v_key
  from public.idempotency_keys as k
  where k.scope = 'order' and k.key = p_order ->> 'idempotency_key';
  return jsonb_build_object(
    'replay', case when v_key.key is not null then jsonb_build_object(
      'request_hash', v_key.request_hash, 'response', v_key.response) end,
    'package', case when v_package.id is not null then jsonb_build_object(
      'id', v_package.id, 'slug', v_package.slug, 'name', v_package.name) end,
    'terms', to_jsonb(private.current_terms()) - array['reason', 'created_by', 'created_at'],
    'fraud_settings', to_jsonb(private.current_fraud_settings()),
    'referrer_found', v_referrer.id is not null,
    'evidence', case when v_referrer.id is not null then private.order_evidence(p_order, v_referrer, p_as_of) end
  );
end;
$$;
comment on function public.prepare_order(jsonb, timestamptz) is
  'Server: everything that the fraud rules need to judge an order''s code, the package and an earlier answer to the same key, in one read.';
revoke all on function public.prepare_order(jsonb, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.prepare_order(jsonb, timestamptz) to service_role;


create function public.save_fraud_settings(
  p_actor uuid, p_settings jsonb, p_reason text, p_expected_version integer, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_old public.fraud_settings;
begin
  perform private.require_permission_of(p_actor, 'program:manage');
  perform pg_advisory_xact_lock(hashtextextended('fraud_settings', 0));
  v_old := private.current_fraud_settings();
  if p_expected_version is distinct from v_old.version then
    perform private.fail(409, 'version_conflict');
  end if;
  insert into public.fraud_settings (version, settings, reason, created_by, created_at)
  values (v_old.version + 1, p_settings, v_reason, p_actor, p_as_of);
  perform private.write_audit(
    p_actor, 'fraud_settings.updated', 'fraud_settings', (v_old.version + 1)::text, null, v_reason,
    v_old.settings, p_settings, p_as_of);
  return to_jsonb(private.current_fraud_settings());
end;
$$;
comment on function public.save_fraud_settings(uuid, jsonb, text, integer, timestamptz) is
  'Server, for an admin with program:manage: makes a new version of the fraud settings, which the server has checked. Raises version_conflict if another version was made meanwhile.';
revoke all on function public.save_fraud_settings(uuid, jsonb, text, integer, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.save_fraud_settings(uuid, jsonb, text, integer, timestamptz) to service_role;

create function public.get_fraud_settings(p_actor uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission_of(p_actor, 'program:manage');
  return jsonb_build_object(
    'current', to_jsonb(private.current_fraud_settings()),
    'versions', (
      select jsonb_agg(jsonb_build_object(
        'version', s.version, 'reason', s.reason, 'created_at', s.created_at,
        'created_by_name', private.admin_name(s.created_by)) order by s.version desc)
      from (select v.* from public.fraud_settings as v order by v.version desc limit 20) as s));
end;
$$;
comment on function public.get_fraud_settings(uuid) is
  'Server, for an admin with program:manage: the fraud settings in force and the newest versions.';
revoke all on function public.get_fraud_settings(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_fraud_settings(uuid) to service_role;

create function public.list_assessments(
  p_actor uuid, p_since timestamptz, p_after uuid default null, p_limit integer default 500
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission_of(p_actor, 'program:manage');
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'order_id', a.order_id, 'evidence', a.evidence,
      'terms', to_jsonb(t) - array['reason', 'created_by', 'created_at'],
      'decision', (
        select d.decision from public.review_decisions as d
        where d.referral_id = r.id and d.undone_at is null order by d.decided_at desc limit 1),
      'is_recorded', r.id is not null, 'monthly_price_cents', s.monthly_price_cents,
      'referrals_required', t.referrals_required) order by a.order_id), '[]')
    from (
      select x.* from public.referral_assessments as x
      where x.created_at >= p_since and (p_after is null or x.order_id > p_after)
      order by x.order_id
      limit least(greatest(p_limit, 1), 1000)
    ) as a
    left join public.customer_referrals as r on r.order_id = a.order_id
    join public.referral_program as t on t.version = coalesce(r.program_version, (private.current_terms()).version)
    join public.customer_services as s on s.order_id = a.order_id);
end;
$$;
comment on function public.list_assessments(uuid, timestamptz, uuid, integer) is
  'Server, for an admin with program:manage: stored evidence with what became of each referral, by order id. Prices in cents.';
revoke all on function public.list_assessments(uuid, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.list_assessments(uuid, timestamptz, uuid, integer) to service_role;
