interface ErrorDefinition {
  readonly status: number;
  readonly message: string;
}

/**
 * The closed list of rules that a request can break: the HTTP status, and what a person reads
 * when the code that raised it had nothing more specific to say.
 */
const DEFINITIONS = {
  invalid_request: { status: 400, message: "Please check what you entered and try again." },
  unauthenticated: { status: 401, message: "Please sign in to continue." },
  forbidden: { status: 403, message: "Your account is not allowed to do this." },
  email_unconfirmed: {
    status: 403,
    message: "Please confirm your e-mail address first. Open the link in the mail we sent you.",
  },
  sign_up_closed: {
    status: 403,
    message: "New accounts cannot be made at the moment. Please try again later or write to us.",
  },
  captcha_failed: {
    status: 400,
    message: "Please complete the check that you are a person, then try again.",
  },
  link_expired: {
    status: 410,
    message: "This link was used already or is too old. Please ask for a new one.",
  },
  own_account: {
    status: 403,
    message: "You cannot change your own customer account. Please ask a colleague.",
  },
  password_needed: {
    status: 403,
    message: "Please enter your password once more to do this.",
  },
  second_factor_needed: {
    status: 403,
    message:
      "Please enter the code of your authenticator app first, or set one up under “Sign-in and password”.",
  },
  own_request: {
    status: 403,
    message: "Somebody else has to decide what you asked for. You can only withdraw it.",
  },
  cross_site: {
    status: 403,
    message: "This request came from another site, so it was not carried out.",
  },
  not_found: { status: 404, message: "We could not find what you were looking for." },
  method_not_allowed: { status: 405, message: "This address does not accept that method." },
  reward_not_pending: {
    status: 409,
    message: "This reward has already been used, has expired or was revoked.",
  },
  order_not_installable: {
    status: 409,
    message: "Only an order that is pending can start being installed.",
  },
  order_not_activatable: {
    status: 409,
    message: "This order cannot be activated in its current state.",
  },
  order_not_cancellable: {
    status: 409,
    message: "This order cannot be cancelled in its current state.",
  },
  service_status_invalid: {
    status: 409,
    message: "The service cannot change to that status from its current one.",
  },
  package_not_changeable: {
    status: 409,
    message: "Only a service that is active or suspended can move to another package.",
  },
  package_unchanged: {
    status: 409,
    message: "The service has this package at this price already.",
  },
  customer_not_erasable: {
    status: 409,
    message:
      "This customer still has a service, an order under way or an invoice that is open. Settle these first.",
  },
  self_referral: { status: 409, message: "Both sides of this referral are one person." },
  duplicate_referral: {
    status: 409,
    message: "This person was a customer before, or is somebody's friend already.",
  },
  referrer_not_eligible: {
    status: 409,
    message:
      "The referrer had no active service, or an overdue invoice, when the order was placed.",
  },
  referral_limit_reached: {
    status: 409,
    message: "The referrer had no place left in the month of the order.",
  },
  referral_code_unknown: { status: 409, message: "This code cannot be used. Please check it." },
  order_not_referable: {
    status: 409,
    message: "There is no order or service that is pending or active.",
  },
  activation_window_over: { status: 409, message: "The time in which this is possible is over." },
  referral_not_ended: {
    status: 409,
    message: "Only a referral that expired or was cancelled can be given back.",
  },
  referral_not_pending: {
    status: 409,
    message: "Only a referral that waits for its service can get more time.",
  },
  claim_not_possible: {
    status: 409,
    message: "You can say once who invited you, in the first weeks after your order.",
  },
  survey_answered: { status: 409, message: "You have answered this before. Thank you." },
  claim_answered: { status: 409, message: "You have answered this already." },
  claim_decided: { status: 409, message: "Somebody has decided this already." },
  claim_not_confirmed: {
    status: 409,
    message: "The person who invited has not confirmed it yet.",
  },
  referral_already_rewarded: {
    status: 409,
    message: "This referral has already counted towards a reward.",
  },
  referral_not_reviewable: {
    status: 409,
    message: "This referral has nothing open to review. Someone may have decided it already.",
  },
  review_claimed: {
    status: 409,
    message: "A colleague is looking at this case at the moment.",
  },
  undo_too_late: {
    status: 409,
    message: "A decision can be taken back within a minute, by the person who made it.",
  },
  second_reviewer_needed: {
    status: 403,
    message: "Somebody else than the person who decided has to look at this.",
  },
  appeal_not_possible: {
    status: 409,
    message: "You can ask once about a friend who does not count, within 30 days.",
  },
  external_id_reused: {
    status: 409,
    message: "This external_id was already used for a different order.",
  },
  event_out_of_order: {
    status: 409,
    message: "This event does not follow from the state of the service.",
  },
  api_key_revoked: { status: 409, message: "This API key has been revoked already." },
  idempotency_key_reused: {
    status: 409,
    message: "This request key was already used for a different request.",
  },
  email_taken: {
    status: 409,
    message: "An account with this e-mail address exists already. Please sign in instead.",
  },
  assessment_stale: {
    status: 409,
    message: "Somebody else ordered with the same code just now. Please try again.",
  },
  program_paused: { status: 409, message: "The referral programme is paused at the moment." },
  notification_not_retryable: {
    status: 409,
    message: "Only a message that failed can be sent again.",
  },
  nothing_to_credit: {
    status: 409,
    message: "Nothing is left to credit on this invoice.",
  },
  credit_exceeds_invoice: {
    status: 409,
    message: "This is more than what is left to credit on this invoice.",
  },
  payment_already_reversed: {
    status: 409,
    message: "This payment has been taken back already.",
  },
  billing_period_invalid: {
    status: 409,
    message: "This billing period cannot be billed. Please choose another month.",
  },
  billing_cycle_future: {
    status: 409,
    message: "This month has not begun yet, so it can only be billed with a reason.",
  },
  billing_cycle_closed: {
    status: 409,
    message: "This month was over long ago, so it can only be billed with a reason.",
  },
  billing_run_closed: { status: 409, message: "This billing run has ended already." },
  too_many_views: {
    status: 409,
    message: "You keep 30 views of this list. Please delete one first.",
  },
  grant_recent: {
    status: 409,
    message: "This customer was granted a free month a moment ago. Confirm to grant another one.",
  },
  grant_limit_reached: {
    status: 409,
    message:
      "You have granted as many free months this month as one person may. Please ask a colleague.",
  },
  approval_needed: {
    status: 409,
    message: "A second person has to approve this first.",
  },
  bulk_empty: { status: 409, message: "Nothing matches, so there is nothing to do." },
  bulk_too_large: {
    status: 409,
    message: "This is more than 1000 rows. Please restrict it and work in parts.",
  },
  bulk_not_running: {
    status: 409,
    message: "This job has not been started, is done, or was stopped.",
  },
  bulk_asker_left: {
    status: 409,
    message: "The person who planned this job may no longer do it, so it goes on no more.",
  },
  approval_closed: {
    status: 409,
    message: "This request was decided already, or has expired.",
  },
  already_member: {
    status: 409,
    message: "This person is in the team already. Change their role in the list.",
  },
  second_factor_not_set_up: {
    status: 409,
    message:
      "Set up a second factor for your own account and sign in with it first. The embedded sign-in server has none, so none can be required there.",
  },
  second_factor_unavailable: {
    status: 409,
    message: "The sign-in server of this installation offers no second factor.",
  },
  last_owner: {
    status: 409,
    message: "The team needs at least one owner. Make somebody else an owner first.",
  },
  version_scheduled: {
    status: 409,
    message:
      "A version of the terms is scheduled already. Withdraw it before you schedule another.",
  },
  version_conflict: {
    status: 409,
    message: "Somebody else saved a change meanwhile. Please reload and try again.",
  },
  payload_too_large: { status: 413, message: "The request is too large." },
  unsupported_media_type: { status: 415, message: "Please send the request as JSON." },
  rate_limited: {
    status: 429,
    message: "That was a lot of requests. Please wait a moment and try again.",
  },
  internal: { status: 500, message: "Something went wrong on our side. Please try again." },
  timed_out: {
    status: 504,
    message: "This took too long and was stopped. Nothing was changed. Please try again.",
  },
  unavailable: {
    status: 503,
    message: "The service is not available right now. Please try again in a minute.",
  },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof DEFINITIONS;

/** Status and default message of every code; a map keyed by `ErrorCode` stays exhaustive. */
export const ERROR_CODES: Readonly<Record<ErrorCode, ErrorDefinition>> = DEFINITIONS;

/** Whether a text, for instance a message raised in SQL, is one of the known codes. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(DEFINITIONS, value);
}

export interface AppErrorOptions {
  /** Replaces the default message; written for people, shown as it is. */
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
