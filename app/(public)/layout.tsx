import type { Metadata } from "next";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { InvitedBanner } from "@/components/public/invitation/invited-banner";
import { ReferralCapture } from "@/components/public/invitation/referral-capture";
import { PublicFooter } from "@/components/public/shell/public-footer";
import { PublicHeader } from "@/components/public/shell/public-header";
import { getInvitation } from "@/lib/composition/invitation";
import { pageTexts } from "@/lib/composition/page-language";
import { getPublicSite } from "@/lib/composition/public-site";
import { mayPromote } from "@/lib/programme/terms";

/** The session's cookies as `@supabase/ssr` names them, whole or in numbered parts. */
const SESSION_COOKIE = /^sb-.+-auth-token(\.\d+)?$/;

export async function generateMetadata(): Promise<Metadata> {
  const { brandName } = await getPublicSite();
  return { title: { default: brandName, template: `%s · ${brandName}` } };
}

export default async function PublicLayout({ children }: { children: ReactNode }) {
  const [{ brandName, supportEmail, terms }, jar, invitation, t, ui, landing] = await Promise.all([
    getPublicSite(),
    cookies(),
    getInvitation(),
    pageTexts("shell"),
    pageTexts("ui"),
    pageTexts("landing"),
  ]);
  // This only decides which links are shown. The pages check the session themselves.
  const signedIn = jar.getAll().some((cookie) => SESSION_COOKIE.test(cookie.name));
  const promotes = mayPromote(terms, signedIn);

  return (
    <div className="flex min-h-dvh flex-col">
      {invitation?.isShown ? (
        <InvitedBanner
          firstName={invitation.firstName}
          standing={invitation.standing}
          t={landing}
        />
      ) : null}
      <ReferralCapture
        code={invitation?.code ?? null}
        isChecked={invitation !== null && invitation.firstName !== ""}
        isOwnLink={invitation?.standing === "own_code"}
        attributionDays={terms.attribution_days}
      />
      <PublicHeader
        t={t}
        skipLabel={ui("skip")}
        brandName={brandName}
        signedIn={signedIn}
        promotes={promotes}
      />
      <main id="content" tabIndex={-1} className="flex-1 outline-none">
        {children}
      </main>
      <PublicFooter t={t} brandName={brandName} supportEmail={supportEmail} promotes={promotes} />
    </div>
  );
}
