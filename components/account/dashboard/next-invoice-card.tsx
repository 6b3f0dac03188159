"use client";

import { useWidget } from "@/components/referrals/use-widget";
import { Card, CardHeader } from "@/components/ui/card";
import { Money } from "@/components/ui/text";
import { useTexts } from "@/components/ui/texts";
import type { ReferralWidgetData } from "@/lib/account/schemas";
import { dateOfDayNumber, dayNumber } from "@/lib/dates";
import { dateRangeIn } from "@/lib/language/dates";

export type NextInvoiceCardProps = {
  initial: ReferralWidgetData;
  /** An order waits to be installed. */
  hasPendingOrder: boolean;
  /** The day on which the only active service began, in the billing time zone; else null. */
  activeSince: string | null;
};

/** The next invoice as it would be issued now: the charge, the free month, what is due. */
export function NextInvoiceCard({ initial, hasPendingOrder, activeSince }: NextInvoiceCardProps) {
  const t = useTexts("friends");
  const { data } = useWidget(initial);
  const { next_invoice: invoice, currency } = data;
  if (!invoice) {
    return (
      <Card aria-labelledby="next-invoice-title">
        <CardHeader title={t("nextInvoice.title")} titleId="next-invoice-title" />
        <p className="text-sm text-text-muted">
          {t(hasPendingOrder ? "nextInvoice.nothingYet" : "nextInvoice.none")}
        </p>
      </Card>
    );
  }
  const lastDay = dateOfDayNumber(dayNumber(invoice.period_end) - 1);
  const end = dayNumber(invoice.period_end);
  const daysInPeriod = end - dayNumber(invoice.period_start);
  const daysCharged = activeSince ? end - dayNumber(activeSince) : daysInPeriod;
  const isPartial = daysCharged > 0 && daysCharged < daysInPeriod;
  return (
    <Card aria-labelledby="next-invoice-title">
      <CardHeader
        title={t("nextInvoice.title")}
        titleId="next-invoice-title"
        description={t("nextInvoice.period", {
          period: dateRangeIn(t, invoice.period_start, lastDay),
        })}
      />
      <dl className="text-sm">
        <div className="flex items-baseline justify-between gap-6 py-2">
          <dt className="text-text-muted">
            {isPartial
              ? t("nextInvoice.chargeDays", {
                  days: String(daysCharged),
                  all: String(daysInPeriod),
                })
              : t("nextInvoice.charge")}
          </dt>
          <dd>
            <Money cents={invoice.charge_cents} currency={currency} />
          </dd>
        </div>
        {invoice.waived_cents > 0 ? (
          <div className="flex items-baseline justify-between gap-6 py-2">
            <dt className="text-text-muted">{invoice.waived_as}</dt>
            <dd className="text-positive">
              <Money cents={-invoice.waived_cents} currency={currency} />
            </dd>
          </div>
        ) : null}
        <div className="mt-2 flex items-baseline justify-between gap-6 border-t pt-4">
          <dt className="font-medium">{t("nextInvoice.due")}</dt>
          <dd>
            <Money
              cents={invoice.amount_due_cents}
              currency={currency}
              className="font-semibold text-2xl tracking-tight"
            />
          </dd>
        </div>
      </dl>
    </Card>
  );
}
