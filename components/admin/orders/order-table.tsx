"use client";

import { useAction } from "@/components/admin/actions/use-action";
import { useTarget } from "@/components/admin/actions/use-dialog-target";
import { refusalReason } from "@/components/admin/words";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { StatusBadge } from "@/components/ui/badge";
import { Button, TextLink } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { type DataColumn, DataTable } from "@/components/ui/data-table";
import { DescriptionList } from "@/components/ui/description-list";
import { EmptyState } from "@/components/ui/states";
import { DateText, EmailText, Money } from "@/components/ui/text";
import type { OrderRow } from "@/lib/admin/schemas";
import { ChangePackage, otherPackages, type PackageChoice } from "./change-package";

const muted = "font-normal text-text-muted text-xs";

type DialogAction = "activate" | "cancel_order" | "suspend" | "reactivate" | "cancel_service";
type OrderAction = DialogAction | "change_package";

/** What can be done with an order in its current state. */
function actionsFor(order: OrderRow, packages: readonly PackageChoice[]): OrderAction[] {
  const { service } = order;
  if (order.status === "pending" || order.status === "installing") {
    return ["activate", "cancel_order"];
  }
  if (service?.status !== "active" && service?.status !== "suspended") return [];
  return [
    ...(otherPackages(packages, service).length > 0 ? (["change_package"] as const) : []),
    service.status === "active" ? "suspend" : "reactivate",
    "cancel_service",
  ];
}

/** The package that the service has now; the one that was ordered before there is a service. */
const packageOf = (order: OrderRow) => order.service?.package_name ?? order.package_name;

const BUTTONS: Record<OrderAction, string> = {
  activate: "Activate",
  change_package: "Change package",
  cancel_order: "Cancel",
  suspend: "Suspend",
  reactivate: "Reactivate",
  cancel_service: "Cancel",
};

/** The whole action, for screen readers; begins with what the button shows. */
const BUTTON_NAMES: Record<OrderAction, string> = {
  activate: "Activate order",
  change_package: "Change package",
  cancel_order: "Cancel order",
  suspend: "Suspend service",
  reactivate: "Reactivate service",
  cancel_service: "Cancel service",
};

type Dialogs = {
  title: string;
  description: (order: OrderRow) => string;
  confirm: string;
  pending: string;
  /** The button that changes nothing, where "Cancel" would be taken for the action. */
  dismiss?: string;
  done: string;
  danger?: boolean;
  path: (order: OrderRow) => string;
  status?: "active" | "suspended" | "cancelled";
};

const servicePath = (order: OrderRow) => `/api/admin/services/${order.service?.id}/status`;
const referralEnds = (order: OrderRow) =>
  order.referrer
    ? ` If it has not counted yet, the referral by ${order.referrer.name} ends with it.`
    : "";

const DIALOGS: Record<DialogAction, Dialogs> = {
  activate: {
    title: "Activate this order",
    description: (order) =>
      order.referrer
        ? `The service starts now, and so do the days until it counts for ${order.referrer.name}.`
        : "The service starts now.",
    confirm: "Activate",
    pending: "Activating",
    done: "Order activated",
    path: (order) => `/api/admin/orders/${order.id}/activate`,
  },
  cancel_order: {
    title: "Cancel this order",
    description: (order) => `The order and its service are cancelled.${referralEnds(order)}`,
    confirm: "Cancel order",
    pending: "Cancelling",
    dismiss: "Keep order",
    done: "Order cancelled",
    danger: true,
    path: (order) => `/api/admin/orders/${order.id}/cancel`,
  },
  suspend: {
    title: "Suspend this service",
    description: (order) =>
      `It can be reactivated later.${referralEnds(order)} Reactivating does not bring it back.`,
    confirm: "Suspend service",
    pending: "Suspending",
    done: "Service suspended",
    danger: true,
    path: servicePath,
    status: "suspended",
  },
  reactivate: {
    title: "Reactivate this service",
    description: () =>
      "The service becomes active again. A referral that ended with the suspension stays ended.",
    confirm: "Reactivate service",
    pending: "Reactivating",
    done: "Service reactivated",
    path: servicePath,
    status: "active",
  },
  cancel_service: {
    title: "Cancel this service",
    description: (order) => `This cannot be undone.${referralEnds(order)}`,
    confirm: "Cancel service",
    pending: "Cancelling",
    dismiss: "Keep service",
    done: "Service cancelled",
    danger: true,
    path: servicePath,
    status: "cancelled",
  },
};

/** The facts of the order, above the question. */
function OrderFacts({ order, currency }: { order: OrderRow; currency: string }) {
  return (
    <DescriptionList
      items={[
        { label: "Customer", value: order.customer.name },
        { label: "Package", value: packageOf(order) },
        ...(order.service
          ? [
              {
                label: "Per month",
                value: <Money cents={order.service.monthly_price_cents} currency={currency} />,
              },
            ]
          : []),
      ]}
    />
  );
}

type Chosen = { order: OrderRow; action: OrderAction };

function OrderDialog({
  dialog,
  packages,
  currency,
  timeZone,
}: {
  dialog: ReturnType<typeof useTarget<Chosen>>;
  packages: readonly PackageChoice[];
  currency: string;
  timeZone: string;
}) {
  const act = useAction();
  if (!dialog.target) return null;
  const { order, action } = dialog.target;
  const key = `${order.id} ${action}`;
  if (action === "change_package") {
    if (!order.service) return null;
    return (
      <ChangePackage
        key={key}
        open={dialog.open}
        onOpenChange={dialog.setOpen}
        customerName={order.customer.name}
        service={order.service}
        packages={packages}
        currency={currency}
        timeZone={timeZone}
      />
    );
  }
  const words = DIALOGS[action];
  const shared = {
    open: dialog.open,
    onOpenChange: dialog.setOpen,
    title: words.title,
    description: words.description(order),
    confirmLabel: words.confirm,
    pendingLabel: words.pending,
    dismissLabel: words.dismiss,
    tone: words.danger ? ("danger" as const) : ("primary" as const),
    children: <OrderFacts order={order} currency={currency} />,
  };
  const send = (body: object) =>
    act({
      path: words.path(order),
      body,
      done: words.done,
      description: `${order.customer.name}, ${packageOf(order)}`,
    });
  if (action === "activate")
    return <ConfirmDialog key={key} {...shared} onConfirm={() => send({})} />;
  return (
    <ReasonDialog
      key={key}
      {...shared}
      reasonHint="It stays in the audit log."
      onConfirm={(reason) => send(words.status ? { status: words.status, reason } : { reason })}
    />
  );
}

function Code({ order }: { order: OrderRow }) {
  if (order.referrer) {
    return (
      <div className="wrap-anywhere">
        <TextLink quiet href={`/admin/customers/${order.referrer.id}/referrals`}>
          {order.referrer.name}
        </TextLink>
        <p className={`${muted} whitespace-nowrap font-mono`}>{order.referral_code}</p>
      </div>
    );
  }
  if (order.referral_outcome === "not_applied") {
    return (
      <div className="max-w-56">
        <p>Code not applied</p>
        {order.referral_reason ? (
          <p className={muted}>{refusalReason(order.referral_reason)}</p>
        ) : null}
      </div>
    );
  }
  return <span className="text-text-muted">Nobody</span>;
}

function Progress({ order, timeZone }: { order: OrderRow; timeZone: string }) {
  const { service } = order;
  const stopped = order.status === "active" && service && service.status !== "active";
  return (
    <div className="flex flex-col items-start gap-1 max-md:items-end">
      <StatusBadge kind="order" status={order.status} />
      {stopped ? (
        <span className={muted}>
          Service {service.status}
          {service.suspended_at || service.cancelled_at ? (
            <>
              {" on "}
              <DateText
                value={service.cancelled_at ?? service.suspended_at ?? order.created_at}
                timeZone={timeZone}
              />
            </>
          ) : null}
        </span>
      ) : null}
      {order.status === "active" && order.activated_at && !stopped ? (
        <span className={`${muted} xl:whitespace-nowrap`}>
          Since <DateText value={order.activated_at} timeZone={timeZone} />
        </span>
      ) : null}
      {order.status === "cancelled" && order.cancel_reason ? (
        <span className={`${muted} wrap-anywhere max-w-56`}>
          <q>{order.cancel_reason}</q>
        </span>
      ) : null}
    </div>
  );
}

function columns(
  timeZone: string,
  currency: string,
  packages: readonly PackageChoice[],
  choose: ((chosen: Chosen) => void) | null,
): DataColumn<OrderRow>[] {
  const all: (DataColumn<OrderRow> | null)[] = [
    {
      id: "customer",
      header: "Customer",
      primary: true,
      className: "xl:min-w-44",
      cell: (order) => (
        <div className="max-md:wrap-anywhere md:max-w-40 xl:max-w-56">
          <TextLink quiet href={`/admin/customers/${order.customer.id}/referrals`}>
            {order.customer.name}
          </TextLink>
          <p className={muted}>
            <EmailText value={order.customer.email} />
          </p>
        </div>
      ),
    },
    {
      id: "package",
      header: "Package",
      cell: (order) => (
        <div>
          <p>{packageOf(order)}</p>
          {order.service ? (
            <p className={`${muted} xl:whitespace-nowrap`}>
              <Money cents={order.service.monthly_price_cents} currency={currency} />{" "}
              <span className="whitespace-nowrap">a month</span>
            </p>
          ) : null}
          {order.service?.earlier_price ? (
            <p className={muted}>
              takes effect on{" "}
              <span className="whitespace-nowrap">
                <DateText value={order.service.earlier_price.until} timeZone={timeZone} />
              </span>
            </p>
          ) : null}
        </div>
      ),
    },
    {
      id: "ordered",
      header: "Ordered",
      cell: (order) => <DateText value={order.created_at} timeZone={timeZone} />,
    },
    { id: "referrer", header: "Referred by", cell: (order) => <Code order={order} /> },
    {
      id: "status",
      header: "Status",
      cell: (order) => <Progress order={order} timeZone={timeZone} />,
    },
    choose
      ? {
          id: "actions",
          header: "Actions",
          hideHeader: true,
          align: "end",
          cell: (order) => (
            <div className="flex flex-wrap justify-end gap-1 max-md:-me-3 xl:flex-nowrap">
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
        }
      : null,
  ];
  return all.filter((column) => column !== null);
}

export type OrderTableProps = {
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

export function OrderTable({
  orders,
  packages,
  timeZone,
  currency,
  canManage,
  isFiltered,
}: OrderTableProps) {
  const dialog = useTarget<Chosen>();
  return (
    <>
      <DataTable
        caption="Orders, newest first"
        columns={columns(timeZone, currency, packages, canManage ? dialog.choose : null)}
        rows={orders}
        getRowId={(order) => order.id}
        empty={
          isFiltered ? (
            <EmptyState title="Nothing matches">
              Choose another filter or change the search.
            </EmptyState>
          ) : (
            <EmptyState title="No orders yet">New orders appear here to be activated.</EmptyState>
          )
        }
      />
      <OrderDialog dialog={dialog} packages={packages} currency={currency} timeZone={timeZone} />
    </>
  );
}
