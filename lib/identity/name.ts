const collapse = (text: string): string => text.normalize("NFKC").trim().replace(/\s+/gu, " ");

/** A customer's name as another customer may see it: first name and initial, `Lerato M.`. */
export function maskName(first: string, last: string): string {
  const firstName = collapse(first);
  const [initial] = [...collapse(last)];
  return [firstName, initial === undefined ? "" : `${initial}.`].filter(Boolean).join(" ");
}

/**
 * The form of a name under which spellings compare equal: lower case, no diacritics or
 * punctuation, single spaces. `"  Zoë  O’Brien-Smith "` → `zoe o brien smith`.
 */
export function normaliseName(raw: string): string {
  return raw
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
