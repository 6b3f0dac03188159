import type { Sql } from "postgres";
import { ownStack } from "@/tests/support/own-stack";
import { type Latency, latencyOf } from "./latency";
import { readPlans } from "./plans";

interface Size {
  customers: number;
  /** Measured calls per function. */
  rounds: number;
}

/** Customers with a service each; half of them were referred, many by the first customer. */
async function fill(sql: Sql, customers: number): Promise<void> {
  await sql.unsafe("set session_replication_role = replica");
  await sql.unsafe(`
    insert into public.service_packages (slug, name, monthly_price_cents) values ('bench', 'Bench', 79900);
    insert into auth.users (id, email)
    select md5('user' || n)::uuid, 'user' || n || '@example.test' from generate_series(1, 100) as n;
    insert into public.customers (id, auth_user_id, email, first_name, last_name, phone, referral_code, created_at)
    select md5('customer' || n)::uuid, case when n <= 100 then md5('user' || n)::uuid end,
      'user' || n || '@example.test', 'First' || translate((n % 997)::text, '0123456789', 'abcdefghij'), 'Last' || translate((n % 9973)::text, '0123456789', 'abcdefghij'), '+2782' || lpad(n::text, 7, '0'),
      'REF-' || translate(upper(lpad(to_hex(n), 8, '0')), 'ILOU', '0000'), now() - n * interval '1 minute'
    from generate_series(1, ${customers}) as n;
    insert into public.orders (id, order_number, customer_id, package_id, status, activated_at, created_at)
    select md5('order' || n)::uuid, regexp_replace(upper(lpad(to_hex(n), 6, '0')), '^(...)', '\\1-'), md5('customer' || n)::uuid, p.id, 'active', now() - interval '90 days',
      now() - n * interval '1 minute'
    from generate_series(1, ${customers}) as n, public.service_packages as p where p.slug = 'bench';
    insert into public.customer_services (customer_id, order_id, package_id, status, monthly_price_cents, activated_at)
    select md5('customer' || n)::uuid, md5('order' || n)::uuid, p.id, 'active', 79900, now() - interval '90 days'
    from generate_series(1, ${customers}) as n, public.service_packages as p where p.slug = 'bench';
    insert into public.customer_referrals
      (referrer_id, referral_code, referred_customer_id, referred_email, order_id, program_version, status,
       referred_at, activation_due_at, activated_at, qualifies_at)
    select md5('customer' || (case when n % 50 = 0 then 1 else n / 4 end))::uuid, 'REF-00000001',
      md5('customer' || n)::uuid, 'user' || n || '@example.test', md5('order' || n)::uuid, 1, 'active',
      now() - n * interval '1 minute', now() + interval '30 days', now() - interval '10 days',
      now() + (n % 60 - 20) * interval '1 day'
    from generate_series(101, ${customers}) as n where n % 2 = 0;
    insert into public.referral_flags (referral_id, signal, severity, weight)
    select r.id, 'shared_ip', 'flag', 5 from public.customer_referrals as r where right(r.id::text, 2) = '00';
    insert into private.referral_tallies select * from private.counted_referrals;
    insert into public.admin_users (auth_user_id, email, name, role)
    values (md5('user1')::uuid, 'user1@example.test', 'Bench', 'owner');
  `);
  await sql.unsafe("set session_replication_role = origin");
  // As autovacuum leaves a database that has run for a while: indexes answer alone what they hold.
  await sql.unsafe("vacuum analyze");
}

/** The end of a name of the fill: its digits are letters. */
const inLetters = (n: number) => String(n).replace(/\d/g, (digit) => "abcdefghij".charAt(+digit));

/** The functions behind the hot pages. Each search is for another name. */
const CALLS: Readonly<Record<string, (n: number) => string>> = {
  dashboard: () => "select public.get_my_dashboard()",
  friends: () => "select public.list_my_referrals(null, 20)",
  balance: () => "select public.get_my_balance()",
  validate_code: () => "select public.validate_referral_code('REF-00000001')",
  admin_customers: () => "select public.admin_list_customers()",
  admin_customer_search: (n) => `select public.admin_list_customers('last${inLetters(n)}')`,
  admin_search: (n) => `select public.admin_search('last${inLetters(n)}')`,
  admin_customer: () => "select public.admin_get_customer_referrals(md5('customer1')::uuid)",
  admin_customer_record: () => "select public.admin_get_customer(md5('customer1')::uuid)",
  admin_referrals: () => "select public.admin_list_referrals()",
  review_queue: () => "select public.get_review_queue()",
  admin_orders: () => "select public.admin_list_orders('active')",
};

const rounded = (ms: number) => Math.round(ms * 100) / 100;

/**
 * Latency of the functions behind the hot pages, called one at a time over one connection, with
 * the claims of a signed-in person. The first customer refers every 50th of all customers.
 */
export async function benchReads(size: Size): Promise<object> {
  const own = await ownStack();
  const sql = own.connect(1);
  try {
    const began = performance.now();
    await fill(sql, size.customers);
    const fillSeconds = rounded((performance.now() - began) / 1000);
    const [{ user } = { user: "" }] = await sql<
      { user: string }[]
    >`select md5('user1')::uuid as user`;
    // The claims of a request, as the data API sets them.
    await sql`select set_config('request.jwt.claims', ${JSON.stringify({ sub: user, role: "authenticated" })}, false)`;
    const latencies: Record<string, Latency> = {};
    for (const [name, call] of Object.entries(CALLS)) {
      latencies[name] = await latencyOf(size.rounds, (n) => sql.unsafe(call(n)));
    }
    console.table(latencies);
    const plans = await readPlans(
      own.stack.dbUrl,
      { sub: user, role: "authenticated" },
      Object.fromEntries(Object.entries(CALLS).map(([name, call]) => [name, call(1)])),
    );
    for (const [name, { indexes, scanned }] of Object.entries(plans)) {
      console.log(
        `${name}: ${indexes.join(", ")}${scanned.length > 0 ? `; READ WHOLE: ${scanned.join(", ")}` : ""}`,
      );
    }
    return { bench: "reads", ...size, fill_seconds: fillSeconds, latencies, plans };
  } finally {
    await own.stop();
  }
}
