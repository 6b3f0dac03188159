/** The parts of the admin area. The icon is named, so that a server layout can pass the list on. */
export type AdminNavIcon =
  | "overview"
  | "customers"
  | "referrals"
  | "review"
  | "orders"
  | "billing"
  | "mailbox"
  | "program";

export type AdminNavItem = {
  href: string;
  label: string;
  icon: AdminNavIcon;
  /** Shown only to people who have this permission. */
  permission?: string;
  /** Waiting work, e.g. the length of the review queue. */
  count?: number;
};

/** Every part, in order. */
export const ADMIN_NAV: readonly AdminNavItem[] = [
  { href: "/admin", label: "Overview", icon: "overview", permission: "customers:view" },
  { href: "/admin/customers", label: "Customers", icon: "customers", permission: "customers:view" },
  { href: "/admin/referrals", label: "Referrals", icon: "referrals", permission: "customers:view" },
  { href: "/admin/review", label: "Review", icon: "review", permission: "referrals:review" },
  { href: "/admin/orders", label: "Orders", icon: "orders", permission: "customers:view" },
  { href: "/admin/billing", label: "Billing", icon: "billing", permission: "customers:view" },
  { href: "/admin/mailbox", label: "Mailbox", icon: "mailbox", permission: "customers:view" },
  { href: "/admin/programme", label: "Programme", icon: "program", permission: "program:manage" },
];

/** The items that someone with these permissions may open. */
export function permittedNav(
  items: readonly AdminNavItem[],
  permissions: readonly string[],
): AdminNavItem[] {
  return items.filter((item) => !item.permission || permissions.includes(item.permission));
}
