import { deliverMailsAfterResponse } from "@/lib/composition/after-response";
import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "order.activate",
      entity: "order",
      params: idParams,
    },
    async ({ session, params }) => {
      const service = await callerServices(session.client).referrals.activateReferral(params.id);
      deliverMailsAfterResponse();
      return service;
    },
  ),
});
