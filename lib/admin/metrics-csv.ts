import { type CsvCell, csvRows } from "@/lib/csv";
import type { Metrics } from "./metrics-schemas";

/** The tables of the overview that leave as files. */
export const METRICS_TABLES = [
  "figures",
  "bars",
  "steps",
  "channels",
  "packages",
  "cohorts",
  "liability",
] as const;
export type MetricsTable = (typeof METRICS_TABLES)[number];

type Rows = CsvCell[][];

const FIGURES = [
  "visits",
  "orders",
  "orders_active",
  "orders_paid",
  "orders_qualified",
  "orders_under_way",
  "flagged",
  "active",
  "qualified",
  "rewards_earned",
  "rewards_given",
  "rewards_applied",
  "rewards_pending",
  "active_customers",
] as const;
const AMOUNTS = [
  ["earned_waived", "earned_waived_cents"],
  ["given_waived", "given_waived_cents"],
  ["cohort_cost", "cohort_cost_cents"],
  ["cost_per_qualified", "cost_per_qualified_cents"],
] as const;

function figures({ current, previous, currency }: Metrics): Rows {
  const amount = (cents: number | null | undefined): CsvCell =>
    cents === null || cents === undefined ? null : { cents };
  return [
    ["figure", "unit", "period", "compared"],
    ...FIGURES.map((name) => [name, "count", current[name], previous?.[name]]),
    ...AMOUNTS.map(([name, field]) => [
      name,
      currency,
      amount(current[field]),
      amount(previous?.[field]),
    ]),
    ["k_factor", "ratio", current.k_factor, previous?.k_factor],
  ];
}

const WRITERS: Record<MetricsTable, (metrics: Metrics) => Rows> = {
  figures,
  bars: ({ bars }) => [
    [`${bars.unit}_from`, "days_in_period", "whole_days", "orders", "qualified", "under_way"],
    ...bars.items.map((bar) => [
      bar.start,
      bar.days,
      bar.whole_days,
      bar.orders,
      bar.qualified,
      bar.under_way,
    ]),
  ],
  steps: ({ steps }) => [
    ["step", "friends", "median_days"],
    ...Object.entries(steps).map(([name, step]) => [name, step.friends, step.median_days]),
  ],
  channels: ({ channels }) => [
    ["channel", "visits", "orders", "activated", "qualified", "under_way"],
    ...channels.map((row) => [
      row.channel,
      row.visits,
      row.orders,
      row.activated,
      row.qualified,
      row.under_way,
    ]),
  ],
  packages: ({ packages }) => [
    ["package", "orders", "activated", "paid", "qualified", "under_way"],
    ...packages.map((row) => [
      row.name,
      row.orders,
      row.activated,
      row.paid,
      row.qualified,
      row.under_way,
    ]),
  ],
  cohorts: ({ cohorts }) => [
    [
      "month",
      "customers",
      "days_counted",
      "orders",
      "activated",
      "paid",
      "qualified",
      "under_way",
      ...[3, 6, 12].flatMap((months) => [`due_after_${months}`, `kept_after_${months}`]),
    ],
    ...cohorts.map((row) => [
      row.month.slice(0, 7),
      row.is_referred ? "referred" : "without_code",
      row.days,
      row.orders,
      row.activated,
      row.paid,
      row.qualified,
      row.under_way,
      ...row.kept.flatMap(({ of, kept }) => [of, kept]),
    ]),
  ],
  liability: ({ liability, currency }) => [
    ["expires_in", "free_months", "value", "currency"],
    ...liability.expiring.map((row) => [
      row.month.slice(0, 7),
      row.rewards,
      { cents: row.value_cents },
      currency,
    ]),
  ],
};

/** One table of the overview as CSV, and how many rows of data it has. */
export function metricsCsv(table: MetricsTable, metrics: Metrics): { text: string; rows: number } {
  const rows = WRITERS[table](metrics);
  return { text: csvRows(rows), rows: rows.length - 1 };
}
