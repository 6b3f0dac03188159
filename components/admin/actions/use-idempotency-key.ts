"use client";

import { useRef } from "react";
import type { ApiResult } from "@/components/api-client";

/**
 * The idempotency key of a dialog. Each opening gets a new key, so a second press after a failure
 * cannot do the work twice. While it is unknown whether an attempt arrived, the key is kept, also
 * when the dialog is closed and opened again.
 */
export function useIdempotencyKey() {
  const key = useRef("");
  const isUncertain = useRef(false);
  return {
    /** Call it when the dialog opens. */
    renew() {
      if (!isUncertain.current) key.current = crypto.randomUUID();
    },
    headers: () => ({ "idempotency-key": key.current }),
    /** Call it with each answer. */
    settle(result: ApiResult<unknown>) {
      isUncertain.current = !result.ok && result.isUncertain;
    },
  };
}

/** Whether an earlier attempt under the same key went through with other values. */
export const wasSentBefore = (result: ApiResult<unknown>): boolean =>
  !result.ok && result.code === "idempotency_key_reused";
