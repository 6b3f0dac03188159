import type { Metadata } from "next";
import { NextInvoiceCard } from "@/components/dashboard/next-invoice-card";
import { RecentInvoices } from "@/components/dashboard/recent-invoices";
import { ServiceCard } from "@/components/dashboard/service-card";
import { ReferralWidget } from "@/components/referrals/referral-widget";
import { PageHeader } from "@/components/ui/page-header";
import { requireCustomerPage } from "@/lib/access/page-session";
import { systemClock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import { ReferralService } from "@/lib/rewards/referral-service";

export const metadata: Metadata = { title: "Dashboard" };

export default async function DashboardPage() {
  const { client } = await requireCustomerPage("/dashboard");
  const env = getEnv();
  const dashboard = await new ReferralService({
    client,
    clock: systemClock,
    siteUrl: env.SITE_URL,
    rewardsEnabled: env.ENABLE_REFERRAL_REWARDS,
  }).getDashboard();
  const { customer, services, invoices, widget, support_email: supportEmail } = dashboard;
  const today = widget.as_of;

  return (
    <>
      <PageHeader title={`Hello, ${customer.first_name}`} />
      <div className="grid gap-4 sm:gap-6 lg:grid-cols-2">
        <ServiceCard
          services={services}
          currency={widget.currency}
          timeZone={widget.time_zone}
          supportEmail={supportEmail}
        />
        <NextInvoiceCard
          initial={widget}
          hasPendingOrder={services.some((service) => service.status === "pending")}
        />
        <div className="min-w-0 lg:col-span-2">
          <ReferralWidget
            initial={widget}
            canRefer={services.some((service) => service.status === "active")}
          />
        </div>
        <div className="min-w-0 lg:col-span-2">
          <RecentInvoices invoices={invoices} timeZone={widget.time_zone} now={today} />
        </div>
      </div>
    </>
  );
}
