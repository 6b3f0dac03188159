import "server-only";
import { z } from "zod";
import { getEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";
import type { Supabase } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";

/** How often one subject may do a thing. Multiplied by `RATE_LIMIT_FACTOR`. */
export interface RateLimit {
  bucket: string;
  limit: number;
  windowSeconds: number;
}

export const RATE_LIMITS = {
  validate: { bucket: "validate", limit: 30, windowSeconds: 60 },
  visit: { bucket: "visit", limit: 60, windowSeconds: 60 },
  order: { bucket: "order", limit: 10, windowSeconds: 600 },
  signIn: { bucket: "sign_in", limit: 20, windowSeconds: 300 },
  signInAccount: { bucket: "sign_in_account", limit: 10, windowSeconds: 900 },
  passwordReset: { bucket: "password_reset", limit: 5, windowSeconds: 900 },
} as const satisfies Record<string, RateLimit>;

const verdictSchema = z.object({ allowed: z.boolean(), retry_after: z.number().int() });

/**
 * Counts one request of a subject. The counter lives in Postgres, so it holds across instances.
 *
 * @param subject an address or an account; stored hashed.
 * @throws AppError `rate_limited` with the seconds to wait.
 */
export async function enforceRateLimit(
  service: Supabase,
  rule: RateLimit,
  subject: string | null,
): Promise<void> {
  const verdict = await callRpc(
    service,
    "consume_rate_limit",
    {
      p_bucket: rule.bucket,
      p_subject: subject ?? "unknown",
      p_limit: Math.max(1, Math.ceil(rule.limit * getEnv().RATE_LIMIT_FACTOR)),
      p_window_seconds: rule.windowSeconds,
    },
    verdictSchema,
  );
  if (!verdict.allowed) throw new AppError("rate_limited", { retryAfter: verdict.retry_after });
}
