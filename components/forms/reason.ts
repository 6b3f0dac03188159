import { reasonSchema } from "@/lib/admin/reason";

/** The length that the API accepts, in characters after trimming. */
const REASON_MIN = reasonSchema.minLength ?? 0;
export const REASON_MAX = reasonSchema.maxLength ?? Number.POSITIVE_INFINITY;

/** The length of a reason in characters after trimming. */
export const reasonLength = (reason: string): number => Array.from(reason.trim()).length;

/** What is wrong with a reason, in words; null when it can be sent. */
export function reasonError(reason: string): string | null {
  const length = reasonLength(reason);
  if (length === 0) return `Please give a reason of at least ${REASON_MIN} characters.`;
  if (length < REASON_MIN) return `Please write at least ${REASON_MIN} characters.`;
  if (length > REASON_MAX) return `Please shorten this to ${REASON_MAX} characters.`;
  return null;
}
