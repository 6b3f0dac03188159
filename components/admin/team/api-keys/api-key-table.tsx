"use client";

import { useMemo } from "react";
import { useDialogTarget } from "@/components/admin/actions/use-dialog-target";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { CellNote } from "@/components/ui/cell-note";
import { columnsOf, DataTable, type ListLook } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText } from "@/components/ui/text";
import type { ApiKey } from "@/lib/access/api-key-schemas";
import { RevokeApiKey } from "./revoke-api-key";

const column = columnsOf<ApiKey>();

function Standing({ apiKey, timeZone }: { apiKey: ApiKey; timeZone: string }) {
  const { standing, expires_at, revoked_at, revoked_by_name, revoke_reason } = apiKey;
  if (standing === "revoked") {
    return (
      <div className="flex flex-col items-start gap-1 max-md:items-end">
        <Badge>Revoked</Badge>
        <CellNote className="wrap-anywhere max-w-64">
          {revoked_at ? <DateText value={revoked_at} timeZone={timeZone} /> : null}
          {revoked_by_name ? `, ${revoked_by_name}` : null}
          {revoke_reason ? (
            <>
              : <q>{revoke_reason}</q>
            </>
          ) : null}
        </CellNote>
      </div>
    );
  }
  return (
    <div className="flex flex-col items-start gap-1 max-md:items-end">
      <Badge tone={standing === "active" ? "positive" : "warning"} dot>
        {standing === "active" ? "Active" : "Expired"}
      </Badge>
      {expires_at ? (
        <CellNote>
          {standing === "active" ? "until " : "on "}
          <DateText value={expires_at} timeZone={timeZone} />
        </CellNote>
      ) : null}
    </div>
  );
}

const columns = (timeZone: string, onRevoke: (apiKey: ApiKey) => void) =>
  column.columns([
    column.accessor("name", {
      header: "Key",
      meta: { isRowHeader: true },
      cell: ({ row: { original: apiKey } }) => (
        <div className="wrap-anywhere">
          <bdi className="font-medium">{apiKey.name}</bdi>
          <CellNote className="font-mono">{apiKey.prefix}_…</CellNote>
        </div>
      ),
    }),
    column.accessor("scopes", {
      header: "May",
      cell: ({ getValue }) => (
        <ul className="font-mono text-xs leading-6">
          {getValue().map((scope) => (
            <li key={scope}>{scope}</li>
          ))}
        </ul>
      ),
    }),
    column.accessor("standing", {
      header: "Standing",
      cell: ({ row }) => <Standing apiKey={row.original} timeZone={timeZone} />,
    }),
    column.accessor("created_at", {
      header: "Created",
      cell: ({ row: { original: apiKey } }) => (
        <div>
          <DateText value={apiKey.created_at} timeZone={timeZone} />
          {apiKey.created_by_name ? <CellNote>{apiKey.created_by_name}</CellNote> : null}
        </div>
      ),
    }),
    column.accessor("last_used_at", {
      header: "Last used",
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
      cell: ({ row: { original: apiKey } }) =>
        apiKey.standing === "revoked" ? null : (
          <Button
            size="sm"
            onClick={() => onRevoke(apiKey)}
            aria-label={`Revoke the key ${apiKey.name}`}
          >
            Revoke
          </Button>
        ),
    }),
  ]);

export type ApiKeyTableProps = ListLook & {
  apiKeys: readonly ApiKey[];
  /** IANA zone in which times are shown. */
  timeZone: string;
  isFiltered: boolean;
};

/** The keys of other systems. */
export function ApiKeyTable({ apiKeys, timeZone, isFiltered, ...look }: ApiKeyTableProps) {
  const dialog = useDialogTarget<ApiKey>();
  const { choose } = dialog;
  const shown = useMemo(() => columns(timeZone, choose), [timeZone, choose]);
  return (
    <>
      <DataTable
        {...look}
        caption="API keys"
        columns={shown}
        rows={apiKeys}
        getRowId={(row) => row.id}
        empty={
          isFiltered ? (
            <EmptyState title="No key matches">
              Search for a part of its name or beginning, or clear the filters.
            </EmptyState>
          ) : (
            <EmptyState title="No keys yet">
              Create one for each system that takes orders with referral codes.
            </EmptyState>
          )
        }
      />
      <RevokeApiKey dialog={dialog} />
    </>
  );
}
