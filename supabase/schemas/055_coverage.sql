-- Coverage: the provider's own list of suburbs and postal codes, and the people who wait for an area to open.

create table public.coverage_areas (
  id uuid primary key default gen_random_uuid(),
  suburb text not null check (length(btrim(suburb)) between 1 and 80),
  city text not null check (length(btrim(city)) between 1 and 80),
  postal_code text not null check (postal_code ~ '^[0-9]{4}$'),
  is_covered boolean not null,
  suburb_key text not null generated always as (lower(suburb)) stored,
  city_key text not null generated always as (lower(city)) stored,
  unique (postal_code, suburb_key, city_key)
);
comment on table public.coverage_areas is
  'The suburbs that the provider knows, and whether homes there can be connected. Replaced as a whole by an import. Empty: coverage is not checked.';

create index coverage_areas_suburb on public.coverage_areas (suburb_key text_pattern_ops);

alter table public.coverage_areas enable row level security;
revoke all on table public.coverage_areas from public, anon, authenticated, service_role;
grant select on table public.coverage_areas to service_role;

create table public.coverage_waits (
  id uuid primary key default gen_random_uuid(),
  email text not null check (length(email) between 3 and 320),
  first_name text not null check (length(btrim(first_name)) between 1 and 80),
  suburb text not null default '' check (length(suburb) <= 80),
  postal_code text not null check (postal_code ~ '^[0-9]{4}$'),
  package_slug text check (length(package_slug) <= 80),
  referral_code text check (length(referral_code) <= 64),
  referrer_id uuid references public.customers (id),
  created_at timestamptz not null default now(),
  unique (email, postal_code)
);
comment on table public.coverage_waits is
  'People who want a mail when their area opens, with the invitation they came with. A row is deleted once its mails are queued.';

create index coverage_waits_referrer on public.coverage_waits (referrer_id) where referrer_id is not null;
create index coverage_waits_created on public.coverage_waits (created_at);

alter table public.coverage_waits enable row level security;
revoke all on table public.coverage_waits from public, anon, authenticated, service_role;
grant select on table public.coverage_waits to service_role;

create function private.coverage_of(p_suburb text, p_postal_code text)
returns text
language sql
stable
set search_path = ''
as $$
  select case
    when not exists (select 1 from public.coverage_areas) then 'unlisted'
    when count(*) = 0 then 'uncovered'
    when bool_or(a.suburb_key = lower(p_suburb)) then
      case when bool_or(a.is_covered) filter (where a.suburb_key = lower(p_suburb)) then 'covered' else 'uncovered' end
    when bool_and(a.is_covered) then 'covered'
    when bool_or(a.is_covered) then 'suburb_needed'
    else 'uncovered'
  end
  from public.coverage_areas as a
  where a.postal_code = p_postal_code
$$;
comment on function private.coverage_of(text, text) is
  'Whether homes of a suburb and postal code can be connected: covered; uncovered; suburb_needed when only some suburbs of the code can, and none of them was named; unlisted while there is no list.';
revoke all on function private.coverage_of(text, text) from public, anon, authenticated, service_role;

create function public.check_coverage(p_suburb text, p_postal_code text)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'coverage', private.coverage_of(btrim(p_suburb), p_postal_code),
    'suburbs', coalesce((
      select jsonb_agg(distinct a.suburb) from public.coverage_areas as a where a.postal_code = p_postal_code), '[]'))
$$;
comment on function public.check_coverage(text, text) is
  'Server: whether homes of a suburb and postal code can be connected, and which suburbs the code has.';
revoke all on function public.check_coverage(text, text) from public, anon, authenticated, service_role;
grant execute on function public.check_coverage(text, text) to service_role;

create function public.find_coverage_areas(p_q text, p_limit integer default 8)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'suburb', found.suburb, 'city', found.city, 'postal_code', found.postal_code)
    order by found.suburb_key, found.city_key, found.postal_code), '[]')
  from (
    select a.suburb, a.city, a.postal_code, a.suburb_key, a.city_key
    from public.coverage_areas as a
    -- Ranges instead of LIKE: %, _ and \ are ordinary characters, and the search uses an index.
    where (a.suburb_key operator(pg_catalog.~>=~) lower(btrim(p_q))
        and a.suburb_key operator(pg_catalog.~<~) private.prefix_end(lower(btrim(p_q))))
      or (p_q ~ '^[0-9]{4}$' and a.postal_code = p_q)
    order by a.suburb_key, a.city_key, a.postal_code
    limit least(greatest(p_limit, 1), 20)
  ) as found
$$;
comment on function public.find_coverage_areas(text, integer) is
  'Server: listed suburbs whose name starts with the text, or which have it as their postal code, by name.';
revoke all on function public.find_coverage_areas(text, integer) from public, anon, authenticated, service_role;
grant execute on function public.find_coverage_areas(text, integer) to service_role;

create function private.lock_coverage()
returns void
language sql
set search_path = ''
as $$
  select pg_advisory_xact_lock(hashtextextended('coverage', 0))
$$;
comment on function private.lock_coverage() is
  'The list is replaced, and people begin to wait, one after the other: nobody waits for an area that has just opened.';
revoke all on function private.lock_coverage() from public, anon, authenticated, service_role;

create function public.wait_for_coverage(p_wait jsonb, p_as_of timestamptz default now())
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  c_most_areas constant integer := 5;
  -- Only what the provider wrote gets into a mail: anybody can enter anybody's address here.
  v_suburb text := coalesce((
    select a.suburb from public.coverage_areas as a
    where a.postal_code = p_wait ->> 'postal_code' and a.suburb_key = lower(btrim(p_wait ->> 'suburb'))
    limit 1), '');
  v_coverage text;
  v_referrer public.customers := private.find_referrer(p_wait ->> 'referral_code');
begin
  perform private.lock_coverage();
  v_coverage := private.coverage_of(v_suburb, p_wait ->> 'postal_code');
  if v_coverage <> 'uncovered' then
    return jsonb_build_object('waiting', false, 'coverage', v_coverage);
  end if;
  -- Nobody proves the address here, so the first invitation stays, and one person has few places.
  insert into public.coverage_waits as w
    (email, first_name, suburb, postal_code, package_slug, referral_code, referrer_id, created_at)
  select lower(p_wait ->> 'email'), p_wait ->> 'first_name', v_suburb, p_wait ->> 'postal_code', p_wait ->> 'package_slug',
    v_referrer.referral_code, v_referrer.id, p_as_of
  where (
    select count(*) from public.coverage_waits as o
    where o.email = lower(p_wait ->> 'email') and o.postal_code <> p_wait ->> 'postal_code') < c_most_areas
  on conflict (email, postal_code) do update
  set suburb = excluded.suburb, package_slug = coalesce(excluded.package_slug, w.package_slug),
    referral_code = coalesce(w.referral_code, excluded.referral_code),
    referrer_id = coalesce(w.referrer_id, excluded.referrer_id), created_at = excluded.created_at;
  return jsonb_build_object('waiting', true, 'coverage', v_coverage);
end;
$$;
comment on function public.wait_for_coverage(jsonb, timestamptz) is
  'Server: keeps who wants a mail when an area opens, once per address and postal code and for five codes at most, with the first invitation. The suburb is kept when it is listed. waiting is false when the area can be connected already.';
revoke all on function public.wait_for_coverage(jsonb, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.wait_for_coverage(jsonb, timestamptz) to service_role;

create function private.tell_waiting(p_as_of timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_wait public.coverage_waits;
  v_referrer public.customers;
  v_told integer := 0;
  v_people text[] := '{}';
  v_referrers uuid[] := '{}';
begin
  for v_wait in
    delete from public.coverage_waits as w
    where private.coverage_of(w.suburb, w.postal_code) = 'covered'
    returning w.*
  loop
    v_told := v_told + 1;
    -- One mail each, however many of their places have opened.
    if v_wait.email = any (v_people) then
      continue;
    end if;
    v_people := v_people || v_wait.email;
    perform private.enqueue_mail(
      'coverage_opened', v_wait.email, null,
      jsonb_build_object(
        'first_name', v_wait.first_name, 'suburb', v_wait.suburb, 'postal_code', v_wait.postal_code,
        'package_slug', v_wait.package_slug, 'referral_code', v_wait.referral_code),
      'coverage_opened:' || v_wait.id, p_as_of);
    select c.* into v_referrer
    from public.customers as c where c.id = v_wait.referrer_id and c.erased_at is null;
    if found and v_referrer.id <> all (v_referrers) then
      v_referrers := v_referrers || v_referrer.id;
      perform private.enqueue_mail(
        'friend_coverage_opened', v_referrer.email, v_referrer.id,
        jsonb_build_object('first_name', v_referrer.first_name),
        'friend_coverage_opened:' || v_wait.id, p_as_of);
    end if;
  end loop;
  return v_told;
end;
$$;
comment on function private.tell_waiting(timestamptz) is
  'Queues the mails to everybody whose area is covered now, and to who invited them, and forgets that they waited. The mail to the referrer names nobody. Returns how many waited.';
revoke all on function private.tell_waiting(timestamptz) from public, anon, authenticated, service_role;

create function public.import_coverage(
  p_areas jsonb, p_dry_run boolean default false, p_as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_before integer;
  v_after integer;
  v_covered integer;
  v_told integer;
  v_summary jsonb;
begin
  perform private.lock_coverage();
  select count(*) into v_before from public.coverage_areas;
  begin
    delete from public.coverage_areas where true;
    insert into public.coverage_areas (suburb, city, postal_code, is_covered)
    -- A line that comes twice counts once, covered if one of them says so.
    select min(btrim(a.suburb)), min(btrim(a.city)), a.postal_code, bool_or(a.is_covered)
    from jsonb_to_recordset(p_areas) as a (suburb text, city text, postal_code text, is_covered boolean)
    group by a.postal_code, lower(btrim(a.suburb)), lower(btrim(a.city));
    get diagnostics v_after = row_count;
    select count(*) into v_covered from public.coverage_areas as a where a.is_covered;
    v_told := private.tell_waiting(p_as_of);
    v_summary := jsonb_build_object('before', v_before, 'areas', v_after, 'covered', v_covered, 'told', v_told);
    if p_dry_run then
      raise exception using errcode = 'PT000', message = 'dry run';
    end if;
  exception
    when sqlstate 'PT000' then
      null;
  end;
  if not p_dry_run then
    perform private.write_audit(
      null, 'coverage.imported', 'coverage', 'list', null, null, null, v_summary, p_as_of);
  end if;
  return v_summary;
exception
  when check_violation or not_null_violation then
    raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'suburb, city, postal code or is_covered';
end;
$$;
comment on function public.import_coverage(jsonb, boolean, timestamptz) is
  'Server: replaces the list of suburbs, and tells everybody whose area has opened. A dry run does the same and takes it back. Counts what it did. Raises invalid_request.';
revoke all on function public.import_coverage(jsonb, boolean, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.import_coverage(jsonb, boolean, timestamptz) to service_role;
