import { AdminService } from "@/lib/admin/admin-service";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint, route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "customer.view",
      params: idParams,
    },
    ({ session, params }) =>
      new AdminService({ client: session.client }).getCustomerReferrals(params.id),
  ),
});
