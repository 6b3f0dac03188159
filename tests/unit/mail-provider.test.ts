import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, test, vi } from "vitest";
import { AppError } from "@/lib/errors";
import { parseReport, requireSignature } from "@/lib/notifications/report-service";
import { resendSender } from "@/lib/notifications/senders";

afterEach(() => {
  vi.unstubAllGlobals();
});

const MAIL = {
  key: "key-1",
  to: "lerato@example.test",
  replyTo: "support@fibre.test",
  unsubscribeUrl: null,
  subject: "Subject",
  html: "<p>Hello</p>",
  text: "Hello",
};

/** What becomes of a mail when the provider gives this answer. */
async function sent(answer: () => Promise<Response>, mail: object = {}) {
  const asked = vi.fn(answer);
  vi.stubGlobal("fetch", asked);
  const sender = resendSender({
    apiKey: "re_key",
    baseUrl: "http://provider.test",
    from: "Acme <hello@fibre.test>",
    clock: () => new Date("2026-12-01T06:00:00Z"),
  });
  return { result: await sender.send({ ...MAIL, ...mail }), asked };
}
const answered =
  (status: number, body: object, headers: Record<string, string> = {}) =>
  () =>
    Promise.resolve(Response.json(body, { status, headers }));
const failed = (failure: unknown) => () => Promise.reject(failure);

describe("an answer of the mail provider", () => {
  test.each([
    [408, { name: "timeout", message: "slow" }, { outcome: "unknown", cause: "network" }],
    [500, { name: "oops", message: "down" }, { outcome: "unknown", cause: "server" }],
    [409, { name: "concurrent", message: "under way" }, { outcome: "busy" }],
    [409, { name: "invalid_idempotent_request", message: "other words" }, { outcome: "changed" }],
    [422, { name: "validation_error", message: "bad `to`" }, { outcome: "mail_refused" }],
    [
      422,
      { name: "validation_error", message: "bad `from` field" },
      { outcome: "provider_failed", cause: "refused" },
    ],
    [401, { name: "missing_api_key", message: "no" }, { outcome: "provider_failed" }],
    [
      429,
      { name: "daily_quota_exceeded", message: "enough" },
      { outcome: "provider_failed", cause: "limit" },
    ],
    [429, { name: "rate_limit_exceeded", message: "slower" }, { outcome: "slowed" }],
    // What is no description of a problem is none.
    [403, ["no"], { outcome: "provider_failed", error: expect.stringContaining("403 unknown") }],
  ])("%d %j is read as %j", async (status, body, expected) => {
    const { result } = await sent(answered(status, body));
    expect(result).toMatchObject({ httpStatus: status, ...expected });
  });

  test("says when to try again", async () => {
    const slow = answered(
      429,
      { name: "rate_limit_exceeded", message: "slower" },
      { "retry-after": "7" },
    );
    expect((await sent(slow)).result).toMatchObject({ retryAfterSeconds: 7 });
  });

  test("names the mail that it took, or leaves open whether it did", async () => {
    expect((await sent(answered(200, { id: "mail-1" }))).result).toMatchObject({
      outcome: "sent",
      providerMessageId: "mail-1",
    });
    expect((await sent(answered(200, { ok: true }))).result).toMatchObject({
      outcome: "unknown",
      cause: "answer",
      httpStatus: 200,
    });
  });

  test("that never came is no try only where there was no connection", async () => {
    const refused = new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } });
    const reset = new TypeError("fetch failed", { cause: { code: "ECONNRESET" } });
    expect((await sent(failed(refused))).result).toMatchObject({
      outcome: "provider_failed",
      cause: "network",
      error: "No answer: ECONNREFUSED",
    });
    expect((await sent(failed(reset))).result).toMatchObject({
      outcome: "unknown",
      error: "No answer: ECONNRESET",
    });
    expect((await sent(failed("nothing"))).result).toMatchObject({
      outcome: "unknown",
      error: "No answer: no answer",
    });
    const { result } = await sent(failed(new DOMException("timed out", "TimeoutError")));
    expect(result).toMatchObject({ outcome: "unknown", error: "No answer: TimeoutError" });
  });

  test("is asked for once per key, with the button that ends such mails where there is one", async () => {
    const { asked } = await sent(answered(200, { id: "mail-1" }), {
      unsubscribeUrl: "https://fibre.test/stop",
    });
    const [, init] = asked.mock.calls[0] as unknown as [string, RequestInit];
    expect(new Headers(init.headers).get("idempotency-key")).toBe("key-1");
    expect(JSON.parse(String(init.body))).toMatchObject({
      headers: { "List-Unsubscribe": "<https://fibre.test/stop>" },
    });
  });
});

describe("a report of the mail provider", () => {
  const SECRET = `whsec_${Buffer.from("a secret of the webhook, long enough").toString("base64")}`;
  const report = (type: string, data: object = {}) =>
    JSON.stringify({
      type,
      created_at: "2026-12-01T06:00:00Z",
      data: { email_id: "m-1", ...data },
    });

  test("is taken with a fresh signature of the secret only", () => {
    const body = report("email.delivered");
    const at = new Date();
    const headers = {
      id: "msg_1",
      timestamp: String(Math.floor(at.getTime() / 1000)),
      signature: new Webhook(SECRET).sign("msg_1", at, body),
    };
    expect(() => requireSignature(SECRET, body, headers)).not.toThrow();
    const refused = (given: typeof headers | Record<"id" | "timestamp" | "signature", null>) => {
      try {
        requireSignature(SECRET, body, given);
        return "taken";
      } catch (error) {
        return error instanceof AppError ? error.code : "broken";
      }
    };
    expect(refused({ ...headers, signature: "v1,AAAA" })).toBe("unauthenticated");
    expect(refused({ id: null, timestamp: null, signature: null })).toBe("unauthenticated");
  });

  test.each([
    [report("email.sent"), { kind: "sent", detail: null }],
    [report("email.delivery_delayed"), { kind: "delayed" }],
    [
      report("email.bounced", { bounce: { type: "Permanent", message: "No such user" } }),
      { kind: "bounced", detail: "No such user" },
    ],
    [report("email.bounced", { bounce: { type: "Transient" } }), { kind: "soft_bounced" }],
    [
      report("email.failed", { failed: { reason: "blocked" } }),
      { kind: "failed", detail: "blocked" },
    ],
    [
      report("email.suppressed", { suppressed: { message: "on a list" } }),
      { kind: "bounced", detail: "on a list" },
    ],
  ])("%s", (body, expected) => {
    expect(parseReport(body)).toMatchObject({
      messageId: "m-1",
      occurredAt: "2026-12-01T06:00:00Z",
      ...expected,
    });
  });

  test("that nobody needs is none, and one that cannot be read is refused", () => {
    expect(parseReport(report("email.opened"))).toBeNull();
    expect(parseReport(report("contact.created"))).toBeNull();
    for (const body of [
      "{",
      "{}",
      report("email.bounced"),
      report("email.sent", { email_id: "" }),
    ]) {
      expect(() => parseReport(body)).toThrow(AppError);
    }
  });
});
