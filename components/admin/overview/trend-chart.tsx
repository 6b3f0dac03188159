"use client";

import { useId } from "react";
import {
  Bar,
  BarChart,
  CartesianGrid,
  Cell,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { Card, CardHeader } from "@/components/ui/card";
import { cn } from "@/components/ui/cn";
import { columnsOf, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import type { Metrics } from "@/lib/admin/metrics-schemas";
import { formatDate } from "@/lib/dates";
import { countOf, formatCount } from "@/lib/words";
import { type Shown, TableFile } from "./table-file";

type Bars = Metrics["bars"];
type BarRow = Bars["items"][number];

const dayAndMonth = (date: string) => formatDate(date, "UTC").replace(/ \d{4}$/, "");
const isPartial = (bar: BarRow) => bar.days < bar.whole_days;

const column = columnsOf<BarRow>();
const columnsFor = (unit: Bars["unit"]) =>
  column.columns([
    column.accessor("start", {
      header: unit === "day" ? "Day" : "Week from",
      meta: { isRowHeader: true },
      cell: ({ getValue }) => formatDate(getValue(), "UTC"),
    }),
    column.accessor("days", {
      header: "Days counted",
      meta: { align: "end" },
      cell: ({ row: { original } }) => `${original.days} of ${original.whole_days}`,
    }),
    column.accessor("orders", {
      header: "Referred",
      meta: { align: "end" },
      cell: ({ getValue }) => formatCount(getValue()),
    }),
    column.accessor("qualified", {
      header: "Qualified",
      meta: { align: "end" },
      cell: ({ getValue }) => formatCount(getValue()),
    }),
    column.accessor("under_way", {
      header: "Can still qualify",
      meta: { align: "end" },
      cell: ({ getValue }) => formatCount(getValue()),
    }),
  ]);
const COLUMNS = { day: columnsFor("day"), week: columnsFor("week") };

const SERIES = [
  { key: "qualified", name: "Qualified since", fill: "var(--color-accent)", swatch: "bg-accent" },
  {
    key: "under_way",
    name: "Can still qualify",
    fill: "var(--color-info)",
    swatch: "bg-info",
  },
  {
    key: "ended",
    name: "Ended before",
    fill: "var(--color-border-strong)",
    swatch: "bg-border-strong",
  },
] as const;

function Legend({ hasPartial, unit }: { hasPartial: boolean; unit: Bars["unit"] }) {
  return (
    <ul aria-hidden="true" className="mb-4 flex flex-wrap gap-x-5 gap-y-1 text-text-muted text-xs">
      {SERIES.map(({ key, name, swatch }) => (
        <li key={key} className="flex items-center gap-2">
          <span className={cn("size-2.5 rounded-sm", swatch)} />
          {name}
        </li>
      ))}
      {hasPartial ? <li>Paler: a {unit} of which only some days are in the period</li> : null}
    </ul>
  );
}

/** Referred orders per day or week, as a chart and as a table. Partial bars are paler. */
export function TrendChart({ bars, shown }: { bars: Bars; shown: Shown }) {
  const titleId = useId();
  const { unit, items } = bars;
  const total = items.reduce((sum, bar) => sum + bar.orders, 0);
  const qualified = items.reduce((sum, bar) => sum + bar.qualified, 0);
  const title = `Referred orders per ${unit}`;
  const labelOf = (start: unknown) => {
    const bar = items.find((one) => one.start === start);
    const day = formatDate(String(start), "UTC");
    if (unit === "day") return day;
    return `Week from ${day}${bar && isPartial(bar) ? `, ${bar.days} of 7 days` : ""}`;
  };
  return (
    <Card aria-labelledby={titleId} className="min-w-0">
      <CardHeader
        title={title}
        titleId={titleId}
        description={
          unit === "day"
            ? "By the day of the order."
            : "By the week of the order, Monday to Sunday."
        }
        actions={<TableFile table="bars" shown={shown} />}
      />
      {total === 0 ? (
        <EmptyState title="No referrals in this period">
          Choose a longer period, or look again when the first friends have ordered.
        </EmptyState>
      ) : (
        <>
          <Legend hasPartial={items.some(isPartial)} unit={unit} />
          <div
            role="img"
            aria-label={`Chart: ${countOf(total, "referred order")} in ${countOf(items.length, unit)}, ${formatCount(qualified)} of them qualified. The table below has the numbers.`}
            className="h-56"
          >
            <ResponsiveContainer width="100%" height="100%">
              <BarChart
                data={items.map((bar) => ({
                  ...bar,
                  ended: bar.orders - bar.qualified - bar.under_way,
                }))}
                accessibilityLayer={false}
                margin={{ top: 4, right: 4, bottom: 0, left: 0 }}
              >
                <CartesianGrid vertical={false} stroke="var(--color-border)" />
                <XAxis
                  dataKey="start"
                  tickFormatter={dayAndMonth}
                  tick={{ fill: "var(--color-text-muted)", fontSize: 12 }}
                  tickLine={false}
                  axisLine={{ stroke: "var(--color-border)" }}
                  minTickGap={24}
                />
                <YAxis
                  allowDecimals={false}
                  width={32}
                  tick={{ fill: "var(--color-text-muted)", fontSize: 12 }}
                  tickLine={false}
                  axisLine={false}
                />
                <Tooltip
                  cursor={{ fill: "var(--color-surface-sunken)" }}
                  labelFormatter={labelOf}
                  contentStyle={{
                    background: "var(--color-surface-raised)",
                    border: "1px solid var(--color-border)",
                    borderRadius: "0.5rem",
                    fontSize: "0.8125rem",
                  }}
                  itemStyle={{ color: "var(--color-text)" }}
                />
                {SERIES.map(({ key, name, fill }) => (
                  <Bar
                    key={key}
                    dataKey={key}
                    name={name}
                    stackId="bar"
                    fill={fill}
                    maxBarSize={28}
                    isAnimationActive={false}
                  >
                    {items.map((bar) => (
                      <Cell key={bar.start} fillOpacity={isPartial(bar) ? 0.5 : 1} />
                    ))}
                  </Bar>
                ))}
              </BarChart>
            </ResponsiveContainer>
          </div>
          <details className="mt-4">
            <summary className="inline-flex min-h-6 items-center rounded-sm text-accent-strong text-sm underline underline-offset-4">
              Show the numbers
            </summary>
            <div className="-mx-4 mt-3 max-h-80 overflow-y-auto border-t sm:-mx-6">
              <DataTable
                caption={title}
                columns={COLUMNS[unit]}
                rows={items}
                getRowId={(bar) => bar.start}
                isSortable
                empty={null}
              />
            </div>
          </details>
        </>
      )}
    </Card>
  );
}
