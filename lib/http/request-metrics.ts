import { collectDefaultMetrics, Histogram, Registry } from "prom-client";
import { type LoggedRequest, logRequest } from "@/lib/log";

/** Upper bounds in seconds; 0.2 is the bound of the alert. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10];
/** What took longer than the last bound counts with this one, in milliseconds. */
const SLOWEST_MS = 60_000;
/** Addresses that somebody makes up must not fill the memory. */
const MOST_ROUTES = 300;

interface ProcessMetrics {
  registry: Registry;
  durations: Histogram<"method" | "route" | "status">;
  routes: Set<string>;
  /** Requests by upper bound in milliseconds since they were last taken. */
  hits: Map<number, number>;
}

// The entry server and the bundles of Next.js load this file more than once in a process.
const KEY = Symbol.for("referral-rewards.request-metrics");
const shared = globalThis as { [KEY]?: ProcessMetrics };

function make(): ProcessMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const durations = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time until the answer of a request was ready, by route pattern and status.",
    labelNames: ["method", "route", "status"] as const,
    buckets: BOUNDS,
    registers: [registry],
  });
  return { registry, durations, routes: new Set(), hits: new Map() };
}

function metrics(): ProcessMetrics {
  shared[KEY] ??= make();
  return shared[KEY];
}

/** Writes the line of an answered request, and counts its duration. */
export function noteRequest(request: LoggedRequest): void {
  logRequest(request);
  const { durations, routes, hits } = metrics();
  const { method, route, status, ms, role } = request;
  if (routes.size < MOST_ROUTES) routes.add(route);
  const known = routes.has(route) ? route : "other";
  durations.observe({ method, route: known, status: String(status) }, ms / 1000);
  // What programs ask for is no person's wait.
  if (role === "cron" || role === "metrics" || role === "webhook" || role === "key") return;
  const bound = BOUNDS.map((seconds) => seconds * 1000).find((most) => ms <= most) ?? SLOWEST_MS;
  hits.set(bound, (hits.get(bound) ?? 0) + 1);
}

/** The registry of this process: durations of requests, memory, CPU and event loop. */
export function processRegistry(): Registry {
  return metrics().registry;
}

/** Requests of people by upper bound in milliseconds, since this was last called. */
export function takeRequestHits(): Record<string, number> {
  const { hits } = metrics();
  const taken = Object.fromEntries(hits);
  hits.clear();
  return taken;
}

/** Counts again what could not be kept. */
export function returnRequestHits(taken: Readonly<Record<string, number>>): void {
  const { hits } = metrics();
  for (const [bound, count] of Object.entries(taken)) {
    hits.set(Number(bound), (hits.get(Number(bound)) ?? 0) + count);
  }
}
