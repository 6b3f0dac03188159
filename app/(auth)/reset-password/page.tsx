import type { Metadata } from "next";
import { AuthCard } from "@/components/account/sign-in/auth-card";
import { ResetPasswordForm } from "@/components/account/sign-in/reset-password-form";
import { LinkButton } from "@/components/ui/button";
import { homeOf } from "@/lib/access/home";
import { safeNextPath } from "@/lib/access/next-path";
import { pageTexts } from "@/lib/composition/page-language";
import { getPageSession } from "@/lib/composition/page-session";
import { changePassword } from "../actions";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await pageTexts("auth"))("newPassword.title") };
}

type ResetPasswordPageProps = { searchParams: Promise<{ next?: string | string[] }> };

export default async function ResetPasswordPage({ searchParams }: ResetPasswordPageProps) {
  const [{ next }, page, t] = await Promise.all([
    searchParams,
    getPageSession(),
    pageTexts("auth"),
  ]);
  if (!page) {
    return (
      <AuthCard title={t("newPassword.linkGone")} description={t("newPassword.linkGoneText")}>
        <LinkButton href="/forgot-password" variant="primary">
          {t("newPassword.sendLink")}
        </LinkButton>
      </AuthCard>
    );
  }
  const { customer, admin } = page.session;
  const email = customer?.email ?? admin?.email ?? "";
  return (
    <AuthCard
      title={t("newPassword.title")}
      description={
        email ? <p className="wrap-anywhere">{t("newPassword.forEmail", { email })}</p> : null
      }
    >
      <ResetPasswordForm
        action={changePassword}
        email={email}
        home={safeNextPath(typeof next === "string" ? next : null, homeOf(page.session))}
      />
    </AuthCard>
  );
}
