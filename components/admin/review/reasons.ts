/** Ready-made reasons, so that decisions of one kind read alike. */
export const REASONS: Readonly<Record<"clear" | "reject", readonly string[]>> = {
  clear: [
    "Spoke with both, two households",
    "New tenant at this address",
    "Shared network of a carrier or workplace",
    "Family with own home and service",
  ],
  reject: [
    "Same household as the referrer",
    "Same person under other details",
    "Friends who refer each other in turn",
    "Details could not be confirmed",
  ],
};
