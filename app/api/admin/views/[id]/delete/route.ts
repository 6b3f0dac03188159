import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "view.delete",
      params: idParams,
    },
    ({ session, params }) => callerServices(session.client).admin.lists.deleteView(params.id),
  ),
});
