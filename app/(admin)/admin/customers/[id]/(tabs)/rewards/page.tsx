import type { Metadata } from "next";
import { GrantReward } from "@/components/admin/customers/rewards/grant-reward";
import { RewardTable } from "@/components/admin/customers/rewards/reward-table";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { Pagination } from "@/components/ui/pagination";
import { getPublicSite } from "@/lib/composition/public-site";
import { getEnv } from "@/lib/env";
import { formatCount } from "@/lib/words";
import { href, param, type SearchParams } from "../../../../list-query";
import { customerPath, getCustomer } from "../../customer";

const PAGE_SIZE = 25;

type Props = { params: Promise<{ id: string }>; searchParams: Promise<SearchParams> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { details } = await getCustomer((await params).id);
  return { title: `${details.customer.name}: rewards` };
}

export default async function CustomerRewardsPage({ params, searchParams }: Props) {
  const { id } = await params;
  const [{ details, session, admin }, { currency }, query] = await Promise.all([
    getCustomer(id),
    getPublicSite(),
    searchParams,
  ]);
  const { customer, rewards } = details;
  const mayManage = admin.permissions.includes("billing:manage_invoices");
  const canChange = mayManage && !customer.is_own_account;
  const isSwitchedOff = !(getEnv().ENABLE_REFERRAL_REWARDS && session.switches.rewards);
  const path = `${customerPath(id)}/rewards`;
  const pageNumber = Math.max(1, Number.parseInt(param(query, "page") ?? "1", 10) || 1);
  const shown = rewards.slice((pageNumber - 1) * PAGE_SIZE, pageNumber * PAGE_SIZE);

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
          rewards={shown}
          customer={{ id: customer.id, name: customer.name }}
          canRevoke={canChange}
          timeZone={session.time_zone}
          currency={currency}
        />
        <Pagination
          label="Rewards"
          shown={shown.length}
          total={rewards.length}
          nextHref={
            rewards.length > pageNumber * PAGE_SIZE
              ? href(path, { page: String(pageNumber + 1) })
              : null
          }
          firstHref={pageNumber > 1 ? path : null}
        />
      </Card>
    </>
  );
}
