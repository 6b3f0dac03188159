import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ENV_NAMES } from "@/lib/env";
import { parseJobArguments } from "@/lib/jobs/arguments";
import { ROOT } from "@/supabase/local/process/project";

const DOCUMENTS = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "supabase/README.md",
  ".ops/RUNBOOK.md",
  ".ops/decisions.md",
];

const { scripts, license } = z
  .object({ scripts: z.record(z.string(), z.string()), license: z.string() })
  .parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));

describe.each(DOCUMENTS)("%s", (name) => {
  const text = readFileSync(join(ROOT, name), "utf8");

  test("names npm commands that exist", () => {
    const named = [...text.matchAll(/npm run ([a-z][a-z:]*)/g)].map((match) => match[1] ?? "");
    expect(named.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
  });

  test("names jobs that exist", () => {
    for (const [, job = ""] of text.matchAll(/npm run job -- ([a-z]+)/g)) {
      expect(parseJobArguments([job])?.name).toBe(job);
    }
  });

  test("links to files that exist", () => {
    const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)].map(
      (match) => match[1] ?? "",
    );
    const missing = links.filter((link) => !existsSync(join(ROOT, dirname(name), link)));
    expect(missing).toEqual([]);
  });
});

describe("the hand-over", () => {
  test("has a licence, and says so in package.json", () => {
    expect(license).toBe("Apache-2.0");
    expect(readFileSync(join(ROOT, "LICENSE"), "utf8")).toContain("Apache License");
  });

  test("explains each variable of the environment in a comment", () => {
    const example = readFileSync(join(ROOT, ".env.example"), "utf8");
    for (const name of ENV_NAMES) {
      expect(example).toMatch(new RegExp(`^#.*\\n(?:[A-Z_]+=.*\\n)*${name}=`, "m"));
    }
  });

  test("runs the same steps on GitHub as .ci/run", () => {
    const workflow = readFileSync(join(ROOT, ".github/workflows/ci.yml"), "utf8");
    expect(workflow).toContain("run: .ci/run");
  });
});
