import { TextLink } from "@/components/ui/button";
import type { Texts } from "@/lib/language/translator";
import type { PublicTerms } from "@/lib/programme/terms";

export type HowReferringWorksProps = { terms: PublicTerms; t: Texts<"refer"> };

/** Referring in three steps, in the current terms. */
export function HowReferringWorks({ terms, t }: HowReferringWorksProps) {
  const friends = terms.referrals_required;
  const steps = [
    { title: t("steps.share"), text: t("steps.shareText") },
    {
      title: t("steps.connected"),
      text: t("steps.connectedText", { days: terms.qualifying_days }),
    },
    { title: t("steps.free"), text: t("steps.freeText", { friends, words: t.inWords(friends) }) },
  ];
  return (
    <section
      id="how-referring-works"
      aria-labelledby="how-referring-works-title"
      className="scroll-mt-8 border-t bg-surface-sunken"
    >
      <div className="mx-auto max-w-6xl px-4 py-16 sm:px-6 sm:py-24">
        <h2
          id="how-referring-works-title"
          className="font-semibold text-2xl tracking-tight sm:text-3xl"
        >
          {t("howReferringWorks")}
        </h2>
        <ol className="mt-10 grid gap-10 md:grid-cols-3 md:gap-8">
          {steps.map((step, index) => (
            <li key={step.title} className="border-border-strong border-t pt-5">
              <p aria-hidden="true" className="font-medium text-accent-strong text-sm">
                {index + 1}
              </p>
              <h3 className="mt-2 font-semibold text-lg">{step.title}</h3>
              <p className="mt-2 text-text-muted leading-7">{step.text}</p>
            </li>
          ))}
        </ol>
        <p className="mt-10 text-sm text-text-muted">
          {t.rich("allRules", { terms: (text) => <TextLink href="/terms">{text}</TextLink> })}
        </p>
      </div>
    </section>
  );
}
