-- Credit notes: what corrects an issued invoice. Their own gapless series, never above their invoice, never changed.
--
-- Lock order: a credit note is written between customer_invoices and invoice_series of the order that stands at the top
-- of the order functions. Whoever credits an invoice holds the row lock of its customer, which makes adding up safe.

alter table public.billing_settings
  add column credit_note_prefix text not null default 'CRN' check (credit_note_prefix ~ '^[A-Z0-9]{2,8}$'),
  add constraint billing_settings_prefixes_differ check (credit_note_prefix <> invoice_prefix);
comment on column public.billing_settings.credit_note_prefix is 'First part of credit note numbers: CRN-2026-000001.';

create function private.check_document_prefixes()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if exists (
    select 1 from public.billing_settings as s
    where s.credit_note_prefix = new.invoice_prefix or s.invoice_prefix = new.credit_note_prefix) then
    perform private.fail(400, 'invalid_request', 'invoices and credit notes never share a prefix');
  end if;
  return new;
end;
$$;
comment on function private.check_document_prefixes() is
  'Trigger: a prefix that numbered invoices never numbers credit notes, and the other way round; both series would have gaps.';
revoke all on function private.check_document_prefixes() from public, anon, authenticated, service_role;

create trigger billing_settings_prefixes
  before insert on public.billing_settings
  for each row execute function private.check_document_prefixes();

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
create index credit_notes_customer on public.credit_notes (customer_id, issued_at desc, id desc);

create or replace function private.keep_invoice()
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

create trigger credit_notes_immutable
  before update or delete on public.credit_notes
  for each row execute function private.keep_invoice();
create trigger credit_notes_no_truncate
  before truncate on public.credit_notes
  for each statement execute function private.refuse_change();

alter table public.credit_notes enable row level security;
revoke all on table public.credit_notes from public, anon, authenticated, service_role;
grant select on table public.credit_notes to service_role;
-- Which colleague issued it is for the audit log.
grant select (
  id, credit_note_number, invoice_id, customer_id, currency, vat_bps, line_items, subtotal_cents, vat_cents, total_cents,
  reason, seller, buyer, issued_at
) on table public.credit_notes to authenticated;

create policy credit_notes_select on public.credit_notes
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create function private.credited_cents(p_invoice_id uuid)
returns bigint
language sql
stable
set search_path = ''
as $$
  select coalesce(sum(n.total_cents), 0)::bigint from public.credit_notes as n where n.invoice_id = p_invoice_id
$$;
comment on function private.credited_cents(uuid) is 'How much of an invoice was credited so far, in cents with VAT.';
revoke all on function private.credited_cents(uuid) from public, anon, authenticated, service_role;

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
  v_settings public.billing_settings := private.current_billing_settings();
  v_year integer := extract(year from private.local_date(p_as_of, v_settings.time_zone));
  v_response jsonb;
  v_invoice public.customer_invoices;
  v_credited bigint;
  v_credited_vat bigint;
  v_left bigint;
  v_total bigint;
  v_vat bigint;
  v_line text;
  v_number bigint;
  v_note public.credit_notes;
begin
  if p_amount_cents < 1 then
    perform private.fail(400, 'invalid_request', 'amount_cents must be 1 or more');
  end if;
  v_response := private.claim_idempotency_key(
    v_scope, p_key,
    encode(sha256(convert_to(jsonb_build_array(p_invoice_number, p_amount_cents, v_reason)::text, 'UTF8')), 'hex'));
  if v_response is not null then
    return v_response;
  end if;
  select i.* into v_invoice from public.customer_invoices as i where i.invoice_number = p_invoice_number;
  if v_invoice.id is null then
    perform private.fail(404, 'not_found', 'invoice');
  end if;
  perform private.refuse_own_account(v_invoice.customer_id, p_actor);
  -- Everybody who credits this invoice, and whoever erases its buyer, waits here. What they did is read after it.
  perform private.lock_customers(array[v_invoice.customer_id]);
  select i.* into strict v_invoice from public.customer_invoices as i where i.id = v_invoice.id;
  select coalesce(sum(n.total_cents), 0), coalesce(sum(n.vat_cents), 0) into v_credited, v_credited_vat
  from public.credit_notes as n
  where n.invoice_id = v_invoice.id;
  v_left := v_invoice.total_cents - v_credited;
  if v_left <= 0 then
    perform private.fail(409, 'nothing_to_credit');
  end if;
  v_total := coalesce(p_amount_cents, v_left);
  if v_total > v_left then
    perform private.fail(409, 'credit_exceeds_invoice', v_left::text);
  end if;
  -- The invoice's VAT in proportion to all that is credited by now, half-up to the cent, less what earlier credits had
  -- of it: the last cent of the invoice brings the last cent of its VAT. creditVat in lib/billing/credit-note.ts is its
  -- twin.
  v_vat := div(
    2 * v_invoice.vat_cents::numeric * (v_credited + v_total) + v_invoice.total_cents,
    2 * v_invoice.total_cents::numeric)::bigint - v_credited_vat;
  select string_agg(line ->> 'description', '; ' order by n) into v_line
  from jsonb_array_elements(v_invoice.line_items) with ordinality as l (line, n)
  where line ->> 'kind' = 'service';
  v_line := 'Credit on ' || v_invoice.invoice_number || coalesce(': ' || v_line, '');

  insert into public.invoice_series as n (series, year, last_number)
  values (v_settings.credit_note_prefix, v_year, 1)
  on conflict (series, year) do update set last_number = n.last_number + 1
  returning n.last_number into v_number;
  insert into public.credit_notes
    (credit_note_number, invoice_id, customer_id, currency, vat_bps, line_items, subtotal_cents, vat_cents, total_cents,
     reason, issued_by, seller, buyer, issued_at)
  values (
    format('%s-%s-%s', v_settings.credit_note_prefix, v_year,
      case when v_number < 1000000 then lpad(v_number::text, 6, '0') else v_number::text end),
    v_invoice.id, v_invoice.customer_id, v_invoice.currency, v_invoice.vat_bps,
    jsonb_build_array(jsonb_build_object(
      'kind', 'credit', 'description', v_line, 'quantity', 1,
      'unit_cents', v_total, 'amount_cents', v_total, 'vat_cents', v_vat)),
    v_total - v_vat, v_vat, v_total, v_reason, p_actor, v_settings.seller, v_invoice.buyer, p_as_of)
  returning * into v_note;
  perform private.write_audit(
    p_actor, 'credit_note.issued', 'credit_note', v_note.id::text, v_invoice.customer_id, v_reason,
    jsonb_build_object('credited_cents', v_credited),
    jsonb_build_object(
      'credit_note_number', v_note.credit_note_number, 'invoice_number', v_invoice.invoice_number,
      'total_cents', v_total, 'vat_cents', v_vat, 'credited_cents', v_credited + v_total), p_as_of);
  v_response := jsonb_build_object(
    'credit_note_number', v_note.credit_note_number, 'invoice_number', v_invoice.invoice_number,
    'total_cents', v_total, 'vat_cents', v_vat, 'remaining_cents', v_left - v_total, 'issued_at', v_note.issued_at);
  if p_key is not null then
    perform private.store_idempotent_response(v_scope, p_key, v_response);
  end if;
  return v_response;
end;
$$;
comment on function private.issue_credit_note(text, bigint, text, text, uuid, timestamptz) is
  'Credits a part of an invoice, or with a null amount all that is left of it, once per idempotency key, with audit row. A free month that the invoice used stays used.';
revoke all on function private.issue_credit_note(text, bigint, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.issue_credit_note(
  p_invoice_number text, p_amount_cents bigint, p_reason text, p_idempotency_key text default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
begin
  return private.issue_credit_note(
    p_invoice_number, p_amount_cents, p_reason, p_idempotency_key,
    private.require_permission('billing:manage_invoices'), now());
end;
$$;
comment on function public.issue_credit_note(text, bigint, text, text) is
  'Admin with billing:manage_invoices: credits an amount in cents with VAT, or null for all that is left. Raises not_found, own_account, nothing_to_credit, credit_exceeds_invoice.';
revoke all on function public.issue_credit_note(text, bigint, text, text) from public, anon, authenticated, service_role;
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
  -- Somebody else's credit note and one that does not exist are answered alike.
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

create or replace function public.get_invoice(p_invoice_number text)
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
  -- Somebody else's invoice and one that does not exist are answered alike.
  if v_invoice.id is null
    or not (
      coalesce(v_invoice.customer_id = private.current_customer_id(), false)
      or public.has_permission('customers:view')
    ) then
    perform private.fail(404, 'not_found', 'invoice');
  end if;
  return to_jsonb(v_invoice) - array['run_id']
    || jsonb_build_object(
      'is_paid', exists (select 1 from public.invoice_payments as p where p.invoice_id = v_invoice.id),
      'credited_cents', private.credited_cents(v_invoice.id),
      'credit_notes', coalesce((
        select jsonb_agg(jsonb_build_object(
          'credit_note_number', n.credit_note_number, 'issued_at', n.issued_at, 'total_cents', n.total_cents
        ) order by n.issued_at, n.credit_note_number)
        from public.credit_notes as n where n.invoice_id = v_invoice.id), '[]'),
      'service_ended_on', (
        select private.local_date(least(s.suspended_at, s.cancelled_at), private.billing_time_zone())
        from public.customer_services as s
        where s.id = v_invoice.service_id and s.status = 'cancelled'));
end;
$$;
comment on function public.get_invoice(text) is
  'Customer or admin with customers:view: one tax invoice by its number, with what was credited. service_ended_on is the first day, in the billing time zone, on which a cancelled service was no longer delivered.';

create or replace function private.has_overdue_invoice(p_customer_id uuid, p_as_of timestamptz)
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
      and private.credited_cents(i.id) < i.amount_due_cents
  )
$$;
comment on function private.has_overdue_invoice(uuid, timestamptz) is
  'Whether the customer has an invoice past its due date in the billing time zone that is neither paid nor credited in full.';

create or replace function public.record_invoice_payment(
  p_invoice_number text, p_amount_cents bigint, p_paid_at timestamptz
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_invoice public.customer_invoices;
begin
  select i.* into v_invoice from public.customer_invoices as i where i.invoice_number = p_invoice_number;
  if v_invoice.id is null then
    perform private.fail(404, 'not_found', 'invoice');
  end if;
  if p_amount_cents < v_invoice.amount_due_cents - private.credited_cents(v_invoice.id) then
    perform private.fail(400, 'invalid_request', 'less than the amount due');
  end if;
  insert into public.invoice_payments (invoice_id, customer_id, amount_cents, paid_at)
  values (v_invoice.id, v_invoice.customer_id, p_amount_cents, p_paid_at)
  on conflict (invoice_id) do nothing;
  return jsonb_build_object('invoice_number', p_invoice_number, 'recorded', found);
end;
$$;
comment on function public.record_invoice_payment(text, bigint, timestamptz) is
  'Server: the payment system reports an invoice as settled, with what was due after its credit notes. Repeating it changes nothing.';

create or replace function public.get_my_dashboard()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
begin
  return jsonb_build_object(
    'customer', (
      select jsonb_build_object(
        'id', c.id, 'first_name', c.first_name, 'last_name', c.last_name, 'email', c.email, 'referral_code', c.referral_code)
      from public.customers as c where c.id = v_customer),
    'services', coalesce((
      select jsonb_agg(private.service_document(s.id) order by s.created_at, s.id)
      from public.customer_services as s where s.customer_id = v_customer), '[]'),
    'invoices', coalesce((
      select jsonb_agg(to_jsonb(recent) order by recent.issued_at desc, recent.invoice_number desc)
      from (
        select i.invoice_number, i.period_start, i.period_end, i.issued_at, i.due_on, i.total_cents, i.amount_due_cents,
          i.is_free_month, i.amount_waived_cents, i.currency, private.credited_cents(i.id) as credited_cents,
          exists (select 1 from public.invoice_payments as p where p.invoice_id = i.id) as is_paid
        from public.customer_invoices as i
        where i.customer_id = v_customer
        order by i.issued_at desc, i.id desc
        limit 6
      ) as recent), '[]'),
    'has_overdue_invoice', private.has_overdue_invoice(v_customer, now()),
    'stats', private.referral_stats(v_customer),
    'friends', coalesce((
      select jsonb_agg(private.friend_document(recent.r) order by (recent.r).referred_at desc, (recent.r).id desc)
      from (
        select r from public.customer_referrals as r
        where r.referrer_id = v_customer
        order by r.referred_at desc, r.id desc
        limit 20
      ) as recent), '[]'),
    'facts', private.invoice_preview_facts(v_customer),
    'settings', to_jsonb(private.current_billing_settings()) - array['created_by', 'created_at'],
    'terms', private.public_terms()
  ) || private.reward_balance(v_customer);
end;
$$;
comment on function public.get_my_dashboard() is 'Customer: everything the dashboard shows, in one read.';

create or replace function public.verify_invariants()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_verdict jsonb;
begin
  -- PL/pgSQL keeps the plan for the session. Planning this takes longer than running it on a small database.
  with violations as (
    select 1 as invariant, 'customer without a valid referral code' as rule, c.id::text as entity
    from public.customers as c
    where c.referral_code is null or c.referral_code !~ '^[A-Z0-9]{2,8}-[0-9A-HJKMNP-TV-Z]{8}$'
    union all
    select 1, 'referral code shared by customers', string_agg(c.id::text, ',')
    from public.customers as c group by right(c.referral_code, 8) having count(*) > 1
    union all
    select 2, 'person referred more than once at a time', string_agg(r.id::text, ',')
    from public.customer_referrals as r where r.status in ('pending', 'active', 'qualified')
    group by private.normalise_email(r.referred_email) having count(*) > 1
    union all
    select 2, 'customer referred more than once at a time', string_agg(r.id::text, ',')
    from public.customer_referrals as r where r.status in ('pending', 'active', 'qualified')
    group by r.referred_customer_id having count(*) > 1
    union all
    select 2, 'self-referral', r.id::text
    from public.customer_referrals as r
    join public.customers as c on c.id = r.referrer_id
    where r.referrer_id = r.referred_customer_id
      or (c.erased_at is null and private.normalise_email(c.email) = private.normalise_email(r.referred_email))
    union all
    select 3, 'earned reward not fed by exactly its number of qualified referrals', w.id::text
    from public.referral_rewards as w
    left join public.customer_referrals as r on r.reward_id = w.id
    where w.source = 'earned'
    group by w.id, w.referrals_required
    having count(r.id) filter (where r.status = 'qualified') <> w.referrals_required or count(r.id) <> w.referrals_required
    union all
    select 3, 'manual reward fed by referrals', w.id::text
    from public.referral_rewards as w
    where w.source = 'manual' and exists (select 1 from public.customer_referrals as r where r.reward_id = w.id)
    union all
    select 3, 'referral feeds a reward of somebody else', r.id::text
    from public.customer_referrals as r join public.referral_rewards as w on w.id = r.reward_id
    where w.customer_id <> r.referrer_id
    union all
    select 3, 'referral counted before its days were over', r.id::text
    from public.customer_referrals as r where r.qualified_at < r.qualifies_at
    union all
    select 4, 'applied reward and its invoice do not point at each other', w.id::text
    from public.referral_rewards as w
    left join public.customer_invoices as i on i.id = w.applied_invoice_id
    where (w.status = 'applied') <> (w.applied_invoice_id is not null)
      or (w.status = 'applied' and (
        i.id is null or i.referral_reward_id is distinct from w.id or i.customer_id <> w.customer_id
        or i.amount_waived_cents is distinct from w.amount_waived_cents))
    union all
    select 4, 'invoice carries a reward that does not name it', i.id::text
    from public.customer_invoices as i
    left join public.referral_rewards as w on w.id = i.referral_reward_id
    where i.referral_reward_id is not null and (w.id is null or w.applied_invoice_id is distinct from i.id)
    union all
    select 4, 'reward on several invoices', i.referral_reward_id::text
    from public.customer_invoices as i where i.referral_reward_id is not null
    group by i.referral_reward_id having count(*) > 1
    union all
    select 4, 'several free months in one cycle', i.customer_id::text || ' ' || i.period_start
    from public.customer_invoices as i where i.is_free_month
    group by i.customer_id, i.period_start having count(*) > 1
    union all
    select 4, 'applied reward that took nothing off', w.id::text
    from public.referral_rewards as w
    join public.customer_invoices as i on i.id = w.applied_invoice_id
    where w.status = 'applied' and not (i.is_free_month and w.amount_waived_cents > 0)
    union all
    select 5, 'revoked, expired or pending reward on an invoice', w.id::text
    from public.referral_rewards as w join public.customer_invoices as i on i.referral_reward_id = w.id
    where w.status <> 'applied'
    union all
    select 5, 'reward applied after its date', w.id::text
    from public.referral_rewards as w where w.applied_at >= w.expires_at
    union all
    select 6, 'several invoices for a service and period', i.service_id::text || ' ' || i.period_start
    from public.customer_invoices as i group by i.service_id, i.period_start having count(*) > 1
    union all
    select 7, 'invoice number given twice', i.invoice_number
    from public.customer_invoices as i group by i.invoice_number having count(*) > 1
    union all
    select 7, 'invoice numbers have a gap', series.name || ' ' || series.year
    from (
      select split_part(i.invoice_number, '-', 1) as name, split_part(i.invoice_number, '-', 2) as year,
        min(split_part(i.invoice_number, '-', 3)::bigint) as low, max(split_part(i.invoice_number, '-', 3)::bigint) as high,
        count(*) as n
      from public.customer_invoices as i group by 1, 2
    ) as series
    where series.low <> 1 or series.high <> series.n
    union all
    select 7, 'invoice series does not end at its last invoice', s.series || ' ' || s.year
    from public.invoice_series as s
    where s.series not in (select b.credit_note_prefix from public.billing_settings as b)
      and s.last_number <> (
        select count(*) from public.customer_invoices as i
        where i.invoice_number like s.series || '-' || s.year || '-%')
    union all
    select 7, 'credit note number given twice', n.credit_note_number
    from public.credit_notes as n group by n.credit_note_number having count(*) > 1
    union all
    select 7, 'credit note numbers have a gap', series.name || ' ' || series.year
    from (
      select split_part(n.credit_note_number, '-', 1) as name, split_part(n.credit_note_number, '-', 2) as year,
        min(split_part(n.credit_note_number, '-', 3)::bigint) as low,
        max(split_part(n.credit_note_number, '-', 3)::bigint) as high, count(*) as n
      from public.credit_notes as n group by 1, 2
    ) as series
    where series.low <> 1 or series.high <> series.n
    union all
    select 7, 'credit note series does not end at its last credit note', s.series || ' ' || s.year
    from public.invoice_series as s
    where s.series in (select b.credit_note_prefix from public.billing_settings as b)
      and s.last_number <> (
        select count(*) from public.credit_notes as n
        where n.credit_note_number like s.series || '-' || s.year || '-%')
    union all
    select 8, 'invoice does not add up', i.id::text
    from public.customer_invoices as i
    where i.total_cents <> i.subtotal_cents + i.vat_cents
      or i.total_cents <> private.line_items_total(i.line_items)
      or i.amount_due_cents < 0
      or i.amount_due_cents > i.total_cents + i.amount_waived_cents
    union all
    select 8, 'credit note does not add up', n.id::text
    from public.credit_notes as n
    where n.total_cents <> n.subtotal_cents + n.vat_cents
      or n.total_cents <> private.line_items_total(n.line_items)
      or n.total_cents <= 0 or n.subtotal_cents < 0 or n.vat_cents < 0
    union all
    select 8, 'credit note does not fit its invoice', n.id::text
    from public.credit_notes as n
    left join public.customer_invoices as i on i.id = n.invoice_id
    where i.id is null or i.customer_id <> n.customer_id or i.currency <> n.currency or i.vat_bps <> n.vat_bps
    union all
    select 8, 'credits exceed their invoice or leave VAT over', i.id::text
    from public.credit_notes as n
    join public.customer_invoices as i on i.id = n.invoice_id
    group by i.id, i.total_cents, i.vat_cents
    having sum(n.total_cents) > i.total_cents or sum(n.vat_cents) > i.vat_cents
      or (sum(n.total_cents) = i.total_cents and sum(n.vat_cents) <> i.vat_cents)
    union all
    select 9, 'manual reward without its audit row', w.id::text
    from public.referral_rewards as w
    where w.source = 'manual' and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'reward' and l.entity_id = w.id::text and l.action = 'reward.granted')
    union all
    select 9, 'earned reward without its audit row', w.id::text
    from public.referral_rewards as w
    where w.source = 'earned' and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'reward' and l.entity_id = w.id::text and l.action = 'reward.earned')
    union all
    select 9, 'revoked reward without its audit row', w.id::text
    from public.referral_rewards as w
    where w.status = 'revoked' and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'reward' and l.entity_id = w.id::text and l.action = 'reward.revoked')
    union all
    select 9, 'review decision without its audit row', f.id::text
    from public.referral_flags as f
    where f.status <> 'open' and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'referral' and l.entity_id = f.referral_id::text and l.action = 'referral.' || f.status)
    union all
    select 9, 'terms version without its audit row', p.version::text
    from public.referral_program as p
    where p.version > 1 and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'program' and l.entity_id = p.version::text and l.action = 'program.updated')
    union all
    select 9, 'active order without its audit row', o.id::text
    from public.orders as o
    where o.status = 'active' and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'order' and l.entity_id = o.id::text and l.action = 'order.activated')
    union all
    select 9, 'cancelled order without its audit row', o.id::text
    from public.orders as o
    where o.status = 'cancelled' and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'order' and l.entity_id = o.id::text and l.action = 'order.cancelled')
    union all
    select 9, 'stopped service without its audit row', s.id::text
    from public.customer_services as s
    where s.order_id is not null and s.status in ('suspended', 'cancelled')
      and not exists (
        select 1 from public.audit_log as l
        where l.entity_type = 'service' and l.entity_id = s.id::text and l.action = 'service.status_changed'
          and l.after ->> 'status' = s.status)
      and not exists (
        select 1 from public.audit_log as l
        where l.entity_type = 'order' and l.entity_id = s.order_id::text and l.action = 'order.cancelled')
    union all
    select 9, 'package change without its audit row', ch.service_id::text
    from public.service_price_changes as ch
    group by ch.service_id
    having count(*) > (
      select count(*) from public.audit_log as l
      where l.entity_type = 'service' and l.entity_id = ch.service_id::text and l.action = 'service.package_changed')
    union all
    select 9, 'credit note without its audit row', n.id::text
    from public.credit_notes as n
    where not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'credit_note' and l.entity_id = n.id::text and l.action = 'credit_note.issued')
    union all
    select 9, 'erased customer without its audit row', c.id::text
    from public.customers as c
    where c.erased_at is not null and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'customer' and l.entity_id = c.id::text and l.action = 'customer.erased')
    union all
    select 9, 'finished billing run without its audit row', b.id::text
    from public.billing_runs as b
    where b.status <> 'running' and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'billing_run' and l.entity_id = b.id::text and l.action = 'billing_run.' || b.status)
    union all
    select 9, 'billing run without its audit row', b.id::text
    from public.billing_runs as b
    where not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'billing_run' and l.entity_id = b.id::text and l.action = 'billing_run.started')
    union all
    select 10, 'mail owed but not queued: ' || owed.dedupe_key, owed.dedupe_key
    from (
      select 'referral_signup:' || r.id as dedupe_key, r.referrer_id as customer_id
      from public.customer_referrals as r where r.source <> 'admin'
      union all
      select 'referral_activated:' || r.id, r.referrer_id
      from public.customer_referrals as r where r.activated_at is not null
      union all
      select 'referral_qualified:' || r.id, r.referrer_id
      from public.customer_referrals as r where r.qualified_at is not null
      union all
      select 'reward_earned:' || w.id, w.customer_id from public.referral_rewards as w where w.source = 'earned'
      union all
      select 'reward_granted:' || w.id, w.customer_id from public.referral_rewards as w where w.source = 'manual'
      union all
      select 'reward_applied:' || w.id, w.customer_id from public.referral_rewards as w where w.status = 'applied'
      union all
      select 'reward_revoked:' || w.id, w.customer_id from public.referral_rewards as w where w.status = 'revoked'
      union all
      select 'reward_expired:' || w.id, w.customer_id from public.referral_rewards as w where w.status = 'expired'
    ) as owed
    join public.customers as c on c.id = owed.customer_id and c.erased_at is null
    where not exists (select 1 from public.notifications as n where n.dedupe_key = owed.dedupe_key)
    union all
    select 10, 'mail queued more than once', n.dedupe_key
    from public.notifications as n group by n.dedupe_key having count(*) > 1
    union all
    -- Only a mail that left a transaction which was rolled back has no cause.
    select 10, 'mail queued without its cause', n.dedupe_key
    from public.notifications as n
    cross join lateral (select split_part(n.dedupe_key, ':', 2) as id) as cause
    left join public.customer_referrals as r on r.id::text = cause.id
    left join public.referral_rewards as w on w.id::text = cause.id
    where not case n.template
      when 'referral_signup' then r.id is not null
      when 'referral_activated' then r.activated_at is not null
      when 'referral_qualified' then r.qualified_at is not null
      when 'reward_earned' then coalesce(w.source = 'earned', false)
      when 'reward_granted' then coalesce(w.source = 'manual', false)
      when 'reward_applied' then coalesce(w.status = 'applied', false)
      when 'reward_revoked' then coalesce(w.status = 'revoked', false)
      when 'reward_expired' then coalesce(w.status = 'expired', false)
      when 'reward_expiring' then w.id is not null
      else true
    end
    union all
    select 11, 'erased customer with personal details left', c.id::text
    from public.customers as c
    where c.erased_at is not null
      and (c.auth_user_id is not null or c.email <> 'erased-' || c.id or num_nonnulls(c.phone, c.address) > 0
        or exists (
          select 1 from public.customer_invoices as i
          where i.customer_id = c.id and i.buyer <> '{"erased": true}')
        or exists (
          select 1 from public.credit_notes as n
          where n.customer_id = c.id and n.buyer <> '{"erased": true}'))
  )
  select jsonb_build_object(
    'violations', (select count(*) from violations),
    'details', coalesce((
      select jsonb_agg(to_jsonb(v)) from (select * from violations order by invariant, rule, entity limit 1000) as v), '[]')
  ) into v_verdict;
  return v_verdict;
end;
$$;
comment on function public.verify_invariants() is
  'Server: every broken invariant with the rows that break it. Does not rely on the constraints that should make this impossible.';
