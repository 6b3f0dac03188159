/**
 * `npm test [-- STEP…]`: every check but the long ones, or only the steps named (lint, types,
 * imports, unused, build, sizes, db-types, vitest, e2e, and the long one: defects). `all` means each of
 * them. The last line is `N passed, N failed`; the exit code agrees with it.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { z } from "zod";
import { messageOf } from "../process/fail";
import { binOf, neutralEnvironment, ROOT, runNode } from "../process/project";
import { beforeExit, isStopping, runMain } from "../process/run-main";
import { ensureChromium } from "./chromium";
import { typesAreCurrent } from "./database-types";
import { build, buildIfStale, isBuildFresh } from "./next-server";
import { measureScripts, SCRIPT_BUDGETS, scriptsAbove } from "./script-sizes";
import { imports, lint, types, unused } from "./static-checks";
import { startTestStack } from "./test-stack";

/** What a step found. `failures` names what failed, a line each, for the summary. */
type Count = { passed: number; failed: number; note?: string; failures?: string[] };
/** `isLong`: it is run where it is named, as a server of continuous integration does. */
type Step = { name: string; title: string; run(): Promise<Count>; isLong?: boolean };

const reports = mkdtempSync(join(tmpdir(), "referral-reports-"));
beforeExit(async () => rmSync(reports, { recursive: true, force: true }));

const log = (line: string) => console.log(line);
const asCheck = (ok: boolean, note?: string): Count => ({
  passed: ok ? 1 : 0,
  failed: ok ? 0 : 1,
  note,
});

function readReport<T>(file: string, schema: z.ZodType<T>): T | null {
  try {
    return schema.parse(JSON.parse(readFileSync(join(reports, file), "utf8")));
  } catch {
    return null;
  }
}

const vitestReport = z.object({
  numPassedTests: z.number(),
  numPendingTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});
type VitestReport = z.infer<typeof vitestReport>;

const firstLine = (text: string) => (text.split("\n")[0] ?? "").slice(0, 300);

/** The tests that failed, with the first line of the reason. */
function failuresIn(report: VitestReport): string[] {
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter((test) => test.status === "failed")
      .map(({ fullName, failureMessages }) => {
        return `${relative(ROOT, name)}: ${fullName}: ${firstLine(failureMessages?.[0] ?? "")}`;
      }),
  );
}

const counted = z.object({ total: z.number(), covered: z.number(), pct: z.number() });
const coverageSummary = z.record(z.string(), z.object({ lines: counted, branches: counted }));

/** How much of lib the run covered, and the ten files with the most lines that no test ran. */
function coverageReached(): { note: string; files: string[] } {
  let summary: z.infer<typeof coverageSummary>;
  try {
    const file = readFileSync(join(ROOT, "coverage/coverage-summary.json"), "utf8");
    summary = coverageSummary.parse(JSON.parse(file));
  } catch {
    return { note: "it left no figures of coverage", files: [] };
  }
  const { total, ...files } = summary;
  const missed = Object.entries(files)
    .map(([name, { lines }]) => ({ name, lines: lines.total - lines.covered }))
    .filter(({ lines }) => lines > 0)
    .toSorted((a, b) => b.lines - a.lines)
    .slice(0, 10);
  return {
    note: `${total?.lines.pct} % of lib's lines and ${total?.branches.pct} % of its branches are covered`,
    files: missed.map(({ name, lines }) => `${relative(ROOT, name)}: no test ran ${lines} lines`),
  };
}

type Suite = { specs?: { title: string; file: string; ok: boolean }[]; suites?: Suite[] };
const suite: z.ZodType<Suite> = z.lazy(() =>
  z.object({
    specs: z.array(z.object({ title: z.string(), file: z.string(), ok: z.boolean() })).optional(),
    suites: z.array(suite).optional(),
  }),
);

const failedSpecs = ({ specs = [], suites = [] }: Suite): string[] => [
  ...specs.filter(({ ok }) => !ok).map(({ file, title }) => `tests/e2e/${file}: ${title}`),
  ...suites.flatMap(failedSpecs),
];

const playwrightReport = z.object({
  suites: z.array(suite).default([]),
  stats: z.object({
    expected: z.number(),
    unexpected: z.number(),
    flaky: z.number(),
    skipped: z.number(),
  }),
  errors: z.array(z.unknown()).default([]),
});

async function productionBuild(): Promise<Count> {
  if (isBuildFresh()) return asCheck(true, "of these sources already");
  const { ok, output } = await build();
  const warnings = output
    .split("\n")
    .filter((line) => /⚠|\bwarn(ing)?\b/i.test(line))
    // Advice for a CI server that keeps no cache between builds; it says nothing of the code.
    .filter((line) => !line.includes("nextjs.org/docs/messages/no-cache"));
  if (!ok) log(output);
  else if (warnings.length > 0) log(`The build warns:\n${warnings.join("\n")}`);
  return asCheck(ok && warnings.length === 0);
}

/** What the first load of a page costs in JavaScript, against its budget. */
async function sizes(): Promise<Count> {
  await buildIfStale(log);
  const stack = await startTestStack({ seeded: true, log });
  beforeExit(stack.stop);
  const sizes = await measureScripts(stack.info.siteUrl).finally(stack.stop);
  const note = Object.entries(sizes).map(([page, size]) => `${page} ${size.toFixed(1)} kB`);
  const failures = scriptsAbove(sizes);
  const passed = Object.keys(SCRIPT_BUDGETS).length - failures.length;
  return { passed, failed: failures.length, note: note.join(", "), failures };
}

async function databaseTypes(): Promise<Count> {
  const ok = await typesAreCurrent();
  if (!ok) log("lib/supabase/database.types.ts differs: run `npm run db:types` and commit it");
  return asCheck(ok);
}

/** Runs these projects of vitest.config.ts on a system of their own. */
async function vitest(projects: string[], options: { coverage: boolean }): Promise<Count> {
  await buildIfStale(log);
  const stack = await startTestStack({ seeded: false, log });
  beforeExit(stack.stop);
  const { ok, code } = await runNode(
    binOf("vitest"),
    [
      "run",
      ...projects.map((project) => `--project=${project}`),
      ...(options.coverage ? ["--coverage"] : []),
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${join(reports, "vitest.json")}`,
      `--reporter=${join(ROOT, "tests/support/errors-outside-tests.ts")}`,
    ],
    {
      env: {
        ...neutralEnvironment(),
        LOCAL_DATA_DIR: stack.info.dataDir,
        TEST_STACK: JSON.stringify(stack.info),
        OUTSIDE_ERRORS_FILE: join(reports, "outside.json"),
      },
    },
  );
  await stack.stop();
  const report = readReport("vitest.json", vitestReport);
  if (!report) return asCheck(false, "it did not finish");
  const outside = readReport("outside.json", z.array(z.string())) ?? [];
  const failures = [...failuresIn(report), ...outside];
  const passed = report.numPassedTests;
  if (!ok && failures.length === 0) {
    const ended = `it ended with code ${code}`;
    if (!options.coverage) return { passed, failed: 1, note: ended };
    const { note, files } = coverageReached();
    return { passed, failed: 1, note: `${ended}; ${note}`, failures: files };
  }
  const note = report.numPendingTests > 0 ? `${report.numPendingTests} skipped` : undefined;
  return { passed, failed: failures.length, note, failures };
}

async function browser(): Promise<Count> {
  const executable = await ensureChromium(log);
  await buildIfStale(log);
  const stack = await startTestStack({ seeded: true, log });
  beforeExit(stack.stop);
  const only = process.env.E2E_ONLY?.split(" ") ?? [];
  const { ok } = await runNode(binOf("@playwright/test", "playwright"), ["test", ...only], {
    env: {
      ...neutralEnvironment(),
      PLAYWRIGHT_CHROMIUM: executable,
      PLAYWRIGHT_JSON_OUTPUT_NAME: join(reports, "playwright.json"),
      LOCAL_DATA_DIR: stack.info.dataDir,
      E2E_BASE_URL: stack.info.siteUrl,
      E2E_STACK: stack.info.stackFile,
    },
  });
  await stack.stop();
  const report = readReport("playwright.json", playwrightReport);
  if (!report) return asCheck(false, "it did not finish");
  const { expected, unexpected, flaky, skipped } = report.stats;
  const failed = unexpected + flaky + report.errors.length;
  const note = skipped > 0 ? `${skipped} skipped` : undefined;
  if (!ok && failed === 0) return { passed: expected, failed: 1, note: "it ended with an error" };
  return { passed: expected, failed, note, failures: report.suites.flatMap(failedSpecs) };
}

const STEPS: Step[] = [
  { name: "lint", title: "Lint", run: async () => asCheck((await lint()).ok) },
  { name: "types", title: "Types", run: async () => asCheck((await types()).ok) },
  { name: "imports", title: "Imports", run: async () => asCheck((await imports()).ok) },
  { name: "unused", title: "Unused code", run: async () => asCheck((await unused()).ok) },
  { name: "build", title: "Production build", run: productionBuild },
  { name: "sizes", title: "JavaScript of the first load", run: sizes },
  { name: "db-types", title: "Database types", run: databaseTypes },
  {
    name: "vitest",
    title: "Unit, database, API and race tests",
    run: () => vitest(["unit", "integration", "races"], { coverage: true }),
  },
  { name: "e2e", title: "Browser tests", run: browser },
  {
    name: "defects",
    title: "Planted defects that must be found",
    run: () => vitest(["defects"], { coverage: false }),
    isLong: true,
  },
];

await runMain(async () => {
  const wanted = process.argv.slice(2);
  const names = [...STEPS.map(({ name }) => name), "all"];
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    console.error(`Unknown step ${unknown.join(", ")}. Use: ${names.join(" ")}`);
    return 2;
  }
  const isWanted = ({ name, isLong }: Step) =>
    wanted.length === 0 ? !isLong : wanted.includes(name) || wanted.includes("all");
  const results: { title: string; count: Count; seconds: number }[] = [];
  for (const step of STEPS) {
    if (!isWanted(step)) continue;
    if (isStopping()) return 1;
    log(`\n── ${step.title}`);
    const began = performance.now();
    let count: Count;
    try {
      count = await step.run();
    } catch (error) {
      log(messageOf(error));
      count = { passed: 0, failed: 1, note: messageOf(error).split("\n")[0] };
    }
    results.push({ title: step.title, count, seconds: (performance.now() - began) / 1000 });
  }
  if (isStopping()) return 1;
  log("\n── Summary");
  for (const { title, count, seconds } of results) {
    const mark = count.failed === 0 ? "ok  " : "FAIL";
    const note = count.note ? ` (${count.note})` : "";
    const counts = `${count.passed} passed, ${count.failed} failed`;
    log(`${mark} ${title.padEnd(36)} ${counts}, ${seconds.toFixed(1)} s${note}`);
    for (const failure of count.failures ?? []) log(`       ${failure}`);
  }
  const passed = results.reduce((sum, { count }) => sum + count.passed, 0);
  const failed = results.reduce((sum, { count }) => sum + count.failed, 0);
  log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}, "failure");
