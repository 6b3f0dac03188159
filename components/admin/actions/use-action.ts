"use client";

import { useRouter } from "next/navigation";
import { type ApiRequest, type ApiResult, sendJson, sentenceOf } from "@/components/api-client";
import { toast } from "@/components/ui/toaster";

export type Action = ApiRequest & {
  path: string;
  /** The toast after success, e.g. "Order activated"; null when the caller shows its own. */
  done: string | null;
  /** A second line of the toast, e.g. whom it concerned. */
  description?: string;
};

/** What the dialog that asked needs to know, with the API's whole answer. */
export type ActionResult = ({ ok: true } | { ok: false; message: string }) & {
  result: ApiResult<unknown>;
};

/** Whether the API keeps the act as a request for a second person. */
const waitsForApproval = (data: unknown): boolean =>
  typeof data === "object" && data !== null && "approval_id" in data;

/**
 * Sends one action to the API. After success it shows a toast and loads the page's data again.
 * After a refusal it also loads the data again, because what the page shows may be old.
 */
export function useAction(): (action: Action) => Promise<ActionResult> {
  const router = useRouter();
  return async ({ path, done, description, ...request }) => {
    const result = await sendJson(path, request);
    if (!result.ok) {
      if (!result.isUncertain) router.refresh();
      return { ok: false, message: sentenceOf(result), result };
    }
    if (waitsForApproval(result.data)) {
      toast.success("A second person has to approve this", {
        description: "Your request is under Approvals. A colleague decides it there.",
      });
    } else if (done !== null) {
      toast.success(done, description ? { description } : undefined);
    }
    router.refresh();
    return { ok: true, result };
  };
}
