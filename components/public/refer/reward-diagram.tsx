import { Check } from "lucide-react";
import type { PublicPackage } from "@/components/public/packages/package-card";
import { cn } from "@/components/ui/cn";
import { Money } from "@/components/ui/text";
import type { Texts } from "@/lib/language/translator";

export type RewardDiagramProps = {
  referralsRequired: number;
  /** The package whose invoice serves as the example. */
  example: PublicPackage | undefined;
  currency: string;
  /** Ceiling of one free month in cents, if the programme has one. */
  capCents: number | null;
  t: Texts<"refer">;
};

const MAX_DRAWN = 5;
const SPACING = 88;

function Person() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" className="size-6">
      <circle cx="12" cy="8.5" r="4" className="fill-accent-strong" />
      <path d="M4 21a8 8 0 0 1 16 0z" className="fill-accent-strong" />
    </svg>
  );
}

/** Lines from each friend down to the one invoice. */
function Lines({ count }: { count: number }) {
  const width = SPACING * count;
  const middle = width / 2;
  return (
    <svg
      viewBox={`0 0 ${width} 56`}
      width={width}
      height={56}
      aria-hidden="true"
      className="max-w-full"
    >
      {Array.from({ length: count }, (_, index) => SPACING * (index + 0.5)).map((x) => (
        <path
          key={x}
          d={`M${x} 0 C${x} 32 ${middle} 20 ${middle} 52`}
          fill="none"
          strokeWidth="1.5"
          className="stroke-accent"
        />
      ))}
      <circle cx={middle} cy="52" r="3.5" className="fill-accent" />
    </svg>
  );
}

/** A picture of a free month: friends who count, and the invoice that their free month pays. */
export function RewardDiagram({
  referralsRequired,
  example,
  currency,
  capCents,
  t,
}: RewardDiagramProps) {
  const friends = { friends: referralsRequired, words: t.inWords(referralsRequired) };
  const drawn = Math.min(Math.max(referralsRequired, 1), MAX_DRAWN);
  const price = example?.monthly_price_cents ?? 0;
  const waived = capCents === null ? price : Math.min(price, capCents);
  return (
    <figure className="mx-auto w-full max-w-md">
      <div className="flex flex-col items-center">
        <ul aria-label={t("diagram.friends", friends)} className="flex justify-center">
          {Array.from({ length: drawn }, (_, index) => `friend-${index}`).map((key) => (
            <li key={key} className="flex w-[88px] justify-center">
              <span className="relative grid size-14 place-items-center rounded-full bg-accent-soft">
                <Person />
                <span
                  className={cn(
                    "absolute -right-0.5 -bottom-0.5 grid size-5 place-items-center rounded-full",
                    "border-2 border-surface bg-positive text-surface",
                  )}
                >
                  <Check aria-hidden="true" strokeWidth={3.5} className="size-2.5" />
                </span>
                <span className="sr-only">{t("diagram.counts")}</span>
              </span>
            </li>
          ))}
        </ul>
        <Lines count={drawn} />
      </div>
      {example ? (
        <div className="rounded-card border border-border bg-surface-raised p-5 text-sm sm:p-6">
          <p className="font-medium">{t("diagram.invoice")}</p>
          <dl className="mt-4 flex flex-col gap-2.5">
            <div className="flex justify-between gap-4">
              <dt className="text-text-muted">{example.name}</dt>
              <dd>
                <Money cents={price} currency={currency} />
              </dd>
            </div>
            <div className="flex justify-between gap-4 text-positive">
              <dt>{t("diagram.reward")}</dt>
              <dd>
                <Money cents={-waived} currency={currency} />
              </dd>
            </div>
            <div className="mt-1.5 flex items-baseline justify-between gap-4 border-t pt-4">
              <dt className="font-medium">{t("diagram.due")}</dt>
              <dd className="font-semibold text-2xl tracking-tight">
                <Money cents={price - waived} currency={currency} />
              </dd>
            </div>
          </dl>
        </div>
      ) : (
        <p className="rounded-card border border-border bg-surface-raised p-6 text-center font-semibold text-lg">
          {t("diagram.oneMonthFree")}
        </p>
      )}
      <figcaption className="mt-3 text-center text-text-muted text-xs">
        {t(example ? "diagram.example" : "diagram.plain", friends)}
      </figcaption>
    </figure>
  );
}
