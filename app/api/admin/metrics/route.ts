import { z } from "zod";
import { callerServices } from "@/lib/composition/services";
import { DAY_MS } from "@/lib/dates";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

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
      return callerServices(session.client).admin.programme.getMetrics(from, to);
    },
  ),
});
