import { z } from "zod";
import { callerServices } from "@/lib/composition/services";
import { idSchema } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "referrals:review",
      action: "referral.claim",
      entity: "referral",
      params: z.object({ referral_id: idSchema }),
    },
    ({ session, params }) =>
      callerServices(session.client).admin.referrals.claimReview(params.referral_id),
  ),
});
