"use client";

import { useMemo } from "react";
import { useDialogTarget } from "@/components/admin/actions/use-dialog-target";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { CellNote } from "@/components/ui/cell-note";
import { columnsOf, DataTable, type ListLook } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText, EmailText } from "@/components/ui/text";
import type { TeamMember } from "@/lib/access/team-schemas";
import { ROLE_LABELS } from "@/lib/permissions";
import { ChangeMember } from "./change-member";
import { ResendInvitation } from "./resend-invitation";

const column = columnsOf<TeamMember>();

function Standing({ member }: { member: TeamMember }) {
  if (!member.is_active) return <Badge>No access</Badge>;
  if (member.accepted_at === null) {
    return (
      <Badge tone="warning" dot>
        Invited
      </Badge>
    );
  }
  return (
    <Badge tone="positive" dot>
      Active
    </Badge>
  );
}

const columns = (timeZone: string, onChange: (member: TeamMember) => void) =>
  column.columns([
    column.accessor("name", {
      header: "Person",
      meta: { isRowHeader: true },
      cell: ({ row: { original: member } }) => (
        <div className="wrap-anywhere">
          <bdi className="font-medium">{member.name}</bdi>
          {member.is_me ? <span className="text-text-muted"> (you)</span> : null}
          <CellNote>
            <EmailText value={member.email} />
          </CellNote>
        </div>
      ),
    }),
    column.accessor("role", {
      header: "Role",
      cell: ({ getValue }) => ROLE_LABELS[getValue()],
    }),
    column.accessor("is_active", {
      header: "Access",
      cell: ({ row: { original: member } }) => (
        <div className="flex flex-wrap items-center gap-2 max-md:justify-end">
          <Standing member={member} />
          {member.has_second_factor ? <Badge tone="info">Second factor</Badge> : null}
        </div>
      ),
    }),
    column.accessor("created_at", {
      header: "Added",
      cell: ({ getValue }) => <DateText value={getValue()} timeZone={timeZone} />,
    }),
    column.accessor("last_seen_at", {
      header: "Last seen",
      meta: { align: "end" },
      cell: ({ getValue }) => {
        const value = getValue();
        return value ? <DateText value={value} timeZone={timeZone} withTime /> : "Never";
      },
    }),
    column.display({
      id: "actions",
      header: "Actions",
      meta: { hideHeader: true, align: "end" },
      cell: ({ row: { original: member } }) =>
        member.is_me ? null : (
          <div className="flex flex-wrap justify-end gap-2">
            {member.is_active && member.accepted_at === null ? (
              <ResendInvitation member={member} />
            ) : null}
            <Button
              size="sm"
              onClick={() => onChange(member)}
              aria-label={`Change ${member.name}'s access`}
            >
              Change
            </Button>
          </div>
        ),
    }),
  ]);

export type TeamTableProps = ListLook & {
  members: readonly TeamMember[];
  /** IANA zone in which times are shown. */
  timeZone: string;
  isFiltered: boolean;
};

/** Everybody with a staff account, and what they may do. */
export function TeamTable({ members, timeZone, isFiltered, ...look }: TeamTableProps) {
  const dialog = useDialogTarget<TeamMember>();
  const { choose } = dialog;
  const shown = useMemo(() => columns(timeZone, choose), [timeZone, choose]);
  return (
    <>
      <DataTable
        {...look}
        caption="The team"
        columns={shown}
        rows={members}
        getRowId={(row) => row.id}
        empty={
          isFiltered ? (
            <EmptyState title="Nobody matches">
              Search for a part of a name or address, or clear the filters.
            </EmptyState>
          ) : (
            <EmptyState title="Nobody here yet">Invite the first person.</EmptyState>
          )
        }
      />
      <ChangeMember dialog={dialog} />
    </>
  );
}
