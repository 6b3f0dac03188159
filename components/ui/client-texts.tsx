import type { ReactNode } from "react";
import { compiledTexts } from "@/lib/language/catalogue";
import type { PageLanguage } from "@/lib/language/languages";
import type { Area } from "@/lib/language/messages/en";
import { TextsProvider } from "./texts";

/** What components on any page say in the browser. */
export const BROWSER_AREAS = ["formats", "person", "shell", "ui"] as const;

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
