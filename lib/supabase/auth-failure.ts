import type { AuthError } from "@supabase/supabase-js";
import { AppError } from "@/lib/errors";

/** What is read of an answer of the auth server. */
export type AuthAnswer = Pick<AuthError, "message" | "name"> & { status?: number; code?: string };

/** Seconds until a request that the auth server refused as too many may be repeated. */
export const RETRY_AFTER_SECONDS = 60;

/**
 * The failure of the auth server itself: `rate_limited` when it had too many requests, `unavailable`
 * when it did not answer, or a hook of the project failed. Null when its answer is about the request.
 */
export function authServerFailure(error: AuthAnswer): AppError | null {
  if (error.status === 429) {
    return new AppError("rate_limited", { retryAfter: RETRY_AFTER_SECONDS, cause: error });
  }
  const code = error.code ?? "";
  if (
    (error.status ?? 0) >= 500 ||
    error.name === "AuthRetryableFetchError" ||
    code === "request_timeout" ||
    code === "conflict" ||
    code.startsWith("hook_")
  ) {
    return new AppError("unavailable", { cause: error });
  }
  return null;
}
