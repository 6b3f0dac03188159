import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { callerServices } from "@/lib/composition/services";
import { daySchema } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { programTermsSchema } from "@/lib/programme/terms";

/** Terms that are left out stay as they are. */
const updateSchema = programTermsSchema
  .omit({ version: true })
  .partial()
  .extend({
    reason: reasonSchema,
    expected_version: z.number().int().min(1),
    effective_on: daySchema.optional(),
  });

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    { access: "admin", permission: "program:manage", action: "program.view" },
    ({ session }) => callerServices(session.client).admin.programme.getProgram(),
  ),
  PUT: route(
    {
      access: "admin",
      permission: "program:manage",
      action: "program.update",
      entity: "program",
      body: updateSchema,
    },
    ({ session, body }) => {
      const { reason, expected_version, effective_on, ...terms } = body;
      const admin = callerServices(session.client).admin.programme;
      return admin.updateProgram(terms, reason, expected_version, effective_on);
    },
  ),
});
