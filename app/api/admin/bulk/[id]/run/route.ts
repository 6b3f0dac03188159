import { deliverMailsAfterResponse } from "@/lib/composition/after-response";
import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** Does the next rows of a started job. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "bulk.run",
      entity: "bulk_job",
      params: idParams,
    },
    async ({ session, params }) => {
      const job = await callerServices(session.client).admin.bulk.run(params.id);
      deliverMailsAfterResponse();
      return job;
    },
  ),
});
