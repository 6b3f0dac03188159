import { StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { DescriptionList } from "@/components/ui/description-list";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText } from "@/components/ui/text";
import type { Approval } from "@/lib/admin/approval-schemas";
import { ApprovalActions } from "./approval-actions";
import { approvalFacts, approvalTitle, waitsFor } from "./approval-words";

export type ApprovalListProps = {
  approvals: readonly Approval[];
  /** IANA zone in which times are shown. */
  timeZone: string;
  /** ISO 4217. */
  currency: string;
  isFiltered: boolean;
};

function Decision({ approval, timeZone }: { approval: Approval; timeZone: string }) {
  const { status, decided_at, decided_by_name, decision_reason } = approval;
  if (status === "pending" || status === "expired") {
    return (
      <div className="text-text-muted">
        {status === "pending" ? <p>{waitsFor(approval)}</p> : null}
        <p>
          {status === "pending" ? "Expires on " : "Nobody decided it by "}
          <DateText value={approval.expires_at} timeZone={timeZone} withTime />
        </p>
      </div>
    );
  }
  if (!decided_at) return null;
  return (
    <p className="wrap-anywhere">
      <bdi>{decided_by_name ?? "A former colleague"}</bdi>
      {", "}
      <DateText value={decided_at} timeZone={timeZone} withTime />
      {decision_reason ? `: ${decision_reason}` : null}
    </p>
  );
}

/** Requests for a second person, newest first, with what the reader may do about them. */
export function ApprovalList({ approvals, timeZone, currency, isFiltered }: ApprovalListProps) {
  if (approvals.length === 0) {
    return isFiltered ? (
      <EmptyState title="No request in this state">Choose another filter.</EmptyState>
    ) : (
      <EmptyState title="No requests yet">
        What one person may not do alone waits here for a second one.
      </EmptyState>
    );
  }
  return (
    <ul className="divide-y divide-border">
      {approvals.map((approval) => (
        <li key={approval.id} className="flex flex-col gap-3 px-4 py-5 text-sm sm:px-6">
          <div className="flex flex-wrap items-center justify-between gap-3">
            <h2 className="font-medium text-base">{approvalTitle(approval)}</h2>
            <StatusBadge kind="approval" status={approval.status} />
          </div>
          <DescriptionList
            layout="columns"
            items={[
              ...approvalFacts(approval, currency),
              ...(approval.customer_id
                ? [
                    {
                      label: "Customer",
                      value: (
                        <TextLink quiet href={`/admin/customers/${approval.customer_id}/referrals`}>
                          <bdi>{approval.customer_name || "Former customer"}</bdi>
                        </TextLink>
                      ),
                    },
                  ]
                : []),
              ...(approval.kind === "bulk_job"
                ? [
                    {
                      label: "Job",
                      value: (
                        <TextLink quiet href={`/admin/bulk/${approval.intent.job_id}`}>
                          Each row, and what would happen
                        </TextLink>
                      ),
                    },
                  ]
                : []),
              {
                label: "Asked by",
                value: (
                  <>
                    <bdi>{approval.requested_by_name ?? "A former colleague"}</bdi>
                    {", "}
                    <DateText value={approval.requested_at} timeZone={timeZone} withTime />
                  </>
                ),
              },
              { label: "Reason", value: <bdi>{approval.reason}</bdi> },
            ]}
          />
          <div className="flex flex-wrap items-center justify-between gap-3">
            <Decision approval={approval} timeZone={timeZone} />
            <ApprovalActions approval={approval} currency={currency} />
          </div>
        </li>
      ))}
    </ul>
  );
}
