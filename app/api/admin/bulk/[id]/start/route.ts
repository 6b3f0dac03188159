import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** Starts a planned job, or asks a second person. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "bulk.start",
      entity: "bulk_job",
      params: idParams,
    },
    ({ session, params }) => callerServices(session.client).admin.bulk.start(params.id),
  ),
});
