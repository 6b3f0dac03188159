import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { deliverMailsAfterResponse } from "@/lib/composition/after-response";
import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "service.set_status",
      entity: "service",
      params: idParams,
      body: z.object({
        status: z.enum(["active", "suspended", "cancelled"], {
          error: "Use active, suspended or cancelled.",
        }),
        reason: reasonSchema,
      }),
    },
    async ({ session, params, body }) => {
      const admin = callerServices(session.client).admin.orders;
      const service = await admin.setServiceStatus(params.id, body.status, body.reason);
      deliverMailsAfterResponse();
      return service;
    },
  ),
});
