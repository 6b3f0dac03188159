import { formatMoney } from "@/lib/money";
import {
  type EditableTerms,
  TERMS_FIELDS,
  TERMS_LABELS,
  type TermsField,
} from "./terms-form-fields";

export type TermsChange = { label: string; before: string; after: string };

/** Every term of two sets, in words. `currency` is ISO 4217. */
export function termsRows(
  before: EditableTerms,
  after: EditableTerms,
  currency: string,
): TermsChange[] {
  const words = (terms: EditableTerms, name: TermsField) => {
    const value = terms[name];
    const field = TERMS_FIELDS.find((candidate) => candidate.name === name);
    if (field?.kind === "choice") {
      return field.options.find((option) => option.value === value)?.label ?? String(value);
    }
    if (name !== "reward_cap_cents") return String(value);
    return terms.reward_cap_cents === null
      ? "no ceiling"
      : formatMoney(terms.reward_cap_cents, currency);
  };
  const state = (terms: EditableTerms) => (terms.is_paused ? "paused" : "running");
  return [
    ...[...TERMS_LABELS].map(([name, label]) => ({
      label,
      before: words(before, name),
      after: words(after, name),
    })),
    { label: "Programme", before: state(before), after: state(after) },
  ];
}

/** The differences between two sets of terms, in words. `currency` is ISO 4217. */
export const termsChanges = (
  before: EditableTerms,
  after: EditableTerms,
  currency: string,
): TermsChange[] => termsRows(before, after, currency).filter((row) => row.before !== row.after);
