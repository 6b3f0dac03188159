import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { AuthCard } from "@/components/account/sign-in/auth-card";
import { SignInForm } from "@/components/account/sign-in/sign-in-form";
import { TextLink } from "@/components/ui/button";
import { homeOf } from "@/lib/access/home";
import { safeNextPath } from "@/lib/access/next-path";
import { pageTexts } from "@/lib/composition/page-language";
import { getPageSession } from "@/lib/composition/page-session";
import { captchaSettings } from "@/lib/http/captcha";
import { signIn } from "../actions";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await pageTexts("auth"))("signIn.title") };
}

type SignInPageProps = { searchParams: Promise<{ next?: string | string[] }> };

export default async function SignInPage({ searchParams }: SignInPageProps) {
  const [{ next: given }, page, t] = await Promise.all([
    searchParams,
    getPageSession(),
    pageTexts("auth"),
  ]);
  const next = typeof given === "string" ? given : null;
  if (page) redirect(safeNextPath(next, homeOf(page.session)));

  return (
    <AuthCard
      title={t("signIn.title")}
      description={
        <p>
          {t.rich("signIn.newHere", {
            packages: (text) => <TextLink href="/packages">{text}</TextLink>,
          })}
        </p>
      }
    >
      <SignInForm action={signIn} next={next} captcha={captchaSettings()} />
    </AuthCard>
  );
}
