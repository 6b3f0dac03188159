import type { ReactNode } from "react";
import { getMail } from "./mail";

/** Refuses people without the permission, and answers 404, before anything is streamed. */
export default async function MailGuard({
  params,
  children,
}: {
  params: Promise<{ id: string }>;
  children: ReactNode;
}) {
  await getMail((await params).id);
  return children;
}
