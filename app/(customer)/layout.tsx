import type { Metadata } from "next";
import type { ReactNode } from "react";
import { CustomerShell } from "@/components/account/shell/customer-shell";
import { ClientTexts } from "@/components/ui/client-texts";
import { pageTexts } from "@/lib/composition/page-language";
import { getPageSession } from "@/lib/composition/page-session";
import { AdminFrame } from "../(admin)/admin-frame";

export async function generateMetadata(): Promise<Metadata> {
  const brandName = (await getPageSession())?.session.brand_name;
  return {
    title: brandName
      ? { default: brandName, template: `%s · ${brandName}` }
      : (await pageTexts("shell"))("siteTitle"),
    robots: { index: false },
  };
}

/** What components of these pages say in the browser. */
const CLIENT_AREAS = ["account", "claims", "friends", "profile"] as const;

/** The frame. Each page checks itself who may see it. */
export default async function CustomerLayout({ children }: { children: ReactNode }) {
  const page = await getPageSession();
  if (!page) return children;
  const { customer, admin, brand_name } = page.session;
  // The team reads documents of customers within its own frame.
  if (!customer && admin) return <AdminFrame page={page}>{children}</AdminFrame>;
  const [t, ui] = await Promise.all([pageTexts("shell"), pageTexts("ui")]);
  return (
    <ClientTexts language={t.language} areas={CLIENT_AREAS}>
      <CustomerShell
        t={t}
        skipLabel={ui("skip")}
        brandName={brand_name}
        isPaused={Boolean(customer) && page.session.is_paused}
        customerName={customer ? `${customer.first_name} ${customer.last_name}`.trim() : ""}
      >
        {children}
      </CustomerShell>
    </ClientTexts>
  );
}
