import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "admins:manage",
      action: "api_key.revoke",
      entity: "api_key",
      params: idParams,
      body: z.object({ reason: reasonSchema }),
    },
    ({ session, params, body }) =>
      callerServices(session.client).admin.apiKeys.revoke(params.id, body.reason),
  ),
});
