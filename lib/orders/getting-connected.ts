import type { Texts } from "@/lib/language/translator";

export interface ConnectionStep {
  title: string;
  text: string;
}

type Words = Texts<"connecting">;

/** How long it takes is said by the homes that were connected last; nothing while nobody can say. */
const technician = (installationDays: number | null, t: Words): ConnectionStep => ({
  title: t("technician"),
  text:
    installationDays === null
      ? t("technicianText")
      : t("technicianTextDays", { days: installationDays }),
});

const online = (t: Words): ConnectionStep => ({ title: t("online"), text: t("onlineText") });

/**
 * Getting connected, for somebody who has not ordered: who comes, how long it takes, and from when it
 * is charged.
 *
 * @param installationDays as `readPublicSite` says
 */
export const stepsToConnect = (installationDays: number | null, t: Words): ConnectionStep[] => [
  { title: t("orderOnline"), text: t("orderOnlineText") },
  technician(installationDays, t),
  online(t),
];

/** What happens after an order, in the same words as before it. */
export const stepsAfterOrder = (installationDays: number | null, t: Words): ConnectionStep[] => [
  { title: t("weCall"), text: t("weCallText") },
  technician(installationDays, t),
  online(t),
];
