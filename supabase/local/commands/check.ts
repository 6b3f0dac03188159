/** `npm run check`: lint, types, imports, unused code and unit tests. It needs no database. */
import { binOf, neutralEnvironment, runNode, type ToolResult } from "../process/project";
import { isStopping, runMain } from "../process/run-main";
import { imports, lint, types, unused } from "./static-checks";

type Check = { title: string; run(): Promise<ToolResult> };

function unitTests(): Promise<ToolResult> {
  const args = ["run", "--project", "unit", "--reporter=dot"];
  return runNode(binOf("vitest"), args, { env: neutralEnvironment(), capture: true });
}

/** Two lists of about equal length, which run at the same time. */
const LANES: Check[][] = [
  [
    { title: "Lint", run: () => lint({ capture: true }) },
    { title: "Types", run: () => types({ capture: true }) },
    { title: "Imports", run: () => imports({ capture: true }) },
  ],
  [
    { title: "Unit tests", run: unitTests },
    { title: "Unused code", run: () => unused({ capture: true }) },
  ],
];

/** Runs checks one after the other. Returns the titles of those that failed. */
async function runLane(checks: Check[]): Promise<string[]> {
  const failed: string[] = [];
  for (const { title, run } of checks) {
    if (isStopping()) return failed;
    const began = performance.now();
    const { ok, output } = await run();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const shown = ok ? "" : `\n${output.trim()}`;
    console.log(`${ok ? "ok  " : "FAIL"} ${title}, ${seconds} s${shown}`);
    if (!ok) failed.push(title);
  }
  return failed;
}

await runMain(async () => {
  const failed = (await Promise.all(LANES.map(runLane))).flat();
  console.log(failed.length === 0 ? "All checks passed" : `Failed: ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}, "failure");
