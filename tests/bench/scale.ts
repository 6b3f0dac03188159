import type { Sql } from "postgres";
import { ownStack } from "@/tests/support/own-stack";

interface Size {
  customers: number;
  invoices: number;
}

/** No call may take longer than this, in seconds. The data API stops one after 8 unless told otherwise. */
const LIMIT_SECONDS = 5;

/**
 * Customers with a service each, invoices for as many months as needed, a referral for every second
 * customer with its mails, all invoices paid, an audit row for each, and a log of the auth server with ten entries for
 * each.
 */
async function fill(sql: Sql, { customers, invoices }: Size): Promise<void> {
  const months = Math.ceil(invoices / customers);
  await sql.unsafe("set session_replication_role = replica");
  await sql.unsafe(`
    insert into public.service_packages (slug, name, monthly_price_cents) values ('scale', 'Scale', 79900);
    insert into auth.users (id, email, email_confirmed_at)
    select md5('user' || n)::uuid, 'user' || n || '@example.test', now() from generate_series(1, ${customers}) as n;
    insert into public.customers (id, auth_user_id, email, first_name, last_name, phone, referral_code, created_at)
    select md5('customer' || n)::uuid, md5('user' || n)::uuid, 'user' || n || '@example.test',
      'First' || translate((n % 997)::text, '0123456789', 'abcdefghij'), 'Last' || translate((n % 9973)::text, '0123456789', 'abcdefghij'), '+2782' || lpad(n::text, 7, '0'),
      'REF-' || translate(upper(lpad(to_hex(n), 8, '0')), 'ILOU', '0000'), now() - interval '2 years'
    from generate_series(1, ${customers}) as n;
    insert into public.orders (id, order_number, customer_id, package_id, status, activated_at, created_at)
    select md5('order' || n)::uuid, regexp_replace(upper(lpad(to_hex(n), 6, '0')), '^(...)', '\\1-'), md5('customer' || n)::uuid, p.id, 'active', now() - interval '2 years',
      now() - interval '2 years'
    from generate_series(1, ${customers}) as n, public.service_packages as p where p.slug = 'scale';
    insert into public.customer_services
      (id, customer_id, order_id, package_id, status, monthly_price_cents, activated_at, cancelled_at)
    select md5('service' || n)::uuid, md5('customer' || n)::uuid, md5('order' || n)::uuid, p.id,
      case when n % 1000 = 7 then 'cancelled' else 'active' end, 79900, now() - interval '2 years',
      case when n % 1000 = 7 then now() - interval '1 year' end
    from generate_series(1, ${customers}) as n, public.service_packages as p where p.slug = 'scale';
    insert into public.audit_log (created_at, action, entity_type, entity_id, customer_id)
    select now() - interval '2 years', 'order.activated', 'order', md5('order' || n), md5('customer' || n)::uuid
    from generate_series(1, ${customers}) as n;
    insert into public.billing_runs (id, period_start, period_end, as_of, status, settings_version, started_at, finished_at)
    select md5('run' || m)::uuid, p.first_day, (p.first_day + interval '1 month')::date, p.first_day, 'completed', 1,
      p.first_day, p.first_day
    from generate_series(1, ${months}) as m
    cross join lateral (select (date_trunc('month', now()) - m * interval '1 month')::date as first_day) as p;
    insert into public.customer_invoices
      (invoice_number, customer_id, service_id, run_id, period_start, period_end, vat_bps, price_cents, line_items,
       subtotal_cents, vat_cents, total_cents, amount_due_cents, seller, buyer, due_on, issued_at)
    select 'INV-2025-' || lpad(((m - 1) * ${customers} + n)::text, 9, '0'), md5('customer' || n)::uuid,
      md5('service' || n)::uuid, r.id, r.period_start, r.period_end, 1500, 79900,
      jsonb_build_array(jsonb_build_object('kind', 'service', 'description', 'Scale', 'amount_cents', 79900,
        'vat_cents', 10422, 'vat_bps', 1500, 'days', r.period_end - r.period_start, 'period_start', r.period_start)),
      69478, 10422, 79900, 79900, '{"name": "Seller"}', '{"name": "Buyer"}', r.period_start + 14, r.period_start
    from generate_series(1, ${months}) as m
    join public.billing_runs as r on r.id = md5('run' || m)::uuid
    cross join generate_series(1, ${customers}) as n;
    insert into public.invoice_series (series, year, last_number) values ('INV', 2025, ${months} * ${customers});
    insert into public.invoice_payments (invoice_id, customer_id, amount_cents, paid_on)
    select i.id, i.customer_id, i.amount_due_cents, i.due_on from public.customer_invoices as i;
    insert into public.invoice_settlements
      (invoice_id, customer_id, credited_cents, paid_cents, from_account_cents, outstanding_cents)
    select i.id, i.customer_id, 0, i.amount_due_cents, 0, 0 from public.customer_invoices as i;
    insert into public.customer_referrals
      (referrer_id, referral_code, referred_customer_id, referred_email, order_id, program_version, status,
       referred_at, activation_due_at, activated_at, qualifies_at, expired_at)
    select md5('customer' || (n / 4 + 1))::uuid, 'REF-00000001', md5('customer' || n)::uuid,
      'user' || n || '@example.test', md5('order' || n)::uuid, 1,
      case when n % 20 = 0 then 'pending' when n % 10 = 0 then 'expired' else 'active' end,
      now() - interval '60 days', now() - interval '1 day' * (n % 40 - 20),
      case when n % 10 <> 0 then now() - interval '40 days' end,
      case when n % 10 <> 0 then now() + interval '1 day' * (n % 60 - 20) end,
      case when n % 20 <> 0 and n % 10 = 0 then now() end
    from generate_series(101, ${customers}) as n where n % 2 = 0;
    insert into private.referral_tallies select * from private.counted_referrals;
    insert into public.notifications (template, recipient, customer_id, payload, status, dedupe_key)
    select 'referral_signup', 'user@example.test', r.referrer_id, '{}', 'sent', 'referral_signup:' || r.id
    from public.customer_referrals as r;
    insert into public.notifications (template, recipient, customer_id, payload, status, dedupe_key)
    select 'referral_activated', 'user@example.test', r.referrer_id, '{}', 'sent', 'referral_activated:' || r.id
    from public.customer_referrals as r where r.activated_at is not null;
    insert into public.audit_unsealed (audit_id) select l.id from public.audit_log as l;
    insert into auth.audit_log_entries (id, payload, created_at)
    select gen_random_uuid(), jsonb_build_object('action', 'login', 'actor_id', md5('user' || n % ${customers})::uuid), now()
    from generate_series(1, 10 * ${customers}) as n;
    insert into public.admin_users (auth_user_id, email, name, role)
    values (md5('user1')::uuid, 'user1@example.test', 'Bench', 'owner');
    insert into auth.sessions (id, user_id, created_at, updated_at)
    values (md5('session')::uuid, md5('user1')::uuid, now(), now());
    analyze;
  `);
  await sql.unsafe("set session_replication_role = origin");
}

const rounded = (seconds: number) => Math.round(seconds * 100) / 100;

/** Seconds of the longest call that seals a part of the audit log, until all of it is sealed. */
async function timeSeals(sql: Sql): Promise<number> {
  let longest = 0;
  for (let more = true; more; ) {
    const start = performance.now();
    const [row] = await sql<{ sealed: { more: boolean } }[]>`
      select public.seal_audit_log() as sealed`;
    longest = Math.max(longest, performance.now() - start);
    more = row?.sealed.more ?? false;
  }
  return rounded(longest / 1000);
}

/** Seconds of the longest call of each check of the invariants, as `npm run job -- verify` makes them. */
async function timeChecks(sql: Sql): Promise<Record<string, number>> {
  const [list] = await sql<{ checks: { check: string; slices: number }[] }[]>`
    select public.list_invariant_checks() as checks`;
  const seconds: Record<string, number> = {};
  for (const { check, slices } of list?.checks ?? []) {
    let longest = 0;
    for (let slice = 0; slice < slices; slice += 1) {
      const start = performance.now();
      await sql`select public.verify_invariants(${check}, ${slice}, ${slices})`;
      longest = Math.max(longest, performance.now() - start);
    }
    const name = slices === 1 ? `verify ${check}` : `verify ${check}, 1 of ${slices}`;
    seconds[name] = rounded(longest / 1000);
    console.error(`${name}: ${seconds[name]} s`);
  }
  return seconds;
}

/**
 * Seconds per call of the functions that grow with everything a provider has: the check of the
 * invariants, the dashboard's figures, an erasure, and one call of each job. Each is called once,
 * as a job calls it, with everything in memory.
 */
export async function benchScale(size: Size): Promise<object> {
  const own = await ownStack();
  const sql = own.connect(1);
  try {
    const began = performance.now();
    await fill(sql, size);
    const fillSeconds = rounded((performance.now() - began) / 1000);
    // Whoever erases signed in a moment ago.
    await sql`
      select set_config('request.jwt.claims', jsonb_build_object('role', 'authenticated',
        'sub', md5('user1')::uuid, 'session_id', md5('session')::uuid)::text, false)`;
    const calls: Record<string, () => PromiseLike<unknown>> = {
      metrics: () => sql`select public.get_program_metrics(365)`,
      erase_customer: () =>
        sql`select public.erase_customer(md5('customer1007')::uuid, 'Asked for it on the phone')`,
      forget_erased_accounts: () => sql`select public.forget_erased_accounts()`,
      qualify_referrals: () => sql`select public.qualify_referrals(now())`,
      expire_due: () => sql`select public.expire_due(now())`,
      read_billing_batch: () => sql`
        select public.read_billing_batch(date_trunc('month', now())::date, now(), null, null, 750)`,
      prune_operational_rows: () => sql`select public.prune_operational_rows()`,
    };
    const seconds: Record<string, number> = { seal_audit_log: await timeSeals(sql) };
    await sql`analyze public.audit_chain`;
    Object.assign(seconds, await timeChecks(sql));
    for (const [name, call] of Object.entries(calls)) {
      const start = performance.now();
      await call();
      seconds[name] = rounded((performance.now() - start) / 1000);
      console.error(`${name}: ${seconds[name]} s`);
    }
    console.table(seconds);
    const slow = Object.keys(seconds).filter((name) => (seconds[name] ?? 0) > LIMIT_SECONDS);
    if (slow.length > 0) {
      throw new Error(`longer than ${LIMIT_SECONDS} s: ${slow.join(", ")}`);
    }
    return { bench: "scale", ...size, fill_seconds: fillSeconds, seconds };
  } finally {
    await own.stop();
  }
}
