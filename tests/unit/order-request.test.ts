import { describe, expect, test } from "vitest";
import { confirmationPath } from "@/components/orders/confirmation-path";
import { findErrors, readOrder } from "@/components/orders/order-request";

const typed = (values: Record<string, string>) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(values)) form.set(name, value);
  return form;
};

const FILLED = {
  "account.email": " lerato@example.test ",
  "account.password": " long enough ",
  "account.first_name": "Lerato",
  "account.last_name": "Mokoena",
  "account.phone": "082 123 4567",
  "account.address.line1": "1 Main Road",
  "account.address.city": "Cape Town",
  "account.address.postal_code": "8001",
};

describe("the order that a form sends", () => {
  test("has trimmed texts and the password exactly as typed", async () => {
    const order = readOrder(typed(FILLED), "fibre");
    expect(order).toMatchObject({
      package_slug: "fibre",
      account: { email: "lerato@example.test", password: " long enough ", address: { line2: "" } },
    });
    expect(order.referral_code).toBeUndefined();
    expect(await findErrors(order)).toEqual({});
  });

  test("says nothing of a code, names it, or says that the person took it away", () => {
    const codeOf = (values: Record<string, string>) =>
      readOrder(typed({ ...FILLED, ...values }), "fibre").referral_code;
    expect(codeOf({ referral_code: " " })).toBeUndefined();
    expect(codeOf({ referral_code: " REF-7K2M9QXA " })).toBe("REF-7K2M9QXA");
    expect(codeOf({ referral_code: "", referral_code_cleared: "1" })).toBeNull();
    // Left out of the JSON altogether, which is what the server tells from null.
    expect(JSON.stringify(readOrder(typed(FILLED), "fibre"))).not.toContain("referral_code");
  });

  test("has one sentence per wrong field, by the name of the field", async () => {
    const errors = await findErrors(
      readOrder(typed({ ...FILLED, "account.phone": "12" }), "fibre"),
    );
    expect(errors).toEqual({ "account.phone": "Enter a phone number like 082 123 4567." });
    expect(Object.keys(await findErrors(readOrder(typed({}), "fibre")))).toContain(
      "account.address.line1",
    );
  });
});

describe("the address of the confirmation", () => {
  const placed = {
    order_id: "10000000-0000-4000-8000-000000000000",
    order_number: "4K7-M2P",
    customer_id: "20000000-0000-4000-8000-000000000000",
  };

  test("names the order, the package and the referral, and no person", () => {
    const path = confirmationPath(
      { ...placed, referral: { status: "recorded" }, signed_in: true },
      "fibre 50",
    );
    expect(path).toBe(
      `/order/confirmation?order=${placed.order_id}&number=4K7-M2P&package=fibre+50&referral=recorded`,
    );
  });

  test("says why a code was not applied, and that the e-mail address must be confirmed", () => {
    const path = confirmationPath(
      {
        ...placed,
        referral: { status: "not_applied", reason: "invalid_code" },
        signed_in: false,
      },
      "fibre",
    );
    expect(path).toContain("referral=not_applied&reason=invalid_code&confirm=1");
  });
});
