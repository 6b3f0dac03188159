import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** Tries the next rows of a planned job; each is done and taken back. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "bulk.try",
      entity: "bulk_job",
      params: idParams,
    },
    ({ session, params }) => callerServices(session.client).admin.bulk.tryRows(params.id),
  ),
});
