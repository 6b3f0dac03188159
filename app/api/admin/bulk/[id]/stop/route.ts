import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** Stops a job; what was done stays. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "bulk.stop",
      entity: "bulk_job",
      params: idParams,
      body: z.object({ reason: reasonSchema }),
    },
    ({ session, params, body }) =>
      callerServices(session.client).admin.bulk.stop(params.id, body.reason),
  ),
});
