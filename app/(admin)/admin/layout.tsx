import type { Metadata } from "next";
import type { ReactNode } from "react";
import { AdminShell } from "@/components/admin/shell/admin-shell";
import { InstallationNotices } from "@/components/admin/shell/installation-notices";
import { getPageSession } from "@/lib/composition/page-session";
import { getEnv } from "@/lib/env";
import { ROLE_LABELS } from "@/lib/permissions";
import { embeddedMode } from "@/lib/supabase/embedded-mode";

export async function generateMetadata(): Promise<Metadata> {
  const brandName = (await getPageSession())?.session.brand_name;
  return {
    title: {
      default: brandName ? `${brandName} admin` : "Admin",
      template: brandName ? `%s · ${brandName} admin` : "%s · Admin",
    },
    robots: { index: false, follow: false },
  };
}

/** The frame. Each page checks the permission itself, and the database checks it again. */
export default async function AdminLayout({ children }: { children: ReactNode }) {
  const page = await getPageSession();
  const admin = page?.session.admin;
  // The page redirects to sign-in, because it knows the address to come back to.
  if (!page || !admin) return children;
  return (
    <AdminShell
      brandName={page.session.brand_name}
      user={{ name: admin.name, role: ROLE_LABELS[admin.role] }}
      permissions={admin.permissions}
    >
      <InstallationNotices
        isDemo={embeddedMode() === "demo"}
        switches={{
          ...page.session.switches,
          rewards: page.session.switches.rewards && getEnv().ENABLE_REFERRAL_REWARDS,
        }}
      />
      {children}
    </AdminShell>
  );
}
