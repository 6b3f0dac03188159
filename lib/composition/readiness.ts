import "server-only";
import { statfs } from "node:fs/promises";
import { resolve } from "node:path";
import { getEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";
import type { ServerClient } from "@/lib/supabase/clients";
import { embeddedMode } from "@/lib/supabase/embedded-mode";
import { checkHealth, schemaProblem } from "@/lib/supabase/maintenance";
import packageFile from "@/package.json";

/** Below this much free space, in bytes, the disk counts as low. */
const LOW_DISK_BYTES = 512 * 1024 * 1024;

/** What the load balancer and the monitors read. */
export interface Readiness {
  status: "ok";
  database: "ok";
  /** Release of this code. */
  version: string;
  /** Newest migration of the database. */
  migration: string | null;
  rewards: "on" | "off";
  /** `outage`: the mail provider fails as a whole, and mails wait. */
  mail: "on" | "held" | "outage";
  database_bytes: number;
  /** Of the embedded database's disk; `unknown` for a hosted project. */
  disk: "ok" | "low" | "unknown";
}

async function readDisk(): Promise<Readiness["disk"]> {
  if (embeddedMode() === null) return "unknown";
  try {
    const { bavail, bsize } = await statfs(resolve(getEnv().LOCAL_DATA_DIR));
    return bavail * bsize < LOW_DISK_BYTES ? "low" : "ok";
  } catch {
    return "unknown";
  }
}

/**
 * Whether this process can serve: the database can be written, and has the schema of this code.
 *
 * @throws AppError `unavailable` when not.
 */
export async function readReadiness(server: ServerClient): Promise<Readiness> {
  const { ENABLE_REFERRAL_REWARDS, ALLOW_NEWER_DATABASE } = getEnv();
  const [health, disk] = await Promise.all([checkHealth(server), readDisk()]);
  const problem = schemaProblem(health.migration, ALLOW_NEWER_DATABASE);
  if (problem) throw new AppError("unavailable", { cause: new Error(problem) });
  return {
    status: "ok",
    database: "ok",
    version: packageFile.version,
    migration: health.migration,
    rewards: ENABLE_REFERRAL_REWARDS && health.switches.rewards ? "on" : "off",
    mail: !health.switches.mail ? "held" : health.mail_outage_since === null ? "on" : "outage",
    database_bytes: health.database_bytes,
    disk,
  };
}
