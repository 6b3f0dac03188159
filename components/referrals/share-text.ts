import { linkVia, type ShareChannel } from "@/lib/referrals/share-channel";

/** The longest text that goes with a link, in characters: a message and no letter. */
export const LONGEST_SHARE_TEXT = 500;

export interface ShareTargets {
  whatsapp: string;
  email: string;
  sms: string;
}

/**
 * Addresses that open a message with the text and the link, ready to send to whomever one chooses.
 * The link says how it was sent.
 *
 * @param subject of the e-mail.
 */
export function shareTargets(text: string, link: string, subject: string): ShareTargets {
  const own = text.toWellFormed().trim();
  const body = (channel: ShareChannel) => {
    const sent = linkVia(link, channel);
    return encodeURIComponent(own === "" ? sent : `${own}\n${sent}`);
  };
  return {
    whatsapp: `https://wa.me/?text=${body("whatsapp")}`,
    email: `mailto:?subject=${encodeURIComponent(subject)}&body=${body("email")}`,
    // Both notations of the body are understood with this one.
    sms: `sms:?&body=${body("sms")}`,
  };
}
