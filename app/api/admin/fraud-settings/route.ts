import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { serverServices } from "@/lib/composition/services";
import { fraudChangesSchema } from "@/lib/fraud/fraud-settings";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    { access: "admin", permission: "program:manage", action: "fraud_settings.view" },
    ({ session, server, clock }) =>
      serverServices(server(), clock).fraudSettings.get(session.userId),
  ),
  PUT: route(
    {
      access: "admin",
      permission: "program:manage",
      action: "fraud_settings.update",
      entity: "fraud_settings",
      body: z.object({
        settings: fraudChangesSchema,
        reason: reasonSchema,
        expected_version: z.number().int().min(1),
      }),
    },
    ({ session, body, server, clock }) =>
      serverServices(server(), clock).fraudSettings.save(
        session.userId,
        body.settings,
        body.reason,
        body.expected_version,
      ),
  ),
});
