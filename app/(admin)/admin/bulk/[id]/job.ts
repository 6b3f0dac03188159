import "server-only";
import { notFound } from "next/navigation";
import { cache } from "react";
import { z } from "zod";
import { requireAdminPage } from "@/lib/composition/page-session";
import { AppError } from "@/lib/errors";

/** Rows that a page shows. */
export const ROWS_PER_PAGE = 50;

/** One bulk job with its rows after a number, read once per request. Nobody's id is not found. */
export const getJob = cache(async (id: string, after: number) => {
  const page = await requireAdminPage(`/admin/bulk/${encodeURIComponent(id)}`, "orders:manage");
  if (!z.guid().safeParse(id).success) notFound();
  try {
    return {
      ...page,
      job: await page.services.admin.bulk.get(id, { after, limit: ROWS_PER_PAGE }),
    };
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") notFound();
    throw error;
  }
});
