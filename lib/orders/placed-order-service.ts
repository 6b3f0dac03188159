import type { CallerClient, ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { type ConfirmedOrder, confirmedOrderSchema } from "./placed-order";

/** The caller's own orders, each for its confirmation. */
export class PlacedOrderService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /** @throws AppError `not_found` for the order of anybody else; `unauthenticated`, `forbidden`. */
  get(orderId: string): Promise<ConfirmedOrder> {
    return callRpc(this.deps.client, "get_my_order", { p_order_id: orderId }, confirmedOrderSchema);
  }
}

/** An order for the browser that placed it a moment ago, which has no session. Null without it. */
export function readPlacedOrder(
  server: ServerClient,
  orderId: string,
): Promise<ConfirmedOrder | null> {
  return callRpc(
    server,
    "get_placed_order",
    { p_order_id: orderId },
    confirmedOrderSchema.nullable(),
  );
}
