import type { ClaimStatus } from "@/lib/admin/referral-schemas";

/** What the status of a claim is called. */
export const CLAIM_STATUS: Readonly<Record<ClaimStatus, string>> = {
  open: "Waits for the referrer",
  confirmed: "Confirmed by the referrer",
  declined: "Declined by the referrer",
  accepted: "Code attached",
  rejected: "Rejected",
};
