import type { Metadata } from "next";
import { AuthCard } from "@/components/account/sign-in/auth-card";
import { EmailLinkForm } from "@/components/account/sign-in/email-link-form";
import { TextLink } from "@/components/ui/button";
import { pageTexts } from "@/lib/composition/page-language";
import { sendConfirmationLink } from "../actions";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await pageTexts("auth"))("confirmEmail.title") };
}

export default async function ConfirmEmailPage() {
  const t = await pageTexts("auth");
  return (
    <AuthCard
      title={t("confirmEmail.title")}
      description={
        <p>
          {t.rich("confirmEmail.text", {
            signIn: (text) => <TextLink href="/sign-in">{text}</TextLink>,
          })}
        </p>
      }
    >
      <EmailLinkForm kind="confirmation" action={sendConfirmationLink} />
    </AuthCard>
  );
}
