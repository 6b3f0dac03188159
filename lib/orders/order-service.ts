import { createHash } from "node:crypto";
import { AppError } from "@/lib/errors";
import type { FraudDetection } from "@/lib/fraud/fraud-detection";
import type { PlacedOrder } from "@/lib/fraud/schemas";
import { identityOf } from "@/lib/identity/identity";
import { sentences } from "@/lib/language/messages/en/sentences";
import { findReferralCode, sameCode } from "@/lib/referrals/referral-code";
import type { ReferralService } from "@/lib/referrals/referral-service";
import type { ServerClient } from "@/lib/supabase/clients";
import type { CreateOrder, OwnOrder } from "./schemas";

/** Who makes and opens the accounts of people who order. */
interface AccountsOfOrders {
  /**
   * The account of somebody new, or of a returning customer whose password it is.
   *
   * @throws AppError `email_taken`, `invalid_request`, `sign_up_closed`, `rate_limited`,
   *   `unavailable`
   */
  open(
    email: string,
    password: string,
  ): Promise<{ kind: "signed_in" | "unconfirmed"; userId: string }>;
  /**
   * The account of an order that was placed before.
   *
   * @throws AppError `email_taken`, `rate_limited`, `unavailable`
   */
  reopen(email: string, password: string): Promise<{ signedIn: boolean }>;
}

export interface OrderServiceDeps {
  fraud: FraudDetection;
  referrals: ReferralService<ServerClient>;
  accounts: AccountsOfOrders;
  alertEmail: string;
}

/** An order, and the circumstances in which it was sent. */
export interface OrderRequest<O extends OwnOrder = CreateOrder> {
  order: O;
  idempotencyKey: string;
  /** The code that the browser remembered; used when none was typed. */
  rememberedCode: string | null;
  visitorId: string | null;
  ipAddress: string | null;
  userAgent: string | null;
  /** The visitor's browser; noted when the order signs them in. */
  device?: { hash: string; name: string };
}

export interface OrderPlacement extends PlacedOrder {
  /** False when the account exists but its e-mail has to be confirmed before signing in. */
  signed_in: boolean;
}

/** Makes or opens the account of an order once it is known to be in order. */
interface OrderAccess {
  open(): Promise<{ kind: "signed_in" | "unconfirmed"; userId: string }>;
  reopen(): Promise<{ signedIn: boolean }>;
}

/** A hash of the request, without the password: a fast hash of a password must not be stored. */
function hashRequest(order: OwnOrder, code: string | null): string {
  return createHash("sha256")
    .update(JSON.stringify([order.package_slug, order.account, code]))
    .digest("hex");
}

/**
 * The code of an order: the typed one, else the one that the browser remembered from a link. A text
 * that cannot be a code is kept with the order too, so that an admin can see it.
 */
function codeOf(order: OwnOrder, remembered: string | null) {
  const typed = order.referral_code ?? null;
  const given = order.referral_code === undefined ? remembered : typed;
  const normalised = given ? findReferralCode(given) : null;
  // The form may have been filled in from the link: then the typed code is the remembered one.
  const linked = remembered === null ? null : findReferralCode(remembered);
  const isRemembered =
    typed === null || (normalised !== null && linked !== null && sameCode(normalised, linked));
  return {
    code: given ? (normalised ?? given.slice(0, 64).toWellFormed()) : null,
    isCode: normalised !== null,
    source: isRemembered ? ("link" as const) : ("typed" as const),
  };
}

/** How often an order is judged again because another friend of the referrer ordered meanwhile. */
const ASSESSMENT_ROUNDS = 25;

/** Places orders: account, fraud verdict, and one transaction that writes everything. */
export class OrderService {
  constructor(private readonly deps: OrderServiceDeps) {}

  /**
   * Places an order. Signs the customer in, or sends them a link where addresses are confirmed
   * first. A referral code that cannot be applied never stops the order. The same key and request
   * give the same answer.
   *
   * @throws AppError `invalid_request` (the package, or a field of the account), `email_taken`,
   *   `email_unconfirmed`, `sign_up_closed`, `idempotency_key_reused`, `rate_limited`,
   *   `unavailable`.
   */
  createOrder({ order, ...circumstances }: OrderRequest): Promise<OrderPlacement> {
    const { password, ...account } = order.account;
    const { accounts } = this.deps;
    return this.place(
      { ...circumstances, order: { ...order, account } },
      {
        open: () => accounts.open(account.email, password),
        reopen: () => accounts.reopen(account.email, password),
      },
    );
  }

  /**
   * Places an order of a customer who is signed in. `order.account` is what we know of them, and
   * where it is installed.
   *
   * @throws AppError `invalid_request` (the package), `idempotency_key_reused`, `unavailable`.
   */
  createOwnOrder(request: OrderRequest<OwnOrder>, userId: string): Promise<OrderPlacement> {
    return this.place(request, {
      open: async () => ({ kind: "signed_in", userId }),
      reopen: async () => ({ signedIn: true }),
    });
  }

  private async place(
    request: OrderRequest<OwnOrder>,
    access: OrderAccess,
  ): Promise<OrderPlacement> {
    const { order } = request;
    const { code, isCode, source } = codeOf(order, request.rememberedCode);
    const requestHash = hashRequest(order, code);
    const facts = {
      idempotency_key: request.idempotencyKey,
      package_slug: order.package_slug,
      email: order.account.email,
      phone: order.account.phone,
      address: order.account.address,
      ...identityOf(order.account),
      visitor_id: request.visitorId,
      ip_address: request.ipAddress,
      user_agent: request.userAgent,
    };

    const gather = () => this.deps.fraud.gather({ ...facts, referral_code: isCode ? code : null });
    let prepared = await gather();
    if (prepared.replay && prepared.replay.request_hash !== requestHash) {
      throw new AppError("idempotency_key_reused");
    }
    if (!prepared.package && !prepared.replay) {
      throw new AppError("invalid_request", {
        fields: { package_slug: sentences.packageNotOnSale },
      });
    }

    if (prepared.replay?.response) {
      const { signedIn } = await access.reopen();
      return { ...prepared.replay.response, signed_in: signedIn };
    }
    const account = await access.open();
    const signed_in = account.kind === "signed_in";
    for (let attempt = 1; ; attempt += 1) {
      if (prepared.replay?.response) return { ...prepared.replay.response, signed_in };
      try {
        const placed = await this.deps.referrals.createReferral({
          ...facts,
          request_hash: requestHash,
          auth_user_id: signed_in ? account.userId : null,
          pending_user_id: signed_in ? null : account.userId,
          first_name: order.account.first_name,
          last_name: order.account.last_name,
          referral_code: code,
          source,
          assessment: prepared.evidence
            ? this.deps.fraud.assess(prepared.evidence, prepared.terms, prepared.fraud_settings)
            : null,
          assessment_basis: prepared.evidence?.counts.total ?? null,
          judged: prepared.evidence && {
            evidence: prepared.evidence,
            settings_version: prepared.fraud_settings.version,
          },
          refused_attempts_alert: prepared.fraud_settings.thresholds.refused_attempts_alert,
          alert_email: this.deps.alertEmail,
          device: signed_in ? (request.device ?? null) : null,
        });
        return { ...placed, signed_in };
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== "assessment_stale") throw error;
        // In each round one of the concurrent orders succeeds, so the referrer's limit bounds the rounds.
        if (attempt >= ASSESSMENT_ROUNDS) throw new AppError("unavailable", { cause: error });
        prepared = await gather();
      }
    }
  }
}
