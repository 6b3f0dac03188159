"use client";

import { useSyncExternalStore } from "react";
import { INVITER_SEES } from "@/lib/referrals/visibility";
import { countInWords, countOf } from "@/lib/words";
import { rememberedFriend } from "./friend-name";

export type FriendNoticeProps = {
  /** What the order earns the friend; null where that is told to customers only. */
  earns: { referralsRequired: number; qualifyingDays: number } | null;
};

const subscribe = () => () => {};

/** What the order means for the friend who invited the customer. */
export function FriendNotice({ earns }: FriendNoticeProps) {
  const name =
    useSyncExternalStore(subscribe, rememberedFriend, () => null) ?? "the friend who invited you";
  const friend = <bdi className="wrap-anywhere">{name}</bdi>;
  if (earns === null) {
    return (
      <>
        Your order is linked to {friend}, who sees {INVITER_SEES}. Your price is the same.
      </>
    );
  }
  const days = countOf(earns.qualifyingDays, "day");
  const friends = countInWords(earns.referralsRequired, "friend");
  return (
    <>
      Your order counts for {friend} once your service has been active for {days} in a row.{" "}
      {earns.referralsRequired === 1
        ? "That earns a free month of internet."
        : `Every ${friends} who count earn a free month of internet.`}
    </>
  );
}
