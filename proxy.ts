import { randomUUID } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { systemClock } from "@/lib/clock";
import { visitService } from "@/lib/composition/visit-service";
import { getEnv } from "@/lib/env";
import { captchaSources } from "@/lib/http/captcha";
import { clientAddress } from "@/lib/http/client-address";
import { addressSubject, enforceRateLimit, RATE_LIMITS } from "@/lib/http/rate-limit";
import { freshAccessToken } from "@/lib/http/session-cookies";
import { log } from "@/lib/log";
import { invitationCookies } from "@/lib/orders/referral-cookies";
import {
  normaliseReferralCode,
  parseReferralCookie,
  parseVisitorId,
  REFERRAL_COOKIE,
  VISITOR_COOKIE,
} from "@/lib/referrals/referral-code";
import { createServerClient } from "@/lib/supabase/clients";

/** Runs before every page: keeps the session fresh, remembers invitations, sets the script policy. */
export const config = {
  // Everything but the API, what the build made and the files that exist: a 404 is a page as well.
  matcher: ["/((?!api/|_next/static/|_next/image$|icon\\.svg$).*)"],
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

/**
 * Renews an expiring session and hands the new cookies on. Authorises nothing: every page and
 * route does that itself, where data is read.
 */
async function refreshSession(request: NextRequest): Promise<Change[]> {
  const changes: Change[] = [];
  const cookies = {
    getAll: () => request.cookies.getAll(),
    setAll: (set: Change[]) => {
      changes.push(...set);
    },
  };
  await freshAccessToken(cookies, clientAddress(request.headers, getEnv().TRUSTED_PROXY_HOPS));
  return changes;
}

/** Remembers the code of a referral link. An unusable code changes nothing: the last valid one wins. */
async function captureInvitation(request: NextRequest): Promise<Change[]> {
  const code = normaliseReferralCode(request.nextUrl.searchParams.get("ref") ?? "");
  if (!code || request.method !== "GET") return [];
  const remembered = parseReferralCookie(request.cookies.get(REFERRAL_COOKIE)?.value);
  // A reload of the same link is the same arrival.
  if (remembered && normaliseReferralCode(remembered.code) === code) return [];

  const env = getEnv();
  const server = createServerClient();
  const address = clientAddress(request.headers, env.TRUSTED_PROXY_HOPS);
  await enforceRateLimit(server, RATE_LIMITS.visit, addressSubject(address));
  const visitorId = parseVisitorId(request.cookies.get(VISITOR_COOKIE)?.value) ?? randomUUID();
  const visit = await visitService(server, systemClock).recordVisit({
    code,
    visitorId,
    landingPath: request.nextUrl.pathname,
    ipAddress: address,
    userAgent: request.headers.get("user-agent"),
  });
  return visit.valid ? invitationCookies(visit, visitorId) : [];
}

/** A failing helper never takes a page down with it. */
async function orNothing(work: Promise<Change[]>, what: string): Promise<Change[]> {
  try {
    return await work;
  } catch (error) {
    log().warn({ err: error }, what);
    return [];
  }
}

export async function proxy(request: NextRequest): Promise<NextResponse> {
  const nonce = randomUUID().replaceAll("-", "");
  const policy = contentSecurityPolicy(nonce);
  const [session, invitation] = await Promise.all([
    orNothing(refreshSession(request), "the session was not refreshed"),
    orNothing(captureInvitation(request), "the invitation was not captured"),
  ]);
  const changes = [...session, ...invitation];
  // The page that is rendered now sees the new cookies already.
  for (const { name, value } of changes) request.cookies.set(name, value);

  const headers = new Headers(request.headers);
  headers.set("x-nonce", nonce);
  headers.set("content-security-policy", policy);
  const response = NextResponse.next({ request: { headers } });
  for (const { name, value, options } of changes) response.cookies.set(name, value, options);
  response.headers.set("content-security-policy", policy);
  return response;
}
