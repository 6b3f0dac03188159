-- Settings: versioned programme terms and billing settings. A version is never edited; the newest one is in force.

create table public.referral_program (
  version integer primary key check (version > 0),
  code_prefix text not null default 'REF' check (code_prefix ~ '^[A-Z0-9]{2,8}$'),
  referrals_required integer not null default 2 check (referrals_required between 1 and 50),
  qualifying_days integer not null default 30 check (qualifying_days between 1 and 365),
  activation_window_days integer not null default 30 check (activation_window_days between 1 and 365),
  reward_expiry_months integer not null default 12 check (reward_expiry_months between 1 and 120),
  monthly_referral_limit integer not null default 10 check (monthly_referral_limit between 1 and 10000),
  velocity_alert integer not null default 5 check (velocity_alert between 1 and 10000),
  reward_cap_cents bigint check (reward_cap_cents > 0),
  attribution_days integer not null default 90 check (attribution_days between 1 and 400),
  is_paused boolean not null default false,
  reason text not null check (length(btrim(reason)) between 3 and 500),
  created_by uuid,
  created_at timestamptz not null default now()
);
comment on table public.referral_program is
  'Versions of the programme terms. The highest version is in force; a referral keeps the version it was made under.';
comment on column public.referral_program.reward_cap_cents is 'Ceiling of one free month in cents, VAT included; null = no ceiling.';

create trigger referral_program_append_only
  before update or delete on public.referral_program
  for each row execute function private.refuse_change();
create trigger referral_program_no_truncate
  before truncate on public.referral_program
  for each statement execute function private.refuse_change();

create table public.billing_settings (
  version integer primary key check (version > 0),
  currency text not null default 'ZAR' check (currency ~ '^[A-Z]{3}$'),
  vat_bps integer not null default 1500 check (vat_bps between 0 and 10000),
  time_zone text not null default 'Africa/Johannesburg',
  invoice_prefix text not null default 'INV' check (invoice_prefix ~ '^[A-Z0-9]{2,8}$'),
  payment_days integer not null default 30 check (payment_days between 0 and 120),
  brand_name text not null check (length(btrim(brand_name)) between 1 and 80),
  support_email text not null check (position('@' in support_email) > 1),
  seller jsonb not null check (seller ?& array['name', 'address', 'vat_number']),
  created_by uuid,
  created_at timestamptz not null default now()
);
comment on table public.billing_settings is
  'Versions of brand, seller and billing settings. The highest version is in force; invoices snapshot what they need.';
comment on column public.billing_settings.vat_bps is 'VAT rate in basis points (1500 = 15 %), included in all prices.';
comment on column public.billing_settings.time_zone is 'The billing time zone: cycles and calendar rules follow its local calendar.';
comment on column public.billing_settings.seller is 'Legal seller for tax invoices: {name, address: [lines], vat_number, registration_number}.';

create function private.check_time_zone()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform now() at time zone new.time_zone;
  return new;
exception when invalid_parameter_value then
  raise exception using errcode = 'PT400', message = 'invalid_request',
    detail = format('%s is not a time zone', new.time_zone);
end;
$$;
comment on function private.check_time_zone() is 'Trigger: a settings version names a time zone that exists.';

create trigger billing_settings_time_zone
  before insert on public.billing_settings
  for each row execute function private.check_time_zone();
create trigger billing_settings_append_only
  before update or delete on public.billing_settings
  for each row execute function private.refuse_change();
create trigger billing_settings_no_truncate
  before truncate on public.billing_settings
  for each statement execute function private.refuse_change();

create function private.current_terms()
returns public.referral_program
language sql
stable
set search_path = ''
as $$
  select p from public.referral_program as p order by p.version desc limit 1
$$;
comment on function private.current_terms() is 'The programme terms in force.';

create function private.current_billing_settings()
returns public.billing_settings
language sql
stable
set search_path = ''
as $$
  select s from public.billing_settings as s order by s.version desc limit 1
$$;
comment on function private.current_billing_settings() is 'The billing settings in force.';

create function private.billing_time_zone()
returns text
language sql
stable
set search_path = ''
as $$
  select s.time_zone from public.billing_settings as s order by s.version desc limit 1
$$;
comment on function private.billing_time_zone() is 'The billing time zone in force.';

insert into public.referral_program (version, reason) values (1, 'Programme defaults');
insert into public.billing_settings (version, brand_name, support_email, seller)
values (
  1, 'Acme Fibre', 'support@acmefibre.example',
  '{"name": "Acme Fibre (Pty) Ltd", "address": ["14 Loop Street", "Cape Town City Centre", "Cape Town 8001"], "vat_number": "4000000000", "registration_number": "2019/000000/07"}'
);
