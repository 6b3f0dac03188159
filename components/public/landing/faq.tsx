import { Plus } from "lucide-react";
import { countInWords } from "@/components/ui/wording";
import type { PublicTerms } from "@/lib/programme/terms";

export type FaqProps = { terms: PublicTerms };

function questions(terms: PublicTerms) {
  const friends = countInWords(terms.referrals_required, "friend has", "friends have");
  const days = `${terms.qualifying_days} days`;
  const months = countInWords(terms.reward_expiry_months, "month", "months");
  return [
    {
      question: "When does a friend count?",
      answer: `When their service has been active for ${days} without a break. If it is suspended or cancelled before that, this referral no longer counts, and your dashboard says why.`,
    },
    {
      question: "When does my free month arrive?",
      answer: `As soon as ${friends} counted, it is reserved for you and comes off your next monthly invoice. Your dashboard shows that invoice before it is issued.`,
    },
    {
      question: "Can I earn more than one?",
      answer:
        "Yes. Free months add up, and one is used per monthly invoice. If you have several services, it pays for the most expensive one.",
    },
    {
      question: "Do free months expire?",
      answer: `Unused ones do, after ${months}. We write to you 30 days before.`,
    },
    {
      question: "Can other people see who my friends are?",
      answer:
        "No. You see your friends by first name and initial only, and they see your first name when they open your link.",
    },
    {
      question: "Does a friend pay more with a code?",
      answer: "No. The price is the same with and without a code, and the code is optional.",
    },
  ];
}

/** Questions that people ask before they share, with their answers. */
export function Faq({ terms }: FaqProps) {
  return (
    <section aria-labelledby="faq-title" className="border-t">
      <div className="mx-auto grid max-w-6xl gap-x-16 gap-y-8 px-4 py-16 sm:px-6 sm:py-24 lg:grid-cols-[1fr_1.6fr]">
        <h2 id="faq-title" className="font-semibold text-2xl tracking-tight sm:text-3xl">
          Questions people ask
        </h2>
        <div className="divide-y divide-border border-y">
          {questions(terms).map(({ question, answer }) => (
            <details key={question} className="group">
              <summary className="flex list-none items-center justify-between gap-4 rounded-sm py-5 font-medium [&::-webkit-details-marker]:hidden">
                {question}
                <Plus
                  aria-hidden="true"
                  className="size-4 shrink-0 text-text-muted transition-transform duration-150 group-open:rotate-45"
                />
              </summary>
              <p className="max-w-2xl pb-6 text-text-muted leading-7">{answer}</p>
            </details>
          ))}
        </div>
      </div>
    </section>
  );
}
