import { INVITER_SEES } from "@/lib/referrals/visibility";
import { countInWords, countOf } from "@/lib/words";

export type FriendNoticeProps = {
  /** First name of the friend who invited the customer, as it is shown. */
  inviter: string | null;
  /** What the order earns the friend; null where that is told to customers only. */
  earns: { referralsRequired: number; qualifyingDays: number } | null;
};

/** What the order means for the friend who invited the customer. */
export function FriendNotice({ inviter, earns }: FriendNoticeProps) {
  const friend = <bdi className="wrap-anywhere">{inviter || "the friend who invited you"}</bdi>;
  if (earns === null) {
    return (
      <span>
        Your order is linked to {friend}, who sees {INVITER_SEES}. Your price is the same.
      </span>
    );
  }
  const days = countOf(earns.qualifyingDays, "day");
  const friends = countInWords(earns.referralsRequired, "friend");
  return (
    <span>
      Your order counts for {friend} once your service has been active for {days} in a row.{" "}
      {earns.referralsRequired === 1
        ? "That earns a free month of internet."
        : `Every ${friends} who count earn a free month of internet.`}
    </span>
  );
}
