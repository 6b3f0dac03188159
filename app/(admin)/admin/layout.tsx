import type { Metadata } from "next";
import type { ReactNode } from "react";
import { getPageSession } from "@/lib/composition/page-session";
import { AdminFrame } from "../admin-frame";

export async function generateMetadata(): Promise<Metadata> {
  const brandName = (await getPageSession())?.session.brand_name;
  const place = brandName ? `${brandName} admin` : "Admin";
  return {
    // Every page has a title, so the default is that of what was not found.
    title: { default: `Not found · ${place}`, template: `%s · ${place}` },
    robots: { index: false, follow: false },
  };
}

/** The frame. Each page checks the permission itself, and the database checks it again. */
export default async function AdminLayout({ children }: { children: ReactNode }) {
  const page = await getPageSession();
  // The page redirects to sign-in, because it knows the address to come back to.
  if (!page?.session.admin) return children;
  return <AdminFrame page={page}>{children}</AdminFrame>;
}
