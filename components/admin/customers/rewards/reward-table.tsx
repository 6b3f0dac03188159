"use client";

import { useAction } from "@/components/admin/actions/use-action";
import { useTarget } from "@/components/admin/actions/use-dialog-target";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Badge, StatusBadge } from "@/components/ui/badge";
import { Button, TextLink } from "@/components/ui/button";
import { type DataColumn, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/states";
import { DateText, Money } from "@/components/ui/text";
import type { AdminReward } from "@/lib/admin/schemas";
import { formatDate } from "@/lib/dates";

const muted = "font-normal text-text-muted text-xs";

function Quote({ children }: { children: string }) {
  return <q className="wrap-anywhere whitespace-pre-line text-text-muted">{children}</q>;
}

/** Who or what it came from, and why. */
function Origin({ reward }: { reward: AdminReward }) {
  if (reward.source === "manual") {
    return (
      <div className="max-w-72">
        <p>Granted by {reward.granted_by ?? "a former colleague"}</p>
        {reward.grant_reason ? (
          <p className="text-xs">
            <Quote>{reward.grant_reason}</Quote>
          </p>
        ) : null}
      </div>
    );
  }
  return (
    <div className="max-w-72">
      <p>Earned</p>
      {reward.referrals.length > 0 ? (
        <p className={muted}>With {reward.referrals.join(" and ")}</p>
      ) : null}
    </div>
  );
}

type Place = { timeZone: string; currency: string };

/** What became of it, or until when it waits. */
function Outcome({ reward, timeZone, currency }: Place & { reward: AdminReward }) {
  if (reward.status === "applied") {
    return (
      <div>
        <p>
          Used on{" "}
          {reward.invoice_number ? (
            <TextLink href={`/invoices/${encodeURIComponent(reward.invoice_number)}`}>
              {reward.invoice_number}
            </TextLink>
          ) : (
            "an invoice"
          )}
        </p>
        <p className={muted}>
          {reward.amount_waived_cents === null ? null : (
            <>
              <Money cents={reward.amount_waived_cents} currency={currency} /> off
            </>
          )}
          {reward.applied_at ? (
            <>
              {", "}
              <DateText value={reward.applied_at} timeZone={timeZone} />
            </>
          ) : null}
        </p>
      </div>
    );
  }
  if (reward.status === "revoked") {
    return (
      <div className="max-w-72">
        <p>
          Revoked by {reward.revoked_by ?? "a former colleague"}
          {reward.revoked_at ? (
            <>
              {" "}
              on <DateText value={reward.revoked_at} timeZone={timeZone} />
            </>
          ) : null}
        </p>
        {reward.revoke_reason ? (
          <p className="text-xs">
            <Quote>{reward.revoke_reason}</Quote>
          </p>
        ) : null}
      </div>
    );
  }
  return (
    <p>
      {reward.status === "expired" ? "Expired on" : "Waits for an invoice until"}{" "}
      <DateText value={reward.expired_at ?? reward.expires_at} timeZone={timeZone} />
    </p>
  );
}

function RevokeDialog({
  dialog,
  customer,
  timeZone,
}: {
  dialog: ReturnType<typeof useTarget<AdminReward>>;
  customer: RewardTableProps["customer"];
  timeZone: string;
}) {
  const act = useAction();
  const reward = dialog.target;
  if (!reward) return null;
  const granted = formatDate(reward.created_at, timeZone);
  return (
    <ReasonDialog
      key={reward.id}
      open={dialog.open}
      onOpenChange={dialog.setOpen}
      title="Revoke this free month"
      description={`The free month that ${customer.name} got on ${granted} is taken back. This cannot be undone.`}
      reasonHint="The customer reads this in the mail about it, and it stays in the audit log."
      confirmLabel="Revoke free month"
      pendingLabel="Revoking"
      tone="danger"
      onConfirm={(reason) =>
        act({
          path: `/api/admin/customers/${customer.id}/referrals/revoke`,
          body: { reward_id: reward.id, reason },
          done: "Free month revoked",
          description: `${customer.name} gets a mail with your reason.`,
        })
      }
    />
  );
}

export type RewardTableProps = Place & {
  rewards: readonly AdminReward[];
  customer: { id: string; name: string };
  /** The viewer may revoke. */
  canRevoke: boolean;
};

function columns({
  onRevoke,
  timeZone,
  currency,
}: Place & { onRevoke: ((reward: AdminReward) => void) | null }): DataColumn<AdminReward>[] {
  const all: (DataColumn<AdminReward> | null)[] = [
    {
      id: "reward",
      header: "Reward",
      primary: true,
      cell: (reward) => (
        <div>
          <p className="flex flex-wrap items-center gap-2">
            Free month
            {reward.source === "manual" ? <Badge>Granted by hand</Badge> : null}
          </p>
          <p className={muted}>
            <DateText value={reward.created_at} timeZone={timeZone} />
          </p>
        </div>
      ),
    },
    {
      id: "status",
      header: "Status",
      cell: (reward) => <StatusBadge kind="reward" status={reward.status} />,
    },
    { id: "origin", header: "From", cell: (reward) => <Origin reward={reward} /> },
    {
      id: "outcome",
      header: "Outcome",
      cell: (reward) => <Outcome reward={reward} timeZone={timeZone} currency={currency} />,
    },
    onRevoke
      ? {
          id: "actions",
          header: "Actions",
          hideHeader: true,
          align: "end",
          cell: (reward) =>
            reward.status === "pending" ? (
              <Button
                size="sm"
                aria-label={`Revoke the free month of ${formatDate(reward.created_at, timeZone)}`}
                onClick={() => onRevoke(reward)}
              >
                Revoke
              </Button>
            ) : null,
        }
      : null,
  ];
  return all.filter((column) => column !== null);
}

/** Every free month of a customer: where it came from, who granted or revoked it, where it went. */
export function RewardTable({
  rewards,
  customer,
  canRevoke,
  timeZone,
  currency,
}: RewardTableProps) {
  const dialog = useTarget<AdminReward>();
  const { choose } = dialog;
  const shown = columns({ onRevoke: canRevoke ? choose : null, timeZone, currency });
  return (
    <>
      <DataTable
        caption={`Free months of ${customer.name}`}
        columns={shown}
        rows={rewards}
        getRowId={(reward) => reward.id}
        empty={
          <EmptyState title="No rewards yet">
            A free month appears here when enough friends count, or when somebody grants one.
          </EmptyState>
        }
      />
      <RevokeDialog dialog={dialog} customer={customer} timeZone={timeZone} />
    </>
  );
}
