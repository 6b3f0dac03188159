import { z } from "zod";
import { BULK_STATUSES, bulkPlanSchema } from "@/lib/admin/bulk-schemas";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { ok } from "@/lib/http/envelope";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "bulk.list",
      query: z.object({ status: z.enum(BULK_STATUSES).optional() }),
      page: { limit: 25, max: 100 },
    },
    ({ session, query, page }) =>
      callerServices(session.client).admin.bulk.list({ ...query, ...page }),
  ),
  POST: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "bulk.plan",
      entity: "bulk_job",
      body: bulkPlanSchema,
    },
    async ({ session, body }) =>
      ok(await callerServices(session.client).admin.bulk.plan(body), { status: 201 }),
  ),
});
