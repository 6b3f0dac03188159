import { daySchema, idSchema, monthSchema } from "@/lib/http/common-schemas";

/** What a page gets as its query string. */
export type SearchParams = Record<string, string | string[] | undefined>;

/** All values of a name in the query string, trimmed; empty ones are left out. */
export function params(given: SearchParams, name: string): string[] {
  return [given[name] ?? []].flat().flatMap((value) => {
    const text = value.trim();
    // The database cannot store half a surrogate pair or a NUL, so nothing can match such a text.
    return text.isWellFormed() && !text.includes("\u0000") && text ? [text] : [];
  });
}

/** One value of the query string, trimmed; the last one when it is repeated. */
export const param = (given: SearchParams, name: string): string | undefined =>
  params(given, name).at(-1);

/** A search term of at most 100 characters. */
export const searchTerm = (params: SearchParams): string | undefined =>
  param(params, "q")?.slice(0, 100);

/** The value if it is in the list, else undefined. */
export function choice<T extends string>(
  params: SearchParams,
  name: string,
  values: readonly T[],
): T | undefined {
  const value = param(params, name);
  return values.find((known) => known === value);
}

/** A day `YYYY-MM-DD` of the query string; undefined for anything else. */
export function dayParam(params: SearchParams, name: string): string | undefined {
  return daySchema.safeParse(param(params, name)).data;
}

/** An id in the query string; undefined for anything else. */
export function idParam(params: SearchParams, name: string): string | undefined {
  return idSchema.safeParse(param(params, name)).data;
}

/** A month `YYYY-MM` in the query string; undefined for anything else. */
export function monthParam(params: SearchParams, name: string): string | undefined {
  const month = monthSchema.safeParse(param(params, name)).data;
  return month && daySchema.safeParse(`${month}-01`).success ? month : undefined;
}

/** A path with those query values that are not empty. */
export function href(path: string, query: Record<string, string | undefined> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) search.set(name, value);
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}
