import type { Sql } from "postgres";
import { ownStack } from "@/tests/support/own-stack";
import { type Latency, latencyOf } from "./latency";

interface Size {
  customers: number;
  referrals: number;
  invoices: number;
  audit: number;
  /** Measured calls per function. */
  rounds: number;
}

const FIRST_NAMES =
  "Thandi Lerato Sipho Nomsa Zoë Johan Pieter Anneke Fatima Yusuf Priya Naledi Karabo Bongani Chantelle Riaan Zanele Imraan Kavitha Werner Dineo Themba Ayanda Lindiwe Mpho Kagiso Tshepo Nandi Sizwe Busisiwe Refilwe Palesa Katlego Lwazi Siyabonga Amahle Unathi Vuyo Xolani Zodwa Bianca Carel Deon Elmarie Francois Gerhard Hendrik Ilze Jaco Karin";
const LAST_NAMES =
  "Nkosi Dlamini Botha Naidoo Mokoena van_der_Merwe Pillay Khumalo Ndlovu Sithole Mahlangu Zulu Molefe Govender Adams Maharaj Coetzee Nqakula Qwabe Moloi Dvořák Müller Smith Jacobs Petersen Abrahams Williams Davids Fortuin Isaacs";

/** The tables that are filled, whose indexes are made when all their rows are there. */
const FILLED = [
  "customers",
  "orders",
  "customer_services",
  "customer_referrals",
  "referral_visits",
  "referral_rewards",
  "customer_invoices",
  "invoice_settlements",
  "audit_log",
];

/** Fills tables faster: without their indexes, which are made afterwards. */
async function withoutIndexes(sql: Sql, fill: () => Promise<void>): Promise<void> {
  const indexes = await sql<{ name: string; definition: string }[]>`
    select format('%I.%I', n.nspname, i.relname) as name, pg_get_indexdef(x.indexrelid) as definition
    from pg_catalog.pg_index as x
    join pg_catalog.pg_class as i on i.oid = x.indexrelid
    join pg_catalog.pg_class as t on t.oid = x.indrelid
    join pg_catalog.pg_namespace as n on n.oid = i.relnamespace
    where n.nspname = 'public' and t.relname in ${sql(FILLED)}
      and not exists (select 1 from pg_catalog.pg_constraint as c where c.conindid = x.indexrelid)`;
  for (const { name } of indexes) await sql.unsafe(`drop index ${name}`);
  await fill();
  await sql`set maintenance_work_mem = '512MB'`;
  for (const { definition } of indexes) await sql.unsafe(definition);
}

/**
 * Customers over two years with a service each and names of which some are common; the newest of them
 * referred by others; free months, visits, invoices that are paid, and an audit log.
 */
async function fill(sql: Sql, { customers, referrals, invoices, audit }: Size): Promise<void> {
  const months = Math.ceil(invoices / customers);
  const at = (n: string) => `now() - interval '730 days' * (${n}::double precision / ${customers})`;
  await sql.unsafe("set session_replication_role = replica; set synchronous_commit = off");
  await sql.unsafe(
    "insert into public.service_packages (slug, name, monthly_price_cents) values ('small', 'Small', 79900), ('big', 'Big', 129900)",
  );
  const packageOf = (n: string) =>
    `(select p.id from public.service_packages as p where p.slug = case when ${n} % 3 = 0 then 'big' else 'small' end)`;
  await withoutIndexes(sql, async () => {
    await sql.unsafe(`
      insert into auth.users (id, email) values (md5('user1')::uuid, 'user1@example.test');
      insert into public.customers (id, auth_user_id, email, first_name, last_name, phone, referral_code, created_at)
      select md5('customer' || n)::uuid, case when n = 1 then md5('user1')::uuid end, 'user' || n || '@example.test',
        f.names[1 + (hashint4(n) & 1048575) % cardinality(f.names)],
        replace(l.names[1 + (hashint4(n + 7) & 1048575) % cardinality(l.names)], '_', ' ')
          || case when n % 4 <> 0 then '-' || initcap(translate(substr(md5(n::text), 1, 5), '0123456789', 'ghijklmnop')) else '' end,
        '+2782' || lpad((n::bigint * 7919 % 10000000)::text, 7, '0'),
        'REF-' || upper(lpad(to_hex(n * 2654435761 % 4294967296), 8, '0')), ${at("n")}
      from generate_series(1, ${customers}) as n,
        (select string_to_array('${FIRST_NAMES}', ' ') as names) as f,
        (select string_to_array('${LAST_NAMES}', ' ') as names) as l;
      insert into public.orders (id, order_number, customer_id, package_id, status, activated_at, created_at)
      select md5('order' || n)::uuid, regexp_replace(upper(lpad(to_hex(n), 6, '0')), '^(...)', '\\1-'),
        md5('customer' || n)::uuid, ${packageOf("n")},
        case when n < 200 then 'pending' else 'active' end,
        case when n >= 200 then ${at("n")} + interval '5 days' end, ${at("n")}
      from generate_series(1, ${customers}) as n;
      insert into public.customer_services
        (id, customer_id, order_id, package_id, status, monthly_price_cents, activated_at, cancelled_at)
      select md5('service' || n)::uuid, md5('customer' || n)::uuid, md5('order' || n)::uuid, ${packageOf("n")},
        case when n < 200 then 'pending' when n % 10 = 7 then 'cancelled' else 'active' end,
        case when n % 3 = 0 then 129900 else 79900 end, case when n >= 200 then ${at("n")} + interval '5 days' end,
        case when n >= 200 and n % 10 = 7 then ${at("n")} + interval '5 days' + (now() - ${at("n")}) / 2 end
      from generate_series(1, ${customers}) as n`);
    await sql.unsafe(`
      insert into public.customer_referrals
        (id, referrer_id, referral_code, referred_customer_id, referred_email, order_id, program_version, status, source, via,
         visited_at, referred_at, activation_due_at, activated_at, qualifies_at, qualified_at)
      select md5('referral' || n)::uuid, md5('customer' || (1 + n * 31 % ${customers}))::uuid, 'REF-00000001', md5('customer' || n)::uuid,
        'user' || n || '@example.test', md5('order' || n)::uuid, 1,
        case when n < 200 then 'pending' when ${at("n")} < now() - interval '40 days' then 'qualified' else 'active' end,
        case n % 4 when 0 then 'typed' else 'link' end, (array['whatsapp', 'qr', null, 'email'])[1 + n % 4],
        ${at("n")} - interval '2 hours' * (n % 30), ${at("n")}, ${at("n")} + interval '90 days',
        case when n >= 200 then ${at("n")} + interval '5 days' end, case when n >= 200 then ${at("n")} + interval '35 days' end,
        case when n >= 200 and ${at("n")} < now() - interval '40 days' then ${at("n")} + interval '35 days' end
      from generate_series(1, ${referrals}) as n where n % 50 <> 0;
      insert into public.referral_visits (visitor_id, referrer_id, referral_code, via, visited_at)
      select md5('visitor' || n)::uuid, md5('customer' || (1 + n * 31 % ${customers}))::uuid, 'REF-00000001',
        (array['whatsapp', 'qr', null, 'email'])[1 + n % 4], ${at("n")} - interval '2 hours' * (n % 30)
      from generate_series(1, ${customers}) as n;
      insert into public.referral_rewards
        (id, customer_id, status, source, referrals_required, expires_at, created_at, applied_at, applied_invoice_id, amount_waived_cents)
      select md5('reward' || n)::uuid, md5('customer' || (1 + n * 31 % ${customers}))::uuid,
        case when n % 5 = 0 then 'pending' else 'applied' end, 'earned', 2, date_trunc('day', ${at("n")} + interval '400 days'),
        ${at("n")} + interval '36 days', case when n % 5 <> 0 then ${at("n")} + interval '37 days' end,
        case when n % 5 <> 0 then md5('invoice' || n)::uuid end, case when n % 5 <> 0 then 79900 end
      from generate_series(${Math.ceil(customers / 15)}, ${referrals}, 8) as n`);
    await sql.unsafe(`
      update public.customer_referrals as r set reward_id = w.id
      from generate_series(${Math.ceil(customers / 15)}, ${referrals}, 8) as n, public.referral_rewards as w
      where r.id in (md5('referral' || n)::uuid, md5('referral' || (n + 1))::uuid) and w.id = md5('reward' || n)::uuid
        and r.status = 'qualified';
      insert into private.referral_tallies select * from private.counted_referrals`);
    await sql.unsafe(`
      insert into public.billing_runs (id, period_start, period_end, as_of, status, settings_version, started_at, finished_at)
      select md5('run' || m)::uuid, p.first_day, (p.first_day + interval '1 month')::date, p.first_day, 'completed', 1,
        p.first_day, p.first_day
      from generate_series(1, ${months}) as m
      cross join lateral (select (date_trunc('month', now()) - m * interval '1 month')::date as first_day) as p;
      insert into public.customer_invoices
        (id, invoice_number, customer_id, service_id, run_id, period_start, period_end, vat_bps, price_cents, line_items,
         subtotal_cents, vat_cents, total_cents, amount_due_cents, seller, buyer, due_on, issued_at)
      select md5('invoice' || m || ' ' || n)::uuid, 'INV-2025-' || to_char((m - 1) * ${customers} + n, 'FM000000000'), md5('customer' || n)::uuid,
        md5('service' || n)::uuid, r.id, r.period_start, r.period_end, 1500, 79900,
        jsonb_build_array(jsonb_build_object('kind', 'service', 'description', 'Small', 'amount_cents', 79900,
          'vat_cents', 10422, 'vat_bps', 1500, 'days', r.period_end - r.period_start, 'period_start', r.period_start)),
        69478, 10422, 79900, 79900, '{"name": "Seller"}', '{"name": "Buyer"}', r.period_start + 14, r.period_start
      from generate_series(1, ${months}) as m
      join public.billing_runs as r on r.id = md5('run' || m)::uuid
      cross join generate_series(1, ${customers}) as n
      where (m - 1) * ${customers} + n <= ${invoices};
      insert into public.invoice_series (series, year, last_number) values ('INV', 2025, ${invoices});
      insert into public.invoice_settlements
        (invoice_id, customer_id, credited_cents, paid_cents, from_account_cents, outstanding_cents)
      select i.id, i.customer_id, 0, i.amount_due_cents, 0, 0 from public.customer_invoices as i;
      insert into public.audit_log (created_at, action, entity_type, entity_id, customer_id)
      select now() - interval '730 days' * (n::double precision / ${audit}), 'order.activated', 'order', md5('order' || n),
        md5('customer' || (1 + n % ${customers}))::uuid
      from generate_series(1, ${audit}) as n`);
  });
  await sql.unsafe(`
    insert into public.admin_users (auth_user_id, email, name, role)
    values (md5('user1')::uuid, 'user1@example.test', 'Bench', 'owner');
    insert into auth.sessions (id, user_id, created_at, updated_at)
    values (md5('session')::uuid, md5('user1')::uuid, now(), now())`);
  await sql.unsafe("vacuum analyze");
  await sql.unsafe("set session_replication_role = origin");
}

/** What people on the phone say: common and rare, parts, digits, codes and numbers. */
function searches(customers: number): string[] {
  return [
    "thandi",
    "nkosi",
    "than",
    "zoe dvo",
    "dvořák zoë",
    "merwe johan",
    "nkosi thandi",
    "a",
    "mu",
    "khum lind",
    "9876",
    "082 123",
    "user4711@",
    `user${customers}`,
    "ref-1a",
    "7c9d",
    "INV-2025-000000042",
    "4711",
    "00000F",
    "nobody at all",
  ];
}

/** The lists: a page with its total has 100 ms, in every order and under every filter. */
const LISTS = [
  "customers_by_name",
  "customers_later_by_name",
  "customer_head",
  "customer_audit",
  "work",
  "referrals",
  "referrals_oldest",
  "referrals_of_days",
  "orders",
  "orders_oldest",
  "orders_back",
  "invoices",
  "invoices_oldest",
  "invoices_of_cycle",
  "invoices_of_run",
  "invoices_of_customer",
  "completions",
  "audit",
  "audit_of_noun",
  "audit_of_rare",
  "audit_of_days",
];

/**
 * Latency of what the admin area reads, one call at a time over one connection, with the claims of a
 * signed-in owner. Fails when a search is above
 * 50 ms, a page of a list above 100 ms, or the figures of a year above 200 ms, at p95.
 */
export async function benchAdmin(size: Size): Promise<object> {
  const own = await ownStack();
  const sql = own.connect(1);
  try {
    const began = performance.now();
    const seconds = () => Math.round((performance.now() - began) / 100) / 10;
    await fill(sql, size);
    console.error(`filled after ${seconds()} s`);
    const beforeFacts = seconds();
    await sql`select public.rebuild_program_days()`;
    await sql`select public.refresh_program_days()`;
    await sql.unsafe("vacuum analyze");
    const rebuildSeconds = Math.round((seconds() - beforeFacts) * 10) / 10;
    console.error(`facts rebuilt in ${rebuildSeconds} s`);
    await sql`
      select set_config('request.jwt.claims', jsonb_build_object('role', 'authenticated',
        'sub', md5('user1')::uuid, 'session_id', md5('session')::uuid)::text, false)`;
    const texts = searches(size.customers);
    const text = (n: number) => texts[n % texts.length] ?? "";
    const someone = (n: number) => `customer${1 + ((n * 7919) % size.customers)}`;
    const calls: Record<string, (n: number) => Promise<unknown>> = {
      search: (n) => sql`select public.admin_search(${text(n)})`,
      customers_searched: (n) =>
        sql`select public.admin_list_customers(${text(n)}, p_count => true)`,
      customers: () => sql`select public.admin_list_customers(p_count => true)`,
      customers_by_name: () =>
        sql`select public.admin_list_customers(p_sort => 'full_name', p_count => true)`,
      customers_later_by_name: (n) => sql`
        select public.admin_list_customers(p_sort => '-full_name', p_count => true, p_backward => true,
          p_cursor_at => now(), p_cursor_id => md5(${someone(n)})::uuid)`,
      customer_head: (n) => sql`select public.admin_get_customer_head(md5(${someone(n)})::uuid)`,
      customer_audit: (n) => sql`
        select public.admin_list_customer_record(md5(${someone(n)})::uuid, 'audit', p_count => true)`,
      work: () => sql`select public.get_work_counts()`,
      customer: (n) => sql`select public.admin_get_customer(md5(${someone(n)})::uuid)`,
      metrics_year: () => sql`select public.get_program_metrics(365)`,
      metrics_month: () => sql`select public.get_program_metrics(30)`,
      top_referrers_month: () => sql`select public.get_top_referrers(30)`,
      top_referrers_year: () => sql`select public.get_top_referrers(365)`,
      referrals: () =>
        sql`select public.admin_list_referrals(p_with_facts => true, p_count => true)`,
      referrals_oldest: () => sql`
        select public.admin_list_referrals(p_with_facts => true, p_count => true, p_sort => 'referred_at')`,
      referrals_of_days: () => sql`
        select public.admin_list_referrals(p_with_facts => true, p_count => true,
          p_from => current_date - 90, p_to => current_date - 60)`,
      orders: () => sql`select public.admin_list_orders('pending', p_count => true)`,
      orders_oldest: () =>
        sql`select public.admin_list_orders(p_sort => 'created_at', p_count => true)`,
      orders_back: (n) => sql`
        select public.admin_list_orders(p_count => true, p_backward => true,
          p_cursor_at => now() - interval '400 days', p_cursor_id => md5(${`order${n}`})::uuid)`,
      invoices: () => sql`select public.admin_list_invoices(p_count => true)`,
      invoices_oldest: () =>
        sql`select public.admin_list_invoices(p_sort => 'issued_at', p_count => true)`,
      invoices_of_cycle: () => sql`
        select public.admin_list_invoices(p_count => true,
          p_cycle => (date_trunc('month', now()) - interval '3 months')::date)`,
      invoices_of_run: () =>
        sql`select public.admin_list_invoices(p_count => true, p_run_id => md5('run3')::uuid)`,
      invoices_of_customer: (n) => sql`
        select public.admin_list_invoices(p_count => true, p_customer_id => md5(${someone(n)})::uuid)`,
      completions: () =>
        sql`select public.admin_list_invoices(null, 'completion', p_count => true)`,
      audit: () => sql`select public.list_audit(p_count => true)`,
      audit_of_noun: () => sql`select public.list_audit(p_action => 'order', p_count => true)`,
      audit_of_rare: () => sql`select public.list_audit(p_action => 'reward', p_count => true)`,
      audit_of_days: () => sql`
        select public.list_audit(p_from => (current_date - 400)::text, p_to => (current_date - 390)::text,
          p_count => true)`,
      dashboard: () => sql`select public.get_my_dashboard()`,
    };
    const latencies: Record<string, Latency> = {};
    for (const [name, call] of Object.entries(calls)) {
      const rounds = name.startsWith("top_") ? Math.min(size.rounds, 10) : size.rounds;
      latencies[name] = await latencyOf(rounds, call);
      console.error(`${name}: ${JSON.stringify(latencies[name])}`);
    }
    for (const q of texts) {
      const { p50_ms } = await latencyOf(5, () => sql`select public.admin_search(${q})`);
      console.error(`search ${JSON.stringify(q)}: ${p50_ms} ms`);
    }
    console.table(latencies);
    const limits: Record<string, number> = {
      ...Object.fromEntries(LISTS.map((name) => [name, 100])),
      search: 50,
      metrics_year: 200,
    };
    const slow = Object.entries(limits).filter(
      ([name, limit]) => (latencies[name]?.p95_ms ?? 0) > limit,
    );
    if (slow.length > 0) {
      throw new Error(
        `too slow: ${slow.map(([name, limit]) => `${name} above ${limit} ms`).join(", ")}`,
      );
    }
    return { bench: "admin", ...size, rebuild_seconds: rebuildSeconds, latencies };
  } finally {
    await own.stop();
  }
}
