import { TextLink } from "@/components/ui/button";
import type { PublicTerms } from "@/lib/programme/terms";
import { countInWords, countOf } from "@/lib/words";

export type HowReferringWorksProps = { terms: PublicTerms };

/** Referring in three steps, in the current terms. */
export function HowReferringWorks({ terms }: HowReferringWorksProps) {
  const friends = countInWords(terms.referrals_required, "friend has", "friends have");
  const steps = [
    {
      title: "Share your code",
      text: "Every customer has a personal code and link. Send it the way you like, or show the QR code when you meet.",
    },
    {
      title: "Your friend gets connected",
      text: `A friend orders with your code, at the same price. Once their service is active, ${countOf(terms.qualifying_days, "day")} start to count. You see how far they are.`,
    },
    {
      title: "Your month is free",
      text: `When ${friends} counted, you earn a free month. It comes off the invoice of your next whole month by itself; there is nothing to claim.`,
    },
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
          How referring works
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
          All the rules, in plain words: <TextLink href="/terms">referral terms</TextLink>
        </p>
      </div>
    </section>
  );
}
