import { Check } from "lucide-react";
import type { PublicPackage } from "@/components/public/packages/package-card";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { DescriptionList } from "@/components/ui/description-list";
import { Money } from "@/components/ui/text";
import type { Texts } from "@/lib/language/translator";

export type OrderSummaryProps = {
  item: PublicPackage;
  currency: string;
  t: Texts<"order">;
};

/** What people ask themselves before they press the button. */
const REASSURANCES = ["summary.nothingToday", "summary.byDay", "summary.weCall"] as const;

/** Package and price in one line. */
export function OrderPriceLine({ item, currency, t }: OrderSummaryProps) {
  return (
    <p className="flex items-baseline justify-between gap-4 text-sm">
      <span className="wrap-anywhere min-w-0 font-medium">{item.name}</span>
      <span className="shrink-0">
        <Money
          cents={item.monthly_price_cents}
          currency={currency}
          className="font-semibold text-base"
        />{" "}
        <span className="text-text-muted">{t("summary.aMonth")}</span>
      </span>
    </p>
  );
}

/** The package that is ordered, and what it costs. */
export function OrderSummary({ item, currency, t }: OrderSummaryProps) {
  return (
    <Card aria-labelledby="order-summary">
      <CardHeader
        title={t("summary.title")}
        titleId="order-summary"
        actions={
          <TextLink
            href="/packages"
            className="inline-flex items-center text-sm pointer-coarse:min-h-11"
          >
            {t.rich("summary.change", {
              more: (text) => <span className="sr-only">{text}</span>,
            })}
          </TextLink>
        }
      />
      <p className="font-medium">{item.name}</p>
      {item.description ? <p className="mt-1 text-sm text-text-muted">{item.description}</p> : null}
      <DescriptionList
        className="mt-4 border-t pt-4"
        items={[
          {
            label: t("summary.download"),
            value: t("summary.speed", { mbps: String(item.download_mbps) }),
          },
          {
            label: t("summary.upload"),
            value: t("summary.speed", { mbps: String(item.upload_mbps) }),
          },
          {
            label: t("summary.perMonth"),
            value: (
              <Money
                cents={item.monthly_price_cents}
                currency={currency}
                className="font-semibold text-base"
              />
            ),
          },
        ]}
      />
      <ul className="mt-4 flex flex-col gap-2 border-t pt-4 text-sm text-text-muted">
        {REASSURANCES.map((key) => (
          <li key={key} className="flex items-start gap-2">
            <Check aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-positive" />
            <span>{t(key)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
