import { z } from "zod";
import { AdminService } from "@/lib/admin/admin-service";
import { reasonSchema } from "@/lib/admin/schemas";
import { deliverMailsAfterResponse } from "@/lib/http/after-response";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint, route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "reward.revoke",
      entity: "customer",
      params: idParams,
      body: z.object({ reward_id: z.guid("This is not a valid id."), reason: reasonSchema }),
    },
    async ({ session, params, body }) => {
      const admin = new AdminService({ client: session.client });
      const revoked = await admin.revokeReward(params.id, body.reward_id, body.reason);
      deliverMailsAfterResponse();
      return revoked;
    },
  ),
});
