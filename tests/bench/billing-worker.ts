/**
 * One billing run in a process of its own, as a job is, so that its memory is its own. Takes its
 * options as JSON, finds the stack by LOCAL_DATA_DIR, and prints what it measured as JSON.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { CompliantBillingService } from "@/lib/billing/compliant-billing-service";
import { fixedClock } from "@/lib/clock";
import { createServerClient } from "@/lib/supabase/clients";

/** Linux counts what the parent held before the program was loaded into `maxRSS`; not in here. */
function peakKilobytes(): number {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}

const options = z
  .object({ asOf: z.string(), workers: z.number(), warmUp: z.boolean() })
  .parse(JSON.parse(process.argv[2] ?? ""));

const billing = new CompliantBillingService({
  client: createServerClient(),
  clock: fixedClock(options.asOf),
  rewardsEnabled: true,
});
// Without it, a short run measures the compiler.
if (options.warmUp) await billing.runCycle({ dryRun: true });
const began = performance.now();
const summary = await billing.billAll({ workers: options.workers });
const seconds = (performance.now() - began) / 1000;
const { invoices, free_months, skipped, errors } = summary;
const peak_rss_mb = Math.round(peakKilobytes() / 1024);
process.stdout.write(
  `${JSON.stringify({ seconds, peak_rss_mb, invoices, free_months, skipped, errors })}\n`,
);
process.exit(0);
