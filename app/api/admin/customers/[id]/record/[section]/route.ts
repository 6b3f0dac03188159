import { recordSectionSchema } from "@/lib/admin/customer-record-schemas";
import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** The lists of a customer's record, page by page. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "customer.view",
      entity: "customer",
      params: idParams.extend({ section: recordSectionSchema }),
      page: { limit: 25, max: 100 },
    },
    ({ session, params, page }) =>
      callerServices(session.client).admin.records.listSection(params.id, params.section, page),
  ),
});
