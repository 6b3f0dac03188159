import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { roleSchema } from "@/lib/permissions";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  PUT: route(
    {
      access: "admin",
      permission: "admins:manage",
      action: "team.update",
      entity: "admin",
      params: idParams,
      body: z.object({ role: roleSchema, is_active: z.boolean(), reason: reasonSchema }),
    },
    ({ session, params, body }) =>
      callerServices(session.client).admin.team.updateMember(params.id, {
        role: body.role,
        isActive: body.is_active,
        reason: body.reason,
      }),
  ),
});
