"use client";

import useSWR from "swr";
import { getJson } from "@/components/account/request";
import type { ReferralWidgetData } from "@/lib/account/schemas";

const REFRESH_MS = 60_000;

/** A refresh that failed, with what to say about it. */
export class RefreshError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = "RefreshError";
  }
}

async function load([path]: readonly [string, string]): Promise<ReferralWidgetData> {
  const answer = await getJson<ReferralWidgetData>(path);
  if (!answer.ok) throw new RefreshError(answer.status, answer.message);
  return answer.data;
}

/**
 * What the widget shows: the server's answer first, then fresh data on focus and each minute
 * while the page is visible. Whatever was read last wins, also over a newer server rendering.
 */
export function useWidget(initial: ReferralWidgetData) {
  const { data, error, mutate } = useSWR<ReferralWidgetData, RefreshError>(
    // The code is part of the key: another customer in the same browser starts afresh.
    ["/api/customer/dashboard", initial.referral_code] as const,
    load,
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
