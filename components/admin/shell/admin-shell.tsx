"use client";

import { Dialog } from "@base-ui/react/dialog";
import {
  ChartNoAxesColumn,
  KeyRound,
  Layers,
  ListChecks,
  Mail,
  Menu,
  Package,
  ReceiptText,
  Rocket,
  ScanSearch,
  ScrollText,
  ShieldUser,
  SlidersHorizontal,
  UserPlus,
  Users,
  Waypoints,
  X,
} from "lucide-react";
import { type ReactNode, useState } from "react";
import { SignOutButton } from "@/components/account/sign-in/sign-out-button";
import { FindAnything } from "@/components/admin/search/find-anything";
import { BrandLink, SkipLink } from "@/components/ui/brand";
import { LinkButton } from "@/components/ui/button";
import { buttonClasses } from "@/components/ui/button-classes";
import { cn } from "@/components/ui/cn";
import { CurrentLink } from "@/components/ui/current-link";
import type { Permission } from "@/lib/permissions";
import { type AdminNavIcon, type AdminNavItem, permittedGroups } from "./admin-nav";
import { PasswordGate } from "./password-gate";

export type AdminShellProps = {
  brandName: string;
  /** Who is signed in, and as what, e.g. `{ name: "Naledi Dube", role: "owner" }`. */
  user: { name: string; role: string };
  /** IANA name of the zone in which all times of the admin area are. It is named here, once. */
  timeZone: string;
  /** The permissions of the user. Parts that need another one are absent. */
  permissions: readonly Permission[];
  /** Numbers beside items of the menu, each a link to what it counts. */
  counts?: Partial<Record<AdminNavIcon, ReactNode>>;
  children: ReactNode;
};

const ICONS: Record<AdminNavIcon, typeof Users> = {
  overview: ChartNoAxesColumn,
  customers: Users,
  referrals: Waypoints,
  review: ScanSearch,
  orders: Package,
  claims: UserPlus,
  billing: ReceiptText,
  mailbox: Mail,
  program: SlidersHorizontal,
  launch: Rocket,
  approvals: ListChecks,
  bulk: Layers,
  team: ShieldUser,
  audit: ScrollText,
};

type NavListProps = {
  groups: readonly { label: string; items: readonly AdminNavItem[] }[];
  counts: AdminShellProps["counts"];
  onFollow?: () => void;
};

function NavList({ groups, counts, onFollow }: NavListProps) {
  return (
    <div className="flex flex-col gap-4">
      {groups.map(({ label, items }) => (
        <div key={label}>
          <p aria-hidden="true" className="px-3 pb-1 font-medium text-text-muted text-xs">
            {label}
          </p>
          <NavItems label={label} items={items} counts={counts} onFollow={onFollow} />
        </div>
      ))}
    </div>
  );
}

function NavItems({
  label,
  items,
  counts,
  onFollow,
}: Omit<NavListProps, "groups"> & { label: string; items: readonly AdminNavItem[] }) {
  return (
    <ul aria-label={label} className="flex flex-col gap-0.5">
      {items.map((item) => {
        const Icon = ICONS[item.icon];
        return (
          <li key={item.href} className="relative">
            <CurrentLink
              href={item.href}
              includeBelow={item.href !== "/admin"}
              onClick={onFollow}
              className={cn(
                "group flex h-10 items-center gap-3 rounded-control px-3 text-sm text-text-muted",
                "transition-colors duration-150 hover:bg-surface-sunken hover:text-text",
                "aria-[current=page]:bg-surface-sunken aria-[current=page]:font-medium",
                "aria-[current=page]:text-text",
              )}
            >
              <Icon
                aria-hidden="true"
                className="size-4 shrink-0 group-aria-[current=page]:text-accent-strong"
              />
              <span className="flex-1">{item.label}</span>
            </CurrentLink>
            {counts?.[item.icon] ? (
              <div className="absolute top-2 right-3">{counts[item.icon]}</div>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}

function SignedIn({ user, timeZone }: Pick<AdminShellProps, "user" | "timeZone">) {
  return (
    <div className="border-t px-3 pt-3 pb-4">
      <p className="truncate px-3 font-medium text-sm">{user.name}</p>
      <p className="truncate px-3 pb-2 text-text-muted text-xs first-letter:uppercase">
        {user.role}
      </p>
      <p className="wrap-anywhere px-3 pb-2 text-text-muted text-xs">Times are in {timeZone}</p>
      <LinkButton
        href="/security"
        variant="ghost"
        icon={<KeyRound aria-hidden="true" />}
        className="w-full justify-start px-3 font-normal text-text-muted"
      >
        Sign-in and password
      </LinkButton>
      <SignOutButton className="w-full justify-start px-3 font-normal text-text-muted" />
    </div>
  );
}

/** The frame of the admin area: a sidebar on wide screens, a drawer on narrow ones. */
export function AdminShell({
  brandName,
  user,
  timeZone,
  permissions,
  counts,
  children,
}: AdminShellProps) {
  const [drawerOpen, setDrawerOpen] = useState(false);
  const groups = permittedGroups(permissions);
  const canSearch = permissions.includes("customers:view");

  return (
    <div lang="en-ZA" className="min-h-dvh lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
      <SkipLink label="Skip to content" />
      <PasswordGate />
      <header
        className="sticky top-0 z-20 flex h-14 items-center gap-2 border-b bg-surface px-2 sm:px-4 lg:hidden"
        data-print="hidden"
      >
        <Dialog.Root open={drawerOpen} onOpenChange={setDrawerOpen}>
          <Dialog.Trigger
            aria-label="Open navigation"
            className={buttonClasses({ variant: "ghost", size: "icon" })}
          >
            <Menu aria-hidden="true" />
          </Dialog.Trigger>
          <Dialog.Portal>
            <Dialog.Backdrop
              className={cn(
                "fixed inset-0 z-40 bg-overlay transition-opacity duration-200",
                "data-ending-style:opacity-0 data-starting-style:opacity-0",
              )}
            />
            <Dialog.Popup
              className={cn(
                "fixed inset-y-0 left-0 z-50 flex w-72 max-w-[85vw] flex-col border-r bg-surface",
                "outline-none transition-[translate] duration-200 ease-out",
                "data-ending-style:-translate-x-full data-starting-style:-translate-x-full",
              )}
            >
              <div className="flex h-14 items-center justify-between gap-2 px-4">
                <Dialog.Title className="font-semibold">{brandName} admin</Dialog.Title>
                <Dialog.Close
                  aria-label="Close navigation"
                  className={buttonClasses({ variant: "ghost", size: "icon" })}
                >
                  <X aria-hidden="true" />
                </Dialog.Close>
              </div>
              <nav aria-label="Admin" className="flex-1 overflow-y-auto px-3 py-2">
                <NavList groups={groups} counts={counts} onFollow={() => setDrawerOpen(false)} />
              </nav>
              <SignedIn user={user} timeZone={timeZone} />
            </Dialog.Popup>
          </Dialog.Portal>
        </Dialog.Root>
        <BrandLink brandName={brandName} href="/admin" />
        {canSearch ? <FindAnything compact permissions={permissions} /> : null}
      </header>

      <aside
        className="sticky top-0 hidden h-dvh flex-col border-r bg-surface lg:flex"
        data-print="hidden"
      >
        <div className="flex h-16 items-center px-6">
          <BrandLink brandName={brandName} href="/admin" />
        </div>
        {canSearch ? (
          <div className="px-3 pb-2">
            <FindAnything permissions={permissions} />
          </div>
        ) : null}
        <nav aria-label="Admin" className="flex-1 overflow-y-auto px-3 py-2">
          <NavList groups={groups} counts={counts} />
        </nav>
        <SignedIn user={user} timeZone={timeZone} />
      </aside>

      <main
        id="content"
        tabIndex={-1}
        className="mx-auto w-full min-w-0 max-w-6xl px-4 py-6 outline-none sm:px-6 lg:px-8 lg:py-10"
      >
        {children}
      </main>
    </div>
  );
}
