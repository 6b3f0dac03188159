export interface Latency {
  p50_ms: number;
  p95_ms: number;
  max_ms: number;
}

const percentile = (sorted: number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

const rounded = (ms: number) => Math.round(ms * 100) / 100;

/** How long a call takes, one after the other, after five that are not measured. */
export async function latencyOf(
  rounds: number,
  call: (n: number) => Promise<unknown>,
): Promise<Latency> {
  for (let n = 0; n < 5; n += 1) await call(n);
  const times: number[] = [];
  for (let n = 0; n < rounds; n += 1) {
    const began = performance.now();
    await call(n);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return {
    p50_ms: rounded(percentile(times, 0.5)),
    p95_ms: rounded(percentile(times, 0.95)),
    max_ms: rounded(times.at(-1) ?? 0),
  };
}
