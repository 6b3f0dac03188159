import { conflictSentence } from "@/lib/conflict";
import { isErrorCode } from "@/lib/errors";
import type { BulkAct, StoredBulkRow } from "./bulk-schemas";
import { BULK_ACT_WORDS } from "./bulk-words";

/** What stands against a row before its act is asked. */
const ROW_CODES: Readonly<Record<string, string>> = {
  not_found: "Nothing was found by this.",
  target_ambiguous: "It names more than one thing. Use the exact id.",
  target_repeated: "An earlier row names the same.",
  invalid_request: "The day is not later than the present one, or too far away.",
};

function refusalWords({ code, detail }: { code: string; detail: string | null }): string {
  const own = ROW_CODES[code];
  if (own !== undefined) return own;
  if (!isErrorCode(code)) return "This row could not be done.";
  return conflictSentence(code, detail);
}

/** What became of a row, what would become of it, or that it waits. */
export function bulkResult(act: BulkAct, row: StoredBulkRow): string {
  const words = BULK_ACT_WORDS[act];
  if (row.code !== null) return refusalWords({ code: row.code, detail: row.detail });
  if (row.status === "done") return words.done;
  if (row.dry_run === null) return "Not tried yet";
  const { code, detail } = row.dry_run;
  return code === null ? words.wouldDo : refusalWords({ code, detail });
}
