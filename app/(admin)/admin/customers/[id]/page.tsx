import { redirect } from "next/navigation";
import { requireAdminPage } from "@/lib/composition/page-session";
import { customerPath } from "./customer";

export default async function CustomerPage({ params }: { params: Promise<{ id: string }> }) {
  const path = `${customerPath((await params).id)}/summary`;
  await requireAdminPage(path);
  redirect(path);
}
