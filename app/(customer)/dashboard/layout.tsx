import type { ReactNode } from "react";
import { requireCustomerPage } from "@/lib/composition/page-session";

/** Above the loading state, so that a visitor is redirected before anything is drawn. */
export default async function DashboardLayout({ children }: { children: ReactNode }) {
  await requireCustomerPage("/dashboard");
  return children;
}
