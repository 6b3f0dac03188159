/**
 * Global setup of the integration and race tests: one database, API and served site for all of
 * them. `npm test` starts these and hands them over in TEST_STACK; alone, they are started here.
 */
import type { TestProject } from "vitest/node";
import { buildIfStale } from "@/supabase/local/commands/next-server";
import {
  type RunningTestStack,
  startTestStack,
  type TestStack,
} from "@/supabase/local/commands/test-stack";

type Shared = { users: number; starting: Promise<RunningTestStack> };

// Each project loads this file anew; what is started must still be one.
const holder: { testStack?: Shared } = globalThis as { testStack?: Shared };

/** Whether the files that were named on the command line are tests of the database alone. */
const isDatabaseOnly = () => {
  const named = process.argv.filter((argument) => argument.includes("tests/"));
  return named.length > 0 && named.every((path) => path.includes("tests/integration/database/"));
};

async function start(): Promise<RunningTestStack> {
  const log = (line: string) => console.log(line);
  const site = !isDatabaseOnly();
  if (site) await buildIfStale(log);
  return startTestStack({ seeded: false, site, log });
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | void> {
  const given = process.env.TEST_STACK;
  if (given) {
    project.provide("stack", JSON.parse(given) as TestStack);
    return;
  }
  holder.testStack ??= { users: 0, starting: start() };
  const shared = holder.testStack;
  shared.users += 1;
  const running = await shared.starting;
  // Jobs that tests start find the system by its data directory.
  process.env.LOCAL_DATA_DIR = running.info.dataDir;
  project.provide("stack", running.info);
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    holder.testStack = undefined;
    await running.stop();
  };
}
