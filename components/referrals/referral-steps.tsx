import { TextLink } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { useTexts } from "@/components/ui/texts";

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
  const t = useTexts("friends");
  const connectedText = () => {
    const days = { days: qualifyingDays };
    if (paidInvoicesRequired === 0) return t("steps.connectedFree", days);
    if (paidInvoicesRequired === 1) return t("steps.connectedInvoice", days);
    return t("steps.connectedInvoices", { ...days, invoices: String(paidInvoicesRequired) });
  };
  const steps = [
    { title: t("steps.send"), text: t("steps.sendText") },
    {
      title: t("steps.connected"),
      text: connectedText(),
    },
    {
      title: t("steps.free"),
      text: t("steps.freeText", {
        friends: referralsRequired,
        words: t.inWords(referralsRequired),
        months: rewardExpiryMonths,
        monthWords: t.inWords(rewardExpiryMonths),
      }),
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
        <TextLink href="/refer">{t("steps.how")}</TextLink>
        <span> · </span>
        <TextLink href="/terms">{t("steps.terms")}</TextLink>
      </p>
    </>
  );
}
