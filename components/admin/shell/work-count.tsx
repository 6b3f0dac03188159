"use client";

import useSWR from "swr";
import { type ApiError, fetchJson } from "@/components/api-client";
import type { WorkCounts } from "@/lib/admin/list-schemas";
import { NavCount } from "./nav-count";

/** How often the menu counts again while somebody looks at it, in milliseconds. */
const RECOUNT_MS = 60_000;

/** Each count leads to the list of exactly what is counted. */
const LISTS: Readonly<Record<keyof WorkCounts, { href: string; label: string }>> = {
  review: { href: "/admin/review", label: "cases to decide" },
  approvals: { href: "/admin/approvals?status=for_me", label: "requests that wait for you" },
  claims: { href: "/admin/claims?status=confirmed", label: "claims to decide" },
  orders: { href: "/admin/orders?status=pending", label: "waiting to be activated" },
  mailbox: { href: "/admin/mailbox?status=failed", label: "mails given up" },
};

export type WorkCountProps = {
  of: keyof WorkCounts;
  /** What the server counted for this page. */
  counted: WorkCounts;
};

/** How much waits in one list. It counts again each minute, and when the window is looked at again. */
export function WorkCount({ of, counted }: WorkCountProps) {
  // A page that was loaded again brings newer counts than those of the minute before.
  const { data } = useSWR<WorkCounts, ApiError>(
    ["/api/admin/work", JSON.stringify(counted)],
    ([path]: [string]) => fetchJson<WorkCounts>(path),
    { fallbackData: counted, revalidateOnMount: false, refreshInterval: RECOUNT_MS },
  );
  return <NavCount {...LISTS[of]} count={(data ?? counted)[of]} />;
}
