import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "mail_address.list",
      page: { limit: 25, max: 100 },
    },
    ({ session, page }) => callerServices(session.client).admin.mailbox.listSuppressions(page),
  ),
});
