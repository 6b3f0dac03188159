import "server-only";
import { Registry } from "prom-client";
import { operationalRegistry } from "@/lib/http/operational-metrics";
import { processRegistry } from "@/lib/http/request-metrics";
import { log } from "@/lib/log";
import type { ServerClient } from "@/lib/supabase/clients";
import { readOperationalMetrics } from "@/lib/supabase/monitoring";

/**
 * The metrics in the text format of Prometheus: durations of requests from this process, all else
 * from the database. When the database does not answer, the process is shown alone.
 */
export async function writeMetrics(
  server: ServerClient,
): Promise<{ text: string; contentType: string }> {
  const facts = await readOperationalMetrics(server).catch((error: unknown) => {
    log().error({ err: error }, "the database gave no metrics");
    return null;
  });
  const all = Registry.merge([processRegistry(), operationalRegistry(facts)]);
  return { text: await all.metrics(), contentType: all.contentType };
}
