import "server-only";
import { redirect } from "next/navigation";
import { cache } from "react";
import { getSession } from "@/lib/access/account-service";
import type { Permission } from "@/lib/access/permissions";
import type { Session } from "@/lib/access/schemas";
import { AppError } from "@/lib/errors";
import { readRequestSession } from "@/lib/http/request-session";
import type { Supabase } from "@/lib/supabase/clients";

export interface PageSession {
  session: Session;
  /** A client with exactly the caller's rights. */
  client: Supabase;
}

/** The signed-in person of the page being rendered, read once per request; null for nobody. */
export const getPageSession = cache(async (): Promise<PageSession | null> => {
  const found = await readRequestSession(null);
  if (!found) return null;
  try {
    return { session: await getSession(found.client), client: found.client };
  } catch (error) {
    if (error instanceof AppError && error.code === "unauthenticated") return null;
    throw error;
  }
});

const signInPath = (path: string) => `/sign-in?next=${encodeURIComponent(path)}`;

/** A page for customers: others are sent to sign in, admins without a customer account to the admin. */
export async function requireCustomerPage(
  path: string,
): Promise<PageSession & { customer: NonNullable<Session["customer"]> }> {
  const page = await getPageSession();
  if (!page) redirect(signInPath(path));
  if (!page.session.customer) redirect(page.session.admin ? "/admin" : "/packages");
  return { ...page, customer: page.session.customer };
}

/**
 * A page for admins. Only decides what to show: every read behind it checks the permission in
 * the database again.
 *
 * @throws AppError `forbidden` when the role may not see it; the error page says so.
 */
export async function requireAdminPage(
  path: string,
  permission: Permission = "customers:view",
): Promise<PageSession & { admin: NonNullable<Session["admin"]> }> {
  const page = await getPageSession();
  if (!page) redirect(signInPath(path));
  const { admin } = page.session;
  if (!admin) redirect("/dashboard");
  if (!admin.permissions.includes(permission)) redirect("/admin");
  return { ...page, admin };
}
