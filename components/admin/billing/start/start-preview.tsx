"use client";

import { useBillingPreview } from "@/components/admin/billing/preview/use-billing-preview";
import { Button } from "@/components/ui/button";
import { DescriptionList } from "@/components/ui/description-list";
import { Notice } from "@/components/ui/notice";
import { Skeleton, SkeletonGroup } from "@/components/ui/skeleton";
import { Money } from "@/components/ui/text";
import type { BillingPreview } from "@/lib/billing/billing-admin-schemas";
import { countOf, formatCount } from "@/lib/words";

function PreviewFacts({ preview }: { preview: BillingPreview }) {
  const { currency } = preview;
  return (
    <DescriptionList
      items={[
        {
          label: "Services",
          value:
            preview.skipped > 0
              ? `${formatCount(preview.services_total)}, ${formatCount(preview.skipped)} invoiced already`
              : formatCount(preview.services_total),
        },
        { label: "Invoices to issue", value: formatCount(preview.invoices) },
        {
          label: "Free months",
          value:
            preview.free_months > 0 ? (
              <>
                {formatCount(preview.free_months)},{" "}
                <Money cents={preview.waived_cents} currency={currency} /> waived
              </>
            ) : (
              "None"
            ),
        },
        {
          label: "To be invoiced",
          value: <Money cents={preview.total_cents} currency={currency} />,
        },
        ...(preview.completions.length > 0
          ? [
              {
                label: "Before it, for earlier months",
                value: countOf(
                  preview.completions.reduce((sum, month) => sum + month.invoices, 0),
                  "invoice",
                ),
              },
            ]
          : []),
      ]}
    />
  );
}

/** As high as the facts that it stands for. */
function PreviewSkeleton() {
  return (
    <SkeletonGroup label="Computing what a run would do">
      {["services", "invoices", "free", "total"].map((row) => (
        <div key={row} className="flex h-11 items-center justify-between border-b last:border-b-0">
          <Skeleton className="w-28" />
          <Skeleton className="w-20" />
        </div>
      ))}
    </SkeletonGroup>
  );
}

/** What a run of the cycle `month` (`YYYY-MM`) would do. Nothing is read while it is null. */
export function StartPreview({ month }: { month: string | null }) {
  const { preview, error, isLoading, retry } = useBillingPreview(month);
  if (preview) {
    return (
      <div className="flex flex-col gap-4">
        <PreviewFacts preview={preview} />
        {preview.invoices === 0 && preview.completions.length === 0 ? (
          <Notice>
            Every service of this cycle has its invoice. A run would find nothing to do.
          </Notice>
        ) : null}
        {preview.errors.length > 0 ? (
          <Notice tone="warning">
            {countOf(preview.errors.length, "problem")} found. The services that the preview names
            are left out; all others are invoiced.
          </Notice>
        ) : null}
      </div>
    );
  }
  if (!error || isLoading) return <PreviewSkeleton />;
  return (
    <Notice
      tone="warning"
      role="alert"
      title="The preview did not load"
      action={
        <Button size="sm" onClick={retry}>
          Try again
        </Button>
      }
    >
      {error.message}
    </Notice>
  );
}
