"use client";

import { useRouter } from "next/navigation";
import { useCallback, useEffect, useRef, useState } from "react";
import { sendJson, sentenceOf } from "@/components/api-client";
import type { BulkJob } from "@/lib/admin/bulk-schemas";

type Work = "try" | "run";

/** Milliseconds to wait when all rows that are left are in other hands. */
const PAUSE = 1_000;
const MOST_PAUSES = 5;

const leftOf = (work: Work, { counts }: BulkJob) =>
  work === "try" ? counts.untried : counts.pending;

/**
 * Tries or does the rows of a job call by call, until none is left or the page is closed. What is
 * left then goes on with the next call, from here or elsewhere.
 */
export function useBulkWork(loaded: BulkJob) {
  const router = useRouter();
  const [working, setWorking] = useState<Work | null>(null);
  const [latest, setLatest] = useState<BulkJob | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const isHere = useRef(true);
  const { id } = loaded;

  useEffect(() => {
    isHere.current = true;
    return () => {
      isHere.current = false;
    };
  }, []);

  const work = useCallback(
    async (kind: Work) => {
      setWorking(kind);
      setFailure(null);
      let before = Number.POSITIVE_INFINITY;
      let pauses = 0;
      while (isHere.current && pauses < MOST_PAUSES) {
        const result = await sendJson<BulkJob>(`/api/admin/bulk/${id}/${kind}`);
        if (!result.ok) {
          // It was stopped meanwhile: the page says by whom.
          if (result.code !== "bulk_not_running") setFailure(sentenceOf(result));
          break;
        }
        setLatest(result.data);
        const left = leftOf(kind, result.data);
        if (left === 0) break;
        if (left < before) pauses = 0;
        else {
          pauses += 1;
          await new Promise((resolve) => setTimeout(resolve, PAUSE));
        }
        before = left;
      }
      if (!isHere.current) return;
      setWorking(null);
      router.refresh();
    },
    [id, router],
  );

  return { job: (working && latest) || loaded, working, failure, work };
}
