import { isLostConnection } from "../process/fail";

/** Connection failures, transactions undone because of their neighbours, intervention by an operator. */
const TRANSIENT = /^(08|40|57)/;

type Reported = { code: string; message: string; detail?: string | null; hint?: string | null };

const isReported = (error: unknown): error is Error & Reported =>
  error instanceof Error && "code" in error && typeof error.code === "string";

/**
 * Makes the data API report the SQLSTATE of what may work when it is tried again, as a hosted
 * project does; by itself it hides these behind a code of its own. Other errors stay as they are.
 */
export function keepSqlState(error: unknown): unknown {
  if (!isReported(error)) return error;
  const { message, detail, hint } = error;
  // A connection that was cut has no SQLSTATE, only the system's word for it.
  const code = isLostConnection(error) ? "08006" : error.code;
  if (!TRANSIENT.test(code)) return error;
  // The form in which a statement states its whole answer: body as message, status as detail.
  const status = /^(08|57P)/.test(code) ? 503 : 500;
  return Object.assign(
    new Error(JSON.stringify({ code, message, details: detail ?? null, hint: hint ?? null })),
    { name: "PostgresError", code: "PGRST", detail: JSON.stringify({ status, headers: {} }) },
  );
}
