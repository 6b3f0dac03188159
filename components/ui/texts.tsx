"use client";

import { createContext, type ReactNode, useContext, useEffect, useMemo } from "react";
import { setFailureSentences } from "@/components/api-client";
import type { PageLanguage } from "@/lib/language/languages";
import type { Area } from "@/lib/language/messages/en";
import { type CompiledTexts, createTexts, type Texts } from "@/lib/language/translator";

/** The texts that a page's browser part has: those of its language, by area. */
interface Given {
  language: PageLanguage;
  areas: Readonly<Partial<Record<Area, CompiledTexts>>>;
  ready: Map<Area, unknown>;
}

const GivenTexts = createContext<Given | null>(null);

/** Hands texts to the components inside, beside those that it is inside of itself. */
export function TextsProvider({
  language,
  areas,
  children,
}: Pick<Given, "language" | "areas"> & { children: ReactNode }) {
  const outer = useContext(GivenTexts);
  const given = useMemo<Given>(
    () => ({ language, areas: { ...outer?.areas, ...areas }, ready: new Map() }),
    [language, areas, outer],
  );
  const ui = textsOf(given, "ui");
  useEffect(() => {
    setFailureSentences({ unreachable: ui("unreachable"), internal: ui("failedMoment") });
  }, [ui]);
  return <GivenTexts value={given}>{children}</GivenTexts>;
}

function textsOf<A extends Area>({ language, areas, ready }: Given, area: A): Texts<A> {
  const known = ready.get(area);
  if (known) return known as Texts<A>;
  const texts = areas[area];
  const formats = areas.formats;
  if (!texts || !formats) throw new Error(`This page was not given the texts of ${area}`);
  const made = createTexts<A>(language, texts, formats);
  ready.set(area, made);
  return made;
}

/** The texts of an area, in the page's language; `ClientTexts` around it has to name the area. */
export function useTexts<A extends Area>(area: A): Texts<A> {
  const given = useContext(GivenTexts);
  if (!given) throw new Error("There are no texts around this component");
  return textsOf(given, area);
}
