import type { Texts } from "@/lib/language/translator";

export type FriendNoticeProps = {
  /** First name of the friend who invited the customer, as it is shown. */
  inviter: string | null;
  /** What the order earns the friend; null where that is told to customers only. */
  earns: { referralsRequired: number; qualifyingDays: number } | null;
  t: Texts<"ordered">;
  connecting: Texts<"connecting">;
};

/** What the order means for the friend who invited the customer. */
export function FriendNotice({ inviter, earns, t, connecting }: FriendNoticeProps) {
  const name = () => <bdi className="wrap-anywhere">{inviter || t("placed.someFriend")}</bdi>;
  return (
    <span>
      {earns === null
        ? t.rich("placed.linked", { name, sees: connecting("inviterSees") })
        : t.rich("placed.counts", {
            name,
            days: earns.qualifyingDays,
            friends: earns.referralsRequired,
            words: t.inWords(earns.referralsRequired),
          })}
    </span>
  );
}
