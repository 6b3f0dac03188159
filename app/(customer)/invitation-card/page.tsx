import type { Metadata } from "next";
import QRCode from "react-qr-code";
import { PrintButton } from "@/components/invoices/print-button";
import { PageHeader } from "@/components/ui/page-header";
import { pageTexts } from "@/lib/composition/page-language";
import { requireCustomerPage } from "@/lib/composition/page-session";
import { getEnv } from "@/lib/env";
import { displayName } from "@/lib/identity/names";
import { referralShortLink } from "@/lib/referrals/referral-code";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await pageTexts("account"))("card.title") };
}

/** A card to print and to pass on: it invites, and promises nothing. */
export default async function InvitationCardPage() {
  const [t, shell] = await Promise.all([pageTexts("account"), pageTexts("shell")]);
  const { session, customer, services } = await requireCustomerPage("/invitation-card");
  const { referral_code: code } = await services.referrals.getOrCreateReferralCode();
  const link = referralShortLink(getEnv().SITE_URL, code);
  return (
    <div className="mx-auto max-w-2xl">
      <div data-print="hidden">
        <PageHeader
          title={t("card.title")}
          description={t("card.text")}
          back={{ href: "/dashboard", label: shell("dashboard") }}
          actions={<PrintButton label={t("card.print")} />}
        />
      </div>
      <section
        aria-label={t("card.label")}
        className="mx-auto flex w-full max-w-[24rem] flex-col items-center gap-5 rounded-card border border-border-strong border-dashed bg-[#fff] p-8 text-center text-[#191715] print:mx-0"
      >
        <p className="font-semibold text-lg">{session.brand_name}</p>
        <p className="wrap-anywhere text-balance font-semibold text-2xl tracking-tight">
          {t.rich("card.invites", {
            name: () => <bdi>{displayName(customer.first_name)}</bdi>,
          })}
        </p>
        <QRCode
          value={link}
          size={224}
          level="M"
          bgColor="#ffffff"
          fgColor="#000000"
          role="img"
          aria-label={t("card.picture", { link })}
          className="h-auto w-full max-w-56"
        />
        <p className="text-sm">{t("card.point")}</p>
        <p className="wrap-anywhere font-medium text-sm">{link}</p>
        <p className="font-medium font-mono text-xl">{code}</p>
      </section>
    </div>
  );
}
