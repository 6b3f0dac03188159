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
