import { Badge, StatusBadge } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import { CopyButton } from "@/components/ui/copy-button";
import { PageHeader } from "@/components/ui/page-header";
import { StatCard, StatGrid } from "@/components/ui/stat-card";
import { DateText } from "@/components/ui/text";
import type { CustomerReferrals } from "@/lib/admin/customer-schemas";
import { formatCount } from "@/lib/words";
import { AttachCode } from "./attach-code";
import { CustomerLink } from "./customer-link";
import { EraseCustomer } from "./erase-customer";

export type CustomerHeaderProps = Pick<CustomerReferrals, "customer" | "stats"> & {
  timeZone: string;
  /** Whether the signed-in admin may erase customers. */
  mayErase: boolean;
  /** Whether the signed-in admin may attach a forgotten code. */
  mayAttach: boolean;
};

/** Who the customer is, their code, and their figures. */
export function CustomerHeader({
  customer,
  stats,
  timeZone,
  mayErase,
  mayAttach,
}: CustomerHeaderProps) {
  const { erased_at: erasedAt } = customer;
  const running = customer.services.filter((service) => service.status !== "cancelled");
  const shown = running.length > 0 ? running : customer.services.slice(-1);
  return (
    <>
      <PageHeader
        back={{ href: "/admin/customers", label: "Customers" }}
        title={customer.name}
        meta={
          <>
            {customer.is_own_account ? <Badge tone="info">Your own account</Badge> : null}
            {customer.erasure_asked_at ? (
              <Badge tone="warning">
                Asked for erasure on{" "}
                <DateText value={customer.erasure_asked_at} timeZone={timeZone} />
              </Badge>
            ) : null}
          </>
        }
        description={
          <div className="flex flex-col gap-2 text-sm">
            <p className="flex flex-wrap gap-x-4 gap-y-1">
              {erasedAt ? (
                <span>
                  Personal details erased on <DateText value={erasedAt} timeZone={timeZone} />
                </span>
              ) : (
                <span className="wrap-anywhere">{customer.email}</span>
              )}
              {customer.phone ? <span className="whitespace-nowrap">{customer.phone}</span> : null}
              <span>
                Customer since <DateText value={customer.created_at} timeZone={timeZone} />
              </span>
            </p>
            {shown.length > 0 ? (
              <ul className="flex flex-wrap gap-x-4 gap-y-2">
                {shown.map((service) => (
                  <li key={service.id} className="flex items-center gap-2">
                    {service.package_name}
                    <StatusBadge kind="service" status={service.status} />
                  </li>
                ))}
              </ul>
            ) : (
              <p>No service</p>
            )}
            {customer.referred_by ? (
              <p>
                <span>Referred by </span>
                <CustomerLink customer={customer.referred_by} />
              </p>
            ) : null}
          </div>
        }
        actions={
          <>
            <div className="flex items-center gap-2 rounded-control border px-3 py-1 has-[button]:pr-1">
              <span className="sr-only">Referral code</span>
              <span
                className={cn(
                  "font-mono font-semibold",
                  erasedAt && "py-2 text-text-muted line-through",
                )}
              >
                {customer.referral_code}
              </span>
              {erasedAt ? null : (
                <CopyButton
                  iconOnly
                  variant="ghost"
                  size="icon"
                  value={customer.referral_code}
                  label="Copy referral code"
                />
              )}
            </div>
            {mayAttach && customer.can_attach && !erasedAt && !customer.is_own_account ? (
              <AttachCode customerId={customer.id} customerName={customer.name} />
            ) : null}
            {mayErase && !erasedAt && !customer.is_own_account ? (
              <EraseCustomer
                customerId={customer.id}
                customerName={customer.name}
                referralCode={customer.referral_code}
                documentsKept={customer.documents_kept}
              />
            ) : null}
          </>
        }
      />
      <StatGrid>
        <StatCard label="Referrals" value={formatCount(stats.total_referrals)} />
        <StatCard label="Active or qualified" value={formatCount(stats.active_referrals)} />
        <StatCard
          label="Rewards earned"
          value={formatCount(stats.rewards_earned)}
          hint={
            stats.rewards_pending > 0
              ? `${formatCount(stats.rewards_pending)} waiting to be used`
              : null
          }
        />
        <StatCard label="Rewards applied" value={formatCount(stats.rewards_applied)} />
      </StatGrid>
    </>
  );
}
