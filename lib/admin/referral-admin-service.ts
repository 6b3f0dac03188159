import { type Page, pageArgs } from "@/lib/paging";
import type { ReferralStatus } from "@/lib/referrals/schemas";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { adminReferralPageSchema, reviewQueueSchema } from "./referral-schemas";

/**
 * Referrals and the queue of those to review, with the rights of an admin. Every database function
 * checks the permission and takes the actor from the session.
 *
 * All methods raise AppError `unauthenticated` and `forbidden`.
 */
export class ReferralAdminService {
  constructor(private readonly deps: { client: CallerClient }) {}

  listReferrals(query: Page & { q?: string; status?: ReferralStatus; flagged?: boolean }) {
    return callRpc(
      this.deps.client,
      "admin_list_referrals",
      { p_q: query.q, p_status: query.status, p_flagged: query.flagged, ...pageArgs(query) },
      adminReferralPageSchema,
    );
  }

  getReviewQueue(query: Page) {
    return callRpc(this.deps.client, "get_review_queue", pageArgs(query), reviewQueueSchema);
  }
}
