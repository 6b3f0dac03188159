"use client";

import { useRouter } from "next/navigation";
import { sendJson, sentenceOf } from "@/components/api-client";
import { toast } from "@/components/ui/toaster";

/** How long a decision can be taken back; the server decides. */
const UNDO_MS = 60_000;

/** Says that a decision is saved, with a button that takes it back within a minute. */
export function useUndo(): (id: string, done: string) => void {
  const router = useRouter();
  async function undo(id: string) {
    const result = await sendJson(`/api/admin/review/${id}/undo`, {});
    if (result.ok) toast.success("The decision was taken back");
    else toast.error(sentenceOf(result));
    router.push(`/admin/review/${id}`);
    router.refresh();
  }
  return (id, done) => {
    toast.success(done, {
      duration: UNDO_MS,
      description: "You can take it back for a minute.",
      action: { label: "Undo", onClick: () => void undo(id) },
    });
  };
}
