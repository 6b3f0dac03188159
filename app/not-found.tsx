import type { Metadata } from "next";
import { LinkButton } from "@/components/ui/button";
import { MessagePage } from "@/components/ui/message-page";

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
            <LinkButton href="/" variant="primary">
              Go to the home page
            </LinkButton>
            <LinkButton href="/packages">See the packages</LinkButton>
          </>
        }
      >
        The address may have a typing mistake, or the page may have moved.
      </MessagePage>
    </main>
  );
}
