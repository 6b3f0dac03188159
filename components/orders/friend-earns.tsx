"use client";

import { useSyncExternalStore } from "react";
import { counted } from "@/components/public/types";
import { rememberedFriend } from "./friend-name";

export type FriendEarnsProps = { referralsRequired: number; qualifyingDays: number };

const subscribe = () => () => {};

/** What the friend who invited earns from this order. */
export function FriendEarns({ referralsRequired, qualifyingDays }: FriendEarnsProps) {
  const name =
    useSyncExternalStore(subscribe, rememberedFriend, () => null) ?? "the friend who invited you";
  const days = `${qualifyingDays} ${qualifyingDays === 1 ? "day" : "days"}`;
  const friends = counted(referralsRequired, "friend", "friends");
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
