import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { ENV_NAMES } from "@/lib/env";
import { parseJobArguments } from "@/lib/jobs/arguments";
import { ROOT } from "@/supabase/local/process/project";
import { routePatterns } from "@/tests/support/api-routes";

const DOCUMENTS = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "DEPLOY.md",
  "SECURITY.md",
  "supabase/README.md",
  ".ops/RUNBOOK.md",
  ".ops/decisions.md",
  ".ops/LAUNCH.md",
];

const { scripts, license } = z
  .object({ scripts: z.record(z.string(), z.string()), license: z.string() })
  .parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));

/** Each command with its arguments: the line, and the script's name. */
const commands = (text: string): [line: string, script: string][] =>
  [...text.matchAll(/npm run ([a-z][a-z:]*)( -- [^`\n|#]*)?/g)].map((match) => [
    match[2] ?? "",
    match[1] ?? "",
  ]);

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const JOB_USAGE = read("lib/jobs/arguments.ts");
/** Where each script reads its flags. */
const SCRIPT_TEXTS: Readonly<Record<string, string>> = {
  admin: read("lib/composition/admin-command.ts"),
  report: read("lib/composition/report-command.ts"),
  restore: read("supabase/local/commands/restore.ts"),
  bench: ["run", "billing", "reads", "scale", "fraud-db"]
    .map((name) => read(`tests/bench/${name}.ts`))
    .join("\n"),
  "db:migration": read("supabase/local/commands/db-migration.ts"),
};

const KNOWN_VARIABLES = new Set([
  ...ENV_NAMES,
  // Of the shell in examples, of the browser tests, of the compose file, and placeholders.
  ...[
    "E2E_ONLY",
    "DATABASE_URL",
    "PROJECT_REF",
    "POSTGRES_PASSWORD",
    "JWT_SECRET",
    "CAPTCHA_",
    "SMTP_",
  ],
]);

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

  test("names flags that the commands know", () => {
    for (const [line, script = ""] of commands(text)) {
      const words = script === "job" ? JOB_USAGE : (SCRIPT_TEXTS[script] ?? "");
      const flags = [...line.matchAll(/(?<= )--([a-z][a-z-]*)/g)].map((match) => match[1] ?? "");
      expect(flags.filter((flag) => !words.includes(flag))).toEqual([]);
    }
  });

  test("names pages and routes that exist", () => {
    const routes = routePatterns();
    const named = [...text.matchAll(/[`/ (](\/api\/[a-z0-9/…[\]_-]+)/g)].map((match) =>
      (match[1] ?? "").replace(/[/…]+$/, ""),
    );
    const missing = named.filter(
      (address) => !routes.some((route) => route === address || route.startsWith(`${address}/`)),
    );
    expect(missing).toEqual([]);
  });

  test("names variables of the environment that exist", () => {
    const named = [...text.matchAll(/`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)(?:=[^`]*)?`/g)].map(
      (match) => match[1] ?? "",
    );
    expect(named.filter((variable) => !KNOWN_VARIABLES.has(variable))).toEqual([]);
  });

  test("names files in code that exist", () => {
    const named = [
      ...text.matchAll(/`((?:\.ops|\.ci|lib|app|components|tests|supabase)\/[\w.()/[\]-]+)`/g),
    ];
    const missing = named
      .map((match) => (match[1] ?? "").replace(/\/$/, ""))
      .filter((path) => !existsSync(join(ROOT, path)) && !existsSync(join(ROOT, `${path}.ts`)));
    expect(missing).toEqual([]);
  });

  test("links to files that exist", () => {
    const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)].map(
      (match) => match[1] ?? "",
    );
    const missing = links.filter((link) => !existsSync(join(ROOT, dirname(name), link)));
    expect(missing).toEqual([]);
  });
});

const JOB_NAMES = ["billing", "expire", "notify", "qualify", "verify"];

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

  test("an image holds what the server needs, runs as nobody special, and says when it is ill", () => {
    const image = read(".ops/Dockerfile");
    const { engines } = z
      .object({ engines: z.object({ node: z.string() }) })
      .parse(JSON.parse(read("package.json")));
    expect(engines.node).toBe(">=20.9");
    expect(image).toMatch(/^FROM node:24/m);
    expect(image).toContain("npm ci --omit=dev");
    expect(image.lastIndexOf("USER node")).toBeGreaterThan(image.lastIndexOf("FROM "));
    expect(image).toMatch(/HEALTHCHECK[\s\S]*\/api\/health\/live/);
    for (const [, command = ""] of image.matchAll(/bootstrap\.mjs"?,? "?([a-z]+)/g)) {
      expect(Object.keys(scripts)).toContain(command);
    }
    // Secrets and what is made on a machine stay out of it.
    const ignored = read(".ops/Dockerfile.dockerignore").split("\n");
    for (const path of [".env", ".git", ".local", "node_modules", ".next"]) {
      expect(ignored).toContain(path);
    }
  });

  test("one machine's compose file has the parts of a project, and calls each job", () => {
    const compose = z
      .object({
        services: z.record(z.string(), z.looseObject({ image: z.string().optional() })),
        configs: z.record(z.string(), z.object({ content: z.string() })),
      })
      .parse(parse(read(".ops/compose.yml")));
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining(["db", "auth", "rest", "gateway", "schema", "site", "schedule"]),
    );
    for (const { image } of Object.values(compose.services)) {
      if (image) expect(image).toMatch(/:[v\d]/);
    }
    const called = [...(compose.configs.schedule?.content ?? "").matchAll(/call ([a-z]+)/g)];
    expect(called.map((match) => match[1]).sort()).toEqual(JOB_NAMES);
  });

  test("every schedule calls each job", () => {
    const vercel = z
      .object({ crons: z.array(z.object({ path: z.string() })) })
      .parse(JSON.parse(read("vercel.json")));
    expect(vercel.crons.map(({ path }) => path.replace("/api/cron/", "")).sort()).toEqual(
      JOB_NAMES,
    );
    const inDatabase = [...read("supabase/cron/pg_cron.sql").matchAll(/call_job\('([a-z]+)'\)/g)];
    expect(inDatabase.map((match) => match[1]).sort()).toEqual(JOB_NAMES);
  });

  test("has only packages in production whose licence lets everybody use them", () => {
    const lock = z
      .object({
        packages: z.record(
          z.string(),
          z.looseObject({ license: z.string().optional(), dev: z.boolean().optional() }),
        ),
      })
      .parse(JSON.parse(read("package-lock.json")));
    const free =
      /^\(?(MIT|MIT-0|ISC|0BSD|BSD-2-Clause|BSD-3-Clause|Apache-2\.0|BlueOak-1\.0\.0|CC0-1\.0|CC-BY-4\.0|Unlicense|Python-2\.0|OFL-1\.1|SIL OPEN FONT LICENSE|MPL-2\.0|LGPL-3\.0-or-later)\b/;
    const others = Object.entries(lock.packages)
      .filter(([path, found]) => path !== "" && !found.dev && !free.test(found.license ?? ""))
      .map(([path, found]) => `${path}: ${found.license}`);
    expect(others).toEqual([]);
  });

  test("runs the same steps on GitHub as .ci/run", () => {
    const workflow = readFileSync(join(ROOT, ".github/workflows/ci.yml"), "utf8");
    expect(workflow).toContain("run: .ci/run");
  });
});
