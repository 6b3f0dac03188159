import { z } from "zod";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { choiceTokenSchema, chooseMails } from "@/lib/notifications/choice-service";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "public",
      rateLimit: RATE_LIMITS.mailChoice,
      body: z.object({
        token: choiceTokenSchema,
        programme: z.boolean(),
        invoices: z.boolean(),
      }),
    },
    ({ body: { token, ...choices }, server }) => chooseMails(server(), token, choices, "link"),
  ),
});
