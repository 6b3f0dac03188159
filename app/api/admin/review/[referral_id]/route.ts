import { z } from "zod";
import { AdminService } from "@/lib/admin/admin-service";
import { reasonSchema } from "@/lib/admin/schemas";
import { referralServiceOf } from "@/lib/composition/referral-service-of";
import { deliverMailsAfterResponse } from "@/lib/http/after-response";
import { endpoint, route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "referrals:review",
      action: "referral.review",
      entity: "referral",
      params: z.object({ referral_id: z.guid("This is not a valid id.") }),
      body: z.object({
        decision: z.enum(["clear", "reject"], { error: "Use clear or reject." }),
        reason: reasonSchema,
      }),
    },
    async ({ session, params, body, service, clock }) => {
      const { referrer_id, ...decision } = await new AdminService({
        client: session.client,
      }).reviewReferral(params.referral_id, body.decision, body.reason);
      // The decision stands; a cleared friend may complete a free month at once.
      const granted =
        body.decision === "clear"
          ? await referralServiceOf(service(), clock).checkAndGrantReward(referrer_id)
          : 0;
      deliverMailsAfterResponse();
      return { ...decision, rewards_granted: granted };
    },
  ),
});
