import { z } from "zod";
import { billingOperator } from "@/lib/composition/services";
import { monthSchema } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";

/** Seconds that a host may let this request take: every invoice of the cycle is computed. */
export const maxDuration = 300;

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "billing.preview",
      query: z.object({ period: monthSchema.optional() }),
      personLimit: RATE_LIMITS.billingPreview,
    },
    ({ request, session, server, clock, query }) =>
      billingOperator(server(), session.client, clock).previewCycle(query.period, request.signal),
  ),
});
