"use client";

import { useRouter } from "next/navigation";
import { useRef } from "react";
import { sendJson, sentenceOf } from "@/components/api-client";
import { toast } from "@/components/ui/toaster";

export type RunRequest = {
  /** The cycle, `YYYY-MM`. */
  period: string;
  /** Why a cycle is billed that has not begun, or was over long ago. */
  force_reason?: string;
};

/** `reason-needed`: the API wants a reason, or a better one, and says why in `message`. */
export type StartOutcome =
  | { kind: "started" }
  | { kind: "reason-needed"; message: string }
  | { kind: "failed"; message: string };

/** A run, or the request for one that needs a second person. */
type StartAnswer = { run_id: string; joined: boolean } | { approval_id: string };

/**
 * Starts a billing run and goes to its page. The same request is sent again under the same
 * idempotency key until `forgetKeys`, so a second click or a lost answer starts no second run.
 */
export function useStartRun() {
  const router = useRouter();
  const keys = useRef(new Map<string, string>());

  async function start(request: RunRequest): Promise<StartOutcome> {
    const question = JSON.stringify(request);
    const key = keys.current.get(question) ?? crypto.randomUUID();
    keys.current.set(question, key);
    const result = await sendJson<StartAnswer>("/api/admin/billing/runs", {
      body: request,
      headers: { "idempotency-key": key },
    });
    if (!result.ok) {
      const message = sentenceOf(result);
      const needsReason =
        result.code === "billing_cycle_future" ||
        result.code === "billing_cycle_closed" ||
        "force_reason" in result.fields;
      return { kind: needsReason ? "reason-needed" : "failed", message };
    }
    if ("approval_id" in result.data) {
      toast.success("A second person has to approve this run", {
        description: "Your request is under Approvals. A colleague decides it there.",
      });
      router.push("/admin/approvals");
      return { kind: "started" };
    }
    toast.success(result.data.joined ? "The run goes on" : "The run has started");
    router.push(`/admin/billing/runs/${result.data.run_id}`);
    router.refresh();
    return { kind: "started" };
  }

  return { start, forgetKeys: () => keys.current.clear() };
}
