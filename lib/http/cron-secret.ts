import "server-only";
import { createHash, timingSafeEqual } from "node:crypto";
import { getEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { getSupabaseConnection } from "@/lib/supabase/stack-file";

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Lets schedulers in that know the cron secret. @throws AppError `unauthenticated` */
export function requireCronSecret(request: Request): void {
  const expected = getEnv().CRON_SECRET ?? getSupabaseConnection().cronSecret;
  const given = /^Bearer\s+(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (!expected || !given || !timingSafeEqual(digest(given), digest(expected))) {
    throw new AppError("unauthenticated", { message: "A valid cron secret is needed." });
  }
}
