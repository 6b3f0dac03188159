import "server-only";
import { notFound } from "next/navigation";
import { cache } from "react";
import { requireAdminPage } from "@/lib/composition/page-session";
import { AppError } from "@/lib/errors";
import { idSchema } from "@/lib/http/common-schemas";

/** One case and the session of the admin, read once per request. Nobody's id is not found. */
export const getCase = cache(async (referralId: string) => {
  const page = await requireAdminPage(
    `/admin/review/${encodeURIComponent(referralId)}`,
    "referrals:review",
  );
  const id = idSchema.safeParse(referralId);
  if (!id.success) notFound();
  try {
    return { ...page, item: await page.services.admin.referrals.getReviewCase(id.data) };
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") notFound();
    throw error;
  }
});
