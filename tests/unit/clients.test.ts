import { afterEach, describe, expect, test, vi } from "vitest";
import { captchaSources, requirePerson } from "@/lib/http/captcha";
import { daySchema, daysSchema, momentSchema } from "@/lib/http/common-schemas";
import { okUnlessUnchanged } from "@/lib/http/unchanged";
import { accountAnswer } from "@/lib/invoicing/account";
import { log } from "@/lib/log";
import { withRequestId } from "@/lib/request-context";
import {
  createAuthClient,
  createCallerClient,
  createServerClient,
  sessionCookieOptions,
} from "@/lib/supabase/clients";
import { enterEnvironment } from "@/tests/support/environment";
import { id } from "@/tests/support/facts";
import { failureOf } from "@/tests/support/failure";

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Points this process at a project, and keeps what it is asked. */
function project(answer: () => Response | Promise<Response>, env: Record<string, string> = {}) {
  undo.push(
    enterEnvironment({
      SUPABASE_URL: "https://project.supabase.test",
      SUPABASE_PUBLISHABLE_KEY: "sb_publishable_key",
      SUPABASE_SECRET_KEY: "sb_secret_key",
      SITE_URL: "https://fibre.test",
      ...env,
    }),
  );
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    asked.push(new Request(input, init));
    return answer();
  });
  return asked;
}
const answered =
  (body: unknown, status = 200) =>
  () =>
    Response.json(body, { status });

describe("a client of the project", () => {
  test("carries its own key, the caller's token, and the id of the request", async () => {
    const asked = project(answered(null));
    await withRequestId("request-0001", async () => {
      await createServerClient().rpc("get_switches");
    });
    await createCallerClient("token-of-somebody").rpc("get_switches");
    const [server, caller] = asked.map(({ headers }) => headers);
    expect(server?.get("apikey")).toBe("sb_secret_key");
    expect(server?.get("x-request-id")).toBe("request-0001");
    expect(caller?.get("apikey")).toBe("sb_publishable_key");
    expect(caller?.get("authorization")).toBe("Bearer token-of-somebody");
    expect(caller?.get("x-request-id")).toBeNull();
  });

  test("of the auth server names the visitor, so that limits count per visitor", async () => {
    const asked = project(
      answered({ code: 400, error_code: "invalid_credentials", msg: "no" }, 400),
    );
    const credentials = { email: "a@b.test", password: "x" };
    await createAuthClient("192.0.2.1").signInWithPassword(credentials);
    await createAuthClient(null).signInWithPassword(credentials);
    expect(asked.map(({ headers }) => headers.get("sb-forwarded-for"))).toEqual([
      "192.0.2.1",
      null,
    ]);
  });

  test("ends with the signal of whoever asks", async () => {
    project(() => new Promise<Response>(() => {}));
    const stop = new AbortController();
    const signals: (AbortSignal | null | undefined)[] = [];
    vi.stubGlobal("fetch", (_input: RequestInfo | URL, init?: RequestInit) => {
      signals.push(init?.signal);
      stop.abort();
      return Promise.reject(init?.signal?.reason);
    });
    const { error } = await createServerClient().rpc("get_switches").abortSignal(stop.signal);
    expect(error?.message).toContain("AbortError");
    expect(signals[0]?.aborted).toBe(true);
  });

  test("takes a refused key for a wrong deployment, and says so once a minute", async () => {
    const error = vi.spyOn(log(), "error").mockImplementation(() => {});
    let time = performance.now() + 3_600_000;
    vi.spyOn(performance, "now").mockImplementation(() => time);
    project(answered({ message: "Invalid API key" }, 401));
    const status = async () => (await createServerClient().rpc("get_switches")).status;
    expect([await status(), await status()]).toEqual([503, 503]);
    expect(error).toHaveBeenCalledTimes(1);
    time += 61_000;
    expect(await status()).toBe(503);
    expect(error).toHaveBeenCalledTimes(2);
    // A token that is refused is the caller's own matter.
    project(answered({ message: "JWT expired" }, 401));
    expect(await status()).toBe(401);
  });

  test("keeps sessions out of reach of scripts, and on encrypted sites only", () => {
    project(answered(null));
    expect(sessionCookieOptions()).toEqual({ httpOnly: true, secure: true });
    project(answered(null), { SITE_URL: "http://localhost:3000" });
    expect(sessionCookieOptions()).toEqual({ httpOnly: true, secure: false });
  });
});

describe("the check that a person sent a form", () => {
  const keys = (provider: string) => ({
    CAPTCHA_PROVIDER: provider,
    CAPTCHA_SITE_KEY: "site-key",
    CAPTCHA_SECRET_KEY: "secret-key",
  });

  test("is asked of its provider, with the address where it is known", async () => {
    const asked = project(answered({ success: true }), keys("hcaptcha"));
    await requirePerson("token", "192.0.2.1");
    await requirePerson("token", null);
    const bodies = await Promise.all(asked.map((request) => request.text()));
    expect(asked[0]?.url).toBe("https://api.hcaptcha.com/siteverify");
    expect(bodies).toEqual([
      "secret=secret-key&response=token&remoteip=192.0.2.1",
      "secret=secret-key&response=token",
    ]);
  });

  test("refuses without a token or with a wrong one; a provider that fails is unavailable", async () => {
    project(answered({ success: false }), keys("turnstile"));
    expect((await failureOf(requirePerson(undefined, null))).code).toBe("captcha_failed");
    expect((await failureOf(requirePerson("token", null))).code).toBe("captcha_failed");
    project(answered(["odd"]), keys("turnstile"));
    expect((await failureOf(requirePerson("token", null))).code).toBe("unavailable");
    project(() => Promise.reject(new TypeError("fetch failed")), keys("turnstile"));
    expect((await failureOf(requirePerson("token", null))).code).toBe("unavailable");
    const asked = project(answered(null), {
      CAPTCHA_PROVIDER: "",
      CAPTCHA_SITE_KEY: "",
      CAPTCHA_SECRET_KEY: "",
    });
    await requirePerson(undefined, null);
    expect(asked).toEqual([]);
  });

  test("may load from its provider's hosts, and nothing may without one", () => {
    project(answered(null), keys("turnstile"));
    expect(captchaSources().frames).toBe(" https://challenges.cloudflare.com");
    project(answered(null), keys("hcaptcha"));
    expect(captchaSources().styles).toContain("https://*.hcaptcha.com");
    project(answered(null), { CAPTCHA_PROVIDER: "", CAPTCHA_SITE_KEY: "", CAPTCHA_SECRET_KEY: "" });
    expect(captchaSources()).toEqual({ frames: "", connections: "", styles: "" });
  });
});

describe("what queries ask for", () => {
  test("days are of the years 1900 to 2199, and end no earlier than they begin", () => {
    const said = (schema: typeof daySchema | typeof momentSchema, text: string) =>
      schema.safeParse(text).error?.issues[0]?.message ?? null;
    for (const schema of [daySchema, momentSchema]) {
      expect(said(schema, "2026-12-14")).toBeNull();
      expect(said(schema, "1899-12-31")).toContain("1900 to 2199");
      expect(said(schema, "2200-01-01")).toContain("1900 to 2199");
      expect(said(schema, "yesterday")).toContain("Use a day like");
    }
    const wrong = daysSchema.safeParse({ from: "2026-12-02", to: "2026-12-01" });
    expect(wrong.error?.issues[0]).toMatchObject({ path: ["to"] });
    expect(daysSchema.safeParse({ from: "2026-12-01", to: "2026-12-01" }).success).toBe(true);
  });

  test("an answer that the caller has already is not sent again", async () => {
    const first = okUnlessUnchanged(new Request("http://x.test"), { a: 1 }, { a: 1 });
    const etag = first.headers.get("etag") ?? "";
    const again = (version: object) =>
      okUnlessUnchanged(
        new Request("http://x.test", { headers: { "if-none-match": etag } }),
        { a: 1 },
        version,
      );
    expect([again({ a: 1 }).status, await again({ a: 1 }).text()]).toEqual([304, ""]);
    expect(again({ a: 2 }).status).toBe(200);
  });

  test("an account names its entries, and no more of them than customers may read", () => {
    const entry = {
      kind: "invoice" as const,
      number: "INV-1",
      on: "2026-12-01",
      amount_cents: 79_900,
    };
    const page = {
      balance_cents: 79_900,
      overdue_cents: 0,
      credit_cents: 0,
      open_invoices: [],
      payment_instructions: "",
      currency: "ZAR",
      entries: [{ ...entry, id: id(1), balance_cents: 79_900, invoice_number: "INV-1" }],
      next_cursor: null,
      previous_cursor: null,
    };
    expect(accountAnswer(page)).toEqual({
      balance_cents: 79_900,
      overdue_cents: 0,
      entries: [entry],
      next_cursor: null,
      currency: "ZAR",
    });
  });
});
