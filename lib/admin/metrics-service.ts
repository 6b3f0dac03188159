import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import {
  type Metrics,
  metricsSchema,
  type TopReferrers,
  topReferrersSchema,
} from "./metrics-schemas";

/**
 * Whole days of the billing time zone: so many until yesterday, or from one to another (`YYYY-MM-DD`,
 * both included). Today is part of them only where it is named.
 */
export type MetricsPeriod = { days: number } | { from?: string; to?: string };

const periodArgs = (period: MetricsPeriod) =>
  "days" in period ? { p_days: period.days } : { p_from: period.from, p_to: period.to };

/**
 * The programme's figures, with the rights of an admin.
 *
 * All methods raise AppError `unauthenticated`, `forbidden`, and `invalid_request` for days that
 * end before they begin, lie ahead, or are more than ten years.
 */
export class MetricsService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /** The figures of a period, against the days before it or the same ones a year before. */
  getMetrics(period: MetricsPeriod, compare: Metrics["compare"] = "previous"): Promise<Metrics> {
    return callRpc(
      this.deps.client,
      "get_program_metrics",
      { ...periodArgs(period), p_compare: compare },
      metricsSchema,
    );
  }

  /** How many customers referred somebody in the period, and the ten whose friends count most. */
  getTopReferrers(period: MetricsPeriod): Promise<TopReferrers> {
    return callRpc(this.deps.client, "get_top_referrers", periodArgs(period), topReferrersSchema);
  }
}
