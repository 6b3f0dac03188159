import type { AuthError } from "@supabase/supabase-js";
import { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import type { Supabase } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { type Session, sessionSchema } from "./schemas";

/** Seconds until a request that the auth server found too many may be repeated; it does not say. */
const AUTH_RETRY_AFTER = 60;

/**
 * What went wrong at the auth server rather than with the request. Null when the answer is about
 * the request.
 */
function serverTrouble(error: AuthError): AppError | null {
  if (error.status === 429) {
    return new AppError("rate_limited", { retryAfter: AUTH_RETRY_AFTER, cause: error });
  }
  if ((error.status ?? 0) >= 500 || error.name === "AuthRetryableFetchError") {
    return new AppError("unavailable", { cause: error });
  }
  return null;
}

/** Signing in and out, and who the caller is. */
export class AccountService {
  constructor(private readonly deps: { client: Supabase }) {}

  /** Who the caller is here. @throws AppError `unauthenticated` */
  async getSession(): Promise<Session> {
    return callRpc(this.deps.client, "get_my_session", {}, sessionSchema);
  }

  /**
   * Starts a session with a password.
   *
   * @throws AppError `unauthenticated` for a wrong e-mail or password, without telling which;
   *   `rate_limited` or `unavailable` when the auth server cannot say now.
   */
  async signIn(email: string, password: string): Promise<Session> {
    const { error } = await this.deps.client.auth.signInWithPassword({ email, password });
    if (!error) return this.getSession();
    throw (
      serverTrouble(error) ??
      new AppError("unauthenticated", {
        message: "The e-mail address or the password is not right.",
      })
    );
  }

  /** Ends this browser's session; without one there is nothing to do. */
  async signOut(): Promise<void> {
    await this.deps.client.auth.signOut({ scope: "local" });
  }

  /**
   * Sends a link for choosing a new password. Answers alike whether the account exists.
   *
   * @throws AppError `rate_limited`, `unavailable`
   */
  async requestPasswordReset(email: string, redirectTo: string): Promise<void> {
    const { error } = await this.deps.client.auth.resetPasswordForEmail(email, { redirectTo });
    if (!error) return;
    // Also what a known address alone is answered when it asks twice in a minute.
    if (error.code === "over_email_send_rate_limit") {
      log().warn("the auth server sends no more mails for now: a password link was not sent");
      return;
    }
    const trouble = serverTrouble(error);
    if (trouble) throw trouble;
  }

  /** Turns the one-time code of a mail link into a session. False when it is used up or expired. */
  async redeemCode(code: string): Promise<boolean> {
    const { error } = await this.deps.client.auth.exchangeCodeForSession(code);
    return !error;
  }

  /**
   * Sets a new password for the signed-in person, and ends their sessions elsewhere: whoever knew
   * the old password may be in one of them.
   *
   * @throws AppError `invalid_request` for a password that the auth server refuses; `rate_limited`,
   *   `unavailable`.
   */
  async changePassword(password: string): Promise<void> {
    const { auth } = this.deps.client;
    const { error } = await auth.updateUser({ password });
    if (error) {
      throw (
        serverTrouble(error) ??
        new AppError("invalid_request", {
          fields: { password: "Choose another password: longer, and not your current one." },
          cause: error,
        })
      );
    }
    const others = await auth.signOut({ scope: "others" });
    if (others.error) {
      log().warn({ err: others.error }, "other sessions stay open after a change of password");
    }
  }
}
