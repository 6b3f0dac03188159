import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { deliverMailsAfterResponse } from "@/lib/composition/after-response";
import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** Gives an ended referral back. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "referral.reinstate",
      entity: "referral",
      params: idParams,
      body: z.object({ reason: reasonSchema }),
    },
    async ({ session, params, body }) => {
      const { referrals } = callerServices(session.client).admin;
      const referral = await referrals.reinstate(params.id, body.reason);
      deliverMailsAfterResponse();
      return referral;
    },
  ),
});
