import { NextResponse } from "next/server";
import { z } from "zod";
import { getEnv } from "@/lib/env";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { choiceTokenSchema, chooseMails } from "@/lib/notifications/choice-service";

const query = z.object({ token: choiceTokenSchema });

/** Opening the address changes nothing: scanners of mails do that. */
const open = route(
  { access: "public", rateLimit: RATE_LIMITS.mailChoice, query },
  async ({ query }) =>
    NextResponse.redirect(`${getEnv().SITE_URL}/mail-preferences?token=${query.token}`, 303),
);

/** One click in a mail reader, whose server sends this (RFC 8058). The token is its proof. */
const end = route(
  { access: "webhook", rateLimit: RATE_LIMITS.mailChoice, query },
  ({ query, server }) => chooseMails(server(), query.token, { programme: false }, "one_click"),
);

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({ GET: open, POST: end });
