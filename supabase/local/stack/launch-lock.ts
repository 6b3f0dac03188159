import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { codeOf, explainDisk, LaunchError, messageOf } from "../process/fail";
import { isAlive, startMark } from "../process/process-info";

const holderSchema = z.object({ pid: z.number(), mark: z.string(), address: z.string() });
type Holder = z.infer<typeof holderSchema>;

/** The launcher that uses this data directory now, if one does. */
export function currentHolder(dataDir: string): Holder | null {
  try {
    const text = readFileSync(join(dataDir, "launcher.lock"), "utf8");
    const holder = holderSchema.parse(JSON.parse(text));
    // The system may have given the id to another process since. The mark tells them apart.
    return isAlive(holder.pid) && startMark(holder.pid) === holder.mark ? holder : null;
  } catch {
    return null;
  }
}

/** The launcher that still uses this data directory after up to three seconds, if one does. */
export async function lastingHolder(dataDir: string): Promise<Holder | null> {
  for (let waited = 0; waited < 3_000; waited += 100) {
    if (currentHolder(dataDir) === null) return null;
    await delay(100);
  }
  return currentHolder(dataDir);
}

/**
 * Makes this process the only user of a data directory. Returns how to give it up.
 *
 * The lock library proper-lockfile goes by the age of its file: after kill -9 it refuses the next
 * start for up to ten seconds, and a launcher that was suspended loses its lock to a second one.
 */
export function lockDataDir(dataDir: string, address: string): () => void {
  const path = join(dataDir, "launcher.lock");
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const file = openSync(path, "wx", 0o600);
      const mine: Holder = { pid: process.pid, mark: startMark(process.pid), address };
      writeSync(file, JSON.stringify(mine));
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (codeOf(error) !== "EEXIST") {
        throw new LaunchError(explainDisk(messageOf(error), dataDir) ?? messageOf(error));
      }
      const holder = currentHolder(dataDir);
      if (holder) {
        throw new LaunchError(
          `Already running at ${holder.address} (process ${holder.pid}). ` +
            "Stop it first, or set LOCAL_DATA_DIR and the ports for a second one.",
        );
      }
      rmSync(path, { force: true });
    }
  }
  throw new LaunchError(`Another start is using ${dataDir} at this moment. Try again.`);
}
