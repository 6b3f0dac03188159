import { z } from "zod";
import { invoiceFilterSchema } from "@/lib/billing/billing-admin-schemas";
import { BillingReader } from "@/lib/billing/billing-admin-service";
import { cursorParam, limitSchema, searchSchema } from "@/lib/http/common-schemas";
import { endpoint, route } from "@/lib/http/handler";
import { decodeCursor, encodeCursor } from "@/lib/paging";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "invoices.list",
      query: z.object({
        q: searchSchema,
        status: invoiceFilterSchema.optional(),
        cursor: cursorParam,
        limit: limitSchema(25, 100),
      }),
    },
    async ({ session, query }) => {
      const page = await new BillingReader({ client: session.client }).listInvoices({
        q: query.q,
        status: query.status,
        limit: query.limit,
        cursor: decodeCursor(query.cursor),
      });
      return { ...page, next_cursor: encodeCursor(page.next_cursor) };
    },
  ),
});
