import { z } from "zod";
import { billingOperatorOf } from "@/lib/composition/billing-operator-of";
import { monthSchema } from "@/lib/http/common-schemas";
import { endpoint, route } from "@/lib/http/handler";
import { enforceRateLimit, RATE_LIMITS } from "@/lib/http/rate-limit";

/** Seconds that a host may let this request take: every invoice of the cycle is computed. */
export const maxDuration = 300;

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "billing.preview",
      query: z.object({ period: monthSchema.optional() }),
    },
    async ({ request, session, service, clock, query }) => {
      await enforceRateLimit(service(), RATE_LIMITS.billingPreview, session.userId);
      return billingOperatorOf(session.client, service(), clock).previewCycle(
        query.period,
        request.signal,
      );
    },
  ),
});
