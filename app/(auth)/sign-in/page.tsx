import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { AuthCard } from "@/components/account/sign-in/auth-card";
import { SignInForm } from "@/components/account/sign-in/sign-in-form";
import { TextLink } from "@/components/ui/button";
import { homeOf } from "@/lib/access/home";
import { safeNextPath } from "@/lib/access/next-path";
import { getPageSession } from "@/lib/composition/page-session";
import { captchaSettings } from "@/lib/http/captcha";
import { signIn } from "../actions";

export const metadata: Metadata = { title: "Sign in" };

type SignInPageProps = { searchParams: Promise<{ next?: string | string[] }> };

export default async function SignInPage({ searchParams }: SignInPageProps) {
  const [{ next: given }, page] = await Promise.all([searchParams, getPageSession()]);
  const next = typeof given === "string" ? given : null;
  if (page) redirect(safeNextPath(next, homeOf(page.session)));

  return (
    <AuthCard
      title="Sign in"
      description={
        <p>
          New here? <TextLink href="/packages">Choose a package</TextLink>. You get your account
          with the order.
        </p>
      }
    >
      <SignInForm action={signIn} next={next} captcha={captchaSettings()} />
    </AuthCard>
  );
}
