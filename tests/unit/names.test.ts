import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  DISPLAY_NAME_LENGTH,
  displayName,
  hasUnshowableCharacter,
  nameProblem,
  personName,
} from "@/lib/identity/names";
import { HONEST_NAMES, NO_NAMES } from "@/tests/support/names";

const firstName = personName("Enter your first name.");

describe("a name of a person", () => {
  test.each(HONEST_NAMES.map((name) => [name]))("can be %s", (name) => {
    expect(nameProblem(name)).toBeNull();
    expect(firstName.parse(` ${name} `)).toBe(name);
  });

  test.each(NO_NAMES)("cannot be %s: %j", (_kind, text) => {
    expect(nameProblem(text)).toMatch(/\.$/);
    expect(firstName.safeParse(text).success).toBe(false);
  });

  test("is trimmed, and runs of spaces become one", () => {
    expect(firstName.parse("  Mary \u00a0 Jane ")).toBe("Mary Jane");
  });

  test("has to be filled in", () => {
    for (const nothing of ["", "   ", undefined, null, 7]) {
      expect(firstName.safeParse(nothing).error?.issues[0]?.message).toBe("Enter your first name.");
    }
  });

  test("never holds a web or e-mail address, whatever surrounds it", () => {
    const word = fc.stringMatching(/^[a-z]{2,8}$/);
    const address = fc.oneof(
      fc
        .tuple(word, fc.constantFrom("com", "co.za", "io"), fc.constantFrom(".", "。", "．"))
        .map(([name, ending, dot]) => `${name}${dot}${ending}`),
      fc.tuple(word, word).map(([name, host]) => `${name}@${host}`),
      word.map((host) => `https://${host}`),
      word.map((path) => `${path}/x`),
    );
    fc.assert(
      fc.property(fc.constantFrom("", "Thandi ", "Li-"), address, (before, one) => {
        expect(nameProblem(before + one)).not.toBeNull();
      }),
    );
  });
});

describe("a name that other people are shown", () => {
  test("is the whole name up to 20 characters, and then ends in an ellipsis", () => {
    expect(displayName("Thandi")).toBe("Thandi");
    expect(displayName("Wolfgangamadeusabcde")).toBe("Wolfgangamadeusabcde");
    expect(displayName("Your account is locked call us")).toBe("Your account is loc…");
    expect(displayName("Bartholomew Maximilian")).toBe("Bartholomew Maximil…");
    // The space before the cut goes as well.
    expect(displayName("Bartholomew Maximus John")).toBe("Bartholomew Maximus…");
  });

  test("keeps every letter with its marks", () => {
    const letter = "क्षि";
    expect(displayName(letter.repeat(30))).toBe(`${letter.repeat(19)}…`);
    const family = "👨‍👩‍👧‍👦";
    expect(displayName(family.repeat(21))).toBe(`${family.repeat(19)}…`);
  });

  test("is one line without direction marks, and never longer than 20 characters", () => {
    const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
        const shown = displayName(text);
        expect(hasUnshowableCharacter(shown)).toBe(false);
        expect([...segmenter.segment(shown)].length).toBeLessThanOrEqual(DISPLAY_NAME_LENGTH);
        expect(displayName(shown)).toBe(shown);
      }),
    );
  });
});
