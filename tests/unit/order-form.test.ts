import { describe, expect, test } from "vitest";
import { idempotencyKeySchema, searchSchema } from "@/lib/http/common-schemas";
import { createOrderSchema } from "@/lib/orders/schemas";

const order = (account: object = {}, rest: object = {}) => ({
  package_slug: "fibre",
  account: {
    email: "Lerato@Example.test",
    password: "long enough",
    first_name: " Lerato ",
    last_name: "Mokoena",
    phone: "082 123 4567",
    address: { line1: "1 Main Road", city: "Cape Town", postal_code: "8001" },
    ...account,
  },
  ...rest,
});

const problem = (value: unknown, path: string): string | undefined =>
  createOrderSchema.safeParse(value).error?.issues.find((issue) => issue.path.join(".") === path)
    ?.message;

describe("an order form", () => {
  test("is trimmed, and the phone is understood in every notation", () => {
    for (const phone of ["082 123 4567", "+27 82 123 4567", "0027821234567", "(082) 123-4567"]) {
      const { account } = createOrderSchema.parse(order({ phone }));
      expect(account).toMatchObject({ phone: "+27821234567", first_name: "Lerato" });
      expect(account.email).toBe("lerato@example.test");
    }
  });

  test.each([
    ["account.phone", { phone: "12" }, "Enter a phone number like 082 123 4567."],
    ["account.phone", { phone: "call me" }, "Enter a phone number like 082 123 4567."],
    ["account.email", { email: "a@b" }, "Enter an e-mail address like name@example.com."],
    ["account.password", { password: "1234567" }, /at least 8 characters/],
    ["account.password", { password: "x".repeat(73) }, /within 72 characters/],
    ["account.first_name", { first_name: "\u0007" }, /cannot be used/],
    ["account.last_name", { last_name: "x".repeat(51) }, /within 50 characters/],
    ["account.first_name", { first_name: "Win 1000" }, /no digits/],
    ["account.address", { address: undefined }, /./],
  ])("names %s when it is wrong: %j", (path, account, message) => {
    expect(problem(order(account), path)).toMatch(message);
  });

  test("tells a code that was left out from one that was removed", () => {
    const codeOf = (rest: object) => createOrderSchema.parse(order({}, rest)).referral_code;
    expect(codeOf({})).toBeUndefined();
    expect(codeOf({ referral_code: null })).toBeNull();
    expect(codeOf({ referral_code: "  " })).toBeNull();
    expect(codeOf({ referral_code: " ref 1234 5678 " })).toBe("ref 1234 5678");
    expect(codeOf({ referral_code: "x".repeat(10_000) })).toHaveLength(4_000);
    // Cut inside a character that takes two units, which the database would refuse.
    const halved = codeOf({ referral_code: `${"x".repeat(3_999)}🎉` });
    expect(halved).toHaveLength(4_000);
    expect(halved?.isWellFormed()).toBe(true);
  });

  test("leaves out what is left empty of an address", () => {
    const { address } = createOrderSchema.parse(
      order({
        address: { line1: "1 Main", line2: " ", suburb: "", city: "Durban", postal_code: "4001" },
      }),
    ).account;
    expect(address).toEqual({ line1: "1 Main", city: "Durban", postal_code: "4001" });
  });

  test.each([["k"], ["6f1b-…".replace("…", "z")], ["!~".repeat(100)]])(
    "takes the key %j",
    (key) => {
      expect(idempotencyKeySchema.safeParse(key).success).toBe(true);
    },
  );

  test.each([[""], ["a b"], ["é"], ["x".repeat(201)], ["a\nb"]])("refuses the key %j", (key) => {
    expect(idempotencyKeySchema.safeParse(key).success).toBe(false);
  });
});

test("an empty search is no search", () => {
  expect(searchSchema.parse("   ")).toBeUndefined();
  expect(searchSchema.parse(undefined)).toBeUndefined();
  expect(searchSchema.parse(" a_b% ")).toBe("a_b%");
});
