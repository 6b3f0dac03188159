"use client";

import { useSyncExternalStore } from "react";
import { MessagePage } from "@/components/ui/message-page";
import { PlainButton } from "@/components/ui/plain-button";
import { acceptedLanguage, type Language, languageTag } from "@/lib/language/languages";
import { outOfOrder as af } from "@/lib/language/messages/af/out-of-order";
import { outOfOrder as en } from "@/lib/language/messages/en/out-of-order";
import { outOfOrder as zu } from "@/lib/language/messages/zu/out-of-order";
import { sans } from "./fonts/fonts";
import "./globals.css";

const TEXTS = { en, af, zu } as const;

const neverChanges = () => () => {};

/** Nothing of the page is left to ask, so the browser's languages decide. */
const browserLanguage = (): Language => acceptedLanguage(navigator.languages.join());

/** Shown in place of the root layout when the root layout fails. */
export default function GlobalError({ retry }: { error: unknown; retry: () => void }) {
  const language = useSyncExternalStore(neverChanges, browserLanguage, () => "en" as const);
  const texts = TEXTS[language];
  return (
    <html lang={languageTag(language)} className={sans.variable}>
      <body>
        <title>{texts.title}</title>
        <main>
          <MessagePage
            title={texts.heading}
            actions={
              <PlainButton variant="primary" onClick={() => retry()}>
                {texts.tryAgain}
              </PlainButton>
            }
          >
            <p role="alert">{texts.text}</p>
          </MessagePage>
        </main>
      </body>
    </html>
  );
}
