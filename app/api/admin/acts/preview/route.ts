import { actSchema } from "@/lib/admin/act-preview-schemas";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** The effect of an act before it is done; changes nothing. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "act.preview",
      entity: "act",
      body: actSchema,
    },
    ({ session, body }) => callerServices(session.client).admin.acts.preview(body),
  ),
});
