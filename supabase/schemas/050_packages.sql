-- Packages: what is on sale.

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

-- The package of friends whose service is delivered elsewhere (108_external_referrals.sql). Never on sale.
insert into public.service_packages (slug, name, description, monthly_price_cents, is_active, sort_order)
values ('external', 'Service elsewhere', 'Delivered and billed by another system', 0, false, 1000);

alter table public.service_packages enable row level security;
revoke all on table public.service_packages from public, anon, authenticated, service_role;
grant select, insert, update on table public.service_packages to service_role;
grant select on table public.service_packages to anon, authenticated;
create policy service_packages_select on public.service_packages
  for select to anon, authenticated
  using (is_active);

create function private.package_on_sale(p_slug text)
returns public.service_packages
language sql
stable
set search_path = ''
as $$
  select p from public.service_packages as p where p.slug = p_slug and p.is_active
$$;
comment on function private.package_on_sale(text) is 'The package on sale by that name, or null.';
revoke all on function private.package_on_sale(text) from public, anon, authenticated, service_role;
