import { createHash } from "node:crypto";
import { z } from "zod";
import type { Clock } from "@/lib/clock";
import { FRAUD_WINDOWS } from "@/lib/fraud/fraud-signals";
import { addressKey, addressLookupKeys } from "@/lib/identity/address";
import { mailboxOf } from "@/lib/identity/mailbox";
import { findReferralCode } from "@/lib/referrals/referral-code";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { type ApiCaller, answered, orRefusal } from "./api-caller";
import {
  type ExternalEvent,
  type ExternalReferral,
  eventAnswerSchema,
  externalStandingSchema,
  type RecordedReferral,
  recordedReferralSchema,
} from "./external-referral-schemas";

export interface ExternalReferralServiceDeps {
  client: ServerClient;
  clock: Clock;
  /** False: the kill switch is on. */
  rewardsEnabled: boolean;
  alertEmail: string;
}

/** How a friend is called whose name was not sent. */
const UNNAMED = { first_name: "Friend", last_name: "" };

/** An order as the database takes it: normalised, with the keys by which people are compared. */
function factsOf({ external_id, ...order }: ExternalReferral) {
  const { email, phone, address, name, ordered_at, referral_code } = order;
  return {
    external_id,
    request_hash: createHash("sha256").update(JSON.stringify(order)).digest("hex"),
    referral_code: findReferralCode(referral_code) ?? referral_code.slice(0, 64).toWellFormed(),
    source: "typed",
    ...(name ?? UNNAMED),
    ...(email === undefined ? {} : { email, mailbox: mailboxOf(email) }),
    ...(phone === undefined ? {} : { phone }),
    ...(ordered_at === undefined ? {} : { ordered_at }),
    ...(address === undefined
      ? {}
      : {
          address,
          address_key: addressKey(address),
          address_near_keys: addressLookupKeys(address),
        }),
  };
}

/**
 * Friends whose orders live in another system of the provider. Each method makes one call, in which
 * the database checks the API key, counts the call and does the work.
 *
 * All methods raise AppError `unauthenticated` for a key that is unknown, revoked or expired,
 * `rate_limited`, `forbidden` without the scope, and `unavailable`.
 */
export class ExternalReferralService {
  constructor(private readonly deps: ExternalReferralServiceDeps) {}

  /**
   * Records an order that was placed with a code, by the rules of an order on our own site. A code
   * that cannot be applied is an answer. The same order gets the same answer, `isNew` false. The
   * fraud rules judge a recorded referral after the answer (`VerdictService`).
   *
   * @throws AppError `external_id_reused` for another order of the same id; `invalid_request` for an
   *   `ordered_at` in the future or further back than a link is remembered.
   */
  async record(
    caller: ApiCaller,
    order: ExternalReferral,
  ): Promise<{ isNew: boolean; answer: RecordedReferral }> {
    const { client, clock, rewardsEnabled, alertEmail } = this.deps;
    const { is_new, answer } = answered(
      await callRpc(
        client,
        "record_external_referral",
        {
          p_key_hash: caller.keyHash,
          p_limit: caller.limit,
          p_order: {
            ...factsOf(order),
            referrals_enabled: rewardsEnabled,
            windows: FRAUD_WINDOWS,
            alert_email: alertEmail,
          },
          p_as_of: clock().toISOString(),
        },
        orRefusal(z.object({ is_new: z.boolean(), answer: recordedReferralSchema })),
      ),
    );
    return { isNew: is_new, answer };
  }

  /**
   * What became of the friend's service. An event that was reported before, or that asks for the
   * state in which the service is, changes nothing.
   *
   * @throws AppError `not_found`; `invalid_request` for an `at` in the future or before the order;
   *   `event_out_of_order` for what does not follow from the state of the service.
   */
  async report(caller: ApiCaller, externalId: string, event: ExternalEvent) {
    const { client, clock } = this.deps;
    const { answer } = answered(
      await callRpc(
        client,
        "apply_external_event",
        {
          p_key_hash: caller.keyHash,
          p_limit: caller.limit,
          p_external_id: externalId,
          p_type: event.type,
          p_at: event.at,
          p_as_of: clock().toISOString(),
        },
        orRefusal(z.object({ answer: eventAnswerSchema })),
      ),
    );
    return answer;
  }

  /** Where the friend stands. @throws AppError `not_found` */
  async standing(caller: ApiCaller, externalId: string) {
    const { client, clock } = this.deps;
    const { answer } = answered(
      await callRpc(
        client,
        "get_external_referral",
        {
          p_key_hash: caller.keyHash,
          p_limit: caller.limit,
          p_external_id: externalId,
          p_as_of: clock().toISOString(),
        },
        orRefusal(z.object({ answer: externalStandingSchema })),
      ),
    );
    return answer;
  }
}
