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

/** Who makes and opens the accounts of people who order. */
export interface AccountsOfOrders {
  /**
   * @throws AppError `email_taken`, `invalid_request`, `sign_up_closed`, `rate_limited`, `unavailable`
   */
  open(
    email: string,
    password: string,
  ): Promise<{ kind: "signed_in" | "unconfirmed"; userId: string }>;
  /** @throws AppError `email_taken`, `rate_limited`, `unavailable` */
  reopen(email: string, password: string): Promise<{ signedIn: boolean }>;
}

export interface OrderServiceDeps {
  /** The server's client. */
  service: Supabase;
  accounts: AccountsOfOrders;
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
   * Places an order and signs the customer in, or sends them a link where addresses are confirmed
   * first. A referral code that cannot be applied never stops
   * it. The same key and request give the same answer.
   *
   * @throws AppError `invalid_request` (package, or what the account is refused for), `email_taken`,
   *   `email_unconfirmed`, `sign_up_closed`, `idempotency_key_reused`, `rate_limited`, `unavailable`.
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

    const { email, password } = order.account;
    if (prepared.replay?.response) {
      const response = placedOrderSchema.parse(prepared.replay.response);
      const { signedIn } = await this.deps.accounts.reopen(email, password);
      return { ...response, signed_in: signedIn };
    }
    const account = await this.deps.accounts.open(email, password);
    const signed_in = account.kind === "signed_in";
    for (let attempt = 1; ; attempt += 1) {
      if (prepared.replay?.response) {
        return { ...placedOrderSchema.parse(prepared.replay.response), signed_in };
      }
      try {
        const placed = await this.referrals.createReferral({
          ...facts,
          request_hash: requestHash,
          auth_user_id: signed_in ? account.userId : null,
          pending_user_id: signed_in ? null : account.userId,
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
        return { ...placed, signed_in };
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
}
