"use client";

import { useMemo } from "react";
import { Badge, StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { CellNote, noteClasses } from "@/components/ui/cell-note";
import { cn } from "@/components/ui/cn";
import { columnsOf, DataTable, type ListLook } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText, EmailText } from "@/components/ui/text";
import type { NotificationRow } from "@/lib/admin/mailbox-schemas";
import { formatCount } from "@/lib/words";
import { CANCEL_WORDS, DELIVERY_WORDS } from "./delivery-words";
import { mailName } from "./mail-names";
import { mailStatus } from "./mail-status";

const column = columnsOf<NotificationRow>();

const columns = (timeZone: string) =>
  column.columns([
    column.accessor("subject", {
      header: "Mail",
      meta: { isRowHeader: true, className: "xl:min-w-44" },
      cell: ({ row: { original: mail } }) => (
        <div className="wrap-anywhere">
          <TextLink quiet href={`/admin/mailbox/${mail.id}`}>
            {mail.subject ?? mailName(mail.template)}
          </TextLink>
          {mail.subject ? <CellNote>{mailName(mail.template)}</CellNote> : null}
        </div>
      ),
    }),
    column.accessor("recipient", {
      header: "To",
      cell: ({ getValue }) => (
        <EmailText value={getValue() || "A former customer"} className="max-md:wrap-anywhere" />
      ),
    }),
    column.accessor("status", {
      header: "Status",
      cell: ({ row: { original: mail } }) => (
        <div className="flex flex-col items-start gap-1 max-md:items-end">
          <StatusBadge kind="notification" status={mailStatus(mail)} />
          {mail.delivery_state ? (
            <Badge tone={DELIVERY_WORDS[mail.delivery_state].tone}>
              {DELIVERY_WORDS[mail.delivery_state].label}
            </Badge>
          ) : null}
          {mail.cancel_cause ? (
            <span className={cn(noteClasses, "max-w-64")}>{CANCEL_WORDS[mail.cancel_cause]}</span>
          ) : null}
          {mail.last_error &&
          mail.status !== "sent" &&
          mail.status !== "captured" &&
          !mail.cancel_cause ? (
            <span className={cn(noteClasses, "wrap-anywhere line-clamp-2 max-w-64")}>
              {mail.last_error}
            </span>
          ) : null}
        </div>
      ),
    }),
    column.accessor("attempts", {
      header: "Tries that count",
      meta: { align: "end" },
      cell: ({ getValue }) => formatCount(getValue()),
    }),
    column.accessor("created_at", {
      header: "Queued",
      meta: { align: "end" },
      cell: ({ getValue }) => <DateText value={getValue()} timeZone={timeZone} withTime />,
    }),
  ]);

export type MailboxTableProps = ListLook & {
  notifications: readonly NotificationRow[];
  timeZone: string;
  isFiltered: boolean;
};

/** Mails to customers and to the team, with their delivery status. */
export function MailboxTable({ notifications, timeZone, isFiltered, ...look }: MailboxTableProps) {
  const shown = useMemo(() => columns(timeZone), [timeZone]);
  return (
    <DataTable
      {...look}
      caption="Mails"
      columns={shown}
      rows={notifications}
      getRowId={(row) => row.id}
      empty={
        isFiltered ? (
          <EmptyState title="No such mail">Choose another filter, or clear the search.</EmptyState>
        ) : (
          <EmptyState title="No mails yet">
            Mails to customers and to the team appear here.
          </EmptyState>
        )
      }
    />
  );
}
