import type { AppError } from "@/lib/errors";
import type { PageLanguage } from "@/lib/language/languages";
import { failureIn } from "@/lib/language/wording";

/** The body of every successful API answer. */
interface Success<T> {
  success: true;
  data: T;
}

/** The body of every failed API answer. `message` is for people; `fields` is keyed by path. */
interface Failure {
  success: false;
  error: { code: string; message: string; fields?: Record<string, string>; request_id?: string };
}

const noStore = { "cache-control": "no-store" };

export function ok<T>(data: T, init: { status?: number; headers?: HeadersInit } = {}): Response {
  const body: Success<T> = { success: true, data };
  const headers = new Headers(init.headers);
  headers.set("cache-control", "no-store");
  return Response.json(body, { status: init.status ?? 200, headers });
}

/** Seconds after which it is worth asking again when the database did not answer. */
const COME_AGAIN_AFTER = 5;

/** Shapes an error for the caller, in their language. The cause stays on the server. */
export function failure(
  error: AppError,
  requestId?: string,
  language: PageLanguage = "en",
): Response {
  const { message, fields } = failureIn(language, error);
  const body: Failure = {
    success: false,
    error: {
      code: error.code,
      message,
      ...(fields ? { fields } : {}),
      ...(error.status >= 500 && requestId ? { request_id: requestId } : {}),
    },
  };
  const headers = new Headers(noStore);
  const retryAfter =
    error.retryAfter ?? (error.code === "unavailable" ? COME_AGAIN_AFTER : undefined);
  if (retryAfter !== undefined) headers.set("retry-after", String(retryAfter));
  if (error.code === "unauthenticated") headers.set("www-authenticate", "Bearer");
  return Response.json(body, { status: error.status, headers });
}
