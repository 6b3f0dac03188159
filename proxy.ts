import { randomUUID } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { systemClock } from "@/lib/clock";
import { visitService } from "@/lib/composition/visit-service";
import { getEnv } from "@/lib/env";
import { captchaSources } from "@/lib/http/captcha";
import { clientAddress } from "@/lib/http/client-address";
import { addressSubject, enforceRateLimit, RATE_LIMITS } from "@/lib/http/rate-limit";
import { LANGUAGE_HEADER, requestLanguage } from "@/lib/http/request-language";
import { freshAccessToken } from "@/lib/http/session-cookies";
import { log } from "@/lib/log";
import { arrivalOf } from "@/lib/orders/arrival";
import { invitationCookies, OWN_INVITATION_HEADER } from "@/lib/orders/referral-cookies";
import { findLinkedCode, sameCode } from "@/lib/referrals/referral-code";
import {
  parseReferralCookie,
  parseVisitorId,
  REFERRAL_COOKIE,
  VISITOR_COOKIE,
} from "@/lib/referrals/referral-cookie";
import { channelOfLink } from "@/lib/referrals/share-channel";
import { REQUEST_ID_HEADER, requestIdOf } from "@/lib/request-context";
import { createCallerClient, createServerClient, type ServerClient } from "@/lib/supabase/clients";

/** Runs before every page: keeps the session fresh, remembers invitations, sets the script policy. */
export const config = {
  // Everything but the API, what the build made and the files that exist: a 404 is a page as well.
  // What everybody gets alike is kept by caches, so it must carry no cookie of anybody.
  matcher: [
    "/((?!api/|_next/static/|_next/image$|share-picture/[^/]+$|icons/icon-(?:192|512|maskable-512)\\.png$|(?:favicon\\.ico|icon\\.svg|apple-icon\\.png|manifest\\.webmanifest|robots\\.txt|sitemap\\.xml)$).*)",
  ],
};

interface Change {
  name: string;
  value: string;
  options: Parameters<NextResponse["cookies"]["set"]>[2];
}

function contentSecurityPolicy(nonce: string): string {
  const isDevelopment = process.env.NODE_ENV === "development";
  const captcha = captchaSources();
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ""}`,
    // Motion and progress write style attributes; scripts stay strict.
    `style-src 'self' 'unsafe-inline'${captcha.styles}`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self'${isDevelopment ? " ws:" : ""}${captcha.connections}`,
    `frame-src 'self'${captcha.frames}`,
    "frame-ancestors 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "object-src 'none'",
  ].join("; ");
}

interface Session {
  changes: Change[];
  token: string | null;
}

interface Capture {
  changes: Change[];
  /** The link carries the code of the person who is signed in. */
  isOwn: boolean;
}
const NO_CAPTURE: Capture = { changes: [], isOwn: false };

/**
 * Renews an expiring session and hands the new cookies on. Authorises nothing: every page and
 * route does that itself, where data is read.
 */
async function refreshSession(request: NextRequest): Promise<Session> {
  const changes: Change[] = [];
  const cookies = {
    getAll: () => request.cookies.getAll(),
    setAll: (set: Change[]) => {
      changes.push(...set);
    },
  };
  const address = clientAddress(request.headers, getEnv().TRUSTED_PROXY_HOPS);
  return { token: await freshAccessToken(cookies, address), changes };
}

/** Whose token this is; null for nobody. */
async function userOf(token: string | null): Promise<string | null> {
  if (token === null) return null;
  return (await createCallerClient(token).auth.getClaims(token)).data?.claims.sub ?? null;
}

/** Whether another code may be checked for this address. False while the counter does not answer. */
async function mayCheck(server: ServerClient, address: string | null): Promise<boolean> {
  try {
    await enforceRateLimit(server, RATE_LIMITS.visit, addressSubject(address));
    return true;
  } catch (error) {
    log().warn({ err: error }, "the invitation was remembered without being checked");
    return false;
  }
}

/**
 * Remembers the code of a referral link, and starts its days anew each time. An unusable code
 * changes nothing: the last valid one wins. A code that cannot be checked now is remembered all the
 * same, and so is one above the limit, or opening pages would be a way to guess codes. What is counted
 * as a visit decides about nothing else.
 */
async function captureInvitation(request: NextRequest, token: string | null): Promise<Capture> {
  const env = getEnv();
  const code = request.method === "GET" ? findLinkedCode(request.nextUrl.search) : null;
  if (!code || !env.ENABLE_REFERRAL_REWARDS) return NO_CAPTURE;
  const arrival = arrivalOf(request.headers);
  if (arrival === "ahead") return NO_CAPTURE;

  const cookie = parseReferralCookie(request.cookies.get(REFERRAL_COOKIE)?.value);
  const remembered = cookie && sameCode(cookie.code, code) ? cookie : null;
  // The same link opened again is the same arrival.
  const isKnown = remembered !== null && remembered.firstName !== "";
  const visitorId = parseVisitorId(request.cookies.get(VISITOR_COOKIE)?.value) ?? randomUUID();
  const unchecked = (): Capture => {
    const invitation = { ...(remembered ?? { code, firstName: "" }), attributionDays: null };
    return { changes: invitationCookies(invitation, visitorId), isOwn: false };
  };
  try {
    const server = createServerClient();
    const address = clientAddress(request.headers, env.TRUSTED_PROXY_HOPS);
    if (!(await mayCheck(server, address))) return unchecked();
    const visit = await visitService(server, systemClock).recordVisit({
      code,
      counts: arrival === "visit" && !isKnown,
      userId: await userOf(token),
      visitorId,
      landingPath: request.nextUrl.pathname,
      via: channelOfLink(request.nextUrl.search),
      ipAddress: address,
      userAgent: request.headers.get("user-agent"),
    });
    if (!visit.valid) return { changes: [], isOwn: visit.is_own ?? false };
    const invitation = {
      code: visit.code,
      firstName: visit.referrer_first_name,
      attributionDays: visit.attribution_days,
    };
    return { changes: invitationCookies(invitation, visitorId), isOwn: false };
  } catch (error) {
    log().warn({ err: error }, "the invitation was remembered without being checked");
    return unchecked();
  }
}

/** The admin area is English. */
const isAdminPage = ({ nextUrl }: NextRequest): boolean =>
  /^\/admin(?:\/|$)/.test(nextUrl.pathname);

/** A failing helper never takes a page down with it. */
async function orElse<T>(work: Promise<T>, otherwise: T, what: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    log().warn({ err: error }, what);
    return otherwise;
  }
}

export async function proxy(request: NextRequest): Promise<NextResponse> {
  const nonce = randomUUID().replaceAll("-", "");
  const policy = contentSecurityPolicy(nonce);
  const session = await orElse(
    refreshSession(request),
    { changes: [], token: null },
    "the session was not refreshed",
  );
  const invitation = await orElse(
    captureInvitation(request, session.token),
    NO_CAPTURE,
    "the invitation was not captured",
  );
  const changes = [...session.changes, ...invitation.changes];
  // The page that is rendered now sees the new cookies already.
  for (const { name, value } of changes) request.cookies.set(name, value);

  const requestId = requestIdOf(request.headers);
  const headers = new Headers(request.headers);
  headers.set(REQUEST_ID_HEADER, requestId);
  headers.set("x-nonce", nonce);
  headers.set("content-security-policy", policy);
  headers.delete(LANGUAGE_HEADER);
  if (!isAdminPage(request)) headers.set(LANGUAGE_HEADER, requestLanguage(request.headers));
  headers.delete(OWN_INVITATION_HEADER);
  if (invitation.isOwn) headers.set(OWN_INVITATION_HEADER, "1");
  const response = NextResponse.next({ request: { headers } });
  for (const { name, value, options } of changes) response.cookies.set(name, value, options);
  response.headers.set("content-security-policy", policy);
  response.headers.set(REQUEST_ID_HEADER, requestId);
  return response;
}
