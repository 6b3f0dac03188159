"use client";

import useSWR from "swr";
import { type ApiError, fetchJson } from "@/components/api-client";
import type { ReferralWidgetData } from "@/lib/account/schemas";

const REFRESH_MS = 60_000;

/**
 * What the widget shows: first the data of the server's page, then fresh data on focus and each
 * minute while the page is visible. The data with the latest `as_of` is shown.
 */
export function useWidget(initial: ReferralWidgetData) {
  const { data, error, mutate } = useSWR<ReferralWidgetData, ApiError>(
    // The code is part of the key, so another customer in the same browser gets no cached data.
    ["/api/customer/dashboard", initial.referral_code] as const,
    ([path]: readonly [string, string]) => fetchJson<ReferralWidgetData>(path),
    {
      fallbackData: initial,
      refreshInterval: REFRESH_MS,
      refreshWhenHidden: false,
      revalidateOnFocus: true,
      revalidateOnMount: false,
      focusThrottleInterval: 5_000,
      shouldRetryOnError: false,
    },
  );
  const latest = data && Date.parse(data.as_of) > Date.parse(initial.as_of) ? data : initial;
  return { data: latest, error, refresh: () => mutate() };
}
