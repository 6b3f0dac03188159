"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { sendJson } from "@/components/api-client";
import { forgetInvitation, storedCode, storeInvitation } from "./stored-invitation";

export type ReferralCaptureProps = {
  /** The code in the server's cookie; null without one. */
  code: string | null;
  /** Days for which an invitation is remembered. */
  attributionDays: number;
};

/** At most one attempt per page load, so a code that cannot be used is not sent again and again. */
let attempted = false;

/**
 * Copies the invitation from the cookie into localStorage, and restores the cookie from there when
 * it is gone. Renders nothing.
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
    void sendJson<{ valid: boolean }>("/api/referrals/visit", { body: { code: stored } }).then(
      (answer) => {
        if (!answer.ok) return;
        if (answer.data.valid) router.refresh();
        else forgetInvitation();
      },
    );
  }, [code, attributionDays, router]);

  return null;
}
