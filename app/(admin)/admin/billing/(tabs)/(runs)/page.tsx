import type { Metadata } from "next";
import { BillingRunTable } from "@/components/admin/billing/runs/billing-run-table";
import { StartBillingRun } from "@/components/admin/billing/start/start-billing-run";
import { Card, CardHeader } from "@/components/ui/card";
import { Pagination } from "@/components/ui/pagination";
import { cyclesAround } from "@/lib/billing/cycle";
import { systemClock } from "@/lib/clock";
import { requireAdminPage } from "@/lib/composition/page-session";
import type { SearchParams } from "../../../list-query";
import { cursorOf, pageLinks } from "../../../paging";

const PATH = "/admin/billing";

export const metadata: Metadata = { title: "Billing runs" };

export default async function BillingRunsPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(PATH);
  const cursor = cursorOf(await searchParams);
  const page = await services.admin.billing.listRuns({ cursor });
  const cycles = cyclesAround(systemClock(), session.time_zone);
  const current = cycles.find((cycle) => cycle.state === "open");

  return (
    <Card padding="flush" aria-labelledby="runs-title">
      <CardHeader
        divided
        title="Billing runs"
        titleId="runs-title"
        description="A run can be repeated at any time. Services that have their invoice are skipped."
        actions={
          current && admin.permissions.includes("billing:manage_invoices") ? (
            <StartBillingRun cycles={cycles} initialMonth={current.month} />
          ) : null
        }
      />
      <BillingRunTable runs={page.runs} timeZone={session.time_zone} currency={page.currency} />
      <Pagination
        label="Billing runs"
        shown={page.runs.length}
        {...pageLinks(PATH, {}, { cursor, next: page.next_cursor })}
      />
    </Card>
  );
}
