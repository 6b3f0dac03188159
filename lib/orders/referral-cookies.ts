import "server-only";
import { DAY_MS } from "@/lib/dates";
import { getEnv } from "@/lib/env";
import {
  REFERRAL_COOKIE,
  serialiseReferralCookie,
  VISITOR_COOKIE,
} from "@/lib/referrals/referral-cookie";

/** Tells the page that the link it was opened with is the signed-in customer's own. Set by proxy.ts. */
export const OWN_INVITATION_HEADER = "x-own-invitation";

/** How long an invitation is remembered while the terms cannot be read, in days. */
const DAYS_WITHOUT_TERMS = 90;

interface CookieToSet {
  name: string;
  value: string;
  options: {
    httpOnly: boolean;
    sameSite: "lax";
    secure: boolean;
    path: string;
    maxAge: number;
  };
}

/** An invitation to remember. */
export interface Invitation {
  code: string;
  /** The referrer's first name as it is shown; empty while the code could not be checked. */
  firstName: string;
  /** Null while the terms could not be read. */
  attributionDays: number | null;
}

/** The cookies that remember an invitation and the browser it came to, from now for the attribution days. */
export function invitationCookies(invitation: Invitation, visitorId: string): CookieToSet[] {
  const options = {
    httpOnly: true,
    sameSite: "lax" as const,
    secure: getEnv().SITE_URL.startsWith("https://"),
    path: "/",
    maxAge: ((invitation.attributionDays ?? DAYS_WITHOUT_TERMS) * DAY_MS) / 1_000,
  };
  return [
    {
      name: REFERRAL_COOKIE,
      value: serialiseReferralCookie({ code: invitation.code, firstName: invitation.firstName }),
      options,
    },
    { name: VISITOR_COOKIE, value: visitorId, options },
  ];
}
