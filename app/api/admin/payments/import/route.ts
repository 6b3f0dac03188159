import { z } from "zod";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "payment.import",
      query: z.object({
        dry_run: z
          .enum(["true", "false", "1", "0", ""], { error: "Use true or false." })
          .optional(),
      }),
      body: z.string(),
      textBody: { type: "text/csv", maxBytes: 1024 * 1024 },
    },
    ({ session, query, body }) => {
      const dryRun = query.dry_run !== undefined && !["false", "0"].includes(query.dry_run);
      return callerServices(session.client).payments.import(body, { dryRun });
    },
  ),
});
