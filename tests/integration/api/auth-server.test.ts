/**
 * What a hosted auth server or a captcha provider can answer, and the embedded stack cannot: handlers
 * run in this process, and single answers on their way to them are replaced by recorded ones.
 */
import { NextRequest } from "next/server";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { POST as openLink } from "@/app/(auth)/auth/confirm/open/route";
import { POST as confirmation } from "@/app/api/auth/confirmation/route";
import { POST as confirmPassword } from "@/app/api/auth/password/confirm/route";
import { POST as changePassword } from "@/app/api/auth/password/route";
import { POST as resetPassword } from "@/app/api/auth/password-reset/route";
import { POST as signIn } from "@/app/api/auth/sign-in/route";
import { GET as readDashboard } from "@/app/api/customer/dashboard/route";
import { POST as placeOrder } from "@/app/api/orders/create/route";
import {
  type CustomerAccount,
  customerAccount,
  enterStackEnvironment,
  newAccount,
} from "@/tests/support/api";
import answers from "@/tests/support/auth-answers.json";
import { newPackage } from "@/tests/support/builders";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { enterEnvironment } from "@/tests/support/environment";
import { newAddress, newEmail, orderBody, PASSWORD } from "@/tests/support/people";

const jar = vi.hoisted(() => new Map<string, string>());
vi.mock("next/headers", () => ({
  headers: async () => new Headers(),
  cookies: async () => ({
    getAll: () => [...jar].map(([name, value]) => ({ name, value })),
    get: (name: string) => (jar.has(name) ? { name, value: jar.get(name) } : undefined),
    set: (name: string, value: string, options: { maxAge?: number } = {}) => {
      if (options.maxAge === 0) jar.delete(name);
      else jar.set(name, value);
    },
    delete: (name: string) => void jar.delete(name),
  }),
}));

vi.mock("next/server", async (original) => ({
  ...(await original<typeof import("next/server")>()),
  after: (await import("@/tests/support/next-request")).after,
}));

interface Asked {
  /** Method, path and query without the origin. */
  name: string;
  host: string;
  headers: Headers;
  body: string;
}
type Replacement = (asked: Asked) => Response | Error | undefined;

const sql = sharedDatabase();
const passOn = globalThis.fetch;
let asked: Asked[] = [];
let replace: Replacement = () => undefined;
let restore: () => void;
let slug: string;
let customer: CustomerAccount;

beforeAll(async () => {
  restore = enterStackEnvironment({ TRUSTED_PROXY_HOPS: "1", RATE_LIMIT_FACTOR: "1000" });
  slug = (await newPackage(sql)).slug;
  customer = await customerAccount(sql);
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const call: Asked = {
      name: `${init?.method ?? "GET"} ${url.pathname}${url.search}`,
      host: url.host,
      headers: new Headers(init?.headers),
      body: String(init?.body ?? ""),
    };
    asked.push(call);
    const replaced = replace(call);
    if (replaced instanceof Error) throw replaced;
    return replaced ?? passOn(input, init);
  });
});
beforeEach(() => {
  asked = [];
  replace = () => undefined;
  jar.clear();
});
afterAll(async () => {
  vi.unstubAllGlobals();
  restore();
  await sql.end();
});

type Handler = (request: NextRequest, context: { params: Promise<object> }) => Promise<Response>;

const VISITOR = "198.51.100.23";

async function send(
  handler: unknown,
  path: string,
  body: object | URLSearchParams | null,
  headers: Record<string, string> = {},
) {
  const isForm = body instanceof URLSearchParams;
  const request = new NextRequest(`${testStack().siteUrl}${path}`, {
    method: body ? "POST" : "GET",
    headers: {
      origin: testStack().siteUrl,
      "sec-fetch-site": "same-origin",
      "x-forwarded-for": VISITOR,
      ...(body
        ? { "content-type": isForm ? "application/x-www-form-urlencoded" : "application/json" }
        : {}),
      ...headers,
    },
    body: isForm ? body.toString() : body ? JSON.stringify(body) : undefined,
  });
  return (handler as Handler)(request, { params: Promise.resolve({}) });
}

const order = (account: object = {}, more: object = {}) =>
  send(
    placeOrder,
    "/api/orders/create",
    { ...orderBody(slug, { account: { email: newEmail("answer"), ...account } }), ...more },
    { "idempotency-key": crypto.randomUUID(), "x-forwarded-for": newAddress() },
  );
const enter = (email: string, password = PASSWORD, more: object = {}) =>
  send(signIn, "/api/auth/sign-in", { email, password, ...more });
const recover = (email: string, more: object = {}) =>
  send(resetPassword, "/api/auth/password-reset", { email, ...more });

const refusal = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    fields: z.record(z.string(), z.string()).default({}),
  }),
});
async function refused(response: Response) {
  const { error } = refusal.parse(await response.json());
  return { status: response.status, ...error };
}

type Name = keyof typeof answers;
const recorded = (name: Name) =>
  Response.json(answers[name].body, { status: answers[name].status });
/** Answers calls whose method and path begin so with a recording. */
const answering =
  (start: string, name: Name): Replacement =>
  (call) =>
    call.name.startsWith(start) ? recorded(name) : undefined;

/** Signs in, and puts the end of the token into so many seconds from now. */
async function sessionEndingIn(seconds: number): Promise<void> {
  expect((await enter(customer.email)).status).toBe(200);
  const [name, value] = one(jar);
  const stored = JSON.parse(Buffer.from(value.slice("base64-".length), "base64url").toString());
  stored.expires_at = Math.floor(Date.now() / 1000) + seconds;
  jar.set(name, `base64-${Buffer.from(JSON.stringify(stored)).toString("base64url")}`);
  asked = [];
}
/** The one cookie of the session; the browser has one of its own besides. */
function one(cookies: Map<string, string>): [string, string] {
  const [entry, ...others] = [...cookies].filter(([name]) => name !== "device");
  if (!entry || others.length > 0) throw new Error(`${cookies.size} cookies`);
  return entry;
}

describe("an order that the auth server refuses", () => {
  test.each<[Name, string, number, RegExp]>([
    ["captcha-missing-signup", "captcha_failed", 400, /a person/],
    ["signup-disabled", "sign_up_closed", 403, /New accounts/],
    ["email-disabled-signup", "sign_up_closed", 403, /by e-mail/],
    ["mail-limit-signup", "rate_limited", 429, /another e-mail/],
    ["signup-again-at-once", "rate_limited", 429, /another e-mail/],
    ["mailer-fails-signup", "unavailable", 503, /could not send you an e-mail/],
  ])("as %s says %s in a sentence", async (name, code, status, sentence) => {
    replace = answering("POST /auth/v1/signup", name);
    const answer = await refused(await order());
    expect(answer).toMatchObject({ status, code, fields: {} });
    expect(answer.message).toMatch(sentence);
  });

  test.each<[Name, string, RegExp]>([
    ["signup-weak", "account.password", /longer/],
    ["weak-characters", "account.password", /Mix/],
    ["signup-73-bytes", "account.password", /72/],
    ["signup-invalid-email", "account.email", /name@example.com/],
    ["email-invalid-extended", "account.email", /cannot use/],
    ["email-not-authorized", "account.email", /cannot send/],
  ])("as %s says it beside %s", async (name, field, sentence) => {
    replace = answering("POST /auth/v1/signup", name);
    const answer = await refused(await order());
    expect(answer).toMatchObject({ status: 400, code: "invalid_request" });
    expect(Object.keys(answer.fields)).toEqual([field]);
    expect(answer.fields[field]).toMatch(sentence);
  });

  test("with a taken address gets neither the account nor a session", async () => {
    // Made-up users without identities, and somebody else's unconfirmed account, are not ours.
    for (const name of ["signup-confirmed-taken", "signup-unconfirmed-taken"] as const) {
      replace = () => undefined;
      const { email } = await newAccount();
      replace = answering("POST /auth/v1/signup", name);
      const answer = await refused(await order({ email, password: "another good password" }));
      expect(answer).toMatchObject({ status: 409, code: "email_taken" });
      expect(answer.fields["account.email"]).toMatch(/Sign in first/);
      expect([...jar.keys()].filter((name) => name !== "device")).toEqual([]);
    }
  });
});

describe("a sign-in that the auth server refuses", () => {
  test.each<[Name, string, number, RegExp]>([
    ["signin-unconfirmed-right", "email_unconfirmed", 403, /Open the link/],
    ["signin-unknown", "unauthenticated", 401, /is not right/],
    ["email-disabled-signin", "sign_up_closed", 403, /by e-mail/],
    ["signin-banned", "forbidden", 403, /blocked/],
    ["refresh-limited", "rate_limited", 429, /a lot of requests/],
  ])("as %s says %s", async (name, code, status, sentence) => {
    replace = answering("POST /auth/v1/token?grant_type=password", name);
    const answer = await refused(await enter(customer.email));
    expect(answer).toMatchObject({ status, code });
    expect(answer.message).toMatch(sentence);
    expect(jar.size).toBe(0);
  });

  test("for an unknown account costs the same work as for a known one", async () => {
    const work = async (email: string) => {
      asked = [];
      const answer = await refused(await enter(email, "not the password"));
      return { answer, calls: asked.map(({ name }) => name) };
    };
    const known = await work(customer.email);
    expect(known.calls).toContain("POST /rest/v1/rpc/record_admin_sign_in");
    expect(await work(newEmail("nobody"))).toEqual(known);
  });
});

describe("a change of the password that the auth server refuses", () => {
  const FRESH = { password: "vier olifante dans nou", current_password: PASSWORD };

  test.each<[Name, string, RegExp]>([
    ["update-same-password", "password", /differs/],
    ["signup-weak", "password", /longer/],
    ["weak-characters", "password", /Mix/],
    ["current-password-wrong", "current_password", /present password/],
  ])("as %s says it beside %s", async (name, field, sentence) => {
    await enter(customer.email);
    replace = answering("PUT /auth/v1/user", name);
    const answer = await refused(await send(changePassword, "/api/auth/password", FRESH));
    expect(answer).toMatchObject({ status: 400, code: "invalid_request" });
    expect(Object.keys(answer.fields)).toEqual([field]);
    expect(answer.fields[field]).toMatch(sentence);
  });

  test("hands the present password on, for projects that ask for it", async () => {
    await enter(customer.email);
    replace = answering("PUT /auth/v1/user", "update-same-password");
    await send(changePassword, "/api/auth/password", FRESH);
    const update = asked.find(({ name }) => name.startsWith("PUT /auth/v1/user"));
    expect(JSON.parse(update?.body ?? "{}")).toMatchObject(FRESH);
  });

  test.each<[Name, string, number, RegExp]>([
    ["reauthentication-needed", "unauthenticated", 401, /once more/],
    ["current-password-required", "unauthenticated", 401, /once more/],
    ["user-after-logout", "unauthenticated", 401, /session has ended/],
  ])("as %s says %s", async (name, code, status, sentence) => {
    await enter(customer.email);
    replace = answering("PUT /auth/v1/user", name);
    const answer = await refused(await send(changePassword, "/api/auth/password", FRESH));
    expect(answer).toMatchObject({ status, code });
    expect(answer.message).toMatch(sentence);
  });
});

describe("a link that the auth server refuses", () => {
  const press = () =>
    send(
      openLink,
      "/auth/confirm/open",
      new URLSearchParams({ token_hash: "abc", type: "recovery" }),
    );
  const problemOf = (response: Response) =>
    new URL(response.headers.get("location") ?? "").searchParams;

  test.each<[Name, string]>([
    ["verify-made-up", "expired"],
    ["verify-used", "expired"],
  ])("as %s is said to be too old", async (name, problem) => {
    replace = answering("POST /auth/v1/verify", name);
    expect(problemOf(await press()).get("problem")).toBe(problem);
  });

  test("in a busy moment or an outage can be pressed again", async () => {
    for (const [name, problem] of [
      ["refresh-limited", "busy"],
      ["mailer-fails-signup", "unavailable"],
    ] as const) {
      replace = answering("POST /auth/v1/verify", name);
      const answer = problemOf(await press());
      expect([answer.get("problem"), answer.get("token_hash")]).toEqual([problem, "abc"]);
    }
  });

  test("that is one of two says that the other one is still to be opened", async () => {
    replace = answering("POST /auth/v1/verify", "verify-email-change-first");
    expect(problemOf(await press()).get("problem")).toBe("other_link");
  });
});

describe("asking for a mail", () => {
  test.each<[Name, number, string]>([
    // Only known addresses have to wait, so nothing is said about it.
    ["mail-limit-signup", 200, "requested"],
    ["refresh-limited", 429, "rate_limited"],
    ["mailer-fails-signup", 503, "unavailable"],
    ["captcha-missing-signup", 400, "captcha_failed"],
    ["email-not-authorized", 400, "email"],
  ])("that is refused as %s is answered %d with %s", async (name, status, said) => {
    replace = answering("POST /auth/v1/recover", name);
    const answer = await recover(customer.email);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(`"${said}"`);
  });
});

describe("a session whose token ends", () => {
  const dashboard = () => send(readDashboard, "/api/customer/dashboard", null);
  const REFRESH = "POST /auth/v1/token?grant_type=refresh_token";
  const failing =
    (answer: () => Response | Error): Replacement =>
    (call) =>
      call.name === REFRESH ? answer() : undefined;

  test.each<[string, () => Response | Error, number, string]>([
    ["is too busy", () => recorded("refresh-limited"), 429, "rate_limited"],
    ["fails", () => Response.json({ msg: "broken" }, { status: 500 }), 503, "unavailable"],
    ["has no answer", () => new Response("Bad gateway", { status: 502 }), 503, "unavailable"],
    ["is away", () => new TypeError("fetch failed"), 503, "unavailable"],
  ])("outlives a moment in which the auth server %s", async (_, answer, status, code) => {
    await sessionEndingIn(-5);
    const before = [...jar];
    replace = failing(answer);
    expect(await refused(await dashboard())).toMatchObject({ status, code });
    expect([...jar]).toEqual(before);
    replace = () => undefined;
    expect((await dashboard()).status).toBe(200);
    expect([...jar]).not.toEqual(before);
  });

  test("is used up to its end while it cannot be renewed, and nothing takes it away", async () => {
    await sessionEndingIn(30);
    const before = [...jar];
    replace = failing(() => recorded("refresh-limited"));
    expect((await dashboard()).status).toBe(200);
    // The Supabase library would renew it by itself here.
    const path = "/api/auth/password/confirm";
    expect((await send(confirmPassword, path, { password: PASSWORD })).status).toBe(200);
    expect([...jar]).toEqual(before);
  });

  test.each<[Name]>([["refresh-after-logout"], ["refresh-made-up"]])(
    "ends when the auth server says so, as in %s",
    async (name) => {
      await sessionEndingIn(-5);
      replace = failing(() => recorded(name));
      expect(await refused(await dashboard())).toMatchObject({
        status: 401,
        code: "unauthenticated",
      });
      expect([...jar.keys()].filter((name) => name !== "device")).toEqual([]);
    },
  );
});

describe("the visitor's address", () => {
  test("goes along with each request that the auth server limits", async () => {
    await enter(customer.email);
    await enter(customer.email, "not the password");
    await recover(newEmail("nobody"));
    await send(confirmation, "/api/auth/confirmation", { email: newEmail("nobody") });
    await send(
      openLink,
      "/auth/confirm/open",
      new URLSearchParams({ token_hash: "abc", type: "recovery" }),
    );
    replace = answering("POST /auth/v1/signup", "signup-weak");
    await send(
      placeOrder,
      "/api/orders/create",
      orderBody(slug, { account: { email: newEmail("address") } }),
      { "idempotency-key": crypto.randomUUID() },
    );
    replace = () => undefined;
    const seen = asked.filter(({ name }) => name.startsWith("POST /auth/v1/"));
    await sessionEndingIn(-5);
    await send(readDashboard, "/api/customer/dashboard", null);
    seen.push(...asked.filter(({ name }) => name.startsWith("POST /auth/v1/token")));
    expect(new Set(seen.map(({ name }) => name.replace("POST /auth/v1", "")))).toEqual(
      new Set([
        "/token?grant_type=password",
        "/recover",
        "/resend",
        "/verify",
        "/signup",
        "/token?grant_type=refresh_token",
      ]),
    );
    for (const { name, headers } of seen) {
      expect([name, headers.get("sb-forwarded-for")]).toEqual([name, VISITOR]);
      // Only requests with the secret key may say for whom they are.
      expect([name, headers.get("apikey")]).toEqual([name, testStack().secretKey]);
    }
  });
});

describe("a deployment that asks for a captcha", () => {
  const PROVIDERS = {
    turnstile: "challenges.cloudflare.com",
    hcaptcha: "api.hcaptcha.com",
  } as const;
  const says =
    (answer: () => Response | Error): Replacement =>
    ({ host }) =>
      Object.values<string>(PROVIDERS).includes(host) ? answer() : undefined;
  let leave: () => void;
  beforeEach(() => {
    leave = enterEnvironment({
      CAPTCHA_PROVIDER: "turnstile",
      CAPTCHA_SITE_KEY: "site-key",
      CAPTCHA_SECRET_KEY: "secret-key",
    });
    replace = says(() => Response.json({ success: true }));
  });
  afterEach(() => leave());

  const TOKEN = { captcha_token: "given-by-the-widget" };
  const doors: [string, (more?: object) => Promise<Response>][] = [
    ["an order", (more) => order({}, more)],
    ["a sign-in", (more) => enter(customer.email, PASSWORD, more)],
    ["a recovery", (more) => recover(newEmail("nobody"), more)],
  ];

  test.each(doors)("refuses %s without one, and asks nobody", async (_, door) => {
    const answer = await refused(await door());
    expect(answer).toMatchObject({ status: 400, code: "captcha_failed" });
    expect(answer.message).toMatch(/a person/);
    expect(asked.filter(({ name }) => name.includes("/auth/v1/"))).toEqual([]);
    expect(asked.filter(({ host }) => host === PROVIDERS.turnstile)).toEqual([]);
  });

  test.each(doors)("refuses %s whose token the provider refuses", async (_, door) => {
    replace = says(() =>
      Response.json({ success: false, "error-codes": ["timeout-or-duplicate"] }),
    );
    expect(await refused(await door(TOKEN))).toMatchObject({ status: 400, code: "captcha_failed" });
    expect(asked.filter(({ name }) => name.includes("/auth/v1/"))).toEqual([]);
  });

  test.each(doors)("lets nobody through while the provider is away: %s", async (_, door) => {
    for (const answer of [
      () => new TypeError("fetch failed"),
      () => new Response("<html>", { status: 502 }),
      () => Response.json({ unknown: true }),
    ]) {
      replace = says(answer);
      expect(await refused(await door(TOKEN))).toMatchObject({ status: 503, code: "unavailable" });
    }
    expect(asked.filter(({ name }) => name.includes("/auth/v1/"))).toEqual([]);
  });

  test.each(Object.entries(PROVIDERS))("lets a person through by %s", async (provider, host) => {
    const back = enterEnvironment({ CAPTCHA_PROVIDER: provider });
    expect((await enter(customer.email, PASSWORD, TOKEN)).status).toBe(200);
    expect((await recover(newEmail("nobody"), TOKEN)).status).toBe(200);
    const checks = asked.filter((call) => call.host === host);
    expect(checks.map(({ body }) => Object.fromEntries(new URLSearchParams(body)))).toEqual(
      Array(2).fill({ secret: "secret-key", response: TOKEN.captcha_token, remoteip: VISITOR }),
    );
    back();
  });
});
