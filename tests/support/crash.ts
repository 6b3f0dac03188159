import type { Fate, FaultyProxy } from "./faulty-proxy";
import type { JobProcess } from "./job-process";
import type { Draws } from "./simulator/random";

export interface DeathPoint {
  /** At which call of the job to the database it dies, counted from 1. */
  call: number;
  /** Whether that call is still carried out. */
  fate: Exclude<Fate, "answered">;
}

/** As many different points as asked for, half of them before a call is carried out, half after. */
export function deathPoints(
  count: number,
  calls: { from: number; to: number },
  draws: Draws,
): DeathPoint[] {
  const all: DeathPoint[] = [];
  for (let call = calls.from; call <= calls.to; call += 1) {
    all.push({ call, fate: "lost before" }, { call, fate: "lost after" });
  }
  const drawn = all.map((point) => ({ point, at: draws.share() })).sort((a, b) => a.at - b.at);
  const half = (fate: DeathPoint["fate"], n: number) =>
    drawn.flatMap(({ point }) => (point.fate === fate ? [point] : [])).slice(0, n);
  return [
    ...half("lost before", Math.ceil(count / 2)),
    ...half("lost after", Math.floor(count / 2)),
  ];
}

/** Kills a job (SIGKILL) in the middle of one of its calls. Fails when it ends before that call. */
export async function killAt(
  job: JobProcess,
  proxy: FaultyProxy,
  { call, fate }: DeathPoint,
): Promise<void> {
  proxy.decide(async ({ n }) => {
    if (n < call) return "answered";
    job.child.kill("SIGKILL");
    await job.ended;
    return fate;
  });
  const { signal, code, error } = await job.ended;
  // What it had under way besides is through, or refused, once nothing waits at the proxy.
  await proxy.idle();
  if (signal !== "SIGKILL") {
    throw new Error(`the job ended with ${code} after ${proxy.seen.length} calls: ${error}`);
  }
}
