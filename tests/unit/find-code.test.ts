import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ALPHABET,
  findCode,
  findLinkedCode,
  findReferralCode,
  sameCode,
  shortLinkTarget,
} from "@/lib/referrals/referral-code";
import { sharedCodeSchema } from "@/lib/referrals/schemas";

const CODE = "REF-7K2M9QXA";
const SITE = "https://acme.example";

const body = fc
  .array(fc.constantFrom(...ALPHABET), { minLength: 8, maxLength: 8 })
  .map((characters) => characters.join(""));
const code = fc
  .tuple(fc.stringMatching(/^[A-Z][A-Z0-9]{1,7}$/), body)
  .map(([prefix, characters]) => `${prefix}-${characters}`);

describe("the query of a link holds its code", () => {
  test.each([
    [`?ref=${CODE}`],
    ["?ref=ref-7k2m9qxa"],
    ["?REF=REF-7K2M9QXA"],
    ["?Ref=7K2M9QXA"],
    [`?utm_source=x&ref=${CODE}&utm_medium=y`],
    [`?utm_source=x&amp;ref=${CODE}&amp;utm_medium=y`],
    [`?amp;ref=${CODE}`],
    [`?utm_source=x?ref=${CODE}`],
    [`?ref=${CODE}?utm_source=x`],
    [`?ref=${CODE}/`],
    [`?ref=${CODE}.`],
    [`?ref=${CODE},`],
    [`?ref=${CODE})`],
    [`?ref=${CODE}*`],
    [`?ref=*${CODE}*`],
    [`?ref=_${CODE}_`],
    [`?ref=%22${CODE}%22`],
    [`?ref=%E2%80%9C${CODE}%E2%80%9D`],
    [`?ref=[${CODE}]`],
    [`?ref=<${CODE}>`],
    [`?ref=${CODE}%20is%20my%20code`],
    [`?ref=${CODE}+is+my+code`],
    ["?ref=REF+7K2M+9QXA"],
    ["?ref=REF%207K2M9QXA"],
    [`?ref%3D${CODE}`],
    [`?u=https%3A%2F%2Facme.example%2F%3Fref%3D${CODE}`],
    [`?u=https%253A%252F%252Facme.example%252F%253Fref%253D${CODE}`],
    [`?ref=nothing&ref=${CODE}`],
    [`?ref=${CODE}&ref=`],
    [`?ref=${CODE}&ref=nothing!`],
    [`?ref=REF-AAAAAAAA&ref=${CODE}`],
    [`?a=%zz&ref=${CODE}`],
  ])("%s", (search) => {
    expect(findLinkedCode(search)?.slice(-8)).toBe("7K2M9QXA");
  });

  test.each([
    [""],
    ["?"],
    ["?ref="],
    ["?ref=nothing!"],
    ["?ref=%00"],
    ["?ref=%F0%9F%8E%89"],
    [`?href=${CODE}`],
    [`?xref=${CODE}`],
    [`?code=${CODE}`],
  ])("or none: %s", (search) => {
    expect(findLinkedCode(search)).toBeNull();
  });
});

describe("the code is found in what people paste", () => {
  test.each([
    [CODE],
    ["ref-7k2m9qxa"],
    ["  REF 7K2M 9QXA  "],
    ["REF7K2M9QXA"],
    ["7K2M9QXA"],
    ["7k2m-9qxa"],
    ["R E F 7 K 2 M 9 Q X A"],
    ["“REF-7K2M9QXA”"],
    ["*REF-7K2M9QXA*"],
    ["_REF-7K2M9QXA_"],
    ["(REF-7K2M9QXA)."],
    ["my code is 7K2M9QXA"],
    ["is 7K2M9QXA"],
    ["REF-7K2M9QXA is mine"],
    ["邀请码REF-7K2M9QXA来"],
    ["use-code-REF-7K2M9QXA"],
    [`${SITE}/?ref=${CODE}`],
    [`${SITE}/r/${CODE}`],
    [`${SITE}/R/ref-7k2m9qxa/fibre-100.`],
    [`https://wa.me/?text=Join%20me%20${encodeURIComponent(`${SITE}/?ref=${CODE}`)}`],
    [`Hi! I am self-employed and love the internet. Join me: ${SITE}/?ref=${CODE} Thandi 🎉`],
    [`<a href="${SITE}/?utm=1&amp;ref=${CODE}">my link</a>`],
    [`${"a long story. ".repeat(100)}${CODE}`],
  ])("%s", (text) => {
    expect(findReferralCode(text)?.slice(-8)).toBe("7K2M9QXA");
  });

  test("and of several the last one, a link first", () => {
    expect(findReferralCode("REF-AAAA2222 no, REF-7K2M9QXA")).toBe(CODE);
    expect(findReferralCode(`${SITE}/?ref=${CODE} or REF-AAAA2222`)).toBe(CODE);
    expect(findReferralCode(`${SITE}/?ref=REF-AAAA2222 ${SITE}/?ref=${CODE}`)).toBe(CODE);
  });

  test.each([
    [""],
    ["   "],
    ["Hello, do you have the internet at home?"],
    ["I remember Thursday"],
    ["my internet"],
    ["I am 25 and tall"],
    ["I am self-employed"],
    ["Call 082 123 4567 or +27 82 123 4567"],
    ["2026-11-30T08:00:00Z"],
    ["123e4567-e89b-12d3-a456-426614174000"],
    ["https://acme.example/packages?utm_source=whatsapp"],
    ["thandi.nkosi@example.com"],
    ["R 1 234 567,89"],
    ["'; drop table customers; --"],
  ])("and none in %j", (text) => {
    expect(findReferralCode(text)).toBeNull();
  });

  test("whatever text surrounds it", () => {
    // Text that holds no code of its own, and is divided from the code.
    const around = fc
      .oneof(fc.string(), fc.string({ unit: "grapheme" }), fc.lorem())
      .filter((text) => findReferralCode(text) === null && !/ref\s*=|\/r\/|[%&]/i.test(text));
    const divider = fc.constantFrom(" ", "\n", ": ", "“", "(", "*", ", ", "…", "。");
    fc.assert(
      fc.property(around, divider, code, divider, around, (before, one, wanted, two, after) => {
        expect(findReferralCode(before + one + wanted + two + after)).toBe(wanted);
      }),
      { numRuns: 500 },
    );
  });

  test("in a link that is wrapped, encoded and followed by anything", () => {
    const text = fc.stringMatching(/^[a-z ,.!'"()*]{0,30}$/);
    const link = fc.constantFrom(
      (one: string) => `${SITE}/?ref=${one}`,
      (one: string) => `${SITE}/packages?utm_source=x&amp;REF=${one}`,
      (one: string) => `${SITE}/?a=b?ref=${one.toLowerCase()}`,
      (one: string) => `${SITE}/r/${one}/fibre-100`,
      (one: string) => `${SITE}/R/${one.toLowerCase()}`,
      (one: string) => `https://x.example/l?u=${encodeURIComponent(`${SITE}/?ref=${one}`)}`,
    );
    fc.assert(
      fc.property(text, link, code, text, (before, linkOf, wanted, after) => {
        expect(findReferralCode(`${before} ${linkOf(wanted)} ${after}`)).toBe(wanted);
      }),
      { numRuns: 500 },
    );
  });

  test("and random text finds none, and never fails", () => {
    // A word alone may be a code, so a text has several.
    const sentence = fc.lorem({ maxCount: 20 }).filter((text) => text.split(" ").length > 2);
    // Between 8 and 16 letters and digits alone may be a code as well.
    const noise = fc
      .string({ unit: "binary", maxLength: 300 })
      .filter((text) => !/^(?:[A-Za-z0-9]){8,16}$/.test(text.replace(/[^A-Za-z0-9]/g, "")));
    fc.assert(
      fc.property(fc.oneof(noise, sentence), (text) => {
        expect(findReferralCode(text)).toBeNull();
      }),
      { numRuns: 1_000 },
    );
  });

  test("in a bounded time, however hostile the text", () => {
    for (const text of [
      "%25".repeat(9_000),
      "ref=".repeat(9_000),
      "A-".repeat(20_000),
      "/r/".repeat(9_000),
    ]) {
      const start = performance.now();
      findReferralCode(text);
      expect(performance.now() - start).toBeLessThan(1_000);
    }
  });
});

test("two spellings of one code are one, also without a prefix", () => {
  expect(sameCode(CODE, CODE.slice(-8))).toBe(true);
  expect(sameCode(CODE, "FIBRE-7K2M9QXA")).toBe(true);
  expect(sameCode(CODE, "REF-7K2M9QXB")).toBe(false);
});

test("what cannot be decoded stands for itself, and digits alone need the prefix", () => {
  expect(findReferralCode(`100%ff off: ${CODE}`)).toBe(CODE);
  expect(findReferralCode("see ref-01234567 there")).toBe("REF-01234567");
  expect(findReferralCode("see FIB-01234567 there")).toBe("FIB-01234567");
  expect(findReferralCode("call fax-01234567 there")).toBeNull();
});

test("a shared text is cut to what is read, and refused when it is empty", () => {
  const schema = sharedCodeSchema("Enter a code.");
  expect(schema.parse(`  ${"x".repeat(9_000)}`).length).toBeLessThan(9_000);
  expect(schema.parse("\ud800 code")).toBe("\ufffd code");
  expect(schema.safeParse("  ").error?.issues[0]?.message).toBe("Enter a code.");
  expect(schema.safeParse(7).error?.issues[0]?.message).toBe("Enter a code.");
});

test("half a code being typed is never certain", () => {
  for (let length = 1; length < CODE.length; length += 1) {
    expect(findCode(CODE.slice(0, length))?.isCertain ?? false).toBe(false);
  }
  for (let length = 1; length < "REFX-7K2M9QXA".length; length += 1) {
    expect(findCode("REFX-7K2M9QXA".slice(0, length))?.isCertain ?? false).toBe(false);
  }
  expect(findCode(CODE)).toEqual({ code: CODE, isCertain: true });
});

describe("a short link leads to", () => {
  test.each([
    [[CODE], `/packages?ref=${CODE}`],
    [["ref-7k2m9qxa"], `/packages?ref=${CODE}`],
    [[`*${CODE}*`], `/packages?ref=${CODE}`],
    [[CODE, "fibre-100"], `/order/account?package=fibre-100&ref=${CODE}`],
    [[CODE, "Fibre-100", "x"], `/order/account?package=fibre-100&ref=${CODE}`],
    [[CODE, "//evil.example"], `/packages?ref=${CODE}`],
    [["no-code"], "/packages"],
    [["no-code", "fibre-100"], "/order/account?package=fibre-100"],
    [["//evil.example"], "/packages"],
    [[], "/packages"],
  ])("%j: %s", (segments, target) => {
    expect(shortLinkTarget(segments)).toBe(target);
  });
});
