"use client";

import { BillingErrors } from "@/components/admin/billing/billing-errors";
import { BillingTotal } from "@/components/admin/billing/billing-total";
import { FiguresSkeleton } from "@/components/admin/shell/page-skeleton";
import { Card } from "@/components/ui/card";
import { ErrorState } from "@/components/ui/error-state";
import { Notice } from "@/components/ui/notice";
import { SkeletonGroup } from "@/components/ui/skeleton";
import { StatCard, StatGrid } from "@/components/ui/stat-card";
import { DateText, Money } from "@/components/ui/text";
import type { BillingPreview } from "@/lib/billing/billing-admin-schemas";
import type { Cycle } from "@/lib/billing/cycle";
import { countOf, formatCount } from "@/lib/words";
import { PreviewComparisonCard, PreviewLinesCard } from "./preview-lines";
import { useBillingPreview } from "./use-billing-preview";

function CycleNotice({ cycle, timeZone }: { cycle: Cycle; timeZone: string }) {
  if (cycle.state === "future") {
    return (
      <Notice title="This cycle has not begun">
        The schedule bills it from <DateText value={cycle.period_start} timeZone={timeZone} />. A
        run before that is refused, unless somebody gives a reason.
      </Notice>
    );
  }
  if (cycle.state === "closed") {
    return (
      <Notice tone="warning" title="This cycle is over">
        A run for it is refused, unless somebody gives a reason. It would invoice only what was
        missed.
      </Notice>
    );
  }
  return null;
}

function Figures({ preview }: { preview: BillingPreview }) {
  const { currency } = preview;
  return (
    <StatGrid>
      <StatCard
        label="Invoices to issue"
        value={formatCount(preview.invoices)}
        hint={`for ${countOf(preview.services_total - preview.skipped, "service")}`}
      />
      <StatCard
        label="Free months"
        value={formatCount(preview.free_months)}
        hint={
          <>
            <Money cents={preview.waived_cents} currency={currency} /> waived
          </>
        }
      />
      <StatCard
        label="To be invoiced"
        value={<BillingTotal cents={preview.total_cents} currency={currency} />}
        hint="VAT included, after free months"
      />
      <StatCard
        label="Invoiced already"
        value={formatCount(preview.skipped)}
        hint={preview.skipped > 0 ? "These stay as they are" : "None so far"}
      />
    </StatGrid>
  );
}

/** What a run of the cycle would do now. The server computes it with a dry run. */
export function BillingPreviewPanel({ cycle, timeZone }: { cycle: Cycle; timeZone: string }) {
  const { preview, error, isLoading, retry } = useBillingPreview(cycle.month);
  return (
    <div className="flex flex-col gap-4 sm:gap-6">
      <CycleNotice cycle={cycle} timeZone={timeZone} />
      <h2 className="sr-only">What a run would do now</h2>
      {preview ? (
        <>
          <Figures preview={preview} />
          {preview.invoices === 0 &&
          preview.errors.length === 0 &&
          preview.completions.length === 0 ? (
            <Notice tone="positive" role="status">
              {preview.services_total === 0
                ? "No service is charged in this cycle, so there is nothing to invoice."
                : "Every service of this cycle has its invoice. A run would find nothing to do."}
            </Notice>
          ) : null}
          <BillingErrors
            title="Would not be invoiced"
            description="A run leaves these out and invoices all others. Correct them first, or start another run afterwards."
            errors={preview.errors}
          />
          <BillingErrors
            title="Left open in earlier months"
            description="A run cannot complete these until the cause is mended."
            errors={preview.earlier_errors}
          />
          <PreviewComparisonCard preview={preview} />
          <PreviewLinesCard preview={preview} />
        </>
      ) : error && !isLoading ? (
        <Card>
          <ErrorState title="The preview did not load" onRetry={retry}>
            {error.message} Nothing was changed.
          </ErrorState>
        </Card>
      ) : (
        <SkeletonGroup label="Computing what a run would do">
          <FiguresSkeleton count={4} />
        </SkeletonGroup>
      )}
    </div>
  );
}
