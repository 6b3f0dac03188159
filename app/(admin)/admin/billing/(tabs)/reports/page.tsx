import type { Metadata } from "next";
import { DownloadLink } from "@/components/admin/billing/download-link";
import { DayRangeForm } from "@/components/admin/billing/reports/day-range-form";
import { DocumentExports } from "@/components/admin/billing/reports/document-exports";
import { LiabilityReport } from "@/components/admin/billing/reports/liability-report";
import { VatTable } from "@/components/admin/billing/reports/vat-table";
import { Card, CardHeader } from "@/components/ui/card";
import { cyclesAround } from "@/lib/billing/cycle";
import type { DayRange } from "@/lib/billing/report-schemas";
import { systemClock } from "@/lib/clock";
import { requireAdminPage } from "@/lib/composition/page-session";
import { dateOfDayNumber, dayNumber } from "@/lib/dates";
import { daysSchema } from "@/lib/http/common-schemas";
import { href, param, type SearchParams } from "../../../list-query";

const PATH = "/admin/billing/reports";

export const metadata: Metadata = { title: "Billing reports" };

/** The month that was over last. */
function lastMonth(timeZone: string): DayRange {
  const [before] = cyclesAround(systemClock(), timeZone);
  if (!before) throw new Error("There is always a month before this one");
  return {
    from: before.period_start,
    to: dateOfDayNumber(dayNumber(before.period_end) - 1),
  };
}

/** The days in the address; those of the last month for none or for days that make no range. */
function rangeOf(
  params: SearchParams,
  timeZone: string,
): { range: DayRange; error: string | null } {
  const given = { from: param(params, "from"), to: param(params, "to") };
  if (given.from === undefined && given.to === undefined) {
    return { range: lastMonth(timeZone), error: null };
  }
  const days = daysSchema.safeParse(given);
  if (days.success) return { range: days.data, error: null };
  return {
    range: lastMonth(timeZone),
    error: "Choose a first day and a last day that is not before it.",
  };
}

export default async function BillingReportsPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(PATH);
  const { range, error } = rangeOf(await searchParams, session.time_zone);
  const { reports } = services.admin;
  const [vat, liability] = await Promise.all([reports.vat(range), reports.liability()]);
  const canExport = admin.permissions.includes("data:export");
  return (
    <div className="flex flex-col gap-4 sm:gap-6">
      <DayRangeForm action={PATH} range={range} error={error} />
      <Card padding="flush" aria-labelledby="vat-title">
        <CardHeader
          divided
          title="VAT by the month supplied"
          titleId="vat-title"
          description="Invoices less credit notes, at the rate of the days supplied, whenever they were issued. What was issued after the end of its month is named, because it may belong into a later return."
          actions={
            canExport ? (
              <DownloadLink
                href={href("/api/admin/billing/reports/vat", { ...range, format: "csv" })}
              >
                VAT as CSV
              </DownloadLink>
            ) : null
          }
        />
        <VatTable report={vat} />
      </Card>
      {canExport ? <DocumentExports range={range} /> : null}
      <LiabilityReport liability={liability} timeZone={session.time_zone} canExport={canExport} />
    </div>
  );
}
