import type { ReactNode } from "react";
import { getCase } from "./case";

/** Refuses people without the permission, and answers 404, before anything is streamed. */
export default async function CaseGuard({
  params,
  children,
}: {
  params: Promise<{ referral_id: string }>;
  children: ReactNode;
}) {
  await getCase((await params).referral_id);
  return children;
}
