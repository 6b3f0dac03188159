import { TextLink } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { countInWords, countOf } from "@/lib/words";

export type ReferralStepsProps = {
  referralsRequired: number;
  qualifyingDays: number;
  paidInvoicesRequired: number;
  rewardExpiryMonths: number;
  /** `columns` beside each other where there is room, `rows` below each other. */
  layout: "columns" | "rows";
};

/** How referring works, in three steps, with a link to the terms. */
export function ReferralSteps(props: ReferralStepsProps) {
  const { referralsRequired, qualifyingDays, paidInvoicesRequired, rewardExpiryMonths, layout } =
    props;
  const days = countOf(qualifyingDays, "day");
  const friends = countInWords(referralsRequired, "friend has", "friends have");
  const months = countInWords(rewardExpiryMonths, "month");
  const steps = [
    {
      title: "Send your link",
      text: "Your friend orders through it, or types your code. Their price is the same.",
    },
    {
      title: "They get connected",
      text:
        paidInvoicesRequired === 0
          ? `From that day, ${days} start to count. You see here on which day they end.`
          : `From that day, ${days} start to count, and ${paidInvoicesRequired === 1 ? "their first invoice has" : `their first ${paidInvoicesRequired} invoices have`} to be paid. You see here how far they are.`,
    },
    {
      title: "Your month is free",
      text: `Once ${friends} counted, a free month comes off the invoice of your next whole month. Unused ones last ${months}.`,
    },
  ];
  return (
    <>
      <ol className={cn("grid gap-5", layout === "columns" && "sm:grid-cols-3 sm:gap-8")}>
        {steps.map((step, index) => (
          <li key={step.title} className="flex gap-3 text-sm">
            <span
              aria-hidden="true"
              className="flex size-6 shrink-0 items-center justify-center rounded-full bg-accent-soft font-medium text-accent-strong text-xs"
            >
              {index + 1}
            </span>
            <div className="min-w-0">
              <p className="font-medium">{step.title}</p>
              <p className="mt-0.5 text-text-muted">{step.text}</p>
            </div>
          </li>
        ))}
      </ol>
      <p className="mt-5 text-sm text-text-muted">
        <TextLink href="/refer">How referring works</TextLink>
        <span> · </span>
        <TextLink href="/terms">Referral terms</TextLink>
      </p>
    </>
  );
}
