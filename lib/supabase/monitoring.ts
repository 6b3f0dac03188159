import { z } from "zod";
import type { ServerClient } from "./clients";
import { callRpc } from "./rpc";

const counts = z.record(z.string(), z.number().int().min(0));

const metricsSchema = z.object({
  referrals: counts,
  rewards: counts,
  refused_24h: counts,
  referrals_24h: z.number().int(),
  flagged_24h: z.number().int(),
  flags_open: counts,
  mails: z.object({
    queued: z.number(),
    failed: z.number(),
    oldest_due_seconds: z.number(),
    /** For how long the provider has failed as a whole; 0 while it works. */
    outage_seconds: z.number(),
  }),
  /** Instants in seconds since 1970; 0: never. */
  jobs: z.array(
    z.object({
      job: z.string(),
      late_after_seconds: z.number(),
      last_run: z.number(),
      last_success: z.number(),
      last_duration_ms: z.number(),
      runs: z.number(),
      failures: z.number(),
    }),
  ),
  unbilled: z.number().int(),
  billing: z.object({ errors: z.number(), interrupted: z.number() }),
  verification: z.object({ at: z.number(), violations: z.number(), by_invariant: counts }),
  switches: z.object({ rewards: z.boolean(), mail: z.boolean(), paused: z.boolean() }),
});
export type OperationalMetrics = z.infer<typeof metricsSchema>;

/** What must agree between all processes, for monitoring. @throws AppError `unavailable`, `internal` */
export function readOperationalMetrics(client: ServerClient): Promise<OperationalMetrics> {
  return callRpc(client, "get_operational_metrics", {}, metricsSchema);
}

/** Keeps that a job has ended now, and how. @throws AppError `not_found`, `unavailable`, `internal` */
export async function recordJobRun(
  client: ServerClient,
  run: { job: string; ok: boolean; durationMs: number },
): Promise<void> {
  const { job, ok, durationMs } = run;
  const args = { p_job: job, p_ok: ok, p_duration_ms: Math.round(durationMs) };
  await callRpc(client, "record_job_run", args, z.null());
}

/**
 * Adds the requests that a process has answered, by upper bound in milliseconds.
 * @throws AppError `unavailable` or `internal`.
 */
export async function recordRequestDurations(
  client: ServerClient,
  hits: Readonly<Record<string, number>>,
): Promise<void> {
  await callRpc(client, "record_request_durations", { p_hits: { ...hits } }, z.null());
}
