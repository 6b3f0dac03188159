import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { homeOf } from "@/lib/access/home";
import { OrderAccountService, unknownPassword } from "@/lib/access/order-account-service";
import { secondFactorCodeSchema } from "@/lib/access/schemas";
import { recordSignIn } from "@/lib/access/sign-in-audit-service";
import { SignInService } from "@/lib/access/sign-in-service";
import { log } from "@/lib/log";
import { id } from "@/tests/support/facts";
import { failureOf } from "@/tests/support/failure";
import {
  authFailure,
  networkFailure,
  type StubAnswer,
  type StubRequest,
  stubClient,
} from "@/tests/support/stub-client";

const EMAIL = "lerato@example.test";
const PASSWORD = "correct horse battery";
const USER = id(1);
const SESSION = "5c1f8f0e-52a6-4f0a-9a0d-8a6f1f0b9c21";

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const token = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({
  sub: USER,
  session_id: SESSION,
  exp: 4_000_000_000,
})}.c2ln`;

const account = (changes: object = {}) => ({
  id: USER,
  aud: "authenticated",
  email: EMAIL,
  app_metadata: {},
  user_metadata: {},
  identities: [{ id: USER }],
  ...changes,
});
const session = (changes: object = {}): StubAnswer => ({
  status: 200,
  body: {
    access_token: token,
    refresh_token: "r",
    token_type: "bearer",
    expires_in: 3600,
    expires_at: 4_000_000_000,
    user: account(changes),
  },
});
const found = (is_confirmed: boolean): StubAnswer => ({
  status: 200,
  body: { id: USER, is_confirmed },
});
const NOT_FOUND: StubAnswer = { status: 200, body: null };
const WRONG = authFailure(400, "invalid_credentials");
const UNCONFIRMED = authFailure(400, "email_not_confirmed");
const TAKEN = authFailure(422, "user_already_exists");
const OUTAGE = authFailure(500, "unexpected_failure");
const DONE: StubAnswer = { status: 200, body: {} };

/** Answers by the end of the path; what is not named is a failure of the test. */
type Answers = Record<string, StubAnswer | ((request: StubRequest) => StubAnswer)>;
const scripted = (answers: Answers) =>
  stubClient((request) => {
    const end = Object.keys(answers).find((name) => request.path.endsWith(name));
    const answer = end === undefined ? undefined : answers[end];
    if (answer === undefined) throw new Error(`nothing is scripted for ${request.path}`);
    return typeof answer === "function" ? answer(request) : answer;
  });

beforeEach(() => {
  for (const level of ["info", "warn", "error"] as const) {
    vi.spyOn(log(), level).mockImplementation(() => {});
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("the account of an order", () => {
  function accounts(auth: Answers, server: Answers = {}) {
    const [caller, secret] = [scripted({ "/logout": DONE, ...auth }), scripted(server)];
    return {
      service: new OrderAccountService({ auth: caller.caller.auth, server: secret.server }),
      asked: () => caller.requests.map(({ path }) => path.replace("/auth/v1", "")),
      changed: () => secret.requests.filter(({ method }) => method === "PUT"),
    };
  }
  /** What the auth server makes of a sign-up by this caller. */
  const ours =
    (signedIn: boolean) =>
    ({ body }: StubRequest): StubAnswer => {
      const { data } = body as { data: object };
      return signedIn
        ? session({ user_metadata: data })
        : { status: 200, body: account({ user_metadata: data }) };
    };

  test("is new: signed in where addresses need no confirmation, else waiting for it", async () => {
    expect(await accounts({ "/signup": ours(true) }).service.open(EMAIL, PASSWORD)).toEqual({
      kind: "signed_in",
      userId: USER,
    });
    expect(await accounts({ "/signup": ours(false) }).service.open(EMAIL, PASSWORD)).toEqual({
      kind: "unconfirmed",
      userId: USER,
    });
  });

  test("is never opened by a sign-up of somebody else", async () => {
    // The auth server answers for a taken address: with its session, or a made-up account.
    for (const [answer, asks] of [
      [session(), ["/signup", "/logout", "/token"]],
      [{ status: 200, body: account({ identities: undefined }) }, ["/signup", "/token"]],
    ] as const) {
      const { service, asked } = accounts(
        { "/signup": answer, "/token": WRONG },
        { "/rpc/find_auth_user": found(true) },
      );
      expect((await failureOf(service.open(EMAIL, PASSWORD))).code).toBe("email_taken");
      expect(asked()).toEqual(asks);
    }
  });

  test("opens for a returning customer with the password", async () => {
    const { service } = accounts({ "/signup": TAKEN, "/token": session() });
    expect(await service.open(EMAIL, PASSWORD)).toEqual({ kind: "signed_in", userId: USER });
  });

  test("whose password somebody else may have set opens for nobody", async () => {
    const { service, asked } = accounts({
      "/signup": TAKEN,
      "/token": session({ app_metadata: { password_unset: true } }),
    });
    const failure = await failureOf(service.open(EMAIL, PASSWORD));
    expect(failure.code).toBe("email_taken");
    expect(failure.fields?.["account.email"]).toContain("with another password");
    expect(asked().at(-1)).toBe("/logout");
  });

  test("that is unconfirmed is distrusted for another password, and gets its link once more", async () => {
    const { service, asked, changed } = accounts(
      { "/signup": TAKEN, "/token": WRONG, "/resend": DONE },
      { "/rpc/find_auth_user": found(false), [`/users/${USER}`]: { status: 200, body: account() } },
    );
    expect(await service.open(EMAIL, PASSWORD)).toEqual({ kind: "unconfirmed", userId: USER });
    expect(changed()[0]?.body).toEqual({ app_metadata: { password_unset: true } });
    expect(asked().at(-1)).toBe("/resend");
  });

  test("keeps a right password of an unconfirmed account, and sends no second mail at once", async () => {
    const { service, changed } = accounts(
      {
        "/signup": authFailure(429, "over_email_send_rate_limit"),
        "/token": UNCONFIRMED,
        "/resend": authFailure(429, "over_email_send_rate_limit"),
      },
      { "/rpc/find_auth_user": found(false) },
    );
    expect(await service.open(EMAIL, PASSWORD)).toEqual({ kind: "unconfirmed", userId: USER });
    expect(changed()).toEqual([]);
    const made = accounts(
      { "/signup": { status: 200, body: account() }, "/token": UNCONFIRMED },
      { "/rpc/find_auth_user": found(false) },
    );
    expect(await made.service.open(EMAIL, PASSWORD)).toMatchObject({ kind: "unconfirmed" });
    expect(made.asked()).toEqual(["/signup", "/token"]);
  });

  test("that was confirmed meanwhile is taken", async () => {
    const { service } = accounts(
      { "/signup": TAKEN, "/token": WRONG },
      {
        "/rpc/find_auth_user": found(false),
        [`/users/${USER}`]: {
          status: 200,
          body: account({ email_confirmed_at: "2026-12-01T06:00:00Z" }),
        },
      },
    );
    expect((await failureOf(service.open(EMAIL, PASSWORD))).code).toBe("email_taken");
  });

  test("is refused beside the field, with the reason of the sign-up, when nobody has the address", async () => {
    const closed = accounts(
      { "/signup": authFailure(422, "signup_disabled"), "/token": WRONG },
      { "/rpc/find_auth_user": NOT_FOUND },
    );
    expect((await failureOf(closed.service.open(EMAIL, PASSWORD))).code).toBe("sign_up_closed");
    const gone = accounts(
      { "/signup": { status: 200, body: account() }, "/token": WRONG },
      { "/rpc/find_auth_user": NOT_FOUND },
    );
    expect((await failureOf(gone.service.open(EMAIL, PASSWORD))).code).toBe("email_taken");
    const invalid = accounts({ "/signup": authFailure(400, "email_address_invalid") });
    expect(
      Object.keys((await failureOf(invalid.service.open(EMAIL, PASSWORD))).fields ?? {}),
    ).toEqual(["account.email"]);
  });

  test.each<[string, Answers, Answers]>([
    ["the sign-in", { "/signup": TAKEN, "/token": OUTAGE }, {}],
    [
      "the mark of the password",
      { "/signup": TAKEN, "/token": WRONG },
      { "/rpc/find_auth_user": found(false), [`/users/${USER}`]: OUTAGE },
    ],
    [
      "the mail",
      { "/signup": TAKEN, "/token": UNCONFIRMED, "/resend": OUTAGE },
      { "/rpc/find_auth_user": found(false) },
    ],
  ])("fails as unavailable when %s gets no answer", async (_what, auth, server) => {
    const { service } = accounts(auth, server);
    expect((await failureOf(service.open(EMAIL, PASSWORD))).code).toBe("unavailable");
  });

  test("with a weak password is opened, never made", async () => {
    const { service, asked } = accounts({ "/token": session() });
    expect(await service.open(EMAIL, "password1")).toEqual({ kind: "signed_in", userId: USER });
    expect(asked()).toEqual(["/token"]);
    const weak = await failureOf(accounts({ "/token": WRONG }).service.open(EMAIL, "password1"));
    expect(weak.fields?.["account.password"]).toContain("common passwords");
    const down = accounts({ "/token": OUTAGE }).service;
    expect((await failureOf(down.open(EMAIL, "password1"))).code).toBe("unavailable");
  });

  test("of an order that was placed before opens with its password alone", async () => {
    const reopen = (token_: StubAnswer, server: Answers = {}) =>
      accounts({ "/token": token_ }, server).service.reopen(EMAIL, PASSWORD);
    expect(await reopen(session())).toEqual({ signedIn: true });
    expect(await reopen(UNCONFIRMED)).toEqual({ signedIn: false });
    expect(await reopen(WRONG, { "/rpc/find_auth_user": found(false) })).toEqual({
      signedIn: false,
    });
    for (const answer of [found(true), NOT_FOUND]) {
      const failure = await failureOf(reopen(WRONG, { "/rpc/find_auth_user": answer }));
      expect(failure.code).toBe("email_taken");
    }
    expect((await failureOf(reopen(OUTAGE))).code).toBe("unavailable");
  });

  test("gets a password that nobody knows, and every project's rules take", () => {
    expect(unknownPassword()).toMatch(/^Aa1![A-Za-z0-9_-]{56}$/);
    expect(unknownPassword()).not.toBe(unknownPassword());
  });
});

describe("signing in", () => {
  const SEEN = {
    user_id: USER,
    customer: null,
    admin: null,
    needs_second_factor: false,
    switches: { rewards: true, mail: true },
    is_paused: false,
    brand_name: "Acme Fibre",
    time_zone: "Africa/Johannesburg",
  };
  /** A service whose auth server, database and password check are scripted. */
  function signIn(auth: Answers, server: Answers = {}, check: Answers | null = {}) {
    const client = scripted({
      "/logout": DONE,
      "/.well-known/jwks.json": { status: 200, body: { keys: [] } },
      "/user": { status: 200, body: account() },
      "/token": session(),
      ...auth,
    });
    const database = scripted({
      "/rpc/note_session_proof": { status: 200, body: null },
      "/rpc/end_link_proof": { status: 200, body: null },
      "/rpc/link_confirmed_customer": { status: 200, body: false },
      "/rpc/accept_team_invitation": { status: 200, body: false },
      ...server,
    });
    const reader = scripted({ "/rpc/get_my_session": { status: 200, body: SEEN } });
    const passwordCheck = check && scripted({ "/logout": DONE, ...check }).caller.auth;
    const service = new SignInService({
      auth: client.caller.auth,
      server: database.server,
      ...(passwordCheck ? { passwordCheck } : {}),
      callerOf: () => reader.caller,
    });
    return {
      service,
      begin: () => client.caller.auth.signInWithPassword({ email: EMAIL, password: PASSWORD }),
      asked: client.requests,
      written: database.requests,
      read: reader.requests,
    };
  }
  const unset = { app_metadata: { password_unset: true } };

  test("with a password that somebody else may have set is refused, and leaves no session", async () => {
    const { service, asked } = signIn({ "/token": session(unset) });
    const failure = await failureOf(service.signIn(EMAIL, PASSWORD));
    expect(failure.code).toBe("unauthenticated");
    expect(failure.message).toContain("Forgot your password?");
    expect(asked.at(-1)?.path).toBe("/auth/v1/logout");
  });

  test("reads the session again once the account has found its customer", async () => {
    const linked = signIn({}, { "/rpc/link_confirmed_customer": { status: 200, body: true } });
    await linked.service.signIn(EMAIL, PASSWORD);
    expect(linked.read).toHaveLength(2);
    const alone = signIn({});
    await alone.service.signIn(EMAIL, PASSWORD);
    expect(alone.read).toHaveLength(1);
  });

  test("a link signs its owner in; where a password was not theirs, it is replaced first", async () => {
    const known = signIn({ "/verify": session() });
    expect(await known.service.openLink("hash", "signup")).toMatchObject({
      kind: "signed_in",
      mustChoosePassword: false,
      session: { user_id: USER },
    });
    expect(known.written.map(({ body }) => body)).toContainEqual({
      p_session_id: SESSION,
      p_auth_user_id: USER,
      p_proof: "link",
    });
    const distrusted = signIn(
      { "/verify": session(unset) },
      { [`/users/${USER}`]: { status: 200, body: account() } },
    );
    expect(await distrusted.service.openLink("hash", "signup")).toMatchObject({
      mustChoosePassword: true,
    });
    const replaced = distrusted.written.find(({ method }) => method === "PUT");
    const entered = distrusted.asked.find(({ path }) => path.endsWith("/token"));
    expect(replaced?.body).toEqual({ password: expect.stringMatching(/^Aa1!/) });
    expect(entered?.body).toMatchObject(replaced?.body ?? {});
  });

  test("a new colleague chooses a password; one of two links for an address waits for the other", async () => {
    const invited = signIn(
      { "/verify": session() },
      { "/rpc/accept_team_invitation": { status: 200, body: true } },
    );
    expect(await invited.service.openLink("hash", "signup")).toMatchObject({
      mustChoosePassword: true,
    });
    for (const type of ["recovery", "invite"] as const) {
      expect(await signIn({ "/verify": session() }).service.openLink("hash", type)).toMatchObject({
        mustChoosePassword: true,
      });
    }
    const half = signIn({ "/verify": { status: 200, body: { msg: "one more link" } } });
    expect(await half.service.openLink("hash", "email_change")).toEqual({
      kind: "other_link_needed",
    });
  });

  test("a password that cannot be replaced opens nothing", async () => {
    const refused = signIn({ "/verify": session(unset) }, { [`/users/${USER}`]: OUTAGE });
    expect((await failureOf(refused.service.openLink("hash", "signup"))).code).toBe("unavailable");
    const unentered = signIn(
      { "/verify": session({ ...unset, email: undefined }), "/token": OUTAGE },
      { [`/users/${USER}`]: { status: 200, body: account() } },
    );
    expect((await failureOf(unentered.service.openLink("hash", "signup"))).code).toBe(
      "unavailable",
    );
    expect(refused.read).toEqual([]);
  });

  test("the password is asked for once more, and noted for the session", async () => {
    const right = signIn({}, {}, { "/token": session() });
    await right.begin();
    await right.service.confirmPassword(PASSWORD);
    expect(right.written.map(({ body }) => body)).toEqual([
      { p_session_id: SESSION, p_auth_user_id: USER, p_proof: "password" },
    ]);
    const wrong = signIn({}, {}, { "/token": WRONG });
    await wrong.begin();
    const failure = await failureOf(wrong.service.confirmPassword("not it"));
    expect(failure.fields).toEqual({ password: "This password is not right." });
    expect(wrong.written).toEqual([]);
    const down = signIn({}, {}, { "/token": OUTAGE });
    await down.begin();
    expect((await failureOf(down.service.confirmPassword(PASSWORD))).code).toBe("unavailable");
    const unable = signIn({}, {}, null);
    await unable.begin();
    await expect(unable.service.confirmPassword(PASSWORD)).rejects.toThrow(/without a client/);
  });

  test("nobody is asked for a password without a session that the auth server accepts", async () => {
    expect((await failureOf(signIn({}).service.confirmPassword(PASSWORD))).code).toBe(
      "unauthenticated",
    );
    const ended = signIn({ "/user": authFailure(403, "session_not_found") });
    await ended.begin();
    expect((await failureOf(ended.service.confirmPassword(PASSWORD))).code).toBe("unauthenticated");
  });

  test("a new password is refused while it is easy to guess", async () => {
    const { service, begin, asked } = signIn({});
    await begin();
    const failure = await failureOf(service.changePassword("lerato1990"));
    expect(failure.fields?.password).toContain("your name or your e-mail address");
    expect(asked.some(({ method }) => method === "PUT")).toBe(false);
  });

  test("a mailed link stands in for the present password, once", async () => {
    const { service, begin, asked, written } = signIn(
      {},
      { "/rpc/has_link_proof": { status: 200, body: true } },
    );
    await begin();
    await service.changePassword("tafel berg wolk sewe");
    const update = asked.find(({ method }) => method === "PUT");
    expect(update?.body).toEqual({
      password: "tafel berg wolk sewe",
      code_challenge: null,
      code_challenge_method: null,
    });
    expect(written.at(-1)?.path).toContain("end_link_proof");
  });

  test("the first password of an account needs no other, and takes its mark away", async () => {
    const warn = vi.spyOn(log(), "warn");
    const user = { status: 200, body: account(unset) };
    const { service, begin, written } = signIn(
      { "/user": user },
      { [`/users/${USER}`]: { status: 200, body: account() } },
    );
    await begin();
    await service.changePassword("tafel berg wolk sewe");
    expect(written.at(-1)).toMatchObject({
      method: "PUT",
      body: { app_metadata: { password_unset: null } },
    });
    expect(warn).not.toHaveBeenCalled();
    // What fails after the change is written down; the password is changed.
    const late = signIn(
      { "/user": user, "/logout": OUTAGE },
      { "/rpc/end_link_proof": OUTAGE, [`/users/${USER}`]: OUTAGE },
    );
    await late.begin();
    await late.service.changePassword("tafel berg wolk sewe");
    expect(warn.mock.calls.map(([, text]) => text)).toEqual([
      "a mailed link counts as a proof until its hour is over",
      "other sessions stay open after a change of password",
      "an account still counts as one without a password",
    ]);
  });

  test("ends everywhere when asked to", async () => {
    const { service, begin, asked } = signIn({});
    await begin();
    await service.signOut("everywhere");
    expect(asked.at(-1)?.path).toBe("/auth/v1/logout");
  });

  test("a confirmation is sent again without telling whether the account exists", async () => {
    for (const answer of [
      DONE,
      authFailure(429, "over_email_send_rate_limit"),
      authFailure(404, "user_not_found"),
      authFailure(418, "teapot"),
    ]) {
      await expect(
        signIn({ "/resend": answer }).service.resendConfirmation(EMAIL),
      ).resolves.toBeUndefined();
    }
    const down = signIn({ "/resend": networkFailure() });
    expect((await failureOf(down.service.resendConfirmation(EMAIL))).code).toBe("unavailable");
    const wrong = signIn({ "/resend": authFailure(400, "email_address_invalid") });
    expect((await failureOf(wrong.service.resendConfirmation("x"))).fields).toEqual({
      email: expect.stringContaining("cannot use"),
    });
  });
});

test("attempts to sign in are noted with the network, or without one", async () => {
  const server = stubClient({ status: 200, body: null });
  await recordSignIn(server.server, EMAIL, "failed", null);
  await recordSignIn(server.server, EMAIL, "succeeded", "192.0.2.0/24");
  expect(server.requests.map(({ body }) => (body as { p_network: string }).p_network)).toEqual([
    "",
    "192.0.2.0/24",
  ]);
});

test("people start on the page of what they are here", () => {
  const admin = {
    id: id(1),
    name: "A",
    email: "a@b.test",
    role: "owner" as const,
    permissions: [],
  };
  const customer = { id: id(2), first_name: "A", last_name: "B", email: "a@b.test" };
  expect(homeOf({ admin, customer })).toBe("/admin");
  expect(homeOf({ admin: null, customer })).toBe("/dashboard");
  expect(homeOf({ admin: null, customer: null })).toBe("/packages");
});

test("a code may be typed with spaces", () => {
  expect(secondFactorCodeSchema.parse({ factor_id: id(3), code: " 123 456 " }).code).toBe("123456");
  expect(secondFactorCodeSchema.safeParse({ factor_id: id(3), code: "12345" }).success).toBe(false);
});
