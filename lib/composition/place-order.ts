import "server-only";
import { cookies } from "next/headers";
import type { Clock } from "@/lib/clock";
import { requirePerson } from "@/lib/http/captcha";
import { orderReceipt } from "@/lib/http/order-receipt";
import { enforceRateLimits, RATE_LIMITS, signInLimits } from "@/lib/http/rate-limit";
import { visitorAuth } from "@/lib/http/request-session";
import { normaliseEmail } from "@/lib/identity/email";
import type { OrderPlacement } from "@/lib/orders/order-service";
import type { CreateOrder, OwnOrder } from "@/lib/orders/schemas";
import {
  parseReferralCookie,
  parseVisitorId,
  REFERRAL_COOKIE,
  VISITOR_COOKIE,
} from "@/lib/referrals/referral-cookie";
import type { ServerClient } from "@/lib/supabase/clients";
import { deliverMailsAfterResponse } from "./after-response";
import { visitorDevice } from "./device";
import { orderService } from "./order-service";
import { inTurn } from "./order-turns";

/** The circumstances of an order. */
interface Placing {
  idempotencyKey: string;
  captchaToken: string | undefined;
  server: ServerClient;
  clock: Clock;
  /** The visitor's IP address, null when it is not known. */
  address: string | null;
  userAgent: string | null;
}

/**
 * Places an order of the visitor, with the invitation that their browser remembers. An order with a
 * password makes or opens the account; one without is of the account `userId`, which is signed in.
 *
 * @throws AppError as `OrderService.createOrder`; `captcha_failed`, `rate_limited`.
 */
export async function placeVisitorOrder(
  placing: Placing,
  order: { kind: "new"; order: CreateOrder } | { kind: "own"; order: OwnOrder; userId: string },
): Promise<OrderPlacement> {
  const { server, clock, address, userAgent, idempotencyKey } = placing;
  const { email } = order.order.account;
  await requirePerson(placing.captchaToken, address);
  await enforceRateLimits(
    server,
    [RATE_LIMITS.orderAccount, normaliseEmail(email) ?? email],
    // An order signs in to an account that exists, so it is one more way to guess a password.
    ...(order.kind === "new" ? signInLimits(email, address) : []),
  );
  const jar = await cookies();
  const { keep: keepDevice, ...device } = await visitorDevice();
  const orders = orderService(server, await visitorAuth(address), clock);
  const circumstances = {
    idempotencyKey,
    rememberedCode: parseReferralCookie(jar.get(REFERRAL_COOKIE)?.value)?.code ?? null,
    visitorId: parseVisitorId(jar.get(VISITOR_COOKIE)?.value),
    ipAddress: address,
    userAgent,
  };
  const placed = await inTurn(() =>
    order.kind === "new"
      ? orders.createOrder({ ...circumstances, device, order: order.order })
      : orders.createOwnOrder({ ...circumstances, order: order.order }, order.userId),
  );
  // A recorded referral carries the code from here on. An invitation that was not used stays.
  if (placed.referral.status === "recorded") jar.delete(REFERRAL_COOKIE);
  if (!placed.signed_in) jar.set(orderReceipt(placed.order_id));
  if (placed.signed_in && order.kind === "new") keepDevice();
  deliverMailsAfterResponse();
  return placed;
}
