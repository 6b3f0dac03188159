import { z } from "zod";
import { APPROVAL_STATUSES } from "@/lib/admin/approval-schemas";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "approvals.list",
      query: z.object({ status: z.enum(APPROVAL_STATUSES).optional() }),
      page: { limit: 25, max: 100 },
    },
    ({ session, query, page }) =>
      callerServices(session.client).admin.approvals.list({ ...query, ...page }),
  ),
});
