import type { Sql } from "postgres";
import { ADDRESS_KEY_VERSION } from "@/lib/identity/address";

/** Homes of a large building share their house number. */
const BUILDINGS_PER_CODE = 5;
/** Carriers put very many people behind one address. */
const CARRIER_ADDRESSES = 50;

/**
 * Customers beside those of the labelled world, so that indexes and plans are those of a large
 * provider: each with an order, a service and an invoice, 1,200 postal codes, every fifth home in a
 * building with many, every third order through a carrier's shared address, and a referral for
 * every fifth customer. They share no person and no home with the world.
 */
export async function addCrowd(sql: Sql, customers: number): Promise<void> {
  if (customers === 0) return;
  const version = ADDRESS_KEY_VERSION;
  await sql.unsafe("set session_replication_role = replica");
  await sql.unsafe(`
    create temporary table crowd as
    select n, md5('crowd' || n)::uuid as id, md5('crowd order' || n)::uuid as order_id,
      'c' || n || '@crowd.example' as email, '+2760' || lpad(n::text, 7, '0') as phone,
      lpad((n % 1200 + 1)::text, 4, '0') as code,
      case when n % 5 = 0 then n / 1200 % ${BUILDINGS_PER_CODE} * 10 + 1 else n / 1200 % 400 + 1 end as number,
      case when n % 5 = 0 then n / 6000 + 1 end as unit,
      (array['Protea', 'Kloof', 'Acacia', 'Church', 'Market', 'Station', 'Park', 'Ridge'])[n / 97 % 8 + 1] as street,
      ('10.' || case when n % 3 = 0 then '200.0.' || n % ${CARRIER_ADDRESSES}
        else (n >> 16) % 200 || '.' || (n >> 8) % 256 || '.' || n % 256 end)::inet as ip,
      now() - interval '1 minute' * (n * 7919::bigint % 1000000) as at
    from generate_series(1, ${customers}) as n;
    alter table crowd add column address jsonb, add column key text, add column near_keys text[];
    update crowd set
      address = jsonb_build_object('line1', coalesce('Unit ' || unit || ', ', '') || number || ' ' || street || ' Road',
        'suburb', 'Suburb ' || code, 'city', 'Johannesburg', 'postal_code', code),
      key = concat_ws('|', '${version}', code, 'suburb' || code, lower(street), 'road', number, coalesce(unit::text, '')),
      near_keys = array['n|${version}|' || code || '|' || number,
        'c|${version}|' || code || '|' || lower(street) || 'road|' || number];
    insert into public.service_packages (slug, name, monthly_price_cents) values ('crowd', 'Crowd', 79900);
    insert into public.customers
      (id, email, mailbox, first_name, last_name, phone, referral_code, address, address_key, address_near_keys, created_at)
    select id, email, email, (array['Thandi', 'Lerato', 'Pieter', 'Aisha', 'Sipho'])[n % 5 + 1],
      (array['Nkosi', 'Botha', 'Naidoo', 'Mokoena', 'Smith', 'Dlamini', 'Jacobs'])[n % 7 + 1], phone,
      'CRWD-' || translate(upper(lpad(to_hex(n), 8, '0')), 'ILOU', '0000'), address, key, near_keys, at
    from crowd;
    insert into public.orders
      (id, order_number, customer_id, package_id, status, installation_address, address_key, address_near_keys,
       ip_address, user_agent, activated_at, created_at)
    select order_id, upper(lpad(to_hex(n >> 12), 3, '0') || '-' || lpad(to_hex(n % 4096), 3, '0')), crowd.id, p.id, 'active',
      address, key, near_keys, ip, 'Mozilla/5.0 (Linux; Android 10; K)', at, at
    from crowd, public.service_packages as p where p.slug = 'crowd';
    insert into public.customer_services
      (customer_id, order_id, package_id, status, monthly_price_cents, activated_at, cancelled_at)
    select crowd.id, order_id, p.id, case when n % 10 = 7 then 'cancelled' else 'active' end, 79900, at,
      case when n % 10 = 7 then at + interval '1 day' end
    from crowd, public.service_packages as p where p.slug = 'crowd';
    insert into public.customer_invoices
      (invoice_number, customer_id, service_id, period_start, period_end, issued_at, due_on, vat_bps, price_cents,
       subtotal_cents, vat_cents, total_cents, amount_due_cents, seller, buyer, line_items)
    select 'CROWD-' || s.id, s.customer_id, s.id, '2024-07-01', '2024-08-01', '2024-07-01T08:00:00Z', '2024-07-31',
      1500, 79900, 69478, 10422, 79900, 79900, '{}', '{}',
      '[{"kind": "charge", "description": "Fibre", "quantity": 1, "amount_cents": 79900}]'
    from public.customer_services as s join crowd on crowd.id = s.customer_id;
    insert into public.invoice_payments (invoice_id, customer_id, amount_cents, paid_on)
    select i.id, i.customer_id, i.amount_due_cents, i.due_on
    from public.customer_invoices as i join crowd on crowd.id = i.customer_id;
    insert into public.customer_referrals
      (referrer_id, referral_code, referred_customer_id, referred_email, referred_mailbox, order_id, program_version,
       status, ip_address, user_agent, referred_at, activation_due_at, activated_at, qualifies_at)
    select md5('crowd' || n / 20 + 1)::uuid, 'CRWD-00000001', id, email, email, order_id, 1, 'active', ip,
      'Mozilla/5.0 (Linux; Android 10; K)', at, at + interval '30 days', at, at + interval '30 days'
    from crowd where n % 5 = 1 and n > 1;
    drop table crowd;
    analyze;
  `);
  await sql.unsafe("set session_replication_role = origin");
}
