"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { sendJson } from "@/components/api-client";
import { findLinkedCode, sameCode } from "@/lib/referrals/referral-code";
import { channelOfLink } from "@/lib/referrals/share-channel";
import { INVITATION_KEY, storedCode, storeInvitation } from "./stored-invitation";

export type ReferralCaptureProps = {
  /** The code in the server's cookie; null without one. */
  code: string | null;
  /** Whether the server has checked that code. */
  isChecked: boolean;
  /** The page was opened with the signed-in customer's own link. */
  isOwnLink: boolean;
  /** Days for which an invitation is remembered. */
  attributionDays: number;
};

/** The codes of this page load that were sent: one that cannot be used is not sent again and again. */
const attempted = new Set<string>();

/**
 * Leaves the kept invitation alone in this page load. Call it once an order is placed: the server
 * takes the cookie away when the invitation was used, and the page of the order forgets the rest.
 */
export function leaveInvitation(): void {
  const code = storedCode(Number.POSITIVE_INFINITY);
  if (code) attempted.add(code);
}

/**
 * Keeps cookie and localStorage the same: copies the invitation from the cookie, restores the cookie
 * when it is gone, and renders the page anew when another tab opened an invitation. An invitation
 * that cannot be confirmed now stays where it is. Renders nothing.
 */
export function ReferralCapture({
  code,
  isChecked,
  isOwnLink,
  attributionDays,
}: ReferralCaptureProps) {
  const router = useRouter();

  useEffect(() => {
    const linked = isOwnLink ? null : findLinkedCode(location.search);
    const hasArrived = linked !== null && code !== null && sameCode(linked, code);
    if (code) storeInvitation(code, { anew: hasArrived });
    if (code && isChecked) return;
    // A page that the browser fetched ahead comes without the cookie of the link that led to it.
    const wanted = code ?? linked ?? storedCode(attributionDays);
    if (!wanted || attempted.has(wanted)) return;
    attempted.add(wanted);
    const arrived = linked !== null && sameCode(linked, wanted);
    const via = (arrived && channelOfLink(location.search)) || undefined;
    void sendJson<{ valid: boolean }>("/api/referrals/visit", {
      body: { code: wanted, arrived, via },
    }).then((answer) => {
      if (answer.ok && answer.data.valid) router.refresh();
    });
  }, [code, isChecked, isOwnLink, attributionDays, router]);

  useEffect(() => {
    // Fires for changes that other tabs make.
    const follow = ({ key, newValue }: StorageEvent) => {
      if (key === INVITATION_KEY && newValue !== null) router.refresh();
    };
    addEventListener("storage", follow);
    return () => removeEventListener("storage", follow);
  }, [router]);

  return null;
}
