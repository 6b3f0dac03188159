import type { OrderPlacement } from "@/lib/orders/order-service";

/**
 * The address of the confirmation page. It carries facts about the order only, no personal data.
 * The page chooses between fixed texts by them.
 */
export function confirmationPath(
  { order_id, order_number, referral, signed_in }: OrderPlacement,
  packageSlug: string,
): string {
  const facts = new URLSearchParams({
    order: order_id,
    number: order_number,
    package: packageSlug,
    referral: referral.status,
  });
  if (referral.reason) facts.set("reason", referral.reason);
  if (!signed_in) facts.set("confirm", "1");
  return `/order/confirmation?${facts}`;
}
