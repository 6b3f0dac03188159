import type { ReferralRow } from "@/components/admin/referrals/referral-row";
import { SecondChance } from "@/components/admin/referrals/second-chance";
import { refusalWords } from "@/components/admin/review/case-facts";
import { StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { CopyButton } from "@/components/ui/copy-button";
import { DescriptionList } from "@/components/ui/description-list";
import { DateText, Money } from "@/components/ui/text";
import type { CustomerRecord } from "@/lib/admin/customer-record-schemas";
import { lastDayBefore } from "@/lib/dates";
import { CustomerLink } from "../customer-link";
import { cycleText, monthReply } from "./replies";

/** How many friends are shown: a call is about the latest ones. */
const FRIENDS_SHOWN = 5;

type FriendsProps = {
  rows: readonly ReferralRow[];
  /** All referrals of the customer. */
  total: number;
  href: string;
  timeZone: string;
  mayManage: boolean;
};

/** "Did my friend's code count?", for each of the latest friends, with the reply to copy. */
export function FriendAnswers({ rows, total, href, timeZone, mayManage }: FriendsProps) {
  const shown = rows.slice(0, FRIENDS_SHOWN);
  return (
    <Card padding="flush" aria-labelledby="friends-title">
      <CardHeader
        divided
        title="“Did my friend's code count?”"
        titleId="friends-title"
        actions={total > shown.length ? <TextLink href={href}>{`All ${total}`}</TextLink> : null}
      />
      {shown.length === 0 ? (
        <p className="px-4 py-4 text-sm text-text-muted sm:px-6">
          Nobody has ordered with this customer's code. A friend who forgot it can have it attached
          on the friend's own page.
        </p>
      ) : (
        <ul className="divide-y divide-border">
          {shown.map((row) => (
            <li key={row.id} className="flex flex-col gap-2 px-4 py-4 text-sm sm:px-6">
              <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <CustomerLink customer={row.referred} />
                <StatusBadge kind="referral" status={row.status} />
                <span className="text-text-muted text-xs">
                  ordered <DateText value={row.referred_at} timeZone={timeZone} />
                </span>
              </p>
              <p className="wrap-anywhere">{row.reply}</p>
              <div className="flex flex-wrap items-center gap-2">
                <CopyButton size="sm" value={row.reply} label="Copy reply" />
                {mayManage ? <SecondChance row={row} timeZone={timeZone} /> : null}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

type MonthProps = { record: CustomerRecord; timeZone: string };

/** "When does my month land?", with the next invoice and the reply to copy. */
export function MonthAnswer({ record, timeZone }: MonthProps) {
  const { next_invoice: next, currency } = record;
  const reply = monthReply(record);
  const waiting = record.rewards.filter(({ status }) => status === "pending");
  return (
    <Card aria-labelledby="month-title">
      <CardHeader title="“When does my free month land?”" titleId="month-title" />
      <p className="wrap-anywhere text-sm">{reply}</p>
      <CopyButton size="sm" value={reply} label="Copy reply" className="mt-3" />
      <div className="mt-5 border-t pt-4">
        <DescriptionList
          items={[
            {
              label: "Next invoice",
              value: next ? cycleText(next) : "Nothing to charge",
            },
            ...(next
              ? [
                  {
                    label: "Charge",
                    value: <Money cents={next.charge_cents} currency={currency} />,
                  },
                  {
                    label: next.waived_as ?? "Free month",
                    value: <Money cents={-next.waived_cents} currency={currency} />,
                  },
                  {
                    label: "To pay",
                    value: <Money cents={next.amount_due_cents} currency={currency} />,
                  },
                ]
              : []),
            ...waiting.map((reward, index) => ({
              label: `Free month ${index + 1}`,
              value: (
                <>
                  {reward.source === "earned" ? "earned" : "given by hand"}, until{" "}
                  <DateText
                    value={lastDayBefore(reward.expires_at, timeZone)}
                    timeZone={timeZone}
                  />
                </>
              ),
            })),
          ]}
        />
      </div>
    </Card>
  );
}

/** How this customer came: who referred them and whether it counted, else which codes were refused. */
export function ArrivalAnswer({ record, timeZone }: MonthProps) {
  const { referred_by: referral, refused_codes: refused, customer } = record;
  const own = refused.filter((attempt) => attempt.customer?.id === customer.id);
  return (
    <Card aria-labelledby="arrival-title">
      <CardHeader title="Who referred this customer" titleId="arrival-title" />
      {referral ? (
        <div className="flex flex-col gap-2 text-sm">
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <CustomerLink customer={referral.referrer} />
            <StatusBadge kind="referral" status={referral.status} />
          </p>
          <p className="wrap-anywhere">{referral.reply}</p>
          <div>
            <CopyButton size="sm" value={referral.reply} label="Copy reply for the referrer" />
          </div>
        </div>
      ) : (
        <p className="text-sm text-text-muted">Nobody: no code was recorded with an order.</p>
      )}
      {own.length > 0 ? (
        <ul className="mt-4 flex flex-col gap-2 border-t pt-4 text-sm">
          {own.map((attempt) => (
            <li key={attempt.id}>
              <span className="font-mono">{attempt.referral_code}</span>
              <span> was not applied on </span>
              <DateText value={attempt.at} timeZone={timeZone} />
              <span>{`: ${refusalWords(attempt.reason)}`}</span>
            </li>
          ))}
        </ul>
      ) : null}
    </Card>
  );
}
