import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type MessageFormatElement, parse, TYPE } from "@formatjs/icu-messageformat-parser";
import { describe, expect, test } from "vitest";
import { parseAst } from "vitest/node";
import { textsIn } from "@/lib/language/catalogue";
import { LANGUAGES } from "@/lib/language/languages";
import { af } from "@/lib/language/messages/af";
import { en } from "@/lib/language/messages/en";
import { zu } from "@/lib/language/messages/zu";

/*
 * Types know the keys of texts. What a text needs to be filled in they do not know, so this reads each
 * call of app, components and lib, and compares it with the text that it names.
 */

const root = fileURLToPath(new URL("../..", import.meta.url));
const catalogues = { en, af, zu };

type Tree = { readonly [key: string]: string | Tree };

function flat(tree: Tree, path = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === "string" ? [[`${path}${key}`, value]] : flat(value, `${path}${key}.`),
  );
}

/** All elements of a message, those in its tags and branches included. */
function elementsOf(elements: readonly MessageFormatElement[]): MessageFormatElement[] {
  return elements.flatMap((element) => {
    if (element.type === TYPE.tag) return [element, ...elementsOf(element.children)];
    if (element.type === TYPE.plural || element.type === TYPE.select) {
      const branches = Object.values(element.options).flatMap(({ value }) => elementsOf(value));
      return [element, ...branches];
    }
    return [element];
  });
}

const namesIn = (text: string): string[] =>
  elementsOf(parse(text)).flatMap((element) =>
    element.type === TYPE.literal || element.type === TYPE.pound ? [] : [element.value],
  );

/** Every value and tag that a text of an area names in any language, by key. */
const needed = new Map(
  Object.keys(en).map((area) => {
    const names = new Map<string, Set<string>>();
    for (const texts of Object.values(catalogues)) {
      for (const [key, text] of flat(texts[area as keyof typeof en])) {
        names.set(key, new Set([...(names.get(key) ?? []), ...namesIn(text)]));
      }
    }
    return [area, names] as const;
  }),
);

/** A node of a parsed source file. */
interface Node {
  type: string;
  start: number;
  end: number;
  [property: string]: unknown;
}
const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";
const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode);
const nodesOf = (node: Node): Node[] => [node, ...childrenOf(node).flatMap(nodesOf)];

const textOf = (node: unknown): string | null =>
  isNode(node) && node.type === "Literal" && typeof node.value === "string" ? node.value : null;
const nameOf = (node: unknown): string | null =>
  isNode(node) && node.type === "Identifier" ? (node.name as string) : null;
const list = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);

/** The area of `pageTexts("x")`, `useTexts("x")` or `textsIn(language, "x")`, awaited or not. */
function areaOfCall(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (node.type === "AwaitExpression") return areaOfCall(node.argument);
  if (node.type !== "CallExpression") return null;
  const given = list(node.arguments);
  const maker = nameOf(node.callee);
  if (maker === "pageTexts" || maker === "useTexts") return textOf(given[0]);
  return maker === "textsIn" ? textOf(given[1]) : null;
}

/** The area of the type `Texts<"x">`, or of an alias of it. */
function areaOfType(node: unknown, aliases: ReadonlyMap<string, string>): string | null {
  if (!isNode(node) || node.type !== "TSTypeReference") return null;
  const name = nameOf(node.typeName) ?? "";
  if (name !== "Texts") return aliases.get(name) ?? null;
  const [area] = isNode(node.typeArguments) ? list(node.typeArguments.params) : [];
  return area ? textOf(area.literal) : null;
}

/** Which names of a file hold the texts of which areas. */
function holdersIn(nodes: readonly Node[]): Map<string, Set<string>> {
  const aliases = new Map<string, string>();
  for (const node of nodes.filter(({ type }) => type === "TSTypeAliasDeclaration")) {
    const area = areaOfType(node.typeAnnotation, aliases);
    if (area !== null) aliases.set(nameOf(node.id) ?? "", area);
  }
  const holders = new Map<string, Set<string>>();
  const hold = (name: string | null, area: string | null) => {
    if (name !== null && area !== null) {
      holders.set(name, new Set([...(holders.get(name) ?? []), area]));
    }
  };
  const annotated = (node: unknown) =>
    isNode(node) && node.type === "TSTypeAnnotation" ? node.typeAnnotation : null;
  for (const node of nodes) {
    if (node.type === "Identifier")
      hold(nameOf(node), areaOfType(annotated(node.typeAnnotation), aliases));
    if (node.type === "TSPropertySignature") {
      hold(nameOf(node.key), areaOfType(annotated(node.typeAnnotation), aliases));
    }
    if (node.type !== "VariableDeclarator" || !isNode(node.id)) continue;
    hold(nameOf(node.id), areaOfCall(node.init));
    if (node.id.type === "ArrayPattern") {
      // `const [t, ui] = await Promise.all([pageTexts("a"), pageTexts("b")])`
      const made = isNode(node.init) && isNode(node.init.argument) ? node.init.argument : null;
      const [promises] = made ? list(made.arguments) : [];
      const calls = promises ? (promises.elements as unknown[]) : [];
      (node.id.elements as unknown[]).forEach((one, index) => {
        hold(nameOf(one), areaOfCall(calls[index]));
      });
    }
  }
  return holders;
}

/** Keys that an expression may be, as patterns: a literal, a template, or a choice of these. */
function keysOf(node: Node | undefined): RegExp[] | null {
  if (!node) return null;
  const literal = textOf(node);
  const exactly = (text: string) => text.replaceAll(".", "\\.");
  if (literal !== null) return [new RegExp(`^${exactly(literal)}$`)];
  if (node.type === "TemplateLiteral") {
    const parts = list(node.quasis).map(({ value }) => (value as { cooked: string }).cooked);
    return [new RegExp(`^${parts.map(exactly).join("[^.]+")}$`)];
  }
  if (node.type === "ConditionalExpression") {
    const [yes, no] = [node.consequent, node.alternate].map((one) => keysOf(one as Node));
    return yes && no ? [...yes, ...no] : null;
  }
  return null;
}

type Objects = ReadonlyMap<string, readonly (readonly string[] | null)[]>;

/** The names of an object's properties; null where only a run of the code could tell. */
function givenNames(node: Node | undefined, objects: Objects): string[] | null {
  if (!node) return [];
  const name = nameOf(node);
  if (name !== null) {
    // What each constant of this name has, wherever in the file it stands.
    const [first, ...others] = objects.get(name) ?? [null];
    if (!first || others.includes(null)) return null;
    return first.filter((one) => others.every((other) => other?.includes(one)));
  }
  if (node.type !== "ObjectExpression") return null;
  const names = list(node.properties).map((property) => {
    if (property.type === "SpreadElement") {
      return givenNames(property.argument as Node, objects);
    }
    const key = nameOf(property.key) ?? textOf(property.key);
    return key === null ? null : [key];
  });
  return names.every((some) => some !== null) ? names.flat() : null;
}

/** The objects that constants of a file hold. */
function objectsIn(nodes: readonly Node[]): Objects {
  const objects = new Map<string, (string[] | null)[]>();
  for (const node of nodes.filter(({ type }) => type === "VariableDeclarator")) {
    const name = nameOf(node.id);
    if (name === null) continue;
    const isObject = isNode(node.init) && node.init.type === "ObjectExpression";
    const names = isObject ? givenNames(node.init as Node, new Map()) : null;
    objects.set(name, [...(objects.get(name) ?? []), names]);
  }
  return objects;
}

const sources = ["app", "components", "lib"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !name.startsWith("language/"))
    .map((name) => join(root, folder, name)),
);

interface Call {
  place: string;
  area: string;
  keys: string[];
  given: string[] | null;
}

/** The calls of a file that word a text. */
function callsIn(file: string): { known: Call[]; unknown: string[] } {
  const source = readFileSync(file, "utf8");
  const nodes = nodesOf(
    parseAst(source, { lang: file.endsWith("x") ? "tsx" : "ts" }) as unknown as Node,
  );
  const holders = holdersIn(nodes);
  const objects = objectsIn(nodes);
  const known: Call[] = [];
  const unknown: string[] = [];
  for (const node of nodes.filter(({ type }) => type === "CallExpression")) {
    const callee = node.callee as Node;
    const isRich = callee.type === "MemberExpression" && nameOf(callee.property) === "rich";
    const areas = holders.get(nameOf(isRich ? callee.object : callee) ?? "");
    if (!areas) continue;
    const line = source.slice(0, node.start).split("\n").length;
    const place = `${relative(root, file)}:${line}`;
    const [key, values] = list(node.arguments);
    const patterns = keysOf(key);
    const given = givenNames(values, objects);
    if (!patterns || given === null) {
      unknown.push(`${relative(root, file)}: ${source.slice(node.start, node.end)}`);
    }
    for (const area of patterns ? areas : []) {
      const keys = [...(needed.get(area)?.keys() ?? [])].filter((one) =>
        patterns?.some((pattern) => pattern.test(one)),
      );
      known.push({ place, area, keys, given });
    }
  }
  return { known, unknown };
}

const found = sources.map(callsIn);
const calls = found.flatMap(({ known }) => known);

describe("a call that words a text", () => {
  test("is found, in all its forms", () => {
    expect(calls.length).toBeGreaterThan(600);
    expect(calls.filter(({ keys }) => keys.length === 0)).toEqual([]);
  });

  test("hands over every value and tag that the text names in any language", () => {
    const missing = calls.flatMap(({ place, area, keys, given }) =>
      keys.flatMap((key) =>
        [...(needed.get(area)?.get(key) ?? [])]
          .filter((name) => given !== null && !given.includes(name))
          .map((name) => `${place}: ${area}.${key} needs ${name}`),
      ),
    );
    expect(missing).toEqual([]);
  });

  test("hands over nothing that no language names", () => {
    const idle = calls.flatMap(({ place, area, keys, given }) =>
      (given ?? [])
        .filter((name) => !keys.some((key) => needed.get(area)?.get(key)?.has(name)))
        .map((name) => `${place}: ${name}`),
    );
    expect(idle).toEqual([]);
  });

  test("takes its key from a table only here, where the texts need no other values", () => {
    expect(found.flatMap(({ unknown }) => unknown).toSorted()).toEqual([
      "components/account/profile/profile-form.tsx: person(hint)",
      "components/account/profile/profile-form.tsx: person(label)",
      "components/account/shell/customer-shell.tsx: t(link.label)",
      "components/account/sign-in/email-link-form.tsx: t(words.button)",
      'components/account/sign-in/email-link-form.tsx: t(words.sent, { email: state.values.email ?? "" })',
      "components/account/survey/survey-form.tsx: t(label)",
      "components/admin/customers/account/change-details.tsx: person(label)",
      "components/orders/details-step.tsx: person(hint)",
      "components/orders/details-step.tsx: person(label)",
      "components/orders/home-fields.tsx: person(field.hint)",
      "components/orders/home-fields.tsx: person(field.label)",
      "components/orders/order-progress.tsx: t(one.label)",
      "components/orders/order-summary.tsx: t(key)",
      "components/public/shell/public-header.tsx: t(link.label)",
      "lib/referrals/progress.ts: t(by, { ...more, days, date })",
    ]);
  });
});

describe("a text", () => {
  test("that lacks a value fails loudly in tests", () => {
    const t = textsIn("en", "auth");
    expect(() => t("newPassword.forEmail")).toThrow("email");
  });

  test.each(LANGUAGES)("of %s that counts has a word for one and a word for others", (language) => {
    for (const [path, text] of flat(catalogues[language])) {
      for (const element of elementsOf(parse(text))) {
        if (element.type !== TYPE.plural) continue;
        const branches = Object.keys(element.options);
        expect.soft(branches, path).toContain("other");
        expect
          .soft(
            ["one", "=1"].some((one) => branches.includes(one)),
            path,
          )
          .toBe(true);
      }
    }
  });
});
