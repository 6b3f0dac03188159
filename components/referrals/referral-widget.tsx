"use client";

import type { ApiError } from "@/components/api-client";
import { Badge } from "@/components/ui/badge";
import { Button, TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Motion } from "@/components/ui/motion";
import { Notice } from "@/components/ui/notice";
import { useTexts } from "@/components/ui/texts";
import type { ReferralWidgetData } from "@/lib/account/schemas";
import { dateTimeIn } from "@/lib/language/dates";
import { FriendList } from "./friend-list";
import { ProgressPanel } from "./progress-panel";
import { ReferralSteps } from "./referral-steps";
import { RewardBalance } from "./reward-balance";
import { type ReferralObstacle, SharePanel } from "./share-panel";
import { useWidget } from "./use-widget";

export type ReferralWidgetProps = {
  /** The data of the server's page. */
  initial: ReferralWidgetData;
  /** Why friends cannot use the code now; null when they can. */
  obstacle: ReferralObstacle | null;
};

type RefreshNoticeProps = {
  error: ApiError;
  data: ReferralWidgetData;
  onRetry: () => unknown;
};

function RefreshNotice({ error, data, onRetry }: RefreshNoticeProps) {
  const t = useTexts("friends");
  const ui = useTexts("ui");
  if (error.status === 401) {
    return (
      <Notice tone="warning" role="status" title={t("signedOut")}>
        {t.rich("signInAgain", {
          signIn: (text) => <TextLink href="/sign-in?next=/dashboard">{text}</TextLink>,
        })}
      </Notice>
    );
  }
  return (
    <Notice
      tone="warning"
      role="status"
      title={t("notRefreshed")}
      action={
        <Button size="sm" onClick={onRetry}>
          {ui("tryAgain")}
        </Button>
      }
    >
      {t("asOf", { date: dateTimeIn(t, data.as_of, data.time_zone) })}
    </Notice>
  );
}

/** Code, link, progress, friends and free months. It refreshes itself. */
export function ReferralWidget({ initial, obstacle }: ReferralWidgetProps) {
  const t = useTexts("friends");
  const { data, error, refresh } = useWidget(initial);
  const { stats, progress, enabled } = data;
  const isFirstVisit = stats.total === 0;
  const hasRewards = data.pending_rewards.length > 0 || data.applied_rewards.length > 0;
  const steps = {
    referralsRequired: data.referrals_required,
    qualifyingDays: data.qualifying_days,
    paidInvoicesRequired: data.paid_invoices_required,
    rewardExpiryMonths: data.reward_expiry_months,
  };

  return (
    <Motion>
      <Card
        id="referrals"
        padding="flush"
        aria-labelledby="referrals-title"
        className="scroll-mt-6"
      >
        <CardHeader
          divided
          titleId="referrals-title"
          title={t(isFirstVisit ? "firstTitle" : "title")}
          description={t("text", {
            friends: data.referrals_required,
            words: t.inWords(data.referrals_required),
          })}
          actions={enabled ? null : <Badge tone="warning">{t("paused")}</Badge>}
        />
        {error ? (
          <div className="border-b px-4 py-4 sm:px-6">
            <RefreshNotice error={error} data={data} onRetry={refresh} />
          </div>
        ) : null}

        <div className="grid lg:grid-cols-[minmax(0,1.5fr)_minmax(0,1fr)] lg:divide-x lg:divide-border">
          <div className="p-4 sm:p-6">
            {enabled ? (
              <SharePanel
                code={data.referral_code}
                link={data.referral_link}
                brandName={data.brand_name}
                obstacle={obstacle}
              />
            ) : (
              <Notice tone="warning" title={t("programmePaused")}>
                {t.rich("programmePausedText", {
                  code: () => (
                    <span className="whitespace-nowrap font-mono">{data.referral_code}</span>
                  ),
                })}
              </Notice>
            )}
          </div>
          <div className="flex flex-col justify-center border-t p-4 sm:p-6 lg:border-t-0">
            <ProgressPanel progress={progress} month={data.month} code={data.referral_code} />
          </div>
        </div>

        {isFirstVisit ? null : (
          <section aria-labelledby="friends-title" className="border-t">
            <h3
              id="friends-title"
              className="flex items-baseline gap-2 px-4 pt-5 pb-1 font-medium text-sm sm:px-6"
            >
              {t.rich("heading", {
                total: () => <span className="font-normal text-text-muted">{stats.total}</span>,
              })}
            </h3>
            <FriendList
              friends={data.friends}
              total={stats.total}
              asOf={data.as_of}
              timeZone={data.time_zone}
            />
          </section>
        )}

        {isFirstVisit && !hasRewards ? (
          <section aria-labelledby="steps-title" className="border-t p-4 sm:p-6">
            <h3 id="steps-title" className="mb-4 font-medium text-sm">
              {t("howItWorks")}
            </h3>
            <ReferralSteps {...steps} layout="columns" />
          </section>
        ) : (
          <div className="grid border-t lg:grid-cols-2 lg:divide-x lg:divide-border">
            <section aria-labelledby="rewards-title" className="p-4 sm:p-6">
              <h3 id="rewards-title" className="mb-4 font-medium text-sm">
                {t("freeMonths")}
              </h3>
              <RewardBalance
                pending={data.pending_rewards}
                applied={data.applied_rewards}
                currency={data.currency}
                asOf={data.as_of}
                timeZone={data.time_zone}
              />
            </section>
            <section aria-labelledby="steps-title" className="border-t p-4 sm:p-6 lg:border-t-0">
              <h3 id="steps-title" className="mb-4 font-medium text-sm">
                {t("howItWorks")}
              </h3>
              <ReferralSteps {...steps} layout="rows" />
            </section>
          </div>
        )}
      </Card>
    </Motion>
  );
}
