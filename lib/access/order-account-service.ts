import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import { AppError } from "@/lib/errors";
import { passwordWeakness } from "@/lib/identity/password";
import { sentences } from "@/lib/language/messages/en/sentences";
import { log } from "@/lib/log";
import type { AuthClient, ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { type AuthAnswer, authError } from "./auth-errors";

/**
 * Mark in `app_metadata`, which only the server writes: somebody else than the owner of the address
 * may have set this account's password. Opening a link from a mail replaces it.
 */
export const PASSWORD_UNSET = "password_unset";

/** A password that nobody knows; every project's rules accept it. */
export const unknownPassword = (): string => `Aa1!${randomBytes(42).toString("base64url")}`;

/** In `user_metadata`: which sign-up made the account. Random, so only that sign-up can know it. */
const SIGN_UP_ID = "sign_up_id";

/** The account that an order is for. */
export type OrderAccount =
  /** Made by this caller, or opened with its password: a session has begun. */
  | { kind: "signed_in"; userId: string }
  /** Its e-mail address is not confirmed yet, so it may act for nobody. */
  | { kind: "unconfirmed"; userId: string };

export interface OrderAccountServiceDeps {
  /** The auth server, with the cookies in which the new session is kept. */
  auth: AuthClient;
  /** The server's own client. */
  server: ServerClient;
}

const foundSchema = z.object({ id: z.guid(), is_confirmed: z.boolean() }).nullable();

const FIELDS = { email: "account.email", password: "account.password" };

const taken = () =>
  new AppError("email_taken", {
    fields: {
      "account.email": sentences.accountHasOtherPassword,
    },
  });

/**
 * Accounts for people who order. An account is used only when this caller made it or knows its
 * password. A password that somebody else may have set is marked: once the owner of the address
 * opens the link in the mail it is replaced, and they choose the next one.
 */
export class OrderAccountService {
  constructor(private readonly deps: OrderAccountServiceDeps) {}

  /**
   * Makes the account of somebody new, or opens an existing one with its password: that is a
   * returning customer, or a retry after an answer that got lost. A mail with a link is on its way
   * when the account is unconfirmed.
   *
   * @throws AppError `email_taken`; `invalid_request` beside `account.email` or
   *   `account.password`; `sign_up_closed`, `rate_limited`, `unavailable`.
   */
  async open(email: string, password: string): Promise<OrderAccount> {
    const { auth } = this.deps;
    const weakness = await passwordWeakness(password, [email]);
    if (weakness) return this.openWithWeakPassword(email, password, weakness);
    const signUpId = randomUUID();
    const made = await auth.signUp({
      email,
      password,
      options: { data: { [SIGN_UP_ID]: signUpId } },
    });
    const { user, session } = made.data;
    // For a taken address the answer is that account, or a made-up one without identities.
    const isOurs =
      user !== null &&
      (user.identities?.length ?? 0) > 0 &&
      user.user_metadata[SIGN_UP_ID] === signUpId;
    if (user && isOurs) {
      return { kind: session ? "signed_in" : "unconfirmed", userId: user.id };
    }
    // Where addresses are not confirmed, signing up for an unconfirmed account opens it.
    if (session) await auth.signOut({ scope: "local" });
    if (made.error && !this.mayExist(made.error)) throw authError(made.error, FIELDS);
    return this.openExisting(email, password, made.error);
  }

  /** An account that has this password already keeps it; nobody new gets it. */
  private async openWithWeakPassword(
    email: string,
    password: string,
    weakness: string,
  ): Promise<OrderAccount> {
    const { data, error } = await this.deps.auth.signInWithPassword({ email, password });
    if (!error) return { kind: "signed_in", userId: data.user.id };
    if (error.code !== "invalid_credentials") throw authError(error, FIELDS);
    throw new AppError("invalid_request", {
      fields: { [FIELDS.password]: weakness },
      cause: error,
    });
  }

  /** The account of an order that was placed before, if the password opens it. */
  async reopen(email: string, password: string): Promise<{ signedIn: boolean }> {
    const { error } = await this.deps.auth.signInWithPassword({ email, password });
    if (!error) return { signedIn: true };
    if (error.code === "email_not_confirmed") return { signedIn: false };
    if (error.code !== "invalid_credentials") throw authError(error, FIELDS);
    const found = await this.find(email);
    if (!found || found.is_confirmed) throw taken();
    return { signedIn: false };
  }

  /** Whether a refused sign-up leaves open that the account exists. */
  private mayExist({ code, status = 0 }: AuthAnswer): boolean {
    return (
      // Two sign-ups for one address in the same moment: one of them is answered like a failure.
      status >= 500 ||
      code === "user_already_exists" ||
      code === "email_exists" ||
      code === "signup_disabled" ||
      code === "over_email_send_rate_limit"
    );
  }

  private async openExisting(
    email: string,
    password: string,
    refusal: AuthAnswer | null,
  ): Promise<OrderAccount> {
    const { data, error } = await this.deps.auth.signInWithPassword({ email, password });
    if (!error && data.user.app_metadata[PASSWORD_UNSET] === true) {
      await this.deps.auth.signOut({ scope: "local" });
      throw taken();
    }
    if (!error) return { kind: "signed_in", userId: data.user.id };
    const isRefused = error.code === "invalid_credentials" || error.code === "email_not_confirmed";
    if (!isRefused) throw authError(error, FIELDS);
    const found = await this.find(email);
    if (!found) throw refusal ? authError(refusal, FIELDS) : taken();
    if (found.is_confirmed) throw taken();
    // The right password of an unconfirmed account: whoever set it orders, or repeats the order.
    if (error.code !== "email_not_confirmed") await this.distrustPassword(found.id);
    // Without a refusal the sign-up sent the mail already.
    if (refusal) await this.resendLink(email);
    return { kind: "unconfirmed", userId: found.id };
  }

  private find(email: string): Promise<z.infer<typeof foundSchema>> {
    return callRpc(this.deps.server, "find_auth_user", { p_email: email }, foundSchema);
  }

  /**
   * Marks the password. It is not replaced yet: the auth server would take back the links that are
   * on their way, and sends no more than one a minute.
   *
   * @throws AppError `email_taken` when the account was confirmed meanwhile.
   */
  private async distrustPassword(userId: string): Promise<void> {
    const { data, error } = await this.deps.server.auth.admin.updateUserById(userId, {
      app_metadata: { [PASSWORD_UNSET]: true },
    });
    if (error) throw authError(error);
    if (data.user.email_confirmed_at) throw taken();
  }

  private async resendLink(email: string): Promise<void> {
    const { error } = await this.deps.auth.resend({ type: "signup", email });
    // Refused within a minute of the last one: that mail is on its way, and its link works.
    if (error && error.code !== "over_email_send_rate_limit") throw authError(error, FIELDS);
    if (error) log().info("a confirmation link was sent a moment ago, so none is sent now");
  }
}
