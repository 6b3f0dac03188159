import type { OrderRow } from "@/lib/admin/order-schemas";
import { otherPackages, type PackageChoice } from "./package-choices";

/** What an admin can do with an order or its service. */
export type OrderAction =
  | "start_installation"
  | "activate"
  | "cancel_order"
  | "change_package"
  | "suspend"
  | "reactivate"
  | "cancel_service";

/** What can be done with an order in its current state, in the order of the buttons. */
export function actionsFor(order: OrderRow, packages: readonly PackageChoice[]): OrderAction[] {
  const { service } = order;
  const change =
    service &&
    service.status !== "cancelled" &&
    !service.is_external &&
    otherPackages(packages, service).length > 0
      ? (["change_package"] as const)
      : [];
  if (order.status === "pending") {
    return ["start_installation", "activate", ...change, "cancel_order"];
  }
  if (order.status === "installing") return ["activate", ...change, "cancel_order"];
  if (service?.status !== "active" && service?.status !== "suspended") return [];
  return [...change, service.status === "active" ? "suspend" : "reactivate", "cancel_service"];
}

/** The package that the service has now. Before there is a service: the one that was ordered. */
export const packageOf = (order: OrderRow): string =>
  order.service?.package_name ?? order.package_name;

/** What the buttons show. */
export const BUTTONS: Readonly<Record<OrderAction, string>> = {
  start_installation: "Start installation",
  activate: "Activate",
  change_package: "Change package",
  cancel_order: "Cancel",
  suspend: "Suspend",
  reactivate: "Reactivate",
  cancel_service: "Cancel",
};

/** What screen readers say for a button: the whole action. It begins with what the button shows. */
export const BUTTON_NAMES: Readonly<Record<OrderAction, string>> = {
  start_installation: "Start installation",
  activate: "Activate order",
  change_package: "Change package",
  cancel_order: "Cancel order",
  suspend: "Suspend service",
  reactivate: "Reactivate service",
  cancel_service: "Cancel service",
};

/** The dialog of an action, and the request that it sends. */
export type OrderActionDialog = {
  title: string;
  description: (order: OrderRow) => string;
  confirm: string;
  pending: string;
  /** The button that changes nothing, where "Cancel" could be taken for the action. */
  dismiss?: string;
  /** The toast after success. */
  done: string;
  danger?: true;
  /** The API refuses the action without a reason. */
  needsReason?: true;
  path: (order: OrderRow) => string;
  body?: { status: "active" | "suspended" | "cancelled" };
};

const servicePath = (order: OrderRow) => `/api/admin/services/${order.service?.id}/status`;
const referralEnds = (order: OrderRow) =>
  order.referrer
    ? ` If it has not counted yet, the referral by ${order.referrer.name} ends with it.`
    : "";

/** Changing the package has a dialog of its own. */
export const DIALOGS: Readonly<Record<Exclude<OrderAction, "change_package">, OrderActionDialog>> =
  {
    start_installation: {
      title: "Start the installation",
      description: () => "The order is marked as being installed. The service starts later.",
      confirm: "Start installation",
      pending: "Starting",
      done: "Installation started",
      path: (order) => `/api/admin/orders/${order.id}/installing`,
    },
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
      needsReason: true,
      path: (order) => `/api/admin/orders/${order.id}/cancel`,
    },
    suspend: {
      title: "Suspend this service",
      description: (order) =>
        order.referrer
          ? `It can be reactivated later. Until then the days of the referral by ${order.referrer.name} stand still; a suspension beyond the grace of the terms ends it.`
          : "It can be reactivated later.",
      confirm: "Suspend service",
      pending: "Suspending",
      done: "Service suspended",
      danger: true,
      needsReason: true,
      path: servicePath,
      body: { status: "suspended" },
    },
    reactivate: {
      title: "Reactivate this service",
      description: () =>
        "The service becomes active again. The days of a referral go on, unless the suspension was longer than the grace of the terms.",
      confirm: "Reactivate service",
      pending: "Reactivating",
      done: "Service reactivated",
      needsReason: true,
      path: servicePath,
      body: { status: "active" },
    },
    cancel_service: {
      title: "Cancel this service",
      description: (order) => `This cannot be undone.${referralEnds(order)}`,
      confirm: "Cancel service",
      pending: "Cancelling",
      dismiss: "Keep service",
      done: "Service cancelled",
      danger: true,
      needsReason: true,
      path: servicePath,
      body: { status: "cancelled" },
    },
  };
