import { z } from "zod";
import { callerServices } from "@/lib/composition/services";
import { searchSchema } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "customers.list",
      query: z.object({ q: searchSchema }),
      page: { limit: 25, max: 100 },
    },
    ({ session, query, page }) =>
      callerServices(session.client).admin.customers.listCustomers({ ...query, ...page }),
  ),
});
