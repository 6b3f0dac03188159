import "server-only";
import { createHmac, timingSafeEqual } from "node:crypto";
import { getEnv } from "@/lib/env";
import { getSupabaseConnection } from "@/lib/supabase/stack-file";

/** Tells that this browser placed an order, where no session does: the address waits to be confirmed. */
const RECEIPT_COOKIE = "order_receipt";
const RECEIPT_SECONDS = 24 * 60 * 60;

const sign = (orderId: string): string =>
  createHmac("sha256", getSupabaseConnection().secretKey).update(`order ${orderId}`).digest("hex");

/** The cookie that lets this browser see the confirmation of an order for a day. */
export function orderReceipt(orderId: string) {
  return {
    name: RECEIPT_COOKIE,
    value: `${orderId}.${sign(orderId)}`,
    httpOnly: true,
    sameSite: "lax" as const,
    secure: getEnv().SITE_URL.startsWith("https://"),
    path: "/order",
    maxAge: RECEIPT_SECONDS,
  };
}

/** Whether the cookies hold the receipt of an order. */
export function hasReceipt(
  cookies: { get(name: string): { value: string } | undefined },
  orderId: string,
): boolean {
  const [id, signature = ""] = cookies.get(RECEIPT_COOKIE)?.value.split(".") ?? [];
  const expected = Buffer.from(sign(orderId));
  const given = Buffer.from(signature);
  return id === orderId && given.length === expected.length && timingSafeEqual(given, expected);
}
