import { DownloadLink } from "@/components/admin/billing/download-link";
import { percentOf, TREATMENTS } from "@/components/admin/billing/report-words";
import { Card, CardHeader } from "@/components/ui/card";
import { StatCard, StatGrid } from "@/components/ui/stat-card";
import { DateText, Money } from "@/components/ui/text";
import type { Liability } from "@/lib/billing/report-schemas";
import { countOf, formatCount } from "@/lib/words";
import { EndedTable, ExpiryTable } from "./liability-tables";

function Figures({ liability }: { liability: Liability }) {
  const { currency, breakage } = liability;
  return (
    <StatGrid>
      <StatCard
        label="Owed now"
        value={<Money cents={liability.value_cents} currency={currency} />}
        hint="VAT included, at today's prices"
      />
      <StatCard
        label="Unused free months"
        value={formatCount(liability.rewards)}
        hint={
          liability.capped > 0
            ? `${formatCount(liability.capped)} with a ceiling below the price`
            : "All worth a whole month"
        }
      />
      <StatCard
        label="Breakage"
        value={breakage.rate_bps === null ? "Not known" : percentOf(breakage.rate_bps)}
        hint={
          breakage.rate_bps === null
            ? "None was used or expired in twelve months"
            : `${formatCount(breakage.expired)} of ${formatCount(breakage.used + breakage.expired)} expired in twelve months`
        }
      />
      <StatCard
        label="Likely to expire unused"
        value={
          breakage.expected_unused_cents === null ? (
            "Not known"
          ) : (
            <Money cents={breakage.expected_unused_cents} currency={currency} />
          )
        }
        hint="What is owed × breakage"
      />
    </StatGrid>
  );
}

export type LiabilityReportProps = {
  liability: Liability;
  timeZone: string;
  /** The viewer may save files. */
  canExport: boolean;
};

/** What unused free months are worth, when they expire, and how many end unused. */
export function LiabilityReport({ liability, timeZone, canExport }: LiabilityReportProps) {
  const { currency, by_treatment, without_service } = liability;
  return (
    <section aria-labelledby="liability-title" className="flex flex-col gap-4 sm:gap-6">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-72">
          <h2 id="liability-title" className="font-semibold text-lg">
            Free months that are owed
          </h2>
          <p className="mt-1 text-sm text-text-muted">
            As of <DateText value={liability.as_of} timeZone={timeZone} withTime />. Each is worth
            the price of the customer's dearest service, up to its ceiling.
            {without_service > 0
              ? ` ${countOf(without_service, "free month")} of customers without a service ${without_service === 1 ? "counts" : "count"} as nothing.`
              : null}
          </p>
        </div>
        {canExport ? (
          <DownloadLink href="/api/admin/billing/reports/liability?format=csv">
            Free months as CSV
          </DownloadLink>
        ) : null}
      </div>
      <Figures liability={liability} />
      <div className="grid items-start gap-4 sm:gap-6 lg:grid-cols-2">
        <Card padding="flush" aria-labelledby="expiry-title">
          <CardHeader
            divided
            as="h3"
            title="When they expire"
            titleId="expiry-title"
            description={
              by_treatment.length > 0
                ? by_treatment.map(({ treatment, value_cents }, index) => (
                    <span key={treatment}>
                      {index > 0 ? ", " : ""}
                      {TREATMENTS[treatment]}: <Money cents={value_cents} currency={currency} />
                    </span>
                  ))
                : null
            }
          />
          <ExpiryTable liability={liability} />
        </Card>
        <Card padding="flush" aria-labelledby="ended-title">
          <CardHeader
            divided
            as="h3"
            title="What became of them"
            titleId="ended-title"
            description="In the last twelve months. A free month that was revoked is no breakage."
          />
          <EndedTable liability={liability} />
        </Card>
      </div>
    </section>
  );
}
