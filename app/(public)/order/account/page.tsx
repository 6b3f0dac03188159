import { randomBytes } from "node:crypto";
import type { Metadata } from "next";
import { OrderForm } from "@/components/orders/order-form";
import { OrderPriceLine, OrderSummary } from "@/components/orders/order-summary";
import { PackageGrid } from "@/components/public/packages/package-card";
import { ClientTexts } from "@/components/ui/client-texts";
import { PageHeader } from "@/components/ui/page-header";
import { getInvitation, invitationStanding } from "@/lib/composition/invitation";
import { getPageLanguage, pageTexts } from "@/lib/composition/page-language";
import { getPageSession } from "@/lib/composition/page-session";
import { getPublicSite } from "@/lib/composition/public-site";
import { shareMetadata } from "@/lib/composition/share-metadata";
import { EMPTY_FORM } from "@/lib/form-state";
import { captchaSettings } from "@/lib/http/captcha";
import { submitOrder } from "./actions";

type OrderPageProps = { searchParams: Promise<{ package?: string | string[] }> };

export async function generateMetadata({ searchParams }: OrderPageProps): Promise<Metadata> {
  const [{ package: slug }, { brandName, packages }, t] = await Promise.all([
    searchParams,
    getPublicSite(),
    pageTexts("order"),
  ]);
  const item = packages.find((one) => one.slug === slug);
  return shareMetadata({
    title: item ? t("titlePackage", { package: item.name }) : t("title"),
    description: item?.description || t("description", { brand: brandName }),
    path: null,
  });
}

export default async function OrderPage({ searchParams }: OrderPageProps) {
  const [{ package: slug }, { packages, currency }, invitation, page] = await Promise.all([
    searchParams,
    getPublicSite(),
    getInvitation(),
    getPageSession(),
  ]);
  const [language, t, connecting, landing] = await Promise.all([
    getPageLanguage(),
    pageTexts("order"),
    pageTexts("connecting"),
    pageTexts("landing"),
  ]);
  const item = packages.find((one) => one.slug === slug);

  if (!item) {
    return (
      <div className="mx-auto max-w-6xl px-4 py-10 sm:px-6 sm:py-16">
        <PageHeader title={t("which")} description={t(slug === undefined ? "whichText" : "gone")} />
        <PackageGrid packages={packages} currency={currency} t={landing} />
      </div>
    );
  }

  const isInvited = invitation?.isShown === true && invitation.standing === "prospect";
  const standing = invitation?.standing ?? (await invitationStanding(null));
  const customer = page?.session.customer ?? null;
  const profile = page && customer ? await page.services.profile.get() : null;
  return (
    <div className="mx-auto max-w-5xl px-4 py-10 sm:px-6 sm:py-16">
      <PageHeader
        title={t("title")}
        description={
          isInvited ? t("introInvited", { samePrice: connecting("samePrice") }) : t("intro")
        }
      />
      <ClientTexts language={language} areas={["connecting", "order"]}>
        <OrderForm
          key={item.slug}
          packageSlug={item.slug}
          action={submitOrder}
          empty={{
            ...EMPTY_FORM,
            step: "home",
            coverage: null,
            checkedCode: null,
            isWaiting: false,
            orderKey: randomBytes(16).toString("hex"),
          }}
          invitation={
            invitation?.code ? { code: invitation.code, firstName: invitation.firstName } : null
          }
          noInvitation={standing === "prospect" ? null : standing}
          account={
            customer
              ? {
                  email: customer.email,
                  firstName: customer.first_name,
                  lastName: customer.last_name,
                  phone: profile?.phone ?? null,
                  home: {
                    "account.address.line1": profile?.address?.line1 ?? "",
                    "account.address.line2": profile?.address?.line2 ?? "",
                    "account.address.suburb": profile?.address?.suburb ?? "",
                    "account.address.city": profile?.address?.city ?? "",
                    "account.address.postal_code": profile?.address?.postal_code ?? "",
                  },
                }
              : null
          }
          captcha={captchaSettings()}
          summary={<OrderSummary item={item} currency={currency} t={t} />}
          priceLine={<OrderPriceLine item={item} currency={currency} t={t} />}
        />
      </ClientTexts>
    </div>
  );
}
