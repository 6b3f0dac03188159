import type { Metadata } from "next";
import { AuthCard } from "@/components/account/sign-in/auth-card";
import { EmailLinkForm } from "@/components/account/sign-in/email-link-form";
import { TextLink } from "@/components/ui/button";
import { sendConfirmationLink } from "../actions";

export const metadata: Metadata = { title: "Confirm your e-mail address" };

export default function ConfirmEmailPage() {
  return (
    <AuthCard
      title="Confirm your e-mail address"
      description={
        <p>
          Enter the address of your account, and we send you the link once more. Confirmed already?{" "}
          <TextLink href="/sign-in">Sign in</TextLink>.
        </p>
      }
    >
      <EmailLinkForm kind="confirmation" action={sendConfirmationLink} />
    </AuthCard>
  );
}
