import { NextRequest } from "next/server";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { requireAdminPage, requireCustomerPage } from "@/lib/composition/page-session";
import { resetEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { parseInput, readJsonBody } from "@/lib/http/input";
import { refuseCrossSite } from "@/lib/http/origin";
import { addressSubject, enforceRateLimit } from "@/lib/http/rate-limit";
import { readRequestSession } from "@/lib/http/request-session";
import { requireRewardsEnabled } from "@/lib/http/rewards-switch";
import { invitationCookies } from "@/lib/orders/referral-cookies";
import { decodeCursor, encodeCursor } from "@/lib/paging";
import {
  type Account,
  adminAccount,
  Browser,
  type CustomerAccount,
  customerAccount,
  enterStackEnvironment,
  newAccount,
  secretClient,
} from "@/tests/support/api";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { newAddress } from "@/tests/support/people";

/** The cookies of the request being served; a page may read them and not write. */
const jar = vi.hoisted(() => ({ cookies: new Map<string, string>(), readOnly: false }));
vi.mock("next/headers", () => ({
  headers: async () => new Headers(),
  cookies: async () => ({
    getAll: () => [...jar.cookies].map(([name, value]) => ({ name, value })),
    set: (name: string, value: string) => {
      if (jar.readOnly) throw new Error("Cookies can only be modified in a Route Handler");
      jar.cookies.set(name, value);
    },
  }),
}));

const sql = sharedDatabase();
let restore: () => void;
let customer: CustomerAccount;
let support: Account;
beforeAll(async () => {
  // As next.config.ts switches it on: a refused page is told apart from a missing one.
  vi.stubEnv("__NEXT_EXPERIMENTAL_AUTH_INTERRUPTS", "true");
  restore = enterStackEnvironment();
  customer = await customerAccount(sql);
  support = await adminAccount(sql, "support");
});
afterAll(async () => {
  restore();
  await sql.end();
});

const ask = (
  method: string,
  headers: Record<string, string> = {},
  body?: BodyInit,
  query = "",
): NextRequest => new NextRequest(`http://site.test/api/test${query}`, { method, headers, body });
const noParams = { params: Promise.resolve({}) };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const json = { "content-type": "application/json" };

const answerOf = async (response: Response) => ({
  status: response.status,
  body: (await response.json()) as {
    success: boolean;
    data?: unknown;
    error?: { code: string; message: string; request_id?: string; fields?: object };
  },
});

describe("the wrapper of every route", () => {
  test("hides what broke behind a fixed sentence and a request id", async () => {
    const handler = route({ access: "public" }, async () => {
      throw new Error("password of the database is hunter2");
    });
    const { status, body } = await answerOf(await handler(ask("GET"), noParams));
    expect(status).toBe(500);
    expect(body.error).toMatchObject({ code: "internal", request_id: expect.any(String) });
    expect(JSON.stringify(body)).not.toContain("hunter2");
  });

  test("hides the cause of an expected error as well, and gives no request id for it", async () => {
    const handler = route({ access: "public" }, async () => {
      throw new AppError("reward_not_pending", { cause: new Error("row 17") });
    });
    const { status, body } = await answerOf(await handler(ask("GET"), noParams));
    expect(status).toBe(409);
    expect(body.error?.request_id).toBeUndefined();
    expect(JSON.stringify(body)).not.toContain("row 17");
  });

  test("answers 503 when the database is not there", async () => {
    const restoreUrl = enterStackEnvironment({ SUPABASE_URL: "http://127.0.0.1:9" });
    try {
      const limited = route(
        { access: "public", rateLimit: { bucket: "t", limit: 1, windowSeconds: 60 } },
        async () => ({}),
      );
      const first = await answerOf(await limited(ask("GET"), noParams));
      expect([first.status, first.body.error?.code]).toEqual([503, "unavailable"]);
      const guarded = route({ access: "user" }, async () => ({}));
      const second = await answerOf(await guarded(ask("GET", bearer(customer.token)), noParams));
      expect([second.status, second.body.error?.code]).toEqual([503, "unavailable"]);
    } finally {
      restoreUrl();
    }
  });

  test("validates path, query and body, and hands them over typed", async () => {
    const handler = route(
      {
        access: "public",
        params: z.object({ id: z.coerce.number() }),
        query: z.object({ q: z.string() }),
        body: z.object({ n: z.number() }),
      },
      async ({ params, query, body, address, userAgent }) => ({
        sum: params.id + body.n,
        q: query.q,
        address,
        userAgent,
      }),
    );
    const request = ask("POST", { ...json, "user-agent": "t/1" }, '{"n":2}', "?q=a&q=b");
    const { body } = await answerOf(
      await handler(request, { params: Promise.resolve({ id: "40" }) }),
    );
    expect(body.data).toEqual({ sum: 42, q: "b", address: null, userAgent: "t/1" });
  });

  test("passes an answer on that a handler made itself", async () => {
    const handler = route({ access: "public" }, async () => new Response("csv", { status: 202 }));
    const response = await handler(ask("GET"), noParams);
    expect([response.status, await response.text()]).toEqual([202, "csv"]);
  });

  test("lets the same site, and clients that are no browser, change state", () => {
    const at = (headers: Record<string, string>) => () =>
      refuseCrossSite(ask("POST", headers), "https://fibre.example");
    expect(at({})).not.toThrow();
    expect(at({ "sec-fetch-site": "same-origin" })).not.toThrow();
    expect(at({ "sec-fetch-site": "none" })).not.toThrow();
    expect(at({ origin: "https://fibre.example" })).not.toThrow();
    expect(at({ origin: "http://site.test", host: "site.test" })).not.toThrow();
    expect(at({ origin: "https://fibre.example.evil.test" })).toThrow(AppError);
    expect(at({ origin: "null" })).toThrow(AppError);
    expect(at({ "sec-fetch-site": "same-site" })).toThrow(AppError);
    expect(at({ "sec-fetch-site": "cross-site", origin: "https://fibre.example" })).toThrow(
      AppError,
    );
  });

  test("answers a method that a route does not have with those it has", async () => {
    const { DELETE, GET } = endpoint({ GET: route({ access: "public" }, async () => 1) });
    expect((await GET(ask("GET"), noParams)).status).toBe(200);
    const refused = await DELETE(ask("DELETE"), noParams);
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET"]);
  });
});

describe("an admin route", () => {
  const handler = route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "reward.grant",
      entity: "customer",
      params: z.object({ id: z.string() }),
      body: z.object({ reason: z.string() }),
    },
    async () => {
      throw new AppError("own_account");
    },
  );
  const at = (id: string) => ({ params: Promise.resolve({ id }) });

  test("keeps a refusal in the audit log with what it was about", async () => {
    const response = await handler(
      ask("POST", { ...bearer(support.token), ...json }, '{"reason":"x"}'),
      at(customer.customer.id),
    );
    expect((await answerOf(response)).body.error?.code).toBe("own_account");
    const rows = await sql`
      select * from audit_log
      where actor_id = ${support.userId} and entity_id = ${customer.customer.id}`;
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      action: "access.refused",
      entity_type: "customer",
      reason: "reward.grant",
    });
  });

  test("keeps no text of the caller's choice, and no endless number of refusals", async () => {
    const reviewer = await adminAccount(sql, "reviewer");
    const refused = async (id: string) => {
      const request = ask("POST", { ...bearer(reviewer.token), ...json }, '{"reason":"x"}');
      expect((await handler(request, at(id))).status).toBe(403);
    };
    const kept = () => sql<{ entity_id: string | null }[]>`
      select entity_id from audit_log where actor_id = ${reviewer.userId}`;
    await refused("<b>look here</b>".repeat(400));
    expect(await kept()).toEqual([{ entity_id: "" }]);
    for (let n = 0; n < 34; n += 1) await refused(customer.customer.id);
    expect(await kept()).toHaveLength(30);
  });

  test("tells the form to those who may call it, and to others that they may not", async () => {
    const billing = await adminAccount(sql, "billing");
    const asked = (token: string) =>
      handler(ask("POST", { ...bearer(token), ...json }, "{}"), at("x"));
    const allowed = await answerOf(await asked(billing.token));
    expect(allowed.body.error).toMatchObject({
      code: "invalid_request",
      fields: { reason: "This is missing." },
    });
    expect((await answerOf(await asked(support.token))).body.error?.code).toBe("forbidden");
    expect((await answerOf(await asked(customer.token))).body.error?.code).toBe("forbidden");
  });
});

describe("a job's route", () => {
  const handler = route({ access: "cron" }, async () => ({ done: true }));
  test.each([
    ["the secret", () => bearer(testStack().cronSecret), 200],
    ["nothing", () => ({}), 401],
    ["another secret", () => bearer("another-secret-of-some-length"), 401],
    ["the secret and more", () => bearer(`${testStack().cronSecret}x`), 401],
    ["a prefix of the secret", () => bearer(testStack().cronSecret.slice(0, -1)), 401],
    ["an empty secret", () => ({ authorization: "Bearer " }), 401],
    ["the secret as a password", () => ({ authorization: `Basic ${testStack().cronSecret}` }), 401],
    ["a customer's session", () => bearer(customer.token), 401],
  ])("answers to %s with the right status", async (_what, headers, status) => {
    const response = await handler(ask("POST", headers()), noParams);
    expect(response.status).toBe(status);
    const inQuery = await handler(
      ask("GET", {}, undefined, `?secret=${testStack().cronSecret}`),
      noParams,
    );
    expect(inQuery.status).toBe(401);
  });
});

describe("request limits", () => {
  const rule = (limit: number) => ({
    bucket: `test-${newAddress()}`,
    limit,
    windowSeconds: 600,
  });

  test("count per subject, and say how long to wait", async () => {
    const three = rule(3);
    const [one, other] = [newAddress(), newAddress()];
    for (let n = 0; n < 3; n += 1) await enforceRateLimit(secretClient(), three, one);
    const refused = await enforceRateLimit(secretClient(), three, one).catch((e: unknown) => e);
    expect(refused).toBeInstanceOf(AppError);
    expect(refused).toMatchObject({ code: "rate_limited", status: 429 });
    const wait = (refused as AppError).retryAfter ?? 0;
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(600);
    await expect(enforceRateLimit(secretClient(), three, other)).resolves.toBeUndefined();
    await expect(enforceRateLimit(secretClient(), rule(3), one)).resolves.toBeUndefined();
  });

  test("hold however many ask at once", async () => {
    const five = rule(5);
    const subject = newAddress();
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => enforceRateLimit(secretClient(), five, subject)),
    );
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(5);
  });

  test("count callers without a known address together", async () => {
    const one = rule(1);
    await enforceRateLimit(secretClient(), one, addressSubject(null));
    await expect(enforceRateLimit(secretClient(), one, addressSubject(null))).rejects.toMatchObject(
      {
        code: "rate_limited",
      },
    );
  });

  test("are multiplied by the factor, and never fall below one", async () => {
    const subject = newAddress();
    const undo = enterStackEnvironment({ RATE_LIMIT_FACTOR: "0.001" });
    try {
      const ten = rule(10);
      await enforceRateLimit(secretClient(), ten, subject);
      await expect(enforceRateLimit(secretClient(), ten, subject)).rejects.toMatchObject({
        code: "rate_limited",
      });
    } finally {
      undo();
    }
  });

  test("count a whole network as one caller: its addresses are free to whoever has it", async () => {
    const limited = route({ access: "public", rateLimit: rule(1) }, async () => ({}));
    const network = newAddress().replace(/::.*$/, "");
    const from = (address: string) => limited(ask("GET", { "x-forwarded-for": address }), noParams);
    expect((await from(`${network}::1`)).status).toBe(200);
    expect((await from(`${network}:ffff::2`)).status).toBe(429);
    expect((await from(newAddress())).status).toBe(200);
  });

  test("keep no address in the clear", async () => {
    const limit = rule(1);
    const subject = newAddress();
    await enforceRateLimit(secretClient(), limit, subject);
    const rows = await sql`select * from rate_limits where bucket = ${limit.bucket}`;
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(subject);
  });

  test("answer with Retry-After", async () => {
    const limited = route({ access: "public", rateLimit: rule(1) }, async () => ({}));
    expect((await limited(ask("GET"), noParams)).status).toBe(200);
    const response = await limited(ask("GET"), noParams);
    expect(response.status).toBe(429);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

describe("the session of a request", () => {
  const signIn = async (email: string) => {
    const browser = await new Browser().signIn(email);
    jar.cookies = new Map(
      [...browser.cookies].map(([name, { value }]) => [name, decodeURIComponent(value)]),
    );
  };

  test("is read from the cookie or the token, and is nobody's without", async () => {
    jar.cookies = new Map();
    expect(await readRequestSession(null, null)).toBeNull();
    expect(await readRequestSession("Basic abc", null)).toBeNull();
    expect(await readRequestSession("Bearer made-up", null)).toBeNull();
    expect((await readRequestSession(`bearer ${customer.token}`, null))?.userId).toBe(
      customer.userId,
    );
    await signIn(customer.email);
    expect((await readRequestSession(null, null))?.userId).toBe(customer.userId);
    // A bad token is not rescued by a good cookie.
    expect(await readRequestSession("Bearer made-up", null)).toBeNull();
  });

  test("guards the customer's pages", async () => {
    const where = (work: Promise<unknown>) =>
      work.then(
        () => "shown",
        (error: { digest?: string }) =>
          error.digest === "NEXT_HTTP_ERROR_FALLBACK;403"
            ? "refused"
            : (error.digest?.split(";")[2] ?? "failed"),
      );
    jar.readOnly = true;
    try {
      jar.cookies = new Map();
      expect(await where(requireCustomerPage("/invoices/INV-1"))).toBe(
        "/sign-in?next=%2Finvoices%2FINV-1",
      );
      expect(await where(requireAdminPage("/admin/review"))).toBe(
        "/sign-in?next=%2Fadmin%2Freview",
      );
      await signIn(customer.email);
      expect((await requireCustomerPage("/dashboard")).customer.id).toBe(customer.customer.id);
      expect(await where(requireAdminPage("/admin"))).toBe("/dashboard");
      await signIn(support.email);
      expect((await requireAdminPage("/admin")).admin.role).toBe("support");
      expect(await where(requireAdminPage("/admin/program", "program:manage"))).toBe("refused");
      expect(await where(requireCustomerPage("/dashboard"))).toBe("/admin");
      await signIn((await newAccount()).email);
      expect(await where(requireCustomerPage("/dashboard"))).toBe("/packages");
    } finally {
      jar.readOnly = false;
      jar.cookies = new Map();
    }
  });
});

describe("the kill switch", () => {
  test("refuses grants by hand with its own code", () => {
    expect(() => requireRewardsEnabled()).not.toThrow();
    const undo = enterStackEnvironment({ ENABLE_REFERRAL_REWARDS: "false" });
    try {
      expect(() => requireRewardsEnabled()).toThrow(
        expect.objectContaining({ code: "program_paused", status: 409 }),
      );
    } finally {
      undo();
      resetEnv();
    }
  });
});

describe("input", () => {
  test("is refused at the field that holds what cannot be stored", () => {
    const refuse = (value: unknown) => {
      try {
        parseInput(z.unknown(), value);
        return null;
      } catch (error) {
        return (error as AppError).fields ?? {};
      }
    };
    expect(refuse({ a: [{ b: "\u0000" }] })).toEqual({
      "a.0.b": "This contains a character that cannot be stored.",
    });
    expect(refuse("\ud800")).toEqual({ body: "This contains a character that cannot be stored." });
    expect(refuse(["x", "\udc00"])).toHaveProperty("1");
    expect(refuse({ "\u0000": 1 })).toEqual({});
    expect(refuse({ emoji: "🎉", text: "é\n" })).toBeNull();
  });

  test("that lies about its length, or sends none, is still cut off", async () => {
    const endless = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(16_384).fill(0x20));
      },
    });
    const request = new Request("http://site.test", {
      method: "POST",
      headers: json,
      body: endless,
      duplex: "half",
    } as RequestInit);
    await expect(readJsonBody(request, z.unknown())).rejects.toMatchObject({
      code: "payload_too_large",
    });
    const announced = new Request("http://site.test", {
      method: "POST",
      headers: { ...json, "content-length": "70000" },
      body: "{}",
    });
    await expect(readJsonBody(announced, z.unknown())).rejects.toMatchObject({
      code: "payload_too_large",
    });
    const none = new Request("http://site.test", { method: "POST", headers: json });
    await expect(readJsonBody(none, z.unknown())).rejects.toMatchObject({
      code: "invalid_request",
    });
  });

  test("reads a media type with its parameters, in any case", async () => {
    const request = new Request("http://site.test", {
      method: "POST",
      headers: { "content-type": "Application/JSON; charset=utf-8" },
      body: '{"a":1}',
    });
    expect(await readJsonBody(request, z.object({ a: z.number() }))).toEqual({ a: 1 });
  });

  test("finds its place in a list again, and no other", () => {
    const cursor = {
      at: "2026-11-22T08:00:00.123456+00:00",
      id: "00000000-0000-4000-8000-000000000001",
    };
    expect(decodeCursor(encodeCursor(cursor) ?? undefined)).toEqual(cursor);
    expect(encodeCursor(null)).toBeNull();
    expect(decodeCursor(undefined)).toBeUndefined();
    expect(decodeCursor("")).toBeUndefined();
    for (const text of ["x", "e30", Buffer.from('["now","x"]').toString("base64url")]) {
      expect(() => decodeCursor(text)).toThrow(
        expect.objectContaining({ code: "invalid_request" }),
      );
    }
  });

  const place = (at: string) =>
    Buffer.from(JSON.stringify([at, "00000000-0000-4000-8000-000000000001"])).toString("base64url");

  test.each([
    "2026-02-30T00:00:00Z",
    "2027-02-29T00:00:00Z",
    "2026-04-31T00:00:00.123456+00:00",
    "2026-13-01T00:00:00Z",
    "2026-00-10T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-01T25:00:00Z",
    "2026-01-01T1:2Z",
    "2026-01-01T00:00:00+20:00",
    "0000-01-01T00:00:00Z",
    "1899-12-31T00:00:00Z",
    "2200-01-01T00:00:00Z",
    "9999-12-31T00:00:00Z",
  ])("refuses a place in a list at the impossible time %s", (at) => {
    expect(() => decodeCursor(place(at))).toThrow(
      expect.objectContaining({ code: "invalid_request", fields: { cursor: expect.any(String) } }),
    );
  });

  test.each([
    "2028-02-29T00:00:00Z",
    "1900-01-01T00:00:00Z",
    "2199-12-31T23:59:59.999999-11:00",
    "2026-01-01T01:30:00+14:00",
  ])("takes a place in a list at %s", (at) => {
    expect(decodeCursor(place(at))?.at).toBe(at);
  });
});

test("invitation cookies are sent over TLS alone where the site has it", () => {
  const invitation = { code: "REF-00000000", firstName: "Thandi", attributionDays: 7 };
  const secure = () => invitationCookies(invitation, "v").map((cookie) => cookie.options);
  expect(secure()[0]).toMatchObject({ secure: false, httpOnly: true, maxAge: 7 * 86_400 });
  const undo = enterStackEnvironment({ SITE_URL: "https://fibre.example" });
  expect(secure().every((options) => options.secure)).toBe(true);
  undo();
});
