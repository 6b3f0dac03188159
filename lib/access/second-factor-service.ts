import { log } from "@/lib/log";
import type { AuthClient, ServerClient } from "@/lib/supabase/clients";
import { authError } from "./auth-errors";

/**
 * Mark in `app_metadata`, which only the server writes: the account has a second factor. It is in
 * each token, so the database gives no rights to a session that has not given the factor.
 */
const HAS_SECOND_FACTOR = "second_factor";

/** An authenticator app of an account. */
export interface Factor {
  id: string;
  name: string;
  /** ISO 8601, UTC. */
  created_at: string;
}

/** What an authenticator app needs to begin. */
export interface Enrolment {
  factor_id: string;
  /** An SVG picture as a `data:` address. */
  qr_code: string;
  /** For typing it in, in base32. */
  secret: string;
}

/**
 * The second factor of the signed-in person: codes of an authenticator app (TOTP), kept and checked
 * by the auth server.
 *
 * All methods raise AppError `unauthenticated`, `rate_limited`, `unavailable`, and
 * `second_factor_unavailable` where the auth server has no second factors.
 */
export class SecondFactorService {
  /** `auth` holds the cookies of the session. */
  constructor(private readonly deps: { auth: AuthClient; server: ServerClient }) {}

  /** The apps that were set up to the end. */
  async list(): Promise<Factor[]> {
    const { data, error } = await this.deps.auth.mfa.listFactors();
    if (error) throw authError(error);
    return data.totp.map(({ id, friendly_name, created_at }) => ({
      id,
      name: friendly_name ?? "Authenticator app",
      created_at,
    }));
  }

  /** Begins to set up an app; it counts once `verify` took its first code. */
  async enroll(name: string): Promise<Enrolment> {
    const { auth } = this.deps;
    const known = await auth.mfa.listFactors();
    if (known.error) throw authError(known.error);
    // What was begun and left is in the way of another beginning.
    for (const factor of known.data.all) {
      if (factor.status !== "unverified") continue;
      const { error } = await auth.mfa.unenroll({ factorId: factor.id });
      if (error) throw authError(error);
    }
    const { data, error } = await auth.mfa.enroll({ factorType: "totp", friendlyName: name });
    if (error) throw authError(error);
    return { factor_id: data.id, qr_code: data.totp.qr_code, secret: data.totp.secret };
  }

  /**
   * Takes a code: of a new app, which counts from then on, or of a known one to complete a sign-in.
   * The session is of the higher level afterwards.
   *
   * @throws AppError `invalid_request` beside `code` when it is wrong.
   */
  async verify(factorId: string, code: string): Promise<void> {
    const { auth } = this.deps;
    const { data, error } = await auth.mfa.challengeAndVerify({ factorId, code });
    if (error) throw authError(error);
    if (data.user.app_metadata[HAS_SECOND_FACTOR] === true) return;
    await this.mark(data.user.id, true);
  }

  /** Takes an app away. The auth server wants a session that has given the second factor. */
  async remove(factorId: string): Promise<void> {
    const { auth } = this.deps;
    const { error } = await auth.mfa.unenroll({ factorId });
    if (error) throw authError(error);
    const { data, error: unread } = await auth.getUser();
    if (unread) throw authError(unread);
    const isLast = !(data.user.factors ?? []).some(({ status }) => status === "verified");
    if (isLast) await this.mark(data.user.id, null);
  }

  /** Notes in the account whether it has a second factor, and renews the token, which carries it. */
  private async mark(userId: string, value: true | null): Promise<void> {
    const { auth, server } = this.deps;
    const { error } = await server.auth.admin.updateUserById(userId, {
      app_metadata: { [HAS_SECOND_FACTOR]: value },
    });
    if (error) throw authError(error);
    const renewed = await auth.refreshSession();
    if (renewed.error) log().warn({ err: renewed.error }, "the session was not renewed");
  }
}
