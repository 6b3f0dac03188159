import { z } from "zod";
import { AdminService } from "@/lib/admin/admin-service";
import { reasonSchema } from "@/lib/admin/schemas";
import { deliverMailsAfterResponse } from "@/lib/http/after-response";
import { idParams } from "@/lib/http/common-schemas";
import { ok } from "@/lib/http/envelope";
import { endpoint, route } from "@/lib/http/handler";
import { parseInput } from "@/lib/http/input";
import { requireRewardsEnabled } from "@/lib/http/rewards-switch";
import { idempotencyKeySchema } from "@/lib/orders/schemas";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "reward.grant",
      entity: "customer",
      params: idParams,
      body: z.object({ reason: reasonSchema }),
    },
    async ({ request, session, params, body }) => {
      requireRewardsEnabled();
      const { key } = parseInput(z.object({ key: idempotencyKeySchema.optional() }), {
        key: request.headers.get("idempotency-key") ?? undefined,
      });
      const admin = new AdminService({ client: session.client });
      const granted = await admin.grantReward(params.id, body.reason, key);
      deliverMailsAfterResponse();
      return ok(granted, { status: 201 });
    },
  ),
});
