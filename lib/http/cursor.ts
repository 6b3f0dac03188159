import { z } from "zod";
import { AppError } from "@/lib/errors";

/** A place in a list ordered by time and id. */
export const cursorSchema = z.object({
  at: z.string().regex(/^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/),
  id: z.guid(),
});
export type Cursor = z.infer<typeof cursorSchema>;

/** Makes the opaque `next_cursor` of a list. */
export function encodeCursor(cursor: Cursor | null): string | null {
  return cursor ? Buffer.from(JSON.stringify([cursor.at, cursor.id])).toString("base64url") : null;
}

/** Reads a cursor that a list gave. @throws AppError `invalid_request` for anything else. */
export function decodeCursor(text: string | undefined): Cursor | undefined {
  if (!text) return undefined;
  try {
    const [at, id] = z
      .tuple([z.string(), z.string()])
      .parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    const cursor = cursorSchema.parse({ at, id });
    if (Number.isNaN(Date.parse(cursor.at))) throw new RangeError("not a time");
    return cursor;
  } catch (cause) {
    throw new AppError("invalid_request", {
      fields: { cursor: "This place in the list is not valid." },
      cause,
    });
  }
}

/** The two arguments that every keyset-paged function takes. */
export function cursorArgs(cursor: Cursor | undefined): {
  p_cursor_at?: string;
  p_cursor_id?: string;
} {
  return cursor ? { p_cursor_at: cursor.at, p_cursor_id: cursor.id } : {};
}
