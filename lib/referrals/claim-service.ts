import { z } from "zod";
import { AppError } from "@/lib/errors";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { findReferralCode } from "./referral-code";
import { claimStatusSchema } from "./schemas";

const claimedSchema = z.object({ claim_id: z.guid(), status: claimStatusSchema });

/** What customers say about a forgotten code: who invited them, and whether that is so. */
export class ClaimService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /**
   * The caller says whose code they forgot. It can be said once, within the activation window.
   *
   * @throws AppError `unauthenticated`, `forbidden`, `claim_not_possible`, `referral_code_unknown`.
   */
  async claim(typedCode: string) {
    const code = findReferralCode(typedCode);
    if (code === null) throw new AppError("referral_code_unknown");
    return callRpc(this.deps.client, "claim_referral", { p_code: code }, claimedSchema);
  }

  /**
   * The caller confirms or declines that they invited somebody.
   *
   * @throws AppError `unauthenticated`, `forbidden`, `not_found`, `claim_answered`.
   */
  answer(claimId: string, confirm: boolean) {
    return callRpc(
      this.deps.client,
      "answer_claim",
      { p_claim_id: claimId, p_confirm: confirm },
      claimedSchema,
    );
  }
}
