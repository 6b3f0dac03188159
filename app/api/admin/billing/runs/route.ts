import { z } from "zod";
import { reasonSchema } from "@/lib/admin/schemas";
import { BillingReader } from "@/lib/billing/billing-admin-service";
import { billingOperatorOf } from "@/lib/composition/billing-operator-of";
import { workAfterResponse } from "@/lib/http/after-response";
import { cursorParam, limitSchema, monthSchema } from "@/lib/http/common-schemas";
import { ok } from "@/lib/http/envelope";
import { endpoint, route } from "@/lib/http/handler";
import { parseInput } from "@/lib/http/input";
import { enforceRateLimit, RATE_LIMITS } from "@/lib/http/rate-limit";
import { idempotencyKeySchema } from "@/lib/orders/schemas";
import { decodeCursor, encodeCursor } from "@/lib/paging";

/** Seconds that a host may let the work after the answer take. A run that is cut is resumed. */
export const maxDuration = 300;

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "billing_runs.list",
      query: z.object({ cursor: cursorParam, limit: limitSchema(25, 100) }),
    },
    async ({ session, query }) => {
      const page = await new BillingReader({ client: session.client }).listRuns({
        limit: query.limit,
        cursor: decodeCursor(query.cursor),
      });
      return { ...page, next_cursor: encodeCursor(page.next_cursor) };
    },
  ),
  POST: route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "billing_run.start",
      entity: "billing_run",
      body: z.object({ period: monthSchema.optional(), force_reason: reasonSchema.optional() }),
    },
    async ({ request, session, service, clock, body }) => {
      const { key } = parseInput(z.object({ key: idempotencyKeySchema.optional() }), {
        key: request.headers.get("idempotency-key") ?? undefined,
      });
      await enforceRateLimit(service(), RATE_LIMITS.billingRun, session.userId);
      const { work, ...run } = await billingOperatorOf(session.client, service(), clock).startRun(
        session.userId,
        { period: body.period, forceReason: body.force_reason, idempotencyKey: key },
      );
      workAfterResponse(work, "a billing run that an admin started did not complete");
      return ok(run, { status: 202 });
    },
  ),
});
