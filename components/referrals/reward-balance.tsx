"use client";

import { AnimatePresence, m } from "framer-motion";
import { Gift, ReceiptText } from "lucide-react";
import type { ReactNode } from "react";
import { TextLink } from "@/components/ui/button";
import { DateText, Money } from "@/components/ui/text";
import { useTexts } from "@/components/ui/texts";
import type { ReferralWidgetData } from "@/lib/account/schemas";
import { DAY_MS, lastDayBefore } from "@/lib/dates";
import { relativeDaysIn } from "@/lib/language/dates";
import type { AppliedReward } from "@/lib/rewards/schemas";

export type RewardBalanceProps = {
  pending: ReferralWidgetData["pending_rewards"];
  applied: readonly AppliedReward[];
  currency: string;
  /** The instant of the data, ISO 8601. */
  asOf: string;
  /** IANA zone in which dates are shown. */
  timeZone: string;
};

/** A free month that expires within this time also shows how soon. */
const SOON_MS = 30 * DAY_MS;

function Row({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <m.li
      initial={{ opacity: 0, y: -8 }}
      animate={{ opacity: 1, y: 0 }}
      exit={{ opacity: 0 }}
      className="flex gap-3 text-sm [&>svg]:mt-0.5 [&>svg]:size-4 [&>svg]:shrink-0"
    >
      {icon}
      <div className="min-w-0">{children}</div>
    </m.li>
  );
}

/** Free months that wait, with their expiry dates, and the invoices that used the others. */
export function RewardBalance(props: RewardBalanceProps) {
  const { pending, applied, currency, asOf, timeZone } = props;
  const t = useTexts("friends");
  const now = new Date(asOf);
  const lastDay = ({ expires_at }: { expires_at: string }) => lastDayBefore(expires_at, timeZone);

  if (pending.length === 0 && applied.length === 0) {
    return <p className="text-sm text-text-muted">{t("rewards.none")}</p>;
  }
  return (
    <ul className="flex flex-col gap-4">
      <AnimatePresence initial={false}>
        {pending.map((reward) => (
          <Row key={reward.id} icon={<Gift aria-hidden="true" className="text-accent-strong" />}>
            <p className="font-medium">{t("rewards.one")}</p>
            <p className="mt-0.5">{reward.explanation.text}</p>
            {reward.explanation.remedy ? (
              <p className="mt-0.5 text-text-muted">{reward.explanation.remedy}</p>
            ) : null}
            <p className="mt-0.5 text-text-muted">
              {t.rich(reward.source === "manual" ? "rewards.given" : "rewards.earned", {
                date: () => <DateText texts={t} value={reward.created_at} timeZone={timeZone} />,
                until: () => <DateText texts={t} value={lastDay(reward)} timeZone={timeZone} />,
                soon: Date.parse(reward.expires_at) - now.getTime() <= SOON_MS ? "yes" : "no",
                inDays: relativeDaysIn(t, lastDay(reward), now, timeZone),
              })}
            </p>
          </Row>
        ))}
        {applied.map((reward) => (
          <Row
            key={reward.id}
            icon={<ReceiptText aria-hidden="true" className="text-text-muted" />}
          >
            <p>
              {t.rich("rewards.used", {
                invoice: () => (
                  <TextLink href={`/invoices/${encodeURIComponent(reward.invoice_number)}`}>
                    {reward.invoice_number}
                  </TextLink>
                ),
                amount: () => <Money cents={reward.amount_waived_cents} currency={currency} />,
              })}
            </p>
            <p className="mt-0.5 text-text-muted">
              <DateText texts={t} value={reward.applied_at} timeZone={timeZone} />
            </p>
          </Row>
        ))}
      </AnimatePresence>
    </ul>
  );
}
