/**
 * `npm test [-- STEP…]`: every check, or only the steps named (lint, types, imports, unused, build,
 * db-types, vitest, e2e). The last line is `N passed, N failed`; the exit code agrees with it.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { messageOf } from "../process/fail";
import { binOf, neutralEnvironment, runNode } from "../process/project";
import { beforeExit, isStopping, runMain } from "../process/run-main";
import { ensureChromium } from "./chromium";
import { typesAreCurrent } from "./database-types";
import { build, buildIfStale, isBuildFresh } from "./next-server";
import { imports, lint, types, unused } from "./static-checks";
import { startTestStack } from "./test-stack";

type Count = { passed: number; failed: number; note?: string };
type Step = { name: string; title: string; run(): Promise<Count> };

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
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
});

const playwrightReport = z.object({
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

async function databaseTypes(): Promise<Count> {
  const ok = await typesAreCurrent();
  if (!ok) log("lib/supabase/database.types.ts differs: run `npm run db:types` and commit it");
  return asCheck(ok);
}

async function vitest(): Promise<Count> {
  await buildIfStale(log);
  const stack = await startTestStack({ seeded: false, log });
  beforeExit(stack.stop);
  const { ok } = await runNode(
    binOf("vitest"),
    [
      "run",
      "--coverage",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${join(reports, "vitest.json")}`,
    ],
    {
      env: {
        ...neutralEnvironment(),
        LOCAL_DATA_DIR: stack.info.dataDir,
        TEST_STACK: JSON.stringify(stack.info),
      },
    },
  );
  await stack.stop();
  const report = readReport("vitest.json", vitestReport);
  if (!report) return asCheck(false, "it did not finish");
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  ).length;
  const failed = report.numFailedTests + broken;
  const skipped = report.numPendingTests > 0 ? `${report.numPendingTests} skipped` : undefined;
  if (!ok && failed === 0) {
    return {
      passed: report.numPassedTests,
      failed: 1,
      note: "coverage, or an error outside tests",
    };
  }
  return { passed: report.numPassedTests, failed, note: skipped };
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
  return { passed: expected, failed, note };
}

const STEPS: Step[] = [
  { name: "lint", title: "Lint", run: async () => asCheck((await lint()).ok) },
  { name: "types", title: "Types", run: async () => asCheck((await types()).ok) },
  { name: "imports", title: "Imports", run: async () => asCheck((await imports()).ok) },
  { name: "unused", title: "Unused code", run: async () => asCheck((await unused()).ok) },
  { name: "build", title: "Production build", run: productionBuild },
  { name: "db-types", title: "Database types", run: databaseTypes },
  { name: "vitest", title: "Unit, database, API and race tests", run: vitest },
  { name: "e2e", title: "Browser tests", run: browser },
];

await runMain(async () => {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !STEPS.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(`Unknown step ${unknown.join(", ")}. Use: ${STEPS.map((s) => s.name).join(" ")}`);
    return 2;
  }
  const results: { title: string; count: Count; seconds: number }[] = [];
  for (const step of STEPS) {
    if (wanted.length > 0 && !wanted.includes(step.name)) continue;
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
  }
  const passed = results.reduce((sum, { count }) => sum + count.passed, 0);
  const failed = results.reduce((sum, { count }) => sum + count.failed, 0);
  log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}, "failure");
