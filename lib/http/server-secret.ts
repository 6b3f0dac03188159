import "server-only";
import { createHash, timingSafeEqual } from "node:crypto";
import { getEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { getSupabaseConnection } from "@/lib/supabase/stack-file";

const digest = (text: string) => createHash("sha256").update(text).digest();

/** The cron secret, which opens the metrics too while these have no secret of their own. */
function secretOf(access: "cron" | "metrics"): string | null {
  const { CRON_SECRET, METRICS_SECRET } = getEnv();
  const own = access === "metrics" ? METRICS_SECRET : undefined;
  return own ?? CRON_SECRET ?? getSupabaseConnection().cronSecret;
}

/** Lets programs in that know the secret of the jobs, or of the metrics. @throws AppError `unauthenticated` */
export function requireServerSecret(request: Request, access: "cron" | "metrics"): void {
  const expected = secretOf(access);
  const given = /^Bearer\s+(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (!expected || !given || !timingSafeEqual(digest(given), digest(expected))) {
    throw new AppError("unauthenticated", { message: `A valid ${access} secret is needed.` });
  }
}
