import type { Metadata } from "next";
import { MessagePage } from "@/components/ui/message-page";
import { PlainLink } from "@/components/ui/plain-button";
import { pageTexts } from "@/lib/composition/page-language";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await pageTexts("shell"))("notFound.title") };
}

export default async function NotFound() {
  const [t, ui] = await Promise.all([pageTexts("shell"), pageTexts("ui")]);
  return (
    <main>
      <MessagePage
        withMark
        eyebrow="404"
        title={t("notFound.heading")}
        actions={
          <>
            <PlainLink href="/" variant="primary">
              {ui("goHome")}
            </PlainLink>
            <PlainLink href="/packages">{t("notFound.seePackages")}</PlainLink>
          </>
        }
      >
        {t("notFound.text")}
      </MessagePage>
    </main>
  );
}
