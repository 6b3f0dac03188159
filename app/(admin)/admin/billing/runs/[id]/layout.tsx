import type { ReactNode } from "react";
import { getRun } from "./run";

/** Refuses people without the permission, and answers 404, before anything is streamed. */
export default async function BillingRunGuard({
  params,
  children,
}: {
  params: Promise<{ id: string }>;
  children: ReactNode;
}) {
  await getRun((await params).id);
  return children;
}
