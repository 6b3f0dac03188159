/** Ways to send a link that says itself how it was sent: `?ref=CODE&via=whatsapp`. */
const SHARE_CHANNELS = ["whatsapp", "email", "sms", "share", "qr"] as const;
export type ShareChannel = (typeof SHARE_CHANNELS)[number];

const VIA = /(?:[?&;]|^)via=([a-z]{1,20})/gi;

/** How a link was sent, from its query; null for a plain link and for anything else than a known way. */
export function channelOfLink(search: string): ShareChannel | null {
  const named = Array.from(search.slice(0, 4_000).matchAll(VIA), ([, name]) => name?.toLowerCase());
  return SHARE_CHANNELS.find((channel) => channel === named.at(-1)) ?? null;
}

/** A link that says that it was sent this way. */
export function linkVia(link: string, channel: ShareChannel): string {
  return `${link}${link.includes("?") ? "&" : "?"}via=${channel}`;
}
