import "server-only";
import { getEnv } from "@/lib/env";
import { returnRequestHits, takeRequestHits } from "@/lib/http/request-metrics";
import { log } from "@/lib/log";
import { createServerClient } from "@/lib/supabase/clients";
import { recordRequestDurations } from "@/lib/supabase/monitoring";

const KEEP_EVERY_MS = 60_000;

async function keepDurations(): Promise<void> {
  const hits = takeRequestHits();
  if (Object.keys(hits).length === 0) return;
  try {
    await recordRequestDurations(createServerClient(), hits);
  } catch (error) {
    returnRequestHits(hits);
    log().warn({ err: error }, "the durations of requests wait to be kept");
  }
}

/** Begins, once per process, to trace when that is configured, and to keep durations of requests. */
export async function startMonitoring(): Promise<void> {
  if (getEnv().OTEL_EXPORTER_OTLP_ENDPOINT) {
    const { startTracing } = await import("./tracing");
    startTracing();
  }
  setInterval(() => void keepDurations(), KEEP_EVERY_MS).unref();
}
