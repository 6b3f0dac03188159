import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { deliverMailsAfterResponse } from "@/lib/composition/after-response";
import { callerServices } from "@/lib/composition/services";
import { idParams, idSchema } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "reward.revoke",
      entity: "customer",
      params: idParams,
      body: z.object({ reward_id: idSchema, reason: reasonSchema }),
    },
    async ({ session, params, body }) => {
      const { customers } = callerServices(session.client).admin;
      const revoked = await customers.revokeReward(params.id, body.reward_id, body.reason);
      deliverMailsAfterResponse();
      return revoked;
    },
  ),
});
