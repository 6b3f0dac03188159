import { AppError } from "@/lib/errors";
import type { Supabase } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { type Session, sessionSchema } from "./schemas";

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
   * @throws AppError `invalid_request` for a wrong e-mail or password, without telling which.
   */
  async signIn(email: string, password: string): Promise<Session> {
    const { error } = await this.deps.client.auth.signInWithPassword({ email, password });
    if (error) {
      if ((error.status ?? 0) >= 500 || error.name === "AuthRetryableFetchError") {
        throw new AppError("unavailable", { cause: error });
      }
      throw new AppError("unauthenticated", {
        message: "The e-mail address or the password is not right.",
      });
    }
    return this.getSession();
  }

  /** Ends this browser's session; without one there is nothing to do. */
  async signOut(): Promise<void> {
    await this.deps.client.auth.signOut({ scope: "local" });
  }

  /** Sends a link for choosing a new password. Answers alike whether the account exists. */
  async requestPasswordReset(email: string, redirectTo: string): Promise<void> {
    const { error } = await this.deps.client.auth.resetPasswordForEmail(email, { redirectTo });
    if (error && ((error.status ?? 0) >= 500 || error.name === "AuthRetryableFetchError")) {
      throw new AppError("unavailable", { cause: error });
    }
  }

  /** Turns the one-time code of a mail link into a session. False when it is used up or expired. */
  async redeemCode(code: string): Promise<boolean> {
    const { error } = await this.deps.client.auth.exchangeCodeForSession(code);
    return !error;
  }

  /**
   * Sets a new password for the signed-in person.
   *
   * @throws AppError `invalid_request` for a password that the auth server refuses.
   */
  async changePassword(password: string): Promise<void> {
    const { error } = await this.deps.client.auth.updateUser({ password });
    if (!error) return;
    if ((error.status ?? 0) >= 500 || error.name === "AuthRetryableFetchError") {
      throw new AppError("unavailable", { cause: error });
    }
    throw new AppError("invalid_request", {
      fields: { password: "Choose another password: longer, and not your current one." },
      cause: error,
    });
  }
}
