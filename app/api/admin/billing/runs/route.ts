import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { isPendingApproval } from "@/lib/billing/pending-approval";
import { workAfterResponse } from "@/lib/composition/after-response";
import { billingOperator, callerServices } from "@/lib/composition/services";
import { monthSchema } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { ok } from "@/lib/http/envelope";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";

/** Seconds that a host may let the work after the answer take. A run that is cut is resumed. */
export const maxDuration = 300;

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "billing_runs.list",
      page: { limit: 25, max: 100 },
    },
    ({ session, page }) => callerServices(session.client).admin.billing.listRuns(page),
  ),
  POST: route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "billing_run.start",
      entity: "billing_run",
      body: z.object({ period: monthSchema.optional(), force_reason: reasonSchema.optional() }),
      idempotencyKey: "optional",
      personLimit: RATE_LIMITS.billingRun,
    },
    async ({ session, server, clock, body, idempotencyKey }) => {
      const operator = billingOperator(server(), session.client, clock);
      const started = await operator.startRun(session.userId, {
        period: body.period,
        forceReason: body.force_reason,
        idempotencyKey,
      });
      if (isPendingApproval(started)) return ok(started, { status: 202 });
      const { work, ...run } = started;
      workAfterResponse(work, "a billing run that an admin started did not complete");
      return ok(run, { status: 202 });
    },
  ),
});
