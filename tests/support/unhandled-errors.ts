/** Writes the errors that belong to no test to UNHANDLED_ERRORS_FILE, for the summary of a run. */
import { writeFileSync } from "node:fs";
import type { Reporter } from "vitest/node";

export default class UnhandledErrors implements Reporter {
  onTestRunEnd(_modules: unknown, errors: Parameters<NonNullable<Reporter["onTestRunEnd"]>>[1]) {
    const file = process.env.UNHANDLED_ERRORS_FILE;
    if (!file) return;
    const lines = errors.map(({ name, message, stack }) => {
      const place = stack?.split("\n").find((line) => line.includes("/tests/"));
      return [`${name ?? "Error"}: ${message}`.split("\n")[0], place?.trim()].join(" ").trim();
    });
    writeFileSync(file, JSON.stringify(lines));
  }
}
