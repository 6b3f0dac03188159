/**
 * Writes the errors that belong to no test to OUTSIDE_ERRORS_FILE, for the summary of a run: what
 * a file threw while it loaded, what a hook threw, and what nobody caught.
 */
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

type Ended = NonNullable<Reporter["onTestRunEnd"]>;
type Thrown = Parameters<Ended>[1][number];

const lineOf = ({ name, message, stack }: Thrown) => {
  const place = stack?.split("\n").find((line) => line.includes("/tests/"));
  return [`${name ?? "Error"}: ${message}`.split("\n")[0], place?.trim()].join(" ").trim();
};

function ofHooks(module: TestModule): string[] {
  const suites = [...module.children.allSuites()].flatMap((suite) => suite.errors());
  const file = relative(process.cwd(), module.moduleId);
  return [...module.errors(), ...suites].map((error) => `${file}: ${lineOf(error)}`);
}

export default class ErrorsOutsideTests implements Reporter {
  onTestRunEnd(modules: Parameters<Ended>[0], unhandled: Parameters<Ended>[1]) {
    const file = process.env.OUTSIDE_ERRORS_FILE;
    if (!file) return;
    const uncaught = unhandled.map((error) => `outside of tests: ${lineOf(error)}`);
    writeFileSync(file, JSON.stringify([...modules.flatMap(ofHooks), ...uncaught]));
  }
}
