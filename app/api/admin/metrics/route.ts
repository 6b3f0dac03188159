import { z } from "zod";
import { AdminService } from "@/lib/admin/admin-service";
import { endpoint, route } from "@/lib/http/handler";

const DAY_MS = 86_400_000;

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "metrics.view",
      query: z.object({
        days: z.coerce
          .number({ error: "Use a number of days." })
          .int("Use whole days.")
          .min(1, "Use 1 day or more.")
          .max(730, "Use 730 days or less.")
          .default(30),
      }),
    },
    ({ session, query, clock }) => {
      const to = clock();
      const from = new Date(to.getTime() - query.days * DAY_MS);
      return new AdminService({ client: session.client }).getMetrics(from, to);
    },
  ),
});
