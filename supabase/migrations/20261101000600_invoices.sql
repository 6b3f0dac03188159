-- Invoices: immutable once issued, numbered without gaps, one per service and period.

create table public.billing_runs (
  id uuid primary key default gen_random_uuid(),
  period_start date not null,
  period_end date not null,
  as_of timestamptz not null,
  status text not null default 'running' check (status in ('running', 'completed', 'failed')),
  trigger text not null default 'job' check (trigger in ('job', 'cron', 'admin', 'seed')),
  rewards_enabled boolean not null default true,
  started_by uuid,
  cursor_customer_id uuid,
  services_total bigint not null default 0,
  invoices bigint not null default 0,
  free_months bigint not null default 0,
  waived_cents bigint not null default 0,
  total_cents bigint not null default 0,
  skipped bigint not null default 0,
  errors jsonb not null default '[]' check (jsonb_typeof(errors) = 'array'),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  check (period_end > period_start),
  check ((status = 'running') = (finished_at is null))
);
comment on table public.billing_runs is 'One row per billing run: progress while it runs, totals afterwards. Amounts in cents.';
create index billing_runs_started on public.billing_runs (started_at desc, id desc);

create table public.invoice_series (
  series text not null,
  year integer not null,
  last_number bigint not null default 0 check (last_number >= 0),
  primary key (series, year)
);
comment on table public.invoice_series is
  'The last number given per series and year. Advanced in the transaction that issues, so that numbers have no gaps.';

create function private.line_items_total(p_line_items jsonb)
returns bigint
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select coalesce(sum((line ->> 'amount_cents')::bigint), 0)::bigint
  from jsonb_array_elements(p_line_items) as line
$$;
comment on function private.line_items_total(jsonb) is 'Sum of the lines'' amounts in cents, VAT included.';

create table public.customer_invoices (
  id uuid primary key default gen_random_uuid(),
  invoice_number text not null unique,
  customer_id uuid not null references public.customers (id),
  service_id uuid not null references public.customer_services (id),
  run_id uuid references public.billing_runs (id),
  period_start date not null,
  period_end date not null,
  currency text not null default 'ZAR',
  vat_bps integer not null check (vat_bps between 0 and 10000),
  price_cents bigint not null check (price_cents >= 0),
  line_items jsonb not null check (jsonb_typeof(line_items) = 'array' and jsonb_array_length(line_items) > 0),
  subtotal_cents bigint not null,
  vat_cents bigint not null check (vat_cents >= 0),
  total_cents bigint not null check (total_cents >= 0),
  amount_due_cents bigint not null,
  is_free_month boolean not null default false,
  referral_reward_id uuid unique references public.referral_rewards (id),
  amount_waived_cents bigint not null default 0 check (amount_waived_cents >= 0),
  seller jsonb not null,
  buyer jsonb not null,
  due_on date not null,
  issued_at timestamptz not null default now(),
  constraint customer_invoices_period check (period_end > period_start),
  constraint customer_invoices_totals check (
    total_cents = subtotal_cents + vat_cents
    and total_cents = private.line_items_total(line_items)
    and amount_due_cents between 0 and total_cents + amount_waived_cents
  ),
  constraint customer_invoices_free_month check (
    is_free_month = (referral_reward_id is not null)
    and (is_free_month or amount_waived_cents = 0)
  ),
  constraint customer_invoices_one_per_service_and_period unique (service_id, period_start)
);
comment on table public.customer_invoices is
  'Tax invoices. Amounts in cents, VAT included unless named subtotal. period_end is exclusive. Never changed once issued.';
comment on column public.customer_invoices.price_cents is 'The monthly price that was charged, at billing time.';
comment on column public.customer_invoices.buyer is 'Snapshot of the buyer for the tax invoice; the only part that an erasure may blank.';

create unique index customer_invoices_one_free_month_per_cycle
  on public.customer_invoices (customer_id, period_start) where is_free_month;
create index customer_invoices_customer on public.customer_invoices (customer_id, issued_at desc, id desc);
create index customer_invoices_run on public.customer_invoices (run_id) where run_id is not null;
create index customer_invoices_due on public.customer_invoices (customer_id, due_on) where amount_due_cents > 0;

alter table public.referral_rewards
  add constraint referral_rewards_applied_invoice_fkey
  foreign key (applied_invoice_id) references public.customer_invoices (id);

create function private.keep_invoice()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- Erasing a customer blanks the buyer snapshot and nothing else.
  if tg_op = 'UPDATE'
    and new.buyer is distinct from old.buyer
    and new.buyer = '{"erased": true}'::jsonb
    and to_jsonb(new) - 'buyer' = to_jsonb(old) - 'buyer' then
    return new;
  end if;
  raise exception using errcode = 'PT409', message = 'immutable_row',
    detail = 'an issued invoice is never changed; corrections are credit notes';
end;
$$;
comment on function private.keep_invoice() is 'Trigger: an issued invoice is immutable but for erasing its buyer.';

create trigger customer_invoices_immutable
  before update or delete on public.customer_invoices
  for each row execute function private.keep_invoice();
create trigger customer_invoices_no_truncate
  before truncate on public.customer_invoices
  for each statement execute function private.refuse_change();

create table public.invoice_payments (
  invoice_id uuid primary key references public.customer_invoices (id),
  customer_id uuid not null references public.customers (id),
  amount_cents bigint not null check (amount_cents >= 0),
  paid_at timestamptz not null,
  created_at timestamptz not null default now()
);
comment on table public.invoice_payments is
  'Settled invoices, as the payment system reports them. An invoice with an amount due, past its due date and not here is overdue.';
create index invoice_payments_customer on public.invoice_payments (customer_id);

create function private.has_overdue_invoice(p_customer_id uuid, p_as_of timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
    select 1
    from public.customer_invoices as i
    where i.customer_id = p_customer_id
      and i.amount_due_cents > 0
      and i.due_on < private.local_date(p_as_of, private.billing_time_zone())
      and not exists (select 1 from public.invoice_payments as p where p.invoice_id = i.id)
  )
$$;
comment on function private.has_overdue_invoice(uuid, timestamptz) is 'Whether the customer has an unpaid invoice past its due date in the billing time zone.';
