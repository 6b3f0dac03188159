import type { PublicPackage } from "@/components/public/packages/package-card";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { DescriptionList } from "@/components/ui/description-list";
import { Money } from "@/components/ui/text";

export type OrderSummaryProps = { item: PublicPackage; currency: string };

/** The package that is ordered, and what it costs. */
export function OrderSummary({ item, currency }: OrderSummaryProps) {
  return (
    <Card aria-labelledby="order-summary">
      <CardHeader
        title="Summary"
        titleId="order-summary"
        actions={
          <TextLink
            href="/packages"
            className="inline-flex items-center text-sm pointer-coarse:min-h-11"
          >
            Change<span className="sr-only"> the package</span>
          </TextLink>
        }
      />
      <p className="font-medium">{item.name}</p>
      {item.description ? <p className="mt-1 text-sm text-text-muted">{item.description}</p> : null}
      <DescriptionList
        className="mt-4 border-t pt-4"
        items={[
          { label: "Download", value: `${item.download_mbps} Mbps` },
          { label: "Upload", value: `${item.upload_mbps} Mbps` },
          {
            label: "Per month, including VAT",
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
    </Card>
  );
}
