import "server-only";
import { AppError } from "@/lib/errors";
import { type Cursor, decodeCursor, encodeCursor } from "@/lib/paging";
import { href, param, type SearchParams } from "./list-query";

/** The place in a list that the address names. A damaged cursor starts at the top. */
export function cursorOf(params: SearchParams): Cursor | undefined {
  try {
    return decodeCursor(param(params, "cursor"));
  } catch (error) {
    if (error instanceof AppError && error.code === "invalid_request") return undefined;
    throw error;
  }
}

/** Addresses of the next and the first page of a list, with its filters kept. */
export function pageLinks(
  path: string,
  query: Record<string, string | undefined>,
  at: { cursor: Cursor | undefined; next: Cursor | null },
): { nextHref: string | null; firstHref: string | null } {
  const next = encodeCursor(at.next);
  return {
    nextHref: next ? href(path, { ...query, cursor: next }) : null,
    firstHref: at.cursor ? href(path, query) : null,
  };
}
