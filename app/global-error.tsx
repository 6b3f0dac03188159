"use client";

import { MessagePage } from "@/components/ui/message-page";
import { PlainButton } from "@/components/ui/plain-button";
import { sans } from "./fonts/fonts";
import "./globals.css";

/** Shown in place of the root layout when the root layout fails. */
export default function GlobalError({ retry }: { error: unknown; retry: () => void }) {
  return (
    <html lang="en-ZA" className={sans.variable}>
      <body>
        <title>Out of order</title>
        <main>
          <MessagePage
            title="We are having trouble right now"
            actions={
              <PlainButton variant="primary" onClick={() => retry()}>
                Try again
              </PlainButton>
            }
          >
            <p role="alert">Something went wrong on our side. Please try again in a minute.</p>
          </MessagePage>
        </main>
      </body>
    </html>
  );
}
