import type { ReactNode } from "react";
import { requireCustomerPage } from "@/lib/composition/page-session";

/** Redirects visitors who are not signed in before the loading state is shown. */
export default async function DashboardLayout({ children }: { children: ReactNode }) {
  await requireCustomerPage("/dashboard");
  return children;
}
