import type { ReactNode } from "react";
import { compiledTexts } from "@/lib/language/catalogue";
import type { PageLanguage } from "@/lib/language/languages";
import type { Area } from "@/lib/language/messages/en";
import { TextsProvider } from "./texts";

export type ClientTextsProps = {
  language: PageLanguage;
  /** The areas that components in the browser use, and no others: each makes the page heavier. */
  areas: readonly Area[];
  children: ReactNode;
};

/** Gives the components inside their texts, in the browser too. */
export function ClientTexts({ language, areas, children }: ClientTextsProps) {
  const texts = Object.fromEntries(areas.map((area) => [area, compiledTexts(language, area)]));
  return (
    <TextsProvider language={language} areas={texts}>
      {children}
    </TextsProvider>
  );
}
