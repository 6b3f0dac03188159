"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { postJson } from "@/components/account/request";
import { forgetInvitation, storedCode, storeInvitation } from "./stored-invitation";

export type ReferralCaptureProps = {
  /** The code in the server's cookie; null without one. */
  code: string | null;
  /** Days for which an invitation is remembered. */
  attributionDays: number;
};

/** One attempt per page load: a code that cannot be used now is not asked for again and again. */
let attempted = false;

/**
 * Mirrors the invitation of the cookie into localStorage, and brings it back from there when the
 * cookie is gone. Shows nothing.
 */
export function ReferralCapture({ code, attributionDays }: ReferralCaptureProps) {
  const router = useRouter();

  useEffect(() => {
    if (code) {
      storeInvitation(code);
      return;
    }
    const stored = storedCode(attributionDays);
    if (!stored || attempted) return;
    attempted = true;
    void postJson<{ valid: boolean }>("/api/referrals/visit", { code: stored }).then((answer) => {
      if (!answer.ok) return;
      if (answer.data.valid) router.refresh();
      else forgetInvitation();
    });
  }, [code, attributionDays, router]);

  return null;
}
