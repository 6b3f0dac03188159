import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { deliverMailsAfterResponse } from "@/lib/composition/after-response";
import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { ok } from "@/lib/http/envelope";
import { route } from "@/lib/http/handler";
import { requireRewardsEnabled } from "@/lib/http/rewards-switch";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "reward.grant",
      entity: "customer",
      params: idParams,
      // Whether the answer says as well what the grant does: until when it is good, and what comes before it.
      query: z.object({
        effect: z
          .enum(["true", "false"])
          .optional()
          .transform((value) => value === "true"),
      }),
      body: z.object({ reason: reasonSchema, confirm_recent: z.boolean().optional() }),
      idempotencyKey: "optional",
    },
    async ({ session, params, query, body, idempotencyKey }) => {
      requireRewardsEnabled();
      const { customers } = callerServices(session.client).admin;
      const grant = { reason: body.reason, confirmRecent: body.confirm_recent };
      const granted = await customers.grantReward(params.id, grant, idempotencyKey);
      deliverMailsAfterResponse();
      const { reward_id, status, manually_granted, ...effect } = granted;
      return ok(
        { reward_id, status, manually_granted, ...(query.effect ? { effect } : {}) },
        { status: 201 },
      );
    },
  ),
});
