import type { ReactNode } from "react";
import { getCustomer } from "./customer";

/**
 * Refuses people without the permission, and answers 404 for nobody's id, before anything is
 * streamed: the status of a page that has begun cannot change.
 */
export default async function CustomerGuard({
  params,
  children,
}: {
  params: Promise<{ id: string }>;
  children: ReactNode;
}) {
  await getCustomer((await params).id);
  return children;
}
