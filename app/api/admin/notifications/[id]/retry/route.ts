import { AdminService } from "@/lib/admin/admin-service";
import { deliverMailsAfterResponse } from "@/lib/http/after-response";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint, route } from "@/lib/http/handler";

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
      const queued = await new AdminService({ client: session.client }).retryNotification(
        params.id,
      );
      deliverMailsAfterResponse();
      return queued;
    },
  ),
});
