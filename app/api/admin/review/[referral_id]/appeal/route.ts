import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { appealDecisionSchema } from "@/lib/admin/review-schemas";
import { deliverMailsAfterResponse } from "@/lib/composition/after-response";
import { serverServices } from "@/lib/composition/services";
import { idSchema } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "referrals:review",
      action: "referral.decide_appeal",
      entity: "referral",
      params: z.object({ referral_id: idSchema }),
      body: z.object({ decision: appealDecisionSchema, reason: reasonSchema }),
    },
    async ({ session, params, body, server, clock }) => {
      const { reviews } = serverServices(server(), clock);
      const { decision, reason } = body;
      const decided = await reviews.decideAppeal(
        session.userId,
        params.referral_id,
        decision,
        reason,
        session.client,
      );
      deliverMailsAfterResponse();
      return decided;
    },
  ),
});
