import type { AuthError } from "@supabase/supabase-js";
import { AppError } from "@/lib/errors";

/** Seconds until a request that the auth server refused as too many may be repeated. */
const RETRY_AFTER_SECONDS = 60;

/**
 * The failure of the auth server itself: `rate_limited` when it had too many requests, `unavailable`
 * when it did not answer. Null when its answer is about the request.
 */
export function authServerFailure(error: AuthError): AppError | null {
  if (error.status === 429) {
    return new AppError("rate_limited", { retryAfter: RETRY_AFTER_SECONDS, cause: error });
  }
  if ((error.status ?? 0) >= 500 || error.name === "AuthRetryableFetchError") {
    return new AppError("unavailable", { cause: error });
  }
  return null;
}
