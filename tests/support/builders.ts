/**
 * Rows for database tests, made with SQL. Every call makes new rows under names of its own, so
 * that tests can share a database. What is made this way breaks no invariant.
 */
import { randomUUID } from "node:crypto";
import type { Sql } from "postgres";

/** An auth user; it cannot sign in with a password. */
export async function newAuthUser(
  sql: Sql,
  { id = randomUUID(), email = `${id}@users.test` }: { id?: string; email?: string } = {},
): Promise<string> {
  await sql`
    insert into auth.users (id, email, raw_app_meta_data, raw_user_meta_data)
    values (${id}, ${email}, '{"provider": "email", "providers": ["email"]}', '{}')`;
  return id;
}

export interface BuiltCustomer {
  id: string;
  authUserId: string;
  email: string;
  referralCode: string;
}

/** A customer with an auth user of the same address. `createdAt` is ISO 8601. */
export async function newCustomer(
  sql: Sql,
  changes: {
    /** Chosen by tests that depend on the order of ids. */
    id?: string;
    email?: string;
    firstName?: string;
    lastName?: string;
    phone?: string | null;
    address?: Record<string, string>;
    addressKey?: string | null;
    createdAt?: string;
  } = {},
): Promise<BuiltCustomer> {
  const id = changes.id ?? randomUUID();
  const email = changes.email ?? `c-${id}@customers.test`;
  const address = changes.address ?? {
    line1: "1 Loop Street",
    city: "Cape Town",
    postal_code: "8001",
  };
  const authUserId = await newAuthUser(sql, { email });
  const [row] = await sql<{ referral_code: string }[]>`
    insert into public.customers
      (id, auth_user_id, email, first_name, last_name, phone, address, address_key, created_at)
    values
      (${id}, ${authUserId}, ${email}, ${changes.firstName ?? "Thandi"},
       ${changes.lastName ?? "Dlamini"}, ${changes.phone ?? null}, ${sql.json(address)},
       ${changes.addressKey ?? null}, ${changes.createdAt ?? "2026-01-01T08:00:00Z"})
    returning referral_code`;
  if (!row) throw new Error("the customer was not inserted");
  return { id, authUserId, email, referralCode: row.referral_code };
}

/** A package on sale. Price in cents per month, VAT included. */
export async function newPackage(
  sql: Sql,
  { name = "Fibre 100/50", priceCents = 79_900 }: { name?: string; priceCents?: number } = {},
): Promise<{ id: string; slug: string }> {
  const slug = `p-${randomUUID()}`;
  const [row] = await sql<{ id: string }[]>`
    insert into public.service_packages (slug, name, monthly_price_cents, download_mbps, upload_mbps)
    values (${slug}, ${name}, ${priceCents}, 100, 50)
    returning id`;
  if (!row) throw new Error("the package was not inserted");
  return { id: row.id, slug };
}

/** A service of a customer, active unless told otherwise; without an order. Returns its id. */
export async function activeService(
  sql: Sql,
  customerId: string,
  changes: {
    id?: string;
    packageId?: string;
    packageName?: string;
    /** Current monthly price in cents, VAT included; text for prices beyond 2^53. */
    priceCents?: number | string;
    /** ISO 8601. */
    activatedAt?: string;
    status?: "active" | "suspended" | "cancelled";
  } = {},
): Promise<string> {
  const id = changes.id ?? randomUUID();
  const { status = "active", activatedAt = "2026-02-01T08:00:00Z", priceCents = 79_900 } = changes;
  const packageId =
    changes.packageId ??
    (await newPackage(sql, { name: changes.packageName ?? "Fibre 100/50" })).id;
  await sql`
    insert into public.customer_services
      (id, customer_id, package_id, status, monthly_price_cents, activated_at, suspended_at, cancelled_at)
    values
      (${id}, ${customerId}, ${packageId}, ${status}, ${String(priceCents)}, ${activatedAt},
       ${status === "suspended" ? activatedAt : null}, ${status === "cancelled" ? activatedAt : null})`;
  return id;
}

/** Who grants and revokes in tests that do not care who. */
export const SOME_ADMIN = "aaaaaaaa-0000-4000-8000-000000000001";

/** A free month granted by hand, with its audit row and mail. Instants are ISO 8601. */
export async function pendingReward(
  sql: Sql,
  customerId: string,
  changes: { createdAt?: string; expiresAt?: string; capCents?: number | null } = {},
): Promise<string> {
  const createdAt = changes.createdAt ?? "2026-10-01T08:00:00Z";
  const [row] = await sql<{ id: string }[]>`
    select private.grant_reward(
      ${customerId}, 'Goodwill', null, ${SOME_ADMIN}, ${createdAt}
    ) ->> 'reward_id' as id`;
  if (!row) throw new Error("the reward was not granted");
  if (changes.expiresAt !== undefined || changes.capCents !== undefined) {
    await sql`
      update public.referral_rewards
      set expires_at = coalesce(${changes.expiresAt ?? null}, expires_at),
        cap_cents = ${changes.capCents ?? null}
      where id = ${row.id}`;
  }
  return row.id;
}
