import { describe, expect, it } from "vitest";
import { AppError, ERROR_CODES, type ErrorCode, isErrorCode } from "@/lib/errors";

const codes = Object.keys(ERROR_CODES) as ErrorCode[];

describe("errors come from a closed list", () => {
  it.each(codes)("%s has a status and a sentence for people", (code) => {
    const { status, message } = ERROR_CODES[code];
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(message).toMatch(/^[A-Z].*\.$/);
    expect(message).not.toContain("!");
    expect(isErrorCode(code)).toBe(true);
  });

  it.each(["teapot", "toString", "__proto__", "constructor", "", null, 404, {}])(
    "%j is not one of them",
    (value) => expect(isErrorCode(value)).toBe(false),
  );
});

describe("an error", () => {
  it("takes status and message from its code", () => {
    const error = new AppError("reward_not_pending");
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "AppError", code: "reward_not_pending", status: 409 });
    expect(error.message).toBe(ERROR_CODES.reward_not_pending.message);
    expect(error.fields).toBeUndefined();
    expect("cause" in error).toBe(false);
  });

  it("carries what is specific to it", () => {
    const cause = new Error("connection reset");
    const error = new AppError("rate_limited", {
      message: "Please wait a minute.",
      fields: { "account.email": "Please enter an e-mail address." },
      retryAfter: 60,
      cause,
    });
    expect(error).toMatchObject({ status: 429, message: "Please wait a minute.", retryAfter: 60 });
    expect(error.fields).toEqual({ "account.email": "Please enter an e-mail address." });
    expect(error.cause).toBe(cause);
  });
});
