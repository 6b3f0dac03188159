import { cookies } from "next/headers";
import { z } from "zod";
import { OrderAccounts } from "@/lib/access/order-accounts";
import { getEnv } from "@/lib/env";
import { deliverMailsAfterResponse } from "@/lib/http/after-response";
import { ok } from "@/lib/http/envelope";
import { endpoint, route } from "@/lib/http/handler";
import { parseInput } from "@/lib/http/input";
import { enforceRateLimit, enforceSignInLimits, RATE_LIMITS } from "@/lib/http/rate-limit";
import { visitorAuth } from "@/lib/http/request-session";
import { normaliseEmail } from "@/lib/identity/email";
import { OrderService } from "@/lib/orders/order-service";
import { createOrderSchema, idempotencyKeySchema } from "@/lib/orders/schemas";
import {
  parseReferralCookie,
  REFERRAL_COOKIE,
  VISITOR_COOKIE,
} from "@/lib/referrals/referral-code";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    { access: "public", rateLimit: RATE_LIMITS.order, body: createOrderSchema },
    async ({ request, body, service, clock, address, userAgent }) => {
      const env = getEnv();
      const key = parseInput(z.object({ "Idempotency-Key": idempotencyKeySchema }), {
        "Idempotency-Key": request.headers.get("idempotency-key") ?? undefined,
      })["Idempotency-Key"];
      const { email } = body.account;
      await enforceRateLimit(service(), RATE_LIMITS.orderAccount, normaliseEmail(email) ?? email);
      // An order signs in to an account that exists: a way to guess its password like any other.
      await enforceSignInLimits(service(), email, address);
      const jar = await cookies();
      const visitor = z.guid().safeParse(jar.get(VISITOR_COOKIE)?.value);
      const placed = await new OrderService({
        service: service(),
        accounts: new OrderAccounts({ auth: await visitorAuth(address), service: service() }),
        clock,
        siteUrl: env.SITE_URL,
        rewardsEnabled: env.ENABLE_REFERRAL_REWARDS,
        alertEmail: env.ALERT_EMAIL,
      }).createOrder({
        order: body,
        idempotencyKey: key,
        rememberedCode: parseReferralCookie(jar.get(REFERRAL_COOKIE)?.value)?.code ?? null,
        visitorId: visitor.success ? visitor.data : null,
        ipAddress: address,
        userAgent,
      });
      // The invitation is used: the order carries the code from here on.
      jar.delete(REFERRAL_COOKIE);
      deliverMailsAfterResponse();
      return ok(placed, { status: 201 });
    },
  ),
});
