import type { User } from "@supabase/supabase-js";
import { z } from "zod";
import { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import {
  type AuthClient,
  type CallerClient,
  createCallerClient,
  type ServerClient,
} from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { authError } from "./auth-errors";
import { PASSWORD_UNSET, unknownPassword } from "./order-account-service";
import type { LinkType, Session } from "./schemas";
import { readSession } from "./session-service";

export interface SignInServiceDeps {
  /** The auth server; with cookies where a session begins, changes or ends. */
  auth: AuthClient;
  /** The server's own client. */
  server: ServerClient;
  /** A client with the rights of whoever holds an access token. */
  callerOf?: (accessToken: string) => CallerClient;
}

/** What became of a link from a mail. */
export type LinkOutcome =
  /** The address is confirmed and its owner signed in. */
  | { kind: "signed_in"; session: Session; mustChoosePassword: boolean }
  /** One of the two links of a change of address: the other one is still to be opened. */
  | { kind: "other_link_needed" };

/** Signing in and out, the links of account mails, and the password. */
export class SignInService {
  constructor(private readonly deps: SignInServiceDeps) {}

  /**
   * Starts a session with a password.
   *
   * @throws AppError `unauthenticated` for a wrong e-mail or password, without telling which;
   *   `email_unconfirmed` while the address waits for its confirmation; `rate_limited` or
   *   `unavailable` when the auth server cannot say now.
   */
  async signIn(email: string, password: string): Promise<Session> {
    const { data, error } = await this.deps.auth.signInWithPassword({ email, password });
    if (error) throw authError(error, { email: "email", password: "password" });
    if (data.user.app_metadata[PASSWORD_UNSET] === true) {
      await this.deps.auth.signOut({ scope: "local" });
      throw new AppError("unauthenticated", {
        message: "Choose a new password first: follow “Forgot your password?”.",
      });
    }
    return this.begin(data.session.access_token);
  }

  /** Ends this browser's session; without one there is nothing to do. */
  async signOut(): Promise<void> {
    await this.deps.auth.signOut({ scope: "local" });
  }

  /**
   * Sends a link for choosing a new password. Answers alike whether the account exists.
   *
   * @throws AppError `invalid_request`, `rate_limited`, `unavailable`
   */
  async requestPasswordReset(email: string): Promise<void> {
    const { error } = await this.deps.auth.resetPasswordForEmail(email);
    this.throwUnlessTellsOfAccount(error, "a password link");
  }

  /**
   * Sends the link that confirms an address once more. Answers alike whether the account exists.
   *
   * @throws AppError `invalid_request`, `rate_limited`, `unavailable`
   */
  async resendConfirmation(email: string): Promise<void> {
    const { error } = await this.deps.auth.resend({ type: "signup", email });
    this.throwUnlessTellsOfAccount(error, "a confirmation link");
  }

  /**
   * Carries out what a link from a mail is for, and signs its owner in. Works once.
   *
   * @throws AppError `link_expired` when the link was used or is too old; `rate_limited`,
   *   `unavailable` when it may be pressed again.
   */
  async openLink(tokenHash: string, type: LinkType): Promise<LinkOutcome> {
    const { data, error } = await this.deps.auth.verifyOtp({ token_hash: tokenHash, type });
    if (error) throw authError(error);
    if (!data.session || !data.user) return { kind: "other_link_needed" };
    const isDistrusted = data.user.app_metadata[PASSWORD_UNSET] === true;
    const accessToken = isDistrusted
      ? await this.replacePassword(data.user)
      : data.session.access_token;
    return {
      kind: "signed_in",
      session: await this.begin(accessToken),
      mustChoosePassword: isDistrusted || type === "recovery" || type === "invite",
    };
  }

  /**
   * Takes the account away from whoever else knows its password: replaces it, which ends every
   * session, then begins the owner's.
   */
  private async replacePassword({ id, email = "" }: Pick<User, "id" | "email">): Promise<string> {
    const password = unknownPassword();
    const replaced = await this.deps.server.auth.admin.updateUserById(id, { password });
    if (replaced.error) throw authError(replaced.error);
    const { data, error } = await this.deps.auth.signInWithPassword({ email, password });
    if (error) throw authError(error);
    return data.session.access_token;
  }

  /**
   * Sets a new password for the signed-in person, and ends their sessions elsewhere: whoever knew
   * the old password may be in one of them.
   *
   * @throws AppError `invalid_request` for a password that the auth server refuses; `rate_limited`,
   *   `unavailable`.
   */
  async changePassword(password: string): Promise<void> {
    const { auth, server } = this.deps;
    const { data, error } = await auth.updateUser({ password });
    if (error) throw authError(error, { password: "password" });
    const others = await auth.signOut({ scope: "others" });
    if (others.error) {
      log().warn({ err: others.error }, "other sessions stay open after a change of password");
    }
    if (data.user.app_metadata[PASSWORD_UNSET] !== true) return;
    const cleared = await server.auth.admin.updateUserById(data.user.id, {
      app_metadata: { [PASSWORD_UNSET]: null },
    });
    if (cleared.error) {
      log().warn({ err: cleared.error }, "an account still counts as one without a password");
    }
  }

  /** Reads who signed in, and gives them the customer who waited for this account. */
  private async begin(accessToken: string): Promise<Session> {
    const caller = (this.deps.callerOf ?? createCallerClient)(accessToken);
    const session = await readSession(caller);
    if (session.customer) return session;
    const isLinked = await callRpc(
      this.deps.server,
      "link_confirmed_customer",
      { p_auth_user_id: session.user_id },
      z.boolean(),
    );
    return isLinked ? readSession(caller) : session;
  }

  /**
   * Throws what concerns the request, and keeps silent about what would tell that an account
   * exists: only known addresses are asked to wait for the next mail.
   */
  private throwUnlessTellsOfAccount(
    error: Awaited<ReturnType<AuthClient["resend"]>>["error"],
    what: string,
  ): void {
    if (!error) return;
    if (error.code === "over_email_send_rate_limit") {
      log().warn({ err: error }, `${what} was not sent: the auth server sends no more mails now`);
      return;
    }
    const failure = authError(error, { email: "email" });
    if (failure.code === "unauthenticated" || failure.code === "internal") {
      log().error({ err: error }, `${what} was not sent`);
      return;
    }
    throw failure;
  }
}
