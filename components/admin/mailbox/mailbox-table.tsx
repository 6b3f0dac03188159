"use client";

import { useMemo } from "react";
import { StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { type DataColumn, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/states";
import { DateText, EmailText } from "@/components/ui/text";
import type { NotificationRow } from "@/lib/admin/mailbox-schemas";
import { mailName } from "./mail-names";

const muted = "font-normal text-text-muted text-xs";

function columns(timeZone: string): DataColumn<NotificationRow>[] {
  return [
    {
      id: "mail",
      header: "Mail",
      primary: true,
      className: "xl:min-w-44",
      cell: (row) => (
        <div className="wrap-anywhere">
          <TextLink quiet href={`/admin/mailbox/${row.id}`}>
            {row.subject ?? mailName(row.template)}
          </TextLink>
          {row.subject ? <p className={muted}>{mailName(row.template)}</p> : null}
        </div>
      ),
    },
    {
      id: "recipient",
      header: "To",
      cell: (row) => (
        <EmailText value={row.recipient || "A former customer"} className="max-md:wrap-anywhere" />
      ),
    },
    {
      id: "status",
      header: "Status",
      cell: (row) => (
        <div className="flex flex-col items-start gap-1 max-md:items-end">
          <StatusBadge
            kind="notification"
            // Queued after a failed attempt: waiting for its next one.
            status={row.status === "queued" && row.attempts > 0 ? "retrying" : row.status}
          />
          {row.last_error && row.status !== "sent" && row.status !== "captured" ? (
            <span className={`${muted} wrap-anywhere line-clamp-2 max-w-64`}>{row.last_error}</span>
          ) : null}
        </div>
      ),
    },
    { id: "attempts", header: "Attempts", align: "end", cell: (row) => row.attempts },
    {
      id: "created",
      header: "Queued",
      align: "end",
      cell: (row) => <DateText value={row.created_at} timeZone={timeZone} withTime />,
    },
  ];
}

export type MailboxTableProps = {
  notifications: readonly NotificationRow[];
  timeZone: string;
  isFiltered: boolean;
};

export function MailboxTable({ notifications, timeZone, isFiltered }: MailboxTableProps) {
  const shown = useMemo(() => columns(timeZone), [timeZone]);
  return (
    <DataTable
      caption="Mails, newest first"
      columns={shown}
      rows={notifications}
      getRowId={(row) => row.id}
      empty={
        isFiltered ? (
          <EmptyState title="No mail in this state">Choose another filter.</EmptyState>
        ) : (
          <EmptyState title="No mails yet">
            What the system writes to customers and to the team appears here.
          </EmptyState>
        )
      }
    />
  );
}
