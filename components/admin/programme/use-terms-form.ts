"use client";

import { useMemo, useState } from "react";
import type { Program } from "@/lib/admin/programme-schemas";
import { type DraftErrors, draftOf, readDraft, type TermsDraft } from "./terms-draft";
import { type EditableTerms, type TermsField, termsOf } from "./terms-form-fields";

const isSame = (one: TermsDraft, other: TermsDraft) =>
  JSON.stringify(one) === JSON.stringify(other);

/**
 * What is typed into the terms form. `base` is the version that the typing started from. When a
 * newer version arrives, an unchanged form loads it; a changed form is kept and `isOutdated` is true.
 */
export function useTermsForm(current: Program["current"]) {
  const [base, setBase] = useState(current);
  const [draft, setDraft] = useState(() => draftOf(current));
  const [errors, setErrors] = useState<DraftErrors | null>(null);
  const [lastValid, setLastValid] = useState<EditableTerms>(() => termsOf(current));

  const read = useMemo(() => readDraft(draft, current.is_paused), [draft, current.is_paused]);
  const isChanged = !isSame(draft, draftOf(current));
  const isNewer = current.version !== base.version;
  if (isNewer && (!isChanged || isSame(draft, draftOf(base)))) {
    setBase(current);
    setDraft(draftOf(current));
  }

  return {
    draft,
    errors,
    isChanged,
    isOutdated: isNewer && isChanged,
    baseVersion: base.version,
    /** The terms as typed; null while a field is wrong. */
    terms: read.terms,
    /** The terms as typed; the last ones without a mistake while a field is wrong. */
    previewTerms: read.terms ?? lastValid,
    change(name: TermsField, value: string) {
      const next = { ...draft, [name]: value };
      setDraft(next);
      const result = readDraft(next, current.is_paused);
      if (result.terms) setLastValid(result.terms);
      // An error goes away as soon as it is solved. New ones are shown with the next submit.
      if (errors?.[name] && !result.errors?.[name]) setErrors({ ...errors, [name]: undefined });
    },
    showErrors: () => setErrors(read.errors ?? {}),
    /** Goes on from the newer version with what was typed. */
    keepTyped: () => setBase(current),
    /** Forgets what was typed. */
    discard() {
      setBase(current);
      setDraft(draftOf(current));
      setErrors(null);
    },
    /** Shows the terms as they were saved: a prefix typed as "ref" becomes "REF". */
    showSaved: (terms: EditableTerms) => setDraft(draftOf(terms)),
  };
}
