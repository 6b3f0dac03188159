import { BillingReader } from "@/lib/billing/billing-admin-service";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint, route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "billing_run.view",
      params: idParams,
    },
    ({ session, params }) => new BillingReader({ client: session.client }).getRun(params.id),
  ),
});
