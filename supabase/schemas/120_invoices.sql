-- Invoices: never changed once issued, numbered without gaps, one per service and period.

create table public.invoice_series (
  series text not null,
  year integer not null,
  last_number bigint not null default 0 check (last_number >= 0),
  primary key (series, year)
);
comment on table public.invoice_series is
  'The last number given per series and year. Advanced in the transaction that issues, so that numbers have no gaps.';

alter table public.invoice_series enable row level security;
revoke all on table public.invoice_series from public, anon, authenticated, service_role;
grant select on table public.invoice_series to service_role;

create table public.series_gaps (
  series text not null,
  year integer not null,
  first_number bigint not null check (first_number > 0),
  last_number bigint not null,
  reason text not null,
  created_at timestamptz not null default now(),
  primary key (series, year, first_number),
  check (last_number >= first_number)
);
comment on table public.series_gaps is
  'Numbers that this database never gives, because a document that was lost in a restore may have them.';

alter table public.series_gaps enable row level security;
revoke all on table public.series_gaps from public, anon, authenticated, service_role;
grant select on table public.series_gaps to service_role;
grant select on table public.series_gaps to authenticated;
create policy series_gaps_select on public.series_gaps
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create function private.skipped_numbers(p_series text, p_year text)
returns bigint
language sql
stable
set search_path = ''
as $$
  select coalesce(sum(g.last_number - g.first_number + 1), 0)::bigint
  from public.series_gaps as g where g.series = p_series and g.year::text = p_year
$$;
comment on function private.skipped_numbers(text, text) is 'How many numbers of a series are known to be missing.';
revoke all on function private.skipped_numbers(text, text) from public, anon, authenticated, service_role;

create function private.document_numbers(p_series text, p_year integer, p_first bigint, p_last bigint)
returns text[]
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select array_agg(
    p_series || '-' || p_year || '-' || lpad(n::text, greatest(6, length(n::text)), '0') order by n)
  from generate_series(p_first, p_last) as n
$$;
comment on function private.document_numbers(text, integer, bigint, bigint) is
  'Numbers as printed on invoices and credit notes, from the first to the last: INV-2026-000001, with more digits from the millionth on.';
revoke all on function private.document_numbers(text, integer, bigint, bigint)
  from public, anon, authenticated, service_role;

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
revoke all on function private.line_items_total(jsonb) from public, anon, authenticated, service_role;

create function private.whole_month_cents(p_line_items jsonb, p_days integer)
returns bigint
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select case when sum((line ->> 'days')::integer) = p_days then sum((line ->> 'amount_cents')::bigint) end
  from jsonb_array_elements(p_line_items) as line
  where line ->> 'kind' = 'service'
$$;
comment on function private.whole_month_cents(jsonb, integer) is
  'What the lines charge for all p_days days of their month, in cents with VAT, before a free month. Null when they leave out a day.';
revoke all on function private.whole_month_cents(jsonb, integer) from public, anon, authenticated, service_role;

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
  reward_treatment text check (reward_treatment in ('discount', 'consideration')),
  reward_description text,
  seller jsonb not null,
  buyer jsonb not null,
  due_on date not null,
  issued_at timestamptz not null default now(),
  constraint customer_invoices_period check (period_end > period_start),
  constraint customer_invoices_totals check (
    total_cents = subtotal_cents + vat_cents
    and total_cents = private.line_items_total(line_items)
    -- A discount is a line of the invoice. A credit lowers what is due, and leaves total and VAT as they are.
    and amount_due_cents = total_cents - case reward_treatment when 'consideration' then amount_waived_cents else 0 end
    and amount_due_cents >= 0
  ),
  constraint customer_invoices_free_month check (
    is_free_month = (referral_reward_id is not null)
    and is_free_month = (reward_treatment is not null)
    and is_free_month = (reward_description is not null)
    and (is_free_month or amount_waived_cents = 0)
  ),
  constraint customer_invoices_one_per_service_and_period unique (service_id, period_start)
);
comment on table public.customer_invoices is
  'Tax invoices. Amounts in cents, VAT included unless named subtotal. period_end is exclusive. Never changed once issued.';
comment on column public.customer_invoices.vat_bps is
  'The VAT rate of the first day that the invoice charges. Each line has the rate of its own days.';
comment on column public.customer_invoices.reward_treatment is
  'How VAT treats the free month: discount is a line of the invoice, consideration a credit against its total.';
comment on column public.customer_invoices.reward_description is 'What the free month is called on the invoice.';
comment on column public.customer_invoices.price_cents is 'The monthly price that was charged, at billing time.';
comment on column public.customer_invoices.buyer is 'Snapshot of the buyer for the tax invoice; the only part that an erasure may blank.';

create unique index customer_invoices_one_free_month_per_cycle
  on public.customer_invoices (customer_id, period_start) where is_free_month;
create index customer_invoices_customer on public.customer_invoices (customer_id, issued_at desc, id desc);
create index customer_invoices_run on public.customer_invoices (run_id, invoice_number) where run_id is not null;
-- The invoices of one cycle, in the order of the admin's list.
create index customer_invoices_month on public.customer_invoices (period_start, issued_at desc, invoice_number desc);
create index customer_invoices_due on public.customer_invoices (customer_id, due_on) where amount_due_cents > 0;
-- The order of the admin's list: newest first, by number within one run.
create index customer_invoices_issued on public.customer_invoices (issued_at desc, invoice_number desc);
create index customer_invoices_free_months on public.customer_invoices (issued_at desc, invoice_number desc) where is_free_month;
create index customer_invoices_pro_rated on public.customer_invoices (issued_at desc, invoice_number desc)
  where amount_due_cents + amount_waived_cents <> price_cents;
-- All completions are among these, in every billing time zone.
create index customer_invoices_completions on public.customer_invoices (issued_at desc, invoice_number desc)
  where issued_at >= (period_end - 1)::timestamp at time zone 'UTC';
create index customer_invoices_number_prefix on public.customer_invoices (invoice_number text_pattern_ops);

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
    detail = format('%s rows are never changed once issued; corrections are credit notes', tg_table_name);
end;
$$;
comment on function private.keep_invoice() is
  'Trigger: an issued invoice or credit note is immutable but for erasing its buyer.';
revoke all on function private.keep_invoice() from public, anon, authenticated, service_role;

create trigger customer_invoices_immutable
  before update or delete on public.customer_invoices
  for each row execute function private.keep_invoice();
create trigger customer_invoices_no_truncate
  before truncate on public.customer_invoices
  for each statement execute function private.refuse_change();

alter table public.customer_invoices enable row level security;
revoke all on table public.customer_invoices from public, anon, authenticated, service_role;
grant select on table public.customer_invoices to service_role;
grant select on table public.customer_invoices to authenticated;
create policy customer_invoices_select on public.customer_invoices
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create function private.usable_reward(p_reward public.referral_rewards)
returns json
language sql
immutable
set search_path = ''
as $$
  select json_build_object(
    'id', p_reward.id, 'expires_at', p_reward.expires_at, 'created_at', p_reward.created_at,
    'cap_cents', p_reward.cap_cents, 'source', p_reward.source, 'vat_treatment', p_reward.vat_treatment)
$$;
comment on function private.usable_reward(public.referral_rewards) is 'A pending reward, as the invoice rules take it.';
revoke all on function private.usable_reward(public.referral_rewards) from public, anon, authenticated, service_role;

create function private.dearest_invoiced_month(p_customer_id uuid, p_period_start date)
returns bigint
language sql
stable
set search_path = ''
as $$
  select coalesce(max(private.whole_month_cents(i.line_items, i.period_end - i.period_start)), 0)::bigint
  from public.customer_invoices as i
  where i.customer_id = p_customer_id and i.period_start = p_period_start
$$;
comment on function private.dearest_invoiced_month(uuid, date) is
  'The most expensive whole month that a customer is invoiced for in a cycle, in cents with VAT before a free month; 0 for none.';
revoke all on function private.dearest_invoiced_month(uuid, date) from public, anon, authenticated, service_role;

create function private.has_open_month(p_customer_id uuid, p_as_of timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
    select 1
    from public.customer_services as s
    where s.customer_id = p_customer_id and s.status = 'active' and s.monthly_price_cents > 0 and not s.is_external
      and cardinality(private.active_days(s, cycle.starts_on, cycle.ends_on, cycle.time_zone)) = cycle.ends_on - cycle.starts_on
      and not exists (
        select 1 from public.customer_invoices as i where i.service_id = s.id and i.period_start = cycle.starts_on))
  from (
    select z.time_zone, m.starts_on, (m.starts_on + interval '1 month')::date as ends_on
    from private.billing_time_zone() as z (time_zone)
    cross join lateral (select date_trunc('month', private.local_date(p_as_of, z.time_zone))::date as starts_on) as m
  ) as cycle
$$;
comment on function private.has_open_month(uuid, timestamptz) is
  'Whether a whole month of the cycle under way at p_as_of waits for its invoice.';
revoke all on function private.has_open_month(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.free_month_fits(
  p_run public.billing_runs, p_reward public.referral_rewards, p_line_items jsonb, p_dearest_draft_cents bigint,
  p_as_of timestamptz, p_time_zone text
)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
  v_ends_at timestamptz := private.start_of_day(p_run.period_end, p_time_zone);
  v_is_over boolean := v_ends_at <= p_as_of;
  v_month bigint := private.whole_month_cents(p_line_items, p_run.period_end - p_run.period_start);
begin
  if not v_is_over
    and v_month >= greatest(p_dearest_draft_cents, private.dearest_invoiced_month(p_reward.customer_id, p_run.period_start))
  then
    return true;
  end if;
  if v_is_over then
    v_ends_at := case
      when private.has_open_month(p_reward.customer_id, p_as_of) then p_as_of
      else private.start_of_day(
        (date_trunc('month', private.local_date(p_as_of, p_time_zone)) + interval '1 month')::date, p_time_zone)
    end;
  end if;
  return p_reward.expires_at <= v_ends_at;
end;
$$;
comment on function private.free_month_fits(
  public.billing_runs, public.referral_rewards, jsonb, bigint, timestamptz, text
) is
  'Whether a reward goes to this draft: it is the most expensive whole month of the cycle, among the drafts (p_dearest_draft_cents) and what is invoiced, or the reward would expire before the next whole month. The same rule as shouldApplyFreeMonth in lib/rewards/free-month-rules.ts.';
revoke all on function private.free_month_fits(
  public.billing_runs, public.referral_rewards, jsonb, bigint, timestamptz, text
) from public, anon, authenticated, service_role;

create type private.invoice_draft as (
  customer_id uuid, service_id uuid, period_start date, price_cents bigint, activated_at timestamptz, ended_at timestamptz,
  revision integer, vat_bps integer, line_items jsonb, subtotal_cents bigint, vat_cents bigint, total_cents bigint,
  amount_due_cents bigint, referral_reward_id uuid, amount_waived_cents bigint, reward_treatment text,
  reward_description text
);
comment on type private.invoice_draft is
  'An invoice as computed by the application, with the facts that it was computed from. Amounts in cents.';

create function private.checked_drafts(
  p_run public.billing_runs, p_drafts private.invoice_draft[], p_as_of timestamptz
)
returns table (
  customer_id uuid, service_id uuid, price_cents bigint, vat_bps integer, line_items jsonb, subtotal_cents bigint,
  vat_cents bigint, total_cents bigint, amount_due_cents bigint, referral_reward_id uuid, amount_waived_cents bigint,
  reward_treatment text, reward_description text, buyer jsonb, is_fresh boolean
)
language plpgsql
rows 100
set search_path = ''
as $$
declare
  v_rewards_are_on boolean := p_run.rewards_enabled and private.rewards_are_on();
  v_days integer := p_run.period_end - p_run.period_start;
  v_time_zone text := (private.billing_run_settings(p_run)).time_zone;
  v_is_over boolean := private.start_of_day(p_run.period_end, v_time_zone) <= p_as_of;
begin
  return query
  with drafts as materialized (
    select d.* from unnest(p_drafts) as d
  ), dearest as materialized (
    -- One document by customer: it is searched faster than rows are.
    select jsonb_object_agg(m.customer_id, m.cents) as cents
    from (
      select o.customer_id, max(private.whole_month_cents(o.line_items, v_days)) as cents
      from drafts as o
      -- An array, because a join would compare each draft with each.
      where o.customer_id = any (array(select r.customer_id from drafts as r where r.referral_reward_id is not null))
      group by o.customer_id
    ) as m
  )
  select d.customer_id, d.service_id, d.price_cents, d.vat_bps, d.line_items, d.subtotal_cents, d.vat_cents,
    d.total_cents, d.amount_due_cents, d.referral_reward_id, d.amount_waived_cents, d.reward_treatment,
    d.reward_description,
    private.buyer_document(c, s.order_id),
    coalesce(
      s.customer_id = d.customer_id
      and (s.status in ('active', 'cancelled') or (s.status = 'suspended' and v_is_over))
      and c.erased_at is null
      and s.ended_at is not distinct from d.ended_at
      and s.monthly_price_cents = d.price_cents
      and s.activated_at = d.activated_at
      and s.revision = coalesce(d.revision, 0)
      and d.period_start = p_run.period_start
      and 0 = (
        select count(*) from public.customer_invoices as i
        where i.service_id = d.service_id and i.period_start = p_run.period_start)
      and (
        d.referral_reward_id is null
        or (
          v_rewards_are_on
          and w.status = 'pending'
          and w.customer_id = d.customer_id
          and w.vat_treatment = d.reward_treatment
          and w.expires_at > p_as_of
          and 0 = (
            select count(*) from public.customer_invoices as i
            where i.customer_id = d.customer_id and i.period_start = p_run.period_start and i.is_free_month)
          and private.free_month_fits(
            p_run, w, d.line_items, (o.cents ->> d.customer_id::text)::bigint, p_as_of, v_time_zone)
        )
      ), false)
  from drafts as d
  cross join dearest as o
  left join public.customer_services as s on s.id = d.service_id
  left join public.customers as c on c.id = s.customer_id
  left join public.referral_rewards as w on w.id = d.referral_reward_id;
end;
$$;
comment on function private.checked_drafts(public.billing_runs, private.invoice_draft[], timestamptz) is
  'Drafts of invoices with their buyers, and whether the facts that they were computed from are still the same. Amounts in cents. The caller holds the customers'' locks.';
revoke all on function private.checked_drafts(public.billing_runs, private.invoice_draft[], timestamptz)
  from public, anon, authenticated, service_role;

create function private.apply_free_months(p_invoice_ids uuid[], p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.referral_rewards as w
  set status = 'applied', applied_invoice_id = i.id, applied_at = p_as_of, amount_waived_cents = i.amount_waived_cents
  from public.customer_invoices as i
  where i.id = any (p_invoice_ids) and w.id = i.referral_reward_id;
  insert into public.notifications (template, recipient, customer_id, payload, dedupe_key, created_at, next_attempt_at)
  select 'reward_applied', c.email, c.id,
    jsonb_build_object(
      'first_name', c.first_name, 'invoice_number', i.invoice_number,
      'amount_waived_cents', i.amount_waived_cents, 'amount_due_cents', i.amount_due_cents,
      'source', w.source, 'treatment', i.reward_treatment,
      'period_start', i.period_start, 'currency', i.currency),
    'reward_applied:' || i.referral_reward_id, p_as_of, least(p_as_of, now())
  from public.customer_invoices as i
  join public.customers as c on c.id = i.customer_id
  join public.referral_rewards as w on w.id = i.referral_reward_id
  where i.id = any (p_invoice_ids);
end;
$$;
comment on function private.apply_free_months(uuid[], timestamptz) is
  'Marks the rewards on these new invoices as applied, and mails their owners.';
revoke all on function private.apply_free_months(uuid[], timestamptz) from public, anon, authenticated, service_role;

create function public.issue_invoices(
  p_run_id uuid, p_invoices jsonb, p_as_of timestamptz default now(), p_process uuid default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
set enable_material = off
set statement_timeout = '60s'
as $$
declare
  v_run public.billing_runs;
  -- Of the cycle: the seller and the currency. Of the day of issue: the number and when payment is due.
  v_settings public.billing_settings;
  v_issuing public.billing_settings;
  v_issued_on date;
  v_seller_changes boolean;
  v_drafts private.invoice_draft[];
  v_stale uuid[];
  v_count bigint;
  v_free_months uuid[];
  v_waived bigint;
  v_total bigint;
begin
  -- The drafts may come as a JSON string that holds JSON: what passes it on then does not parse it.
  if jsonb_typeof(p_invoices) = 'string' then
    p_invoices := (p_invoices #>> '{}')::jsonb;
  end if;
  select r.* into v_run from public.billing_runs as r where r.id = p_run_id;
  if v_run.id is null then
    perform private.fail(404, 'not_found', 'billing run');
  end if;
  v_settings := private.billing_run_settings(v_run);
  v_issuing := private.billing_settings_on(private.local_date(p_as_of, v_settings.time_zone), v_run.settings_version);
  v_issued_on := private.local_date(p_as_of, v_issuing.time_zone);
  v_seller_changes := exists (
    select 1 from public.billing_settings as b
    where b.effective_on > v_run.period_start and b.effective_on < v_run.period_end and b.version <= v_run.settings_version);
  v_drafts := array(select d from jsonb_populate_recordset(null::private.invoice_draft, p_invoices) as d);
  perform private.lock_customers(array(select distinct d.customer_id from unnest(v_drafts) as d));
  -- A change of a service between this check and the commit waits for the customer's lock. One stale draft refuses all
  -- drafts of its customer, because the free month belongs to the dearest of them.
  with checked as materialized (
    select c.* from private.checked_drafts(v_run, v_drafts, p_as_of) as c
  ), stale as materialized (
    select array_agg(distinct c.customer_id) as customers from checked as c where not c.is_fresh
  ), numbered as materialized (
    select c.*, gen_random_uuid() as id, row_number() over (order by c.customer_id, c.service_id) as place
    from checked as c, stale as s
    where s.customers is null or c.customer_id <> all (s.customers)
  ), series as (
    insert into public.invoice_series as n (series, year, last_number)
    select v_issuing.invoice_prefix, extract(year from v_issued_on)::integer, max(d.place) from numbered as d having count(*) > 0
    on conflict (series, year) do update set last_number = n.last_number + excluded.last_number
    returning private.document_numbers(
      n.series, n.year, n.last_number - (select max(d.place) from numbered as d) + 1, n.last_number) as numbers
  ), issued as (
    insert into public.customer_invoices
      (id, invoice_number, customer_id, service_id, run_id, period_start, period_end, currency, vat_bps, price_cents,
       line_items, subtotal_cents, vat_cents, total_cents, amount_due_cents, is_free_month, referral_reward_id,
       amount_waived_cents, reward_treatment, reward_description, seller, buyer, due_on, issued_at)
    select
      d.id, n.numbers[d.place], d.customer_id, d.service_id, p_run_id, v_run.period_start, v_run.period_end,
      v_settings.currency, d.vat_bps, d.price_cents, d.line_items, d.subtotal_cents, d.vat_cents, d.total_cents,
      d.amount_due_cents, d.referral_reward_id is not null, d.referral_reward_id, coalesce(d.amount_waived_cents, 0),
      d.reward_treatment, d.reward_description,
      case when v_seller_changes
        then (private.billing_settings_on((d.line_items -> 0 ->> 'period_start')::date, v_run.settings_version)).seller
        else v_settings.seller
      end,
      d.buyer, v_issued_on + v_issuing.payment_days, p_as_of
    from numbered as d, series as n
    order by d.place
    returning id, customer_id, referral_reward_id, amount_waived_cents, total_cents
  ), mailed as (
    -- One mail per customer, with ids alone: its facts are read when it leaves.
    insert into public.notifications (template, recipient, customer_id, payload, dedupe_key, created_at, next_attempt_at)
    select 'invoice_issued', c.email, m.customer_id, jsonb_build_object('ids', m.ids), 'invoice_issued:' || m.first,
      p_as_of, least(p_as_of, now())
    from (
      select i.customer_id, jsonb_agg(i.id) as ids, min(i.id::text) as first from issued as i group by i.customer_id
    ) as m
    join public.customers as c on c.id = m.customer_id
  )
  select coalesce((select s.customers from stale as s), '{}'), count(*),
    coalesce(array_agg(i.id) filter (where i.referral_reward_id is not null), '{}'),
    coalesce(sum(i.amount_waived_cents), 0), coalesce(sum(i.total_cents), 0)
  into v_stale, v_count, v_free_months, v_waived, v_total
  from issued as i;
  if cardinality(v_free_months) > 0 then
    perform private.apply_free_months(v_free_months, p_as_of);
  end if;

  -- Closing the run waits for this lock. If the run was closed already, the batch is rolled back and its totals stay.
  perform 1 from public.billing_runs as r where r.id = p_run_id and r.status = 'running' for key share;
  if not found then
    perform private.fail(409, 'billing_run_closed');
  end if;
  insert into public.billing_run_steps
    (run_id, process_id, step, invoices, free_months, waived_cents, total_cents)
  values
    (p_run_id, coalesce(p_process, p_run_id), 'issued', v_count, cardinality(v_free_months), v_waived, v_total);
  perform private.note_billing_progress(p_run_id, interval '1 second');
  return jsonb_build_object(
    'issued', v_count, 'refused_customers', to_jsonb(v_stale), 'free_months', cardinality(v_free_months),
    'waived_cents', v_waived, 'total_cents', v_total,
    'run_invoices', (select sum(p.invoices) from public.billing_run_steps as p where p.run_id = p_run_id));
end;
$$;
comment on function public.issue_invoices(uuid, jsonb, timestamptz, uuid) is
  'Server: issues a batch of computed invoices in one transaction: numbers, rewards, mails, run totals. Customers whose facts changed meanwhile are refused, with all their drafts, and named. Raises billing_run_closed.';
revoke all on function public.issue_invoices(uuid, jsonb, timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.issue_invoices(uuid, jsonb, timestamptz, uuid) to service_role;

create function private.has_overdue_invoice(p_customer_id uuid, p_as_of timestamptz)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
  v_today date := private.local_date(p_as_of, private.billing_time_zone());
begin
  return exists (
    select 1 from private.open_invoices as i where i.customer_id = p_customer_id and i.due_on < v_today);
end;
$$;
comment on function private.has_overdue_invoice(uuid, timestamptz) is
  'Whether the customer has an open invoice past its due date in the billing time zone.';
revoke all on function private.has_overdue_invoice(uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.get_invoice(p_invoice_number text)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_user uuid := private.require_user();
  v_invoice public.customer_invoices;
begin
  select i.* into v_invoice from public.customer_invoices as i where i.invoice_number = p_invoice_number;
  -- The same answer for an invoice of somebody else and for one that does not exist.
  if v_invoice.id is null
    or not (
      coalesce(v_invoice.customer_id = private.current_customer_id(), false)
      or public.has_permission('customers:view')
    ) then
    perform private.fail(404, 'not_found', 'invoice');
  end if;
  return to_jsonb(v_invoice) - array['run_id']
    || private.invoice_standing(v_invoice)
    || jsonb_build_object(
      'payment_instructions', (private.current_billing_settings()).payment_instructions,
      'payments', coalesce((
        select jsonb_agg(jsonb_build_object(
          'id', p.id, 'paid_on', p.paid_on, 'amount_cents', p.amount_cents, 'method', p.method, 'reference', p.reference
        ) order by p.paid_on, p.created_at, p.id)
        from public.invoice_payments as p
        where p.invoice_id = v_invoice.id
          and not exists (select 1 from public.payment_reversals as x where x.payment_id = p.id)), '[]'),
      'credit_notes', coalesce((
        select jsonb_agg(jsonb_build_object(
          'credit_note_number', n.credit_note_number, 'issued_at', n.issued_at, 'total_cents', n.total_cents
        ) order by n.issued_at, n.credit_note_number)
        from public.credit_notes as n where n.invoice_id = v_invoice.id), '[]'),
      'service_ended_on', (
        select private.local_date(s.ended_at, private.billing_time_zone())
        from public.customer_services as s
        where s.id = v_invoice.service_id and s.status = 'cancelled'));
end;
$$;
comment on function public.get_invoice(text) is
  'Customer or admin with customers:view: one tax invoice by its number, with what was credited. service_ended_on is the first day, in the billing time zone, on which a cancelled service was no longer delivered.';
revoke all on function public.get_invoice(text) from public, anon, authenticated, service_role;
grant execute on function public.get_invoice(text) to authenticated;

create function private.invoice_preview_facts(p_customer_id uuid, p_as_of timestamptz default now())
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'customer_id', p_customer_id,
      'rewards', coalesce((
        select jsonb_agg(private.usable_reward(w) order by w.expires_at, w.created_at, w.id)
        from public.referral_rewards as w
        where w.customer_id = p_customer_id and w.status = 'pending' and private.rewards_are_on()), '[]'),
      'invoiced_months', coalesce((
        select jsonb_agg(jsonb_build_object('period_start', m.period_start, 'charge_cents', m.cents))
        from (
          select i.period_start, max(private.whole_month_cents(i.line_items, i.period_end - i.period_start)) as cents
          from public.customer_invoices as i
          where i.customer_id = p_customer_id and i.period_start > p_as_of - interval '100 days'
          group by i.period_start
        ) as m
        where m.cents is not null), '[]'),
      'free_month_periods', coalesce((
        select jsonb_agg(i.period_start)
        from public.customer_invoices as i
        where i.customer_id = p_customer_id and i.is_free_month and i.period_start > p_as_of - interval '100 days'), '[]'),
      'services', coalesce((
        select jsonb_agg(jsonb_build_object(
          'service_id', s.id, 'package_name', p.name, 'price_cents', s.monthly_price_cents,
          'activated_at', s.activated_at, 'status', s.status,
          'ended_at', s.ended_at,
          'earlier_prices', private.earlier_prices(s.id, cycle.period_start),
          'suspensions', private.suspensions_of(s.id),
          'invoiced_periods', coalesce((
            select jsonb_agg(i.period_start)
            from public.customer_invoices as i
            where i.service_id = s.id and i.period_start > p_as_of - interval '100 days'), '[]')
        ) order by s.id)
        from public.customer_services as s
        join public.service_packages as p on p.id = s.package_id
        where s.customer_id = p_customer_id and not s.is_external
          and (
            s.status in ('active', 'suspended')
            or (s.status = 'cancelled' and private.local_date(s.ended_at, cycle.time_zone)
              > greatest(cycle.period_start, private.local_date(s.activated_at, cycle.time_zone)))
          )), '[]')
    )
    from (
      select z.time_zone, date_trunc('month', private.local_date(p_as_of, z.time_zone))::date as period_start
      from private.billing_time_zone() as z (time_zone)
    ) as cycle);
end;
$$;
comment on function private.invoice_preview_facts(uuid, timestamptz) is
  'What the invoice rules need to preview the next invoice of a customer: active and suspended services, and those that ended in the cycle of p_as_of.';
revoke all on function private.invoice_preview_facts(uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.get_my_balance()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
begin
  return private.reward_balance(v_customer) || jsonb_build_object(
    'facts', private.invoice_preview_facts(v_customer),
    'settings', to_jsonb(private.current_billing_settings()) - array['created_by', 'created_at']);
end;
$$;
comment on function public.get_my_balance() is 'Customer: own free months, and the facts for the next-invoice preview.';
revoke all on function public.get_my_balance() from public, anon, authenticated, service_role;
grant execute on function public.get_my_balance() to authenticated;

create function private.is_completion(p_period_end date, p_as_of timestamptz)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return p_period_end <= private.local_date(p_as_of, private.billing_time_zone());
end;
$$;
comment on function private.is_completion(date, timestamptz) is
  'Whether a cycle was over when it was billed: what an earlier month had left open.';
revoke all on function private.is_completion(date, timestamptz) from public, anon, authenticated, service_role;

create function private.admin_invoice_document(p_invoice public.customer_invoices)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'id', p_invoice.id, 'invoice_number', p_invoice.invoice_number, 'issued_at', p_invoice.issued_at,
      'due_on', p_invoice.due_on, 'period_start', p_invoice.period_start, 'period_end', p_invoice.period_end,
      'currency', p_invoice.currency,
      'customer', (
        select jsonb_build_object('id', c.id, 'name', c.full_name, 'email', c.email)
        from public.customers as c where c.id = p_invoice.customer_id),
      'description', p_invoice.line_items -> 0 ->> 'description',
      'total_cents', p_invoice.total_cents, 'amount_due_cents', p_invoice.amount_due_cents,
      'amount_waived_cents', p_invoice.amount_waived_cents, 'is_free_month', p_invoice.is_free_month,
      'is_pro_rated', p_invoice.amount_due_cents + p_invoice.amount_waived_cents <> p_invoice.price_cents,
      'is_completion', private.is_completion(p_invoice.period_end, p_invoice.issued_at))
      || private.invoice_standing(p_invoice));
end;
$$;
comment on function private.admin_invoice_document(public.customer_invoices) is
  'An invoice as admins see it in a list; amounts in cents.';
revoke all on function private.admin_invoice_document(public.customer_invoices)
  from public, anon, authenticated, service_role;

create function private.invoice_filter(p_status text)
returns text
language sql
immutable
set search_path = ''
as $$
  select case coalesce(p_status, 'all')
    when 'all' then 'true'
    -- Payment is due 120 days after the issue at the latest: older invoices need not be looked at.
    when 'due' then 'i.due_on >= $7 and i.issued_at >= $7 - 122'
    when 'overdue' then 'i.due_on < $7'
    when 'free_month' then 'i.is_free_month'
    when 'pro_rated' then 'i.amount_due_cents + i.amount_waived_cents <> i.price_cents'
    when 'credited' then 'exists (select 1 from public.credit_notes as n where n.invoice_id = i.id)'
    when 'completion' then $condition$i.issued_at >= (i.period_end - 1)::timestamp at time zone 'UTC'
      and private.is_completion(i.period_end, i.issued_at)$condition$
  end
$$;
comment on function private.invoice_filter(text) is
  'A fixed condition on an invoice i, where $7 is today in the billing time zone. Null for a status that does not exist.';
revoke all on function private.invoice_filter(text) from public, anon, authenticated, service_role;

create function private.invoices_numbered_from(p_from text, p_limit integer)
returns bigint
language sql
stable
set search_path = ''
as $$
  select count(*)
  from (
    select from public.customer_invoices as n
    where n.invoice_number operator(pg_catalog.~>=~) p_from
      and n.invoice_number operator(pg_catalog.~<~) private.prefix_end(p_from)
    limit p_limit
  ) as matching
$$;
comment on function private.invoices_numbered_from(text, integer) is
  'How many invoice numbers begin with a text, counted up to p_limit.';
revoke all on function private.invoices_numbered_from(text, integer) from public, anon, authenticated, service_role;

create function private.invoice_sources(p_status text, p_from text, p_customers uuid[])
returns text[]
language plpgsql
stable
set search_path = ''
as $$
declare
  c_few constant integer := 20000;
  -- A few rows are read as a whole and sorted. Without "offset 0" the planner would walk down from the newest invoice,
  -- which means through all of them if the rows are old.
  c_whole constant text := 'offset 0';
  v_table text := case when p_status in ('due', 'overdue') then 'private.open_invoices' else 'public.customer_invoices' end;
begin
  if p_from is not null then
    return array[
      format('(select n.* from %s as n
        where n.invoice_number operator(pg_catalog.~>=~) $1 and n.invoice_number operator(pg_catalog.~<~) $2 %s)',
        v_table, case when private.invoices_numbered_from(p_from, c_few + 1) <= c_few then c_whole end),
      format('(select n.* from %s as n where n.customer_id = any ($3) %s)',
        v_table, case when cardinality(p_customers) <= c_few / 20 then c_whole end)];
  end if;
  if p_status = 'credited' then
    return array[
      format('(select n.* from %s as n where n.id in (select c.invoice_id from public.credit_notes as c) %s)',
        v_table, case when (select count(*) from public.credit_notes) <= c_few then c_whole end)];
  end if;
  return array[v_table];
end;
$$;
comment on function private.invoice_sources(text, text, uuid[]) is
  'Where the invoices of a list are read from: fixed texts, each a table or a query in brackets. $1 and $2 bound the numbers that begin with p_from, $3 are customers.';
revoke all on function private.invoice_sources(text, text, uuid[]) from public, anon, authenticated, service_role;

create function private.count_invoices(
  p_sources text[], p_filter text, p_from text, p_customers uuid[], p_today date
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  c_most constant integer := 10000;
  v_found text;
  v_count integer;
begin
  select string_agg(format('(select i.id from %s as i where %s limit %s)', source, p_filter, c_most + 1), ' union ') into v_found
  from unnest(p_sources) as source;
  execute format('select count(*) from (select from (%s) as found limit %s) as counted', v_found, c_most + 1)
  into v_count using p_from, private.prefix_end(p_from), p_customers, null, null, null, p_today;
  return jsonb_build_object('total', least(v_count, c_most), 'has_more_than_total', v_count > c_most);
end;
$$;
comment on function private.count_invoices(text[], text, text, uuid[], date) is
  'How many invoices a list has, counted up to 10 000. Sources and filter are those of private.invoice_sources and private.invoice_filter.';
revoke all on function private.count_invoices(text[], text, text, uuid[], date) from public, anon, authenticated, service_role;

create function public.admin_list_invoices(
  p_q text default null, p_status text default null,
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25,
  p_run_id uuid default null, p_cycle date default null, p_customer_id uuid default null,
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
  v_limit integer := private.page_size(p_limit);
  v_q text := nullif(btrim(coalesce(p_q, '')), '');
  v_from text := upper(v_q);
  v_zone text := private.billing_time_zone();
  v_customers uuid[];
  v_filter text := private.invoice_filter(p_status);
  v_is_oldest_first boolean := coalesce(p_sort, '-issued_at') = 'issued_at';
  v_down text := case when v_is_oldest_first = coalesce(p_backward, false) then 'desc' else 'asc' end;
  -- Numbers alone are the order of one run, and its index has them.
  v_key text := case when p_run_id is null then '(%1$s.issued_at, %1$s.invoice_number)' else '(%1$s.invoice_number)' end;
  v_order text := case when p_run_id is null then '%1$s.issued_at %2$s, %1$s.invoice_number %2$s' else '%1$s.invoice_number %2$s' end;
  v_after text;
  v_sources text[];
  v_found text;
  v_rows jsonb;
  v_answer jsonb;
begin
  perform private.require_permission('customers:view');
  if v_filter is null or coalesce(p_sort, '-issued_at') not in ('-issued_at', 'issued_at') then
    perform private.fail(400, 'invalid_request', case when v_filter is null then 'status' else 'sort' end);
  end if;
  if v_q is not null then
    v_customers := array(select private.search_customers(v_q));
  end if;
  v_filter := concat_ws(' and ', v_filter,
    private.equals('run_id', p_run_id::text), private.equals('period_start', p_cycle::text),
    private.equals('customer_id', p_customer_id::text), private.on_days('issued_at', p_from, p_to, v_zone));
  v_after := format('($4::timestamptz is null or %s %s %s)', format(v_key, 'i'), case when v_down = 'desc' then '<' else '>' end,
    case when p_run_id is null then '($4, $5)' else '($5)' end);
  v_sources := private.invoice_sources(p_status, v_from, v_customers);
  -- Made of fixed texts and quoted values. Built per call, so that it is planned for its values.
  select string_agg(format($branch$
    (select i.id, i.issued_at, i.invoice_number
     from %1$s as i
     where %2$s and %3$s
     order by %4$s
     limit $6)$branch$, source, v_filter, v_after, format(v_order, 'i', v_down)), ' union ') into v_found
  from unnest(v_sources) as source;

  execute format($query$
    select coalesce(
      jsonb_agg(private.admin_invoice_document(i) order by %3$s), '[]')
    from (
      select found.id from (%1$s) as found order by %2$s limit $6
    ) as page
    join public.customer_invoices as i on i.id = page.id
    $query$, v_found, format(v_order, 'found', v_down),
    format(v_order, 'i', case when v_is_oldest_first then 'asc' else 'desc' end))
  into v_rows
  using v_from, private.prefix_end(v_from), v_customers, p_cursor_at,
    (select i.invoice_number from public.customer_invoices as i where i.id = p_cursor_id), v_limit + 1,
    private.local_date(now(), v_zone);
  v_answer := private.either_way_page('invoices', v_rows, v_limit, 'issued_at', coalesce(p_backward, false), p_cursor_id is not null);
  -- What is open is told by settlements, so counting it would read every invoice.
  if p_count and coalesce(p_status, 'all') not in ('due', 'overdue') then
    v_answer := v_answer || private.count_invoices(
      v_sources, v_filter, v_from, v_customers, private.local_date(now(), v_zone));
  end if;
  return v_answer;
end;
$$;
comment on function public.admin_list_invoices(
  text, text, timestamptz, uuid, integer, uuid, date, uuid, date, date, text, boolean, boolean) is
  'Admin with customers:view: all invoices, newest first, keyset-paged either way. Searched by the start of the number, or by customer; of one run, of the cycle that begins on p_cycle, of one customer, issued on the local days p_from to p_to; p_status is all, due, overdue, free_month, pro_rated, credited or completion. Raises invalid_request.';
revoke all on function public.admin_list_invoices(
  text, text, timestamptz, uuid, integer, uuid, date, uuid, date, date, text, boolean, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_invoices(
  text, text, timestamptz, uuid, integer, uuid, date, uuid, date, date, text, boolean, boolean) to authenticated;
