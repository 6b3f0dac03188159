import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import type { ReactNode } from "react";
import { LazyToaster } from "@/components/ui/lazy-toaster";
import { NonceProvider } from "@/components/ui/nonce-provider";
import { mono, sans } from "./fonts/fonts";
import "./globals.css";
import { BROWSER_AREAS, ClientTexts } from "@/components/ui/client-texts";
import { getPageLanguage, pageTexts } from "@/lib/composition/page-language";
import { languageTag } from "@/lib/language/languages";

export async function generateMetadata(): Promise<Metadata> {
  const t = await pageTexts("shell");
  return {
    title: t("siteTitle"),
    description: t("siteDescription"),
    formatDetection: { telephone: false, email: false, address: false },
  };
}

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#ffffff" },
    { media: "(prefers-color-scheme: dark)", color: "#0d0c0b" },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const nonce = (await headers()).get("x-nonce") ?? undefined;
  const language = await getPageLanguage();
  return (
    <html lang={languageTag(language)} className={`${sans.variable} ${mono.variable}`}>
      <body>
        <NonceProvider nonce={nonce}>
          <ClientTexts language={language} areas={BROWSER_AREAS}>
            <div className="app-root">{children}</div>
            <LazyToaster />
          </ClientTexts>
        </NonceProvider>
      </body>
    </html>
  );
}
