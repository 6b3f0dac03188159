import { z } from "zod";
import { approvalDecisionSchema } from "@/lib/admin/approval-schemas";
import { reasonSchema } from "@/lib/admin/reason";
import { workAfterResponse } from "@/lib/composition/after-response";
import { billingOperator, callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** Seconds that a host may let a billing run after the answer take. A run that is cut is resumed. */
export const maxDuration = 300;

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "approval.decide",
      entity: "approval",
      params: idParams,
      body: z.object({ decision: approvalDecisionSchema, reason: reasonSchema }),
    },
    async ({ session, server, clock, params, body }) => {
      const { approvals } = callerServices(session.client).admin;
      const approval = await approvals.decide(params.id, body.decision, body.reason);
      const { kind, status, intent } = approval;
      if (kind !== "billing_run" || status !== "approved") return approval;
      const operator = billingOperator(server(), session.client, clock);
      const { work, run_id } = await operator.startApprovedRun({
        id: approval.id,
        requestedBy: approval.requested_by,
        periodStart: String(intent.period_start),
        reason: approval.reason,
      });
      workAfterResponse(work, "a billing run that was approved did not complete");
      return { ...approval, run_id };
    },
  ),
});
