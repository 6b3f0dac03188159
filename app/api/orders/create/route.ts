import { placeVisitorOrder } from "@/lib/composition/place-order";
import { captchaToken } from "@/lib/http/captcha";
import { endpoint } from "@/lib/http/endpoint";
import { ok } from "@/lib/http/envelope";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { createOrderSchema } from "@/lib/orders/schemas";

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
      const circumstances = { idempotencyKey, clock, address, userAgent };
      const placed = await placeVisitorOrder(
        { ...circumstances, captchaToken: captcha_token, server: server() },
        { kind: "new", order },
      );
      return ok(placed, { status: 201 });
    },
  ),
});
