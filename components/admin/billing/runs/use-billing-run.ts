"use client";

import { useState } from "react";
import useSWR from "swr";
import { type ApiError, fetchJson } from "@/components/api-client";
import type { BillingRunDetails } from "@/lib/billing/billing-admin-schemas";
import { type PaceSample, withSample } from "./pace";

const RUNNING_MS = 1_500;
/** An interrupted run is read less often: somebody may start it again. */
const INTERRUPTED_MS = 10_000;

const sampleOf = (run: BillingRunDetails): PaceSample => ({
  at: Date.parse(run.observed_at),
  done: run.done,
});

/** A billing run, read again while it is not finished and the page is visible. */
export function useBillingRun(initial: BillingRunDetails) {
  const [samples, setSamples] = useState<readonly PaceSample[]>(() =>
    withSample([{ at: Date.parse(initial.started_at), done: initial.skipped }], sampleOf(initial)),
  );
  const { data, error, mutate } = useSWR<BillingRunDetails, ApiError>(
    `/api/admin/billing/runs/${initial.id}`,
    fetchJson<BillingRunDetails>,
    {
      fallbackData: initial,
      // Before the first answer there is no cached run.
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
