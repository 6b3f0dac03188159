import type { Metadata } from "next";
import { MessagePage } from "@/components/ui/message-page";
import { PlainLink } from "@/components/ui/plain-button";

export const metadata: Metadata = { title: "Page not found" };

export default function NotFound() {
  return (
    <main>
      <MessagePage
        withMark
        eyebrow="404"
        title="We cannot find that page"
        actions={
          <>
            <PlainLink href="/" variant="primary">
              Go to the home page
            </PlainLink>
            <PlainLink href="/packages">See the packages</PlainLink>
          </>
        }
      >
        The address may have a typing mistake, or the page may have moved.
      </MessagePage>
    </main>
  );
}
