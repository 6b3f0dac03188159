import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { isPendingApproval } from "@/lib/billing/pending-approval";
import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { ok } from "@/lib/http/envelope";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "service.change_package",
      entity: "service",
      params: idParams,
      body: z.object({
        package_slug: z
          .string({ error: "Choose a package." })
          .trim()
          .min(1, "Choose a package.")
          .max(80, "This package does not exist.")
          .regex(/^[a-z0-9-]*$/, "This package does not exist."),
        reason: reasonSchema,
      }),
    },
    async ({ session, params, body }) => {
      const { orders } = callerServices(session.client).admin;
      const { package_slug, reason } = body;
      const answer = await orders.changeServicePackage(params.id, package_slug, reason);
      return ok(answer, { status: isPendingApproval(answer) ? 202 : 200 });
    },
  ),
});
