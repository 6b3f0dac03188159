import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "customer.view",
      entity: "customer",
      params: idParams,
    },
    ({ session, params }) => callerServices(session.client).admin.records.getCustomer(params.id),
  ),
});
