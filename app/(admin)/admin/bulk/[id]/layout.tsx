import type { ReactNode } from "react";
import { getJob } from "./job";

/** Refuses people without the permission, and answers 404, before anything is streamed. */
export default async function BulkJobGuard({
  params,
  children,
}: {
  params: Promise<{ id: string }>;
  children: ReactNode;
}) {
  await getJob((await params).id, 0);
  return children;
}
