import { z } from "zod";
import type { ServerClient } from "./clients";
import { callRpc } from "./rpc";

/** Checks that the data API and the database answer. @throws AppError `unavailable`, `internal` */
export async function checkDatabase(client: ServerClient): Promise<void> {
  await callRpc(client, "get_billing_settings", {}, z.object({ version: z.number() }));
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
