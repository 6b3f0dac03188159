-- What a mail says when it leaves: facts are read then, and what is no longer true is not sent.

create function private.mail_cause_id(p_mail public.notifications)
returns uuid
language sql
immutable
set search_path = ''
as $$
  select case
    when split_part(p_mail.dedupe_key, ':', 2) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
      then split_part(p_mail.dedupe_key, ':', 2)::uuid
  end
$$;
comment on function private.mail_cause_id(public.notifications) is 'The id of what a mail is about, from its dedupe key; or null.';
revoke all on function private.mail_cause_id(public.notifications) from public, anon, authenticated, service_role;

create function private.mail_ids(p_mail public.notifications)
returns uuid[]
language sql
immutable
set search_path = ''
as $$
  select array(select i.id::uuid from jsonb_array_elements_text(p_mail.payload -> 'ids') as i (id))
$$;
comment on function private.mail_ids(public.notifications) is 'The invoices or payments that a mail is about.';
revoke all on function private.mail_ids(public.notifications) from public, anon, authenticated, service_role;

create function private.is_mail_true(p_mail public.notifications)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_id uuid := private.mail_cause_id(p_mail);
begin
  case p_mail.template
    when 'service_suspended', 'service_reactivated' then
      return (
        select 'undone' from public.customer_services as s
        where s.id = v_id
          and s.status <> case p_mail.template when 'service_suspended' then 'suspended' else 'active' end);
    when 'payment_received' then
      return (
        select 'undone' where not exists (
          select 1 from unnest(private.mail_ids(p_mail)) as p (id)
          where not exists (select 1 from public.payment_reversals as x where x.payment_id = p.id)));
    when 'invoice_overdue' then
      return (
        select 'settled' where not exists (
          select 1 from private.open_invoices as i where i.id = any (private.mail_ids(p_mail))));
    else
      return null;
  end case;
end;
$$;
comment on function private.is_mail_true(public.notifications) is
  'Why a mail is no longer true, as a cause of cancellation; null while it is.';
revoke all on function private.is_mail_true(public.notifications) from public, anon, authenticated, service_role;

create function private.idle_cause(p_mail public.notifications)
returns text
language sql
stable
set search_path = ''
as $$
  select case
    when private.is_suppressed(p_mail.recipient) then 'suppressed'
    -- An earlier try may have delivered it: then it is repeated as it was.
    when p_mail.html is null then private.is_mail_true(p_mail)
  end
$$;
comment on function private.idle_cause(public.notifications) is
  'Why a mail that is about to be tried is not sent, as a cause of cancellation; null when it is.';
revoke all on function private.idle_cause(public.notifications) from public, anon, authenticated, service_role;

create function private.charge_facts(p_invoice public.customer_invoices)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'price_cents', p_invoice.price_cents, 'amount_due_cents', p_invoice.amount_due_cents,
    'waived_cents', p_invoice.amount_waived_cents,
    'days', coalesce(sum((l ->> 'days')::integer) filter (where (l ->> 'period_start')::date >= p_invoice.period_start), 0),
    'days_in_period', p_invoice.period_end - p_invoice.period_start,
    'was_suspended', coalesce(bool_or(l ? 'suspended'), false),
    'completes_earlier', coalesce(bool_or((l ->> 'period_start')::date < p_invoice.period_start), false))
  from jsonb_array_elements(p_invoice.line_items) as l
  where l ->> 'kind' = 'service'
$$;
comment on function private.charge_facts(public.customer_invoices) is
  'What an invoice charged, to say why the next one differs. Amounts in cents, VAT included.';
revoke all on function private.charge_facts(public.customer_invoices) from public, anon, authenticated, service_role;

create function private.mail_invoices(p_ids uuid[])
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'invoice_number', i.invoice_number, 'period_start', i.period_start, 'due_on', i.due_on, 'currency', i.currency,
    'package_name', p.name, 'charge', private.charge_facts(i),
    'before', (
      select private.charge_facts(b)
      from public.customer_invoices as b
      where b.service_id = i.service_id and b.period_start < i.period_start
      order by b.period_start desc limit 1),
    'outstanding_cents', coalesce(
      (select s.outstanding_cents from public.invoice_settlements as s where s.invoice_id = i.id), i.amount_due_cents))
    order by i.period_start, i.invoice_number), '[]')
  from public.customer_invoices as i
  join public.customer_services as v on v.id = i.service_id
  join public.service_packages as p on p.id = v.package_id
  where i.id = any (p_ids)
$$;
comment on function private.mail_invoices(uuid[]) is
  'Invoices as their mails name them, each with what it charged and what the one before it charged. Amounts in cents.';
revoke all on function private.mail_invoices(uuid[]) from public, anon, authenticated, service_role;

create function private.mail_payments(p_ids uuid[])
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'invoice_number', i.invoice_number, 'amount_cents', p.amount_cents, 'paid_on', p.paid_on) order by p.created_at, p.id), '[]')
  from public.invoice_payments as p
  join public.customer_invoices as i on i.id = p.invoice_id
  where p.id = any (p_ids) and not exists (select 1 from public.payment_reversals as x where x.payment_id = p.id)
$$;
comment on function private.mail_payments(uuid[]) is 'Payments as their mail names them, without those that were taken back.';
revoke all on function private.mail_payments(uuid[]) from public, anon, authenticated, service_role;

create function private.mail_payload(p_mail public.notifications)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_ids uuid[];
  v_settings public.billing_settings;
begin
  if p_mail.template not in ('invoice_issued', 'invoice_overdue', 'payment_received') then
    return p_mail.payload;
  end if;
  v_ids := private.mail_ids(p_mail);
  v_settings := private.current_billing_settings();
  return jsonb_build_object(
      'first_name', coalesce((select c.first_name from public.customers as c where c.id = p_mail.customer_id), ''),
      'currency', v_settings.currency)
    || case p_mail.template
      when 'payment_received' then jsonb_build_object(
        'payments', private.mail_payments(v_ids), 'balance_cents', private.account_balance(p_mail.customer_id))
      else jsonb_build_object(
        'invoices', private.mail_invoices(v_ids), 'payment_instructions', v_settings.payment_instructions)
    end;
end;
$$;
comment on function private.mail_payload(public.notifications) is
  'What a mail says, as its template takes it. Mails about invoices and payments are queued with ids alone; their facts are those of the moment at which they leave.';
revoke all on function private.mail_payload(public.notifications) from public, anon, authenticated, service_role;

create function private.mail_payment(p_payment_id uuid, p_customer_id uuid, p_as_of timestamptz)
returns void
language sql
set search_path = ''
as $$
  select private.enqueue_mail(
    'payment_received', c.email, c.id, jsonb_build_object('ids', jsonb_build_array(p_payment_id)),
    'payment_received:' || p_payment_id, p_as_of)
  from public.customers as c where c.id = p_customer_id and c.erased_at is null
$$;
comment on function private.mail_payment(uuid, uuid, timestamptz) is 'Tells the customer that a payment arrived.';
revoke all on function private.mail_payment(uuid, uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.mail_service_status(p_service public.customer_services, p_template text, p_as_of timestamptz)
returns void
language sql
set search_path = ''
as $$
  select private.enqueue_mail(
    p_template, c.email, c.id,
    jsonb_build_object(
      'first_name', c.first_name, 'package_name', p.name,
      'on', private.local_date(p_as_of, private.billing_time_zone()),
      'is_overdue', private.has_overdue_invoice(c.id, p_as_of)),
    p_template || ':' || p_service.id || ':' || extract(epoch from p_as_of), p_as_of)
  from public.customers as c
  join public.service_packages as p on p.id = p_service.package_id
  where c.id = p_service.customer_id and c.erased_at is null
$$;
comment on function private.mail_service_status(public.customer_services, text, timestamptz) is
  'Tells the customer that their service was suspended or works again.';
revoke all on function private.mail_service_status(public.customer_services, text, timestamptz)
  from public, anon, authenticated, service_role;

create function private.mail_package_change(p_change_id uuid, p_as_of timestamptz)
returns void
language sql
set search_path = ''
as $$
  select private.enqueue_mail(
    'service_package_changed', c.email, c.id,
    jsonb_build_object(
      'first_name', c.first_name, 'from_package', f.name, 'from_price_cents', ch.from_price_cents,
      'to_package', t.name, 'to_price_cents', ch.to_price_cents, 'effective_on', ch.effective_on,
      'currency', (private.current_billing_settings()).currency),
    'service_package_changed:' || ch.id, p_as_of)
  from public.service_price_changes as ch
  join public.customer_services as s on s.id = ch.service_id
  join public.customers as c on c.id = s.customer_id and c.erased_at is null
  join public.service_packages as f on f.id = ch.from_package_id
  join public.service_packages as t on t.id = ch.to_package_id
  where ch.id = p_change_id
$$;
comment on function private.mail_package_change(uuid, timestamptz) is
  'Tells the customer which package and price they have from when on.';
revoke all on function private.mail_package_change(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.mail_role_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform private.enqueue_mail(
    'role_changed', new.email, null,
    jsonb_build_object('name', new.name, 'from_role', old.role, 'to_role', new.role, 'is_active', new.is_active),
    'role_changed:' || new.id || ':' || extract(epoch from clock_timestamp()), now());
  return null;
end;
$$;
comment on function private.mail_role_change() is
  'Trigger: tells a member of the team that their role changed, or that their rights were taken away or given back.';
revoke all on function private.mail_role_change() from public, anon, authenticated, service_role;

create trigger admin_users_role_mail
  after update of role, is_active on public.admin_users
  for each row
  when ((old.role, old.is_active) is distinct from (new.role, new.is_active))
  execute function private.mail_role_change();

create function public.remind_overdue_invoices(p_as_of timestamptz default now(), p_limit integer default 1000)
returns integer
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  -- What was due longer ago was spoken of already, or belongs to a time before these reminders.
  c_days constant integer := 30;
  v_today date := private.local_date(p_as_of, private.billing_time_zone());
  v_count integer;
begin
  with late as (
    select i.customer_id, array_agg(i.id order by i.due_on, i.id) as ids
    from private.open_invoices as i
    where i.due_on < v_today and i.due_on >= v_today - c_days
      -- Nobody has longer than 120 days to pay. By the index on issued_at.
      and i.issued_at >= p_as_of - make_interval(days => c_days + 122)
      and not exists (
        select 1 from public.notifications as n
        where n.template = 'invoice_overdue' and n.customer_id = i.customer_id
          and n.payload -> 'ids' ? i.id::text)
    group by i.customer_id
    limit p_limit
  )
  insert into public.notifications (template, recipient, customer_id, payload, dedupe_key, created_at, next_attempt_at)
  select 'invoice_overdue', c.email, c.id, jsonb_build_object('ids', to_jsonb(l.ids)), 'invoice_overdue:' || l.ids[1],
    p_as_of, least(p_as_of, now())
  from late as l
  join public.customers as c on c.id = l.customer_id and c.erased_at is null
  on conflict (dedupe_key) do nothing;
  get diagnostics v_count = row_count;
  return v_count;
end;
$$;
comment on function public.remind_overdue_invoices(timestamptz, integer) is
  'Server: queues one reminder per customer for invoices that are past their due date on this day of the billing time zone, each invoice once. Returns how many.';
revoke all on function public.remind_overdue_invoices(timestamptz, integer) from public, anon, authenticated, service_role;
grant execute on function public.remind_overdue_invoices(timestamptz, integer) to service_role;
