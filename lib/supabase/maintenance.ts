import { z } from "zod";
import { switchesSchema } from "@/lib/switches";
import type { ServerClient } from "./clients";
import { callRpc } from "./rpc";
import { SCHEMA_VERSION } from "./schema-version";

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

/**
 * Checks every invariant, keeps the result, and queues a mail to the admins when one is broken.
 * @throws AppError `unavailable`, `forbidden`, `internal`
 */
export function runVerification(
  client: ServerClient,
  alertEmail: string,
  asOf: Date,
): Promise<Verification> {
  const args = { p_alert_email: alertEmail, p_as_of: asOf.toISOString() };
  return callRpc(client, "run_verification", args, verificationSchema);
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

/**
 * Deletes what the log of the auth server says of people who were erased. Reads that whole log,
 * but only while somebody waits. @throws AppError `unavailable`, `timed_out`
 */
export async function forgetErasedAccounts(client: ServerClient): Promise<void> {
  await callRpc(client, "forget_erased_accounts", {}, z.number());
}

const dateOrNull = z
  .string()
  .nullable()
  .transform((text) => (text === null ? null : new Date(text)));

const deploymentStateSchema = z
  .object({
    now: z.string().transform((text) => new Date(text)),
    migrations: z.array(z.string()),
    owners: z.number(),
    mail_due_since: dateOrNull,
    expiry_due_since: dateOrNull,
    last_billing_run_at: dateOrNull,
  })
  .transform((state) => ({
    now: state.now,
    migrations: state.migrations,
    owners: state.owners,
    mailDueSince: state.mail_due_since,
    expiryDueSince: state.expiry_due_since,
    lastBillingRunAt: state.last_billing_run_at,
  }));

/** The clock, the migrations and the waiting work of a database, for the doctor. @throws AppError */
export function readDeploymentState(client: ServerClient) {
  return callRpc(client, "get_deployment_state", {}, deploymentStateSchema);
}
