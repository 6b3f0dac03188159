import type { BulkAct } from "@/lib/admin/bulk-schemas";

/** What the days of the filter are about, and whether it restricts to a package. */
export const BULK_FILTERS: Readonly<
  Record<BulkAct, { description: string; days: string; hasPackage: boolean }>
> = {
  grant: {
    description: "Customers with an active service.",
    days: "Service active since",
    hasPackage: true,
  },
  revoke: {
    description: "Free months that were granted by hand and wait.",
    days: "Granted",
    hasPackage: false,
  },
  cancel_order: {
    description: "Orders that wait for their service.",
    days: "Ordered",
    hasPackage: true,
  },
  extend_referral: {
    description: "Referrals that wait for their service.",
    days: "Open until",
    hasPackage: false,
  },
  extend_reward: {
    description: "Free months that wait.",
    days: "Valid until",
    hasPackage: false,
  },
};
