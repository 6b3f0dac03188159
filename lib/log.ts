import pino from "pino";
import { getEnv } from "./env";

let logger: pino.Logger | null = null;

/** The server's log: JSON lines on standard error, without personal data. */
export function log(): pino.Logger {
  logger ??= pino(
    {
      level: getEnv().LOG_LEVEL,
      base: undefined,
      redact: ["password", "*.password", "authorization", "*.authorization", "cookie", "*.cookie"],
    },
    pino.destination(2),
  );
  return logger;
}
