"use client";

import { useMemo } from "react";
import { CustomerCell } from "@/components/admin/customers/customer-cell";
import { CustomerLink } from "@/components/admin/customers/customer-link";
import { Badge, StatusBadge } from "@/components/ui/badge";
import { CellNote, noteClasses } from "@/components/ui/cell-note";
import { CopyButton } from "@/components/ui/copy-button";
import { columnsOf, DataTable, type ListLook } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText } from "@/components/ui/text";
import type { ReferralRow } from "./referral-row";
import { sourceWords, statusReason } from "./referral-words";
import { SecondChance } from "./second-chance";

function Flags({ flags }: { flags: ReferralRow["flags"] }) {
  if (flags.length === 0) return <span className="text-text-muted">None</span>;
  return (
    <ul className="flex flex-col gap-1 max-md:items-end">
      {flags.map((flag) => (
        <li key={flag.id}>
          {flag.status === "open" ? (
            <Badge
              tone={flag.severity === "hold" ? "warning" : "neutral"}
              className="max-xl:h-auto max-xl:whitespace-normal max-xl:rounded-xl max-xl:py-0.5"
            >
              {flag.label}
              {flag.severity === "hold" ? " · on hold" : null}
            </Badge>
          ) : (
            <span className={noteClasses}>
              {flag.label}, {flag.status}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The day on which the friend counted or stopped; null while they are under way. */
function dateOf(row: ReferralRow): { label: string; date: string | null } {
  if (row.status === "qualified") return { label: "Counted on", date: row.qualified_at };
  return { label: "Stopped on", date: row.rejected_at ?? row.cancelled_at ?? row.expired_at };
}

/** Why the friend has not counted yet, as the referrer reads it, with a reply to copy. */
function Why({ row }: { row: ReferralRow }) {
  const { explanation, reply } = row;
  return (
    <div className="max-w-72 max-md:flex max-md:flex-col max-md:items-end">
      <CellNote className="wrap-anywhere">{explanation.text}</CellNote>
      <CopyButton value={reply} label="Copy reply" size="sm" variant="ghost" className="-ms-3" />
    </div>
  );
}

function Progress({ row, timeZone }: { row: ReferralRow; timeZone: string }) {
  const { label, date } = dateOf(row);
  if (!date) return <Why row={row} />;
  return (
    <div>
      <span className="xl:whitespace-nowrap">
        <span className="text-text-muted">{label}</span>{" "}
        <DateText value={date} timeZone={timeZone} />
      </span>
      {row.status === "rejected" && row.status_reason ? (
        <CellNote>{statusReason(row.status_reason)}</CellNote>
      ) : null}
      {row.status === "qualified" ? (
        <CellNote>{row.reward_id ? "Part of a reward" : "Not part of a reward yet"}</CellNote>
      ) : null}
      <Why row={row} />
    </div>
  );
}

const column = columnsOf<ReferralRow>();

const columns = (timeZone: string) =>
  column.columns([
    column.accessor("referred", {
      header: "Friend",
      meta: { isRowHeader: true, className: "xl:min-w-44" },
      cell: ({ getValue }) => <CustomerCell customer={getValue()} />,
    }),
    column.accessor("referrer", {
      header: "Referred by",
      cell: ({ row, getValue }) => (
        <div className="wrap-anywhere">
          <CustomerLink customer={getValue()} />
          <CellNote className="whitespace-nowrap font-mono">{row.original.referral_code}</CellNote>
        </div>
      ),
    }),
    column.accessor("status", {
      header: "Status",
      cell: ({ getValue }) => <StatusBadge kind="referral" status={getValue()} />,
    }),
    column.accessor("referred_at", {
      header: "Ordered",
      cell: ({ row, getValue }) => (
        <div>
          <DateText value={getValue()} timeZone={timeZone} />
          <CellNote>{sourceWords(row.original.source)}</CellNote>
        </div>
      ),
    }),
    column.display({
      id: "progress",
      header: "Progress",
      cell: ({ row }) => <Progress row={row.original} timeZone={timeZone} />,
    }),
    column.accessor("flags", {
      header: "Flags",
      cell: ({ getValue }) => <Flags flags={getValue()} />,
    }),
    column.display({
      id: "actions",
      header: "Actions",
      meta: { hideHeader: true, align: "end" },
      cell: ({ row }) => <SecondChance row={row.original} timeZone={timeZone} />,
    }),
  ]);

const NONE: readonly string[] = [];

export type ReferralTableProps = ListLook & {
  referrals: readonly ReferralRow[];
  timeZone: string;
  caption: string;
  /** Shows who referred: for lists across customers. */
  withReferrer?: boolean;
  /** The viewer may extend and reinstate. */
  canManage?: boolean;
  empty: { title: string; text: string };
};

/** Referrals with their status, progress and flags. */
export function ReferralTable({
  referrals,
  timeZone,
  caption,
  withReferrer = false,
  canManage = false,
  hiddenColumns = NONE,
  sortLinks,
  empty,
}: ReferralTableProps) {
  const shown = useMemo(() => columns(timeZone), [timeZone]);
  const hidden = useMemo(
    () => [
      ...hiddenColumns,
      ...(withReferrer ? [] : ["referrer"]),
      ...(canManage ? [] : ["actions"]),
    ],
    [hiddenColumns, withReferrer, canManage],
  );
  return (
    <DataTable
      caption={caption}
      columns={shown}
      hiddenColumns={hidden}
      sortLinks={sortLinks}
      rows={referrals}
      getRowId={(row) => row.id}
      empty={<EmptyState title={empty.title}>{empty.text}</EmptyState>}
    />
  );
}
