import { describe, expect, test } from "vitest";
import { AppError } from "@/lib/errors";
import { homeSchema } from "@/lib/orders/coverage";
import { readCoverageFile } from "@/lib/orders/coverage-file";
import { confirmationPath, givenCode, homeOf, orderPath } from "@/lib/orders/order-form";

describe("the fields of the order form", () => {
  test("say nothing of a code, name it, or say that the person took it away", () => {
    expect(givenCode({ referral_code: " " })).toBeUndefined();
    expect(givenCode({})).toBeUndefined();
    expect(givenCode({ referral_code: " REF-7K2M9QXA " })).toBe("REF-7K2M9QXA");
    expect(givenCode({ referral_code: "", referral_code_cleared: "1" })).toBeNull();
    // Without scripts: the page had filled in the code, and it came back empty.
    expect(givenCode({ referral_code: "", referral_code_offered: "REF-7K2M9QXA" })).toBeNull();
  });

  test("hold a home with a postal code of four digits, however it was typed", () => {
    const typed = { "account.address.line1": " 1 Main Road ", "account.address.city": "Cape Town" };
    const read = (code: string) =>
      homeSchema.safeParse(homeOf({ ...typed, "account.address.postal_code": code }));
    expect(read(" 80 01 ").data).toMatchObject({ line1: "1 Main Road", postal_code: "8001" });
    expect(read("８００１").data).toMatchObject({ postal_code: "8001" });
    for (const wrong of ["", "801", "80011", "ABCD"]) {
      expect(read(wrong).error?.issues.map(({ path }) => path.join("."))).toEqual(["postal_code"]);
    }
  });
});

describe("the list of suburbs", () => {
  test("is read from any separator, with the zeros that spreadsheets drop", () => {
    const text =
      "\ufeffSuburb;City;Postal code;Covered\nHatfield;Pretoria;83;Yes\n;;;\nBrooklyn;Pretoria;0181;\n";
    expect(readCoverageFile(text)).toEqual([
      { suburb: "Hatfield", city: "Pretoria", postal_code: "0083", is_covered: true },
      { suburb: "Brooklyn", city: "Pretoria", postal_code: "0181", is_covered: false },
    ]);
  });

  test("is refused as a whole when a row or a column cannot be read", () => {
    expect(() => readCoverageFile("suburb,city\nGardens,Cape Town")).toThrow(AppError);
    const rows = "suburb,city,postal_code,covered\nGardens,Cape Town,8001,yes\nX,Y,12345,maybe\n";
    expect(() => readCoverageFile(rows)).toThrow(/row 3: the postal code needs 4 digits/);
  });
});

test("the addresses of order and confirmation name the package and the order, and no person", () => {
  expect(orderPath("fibre 50")).toBe("/order/account?package=fibre%2050");
  expect(confirmationPath("10000000-0000-4000-8000-000000000000")).toBe(
    "/order/confirmation?order=10000000-0000-4000-8000-000000000000",
  );
});
