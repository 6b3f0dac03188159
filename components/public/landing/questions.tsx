import { Plus } from "lucide-react";
import type { ReactNode } from "react";

export interface Question {
  question: string;
  answer: ReactNode;
}

export type QuestionsProps = { heading: string; questions: readonly Question[] };

/** Questions that people ask, with their answers to open. */
export function Questions({ heading, questions }: QuestionsProps) {
  return (
    <section aria-labelledby="faq-title" className="border-t">
      <div className="mx-auto grid max-w-6xl gap-x-16 gap-y-8 px-4 py-16 sm:px-6 sm:py-24 lg:grid-cols-[1fr_1.6fr]">
        <h2 id="faq-title" className="font-semibold text-2xl tracking-tight sm:text-3xl">
          {heading}
        </h2>
        <div className="divide-y divide-border border-y">
          {questions.map(({ question, answer }) => (
            <details key={question} className="group">
              <summary className="wrap-anywhere flex list-none items-center justify-between gap-4 rounded-sm py-5 font-medium [&::-webkit-details-marker]:hidden">
                {question}
                <Plus
                  aria-hidden="true"
                  className="size-4 shrink-0 text-text-muted transition-transform duration-150 group-open:rotate-45"
                />
              </summary>
              <p className="wrap-anywhere max-w-2xl pb-6 text-text-muted leading-7">{answer}</p>
            </details>
          ))}
        </div>
      </div>
    </section>
  );
}
