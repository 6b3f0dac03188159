import { createHash } from "node:crypto";
import { AppError } from "@/lib/errors";
import type { FraudDetection } from "@/lib/fraud/fraud-detection";
import type { PlacedOrder } from "@/lib/fraud/schemas";
import { identityOf } from "@/lib/identity/identity";
import { findReferralCode } from "@/lib/referrals/referral-code";
import type { ReferralService } from "@/lib/referrals/referral-service";
import { authServerFailure } from "@/lib/supabase/auth-failure";
import type { CallerClient, ServerClient } from "@/lib/supabase/clients";
import type { CreateOrder } from "./schemas";

export interface OrderServiceDeps {
  fraud: FraudDetection;
  referrals: ReferralService<ServerClient>;
  /** A client whose session becomes the new customer's. */
  caller: CallerClient;
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

/** A hash of the request, without the password: a fast hash of a password must not be stored. */
function hashRequest(order: CreateOrder, code: string | null): string {
  const { password: _password, ...account } = order.account;
  return createHash("sha256")
    .update(JSON.stringify([order.package_slug, account, code]))
    .digest("hex");
}

/**
 * The code of an order: the typed one, else the one that the browser remembered from a link. A text
 * that cannot be a code is kept with the order too, so that an admin can see it.
 */
function codeOf(order: CreateOrder, remembered: string | null) {
  const typed = order.referral_code ?? null;
  const given = order.referral_code === undefined ? remembered : typed;
  const normalised = given ? findReferralCode(given) : null;
  // The form may have been filled in from the link: then the typed code is the remembered one.
  const isRemembered =
    typed === null ||
    (remembered !== null && findReferralCode(typed) === findReferralCode(remembered));
  return {
    code: given ? (normalised ?? given.slice(0, 64).toWellFormed()) : null,
    isCode: normalised !== null,
    source: isRemembered ? ("link" as const) : ("typed" as const),
  };
}

/** What the auth server answers when the address has an account. */
const ACCOUNT_EXISTS: ReadonlySet<string> = new Set(["user_already_exists", "email_exists"]);

/** How often an order is judged again because another friend of the referrer ordered meanwhile. */
const ASSESSMENT_ROUNDS = 25;

/** Places orders: account, fraud verdict, and one transaction that writes everything. */
export class OrderService {
  constructor(private readonly deps: OrderServiceDeps) {}

  /**
   * Places an order and signs the customer in. A referral code that cannot be applied never stops
   * it. The same key and request give the same answer.
   *
   * @throws AppError `invalid_request` (package), `email_taken`, `idempotency_key_reused`, `unavailable`.
   */
  async createOrder(request: OrderRequest): Promise<OrderPlacement> {
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
        fields: { package_slug: "This package is not on sale. Choose another one." },
      });
    }

    const account = await this.signIn(order.account.email, order.account.password);
    for (let attempt = 1; ; attempt += 1) {
      if (prepared.replay?.response) {
        return { ...prepared.replay.response, signed_in: account.signedIn };
      }
      try {
        const placed = await this.deps.referrals.createReferral({
          ...facts,
          request_hash: requestHash,
          auth_user_id: account.userId,
          must_be_new: !account.signedIn,
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
          alert_email: this.deps.alertEmail,
        });
        return { ...placed, signed_in: account.signedIn };
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== "assessment_stale") throw error;
        // In each round one of the concurrent orders succeeds, so the referrer's limit bounds the rounds.
        if (attempt >= ASSESSMENT_ROUNDS) throw new AppError("unavailable", { cause: error });
        prepared = await gather();
      }
    }
  }

  /**
   * Creates the account, or signs in to an existing one with the same password: that is a returning
   * customer, or a retry after an answer that got lost.
   */
  private async signIn(
    email: string,
    password: string,
  ): Promise<{ userId: string; signedIn: boolean }> {
    const { auth } = this.deps.caller;
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
    const creation = created.error && authServerFailure(created.error);
    if (creation?.code === "rate_limited") throw creation;
    const existing = await auth.signInWithPassword({ email, password });
    if (existing.data.user) return { userId: existing.data.user.id, signedIn: true };
    const signIn = existing.error && authServerFailure(existing.error);
    if (signIn) throw signIn;
    if (created.error && !ACCOUNT_EXISTS.has(created.error.code ?? "")) {
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
