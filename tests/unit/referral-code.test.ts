import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ALPHABET,
  normaliseReferralCode,
  referralLink,
  referralShortLink,
} from "@/lib/referrals/referral-code";
import { parseReferralCookie, serialiseReferralCookie } from "@/lib/referrals/referral-cookie";

const body = fc
  .array(fc.constantFrom(...ALPHABET), { minLength: 8, maxLength: 8 })
  .map((characters) => characters.join(""));

describe("a code is accepted however people type it", () => {
  it.each([
    ["REF-7K2M9QXA", "REF-7K2M9QXA"],
    ["ref-7k2m9qxa", "REF-7K2M9QXA"],
    ["  REF 7K2M 9QXA  ", "REF-7K2M9QXA"],
    ["REF_7K2M.9QXA", "REF-7K2M9QXA"],
    ["REF7K2M9QXA", "REF-7K2M9QXA"],
    ["REF–7K2M—9QXA", "REF-7K2M9QXA"],
    ["ＲＥＦ－７Ｋ２Ｍ９ＱＸＡ", "REF-7K2M9QXA"],
    ["REF-7K2M\u200b9QXA\n", "REF-7K2M9QXA"],
    ["7K2M9QXA", "7K2M9QXA"],
    ["7k2m-9qxa", "7K2M9QXA"],
    ["REF-OIL0oil1", "REF-01100111"],
    ["FIBRE26-7K2M9QXA", "FIBRE26-7K2M9QXA"],
    ["OIL-7K2M9QXA", "OIL-7K2M9QXA"],
  ])("reads %j as %s", (raw, expected) => {
    expect(normaliseReferralCode(raw)).toBe(expected);
  });

  it.each([
    ["", "nothing"],
    ["---", "separators only"],
    ["7K2M9QX", "seven characters"],
    ["R-7K2M9QXA", "a prefix of one"],
    ["REFERRALS-7K2M9QXA", "a prefix of nine"],
    ["REF-7K2M9QXU", "a letter outside the alphabet"],
    ["REF-7K2M9QX!", "punctuation"],
    ["REF/7K2M9QXA", "a slash"],
    ["REF-7K2M9Q%A", "a wildcard"],
    ["R\u00c9F-7K2M9QXA", "a diacritic"],
    ["REF-7K2M9QX\u0410", "a Cyrillic letter"],
    ["REF-7K2M9QX\u0131", "a dotless i, whose capital is Latin"],
    ["REF-7K2M9QX\ud800", "half a character"],
    ["'; drop table", "an attempt"],
    [`${" ".repeat(60)}7K2M9QXA`, "input that is too long"],
  ])("refuses %j: %s", (raw) => {
    expect(normaliseReferralCode(raw)).toBeNull();
  });

  it("finds the same code behind any case, separators and confusable characters", () => {
    const misread: Record<string, string[]> = {
      "0": ["0", "O", "o"],
      "1": ["1", "I", "l", "L", "i"],
    };
    const separator = fc.constantFrom("", "", "-", " ", ".", "_", "\u00a0");
    const typed = body.chain((code) =>
      fc
        .tuple(
          fc.constantFrom("", "REF", "ref", "Ref"),
          ...[...code].map((character) =>
            fc
              .tuple(
                separator,
                fc.constantFrom(...(misread[character] ?? [character, character.toLowerCase()])),
              )
              .map((parts) => parts.join("")),
          ),
        )
        .map(([prefix, ...characters]) => ({ code, prefix, raw: prefix + characters.join("") })),
    );
    fc.assert(
      fc.property(typed, ({ code, prefix, raw }) => {
        expect(normaliseReferralCode(raw)).toBe(prefix === "" ? code : `REF-${code}`);
      }),
    );
  });

  it("never throws, and what it accepts is a code that it reads as itself", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[A-Za-z0-9 -]{7,20}$/)),
        (raw) => {
          const code = normaliseReferralCode(raw);
          if (code === null) return;
          expect(code).toMatch(/^(?:[A-Z0-9]{2,8}-)?[0-9A-HJKMNP-TV-Z]{8}$/);
          expect(normaliseReferralCode(code)).toBe(code);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("leaves out the letters that are misread", () => {
    expect(new Set(ALPHABET).size).toBe(32);
    expect(ALPHABET).not.toMatch(/[ILOU]/);
  });
});

describe("the link to share", () => {
  it("opens the home page with the code, whether or not the address ends in a slash", () => {
    const expected = "https://acme.example/?ref=REF-7K2M9QXA";
    expect(referralLink("https://acme.example", "REF-7K2M9QXA")).toBe(expected);
    expect(referralLink("https://acme.example/", "REF-7K2M9QXA")).toBe(expected);
    expect(referralShortLink("https://acme.example", "REF-7K2M9QXA")).toBe(
      "https://acme.example/r/REF-7K2M9QXA",
    );
  });
});

describe("the invitation survives its cookie", () => {
  it("for every name, raw or decoded by the framework, and needs no further encoding", () => {
    fc.assert(
      fc.property(body, fc.string({ unit: "grapheme", maxLength: 60 }), (code, firstName) => {
        const cookie = { code: `REF-${code}`, firstName };
        const value = serialiseReferralCookie(cookie);
        expect(value).toMatch(/^[A-Za-z0-9%\-_.!~*'()]+$/);
        expect(parseReferralCookie(value)).toEqual(cookie);
        expect(parseReferralCookie(decodeURIComponent(value))).toEqual(cookie);
      }),
    );
  });

  it("even for a name with half a character in it", () => {
    const value = serialiseReferralCookie({ code: "REF-7K2M9QXA", firstName: "Le\ud800" });
    expect(parseReferralCookie(value)?.firstName).toBe("Le\ufffd");
  });

  it.each([
    undefined,
    null,
    "",
    "REF-7K2M9QXA",
    "%",
    "%7B",
    "{}",
    "null",
    "[]",
    '{"code":"REF-7K2M9QXA"}',
    '{"code":"ref-7k2m9qxa","firstName":"Lerato"}',
    '{"code":"<script>","firstName":"Lerato"}',
    '{"code":1,"firstName":"Lerato"}',
    `{"code":"REF-7K2M9QXA","firstName":"${"x".repeat(201)}"}`,
  ])("and %j is simply no invitation", (value) => {
    expect(parseReferralCookie(value)).toBeNull();
  });

  it("never throws, whatever somebody puts into it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (value) => {
        expect(() => parseReferralCookie(value)).not.toThrow();
      }),
    );
  });
});
