import type { Metadata } from "next";
import { CYCLE_STATES, cycleDays } from "@/components/admin/billing/billing-words";
import { BillingPreviewPanel } from "@/components/admin/billing/preview/billing-preview-panel";
import { StartBillingRun } from "@/components/admin/billing/start/start-billing-run";
import { FilterChips } from "@/components/ui/nav-links";
import { cyclesAround } from "@/lib/billing/cycle";
import { systemClock } from "@/lib/clock";
import { requireAdminPage } from "@/lib/composition/page-session";
import { choice, href, type SearchParams } from "../../../list-query";

const PATH = "/admin/billing/preview";

export const metadata: Metadata = { title: "Billing preview" };

export default async function BillingPreviewPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session } = await requireAdminPage(PATH, "billing:manage_invoices");
  const cycles = cyclesAround(systemClock(), session.time_zone);
  const month = choice(
    await searchParams,
    "period",
    cycles.map((known) => known.month),
  );
  const cycle = cycles.find((known) => known.month === month) ?? cycles.at(-1);
  if (!cycle) throw new Error("There is always a next cycle");

  return (
    <>
      <div className="mb-4 flex flex-wrap items-center justify-between gap-x-2 gap-y-4 sm:mb-6">
        <FilterChips
          label="Cycle"
          items={cycles.map((known) => ({
            href: href(PATH, { period: known.month }),
            label: `${cycleDays(known)}, ${CYCLE_STATES[known.state]}`,
            current: known.month === cycle.month,
          }))}
        />
        <StartBillingRun key={cycle.month} cycles={cycles} initialMonth={cycle.month} />
      </div>
      <BillingPreviewPanel key={cycle.month} cycle={cycle} timeZone={session.time_zone} />
    </>
  );
}
