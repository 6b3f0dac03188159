import { deliverMailsAfterResponse } from "@/lib/composition/after-response";
import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "notification.retry",
      entity: "notification",
      params: idParams,
    },
    async ({ session, params }) => {
      const queued = await callerServices(session.client).admin.mailbox.retryNotification(
        params.id,
      );
      deliverMailsAfterResponse();
      return queued;
    },
  ),
});
