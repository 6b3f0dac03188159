import type { AccessState } from "@/lib/access/team-schemas";
import { ROLE_LABELS, ROLES } from "@/lib/permissions";

/** What a role may do, for the person who gives it. */
const ROLE_MEANINGS: Readonly<Record<(typeof ROLES)[number], string>> = {
  support: "sees customers",
  reviewer: "also decides flagged referrals",
  billing: "also manages orders, invoices and free months, exports, sees the audit log",
  owner: "may do everything, the team and the programme included",
};

/** The roles as choices of a list. */
export const ROLE_OPTIONS = ROLES.map((role) => ({
  value: role,
  label: `${ROLE_LABELS[role]}: ${ROLE_MEANINGS[role]}`,
}));

/** What the list of the team is filtered by, as its badges say it. */
export const ACCESS_WORDS: Readonly<Record<AccessState, string>> = {
  active: "Active",
  invited: "Invited",
  ended: "No access",
};
