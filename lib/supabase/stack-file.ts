import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { EnvironmentError, getEnv } from "@/lib/env";

/** What the launcher writes to `stack.json`: how to reach what it started. Secrets included. */
export const stackFileSchema = z.object({
  /** PostgreSQL connection string, superuser. */
  dbUrl: z.string(),
  apiUrl: z.string(),
  publishableKey: z.string(),
  secretKey: z.string(),
  jwtSecret: z.string(),
  cronSecret: z.string(),
  /** Address of the served site, when one is served. */
  siteUrl: z.string().optional(),
  /** Launcher process. */
  pid: z.number(),
  /** ISO 8601. */
  startedAt: z.string(),
});
export type StackFile = z.infer<typeof stackFileSchema>;

/** Whether a process with this id exists; another user's counts. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Reads one stack file. Null when there is none, or when what it describes runs no longer. */
export function readStackFile(path: string): StackFile | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return null;
  }
  try {
    const stack = stackFileSchema.parse(JSON.parse(text));
    return isAlive(stack.pid) ? stack : null;
  } catch {
    return null;
  }
}

/** How to reach Supabase, wherever it runs. `dbUrl` is known for the embedded one only. */
export type SupabaseConnection = {
  url: string;
  publishableKey: string;
  secretKey: string;
  cronSecret: string | null;
  dbUrl: string | null;
};

/**
 * The project that the environment names, else the embedded stack that runs on this machine:
 * for jobs and benchmarks, which start on their own.
 *
 * @throws EnvironmentError when neither is there.
 */
export function getSupabaseConnection(): SupabaseConnection {
  const env = getEnv();
  if (env.SUPABASE_URL && env.SUPABASE_PUBLISHABLE_KEY && env.SUPABASE_SECRET_KEY) {
    return {
      url: env.SUPABASE_URL,
      publishableKey: env.SUPABASE_PUBLISHABLE_KEY,
      secretKey: env.SUPABASE_SECRET_KEY,
      cronSecret: env.CRON_SECRET ?? null,
      dbUrl: null,
    };
  }
  const path = join(resolve(env.LOCAL_DATA_DIR), "stack.json");
  const stack = readStackFile(path);
  if (!stack) {
    throw new EnvironmentError([
      "SUPABASE_URL: is not set, and no embedded stack is running. " +
        "Start one with `npm start`, or set SUPABASE_URL and its keys.",
    ]);
  }
  return {
    url: stack.apiUrl,
    publishableKey: stack.publishableKey,
    secretKey: stack.secretKey,
    cronSecret: stack.cronSecret,
    dbUrl: stack.dbUrl,
  };
}
