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
