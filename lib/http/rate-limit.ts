import "server-only";
import { z } from "zod";
import { getEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { clientNetwork } from "./client-address";

/** How many requests of a kind one subject may send. Multiplied by `RATE_LIMIT_FACTOR`. */
export interface RateLimit {
  bucket: string;
  limit: number;
  windowSeconds: number;
}

const QUARTER_HOUR_SECONDS = 15 * 60;

export const RATE_LIMITS = {
  validate: { bucket: "validate", limit: 30, windowSeconds: 60 },
  visit: { bucket: "visit", limit: 60, windowSeconds: 60 },
  /** Per address: pictures of invitations. Each could be a guess at somebody's code. */
  sharePicture: { bucket: "share_picture", limit: 30, windowSeconds: 60 },
  /** Per address. Mobile carriers share one address between many households. */
  order: { bucket: "order", limit: 60, windowSeconds: 600 },
  /** Per person, from all addresses together. */
  orderAccount: { bucket: "order_account", limit: 5, windowSeconds: 600 },
  /** Per address: suburbs that are looked up, and homes that are checked. */
  coverage: { bucket: "coverage", limit: 120, windowSeconds: 60 },
  /** Per address: each leaves an e-mail address that gets a mail one day. */
  coverageWait: { bucket: "coverage_wait", limit: 10, windowSeconds: 600 },
  /** Per e-mail address, whoever enters it. */
  coverageWaitMail: { bucket: "coverage_wait_mail", limit: 5, windowSeconds: 24 * 60 * 60 },
  /** Per address: each post of the order form, whatever its button. */
  orderForm: { bucket: "order_form", limit: 120, windowSeconds: 600 },
  /** Per customer: each could be a guess at somebody's code. */
  claim: { bucket: "claim", limit: 5, windowSeconds: QUARTER_HOUR_SECONDS },
  /** Per API key. The database counts these calls itself, in the call that does the work. */
  apiKey: { bucket: "api_key", limit: 1200, windowSeconds: 60 },
  signIn: { bucket: "sign_in", limit: 20, windowSeconds: 300 },
  /** Per account and address: stops a person who guesses, and not the owner at another address. */
  signInAccountAddress: {
    bucket: "sign_in_account_address",
    limit: 10,
    windowSeconds: QUARTER_HOUR_SECONDS,
  },
  /** Per account, for guesses that come from many addresses. */
  signInAccount: { bucket: "sign_in_account", limit: 100, windowSeconds: QUARTER_HOUR_SECONDS },
  confirmation: { bucket: "confirmation", limit: 5, windowSeconds: QUARTER_HOUR_SECONDS },
  /** Per address: links from mails that are opened, right or made up. */
  openLink: { bucket: "open_link", limit: 20, windowSeconds: 300 },
  /** Per address: choices of mails. The servers of a mail provider send many from one address. */
  mailChoice: { bucket: "mail_choice", limit: 300, windowSeconds: 300 },
  /** Per address: choices of a language. Mobile carriers share one address between many households. */
  language: { bucket: "language", limit: 120, windowSeconds: 60 },
  passwordReset: { bucket: "password_reset", limit: 5, windowSeconds: QUARTER_HOUR_SECONDS },
  /** Per admin: each computes every invoice of a cycle. */
  billingPreview: { bucket: "billing_preview", limit: 20, windowSeconds: 60 },
  /** Per admin: each writes a run and two rows of the audit log, from which nothing can be deleted. */
  billingRun: { bucket: "billing_run", limit: 10, windowSeconds: 60 },
  /** Per admin: each invitation sends a mail. */
  invitation: { bucket: "invitation", limit: 20, windowSeconds: QUARTER_HOUR_SECONDS },
  /** Per person: the password once more, and the codes of a second factor. */
  proof: { bucket: "proof", limit: 10, windowSeconds: QUARTER_HOUR_SECONDS },
  /** Per account: how many sign-ins of an admin are written to the audit log. */
  signInAudit: { bucket: "sign_in_audit", limit: 30, windowSeconds: 600 },
  /** Per person: how many refusals are written to the audit log, from which nothing can be deleted. */
  refused: { bucket: "refused", limit: 30, windowSeconds: 600 },
} as const satisfies Record<string, RateLimit>;

const verdictSchema = z.object({ allowed: z.boolean(), retry_after: z.number().int() });

let warnedOfNoAddress = false;

/**
 * The subject of limits that count per address. Callers whose address is unknown are counted
 * together. The log says so once, because such a limit is reached soon.
 */
export function addressSubject(address: string | null): string {
  if (address !== null) return clientNetwork(address);
  if (!warnedOfNoAddress) {
    warnedOfNoAddress = true;
    log().warn(
      "no client address could be determined, so request limits count all such clients as one: check TRUSTED_PROXY_HOPS",
    );
  }
  return "unknown";
}

/** How many requests a limit lets through in this deployment. */
export const limitOf = (rule: RateLimit): number =>
  Math.max(1, Math.ceil(rule.limit * getEnv().RATE_LIMIT_FACTOR));

/** A limit, and whose requests it counts: an `addressSubject` or an account; stored hashed. */
export type SubjectLimit = readonly [rule: RateLimit, subject: string];

/**
 * Counts one request in each of the limits in turn. The first that refuses it ends this, so that
 * later ones are not used up by refused requests. One call, and the counters live in Postgres, so
 * they hold across instances.
 *
 * @throws AppError `rate_limited` with the seconds to wait.
 */
export async function enforceRateLimits(
  server: ServerClient,
  ...limits: SubjectLimit[]
): Promise<void> {
  const verdict = await callRpc(
    server,
    "consume_rate_limits",
    {
      p_limits: limits.map(([rule, subject]) => ({
        bucket: rule.bucket,
        subject,
        limit: limitOf(rule),
        window_seconds: rule.windowSeconds,
      })),
    },
    verdictSchema,
  );
  if (!verdict.allowed) throw new AppError("rate_limited", { retryAfter: verdict.retry_after });
}

/**
 * Counts one request of a subject.
 *
 * @param subject an `addressSubject` or an account; stored hashed.
 * @throws AppError `rate_limited` with the seconds to wait.
 */
export const enforceRateLimit = (
  server: ServerClient,
  rule: RateLimit,
  subject: string,
): Promise<void> => enforceRateLimits(server, [rule, subject]);

/** The limits of one try of an account's password, wherever it is made. */
export function signInLimits(email: string, address: string | null): SubjectLimit[] {
  const account = email.toLowerCase();
  return [
    [RATE_LIMITS.signInAccountAddress, `${account}|${addressSubject(address)}`],
    // Counted after the limit above, so that one address cannot use up the account's limit alone.
    [RATE_LIMITS.signInAccount, account],
  ];
}
