import { isLostConnection } from "../process/fail";

/** Classes of lost connections, transactions rolled back by a conflict, and operator intervention. */
const TRANSIENT = /^(08|40|57)/;

type Reported = { code: string; message: string; detail?: string | null; hint?: string | null };

const isReported = (error: unknown): error is Error & Reported =>
  error instanceof Error && "code" in error && typeof error.code === "string";

/**
 * Makes the data API report the SQLSTATE of an error that a retry may cure, as a hosted project
 * does. Otherwise the API replaces it by a code of its own. Other errors stay as they are.
 */
export function keepSqlState(error: unknown): unknown {
  if (!isReported(error)) return error;
  const { message, detail, hint } = error;
  // A connection that was cut has a system error code and no SQLSTATE.
  const code = isLostConnection(error) ? "08006" : error.code;
  if (!TRANSIENT.test(code)) return error;
  // In this form an error holds a whole response: the body as message, the status as detail.
  const status = /^(08|57P)/.test(code) ? 503 : 500;
  return Object.assign(
    new Error(JSON.stringify({ code, message, details: detail ?? null, hint: hint ?? null })),
    { name: "PostgresError", code: "PGRST", detail: JSON.stringify({ status, headers: {} }) },
  );
}
