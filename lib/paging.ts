import { z } from "zod";
import { AppError } from "./errors";
import { sentences } from "./language/messages/en/sentences";

const INSTANT =
  /^(?<year>(?:19|20|21)\d{2})-(?<month>\d{2})-(?<day>\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-5]):[0-5]\d)$/;

/**
 * Whether Postgres reads a text as an instant of the years 1900 to 2199. JavaScript alone does not
 * tell: to it 30 February is 2 March.
 */
function isInstant(text: string): boolean {
  const { year, month, day } = INSTANT.exec(text)?.groups ?? {};
  if (!year || Number.isNaN(Date.parse(text))) return false;
  const noon = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day), 12));
  return noon.getUTCDate() === Number(day);
}

/** A place in a list ordered by time and id. */
const cursorSchema = z.object({ at: z.string().refine(isInstant), id: z.guid() });
export type Cursor = z.infer<typeof cursorSchema>;

/** Where the next page of a list starts; null after the last page. */
export const nextCursorSchema = cursorSchema.nullable();

/** Which page of a list is asked for: the place to go on from, and how many rows at most. */
export interface Page {
  cursor?: Cursor;
  limit?: number;
}

/** Which page of an admin's list is asked for. */
export interface ListPage extends Page {
  /** The page before the cursor, not the one after it. */
  backward?: boolean;
  /** The column that orders the list, with "-" in front for descending. */
  sort?: string;
  /** Also counts the list. */
  count?: boolean;
}

/** What every page of an admin's list says beside its rows. */
export const listFields = {
  next_cursor: nextCursorSchema,
  /** Where the page before this one ends; null on the first page. */
  previous_cursor: nextCursorSchema.default(null),
  /** How many rows the list has, counted up to 10,000; only when it was asked for. */
  total: z.number().int().optional(),
  has_more_than_total: z.boolean().optional(),
};

/** Writes a cursor as the opaque text that the API hands out. */
export function encodeCursor(cursor: Cursor | null): string | null {
  return cursor ? Buffer.from(JSON.stringify([cursor.at, cursor.id])).toString("base64url") : null;
}

/** Reads a text that `encodeCursor` wrote. @throws AppError `invalid_request` for anything else. */
export function decodeCursor(text: string | undefined): Cursor | undefined {
  if (!text) return undefined;
  try {
    const [at, id] = z
      .tuple([z.string(), z.string()])
      .parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    return cursorSchema.parse({ at, id });
  } catch (cause) {
    throw new AppError("invalid_request", {
      fields: { cursor: sentences.wrongPlace },
      cause,
    });
  }
}

/** The arguments that every function with pages takes. */
export function pageArgs({ cursor, limit }: Page): {
  p_cursor_at?: string;
  p_cursor_id?: string;
  p_limit?: number;
} {
  return {
    ...(cursor ? { p_cursor_at: cursor.at, p_cursor_id: cursor.id } : {}),
    ...(limit === undefined ? {} : { p_limit: limit }),
  };
}

/** The arguments that every function of an admin's list takes. */
export function listArgs(page: ListPage): ReturnType<typeof pageArgs> & {
  p_backward?: boolean;
  p_sort?: string;
  p_count?: boolean;
} {
  return {
    ...pageArgs(page),
    ...(page.backward ? { p_backward: true } : {}),
    ...(page.sort === undefined ? {} : { p_sort: page.sort }),
    ...(page.count ? { p_count: true } : {}),
  };
}
