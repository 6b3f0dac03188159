import { randomUUID } from "node:crypto";
import { cookies } from "next/headers";
import { z } from "zod";
import { visitService } from "@/lib/composition/visit-service";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { readRequestSession } from "@/lib/http/request-session";
import { isProgram } from "@/lib/orders/arrival";
import { invitationCookies } from "@/lib/orders/referral-cookies";
import { parseVisitorId, VISITOR_COOKIE } from "@/lib/referrals/referral-cookie";
import { channelOfLink } from "@/lib/referrals/share-channel";

/**
 * Restores an invitation that the browser still remembers after its cookie is gone, and checks one
 * that could not be checked when it came. It changes no invitation that it cannot confirm.
 */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "public",
      rateLimit: RATE_LIMITS.visit,
      body: z.object({
        code: z.string().max(200),
        /** The person followed a link just now, and the server has not seen it. */
        arrived: z.boolean().optional(),
        /** How the link was sent, as it says itself. */
        via: z.string().max(20).optional(),
      }),
    },
    async ({ body, server, clock, address, userAgent }) => {
      const jar = await cookies();
      const visitorId = parseVisitorId(jar.get(VISITOR_COOKIE)?.value) ?? randomUUID();
      const visit = await visitService(server(), clock).recordVisit({
        code: body.code,
        // An invitation that is restored was counted when its link was opened.
        counts: (body.arrived ?? false) && !isProgram(userAgent),
        userId: (await readRequestSession(null, address))?.userId ?? null,
        visitorId,
        landingPath: "/",
        via: channelOfLink(`via=${body.via ?? ""}`),
        ipAddress: address,
        userAgent,
      });
      if (!visit.valid) return { valid: false };
      const invitation = {
        code: visit.code,
        firstName: visit.referrer_first_name,
        attributionDays: visit.attribution_days,
      };
      for (const { name, value, options } of invitationCookies(invitation, visitorId)) {
        jar.set(name, value, options);
      }
      return { valid: true, code: visit.code, referrer_first_name: visit.referrer_first_name };
    },
  ),
});
