import type { Metadata } from "next";
import type { ReactNode } from "react";
import { PublicFooter } from "@/components/public/shell/public-footer";
import { BrandLink, SkipLink } from "@/components/ui/brand";
import { ClientTexts } from "@/components/ui/client-texts";
import { getPageLanguage, pageTexts } from "@/lib/composition/page-language";
import { getPublicSite } from "@/lib/composition/public-site";
import { mayPromote } from "@/lib/programme/terms";

export async function generateMetadata(): Promise<Metadata> {
  const { brandName } = await getPublicSite();
  return {
    title: { default: brandName, template: `%s · ${brandName}` },
    robots: { index: false },
  };
}

export default async function AuthLayout({ children }: { children: ReactNode }) {
  const [{ brandName, supportEmail, terms }, language, t, ui] = await Promise.all([
    getPublicSite(),
    getPageLanguage(),
    pageTexts("shell"),
    pageTexts("ui"),
  ]);
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="border-b bg-surface">
        <SkipLink label={ui("skip")} />
        <div className="mx-auto flex h-14 max-w-6xl items-center px-4 sm:h-16 sm:px-6">
          <BrandLink brandName={brandName} />
        </div>
      </header>
      <main
        id="content"
        tabIndex={-1}
        className="flex flex-1 justify-center px-4 py-12 outline-none sm:px-6 sm:py-24"
      >
        <ClientTexts language={language} areas={["auth"]}>
          {children}
        </ClientTexts>
      </main>
      <PublicFooter
        t={t}
        brandName={brandName}
        supportEmail={supportEmail}
        promotes={mayPromote(terms, false)}
      />
    </div>
  );
}
