import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "account.read",
      entity: "customer",
      params: idParams,
      page: { limit: 25, max: 100 },
    },
    ({ session, params, page }) =>
      callerServices(session.client).admin.billing.getAccount(params.id, page),
  ),
});
