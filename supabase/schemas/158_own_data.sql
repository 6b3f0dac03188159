-- What customers may do with their own data: take it along, and ask for its erasure.

create table public.erasure_requests (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null unique references public.customers (id),
  asked_at timestamptz not null default now()
);
comment on table public.erasure_requests is
  'Customers who asked that their details are erased, until somebody has done it. An owner carries it out once nothing is open.';

create index erasure_requests_asked on public.erasure_requests (asked_at);

alter table public.erasure_requests enable row level security;
revoke all on table public.erasure_requests from public, anon, authenticated, service_role;
grant select on table public.erasure_requests to service_role;
grant select on table public.erasure_requests to authenticated;
create policy erasure_requests_select on public.erasure_requests
  for select to authenticated
  using (customer_id = (select private.current_customer_id()) or (select public.has_permission('customers:view')));

create function private.own_data(p_customer public.customers)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'customer', jsonb_build_object(
      'email', p_customer.email, 'first_name', p_customer.first_name, 'last_name', p_customer.last_name,
      'phone', p_customer.phone, 'former_phones', to_jsonb(p_customer.former_phones), 'address', p_customer.address, 'vat_number', p_customer.vat_number,
      'referral_code', p_customer.referral_code, 'created_at', p_customer.created_at),
    'orders', coalesce((
      select jsonb_agg(jsonb_build_object(
        'order_number', o.order_number, 'status', o.status, 'package', p.name, 'address', o.installation_address,
        'referral_code', o.referral_code, 'referral_outcome', o.referral_outcome, 'ip_address', host(o.ip_address),
        'browser', o.user_agent, 'created_at', o.created_at, 'activated_at', o.activated_at,
        'cancelled_at', o.cancelled_at) order by o.created_at, o.id)
      from public.orders as o join public.service_packages as p on p.id = o.package_id
      where o.customer_id = p_customer.id), '[]'),
    'services', coalesce((
      select jsonb_agg(private.service_document(s.id) order by s.created_at, s.id)
      from public.customer_services as s where s.customer_id = p_customer.id), '[]'),
    'invoices', coalesce((
      select jsonb_agg(jsonb_build_object(
        'invoice_number', i.invoice_number, 'issued_at', i.issued_at, 'period_start', i.period_start,
        'period_end', i.period_end, 'line_items', i.line_items, 'subtotal_cents', i.subtotal_cents,
        'vat_cents', i.vat_cents, 'total_cents', i.total_cents, 'amount_due_cents', i.amount_due_cents,
        'buyer', i.buyer) order by i.issued_at, i.id)
      from public.customer_invoices as i where i.customer_id = p_customer.id), '[]'),
    'credit_notes', coalesce((
      select jsonb_agg(jsonb_build_object(
        'credit_note_number', n.credit_note_number, 'issued_at', n.issued_at, 'total_cents', n.total_cents,
        'reason', n.reason) order by n.issued_at, n.id)
      from public.credit_notes as n where n.customer_id = p_customer.id), '[]'),
    'payments', coalesce((
      select jsonb_agg(jsonb_build_object(
        'amount_cents', m.amount_cents, 'paid_on', m.paid_on, 'method', m.method, 'reference', m.reference)
        order by m.paid_on, m.id)
      from public.invoice_payments as m where m.customer_id = p_customer.id), '[]'),
    -- Of friends no more than the dashboard shows: they are people of their own.
    'friends', coalesce((
      select jsonb_agg(jsonb_build_object(
        'name', private.mask_name(f.first_name, f.last_name), 'status', r.status, 'referred_at', r.referred_at,
        'activated_at', r.activated_at, 'qualified_at', r.qualified_at) order by r.referred_at, r.id)
      from public.customer_referrals as r join public.customers as f on f.id = r.referred_customer_id
      where r.referrer_id = p_customer.id and r.status <> 'rejected'), '[]'),
    'invited_by', (
      select i.first_name
      from public.customer_referrals as r join public.customers as i on i.id = r.referrer_id
      where r.referred_customer_id = p_customer.id and r.status in ('pending', 'active', 'qualified')),
    'free_months', coalesce((
      select jsonb_agg(jsonb_build_object(
        'status', w.status, 'source', w.source, 'created_at', w.created_at, 'expires_at', w.expires_at,
        'applied_at', w.applied_at, 'amount_waived_cents', w.amount_waived_cents) order by w.created_at, w.id)
      from public.referral_rewards as w where w.customer_id = p_customer.id), '[]'),
    'mails', coalesce((
      select jsonb_agg(jsonb_build_object(
        'kind', n.template, 'subject', n.subject, 'text', private.without_mail_token(n.text_body),
        'created_at', n.created_at, 'sent_at', n.sent_at)
        order by n.number)
      from public.notifications as n where n.customer_id = p_customer.id), '[]'),
    'mail_choices', coalesce((
      select jsonb_agg(jsonb_build_object(
        'kind', h.kind, 'is_wanted', h.is_wanted, 'source', h.source, 'chosen_at', h.chosen_at) order by h.id)
      from public.mail_choices as h where h.customer_id = p_customer.id), '[]'))
$$;
comment on function private.own_data(public.customers) is
  'Everything that is kept of a customer and about them, for them to take along. Of friends only what their dashboard shows.';
revoke all on function private.own_data(public.customers) from public, anon, authenticated, service_role;

create function public.export_my_data()
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  c_limit constant integer := 10;
  v_customer uuid := private.require_customer();
begin
  if not (public.consume_rate_limit('own_data', v_customer::text, c_limit, 3600) ->> 'allowed')::boolean then
    perform private.fail(429, 'rate_limited');
  end if;
  return (select private.own_data(c) from public.customers as c where c.id = v_customer);
end;
$$;
comment on function public.export_my_data() is 'Customer: everything that is kept of them, as one document. Raises rate_limited.';
revoke all on function public.export_my_data() from public, anon, authenticated, service_role;
grant execute on function public.export_my_data() to authenticated;

create function public.ask_for_erasure(p_auth_user_id uuid, p_alert_email text, p_as_of timestamptz default now())
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_customer public.customers;
  v_request public.erasure_requests;
begin
  select c.* into v_customer
  from public.customers as c where c.auth_user_id = p_auth_user_id and c.erased_at is null;
  if v_customer.id is null then
    perform private.fail(403, 'forbidden', 'customer');
  end if;
  insert into public.erasure_requests (customer_id, asked_at) values (v_customer.id, p_as_of)
  on conflict (customer_id) do nothing
  returning * into v_request;
  if v_request.id is null then
    select q.* into strict v_request from public.erasure_requests as q where q.customer_id = v_customer.id;
    return jsonb_build_object('asked_at', v_request.asked_at);
  end if;
  perform private.write_audit(
    p_auth_user_id, 'customer.asked_erasure', 'customer', v_customer.id::text, v_customer.id, null, null, null, p_as_of);
  perform private.enqueue_mail(
    'erasure_requested', p_alert_email, null, jsonb_build_object('customer_id', v_customer.id),
    'erasure_requested:' || v_request.id, p_as_of);
  -- Whoever holds a session of somebody else must not have them erased behind their back.
  perform private.enqueue_mail(
    'erasure_asked', v_customer.email, v_customer.id,
    jsonb_build_object('first_name', v_customer.first_name, 'at', p_as_of),
    'erasure_asked:' || v_request.id, p_as_of);
  return jsonb_build_object('asked_at', v_request.asked_at);
end;
$$;
comment on function public.ask_for_erasure(uuid, text, timestamptz) is
  'Server, for the customer of this account: notes that they ask for erasure, once, and tells them and the admins. Erases nothing: an owner does, once no invoice and service is open. Raises forbidden.';
revoke all on function public.ask_for_erasure(uuid, text, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.ask_for_erasure(uuid, text, timestamptz) to service_role;
