"use client";

import { useEffect, useRef } from "react";
import useSWR from "swr";
import { type ApiError, fetchIfChanged, type Versioned } from "@/components/api-client";
import type { ReferralWidgetData } from "@/lib/account/schemas";

const REFRESH_MS = 60_000;

/**
 * What the widget shows: first the data of the server's page, then fresh data on focus and each
 * minute while the page is visible, without a body while nothing changed. The data with the latest
 * `as_of` is shown.
 */
export function useWidget(initial: ReferralWidgetData) {
  const last = useRef<Versioned<ReferralWidgetData>>({ data: initial, etag: null });
  const { data, error, mutate } = useSWR<Versioned<ReferralWidgetData>, ApiError>(
    // The code is part of the key, so another customer in the same browser gets no cached data.
    ["/api/customer/dashboard", initial.referral_code] as const,
    ([path]: readonly [string, string]) => fetchIfChanged(path, last.current),
    {
      fallbackData: { data: initial, etag: null },
      refreshInterval: REFRESH_MS,
      refreshWhenHidden: false,
      revalidateOnFocus: true,
      revalidateOnMount: false,
      focusThrottleInterval: 5_000,
      shouldRetryOnError: false,
    },
  );
  useEffect(() => {
    if (data) last.current = data;
  }, [data]);
  const isNewer = data && Date.parse(data.data.as_of) > Date.parse(initial.as_of);
  const latest = isNewer ? data.data : initial;
  return { data: latest, error, refresh: () => mutate() };
}
