import "server-only";
import { cookies } from "next/headers";
import { notFound, redirect } from "next/navigation";
import { AppError } from "@/lib/errors";
import { hasReceipt } from "@/lib/http/order-receipt";
import { confirmationPath } from "@/lib/orders/order-form";
import type { ConfirmedOrder } from "@/lib/orders/placed-order";
import { readPlacedOrder } from "@/lib/orders/placed-order-service";
import { createServerClient } from "@/lib/supabase/clients";
import { getPageSession } from "./page-session";

/**
 * The order of a page, for whoever placed it: its customer, or the browser that holds its receipt.
 * Nobody else sees it: they are asked to sign in, or find no page.
 */
export async function ownOrder(orderId: string): Promise<ConfirmedOrder> {
  const page = await getPageSession();
  if (hasReceipt(await cookies(), orderId)) {
    const order = await readPlacedOrder(createServerClient(), orderId);
    if (order) return order;
  }
  if (!page) redirect(`/sign-in?next=${encodeURIComponent(confirmationPath(orderId))}`);
  try {
    return await page.services.orders.get(orderId);
  } catch (error) {
    // Nobody learns whether an order of somebody else exists.
    if (error instanceof AppError && error.status < 500) notFound();
    throw error;
  }
}
