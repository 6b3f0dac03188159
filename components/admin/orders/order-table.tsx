"use client";

import { useMemo } from "react";
import { useDialogTarget } from "@/components/admin/actions/use-dialog-target";
import { useReturnedDialog } from "@/components/admin/actions/use-returned-dialog";
import { CustomerCell } from "@/components/admin/customers/customer-cell";
import { Button } from "@/components/ui/button";
import { CellNote } from "@/components/ui/cell-note";
import { columnsOf, DataTable, type ListLook } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText } from "@/components/ui/text";
import type { OrderRow } from "@/lib/admin/order-schemas";
import { actionsFor, BUTTON_NAMES, BUTTONS, packageOf } from "./order-actions";
import { OrderPackage, OrderReferrer, OrderStatus } from "./order-cells";
import { type ChosenAction, OrderDialog, orderDraft } from "./order-dialog";
import type { PackageChoice } from "./package-choices";

const column = columnsOf<OrderRow>();

const columns = (
  timeZone: string,
  currency: string,
  packages: readonly PackageChoice[],
  choose: (chosen: ChosenAction) => void,
) =>
  column.columns([
    column.accessor("customer", {
      header: "Customer",
      meta: { isRowHeader: true, className: "2xl:min-w-44" },
      cell: ({ getValue }) => <CustomerCell customer={getValue()} />,
    }),
    column.accessor("package_name", {
      header: "Package",
      cell: ({ row }) => (
        <OrderPackage order={row.original} timeZone={timeZone} currency={currency} />
      ),
    }),
    column.accessor("created_at", {
      header: "Ordered",
      cell: ({ getValue, row }) => (
        <div>
          <DateText value={getValue()} timeZone={timeZone} />
          <CellNote className="whitespace-nowrap font-mono">{row.original.order_number}</CellNote>
        </div>
      ),
    }),
    column.accessor("referrer", {
      header: "Referred by",
      cell: ({ row }) => <OrderReferrer order={row.original} />,
    }),
    column.accessor("status", {
      header: "Status",
      cell: ({ row }) => <OrderStatus order={row.original} timeZone={timeZone} />,
    }),
    column.display({
      id: "actions",
      header: "Actions",
      meta: { hideHeader: true, align: "end" },
      cell: ({ row: { original: order } }) => (
        <div className="flex flex-wrap justify-end gap-1 max-md:-me-3 2xl:flex-nowrap">
          {actionsFor(order, packages).map((action) => (
            <Button
              key={action}
              size="sm"
              variant={action === "activate" ? "secondary" : "ghost"}
              aria-label={`${BUTTON_NAMES[action]}: ${order.customer.name}, ${packageOf(order)}`}
              onClick={() => choose({ order, action })}
            >
              {BUTTONS[action]}
            </Button>
          ))}
        </div>
      ),
    }),
  ]);

const NONE: readonly string[] = [];

export type OrderTableProps = ListLook & {
  orders: readonly OrderRow[];
  /** The packages on sale. */
  packages: readonly PackageChoice[];
  timeZone: string;
  /** ISO 4217. */
  currency: string;
  /** The viewer may activate, cancel and change services. */
  canManage: boolean;
  isFiltered: boolean;
};

/** Orders with their customer, package, referrer and status, and what can be done with each. */
export function OrderTable({
  orders,
  packages,
  timeZone,
  currency,
  canManage,
  isFiltered,
  hiddenColumns = NONE,
  sortLinks,
}: OrderTableProps) {
  const dialog = useDialogTarget<ChosenAction>();
  const { choose } = dialog;
  useReturnedDialog((draft) => {
    const chosen = orders
      .flatMap((order) => actionsFor(order, packages).map((action) => ({ order, action })))
      .find((candidate) => orderDraft(candidate) === draft);
    if (chosen) choose(chosen);
  });
  const shown = useMemo(
    () => columns(timeZone, currency, packages, choose),
    [timeZone, currency, packages, choose],
  );
  const hidden = useMemo(
    () => (canManage ? hiddenColumns : [...hiddenColumns, "actions"]),
    [canManage, hiddenColumns],
  );
  return (
    <>
      <DataTable
        caption="Orders"
        columns={shown}
        hiddenColumns={hidden}
        sortLinks={sortLinks}
        rows={orders}
        getRowId={(order) => order.id}
        empty={
          isFiltered ? (
            <EmptyState title="Nothing matches">
              Choose another filter or change the search.
            </EmptyState>
          ) : (
            <EmptyState title="No orders yet">
              New orders appear here, ready to be activated.
            </EmptyState>
          )
        }
      />
      <OrderDialog dialog={dialog} packages={packages} currency={currency} timeZone={timeZone} />
    </>
  );
}
