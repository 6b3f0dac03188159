import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import type { ReactNode } from "react";
import { LazyToaster } from "@/components/ui/lazy-toaster";
import { NonceProvider } from "@/components/ui/nonce-provider";
import { mono, sans } from "./fonts/fonts";
import "./globals.css";

export const metadata: Metadata = {
  title: "Your internet account",
  description: "Order home internet, follow your service, and share it with friends.",
  formatDetection: { telephone: false, email: false, address: false },
};

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
  return (
    <html lang="en-ZA" className={`${sans.variable} ${mono.variable}`}>
      <body>
        <NonceProvider nonce={nonce}>
          <div className="app-root">{children}</div>
          <LazyToaster />
        </NonceProvider>
      </body>
    </html>
  );
}
