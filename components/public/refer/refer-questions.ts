import type { Question } from "@/components/public/landing/questions";
import type { Texts } from "@/lib/language/translator";
import type { PublicTerms } from "@/lib/programme/terms";

/** What people ask before they share, answered by the terms in force; `currency` is ISO 4217. */
export function referQuestions(
  terms: PublicTerms,
  currency: string,
  t: Texts<"refer">,
): Question[] {
  const friends = terms.referrals_required;
  const invoices = terms.paid_invoices_required;
  const months = terms.reward_expiry_months;
  return [
    {
      question: t("faq.counts"),
      answer: t("faq.countsAnswer", {
        days: terms.qualifying_days,
        invoices,
        words: t.inWords(invoices),
      }),
    },
    {
      question: t("faq.arrives"),
      answer: t("faq.arrivesAnswer", {
        friends,
        words: t.inWords(friends),
        capped: terms.reward_cap_cents === null ? "no" : "yes",
        cap: t.money(terms.reward_cap_cents ?? 0, currency),
      }),
    },
    { question: t("faq.more"), answer: t("faq.moreAnswer") },
    {
      question: t("faq.expire"),
      answer: t("faq.expireAnswer", { months, words: t.inWords(months) }),
    },
    { question: t("faq.privacy"), answer: t("faq.privacyAnswer") },
    { question: t("faq.price"), answer: t("faq.priceAnswer") },
  ];
}
