-- Credit notes: what corrects an issued invoice. A gapless series of their own, never above their invoice, never changed.

create table public.credit_notes (
  id uuid primary key default gen_random_uuid(),
  credit_note_number text not null unique,
  invoice_id uuid not null references public.customer_invoices (id),
  customer_id uuid not null references public.customers (id),
  currency text not null,
  vat_bps integer not null check (vat_bps between 0 and 10000),
  line_items jsonb not null check (jsonb_typeof(line_items) = 'array' and jsonb_array_length(line_items) > 0),
  subtotal_cents bigint not null check (subtotal_cents >= 0),
  vat_cents bigint not null check (vat_cents >= 0),
  total_cents bigint not null check (total_cents > 0),
  reason text not null check (length(btrim(reason)) between 3 and 500),
  issued_by uuid not null,
  seller jsonb not null,
  buyer jsonb not null,
  issued_at timestamptz not null default now(),
  constraint credit_notes_totals check (
    total_cents = subtotal_cents + vat_cents and total_cents = private.line_items_total(line_items))
);
comment on table public.credit_notes is
  'Credit notes: each takes a part or all of one invoice back. Amounts in cents, VAT included unless named subtotal. Never changed once issued.';
comment on column public.credit_notes.buyer is 'Snapshot of the buyer as the invoice names it; the only part that an erasure may blank.';

create index credit_notes_invoice on public.credit_notes (invoice_id);
-- The order of the export.
create index credit_notes_issued on public.credit_notes (issued_at, id);
create index credit_notes_customer on public.credit_notes (customer_id, issued_at desc, id desc);

create trigger credit_notes_immutable
  before update or delete on public.credit_notes
  for each row execute function private.keep_invoice();
create trigger credit_notes_no_truncate
  before truncate on public.credit_notes
  for each statement execute function private.refuse_change();

alter table public.credit_notes enable row level security;
revoke all on table public.credit_notes from public, anon, authenticated, service_role;
grant select on table public.credit_notes to service_role;
-- Not issued_by: that is for the audit log.
grant select (
  id, credit_note_number, invoice_id, customer_id, currency, vat_bps, line_items, subtotal_cents, vat_cents, total_cents,
  reason, seller, buyer, issued_at
) on table public.credit_notes to authenticated;
create policy credit_notes_select on public.credit_notes
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create function private.credit_vat(
  p_invoice public.customer_invoices, p_credited_cents bigint, p_credited_vat_cents bigint, p_total_cents bigint
)
returns bigint
language sql
immutable
set search_path = ''
as $$
  -- The invoice's VAT in proportion to all that is credited by now, half-up to the cent, less what earlier credits had
  -- of it: the last cent of the invoice brings the last cent of its VAT.
  select div(
    2 * p_invoice.vat_cents::numeric * (p_credited_cents + p_total_cents) + p_invoice.total_cents,
    2 * p_invoice.total_cents::numeric)::bigint - p_credited_vat_cents
$$;
comment on function private.credit_vat(public.customer_invoices, bigint, bigint, bigint) is
  'VAT in cents of a credit of p_total_cents, after what was credited before. The same rule as creditVat in lib/invoicing/credit-note.ts.';
revoke all on function private.credit_vat(public.customer_invoices, bigint, bigint, bigint)
  from public, anon, authenticated, service_role;

create function private.credit_line(p_invoice public.customer_invoices, p_total_cents bigint, p_vat_cents bigint)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_array(jsonb_build_object(
    'kind', 'credit',
    'description', 'Credit on ' || p_invoice.invoice_number || coalesce(': ' || (
      select string_agg(line ->> 'description', '; ' order by n)
      from jsonb_array_elements(p_invoice.line_items) with ordinality as l (line, n)
      where line ->> 'kind' = 'service'), ''),
    'quantity', 1, 'unit_cents', p_total_cents, 'amount_cents', p_total_cents, 'vat_cents', p_vat_cents))
$$;
comment on function private.credit_line(public.customer_invoices, bigint, bigint) is
  'The one line of a credit note: what it credits. Amounts in cents, VAT included.';
revoke all on function private.credit_line(public.customer_invoices, bigint, bigint)
  from public, anon, authenticated, service_role;

create function private.insert_credit_note(
  p_invoice public.customer_invoices, p_total_cents bigint, p_vat_cents bigint, p_reason text, p_actor uuid,
  p_as_of timestamptz
)
returns public.credit_notes
language plpgsql
set search_path = ''
as $$
declare
  v_settings public.billing_settings := private.current_billing_settings();
  v_year integer := extract(year from private.local_date(p_as_of, v_settings.time_zone));
  v_number bigint;
  v_note public.credit_notes;
begin
  insert into public.invoice_series as n (series, year, last_number)
  values (v_settings.credit_note_prefix, v_year, 1)
  on conflict (series, year) do update set last_number = n.last_number + 1
  returning n.last_number into v_number;
  insert into public.credit_notes
    (credit_note_number, invoice_id, customer_id, currency, vat_bps, line_items, subtotal_cents, vat_cents, total_cents,
     reason, issued_by, seller, buyer, issued_at)
  values
    ((private.document_numbers(v_settings.credit_note_prefix, v_year, v_number, v_number))[1], p_invoice.id,
     p_invoice.customer_id, p_invoice.currency, p_invoice.vat_bps, private.credit_line(p_invoice, p_total_cents, p_vat_cents),
     p_total_cents - p_vat_cents, p_vat_cents, p_total_cents, p_reason, p_actor, v_settings.seller, p_invoice.buyer,
     p_as_of)
  returning * into v_note;
  return v_note;
end;
$$;
comment on function private.insert_credit_note(public.customer_invoices, bigint, bigint, text, uuid, timestamptz) is
  'Writes a credit note under the next number of its series. The caller holds the customer''s lock.';
revoke all on function private.insert_credit_note(public.customer_invoices, bigint, bigint, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.mail_credit_note(p_note public.credit_notes, p_invoice_number text, p_as_of timestamptz)
returns void
language sql
set search_path = ''
as $$
  select private.enqueue_mail(
    'credit_note_issued', c.email, c.id,
    jsonb_build_object(
      'first_name', c.first_name, 'credit_note_number', p_note.credit_note_number, 'invoice_number', p_invoice_number,
      'total_cents', p_note.total_cents, 'reason', p_note.reason, 'currency', p_note.currency,
      'balance_cents', private.account_balance(c.id)),
    'credit_note_issued:' || p_note.id, p_as_of)
  from public.customers as c
  where c.id = p_note.customer_id and c.erased_at is null
$$;
comment on function private.mail_credit_note(public.credit_notes, text, timestamptz) is
  'Tells the customer of a credit note, with the balance after it.';
revoke all on function private.mail_credit_note(public.credit_notes, text, timestamptz)
  from public, anon, authenticated, service_role;

create function private.issue_credit_note(
  p_invoice_number text, p_amount_cents bigint, p_reason text, p_key text, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := private.trimmed_reason(p_reason);
  v_scope text := 'credit_note:' || p_actor;
  v_response jsonb;
  v_invoice public.customer_invoices;
  v_credited bigint;
  v_credited_vat bigint;
  v_left bigint;
  v_total bigint;
  v_vat bigint;
  v_last record;
  v_note public.credit_notes;
begin
  if p_amount_cents < 1 then
    perform private.fail(400, 'invalid_request', 'amount_cents must be 1 or more');
  end if;
  v_response := private.claim_idempotency_key(
    v_scope, p_key, private.request_hash(jsonb_build_array(p_invoice_number, p_amount_cents, v_reason)));
  if v_response is not null then
    return v_response;
  end if;
  select i.* into v_invoice from public.customer_invoices as i where i.invoice_number = p_invoice_number;
  if v_invoice.id is null then
    perform private.fail(404, 'not_found', 'invoice');
  end if;
  perform private.refuse_own_account(v_invoice.customer_id, p_actor);
  -- Other credits of this invoice and an erasure of its buyer wait for this lock. The invoice is read again after it.
  perform private.lock_customers(array[v_invoice.customer_id]);
  select i.* into strict v_invoice from public.customer_invoices as i where i.id = v_invoice.id;
  select coalesce(sum(n.total_cents), 0), coalesce(sum(n.vat_cents), 0) into v_credited, v_credited_vat
  from public.credit_notes as n
  where n.invoice_id = v_invoice.id;
  select n.issued_by, n.issued_at into v_last
  from public.credit_notes as n
  where n.invoice_id = v_invoice.id
  order by n.issued_at desc, n.id desc
  limit 1;
  -- A free month that was used is not paid out: only what the invoice asks to be paid can be credited.
  v_left := v_invoice.amount_due_cents - v_credited;
  if v_left <= 0 then
    perform private.fail_overtaken('nothing_to_credit', 'credited', v_last.issued_by, v_last.issued_at);
  end if;
  v_total := coalesce(p_amount_cents, v_left);
  if v_total > v_left then
    perform private.fail_overtaken('credit_exceeds_invoice', v_left::text, v_last.issued_by, v_last.issued_at);
  end if;
  v_vat := private.credit_vat(v_invoice, v_credited, v_credited_vat, v_total);
  v_note := private.insert_credit_note(v_invoice, v_total, v_vat, v_reason, p_actor, p_as_of);
  perform private.write_audit(
    p_actor, 'credit_note.issued', 'credit_note', v_note.id::text, v_invoice.customer_id, v_reason,
    jsonb_build_object('credited_cents', v_credited),
    jsonb_build_object(
      'credit_note_number', v_note.credit_note_number, 'invoice_number', v_invoice.invoice_number,
      'total_cents', v_total, 'vat_cents', v_vat, 'credited_cents', v_credited + v_total), p_as_of);
  perform private.mail_credit_note(v_note, v_invoice.invoice_number, p_as_of);
  v_response := jsonb_build_object(
    'credit_note_number', v_note.credit_note_number, 'invoice_number', v_invoice.invoice_number,
    'total_cents', v_total, 'vat_cents', v_vat, 'remaining_cents', v_left - v_total, 'issued_at', v_note.issued_at);
  perform private.store_idempotent_response(v_scope, p_key, v_response);
  return v_response;
end;
$$;
comment on function private.issue_credit_note(text, bigint, text, text, uuid, timestamptz) is
  'Credits a part of an invoice, or with a null amount all that is left of it, once per idempotency key, with audit row. A free month that the invoice used stays used.';
revoke all on function private.issue_credit_note(text, bigint, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.credit_to_approve(p_invoice_number text, p_amount_cents bigint)
returns bigint
language sql
stable
set search_path = ''
as $$
  select asked.cents
  from (
    select coalesce(p_amount_cents, i.total_cents - credited.cents) as cents, i.total_cents - credited.cents as remaining
    from public.customer_invoices as i
    cross join lateral (
      select coalesce(sum(n.total_cents), 0)::bigint as cents from public.credit_notes as n where n.invoice_id = i.id
    ) as credited
    where i.invoice_number = p_invoice_number
  ) as asked
  where asked.cents between 1 and asked.remaining
    and asked.cents > (private.current_admin_settings()).approval_credit_cents
$$;
comment on function private.credit_to_approve(text, bigint) is
  'The credit in cents with VAT, when it is beyond the limit for one person; null else. p_amount_cents null: all that is left.';
revoke all on function private.credit_to_approve(text, bigint) from public, anon, authenticated, service_role;

create function public.issue_credit_note(
  p_invoice_number text, p_amount_cents bigint, p_reason text, p_idempotency_key text default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_customer uuid;
  v_credit bigint;
begin
  v_actor := private.require_permission('billing:manage_invoices');
  v_reason := private.trimmed_reason(p_reason);
  v_credit := private.credit_to_approve(p_invoice_number, p_amount_cents);
  -- What this key was answered before stays the answer.
  if v_credit is not null and not exists (
    select 1 from public.idempotency_keys as k where k.scope = 'credit_note:' || v_actor and k.key = p_idempotency_key) then
    select i.customer_id into v_customer from public.customer_invoices as i where i.invoice_number = p_invoice_number;
    perform private.refuse_own_account(v_customer, v_actor);
    return private.request_approval(
      'credit_note', jsonb_build_object('invoice_number', p_invoice_number, 'amount_cents', v_credit),
      v_customer, v_credit, v_reason, v_actor);
  end if;
  return private.issue_credit_note(p_invoice_number, p_amount_cents, v_reason, p_idempotency_key, v_actor, now());
exception when sqlstate 'PT403' then
  return private.refused_call('credit_note.issue', 'invoice', p_invoice_number, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.issue_credit_note(text, bigint, text, text) is
  'Admin with billing:manage_invoices: credits an amount in cents with VAT, or null for all that is left; a sum beyond the limit for one person becomes a request for a second one. Raises not_found, own_account, nothing_to_credit, credit_exceeds_invoice.';
revoke all on function public.issue_credit_note(text, bigint, text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.issue_credit_note(text, bigint, text, text) to authenticated;

create function public.get_credit_note(p_number text)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_user uuid := private.require_user();
  v_note public.credit_notes;
begin
  select n.* into v_note from public.credit_notes as n where n.credit_note_number = p_number;
  -- The same answer for a credit note of somebody else and for one that does not exist.
  if v_note.id is null
    or not (
      coalesce(v_note.customer_id = private.current_customer_id(), false)
      or public.has_permission('customers:view')
    ) then
    perform private.fail(404, 'not_found', 'credit note');
  end if;
  return to_jsonb(v_note) - array['issued_by', 'invoice_id']
    || (
      select jsonb_build_object('invoice', jsonb_build_object(
        'invoice_number', i.invoice_number, 'issued_at', i.issued_at,
        'period_start', i.period_start, 'period_end', i.period_end, 'total_cents', i.total_cents))
      from public.customer_invoices as i where i.id = v_note.invoice_id);
end;
$$;
comment on function public.get_credit_note(text) is
  'Customer or admin with customers:view: one credit note by its number, with the invoice that it corrects.';
revoke all on function public.get_credit_note(text) from public, anon, authenticated, service_role;
grant execute on function public.get_credit_note(text) to authenticated;
