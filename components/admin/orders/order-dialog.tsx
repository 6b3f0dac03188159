"use client";

import { ActEffect } from "@/components/admin/actions/act-effect";
import { useAction } from "@/components/admin/actions/use-action";
import type { DialogTarget } from "@/components/admin/actions/use-dialog-target";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { DescriptionList } from "@/components/ui/description-list";
import { Money } from "@/components/ui/text";
import type { Act } from "@/lib/admin/act-preview-schemas";
import type { OrderRow } from "@/lib/admin/order-schemas";
import { ChangePackage, packageDraft } from "./change-package";
import { DIALOGS, type OrderAction, packageOf } from "./order-actions";
import type { PackageChoice } from "./package-choices";

/** The order and the action that were chosen in the table. */
export type ChosenAction = { order: OrderRow; action: OrderAction };

export type OrderDialogProps = {
  dialog: DialogTarget<ChosenAction>;
  /** The packages on sale. */
  packages: readonly PackageChoice[];
  /** ISO 4217. */
  currency: string;
  /** IANA zone in which dates are shown. */
  timeZone: string;
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

/** The name under which the dialog keeps what is typed. */
export const orderDraft = ({ order, action }: ChosenAction): string =>
  action === "change_package" && order.service
    ? packageDraft(order.service.id)
    : `order ${order.id} ${action}`;

/** The act whose effect can be seen before; null where there is nothing to say. */
function actOf({ order, action }: ChosenAction): Act | null {
  if (action === "cancel_order") return { act: "cancel_order", order_id: order.id };
  const status =
    action === "suspend" || action === "reactivate" || action === "cancel_service"
      ? DIALOGS[action].body?.status
      : undefined;
  return status && order.service
    ? { act: "set_status", service_id: order.service.id, status }
    : null;
}

/** Asks before the chosen action, and sends it. */
export function OrderDialog({ dialog, packages, currency, timeZone }: OrderDialogProps) {
  const act = useAction();
  if (!dialog.target) return null;
  const { order, action } = dialog.target;
  const key = orderDraft({ order, action });
  const effect = dialog.open ? actOf({ order, action }) : null;
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
    children: (
      <>
        <OrderFacts order={order} currency={currency} />
        <ActEffect act={effect} />
      </>
    ),
  };
  const send = (given: { reason?: string }) =>
    act({
      path: words.path(order),
      body: { ...words.body, ...given },
      done: words.done,
      description: `${order.customer.name}, ${packageOf(order)}`,
    });
  if (!words.needsReason) {
    return <ConfirmDialog key={key} {...shared} onConfirm={() => send({})} />;
  }
  return (
    <ReasonDialog
      key={key}
      {...shared}
      draftKey={key}
      reasonHint="It stays in the audit log."
      onConfirm={(reason) => send({ reason })}
    />
  );
}
