"use client";

import { useRouter } from "next/navigation";
import { type ApiResult, callApi } from "@/components/admin/api";
import { toast } from "@/components/ui/toaster";

export type ActionResult = { ok: true } | { ok: false; message: string };

export type Action = {
  path: string;
  method?: "POST" | "PUT";
  body?: object;
  headers?: Record<string, string>;
  /** What to say once it is done. */
  done: string;
  description?: string;
};

/**
 * Does one thing through the API: says so and loads the page's data again, or gives the message
 * for the dialog that asked. A conflict means that what is on the page is old, so it also reloads.
 */
export function useAction(): (action: Action) => Promise<ActionResult & { result: ApiResult }> {
  const router = useRouter();
  return async ({ path, done, description, ...request }) => {
    const result = await callApi(path, request);
    if (!result.ok) {
      if (!result.uncertain) router.refresh();
      return { ok: false, message: result.message, result };
    }
    toast.success(done, description ? { description } : undefined);
    router.refresh();
    return { ok: true, result };
  };
}
