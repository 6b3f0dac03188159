import { z } from "zod";
import type { Clock } from "@/lib/clock";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";

const askedSchema = z.object({ asked_at: z.string() });

/** Customers who ask that their details are erased. */
export class ErasureRequestService {
  constructor(private readonly deps: { server: ServerClient; clock: Clock }) {}

  /**
   * Notes that the customer of an account asks for it, once, and tells the admins.
   *
   * @throws AppError `forbidden` for an account that is no customer's.
   */
  ask(authUserId: string, alertEmail: string): Promise<{ asked_at: string }> {
    return callRpc(
      this.deps.server,
      "ask_for_erasure",
      {
        p_auth_user_id: authUserId,
        p_alert_email: alertEmail,
        p_as_of: this.deps.clock().toISOString(),
      },
      askedSchema,
    );
  }
}
