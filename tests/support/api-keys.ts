/** API keys for tests. */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { FRAUD_WINDOWS } from "@/lib/fraud/fraud-signals";
import type { ApiScope } from "@/lib/permissions";
import { ACTOR } from "./builders";
import { newEmail, newPhone } from "./people";
import { one, type Queries } from "./rows";

const hashOf = (secret: string) => createHash("sha256").update(secret).digest("hex");

export interface TestApiKey {
  id: string;
  /** What is sent as the bearer token. */
  secret: string;
}

/** A key as `create_api_key` makes it; valid until it is revoked, unless told otherwise. */
export async function newApiKey(
  sql: Queries,
  given: { scopes?: ApiScope[]; expiresAt?: string; isRevoked?: boolean } = {},
): Promise<TestApiKey> {
  const { scopes = ["referrals:write", "referrals:read"], expiresAt = null, isRevoked } = given;
  const prefix = `rk_${randomBytes(4).toString("hex")}`;
  const secret = `${prefix}_${randomBytes(32).toString("hex")}`;
  const { id } = one(
    await sql<{ id: string }[]>`
      insert into public.api_keys (name, prefix, scopes, created_by, expires_at)
      values ('Order desk', ${prefix}, ${scopes}, ${ACTOR}, ${expiresAt}) returning id`,
  );
  await sql`
    insert into private.api_key_secrets (api_key_id, hash)
    values (${id}, ${hashOf(secret)})`;
  if (isRevoked) {
    await sql`
      update public.api_keys set revoked_at = now(), revoked_by = ${ACTOR}, revoke_reason = 'Lost'
      where id = ${id}`;
  }
  return { id, secret };
}

/**
 * A friend whose order was placed elsewhere with a code, and what was reported of their service, at
 * the instants at which it happened. Made by the functions behind the API. Returns ids.
 */
export async function externalFriend(
  sql: Queries,
  secret: string,
  code: string,
  events: readonly { type: string; at: string }[] = [],
  orderedAt = new Date().toISOString(),
): Promise<{ externalId: string; order: string; referral: string; customer: string }> {
  const externalId = `ORD-${randomUUID()}`;
  const order = {
    external_id: externalId,
    request_hash: externalId,
    referral_code: code,
    first_name: "Lerato",
    last_name: "Mokoena",
    email: newEmail("elsewhere"),
    phone: newPhone(),
    referrals_enabled: true,
    windows: FRAUD_WINDOWS,
  };
  await sql`
    select public.record_external_referral(${hashOf(secret)}, 1000000, ${sql.json(order)}, ${orderedAt})`;
  for (const { type, at } of events) {
    await sql`
      select public.apply_external_event(${hashOf(secret)}, 1000000, ${externalId}, ${type}, ${at}, ${at})`;
  }
  return {
    externalId,
    ...one(
      await sql<{ order: string; referral: string; customer: string }[]>`
        select r.order_id as order, r.id as referral, r.referred_customer_id as customer
        from public.external_orders as x join public.customer_referrals as r on r.order_id = x.order_id
        where x.external_id = ${externalId}`,
    ),
  };
}
