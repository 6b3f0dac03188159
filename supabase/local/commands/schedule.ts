import type { Log } from "../stack/postgres-server";

/** What a single machine runs by itself; elsewhere a scheduler calls the same addresses. */
const JOBS = [
  { name: "notify", everySeconds: 30 },
  { name: "qualify", everySeconds: 900 },
  { name: "expire", everySeconds: 900 },
] as const;

/**
 * Calls the cron routes of the site on this machine. Billing is left to the people who run it.
 *
 * @returns a function that stops it.
 */
export function startSchedule(options: {
  siteUrl: string;
  cronSecret: string;
  log: Log;
}): () => Promise<void> {
  const stopping = new AbortController();
  const timers = JOBS.map(({ name, everySeconds }) => {
    let running = false;
    return setInterval(async () => {
      if (running) return;
      running = true;
      try {
        const response = await fetch(`${options.siteUrl}/api/cron/${name}`, {
          method: "POST",
          headers: { authorization: `Bearer ${options.cronSecret}` },
          signal: stopping.signal,
        });
        if (!response.ok) options.log(`The ${name} job answered ${response.status}.`);
        await response.arrayBuffer();
      } catch (error) {
        if (!stopping.signal.aborted) options.log(`The ${name} job did not run: ${String(error)}`);
      } finally {
        running = false;
      }
    }, everySeconds * 1000);
  });
  return async () => {
    stopping.abort();
    for (const timer of timers) clearInterval(timer);
  };
}
