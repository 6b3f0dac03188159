import type { Metadata } from "next";
import { AuthCard } from "@/components/account/sign-in/auth-card";
import { ResetPasswordForm } from "@/components/account/sign-in/reset-password-form";
import { LinkButton } from "@/components/ui/button";
import { homeOf } from "@/lib/access/home";
import { safeNextPath } from "@/lib/access/next-path";
import { getPageSession } from "@/lib/composition/page-session";
import { changePassword } from "../actions";

export const metadata: Metadata = { title: "Choose a new password" };

type ResetPasswordPageProps = { searchParams: Promise<{ next?: string | string[] }> };

export default async function ResetPasswordPage({ searchParams }: ResetPasswordPageProps) {
  const [{ next }, page] = await Promise.all([searchParams, getPageSession()]);
  if (!page) {
    return (
      <AuthCard
        title="This link no longer works"
        description="Links to choose a new password work once and for a short time. Please ask for a new one."
      >
        <LinkButton href="/forgot-password" variant="primary">
          Send me a new link
        </LinkButton>
      </AuthCard>
    );
  }
  const { customer, admin } = page.session;
  const email = customer?.email ?? admin?.email ?? "";
  return (
    <AuthCard
      title="Choose a new password"
      description={email ? <p className="wrap-anywhere">For {email}</p> : null}
    >
      <ResetPasswordForm
        action={changePassword}
        email={email}
        home={safeNextPath(typeof next === "string" ? next : null, homeOf(page.session))}
      />
    </AuthCard>
  );
}
