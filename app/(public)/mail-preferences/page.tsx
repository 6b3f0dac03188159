import type { Metadata } from "next";
import { MailChoicesForm } from "@/components/public/mail/mail-choices-form";
import { ClientTexts } from "@/components/ui/client-texts";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { getMailChoices } from "@/lib/composition/mail-choices";
import { pageTexts } from "@/lib/composition/page-language";

export async function generateMetadata(): Promise<Metadata> {
  return {
    title: (await pageTexts("profile"))("mails.title"),
    robots: { index: false, follow: false },
    referrer: "no-referrer",
  };
}

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/** Which mails somebody gets. The link in a mail is the proof; nobody has to sign in. */
export default async function MailPreferencesPage({ searchParams }: Props) {
  const t = await pageTexts("profile");
  const { token } = await searchParams;
  const choices = typeof token === "string" ? await getMailChoices(token) : null;
  return (
    <div className="mx-auto w-full max-w-2xl px-4 py-8 sm:py-12">
      <PageHeader title={t("mails.title")} description={t("mails.text")} />
      {choices === null || typeof token !== "string" ? (
        <EmptyState title={t("mails.noLink")}>{t("mails.noLinkText")}</EmptyState>
      ) : (
        <ClientTexts language={t.language} areas={["profile"]}>
          <MailChoicesForm token={token} choices={choices} />
        </ClientTexts>
      )}
    </div>
  );
}
