-- Everything that the team knows about one customer: the answer to a call.

create function private.customer_record_rows(
  p_customer_id uuid, p_section text, p_cursor_at timestamptz, p_cursor_id uuid, p_limit integer
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_rows jsonb;
begin
  case p_section
    when 'orders' then
      select jsonb_agg(private.admin_order_document(page.o) order by (page.o).created_at desc, (page.o).id desc) into v_rows
      from (
        select o from public.orders as o
        where o.customer_id = p_customer_id
          and (p_cursor_at is null or (o.created_at, o.id) < (p_cursor_at, p_cursor_id))
        order by o.created_at desc, o.id desc limit p_limit
      ) as page;
    when 'services' then
      select jsonb_agg(private.service_document(page.id) || jsonb_build_object('created_at', page.created_at)
        order by page.created_at desc, page.id desc) into v_rows
      from (
        select s.id, s.created_at from public.customer_services as s
        where s.customer_id = p_customer_id
          and (p_cursor_at is null or (s.created_at, s.id) < (p_cursor_at, p_cursor_id))
        order by s.created_at desc, s.id desc limit p_limit
      ) as page;
    when 'invoices' then
      select jsonb_agg(private.admin_invoice_document(page.i) order by (page.i).issued_at desc, (page.i).id desc) into v_rows
      from (
        select i from public.customer_invoices as i
        where i.customer_id = p_customer_id
          and (p_cursor_at is null or (i.issued_at, i.id) < (p_cursor_at, p_cursor_id))
        order by i.issued_at desc, i.id desc limit p_limit
      ) as page;
    when 'rewards' then
      select jsonb_agg(private.admin_reward_document(page.w) order by (page.w).created_at desc, (page.w).id desc) into v_rows
      from (
        select w from public.referral_rewards as w
        where w.customer_id = p_customer_id
          and (p_cursor_at is null or (w.created_at, w.id) < (p_cursor_at, p_cursor_id))
        order by w.created_at desc, w.id desc limit p_limit
      ) as page;
    when 'referrals' then
      select jsonb_agg(private.explainable_referral(page.r) order by (page.r).referred_at desc, (page.r).id desc) into v_rows
      from (
        select r from public.customer_referrals as r
        where r.referrer_id = p_customer_id
          and (p_cursor_at is null or (r.referred_at, r.id) < (p_cursor_at, p_cursor_id))
        order by r.referred_at desc, r.id desc limit p_limit
      ) as page;
    when 'refused_codes' then
      select jsonb_agg(private.attempt_document(page.a) order by (page.a).created_at desc, (page.a).id desc) into v_rows
      from (
        select a from public.referral_attempts as a
        where (a.referrer_id = p_customer_id
            or a.order_id in (select o.id from public.orders as o where o.customer_id = p_customer_id))
          and (p_cursor_at is null or (a.created_at, a.id) < (p_cursor_at, p_cursor_id))
        order by a.created_at desc, a.id desc limit p_limit
      ) as page;
    when 'notifications' then
      select jsonb_agg(private.notification_document(page.n) order by (page.n).created_at desc, (page.n).id desc) into v_rows
      from (
        select n from public.notifications as n
        where n.customer_id = p_customer_id
          and (p_cursor_at is null or (n.created_at, n.id) < (p_cursor_at, p_cursor_id))
        order by n.created_at desc, n.id desc limit p_limit
      ) as page;
    when 'audit' then
      -- A cursor names a row by an id of one kind, so the number of the entry stands in it as such an id.
      select jsonb_agg(private.audit_document(page.l) order by (page.l).id desc) into v_rows
      from (
        select l from public.audit_log as l
        where l.customer_id = p_customer_id
          and (p_cursor_id is null or l.id < private.audit_number(p_cursor_id))
        order by l.id desc limit p_limit
      ) as page;
  end case;
  return coalesce(v_rows, '[]');
end;
$$;
comment on function private.customer_record_rows(uuid, text, timestamptz, uuid, integer) is
  'Rows of one section of a customer''s record, newest first, after the cursor.';
revoke all on function private.customer_record_rows(uuid, text, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;

create function private.customer_record_page(
  p_customer_id uuid, p_section text, p_cursor_at timestamptz default null, p_cursor_id uuid default null,
  p_limit integer default 10
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 10), 1), 100);
  v_rows jsonb := private.customer_record_rows(p_customer_id, p_section, p_cursor_at, p_cursor_id, v_limit + 1);
  v_last jsonb := v_rows -> (v_limit - 1);
begin
  if jsonb_array_length(v_rows) <= v_limit then
    return jsonb_build_object('rows', v_rows, 'next_cursor', null);
  end if;
  return jsonb_build_object('rows', v_rows - v_limit, 'next_cursor', jsonb_build_object(
    'at', coalesce(v_last -> 'created_at', v_last -> 'issued_at', v_last -> 'referred_at', v_last -> 'at'),
    'id', case when p_section = 'audit' then to_jsonb(private.audit_cursor((v_last ->> 'id')::bigint)) else v_last -> 'id' end));
end;
$$;
comment on function private.customer_record_page(uuid, text, timestamptz, uuid, integer) is
  'One page of a section of a customer''s record, and the cursor of the next page or null.';
revoke all on function private.customer_record_page(uuid, text, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;

create function private.audit_cursor(p_id bigint)
returns uuid
language sql
immutable
parallel safe
set search_path = ''
as $$
  select lpad(to_hex(p_id), 32, '0')::uuid
$$;
comment on function private.audit_cursor(bigint) is 'The number of an audit row as the id in a cursor.';
revoke all on function private.audit_cursor(bigint) from public, anon, authenticated, service_role;

create function private.audit_number(p_cursor uuid)
returns bigint
language sql
immutable
parallel safe
set search_path = ''
as $$
  select ('x' || right(replace(p_cursor::text, '-', ''), 16))::bit(64)::bigint
$$;
comment on function private.audit_number(uuid) is 'The number of the audit row that private.audit_cursor wrote as an id.';
revoke all on function private.audit_number(uuid) from public, anon, authenticated, service_role;

create function private.referral_of_customer(p_customer_id uuid)
returns public.customer_referrals
language sql
stable
set search_path = ''
as $$
  select r
  from public.customer_referrals as r
  where r.referred_customer_id = p_customer_id
  order by r.status in ('pending', 'active', 'qualified') desc, r.referred_at desc, r.id desc
  limit 1
$$;
comment on function private.referral_of_customer(uuid) is
  'How a customer was referred: the live referral, else the latest one that ended. All null when they never were.';
revoke all on function private.referral_of_customer(uuid) from public, anon, authenticated, service_role;

create function public.admin_get_customer(p_customer_id uuid, p_limit integer default 10)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer public.customers;
  v_referral public.customer_referrals;
begin
  perform private.require_permission('customers:view');
  select c.* into v_customer from public.customers as c where c.id = p_customer_id;
  if v_customer.id is null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  v_referral := private.referral_of_customer(p_customer_id);
  return jsonb_build_object(
    'customer', private.customer_header(v_customer),
    'referred_by', case when v_referral.id is not null then private.explainable_referral(v_referral) end,
    'account', private.account_summary(p_customer_id, now()),
    'facts', private.invoice_preview_facts(p_customer_id),
    'settings', to_jsonb(private.current_billing_settings()) - array['created_by', 'created_at'],
    'pending_rewards', private.reward_balance(p_customer_id) -> 'pending_rewards',
    'stats', private.admin_referral_stats(p_customer_id),
    'sections', (
      select jsonb_object_agg(section, private.customer_record_page(p_customer_id, section, p_limit => p_limit))
      from unnest(array[
        'orders', 'services', 'invoices', 'rewards', 'referrals', 'refused_codes', 'notifications', 'audit'
      ]) as section));
end;
$$;
comment on function public.admin_get_customer(uuid, integer) is
  'Admin with customers:view: one customer with the first page of everything that support needs. Amounts in cents. Raises not_found.';
revoke all on function public.admin_get_customer(uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_customer(uuid, integer) to authenticated;

create function public.admin_list_customer_record(
  p_customer_id uuid, p_section text, p_cursor_at timestamptz default null, p_cursor_id uuid default null,
  p_limit integer default 25
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
  return private.customer_record_page(p_customer_id, p_section, p_cursor_at, p_cursor_id, p_limit)
    || jsonb_build_object('time_zone', private.billing_time_zone());
end;
$$;
comment on function public.admin_list_customer_record(uuid, text, timestamptz, uuid, integer) is
  'Admin with customers:view: a further page of one section of a customer''s record. Raises not_found.';
revoke all on function public.admin_list_customer_record(uuid, text, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_customer_record(uuid, text, timestamptz, uuid, integer) to authenticated;
