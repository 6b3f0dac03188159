import { z } from "zod";
import { adminRulesSchema } from "@/lib/access/team-schemas";
import { reasonSchema } from "@/lib/admin/reason";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** Rules that are left out stay as they are. */
const updateSchema = adminRulesSchema
  .partial()
  .extend({ reason: reasonSchema, expected_version: z.number().int().min(1) });

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  PUT: route(
    {
      access: "admin",
      permission: "admins:manage",
      action: "admin_settings.update",
      entity: "admin_settings",
      body: updateSchema,
    },
    ({ session, body }) => {
      const { reason, expected_version, ...rules } = body;
      const { team } = callerServices(session.client).admin;
      return team.updateSettings(rules, reason, expected_version);
    },
  ),
});
