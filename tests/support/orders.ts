/** Orders, activations and referrals for tests, made by the product's own functions. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { FRAUD_WINDOWS } from "@/lib/fraud/fraud-signals";
import { newAuthUser, newPackage, newTerms, type TestCustomer } from "./builders";
import { paidInvoice } from "./invoices";
import { newEmail, newPhone, nextNumber } from "./people";
import { one, type Queries, referralOf } from "./rows";

interface Flag {
  signal: string;
  severity: "flag" | "hold";
  weight?: number;
  evidence?: Record<string, string>;
}

export interface OrderChanges {
  key?: string;
  hash?: string;
  authUserId?: string;
  email?: string;
  firstName?: string;
  phone?: string;
  packageSlug?: string;
  code?: string | null;
  enabled?: boolean;
  flags?: Flag[];
  blocked?: string;
  alertEmail?: string;
}

/** What the database answers to an order. */
export const orderAnswer = z.object({
  order_id: z.guid(),
  order_number: z.string(),
  customer_id: z.guid(),
  referral: z.object({
    status: z.enum(["recorded", "not_applied", "none"]),
    reason: z.string().optional(),
  }),
});
export type OrderAnswer = z.infer<typeof orderAnswer>;

/** Everything that `place_order` takes. The person, the key and the package are new by default. */
export async function orderInput(sql: Queries, given: OrderChanges = {}) {
  const email = given.email ?? newEmail("friend");
  return {
    idempotency_key: given.key ?? randomUUID(),
    request_hash: given.hash ?? "hash",
    auth_user_id: given.authUserId ?? (await newAuthUser(sql, { email })),
    email,
    first_name: given.firstName ?? "Lerato",
    last_name: "Mokoena",
    phone: given.phone ?? newPhone(),
    address: { line1: "1 Main Road", city: "Cape Town", postal_code: "8001" },
    address_key: `key-${nextNumber()}`,
    package_slug: given.packageSlug ?? (await newPackage(sql)).slug,
    referral_code: given.code ?? null,
    source: "link",
    referrals_enabled: given.enabled ?? true,
    ip_address: "198.51.100.7",
    user_agent: "Test browser",
    alert_email: given.alertEmail ?? null,
    windows: FRAUD_WINDOWS,
    assessment: {
      verdict: given.blocked ? "blocked" : "allowed",
      reason: given.blocked ?? null,
      flags: (given.flags ?? []).map((flag) => ({ weight: 10, ...flag })),
      alert: given.alertEmail !== undefined,
    },
  };
}

export type OrderInput = Awaited<ReturnType<typeof orderInput>>;

/** Sends an order. Assesses it again, as the service does, when the assessment is stale. */
export async function sendOrder(
  sql: Queries,
  input: OrderInput,
  asOf: string,
): Promise<OrderAnswer> {
  for (;;) {
    const { basis } = one(
      await sql<{ basis: string }[]>`
        select private.referrals_made((private.find_referrer(${input.referral_code})).id) as basis`,
    );
    try {
      const row = one(
        await sql<{ answer: unknown }[]>`
          select public.place_order(
            ${sql.json({ ...input, assessment_basis: Number(basis) })}, ${asOf}) as answer`,
      );
      return orderAnswer.parse(row.answer);
    } catch (error) {
      // Another friend of the same referrer ordered in between.
      if (!(error instanceof Error && error.message === "assessment_stale")) throw error;
    }
  }
}

/** An order by somebody new, unless told otherwise. */
export async function placeOrder(
  sql: Queries,
  asOf: string,
  given: OrderChanges = {},
): Promise<OrderAnswer> {
  return sendOrder(sql, await orderInput(sql, given), asOf);
}

/** Activates an order. Returns the id of the service. */
export async function activateOrder(
  sql: Queries,
  orderId: string,
  asOf = new Date().toISOString(),
): Promise<string> {
  const { id } = one(
    await sql<{ id: string }[]>`
      select private.activate_order(${orderId}, null, ${asOf}) ->> 'id' as id`,
  );
  return id;
}

/**
 * A friend who ordered with the code, was activated at that moment and paid the invoice of that
 * month at once; `hasPaid: false` leaves them without an invoice. Returns ids.
 */
export async function activeFriend(
  sql: Queries,
  referrer: TestCustomer,
  at: string,
  { hasPaid = true, ...given }: OrderChanges & { hasPaid?: boolean } = {},
): Promise<{ order: string; service: string; referral: string; customer: string }> {
  const answer = await placeOrder(sql, at, { ...given, code: referrer.referral_code });
  const service = await activateOrder(sql, answer.order_id, at);
  const referral = await referralOf(sql, answer.order_id);
  if (hasPaid) await paidInvoice(sql, { customerId: answer.customer_id, serviceId: service, at });
  return {
    order: answer.order_id,
    service,
    referral: referral.id,
    customer: answer.customer_id,
  };
}

/** Qualifies the referrals that are due, and grants the free months that they earn. */
export async function qualify(
  sql: Queries,
  asOf: string,
  grant = true,
): Promise<{ qualified: number; rewards_granted: number }> {
  const row = one(
    await sql<{ answer: unknown }[]>`select public.qualify_referrals(${asOf}, ${grant}) as answer`,
  );
  return z.object({ qualified: z.number(), rewards_granted: z.number() }).parse(row.answer);
}

/**
 * Referrers with friends whose service is active since `activatedAt`, as if each friend had
 * ordered and been activated through the functions, under terms that ask for no paid invoice. In one
 * statement; returns the referrers' ids.
 */
export async function manyReferrers(
  sql: Queries,
  count: number,
  { friends = 2, activatedAt }: { friends?: number; activatedAt: string },
): Promise<string[]> {
  const version = await newTerms(sql, { paid_invoices_required: 0 });
  await newTerms(sql, { paid_invoices_required: 1 });
  const rows = await sql<{ id: string }[]>`
    with sold as (
      insert into public.service_packages (slug, name, monthly_price_cents)
      values ('p-' || gen_random_uuid(), 'Fibre 100/50', 79900) returning id
    ), referrers as (
      insert into public.customers (email, first_name, last_name, created_at)
      select 'r-' || gen_random_uuid() || '@customers.test', 'Thandi', 'Nkosi', ${activatedAt}
      from generate_series(1, ${count}) returning id, email, referral_code
    ), friends as materialized (
      select r.id as referrer_id, r.email as referrer_email, r.referral_code, gen_random_uuid() as customer_id,
        gen_random_uuid() as order_id, gen_random_uuid() as referral_id
      from referrers as r, generate_series(1, ${friends})
    ), people as (
      insert into public.customers (id, email, first_name, last_name, created_at)
      select f.customer_id, 'f-' || f.customer_id || '@customers.test', 'Lerato', 'Mokoena', ${activatedAt}
      from friends as f
    ), ordered as (
      insert into public.orders
        (id, customer_id, package_id, status, referral_code, referral_outcome, activated_at, created_at)
      select f.order_id, f.customer_id, sold.id, 'active', f.referral_code, 'recorded', ${activatedAt}, ${activatedAt}
      from friends as f, sold
    ), served as (
      insert into public.customer_services
        (customer_id, order_id, package_id, status, monthly_price_cents, activated_at)
      select f.customer_id, f.order_id, sold.id, 'active', 79900, ${activatedAt} from friends as f, sold
    ), referred as (
      insert into public.customer_referrals
        (id, referrer_id, referral_code, referred_customer_id, referred_email, order_id, program_version, status,
         referred_at, activated_at, qualifies_at)
      select f.referral_id, f.referrer_id, f.referral_code, f.customer_id, 'f-' || f.customer_id || '@customers.test',
        f.order_id, ${version}, 'active', ${activatedAt}, ${activatedAt}, ${activatedAt}::timestamptz + interval '30 days'
      from friends as f
    ), audited as (
      insert into public.audit_log (created_at, action, entity_type, entity_id, customer_id)
      select ${activatedAt}, 'order.activated', 'order', f.order_id::text, f.customer_id from friends as f
    ), mailed as (
      insert into public.notifications (template, recipient, customer_id, dedupe_key, status)
      select m.template, f.referrer_email, f.referrer_id, m.template || ':' || f.referral_id, 'captured'
      from friends as f, (values ('referral_signup'), ('referral_activated')) as m (template)
    )
    select r.id from referrers as r order by r.id`;
  return rows.map(({ id }) => id);
}
