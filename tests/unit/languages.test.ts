import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type MessageFormatElement, parse, TYPE } from "@formatjs/icu-messageformat-parser";
import { Fragment, isValidElement, type ReactNode } from "react";
import { describe, expect, test } from "vitest";
import { compiledTexts, textsIn } from "@/lib/language/catalogue";
import { dateIn, dateRangeIn, relativeDaysIn } from "@/lib/language/dates";
import { acceptedLanguage, LANGUAGES } from "@/lib/language/languages";
import { af } from "@/lib/language/messages/af";
import { en } from "@/lib/language/messages/en";
import { zu } from "@/lib/language/messages/zu";
import { failureIn, sentenceIn } from "@/lib/language/wording";

const folder = fileURLToPath(new URL("../../lib/language/messages", import.meta.url));

type Tree = { readonly [key: string]: string | Tree };

/** All texts of a catalogue by their path: `auth.signIn.title`. */
function flat(tree: Tree, path = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === "string" ? [[`${path}${key}`, value]] : flat(value, `${path}${key}.`),
  );
}

/** The values and tags that a message names, each once. */
function namesIn(elements: readonly MessageFormatElement[]): string[] {
  const names = elements.flatMap((element): string[] => {
    switch (element.type) {
      case TYPE.literal:
      case TYPE.pound:
        return [];
      case TYPE.tag:
        return [`<${element.value}>`, ...namesIn(element.children)];
      case TYPE.plural:
      case TYPE.select:
        return [
          element.value,
          ...Object.values(element.options).flatMap(({ value }) => namesIn(value)),
        ];
      default:
        return [element.value];
    }
  });
  return [...new Set(names)].toSorted();
}

const english = new Map(flat(en));
const drafts = { af, zu };

/** Files that a native reader has reviewed: `af/auth.ts`. */
const REVIEWED: readonly string[] = [];

describe("every language", () => {
  test.each(Object.entries(drafts))("%s has the texts of English, and no others", (_, texts) => {
    expect(flat(texts).map(([path]) => path)).toEqual([...english.keys()]);
    expect(flat(texts).filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  test.each(Object.entries(drafts))(
    "%s names the values and tags that English names",
    (_, texts) => {
      for (const [path, text] of flat(texts)) {
        const own = namesIn(parse(text));
        // A language that writes a count in digits leaves out the count in words.
        const given = namesIn(parse(english.get(path) ?? "")).filter(
          (name) => own.includes(name) || !/words$/i.test(name),
        );
        expect.soft(own, path).toEqual(given);
      }
    },
  );

  test.each(Object.keys(drafts))("%s says in each file that it is a draft", (language) => {
    const files = readdirSync(join(folder, language)).filter((file) => file !== "index.ts");
    for (const file of files.filter((name) => !REVIEWED.includes(`${language}/${name}`))) {
      const [first] = readFileSync(join(folder, language, file), "utf8").split("\n");
      expect(first, file).toBe("// Draft: a native reader has not reviewed these texts yet.");
    }
  });

  test("has twelve months and the numbers from zero to ten", () => {
    for (const texts of [en, af, zu]) {
      expect(texts.formats.months.split(" ")).toHaveLength(12);
      expect(texts.formats.numbers.split(" ")).toHaveLength(11);
    }
  });
});

describe("the language of a visitor", () => {
  test.each([
    [null, "en"],
    ["", "en"],
    ["af", "af"],
    ["zu-ZA,zu;q=0.9,en;q=0.8", "zu"],
    ["fr-FR, fr;q=0.9, af;q=0.4, en;q=0.3", "af"],
    ["en-ZA;q=0.5, af-ZA", "af"],
    ["af;q=0, en", "en"],
    ["af;q=broken, zu", "zu"],
    ["de", "en"],
    ["*", "en"],
    [",;;q=,".repeat(1_000), "en"],
  ])("%j is answered in %s", (header, language) => {
    expect(acceptedLanguage(header)).toBe(language);
  });
});

/** A node of React as the text that it shows. */
function shown(node: ReactNode): string {
  if (Array.isArray(node)) return node.map(shown).join("");
  if (isValidElement<{ children?: ReactNode }>(node)) {
    const inside = shown(node.props.children);
    return node.type === Fragment ? inside : `[${String(node.type)}: ${inside}]`;
  }
  return typeof node === "string" ? node : "";
}

describe("a text", () => {
  test("takes its values, and wraps what its tags hold", async () => {
    const { createElement } = await import("react");
    const t = textsIn("af", "auth");
    expect(t("newPassword.forEmail", { email: "a@b.test" })).toBe("Vir a@b.test");
    const rich = t.rich("signIn.newHere", { packages: (text) => createElement("a", null, text) });
    expect(shown(rich)).toBe(
      "Nuut hier? [a: Kies ’n pakket]. Jy kry jou rekening saam met die bestelling.",
    );
  });

  test("has its nouns in the number that the language asks for, and groups digits", () => {
    const said = (language: "en" | "af" | "zu", days: number) =>
      textsIn(language, "connecting")("technicianTextDays", { days });
    expect(said("en", 1)).toContain("within 1 day of");
    expect(said("en", 1_200)).toContain("within 1\u00a0200 days of");
    expect(said("af", 2)).toContain("binne 2 dae");
    expect(said("zu", 1)).toContain("ezingu-1");
  });

  test("of tests is longer than English and stands between marks, in every branch", () => {
    const t = textsIn("pseudo", "auth");
    const text = t("newPassword.forEmail", { email: "a@b.test" });
    expect(text).toMatch(/^⟦.*a@b\.test.*⟧$/);
    expect(text).toContain("Föŕ");
    const plain = textsIn("en", "auth");
    for (const key of ["signIn.title", "newPassword.hint", "security.teamNeeds"] as const) {
      expect(t(key).length).toBeGreaterThanOrEqual(plain(key).length * 1.4);
    }
  });

  test("can be handed to a browser: it is plain data", () => {
    const parts = (value: unknown): unknown[] =>
      typeof value === "object" && value !== null
        ? [value, ...Object.values(value).flatMap(parts)]
        : [];
    for (const language of [...LANGUAGES, "pseudo"] as const) {
      const foreign = parts(compiledTexts(language, "connecting")).filter(
        (part) => !Array.isArray(part) && Object.getPrototypeOf(part) !== Object.prototype,
      );
      expect(foreign).toEqual([]);
    }
  });

  test("that does not exist is a fault of the code", () => {
    const t = textsIn("en", "auth") as unknown as (key: string) => string;
    expect(() => t("signIn.nothing")).toThrow("signIn.nothing");
    expect(() => t("signIn")).toThrow();
  });
});

describe("dates, lists and counts", () => {
  const zone = "Africa/Johannesburg";
  const now = new Date("2026-12-14T08:00:00Z");

  test.each([
    ["en", "14 Mar 2026", "28 Apr – 3 May 2026", "in 5 days", "A, B and C"],
    ["af", "14 Mrt 2026", "28 Apr – 3 Mei 2026", "oor 5 dae", "A, B en C"],
    ["zu", "14 Mas 2026", "28 Eph – 3 Mey 2026", "ezinsukwini ezingu-5", "A, B kanye no-C"],
  ] as const)("are those of %s", (language, date, range, relative, list) => {
    const t = textsIn(language, "formats");
    expect(dateIn(t, "2026-03-14", zone)).toBe(date);
    expect(dateRangeIn(t, "2026-04-28", "2026-05-03")).toBe(range);
    expect(relativeDaysIn(t, "2026-12-19", now, zone)).toBe(relative);
    expect(t.list(["A", "B", "C"])).toBe(list);
    expect([t.list([]), t.list(["A"])]).toEqual(["", "A"]);
  });

  test("count from today in whole days of the zone", () => {
    const t = textsIn("af", "formats");
    const days = ["2026-12-13", "2026-12-14", "2026-12-15", "2026-12-11"];
    expect(days.map((day) => relativeDaysIn(t, day, now, zone))).toEqual([
      "gister",
      "vandag",
      "môre",
      "3 dae gelede",
    ]);
  });

  test("say small numbers in words where the language can", () => {
    const said = LANGUAGES.map((language) => textsIn(language, "formats").inWords(2));
    expect(said).toEqual(["two", "twee", "2"]);
    expect(textsIn("en", "formats").inWords(11)).toBe("11");
  });
});

describe("what is wrong with a request", () => {
  test("is said in the language of the page, with its numbers", () => {
    expect(sentenceIn("af", "Enter your password.")).toBe("Tik jou wagwoord in.");
    expect(sentenceIn("zu", "Keep this within 120 characters.")).toBe(
      "Gcina lokhu kungeqi izinhlamvu ezingu-120.",
    );
    expect(sentenceIn("af", "Please sign in to continue.")).toBe(
      "Teken asseblief aan om voort te gaan.",
    );
  });

  test("stays as it is in English, and where no sentence of ours is meant", () => {
    expect(sentenceIn("en", "Enter your password.")).toBe("Enter your password.");
    expect(sentenceIn("af", "Something of another server")).toBe("Something of another server");
  });

  test("is said beside every field", () => {
    const failure = {
      message: "Please check what you entered and try again.",
      fields: { email: "Enter your e-mail address." },
    };
    expect(failureIn("af", failure)).toEqual({
      message: "Gaan asseblief na wat jy ingevul het en probeer weer.",
      fields: { email: "Tik jou e-posadres in." },
    });
    expect(failureIn("af", { message: "x" }).fields).toBeUndefined();
  });
});
