/** How far a run was at an instant. */
export interface PaceSample {
  /** Milliseconds since 1970, by the database's clock. */
  at: number;
  /** Services with an invoice. */
  done: number;
}

const KEPT = 8;

/** The latest samples with one more. A sample that is older than the last one is left out. */
export function withSample(samples: readonly PaceSample[], next: PaceSample): PaceSample[] {
  const last = samples.at(-1);
  if (last && (next.at <= last.at || next.done < last.done)) return [...samples];
  return [...samples, next].slice(-KEPT);
}

export interface Pace {
  perSecond: number;
  /** Null while nothing moves. */
  secondsLeft: number | null;
}

/** The pace between the first and the last sample; null before there are two. */
export function paceOf(samples: readonly PaceSample[], total: number): Pace | null {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.at <= first.at) return null;
  const perSecond = ((last.done - first.done) * 1000) / (last.at - first.at);
  const left = Math.max(0, total - last.done);
  return { perSecond, secondsLeft: perSecond > 0 ? left / perSecond : null };
}
