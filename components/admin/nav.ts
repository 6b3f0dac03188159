import { ADMIN_NAV, type AdminNavItem } from "@/components/layout/admin-nav";

const PAGES: ReadonlySet<string> = new Set([
  "/admin",
  "/admin/customers",
  "/admin/referrals",
  "/admin/review",
  "/admin/orders",
  "/admin/mailbox",
]);

/** The parts of the admin area that have a page, in order. */
export const ADMIN_PAGES: readonly AdminNavItem[] = ADMIN_NAV.flatMap((item) => {
  if (item.icon === "program") return [{ ...item, href: "/admin/programme" }];
  return PAGES.has(item.href) ? [item] : [];
});
