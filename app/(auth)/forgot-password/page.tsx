import type { Metadata } from "next";
import { AuthCard } from "@/components/account/sign-in/auth-card";
import { EmailLinkForm } from "@/components/account/sign-in/email-link-form";
import { TextLink } from "@/components/ui/button";
import { captchaSettings } from "@/lib/http/captcha";
import { sendRecoveryLink } from "../actions";

export const metadata: Metadata = { title: "Forgot your password" };

export default function ForgotPasswordPage() {
  return (
    <AuthCard
      title="Forgot your password?"
      description={
        <p>
          Enter the address of your account, and we send you a link to choose a new one. Or go{" "}
          <TextLink href="/sign-in">back to sign in</TextLink>.
        </p>
      }
    >
      <EmailLinkForm kind="recovery" action={sendRecoveryLink} captcha={captchaSettings()} />
    </AuthCard>
  );
}
