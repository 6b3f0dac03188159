"use client";

import { useSyncExternalStore } from "react";
import { countInWords, countOf } from "@/lib/words";
import { rememberedFriend } from "./friend-name";

export type FriendEarnsProps = { referralsRequired: number; qualifyingDays: number };

const subscribe = () => () => {};

/** What the friend who invited the customer earns from this order. */
export function FriendEarns({ referralsRequired, qualifyingDays }: FriendEarnsProps) {
  const name =
    useSyncExternalStore(subscribe, rememberedFriend, () => null) ?? "the friend who invited you";
  const days = countOf(qualifyingDays, "day");
  const friends = countInWords(referralsRequired, "friend");
  return (
    <>
      Your order counts for <span className="wrap-anywhere">{name}</span> once your service has been
      active for {days} in a row.{" "}
      {referralsRequired === 1
        ? "That earns a free month of internet."
        : `Every ${friends} who count earn a free month of internet.`}
    </>
  );
}
