import { linkVia, type ShareChannel } from "@/lib/referrals/share-channel";

/** The longest text that goes with a link, in characters: a message and no letter. */
export const LONGEST_SHARE_TEXT = 500;

/**
 * The text that goes with a customer's link until they write their own. It promises the friend
 * nothing, because only the customer is told what referring earns.
 */
export const suggestedText = (brandName: string): string =>
  `Hi! I get my internet at home from ${brandName}, and I thought of you. If you would like it too, you can order with my link:`;

export interface ShareTargets {
  whatsapp: string;
  email: string;
  sms: string;
}

/**
 * Addresses that open a message with the text and the link, ready to send to whomever one chooses.
 * The link says how it was sent.
 */
export function shareTargets(text: string, link: string, brandName: string): ShareTargets {
  const own = text.toWellFormed().trim();
  const body = (channel: ShareChannel) => {
    const sent = linkVia(link, channel);
    return encodeURIComponent(own === "" ? sent : `${own}\n${sent}`);
  };
  return {
    whatsapp: `https://wa.me/?text=${body("whatsapp")}`,
    email: `mailto:?subject=${encodeURIComponent(`Internet from ${brandName}`)}&body=${body("email")}`,
    // Both notations of the body are understood with this one.
    sms: `sms:?&body=${body("sms")}`,
  };
}
