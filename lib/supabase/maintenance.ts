import { z } from "zod";
import type { ServerClient } from "./clients";
import { callRpc } from "./rpc";
import { SCHEMA_VERSION } from "./schema-version";
import { switchesSchema } from "./switches";

const healthSchema = z.object({
  /** The newest migration that was applied; null when none is recorded. */
  migration: z.string().nullable(),
  switches: switchesSchema,
  database_bytes: z.number(),
});
export type DatabaseHealth = z.infer<typeof healthSchema>;

/**
 * Proves that the database answers and can be written.
 * @throws AppError `unavailable` or `internal`.
 */
export function checkHealth(client: ServerClient): Promise<DatabaseHealth> {
  return callRpc(client, "check_health", {}, healthSchema);
}

/**
 * Why this code cannot work with the schema of a database, in one sentence; null when it can.
 *
 * @param migration the newest migration that was applied to the database.
 * @param allowNewer whether a database of a later release is accepted.
 */
export function schemaProblem(migration: string | null, allowNewer: boolean): string | null {
  if (migration === SCHEMA_VERSION) return null;
  if (migration !== null && migration > SCHEMA_VERSION) {
    return allowNewer
      ? null
      : `The database is newer than this code (migration ${migration}, the code knows ${SCHEMA_VERSION}): deploy the newer code, or set ALLOW_NEWER_DATABASE=true.`;
  }
  return `The database misses migrations (it has ${migration ?? "none"}, the code needs ${SCHEMA_VERSION}): run \`npx supabase db push --db-url "$DATABASE_URL"\`.`;
}

const verificationSchema = z.object({
  violations: z.number().int().min(0),
  /** The first thousand. */
  details: z.array(z.object({ invariant: z.number(), rule: z.string(), entity: z.string() })),
});
export type Verification = z.infer<typeof verificationSchema>;

/** Checks every invariant on the live database. @throws AppError `unavailable`, `forbidden`, `internal` */
export function verifyInvariants(client: ServerClient): Promise<Verification> {
  return callRpc(client, "verify_invariants", {}, verificationSchema);
}

const sealSchema = z.object({ sealed: z.number().int(), more: z.boolean() });

/**
 * Seals the audit rows that wait for it, so that a later change of one of them is noticed. Returns
 * how many.
 * @throws AppError `unavailable`, `forbidden` or `internal`.
 */
export async function sealAuditLog(client: ServerClient): Promise<number> {
  let total = 0;
  for (;;) {
    const { sealed, more } = await callRpc(client, "seal_audit_log", {}, sealSchema);
    total += sealed;
    if (!more) return total;
  }
}

/**
 * Deletes request counters and idempotency keys that are no longer needed at `asOf`.
 * @throws AppError `unavailable`, `forbidden` or `internal`.
 */
export async function pruneOperationalRows(client: ServerClient, asOf: Date): Promise<void> {
  await callRpc(
    client,
    "prune_operational_rows",
    { p_as_of: asOf.toISOString() },
    z.object({ rate_limits: z.number(), idempotency_keys: z.number() }),
  );
}
