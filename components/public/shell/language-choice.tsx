import { cn } from "@/components/ui/cn";
import { LANGUAGE_NAMES, LANGUAGES, languageTag, pluralLanguage } from "@/lib/language/languages";
import type { Texts } from "@/lib/language/translator";

const buttonClass = cn(
  "inline-flex min-h-6 cursor-pointer items-center rounded-sm hover:text-text pointer-coarse:min-h-11",
  "aria-pressed:cursor-default aria-pressed:font-medium aria-pressed:text-text",
);

export type LanguageChoiceProps = { t: Texts<"shell"> };

/** The languages of the site, each by its own name. The browser posts the choice and comes back. */
export function LanguageChoice({ t }: LanguageChoiceProps) {
  return (
    <form method="post" action="/language">
      <fieldset className="flex flex-wrap gap-x-6 gap-y-3">
        <legend className="sr-only">{t("changeLanguage")}</legend>
        {LANGUAGES.map((language) => (
          <button
            key={language}
            type="submit"
            name="language"
            value={language}
            lang={languageTag(language)}
            aria-pressed={language === pluralLanguage(t.language)}
            className={buttonClass}
          >
            {LANGUAGE_NAMES[language]}
          </button>
        ))}
      </fieldset>
    </form>
  );
}
