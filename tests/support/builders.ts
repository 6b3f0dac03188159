/**
 * Rows for tests, made with SQL: people, what they buy, and free months. Every call makes new rows
 * under names of its own, so that tests can share a database. What is made this way breaks no
 * invariant. Instants are ISO 8601; amounts are in cents, VAT included.
 */
import { randomUUID } from "node:crypto";
import type { Role } from "@/lib/permissions";
import { newEmail, newPhone } from "./people";
import { one, type Queries } from "./rows";

/** The admin in tests that do not care who it is. */
export const ACTOR = "00000000-0000-4000-8000-0000000000aa";

/** An auth user; it cannot sign in with a password. */
export async function newAuthUser(
  sql: Queries,
  { id = randomUUID(), email = newEmail("user") }: { id?: string; email?: string } = {},
): Promise<string> {
  await sql`
    insert into auth.users (id, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data)
    values (${id}, ${email}, now(), '{"provider": "email", "providers": ["email"]}', '{}')`;
  return id;
}

export interface TestCustomer {
  id: string;
  auth_user_id: string;
  email: string;
  phone: string;
  referral_code: string;
}

export interface CustomerChanges {
  /** Chosen by tests that depend on the order of ids. */
  id?: string;
  /** An account that exists already. */
  authUserId?: string;
  email?: string;
  firstName?: string;
  lastName?: string;
  phone?: string;
  address?: Record<string, string>;
  createdAt?: string;
}

/** A customer with an auth user of the same e-mail address. */
export async function newCustomer(
  sql: Queries,
  given: CustomerChanges = {},
): Promise<TestCustomer> {
  const email = given.email ?? newEmail("customer");
  const authUserId = given.authUserId ?? (await newAuthUser(sql, { email }));
  const address = given.address ?? {
    line1: "1 Loop Street",
    city: "Cape Town",
    postal_code: "8001",
  };
  return one(
    await sql<TestCustomer[]>`
      insert into public.customers
        (id, auth_user_id, email, first_name, last_name, phone, address, created_at)
      values
        (${given.id ?? randomUUID()}, ${authUserId}, ${email}, ${given.firstName ?? "Thandi"},
         ${given.lastName ?? "Nkosi"}, ${given.phone ?? newPhone()}, ${sql.json(address)},
         ${given.createdAt ?? "2026-01-01T08:00:00Z"})
      returning id, auth_user_id, email, phone, referral_code`,
  );
}

/** A customer who may refer: with an active service and nothing overdue. */
export async function newReferrer(
  sql: Queries,
  given: CustomerChanges = {},
): Promise<TestCustomer> {
  const customer = await newCustomer(sql, given);
  await activeService(sql, customer.id);
  return customer;
}

/** An admin; an account that exists already is given the role. Returns the id of the auth user. */
export async function newAdmin(
  sql: Queries,
  role: Role,
  given: { authUserId?: string; email?: string } = {},
): Promise<string> {
  const email = given.email ?? newEmail(role);
  const id = given.authUserId ?? (await newAuthUser(sql, { email }));
  await sql`
    insert into public.admin_users (auth_user_id, email, name, role)
    values (${id}, ${email}, ${`Admin ${role}`}, ${role})`;
  return id;
}

export interface TestPackage {
  id: string;
  slug: string;
  priceCents: number;
}

/** A package on sale; its price is per month. */
export async function newPackage(
  sql: Queries,
  given: { slug?: string; name?: string; priceCents?: number } = {},
): Promise<TestPackage> {
  const { slug = `p-${randomUUID()}`, name = "Fibre 100/50", priceCents = 79_900 } = given;
  const { id } = one(
    await sql<{ id: string }[]>`
      insert into public.service_packages
        (slug, name, monthly_price_cents, download_mbps, upload_mbps)
      values (${slug}, ${name}, ${priceCents}, 100, 50)
      returning id`,
  );
  return { id, slug, priceCents };
}

/** A service of a customer, active unless told otherwise; without an order. Returns its id. */
export async function activeService(
  sql: Queries,
  customerId: string,
  changes: {
    id?: string;
    packageId?: string;
    packageName?: string;
    /** Current price per month; text for prices beyond 2^53. */
    priceCents?: number | string;
    activatedAt?: string;
    status?: "active" | "suspended" | "cancelled";
  } = {},
): Promise<string> {
  const id = changes.id ?? randomUUID();
  const { status = "active", activatedAt = "2026-02-01T08:00:00Z", priceCents = 79_900 } = changes;
  const packageId = changes.packageId ?? (await newPackage(sql, { name: changes.packageName })).id;
  await sql`
    insert into public.customer_services
      (id, customer_id, package_id, status, monthly_price_cents, activated_at, suspended_at, cancelled_at)
    values
      (${id}, ${customerId}, ${packageId}, ${status}, ${String(priceCents)}, ${activatedAt},
       ${status === "suspended" ? activatedAt : null}, ${status === "cancelled" ? activatedAt : null})`;
  return id;
}

/** Many customers with one active service each, in one statement. Returns their ids in order. */
export async function manyCustomers(
  sql: Queries,
  count: number,
  { priceCents = 79_900, activatedAt = "2026-02-01T08:00:00Z" } = {},
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    with package as (
      insert into public.service_packages (slug, name, monthly_price_cents)
      values ('p-' || gen_random_uuid(), 'Fibre 100/50', ${priceCents}) returning id
    ), people as (
      insert into public.customers (email, first_name, last_name, created_at)
      select 'c-' || gen_random_uuid() || '@customers.test', 'Thandi', 'Nkosi', ${activatedAt}
      from generate_series(1, ${count}) returning id
    ), services as (
      insert into public.customer_services
        (customer_id, package_id, status, monthly_price_cents, activated_at)
      select people.id, package.id, 'active', ${priceCents}, ${activatedAt} from people, package
    )
    select id from people order by id`;
  return rows.map(({ id }) => id);
}

/** A free month granted by hand, with its audit row and mail. Returns its id. */
export async function pendingReward(
  sql: Queries,
  customerId: string,
  changes: { createdAt?: string; expiresAt?: string; capCents?: number | null } = {},
): Promise<string> {
  const createdAt = changes.createdAt ?? "2026-10-01T08:00:00Z";
  const { id } = one(
    await sql<{ id: string }[]>`
      select private.grant_reward(${customerId}, 'Goodwill', null, ${ACTOR}, ${createdAt})
        ->> 'reward_id' as id`,
  );
  if (changes.expiresAt !== undefined || changes.capCents !== undefined) {
    await sql`
      update public.referral_rewards
      set expires_at = coalesce(${changes.expiresAt ?? null}, expires_at),
        cap_cents = ${changes.capCents ?? null}
      where id = ${id}`;
  }
  return id;
}

/** A free month granted by hand to each of these customers, in one statement. */
export async function pendingRewards(
  sql: Queries,
  customerIds: string[],
  createdAt = "2026-10-01T08:00:00Z",
): Promise<void> {
  await sql`
    select private.grant_reward(id, 'Goodwill', null, ${ACTOR}, ${createdAt})
    from unnest(${customerIds}::uuid[]) as id`;
}

/** A version of the terms with these changes, in force from now on. Returns its number. */
export async function newTerms(
  sql: Queries,
  changes: Record<string, string | number | boolean | null>,
): Promise<number> {
  const { version } = one(
    await sql<{ version: number }[]>`
      insert into public.referral_program
      select (jsonb_populate_record(p, ${sql.json(changes)} || jsonb_build_object(
        'version', p.version + 1, 'reason', 'Changed by a test', 'created_at', now()))).*
      from public.referral_program as p
      where p.version = (select max(version) from public.referral_program)
      returning version`,
  );
  await sql`
    select private.write_audit(
      null, 'program.updated', 'program', ${String(version)}, null, 'Changed by a test', null, null, now())`;
  return version;
}
