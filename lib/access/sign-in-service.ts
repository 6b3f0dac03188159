import { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import { authServerFailure } from "@/lib/supabase/auth-failure";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { type Session, sessionSchema } from "./schemas";

/** Signing in and out, and who the caller is. */
export class SignInService {
  constructor(private readonly deps: { client: CallerClient }) {}

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
      authServerFailure(error) ??
      new AppError("unauthenticated", {
        message: "The e-mail address or the password is not right.",
      })
    );
  }

  /** Ends this browser's session. Without a session nothing happens. */
  async signOut(): Promise<void> {
    await this.deps.client.auth.signOut({ scope: "local" });
  }

  /**
   * Sends a link for choosing a new password. The answer is the same whether or not the account
   * exists.
   *
   * @throws AppError `rate_limited`, `unavailable`
   */
  async requestPasswordReset(email: string, redirectTo: string): Promise<void> {
    const { error } = await this.deps.client.auth.resetPasswordForEmail(email, { redirectTo });
    if (!error) return;
    // The auth server also answers so when one known address asks twice within a minute: the caller
    // must not learn from it that the address is known.
    if (error.code === "over_email_send_rate_limit") {
      log().warn("the auth server sends no more mails for now: a password link was not sent");
      return;
    }
    const failure = authServerFailure(error);
    if (failure) throw failure;
  }

  /** Turns the one-time code of a mail link into a session. False when it is used up or expired. */
  async redeemCode(code: string): Promise<boolean> {
    const { error } = await this.deps.client.auth.exchangeCodeForSession(code);
    return !error;
  }

  /**
   * Sets a new password for the signed-in person, and ends their sessions on other devices: somebody
   * who knew the old password may use one of them.
   *
   * @throws AppError `invalid_request` for a password that the auth server refuses; `rate_limited`,
   *   `unavailable`.
   */
  async changePassword(password: string): Promise<void> {
    const { auth } = this.deps.client;
    const { error } = await auth.updateUser({ password });
    if (error) {
      throw (
        authServerFailure(error) ??
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
