import type { Metadata } from "next";
import type { ReactNode } from "react";
import { CustomerShell } from "@/components/account/shell/customer-shell";
import { getPageSession } from "@/lib/composition/page-session";

const ADMIN_NAV = [{ href: "/admin", label: "Admin" }] as const;

export async function generateMetadata(): Promise<Metadata> {
  const brandName = (await getPageSession())?.session.brand_name;
  return {
    title: brandName
      ? { default: brandName, template: `%s · ${brandName}` }
      : "Your internet account",
    robots: { index: false },
  };
}

/** The frame. Each page checks itself who may see it. */
export default async function CustomerLayout({ children }: { children: ReactNode }) {
  const page = await getPageSession();
  if (!page) return children;
  const { customer, admin, brand_name } = page.session;
  return (
    <CustomerShell
      brandName={brand_name}
      customerName={
        customer ? `${customer.first_name} ${customer.last_name}`.trim() : (admin?.name ?? "")
      }
      nav={customer ? undefined : ADMIN_NAV}
    >
      {children}
    </CustomerShell>
  );
}
