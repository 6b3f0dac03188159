/** The moment at which a test's story begins, unless it is about another one. ISO 8601, in UTC. */
export const T0 = "2026-03-10T10:00:00Z";

const DAY_MS = 86_400_000;

/** The moment so many days of 24 hours after another one. */
export const later = (days: number, from = T0): string =>
  new Date(Date.parse(from) + days * DAY_MS).toISOString();
