import { z } from "zod";
import { AdminService } from "@/lib/admin/admin-service";
import { reasonSchema } from "@/lib/admin/schemas";
import { endpoint, route } from "@/lib/http/handler";
import { programTermsSchema } from "@/lib/programme/terms";

/** Terms that are left out stay as they are. */
const updateSchema = programTermsSchema
  .omit({ version: true })
  .partial()
  .extend({ reason: reasonSchema, expected_version: z.number().int().min(1) });

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    { access: "admin", permission: "program:manage", action: "program.view" },
    ({ session }) => new AdminService({ client: session.client }).getProgram(),
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
      const { reason, expected_version, ...terms } = body;
      const admin = new AdminService({ client: session.client });
      return admin.updateProgram(terms, reason, expected_version);
    },
  ),
});
