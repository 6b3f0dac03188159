import { NextResponse } from "next/server";
import { z } from "zod";
import { homeOf } from "@/lib/access/home";
import { safeNextPath } from "@/lib/access/next-path";
import { linkTypeSchema } from "@/lib/access/schemas";
import { noteVisitorDevice } from "@/lib/composition/device";
import { signInService } from "@/lib/composition/services";
import { getEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { parseInput, readFormBody } from "@/lib/http/input";
import { addressSubject, enforceRateLimit, RATE_LIMITS } from "@/lib/http/rate-limit";
import { visitorAuth } from "@/lib/http/request-session";
import { log } from "@/lib/log";

const formSchema = z.object({
  token_hash: z.string().min(1).max(500),
  type: linkTypeSchema,
  next: z.string().max(500).optional(),
});

const PROBLEMS: Partial<Record<AppError["code"], string>> = {
  link_expired: "expired",
  rate_limited: "busy",
};

/** The press of the button on the page that mail links lead to: a plain form, answered by a page. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route({ access: "public" }, async ({ request, server, address }) => {
    const see = (path: string) => NextResponse.redirect(new URL(path, getEnv().SITE_URL), 303);
    const form = formSchema.safeParse(parseInput(z.unknown(), await readFormBody(request)));
    if (!form.success) return see("/auth/confirm");
    const { token_hash, type, next } = form.data;
    try {
      await enforceRateLimit(server(), RATE_LIMITS.openLink, addressSubject(address));
      const signIn = signInService(server(), await visitorAuth(address));
      const outcome = await signIn.openLink(token_hash, type);
      if (outcome.kind === "other_link_needed") return see("/auth/confirm?problem=other_link");
      await noteVisitorDevice(server(), outcome.session.user_id);
      const path = safeNextPath(next, homeOf(outcome.session));
      return see(
        outcome.mustChoosePassword ? `/reset-password?next=${encodeURIComponent(path)}` : path,
      );
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.status >= 500) log().error({ err: error.cause ?? error }, "a mail link failed");
      const query = new URLSearchParams({ type, problem: PROBLEMS[error.code] ?? "unavailable" });
      if (error.code !== "link_expired") {
        query.set("token_hash", token_hash);
        if (next) query.set("next", next);
      }
      return see(`/auth/confirm?${query}`);
    }
  }),
});
