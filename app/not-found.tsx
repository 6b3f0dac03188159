import type { Metadata } from "next";
import { LinkButton } from "@/components/ui/button";
import { MessagePage } from "@/components/ui/message-page";
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
            <LinkButton href="/" variant="primary">
              {ui("goHome")}
            </LinkButton>
            <LinkButton href="/packages">{t("notFound.seePackages")}</LinkButton>
          </>
        }
      >
        {t("notFound.text")}
      </MessagePage>
    </main>
  );
}
