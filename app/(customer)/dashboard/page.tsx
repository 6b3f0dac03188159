import type { Metadata } from "next";
import { MailProblemNotice } from "@/components/account/dashboard/mail-problem-notice";
import { NextInvoiceCard } from "@/components/account/dashboard/next-invoice-card";
import { OverdueNotice } from "@/components/account/dashboard/overdue-notice";
import { RecentInvoices } from "@/components/account/dashboard/recent-invoices";
import { ServiceCard } from "@/components/account/dashboard/service-card";
import { SurveyCard } from "@/components/account/survey/survey-card";
import { ClaimCard, ClaimsToAnswer, OwnClaimNotice } from "@/components/referrals/claim-cards";
import { GainedLine } from "@/components/referrals/gained-line";
import { ReferralWidget } from "@/components/referrals/referral-widget";
import { PageHeader } from "@/components/ui/page-header";
import type { Dashboard } from "@/lib/account/schemas";
import { pageTexts } from "@/lib/composition/page-language";
import { requireCustomerPage } from "@/lib/composition/page-session";
import { localDate } from "@/lib/dates";
import { claimCode } from "../actions";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await pageTexts("account"))("title") };
}

/** With one service on the next invoice its first day says how much of the month is charged. */
function activeSinceOf({ services, widget }: Dashboard): string | null {
  const from = widget.next_invoice?.period_start;
  if (!from) return null;
  const dayOf = (instant: string) => localDate(new Date(instant), widget.time_zone);
  const [only, ...others] = services.filter((service) => {
    const endedAt = service.suspended_at ?? service.cancelled_at;
    const hasLastCharge = service.status === "cancelled" && endedAt && dayOf(endedAt) > from;
    return service.status === "active" || hasLastCharge;
  });
  if (only?.status !== "active" || !only.activated_at || others.length > 0) return null;
  return dayOf(only.activated_at);
}

export default async function DashboardPage() {
  const [t, statement] = await Promise.all([pageTexts("account"), pageTexts("statement")]);
  const page = await requireCustomerPage("/dashboard");
  const dashboard = await page.services.account.getDashboard();
  const { customer, services, invoices, widget, support_email: supportEmail } = dashboard;
  const today = widget.as_of;

  return (
    <>
      <PageHeader
        title={t("hello", { name: customer.first_name })}
        description={<GainedLine initial={widget} />}
      />
      {dashboard.mail_problem ? (
        <div className="mb-4 sm:mb-6">
          <MailProblemNotice
            problem={dashboard.mail_problem}
            email={customer.email}
            supportEmail={supportEmail}
            t={t}
          />
        </div>
      ) : null}
      {dashboard.account.overdue_cents > 0 ? (
        <div className="mb-4 sm:mb-6">
          <OverdueNotice account={dashboard.account} t={t} statement={statement} />
        </div>
      ) : null}
      <div className="grid gap-4 sm:gap-6 lg:grid-cols-2">
        <ServiceCard
          services={services}
          currency={widget.currency}
          timeZone={widget.time_zone}
          supportEmail={supportEmail}
          t={t}
        />
        <NextInvoiceCard
          initial={widget}
          hasPendingOrder={services.some((service) => service.status === "pending")}
          activeSince={activeSinceOf(dashboard)}
        />
        {dashboard.survey ? (
          <div className="min-w-0 lg:col-span-2">
            <SurveyCard survey={dashboard.survey} t={t} />
          </div>
        ) : null}
        {dashboard.claims.length > 0 ? (
          <div className="min-w-0 lg:col-span-2">
            <ClaimsToAnswer claims={dashboard.claims} />
          </div>
        ) : null}
        <div className="min-w-0 lg:col-span-2">
          <ReferralWidget initial={widget} obstacle={dashboard.referral_obstacle} />
        </div>
        {dashboard.own_claim ? (
          <div className="min-w-0 lg:col-span-2">
            <OwnClaimNotice claim={dashboard.own_claim} />
          </div>
        ) : null}
        {dashboard.can_claim ? (
          <div className="min-w-0 lg:col-span-2">
            <ClaimCard action={claimCode} />
          </div>
        ) : null}
        <div className="min-w-0 lg:col-span-2">
          <RecentInvoices
            invoices={invoices}
            timeZone={widget.time_zone}
            now={today}
            t={t}
            statement={statement}
          />
        </div>
      </div>
    </>
  );
}
