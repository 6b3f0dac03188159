import type { Metadata } from "next";
import { cycleOptions } from "@/components/admin/billing/billing-words";
import { BillingRunTable } from "@/components/admin/billing/runs/billing-run-table";
import { StartBillingRun } from "@/components/admin/billing/start/start-billing-run";
import { RUN_LIST } from "@/components/admin/lists/definitions";
import { ListTools } from "@/components/admin/lists/list-tools";
import { statusLabel } from "@/components/ui/badge";
import { Card, CardHeader } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { Pagination } from "@/components/ui/pagination";
import { cyclesAround } from "@/lib/billing/cycle";
import { runStatusSchema } from "@/lib/billing/schemas";
import { systemClock } from "@/lib/clock";
import { requireAdminPage } from "@/lib/composition/page-session";
import { localDate } from "@/lib/dates";
import { choice, monthParam, type SearchParams } from "../../../list-query";
import { exportHref, linksOf, readList } from "../../../list-state";

const KINDS = ["cycle", "completion"] as const;

export const metadata: Metadata = { title: "Billing runs" };

export default async function BillingRunsPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(RUN_LIST.path);
  const given = await searchParams;
  const status = choice(given, "status", runStatusSchema.options);
  const kind = choice(given, "kind", KINDS);
  const cycle = monthParam(given, "cycle");
  const list = readList(RUN_LIST, given, { status, kind, cycle });
  const [page, views] = await Promise.all([
    services.admin.billing.listRuns({
      status,
      cycle: cycle && `${cycle}-01`,
      isCompletion: kind && kind === "completion",
      ...list.page,
    }),
    services.admin.lists.views("runs"),
  ]);
  const now = systemClock();
  const cycles = cyclesAround(now, session.time_zone);
  const current = cycles.find((known) => known.state === "open");

  return (
    <>
      <ListTools
        list={list}
        page={page}
        views={views}
        exportHref={exportHref(list, admin, "runs")}
        fields={[
          {
            kind: "choice",
            name: "cycle",
            label: "Cycle",
            options: [
              { value: "", label: "Every cycle" },
              ...cycleOptions(localDate(now, session.time_zone)),
            ],
          },
          {
            kind: "choice",
            name: "kind",
            label: "Kind",
            options: [
              { value: "", label: "Every kind" },
              { value: "cycle", label: "Of the cycle itself" },
              { value: "completion", label: "Completions of earlier months" },
            ],
          },
        ]}
        chips={
          <FilterChips
            label="Filter by status"
            items={[
              { href: list.href({ status: undefined }), label: "All", current: !status },
              ...runStatusSchema.options.map((name) => ({
                href: list.href({ status: name }),
                label: statusLabel("billing_run", name),
                current: status === name,
              })),
            ]}
          />
        }
      />
      <Card padding="flush" aria-labelledby="runs-title">
        <CardHeader
          divided
          title="Billing runs"
          titleId="runs-title"
          description="A run can be repeated at any time. Services that have their invoice are skipped. A completion bills what a month that is over had left open."
          actions={
            current && admin.permissions.includes("billing:manage_invoices") ? (
              <StartBillingRun cycles={cycles} initialMonth={current.month} />
            ) : null
          }
        />
        <BillingRunTable
          runs={page.runs}
          timeZone={session.time_zone}
          currency={page.currency}
          isFiltered={list.isFiltered}
          hiddenColumns={list.hiddenColumns}
          sortLinks={list.sortLinks}
        />
        <Pagination {...linksOf(list, page)} shown={page.runs.length} />
      </Card>
    </>
  );
}
