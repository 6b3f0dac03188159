import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { deliverMailsAfterResponse } from "@/lib/composition/after-response";
import { attachmentService } from "@/lib/composition/attachment-service";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "claim.decide",
      entity: "claim",
      params: idParams,
      body: z.object({
        decision: z.enum(["accept", "reject"], { error: "Use accept or reject." }),
        reason: reasonSchema,
      }),
    },
    async ({ session, params, body, server, clock }) => {
      const decided = await attachmentService(server(), clock).decideClaim(
        session.userId,
        params.id,
        body.decision === "accept",
        body.reason,
      );
      deliverMailsAfterResponse();
      return decided;
    },
  ),
});
