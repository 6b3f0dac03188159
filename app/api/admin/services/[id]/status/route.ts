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
      const admin = new AdminService({ client: session.client });
      const service = await admin.setServiceStatus(params.id, body.status, body.reason);
      deliverMailsAfterResponse();
      return service;
    },
  ),
});
