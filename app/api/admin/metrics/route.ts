import { z } from "zod";
import { METRICS_TABLES, metricsCsv } from "@/lib/admin/metrics-csv";
import type { Metrics } from "@/lib/admin/metrics-schemas";
import { callerServices } from "@/lib/composition/services";
import { daySchema, formatSchema } from "@/lib/http/common-schemas";
import { type CsvPage, csvResponse } from "@/lib/http/csv-response";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

async function* onePage(page: CsvPage): AsyncGenerator<CsvPage> {
  yield page;
}

/**
 * The programme's figures for whole days of the billing time zone: `days` until yesterday, or `from`
 * and `to`, both included. One of its tables is the file.
 */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "metrics.view",
      query: z
        .object({
          days: z.coerce
            .number({ error: "Use a number of days." })
            .int("Use whole days.")
            .min(1, "Use 1 day or more.")
            .max(730, "Use 730 days or less.")
            .default(30),
          from: daySchema.optional(),
          to: daySchema.optional(),
          compare: z
            .enum(["previous", "year", "none"], { error: "Use previous, year or none." })
            .default("previous"),
          format: formatSchema,
          table: z.enum(METRICS_TABLES, { error: `Use ${METRICS_TABLES.join(", ")}.` }).optional(),
        })
        .refine(({ from, to }) => !from || !to || from <= to, {
          path: ["to"],
          error: "Choose a day not before the first.",
        })
        .refine(({ format, table }) => format !== "csv" || table !== undefined, {
          path: ["table"],
          error: `Choose the table: ${METRICS_TABLES.join(", ")}.`,
        }),
    },
    async ({ session, server, query }) => {
      const { days, from, to, compare, format, table } = query;
      const period = from || to ? { from, to } : { days };
      const { metrics: service } = callerServices(session.client).admin;
      if (format === "csv" && table) {
        const metrics: Metrics = await service.getMetrics(period, compare);
        const filter = { from: metrics.first_day, to: metrics.last_day, compare };
        const name = `programme-${table}-${metrics.first_day}-to-${metrics.last_day}`;
        return csvResponse(
          server(),
          { name, actor: session.userId, filter },
          onePage(metricsCsv(table, metrics)),
        );
      }
      const [metrics, { referrers, top }] = await Promise.all([
        service.getMetrics(period, compare),
        service.getTopReferrers(period),
      ]);
      return { ...metrics, referrers, top_referrers: top };
    },
  ),
});
