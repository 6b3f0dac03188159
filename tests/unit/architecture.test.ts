import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** Rules about what the code says. `.dependency-cruiser.mjs` holds those about who imports whom. */
const root = fileURLToPath(new URL("../..", import.meta.url));

type Source = { path: string; text: string; code: string };

/** Source without comments and without the contents of strings. */
function codeOf(text: string): string {
  return text.replace(
    /\/\*[\s\S]*?\*\/|(?<![:"'`\w])\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g,
    (match) => (match.startsWith("/") ? " " : '""'),
  );
}

function source(path: string): Source {
  const text = readFileSync(join(root, path), "utf8");
  return { path, text, code: codeOf(text) };
}

function sources(...folders: string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|tsx|mjs)$/.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
      .filter((path) => !path.endsWith("database.types.ts"))
      .map(source),
  );
}

const app = sources("app");
const components = sources("components");
const lib = sources("lib");
const rootFiles = ["proxy.ts", "next.config.ts"].map(source);
const product = [...app, ...components, ...lib, ...rootFiles];

/** Paths of the files whose code matches. */
const where = (files: Source[], pattern: RegExp) =>
  files.filter((file) => pattern.test(file.code)).map((file) => file.path);

it("reads the files it judges", () => {
  expect(lib.length).toBeGreaterThan(30);
  expect(components.length).toBeGreaterThan(20);
  expect(app.length).toBeGreaterThan(10);
});

describe("who talks to Supabase", () => {
  const talks = /\.(?:from|rpc)\s*(?:<[^>]*>)?\(|\bcallRpc\s*(?:<[^>]*>)?\(/;
  /** `.from(` of the language itself. */
  const harmless = /\b(?:Array|Buffer|Object|Uint8Array|Iterator|Readable|Set|Map)\.from\s*\(/g;

  it("only services of lib and what carries their calls", () => {
    const callers = product
      .filter((file) => talks.test(file.code.replace(harmless, "")))
      .map((file) => file.path);
    const allowed = (path: string) =>
      // What every public page shows, read once per request.
      path === "lib/programme/public-site.ts" ||
      /^lib\/(supabase|http|jobs)\//.test(path) ||
      /^lib\/[a-z-]+\/([a-z-]+-(service|calculator|detection|database)|delivery)\.tsx?$/.test(path);
    expect(callers.filter((path) => !allowed(path))).toEqual([]);
    expect(callers.length).toBeGreaterThan(3);
  });

  it("no page handles the secret key", () => {
    expect(where(app, /secretKey|SUPABASE_SECRET_KEY/)).toEqual([]);
  });
});

describe("who constructs services", () => {
  it("only lib/composition", () => {
    const outside = product.filter((file) => !file.path.startsWith("lib/composition/"));
    expect(where(outside, /\bnew [A-Z]\w*(?:Service|Calculator|Detection)\b/)).toEqual([]);
  });
});

describe("what must not appear", () => {
  it("the machine's clock outside lib/clock.ts", () => {
    const server = [
      ...lib,
      ...app.filter((file) => !/^\s*"use client"/.test(file.text)),
      ...rootFiles,
    ];
    expect(where(server, /\bnew Date\(\s*\)|\bDate\.now\(|\bDate\(\)/)).toEqual(["lib/clock.ts"]);
  });

  it("guessable randomness in lib, but for the delay of a retry", () => {
    const retrying = /^lib\/(supabase\/|notifications\/delivery\.ts)/;
    const others = lib.filter((file) => !retrying.test(file.path));
    expect(where(others, /\bMath\.random\b/)).toEqual([]);
  });

  it("floating point from text in lib", () => {
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
