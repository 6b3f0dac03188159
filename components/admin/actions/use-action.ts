"use client";

import { useRouter } from "next/navigation";
import { type ApiRequest, type ApiResult, sendJson, sentenceOf } from "@/components/api-client";
import { toast } from "@/components/ui/toaster";

export type Action = ApiRequest & {
  path: string;
  /** The toast after success, e.g. "Order activated"; null when the caller shows its own. */
  done: string | null;
  /** A second line of the toast: whom it concerned, or what the answer says was done. */
  description?: string | ((data: unknown) => string);
};

/** What the dialog that asked needs to know, with the API's whole answer. */
export type ActionResult = ({ ok: true } | { ok: false; message: string }) & {
  result: ApiResult<unknown>;
};

/** Whether the API keeps the act as a request for a second person. */
const waitsForApproval = (data: unknown): boolean =>
  typeof data === "object" &&
  data !== null &&
  "status" in data &&
  data.status === "pending_approval";

/**
 * Sends one action to the API. After success it shows a toast and loads the page's data again.
 * After a conflict it also loads the data again, because what the page shows is old.
 */
export function useAction(): (action: Action) => Promise<ActionResult> {
  const router = useRouter();
  return async ({ path, done, description, ...request }) => {
    const result = await sendJson(path, request);
    if (!result.ok) {
      // Without rights the page would go, and with it what was typed.
      if (!result.isUncertain && result.status !== 401 && result.status !== 403) router.refresh();
      return { ok: false, message: sentenceOf(result), result };
    }
    if (waitsForApproval(result.data)) {
      toast.success("A second person has to approve this", {
        description: "Nothing is done yet. Your request is on this page and under Approvals.",
      });
    } else if (done !== null) {
      const line = typeof description === "function" ? description(result.data) : description;
      toast.success(done, line ? { description: line } : undefined);
    }
    router.refresh();
    return { ok: true, result };
  };
}
