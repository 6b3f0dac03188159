import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** Withdraws the scheduled version of the terms. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "program:manage",
      action: "program.withdraw",
      entity: "program",
      body: z.object({
        version: z.number().int().min(1).max(2_000_000_000),
        reason: reasonSchema,
      }),
    },
    ({ session, body }) =>
      callerServices(session.client).admin.programme.withdrawScheduled(body.version, body.reason),
  ),
});
