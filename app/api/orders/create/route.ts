import { cookies } from "next/headers";
import { deliverMailsAfterResponse } from "@/lib/composition/after-response";
import { orderService } from "@/lib/composition/order-service";
import { captchaToken, requirePerson } from "@/lib/http/captcha";
import { endpoint } from "@/lib/http/endpoint";
import { ok } from "@/lib/http/envelope";
import { route } from "@/lib/http/handler";
import { enforceRateLimit, enforceSignInLimits, RATE_LIMITS } from "@/lib/http/rate-limit";
import { visitorAuth } from "@/lib/http/request-session";
import { normaliseEmail } from "@/lib/identity/email";
import { createOrderSchema } from "@/lib/orders/schemas";
import {
  parseReferralCookie,
  parseVisitorId,
  REFERRAL_COOKIE,
  VISITOR_COOKIE,
} from "@/lib/referrals/referral-code";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "public",
      rateLimit: RATE_LIMITS.order,
      body: createOrderSchema.extend({ captcha_token: captchaToken }),
      idempotencyKey: "required",
    },
    async ({
      body: { captcha_token, ...order },
      idempotencyKey,
      server,
      clock,
      address,
      userAgent,
    }) => {
      const { email } = order.account;
      await enforceRateLimit(server(), RATE_LIMITS.orderAccount, normaliseEmail(email) ?? email);
      await requirePerson(captcha_token, address);
      // An order signs in to an account that exists, so it is one more way to guess a password.
      await enforceSignInLimits(server(), email, address);
      const jar = await cookies();
      const orders = orderService(server(), await visitorAuth(address), clock);
      const placed = await orders.createOrder({
        order,
        idempotencyKey,
        rememberedCode: parseReferralCookie(jar.get(REFERRAL_COOKIE)?.value)?.code ?? null,
        visitorId: parseVisitorId(jar.get(VISITOR_COOKIE)?.value),
        ipAddress: address,
        userAgent,
      });
      // A recorded referral carries the code from here on. An invitation that was not used stays.
      if (placed.referral.status === "recorded") jar.delete(REFERRAL_COOKIE);
      deliverMailsAfterResponse();
      return ok(placed, { status: 201 });
    },
  ),
});
