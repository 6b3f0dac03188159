import { describe, expect, test } from "vitest";
import { amountText } from "@/components/forms/amount";
import { REASON_MAX, reasonError } from "@/components/forms/reason";
import { codeInWords } from "@/components/ui/wording";
import { parseAmount } from "@/lib/money";
import { countInWords, countOf, everyFriend, formatCount } from "@/lib/words";

describe("counts in sentences", () => {
  test.each([
    [0, "0"],
    [999, "999"],
    [1000, "1\u00a0000"],
    [1_234_567, "1\u00a0234\u00a0567"],
  ])("%d is grouped in threes with no-break spaces", (count, text) => {
    expect(formatCount(count)).toBe(text);
  });

  test("have their noun in the right number", () => {
    expect(countOf(1, "service")).toBe("1 service");
    expect(countOf(12_345, "service")).toBe("12\u00a0345 services");
    expect(countInWords(1, "friend")).toBe("one friend");
    expect(countInWords(2, "friend has", "friends have")).toBe("two friends have");
    expect([everyFriend(1), everyFriend(3)]).toEqual(["every friend", "every three friends"]);
  });

  test("codes without words of their own are read as words", () => {
    expect(codeInWords("reward.granted_twice")).toBe("Reward granted twice");
  });
});

describe("what is typed into a form", () => {
  test.each([
    ["799", 79_900],
    ["799.5", 79_950],
    ["1 299,50", 129_950],
    ["1\u00a0299", 129_900],
    ["0", 0],
    ["7.999", null],
    ["-1", null],
    ["", null],
  ])("the amount %j is %j cents", (text, cents) => {
    expect(parseAmount(text)).toBe(cents);
  });

  test("an amount is shown as it can be typed", () => {
    for (const cents of [0, 5, 79_900, 79_950]) expect(parseAmount(amountText(cents))).toBe(cents);
    expect(amountText(null)).toBe("");
  });

  test("a reason has the length that the API accepts, without the spaces around it", () => {
    expect(reasonError("   ")).toMatch(/give a reason/);
    expect(reasonError(" ok ")).toMatch(/at least 3 characters/);
    expect(reasonError(" yes ")).toBeNull();
    expect(reasonError("x".repeat(REASON_MAX))).toBeNull();
    expect(reasonError("x".repeat(REASON_MAX + 1))).toMatch(/shorten this to 500/);
  });
});
