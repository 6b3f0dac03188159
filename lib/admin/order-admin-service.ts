import { z } from "zod";
import { pendingApprovalSchema } from "@/lib/billing/pending-approval";
import { type OrderStatus, type ServiceStatus, serviceSchema } from "@/lib/invoicing/service";
import { type ListPage, listArgs } from "@/lib/paging";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import {
  cancelledOrderSchema,
  installingOrderSchema,
  orderPageSchema,
  packageChangeSchema,
} from "./order-schemas";

/**
 * Orders and services, with the rights of an admin. Every database function
 * checks the permission and takes the actor from the session.
 *
 * All methods raise AppError `unauthenticated` and `forbidden`.
 */
export class OrderAdminService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /** Orders, newest first. `from` and `to` are days of the billing zone, both included. */
  listOrders(query: ListPage & { q?: string; status?: OrderStatus; from?: string; to?: string }) {
    return callRpc(
      this.deps.client,
      "admin_list_orders",
      {
        p_q: query.q,
        p_status: query.status,
        p_from: query.from,
        p_to: query.to,
        ...listArgs(query),
      },
      orderPageSchema,
    );
  }

  /**
   * Marks a pending order as being installed. Repeating it changes nothing.
   *
   * @throws AppError `not_found`, `own_account`, `order_not_installable`.
   */
  startInstallation(orderId: string) {
    return callRpc(
      this.deps.client,
      "start_installation",
      { p_order_id: orderId },
      installingOrderSchema,
    );
  }

  /** Cancels an order that is not active yet. @throws AppError `order_not_cancellable` */
  cancelOrder(orderId: string, reason: string) {
    return callRpc(
      this.deps.client,
      "cancel_order",
      { p_order_id: orderId, p_reason: reason },
      cancelledOrderSchema,
    );
  }

  /** Suspends, reactivates or cancels a service. @throws AppError `service_status_invalid` */
  setServiceStatus(serviceId: string, status: Exclude<ServiceStatus, "pending">, reason: string) {
    return callRpc(
      this.deps.client,
      "set_service_status",
      { p_service_id: serviceId, p_status: status, p_reason: reason },
      serviceSchema,
    );
  }

  /**
   * Moves a service to another package on sale, at its current price. What is invoiced stays: the
   * new price counts from today in the billing time zone, or from the next cycle without invoice.
   * A change of the price beyond the limit for one person waits for a second one.
   *
   * @throws AppError `not_found`, `own_account`, `package_not_changeable`, `package_unchanged`.
   */
  changeServicePackage(serviceId: string, packageSlug: string, reason: string) {
    return callRpc(
      this.deps.client,
      "change_service_package",
      { p_service_id: serviceId, p_package_slug: packageSlug, p_reason: reason },
      z.union([pendingApprovalSchema, packageChangeSchema]),
    );
  }
}
