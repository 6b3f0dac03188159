import { DescriptionList } from "@/components/ui/description-list";
import { Notice } from "@/components/ui/notice";
import { DateText } from "@/components/ui/text";
import type { Approval } from "@/lib/admin/approval-schemas";
import { ApprovalActions } from "./approval-actions";
import { approvalFacts, approvalTitle, waitsFor } from "./approval-words";

export type WaitingApprovalsProps = {
  approvals: readonly Approval[];
  /** ISO 4217. */
  currency: string;
  /** IANA zone in which times are shown. */
  timeZone: string;
  className?: string;
};

/** Requests that wait for a second person, on the page that they are about: for both of them. */
export function WaitingApprovals({
  approvals,
  currency,
  timeZone,
  className,
}: WaitingApprovalsProps) {
  if (approvals.length === 0) return null;
  return (
    <div className={className} data-print="hidden">
      {approvals.map((approval) => (
        <Notice
          key={approval.id}
          tone="warning"
          title={`Not done yet: ${approvalTitle(approval).toLowerCase()}`}
          action={<ApprovalActions approval={approval} currency={currency} />}
          className="mb-2 last:mb-0"
        >
          <p className="wrap-anywhere mb-2">
            <bdi>
              {approval.is_mine ? "You" : (approval.requested_by_name ?? "A former colleague")}
            </bdi>
            {" asked for it on "}
            <DateText value={approval.requested_at} timeZone={timeZone} withTime />
            {": "}
            <q>
              <bdi>{approval.reason}</bdi>
            </q>
          </p>
          <DescriptionList items={approvalFacts(approval, currency)} />
          <p className="mt-2">{waitsFor(approval)}</p>
        </Notice>
      ))}
    </div>
  );
}
