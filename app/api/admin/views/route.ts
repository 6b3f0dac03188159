import { savedViewInputSchema } from "@/lib/admin/list-schemas";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "view.save",
      body: savedViewInputSchema,
    },
    ({ session, body }) => callerServices(session.client).admin.lists.saveView(body),
  ),
});
