import { describe, expect, test } from "vitest";
import { AppError } from "@/lib/errors";
import { textsIn } from "@/lib/language/catalogue";
import { homeSchema } from "@/lib/orders/coverage";
import { readCoverageFile } from "@/lib/orders/coverage-file";
import { stepsAfterOrder, stepsToConnect } from "@/lib/orders/getting-connected";
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

describe("a list of suburbs that cannot be read", () => {
  const HEAD = "suburb,city,postal_code,covered";
  const refusal = (text: string): string => {
    try {
      readCoverageFile(text);
      return "";
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "invalid_request") throw error;
      return error.message;
    }
  };

  test.each([
    [`${HEAD}\n,Cape Town,8001,yes`, "row 2: suburb and city need 1 to 80 characters"],
    [`${HEAD}\nGardens,${"x".repeat(81)},8001,yes`, "suburb and city need 1 to 80 characters"],
    [`${HEAD}\nGar\u0000dens,Cape Town,8001,yes`, "suburb and city need 1 to 80 characters"],
    [`${HEAD}\nGardens,Cape Town,0000,yes`, "the postal code needs 4 digits"],
    [`${HEAD}\nGardens,Cape Town,8001,maybe`, "covered is neither yes nor no"],
    [
      `${HEAD}\nGardens,Cape Town,8001,yes\nGardens`,
      "row 3: suburb and city need 1 to 80 characters",
    ],
    ["", "Missing: suburb, city, postal_code, covered."],
    ["suburb,city,covered\nGardens,Cape Town,yes", "Missing: postal_code."],
    [`${HEAD}\n${"Gardens,Cape Town,8001,yes\n".repeat(50_001)}`, "more than 50000 rows"],
  ])("says why: %#", (text, reason) => {
    expect(refusal(text)).toContain(reason);
  });

  test("names ten rows, no more", () => {
    const named = refusal(`${HEAD}\n${",,,\nX,Y,1,q\n".repeat(20)}`).match(/row \d+/g);
    expect(named).toHaveLength(10);
  });
});

describe("getting connected", () => {
  test("is told alike before and after an order, with how long it takes where that is known", () => {
    const t = textsIn("en", "connecting");
    const before = stepsToConnect(12, t);
    const after = stepsAfterOrder(12, t);
    expect(before.slice(1)).toEqual(after.slice(1));
    expect(before.map(({ title }) => title)).toEqual([
      "You order online",
      "A technician comes to your home",
      "You are online",
    ]);
    expect(after[0]?.title).toBe("We call you");
    expect(before[1]?.text).toContain("within 12 days of the order");
    expect(stepsToConnect(1, t)[1]?.text).toContain("within 1 day of the order");
    expect(stepsAfterOrder(null, t)[1]?.text).not.toContain("within");
    expect(t("samePrice")).toContain("the same with and without an invitation");
  });
});

test("a form without a home is an empty one, not a broken one", () => {
  expect(homeOf({})).toMatchObject({ line1: "", city: "", postal_code: "" });
});

test("the addresses of order and confirmation name the package and the order, and no person", () => {
  expect(orderPath("fibre 50")).toBe("/order/account?package=fibre%2050");
  expect(confirmationPath("10000000-0000-4000-8000-000000000000")).toBe(
    "/order/confirmation?order=10000000-0000-4000-8000-000000000000",
  );
});
