import type { BillingProgress } from "@/lib/billing/schemas";

const WIDTH = 24;
const SECOND_MS = 1_000;
/** No rate is shown before this: it would be inaccurate. */
const LEAST_ELAPSED_MS = SECOND_MS;

/** How fast a run was up to now, and how long the rest takes at that rate. */
export interface Pace {
  services_per_second: number;
  seconds_left: number;
}

/** `40 s`, `12 min`, `1 h 05 min`. */
function describeSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** One line, like `[########----------------] 33 % · 120 of 360 services · 40/s · 6 s left`. */
export function progressText(progress: BillingProgress, pace: Pace | null = null): string {
  const { services_total, services_done, errors } = progress;
  const share = services_total === 0 ? 1 : Math.min(services_done / services_total, 1);
  const filled = Math.round(share * WIDTH);
  const bar = `[${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}]`;
  const parts = [
    `${bar} ${Math.floor(share * 100)} %`,
    `${services_done} of ${services_total} services`,
  ];
  if (pace) {
    parts.push(`${Math.round(pace.services_per_second)}/s`);
    parts.push(`${describeSeconds(pace.seconds_left)} left`);
  }
  if (errors > 0) parts.push(`${errors} failed`);
  return parts.join(" · ");
}

/**
 * Keeps one line of a terminal up to date; writes nothing anywhere else. `now` counts
 * milliseconds from any start.
 */
export function progressLine(
  stream: { isTTY?: boolean; write(text: string): unknown },
  now: () => number = () => performance.now(),
) {
  const live = stream.isTTY === true;
  let first: { at: number; done: number } | null = null;

  function paceOf({ services_total, services_done }: BillingProgress): Pace | null {
    // Invoices of earlier runs do not count for the rate of this one.
    first ??= { at: now(), done: services_done };
    const elapsed = now() - first.at;
    const services_per_second = ((services_done - first.done) * SECOND_MS) / elapsed;
    if (elapsed < LEAST_ELAPSED_MS || services_per_second <= 0) return null;
    const left = Math.max(services_total - services_done, 0);
    return { services_per_second, seconds_left: left / services_per_second };
  }

  return {
    show(progress: BillingProgress): void {
      const pace = paceOf(progress);
      if (live) stream.write(`\r\u001b[K${progressText(progress, pace)}`);
    },
    clear(): void {
      if (live) stream.write("\r\u001b[K");
    },
  };
}
