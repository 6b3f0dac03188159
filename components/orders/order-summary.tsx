import { Check } from "lucide-react";
import type { PublicPackage } from "@/components/public/packages/package-card";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { DescriptionList } from "@/components/ui/description-list";
import { Money } from "@/components/ui/text";

export type OrderSummaryProps = { item: PublicPackage; currency: string };

/** What people ask themselves before they press the button. */
const REASSURANCES = [
  "You pay nothing today.",
  "Your first month is charged by the day.",
  "We call you before anybody comes.",
] as const;

/** Package and price in one line. */
export function OrderPriceLine({ item, currency }: OrderSummaryProps) {
  return (
    <p className="flex items-baseline justify-between gap-4 text-sm">
      <span className="wrap-anywhere min-w-0 font-medium">{item.name}</span>
      <span className="shrink-0">
        <Money
          cents={item.monthly_price_cents}
          currency={currency}
          className="font-semibold text-base"
        />{" "}
        <span className="text-text-muted">a month</span>
      </span>
    </p>
  );
}

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
      <ul className="mt-4 flex flex-col gap-2 border-t pt-4 text-sm text-text-muted">
        {REASSURANCES.map((text) => (
          <li key={text} className="flex items-start gap-2">
            <Check aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-positive" />
            <span>{text}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
