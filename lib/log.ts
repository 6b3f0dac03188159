import pino from "pino";
import { getEnv } from "./env";

/** How many causes of causes are written. */
const DEPTH = 4;

/** What is written of an error. */
interface LoggedError {
  type: string;
  message: string;
  code?: string;
  status?: number;
  stack?: string;
  cause?: LoggedError;
}

const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);

/**
 * An error without the contents of rows: PostgreSQL puts values into `details` and `hint`, and into
 * the message of an impossible value (SQLSTATE class 22), between quotes.
 */
export function describeError(error: unknown, depth = DEPTH): LoggedError {
  if (typeof error !== "object" || error === null) {
    return { type: typeof error, message: String(error) };
  }
  const { name, message, code, status, stack, cause } = error as Record<string, unknown>;
  const sqlState = textOf(code);
  const said = textOf(message) ?? "";
  const isImpossibleValue = sqlState?.startsWith("22") ?? false;
  return {
    type: textOf(name) ?? "object",
    message: isImpossibleValue ? said.replaceAll(/"[^"]*"/g, '"…"') : said,
    ...(sqlState === undefined ? {} : { code: sqlState }),
    ...(typeof status === "number" ? { status } : {}),
    ...(typeof stack === "string" && !isImpossibleValue ? { stack } : {}),
    ...(cause === undefined || depth <= 0 ? {} : { cause: describeError(cause, depth - 1) }),
  };
}

let logger: pino.Logger | null = null;

/** The server's log: JSON lines on standard error, without personal data. */
export function log(): pino.Logger {
  logger ??= pino(
    {
      level: getEnv().LOG_LEVEL,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => describeError(error) },
      redact: ["password", "*.password", "authorization", "*.authorization", "cookie", "*.cookie"],
    },
    pino.destination(2),
  );
  return logger;
}

/** One answered request, as every way to serve writes it. */
export interface LoggedRequest {
  requestId: string;
  method: string;
  /** The pattern of the address, like `/api/admin/orders/[id]/cancel`: never what stood in it. */
  route: string;
  status: number;
  /** Milliseconds until the answer was ready. */
  ms: number;
  /** Who asked: `public`, `cron`, `metrics`, `customer` or `admin` access, `page` for pages. */
  role: string;
  /** The code of the refusal. */
  code?: string;
}

/** Writes one line about an answered request. */
export function logRequest(request: LoggedRequest): void {
  const line = { ...request, ms: Math.round(request.ms * 10) / 10 };
  if (request.status >= 500) log().error(line, "request");
  else if (request.status >= 400) log().warn(line, "request");
  else log().info(line, "request");
}
