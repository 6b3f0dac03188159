"use client";

import { useMemo } from "react";
import { useDialogTarget } from "@/components/admin/actions/use-dialog-target";
import { useReturnedDialog } from "@/components/admin/actions/use-returned-dialog";
import { Badge, StatusBadge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { CellNote } from "@/components/ui/cell-note";
import { columnsOf, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText } from "@/components/ui/text";
import type { AdminReward } from "@/lib/admin/customer-schemas";
import { formatDate } from "@/lib/dates";
import { RevokeReward, revokeDraft } from "./revoke-reward";
import { RewardOrigin, RewardOutcome } from "./reward-cells";

const column = columnsOf<AdminReward>();

const columns = (timeZone: string, currency: string, revoke: (reward: AdminReward) => void) =>
  column.columns([
    column.accessor("created_at", {
      header: "Reward",
      meta: { isRowHeader: true },
      cell: ({ row, getValue }) => (
        <div>
          <p className="flex flex-wrap items-center gap-2">
            Free month
            {row.original.source === "manual" ? <Badge>Granted by hand</Badge> : null}
          </p>
          <CellNote>
            <DateText value={getValue()} timeZone={timeZone} />
          </CellNote>
        </div>
      ),
    }),
    column.accessor("status", {
      header: "Status",
      cell: ({ getValue }) => <StatusBadge kind="reward" status={getValue()} />,
    }),
    column.accessor("source", {
      header: "From",
      cell: ({ row }) => <RewardOrigin reward={row.original} />,
    }),
    column.display({
      id: "outcome",
      header: "Outcome",
      cell: ({ row }) => (
        <RewardOutcome reward={row.original} timeZone={timeZone} currency={currency} />
      ),
    }),
    column.display({
      id: "actions",
      header: "Actions",
      meta: { hideHeader: true, align: "end" },
      cell: ({ row: { original: reward } }) =>
        reward.status === "pending" ? (
          <Button
            size="sm"
            aria-label={`Revoke the free month of ${formatDate(reward.created_at, timeZone)}`}
            onClick={() => revoke(reward)}
          >
            Revoke
          </Button>
        ) : null,
    }),
  ]);

/** Left out for people who may not revoke. */
const ACTIONS = ["actions"];

export type RewardTableProps = {
  rewards: readonly AdminReward[];
  customer: { id: string; name: string };
  /** The viewer may revoke. */
  canRevoke: boolean;
  timeZone: string;
  /** ISO 4217. */
  currency: string;
};

/** Every free month of a customer: where it came from, who granted or revoked it, its invoice. */
export function RewardTable({
  rewards,
  customer,
  canRevoke,
  timeZone,
  currency,
}: RewardTableProps) {
  const dialog = useDialogTarget<AdminReward>();
  const { choose } = dialog;
  useReturnedDialog((draft) => {
    const reward = rewards.find(({ id }) => revokeDraft(id) === draft);
    if (reward) choose(reward);
  });
  const shown = useMemo(() => columns(timeZone, currency, choose), [timeZone, currency, choose]);
  return (
    <>
      <DataTable
        caption={`Free months of ${customer.name}`}
        columns={shown}
        hiddenColumns={canRevoke ? undefined : ACTIONS}
        rows={rewards}
        getRowId={(reward) => reward.id}
        empty={
          <EmptyState title="No rewards yet">
            A free month appears here when enough friends count, or when somebody grants one.
          </EmptyState>
        }
      />
      <RevokeReward dialog={dialog} customer={customer} timeZone={timeZone} />
    </>
  );
}
