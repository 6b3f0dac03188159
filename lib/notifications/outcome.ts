import type { Json } from "@/lib/supabase/database.types";
import type { ClaimedMail } from "./claim";
import type { SendResult } from "./senders";

const LONGEST_ERROR = 500;

/** What became of one claimed mail, as the database takes it. */
export interface Result {
  mail: ClaimedMail;
  outcome: Exclude<SendResult["outcome"], "changed"> | "released" | "failed";
  details: Record<string, Json>;
}

/** After these the rest of a batch stays where it is. */
export const HALTING: ReadonlySet<string> = new Set(["provider_failed", "unknown", "slowed"]);

/** A text of the provider as the database takes it: one line of at most 500 characters. */
export const shortError = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, " ")
    .slice(0, LONGEST_ERROR)
    .toWellFormed();

/** A mail that is given up. */
export const failed = (
  mail: ClaimedMail,
  cause: "unwritten" | "unclear",
  reason: string,
): Result => ({
  mail,
  outcome: "failed",
  details: { cause, error: shortError(reason) },
});

/** What a sender reported of a mail, as the database takes it. */
export function judge(mail: ClaimedMail, result: SendResult): Result {
  switch (result.outcome) {
    case "captured":
      return { mail, outcome: "captured", details: {} };
    case "sent":
      return {
        mail,
        outcome: "sent",
        details: {
          provider_message_id: result.providerMessageId,
          http_status: result.httpStatus,
        },
      };
    case "changed": {
      const { details, ...rest } = failed(
        mail,
        "unclear",
        `${result.error} (an earlier try was probably delivered)`,
      );
      return { ...rest, details: { ...details, http_status: result.httpStatus } };
    }
    default:
      return {
        mail,
        outcome: result.outcome,
        details: {
          error: shortError(result.error),
          http_status: result.httpStatus,
          ...("cause" in result ? { cause: result.cause } : {}),
          ...("retryAfterSeconds" in result
            ? { retry_after_seconds: result.retryAfterSeconds }
            : {}),
        },
      };
  }
}
