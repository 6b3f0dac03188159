import { createHash } from "node:crypto";
import type { Clock } from "@/lib/clock";
import { AppError } from "@/lib/errors";
import { FraudDetection } from "@/lib/fraud/fraud-detection";
import { addressKey } from "@/lib/identity/address";
import { normaliseReferralCode } from "@/lib/referrals/referral-code";
import {
  type PlacedOrder,
  placedOrderSchema,
  ReferralService,
} from "@/lib/referrals/referral-service";
import type { Supabase } from "@/lib/supabase/clients";
import type { CreateOrder } from "./schemas";

export interface OrderServiceDeps {
  /** The server's client. */
  service: Supabase;
  /** A client whose session becomes the new customer's. */
  auth: Supabase;
  clock: Clock;
  siteUrl: string;
  rewardsEnabled: boolean;
  alertEmail: string;
}

export interface OrderRequest {
  order: CreateOrder;
  idempotencyKey: string;
  /** The code that the browser remembered; used when none was typed. */
  rememberedCode: string | null;
  visitorId: string | null;
  ipAddress: string | null;
  userAgent: string | null;
}

export interface OrderPlacement extends PlacedOrder {
  /** False when the account exists but its e-mail has to be confirmed before signing in. */
  signed_in: boolean;
}

/**
 * Remembers what was asked under a key, without the password: a fast hash of it must not be kept.
 */
function hashRequest(order: CreateOrder, code: string | null): string {
  const { password: _password, ...account } = order.account;
  return createHash("sha256")
    .update(JSON.stringify([order.package_slug, account, code]))
    .digest("hex");
}

/** How often an order is judged again because another friend of the referrer was faster. */
const ASSESSMENT_ROUNDS = 25;

/** Places orders: account, fraud verdict, and one transaction that writes everything. */
export class OrderService {
  private readonly fraud: FraudDetection;
  private readonly referrals: ReferralService;

  constructor(private readonly deps: OrderServiceDeps) {
    this.fraud = new FraudDetection({ client: deps.service, clock: deps.clock });
    this.referrals = new ReferralService({
      client: deps.service,
      clock: deps.clock,
      siteUrl: deps.siteUrl,
      rewardsEnabled: deps.rewardsEnabled,
    });
  }

  /**
   * Places an order and signs the customer in. A referral code that cannot be applied never stops
   * it. The same key and request give the same answer.
   *
   * @throws AppError `invalid_request` (package), `email_taken`, `idempotency_key_reused`, `unavailable`.
   */
  async createOrder(request: OrderRequest): Promise<OrderPlacement> {
    const { order } = request;
    const typed = order.referral_code ?? null;
    const given = order.referral_code === undefined ? request.rememberedCode : typed;
    // What cannot be a code at all is still kept with the order, so that an admin can see what was typed.
    const code = given ? (normaliseReferralCode(given) ?? given.slice(0, 64).toWellFormed()) : null;
    const isCode = code !== null && normaliseReferralCode(code) !== null;
    const requestHash = hashRequest(order, code);
    const facts = {
      idempotency_key: request.idempotencyKey,
      package_slug: order.package_slug,
      email: order.account.email,
      phone: order.account.phone,
      address_key: addressKey(order.account.address),
      visitor_id: request.visitorId,
      ip_address: request.ipAddress,
      user_agent: request.userAgent,
    };

    const gather = () => this.fraud.gather({ ...facts, referral_code: isCode ? code : null });
    let prepared = await gather();
    if (prepared.replay && prepared.replay.request_hash !== requestHash) {
      throw new AppError("idempotency_key_reused");
    }
    if (!prepared.package && !prepared.replay) {
      throw new AppError("invalid_request", {
        fields: { package_slug: "This package is not on sale. Choose another one." },
      });
    }

    const account = await this.signIn(order.account.email, order.account.password);
    for (let attempt = 1; ; attempt += 1) {
      if (prepared.replay?.response) {
        const response = placedOrderSchema.parse(prepared.replay.response);
        return { ...response, signed_in: account.signedIn };
      }
      try {
        const placed = await this.referrals.createReferral({
          ...facts,
          request_hash: requestHash,
          auth_user_id: account.userId,
          must_be_new: !account.signedIn,
          first_name: order.account.first_name,
          last_name: order.account.last_name,
          address: order.account.address,
          referral_code: code,
          source:
            typed === null || this.isRemembered(typed, request.rememberedCode) ? "link" : "typed",
          assessment: prepared.evidence
            ? this.fraud.assess(prepared.evidence, prepared.terms)
            : null,
          assessment_basis: prepared.evidence?.counts.total ?? null,
          alert_email: this.deps.alertEmail,
        });
        return { ...placed, signed_in: account.signedIn };
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== "assessment_stale") throw error;
        // Each round one of the racing friends gets through; a referrer's limit bounds the rounds.
        if (attempt >= ASSESSMENT_ROUNDS) throw new AppError("unavailable", { cause: error });
        prepared = await gather();
      }
    }
  }

  /** A prefilled code came through the link, although it was sent as typed. */
  private isRemembered(typed: string, remembered: string | null): boolean {
    return (
      remembered !== null && normaliseReferralCode(typed) === normaliseReferralCode(remembered)
    );
  }

  /**
   * Creates the account, or signs in to an existing one with the same password: that is a returning
   * customer, or a retry after an answer that got lost.
   */
  private async signIn(
    email: string,
    password: string,
  ): Promise<{ userId: string; signedIn: boolean }> {
    const { auth } = this.deps.auth;
    const created = await auth.signUp({ email, password });
    const createdUser = created.data.user;
    // A hosted project answers for a taken address with a user that has no identities.
    if (!created.error && createdUser && (createdUser.identities?.length ?? 1) > 0) {
      return { userId: createdUser.id, signedIn: created.data.session !== null };
    }
    if (created.error?.code === "weak_password") {
      throw new AppError("invalid_request", {
        fields: { "account.password": "Choose a longer or less common password." },
      });
    }
    if (created.error?.status === 429) throw new AppError("rate_limited", { retryAfter: 60 });
    const existing = await auth.signInWithPassword({ email, password });
    if (existing.data.user) return { userId: existing.data.user.id, signedIn: true };
    if (
      existing.error &&
      ((existing.error.status ?? 0) >= 500 || existing.error.name === "AuthRetryableFetchError")
    ) {
      throw new AppError("unavailable", { cause: existing.error });
    }
    if (
      created.error &&
      created.error.code !== "user_already_exists" &&
      created.error.code !== "email_exists"
    ) {
      throw new AppError("unavailable", { cause: created.error });
    }
    throw new AppError("email_taken", {
      fields: {
        "account.email":
          "There is an account with this e-mail address, with another password. Sign in first, or use your password here.",
      },
    });
  }
}
