import "server-only";
import { cookies, headers } from "next/headers";
import { cache } from "react";
import { AppError } from "@/lib/errors";
import { OWN_INVITATION_HEADER } from "@/lib/orders/referral-cookies";
import { parseReferralCookie, REFERRAL_COOKIE } from "@/lib/referrals/referral-cookie";
import type { InvitationStanding } from "@/lib/referrals/schemas";
import { getPageSession } from "./page-session";

export interface PageInvitation {
  /** Null when the page was opened with the person's own link and no other is remembered. */
  code: string | null;
  /** First name of the person who invited, as it is shown; empty while the code is not checked. */
  firstName: string;
  standing: InvitationStanding;
  /** Whether there is something to say about it: nothing is said of a code that is not checked. */
  isShown: boolean;
}

/**
 * What an invitation, or any without a code, is to whoever is signed in. A failure here never takes
 * the page down.
 */
export async function invitationStanding(code: string | null): Promise<InvitationStanding> {
  try {
    const page = await getPageSession();
    return page ? await page.services.referrals.getInvitationStanding(code) : "prospect";
  } catch (error) {
    if (error instanceof AppError) return "prospect";
    throw error;
  }
}

/** The invitation of the page being rendered, and what it is to the person; read once per request. */
export const getInvitation = cache(async (): Promise<PageInvitation | null> => {
  const [jar, head] = await Promise.all([cookies(), headers()]);
  const remembered = parseReferralCookie(jar.get(REFERRAL_COOKIE)?.value);
  if (head.has(OWN_INVITATION_HEADER)) {
    const firstName = remembered?.firstName ?? "";
    return { code: remembered?.code ?? null, firstName, standing: "own_code", isShown: true };
  }
  if (!remembered) return null;
  const standing = await invitationStanding(remembered.code);
  return { ...remembered, standing, isShown: remembered.firstName !== "" };
});

/** Who invited the person that looks at the page; null when no invitation may apply to them. */
export async function getInviter(): Promise<{ code: string; firstName: string } | null> {
  const invitation = await getInvitation();
  if (!invitation?.isShown || invitation.standing !== "prospect" || invitation.code === null) {
    return null;
  }
  return { code: invitation.code, firstName: invitation.firstName };
}
