import { errors } from "./language/messages/en/errors";
import { teamErrors } from "./team-errors";

const MESSAGES = { ...errors, ...teamErrors };

/** The closed list of rules that a request can break, with the HTTP status of each. */
const STATUSES = {
  invalid_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  email_unconfirmed: 403,
  sign_up_closed: 403,
  captcha_failed: 400,
  link_expired: 410,
  own_account: 403,
  password_needed: 403,
  second_factor_needed: 403,
  own_request: 403,
  cross_site: 403,
  not_found: 404,
  method_not_allowed: 405,
  reward_not_pending: 409,
  order_not_installable: 409,
  order_not_activatable: 409,
  order_not_cancellable: 409,
  service_status_invalid: 409,
  package_not_changeable: 409,
  package_unchanged: 409,
  customer_not_erasable: 409,
  self_referral: 409,
  duplicate_referral: 409,
  referrer_not_eligible: 409,
  referral_limit_reached: 409,
  referral_code_unknown: 409,
  order_not_referable: 409,
  activation_window_over: 409,
  referral_not_ended: 409,
  referral_not_pending: 409,
  claim_not_possible: 409,
  survey_answered: 409,
  claim_answered: 409,
  claim_decided: 409,
  claim_not_confirmed: 409,
  referral_already_rewarded: 409,
  referral_not_reviewable: 409,
  review_claimed: 409,
  undo_too_late: 409,
  second_reviewer_needed: 403,
  appeal_not_possible: 409,
  external_id_reused: 409,
  event_out_of_order: 409,
  api_key_revoked: 409,
  idempotency_key_reused: 409,
  email_taken: 409,
  assessment_stale: 409,
  program_paused: 409,
  notification_not_retryable: 409,
  nothing_to_credit: 409,
  credit_exceeds_invoice: 409,
  payment_already_reversed: 409,
  billing_period_invalid: 409,
  billing_cycle_future: 409,
  billing_cycle_closed: 409,
  billing_run_closed: 409,
  too_many_views: 409,
  grant_recent: 409,
  grant_limit_reached: 409,
  approval_needed: 409,
  bulk_empty: 409,
  bulk_too_large: 409,
  bulk_not_running: 409,
  bulk_asker_left: 409,
  approval_closed: 409,
  already_member: 409,
  second_factor_not_set_up: 409,
  second_factor_unavailable: 409,
  last_owner: 409,
  version_scheduled: 409,
  version_conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  internal: 500,
  timed_out: 504,
  unavailable: 503,
} as const satisfies Record<keyof typeof MESSAGES, number>;

export type ErrorCode = keyof typeof STATUSES;

interface ErrorDefinition {
  readonly status: number;
  /** What a person reads when the code that raised it had nothing more specific to say. */
  readonly message: string;
}

/** Status and default message of every code; a map keyed by `ErrorCode` stays exhaustive. */
export const ERROR_CODES = Object.fromEntries(
  Object.entries(MESSAGES).map(([code, message]) => [
    code,
    { status: STATUSES[code as ErrorCode], message },
  ]),
) as Readonly<Record<ErrorCode, ErrorDefinition>>;

/** Whether a text, for instance a message raised in SQL, is one of the known codes. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(STATUSES, value);
}

export interface AppErrorOptions {
  /** Replaces the default message: a sentence of `lib/language`, which pages show in their language. */
  message?: string;
  /** Replaces the status of the code, where an address answers the same rule with another one. */
  status?: number;
  /** One sentence per invalid field, keyed by its path: `account.email`. */
  fields?: Record<string, string>;
  /** Seconds until the request may be repeated (`Retry-After`). */
  retryAfter?: number;
  /** What went wrong underneath: logged, never shown. */
  cause?: unknown;
}

/** A broken rule with a code of the closed list. Everything else that is thrown is a defect. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly fields?: Record<string, string>;
  readonly retryAfter?: number;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    const definition = ERROR_CODES[code];
    super(
      options.message ?? definition.message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = "AppError";
    this.code = code;
    this.status = options.status ?? definition.status;
    this.fields = options.fields;
    this.retryAfter = options.retryAfter;
  }
}
