import type { AuthError } from "@supabase/supabase-js";
import { AppError } from "@/lib/errors";
import { sentences } from "@/lib/language/messages/en/sentences";

/** What is read of an answer of the auth server. */
export type AuthAnswer = Pick<AuthError, "message" | "name"> & {
  status?: number;
  code?: string;
  /** Why a password is weak: `length`, `characters`, `pwned`. */
  reasons?: string[];
};

/** Seconds until a request that the auth server refused as too many may be repeated. */
const RETRY_AFTER_SECONDS = 60;

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

/** Names of the fields of the form that was sent, beside which a sentence belongs. */
export interface AuthFields {
  email?: string;
  password?: string;
  /** Where the password that the account has now is asked for. */
  currentPassword?: string;
}

function weakPassword({ reasons = [] }: AuthAnswer): string {
  if (reasons.includes("pwned")) {
    return sentences.passwordLeaked;
  }
  if (reasons.includes("length")) return sentences.passwordTooShort;
  if (reasons.includes("characters")) {
    return sentences.passwordTooPlain;
  }
  return sentences.passwordTooWeak;
}

const PASSWORD_TOO_LONG = sentences.passwordTooLong;

function fieldError(field: string | undefined, sentence: string, cause: AuthAnswer): AppError {
  return new AppError("invalid_request", {
    ...(field ? { fields: { [field]: sentence } } : { message: sentence }),
    cause,
  });
}

function limited(error: AuthAnswer): AppError {
  const seconds = Number(/after (\d+) seconds/.exec(error.message)?.[1] ?? Number.NaN);
  const retryAfter = Number.isFinite(seconds) ? Math.max(1, seconds) : RETRY_AFTER_SECONDS;
  if (error.code !== "over_email_send_rate_limit") {
    return new AppError("rate_limited", { retryAfter, cause: error });
  }
  return new AppError("rate_limited", {
    message: sentences.mailsTooOften,
    retryAfter,
    cause: error,
  });
}

const sessionEnded = (cause: AuthAnswer) =>
  new AppError("unauthenticated", {
    message: sentences.sessionEnded,
    cause,
  });

/**
 * The error of our closed list, with its sentence, for what the auth server answered. What it
 * answers that is not known here is `internal`, with the answer as cause.
 *
 * @param fields names of the fields of the form; a sentence about a field without a name becomes
 *   the message of the error.
 */
export function authError(error: AuthAnswer, fields: AuthFields = {}): AppError {
  if (error.status === 429) return limited(error);
  const failure = authServerFailure(error);
  if (failure && /sending .*e?mail/i.test(error.message)) {
    return new AppError("unavailable", {
      message: sentences.mailNotSent,
      cause: error,
    });
  }
  if (failure) return failure;
  switch (error.code) {
    case "over_email_send_rate_limit":
    case "over_request_rate_limit":
      return limited(error);
    case "captcha_failed":
      return new AppError("captcha_failed", { cause: error });
    case "signup_disabled":
      return new AppError("sign_up_closed", { cause: error });
    case "email_provider_disabled":
      return new AppError("sign_up_closed", {
        message: sentences.mailSignInClosed,
        cause: error,
      });
    case "weak_password":
      return fieldError(fields.password, weakPassword(error), error);
    case "same_password":
      return fieldError(fields.password, sentences.passwordUnchanged, error);
    case "email_address_invalid":
      return fieldError(fields.email, sentences.emailUnusable, error);
    case "email_address_not_authorized":
      return fieldError(fields.email, sentences.emailUnreachable, error);
    case "validation_failed":
      if (/password/i.test(error.message)) {
        return fieldError(fields.password, PASSWORD_TOO_LONG, error);
      }
      if (/e-?mail/i.test(error.message)) {
        return fieldError(fields.email, sentences.emailForm, error);
      }
      return new AppError("invalid_request", { cause: error });
    case "invalid_credentials":
      return new AppError("unauthenticated", {
        message: sentences.wrongSignIn,
        cause: error,
      });
    case "email_not_confirmed":
      return new AppError("email_unconfirmed", { cause: error });
    case "mfa_verification_failed":
    case "mfa_verification_rejected":
      return fieldError("code", sentences.wrongCode, error);
    case "mfa_challenge_expired":
      return fieldError("code", sentences.codeTooLate, error);
    case "too_many_enrolled_mfa_factors":
      return new AppError("invalid_request", {
        message: sentences.tooManyApps,
        cause: error,
      });
    case "mfa_factor_name_conflict":
      return fieldError("name", sentences.appNameTaken, error);
    case "mfa_factor_not_found":
      return new AppError("not_found", { cause: error });
    case "mfa_totp_enroll_not_enabled":
    case "mfa_totp_verify_not_enabled":
      return new AppError("second_factor_unavailable", { cause: error });
    case "user_banned":
      return new AppError("forbidden", {
        message: sentences.accountBlocked,
        cause: error,
      });
    case "email_exists":
    case "user_already_exists":
      return new AppError("email_taken", { cause: error });
    case "otp_expired":
    case "otp_disabled":
    case "flow_state_not_found":
    case "flow_state_expired":
      return new AppError("link_expired", { cause: error });
    case "reauthentication_needed":
    case "reauthentication_not_valid":
    case "current_password_required":
    case "insufficient_aal":
      return new AppError("unauthenticated", {
        message: sentences.signInOnceMore,
        cause: error,
      });
    case "current_password_invalid":
      return fieldError(
        fields.currentPassword ?? fields.password,
        sentences.wrongPresentPassword,
        error,
      );
    case "bad_jwt":
    case "no_authorization":
    case "session_not_found":
    case "session_expired":
    case "refresh_token_not_found":
    case "refresh_token_already_used":
    case "user_not_found":
      return sessionEnded(error);
    default:
      if (error.name === "AuthSessionMissingError") return sessionEnded(error);
      return new AppError("internal", { cause: error });
  }
}
