import type { Question } from "@/components/public/landing/questions";
import { formatMoney } from "@/lib/money";
import type { PublicTerms } from "@/lib/programme/terms";
import { countInWords, countOf } from "@/lib/words";

const invoices = (required: number): string =>
  required === 0
    ? ""
    : ` and ${required === 1 ? "their first invoice is" : `their first ${countInWords(required, "invoice")} are`} paid`;

/** What people ask before they share, answered by the terms in force; `currency` is ISO 4217. */
export function referQuestions(terms: PublicTerms, currency: string): Question[] {
  const friends = countInWords(terms.referrals_required, "friend has", "friends have");
  const cap =
    terms.reward_cap_cents === null
      ? ""
      : ` It is worth up to ${formatMoney(terms.reward_cap_cents, currency)}.`;
  return [
    {
      question: "When does a friend count?",
      answer: `When their service has been active for ${countOf(terms.qualifying_days, "day")}${invoices(terms.paid_invoices_required)}. While it is suspended the days stand still. Your dashboard shows how far each friend is, and why one does not count.`,
    },
    {
      question: "When does my free month arrive?",
      answer: `As soon as ${friends} counted, it is reserved for you and comes off the invoice of your next whole month. Your dashboard shows that invoice before it is issued.${cap}`,
    },
    {
      question: "Can I earn more than one?",
      answer:
        "Yes. Free months add up, and one is used per monthly invoice. If you have several services, it pays for the most expensive one.",
    },
    {
      question: "Do free months expire?",
      answer: `Unused ones do, after ${countInWords(terms.reward_expiry_months, "month")}. We write to you 30 days before.`,
    },
    {
      question: "Can other people see who my friends are?",
      answer:
        "No. You see your friends by first name and initial, and they see your first name when they open your link.",
    },
    {
      question: "Does a friend pay more with a code?",
      answer: "No. The price is the same with and without a code, and the code is optional.",
    },
  ];
}
