import type { User } from "@supabase/supabase-js";
import { z } from "zod";
import { AppError } from "@/lib/errors";
import { passwordWeakness } from "@/lib/identity/password";
import { sentences } from "@/lib/language/messages/en/sentences";
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
  /** The auth server without cookies: what begins there is no session of the browser. */
  passwordCheck?: AuthClient;
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
        message: sentences.passwordUnset,
      });
    }
    return this.begin(data.session.access_token);
  }

  /** Ends this browser's session, or all sessions of its person; without one there is nothing to do. */
  async signOut(where: "here" | "everywhere" = "here"): Promise<void> {
    await this.deps.auth.signOut({ scope: where === "here" ? "local" : "global" });
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
    const sessionId = await this.sessionId(accessToken);
    await this.noteProof(sessionId, data.user.id, "link");
    // The link proves that the address is theirs, so an invitation to the team counts from now on.
    const joinedTeam = await callRpc(
      this.deps.server,
      "accept_team_invitation",
      { p_auth_user_id: data.user.id, p_session_id: sessionId },
      z.boolean(),
    );
    return {
      kind: "signed_in",
      session: await this.begin(accessToken),
      mustChoosePassword: joinedTeam || isDistrusted || type === "recovery" || type === "invite",
    };
  }

  /**
   * Checks the password of the signed-in person once more; dangerous acts ask for it.
   *
   * @throws AppError `invalid_request` beside `password` when it is wrong; `unauthenticated`,
   *   `rate_limited`, `unavailable`.
   */
  async confirmPassword(password: string): Promise<void> {
    const { userId, sessionId, email } = await this.present();
    await this.checkPassword(email, password, "password");
    await this.noteProof(sessionId, userId, "password");
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
   * @param presentPassword the one that the account has now. Not needed once after a link from a
   *   mail, nor by an account that never had one.
   * @throws AppError `invalid_request` beside `current_password` when it is missing or wrong, and
   *   beside `password` for one that is easy to guess or that the auth server refuses;
   *   `rate_limited`, `unavailable`.
   */
  async changePassword(password: string, presentPassword?: string): Promise<void> {
    const { auth, server } = this.deps;
    const { userId, sessionId, email, isUnset } = await this.present();
    const weakness = await passwordWeakness(password, [email]);
    if (weakness) throw new AppError("invalid_request", { fields: { password: weakness } });
    if (presentPassword !== undefined) {
      await this.checkPassword(email, presentPassword, "current_password");
    } else if (!isUnset && !(await this.hasLinkProof(sessionId, userId))) {
      throw new AppError("invalid_request", {
        fields: { current_password: sentences.enterPresentPassword },
      });
    }
    const { data, error } = await auth.updateUser({
      password,
      // Projects can be set to check it, too.
      ...(presentPassword === undefined ? {} : { current_password: presentPassword }),
    });
    if (error) {
      throw authError(error, { password: "password", currentPassword: "current_password" });
    }
    // A refused password leaves the proof, so that the person can choose another one.
    await this.endLinkProof(sessionId, userId).catch((cause: unknown) => {
      log().warn({ err: cause }, "a mailed link counts as a proof until its hour is over");
    });
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

  /** Who is signed in, by a token that the auth server accepts at this moment. */
  private async present() {
    const { auth } = this.deps;
    const { data, error } = await auth.getUser();
    if (error) throw authError(error);
    const { data: held } = await auth.getSession();
    if (!held.session) throw new AppError("unauthenticated");
    return {
      userId: data.user.id,
      email: data.user.email ?? "",
      isUnset: data.user.app_metadata[PASSWORD_UNSET] === true,
      sessionId: await this.sessionId(held.session.access_token),
    };
  }

  private async sessionId(accessToken: string): Promise<string> {
    const { data, error } = await this.deps.auth.getClaims(accessToken);
    if (error) throw authError(error);
    return z.guid().parse(data?.claims.session_id);
  }

  private async noteProof(sessionId: string, userId: string, proof: "password" | "link") {
    await callRpc(
      this.deps.server,
      "note_session_proof",
      { p_session_id: sessionId, p_auth_user_id: userId, p_proof: proof },
      z.unknown(),
    );
  }

  private hasLinkProof(sessionId: string, userId: string): Promise<boolean> {
    return callRpc(
      this.deps.server,
      "has_link_proof",
      { p_session_id: sessionId, p_auth_user_id: userId },
      z.boolean(),
    );
  }

  private async endLinkProof(sessionId: string, userId: string): Promise<void> {
    await callRpc(
      this.deps.server,
      "end_link_proof",
      { p_session_id: sessionId, p_auth_user_id: userId },
      z.unknown(),
    );
  }

  private async checkPassword(email: string, password: string, field: string): Promise<void> {
    const check = this.deps.passwordCheck;
    if (!check) throw new Error("this service was made without a client to check passwords");
    const { error } = await check.signInWithPassword({ email, password });
    if (error?.code === "invalid_credentials") {
      throw new AppError("invalid_request", {
        fields: { [field]: sentences.wrongPassword },
        cause: error,
      });
    }
    if (error) throw authError(error, { password: field });
    await check.signOut({ scope: "local" });
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
