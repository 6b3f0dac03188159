-- Buyers: what an invoice says about who is billed, and where the service is.

create function private.buyer_document(p_customer public.customers, p_order_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'name', p_customer.full_name, 'email', p_customer.email, 'address', coalesce(p_customer.address, '{}'),
    'vat_number', p_customer.vat_number,
    'site', (
      select o.installation_address from public.orders as o
      where o.id = p_order_id and o.installation_address <> '{}'
        and o.installation_address <> coalesce(p_customer.address, '{}'))))
$$;
comment on function private.buyer_document(public.customers, uuid) is
  'The buyer as an invoice keeps it: name, address and VAT number of the account, and the address of the service where that is another one.';
revoke all on function private.buyer_document(public.customers, uuid) from public, anon, authenticated, service_role;

-- What customers and admins change of it. Issued documents keep the buyer that they were issued to.
create table private.profile_changes (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id),
  before jsonb not null,
  after jsonb not null,
  created_at timestamptz not null
);
comment on table private.profile_changes is
  'What a change of a customer''s name, address or VAT number replaced, and by what. The audit log, which nothing can be deleted from, refers to it by id; an erasure deletes it.';
create index profile_changes_customer on private.profile_changes (customer_id);
alter table private.profile_changes enable row level security;
revoke all on table private.profile_changes from public, anon, authenticated, service_role;

create function private.profile_change_values(p_entity_type text, p_entity_id text)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select case when p_entity_type = 'profile' then coalesce((
      select jsonb_build_object('before', ch.before, 'after', ch.after)
      from private.profile_changes as ch where ch.id::text = p_entity_id), '{}') else '{}' end);
end;
$$;
comment on function private.profile_change_values(text, text) is
  'Before and after of an audit row about a profile. Empty for other rows, and once the customer was erased.';
revoke all on function private.profile_change_values(text, text) from public, anon, authenticated, service_role;

create function private.profile_line(p_values jsonb, p_field text, p_longest integer, p_is_required boolean)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_text text := nullif(btrim(coalesce(p_values ->> p_field, '')), '');
begin
  if (v_text is null and p_is_required) or length(v_text) > p_longest or not private.is_plain_line(v_text)
    or jsonb_typeof(p_values -> p_field) not in ('string', 'null') then
    perform private.fail(400, 'invalid_request', p_field);
  end if;
  return v_text;
end;
$$;
comment on function private.profile_line(jsonb, text, integer, boolean) is
  'One line of what a person entered, trimmed; null when it is empty. Raises invalid_request when it is missing, too long, no text, or cannot be shown safely.';
revoke all on function private.profile_line(jsonb, text, integer, boolean)
  from public, anon, authenticated, service_role;

create function private.entered_address(p_address jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'line1', private.profile_line(p_address, 'line1', 120, true),
    'line2', private.profile_line(p_address, 'line2', 120, false),
    'suburb', private.profile_line(p_address, 'suburb', 80, false),
    'city', private.profile_line(p_address, 'city', 80, true),
    'postal_code', private.profile_line(p_address, 'postal_code', 12, true)))
$$;
comment on function private.entered_address(jsonb) is
  'An address as it is stored, by the rules of addressSchema in lib/identity/schemas.ts. Raises invalid_request.';
revoke all on function private.entered_address(jsonb) from public, anon, authenticated, service_role;

create function private.profile_document(p_customer public.customers)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'first_name', p_customer.first_name, 'last_name', p_customer.last_name, 'phone', p_customer.phone,
    'address', p_customer.address, 'vat_number', p_customer.vat_number)
$$;
comment on function private.profile_document(public.customers) is
  'What a customer may change: what invoices name of them, and their phone number.';
revoke all on function private.profile_document(public.customers) from public, anon, authenticated, service_role;

create function private.entered_phone(p_profile jsonb, p_customer public.customers)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_phone text := nullif(btrim(p_profile ->> 'phone'), '');
begin
  if v_phone is null then
    return p_customer.phone;
  end if;
  if v_phone !~ '^\+[1-9][0-9]{6,14}$' then
    perform private.fail(400, 'invalid_request', 'phone');
  end if;
  return v_phone;
end;
$$;
comment on function private.entered_phone(jsonb, public.customers) is
  'The number that a person entered, in E.164; the one that they have when they entered none. Raises invalid_request.';
revoke all on function private.entered_phone(jsonb, public.customers) from public, anon, authenticated, service_role;

create function private.change_profile(
  p_customer_id uuid, p_profile jsonb, p_action text, p_reason text, p_actor uuid, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_address jsonb := private.entered_address(coalesce(p_profile -> 'address', '{}'));
  v_customer public.customers;
  v_before jsonb;
  v_after jsonb;
  v_id uuid := gen_random_uuid();
  v_constraint text;
begin
  perform private.lock_customers(array[p_customer_id]);
  select c.* into v_customer from public.customers as c where c.id = p_customer_id and c.erased_at is null;
  if v_customer.id is null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  v_before := private.profile_document(v_customer);
  v_customer.first_name := private.profile_line(p_profile, 'first_name', 80, true);
  v_customer.last_name := private.profile_line(p_profile, 'last_name', 80, true);
  v_customer.address := v_address;
  v_customer.vat_number := private.profile_line(p_profile, 'vat_number', 40, false);
  v_customer.phone := private.entered_phone(p_profile, v_customer);
  v_after := private.profile_document(v_customer);
  if v_after = v_before then
    return v_after;
  end if;
  update public.customers as c
  set first_name = v_customer.first_name, last_name = v_customer.last_name, address = v_customer.address,
    vat_number = v_customer.vat_number, phone = v_customer.phone,
    former_phones = case when c.phone <> v_customer.phone
      then array_remove(c.former_phones, v_customer.phone) || c.phone else c.former_phones end
  where c.id = p_customer_id;
  insert into private.profile_changes (id, customer_id, before, after, created_at)
  select v_id, p_customer_id, jsonb_object_agg(b.key, b.value), jsonb_object_agg(b.key, v_after -> b.key), p_as_of
  from jsonb_each(v_before) as b
  where b.value is distinct from v_after -> b.key;
  perform private.write_audit(
    p_actor, p_action, 'profile', v_id::text, p_customer_id, p_reason, null, null, p_as_of);
  return v_after;
exception when check_violation then
  get stacked diagnostics v_constraint = constraint_name;
  -- Whoever changed it fifty times does not move, but tries to be somebody else.
  if v_constraint = 'customers_former_phones_check' then
    perform private.fail(429, 'rate_limited');
  end if;
  raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'name';
end;
$$;
comment on function private.change_profile(uuid, jsonb, text, text, uuid, timestamptz) is
  'Changes name, phone number, billing address and VAT number of a customer, with an audit row; without a difference it writes nothing. Issued documents and the places of services stay as they are. Raises not_found, invalid_request, rate_limited after fifty phone numbers.';
revoke all on function private.change_profile(uuid, jsonb, text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.get_my_profile()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return (
    select private.profile_document(c) || jsonb_build_object(
      'email', c.email,
      'erasure_asked_at', (select q.asked_at from public.erasure_requests as q where q.customer_id = c.id))
    from public.customers as c where c.id = private.require_customer());
end;
$$;
comment on function public.get_my_profile() is
  'Customer: own name, billing address, VAT number, e-mail address and phone, and when they asked for erasure.';
revoke all on function public.get_my_profile() from public, anon, authenticated, service_role;
grant execute on function public.get_my_profile() to authenticated;

create function public.update_my_profile(p_profile jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  -- Each change writes a row of the audit log, from which nothing can be deleted.
  c_limit constant integer := 20;
  v_customer uuid := private.require_customer();
begin
  if not (public.consume_rate_limit('profile', v_customer::text, c_limit, 3600) ->> 'allowed')::boolean then
    perform private.fail(429, 'rate_limited');
  end if;
  return private.change_profile(
    v_customer, p_profile, 'profile.changed_by_customer', null, (select auth.uid()), now())
    || (select jsonb_build_object('email', c.email) from public.customers as c where c.id = v_customer);
end;
$$;
comment on function public.update_my_profile(jsonb) is
  'Customer: changes own phone number, and name, billing address and VAT number for the invoices to come. Without a number the present one stays. Raises invalid_request, rate_limited.';
revoke all on function public.update_my_profile(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.update_my_profile(jsonb) to authenticated;

create function public.admin_get_profile(p_customer_id uuid)
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
  return private.profile_document(v_customer) || jsonb_build_object('email', v_customer.email);
end;
$$;
comment on function public.admin_get_profile(uuid) is
  'Admin with customers:view: name, phone number, billing address and VAT number of a customer. Raises not_found.';
revoke all on function public.admin_get_profile(uuid) from public, anon, authenticated, service_role;
grant execute on function public.admin_get_profile(uuid) to authenticated;

create function public.update_customer_profile(p_customer_id uuid, p_profile jsonb, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
begin
  v_actor := private.require_permission('orders:manage');
  perform private.refuse_own_account(p_customer_id, v_actor);
  return private.change_profile(
    p_customer_id, p_profile, 'profile.changed', private.trimmed_reason(p_reason), v_actor, now())
    || (select jsonb_build_object('email', c.email) from public.customers as c where c.id = p_customer_id);
exception when sqlstate 'PT403' then
  return private.refused_call('profile.change', 'customer', p_customer_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.update_customer_profile(uuid, jsonb, text) is
  'Admin with orders:manage: changes a customer''s name, phone number, billing address and VAT number, with a reason. Without a number the present one stays. Raises not_found, own_account, invalid_request.';
revoke all on function public.update_customer_profile(uuid, jsonb, text) from public, anon, authenticated, service_role;
grant execute on function public.update_customer_profile(uuid, jsonb, text) to authenticated;
