import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "program:manage",
      action: "switch.change",
      entity: "switch",
      params: z.object({ name: z.string().max(40) }),
      body: z.object({ is_on: z.boolean("Use true or false."), reason: reasonSchema }),
    },
    ({ session, params, body }) =>
      callerServices(session.client).admin.programme.setSwitch(
        params.name,
        body.is_on,
        body.reason,
      ),
  ),
});
