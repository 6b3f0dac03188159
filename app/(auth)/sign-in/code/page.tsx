import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { AuthCard } from "@/components/account/sign-in/auth-card";
import { SecondFactorCode } from "@/components/account/sign-in/second-factor-code";
import { homeOf } from "@/lib/access/home";
import { safeNextPath } from "@/lib/access/next-path";
import { pageTexts } from "@/lib/composition/page-language";
import { getPageSession } from "@/lib/composition/page-session";
import { ownSecondFactors } from "@/lib/composition/second-factors";
import { enterCode } from "../../actions";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await pageTexts("auth"))("code.title") };
}

type CodePageProps = { searchParams: Promise<{ next?: string | string[] }> };

/** The second step of signing in: a code of the authenticator app. */
export default async function CodePage({ searchParams }: CodePageProps) {
  const [{ next: given }, page, t] = await Promise.all([
    searchParams,
    getPageSession(),
    pageTexts("auth"),
  ]);
  const next = typeof given === "string" ? given : null;
  if (!page) redirect("/sign-in");
  const home = safeNextPath(next, homeOf(page.session));
  if (!page.session.needs_second_factor) redirect(home);
  const [factor] = (await ownSecondFactors()).factors;
  // The team needs a second factor, and this account has none yet.
  if (!factor) redirect("/security");
  return (
    <AuthCard title={t("code.title")} description={t("code.text", { app: factor.name })}>
      <SecondFactorCode action={enterCode} factorId={factor.id} home={home} />
    </AuthCard>
  );
}
