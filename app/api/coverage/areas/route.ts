import { z } from "zod";
import { coverageService } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { sentences } from "@/lib/language/messages/en/sentences";

/** Suburbs of the provider's list, while one is typed. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "public",
      rateLimit: RATE_LIMITS.coverage,
      query: z.object({ q: z.string({ error: sentences.givePartOfName }).trim().max(80) }),
    },
    async ({ query, server, clock }) => ({
      areas: await coverageService(server(), clock).findAreas(query.q),
    }),
  ),
});
