"use client";

import { useMemo, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { CustomerCell } from "@/components/admin/customers/customer-cell";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { CellNote } from "@/components/ui/cell-note";
import { columnsOf, DataTable, type ListLook } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText } from "@/components/ui/text";
import type { AdminClaim } from "@/lib/admin/referral-schemas";
import { CLAIM_STATUS } from "./claim-words";

type Decision = "accept" | "reject";

function Decide({ claim, decision }: { claim: AdminClaim; decision: Decision }) {
  const act = useAction();
  const [open, setOpen] = useState(false);
  const accepts = decision === "accept";
  const label = accepts ? "Accept" : "Reject";
  return (
    <ReasonDialog
      trigger={
        <Button
          size="sm"
          variant={accepts ? "secondary" : "ghost"}
          aria-label={`${label} the claim of ${claim.customer.name}`}
        >
          {label}
        </Button>
      }
      open={open}
      onOpenChange={setOpen}
      title={accepts ? "Attach this code" : "Reject this claim"}
      description={
        accepts
          ? `${claim.customer.name} becomes a friend of ${claim.referrer.name}, by the checks of the day on which they ordered. Both get a mail.`
          : `${claim.customer.name} gets a mail. The reason stays in the audit log.`
      }
      reasonHint="It stays in the audit log."
      confirmLabel={label}
      pendingLabel={accepts ? "Attaching" : "Rejecting"}
      tone={accepts ? "primary" : "danger"}
      onConfirm={(reason) =>
        act({
          path: `/api/admin/referral-claims/${claim.id}`,
          body: { decision, reason },
          done: accepts ? "Code attached" : "Claim rejected",
          description: claim.customer.name,
        })
      }
    />
  );
}

const column = columnsOf<AdminClaim>();

const columns = (timeZone: string) =>
  column.columns([
    column.accessor("customer", {
      header: "Customer",
      meta: { isRowHeader: true, className: "xl:min-w-44" },
      cell: ({ getValue }) => <CustomerCell customer={getValue()} />,
    }),
    column.accessor("referrer", {
      header: "Says they were invited by",
      cell: ({ row, getValue }) => (
        <div>
          <CustomerCell customer={getValue()} />
          <CellNote className="font-mono">{row.original.referral_code}</CellNote>
        </div>
      ),
    }),
    column.accessor("status", {
      header: "Status",
      cell: ({ row, getValue }) => (
        <div className="flex flex-col items-start gap-1 max-md:items-end">
          <Badge tone={getValue() === "confirmed" ? "warning" : "neutral"}>
            {CLAIM_STATUS[getValue()]}
          </Badge>
          {row.original.decision_reason ? (
            <CellNote className="wrap-anywhere max-w-56">
              <q>{row.original.decision_reason}</q>
            </CellNote>
          ) : null}
        </div>
      ),
    }),
    column.accessor("created_at", {
      header: "Said on",
      cell: ({ getValue }) => <DateText value={getValue()} timeZone={timeZone} />,
    }),
    column.display({
      id: "actions",
      header: "Actions",
      meta: { hideHeader: true, align: "end" },
      cell: ({ row: { original: claim } }) =>
        claim.status === "accepted" || claim.status === "rejected" ? null : (
          <div className="flex flex-wrap justify-end gap-1 max-md:-me-3">
            {claim.status === "confirmed" ? <Decide claim={claim} decision="accept" /> : null}
            <Decide claim={claim} decision="reject" />
          </div>
        ),
    }),
  ]);

const NONE: readonly string[] = [];

export type ClaimTableProps = ListLook & {
  claims: readonly AdminClaim[];
  timeZone: string;
  /** The viewer may decide. */
  canManage: boolean;
  isFiltered: boolean;
};

/** Customers who say that a code was forgotten, and what the referrer answered. */
export function ClaimTable({
  claims,
  timeZone,
  canManage,
  isFiltered,
  hiddenColumns = NONE,
  sortLinks,
}: ClaimTableProps) {
  const shown = useMemo(() => columns(timeZone), [timeZone]);
  const hidden = useMemo(
    () => (canManage ? hiddenColumns : [...hiddenColumns, "actions"]),
    [canManage, hiddenColumns],
  );
  return (
    <DataTable
      caption="Forgotten codes"
      columns={shown}
      hiddenColumns={hidden}
      sortLinks={sortLinks}
      rows={claims}
      getRowId={(claim) => claim.id}
      empty={
        isFiltered ? (
          <EmptyState title="Nothing matches">
            Choose another filter or change the search.
          </EmptyState>
        ) : (
          <EmptyState title="No forgotten codes">
            Customers who say on their dashboard who invited them appear here.
          </EmptyState>
        )
      }
    />
  );
}
