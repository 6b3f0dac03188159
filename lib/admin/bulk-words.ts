import type { BulkAct } from "./bulk-schemas";

/** What a bulk job does to each row. */
export const BULK_ACT_WORDS: Readonly<
  Record<BulkAct, { title: string; rows: string; done: string; wouldDo: string }>
> = {
  grant: {
    title: "Grant a free month",
    rows: "Customers: id, referral code or e-mail address",
    done: "Free month granted",
    wouldDo: "A free month can be granted",
  },
  revoke: {
    title: "Revoke a free month",
    rows: "Free months by their id, or customers with exactly one that waits: id, code or e-mail address",
    done: "Free month revoked",
    wouldDo: "The free month can be revoked",
  },
  cancel_order: {
    title: "Cancel an order",
    rows: "Orders by their number or id, or customers with exactly one open order",
    done: "Order cancelled",
    wouldDo: "The order can be cancelled",
  },
  extend_referral: {
    title: "Give a referral more time",
    rows: "Referrals by their id, or friends with a pending referral: id, code or e-mail address",
    done: "Referral extended",
    wouldDo: "The referral can be extended",
  },
  extend_reward: {
    title: "Give a free month more time",
    rows: "Free months by their id, or customers with exactly one that waits: id, code or e-mail address",
    done: "Free month extended",
    wouldDo: "The free month can be extended",
  },
};
