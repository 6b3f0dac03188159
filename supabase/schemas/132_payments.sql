-- Payments and accounts: what was paid, how it is set against invoices, and what each customer owes.
--
-- The rule of the account. A payment and a credit note settle their own invoice first. What they bring beyond it is the
-- customer's, and is set against the customer's open invoices, the oldest first. What is left then is the customer's
-- credit, and lowers the next invoice. The result depends on the entries alone, never on the order in which they were
-- recorded. private.account_lines states the rule. invoice_settlements and account_credits keep its result for the
-- queries that cannot compute it each time; triggers write them in the transaction of the entry.

create table public.invoice_payments (
  id uuid primary key default gen_random_uuid(),
  invoice_id uuid not null references public.customer_invoices (id),
  customer_id uuid not null references public.customers (id),
  amount_cents bigint not null check (amount_cents between 1 and 100000000000),
  paid_on date not null,
  method text not null default 'bank_transfer'
    check (method in ('bank_transfer', 'debit_order', 'card', 'cash', 'other')),
  reference text check (length(reference) between 1 and 140),
  recorded_by uuid,
  created_at timestamptz not null default now()
);
comment on table public.invoice_payments is
  'Payments received, each for the invoice that it names: a part of it, all of it, or more. Never changed: payment_reversals takes a mistaken one back.';
comment on column public.invoice_payments.paid_on is 'The day of the payment in the billing time zone.';
comment on column public.invoice_payments.recorded_by is 'The admin who recorded it. Null for the payment system.';

create index invoice_payments_invoice on public.invoice_payments (invoice_id);
create index invoice_payments_customer on public.invoice_payments (customer_id, paid_on desc);
-- The order of the export.
create index invoice_payments_created on public.invoice_payments (created_at, id);

create table public.payment_reversals (
  id uuid primary key default gen_random_uuid(),
  payment_id uuid not null unique references public.invoice_payments (id),
  customer_id uuid not null references public.customers (id),
  reason text not null check (length(btrim(reason)) between 3 and 500),
  reversed_by uuid,
  created_at timestamptz not null default now()
);
comment on table public.payment_reversals is
  'Takes a payment back that was recorded by mistake or returned by the bank: the whole of it, with a reason.';

create index payment_reversals_customer on public.payment_reversals (customer_id);
create index payment_reversals_created on public.payment_reversals (created_at, id);

create trigger invoice_payments_append_only
  before update or delete on public.invoice_payments
  for each row execute function private.refuse_change();
create trigger invoice_payments_no_truncate
  before truncate on public.invoice_payments
  for each statement execute function private.refuse_change();
create trigger payment_reversals_append_only
  before update or delete on public.payment_reversals
  for each row execute function private.refuse_change();
create trigger payment_reversals_no_truncate
  before truncate on public.payment_reversals
  for each statement execute function private.refuse_change();

alter table public.invoice_payments enable row level security;
revoke all on table public.invoice_payments from public, anon, authenticated, service_role;
grant select on table public.invoice_payments to service_role;
-- Not recorded_by: that is for the audit log.
grant select (id, invoice_id, customer_id, amount_cents, paid_on, method, reference, created_at)
  on table public.invoice_payments to authenticated;
create policy invoice_payments_select on public.invoice_payments
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

alter table public.payment_reversals enable row level security;
revoke all on table public.payment_reversals from public, anon, authenticated, service_role;
grant select on table public.payment_reversals to service_role;

create table public.invoice_settlements (
  invoice_id uuid primary key references public.customer_invoices (id),
  customer_id uuid not null references public.customers (id),
  credited_cents bigint not null check (credited_cents >= 0),
  paid_cents bigint not null check (paid_cents >= 0),
  from_account_cents bigint not null check (from_account_cents >= 0),
  outstanding_cents bigint not null check (outstanding_cents >= 0)
);
comment on table public.invoice_settlements is
  'How invoices stand that something was credited to, paid for or taken from the account. An invoice without a row is outstanding in full. Amounts in cents.';
comment on column public.invoice_settlements.paid_cents is 'Payments that name this invoice, less reversed ones.';
comment on column public.invoice_settlements.from_account_cents is 'What other payments and credits of the customer left over for it.';

create index invoice_settlements_customer on public.invoice_settlements (customer_id);
create index invoice_settlements_from_account on public.invoice_settlements (customer_id) where from_account_cents > 0;

alter table public.invoice_settlements enable row level security;
revoke all on table public.invoice_settlements from public, anon, authenticated, service_role;
grant select on table public.invoice_settlements to service_role;

create table public.account_credits (
  customer_id uuid primary key references public.customers (id),
  credit_cents bigint not null check (credit_cents > 0)
);
comment on table public.account_credits is
  'Customers who paid or were credited more than all their invoices ask for, and how much more, in cents.';

alter table public.account_credits enable row level security;
revoke all on table public.account_credits from public, anon, authenticated, service_role;
grant select on table public.account_credits to service_role;

create view private.account_lines with (security_invoker = true) as
  select l.customer_id, l.invoice_id, l.credited_cents, l.paid_cents, l.surplus_cents,
    least(l.open_cents, greatest(l.pool_cents - l.open_before_cents, 0)) as from_account_cents,
    l.open_cents - least(l.open_cents, greatest(l.pool_cents - l.open_before_cents, 0)) as outstanding_cents
  from (
    select e.*,
      (sum(e.surplus_cents) over (partition by e.customer_id))::bigint as pool_cents,
      (sum(e.open_cents) over (
        partition by e.customer_id order by e.issued_at, e.period_start, e.invoice_id
        rows between unbounded preceding and current row))::bigint - e.open_cents as open_before_cents
    from (
      select i.customer_id, i.id as invoice_id, i.issued_at, i.period_start,
        n.cents as credited_cents, p.cents as paid_cents,
        greatest(i.amount_due_cents - n.cents - p.cents, 0) as open_cents,
        greatest(n.cents + p.cents - i.amount_due_cents, 0) as surplus_cents
      from public.customer_invoices as i
      cross join lateral (
        select coalesce(sum(n.total_cents), 0)::bigint as cents
        from public.credit_notes as n where n.invoice_id = i.id) as n
      cross join lateral (
        select coalesce(sum(p.amount_cents), 0)::bigint as cents
        from public.invoice_payments as p
        where p.invoice_id = i.id
          and not exists (select 1 from public.payment_reversals as x where x.payment_id = p.id)) as p
    ) as e
  ) as l;
comment on view private.account_lines is
  'The rule of the account, for each invoice: what was credited, what was paid for it, what the rest of the account adds, and what is outstanding. Amounts in cents.';
revoke all on table private.account_lines from public, anon, authenticated, service_role;

create function private.settle_accounts(p_customer_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.lock_customers(p_customer_ids);
  insert into public.invoice_settlements as s
    (invoice_id, customer_id, credited_cents, paid_cents, from_account_cents, outstanding_cents)
  select l.invoice_id, l.customer_id, l.credited_cents, l.paid_cents, l.from_account_cents, l.outstanding_cents
  from private.account_lines as l
  where l.customer_id = any (p_customer_ids)
    and (
      l.credited_cents + l.paid_cents + l.from_account_cents > 0
      or exists (select 1 from public.invoice_settlements as k where k.invoice_id = l.invoice_id))
  on conflict (invoice_id) do update
  set credited_cents = excluded.credited_cents, paid_cents = excluded.paid_cents,
    from_account_cents = excluded.from_account_cents, outstanding_cents = excluded.outstanding_cents
  where (s.credited_cents, s.paid_cents, s.from_account_cents, s.outstanding_cents)
    is distinct from
    (excluded.credited_cents, excluded.paid_cents, excluded.from_account_cents, excluded.outstanding_cents);

  with credits as materialized (
    select l.customer_id, sum(l.surplus_cents - l.from_account_cents)::bigint as cents
    from private.account_lines as l
    where l.customer_id = any (p_customer_ids)
    group by l.customer_id
  ), used as (
    delete from public.account_credits as a using credits as c
    where a.customer_id = c.customer_id and c.cents = 0
  )
  insert into public.account_credits as a (customer_id, credit_cents)
  select c.customer_id, c.cents from credits as c where c.cents > 0
  on conflict (customer_id) do update set credit_cents = excluded.credit_cents
  where a.credit_cents <> excluded.credit_cents;
end;
$$;
comment on function private.settle_accounts(uuid[]) is
  'Writes what the rule of the account gives for these customers. Takes their locks.';
revoke all on function private.settle_accounts(uuid[]) from public, anon, authenticated, service_role;

create function private.settle_entry()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.settle_accounts(array[new.customer_id]);
  return null;
end;
$$;
comment on function private.settle_entry() is
  'Trigger: a payment, a reversal or a credit note settles the account that it belongs to. By its name it comes before the triggers that look at what is paid.';
revoke all on function private.settle_entry() from public, anon, authenticated, service_role;

create trigger invoice_payments_account
  after insert on public.invoice_payments
  for each row execute function private.settle_entry();
create trigger payment_reversals_account
  after insert on public.payment_reversals
  for each row execute function private.settle_entry();
create trigger credit_notes_account
  after insert on public.credit_notes
  for each row execute function private.settle_entry();

create function private.use_account_credit()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_customers uuid[] := array(
    select a.customer_id from public.account_credits as a
    where a.customer_id in (select e.customer_id from entries as e)
    union
    -- The invoice of an earlier month can come before one that the credit was set against.
    select s.customer_id
    from entries as e
    join public.invoice_settlements as s on s.customer_id = e.customer_id and s.from_account_cents > 0
    join public.customer_invoices as i on i.id = s.invoice_id
    where (i.issued_at, i.period_start, i.id) > (e.issued_at, e.period_start, e.id));
begin
  if cardinality(v_customers) > 0 then
    perform private.settle_accounts(v_customers);
  end if;
  return null;
end;
$$;
comment on function private.use_account_credit() is
  'Trigger: a customer''s credit lowers what is payable on their new invoice, and what others paid too much is set against invoices by their dates, whenever they were issued.';
revoke all on function private.use_account_credit() from public, anon, authenticated, service_role;

create trigger customer_invoices_use_credit
  after insert on public.customer_invoices
  referencing new table as entries
  for each statement execute function private.use_account_credit();

create view private.open_invoices with (security_invoker = true) as
  select i.*, coalesce((
      select s.outstanding_cents from public.invoice_settlements as s where s.invoice_id = i.id
    ), i.amount_due_cents) as outstanding_cents
  from public.customer_invoices as i
  where i.amount_due_cents > 0
    and not exists (
      select 1 from public.invoice_settlements as s where s.invoice_id = i.id and s.outstanding_cents = 0);
comment on view private.open_invoices is
  'Invoices of which something is outstanding: not settled by payments, credit notes and the customer''s credit together.';
revoke all on table private.open_invoices from public, anon, authenticated, service_role;

create view private.settled_invoices with (security_invoker = true) as
  select i.id as invoice_id, i.customer_id, i.issued_at as at
  from public.customer_invoices as i
  where i.amount_due_cents <= 0
    or exists (select 1 from public.invoice_settlements as s where s.invoice_id = i.id and s.outstanding_cents = 0)
  union all
  select null, e.customer_id, e.at
  from public.external_events as e
  where e.type = 'invoice_paid';
comment on view private.settled_invoices is
  'Invoices with nothing outstanding: those of ours that are not in private.open_invoices, and those that another system reported as paid.';
revoke all on table private.settled_invoices from public, anon, authenticated, service_role;

create function private.invoice_is_paid(p_invoice_id uuid)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return exists (select 1 from private.settled_invoices as i where i.invoice_id = p_invoice_id);
end;
$$;
comment on function private.invoice_is_paid(uuid) is
  'Whether nothing is outstanding on an invoice. A free invoice and one that was credited in full count as paid.';
revoke all on function private.invoice_is_paid(uuid) from public, anon, authenticated, service_role;

create function private.invoice_standing(p_invoice public.customer_invoices)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'paid_cents', coalesce(max(s.paid_cents), 0),
      'credited_cents', coalesce(max(s.credited_cents), 0),
      'from_account_cents', coalesce(max(s.from_account_cents), 0),
      'outstanding_cents', coalesce(max(s.outstanding_cents), p_invoice.amount_due_cents),
      'is_paid', coalesce(max(s.outstanding_cents), p_invoice.amount_due_cents) = 0)
    from public.invoice_settlements as s
    where s.invoice_id = p_invoice.id);
end;
$$;
comment on function private.invoice_standing(public.customer_invoices) is
  'What of an invoice was paid, credited, taken from the customer''s account, and is outstanding, in cents.';
revoke all on function private.invoice_standing(public.customer_invoices) from public, anon, authenticated, service_role;

create function private.account_balance(p_customer_id uuid)
returns bigint
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select (
      (select coalesce(sum(i.amount_due_cents), 0) from public.customer_invoices as i where i.customer_id = p_customer_id)
      - (select coalesce(sum(n.total_cents), 0) from public.credit_notes as n where n.customer_id = p_customer_id)
      - (
        select coalesce(sum(p.amount_cents), 0) from public.invoice_payments as p
        where p.customer_id = p_customer_id
          and not exists (select 1 from public.payment_reversals as x where x.payment_id = p.id))
    )::bigint);
end;
$$;
comment on function private.account_balance(uuid) is
  'What a customer owes, in cents: invoices less credit notes less payments. Below zero it is the customer''s credit.';
revoke all on function private.account_balance(uuid) from public, anon, authenticated, service_role;

create function private.payment_reference(p_reference text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_reference text := nullif(btrim(coalesce(p_reference, '')), '');
begin
  if length(v_reference) > 140 or not private.is_plain_line(v_reference) then
    perform private.fail(400, 'invalid_request', 'reference must be one line of at most 140 characters');
  end if;
  return v_reference;
end;
$$;
comment on function private.payment_reference(text) is 'A payment''s reference as stored: trimmed, null when empty. Raises invalid_request.';
revoke all on function private.payment_reference(text) from public, anon, authenticated, service_role;

create function private.payment_fault(p_amount_cents bigint, p_paid_on date, p_as_of timestamptz)
returns text
language sql
stable
set search_path = ''
as $$
  select case
    when p_amount_cents is null or p_amount_cents not between 1 and 100000000000
      then 'amount_cents must be between 1 and 100000000000'
    when p_paid_on is null or p_paid_on > private.local_date(p_as_of, private.billing_time_zone())
      then 'paid_on must be today or an earlier day'
    when p_paid_on < '2000-01-01' then 'paid_on must be a day since 2000'
  end
$$;
comment on function private.payment_fault(bigint, date, timestamptz) is
  'What is wrong with a payment''s amount in cents or its day, or null. Days are in the billing time zone.';
revoke all on function private.payment_fault(bigint, date, timestamptz) from public, anon, authenticated, service_role;

create function private.payment_receipt(p_payment_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'payment_id', p.id, 'invoice_number', i.invoice_number,
    'paid_cents', s.paid_cents, 'outstanding_cents', s.outstanding_cents,
    'credit_cents', coalesce((select a.credit_cents from public.account_credits as a where a.customer_id = p.customer_id), 0))
  from public.invoice_payments as p
  join public.customer_invoices as i on i.id = p.invoice_id
  join public.invoice_settlements as s on s.invoice_id = p.invoice_id
  where p.id = p_payment_id
$$;
comment on function private.payment_receipt(uuid) is
  'What a recorded payment did: paid for its invoice so far, still outstanding, and the customer''s credit, in cents.';
revoke all on function private.payment_receipt(uuid) from public, anon, authenticated, service_role;

create function private.insert_payment(
  p_invoice public.customer_invoices, p_amount_cents bigint, p_paid_on date, p_method text, p_reference text,
  p_actor uuid, p_as_of timestamptz
)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_id uuid;
begin
  insert into public.invoice_payments
    (invoice_id, customer_id, amount_cents, paid_on, method, reference, recorded_by, created_at)
  values
    (p_invoice.id, p_invoice.customer_id, p_amount_cents, p_paid_on, p_method, p_reference, p_actor, p_as_of)
  returning id into v_id;
  perform private.mail_payment(v_id, p_invoice.customer_id, p_as_of);
  -- What the payment system reports is its own record.
  if p_actor is not null then
    perform private.write_audit(
      p_actor, 'payment.recorded', 'payment', v_id::text, p_invoice.customer_id, null, null,
      jsonb_build_object(
        'invoice_number', p_invoice.invoice_number, 'amount_cents', p_amount_cents, 'paid_on', p_paid_on,
        'method', p_method),
      p_as_of);
  end if;
  return v_id;
end;
$$;
comment on function private.insert_payment(public.customer_invoices, bigint, date, text, text, uuid, timestamptz) is
  'Writes a payment, with an audit row if an admin recorded it. The caller holds the customer''s lock.';
revoke all on function private.insert_payment(public.customer_invoices, bigint, date, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.record_payment(
  p_invoice_number text, p_amount_cents bigint, p_paid_on date, p_method text, p_reference text, p_key text,
  p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_scope text := 'payment:' || p_actor;
  v_method text := coalesce(p_method, 'bank_transfer');
  v_reference text := private.payment_reference(p_reference);
  v_fault text := private.payment_fault(p_amount_cents, p_paid_on, p_as_of);
  v_response jsonb;
  v_invoice public.customer_invoices;
  v_payment uuid;
begin
  if v_fault is not null then
    perform private.fail(400, 'invalid_request', v_fault);
  end if;
  v_response := private.claim_idempotency_key(
    v_scope, p_key,
    private.request_hash(jsonb_build_array(p_invoice_number, p_amount_cents, p_paid_on, v_method, v_reference)));
  if v_response is not null then
    return v_response;
  end if;
  select i.* into v_invoice from public.customer_invoices as i where i.invoice_number = p_invoice_number;
  if v_invoice.id is null then
    perform private.fail(404, 'not_found', 'invoice');
  end if;
  perform private.refuse_own_account(v_invoice.customer_id, p_actor);
  perform private.lock_customers(array[v_invoice.customer_id]);
  -- Two statements: the receipt is read after the payment was written.
  v_payment := private.insert_payment(v_invoice, p_amount_cents, p_paid_on, v_method, v_reference, p_actor, p_as_of);
  v_response := private.payment_receipt(v_payment);
  perform private.store_idempotent_response(v_scope, p_key, v_response);
  return v_response;
exception when check_violation then
  raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'method';
end;
$$;
comment on function private.record_payment(text, bigint, date, text, text, text, uuid, timestamptz) is
  'Records a payment for an invoice, once per idempotency key, with audit row: a part, all, or more than is outstanding.';
revoke all on function private.record_payment(text, bigint, date, text, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.record_payment(
  p_invoice_number text, p_amount_cents bigint, p_paid_on date, p_method text default null,
  p_reference text default null, p_idempotency_key text default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.record_payment(
    p_invoice_number, p_amount_cents, p_paid_on, p_method, p_reference, p_idempotency_key,
    private.require_permission('billing:manage_invoices'), now());
end;
$$;
comment on function public.record_payment(text, bigint, date, text, text, text) is
  'Admin with billing:manage_invoices: records a payment in cents on a day of the billing time zone. Raises not_found, own_account, invalid_request.';
revoke all on function public.record_payment(text, bigint, date, text, text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.record_payment(text, bigint, date, text, text, text) to authenticated;

create function private.payment_is_known(p_invoice_id uuid, p_amount_cents bigint, p_paid_on date, p_reference text)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
    select 1 from public.invoice_payments as p
    where p.invoice_id = p_invoice_id and p.amount_cents = p_amount_cents and p.paid_on = p_paid_on
      and p.reference is not distinct from p_reference
      and not exists (select 1 from public.payment_reversals as x where x.payment_id = p.id))
$$;
comment on function private.payment_is_known(uuid, bigint, date, text) is
  'Whether a payment of this amount in cents, day and reference was recorded for the invoice and not reversed: a statement that is read twice brings it again.';
revoke all on function private.payment_is_known(uuid, bigint, date, text) from public, anon, authenticated, service_role;

create function public.record_invoice_payment(
  p_invoice_number text, p_amount_cents bigint, p_paid_at timestamptz, p_reference text default null,
  p_method text default 'debit_order'
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_paid_on date := private.local_date(p_paid_at, private.billing_time_zone());
  v_reference text := private.payment_reference(p_reference);
  v_fault text := private.payment_fault(p_amount_cents, v_paid_on, p_paid_at);
  v_invoice public.customer_invoices;
begin
  if v_fault is not null then
    perform private.fail(400, 'invalid_request', v_fault);
  end if;
  select i.* into v_invoice from public.customer_invoices as i where i.invoice_number = p_invoice_number;
  if v_invoice.id is null then
    perform private.fail(404, 'not_found', 'invoice');
  end if;
  perform private.lock_customers(array[v_invoice.customer_id]);
  if private.payment_is_known(v_invoice.id, p_amount_cents, v_paid_on, v_reference) then
    return jsonb_build_object('invoice_number', p_invoice_number, 'recorded', false);
  end if;
  perform private.insert_payment(v_invoice, p_amount_cents, v_paid_on, p_method, v_reference, null, p_paid_at);
  return jsonb_build_object('invoice_number', p_invoice_number, 'recorded', true);
exception when check_violation then
  raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'method';
end;
$$;
comment on function public.record_invoice_payment(text, bigint, timestamptz, text, text) is
  'Server: the payment system reports a payment in cents. The same invoice, day, amount and reference again changes nothing. Raises not_found, invalid_request.';
revoke all on function public.record_invoice_payment(text, bigint, timestamptz, text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.record_invoice_payment(text, bigint, timestamptz, text, text) to service_role;

create function private.reverse_payment(p_payment_id uuid, p_reason text, p_actor uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_payment public.invoice_payments;
begin
  select p.* into v_payment from public.invoice_payments as p where p.id = p_payment_id;
  if v_payment.id is null then
    perform private.fail(404, 'not_found', 'payment');
  end if;
  perform private.refuse_own_account(v_payment.customer_id, p_actor);
  perform private.lock_customers(array[v_payment.customer_id]);
  insert into public.payment_reversals (payment_id, customer_id, reason, reversed_by, created_at)
  values (p_payment_id, v_payment.customer_id, v_reason, p_actor, p_as_of)
  on conflict (payment_id) do nothing;
  if not found then
    perform private.fail(409, 'payment_already_reversed');
  end if;
  perform private.write_audit(
    p_actor, 'payment.reversed', 'payment', p_payment_id::text, v_payment.customer_id, v_reason,
    jsonb_build_object('amount_cents', v_payment.amount_cents, 'paid_on', v_payment.paid_on), null, p_as_of);
  return private.payment_receipt(p_payment_id);
end;
$$;
comment on function private.reverse_payment(uuid, text, uuid, timestamptz) is
  'Takes a payment back, with a reason and audit row. Raises payment_already_reversed.';
revoke all on function private.reverse_payment(uuid, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.reverse_payment(p_payment_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.reverse_payment(
    p_payment_id, p_reason, private.require_permission('billing:manage_invoices'), now());
end;
$$;
comment on function public.reverse_payment(uuid, text) is
  'Admin with billing:manage_invoices: takes back a payment that was recorded by mistake or returned. Raises not_found, own_account, payment_already_reversed.';
revoke all on function public.reverse_payment(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.reverse_payment(uuid, text) to authenticated;

create function private.account_entries(p_customer_id uuid)
returns table (
  id uuid, kind text, number text, at timestamptz, entered_on date, amount_cents bigint, effect_cents bigint, details jsonb
)
language sql
stable
rows 50
set search_path = ''
as $$
  with zone as (select private.billing_time_zone() as name)
  select i.id, 'invoice', i.invoice_number, i.issued_at, private.local_date(i.issued_at, zone.name),
    i.amount_due_cents, i.amount_due_cents,
    jsonb_build_object(
      'invoice_number', i.invoice_number, 'due_on', i.due_on, 'period_start', i.period_start, 'period_end', i.period_end,
      'is_free_month', i.is_free_month)
      || private.invoice_standing(i)
  from public.customer_invoices as i, zone
  where i.customer_id = p_customer_id
  union all
  select n.id, 'credit_note', n.credit_note_number, n.issued_at, private.local_date(n.issued_at, zone.name),
    n.total_cents, -n.total_cents, jsonb_build_object('invoice_number', i.invoice_number, 'reason', n.reason)
  from public.credit_notes as n
  join public.customer_invoices as i on i.id = n.invoice_id, zone
  where n.customer_id = p_customer_id
  union all
  -- A payment comes after what was issued on its day.
  select p.id, 'payment', i.invoice_number, private.start_of_day(p.paid_on + 1, zone.name) - interval '1 second',
    p.paid_on, p.amount_cents, -p.amount_cents,
    jsonb_build_object(
      'invoice_number', i.invoice_number, 'method', p.method, 'reference', p.reference,
      'is_reversed', exists (select 1 from public.payment_reversals as x where x.payment_id = p.id))
  from public.invoice_payments as p
  join public.customer_invoices as i on i.id = p.invoice_id, zone
  where p.customer_id = p_customer_id
  union all
  select x.id, 'payment', i.invoice_number, x.created_at, private.local_date(x.created_at, zone.name),
    -p.amount_cents, p.amount_cents,
    jsonb_build_object(
      'invoice_number', i.invoice_number, 'method', p.method, 'reference', p.reference, 'reverses_payment_id', p.id,
      'reason', x.reason)
  from public.payment_reversals as x
  join public.invoice_payments as p on p.id = x.payment_id
  join public.customer_invoices as i on i.id = p.invoice_id, zone
  where x.customer_id = p_customer_id
$$;
comment on function private.account_entries(uuid) is
  'Everything that moved a customer''s balance. amount_cents is what the document says; for a payment taken back it is below zero. effect_cents is what the entry adds to the balance. Days are in the billing time zone.';
revoke all on function private.account_entries(uuid) from public, anon, authenticated, service_role;

create function private.account_summary(p_customer_id uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'balance_cents', private.account_balance(p_customer_id),
      'overdue_cents', coalesce(sum(i.outstanding_cents) filter (where i.due_on < today.date), 0),
      'credit_cents', coalesce((select a.credit_cents from public.account_credits as a where a.customer_id = p_customer_id), 0),
      'open_invoices', coalesce(jsonb_agg(jsonb_build_object(
        'invoice_number', i.invoice_number, 'due_on', i.due_on, 'outstanding_cents', i.outstanding_cents,
        'is_overdue', i.due_on < today.date) order by i.due_on, i.invoice_number) filter (where i.id is not null), '[]'),
      'currency', max(s.currency), 'payment_instructions', max(s.payment_instructions))
    from private.current_billing_settings() as s
    cross join lateral (select private.local_date(p_as_of, s.time_zone) as date) as today
    left join private.open_invoices as i on i.customer_id = p_customer_id);
end;
$$;
comment on function private.account_summary(uuid, timestamptz) is
  'What a customer owes, what of it is overdue on this day of the billing time zone, their credit, the invoices to pay, and how. Amounts in cents.';
revoke all on function private.account_summary(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.account_page(
  p_customer_id uuid, p_cursor_at timestamptz, p_cursor_id uuid, p_limit integer, p_backward boolean default false
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 25), 1), 100);
  v_rows jsonb;
begin
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', page.id, 'kind', page.kind, 'number', page.number, 'at', page.at, 'on', page.entered_on,
    'amount_cents', page.amount_cents, 'balance_cents', page.balance_cents) || page.details
    order by page.at desc, page.id desc), '[]')
  into v_rows
  from (
    select e.*
    from (
      select e.*,
        sum(e.effect_cents) over (order by e.at, e.id rows between unbounded preceding and current row)::bigint as balance_cents
      from private.account_entries(p_customer_id) as e
    ) as e
    where p_cursor_at is null
      or case when p_backward then (e.at, e.id) > (p_cursor_at, p_cursor_id) else (e.at, e.id) < (p_cursor_at, p_cursor_id) end
    order by case when p_backward then e.at end, case when p_backward then e.id end, e.at desc, e.id desc
    limit v_limit + 1
  ) as page;
  return private.account_summary(p_customer_id, now())
    || private.either_way_page('entries', v_rows, v_limit, 'at', p_backward, p_cursor_id is not null);
end;
$$;
comment on function private.account_page(uuid, timestamptz, uuid, integer, boolean) is
  'A customer''s account: the summary and one page of entries, newest first, each with the balance after it.';
revoke all on function private.account_page(uuid, timestamptz, uuid, integer, boolean)
  from public, anon, authenticated, service_role;

create function public.get_my_account(
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return private.account_page(private.require_customer(), p_cursor_at, p_cursor_id, p_limit);
end;
$$;
comment on function public.get_my_account(timestamptz, uuid, integer) is
  'Customer: own balance and the invoices, payments and credit notes behind it, newest first, keyset-paged. Amounts in cents.';
revoke all on function public.get_my_account(timestamptz, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.get_my_account(timestamptz, uuid, integer) to authenticated;

create function public.admin_get_account(
  p_customer_id uuid, p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25,
  p_backward boolean default false
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('customers:view');
  if not exists (select 1 from public.customers as c where c.id = p_customer_id) then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  return private.account_page(p_customer_id, p_cursor_at, p_cursor_id, p_limit, coalesce(p_backward, false));
end;
$$;
comment on function public.admin_get_account(uuid, timestamptz, uuid, integer, boolean) is
  'Admin with customers:view: a customer''s balance and the entries behind it. Raises not_found.';
revoke all on function public.admin_get_account(uuid, timestamptz, uuid, integer, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_get_account(uuid, timestamptz, uuid, integer, boolean) to authenticated;

create function private.invoice_summary(p_invoice public.customer_invoices)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'invoice_number', p_invoice.invoice_number, 'period_start', p_invoice.period_start,
      'period_end', p_invoice.period_end, 'issued_at', p_invoice.issued_at, 'due_on', p_invoice.due_on,
      'total_cents', p_invoice.total_cents, 'amount_due_cents', p_invoice.amount_due_cents,
      'is_free_month', p_invoice.is_free_month, 'amount_waived_cents', p_invoice.amount_waived_cents,
      'currency', p_invoice.currency)
      || private.invoice_standing(p_invoice));
end;
$$;
comment on function private.invoice_summary(public.customer_invoices) is
  'An invoice as its customer sees it in a list, and how it stands. Amounts in cents.';
revoke all on function private.invoice_summary(public.customer_invoices) from public, anon, authenticated, service_role;

create function private.judged_payments(p_rows jsonb, p_actor uuid, p_as_of timestamptz)
returns table (line integer, invoice public.customer_invoices, amount_cents bigint, paid_on date, reference text, fault text)
language sql
stable
set search_path = ''
as $$
  select r.row, i, r.amount_cents, r.paid_on, r.reference,
    case
      when i.id is null then 'unknown_invoice'
      when private.payment_fault(r.amount_cents, r.paid_on, p_as_of) is not null then
        private.payment_fault(r.amount_cents, r.paid_on, p_as_of)
      when c.auth_user_id = p_actor then 'own_account'
      when private.payment_is_known(i.id, r.amount_cents, r.paid_on, r.reference)
        or row_number() over (partition by i.id, r.amount_cents, r.paid_on, r.reference order by r.row) > 1
        then 'repeated'
    end
  from jsonb_to_recordset(p_rows)
    as r (row integer, invoice_number text, amount_cents bigint, paid_on date, reference text)
  left join public.customer_invoices as i on i.invoice_number = r.invoice_number
  left join public.customers as c on c.id = i.customer_id
$$;
comment on function private.judged_payments(jsonb, uuid, timestamptz) is
  'The rows of a bank file with their invoices, and why a row is not recorded, or null. A row that was recorded before, or stands in the file before, is repeated.';
revoke all on function private.judged_payments(jsonb, uuid, timestamptz) from public, anon, authenticated, service_role;

create function public.import_payments(p_rows jsonb, p_dry_run boolean)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
as $$
declare
  v_actor uuid := private.require_permission('billing:manage_invoices');
  v_now timestamptz := now();
  v_rejected jsonb;
  v_accepted integer;
begin
  if jsonb_array_length(p_rows) > 5000 then
    perform private.fail(400, 'invalid_request', 'at most 5000 rows');
  end if;
  if not p_dry_run then
    perform private.lock_customers(array(
      select i.customer_id from public.customer_invoices as i
      where i.invoice_number in (
        select r.invoice_number from jsonb_to_recordset(p_rows) as r (invoice_number text))));
  end if;
  with judged as materialized (
    select * from private.judged_payments(p_rows, v_actor, v_now)
  ), recorded as materialized (
    select private.insert_payment(
      j.invoice, j.amount_cents, j.paid_on, 'bank_transfer', j.reference, v_actor, v_now) as id
    from judged as j
    where j.fault is null and not p_dry_run
  )
  select coalesce(jsonb_agg(jsonb_build_object('row', j.line, 'reason', j.fault) order by j.line)
      filter (where j.fault is not null), '[]'),
    count(*) filter (where j.fault is null) + 0 * (select count(*) from recorded)
  into v_rejected, v_accepted
  from judged as j;
  return jsonb_build_object('accepted', v_accepted, 'rejected', v_rejected);
end;
$$;
comment on function public.import_payments(jsonb, boolean) is
  'Admin with billing:manage_invoices: records the rows of a bank file {row, invoice_number, amount_cents, paid_on, reference}, or with p_dry_run only judges them. Good rows are recorded although others are rejected; a repeated row is rejected as such.';
revoke all on function public.import_payments(jsonb, boolean) from public, anon, authenticated, service_role;
grant execute on function public.import_payments(jsonb, boolean) to authenticated;

create function private.payment_document(p_payment public.invoice_payments)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_payment.id, 'created_at', p_payment.created_at, 'paid_on', p_payment.paid_on,
    'amount_cents', p_payment.amount_cents, 'method', p_payment.method, 'reference', p_payment.reference,
    'recorded_by', private.admin_name(p_payment.recorded_by),
    'invoice_number', i.invoice_number, 'currency', i.currency,
    'customer', jsonb_build_object('id', c.id, 'name', c.full_name, 'email', c.email),
    'reversed_at', x.created_at, 'reversal_reason', x.reason)
  from public.customer_invoices as i
  join public.customers as c on c.id = i.customer_id
  left join public.payment_reversals as x on x.payment_id = p_payment.id
  where i.id = p_payment.invoice_id
$$;
comment on function private.payment_document(public.invoice_payments) is
  'A payment as admins see it in a list, and whether it was taken back. The amount in cents.';
revoke all on function private.payment_document(public.invoice_payments) from public, anon, authenticated, service_role;

create function public.admin_list_payments(
  p_q text default null, p_status text default null,
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25,
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
begin
  perform private.require_permission('customers:view');
  if coalesce(p_status, 'kept') not in ('kept', 'reversed') then
    perform private.fail(400, 'invalid_request', 'status');
  end if;
  if v_q is not null then
    v_found := format('(t.customer_id = any (%L::uuid[]) or t.invoice_id in (
      select i.id from public.customer_invoices as i where i.invoice_number = %L))',
      array(select private.search_customers(v_q)), upper(v_q));
  end if;
  return private.list_page(
    'payments', 'public.invoice_payments as t',
    array[v_found, private.on_days('created_at', p_from, p_to, private.billing_time_zone()),
      case when p_status is not null then case when p_status = 'kept' then 'not ' else '' end
        || 'exists (select 1 from public.payment_reversals as x where x.payment_id = t.id)' end],
    'private.payment_document(page.found)', array['-created_at'], p_sort,
    p_cursor_at, p_cursor_id, private.page_size(p_limit), p_backward, p_count);
end;
$$;
comment on function public.admin_list_payments(
  text, text, timestamptz, uuid, integer, date, date, text, boolean, boolean) is
  'Admin with customers:view: payments in the order in which they were recorded, newest first, of the local days p_from to p_to; searched by customer or whole invoice number; p_status is kept or reversed. Keyset-paged either way. Raises invalid_request.';
revoke all on function public.admin_list_payments(
  text, text, timestamptz, uuid, integer, date, date, text, boolean, boolean) from public, anon, authenticated, service_role;
grant execute on function public.admin_list_payments(
  text, text, timestamptz, uuid, integer, date, date, text, boolean, boolean) to authenticated;
