import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

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
      callerServices(session.client).admin.orders.startInstallation(params.id),
  ),
});
