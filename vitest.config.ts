import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { isDriverFault } from "./supabase/local/process/fail.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Files that take longest, the longest first: begun last, they would be waited for alone. */
const LONG = [
  "address",
  "simulator",
  "fuzz",
  "own-server",
  "crash",
  "access-matrix",
  "access",
  "billing",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = LONG.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return found < 0 ? LONG.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  resolve: {
    alias: [
      { find: /^@\//, replacement: path("./") },
      // Refuses to load outside a bundler; the tests are the server.
      { find: /^server-only$/, replacement: path("./tests/support/empty-module.ts") },
    ],
  },
  test: {
    env: { TZ: "UTC" },
    // Two cores serve the database, the API and the site as well.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Tests cut connections on purpose. Whoever waits for a query hears of it.
    onUnhandledError: (error) => (isDriverFault(error) ? false : undefined),
    coverage: {
      provider: "v8",
      include: ["lib/**/*.{ts,tsx}"],
      exclude: ["lib/supabase/database.types.ts", "**/*.d.ts"],
      reporter: ["text-summary", "json-summary", "html"],
      reportsDirectory: "coverage",
      // A run with a failed test says as well how much of lib it covered.
      reportOnFailure: true,
      thresholds: { lines: 90, branches: 90 },
    },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["tests/unit/**/*.test.{ts,tsx}"],
          testTimeout: 20_000,
          // Tests of pure functions: the modules are loaded once per worker.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["tests/integration/**/*.test.{ts,tsx}"],
          globalSetup: ["./tests/support/stack.ts"],
          testTimeout: 30_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "races",
          include: ["tests/races/**/*.test.ts"],
          exclude: ["tests/races/planted-defects.test.ts"],
          globalSetup: ["./tests/support/stack.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "defects",
          include: ["tests/races/planted-defects.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          globalSetup: ["./tests/support/stack.ts"],
        },
      },
    ],
  },
});
