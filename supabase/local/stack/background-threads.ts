import { readdirSync, readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { platform, setPriority } from "node:os";

/** The scheduler serves others first, and gives these threads what is left. */
const NICENESS = 10;

/**
 * Password hashes run on the worker threads of Node. They give way to the thread that serves, so that
 * many sign-ups at once do not delay other requests. Linux schedules threads one by one; elsewhere
 * this does nothing.
 */
export async function lowerWorkerThreads(): Promise<void> {
  if (platform() !== "linux") return;
  // The first work that is handed to the threads starts all of them.
  await stat("/");
  for (const thread of readdirSync("/proc/self/task")) {
    try {
      const name = readFileSync(`/proc/self/task/${thread}/comm`, "utf8").trim();
      if (name === "libuv-worker") setPriority(Number(thread), NICENESS);
    } catch {
      // The thread ended, or the system does not allow it: everything works as without this.
    }
  }
}
