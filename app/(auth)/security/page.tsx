import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { AuthCard } from "@/components/account/sign-in/auth-card";
import { SecondFactorSetup } from "@/components/account/sign-in/second-factor-setup";
import { LinkButton } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { homeOf } from "@/lib/access/home";
import { pageTexts } from "@/lib/composition/page-language";
import { getPageSession } from "@/lib/composition/page-session";
import { ownSecondFactors } from "@/lib/composition/second-factors";
import { enterCode } from "../actions";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await pageTexts("auth"))("security.title") };
}

/** How the signed-in person signs in: the password, and the second factor. */
export default async function SecurityPage() {
  const [page, t] = await Promise.all([getPageSession(), pageTexts("auth")]);
  const errors = await pageTexts("errors");
  if (!page) redirect("/sign-in?next=/security");
  const { isAvailable, factors } = await ownSecondFactors();
  const { session } = page;
  if (session.needs_second_factor && factors.length > 0) redirect("/sign-in/code?next=/security");
  const home = homeOf(session);

  return (
    <AuthCard title={t("security.title")}>
      <div className="flex flex-col gap-8">
        {session.needs_second_factor ? (
          <Notice tone="warning" title={t("security.teamNeedsTitle")}>
            {t("security.teamNeeds")}
          </Notice>
        ) : null}
        <section aria-labelledby="password-title">
          <h2 id="password-title" className="font-semibold text-base">
            {t("password")}
          </h2>
          <p className="mt-1 mb-4 text-sm text-text-muted">{t("security.passwordText")}</p>
          <LinkButton href="/reset-password?next=/security">{t("security.change")}</LinkButton>
        </section>
        <section aria-labelledby="factor-title">
          <h2 id="factor-title" className="font-semibold text-base">
            {t("security.factor")}
          </h2>
          <p className="mt-1 mb-4 text-sm text-text-muted">{t("security.factorText")}</p>
          {isAvailable ? (
            <SecondFactorSetup
              enterCode={enterCode}
              factors={factors}
              timeZone={session.time_zone}
            />
          ) : (
            <Notice>{errors("second_factor_unavailable")}</Notice>
          )}
        </section>
        <LinkButton href={home} variant="ghost">
          {t("security.back")}
        </LinkButton>
      </div>
    </AuthCard>
  );
}
