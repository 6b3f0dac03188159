import type { Metadata } from "next";
import { GrantReward } from "@/components/admin/customers/rewards/grant-reward";
import { RewardTable } from "@/components/admin/customers/rewards/reward-table";
import { customerLists } from "@/components/admin/lists/definitions";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { Pagination } from "@/components/ui/pagination";
import { getPublicSite } from "@/lib/composition/public-site";
import { getEnv } from "@/lib/env";
import { formatCount } from "@/lib/words";
import type { SearchParams } from "../../../../list-query";
import { linksOf, readList } from "../../../../list-state";
import { customerPath, getCustomer } from "../../customer";

type Props = { params: Promise<{ id: string }>; searchParams: Promise<SearchParams> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { details } = await getCustomer((await params).id);
  return { title: `${details.customer.name}: rewards` };
}

export default async function CustomerRewardsPage({ params, searchParams }: Props) {
  const { id } = await params;
  const { details, session, admin, services } = await getCustomer(id);
  const list = readList(customerLists(customerPath(id)).rewards, await searchParams);
  const [page, { currency }] = await Promise.all([
    services.admin.records.readSection(id, "rewards", list.page),
    getPublicSite(),
  ]);
  const { customer } = details;
  const mayManage = admin.permissions.includes("billing:manage_invoices");
  const canChange = mayManage && !customer.is_own_account;
  const isSwitchedOff = !(getEnv().ENABLE_REFERRAL_REWARDS && session.switches.rewards);

  return (
    <>
      {mayManage && customer.is_own_account ? (
        <Notice title="This is your own customer account" className="mb-4">
          Ask a colleague to grant or revoke a free month here.
        </Notice>
      ) : null}
      {canChange && isSwitchedOff ? (
        <Notice tone="warning" title="Rewards are switched off" className="mb-4">
          Free months can be neither granted nor used at the moment. Revoking is still possible.
        </Notice>
      ) : null}
      <Card padding="flush" aria-labelledby="rewards-title">
        <CardHeader
          divided
          title="Free months"
          titleId="rewards-title"
          description={
            details.stats.rewards_pending > 0
              ? `${formatCount(details.stats.rewards_pending)} waiting for an invoice.`
              : "None waiting for an invoice."
          }
          actions={
            canChange && !isSwitchedOff && !customer.erased_at ? (
              <GrantReward
                customerId={customer.id}
                customerName={customer.name}
                timeZone={session.time_zone}
              />
            ) : null
          }
        />
        <RewardTable
          rewards={page.rows}
          customer={{ id: customer.id, name: customer.name }}
          canRevoke={canChange}
          timeZone={session.time_zone}
          currency={currency}
        />
        <Pagination {...linksOf(list, page)} shown={page.rows.length} total={page.total} />
      </Card>
    </>
  );
}
