import type { Texts } from "@/lib/language/translator";
import type { Question } from "./questions";

/** What people ask before they order. */
export const serviceQuestions = (t: Texts<"landing">): Question[] => [
  { question: t("faq.pay"), answer: t("faq.payAnswer") },
  { question: t("faq.day"), answer: t("faq.dayAnswer") },
  { question: t("faq.friend"), answer: t("faq.friendAnswer") },
];

/** What people ask who were invited by somebody. */
export const invitedQuestions = (
  firstName: string,
  attributionDays: number,
  t: Texts<"landing">,
  connecting: Texts<"connecting">,
): Question[] => [
  {
    question: t("faq.more", { name: firstName }),
    answer: t("faq.moreAnswer", { samePrice: connecting("samePrice") }),
  },
  {
    question: t("faq.sees", { name: firstName }),
    answer: t("faq.seesAnswer", { sees: connecting("inviterSees") }),
  },
  { question: t("faq.haveTo"), answer: t("faq.haveToAnswer", { days: attributionDays }) },
  ...serviceQuestions(t).slice(0, 2),
];
