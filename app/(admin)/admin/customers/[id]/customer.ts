import "server-only";
import { notFound } from "next/navigation";
import { cache } from "react";
import { z } from "zod";
import { requireAdminPage } from "@/lib/composition/page-session";
import { AppError } from "@/lib/errors";

/**
 * What stands above each page about a customer, and the session of the admin. Read once per
 * request for the header and the tab. After signing in the admin comes back to `path`.
 */
const load = cache(async (id: string, path: string) => {
  const page = await requireAdminPage(path);
  if (!z.guid().safeParse(id).success) notFound();
  try {
    const details = await page.services.admin.customers.getHead(id);
    return { ...page, details };
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") notFound();
    throw error;
  }
});

export const customerPath = (id: string) => `/admin/customers/${encodeURIComponent(id)}`;

export const getCustomer = (id: string) => load(id, `${customerPath(id)}/referrals`);
