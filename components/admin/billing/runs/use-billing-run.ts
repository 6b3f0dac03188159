"use client";

import { useState } from "react";
import useSWR from "swr";
import { getJson } from "@/components/account/request";
import type { BillingPreview, BillingRunDetails } from "@/lib/billing/billing-admin-schemas";
import { type PaceSample, withSample } from "./pace";

const RUNNING_MS = 1_500;
/** Somebody may take an interrupted run up again. */
const INTERRUPTED_MS = 10_000;

async function load<T>(path: string): Promise<T> {
  const answer = await getJson<T>(path);
  if (!answer.ok) throw new Error(answer.message);
  return answer.data;
}

const sampleOf = (run: BillingRunDetails): PaceSample => ({
  at: Date.parse(run.observed_at),
  done: run.done,
});

/** A run as it goes on: read again while it is not closed and the page is visible. */
export function useBillingRun(initial: BillingRunDetails) {
  const [samples, setSamples] = useState<readonly PaceSample[]>(() =>
    withSample([{ at: Date.parse(initial.started_at), done: initial.skipped }], sampleOf(initial)),
  );
  const { data, error, mutate } = useSWR<BillingRunDetails, Error>(
    `/api/admin/billing/runs/${initial.id}`,
    load,
    {
      fallbackData: initial,
      // Nothing is cached before the first answer.
      refreshInterval: (latest = initial) => {
        if (latest.status !== "running") return 0;
        return latest.is_interrupted ? INTERRUPTED_MS : RUNNING_MS;
      },
      dedupingInterval: 500,
      refreshWhenHidden: false,
      revalidateOnMount: false,
      shouldRetryOnError: false,
      onSuccess: (run) => setSamples((known) => withSample(known, sampleOf(run))),
    },
  );
  const isNewer = data && Date.parse(data.observed_at) > Date.parse(initial.observed_at);
  return { run: isNewer ? data : initial, samples, error, refresh: () => mutate() };
}

/** What a run of a cycle, `YYYY-MM`, would do now; nothing is asked for while it is null. */
export function useBillingPreview(month: string | null) {
  const { data, error, isValidating, mutate } = useSWR<BillingPreview, Error>(
    month === null ? null : `/api/admin/billing/preview?period=${month}`,
    load,
    { revalidateOnFocus: false, revalidateOnReconnect: false, shouldRetryOnError: false },
  );
  return { preview: data, error, isLoading: isValidating, retry: () => mutate() };
}
