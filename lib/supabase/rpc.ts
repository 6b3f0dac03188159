import { z } from "zod";
import { conflictSentence } from "@/lib/conflict";
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
  hint?: string | null;
}

/** What the functions of the data API say when the refused attempt is in the audit log already. */
const RECORDED = "recorded";

/** Whether the database has recorded this refusal. */
export const isRecordedRefusal = (error: AppError): boolean =>
  (error.cause as CallFailure | undefined)?.hint === RECORDED;

/** What a rule gave with its code: a short text, or JSON. Empty when there is none. */
export const detailOf = (error: AppError): string =>
  (error.cause as CallFailure | undefined)?.details ?? "";

/** The transaction was rolled back because of concurrent ones; the same call may succeed now. */
const UNDONE = new Set(["40001", "40P01", "55P03"]);
/** There was no connection for the call, so it was not carried out. */
const NEVER_BEGUN = new Set(["53300", "57P03", "08001", "08004", "PGRST000", "PGRST002"]);
const ATTEMPTS = 4;
/**
 * No try begins later than this after the first. A wait for a lock ends after three seconds, or six
 * when other calls queue for it, so that every caller has an answer within ten seconds.
 */
const LATEST_TRY_MS = 5_000;
/** The same without a connection: a refusal that comes later has waited for a connection already. */
const LATEST_CONNECTION_MS = 1_000;

/** The text is no date or time, names one that does not exist, or an unknown time zone. */
const IMPOSSIBLE_TIMES = new Set(["22007", "22008", "22009"]);

function isWorthRepeating({ code = "", details }: CallFailure, elapsedMs: number): boolean {
  if (UNDONE.has(code)) return elapsedMs < LATEST_TRY_MS;
  const isRefused = code === "" && /ECONNREFUSED/.test(details ?? "");
  return (isRefused || NEVER_BEGUN.has(code)) && elapsedMs < LATEST_CONNECTION_MS;
}

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
    return new AppError(message, {
      cause: failure,
      message: conflictSentence(message, failure.details),
      // The team's rule about one's own account is a conflict; elsewhere it is a matter of rights.
      ...(code === "PT409" && message === "own_account" ? { status: 409 } : {}),
    });
  }
  if (status === 401 || code === "PGRST301" || code === "PGRST302" || code === "PGRST303") {
    return new AppError("unauthenticated", { cause: failure });
  }
  if (code === "42501") return new AppError("forbidden", { cause: failure });
  // The account was erased after it was read: the next try creates a new one.
  if (code === "23503" && /customers_(auth|pending)_user_id_fkey/.test(message)) {
    return new AppError("version_conflict", { cause: failure });
  }
  // The statement ran into its time limit: the database is there, and the same call takes as long.
  if (code === "57014") return new AppError("timed_out", { cause: failure });
  if (IMPOSSIBLE_TIMES.has(code)) return new AppError("invalid_request", { cause: failure });
  if (UNDONE.has(code) || isOutage(code) || status === 0 || status === 503 || status === 504) {
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
 * A call that was rolled back because of concurrent ones (deadlock, serialization failure, lock
 * time-out), or that never reached the database, is tried again a few times within seconds; then it
 * fails as `unavailable`. A call whose answer got lost is not repeated: it may have been carried out.
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
  const started = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    const { data, error, status } = await client.rpc(name as never, args as never);
    if (!error) {
      const parsed = schema.safeParse(data);
      if (parsed.success) return parsed.data;
      throw new AppError("internal", {
        cause: new Error(`${name} returned an unexpected shape: ${z.prettifyError(parsed.error)}`),
      });
    }
    if (attempt < ATTEMPTS && isWorthRepeating(error, performance.now() - started)) {
      await pause(attempt);
      continue;
    }
    throw toAppError(error, status);
  }
}
