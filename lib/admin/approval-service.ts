import { type ListPage, listArgs } from "@/lib/paging";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import {
  type Approval,
  type ApprovalDecision,
  approvalPageSchema,
  approvalSchema,
  type WaitingApprovals,
  waitingApprovalsSchema,
} from "./approval-schemas";

/**
 * Requests for a second person, with the rights of an admin.
 *
 * All methods raise AppError `unauthenticated` and `forbidden`.
 */
export class ApprovalService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /** Newest first; `for_me`: those that the caller may decide. */
  list(query: ListPage & { status?: Approval["status"] | "for_me" }) {
    return callRpc(
      this.deps.client,
      "list_approvals",
      { p_status: query.status, ...listArgs(query) },
      approvalPageSchema,
    );
  }

  /** What waits for a second person: of one customer, and how many for the caller in all. */
  listWaiting(customerId?: string): Promise<WaitingApprovals> {
    return callRpc(
      this.deps.client,
      "list_waiting_approvals",
      { p_customer_id: customerId },
      waitingApprovalsSchema,
    );
  }

  /**
   * Decides a request, or withdraws an own one. What is approved is carried out at once and once,
   * except for a billing run, which `BillingOperator.startApprovedRun` opens.
   *
   * @throws AppError `not_found`, `own_request`, `own_account`, `password_needed`,
   *   `approval_closed`, and what the act itself raises.
   */
  decide(id: string, decision: ApprovalDecision, reason: string) {
    return callRpc(
      this.deps.client,
      "decide_approval",
      { p_id: id, p_decision: decision, p_reason: reason },
      approvalSchema,
    );
  }
}
