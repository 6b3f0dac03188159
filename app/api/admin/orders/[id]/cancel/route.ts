import { z } from "zod";
import { AdminService } from "@/lib/admin/admin-service";
import { reasonSchema } from "@/lib/admin/schemas";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint, route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "order.cancel",
      entity: "order",
      params: idParams,
      body: z.object({ reason: reasonSchema }),
    },
    ({ session, params, body }) =>
      new AdminService({ client: session.client }).cancelOrder(params.id, body.reason),
  ),
});
