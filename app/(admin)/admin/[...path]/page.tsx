import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { requireAdminPage } from "@/lib/composition/page-session";

export const metadata: Metadata = { title: "Not found" };

/** Any other address of the admin area. Admins see "not found" within the frame. */
export default async function UnknownAdminPage({
  params,
}: {
  params: Promise<{ path: string[] }>;
}) {
  const { path } = await params;
  await requireAdminPage(`/admin/${path.map(encodeURIComponent).join("/")}`);
  notFound();
}
