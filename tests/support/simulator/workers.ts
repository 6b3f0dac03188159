import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export type JobName = "billing" | "qualify" | "expire" | "notify";

const PROJECT = fileURLToPath(new URL("../../../", import.meta.url));

/** A job process that has loaded everything and waits for its command line. */
interface Waiting {
  process: ChildProcess;
  ready: Promise<void>;
}

/** Processes that run a job of the product until they are killed in the middle of it. */
export class KillableWorkers {
  #next: Waiting | null = null;

  constructor(private readonly dataDir: string) {}

  /** Starts a process ahead of its time: loading takes longer than the job. */
  prepare(): void {
    this.#next ??= this.#start();
  }

  /** Resolves once the process is gone. "was faster" when its job had ended before. */
  async kill(job: JobName, at: Date, afterMs: number): Promise<"killed" | "was faster"> {
    this.prepare();
    const waiting = this.#next;
    this.#next = null;
    if (!waiting) throw new Error("no process was started");
    const { process: worker, ready } = waiting;
    await ready;
    const gone = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    let ended = false;
    worker.once("message", () => {
      ended = true;
    });
    worker.send([job, "--as-of", at.toISOString(), "--json"]);
    // A point in the work of another process: there is nothing to wait for but the time.
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    worker.kill("SIGKILL");
    await gone;
    return ended ? "was faster" : "killed";
  }

  async stop(): Promise<void> {
    const waiting = this.#next;
    this.#next = null;
    if (!waiting) return;
    waiting.ready.catch(() => {});
    const gone = new Promise<void>((resolve) => waiting.process.once("exit", () => resolve()));
    if (waiting.process.kill("SIGKILL")) await gone;
  }

  #start(): Waiting {
    const worker = spawn(
      process.execPath,
      [
        "--import",
        "tsx",
        "--import",
        "./supabase/local/commands/runtime.mjs",
        "tests/support/simulator/worker.ts",
      ],
      {
        cwd: PROJECT,
        env: { ...process.env, LOCAL_DATA_DIR: this.dataDir, SUPABASE_URL: "", RESEND_API_KEY: "" },
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      },
    );
    const ready = new Promise<void>((resolve, reject) => {
      worker.once("message", () => resolve());
      worker.once("exit", () => reject(new Error("the worker ended before it was ready")));
      worker.once("error", reject);
    });
    // Whoever takes the process over hears of it.
    ready.catch(() => {});
    return { process: worker, ready };
  }
}
