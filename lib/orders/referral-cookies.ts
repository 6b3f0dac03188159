import "server-only";
import { DAY_MS } from "@/lib/dates";
import { getEnv } from "@/lib/env";
import {
  REFERRAL_COOKIE,
  serialiseReferralCookie,
  VISITOR_COOKIE,
} from "@/lib/referrals/referral-code";
import type { Visit } from "./visit-service";

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

/** The cookies that remember a valid invitation and the browser it came to, for the attribution days. */
export function invitationCookies(
  visit: Extract<Visit, { valid: true }>,
  visitorId: string,
): CookieToSet[] {
  const options = {
    httpOnly: true,
    sameSite: "lax" as const,
    secure: getEnv().SITE_URL.startsWith("https://"),
    path: "/",
    maxAge: (visit.attribution_days * DAY_MS) / 1_000,
  };
  return [
    {
      name: REFERRAL_COOKIE,
      value: serialiseReferralCookie({ code: visit.code, firstName: visit.referrer_first_name }),
      options,
    },
    { name: VISITOR_COOKIE, value: visitorId, options },
  ];
}
