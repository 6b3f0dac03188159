-- Customers, packages, orders and services, with the trigger that gives each customer a referral code.

create table public.service_packages (
  id uuid primary key default gen_random_uuid(),
  slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  name text not null check (length(btrim(name)) between 1 and 80),
  description text not null default '',
  monthly_price_cents bigint not null check (monthly_price_cents >= 0),
  download_mbps integer not null default 0 check (download_mbps >= 0),
  upload_mbps integer not null default 0 check (upload_mbps >= 0),
  is_active boolean not null default true,
  sort_order integer not null default 0,
  created_at timestamptz not null default now()
);
comment on table public.service_packages is 'What is on sale. Prices in cents, VAT included, per calendar month.';

create table public.customers (
  id uuid primary key default gen_random_uuid(),
  auth_user_id uuid unique references auth.users (id) on delete set null,
  email text not null check (length(email) between 3 and 320),
  email_normalised text generated always as (private.normalise_email(email)) stored,
  first_name text not null check (length(first_name) between 1 and 80),
  last_name text not null check (length(last_name) <= 80),
  phone text check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  address jsonb check (jsonb_typeof(address) = 'object'),
  address_key text,
  referral_code text not null unique
    check (referral_code ~ '^[A-Z0-9]{2,8}-[0-9A-HJKMNP-TV-Z]{8}$'),
  referral_code_key text generated always as (right(referral_code, 8)) stored unique,
  erased_at timestamptz,
  created_at timestamptz not null default now()
);
comment on table public.customers is 'Customers. Each has one referral code for life.';
comment on column public.customers.email_normalised is 'The identity behind the address; fraud rules compare this.';
comment on column public.customers.phone is 'E.164.';
comment on column public.customers.referral_code_key is 'The 8 Crockford base32 characters, by which a code is looked up.';

create index customers_email_normalised on public.customers (email_normalised);
create index customers_phone on public.customers (phone) where phone is not null;
create index customers_address_key on public.customers (address_key) where address_key is not null;
create index customers_created on public.customers (created_at desc, id desc);
create index customers_email_prefix on public.customers (lower(email) text_pattern_ops);
create index customers_name_prefix on public.customers (lower(first_name || ' ' || last_name) text_pattern_ops);
create index customers_last_name_prefix on public.customers (lower(last_name) text_pattern_ops);

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
  -- Two sessions that draw the same body in the same instant (1 in 2^40) meet at the unique index. A lock per code
  -- would be held until commit, and exhaust the lock table when many customers are loaded in one transaction.
  loop
    v_body := private.random_code_body();
    exit when not exists (select 1 from public.customers as c where c.referral_code_key = v_body);
  end loop;
  new.referral_code := (private.current_terms()).code_prefix || '-' || v_body;
  return new;
end;
$$;
comment on function private.assign_referral_code() is 'Trigger: a new customer gets a permanent, unique referral code.';

create trigger customers_assign_referral_code
  before insert on public.customers
  for each row execute function private.assign_referral_code();

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

create trigger customers_keep_referral_code
  before update of referral_code on public.customers
  for each row
  when (old.referral_code is distinct from new.referral_code)
  execute function private.keep_referral_code();

create table public.orders (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id),
  package_id uuid not null references public.service_packages (id),
  status text not null default 'pending' check (status in ('pending', 'installing', 'active', 'cancelled')),
  referral_code text check (length(referral_code) <= 64),
  referral_outcome text not null default 'none' check (referral_outcome in ('recorded', 'not_applied', 'none')),
  referral_reason text,
  installation_address jsonb not null default '{}' check (jsonb_typeof(installation_address) = 'object'),
  address_key text,
  ip_address inet,
  user_agent text check (length(user_agent) <= 1000),
  activated_at timestamptz,
  cancelled_at timestamptz,
  cancel_reason text,
  created_at timestamptz not null default now(),
  check ((status = 'active') = (activated_at is not null and cancelled_at is null)),
  check ((status = 'cancelled') = (cancelled_at is not null))
);
comment on table public.orders is 'Orders as placed; referral_code is what the order was placed with, fixed from then on.';
comment on column public.orders.referral_reason is 'Why a given code was not applied, in the closed list of block reasons.';

create index orders_customer on public.orders (customer_id);
create index orders_package on public.orders (package_id);
create index orders_created on public.orders (created_at desc, id desc);
create index orders_status_created on public.orders (status, created_at desc, id desc);
create index orders_address_key on public.orders (address_key) where address_key is not null;
create index orders_ip on public.orders (ip_address, created_at) where ip_address is not null;

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
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (status <> 'active' or activated_at is not null)
);
comment on table public.customer_services is 'One service per order. monthly_price_cents is the current price, VAT included.';

create index customer_services_customer on public.customer_services (customer_id, status);
create index customer_services_package on public.customer_services (package_id);
create index customer_services_billable on public.customer_services (customer_id, activated_at)
  where status = 'active';
