-- Everything that the team knows about one customer: the answer to a call.

create function private.customer_record_page(
  p_customer_id uuid, p_section text, p_cursor_at timestamptz default null, p_cursor_id uuid default null,
  p_limit integer default 10, p_backward boolean default false, p_count boolean default false
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_source record;
  v_of_customer text := private.equals('customer_id', p_customer_id::text);
begin
  select s.* into v_source
  from (values
    ('orders', 'public.orders as t', v_of_customer, 'private.admin_order_document(page.found)', '-created_at'),
    ('services', 'public.customer_services as t', v_of_customer,
      $document$private.service_document((page.found).id) || jsonb_build_object('created_at', (page.found).created_at)$document$,
      '-created_at'),
    ('invoices', 'public.customer_invoices as t', v_of_customer, 'private.admin_invoice_document(page.found)', '-issued_at'),
    ('rewards', 'public.referral_rewards as t', v_of_customer, 'private.admin_reward_document(page.found)', '-created_at'),
    ('referrals', 'public.customer_referrals as t', private.equals('referrer_id', p_customer_id::text),
      'private.explainable_referral(page.found)', '-referred_at'),
    ('refused_codes', 'public.referral_attempts as t',
      format('(t.referrer_id = %1$L or t.order_id in (select o.id from public.orders as o where o.customer_id = %1$L))',
        p_customer_id),
      $document$private.attempt_document(page.found) || jsonb_build_object('created_at', (page.found).created_at)$document$,
      '-created_at'),
    ('notifications', 'public.notifications as t', v_of_customer, 'private.notification_document(page.found)', '-created_at')
  ) as s (section, source, condition, document, sort)
  where s.section = p_section;
  if v_source.section is null and p_section is distinct from 'audit' then
    perform private.fail(400, 'invalid_request', 'section');
  end if;
  if v_source.section is null then
    return private.customer_audit_page(p_customer_id, p_cursor_id, p_limit, p_backward, p_count);
  end if;
  return private.list_page(
    'rows', v_source.source, array[v_source.condition], v_source.document, array[v_source.sort], null,
    p_cursor_at, p_cursor_id, p_limit, p_backward, p_count);
end;
$$;
comment on function private.customer_record_page(uuid, text, timestamptz, uuid, integer, boolean, boolean) is
  'One page of a section of a customer''s record, newest first, and the cursors of the next and the previous page or null.';
revoke all on function private.customer_record_page(uuid, text, timestamptz, uuid, integer, boolean, boolean)
  from public, anon, authenticated, service_role;

create function private.customer_audit_page(
  p_customer_id uuid, p_cursor_id uuid, p_limit integer, p_backward boolean, p_count boolean
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_conditions text[] := array[private.equals('customer_id', p_customer_id::text)];
  v_page jsonb;
begin
  -- A cursor names a row by an id of one kind, so the number of the entry stands in it as such an id.
  v_page := private.audit_page(v_conditions, private.audit_number(p_cursor_id), p_limit, p_backward, false, false);
  return jsonb_build_object(
    'rows', v_page -> 'entries',
    'next_cursor', private.audit_cursor_of(v_page -> 'entries' -> -1, v_page ->> 'next_before_id'),
    'previous_cursor', private.audit_cursor_of(v_page -> 'entries' -> 0, v_page ->> 'previous_after_id'))
    || case when p_count then private.count_listed('public.audit_log as l', v_conditions) else '{}' end;
end;
$$;
comment on function private.customer_audit_page(uuid, uuid, integer, boolean, boolean) is
  'One page of the audit trail of a customer, newest first.';
revoke all on function private.customer_audit_page(uuid, uuid, integer, boolean, boolean)
  from public, anon, authenticated, service_role;

create function private.audit_cursor_of(p_entry jsonb, p_place text)
returns jsonb
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return case when p_place is not null then
    jsonb_build_object('at', p_entry -> 'created_at', 'id', private.audit_cursor(p_place::bigint)) end;
end;
$$;
comment on function private.audit_cursor_of(jsonb, text) is 'The cursor of a page of the audit trail that ends at this entry. Null for no place.';
revoke all on function private.audit_cursor_of(jsonb, text) from public, anon, authenticated, service_role;

create function private.audit_cursor(p_id bigint)
returns uuid
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return lpad(to_hex(p_id), 32, '0')::uuid;
end;
$$;
comment on function private.audit_cursor(bigint) is 'The number of an audit row as the id in a cursor.';
revoke all on function private.audit_cursor(bigint) from public, anon, authenticated, service_role;

create function private.audit_number(p_cursor uuid)
returns bigint
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return ('x' || right(replace(p_cursor::text, '-', ''), 16))::bit(64)::bigint;
end;
$$;
comment on function private.audit_number(uuid) is 'The number of the audit row that private.audit_cursor wrote as an id.';
revoke all on function private.audit_number(uuid) from public, anon, authenticated, service_role;

create function private.referral_of_customer(p_customer_id uuid)
returns public.customer_referrals
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select r
    from public.customer_referrals as r
    where r.referred_customer_id = p_customer_id
    order by r.status in ('pending', 'active', 'qualified') desc, r.referred_at desc, r.id desc
    limit 1);
end;
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
      select jsonb_object_agg(section, private.customer_record_page(
        p_customer_id, section, p_limit => least(greatest(coalesce(p_limit, 10), 1), 100)))
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
  p_limit integer default 25, p_backward boolean default false, p_count boolean default false
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
  return private.customer_record_page(
    p_customer_id, p_section, p_cursor_at, p_cursor_id, private.page_size(p_limit), coalesce(p_backward, false), p_count)
    || jsonb_build_object('time_zone', private.billing_time_zone());
end;
$$;
comment on function public.admin_list_customer_record(uuid, text, timestamptz, uuid, integer, boolean, boolean) is
  'Admin with customers:view: a page of one section of a customer''s record, newest first, in either direction. Raises not_found.';
revoke all on function public.admin_list_customer_record(uuid, text, timestamptz, uuid, integer, boolean, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.admin_list_customer_record(uuid, text, timestamptz, uuid, integer, boolean, boolean)
  to authenticated;

create function public.admin_get_customer_head(p_customer_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer public.customers;
begin
  perform private.require_permission('customers:view');
  select c.* into v_customer from public.customers as c where c.id = p_customer_id;
  if v_customer.id is null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  return jsonb_build_object(
    'customer', private.customer_header(v_customer), 'stats', private.admin_referral_stats(p_customer_id),
    'rewards_total', (select count(*) from public.referral_rewards as w where w.customer_id = p_customer_id));
end;
$$;
comment on function public.admin_get_customer_head(uuid) is
  'Admin with customers:view: what stands above each page about a customer. Raises not_found.';
revoke all on function public.admin_get_customer_head(uuid) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_customer_head(uuid) to authenticated;
