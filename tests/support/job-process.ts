import { type ChildProcess, spawn } from "node:child_process";
import { neutralEnvironment } from "@/supabase/local/process/project";

export interface JobProcess {
  child: ChildProcess;
  /** Settles when the process has ended, in whatever way. */
  ended: Promise<{
    code: number | null;
    signal: NodeJS.Signals | null;
    out: string;
    /** Problems and progress, without the line about the database. */
    error: string;
    /** Which database and which switches it works with. */
    about: string;
  }>;
}

/**
 * Starts a job as a process of its own, as an operator or a scheduler does, without the detour
 * over npm: a signal reaches the process that does the work.
 *
 * @param env what the job shall find; nothing of this process's own settings gets through.
 */
export const startJob = (env: Record<string, string>, ...argv: string[]): JobProcess =>
  startCommand("job", env, ...argv);

/** Starts `npm run admin`, `doctor` or `job` as `startJob` does. */
export function startCommand(
  command: "admin" | "doctor" | "job",
  env: Record<string, string>,
  ...argv: string[]
): JobProcess {
  const load = ["--import", "tsx", "--import", "./supabase/local/commands/runtime.mjs"];
  const child = spawn(process.execPath, [...load, `lib/composition/${command}-cli.ts`, ...argv], {
    env: { ...(neutralEnvironment() as NodeJS.ProcessEnv), LOG_LEVEL: "silent", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let error = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    error += chunk.toString();
  });
  const ended = new Promise<Awaited<JobProcess["ended"]>>((resolve) => {
    child.once("close", (code, signal) => {
      const about = /^Database: .*\n/m.exec(error)?.[0] ?? "";
      resolve({ code, signal, out, error: error.replace(about, ""), about: about.trimEnd() });
    });
  });
  return { child, ended };
}
