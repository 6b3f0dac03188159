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

async function start(): Promise<RunningTestStack> {
  const log = (line: string) => console.log(line);
  await buildIfStale(log);
  return startTestStack({ seeded: false, log });
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
