"use client";

import { useEffect } from "react";
import { forgetInvitation } from "@/components/public/invitation/stored-invitation";
import { forgetDraft } from "./order-draft";
import { renewOrderKey } from "./order-key";

/**
 * Forgets what the browser kept for the order that is now placed. An invitation that was not used
 * stays. Renders nothing.
 */
export function OrderPlaced({ isInvitationUsed }: { isInvitationUsed: boolean }) {
  useEffect(() => {
    forgetDraft();
    renewOrderKey();
    if (isInvitationUsed) forgetInvitation();
  }, [isInvitationUsed]);
  return null;
}
