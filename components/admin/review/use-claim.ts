"use client";

import { useEffect, useState } from "react";
import { sendJson } from "@/components/api-client";

/** A claim lasts ten minutes; it is renewed while the page is looked at. */
const RENEW_MS = 5 * 60_000;

/** Takes a case for this reviewer while it is shown. The name of the colleague who has it, or null. */
export function useClaim(id: string | undefined): string | null {
  const [held, setHeld] = useState<{ id: string; by: string } | null>(null);
  useEffect(() => {
    if (id === undefined) return;
    let isShown = true;
    async function claim(of: string) {
      const result = await sendJson(`/api/admin/review/${of}/claim`, {});
      if (!isShown || !result.ok) return;
      const data = result.data as { is_own?: boolean; reviewer_name?: string | null } | null;
      setHeld(data?.is_own === false ? { id: of, by: data.reviewer_name ?? "A colleague" } : null);
    }
    void claim(id);
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void claim(id);
    }, RENEW_MS);
    return () => {
      isShown = false;
      clearInterval(timer);
    };
  }, [id]);
  return held?.id === id ? (held?.by ?? null) : null;
}
