import { z } from "zod";
import { invoiceFilterSchema } from "@/lib/billing/billing-admin-schemas";
import { callerServices } from "@/lib/composition/services";
import { searchSchema } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "invoices.list",
      query: z.object({ q: searchSchema, status: invoiceFilterSchema.optional() }),
      page: { limit: 25, max: 100 },
    },
    ({ session, query, page }) =>
      callerServices(session.client).admin.billing.listInvoices({ ...query, ...page }),
  ),
});
