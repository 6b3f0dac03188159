"use client";

import { useId } from "react";
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { Card, CardHeader } from "@/components/ui/card";
import { columnsOf, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { countOf, formatCount } from "@/components/ui/wording";
import { formatDate } from "@/lib/dates";
import type { Week } from "./metrics";

const dayAndMonth = (date: string) => formatDate(date, "UTC").replace(/ \d{4}$/, "");

const column = columnsOf<Week>();
const COLUMNS = column.columns([
  column.accessor("week_start", {
    header: "Week from",
    meta: { isRowHeader: true },
    cell: ({ getValue }) => formatDate(getValue(), "UTC"),
  }),
  column.accessor("referrals", {
    header: "Referred",
    meta: { align: "end" },
    cell: ({ getValue }) => formatCount(getValue()),
  }),
  column.accessor("qualified", {
    header: "Qualified",
    meta: { align: "end" },
    cell: ({ getValue }) => formatCount(getValue()),
  }),
]);

function Legend() {
  return (
    <ul aria-hidden="true" className="mb-4 flex gap-5 text-text-muted text-xs">
      <li className="flex items-center gap-2">
        <span className="size-2.5 rounded-sm bg-accent" />
        Qualified since
      </li>
      <li className="flex items-center gap-2">
        <span className="size-2.5 rounded-sm bg-border-strong" />
        Not qualified, or not yet
      </li>
    </ul>
  );
}

/** Referrals per week, as a chart and as a table. */
export function TrendChart({ weeks }: { weeks: readonly Week[] }) {
  const titleId = useId();
  const total = weeks.reduce((sum, week) => sum + week.referrals, 0);
  const qualified = weeks.reduce((sum, week) => sum + week.qualified, 0);
  return (
    <Card aria-labelledby={titleId} className="min-w-0">
      <CardHeader
        title="Referrals per week"
        titleId={titleId}
        description="By the week of the order, Monday to Sunday."
      />
      {total === 0 ? (
        <EmptyState title="No referrals in this period">
          Choose a longer period, or look again when the first friends have ordered.
        </EmptyState>
      ) : (
        <>
          <Legend />
          <div
            role="img"
            aria-label={`Chart: ${countOf(total, "referred order")} in ${countOf(weeks.length, "week")}, ${formatCount(qualified)} of them qualified. The table below has the numbers.`}
            className="h-56"
          >
            <ResponsiveContainer width="100%" height="100%">
              <BarChart
                data={weeks.map((week) => ({ ...week, others: week.referrals - week.qualified }))}
                accessibilityLayer={false}
                margin={{ top: 4, right: 4, bottom: 0, left: 0 }}
              >
                <CartesianGrid vertical={false} stroke="var(--color-border)" />
                <XAxis
                  dataKey="week_start"
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
                  labelFormatter={(label) => `Week from ${formatDate(String(label), "UTC")}`}
                  contentStyle={{
                    background: "var(--color-surface-raised)",
                    border: "1px solid var(--color-border)",
                    borderRadius: "0.5rem",
                    fontSize: "0.8125rem",
                  }}
                  itemStyle={{ color: "var(--color-text)" }}
                />
                <Bar
                  dataKey="qualified"
                  name="Qualified since"
                  stackId="week"
                  fill="var(--color-accent)"
                  maxBarSize={28}
                  isAnimationActive={false}
                />
                <Bar
                  dataKey="others"
                  name="Not qualified, or not yet"
                  stackId="week"
                  fill="var(--color-border-strong)"
                  radius={[3, 3, 0, 0]}
                  maxBarSize={28}
                  isAnimationActive={false}
                />
              </BarChart>
            </ResponsiveContainer>
          </div>
          <details className="mt-4">
            <summary className="inline-flex min-h-6 items-center rounded-sm text-accent-strong text-sm underline underline-offset-4">
              Show the numbers
            </summary>
            <div className="-mx-4 mt-3 max-h-80 overflow-y-auto border-t sm:-mx-6">
              <DataTable
                caption="Referrals per week"
                columns={COLUMNS}
                rows={weeks}
                getRowId={(week) => week.week_start}
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
