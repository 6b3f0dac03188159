import { SAME_PRICE } from "@/lib/orders/getting-connected";
import { INVITER_SEES } from "@/lib/referrals/visibility";
import { countOf } from "@/lib/words";
import type { Question } from "./questions";

/** What people ask before they order. */
export const SERVICE_QUESTIONS: readonly Question[] = [
  {
    question: "When do I pay?",
    answer:
      "Nothing when you order. Your first invoice covers the days from the day on which your service is active to the end of that month. After that you get one invoice a month.",
  },
  {
    question: "Who agrees on the day of the installation?",
    answer:
      "We call you on the number in your order. You choose a day on which somebody is at home.",
  },
  {
    question: "A friend of mine is a customer. What do I do?",
    answer:
      "Open their link before you order, or type their code into the order form. It is optional, and the price is the same.",
  },
];

/** What people ask who were invited by somebody. */
export const invitedQuestions = (firstName: string, attributionDays: number): Question[] => [
  {
    question: `Do I pay more because ${firstName} invited me?`,
    answer: `No. ${SAME_PRICE}`,
  },
  {
    question: `What does ${firstName} see of me?`,
    answer: `Once you have ordered: ${INVITER_SEES}. Your address, phone number and invoices are not shown to anybody.`,
  },
  {
    question: "Do I have to order today?",
    answer: `No. This browser remembers the invitation for ${countOf(attributionDays, "day")}. You can also type the code into the order form later, or order without it.`,
  },
  ...SERVICE_QUESTIONS.slice(0, 2),
];
