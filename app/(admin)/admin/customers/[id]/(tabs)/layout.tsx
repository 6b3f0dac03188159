import type { ReactNode } from "react";
import { WaitingApprovals } from "@/components/admin/approvals/waiting-approvals";
import { CustomerHeader } from "@/components/admin/customers/customer-header";
import { TabNav } from "@/components/ui/nav-links";
import { customerPath, getCustomer } from "../customer";

export default async function CustomerLayout({
  params,
  children,
}: {
  params: Promise<{ id: string }>;
  children: ReactNode;
}) {
  const { id } = await params;
  const { details, session, admin, services } = await getCustomer(id);
  const path = customerPath(id);
  const waiting = admin.permissions.includes("orders:manage")
    ? await services.admin.approvals.listWaiting(id)
    : null;
  return (
    <>
      <CustomerHeader
        customer={details.customer}
        stats={details.stats}
        timeZone={session.time_zone}
        mayAttach={admin.permissions.includes("orders:manage")}
        mayErase={admin.permissions.includes("admins:manage")}
      />
      {waiting ? (
        <WaitingApprovals
          approvals={waiting.approvals}
          currency={waiting.currency}
          timeZone={session.time_zone}
          className="mt-6"
        />
      ) : null}
      <TabNav
        label={`About ${details.customer.name}`}
        className="my-6"
        items={[
          { href: `${path}/summary`, label: "At a glance" },
          { href: `${path}/referrals`, label: "Referrals", count: details.stats.total_referrals },
          { href: `${path}/rewards`, label: "Rewards", count: details.rewards_total },
          { href: `${path}/account`, label: "Account" },
          { href: `${path}/mails`, label: "Mails" },
          { href: `${path}/audit`, label: "Audit log" },
        ]}
      />
      {children}
    </>
  );
}
