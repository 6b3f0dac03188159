import { countOf } from "@/lib/words";

export interface ConnectionStep {
  title: string;
  text: string;
}

/** A friend's invitation changes nothing about the price. */
export const SAME_PRICE = "The price is the same with and without an invitation.";

/** How long it takes, by the homes that were connected last; empty while nobody can say. */
const timeSentence = (days: number | null): string =>
  days === null ? "" : ` Most homes are connected within ${countOf(days, "day")} of the order.`;

const technician = (installationDays: number | null): ConnectionStep => ({
  title: "A technician comes to your home",
  text: `They bring what is needed and set it up with you.${timeSentence(installationDays)}`,
});

const ONLINE: ConnectionStep = {
  title: "You are online",
  text: "From the day on which your service is active, you pay by the day for the first month.",
};

/**
 * Getting connected, for somebody who has not ordered: who comes, how long it takes, and from when it
 * is charged.
 *
 * @param installationDays as `readPublicSite` says
 */
export const stepsToConnect = (installationDays: number | null): ConnectionStep[] => [
  {
    title: "You order online",
    text: "It takes a few minutes, and you pay nothing today. We call you to agree on a day that suits you.",
  },
  technician(installationDays),
  ONLINE,
];

/** What happens after an order, in the same words as before it. */
export const stepsAfterOrder = (installationDays: number | null): ConnectionStep[] => [
  {
    title: "We call you",
    text: "On the number in your order, to agree on a day that suits you.",
  },
  technician(installationDays),
  ONLINE,
];
