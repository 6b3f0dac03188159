import { z } from "zod";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";

const appealStateSchema = z.object({
  friend: z.string(),
  /** Whether the customer can ask now: once, within 30 days of the decision. */
  can_ask: z.boolean(),
  time_zone: z.string(),
  appeal: z
    .object({
      status: z.enum(["open", "upheld", "dismissed"]),
      asked_at: z.string(),
      due_at: z.string(),
      decided_at: z.string().nullable(),
    })
    .nullable(),
});
export type AppealState = z.infer<typeof appealStateSchema>;

const askedSchema = z.object({ status: z.literal("open"), due_at: z.string() });

/** A customer asks that somebody else looks at a friend who was found not to count. */
export class AppealService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /** @throws AppError `unauthenticated`, `forbidden`, `not_found` for a friend of somebody else. */
  get(referralId: string): Promise<AppealState> {
    return callRpc(
      this.deps.client,
      "get_my_appeal",
      { p_referral_id: referralId },
      appealStateSchema,
    );
  }

  /** @throws AppError `unauthenticated`, `forbidden`, `not_found`, `appeal_not_possible`. */
  ask(referralId: string, reason: string) {
    return callRpc(
      this.deps.client,
      "appeal_review",
      { p_referral_id: referralId, p_reason: reason },
      askedSchema,
    );
  }
}
