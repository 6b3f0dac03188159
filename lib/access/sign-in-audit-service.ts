import { z } from "zod";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";

/**
 * Notes in the audit log that somebody signed in as an admin, or failed to. Does nothing for other
 * accounts, and takes the same one call for them.
 *
 * @param network the visitor's network, null when it is not known.
 * @throws AppError `unavailable`, `internal`
 */
export async function recordSignIn(
  server: ServerClient,
  email: string,
  outcome: "succeeded" | "failed",
  network: string | null,
): Promise<void> {
  await callRpc(
    server,
    "record_admin_sign_in",
    { p_email: email, p_outcome: outcome, p_network: network ?? "" },
    z.unknown(),
  );
}
