"use client";

import useSWR from "swr";
import { type ApiError, fetchJson } from "@/components/api-client";
import type { BillingPreview } from "@/lib/billing/billing-admin-schemas";

/** What a run of the cycle `month` (`YYYY-MM`) would do now. Nothing is read while it is null. */
export function useBillingPreview(month: string | null) {
  const { data, error, isValidating, mutate } = useSWR<BillingPreview, ApiError>(
    month === null ? null : `/api/admin/billing/preview?period=${month}`,
    fetchJson<BillingPreview>,
    { revalidateOnFocus: false, revalidateOnReconnect: false, shouldRetryOnError: false },
  );
  return { preview: data, error, isLoading: isValidating, retry: () => mutate() };
}
