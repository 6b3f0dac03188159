import { NextResponse } from "next/server";
import { z } from "zod";
import { safeNextPath } from "@/lib/access/next-path";
import { callerServices } from "@/lib/composition/services";
import { getEnv } from "@/lib/env";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { cookieClient } from "@/lib/http/request-session";

/** Where links of account mails lead: the one-time code becomes a session, then the page follows. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "public",
      query: z.object({
        code: z.string().max(500).optional(),
        next: z.string().max(500).optional(),
      }),
    },
    async ({ query }) => {
      const { signIn } = callerServices(await cookieClient());
      const signedIn = query.code ? await signIn.redeemCode(query.code) : false;
      const path = signedIn ? safeNextPath(query.next, "/dashboard") : "/forgot-password?expired=1";
      return NextResponse.redirect(new URL(path, getEnv().SITE_URL), 303);
    },
  ),
});
