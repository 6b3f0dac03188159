/** What tests read from the database, and how they read it. */
import type { ISql } from "postgres";
import { z } from "zod";

/** A pool or one transaction of it. */
export type Queries = ISql;

/** The only row of a result. */
export function one<T>(rows: readonly T[]): T {
  const [row, ...rest] = rows;
  if (row === undefined || rest.length > 0) throw new Error(`${rows.length} rows, not one`);
  return row;
}

export async function countOf(rows: PromiseLike<readonly { n: number }[]>): Promise<number> {
  return one(await rows).n;
}

/** How many mails of a template were queued for a customer. */
export async function mailCount(
  sql: Queries,
  template: string,
  customerId: string,
): Promise<number> {
  return countOf(sql<{ n: number }[]>`
    select count(*)::integer as n from public.notifications
    where template = ${template} and customer_id = ${customerId}`);
}

/** How many refused attempts of somebody at an action are in the audit log. */
export async function refusalsOf(sql: Queries, userId: string, action: string): Promise<number> {
  return countOf(sql<{ n: number }[]>`
    select count(*)::integer as n from public.audit_log
    where actor_id = ${userId} and action = 'access.refused' and reason = ${action}`);
}

export interface ReferralRow {
  id: string;
  status: string;
  status_reason: string | null;
  source: string;
  referred_at: Date;
  activation_due_at: Date;
  activated_at: Date | null;
  qualifies_at: Date | null;
  qualified_at: Date | null;
  reward_id: string | null;
  program_version: number;
}

/** The referral that an order made, or null when it made none. */
export async function findReferral(sql: Queries, orderId: string): Promise<ReferralRow | null> {
  const rows = await sql<ReferralRow[]>`
    select * from public.customer_referrals where order_id = ${orderId}`;
  return rows.length === 0 ? null : one(rows);
}

/** The referral that an order made. Fails when it made none. */
export async function referralOf(sql: Queries, orderId: string): Promise<ReferralRow> {
  const referral = await findReferral(sql, orderId);
  if (!referral) throw new Error("the order made no referral");
  return referral;
}

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
  sql: Queries,
  customerId: string | null = null,
): Promise<InvoiceRow[]> {
  const rows = await sql<{ invoice: InvoiceRow }[]>`
    select to_jsonb(i) as invoice from public.customer_invoices as i
    where ${customerId}::uuid is null or i.customer_id = ${customerId}
    order by i.invoice_number`;
  return rows.map(({ invoice }) => invoice);
}

const verdictSchema = z.object({
  violations: z.number(),
  details: z.array(z.object({ invariant: z.number(), rule: z.string(), entity: z.string() })),
});

/** The verdict of `verify_invariants`. */
export async function verify(sql: Queries): Promise<z.infer<typeof verdictSchema>> {
  const row = one(await sql<{ verdict: unknown }[]>`select public.verify_invariants() as verdict`);
  return verdictSchema.parse(row.verdict);
}

/** Every broken invariant; a sound database has none. */
export const violations = async (sql: Queries) => (await verify(sql)).details;

/** Names of all tables of the product, in alphabetical order. */
async function tableNames(sql: Queries): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select c.relname as name from pg_catalog.pg_class as c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by 1`;
  return rows.map(({ name }) => name);
}

/** Number of rows of every table of the product. */
export async function rowCounts(sql: Queries): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of await tableNames(sql)) {
    counts[name] = await countOf(sql<{ n: number }[]>`
      select count(*)::int as n from public.${sql(name)}`);
  }
  return counts;
}
