import { z } from "zod";
import { AppError } from "@/lib/errors";
import { auditEntrySchema } from "./customer-schemas";

/** An entry of the whole log, with its seal once it has one. */
export const auditRowSchema = auditEntrySchema.extend({
  customer_id: z.guid().nullable(),
  customer_name: z.string().nullable(),
  hash: z.string().nullable(),
});
export type AuditRow = z.infer<typeof auditRowSchema>;

export const auditRowsSchema = z.object({
  entries: z.array(auditRowSchema),
  next_before_id: z.number().int().nullable(),
  previous_after_id: z.number().int().nullable(),
  total: z.number().int().optional(),
  has_more_than_total: z.boolean().optional(),
});

export const auditFacetsSchema = z.object({
  actors: z.array(z.object({ id: z.guid(), name: z.string() })),
  seal: z.object({ position: z.number().int(), hash: z.string() }).nullable(),
});

/**
 * What of the log is asked for. `from` and `to` are days of the billing time zone `YYYY-MM-DD`, both
 * included, or instants (ISO 8601), half-open.
 */
export interface AuditFilter {
  q?: string;
  actor?: string;
  action?: string;
  from?: string;
  to?: string;
}

/** Writes the place after the entry with this id as the opaque text that the API hands out. */
export const encodeAuditCursor = (beforeId: number | null): string | null =>
  beforeId === null ? null : Buffer.from(`audit:${beforeId}`).toString("base64url");

/** Reads what `encodeAuditCursor` wrote. @throws AppError `invalid_request` for anything else. */
export function decodeAuditCursor(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const id = /^audit:([1-9]\d{0,14})$/.exec(Buffer.from(text, "base64url").toString("utf8"))?.[1];
  if (id) return Number(id);
  throw new AppError("invalid_request", {
    fields: { cursor: "This place in the list is not valid." },
  });
}
