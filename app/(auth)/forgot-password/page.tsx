import type { Metadata } from "next";
import { AuthCard } from "@/components/account/sign-in/auth-card";
import { EmailLinkForm } from "@/components/account/sign-in/email-link-form";
import { TextLink } from "@/components/ui/button";
import { pageTexts } from "@/lib/composition/page-language";
import { captchaSettings } from "@/lib/http/captcha";
import { sendRecoveryLink } from "../actions";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await pageTexts("auth"))("forgot.title") };
}

export default async function ForgotPasswordPage() {
  const t = await pageTexts("auth");
  return (
    <AuthCard
      title={t("forgot.heading")}
      description={
        <p>
          {t.rich("forgot.text", {
            signIn: (text) => <TextLink href="/sign-in">{text}</TextLink>,
          })}
        </p>
      }
    >
      <EmailLinkForm kind="recovery" action={sendRecoveryLink} captcha={captchaSettings()} />
    </AuthCard>
  );
}
