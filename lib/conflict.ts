import { z } from "zod";
import { formatDateTime } from "./dates";
import { ERROR_CODES, type ErrorCode } from "./errors";

/** What a conflict says of the change that came before: by whom (null: the system) and when. */
const overtakenSchema = z.object({
  by: z.string().nullable(),
  at: z.iso.datetime({ offset: true }),
  time_zone: z.string(),
});

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The sentence of a broken rule, with who was faster and when where its detail says so. */
export function conflictSentence(code: ErrorCode, detail: string | null | undefined): string {
  const usual = ERROR_CODES[code].message;
  if (!detail?.startsWith("{")) return usual;
  const read = overtakenSchema.safeParse(parsedOrNull(detail));
  if (!read.success) return usual;
  const { by, at, time_zone } = read.data;
  return `${usual} ${by ?? "The system"} was faster: ${formatDateTime(at, time_zone)}.`;
}
