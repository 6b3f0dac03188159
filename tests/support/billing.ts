import type { Sql } from "postgres";
import type { Supabase } from "@/lib/supabase/clients";

export interface InvoiceRow {
  id: string;
  invoice_number: string;
  customer_id: string;
  service_id: string;
  period_start: string;
  line_items: { kind: string; description: string; amount_cents: number }[];
  subtotal_cents: number;
  vat_cents: number;
  total_cents: number;
  amount_due_cents: number;
  is_free_month: boolean;
  referral_reward_id: string | null;
  amount_waived_cents: number;
  buyer: Record<string, unknown>;
  seller: Record<string, unknown>;
  due_on: string;
  issued_at: string;
}

/** Invoices as JSON documents in the order of their numbers: all, or those of one customer. */
export async function invoicesOf(
  sql: Sql,
  customerId: string | null = null,
): Promise<InvoiceRow[]> {
  const rows = await sql<{ invoice: InvoiceRow }[]>`
    select to_jsonb(i) as invoice from public.customer_invoices as i
    where ${customerId}::uuid is null or i.customer_id = ${customerId}
    order by i.invoice_number`;
  return rows.map(({ invoice }) => invoice);
}

/** Every broken invariant; a sound database has none. */
export async function violations(sql: Sql): Promise<unknown[]> {
  const [row] = await sql<{ details: unknown[] }[]>`
    select public.verify_invariants() -> 'details' as details`;
  return row?.details ?? ["verify_invariants said nothing"];
}

/** Ends every service, so that later billing runs in this database do not see them. */
export async function endAllServices(sql: Sql): Promise<void> {
  await sql`
    update public.customer_services set status = 'cancelled', cancelled_at = activated_at
    where status = 'active'`;
}

/** Number of rows of every table of the product. */
export async function rowCounts(sql: Sql): Promise<Record<string, number>> {
  const tables = await sql<{ name: string }[]>`
    select c.relname as name from pg_catalog.pg_class as c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by 1`;
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const [row] = await sql<{ n: number }[]>`select count(*)::int as n from public.${sql(name)}`;
    counts[name] = row?.n ?? -1;
  }
  return counts;
}

type Answer = { data: unknown; error: unknown; status: number };

/** A client whose calls pass through `around`, which may act before or after, or answer itself. */
export function intercepted<C extends Supabase>(
  client: C,
  around: (name: string, call: () => Promise<Answer>) => Promise<Answer>,
): C {
  return new Proxy(client, {
    get(target, property) {
      if (property !== "rpc") return Reflect.get(target, property);
      return (name: never, args: never) =>
        around(name, async () => (await target.rpc(name, args)) as Answer);
    },
  });
}

/** What supabase-js answers when nobody listens. */
export const UNREACHABLE: Answer = {
  data: null,
  error: { message: "TypeError: fetch failed", code: "" },
  status: 0,
};

/** Many customers with one active service each, in two statements. Returns their ids in order. */
export async function manyCustomers(
  sql: Sql,
  count: number,
  { priceCents = 79_900, activatedAt = "2026-02-01T08:00:00Z" } = {},
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    with package as (
      insert into public.service_packages (slug, name, monthly_price_cents)
      values ('p-' || gen_random_uuid(), 'Fibre 100/50', ${priceCents}) returning id
    ), people as (
      insert into public.customers (email, first_name, last_name, created_at)
      select 'c-' || gen_random_uuid() || '@customers.test', 'Thandi', 'Dlamini', ${activatedAt}
      from generate_series(1, ${count}) returning id
    ), services as (
      insert into public.customer_services
        (customer_id, package_id, status, monthly_price_cents, activated_at)
      select people.id, package.id, 'active', ${priceCents}, ${activatedAt} from people, package
    )
    select id from people order by id`;
  return rows.map(({ id }) => id);
}
