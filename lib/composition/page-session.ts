import "server-only";
import { headers } from "next/headers";
import { forbidden, redirect } from "next/navigation";
import { cache } from "react";
import type { Session } from "@/lib/access/schemas";
import { systemClock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { clientAddress } from "@/lib/http/client-address";
import { readRequestSession } from "@/lib/http/request-session";
import type { Permission } from "@/lib/permissions";
import { getPageLanguage } from "./page-language";
import { type CallerServices, callerServices } from "./services";

export interface PageSession {
  session: Session;
  /** The services, with exactly the caller's rights. */
  services: CallerServices;
}

/** The signed-in person of the page being rendered, read once per request; null for nobody. */
export const getPageSession = cache(async (): Promise<PageSession | null> => {
  const { TRUSTED_PROXY_HOPS } = getEnv();
  const address = clientAddress(await headers(), TRUSTED_PROXY_HOPS);
  const found = await readRequestSession(null, address);
  if (!found) return null;
  const services = callerServices(found.client, systemClock, await getPageLanguage());
  try {
    return { session: await services.readSession(), services };
  } catch (error) {
    if (error instanceof AppError && error.code === "unauthenticated") return null;
    throw error;
  }
});

/** Sessions that lack a second factor go to the page that takes its code. */
function requireSecondFactor({ session }: PageSession, path: string): void {
  if (session.needs_second_factor) redirect(`/sign-in/code?next=${encodeURIComponent(path)}`);
}

const signInPath = (path: string) => `/sign-in?next=${encodeURIComponent(path)}`;

/**
 * For pages of customers. Redirects others: to the sign-in page without a session, to the admin area
 * or the packages without a customer account.
 */
export async function requireCustomerPage(
  path: string,
): Promise<PageSession & { customer: NonNullable<Session["customer"]> }> {
  const page = await getPageSession();
  if (!page) redirect(signInPath(path));
  requireSecondFactor(page, path);
  if (!page.session.customer) redirect(page.session.admin ? "/admin" : "/packages");
  return { ...page, customer: page.session.customer };
}

/**
 * For pages of admins. Redirects others: to the sign-in page without a session, to the dashboard
 * without an admin account. A role without the permission gets 403 at the same address. It only decides
 * what is shown: every read behind it checks the permission in the database again.
 */
export async function requireAdminPage(
  path: string,
  permission: Permission = "customers:view",
): Promise<PageSession & { admin: NonNullable<Session["admin"]> }> {
  const page = await getPageSession();
  if (!page) redirect(signInPath(path));
  requireSecondFactor(page, path);
  const { admin } = page.session;
  if (!admin) redirect("/dashboard");
  if (!admin.permissions.includes(permission)) forbidden();
  return { ...page, admin };
}
