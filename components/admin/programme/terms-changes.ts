import { formatMoney } from "@/lib/money";
import {
  type EditableTerms,
  TERMS_FIELDS,
  TERMS_LABELS,
  type TermsField,
} from "./terms-form-fields";

export type TermsChange = { label: string; before: string; after: string };

/** The differences between two sets of terms, in words. `currency` is ISO 4217. */
export function termsChanges(
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
  const changes = [...TERMS_LABELS].flatMap(([name, label]) =>
    before[name] === after[name]
      ? []
      : [{ label, before: words(before, name), after: words(after, name) }],
  );
  if (before.is_paused !== after.is_paused) {
    const state = (terms: EditableTerms) => (terms.is_paused ? "paused" : "running");
    changes.push({ label: "Programme", before: state(before), after: state(after) });
  }
  return changes;
}
