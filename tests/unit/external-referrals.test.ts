import { describe, expect, test } from "vitest";
import { AppError, type ErrorCode } from "@/lib/errors";
import { answered } from "@/lib/orders/api-caller";
import {
  externalEventSchema,
  externalReferralSchema,
} from "@/lib/orders/external-referral-schemas";

const order = { external_id: "ORD-1", referral_code: " REF-7K3M9Q2A " };

const fieldsOf = (value: object): string[] => {
  const parsed = externalReferralSchema.safeParse(value);
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join("."));
};

describe("an order of another system", () => {
  test("needs its id and a code; what is not known may be null", () => {
    expect(fieldsOf({})).toEqual(["external_id", "referral_code"]);
    expect(fieldsOf({ ...order, referral_code: "  " })).toEqual(["referral_code"]);
    expect(
      externalReferralSchema.parse({ ...order, email: null, phone: null, address: null }),
    ).toEqual({ external_id: "ORD-1", referral_code: "REF-7K3M9Q2A" });
  });

  test.each(["", " ", "a b", "a/b", ".", "..", "-a", "é", "x".repeat(129), "a\n"])(
    "has no id like %j",
    (external_id) => {
      expect(fieldsOf({ ...order, external_id })).toEqual(["external_id"]);
    },
  );

  test.each(["1", "ORD-2026_11.30:7~a", "x".repeat(128)])("may have the id %s", (external_id) => {
    expect(fieldsOf({ ...order, external_id })).toEqual([]);
  });

  test.each([
    ["Thandi", "Thandi", ""],
    ["Thandi Nkosi", "Thandi", "Nkosi"],
    [" Jan  van der Merwe ", "Jan", "van der Merwe"],
  ])("reads the name %j as first and last name", (name, first_name, last_name) => {
    expect(externalReferralSchema.parse({ ...order, name }).name).toEqual({
      first_name,
      last_name,
    });
  });

  test.each(["", "R2D2", "Thandi 99", "x@y.example", "a".repeat(700)])(
    "refuses the name %j",
    (name) => {
      expect(fieldsOf({ ...order, name })).toEqual(["name"]);
    },
  );

  test("keeps an instant in one notation, whatever its offset is", () => {
    const at = (text: string) => externalEventSchema.parse({ type: "activated", at: text }).at;
    expect(at("2026-11-30T10:00:00+02:00")).toBe("2026-11-30T08:00:00.000Z");
    expect(at("2026-11-30T08:00:00Z")).toBe("2026-11-30T08:00:00.000Z");
    for (const text of ["2026-02-30T00:00:00Z", "2026-11-30", "2026-11-30T08:00:00", "now"]) {
      expect(externalEventSchema.safeParse({ type: "activated", at: text }).success).toBe(false);
    }
  });
});

describe("the answer of a call with an API key", () => {
  const refusalOf = (refusal: {
    code: ErrorCode;
    field?: string;
    retry_after?: number;
  }): AppError => {
    try {
      answered<{ answer: string }>({ refusal });
    } catch (error) {
      if (error instanceof AppError) return error;
    }
    throw new Error("not refused");
  };

  test("is the answer, or an error with its status, its field and the time to wait", () => {
    expect(answered({ answer: "yes" })).toEqual({ answer: "yes" });
    expect(refusalOf({ code: "unauthenticated" })).toMatchObject({ status: 401 });
    expect(refusalOf({ code: "rate_limited", retry_after: 7 })).toMatchObject({
      status: 429,
      retryAfter: 7,
    });
    expect(refusalOf({ code: "invalid_request", field: "at" }).fields).toEqual({
      at: expect.any(String),
    });
    expect(refusalOf({ code: "event_out_of_order", field: "suspended" }).message).toContain(
      "suspended",
    );
  });
});
