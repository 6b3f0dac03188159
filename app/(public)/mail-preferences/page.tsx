import type { Metadata } from "next";
import { MailChoicesForm } from "@/components/public/mail/mail-choices-form";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { getMailChoices } from "@/lib/composition/mail-choices";

export const metadata: Metadata = {
  title: "Your mails",
  robots: { index: false, follow: false },
  referrer: "no-referrer",
};

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/** Which mails somebody gets. The link in a mail is the proof; nobody has to sign in. */
export default async function MailPreferencesPage({ searchParams }: Props) {
  const { token } = await searchParams;
  const choices = typeof token === "string" ? await getMailChoices(token) : null;
  return (
    <div className="mx-auto w-full max-w-2xl px-4 py-8 sm:py-12">
      <PageHeader title="Your mails" description="Choose which mails you want to get." />
      {choices === null || typeof token !== "string" ? (
        <EmptyState title="This link does not work">
          Open the page from the link at the end of one of our mails.
        </EmptyState>
      ) : (
        <MailChoicesForm token={token} choices={choices} />
      )}
    </div>
  );
}
