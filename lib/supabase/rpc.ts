import { z } from "zod";
import { AppError, isErrorCode } from "@/lib/errors";
import type { Supabase } from "./clients";
import type { Database } from "./database.types";

type Functions = Database["public"]["Functions"];
export type FunctionName = keyof Functions;

/** What the data API says when a call fails. */
interface CallFailure {
  code?: string;
  message?: string;
  details?: string | null;
}

/** The transaction was rolled back because of its neighbours; the same call may go through now. */
const RETRYABLE = new Set(["40001", "40P01", "55P03"]);
const ATTEMPTS = 4;

/** Not a date or time, one that the calendar does not have, or an impossible time zone. */
const IMPOSSIBLE_TIMES = new Set(["22007", "22008", "22009"]);

/**
 * Connection failures, shutdowns, timeouts, too many connections: the database, not the request.
 * An API that has just come up may not know the functions yet (PGRST202).
 */
const isOutage = (code: string) =>
  /^(08|53|57)/.test(code) || /^PGRST(00[0-3]|202)$/.test(code) || code === "25006";

/**
 * Translates a failed call into the closed list of error codes. Business rules travel from SQL as
 * SQLSTATE `PTxyz` with the code as message; anything unknown becomes `internal`, cause attached.
 */
export function toAppError(failure: CallFailure, status: number): AppError {
  const code = failure.code ?? "";
  const message = failure.message ?? "";
  if (code.startsWith("PT") && isErrorCode(message)) {
    return new AppError(message, { cause: failure });
  }
  if (status === 401 || code === "PGRST301" || code === "PGRST302" || code === "PGRST303") {
    return new AppError("unauthenticated", { cause: failure });
  }
  if (code === "42501") return new AppError("forbidden", { cause: failure });
  if (IMPOSSIBLE_TIMES.has(code)) return new AppError("invalid_request", { cause: failure });
  if (RETRYABLE.has(code) || isOutage(code) || status === 0 || status === 503 || status === 504) {
    return new AppError("unavailable", { cause: failure });
  }
  if (
    /ECONNREFUSED|ECONNRESET|CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED)|fetch failed/.test(
      message,
    )
  ) {
    return new AppError("unavailable", { cause: failure });
  }
  return new AppError("internal", { cause: failure });
}

const pause = (attempt: number) =>
  new Promise((resolve) => setTimeout(resolve, 20 * 2 ** attempt * (0.5 + Math.random())));

/**
 * Calls one database function and validates what it returns.
 *
 * Deadlocks, serialization failures and lock time-outs were rolled back, so they are tried again
 * a few times before they surface as `unavailable`.
 *
 * @throws AppError with the code that the function raised, or `unavailable`, `unauthenticated`,
 *   `forbidden`, `invalid_request` for an impossible date or time, `internal`.
 */
export async function callRpc<N extends FunctionName, S extends z.ZodType>(
  client: Supabase,
  name: N,
  args: Functions[N]["Args"] extends never ? Record<string, never> : Functions[N]["Args"],
  schema: S,
): Promise<z.infer<S>> {
  for (let attempt = 1; ; attempt += 1) {
    const { data, error, status } = await client.rpc(name as never, args as never);
    if (!error) {
      const parsed = schema.safeParse(data);
      if (parsed.success) return parsed.data;
      throw new AppError("internal", {
        cause: new Error(`${name} returned an unexpected shape: ${z.prettifyError(parsed.error)}`),
      });
    }
    if (RETRYABLE.has(error.code) && attempt < ATTEMPTS) {
      await pause(attempt);
      continue;
    }
    throw toAppError(error, status);
  }
}
