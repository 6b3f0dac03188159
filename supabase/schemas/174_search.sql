-- Find anything: customers, orders and documents for the admin's search field.

create function private.find_customers(p_q text, p_limit integer)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_found jsonb;
begin
  -- Among many the best few are chosen from the first hundred: the person goes on typing.
  execute format($q$
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', b.id, 'name', b.full_name, 'email', b.email, 'phone', b.phone, 'referral_code', b.referral_code)
      order by b.place, b.created_at desc, b.id), '[]')
    from (
      select c.*, case
        when private.folded(c.full_name) = $1 or lower(c.email) = $1 then 1
        when starts_with(private.folded(c.full_name), $1) then 2
        when starts_with(private.folded(c.last_name), $1) then 3
        else 4 end as place
      from (select c.* from public.customers as c where %s limit 100) as c
      order by place, c.created_at desc, c.id
      limit $2
    ) as b $q$, private.customer_condition(p_q))
  into v_found using private.folded(p_q), p_limit;
  return v_found;
end;
$$;
comment on function private.find_customers(text, integer) is 'The customers that a search finds, those first whose name starts with it.';
revoke all on function private.find_customers(text, integer) from public, anon, authenticated, service_role;

create function private.find_orders(p_q text)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'order_number', o.order_number, 'status', o.status, 'customer_id', c.id, 'customer_name', c.full_name)), '[]')
  from public.orders as o join public.customers as c on c.id = o.customer_id
  where o.order_number = private.order_number_of(p_q)
$$;
comment on function private.find_orders(text) is 'The order with this number, as people say or type it.';
revoke all on function private.find_orders(text) from public, anon, authenticated, service_role;

create function private.numbers_meant(p_q text)
returns text[]
language sql
stable
set search_path = ''
as $$
  -- All of it, or only the digits at its end: the number in each series and year.
  select case
    when btrim(p_q) ~ '^[0-9]{1,9}$' then array(
      select s.series || '-' || s.year || '-' || lpad(btrim(p_q), 6, '0') from public.invoice_series as s)
    when btrim(p_q) ~* '^[a-z]{1,10}[- ]?[0-9]{4}[- ]?[0-9]{1,9}$' then array(
      select upper(m.part[1]) || '-' || m.part[2] || '-' || lpad(m.part[3], 6, '0')
      from regexp_matches(btrim(p_q), '^([A-Za-z]{1,10})[- ]?([0-9]{4})[- ]?([0-9]{1,9})$') as m (part))
    else '{}'
  end
$$;
comment on function private.numbers_meant(text) is 'The numbers of invoices and credit notes that a text can mean.';
revoke all on function private.numbers_meant(text) from public, anon, authenticated, service_role;

create function private.find_documents(p_q text, p_limit integer)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(f) order by f.issued_at desc, f.number), '[]')
  from (
    select d.kind, d.number, d.issued_at, c.id as customer_id, c.full_name as customer_name
    from (
      select 'invoice' as kind, i.invoice_number as number, i.issued_at, i.customer_id
      from public.customer_invoices as i where i.invoice_number = any (private.numbers_meant(p_q))
      union all
      select 'credit_note', n.credit_note_number, n.issued_at, n.customer_id
      from public.credit_notes as n where n.credit_note_number = any (private.numbers_meant(p_q))
    ) as d
    join public.customers as c on c.id = d.customer_id
    order by d.issued_at desc, d.number
    limit p_limit
  ) as f
$$;
comment on function private.find_documents(text, integer) is 'The invoices and credit notes whose number a text can mean, newest first.';
revoke all on function private.find_documents(text, integer) from public, anon, authenticated, service_role;

create function public.admin_search(p_q text, p_limit integer default 8)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 8), 1), 20);
  v_q text := btrim(coalesce(p_q, ''));
begin
  perform private.require_permission('customers:view');
  if length(v_q) not between 1 and 120 then
    perform private.fail(400, 'invalid_request', 'q');
  end if;
  return jsonb_build_object(
    'customers', private.find_customers(v_q, v_limit),
    'orders', private.find_orders(v_q),
    'documents', private.find_documents(v_q, v_limit));
end;
$$;
comment on function public.admin_search(text, integer) is
  'Admin with customers:view: customers by parts of name, e-mail, phone or code in any order and without accents, the order with a number, and documents by number. Raises invalid_request.';
revoke all on function public.admin_search(text, integer) from public, anon, authenticated, service_role;
grant execute on function public.admin_search(text, integer) to authenticated;
