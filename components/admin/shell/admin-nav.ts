import type { Permission } from "@/lib/permissions";

/** Names the icon of a part of the admin area. */
export type AdminNavIcon =
  | "overview"
  | "customers"
  | "referrals"
  | "review"
  | "orders"
  | "claims"
  | "billing"
  | "mailbox"
  | "program"
  | "launch"
  | "approvals"
  | "bulk"
  | "team"
  | "audit";

export type AdminNavItem = {
  href: string;
  label: string;
  icon: AdminNavIcon;
  /** Shown only to people who have this permission. */
  permission: Permission;
};

type AdminNavGroup = { label: string; items: readonly AdminNavItem[] };

/** Every part, in the order of the menu: first what waits for people, then where they look things up. */
const ADMIN_NAV: readonly AdminNavGroup[] = [
  {
    label: "Today",
    items: [
      { href: "/admin", label: "Overview", icon: "overview", permission: "customers:view" },
      { href: "/admin/review", label: "Review", icon: "review", permission: "referrals:review" },
      {
        href: "/admin/approvals",
        label: "Approvals",
        icon: "approvals",
        permission: "orders:manage",
      },
      {
        href: "/admin/claims",
        label: "Forgotten codes",
        icon: "claims",
        permission: "customers:view",
      },
      { href: "/admin/orders", label: "Orders", icon: "orders", permission: "customers:view" },
    ],
  },
  {
    label: "Records",
    items: [
      {
        href: "/admin/customers",
        label: "Customers",
        icon: "customers",
        permission: "customers:view",
      },
      {
        href: "/admin/referrals",
        label: "Referrals",
        icon: "referrals",
        permission: "customers:view",
      },
      { href: "/admin/billing", label: "Billing", icon: "billing", permission: "customers:view" },
      { href: "/admin/mailbox", label: "Mailbox", icon: "mailbox", permission: "customers:view" },
      { href: "/admin/bulk", label: "Bulk jobs", icon: "bulk", permission: "orders:manage" },
      { href: "/admin/audit", label: "Audit", icon: "audit", permission: "audit:view" },
    ],
  },
  {
    label: "Rules",
    items: [
      {
        href: "/admin/programme",
        label: "Programme",
        icon: "program",
        permission: "program:manage",
      },
      { href: "/admin/launch", label: "Launch", icon: "launch", permission: "customers:view" },
      { href: "/admin/team", label: "Team", icon: "team", permission: "admins:manage" },
    ],
  },
];

/** The groups of the menu with the parts that somebody with these permissions may open. */
export const permittedGroups = (permissions: readonly Permission[]): AdminNavGroup[] =>
  ADMIN_NAV.map(({ label, items }) => ({
    label,
    items: items.filter((item) => permissions.includes(item.permission)),
  })).filter(({ items }) => items.length > 0);

/** The parts that somebody with these permissions may open. */
export const permittedNav = (permissions: readonly Permission[]): AdminNavItem[] =>
  permittedGroups(permissions).flatMap(({ items }) => items);
