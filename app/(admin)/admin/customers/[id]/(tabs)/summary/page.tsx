import type { Metadata } from "next";
import { RecordPayment } from "@/components/admin/billing/payments/record-payment";
import { GrantReward } from "@/components/admin/customers/rewards/grant-reward";
import {
  ArrivalAnswer,
  FriendAnswers,
  MonthAnswer,
} from "@/components/admin/customers/summary/answers";
import { ServiceList } from "@/components/admin/customers/summary/service-list";
import { timelineOf } from "@/components/admin/customers/summary/timeline";
import { TimelineList } from "@/components/admin/customers/summary/timeline-list";
import { toReferralRow } from "@/components/admin/referrals/referral-row";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Money } from "@/components/ui/text";
import { systemClock } from "@/lib/clock";
import { getPublicSite } from "@/lib/composition/public-site";
import { localDate } from "@/lib/dates";
import { customerPath, getCustomer } from "../../customer";

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { details } = await getCustomer((await params).id);
  return { title: details.customer.name };
}

export default async function CustomerSummaryPage({ params }: Props) {
  const { id } = await params;
  const { details, session, admin, services } = await getCustomer(id);
  const [record, account, { currency, packages }] = await Promise.all([
    services.admin.records.getCustomer(id),
    services.admin.billing.getAccount(id, {}),
    getPublicSite(),
  ]);
  const { customer } = details;
  const { time_zone: timeZone } = session;
  const path = customerPath(id);
  const mayChange = !customer.is_own_account && !customer.erased_at;
  const mayManage = mayChange && admin.permissions.includes("orders:manage");
  const mayBill = mayChange && admin.permissions.includes("billing:manage_invoices");

  return (
    <div className="grid items-start gap-4 sm:gap-6 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-4 sm:gap-6">
        <FriendAnswers
          rows={record.referrals.map(toReferralRow)}
          total={record.stats.total_referrals}
          href={`${path}/referrals`}
          timeZone={timeZone}
          mayManage={mayManage}
        />
        <MonthAnswer record={record} timeZone={timeZone} />
      </div>
      <div className="flex min-w-0 flex-col gap-4 sm:gap-6">
        <ArrivalAnswer record={record} timeZone={timeZone} />
        <Card aria-labelledby="balance-title">
          <CardHeader
            title="Account"
            titleId="balance-title"
            actions={<TextLink href={`${path}/account`}>All entries</TextLink>}
          />
          <p className="text-sm">
            {record.balance_cents < 0 ? "In credit: " : "Owed to us: "}
            <Money
              cents={Math.abs(record.balance_cents)}
              currency={record.currency}
              className="font-semibold"
            />
            {record.overdue_cents > 0 ? (
              <span className="text-negative">
                {", of it overdue "}
                <Money cents={record.overdue_cents} currency={record.currency} />
              </span>
            ) : null}
          </p>
          {mayBill ? (
            <div className="mt-4 flex flex-wrap gap-2">
              {session.switches.rewards ? (
                <GrantReward customerId={id} customerName={customer.name} timeZone={timeZone} />
              ) : null}
              {account.open_invoices.length > 0 ? (
                <RecordPayment
                  invoices={account.open_invoices}
                  account={account}
                  today={localDate(systemClock(), timeZone)}
                />
              ) : null}
            </div>
          ) : null}
        </Card>
        <ServiceList
          orders={record.orders}
          customerName={customer.name}
          packages={packages}
          currency={currency}
          timeZone={timeZone}
          mayManage={mayManage}
        />
      </div>
      <div className="min-w-0 lg:col-span-2">
        <Card padding="flush" aria-labelledby="timeline-title">
          <CardHeader divided title="What happened" titleId="timeline-title" />
          <TimelineList events={timelineOf(record, path, timeZone)} timeZone={timeZone} />
        </Card>
      </div>
    </div>
  );
}
