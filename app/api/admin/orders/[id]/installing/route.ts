import { AdminService } from "@/lib/admin/admin-service";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint, route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "order.install",
      entity: "order",
      params: idParams,
    },
    ({ session, params }) =>
      new AdminService({ client: session.client }).startInstallation(params.id),
  ),
});
