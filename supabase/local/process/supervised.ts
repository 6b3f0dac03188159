import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** What to run, and how to stop it: signals with the milliseconds to wait before the next. */
export type SuperviseOptions = {
  command: string;
  args: string[];
  cwd?: string;
  env?: NodeJS.Dict<string>;
  uid?: number;
  gid?: number;
  /** Signal the whole process group, for commands that start processes of their own. */
  group?: boolean;
  stop: [signal: NodeJS.Signals, patienceMs: number][];
  /** `inherit` shows the output as it comes; `pipe` hands it to `output`. */
  stdio: "inherit" | "pipe";
};

export type Exit = { code: number | null; signal: string | null; error?: string };

export type Supervised = {
  /** Process id of the command itself. */
  pid: number;
  stdout: Readable | null;
  stderr: Readable | null;
  /** Settles when the command has ended, for whatever reason. Never rejects. */
  exited: Promise<Exit>;
  /** Stops the command and waits until it is gone. */
  stop(): Promise<void>;
};

const messageSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("started"), pid: z.number() }),
  z.object({ type: z.literal("error"), message: z.string() }),
  z.object({
    type: z.literal("exited"),
    code: z.number().nullable(),
    signal: z.string().nullable(),
  }),
]);

const supervisorPath = fileURLToPath(new URL("./supervise.mjs", import.meta.url));

function killQuietly(pid: number, group: boolean): void {
  try {
    process.kill(group && process.platform !== "win32" ? -pid : pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}

/**
 * Starts a command under a supervisor that stops it when this process ends in any way.
 * Rejects when the command cannot be started at all.
 */
export async function supervise(options: SuperviseOptions): Promise<Supervised> {
  const { env, stdio, ...rest } = options;
  const supervisor: ChildProcess = spawn(process.execPath, [supervisorPath, JSON.stringify(rest)], {
    env: (env ?? process.env) as NodeJS.ProcessEnv,
    stdio: ["ignore", stdio, stdio, "ipc"],
    // Its own session: Ctrl-C in the terminal reaches the launcher only, which stops in order.
    detached: process.platform !== "win32",
    windowsHide: true,
  });

  let pid = 0;
  let outcome: Exit | null = null;
  const exited = new Promise<Exit>((resolve) => {
    supervisor.once("exit", (code, signal) => {
      // A supervisor that was killed itself could not stop its command.
      if (pid > 0 && outcome === null) killQuietly(pid, options.group === true);
      resolve(outcome ?? { code, signal });
    });
  });
  await new Promise<void>((resolve, reject) => {
    supervisor.once("error", reject);
    supervisor.on("message", (raw) => {
      const message = messageSchema.parse(raw);
      if (message.type === "started") {
        pid = message.pid;
        resolve();
      } else if (message.type === "error") {
        outcome = { code: 1, signal: null, error: message.message };
        reject(new Error(message.message));
      } else {
        outcome = { code: message.code, signal: message.signal };
      }
    });
    void exited.then(() => reject(new Error(`${options.command} ended while it started`)));
  });

  return {
    pid,
    stdout: supervisor.stdout,
    stderr: supervisor.stderr,
    exited,
    async stop() {
      if (supervisor.connected) supervisor.send("stop", () => {});
      else supervisor.kill("SIGTERM");
      await exited;
    },
  };
}
