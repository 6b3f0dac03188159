import { z } from "zod";
import { AdminService } from "@/lib/admin/admin-service";
import { reasonSchema } from "@/lib/admin/schemas";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint, route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "admins:manage",
      action: "customer.erase",
      entity: "customer",
      params: idParams,
      body: z.object({ reason: reasonSchema }),
    },
    ({ session, params, body }) =>
      new AdminService({ client: session.client }).eraseCustomer(params.id, body.reason),
  ),
});
