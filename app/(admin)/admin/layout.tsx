import type { Metadata } from "next";
import type { ReactNode } from "react";
import { AdminShell } from "@/components/admin/shell/admin-shell";
import { ROLE_LABELS } from "@/lib/access/permissions";
import { getPageSession } from "@/lib/composition/page-session";

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

/** The frame. Each page checks the permission itself, and every read behind it once more. */
export default async function AdminLayout({ children }: { children: ReactNode }) {
  const page = await getPageSession();
  const admin = page?.session.admin;
  // The page knows its own address, so it is the one that sends people to sign in and back.
  if (!page || !admin) return children;
  return (
    <AdminShell
      brandName={page.session.brand_name}
      user={{ name: admin.name, role: ROLE_LABELS[admin.role] }}
      permissions={admin.permissions}
    >
      {children}
    </AdminShell>
  );
}
