import "server-only";
import { notFound } from "next/navigation";
import { cache } from "react";
import { z } from "zod";
import { requireAdminPage } from "@/lib/composition/page-session";
import { AppError } from "@/lib/errors";

/** One mail and the session of the admin, read once per request. Nobody's id is not found. */
export const getMail = cache(async (id: string) => {
  const page = await requireAdminPage(`/admin/mailbox/${encodeURIComponent(id)}`);
  if (!z.guid().safeParse(id).success) notFound();
  try {
    return { ...page, mail: await page.services.admin.mailbox.getNotification(id) };
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") notFound();
    throw error;
  }
});
