import { referralServiceOf } from "@/lib/composition/referral-service-of";
import { deliverMailsAfterResponse } from "@/lib/http/after-response";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint, route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "order.activate",
      entity: "order",
      params: idParams,
    },
    async ({ session, params, clock }) => {
      const service = await referralServiceOf(session.client, clock).activateReferral(params.id);
      deliverMailsAfterResponse();
      return service;
    },
  ),
});
