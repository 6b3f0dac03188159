"use client";

import { useMemo } from "react";
import type { ReferralRow } from "@/components/admin/review/signal-labels";
import { sourceWords, statusReason } from "@/components/admin/words";
import { Badge, StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { type DataColumn, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/states";
import { DateText, EmailText } from "@/components/ui/text";

const muted = "font-normal text-text-muted text-xs";

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
            <span className={muted}>
              {flag.label}, {flag.status}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The date that matters now: when it counted, will count, or stopped. */
function Progress({ row, timeZone }: { row: ReferralRow; timeZone: string }) {
  const stopped = row.rejected_at ?? row.cancelled_at ?? row.expired_at;
  const [label, date] =
    row.status === "qualified"
      ? ["Counted on", row.qualified_at]
      : row.status === "active"
        ? ["Counts on", row.qualifies_at]
        : ["Stopped on", stopped];
  if (!date) return <span className="text-text-muted">Waiting for the service</span>;
  return (
    <div>
      <span className="xl:whitespace-nowrap">
        <span className="text-text-muted">{label}</span>{" "}
        <DateText value={date} timeZone={timeZone} />
      </span>
      {row.status_reason && row.status !== "qualified" && row.status !== "active" ? (
        <p className={muted}>{statusReason(row.status_reason)}</p>
      ) : null}
      {row.status === "qualified" ? (
        <p className={muted}>{row.reward_id ? "Part of a reward" : "Not part of a reward yet"}</p>
      ) : null}
    </div>
  );
}

function columns(timeZone: string, withReferrer: boolean): DataColumn<ReferralRow>[] {
  const all: (DataColumn<ReferralRow> | null)[] = [
    {
      id: "friend",
      header: "Friend",
      primary: true,
      className: "xl:min-w-44",
      cell: (row) => (
        <div className="max-md:wrap-anywhere md:max-w-40 xl:max-w-56">
          <TextLink quiet href={`/admin/customers/${row.referred.id}/referrals`}>
            {row.referred.name}
          </TextLink>
          <p className={muted}>
            <EmailText value={row.referred.email} />
          </p>
        </div>
      ),
    },
    withReferrer
      ? {
          id: "referrer",
          header: "Referred by",
          cell: (row) => (
            <div className="wrap-anywhere">
              <TextLink quiet href={`/admin/customers/${row.referrer.id}/referrals`}>
                {row.referrer.name}
              </TextLink>
              <p className={`${muted} whitespace-nowrap font-mono`}>{row.referral_code}</p>
            </div>
          ),
        }
      : null,
    {
      id: "status",
      header: "Status",
      cell: (row) => <StatusBadge kind="referral" status={row.status} />,
    },
    {
      id: "ordered",
      header: "Ordered",
      cell: (row) => (
        <div>
          <DateText value={row.referred_at} timeZone={timeZone} />
          <p className={muted}>{sourceWords(row.source)}</p>
        </div>
      ),
    },
    {
      id: "progress",
      header: "Progress",
      cell: (row) => <Progress row={row} timeZone={timeZone} />,
    },
    { id: "flags", header: "Flags", cell: (row) => <Flags flags={row.flags} /> },
  ];
  return all.filter((column) => column !== null);
}

export type ReferralTableProps = {
  referrals: readonly ReferralRow[];
  timeZone: string;
  caption: string;
  /** Shows who referred: for lists across customers. */
  withReferrer?: boolean;
  empty: { title: string; text: string };
};

export function ReferralTable({
  referrals,
  timeZone,
  caption,
  withReferrer = false,
  empty,
}: ReferralTableProps) {
  const shown = useMemo(() => columns(timeZone, withReferrer), [timeZone, withReferrer]);
  return (
    <DataTable
      caption={caption}
      columns={shown}
      rows={referrals}
      getRowId={(row) => row.id}
      empty={<EmptyState title={empty.title}>{empty.text}</EmptyState>}
    />
  );
}
