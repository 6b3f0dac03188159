-- Customers: the table, the referral code that each keeps for life, the locks, and the search.

create table public.customers (
  id uuid primary key default gen_random_uuid(),
  auth_user_id uuid unique references auth.users (id) on delete set null,
  pending_user_id uuid unique references auth.users (id) on delete set null,
  email text not null check (length(email) between 3 and 320),
  email_normalised text generated always as (private.normalise_email(email)) stored,
  first_name text not null check (private.is_person_name(first_name)),
  -- Empty once the customer was erased.
  last_name text not null check (last_name = '' or private.is_person_name(last_name)),
  full_name text not null generated always as (btrim(first_name || ' ' || last_name)) stored,
  phone text check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  former_phones text[] not null default '{}' check (cardinality(former_phones) <= 50),
  address jsonb check (jsonb_typeof(address) = 'object'),
  vat_number text check (length(btrim(vat_number)) between 1 and 40 and private.is_plain_line(vat_number)),
  address_key text,
  address_near_keys text[] not null default '{}',
  mailbox text,
  referral_code text not null unique
    check (referral_code ~ '^[A-Z0-9]{2,8}-[0-9A-HJKMNP-TV-Z]{8}$'),
  referral_code_key text generated always as (right(referral_code, 8)) stored unique,
  search_text text not null generated always as (
    private.folded(first_name || ' ' || last_name || ' ' || email)
    || ' ' || coalesce(substr(phone, 2), '') || ' ' || lower(referral_code)) stored,
  erased_at timestamptz,
  created_at timestamptz not null default now(),
  check (auth_user_id is null or pending_user_id is null)
);
comment on table public.customers is 'Customers. Each has one referral code for life.';
comment on column public.customers.auth_user_id is 'The account that may read and act as this customer.';
comment on column public.customers.pending_user_id is
  'The account that becomes theirs once its e-mail address is confirmed. Until then it gives no right.';
comment on column public.customers.email_normalised is 'The address by which the fraud rules compare people.';
comment on column public.customers.phone is 'E.164.';
comment on column public.customers.former_phones is
  'The numbers that they had before, the oldest first. To the fraud rules they stay theirs: another number makes nobody another person.';
comment on column public.customers.address is 'The billing address. An order has the address of its service.';
comment on column public.customers.vat_number is 'The customer''s own VAT number, for their tax invoices. Null for private persons.';
comment on column public.customers.address_key is
  'The place at which they first ordered, by lib/identity/address.ts. The server writes it; two equal keys are one place. A new billing address leaves it.';
comment on column public.customers.address_near_keys is
  'Coarse keys by which places that can be nearly the same are found, by lib/identity/address.ts.';
comment on column public.customers.mailbox is
  'The mailbox behind the e-mail address, where a provider delivers several addresses to one (lib/identity/mailbox.ts).';
comment on column public.customers.search_text is
  'Name, e-mail, digits of the phone and code, folded: what private.customer_condition looks into.';
comment on column public.customers.referral_code_key is 'The 8 Crockford base32 characters, by which a code is looked up.';

create index customers_email_normalised on public.customers (email_normalised);
create index customers_phone on public.customers (phone) where phone is not null;
create index customers_former_phones on public.customers using gin (former_phones) where former_phones <> '{}';
create index customers_address_key on public.customers (address_key) where address_key is not null;
create index customers_mailbox on public.customers (mailbox) where mailbox is not null;
create index customers_created on public.customers (created_at desc, id desc);
create index customers_full_name on public.customers (full_name, id);
create index customers_email_prefix on public.customers (lower(email) text_pattern_ops);
create index customers_name_prefix on public.customers (lower(full_name) text_pattern_ops);
create index customers_last_name_prefix on public.customers (lower(last_name) text_pattern_ops);
create index customers_search on public.customers using gin (search_text extensions.gin_trgm_ops);
-- How common a part of a name is decides how the search goes.
alter table public.customers alter column search_text set statistics 1000;

create function private.phones_of(p_customer public.customers)
returns text[]
language sql
immutable
set search_path = ''
as $$
  select array_remove(p_customer.former_phones || p_customer.phone, null)
$$;
comment on function private.phones_of(public.customers) is 'The numbers that a customer has and had.';
revoke all on function private.phones_of(public.customers) from public, anon, authenticated, service_role;

create function private.random_code_body()
returns text
language plpgsql
volatile
set search_path = ''
as $$
declare
  c_alphabet constant text := '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  -- The first 6 bytes of a version-4 UUID are all from the server's cryptographic source.
  v_bytes bytea := uuid_send(gen_random_uuid());
  v_bits bigint := 0;
  v_body text := '';
begin
  for i in 0..4 loop
    v_bits := (v_bits << 8) | get_byte(v_bytes, i);
  end loop;
  for i in 0..7 loop
    v_body := v_body || substr(c_alphabet, ((v_bits >> (35 - 5 * i)) & 31)::integer + 1, 1);
  end loop;
  return v_body;
end;
$$;
comment on function private.random_code_body() is '8 characters of Crockford base32: 40 bits from a cryptographic source.';
revoke all on function private.random_code_body() from public, anon, authenticated, service_role;

create function private.assign_referral_code()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_body text;
begin
  if new.referral_code is not null then
    return new;
  end if;
  -- If two sessions draw the same body at the same time (1 in 2^40), the unique index refuses one. A lock per code would
  -- be held until commit, and would exhaust the lock table when one transaction loads many customers.
  loop
    v_body := private.random_code_body();
    exit when not exists (select 1 from public.customers as c where c.referral_code_key = v_body);
  end loop;
  new.referral_code := (private.current_terms()).code_prefix || '-' || v_body;
  return new;
end;
$$;
comment on function private.assign_referral_code() is 'Trigger: a new customer gets a permanent, unique referral code.';
revoke all on function private.assign_referral_code() from public, anon, authenticated, service_role;

create function private.keep_referral_code()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception using errcode = 'PT409', message = 'immutable_row',
    detail = 'a referral code is permanent';
end;
$$;
comment on function private.keep_referral_code() is 'Trigger: a referral code never changes.';
revoke all on function private.keep_referral_code() from public, anon, authenticated, service_role;

create trigger customers_assign_referral_code
  before insert on public.customers
  for each row execute function private.assign_referral_code();
create trigger customers_keep_referral_code
  before update of referral_code on public.customers
  for each row
  when (old.referral_code is distinct from new.referral_code)
  execute function private.keep_referral_code();

create function private.current_customer_id()
returns uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return (
    select c.id
    from public.customers as c
    where c.auth_user_id = (select auth.uid()) and c.erased_at is null and (select private.session_is_live())
      and not private.lacks_second_factor());
end;
$$;
comment on function private.current_customer_id() is
  'The customer behind the caller''s session, or null. Null too when the session has ended, or lacks the second factor of its account.';
revoke all on function private.current_customer_id() from public, anon, authenticated, service_role;
grant execute on function private.current_customer_id() to authenticated;

alter table public.customers enable row level security;
revoke all on table public.customers from public, anon, authenticated, service_role;
grant select on table public.customers to service_role;
grant select on table public.customers to authenticated;
create policy customers_select on public.customers
  for select to authenticated
  using (id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create function private.require_customer()
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_customer uuid;
begin
  perform private.require_user();
  v_customer := private.current_customer_id();
  if v_customer is null then
    if private.lacks_second_factor() then
      perform private.fail(403, 'second_factor_needed');
    end if;
    perform private.fail(403, 'forbidden', 'customer');
  end if;
  return v_customer;
end;
$$;
comment on function private.require_customer() is 'The caller''s customer id. Raises unauthenticated, or forbidden for a session without a customer.';
revoke all on function private.require_customer() from public, anon, authenticated, service_role;

create function private.lock_customers(p_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  -- "no key update" does not wait for foreign-key checks of unrelated inserts.
  perform 1 from public.customers as c where c.id = any (p_ids) order by c.id for no key update;
end;
$$;
comment on function private.lock_customers(uuid[]) is 'Takes the per-customer locks in ascending id order.';
revoke all on function private.lock_customers(uuid[]) from public, anon, authenticated, service_role;

create function private.literal_pattern(p_text text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select '%' || replace(replace(replace(p_text, '\', '\\'), '%', '\%'), '_', '\_') || '%'
$$;
comment on function private.literal_pattern(text) is 'A pattern for LIKE that finds this text anywhere, every character literally.';
revoke all on function private.literal_pattern(text) from public, anon, authenticated, service_role;

create function private.word_condition(p_word text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select case
    -- Too short for the index: the beginning of a word, among those that the other words find.
    when length(p_word) < 3 then format($f$(' ' || c.search_text) like %L$f$, private.literal_pattern(' ' || p_word))
    -- In codes, O is read as 0 and I and L as 1.
    when p_word ~ '[0-9]' and p_word ~ '[oil]' then format(
      '(c.search_text like %L or c.search_text like %L)',
      private.literal_pattern(p_word), private.literal_pattern(translate(p_word, 'oil', '011')))
    else format('c.search_text like %L', private.literal_pattern(p_word))
  end
$$;
comment on function private.word_condition(text) is 'The condition on a customer c that a folded word of a search makes.';
revoke all on function private.word_condition(text) from public, anon, authenticated, service_role;

create function private.prefix_condition(p_q text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select string_agg(format(
    '(%1$s operator(pg_catalog.~>=~) %2$L and %1$s operator(pg_catalog.~<~) %3$L)',
    column_text, lower(p_q), private.prefix_end(lower(p_q))), ' or ')
  from unnest(array['lower(c.email)', 'lower(c.full_name)', 'lower(c.last_name)']) as column_text
$$;
comment on function private.prefix_condition(text) is
  'The condition on a customer c whose e-mail, name or last name starts with a text of one or two characters.';
revoke all on function private.prefix_condition(text) from public, anon, authenticated, service_role;

create function private.customer_condition(p_q text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_digits text := ltrim(regexp_replace(p_q, '[^0-9]', '', 'g'), '0');
  v_code text := translate(upper(regexp_replace(p_q, '[^A-Za-z0-9]', '', 'g')), 'OIL', '011');
  v_words text[] := array(
    select distinct w.word from regexp_split_to_table(private.folded(p_q), '\s+') as w (word) where w.word <> '' limit 6);
  v_condition text;
begin
  -- A phone number as people write it, or its last digits.
  if p_q ~ '^[-+0-9 ()/.]+$' and length(v_digits) >= 3 then
    return format('c.search_text like %L', private.literal_pattern(v_digits));
  end if;
  if not exists (select 1 from unnest(v_words) as w (word) where length(w.word) >= 3) then
    return '(' || private.prefix_condition(btrim(p_q)) || ')';
  end if;
  select string_agg(private.word_condition(w.word), ' and ' order by length(w.word) desc) into v_condition
  from unnest(v_words) as w (word);
  if length(v_code) between 8 and 16 and p_q !~ '[@]' then
    v_condition := format('((%s) or c.referral_code_key = %L)', v_condition, right(v_code, 8));
  end if;
  return '(' || v_condition || ')';
end;
$$;
comment on function private.customer_condition(text) is
  'The condition, as SQL text with quoted literals, on the customers c that a search finds: each word of it is a part of their name, e-mail, phone or code, in any order, without accents; or it is a phone number or the last digits of one, or a code. Every character is literal.';
revoke all on function private.customer_condition(text) from public, anon, authenticated, service_role;

create function private.search_customers(p_q text)
returns setof uuid
language plpgsql
stable
set search_path = ''
as $$
begin
  return query execute
    'select c.id from public.customers as c where ' || private.customer_condition(p_q);
end;
$$;
comment on function private.search_customers(text) is
  'The customers that a search finds, all of them: lists and exports of other things filter by them.';
revoke all on function private.search_customers(text) from public, anon, authenticated, service_role;

create function private.customer_list_document(p_customer public.customers)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_customer.id, 'name', p_customer.full_name, 'email', p_customer.email, 'phone', p_customer.phone,
    'referral_code', p_customer.referral_code, 'created_at', p_customer.created_at,
    'service_status', (
      select s.status from public.customer_services as s
      where s.customer_id = p_customer.id
      order by case s.status when 'active' then 1 when 'suspended' then 2 when 'pending' then 3 else 4 end
      limit 1),
    'referrals', (select count(*) from public.customer_referrals as r where r.referrer_id = p_customer.id),
    'pending_rewards', (
      select count(*) from public.referral_rewards as w where w.customer_id = p_customer.id and w.status = 'pending'))
$$;
comment on function private.customer_list_document(public.customers) is 'A customer as lists show them.';
revoke all on function private.customer_list_document(public.customers) from public, anon, authenticated, service_role;

create function public.admin_list_customers(
  p_q text default null, p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25,
  p_from date default null, p_to date default null, p_sort text default null, p_backward boolean default false,
  p_count boolean default false
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_q text := nullif(btrim(coalesce(p_q, '')), '');
  v_found text;
  v_ordered uuid;
begin
  perform private.require_permission('customers:view');
  if v_q is not null then
    select o.customer_id into v_ordered from public.orders as o where o.order_number = private.order_number_of(v_q);
    v_found := private.customer_condition(v_q);
    if v_ordered is not null then
      v_found := format('(%s or c.id = %L)', v_found, v_ordered);
    end if;
  end if;
  return private.list_page(
    'customers', 'public.customers as c',
    array[v_found, private.on_days('created_at', p_from, p_to, private.billing_time_zone())],
    'private.customer_list_document(page.found)', array['-created_at', 'full_name'], p_sort,
    p_cursor_at, p_cursor_id, private.page_size(p_limit), p_backward, p_count);
end;
$$;
comment on function public.admin_list_customers(text, timestamptz, uuid, integer, date, date, text, boolean, boolean) is
  'Admin with customers:view: customers, newest first or by name, searched, since the local days p_from to p_to, keyset-paged either way. Raises invalid_request.';
revoke all on function public.admin_list_customers(text, timestamptz, uuid, integer, date, date, text, boolean, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_customers(text, timestamptz, uuid, integer, date, date, text, boolean, boolean)
  to authenticated;

create function private.customer_header(p_customer public.customers)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'id', p_customer.id, 'name', p_customer.full_name, 'email', p_customer.email, 'phone', p_customer.phone,
      'referral_code', p_customer.referral_code, 'created_at', p_customer.created_at, 'erased_at', p_customer.erased_at,
      'erasure_asked_at', (select q.asked_at from public.erasure_requests as q where q.customer_id = p_customer.id),
      'documents_kept', private.documents_kept(p_customer.id),
      'is_own_account', coalesce(p_customer.auth_user_id = (select auth.uid()), false),
      'referred_by', (
        select jsonb_build_object('id', c.id, 'name', c.full_name)
        from public.customer_referrals as r join public.customers as c on c.id = r.referrer_id
        where r.referred_customer_id = p_customer.id and r.status in ('pending', 'active', 'qualified')),
      'can_attach', exists (
          select 1 from private.first_order(p_customer.id) as o
          where o.id is not null and now() < private.claim_window_ends_at(o))
        and not private.is_referred(p_customer.email_normalised, p_customer.mailbox),
      'services', coalesce((
        select jsonb_agg(private.service_document(s.id) order by s.created_at, s.id)
        from public.customer_services as s where s.customer_id = p_customer.id), '[]')));
end;
$$;
comment on function private.customer_header(public.customers) is
  'What the head of a customer''s pages shows. is_own_account: the caller is this customer, and may change nothing there.';
revoke all on function private.customer_header(public.customers) from public, anon, authenticated, service_role;

create function private.admin_referral_stats(p_customer_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'total_referrals', s.friends -> 'total',
      'active_referrals', (s.friends -> 'active')::integer + (s.friends -> 'qualified')::integer,
      'rewards_earned', count(w.id) filter (where w.source = 'earned'),
      'rewards_applied', count(w.id) filter (where w.status = 'applied'),
      'rewards_pending', count(w.id) filter (where w.status = 'pending'))
    from private.referral_stats(p_customer_id) as s (friends)
    left join public.referral_rewards as w on w.customer_id = p_customer_id
    group by s.friends);
end;
$$;
comment on function private.admin_referral_stats(uuid) is 'A customer''s friends and free months, counted.';
revoke all on function private.admin_referral_stats(uuid) from public, anon, authenticated, service_role;

create function public.admin_get_customer_referrals(p_customer_id uuid)
returns json
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer public.customers;
begin
  perform private.require_permission('customers:view');
  select c.* into v_customer from public.customers as c where c.id = p_customer_id;
  if v_customer.id is null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  return json_build_object(
    'time_zone', private.billing_time_zone(),
    'customer', private.customer_header(v_customer),
    'attempts', private.refused_attempts(p_customer_id),
    'referrals', coalesce((
      select json_agg(e.document order by e.referred_at desc, e.id desc)
      from (
        select r.id from public.customer_referrals as r
        where r.referrer_id = p_customer_id order by r.referred_at desc, r.id desc limit 200
      ) as recent
      join private.explained_referrals as e on e.id = recent.id), '[]'),
    'rewards', coalesce((
      select json_agg(private.admin_reward_document(recent.w) order by (recent.w).created_at desc, (recent.w).id desc)
      from (
        select w from public.referral_rewards as w
        where w.customer_id = p_customer_id order by w.created_at desc, w.id desc limit 200
      ) as recent), '[]'),
    'audit', coalesce((
      select json_agg(jsonb_build_object(
        'id', recent.id, 'created_at', recent.created_at, 'actor_id', recent.actor_id,
        'actor_name', private.admin_name(recent.actor_id), 'action', recent.action,
        'entity_type', recent.entity_type, 'entity_id', recent.entity_id, 'reason', recent.reason,
        'before', recent.before, 'after', recent.after)
        || private.profile_change_values(recent.entity_type, recent.entity_id) order by recent.id desc)
      from (
        select l.* from public.audit_log as l where l.customer_id = p_customer_id order by l.id desc limit 200
      ) as recent), '[]'),
    'stats', private.admin_referral_stats(p_customer_id)
  );
end;
$$;
comment on function public.admin_get_customer_referrals(uuid) is
  'Admin with customers:view: one customer with referrals, rewards and audit trail (the newest 200 of each; the lists have the others).';
revoke all on function public.admin_get_customer_referrals(uuid) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_customer_referrals(uuid) to authenticated;

create function public.link_confirmed_customer(p_auth_user_id uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  update public.customers as c
  set auth_user_id = p_auth_user_id, pending_user_id = null
  where c.pending_user_id = p_auth_user_id
    and exists (select 1 from auth.users as u where u.id = p_auth_user_id and u.email_confirmed_at is not null);
  return found;
end;
$$;
comment on function public.link_confirmed_customer(uuid) is
  'Gives the customer who waited for this account to it, if its e-mail address is confirmed. True when there was one; repeating it changes nothing.';
revoke all on function public.link_confirmed_customer(uuid) from public, anon, authenticated, service_role;
grant execute on function public.link_confirmed_customer(uuid) to service_role;
