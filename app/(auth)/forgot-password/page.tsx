import type { Metadata } from "next";
import { AuthCard } from "@/components/account/sign-in/auth-card";
import { ForgotPasswordForm } from "@/components/account/sign-in/forgot-password-form";
import { TextLink } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";

export const metadata: Metadata = { title: "Forgot your password" };

type ForgotPasswordPageProps = { searchParams: Promise<{ expired?: string | string[] }> };

export default async function ForgotPasswordPage({ searchParams }: ForgotPasswordPageProps) {
  const { expired } = await searchParams;
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
      {expired === "1" ? (
        <Notice tone="warning" className="mb-6" title="That link no longer works">
          Links to choose a new password work once and for a short time. Please ask for a new one.
        </Notice>
      ) : null}
      <ForgotPasswordForm />
    </AuthCard>
  );
}
