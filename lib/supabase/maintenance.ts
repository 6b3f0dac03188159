import { z } from "zod";
import { log } from "@/lib/log";
import { switchesSchema } from "@/lib/switches";
import type { ServerClient } from "./clients";
import { callRpc } from "./rpc";
import { SCHEMA_VERSION } from "./schema-version";

const healthSchema = z.object({
  /** The newest migration that was applied; null when none is recorded. */
  migration: z.string().nullable(),
  switches: switchesSchema,
  /** Since when the mail provider has failed as a whole; null while it works. */
  mail_outage_since: z.string().nullable(),
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

const checksSchema = z.array(z.object({ check: z.string(), slices: z.number().int().min(1) }));
const MOST_DETAILS = 1000;

/**
 * Checks every invariant on the live database, one after the other, and the large ones in slices of
 * customers: no call takes long, however many there are.
 */
async function checkInvariants(
  client: ServerClient,
): Promise<{ found: Verification; byInvariant: Record<string, number> }> {
  const found: Verification = { violations: 0, details: [] };
  const byInvariant: Record<string, number> = {};
  for (const { check, slices } of await callRpc(
    client,
    "list_invariant_checks",
    {},
    checksSchema,
  )) {
    for (let slice = 0; slice < slices; slice += 1) {
      const part = { p_check: check, p_slice: slice, p_slices: slices };
      const verdict = await callRpc(client, "verify_invariants", part, verificationSchema);
      found.violations += verdict.violations;
      if (verdict.violations > 0) {
        // The name of a check begins with the number of its invariant.
        const invariant = String(Number(check.slice(0, 2)));
        byInvariant[invariant] = (byInvariant[invariant] ?? 0) + verdict.violations;
      }
      found.details.push(...verdict.details.slice(0, MOST_DETAILS - found.details.length));
    }
  }
  return { found, byInvariant };
}

const MOST_RULES = 20;

/** The broken rules of a check with how often each is, the first twenty. */
function brokenRules({ details }: Verification) {
  const counts = new Map<string, { invariant: number; rule: string; count: number }>();
  for (const { invariant, rule } of details) {
    const known = counts.get(rule) ?? { invariant, rule, count: 0 };
    counts.set(rule, { ...known, count: known.count + 1 });
  }
  return [...counts.values()].slice(0, MOST_RULES);
}

/**
 * Checks every invariant on the live database, keeps the result, and queues a mail to the admins
 * when one is broken.
 * @throws AppError `unavailable`, `forbidden`, `internal`
 */
export async function verifyInvariants(
  client: ServerClient,
  { alertEmail, asOf }: { alertEmail: string; asOf: Date },
): Promise<Verification> {
  const { found, byInvariant } = await checkInvariants(client);
  const args = {
    p_violations: found.violations,
    p_by_invariant: byInvariant,
    p_rules: brokenRules(found),
    p_alert_email: alertEmail,
    p_as_of: asOf.toISOString(),
  };
  await callRpc(client, "record_verification", args, z.unknown());
  return found;
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

/** Changes go on while the figures are written, so this ends after so long; the next job goes on. */
const FIGURES_BUDGET_MS = 20_000;

/**
 * Writes the programme's facts of the days that changes touched anew, as long as there are any and
 * time is left. Figures are no reason to stop a job: a failure is logged.
 */
export async function refreshProgramDays(client: ServerClient, asOf: Date): Promise<void> {
  const until = performance.now() + FIGURES_BUDGET_MS;
  const args = { p_as_of: asOf.toISOString() };
  try {
    while ((await callRpc(client, "refresh_program_days", args, z.number().int())) > 0) {
      if (performance.now() > until) return;
    }
  } catch (error) {
    log().warn({ err: error }, "the programme's figures wait for the next job");
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

const prunedSchema = z.object({ texts: z.number(), tries: z.number(), more: z.boolean() });

/**
 * Deletes the texts and tries of mails that are older than the settings keep them, by the clock of
 * the database. The first run after a long time goes through all of them.
 * @throws AppError `unavailable`, `forbidden` or `internal`.
 */
export async function pruneMails(client: ServerClient): Promise<void> {
  for (let more = true; more; ) {
    ({ more } = await callRpc(client, "prune_mails", {}, prunedSchema));
  }
}

/**
 * Queues reminders of invoices that are past their due date as of the given time, each invoice once.
 * @throws AppError `unavailable`, `timed_out`
 */
export async function remindOverdueInvoices(client: ServerClient, asOf: Date): Promise<void> {
  for (let queued = 1; queued > 0; ) {
    queued = await callRpc(
      client,
      "remind_overdue_invoices",
      { p_as_of: asOf.toISOString() },
      z.number().int(),
    );
  }
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
