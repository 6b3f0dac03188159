"use client";

import { type ReactNode, useMemo, useState } from "react";
import { cycleDays } from "@/components/admin/billing/billing-words";
import { monthName } from "@/components/admin/billing/report-words";
import { CustomerLink } from "@/components/admin/customers/customer-link";
import { LineText } from "@/components/invoices/line-text";
import { Badge } from "@/components/ui/badge";
import { Card, CardHeader } from "@/components/ui/card";
import { CellNote } from "@/components/ui/cell-note";
import { cn } from "@/components/ui/cn";
import { columnsOf, DataTable } from "@/components/ui/data-table";
import { Money } from "@/components/ui/text";
import type { BillingPreview } from "@/lib/billing/billing-admin-schemas";
import type { LineKind, PreviewLine } from "@/lib/billing/preview";
import { countOf, formatCount } from "@/lib/words";

const KINDS: Readonly<Record<LineKind, string>> = {
  completion: "Earlier months",
  new: "New",
  back: "Back after a break",
  changed: "Price changed",
  pro_rated: "Part of a month",
  free: "Free month",
  credit: "Credit used",
  unchanged: "As last month",
};

const column = columnsOf<PreviewLine>();

/** Against the month before: nothing to say when it is the same. */
function Change({ line, currency }: { line: PreviewLine; currency: string }) {
  if (line.previous_cents === null) return <CellNote>Not invoiced the month before</CellNote>;
  const change = line.charge_cents - line.previous_cents;
  if (change === 0) return null;
  return (
    <CellNote>
      {change > 0 ? "+" : ""}
      <Money cents={change} currency={currency} /> to the month before
    </CellNote>
  );
}

const columnsFor = (currency: string) =>
  column.columns([
    column.accessor("customer_name", {
      header: "Customer",
      meta: { isRowHeader: true },
      cell: ({ row: { original: line } }) => (
        <CustomerLink
          className="wrap-anywhere"
          customer={{ id: line.customer_id, name: line.customer_name }}
        />
      ),
    }),
    column.accessor("description", {
      header: "For",
      cell: ({ row: { original: line } }) => (
        <div className="flex flex-col items-start gap-1 max-md:items-end">
          <span className="wrap-anywhere">
            <LineText value={line.description} />
          </span>
          <span className="flex flex-wrap gap-1 max-md:justify-end">
            {line.kinds
              .filter((kind) => kind !== "unchanged")
              .map((kind) => (
                <Badge key={kind} tone={kind === "free" ? "accent" : "neutral"}>
                  {kind === "completion" ? `For ${monthName(line.period_start)}` : KINDS[kind]}
                </Badge>
              ))}
          </span>
        </div>
      ),
    }),
    column.accessor("charge_cents", {
      header: "Charge",
      meta: { align: "end" },
      cell: ({ row: { original: line } }) => (
        <div>
          <Money cents={line.charge_cents} currency={currency} />
          <Change line={line} currency={currency} />
        </div>
      ),
    }),
    column.accessor("payable_cents", {
      header: "To pay",
      meta: { align: "end" },
      cell: ({ row: { original: line } }) => (
        <div>
          <Money cents={line.payable_cents} currency={currency} className="font-medium" />
          {line.waived_cents > 0 ? (
            <CellNote>
              <Money cents={line.waived_cents} currency={currency} /> waived
            </CellNote>
          ) : null}
          {line.credit_cents > 0 ? (
            <CellNote>
              <Money cents={line.credit_cents} currency={currency} /> from the account
            </CellNote>
          ) : null}
        </div>
      ),
    }),
  ]);

/** The invoices that a run would issue, by what is worth a look about them. Absent without any. */
export function PreviewLinesCard({ preview }: { preview: BillingPreview }) {
  const { lines: groups, currency } = preview;
  const [chosen, setChosen] = useState<LineKind | null>(null);
  const columns = useMemo(() => columnsFor(currency), [currency]);
  const group = groups.find(({ kind }) => kind === chosen) ?? groups[0];
  if (!group) return null;
  return (
    <Card padding="flush" aria-labelledby="preview-lines-title">
      <CardHeader
        divided
        title="Line by line"
        titleId="preview-lines-title"
        description="A line may be of several kinds. Nothing is issued before a run is started."
      />
      <fieldset className="border-b px-4 py-3 sm:px-6">
        <legend className="sr-only">Kind of line</legend>
        <div className="flex flex-wrap gap-2">
          {groups.map(({ kind, lines }) => (
            <button
              key={kind}
              type="button"
              aria-pressed={kind === group.kind}
              onClick={() => setChosen(kind)}
              className={cn(
                "inline-flex h-9 items-center gap-2 rounded-full border px-3.5 text-sm",
                "transition-colors duration-150",
                kind === group.kind
                  ? "border-text bg-text font-medium text-surface"
                  : "border-border text-text-muted hover:border-border-strong hover:text-text",
              )}
            >
              <span>{KINDS[kind]}</span> <span>{formatCount(lines)}</span>
            </button>
          ))}
        </div>
      </fieldset>
      <DataTable
        caption={`Invoices to issue: ${KINDS[group.kind]}`}
        columns={columns}
        rows={group.first}
        getRowId={(line) => `${line.service_id} ${line.period_start}`}
        empty={null}
      />
      <p className="border-t px-4 py-3 text-sm text-text-muted sm:px-6">
        {group.lines > group.first.length
          ? `The first ${formatCount(group.first.length)} of ${countOf(group.lines, "line")}.`
          : `${countOf(group.lines, "line")}.`}{" "}
        Charges before free months: <Money cents={group.charge_cents} currency={currency} />
      </p>
    </Card>
  );
}

/** The cycle beside the month before, and what makes the difference. */
export function PreviewComparisonCard({ preview }: { preview: BillingPreview }) {
  const { comparison, completions, currency, credit_cents } = preview;
  const { previous, gone } = comparison;
  const signed = (cents: number) => (
    <span className="whitespace-nowrap">
      {cents > 0 ? "+" : ""}
      <Money cents={cents} currency={currency} />
    </span>
  );
  const rows: { label: string; note?: string; value: ReactNode; strong?: boolean }[] = [
    {
      label: `${monthName(previous.period_start)}, as invoiced`,
      note: countOf(previous.invoices, "invoice"),
      value: <Money cents={previous.total_cents} currency={currency} />,
    },
    { label: "New services, and those back after a break", value: signed(comparison.new_cents) },
    {
      label: "No longer invoiced",
      note: gone.services > 0 ? countOf(gone.services, "service") : undefined,
      value: signed(comparison.gone_cents),
    },
    {
      label: "Prices, parts of a month, free months, errors",
      value: signed(comparison.changed_cents),
    },
    {
      label: `${cycleDays(preview)}, after the run`,
      note: countOf(comparison.invoices, "invoice"),
      value: <Money cents={comparison.total_cents} currency={currency} />,
      strong: true,
    },
  ];
  return (
    <div className="grid items-start gap-4 sm:gap-6 lg:grid-cols-2">
      <Card aria-labelledby="comparison-title">
        <CardHeader title="Against the month before" titleId="comparison-title" />
        <dl className="divide-y divide-border text-sm">
          {rows.map(({ label, note, value, strong }) => (
            <div
              key={label}
              className={cn(
                "flex items-baseline justify-between gap-6 py-3 first:pt-0 last:pb-0",
                strong && "font-medium",
              )}
            >
              <dt className="min-w-0">
                {label}
                {note ? <CellNote>{note}</CellNote> : null}
              </dt>
              <dd className="shrink-0 text-end tabular-nums">{value}</dd>
            </div>
          ))}
        </dl>
      </Card>
      <div className="flex flex-col gap-4 sm:gap-6">
        <Card aria-labelledby="earlier-title">
          <CardHeader
            title="Earlier months first"
            titleId="earlier-title"
            description={
              completions.length > 0
                ? "A run bills these before the cycle. They are not in the figures above."
                : "Nothing is left open in the months before."
            }
          />
          {completions.length > 0 ? (
            <dl className="divide-y divide-border text-sm">
              {completions.map((month) => (
                <div
                  key={month.period_start}
                  className="flex items-baseline justify-between gap-6 py-3 first:pt-0 last:pb-0"
                >
                  <dt>
                    {monthName(month.period_start)}
                    <CellNote>{countOf(month.invoices, "invoice")}</CellNote>
                  </dt>
                  <dd>
                    <Money cents={month.total_cents} currency={currency} />
                  </dd>
                </div>
              ))}
            </dl>
          ) : null}
        </Card>
        <Card aria-labelledby="gone-title">
          <CardHeader
            title="No longer invoiced"
            titleId="gone-title"
            description={
              gone.services > 0
                ? "Invoiced the month before, and not in this cycle."
                : "Every service of the month before is invoiced again."
            }
          />
          {gone.first.length > 0 ? (
            <ul className="divide-y divide-border text-sm">
              {gone.first.map((service) => (
                <li
                  key={service.service_id}
                  className="flex items-baseline justify-between gap-6 py-3 first:pt-0 last:pb-0"
                >
                  <div className="min-w-0">
                    <CustomerLink
                      className="wrap-anywhere"
                      customer={{ id: service.customer_id, name: service.customer_name }}
                    />
                    <CellNote>
                      {service.package_name}, {service.status}
                    </CellNote>
                  </div>
                  <Money cents={service.previous_cents} currency={currency} />
                </li>
              ))}
            </ul>
          ) : null}
          {gone.services > gone.first.length ? (
            <p className="mt-3 text-sm text-text-muted">
              The {formatCount(gone.first.length)} largest of {countOf(gone.services, "service")}.
            </p>
          ) : null}
        </Card>
        {credit_cents > 0 ? (
          <p className="text-sm text-text-muted">
            Customers have <Money cents={credit_cents} currency={currency} /> in their accounts that
            these invoices use.
          </p>
        ) : null}
      </div>
    </div>
  );
}
